//! Each code beyond the published vectors, the order of the checks, and what any bytes at all may do.
#![expect(clippy::unwrap_used, reason = "helpers of tests fail the test")]

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan as _};
use offhook_pbxkey::{
    Backend, Contents, Entra, EntraId, Host, Issuer, KeyFault, KeyFile, Kind, MAX_BYTES, Member, Mode,
    PbxKey, PbxName, SignerSecret, SpkiPin, Trust, Trusted, check, check_typed,
};
use proptest::prelude::*;
use serde_json::{Value, json};

const EXAMPLE: &str = include_str!("data/pbxkey-example.pbxkey");

fn now() -> Timestamp {
    "2026-06-01T00:00:00Z".parse().unwrap()
}

fn name() -> PbxName {
    PbxName::parse("pbx.example.de").unwrap()
}

fn contents() -> Contents {
    let key = PbxKey::from_random(&name(), [9; 20]);
    Contents::new(
        name(),
        Kind::Starface,
        key,
        "2026-01-15T09:00:00Z".parse().unwrap(),
    )
}

fn file(contents: Contents) -> KeyFile {
    KeyFile::new(contents).unwrap()
}

/// The example with one change, not sealed again: for faults that are found before the seal.
fn changed(change: impl FnOnce(&mut Value)) -> Result<KeyFile, KeyFault> {
    let mut file: Value = serde_json::from_str(EXAMPLE).unwrap();
    change(&mut file);
    KeyFile::from_bytes(file.to_string().as_bytes())
}

fn said(result: Result<KeyFile, KeyFault>) -> String {
    result.map_or_else(|fault| fault.to_string(), |_| "OK".to_owned())
}

#[test]
fn a_member_that_must_be_there_is_named() {
    for path in [
        "version",
        "pbx",
        "pbx.name",
        "pbx.kind",
        "key",
        "key_id",
        "issued_at",
        "integrity",
        "integrity.alg",
        "integrity.value",
        "signature.alg",
        "signature.public_key",
        "signature.value",
    ] {
        let result = changed(|file| {
            let (object, name) = match path.split_once('.') {
                Some((object, name)) => (&mut file[object], name),
                None => (file, path),
            };
            object.as_object_mut().unwrap().remove(name).unwrap();
        });
        assert_eq!(said(result), format!("PBXKEY_MISSING_FIELD: {path}"));
    }
    assert_eq!(
        said(changed(|file| drop(
            file.as_object_mut().unwrap().remove("format")
        ))),
        "PBXKEY_NOT_A_KEY_FILE"
    );
}

