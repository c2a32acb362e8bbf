//! The pretend company's phone system, spoken to as one kind or another, with that kind's own events of calls.

use std::net::SocketAddr;
use std::rc::Rc;

use offhook_playground::{DESK_USER, Placed, Playground};
use offhook_tests::product::Product;
use url::Url;

use crate::body::{EXTENSION, PERSON, System};

pub struct Double {
    company: Rc<Playground>,
    settings: String,
    password: Option<String>,
    dnd: fn(&Playground) -> bool,
    /// Whether do not disturb refuses callers there. At an innovaphone it is what colleagues see.
    refuses: bool,
    call: Option<u64>,
}

fn settings(kind: &str, address: SocketAddr, user: &str) -> String {
    // As a person types it: an address of IPv6 in brackets.
    let (host, port) = (Url::parse(&format!("http://{address}")).unwrap(), address.port());
    let host = host.host_str().unwrap();
    format!(
        "[phone]\nkind = \"{kind}\"\nhost = \"{host}\"\nport = {port}\ntls = \"off\"\nuser = \"{user}\"\n\
         extension = \"{EXTENSION}\"\n"
    )
}

impl Double {
    fn new(
        company: &Rc<Playground>,
        settings: String,
        password: Option<String>,
        dnd: fn(&Playground) -> bool,
    ) -> Self {
        Self {
            company: Rc::clone(company),
            settings,
            password,
            dnd,
            refuses: true,
            call: None,
        }
    }
}

pub fn asterisk(company: &Rc<Playground>) -> Double {
    let settings = settings("asterisk", company.addresses().ami, DESK_USER);
    let accounts = &company.options().accounts;
    let account = accounts.iter().find(|account| account.user == DESK_USER);
    let password = account.map(|account| account.secret.clone());
    Double::new(company, settings, password, |company| company.dnd(EXTENSION))
}

pub fn sip(company: &Rc<Playground>) -> Double {
    let settings = settings("sip", company.addresses().sip, EXTENSION);
    let password = company.sip().password(EXTENSION);
    Double::new(company, settings, password, |company| company.dnd(EXTENSION))
}

pub fn csta(company: &Rc<Playground>) -> Double {
    let settings = settings("csta", company.addresses().csta, company.csta().user());
    let password = Some(company.csta().password());
    Double::new(company, settings, password, |company| {
        company.csta().dnd(EXTENSION)
    })
}

pub fn starface(company: &Rc<Playground>) -> Double {
    let settings = settings("starface", company.addresses().starface, EXTENSION);
    let password = company.starface().password(EXTENSION);
    Double::new(company, settings, password, |company| {
        company.starface().dnd(EXTENSION)
    })
}

pub fn procall(company: &Rc<Playground>) -> Double {
    let settings = settings("procall", company.addresses().procall, PERSON);
    let password = company.procall().password(PERSON);
    Double::new(company, settings, password, |company| {
        company.procall().dnd(PERSON)
    })
}

pub fn innovaphone(company: &Rc<Playground>) -> Double {
    let settings = settings("innovaphone", company.addresses().innovaphone, PERSON);
    let password = company.innovaphone().password(PERSON);
    let shown = |company: &Playground| {
        let presence = company.innovaphone().presence(PERSON);
        presence.is_some_and(|presence| presence.activity == "dnd")
    };
    Double {
        refuses: false,
        ..Double::new(company, settings, password, shown)
    }
}

impl System for Double {
    fn settings(&self) -> String {
        self.settings.clone()
    }

    fn password(&self) -> Option<String> {
        self.password.clone()
    }

    fn dnd(&mut self) -> bool {
        (self.dnd)(&self.company)
    }

    fn is_refused(&mut self) -> Option<bool> {
        if !self.refuses {
            return None;
        }
        match self.company.call("1003", EXTENSION) {
            Placed::Refused { cause, .. } => {
                assert_eq!(cause, 17);
                Some(true)
            }
            Placed::Ringing { call, .. } => {
                assert!(self.company.hang_up(call, None));
                Some(false)
            }
            other => panic!("{other:?}"),
        }
    }

    fn ring(&mut self, _product: &Product<'_>) {
        let placed = self.company.call("1002", EXTENSION);
        let Placed::Ringing { call, .. } = placed else {
            panic!("it does not ring: {placed:?}");
        };
        self.call = Some(call);
    }

    fn answer(&mut self, _product: &Product<'_>) {
        assert!(self.call.is_some_and(|call| self.company.answer(call)));
    }

    fn hang_up(&mut self, _product: &Product<'_>) {
        assert!(
            self.call
                .take()
                .is_some_and(|call| self.company.hang_up(call, None))
        );
    }
}
