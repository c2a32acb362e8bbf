//! Size of the programs as they are built.

use std::fs;

use offhook_tests::product::binary;

use crate::report::{Row, Section};

const PROGRAMS: [&str; 4] = ["offhook", "offhookctl", "offhook-playground", "offhook-window"];

pub fn measure(_quick: bool) -> Section {
    let folder = binary("offhook").with_file_name("");
    let rows = PROGRAMS.iter().map(|name| {
        let bytes = fs::metadata(folder.join(name)).map(|file| file.len());
        let value = match bytes {
            Ok(bytes) => format!("{:.2} MB", bytes as f64 / 1e6),
            Err(_) => "not built".to_owned(),
        };
        Row::new(format!("`{name}`"), value)
    });
    Section {
        title: "Sizes",
        how: "Stripped, each package built by itself. `offhook-window` carries the pages and links the system's web \
              engine; it is built with `--window` alone."
            .to_owned(),
        rows: rows.collect(),
        more: String::new(),
    }
}
