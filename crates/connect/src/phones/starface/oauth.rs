//! Signing in to STARFACE 10 by OAuth, with the password grant of the client that every phone system of that version has
//! (facts/starface.md section 2.4). Requests and answers are RFC 6749's; pure but for the clock.
//!
//! Its sign-in in the browser is known from one client only, and so is left out.

use super::http::{Answer, Request};
use super::rest::Odd;
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use std::fmt;
use std::time::Duration;
use tokio::time::Instant;
use url::form_urlencoded::Serializer;

/// Where tokens are given.
const PATH: [&str; 5] = ["auth", "realms", "pbx", "oauth2", "token"];
/// What an access token lasts where the answer does not say.
const LIFE: Duration = Duration::from_secs(300);

/// The client, as the phone system knows it.
#[derive(Clone, PartialEq, Eq)]
pub struct OauthConfig {
    pub client: String,
    /// `None` until it was loaded.
    pub secret: Option<ClientSecret>,
    /// Those that are asked for, one after the other: it is known under two names.
    pub scopes: Vec<String>,
}

impl fmt::Debug for OauthConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OauthConfig")
            .field("client", &self.client)
            .field("scopes", &self.scopes)
            .finish_non_exhaustive()
    }
}

/// The client's own secret, which its administrator has given out.
#[derive(Debug, Clone)]
pub struct ClientSecret(pub SecretString);

impl PartialEq for ClientSecret {
    fn eq(&self, other: &Self) -> bool {
        self.0.expose_secret() == other.0.expose_secret()
    }
}

impl Eq for ClientSecret {}

/// What was given.
#[derive(Debug, Clone)]
pub struct Tokens {
    pub access: SecretString,
    refresh: Option<SecretString>,
    /// A new one is asked for from then on.
    pub due: Instant,
}

/// Why nothing was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Name or password, or a token that is over.
    Grant,
    /// The client or its secret.
    Client,
    /// There is no scope of that name.
    Scope,
    /// This client may not ask so, or not for this person.
    NotAllowed,
}

pub fn by_password(config: &OauthConfig, scope: &str, user: &str, password: &SecretString) -> Request {
    ask(
        config,
        &[
            ("grant_type", "password"),
            ("username", user),
            ("password", password.expose_secret()),
            ("scope", scope),
        ],
    )
}

/// `None`: nothing was given for that.
pub fn by_refresh(config: &OauthConfig, tokens: &Tokens) -> Option<Request> {
    let refresh = tokens.refresh.as_ref()?;
    Some(ask(
        config,
        &[
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
        ],
    ))
}

fn ask(config: &OauthConfig, members: &[(&str, &str)]) -> Request {
    let secret = config.secret.as_ref().map(|secret| secret.0.expose_secret());
    let body = Serializer::new(String::new())
        .extend_pairs(members)
        .append_pair("client_id", &config.client)
        .append_pair("client_secret", secret.unwrap_or_default())
        .finish();
    let form = HeaderValue::from_static("application/x-www-form-urlencoded");
    Request {
        what: "OAuth token",
        method: Method::POST,
        path: PATH.map(str::to_owned).to_vec(),
        login: None,
        headers: vec![(CONTENT_TYPE, form)],
        body: Some(body),
    }
}

