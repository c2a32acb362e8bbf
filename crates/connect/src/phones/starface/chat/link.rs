//! One XMPP connection: STARTTLS, sign-in, a resource of our own, and what is shown with it (RFC 6120, RFC 6121).

use super::stream::{Cutter, Element, Piece};
use super::{ChatConfig, Shown};
use crate::phones::net::{self, NetError, Stream};
use crate::phones::starface::error::Error;
use crate::phones::tls::Tls;
use crate::phones::xml;
use crate::wire;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use offhook_engine::phone::PhonePresence;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{Instant, timeout_at};

const WIRE: &str = "XMPP";

pub(super) struct Link {
    /// Empty only while it is being encrypted.
    stream: Option<Box<dyn Stream>>,
    cutter: Cutter,
    config: ChatConfig,
    asked: u64,
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Link").finish_non_exhaustive()
    }
}

impl Link {
    /// Signs in at the first of the domains that the server knows. Shows nothing.
    ///
    /// # Errors
    /// No answer, no encryption, a server that takes neither the domain nor the password.
    pub async fn open(config: &ChatConfig, password: &SecretString) -> Result<Self, Error> {
        let mut error = Error::NotPermitted("XMPP domain");
        for domain in &config.domains {
            match Self::open_at(config, domain, password).await {
                Ok(link) => return Ok(link),
                // A server that knows the domain and not the account is not told the password under another one.
                Err(unknown @ Error::NotPermitted("XMPP domain")) => error = unknown,
                Err(other) => return Err(other),
            }
        }
        Err(error)
    }

    async fn open_at(config: &ChatConfig, domain: &str, password: &SecretString) -> Result<Self, Error> {
        let deadline = Instant::now() + config.answer;
        let stream = net::connect(&config.host, config.port, &Tls::Off, config.answer).await?;
        let mut link = Self {
            stream: Some(stream),
            cutter: Cutter::default(),
            config: config.clone(),
            asked: 0,
        };
        let mut features = link.begin(domain, deadline).await?;
        if config.tls != Tls::Off {
            if !features.has("starttls") {
                return Err(NetError::Tls(config.host.clone()).into());
            }
            link.send("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
                .await?;
            if link.element(deadline).await?.name != "proceed" {
                return Err(NetError::Tls(config.host.clone()).into());
            }
            link.encrypt().await?;
            features = link.begin(domain, deadline).await?;
        }
        if !features.mechanisms.iter().any(|known| known == "PLAIN") {
            return Err(Error::NotPermitted("XMPP PLAIN"));
        }
        let token = STANDARD.encode(format!("\0{}\0{}", config.user, password.expose_secret()));
        let proof =
            format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{token}</auth>");
        link.send(&proof).await?;
        match link.element(deadline).await?.name.as_str() {
            "success" => {}
            "failure" => return Err(Error::WrongPassword(config.host.clone())),
            _ => return Err(link.odd()),
        }
        let features = link.begin(domain, deadline).await?;
        if !features.has("bind") && features.name != "bind" {
            return Err(link.odd());
        }
        // Two desks of one person must not push each other out.
        let suffix = getrandom::u32().unwrap_or_default();
        let resource = format!("<resource>Offhook-{suffix:08x}</resource>");
        link.ask(
            "set",
            &format!("<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>{resource}</bind>"),
        )
        .await?;
        if features.has("session") {
            // Asked of old servers; newer ones have nothing to do for it.
            let _refused = link
                .ask("set", "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>")
                .await?;
        }
        Ok(link)
    }

    /// Opens a stream and hears what the server offers on it.
    async fn begin(&mut self, domain: &str, deadline: Instant) -> Result<Element, Error> {
        self.cutter.anew();
        let mut to = String::new();
        xml::escape(domain, &mut to);
        let to = to.replace('\'', "&apos;");
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{to}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>"
        );
        self.send(&header).await?;
        match self.piece_by(deadline).await? {
            Piece::Open => {}
            Piece::Element(_) | Piece::Close => return Err(self.odd()),
        }
        let features = self.element(deadline).await?;
        match features.name.as_str() {
            "features" => Ok(features),
            "error" if features.has("host-unknown") => Err(Error::NotPermitted("XMPP domain")),
            _ => Err(self.odd()),
        }
    }

    async fn encrypt(&mut self) -> Result<(), Error> {
        let plain = self.stream.take().ok_or_else(|| self.lost())?;
        let config = &self.config;
        let encrypting = net::encrypt(plain, &config.host, &config.tls);
        let encrypted = tokio::time::timeout(config.answer, encrypting).await;
        let encrypted = encrypted.map_err(|_elapsed| NetError::TimedOut(config.host.clone()))?;
        self.stream = Some(encrypted?);
        Ok(())
    }

