//! Jumping clocks and sleep: the driver in this process with a clock that can be moved, and the pretend company.
//!
//! A real suspend stops the process and moves the clocks; here the clocks move under the running process, and the
//! next news (a timer, a call's end, a question at the console) is the first thing after the sleep.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use offhook_connect::clock;
use offhook_connect::desktop::{Desktop, DesktopEvent, IconStyle, Notification, Opened};
use offhook_connect::driver::{self, Start};
use offhook_connect::entra::Clock;
use offhook_connect::settings::Settings;
use offhook_engine::clock::Now;
use offhook_engine::view::tray::{Action, Tray};
use offhook_playground::{Calendar, Options, Phone, Pick, Placed, Playground, write_settings};
use offhook_tests::desk::Desk;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::{stays, wait_for, wait_until};
use serde_json::Value;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const PERSON: &str = "alice";
const EXTENSION: &str = "1001";
const SOON: Duration = Duration::from_secs(15);
const A_WHILE: Duration = Duration::from_secs(3);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// How far the clocks of the machine are from the real ones.
#[derive(Debug, Clone, Copy, Default)]
struct Ahead {
    mono: Duration,
    wall: Duration,
    wall_back: Duration,
    slept: Duration,
}

/// What the driver showed.
#[derive(Debug, Default)]
struct Shown {
    trays: Vec<Tray>,
    notices: Vec<String>,
}

#[derive(Debug)]
struct Recorder(Arc<Mutex<Shown>>);

impl Desktop for Recorder {
    fn show_tray(&mut self, tray: &Tray, _icon: IconStyle) {
        self.0.lock().unwrap().trays.push(tray.clone());
    }

    fn notify(&mut self, notification: &Notification) {
        let Notification { title, body, .. } = notification;
        self.0.lock().unwrap().notices.push(format!("{title}: {body}"));
    }

    fn open_url(&mut self, _url: &str) -> Opened {
        Opened::Started
    }

    fn open_folder(&mut self, _folder: &Path) -> Opened {
        Opened::Started
    }

    fn open_window(&mut self, _page: Option<&str>) -> bool {
        false
    }
}

/// The driver at work on a machine whose clocks can be moved.
struct Machine {
    company: Playground,
    /// The console program with the same data directory.
    console: Product<'static>,
    ahead: Arc<Mutex<Ahead>>,
    shown: Arc<Mutex<Shown>>,
    desktop: UnboundedSender<DesktopEvent>,
    driver: Option<JoinHandle<()>>,
}

