//! FreePBX's user portal, which tells of no calls, with what does beside it: a real softphone, or a real Asterisk by SIP.

use std::rc::Rc;

use offhook_playground::Playground;
use offhook_tests::asterisk::Asterisk;
use offhook_tests::baresip::{CallState, Phone};
use offhook_tests::product::Product;
use offhook_tests::socket::Socket;
use serde_json::json;

use crate::body::{EXTENSION, PERSON, System};

pub struct Ucp {
    company: Rc<Playground>,
    alice: Phone,
    bob: Phone,
}

impl Ucp {
    pub fn start(company: &Rc<Playground>) -> Self {
        Self {
            company: Rc::clone(company),
            alice: Phone::alone("alice"),
            bob: Phone::alone("bob"),
        }
    }
}

impl System for Ucp {
    fn settings(&self) -> String {
        let port = self.company.addresses().portal.port();
        format!(
            "[phone]\nkind = \"freepbx\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"off\"\nuser = \"{PERSON}\"\n\
             extension = \"{EXTENSION}\"\n\
             [lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{}\"\n",
            self.alice.ctrl_port()
        )
    }

    fn source(&self) -> &'static str {
        "baresip"
    }

    fn password(&self) -> Option<String> {
        self.company.portal().password(PERSON)
    }

    fn dnd(&mut self) -> bool {
        self.company.portal().dnd(EXTENSION)
    }

    fn is_refused(&mut self) -> Option<bool> {
        None
    }

    fn ring(&mut self, _product: &Product<'_>) {
        assert_eq!(self.bob.call(self.alice.address()).code, 180);
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

/// Do not disturb by the portal, calls by the SIP account of the own extension at a real Asterisk with real phones.
pub struct UcpAndSip {
    portal: Ucp,
    pbx: Asterisk,
    alice: Phone,
    bob: Phone,
}

impl UcpAndSip {
    pub fn start(company: &Rc<Playground>) -> Self {
        let pbx = Asterisk::start();
        Self {
            portal: Ucp::start(company),
            alice: pbx.phone(EXTENSION),
            bob: pbx.phone("1002"),
            pbx,
        }
    }
}

impl System for UcpAndSip {
    fn settings(&self) -> String {
        let portal = self.portal.company.addresses().portal.port();
        format!(
            "[phone]\nkind = \"freepbx\"\nhost = \"127.0.0.1\"\nport = {portal}\ntls = \"off\"\nuser = \"{PERSON}\"\n\
             extension = \"{EXTENSION}\"\n\
             [lines.sip]\nenabled = true\nport = {}\ntls = \"off\"\nuser = \"{EXTENSION}\"\n",
            self.pbx.sip_port()
        )
    }

    fn source(&self) -> &'static str {
        "sip"
    }

    fn password(&self) -> Option<String> {
        self.portal.password()
    }

    fn more_passwords(&self) -> Vec<(&'static str, String)> {
        vec![("sip", format!("pw{EXTENSION}"))]
    }

    fn dnd(&mut self) -> bool {
        self.portal.dnd()
    }

    fn is_refused(&mut self) -> Option<bool> {
        None
    }

    fn ring(&mut self, product: &Product<'_>) {
        let tested = Socket::connect(product.data_dir())
            .ask(json!("test_sip"))
            .unwrap();
        let found: Vec<(&str, bool)> = tested["findings"]
            .as_array()
            .unwrap()
            .iter()
            .map(|finding| (finding["what"].as_str().unwrap(), finding["ok"] == true))
            .collect();
        assert_eq!(
            found,
            [
                ("Connection", true),
                ("Sign-in", true),
                ("Calls of your extension", true)
            ]
        );
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
