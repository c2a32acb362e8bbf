//! The crates of the whole lock file: every platform, every feature, tools and tests as well.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Policy, licence};
use crate::step;

/// What cargo knows of all packages.
#[derive(Debug, Deserialize)]
pub struct Metadata {
    pub packages: Vec<Package>,
    pub resolve: Resolve,
}

#[derive(Debug, Clone, Deserialize)]
pub struct Package {
    pub id: String,
    pub name: String,
    pub version: String,
    pub license: Option<String>,
    pub description: Option<String>,
    pub repository: Option<String>,
    /// `None`: ours.
    pub source: Option<String>,
}

#[derive(Debug, Deserialize)]
pub struct Resolve {
    pub nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
pub struct Node {
    pub id: String,
    pub deps: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
pub struct Dependency {
    pub pkg: String,
    pub dep_kinds: Vec<Kind>,
}

/// `None`: linked in; else `build` or `dev`.
#[derive(Debug, Deserialize)]
pub struct Kind {
    pub kind: Option<String>,
}

/// # Errors
/// When cargo can't read a manifest.
pub fn read() -> Result<Metadata> {
    metadata(&["--all-features"])
}

/// As cargo sees it with these words.
///
/// # Errors
/// When cargo can't read a manifest.
pub fn metadata(words: &[&str]) -> Result<Metadata> {
    let text = step::read(step::cargo(&["metadata", "--format-version", "1", "--locked"]).args(words))?;
    serde_json::from_str(&text).context("`cargo metadata` is not understood")
}

/// A sentence for each thing that is not allowed.
pub fn faults(metadata: &Metadata, policy: &Policy) -> Vec<String> {
    let mut faults = Vec::new();
    let foreign = metadata
        .packages
        .iter()
        .filter(|package| package.source.is_some());
    for package in foreign.clone() {
        let name = format!("{} {}", package.name, package.version);
        let source = package.source.as_deref().unwrap_or_default();
        if !is_known(source, policy) {
            faults.push(format!("{name} comes from {source}"));
        }
        match package.license.as_deref() {
            None => faults.push(format!("{name} names no licence")),
            Some(text) if !licence::is_allowed(text, &policy.licenses.allow) => {
                faults.push(format!("{name} has the licence {text}"));
            }
            Some(_) => {}
        }
    }
    let mut versions: BTreeMap<&str, BTreeSet<Vec<u64>>> = BTreeMap::new();
    let mut texts: BTreeMap<(&str, Vec<u64>), &str> = BTreeMap::new();
    for package in foreign {
        let numbers = numbers(&package.version);
        versions.entry(&package.name).or_default().insert(numbers.clone());
        texts.insert((&package.name, numbers), &package.version);
    }
    let mut older: BTreeSet<String> = BTreeSet::new();
    for (name, mut numbers) in versions {
        numbers.pop_last();
        let named = numbers.into_iter().filter_map(|numbers| {
            let version = texts.get(&(name, numbers))?;
            Some(format!("{name}@{version}"))
        });
        older.extend(named);
    }
    let kept: BTreeSet<String> = policy.bans.skip.iter().map(|skip| skip.package.clone()).collect();
    faults.extend(older.difference(&kept).map(|one| {
        format!("{one} is an older version beside a newer one: avoid it, or name in deny.toml who keeps it")
    }));
    faults.extend(
        kept.difference(&older)
            .map(|one| format!("{one} stands in deny.toml and is kept by nobody any more")),
    );
    let mute = policy.bans.skip.iter().filter(|skip| skip.reason.is_empty());
    faults.extend(mute.map(|skip| format!("{} stands in deny.toml without a reason", skip.package)));
    faults
}

fn is_known(source: &str, policy: &Policy) -> bool {
    let registry = source.strip_prefix("registry+");
    let git = source.strip_prefix("git+");
    let has = |list: &[String], address: &str| list.iter().any(|known| known == address);
    registry.is_some_and(|address| has(&policy.sources.allow_registry, address))
        || git.is_some_and(|address| has(&policy.sources.allow_git, address))
}

/// `1.2.3+spec-1.1` as 1, 2, 3: enough to tell the newest.
fn numbers(version: &str) -> Vec<u64> {
    let plain = version.split(['+', '-']).next().unwrap_or_default();
    plain
        .split('.')
        .map(|number| number.parse().unwrap_or(0))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(skip: &str) -> Policy {
        let text = format!(
            "[licenses]\nallow = [\"MIT\"]\n[bans]\nskip = [{skip}]\n[sources]\n\
             allow-registry = [\"https://registry.example\"]\nallow-git = []\n"
        );
        toml_edit::de::from_str(&text).unwrap()
    }

    fn package(name: &str, version: &str, licence: Option<&str>, source: &str) -> Package {
        Package {
            id: format!("{name} {version}"),
            name: name.to_owned(),
            version: version.to_owned(),
            license: licence.map(str::to_owned),
            description: None,
            repository: None,
            source: (!source.is_empty()).then(|| source.to_owned()),
        }
    }

    fn found(packages: Vec<Package>, skip: &str) -> Vec<String> {
        let resolve = Resolve { nodes: Vec::new() };
        faults(&Metadata { packages, resolve }, &policy(skip))
    }

    #[test]
    fn what_is_not_allowed_is_named() {
        const KNOWN: &str = "registry+https://registry.example";
        let good = package("good", "1.0.0", Some("MIT"), KNOWN);
        // Ours needs none of it.
        let own = package("own", "0.1.0", None, "");
        assert_eq!(found(vec![good.clone(), own], ""), Vec::<String>::new());
        for (bad, words) in [
            (
                package("bad", "1.0.0", Some("GPL-3.0-only"), KNOWN),
                "GPL-3.0-only",
            ),
            (package("bad", "1.0.0", None, KNOWN), "no licence"),
            (
                package("bad", "1.0.0", Some("MIT"), "git+https://x.example"),
                "comes from",
            ),
            (
                package("bad", "1.0.0", Some("MIT"), "registry+https://y.example"),
                "comes from",
            ),
            (package("good", "0.10.2", Some("MIT"), KNOWN), "good@0.10.2"),
        ] {
            let faults = found(vec![good.clone(), bad], "");
            assert_eq!(faults.len(), 1, "{faults:?}");
            assert!(faults[0].contains(words), "{faults:?}");
        }
        let two = || vec![good.clone(), package("good", "0.9.0", Some("MIT"), KNOWN)];
        let kept = r#"{ crate = "good@0.9.0", reason = "somebody" }"#;
        assert_eq!(found(two(), kept), Vec::<String>::new());
        assert_eq!(found(vec![good.clone()], kept).len(), 1, "kept by nobody");
        let mute = r#"{ crate = "good@0.9.0", reason = "" }"#;
        assert_eq!(found(two(), mute).len(), 1, "without a reason");
    }
}
