//! Whole calls through the real ABI: a `tapi32.dll` of the tests', built by `cargo xtask cross` from
//! `xtask/cross/tapi32-double.c` with the compiler's own `tapi.h`. Time is given to the watch, so nothing waits.
#![cfg(windows)]
#![expect(unsafe_code, reason = "the double's own function")]

use offhook_engine::fault::Code;
use offhook_engine::line::CallState::{self, Conference, Connected, Dialling, Held, Ringing};
use offhook_engine::line::{CallId, LineEvent};
use offhook_engine::phone::{Field, FieldValue};
use offhook_tapi::phone::{Phone, PhoneNews};
use offhook_tapi::windows::System;
use offhook_tapi::{Again, News, Offered, Pace, PermanentId, Telephony, Watch, Woken, forward};
use std::collections::BTreeSet;
use std::ffi::CString;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use windows_sys::Win32::System::LibraryLoader::{GetProcAddress, LoadLibraryW};

const IDLE: u32 = 0x1;
const OFFERING: u32 = 0x2;
const ACCEPTED: u32 = 0x4;
const DIALTONE: u32 = 0x8;
const DIALING: u32 = 0x10;
const RINGBACK: u32 = 0x20;
const BUSY: u32 = 0x40;
const CONNECTED: u32 = 0x100;
const PROCEEDING: u32 = 0x200;
const ONHOLD: u32 = 0x400;
const CONFERENCED: u32 = 0x800;
const ONHOLDPENDCONF: u32 = 0x1000;
const ONHOLDPENDTRANSFER: u32 = 0x2000;
const DISCONNECTED: u32 = 0x4000;
const UNKNOWN: u32 = 0x8000;

const SECOND: Duration = Duration::from_secs(1);
const LIMIT: Duration = Duration::from_secs(20);

/// There is one double in the process.
static ONE: Mutex<()> = Mutex::new(());

fn path() -> PathBuf {
    std::env::var_os("OFFHOOK_TAPI_DOUBLE")
        .expect("OFFHOOK_TAPI_DOUBLE names the double; `cargo xtask cross` builds it and says where")
        .into()
}

fn say(command: &str) -> i32 {
    let path: Vec<u16> = path().display().to_string().encode_utf16().chain([0]).collect();
    let command = CString::new(command).unwrap();
    // SAFETY: both texts end with a nought; the function has this type in the double.
    unsafe {
        let module = LoadLibraryW(path.as_ptr());
        assert!(!module.is_null(), "the double can be loaded");
        let found = GetProcAddress(module, c"double_say".as_ptr().cast()).expect("double_say");
        let say: unsafe extern "system" fn(*const i8) -> i32 = std::mem::transmute(found);
        say(command.as_ptr().cast())
    }
}

struct Steady;

impl Again for Steady {
    fn wait(&mut self) -> Duration {
        SECOND
    }

    fn reset(&mut self) {}
}

fn pace() -> Pace {
    Pace::usual(|| Box::new(Steady))
}

struct Desk {
    watch: Watch<System>,
    now: Instant,
    _one: MutexGuard<'static, ()>,
}

fn prepared(commands: &[&str]) -> MutexGuard<'static, ()> {
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    said("reset");
    for command in commands {
        said(command);
    }
    one
}

/// A command that the double takes.
fn said(command: &str) -> i32 {
    let answer = say(command);
    assert!(answer >= 0, "{command}: {answer}");
    answer
}

impl Desk {
    /// The double, prepared, and a watch of these lines that has not begun.
    fn still(commands: &[&str], chosen: &[u32]) -> Self {
        let one = prepared(commands);
        let now = Instant::now();
        let system = System::of_file(&path()).unwrap();
        let chosen = chosen.iter().copied().map(PermanentId).collect();
        Self {
            watch: Watch::new(system, chosen, pace(), now),
            now,
            _one: one,
        }
    }

    /// One desk phone, watched.
    fn new() -> Self {
        let mut desk = Self::still(&[], &[]);
        assert_eq!(
            desk.lines(),
            [LineEvent::Up { resyncs: true }, LineEvent::Snapshot(vec![])]
        );
        desk
    }

