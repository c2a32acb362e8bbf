//! What the portal is asked and what it answers (facts/asterisk.md section 2.4).

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

/// The names under which a reading asks and answers: those of the modules' classes.
const DND: &str = "Donotdisturb";
const FORWARD: &str = "Callforward";

/// The fields of a form; they may hold the password and are not kept.
pub type Form = Vec<(String, String)>;

fn form(fields: &[(&str, &str)]) -> Form {
    let owned = fields
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    owned.collect()
}

pub fn login(user: &str, password: &SecretString, token: &str) -> Form {
    form(&[
        ("module", "User"),
        ("command", "login"),
        ("username", user),
        ("password", password.expose_secret()),
        ("token", token),
    ])
}

/// Everything at once.
pub fn poll(extension: &str) -> Form {
    form(&[
        ("command", "poll"),
        (format!("data[{DND}][]").as_str(), extension),
        (format!("data[{FORWARD}][]").as_str(), extension),
    ])
}

pub fn set_dnd(extension: &str, on: bool) -> Form {
    form(&[
        ("module", "donotdisturb"),
        ("command", "enable"),
        ("ext", extension),
        ("enable", if on { "true" } else { "false" }),
    ])
}

/// Of all calls (`CF`); without a value it is taken away.
pub fn set_forward(extension: &str, target: Option<&str>) -> Form {
    let mut form = form(&[
        ("module", "callforward"),
        ("command", "settings"),
        ("ext", extension),
        ("type", "CF"),
    ]);
    form.extend(target.map(|target| ("value".to_owned(), target.to_owned())));
    form
}

/// The token that the sign-in form hides. `None`: it is no such form.
pub fn token(page: &str) -> Option<String> {
    let tags = page.split('<').filter(|tag| {
        let name = tag.get(..5);
        name.is_some_and(|name| name.eq_ignore_ascii_case("input"))
    });
    let tag = tags
        .filter_map(|tag| tag.split_once('>').map(|(tag, _)| tag))
        .find(|tag| attribute(tag, "name") == Some("token"))?;
    let token = attribute(tag, "value")?;
    let is_token =
        !token.is_empty() && token.len() <= 256 && token.bytes().all(|byte| byte.is_ascii_graphic());
    is_token.then(|| token.to_owned())
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = tag;
    loop {
        let at = rest.find(name)?;
        let before = rest.get(..at)?.chars().next_back();
        rest = rest.get(at + name.len()..)?;
        let value = rest.trim_start().strip_prefix('=').map(str::trim_start);
        let (Some(value), Some(true)) = (value, before.map(char::is_whitespace)) else {
            continue;
        };
        let quote = value.chars().next().filter(|sign| matches!(sign, '"' | '\''))?;
        return value.get(1..)?.split(quote).next();
    }
}

/// What a sign-in was answered with. `None`: it is no such answer.
pub fn is_in(answer: &[u8]) -> Option<bool> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    answer.get("status")?.as_bool()
}

/// Whether a change was taken.
pub fn is_taken(answer: &[u8]) -> bool {
    is_in(answer) == Some(true)
}

/// How the extension stands. `None`: the module is not there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct States {
    pub dnd: Option<bool>,
    pub forward: Option<Option<String>>,
    /// A module is there and tells nothing of the extension: it is not the person's.
    pub is_strange: bool,
}

/// Numbers are personal.
impl std::fmt::Debug for States {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("States")
            .field("dnd", &self.dnd)
            .field("forward", &self.forward.as_ref().map(Option::is_some))
            .field("is_strange", &self.is_strange)
            .finish()
    }
}

