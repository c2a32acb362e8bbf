//! Size of the programs as they are built.

use std::fs;
use std::path::Path;

use offhook_tests::product::binary;

use offhook_tests::report::{Row, Section};

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
    let pages = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui/dist");
    let pages = Row::new("pages, as they are in `offhook-window`", kinds(&pages));
    Section {
        title: "Sizes",
        how: "Stripped, each package built by itself. `offhook-window` carries the pages and links the system's web \
              engine; it is built with `--window` alone."
            .to_owned(),
        rows: rows.chain([pages]).collect(),
        more: String::new(),
    }
}

/// The bytes of the built pages by kind.
fn kinds(folder: &Path) -> String {
    let files = [folder.to_owned(), folder.join("assets")]
        .into_iter()
        .filter_map(|folder| fs::read_dir(folder).ok())
        .flat_map(|entries| entries.flatten());
    let sizes: Vec<(String, u64)> = files
        .filter_map(|file| {
            let kind = file.path().extension()?.to_str()?.to_owned();
            Some((kind, file.metadata().ok()?.len()))
        })
        .collect();
    if sizes.is_empty() {
        return "not built".to_owned();
    }
    let of = |kind: &str| {
        let bytes: u64 = sizes
            .iter()
            .filter(|(name, _)| name == kind)
            .map(|(_, size)| size)
            .sum();
        format!("{:.1} kB {kind}", bytes as f64 / 1e3)
    };
    ["js", "css", "html"].map(of).join(", ")
}
