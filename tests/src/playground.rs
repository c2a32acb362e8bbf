//! The pretend company as a program of its own, played over its control API.

use std::fs;

use serde::Deserialize;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::desk::Desk;
use crate::http::{self, Answer};
use crate::places;
use crate::process::{Log, Running};
use crate::product::{START, binary};

/// What the company was asked for.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Asked {
    /// Counts up from 1.
    pub number: u64,
    /// `entra`, `graph`, `ami`, `ami-event`
    pub service: String,
    pub method: String,
    pub path: String,
    /// `None` while unanswered.
    pub status: Option<u16>,
    pub body: String,
    /// Arrival, in microseconds since the company started.
    pub at_us: u64,
}

impl Asked {
    /// The last word of the path: `setPresence` of `/v1.0/users/…/presence/setPresence`.
    pub fn operation(&self) -> &str {
        let path = self.path.split('?').next().unwrap_or_default();
        path.rsplit('/').next().unwrap_or_default()
    }

    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }
}

/// The pretend company as a program of its own.
#[derive(Debug)]
pub struct Playground {
    process: Running,
    /// What it printed about itself.
    pub addresses: Value,
    folder: TempDir,
}

impl Playground {
    /// # Panics
    /// When it doesn't print its addresses.
    #[track_caller]
    pub fn start(desk: &Desk) -> Self {
        let folder = places::folder("company");
        let mut command = desk.command(binary("offhook-playground"));
        command.arg("--data-dir").arg(folder.path());
        let mut process = Running::start("offhook-playground", command);
        let line = process.wait_line(START, |line| line.trim_start().starts_with('{'));
        let addresses = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error} in {line}"));
        Self {
            process,
            addresses,
            folder,
        }
    }

    /// The settings that it wrote for a program that is to use it.
    ///
    /// # Panics
    /// When it wrote none.
    #[track_caller]
    pub fn settings(&self) -> String {
        let file = self.folder.path().join("settings.toml");
        fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    }

    /// One of the words it printed about itself.
    ///
    /// # Panics
    /// When it printed no such word.
    #[track_caller]
    pub fn word(&self, name: &str) -> &str {
        self.addresses[name]
            .as_str()
            .unwrap_or_else(|| panic!("no {name} in {}", self.addresses))
    }

    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// Everything as it is now: people, calls, faults.
    #[track_caller]
    pub fn state(&self) -> Value {
        self.read("state")
    }

    /// One of the people as they are now.
    ///
    /// # Panics
    /// When nobody has that key.
    #[track_caller]
    pub fn person(&self, key: &str) -> Value {
        let state = self.state();
        let people = state["people"].as_array().expect("people");
        let person = people.iter().find(|person| person["key"] == key);
        person
            .unwrap_or_else(|| panic!("{key} does not work here"))
            .clone()
    }

    /// `Busy/InACall`: what a read of the person's presence would show now.
    #[track_caller]
    pub fn presence(&self, key: &str) -> String {
        let person = self.person(key);
        let word = |name: &str| person[name].as_str().unwrap_or_default().to_owned();
        format!("{}/{}", word("availability"), word("activity"))
    }

    /// How many sessions of applications are open for the person.
    #[track_caller]
    pub fn sessions(&self, key: &str) -> usize {
        self.person(key)["sessions"].as_array().map_or(0, Vec::len)
    }

    /// The person picks a status in Teams by hand (`do-not-disturb`), or resets it.
    #[track_caller]
    pub fn pick(&self, key: &str, status: Option<&str>) {
        self.tell(&format!("people/{key}/pick"), &json!({ "status": status }));
    }

    /// What the person's Teams client reports of itself (`available`, `in-a-meeting`).
    #[track_caller]
    pub fn teams_client(&self, key: &str, client: &str) {
        self.tell(&format!("people/{key}/teams"), &json!({ "client": client }));
    }

    /// The person writes their status message in Teams, as Graph keeps it; an empty one takes it away.
    #[track_caller]
    pub fn write_message(&self, key: &str, content: &str) {
        let how = json!({ "content": content });
        self.tell(&format!("people/{key}/status-message"), &how);
    }

    /// The status message that colleagues read, as Graph keeps it; empty: none.
    #[track_caller]
    pub fn message(&self, key: &str) -> String {
        let person = self.person(key);
        person["note"].as_str().unwrap_or_default().to_owned()
    }

    /// The person's calendar from now on, each occurrence as the control API takes it.
    #[track_caller]
    pub fn set_calendar(&self, key: &str, events: &[Value]) {
        self.tell(&format!("people/{key}/calendar"), &json!({ "events": events }));
    }

    /// The administrator consents to scopes for everybody.
    #[track_caller]
    pub fn admin_consent(&self, scopes: &[&str]) {
        self.tell("admin-consent", &json!({ "scopes": scopes }));
    }

    /// Ends all grants of the person, and tokens in use as well.
    #[track_caller]
    pub fn revoke(&self, key: &str) {
        self.tell(&format!("people/{key}/revoke"), &json!({ "access_too": true }));
    }

    /// Switches a fault on: `{"fault":"graph-garbage","times":2,"only":"graph-read"}`.
    #[track_caller]
    pub fn inject(&self, fault: &Value) {
        self.tell("faults", fault);
    }

    #[track_caller]
    pub fn clear_faults(&self) {
        let answer = http::send(http::request(reqwest::Method::DELETE, &self.address("faults")));
        assert_eq!(answer.status, 200, "{}", answer.text);
    }

    /// How often a fault that is switched on has struck.
    #[track_caller]
    pub fn struck(&self, fault: &str) -> u64 {
        let state = self.state();
        let faults = state["faults"].as_array().expect("faults");
        let on = faults.iter().find(|on| on["fault"] == fault);
        on.and_then(|on| on["struck"].as_u64()).unwrap_or_default()
    }

    /// The number of the last request so far.
    #[track_caller]
    pub fn mark(&self) -> u64 {
        self.asked_since(0).last().map_or(0, |asked| asked.number)
    }

    /// What was asked after a mark, oldest first.
    #[track_caller]
    pub fn asked_since(&self, mark: u64) -> Vec<Asked> {
        let list = self.read(&format!("requests?since={mark}"));
        serde_json::from_value(list).expect("a list of requests")
    }

    /// Reads of the presence after a mark. Making a connection ready is no read.
    #[track_caller]
    pub fn reads_since(&self, mark: u64) -> Vec<Asked> {
        let mut asked = self.asked_since(mark);
        asked.retain(|asked| asked.service == "graph" && asked.method == "GET");
        asked
    }

    /// What was to be changed at Graph after a mark.
    #[track_caller]
    pub fn writes_since(&self, mark: u64) -> Vec<Asked> {
        let mut asked = self.asked_since(mark);
        asked.retain(|asked| asked.service == "graph" && asked.method == "POST");
        asked
    }

    /// The operations of [`Playground::writes_since`].
    #[track_caller]
    pub fn written_since(&self, mark: u64) -> Vec<String> {
        let writes = self.writes_since(mark);
        writes.iter().map(|asked| asked.operation().to_owned()).collect()
    }

    #[track_caller]
    fn read(&self, what: &str) -> Value {
        http::send(http::get(&self.address(what))).json
    }

    #[track_caller]
    fn tell(&self, what: &str, how: &Value) -> Answer {
        let answer = http::send(http::post(&self.address(what)).json(how));
        assert_eq!(answer.status, 200, "{what} {how}: {}", answer.text);
        answer
    }

    fn address(&self, what: &str) -> String {
        format!("{}/playground/{what}", self.word("control_url"))
    }
}
