//! What goes wrong around a running Offhook: the right state, a sentence that names the thing, and nothing stuck.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::{Duration, Instant};

use offhook_tests::ami::Ami;
use offhook_tests::asterisk::{Asterisk, DESK};
use offhook_tests::baresip::CallState::{Established, Incoming};
use offhook_tests::house::{EXTENSION, Habits, House, PERSON, SOON, stages};
use offhook_tests::{http, places, stays, wait_for, wait_until};
use serde_json::{Value, json};

/// Long enough that what was going to happen by mistake has happened.
const A_WHILE: Duration = Duration::from_secs(3);
/// The longest pause between two tries at Graph before it has failed for long.
const AGAIN: Duration = Duration::from_secs(45);
/// The longest pause between two tries at the phone system: how far the pauses have grown by the time an Asterisk is
/// there again depends on how long its start takes.
const TRIED: Duration = Duration::from_secs(75);

fn text<'a>(status: &'a Value, light: &str) -> &'a str {
    status["health"][light]["text"].as_str().unwrap_or_default()
}

/// Waits until a light is out with these words in its sentence.
#[track_caller]
fn wait_trouble(house: &House, light: &str, words: &str) -> Value {
    house.product.wait_status(AGAIN, words, |status| {
        status["health"][light]["ok"] == false && text(status, light).contains(words)
    })
}

#[track_caller]
fn wait_well(house: &House, light: &str) {
    house
        .product
        .wait_status(TRIED, light, |status| status["health"][light]["ok"] == true);
}

/// Teams says do not disturb and the phone system shows it.
fn held() -> House {
    let house = House::in_use(Asterisk::start(), Habits::default());
    hold(&house);
    house
}

#[track_caller]
fn hold(house: &House) {
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    wait_until(SOON, "the hold", || stages(&house.ledger()) == ["written"]);
}

/// Kills Asterisk once its own database has do not disturb on the disk.
#[track_caller]
fn kill_with_hold(house: &mut House) {
    wait_until(SOON, "do not disturb on Asterisk's disk", || {
        house.pbx.has_stored("/DND/1001")
    });
    house.pbx.kill();
}

#[track_caller]
fn ctl(house: &House, arguments: &[&str]) {
    let said = house.product.ctl(arguments);
    assert_eq!(said.code, 0, "{arguments:?}: {said:?}");
}

// The phone system.

#[test]
fn a_restarted_phone_system_is_read_again_and_released_rightly() {
    let mut house = held();
    house.pbx.stop();
    let status = wait_trouble(&house, "phone", "127.0.0.1");
    assert!(
        text(&status, "phone").contains("Offhook keeps trying") || text(&status, "phone").contains("Check")
    );
    assert_eq!(status["phone"]["dnd"], json!({"value": null, "owner": null}));
    // Teams changes while nobody can be told.
    house.company.pick(PERSON, None);
    house.product.wait_status(SOON, "the change in Teams", |status| {
        status["teams"]["seen"]["availability"] == "Available"
    });
    assert_eq!(stages(&house.ledger()), ["written"]);
    house.pbx.start_again();
    wait_well(&house, "phone");
    house.wait_dnd(false);
    house.wait_nothing_held();
}

#[test]
fn a_killed_phone_system_keeps_its_do_not_disturb_and_we_our_hold() {
    let mut house = held();
    kill_with_hold(&mut house);
    wait_trouble(&house, "phone", "127.0.0.1");
    house.pbx.start_again();
    wait_well(&house, "phone");
    house.product.wait_status(SOON, "the hold", |status| {
        status["phone"]["dnd"] == json!({"value": true, "owner": "offhook"})
    });
    house.company.pick(PERSON, None);
    house.wait_dnd(false);
    house.wait_nothing_held();
}

#[test]
fn a_call_that_ended_while_the_phone_system_restarted_does_not_stay_in_teams() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let mut house = House::in_use(pbx, Habits::default());
    let mark = house.company.mark();
    assert_eq!(bob.call(EXTENSION).code, 180);
    alice.wait_calls(&[Incoming]);
    alice.accept();
    bob.wait_calls(&[Established]);
    house.wait_written(mark, SOON, &["setPresence"]);
    house.pbx.kill();
    wait_trouble(&house, "phone", "127.0.0.1");
    // For a minute the call counts on: it may well be there again.
    stays(A_WHILE, "the call", || house.company.sessions(PERSON) == 1);
    house.pbx.start_again();
    house.wait_written(mark, TRIED, &["setPresence", "clearPresence"]);
    house
        .product
        .wait_status(SOON, "freedom", |status| status["state"] == "free");
}

