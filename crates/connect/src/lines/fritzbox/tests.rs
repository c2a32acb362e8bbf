#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and names whatever else comes"
)]

use super::double::Double;
use super::link::{Pace, run};
use super::message::{self, Event, Odd};
use super::*;
use crate::backoff::Backoff;
use offhook_engine::fault::Code;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(10);
/// facts/fritz-callmonitor-samples.txt and facts/fritz-callmonitor-expected.json
const SAMPLES: &str = include_str!("../../../tests/data/fritz-callmonitor-samples.txt");
const EXPECTED: &str = include_str!("../../../tests/data/fritz-callmonitor-expected.json");

fn samples() -> impl Iterator<Item = &'static str> {
    SAMPLES.lines().filter(|line| !line.starts_with('#'))
}

#[test]
fn every_sample_is_read_as_published() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let expected = expected["lines"].as_array().unwrap();
    assert_eq!(samples().count(), expected.len());
    for (line, expected) in samples().zip(expected) {
        assert_eq!(expected["line"], line);
        let wanted = &expected["parsed"];
        let text = |key: &str| wanted[key].as_str().unwrap().to_owned();
        match message::parse(line) {
            Err(Odd::UnknownEvent) => assert_eq!(wanted["error"], "unknown_event", "{line}"),
            Err(Odd::Malformed) => assert_eq!(wanted["error"], "malformed", "{line}"),
            Ok(read) => {
                assert_eq!(wanted["connection"], read.connection, "{line}");
                let (event, local, extension) = match read.event {
                    Event::Ring { local } => ("RING", Some(local), None),
                    Event::Call { extension, local } => ("CALL", Some(local), Some(extension)),
                    Event::Connect { extension } => ("CONNECT", None, Some(extension)),
                    Event::Disconnect => ("DISCONNECT", None, None),
                };
                assert_eq!(wanted["event"], event, "{line}");
                if let Some(local) = local {
                    assert_eq!(*local.reveal(), text("local"), "{line}");
                }
                if let Some(extension) = extension {
                    assert_eq!(extension, text("extension"), "{line}");
                }
            }
        }
    }
}

#[derive(Debug)]
struct Desk {
    heard: UnboundedReceiver<(SourceId, LineEvent)>,
    handle: LineHandle,
}

impl Desk {
    fn at(address: SocketAddr, own: Own) -> Self {
        Self::again_after(Duration::from_millis(20), address, own)
    }

    fn again_after(step: Duration, address: SocketAddr, own: Own) -> Self {
        let (events, heard) = unbounded_channel();
        let (commands, received) = unbounded_channel();
        let config = FritzboxConfig {
            address: address.to_string(),
            own,
        };
        let pace = Pace {
            again: Backoff::new(step, step),
            ..Pace::default()
        };
        let task = tokio::spawn(run(config, pace, events, received));
        Self {
            heard,
            handle: LineHandle { commands, task },
        }
    }

    async fn next(&mut self) -> LineEvent {
        let (source, event) = timeout(LIMIT, self.heard.recv())
            .await
            .expect("an event in time")
            .expect("an event");
        assert_eq!(source.as_str(), SOURCE);
        event
    }

    async fn up(&mut self) {
        assert_eq!(self.next().await, LineEvent::Up { resyncs: false });
        assert_eq!(self.next().await, LineEvent::Reset);
    }

    async fn down(&mut self) -> Code {
        match self.next().await {
            LineEvent::Down(fault) => fault.code,
            event => panic!("{event:?} instead of Down"),
        }
    }

    async fn call(&mut self, wanted: CallState) -> CallId {
        match self.next().await {
            LineEvent::Call { id, state } if state == wanted => id,
            event => panic!("{event:?} instead of a call that is {wanted:?}"),
        }
    }

    async fn ended(&mut self, wanted: &CallId) {
        assert_eq!(self.next().await, LineEvent::Ended { id: wanted.clone() });
    }
}

fn everything() -> Own {
    Own::default()
}

