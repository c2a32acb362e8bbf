//! The pipe. The daemon tells nothing by itself: it keeps events until somebody asks.

use super::message::{self, Answer, Number, State};
use super::{LinphoneConfig, SOURCE};
use crate::backoff::Backoff;
use crate::lines::rest;
use crate::port::{LineCommand, LineEvents};
use crate::wire;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use std::collections::BTreeMap;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{sleep, timeout};

/// Calls of one person.
pub(super) const MOST: usize = 64;
/// More than the daemon itself reads or writes at once.
const LARGEST: usize = 32 * 1024;
/// The call that was up when we came, whose number nobody tells.
const NAMELESS: &str = "current";

#[derive(Debug, Clone)]
pub(super) struct Pace {
    pub again: Backoff,
    /// Between two questions while there is no call, and while there is one.
    pub idle: Duration,
    pub busy: Duration,
    /// For an answer.
    pub answer: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            again: Backoff::connection(),
            idle: Duration::from_secs(1),
            busy: Duration::from_millis(250),
            answer: Duration::from_secs(5),
        }
    }
}

pub(super) async fn run(
    config: LinphoneConfig,
    mut pace: Pace,
    events: LineEvents,
    mut commands: UnboundedReceiver<LineCommand>,
) {
    let mut told = false;
    let mut known = Known::default();
    loop {
        let mut heard = false;
        match session(&config, &pace, &events, &mut commands, &mut known, &mut heard).await {
            Ok(()) => return,
            Err(error) => tracing::debug!(source = SOURCE, %error, "the pipe"),
        }
        if heard {
            pace.again.reset();
            told = false;
        }
        if !std::mem::replace(&mut told, true) {
            let fault = Fault::new(FaultKind::Unreachable, Code::LinphoneUnreachable)
                .about(config.pipe.display().to_string());
            tell(&events, LineEvent::Down(fault));
        }
        if !rest(pace.again.wait(), &mut commands).await {
            return;
        }
    }
}

fn tell(events: &LineEvents, event: LineEvent) {
    // The driver's end comes to us as the end of the commands.
    let _ = events.send((SourceId::new(SOURCE), event));
}

/// The calls that are up.
#[derive(Debug, Default)]
pub(super) struct Known {
    calls: BTreeMap<Number, CallState>,
    nameless: Option<CallState>,
    /// The first that began since we came: the daemon counts upwards.
    first: Option<Number>,
}

impl Known {
    fn is_empty(&self) -> bool {
        self.calls.is_empty() && self.nameless.is_none()
    }

    pub(super) fn list(&self) -> Vec<(CallId, CallState)> {
        let calls = self.calls.iter().map(|(number, state)| (id(*number), *state));
        let nameless = self.nameless.map(|state| (CallId::new(NAMELESS), state));
        calls.chain(nameless).collect()
    }

    /// What an event says.
    pub(super) fn take(&mut self, number: Number, word: &str) -> Option<LineEvent> {
        if message::begins(word) {
            self.first = Some(self.first.map_or(number, |first| first.min(number)));
        }
        // A call that is first heard of in its middle is the one that was up before.
        let is_older = self.first.is_none_or(|first| number < first);
        let is_nameless = self.nameless.is_some() && is_older && !self.calls.contains_key(&number);
        match message::state(word) {
            State::Unknown => None,
            State::Over if is_nameless => {
                self.nameless = None;
                let id = CallId::new(NAMELESS);
                Some(LineEvent::Ended { id })
            }
            State::Over => {
                let id = id(number);
                self.calls.remove(&number).map(|_state| LineEvent::Ended { id })
            }
            State::Up(state) if is_nameless => {
                self.nameless = Some(state);
                let id = CallId::new(NAMELESS);
                Some(LineEvent::Call { id, state })
            }
            State::Up(state) => {
                let known = self.calls.get(&number);
                if known == Some(&state) || known.is_none() && self.calls.len() >= MOST {
                    return None;
                }
                self.calls.insert(number, state);
                let id = id(number);
                Some(LineEvent::Call { id, state })
            }
        }
    }
}

