//! Signing in: NTLM where it is offered, so that the password itself is never sent; else Basic. A password that was
//! refused once is not tried in another way: directories lock accounts after a few.

use super::config::EwsConfig;
use super::error::Error;
use super::http::{Answer, Connection};
use super::ntlm::{self, Challenge, Moment};
use crate::net::page;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderValue, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// From 1601, where NTLM counts from, to 1970 (section 2.2.2.7).
const TO_UNIX: Duration = Duration::from_secs(11_644_473_600);
/// A wait that a header names is believed up to this.
const LONGEST_WAIT: u64 = 24 * 60 * 60;

/// How the server lets people in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// The scheme's name in the header: `NTLM`, or `Negotiate`, which takes the same messages.
    Ntlm(&'static str),
    Basic,
}

impl Way {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Ntlm(_) => "NTLM",
            Self::Basic => "Basic",
        }
    }
}

/// One person at one server, for as long as something is asked.
#[derive(Debug)]
pub(super) struct Session<'a> {
    config: &'a EwsConfig,
    secret: &'a SecretString,
    connection: Option<Connection>,
    way: Way,
    /// The connection there is now belongs to the person.
    signed_in: bool,
}

impl<'a> Session<'a> {
    pub(super) const fn new(config: &'a EwsConfig, secret: &'a SecretString) -> Self {
        Self {
            config,
            secret,
            connection: None,
            way: Way::Ntlm("NTLM"),
            signed_in: false,
        }
    }

    pub(super) const fn way(&self) -> Way {
        self.way
    }

    /// The answer to a request, with whatever it takes to sign in before it. 200 and 500 carry envelopes.
    ///
    /// # Errors
    /// See [`Error`]; [`Error::WrongPassword`] after one try.
    pub(super) async fn send(&mut self, body: &str) -> Result<Vec<u8>, Error> {
        let answer = self.exchange(body).await?;
        let host = || self.config.host.clone();
        let elsewhere = page::leads_elsewhere(Some(&self.config.host), &answer.headers);
        let shown = answer.status.is_success() && page::is_page(&answer.headers, &answer.body);
        match answer.status.as_u16() {
            511 => Err(Error::Page(host())),
            _ if elsewhere || shown => Err(Error::Page(host())),
            200 | 500 if !answer.body.is_empty() => Ok(answer.body),
            401 => Err(Error::WrongPassword(host())),
            403 => Err(Error::NotPermitted("HTTP 403".to_owned())),
            429 | 503 => Err(Error::Busy {
                host: host(),
                wait: retry_after(&answer.headers),
            }),
            500..=599 => Err(Error::Ailing(host())),
            // Also where it leads elsewhere: the password goes nowhere but where it was meant for.
            _ => Err(Error::NotExchange(host())),
        }
    }

    async fn exchange(&mut self, body: &str) -> Result<Answer, Error> {
        if self.signed_in && self.connection.as_ref().is_some_and(Connection::is_open) {
            let answer = self.post_again(None, body).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                return Ok(answer);
            }
            // Exchange lets go of a connection's sign-in when it likes; the password was right a moment ago.
        }
        self.signed_in = false;
        if self.way != Way::Basic
            && let Some(answer) = self.ntlm(body).await?
        {
            return Ok(answer);
        }
        let login = format!("{}:{}", self.config.account.whole(), self.secret.expose_secret());
        let answer = self.post(header("Basic", login.as_bytes()), body).await?;
        Ok(answer)
    }

    /// `None`: the server does not take NTLM, but takes Basic.
    async fn ntlm(&mut self, body: &str) -> Result<Option<Answer>, Error> {
        // Once as it is known, and once more as the server says.
        for _ in 0..2 {
            let Way::Ntlm(scheme) = self.way else {
                return Ok(None);
            };
            let asked = self.post(header(scheme, &ntlm::negotiate()), "").await?;
            if asked.status != StatusCode::UNAUTHORIZED {
                return Ok(Some(asked));
            }
            let offers = Offers::of(&asked.headers);
            if let Some(challenge) = offers.challenge(scheme) {
                let challenge = Challenge::parse(&challenge)
                    .ok_or_else(|| Error::NotExchange(self.config.host.clone()))?;
                let binding = self.connection.as_ref().and_then(|connection| connection.binding);
                let message = ntlm::authenticate(
                    &challenge,
                    &self.config.account,
                    self.secret.expose_secret(),
                    moment(),
                    binding,
                );
                let answer = self.post_again(header(scheme, &message), body).await?;
                self.signed_in = answer.status != StatusCode::UNAUTHORIZED;
                return Ok(Some(answer));
            }
            self.way = offers
                .best()
                .ok_or_else(|| Error::NoWay(self.config.host.clone()))?;
        }
        match self.way {
            Way::Basic => Ok(None),
            Way::Ntlm(_) => Err(Error::NoWay(self.config.host.clone())),
        }
    }

    /// Over the connection there is, else over a new one.
    async fn post(&mut self, authorization: Option<HeaderValue>, body: &str) -> Result<Answer, Error> {
        if !self.connection.as_ref().is_some_and(Connection::is_open) {
            self.connection = Some(Connection::open(self.config).await?);
        }
        self.post_again(authorization, body).await
    }

    /// Over the connection there is, and no other: a challenge is for the one that it came over.
    async fn post_again(&mut self, authorization: Option<HeaderValue>, body: &str) -> Result<Answer, Error> {
        let Some(mut connection) = self.connection.take() else {
            return Err(Error::Lost(self.config.host.clone()));
        };
        let answer = connection
            .post(self.config, authorization, body.to_owned())
            .await?;
        // One that failed is not used again.
        self.connection = Some(connection);
        Ok(answer)
    }
}

