//! The way in: a session by name and password or by token (facts/estos-csta.md section 1.2).

use super::config::ProcallConfig;
use super::error::Error;
use crate::phones::web::{Answer, NoAnswer, Web};
use base64::Engine as _;
use jiff::{SignedDuration, Timestamp};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, DATE, HeaderValue};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

/// The number by which the server knows programs made with its SDK.
const CLIENT: &str = "15";
/// The protocol of ProCall 7 and later.
const PROTOCOL: i64 = 70;
/// A difference of clocks below this is the network's.
const CLOSE: SignedDuration = SignedDuration::from_secs(2);

/// What proves who we are.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    Password(&'a SecretString),
    /// From an earlier session: the password is not sent again.
    Token(&'a SecretString),
}

/// The way to the web socket.
#[derive(Debug)]
pub struct Ticket {
    /// As good as the password while it lives.
    pub session: SecretString,
    /// How far the server's clock is ahead of this computer's.
    pub ahead: SignedDuration,
}

/// # Errors
/// No answer, or a refusal.
pub async fn sign_in(config: &ProcallConfig, web: &Web, proof: Proof<'_>) -> Result<Ticket, Error> {
    let mut url = config.base.clone();
    url.set_path("/ws/client/createsession");
    url.set_query(Some(&format!("clientappid={CLIENT}")));
    let body = json!({ "negotiate": { "iClientProtocolVersion": PROTOCOL } });
    let mut request = web
        .request(Method::POST, url)
        .header(CONTENT_TYPE, "application/json;charset=utf-8")
        // No sign-in box of a browser; this server itself; a short answer.
        .header("X-no401", "1")
        .header("X-ucsid", "local")
        .header("X-simple", "1")
        .body(body.to_string());
    let not_understood = || Error::NotUnderstood(config.host.clone());
    let (name, value) = match proof {
        Proof::Password(password) => (AUTHORIZATION.as_str(), basic(&config.user, password)),
        Proof::Token(token) => ("x-uctoken", token.expose_secret().to_owned()),
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| not_understood())?;
    value.set_sensitive(true);
    request = request.header(name, value);
    let answer = web.send(request).await.map_err(|error| match error {
        NoAnswer::Net(error) => error.into(),
        NoAnswer::TooLarge => not_understood(),
    })?;
    parse(&config.host, &answer, Timestamp::now())
}

fn basic(user: &str, password: &SecretString) -> String {
    let pair = format!("{user}:{}", password.expose_secret());
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
}

/// # Errors
/// Every refusal, by the number that it has in the vendor's list.
pub fn parse(host: &str, answer: &Answer, now: Timestamp) -> Result<Ticket, Error> {
    let host = || host.to_owned();
    let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    if answer.status.is_success() {
        let session = body["sessionid"].as_str().filter(|id| is_session(id));
        let session = session.ok_or_else(|| Error::NotUnderstood(host()))?;
        return Ok(Ticket {
            session: session.to_owned().into(),
            ahead: ahead(answer, now),
        });
    }
    Err(match (body["error"]["iErrorDetail"].as_i64(), answer.status) {
        (Some(101 | 109 | 130), _) | (None, StatusCode::UNAUTHORIZED) => Error::WrongPassword(host()),
        (Some(103), _) => Error::NoLicence(host()),
        (Some(107 | 110), _) => Error::NotEnabled(host()),
        (Some(114), _) => Error::TlsNeeded(host()),
        (Some(129 | 131), _) => Error::Locked(host()),
        // 119: the server behind the gateway is away.
        (_, status) if status.is_server_error() => Error::Failing {
            host: host(),
            status: status.as_u16(),
        },
        (Some(code), _) => Error::SignIn { host: host(), code },
        (None, _) => Error::NotUnderstood(host()),
    })
}

