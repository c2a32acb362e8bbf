//! `cargo xtask sbom [FOLDER]`: for each program that is shipped, a bill of materials in CycloneDX 1.6.
//!
//! What is linked into a program on this platform, at the versions of the lock file: no tests, no tools, nothing that
//! only builds. No time and no chance in it: the same sources give the same file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::crates::{self, Metadata, Package};
use super::npm::{self, Shipped};
use crate::step;
use crate::workspace;

/// The programs that are shipped, and the packages they are made of.
const PROGRAMS: [(&str, &str); 3] = [
    ("offhook", "offhook-agent"),
    ("offhookctl", "offhook-ctl"),
    ("offhook-window", "offhook-window"),
];

/// Writes the bills into the folder, else into `target/sbom`; returns their paths. `platform`: what the programs run on,
/// as `x86_64-pc-windows-gnu`, else this machine.
///
/// # Errors
/// When cargo can't read a manifest, or a file can't be written.
pub fn sbom(folder: Option<&Path>, platform: Option<&str>) -> Result<Vec<PathBuf>> {
    let folder = match folder {
        Some(folder) => folder.to_path_buf(),
        None => workspace::target_folder()?.join("sbom"),
    };
    fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    let platform = platform.map_or_else(this_platform, |platform| Ok(platform.to_owned()))?;
    let metadata = crates::metadata(&["--filter-platform", &platform])?;
    let checksums = checksums()?;
    let pages = npm::read()?.shipped();
    let mut written = Vec::new();
    for (program, package) in PROGRAMS {
        let pages: &[Shipped] = if program == "offhook-window" { &pages } else { &[] };
        let bill = bill(program, package, &metadata, &checksums, pages)?;
        let file = folder.join(format!("{program}.cdx.json"));
        let text = serde_json::to_string_pretty(&bill)?;
        fs::write(&file, text + "\n").with_context(|| file.display().to_string())?;
        written.push(file);
    }
    Ok(written)
}

fn this_platform() -> Result<String> {
    let text = step::read(&mut step::command("rustc", &["-vV"]))?;
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("rustc names no platform")?.to_owned())
}

/// The SHA-256 of each package's archive, by `name version`.
fn checksums() -> Result<BTreeMap<String, String>> {
    let text = fs::read_to_string(xtask::parts::workspace().join("Cargo.lock")).context("Cargo.lock")?;
    let lock: toml_edit::DocumentMut = text.parse().context("Cargo.lock")?;
    let packages = lock["package"]
        .as_array_of_tables()
        .context("Cargo.lock has no packages")?;
    let text = |table: &toml_edit::Table, key: &str| table.get(key)?.as_str().map(str::to_owned);
    Ok(packages
        .iter()
        .filter_map(|table| {
            let name = format!("{} {}", text(table, "name")?, text(table, "version")?);
            Some((name, text(table, "checksum")?))
        })
        .collect())
}

fn bill(
    program: &str,
    package: &str,
    metadata: &Metadata,
    checksums: &BTreeMap<String, String>,
    pages: &[Shipped],
) -> Result<Value> {
    let by_id: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package))
        .collect();
    let root = metadata
        .packages
        .iter()
        .find(|one| one.name == package && one.source.is_none());
    let root = root.with_context(|| format!("there is no package {package}"))?;
    let linked = linked(metadata, &root.id);
    let mut components = Vec::new();
    let mut dependencies = Vec::new();
    for (id, needs) in &linked {
        let package = by_id.get(id).with_context(|| format!("{id} is not described"))?;
        let needs: BTreeSet<String> = needs.iter().filter_map(|id| Some(purl(by_id.get(id)?))).collect();
        let mut needs: Vec<String> = needs.into_iter().collect();
        if *id == root.id {
            needs.extend(pages.iter().map(npm_purl));
        } else {
            components.push(component(package, checksums)?);
        }
        dependencies.push(json!({"ref": purl(package), "dependsOn": needs}));
    }
    for page in pages {
        components.push(page_component(page)?);
        dependencies.push(json!({"ref": npm_purl(page), "dependsOn": []}));
    }
    let order = |value: &Value| {
        value["bom-ref"]
            .as_str()
            .or(value["ref"].as_str())
            .map(str::to_owned)
    };
    components.sort_by_key(order);
    dependencies.sort_by_key(order);
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": purl(root),
                "name": program,
                "version": root.version,
                "purl": purl(root),
                "licenses": licences(root.license.as_deref().unwrap_or_default()),
            },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

/// Everything that is linked in from there on, each with what it needs itself.
fn linked<'a>(metadata: &'a Metadata, root: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let nodes: BTreeMap<&str, _> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let mut found = BTreeMap::new();
    let mut open = vec![root];
    while let Some(id) = open.pop() {
        let Some(node) = nodes.get(id).filter(|_| !found.contains_key(id)) else {
            continue;
        };
        let needs = node
            .deps
            .iter()
            .filter(|need| need.dep_kinds.iter().any(|kind| kind.kind.is_none()));
        let needs: Vec<&str> = needs.map(|need| need.pkg.as_str()).collect();
        open.extend(&needs);
        found.insert(id, needs);
    }
    found
}

