//! Against a daemon that answers as `linphone-daemon` 5.1.65 was seen to: one client, one answer to each line, nothing by
//! itself.

use super::LinphoneConfig;
use super::link::{Pace, run};
use crate::backoff::Backoff;
use crate::port::{LineCommand, LineHandle};
use offhook_engine::fault::Code;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const LIMIT: Duration = Duration::from_secs(20);
const PEER: &str = "<sip:peer@127.0.0.1>";

/// What the daemon knows.
#[derive(Default)]
struct Inside {
    calls: BTreeMap<u32, &'static str>,
    current: Option<u32>,
    events: VecDeque<String>,
    /// Answers something else altogether.
    odd: bool,
}

struct Daemon {
    inside: Arc<Mutex<Inside>>,
    task: JoinHandle<()>,
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Daemon {
    fn start(pipe: &Path) -> Self {
        let _gone = std::fs::remove_file(pipe);
        let listener = UnixListener::bind(pipe).unwrap();
        let inside = Arc::new(Mutex::new(Inside::default()));
        let shared = Arc::clone(&inside);
        let task = tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                loop {
                    tokio::select! {
                        // The second one is closed at once.
                        second = listener.accept() => drop(second),
                        go_on = answer(&mut client, &shared) => if !go_on { break },
                    }
                }
            }
        });
        Self { inside, task }
    }

    /// A call takes a state, which is kept for whoever asks.
    fn call(&self, number: u32, word: &'static str) {
        let mut inside = self.inside.lock().unwrap();
        match word {
            "Released" => inside.calls.remove(&number),
            word => inside.calls.insert(number, word),
        };
        inside.current = Some(number).filter(|_| word == "StreamsRunning");
        let event = format!(
            "Event-type: call-state-changed\n\nEvent: LinphoneCall{word}\nFrom: {PEER}\nId: {number}\n"
        );
        inside.events.push_back(event);
    }

    fn statistics(&self, number: u32) {
        let event = format!("Event-type: call-stats\nId: {number}\nType: Audio\n");
        self.inside.lock().unwrap().events.push_back(event);
    }
}

async fn answer(client: &mut UnixStream, inside: &Mutex<Inside>) -> bool {
    let mut line = vec![0; 1024];
    let Ok(length @ 1..) = client.read(&mut line).await else {
        return false;
    };
    let line = String::from_utf8(line[..length].to_vec()).unwrap();
    assert_eq!(line.matches('\n').count(), 1, "one command at a time: {line:?}");
    let text = {
        let mut inside = inside.lock().unwrap();
        let (name, words) = line.trim().split_once(' ').unwrap_or((line.trim(), ""));
        let number = words.parse().ok();
        match name {
            _ if inside.odd => "Hello?\n".to_owned(),
            "pop-event" => {
                let event = inside.events.pop_front().unwrap_or_default();
                format!("Status: Ok\n\nSize: {}\n{event}\n", inside.events.len())
            }
            "call-status" => {
                let asked = number.or(inside.current);
                match asked.and_then(|number: u32| inside.calls.get(&number)) {
                    Some(word) => {
                        format!(
                            "Status: Ok\n\nState: LinphoneCall{word}\nFrom: {PEER}\nDirection: in\nDuration: 6\n"
                        )
                    }
                    None if number.is_some() => "Status: Error\nReason: No call with such id.\n".to_owned(),
                    None => "Status: Error\nReason: No current call available.\n".to_owned(),
                }
            }
            _ => "Status: Error\nReason: Unknown command.\n".to_owned(),
        }
    };
    client.write_all(text.as_bytes()).await.is_ok()
}

struct Desk {
    told: mpsc::UnboundedReceiver<(SourceId, LineEvent)>,
    handle: LineHandle,
}

