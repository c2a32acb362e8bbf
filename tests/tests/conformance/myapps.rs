//! innovaphone over myApps, against the pretend company's phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::innovaphone::{InnovaphoneConfig, InnovaphoneSettings, Timing};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_playground::{INNOVAPHONE_APP, Options, Playground, Service};

use crate::suite::{System, Trouble};
use crate::web::strike;

#[derive(Debug)]
pub struct MyApps(Playground);

/// Whose desk it is, as the phone system calls her.
const SIP: &str = "alice";

/// The waits of a desk in a hurry.
pub const HASTY: Timing = Timing {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    confirm: Duration::from_secs(2),
    ping: Duration::from_millis(300),
    second_factor: Duration::from_secs(2),
    fields: Duration::from_millis(200),
    app_again: Duration::from_millis(200),
    poll: Duration::from_secs(2),
};

impl System for MyApps {
    async fn start() -> Self {
        Self(Playground::start(Options::default()).await.unwrap())
    }

    fn adapter(&self) -> PhoneSystem {
        let address = self.0.addresses().innovaphone;
        let mut config = InnovaphoneConfig::parse(&InnovaphoneSettings {
            host: address.ip().to_string(),
            port: address.port(),
            tls: "off".into(),
            user: SIP.into(),
            app: INNOVAPHONE_APP.into(),
            ..InnovaphoneSettings::default()
        })
        .unwrap();
        config.timing = HASTY;
        PhoneSystem::Innovaphone(Box::new(config))
    }

    fn secret(&self) -> String {
        self.0.innovaphone().password(SIP).unwrap()
    }

    fn values(&self) -> Vec<(FieldValue, FieldValue)> {
        vec![
            (FieldValue::Dnd(false), FieldValue::Dnd(true)),
            (
                FieldValue::Forward(None),
                FieldValue::Forward(Some("0305550199".into())),
            ),
            (
                FieldValue::Presence(None),
                FieldValue::Presence(Some(PhonePresence::Busy)),
            ),
            (
                FieldValue::Note(String::new()),
                FieldValue::Note("Back at 3, Ä & #1".into()),
            ),
        ]
    }

    fn has(&self, value: &FieldValue) -> bool {
        let phone = self.0.innovaphone();
        let shown = phone.presence(SIP).unwrap();
        match value {
            FieldValue::Dnd(on) => (shown.activity == "dnd") == *on,
            FieldValue::Forward(target) => self.0.db("CF", "1001") == *target,
            FieldValue::Presence(word) => shown.activity == word.map_or("", PhonePresence::as_str),
            FieldValue::Note(text) => shown.note == text.replace('#', "##"),
        }
    }

    fn person_sets(&self, value: &FieldValue) -> bool {
        let phone = self.0.innovaphone();
        let shown = phone.presence(SIP).unwrap();
        match value {
            FieldValue::Dnd(on) => phone.set_presence(SIP, if *on { "dnd" } else { "" }, &shown.note),
            FieldValue::Forward(target) => phone.set_diversion(SIP, "cfu", target.as_deref()),
            FieldValue::Presence(word) => {
                phone.set_presence(SIP, word.map_or("", PhonePresence::as_str), &shown.note);
            }
            FieldValue::Note(text) => phone.set_presence(SIP, &shown.activity, &text.replace('#', "##")),
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
        let tried = requests.iter().filter(|one| {
            one.service == Service::Innovaphone && one.method == "Login" && one.json()["response"].is_string()
        });
        tried.count()
    }
}
