//! Against a daemon that says what Jami's says, on a bus of its own.

use super::JamiConfig;
use super::link::{Pace, run};
use crate::backoff::Backoff;
use crate::port::{LineCommand, LineHandle};
use offhook_engine::fault::Code;
use offhook_engine::line::{CallId, CallState, LineEvent};
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;
use zbus::object_server::SignalEmitter;

const LIMIT: Duration = Duration::from_secs(20);

struct Bus {
    daemon: Child,
    address: String,
}

impl Bus {
    fn start() -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon: apt-get install dbus-daemon");
        let mut address = String::new();
        let said = daemon.stdout.take().unwrap();
        BufReader::new(said).read_line(&mut address).unwrap();
        Self {
            daemon,
            address: address.trim().to_owned(),
        }
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

struct Calls(HashMap<String, String>);

#[zbus::interface(name = "cx.ring.Ring.CallManager")]
impl Calls {
    #[zbus(name = "getCallList")]
    fn call_list(&self, account: &str) -> Vec<String> {
        assert_eq!(account, "account");
        self.0.keys().cloned().collect()
    }

    #[zbus(name = "getCallDetails")]
    fn call_details(&self, _account: &str, call: &str) -> HashMap<String, String> {
        let state = self.0.get(call).cloned().unwrap_or_default();
        HashMap::from([
            ("CALL_STATE".to_owned(), state),
            ("PEER_NUMBER".to_owned(), "x".to_owned()),
        ])
    }

    #[zbus(signal, name = "callStateChanged")]
    async fn changed(
        emitter: &SignalEmitter<'_>,
        account: &str,
        call: &str,
        state: &str,
        code: i32,
    ) -> zbus::Result<()>;
}

struct Accounts;

#[zbus::interface(name = "cx.ring.Ring.ConfigurationManager")]
impl Accounts {
    #[zbus(name = "getAccountList")]
    fn account_list(&self) -> Vec<String> {
        vec!["account".to_owned()]
    }
}

async fn daemon(bus: &Bus, up: &[(&str, &str)]) -> zbus::Connection {
    let calls = up
        .iter()
        .map(|(id, state)| ((*id).to_owned(), (*state).to_owned()))
        .collect();
    zbus::connection::Builder::address(bus.address.as_str())
        .unwrap()
        .serve_at("/cx/ring/Ring/CallManager", Calls(calls))
        .unwrap()
        .serve_at("/cx/ring/Ring/ConfigurationManager", Accounts)
        .unwrap()
        .name("cx.ring.Ring")
        .unwrap()
        .build()
        .await
        .unwrap()
}

struct Desk {
    told: mpsc::UnboundedReceiver<(offhook_engine::line::SourceId, LineEvent)>,
    handle: LineHandle,
}

impl Desk {
    fn start(bus: &Bus) -> Self {
        let (events, told) = mpsc::unbounded_channel();
        let (commands, received) = mpsc::unbounded_channel();
        let config = JamiConfig {
            bus: Some(bus.address.clone()),
        };
        let quick = Pace {
            again: Backoff::new(Duration::from_millis(20), Duration::from_millis(50)),
        };
        let task = tokio::spawn(run(config, quick, events, received));
        Self {
            told,
            handle: LineHandle { commands, task },
        }
    }

    async fn next(&mut self) -> LineEvent {
        tokio::time::timeout(LIMIT, self.told.recv())
            .await
            .expect("in time")
            .expect("runs")
            .1
    }
}

#[tokio::test]
async fn calls_are_read_at_first_and_then_heard() {
    let bus = Bus::start();
    let jami = daemon(&bus, &[("1", "CURRENT"), ("2", "OVER")]).await;
    let mut desk = Desk::start(&bus);
    assert_eq!(desk.next().await, LineEvent::Up { resyncs: true });
    let one = (CallId::new("1"), CallState::Connected);
    assert_eq!(desk.next().await, LineEvent::Snapshot(vec![one.clone()]));
    let emitter = SignalEmitter::new(&jami, "/cx/ring/Ring/CallManager").unwrap();
    let id = CallId::new("7");
    for (word, expected) in [
        ("INCOMING", Some(CallState::Ringing)),
        ("CONNECTING", Some(CallState::Ringing)),
        ("CURRENT", Some(CallState::Connected)),
        ("HOLD", Some(CallState::Held)),
        ("OVER", None),
    ] {
        Calls::changed(&emitter, "account", "7", word, 0).await.unwrap();
        let told = match expected {
            Some(state) => LineEvent::Call {
                id: id.clone(),
                state,
            },
            None => LineEvent::Ended { id: id.clone() },
        };
        assert_eq!(desk.next().await, told, "{word}");
    }
    desk.handle.commands.send(LineCommand::Resync).unwrap();
    assert_eq!(desk.next().await, LineEvent::Snapshot(vec![one]));
}

#[tokio::test]
async fn a_daemon_that_is_not_there_is_said_once_and_waited_for_also_after_its_end() {
    let bus = Bus::start();
    let mut desk = Desk::start(&bus);
    let LineEvent::Down(fault) = desk.next().await else {
        panic!("down")
    };
    assert_eq!(fault.code, Code::JamiUnreachable);
    let jami = daemon(&bus, &[]).await;
    assert_eq!(desk.next().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.next().await, LineEvent::Snapshot(Vec::new()));
    jami.close().await.unwrap();
    assert!(matches!(desk.next().await, LineEvent::Down(_)));
    let _again = daemon(&bus, &[]).await;
    assert_eq!(desk.next().await, LineEvent::Up { resyncs: true });
}
