//! The other end of a tray icon: a StatusNotifier watcher and host, and a reader of icon, tooltip and menu.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use zbus::message::Header;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{Array, OwnedObjectPath, OwnedValue, Structure, Value};
use zbus::{Connection, interface};

use super::Desk;
use crate::runtime::block_on;
use crate::wait::wait_for;

const WATCHER: &str = "org.kde.StatusNotifierWatcher";
const WATCHER_PATH: &str = "/StatusNotifierWatcher";
const ITEM: &str = "org.kde.StatusNotifierItem";
const MENU: &str = "com.canonical.dbusmenu";
const LIMIT: Duration = Duration::from_secs(10);

/// The place in a panel where tray icons go. It may come late, vanish and come back, as panels do.
#[derive(Debug)]
pub struct TrayHost {
    connection: Connection,
    items: Arc<Mutex<Vec<String>>>,
}

impl TrayHost {
    /// # Panics
    /// When a panel is on the desk already.
    pub fn start(desk: &Desk) -> Self {
        let connection = desk.connect();
        let items = Arc::new(Mutex::new(Vec::new()));
        let watcher = Watcher {
            items: Arc::clone(&items),
        };
        block_on(async { connection.object_server().at(WATCHER_PATH, watcher).await }).expect("the watcher");
        let host = Self { connection, items };
        host.come_back();
        host
    }

    /// Leaves the bus and forgets its icons, as a panel that crashed.
    ///
    /// # Panics
    /// When the bus is gone.
    pub fn vanish(&self) {
        self.items.lock().expect("the items").clear();
        block_on(self.connection.release_name(WATCHER)).expect("the bus");
    }

    /// Takes its place on the bus again.
    ///
    /// # Panics
    /// When another panel has taken it.
    pub fn come_back(&self) {
        block_on(self.connection.request_name(WATCHER)).expect("the place of the watcher");
    }

    /// The addresses of all registered icons.
    ///
    /// # Panics
    /// Never.
    pub fn registered(&self) -> Vec<String> {
        self.items.lock().expect("the items").clone()
    }

    /// Waits for an icon.
    ///
    /// # Panics
    /// After 10 s.
    #[track_caller]
    pub fn wait_item(&self) -> TrayItem {
        let address = wait_for(LIMIT, "an icon in the tray", || self.registered().pop());
        let (service, path) = address.split_once('/').expect("an item's address");
        TrayItem {
            connection: self.connection.clone(),
            service: service.to_owned(),
            path: format!("/{path}"),
        }
    }
}

#[derive(Debug)]
struct Watcher {
    items: Arc<Mutex<Vec<String>>>,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &self,
        service: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let item = match service.strip_prefix('/') {
            Some(path) => format!("{sender}/{path}"),
            None if service.contains('/') => service,
            None => format!("{service}/StatusNotifierItem"),
        };
        self.items.lock().expect("the items").push(item.clone());
        Ok(Self::status_notifier_item_registered(&emitter, &item).await?)
    }

    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        self.items.lock().expect("the items").clone()
    }

    #[zbus(property)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(emitter: &SignalEmitter<'_>, service: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn status_notifier_item_unregistered(
        emitter: &SignalEmitter<'_>,
        service: &str,
    ) -> zbus::Result<()>;
}

/// The largest picture of an icon: rows of ARGB, most significant byte first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    pub width: i32,
    pub height: i32,
    pub argb: Vec<u8>,
}

/// One line of a menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MenuEntry {
    pub id: i32,
    /// Without the underscores that mark access keys.
    pub label: String,
    pub enabled: bool,
    pub visible: bool,
    pub separator: bool,
    /// `None`: can't be ticked.
    pub ticked: Option<bool>,
    pub children: Vec<MenuEntry>,
}

/// One tray icon, read as a panel reads it.
#[derive(Debug)]
pub struct TrayItem {
    connection: Connection,
    service: String,
    path: String,
}

impl TrayItem {
    pub fn title(&self) -> String {
        self.text("Title")
    }

    /// `Active`, `Passive` or `NeedsAttention`.
    pub fn status(&self) -> String {
        self.text("Status")
    }

    pub fn id(&self) -> String {
        self.text("Id")
    }

    /// Title and text of the tooltip.
    ///
    /// # Panics
    /// When the icon is gone or has none.
    #[track_caller]
    pub fn tooltip(&self) -> (String, String) {
        let tooltip: Structure<'_> = self.property("ToolTip").try_into().expect("a tooltip");
        let text = |at: usize| match tooltip.fields().get(at) {
            Some(Value::Str(text)) => text.to_string(),
            other => panic!("a tooltip with {other:?}"),
        };
        (text(2), text(3))
    }

    /// # Panics
    /// When the icon is gone or has no picture of its own.
    #[track_caller]
    pub fn picture(&self) -> Picture {
        let pictures: Vec<(i32, i32, Vec<u8>)> =
            self.property("IconPixmap").try_into().expect("the pictures");
        let largest = pictures
            .into_iter()
            .max_by_key(|(width, _, _)| *width)
            .expect("a picture");
        let (width, height, argb) = largest;
        Picture { width, height, argb }
    }

