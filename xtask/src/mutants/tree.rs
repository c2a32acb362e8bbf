//! The engine with faults in it: a copy of its sources that the compiler is given in place of the real ones.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{step, workspace};

/// The crate that is given faults, from the root of the clone.
pub const ENGINE: &str = "crates/engine";

const PACKAGE: &str = "offhook-engine";
const WORLD: &str = "offhook-world";

/// Says that cargo calls us in place of `rustc`, and where the sources lie that it shall be given.
const AS_RUSTC: &str = "OFFHOOK_MUTANTS_AS_RUSTC";

/// The compiler's processor time in seconds, many times what it needs: a loop in a constant, with its end mutated away, is
/// computed by the compiler for ever.
const LONGEST: u32 = 300;

/// Whether we are called in place of `rustc`: then the answer is its own, for the copy of the engine.
pub fn as_rustc() -> Option<ExitCode> {
    let copy = PathBuf::from(std::env::var_os(AS_RUSTC)?);
    let mut words = std::env::args_os().skip(1);
    let mut rustc = Command::new("sh");
    let limit = format!("ulimit -t {LONGEST}; exec \"$0\" \"$@\"");
    rustc.args(["-c", &limit]).arg(words.next()?);
    let real = Path::new(ENGINE).join("src/lib.rs");
    let mut is_engine = false;
    for word in words {
        if Path::new(&word).ends_with(&real) {
            rustc.arg(copy.join(&real));
            is_engine = true;
        } else {
            rustc.arg(word);
        }
    }
    if is_engine {
        rustc.arg("--cap-lints=allow");
    }
    let succeeded = rustc.status().is_ok_and(|status| status.success());
    Some(if succeeded {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// An error of the compiler: what it says, and where it lies, in which file of the copy, from the root of the clone;
/// nowhere when a test is refused that needs something of the engine.
#[derive(Debug)]
pub struct Refusal {
    message: String,
    pub places: Vec<(String, Range<usize>)>,
}

impl Refusal {
    /// The function of the engine that is called where only a `const fn` may be.
    pub fn must_be_const(&self) -> Option<&str> {
        let (_, called) = self
            .message
            .strip_prefix("cannot call non-const ")?
            .split_once('`')?;
        let (path, _) = called.split_once('`')?;
        // The switch itself: its mutant lies in a constant and has a build of its own.
        path.rsplit("::").next().filter(|name| *name != "on")
    }
}

/// The copy.
pub struct Tree {
    folder: PathBuf,
    target: PathBuf,
}

impl Tree {
    /// Copies what the engine includes into `folder`; what is built goes into `target`, which no other copy may use: cargo
    /// would not see that its sources are others. The sources are to be written.
    ///
    /// # Errors
    /// When a file can't be copied.
    pub fn copy(folder: PathBuf, target: PathBuf) -> Result<Self> {
        let real = xtask::parts::workspace();
        for part in ["crates/engine/src", "crates/engine/profiles"] {
            copy(&real.join(part), &folder.join(part))?;
        }
        Ok(Self { folder, target })
    }

    /// `file` as in the list of mutants.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write(&self, file: &str, text: &str) -> Result<()> {
        same(&self.folder.join(file), text.as_bytes())
    }

    fn cargo(&self, words: &[&str], package: &str) -> Result<Command> {
        let mut cargo = step::cargo(words);
        cargo
            .args(["--package", package, "--profile", "mutants"])
            .arg("--target-dir")
            .arg(&self.target)
            .env("RUSTC_WORKSPACE_WRAPPER", workspace::own_program()?)
            .env(AS_RUSTC, &self.folder)
            .env_remove("CARGO_TARGET_DIR");
        Ok(cargo)
    }

    /// What the compiler refuses of the engine and its tests; nothing when it takes them.
    ///
    /// # Errors
    /// When cargo can't be run, or fails without the compiler's having refused anything.
    pub fn check(&self) -> Result<Vec<Refusal>> {
        let mut check = self.cargo(
            &["check", "--quiet", "--lib", "--tests", "--message-format", "json"],
            PACKAGE,
        )?;
        let output = check.output().context("`cargo check` could not start")?;
        let said = String::from_utf8_lossy(&output.stdout);
        let refusals: Vec<Refusal> = said.lines().filter_map(|line| self.refusal(line)).collect();
        if refusals.is_empty() && !output.status.success() {
            bail!(
                "`cargo check` failed: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(refusals)
    }

    /// Makes sure that a fault in the copy is one of what is built.
    ///
    /// # Errors
    /// When it is not.
    pub fn is_built_from(&self) -> Result<()> {
        let sound = self.check()?;
        let path = self.folder.join(ENGINE).join("src/lib.rs");
        let text = fs::read_to_string(&path)?;
        fs::write(&path, format!("{text}\ncompile_error!();\n"))?;
        let broken = self.check()?;
        fs::write(&path, text)?;
        if !sound.is_empty() || broken.is_empty() {
            bail!("{} is not what cargo builds", self.folder.display());
        }
        Ok(())
    }

    fn refusal(&self, line: &str) -> Option<Refusal> {
        let value: Value = serde_json::from_str(line).ok()?;
        let message = &value["message"];
        if message["level"] != "error" {
            return None;
        }
        let mut spans: Vec<&Value> = message["spans"].as_array()?.iter().collect();
        // What the compiler complains of first; the others only explain.
        spans.sort_by_key(|span| span["is_primary"] != true);
        let places: Vec<_> = spans
            .iter()
            .filter_map(|span| {
                let within = Path::new(span["file_name"].as_str()?)
                    .strip_prefix(&self.folder)
                    .ok()?;
                let byte = |name: &str| usize::try_from(span[name].as_u64()?).ok();
                let range = byte("byte_start")?..byte("byte_end")?;
                Some((within.display().to_string(), range))
            })
            .collect();
        let message = message["message"].as_str().unwrap_or_default().to_owned();
        let refusal = Refusal { message, places };
        (!refusal.places.is_empty() || refusal.must_be_const().is_some()).then_some(refusal)
    }

    /// Builds the unit tests and the scenarios; the programs.
    ///
    /// # Errors
    /// When they can't be built.
    pub fn tests(&self, words: &[&str]) -> Result<Vec<PathBuf>> {
        self.tests_unless_refused(words)?
            .context("the compiler refuses the engine")
    }

    /// The same; nothing when the compiler refuses the engine only now: what a constant comes to is no matter of a check.
    ///
    /// # Errors
    /// When they can't be built for any other reason.
    pub fn tests_unless_refused(&self, words: &[&str]) -> Result<Option<Vec<PathBuf>>> {
        let mut build = self.cargo(&["test", "--no-run", "--message-format", "json"], PACKAGE)?;
        programs(build.args(words), |profile| profile["test"] == true)
    }

    /// Builds the simulated world with the faults in its engine; the program.
    ///
    /// # Errors
    /// When it can't be built.
    pub fn world(&self) -> Result<PathBuf> {
        let mut build = self.cargo(&["build", "--message-format", "json"], WORLD)?;
        let programs = programs(build.args(["--bin", WORLD]), |_| true)?;
        programs
            .and_then(|programs| programs.into_iter().next())
            .context("cargo built no world")
    }
}

/// What a build brought forth, of the profiles that are wanted; nothing when the engine does not compile.
fn programs(build: &mut Command, is_wanted: impl Fn(&Value) -> bool) -> Result<Option<Vec<PathBuf>>> {
    let output = build.output().context("cargo could not start")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        if said.contains(&format!("could not compile `{PACKAGE}`")) {
            return Ok(None);
        }
        bail!("the build with mutants failed: {}", said.trim());
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let programs = said.lines().filter_map(|line| {
        let value: Value = serde_json::from_str(line).ok()?;
        let program = value["executable"].as_str()?;
        is_wanted(&value["profile"]).then(|| PathBuf::from(program))
    });
    Ok(Some(programs.collect()))
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from).with_context(|| from.display().to_string())? {
        let (from, to) = {
            let entry = entry?;
            (entry.path(), to.join(entry.file_name()))
        };
        if from.is_dir() {
            copy(&from, &to)?;
        } else if !is_source(&from) {
            same(&to, &fs::read(&from)?)?;
        }
    }
    Ok(())
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "rs")
}

/// Writes only what is not there yet, so that cargo builds nothing anew that has not changed.
fn same(path: &Path, bytes: &[u8]) -> Result<()> {
    if fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, bytes))
        .with_context(|| path.display().to_string())
}

/// The engine's sources, from the root of the clone.
///
/// # Errors
/// When a folder can't be read.
pub fn sources() -> Result<Vec<String>> {
    let root = xtask::parts::workspace();
    let mut folders = vec![root.join(ENGINE).join("src")];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| folder.display().to_string())? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if is_source(&path) {
                found.push(path.strip_prefix(&root)?.display().to_string());
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::Refusal;

    #[test]
    fn a_function_that_must_be_const_is_named_by_the_compiler() {
        for (message, name) in [
            (
                "cannot call non-const associated function `Instant::at` in constants",
                Some("at"),
            ),
            (
                "cannot call non-const method `clock::Instant::since` in constant functions",
                Some("since"),
            ),
            ("cannot call non-const function `on` in constants", None),
            ("cannot multiply `Timestamp` by `Duration`", None),
        ] {
            let refusal = Refusal {
                message: message.into(),
                places: Vec::new(),
            };
            assert_eq!(refusal.must_be_const(), name, "{message}");
        }
    }
}