/// What `WWW-Authenticate` says: schemes, each perhaps with a message.
struct Offers(Vec<(String, Option<Vec<u8>>)>);

impl Offers {
    /// Each header one scheme, as IIS sends them.
    fn of(headers: &HeaderMap) -> Self {
        let values = headers.get_all(WWW_AUTHENTICATE).iter();
        let values = values.filter_map(|value| value.to_str().ok());
        Self(
            values
                .map(|value| {
                    let (scheme, rest) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
                    (scheme.to_ascii_lowercase(), STANDARD.decode(rest.trim()).ok())
                })
                .collect(),
        )
    }

    fn challenge(&self, scheme: &str) -> Option<Vec<u8>> {
        let found = self
            .0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(scheme))?;
        found.1.clone().filter(|message| !message.is_empty())
    }

    fn best(&self) -> Option<Way> {
        let has = |name: &str| self.0.iter().any(|(known, _)| known == name);
        if has("ntlm") {
            Some(Way::Ntlm("NTLM"))
        } else if has("basic") {
            // Before Negotiate, which may be Kerberos alone.
            Some(Way::Basic)
        } else if has("negotiate") {
            Some(Way::Ntlm("Negotiate"))
        } else {
            None
        }
    }
}

fn header(scheme: &str, message: &[u8]) -> Option<HeaderValue> {
    // Base64 fits into any header.
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", STANDARD.encode(message))).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn moment() -> Moment {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + TO_UNIX;
    let mut client_challenge = [0; 8];
    // Without randomness the time is different each time.
    if getrandom::fill(&mut client_challenge).is_err() {
        client_challenge = now
            .subsec_nanos()
            .to_le_bytes()
            .repeat(2)
            .try_into()
            .unwrap_or_default();
    }
    Moment {
        time: u64::try_from(now.as_nanos() / 100).unwrap_or(u64::MAX),
        client_challenge,
    }
}

fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds: u64 = headers.get("Retry-After")?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds.min(LONGEST_WAIT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_offered_is_taken_by_its_strength() {
        let offers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(WWW_AUTHENTICATE, HeaderValue::from_str(value).unwrap());
            }
            Offers::of(&headers)
        };
        for (values, way) in [
            (
                &["Negotiate", "NTLM", "Basic realm=\"mail\""][..],
                Some(Way::Ntlm("NTLM")),
            ),
            (&["Basic realm=\"mail\""], Some(Way::Basic)),
            (&["Negotiate", "basic realm=\"mail\""], Some(Way::Basic)),
            (&["Negotiate"], Some(Way::Ntlm("Negotiate"))),
            (&["Bearer client_id=\"x\""], None),
            (&[], None),
        ] {
            assert_eq!(offers(values).best(), way, "{values:?}");
        }
        let challenge = offers(&["Negotiate", "ntlm AAEC"]);
        assert_eq!(challenge.challenge("NTLM"), Some(vec![0, 1, 2]));
        assert_eq!(challenge.challenge("Negotiate"), None);
        assert_eq!(offers(&["NTLM"]).challenge("NTLM"), None);
        assert_eq!(offers(&["NTLM %%%"]).challenge("NTLM"), None);
    }

    #[test]
    fn a_login_does_not_show() {
        let value = header("Basic", b"planted").unwrap();
        assert!(!format!("{value:?}").contains("cGxhbnRlZA"));
        assert!(moment().time > 130_000_000_000_000_000);
    }
}
