//! What is STARFACE's alone: two logins, tokens, two interfaces of which either may be missing, three generations of
//! UCI, other writers, and logins in addresses.

use std::collections::BTreeSet;
use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::starface::{StarfaceConfig, StarfaceSettings};
use offhook_connect::phones::tls::Pin;
use offhook_connect::port::{PhoneCommand, PhoneEvent};
use offhook_engine::fault::{Code, Fault as PhoneFault, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue};
use offhook_playground::{Fault, Options, Placed, Playground, Service, StarfaceLogin, StarfaceOddity};
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::tls::tls_before;
use crate::web::HASTY;

const LOGIN: &str = "1001";
const TARGET: &str = "0305550199";
const ALL: Can = Can {
    read: true,
    write: true,
};

async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

fn config(company: &Playground, change: impl FnOnce(&mut StarfaceSettings)) -> StarfaceConfig {
    let address = company.addresses().starface;
    let mut settings = StarfaceSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: LOGIN.into(),
        ..StarfaceSettings::default()
    };
    change(&mut settings);
    let mut config = StarfaceConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    config
}

fn system(config: StarfaceConfig) -> PhoneSystem {
    PhoneSystem::Starface(Box::new(config))
}

fn password(company: &Playground) -> String {
    company.starface().password(LOGIN).unwrap()
}

async fn desk_of(company: &Playground) -> Desk {
    Desk::up(&system(config(company, |_| {})), &password(company)).await
}

fn written(company: &Playground) -> Vec<String> {
    company
        .starface()
        .writes()
        .into_iter()
        .map(|write| write.what)
        .collect()
}

/// How often the path was asked for.
fn asked(company: &Playground, method: &str, path: &str) -> usize {
    let requests = company.requests();
    let those = requests
        .iter()
        .filter(|one| one.service == Service::Starface && one.method == method && one.path == path);
    those.count()
}

// --- signing in

#[tokio::test]
async fn it_says_who_and_what_it_is() {
    let company = company().await;
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let (identity, abilities) = desk
        .next("Up", |event| match event {
            PhoneEvent::Up { identity, abilities } => Some((identity.clone(), *abilities)),
            _ => None,
        })
        .await;
    assert_eq!(identity.system, "STARFACE 9.0.1.4");
    assert_eq!(identity.names, ["Alice Anders", "alice@contoso.example"]);
    assert!(identity.key.starts_with("starface:127.0.0.1:") && identity.key.ends_with("/1001"));
    assert_eq!(
        (abilities.dnd, abilities.forward, abilities.note),
        (ALL, ALL, ALL)
    );
    // Nobody can set the chat status over these interfaces.
    assert_eq!((abilities.presence, abilities.calls), (Can::default(), true));
    assert_eq!(desk.line().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.snapshot().await, []);
}

#[tokio::test]
async fn a_token_is_renewed_when_its_four_hours_are_over() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    let before = asked(&company, "POST", "/rest/login");
    company.advance(Duration::from_secs(4 * 3600 + 1));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(asked(&company, "POST", "/rest/login"), before + 1);
    assert!(company.starface().dnd(LOGIN));
    let told = desk.so_far();
    assert!(
        !told.iter().any(|event| matches!(event, PhoneEvent::Down(_))),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_token_is_renewed_ahead_of_time() {
    let company = company().await;
    let mut config = config(&company, |_| {});
    config.timing.renew = Duration::from_millis(300);
    let _desk = Desk::up(&system(config), &password(&company)).await;
    until("renewals", || asked(&company, "POST", "/rest/login") >= 3).await;
    let refused = company
        .requests()
        .into_iter()
        .filter(|one| one.status == Some(401))
        .count();
    assert_eq!(refused, 0);
}

#[tokio::test]
async fn a_password_that_changes_meanwhile_is_asked_for() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company.starface().set_password(LOGIN, "another");
    company.starface().forget_sessions();
    assert_eq!(desk.down().await.code, Code::PhoneWrongPassword);
}

#[tokio::test]
async fn the_other_name_of_the_token_is_taken() {
    let company = company().await;
    company
        .starface()
        .change(|habits| habits.token_name = "authToken");
    assert_eq!(desk_of(&company).await.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn a_directory_that_was_not_chosen_gets_no_password() {
    let company = company().await;
    company
        .starface()
        .change(|habits| habits.login = StarfaceLogin::ActiveDirectory);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let fault = desk.down().await;
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneOtherLogin)
    );
    desk.read();
    desk.down().await;
    assert_eq!(asked(&company, "POST", "/rest/login"), 0);
    assert_eq!(asked(&company, "POST", "/xml-rpc"), 0);
}