/// `None`: it is no answer to that.
pub fn states(answer: &[u8], extension: &str) -> Option<States> {
    let answer: Value = serde_json::from_slice(answer).ok()?;
    let modules = answer.get("modData")?;
    let mut states = States::default();
    let mut of = |module: &str| {
        // PHP writes an object without members as a list.
        let told = modules.get(module)?.get("states")?;
        let state = told.get(extension).cloned();
        states.is_strange |= state.is_none();
        state
    };
    let (dnd, forward) = (of(DND), of(FORWARD));
    states.dnd = dnd.as_ref().and_then(truth);
    states.forward = forward.and_then(|forward| match forward.get("CF")? {
        Value::String(target) => Some(Some(target.trim().to_owned()).filter(|target| !target.is_empty())),
        Value::Number(target) => Some(Some(target.to_string())),
        Value::Bool(false) | Value::Null => Some(None),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => None,
    });
    Some(states)
}

fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(on) => Some(*on),
        Value::Null => Some(false),
        Value::String(word) => Some(!word.is_empty()),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_is_found_however_the_form_is_written() {
        for page in [
            r#"<form><input type="hidden" name="token" value="abc123"></form>"#,
            r#"<INPUT value='abc123' type='hidden'   name = 'token' />"#,
            r#"<input name="username"><input data-name="token" name="other" value="no"><input name="token" value="abc123">"#,
        ] {
            assert_eq!(token(page).as_deref(), Some("abc123"), "{page}");
        }
        for page in [
            "",
            "<html>Router</html>",
            r#"<input name="token">"#,
            r#"<input name="token" value="">"#,
            r#"<input name="token" value="a b">"#,
            r#"<input name="token" value"#,
            r#"<input name=token value=abc>"#,
        ] {
            assert_eq!(token(page), None, "{page}");
        }
    }

    #[test]
    fn requests_are_those_of_the_modules() {
        let text = |form: Form| {
            let fields: Vec<String> = form
                .iter()
                .map(|(name, value)| format!("{name}={value}"))
                .collect();
            fields.join("&")
        };
        assert_eq!(
            text(poll("101")),
            "command=poll&data[Donotdisturb][]=101&data[Callforward][]=101"
        );
        assert_eq!(
            text(set_dnd("101", true)),
            "module=donotdisturb&command=enable&ext=101&enable=true"
        );
        assert_eq!(
            text(set_forward("101", Some("200"))),
            "module=callforward&command=settings&ext=101&type=CF&value=200"
        );
        assert_eq!(
            text(set_forward("101", None)),
            "module=callforward&command=settings&ext=101&type=CF"
        );
    }

    #[test]
    fn states_are_read_as_php_writes_them() {
        let of = |modules: &str| {
            states(
                format!("{{\"status\":true,\"modData\":{{{modules}}}}}").as_bytes(),
                "101",
            )
        };
        let both = of(
            r#""Donotdisturb":{"states":{"101":true}},"Callforward":{"states":{"101":{"CFU":false,"CFB":"","CF":"0305550199"}}}"#,
        );
        assert_eq!(
            both,
            Some(States {
                dnd: Some(true),
                forward: Some(Some("0305550199".into())),
                is_strange: false,
            })
        );
        let off = of(r#""Donotdisturb":{"states":{"101":""}},"Callforward":{"states":{"101":{"CF":false}}}"#)
            .unwrap();
        assert_eq!((off.dnd, off.forward), (Some(false), Some(None)));
        let nothing = of(r#""Voicemail":{"status":true}"#).unwrap();
        assert_eq!(
            (nothing.dnd, nothing.forward, nothing.is_strange),
            (None, None, false)
        );
        assert!(of(r#""Donotdisturb":{"states":[]}"#).unwrap().is_strange);
        assert_eq!(states(b"<html>", "101"), None);
        assert_eq!(states(b"{\"status\":true}", "101"), None);
    }

    #[test]
    fn answers_to_a_sign_in() {
        assert_eq!(is_in(br#"{"status":true,"message":"","token":"x"}"#), Some(true));
        assert_eq!(
            is_in(br#"{"status":false,"message":"Invalid Login Credentials"}"#),
            Some(false)
        );
        assert_eq!(is_in(b"<html>"), None);
        assert!(!is_taken(br#"{"status":"false"}"#));
    }
}