#[test]
fn a_member_with_a_wrong_value_is_named() {
    let long = "a".repeat(201);
    for (pointer, wrong, path) in [
        ("/pbx", json!([]), "pbx"),
        ("/pbx/name", json!("PBX.example.de"), "pbx.name"),
        ("/pbx/name", json!(1), "pbx.name"),
        ("/pbx/kind", json!("other"), "pbx.kind"),
        ("/pbx/host", json!("user:word@pbx.example.de"), "pbx.host"),
        ("/pbx/host", json!("https://pbx.example.de/"), "pbx.host"),
        ("/pbx/port", json!(0), "pbx.port"),
        ("/pbx/port", json!(65_536), "pbx.port"),
        ("/pbx/port", json!(-1), "pbx.port"),
        ("/pbx/port", json!("443"), "pbx.port"),
        ("/pbx/port", json!(443.0), "pbx.port"),
        ("/pbx/port", Value::Null, "pbx.port"),
        ("/pbx/backends", json!("rest"), "pbx.backends"),
        ("/pbx/backends", json!(["rest", "smtp"]), "pbx.backends[1]"),
        ("/pbx/backends", json!(["rest", "rest"]), "pbx.backends"),
        ("/pbx/backends", json!(vec!["rest"; 9]), "pbx.backends"),
        ("/pbx/tls_spki_sha256", json!(["x"]), "pbx.tls_spki_sha256[0]"),
        (
            "/pbx/tls_spki_sha256",
            json!(vec!["A".repeat(43); 5]),
            "pbx.tls_spki_sha256",
        ),
        (
            "/key",
            json!("04106-1050r-3GG28-A1C60-T3GF2-08H44-RMA2J-MN3N2"),
            "key",
        ),
        ("/key", json!("041061050R3GG28A1C60T3GF208H44RMA2JMN3N2"), "key"),
        ("/key_id", json!("FDB663550485F093"), "key_id"),
        ("/key_id", json!("0000000000000000"), "key_id"),
        ("/mode", json!("half"), "mode"),
        ("/autoprovision", json!(1), "autoprovision"),
        ("/issued_at", json!("2026-01-15"), "issued_at"),
        ("/not_after", json!("soon"), "not_after"),
        ("/issuer", json!(long), "issuer"),
        ("/issuer", json!("good\u{202e}lived"), "issuer"),
        ("/issuer", json!("two\nlines"), "issuer"),
        ("/entra/tenant_id", json!("../common"), "entra.tenant_id"),
        ("/entra/client_id", json!("a".repeat(65)), "entra.client_id"),
        ("/integrity/alg", json!("HMAC-MD5"), "integrity.alg"),
        ("/integrity/value", json!("short"), "integrity.value"),
        ("/signature/alg", json!("RSA"), "signature.alg"),
        (
            "/signature/public_key",
            json!("A".repeat(44)),
            "signature.public_key",
        ),
        ("/signature", json!("none"), "signature"),
    ] {
        let result = changed(|file| *file.pointer_mut(pointer).unwrap() = wrong.clone());
        assert_eq!(
            said(result),
            format!("PBXKEY_BAD_FIELD: {path}"),
            "{pointer} = {wrong}"
        );
    }
    for (object, path) in [
        ("entra", "entra.x"),
        ("integrity", "integrity.x"),
        ("signature", "signature.x"),
    ] {
        assert_eq!(
            said(changed(|file| file[object]["x"] = json!(1))),
            format!("PBXKEY_BAD_FIELD: {path}")
        );
    }
    for (value, path) in [
        (json!(0.5), "x"),
        (json!([1, null]), "x[1]"),
        (json!({"ä": 1}), "x.?"),
    ] {
        assert_eq!(
            said(changed(|file| file["x"] = value)),
            format!("PBXKEY_BAD_FIELD: {path}")
        );
    }
}

#[test]
fn a_version_other_than_1_is_refused_before_anything_else_in_the_file() {
    for version in [json!(2), json!(0), json!("1"), json!(1.5), Value::Null] {
        let result = changed(|file| {
            file["version"] = version;
            file["password"] = json!("x");
            file["pbx"] = Value::Null;
        });
        assert_eq!(result, Err(KeyFault::UnsupportedVersion));
    }
}

