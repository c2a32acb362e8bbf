//! STARFACE's chat server: XMPP over TCP (facts/starface.md section 3, RFC 6120, RFC 6121), as much as showing a presence
//! needs. Without encryption, like everything here.
//!
//! Strict: a stream for another domain, a stanza before the sign-in or before the binding, a presence with a word or a
//! priority that is none, and anything that is no XML ends the stream with the error that the standard has for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::Starface;
use crate::faults::{Fault, Place};

const STREAM: &str = "http://etherx.jabber.org/streams";
const CLIENT: &str = "jabber:client";
const SASL: &str = "urn:ietf:params:xml:ns:xmpp-sasl";
const BIND: &str = "urn:ietf:params:xml:ns:xmpp-bind";
const PING: &str = "urn:xmpp:ping";
const STANZAS: &str = "urn:ietf:params:xml:ns:xmpp-stanzas";
const STREAMS: &str = "urn:ietf:params:xml:ns:xmpp-streams";
/// A stanza that is longer is none.
const LARGEST: usize = 16 * 1024;

/// What one connection shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StarfaceChat {
    /// `away`, `chat`, `dnd`, `xa`; empty: simply there.
    pub show: String,
    pub status: String,
    pub priority: i8,
}

/// What was said, as a tree.
#[derive(Debug, Default)]
struct Node {
    name: String,
    attributes: BTreeMap<String, String>,
    text: String,
    children: Vec<Node>,
}

impl Node {
    fn new(start: &BytesStart<'_>) -> Option<Self> {
        let mut node = Self {
            name: start.name().into_inner().to_owned(),
            ..Self::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let value = attribute
                .normalized_value(quick_xml::XmlVersion::Implicit1_0)
                .ok()?;
            let key = attribute.key.into_inner().to_owned();
            node.attributes.insert(key, value.into_owned());
        }
        Some(node)
    }

    fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// The condition that ends the stream.
struct End(&'static str);

struct Talk {
    starface: Arc<Starface>,
    stream: TcpStream,
    said: String,
    login: Option<String>,
    /// Its name of its own, once it has one.
    resource: Option<String>,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.hide();
    }
}

/// Serves until the future is dropped; its connections end with it.
pub(crate) async fn serve(starface: Arc<Starface>, listener: TcpListener) {
    let mut talks = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                talks.spawn(talk(Arc::clone(&starface), stream));
            },
            Some(_) = talks.join_next() => {}
        }
    }
}

async fn talk(starface: Arc<Starface>, mut stream: TcpStream) {
    let _ = stream.set_nodelay(true);
    let strikes = |fault: &Fault| starface.faults.is_struck(Place::PbxConnect, fault);
    if strikes(&Fault::PbxRefuses) {
        return;
    }
    if strikes(&Fault::PbxMute) {
        std::future::pending::<()>().await;
    }
    if strikes(&Fault::PbxNotAsterisk) {
        let _ = stream.write_all(b"220 mail.contoso.example ESMTP\r\n").await;
        std::future::pending::<()>().await;
    }
    let mut talk = Talk {
        starface,
        stream,
        said: String::new(),
        login: None,
        resource: None,
    };
    if let Some(End(condition)) = talk.run().await {
        let error = format!("<stream:error><{condition} xmlns='{STREAMS}'/></stream:error></stream:stream>");
        let _ = talk.stream.write_all(error.as_bytes()).await;
    }
}

impl Talk {
    /// `None`: whoever it was is gone.
    async fn run(&mut self) -> Option<End> {
        loop {
            if let Err(end) = self.opened().await? {
                return Some(end);
            }
            // Until a new stream is wanted, which comes after the sign-in.
            loop {
                let node = match self.element().await? {
                    Ok(Some(node)) => node,
                    Ok(None) => {
                        self.say("</stream:stream>").await?;
                        return None;
                    }
                    Err(end) => return Some(end),
                };
                if self.is_cut() {
                    return None;
                }
                match self.answer(&node) {
                    Ok(Some(answer)) => self.say(&answer).await?,
                    Ok(None) => {}
                    Err(end) => return Some(end),
                }
                if node.name == "auth" && self.login.is_some() {
                    break;
                }
            }
        }
    }

    /// Whether the connection ends by a fault.
    fn is_cut(&self) -> bool {
        let faults = &self.starface.faults;
        faults.is_struck(Place::PbxAction, &Fault::PbxReset)
    }

    async fn say(&mut self, text: &str) -> Option<()> {
        if self.starface.inside.lock().chat_is_silent {
            return Some(());
        }
        self.stream.write_all(text.as_bytes()).await.ok()
    }

