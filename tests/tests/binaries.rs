//! What the built programs need of the system they run on.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use offhook_tests::places;
use offhook_tests::product::binary;

/// The C library and what compilers bring: everything else would have to be installed beside the program.
const PLAIN: &[&str] = &["libc.so.6", "libgcc_s.so.1", "libm.so.6"];

/// The shared libraries that a program names, without the loader.
fn needed(program: &Path) -> BTreeSet<String> {
    let output = Command::new(places::system_program("readelf"))
        .arg("-d")
        .arg(program)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| {
        line.split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'))
            .unwrap()
            .0
            .to_owned()
    };
    let names = text.lines().filter(|line| line.contains("(NEEDED)")).map(name);
    names.filter(|name| !name.starts_with("ld-linux")).collect()
}

#[test]
fn the_programs_that_stay_need_nothing_but_the_c_library() {
    for name in ["offhook", "offhookctl", "offhook-playground"] {
        let surplus: Vec<String> = needed(&binary(name))
            .into_iter()
            .filter(|library| !PLAIN.contains(&library.as_str()))
            .collect();
        assert!(surplus.is_empty(), "{name} needs {surplus:?}");
    }
}

#[test]
fn the_window_is_where_the_web_engine_is() {
    let libraries = needed(&binary("offhook-window"));
    assert!(
        libraries.iter().any(|name| name.starts_with("libwebkit2gtk-4.1")),
        "{libraries:?}"
    );
}
