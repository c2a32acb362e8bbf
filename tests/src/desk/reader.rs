//! What a screen reader is told: the tree of accessible things on AT-SPI's own bus, and the news on it.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use serde::de::DeserializeOwned;
use zbus::export::futures_core::Stream;
use zbus::message::Type;
use zbus::zvariant::{DynamicType, OwnedObjectPath, OwnedValue, Type as Signed, Value};
use zbus::{Connection, MatchRule, MessageStream};

use super::Desk;
use crate::runtime::{block_on, handle};

const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";
const EVENTS: &str = "org.a11y.atspi.Event.Object";
const ROOT: &str = "/org/a11y/atspi/accessible/root";
const REGISTRY: &str = "org.a11y.atspi.Registry";
/// Of `AtspiRole`, those that a test asks for. Web pages have no other names for them.
const ROLES: [(u32, &str); 15] = [
    (2, "alert"),
    (7, "check box"),
    (11, "combo box"),
    (23, "frame"),
    (40, "password text"),
    (43, "push button"),
    (44, "radio button"),
    (54, "status bar"),
    (62, "toggle button"),
    (75, "application"),
    (79, "entry"),
    (83, "heading"),
    (88, "link"),
    (95, "document web"),
    (110, "landmark"),
];
/// Deeper than any page.
const DEPTH: usize = 60;

/// One thing that a reader finds, and what is in it.
#[derive(Debug, Clone)]
pub struct Node {
    pub role: String,
    pub name: String,
    pub description: String,
    /// What it says, where it is text.
    pub text: String,
    pub attributes: HashMap<String, String>,
    /// Names it for as long as it is there.
    pub place: String,
    pub children: Vec<Node>,
}

impl Node {
    /// This one and all below it.
    pub fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        all.extend(self.children.iter().flat_map(Self::all));
        all
    }

    /// Those of a role, in the order in which they are read.
    pub fn of_role(&self, role: &str) -> Vec<&Self> {
        self.all().into_iter().filter(|node| node.role == role).collect()
    }

    /// All that is said in it.
    pub fn said(&self) -> String {
        let all = self.all();
        let words = all
            .iter()
            .flat_map(|node| [node.name.as_str(), node.text.as_str()]);
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    }

    /// For messages of failed tests.
    pub fn outline(&self) -> String {
        let mut outline = String::new();
        self.draw(0, &mut outline);
        outline
    }

    fn draw(&self, depth: usize, outline: &mut String) {
        let indent = "  ".repeat(depth);
        let live = self.attributes.get("live").map_or("", String::as_str);
        let _ = writeln!(
            outline,
            "{indent}{} {:?} {:?} {live}",
            self.role, self.name, self.text
        );
        for child in &self.children {
            child.draw(depth + 1, outline);
        }
    }
}

/// A screen reader's ears: start it before the programs it is to hear.
#[derive(Debug)]
pub struct Reader {
    bus: Connection,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Reader {
    /// # Panics
    /// When AT-SPI is not installed.
    pub fn start(desk: &Desk) -> Self {
        desk.allow_service("org.a11y.Bus");
        let session = desk.connect();
        let bus = block_on(async {
            let on = ("org.a11y.Status", "IsEnabled", Value::from(true));
            let bus = ("org.a11y.Bus", "/org/a11y/bus");
            let properties = Some("org.freedesktop.DBus.Properties");
            session
                .call_method(Some(bus.0), bus.1, properties, "Set", &on)
                .await?;
            let answer = session
                .call_method(Some(bus.0), bus.1, Some("org.a11y.Bus"), "GetAddress", &())
                .await?;
            let address: String = answer.body().deserialize()?;
            zbus::connection::Builder::address(address.as_str())?
                .build()
                .await
        })
        .expect("the bus of AT-SPI: is at-spi2-core installed?");
        let reader = Self {
            bus,
            heard: Arc::default(),
        };
        reader.listen();
        reader
    }

    /// Programs tell only what somebody has asked for.
    fn listen(&self) {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface(EVENTS)
            .expect("the interface of events")
            .build();
        let stream = block_on(async {
            for event in [
                "object:text-changed",
                "object:children-changed",
                "object:announcement",
            ] {
                let wanted = (event, Vec::<String>::new(), "");
                self.bus
                    .call_method(
                        Some(REGISTRY),
                        "/org/a11y/atspi/registry",
                        Some(REGISTRY),
                        "RegisterEvent",
                        &wanted,
                    )
                    .await?;
            }
            MessageStream::for_match_rule(rule, &self.bus, Some(4096)).await
        })
        .expect("the events of AT-SPI");
        let heard = Arc::clone(&self.heard);
        handle().spawn(async move {
            let mut stream = Box::pin(stream);
            while let Some(Ok(message)) = std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await {
                if let Some(event) = message.header().member() {
                    heard.lock().expect("what was heard").push(event.to_string());
                }
            }
        });
    }

    /// Takes what was heard so far: `TextChanged`, `ChildrenChanged`, …
    ///
    /// # Panics
    /// Never.
    pub fn take_heard(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.lock().expect("what was heard"))
    }