    /// What is told of calls and of the whole.
    fn lines(&mut self) -> Vec<LineEvent> {
        let news = self.news().into_iter();
        news.filter_map(|news| match news {
            News::Line(event) => Some(event),
            News::Offered(_) | News::Forwards | News::Reply { .. } => None,
        })
        .collect()
    }

    fn news(&mut self) -> Vec<News> {
        self.watch.work(self.now);
        self.watch.take_news()
    }

    fn after(&mut self, passed: Duration) -> Vec<LineEvent> {
        self.now += passed;
        self.lines()
    }

    /// A call takes a state: what is told of it.
    fn state(&mut self, call: i32, state: u32) -> Vec<LineEvent> {
        said(&format!("state {call} {state}"));
        self.lines()
    }

    /// As [`Self::state`], when exactly one thing is told.
    fn is(&mut self, call: i32, state: u32) -> (CallId, Option<CallState>) {
        let told = self.state(call, state);
        let [event] = &told[..] else {
            panic!("{told:?} for {state:#x}");
        };
        match event.clone() {
            LineEvent::Call { id, state } => (id, Some(state)),
            LineEvent::Ended { id } => (id, None),
            other => panic!("{other:?} for {state:#x}"),
        }
    }
}

fn down(events: &[LineEvent]) -> Code {
    let fault = events.iter().find_map(|event| {
        let LineEvent::Down(fault) = event else {
            return None;
        };
        Some(fault)
    });
    fault.unwrap_or_else(|| panic!("{events:?}")).code
}

fn trouble(events: &[LineEvent]) -> Option<Code> {
    events.iter().find_map(|event| {
        let LineEvent::Trouble(fault) = event else {
            return None;
        };
        Some(fault.code)
    })
}

fn offered(news: &[News]) -> Vec<Offered> {
    let offered = news.iter().find_map(|news| {
        let News::Offered(offered) = news else {
            return None;
        };
        Some(offered.clone())
    });
    offered.unwrap_or_else(|| panic!("{news:?}"))
}

#[test]
fn an_incoming_call() {
    let mut desk = Desk::new();
    let call = said("call 0");
    assert_eq!(desk.lines(), []);
    let (id, state) = desk.is(call, OFFERING);
    assert_eq!(state, Some(Ringing));
    assert_eq!(desk.state(call, ACCEPTED), []);
    said(&format!("info {call}"));
    assert_eq!(desk.lines(), []);
    assert_eq!(desk.is(call, CONNECTED), (id.clone(), Some(Connected)));
    assert_eq!(desk.is(call, DISCONNECTED), (id, None));
    assert_eq!(said("handles"), 1);
    assert_eq!(desk.state(call, IDLE), []);
    assert_eq!(said("handles"), 0);
}

#[test]
fn an_outgoing_call() {
    let mut desk = Desk::new();
    let call = said("call 0");
    assert_eq!(desk.state(call, DIALTONE), []);
    let (id, state) = desk.is(call, DIALING);
    assert_eq!(state, Some(Dialling));
    assert_eq!(desk.state(call, PROCEEDING), []);
    assert_eq!(desk.state(call, RINGBACK), []);
    assert_eq!(desk.is(call, CONNECTED), (id.clone(), Some(Connected)));
    assert_eq!(desk.is(call, IDLE), (id, None));
    let engaged = said("call 0");
    let (id, _) = desk.is(engaged, DIALING);
    assert_eq!(desk.is(engaged, BUSY), (id, None));
    assert_eq!(desk.state(engaged, IDLE), []);
    assert_eq!(said("handles"), 0);
}

#[test]
fn a_call_is_held_and_another_one_taken() {
    let mut desk = Desk::new();
    let first = said("call 0");
    let (one, _) = desk.is(first, CONNECTED);
    assert_eq!(desk.is(first, ONHOLD), (one.clone(), Some(Held)));
    let second = said("call 0");
    let (two, state) = desk.is(second, CONNECTED);
    assert_eq!(state, Some(Connected));
    assert_ne!(one, two);
    assert_eq!(desk.is(second, IDLE), (two, None));
    assert_eq!(desk.is(first, CONNECTED), (one.clone(), Some(Connected)));
    assert_eq!(desk.is(first, IDLE), (one, None));
    assert_eq!(said("handles"), 0);
}

