//! innovaphone over SOAP, against the pretend company's phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::innovaphone::{InnovaphoneConfig, InnovaphoneSettings};
use offhook_connect::phones::probe::Step;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue, PhonePresence};
use offhook_playground::{Options, Placed, Playground};

use crate::around::Heard;
use crate::desk::Desk;
use crate::myapps::HASTY;
use crate::suite::{System, Trouble};
use crate::web::strike;

#[derive(Debug)]
pub struct Soap(Playground);

const SIP: &str = "alice";
const LONG_NAME: &str = "Alice Anders";

fn adapter(company: &Playground) -> PhoneSystem {
    let address = company.addresses().innovaphone;
    let mut config = InnovaphoneConfig::parse(&InnovaphoneSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: LONG_NAME.into(),
        interface: "soap".into(),
        ..InnovaphoneSettings::default()
    })
    .unwrap();
    config.timing = HASTY;
    PhoneSystem::Innovaphone(Box::new(config))
}

async fn company() -> Playground {
    let company = Playground::start(Options::default()).await.unwrap();
    company.innovaphone().change(|habits| {
        habits.old = true;
        habits.poll_wait = Duration::from_millis(500);
    });
    company
}

impl System for Soap {
    async fn start() -> Self {
        Self(company().await)
    }

    fn adapter(&self) -> PhoneSystem {
        adapter(&self.0)
    }

    fn secret(&self) -> String {
        self.0.innovaphone().password(SIP).unwrap()
    }

    fn values(&self) -> Vec<(FieldValue, FieldValue)> {
        vec![
            (
                FieldValue::Presence(None),
                FieldValue::Presence(Some(PhonePresence::Meeting)),
            ),
            (
                FieldValue::Note(String::new()),
                FieldValue::Note("Back at 3, Ä & #1 <b>".into()),
            ),
        ]
    }

    fn has(&self, value: &FieldValue) -> bool {
        let shown = self.0.innovaphone().presence(SIP).unwrap();
        match value {
            FieldValue::Presence(word) => shown.activity == word.map_or("", PhonePresence::as_str),
            FieldValue::Note(text) => shown.note == text.replace('#', "##"),
            FieldValue::Dnd(_) | FieldValue::Forward(_) => false,
        }
    }

    fn person_sets(&self, value: &FieldValue) -> bool {
        let phone = self.0.innovaphone();
        let shown = phone.presence(SIP).unwrap();
        match value {
            FieldValue::Presence(word) => {
                phone.set_presence(SIP, word.map_or("", PhonePresence::as_str), &shown.note);
            }
            FieldValue::Note(text) => phone.set_presence(SIP, &shown.activity, &text.replace('#', "##")),
            FieldValue::Dnd(_) | FieldValue::Forward(_) => return false,
        }
        true
    }

    async fn stop(&self) {
        self.0.stop_phone_system().await;
    }

    async fn go_on(&self) {
        self.0.start_phone_system().await.unwrap();
    }

    fn trouble(&self, trouble: Trouble, on: bool) {
        strike(&self.0, trouble, on);
    }

    fn attempts(&self) -> usize {
        self.0.innovaphone().soap_refused()
    }
}

#[tokio::test]
async fn a_call_rings_is_answered_held_and_ends_over_soap() {
    let company = company().await;
    let password = company.innovaphone().password(SIP).unwrap();
    let mut desk = Desk::up(&adapter(&company), &password).await;
    let Placed::Ringing { call, .. } = company.call("1002", "1001") else {
        panic!("it does not ring");
    };
    let ringing = desk.call(CallState::Ringing).await;
    assert!(company.answer(call));
    assert_eq!(desk.call(CallState::Connected).await, ringing);
    assert!(company.hold(call, "1001"));
    assert_eq!(desk.call(CallState::Held).await, ringing);
    desk.read();
    while desk.snapshot().await != [(ringing.clone(), CallState::Held)] {}
    assert!(company.hang_up(call, None));
    while desk.line().await != (LineEvent::Ended { id: ringing.clone() }) {}
    company.call("1001", "1002");
    desk.call(CallState::Dialling).await;
    drop(desk);
    let gone = async {
        while company.innovaphone().soap_sessions() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(10), gone).await.is_ok());
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log_or_an_event_at_any_level_over_soap() {
    let heard = Heard::all();
    let company = company().await;
    let password = company.innovaphone().password(SIP).unwrap();
    let mut desk = Desk::up(&adapter(&company), &password).await;
    company.call("0305550144", "1001");
    desk.call(CallState::Ringing).await;
    let note = FieldValue::Note("planted-note".into());
    assert_eq!(desk.write(note).await, Ok(()));
    company.stop_phone_system().await;
    desk.down().await;
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("innovaphone");
    for planted in [
        password.as_str(),
        "planted-note",
        "0305550144",
        LONG_NAME,
        "Digest ",
    ] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}

#[tokio::test]
async fn the_older_description_knows_calls_alone() {
    let company = company().await;
    company.innovaphone().change(|habits| habits.soap10 = false);
    let password = company.innovaphone().password(SIP).unwrap();
    let mut desk = Desk::start(&adapter(&company), &password);
    let abilities = desk.abilities().await;
    assert!(abilities.calls && abilities.presence.read && !abilities.presence.write);
    // Neither description names do not disturb.
    assert_eq!(abilities.dnd, Can::default());
    let refused = desk.write(FieldValue::Presence(Some(PhonePresence::Busy))).await;
    assert_eq!(refused.unwrap_err().kind, FaultKind::RightMissing);
}

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_the_test_changes_nothing() {
    let company = company().await;
    let password = company.innovaphone().password(SIP).unwrap();
    let findings = async || {
        let found = adapter(&company).test(&password.as_str().into()).await;
        let found = found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)));
        found.collect::<Vec<_>>()
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    assert_eq!(
        findings().await,
        [
            ok(Step::Reach, ""),
            ok(Step::SignIn, "innovaphone (SOAP)"),
            (Step::DndWrite, Err(Code::PhoneNotPermitted)),
            (Step::Forward, Err(Code::PhoneNotPermitted)),
            ok(Step::Note, "yes"),
            ok(Step::Calls, "dialogs"),
        ]
    );
    company
        .innovaphone()
        .change(|habits| habits.soap_right_missing = true);
    assert_eq!(
        findings().await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneNotPermitted))]
    );
    let mut desk = Desk::start(&adapter(&company), &password);
    assert_eq!(desk.down().await.kind, FaultKind::RightMissing);
}
