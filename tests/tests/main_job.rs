//! The main job with real parts: Asterisk, phones, and the programs as they are.
#![cfg(target_os = "linux")]

use std::time::{Duration, Instant};

use offhook_tests::asterisk::{Account, Asterisk, DESK, FULL};
use offhook_tests::baresip::CallState::{Established, Incoming, OnHold};
use offhook_tests::baresip::Phone;
use offhook_tests::house::{EXTENSION, Habits, House, PERSON, SOON, stages};
use offhook_tests::playground::Asked;
use offhook_tests::{stays, try_wait_for, wait_until};
use serde_json::Value;

/// A call that ended is gone from Teams after the debounce of 1.5 s and one second more (R3); the rest is what a busy
/// machine may take for hanging up.
const CLEARED: Duration = Duration::from_millis(1500 + 1000 + 1500);
const DEBOUNCE: Duration = Duration::from_millis(1500);
/// Long enough that what was going to happen by mistake has happened.
const A_WHILE: Duration = Duration::from_secs(3);

fn has_call(status: &Value, state: &str) -> bool {
    let calls = status["calls"].as_array();
    calls.is_some_and(|calls| calls.iter().any(|call| call["state"] == state))
}

#[track_caller]
fn assert_busy_in_a_call(set: &Asked, house: &House) {
    let body = set.json();
    assert_eq!(set.operation(), "setPresence");
    assert_eq!(
        (&body["availability"], &body["activity"]),
        (&"Busy".into(), &"InACall".into())
    );
    assert_eq!(body["expirationDuration"], "PT5M");
    assert_eq!(body["sessionId"], house.company.word("client_id"));
    assert_eq!(set.status, Some(200), "{}", set.body);
}

/// A call to the person's phone from its ringing to its end, whichever way Offhook hears of it.
fn one_call(house: &House, alice: &Phone, bob: &Phone, source: &str) {
    let mark = house.company.mark();
    assert_eq!(bob.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    let status = house
        .product
        .wait_status(SOON, "the ringing", |status| has_call(status, "ringing"));
    assert_eq!(status["calls"][0]["source"], source);
    assert_eq!(status["state"], "free");
    stays(A_WHILE, "silence while it rings", || {
        house.company.writes_since(mark).is_empty()
    });

    alice.accept();
    house.wait_written(mark, SOON, &["setPresence"]);
    house.wait_presence("Busy/InACall");
    let status = house
        .product
        .wait_status(SOON, "the call", |status| status["state"] == "in-call");
    assert!(has_call(&status, "connected"), "{status:#}");
    assert_eq!(status["teams"]["session"]["activity"], "InACall");
    assert_eq!(status["why"][0]["field"], "teams", "{status:#}");
    assert_eq!(status["why"][0]["cause"], "call");

    alice.hold();
    alice.wait_calls(&[OnHold]);
    house
        .product
        .wait_status(SOON, "the hold", |status| has_call(status, "held"));
    stays(A_WHILE, "one request while the call is held", || {
        house.company.written_since(mark) == ["setPresence"]
    });
    assert_eq!(house.company.presence(PERSON), "Busy/InACall");
    alice.resume();
    alice.wait_calls(&[Established]);
    house
        .product
        .wait_status(SOON, "the call to go on", |status| has_call(status, "connected"));

    let begun = Instant::now();
    alice.hang_up();
    house.wait_written(mark, CLEARED, &["setPresence", "clearPresence"]);
    assert!(begun.elapsed() >= DEBOUNCE, "cleared after {:?}", begun.elapsed());
    house.wait_presence("Available/Available");
    alice.wait_calls(&[]);
    let status = house
        .product
        .wait_status(SOON, "freedom", |status| status["state"] == "free");
    assert_eq!(status["calls"], Value::Array(Vec::new()));
    assert_eq!(status["teams"]["session"], Value::Null);
    stays(A_WHILE, "no more requests", || {
        house.company.written_since(mark) == ["setPresence", "clearPresence"]
    });
    assert_busy_in_a_call(&house.company.writes_since(mark)[0], house);
    // What Teams said was our own echo: the phone is as it was.
    assert_eq!(house.dnd(), None);
    assert!(stages(&house.ledger()).is_empty());
}

#[test]
fn a_call_heard_from_the_phone_system_shows_in_teams_while_it_lasts() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let house = House::in_use(pbx, Habits::default());
    one_call(&house, &alice, &bob, "phone");
}