#[test]
fn a_conference() {
    let mut desk = Desk::new();
    let first = said("call 0");
    let (one, _) = desk.is(first, CONNECTED);
    assert_eq!(desk.is(first, ONHOLDPENDCONF), (one.clone(), Some(Held)));
    let second = said("call 0");
    let (two, _) = desk.is(second, CONNECTED);
    // The call that stands for the conference itself.
    let whole = said("call 0");
    let (all, _) = desk.is(whole, CONNECTED);
    assert_eq!(desk.is(first, CONFERENCED), (one.clone(), Some(Conference)));
    assert_eq!(desk.is(second, CONFERENCED), (two.clone(), Some(Conference)));
    for (call, id) in [(first, one), (second, two), (whole, all)] {
        assert_eq!(desk.is(call, IDLE), (id, None));
    }
    assert_eq!(said("handles"), 0);
}

#[test]
fn a_transfer() {
    let mut desk = Desk::new();
    let call = said("call 0");
    let (one, _) = desk.is(call, CONNECTED);
    assert_eq!(desk.is(call, ONHOLDPENDTRANSFER), (one.clone(), Some(Held)));
    let consultation = said("call 0");
    let (two, state) = desk.is(consultation, RINGBACK);
    assert_eq!(state, Some(Dialling));
    assert_eq!(desk.is(consultation, CONNECTED), (two.clone(), Some(Connected)));
    assert_eq!(desk.is(call, IDLE), (one, None));
    assert_eq!(desk.is(consultation, IDLE), (two, None));
    assert_eq!(said("handles"), 0);
}

#[test]
fn a_line_that_closes_in_a_call_shows_it_again() {
    let mut desk = Desk::new();
    let call = said("call 0");
    let (id, _) = desk.is(call, CONNECTED);
    said("close 0");
    let told = desk.lines();
    assert_eq!(down(&told), Code::TapiLineRefused);
    assert!(
        !told.contains(&LineEvent::Ended { id: id.clone() }),
        "its grace runs"
    );
    let told = desk.after(SECOND);
    let [LineEvent::Up { resyncs: true }, LineEvent::Snapshot(calls)] = &told[..] else {
        panic!("{told:?}");
    };
    let [(again, Connected)] = &calls[..] else {
        panic!("{calls:?}");
    };
    assert_ne!(*again, id, "a new handle is a new name");
    assert_eq!(desk.is(call, IDLE), (again.clone(), None));
    assert_eq!(said("handles"), 0);
}

#[test]
fn a_line_that_stays_closed_ends_its_calls_after_their_grace() {
    let mut desk = Desk::new();
    let call = said("call 0");
    let (id, _) = desk.is(call, CONNECTED);
    said(&format!("refuse lineOpenW {:#x}", 0x8000_0043_u32));
    said("close 0");
    assert_eq!(down(&desk.lines()), Code::TapiLineRefused);
    let told = desk.after(SECOND);
    let [LineEvent::Down(fault)] = &told[..] else {
        panic!("{told:?}");
    };
    assert_eq!(fault.detail.as_deref(), Some("65537 · LINEERR_NODRIVER"));
    assert_eq!(desk.after(50 * SECOND), [], "the same refusal is no news");
    assert_eq!(desk.after(10 * SECOND), [LineEvent::Ended { id }]);
    said("refuse lineOpenW 0");
    assert!(desk.after(SECOND).contains(&LineEvent::Up { resyncs: true }));
}

