//! The sign-in at myApps, step by step (facts/innovaphone.md section 2.1). Nothing that the phone system says of itself
//! is believed before its digest shows that it knows the secret too.

use super::config::{Endpoint, InnovaphoneConfig};
use super::digest::{self, Proof};
use super::error::Error;
use super::login::{Login, StoredSession};
use super::socket::Socket;
use super::wire::{self, LoginInfo, Message, Place, Signed};
use crate::phones::tls::Tls;
use serde_json::json;
use tokio::time::{Instant, timeout_at};

/// The build's folder in the client's address. Newer firmware takes it too, as far as is known.
const PATH: &str = "APPCLIENT/130000/websocket";
const AGENT: &str = concat!("Offhook/", env!("CARGO_PKG_VERSION"));
/// A person lives on one phone system; who is sent on for ever is led astray.
const REDIRECTS: u32 = 3;

/// A sign-in that was taken.
#[derive(Debug)]
pub struct SignedIn {
    pub socket: Socket,
    pub at: Endpoint,
    /// A session that takes the place of what was used.
    pub session: Option<StoredSession>,
}

enum Outcome {
    In(Box<SignedIn>),
    Elsewhere(Endpoint),
}

/// Signs in at `at`, or where that sends. `confirm` is told the number of the second factor.
///
/// # Errors
/// Whatever a phone system, or somebody in its place, can do.
pub async fn sign_in(
    config: &InnovaphoneConfig,
    login: &Login,
    at: &Endpoint,
    confirm: &mut (dyn FnMut(u64) + Send),
) -> Result<SignedIn, Error> {
    let mut at = at.clone();
    for _ in 0..=REDIRECTS {
        match once(config, login, &at, confirm).await? {
            Outcome::In(signed_in) => return Ok(*signed_in),
            Outcome::Elsewhere(next) => at = next,
        }
    }
    Err(Error::BadRedirect(at.host))
}

async fn once(
    config: &InnovaphoneConfig,
    login: &Login,
    at: &Endpoint,
    confirm: &mut (dyn FnMut(u64) + Send),
) -> Result<Outcome, Error> {
    let mut socket = Socket::open(config, at, PATH).await?;
    let kind = login.kind();
    let hello = json!({ "mt": "Login", "type": kind.as_str(), "userAgent": AGENT });
    socket.send(hello.to_string()).await?;
    let deadline = Instant::now() + config.timing.answer;
    let challenge = loop {
        let heard = message(&mut socket, deadline).await?;
        if let Message::Authenticate(challenge) = heard {
            break challenge;
        }
        pass(&heard, login, &socket)?;
    };
    if challenge.kind != kind.as_str() {
        return Err(Error::NotUnderstood(at.host.clone()));
    }
    if challenge.method != "digest" {
        return Err(Error::OtherMethod {
            host: at.host.clone(),
            method: challenge
                .method
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(20)
                .collect(),
        });
    }
    let nonce = digest::nonce().map_err(|_| Error::NoRandomness(at.host.clone()))?;
    let (username, password) = login.credentials(config);
    let proof = Proof {
        domain: &challenge.domain,
        username,
        password,
        nonce: &nonce,
        challenge: &challenge.challenge,
    };
    let answer = json!({
        "mt": "Login", "type": kind.as_str(), "method": "digest", "username": username, "nonce": nonce,
        "response": proof.login(kind), "userAgent": AGENT,
    });
    socket.send(answer.to_string()).await?;
    let mut deadline = Instant::now() + config.timing.answer;
    let mut asked = None;
    loop {
        let heard = match message(&mut socket, deadline).await {
            Err(error) => {
                let is_late = Instant::now() >= deadline;
                return Err(asked
                    .filter(|_| is_late)
                    .map_or(error, Error::NotConfirmedByPerson));
            }
            Ok(heard) => heard,
        };
        match &heard {
            Message::Authorize(code) => {
                asked = Some(*code);
                deadline = Instant::now() + config.timing.second_factor;
                confirm(*code);
            }
            Message::LoginResult(signed) => {
                if !proof.is_login_result(&signed.text, &signed.digest) {
                    return Err(Error::NotTrusted(at.host.clone()));
                }
                let session = session(config, login, at, signed, &proof);
                return Ok(Outcome::In(Box::new(SignedIn {
                    socket,
                    at: at.clone(),
                    session,
                })));
            }
            Message::Redirect(signed) => {
                if !proof.is_redirect(&signed.text, &signed.digest) {
                    return Err(Error::NotTrusted(at.host.clone()));
                }
                return elsewhere(config, at, &signed.value).map(Outcome::Elsewhere);
            }
            Message::LoginRefused
            | Message::LogoutResult
            | Message::StandbyBack
            | Message::Disconnect
            | Message::Authenticate(_)
            | Message::User(_)
            | Message::OwnPresence(_)
            | Message::Dialog(_)
            | Message::AppLogin(_)
            | Message::Other => match (pass(&heard, login, &socket), asked) {
                (Err(Error::WrongPassword(_)), Some(code)) => return Err(Error::NotConfirmedByPerson(code)),
                (passed, _) => passed?,
            },
        }
    }
}

