//! The fuzzer: libFuzzer around one target, which the environment names in `OFFHOOK_FUZZ`; `list` prints all, with
//! the length of their longest inputs.
#![cfg_attr(target_os = "linux", no_main)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a console program")]

use offhook_fuzz::{TARGETS, Target, named};
use std::process::exit;
use std::sync::OnceLock;

static CHOSEN: OnceLock<Target> = OnceLock::new();

fn chosen() -> Target {
    *CHOSEN.get_or_init(|| {
        let name = std::env::var("OFFHOOK_FUZZ").unwrap_or_default();
        if name == "list" {
            TARGETS
                .iter()
                .for_each(|target| println!("{} {}", target.name, target.longest));
            exit(0);
        }
        named(&name).copied().unwrap_or_else(|| {
            eprintln!("OFFHOOK_FUZZ names no target: {name:?}");
            exit(2);
        })
    })
}

#[cfg(target_os = "linux")]
libfuzzer_sys::fuzz_target!(init: { chosen(); }, |input: &[u8]| {
    (chosen().run)(input);
});

/// libFuzzer is used on Linux only.
#[cfg(not(target_os = "linux"))]
fn main() {
    (chosen().run)(&[]);
}
