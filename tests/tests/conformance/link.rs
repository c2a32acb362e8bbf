//! CSTA over TCP, against the pretend company's phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::csta::{CstaConfig, CstaSettings, Timing};
use offhook_engine::phone::FieldValue;
use offhook_playground::{Options, Playground, Service};

use crate::suite::{System, Trouble};
use crate::web::strike;

#[derive(Debug)]
pub struct Link(Playground);

const EXTENSION: &str = "1001";
const TARGET: &str = "0305550199";

/// The waits of a desk in a hurry.
pub const HASTY: Timing = Timing {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    confirm: Duration::from_secs(2),
    look: Duration::from_millis(20),
    fields: Duration::from_millis(300),
    session: Duration::from_secs(60),
};

pub fn config(company: &Playground, change: impl FnOnce(&mut CstaSettings)) -> CstaConfig {
    let address = company.addresses().csta;
    let mut settings = CstaSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: company.csta().user().into(),
        extension: EXTENSION.into(),
        ..CstaSettings::default()
    };
    change(&mut settings);
    let mut config = CstaConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    config
}

impl System for Link {
    async fn start() -> Self {
        Self(Playground::start(Options::default()).await.unwrap())
    }

    fn adapter(&self) -> PhoneSystem {
        PhoneSystem::Csta(Box::new(config(&self.0, |_| {})))
    }

    fn secret(&self) -> String {
        self.0.csta().password()
    }

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
            FieldValue::Dnd(on) => self.0.csta().dnd(EXTENSION) == *on,
            FieldValue::Forward(target) => self.0.db("CF", EXTENSION) == *target,
            FieldValue::Presence(_) | FieldValue::Note(_) => false,
        }
    }

    fn person_sets(&self, value: &FieldValue) -> bool {
        match value {
            FieldValue::Dnd(on) => self.0.csta().press_dnd(EXTENSION, *on),
            FieldValue::Forward(target) => self.0.csta().set_forward(EXTENSION, target.as_deref()),
            FieldValue::Presence(_) | FieldValue::Note(_) => return false,
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
            .filter(|one| one.service == Service::Csta && one.path == "StartApplicationSession");
        asked.count()
    }
}
