//! SOAP in the encoding of rpc: calls out, answers in (facts/innovaphone.md section 4, the vendor's `pbx800.wsdl`).

pub use crate::phones::xml::{Element, Odd};
use crate::phones::xml::{escape, tree};

/// A parameter.
#[derive(Clone, PartialEq, Eq)]
pub enum Value<'a> {
    Text(&'a str),
    Bool(bool),
    Int(i64),
    /// `status`, `activity` and `note` of a presence.
    Presence {
        activity: &'a str,
        note: &'a str,
    },
}

/// A text may be personal.
impl std::fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text(_) => "Text",
            Self::Bool(_) => "Bool",
            Self::Int(_) => "Int",
            Self::Presence { .. } => "Presence",
        })
    }
}

/// A call as text. Parameters in the order of the description.
pub fn call(method: &str, parameters: &[(&str, Value<'_>)]) -> String {
    let mut out = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
         <SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
         xmlns:inno=\"http://innovaphone.com/pbx\" \
         SOAP-ENV:encodingStyle=\"http://schemas.xmlsoap.org/soap/encoding/\"><SOAP-ENV:Body>",
    );
    out.push_str(&format!("<inno:{method}>"));
    for (name, value) in parameters {
        let mut element = |name: &str, kind: &str, text: &str| {
            out.push_str(&format!("<{name} xsi:type=\"{kind}\">"));
            escape(text, &mut out);
            out.push_str(&format!("</{name}>"));
        };
        match value {
            Value::Text(text) => element(name, "xsd:string", text),
            Value::Bool(on) => element(name, "xsd:boolean", if *on { "true" } else { "false" }),
            Value::Int(number) => element(name, "xsd:int", &number.to_string()),
            Value::Presence { activity, note } => {
                out.push_str(&format!("<{name} xsi:type=\"inno:Presence\">"));
                out.push_str("<status xsi:type=\"inno:PresenceStatus\">open</status>");
                out.push_str("<activity xsi:type=\"inno:PresenceActivity\">");
                escape(activity, &mut out);
                out.push_str("</activity><note xsi:type=\"xsd:string\">");
                escape(note, &mut out);
                out.push_str(&format!("</note></{name}>"));
            }
        }
    }
    out.push_str(&format!("</inno:{method}></SOAP-ENV:Body></SOAP-ENV:Envelope>"));
    out
}

/// What a method said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// The element with the results.
    Done(Element),
    Fault,
}

/// # Errors
/// What is no answer of SOAP.
pub fn parse(bytes: &[u8]) -> Result<Answer, Odd> {
    let text = std::str::from_utf8(bytes).map_err(|_| Odd)?;
    let root = tree(text.trim_start_matches('\u{feff}'))?;
    if root.name != "Envelope" {
        return Err(Odd);
    }
    let body = root.child("Body").ok_or(Odd)?;
    let answer = body.children.first().ok_or(Odd)?;
    if answer.name == "Fault" {
        Ok(Answer::Fault)
    } else if answer.name.ends_with("Response") {
        Ok(Answer::Done(answer.clone()))
    } else {
        Err(Odd)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_written_and_read_as_it_is() {
        let parameters = [
            ("user", Value::Text("Anna Bärg & Söhne <x>\u{1}")),
            ("v", Value::Bool(true)),
            ("session", Value::Int(7)),
            (
                "presence",
                Value::Presence {
                    activity: "busy",
                    note: "a\nb",
                },
            ),
        ];
        let root = tree(&call("Initialize", &parameters)).unwrap();
        let asked = &root.child("Body").unwrap().children[0];
        assert_eq!(asked.name, "Initialize");
        assert_eq!(asked.word("user"), "Anna Bärg & Söhne <x>");
        assert_eq!((asked.word("v"), asked.number("session")), ("true", Some(7)));
        let presence = asked.child("presence").unwrap();
        assert_eq!(
            (presence.word("activity"), presence.word("note")),
            ("busy", "a\nb")
        );
    }

    #[test]
    fn answers_and_faults() {
        let within = |inner: &str| {
            format!("<e:Envelope xmlns:e=\"x\"><e:Header/><e:Body>{inner}</e:Body></e:Envelope>")
        };
        let Ok(Answer::Done(done)) = parse(
            within(
                "<n:PollResponse><return><call><item><call>3</call></item></call></return></n:PollResponse>",
            )
            .as_bytes(),
        ) else {
            panic!("not read");
        };
        let calls = done.child("return").unwrap().items("call");
        assert_eq!(
            calls.map(|call| call.number("call")).collect::<Vec<_>>(),
            [Some(3)]
        );
        assert_eq!(
            parse(within("<e:Fault><faultstring>x</faultstring></e:Fault>").as_bytes()),
            Ok(Answer::Fault)
        );
    }

    #[test]
    fn what_is_no_answer_is_none() {
        let deep = "<a>".repeat(25);
        for odd in [
            "",
            "x",
            "<html><body/></html>",
            "<Envelope><Body></Body></Envelope>",
            "<Envelope><Body><other/></Body></Envelope>",
            "<Envelope><Body><XResponse></Body></Envelope>",
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><Envelope><Body><XResponse>&x;</XResponse></Body></Envelope>",
            &deep,
        ] {
            assert_eq!(parse(odd.as_bytes()), Err(Odd), "{odd}");
        }
        assert_eq!(parse(&[0xff]), Err(Odd));
    }
}
