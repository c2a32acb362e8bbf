//! SIP as a call source: the calls of the person's own extension by its dialog subscription, beside a phone system that
//! tells of none (facts/asterisk.md section 4). It is [`crate::phones::sip`] with nothing but the calls.

use crate::phones::probe::Finding;
use crate::phones::sip::{self, SipConfig};
use crate::port::{LineCommand, LineEvents, LineHandle, PhoneCommand, PhoneEvent};
use offhook_engine::fault::{Code, Fault};
use offhook_engine::line::{LineEvent, SourceId};
use secrecy::SecretString;
use tokio::sync::mpsc;

pub const SOURCE: &str = "sip";

/// Starts the source on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: SipConfig, password: SecretString, events: LineEvents) -> LineHandle {
    let (commands, inbox) = mpsc::unbounded_channel();
    let task = tokio::spawn(run(config, password, events, inbox));
    LineHandle { commands, task }
}

async fn run(
    config: SipConfig,
    password: SecretString,
    events: LineEvents,
    mut inbox: mpsc::UnboundedReceiver<LineCommand>,
) {
    let (told, mut heard) = mpsc::unbounded_channel();
    // Ends with this task.
    let account = sip::spawn(config.calls_only(), password, told);
    let mut told_down: Option<Fault> = None;
    loop {
        let event = tokio::select! {
            command = inbox.recv() => match command {
                Some(LineCommand::Resync) => {
                    let Ok(()) = account.commands.send(PhoneCommand::Read) else { return };
                    continue;
                }
                None => return,
            },
            event = heard.recv() => event,
        };
        let line = match event {
            None => return,
            Some(PhoneEvent::Line(LineEvent::Down(fault))) => LineEvent::Down(own(fault)),
            Some(PhoneEvent::Line(event)) => event,
            Some(PhoneEvent::Down(fault)) => LineEvent::Down(own(fault)),
            // Of an account that is asked for calls alone the rest says nothing.
            Some(
                PhoneEvent::Up { .. }
                | PhoneEvent::Seen(_)
                | PhoneEvent::Written { .. }
                | PhoneEvent::ReadFailed(_)
                | PhoneEvent::Secret(_)
                | PhoneEvent::Prepared(_),
            ) => continue,
        };
        match &line {
            // Said once: a repetition would be no news.
            LineEvent::Down(fault) if told_down.as_ref() == Some(fault) => continue,
            LineEvent::Down(fault) => told_down = Some(fault.clone()),
            LineEvent::Up { .. } => told_down = None,
            LineEvent::Snapshot(_)
            | LineEvent::Call { .. }
            | LineEvent::Ended { .. }
            | LineEvent::Heartbeat { .. }
            | LineEvent::Reset
            | LineEvent::Dnd { .. }
            | LineEvent::Trouble(_) => {}
        }
        if events.send((SourceId::new(SOURCE), line)).is_err() {
            return;
        }
    }
}

/// What only the phone page could mend of a phone system, the page of the call sources mends here.
fn own(fault: Fault) -> Fault {
    let own = [
        (Code::PhoneWrongPassword, Code::SipWrongPassword),
        (Code::PhoneNotUnderstood, Code::SipNotUnderstood),
    ];
    let code = own.iter().find(|(of_phone, _)| *of_phone == fault.code);
    Fault {
        code: code.map_or(fault.code, |(_, own)| *own),
        ..fault
    }
}

/// The same for what a test finds.
pub fn told(finding: Finding) -> Finding {
    Finding {
        outcome: finding.outcome.map_err(own),
        ..finding
    }
}
