//! FreePBX's user portal, which tells of no calls, with a real softphone beside it that does.

use std::rc::Rc;

use offhook_playground::Playground;
use offhook_tests::baresip::{CallState, Phone};
use offhook_tests::product::Product;

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
