use super::double::{Double, no_calls};
use super::link::{Pace, run};
use super::*;
use crate::backoff::Backoff;
use crate::port::LineCommand;
use offhook_engine::fault::Code;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(10);

/// Transcripts of whole calls, one event a line. The first was taken from a real 1.0.0 (`facts/test-parts.md`,
/// section 2.1), the second put together from the code of 4.9.0.
const FIRST: &str = include_str!("../../../tests/data/baresip-1.0.0.jsonl");
const FOURTH: &str = include_str!("../../../tests/data/baresip-4.9.0.jsonl");

#[derive(Debug)]
struct Desk {
    heard: UnboundedReceiver<(SourceId, LineEvent)>,
    handle: LineHandle,
}

fn quick() -> Pace {
    let step = Duration::from_millis(20);
    Pace {
        settle: step,
        again: Backoff::new(step, step),
        taken: Backoff::new(step, step),
        ..Pace::default()
    }
}

impl Desk {
    fn at(address: std::net::SocketAddr, pace: Pace) -> Self {
        let (events, heard) = unbounded_channel();
        let (commands, received) = unbounded_channel();
        let config = BaresipConfig {
            address: address.to_string(),
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
        assert_eq!(self.next().await, LineEvent::Up { resyncs: true });
        assert!(matches!(self.next().await, LineEvent::Snapshot(_)));
    }

    async fn down(&mut self) -> Code {
        let event = self.next().await;
        let LineEvent::Down(fault) = event else {
            panic!("{event:?} instead of Down")
        };
        assert!(
            fault
                .detail
                .is_some_and(|detail| detail.starts_with("127.0.0.1:"))
        );
        fault.code
    }
}

fn call(id: &str, state: CallState) -> LineEvent {
    LineEvent::Call {
        id: CallId::new(id),
        state,
    }
}

fn established(id: &str) -> String {
    format!(
        r#"{{"event":true,"type":"CALL_ESTABLISHED","direction":"incoming","peeruri":"sip:x@h","id":"{id}"}}"#
    )
}

async fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let wait = async {
        while !condition() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, wait)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"));
}

#[tokio::test]
async fn a_call_of_either_generation_is_told() {
    for (transcript, id) in [(FIRST, "37a1f0c2b9d84e65"), (FOURTH, "f56a1754373df943")] {
        let double = Double::start();
        let mut desk = Desk::at(double.address, quick());
        desk.up().await;
        for line in transcript.lines() {
            double.event(line);
        }
        assert_eq!(desk.next().await, call(id, CallState::Ringing));
        assert_eq!(desk.next().await, call(id, CallState::Connected));
        if transcript == FOURTH {
            assert_eq!(desk.next().await, call(id, CallState::Held));
            assert_eq!(desk.next().await, call(id, CallState::Connected));
        }
        assert_eq!(desk.next().await, LineEvent::Ended { id: CallId::new(id) });
    }
}

#[tokio::test]
async fn frames_may_be_split_and_joined() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    let (one, two) = (established("a1"), established("b2"));
    let joined = format!("{}:{one},{}:{two},", one.len(), two.len());
    let (begin, end) = joined.split_at(joined.len() - 30);
    double.raw(begin.as_bytes());
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
    double.raw(end.as_bytes());
    assert_eq!(desk.next().await, call("b2", CallState::Connected));
}

