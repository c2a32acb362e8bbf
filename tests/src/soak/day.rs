//! What happens at the desk. A step that does not come about is noted, the desk is tidied, and the day goes on.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::rc::Rc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Plan;
use crate::asterisk::Asterisk;
use crate::baresip::CallState::{Established, Incoming, OnHold};
use crate::baresip::Phone;
use crate::desk::{Desk, TrayHost, TrayItem};
use crate::front::Front;
use crate::house::{EXTENSION, Habits, House, PERSON, stages};
use crate::places;
use crate::socket::Socket;
use crate::vitals::running;
use crate::wait::wait_until;

/// Anything that happens by itself, on a machine that does other things as well.
const LIMIT: Duration = Duration::from_secs(60);
/// A server that comes back is tried again after a while, which grows to minutes only when it stays away for long.
const BACK: Duration = Duration::from_secs(120);
/// Of the appointment that ends a round: until its begin the steps have come to their end.
const APPOINTMENT: Duration = Duration::from_secs(15);
const AFTER_IT: Duration = Duration::from_secs(10);
const TITLE: &str = "^Offhook$";
const ENTRY: &str = "Open Offhook";

/// Needs a screen.
const WINDOW: &str = "a window opened and closed";

type Step = fn(&mut Day);

/// What is gone through in every round where it says so, else in each third.
pub const STEPS: [(&str, Often, Step); 16] = [
    (
        "a call that comes in, held and taken up again",
        Often::Always,
        Day::comes_in,
    ),
    ("a call to the outside", Often::Always, Day::goes_out),
    ("a call that nobody takes", Often::Always, Day::missed),
    (
        "a call that another program reports",
        Often::Always,
        Day::reported,
    ),
    ("do not disturb in Teams", Often::Always, Day::do_not_disturb),
    (
        "a meeting in Teams in which one presents",
        Often::Third(0),
        Day::presents,
    ),
    ("questions of the console, a pause", Often::Always, Day::console),
    (
        "other clients of the control socket, and strangers",
        Often::Always,
        Day::clients,
    ),
    ("settings changed", Often::Third(1), Day::settings),
    ("429 from Graph", Often::Third(0), Day::throttled),
    (
        "500, broken connections and a web page from Graph",
        Often::Third(1),
        Day::broken,
    ),
    ("an access token that is refused", Often::Third(2), Day::refused),
    ("the network gone", Often::Third(0), Day::cut),
    (
        "a network that swallows everything",
        Often::Third(1),
        Day::swallowed,
    ),
    (
        "the phone system stopped or killed, and back",
        Often::Third(2),
        Day::phone_system,
    ),
    (WINDOW, Often::Third(0), Day::window),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Often {
    Always,
    /// In each third round, beginning with this one.
    Third(usize),
}

#[derive(Debug)]
pub struct Day {
    plan: Plan,
    house: House,
    front: Front,
    graph: SocketAddr,
    alice: Phone,
    bob: Phone,
    _host: TrayHost,
    item: TrayItem,
    begin: Timestamp,
    steps: Vec<(&'static str, u32)>,
    troubles: Vec<String>,
}

impl Day {
    /// Everything is started and signed in, and nothing has happened yet.
    pub(super) fn begin(plan: &Plan) -> Self {
        let desk = Rc::new(if plan.window {
            Desk::with_screen()
        } else {
            Desk::headless()
        });
        let host = TrayHost::start(&desk);
        let pbx = Asterisk::start();
        let (alice, bob) = (pbx.phone(EXTENSION), pbx.phone("1002"));
        let habits = Habits {
            more: "[calendar]\nenabled = true\n".to_owned(),
            ..Habits::default()
        };
        let mut house = House::at(desk, pbx, habits);
        let address = house.company.word("graph_url").to_owned();
        let graph: url::Url = address.parse().expect("Graph's address");
        let graph = SocketAddr::from(([127, 0, 0, 1], graph.port().expect("Graph's port")));
        let front = Front::before(graph);
        let settings = house.settings();
        let settings = settings.replace(&address, &format!("{}/v1.0", front.url()));
        house
            .product
            .write_settings(&settings.replace("\"debug\"", "\"info\""));
        let authorities = front.authorities();
        let environment = [("SSL_CERT_FILE", authorities.to_str().expect("a path"))];
        house.product.start(&["--minimised"], &environment);
        house.finish_moving_in();
        house.wait_ready();
        let item = host.wait_item();
        let mut day = Self {
            plan: *plan,
            house,
            front,
            graph,
            alice,
            bob,
            _host: host,
            item,
            begin: Timestamp::now(),
            steps: STEPS.map(|(name, ..)| (name, 0)).into(),
            troubles: Vec::new(),
        };
        if plan.appointments {
            day.make_appointments();
        }
        day
    }

    pub(super) fn pid(&mut self) -> u32 {
        self.house.product.process().pid()
    }

    pub(super) fn data_dir(&self) -> &Path {
        self.house.product.data_dir()
    }

    /// `slot`: in which period of the plan this round is, for its appointment.
    pub(super) fn round(&mut self, number: usize, slot: usize) {
        for (at, (name, often, step)) in STEPS.into_iter().enumerate() {
            let due = match often {
                Often::Always => true,
                Often::Third(which) => self.plan.thirds && number % 3 == which,
            };
            let possible = self.plan.window || name != WINDOW;
            if due && possible {
                self.go_through(at, name, number, step);
            }
        }
        if self.plan.appointments {
            let (from, until) = self.appointment(slot);
            // One that was missed because the steps took so long is none.
            if Timestamp::now() < until - SignedDuration::from_secs(5) {
                let came = self.tried("an appointment", number, |day| {
                    let left = Duration::try_from(from.duration_since(Timestamp::now())).unwrap_or_default();
                    day.house.wait_dnd_for(left + LIMIT, true);
                    day.house.wait_dnd_for(LIMIT, false);
                });
                self.count("an appointment", came);
            }
        }
    }

    fn go_through(&mut self, at: usize, name: &'static str, number: usize, step: Step) {
        if self.tried(name, number, step) {
            self.steps[at].1 += 1;
        }
    }

    fn count(&mut self, name: &'static str, came: bool) {
        if let Some(entry) = self.steps.iter_mut().find(|(known, _)| *known == name) {
            entry.1 += u32::from(came);
        } else {
            self.steps.push((name, u32::from(came)));
        }
    }

    fn tried(&mut self, name: &str, number: usize, step: impl FnOnce(&mut Self)) -> bool {
        let outcome = catch_unwind(AssertUnwindSafe(|| step(self)));
        if let Err(panic) = &outcome {
            let words = panic
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| panic.downcast_ref::<&str>().map(|words| (*words).to_owned()));
            let words = words.unwrap_or_default();
            let words = words.lines().next().unwrap_or_default();
            let end = words.char_indices().nth(300).map_or(words.len(), |(end, _)| end);
            self.troubles
                .push(format!("round {}, {name}: {}", number + 1, &words[..end]));
            self.tidy();
        }
        outcome.is_ok()
    }

    /// Whatever a step left behind that broke off.
    fn tidy(&mut self) {
        let _ = catch_unwind(AssertUnwindSafe(|| {
            self.front.lead(self.graph);
            self.house.company.clear_faults();
            self.house.company.pick(PERSON, None);
            self.house.company.teams_client(PERSON, "available");
            self.house.product.ctl(&["resume"]);
            for phone in [&self.alice, &self.bob] {
                for _ in 0..2 {
                    phone.hang_up();
                }
            }
        }));
    }

    /// Everything is over: what was gone through, and what was left or did not come about.
    pub(super) fn end(mut self) -> (Vec<(&'static str, u32)>, Vec<String>) {
        self.tried("the end of the day", self.plan.rounds, |day| {
            day.house.wait_dnd_for(LIMIT, false);
            day.wait_no_session();
            day.house.wait_nothing_held();
            let said = day.house.product.ctl(&["quit"]);
            assert_eq!(said.code, 0, "quit: {said:?}");
            day.house.product.process().wait_end(LIMIT);
        });
        let house = &self.house;
        let mut left = Vec::new();
        if house.dnd().is_some() {
            left.push("do not disturb on the phone system".to_owned());
        }
        if house.company.sessions(PERSON) > 0 {
            left.push("a session in Teams".to_owned());
        }
        if !stages(&house.ledger()).is_empty() {
            left.push(format!("a ledger that holds {}", house.ledger()));
        }
        for name in ["run.json", "control.sock"] {
            if self.data_dir().join(name).exists() {
                left.push(format!("the file {name}"));
            }
        }
        for program in [
            "offhook",
            "offhook-window",
            "WebKitWebProcess",
            "WebKitNetworkProcess",
        ] {
            let mut running = house.desk.processes(program).into_iter();
            if running.any(|process| process.program == program) {
                left.push(format!("a running {program}"));
            }
        }
        self.troubles
            .extend(left.into_iter().map(|what| format!("left at the end: {what}")));
        (self.steps, self.troubles)
    }

    fn appointment(&self, slot: usize) -> (Timestamp, Timestamp) {
        let ends = self.plan.period * u32::try_from(slot + 1).unwrap_or(u32::MAX) - AFTER_IT;
        let at = |after: Duration| self.begin + SignedDuration::try_from(after).unwrap_or_default();
        (at(ends - APPOINTMENT), at(ends))
    }

    fn make_appointments(&mut self) {
        self.begin = Timestamp::now();
        let events = (0..self.plan.rounds).map(|slot| {
            let (start, end) = self.appointment(slot);
            json!({
                "id": format!("AAMk-{slot}"), "subject": "Budget", "showAs": "busy",
                "start": start.to_string(), "end": end.to_string(),
            })
        });
        let events: Vec<Value> = events.collect();
        self.house.company.set_calendar(PERSON, &events);
        self.house.consent_to_calendar();
    }

    fn wait_no_session(&self) {
        wait_until(LIMIT, "no session in Teams", || {
            self.house.company.sessions(PERSON) == 0
        });
    }

    fn health(&self, part: &str, ok: bool, limit: Duration) {
        let what = format!("{part} to be {}", if ok { "well" } else { "ill" });
        self.house
            .product
            .wait_status(limit, &what, |status| status["health"][part]["ok"] == ok);
    }

    #[track_caller]
    fn asked(&self, words: &[&str]) {
        let said = self.house.product.ctl(words);
        assert_eq!(said.code, 0, "{words:?}: {said:?}");
    }

    // Calls.

    fn comes_in(&mut self) {
        let (alice, bob, house) = (&self.alice, &self.bob, &self.house);
        house.wait_dnd_for(LIMIT, false);
        assert_eq!(bob.call(EXTENSION).code, 180);
        alice.wait_calls(&[Incoming]);
        alice.accept();
        house.wait_presence("Busy/InACall");
        alice.hold();
        alice.wait_calls(&[OnHold]);
        alice.resume();
        alice.wait_calls(&[Established]);
        alice.hang_up();
        bob.wait_calls(&[]);
        self.wait_no_session();
    }

    fn goes_out(&mut self) {
        assert_eq!(self.alice.call("600").code, 200);
        self.alice.wait_calls(&[Established]);
        self.house.wait_presence("Busy/InACall");
        self.alice.hang_up();
        self.wait_no_session();
    }

    fn missed(&mut self) {
        self.house.wait_dnd_for(LIMIT, false);
        assert_eq!(self.bob.call(EXTENSION).code, 180);
        self.alice.wait_calls(&[Incoming]);
        self.bob.hang_up();
        self.alice.wait_calls(&[]);
        self.bob.wait_calls(&[]);
    }

    fn reported(&mut self) {
        let call = |event: &str| self.asked(&["call", event, "--source", "soak", "--id", "1"]);
        call("newCall");
        call("answer");
        self.house.wait_presence("Busy/InACall");
        call("hangup");
        self.wait_no_session();
    }

    // Teams.

    fn do_not_disturb(&mut self) {
        self.house.company.pick(PERSON, Some("do-not-disturb"));
        self.house.wait_dnd_for(LIMIT, true);
        self.house.company.pick(PERSON, None);
        self.house.wait_dnd_for(LIMIT, false);
    }

    fn presents(&mut self) {
        self.house.company.teams_client(PERSON, "presenting");
        self.house.wait_dnd_for(LIMIT, true);
        self.house.company.teams_client(PERSON, "available");
        self.house.wait_dnd_for(LIMIT, false);
    }

    // Whoever asks.

    fn console(&mut self) {
        for words in [
            &["status"][..],
            &["why"],
            &["lines"],
            &["rules", "list"],
            &["rules", "preview"],
            &["pause", "15m"],
        ] {
            self.asked(words);
        }
        self.house
            .product
            .wait_status(LIMIT, "the pause", |status| status["state"] == "paused");
        self.asked(&["resume"]);
        // It may well find something.
        let said = self.house.product.ctl(&["doctor"]);
        assert!([0, 1].contains(&said.code), "{said:?}");
    }

    fn clients(&mut self) {
        let folder = self.data_dir().to_owned();
        let mut watches: Vec<_> = (0..4).map(|_| Socket::connect(&folder).watch("pages")).collect();
        for watch in &mut watches {
            watch.wait(LIMIT, "the pages", |_| true);
        }
        let hook = self.house.product.file("hook.json").expect("hook.json");
        let hook: Value = serde_json::from_str(&hook).expect("hook.json");
        let port = u16::try_from(hook["port"].as_u64().expect("a port")).expect("a port");
        let strangers: Vec<_> = (0..4)
            .map(|_| std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("the hook"))
            .collect();
        drop((watches, strangers));
    }

    fn settings(&mut self) {
        let mut socket = Socket::connect(self.data_dir());
        for change in [
            json!({"lines.baresip.address": format!("127.0.0.1:{}", places::free_port())}),
            json!({"lines.baresip.enabled": "true"}),
            json!({"lines.baresip.enabled": "false"}),
        ] {
            assert_eq!(
                socket.ask(json!({ "apply": change })).expect("taken"),
                json!("done")
            );
        }
    }

    // What fails.

    fn wait_reads(&self, mark: u64) {
        wait_until(BACK, "presence to be read again", || {
            self.house
                .company
                .reads_since(mark)
                .iter()
                .any(|asked| asked.status == Some(200))
        });
        self.health("microsoft", true, BACK);
    }

    /// `fault` strikes some times, then everything is well again.
    fn struck(&self, fault: &Value, status: u16, times: usize) {
        let mark = self.house.company.mark();
        self.house.company.inject(fault);
        wait_until(BACK, "the fault to strike", || {
            let reads = self.house.company.reads_since(mark);
            reads.iter().filter(|asked| asked.status == Some(status)).count() >= times
        });
        let mark = self.house.company.mark();
        self.wait_reads(mark);
    }

    fn throttled(&mut self) {
        // Each further one in a row drives the reads apart for hours (R6), and the day waits for reads.
        let fault = json!({"fault": "graph-throttled", "retry_after": 1.5, "times": 1, "only": "graph-read"});
        self.struck(&fault, 429, 1);
    }

    fn broken(&mut self) {
        let fault = json!({"fault": "graph-server-error", "status": 503, "times": 2, "only": "graph-read"});
        self.struck(&fault, 503, 2);
        for fault in ["graph-reset", "graph-garbage"] {
            let mark = self.house.company.mark();
            self.house
                .company
                .inject(&json!({"fault": fault, "times": 2, "only": "graph-read"}));
            wait_until(BACK, "two reads that fail", || {
                self.house.company.reads_since(mark).len() >= 2
            });
            let mark = self.house.company.mark();
            self.wait_reads(mark);
        }
    }

    fn refused(&mut self) {
        let fault = json!({"fault": "graph-unauthorized", "times": 1, "only": "graph-read"});
        self.struck(&fault, 401, 1);
    }

    fn cut(&mut self) {
        self.front
            .lead(SocketAddr::from((Ipv4Addr::LOCALHOST, places::free_port())));
        self.health("microsoft", false, BACK);
        self.front.lead(self.graph);
        self.health("microsoft", true, BACK);
    }

    fn swallowed(&mut self) {
        // Connections are taken, and nobody reads them.
        let hole = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        self.front.lead(hole.local_addr().expect("an address"));
        self.health("microsoft", false, BACK);
        self.front.lead(self.graph);
        drop(hole);
        self.health("microsoft", true, BACK);
    }

    fn phone_system(&mut self) {
        let goes = [Asterisk::stop, Asterisk::kill];
        let done = self.steps.iter().map(|(_, count)| *count).sum::<u32>() as usize;
        goes[done % goes.len()](&mut self.house.pbx);
        self.health("phone", false, BACK);
        self.house.pbx.start_again();
        for extension in [EXTENSION, "1002"] {
            self.house.pbx.wait_registered(extension);
        }
        self.health("phone", true, BACK);
    }

    fn window(&mut self) {
        self.item.click(&[ENTRY]);
        let window = self.house.desk.wait_painted(TITLE);
        self.house.desk.close_window(&window);
        let data_dir = self.data_dir().to_string_lossy().into_owned();
        wait_until(LIMIT, "the window's end", || {
            self.house.desk.window(TITLE).is_none() && running("offhook-window", &data_dir).is_none()
        });
    }
}