fn component(package: &Package, checksums: &BTreeMap<String, String>) -> Result<Value> {
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "purl": purl(package),
        "scope": "required",
        "licenses": licences(package.license.as_deref().unwrap_or_default()),
    });
    if let Some(text) = &package.description {
        component["description"] = json!(text.split_whitespace().collect::<Vec<_>>().join(" "));
    }
    if let Some(address) = &package.repository {
        component["externalReferences"] = json!([{"type": "vcs", "url": address}]);
    }
    match checksums.get(&format!("{} {}", package.name, package.version)) {
        Some(sum) => component["hashes"] = json!([{"alg": "SHA-256", "content": sum}]),
        None if package.source.is_some() => bail!("{} is locked without a checksum", package.name),
        // Ours.
        None => {}
    }
    Ok(component)
}

fn page_component(page: &Shipped) -> Result<Value> {
    let hash = page.integrity.strip_prefix("sha512-").context("no SHA-512")?;
    Ok(json!({
        "type": "library",
        "bom-ref": npm_purl(page),
        "name": page.name,
        "version": page.version,
        "purl": npm_purl(page),
        "scope": "required",
        "licenses": licences(&page.licence),
        "hashes": [{"alg": "SHA-512", "content": hex_of_base64(hash)?}],
    }))
}

/// An expression as SPDX writes it today.
fn licences(text: &str) -> Value {
    let text = text.replace(" / ", " OR ").replace('/', " OR ");
    json!([{"expression": text}])
}

fn purl(package: &Package) -> String {
    let version = package.version.replace('+', "%2B");
    format!("pkg:cargo/{}@{version}", package.name)
}

fn npm_purl(page: &Shipped) -> String {
    format!("pkg:npm/{}@{}", page.name.replace('@', "%40"), page.version)
}

/// The lock has Base64, a bill has hexadecimal digits.
fn hex_of_base64(text: &str) -> Result<String> {
    const SIGNS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bits: u32 = 0;
    let mut count = 0;
    let mut hex = String::new();
    for sign in text.trim_end_matches('=').bytes() {
        let value = SIGNS
            .iter()
            .position(|known| *known == sign)
            .context("no Base64")?;
        bits = bits << 6 | u32::try_from(value)?;
        count += 6;
        if count >= 8 {
            count -= 8;
            hex.push_str(&format!("{:02x}", bits >> count & 0xff));
        }
    }
    Ok(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(bill: &Value) -> BTreeSet<&str> {
        let components = bill["components"].as_array().unwrap().iter();
        components
            .filter_map(|component| component["name"].as_str())
            .collect()
    }

    #[test]
    fn the_bills_name_what_is_linked_in_and_nothing_else() {
        let folder = std::env::temp_dir().join(format!("offhook-sbom-{}", std::process::id()));
        let files = sbom(Some(&folder), None).unwrap();
        let read =
            |file: &PathBuf| -> Value { serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap() };
        let bills: Vec<Value> = files.iter().map(read).collect();
        let again: Vec<Value> = sbom(Some(&folder), None).unwrap().iter().map(read).collect();
        assert_eq!(bills, again, "the same sources give the same bill");
        let on_windows = sbom(Some(&folder), Some("x86_64-pc-windows-gnu")).unwrap();
        let on_windows = read(&on_windows[0]);
        fs::remove_dir_all(&folder).unwrap();
        let [resident, console, window] = &bills[..] else {
            panic!("{} bills", bills.len())
        };
        let resident_names = names(resident);
        for linked in ["offhook-engine", "rustls", "reqwest", "secrecy"] {
            assert!(resident_names.contains(linked), "{linked}");
        }
        // Tests, tools and the web engine.
        for not in ["proptest", "xtask", "offhook-playground", "tauri", "gtk", "ts-rs"] {
            assert!(!resident_names.contains(not), "{not}");
        }
        assert!(names(console).contains("offhook-client"));
        for linked in ["tauri", "lit-html", "@tauri-apps/api"] {
            assert!(names(window).contains(linked), "{linked}");
        }
        assert!(!names(window).contains("vite"));
        assert!(!resident_names.contains("windows-registry"));
        assert!(names(&on_windows).contains("windows-registry"));
        for bill in &bills {
            assert_eq!(bill["specVersion"], "1.6");
            let components = bill["components"].as_array().unwrap();
            let refs: BTreeSet<&str> = components
                .iter()
                .chain([&bill["metadata"]["component"]])
                .map(|component| component["bom-ref"].as_str().unwrap())
                .collect();
            assert_eq!(refs.len(), components.len() + 1, "each once");
            for component in components {
                let name = component["name"].as_str().unwrap();
                assert_ne!(component["licenses"][0]["expression"], "", "{name}");
                let own = name.starts_with("offhook-");
                assert_eq!(component["hashes"].is_null(), own, "{name}");
            }
            for need in bill["dependencies"].as_array().unwrap() {
                for on in need["dependsOn"].as_array().unwrap().iter().chain([&need["ref"]]) {
                    assert!(refs.contains(on.as_str().unwrap()), "{on} is nowhere");
                }
            }
        }
    }

    #[test]
    fn base64_becomes_hexadecimal() {
        assert_eq!(hex_of_base64("AAEC/w==").unwrap(), "000102ff");
        assert!(hex_of_base64("*").is_err());
    }
}