#[tokio::test]
async fn calls_that_were_up_before_us_are_in_the_snapshot() {
    let double = Double::start();
    double.shows("\n--- Active calls (1) ---\n> [line 1]  0:00:09  ESTABLISHED  (on hold)  sip:x@h\n\n");
    let mut desk = Desk::at(double.address, quick());
    assert_eq!(desk.next().await, LineEvent::Up { resyncs: true });
    let LineEvent::Snapshot(calls) = desk.next().await else {
        panic!("a snapshot")
    };
    let [(id, CallState::Held)] = &calls[..] else {
        panic!("{calls:?}")
    };
    desk.handle.commands.send(LineCommand::Resync).unwrap();
    assert_eq!(
        desk.next().await,
        LineEvent::Snapshot(calls.clone()),
        "the same call under the same name"
    );
    double.shows(&no_calls());
    double
        .event(r#"{"event":true,"type":"CALL_CLOSED","direction":"outgoing","peeruri":"sip:x@h","id":"a1"}"#);
    assert_eq!(desk.next().await, LineEvent::Ended { id: id.clone() });
}

#[tokio::test]
async fn our_own_hold_is_found_in_the_list() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    double.event(&established("a1"));
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
    let media = r#"{"event":true,"type":"CALL_REMOTE_SDP","class":"other","direction":"incoming","peeruri":"sip:x@h","id":"a1","param":"answer"}"#;
    for (mark, state) in [
        ("(on hold)", CallState::Held),
        ("         ", CallState::Connected),
    ] {
        double.shows(&format!(
            "\n--- Active calls (1) ---\n> [line 1]  0:00:09  ESTABLISHED  {mark}  sip:x@h\n\n"
        ));
        double.event(media);
        assert_eq!(desk.next().await, call("a1", state));
    }
}

#[tokio::test]
async fn a_burst_of_negotiation_is_one_question() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    for _ in 0..50 {
        double.event(r#"{"event":true,"type":"CALL_LOCAL_SDP","class":"other","direction":"outgoing"}"#);
    }
    double.event(&established("a1"));
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
    until("the question", || double.commands().len() == 2).await;
}

#[tokio::test]
async fn without_a_menu_events_still_count() {
    let double = Double::start();
    double.has_no_menu();
    let mut desk = Desk::at(double.address, quick());
    assert_eq!(desk.next().await, LineEvent::Up { resyncs: false });
    assert!(
        matches!(desk.next().await, LineEvent::Trouble(fault) if fault.code == Code::BaresipNotUnderstood)
    );
    double.event(&established("a1"));
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
}

#[tokio::test]
async fn a_frame_that_is_no_json_is_said_once_and_passed() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    for _ in 0..3 {
        double.event("this is no JSON");
    }
    double.event(r#"{"message":true,"body":"hi"}"#);
    double.event(r#"{"event":true,"type":"SOMETHING_NEW","id":"a1"}"#);
    double.event(&established("a1"));
    assert!(
        matches!(desk.next().await, LineEvent::Trouble(fault) if fault.code == Code::BaresipNotUnderstood)
    );
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
}

#[tokio::test]
async fn frames_that_lie_are_not_understood_and_it_connects_again() {
    for lie in [
        "2:{\"event\":true},",
        "02:{},",
        "99999:{",
        "1234567890:{",
        "HTTP/1.1 200 OK\r\n",
    ] {
        let double = Double::start();
        let mut desk = Desk::at(double.address, quick());
        desk.up().await;
        double.raw(lie.as_bytes());
        assert_eq!(desk.down().await, Code::BaresipNotUnderstood, "{lie}");
        desk.up().await;
    }
}

#[tokio::test]
async fn something_else_that_listens_there_is_not_understood() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let pace = Pace {
        answer: Duration::from_millis(50),
        ..quick()
    };
    let mut desk = Desk::at(silent.local_addr().unwrap(), pace);
    assert_eq!(desk.down().await, Code::BaresipNotUnderstood);
}

#[tokio::test]
async fn nobody_there_is_said_once() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let mut desk = Desk::at(gone, quick());
    assert_eq!(desk.down().await, Code::BaresipUnreachable);
    let double = Double::at(gone);
    desk.up().await;
    drop(double);
    assert_eq!(
        desk.down().await,
        Code::BaresipUnreachable,
        "news again after it was up"
    );
}

