//! The connection: connect, listen, and after its end wait and connect again. The box is never sent anything.

use super::calls::Calls;
use super::message::{self, Odd};
use super::{FritzboxConfig, SOURCE};
use crate::backoff::Backoff;
use crate::lines::{keep_alive, rest};
use crate::port::{LineCommand, LineEvents};
use crate::wire;
use bytes::BytesMut;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{LineEvent, SourceId};
use std::io::ErrorKind;
use std::time::Duration;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, timeout};

/// No line is anywhere near as long.
const LONGEST: usize = 1024;
/// A connection that lasted this long was a good one: the pace starts anew.
const LASTED: Duration = Duration::from_secs(10);

#[derive(Debug, Clone)]
pub(super) struct Pace {
    /// For a connection.
    pub connect: Duration,
    pub again: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            again: Backoff::connection(),
        }
    }
}

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The driver is gone.
    Stopped,
    NotConnected,
    /// The host is there and takes nobody at this port: the call monitor is off.
    Refused,
    Closed,
    /// Something else speaks there.
    NotUnderstood,
}

pub(super) async fn run(
    config: FritzboxConfig,
    mut pace: Pace,
    events: LineEvents,
    mut commands: UnboundedReceiver<LineCommand>,
) {
    let mut calls = Calls::new(config.own.clone());
    let mut last_told = None;
    loop {
        let mut session = Session {
            events: &events,
            calls: &mut calls,
            address: &config.address,
            up: false,
            understood: false,
            complained: false,
        };
        let began = Instant::now();
        let end = session.run(pace.connect, &mut commands).await;
        let code = match end {
            End::Stopped => return,
            End::Refused => Code::FritzboxMonitorOff,
            End::NotConnected | End::Closed => Code::FritzboxUnreachable,
            End::NotUnderstood => Code::FritzboxNotUnderstood,
        };
        if session.up {
            last_told = None;
        }
        if session.understood || began.elapsed() >= LASTED {
            pace.again.reset();
        }
        let wait = pace.again.wait();
        tracing::debug!(source = SOURCE, ?end, ?wait, "no connection");
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

struct Session<'a> {
    events: &'a LineEvents,
    calls: &'a mut Calls,
    address: &'a str,
    up: bool,
    understood: bool,
    complained: bool,
}

impl Session<'_> {
    async fn run(&mut self, connect: Duration, commands: &mut UnboundedReceiver<LineCommand>) -> End {
        let mut stream = match timeout(connect, TcpStream::connect(self.address)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) if error.kind() == ErrorKind::ConnectionRefused => return End::Refused,
            Ok(Err(_)) | Err(_) => return End::NotConnected,
        };
        keep_alive(&stream);
        self.calls.on_reconnect();
        self.up = true;
        // The box says nothing until there is a call, and never what was before.
        tell(self.events, LineEvent::Up { resyncs: false });
        tell(self.events, LineEvent::Reset);
        let mut buffer = BytesMut::new();
        loop {
            tokio::select! {
                read = stream.read_buf(&mut buffer) => match read {
                    Ok(0) | Err(_) => return End::Closed,
                    Ok(_) => {
                        if let Err(end) = self.on_bytes(&mut buffer) {
                            return end;
                        }
                    }
                },
                command = commands.recv() => match command {
                    Some(LineCommand::Resync) => {}
                    None => return End::Stopped,
                },
            }
        }
    }

    fn on_bytes(&mut self, buffer: &mut BytesMut) -> Result<(), End> {
        while let Some(line) = take(buffer).map_err(|TooLong| End::NotUnderstood)? {
            self.on_line(&String::from_utf8_lossy(&line))?;
        }
        Ok(())
    }

    fn on_line(&mut self, line: &str) -> Result<(), End> {
        if line.trim().is_empty() {
            return Ok(());
        }
        wire::heard(SOURCE, message::kind(line), line.len());
        match message::parse(line) {
            Ok(message) => {
                self.understood = true;
                for event in self.calls.on_message(&message) {
                    tell(self.events, event);
                }
            }
            Err(Odd::UnknownEvent) => {
                self.understood = true;
                tracing::debug!(source = SOURCE, "an event of another kind");
            }
            Err(Odd::Malformed) if !self.understood => return Err(End::NotUnderstood),
            Err(Odd::Malformed) => {
                tracing::debug!(source = SOURCE, "line dropped");
                if !self.complained {
                    self.complained = true;
                    let fault = Fault::new(FaultKind::Unreachable, Code::FritzboxNotUnderstood);
                    tell(self.events, LineEvent::Trouble(fault.about(self.address)));
                }
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TooLong;

/// The next whole line, without its end.
///
/// # Errors
/// When what has come is longer than a line can be.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<BytesMut>, TooLong> {
    match buffer.iter().position(|byte| *byte == b'\n') {
        Some(at) if at > LONGEST => Err(TooLong),
        Some(at) => {
            let mut line = buffer.split_to(at + 1);
            line.truncate(at);
            Ok(Some(line))
        }
        None if buffer.len() > LONGEST => Err(TooLong),
        None => Ok(None),
    }
}
