//! SIP messages (RFC 3261 section 7): bytes in, bytes out; pure. No header can be smuggled in: what is read has no
//! control characters, and what is written is checked.

use std::fmt;
use std::fmt::Write as _;

/// A head longer than this is no good one.
const LONGEST_HEAD: usize = 16 * 1024;
/// A list of dialogs or features is far shorter.
const LONGEST_BODY: usize = 128 * 1024;

/// The first line.
#[derive(Clone, PartialEq, Eq)]
pub enum Start {
    Request { method: String, uri: String },
    Response { status: u16, reason: String },
}

/// The address in a request is personal.
impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Request { method, .. } => write!(f, "{method:.12} …"),
            Self::Response { status, .. } => write!(f, "{status} …"),
        }
    }
}

/// A message. `Debug` shows what kind it is, nothing of what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    pub start: Start,
    /// Long names in lower case, in the order in which they came.
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// What is no SIP.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no SIP message")]
pub struct Odd;

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Message({:?})", self.start)
    }
}

impl Message {
    /// The method, or the status of an answer.
    pub fn kind(&self) -> String {
        match &self.start {
            Start::Request { method, .. } => method.clone(),
            Start::Response { status, .. } => status.to_string(),
        }
    }

    /// A whole datagram. A body that is longer than it says is cut, as RFC 3261 section 18.3 wants.
    ///
    /// # Errors
    /// It is no SIP.
    pub fn parse(datagram: &[u8]) -> Result<Self, Odd> {
        let (head, rest) = split_head(datagram).ok_or(Odd)?;
        let mut message = Self::parse_head(head)?;
        let length = match message.header("content-length") {
            Some(_) => message.content_length()?,
            None => rest.len().min(LONGEST_BODY),
        };
        message.body = rest.get(..length).ok_or(Odd)?.to_vec();
        Ok(message)
    }

    fn parse_head(head: &[u8]) -> Result<Self, Odd> {
        let head = std::str::from_utf8(head).map_err(|_| Odd)?;
        let mut lines = head.split("\r\n");
        let start = parse_start(lines.next().unwrap_or_default())?;
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.contains(|c: char| c.is_control() && c != '\t') {
                return Err(Odd);
            }
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut().ok_or(Odd)?;
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line.split_once(':').ok_or(Odd)?;
            let name = name.trim_end();
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Odd);
            }
            headers.push((long_name(name), value.trim().to_owned()));
        }
        Ok(Self {
            start,
            headers,
            body: Vec::new(),
        })
    }

    fn content_length(&self) -> Result<usize, Odd> {
        let length = self.header("content-length").and_then(|text| text.parse().ok());
        length.filter(|length| *length <= LONGEST_BODY).ok_or(Odd)
    }

    /// The first header of that name, given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut named = self.headers.iter().filter(|(known, _)| known == name);
        named.next().map(|(_, value)| value.as_str())
    }

    pub fn headers<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(known, _)| known == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Number and method.
    pub fn cseq(&self) -> Option<(u32, &str)> {
        let (number, method) = self.header("cseq")?.split_once(' ')?;
        Some((number.parse().ok()?, method.trim()))
    }

    /// A parameter of the first header of that name.
    pub fn parameter(&self, header: &str, name: &str) -> Option<&str> {
        parameter(self.header(header)?, name)
    }

    /// The branch of the topmost Via: which request an answer belongs to.
    pub fn branch(&self) -> Option<&str> {
        self.parameter("via", "branch")
    }

    /// The media type of the body, without its parameters.
    pub fn content_type(&self) -> Option<&str> {
        let whole = self.header("content-type")?;
        Some(whole.split(';').next().unwrap_or(whole).trim())
    }
}

/// A message on its way out.
#[derive(Clone)]
pub struct Draft {
    head: String,
    body: Vec<u8>,
}

/// Nothing of it shows.
impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Draft(…)")
    }
}

impl Draft {
    pub fn request(method: &str, uri: &str) -> Self {
        Self::start(format!("{method} {} SIP/2.0", clean(uri)))
    }

    /// An answer, with the headers of the request that every answer repeats. `tag` is ours, where the request has none.
    pub fn answer(request: &Message, status: u16, reason: &str, tag: &str) -> Self {
        let mut draft = Self::start(format!("SIP/2.0 {status} {reason}"));
        for via in request.headers("via") {
            draft = draft.with("Via", via);
        }
        let to = request.header("to").unwrap_or_default();
        let to = if parameter(to, "tag").is_some() {
            to.to_owned()
        } else {
            format!("{to};tag={tag}")
        };
        draft
            .with("From", request.header("from").unwrap_or_default())
            .with("To", &to)
            .with("Call-ID", request.header("call-id").unwrap_or_default())
            .with("CSeq", request.header("cseq").unwrap_or_default())
    }

