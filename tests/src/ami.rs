//! A manager client for tests: looks into a real Asterisk from the side.
//!
//! Written independently of the product's adapter, so that the two can't share a mistake.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use crate::wait::{try_wait_for, wait_for};

/// How long an answer may take.
const ANSWER: Duration = Duration::from_secs(5);

/// One message: an event or a response. Keys may repeat.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Message(Vec<(String, String)>);

impl Message {
    /// The first value of a key.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value.as_str())
    }

    /// Whether the key's first value is this one.
    pub fn has(&self, key: &str, value: &str) -> bool {
        self.value(key) == Some(value)
    }

    /// Whether this is the event with that name.
    pub fn is(&self, event: &str) -> bool {
        self.has("Event", event)
    }
}

/// A signed-in manager connection that keeps every event.
#[derive(Debug)]
pub struct Ami {
    writer: Mutex<TcpStream>,
    heard: Arc<Heard>,
    next: AtomicU32,
}

#[derive(Debug, Default)]
struct Heard {
    state: Mutex<State>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct State {
    responses: Vec<Message>,
    events: Vec<Message>,
    closed: bool,
}

impl Ami {
    /// Connects and signs in by the plain secret.
    ///
    /// # Errors
    /// What stood in the way; for a refusal the manager's own words.
    pub fn connect(port: u16, user: &str, secret: &str) -> Result<Self, String> {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .map_err(|error| format!("no connection: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let writer = stream.try_clone().map_err(|error| error.to_string())?;
        let heard = Arc::new(Heard::default());
        let ears = Arc::clone(&heard);
        thread::spawn(move || listen(stream, &ears));
        let ami = Self {
            writer: Mutex::new(writer),
            heard,
            next: AtomicU32::new(1),
        };
        let answer = ami.try_action("Login", &[("Username", user), ("Secret", secret)])?;
        match answer.value("Response") {
            Some("Success") => Ok(ami),
            _ => Err(answer
                .value("Message")
                .unwrap_or("no answer to the sign-in")
                .to_owned()),
        }
    }

    /// Sends an action and returns its response.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn action(&self, name: &str, fields: &[(&str, &str)]) -> Message {
        self.try_action(name, fields)
            .unwrap_or_else(|complaint| panic!("{name}: {complaint}"))
    }

    /// Sends an action that answers with a list and returns the list's events.
    ///
    /// # Panics
    /// When the list isn't complete after 5 s.
    #[track_caller]
    pub fn list(&self, name: &str, fields: &[(&str, &str)]) -> Vec<Message> {
        let id = self.next_id();
        self.send(name, &id, fields);
        wait_for(ANSWER, &format!("the list of {name}"), || {
            let state = self.heard.state.lock().expect("what was heard");
            let refused = state
                .responses
                .iter()
                .any(|m| m.has("ActionID", &id) && m.has("Response", "Error"));
            let mine = state.events.iter().filter(|event| event.has("ActionID", &id));
            let (end, items): (Vec<_>, Vec<_>) = mine.cloned().partition(|m| m.has("EventList", "Complete"));
            (refused || !end.is_empty()).then_some(items)
        })
    }

    fn try_action(&self, name: &str, fields: &[(&str, &str)]) -> Result<Message, String> {
        let id = self.next_id();
        self.send(name, &id, fields);
        let answered = |state: &State| state.responses.iter().find(|m| m.has("ActionID", &id)).cloned();
        let waiting = |state: &mut State| answered(state).is_none() && !state.closed;
        let state = self.heard.state.lock().expect("what was heard");
        let (state, _) = self
            .heard
            .news
            .wait_timeout_while(state, ANSWER, waiting)
            .expect("what was heard");
        answered(&state).ok_or_else(|| {
            if state.closed {
                "the manager hung up".to_owned()
            } else {
                format!("no answer in {ANSWER:?}")
            }
        })
    }

    fn next_id(&self) -> String {
        format!("lab-{}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    fn send(&self, name: &str, id: &str, fields: &[(&str, &str)]) {
        let mut text = format!("Action: {name}\r\nActionID: {id}\r\n");
        for (key, value) in fields {
            text.push_str(&format!("{key}: {value}\r\n"));
        }
        text.push_str("\r\n");
        // A closed connection shows in the answer that doesn't come.
        drop(
            self.writer
                .lock()
                .expect("the connection")
                .write_all(text.as_bytes()),
        );
    }

    /// Whether the manager hung up.
    pub fn closed(&self) -> bool {
        self.heard.state.lock().expect("what was heard").closed
    }

    /// How many events were heard so far: a mark for [`Ami::events_since`].
    pub fn mark(&self) -> usize {
        self.heard.state.lock().expect("what was heard").events.len()
    }

    pub fn events_since(&self, mark: usize) -> Vec<Message> {
        let state = self.heard.state.lock().expect("what was heard");
        state.events.get(mark..).unwrap_or_default().to_vec()
    }

    /// Waits for an event after `mark`.
    ///
    /// # Panics
    /// After `limit`.
    #[track_caller]
    pub fn wait_event(
        &self,
        mark: usize,
        limit: Duration,
        what: &str,
        wanted: impl Fn(&Message) -> bool,
    ) -> Message {
        wait_for(limit, what, || self.events_since(mark).into_iter().find(&wanted))
    }

    /// The value of an entry of Asterisk's database.
    #[track_caller]
    pub fn db_get(&self, family: &str, key: &str) -> Option<String> {
        let found = self.list("DBGet", &[("Family", family), ("Key", key)]);
        found
            .iter()
            .find_map(|event| event.value("Val"))
            .map(str::to_owned)
    }

    #[track_caller]
    pub fn db_put(&self, family: &str, key: &str, value: &str) {
        let answer = self.action("DBPut", &[("Family", family), ("Key", key), ("Val", value)]);
        assert!(answer.has("Response", "Success"), "DBPut: {answer:?}");
    }

    /// Removes an entry; one that isn't there is no failure.
    #[track_caller]
    pub fn db_del(&self, family: &str, key: &str) {
        self.action("DBDel", &[("Family", family), ("Key", key)]);
    }

    /// Sets a global function such as `DEVICE_STATE(Custom:DND1001)`.
    #[track_caller]
    pub fn set(&self, variable: &str, value: &str) {
        let answer = self.action("Setvar", &[("Variable", variable), ("Value", value)]);
        assert!(answer.has("Response", "Success"), "Setvar {variable}: {answer:?}");
    }

    /// A device's state word, such as `NOT_INUSE`, `RINGING`, `INUSE`.
    #[track_caller]
    pub fn device_state(&self, device: &str) -> Option<String> {
        let states = self.list("DeviceStateList", &[]);
        let mine = states.iter().find(|event| event.has("Device", device));
        mine.and_then(|event| event.value("State")).map(str::to_owned)
    }

    /// The channels that are up, one message each.
    #[track_caller]
    pub fn channels(&self) -> Vec<Message> {
        self.list("CoreShowChannels", &[])
            .into_iter()
            .filter(|m| m.is("CoreShowChannel"))
            .collect()
    }

    /// Presses a feature code for an extension, as its phone would.
    #[track_caller]
    pub fn press(&self, extension: &str, code: &str) {
        let channel = format!("Local/{code}@from-internal/n");
        let fields = [
            ("Channel", channel.as_str()),
            ("Application", "Wait"),
            ("Data", "3"),
            ("CallerID", extension),
            ("Async", "true"),
        ];
        let answer = self.action("Originate", &fields);
        assert!(answer.has("Response", "Success"), "Originate {code}: {answer:?}");
    }

    /// Waits until an entry has this value (`None`: is gone).
    ///
    /// # Panics
    /// After `limit`, with what it is instead.
    #[track_caller]
    pub fn wait_db(&self, limit: Duration, family: &str, key: &str, wanted: Option<&str>) {
        let seen = try_wait_for(limit, || {
            (self.db_get(family, key).as_deref() == wanted).then_some(())
        });
        if seen.is_none() {
            let found = self.db_get(family, key);
            panic!("after {limit:?} {family}/{key} is {found:?} instead of {wanted:?}");
        }
    }
}

/// Reads messages until the connection ends. Stray empty lines do occur between them.
fn listen(stream: TcpStream, heard: &Heard) {
    let mut message = Message::default();
    for line in BufReader::new(stream).split(b'\n') {
        let Ok(line) = line else { break };
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches('\r');
        if let Some((key, value)) = line.split_once(':') {
            message.0.push((key.to_owned(), value.trim_start().to_owned()));
        } else if line.is_empty() && !message.0.is_empty() {
            let message = std::mem::take(&mut message);
            let mut state = heard.state.lock().expect("what was heard");
            if message.value("Event").is_some() {
                state.events.push(message);
            } else {
                state.responses.push(message);
            }
            heard.news.notify_all();
        }
    }
    heard.state.lock().expect("what was heard").closed = true;
    heard.news.notify_all();
}

impl Drop for Ami {
    fn drop(&mut self) {
        drop(
            self.writer
                .lock()
                .map(|stream| stream.shutdown(std::net::Shutdown::Both)),
        );
    }
}