#[test]
fn a_driver_that_is_removed_and_comes_back() {
    let mut desk = Desk::still(&[], &[65537]);
    desk.lines();
    let call = said("call 0");
    let (id, _) = desk.is(call, CONNECTED);
    said("unplug 0");
    assert_eq!(down(&desk.lines()), Code::TapiLineMissing);
    assert_eq!(said("handles"), 0);
    assert_eq!(desk.after(60 * SECOND), [LineEvent::Ended { id }]);
    said("plug 0");
    assert!(desk.lines().contains(&LineEvent::Up { resyncs: true }));
    assert_eq!(said("lines"), 1);
}

#[test]
fn calls_that_were_up_before_are_taken_up() {
    let mut desk = Desk::still(&[], &[]);
    let (talk, gone) = (said("quiet-call 0"), said("quiet-call 0"));
    said(&format!("state {talk} {ONHOLD}"));
    said(&format!("state {gone} {DISCONNECTED}"));
    let told = desk.lines();
    let Some(LineEvent::Snapshot(calls)) = told.last() else {
        panic!("{told:?}");
    };
    assert!(matches!(&calls[..], [(_, Held)]), "{calls:?}");
    assert_eq!(said("handles"), 2);
    assert_eq!(desk.state(talk, IDLE).len(), 1);
    assert_eq!(desk.after(60 * SECOND), [], "what lingers is given back");
    assert_eq!(said("handles"), 0);
}

#[test]
fn asked_anew_it_finds_what_it_missed() {
    let mut desk = Desk::new();
    let call = said("call 0");
    let (id, _) = desk.is(call, CONNECTED);
    let quiet = said("quiet-call 0");
    said(&format!("state {quiet} {CONNECTED}"));
    desk.watch.resync(desk.now);
    let told = desk.lines();
    let Some(LineEvent::Snapshot(calls)) = told.last() else {
        panic!("{told:?}");
    };
    assert_eq!(calls.len(), 2);
    assert!(calls.contains(&(id, Connected)));
}

#[test]
fn structures_grow_while_they_are_asked_for() {
    let mut desk = Desk::still(&["grow 3"], &[]);
    let events = desk.news();
    let offered = offered(&events);
    assert_eq!(offered[0].name, "Desk phone");
    assert_eq!(offered[0].provider, "Double TSP");
    let call = said("call 0");
    said("grow 2");
    said(&format!("state {call} {UNKNOWN}"));
    assert_eq!(desk.lines(), [], "asked for, and still not known");
    assert_eq!(desk.is(call, CONNECTED).1, Some(Connected));
    // More than any structure needs: it is given up, and not for ever.
    let mut desk = {
        drop(desk);
        Desk::still(&["grow 1000"], &[])
    };
    assert_eq!(down(&desk.lines()), Code::TapiNoLine);
}

#[test]
fn ten_thousand_calls_leave_nothing_behind() {
    let mut desk = Desk::new();
    let mut names = BTreeSet::new();
    for round in 0..10_000 {
        let call = said("call 0");
        let (id, _) = desk.is(call, if round % 2 == 0 { OFFERING } else { DIALING });
        assert_eq!(desk.is(call, CONNECTED).0, id);
        if round % 7 == 0 {
            assert_eq!(desk.is(call, ONHOLD).1, Some(Held));
        }
        assert_eq!(desk.is(call, IDLE), (id.clone(), None));
        assert!(names.insert(id), "a name of its own");
    }
    assert_eq!((said("handles"), said("posted")), (0, 0));
    assert_eq!(desk.lines(), []);
}

#[test]
fn everything_is_started_anew_when_it_is_asked_for() {
    let mut desk = Desk::new();
    let call = said("call 0");
    desk.is(call, CONNECTED);
    said("device 1 131073 4 0 0 1 Second phone");
    said("reinit");
    // Two lines now, and none is chosen.
    assert_eq!(down(&desk.lines()), Code::TapiChoose);
    assert_eq!((said("apps"), said("lines"), said("handles")), (1, 0, 0));
    let mut desk = {
        drop(desk);
        Desk::still(&["refuse lineInitializeExW 0x80000052"], &[])
    };
    assert_eq!(down(&desk.lines()), Code::TapiBroken);
    said("refuse lineInitializeExW 0");
    assert_eq!(desk.lines(), []);
    assert!(desk.after(SECOND).contains(&LineEvent::Up { resyncs: true }));
}

