//! `POST …/presence/setStatusMessage`, and the status message in the answer to `GET /me/presence`.

use super::Whose;
use super::send::Request;
use crate::calendar::zones;
use jiff::civil::DateTime;
use jiff::{Timestamp, tz::TimeZone};
use offhook_engine::teams::StatusMessage;
use reqwest::Url;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What Teams' clients add to the content of one that is shown to those who write (`facts/graph.md`, section 1.2).
const PINNED: &str = "<pinnednote></pinnednote>";
/// Teams' own client takes 280 characters; one that is far longer is not kept for putting it back.
const LONGEST: usize = 4096;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    status_message: Status,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    message: Item,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry_date_time: Option<Zoned>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    content: String,
    content_type: &'static str,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Zoned {
    date_time: String,
    time_zone: String,
}

/// An empty one takes away what is there. Without an expiry it would never end (`facts/graph.md`, section 1.2).
pub(super) fn request(base: &Url, whose: Whose<'_>, message: &StatusMessage) -> Request {
    let pinned = if message.pinned && !message.is_none() {
        PINNED
    } else {
        ""
    };
    let ends = |until: Timestamp| Zoned {
        date_time: until.strftime("%Y-%m-%dT%H:%M:%S").to_string(),
        time_zone: "UTC".into(),
    };
    let body = Body {
        status_message: Status {
            message: Item {
                content: format!("{}{pinned}", message.text),
                content_type: "text",
            },
            expiry_date_time: message.until.filter(|_| !message.is_none()).map(ends),
        },
    };
    Request::post(whose.presence(base, "setStatusMessage"), Some(&body))
}

/// The `statusMessage` of a presence. `None`: there is one that could not be put back as it is.
pub(super) fn parse(status: Option<&Value>) -> Option<StatusMessage> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Told {
        message: Option<Said>,
        expiry_date_time: Option<Zoned>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Said {
        content: Option<String>,
        content_type: Option<String>,
    }
    let Some(status) = status.filter(|status| !status.is_null()) else {
        return Some(StatusMessage::default());
    };
    let told = Told::deserialize(status).ok()?;
    let Some(said) = told.message else {
        return Some(StatusMessage::default());
    };
    let is_text = |kind: &String| kind.eq_ignore_ascii_case("text");
    let content = said.content.unwrap_or_default();
    if !said.content_type.as_ref().is_none_or(is_text) || content.len() > LONGEST {
        return None;
    }
    let until = match told.expiry_date_time {
        Some(ends) => Some(moment(&ends)?),
        None => None,
    };
    let (text, pinned) = match content.strip_suffix(PINNED) {
        Some(text) => (text.to_owned(), true),
        None => (content, false),
    };
    Some(StatusMessage { text, pinned, until })
}

fn moment(at: &Zoned) -> Option<Timestamp> {
    let zone: TimeZone = zones::named(&at.time_zone)?;
    let local: DateTime = at.date_time.trim_end_matches('Z').parse().ok()?;
    local.to_zoned(zone).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn message(text: &str, pinned: bool, until: Option<&str>) -> StatusMessage {
        StatusMessage {
            text: text.into(),
            pinned,
            until: until.map(|at| at.parse().unwrap()),
        }
    }

    fn body(message: &StatusMessage) -> String {
        let base = Url::parse("https://graph.example/v1.0").unwrap();
        let request = request(&base, Whose::Me, message);
        assert_eq!(
            request.url.as_str(),
            "https://graph.example/v1.0/me/presence/setStatusMessage"
        );
        request.body.unwrap()
    }

    #[test]
    fn bodies_read_letter_by_letter() {
        for (message, text) in [
            (
                message("Talk, until 11:00", false, Some("2026-03-10T11:00:00Z")),
                r#"{"statusMessage":{"message":{"content":"Talk, until 11:00","contentType":"text"},"expiryDateTime":{"dateTime":"2026-03-10T11:00:00","timeZone":"UTC"}}}"#,
            ),
            (
                message("On the road", true, None),
                r#"{"statusMessage":{"message":{"content":"On the road<pinnednote></pinnednote>","contentType":"text"}}}"#,
            ),
            (
                message("", true, Some("2026-03-10T11:00:00Z")),
                r#"{"statusMessage":{"message":{"content":"","contentType":"text"}}}"#,
            ),
        ] {
            assert_eq!(body(&message), text);
        }
    }

    #[test]
    fn what_is_read_is_what_would_be_put_back() {
        for text in [
            "Off on Friday",
            " with blanks ",
            "<b>no markup</b>",
            "Zeile 1\nZeile 2 🙂",
        ] {
            for pinned in [false, true] {
                for until in [None, Some("2026-03-10T11:00:00Z")] {
                    let wanted = message(text, pinned, until);
                    let sent: Value = serde_json::from_str(&body(&wanted)).unwrap();
                    assert_eq!(parse(Some(&sent["statusMessage"])), Some(wanted));
                }
            }
        }
    }

    #[test]
    fn ends_are_read_in_their_own_zone() {
        for (at, zone, until) in [
            ("2026-07-01T17:00:00.0000000", "UTC", Some("2026-07-01T17:00:00Z")),
            (
                "2026-07-01T17:00:00",
                "W. Europe Standard Time",
                Some("2026-07-01T15:00:00Z"),
            ),
            (
                "2026-01-01T17:00:00",
                "Europe/Berlin",
                Some("2026-01-01T16:00:00Z"),
            ),
            ("2026-07-01T17:00:00", "Mars", None),
            ("soon", "UTC", None),
        ] {
            let told = json!({"message": {"content": "x", "contentType": "text"},
                "expiryDateTime": {"dateTime": at, "timeZone": zone}});
            let wanted = until.map(|until| message("x", false, Some(until)));
            assert_eq!(parse(Some(&told)), wanted, "{at} {zone}");
        }
    }

    #[test]
    fn one_that_is_not_there_is_none_and_one_that_could_not_be_put_back_is_not_read() {
        for none in [
            None,
            Some(json!(null)),
            Some(json!({})),
            Some(json!({"message": null})),
            Some(json!({"message": {"content": null}})),
            Some(json!({"message": {"content": ""}, "expiryDateTime": null})),
        ] {
            let read = parse(none.as_ref()).unwrap();
            assert!(read.is_none(), "{none:?}");
        }
        for odd in [
            json!("x"),
            json!({"message": {"content": "<p>x</p>", "contentType": "html"}}),
            json!({"message": {"content": 1}}),
            json!({"message": {"content": "x".repeat(5000)}}),
        ] {
            assert_eq!(parse(Some(&odd)), None, "{odd}");
        }
    }
}
