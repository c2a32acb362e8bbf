//! Signing in: a nonce is asked for, its answer proves the password, a token comes back (section 2.1).

use super::super::config::LoginType;
use super::super::http::{Answer, Request};
use super::super::logins;
use super::{Odd, json, request};
use reqwest::Method;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json as object};

/// A token is renewed on 401, and ahead of time; nobody knows how long a nonce holds, so each is used once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// As received: it is sent back so.
    kind: String,
    pub login: LoginType,
    nonce: String,
}

pub fn ask() -> Request {
    request("login", Method::GET, &["login"], None)
}

/// # Errors
/// Where it is no challenge, or for a kind of login that nobody has described.
pub fn parse_challenge(answer: &Answer) -> Result<Challenge, Odd> {
    let value = json(answer)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str);
    let (Some(kind), Some(nonce)) = (text("loginType"), text("nonce")) else {
        return Err(Odd);
    };
    // The vendor writes Internal here and INTERNAL there.
    let plain: String = kind.chars().filter(|c| *c != '_').collect();
    let login = match plain.to_ascii_lowercase().as_str() {
        "internal" => LoginType::Internal,
        "activedirectory" => LoginType::ActiveDirectory,
        _ => return Err(Odd),
    };
    Ok(Challenge {
        kind: kind.to_owned(),
        login,
        nonce: nonce.to_owned(),
    })
}

/// The caller has made sure that a directory's password may be sent.
pub fn prove(challenge: &Challenge, login: &str, password: &SecretString) -> Request {
    let secret = match challenge.login {
        // No challenge is of the last kind.
        LoginType::Internal | LoginType::Oauth => logins::rest_internal(login, &challenge.nonce, password),
        LoginType::ActiveDirectory => logins::rest_active_directory(login, &challenge.nonce, password),
    };
    let body = object!({
        "loginType": challenge.kind,
        "nonce": challenge.nonce,
        "secret": secret.expose_secret(),
    });
    request("login", Method::POST, &["login"], Some(&body))
}

/// # Errors
/// Where there is no token in it.
pub fn parse_token(answer: &Answer) -> Result<HeaderValue, Odd> {
    let value = json(answer)?;
    // Two clients in the field read the second name.
    let token = ["token", "authToken"]
        .iter()
        .find_map(|name| value.get(name)?.as_str())
        .filter(|token| !token.is_empty())
        .ok_or(Odd)?;
    let mut token = HeaderValue::from_str(token).map_err(|_| Odd)?;
    token.set_sensitive(true);
    Ok(token)
}

pub fn end() -> Request {
    request("logout", Method::DELETE, &["login"], None)
}

/// What says to REST who it is.
#[derive(Debug, Clone)]
pub enum RestPass {
    /// Given for a proof.
    Token(HeaderValue),
    /// STARFACE 10's access token.
    Bearer(HeaderValue),
}

/// The header that carries it.
pub fn with_pass(mut request: Request, pass: &RestPass) -> Request {
    let header = match pass {
        RestPass::Token(token) => (HeaderName::from_static("authtoken"), token.clone()),
        RestPass::Bearer(bearer) => (AUTHORIZATION, bearer.clone()),
    };
    request.headers.push(header);
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    fn answer(body: &str) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: reqwest::header::HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        }
    }

    #[test]
    fn every_spelling_of_the_login_type_is_taken_and_sent_back() {
        for (kind, login) in [
            ("Internal", LoginType::Internal),
            ("INTERNAL", LoginType::Internal),
            ("ActiveDirectory", LoginType::ActiveDirectory),
            ("ACTIVE_DIRECTORY", LoginType::ActiveDirectory),
        ] {
            let body = format!(r#"{{"loginType":"{kind}","nonce":"n","secret":null,"more":1}}"#);
            let challenge = parse_challenge(&answer(&body)).unwrap();
            assert_eq!(challenge.login, login);
            let sent: Value =
                serde_json::from_str(&prove(&challenge, "123", &"p".into()).body.unwrap()).unwrap();
            assert_eq!((&sent["loginType"], &sent["nonce"]), (&kind.into(), &"n".into()));
        }
    }

    #[test]
    fn what_is_no_challenge_is_refused() {
        for body in [
            "",
            "<html></html>",
            "[]",
            "{}",
            r#"{"loginType":"Internal"}"#,
            r#"{"loginType":"Kerberos","nonce":"n"}"#,
            r#"{"loginType":1,"nonce":"n"}"#,
        ] {
            assert_eq!(parse_challenge(&answer(body)), Err(Odd), "{body}");
        }
    }

    #[test]
    fn both_names_of_the_token_are_read() {
        assert_eq!(parse_token(&answer(r#"{"token":"t"}"#)).unwrap(), "t");
        assert_eq!(parse_token(&answer(r#"{"authToken":"t"}"#)).unwrap(), "t");
        for body in [
            "{}",
            r#"{"token":""}"#,
            r#"{"token":"a\nb"}"#,
            r#"{"token":1}"#,
            "x",
        ] {
            assert_eq!(parse_token(&answer(body)), Err(Odd), "{body}");
        }
        assert!(!format!("{:?}", parse_token(&answer(r#"{"token":"very-secret"}"#))).contains("very"));
    }
}
