//! The bytes of an XMPP stream, cut into its elements; pure (RFC 6120 section 4). What XML could do to its reader is not
//! done: no document types, comments or instructions, no depth and no size without bounds.

use super::super::super::xml::Odd;
use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesStart, Event};

/// An element that is longer than any that is wanted.
const LARGEST: usize = 64 * 1024;
const DEEPEST: usize = 16;

/// What comes next on a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    Open,
    Element(Element),
    Close,
}

/// A child of the stream, as far as it is of use: names are without prefix. What people write is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub id: String,
    /// The attribute `type`.
    pub kind: String,
    /// Every element in it.
    pub inside: Vec<String>,
    /// How one may sign in.
    pub mechanisms: Vec<String>,
}

impl Element {
    pub fn has(&self, name: &str) -> bool {
        self.inside.iter().any(|inside| inside == name)
    }

    fn new(start: &BytesStart<'_>) -> Result<Self, Odd> {
        let mut element = Self {
            name: start.local_name().into_inner().to_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| Odd)?;
            let place = match attribute.key.local_name().into_inner() {
                "id" => &mut element.id,
                "type" => &mut element.kind,
                _ => continue,
            };
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0);
            *place = value.map_err(|_| Odd)?.into_owned();
        }
        Ok(element)
    }
}

/// Bytes in, pieces out.
#[derive(Debug, Default)]
pub struct Cutter {
    bytes: Vec<u8>,
    is_open: bool,
}

