use super::*;
use crate::logging;
use offhook_engine::clock::{Instant, Now};
use offhook_engine::ledger::Ledger;
use offhook_engine::rules::Rules;

const NAME: &str = "Nora Lindqvist";
const ADDRESS: &str = "nora.lindqvist@contoso.example";
const CALLER: &str = "Grete Mustermann";
const NUMBER: &str = "+49 89 1234567";
const TOKEN: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.c2VjcmV0";
const HOST: &str = "pbx.contoso.example";
const PASSWORD: &str = "hunter2-Winter";

fn status() -> Status {
    let now = Now {
        mono: Instant::from_origin(std::time::Duration::ZERO),
        wall: "2026-11-22T10:00:00Z".parse().unwrap(),
    };
    offhook_engine::Engine::new(Rules::default(), Ledger::default(), 1, now).status(now)
}

fn settings(folder: &std::path::Path) -> Settings {
    let text = format!(
        "version = 1\n[phone]\nkind = \"asterisk\"\nhost = \"{HOST}\"\nuser = \"nora\"\nextension = \"23\"\n\
         [microsoft]\ntenant = \"contoso.example\"\nclient_id = \"11112222-3333-4444-5555-666677778888\"\n"
    );
    std::fs::write(folder.join("settings.toml"), text).unwrap();
    Settings::load_with_policy(folder, None)
}

#[test]
fn nothing_planted_at_any_level_comes_through() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path());
    let written = logging::capture(|| {
        // What an adapter is allowed to say down there.
        tracing::debug!(caller = CALLER, number = NUMBER, "a call");
        tracing::trace!(bytes = TOKEN, "sent {PASSWORD}");
        tracing::debug!("{CALLER}\n2026-11-22T10:00:00.000000Z  INFO offhook_connect::driver: {CALLER}");
        // What nobody should say up here, and somebody will.
        tracing::info!(
            account = NAME,
            "signed in as {ADDRESS} at https://login.example/?code={TOKEN}"
        );
        tracing::warn!(host = HOST, "no answer from 192.168.17.4:5038 for {NUMBER}");
        tracing::error!("LINDQVIST could not be read from /home/nora/.local/state: {TOKEN}");
    });
    let log = logging::parse(&written);
    let personal = [NAME, ADDRESS, HOST, "23", "nora", "contoso.example"].map(str::to_owned);
    let report = lines(&Sources {
        version: "1.2.3",
        settings: &settings,
        status: &status(),
        problems: vec!["phone-unreachable".to_owned()],
        found: &[("phone", Err("secret-missing")), ("clock", Ok(()))],
        log: &log,
        personal: &personal,
    })
    .join("\n");
    for planted in [
        "Nora",
        "nora",
        "Lindqvist",
        "LINDQVIST",
        "contoso",
        "Grete",
        "Mustermann",
        "1234567",
        "eyJ0",
        "c2VjcmV0",
        "pbx.",
        "hunter2",
        "192.168",
        "/home",
        "1111",
        "code=",
    ] {
        assert!(!report.contains(planted), "{planted} in:\n{report}");
    }
    for wanted in [
        "Offhook 1.2.3",
        "phone.kind = \"asterisk\"",
        "phone.host is set",
        "needs attention: phone-unreachable",
        "signed in as",
        "no answer from",
        "could not be read",
    ] {
        assert!(report.contains(wanted), "{wanted} not in:\n{report}");
    }
}

#[test]
fn a_line_of_another_library_stays_out() {
    let scrub = Scrub::new(&[]);
    let line = |text: &str| LogLine {
        level: Some(LogLevel::Warn),
        text: text.to_owned(),
    };
    assert_eq!(
        scrub.log_line(&line("2026-11-22T10:00:00Z  WARN reqwest::connect: to someone")),
        None
    );
    assert_eq!(
        scrub.log_line(&line(
            "2026-11-22T10:00:00Z  WARN offhook_connect::lines::hook: said so=3"
        )),
        Some("2026-11-22T10:00:00Z  WARN offhook_connect::lines::hook: said so=3".to_owned())
    );
}

#[test]
fn short_values_go_only_as_words_of_their_own() {
    let scrub = Scrub::new(&["23".to_owned(), "Ada".to_owned()]);
    assert_eq!(
        scrub.known("extension 23, 1234, adapter ADA"),
        "extension ‹…›, 1234, adapter ‹…›"
    );
}