    /// What a program shows, by its name; `None` while it shows nothing.
    pub fn program(&self, name: &str) -> Option<Node> {
        let root = (REGISTRY.to_owned(), OwnedObjectPath::try_from(ROOT).ok()?);
        let programs: Vec<(String, OwnedObjectPath)> = block_on(ask(&self.bus, &root, "GetChildren", &()))?;
        let named = |place: &(String, OwnedObjectPath)| {
            block_on(word(&self.bus, place, "Name")).as_deref() == Some(name)
        };
        let place = programs.into_iter().find(named)?;
        block_on(self.node(place, 0))
    }

    fn node(&self, place: (String, OwnedObjectPath), depth: usize) -> BoxedNode<'_> {
        Box::pin(async move {
            if depth > DEPTH {
                return None;
            }
            // What goes away while it is read is not there.
            let role: u32 = ask(&self.bus, &place, "GetRole", &()).await?;
            let text: Option<String> = ask_of(
                &self.bus,
                &place,
                "org.a11y.atspi.Text",
                "GetText",
                &(0i32, -1i32),
            )
            .await;
            let inner = inner(&self.bus, &place).await?;
            let mut children = Vec::with_capacity(inner.len());
            for child in inner {
                children.extend(self.node(child, depth + 1).await);
            }
            Some(Node {
                role: role_name(role),
                name: word(&self.bus, &place, "Name").await.unwrap_or_default(),
                description: word(&self.bus, &place, "Description").await.unwrap_or_default(),
                // Each part of the text stands for itself below.
                text: text
                    .unwrap_or_default()
                    .replace('\u{fffc}', " ")
                    .trim()
                    .to_owned(),
                attributes: ask(&self.bus, &place, "GetAttributes", &())
                    .await
                    .unwrap_or_default(),
                place: format!("{} {}", place.0, place.1),
                children,
            })
        })
    }
}

fn role_name(role: u32) -> String {
    let named = ROLES.iter().find(|(number, _)| *number == role);
    named.map_or_else(|| role.to_string(), |(_, name)| (*name).to_owned())
}

type BoxedNode<'a> = std::pin::Pin<Box<dyn Future<Output = Option<Node>> + Send + 'a>>;
type Place = (String, OwnedObjectPath);

async fn ask<T: DeserializeOwned + Signed>(
    bus: &Connection,
    place: &Place,
    method: &str,
    body: &(impl serde::Serialize + DynamicType + Sync),
) -> Option<T> {
    ask_of(bus, place, ACCESSIBLE, method, body).await
}

async fn ask_of<T: DeserializeOwned + Signed>(
    bus: &Connection,
    (name, path): &Place,
    interface: &str,
    method: &str,
    body: &(impl serde::Serialize + DynamicType + Sync),
) -> Option<T> {
    let answer = bus
        .call_method(Some(name.as_str()), path, Some(interface), method, body)
        .await
        .ok()?;
    answer.body().deserialize().ok()
}

/// What is in it. A frame around a web page lists nothing, but has it when it is asked for by its number, as readers do.
async fn inner(bus: &Connection, place: &Place) -> Option<Vec<Place>> {
    let listed: Vec<Place> = ask(bus, place, "GetChildren", &()).await?;
    if !listed.is_empty() {
        return Some(listed);
    }
    let count: i32 = property(bus, place, "ChildCount").await?.try_into().ok()?;
    let mut children = Vec::new();
    for number in 0..count {
        children.extend(ask(bus, place, "GetChildAtIndex", &number).await);
    }
    Some(children)
}

async fn property(bus: &Connection, place: &Place, name: &str) -> Option<OwnedValue> {
    let properties = "org.freedesktop.DBus.Properties";
    ask_of(bus, place, properties, "Get", &(ACCESSIBLE, name)).await
}

async fn word(bus: &Connection, place: &Place, name: &str) -> Option<String> {
    String::try_from(property(bus, place, name).await?).ok()
}
