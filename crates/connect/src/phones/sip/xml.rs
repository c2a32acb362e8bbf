//! The bodies' XML as a tree of elements with their namespaces: what a prefix is called says nothing. No document types,
//! no entities of their own, nothing without bounds.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

const DEEPEST: usize = 24;
const MOST: usize = 20_000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    /// Empty: none.
    pub namespace: String,
    pub name: String,
    attributes: Vec<(String, String)>,
    pub children: Vec<Self>,
    text: String,
}

/// What is no XML that we read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no XML that is read here")]
pub struct Odd;

impl Element {
    pub fn is(&self, namespace: &str, name: &str) -> bool {
        self.namespace == namespace && self.name == name
    }

    /// The first child of that name in the namespace of its parent.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(&self.namespace, name))
    }

    pub fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        let own = move |child: &&Self| child.is(&self.namespace, name);
        self.children.iter().filter(own)
    }

    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// Its own text, without blanks around it.
    pub fn text(&self) -> &str {
        self.text.trim()
    }
}

/// The outermost element. Bodies say they were ISO-8859-1 now and then; what is no UTF-8 is read so.
///
/// # Errors
/// It is none that is read here.
pub fn parse(bytes: &[u8]) -> Result<Element, Odd> {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    };
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}').trim_start());
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    for _ in 0..MOST {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| Odd)?;
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST || root.is_some() {
                    return Err(Odd);
                }
                open.push(element(&namespace, &start)?);
            }
            Event::Empty(start) => {
                let element = element(&namespace, &start)?;
                close(element, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or(Odd)?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => add(&mut open, &text.xml10_content()),
            Event::CData(text) => add(&mut open, &text.xml10_content()),
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(sign)) => add(&mut open, &sign.to_string()),
                Ok(None) => {
                    let name = reference.into_inner();
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    add(&mut open, known.ok_or(Odd)?);
                }
                Err(_) => return Err(Odd),
            },
            Event::DocType(_) => return Err(Odd),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return root.filter(|_| open.is_empty()).ok_or(Odd),
        }
    }
    Err(Odd)
}

/// For what is written.
pub fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), Odd> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err(Odd),
    }
    Ok(())
}

fn element(namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<Element, Odd> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| Odd)?;
        if attribute.key.as_namespace_binding().is_some() {
            continue;
        }
        let name = attribute.key.local_name().into_inner().to_owned();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        attributes.push((name, value.map_err(|_| Odd)?.into_owned()));
    }
    let namespace = match namespace {
        ResolveResult::Bound(namespace) => namespace.as_ref().to_owned(),
        ResolveResult::Unbound => String::new(),
        ResolveResult::Unknown(_) => return Err(Odd),
    };
    Ok(Element {
        namespace,
        name: start.local_name().into_inner().to_owned(),
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_and_encodings_make_no_difference() {
        let plain = parse(
            b"<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a xmlns=\"n\"><b c=\"1\">x &amp; y</b></a>",
        );
        let prefixed = parse(b"<p:a xmlns:p=\"n\"><p:b c=\"1\">x &#38; y</p:b></p:a>").unwrap();
        assert_eq!(plain.unwrap(), prefixed);
        assert_eq!(prefixed.child("b").unwrap().text(), "x & y");
        assert_eq!(parse(b"<a>\xe4</a>").unwrap().text(), "ä");
    }

    #[test]
    fn what_could_do_harm_is_not_read() {
        let deep = "<a>".repeat(100);
        for text in [
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<a>&own;</a>",
            "<p:a/>",
            &deep,
        ] {
            assert_eq!(parse(text.as_bytes()), Err(Odd), "{text}");
        }
    }
}
