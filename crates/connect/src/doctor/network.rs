//! The way to Microsoft, step by step: proxy or name, encryption, answer, clock.

use super::proxy::{foreign_sign_in, named_by_script};
use super::{Area, LIMIT, Look};
use crate::entra::EntraConfig;
use crate::net::cause::{Cause, cause};
use crate::phones::net::{self, NetError};
use crate::phones::tls::Tls;
use jiff::Timestamp;
use jiff::fmt::rfc2822;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::text::DoctorText;
use offhook_protocol::pages::Language;
use reqwest::header::DATE;
use reqwest::{StatusCode, Url};
use std::error::Error as _;
use std::time::Duration;

/// More than this disturbs sign-in and appointments. Tokens are given five minutes.
const SKEW: Duration = Duration::from_secs(120);
/// So much of an answer is looked at, in bytes: Entra's description of itself is a few KiB.
const LARGEST: usize = 64 * 1024;

/// Both of Microsoft's addresses, at once.
pub(super) async fn microsoft(config: &EntraConfig, language: Language) -> Vec<Look> {
    let graph = config.graph_base().as_str().trim_end_matches('/').to_owned() + "/me/presence";
    let (login, graph) = tokio::join!(
        Box::pin(way(config.about(), config.tenant(), language, is_entra)),
        Box::pin(async {
            match Url::parse(&graph) {
                Ok(url) => way(url, config.tenant(), language, is_graph).await,
                Err(_) => Way::default(),
            }
        }),
    );
    let clock = login.clock.or(graph.clock);
    login.looks.into_iter().chain(graph.looks).chain(clock).collect()
}

#[derive(Debug, Default)]
struct Way {
    looks: Vec<Look>,
    clock: Option<Look>,
}

/// One address: every step until the first that fails.
async fn way(
    url: Url,
    tenant: &str,
    language: Language,
    is_right: fn(StatusCode, &[u8]) -> Result<(), Code>,
) -> Way {
    let mut way = Way::default();
    let host = url.host_str().unwrap_or_default().to_owned();
    let named = |text: DoctorText| text.with(language, &[("host", &host)]);
    let look = |area, what: DoctorText, outcome| Look::of(area, &named(what), outcome, language);
    match proxy_for(&url) {
        Some(proxy) => {
            let (proxy_host, port) = parts(&proxy);
            // What is behind it, it looks up and encrypts to by itself.
            let reached = net::connect(&proxy_host, port, &Tls::Off, LIMIT).await;
            let reached = reached
                .map(|_closed| DoctorText::ProxyFine.with(language, &[("proxy", &proxy_host)]))
                .map_err(|error| error.fault());
            let reached = match reached {
                Ok(fine) => match foreign_sign_in(&proxy_host, port, &url).await {
                    Some(schemes) => {
                        Err(Fault::new(FaultKind::Rejected, Code::ProxySignInKind).about(schemes))
                    }
                    None => Ok(fine),
                },
                Err(fault) => Err(fault),
            };
            let failed = reached.is_err();
            way.looks.push(look(Area::Proxy, DoctorText::Proxy, reached));
            if failed {
                return way;
            }
        }
        None => {
            let none = DoctorText::ProxyNone.text(language).to_owned();
            way.looks.push(look(Area::Proxy, DoctorText::Proxy, Ok(none)));
            let port = url.port_or_known_default().unwrap_or(443);
            let bare = host.trim_start_matches('[').trim_end_matches(']');
            let found = tokio::time::timeout(LIMIT, tokio::net::lookup_host((bare, port))).await;
            let found = match found {
                Ok(Ok(_)) => Ok(DoctorText::NameFine.text(language).to_owned()),
                Ok(Err(_)) => Err(NetError::HostNotFound(host.clone()).fault()),
                Err(_) => Err(NetError::TimedOut(host.clone()).fault()),
            };
            let failed = found.is_err();
            way.looks.push(look(Area::Name, DoctorText::Name, found));
            if failed {
                by_script(&mut way.looks, language).await;
                return way;
            }
        }
    }
    let encrypted = url.scheme() == "https";
    match asked(url).await {
        Err(NotAsked::Net(error)) => {
            let untrusted = error.source().and_then(cause) == Some(Cause::Untrusted);
            let fault = if untrusted {
                Fault::new(FaultKind::Unreachable, Code::CertificateUnknown).about(&host)
            } else {
                NetError::of_request(&error, &host).fault()
            };
            let (area, what) = if untrusted || fault.code == Code::TlsFailed {
                (Area::Tls, DoctorText::Tls)
            } else {
                (Area::Answer, DoctorText::Answer)
            };
            way.looks.push(look(area, what, Err(fault)));
            by_script(&mut way.looks, language).await;
        }
        Err(NotAsked::TooLarge) => {
            let fault = Fault::new(FaultKind::Unreachable, Code::NotUnderstood).about(&host);
            way.looks.push(look(Area::Answer, DoctorText::Answer, Err(fault)));
        }
        Ok(answer) => {
            if encrypted {
                let fine = DoctorText::TlsFine.text(language).to_owned();
                way.looks.push(look(Area::Tls, DoctorText::Tls, Ok(fine)));
            }
            let outcome = match is_right(answer.status, &answer.body) {
                Ok(()) => Ok(DoctorText::AnswerFine.text(language).to_owned()),
                Err(code) => {
                    let named = if code == Code::TenantUnknown {
                        tenant
                    } else {
                        &host
                    };
                    Err(Fault::new(FaultKind::Unreachable, code).about(named))
                }
            };
            // Somebody else's clock says nothing.
            if outcome.is_ok() {
                let off = answer.date.map(|date| off_by(date, answer.at));
                way.clock = off.map(|off| clock(off, &host, language));
            }
            way.looks.push(look(Area::Answer, DoctorText::Answer, outcome));
        }
    }
    way
}

