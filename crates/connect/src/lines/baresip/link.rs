//! The connection: connect, ask for the calls, listen, and after its end wait and connect again.
//!
//! While no call is up nothing wakes us but baresip itself: the kernel's keepalive notices a host that has gone.
//! While one is up the list is asked for now and then, so that a phone that hangs does not keep a call for ever.

use super::calls::Calls;
use super::message::{Event, Kind, Message, Response};
use super::{BaresipConfig, SOURCE, list, message, netstring};
use crate::backoff::Backoff;
use crate::lines::{keep_alive, rest};
use crate::port::{LineCommand, LineEvents};
use crate::wire;
use bytes::BytesMut;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{LineEvent, SourceId};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until, timeout};

/// All the waits of a link.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// For a connection and for each response.
    pub answer: Duration,
    /// From the sign that media is negotiated to the question whether that was a hold.
    pub settle: Duration,
    /// Between lists while a call is up.
    pub look: Duration,
    /// Losing the connection twice within this means that somebody else wants it.
    pub rivalry: Duration,
    pub again: Backoff,
    /// Each try pushes the other controller out: rarely.
    pub taken: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            answer: Duration::from_secs(5),
            settle: Duration::from_millis(100),
            look: Duration::from_secs(60),
            rivalry: Duration::from_secs(60),
            again: Backoff::connection(),
            taken: Backoff::new(Duration::from_secs(20), Duration::from_secs(600)),
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The driver is gone.
    Stopped,
    /// There was none.
    NotConnected,
    /// Closed by the other side: pushed out by another client, or baresip was killed.
    Closed,
    /// baresip said that it ends.
    Left,
    /// Frames that are none, or an answer to nothing of ours: something else listens there.
    NotUnderstood,
    /// A command was not answered.
    Silent,
}

pub(super) async fn run(
    config: BaresipConfig,
    mut pace: Pace,
    events: LineEvents,
    mut commands: UnboundedReceiver<LineCommand>,
) {
    let mut calls = Calls::new();
    let mut rival = Rival::default();
    let mut last_told = None;
    loop {
        calls.on_reconnect();
        let mut session = Session::new(&pace, &events, &mut calls);
        let connected = Instant::now();
        let end = session.run(&config.address, &mut commands).await;
        let was_up = session.up;
        if was_up {
            last_told = None;
            pace.again.reset();
        }
        let taken = rival.on_end(end, connected, pace.rivalry);
        if !taken {
            pace.taken.reset();
        }
        let code = match end {
            End::Stopped => return,
            End::Closed if taken => Code::BaresipTaken,
            End::NotConnected | End::Closed | End::Left | End::Silent => Code::BaresipUnreachable,
            End::NotUnderstood => Code::BaresipNotUnderstood,
        };
        let wait = if code == Code::BaresipTaken {
            pace.taken.wait()
        } else {
            pace.again.wait()
        };
        tracing::debug!(source = SOURCE, ?end, ?code, ?wait, "no connection");
        // Said once: a repetition would be no news.
        if last_told != Some(code) {
            last_told = Some(code);
            let fault = Fault::new(FaultKind::Unreachable, code).about(&config.address);
            tell(&events, LineEvent::Down(fault));
        }
        if !rest(wait, &mut commands).await {
            return;
        }
    }
}

fn tell(events: &LineEvents, event: LineEvent) {
    // The driver's end comes to us as the end of the commands.
    let _ = events.send((SourceId::new(SOURCE), event));
}

/// Whether another client wants the one place there is.
#[derive(Debug, Default)]
struct Rival {
    pushed: Option<Instant>,
    known: bool,
}

impl Rival {
    fn on_end(&mut self, end: End, connected: Instant, rivalry: Duration) -> bool {
        let now = Instant::now();
        match end {
            End::Closed => {
                let again = self.pushed.is_some_and(|before| now - before < rivalry);
                let still = self.known && now - connected < rivalry;
                self.pushed = Some(now);
                self.known = again || still;
            }
            // Nobody listens, so nobody pushed us out: baresip itself went.
            End::NotConnected | End::Left => *self = Self::default(),
            End::Stopped | End::NotUnderstood | End::Silent => {}
        }
        self.known
    }
}

/// A question that was asked.
#[derive(Debug)]
struct Asked {
    token: String,
    until: Instant,
    /// Whether the driver is to get all calls, or only what changed.
    snapshot: bool,
}

/// One connection.
#[derive(Debug)]
struct Session<'a> {
    pace: &'a Pace,
    events: &'a LineEvents,
    calls: &'a mut Calls,
    up: bool,
    leaving: bool,
    /// `listcalls` is there and understood.
    lists: bool,
    complained: bool,
    asked: Option<Asked>,
    asked_before: u32,
    settle: Option<Instant>,
    look: Option<Instant>,
}

impl<'a> Session<'a> {
    fn new(pace: &'a Pace, events: &'a LineEvents, calls: &'a mut Calls) -> Self {
        Self {
            pace,
            events,
            calls,
            up: false,
            leaving: false,
            lists: true,
            complained: false,
            asked: None,
            asked_before: 0,
            settle: None,
            look: None,
        }
    }

