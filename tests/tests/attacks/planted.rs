//! Planted secrets and names, searched for in log and report at every level.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use offhook_tests::asterisk::{Asterisk, DESK};
use offhook_tests::browser::Browser;
use offhook_tests::house::{Habits, House, PERSON};
use offhook_tests::socket::Socket;
use offhook_tests::{http, wait_for};
use serde_json::{Value, json};
use url::Url;

const SOON: Duration = Duration::from_secs(15);
const SUBJECT: &str = "Kuendigung Frau Wolkenstein";
const NUMBER: &str = "+4930987654321";

/// A day in short: calls, an appointment, a wrong password, a Graph that refuses, and a report.
struct Day {
    /// Tokens, passwords and what opens a door: nowhere, at no level.
    secrets: Vec<String>,
    /// Names, numbers, subjects, addresses: below INFO at most, and in no report.
    personal: Vec<String>,
    logged: String,
    report: String,
}

fn day(level: &str, environment: &[(&str, &str)]) -> Day {
    let habits = Habits {
        more: "[calendar]\nenabled = true\ntitle = true\n".to_owned(),
        ..Habits::default()
    };
    let mut house = House::set_up(Asterisk::start(), habits);
    let settings = house.settings();
    let level = settings.replace("level = \"debug\"", &format!("level = \"{level}\""));
    house.product.write_settings(&level);
    house.product.start(&["--no-tray"], environment);
    house.product.set_phone_password(DESK.secret);
    house.product.sign_in(PERSON);
    house.wait_ready();
    calendar(&house);
    calls(&house);
    // What fails says more than what works.
    house.company.inject(&json!({"fault": "graph-forbidden"}));
    let mark = house.company.mark();
    wait_for(Duration::from_secs(40), "a refusal of Graph", || {
        let refused = |asked: &offhook_tests::playground::Asked| asked.status == Some(403);
        house.company.asked_since(mark).iter().any(refused).then_some(())
    });
    house.company.clear_faults();
    let doctor = house.product.ctl(&["doctor"]);
    assert!(!doctor.stdout.is_empty(), "{doctor:?}");
    let mut secrets = secrets(&house);
    house.product.set_phone_password("hunter2-Winter");
    house.product.wait_status(SOON, "the wrong password", |status| {
        status["health"]["phone"]["ok"] == false
    });
    secrets.push("hunter2-Winter".to_owned());
    let mut socket = Socket::connect(house.product.data_dir());
    let report = socket.ask(json!("report")).expect("the report");
    let report = report["text"].as_array().expect("lines").iter();
    let report: Vec<&str> = report.filter_map(Value::as_str).collect();
    assert!(house.product.term().success());
    Day {
        secrets,
        personal: personal(&house),
        logged: format!("{}{}", house.product.logs(), house.product.log().text()),
        report: report.join("\n"),
    }
}

/// An appointment that runs, and the right to read it.
fn calendar(house: &House) {
    let now = Timestamp::now();
    let at = |minutes: i64| (now + SignedDuration::from_mins(minutes)).to_string();
    let event = json!({
        "id": "AAMk-1", "subject": SUBJECT, "showAs": "busy", "start": at(-10), "end": at(50),
    });
    house.company.set_calendar(PERSON, &[event]);
    house.company.admin_consent(&["Calendars.Read"]);
    let mut socket = Socket::connect(house.product.data_dir());
    let begun = socket.ask(json!("ask_calendar")).expect("a page");
    let url = begun["sign_in"]["browser"]["url"].as_str().expect("its address");
    let mut url: Url = url.parse().expect("its address");
    url.query_pairs_mut().append_pair("playground_user", PERSON);
    assert_eq!(Browser::default().open(&url).status, 200);
    house.product.wait_status(SOON, "the calendar", |status| {
        status["health"]["calendar"]["ok"] == true
    });
}

/// By the console and by the web door, rightly and wrongly.
fn calls(house: &House) {
    for what in ["newCall", "answer", "hangup"] {
        let call = [
            "call", what, "--source", "desk", "--id", "1", "--from", NUMBER, "--to", "1001",
        ];
        assert_eq!(house.product.ctl(&call).code, 0);
    }
    let hook = hook(house);
    let url = format!("http://127.0.0.1:{}/v1/call", hook["port"]);
    let token = hook["token"].as_str().expect("a token");
    let event = json!({"v": 1, "event": "newCall", "source": "desk", "callId": "2", "from": NUMBER});
    assert!(http::send(http::post(&url).bearer_auth(token).json(&event)).status < 300);
    let garbage = format!("{NUMBER} {token}");
    assert_eq!(
        http::send(http::post(&url).bearer_auth(token).body(garbage)).status / 100,
        4
    );
    let query = format!("{url}?from={NUMBER}");
    assert_eq!(http::send(http::get(&query).bearer_auth(token)).status / 100, 4);
}

fn hook(house: &House) -> Value {
    let text = house.product.file("hook.json").expect("hook.json");
    serde_json::from_str(&text).expect("JSON")
}

