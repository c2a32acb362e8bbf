//! Asterisk over AMI, against the pretend company's phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::asterisk::config::Timing;
use offhook_connect::phones::asterisk::{AsteriskConfig, AsteriskSettings};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_playground::{DESK_USER, Options, Placed, Playground, Service};

use crate::suite::{System, Trouble};

#[derive(Debug)]
pub struct Manager(Playground);

const EXTENSION: &str = "1001";

impl System for Manager {
    async fn start() -> Self {
        Self(
            Playground::start(Options {
                code_talks: Duration::from_millis(20),
                ..Options::default()
            })
            .await
            .unwrap(),
        )
    }

    fn adapter(&self) -> PhoneSystem {
        let address = self.0.addresses().ami;
        let mut config = AsteriskConfig::parse(&AsteriskSettings {
            host: address.ip().to_string(),
            port: address.port(),
            tls: "off".into(),
            user: DESK_USER.into(),
            extension: EXTENSION.into(),
            ..AsteriskSettings::default()
        })
        .unwrap();
        config.timing = Timing {
            answer: Duration::from_secs(2),
            confirm: Duration::from_secs(2),
            look: Duration::from_millis(20),
            settle: Duration::from_millis(20),
            ping: Duration::from_millis(200),
            ..Timing::default()
        };
        PhoneSystem::Asterisk(Box::new(config))
    }

    fn secret(&self) -> String {
        let accounts = &self.0.options().accounts;
        let account = accounts.iter().find(|account| account.user == DESK_USER).unwrap();
        account.secret.clone()
    }

    fn values(&self) -> Vec<(FieldValue, FieldValue)> {
        vec![
            (FieldValue::Dnd(false), FieldValue::Dnd(true)),
            (
                FieldValue::Forward(None),
                FieldValue::Forward(Some("1004".into())),
            ),
            (
                FieldValue::Presence(None),
                FieldValue::Presence(Some(PhonePresence::Away)),
            ),
            (
                FieldValue::Note(String::new()),
                FieldValue::Note("Back at 3, Ä & <b>".into()),
            ),
        ]
    }

    fn has(&self, value: &FieldValue) -> bool {
        let presence = || self.0.phone_presence(EXTENSION).unwrap_or_default();
        match value {
            FieldValue::Dnd(on) => self.0.dnd(EXTENSION) == *on,
            FieldValue::Forward(target) => self.0.db("CF", EXTENSION).filter(|t| !t.is_empty()) == *target,
            FieldValue::Presence(None) => matches!(presence().0.as_str(), "" | "not_set"),
            FieldValue::Presence(Some(word)) => presence().0 == word.as_str(),
            FieldValue::Note(text) => presence().2 == *text,
        }
    }

    fn person_sets(&self, value: &FieldValue) -> bool {
        let dials = |code: &str| {
            let placed = self.0.call(EXTENSION, code);
            assert!(matches!(placed, Placed::Answered { .. }), "{placed:?}");
        };
        match value {
            FieldValue::Dnd(on) => dials(if *on { "*78" } else { "*79" }),
            FieldValue::Forward(Some(target)) => dials(&format!("*72{target}")),
            FieldValue::Forward(None) => dials("*73"),
            // A phone has no key for these.
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
        super::web::strike(&self.0, trouble, on);
    }

    fn attempts(&self) -> usize {
        let requests = self.0.requests();
        let logins = requests
            .iter()
            .filter(|one| one.service == Service::Ami && one.method == "Login");
        logins.count()
    }
}