    async fn run(&mut self, address: &str, commands: &mut UnboundedReceiver<LineCommand>) -> End {
        let Ok(Ok(mut stream)) = timeout(self.pace.answer, TcpStream::connect(address)).await else {
            return End::NotConnected;
        };
        keep_alive(&stream);
        if let Err(end) = self.ask(&mut stream, true).await {
            return end;
        }
        let mut buffer = BytesMut::new();
        loop {
            let due = self.due();
            let step = tokio::select! {
                read = stream.read_buf(&mut buffer) => match read {
                    Ok(0) | Err(_) if self.leaving => Err(End::Left),
                    Ok(0) | Err(_) => Err(End::Closed),
                    Ok(_) => self.on_bytes(&mut buffer),
                },
                command = commands.recv() => match command {
                    Some(LineCommand::Resync) => self.on_resync(&mut stream).await,
                    None => Err(End::Stopped),
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.on_due(&mut stream).await
                }
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// When something is to be done without anything having come.
    fn due(&self) -> Option<Instant> {
        match &self.asked {
            Some(asked) => Some(asked.until),
            None => [self.settle, self.look].into_iter().flatten().min(),
        }
    }

    async fn on_due(&mut self, stream: &mut TcpStream) -> Result<(), End> {
        match (&self.asked, self.up) {
            (Some(_), true) => Err(End::Silent),
            (Some(_), false) => Err(End::NotUnderstood),
            (None, _) => self.ask(stream, false).await,
        }
    }

    async fn on_resync(&mut self, stream: &mut TcpStream) -> Result<(), End> {
        match &mut self.asked {
            // What comes is as new as what would be asked for now: all events up to it are known.
            Some(asked) => {
                asked.snapshot = true;
                Ok(())
            }
            None => self.ask(stream, true).await,
        }
    }

    async fn ask(&mut self, stream: &mut TcpStream, snapshot: bool) -> Result<(), End> {
        self.settle = None;
        self.look = None;
        if !self.lists {
            return Ok(());
        }
        self.asked_before += 1;
        let token = format!("offhook-{}", self.asked_before);
        let command = netstring::frame(&message::list_calls(&token));
        self.asked = Some(Asked {
            token,
            until: Instant::now() + self.pace.answer,
            snapshot,
        });
        wire::sent(SOURCE, "listcalls", command.len());
        match timeout(self.pace.answer, stream.write_all(&command)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Closed),
            Err(_) => Err(End::Silent),
        }
    }

    fn on_bytes(&mut self, buffer: &mut BytesMut) -> Result<(), End> {
        loop {
            match netstring::take(buffer) {
                Ok(Some(frame)) => self.on_frame(&frame)?,
                Ok(None) => return Ok(()),
                Err(error) => {
                    tracing::debug!(source = SOURCE, %error, "frames lost");
                    return Err(End::NotUnderstood);
                }
            }
        }
    }

    fn on_frame(&mut self, frame: &[u8]) -> Result<(), End> {
        let text = std::str::from_utf8(frame).unwrap_or_default();
        wire::heard(SOURCE, wire::Member(text, "type"), frame.len());
        match message::parse(frame) {
            Ok(Message::Event(event)) => self.on_event(&event),
            Ok(Message::Response(response)) => self.on_response(&response),
            Ok(Message::Other) => self.on_up(true),
            Err(_) if !self.up => return Err(End::NotUnderstood),
            Err(error) => {
                tracing::debug!(source = SOURCE, %error, "frame dropped");
                self.complain();
                // It may have been the end of a call.
                self.settle_soon();
            }
        }
        Ok(())
    }

    fn on_event(&mut self, event: &Event) {
        self.on_up(true);
        match event.kind {
            // Our own hold has no event: it shows in the list alone.
            Kind::Media => self.settle_soon(),
            Kind::Gone => self.leaving = true,
            Kind::Registered | Kind::NotRegistered => {
                tracing::debug!(source = SOURCE, kind = ?event.kind, "registration");
            }
            Kind::Incoming
            | Kind::Outgoing
            | Kind::Proceeding
            | Kind::Talking
            | Kind::HeldByPeer
            | Kind::ResumedByPeer
            | Kind::Closed
            | Kind::Other => {}
        }
        if let Some(told) = self.calls.on_event(event) {
            tell(self.events, told);
        }
        self.plan_look();
    }

    fn on_response(&mut self, response: &Response) {
        let ours = |asked: &mut Asked| response.token.as_deref() == Some(&asked.token);
        let Some(asked) = self.asked.take_if(ours) else {
            return self.on_up(true);
        };
        let list = if response.ok {
            list::parse(&response.data).ok()
        } else {
            None
        };
        self.on_up(list.is_some());
        let Some(list) = list else {
            // Without the module `menu` there are events, but no lists.
            self.lists = false;
            return self.complain();
        };
        let changes = self.calls.on_list(&list);
        if asked.snapshot {
            tell(self.events, LineEvent::Snapshot(self.calls.snapshot()));
        } else {
            changes.into_iter().for_each(|change| tell(self.events, change));
        }
        self.plan_look();
    }

    /// The first thing understood shows that it is baresip.
    fn on_up(&mut self, resyncs: bool) {
        if !self.up {
            self.up = true;
            tell(self.events, LineEvent::Up { resyncs });
        }
    }

    fn complain(&mut self) {
        if !self.complained {
            self.complained = true;
            let fault = Fault::new(FaultKind::Unreachable, Code::BaresipNotUnderstood).about("listcalls");
            tell(self.events, LineEvent::Trouble(fault));
        }
    }

    fn settle_soon(&mut self) {
        if self.lists && self.settle.is_none() {
            self.settle = Some(Instant::now() + self.pace.settle);
        }
    }

    fn plan_look(&mut self) {
        self.look = match self.look {
            _ if self.calls.is_empty() || !self.lists => None,
            Some(look) => Some(look),
            None => Some(Instant::now() + self.pace.look),
        };
    }
}