#[tokio::test]
async fn a_directorys_login_goes_over_tls_to_the_pinned_certificate_alone() {
    let company = company().await;
    company
        .starface()
        .change(|habits| habits.login = StarfaceLogin::ActiveDirectory);
    let (port, pin, _proxy) = tls_before(company.addresses().starface).await;
    let directory = |tls: String, uci: &str| {
        config(&company, |settings| {
            (settings.port, settings.tls, settings.login) = (port, tls, "active-directory".into());
            settings.uci = uci.to_owned();
        })
    };
    let pinned = format!("pin:{pin}");
    let mut desk = Desk::start(&system(directory(pinned.clone(), "auto")), &password(&company));
    let abilities = desk.abilities().await;
    // How such a login looks in UCI is not certain: only by choice.
    assert_eq!(
        (abilities.dnd, abilities.calls, abilities.note),
        (ALL, false, Can::default())
    );
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(asked(&company, "POST", "/xml-rpc"), 0);

    let mut desk = Desk::start(&system(directory(pinned, "password")), &password(&company));
    assert!(desk.abilities().await.calls);

    let logins = asked(&company, "POST", "/rest/login");
    for tls in ["system".to_owned(), format!("pin:{}", Pin::of(b"another"))] {
        let mut desk = Desk::start(&system(directory(tls, "auto")), &password(&company));
        assert_eq!(desk.down().await.code, Code::TlsFailed);
    }
    assert_eq!(asked(&company, "POST", "/rest/login"), logins);
}

#[tokio::test]
async fn it_says_good_bye() {
    let company = company().await;
    let desk = desk_of(&company).await;
    assert_eq!(company.starface().signed_in(), (1, 1));
    drop(desk);
    until("token and session to end", || {
        company.starface().signed_in() == (0, 0)
    })
    .await;
}

// --- one interface without the other

#[tokio::test]
async fn where_a_plain_user_may_not_write_rest_uci_writes_and_rest_reads_back() {
    let company = company().await;
    company
        .starface()
        .change(|habits| habits.phone_config_fixed = true);
    let mut desk = desk_of(&company).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert!(company.starface().dnd(LOGIN));
    assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
    assert_eq!(
        written(&company),
        ["setDoNotDisturbSetting", "setDoNotDisturbSetting"]
    );
    // Asked once, not each time.
    let tried = company
        .requests()
        .into_iter()
        .filter(|one| one.method == "PUT")
        .count();
    assert_eq!(tried, 1);
}

#[tokio::test]
async fn where_neither_may_write_the_ability_goes_and_a_sentence_comes() {
    let company = company().await;
    company.starface().change(|habits| {
        habits.phone_config_fixed = true;
        habits.uci_read_only = true;
    });
    let mut desk = desk_of(&company).await;
    let outcome = desk.write(FieldValue::Dnd(true)).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneNotPermitted);
    assert!(!company.starface().dnd(LOGIN));
    assert_eq!(
        desk.write(FieldValue::Note("x".into())).await.unwrap_err().code,
        Code::PhoneNotPermitted
    );
    let mut again = Desk::start(&system(config(&company, |_| {})), &password(&company));
    assert_eq!(
        again.abilities().await.dnd,
        ALL,
        "nothing is tried before it is wanted"
    );
}

#[tokio::test]
async fn without_rest_uci_does_what_it_can() {
    let company = company().await;
    company.starface().change(|habits| habits.rest_forbidden = true);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert!(!abilities.dnd.read && !abilities.forward.read && abilities.calls);
    assert_eq!(abilities.note, ALL);
    // What can't be read could not be put back.
    let outcome = desk.write(FieldValue::Dnd(true)).await;
    assert_eq!(outcome.unwrap_err().kind, FaultKind::RightMissing);
    assert!(!company.starface().dnd(LOGIN));
    assert_eq!(desk.write(FieldValue::Note("Back at 3".into())).await, Ok(()));
    assert_eq!(company.starface().message(LOGIN).as_deref(), Some("Back at 3"));
    // A wrong password is still one.
    let mut wrong = Desk::start(&system(config(&company, |_| {})), "wrong");
    assert_eq!(wrong.down().await.code, Code::PhoneWrongPassword);
}