    /// More of what is said.
    async fn more(&mut self) -> Option<Result<(), End>> {
        let mut bytes = [0; 2048];
        let count = self
            .stream
            .read(&mut bytes)
            .await
            .ok()
            .filter(|count| *count > 0)?;
        let Some(text) = bytes
            .get(..count)
            .and_then(|bytes| std::str::from_utf8(bytes).ok())
        else {
            return Some(Err(End("bad-format")));
        };
        self.said.push_str(text);
        if self.said.len() > LARGEST {
            return Some(Err(End("policy-violation")));
        }
        Some(Ok(()))
    }

    /// The head of a stream, and the answer to it.
    async fn opened(&mut self) -> Option<Result<(), End>> {
        let head = loop {
            match head_of(&self.said) {
                Ok(Some((node, length))) => {
                    self.said.drain(..length);
                    break node;
                }
                Ok(None) => {
                    if let Err(end) = self.more().await? {
                        return Some(Err(end));
                    }
                }
                Err(end) => return Some(Err(end)),
            }
        };
        let domain = self.starface.inside.lock().habits.chat_domain.clone();
        self.say(&format!(
            "<?xml version='1.0' encoding='UTF-8'?><stream:stream xmlns:stream='{STREAM}' xmlns='{CLIENT}' \
             from='{domain}' id='a1' xml:lang='en' version='1.0'>"
        ))
        .await?;
        if head.name != "stream:stream"
            || head.attribute("xmlns") != CLIENT
            || head.attribute("xmlns:stream") != STREAM
        {
            return Some(Err(End("invalid-namespace")));
        }
        if head.attribute("version") != "1.0" {
            return Some(Err(End("unsupported-version")));
        }
        if head.attribute("to") != domain {
            return Some(Err(End("host-unknown")));
        }
        let offered = if self.login.is_some() {
            format!("<bind xmlns='{BIND}'/>")
        } else {
            format!("<mechanisms xmlns='{SASL}'><mechanism>PLAIN</mechanism></mechanisms>")
        };
        self.say(&format!("<stream:features>{offered}</stream:features>"))
            .await?;
        Some(Ok(()))
    }

    /// The next element; none at the end of the stream.
    async fn element(&mut self) -> Option<Result<Option<Node>, End>> {
        loop {
            let here = self.said.trim_start();
            if here.starts_with("</stream:stream>") {
                return Some(Ok(None));
            }
            let skipped = self.said.len() - here.len();
            match element_of(here) {
                Ok(Some((node, length))) => {
                    self.said.drain(..skipped + length);
                    return Some(Ok(Some(node)));
                }
                Ok(None) => {
                    if let Err(end) = self.more().await? {
                        return Some(Err(end));
                    }
                }
                Err(end) => return Some(Err(end)),
            }
        }
    }

    fn answer(&mut self, node: &Node) -> Result<Option<String>, End> {
        if self.login.is_none() {
            return self.sign_in(node).map(Some);
        }
        match node.name.as_str() {
            "iq" => Ok(Some(self.question(node)?)),
            "presence" if self.resource.is_some() => self.presence(node),
            "message" if self.resource.is_some() => Ok(None),
            "presence" | "message" => Err(End("not-authorized")),
            _ => Err(End("unsupported-stanza-type")),
        }
    }

    fn sign_in(&mut self, node: &Node) -> Result<String, End> {
        if node.name != "auth" || node.attribute("xmlns") != SASL {
            return Err(End("not-authorized"));
        }
        let no = |condition: &str| Ok(format!("<failure xmlns='{SASL}'><{condition}/></failure>"));
        if node.attribute("mechanism") != "PLAIN" {
            return no("invalid-mechanism");
        }
        let Some(proof) = STANDARD
            .decode(&node.text)
            .ok()
            .and_then(|proof| String::from_utf8(proof).ok())
        else {
            return no("incorrect-encoding");
        };
        let [of, login, password] = proof.split('\0').collect::<Vec<_>>()[..] else {
            return no("malformed-request");
        };
        let mut inside = self.starface.inside.lock();
        inside.chat_tries += 1;
        let is_right = inside
            .desks
            .get(login)
            .is_some_and(|desk| desk.password == password);
        if !of.is_empty() || !is_right {
            return no("not-authorized");
        }
        drop(inside);
        self.login = Some(login.to_owned());
        Ok(format!("<success xmlns='{SASL}'/>"))
    }

