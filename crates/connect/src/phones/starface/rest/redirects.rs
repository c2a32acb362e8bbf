//! Forwarding: the person's own ALWAYS redirections, switched on and off and never changed (section 2.2).
//!
//! A person has one redirection per number of theirs and trigger. What shows as the forward is a text that says
//! which of them are on: a lone target where exactly all redirections to that target are on, else one entry
//! `number > target` per redirection that is on. So the text alone tells what has to be switched to get back to it,
//! after a crash too, and "switch exactly those off again" needs no memory.

use super::super::http::{Answer, Request};
use super::{Odd, json, request};
use reqwest::Method;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use std::fmt;

const BETWEEN: &str = "; ";
const TO: &str = " > ";

/// One ALWAYS redirection on a number of the person's own. `Debug` hides the numbers.
#[derive(Clone, PartialEq)]
pub struct Redirection {
    pub id: String,
    pub enabled: bool,
    number: String,
    /// A number, or `Mailbox` and its id.
    target: String,
    /// As read, with members that nobody has described (the ring time is one).
    whole: Map<String, Value>,
}

impl fmt::Debug for Redirection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redirection")
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

pub fn list() -> Request {
    request("redirections", Method::GET, &["redirects"], None)
}

/// The person's own ALWAYS redirections that have a target, by number. Those of groups belong to others as well; one
/// that does not say whose it is is left alone.
///
/// # Errors
/// Where it is no list.
pub fn parse(answer: &Answer) -> Result<Vec<Redirection>, Odd> {
    let Value::Array(list) = json(answer)? else {
        return Err(Odd);
    };
    let mut own: Vec<Redirection> = list.into_iter().filter_map(redirection).collect();
    own.sort_by(|a, b| (&a.number, &a.id).cmp(&(&b.number, &b.id)));
    Ok(own)
}

fn redirection(value: Value) -> Option<Redirection> {
    let Value::Object(whole) = value else { return None };
    let trigger = whole
        .get("redirectTrigger")?
        .get("redirectTriggerType")?
        .as_str()?;
    let is_own = !whole.get("groupNumber")?.as_bool()?;
    if !is_own || !trigger.eq_ignore_ascii_case("ALWAYS") {
        return None;
    }
    let destination = whole.get("redirectDestination")?;
    let text = |name: &str| match destination.get(name)? {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    let kind = destination.get("redirectDestinationType")?.as_str()?;
    let target = if kind.eq_ignore_ascii_case("MAILBOX") {
        format!("Mailbox {}", text("mailboxId")?)
    } else {
        text("phoneNumber")?
    };
    Some(Redirection {
        id: whole.get("id")?.as_str()?.to_owned(),
        enabled: whole.get("enabled")?.as_bool()?,
        number: whole
            .get("phoneNumber")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .trim()
            .to_owned(),
        target,
        whole,
    })
}

/// The forward that is in force; `None`: no redirection is on.
pub fn forward(own: &[Redirection]) -> Option<String> {
    let on: BTreeSet<&str> = ids(own, |one| one.enabled);
    text_of(own, &on)
}

/// What would show if all were on: a wish for it is one for "what the person has prepared".
pub fn prepared(own: &[Redirection]) -> Option<String> {
    text_of(own, &ids(own, |_| true))
}

/// The redirections to be switched so that `wanted` shows. `None`: nothing of the kind is prepared.
pub fn changes<'a>(own: &'a [Redirection], wanted: Option<&str>) -> Option<Vec<&'a Redirection>> {
    let on = match wanted {
        None => BTreeSet::new(),
        Some(text) => {
            let meant = [
                ids(own, |one| one.target == text),
                ids(own, |one| text.split(BETWEEN).any(|part| part == entry(one))),
                ids(own, |_| true),
            ];
            // Only what would show as this very text: nothing else could be told from a change by hand.
            meant
                .into_iter()
                .find(|on| !on.is_empty() && text_of(own, on).as_deref() == Some(text))?
        }
    };
    let differs = |one: &&Redirection| one.enabled != on.contains(one.id.as_str());
    Some(own.iter().filter(differs).collect())
}

pub fn switch(redirection: &Redirection) -> Request {
    let mut whole = redirection.whole.clone();
    whole.insert("enabled".to_owned(), Value::Bool(!redirection.enabled));
    request(
        "write redirection",
        Method::PUT,
        &["redirects", &redirection.id],
        Some(&Value::Object(whole)),
    )
}

fn ids(own: &[Redirection], wanted: impl Fn(&Redirection) -> bool) -> BTreeSet<&str> {
    own.iter()
        .filter(|one| wanted(one))
        .map(|one| one.id.as_str())
        .collect()
}

fn entry(one: &Redirection) -> String {
    format!("{}{TO}{}", one.number, one.target)
}

