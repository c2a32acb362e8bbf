//! The mutants as `cargo mutants` lists them, and what became of each, kept from run to run.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};

/// What is done to the sources; `cargo mutants` calls it the genre.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Kind {
    BinaryOperator,
    UnaryOperator,
    FnValue,
    MatchArm,
    MatchArmGuard,
    StructField,
}

/// A small fault that can be put into the sources.
#[derive(Debug, Clone)]
pub struct Mutant {
    pub kind: Kind,
    /// From the root of the clone.
    pub file: String,
    /// As `cargo mutants` says it: file, line, column, and what is done in which function.
    pub name: String,
    /// What is replaced in the file, in bytes.
    pub span: Range<usize>,
    pub replacement: String,
    /// What is done where, the text of the function and which one of equals: the same as long as the function is, wherever
    /// it stands in its file.
    pub key: String,
}

#[derive(Deserialize)]
struct Listed {
    genre: Kind,
    file: String,
    name: String,
    span: Span,
    replacement: String,
    function: Option<Function>,
}

#[derive(Deserialize)]
struct Function {
    span: Span,
}

#[derive(Deserialize)]
struct Span {
    start: Place,
    end: Place,
}

/// Both from 1, in characters.
#[derive(Deserialize)]
struct Place {
    line: usize,
    column: usize,
}

/// Reads what `cargo mutants --list --json` says, with the sources it speaks of.
///
/// # Errors
/// When it can't be understood, or speaks of other sources.
pub fn read(json: &str, root: &Path) -> Result<Vec<Mutant>> {
    let listed: Vec<Listed> = serde_json::from_str(json).context("the list of mutants")?;
    let mut sources: BTreeMap<String, String> = BTreeMap::new();
    let mut seen: BTreeMap<String, u32> = BTreeMap::new();
    listed
        .into_iter()
        .map(|listed| {
            if !sources.contains_key(&listed.file) {
                let text =
                    fs::read_to_string(root.join(&listed.file)).with_context(|| listed.file.clone())?;
                sources.insert(listed.file.clone(), text);
            }
            let source = &sources[&listed.file];
            let place = |span: &Span| Some(offset(source, &span.start)?..offset(source, &span.end)?);
            let span = place(&listed.span).with_context(|| format!("{} lies nowhere", listed.name))?;
            let around = listed
                .function
                .as_ref()
                .and_then(|function| place(&function.span));
            let text = around.map_or(&source[span.clone()], |around| &source[around]);
            let what = listed.name.splitn(4, ':').nth(3).unwrap_or(&listed.name).trim();
            let key = format!("{} {:016x} {what}", listed.file, hash(text));
            let nth = seen.entry(key.clone()).or_default();
            *nth += 1;
            Ok(Mutant {
                kind: listed.genre,
                key: format!("{key} #{nth}"),
                file: listed.file,
                name: listed.name,
                span,
                replacement: listed.replacement,
            })
        })
        .collect()
}

/// In bytes.
fn offset(source: &str, place: &Place) -> Option<usize> {
    let line = source.split_inclusive('\n').nth(place.line.checked_sub(1)?)?;
    let start = line.as_ptr() as usize - source.as_ptr() as usize;
    let within: usize = line
        .chars()
        .take(place.column.checked_sub(1)?)
        .map(char::len_utf8)
        .sum();
    Some(start + within)
}

/// FNV-1a: the same in every version of the compiler.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// What became of a mutant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// A test failed.
    Caught,
    /// No test failed, but an invariant of the simulated world did.
    CaughtByWorld,
    /// The tests did not end.
    TimedOut,
    /// The sources do not compile with it.
    Unviable,
    /// Every test that meets it passes.
    Missed,
    /// No test meets it.
    NotMet,
}

impl Outcome {
    pub const ALL: [Self; 6] = [
        Self::Caught,
        Self::CaughtByWorld,
        Self::TimedOut,
        Self::Unviable,
        Self::Missed,
        Self::NotMet,
    ];

    pub const fn word(self) -> &'static str {
        match self {
            Self::Caught => "caught",
            Self::CaughtByWorld => "caught by the simulated world alone",
            Self::TimedOut => "timed out",
            Self::Unviable => "do not compile",
            Self::Missed => "missed",
            Self::NotMet => "missed, and met by no test",
        }
    }

    /// Whether a test is missing.
    pub const fn is_missed(self) -> bool {
        match self {
            Self::Missed | Self::NotMet => true,
            Self::Caught | Self::CaughtByWorld | Self::TimedOut | Self::Unviable => false,
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Kept {
    key: String,
    outcome: Outcome,
}

/// What became of each mutant in this run and earlier ones; a line is added for each as soon as it is known.
pub struct Outcomes {
    path: PathBuf,
    file: File,
    known: BTreeMap<String, Outcome>,
}

impl Outcomes {
    /// # Errors
    /// When the file can be neither read nor made.
    pub fn open(path: &Path) -> Result<Self> {
        let text = if path.exists() {
            fs::read_to_string(path)?
        } else {
            String::new()
        };
        let known = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Kept>(line).ok())
            .map(|kept| (kept.key, kept.outcome))
            .collect();
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self {
            path: path.to_owned(),
            file,
            known,
        })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn of(&self, mutant: &Mutant) -> Option<Outcome> {
        self.known.get(&mutant.key).copied()
    }

    /// # Errors
    /// When it can't be written.
    pub fn keep(&mut self, mutant: &Mutant, outcome: Outcome) -> Result<()> {
        let kept = Kept {
            key: mutant.key.clone(),
            outcome,
        };
        let mut line = serde_json::to_string(&kept)?;
        line.push('\n');
        self.file.write_all(line.as_bytes())?;
        self.known.insert(kept.key, outcome);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{Place, offset};

    #[test]
    fn a_place_is_found_in_bytes() {
        let source = "a\n\u{e4}b c\n";
        let at = |line, column| offset(source, &Place { line, column });
        assert_eq!(at(1, 1), Some(0));
        assert_eq!(at(2, 2), Some(4), "behind a letter of two bytes");
        assert_eq!(at(4, 1), None);
    }
}
