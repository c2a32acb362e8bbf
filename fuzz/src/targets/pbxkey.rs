//! Key files, and keys as people type them.

use jiff::Timestamp;
use offhook_pbxkey::{
    Contents, Entra, EntraId, Host, Issuer, KeyFile, Kind, MAX_BYTES, Mode, PbxKey, PbxName, SignerSecret,
    SpkiPin, Trusted, check, check_typed,
};
use secrecy::ExposeSecret as _;

/// A file: what was read reads the same when it is written again, and the key does not show.
pub fn file(input: &[u8]) {
    let now = Timestamp::from_second(1_780_272_000).unwrap_or_default();
    let checked = check(input, now, &Trusted::nobody());
    let Ok(file) = KeyFile::from_bytes(input) else {
        assert!(checked.is_err(), "a damaged file is never to be used");
        return;
    };
    assert!(input.len() <= MAX_BYTES, "small");
    survives(&file);
}

/// A file of our own making, from texts as an administrator gives them, one per line: if it can be made, it can be
/// read.
pub fn contents(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let Ok(name) = PbxName::from_typed(line()) else {
        return;
    };
    assert_eq!(
        PbxName::parse(name.as_str()).as_ref(),
        Ok(&name),
        "a name in its one form"
    );
    let kind = Kind::from_word(line()).unwrap_or(Kind::Generic);
    let key = PbxKey::from_random(&name, [2; 20]);
    let mut contents = Contents::new(name, kind, key, line().parse().unwrap_or_default());
    contents.mode = Mode::from_word(line()).unwrap_or(Mode::Full);
    contents.pbx.host = Host::parse(line()).ok();
    contents.pbx.xmpp_domain = Host::parse(line()).ok();
    contents.pbx.port = line().parse().ok();
    contents.not_before = line().parse().ok();
    contents.not_after = line().parse().ok();
    contents.issuer = Issuer::parse(line()).ok();
    contents.entra = Entra {
        tenant_id: EntraId::parse(line()).ok(),
        client_id: EntraId::parse(line()).ok(),
    };
    contents.pbx.tls_pins = line()
        .split(' ')
        .filter_map(|pin| pin.parse::<SpkiPin>().ok())
        .collect();
    let Ok(file) = KeyFile::new(contents.clone()) else {
        return;
    };
    assert_eq!(file.contents(), &contents, "as it was given");
    survives(&file);
    survives(&file.sign(&SignerSecret::from_seed([1; 32])));
}

/// A name and a key as a person types them, the name in the first line.
pub fn typed(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let (name, key) = text.split_once('\n').unwrap_or(("", &text));
    if let Ok(key) = PbxKey::from_typed(key) {
        assert_eq!(
            PbxKey::parse(&key.to_text()).as_ref(),
            Ok(&key),
            "written and read again"
        );
        assert_eq!(
            PbxKey::from_typed(&key.to_text().to_lowercase()).as_ref(),
            Ok(&key),
            "in any case"
        );
        assert!(
            !format!("{key:?}").contains(&key.to_text()[..11]),
            "the key does not show"
        );
    }
    if let Ok((name, key)) = check_typed(name, key) {
        assert!(key.fits(&name), "they belong together");
    }
    if let Ok(host) = Host::parse(&text) {
        assert_eq!(
            Host::parse(host.as_str()).as_ref(),
            Ok(&host),
            "a host in its one form"
        );
    }
    if let Ok(pin) = text.parse::<SpkiPin>() {
        assert_eq!(pin.to_string().parse(), Ok(pin), "written and read again");
    }
}

/// An administrator's file with the secret that signs.
pub fn signer(input: &[u8]) {
    let Ok(secret) = SignerSecret::from_pem(&String::from_utf8_lossy(input)) else {
        return;
    };
    let pem = secret.to_pem();
    assert!(
        SignerSecret::from_pem(pem.expose_secret()).is_ok_and(|again| again.signer() == secret.signer()),
        "written and read again"
    );
    let signer = secret.signer();
    assert_eq!(signer.to_string().parse(), Ok(signer), "its public half, too");
    let body: String = pem
        .expose_secret()
        .lines()
        .filter(|line| !line.contains('-'))
        .collect();
    assert!(
        !body.is_empty() && !format!("{secret:?}").contains(&body),
        "the secret does not show"
    );
}

fn survives(file: &KeyFile) {
    let bytes = file.to_bytes();
    // A file near the limit may grow when it is written with our indent.
    let Ok(bytes) = bytes else { return };
    let again = KeyFile::from_bytes(&bytes);
    assert_eq!(again.as_ref(), Ok(file), "written and read again");
    let shown = format!("{file:?} {:?}", file.summary());
    assert!(
        !shown.contains(&file.contents().key.to_text()),
        "the key does not show"
    );
}
