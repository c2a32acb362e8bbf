//! The wire: `Key: value` lines that end in CR LF, messages that end in an empty line (facts/asterisk.md section
//! 1.1). Pure: bytes in, messages out, and actions to bytes.

use bytes::{Buf as _, BytesMut};
use std::fmt;

/// The longest line taken; Asterisk's own lines stay far below.
pub const LONGEST_LINE: usize = 64 * 1024;
/// The longest message taken. The list of commands of a full Asterisk is about 12 KiB.
pub const LONGEST_MESSAGE: usize = 512 * 1024;
/// The longest header value sent: Asterisk's line buffer holds 1024 bytes with the key.
pub const LONGEST_VALUE: usize = 960;

/// One received message: an event or a response. Keys keep their order and may repeat.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Message(Vec<(String, String)>);

impl Message {
    pub const fn from_pairs(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }

    /// The first value of a key.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.pairs()
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }

    /// Every value of a key, in order.
    pub fn values<'a>(&'a self, key: &'a str) -> impl Iterator<Item = &'a str> {
        self.0
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }

    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// The event's name.
    pub fn event(&self) -> Option<&str> {
        self.value("Event")
    }

    pub fn is_response(&self) -> bool {
        self.value("Response").is_some()
    }

    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// In bytes, with what stands between keys and values.
    pub fn length(&self) -> usize {
        let lines = self.0.iter().map(|(key, value)| key.len() + value.len() + 4);
        lines.sum::<usize>() + 2
    }
}

/// Values are numbers, names and texts of people.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self
            .value("Event")
            .or_else(|| self.value("Response"))
            .unwrap_or("?");
        write!(f, "Message({kind}, {} headers)", self.0.len())
    }
}

/// More than an Asterisk ever sends in one line or message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a line or a message without an end")]
pub struct TooLong;

/// Puts messages together from bytes, however they were cut.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: BytesMut,
    /// Where the search for the end of the line goes on.
    searched: usize,
    message: Vec<(String, String)>,
    size: usize,
}

impl Decoder {
    /// Where the next bytes go.
    pub const fn buffer(&mut self) -> &mut BytesMut {
        &mut self.buffer
    }

    /// One line without its end; the greeting is one, with no empty line after it.
    ///
    /// # Errors
    /// When the line has no end in sight.
    pub fn line(&mut self) -> Result<Option<String>, TooLong> {
        let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(at) = unsearched.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.buffer.len();
            return if self.buffer.len() > LONGEST_LINE {
                Err(TooLong)
            } else {
                Ok(None)
            };
        };
        let length = self.searched + at;
        if length > LONGEST_LINE {
            return Err(TooLong);
        }
        let line = self.buffer.split_to(length);
        self.buffer.advance(1);
        self.searched = 0;
        let end = line
            .iter()
            .rposition(|byte| *byte != b'\r')
            .map_or(0, |last| last + 1);
        Ok(Some(
            String::from_utf8_lossy(line.get(..end).unwrap_or_default()).into_owned(),
        ))
    }

    /// The next whole message. Empty blocks are skipped: stray empty lines do occur.
    ///
    /// # Errors
    /// When a line or the message has no end in sight.
    pub fn message(&mut self) -> Result<Option<Message>, TooLong> {
        while let Some(line) = self.line()? {
            if line.is_empty() {
                if self.message.is_empty() {
                    continue;
                }
                self.size = 0;
                return Ok(Some(Message(std::mem::take(&mut self.message))));
            }
            self.size += line.len();
            if self.size > LONGEST_MESSAGE {
                return Err(TooLong);
            }
            let (key, value) = line.split_once(':').unwrap_or(("", &line));
            let value = value.strip_prefix(' ').unwrap_or(value);
            self.message.push((key.to_owned(), value.to_owned()));
        }
        Ok(None)
    }
}

/// Why a text can't be the value of a header. It is refused rather than mended: a write counts only when the
/// field shows exactly what was wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    #[error("line-break")]
    LineBreak,
    #[error("too-long")]
    TooLong,
    #[error("not-a-number")]
    NotANumber,
}

/// The value of one header: one line, whatever it was made from.
#[derive(Clone, PartialEq, Eq)]
pub struct Header(String);

impl Header {
    /// # Errors
    /// For CR, LF and NUL, and for what Asterisk's line buffer would cut.
    pub fn new(text: impl Into<String>) -> Result<Self, HeaderError> {
        let text = text.into();
        if text.contains(['\r', '\n', '\0']) {
            return Err(HeaderError::LineBreak);
        }
        if text.len() > LONGEST_VALUE {
            return Err(HeaderError::TooLong);
        }
        Ok(Self(text))
    }
}

/// An action to be sent. Its text can only come from [`Header`]s and names in our code.
#[derive(Clone, PartialEq, Eq)]
pub struct Action {
    name: &'static str,
    headers: Vec<(&'static str, Header)>,
}

impl Action {
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            headers: Vec::new(),
        }
    }

    /// # Errors
    /// See [`Header::new`].
    pub fn with(mut self, key: &'static str, value: impl Into<String>) -> Result<Self, HeaderError> {
        self.headers.push((key, Header::new(value)?));
        Ok(self)
    }

    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The bytes, with the id by which the answer is known.
    pub fn encode(&self, id: u64) -> String {
        let mut text = format!("Action: {}\r\nActionID: {}\r\n", self.name, action_id(id));
        for (key, Header(value)) in &self.headers {
            text.push_str(key);
            text.push_str(": ");
            text.push_str(value);
            text.push_str("\r\n");
        }
        text.push_str("\r\n");
        text
    }
}