#[tokio::test]
async fn without_uci_rest_does_what_it_can() {
    let company = company().await;
    company.starface().change(|habits| habits.uci_refused = true);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert_eq!((abilities.dnd, abilities.forward), (ALL, ALL));
    assert_eq!((abilities.calls, abilities.note), (false, Can::default()));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    // A refusal is not repeated at every turn.
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(asked(&company, "POST", "/xml-rpc"), 1);
}

#[tokio::test]
async fn every_generation_is_found() {
    for (generation, has_note) in [("v30", true), ("v22", true), ("v20", false)] {
        let company = company().await;
        company.starface().change(|habits| {
            habits.generations.clear();
            habits.generations.insert(generation);
        });
        let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
        let abilities = desk.abilities().await;
        assert!(abilities.calls && abilities.dnd == ALL, "{generation}");
        assert_eq!(abilities.note.write, has_note, "{generation}");
        desk.snapshot().await;
        let Placed::Ringing { call, .. } = company.call("1002", LOGIN) else {
            panic!("it does not ring");
        };
        desk.call(CallState::Ringing).await;
        company.hang_up(call, None);
    }
}

#[tokio::test]
async fn the_login_before_6_4_2_is_taken_by_choice() {
    let company = company().await;
    company.starface().change(|habits| habits.md5 = true);
    let mut old = Desk::start(
        &system(config(&company, |s| s.uci = "md5".into())),
        &password(&company),
    );
    assert!(old.abilities().await.calls);
    let mut new = Desk::start(&system(config(&company, |_| {})), &password(&company));
    assert!(!new.abilities().await.calls);
}

// --- codes

fn with_codes(company: &Playground) -> StarfaceConfig {
    config(company, |settings| {
        (settings.star_on, settings.star_off) = ("*78".into(), "*79".into());
    })
}

fn was_a_call_told(told: &[PhoneEvent]) -> bool {
    told.iter().any(|event| match event {
        PhoneEvent::Line(LineEvent::Call { .. }) => true,
        PhoneEvent::Line(LineEvent::Snapshot(calls)) => !calls.is_empty(),
        _ => false,
    })
}

#[tokio::test]
async fn codes_are_dialled_where_nothing_else_can_and_are_no_calls() {
    for generation in ["v30", "v22", "v20"] {
        let company = company().await;
        company.starface().change(|habits| {
            habits.rest_forbidden = true;
            habits.generations.clear();
            habits.generations.insert(generation);
        });
        let mut desk = Desk::start(&system(with_codes(&company)), &password(&company));
        let abilities = desk.abilities().await;
        assert_eq!(abilities.dnd, ALL);
        assert!(abilities.unconfirmed.dnd, "nothing shows it");
        for on in [true, false] {
            assert_eq!(desk.write(FieldValue::Dnd(on)).await, Ok(()));
            assert_eq!(company.starface().dnd(LOGIN), on);
            // Over several looks at the calls, the one of the code among them.
            let looks = asked(&company, "POST", "/xml-rpc");
            until("looks", || asked(&company, "POST", "/xml-rpc") > looks + 6).await;
        }
        until("the codes to end", || company.calls().is_empty()).await;
        assert_eq!(written(&company), ["placeCall", "placeCall"]);
        let told = desk.so_far();
        assert!(!was_a_call_told(&told), "{generation}: {told:?}");
        let says = |event: &PhoneEvent| matches!(event, PhoneEvent::Seen(values) if values.iter().any(|v| matches!(v, FieldValue::Dnd(_))));
        assert!(!told.iter().any(says), "nothing is known of it: {told:?}");
        // A real call is still one.
        company.call("1002", LOGIN);
        desk.call(CallState::Ringing).await;
    }
}