/// A file with every fault at once shows them one after the other, in the order of the sheet.
#[test]
fn faults_are_found_in_the_order_of_the_sheet() {
    let stranger = Trusted::nobody().with_signer(SignerSecret::from_seed([8; 32]).signer());
    let late = "2030-01-01T00:00:00Z".parse().unwrap();
    let mut file: Value = serde_json::from_str(EXAMPLE).unwrap();
    let sound = file.clone();
    file["format"] = json!("other");
    file["version"] = json!(2);
    file["pbx"]["secret"] = json!("x");
    file.as_object_mut().unwrap().remove("issued_at");
    file["mode"] = json!("half");
    file["pbx"]["name"] = json!("other.example.de");
    file["key_id"] = json!("0000000000000000");
    file["integrity"]["value"] = json!("A".repeat(43));
    file["signature"]["value"] = json!("A".repeat(86));

    let code = |text: &str| check(text.as_bytes(), late, &stranger).map_err(|fault| fault.to_string());
    let of = |file: &Value| code(&file.to_string()).unwrap_err();
    let twice = |file: &Value| file.to_string().replacen('{', "{\"a\":1,\"a\":1,", 1);

    let broken = twice(&file) + "}";
    assert_eq!(
        code(&(broken.clone() + &" ".repeat(MAX_BYTES))).unwrap_err(),
        "PBXKEY_TOO_LARGE"
    );
    let no_utf8 = check(&[broken.as_bytes(), &[0xff]].concat(), late, &stranger);
    assert_eq!(no_utf8, Err(KeyFault::NotUtf8));
    assert_eq!(code(&broken).unwrap_err(), "PBXKEY_NOT_JSON");
    assert_eq!(code(&twice(&file)).unwrap_err(), "PBXKEY_DUPLICATE_FIELD: a");
    assert_eq!(of(&file), "PBXKEY_NOT_A_KEY_FILE");
    file["format"] = sound["format"].clone();
    assert_eq!(of(&file), "PBXKEY_UNSUPPORTED_VERSION");
    file["version"] = sound["version"].clone();
    assert_eq!(of(&file), "PBXKEY_CONTAINS_SECRET: pbx.secret");
    file["pbx"].as_object_mut().unwrap().remove("secret");
    assert_eq!(of(&file), "PBXKEY_MISSING_FIELD: issued_at");
    file["issued_at"] = sound["issued_at"].clone();
    assert_eq!(of(&file), "PBXKEY_BAD_FIELD: mode");
    file["mode"] = sound["mode"].clone();
    assert_eq!(of(&file), "PBXKEY_NAME_KEY_MISMATCH");
    file["pbx"] = sound["pbx"].clone();
    assert_eq!(of(&file), "PBXKEY_BAD_FIELD: key_id");
    file["key_id"] = sound["key_id"].clone();
    assert_eq!(of(&file), "PBXKEY_INTEGRITY_FAILED");
    file["integrity"] = sound["integrity"].clone();
    assert_eq!(of(&file), "PBXKEY_SIGNATURE_INVALID");
    file["signature"] = sound["signature"].clone();
    assert_eq!(of(&file), "PBXKEY_UNTRUSTED_SIGNER");
    let expired = check(file.to_string().as_bytes(), late, &Trusted::nobody()).unwrap_err();
    assert_eq!(expired.code(), "PBXKEY_EXPIRED");
}

#[test]
fn a_secret_is_refused_wherever_it_stands_and_its_value_is_not_repeated() {
    let nested = changed(|file| file["x"] = json!([{"y": {"Client-Secret": "hunter2"}}]));
    assert_eq!(said(nested), "PBXKEY_CONTAINS_SECRET: x[0].y.Client-Secret");
}

#[test]
fn dates_are_inclusive_at_both_ends() {
    let begin: Timestamp = "2026-02-01T00:00:00Z".parse().unwrap();
    let end: Timestamp = "2026-03-01T00:00:00Z".parse().unwrap();
    let bytes = file(Contents {
        not_before: Some(begin),
        not_after: Some(end),
        ..contents()
    })
    .to_bytes()
    .unwrap();
    let at = |now: Timestamp| check(&bytes, now, &Trusted::nobody()).map(|checked| checked.trust);
    assert_eq!(at(begin), Ok(Trust::Unsigned));
    assert_eq!(at(end), Ok(Trust::Unsigned));
    assert_eq!(
        at(begin - 1.nanosecond()),
        Err(KeyFault::NotYetValid { not_before: begin })
    );
    assert_eq!(
        at(end + 1.nanosecond()),
        Err(KeyFault::Expired { not_after: end })
    );
    assert!(
        KeyFile::from_bytes(&bytes).is_ok(),
        "an expired file can still be shown"
    );
}

