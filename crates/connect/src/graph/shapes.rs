//! Every request against Microsoft's own parameter schemas.

use super::*;
use serde_json::{Map, Value};

const BASE: &str = "https://graph.example/v1.0";
const CLIENT: &str = "00000000-1111-2222-3333-444444444444";
const OID: &str = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";

fn description() -> Value {
    serde_json::from_str(include_str!("../../tests/data/graph-presence-actions.json")).unwrap()
}

/// Members, required members, types, and the pair where the sheet has a table of pairs.
fn check(request: &send::Request) {
    let path = request
        .url
        .as_str()
        .strip_prefix(BASE)
        .unwrap()
        .replace(OID, "{user-id}");
    let key = format!("{} {path}", request.method);
    let description = description();
    let operation = &description["operations"][&key];
    assert!(operation.is_object(), "{key} is not in the description");
    let Some(schema) = operation["body"].as_object() else {
        assert_eq!(request.body, None, "{key} takes no body");
        return;
    };
    let body: Map<String, Value> = serde_json::from_str(request.body.as_deref().unwrap()).unwrap();
    for required in schema["required"].as_array().unwrap() {
        assert!(
            body.contains_key(required.as_str().unwrap()),
            "{key} lacks {required}"
        );
    }
    for (name, value) in &body {
        let property = &schema["properties"][name];
        assert_eq!(property["type"], "string", "{key} has no {name}");
        assert!(value.is_string(), "{key}: {name} is {value}");
    }
    assert_eq!(
        body.len(),
        schema["properties"].as_object().unwrap().len(),
        "{key}: all members are sent, the optional lifetime as well"
    );
    if let Some(pairs) = operation["pairs"].as_array() {
        assert!(
            pairs.contains(&serde_json::json!([body["availability"], body["activity"]])),
            "{key}: {body:?}"
        );
    }
}

#[test]
fn every_request_is_one_of_the_description() {
    let base = Url::parse(BASE).unwrap();
    check(&read_presence::request(&base));
    for whose in [Whose::Me, Whose::Person(OID)] {
        for pair in SessionPair::ALL {
            for minutes in [0, 1, 5, 240, 10_000] {
                check(&set_session::request(
                    &base,
                    whose,
                    CLIENT,
                    pair,
                    Duration::from_secs(60 * minutes),
                ));
            }
        }
        for pair in PreferredPair::ALL {
            check(&set_preferred::request(
                &base,
                whose,
                pair,
                Duration::from_secs(86_400),
            ));
        }
        check(&clear_session::request(&base, whose, CLIENT));
        check(&clear_preferred::request(&base, whose));
    }
}

/// A misspelt `expirationDuration` is ignored by Graph without a word (`facts/graph.md`, section 7, row 12).
#[test]
fn bodies_read_letter_by_letter() {
    let base = Url::parse(BASE).unwrap();
    let five = Duration::from_secs(300);
    assert_eq!(
        set_session::request(&base, Whose::Me, CLIENT, SessionPair::BusyInACall, five)
            .body
            .unwrap(),
        r#"{"sessionId":"00000000-1111-2222-3333-444444444444","availability":"Busy","activity":"InACall","expirationDuration":"PT5M"}"#
    );
    assert_eq!(
        clear_session::request(&base, Whose::Me, CLIENT).body.unwrap(),
        r#"{"sessionId":"00000000-1111-2222-3333-444444444444"}"#
    );
    assert_eq!(
        set_preferred::request(
            &base,
            Whose::Me,
            PreferredPair::OfflineOffWork,
            Duration::from_secs(7 * 86_400)
        )
        .body
        .unwrap(),
        r#"{"availability":"Offline","activity":"OffWork","expirationDuration":"P7D"}"#
    );
}

#[test]
fn lifetimes_stay_within_graphs_limits() {
    let base = Url::parse(BASE).unwrap();
    for (seconds, text) in [(1, "PT5M"), (300, "PT5M"), (14_400, "PT4H"), (90_000, "PT4H")] {
        let body = set_session::request(
            &base,
            Whose::Me,
            CLIENT,
            SessionPair::Away,
            Duration::from_secs(seconds),
        );
        let body: Value = serde_json::from_str(&body.body.unwrap()).unwrap();
        assert_eq!(body["expirationDuration"], text);
    }
}
