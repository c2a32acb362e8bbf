//! Who may depend on whom (DESIGN, section 2): the arrows, enforced.
#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;
use xtask::parts::workspace;

/// Each crate with the crates of ours that it may name in its dependencies. Tests and tools may use all.
const ARROWS: &[(&str, &[&str])] = &[
    ("offhook-protocol", &[]),
    ("offhook-client", &["offhook-protocol"]),
    ("offhook-pbxkey", &[]),
    ("offhook-microphone", &[]),
    ("offhook-engine", &["offhook-protocol"]),
    ("offhook-tapi", &["offhook-engine"]),
    (
        "offhook-connect",
        &[
            "offhook-engine",
            "offhook-microphone",
            "offhook-protocol",
            "offhook-pbxkey",
            "offhook-tapi",
        ],
    ),
    (
        "offhook-agent",
        &["offhook-connect", "offhook-engine", "offhook-protocol"],
    ),
    (
        "offhook-ctl",
        &[
            "offhook-client",
            "offhook-protocol",
            "offhook-pbxkey",
            "offhook-engine",
        ],
    ),
    ("offhook-playground", &[]),
    ("offhook-window", &["offhook-client", "offhook-protocol"]),
];

const FREE: &[&str] = &["offhook-fuzz", "offhook-tests", "offhook-world", "xtask"];

/// Crates that link into the pure ones, at any depth. A new name here is a decision.
const PURE: &[(&str, &str)] = &[
    (
        "offhook-protocol",
        "itoa memchr proc-macro2 quote serde serde_core serde_derive serde_json syn unicode-ident zmij",
    ),
    (
        "offhook-engine",
        "equivalent hashbrown indexmap itoa jiff jiff-core memchr offhook-protocol once_cell pin-project-lite
         proc-macro2 quote serde serde_core serde_derive serde_json serde_spanned syn thiserror thiserror-impl
         toml_datetime toml_edit toml_parser toml_writer tracing tracing-attributes tracing-core unicode-ident winnow
         zmij",
    ),
];

/// What the resident program names itself on Linux; everything else comes by way of `connect`. `ksni` is the tray,
/// `zbus` and `futures-util` hear of sleep; Windows and macOS have `tao` and `tray-icon` instead of these three.
const AGENT: &str =
    "anyhow futures-util ksni lexopt notify-rust offhook-connect offhook-engine offhook-protocol
    serde_json tokio tracing zbus";

/// Never in the resident program, at any depth: web engines, GTK, servers of the pretend company, a second TLS.
const NEVER_RESIDENT: &str =
    "atk axum cairo-rs gdk gdk-pixbuf gio glib gtk libappindicator native-tls openssl pango
    soup3 tao tauri webkit2gtk webkit2gtk-sys webview2-com wry aws-lc-rs aws-lc-sys";

