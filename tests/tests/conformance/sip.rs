//! What is SIP's alone: subscriptions and their renewal, lost datagrams, TLS, own feature codes that are no calls, a state
//! that can't be told, publications that end by themselves.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::sip::{SipConfig, SipSettings};
use offhook_connect::phones::tls::Pin;
use offhook_connect::port::PhoneEvent;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue, PhonePresence};
use offhook_playground::{Fault, Placed, Playground, Service};
use secrecy::SecretString;

use crate::account::{EXTENSION, TARGET, company, config, signed};
use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::tls::tls_before;

const ALL: Can = Can {
    read: true,
    write: true,
};

fn system(config: SipConfig) -> PhoneSystem {
    PhoneSystem::Sip(Box::new(config))
}

fn password(company: &Playground) -> String {
    company.sip().password(EXTENSION).unwrap()
}

async fn desk_with(company: &Playground, change: impl FnOnce(&mut SipSettings)) -> Desk {
    Desk::up(&system(config(company, change)), &password(company)).await
}

fn asked(company: &Playground, method: &str, path: &str) -> usize {
    let requests = company.requests();
    let those = requests
        .iter()
        .filter(|one| one.service == Service::Sip && one.method == method && one.path == path);
    those.count()
}

fn has_line(told: &[PhoneEvent], wanted: impl Fn(&LineEvent) -> bool) -> bool {
    told.iter()
        .any(|event| matches!(event, PhoneEvent::Line(line) if wanted(line)))
}

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
    assert_eq!(identity.system, "Playground");
    assert!(identity.key.starts_with("sip:127.0.0.1:") && identity.key.ends_with("/1001"));
    assert_eq!((abilities.dnd, abilities.forward), (ALL, Can::default()));
    assert_eq!(
        (abilities.presence, abilities.note),
        (Can::default(), Can::default())
    );
    assert!(abilities.calls && !abilities.could_change_others);
    assert_eq!(desk.line().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.snapshot().await, []);
    until("every notification to be answered", || {
        company.sip().unanswered() == 0
    })
    .await;
    assert_eq!(company.calls(), []);
}

#[tokio::test]
async fn a_call_is_heard_from_ringing_to_its_end_and_nothing_is_polled() {
    for transport in ["tcp", "udp"] {
        let company = company().await;
        let mut desk = desk_with(&company, |settings| settings.transport = transport.into()).await;
        let asked_before = asked(&company, "SUBSCRIBE", "dialog");
        let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
            panic!("it does not ring");
        };
        let id = desk.call(CallState::Ringing).await;
        assert!(company.answer(call));
        assert_eq!(desk.call(CallState::Connected).await, id);
        assert!(company.hang_up(call, None));
        let ended = desk
            .next("the end", |event| match event {
                PhoneEvent::Line(LineEvent::Ended { id }) => Some(id.clone()),
                _ => None,
            })
            .await;
        assert_eq!(ended, id);
        assert_eq!(asked(&company, "SUBSCRIBE", "dialog"), asked_before);
    }
}

#[tokio::test]
async fn a_code_of_ours_is_no_call_but_one_that_rings_meanwhile_is() {
    let company = company().await;
    let mut desk = desk_with(&company, |_| {}).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
    let Placed::Ringing { .. } = company.call("1002", EXTENSION) else {
        panic!("it does not ring");
    };
    desk.call(CallState::Ringing).await;
    until("the codes to be over", || company.sip().dials() == 0).await;
    let told = desk.so_far();
    let odd =
        |line: &LineEvent| matches!(line, LineEvent::Call { state, .. } if *state != CallState::Ringing);
    assert!(!has_line(&told, odd), "{told:?}");
}

