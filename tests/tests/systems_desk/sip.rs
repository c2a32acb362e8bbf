//! SIP with the person's own account, at two real servers.

use offhook_connect::phones::sip::{self, SipConfig, SipSettings};
use offhook_connect::port::{PhoneEvent, PhoneHandle};
use offhook_engine::phone::FieldValue;
use offhook_tests::asterisk::Asterisk;
use offhook_tests::baresip::{CallState, Phone};
use offhook_tests::kamailio::Kamailio;
use offhook_tests::product::Product;
use offhook_tests::runtime;
use secrecy::SecretString;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::body::{EXTENSION, System};

const PASSWORD: &str = "pw1001";

fn settings(port: u16) -> String {
    format!(
        "[phone]\nkind = \"sip\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"off\"\nuser = \"{EXTENSION}\"\n"
    )
}

/// A real Asterisk with FreePBX's codes and hints, and three real phones.
pub struct Exchange {
    alice: Phone,
    bob: Phone,
    carol: Phone,
    pbx: Asterisk,
}

impl Exchange {
    pub fn start() -> Self {
        let pbx = Asterisk::start();
        Self {
            alice: pbx.phone(EXTENSION),
            bob: pbx.phone("1002"),
            carol: pbx.phone("1003"),
            pbx,
        }
    }
}

impl System for Exchange {
    fn settings(&self) -> String {
        settings(self.pbx.sip_port())
    }

    fn password(&self) -> Option<String> {
        Some(PASSWORD.into())
    }

    fn dnd(&mut self) -> bool {
        self.pbx.ami().db_get("DND", EXTENSION).as_deref() == Some("YES")
    }

    fn is_refused(&mut self) -> Option<bool> {
        let code = self.carol.call(EXTENSION).code;
        if code == 180 {
            self.carol.hang_up();
        }
        self.carol.wait_calls(&[]);
        self.alice.wait_calls(&[]);
        Some(code == 486)
    }

    fn ring(&mut self, _product: &Product<'_>) {
        assert_eq!(self.bob.call(EXTENSION).code, 180);
        self.alice.wait_calls(&[CallState::Incoming]);
    }

    fn answer(&mut self, _product: &Product<'_>) {
        self.alice.accept();
        self.bob.wait_calls(&[CallState::Established]);
    }

    fn hang_up(&mut self, _product: &Product<'_>) {
        self.bob.hang_up();
        self.alice.wait_calls(&[]);
    }
}

/// A real Kamailio, which has features and dialogs but no calls, and another desk of the same person that watches.
pub struct Registrar {
    kamailio: Kamailio,
    _watcher: PhoneHandle,
    heard: UnboundedReceiver<PhoneEvent>,
    dnd: bool,
}

impl Registrar {
    pub fn start() -> Self {
        let kamailio = Kamailio::start();
        let config = SipConfig::parse(&SipSettings {
            host: "127.0.0.1".into(),
            port: kamailio.port(),
            tls: "off".into(),
            transport: "udp".into(),
            user: EXTENSION.into(),
            ..SipSettings::default()
        });
        let (events, heard) = mpsc::unbounded_channel();
        let _runtime = runtime::handle().enter();
        let watcher = sip::spawn(config.unwrap(), SecretString::from(PASSWORD), events);
        Self {
            kamailio,
            _watcher: watcher,
            heard,
            dnd: false,
        }
    }
}

impl System for Registrar {
    fn settings(&self) -> String {
        settings(self.kamailio.port())
    }

    fn password(&self) -> Option<String> {
        Some(PASSWORD.into())
    }

    fn dnd(&mut self) -> bool {
        while let Ok(event) = self.heard.try_recv() {
            let PhoneEvent::Seen(values) = event else {
                continue;
            };
            for value in values {
                if let FieldValue::Dnd(on) = value {
                    self.dnd = on;
                }
            }
        }
        self.dnd
    }

    fn is_refused(&mut self) -> Option<bool> {
        None
    }

    fn ring(&mut self, _product: &Product<'_>) {
        self.kamailio.tell_dialog(EXTENSION, "a", "recipient", "early");
    }

    fn answer(&mut self, _product: &Product<'_>) {
        self.kamailio
            .tell_dialog(EXTENSION, "a", "recipient", "confirmed");
    }

    fn hang_up(&mut self, _product: &Product<'_>) {
        self.kamailio
            .tell_dialog(EXTENSION, "a", "recipient", "terminated");
    }
}
