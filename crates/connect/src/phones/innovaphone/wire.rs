//! Messages of the two web sockets: JSON objects whose `mt` says what they are (facts/innovaphone-messages.json).
//! What is not known is passed over; a member that is missing is empty.

use super::digest::compact;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::fmt;

/// What is no message of these sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odd;

/// A message of myApps. `Debug` shows its kind alone: the rest is personal or secret.
#[derive(Clone, PartialEq, Eq)]
pub enum Message {
    Authenticate(Challenge),
    /// The second factor: the number to show.
    Authorize(u64),
    /// `info` in its shortest form, with its digest.
    LoginResult(Signed<LoginInfo>),
    /// The sign-in was refused.
    LoginRefused,
    Redirect(Signed<Place>),
    LogoutResult,
    StandbyBack,
    Disconnect,
    User(User),
    OwnPresence(Vec<Item>),
    Dialog(Dialog),
    AppLogin(AppLogin),
    /// Another kind, of no use here.
    Other,
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Authenticate(_) => "Authenticate",
            Self::Authorize(_) => "Authorize",
            Self::LoginResult(_) => "LoginResult",
            Self::LoginRefused => "LoginResult (error)",
            Self::Redirect(_) => "Redirect",
            Self::LogoutResult => "LogoutResult",
            Self::StandbyBack => "StandbyBack",
            Self::Disconnect => "Disconnect",
            Self::User(_) => "UpdateUser",
            Self::OwnPresence(_) => "UpdateOwnPresence",
            Self::Dialog(_) => "DialogInfo",
            Self::AppLogin(_) => "AppGetLoginResult",
            Self::Other => "other",
        })
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Challenge {
    #[serde(rename = "type")]
    pub kind: String,
    pub method: String,
    pub domain: String,
    pub challenge: String,
}

/// Something with the text that its digest is made of.
#[derive(Clone, PartialEq, Eq)]
pub struct Signed<T> {
    pub value: T,
    pub text: String,
    pub digest: String,
}

/// What a sign-in brings.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LoginInfo {
    pub session: Option<SealedSession>,
    /// The standby, reached by TLS and without.
    pub alt: String,
    #[serde(rename = "altHttp")]
    pub alt_http: String,
}

/// The session's two halves as RC4 made them, in hex.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct SealedSession {
    pub usr: String,
    pub pwd: String,
}

/// Where a person's own phone system is. Ports are text there.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Place {
    pub host: String,
    pub https: String,
    #[serde(rename = "mod")]
    pub module: String,
}

#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct User {
    pub sip: String,
    pub guid: String,
    pub dn: String,
    pub num: String,
    pub email: String,
}

/// One item of a presence, the newest first.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Item {
    /// `tel:` set by the person, `im:` made by the phone system, `calendar:` by an app.
    pub contact: String,
    #[serde(deserialize_with = "text")]
    pub activity: String,
    #[serde(deserialize_with = "text")]
    pub note: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Dialog {
    #[serde(rename = "callId", deserialize_with = "text")]
    pub call: String,
    pub state: DialogState,
    pub deleted: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct DialogState {
    #[serde(deserialize_with = "text")]
    pub name: String,
    pub outgoing: bool,
    pub hold: bool,
}

/// A login for an app, made by the phone system. Its members go on to the app as they came.
#[derive(Clone, PartialEq, Eq)]
pub struct AppLogin {
    pub src: String,
    /// `None`: refused.
    pub members: Option<serde_json::Map<String, Value>>,
    /// As it came: its text is part of the digest.
    pub info: Option<String>,
}

/// Their members are personal or secret.
macro_rules! debug_hides_members {
    ($($name:ident)*) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        })*
    };
}
debug_hides_members!(LoginInfo SealedSession User Item AppLogin);

impl<T: fmt::Debug> fmt::Debug for Signed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Signed").field(&self.value).finish()
    }
}

/// A text; a number is one too, and null is empty.
fn text<'de, D: serde::Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => text,
        Value::Null => String::new(),
        other @ (Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => other.to_string(),
    })
}

#[derive(Deserialize)]
struct Head {
    mt: String,
}

#[derive(Deserialize)]
struct WithInfo<'a> {
    #[serde(borrow)]
    info: Option<&'a RawValue>,
    #[serde(default)]
    digest: String,
    #[serde(default)]
    error: Value,
}

impl WithInfo<'_> {
    fn signed<T: for<'de> Deserialize<'de>>(&self) -> Result<Signed<T>, Odd> {
        let raw = self.info.ok_or(Odd)?.get();
        Ok(Signed {
            value: serde_json::from_str(raw).map_err(|_| Odd)?,
            text: compact(raw),
            digest: self.digest.clone(),
        })
    }
}

