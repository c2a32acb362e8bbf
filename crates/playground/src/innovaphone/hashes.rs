//! The digests as the phone system makes them (facts/innovaphone.md sections 2.1 and 3.1).

use sha2::Digest as _;

pub(super) fn sha256(text: &str) -> String {
    let digest = sha2::Sha256::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hex of the text under the key.
pub(super) fn seal(key: &str, text: &str) -> String {
    let key = key.as_bytes();
    let mut box_of: Vec<usize> = (0..256).collect();
    let mut other = 0;
    for at in 0..256 {
        other = (other + box_of[at] + usize::from(key[at % key.len()])) % 256;
        box_of.swap(at, other);
    }
    let (mut at, mut other) = (0, 0);
    let mut out = String::new();
    for byte in text.bytes() {
        at = (at + 1) % 256;
        other = (other + box_of[at]) % 256;
        box_of.swap(at, other);
        let stream = box_of[(box_of[at] + box_of[other]) % 256];
        out.push_str(&format!("{:02x}", usize::from(byte) ^ stream));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// facts/innovaphone-vectors.json: every string with its digest, and the cipher.
    #[test]
    fn every_vector() {
        let all: Value =
            serde_json::from_str(include_str!("../../tests/data/innovaphone-vectors.json")).unwrap();
        let text = |value: &Value, name: &str| value[name].as_str().unwrap().to_owned();
        let mut checked = 0;
        for vector in all["app_login"].as_array().unwrap() {
            assert_eq!(sha256(&text(vector, "string")), text(vector, "digest"));
            let info = vector["info_json"].as_str().map(|info| format!("{info}:"));
            let made = format!(
                "{}:{}:{}:{}:{}:{}{}:{}",
                text(vector, "app"),
                text(vector, "domain"),
                text(vector, "sip"),
                text(vector, "guid"),
                text(vector, "dn"),
                info.unwrap_or_default(),
                text(vector, "challenge"),
                text(vector, "password")
            );
            assert_eq!(made, text(vector, "string"));
            checked += 1;
        }
        let myapps = &all["myapps"];
        for (name, member) in [
            ("login_user_digest", "response"),
            ("login_session_digest", "response"),
            ("login_result", "digest"),
            ("redirect", "digest"),
        ] {
            assert_eq!(
                sha256(&text(&myapps[name], "string")),
                text(&myapps[name], member)
            );
            checked += 1;
        }
        let check = &myapps["rc4_check"];
        assert_eq!(
            seal(&text(check, "key"), &text(check, "plain")),
            text(check, "cipher_hex")
        );
        let info: Value = serde_json::from_str(&text(&myapps["login_result"], "info_json")).unwrap();
        for (part, plain) in [("usr", "session_user"), ("pwd", "session_password")] {
            let key = format!(
                "innovaphoneAppClient:{part}:{}:{}",
                text(&myapps["inputs"], "nonce"),
                text(&myapps["inputs"], "password")
            );
            assert_eq!(
                seal(&key, &text(&myapps["login_result"], plain)),
                text(&info["session"], part)
            );
        }
        assert_eq!(checked, 8);
    }
}
