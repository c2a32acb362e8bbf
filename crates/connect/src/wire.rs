//! What goes over the wires, for the log at TRACE: which wire, in which direction, what kind of message, how many
//! bytes. What a message says is not logged at any level: it holds names, numbers, subjects and secrets.

use reqwest::{Body, RequestBuilder, Response};
use std::fmt;

/// Longer than any name of a message.
const LONGEST: usize = 48;
/// No message's name has more digits: what has more may be a number of somebody, or a token.
const DIGITS: usize = 4;

/// `bytes`: of the message, over HTTP of its body.
pub(crate) fn sent(wire: &'static str, kind: impl fmt::Display, bytes: usize) {
    tracing::trace!(wire, kind = %Kind(kind), bytes, "sent");
}

/// As [`sent`]. `kind` may be the other side's word.
pub(crate) fn heard(wire: &'static str, kind: impl fmt::Display, bytes: usize) {
    tracing::trace!(wire, kind = %Kind(kind), bytes, "heard");
}

/// Sends a request over HTTP. Whoever reads the answer says what was heard.
///
/// # Errors
/// As the request's own `send`.
pub(crate) async fn send(wire: &'static str, request: RequestBuilder) -> Result<Response, reqwest::Error> {
    let (client, request) = request.build_split();
    let request = request?;
    let body = request.body().and_then(Body::as_bytes);
    sent(wire, request.method(), body.map_or(0, <[u8]>::len));
    client.execute(request).await
}

/// The name of an XML text's first element, without prefix, if anybody wants to know it.
pub(crate) struct Root<'a>(pub &'a str);

impl fmt::Display for Root<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tags = self.0.split('<').skip(1);
        let root = tags.find(|tag| !tag.starts_with(['?', '!'])).unwrap_or_default();
        let root = root.split(|sign: char| sign.is_whitespace() || "/>".contains(sign));
        let root = root.into_iter().find(|word| !word.is_empty()).unwrap_or_default();
        f.write_str(root.rsplit(':').next().unwrap_or_default())
    }
}

/// The member of that name in a JSON text, or else the name of its first one, if anybody wants to know it.
pub(crate) struct Member<'a>(pub &'a str, pub &'static str);

impl fmt::Display for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value: serde_json::Value = serde_json::from_str(self.0).unwrap_or_default();
        let first = value.as_object().and_then(|all| all.iter().next());
        let within = first.and_then(|(_, inner)| inner.get(self.1));
        let named = value.get(self.1).or(within).and_then(|name| name.as_str());
        let name = named.or(first.map(|(name, _)| name.as_str()));
        f.write_str(name.unwrap_or_default())
    }
}

/// One word as protocols name their messages with. Everything else is shown as `?`.
struct Kind<T>(T);

impl<T: fmt::Display> fmt::Display for Kind<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = self.0.to_string();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
        let digits = word.bytes().filter(u8::is_ascii_digit).count();
        let is_name = (1..=LONGEST).contains(&word.len()) && word.bytes().all(plain) && digits <= DIGITS;
        f.write_str(if is_name { &word } else { "?" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wire_is_logged_with_direction_kind_and_length() {
        let said = crate::logging::capture(|| {
            sent("AMI", "Challenge", 61);
            heard("SIP", 200, 412);
        });
        let lines: Vec<&str> = said.lines().collect();
        assert_eq!(lines.len(), 2, "{said}");
        for (line, words) in lines.iter().zip([
            r#"sent wire="AMI" kind=Challenge bytes=61"#,
            r#"heard wire="SIP" kind=200 bytes=412"#,
        ]) {
            assert!(line.contains("TRACE") && line.ends_with(words), "{line}");
        }
    }

    #[test]
    fn kinds_are_found_in_what_is_sent() {
        for (xml, name) in [
            (
                "<?xml version=\"1.0\"?>\n<MonitorStart xmlns=\"x\">",
                "MonitorStart",
            ),
            ("<s:Envelope><s:Body/>", "Envelope"),
            ("<presence/>", "presence"),
            ("</stream:stream>", "stream"),
            ("no tag", ""),
        ] {
            assert_eq!(Root(xml).to_string(), name);
        }
        for (json, name) in [
            (r#"{"mt":"Login","user":"ada"}"#, "Login"),
            (r#"{"invoke":{"mt":"asnLogoff"}}"#, "asnLogoff"),
            (r#"{"result":{"invokeID":1}}"#, "result"),
            ("[]", ""),
            ("no JSON", ""),
        ] {
            assert_eq!(Member(json, "mt").to_string(), name);
        }
    }

    #[test]
    fn what_is_no_name_of_a_message_is_not_shown() {
        for name in [
            "Event",
            "GET",
            "302",
            "starface-push",
            "callInformationChangedV2",
            "DTMFBegin",
        ] {
            assert_eq!(Kind(name).to_string(), name);
        }
        for other in [
            "",
            "Ada Lovelace",
            "ada@example.com",
            "+4930987654321",
            "1001234",
            "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsIng1dCI6IkhsQzBS",
            "hunter2;Winter",
            "two\nlines",
            "Müller",
        ] {
            assert_eq!(Kind(other).to_string(), "?", "{other:?}");
        }
    }
}
