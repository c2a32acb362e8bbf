//! A line of Windows' telephony (TAPI) as the phone system: its calls, and with the drivers that can do it do not disturb
//! and the forward of all calls. A thread of its own asks TAPI (`offhook-tapi`).

use crate::lines::tapi::{OFFERED, pace};
use crate::phones::ConfigError;
use crate::phones::probe::{Finding, Step};
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents, PhoneHandle};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::FieldValue;
use offhook_tapi::phone::{Phone, PhoneNews};
use offhook_tapi::windows::{System, Waker};
use offhook_tapi::{PermanentId, Watch};
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use tokio::time::timeout;

/// For a written value to show.
const CONFIRM: Duration = Duration::from_secs(5);
/// For a test to find the line.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapiPhoneConfig {
    /// `None`: the only line there is.
    pub line: Option<PermanentId>,
}

impl TapiPhoneConfig {
    /// # Errors
    /// The setting, where it is no number.
    pub fn parse(line: &str) -> Result<Self, ConfigError> {
        let line = Some(line.trim()).filter(|line| !line.is_empty());
        let line = line.map(|line| {
            PermanentId::parse(line).ok_or_else(|| ConfigError::new("line", "it is no number of a line"))
        });
        Ok(Self {
            line: line.transpose()?,
        })
    }
}

/// The thread's end of its handle: as long as this lives, so does the thread.
struct Asking {
    asks: Option<Sender<PhoneCommand>>,
    waker: Waker,
}

impl Drop for Asking {
    fn drop(&mut self) {
        self.asks = None;
        self.waker.wake();
    }
}

/// Starts the adapter. It ends when the handle is dropped or nobody listens any more.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: TapiPhoneConfig, events: PhoneEvents) -> PhoneHandle {
    let (commands, mut inbox) = mpsc::unbounded_channel();
    let asking = start(&config, events.clone());
    let task = tokio::spawn(async move {
        let asking = match asking {
            Ok(asking) => asking,
            Err(error) => {
                tracing::warn!(%error, "no thread for the telephony");
                let fault = Fault::new(FaultKind::Unreachable, Code::TapiBroken).about("TAPI");
                let _ended = events.send(PhoneEvent::Down(fault));
                return;
            }
        };
        loop {
            tokio::select! {
                () = events.closed() => return,
                command = inbox.recv() => {
                    let Some(command) = command else { return };
                    if let Some(asks) = &asking.asks {
                        let _ended = asks.send(command);
                    }
                    asking.waker.wake();
                }
            }
        }
    });
    PhoneHandle { commands, task }
}

fn start(config: &TapiPhoneConfig, events: PhoneEvents) -> std::io::Result<Asking> {
    let system = System::new()?;
    let waker = system.waker();
    let (asks, asked) = channel();
    let chosen = config.line.into_iter().collect();
    std::thread::Builder::new()
        .name("tapi-phone".into())
        .spawn(move || {
            let watch = Watch::new(system, chosen, pace(), Instant::now());
            Phone::new(watch, CONFIRM).run(
                |phone| serve(phone, &asked),
                |news| {
                    if let Some(event) = event(news) {
                        // The driver's end comes to us as the end of the commands.
                        let _ended = events.send(event);
                    }
                },
            );
        })?;
    Ok(Asking {
        asks: Some(asks),
        waker,
    })
}

/// `false`: nobody listens any more.
fn serve(phone: &mut Phone<System>, asked: &Receiver<PhoneCommand>) -> bool {
    loop {
        match asked.try_recv() {
            Ok(PhoneCommand::Read) => phone.read(Instant::now()),
            Ok(PhoneCommand::Write(value)) => phone.write(value),
            Err(TryRecvError::Empty) => return true,
            Err(TryRecvError::Disconnected) => return false,
        }
    }
}

fn event(news: PhoneNews) -> Option<PhoneEvent> {
    Some(match news {
        PhoneNews::Up { identity, abilities } => PhoneEvent::Up { identity, abilities },
        PhoneNews::Seen(values) => PhoneEvent::Seen(values),
        PhoneNews::Written { field, outcome } => PhoneEvent::Written { field, outcome },
        PhoneNews::ReadFailed(fault) => PhoneEvent::ReadFailed(fault),
        PhoneNews::Line(event) => PhoneEvent::Line(event),
        PhoneNews::Down(fault) => PhoneEvent::Down(fault),
        PhoneNews::Offered(offered) => {
            OFFERED.send_replace(offered);
            return None;
        }
    })
}

/// Opens the line, reads what is set on it, and changes nothing.
pub async fn test_step_by_step(config: &TapiPhoneConfig, mut tell: impl FnMut(Finding)) {
    let (events, mut heard) = mpsc::unbounded_channel();
    let _running = spawn(config.clone(), events);
    let mut found = |step, outcome: Result<&str, Fault>| {
        tell(Finding {
            step,
            outcome: outcome.map(str::to_owned),
        });
    };
    let looked = timeout(LIMIT, async {
        let mut can = None;
        loop {
            match heard.recv().await {
                Some(PhoneEvent::Up { abilities, .. }) => can = Some(abilities),
                Some(PhoneEvent::Seen(values)) => return Ok((can.unwrap_or_default(), values)),
                Some(PhoneEvent::Down(fault) | PhoneEvent::ReadFailed(fault)) => return Err(fault),
                Some(
                    PhoneEvent::Written { .. }
                    | PhoneEvent::Line(_)
                    | PhoneEvent::Secret(_)
                    | PhoneEvent::Prepared(_),
                ) => {}
                None => return Err(Fault::new(FaultKind::Unreachable, Code::TapiBroken).about("TAPI")),
            }
        }
    });
    let late = |_elapsed| Err(Fault::new(FaultKind::Unreachable, Code::TapiBroken).about("TAPI"));
    let (can, values) = match looked.await.unwrap_or_else(late) {
        Ok(seen) => seen,
        Err(fault) => return found(Step::Extension, Err(fault)),
    };
    found(Step::Extension, Ok(""));
    let cannot = || Err(Fault::new(FaultKind::Rejected, Code::TapiCannot));
    match values.iter().find(|value| matches!(value, FieldValue::Dnd(_))) {
        Some(dnd) => {
            let word = if *dnd == FieldValue::Dnd(true) {
                "on"
            } else {
                "off"
            };
            found(Step::DndRead, Ok(word));
            found(Step::DndWrite, Ok("offered"));
        }
        None => found(Step::DndRead, cannot()),
    }
    let forward = values
        .iter()
        .find(|value| matches!(value, FieldValue::Forward(_)));
    match forward {
        Some(forward) => {
            let word = if *forward == FieldValue::Forward(None) {
                "line-off"
            } else {
                "line-on"
            };
            found(Step::Forward, Ok(word));
        }
        None => found(Step::Forward, cannot()),
    }
    found(Step::Calls, Ok(if can.calls { "events" } else { "none" }));
}
