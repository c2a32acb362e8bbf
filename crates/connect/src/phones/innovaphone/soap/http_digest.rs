//! HTTP Digest (RFC 7616, MD5 as old boxes have it), and Basic where nothing else is offered and nobody can listen.

use md5::{Digest as _, Md5};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;

/// What the server asks for.
#[derive(Clone, PartialEq, Eq)]
pub enum Challenge {
    Digest {
        realm: String,
        nonce: String,
        opaque: Option<String>,
        /// With `qop=auth`, as RFC 7616 wants; else the way of RFC 2069.
        auth: bool,
    },
    Basic,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Digest { .. } => "Digest",
            Self::Basic => "Basic",
        })
    }
}

impl Challenge {
    /// From the `WWW-Authenticate` headers: Digest before Basic. `None`: nothing that is known here.
    pub fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut basic = None;
        for header in headers {
            let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
            if scheme.eq_ignore_ascii_case("basic") {
                basic = Some(Self::Basic);
            } else if scheme.eq_ignore_ascii_case("digest")
                && let Some(digest) = digest(rest)
            {
                return Some(digest);
            }
        }
        basic
    }

    /// The value of `Authorization` for a POST to `path`. `count` counts up with each use of the challenge.
    pub fn answer(
        &self,
        user: &str,
        password: &SecretString,
        path: &str,
        cnonce: &str,
        count: u32,
    ) -> SecretString {
        match self {
            Self::Basic => {
                use base64::Engine as _;
                let pair = format!("{user}:{}", password.expose_secret());
                let coded = base64::engine::general_purpose::STANDARD.encode(pair);
                format!("Basic {coded}").into()
            }
            Self::Digest {
                realm,
                nonce,
                opaque,
                auth,
            } => {
                let one = md5(&format!("{user}:{realm}:{}", password.expose_secret()));
                let two = md5(&format!("POST:{path}"));
                let (response, qop) = if *auth {
                    let nc = format!("{count:08x}");
                    (
                        md5(&format!("{one}:{nonce}:{nc}:{cnonce}:auth:{two}")),
                        format!(", qop=auth, nc={nc}, cnonce=\"{cnonce}\""),
                    )
                } else {
                    (md5(&format!("{one}:{nonce}:{two}")), String::new())
                };
                let opaque = opaque
                    .as_ref()
                    .map(|opaque| format!(", opaque={}", quoted(opaque)));
                format!(
                    "Digest username={}, realm={}, nonce={}, uri=\"{path}\", response=\"{response}\"{qop}{}",
                    quoted(user),
                    quoted(realm),
                    quoted(nonce),
                    opaque.unwrap_or_default()
                )
                .into()
            }
        }
    }
}

fn digest(rest: &str) -> Option<Challenge> {
    let (mut realm, mut nonce, mut opaque, mut qop, mut algorithm) = (None, None, None, None, None);
    let mut rest = rest.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = value(after.trim_start())?;
        match name.trim().to_ascii_lowercase().as_str() {
            "realm" => realm = Some(value),
            "nonce" => nonce = Some(value),
            "opaque" => opaque = Some(value),
            "qop" => qop = Some(value),
            "algorithm" => algorithm = Some(value),
            _ => {}
        }
        rest = after.trim_start().trim_start_matches(',').trim_start();
    }
    let auth = match qop {
        None => false,
        Some(offered)
            if offered
                .split(',')
                .any(|one| one.trim().eq_ignore_ascii_case("auth")) =>
        {
            true
        }
        Some(_) => return None,
    };
    let is_md5 = algorithm.is_none_or(|algorithm| algorithm.eq_ignore_ascii_case("md5"));
    is_md5.then_some(Challenge::Digest {
        realm: realm?,
        nonce: nonce?,
        opaque,
        auth,
    })
}

/// A value, quoted or not, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([',', ' ']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return Some((value.to_owned(), rest));
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, sign) in quoted.char_indices() {
        match sign {
            '\\' if !escaped => escaped = true,
            '"' if !escaped => return Some((value, quoted.get(at + 1..)?)),
            sign => {
                escaped = false;
                value.push(sign);
            }
        }
    }
    None
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn md5(text: &str) -> String {
    let digest = Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose(headers: &[&str]) -> Option<Challenge> {
        Challenge::choose(headers.iter().copied())
    }

    #[test]
    fn the_parts_of_the_examples() {
        // RFC 2617 section 3.5: the two halves, and their sum for its GET.
        assert_eq!(
            md5("Mufasa:testrealm@host.com:Circle Of Life"),
            "939e7578ed9e3c518a452acee763bce9"
        );
        assert_eq!(md5("GET:/dir/index.html"), "39aff3a2bab6126f332b942af96d3366");
        assert_eq!(
            md5(
                "939e7578ed9e3c518a452acee763bce9:dcd98b7102dd2f0e8b11d0f600bfb0c093:00000001:0a4f113b:auth:\
                 39aff3a2bab6126f332b942af96d3366"
            ),
            "6629fae49393a05397450978507c4ef1"
        );
    }

    #[test]
    fn challenges_are_read_and_digest_is_preferred() {
        let digest = "Digest realm=\"a \\\"b\\\", c\", nonce=\"n\", qop=\"auth-int, auth\", opaque=\"o\"";
        let wanted = Challenge::Digest {
            realm: "a \"b\", c".into(),
            nonce: "n".into(),
            opaque: Some("o".into()),
            auth: true,
        };
        assert_eq!(choose(&["Basic realm=\"x\"", digest]), Some(wanted));
        assert_eq!(choose(&["Basic realm=\"x\""]), Some(Challenge::Basic));
        for odd in [
            "",
            "Digest",
            "Digest realm=\"x",
            "Digest nonce=\"n\", realm=\"r\", algorithm=SHA-256",
            "Digest nonce=\"n\", realm=\"r\", qop=\"auth-int\"",
            "Bearer",
        ] {
            assert_eq!(choose(&[odd]), None, "{odd}");
        }
    }

    #[test]
    fn the_answer_names_everything_and_never_the_password() {
        let challenge = choose(&["Digest realm=\"r\", nonce=\"n\""]).unwrap();
        let answer = challenge.answer("A \"B\"", &"planted".into(), "/PBX0/user.soap", "c", 1);
        let answer = answer.expose_secret();
        assert!(answer.contains("username=\"A \\\"B\\\"\"") && answer.contains("uri=\"/PBX0/user.soap\""));
        assert!(!answer.contains("planted") && !answer.contains("qop"));
    }
}
