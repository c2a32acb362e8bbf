//! SIP with the person's own account, against the pretend company's phone system: by feature codes over TCP and over UDP,
//! and by `as-feature-event` and PUBLISH.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::sip::{SipConfig, SipSettings, Timing};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_playground::{Options, Playground, Service};

use crate::suite::{System, Trouble};
use crate::web::strike;

pub const EXTENSION: &str = "1001";
pub const TARGET: &str = "0305550199";

/// The waits of a desk in a hurry.
pub const HASTY: Timing = Timing {
    connect: Duration::from_secs(2),
    answer: Duration::from_secs(2),
    again: Duration::from_millis(100),
    confirm: Duration::from_secs(2),
    keep_alive: Duration::from_secs(1),
    expires: Duration::from_secs(600),
    hang_up: Duration::from_secs(1),
    settle: Duration::from_millis(300),
};

pub fn config(company: &Playground, change: impl FnOnce(&mut SipSettings)) -> SipConfig {
    let address = company.addresses().sip;
    let mut settings = SipSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        transport: "tcp".into(),
        user: EXTENSION.into(),
        dnd_state: "*76{extension}".into(),
        dnd_on: "*78".into(),
        dnd_off: "*79".into(),
        ..SipSettings::default()
    };
    change(&mut settings);
    let mut config = SipConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    config
}

pub async fn company() -> Playground {
    let options = Options {
        code_talks: Duration::from_millis(50),
        ..Options::default()
    };
    Playground::start(options).await.unwrap()
}

/// Tries to sign in: signed requests.
pub fn signed(company: &Playground) -> usize {
    let requests = company.requests();
    let signed = requests
        .iter()
        .filter(|one| one.service == Service::Sip && one.body.contains("\"Authorization\""));
    signed.count()
}

/// Feature codes over TCP.
#[derive(Debug)]
pub struct Tcp(Playground);

/// Feature codes over UDP.
#[derive(Debug)]
pub struct Udp(Playground);

/// `as-feature-event` and PUBLISH.
#[derive(Debug)]
pub struct Features(Playground);

fn has(company: &Playground, value: &FieldValue) -> bool {
    let published = company.sip().published(EXTENSION);
    let shows = |text: &str| published.as_ref().is_some_and(|document| document.contains(text));
    match value {
        FieldValue::Dnd(on) => company.dnd(EXTENSION) == *on,
        FieldValue::Forward(target) => company.db("CF", EXTENSION) == *target,
        FieldValue::Presence(None) => !shows("<rpid:activities>"),
        FieldValue::Presence(Some(_)) => shows("<rpid:meeting/>"),
        FieldValue::Note(text) if text.is_empty() => !shows("<dm:note>"),
        FieldValue::Note(_) => shows("<dm:note>Back at 3, Ä &amp; &lt;b&gt;</dm:note>"),
    }
}

fn person_sets(company: &Playground, value: &FieldValue) -> bool {
    match value {
        FieldValue::Dnd(on) => {
            company.press_dnd(EXTENSION, *on);
            true
        }
        FieldValue::Forward(target) => {
            company.set_db("CF", EXTENSION, target.as_deref());
            true
        }
        // A publication is the desk's own.
        FieldValue::Presence(_) | FieldValue::Note(_) => false,
    }
}

fn dnd() -> (FieldValue, FieldValue) {
    (FieldValue::Dnd(false), FieldValue::Dnd(true))
}

macro_rules! system {
    ($name:ident, $start:expr, $settings:expr, $values:expr) => {
        impl System for $name {
            async fn start() -> Self {
                let company = company().await;
                $start(&company);
                Self(company)
            }

            fn adapter(&self) -> PhoneSystem {
                PhoneSystem::Sip(Box::new(config(&self.0, $settings)))
            }

            fn secret(&self) -> String {
                self.0.sip().password(EXTENSION).unwrap()
            }

            fn values(&self) -> Vec<(FieldValue, FieldValue)> {
                $values
            }

            fn has(&self, value: &FieldValue) -> bool {
                has(&self.0, value)
            }

            fn person_sets(&self, value: &FieldValue) -> bool {
                person_sets(&self.0, value)
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
                signed(&self.0)
            }
        }
    };
}

system!(Tcp, |_: &Playground| {}, |_| {}, vec![dnd()]);
system!(
    Udp,
    |_: &Playground| {},
    |settings: &mut SipSettings| settings.transport = "udp".into(),
    vec![dnd()]
);
system!(
    Features,
    |company: &Playground| company.sip().change(|habits| (
        habits.features,
        habits.publish,
        habits.dnd_hint
    ) = (true, true, false)),
    |_| {},
    vec![
        dnd(),
        (
            FieldValue::Forward(None),
            FieldValue::Forward(Some(TARGET.into()))
        ),
        (
            FieldValue::Presence(None),
            FieldValue::Presence(Some(PhonePresence::Meeting))
        ),
        (
            FieldValue::Note(String::new()),
            FieldValue::Note("Back at 3, Ä & <b>".into())
        ),
    ]
);