impl Desk {
    fn start(pipe: &Path) -> Self {
        let (events, told) = mpsc::unbounded_channel();
        let (commands, received) = mpsc::unbounded_channel();
        let config = LinphoneConfig {
            pipe: pipe.to_owned(),
        };
        let quick = Pace {
            again: Backoff::new(Duration::from_millis(20), Duration::from_millis(50)),
            idle: Duration::from_millis(5),
            busy: Duration::from_millis(5),
            answer: Duration::from_secs(5),
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

    async fn is_up(&mut self, calls: &[(&str, CallState)]) {
        assert_eq!(self.next().await, LineEvent::Up { resyncs: true });
        self.lists(calls).await;
    }

    async fn lists(&mut self, calls: &[(&str, CallState)]) {
        let calls = calls.iter().map(|(id, state)| (CallId::new(*id), *state));
        assert_eq!(self.next().await, LineEvent::Snapshot(calls.collect()));
    }

    async fn hears(&mut self, id: &str, state: Option<CallState>) {
        let id = CallId::new(id);
        let told = match state {
            Some(state) => LineEvent::Call { id, state },
            None => LineEvent::Ended { id },
        };
        assert_eq!(self.next().await, told);
    }
}

/// Connected, and the one that is answered.
async fn another_client(pipe: &Path) -> UnixStream {
    loop {
        let mut client = UnixStream::connect(pipe).await.unwrap();
        let asked = client.write_all(b"pop-event\n").await;
        let mut answer = [0; 64];
        if asked.is_ok() && client.read(&mut answer).await.is_ok_and(|length| length > 0) {
            return client;
        }
    }
}

fn pipe() -> (tempfile::TempDir, std::path::PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("linphone");
    (folder, pipe)
}

#[tokio::test]
async fn calls_are_heard_from_their_begin_to_their_end() {
    use CallState::{Connected, Dialling, Held, Ringing};
    let (_folder, pipe) = pipe();
    let daemon = Daemon::start(&pipe);
    let mut desk = Desk::start(&pipe);
    desk.is_up(&[]).await;
    for (word, expected) in [
        ("IncomingReceived", Ringing),
        ("StreamsRunning", Connected),
        ("Paused", Held),
    ] {
        daemon.call(1, word);
        desk.hears("1", Some(expected)).await;
    }
    // Another one meanwhile; what is told of its sound and twice over says nothing.
    daemon.call(2, "OutgoingInit");
    daemon.call(2, "OutgoingRinging");
    daemon.statistics(2);
    daemon.call(2, "Connected");
    daemon.call(2, "StreamsRunning");
    desk.hears("2", Some(Dialling)).await;
    desk.hears("2", Some(Connected)).await;
    for (number, id) in [(2, "2"), (1, "1")] {
        daemon.call(number, "End");
        daemon.call(number, "Released");
        desk.hears(id, None).await;
    }
    daemon.call(3, "OutgoingInit");
    desk.hears("3", Some(Dialling)).await;
    daemon.call(3, "Error");
    desk.hears("3", None).await;
}

#[tokio::test]
async fn a_call_that_was_up_before_counts_and_ends() {
    use CallState::{Connected, Held, Ringing};
    let (_folder, pipe) = pipe();
    let daemon = Daemon::start(&pipe);
    daemon.call(7, "StreamsRunning");
    daemon.inside.lock().unwrap().events.clear();
    let mut desk = Desk::start(&pipe);
    desk.is_up(&[("current", Connected)]).await;
    daemon.call(8, "IncomingReceived");
    desk.hears("8", Some(Ringing)).await;
    daemon.call(8, "End");
    daemon.call(8, "Released");
    desk.hears("8", None).await;
    daemon.call(7, "Paused");
    desk.hears("current", Some(Held)).await;
    desk.handle.commands.send(LineCommand::Resync).unwrap();
    desk.lists(&[("current", Held)]).await;
    daemon.call(7, "Released");
    desk.hears("current", None).await;
}

#[tokio::test]
async fn asked_anew_it_says_how_every_call_stands() {
    use CallState::{Connected, Held};
    let (_folder, pipe) = pipe();
    let daemon = Daemon::start(&pipe);
    let mut desk = Desk::start(&pipe);
    desk.is_up(&[]).await;
    for number in [1, 2] {
        daemon.call(number, "StreamsRunning");
        desk.hears(&number.to_string(), Some(Connected)).await;
    }
    {
        // What was never told.
        let mut inside = daemon.inside.lock().unwrap();
        inside.calls.remove(&1);
        inside.calls.insert(2, "Paused");
        inside.current = None;
    }
    desk.handle.commands.send(LineCommand::Resync).unwrap();
    desk.lists(&[("2", Held)]).await;
}

#[tokio::test]
async fn a_daemon_that_is_not_there_or_has_another_client_is_said_once_and_waited_for() {
    let (_folder, pipe) = pipe();
    let mut desk = Desk::start(&pipe);
    let LineEvent::Down(fault) = desk.next().await else {
        panic!("down")
    };
    assert_eq!(fault.code, Code::LinphoneUnreachable);
    assert_eq!(fault.detail, Some(pipe.display().to_string()));
    let daemon = Daemon::start(&pipe);
    desk.is_up(&[]).await;
    daemon.inside.lock().unwrap().odd = true;
    assert!(
        matches!(desk.next().await, LineEvent::Down(_)),
        "something else answers"
    );
    daemon.inside.lock().unwrap().odd = false;
    desk.is_up(&[]).await;
    drop(desk);

    let other = another_client(&pipe).await;
    let mut desk = Desk::start(&pipe);
    assert!(
        matches!(desk.next().await, LineEvent::Down(_)),
        "the pipe is taken"
    );
    drop(other);
    desk.is_up(&[]).await;
}
