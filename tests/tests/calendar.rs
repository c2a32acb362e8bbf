//! Appointments and the phone, with real parts: Asterisk, phones, the programs, and the pretend company's calendar.
//! Appointments are short, and the tests wait for what their borders bring.
#![cfg(target_os = "linux")]

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Unit};
use offhook_tests::asterisk::Asterisk;
use offhook_tests::baresip::CallState::Incoming;
use offhook_tests::baresip::Phone;
use offhook_tests::browser::Browser;
use offhook_tests::house::{EXTENSION, Habits, House, PERSON, SOON};
use offhook_tests::socket::Socket;
use offhook_tests::{try_wait_for, wait_until};
use serde_json::{Value, json};
use url::Url;

/// Until an appointment begins: long enough to sign in, consent and read it before.
const BEFORE: SignedDuration = SignedDuration::from_secs(40);
const LONG: SignedDuration = SignedDuration::from_secs(25);
/// How late what a border brings may be seen on the phone system: a feature code takes its time.
const LATE: SignedDuration = SignedDuration::from_secs(6);

/// One appointment that begins soon, in whole seconds.
struct Soon {
    start: Timestamp,
    end: Timestamp,
}

impl Soon {
    fn new() -> Self {
        let now = Timestamp::now().round(Unit::Second).unwrap();
        let start = now + BEFORE;
        Self {
            start,
            end: start + LONG,
        }
    }

    fn event(&self, subject: &str) -> Value {
        json!({
            "id": "AAMk-1", "subject": subject, "showAs": "busy",
            "start": self.start.to_string(), "end": self.end.to_string(),
        })
    }

    /// So long until that moment, and what its consequences may take.
    fn wait_for(at: Timestamp) -> Duration {
        let left = at.duration_since(Timestamp::now()) + LATE + SignedDuration::from_secs(15);
        Duration::try_from(left).unwrap_or(SOON)
    }

    /// What a border brings comes with it: not before, and soon after.
    #[track_caller]
    fn assert_at(border: Timestamp) {
        let late = Timestamp::now().duration_since(border);
        assert!(
            late >= SignedDuration::ZERO && late <= LATE,
            "{late:?} after the border"
        );
    }
}

fn habits(more: &str) -> Habits {
    Habits {
        more: format!("[calendar]\nenabled = true\n{more}"),
        ..Habits::default()
    }
}

/// A desk whose calendar holds these, read and waiting.
fn house(pbx: Asterisk, more: &str, events: &[Value]) -> House {
    let house = House::in_use(pbx, habits(more));
    house.company.set_calendar(PERSON, events);
    house.consent_to_calendar();
    house
}

#[track_caller]
fn rings(caller: &Phone, called: &Phone) {
    assert_eq!(caller.call(EXTENSION).code, 180);
    called.wait_calls(&[Incoming]);
    caller.hang_up();
    called.wait_calls(&[]);
    caller.wait_calls(&[]);
}

#[test]
fn calls_are_refused_from_the_minute_an_appointment_begins_until_it_ends() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let soon = Soon::new();
    let house = house(pbx, "", &[soon.event("Budget")]);
    rings(&bob, &alice);
    begins(&house, &bob, &soon);
    let status = house.product.status();
    assert_eq!(status["why"][0]["cause"], "calendar", "{status:#}");
    assert_eq!(status["why"][0]["rule"], "calendar: busy");
    assert_eq!(status["why"][0]["until"], soon.end.to_string());
    ends(&house, (&bob, &alice), &soon);
    // What it was about is in no file of ours.
    assert!(!house.product.logs().contains("Budget"));
}

/// Calls are refused from then on.
#[track_caller]
fn begins(house: &House, caller: &Phone, soon: &Soon) {
    assert!(
        Timestamp::now() < soon.start,
        "this machine is too slow for the test"
    );
    house.wait_dnd_for(Soon::wait_for(soon.start), true);
    Soon::assert_at(soon.start);
    assert_eq!(caller.call(EXTENSION).code, 486);
}

/// And ring again from then on.
#[track_caller]
fn ends(house: &House, (caller, called): (&Phone, &Phone), soon: &Soon) {
    house.wait_dnd_for(Soon::wait_for(soon.end), false);
    Soon::assert_at(soon.end);
    caller.wait_calls(&[]);
    rings(caller, called);
    house.wait_nothing_held();
}

/// As the calendar page does it; the password after the source that it belongs to.
fn choose(house: &House, settings: &Value, password: Option<&str>) {
    let mut socket = Socket::connect(house.product.data_dir());
    let mut all = settings.clone();
    all["calendar.enabled"] = "true".into();
    socket.ask(json!({ "apply": all })).unwrap();
    if let Some(password) = password {
        let secret = json!({ "secret_set": { "secret": "calendar", "value": password } });
        socket.ask(secret).unwrap();
    }
    house
        .product
        .wait_status(SOON, "the calendar to be read", |status| {
            status["health"]["calendar"]["ok"] == true
        });
}