#[test]
fn a_wrong_password_is_said_at_once_and_not_tried_again_and_again() {
    let habits = Habits {
        password: Some("not-the-secret"),
        ..Habits::default()
    };
    let mut house = House::set_up(Asterisk::start(), habits);
    let mark = house.pbx.ami().mark();
    let refused = |house: &House| {
        let events = house.pbx.ami().events_since(mark);
        let refusals = events
            .iter()
            .filter(|event| event.is("ChallengeResponseFailed") || event.is("InvalidPassword"));
        refusals.count()
    };
    house.move_in();
    let status = wait_trouble(
        &house,
        "phone",
        "The phone system at 127.0.0.1 does not accept user or password",
    );
    assert!(
        text(&status, "phone").contains("Enter the password again"),
        "{status:#}"
    );
    assert_eq!(status["attention"], true);
    assert_eq!(status["phone"]["dnd"]["value"], Value::Null);
    wait_until(SOON, "the refusal", || refused(&house) == 1);
    // Being woken by other news is no reason to try.
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.product.wait_status(SOON, "the change in Teams", |status| {
        status["teams"]["seen"]["availability"] == "DoNotDisturb"
    });
    stays(Duration::from_secs(8), "one try", || refused(&house) == 1);
    // The right one is tried at once, and what Teams wants is done.
    house.product.set_phone_password(DESK.secret);
    wait_well(&house, "phone");
    house.wait_dnd(true);
    house
        .product
        .wait_status(SOON, "no attention", |status| status["attention"] == false);
}

// The softphone.

#[test]
fn a_ctrl_tcp_that_another_client_takes_is_named_and_left_to_it() {
    let pbx = Asterisk::start();
    let alice = pbx.phone(EXTENSION);
    let port = alice.ctrl_port();
    let habits = Habits {
        more: format!("[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{port}\"\n"),
        ..Habits::default()
    };
    let house = House::in_use(pbx, habits);
    let baresip = |status: &Value| status["health"]["lines"]["baresip"].clone();
    house
        .product
        .wait_status(SOON, "baresip", |status| baresip(status)["ok"] == true);
    // Taken twice: once may be chance.
    let mut rival = alice.steal_ctrl();
    wait_until(SOON, "Offhook to come back", || rival.closed());
    rival = alice.steal_ctrl();
    let status = house.product.wait_status(SOON, "the sentence", |status| {
        let text = baresip(status)["text"].as_str().unwrap_or_default().to_owned();
        baresip(status)["ok"] == false && text.contains("Another program has taken baresip's control port")
    });
    let light = baresip(&status);
    let said = light["text"].as_str().unwrap_or_default();
    assert!(said.contains(&format!("127.0.0.1:{port}")), "{said}");
    assert!(said.contains("Close the other program"), "{said}");
    stays(A_WHILE, "the other client's place", || !rival.closed());
    // The other sources go on, and so does the program.
    assert_eq!(status["health"]["lines"]["phone"]["ok"], true);
    drop(rival);
    // It is tried again after 20 s at the earliest, and 60 s at the latest here.
    house
        .product
        .wait_status(Duration::from_secs(75), "baresip", |status| {
            baresip(status)["ok"] == true
        });
}

// Graph.

/// A fault at every read: the sentence is there, what is held stays, and all is well again afterwards.
fn graph_fails(fault: &str, more: &Value, words: &str) {
    let house = held();
    let mut injection = json!({"fault": fault});
    if let (Some(all), Some(more)) = (injection.as_object_mut(), more.as_object()) {
        all.extend(more.clone());
    }
    house.company.inject(&injection);
    let status = wait_trouble(&house, "microsoft", words);
    assert_eq!(status["phone"]["dnd"], json!({"value": true, "owner": "offhook"}));
    assert_eq!(status["state"], "do-not-disturb");
    // The last reading stays in force, and its age is seen (R7).
    assert_eq!(status["teams"]["seen"]["availability"], "DoNotDisturb");
    house.company.pick(PERSON, None);
    let struck = house.company.struck(fault);
    wait_until(AGAIN, "one more try", || house.company.struck(fault) > struck);
    stays(A_WHILE, "the hold", || house.dnd().is_some());
    house.company.clear_faults();
    wait_well(&house, "microsoft");
    house.wait_dnd(false);
    house.wait_nothing_held();
}