#[test]
fn a_stopped_service_is_named() {
    let mut desk = Desk::still(&["refuse lineInitializeExW 0x80000061"], &[]);
    assert_eq!(down(&desk.lines()), Code::TapiStopped);
    said("refuse lineInitializeExW 0");
    assert!(desk.after(SECOND).contains(&LineEvent::Up { resyncs: true }));
    // It ends while we are at it.
    said("refuse lineGetMessage 0x80000061");
    assert_eq!(down(&desk.lines()), Code::TapiStopped);
}

#[test]
fn only_chosen_lines_for_calls_are_opened() {
    let devices = [
        "device 0 65537 4 0 0 1 Chef",
        "device 1 65538 2 0 0 1 Modem",
        "device 2 65539 6 0 0 1 Büro",
    ];
    let mut desk = Desk::still(&devices, &[65539]);
    let told = desk.news();
    let names: Vec<String> = offered(&told).into_iter().map(|line| line.name).collect();
    assert_eq!(names, ["Chef", "Büro"]);
    assert_eq!(said("lines"), 1);
    let others = said("call 0");
    assert_eq!(desk.state(others, CONNECTED), []);
    let ours = said("call 2");
    assert_eq!(desk.is(ours, CONNECTED).1, Some(Connected));
    // One of two is not there: the other is watched, and it is said.
    let mut desk = {
        drop(desk);
        Desk::still(&devices, &[65539, 7])
    };
    assert_eq!(trouble(&desk.lines()), Some(Code::TapiLineMissing));
    let mut desk = {
        drop(desk);
        Desk::still(&devices[1..2], &[])
    };
    // The desk phone that is always there, alone.
    assert!(desk.lines().contains(&LineEvent::Up { resyncs: true }));
}

#[test]
fn a_line_that_never_speaks_is_named() {
    let mut desk = Desk::new();
    assert_eq!(desk.after(3 * 3600 * SECOND), []);
    assert_eq!(trouble(&desk.after(3600 * SECOND)), Some(Code::LineSilent));
    let call = said("call 0");
    let told = desk.state(call, OFFERING);
    assert!(told.contains(&LineEvent::Up { resyncs: true }), "{told:?}");
    assert_eq!(trouble(&desk.after(24 * 3600 * SECOND)), None);
}

#[test]
fn a_line_that_counts_calls_and_tells_none_is_named_at_once() {
    let mut desk = Desk::still(&["deaf 1"], &[]);
    desk.lines();
    let call = said("call 0");
    said(&format!("state {call} {CONNECTED}"));
    said("count 0");
    assert_eq!(desk.lines(), []);
    assert_eq!(trouble(&desk.after(5 * SECOND)), Some(Code::LineSilent));
}

#[test]
fn a_line_out_of_service_is_named_until_it_is_back() {
    let mut desk = Desk::new();
    said("service 0 0");
    assert_eq!(trouble(&desk.lines()), Some(Code::TapiLineOutOfService));
    said("service 0 1");
    let told = desk.lines();
    assert!(told.contains(&LineEvent::Up { resyncs: true }), "{told:?}");
    assert_eq!(trouble(&told), None);
}

#[test]
fn a_shared_line_that_somebody_else_talks_on() {
    let mut desk = Desk::new();
    let call = said("call 0");
    said(&format!("state {call} {CONNECTED} 2"));
    assert_eq!(desk.lines(), []);
    assert_eq!(desk.is(call, CONNECTED).1, Some(Connected));
}

#[test]
fn a_telephony_that_says_nothing_at_all_is_not_asked_without_an_end() {
    let mut desk = Desk::new();
    said("hollow 1");
    let told = desk.lines();
    assert_eq!(down(&told), Code::TapiBroken);
    assert_eq!(desk.watch.next(desk.now), SECOND);
    said("hollow 0");
    assert!(desk.after(SECOND).contains(&LineEvent::Up { resyncs: true }));
}

