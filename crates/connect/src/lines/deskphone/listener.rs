//! The door in the local network: open, listen, and when it could not be opened, try again.
//!
//! Answers, all empty: 200 taken; 400 not understood; 403 not from a local network; 404 no such place; 405, 413, 414, 429.

use super::calls::Calls;
use super::event::{self, Malformed, Report};
use super::{DeskphoneConfig, Phone, SOURCE, guard, poly};
use crate::backoff::Backoff;
use crate::lines::door::{self, Bounds};
use crate::lines::hook::limits::Limits;
use crate::lines::rest;
use crate::port::{LineCommand, LineEvents};
use http::{Method, Request, StatusCode};
use hyper::body::Incoming;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{LineEvent, SourceId};
use secrecy::SecretString;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;

const BOUNDS: Bounds = Bounds {
    name: "desk phones",
    life: Duration::from_secs(10),
    headers: 48,
};
/// Troubles of one kind with one phone are told at most this often.
const NOTICE_PACE: Duration = Duration::from_secs(60);

#[derive(Debug, Clone)]
pub(super) struct Pace {
    pub again: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            again: Backoff::connection(),
        }
    }
}

/// Where the door is, once it is open: for tests, which have the system choose the port.
pub(super) type Opened = Arc<watch::Sender<Option<SocketAddr>>>;

pub(super) async fn run(
    config: DeskphoneConfig,
    mut pace: Pace,
    events: LineEvents,
    mut commands: UnboundedReceiver<LineCommand>,
    opened: Opened,
) {
    let mut said = false;
    loop {
        match open(&config).await {
            Ok((door, house)) => {
                opened.send_replace(door.local_addr().ok());
                let house = Arc::new(house.telling(events.clone()));
                house.tell(LineEvent::Up { resyncs: false });
                let taking = door::accept(vec![door], BOUNDS, |stream, from| {
                    serve(stream, from.ip(), house.clone())
                });
                tokio::select! {
                    () = taking => {}
                    () = until_gone(&mut commands) => return,
                }
            }
            Err(why) => {
                tracing::debug!(source = SOURCE, why, "not opened");
                if !std::mem::replace(&mut said, true) {
                    let fault = Fault::new(FaultKind::Rejected, Code::DeskphoneNotOpened);
                    let down = LineEvent::Down(fault.about(&config.address));
                    let _ = events.send((SourceId::new(SOURCE), down));
                }
            }
        }
        if !rest(pace.again.wait(), &mut commands).await {
            return;
        }
    }
}

async fn until_gone(commands: &mut UnboundedReceiver<LineCommand>) {
    while let Some(LineCommand::Resync) = commands.recv().await {}
}

async fn open(config: &DeskphoneConfig) -> Result<(TcpListener, Unheard), String> {
    let address: SocketAddr = config.address.parse().map_err(|_| "no address".to_owned())?;
    let phones = config.tokens().map_err(|error| error.to_string())?;
    let mut salt = [0; 16];
    getrandom::fill(&mut salt).map_err(|error| error.to_string())?;
    let door = TcpListener::bind(address)
        .await
        .map_err(|error| error.to_string())?;
    Ok((door, Unheard { phones, salt }))
}

struct Unheard {
    phones: Vec<(Phone, SecretString)>,
    salt: [u8; 16],
}

impl Unheard {
    fn telling(self, events: LineEvents) -> House {
        House {
            phones: self.phones,
            events,
            state: Mutex::new(State {
                calls: Calls::new(self.salt),
                limits: Limits::default(),
                noticed: HashMap::new(),
            }),
        }
    }
}

struct House {
    phones: Vec<(Phone, SecretString)>,
    events: LineEvents,
    state: Mutex<State>,
}

struct State {
    calls: Calls,
    limits: Limits,
    noticed: HashMap<(Code, String), Instant>,
}

impl House {
    fn tell(&self, event: LineEvent) {
        // Fails only when the driver has ended, and then nobody is interested.
        let _ = self.events.send((SourceId::new(SOURCE), event));
    }

    /// Whether the phone may speak now.
    fn admits(&self, phone: &Phone) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let admitted = state
            .limits
            .admit(&SourceId::new(phone.name.as_str()), now)
            .is_ok();
        if !admitted {
            self.notice(&mut state, Code::DeskphoneFlood, phone, now);
        }
        admitted
    }

    fn take(&self, phone: &Phone, report: Result<Report, Malformed>) -> StatusCode {
        // The lock is held while telling, so that events of one call stay in order.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match report {
            Ok(report) => {
                for event in state.calls.on_report(&phone.name, &report) {
                    self.tell(event);
                }
                StatusCode::OK
            }
            Err(Malformed) => {
                self.notice(&mut state, Code::DeskphoneNotUnderstood, phone, Instant::now());
                StatusCode::BAD_REQUEST
            }
        }
    }

    fn notice(&self, state: &mut State, code: Code, phone: &Phone, now: Instant) {
        let last = state.noticed.get(&(code, phone.name.clone()));
        if last.is_none_or(|last| now.duration_since(*last) >= NOTICE_PACE) {
            state.noticed.insert((code, phone.name.clone()), now);
            self.tell(LineEvent::Trouble(
                Fault::new(FaultKind::Rejected, code).about(&phone.name),
            ));
        }
    }
}

async fn serve(stream: TcpStream, from: IpAddr, house: Arc<House>) {
    let answer = |request| {
        let house = house.clone();
        async move { door::bare(answer(request, from, &house).await) }
    };
    door::serve(stream, BOUNDS, answer).await;
}

async fn answer(request: Request<Incoming>, from: IpAddr, house: &House) -> StatusCode {
    let (head, body) = request.into_parts();
    let phone = match guard::check(&head, from, &house.phones) {
        Ok(phone) => phone,
        Err(status) => return status,
    };
    if !house.admits(phone) {
        return StatusCode::TOO_MANY_REQUESTS;
    }
    if head.method == Method::GET {
        return house.take(phone, event::of_query(head.uri.query().unwrap_or_default()));
    }
    match door::body(body, guard::MAX_BODY).await {
        Ok(body) => house.take(phone, poly::of_xml(&body)),
        Err(status) => status,
    }
}
