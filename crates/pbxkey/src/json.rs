//! JSON as the format needs it: nothing is lost on reading, so that duplicates can be seen and unknown
//! members stay under the integrity value.

use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

/// The largest whole number that every JSON reader keeps exactly (RFC 8785, section 3.2.2.3, by way of
/// IEEE 754): 2^53 - 1.
const EXACT: i64 = (1 << 53) - 1;

#[derive(Clone, PartialEq)]
pub(crate) enum Json {
    Bool(bool),
    Integer(i64),
    Text(String),
    List(Vec<Json>),
    Object(Object),
    /// `null`, a fraction, or a number past 2^53: JSON, but none of what a key file may hold.
    Unfit,
}

/// Members in the file's order, duplicates included.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Object(pub(crate) Vec<(String, Json)>);

/// A step found while walking: what is objectionable, and where.
pub(crate) type Path = String;

impl Json {
    /// The path of the first member that stands twice in its object, at any depth.
    pub(crate) fn duplicate(&self) -> Option<Path> {
        self.find("", &mut |path, json| {
            let Json::Object(Object(members)) = json else {
                return None;
            };
            let mut seen = HashSet::new();
            members
                .iter()
                .find(|(name, _)| !seen.insert(name))
                .map(|(name, _)| join(path, name))
        })
    }

    /// The path of the first member, at any depth, whose name `is_meant` says yes to.
    pub(crate) fn member_named(&self, is_meant: impl Fn(&str) -> bool) -> Option<Path> {
        self.find("", &mut |path, json| {
            let Json::Object(Object(members)) = json else {
                return None;
            };
            members
                .iter()
                .find(|(name, _)| is_meant(name))
                .map(|(name, _)| join(path, name))
        })
    }

    /// The path of the first value or name that has no canonical form here.
    pub(crate) fn unfit(&self) -> Option<Path> {
        self.find("", &mut |path, json| match json {
            Json::Unfit => Some(path.to_owned()),
            Json::Object(Object(members)) => members
                .iter()
                .find(|(name, _)| !name.is_ascii())
                .map(|(name, _)| join(path, name)),
            Json::Bool(_) | Json::Integer(_) | Json::Text(_) | Json::List(_) => None,
        })
    }

    fn find(&self, path: &str, judge: &mut impl FnMut(&str, &Json) -> Option<Path>) -> Option<Path> {
        if let Some(found) = judge(path, self) {
            return Some(found);
        }
        match self {
            Json::Object(Object(members)) => members
                .iter()
                .find_map(|(name, value)| value.find(&join(path, name), judge)),
            Json::List(values) => values
                .iter()
                .enumerate()
                .find_map(|(at, value)| value.find(&format!("{path}[{at}]"), judge)),
            Json::Bool(_) | Json::Integer(_) | Json::Text(_) | Json::Unfit => None,
        }
    }
}

impl Object {
    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    pub(crate) fn push(&mut self, name: &str, value: Json) {
        self.0.push((name.to_owned(), value));
    }

    /// RFC 8785 form. Names are ASCII and numbers whole, so it is compact JSON with sorted members.
    pub(crate) fn canonical(&self) -> String {
        let mut out = String::new();
        write_object(self, &mut out);
        out
    }
}

/// `pbx` and `port` make `pbx.port`.
pub(crate) fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn write_json(json: &Json, out: &mut String) {
    match json {
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Integer(value) => out.push_str(&value.to_string()),
        Json::Text(text) => write_text(text, out),
        Json::List(values) => {
            out.push('[');
            for (at, value) in values.iter().enumerate() {
                if at > 0 {
                    out.push(',');
                }
                write_json(value, out);
            }
            out.push(']');
        }
        Json::Object(object) => write_object(object, out),
        Json::Unfit => out.push_str("null"),
    }
}

fn write_object(object: &Object, out: &mut String) {
    let mut members: Vec<_> = object.0.iter().collect();
    members.sort_by(|(a, _), (b, _)| a.cmp(b));
    out.push('{');
    for (at, (name, value)) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        write_text(name, out);
        out.push(':');
        write_json(value, out);
    }
    out.push('}');
}

/// RFC 8785, section 3.2.2.2: the seven short escapes, lower-case `\u00xx` for other controls, all else
/// as it is.
fn write_text(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            control if control < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => out.push(plain),
        }
    }
    out.push('"');
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(if (-EXACT..=EXACT).contains(&value) {
            Json::Integer(value)
        } else {
            Json::Unfit
        })
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(i64::try_from(value)
            .ok()
            .filter(|value| *value <= EXACT)
            .map_or(Json::Unfit, Json::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Unfit)
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Unfit)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Json, E> {
        Ok(Json::Text(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Json::Object(Object(members)))
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Bool(value) => serializer.serialize_bool(*value),
            Json::Integer(value) => serializer.serialize_i64(*value),
            Json::Text(text) => serializer.serialize_str(text),
            Json::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Json::Object(object) => object.serialize(serializer),
            Json::Unfit => serializer.serialize_unit(),
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(text: &str) -> Object {
        let Ok(Json::Object(object)) = serde_json::from_str(text) else {
            panic!("no object: {text}")
        };
        object
    }

    #[test]
    fn canonical_form_sorts_at_every_depth_and_escapes_as_rfc_8785() {
        let read = object(r#" {"b":[{"z":1,"a":-2}], "a" : "\u0041\/\u000f\u0008\u00e9\"\\\n\u007f" } "#);
        let form = "{\"a\":\"A/\\u000f\\bé\\\"\\\\\\n\u{7f}\",\"b\":[{\"a\":-2,\"z\":1}]}";
        assert_eq!(read.canonical(), form);
    }

    #[test]
    fn duplicates_are_seen_at_any_depth_and_through_escapes() {
        let json: Json = serde_json::from_str(r#"{"a":[1,{"b":1,"\u0062":2}]}"#).unwrap();
        assert_eq!(json.duplicate().as_deref(), Some("a[1].b"));
        let json: Json = serde_json::from_str(r#"{"a":{"b":1},"b":1}"#).unwrap();
        assert_eq!(json.duplicate(), None);
    }

    #[test]
    fn values_without_a_place_in_a_key_file_are_found() {
        for (text, at) in [
            (r#"{"a":null}"#, "a"),
            (r#"{"a":{"b":1.0}}"#, "a.b"),
            (r#"{"a":[1,9007199254740992]}"#, "a[1]"),
            (r#"{"a":18446744073709551615}"#, "a"),
            (r#"{"a":-9007199254740992}"#, "a"),
            (r#"{"a":-0}"#, "a"),
            (r#"{"ä":1}"#, "ä"),
        ] {
            let json: Json = serde_json::from_str(text).unwrap();
            assert_eq!(json.unfit().as_deref(), Some(at), "{text}");
        }
        let json: Json = serde_json::from_str(r#"{"a":[-9007199254740991,9007199254740991,"ä"]}"#).unwrap();
        assert_eq!(json.unfit(), None);
    }
}