#[tokio::test]
async fn a_code_is_read_back_where_something_shows_it() {
    let company = company().await;
    company.starface().change(|habits| {
        (habits.phone_config_fixed, habits.uci_read_only) = (true, true);
        habits.picks_up = false;
    });
    let mut desk = Desk::start(&system(with_codes(&company)), &password(&company));
    assert!(!desk.abilities().await.unconfirmed.dnd);
    // The phone rings first, and the person takes their time; another call comes meanwhile and is told at once.
    let writing = async { desk.write(FieldValue::Dnd(true)).await };
    let picking_up = async {
        until("the phone to ring", || !company.calls().is_empty()).await;
        let ringing = company.calls()[0].id;
        let looks = asked(&company, "POST", "/xml-rpc");
        until("looks", || asked(&company, "POST", "/xml-rpc") > looks + 3).await;
        assert!(company.answer(ringing));
    };
    let (outcome, ()) = tokio::join!(writing, picking_up);
    assert_eq!(outcome, Ok(()));
    assert!(company.starface().dnd(LOGIN));
    let told = desk.so_far();
    assert!(!was_a_call_told(&told), "{told:?}");
}

#[tokio::test]
async fn a_code_that_nobody_picks_up_for_is_not_called_done_and_the_ringing_ends() {
    let company = company().await;
    company.starface().change(|habits| {
        (habits.phone_config_fixed, habits.uci_read_only) = (true, true);
        habits.picks_up = false;
    });
    let mut config = with_codes(&company);
    config.timing.dial = Duration::from_millis(400);
    let mut desk = Desk::up(&system(config), &password(&company)).await;
    let outcome = desk.write(FieldValue::Dnd(true)).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneNotConfirmed);
    until("the phone to be silent", || company.calls().is_empty()).await;
    assert!(!company.starface().dnd(LOGIN));
}

#[tokio::test]
async fn who_may_place_no_calls_loses_the_ability() {
    let company = company().await;
    company
        .starface()
        .change(|habits| (habits.rest_forbidden, habits.places_no_calls) = (true, true));
    let mut desk = Desk::up(&system(with_codes(&company)), &password(&company)).await;
    desk.handle
        .commands
        .send(PhoneCommand::Write(FieldValue::Dnd(true)))
        .unwrap();
    assert!(!desk.abilities().await.unconfirmed.dnd);
    let outcome = desk
        .next("Written", |event| match event {
            PhoneEvent::Written { outcome, .. } => Some(outcome.clone()),
            _ => None,
        })
        .await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneNotPermitted);
}

// --- calls

#[tokio::test]
async fn a_call_rings_is_answered_and_ends_under_one_id() {
    for lower_case in [false, true] {
        let company = company().await;
        company.starface().change(|habits| habits.lower_case = lower_case);
        let mut desk = desk_of(&company).await;
        let Placed::Ringing { call, .. } = company.call("1002", LOGIN) else {
            panic!("it does not ring");
        };
        let ringing = desk.call(CallState::Ringing).await;
        assert!(company.answer(call));
        assert_eq!(desk.call(CallState::Connected).await, ringing);
        desk.read();
        assert_eq!(desk.snapshot().await, [(ringing.clone(), CallState::Connected)]);
        assert!(company.hang_up(call, None));
        let ended = LineEvent::Ended { id: ringing };
        assert_eq!(desk.line().await, ended);
        // One's own.
        let Placed::Ringing { call, .. } = company.call(LOGIN, "1002") else {
            panic!("it does not ring");
        };
        desk.call(CallState::Dialling).await;
        assert!(company.answer(call));
        desk.call(CallState::Connected).await;
        // Other people's calls are none of ours.
        company.call("1003", "1004");
        desk.read();
        assert_eq!(desk.snapshot().await.len(), 1);
    }
}

/// Its calls are looked at so seldom that only what is reported can be heard.
async fn told_desk(company: &Playground) -> Desk {
    let mut config = config(company, |settings| settings.listen = "127.0.0.1:0".into());
    (config.timing.calls_idle, config.timing.calls_busy) =
        (Duration::from_secs(600), Duration::from_secs(600));
    let mut desk = Desk::up(&system(config), &password(company)).await;
    desk.so_far();
    desk
}

#[tokio::test]
async fn a_call_that_is_reported_is_looked_at_at_once_by_every_generation() {
    for generation in ["v30", "v22", "v20"] {
        let company = company().await;
        company
            .starface()
            .change(|habits| habits.generations = BTreeSet::from([generation]));
        let mut desk = told_desk(&company).await;
        let Placed::Ringing { call, .. } = company.call("1002", LOGIN) else {
            panic!("it does not ring");
        };
        let id = desk.call(CallState::Ringing).await;
        assert!(company.answer(call));
        assert_eq!(desk.call(CallState::Connected).await, id, "{generation}");
        assert!(company.hang_up(call, None));
        assert_eq!(desk.line().await, LineEvent::Ended { id });
    }
}