#[test]
fn graph_failing_with_500_is_ridden_out() {
    graph_fails(
        "graph-server-error",
        &json!({"status": 500}),
        "Microsoft Graph can't be reached. Offhook keeps trying.",
    );
}

#[test]
fn graph_answering_with_a_web_page_is_ridden_out() {
    graph_fails("graph-garbage", &json!({}), "A web page answers in place of");
}

#[test]
fn graph_answering_with_other_json_is_ridden_out() {
    graph_fails(
        "graph-wrong-json",
        &json!({}),
        "an answer that can't be understood",
    );
}

#[test]
fn graph_hanging_up_is_ridden_out() {
    graph_fails("graph-reset", &json!({}), "Microsoft Graph can't be reached");
}

#[test]
fn graph_not_answering_is_ridden_out() {
    graph_fails(
        "graph-no-answer",
        &json!({"only": "graph-read"}),
        "does not answer in time",
    );
}

#[test]
fn a_retry_after_is_obeyed_to_its_fraction() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    let mark = house.company.mark();
    let injection = json!({"fault": "graph-throttled", "retry_after": 5.5, "times": 1, "only": "graph-read"});
    house.company.inject(&injection);
    let status = wait_trouble(&house, "microsoft", "asked Offhook to slow down");
    assert!(text(&status, "microsoft").contains("waits as long as Microsoft asks"));
    wait_well(&house, "microsoft");
    let reads = house.company.reads_since(mark);
    let at = reads
        .iter()
        .position(|read| read.status == Some(429))
        .expect("a 429");
    let wait = Duration::from_micros(reads[at + 1].at_us - reads[at].at_us);
    assert!(wait >= Duration::from_millis(5500), "asked again after {wait:?}");
    // Then somewhere within a pace that is half as fast: not all desks at the same moment.
    assert!(wait < Duration::from_secs(32), "asked again after {wait:?}");
}

#[test]
fn a_call_refused_by_429_is_set_when_it_is_allowed() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    let mark = house.company.mark();
    let injection =
        json!({"fault": "graph-throttled", "retry_after": 2.128, "times": 1, "only": "graph-write"});
    house.company.inject(&injection);
    ctl(&house, &["call", "answer", "--source", "test", "--id", "1"]);
    house.wait_written(mark, SOON, &["setPresence", "setPresence"]);
    house.wait_presence("Busy/InACall");
    let writes = house.company.writes_since(mark);
    let wait = Duration::from_micros(writes[1].at_us - writes[0].at_us);
    assert!(wait >= Duration::from_millis(2128), "asked again after {wait:?}");
    ctl(&house, &["call", "hangup", "--source", "test", "--id", "1"]);
    house.wait_presence("Available/Available");
}

#[test]
fn a_call_that_graph_refuses_for_a_while_is_set_at_last_and_cleared() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    for fault in ["graph-reset", "graph-no-answer"] {
        let injection = json!({"fault": fault, "times": 2, "only": "graph-write"});
        house.company.inject(&injection);
        ctl(&house, &["call", "answer", "--source", "test", "--id", fault]);
        wait_for(AGAIN * 2, "the session", || {
            (house.company.presence(PERSON) == "Busy/InACall").then_some(())
        });
        let injection = json!({"fault": fault, "times": 1, "only": "graph-write"});
        house.company.inject(&injection);
        ctl(&house, &["call", "hangup", "--source", "test", "--id", fault]);
        wait_until(AGAIN * 2, "its end", || house.company.sessions(PERSON) == 0);
        wait_until(SOON, "the ledger to know it", || {
            house.ledger()["session"].is_null()
        });
    }
}

/// R11 with one minute in place of ten: a phone must not stay silent because the cloud is unreachable.
#[test]
fn a_phone_does_not_stay_silent_when_teams_cannot_be_read() {
    let habits = Habits {
        more: "[teams]\nrelease_after_minutes = 1\n".to_owned(),
        ..Habits::default()
    };
    let house = House::in_use(Asterisk::start(), habits);
    hold(&house);
    house
        .company
        .inject(&json!({"fault": "graph-server-error", "status": 503}));
    wait_trouble(&house, "microsoft", "Microsoft Graph can't be reached");
    let begun = Instant::now();
    stays(Duration::from_secs(50), "the hold", || house.dnd().is_some());
    house.wait_dnd_for(Duration::from_secs(20), false);
    assert!(begun.elapsed() > Duration::from_secs(50));
    house.wait_nothing_held();
    let status = house
        .product
        .wait_status(SOON, "attention", |status| status["attention"] == true);
    assert_eq!(status["health"]["microsoft"]["ok"], false);
    house.company.clear_faults();
    house
        .product
        .wait_status(Duration::from_secs(120), "Teams", |status| {
            status["health"]["microsoft"]["ok"] == true
        });
    house.wait_dnd(true);
}