async fn message(socket: &mut Socket, deadline: Instant) -> Result<Message, Error> {
    let Ok(text) = timeout_at(deadline, socket.text()).await else {
        return Err(socket.timed_out());
    };
    wire::parse(&text?).map_err(|wire::Odd| Error::NotUnderstood(socket.host().to_owned()))
}

/// What may come at any time of the sign-in; what must not come is passed over.
fn pass(message: &Message, login: &Login, socket: &Socket) -> Result<(), Error> {
    let host = || socket.host().to_owned();
    match message {
        Message::LoginRefused => Err(match login {
            Login::Password(_) => Error::WrongPassword(host()),
            Login::Session(_) => Error::SessionOver(host()),
        }),
        Message::LogoutResult => Err(match login {
            Login::Password(_) => Error::NotUnderstood(host()),
            Login::Session(_) => Error::SessionOver(host()),
        }),
        Message::StandbyBack | Message::Disconnect => Err(socket.lost()),
        Message::Authenticate(_)
        | Message::Authorize(_)
        | Message::LoginResult(_)
        | Message::Redirect(_)
        | Message::User(_)
        | Message::OwnPresence(_)
        | Message::Dialog(_)
        | Message::AppLogin(_)
        | Message::Other => Ok(()),
    }
}

/// Only over TLS: a redirect that could be read on the way could lead anywhere.
fn elsewhere(config: &InnovaphoneConfig, at: &Endpoint, place: &Place) -> Result<Endpoint, Error> {
    if config.tls == Tls::Off {
        return Err(Error::BadRedirect(at.host.clone()));
    }
    Endpoint::new(&place.host, &place.https, &place.module).ok_or(Error::BadRedirect(at.host.clone()))
}

/// What is kept from now on: a new session, or the one that was used with what is new of its standby.
fn session(
    config: &InnovaphoneConfig,
    login: &Login,
    at: &Endpoint,
    signed: &Signed<LoginInfo>,
    proof: &Proof<'_>,
) -> Option<StoredSession> {
    let info = &signed.value;
    let alt = if config.tls == Tls::Off {
        &info.alt_http
    } else {
        &info.alt
    };
    let standby = Endpoint::parse(alt);
    let sealed = info.session.as_ref().and_then(|sealed| {
        Some(StoredSession {
            user: proof.session("usr", &sealed.usr)?,
            password: proof.session("pwd", &sealed.pwd)?,
            home: at.clone(),
            standby: standby.clone(),
        })
    });
    match (sealed, login) {
        (Some(session), _) => Some(session),
        (None, Login::Password(_)) => None,
        (None, Login::Session(used)) => {
            // A standby does not name itself.
            let is_news = standby.is_some() && used.standby != standby && *at == used.home;
            is_news.then(|| StoredSession {
                standby,
                ..(**used).clone()
            })
        }
    }
}
