//! Digest authentication (RFC 7616, RFC 8760): the answer to a challenge; pure.

use md5::Md5;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// What proves that nobody else made it up.
const CNONCE_LENGTH: usize = 16;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Algorithm {
    Md5,
    Md5Sess,
    Sha256,
    Sha256Sess,
}

impl Algorithm {
    fn parse(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "md5" => Some(Self::Md5),
            "md5-sess" => Some(Self::Md5Sess),
            "sha-256" => Some(Self::Sha256),
            "sha-256-sess" => Some(Self::Sha256Sess),
            _ => None,
        }
    }

    const fn is_session(self) -> bool {
        matches!(self, Self::Md5Sess | Self::Sha256Sess)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Md5Sess => "MD5-sess",
            Self::Sha256 => "SHA-256",
            Self::Sha256Sess => "SHA-256-sess",
        }
    }

    fn hash(self, text: &str) -> String {
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        match self {
            Self::Md5 | Self::Md5Sess => hex(&Md5::digest(text)),
            Self::Sha256 | Self::Sha256Sess => hex(&Sha256::digest(text)),
        }
    }
}

/// What a server wants to see.
#[derive(Clone, PartialEq, Eq)]
pub struct Challenge {
    realm: String,
    nonce: String,
    opaque: Option<String>,
    algorithm: Algorithm,
    /// `qop=auth`; without it the older form.
    qop: bool,
    /// The last answer was right but for its age.
    pub stale: bool,
}

impl fmt::Debug for Challenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Challenge")
            .field("algorithm", &self.algorithm)
            .field("qop", &self.qop)
            .finish_non_exhaustive()
    }
}

impl Challenge {
    /// Of several challenges the one with the strongest algorithm that is known here; `None`: none of them can be
    /// answered.
    pub fn choose<'a>(offered: impl Iterator<Item = &'a str>) -> Option<Self> {
        offered
            .filter_map(Self::parse)
            .max_by_key(|challenge| challenge.algorithm)
    }

    fn parse(header: &str) -> Option<Self> {
        let (scheme, rest) = header.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("digest") {
            return None;
        }
        let parameters = parameters(rest)?;
        let value = |name: &str| {
            let found = parameters.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_str())
        };
        let algorithm = Algorithm::parse(value("algorithm").unwrap_or("MD5"))?;
        let qop = match value("qop") {
            None => false,
            Some(offered) => {
                let is_auth = |word: &str| word.trim().eq_ignore_ascii_case("auth");
                if !offered.split(',').any(is_auth) {
                    return None;
                }
                true
            }
        };
        let plain = |text: &str| !text.contains(['"', '\\']) && !text.contains(char::is_control);
        let (realm, nonce) = (value("realm")?, value("nonce")?);
        let opaque = value("opaque").map(str::to_owned);
        if !plain(realm) || !plain(nonce) || !opaque.as_deref().is_none_or(plain) {
            return None;
        }
        Some(Self {
            realm: realm.to_owned(),
            nonce: nonce.to_owned(),
            opaque,
            algorithm,
            qop,
            stale: value("stale").is_some_and(|stale| stale.eq_ignore_ascii_case("true")),
        })
    }

    /// The header that answers it. `user` has neither quotes nor backslashes.
    pub fn answer(&self, user: &str, password: &SecretString, method: &str, uri: &str) -> String {
        let mut random = [0_u8; CNONCE_LENGTH];
        // Without entropy the answer is still right; it only proves less.
        let _entropy = getrandom::fill(&mut random);
        let cnonce: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        self.answer_with(user, password, method, uri, &cnonce)
    }

    fn answer_with(
        &self,
        user: &str,
        password: &SecretString,
        method: &str,
        uri: &str,
        cnonce: &str,
    ) -> String {
        const COUNT: &str = "00000001";
        let hash = |text: &str| self.algorithm.hash(text);
        let (realm, nonce) = (&self.realm, &self.nonce);
        let mut secret = hash(&format!("{user}:{realm}:{}", password.expose_secret()));
        if self.algorithm.is_session() {
            secret = hash(&format!("{secret}:{nonce}:{cnonce}"));
        }
        let request = hash(&format!("{method}:{uri}"));
        let response = if self.qop {
            hash(&format!("{secret}:{nonce}:{COUNT}:{cnonce}:auth:{request}"))
        } else {
            hash(&format!("{secret}:{nonce}:{request}"))
        };
        let mut header = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={}",
            self.algorithm.name()
        );
        if self.qop {
            header.push_str(&format!(", qop=auth, nc={COUNT}, cnonce=\"{cnonce}\""));
        } else if self.algorithm.is_session() {
            header.push_str(&format!(", cnonce=\"{cnonce}\""));
        }
        if let Some(opaque) = &self.opaque {
            header.push_str(&format!(", opaque=\"{opaque}\""));
        }
        header
    }
}

