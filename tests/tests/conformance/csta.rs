//! What is CSTA's alone: sessions, editions, monitors that are counted, requests of the phone system, calls by events, and
//! what a phone system does not offer.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::csta::{CstaConfig, CstaSettings};
use offhook_connect::phones::probe::Step;
use offhook_connect::port::{PhoneCommand, PhoneEvent};
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue};
use offhook_playground::{Options, Placed, Playground, Service};
use secrecy::SecretString;

use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::link::config;

const EXTENSION: &str = "1001";
const NOTHING: Can = Can {
    read: false,
    write: false,
};

async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

fn system(config: CstaConfig) -> PhoneSystem {
    PhoneSystem::Csta(Box::new(config))
}

async fn desk_of(company: &Playground) -> Desk {
    Desk::up(&system(config(company, |_| {})), &company.csta().password()).await
}

fn asked(company: &Playground, name: &str) -> usize {
    let requests = company.requests();
    let those = requests
        .iter()
        .filter(|one| one.service == Service::Csta && one.path == name);
    those.count()
}

#[tokio::test]
async fn every_edition_is_spoken_whichever_is_tried_first() {
    for edition in 3..=6 {
        let company = company().await;
        company.csta().change(|habits| habits.edition = edition);
        for session in ["application", "none"] {
            company
                .csta()
                .change(|habits| habits.session = session == "application");
            let config = config(&company, |settings| {
                settings.session = session.into();
                if session == "none" {
                    settings.user.clear();
                }
            });
            let mut desk = Desk::start(&system(config), &company.csta().password());
            let identity = desk
                .next("Up", |event| match event {
                    PhoneEvent::Up { identity, .. } => Some(identity.clone()),
                    _ => None,
                })
                .await;
            assert_eq!(identity.system, format!("CSTA III, edition {edition}"));
            assert!(identity.key.starts_with("csta:127.0.0.1:") && identity.key.ends_with("/1001"));
            assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
            assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
        }
    }
}

#[tokio::test]
async fn calls_are_told_as_they_happen_and_those_that_are_up_are_found() {
    let company = company().await;
    let Placed::Ringing { call: earlier, .. } = company.call("1002", EXTENSION) else {
        panic!("it rings")
    };
    assert!(company.answer(earlier));
    let mut desk = Desk::start(&system(config(&company, |_| {})), &company.csta().password());
    assert_eq!(desk.line().await, LineEvent::Up { resyncs: true });
    let found = desk.snapshot().await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].1, CallState::Connected);
    assert!(company.hold(earlier, EXTENSION));
    assert_eq!(desk.call(CallState::Held).await, found[0].0);
    assert!(company.resume(earlier, EXTENSION));
    assert_eq!(desk.call(CallState::Connected).await, found[0].0);
    assert!(company.hang_up(earlier, None));
    desk.next("the end", |event| match event {
        PhoneEvent::Line(LineEvent::Ended { id }) if *id == found[0].0 => Some(()),
        _ => None,
    })
    .await;

    // One that comes in, and one that goes out.
    let Placed::Ringing { call, .. } = company.call("0305550123", EXTENSION) else {
        panic!("it rings")
    };
    let id = desk.call(CallState::Ringing).await;
    assert!(company.answer(call));
    assert_eq!(desk.call(CallState::Connected).await, id);
    assert!(company.hang_up(call, Some(EXTENSION)));
    let Placed::Ringing { call, .. } = company.call(EXTENSION, "1002") else {
        panic!("it rings")
    };
    let id = desk.call(CallState::Dialling).await;
    assert!(company.answer(call));
    assert_eq!(desk.call(CallState::Connected).await, id);
}

#[tokio::test]
async fn devices_may_be_decorated_and_calls_without_a_number() {
    let company = company().await;
    company
        .csta()
        .change(|habits| (habits.decorates, habits.nameless_calls) = (true, true));
    company.csta().set_forward(EXTENSION, Some("0305550777"));
    let mut desk = desk_of(&company).await;
    desk.read();
    desk.sees(&FieldValue::Forward(Some("0305550777".into()))).await;
    assert_eq!(desk.write(FieldValue::Forward(Some("1003".into()))).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Forward(None)).await, Ok(()));
    let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
        panic!("it rings")
    };
    let id = desk.call(CallState::Ringing).await;
    assert!(company.answer(call));
    assert_eq!(desk.call(CallState::Connected).await, id);
}