#[test]
fn a_revoked_sign_in_asks_for_a_new_one_and_keeps_the_settings() {
    let house = held();
    let settings = house.product.file("settings.toml");
    house.company.revoke(PERSON);
    let status = wait_trouble(&house, "microsoft", "Sign in again");
    assert_eq!(status["attention"], true, "{status:#}");
    assert!(
        text(&status, "microsoft").contains("your settings are kept"),
        "{status:#}"
    );
    assert_ne!(status["state"], "signed-out");
    assert_eq!(house.product.file("settings.toml"), settings);
    // No storm of refreshes.
    let mark = house.company.mark();
    stays(A_WHILE, "quiet", || {
        let asked = house.company.asked_since(mark);
        asked.iter().filter(|asked| asked.service == "entra").count() <= 1
    });
    house.company.pick(PERSON, None);
    house.product.sign_in(PERSON);
    wait_well(&house, "microsoft");
    house.wait_dnd(false);
    house.wait_nothing_held();
    house
        .product
        .wait_status(SOON, "no attention", |status| status["attention"] == false);
    // The new sign-in was stored: it outlives the program.
    let mut house = house;
    house.product.term();
    house.product.start_headless();
    house.wait_ready();
}

// The disk.

#[test]
fn nothing_is_set_while_the_ledger_cannot_be_written() {
    let mut house = House::set_up(Asterisk::start(), Habits::default());
    // Without this the system would end a program that writes too much.
    house.product.start_under(&["env", "--ignore-signal=XFSZ"]);
    house.move_in();
    house.wait_ready();
    let pid = house.product.process().pid();
    let limit_files = |size: &str| {
        let status = Command::new(places::system_program("prlimit"))
            .args(["--pid", &pid.to_string(), &format!("--fsize={size}:")])
            .status()
            .expect("prlimit");
        assert!(status.success());
    };
    // To the program the same as a full disk: no file can grow.
    limit_files("0");
    house.company.pick(PERSON, Some("do-not-disturb"));
    let status = house.product.wait_status(SOON, "attention", |status| {
        status["teams"]["seen"]["availability"] == "DoNotDisturb" && status["attention"] == true
    });
    assert_eq!(status["phone"]["dnd"]["value"], false);
    stays(A_WHILE, "an untouched phone", || house.dnd().is_none());
    assert!(stages(&house.ledger()).is_empty());
    let why = house.product.ctl(&["why"]);
    assert!(
        why.stdout.contains("Offhook can't write to its data folder"),
        "{why:?}"
    );
    // There is room again.
    limit_files("unlimited");
    house.wait_dnd_for(Duration::from_secs(75), true);
    house
        .product
        .wait_status(SOON, "no attention", |status| status["attention"] == false);
    // A hold is released without a ledger: a phone must not stay silent because a disk is full.
    limit_files("0");
    house.company.pick(PERSON, None);
    house.wait_dnd(false);
    limit_files("unlimited");
    house.wait_nothing_held();
}

// The person in charge.

/// A call is up and do not disturb is held.
fn busy() -> House {
    let house = held();
    ctl(&house, &["call", "answer", "--source", "test", "--id", "1"]);
    wait_until(SOON, "the session", || house.company.sessions(PERSON) == 1);
    wait_until(SOON, "the ledger to know it", || {
        house.ledger()["session"].is_object()
    });
    house
}

#[track_caller]
fn assert_released(house: &House) {
    assert_eq!(house.dnd(), None);
    assert_eq!(house.company.sessions(PERSON), 0);
    assert!(stages(&house.ledger()).is_empty(), "{:#}", house.ledger());
    assert_eq!(house.ledger()["session"], Value::Null);
}