#[test]
fn a_signer_expected_for_one_pbx_says_nothing_about_another() {
    let (ours, theirs) = (SignerSecret::from_seed([1; 32]), SignerSecret::from_seed([2; 32]));
    let unsigned = file(contents());
    let signed = unsigned.clone().sign(&ours);
    let judge = |file: &KeyFile, trusted: &Trusted| {
        check(&file.to_bytes().unwrap(), now(), trusted).map(|checked| checked.trust)
    };
    let other =
        Trusted::nobody().with_signer_of(PbxName::parse("other.example.de").unwrap(), theirs.signer());
    assert_eq!(judge(&unsigned, &other), Ok(Trust::Unsigned));
    assert_eq!(judge(&signed, &other), Ok(Trust::FirstSeen(ours.signer())));
    let everywhere = Trusted::nobody().with_signer(theirs.signer());
    assert_eq!(
        judge(&unsigned, &everywhere),
        Err(KeyFault::UntrustedSigner { signer: None })
    );
    assert_eq!(
        judge(&signed, &everywhere),
        Err(KeyFault::UntrustedSigner {
            signer: Some(ours.signer())
        })
    );
    let both = everywhere.with_signer_of(name(), ours.signer());
    assert_eq!(judge(&signed, &both), Ok(Trust::Trusted(ours.signer())));
    assert_eq!(
        judge(&signed.sign(&theirs), &both),
        Ok(Trust::Trusted(theirs.signer()))
    );
}

/// A public key of small order fits signatures that nobody made (here: identity key, R identity, s zero).
#[test]
fn a_weak_public_key_proves_nothing() {
    let weak = |key: &str| {
        changed(|file| {
            file["signature"]["public_key"] = json!(key);
            file["signature"]["value"] = json!(format!("AQ{}", "A".repeat(84)));
        })
    };
    assert_eq!(
        weak(&format!("AQ{}", "A".repeat(41))),
        Err(KeyFault::SignatureInvalid)
    );
    assert_eq!(weak(&"A".repeat(43)), Err(KeyFault::SignatureInvalid));
    assert_eq!(
        weak(&format!("_{}8", "_".repeat(41))),
        Err(KeyFault::SignatureInvalid)
    );
}

#[test]
fn a_new_file_must_make_sense() {
    let other = PbxKey::from_random(&PbxName::parse("other.example.de").unwrap(), [9; 20]);
    assert_eq!(
        KeyFile::new(Contents {
            key: other,
            ..contents()
        }),
        Err(KeyFault::NameKeyMismatch)
    );
    let bad = |contents: Contents| {
        KeyFile::new(contents)
            .unwrap_err()
            .member()
            .map(Member::to_string)
    };
    let before_issue = Some(contents().issued_at - 1.second());
    assert_eq!(
        bad(Contents {
            not_after: before_issue,
            ..contents()
        })
        .as_deref(),
        Some("not_after")
    );
    assert_eq!(
        bad(Contents {
            issued_at: Timestamp::MIN,
            ..contents()
        })
        .as_deref(),
        Some("issued_at")
    );
    let mut pinned = contents();
    pinned.pbx.tls_pins = vec![SpkiPin::of_spki(b"x"); 5];
    assert_eq!(bad(pinned).as_deref(), Some("pbx.tls_spki_sha256"));
}

#[test]
fn a_file_near_the_limit_is_written_without_the_indent_and_refused_past_it() {
    let sealed = |note: usize| {
        let mut body: Value = serde_json::from_str(&file(contents()).canonical_body()).unwrap();
        body["x"] = json!([vec![1; note]]);
        let canonical = body.to_string();
        // An integrity value for unknown members: made by hand, since only a newer program writes some.
        let (_, key) = check_typed("pbx.example.de", body["key"].as_str().unwrap()).unwrap();
        let seal = seal(&key, &canonical);
        body["integrity"] = json!({"alg": "HMAC-SHA256", "value": seal});
        KeyFile::from_bytes(body.to_string().as_bytes()).unwrap()
    };
    let signer = SignerSecret::from_seed([1; 32]);
    let compact = sealed(7_000).sign(&signer).to_bytes().unwrap();
    assert!(compact.len() <= MAX_BYTES && !compact.contains(&b'\n'));
    assert!(KeyFile::from_bytes(&compact).is_ok());
    assert_eq!(sealed(7_970).sign(&signer).to_bytes(), Err(KeyFault::TooLarge));
}

