//! Who shows notifications: a double that records them, or the real dunst.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use serde_json::Value as Json;
use zbus::object_server::SignalEmitter;
use zbus::zvariant::OwnedValue;
use zbus::{Connection, interface};

use super::{Desk, succeed};
use crate::places;
use crate::process::Running;
use crate::runtime::block_on;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// One notification as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub id: u32,
    /// Not 0: it takes the place of this earlier one.
    pub replaces: u32,
    pub program: String,
    pub summary: String,
    /// Markup: a caller's name must come escaped.
    pub body: String,
    /// Key and label by turns.
    pub actions: Vec<String>,
}

/// A notification daemon that records.
#[derive(Debug)]
pub struct Notifications {
    connection: Connection,
    shown: Arc<Mutex<Vec<Notice>>>,
}

impl Notifications {
    /// # Panics
    /// When another daemon is on the desk.
    pub fn start(desk: &Desk) -> Self {
        let connection = desk.connect();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let double = Double {
            shown: Arc::clone(&shown),
            next: 1,
        };
        block_on(async {
            connection.object_server().at(PATH, double).await?;
            connection.request_name(NAME).await
        })
        .expect("the place of the notification daemon");
        Self { connection, shown }
    }

    /// All that was asked for so far.
    ///
    /// # Panics
    /// Never.
    pub fn shown(&self) -> Vec<Notice> {
        self.shown.lock().expect("the notices").clone()
    }

    /// Clicks one of a notice's actions.
    ///
    /// # Panics
    /// When the bus is gone.
    pub fn press(&self, notice: &Notice, action: &str) {
        block_on(async {
            let emitter = SignalEmitter::new(&self.connection, PATH)?;
            Double::action_invoked(&emitter, notice.id, action).await
        })
        .expect("the bus");
    }
}

#[derive(Debug)]
struct Double {
    shown: Arc<Mutex<Vec<Notice>>>,
    next: u32,
}

#[interface(name = "org.freedesktop.Notifications")]
impl Double {
    #[expect(clippy::too_many_arguments, reason = "the interface has eight")]
    fn notify(
        &mut self,
        app_name: String,
        replaces_id: u32,
        _app_icon: String,
        summary: String,
        body: String,
        actions: Vec<String>,
        _hints: HashMap<String, OwnedValue>,
        _expire_timeout: i32,
    ) -> u32 {
        let id = if replaces_id == 0 { self.next } else { replaces_id };
        self.next += 1;
        let notice = Notice {
            id,
            replaces: replaces_id,
            program: app_name,
            summary,
            body,
            actions,
        };
        self.shown.lock().expect("the notices").push(notice);
        id
    }

    async fn close_notification(
        &self,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
        id: u32,
    ) -> zbus::fdo::Result<()> {
        Ok(Self::notification_closed(&emitter, id, 3).await?)
    }

    fn get_capabilities(&self) -> Vec<String> {
        ["actions", "body", "body-markup"].map(str::to_owned).to_vec()
    }

    fn get_server_information(&self) -> (String, String, String, String) {
        let [name, vendor, version, spec] = ["lab", "offhook", "1", "1.2"].map(str::to_owned);
        (name, vendor, version, spec)
    }

    #[zbus(signal)]
    async fn action_invoked(emitter: &SignalEmitter<'_>, id: u32, action_key: &str) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn notification_closed(emitter: &SignalEmitter<'_>, id: u32, reason: u32) -> zbus::Result<()>;
}

/// The real dunst, which needs a screen.
#[derive(Debug)]
pub struct Dunst<'desk> {
    desk: &'desk Desk,
    _daemon: Running,
}

impl<'desk> Dunst<'desk> {
    /// # Panics
    /// When it doesn't take its place on the bus.
    pub fn start(desk: &'desk Desk) -> Self {
        let daemon = Running::start("dunst", desk.command(places::system_program("dunst")));
        desk.wait_name(NAME);
        Self {
            desk,
            _daemon: daemon,
        }
    }

    /// How many notices are on the screen.
    ///
    /// # Panics
    /// When dunst doesn't answer.
    #[track_caller]
    pub fn on_screen(&self) -> usize {
        self.ask(&["count", "displayed"])
            .parse()
            .expect("a number of notices")
    }

    /// Takes all notices off the screen and returns every one so far: summary and body.
    ///
    /// # Panics
    /// When dunst doesn't answer.
    #[track_caller]
    pub fn history(&self) -> Vec<(String, String)> {
        self.ask(&["close-all"]);
        let history: Json = serde_json::from_str(&self.ask(&["history"])).expect("dunst's history");
        let text = |notice: &Json, key: &str| notice[key]["data"].as_str().unwrap_or_default().to_owned();
        let lists = history["data"].as_array().cloned().unwrap_or_default();
        let notices = lists
            .iter()
            .flat_map(|list| list.as_array().cloned().unwrap_or_default());
        notices
            .map(|notice| (text(&notice, "summary"), text(&notice, "body")))
            .collect()
    }

    /// Clicks the first action of the newest notice.
    ///
    /// # Panics
    /// When dunst doesn't answer.
    #[track_caller]
    pub fn press(&self) {
        self.ask(&["action", "0"]);
    }

    #[track_caller]
    fn ask(&self, arguments: &[&str]) -> String {
        succeed(
            self.desk
                .command(places::system_program("dunstctl"))
                .args(arguments),
        )
    }
}