#[test]
fn the_end_of_the_program_releases_everything_within_two_seconds_and_keeps_the_sign_in() {
    let mut house = busy();
    let begun = Instant::now();
    let status = house.product.term();
    // Two for the release, the rest for a busy machine's ending of processes.
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    assert!(status.success(), "{status}");
    assert_released(&house);
    house.product.start_headless();
    house.wait_ready();
    house.wait_dnd(true);
    let said = house.product.ctl(&["quit"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(house.product.process().wait_end(SOON).success());
    assert_released(&house);
}

#[test]
fn an_unreachable_phone_system_does_not_hold_up_the_end() {
    let mut house = held();
    kill_with_hold(&mut house);
    wait_trouble(&house, "phone", "127.0.0.1");
    let begun = Instant::now();
    house.product.term();
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    // The ledger does the rest at the next start.
    assert_eq!(stages(&house.ledger()), ["written"]);
    house.company.pick(PERSON, None);
    house.pbx.start_again();
    assert_eq!(house.dnd().as_deref(), Some("YES"));
    house.product.start_headless();
    house.wait_dnd(false);
    house.wait_nothing_held();
}

#[test]
fn a_pause_releases_everything_and_outlives_a_restart() {
    let mut house = busy();
    ctl(&house, &["pause", "on"]);
    house.wait_dnd(false);
    wait_until(SOON, "the session's end", || house.company.sessions(PERSON) == 0);
    house.wait_nothing_held();
    let status = house
        .product
        .wait_status(SOON, "the pause", |status| status["state"] == "paused");
    let not_done = status["not_done"].as_array().cloned().unwrap_or_default();
    assert!(
        not_done.contains(&json!({"field": "dnd", "reason": "paused"})),
        "{status:#}"
    );
    assert!(
        not_done.contains(&json!({"field": "teams", "reason": "paused"})),
        "{status:#}"
    );
    let mark = house.company.mark();
    house.product.kill9();
    house.product.start_headless();
    house.product.wait_status(SOON, "the pause", |status| {
        status["state"] == "paused" && status["teams"]["seen"]["availability"] == "DoNotDisturb"
    });
    stays(A_WHILE, "an untouched phone", || {
        house.dnd().is_none() && house.company.writes_since(mark).is_empty()
    });
    ctl(&house, &["resume"]);
    house.wait_dnd(true);
}

#[test]
fn signing_out_releases_everything_and_forgets_the_sign_in() {
    let house = busy();
    ctl(&house, &["sign-out"]);
    house.wait_dnd(false);
    wait_until(SOON, "the session's end", || house.company.sessions(PERSON) == 0);
    house
        .product
        .wait_status(SOON, "signed out", |status| status["state"] == "signed-out");
    house.wait_nothing_held();
    let secrets = || house.product.file("secrets.json").unwrap_or_default();
    wait_until(SOON, "the token to go", || !secrets().contains("refresh"));
    assert!(secrets().contains("phone"), "the phone's password stays");
}

#[test]
fn a_second_start_leaves_the_first_alone() {
    let mut house = House::in_use(Asterisk::start(), Habits::default());
    let pid = house.product.process().pid();
    let mut second = house.product.one_more(&["--no-tray"], &[]);
    second.wait_end(SOON);
    assert_eq!(house.product.process().ended(), None);
    assert_eq!(house.product.process().pid(), pid);
    house.wait_ready();
    hold(&house);
}

#[test]
fn a_crash_leaves_teams_to_the_next_start() {
    let mut house = busy();
    house.product.kill9();
    assert_eq!(house.company.sessions(PERSON), 1);
    let mark = house.company.mark();
    house.product.start_headless();
    // The call was known to the hook alone and is not reported again: the session was ours and ends.
    house.wait_written(mark, SOON, &["clearPresence"]);
    assert_eq!(house.company.sessions(PERSON), 0);
    wait_until(SOON, "the ledger to know it", || {
        house.ledger()["session"].is_null()
    });
    // At the start after that there is nothing to clear: another desk may own what is there (R3).
    house.product.term();
    let mark = house.company.mark();
    house.product.start_headless();
    house.wait_ready();
    stays(A_WHILE, "no request", || {
        house.company.writes_since(mark).is_empty()
    });
}

#[test]
fn the_manager_connection_ends_with_the_program() {
    let mut house = House::in_use(Asterisk::start(), Habits::default());
    let connected = |ami: &Ami| {
        let answer = ami.action("Command", &[("Command", "manager show connected")]);
        let output = format!("{answer:?}");
        output.contains(DESK.user)
    };
    assert!(connected(house.pbx.ami()));
    house.product.term();
    wait_until(SOON, "the connection's end", || !connected(house.pbx.ami()));
    let answer = http::try_send(http::get(&hook_address(&house)));
    assert!(answer.is_err(), "the hook's door is still open: {answer:?}");
}

fn hook_address(house: &House) -> String {
    let file = house.product.file("hook.json").expect("the hook's file");
    let file: Value = serde_json::from_str(&file).expect("the hook's file");
    format!("http://127.0.0.1:{}/v1/call", file["port"])
}
