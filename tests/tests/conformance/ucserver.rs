//! ProCall over UCServer's WebService, against the pretend company's phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::procall::{ProcallConfig, ProcallSettings, Timing};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_playground::{Options, Playground, Service};

use crate::suite::{System, Trouble};
use crate::web::strike;

#[derive(Debug)]
pub struct UcServer(Playground);

const LOGIN: &str = "alice";
const TARGET: &str = "+49305550199";

/// The waits of a desk in a hurry.
pub const HASTY: Timing = Timing {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    confirm: Duration::from_secs(2),
    look: Duration::from_millis(20),
    keep_alive: Duration::from_secs(1),
    keep_alive_often: Duration::from_secs(1),
    fields: Duration::from_secs(1),
    settle: Duration::from_millis(10),
    span: Duration::from_secs(600),
    renew: Duration::from_millis(200),
};

pub fn config(company: &Playground, change: impl FnOnce(&mut ProcallSettings)) -> ProcallConfig {
    let address = company.addresses().procall;
    let mut settings = ProcallSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: LOGIN.into(),
        ..ProcallSettings::default()
    };
    change(&mut settings);
    let mut config = ProcallConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    config
}

impl System for UcServer {
    async fn start() -> Self {
        Self(Playground::start(Options::default()).await.unwrap())
    }

    fn adapter(&self) -> PhoneSystem {
        PhoneSystem::Procall(Box::new(config(&self.0, |_| {})))
    }

    fn secret(&self) -> String {
        self.0.procall().password(LOGIN).unwrap()
    }

    fn values(&self) -> Vec<(FieldValue, FieldValue)> {
        vec![
            (FieldValue::Dnd(false), FieldValue::Dnd(true)),
            (
                FieldValue::Forward(None),
                FieldValue::Forward(Some(TARGET.into())),
            ),
            (
                FieldValue::Presence(None),
                FieldValue::Presence(Some(PhonePresence::Dnd)),
            ),
            (
                FieldValue::Note(String::new()),
                FieldValue::Note("Back at 3, Ä & <b>".into()),
            ),
        ]
    }

    fn has(&self, value: &FieldValue) -> bool {
        let procall = self.0.procall();
        match value {
            FieldValue::Dnd(on) => procall.dnd(LOGIN) == *on,
            FieldValue::Forward(target) => self.0.db("CF", "1001") == *target,
            FieldValue::Presence(None) => procall.absent(LOGIN).0 == 4,
            FieldValue::Presence(Some(_)) => procall.absent(LOGIN).0 == 3,
            FieldValue::Note(text) => procall.note(LOGIN).as_ref() == Some(text),
        }
    }

    fn person_sets(&self, value: &FieldValue) -> bool {
        let procall = self.0.procall();
        match value {
            FieldValue::Dnd(on) => procall.press_dnd(LOGIN, *on),
            FieldValue::Forward(target) => procall.set_forward(LOGIN, target.as_deref()),
            FieldValue::Presence(word) => {
                procall.set_absent(LOGIN, word.map_or(4, |_| 3), None, 0);
            }
            FieldValue::Note(text) => procall.set_note(LOGIN, text),
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
            .filter(|one| one.service == Service::Procall && one.method == "POST");
        asked.count()
    }
}
