//! Gives the program its icon and its version on Windows.

use std::process::ExitCode;

#[path = "../../packaging/windows/resources.rs"]
mod resources;

fn main() -> ExitCode {
    match resources::embed("offhook", "Offhook") {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error}");
            ExitCode::FAILURE
        }
    }
}