#[tokio::test]
async fn a_session_is_renewed_and_ends_in_good_order() {
    let company = company().await;
    company
        .csta()
        .change(|habits| habits.session_life = Duration::from_secs(1));
    let mut desk = desk_of(&company).await;
    until("a second renewal", || {
        asked(&company, "ResetApplicationSessionTimer") >= 2
    })
    .await;
    let told = desk.so_far();
    let fell = told.iter().any(|event| matches!(event, PhoneEvent::Down(_)));
    assert!(!fell, "{told:?}");
    assert_eq!(company.csta().sessions(), (1, 0));
    drop(desk);
    until("its end", || company.csta().sessions() == (1, 1)).await;
    until("its monitor to be free", || company.csta().monitors() == 0).await;
}

#[tokio::test]
async fn a_monitor_that_is_taken_away_is_begun_anew() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company.csta().stop_monitors();
    assert_eq!(desk.down().await.kind, FaultKind::Unreachable);
    desk.back().await;
    company.call("1002", EXTENSION);
    desk.call(CallState::Ringing).await;
}

#[tokio::test]
async fn what_keeps_somebody_out_is_said_and_tried_once() {
    let company = company().await;
    company.csta().change(|habits| habits.monitors = 0);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &company.csta().password());
    let fault = desk.down().await;
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::RightMissing, Code::PhoneNoLicence)
    );
    desk.read();
    desk.down().await;
    assert_eq!(asked(&company, "MonitorStart"), 1);
    company.csta().change(|habits| habits.monitors = 8);
    let other = config(&company, |settings| settings.extension = "4711".into());
    let mut desk = Desk::start(&system(other), &company.csta().password());
    let fault = desk.down().await;
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneExtensionUnknown, Some("4711"))
    );
}

#[tokio::test]
async fn what_is_not_offered_is_not_attempted() {
    let company = company().await;
    company.csta().change(|habits| {
        habits.refuses.insert("GetForwarding");
    });
    let mut desk = Desk::start(&system(config(&company, |_| {})), &company.csta().password());
    let abilities = desk.abilities().await;
    assert_eq!(abilities.forward, NOTHING);
    assert!(abilities.dnd.write && abilities.calls && abilities.could_change_others);
    // That it can't be set shows at the first time.
    company.csta().change(|habits| {
        habits.refuses.insert("SetDoNotDisturb");
    });
    let write = PhoneCommand::Write(FieldValue::Dnd(true));
    desk.handle.commands.send(write).unwrap();
    assert!(!desk.abilities().await.dnd.write);
    let fault = desk
        .next("Written", |event| match event {
            PhoneEvent::Written { outcome, .. } => outcome.clone().err(),
            _ => None,
        })
        .await;
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneRefused)
    );
}

#[tokio::test]
async fn a_refusal_for_now_is_a_matter_of_time() {
    let company = company().await;
    company.csta().change(|habits| habits.dnd_not_in_call = true);
    let mut desk = desk_of(&company).await;
    let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
        panic!("it rings")
    };
    let fault = desk.write(FieldValue::Dnd(true)).await.unwrap_err();
    assert_eq!(fault.kind, FaultKind::Throttled { retry_after: None });
    assert!(company.hang_up(call, None));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn a_forward_of_half_the_calls_is_left_alone() {
    let company = company().await;
    company.csta().add_forward(EXTENSION, "forwardImmExt", "1003");
    let mut desk = Desk::start(&system(config(&company, |_| {})), &company.csta().password());
    let forward = desk.abilities().await.forward;
    assert!(forward.read && !forward.write);
    company.csta().add_forward(EXTENSION, "forwardImmInt", "1003");
    let outcome = desk.write(FieldValue::Forward(Some("1002".into()))).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneOtherForwards);
    assert_eq!(company.csta().writes(), [] as [String; 0]);
}