/// The `ActionID` of the action with that number.
pub fn action_id(id: u64) -> String {
    format!("offhook-{id}")
}

impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Action({})", self.name)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Header(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn decode(pieces: &[&[u8]]) -> Vec<Message> {
        let mut decoder = Decoder::default();
        let mut messages = Vec::new();
        for piece in pieces {
            decoder.buffer().extend_from_slice(piece);
            while let Some(message) = decoder.message().unwrap() {
                messages.push(message);
            }
        }
        messages
    }

    #[test]
    fn keeps_order_and_repeated_keys_and_colons_in_values() {
        let bytes = b"Response: Success\r\nMessage: Presence State\r\nMessage: at 10: 30\r\nValue:\r\nOld:  two\r\n\r\n";
        let [message] = &decode(&[bytes])[..] else {
            panic!("one message")
        };
        assert_eq!(
            message.values("message").collect::<Vec<_>>(),
            ["Presence State", "at 10: 30"]
        );
        assert_eq!(message.value("Value"), Some(""));
        assert_eq!(
            message.value("Old"),
            Some(" two"),
            "one blank belongs to the wire, the next to the value"
        );
        assert!(message.is_response());
    }

    #[test]
    fn skips_stray_empty_lines_and_takes_lines_that_are_no_headers() {
        let messages = decode(&[b"\r\n\r\nEvent: A\r\nno header here\r\n\r\n\r\n\r\nEvent: B\n\n"]);
        assert_eq!(
            messages.iter().filter_map(Message::event).collect::<Vec<_>>(),
            ["A", "B"]
        );
        assert_eq!(
            messages[0].pairs()[1],
            (String::new(), "no header here".to_owned())
        );
    }

    #[test]
    fn gives_up_on_what_has_no_end() {
        let mut decoder = Decoder::default();
        decoder.buffer().extend_from_slice(&vec![b'x'; LONGEST_LINE + 1]);
        assert_eq!(decoder.message(), Err(TooLong));
        let mut decoder = Decoder::default();
        let line = format!("Key: {}\r\n", "v".repeat(LONGEST_LINE - 100));
        decoder.buffer().extend_from_slice(line.repeat(10).as_bytes());
        assert_eq!(decoder.message(), Err(TooLong));
    }

    #[test]
    fn the_greeting_is_a_line() {
        let mut decoder = Decoder::default();
        decoder.buffer().extend_from_slice(b"Asterisk Call Man");
        assert_eq!(decoder.line(), Ok(None));
        decoder.buffer().extend_from_slice(b"ager/5.0.4\r\nResp");
        assert_eq!(decoder.line(), Ok(Some("Asterisk Call Manager/5.0.4".to_owned())));
    }

    #[test]
    fn an_action_has_its_headers_in_order() {
        let action = Action::new("DBPut")
            .with("Family", "DND")
            .unwrap()
            .with("Key", "1001")
            .unwrap();
        let wanted = "Action: DBPut\r\nActionID: offhook-7\r\nFamily: DND\r\nKey: 1001\r\n\r\n";
        assert_eq!(action.encode(7), wanted);
        assert_eq!(format!("{action:?}"), "Action(DBPut)");
    }

    #[test]
    fn what_would_cut_or_split_a_line_is_refused() {
        for bad in ["a\r\nAction: Hangup", "a\nb", "a\rb", "a\0b"] {
            assert_eq!(Header::new(bad), Err(HeaderError::LineBreak), "{bad:?}");
        }
        assert_eq!(
            Header::new("x".repeat(LONGEST_VALUE + 1)),
            Err(HeaderError::TooLong)
        );
        assert!(Header::new("x".repeat(LONGEST_VALUE)).is_ok());
    }

    proptest! {
        #[test]
        fn however_it_is_cut_the_messages_are_the_same(
            blocks in prop::collection::vec(
                prop::collection::vec(("[A-Za-z][A-Za-z0-9-]{0,8}", "[^\r\n\0]{0,20}"), 1..5), 1..6),
            strays in prop::collection::vec(0usize..3, 6),
            cut in 1usize..9,
        ) {
            let mut bytes = Vec::new();
            for (block, stray) in blocks.iter().zip(&strays) {
                bytes.extend_from_slice("\r\n".repeat(*stray).as_bytes());
                for (key, value) in block {
                    bytes.extend_from_slice(format!("{key}: {value}\r\n").as_bytes());
                }
                bytes.extend_from_slice(b"\r\n");
            }
            let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
            let wanted: Vec<Message> = blocks.into_iter().map(Message::from_pairs).collect();
            prop_assert_eq!(decode(&pieces), wanted);
        }

        #[test]
        fn no_bytes_make_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..600), cut in 1usize..50) {
            let pieces: Vec<&[u8]> = bytes.chunks(cut).collect();
            decode(&pieces);
        }

        #[test]
        fn nothing_that_is_sent_has_more_headers_than_were_given(values in prop::collection::vec(".*", 1..4)) {
            let given = values.len();
            let action = values.into_iter().try_fold(Action::new("Setvar"), |action, value| action.with("Value", value));
            if let Ok(action) = action {
                let messages = decode(&[action.encode(1).as_bytes()]);
                prop_assert_eq!(messages.len(), 1);
                prop_assert_eq!(messages[0].pairs().len(), given + 2);
            }
        }
    }
}