#[test]
fn nothing_is_left_open() {
    let mut desk = Desk::new();
    let call = said("call 0");
    desk.is(call, CONNECTED);
    assert_eq!((said("apps"), said("lines"), said("handles")), (1, 1, 1));
    desk.watch.end();
    assert_eq!((said("apps"), said("lines"), said("handles")), (0, 0, 0));
}

#[test]
fn it_is_woken_by_calls_and_by_us_and_sleeps_otherwise() {
    let one = prepared(&[]);
    let system = System::of_file(&path()).unwrap();
    let waker = system.waker();
    let (told, heard) = std::sync::mpsc::channel();
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let mut turns = 0;
    let thread = std::thread::spawn(move || {
        let mut watch = Watch::new(system, vec![], pace(), Instant::now());
        let serve = |_: &mut Watch<System>| {
            turns += 1;
            stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty)
        };
        watch.run(serve, |news| {
            let _ = told.send(news);
        });
        turns
    });
    let next = || loop {
        if let News::Line(event) = heard.recv_timeout(LIMIT).expect("news in time") {
            return event;
        }
    };
    assert_eq!(next(), LineEvent::Up { resyncs: true });
    assert_eq!(next(), LineEvent::Snapshot(vec![]));
    let call = said("call 0");
    said(&format!("state {call} {CONNECTED}"));
    assert!(matches!(next(), LineEvent::Call { state: Connected, .. }));
    stop.send(()).unwrap();
    waker.wake();
    let turns = thread.join().unwrap();
    assert!(turns < 20, "{turns} turns for three things to do");
    assert_eq!((said("apps"), said("handles")), (0, 0));
    drop(one);
}

#[test]
fn windows_own_stand_in_and_none_at_all_are_no_telephony() {
    let missing = System::of_file(&path().with_file_name("there-is-none.dll")).unwrap();
    // Wine's own says yes to everything and does nothing.
    for mut system in [missing, System::new().unwrap()] {
        assert_eq!(system.initialize(), Err(offhook_tapi::Refusal::Missing));
        let began = Instant::now();
        assert_eq!(system.wait(Duration::from_millis(20)), Woken::Late);
        assert!(began.elapsed() >= Duration::from_millis(20));
        let mut watch = Watch::new(system, vec![], pace(), began);
        watch.work(began);
        let told = watch.take_news();
        let [News::Line(LineEvent::Down(fault))] = &told[..] else {
            panic!("{told:?}");
        };
        assert_eq!(fault.code, Code::TapiMissing);
        assert_eq!(watch.next(began), SECOND, "it is tried again later, not at once");
    }
}

/// Written, answered, and read back.
fn set(desk: &mut Desk, forwards: &forward::Forwards) -> Result<(), offhook_tapi::Refusal> {
    let (_, line) = desk.watch.first_line().unwrap();
    let request = desk.watch.set_forwards(line, forwards)?;
    let told = desk.news();
    let answer = told.iter().find_map(|news| {
        let News::Reply { request: of, outcome } = news else {
            return None;
        };
        (*of == request).then_some(*outcome)
    });
    answer.unwrap_or_else(|| panic!("no answer in {told:?}"))
}

#[test]
fn forwards_are_read_and_written_and_what_is_the_persons_stays() {
    let mut desk = Desk::new();
    said("forward 0 0x10 200");
    assert!(desk.news().contains(&News::Forwards));
    let (_, line) = desk.watch.first_line().unwrap();
    let before = desk.watch.forwards(line).unwrap();
    assert_eq!((before.dnd(), before.to()), (false, None));
    let can = desk.watch.can_forward().unwrap();
    assert_eq!((can.dnd, can.forward, can.most), (true, true, 4));
    let on = before.with_dnd(true, can.most).unwrap();
    assert_eq!(set(&mut desk, &on), Ok(()));
    assert_eq!(desk.watch.forwards(line), Ok(on.clone()));
    assert_eq!(
        (
            said("forwards 0"),
            said("forward-dnd 0 0"),
            said("forward-to 0 1")
        ),
        (2, 1, 200)
    );
    assert_eq!(set(&mut desk, &on.with_dnd(false, can.most).unwrap()), Ok(()));
    assert_eq!(desk.watch.forwards(line), Ok(before.clone()));
    let away = before.with_forward(Some("4930123"), can.most).unwrap();
    assert_eq!(set(&mut desk, &away), Ok(()));
    assert_eq!(said("forward-to 0 0"), 4_930_123);
    said("refuse LINE_REPLY 0x80000048");
    assert!(set(&mut desk, &before).is_err());
    assert_eq!(desk.watch.forwards(line), Ok(away));
}