/// A direct way that leads nowhere, where the system would have asked a script for a proxy: that is why.
async fn by_script(looks: &mut Vec<Look>, language: Language) {
    let by_system = crate::net::way().is_by_system();
    let what = DoctorText::Proxy.with(language, &[("host", "PAC")]);
    if by_system && named_by_script().await {
        let fault = Fault::new(FaultKind::Rejected, Code::ProxyScript);
        looks.push(Look::of(Area::Proxy, &what, Err(fault), language));
    }
}

fn clock(off: Duration, host: &str, language: Language) -> Look {
    let outcome = if off > SKEW {
        let minutes = (off.as_secs().div_ceil(60)).to_string();
        Err(Fault::new(FaultKind::Rejected, Code::ClockWrong).about(minutes))
    } else {
        Ok(DoctorText::ClockFine.with(language, &[("host", host)]))
    };
    Look::of(Area::Clock, DoctorText::Clock.text(language), outcome, language)
}

fn off_by(theirs: Timestamp, ours: Timestamp) -> Duration {
    theirs.duration_since(ours).unsigned_abs()
}

struct Answer {
    status: StatusCode,
    body: Vec<u8>,
    date: Option<Timestamp>,
    /// When it came.
    at: Timestamp,
}

enum NotAsked {
    Net(reqwest::Error),
    TooLarge,
}

/// Without a token: what is looked at is who answers.
async fn asked(url: Url) -> Result<Answer, NotAsked> {
    let client = crate::net::client().map_err(NotAsked::Net)?;
    let request = client.get(url).timeout(LIMIT);
    let mut response = request.send().await.map_err(NotAsked::Net)?;
    let at = Timestamp::now();
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(NotAsked::Net)? {
        if body.len() + piece.len() > LARGEST {
            return Err(NotAsked::TooLarge);
        }
        body.extend_from_slice(&piece);
    }
    let date = response.headers().get(DATE).and_then(|date| date.to_str().ok());
    Ok(Answer {
        status: response.status(),
        date: date
            .and_then(|date| rfc2822::parse(date).ok())
            .map(|date| date.timestamp()),
        body,
        at,
    })
}