#[tokio::test]
async fn where_nothing_is_reported_calls_are_looked_at_as_always() {
    let company = company().await;
    company.starface().change(|habits| habits.reports = false);
    let listening = config(&company, |settings| settings.listen = "127.0.0.1:0".into());
    let mut desk = Desk::up(&system(listening), &password(&company)).await;
    assert_eq!(company.starface().reports_to(LOGIN), None);
    company.call("1002", LOGIN);
    desk.call(CallState::Ringing).await;
}

#[tokio::test]
async fn what_is_reported_is_a_reason_to_look_and_nothing_else() {
    let company = company().await;
    let mut desk = told_desk(&company).await;
    let door = company.starface().reports_to(LOGIN).unwrap();
    assert_eq!(door.host, "127.0.0.1");
    assert!(door.path.len() > 32, "{door:?}");
    let looks = || {
        let requests = company.requests();
        let those = requests.iter().filter(|one| one.body.contains("getCallIds"));
        those.count()
    };
    let faked = "<methodCall><methodName>ucp.v30.events.call.receiveCallState</methodName><params><param><value>\
                 <struct><member><name>id</name><value>faked</value></member><member><name>state</name>\
                 <value>CONNECTED</value></member></struct></value></param></params></methodCall>";
    // Without the path nobody gets as far as that, and with it only one way is open.
    let before = looks();
    let large = "x".repeat(64 * 1024 + 1);
    for (method, path, body, status) in [
        ("POST", "/", faked, 404),
        ("POST", "/xml-rpc", faked, 404),
        ("GET", door.path.as_str(), "", 405),
        ("POST", door.path.as_str(), large.as_str(), 413),
    ] {
        assert_eq!(
            door.post(method, path, body).await.unwrap(),
            status,
            "{method} {path}"
        );
    }
    assert_eq!(looks(), before);
    // A look that finds nothing, whatever it says.
    let doubled = format!("/{}", door.path);
    for path in [&door.path, &doubled] {
        let before = looks();
        assert_eq!(door.post("POST", path, faked).await.unwrap(), 200);
        until("a look", || looks() > before).await;
    }
    // A flood is one look now and then.
    let before = looks();
    for _ in 0..200 {
        assert_eq!(door.post("POST", &door.path, "").await.unwrap(), 200);
    }
    let flooded = looks() - before;
    assert!(flooded < 200, "{flooded}");
    let told = desk.so_far();
    let calls = |event: &PhoneEvent| matches!(event, PhoneEvent::Line(LineEvent::Call { .. }));
    assert!(!told.iter().any(calls), "{told:?}");
}

#[tokio::test]
async fn a_door_that_does_not_open_is_said_and_calls_are_looked_at_as_always() {
    let company = company().await;
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let at = taken.local_addr().unwrap().to_string();
    let listening = config(&company, |settings| settings.listen.clone_from(&at));
    let mut desk = Desk::start(&system(listening), &password(&company));
    let fault = desk
        .next("the trouble", |event| match event {
            PhoneEvent::Line(LineEvent::Trouble(fault)) => Some(fault.clone()),
            _ => None,
        })
        .await;
    let wanted = PhoneFault::new(FaultKind::Rejected, Code::PhoneNotListening).about(at);
    assert_eq!(fault, wanted);
    company.call("1002", LOGIN);
    desk.call(CallState::Ringing).await;
}

#[tokio::test]
async fn a_session_that_the_phone_system_has_forgotten_is_begun_anew() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    let Placed::Ringing { call, .. } = company.call("1002", LOGIN) else {
        panic!("it does not ring");
    };
    let id = desk.call(CallState::Ringing).await;
    // A call that ends while nobody is signed in must not stay.
    company.starface().forget_sessions();
    assert!(company.hang_up(call, None));
    assert_eq!(desk.snapshot().await, [], "{id:?}");
    let told = desk.so_far();
    let fell =
        |event: &PhoneEvent| matches!(event, PhoneEvent::Down(_) | PhoneEvent::Line(LineEvent::Down(_)));
    assert!(!told.iter().any(fell), "{told:?}");
}

