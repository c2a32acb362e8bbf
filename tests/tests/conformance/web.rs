//! STARFACE over REST and UCI, against the pretend company's phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::starface::{StarfaceConfig, StarfaceSettings, Timing};
use offhook_engine::phone::FieldValue;
use offhook_playground::{Fault, Options, Playground, Service};

use crate::suite::{System, Trouble};

#[derive(Debug)]
pub struct Web(Playground);

const LOGIN: &str = "1001";
/// To where the person's own redirection is prepared.
const TARGET: &str = "0305550199";

/// The waits of a desk in a hurry.
pub const HASTY: Timing = Timing {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    confirm: Duration::from_secs(2),
    look: Duration::from_millis(20),
    dial: Duration::from_secs(3),
    calls_idle: Duration::from_millis(50),
    calls_busy: Duration::from_millis(30),
    calls_reported: Duration::from_millis(10),
    call_again: Duration::from_millis(100),
    dnd: Duration::from_millis(100),
    fields: Duration::from_millis(200),
    keep_alive: Duration::from_millis(300),
    renew: Duration::from_secs(12_600),
    uci_again: Duration::from_millis(200),
};

pub fn strike(company: &Playground, trouble: Trouble, on: bool) {
    let fault = match trouble {
        Trouble::Silent => Fault::PbxNoAnswer,
        Trouble::Slow => Fault::PbxSlow { milliseconds: 100 },
        Trouble::Garbage => Fault::PbxNotAsterisk,
        Trouble::Ignores => Fault::PbxCodeWithoutEffect,
    };
    if on {
        company.inject(fault);
    } else {
        assert!(company.faults().remove(&fault.name()));
    }
}

impl System for Web {
    async fn start() -> Self {
        Self(Playground::start(Options::default()).await.unwrap())
    }

    fn adapter(&self) -> PhoneSystem {
        let address = self.0.addresses().starface;
        let mut config = StarfaceConfig::parse(&StarfaceSettings {
            host: address.ip().to_string(),
            port: address.port(),
            tls: "off".into(),
            user: LOGIN.into(),
            ..StarfaceSettings::default()
        })
        .unwrap();
        config.timing = HASTY;
        PhoneSystem::Starface(Box::new(config))
    }

    fn secret(&self) -> String {
        self.0.starface().password(LOGIN).unwrap()
    }

    fn values(&self) -> Vec<(FieldValue, FieldValue)> {
        vec![
            (FieldValue::Dnd(false), FieldValue::Dnd(true)),
            (
                FieldValue::Forward(None),
                FieldValue::Forward(Some(TARGET.into())),
            ),
            (
                FieldValue::Note(String::new()),
                FieldValue::Note("Back at 3, Ä & <b>".into()),
            ),
        ]
    }

    fn has(&self, value: &FieldValue) -> bool {
        let starface = self.0.starface();
        match value {
            FieldValue::Dnd(on) => starface.dnd(LOGIN) == *on,
            FieldValue::Forward(target) => self.0.db("CF", LOGIN) == *target,
            FieldValue::Note(text) => starface.message(LOGIN).as_ref() == Some(text),
            FieldValue::Presence(_) => false,
        }
    }

    fn person_sets(&self, value: &FieldValue) -> bool {
        let starface = self.0.starface();
        match value {
            FieldValue::Dnd(on) => starface.press_dnd(LOGIN, *on),
            FieldValue::Forward(target) => {
                assert!(starface.switch_redirect(LOGIN, &format!("{LOGIN}-always"), target.is_some()));
            }
            FieldValue::Note(text) => starface.set_message(LOGIN, text),
            FieldValue::Presence(_) => return false,
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
        let requests = self.0.requests();
        let asked = requests
            .iter()
            .filter(|one| one.service == Service::Starface && one.method == "POST");
        asked.count()
    }
}