#[tokio::test]
async fn r14_calls_from_outside_alone_are_forwarded_where_internal_ones_are_not_to_be() {
    let company = company().await;
    let only_external = |settings: &mut CstaSettings| settings.external_only = true;
    let mut desk = Desk::start(
        &system(config(&company, only_external)),
        &company.csta().password(),
    );
    let abilities = desk.abilities().await;
    assert!(abilities.tells_internal_apart && abilities.forward.write);
    let external = || company.csta().forward_of(EXTENSION, "forwardImmExt");
    let to = |target: Option<&str>| FieldValue::Forward(target.map(str::to_owned));
    assert_eq!(desk.write(to(Some("1003"))).await, Ok(()));
    assert_eq!(external().as_deref(), Some("1003"));
    assert_eq!(company.db("CF", EXTENSION), None, "colleagues still ring here");
    assert_eq!(desk.write(to(None)).await, Ok(()));
    assert_eq!(external(), None);
    // One of all calls that the person has set stays one of all calls.
    company.csta().set_forward(EXTENSION, Some("1002"));
    desk.sees(&to(Some("1002"))).await;
    assert_eq!(desk.write(to(Some("1003"))).await, Ok(()));
    assert_eq!(
        (company.db("CF", EXTENSION).as_deref(), external()),
        (Some("1003"), None)
    );
    assert_eq!(desk.write(to(Some("1002"))).await, Ok(()));
    assert_eq!(company.db("CF", EXTENSION).as_deref(), Some("1002"));
}

#[tokio::test]
async fn r14_what_was_set_of_external_calls_goes_also_after_the_choice_has_changed() {
    let company = company().await;
    company.csta().add_forward(EXTENSION, "forwardImmExt", "1003");
    let mut desk = desk_of(&company).await;
    desk.sees(&FieldValue::Forward(Some("1003".into()))).await;
    assert_eq!(desk.write(FieldValue::Forward(None)).await, Ok(()));
    assert_eq!(company.csta().forward_of(EXTENSION, "forwardImmExt"), None);
}

#[tokio::test]
async fn changes_that_are_not_told_are_read() {
    let company = company().await;
    company.csta().change(|habits| habits.silent_features = true);
    let mut desk = desk_of(&company).await;
    company.csta().press_dnd(EXTENSION, true);
    desk.sees(&FieldValue::Dnd(true)).await;
}

#[tokio::test]
async fn the_test_says_step_by_step_what_is_there_and_changes_nothing() {
    let company = company().await;
    let right = company.csta().password();
    let findings = async |company: &Playground, secret: &str| {
        let secret = SecretString::from(secret);
        let found = system(config(company, |_| {})).test(&secret).await;
        let found = found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)));
        found.collect::<Vec<_>>()
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let good = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "CSTA III, edition 4"),
        ok(Step::Extension, ""),
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "offered"),
        ok(Step::Forward, "line-off"),
        ok(Step::Calls, "events"),
        ok(Step::Others, "everybody"),
    ];
    assert_eq!(findings(&company, &right).await, good);
    assert_eq!(
        findings(&company, "wrong").await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    assert_eq!(company.csta().writes(), [] as [String; 0]);
    company.stop_phone_system().await;
    assert_eq!(
        findings(&company, &right).await,
        [(Step::Reach, Err(Code::ConnectionRefused))]
    );
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log_or_an_event_at_any_level() {
    let heard = Heard::all();
    let company = company().await;
    company.csta().set_password("planted-link-password");
    let mut desk = desk_of(&company).await;
    company.call("0305550166", EXTENSION);
    desk.call(CallState::Ringing).await;
    assert_eq!(
        desk.write(FieldValue::Forward(Some("0305550188".into()))).await,
        Ok(())
    );
    company.stop_phone_system().await;
    desk.down().await;
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("CSTA");
    assert!(
        log.contains("no connection to the phone system"),
        "the log was heard"
    );
    for planted in ["planted-link", "0305550166", "0305550188", "SessionLoginInfo"] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}