    fn start(line: String) -> Self {
        Self {
            head: line + "\r\n",
            body: Vec::new(),
        }
    }

    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        // Writing to a String can't fail.
        let _written = write!(self.head, "{name}: {}\r\n", clean(value));
        self
    }

    #[must_use]
    pub fn body(self, kind: &str, body: &str) -> Self {
        let mut draft = self.with("Content-Type", kind);
        draft.body = body.as_bytes().to_vec();
        draft
    }

    pub fn into_bytes(self) -> Vec<u8> {
        let mut bytes = format!("{}Content-Length: {}\r\n\r\n", self.head, self.body.len()).into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn clean(value: &str) -> String {
    value.chars().filter(|c| !c.is_control() || *c == '\t').collect()
}

/// Bytes of a connection, cut into messages by their length (RFC 3261 section 18.3).
#[derive(Default)]
pub struct Framer {
    waiting: Vec<u8>,
}

impl fmt::Debug for Framer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Framer({} bytes)", self.waiting.len())
    }
}

impl Framer {
    /// So many bytes are not taken yet.
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
    }

    pub fn push(&mut self, bytes: &[u8]) {
        self.waiting.extend_from_slice(bytes);
    }

    /// The next whole message.
    ///
    /// # Errors
    /// What comes is no SIP: nothing after it can be read either.
    pub fn next_message(&mut self) -> Result<Option<Message>, Odd> {
        // Empty lines between messages are signs of life.
        let blank = self.waiting.iter().take_while(|byte| b"\r\n".contains(byte));
        let blank = blank.count();
        self.waiting.drain(..blank);
        if !could_begin(&self.waiting) {
            return Err(Odd);
        }
        let Some((head, rest)) = split_head(&self.waiting) else {
            let fits = self.waiting.len() <= LONGEST_HEAD;
            return if fits { Ok(None) } else { Err(Odd) };
        };
        let head_length = self.waiting.len() - rest.len();
        let mut message = Message::parse_head(head)?;
        let length = message.content_length()?;
        let Some(body) = rest.get(..length) else {
            return Ok(None);
        };
        message.body = body.to_vec();
        self.waiting.drain(..head_length + length);
        Ok(Some(message))
    }
}

/// Whether bytes may be the beginning of a message: an answer, or the name of a method. What something else says is so
/// noticed at once.
fn could_begin(bytes: &[u8]) -> bool {
    let word = bytes.split(|byte| *byte == b' ').next().unwrap_or_default();
    let is_method = word.len() <= 20 && word.iter().all(u8::is_ascii_uppercase);
    is_method || b"SIP/2.0".starts_with(word)
}

fn split_head(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let most = bytes.len().min(LONGEST_HEAD + 4);
    let end = bytes
        .get(..most)?
        .windows(4)
        .position(|four| four == b"\r\n\r\n")?;
    Some((bytes.get(..end)?, bytes.get(end + 4..)?))
}

fn parse_start(line: &str) -> Result<Start, Odd> {
    if line.contains(char::is_control) {
        return Err(Odd);
    }
    if let Some(rest) = line.strip_prefix("SIP/2.0 ") {
        let (status, reason) = rest.split_once(' ').unwrap_or((rest, ""));
        let status = status.parse().map_err(|_| Odd)?;
        if !(100..700).contains(&status) {
            return Err(Odd);
        }
        let reason = reason.to_owned();
        return Ok(Start::Response { status, reason });
    }
    let mut words = line.split(' ');
    let (Some(method), Some(uri), Some("SIP/2.0"), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(Odd);
    };
    if method.is_empty() || uri.is_empty() || !method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Err(Odd);
    }
    let (method, uri) = (method.to_owned(), uri.to_owned());
    Ok(Start::Request { method, uri })
}

/// RFC 3261 section 7.3.3, RFC 6665.
fn long_name(name: &str) -> String {
    let name = name.to_ascii_lowercase();
    match name.as_str() {
        "v" => "via".into(),
        "f" => "from".into(),
        "t" => "to".into(),
        "i" => "call-id".into(),
        "m" => "contact".into(),
        "l" => "content-length".into(),
        "c" => "content-type".into(),
        "o" => "event".into(),
        _ => name,
    }
}

/// A parameter outside of the angle brackets and of quotes; present without a value: empty.
pub fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let after = match value.rfind('>') {
        Some(end) => value.get(end + 1..)?,
        None => value,
    };
    // Only the first of several values in one line.
    let first = after.split(',').next().unwrap_or(after);
    first.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        key.trim()
            .eq_ignore_ascii_case(name)
            .then(|| value.trim().trim_matches('"'))
    })
}

