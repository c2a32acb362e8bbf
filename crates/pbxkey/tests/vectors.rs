//! Every published vector, by name. The data and its source: `tests/data/README.md`.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests fail the test")]

use jiff::Timestamp;
use offhook_pbxkey::{
    Backend, KeyFault, KeyFile, Kind, MAX_BYTES, Mode, PbxKey, PbxName, SignerKey, SignerSecret, Trust,
    Trusted, check, check_typed,
};
use serde_json::Value;

const EXAMPLE: &[u8] = include_bytes!("data/pbxkey-example.pbxkey");

fn vectors() -> Value {
    serde_json::from_str(include_str!("data/pbxkey-vectors.json")).unwrap()
}

fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member]
        .as_str()
        .unwrap_or_else(|| panic!("no text {member} in {value}"))
}

fn name() -> PbxName {
    PbxName::parse("pbx.example.de").unwrap()
}

fn usual_now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn outcome<T>(result: &Result<T, KeyFault>) -> &'static str {
    result.as_ref().map_or_else(KeyFault::code, |_| "OK")
}

/// The bytes of a case; two cases describe theirs in words.
fn file_of(case: &Value) -> Vec<u8> {
    if let Some(text) = case["file_utf8"].as_str() {
        return text.as_bytes().to_vec();
    }
    match (case["file_base64"].as_str(), case["build"].as_str()) {
        (Some("//57AH0A"), None) => vec![0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x0a],
        (None, Some("any valid file padded with trailing blanks to 16384 bytes")) => padded(16_384),
        (None, Some("any valid file padded with trailing blanks to 16385 bytes")) => padded(16_385),
        other => panic!("a case of a new kind: {other:?}"),
    }
}

fn padded(length: usize) -> Vec<u8> {
    let mut bytes = EXAMPLE.to_vec();
    bytes.resize(length, b' ');
    bytes
}

#[test]
fn every_case_ends_as_published() {
    let vectors = vectors();
    let cases = vectors["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 24, "the sheet counts 24 cases");
    for case in cases {
        let now = case["now"]
            .as_str()
            .map_or_else(usual_now, |now| now.parse().unwrap());
        let trusted = case["pinned"].as_str().map_or_else(Trusted::nobody, |signer| {
            Trusted::nobody().with_signer_of(name(), signer.parse().unwrap())
        });
        let result = check(&file_of(case), now, &trusted);
        assert_eq!(
            outcome(&result),
            text(case, "expect"),
            "{}: {result:?}",
            case["name"]
        );
    }
}

#[test]
fn every_good_case_is_still_good_after_being_written_again() {
    for case in vectors()["cases"].as_array().unwrap() {
        if text(case, "expect") == "OK" {
            let file = KeyFile::from_bytes(&file_of(case)).unwrap();
            assert_eq!(
                KeyFile::from_bytes(&file.to_bytes().unwrap()),
                Ok(file),
                "{}",
                case["name"]
            );
        }
    }
}

#[test]
fn every_manual_entry_ends_as_published() {
    let vectors = vectors();
    let entries = vectors["manual_entry"].as_array().unwrap();
    assert_eq!(entries.len(), 5);
    for entry in entries {
        let result = check_typed(text(entry, "name"), text(entry, "key"));
        assert_eq!(outcome(&result), text(entry, "expect"), "{entry}");
    }
}

#[test]
fn the_key_is_made_as_published() {
    let vectors = vectors();
    let published = &vectors["key"];
    let hex = text(published, "random_hex");
    let byte = |at: usize| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap();
    let key = PbxKey::from_random(
        &PbxName::parse(text(published, "pbx_name")).unwrap(),
        std::array::from_fn(byte),
    );
    assert_eq!(key.to_text(), text(published, "text"));
    assert_eq!(key.id().to_string(), text(published, "key_id"));
    assert_eq!(PbxKey::parse(text(published, "text")), Ok(key));
}

#[test]
fn canonical_form_seal_and_signature_are_as_published() {
    let vectors = vectors();
    let unsigned = vectors["cases"]
        .as_array()
        .unwrap()
        .iter()
        .find(|case| case["name"] == "unsigned");
    let file = KeyFile::from_bytes(&file_of(unsigned.unwrap())).unwrap();
    assert_eq!(file.canonical_body(), text(&vectors, "canonical_body_utf8"));

    let administrator = SignerSecret::from_seed([1; 32]);
    assert_eq!(
        administrator.signer().to_string(),
        text(&vectors, "signature_public_key")
    );
    let written: Value = serde_json::from_slice(&file.sign(&administrator).to_bytes().unwrap()).unwrap();
    assert_eq!(written["integrity"]["value"], vectors["integrity_value"]);
    assert_eq!(written["signature"]["value"], vectors["signature_value"]);
    assert_eq!(
        written["signature"]["public_key"],
        vectors["signature_public_key"]
    );
}

#[test]
fn the_example_says_what_it_says_and_is_written_back_byte_for_byte() {
    let checked = check(EXAMPLE, usual_now(), &Trusted::nobody()).unwrap();
    let signer: SignerKey = "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w".parse().unwrap();
    assert_eq!(checked.trust, Trust::FirstSeen(signer));
    assert_eq!(
        String::from_utf8_lossy(&checked.file.to_bytes().unwrap()),
        String::from_utf8_lossy(EXAMPLE)
    );

    let contents = checked.file.contents();
    assert_eq!(contents.pbx.kind, Kind::Starface);
    assert_eq!(contents.mode, Mode::Full);
    assert!(contents.autoprovision);
    assert!(
        contents
            .pbx
            .backends
            .iter()
            .eq(&[Backend::Rest, Backend::Uci, Backend::Xmpp])
    );
    let json = serde_json::to_value(checked.summary()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "name": "pbx.example.de", "kind": "starface", "host": "pbx.example.de", "port": 443,
            "issuer": "IT-Service Example GmbH", "issued_at": "2026-01-15T09:00:00Z",
            "valid_from": null, "valid_until": "2028-01-15T09:00:00Z", "signer": signer.to_string(),
            "key_id": "fdb663550485f093", "mode": "full", "autoprovision": true, "system": null,
            "backends": ["rest", "uci", "xmpp"], "tls_pins": [],
        })
    );
    let debugged = format!("{checked:?}");
    assert!(
        !debugged.contains("04106") && !debugged.contains("MN3N2"),
        "{debugged}"
    );
}

/// The words of the published schema and of the types are the same.
#[test]
fn the_schema_knows_the_same_words() {
    let schema: Value = serde_json::from_str(include_str!("data/pbxkey.schema.json")).unwrap();
    let pbx = &schema["properties"]["pbx"]["properties"];
    assert_eq!(serde_json::to_value(Kind::ALL).unwrap(), pbx["kind"]["enum"]);
    assert_eq!(
        serde_json::to_value(Backend::ALL).unwrap(),
        pbx["backends"]["items"]["enum"]
    );
    assert_eq!(
        serde_json::to_value(Mode::ALL).unwrap(),
        schema["properties"]["mode"]["enum"]
    );
}

#[test]
fn the_limit_is_the_published_one() {
    assert_eq!(MAX_BYTES, 16_384);
}