fn id(number: Number) -> CallId {
    CallId::new(number.to_string())
}

/// `Ok`: the driver is gone.
async fn session(
    config: &LinphoneConfig,
    pace: &Pace,
    events: &LineEvents,
    commands: &mut UnboundedReceiver<LineCommand>,
    known: &mut Known,
    heard: &mut bool,
) -> io::Result<()> {
    let stream = timeout(pace.answer, UnixStream::connect(&config.pipe)).await??;
    let mut pipe = Pipe {
        stream,
        limit: pace.answer,
    };
    // The calls of a daemon that was started anew have the numbers of others before.
    known.first = None;
    pipe.look(known).await?;
    *heard = true;
    tell(events, LineEvent::Up { resyncs: true });
    tell(events, LineEvent::Snapshot(known.list()));
    loop {
        let answer = pipe.ask("pop-event").await?;
        let Some(left) = answer.left else {
            return Err(io::ErrorKind::InvalidData.into());
        };
        if let Some((number, word)) = &answer.event
            && let Some(event) = known.take(*number, word)
        {
            tell(events, event);
        }
        if left > 0 {
            continue;
        }
        let wait = if known.is_empty() { pace.idle } else { pace.busy };
        tokio::select! {
            () = sleep(wait) => {}
            command = commands.recv() => match command {
                Some(LineCommand::Resync) => {
                    pipe.look(known).await?;
                    tell(events, LineEvent::Snapshot(known.list()));
                }
                None => return Ok(()),
            },
        }
    }
}

struct Pipe {
    stream: UnixStream,
    limit: Duration,
}

impl Pipe {
    /// The daemon writes each answer at once, and without an end of its own: what comes at once is one answer.
    async fn ask(&mut self, command: &str) -> io::Result<Answer> {
        let exchange = async {
            let kind = command.split(' ').next().unwrap_or_default();
            wire::sent(SOURCE, kind, command.len() + 1);
            self.stream.write_all(format!("{command}\n").as_bytes()).await?;
            let mut answer = vec![0; LARGEST];
            let length = self.stream.read(&mut answer).await?;
            // It closes at once where somebody else is connected already.
            if length == 0 {
                return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
            }
            answer.truncate(length);
            wire::heard(SOURCE, "answer", length);
            message::parse(&String::from_utf8_lossy(&answer))
                .ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))
        };
        timeout(self.limit, exchange).await?
    }

    /// How the known calls stand, and the current one, which may be another.
    async fn look(&mut self, known: &mut Known) -> io::Result<()> {
        for number in known.calls.keys().copied().collect::<Vec<_>>() {
            match self.stands(&format!("call-status {number}")).await? {
                Some(state) => known.calls.insert(number, state),
                None => known.calls.remove(&number),
            };
        }
        let current = self.stands("call-status").await?;
        let is_known = current.is_some_and(|state| known.calls.values().any(|other| *other == state));
        // A held one is not the current one.
        if !is_known && (current.is_some() || known.nameless != Some(CallState::Held)) {
            known.nameless = current;
        }
        Ok(())
    }

    /// `None`: it is over, or there is none.
    async fn stands(&mut self, question: &str) -> io::Result<Option<CallState>> {
        let answer = self.ask(question).await?;
        Ok(match answer.state.as_deref().map(message::state) {
            Some(State::Up(state)) if answer.is_ok => Some(state),
            Some(State::Up(_) | State::Over | State::Unknown) | None => None,
        })
    }
}

#[cfg(test)]
mod unit_tests {
    use super::*;

    #[test]
    fn of_as_many_calls_as_are_known_each_is_still_heard() {
        let mut known = Known::default();
        for number in 0..=64 {
            let told = known.take(number, "LinphoneCallIncomingReceived");
            assert_eq!(told.is_some(), number < 64, "{number}");
        }
        let told = known.take(3, "LinphoneCallConnected");
        let state = CallState::Connected;
        assert_eq!(told, Some(LineEvent::Call { id: id(3), state }));
    }
}
