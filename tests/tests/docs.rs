//! The documents say what is there: links lead somewhere, files and tests that they name exist.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use xtask::parts::workspace;

fn below(folder: &Path, wanted: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else {
        return found;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !name.starts_with('.') && name != "node_modules" && name != "target" {
                found.extend(below(&path, wanted));
            }
        } else if wanted.iter().any(|end| name.ends_with(end)) {
            found.push(path);
        }
    }
    found
}

/// Each document with its text.
fn documents() -> Vec<(PathBuf, String)> {
    let root = workspace();
    let mut files = below(&root.join("docs"), &[".md"]);
    files.extend(["README.md", "CHANGELOG.md"].map(|name| root.join(name)));
    files
        .into_iter()
        .filter_map(|file| Some((file.clone(), fs::read_to_string(file).ok()?)))
        .collect()
}

/// The words in backticks on one line, fenced blocks left out.
fn quoted(text: &str) -> BTreeSet<String> {
    let prose = text.split("```").step_by(2).flat_map(str::lines);
    let words = prose.flat_map(|line| line.split('`').skip(1).step_by(2));
    words
        .flat_map(|word| word.split("::"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn tests_and_files_named_in_documents_exist() {
    let root = workspace();
    let sources: Vec<String> = below(&root, &[".rs", ".ts"])
        .iter()
        .filter_map(|file| fs::read_to_string(file).ok())
        .collect();
    let looks_like_test = |word: &str| {
        let plain = word
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        plain && word.matches('_').count() >= 3
    };
    let looks_like_file = |word: &str| {
        let ends = [".rs", ".ts", ".mjs"].iter().any(|end| word.ends_with(end));
        ends && word.contains('/') && !word.contains(['*', '<', ' '])
    };
    for (document, text) in documents() {
        for word in quoted(&text) {
            if looks_like_test(&word) {
                let defined = [format!("fn {word}("), format!("\"{word}\""), format!("{word} =>")];
                let found = sources
                    .iter()
                    .any(|source| defined.iter().any(|text| source.contains(text)));
                assert!(found, "{} names `{word}`, which is nowhere", document.display());
            }
            if looks_like_file(&word) {
                assert!(
                    root.join(&word).exists(),
                    "{} names `{word}`, which is nowhere",
                    document.display()
                );
            }
        }
    }
}

/// What somebody sees who looks for it here is what the program says.
#[test]
fn sentences_that_troubleshooting_quotes_are_said_by_the_program() {
    let root = workspace();
    let mut texts = below(&root.join("crates/engine/src/text"), &[".rs"]);
    texts.extend(
        [
            "ui/words.toml",
            "crates/agent/src/main.rs",
            "src-tauri/src/text.rs",
        ]
        .map(|file| root.join(file)),
    );
    let said: Vec<String> = texts
        .iter()
        .map(|file| fs::read_to_string(file).unwrap().replace("\\\"", "\""))
        .collect();
    let document = fs::read_to_string(root.join("docs/TROUBLESHOOTING.md")).unwrap();
    let symptoms = document
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" |").next());
    let mut quoted = 0;
    for symptom in symptoms {
        for sentence in symptom.split('"').skip(1).step_by(2) {
            quoted += 1;
            for piece in sentence.split('…').map(|piece| piece.trim_matches([' ', '.'])) {
                let known = said.iter().any(|text| text.contains(piece));
                assert!(known, "nobody says {sentence:?} ({piece:?})");
            }
        }
    }
    assert!(quoted > 10, "{quoted}");
}

#[test]
fn links_between_documents_lead_somewhere() {
    for (document, text) in documents() {
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'))
            .map(|(link, _)| link)
        {
            let path = link.split('#').next().unwrap_or_default();
            if path.is_empty() || path.contains(':') {
                continue;
            }
            let target = document.parent().unwrap().join(path);
            assert!(
                target.exists(),
                "{} links to {link}, which is nowhere",
                document.display()
            );
        }
    }
}

#[test]
fn every_rule_of_the_design_has_its_place_in_the_behaviour() {
    let text = fs::read_to_string(workspace().join("docs/BEHAVIOUR.md")).expect("docs/BEHAVIOUR.md");
    for rule in 1..=24 {
        let title = format!("## R{rule}");
        let named = text.lines().filter(|line| line.trim_end() == title).count();
        assert_eq!(
            named, 1,
            "docs/BEHAVIOUR.md has {named} sections with the title {title}"
        );
    }
}