impl Cutter {
    /// A new stream on the same connection.
    pub fn anew(&mut self) {
        *self = Self::default();
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// So many bytes are not taken yet.
    pub const fn waiting(&self) -> usize {
        self.bytes.len()
    }

    /// `None`: more has to come first.
    ///
    /// # Errors
    /// What is no stream, or too large.
    pub fn piece(&mut self) -> Result<Option<Piece>, Odd> {
        // What follows is a letter that is not whole yet, or none at all.
        let (text, is_broken) = match std::str::from_utf8(&self.bytes) {
            Ok(text) => (text, false),
            Err(error) => {
                let whole = self.bytes.get(..error.valid_up_to()).ok_or(Odd)?;
                let text = std::str::from_utf8(whole).map_err(|_| Odd)?;
                (text, error.error_len().is_some())
            }
        };
        if text.trim_start().chars().next().is_some_and(|first| first != '<') {
            return Err(Odd);
        }
        let found = cut(text, self.is_open)?;
        if let Some((piece, length)) = found {
            self.bytes.drain(..length.min(self.bytes.len()));
            self.is_open |= piece == Piece::Open;
            return Ok(Some(piece));
        }
        if is_broken || self.bytes.len() > LARGEST {
            return Err(Odd);
        }
        Ok(None)
    }
}

/// The first piece and its length in bytes.
fn cut(text: &str, is_open: bool) -> Result<Option<(Piece, usize)>, Odd> {
    let mut xml = Reader::from_str(text);
    // The stream's own end has no beginning here.
    let config = xml.config_mut();
    config.check_end_names = false;
    config.allow_unmatched_ends = true;
    let mut element: Option<Element> = None;
    let mut names: Vec<String> = Vec::new();
    loop {
        let event = match xml.read_event() {
            Ok(event) => event,
            // The text ends within a mark, or within an entity.
            Err(Error::Syntax(_) | Error::IllFormed(IllFormedError::UnclosedReference)) => return Ok(None),
            Err(_) => return Err(Odd),
        };
        let here = usize::try_from(xml.buffer_position()).map_err(|_| Odd)?;
        match event {
            Event::Start(start) if element.is_none() && !is_open => {
                let is_stream = start.local_name().into_inner() == "stream";
                return if is_stream {
                    Ok(Some((Piece::Open, here)))
                } else {
                    Err(Odd)
                };
            }
            Event::Start(start) => {
                let new = Element::new(&start)?;
                if names.len() >= DEEPEST {
                    return Err(Odd);
                }
                names.push(new.name.clone());
                match &mut element {
                    None => element = Some(new),
                    Some(element) => element.inside.push(new.name),
                }
            }
            Event::Empty(start) => {
                let new = Element::new(&start)?;
                match &mut element {
                    None if is_open => return Ok(Some((Piece::Element(new), here))),
                    None => return Err(Odd),
                    Some(element) => element.inside.push(new.name),
                }
            }
            Event::End(_) => {
                if element.is_none() {
                    return Ok(Some((Piece::Close, here)));
                }
                names.pop();
                if names.is_empty()
                    && let Some(element) = element.take()
                {
                    return Ok(Some((Piece::Element(element), here)));
                }
            }
            Event::Text(said) => {
                if let (Some("mechanism"), Some(element)) = (names.last().map(String::as_str), &mut element) {
                    element.mechanisms.push(said.xml10_content().trim().to_owned());
                }
            }
            Event::Eof => return Ok(None),
            Event::Decl(_) | Event::CData(_) | Event::GeneralRef(_) => {}
            Event::DocType(_) | Event::PI(_) | Event::Comment(_) => return Err(Odd),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a prosody 0.12 said it.
    const SAID: &str = "<?xml version='1.0'?><stream:stream xmlns:stream='http://etherx.jabber.org/streams' \
        from='localhost' xmlns='jabber:client' version='1.0' id='5d74' xml:lang='en'><stream:features><mechanisms \
        xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>SCRAM-SHA-1</mechanism><mechanism>PLAIN</mechanism>\
        </mechanisms></stream:features><presence xml:lang='en' from='1001@localhost/Offhook'><show>dnd</show>\
        <status>Ä &amp; planted</status></presence><iq type='result' id='2' to='1001@localhost/Offhook'/> </stream:stream>";

    fn pieces(cutter: &mut Cutter) -> Vec<Piece> {
        std::iter::from_fn(|| cutter.piece().unwrap()).collect()
    }

    fn check(pieces: &[Piece]) {
        let [
            Piece::Open,
            Piece::Element(features),
            Piece::Element(presence),
            Piece::Element(iq),
            Piece::Close,
        ] = pieces
        else {
            panic!("{pieces:?}");
        };
        assert_eq!(features.name, "features");
        assert_eq!(features.mechanisms, ["SCRAM-SHA-1", "PLAIN"]);
        assert!(presence.has("show") && presence.name == "presence");
        assert_eq!((iq.kind.as_str(), iq.id.as_str()), ("result", "2"));
    }

    #[test]
    fn a_stream_is_cut_wherever_its_bytes_are_split() {
        let mut whole = Cutter::default();
        whole.push(SAID.as_bytes());
        check(&pieces(&mut whole));
        let mut bit_by_bit = Cutter::default();
        let mut all = Vec::new();
        for byte in SAID.bytes() {
            bit_by_bit.push(&[byte]);
            all.extend(pieces(&mut bit_by_bit));
        }
        check(&all);
        assert!(
            !format!("{all:?}").contains("planted"),
            "what people write is not kept"
        );
    }

    #[test]
    fn what_came_before_a_broken_letter_is_still_cut() {
        let mut cutter = Cutter::default();
        cutter.push(b"<stream:stream><presence/>\xff");
        assert_eq!(cutter.piece(), Ok(Some(Piece::Open)));
        assert!(matches!(cutter.piece(), Ok(Some(Piece::Element(_)))));
        assert_eq!(cutter.piece(), Err(Odd));
    }

    #[test]
    fn what_is_no_stream_is_refused() {
        for said in [
            "HTTP/1.1 400 Bad Request\r\n",
            "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a>&x;</a>",
            "<html><body>",
            "<?xml version='1.0'?><!-- x --><stream:stream>",
        ] {
            let mut cutter = Cutter::default();
            cutter.push(said.as_bytes());
            assert_eq!(cutter.piece(), Err(Odd), "{said}");
        }
        let mut cutter = Cutter::default();
        cutter.push(&[b'<', 0xff, b'>']);
        assert_eq!(cutter.piece(), Err(Odd));
        let mut deep = Cutter::default();
        deep.push(format!("<stream:stream>{}", "<a>".repeat(40)).as_bytes());
        assert_eq!(deep.piece(), Ok(Some(Piece::Open)));
        assert_eq!(deep.piece(), Err(Odd));
        let mut long = Cutter::default();
        long.push(format!("<stream:stream><a>{}", "x".repeat(LARGEST)).as_bytes());
        assert_eq!(long.piece(), Ok(Some(Piece::Open)));
        assert_eq!(long.piece(), Err(Odd));
    }
}