/// # Errors
/// Where it is neither tokens nor a refusal.
pub fn parse(answer: &Answer, now: Instant) -> Result<Result<Tokens, Refusal>, Odd> {
    let value: Value = serde_json::from_slice(&answer.body).map_err(|_| Odd)?;
    let text = |name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
    };
    match (answer.status.as_u16(), text("error")) {
        (200, None) => {}
        (400..=499, Some(error)) => {
            return match error {
                "invalid_grant" => Ok(Err(Refusal::Grant)),
                "invalid_client" => Ok(Err(Refusal::Client)),
                "invalid_scope" => Ok(Err(Refusal::Scope)),
                "unauthorized_client" | "unsupported_grant_type" | "access_denied" => {
                    Ok(Err(Refusal::NotAllowed))
                }
                _ => Err(Odd),
            };
        }
        _ => return Err(Odd),
    }
    let access = text("access_token").ok_or(Odd)?;
    // It travels in a header, and in an address.
    if access.len() > 16 * 1024 || !access.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Odd);
    }
    let life = value.get("expires_in").and_then(Value::as_u64);
    let life = life.map_or(LIFE, |seconds| Duration::from_secs(seconds.min(86_400)));
    Ok(Ok(Tokens {
        access: access.to_owned().into(),
        refresh: text("refresh_token").map(|token| token.to_owned().into()),
        // Ahead of its end, whatever the clocks say; never all the time.
        due: now + (life * 3 / 4).max(Duration::from_secs(1)),
    }))
}

/// The header that carries it to REST.
///
/// # Errors
/// Where it fits into none.
pub fn bearer(tokens: &Tokens) -> Result<HeaderValue, Odd> {
    let text = format!("Bearer {}", tokens.access.expose_secret());
    let mut header = HeaderValue::from_str(&text).map_err(|_| Odd)?;
    header.set_sensitive(true);
    Ok(header)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    fn config() -> OauthConfig {
        OauthConfig {
            client: "rest-client-headless".into(),
            secret: Some(ClientSecret("planted-client&".to_owned().into())),
            scopes: vec!["login".into()],
        }
    }

    fn answer(status: u16, body: &str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            headers: reqwest::header::HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn what_is_asked_is_a_form_and_shows_no_secret() {
        let request = by_password(&config(), "login", "ada", &"planted ä".into());
        assert_eq!(
            request.body.as_deref(),
            Some(
                "grant_type=password&username=ada&password=planted+%C3%A4&scope=login\
                 &client_id=rest-client-headless&client_secret=planted-client%26"
            )
        );
        assert_eq!(request.path.join("/"), "auth/realms/pbx/oauth2/token");
        assert!(!format!("{request:?} {:?}", config()).contains("planted"));
    }

    #[test]
    fn tokens_are_renewed_ahead_of_their_end() {
        let now = Instant::now();
        let given = r#"{"access_token":"a.b.c","expires_in":300,"refresh_token":"r1","token_type":"Bearer"}"#;
        let tokens = parse(&answer(200, given), now).unwrap().unwrap();
        assert_eq!(tokens.due, now + Duration::from_secs(225));
        assert_eq!(bearer(&tokens).unwrap(), "Bearer a.b.c");
        let again = by_refresh(&config(), &tokens).unwrap().body.unwrap();
        assert!(again.starts_with("grant_type=refresh_token&refresh_token=r1&"));
        let bare = parse(&answer(200, r#"{"access_token":"a"}"#), now)
            .unwrap()
            .unwrap();
        assert!(by_refresh(&config(), &bare).is_none());
        assert!(!format!("{tokens:?}").contains("a.b.c"));
    }

    #[test]
    fn each_refusal_has_its_meaning() {
        let now = Instant::now();
        for (status, error, refusal) in [
            (400, "invalid_grant", Refusal::Grant),
            (401, "invalid_client", Refusal::Client),
            (400, "invalid_scope", Refusal::Scope),
            (400, "unauthorized_client", Refusal::NotAllowed),
        ] {
            let body = format!(r#"{{"error":"{error}","error_description":"x"}}"#);
            assert_eq!(parse(&answer(status, &body), now).unwrap().unwrap_err(), refusal);
        }
        for (status, body) in [
            (200, "<html></html>"),
            (200, "{}"),
            (200, r#"{"access_token":"a\nb"}"#),
            (200, r#"{"access_token":"a","error":"x"}"#),
            (404, r#"{"code":"x"}"#),
            (400, r#"{"error":"new"}"#),
        ] {
            assert_eq!(parse(&answer(status, body), now).err(), Some(Odd), "{body}");
        }
    }
}
