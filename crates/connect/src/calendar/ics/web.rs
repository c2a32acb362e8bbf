//! The bytes of a calendar that is asked for over HTTP: only what is new, never more than a calendar, and its password
//! to nobody else.

use super::config::{Address, Timing};
use super::error::{Error, Where};
use crate::phones::web::{Answer, NoAnswer, Web};
use reqwest::header::{
    ACCEPT, ETAG, HeaderMap, IF_MODIFIED_SINCE, IF_NONE_MATCH, LAST_MODIFIED, LOCATION, RETRY_AFTER,
};
use reqwest::{Method, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use std::time::Duration;

/// The address of a calendar may have moved, and its new one, too.
const REDIRECTS: usize = 5;
/// Nobody means a longer one.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// What tells whether there is something new.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    etag: Option<String>,
    modified: Option<String>,
}

impl Stamp {
    fn of(headers: &HeaderMap) -> Self {
        let text = |name| Some(headers.get(name)?.to_str().ok()?.to_owned());
        Self {
            etag: text(ETAG),
            modified: text(LAST_MODIFIED),
        }
    }
}

pub(super) enum Fetched {
    /// As it was when we had that stamp.
    Same,
    New(Vec<u8>, Stamp),
}

/// # Errors
/// See [`Error`].
pub(super) async fn fetch(
    address: &Address,
    secret: Option<&SecretString>,
    timing: Timing,
    known: Option<&Stamp>,
) -> Result<Fetched, Error> {
    let mut address = address.clone();
    for _ in 0..=REDIRECTS {
        let host = address.host().to_owned();
        let answer = ask(&address, secret, timing, known).await?;
        match answer.status {
            StatusCode::OK => return Ok(Fetched::New(answer.body, Stamp::of(&answer.headers))),
            StatusCode::NOT_MODIFIED if known.is_some() => return Ok(Fetched::Same),
            // Nobody asked whether there is something new.
            StatusCode::NOT_MODIFIED => return Err(Error::Ailing(host)),
            status if status.is_redirection() => {
                let location = answer.headers.get(LOCATION).and_then(|text| text.to_str().ok());
                let there = location.and_then(|location| address.redirected(location));
                address = there.ok_or(Error::Redirected(host))?;
            }
            status => return Err(refused(status, &answer.headers, &address)),
        }
    }
    Err(Error::Redirected(address.host().to_owned()))
}

async fn ask(
    address: &Address,
    secret: Option<&SecretString>,
    timing: Timing,
    known: Option<&Stamp>,
) -> Result<Answer, Error> {
    let host = address.host();
    let web = Web::new("calendar", host, &address.tls, timing.connect, timing.answer)?;
    let web = web.taking(super::LARGEST);
    let mut request = web
        .request(Method::GET, address.url.clone())
        .header(ACCEPT, "text/calendar, */*;q=0.1");
    if let Some(secret) = secret.filter(|_| !address.user.is_empty()) {
        request = request.basic_auth(&address.user, Some(secret.expose_secret()));
    }
    let stamps = known.map(|known| [(IF_NONE_MATCH, &known.etag), (IF_MODIFIED_SINCE, &known.modified)]);
    for (name, stamp) in stamps.into_iter().flatten() {
        if let Some(stamp) = stamp {
            request = request.header(name, stamp);
        }
    }
    web.send(request).await.map_err(|error| match error {
        NoAnswer::Net(error) => Error::Net(error),
        NoAnswer::TooLarge => Error::TooLarge(Where::Host(host.to_owned())),
    })
}

fn refused(status: StatusCode, headers: &HeaderMap, address: &Address) -> Error {
    let host = address.host().to_owned();
    let wait = || {
        let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
        Some(Duration::from_secs(seconds).min(LONGEST_WAIT))
    };
    match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN if address.user.is_empty() => {
            Error::LoginNeeded(host)
        }
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::WrongPassword(host),
        StatusCode::NOT_FOUND | StatusCode::GONE => Error::Gone(host),
        StatusCode::TOO_MANY_REQUESTS => Error::Busy { host, wait: wait() },
        StatusCode::SERVICE_UNAVAILABLE if wait().is_some() => Error::Busy { host, wait: wait() },
        _ => Error::Ailing(host),
    }
}
