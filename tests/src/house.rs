//! One desk in the pretend company with a real phone system: everything wired up as a person would.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use url::Url;

use crate::asterisk::{Account, Asterisk, DESK};
use crate::browser::Browser;
use crate::desk::Desk;
use crate::playground::Playground;
use crate::product::Product;
use crate::socket::Socket;
use crate::wait::{try_wait_for, wait_for};

/// Whose desk it is.
pub const PERSON: &str = "alice";
/// Their extension on the real phone system.
pub const EXTENSION: &str = "1001";

/// How long something may take that happens at once on an idle machine.
pub const SOON: Duration = Duration::from_secs(15);

/// What differs from desk to desk.
#[derive(Debug, Clone)]
pub struct Habits {
    pub account: Account,
    /// Stored in place of the account's secret.
    pub password: Option<&'static str>,
    /// More lines for `[phone]`.
    pub phone: String,
    /// More sections.
    pub more: String,
}

impl Default for Habits {
    fn default() -> Self {
        Self {
            account: DESK,
            password: None,
            phone: String::new(),
            more: String::new(),
        }
    }
}

/// Offhook, headless, with a real phone system and the pretend company's Microsoft.
#[derive(Debug)]
pub struct House {
    pub product: Product<'static>,
    pub company: Playground,
    pub pbx: Asterisk,
    pub desk: Rc<Desk>,
    habits: Habits,
}

impl House {
    /// Settings are written; the program has never run.
    pub fn set_up(pbx: Asterisk, habits: Habits) -> Self {
        Self::at(Rc::new(Desk::headless()), pbx, habits)
    }

    /// [`House::set_up`] on a desk that is there.
    pub fn at(desk: Rc<Desk>, pbx: Asterisk, habits: Habits) -> Self {
        let company = Playground::start(&desk);
        let product = Product::at(Rc::clone(&desk));
        let house = Self {
            product,
            company,
            pbx,
            desk,
            habits,
        };
        house.product.write_settings(&house.settings());
        house
    }

    /// Offhook runs, knows the phone system's password, is signed in, and has read Teams and phone.
    #[track_caller]
    pub fn in_use(pbx: Asterisk, habits: Habits) -> Self {
        let mut house = Self::set_up(pbx, habits);
        house.move_in();
        house.wait_ready();
        house
    }

    /// Starts the program, stores the password and signs in.
    #[track_caller]
    pub fn move_in(&mut self) {
        self.product.start_headless();
        self.finish_moving_in();
    }

    /// Stores the password and signs in; the program runs.
    #[track_caller]
    pub fn finish_moving_in(&self) {
        let account = self.habits.account;
        self.product
            .set_phone_password(self.habits.password.unwrap_or(account.secret));
        self.product.sign_in(PERSON);
    }

    /// Asks for the calendar as the page does; the administrator has agreed.
    ///
    /// # Panics
    /// When that comes to nothing.
    #[track_caller]
    pub fn consent_to_calendar(&self) {
        self.company.admin_consent(&["Calendars.Read"]);
        let mut socket = Socket::connect(self.product.data_dir());
        let begun = socket
            .ask(serde_json::json!("ask_calendar"))
            .expect("the consent's begin");
        let url = begun["sign_in"]["browser"]["url"].as_str();
        let mut url: Url = url.and_then(|url| url.parse().ok()).expect("its address");
        url.query_pairs_mut().append_pair("playground_user", PERSON);
        let page = Browser::default().open(&url);
        assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
        self.product
            .wait_status(SOON, "the calendar to be read", |status| {
                status["health"]["calendar"]["ok"] == true
            });
    }

    /// Waits until phone and Teams have been read.
    #[track_caller]
    pub fn wait_ready(&self) {
        self.product
            .wait_status(SOON, "phone and Teams to be read", |status| {
                status["health"]["phone"]["ok"] == true
                    && status["health"]["microsoft"]["ok"] == true
                    && !status["phone"]["dnd"]["value"].is_null()
                    && !status["teams"]["seen"].is_null()
            });
    }

