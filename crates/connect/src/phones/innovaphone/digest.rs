//! What is made of name and password (facts/innovaphone.md sections 2.1 and 3.1): SHA-256 over parts with colons
//! between, in lower-case hex, and RC4 for the session that the phone system hands out. All strings are UTF-8.

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroize as _;

/// Which secret signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    User,
    Session,
}

impl Kind {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Session => "session",
        }
    }
}

/// What both sides know of one sign-in.
#[derive(Debug)]
pub struct Proof<'a> {
    pub domain: &'a str,
    pub username: &'a str,
    pub password: &'a SecretString,
    pub nonce: &'a str,
    pub challenge: &'a str,
}

impl Proof<'_> {
    /// `response` of the second `Login`.
    pub fn login(&self, kind: Kind) -> String {
        hash(&[
            kind.as_str(),
            self.domain,
            self.username,
            self.password.expose_secret(),
            self.nonce,
            self.challenge,
        ])
    }

    /// Whether `LoginResult` comes from somebody who knows the password. `info` as [`compact`] makes it.
    pub fn is_login_result(&self, info: &str, digest: &str) -> bool {
        let wanted = hash(&[
            "loginresult",
            self.domain,
            self.username,
            self.password.expose_secret(),
            self.nonce,
            self.challenge,
            info,
        ]);
        is_same(&wanted, digest)
    }

    /// The same for `Redirect`, whose digest has no domain.
    pub fn is_redirect(&self, info: &str, digest: &str) -> bool {
        let wanted = hash(&[
            "redirect",
            self.username,
            self.password.expose_secret(),
            self.nonce,
            self.challenge,
            info,
        ]);
        is_same(&wanted, digest)
    }

    /// A part of the session, `usr` or `pwd`, from its hex. `None` when it is none.
    pub fn session(&self, part: &str, hex: &str) -> Option<SecretString> {
        let mut key = format!(
            "innovaphoneAppClient:{part}:{}:{}",
            self.nonce,
            self.password.expose_secret()
        );
        let mut bytes = unhex(hex)?;
        rc4(key.as_bytes(), &mut bytes);
        key.zeroize();
        let text = String::from_utf8(bytes).ok()?;
        (!text.is_empty()).then(|| text.into())
    }
}

