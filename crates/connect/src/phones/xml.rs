//! XML as phone systems send it: elements by their names without prefix, and text. Nothing is done that XML could do to
//! its reader: no document types, no entities of their own, no depth and no number of elements without bounds.

use quick_xml::Reader;
use quick_xml::events::Event;

/// What is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odd;

const DEEPEST: usize = 24;
const MOST: usize = 50_000;

/// An element with its text and what is in it, by its name without the prefix.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub text: String,
    pub children: Vec<Self>,
}

/// What is in it is personal.
impl std::fmt::Debug for Element {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Element({}, {} children)", self.name, self.children.len())
    }
}

impl Element {
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of a child; empty where there is none.
    pub fn word(&self, name: &str) -> &str {
        self.child(name).map_or("", |child| child.text.trim())
    }

    /// Every element below it, in the order of the text.
    pub fn below(&self) -> Vec<&Self> {
        let mut all = Vec::new();
        for child in &self.children {
            all.push(child);
            all.extend(child.below());
        }
        all
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.word(name).parse().ok()
    }

    /// The elements of an array.
    pub fn items(&self, name: &str) -> impl Iterator<Item = &Self> {
        self.child(name).into_iter().flat_map(|array| &array.children)
    }
}

/// Adds a text. Signs that XML does not allow at all are left out.
pub(super) fn escape(text: &str, out: &mut String) {
    for sign in text.chars() {
        match sign {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\t' => out.push(sign),
            sign if sign.is_control() || matches!(sign, '\u{fffe}' | '\u{ffff}') => {}
            sign => out.push(sign),
        }
    }
}

/// # Errors
/// What is no XML, or has what is not wanted.
pub(super) fn tree(text: &str) -> Result<Element, Odd> {
    let mut xml = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    for _ in 0..MOST {
        let closed = match xml.read_event().map_err(|_| Odd)? {
            Event::Start(start) => {
                if open.len() >= DEEPEST {
                    return Err(Odd);
                }
                open.push(named(start.local_name().into_inner()));
                None
            }
            Event::Empty(start) => Some(named(start.local_name().into_inner())),
            Event::End(_) => open.pop(),
            Event::Text(text) => {
                add(&mut open, &text.xml10_content());
                None
            }
            Event::CData(text) => {
                add(&mut open, &text.xml10_content());
                None
            }
            Event::GeneralRef(reference) => {
                match reference.resolve_char_ref().map_err(|_| Odd)? {
                    Some(sign) => add(&mut open, sign.encode_utf8(&mut [0; 4])),
                    None => {
                        let name = reference.into_inner();
                        let known = quick_xml::escape::resolve_predefined_entity(&name);
                        add(&mut open, known.ok_or(Odd)?);
                    }
                }
                None
            }
            Event::DocType(_) | Event::Eof => return Err(Odd),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => None,
        };
        if let Some(element) = closed {
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return Ok(element),
            }
        }
    }
    Err(Odd)
}

fn named(name: &str) -> Element {
    Element {
        name: name.to_owned(),
        ..Element::default()
    }
}

fn add(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}