#[tokio::test]
async fn a_rival_is_named_at_the_second_push_and_not_fought() {
    let double = Double::start();
    // One more try within the test's time would be a fight.
    let pace = Pace {
        taken: Backoff::new(Duration::from_secs(600), Duration::from_secs(600)),
        ..quick()
    };
    let mut desk = Desk::at(double.address, pace);
    desk.up().await;
    let first = tokio::net::TcpStream::connect(double.address).await.unwrap();
    assert_eq!(desk.down().await, Code::BaresipUnreachable);
    desk.up().await;
    drop(first);
    let _second = tokio::net::TcpStream::connect(double.address).await.unwrap();
    assert_eq!(desk.down().await, Code::BaresipTaken);
    assert_eq!(double.clients(), 4, "we twice, the rival twice");
    assert!(
        timeout(Duration::from_millis(200), desk.heard.recv())
            .await
            .is_err()
    );
    assert_eq!(double.clients(), 4);
}

#[tokio::test]
async fn a_restart_is_no_rival() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    let address = double.address;
    let mut running = Some(double);
    for _ in 0..3 {
        drop(running.take());
        assert_eq!(desk.down().await, Code::BaresipUnreachable);
        // Its port is refused for a while before it is there again.
        let refused = tokio::net::TcpStream::connect(address).await;
        assert!(refused.is_err());
        // Steps, each longer than the pace of the tries: on a machine that stood still, one long sleep and the pause
        // before the next try would end together.
        for _ in 0..4 {
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        running = Some(Double::at(address));
        desk.up().await;
    }
}

#[tokio::test]
async fn what_says_goodbye_ends_its_calls_at_once() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    double.event(&established("a1"));
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
    double.event(r#"{"event":true,"type":"EXIT","class":"application"}"#);
    assert_eq!(desk.next().await, LineEvent::Reset);
    drop(double);
    assert_eq!(desk.down().await, Code::BaresipUnreachable);
}

#[tokio::test]
async fn a_phone_that_hangs_in_a_call_is_noticed() {
    let double = Double::start();
    let step = Duration::from_millis(50);
    let mut desk = Desk::at(
        double.address,
        Pace {
            answer: step,
            look: step,
            ..quick()
        },
    );
    desk.up().await;
    double.hangs();
    double.event(&established("a1"));
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
    assert_eq!(desk.down().await, Code::BaresipUnreachable);
}

#[tokio::test]
async fn while_no_call_is_up_nothing_is_asked() {
    let double = Double::start();
    let mut desk = Desk::at(
        double.address,
        Pace {
            look: Duration::from_millis(10),
            ..quick()
        },
    );
    desk.up().await;
    assert!(
        timeout(Duration::from_millis(150), desk.heard.recv())
            .await
            .is_err()
    );
    assert_eq!(double.commands().len(), 1);
    double.event(&established("a1"));
    until("looks during the call", || double.commands().len() > 3).await;
}

#[tokio::test]
async fn an_end_that_was_missed_is_found_at_the_next_connection() {
    let double = Double::start();
    let mut desk = Desk::at(double.address, quick());
    desk.up().await;
    double.event(&established("a1"));
    assert_eq!(desk.next().await, call("a1", CallState::Connected));
    let _rival = tokio::net::TcpStream::connect(double.address).await.unwrap();
    desk.down().await;
    assert_eq!(desk.next().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.next().await, LineEvent::Snapshot(vec![]));
}

#[tokio::test]
async fn it_ends_with_its_handle() {
    let double = Double::start();
    let (events, mut heard) = unbounded_channel();
    let handle = spawn(
        BaresipConfig {
            address: double.address.to_string(),
        },
        events,
    );
    assert!(matches!(
        timeout(LIMIT, heard.recv()).await,
        Ok(Some((_, LineEvent::Up { .. })))
    ));
    drop(handle);
    timeout(LIMIT, async { while heard.recv().await.is_some() {} })
        .await
        .expect("the end of the task");
}