/// What was stored and sent that opens a door. Tokens are looked for by a piece of them, too.
fn secrets(house: &House) -> Vec<String> {
    let mut secrets = vec![
        DESK.secret.to_owned(),
        hook(house)["token"].as_str().expect("a token").to_owned(),
        // What every signed token begins with.
        "eyJ".to_owned(),
        "code_verifier=".to_owned(),
    ];
    let stored = house.product.file("secrets.json").expect("the secrets");
    let long = |text: &str| -> Vec<String> {
        let words = text.split(|sign: char| !sign.is_ascii_alphanumeric() && !"-_.".contains(sign));
        let long = words.filter(|word| word.len() >= 40);
        long.map(|word| word[..40].to_owned()).collect()
    };
    let tokens = long(&stored);
    assert!(!tokens.is_empty(), "no token is stored");
    secrets.extend(tokens);
    for asked in house.company.asked_since(0) {
        secrets.extend(long(&asked.body));
    }
    // An account's key is personal and no secret.
    for person in house.company.state()["people"].as_array().expect("people") {
        let oid = person["oid"].as_str().unwrap_or("-none-");
        secrets.retain(|secret| !secret.starts_with(oid));
    }
    secrets
}

fn personal(house: &House) -> Vec<String> {
    let mut personal = vec![
        SUBJECT.to_owned(),
        "Wolkenstein".to_owned(),
        NUMBER.to_owned(),
        "30987654321".to_owned(),
    ];
    for person in house.company.state()["people"].as_array().expect("people") {
        for word in ["name", "upn", "oid"] {
            let text = person[word].as_str().unwrap_or_default();
            personal.push(text.to_owned());
            personal.extend(text.split(' ').map(str::to_owned));
        }
    }
    personal.retain(|word| word.len() > 2);
    personal
}

/// The lines at this level or above, with what continues them.
fn above_debug(logged: &str) -> String {
    let mut kept = true;
    let plain = without_colours(logged);
    let lines = plain.lines().filter(|line| {
        let mut words = line.split_whitespace();
        let time = words
            .next()
            .is_some_and(|word| word.ends_with('Z') && word.contains('T'));
        match (time, words.next()) {
            (true, Some(level)) if ["ERROR", "WARN", "INFO"].iter().any(|name| level.contains(name)) => {
                kept = true;
            }
            (true, Some(level)) if ["DEBUG", "TRACE"].iter().any(|name| level.contains(name)) => {
                kept = false;
            }
            _ => {}
        }
        kept
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// The console has them around time and level.
fn without_colours(text: &str) -> String {
    let mut pieces = text.split("\u{1b}[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |plain, piece| {
        plain + piece.split_once('m').map_or(piece, |(_, rest)| rest)
    })
}

#[track_caller]
fn assert_clean(day: &Day) {
    for secret in &day.secrets {
        if let Some(line) = day.logged.lines().find(|line| line.contains(secret.as_str())) {
            panic!("{secret} was logged: {line}");
        }
        assert!(
            !day.report.contains(secret.as_str()),
            "{secret} is in\n{}",
            day.report
        );
    }
    let above = above_debug(&day.logged);
    assert!(above.contains("INFO") || above.contains("WARN"), "{above}");
    for word in &day.personal {
        if let Some(line) = above.lines().find(|line| line.contains(word.as_str())) {
            panic!("{word} was logged: {line}");
        }
        assert!(
            !day.report.contains(word.as_str()),
            "{word} is in\n{}",
            day.report
        );
    }
}

#[test]
fn at_info_and_above_nobody_is_named_and_nothing_secret_is_said() {
    let day = day("info", &[]);
    assert!(!day.logged.contains("DEBUG"), "more is logged than was set");
    assert_clean(&day);
}

#[test]
fn at_debug_nothing_secret_is_said_either() {
    let day = day("debug", &[]);
    assert!(day.logged.contains("DEBUG"));
    assert!(!day.logged.contains("TRACE"), "more is logged than was set");
    assert_clean(&day);
}

#[test]
fn at_trace_nothing_secret_is_said_either() {
    let day = day("trace", &[]);
    // Each wire of the day in both directions: or else there was nothing to search.
    let plain = without_colours(&day.logged);
    for wire in ["AMI", "Entra", "Graph", "call hook"] {
        for way in ["sent", "heard"] {
            let said = format!("{way} wire=\"{wire}\" kind=");
            let is_there = |line: &str| line.contains("TRACE") && line.contains(&said);
            assert!(plain.lines().any(is_there), "`{said}` was not logged");
        }
    }
    assert_clean(&day);
    // Personal things may stand at DEBUG, and in no line of a wire.
    for line in plain.lines().filter(|line| line.contains(" wire=\"")) {
        for word in &day.personal {
            assert!(!line.contains(word.as_str()), "{word} was logged: {line}");
        }
    }
}

#[test]
fn even_with_every_library_at_trace_no_secret_is_written() {
    let day = day("info", &[("OFFHOOK_LOG", "trace")]);
    assert!(day.logged.contains("TRACE"));
    assert_clean(&day);
}
