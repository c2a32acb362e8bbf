//! What an administrator forces by group policy: values of the registry, of each type that the templates write.

use offhook_tests::desk::Desk;
use serde_json::{Value, json};

use super::office::Office;

const MACHINE: &str = r"HKLM\SOFTWARE\Policies\Offhook";
const PERSON: &str = r"HKCU\SOFTWARE\Policies\Offhook";

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_group_policy_forces_texts_switches_numbers_and_lists_and_locks_them() {
    let mut office = Office::set_up(Desk::headless());
    for (root, value, kind, data) in [
        (PERSON, "person.icon", "REG_SZ", "light"),
        (MACHINE, "person.icon", "REG_SZ", "dark"),
        (PERSON, "person.language", "REG_SZ", "de"),
        (MACHINE, "update.check", "REG_DWORD", "0"),
        (MACHINE, "teams.poll_seconds_min", "REG_DWORD", "20"),
        (
            MACHINE,
            "network.no_proxy",
            "REG_MULTI_SZ",
            "intern.example|127.0.0.1",
        ),
    ] {
        office.windows.set_registry(root, value, kind, data);
    }
    office.windows.start(&["--no-tray"]);
    let report = office.ask(&json!("report"))["text"].to_string();
    for (key, said, other) in [
        (
            "person.icon",
            r#"person.icon = \"dark\" (policy)"#,
            json!("light"),
        ),
        (
            "person.language",
            r#"person.language = \"de\" (policy)"#,
            json!("en"),
        ),
        (
            "update.check",
            r#"update.check = \"false\" (policy)"#,
            json!("true"),
        ),
        (
            "teams.poll_seconds_min",
            r#"teams.poll_seconds_min = \"20\" (policy)"#,
            json!("3"),
        ),
        ("network.no_proxy", "network.no_proxy is set (policy)", json!("")),
    ] {
        assert!(report.contains(said), "{said}: {report}");
        let refused = office.refused(&json!({"apply": {key: other}}));
        assert_eq!(refused["code"], "locked", "{key}: {refused}");
    }
    let doctor = office.windows.ctl(&["doctor", "--json"]);
    let findings: Vec<Value> = serde_json::from_str(doctor.stdout.trim()).unwrap();
    let counted = findings.iter().any(|finding| {
        let text = finding["text"].as_str().unwrap_or_default();
        finding["ok"] == true && text.contains(": 5.")
    });
    assert!(counted, "{findings:#?}");
}
