//! What is made of name and password (facts/starface.md sections 1.2 and 2.1). All hex is lower case and whole: a
//! digest that begins with a zero keeps it. Strings are UTF-8.
//!
//! `hex(sha512(password))` is as good as the password, so everything here is a secret.

use super::config::UciLogin;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use md5::Md5;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha512};
use std::fmt::Write as _;

/// REST, internal login: `loginId:hex(sha512(loginId + nonce + hex(sha512(password))))`.
pub fn rest_internal(login: &str, nonce: &str, password: &SecretString) -> SecretString {
    let inner = hex(&Sha512::digest(password.expose_secret()));
    let outer = hex(&Sha512::digest(format!("{login}{nonce}{inner}")));
    format!("{login}:{outer}").into()
}

/// REST, a directory's login: `base64(loginId + nonce + password)`. This is the password itself.
pub fn rest_active_directory(login: &str, nonce: &str, password: &SecretString) -> SecretString {
    STANDARD
        .encode(format!("{login}{nonce}{}", password.expose_secret()))
        .into()
}

/// The value of `de.vertico.starface.auth`; `None` where it is not made of the password.
pub fn uci(kind: UciLogin, login: &str, password: &SecretString) -> Option<SecretString> {
    let made: String = match kind {
        UciLogin::Sha512 => {
            let inner = hex(&Sha512::digest(password.expose_secret()));
            let outer = hex(&Sha512::digest(format!("{login}*{inner}")));
            format!("{login}:{outer}")
        }
        UciLogin::Md5 => hex(&Md5::digest(format!("{login}*{}", password.expose_secret()))),
        UciLogin::Password => STANDARD.encode(format!("{login}*{}", password.expose_secret())),
        UciLogin::Token => return None,
    };
    Some(made.into())
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// facts/starface-auth-vectors.json
    fn vectors() -> Value {
        serde_json::from_str(include_str!("../../../tests/data/starface-auth-vectors.json")).unwrap()
    }

    fn text<'a>(vector: &'a Value, key: &str) -> &'a str {
        vector[key].as_str().unwrap()
    }

    fn each(list: &str, check: impl Fn(&Value, &SecretString)) {
        let all = vectors();
        let list = all[list].as_array().unwrap();
        assert!(list.len() >= 3);
        for vector in list {
            check(vector, &SecretString::from(text(vector, "password")));
        }
    }

    #[test]
    fn every_vector_of_uci() {
        for (list, kind) in [
            ("uci_sha512", UciLogin::Sha512),
            ("uci_md5_legacy", UciLogin::Md5),
            ("uci_active_directory_base64", UciLogin::Password),
        ] {
            each(list, |vector, password| {
                let token = uci(kind, text(vector, "login"), password).unwrap();
                assert_eq!(token.expose_secret(), text(vector, "token"), "{list}");
            });
        }
    }

    #[test]
    fn every_vector_of_rest() {
        each("rest_internal", |vector, password| {
            let secret = rest_internal(text(vector, "loginId"), text(vector, "nonce"), password);
            assert_eq!(secret.expose_secret(), text(vector, "secret"));
        });
        each("rest_active_directory", |vector, password| {
            let secret = rest_active_directory(text(vector, "loginId"), text(vector, "nonce"), password);
            assert_eq!(secret.expose_secret(), text(vector, "secret"));
        });
    }

    #[test]
    fn a_leading_zero_is_kept() {
        let all = vectors();
        let guard = &all["leading_zero_guard"];
        let token = uci(
            UciLogin::Sha512,
            text(guard, "login"),
            &SecretString::from(text(guard, "password")),
        );
        let token = token.unwrap();
        assert_eq!(token.expose_secret(), text(guard, "token"));
    }
}
