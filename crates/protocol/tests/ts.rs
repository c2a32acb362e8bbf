//! The pages' TypeScript is generated from these types, and kept in step by this test:
//! `cargo test -p offhook-protocol --features ts --test ts` compares, with `WRITE_BINDINGS=1` it writes.
#![cfg(feature = "ts")]
#![expect(clippy::unwrap_used, reason = "a test's helper may fail")]

use offhook_protocol::command::Wished;
use offhook_protocol::pages::{Pages, RulesCompared, RulesPage};
use offhook_protocol::{Answer, Command};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use ts_rs::{Config, TS};

#[test]
fn the_pages_types_are_up_to_date() {
    let fresh = Path::new(env!("CARGO_TARGET_TMPDIR")).join("bindings");
    let kept = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/src/bindings"));
    if fresh.exists() {
        fs::remove_dir_all(&fresh).unwrap();
    }
    let config = Config::default().with_large_int("number").with_out_dir(&fresh);
    Pages::export_all(&config).unwrap();
    Command::export_all(&config).unwrap();
    RulesPage::export_all(&config).unwrap();
    RulesCompared::export_all(&config).unwrap();
    Wished::export_all(&config).unwrap();
    Answer::export_all(&config).unwrap();

    if std::env::var_os("WRITE_BINDINGS").is_some() {
        if kept.exists() {
            fs::remove_dir_all(&kept).unwrap();
        }
        fs::create_dir_all(&kept).unwrap();
        for (name, text) in files(&fresh) {
            fs::write(kept.join(name), text).unwrap();
        }
    }
    let (fresh, kept) = (files(&fresh), files(&kept));
    assert!(fresh.len() > 10, "nothing was generated");
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&fresh), names(&kept), "run again with WRITE_BINDINGS=1");
    for (name, text) in &fresh {
        assert_eq!(
            text, &kept[name],
            "ui/src/bindings/{name}: run again with WRITE_BINDINGS=1"
        );
    }
}

fn files(folder: &Path) -> BTreeMap<String, String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (
                path.file_name().unwrap().to_string_lossy().into_owned(),
                fs::read_to_string(path).unwrap(),
            )
        })
        .collect()
}