#[test]
fn what_a_driver_can_is_what_its_bits_say() {
    for (line, address, dnd, to) in [
        (0, 0, false, false),
        (0, 0x1, false, true),
        (0, 0x2001, true, false),
        (0, 0x3001, true, true),
        (0x4, 0, false, true),
        (0x184, 0, true, true),
    ] {
        let mut desk = Desk::still(&[&format!("device 0 65537 4 {line} {address} 2 Phone")], &[]);
        desk.lines();
        let can = desk.watch.can_forward().unwrap();
        assert_eq!(
            (can.dnd, can.forward, can.most),
            (dnd, to, 2),
            "{line:#x} {address:#x}"
        );
    }
}

/// A line as the phone system.
struct Set {
    phone: Phone<System>,
    now: Instant,
    _one: MutexGuard<'static, ()>,
}

impl Set {
    fn new(commands: &[&str]) -> Self {
        let one = prepared(commands);
        let now = Instant::now();
        let watch = Watch::new(System::of_file(&path()).unwrap(), vec![], pace(), now);
        Self {
            phone: Phone::new(watch, 5 * SECOND),
            now,
            _one: one,
        }
    }

    fn news(&mut self) -> Vec<PhoneNews> {
        self.phone.work(self.now);
        self.phone.take_news()
    }

    /// What came of a write, and what was last seen.
    fn write(&mut self, value: FieldValue) -> (Result<(), Code>, Vec<FieldValue>) {
        let field = value.field();
        self.phone.write(value);
        let mut news = self.news();
        news.extend(self.news());
        let outcomes: Vec<_> = news.iter().filter_map(written).collect();
        let [(of, outcome)] = &outcomes[..] else {
            panic!("{news:?}");
        };
        assert_eq!(*of, field);
        (outcome.clone(), seen(&news))
    }
}

fn written(news: &PhoneNews) -> Option<(Field, Result<(), Code>)> {
    let PhoneNews::Written { field, outcome } = news else {
        return None;
    };
    Some((*field, outcome.clone().map_err(|fault| fault.code)))
}

fn seen(news: &[PhoneNews]) -> Vec<FieldValue> {
    let seen = news.iter().rev().find_map(|news| {
        let PhoneNews::Seen(values) = news else {
            return None;
        };
        Some(values.clone())
    });
    seen.unwrap_or_else(|| panic!("{news:?}"))
}

fn to(number: &str) -> FieldValue {
    FieldValue::Forward(Some(number.to_owned()))
}

#[test]
fn a_line_is_a_phone_system() {
    let mut set = Set::new(&[]);
    let news = set.news();
    let up = news.iter().find_map(|news| {
        let PhoneNews::Up { identity, abilities } = news else {
            return None;
        };
        Some((identity.clone(), *abilities))
    });
    let (identity, abilities) = up.unwrap();
    assert_eq!(
        (identity.key.as_str(), identity.system.as_str()),
        ("tapi:65537", "Double TSP")
    );
    assert!(abilities.dnd.write && abilities.forward.write && abilities.calls && !abilities.note.write);
    let rest = [FieldValue::Dnd(false), FieldValue::Forward(None)];
    assert_eq!(seen(&news), rest);
    let on = set.write(FieldValue::Dnd(true));
    assert_eq!(
        on,
        (Ok(()), vec![FieldValue::Dnd(true), FieldValue::Forward(None)])
    );
    // What is so already is not asked for again.
    assert_eq!(set.write(FieldValue::Dnd(true)).0, Ok(()));
    assert_eq!(set.write(FieldValue::Dnd(false)), (Ok(()), rest.to_vec()));
    let away = set.write(to("200"));
    assert_eq!(away, (Ok(()), vec![FieldValue::Dnd(false), to("200")]));
    assert_eq!(set.write(FieldValue::Forward(None)), (Ok(()), rest.to_vec()));
    assert_eq!(said("forwards 0"), 0);
    let call = said("call 0");
    said(&format!("state {call} {CONNECTED}"));
    let called = set.news();
    assert!(
        matches!(
            &called[..],
            [PhoneNews::Line(LineEvent::Call { state: Connected, .. })]
        ),
        "{called:?}"
    );
}