#[test]
fn an_appointment_on_an_exchange_server_refuses_calls_from_its_minute_until_its_end() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let house = House::in_use(pbx, Habits::default());
    let soon = Soon::new();
    house.company.set_calendar(PERSON, &[soon.event("Budget")]);
    let exchange = &house.company.addresses["exchange"];
    let settings = json!({
        "calendar.source": "ews", "calendar.address": exchange["address"], "calendar.user": exchange["user"],
    });
    let password = exchange["password"].as_str().unwrap();
    choose(&house, &settings, Some(password));
    begins(&house, &bob, &soon);
    ends(&house, (&bob, &alice), &soon);
    let logs = house.product.logs();
    assert!(!logs.contains("Budget") && !logs.contains(password));
}

#[test]
fn an_appointment_in_a_file_refuses_calls_from_its_minute_until_its_end() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let house = House::in_use(pbx, Habits::default());
    let file = house.product.data_dir().join("alice.ics");
    let write =
        |events: &str| std::fs::write(&file, format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")).unwrap();
    write("");
    choose(
        &house,
        &json!({ "calendar.source": "ics", "calendar.ics": file }),
        None,
    );
    // It comes into the file while Offhook runs, and is read although five minutes are not over.
    let soon = Soon::new();
    let at = |at: Timestamp| at.strftime("%Y%m%dT%H%M%SZ");
    let (start, end) = (at(soon.start), at(soon.end));
    write(&format!(
        "BEGIN:VEVENT\nUID:1\nSUMMARY:Budget\nDTSTART:{start}\nDTEND:{end}\nEND:VEVENT\n"
    ));
    begins(&house, &bob, &soon);
    ends(&house, (&bob, &alice), &soon);
    assert!(!house.product.logs().contains("Budget"));
}

/// As a Teams client keeps one that is shown to those who write.
const PINNED: &str = "<pinnednote></pinnednote>";

#[track_caller]
fn wait_message(house: &House, limit: Duration, wanted: &str) {
    let shown = || (house.company.message(PERSON) == wanted).then_some(());
    if try_wait_for(limit, shown).is_none() {
        let (message, why) = (house.company.message(PERSON), house.product.ctl(&["why"]));
        panic!(
            "the status message is {message:?} instead of {wanted:?}: {}",
            why.stdout
        );
    }
}

#[test]
fn the_status_message_in_teams_is_the_appointments_while_it_runs_and_the_persons_own_comes_back() {
    let soon = Soon::new();
    let own = format!("Call my mobile{PINNED}");
    let more = "busy = \"none\"\ntitle = true\nteams_message = true\n";
    let house = House::in_use(Asterisk::start(), habits(more));
    house.company.write_message(PERSON, &own);
    house
        .company
        .set_calendar(PERSON, &[soon.event("Budget (No action)")]);
    house.consent_to_calendar();
    assert!(
        Timestamp::now() < soon.start,
        "this machine is too slow for the test"
    );
    wait_message(&house, Soon::wait_for(soon.start), &format!("Budget{PINNED}"));
    Soon::assert_at(soon.start);
    // Whatever becomes of the program, it ends with the appointment.
    assert_eq!(house.company.person(PERSON)["note_until"], soon.end.to_string());
    let why = house.product.ctl(&["why"]).stdout;
    assert!(
        why.contains("Status message in Teams: “Budget” since") && why.contains("“Call my mobile”"),
        "{why}"
    );
    wait_message(&house, Soon::wait_for(soon.end), &own);
    Soon::assert_at(soon.end);
    wait_until(SOON, "nothing of it in the ledger", || {
        house.ledger()["message"].is_null()
    });
    let logs = house.product.logs();
    assert!(!logs.contains("Budget") && !logs.contains("mobile"));
}

#[test]
fn what_the_person_writes_in_teams_during_an_appointment_stays_and_quitting_puts_back_what_was_there() {
    let soon = Soon::new();
    let more = "busy = \"none\"\ntitle = true\nteams_message = true\n";
    let mut house = House::in_use(Asterisk::start(), habits(more));
    house.company.write_message(PERSON, "On the road");
    let now = Timestamp::now().round(Unit::Second).unwrap();
    let mut event = soon.event("Budget");
    event["start"] = (now - SignedDuration::from_mins(5)).to_string().into();
    event["end"] = (now + SignedDuration::from_mins(30)).to_string().into();
    house.company.set_calendar(PERSON, &[event]);
    house.consent_to_calendar();
    wait_message(&house, SOON, "Budget");
    assert!(house.product.term().success());
    assert_eq!(
        house.company.message(PERSON),
        "On the road",
        "within the time of quitting"
    );
    house.product.start_headless();
    wait_message(&house, SOON, "Budget");
    // Killed and started again, it knows what was there.
    house.product.kill9();
    house.product.start_headless();
    house.wait_ready();
    assert_eq!(house.company.message(PERSON), "Budget");
    house.company.write_message(PERSON, "No, this");
    let said = || {
        house
            .product
            .ctl(&["why"])
            .stdout
            .contains("you took it back")
            .then_some(())
    };
    // Until a minute after the start a reading may still lag behind.
    assert!(try_wait_for(Duration::from_secs(90), said).is_some());
    assert!(house.product.term().success());
    assert_eq!(house.company.message(PERSON), "No, this");
}

