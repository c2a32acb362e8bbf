//! A pretend company with one desk whose computer runs Windows.

use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::wine::Windows;
use offhook_tests::{wait_for, wait_until};
use serde_json::Value;

pub const PERSON: &str = "alice";
pub const SOON: Duration = Duration::from_secs(30);
/// R20 gives the releases 2 s; the rest is what a busy machine may take.
const QUIT: Duration = Duration::from_secs(8);

/// A pretend company with one desk whose computer runs Windows.
pub struct Office {
    pub windows: Windows<'static>,
    pub company: Playground,
    pub desk: &'static Desk,
}

impl Office {
    /// The resident program runs there, has its password, is signed in, and has read Teams and phone.
    pub fn in_use(arguments: &[&str]) -> Self {
        let mut office = Self::set_up(Desk::headless());
        office.windows.start(arguments);
        office.move_in();
        office
    }

    pub fn set_up(desk: Desk) -> Self {
        Self::furnished(desk, Windows::new, |settings| settings)
    }

    /// With another computer than the usual one, or other settings.
    pub fn furnished(
        desk: Desk,
        computer: fn(&'static Desk) -> Windows<'static>,
        changed: impl FnOnce(String) -> String,
    ) -> Self {
        // Both live until the test ends, and a static reference spares a self-referential type. The desk's own parts
        // are killed by the kernel with the test.
        let desk: &'static Desk = Box::leak(Box::new(desk));
        let company = Playground::start(desk);
        let windows = computer(desk);
        // On Windows the secrets go where they go by default: into the Credential Manager.
        let settings = company.settings().replace("secrets = \"file\"", "");
        assert!(!settings.contains("secrets"), "{settings}");
        windows.write_settings(&changed(settings));
        Self {
            windows,
            company,
            desk,
        }
    }

    pub fn move_in(&self) {
        let password = self.company.addresses["phone"]["password"].as_str();
        self.windows
            .sign_in(password.expect("the phone's password"), PERSON);
        self.ready();
    }

    pub fn ready(&self) {
        self.windows.wait_status("phone and Teams to be read", |status| {
            status["health"]["phone"]["ok"] == true
                && status["health"]["microsoft"]["ok"] == true
                && !status["teams"]["seen"].is_null()
        });
    }

    pub fn wait_presence(&self, wanted: &str) {
        wait_for(SOON, &format!("{wanted} in Teams"), || {
            (self.company.presence(PERSON) == wanted).then_some(())
        });
    }

    pub fn call(&self, event: &str) {
        let said = self
            .windows
            .ctl(&["call", event, "--source", "softphone", "--id", "1"]);
        assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{event}");
    }

    /// A call is up and Teams' own do not disturb is on the phone.
    pub fn engage(&self) {
        self.call("newCall");
        self.call("answer");
        self.wait_presence("Busy/InACall");
        self.company.pick(PERSON, Some("do-not-disturb"));
        self.windows.wait_status("do not disturb", |status| {
            status["phone"]["dnd"]["owner"] == "offhook" && status["phone"]["dnd"]["value"] == true
        });
        assert!(self.is_silent());
    }

    /// What the running program answers on its pipe.
    ///
    /// # Panics
    /// When it refuses.
    pub fn ask(&self, command: &Value) -> Value {
        let said = self.said(command);
        let answer = &said["answer"]["answer"];
        assert!(!answer.is_null(), "{said:#}");
        answer.clone()
    }

    /// With which problem it refuses.
    ///
    /// # Panics
    /// When it does not.
    pub fn refused(&self, command: &Value) -> Value {
        let said = self.said(command);
        let problem = &said["refused"]["problem"];
        assert!(!problem.is_null(), "{said:#}");
        problem.clone()
    }

    fn said(&self, command: &Value) -> Value {
        let run = std::fs::read_to_string(self.windows.data_dir().join("run.json")).unwrap();
        let run: Value = serde_json::from_str(&run).unwrap();
        let pipe = run["socket"].as_str().unwrap();
        let said = self.windows.probe(&["ask", pipe, &command.to_string()]);
        serde_json::from_str(&said).unwrap()
    }

    /// What the system tells every window of its power (`WM_POWERBROADCAST`).
    pub fn power(&self, what: &str) -> String {
        self.told("0x218", what)
    }

    /// What the resident program answers to a message of the system.
    pub fn told(&self, message: &str, what: &str) -> String {
        self.windows.probe(&["tell", "OffhookSession", message, what])
    }

    /// Whether the phone itself does not ring, asked past Offhook.
    pub fn is_silent(&self) -> bool {
        self.company.person(PERSON)["dnd"] == true
    }

    /// Phone and Teams are as they were before Offhook did anything.
    pub fn wait_released(&mut self) {
        wait_until(QUIT, "the session to be cleared", || {
            self.company.sessions(PERSON) == 0
        });
        let end = self.windows.process().wait_end(QUIT);
        assert!(end.success(), "{end}; {}", self.windows.logs());
        assert!(!self.is_silent());
        let ledger = std::fs::read_to_string(self.windows.data_dir().join("ledger.json")).unwrap();
        let ledger: Value = serde_json::from_str(&ledger).unwrap();
        assert!(ledger["holds"].as_array().is_none_or(Vec::is_empty), "{ledger:#}");
        assert!(!self.windows.data_dir().join("run.json").exists());
    }
}
