//! FreePBX's user portal, and a company's own gateway by the person's own commands, against the pretend company's phone
//! system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::command::{CommandConfig, CommandSettings};
use offhook_connect::phones::freepbx::{FreepbxConfig, FreepbxSettings, Timing};
use offhook_connect::phones::probe::Step;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::FieldValue;
use offhook_playground::{Options, Playground, Service};
use secrecy::SecretString;

use crate::around::Heard;
use crate::desk::Desk;
use crate::suite::{System, Trouble};
use crate::web::strike;

const LOGIN: &str = "alice";
const EXTENSION: &str = "1001";
const TARGET: &str = "0305550199";

/// The waits of a desk in a hurry.
const HASTY: Timing = Timing {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    confirm: Duration::from_secs(2),
    look: Duration::from_millis(20),
    read: Duration::from_millis(100),
};

fn config(company: &Playground, change: impl FnOnce(&mut FreepbxSettings)) -> FreepbxConfig {
    let address = company.addresses().portal;
    let mut settings = FreepbxSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: LOGIN.into(),
        extension: EXTENSION.into(),
    };
    change(&mut settings);
    let mut config = FreepbxConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    config
}

/// The same fields behind either face.
macro_rules! the_same_phone {
    () => {
        fn values(&self) -> Vec<(FieldValue, FieldValue)> {
            vec![
                (FieldValue::Dnd(false), FieldValue::Dnd(true)),
                (
                    FieldValue::Forward(None),
                    FieldValue::Forward(Some(TARGET.into())),
                ),
            ]
        }

        fn has(&self, value: &FieldValue) -> bool {
            match value {
                FieldValue::Dnd(on) => self.0.portal().dnd(EXTENSION) == *on,
                FieldValue::Forward(target) => self.0.db("CF", EXTENSION) == *target,
                FieldValue::Presence(_) | FieldValue::Note(_) => false,
            }
        }

        fn person_sets(&self, value: &FieldValue) -> bool {
            match value {
                FieldValue::Dnd(on) => self.0.portal().press_dnd(EXTENSION, *on),
                FieldValue::Forward(target) => self.0.portal().set_forward(EXTENSION, target.as_deref()),
                FieldValue::Presence(_) | FieldValue::Note(_) => return false,
            }
            true
        }

        async fn start() -> Self {
            Self(Playground::start(Options::default()).await.unwrap())
        }

        fn secret(&self) -> String {
            self.0.portal().password(LOGIN).unwrap()
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
    };
}

#[derive(Debug)]
pub struct Ucp(Playground);

impl System for Ucp {
    the_same_phone!();

    fn adapter(&self) -> PhoneSystem {
        PhoneSystem::Freepbx(Box::new(config(&self.0, |_| {})))
    }

    fn attempts(&self) -> usize {
        let requests = self.0.requests();
        let asked = requests
            .iter()
            .filter(|one| one.service == Service::Portal && one.body.contains("command=login"));
        asked.count()
    }
}

fn commands(company: &Playground) -> CommandConfig {
    let base = format!("http://{}/gateway/{EXTENSION}", company.addresses().portal);
    let words = |method: &str, field: &str, more: &[&str]| {
        let address = format!("{base}/{field}");
        let all = [
            &[method, address.as_str(), "Authorization: Bearer {secret}"],
            more,
        ]
        .concat();
        all.into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let mut config = CommandConfig::parse(&CommandSettings {
        dnd_on: words("PUT", "dnd", &["--body", "on"]),
        dnd_off: words("PUT", "dnd", &["--body", "off"]),
        dnd_read: words("GET", "dnd", &[]),
        forward_on: words(
            "PUT",
            "forward",
            &[
                "Content-Type: application/json",
                "--body",
                "{\"to\":\"{target}\"}",
            ],
        ),
        forward_off: words("DELETE", "forward", &[]),
        forward_read: words("GET", "forward", &[]),
        read_seconds: 1,
        limit_seconds: 2,
        ..CommandSettings::default()
    })
    .unwrap();
    config.timing.read = Duration::from_millis(100);
    config.timing.confirm = Duration::from_secs(2);
    config.timing.look = Duration::from_millis(20);
    config
}

#[derive(Debug)]
pub struct Gateway(Playground);

impl System for Gateway {
    the_same_phone!();

    fn adapter(&self) -> PhoneSystem {
        PhoneSystem::Command(Box::new(commands(&self.0)))
    }

    fn attempts(&self) -> usize {
        let requests = self.0.requests();
        let refused = requests
            .iter()
            .filter(|one| one.service == Service::Portal && one.status == Some(401));
        refused.count()
    }
}

// --- what is the portal's alone

fn system(config: FreepbxConfig) -> PhoneSystem {
    PhoneSystem::Freepbx(Box::new(config))
}

fn password(company: &Playground) -> String {
    company.portal().password(LOGIN).unwrap()
}

async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

#[tokio::test]
async fn a_session_that_is_over_is_begun_anew_without_a_word() {
    let company = company().await;
    let mut desk = Desk::up(&system(config(&company, |_| {})), &password(&company)).await;
    company.portal().forget_sessions();
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    // So it is after a long sleep.
    company.advance(Duration::from_secs(3600));
    assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
    assert_eq!(company.portal().logins(), 3);
    let told = desk.so_far();
    assert!(
        !told.iter().any(|event| format!("{event:?}").starts_with("Down")),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_password_that_was_changed_is_not_tried_again_and_again() {
    let company = company().await;
    let mut desk = Desk::up(&system(config(&company, |_| {})), &password(&company)).await;
    company.portal().set_password(LOGIN, "another");
    company.portal().forget_sessions();
    let refused = Fault::new(FaultKind::Rejected, Code::PhoneWrongPassword).about("127.0.0.1");
    assert_eq!(desk.down().await, refused);
    let asked = company.requests().len();
    desk.read();
    assert_eq!(desk.down().await, refused);
    assert_eq!(company.requests().len(), asked);
}

#[tokio::test]
async fn an_extension_of_somebody_else_is_refused() {
    let company = company().await;
    let others = config(&company, |settings| settings.extension = "1002".into());
    let mut desk = Desk::start(&system(others), &password(&company));
    let fault = desk.down().await;
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneExtensionUnknown, Some("1002"))
    );
    assert_eq!(company.portal().writes(), [] as [String; 0]);
}

#[tokio::test]
async fn a_module_that_is_not_there_is_not_attempted() {
    let company = company().await;
    company.portal().change(|habits| habits.forward = false);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert!(abilities.dnd.read && abilities.dnd.write && !abilities.calls);
    assert!(!abilities.forward.read && !abilities.forward.write);
}

#[tokio::test]
async fn a_portal_with_another_sign_in_is_named() {
    let company = company().await;
    company.portal().change(|habits| habits.no_form = true);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    assert_eq!(desk.down().await.code, Code::PhoneNotUnderstood);
}

#[tokio::test]
async fn the_tests_say_step_by_step_what_is_there_and_change_nothing() {
    let company = company().await;
    let right = password(&company);
    let findings = async |system: PhoneSystem, secret: &str| {
        let found = system.test(&SecretString::from(secret)).await;
        let found = found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)));
        found.collect::<Vec<_>>()
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let portal = || system(config(&company, |_| {}));
    let good = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "FreePBX UCP"),
        ok(Step::Extension, ""),
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "portal"),
        ok(Step::Forward, "line-off"),
        ok(Step::Calls, "none"),
    ];
    assert_eq!(findings(portal(), &right).await, good);
    assert_eq!(
        findings(portal(), "wrong").await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    let gateway = || PhoneSystem::Command(Box::new(commands(&company)));
    let good = [
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "command"),
        ok(Step::Forward, "command-off"),
        ok(Step::Calls, "none"),
    ];
    assert_eq!(findings(gateway(), &right).await, good);
    assert_eq!(
        findings(gateway(), "wrong").await,
        [(Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    assert_eq!(company.portal().writes(), [] as [String; 0]);
    company.stop_phone_system().await;
    for system in [portal(), gateway()] {
        assert_eq!(
            findings(system, &right).await,
            [(Step::Reach, Err(Code::ConnectionRefused))]
        );
    }
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log_or_an_event_at_any_level() {
    let heard = Heard::all();
    let company = company().await;
    company.portal().set_password(LOGIN, "planted-portal-password");
    for (wire, system) in [
        ("FreePBX", system(config(&company, |_| {}))),
        ("command", PhoneSystem::Command(Box::new(commands(&company)))),
    ] {
        let mut desk = Desk::up(&system, "planted-portal-password").await;
        assert_eq!(
            desk.write(FieldValue::Forward(Some("0305550177".into()))).await,
            Ok(())
        );
        company.stop_phone_system().await;
        desk.down().await;
        company.start_phone_system().await.unwrap();
        let told = format!("{:?}", desk.so_far());
        let log = heard.text_of(wire);
        assert!(
            log.contains("no connection to the phone system"),
            "the log was heard"
        );
        for planted in ["planted-portal", "0305550177", "PHPSESSID"] {
            assert!(!log.contains(planted), "{planted} is in the log");
            assert!(!told.contains(planted), "{planted} is in what is told");
        }
    }
}