fn hash(parts: &[&str]) -> String {
    let mut hash = Sha256::new_with_prefix("innovaphoneAppClient");
    for part in parts {
        hash.update(":");
        hash.update(part);
    }
    let mut hex = String::with_capacity(64);
    for byte in hash.finalize() {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn is_same(wanted: &str, digest: &str) -> bool {
    wanted.as_bytes().ct_eq(digest.as_bytes()).into()
}

/// The vendor's choice, and no protection by itself: the session travels inside TLS. Libraries want the key's length
/// at compile time; this one depends on the password.
fn rc4(key: &[u8], bytes: &mut [u8]) {
    let mut state: [u8; 256] = std::array::from_fn(|at| u8::try_from(at).unwrap_or_default());
    let mut j = 0_u8;
    for (i, key) in (0..=255_u8).zip(key.iter().cycle()) {
        j = j.wrapping_add(state[usize::from(i)]).wrapping_add(*key);
        state.swap(usize::from(i), usize::from(j));
    }
    let (mut i, mut j) = (0_u8, 0_u8);
    for byte in bytes {
        i = i.wrapping_add(1);
        j = j.wrapping_add(state[usize::from(i)]);
        state.swap(usize::from(i), usize::from(j));
        let at = state[usize::from(i)].wrapping_add(state[usize::from(j)]);
        *byte ^= state[usize::from(at)];
    }
}

fn unhex(hex: &str) -> Option<Vec<u8>> {
    if !hex.len().is_multiple_of(2) || !hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    (0..hex.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(hex.get(at..at + 2)?, 16).ok())
        .collect()
}

/// JSON as the phone system hashed it: no unnecessary white space and no unnecessary escapes, members in the order in
/// which they came. Given anything else than JSON, what comes out is of no use and harmless.
pub fn compact(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json.chars();
    let mut in_text = false;
    while let Some(sign) = rest.next() {
        match sign {
            '"' => {
                in_text = !in_text;
                out.push(sign);
            }
            '\\' if in_text => unescape(&mut rest, &mut out),
            ' ' | '\t' | '\r' | '\n' if !in_text => {}
            sign => out.push(sign),
        }
    }
    out
}

/// What follows a backslash, as `JSON.stringify` would have written it.
fn unescape(rest: &mut std::str::Chars<'_>, out: &mut String) {
    let Some(sign) = rest.next() else { return };
    match sign {
        '/' => out.push('/'),
        'u' => {
            let Some(first) = unit(rest) else { return };
            let ahead = &mut rest.clone();
            let second = match (ahead.next(), ahead.next()) {
                (Some('\\'), Some('u')) => unit(ahead),
                _ => None,
            };
            let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
            match (char::decode_utf16([first]).next(), pair) {
                (Some(Ok(plain)), _) => out.push_str(&needed(plain)),
                (_, Some(plain)) => {
                    *rest = ahead.clone();
                    out.push(plain);
                }
                // Half a sign can't be written otherwise.
                (_, None) => {
                    let _ = write!(out, "\\u{first:04x}");
                }
            }
        }
        sign => {
            out.push('\\');
            out.push(sign);
        }
    }
}

fn unit(rest: &mut std::str::Chars<'_>) -> Option<u16> {
    let digits: String = rest.by_ref().take(4).collect();
    u16::from_str_radix(&digits, 16).ok()
}

/// A sign with the escape that it needs.
fn needed(sign: char) -> String {
    match sign {
        '"' => "\\\"".into(),
        '\\' => "\\\\".into(),
        '\u{8}' => "\\b".into(),
        '\u{c}' => "\\f".into(),
        '\n' => "\\n".into(),
        '\r' => "\\r".into(),
        '\t' => "\\t".into(),
        control if control < ' ' => format!("\\u{:04x}", u32::from(control)),
        plain => plain.into(),
    }
}

/// 8 random bytes as 16 hex digits, fresh for each connection.
///
/// # Errors
/// Where the system gives no randomness: then nobody may sign in.
pub fn nonce() -> Result<String, getrandom::Error> {
    getrandom::u64().map(|random| format!("{random:016x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// facts/innovaphone-vectors.json
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../tests/data/innovaphone-vectors.json")).unwrap()
    }

    fn text<'a>(value: &'a Value, key: &str) -> &'a str {
        value[key].as_str().unwrap()
    }

    fn with_proof<T>(username: &str, change: impl FnOnce(&Value, &Proof<'_>) -> T) -> T {
        let all = vectors();
        let inputs = &all["myapps"]["inputs"];
        let password = SecretString::from(text(inputs, "password"));
        let proof = Proof {
            domain: text(inputs, "domain"),
            username,
            password: &password,
            nonce: text(inputs, "nonce"),
            challenge: text(inputs, "challenge"),
        };
        change(&all["myapps"], &proof)
    }

    #[test]
    fn the_login_of_the_vectors() {
        with_proof("anna.berg", |all, proof| {
            assert_eq!(
                proof.login(Kind::User),
                text(&all["login_user_digest"], "response")
            );
        });
        let all = vectors();
        let session = &all["myapps"]["login_session_digest"];
        let password = SecretString::from(text(session, "password"));
        let proof = Proof {
            domain: text(&all["myapps"]["inputs"], "domain"),
            username: text(session, "username"),
            password: &password,
            nonce: text(session, "nonce"),
            challenge: text(session, "challenge"),
        };
        assert_eq!(proof.login(Kind::Session), text(session, "response"));
    }

    #[test]
    fn the_answers_of_the_vectors_are_believed_and_no_others() {
        with_proof("anna.berg", |all, proof| {
            let (info, digest) = (
                text(&all["login_result"], "info_json"),
                text(&all["login_result"], "digest"),
            );
            assert!(info.contains('ä'));
            assert!(proof.is_login_result(&compact(info), digest));
            assert!(!proof.is_login_result(&info.replace("101", "102"), digest));
            assert!(!proof.is_login_result(info, ""));
            assert!(!proof.is_redirect(info, digest));
            let (info, digest) = (
                text(&all["redirect"], "info_json"),
                text(&all["redirect"], "digest"),
            );
            assert!(proof.is_redirect(&compact(info), digest));
            assert!(!proof.is_redirect(&info.replace("pbx2", "pbx3"), digest));
        });
    }

    #[test]
    fn the_session_of_the_vectors() {
        with_proof("anna.berg", |all, proof| {
            let result = &all["login_result"];
            let info: Value = serde_json::from_str(text(result, "info_json")).unwrap();
            for (part, plain) in [("usr", "session_user"), ("pwd", "session_password")] {
                let found = proof.session(part, text(&info["session"], part)).unwrap();
                assert_eq!(found.expose_secret(), text(result, plain));
            }
            for odd in ["", "1", "zz", "é1", "ff"] {
                assert!(proof.session("usr", odd).is_none(), "{odd}");
            }
        });
    }

    #[test]
    fn the_cipher_alone() {
        let all = vectors();
        let check = &all["myapps"]["rc4_check"];
        let mut bytes = text(check, "plain").as_bytes().to_vec();
        rc4(text(check, "key").as_bytes(), &mut bytes);
        assert_eq!(bytes, unhex(text(check, "cipher_hex")).unwrap());
    }

    #[test]
    fn json_is_hashed_in_its_shortest_form() {
        for (json, compacted) in [
            (r#"{ "b" : "a b", "a":[1, 2] }"#, r#"{"b":"a b","a":[1,2]}"#),
            (r#"{"a":"https:\/\/x"}"#, r#"{"a":"https://x"}"#),
            (r#"{"a":"B\u00e4rg"}"#, r#"{"a":"Bärg"}"#),
            (r#"{"a":"\ud83d\ude00"}"#, r#"{"a":"😀"}"#),
            (r#"{"a":"\u0022\\\n\u000a\u0001"}"#, r#"{"a":"\"\\\n\n\u0001"}"#),
            (r#"{"a":"\ud83d!"}"#, r#"{"a":"\ud83d!"}"#),
        ] {
            assert_eq!(compact(json), compacted);
            assert_eq!(compact(compacted), compacted);
        }
    }

    #[test]
    fn a_nonce_is_sixteen_digits_and_another_each_time() {
        let (one, two) = (nonce().unwrap(), nonce().unwrap());
        assert!(one.len() == 16 && one.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one, two);
    }
}
