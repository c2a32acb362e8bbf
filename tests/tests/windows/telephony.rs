//! The whole main job by Windows' telephony: the real program, a line of the double `tapi32.dll` through the real ABI, and
//! what arrives at Graph.

use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::wine::Windows;
use offhook_tests::{stays, wait_until};
use serde_json::{Value, json};

use super::office::{Office, PERSON, SOON};

const IDLE: u32 = 0x1;
const OFFERING: u32 = 0x2;
const DIALING: u32 = 0x10;
const RINGBACK: u32 = 0x20;
const CONNECTED: u32 = 0x100;
const PROCEEDING: u32 = 0x200;
const ONHOLD: u32 = 0x400;
const CONFERENCED: u32 = 0x800;
const ONHOLDPENDCONF: u32 = 0x1000;
const ONHOLDPENDTRANSFER: u32 = 0x2000;
const DISCONNECTED: u32 = 0x4000;

/// `LINEFORWARDMODE_UNCOND` and `LINEFORWARDMODE_BUSY`.
const ALWAYS: i64 = 1;
const WHILE_BUSY: i64 = 0x10;

/// Longer than the debounce after the last call (R3).
const A_WHILE: Duration = Duration::from_secs(3);
/// R1 keeps the calls of a line that is gone for 60 s.
const GRACE: Duration = Duration::from_secs(90);

impl Office {
    fn say(&self, command: &str) -> i64 {
        self.windows.telephony().say(command)
    }

    /// A call takes a state.
    fn state(&self, call: i64, state: u32) {
        self.say(&format!("state {call} {state}"));
    }

    /// A new call, in this state.
    fn call_in(&self, state: u32) -> i64 {
        let call = self.say("call 0");
        self.state(call, state);
        call
    }

    /// The first call of the status says so.
    fn wait_call(&self, state: &str) {
        self.windows.wait_status(state, |status| {
            let calls = status["calls"].as_array().into_iter().flatten();
            calls
                .filter(|call| call["source"] == "tapi")
                .any(|call| call["state"] == state)
        });
    }

    /// What Graph was asked for since the mark, and nothing is left of it.
    #[track_caller]
    fn wait_cleared(&self, mark: u64, writes: &[&str]) {
        wait_until(SOON, "the session to be cleared", || {
            self.company.sessions(PERSON) == 0 && self.company.written_since(mark).len() >= writes.len()
        });
        assert_eq!(self.company.written_since(mark), writes);
    }

    fn wait_line(&self, is_well: bool) -> Value {
        self.windows.wait_status("the line's health", |status| {
            status["health"]["lines"]["tapi"]["ok"] == is_well
        })
    }
}