fn own(numbers: &[&str], extensions: &[&str]) -> Own {
    let list = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
    Own {
        numbers: list(numbers),
        extensions: list(extensions),
    }
}

/// All samples, sent by a box; what the driver hears of it is told as the published phases.
#[tokio::test]
async fn the_samples_become_calls() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let double = Double::start();
    let mut desk = Desk::at(double.address, everything());
    desk.up().await;
    let mut calls = std::collections::BTreeMap::new();
    for expected in expected["lines"].as_array().unwrap() {
        let line = expected["line"].as_str().unwrap();
        let ends_nothing = line.contains("DISCONNECT") && calls.is_empty();
        double.sends(&format!("{line}\n")).await;
        if expected["parsed"]["error"].is_null() && !ends_nothing {
            match desk.next().await {
                LineEvent::Call { id, state } => {
                    calls.insert(id, state);
                }
                LineEvent::Ended { id } => assert!(calls.remove(&id).is_some(), "{line}"),
                event => panic!("{event:?} of {line}"),
            }
        } else if expected["parsed"]["error"] == "malformed" && line.ends_with('0') {
            // The first one is complained of, later ones are not.
            assert!(matches!(desk.next().await, LineEvent::Trouble(_)), "{line}");
        }
        let has = |state| calls.values().any(|call| *call == state);
        let phase = match () {
            () if has(CallState::Connected) => "connected",
            () if has(CallState::Dialling) => "dialing",
            () if has(CallState::Ringing) => "ringing_in",
            () => "idle",
        };
        assert_eq!(expected["aggregate_after"], phase, "{line}");
    }
}

const RING: &str = "28.11.25 17:01:00;RING;1;04066969010;23125002;SIP1;\n";
const TAKEN: &str = "28.11.25 17:01:09;CONNECT;1;11;04066969010;\n";
const OVER: &str = "28.11.25 17:02:00;DISCONNECT;1;51;\n";

#[tokio::test]
async fn calls_of_others_on_the_same_box_do_not_count() {
    let double = Double::start();
    // The wrong number; the right one and a colleague's phone; nothing of the one, the other.
    for (own, heard) in [
        (own(&["23125001"], &[]), [false, false]),
        (own(&["23125002"], &["10"]), [true, false]),
        (own(&["23125002"], &["10", "11"]), [true, true]),
        (own(&[], &["11"]), [true, true]),
        (own(&["23125002"], &[]), [true, true]),
    ] {
        let mut desk = Desk::at(double.address, own.clone());
        desk.up().await;
        double.sends(RING).await;
        double.sends(TAKEN).await;
        double.sends(OVER).await;
        // Whatever comes after it, so that nothing can still be on its way.
        double.hangs_up();
        let mut told = Vec::new();
        loop {
            match desk.next().await {
                LineEvent::Down(_) => break,
                event => told.push(event),
            }
        }
        let states: Vec<CallState> = told
            .iter()
            .filter_map(|event| match event {
                LineEvent::Call { state, .. } => Some(*state),
                _ => None,
            })
            .collect();
        let wanted = [CallState::Ringing, CallState::Connected];
        let wanted: Vec<CallState> = wanted
            .into_iter()
            .zip(heard)
            .filter_map(|(state, heard)| heard.then_some(state))
            .collect();
        assert_eq!(states, wanted, "{own:?}");
        let ends = told
            .iter()
            .filter(|event| matches!(event, LineEvent::Ended { .. }));
        assert_eq!(ends.count(), usize::from(heard[0]), "{own:?}: {told:?}");
    }
}

#[tokio::test]
async fn a_call_that_was_up_before_is_told_when_the_phone_is_known_to_be_ours() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, own(&[], &["11"]));
    desk.up().await;
    double.sends(TAKEN).await;
    let id = desk.call(CallState::Connected).await;
    double.sends(OVER).await;
    desk.ended(&id).await;
    // Which number it is for, nobody has said.
    let mut other = Desk::at(double.address, own(&["23125002"], &[]));
    other.up().await;
    double.sends(TAKEN).await;
    double.sends(RING).await;
    other.call(CallState::Ringing).await;
}