/// HMAC-SHA-256 as RFC 2104 writes it, apart from the crate's own.
fn seal(key: &PbxKey, message: &str) -> String {
    use base64::Engine as _;
    use sha2::{Digest, Sha256};
    const ALPHABET: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let text = key.to_text().replace('-', "");
    let bits: Vec<u8> = text
        .chars()
        .flat_map(|c| {
            (0..5)
                .rev()
                .map(move |bit| (ALPHABET.find(c).unwrap() >> bit & 1) as u8)
        })
        .collect();
    let mut block = [0_u8; 64];
    for (at, byte) in bits.chunks(8).enumerate() {
        block[at] = byte.iter().fold(0, |byte, bit| byte << 1 | bit);
    }
    let inner = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x36))
        .chain_update(message)
        .finalize();
    let outer = Sha256::new()
        .chain_update(block.map(|byte| byte ^ 0x5c))
        .chain_update(inner)
        .finalize();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(outer)
}

#[test]
fn deep_nesting_ends_in_a_fault() {
    for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
        let depth = MAX_BYTES / (open.len() + close.len() + 1);
        let bytes = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        assert_eq!(KeyFile::from_bytes(bytes.as_bytes()), Err(KeyFault::NotJson));
        assert_eq!(
            KeyFile::from_bytes(open.repeat(depth).as_bytes()),
            Err(KeyFault::NotJson)
        );
    }
}

#[test]
fn every_code_is_listed_once() {
    let listed: BTreeSet<_> = KeyFault::CODES.into_iter().collect();
    assert_eq!(listed.len(), KeyFault::CODES.len());
    let member = said(changed(|file| file["x".repeat(500).as_str()] = Value::Null));
    assert!(member.len() < 130, "a member's name is cut: {member}");
}

#[test]
fn a_pasted_key_may_carry_dashes_of_any_kind() {
    let (name, key) = (
        "pbx.example.de",
        "O4lO6–lo5or—3gg28‑aic6o\u{a0}t3gf2 o8h44\nrma2j mn3n2",
    );
    assert!(check_typed(name, key).is_ok());
    for wrong in [
        "",
        "U",
        "0410610",
        &"0".repeat(41),
        "04106-1050R-3GG28-A1C60-T3GF2-08H44-RMA2J-MN3Nü",
    ] {
        let fault = check_typed(name, wrong).unwrap_err();
        assert_eq!(fault.to_string(), "PBXKEY_BAD_FIELD: key", "{wrong}");
    }
}

fn any_name() -> impl Strategy<Value = PbxName> {
    "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?){0,4}"
        .prop_map(|name| PbxName::parse(&name).unwrap())
}

fn any_date() -> impl Strategy<Value = Timestamp> {
    (0_i64..4_000_000_000, 0_i32..1_000_000_000).prop_map(|(s, ns)| Timestamp::new(s, ns).unwrap())
}