impl Machine {
    /// Signed in, and everything read.
    fn start() -> Self {
        let company = block_on(Playground::start(Options::default())).expect("the company");
        let desk = Rc::new(Desk::headless());
        let console = Product::at(desk);
        write_settings(
            &company,
            console.data_dir(),
            EXTENSION,
            Phone::Asterisk,
            Calendar::Graph,
        )
        .expect("the settings");
        let (ahead, shown) = (
            Arc::new(Mutex::new(Ahead::default())),
            Arc::new(Mutex::new(Shown::default())),
        );
        let (desktop, from_desktop) = unbounded_channel();
        let (data_dir, clock) = (console.data_dir().to_path_buf(), clock_of(&ahead));
        let recorder = Recorder(Arc::clone(&shown));
        let driver = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let start = Start {
                settings: Settings::load_with_policy(&data_dir, None),
                data_dir,
                desktop: recorder,
                from_desktop,
                clock,
                version: "0".to_owned(),
            };
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, driver::run(start)).expect("the driver");
        });
        wait_until(SOON, "the driver", || {
            console.ctl(&["status", "--json"]).code == 0
        });
        console.set_phone_password("playground-desk");
        console.sign_in(PERSON);
        let machine = Self {
            company,
            console,
            ahead,
            shown,
            desktop,
            driver: Some(driver),
        };
        machine.console.wait_status(SOON, "phone and Teams", |status| {
            status["phone"]["dnd"]["value"] == false && !status["teams"]["seen"].is_null()
        });
        machine
    }

    fn move_clocks(&self, change: impl FnOnce(&mut Ahead)) {
        change(&mut self.ahead.lock().unwrap());
    }

    /// The machine sleeps; the company does not.
    fn sleep(&self, span: Duration) {
        self.move_clocks(|ahead| {
            ahead.mono += span;
            ahead.wall += span;
            ahead.slept += span;
        });
        self.company.advance(span);
    }

    fn status(&self) -> Value {
        self.console.status()
    }

    fn dnd(&self) -> bool {
        self.company
            .db("DND", EXTENSION)
            .is_some_and(|value| value == "YES")
    }

    #[track_caller]
    fn wait_dnd(&self, on: bool) {
        wait_until(SOON, &format!("do not disturb to be {on}"), || self.dnd() == on);
    }

    /// The person's do not disturb in Teams, and its hold on the phone.
    #[track_caller]
    fn hold(&self) {
        self.company.pick(PERSON, Some(Pick::DoNotDisturb));
        self.wait_dnd(true);
        self.console.wait_status(SOON, "the hold", |status| {
            status["phone"]["dnd"]["owner"] == "offhook"
        });
    }

    /// Somebody calls the person, who answers.
    #[track_caller]
    fn talk(&self) -> u64 {
        let Placed::Ringing { call, .. } = self.company.call("1002", EXTENSION) else {
            panic!("the phone does not ring");
        };
        assert!(self.company.answer(call));
        wait_until(SOON, "the session", || self.company.sessions(PERSON).len() == 1);
        call
    }

    fn written_since(&self, mark: u64) -> Vec<String> {
        let asked = self.company.requests_since(mark);
        let posts = asked
            .iter()
            .filter(|asked| asked.service == offhook_playground::Service::Graph && asked.method == "POST");
        posts
            .map(|asked| {
                asked
                    .path_only()
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned()
            })
            .collect()
    }

    #[track_caller]
    fn wait_tray(&self, words: &str) {
        wait_for(SOON, &format!("{words:?} in the tray"), || {
            let shown = self.shown.lock().unwrap();
            shown
                .trays
                .last()
                .filter(|tray| tray.tooltip.contains(words))
                .cloned()
        });
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        drop(self.desktop.send(DesktopEvent::Action(Action::Quit)));
        if let Some(driver) = self.driver.take() {
            let ended = driver.join();
            if !std::thread::panicking() {
                ended.expect("the driver");
            }
        }
    }
}

fn clock_of(ahead: &Arc<Mutex<Ahead>>) -> Clock {
    let (real, moved, slept) = (clock::system(), Arc::clone(ahead), Arc::clone(ahead));
    Clock::new(move || {
        let now = real.now();
        let ahead = *moved.lock().unwrap();
        Now {
            mono: now.mono + ahead.mono,
            wall: now.wall + ahead.wall - ahead.wall_back,
        }
    })
    .with_sleep(move || slept.lock().unwrap().slept)
}

#[test]
fn a_call_that_ended_while_the_machine_slept_is_not_set_again() {
    let machine = Machine::start();
    let call = machine.talk();
    let mark = machine.company.mark();
    machine.sleep(10 * MINUTE);
    assert!(machine.company.hang_up(call, None));
    machine.console.wait_status(SOON, "the end", |status| {
        status["state"] == "free" && status["teams"]["session"].is_null()
    });
    stays(A_WHILE, "no setting", || {
        !machine.written_since(mark).contains(&"setPresence".to_owned())
    });
    assert!(machine.company.sessions(PERSON).is_empty());
    machine.wait_tray("Free");
}

