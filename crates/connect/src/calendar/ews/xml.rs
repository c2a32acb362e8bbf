//! XML as a tree of elements with their namespaces. Nothing that XML could do to its reader: no document types, no
//! entities of their own, no depth and no number of elements without bounds.

use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;
use quick_xml::reader::NsReader;

/// The namespaces that an answer is made of ([MS-OXWSCDATA] section 2.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ns {
    Soap,
    Messages,
    Types,
    Errors,
    /// None, or one that means nothing here.
    Other,
}

impl Ns {
    fn of(name: &ResolveResult<'_>) -> Self {
        let ResolveResult::Bound(namespace) = name else {
            return Self::Other;
        };
        match namespace.as_ref() {
            "http://schemas.xmlsoap.org/soap/envelope/" => Self::Soap,
            "http://schemas.microsoft.com/exchange/services/2006/messages" => Self::Messages,
            "http://schemas.microsoft.com/exchange/services/2006/types" => Self::Types,
            "http://schemas.microsoft.com/exchange/services/2006/errors" => Self::Errors,
            _ => Self::Other,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Element {
    pub ns: Ns,
    pub name: String,
    pub attributes: Vec<(String, String)>,
    pub children: Vec<Self>,
    pub text: String,
}

impl Element {
    pub(super) fn is(&self, ns: Ns, name: &str) -> bool {
        self.ns == ns && self.name == name
    }

    pub(super) fn child(&self, ns: Ns, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.is(ns, name))
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The text of a child, without blanks around it.
    pub(super) fn text_of(&self, ns: Ns, name: &str) -> Option<&str> {
        self.child(ns, name).map(|child| child.text.trim())
    }
}

/// Why something can't be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum XmlError {
    #[error("it is no XML")]
    NotXml,
    #[error("it has a document type, which is never read")]
    DocumentType,
    #[error("it has an entity of its own, which is never read")]
    Entity,
    #[error("it is larger or deeper than any good one")]
    TooMuch,
}

const DEEPEST: usize = 32;
const MOST: usize = 500_000;

/// The outermost element.
pub(super) fn parse(bytes: &[u8]) -> Result<Element, XmlError> {
    let text = std::str::from_utf8(bytes).map_err(|_| XmlError::NotXml)?;
    let mut reader = NsReader::from_str(text.trim_start_matches('\u{feff}'));
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    for _ in 0..MOST {
        let (namespace, event) = reader.read_resolved_event().map_err(|_| XmlError::NotXml)?;
        match event {
            Event::Start(start) => {
                if open.len() >= DEEPEST || root.is_some() {
                    return Err(XmlError::TooMuch);
                }
                open.push(element(Ns::of(&namespace), &start)?);
            }
            Event::Empty(start) => {
                let element = element(Ns::of(&namespace), &start)?;
                close(element, &mut open, &mut root)?;
            }
            Event::End(_) => {
                let element = open.pop().ok_or(XmlError::NotXml)?;
                close(element, &mut open, &mut root)?;
            }
            Event::Text(text) => add(&mut open, &text.xml10_content())?,
            Event::CData(text) => add(&mut open, &text.xml10_content())?,
            Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                Ok(Some(sign)) => add(&mut open, &sign.to_string())?,
                Ok(None) => {
                    let name = reference.into_inner();
                    let known = quick_xml::escape::resolve_predefined_entity(&name);
                    add(&mut open, known.ok_or(XmlError::Entity)?)?;
                }
                Err(_) => return Err(XmlError::NotXml),
            },
            Event::DocType(_) => return Err(XmlError::DocumentType),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return root.filter(|_| open.is_empty()).ok_or(XmlError::NotXml),
        }
    }
    Err(XmlError::TooMuch)
}

fn add(open: &mut [Element], text: &str) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(element) => element.text.push_str(text),
        None if text.trim().is_empty() => {}
        None => return Err(XmlError::NotXml),
    }
    Ok(())
}

fn close(element: Element, open: &mut [Element], root: &mut Option<Element>) -> Result<(), XmlError> {
    match open.last_mut() {
        Some(parent) => parent.children.push(element),
        None if root.is_none() => *root = Some(element),
        None => return Err(XmlError::NotXml),
    }
    Ok(())
}

fn element(ns: Ns, start: &BytesStart<'_>) -> Result<Element, XmlError> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.map_err(|_| XmlError::NotXml)?;
        let name = attribute.key.local_name().into_inner().to_owned();
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
        attributes.push((name, value.map_err(|_| XmlError::Entity)?.into_owned()));
    }
    Ok(Element {
        ns,
        name: start.local_name().into_inner().to_owned(),
        attributes,
        children: Vec::new(),
        text: String::new(),
    })
}