/// `name=value` and `name="value"` with commas between them. Names in lower case.
fn parameters(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let after = after.trim_start();
        let (value, left) = match after.strip_prefix('"') {
            Some(quoted) => {
                // An escaped sign would be part of what is hashed in one form and sent in another: not answered.
                let (value, left) = quoted.split_once('"')?;
                (value, left.trim_start())
            }
            None => {
                let end = after.find(',').unwrap_or(after.len());
                (after.get(..end)?.trim_end(), after.get(end..)?)
            }
        };
        found.push((name.trim().to_ascii_lowercase(), value.to_owned()));
        rest = match left.strip_prefix(',') {
            Some(more) => more.trim_start(),
            None if left.is_empty() => "",
            None => return None,
        };
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(header: &str, method: &str, uri: &str) -> String {
        let challenge = Challenge::choose([header].into_iter()).unwrap();
        let answer = challenge.answer_with("101", &SecretString::from("pw101"), method, uri, "abcd");
        answer
            .split("response=\"")
            .nth(1)
            .and_then(|rest| rest.get(..rest.find('"')?))
            .unwrap()
            .to_owned()
    }

    /// From facts/asterisk-signin-unregistered.txt and facts/sip-kamailio-features-presence.txt.
    #[test]
    fn the_answers_that_real_servers_took() {
        let asterisk = "Digest realm=\"asterisk\",nonce=\"1795370894/45e04530dd2201b48db15b768b3c287e\",opaque=\"3943b02361fcf09f\",algorithm=MD5,qop=\"auth\"";
        assert_eq!(
            response(asterisk, "SUBSCRIBE", "sip:101@127.0.0.1"),
            "9a97a723a37f5250f3b2c33a0a3edd79"
        );
        let kamailio = "Digest realm=\"127.0.0.1\", nonce=\"awMxrGsDMIBCpsBjC/uTt525yAXv6cAN\", qop=\"auth\", algorithm=MD5";
        assert_eq!(
            response(kamailio, "SUBSCRIBE", "sip:101@127.0.0.1"),
            "dabe53b42dd4cb18f290cf2ee74a21df"
        );
        let publish = "Digest realm=\"127.0.0.1\", nonce=\"awMxsWsDMIWb4XG1W34X+6OIKcgoXR0r\", qop=\"auth\", algorithm=MD5";
        assert_eq!(
            response(publish, "PUBLISH", "sip:101@127.0.0.1"),
            "92ae776fd01eecdbe6bf58bc297369c4"
        );
    }

    /// RFC 7616 section 3.9.1.
    #[test]
    fn the_published_example() {
        let answer = |algorithm: &str| {
            let header = format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", \
                 opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            );
            let challenge = Challenge::choose([header.as_str()].into_iter()).unwrap();
            let password = SecretString::from("Circle of Life");
            let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
            challenge.answer_with("Mufasa", &password, "GET", "/dir/index.html", cnonce)
        };
        assert!(answer("MD5").contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""));
        let sha = answer("SHA-256");
        assert!(
            sha.contains("response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\""),
            "{sha}"
        );
    }

    #[test]
    fn of_several_the_strongest_known_one_is_answered() {
        let offered = [
            "Digest realm=\"a\", nonce=\"n\", algorithm=MD5",
            "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-512-256",
            "Digest realm=\"a\", nonce=\"n\", algorithm=SHA-256",
            "Basic realm=\"a\"",
        ];
        let chosen = Challenge::choose(offered.into_iter()).unwrap();
        assert_eq!(chosen.algorithm, Algorithm::Sha256);
        for none in [
            "Basic realm=\"a\"",
            "Digest realm=\"a\"",
            "Digest nonce=\"a\"",
            "Digest realm=\"a\", nonce=\"n\", qop=\"auth-int\"",
            "Digest realm=\"a\\\"b\", nonce=\"n\"",
            "Digest realm=\"a\" nonce=\"n\"",
            "Digest realm=\"a",
        ] {
            assert_eq!(Challenge::choose([none].into_iter()), None, "{none}");
        }
    }

    #[test]
    fn nothing_of_it_shows() {
        let challenge =
            Challenge::choose(["Digest realm=\"planted\", nonce=\"planted\""].into_iter()).unwrap();
        assert!(!format!("{challenge:?}").contains("planted"));
    }
}