#[test]
fn a_call_heard_from_baresip_shows_in_teams_while_it_lasts() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let habits = Habits {
        more: by_baresip(&alice),
        ..Habits::default()
    };
    let house = House::in_use(pbx, habits);
    house.product.wait_status(SOON, "baresip", |status| {
        status["health"]["lines"]["baresip"]["ok"] == true
    });
    one_call(&house, &alice, &bob, "baresip");
}

fn by_baresip(phone: &Phone) -> String {
    let port = phone.ctrl_port();
    format!(
        "[lines.phone]\nenabled = false\n[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{port}\"\n"
    )
}

#[test]
fn one_call_known_from_two_sources_is_set_once() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let port = alice.ctrl_port();
    let habits = Habits {
        more: format!("[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{port}\"\n"),
        ..Habits::default()
    };
    let house = House::in_use(pbx, habits);
    house.product.wait_status(SOON, "baresip", |status| {
        status["health"]["lines"]["baresip"]["ok"] == true
    });
    let mark = house.company.mark();
    assert_eq!(bob.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    alice.accept();
    house.product.wait_status(SOON, "both sources", |status| {
        let calls = status["calls"].as_array().map_or(0, Vec::len);
        calls == 2 && status["calls"][0]["state"] == "connected" && status["calls"][1]["state"] == "connected"
    });
    stays(A_WHILE, "one session", || {
        house.company.written_since(mark) == ["setPresence"]
    });
    assert_eq!(house.company.writes_since(mark)[0].json()["activity"], "InACall");
    alice.hang_up();
    house.wait_written(mark, CLEARED, &["setPresence", "clearPresence"]);
}

