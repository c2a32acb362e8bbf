//! A pretend manager, strict: it takes only actions, headers and rights that a real Asterisk 16 or 22 takes
//! (facts/asterisk.md section 1, facts/asterisk.json), and complains at the end about everything else it was
//! sent. Its failures are switched by [`Faults`].

use md5::{Digest as _, Md5};
use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::net::TcpListener;
use tokio::sync::broadcast;
use tokio_rustls::TlsAcceptor;

pub const USER: &str = "desk";
pub const SECRET: &str = "desk-secret";

/// Write classes, and the one read class that matters.
#[derive(Debug, Clone, Copy)]
pub struct Classes {
    pub write: &'static [&'static str],
    pub hears_calls: bool,
}

pub const FULL: Classes = Classes {
    write: &["call", "originate", "reporting", "system"],
    hears_calls: true,
};
pub const DESK: Classes = Classes {
    write: &["call", "originate", "reporting"],
    hears_calls: true,
};
pub const CALL_ONLY: Classes = Classes {
    write: &["call"],
    hears_calls: true,
};
pub const DEAF: Classes = Classes {
    write: &["reporting"],
    hears_calls: false,
};

#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Said instead of the greeting.
    pub greeting: Option<&'static str>,
    /// These actions are never answered; `*` stands for all.
    pub unanswered: BTreeSet<&'static str>,
    /// Feature codes have no effect.
    pub codes_in_vain: bool,
    /// Everything is sent byte by byte.
    pub drips: bool,
}

#[derive(Debug)]
pub struct State {
    pub classes: Classes,
    pub faults: Faults,
    pub db: BTreeMap<String, String>,
    pub lamps: BTreeMap<String, String>,
    pub devices: BTreeMap<String, String>,
    pub presence: (String, String, String),
    /// Lines of `CoreShowChannel`.
    pub channels: Vec<String>,
    pub connections: usize,
    /// Every action that was taken, in order.
    pub actions: Vec<String>,
    /// Nothing is answered before so many more actions have come.
    pub hold_back: usize,
    complaints: Vec<String>,
}

/// A running pretend manager. Dropped: looks whether it has complaints.
#[derive(Debug)]
pub struct Pbx {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<String>,
    task: tokio::task::JoinHandle<()>,
}

impl Pbx {
    pub async fn start(classes: Classes, faults: Faults) -> Self {
        Self::start_over(classes, faults, None).await
    }