#[tokio::test]
async fn a_sign_of_life_that_is_answered_with_no_begins_anew() {
    let company = company().await;
    let mut config = config(&company, |_| {});
    config.timing.calls_idle = Duration::from_secs(600);
    config.timing.fields = Duration::from_secs(600);
    config.timing.keep_alive = Duration::from_millis(100);
    let mut desk = Desk::up(&system(config), &password(&company)).await;
    let Placed::Ringing { .. } = company.call("1002", LOGIN) else {
        panic!("it does not ring");
    };
    let logins = company.starface().logins();
    company.advance(Duration::from_secs(61));
    // Nothing but the sign of life is sent; all calls are told after it.
    let calls = desk.snapshot().await;
    assert_eq!(
        calls.iter().map(|(_, state)| *state).collect::<Vec<_>>(),
        [CallState::Ringing]
    );
    assert_eq!(company.starface().logins(), logins + 1);
}

#[tokio::test]
async fn a_uci_that_answers_oddly_stops_the_calls_and_nothing_else() {
    for (oddity, code) in [
        (StarfaceOddity::BrokenXml, Code::PhoneNotUnderstood),
        (StarfaceOddity::Html, Code::PhoneNotUnderstood),
        (StarfaceOddity::DocumentType, Code::PhoneNotUnderstood),
        (StarfaceOddity::Unavailable, Code::PhoneUnreachable),
    ] {
        let company = company().await;
        let mut desk = desk_of(&company).await;
        company.starface().change(|habits| habits.says = Some(oddity));
        let down = desk
            .next("the line to go", |event| match event {
                PhoneEvent::Line(LineEvent::Down(fault)) => Some(fault.clone()),
                PhoneEvent::Down(fault) => panic!("all of it is down: {fault:?}"),
                _ => None,
            })
            .await;
        assert_eq!(down.code, code, "{oddity:?}");
        assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
        company.starface().change(|habits| habits.says = None);
        loop {
            if desk.line().await == (LineEvent::Up { resyncs: true }) {
                break;
            }
        }
        assert_eq!(desk.snapshot().await, []);
    }
}

// --- writing beside others

#[tokio::test]
async fn a_write_leaves_everything_else_as_others_have_it() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    // Somebody is at the web page while we are at it.
    company
        .starface()
        .set_phone_config(LOGIN, "callWaiting", json!(false));
    company
        .starface()
        .set_phone_config(LOGIN, "primaryPhoneId", json!(99));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let wanted = json!({
        "callWaiting": false, "displayNumberId": 11, "primaryPhoneId": 99, "doNotDisturb": true,
        "ringPattern": {"inside": 2},
    });
    assert_eq!(company.starface().phone_config(LOGIN), wanted);
    assert_eq!(written(&company), ["phoneconfig"]);
}

#[tokio::test]
async fn only_the_persons_own_always_redirection_is_switched_and_back() {
    let company = company().await;
    let before = company.starface().redirects(LOGIN);
    let mut desk = desk_of(&company).await;
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    let during = company.starface().redirects(LOGIN);
    let mut wanted = before.clone();
    wanted[0]["enabled"] = true.into();
    assert_eq!(during, wanted);
    assert_eq!(desk.write(FieldValue::Forward(None)).await, Ok(()));
    assert_eq!(company.starface().redirects(LOGIN), before);

    // To where nothing is prepared, nothing is done, and a sentence says so.
    let elsewhere = desk.write(FieldValue::Forward(Some("0301".into()))).await;
    assert_eq!(elsewhere.unwrap_err().code, Code::PhoneForwardMissing);
    assert_eq!(company.starface().redirects(LOGIN), before);
}

#[tokio::test]
async fn one_of_two_numbers_that_was_forwarded_before_stays_so() {
    let company = company().await;
    let mut redirects = company.starface().redirects(LOGIN);
    let mut second = redirects[0].clone();
    second["id"] = "second".into();
    second["phoneNumber"] = "1101".into();
    second["enabled"] = true.into();
    redirects.push(second);
    company.starface().set_redirects(LOGIN, redirects.clone());
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let before = FieldValue::Forward(Some(format!("1101 > {TARGET}")));
    desk.sees(&before).await;
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    let on = |at: usize| company.starface().redirects(LOGIN)[at]["enabled"] == Value::Bool(true);
    assert!(on(0) && on(4) && !on(3));
    // Another run of the program puts it back: what it was is in the ledger's own words.
    drop(desk);
    let mut next = desk_of(&company).await;
    assert_eq!(next.write(before).await, Ok(()));
    assert_eq!(company.starface().redirects(LOGIN), redirects);
}

