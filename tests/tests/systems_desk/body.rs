//! What is the same at every phone system.

use std::net::Ipv6Addr;
use std::rc::Rc;
use std::time::Duration;

use offhook_playground::{CLIENT_ID, Options, Playground, Request, Service, TeamsClient};
use offhook_tests::desk::Desk;
use offhook_tests::house::stages;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::{stays, wait_until};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);
/// Long enough that what was going to happen by mistake has happened.
const A_WHILE: Duration = Duration::from_secs(2);
pub const PERSON: &str = "alice";
pub const EXTENSION: &str = "1001";

/// A phone system with what is around it, and how it is looked at past the program.
pub trait System {
    /// The sections of `settings.toml` that lead there.
    fn settings(&self) -> String;

    /// Where the program hears of calls: the name that calls have in the status.
    fn source(&self) -> &'static str {
        "phone"
    }

    /// Whether that source can be heard before there is a call.
    fn is_heard(&self, lines: &Value) -> bool {
        lines[self.source()]["ok"] == true
    }

    /// `None`: none is needed.
    fn password(&self) -> Option<String>;

    /// Of call sources that sign in for themselves, by the names that `offhookctl secret set` has for them.
    fn more_passwords(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Whether the phone system itself has do not disturb on.
    fn dnd(&mut self) -> bool;

    /// Whether somebody who calls now is sent away; nothing rings afterwards. `None`: nobody can call there.
    fn is_refused(&mut self) -> Option<bool>;

    /// A call comes in and rings.
    fn ring(&mut self, product: &Product<'_>);

    fn answer(&mut self, product: &Product<'_>);

    fn hang_up(&mut self, product: &Product<'_>);
}

/// The desk of one person, from the outside.
struct Scene<S> {
    product: Product<'static>,
    company: Rc<Playground>,
    system: S,
}

pub fn the_main_job<S: System>(start: impl FnOnce(&Rc<Playground>) -> S) {
    let mut scene = begin(Options::default(), start);
    scene.a_call_shows_while_it_lasts();
    scene.presenting_silences_the_phone();
    scene.a_killed_program_puts_back_at_the_next_start();
}

/// With Microsoft and the phone system at addresses of IPv6 alone.
pub fn the_main_job_over_ipv6<S: System>(start: impl FnOnce(&Rc<Playground>) -> S) {
    let options = Options {
        address: Ipv6Addr::LOCALHOST.into(),
        ..Options::default()
    };
    let mut scene = begin(options, start);
    let settings = scene.product.file("settings.toml").unwrap();
    assert!(!settings.contains("127.0.0.1"), "{settings}");
    scene.a_call_shows_while_it_lasts();
    scene.presenting_silences_the_phone();
}

fn begin<S: System>(options: Options, start: impl FnOnce(&Rc<Playground>) -> S) -> Scene<S> {
    let desk = Rc::new(Desk::headless());
    let company = Rc::new(block_on(Playground::start(options)).unwrap());
    company.teams_client(PERSON, TeamsClient::Available);
    let system = start(&company);
    let mut product = Product::at(desk);
    product.write_settings(&settings(&company, &system.settings()));
    product.start_headless();
    if let Some(password) = system.password() {
        product.set_phone_password(&password);
    }
    for (name, password) in system.more_passwords() {
        let said = product.run_with_input("offhookctl", &["secret", "set", name], &password);
        assert_eq!(said.code, 0, "{said:?}");
    }
    product.sign_in(PERSON);
    let scene = Scene {
        product,
        company,
        system,
    };
    scene.wait_ready();
    scene
}

fn settings(company: &Playground, phone: &str) -> String {
    let addresses = company.addresses();
    format!(
        "version = 1\n\
         [person]\nlanguage = \"en\"\n\
         [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\ngraph_url = \"{}\"\n\
         [teams]\npoll_seconds_min = 1\n\
         [store]\nsecrets = \"file\"\n\
         {phone}",
        addresses.entra, addresses.graph
    )
}

impl<S: System> Scene<S> {
    /// Phone, calls and Teams have been read.
    fn wait_ready(&self) {
        self.product
            .wait_status(SOON, "Teams, phone and calls to be read", |status| {
                status["teams"]["seen"]["availability"] == "Available"
                    && status["phone"]["dnd"]["value"] == false
                    && status["health"]["phone"]["ok"] == true
                    && self.system.is_heard(&status["health"]["lines"])
            });
    }

    fn wait_presence(&self, availability: &str, activity: &str) {
        wait_until(SOON, &format!("{availability}/{activity} in Teams"), || {
            self.company.presence(PERSON) == Some((availability.into(), activity.into()))
        });
    }

    fn wait_calls(&self, state: &str) {
        let source = self.system.source();
        self.product.wait_status(SOON, state, |status| {
            let calls = status["calls"].as_array();
            calls.is_some_and(
                |calls| matches!(&calls[..], [call] if call["state"] == state && call["source"] == source),
            )
        });
    }

    fn wait_dnd(&mut self, on: bool) {
        let Self { product, system, .. } = self;
        wait_until(SOON, &format!("do not disturb to be {on} there"), || {
            system.dnd() == on
        });
        if on {
            product.wait_status(SOON, "the hold", |status| {
                status["phone"]["dnd"]["value"] == true && status["phone"]["dnd"]["owner"] == "offhook"
            });
            wait_until(SOON, "the ledger to know", || has_hold(product));
        } else {
            wait_until(SOON * 2, "nothing to be held", || {
                stages(&product.ledger().unwrap_or(Value::Null)).is_empty()
            });
        }
    }

    /// Changes at Graph since a mark, by their operation, each with its body.
    fn written(&self, mark: u64) -> Vec<(String, Value)> {
        let asked = self.company.requests_since(mark);
        let writes = asked
            .into_iter()
            .filter(|one| one.service == Service::Graph && one.method == "POST");
        writes.map(|one| (operation(&one), one.json())).collect()
    }

    fn a_call_shows_while_it_lasts(&mut self) {
        let mark = self.company.mark();
        self.system.ring(&self.product);
        self.wait_calls("ringing");
        stays(A_WHILE, "silence while it rings", || {
            self.written(mark).is_empty()
        });
        self.system.answer(&self.product);
        self.wait_presence("Busy", "InACall");
        self.wait_calls("connected");
        // What Teams says now is our own: the phone is left alone.
        stays(A_WHILE, "one request", || self.written(mark).len() == 1);
        assert!(!self.system.dnd(), "our own call silenced the phone");
        self.system.hang_up(&self.product);
        self.wait_presence("Available", "Available");
        let status = self
            .product
            .wait_status(SOON, "freedom", |status| status["state"] == "free");
        assert_eq!(status["calls"], Value::Array(Vec::new()));
        let written = self.written(mark);
        let operations: Vec<&str> = written.iter().map(|(operation, _)| operation.as_str()).collect();
        assert_eq!(operations, ["setPresence", "clearPresence"]);
        for (operation, body) in &written {
            assert_eq!(body["sessionId"], CLIENT_ID, "{operation}");
        }
        assert!(stages(&self.product.ledger().unwrap_or(Value::Null)).is_empty());
    }

    fn presenting_silences_the_phone(&mut self) {
        assert_ne!(
            self.system.is_refused(),
            Some(true),
            "nobody has asked for silence"
        );
        let mark = self.company.mark();
        self.company.teams_client(PERSON, TeamsClient::Presenting);
        self.wait_dnd(true);
        let status = self.product.status();
        assert_eq!(status["why"][0]["cause"], "teams", "{status:#}");
        assert_eq!(status["why"][0]["rule"], "recommended: DoNotDisturb/Presenting");
        assert_ne!(self.system.is_refused(), Some(false), "callers still get through");
        self.company.teams_client(PERSON, TeamsClient::Available);
        self.wait_dnd(false);
        assert_ne!(self.system.is_refused(), Some(true), "callers are still refused");
        // Neither a code dialled for it nor the state itself came back as a call (R1, R5).
        let told: Vec<String> = self.written(mark).into_iter().map(|(said, _)| said).collect();
        assert_eq!(told, [""; 0]);
    }

    fn a_killed_program_puts_back_at_the_next_start(&mut self) {
        self.company.teams_client(PERSON, TeamsClient::Presenting);
        self.wait_dnd(true);
        self.product.kill9();
        self.company.teams_client(PERSON, TeamsClient::Available);
        let system = &mut self.system;
        stays(A_WHILE, "do not disturb, with nobody there to end it", || {
            system.dnd()
        });
        self.product.start_headless();
        self.wait_dnd(false);
        self.wait_ready();
        assert_ne!(self.system.is_refused(), Some(true), "callers are still refused");
    }
}

fn has_hold(product: &Product<'_>) -> bool {
    let ledger = product.ledger().unwrap_or(Value::Null);
    let stages = stages(&ledger);
    !stages.is_empty() && stages.iter().all(|stage| stage == "written")
}

/// The last word of the path: `setPresence` of `/v1.0/users/…/presence/setPresence`.
fn operation(request: &Request) -> String {
    let path = request.path.split('?').next().unwrap_or_default();
    path.rsplit('/').next().unwrap_or_default().to_owned()
}
