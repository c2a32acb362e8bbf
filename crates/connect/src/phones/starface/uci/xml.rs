//! XML-RPC: calls out, answers in. The reader takes what the field sends (section 1.6) and nothing that XML could do
//! to its reader: no document types, no entities of their own, no depth and no number of values without bounds.

use quick_xml::Reader as XmlReader;
use quick_xml::events::{BytesStart, Event};
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// A value as far as it is of use here. Times, doubles and Base64 stay text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Text(String),
    Array(Vec<Self>),
    Struct(BTreeMap<String, Self>),
}

impl Value {
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nil | Self::Bool(_) | Self::Int(_) | Self::Array(_) | Self::Struct(_) => None,
        }
    }

    /// A member of a struct.
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(members) => members.get(name),
            Self::Nil | Self::Bool(_) | Self::Int(_) | Self::Text(_) | Self::Array(_) => None,
        }
    }

    /// Everything that is not a plain no: methods without a value answer something empty.
    pub const fn is_yes(&self) -> bool {
        !matches!(self, Self::Bool(false))
    }
}

/// What a method said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    Value(Value),
    /// Text and code are not described anywhere: only that it is one counts, and the names of Java's exceptions.
    Fault(String),
}

/// Why an answer can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum XmlError {
    #[error("the answer is no XML")]
    NotXml,
    #[error("the answer is XML with a document type, which is never read")]
    DocumentType,
    #[error("the answer is XML with an entity of its own, which is never read")]
    Entity,
    #[error("the answer is larger or deeper than any good one")]
    TooMuch,
    #[error("the answer is XML, but none of XML-RPC")]
    NotXmlRpc,
}

const DEEPEST: usize = 24;
const MOST: usize = 20_000;

/// A call as text.
pub fn call(method: &str, parameters: &[Value]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<methodCall><methodName>");
    escape(method, &mut out);
    out.push_str("</methodName><params>");
    for parameter in parameters {
        out.push_str("<param>");
        write(parameter, &mut out);
        out.push_str("</param>");
    }
    out.push_str("</params></methodCall>");
    out
}

fn write(value: &Value, out: &mut String) {
    out.push_str("<value>");
    match value {
        Value::Nil => out.push_str("<nil/>"),
        Value::Bool(on) => out.push_str(if *on {
            "<boolean>1</boolean>"
        } else {
            "<boolean>0</boolean>"
        }),
        Value::Int(number) => {
            // Writing to a string does not fail.
            let _ = write!(out, "<int>{number}</int>");
        }
        Value::Text(text) => {
            out.push_str("<string>");
            escape(text, out);
            out.push_str("</string>");
        }
        Value::Array(values) => {
            out.push_str("<array><data>");
            values.iter().for_each(|value| write(value, out));
            out.push_str("</data></array>");
        }
        Value::Struct(members) => {
            out.push_str("<struct>");
            for (name, value) in members {
                out.push_str("<member><name>");
                escape(name, out);
                out.push_str("</name>");
                write(value, out);
                out.push_str("</member>");
            }
            out.push_str("</struct>");
        }
    }
    out.push_str("</value>");
}

/// Signs that XML does not allow at all are left out.
fn escape(text: &str, out: &mut String) {
    for sign in text.chars() {
        match sign {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(sign),
            sign if sign.is_control() || matches!(sign, '\u{fffe}' | '\u{ffff}') => {}
            sign => out.push(sign),
        }
    }
}

/// Reads an answer.
///
/// # Errors
/// See [`XmlError`].
pub fn parse(bytes: &[u8]) -> Result<Response, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotXml)?;
    let mut reader = Reader::new(text.trim_start_matches('\u{feff}'));
    reader.open("methodResponse")?;
    let response = match reader.start()?.as_str() {
        "params" => {
            let value = match reader.start_or_end("params")? {
                None => Value::Nil,
                Some(name) if name == "param" => {
                    reader.open("value")?;
                    let value = reader.value(0)?;
                    reader.close("param")?;
                    reader.close("params")?;
                    value
                }
                Some(_) => return Err(XmlError::NotXmlRpc),
            };
            Response::Value(value)
        }
        "fault" => {
            reader.open("value")?;
            let fault = reader.value(0)?;
            reader.close("fault")?;
            let text = fault.member("faultString").and_then(Value::text);
            Response::Fault(text.unwrap_or_default().to_owned())
        }
        _ => return Err(XmlError::NotXmlRpc),
    };
    reader.close("methodResponse")?;
    Ok(response)
}

/// What matters of the stream: elements and text.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Start(String),
    End(String),
    Text(String),
    Over,
}