    pub async fn start_over(classes: Classes, faults: Faults, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            classes,
            faults,
            db: BTreeMap::new(),
            lamps: BTreeMap::new(),
            devices: BTreeMap::from([("PJSIP/101".to_owned(), "NOT_INUSE".to_owned())]),
            presence: ("not_set".into(), String::new(), String::new()),
            channels: Vec::new(),
            connections: 0,
            actions: Vec::new(),
            hold_back: 0,
            complaints: Vec::new(),
        }));
        let (events, _) = broadcast::channel(100_000);
        let (shared, sender) = (Arc::clone(&state), events.clone());
        let task = tokio::spawn(async move {
            // Sessions end with the listener.
            let mut sessions = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                lock(&shared).connections += 1;
                let (shared, sender, tls) = (Arc::clone(&shared), sender.clone(), tls.clone());
                sessions.spawn(async move {
                    match tls {
                        None => serve(stream, shared, sender).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                serve(stream, shared, sender).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            state,
            events,
            task,
        }
    }

    pub fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// How often an action was taken so far.
    pub fn taken(&self, action: &str) -> usize {
        let state = self.state();
        state.actions.iter().filter(|taken| *taken == action).count()
    }

    /// Waits until an action was taken that often.
    pub async fn takes(&self, action: &str, times: usize) {
        let waited = tokio::time::timeout(Duration::from_secs(10), async {
            while self.taken(action) < times {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        });
        assert!(
            waited.await.is_ok(),
            "{action} came {} times instead of {times}",
            self.taken(action)
        );
    }

    /// Sends an event, written as in a capture, to everybody signed in who may hear it.
    pub fn event(&self, lines: &str) {
        let block: String = lines
            .lines()
            .map(|line| format!("{}\r\n", line.trim_end()))
            .collect();
        let _nobody = self.events.send(block + "\r\n");
    }

    /// Sets a custom device state, as a phone's key would.
    pub fn set_lamp(&self, name: &str, state: &str) {
        set_lamp(&mut self.state(), &self.events, name, state);
    }
}

impl Drop for Pbx {
    fn drop(&mut self) {
        self.task.abort();
        let complaints = std::mem::take(&mut self.state().complaints);
        if !std::thread::panicking() {
            assert_eq!(complaints, [] as [String; 0]);
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn set_lamp(state: &mut State, events: &broadcast::Sender<String>, name: &str, value: &str) {
    state.lamps.insert(name.to_owned(), value.to_owned());
    let lines = ["Event: DeviceStateChange", "Privilege: call,all"].map(str::to_owned);
    let more = [format!("Device: Custom:{name}"), format!("State: {value}")];
    let _nobody = events.send(
        lines
            .iter()
            .chain(&more)
            .map(|line| format!("{line}\r\n"))
            .collect::<String>()
            + "\r\n",
    );
}

/// Action, the classes of which one is needed, the headers it takes; those with `!` must be there.
const ACTIONS: &[(&str, &[&str], &[&str])] = &[
    ("Ping", &[], &[]),
    ("ListCommands", &[], &[]),
    ("DBGet", &["system", "reporting"], &["Family!", "Key!"]),
    ("DBPut", &["system"], &["Family!", "Key!", "Val!"]),
    ("DBDel", &["system"], &["Family!", "Key!"]),
    ("Setvar", &["call"], &["Variable!", "Value!"]),
    ("Getvar", &["call", "reporting"], &["Variable!"]),
    ("PresenceState", &["call", "reporting"], &["Provider!"]),
    ("ExtensionState", &["call", "reporting"], &["Exten!", "Context!"]),
    ("CoreShowChannels", &["system", "reporting"], &[]),
    ("CoreSettings", &["system", "reporting"], &[]),
    ("Hangup", &["system", "call"], &["Channel!"]),
    ("Redirect", &["call"], &["Channel!"]),
    (
        "Originate",
        &["originate"],
        &[
            "Channel!",
            "Application!",
            "Data",
            "CallerID!",
            "Async!",
            "Timeout",
            "ChannelId",
            "OtherChannelId",
        ],
    ),
];

type Headers = Vec<(String, String)>;

fn value<'a>(headers: &'a Headers, key: &str) -> &'a str {
    headers
        .iter()
        .find(|(name, _)| name == key)
        .map_or("", |(_, value)| value)
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Send,
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<String>,
) {
    let (read, mut write) = tokio::io::split(stream);
    let mut lines = BufReader::new(read).lines();
    let faults = lock(&state).faults.clone();
    let greeting = faults.greeting.unwrap_or("Asterisk Call Manager/5.0.4");
    if send(&mut write, &format!("{greeting}\r\n"), faults.drips)
        .await
        .is_err()
    {
        return;
    }
    let mut heard = events.subscribe();
    let mut session = Session {
        state,
        events,
        challenge: None,
        signed_in: false,
    };
    let mut block: Headers = Vec::new();
    let mut held = String::new();
    loop {
        tokio::select! {
            event = heard.recv() => {
                let Ok(event) = event else { return };
                let hears = session.signed_in && lock(&session.state).classes.hears_calls;
                if hears && send(&mut write, &event, faults.drips).await.is_err() {
                    return;
                }
            }
            line = lines.next_line() => {
                let Ok(Some(line)) = line else { return };
                if !line.is_empty() {
                    session.check_line(&line);
                    let (key, value) = line.split_once(": ").unwrap_or((&line, ""));
                    block.push((key.to_owned(), value.to_owned()));
                    continue;
                }
                let action = std::mem::take(&mut block);
                held.push_str(&session.answer(&action));
                if session.holds_back() {
                    continue;
                }
                let answer = std::mem::take(&mut held);
                if send(&mut write, &answer, faults.drips).await.is_err() || answer.contains("Authentication failed") {
                    return;
                }
            }
        }
    }
}

async fn send(write: &mut (impl AsyncWrite + Unpin), text: &str, drips: bool) -> std::io::Result<()> {
    let step = if drips { 1 } else { text.len().max(1) };
    for piece in text.as_bytes().chunks(step) {
        write.write_all(piece).await?;
        write.flush().await?;
    }
    Ok(())
}

struct Session {
    state: Arc<Mutex<State>>,
    events: broadcast::Sender<String>,
    challenge: Option<String>,
    signed_in: bool,
}

impl Session {
    fn holds_back(&self) -> bool {
        let mut state = lock(&self.state);
        state.hold_back = state.hold_back.saturating_sub(1);
        state.hold_back > 0
    }

    fn complain(&self, what: String) {
        lock(&self.state).complaints.push(what);
    }

    /// Asterisk's buffer for one line.
    fn check_line(&self, line: &str) {
        if line.len() > 1024 {
            self.complain(format!("a line of {} bytes", line.len()));
        }
        if !line.contains(": ") {
            self.complain(format!("no header: {line}"));
        }
    }

    fn answer(&mut self, headers: &Headers) -> String {
        let id = value(headers, "ActionID").to_owned();
        let name = value(headers, "Action").to_owned();
        if headers.first().is_none_or(|(key, _)| key != "Action") || id.is_empty() {
            self.complain(format!("{name}: Action comes first, and an ActionID is needed"));
        }
        lock(&self.state).actions.push(name.clone());
        let is_unanswered =
            |faults: &Faults| faults.unanswered.contains("*") || faults.unanswered.contains(name.as_str());
        if self.signed_in && is_unanswered(&lock(&self.state).faults) {
            return String::new();
        }
        let respond = |response: &str, lines: &[String]| {
            let head = format!("Response: {response}\r\nActionID: {id}\r\n");
            head + &lines.iter().map(|line| format!("{line}\r\n")).collect::<String>() + "\r\n"
        };
        let error = |message: &str| respond("Error", &[format!("Message: {message}")]);
        match name.as_str() {
            "Challenge" if value(headers, "AuthType") == "MD5" => {
                self.challenge = Some("170278799".into());
                return respond("Success", &["Challenge: 170278799".into()]);
            }
            "Login" => {
                if headers.iter().any(|(key, _)| key == "Secret") {
                    self.complain("the plain secret was sent".into());
                }
                let challenge = self.challenge.take().unwrap_or_default();
                let digest = Md5::digest(format!("{challenge}{SECRET}"));
                let key: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
                let right = value(headers, "Username") == USER && value(headers, "Key") == key;
                self.signed_in = right && !challenge.is_empty();
                return if self.signed_in {
                    respond("Success", &["Message: Authentication accepted".into()])
                } else {
                    error("Authentication failed")
                };
            }
            _ if !self.signed_in => {
                self.complain(format!("{name} before the sign-in"));
                return error("Permission denied");
            }
            _ => {}
        }
        let Some((_, classes, known)) = ACTIONS.iter().find(|(action, _, _)| *action == name) else {
            self.complain(format!("unknown action {name}"));
            return error(&format!("Invalid/unknown command: {name}."));
        };
        let may = |classes: &[&str], state: &State| {
            classes.is_empty() || classes.iter().any(|class| state.classes.write.contains(class))
        };
        if !may(classes, &lock(&self.state)) {
            return error("Permission denied");
        }
        self.check_headers(&name, headers, known);
        let mut state = lock(&self.state);
        let list = |items: &[String], end: &str| {
            let start = respond(
                "Success",
                &["EventList: start".into(), "Message: Result will follow".into()],
            );
            let items = items
                .iter()
                .map(|item| format!("{item}\r\nActionID: {id}\r\n\r\n"))
                .collect::<String>();
            let end = format!("Event: {end}\r\nActionID: {id}\r\nEventList: Complete\r\n\r\n");
            // Stray empty lines do occur.
            format!("{start}\r\n{items}{end}")
        };
        let success = |message: &str| respond("Success", &[format!("Message: {message}")]);
        let key = format!("{}/{}", value(headers, "Family"), value(headers, "Key"));
        match name.as_str() {
            "Ping" => respond(
                "Success",
                &["Ping: Pong".into(), "Timestamp: 1795369923.798122".into()],
            ),
            "ListCommands" => {
                let allowed = ACTIONS.iter().filter(|(_, classes, _)| may(classes, &state));
                respond(
                    "Success",
                    &allowed
                        .map(|(name, ..)| format!("{name}: Text.  (Priv: all)"))
                        .collect::<Vec<_>>(),
                )
            }
            "CoreSettings" => respond("Success", &["AsteriskVersion: 16.28.0".into()]),
            "DBGet" => match state.db.get(&key) {
                None => error("Database entry not found"),
                Some(found) => list(
                    &[format!("Event: DBGetResponse\r\nVal: {found}")],
                    "DBGetComplete",
                ),
            },
            "DBPut" => {
                state.db.insert(key, value(headers, "Val").to_owned());
                success("Updated database successfully")
            }
            "DBDel" if state.db.remove(&key).is_none() => error("Database entry could not be deleted"),
            "DBDel" => success("Key deleted successfully"),
            "CoreShowChannels" => list(&state.channels, "CoreShowChannelsComplete"),
            "ExtensionState" => {
                let known = state
                    .devices
                    .contains_key(&format!("PJSIP/{}", value(headers, "Exten")));
                respond("Success", &[format!("Status: {}", if known { 0 } else { -1 })])
            }
            "Getvar" => {
                let variable = value(headers, "Variable");
                let device = variable
                    .strip_prefix("DEVICE_STATE(")
                    .and_then(|rest| rest.strip_suffix(')'));
                let found = match device.map(|device| device.strip_prefix("Custom:").ok_or(device)) {
                    Some(Ok(lamp)) => state.lamps.get(lamp).map_or("UNKNOWN", String::as_str),
                    Some(Err(device)) => state.devices.get(device).map_or("INVALID", String::as_str),
                    // The trap: DB(…) answers Success and nothing.
                    None => "",
                };
                respond(
                    "Success",
                    &[format!("Variable: {variable}"), format!("Value: {found}")],
                )
            }
            "Setvar" => {
                let (variable, text) = (value(headers, "Variable"), value(headers, "Value"));
                let inner = |function: &str| {
                    variable
                        .strip_prefix(function)?
                        .strip_suffix(')')
                        .map(str::to_owned)
                };
                if let Some(lamp) = inner("DEVICE_STATE(Custom:") {
                    set_lamp(&mut state, &self.events, &lamp, text);
                } else if inner("PRESENCE_STATE(CustomPresence:").is_some() {
                    let parts: Vec<&str> = text.splitn(3, ',').collect();
                    let [word, subtype, message] = parts[..] else {
                        return error("Variable not set");
                    };
                    if message.contains(',') {
                        return error("Variable not set");
                    }
                    state.presence = (word.into(), subtype.into(), message.into());
                } else {
                    return error("Variable not set");
                }
                success("Variable Set")
            }
            "PresenceState" => {
                let (word, subtype, message) = state.presence.clone();
                let mut lines = vec!["Message: Presence State".to_owned(), format!("State: {word}")];
                if !subtype.is_empty() {
                    lines.push(format!("Subtype: {subtype}"));
                }
                if !message.is_empty() {
                    lines.extend([
                        format!("Message: {message}"),
                        format!("PresenceMessage: {message}"),
                    ]);
                }
                respond("Success", &lines)
            }
            "Originate" => {
                let dialled = value(headers, "Channel");
                let Some(code) = dialled
                    .strip_prefix("Local/")
                    .and_then(|rest| rest.strip_suffix("@from-internal/n"))
                else {
                    return error("Extension does not exist.");
                };
                let caller = value(headers, "CallerID").to_owned();
                if !state.faults.codes_in_vain {
                    press(&mut state, &self.events, code, &caller);
                }
                success("Originate successfully queued")
            }
            _ => error("not played"),
        }
    }

    fn check_headers(&self, name: &str, headers: &Headers, known: &[&str]) {
        for (key, _) in headers.iter().skip(2) {
            if !known.iter().any(|header| header.trim_end_matches('!') == key) {
                self.complain(format!("{name} takes no {key}"));
            }
        }
        for needed in known.iter().filter_map(|header| header.strip_suffix('!')) {
            if !headers.iter().any(|(key, _)| key == needed) {
                self.complain(format!("{name} needs {needed}"));
            }
        }
    }
}

/// What FreePBX's dialplan does at a feature code.
fn press(state: &mut State, events: &broadcast::Sender<String>, code: &str, caller: &str) {
    match code {
        "*78" => {
            state.db.insert(format!("DND/{caller}"), "YES".into());
            set_lamp(state, events, &format!("DND{caller}"), "BUSY");
        }
        "*79" => {
            state.db.remove(&format!("DND/{caller}"));
            set_lamp(state, events, &format!("DND{caller}"), "UNAVAILABLE");
        }
        "*73" => {
            state.db.remove(&format!("CF/{caller}"));
            set_lamp(state, events, &format!("CF{caller}"), "NOT_INUSE");
        }
        _ => {
            if let Some(number) = code.strip_prefix("*72") {
                state.db.insert(format!("CF/{caller}"), number.into());
                set_lamp(state, events, &format!("CF{caller}"), "BUSY");
            }
        }
    }
}
