//! What the task of every adapter does: signs in, serves until the connection ends, and tries again by the one pace.

use super::net::NetError;
use crate::backoff::Backoff;
use crate::clock::Alarm;
use crate::port::{PhoneCommand, PhoneEvent, PhoneEvents, PhoneHandle};
use offhook_engine::fault::Fault;
use offhook_engine::phone::FieldValue;
use std::fmt::Display;
use std::future::Future;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::time::{Instant, sleep_until};
use tracing::{debug, info};

/// A connection that lasted this long was a good one: the pace starts anew.
const LASTED: Duration = Duration::from_secs(10);

/// The inbox is closed or nobody listens: the program ends.
#[derive(Debug)]
pub(super) struct Over;

/// The desk's end: what it asks, and where it hears.
#[derive(Debug)]
pub(super) struct Desk {
    pub inbox: UnboundedReceiver<PhoneCommand>,
    pub events: PhoneEvents,
}

/// One phone system, as [`run`] needs it.
pub(super) trait Adapter {
    type Session: Send;
    type Error: Send;

    /// Signs in. May be given up at any time.
    fn open(
        &mut self,
        events: PhoneEvents,
    ) -> impl Future<Output = Result<Self::Session, Self::Error>> + Send;

    /// Until the connection ends, and why it did.
    fn serve(
        &mut self,
        session: Self::Session,
        desk: &mut Desk,
    ) -> impl Future<Output = Result<Self::Error, Over>> + Send;

    fn fault(error: &Self::Error) -> Fault;

    /// What only a person can mend: it is tried rarely, so that no account is locked out.
    fn waits_for_person(&mut self, error: &Self::Error) -> bool;
}

/// Starts it on the current runtime. It ends when the handle is dropped or nobody listens any more.
///
/// # Panics
/// Outside a tokio runtime.
pub(super) fn spawn<A>(adapter: A, host: &str, events: PhoneEvents) -> PhoneHandle
where
    A: Adapter + Send + 'static,
{
    let (commands, inbox) = mpsc::unbounded_channel();
    let host = host.to_owned();
    let task = tokio::spawn(async move { run(adapter, &host, inbox, events).await });
    PhoneHandle { commands, task }
}

async fn run<A: Adapter>(
    mut adapter: A,
    host: &str,
    inbox: UnboundedReceiver<PhoneCommand>,
    events: PhoneEvents,
) {
    let mut desk = Desk { inbox, events };
    // Why there is no connection.
    let mut fault = NetError::Lost(host.to_owned()).fault();
    let mut pace = Backoff::connection();
    let mut rarely = Backoff::refused();
    loop {
        let (error, lasted) = match desk.open(&mut adapter, &fault).await {
            Err(Over) => return,
            Ok(Err(error)) => (error, Duration::ZERO),
            Ok(Ok(session)) => {
                rarely.reset();
                let since = Instant::now();
                let Ok(error) = adapter.serve(session, &mut desk).await else {
                    return;
                };
                (error, since.elapsed())
            }
        };
        if lasted >= LASTED {
            pace.reset();
        }
        fault = A::fault(&error);
        info!(code = ?fault.code, "no connection to the phone system");
        if desk.events.send(PhoneEvent::Down(fault.clone())).is_err() {
            return;
        }
        let is_refused = adapter.waits_for_person(&error);
        let wait = if is_refused { rarely.wait() } else { pace.wait() };
        let Ok(()) = desk.wait(wait, is_refused, &fault).await else {
            return;
        };
    }
}

impl Desk {
    /// Meanwhile commands are refused.
    async fn open<A: Adapter>(
        &mut self,
        adapter: &mut A,
        fault: &Fault,
    ) -> Result<Result<A::Session, A::Error>, Over> {
        let mut opening = Box::pin(adapter.open(self.events.clone()));
        loop {
            tokio::select! {
                opened = &mut opening => return Ok(opened),
                command = self.inbox.recv() => refuse(&command.ok_or(Over)?, fault, &self.events),
            }
        }
    }

