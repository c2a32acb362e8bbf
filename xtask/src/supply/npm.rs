//! The pages' packages, as `ui/package-lock.json` names them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use anyhow::{Context as _, Result};
use serde::Deserialize;

use super::{Policy, licence};

/// What becomes part of the window's program. Everything else only builds and checks the pages.
const SHIPPED: [&str; 3] = ["@tauri-apps/api", "@types/trusted-types", "lit-html"];
const REGISTRY: &str = "https://registry.npmjs.org/";

#[derive(Debug, Deserialize)]
pub struct Lock {
    packages: BTreeMap<String, Package>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Package {
    version: Option<String>,
    license: Option<String>,
    /// Where it came from; left out for the usual registry.
    resolved: Option<String>,
    integrity: Option<String>,
    #[serde(default)]
    dev: bool,
    #[serde(default)]
    has_install_script: bool,
}

/// One that is shipped: name, version, licence, and its hash as the lock has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shipped {
    pub name: String,
    pub version: String,
    pub licence: String,
    /// `sha512-…` in Base64.
    pub integrity: String,
}

/// # Errors
/// When the lock is missing or means nothing.
pub fn read() -> Result<Lock> {
    let file = xtask::parts::workspace().join("ui/package-lock.json");
    let text = fs::read_to_string(&file).with_context(|| file.display().to_string())?;
    serde_json::from_str(&text).context("ui/package-lock.json")
}

impl Lock {
    /// Without the pages themselves, by their names.
    fn foreign(&self) -> impl Iterator<Item = (&str, &Package)> {
        let foreign = self.packages.iter().filter(|(path, _)| !path.is_empty());
        foreign.map(|(path, package)| {
            let name = path
                .rsplit_once("node_modules/")
                .map_or(path.as_str(), |(_, name)| name);
            (name, package)
        })
    }

    pub fn shipped(&self) -> Vec<Shipped> {
        let shipped = self.foreign().filter(|(_, package)| !package.dev);
        shipped
            .map(|(name, package)| Shipped {
                name: name.to_owned(),
                version: package.version.clone().unwrap_or_default(),
                licence: package.license.clone().unwrap_or_default(),
                integrity: package.integrity.clone().unwrap_or_default(),
            })
            .collect()
    }
}

/// A sentence for each thing that is not allowed.
pub fn faults(lock: &Lock, policy: &Policy) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, package) in lock.foreign() {
        let hashed = package.integrity.as_deref();
        if !hashed.is_some_and(|hash| hash.starts_with("sha512-")) {
            faults.push(format!("{name} (npm) is locked without a SHA-512"));
        }
        if let Some(from) = package
            .resolved
            .as_deref()
            .filter(|from| !from.starts_with(REGISTRY))
        {
            faults.push(format!("{name} (npm) comes from {from}"));
        }
        if package.has_install_script {
            faults.push(format!("{name} (npm) runs a script when it is installed"));
        }
        let licence = package.license.as_deref().unwrap_or_default();
        if !licence::is_allowed(licence, &policy.licenses.allow) {
            faults.push(format!("{name} (npm) has the licence {licence:?}"));
        }
    }
    let shipped = lock.shipped();
    let shipped: BTreeSet<&str> = shipped.iter().map(|one| one.name.as_str()).collect();
    let wanted: BTreeSet<&str> = SHIPPED.into();
    faults.extend(shipped.difference(&wanted).map(|name| {
        format!("{name} (npm) would be shipped: is it needed? Then name it in xtask/src/supply/npm.rs")
    }));
    faults.extend(
        wanted
            .difference(&shipped)
            .map(|name| format!("{name} (npm) is not shipped any more")),
    );
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_allowed_is_named() {
        let policy = Policy::read().unwrap();
        let with = |more: &str| -> Vec<String> {
            let good = |name: &str| {
                format!(
                    r#""node_modules/{name}":{{"version":"1.0.0","license":"MIT","integrity":"sha512-x"}}"#
                )
            };
            let shipped: Vec<String> = SHIPPED.iter().map(|name| good(name)).collect();
            let text = format!(r#"{{"packages":{{"":{{}},{}{more}}}}}"#, shipped.join(","));
            faults(&serde_json::from_str(&text).unwrap(), &policy)
        };
        assert_eq!(with(""), Vec::<String>::new());
        let fine = r#""dev":true,"license":"MIT","integrity":"sha512-x""#;
        for (more, words) in [
            (
                r#""license":"MIT","integrity":"sha512-x""#.to_owned(),
                "would be shipped",
            ),
            (format!(r#"{fine},"hasInstallScript":true"#), "runs a script"),
            (
                format!(r#"{fine},"resolved":"https://evil.example/x.tgz""#),
                "comes from",
            ),
            (
                r#""dev":true,"license":"MIT","integrity":"sha1-x""#.to_owned(),
                "SHA-512",
            ),
            (
                r#""dev":true,"license":"GPL-3.0-only","integrity":"sha512-x""#.to_owned(),
                "licence",
            ),
        ] {
            let found = with(&format!(r#","node_modules/more":{{{more}}}"#));
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(words), "{found:?}");
        }
    }
}
