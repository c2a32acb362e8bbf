//! SIP as bytes, and the digest, as a server sees them. Written for this double alone.

use md5::{Digest as _, Md5};

/// A message as it came.
#[derive(Debug, Clone)]
pub(super) struct Incoming {
    /// `SUBSCRIBE sip:1001@pbx SIP/2.0` in its words.
    pub(super) start: Vec<String>,
    lines: Vec<(String, String)>,
    pub(super) body: String,
}

impl Incoming {
    /// The first message of a stream and how long it is. `Ok(None)`: not whole yet.
    pub(super) fn cut(bytes: &[u8]) -> Result<Option<(Self, usize)>, &'static str> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return if bytes.len() > 20_000 {
                Err("no end of the head")
            } else {
                Ok(None)
            };
        };
        let head = std::str::from_utf8(&bytes[..end]).map_err(|_| "the head is no UTF-8")?;
        let mut lines = head.split("\r\n");
        let start: Vec<String> = lines
            .next()
            .unwrap_or_default()
            .split(' ')
            .map(str::to_owned)
            .collect();
        let mut found = Vec::new();
        for line in lines {
            let (name, value) = line
                .split_once(": ")
                .ok_or("a header without a colon and a blank")?;
            found.push((name.to_owned(), value.to_owned()));
        }
        let mut message = Self {
            start,
            lines: found,
            body: String::new(),
        };
        let length = message.value("Content-Length").parse::<usize>();
        let length = length.map_err(|_| "no Content-Length")?;
        let whole = end + 4 + length;
        let Some(body) = bytes.get(end + 4..whole) else {
            return Ok(None);
        };
        message.body = String::from_utf8(body.to_vec()).map_err(|_| "the body is no UTF-8")?;
        Ok(Some((message, whole)))
    }

    pub(super) fn method(&self) -> &str {
        if self.is_answer() {
            ""
        } else {
            self.start.first().map_or("", String::as_str)
        }
    }

    pub(super) fn is_answer(&self) -> bool {
        self.start.first().is_some_and(|word| word == "SIP/2.0")
    }

    /// The only header of that name; empty where there is none.
    pub(super) fn value(&self, name: &str) -> &str {
        let found = self.lines.iter().find(|(known, _)| known == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.lines.iter().any(|(known, _)| known == name)
    }

    pub(super) fn uri(&self) -> &str {
        self.start.get(1).map_or("", String::as_str)
    }

    /// Before the `@` of the Request-URI.
    pub(super) fn dialled(&self) -> String {
        let user = self.uri().strip_prefix("sip:").unwrap_or_default();
        user.split('@').next().unwrap_or_default().replace("%23", "#")
    }

    /// Whose name it bears.
    pub(super) fn caller(&self) -> &str {
        let after = self.value("From").split("<sip:").nth(1).unwrap_or_default();
        after.split('@').next().unwrap_or_default()
    }

    /// A tag of From or To.
    pub(super) fn tag(&self, name: &str) -> &str {
        self.value(name).split(";tag=").nth(1).unwrap_or_default()
    }

    pub(super) fn number(&self) -> u64 {
        let number = self.value("CSeq").split(' ').next().unwrap_or_default();
        number.parse().unwrap_or_default()
    }

    /// What every request must have (RFC 3261 section 8.1.1), and what is wrong with this one.
    pub(super) fn flaw(&self) -> Option<&'static str> {
        let via = self.value("Via");
        let is_bad = [
            (self.start.len() != 3 || self.start[2] != "SIP/2.0", "start line"),
            (!self.uri().starts_with("sip:"), "Request-URI"),
            (
                !via.starts_with("SIP/2.0/") || !via.contains(";branch=z9hG4bK"),
                "Via",
            ),
            (!via.contains(";rport"), "rport"),
            (self.value("Max-Forwards").parse::<u8>().is_err(), "Max-Forwards"),
            (self.tag("From").is_empty(), "tag of From"),
            (!self.value("To").starts_with('<'), "To"),
            (self.value("Call-ID").is_empty(), "Call-ID"),
            (
                !self.value("CSeq").ends_with(&format!(" {}", self.method())),
                "CSeq",
            ),
            (
                matches!(self.method(), "SUBSCRIBE" | "INVITE")
                    && !self.value("Contact").starts_with("<sip:"),
                "Contact",
            ),
            (self.has("Content-Type") == self.body.is_empty(), "Content-Type"),
        ];
        is_bad.into_iter().find_map(|(bad, what)| bad.then_some(what))
    }

    /// The answer to it, with further headers.
    pub(super) fn answer(&self, status: &str, tag: &str, more: &[(&str, String)], peer: &str) -> String {
        let via = self.value("Via");
        let (host, port) = peer.rsplit_once(':').unwrap_or((peer, "0"));
        let via = via.replacen(";rport", &format!(";rport={port};received={host}"), 1);
        let to = self.value("To");
        let to = if to.contains(";tag=") {
            to.to_owned()
        } else {
            format!("{to};tag={tag}")
        };
        let mut text = format!(
            "SIP/2.0 {status}\r\nVia: {via}\r\nFrom: {}\r\nTo: {to}\r\nCall-ID: {}\r\nCSeq: {}\r\nServer: Playground\r\n",
            self.value("From"),
            self.value("Call-ID"),
            self.value("CSeq"),
        );
        let mut body = "";
        for (name, value) in more {
            if name.is_empty() {
                body = value;
            } else {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
        }
        text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
        text
    }
}

/// Whether the digest of a request is right: MD5, qop auth, each nonce for one request.
pub(super) fn is_right(request: &Incoming, password: &str, realm: &str, nonce: &str) -> bool {
    let header = request.value("Authorization");
    let Some(rest) = header.strip_prefix("Digest ") else {
        return false;
    };
    let part = |name: &str| {
        let found = rest
            .split(", ")
            .find_map(|part| part.strip_prefix(&format!("{name}=")));
        found.unwrap_or_default().trim_matches('"').to_owned()
    };
    let hash = |text: String| -> String {
        Md5::digest(text.as_bytes())
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    };
    let user = part("username");
    let secret = hash(format!("{user}:{realm}:{password}"));
    let asked = hash(format!("{}:{}", request.method(), request.uri()));
    let (nc, cnonce) = (part("nc"), part("cnonce"));
    let right = hash(format!("{secret}:{nonce}:{nc}:{cnonce}:auth:{asked}"));
    part("realm") == realm
        && part("nonce") == nonce
        && part("uri") == request.uri()
        && part("qop") == "auth"
        && part("algorithm") == "MD5"
        && nc == "00000001"
        && cnonce.len() >= 8
        && part("opaque") == "play"
        && part("response") == right
        && user == request.caller()
}

/// The name of the user whose digest a request bears.
pub(super) fn signer(request: &Incoming) -> &str {
    let header = request.value("Authorization");
    let after = header.split("username=\"").nth(1).unwrap_or_default();
    after.split('"').next().unwrap_or_default()
}