/// # Errors
/// What is no JSON object with an `mt`, or lacks what its kind always has.
pub fn parse(text: &str) -> Result<Message, Odd> {
    fn to<'de, T: Deserialize<'de>>(text: &'de str) -> Result<T, Odd> {
        serde_json::from_str(text).map_err(|_| Odd)
    }
    let Head { mt } = to(text)?;
    Ok(match mt.as_str() {
        "Authenticate" => Message::Authenticate(to(text)?),
        "Authorize" => {
            #[derive(Deserialize)]
            struct Authorize {
                code: u64,
            }
            Message::Authorize(to::<Authorize>(text)?.code)
        }
        "LoginResult" => {
            let with: WithInfo<'_> = to(text)?;
            if with.info.is_none() || is_error(&with.error) {
                Message::LoginRefused
            } else {
                Message::LoginResult(with.signed()?)
            }
        }
        "Redirect" => Message::Redirect(to::<WithInfo<'_>>(text)?.signed()?),
        "LogoutResult" => Message::LogoutResult,
        "StandbyBack" => Message::StandbyBack,
        "Disconnect" => Message::Disconnect,
        "UpdateUser" => {
            #[derive(Deserialize)]
            struct Update {
                user: User,
            }
            Message::User(to::<Update>(text)?.user)
        }
        "UpdateOwnPresence" => {
            #[derive(Deserialize)]
            struct Update {
                #[serde(default)]
                presence: Vec<Item>,
            }
            Message::OwnPresence(to::<Update>(text)?.presence)
        }
        "DialogInfo" => Message::Dialog(to(text)?),
        "AppGetLoginResult" => {
            let Value::Object(mut members) = to(text)? else {
                return Err(Odd);
            };
            let with: WithInfo<'_> = to(text)?;
            let src = match members.remove("src") {
                Some(Value::String(src)) => src,
                Some(_) | None => String::new(),
            };
            let refused = is_error(&with.error) || with.digest.is_empty();
            Message::AppLogin(AppLogin {
                src,
                info: with.info.map(|raw| raw.get().to_owned()),
                members: (!refused).then_some(members),
            })
        }
        _ => Message::Other,
    })
}

/// `error` is a number; 0 and its absence mean none.
fn is_error(error: &Value) -> bool {
    match error {
        Value::Null => false,
        Value::Number(number) => number.as_i64() != Some(0),
        Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => true,
    }
}

/// An answer of an API at the second socket. `Debug` shows its kind alone.
#[derive(Clone, PartialEq)]
pub struct Answer {
    pub mt: String,
    pub src: String,
    pub members: serde_json::Map<String, Value>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Answer")
            .field("mt", &self.mt)
            .finish_non_exhaustive()
    }
}

impl Answer {
    /// # Errors
    /// What is no JSON object with an `mt`.
    pub fn parse(text: &str) -> Result<Self, Odd> {
        let Ok(Value::Object(members)) = serde_json::from_str(text) else {
            return Err(Odd);
        };
        let word = |name: &str| members.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Self {
            mt: word("mt").ok_or(Odd)?,
            src: word("src").unwrap_or_default(),
            members,
        })
    }

    pub fn word(&self, name: &str) -> &str {
        self.members.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// Neither an `error` nor `ok: false`.
    pub fn is_done(&self) -> bool {
        let error = self.members.get("error").is_some_and(is_error);
        !error && self.members.get("ok") != Some(&Value::Bool(false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_info_is_kept_as_it_came() {
        let text = r#"{"mt":"LoginResult","digest":"d","info":{"zz":1,"alt":"b:443/PBX0","aa":"ä"}}"#;
        let Ok(Message::LoginResult(signed)) = parse(text) else {
            panic!("not read");
        };
        assert_eq!(signed.text, r#"{"zz":1,"alt":"b:443/PBX0","aa":"ä"}"#);
        assert_eq!(
            (signed.digest.as_str(), signed.value.alt.as_str()),
            ("d", "b:443/PBX0")
        );
    }

    #[test]
    fn refusals_are_told_apart_from_successes() {
        for refused in [
            r#"{"mt":"LoginResult","error":1,"errorText":"Session expired"}"#,
            r#"{"mt":"LoginResult","error":1,"info":{}}"#,
            r#"{"mt":"LoginResult"}"#,
        ] {
            assert_eq!(parse(refused), Ok(Message::LoginRefused), "{refused}");
        }
        let app = |text: &str| match parse(text) {
            Ok(Message::AppLogin(login)) => login.members.is_some(),
            other => panic!("{other:?}"),
        };
        assert!(app(r#"{"mt":"AppGetLoginResult","src":"x","digest":"d"}"#));
        assert!(!app(r#"{"mt":"AppGetLoginResult","src":"x","error":2}"#));
        assert!(!app(r#"{"mt":"AppGetLoginResult","src":"x"}"#));
    }

    #[test]
    fn what_is_no_message_is_none() {
        for odd in [
            "",
            "[]",
            "1",
            "{}",
            r#"{"mt":1}"#,
            r#"{"mt":"UpdateUser"}"#,
            r#"{"mt":"Redirect"}"#,
        ] {
            assert_eq!(parse(odd), Err(Odd), "{odd}");
        }
        assert_eq!(parse(r#"{"mt":"SomethingNew","x":[]}"#), Ok(Message::Other));
    }

    #[test]
    fn a_missing_member_is_empty_and_a_number_is_a_text() {
        let Ok(Message::Dialog(dialog)) =
            parse(r#"{"mt":"DialogInfo","callId":17,"state":{"outgoing":true}}"#)
        else {
            panic!("not read");
        };
        assert_eq!(dialog.call, "17");
        assert!(dialog.state.outgoing && !dialog.deleted);
        let Ok(Message::OwnPresence(items)) =
            parse(r#"{"mt":"UpdateOwnPresence","presence":[{"contact":"tel:","note":null}]}"#)
        else {
            panic!("not read");
        };
        assert_eq!(items[0].note, "");
    }

    #[test]
    fn nothing_personal_shows() {
        let user = parse(r#"{"mt":"UpdateUser","user":{"dn":"planted"}}"#);
        let answer = Answer::parse(r#"{"mt":"GetDiversionResult","num":"planted"}"#);
        assert!(!format!("{user:?} {answer:?}").contains("planted"));
    }
}