#[test]
fn calls_go_elsewhere_while_an_appointment_runs() {
    let pbx = Asterisk::start();
    let (alice, bob, carol) = (pbx.phone(EXTENSION), pbx.phone("1002"), pbx.phone("1003"));
    let soon = Soon::new();
    let more = "busy = \"forward\"\nforward_to = \"1002\"\n";
    let house = house(pbx, more, &[soon.event("Budget")]);
    let forward = || house.pbx.ami().db_get("CF", EXTENSION);
    assert_eq!(forward(), None);
    assert!(
        Timestamp::now() < soon.start,
        "this machine is too slow for the test"
    );
    let forwarded = || (forward().as_deref() == Some("1002")).then_some(());
    assert!(try_wait_for(Soon::wait_for(soon.start), forwarded).is_some());
    Soon::assert_at(soon.start);
    assert_eq!(carol.call(EXTENSION).code, 180);
    bob.wait_calls(&[Incoming]);
    assert_eq!(alice.calls().len(), 0, "it rings elsewhere alone");
    carol.hang_up();
    bob.wait_calls(&[]);
    carol.wait_calls(&[]);
    wait_until(Soon::wait_for(soon.end), "no forward", || forward().is_none());
    Soon::assert_at(soon.end);
    rings(&carol, &alice);
}

#[test]
fn no_dnd_lets_calls_ring_through_although_teams_says_in_a_meeting() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
    let soon = Soon::new();
    let more = "[rules]\nprofile = \"starface-9\"\n";
    let house = house(pbx, more, &[soon.event("Customer (No DND)")]);
    house.company.teams_client(PERSON, "in-a-meeting");
    house.wait_dnd(true);
    assert!(
        Timestamp::now() < soon.start,
        "this machine is too slow for the test"
    );
    house.wait_dnd_for(Soon::wait_for(soon.start), false);
    Soon::assert_at(soon.start);
    rings(&bob, &alice);
    house.wait_dnd_for(Soon::wait_for(soon.end), true);
    Soon::assert_at(soon.end);
    assert_eq!(bob.call(EXTENSION).code, 486);
}

#[test]
fn a_tenant_that_forbids_the_calendar_leaves_the_other_jobs_working() {
    let pbx = Asterisk::start();
    let house = House::in_use(pbx, habits(""));
    let calendar = |status: &Value| status["health"]["calendar"]["ok"] == false;
    house
        .product
        .wait_status(SOON, "a calendar without its right", calendar);
    let mut socket = Socket::connect(house.product.data_dir());
    let begun = socket.ask(json!("ask_calendar")).unwrap();
    let mut url: Url = begun["sign_in"]["browser"]["url"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    url.query_pairs_mut().append_pair("playground_user", PERSON);
    // Nobody has agreed for the organisation: the browser says so, and it ends there.
    let page = Browser::default().open(&url);
    assert!(!page.body.contains("Thank you"), "{}", page.body);
    let status = house.product.status();
    assert_ne!(status["state"], "signed-out", "{status:#}");
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    house.company.pick(PERSON, None);
    house.wait_dnd(false);
    let asked = house.company.asked_since(0);
    let read = |path: &str| path.contains("/calendarView");
    assert!(
        !asked.iter().any(|asked| read(&asked.path)),
        "never without the right"
    );
    assert_eq!(socket.ask(json!("cancel_sign_in")).unwrap(), "done");
    house.consent_to_calendar();
}

#[test]
fn what_is_read_of_the_calendar_is_what_is_judged_and_no_more() {
    let pbx = Asterisk::start();
    let soon = Soon::new();
    let many: Vec<Value> = (0..450)
        .map(|n| {
            let mut event = soon.event("Talk");
            event["id"] = format!("AAMk-{n}").into();
            event
        })
        .collect();
    let house = house(pbx, "", &many);
    let asked = house.company.asked_since(0);
    let views: Vec<&str> = asked
        .iter()
        .map(|asked| asked.path.as_str())
        .filter(|path| path.contains("/calendarView"))
        .collect();
    assert_eq!(views.len(), 3, "450 of them, 200 a page: {views:?}");
    for path in views {
        assert!(path.contains("select=id,subject,showAs"), "{path}");
        assert!(!path.contains("body") && !path.contains("location"), "{path}");
    }
    let light = house.product.status()["health"]["calendar"]["text"].clone();
    assert!(light.as_str().unwrap().contains("450"), "{light}");
}
