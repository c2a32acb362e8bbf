//! Do not disturb: a member of the person's phone configuration, which is written back whole (section 2.2).

use super::super::http::{Answer, Request};
use super::{Odd, json, request};
use reqwest::Method;
use serde_json::{Map, Value};

const DND: &str = "doNotDisturb";

/// The object as it was read, with members that nobody has described. `Debug` shows do not disturb alone.
#[derive(Clone, PartialEq)]
pub struct PhoneConfig(Map<String, Value>);

impl std::fmt::Debug for PhoneConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PhoneConfig({})", self.dnd())
    }
}

impl PhoneConfig {
    pub fn dnd(&self) -> bool {
        self.0.get(DND).and_then(Value::as_bool).unwrap_or(false)
    }

    /// The same with do not disturb as given and everything else as it was.
    #[must_use]
    pub fn with_dnd(mut self, on: bool) -> Self {
        self.0.insert(DND.to_owned(), Value::Bool(on));
        self
    }
}

pub fn read(user: i64) -> Request {
    request(
        "phone configuration",
        Method::GET,
        &["users", &user.to_string(), "phoneconfig"],
        None,
    )
}

/// # Errors
/// Where it does not say whether do not disturb is on.
pub fn parse(answer: &Answer) -> Result<PhoneConfig, Odd> {
    let Value::Object(members) = json(answer)? else {
        return Err(Odd);
    };
    if members.get(DND).is_some_and(Value::is_boolean) {
        Ok(PhoneConfig(members))
    } else {
        Err(Odd)
    }
}

pub fn write(user: i64, config: PhoneConfig) -> Request {
    request(
        "write phone configuration",
        Method::PUT,
        &["users", &user.to_string(), "phoneconfig"],
        Some(&Value::Object(config.0)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    fn answer(body: &str) -> Answer {
        Answer {
            status: StatusCode::OK,
            headers: reqwest::header::HeaderMap::new(),
            body: body.into(),
        }
    }

    #[test]
    fn everything_but_do_not_disturb_is_written_back_as_it_was() {
        let read = r#"{"callWaiting":true,"displayNumberId":3,"doNotDisturb":false,"primaryPhoneId":9,"later":{"a":[1]}}"#;
        let config = parse(&answer(read)).unwrap();
        assert!(!config.dnd());
        let sent = write(7, config.with_dnd(true));
        assert_eq!(sent.path, ["rest", "users", "7", "phoneconfig"]);
        let sent: Value = serde_json::from_str(&sent.body.unwrap()).unwrap();
        let wanted: Value =
            serde_json::from_str(&read.replace("\"doNotDisturb\":false", "\"doNotDisturb\":true")).unwrap();
        assert_eq!(sent, wanted);
    }

    #[test]
    fn without_do_not_disturb_it_is_no_configuration() {
        for odd in ["", "[]", "{}", r#"{"doNotDisturb":"no"}"#, "<html>"] {
            assert_eq!(parse(&answer(odd)), Err(Odd), "{odd}");
        }
    }
}
