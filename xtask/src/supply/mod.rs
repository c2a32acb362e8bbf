//! `cargo xtask supply`: what comes into Offhook from others is what `deny.toml` allows.
//!
//! Licences, sources and duplicate versions are checked here, from what cargo and npm know anyway: that takes a second,
//! where building cargo-deny takes minutes. Where cargo-deny is installed it checks the same file once more, and known
//! weaknesses as well, for which it fetches the list of RustSec.

mod crates;
mod licence;
mod npm;
pub mod sbom;

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::step::{self, Steps};

/// As much of `deny.toml` as is checked here.
#[derive(Debug, Deserialize)]
pub struct Policy {
    licenses: Licences,
    bans: Bans,
    sources: Sources,
}

#[derive(Debug, Deserialize)]
struct Licences {
    allow: BTreeSet<String>,
}

#[derive(Debug, Deserialize)]
struct Bans {
    skip: Vec<Skip>,
}

/// An older version that is kept, as `name@version`, and who keeps it.
#[derive(Debug, Deserialize)]
struct Skip {
    #[serde(rename = "crate")]
    package: String,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
    allow_git: Vec<String>,
}

impl Policy {
    /// # Errors
    /// When `deny.toml` is missing or means nothing.
    pub fn read() -> Result<Self> {
        let file = xtask::parts::workspace().join("deny.toml");
        let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
        toml_edit::de::from_str(&text).context("deny.toml")
    }
}

/// # Errors
/// A list of everything that is not allowed.
pub fn supply(steps: &mut Steps) -> Result<()> {
    check(steps)?;
    if step::read(&mut step::cargo(&["deny", "--version"])).is_err() {
        println!("cargo-deny is not installed: known weaknesses are not looked up");
        return Ok(());
    }
    steps.step("cargo-deny", || {
        step::run(&mut step::cargo(&["deny", "--all-features", "check"]))
    })
}

/// The part that needs nothing but what is there.
///
/// # Errors
/// A list of everything that is not allowed.
pub fn check(steps: &mut Steps) -> Result<()> {
    steps.step("what comes from others", || {
        let policy = Policy::read()?;
        let mut faults = crates::faults(&crates::read()?, &policy);
        faults.extend(npm::faults(&npm::read()?, &policy));
        if !faults.is_empty() {
            bail!("{}", faults.join("\n"));
        }
        Ok(())
    })
}