    /// The text of `settings.toml`.
    pub fn settings(&self) -> String {
        let word = |name: &str| self.company.word(name);
        let (tenant, client_id) = (word("tenant"), word("client_id"));
        let (login_url, graph_url) = (word("login_url"), word("graph_url"));
        let port = self.pbx.ami_port();
        let Habits {
            account: Account { user, .. },
            phone,
            more,
            ..
        } = &self.habits;
        format!(
            "version = 1
[person]
language = \"en\"
[microsoft]
cloud = \"custom\"
tenant = \"{tenant}\"
client_id = \"{client_id}\"
login_url = \"{login_url}\"
graph_url = \"{graph_url}\"
[phone]
kind = \"asterisk\"
host = \"127.0.0.1\"
port = {port}
tls = \"off\"
user = \"{user}\"
extension = \"{EXTENSION}\"
{phone}
[store]
secrets = \"file\"
[log]
level = \"debug\"
{more}
"
        )
    }

    /// What Asterisk's database says of do not disturb.
    #[track_caller]
    pub fn dnd(&self) -> Option<String> {
        self.pbx.ami().db_get("DND", EXTENSION)
    }

    /// Waits until do not disturb is on or off on the phone system, lamp included.
    ///
    /// # Panics
    /// After 15 s, with what the program said.
    #[track_caller]
    pub fn wait_dnd(&self, on: bool) {
        self.wait_dnd_for(SOON, on);
    }

    /// [`House::wait_dnd`] with another limit.
    ///
    /// # Panics
    /// After `limit`, with what the program said.
    #[track_caller]
    pub fn wait_dnd_for(&self, limit: Duration, on: bool) {
        let wanted = on.then_some("YES");
        let lamp = || self.pbx.ami().device_state(&format!("Custom:DND{EXTENSION}"));
        let shown = || self.dnd().as_deref() == wanted && (lamp().as_deref() == Some("BUSY")) == on;
        if try_wait_for(limit, || shown().then_some(())).is_none() {
            panic!(
                "do not disturb is {:?} (lamp {:?}) after {limit:?}; status {:#}; log {}",
                self.dnd(),
                lamp(),
                self.product.status(),
                tail(&self.product.logs())
            );
        }
    }

    /// Waits until the ledger holds nothing.
    ///
    /// # Panics
    /// After 45 s, with what it holds.
    #[track_caller]
    pub fn wait_nothing_held(&self) {
        let empty = || stages(&self.ledger()).is_empty().then_some(());
        // A write that nobody answered before a kill may come for 30 s more: so long a release is watched.
        if try_wait_for(SOON + Duration::from_secs(30), empty).is_none() {
            panic!("the ledger still holds: {:#}", self.ledger());
        }
    }

    /// `ledger.json` as it is on disk; `Null` when there is none.
    ///
    /// # Panics
    /// When there is one that is not whole.
    #[track_caller]
    pub fn ledger(&self) -> Value {
        match self.product.file("ledger.json") {
            None => Value::Null,
            Some(text) => {
                serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error} in the ledger: {text}"))
            }
        }
    }

    /// Waits for exactly these operations at Graph since a mark.
    ///
    /// # Panics
    /// After `limit`, with what was asked instead.
    #[track_caller]
    pub fn wait_written(&self, mark: u64, limit: Duration, wanted: &[&str]) {
        let company = &self.company;
        if try_wait_for(limit, || (company.written_since(mark) == wanted).then_some(())).is_none() {
            panic!(
                "Graph was asked for {:?} instead of {wanted:?}; status {:#}; log {}",
                company.written_since(mark),
                self.product.status(),
                tail(&self.product.logs())
            );
        }
    }

    /// Waits for what a read of the person's presence shows.
    ///
    /// # Panics
    /// After 15 s.
    #[track_caller]
    pub fn wait_presence(&self, wanted: &str) {
        wait_for(SOON, &format!("{wanted} in Teams"), || {
            (self.company.presence(PERSON) == wanted).then_some(())
        });
    }
}

/// The stages of the holds of a ledger: `intent`, `written`, `releasing`.
pub fn stages(ledger: &Value) -> Vec<String> {
    let holds = ledger["holds"].as_array().cloned().unwrap_or_default();
    holds
        .iter()
        .map(|hold| hold["stage"].as_str().unwrap_or_default().to_owned())
        .collect()
}

/// The last lines of a log, for messages of failed tests.
fn tail(log: &str) -> String {
    let lines: Vec<&str> = log.lines().collect();
    lines[lines.len().saturating_sub(60)..].join("\n")
}