/// Entra describes itself to everybody, and refuses an unknown tenant in JSON
/// (`facts/graph.md`, section 4).
pub(super) fn is_entra(status: StatusCode, body: &[u8]) -> Result<(), Code> {
    if status.is_server_error() {
        return Err(Code::EntraUnreachable);
    }
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let has = |name: &str| body.as_ref().is_some_and(|body| body.get(name).is_some());
    if status.is_success() && has("issuer") {
        Ok(())
    } else if status == StatusCode::BAD_REQUEST && has("error") {
        Err(Code::TenantUnknown)
    } else {
        Err(Code::NotUnderstood)
    }
}

/// Graph wants a token from everybody, and says so in JSON (`facts/graph.md`, section 1.5).
pub(super) fn is_graph(status: StatusCode, body: &[u8]) -> Result<(), Code> {
    if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS {
        return Err(Code::GraphUnreachable);
    }
    let body: Option<serde_json::Value> = serde_json::from_slice(body).ok();
    let is_error = body.is_some_and(|body| body.get("error").is_some());
    if status == StatusCode::UNAUTHORIZED && is_error {
        Ok(())
    } else {
        Err(Code::GraphGarbage)
    }
}

/// `host:port` of the proxy for an address, by the settings or the system.
fn proxy_for(url: &Url) -> Option<String> {
    let proxy = crate::net::way().proxy_for(url)?;
    let port = proxy.port_or_known_default().unwrap_or(1080);
    Some(format!("{}:{port}", proxy.host_str()?))
}

/// `host:port`; an IPv6 address loses its brackets. Without a port it is 0, where nothing answers.
pub(super) fn parts(address: &str) -> (String, u16) {
    let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    (host.to_owned(), port.parse().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_answers_is_told_apart_from_who_is_in_between() {
        let ok = StatusCode::OK;
        assert_eq!(is_entra(ok, br#"{"issuer":"x"}"#), Ok(()));
        let unknown = is_entra(StatusCode::BAD_REQUEST, br#"{"error":"invalid_tenant"}"#);
        assert_eq!(unknown, Err(Code::TenantUnknown));
        assert_eq!(
            is_entra(ok, b"<html>Sign in to the hotel</html>"),
            Err(Code::NotUnderstood)
        );
        assert_eq!(is_entra(StatusCode::FOUND, b""), Err(Code::NotUnderstood));
        assert_eq!(
            is_entra(StatusCode::BAD_GATEWAY, b""),
            Err(Code::EntraUnreachable)
        );
        let asks = is_graph(
            StatusCode::UNAUTHORIZED,
            br#"{"error":{"code":"InvalidAuthenticationToken"}}"#,
        );
        assert_eq!(asks, Ok(()));
        assert_eq!(is_graph(ok, b"<html>"), Err(Code::GraphGarbage));
        assert_eq!(
            is_graph(StatusCode::UNAUTHORIZED, b"<html>"),
            Err(Code::GraphGarbage)
        );
        assert_eq!(
            is_graph(StatusCode::SERVICE_UNAVAILABLE, b""),
            Err(Code::GraphUnreachable)
        );
    }

    #[test]
    fn a_clock_may_be_two_minutes_off_either_way() {
        let at: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
        for (theirs, code) in [
            ("Mon, 23 Nov 2026 10:01:59 GMT", None),
            ("Mon, 23 Nov 2026 09:58:01 GMT", None),
            ("Mon, 23 Nov 2026 10:02:01 GMT", Some(Code::ClockWrong)),
            ("Sun, 22 Nov 2026 10:00:00 GMT", Some(Code::ClockWrong)),
        ] {
            let theirs = rfc2822::parse(theirs).unwrap().timestamp();
            let look = clock(off_by(theirs, at), "login.example", Language::En);
            assert_eq!(look.code, code, "{theirs}");
            assert_eq!(look.finding.ok, code.is_none());
        }
        let look = clock(Duration::from_secs(181), "login.example", Language::De);
        assert!(
            look.finding.text.contains("um 4 Minuten"),
            "{}",
            look.finding.text
        );
    }

    #[test]
    fn addresses_come_apart() {
        assert_eq!(parts("127.0.0.1:4444"), ("127.0.0.1".to_owned(), 4444));
        assert_eq!(parts("[::1]:4444"), ("::1".to_owned(), 4444));
        assert_eq!(parts("fritz.box"), ("fritz.box".to_owned(), 0));
    }
}