prop_compose! {
    fn any_contents()(
        name in any_name(),
        random: [u8; 20],
        kind in prop::sample::select(Kind::ALL),
        mode in prop::sample::select(Mode::ALL),
        backends in prop::collection::btree_set(prop::sample::select(Backend::ALL), 0..=6),
        pins in prop::collection::vec(any::<[u8; 32]>(), 0..=4),
        host in prop::option::of("[a-z][a-z0-9_]{0,20}|10\\.0\\.0\\.[1-9]|fd00::[1-9]"),
        ports: [Option<std::num::NonZeroU16>; 3],
        autoprovision: bool,
        issued_at in any_date(),
        valid_for in prop::option::of(0_i64..100_000_000),
        issuer in prop::option::of("[a-zA-Z\"\\\\äß€😀][ -~äß€😀]{0,150}"),
        tenant in prop::option::of("[a-z0-9][a-z0-9.-]{0,63}"),
    ) -> Contents {
        let mut contents = Contents::new(name.clone(), kind, PbxKey::from_random(&name, random), issued_at);
        contents.pbx.backends = backends;
        contents.pbx.tls_pins = pins.into_iter().map(SpkiPin::from_sha256).collect();
        contents.pbx.host = host.map(|host| Host::parse(&host).unwrap());
        [contents.pbx.port, contents.pbx.xmpp_port, contents.pbx.onehub_port] = ports;
        contents.mode = mode;
        contents.autoprovision = autoprovision;
        contents.not_after = valid_for.map(|seconds| issued_at + seconds.seconds());
        contents.issuer = issuer.map(|issuer| Issuer::parse(&issuer).unwrap());
        contents.entra = Entra { tenant_id: tenant.map(|id| EntraId::parse(&id).unwrap()), client_id: None };
        contents
    }
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_fault_and_never_in_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..2_000)) {
        let fault = check(&bytes, now(), &Trusted::nobody()).unwrap_err();
        prop_assert!(KeyFault::CODES.contains(&fault.code()));
    }

    #[test]
    fn any_typed_text_ends_well(name in "\\PC*", key in "\\PC*") {
        if let Err(fault) = check_typed(&name, &key) {
            prop_assert!(KeyFault::CODES.contains(&fault.code()));
        }
    }

    #[test]
    fn any_json_under_our_format_ends_in_a_fault(text in "[\\[\\]{}\",:a-z0-9 .eE+\\\\-]{0,200}") {
        let bytes = format!("{{\"format\":\"pbx-presence-key\",\"version\":1,{text}}}");
        prop_assert!(check(bytes.as_bytes(), now(), &Trusted::nobody()).is_err());
    }

    /// One byte changed anywhere: refused, or (blanks, letter case of an escape) says exactly the same.
    #[test]
    fn a_changed_byte_never_changes_what_an_accepted_file_says(at in 0..EXAMPLE.len(), byte: u8) {
        let mut bytes = EXAMPLE.as_bytes().to_vec();
        bytes[at] = byte;
        let sound = KeyFile::from_bytes(EXAMPLE.as_bytes()).unwrap();
        if let Ok(file) = KeyFile::from_bytes(&bytes) {
            prop_assert_eq!(file.canonical_body(), sound.canonical_body());
        }
    }

    #[test]
    fn bytes_put_in_or_left_out_never_panic(at in 0..EXAMPLE.len(), cut in 0..40_usize, put: Vec<u8>) {
        let end = (at + cut).min(EXAMPLE.len());
        let bytes = [&EXAMPLE.as_bytes()[..at], &put, &EXAMPLE.as_bytes()[end..]].concat();
        let _ = check(&bytes, now(), &Trusted::nobody());
    }

    #[test]
    fn what_is_written_is_read_back_the_same(contents in any_contents(), seed in prop::option::of(any::<[u8; 32]>())) {
        let mut file = KeyFile::new(contents.clone()).unwrap();
        if let Some(seed) = seed {
            file = file.sign(&SignerSecret::from_seed(seed));
        }
        let bytes = file.to_bytes().unwrap();
        let read = KeyFile::from_bytes(&bytes).unwrap();
        prop_assert_eq!(read.contents(), &contents);
        prop_assert_eq!(read.signer().is_some(), seed.is_some());
        prop_assert_eq!(read.to_bytes().unwrap(), bytes);
    }

    /// Another reader's member order and blanks change nothing.
    #[test]
    fn order_and_blanks_are_outside_the_seal(contents in any_contents()) {
        let file = KeyFile::new(contents).unwrap();
        let sorted: Value = serde_json::from_slice(&file.to_bytes().unwrap()).unwrap();
        let other = KeyFile::from_bytes(sorted.to_string().as_bytes()).unwrap();
        prop_assert_eq!(other.canonical_body(), file.canonical_body());
        let body: Value = serde_json::from_str(&file.canonical_body()).unwrap();
        prop_assert_eq!(body.to_string(), file.canonical_body());
    }

    #[test]
    fn a_key_fits_its_own_name_only(name in any_name(), other in any_name(), random: [u8; 20]) {
        let key = PbxKey::from_random(&name, random);
        prop_assert_eq!(PbxKey::parse(&key.to_text()), Ok(key.clone()));
        prop_assert!(check_typed(name.as_str(), &key.to_text().to_lowercase().replace('0', "o")).is_ok());
        prop_assert_eq!(key.fits(&other), name == other);
    }
}