fn cargo(arguments: &[&str]) -> String {
    let program = env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(program)
        .args(arguments)
        .current_dir(workspace())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo {arguments:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

/// Every crate of the workspace with the names of its dependencies: those that link, and those for tests alone.
fn dependencies() -> BTreeMap<String, (BTreeSet<String>, BTreeSet<String>)> {
    let metadata = cargo(&["metadata", "--format-version", "1", "--no-deps", "--offline"]);
    let metadata: Value = serde_json::from_str(&metadata).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let of = |package: &Value| {
        let all = package["dependencies"].as_array().unwrap();
        let (tests, links): (Vec<_>, Vec<_>) = all.iter().partition(|one| one["kind"] == "dev");
        (
            links.into_iter().map(name).collect(),
            tests.into_iter().map(name).collect(),
        )
    };
    metadata["packages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|package| (name(package), of(package)))
        .collect()
}

/// The crates that link into a package with its usual features, by name.
fn tree(package: &str, depth: &str) -> BTreeSet<String> {
    let arguments = [
        "tree",
        "-p",
        package,
        "-e",
        "normal",
        "--prefix",
        "none",
        "--offline",
        "--depth",
        depth,
    ];
    let text = cargo(&arguments);
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| *name != package).map(str::to_owned).collect()
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn every_arrow_is_one_of_the_design() {
    let found = dependencies();
    let known: BTreeSet<&str> = ARROWS
        .iter()
        .map(|(name, _)| *name)
        .chain(FREE.iter().copied())
        .collect();
    let members: BTreeSet<&str> = found.keys().map(String::as_str).collect();
    assert_eq!(members, known, "crates of the workspace");
    for (name, allowed) in ARROWS {
        let (links, tests) = &found[*name];
        let ours = |names: &BTreeSet<String>| -> BTreeSet<String> {
            names
                .iter()
                .filter(|name| members.contains(name.as_str()))
                .cloned()
                .collect()
        };
        for arrow in ours(links) {
            assert!(
                allowed.contains(&arrow.as_str()),
                "{name} may not depend on {arrow}"
            );
        }
        for arrow in ours(tests) {
            // A crate may use itself in its tests with other features, and nothing else that it may not link.
            assert!(
                allowed.contains(&arrow.as_str()) || arrow == *name,
                "{name} may not test with {arrow}"
            );
        }
    }
}

#[test]
fn the_pure_crates_link_only_what_is_allowed() {
    for (package, allowed) in PURE {
        let surplus: Vec<String> = tree(package, "99").difference(&words(allowed)).cloned().collect();
        assert!(
            surplus.is_empty(),
            "{package} links {surplus:?}: a pure crate needs none of it"
        );
    }
}

#[test]
fn the_resident_program_links_no_web_engine_and_names_few_crates() {
    let surplus: Vec<String> = tree("offhook-agent", "1")
        .difference(&words(AGENT))
        .cloned()
        .collect();
    assert!(surplus.is_empty(), "offhook-agent names {surplus:?}");
    let forbidden: Vec<String> = tree("offhook-agent", "99")
        .intersection(&words(NEVER_RESIDENT))
        .cloned()
        .collect();
    assert!(forbidden.is_empty(), "offhook-agent links {forbidden:?}");
}

#[test]
fn only_the_window_names_tauri() {
    for (package, (links, tests)) in dependencies() {
        let named: Vec<&String> = links
            .iter()
            .chain(&tests)
            .filter(|name| name.starts_with("tauri"))
            .collect();
        assert!(
            named.is_empty() || package == "offhook-window",
            "{package} names {named:?}"
        );
    }
}

/// What the programs' sources name beyond Microsoft's sign-in and Graph, and why none of it is ever asked.
const NAMED: [(&str, &str); 12] = [
    ("etherx.jabber.org", "an XML namespace"),
    ("innovaphone.com", "an XML namespace"),
    ("schemas.microsoft.com", "an XML namespace"),
    ("schemas.xmlsoap.org", "an XML namespace"),
    ("www.apple.com", "the type of a document"),
    ("www.avaya.com", "an XML namespace"),
    ("www.ecma-international.org", "an XML namespace"),
    ("www.w3.org", "an XML namespace"),
    ("schema.tauri.app", "the type of a document"),
    ("mail.example.com", "an example for the person to replace"),
    (
        "go.microsoft.com",
        "opened in the browser where the person asks for it",
    ),
    ("localhost", "this computer"),
];

/// Microsoft's clouds, of which one is set. The first pair is the one of DATA-FLOWS.md.
const MICROSOFT: [&str; 5] = [
    "login.microsoftonline.com",
    "graph.microsoft.com",
    "login.microsoftonline.us",
    "graph.microsoft.us",
    "dod-graph.microsoft.us",
];

/// No telemetry: a host that the programs could ask by themselves would have to be named somewhere.
#[test]
fn r23_the_programs_name_no_host_but_those_that_the_page_on_data_flows_names() {
    let root = workspace();
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for folder in ["crates", "src-tauri", "ui/src"] {
        for file in files(&root.join(folder)) {
            let path = file
                .strip_prefix(&root)
                .unwrap()
                .to_string_lossy()
                .replace('\\', "/");
            let is_source = [".rs", ".ts", ".html", ".toml", ".json"]
                .iter()
                .any(|end| path.ends_with(end));
            let is_test = [
                "/tests/",
                "/tests.rs",
                "/fakes/",
                ".test.",
                "/fuzzing.rs",
                "/gen/",
                "/target/",
            ]
            .iter()
            .any(|part| path.contains(part));
            if !is_source || is_test || path.starts_with("crates/playground/") {
                continue;
            }
            let text = fs::read_to_string(&file).unwrap();
            let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for host in hosts(line) {
                    found.insert(host, file.clone());
                }
            }
        }
    }
    let page = fs::read_to_string(root.join("docs/DATA-FLOWS.md")).unwrap();
    assert!(
        MICROSOFT[..2].iter().all(|host| page.contains(host)),
        "DATA-FLOWS.md names both"
    );
    for host in MICROSOFT {
        assert!(found.remove(host).is_some(), "{host} is not found: is anything?");
    }
    for (host, _) in NAMED {
        assert!(found.remove(host).is_some(), "{host} is named no more");
    }
    assert!(found.is_empty(), "{found:?}");
}

/// Names with a dot, and `localhost`, after `://` in a line.
fn hosts(line: &str) -> Vec<String> {
    line.split("://")
        .skip(1)
        .map(|rest| {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !".-".contains(c));
            rest[..end.unwrap_or(rest.len())].trim_matches('.').to_owned()
        })
        .filter(|host| host == "localhost" || host.contains('.'))
        .filter(|host| {
            !host.ends_with(".example") && !host.starts_with("127.0.0.1") && host != "ipc.localhost"
        })
        .collect()
}

#[test]
fn only_one_file_of_the_pages_names_tauri() {
    let mut naming = Vec::new();
    for file in files(&workspace().join("ui/src")) {
        let Ok(text) = fs::read_to_string(&file) else {
            continue;
        };
        if text.contains("@tauri-apps/") {
            naming.push(file.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
    assert_eq!(naming, ["host.ts"]);
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path))
        } else {
            found.push(path)
        }
    }
    found
}