#[tokio::test]
async fn a_connection_number_that_comes_again_is_another_call() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, everything());
    desk.up().await;
    double.sends(RING).await;
    let first = desk.call(CallState::Ringing).await;
    double.sends(TAKEN).await;
    assert_eq!(desk.call(CallState::Connected).await, first);
    // Its end was not told.
    double.sends(RING).await;
    desk.ended(&first).await;
    assert_ne!(desk.call(CallState::Ringing).await, first);
}

#[tokio::test]
async fn lines_in_pieces_and_several_at_once_are_the_same() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, everything());
    desk.up().await;
    for piece in RING.as_bytes().chunks(7) {
        double.sends(std::str::from_utf8(piece).unwrap()).await;
    }
    let id = desk.call(CallState::Ringing).await;
    double.sends(&format!("{}\r\n{OVER}", TAKEN.trim_end())).await;
    assert_eq!(desk.call(CallState::Connected).await, id);
    desk.ended(&id).await;
}

#[tokio::test]
async fn after_a_new_connection_there_are_no_calls() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, everything());
    desk.up().await;
    double.sends(RING).await;
    desk.call(CallState::Ringing).await;
    double.hangs_up();
    assert_eq!(desk.down().await, Code::FritzboxUnreachable);
    desk.up().await;
    // The end of a call from before is nobody's.
    double.sends(OVER).await;
    double.sends(RING).await;
    desk.call(CallState::Ringing).await;
}

#[tokio::test]
async fn a_call_monitor_that_is_off_is_named_and_found_when_it_is_on() {
    let double = Double::start();
    let address = double.address;
    drop(double);
    let gone = async {
        // The port is free again once the task has ended.
        while tokio::net::TcpStream::connect(address).await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, gone).await.unwrap();
    let mut desk = Desk::at(address, everything());
    assert_eq!(desk.down().await, Code::FritzboxMonitorOff);
    let _double = Double::at(address);
    desk.up().await;
}

#[tokio::test]
async fn something_else_at_that_port_is_named() {
    let double = Double::start();
    for garbage in [
        "HTTP/1.1 400 Bad Request\r\n".to_owned(),
        "28.11.25;RING;0;1;2;SIP0;\n".to_owned(),
        "x".repeat(5000),
    ] {
        let mut desk = Desk::at(double.address, everything());
        desk.up().await;
        double.sends(&garbage).await;
        assert_eq!(desk.down().await, Code::FritzboxNotUnderstood);
        // It is said once, and tried again.
        desk.up().await;
        double.hangs_up();
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_thousand_reconnects_leave_nothing_behind() {
    let open = || std::fs::read_dir("/proc/self/fd").unwrap().count();
    let double = Double::start();
    let mut desk = Desk::again_after(Duration::from_millis(1), double.address, everything());
    desk.up().await;
    let before = open();
    for _ in 0..1000 {
        while !double.has_client() {
            tokio::task::yield_now().await;
        }
        double.hangs_up();
        assert_eq!(desk.down().await, Code::FritzboxUnreachable);
        desk.up().await;
    }
    let after = open();
    assert!(after <= before + 2, "{before} open files became {after}");
    while !double.has_client() {
        tokio::task::yield_now().await;
    }
    double.sends(RING).await;
    desk.call(CallState::Ringing).await;
}

#[tokio::test]
async fn it_ends_with_its_handle() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, everything());
    desk.up().await;
    drop(desk.handle);
    assert!(timeout(LIMIT, desk.heard.recv()).await.unwrap().is_none());
}

#[test]
fn numbers_do_not_show() {
    let message = message::parse(RING).unwrap();
    let shown = format!("{message:?} {:?}", own(&["planted"], &["planted"]));
    assert!(!shown.contains("2312") && !shown.contains("planted"), "{shown}");
}