#[test]
fn a_call_that_is_still_up_after_a_sleep_is_set_again_at_once() {
    let machine = Machine::start();
    let call = machine.talk();
    let mark = machine.company.mark();
    machine.sleep(10 * MINUTE);
    assert!(machine.company.sessions(PERSON).is_empty(), "it ran out");
    // The first thing after the sleep: somebody looks.
    machine.status();
    wait_until(SOON, "the session", || {
        machine.company.sessions(PERSON).len() == 1
    });
    stays(A_WHILE, "one setting", || {
        machine.written_since(mark) == ["setPresence"]
    });
    machine.wait_tray("In a call");
    assert!(machine.company.hang_up(call, None));
    wait_until(SOON, "its end", || machine.company.sessions(PERSON).is_empty());
}

#[test]
fn what_changed_in_teams_during_a_sleep_is_done_at_once_after_it() {
    let machine = Machine::start();
    machine.hold();
    machine.wait_tray("Do not disturb");
    machine.company.pick(PERSON, None);
    // An hour in which the token ran out as well.
    machine.sleep(2 * HOUR);
    machine.status();
    machine.wait_dnd(false);
    machine
        .console
        .wait_status(SOON, "freedom", |status| status["state"] == "free");
    // And the other way round.
    machine.company.pick(PERSON, Some(Pick::DoNotDisturb));
    machine.sleep(8 * HOUR);
    machine.status();
    machine.wait_dnd(true);
    assert_eq!(machine.status()["attention"], false);
}

#[test]
fn a_machine_that_says_it_goes_to_sleep_is_released_before_and_comes_back_after() {
    let machine = Machine::start();
    let call = machine.talk();
    machine.hold();
    machine.desktop.send(DesktopEvent::Sleep).expect("the driver");
    machine.wait_dnd(false);
    wait_until(SOON, "the session's end", || {
        machine.company.sessions(PERSON).is_empty()
    });
    machine.sleep(HOUR);
    machine.desktop.send(DesktopEvent::Woke).expect("the driver");
    machine.wait_dnd(true);
    wait_until(SOON, "the session", || {
        machine.company.sessions(PERSON).len() == 1
    });
    assert!(machine.company.hang_up(call, None));
    wait_until(SOON, "its end", || machine.company.sessions(PERSON).is_empty());
}

/// Somebody sets the clock while a call is up and do not disturb is held.
fn wall_clock_jumps(change: impl FnOnce(&mut Ahead)) {
    let machine = Machine::start();
    let call = machine.talk();
    machine.hold();
    let mark = machine.company.mark();
    machine.move_clocks(change);
    machine.status();
    stays(A_WHILE, "hold and session", || {
        machine.dnd() && machine.company.sessions(PERSON).len() == 1
    });
    assert!(!machine.written_since(mark).contains(&"clearPresence".to_owned()));
    let status = machine.status();
    assert_eq!(status["phone"]["dnd"]["owner"], "offhook", "{status:#}");
    assert_eq!(status["health"]["microsoft"]["ok"], true, "{status:#}");
    // Everything still moves.
    assert!(machine.company.hang_up(call, None));
    wait_until(SOON, "the session's end", || {
        machine.company.sessions(PERSON).is_empty()
    });
    machine.company.pick(PERSON, None);
    machine.wait_dnd(false);
    machine
        .console
        .wait_status(SOON, "freedom", |status| status["state"] == "free");
    assert_eq!(machine.status()["attention"], false);
}

#[test]
fn a_clock_set_forward_by_a_day_changes_nothing() {
    wall_clock_jumps(|ahead| ahead.wall += 24 * HOUR);
}

#[test]
fn a_clock_set_back_by_a_day_changes_nothing() {
    wall_clock_jumps(|ahead| ahead.wall_back += 24 * HOUR);
}

#[test]
fn a_pause_ends_by_the_clock_on_the_wall() {
    let machine = Machine::start();
    machine.hold();
    assert_eq!(machine.console.ctl(&["pause", "1h"]).code, 0);
    machine.wait_dnd(false);
    machine.wait_tray("Paused");
    machine.sleep(59 * MINUTE);
    assert_eq!(machine.status()["state"], "paused");
    machine.sleep(MINUTE);
    machine.status();
    machine.wait_dnd(true);
    assert_eq!(machine.status()["paused_until"], Value::Null);
}
