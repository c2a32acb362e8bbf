//! `cargo xtask soak` runs this with the released programs: what grew, on the screen and in `docs/MEASURED.md`.
#![expect(clippy::print_stdout, reason = "a console program")]

#[cfg(target_os = "linux")]
mod told;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    told::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    println!("The soak needs Linux.");
}