    fn question(&mut self, node: &Node) -> Result<String, End> {
        let id = node.attribute("id");
        let is_word = !id.is_empty() && id.chars().all(|c| c.is_ascii_alphanumeric());
        let ([what], true) = (&node.children[..], is_word) else {
            return Err(End("bad-format"));
        };
        let no = |kind: &str, condition: &str| {
            format!(
                "<iq type='error' id='{id}'><error type='{kind}'><{condition} xmlns='{STANZAS}'/></error></iq>"
            )
        };
        match (
            node.attribute("type"),
            what.name.as_str(),
            what.attribute("xmlns"),
        ) {
            ("set", "bind", BIND) if self.resource.is_none() => {
                let wanted = what.children.iter().find(|child| child.name == "resource");
                let resource = wanted.map_or("chosen", |child| child.text.as_str()).to_owned();
                let login = self.login.clone().unwrap_or_default();
                let mut inside = self.starface.inside.lock();
                let place = (login.clone(), resource.clone());
                if resource.is_empty() || inside.chats.contains_key(&place) {
                    return Ok(no("cancel", "conflict"));
                }
                inside.chats.insert(place, None);
                let domain = inside.habits.chat_domain.clone();
                drop(inside);
                self.resource = Some(resource.clone());
                Ok(format!(
                    "<iq type='result' id='{id}'><bind xmlns='{BIND}'><jid>{login}@{domain}/{resource}</jid></bind></iq>"
                ))
            }
            _ if self.resource.is_none() => Err(End("not-authorized")),
            ("get", "ping", PING) => Ok(format!("<iq type='result' id='{id}'/>")),
            ("get" | "set", _, _) => Ok(no("cancel", "service-unavailable")),
            _ => Err(End("bad-format")),
        }
    }

    fn presence(&self, node: &Node) -> Result<Option<String>, End> {
        let shown = match node.attribute("type") {
            "unavailable" => None,
            "" => Some(shown(node).ok_or(End("bad-format"))?),
            _ => return Err(End("bad-format")),
        };
        let place = self.login.clone().zip(self.resource.clone());
        if let Some(place) = place {
            self.starface.inside.lock().chats.insert(place, shown);
        }
        Ok(None)
    }

    fn hide(&self) {
        if let Some(place) = self.login.clone().zip(self.resource.clone()) {
            self.starface.inside.lock().chats.remove(&place);
        }
    }
}

fn shown(node: &Node) -> Option<StarfaceChat> {
    let mut shown = StarfaceChat::default();
    for child in &node.children {
        match child.name.as_str() {
            "show" => shown.show = child.text.clone(),
            "status" => shown.status = child.text.clone(),
            "priority" => shown.priority = child.text.parse().ok()?,
            _ => return None,
        }
    }
    ["", "away", "chat", "dnd", "xa"]
        .contains(&shown.show.as_str())
        .then_some(shown)
}

/// The start of a stream, and its length; `None`: more has to come.
fn head_of(text: &str) -> Result<Option<(Node, usize)>, End> {
    let mut xml = Reader::from_str(text);
    loop {
        match xml.read_event() {
            Ok(Event::Decl(_)) => {}
            Ok(Event::Text(space)) if space.xml10_content().trim().is_empty() => {}
            Ok(Event::Start(start)) => {
                let node = Node::new(&start).ok_or(End("bad-format"))?;
                return Ok(usize::try_from(xml.buffer_position())
                    .ok()
                    .map(|length| (node, length)));
            }
            Ok(Event::Eof) | Err(quick_xml::Error::Syntax(_)) => return Ok(None),
            Ok(_) | Err(_) => return Err(End("bad-format")),
        }
    }
}

/// The first element, and its length; `None`: more has to come.
fn element_of(text: &str) -> Result<Option<(Node, usize)>, End> {
    let bad = || End("bad-format");
    let mut xml = Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    loop {
        let done = match xml.read_event() {
            Ok(Event::Start(start)) => {
                open.push(Node::new(&start).ok_or_else(bad)?);
                None
            }
            Ok(Event::Empty(start)) => Some(Node::new(&start).ok_or_else(bad)?),
            Ok(Event::End(_)) => Some(open.pop().ok_or_else(bad)?),
            Ok(Event::Text(said)) => {
                let inside = open.last_mut().ok_or_else(bad)?;
                inside.text.push_str(&said.xml10_content());
                None
            }
            Ok(Event::GeneralRef(name)) => {
                let inside = open.last_mut().ok_or_else(bad)?;
                inside.text.push(match &*name.xml10_content() {
                    "amp" => '&',
                    "lt" => '<',
                    "gt" => '>',
                    "apos" => '\'',
                    "quot" => '"',
                    _ => return Err(bad()),
                });
                None
            }
            Ok(Event::Eof) | Err(quick_xml::Error::Syntax(_)) => return Ok(None),
            Ok(_) => return Err(End("restricted-xml")),
            Err(_) => return Err(bad()),
        };
        let Some(node) = done else { continue };
        match open.last_mut() {
            Some(outer) => outer.children.push(node),
            None => {
                let length = usize::try_from(xml.buffer_position()).map_err(|_| bad())?;
                return Ok(Some((node, length)));
            }
        }
    }
}
