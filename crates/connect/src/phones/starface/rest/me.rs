//! Who is signed in.

use super::super::http::{Answer, Request};
use super::{Odd, json, request};
use reqwest::Method;
use serde_json::Value;
use std::fmt;

/// The person's own entry. `Debug` hides the names.
#[derive(Clone, PartialEq, Eq)]
pub struct Me {
    /// For the addresses of what is theirs.
    pub id: i64,
    /// Name and e-mail address, as far as there are any.
    pub names: Vec<String>,
}

impl fmt::Debug for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Me(…)")
    }
}

pub fn ask() -> Request {
    request("own user", Method::GET, &["users", "me"], None)
}

/// # Errors
/// Where there is no id in it.
pub fn parse(answer: &Answer) -> Result<Me, Odd> {
    let value = json(answer)?;
    let id = value.get("id").and_then(Value::as_i64).ok_or(Odd)?;
    let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let whole = format!("{} {}", text("firstName"), text("familyName"));
    let names = [whole.trim(), text("email")];
    Ok(Me {
        id,
        names: names
            .iter()
            .filter(|name| !name.is_empty())
            .map(|name| (*name).to_owned())
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    #[test]
    fn id_and_names_are_read() {
        let me = |body: &str| {
            parse(&Answer {
                status: StatusCode::OK,
                headers: reqwest::header::HeaderMap::new(),
                body: body.into(),
            })
        };
        let whole = r#"{"id":7,"login":"0815","email":"a@example.de","firstName":"Anna","familyName":"Ä","language":"de"}"#;
        let wanted = Me {
            id: 7,
            names: vec!["Anna Ä".into(), "a@example.de".into()],
        };
        assert_eq!(me(whole), Ok(wanted));
        assert_eq!(me(r#"{"id":7}"#).unwrap().names, [] as [String; 0]);
        for odd in ["", "{}", r#"{"id":"7"}"#, "<html>"] {
            assert_eq!(me(odd), Err(Odd));
        }
    }
}
