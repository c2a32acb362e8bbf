//! The baresip source against two real phones that call each other without a phone system.
#![cfg(target_os = "linux")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and lets the others pass"
)]

use std::time::{Duration, Instant};

use offhook_connect::lines::baresip::{self, BaresipConfig};
use offhook_connect::port::{LineCommand, LineHandle};
use offhook_engine::fault::Code;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_tests::baresip::{CallState as Shown, Phone};
use offhook_tests::{runtime, try_wait_for};
use tokio::sync::mpsc::{self, UnboundedReceiver};

const SOON: Duration = Duration::from_secs(10);
/// What a person calls at once.
const A_MOMENT: Duration = Duration::from_millis(1500);

/// A running source, and what it told.
struct Desk {
    handle: LineHandle,
    inbox: UnboundedReceiver<(offhook_engine::line::SourceId, LineEvent)>,
    told: Vec<LineEvent>,
    /// What was waited for lies before this.
    past: usize,
}

impl Desk {
    fn at(phone: &Phone) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let _runtime = runtime::handle().enter();
        let address = format!("127.0.0.1:{}", phone.ctrl_port());
        let handle = baresip::spawn(BaresipConfig { address }, events);
        Self {
            handle,
            inbox,
            told: Vec::new(),
            past: 0,
        }
    }

    fn up(phone: &Phone) -> Self {
        let mut desk = Self::at(phone);
        desk.next("up", |event| {
            (*event == LineEvent::Up { resyncs: true }).then_some(())
        });
        desk.snapshot();
        desk
    }

    /// The next event that fits, and how long it took.
    #[track_caller]
    fn next<T>(&mut self, what: &str, fits: impl Fn(&LineEvent) -> Option<T>) -> (T, Duration) {
        let begun = Instant::now();
        let found = try_wait_for(SOON, || {
            while let Ok((_, event)) = self.inbox.try_recv() {
                self.told.push(event);
            }
            let found = self
                .told
                .iter()
                .enumerate()
                .skip(self.past)
                .find_map(|(at, event)| Some((at, fits(event)?)));
            found.map(|(at, value)| {
                self.past = at + 1;
                value
            })
        });
        match found {
            Some(value) => (value, begun.elapsed()),
            None => panic!("waited in vain for {what}; told: {:?}", self.told),
        }
    }

    #[track_caller]
    fn state(&mut self, state: CallState) -> CallId {
        let (id, took) = self.next(&format!("{state:?}"), |event| match event {
            LineEvent::Call { id, state: now } if *now == state => Some(id.clone()),
            _ => None,
        });
        assert!(took < A_MOMENT, "{state:?} took {took:?}");
        id
    }

    #[track_caller]
    fn ended(&mut self) -> CallId {
        let (id, took) = self.next("the end", |event| match event {
            LineEvent::Ended { id } => Some(id.clone()),
            _ => None,
        });
        assert!(took < A_MOMENT, "the end took {took:?}");
        id
    }

    #[track_caller]
    fn down(&mut self) -> Code {
        let fits = |event: &LineEvent| match event {
            LineEvent::Down(fault) => Some(fault.code),
            _ => None,
        };
        self.next("down", fits).0
    }

    #[track_caller]
    fn snapshot(&mut self) -> Vec<(CallId, CallState)> {
        let fits = |event: &LineEvent| match event {
            LineEvent::Snapshot(calls) => Some(calls.clone()),
            _ => None,
        };
        self.next("a snapshot", fits).0
    }

    #[track_caller]
    fn resync(&mut self) -> Vec<(CallId, CallState)> {
        self.handle.commands.send(LineCommand::Resync).unwrap();
        self.snapshot()
    }
}

/// Carl's phone, which is watched, and Dora's.
fn phones() -> (Phone, Phone) {
    (Phone::alone("carl"), Phone::alone("dora"))
}

/// Dora has called Carl, who talks to her.
fn talking(carl: &Phone, dora: &Phone, desk: &mut Desk) -> CallId {
    dora.dial(carl.address());
    desk.state(CallState::Ringing);
    carl.accept();
    let id = desk.state(CallState::Connected);
    dora.wait_calls(&[Shown::Established]);
    id
}