/// The address in a Contact, From or To.
pub fn address(value: &str) -> Option<&str> {
    let inner = match (value.find('<'), value.find('>')) {
        (Some(begin), Some(end)) => value.get(begin + 1..end)?,
        _ => value.split([';', ',']).next()?.trim(),
    };
    let known = ["sip:", "sips:"].iter().any(|scheme| {
        inner
            .get(..scheme.len())
            .is_some_and(|begin| begin.eq_ignore_ascii_case(scheme))
    });
    (known && !inner.contains(char::is_whitespace)).then_some(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts/asterisk-signin-unregistered.txt.
    const NOTIFY: &str = "NOTIFY sip:101@127.0.0.1:5199 SIP/2.0\r\n\
        Via: SIP/2.0/UDP 127.0.0.1:5060;rport;branch=z9hG4bKPj8ad97f92\r\n\
        From: <sip:101@127.0.0.1>;tag=ec67f39a\r\nTo: <sip:101@127.0.0.1>;tag=763637434\r\n\
        Contact: <sip:127.0.0.1:5060>\r\nCall-ID: noreg-sub@probe\r\nCSeq: 12249 NOTIFY\r\n\
        Event: dialog\r\nSubscription-State: active;expires=119\r\n\
        Content-Type: application/dialog-info+xml\r\nContent-Length:   5\r\n\r\nhello";

    #[test]
    fn a_message_of_asterisk_is_read() {
        let message = Message::parse(NOTIFY.as_bytes()).unwrap();
        assert_eq!(message.cseq(), Some((12249, "NOTIFY")));
        assert_eq!(message.branch(), Some("z9hG4bKPj8ad97f92"));
        assert_eq!(message.parameter("to", "tag"), Some("763637434"));
        assert_eq!(message.parameter("subscription-state", "expires"), Some("119"));
        assert_eq!(message.content_type(), Some("application/dialog-info+xml"));
        assert_eq!(message.body, b"hello");
        assert_eq!(format!("{message:?}"), "Message(NOTIFY …)");
    }

    #[test]
    fn short_names_and_folded_lines_are_read() {
        let text = "SIP/2.0 200 OK\r\nv: SIP/2.0/TCP a;branch=z1\r\nf: <sip:a@b>;tag=1\r\nt: \"A; tag=x\" <sip:a@b;tag=no>\r\n ;tag=2\r\nl: 0\r\n\r\n";
        let message = Message::parse(text.as_bytes()).unwrap();
        assert_eq!(message.branch(), Some("z1"));
        assert_eq!(message.parameter("to", "tag"), Some("2"));
        assert_eq!(address(message.header("to").unwrap()), Some("sip:a@b;tag=no"));
    }

    #[test]
    fn what_is_no_sip_is_refused() {
        for text in [
            "",
            "HTTP/1.1 200 OK\r\n\r\n",
            "SIP/2.0 99 x\r\n\r\n",
            "SIP/2.0 2000 x\r\n\r\n",
            "notify sip:a SIP/2.0\r\n\r\n",
            "NOTIFY sip:a b SIP/2.0\r\n\r\n",
            "NOTIFY sip:a SIP/2.0\r\nVia\r\n\r\n",
            "NOTIFY sip:a SIP/2.0\r\nVia: a\rb\r\n\r\n",
            "NOTIFY sip:a SIP/2.0\r\nContent-Length: 9\r\n\r\nx",
            "NOTIFY sip:a SIP/2.0\r\nContent-Length: 999999999999\r\n\r\nx",
        ] {
            assert_eq!(Message::parse(text.as_bytes()), Err(Odd), "{text:?}");
        }
    }

    #[test]
    fn a_stream_is_cut_at_the_same_places_in_whatever_pieces_it_comes() {
        let stream = format!("\r\n\r\n{NOTIFY}\r\n{NOTIFY}");
        for piece in [1, 7, 64, 10_000] {
            let (mut framer, mut seen) = (Framer::default(), 0);
            for bytes in stream.as_bytes().chunks(piece) {
                framer.push(bytes);
                while let Some(message) = framer.next_message().unwrap() {
                    assert_eq!(message.body, b"hello");
                    seen += 1;
                }
            }
            assert_eq!(seen, 2, "{piece}");
        }
    }

    #[test]
    fn another_protocol_is_noticed_at_its_first_bytes() {
        for text in [
            "HTTP/1.1 400",
            "220 mail",
            "SSH-2.0",
            "Asterisk Call Manager/",
            "\u{1}\u{2}",
        ] {
            let mut framer = Framer::default();
            framer.push(text.as_bytes());
            assert_eq!(framer.next_message(), Err(Odd), "{text}");
        }
        // Without a length a stream can't be cut.
        let mut framer = Framer::default();
        framer.push(b"SIP/2.0 200 OK\r\n\r\n");
        assert_eq!(framer.next_message(), Err(Odd));
    }

    #[test]
    fn nothing_can_be_smuggled_into_what_is_written() {
        let bytes = Draft::request("PUBLISH", "sip:a\r\nX: y")
            .with("Event", "presence\r\nEvil: 1")
            .body("text/plain", "é")
            .into_bytes();
        let text = String::from_utf8(bytes).unwrap();
        assert_eq!(text.matches("\r\n").count(), 5, "{text}");
        assert!(text.contains("Content-Length: 2\r\n\r\n"));
        assert_eq!(format!("{:?}", Draft::request("A", "sip:secret")), "Draft(…)");
    }
}