    /// The menu as it is now.
    ///
    /// # Panics
    /// When the icon is gone.
    #[track_caller]
    pub fn menu(&self) -> Vec<MenuEntry> {
        let nothing: Vec<String> = Vec::new();
        let answer = self.call_menu("GetLayout", &(0i32, -1i32, nothing));
        let body = answer.body();
        let layout: Structure<'_> = body.deserialize().expect("a menu");
        let [Value::U32(_revision), Value::Structure(root)] = layout.fields() else {
            panic!("no menu: {layout:?}")
        };
        entry(root).children
    }

    /// Clicks an entry by its labels, from the outermost menu inwards. A menu that is replaced between the look and
    /// the click is looked at again, as a person would.
    ///
    /// # Panics
    /// When there is none, or it can't be clicked.
    #[track_caller]
    pub fn click(&self, labels: &[&str]) {
        let mut tries = 0;
        while let Err(error) = self.click_as_it_is(labels) {
            tries += 1;
            assert!(tries < 5, "clicking {labels:?}: {error}");
        }
    }

    #[track_caller]
    fn click_as_it_is(&self, labels: &[&str]) -> zbus::Result<()> {
        let mut entries = self.menu();
        let mut clicked = None;
        for label in labels {
            let shown: Vec<String> = entries.iter().map(|entry| entry.label.clone()).collect();
            let found = entries.into_iter().find(|entry| entry.label == *label);
            let found = found.unwrap_or_else(|| panic!("the menu has no {label:?} but {shown:?}"));
            entries = found.children.clone();
            clicked = Some(found);
        }
        let entry = clicked.expect("a label");
        assert!(
            entry.enabled && entry.visible,
            "{:?} can't be clicked",
            entry.label
        );
        self.ask_menu("Event", &(entry.id, "clicked", Value::I32(0), 0u32))
            .map(|_answer| ())
    }

    /// A left click on the icon.
    ///
    /// # Panics
    /// When the icon is gone.
    #[track_caller]
    pub fn activate(&self) {
        self.activate_at(0, 0);
    }

    /// A click on the icon that is shown at that place of the screen.
    ///
    /// # Panics
    /// When the icon is gone.
    #[track_caller]
    pub fn activate_at(&self, x: i32, y: i32) {
        let (service, path) = (Some(self.service.as_str()), self.path.as_str());
        block_on(
            self.connection
                .call_method(service, path, Some(ITEM), "Activate", &(x, y)),
        )
        .expect("the icon to take the click");
    }

    #[track_caller]
    fn call_menu<B>(&self, method: &str, body: &B) -> zbus::Message
    where
        B: serde::ser::Serialize + zbus::zvariant::DynamicType,
    {
        self.ask_menu(method, body)
            .unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    #[track_caller]
    fn ask_menu<B>(&self, method: &str, body: &B) -> zbus::Result<zbus::Message>
    where
        B: serde::ser::Serialize + zbus::zvariant::DynamicType,
    {
        let menu: OwnedObjectPath = self.property("Menu").try_into().expect("the path of a menu");
        block_on(
            self.connection
                .call_method(Some(self.service.as_str()), menu, Some(MENU), method, body),
        )
    }

    #[track_caller]
    fn text(&self, name: &str) -> String {
        self.property(name)
            .try_into()
            .unwrap_or_else(|error| panic!("{name} is no text: {error}"))
    }

    #[track_caller]
    fn property(&self, name: &str) -> OwnedValue {
        let (service, path) = (Some(self.service.as_str()), self.path.as_str());
        let properties = Some("org.freedesktop.DBus.Properties");
        let answer = block_on(
            self.connection
                .call_method(service, path, properties, "Get", &(ITEM, name)),
        );
        let answer = answer.unwrap_or_else(|error| panic!("the icon's {name}: {error}"));
        answer.body().deserialize().expect("a property")
    }
}

/// Reads `(id, properties, children)`.
fn entry(node: &Structure<'_>) -> MenuEntry {
    let [Value::I32(id), Value::Dict(properties), Value::Array(children)] = node.fields() else {
        panic!("no menu entry: {node:?}")
    };
    let properties: HashMap<String, OwnedValue> = properties
        .try_clone()
        .expect("properties")
        .try_into()
        .expect("properties");
    let text = |name: &str| {
        properties
            .get(name)
            .and_then(|value| <&str>::try_from(value).ok())
            .unwrap_or_default()
    };
    let flag = |name: &str| {
        properties
            .get(name)
            .and_then(|value| bool::try_from(value).ok())
            .unwrap_or(true)
    };
    let ticked = match text("toggle-type") {
        "" => None,
        _ => Some(
            properties
                .get("toggle-state")
                .and_then(|value| i32::try_from(value).ok())
                == Some(1),
        ),
    };
    MenuEntry {
        id: *id,
        label: text("label").replace('_', ""),
        enabled: flag("enabled"),
        visible: flag("visible"),
        separator: text("type") == "separator",
        ticked,
        children: entries(children),
    }
}

fn entries(children: &Array<'_>) -> Vec<MenuEntry> {
    let node = |value: &Value<'_>| {
        let inner = if let Value::Value(inner) = value {
            inner
        } else {
            value
        };
        let Value::Structure(node) = inner else {
            panic!("no menu entry: {inner:?}")
        };
        entry(node)
    };
    children.iter().map(node).collect()
}