/// It goes into an address as it is.
fn is_session(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 200
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// By the answer's date; without one the clocks are taken to agree.
fn ahead(answer: &Answer, now: Timestamp) -> SignedDuration {
    let date = answer.headers.get(DATE).and_then(|date| date.to_str().ok());
    let there = date.and_then(|date| {
        jiff::fmt::rfc2822::DateTimeParser::new()
            .parse_timestamp(date)
            .ok()
    });
    let ahead = there.map_or(SignedDuration::ZERO, |there| there.duration_since(now));
    if ahead.abs() <= CLOSE {
        SignedDuration::ZERO
    } else {
        ahead
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderMap;

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: HeaderMap::new(),
            body: body.into(),
        }
    }

    fn parsed(status: u16, body: &str) -> Result<Ticket, Error> {
        parse("uc", &answer(status, body), Timestamp::UNIX_EPOCH)
    }

    /// The vendor's example, facts/estos-csta.md section 1.2.
    #[test]
    fn a_session_is_taken() {
        let ticket = parsed(200, r#"{"sessionid": "470977D3647E174DB9AF9A0C3567A3E7"}"#).unwrap();
        assert_eq!(ticket.session.expose_secret(), "470977D3647E174DB9AF9A0C3567A3E7");
        assert_eq!(ticket.ahead, SignedDuration::ZERO);
        assert!(!format!("{ticket:?}").contains("470977"));
    }

    #[test]
    fn every_refusal_has_its_words() {
        let host = || "uc".to_owned();
        let published: Value =
            serde_json::from_str(include_str!("../../../tests/data/estos-ucserver.json")).unwrap();
        let mut seen = 0;
        for code in published["enums"]["logon_errors"].as_object().unwrap().keys() {
            let code: i64 = code.parse().unwrap();
            let body = json!({"error": {"_type": "AsnLogonError", "iErrorDetail": code}, "error_value": 0});
            let wanted = match code {
                101 | 109 | 130 => Error::WrongPassword(host()),
                103 => Error::NoLicence(host()),
                107 | 110 => Error::NotEnabled(host()),
                114 => Error::TlsNeeded(host()),
                129 | 131 => Error::Locked(host()),
                code => Error::SignIn { host: host(), code },
            };
            assert_eq!(parsed(400, &body.to_string()).unwrap_err(), wanted);
            seen += 1;
        }
        assert_eq!(seen, 14);
        let away = r#"{"error": {"_type": "WsError", "iErrorDetail": 119}}"#;
        let failing = Error::Failing {
            host: host(),
            status: 502,
        };
        assert_eq!(parsed(502, away).unwrap_err(), failing);
        assert_eq!(parsed(401, "").unwrap_err(), Error::WrongPassword(host()));
    }

    #[test]
    fn what_is_no_ucserver_is_named_so() {
        for (status, body) in [
            (200, "<html>"),
            (200, "{}"),
            (200, r#"{"sessionid": "a b&c"}"#),
            (404, ""),
        ] {
            assert_eq!(
                parsed(status, body).unwrap_err(),
                Error::NotUnderstood("uc".into()),
                "{status} {body}"
            );
        }
    }

    #[test]
    fn the_servers_clock_is_told_by_its_date() {
        let now: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (date, wanted) in [
            ("Mon, 23 Nov 2026 10:07:00 GMT", 420),
            ("Mon, 23 Nov 2026 09:59:00 GMT", -60),
            ("Mon, 23 Nov 2026 10:00:01 GMT", 0),
            ("yesterday", 0),
        ] {
            let mut answer = answer(200, r#"{"sessionid": "A"}"#);
            answer.headers.insert(DATE, HeaderValue::from_static(date));
            let ticket = parse("uc", &answer, now).unwrap();
            assert_eq!(ticket.ahead, SignedDuration::from_secs(wanted), "{date}");
        }
    }

    #[test]
    fn a_name_with_umlauts_goes_as_utf_8() {
        let header = basic("jürgen", &SecretString::from("grün:1"));
        assert_eq!(header, "Basic asO8cmdlbjpncsO8bjox");
    }
}