/// The line is watched beside the company's own phone system.
fn watched() -> Office {
    let mut office = Office::furnished(Desk::headless(), Windows::with_telephony, |settings| {
        format!("{settings}\n[lines.tapi]\nenabled = true\nlines = [\"65537\"]\n")
    });
    office.windows.start(&["--no-tray"]);
    office.move_in();
    office.wait_line(true);
    office
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn calls_of_a_telephone_line_show_in_teams() {
    let office = watched();

    // Somebody calls: ringing is no call yet (R1).
    let mark = office.company.mark();
    let call = office.call_in(OFFERING);
    office.wait_call("ringing");
    stays(A_WHILE, "silence while it rings", || {
        office.company.writes_since(mark).is_empty()
    });
    office.state(call, CONNECTED);
    office.wait_presence("Busy/InACall");
    let asked = office.company.writes_since(mark).remove(0);
    let body = asked.json();
    assert_eq!(
        (
            &body["availability"],
            &body["activity"],
            &body["expirationDuration"]
        ),
        (&json!("Busy"), &json!("InACall"), &json!("PT5M"))
    );
    office.state(call, DISCONNECTED);
    office.wait_cleared(mark, &["setPresence", "clearPresence"]);
    office.state(call, IDLE);

    // The person calls: it counts before anybody answers.
    let mark = office.company.mark();
    let call = office.call_in(DIALING);
    office.wait_call("dialling");
    office.wait_presence("Busy/InACall");
    for state in [PROCEEDING, RINGBACK, CONNECTED] {
        office.state(call, state);
    }
    office.wait_call("connected");
    office.state(call, IDLE);
    office.wait_cleared(mark, &["setPresence", "clearPresence"]);

    // One is held while another one is taken: Teams is told of neither the change nor the end of the second.
    let mark = office.company.mark();
    let first = office.call_in(CONNECTED);
    office.wait_presence("Busy/InACall");
    office.state(first, ONHOLD);
    office.wait_call("held");
    let second = office.call_in(CONNECTED);
    office.wait_call("connected");
    office.state(second, IDLE);
    stays(A_WHILE, "the session", || office.company.sessions(PERSON) == 1);
    office.state(first, CONNECTED);
    office.state(first, IDLE);
    office.wait_cleared(mark, &["setPresence", "clearPresence"]);

    // A conference is told as one.
    let mark = office.company.mark();
    let first = office.call_in(CONNECTED);
    office.wait_presence("Busy/InACall");
    office.state(first, ONHOLDPENDCONF);
    let second = office.call_in(CONNECTED);
    let whole = office.call_in(CONNECTED);
    for call in [first, second] {
        office.state(call, CONFERENCED);
    }
    office.wait_presence("Busy/InAConferenceCall");
    for call in [whole, first, second] {
        office.state(call, IDLE);
    }
    office.wait_cleared(mark, &["setPresence", "setPresence", "clearPresence"]);

    // A transfer: the call waits, somebody is asked, both are put together and gone from this desk.
    let mark = office.company.mark();
    let call = office.call_in(CONNECTED);
    office.wait_presence("Busy/InACall");
    office.state(call, ONHOLDPENDTRANSFER);
    let consultation = office.call_in(RINGBACK);
    office.state(consultation, CONNECTED);
    for call in [call, consultation] {
        office.state(call, IDLE);
    }
    office.wait_cleared(mark, &["setPresence", "clearPresence"]);

    wait_until(SOON, "every call's handle to be given back", || {
        office.say("handles") == 0
    });
    assert_eq!((office.say("apps"), office.say("lines")), (1, 1));
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_telephone_line_that_closes_or_goes_takes_no_call_along_at_once() {
    let office = watched();
    let mark = office.company.mark();
    let call = office.call_in(CONNECTED);
    office.wait_presence("Busy/InACall");

    // It closes and is opened again, and the call is still on it.
    office.say("close 0");
    wait_until(SOON, "the line to be open again", || {
        (office.say("lines"), office.say("handles")) == (1, 1)
    });
    office.wait_line(true);
    stays(A_WHILE, "the session", || office.company.sessions(PERSON) == 1);
    assert_eq!(office.company.written_since(mark), ["setPresence"]);

    // Its driver is removed: that is said, and the call ends with its grace.
    office.say("unplug 0");
    let status = office.wait_line(false);
    let said = status["health"]["lines"]["tapi"]["text"].as_str();
    assert!(said.is_some_and(|said| said.contains("65537")), "{said:?}");
    stays(A_WHILE, "the session", || office.company.sessions(PERSON) == 1);
    wait_until(GRACE, "the session to be cleared", || {
        office.company.sessions(PERSON) == 0
    });
    assert_eq!(
        office.company.written_since(mark),
        ["setPresence", "clearPresence"]
    );

    // The driver comes back, and with it the line.
    office.state(call, IDLE);
    office.say("plug 0");
    office.wait_line(true);
    let mark = office.company.mark();
    let call = office.call_in(CONNECTED);
    office.wait_presence("Busy/InACall");
    office.state(call, IDLE);
    office.wait_cleared(mark, &["setPresence", "clearPresence"]);
}

#[test]
#[ignore = "run by `cargo xtask cross`, which builds the programs for Windows"]
fn a_telephone_line_is_the_phone_system() {
    let mut office = Office::furnished(Desk::headless(), Windows::with_telephony, |settings| {
        let changed = settings.replace("kind = \"asterisk\"", "kind = \"tapi\"\nline = \"65537\"");
        assert_ne!(changed, settings);
        format!("{changed}\n[rules.states.Away]\nforward = \"200\"\n")
    });
    // The person has a forward of their own.
    office
        .windows
        .telephony()
        .prepare(&format!("forward 0 {WHILE_BUSY} 300"));
    office.windows.start(&["--no-tray"]);
    office.move_in();

    let own = |office: &Office| {
        office.say("forwards 0") == 1
            && office.say("forward-mode 0 0") == WHILE_BUSY
            && office.say("forward-to 0 0") == 300
    };
    let in_force = |field: &'static str, value: Value| {
        move |status: &Value| {
            status["phone"][field]["owner"] == "offhook" && status["phone"][field]["value"] == value
        }
    };
    assert!(own(&office));

    // Teams' do not disturb, beside what the person has set, which is left as it was.
    office.company.pick(PERSON, Some("do-not-disturb"));
    office
        .windows
        .wait_status("do not disturb", in_force("dnd", json!(true)));
    assert_eq!(office.say("forwards 0"), 2);
    assert_eq!(
        (office.say("forward-dnd 0 0"), office.say("forward-to 0 1")),
        (1, 300)
    );
    // A pause puts everything back, and its end sets it again.
    assert_eq!(office.windows.ctl(&["pause", "on"]).code, 0);
    wait_until(SOON, "the person's own forward alone", || own(&office));
    assert_eq!(office.windows.ctl(&["resume"]).code, 0);
    office
        .windows
        .wait_status("do not disturb", in_force("dnd", json!(true)));
    office.company.pick(PERSON, Some("available"));
    wait_until(SOON, "the person's own forward alone", || own(&office));

    // A forward of all calls.
    office.company.pick(PERSON, Some("away"));
    office
        .windows
        .wait_status("the forward", in_force("forward", json!("200")));
    assert_eq!(
        (office.say("forward-mode 0 0"), office.say("forward-to 0 0")),
        (ALWAYS, 200)
    );
    office.company.pick(PERSON, Some("available"));
    wait_until(SOON, "the person's own forward alone", || own(&office));

    // Do not disturb pressed at the phone is the person's.
    office.say(&format!("forward 0 {ALWAYS} -"));
    office.windows.wait_status("the person's own", |status| {
        status["phone"]["dnd"] == json!({"value": true, "owner": "person"})
    });
    office.say("forward 0 0");
    office
        .windows
        .wait_status("it to be gone", |status| status["phone"]["dnd"]["value"] == false);

    // Its calls are the phone system's. What is picked by hand would hide them in Teams.
    office.company.pick(PERSON, None);
    let mark = office.company.mark();
    let call = office.call_in(CONNECTED);
    office.wait_presence("Busy/InACall");
    office.state(call, IDLE);
    office.wait_cleared(mark, &["setPresence", "clearPresence"]);

    office.company.pick(PERSON, Some("do-not-disturb"));
    office
        .windows
        .wait_status("do not disturb", in_force("dnd", json!(true)));
    assert_eq!(office.windows.ctl(&["quit"]).code, 0);
    office.wait_released();
}
