//! `GET /me/presence`.

use super::send::{Answer, Request, address};
use super::{GraphError, Reading, set_message};
use offhook_engine::teams::{Presence, Word};
use reqwest::{Method, Url};
use serde::Deserialize;

/// Without `$select`, which was reported to fail (`facts/graph.md`, section 1.4).
pub(super) fn request(base: &Url) -> Request {
    Request::without_body(Method::GET, address(base, &["me", "presence"]))
}

/// Longer words are none of Graph's.
const LONGEST_WORD: usize = 64;

/// Unknown words are kept as they are. A presence of which only one word is there has it in both places, since
/// either word may come in either field; one without any is no presence.
pub(super) fn parse(answer: &Answer) -> Result<Reading, GraphError> {
    if !answer.status.is_success() {
        return Err(GraphError::of(answer));
    }
    let body: Body = serde_json::from_slice(&answer.body)
        .map_err(|_| GraphError::Garbage("the presence is no such JSON"))?;
    let said = |word: Option<String>| word.filter(|word| !word.is_empty());
    let (availability, activity) = match (said(body.availability), said(body.activity)) {
        (Some(availability), Some(activity)) => (availability, activity),
        (Some(word), None) | (None, Some(word)) => (word.clone(), word),
        (None, None) => {
            return Err(GraphError::Garbage(
                "the presence says neither availability nor activity",
            ));
        }
    };
    if availability.len() > LONGEST_WORD || activity.len() > LONGEST_WORD {
        return Err(GraphError::Garbage("a word of the presence is too long"));
    }
    Ok(Reading {
        presence: Presence {
            availability: Word::new(availability),
            activity: Word::new(activity),
            out_of_office: body
                .out_of_office_settings
                .and_then(|settings| settings.is_out_of_office),
        },
        message: set_message::parse(body.status_message.as_ref()),
    })
}

/// The metadata allows every member to be null; some clouds lack `outOfOfficeSettings`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    availability: Option<String>,
    activity: Option<String>,
    out_of_office_settings: Option<OutOfOffice>,
    status_message: Option<serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OutOfOffice {
    is_out_of_office: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;
    use reqwest::header::HeaderMap;

    fn read(body: &str) -> Result<Presence, GraphError> {
        parse(&Answer {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: body.as_bytes().to_vec(),
        })
        .map(|reading| reading.presence)
    }

    #[test]
    fn a_real_answer_is_read() {
        let presence = read(
            r#"{"@odata.context":"https://graph.microsoft.com/v1.0/$metadata#users('')/presence/$entity",
                "id":"aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb","availability":"Busy","activity":"InACall",
                "outOfOfficeSettings":{"message":null,"isOutOfOffice":true},
                "statusMessage":null,"workLocation":null,"sequenceNumber":"A0000000001"}"#,
        )
        .unwrap();
        assert_eq!(
            presence,
            Presence {
                out_of_office: Some(true),
                ..Presence::new("Busy", "InACall")
            }
        );
    }

    #[test]
    fn what_may_be_missing_may_be_missing() {
        let rows = [
            (
                r#"{"availability":"Busy","activity":"InACall"}"#,
                "Busy",
                "InACall",
                None,
            ),
            (r#"{"availability":"Busy","activity":null}"#, "Busy", "Busy", None),
            (
                r#"{"availability":"","activity":"Focusing"}"#,
                "Focusing",
                "Focusing",
                None,
            ),
            (
                r#"{"availability":"Dancing","activity":"Loudly","outOfOfficeSettings":null}"#,
                "Dancing",
                "Loudly",
                None,
            ),
            (
                r#"{"availability":"a","activity":"b","outOfOfficeSettings":{}}"#,
                "a",
                "b",
                None,
            ),
            (
                r#"{"availability":"a","activity":"b","outOfOfficeSettings":{"isOutOfOffice":false}}"#,
                "a",
                "b",
                Some(false),
            ),
        ];
        for (body, availability, activity, out_of_office) in rows {
            let presence = read(body).unwrap();
            assert_eq!(presence.availability.as_str(), availability);
            assert_eq!(presence.activity.as_str(), activity);
            assert_eq!(presence.out_of_office, out_of_office);
        }
    }

    #[test]
    fn what_is_no_presence_is_no_reading() {
        let long = format!(r#"{{"availability":"{}","activity":"b"}}"#, "a".repeat(65));
        for body in [
            "",
            "{}",
            "null",
            "[]",
            "<html>Sign in to the hotel</html>",
            r#"{"availability":"Busy","activity":"InACall""#,
            r#"{"availability":1,"activity":"b"}"#,
            r#"{"availability":null,"activity":null}"#,
            r#"{"availability":"a","activity":["b"]}"#,
            r#"{"availability":"a","activity":"b","outOfOfficeSettings":{"isOutOfOffice":"yes"}}"#,
            &long,
        ] {
            assert!(matches!(read(body), Err(GraphError::Garbage(_))), "{body}");
        }
    }
}