#[test]
fn what_the_person_has_set_at_the_phone_is_seen_and_never_lost() {
    let mut set = Set::new(&["forward 0 0x10 300", "forward 0 1 200"]);
    assert_eq!(seen(&set.news()), [FieldValue::Dnd(false), to("200")]);
    let (outcome, shows) = set.write(FieldValue::Dnd(true));
    assert_eq!(outcome, Err(Code::PhoneOtherForwards));
    assert_eq!(shows, [FieldValue::Dnd(false), to("200")]);
    assert_eq!(
        (said("forwards 0"), said("forward-to 0 0"), said("forward-to 0 1")),
        (2, 300, 200)
    );
    said("forward 0 0");
    said("forward 0 0x10 300");
    assert_eq!(
        seen(&set.news()),
        [FieldValue::Dnd(false), FieldValue::Forward(None)]
    );
    assert_eq!(set.write(FieldValue::Dnd(true)).0, Ok(()));
    assert_eq!(set.write(FieldValue::Dnd(false)).0, Ok(()));
    assert_eq!((said("forwards 0"), said("forward-to 0 0")), (1, 300));
}

#[test]
fn a_refused_change_is_told_with_what_shows() {
    let mut set = Set::new(&["refuse LINE_REPLY 0x80000048"]);
    set.news();
    let rest = vec![FieldValue::Dnd(false), FieldValue::Forward(None)];
    assert_eq!(
        set.write(FieldValue::Dnd(true)),
        (Err(Code::PhoneRefused), rest.clone())
    );
    said("refuse LINE_REPLY 0");
    said("refuse lineForwardW 0x80000049");
    assert_eq!(set.write(to("200")), (Err(Code::PhoneRefused), rest));
    assert_eq!(set.write(FieldValue::Note("x".into())).0, Err(Code::PhoneRefused));
}

#[test]
fn a_line_that_closes_in_a_write_tells_of_both() {
    let mut set = Set::new(&[]);
    set.news();
    set.phone.write(FieldValue::Dnd(true));
    said("close 0");
    let mut news = set.news();
    news.extend(set.news());
    let outcomes: Vec<_> = news.iter().filter_map(written).collect();
    assert!(matches!(&outcomes[..], [(Field::Dnd, Err(_))]), "{news:?}");
    assert!(
        news.iter().any(|news| matches!(news, PhoneNews::Down(_))),
        "{news:?}"
    );
    set.phone.read(set.now);
    assert!(set.news().iter().any(|news| matches!(news, PhoneNews::Down(_))));
    set.now += SECOND;
    let back = set.news();
    assert!(
        back.iter().any(|news| matches!(news, PhoneNews::Up { .. })),
        "{back:?}"
    );
}

#[test]
fn a_driver_without_forwards_still_tells_of_calls() {
    let mut set = Set::new(&["device 0 65537 4 0 0 1 Phone"]);
    let news = set.news();
    let abilities = news.iter().find_map(|news| {
        let PhoneNews::Up { abilities, .. } = news else {
            return None;
        };
        Some(*abilities)
    });
    let abilities = abilities.unwrap();
    assert!(abilities.calls && !abilities.dnd.write && !abilities.forward.write);
    assert_eq!(seen(&news), []);
    assert_eq!(set.write(FieldValue::Dnd(true)).0, Err(Code::PhoneRefused));
}