#[test]
fn a_call_rings_talks_is_held_resumed_and_ended_by_us() {
    let (carl, dora) = phones();
    let mut desk = Desk::up(&carl);
    dora.dial(carl.address());
    let id = desk.state(CallState::Ringing);
    carl.accept();
    assert_eq!(desk.state(CallState::Connected), id);
    carl.hold();
    assert_eq!(desk.state(CallState::Held), id);
    assert_eq!(desk.resync(), [(id.clone(), CallState::Held)]);
    carl.resume();
    assert_eq!(desk.state(CallState::Connected), id);
    carl.hang_up();
    assert_eq!(desk.ended(), id);
    assert_eq!(desk.resync(), []);
}

#[test]
fn a_call_of_ours_dials_talks_and_is_ended_by_them() {
    let (carl, dora) = phones();
    let mut desk = Desk::up(&carl);
    carl.dial(dora.address());
    let id = desk.state(CallState::Dialling);
    dora.wait_calls(&[Shown::Incoming]);
    dora.accept();
    assert_eq!(desk.state(CallState::Connected), id);
    dora.wait_calls(&[Shown::Established]);
    dora.hang_up();
    assert_eq!(desk.ended(), id);
}

#[test]
fn a_call_that_is_refused_never_talks() {
    let (carl, dora) = phones();
    let mut desk = Desk::up(&carl);
    dora.dial(carl.address());
    let id = desk.state(CallState::Ringing);
    carl.hang_up();
    assert_eq!(desk.ended(), id);
    carl.dial(dora.address());
    let id = desk.state(CallState::Dialling);
    dora.wait_calls(&[Shown::Incoming]);
    dora.hang_up();
    assert_eq!(desk.ended(), id);
    assert!(!desk.told.iter().any(|event| matches!(
        event,
        LineEvent::Call {
            state: CallState::Connected,
            ..
        }
    )));
}

#[test]
fn a_call_that_was_up_before_us_is_found_and_its_end_is_told() {
    let (carl, dora) = phones();
    dora.dial(carl.address());
    carl.wait_calls(&[Shown::Incoming]);
    carl.accept();
    carl.wait_calls(&[Shown::Established]);
    let mut desk = Desk::at(&carl);
    let calls = desk.snapshot();
    let [(id, CallState::Connected)] = &calls[..] else {
        panic!("{calls:?}")
    };
    assert!(!id.as_str().contains("dora"), "{id:?}");
    carl.hold();
    assert_eq!(desk.state(CallState::Held), *id);
    dora.hang_up();
    assert_eq!(desk.ended(), *id);
    assert_eq!(desk.resync(), []);
}

#[test]
fn of_two_calls_each_has_its_own_state() {
    let (carl, dora) = phones();
    let emil = Phone::alone("emil");
    let mut desk = Desk::up(&carl);
    let first = talking(&carl, &dora, &mut desk);
    carl.hold();
    assert_eq!(desk.state(CallState::Held), first);
    emil.dial(carl.address());
    let second = desk.state(CallState::Ringing);
    assert_ne!(first, second);
    let mut calls = desk.resync();
    calls.sort_by_key(|(id, _)| *id != first);
    assert_eq!(
        calls,
        [
            (first.clone(), CallState::Held),
            (second.clone(), CallState::Ringing)
        ]
    );
    emil.hang_up();
    assert_eq!(desk.ended(), second);
    // baresip takes up the call it had put aside.
    carl.wait_calls(&[Shown::Established]);
    assert_eq!(desk.resync(), [(first.clone(), CallState::Connected)]);
    dora.hang_up();
    assert_eq!(desk.ended(), first);
}

#[test]
fn a_rival_pushes_us_out_and_is_named_at_the_second_time() {
    let (carl, dora) = phones();
    let mut desk = Desk::up(&carl);
    let id = talking(&carl, &dora, &mut desk);
    let first = carl.steal_ctrl();
    assert_eq!(desk.down(), Code::BaresipUnreachable);
    assert_eq!(
        desk.snapshot(),
        [(id, CallState::Connected)],
        "connected again, the call is still ours"
    );
    drop(first);
    let mut second = carl.steal_ctrl();
    assert_eq!(desk.down(), Code::BaresipTaken);
    second.command("listcalls", "");
    offhook_tests::stays(Duration::from_secs(3), "the rival's place", || !second.closed());
}

#[test]
fn a_phone_that_is_killed_is_down_and_its_calls_are_left_to_the_grace_time() {
    let (mut carl, dora) = phones();
    let mut desk = Desk::up(&carl);
    talking(&carl, &dora, &mut desk);
    carl.kill();
    assert_eq!(desk.down(), Code::BaresipUnreachable);
    assert!(
        !desk
            .told
            .iter()
            .any(|event| matches!(event, LineEvent::Ended { .. } | LineEvent::Reset))
    );
}