#[tokio::test]
async fn without_a_prepared_redirection_there_is_no_forward() {
    let company = company().await;
    let redirects = company.starface().redirects(LOGIN);
    company.starface().set_redirects(LOGIN, redirects[1..].to_vec());
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let forward = desk.abilities().await.forward;
    assert!(forward.read && !forward.write);
    // One that is set up later is noticed.
    company.starface().set_redirects(LOGIN, redirects);
    while !desk.abilities().await.forward.write {}
    company.starface().change(|habits| habits.redirects_fixed = true);
    let outcome = desk.write(FieldValue::Forward(Some(TARGET.into()))).await;
    assert_eq!(outcome.unwrap_err().kind, FaultKind::RightMissing);
}

// --- the Test button, and what must not be seen

#[tokio::test]
async fn the_test_says_step_by_step_what_is_there_and_changes_nothing() {
    let findings = async |company: &Playground, secret: &str| {
        let secret = SecretString::from(secret);
        let found = system(config(company, |_| {})).test(&secret).await;
        let found = found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)));
        found.collect::<Vec<_>>()
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let company = company().await;
    let right = password(&company);
    let good = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "STARFACE 9.0.1.4"),
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "rest,uci"),
        ok(Step::Forward, "off"),
        ok(Step::Note, "yes"),
        ok(Step::Calls, "v30"),
    ];
    assert_eq!(findings(&company, &right).await, good);
    assert_eq!(written(&company), [] as [String; 0]);
    assert_eq!(
        findings(&company, "wrong").await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    company.starface().change(|habits| habits.uci_refused = true);
    let without_uci = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "STARFACE"),
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "rest"),
        ok(Step::Forward, "off"),
        (Step::Note, Err(Code::PhoneNotPermitted)),
        (Step::Calls, Err(Code::PhoneNotPermitted)),
    ];
    assert_eq!(findings(&company, &right).await, without_uci);
    company.starface().change(|habits| {
        habits.uci_refused = false;
        habits.rest_forbidden = true;
    });
    let without_rest = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "STARFACE 9.0.1.4"),
        (Step::DndRead, Err(Code::PhoneNotPermitted)),
        (Step::DndWrite, Err(Code::PhoneNotPermitted)),
        (Step::Forward, Err(Code::PhoneNotPermitted)),
        ok(Step::Note, "yes"),
        ok(Step::Calls, "v30"),
    ];
    assert_eq!(findings(&company, &right).await, without_rest);
    company.inject(Fault::PbxNotAsterisk);
    assert_eq!(
        findings(&company, &right).await,
        [
            ok(Step::Reach, ""),
            (Step::Greeting, Err(Code::PhoneNotUnderstood))
        ]
    );
    company.stop_phone_system().await;
    assert_eq!(
        findings(&company, &right).await,
        [(Step::Reach, Err(Code::ConnectionRefused))]
    );
}

#[tokio::test]
async fn no_login_reaches_a_log_or_an_event_at_any_level() {
    let heard = Heard::all();
    let company = company().await;
    company.starface().set_password(LOGIN, "planted-password");
    // hex(sha512("1001*" + hex(sha512("planted-password")))) is what the address holds.
    let token = {
        use sha2::Digest as _;
        let hex = |text: &str| -> String {
            sha2::Sha512::digest(text.as_bytes())
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect()
        };
        hex(&format!("{LOGIN}*{}", hex("planted-password")))
    };
    let mut desk = Desk::up(&system(config(&company, |_| {})), "planted-password").await;
    company.call("0305550123", LOGIN);
    desk.call(CallState::Ringing).await;
    assert_eq!(desk.write(FieldValue::Note("planted note".into())).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    // Every way of failing prints something.
    for fault in [Fault::PbxNotAsterisk, Fault::PbxReset, Fault::PbxNoAnswer] {
        let name = fault.name();
        company.inject(fault);
        desk.read();
        desk.down().await;
        company.faults().remove(&name);
        desk.back().await;
    }
    company.stop_phone_system().await;
    desk.down().await;
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("STARFACE");
    assert!(
        log.contains("UCI getCallIds") && log.contains("no answer"),
        "the log was heard"
    );
    for planted in [
        "planted",
        &token,
        &token[..32],
        "authToken: ",
        TARGET,
        "0305550123",
        "vertico",
    ] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}