fn text_of(own: &[Redirection], on: &BTreeSet<&str>) -> Option<String> {
    let mut those = own.iter().filter(|one| on.contains(one.id.as_str()));
    let first = those.next()?;
    if *on == ids(own, |one| one.target == first.target) {
        return Some(first.target.clone());
    }
    let entries: Vec<String> = std::iter::once(first).chain(those).map(entry).collect();
    Some(entries.join(BETWEEN))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;
    use serde_json::json as object;

    fn one(id: &str, number: &str, target: &str, enabled: bool) -> Value {
        object!({
            "id": id, "enabled": enabled, "phoneNumber": number, "groupNumber": false,
            "redirectTrigger": {"redirectTriggerType": "ALWAYS"},
            "redirectDestination": {"redirectDestinationType": "PHONENUMBER", "phoneNumber": target},
            "lastMailboxDestination": null, "ringTime": 25,
        })
    }

    fn parsed(list: &[Value]) -> Vec<Redirection> {
        parse(&Answer {
            status: StatusCode::OK,
            headers: reqwest::header::HeaderMap::new(),
            body: Value::from(list.to_vec()).to_string().into_bytes(),
        })
        .unwrap()
    }

    /// What shows after the switches.
    fn after(list: &[Value], wanted: Option<&str>) -> Option<Option<String>> {
        let own = parsed(list);
        let switched: Vec<String> = changes(&own, wanted)?.iter().map(|one| one.id.clone()).collect();
        let list: Vec<Value> = list
            .iter()
            .cloned()
            .map(|mut one| {
                if switched.iter().any(|id| one["id"] == **id) {
                    one["enabled"] = Value::Bool(one["enabled"] == false);
                }
                one
            })
            .collect();
        Some(forward(&parsed(&list)))
    }

    #[test]
    fn only_the_persons_own_always_redirections_count() {
        let mut group = one("g", "100", "1", true);
        group["groupNumber"] = true.into();
        let mut unclear = one("u", "100", "1", true);
        unclear.as_object_mut().unwrap().remove("groupNumber");
        let mut busy = one("b", "12", "1", true);
        busy["redirectTrigger"]["redirectTriggerType"] = "BUSY".into();
        let mut empty = one("e", "12", "", true);
        empty["redirectDestination"]["phoneNumber"] = "".into();
        let mut mailbox = one("m", "12", "", true);
        mailbox["redirectDestination"] = object!({"redirectDestinationType": "MAILBOX", "mailboxId": "5"});
        let own = parsed(&[group, unclear, busy, empty, mailbox]);
        assert_eq!(own.iter().map(|one| one.id.as_str()).collect::<Vec<_>>(), ["m"]);
        assert_eq!(forward(&own).as_deref(), Some("Mailbox 5"));
    }

    #[test]
    fn a_prepared_forward_goes_on_and_exactly_off_again() {
        let one_target = [one("a", "12", "0301", false), one("b", "13", "0301", false)];
        assert_eq!(prepared(&parsed(&one_target)).as_deref(), Some("0301"));
        assert_eq!(after(&one_target, Some("0301")), Some(Some("0301".into())));
        assert_eq!(after(&one_target, None), Some(None));
        assert_eq!(after(&one_target, Some("999")), None, "nothing prepared to there");

        // One was on before: it is told apart, and stays on when the other goes off again.
        let partly = [one("a", "12", "0301", true), one("b", "13", "0301", false)];
        let before = forward(&parsed(&partly));
        assert_eq!(before.as_deref(), Some("12 > 0301"));
        let all = [one("a", "12", "0301", true), one("b", "13", "0301", true)];
        assert_eq!(after(&partly, Some("0301")), Some(Some("0301".into())));
        assert_eq!(after(&all, before.as_deref()), Some(before));
    }

    #[test]
    fn every_state_can_be_told_and_reached_from_every_other() {
        for targets in [["1", "1", "1"], ["1", "1", "2"], ["1", "2", "3"]] {
            let state = |bits: u32| -> Vec<Value> {
                (0..3)
                    .map(|n| {
                        one(
                            &format!("i{n}"),
                            &format!("1{n}"),
                            targets[n],
                            bits & (1 << n) != 0,
                        )
                    })
                    .collect()
            };
            let shown: BTreeSet<_> = (0..8).map(|bits| forward(&parsed(&state(bits)))).collect();
            assert_eq!(shown.len(), 8);
            for from in 0..8 {
                for to in 0..8 {
                    let wanted = forward(&parsed(&state(to)));
                    assert_eq!(after(&state(from), wanted.as_deref()), Some(wanted));
                }
            }
        }
    }

    #[test]
    fn a_switch_changes_one_member() {
        let before = one("a b/c", "12", "0301", false);
        let own = parsed(std::slice::from_ref(&before));
        let sent = switch(&own[0]);
        assert_eq!(sent.path, ["rest", "redirects", "a b/c"]);
        let sent: Value = serde_json::from_str(&sent.body.unwrap()).unwrap();
        let mut wanted = before;
        wanted["enabled"] = true.into();
        assert_eq!(sent, wanted);
    }
}