#[test]
fn the_window_may_do_no_more_than_its_pages_ask_for() {
    let root = workspace();
    let read =
        |name: &str| fs::read_to_string(root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let json = |name: &str| -> Value { serde_json::from_str(&read(name)).unwrap() };
    let config = json("src-tauri/tauri.conf.json");
    assert_eq!(config["app"]["withGlobalTauri"], false);
    assert_eq!(config["app"]["security"]["freezePrototype"], true);
    assert_eq!(
        config["app"]["security"]["capabilities"],
        serde_json::json!(["window"])
    );
    let files = fs::read_dir(root.join("src-tauri/capabilities")).unwrap();
    let files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["window.json"]);
    let capability = json("src-tauri/capabilities/window.json");
    assert_eq!(capability["windows"], serde_json::json!(["main"]));
    assert!(
        capability.get("remote").is_none(),
        "no page of the web may ask anything"
    );
    let permissions = capability["permissions"].as_array().unwrap();
    let permissions: BTreeSet<&str> = permissions.iter().map(|one| one.as_str().unwrap()).collect();
    // What the pages call, by the one file that calls anything.
    let host = read("ui/src/host.ts");
    let called = host.split("invoke").skip(1).filter_map(|rest| {
        let name = rest.split_once('"')?.1.split_once('"')?.0;
        name.bytes().all(|byte| byte.is_ascii_lowercase()).then_some(name)
    });
    let mut wanted: BTreeSet<String> = called.map(|name| format!("allow-{name}")).collect();
    assert_eq!(wanted.len(), 5, "{wanted:?}");
    // To hear what the window tells, and to make everything larger.
    wanted.extend(
        [
            "core:event:allow-listen",
            "core:event:allow-unlisten",
            "core:webview:allow-set-webview-zoom",
        ]
        .map(str::to_owned),
    );
    let wanted: BTreeSet<&str> = wanted.iter().map(String::as_str).collect();
    assert_eq!(permissions, wanted);
    let plugins = read("src-tauri/Cargo.toml");
    assert!(
        !plugins.contains("tauri-plugin"),
        "a plugin brings rights of its own"
    );
}

#[test]
fn the_pages_run_their_own_scripts_and_reach_nobody() {
    let config = fs::read_to_string(workspace().join("src-tauri/tauri.conf.json")).unwrap();
    let config: Value = serde_json::from_str(&config).unwrap();
    let policy = config["app"]["security"]["csp"].as_str().unwrap();
    let rules: BTreeMap<&str, Vec<&str>> = policy
        .split(';')
        .filter_map(|rule| {
            let mut words = rule.split_whitespace();
            Some((words.next()?, words.collect()))
        })
        .collect();
    for (rule, sources) in [
        ("default-src", &["'none'"][..]),
        ("script-src", &["'self'"]),
        ("style-src", &["'self'"]),
        ("img-src", &["'self'"]),
        // The way to the window's own process, as Tauri names it.
        ("connect-src", &["ipc:", "http://ipc.localhost"]),
        ("base-uri", &["'none'"]),
        ("form-action", &["'none'"]),
        ("frame-ancestors", &["'none'"]),
        ("object-src", &["'none'"]),
    ] {
        assert_eq!(rules.get(rule).map(Vec::as_slice), Some(sources), "{rule}");
    }
    assert_eq!(rules.len(), 9, "{policy}");
    assert!(
        config["app"]["security"]
            .get("dangerousDisableAssetCspModification")
            .is_none()
    );
    let page = fs::read_to_string(workspace().join("ui/index.html")).unwrap();
    assert!(!page.contains("<style") && !page.contains(" style="), "{page}");
    let scripts = page.split("<script").skip(1);
    assert!(scripts.clone().count() > 0);
    for script in scripts {
        assert!(
            script.contains("src=\"/") && script.contains("></script>"),
            "{script}"
        );
    }
}