    /// Between two tries. Being asked for a reading is a reason to try now, for instance after a sleep; only what a
    /// person has to mend is not tried sooner.
    async fn wait(&mut self, wait: Duration, is_refused: bool, fault: &Fault) -> Result<(), Over> {
        let until = Instant::now() + wait;
        loop {
            tokio::select! {
                () = sleep_until(until) => return Ok(()),
                () = self.events.closed() => return Err(Over),
                command = self.inbox.recv() => {
                    let command = command.ok_or(Over)?;
                    if command == PhoneCommand::Read && !is_refused {
                        return Ok(());
                    }
                    refuse(&command, fault, &self.events);
                }
            }
        }
    }
}

/// A signed-in connection, as reading and writing on command need it.
pub(super) trait Fields: Send {
    type Error: Display + Send;

    /// Every readable field, and the calls told.
    fn read_all(&mut self) -> impl Future<Output = Result<Vec<FieldValue>, Self::Error>> + Send;

    /// Writes one field and waits until it shows.
    fn write(&mut self, value: &FieldValue) -> impl Future<Output = Result<(), Self::Error>> + Send;

    /// What shows after that write: the field, and what shares its place with it.
    fn after(&self, value: &FieldValue) -> Vec<FieldValue>;

    /// Says what can be done, if that is new.
    fn tell_up(&mut self);

    fn tell(&self, event: PhoneEvent);

    fn fault(error: &Self::Error) -> Fault;

    fn ends_connection(error: &Self::Error) -> bool;
}

/// Serves a connection on which nothing comes by itself: everything is read at this pace and when asked. A reading that
/// fails without ending the connection is told.
pub(super) async fn serve_polled<F: Fields>(
    session: &mut F,
    desk: &mut Desk,
    every: Duration,
    alarm: &Alarm,
) -> Result<F::Error, Over> {
    let mut outcome = read_all(session).await;
    let mut read_at = Instant::now();
    loop {
        match outcome {
            Ok(()) => {}
            Err(error) if F::ends_connection(&error) => return Ok(error),
            Err(error) => session.tell(PhoneEvent::ReadFailed(F::fault(&error))),
        }
        let wait = (read_at + every).saturating_duration_since(Instant::now());
        outcome = tokio::select! {
            biased;
            command = desk.inbox.recv() => match command.ok_or(Over)? {
                PhoneCommand::Read => {
                    read_at = Instant::now();
                    read_all(session).await
                }
                PhoneCommand::Write(value) => write(session, &value).await,
            },
            () = alarm.ring(Some(wait)) => {
                read_at = Instant::now();
                read_all(session).await
            }
            () = desk.events.closed() => return Err(Over),
        };
    }
}

pub(super) async fn read_all<F: Fields>(session: &mut F) -> Result<(), F::Error> {
    let values = session.read_all().await?;
    session.tell_up();
    // An account that can read nothing has answered too.
    session.tell(PhoneEvent::Seen(values));
    Ok(())
}

/// One write with its read-back: what is there now is told in any case, and then how it went.
pub(super) async fn write<F: Fields>(session: &mut F, value: &FieldValue) -> Result<(), F::Error> {
    let field = value.field();
    let told = |outcome: Result<(), Fault>| PhoneEvent::Written { field, outcome };
    match session.write(value).await {
        Ok(()) => {
            debug!(?field, "written");
            session.tell(PhoneEvent::Seen(session.after(value)));
            session.tell(told(Ok(())));
            Ok(())
        }
        Err(error) if F::ends_connection(&error) => {
            session.tell(told(Err(F::fault(&error))));
            Err(error)
        }
        Err(error) => {
            debug!(?field, %error, "not written");
            let seen = read_all(session).await;
            session.tell(told(Err(F::fault(&error))));
            seen
        }
    }
}

fn refuse(command: &PhoneCommand, fault: &Fault, events: &PhoneEvents) {
    let event = match command {
        PhoneCommand::Write(value) => PhoneEvent::Written {
            field: value.field(),
            outcome: Err(fault.clone()),
        },
        PhoneCommand::Read => PhoneEvent::Down(fault.clone()),
    };
    // Nobody listens any more when the program ends.
    let _nobody = events.send(event);
}
