//! What must hold for whatever a place says of newer versions, and for what was noted of it.

use super::{FIRST_LINE, UpdateConfig, Version, memory, read};
use crate::fuzzing::choice;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use ed25519_dalek::{Signature, Signer as _, SigningKey};
use jiff::{SignedDuration, Timestamp};

/// 2026-06-01T08:00:00Z
const NOW: i64 = 1_780_300_800;

/// A file as it comes: nothing is believed that the key has not signed as it stands.
pub fn feed(input: &[u8]) {
    let (Some(config), Ok(now)) = (config(), Timestamp::from_second(NOW)) else {
        return;
    };
    if read(input, &config, None, now).is_err() {
        return;
    }
    let end = input.iter().position(|byte| *byte == b'\n').unwrap_or_default();
    let (line, rest) = input.split_at(end);
    let signature = String::from_utf8_lossy(line);
    let signature = signature.trim_end().strip_prefix(FIRST_LINE);
    let signature = signature
        .and_then(|text| STANDARD.decode(text).ok())
        .unwrap_or_default();
    let signature = Signature::from_slice(&signature);
    let signed = rest.get(1..).unwrap_or_default();
    assert!(
        signature.is_ok_and(|signature| key().verifying_key().verify_strict(signed, &signature).is_ok()),
        "signed by the key"
    );
    // Not each byte: checking a signature takes its time.
    for at in [end, usize::midpoint(end, input.len()), input.len() - 1] {
        let mut changed = input.to_vec();
        changed[at] ^= 1;
        assert!(
            read(&changed, &config, None, now).is_err(),
            "byte {at} was changed"
        );
    }
}

/// What stands behind a good signature; the first byte chooses what was believed before, in days before now.
pub fn signed(input: &[u8]) {
    let (days, body) = choice(input);
    let (Some(config), Ok(now)) = (config(), Timestamp::from_second(NOW)) else {
        return;
    };
    let before = (days > 0).then(|| now - SignedDuration::from_hours(24 * i64::from(days)));
    let signature = STANDARD.encode(key().sign(body).to_bytes());
    let file = [format!("{FIRST_LINE}{signature}\n").as_bytes(), body].concat();
    let Ok(release) = read(&file, &config, before, now) else {
        return;
    };
    let unsigned = [format!("{FIRST_LINE}\n").as_bytes(), body].concat();
    assert!(
        read(&unsigned, &config, before, now).is_err(),
        "the same unsigned"
    );
    assert!(release.page.starts_with("https://"), "a page on the net");
    assert!(!release.page.contains(char::is_control), "one that can be shown");
    assert_eq!(
        Version::parse(&release.version.to_string()),
        Some(release.version),
        "written and read again"
    );
    assert!(
        before.is_none_or(|before| before <= release.made),
        "nothing older"
    );
    assert!(
        release.made <= now + SignedDuration::from_hours(24),
        "not from the future"
    );
    let again = read(&file, &config, Some(release.made), now);
    assert_eq!(again.as_ref(), Ok(&release), "the same again");
}

/// `update.json`, as an earlier run or anybody else left it.
pub fn noted(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    if let Some(newest) = memory::parse(&text) {
        assert_eq!(
            memory::parse(&memory::written(newest)),
            Some(newest),
            "written and read again"
        );
    }
    if let Some(version) = Version::parse(&text) {
        assert_eq!(
            Version::parse(&version.to_string()),
            Some(version),
            "written and read again"
        );
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn config() -> Option<UpdateConfig> {
    let key = URL_SAFE_NO_PAD.encode(key().verifying_key().to_bytes());
    UpdateConfig::parse("https://example.com/feed", &[key]).ok()
}