struct Reader<'a> {
    xml: XmlReader<&'a [u8]>,
    /// An empty element is a start and an end.
    ended: Option<String>,
    seen: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            xml: XmlReader::from_str(text),
            ended: None,
            seen: 0,
        }
    }

    fn next(&mut self) -> Result<Token, XmlError> {
        if let Some(name) = self.ended.take() {
            return Ok(Token::End(name));
        }
        loop {
            self.seen += 1;
            if self.seen > MOST {
                return Err(XmlError::TooMuch);
            }
            return Ok(match self.xml.read_event().map_err(|_| XmlError::NotXml)? {
                Event::Start(start) => Token::Start(local(&start)),
                Event::Empty(start) => {
                    let name = local(&start);
                    self.ended = Some(name.clone());
                    Token::Start(name)
                }
                Event::End(end) => Token::End(end.local_name().into_inner().to_owned()),
                Event::Text(text) => Token::Text(text.xml10_content().into_owned()),
                Event::CData(text) => Token::Text(text.xml10_content().into_owned()),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(sign)) => Token::Text(sign.to_string()),
                    Ok(None) => {
                        let name = reference.into_inner();
                        let known = quick_xml::escape::resolve_predefined_entity(&name);
                        Token::Text(known.ok_or(XmlError::Entity)?.to_owned())
                    }
                    Err(_) => return Err(XmlError::NotXml),
                },
                Event::DocType(_) => return Err(XmlError::DocumentType),
                Event::Decl(_) | Event::PI(_) | Event::Comment(_) => continue,
                Event::Eof => Token::Over,
            });
        }
    }

    /// The next start or end; blanks between are none of anybody's business, other text is an error.
    fn tag(&mut self) -> Result<Token, XmlError> {
        loop {
            match self.next()? {
                Token::Text(text) if text.trim().is_empty() => {}
                Token::Text(_) | Token::Over => return Err(XmlError::NotXmlRpc),
                tag @ (Token::Start(_) | Token::End(_)) => return Ok(tag),
            }
        }
    }

    fn start(&mut self) -> Result<String, XmlError> {
        match self.tag()? {
            Token::Start(name) => Ok(name),
            Token::End(_) | Token::Text(_) | Token::Over => Err(XmlError::NotXmlRpc),
        }
    }

    /// `None`: the element `of` ended.
    fn start_or_end(&mut self, of: &str) -> Result<Option<String>, XmlError> {
        match self.tag()? {
            Token::Start(name) => Ok(Some(name)),
            Token::End(name) if name == of => Ok(None),
            Token::End(_) | Token::Text(_) | Token::Over => Err(XmlError::NotXmlRpc),
        }
    }

    fn open(&mut self, name: &str) -> Result<(), XmlError> {
        if self.start()? == name {
            Ok(())
        } else {
            Err(XmlError::NotXmlRpc)
        }
    }

    fn close(&mut self, name: &str) -> Result<(), XmlError> {
        if self.tag()? == Token::End(name.to_owned()) {
            Ok(())
        } else {
            Err(XmlError::NotXmlRpc)
        }
    }

    /// Text up to the end of an element.
    fn text(&mut self, of: &str) -> Result<String, XmlError> {
        let mut text = String::new();
        loop {
            match self.next()? {
                Token::Text(piece) => text.push_str(&piece),
                Token::End(name) if name == of => return Ok(text),
                Token::Start(_) | Token::End(_) | Token::Over => return Err(XmlError::NotXmlRpc),
            }
        }
    }

    /// After `<value>`, up to and with `</value>`. Without a type it is a text.
    fn value(&mut self, depth: usize) -> Result<Value, XmlError> {
        if depth > DEEPEST {
            return Err(XmlError::TooMuch);
        }
        let mut text = String::new();
        let kind = loop {
            match self.next()? {
                Token::Text(piece) => text.push_str(&piece),
                Token::Start(kind) if text.trim().is_empty() => break kind,
                Token::End(name) if name == "value" => return Ok(Value::Text(text)),
                Token::Start(_) | Token::End(_) | Token::Over => return Err(XmlError::NotXmlRpc),
            }
        };
        let value = match kind.as_str() {
            "array" => self.array(depth)?,
            "struct" => self.members(depth)?,
            kind => scalar(kind, self.text(kind)?)?,
        };
        self.close("value")?;
        Ok(value)
    }

    fn array(&mut self, depth: usize) -> Result<Value, XmlError> {
        let mut values = Vec::new();
        self.open("data")?;
        while let Some(name) = self.start_or_end("data")? {
            if name != "value" {
                return Err(XmlError::NotXmlRpc);
            }
            values.push(self.value(depth + 1)?);
        }
        self.close("array")?;
        Ok(Value::Array(values))
    }

    fn members(&mut self, depth: usize) -> Result<Value, XmlError> {
        let mut members = BTreeMap::new();
        while let Some(member) = self.start_or_end("struct")? {
            if member != "member" {
                return Err(XmlError::NotXmlRpc);
            }
            self.open("name")?;
            let name = self.text("name")?;
            self.open("value")?;
            members.insert(name.trim().to_owned(), self.value(depth + 1)?);
            self.close("member")?;
        }
        Ok(Value::Struct(members))
    }
}

fn local(start: &BytesStart<'_>) -> String {
    start.local_name().into_inner().to_owned()
}

fn scalar(kind: &str, text: String) -> Result<Value, XmlError> {
    Ok(match kind {
        "string" => Value::Text(text),
        "boolean" => match text.trim() {
            "1" | "true" => Value::Bool(true),
            "0" | "false" => Value::Bool(false),
            _ => return Err(XmlError::NotXmlRpc),
        },
        "int" | "i4" | "i8" | "i1" | "i2" => {
            Value::Int(text.trim().parse().map_err(|_| XmlError::NotXmlRpc)?)
        }
        "nil" => Value::Nil,
        "double" | "dateTime.iso8601" | "dateTime" | "base64" => Value::Text(text),
        _ => return Err(XmlError::NotXmlRpc),
    })
}

#[cfg(test)]
mod tests;
