//! What the doctor, the status and the log say of a desk, as a person at the console sees it.
#![cfg(target_os = "linux")]

use std::time::Duration;

use offhook_tests::asterisk::Asterisk;
use offhook_tests::desk::Desk;
use offhook_tests::house::{Habits, House};
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::socket::Socket;
use offhook_tests::wait_until;
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(15);

fn findings(product: &Product<'_>) -> Vec<Value> {
    let said = product.ctl(&["doctor", "--json"]);
    let found: Value = serde_json::from_str(&said.stdout).unwrap_or_else(|_| panic!("{said:?}"));
    found.as_array().expect("a list").clone()
}

/// What is not in order, as `what: text`.
fn ill(findings: &[Value]) -> Vec<String> {
    let ill = findings.iter().filter(|finding| finding["ok"] == false);
    let words = ill.map(|finding| format!("{}: {}", finding["what"], finding["text"]));
    words.map(|text| text.replace('"', "")).collect()
}

#[track_caller]
fn named<'a>(findings: &'a [Value], what: &str) -> &'a Value {
    let found = findings.iter().find(|finding| finding["what"] == what);
    found.unwrap_or_else(|| panic!("nothing is said of {what}: {findings:#?}"))
}

#[test]
fn the_doctor_walks_through_everything_of_a_desk_in_use() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    let found = findings(&house.product);
    assert_eq!(ill(&found), Vec::<String>::new(), "{found:#?}");
    for what in [
        "Settings",
        "Stored sign-in and passwords",
        "Name 127.0.0.1",
        "Answer of 127.0.0.1",
        "Clock of this computer",
        "Sign-in at Microsoft",
        "Right: Read your presence",
        "Right: Set your presence",
        "Extension",
        "Reports by other programs",
        "Reports by web request",
        "Desktop",
    ] {
        assert_eq!(named(&found, what)["ok"], true, "{what}");
    }
    let read = named(&found, "Right: Read your presence");
    assert!(read["text"].as_str().unwrap().contains("Teams says"), "{read}");

    // A right that is taken away is named, and only that one.
    house.company.inject(&json!({"fault": "graph-forbidden"}));
    let found = findings(&house.product);
    let rights = found.iter().filter_map(|finding| {
        let what = finding["what"].as_str()?.strip_prefix("Right: ")?;
        Some((what, finding["ok"].as_bool()?))
    });
    let rights: Vec<_> = rights.collect();
    assert_eq!(
        rights,
        [("Read your presence", false), ("Set your presence", true)],
        "{found:#?}"
    );
}

#[test]
fn the_doctor_of_a_resting_desk_says_who_is_missing() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let product = Product::new(&desk);
    product.write_settings(&company.settings());
    let found = findings(&product);
    let sign_in = named(&found, "Sign-in at Microsoft");
    assert_eq!(sign_in["ok"], false);
    assert_eq!(sign_in["text"], "Nobody is signed in to Microsoft.");
    let missing = ill(&found)
        .into_iter()
        .filter(|line| line.contains("No password for the phone system"));
    assert_eq!(missing.count(), 1, "{found:#?}");
    assert!(
        !found.iter().any(|finding| finding["what"] == "Microsoft Teams"),
        "{found:#?}"
    );
}

#[test]
fn the_status_says_that_the_settings_are_unreadable() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.write_settings("version = 1\n[phone\n");
    product.start_headless();
    let status = product.status();
    assert_eq!(status["attention"], true);
    assert_eq!(status["problems"][0]["code"], "settings-unreadable");
    let said = product.ctl(&["status"]);
    assert!(
        said.stdout.contains("needs attention") && said.stdout.contains("settings.toml"),
        "{}",
        said.stdout
    );
    // As the doctor does, with the mend.
    let found = findings(&product);
    assert_eq!(named(&found, "Settings")["ok"], false);
}

#[test]
fn the_level_of_the_log_changes_while_the_program_runs() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.start_headless();
    let mut socket = Socket::connect(product.data_dir());
    let mut seen = 0;
    let lines = |product: &Product<'_>, level: &str| {
        product.logs().lines().filter(|line| line.contains(level)).count()
    };
    assert_eq!(lines(&product, " DEBUG "), 0);
    let set = |socket: &mut Socket, level: &str| {
        socket
            .ask(json!({"apply": {"log.level": level}}))
            .expect("the level");
    };
    let call = |product: &Product<'_>| {
        let event = ["call", "answer", "--source", "desk", "--id", "1"];
        assert_eq!(product.ctl(&event).code, 0);
    };
    set(&mut socket, "debug");
    call(&product);
    wait_until(SOON, "lines at DEBUG", || {
        seen = lines(&product, " DEBUG ");
        seen > 0
    });
    set(&mut socket, "warn");
    // What was under way when the level changed is written.
    let before = lines(&product, " DEBUG ");
    call(&product);
    call(&product);
    assert_eq!(lines(&product, " DEBUG "), before);
}

#[test]
fn a_level_that_the_organisation_forces_is_raised_by_nobody() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.write_settings("version = 1\n[log]\nlevel = \"trace\"\n");
    let policy = desk.folder().join("policy.toml");
    std::fs::write(&policy, "[log]\nlevel = \"info\"\n").expect("the policy");
    let policy = policy.display().to_string();
    let environment = [("OFFHOOK_TEST_POLICY", policy.as_str()), ("OFFHOOK_LOG", "trace")];
    product.start(&["--no-tray"], &environment);
    let event = ["call", "answer", "--source", "desk", "--id", "1"];
    assert_eq!(product.ctl(&event).code, 0);
    let raised = Socket::connect(product.data_dir()).ask(json!({"apply": {"log.level": "debug"}}));
    assert_eq!(raised.expect_err("refused")["code"], "locked");
    assert!(product.term().success());
    let logs = product.logs();
    assert!(logs.contains("Offhook has ended"), "{logs}");
    assert!(!logs.contains(" DEBUG ") && !logs.contains(" TRACE "), "{logs}");
}

#[test]
fn the_report_names_what_the_doctor_found_and_nobody() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    let _found = findings(&house.product);
    let mut socket = Socket::connect(house.product.data_dir());
    let report = socket.ask(json!("report")).expect("the report");
    let report: Vec<&str> = report["text"]
        .as_array()
        .unwrap_or_else(|| panic!("{report}"))
        .iter()
        .filter_map(Value::as_str)
        .collect();
    let report = report.join("\n");
    for line in ["[doctor]", "sign-in: ok", "right: ok", "clock: ok", "phone: ok"] {
        assert!(report.contains(line), "{line} is not in\n{report}");
    }
    for person in house.company.state()["people"].as_array().expect("people") {
        for word in ["name", "upn", "oid"] {
            let word = person[word].as_str().unwrap_or("-none-");
            assert!(!report.contains(word), "{word} is in\n{report}");
        }
    }
}