#[tokio::test]
async fn a_subscription_is_renewed_and_made_again_where_it_was_forgotten() {
    let company = company().await;
    company.sip().change(|habits| habits.most = 2);
    let mut desk = desk_with(&company, |_| {}).await;
    let before = signed(&company);
    let renewals = asked(&company, "SUBSCRIBE", "dialog");
    until("renewals", || {
        asked(&company, "SUBSCRIBE", "dialog") >= renewals + 4
    })
    .await;
    // Within a subscription nobody asked for a password.
    assert_eq!(signed(&company), before);
    company.sip().forget_subscriptions();
    until("new ones", || company.sip().subscriptions() == 2).await;
    company.sip().end_subscriptions();
    until("new ones", || company.sip().subscriptions() == 2).await;
    company.call("1002", EXTENSION);
    desk.call(CallState::Ringing).await;
    let told = desk.so_far();
    assert!(
        !told.iter().any(|event| matches!(event, PhoneEvent::Down(_))),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_server_that_challenges_everything_and_wants_longer_subscriptions_gets_them() {
    let company = company().await;
    company
        .sip()
        .change(|habits| (habits.least, habits.challenges_all) = (1200, true));
    let mut desk = desk_with(&company, |_| {}).await;
    desk.read();
    desk.sees(&FieldValue::Dnd(false)).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn lost_datagrams_are_sent_again() {
    let company = company().await;
    company.sip().change(|habits| habits.loses = true);
    let mut desk = desk_with(&company, |settings| settings.transport = "udp".into()).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert!(company.dnd(EXTENSION));
}

#[tokio::test]
async fn a_pinned_certificate_is_the_only_one() {
    let company = company().await;
    let (port, pin, _proxy) = tls_before(company.addresses().sip).await;
    let over = |tls: String| {
        let config = config(&company, |settings| {
            (settings.port, settings.tls, settings.transport) = (port, tls, "udp".into());
            // The proxy is another end than the one that the server sees.
        });
        system(config)
    };
    let mut desk = Desk::up(&over(format!("pin:{pin}")), &password(&company)).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let before = signed(&company);
    for tls in ["system".to_owned(), format!("pin:{}", Pin::of(b"another"))] {
        let mut desk = Desk::start(&over(tls), &password(&company));
        assert_eq!(desk.down().await.code, Code::TlsFailed);
    }
    assert_eq!(signed(&company), before);
}

#[tokio::test]
async fn it_says_good_bye() {
    for transport in ["tcp", "udp"] {
        let company = company().await;
        let desk = desk_with(&company, |settings| settings.transport = transport.into()).await;
        assert_eq!(company.sip().subscriptions(), 2);
        drop(desk);
        until("the subscriptions to end", || company.sip().subscriptions() == 0).await;
    }
}

#[tokio::test]
async fn what_can_not_be_read_is_not_dialled() {
    let company = company().await;
    company.sip().change(|habits| habits.dnd_hint = false);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    assert_eq!(desk.abilities().await.dnd, Can::default());
    let fault = desk.write(FieldValue::Dnd(true)).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneNotOffered)
    );
    assert!(!company.dnd(EXTENSION));
    assert_eq!(asked(&company, "INVITE", "sip:*78@127.0.0.1"), 0);
}

#[tokio::test]
async fn by_choice_codes_are_dialled_unconfirmed_and_do_not_disturb_is_still_no_call() {
    let company = company().await;
    company.sip().change(|habits| habits.dnd_hint = false);
    let blind = config(&company, |settings| {
        settings.unconfirmed = true;
        (settings.forward_on, settings.forward_off) = ("*72".into(), "*73".into());
    });
    let mut desk = Desk::start(&system(blind), &password(&company));
    let abilities = desk.abilities().await;
    assert!(abilities.unconfirmed.dnd && abilities.unconfirmed.forward);
    assert_eq!((abilities.dnd, abilities.forward), (ALL, ALL));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert!(company.dnd(EXTENSION));
    // Also over a new connection.
    company.stop_phone_system().await;
    desk.down().await;
    company.start_phone_system().await.unwrap();
    desk.back().await;
    desk.read();
    assert_eq!(desk.snapshot().await, []);
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    assert_eq!(company.db("CF", EXTENSION).as_deref(), Some(TARGET));
    let abroad = desk.write(FieldValue::Forward(Some("+4930555".into()))).await;
    assert_eq!(abroad.unwrap_err().code, Code::PhoneRefused);
    assert_eq!(desk.write(FieldValue::Forward(None)).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
    assert!(!company.dnd(EXTENSION) && company.db("CF", EXTENSION).is_none());
    until("the codes to be over", || company.sip().dials() == 0).await;
    desk.read();
    assert_eq!(desk.snapshot().await, []);
    let told = desk.so_far();
    let odd =
        |line: &LineEvent| matches!(line, LineEvent::Call { state, .. } if *state == CallState::Connected);
    assert!(!has_line(&told, odd), "{told:?}");
}

#[tokio::test]
async fn without_hints_the_rest_goes_on() {
    let company = company().await;
    company.sip().change(|habits| habits.hints = false);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert!(!abilities.calls && abilities.dnd == ALL);
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn features_are_set_without_a_call_and_the_old_content_is_no_refusal() {
    let company = company().await;
    company.sip().change(|habits| habits.features = true);
    let mut desk = desk_with(&company, |_| {}).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    assert!(company.dnd(EXTENSION));
    assert_eq!(company.db("CF", EXTENSION).as_deref(), Some(TARGET));
    assert_eq!(asked(&company, "INVITE", "sip:*78@127.0.0.1"), 0);
    let odd = desk.write(FieldValue::Forward(Some("sip:evil@x".into()))).await;
    assert_eq!(odd.unwrap_err().code, Code::PhoneRefused);
    assert_eq!(desk.write(FieldValue::Forward(None)).await, Ok(()));
    assert_eq!(company.db("CF", EXTENSION), None);
}

#[tokio::test]
async fn a_server_that_tells_nothing_of_features_is_left_alone_with_them() {
    let company = company().await;
    company
        .sip()
        .change(|habits| (habits.features, habits.mute_features) = (true, true));
    let mut config = config(&company, |_| {});
    config.timing.answer = Duration::from_millis(500);
    let mut desk = Desk::start(&system(config), &password(&company));
    let abilities = desk.abilities().await;
    assert_eq!((abilities.dnd, abilities.forward), (ALL, Can::default()));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn what_is_published_is_renewed_and_published_again_where_it_was_forgotten() {
    let company = company().await;
    company.sip().change(|habits| habits.publish = true);
    let mut config = config(&company, |_| {});
    config.timing.expires = Duration::from_secs(2);
    let mut desk = Desk::up(&system(config), &password(&company)).await;
    let meeting = FieldValue::Presence(Some(PhonePresence::Meeting));
    assert_eq!(desk.write(meeting.clone()).await, Ok(()));
    let count = asked(&company, "PUBLISH", "presence");
    until("renewals", || asked(&company, "PUBLISH", "presence") > count + 2).await;
    company.sip().forget_publications();
    until("it to be there again", || {
        company.sip().published(EXTENSION).is_some()
    })
    .await;
    // The connection that made it is gone, and it is still ours.
    company.stop_phone_system().await;
    desk.down().await;
    company.start_phone_system().await.unwrap();
    desk.back().await;
    desk.read();
    desk.sees(&meeting).await;
    assert_eq!(desk.write(FieldValue::Presence(None)).await, Ok(()));
    assert_eq!(company.sip().published(EXTENSION), None);
}

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
    company
        .sip()
        .change(|habits| (habits.features, habits.publish) = (true, true));
    let good = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "Playground"),
        ok(Step::Calls, "events"),
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "features"),
        ok(Step::Forward, "line-off"),
        ok(Step::Presence, "published"),
        ok(Step::Note, "yes"),
    ];
    assert_eq!(findings(&company, &password(&company)).await, good);
    assert_eq!(company.sip().published(EXTENSION), None);
    assert_eq!(
        findings(&company, "wrong").await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    company.inject(Fault::PbxNotAsterisk);
    assert_eq!(
        findings(&company, &password(&company)).await,
        [
            ok(Step::Reach, ""),
            (Step::Greeting, Err(Code::PhoneNotUnderstood))
        ]
    );
    company.stop_phone_system().await;
    assert_eq!(
        findings(&company, &password(&company)).await,
        [(Step::Reach, Err(Code::ConnectionRefused))]
    );
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log_or_an_event_at_any_level() {
    let heard = Heard::all();
    let company = company().await;
    company
        .sip()
        .change(|habits| (habits.features, habits.publish) = (true, true));
    company.sip().set_password(EXTENSION, "planted-password");
    let mut desk = Desk::up(&system(config(&company, |_| {})), "planted-password").await;
    company.call("0305550123", EXTENSION);
    desk.call(CallState::Ringing).await;
    assert_eq!(desk.write(FieldValue::Note("planted note".into())).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    // Every way of failing prints something.
    for fault in [Fault::PbxNotAsterisk, Fault::PbxReset, Fault::PbxNoAnswer] {
        let name = fault.name();
        company.inject(fault);
        company.stop_phone_system().await;
        desk.down().await;
        company.start_phone_system().await.unwrap();
        desk.read();
        desk.down().await;
        company.faults().remove(&name);
        desk.back().await;
    }
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("SIP");
    assert!(
        log.contains("no connection to the phone system"),
        "the log was heard"
    );
    for planted in [
        "planted",
        TARGET,
        "0305550123",
        "sip:1001",
        "Digest ",
        "Anna Berg",
    ] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}