#[test]
fn of_two_calls_the_last_one_ends_the_session() {
    let pbx = Asterisk::start();
    let (alice, bob, carol) = (pbx.phone(EXTENSION), pbx.phone("1002"), pbx.phone("1003"));
    let house = House::in_use(pbx, Habits::default());
    let mark = house.company.mark();
    assert_eq!(bob.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    alice.accept();
    bob.wait_calls(&[Established]);
    house.wait_written(mark, SOON, &["setPresence"]);
    assert_eq!(carol.call(EXTENSION).code, 180);
    alice.wait_calls(&[Established, Incoming]);
    alice.accept();
    carol.wait_calls(&[Established]);
    house.product.wait_status(SOON, "two calls", |status| {
        has_call(status, "held") && has_call(status, "connected")
    });
    carol.hang_up();
    house.product.wait_status(SOON, "one call", |status| {
        status["calls"].as_array().map_or(0, Vec::len) == 1
    });
    stays(A_WHILE, "the session of the other call", || {
        house.company.written_since(mark) == ["setPresence"]
            && house.company.presence(PERSON) == "Busy/InACall"
    });
    bob.hang_up();
    house.wait_written(mark, CLEARED, &["setPresence", "clearPresence"]);
}

/// The one test that takes its time: a session is renewed every 150 s (±10 %).
#[test]
fn a_long_call_is_renewed() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let house = House::in_use(pbx, Habits::default());
    let mark = house.company.mark();
    assert_eq!(bob.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    alice.accept();
    house.wait_written(mark, SOON, &["setPresence"]);
    house.wait_written(mark, Duration::from_secs(170), &["setPresence", "setPresence"]);
    let writes = house.company.writes_since(mark);
    let [first, second] = &writes[..] else {
        panic!("{writes:?}")
    };
    assert_busy_in_a_call(second, &house);
    let apart = Duration::from_micros(second.at_us - first.at_us);
    let (least, most) = (Duration::from_secs(135), Duration::from_secs(166));
    assert!(apart >= least && apart <= most, "renewed after {apart:?}");
    assert_eq!(house.company.sessions(PERSON), 1);
    assert_eq!(house.company.presence(PERSON), "Busy/InACall");
    bob.hang_up();
    house.wait_written(mark, CLEARED, &["setPresence", "setPresence", "clearPresence"]);
}

/// Teams' do not disturb on the phone system and off again, with the rights of one manager account.
fn do_not_disturb(account: Account, phone: &str) {
    let pbx = Asterisk::start();
    let (alice, carol) = (pbx.phone(EXTENSION), pbx.phone("1003"));
    let habits = Habits {
        account,
        phone: phone.to_owned(),
        ..Habits::default()
    };
    let house = House::in_use(pbx, habits);
    let mark = house.company.mark();
    assert_eq!(house.dnd(), None);

    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    let status = house.product.wait_status(SOON, "the hold", |status| {
        status["phone"]["dnd"]["owner"] == "offhook" && status["state"] == "do-not-disturb"
    });
    assert_eq!(status["phone"]["dnd"]["value"], true);
    assert_eq!(status["why"][0]["field"], "dnd");
    assert_eq!(status["why"][0]["cause"], "teams");
    assert_eq!(status["why"][0]["rule"], "recommended: DoNotDisturb/DoNotDisturb");
    assert_eq!(stages(&house.ledger()), ["written"]);
    assert_eq!(carol.call(EXTENSION).code, 486);
    carol.wait_calls(&[]);
    assert_eq!(alice.calls(), []);
    // Neither the feature code nor do not disturb is a call (R1), nor does it go back to Teams (R5).
    stays(A_WHILE, "no call of our own making", || {
        house.company.writes_since(mark).is_empty()
    });
    assert_eq!(house.product.status()["calls"], Value::Array(Vec::new()));

    house.company.pick(PERSON, None);
    house.wait_dnd(false);
    house.wait_nothing_held();
    assert_eq!(carol.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    carol.hang_up();
    alice.wait_calls(&[]);
    assert_eq!(house.company.written_since(mark), [""; 0]);
}

#[test]
fn teams_do_not_disturb_refuses_calls_by_feature_code_with_a_narrow_account() {
    do_not_disturb(DESK, "how = \"code\"");
}

#[test]
fn teams_do_not_disturb_refuses_calls_by_database_with_a_full_account() {
    do_not_disturb(FULL, "how = \"dbput\"");
}

#[test]
fn do_not_disturb_ended_by_hand_stays_ended() {
    let pbx = Asterisk::start();
    let alice = pbx.phone(EXTENSION);
    let house = House::in_use(pbx, Habits::default());
    let mark = house.company.mark();
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    alice.dial("*79");
    house.wait_dnd(false);
    let status = house.product.wait_status(SOON, "the person's choice", |status| {
        status["phone"]["dnd"]["value"] == false && status["not_done"][0]["reason"] == "person"
    });
    assert_eq!(status["not_done"][0]["field"], "dnd");
    house.wait_nothing_held();
    // Over several reads of Teams, which still shows DoNotDisturb.
    let reads = house.company.mark();
    stays(Duration::from_secs(8), "do not disturb off", || {
        house.dnd().is_none()
    });
    assert!(house.company.reads_since(reads).len() >= 2);
    assert_eq!(house.company.written_since(mark), [""; 0]);
}

#[test]
fn do_not_disturb_pressed_by_hand_is_kept() {
    let pbx = Asterisk::start();
    let alice = pbx.phone(EXTENSION);
    let house = House::in_use(pbx, Habits::default());
    let mark = house.company.mark();
    alice.dial("*78");
    house.wait_dnd(true);
    house.product.wait_status(SOON, "the person's own", |status| {
        status["phone"]["dnd"]["owner"] == "person" && status["state"] == "do-not-disturb"
    });
    // Teams wants the same for a while: no hold is taken, so there is nothing to put back (R9).
    for (pick, seen) in [(Some("do-not-disturb"), "DoNotDisturb"), (None, "Available")] {
        house.company.pick(PERSON, pick);
        house.product.wait_status(SOON, seen, |status| {
            status["teams"]["seen"]["availability"] == seen
        });
        stays(A_WHILE, "the person's do not disturb", || {
            house.dnd().as_deref() == Some("YES") && stages(&house.ledger()).is_empty()
        });
    }
    assert_eq!(house.company.written_since(mark), [""; 0]);
    alice.dial("*79");
    house.wait_dnd(false);
    house
        .product
        .wait_status(SOON, "freedom", |status| status["state"] == "free");
}

#[test]
fn the_setting_goes_out_at_once_and_makes_the_connection_ready_while_it_rings() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let house = House::in_use(pbx, Habits::default());
    let mark = house.company.mark();
    assert_eq!(bob.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    // A connection that answered a moment ago needs no making ready.
    let warmed = || {
        house
            .company
            .asked_since(mark)
            .iter()
            .any(|asked| asked.service == "graph")
    };
    wait_until(SOON, "the connection to be made ready, or a read", warmed);
    let before = house.company.mark();
    alice.accept();
    let begun = Instant::now();
    let set = try_wait_for(SOON, || house.company.writes_since(before).into_iter().next());
    assert_busy_in_a_call(&set.expect("a setting"), &house);
    // The exact time is measured by `cargo xtask bench`; this is what a person calls at once.
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    bob.wait_calls(&[Established]);
    bob.hang_up();
    house.wait_presence("Available/Available");
}