    /// Shows it and waits until the server has taken it: it answers in order.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn show(&mut self, shown: &Shown) -> Result<(), Error> {
        self.send(&presence(shown)).await?;
        self.ping().await
    }

    /// # Errors
    /// What became of the connection.
    pub async fn ping(&mut self) -> Result<(), Error> {
        self.ask("get", "<ping xmlns='urn:xmpp:ping'/>").await.map(drop)
    }

    /// Whether the answer is a yes. A no is an answer, too.
    async fn ask(&mut self, kind: &str, what: &str) -> Result<bool, Error> {
        self.asked += 1;
        let id = format!("o{}", self.asked);
        self.send(&format!("<iq type='{kind}' id='{id}'>{what}</iq>"))
            .await?;
        let deadline = Instant::now() + self.config.answer;
        loop {
            let element = self.element(deadline).await?;
            if element.name == "iq" && element.id == id {
                return Ok(element.kind == "result");
            }
            self.hear(&element).await?;
        }
    }

    /// What the server sends by itself. A question is answered with "not here", as everybody must who can't.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn hear(&mut self, element: &Element) -> Result<(), Error> {
        match (element.name.as_str(), element.kind.as_str()) {
            ("error", _) => Err(self.lost()),
            ("iq", "get" | "set") => {
                let mut id = String::new();
                xml::escape(&element.id, &mut id);
                let id = id.replace('\'', "&apos;");
                let no = "<error type='cancel'><service-unavailable \
                          xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>";
                self.send(&format!("<iq type='error' id='{id}'>{no}</iq>")).await
            }
            // Other people's presence, and messages, which go to those who can show them.
            _ => Ok(()),
        }
    }

    /// Says good-bye: what was shown goes.
    pub async fn close(&mut self) {
        let limit = self.config.answer;
        let goodbye = self.send("<presence type='unavailable'/></stream:stream>");
        // A server that is gone hears nothing.
        let _late = tokio::time::timeout(limit, goodbye).await;
    }

    /// The next element. May be given up at any time.
    ///
    /// # Errors
    /// What became of the connection.
    pub async fn next(&mut self) -> Result<Element, Error> {
        match self.piece().await? {
            Piece::Element(element) => Ok(element),
            Piece::Open => Err(self.odd()),
            Piece::Close => Err(self.lost()),
        }
    }

    async fn element(&mut self, deadline: Instant) -> Result<Element, Error> {
        let next = timeout_at(deadline, self.next()).await;
        next.map_err(|_elapsed| NetError::TimedOut(self.config.host.clone()))?
    }

    async fn piece_by(&mut self, deadline: Instant) -> Result<Piece, Error> {
        let piece = timeout_at(deadline, self.piece()).await;
        piece.map_err(|_elapsed| NetError::TimedOut(self.config.host.clone()))?
    }

    async fn piece(&mut self) -> Result<Piece, Error> {
        loop {
            let before = self.cutter.waiting();
            if let Some(piece) = self.cutter.piece().map_err(|xml::Odd| self.odd())? {
                let kind = match &piece {
                    Piece::Open => "stream",
                    Piece::Element(element) => &element.name,
                    Piece::Close => "stream-end",
                };
                wire::heard(WIRE, kind, before - self.cutter.waiting());
                return Ok(piece);
            }
            let mut bytes = [0; 4096];
            let stream = self.stream.as_mut();
            let read = match stream {
                Some(stream) => stream.read(&mut bytes).await,
                None => return Err(self.lost()),
            };
            match read {
                Ok(0) | Err(_) => return Err(self.lost()),
                Ok(count) => self.cutter.push(bytes.get(..count).unwrap_or_default()),
            }
        }
    }

    async fn send(&mut self, text: &str) -> Result<(), Error> {
        let lost = self.lost();
        wire::sent(WIRE, wire::Root(text), text.len());
        let Some(stream) = &mut self.stream else {
            return Err(lost);
        };
        stream
            .write_all(text.as_bytes())
            .await
            .map_err(|_| lost.clone())?;
        stream.flush().await.map_err(|_| lost)
    }

    fn lost(&self) -> Error {
        NetError::Lost(self.config.host.clone()).into()
    }

    fn odd(&self) -> Error {
        Error::NotUnderstood(self.config.host.clone())
    }
}

/// Nothing at all where nothing is to be shown: other programs of the person go on showing theirs. A negative priority,
/// so that no message comes here, where nobody would read it (RFC 6121 section 8.5).
fn presence(shown: &Shown) -> String {
    if *shown == Shown::default() {
        return "<presence type='unavailable'/>".to_owned();
    }
    let show = match shown.presence {
        Some(PhonePresence::Dnd) => "<show>dnd</show>",
        Some(PhonePresence::ExtendedAway) => "<show>xa</show>",
        Some(PhonePresence::Away) => "<show>away</show>",
        // Words that are not offered, and those that are shown by none.
        Some(
            PhonePresence::OnThePhone
            | PhonePresence::Meeting
            | PhonePresence::Busy
            | PhonePresence::Available,
        )
        | None => "",
    };
    let mut status = String::new();
    if !shown.note.is_empty() {
        status.push_str("<status>");
        xml::escape(&shown.note, &mut status);
        status.push_str("</status>");
    }
    format!("<presence>{show}{status}<priority>-1</priority></presence>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_is_what_the_words_say() {
        let shown = |presence, note: &str| {
            presence_of(Shown {
                presence,
                note: note.into(),
            })
        };
        fn presence_of(shown: Shown) -> String {
            presence(&shown)
        }
        assert_eq!(shown(None, ""), "<presence type='unavailable'/>");
        let rest = "<priority>-1</priority></presence>";
        for (word, show) in [
            (PhonePresence::Dnd, "<show>dnd</show>"),
            (PhonePresence::ExtendedAway, "<show>xa</show>"),
            (PhonePresence::Away, "<show>away</show>"),
            (PhonePresence::Available, ""),
        ] {
            assert_eq!(shown(Some(word), ""), format!("<presence>{show}{rest}"));
        }
        assert_eq!(
            shown(None, "a < b & c"),
            format!("<presence><status>a &lt; b &amp; c</status>{rest}")
        );
    }
}
