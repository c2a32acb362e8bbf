//! A running adapter, whichever it is, and what it tells.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::port::{PhoneCommand, PhoneEvent, PhoneEvents, PhoneHandle};
use offhook_engine::fault::Fault;
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{Abilities, FieldValue};
use secrecy::SecretString;
use tokio::sync::mpsc::{self, UnboundedReceiver};

pub const SOON: Duration = Duration::from_secs(20);

#[derive(Debug)]
pub struct Desk {
    pub handle: PhoneHandle,
    inbox: UnboundedReceiver<PhoneEvent>,
}

impl Desk {
    pub fn start(system: &PhoneSystem, secret: &str) -> Self {
        let (events, inbox): (PhoneEvents, _) = mpsc::unbounded_channel();
        let handle = system.spawn(SecretString::from(secret), events);
        Self { handle, inbox }
    }

    /// Signed in, and everything read once.
    pub async fn up(system: &PhoneSystem, secret: &str) -> Self {
        let mut desk = Self::start(system, secret);
        desk.any_reading().await;
        desk
    }

    /// The next event that is wanted; those before it are dropped.
    pub async fn next<T>(&mut self, what: &str, wanted: impl Fn(&PhoneEvent) -> Option<T>) -> T {
        let mut passed = Vec::new();
        let found = tokio::time::timeout(SOON, async {
            loop {
                let event = self.inbox.recv().await?;
                if let Some(found) = wanted(&event) {
                    return Some(found);
                }
                passed.push(event);
            }
        });
        match found.await {
            Ok(Some(found)) => found,
            Ok(None) | Err(_) => panic!("{what} was not told, but {passed:#?}"),
        }
    }

    /// Everything told up to now.
    pub fn so_far(&mut self) -> Vec<PhoneEvent> {
        std::iter::from_fn(|| self.inbox.try_recv().ok()).collect()
    }

    pub async fn any_reading(&mut self) {
        self.next("a reading", |event| {
            matches!(event, PhoneEvent::Seen(_)).then_some(())
        })
        .await;
    }

    pub async fn abilities(&mut self) -> Abilities {
        self.next("Up", |event| match event {
            PhoneEvent::Up { abilities, .. } => Some(*abilities),
            _ => None,
        })
        .await
    }

    pub async fn down(&mut self) -> Fault {
        self.next("Down", |event| match event {
            PhoneEvent::Down(fault) => Some(fault.clone()),
            _ => None,
        })
        .await
    }

    pub async fn write(&mut self, value: FieldValue) -> Result<(), Fault> {
        let field = value.field();
        self.handle.commands.send(PhoneCommand::Write(value)).unwrap();
        self.next("Written", |event| match event {
            PhoneEvent::Written {
                field: written,
                outcome,
            } if *written == field => Some(outcome.clone()),
            _ => None,
        })
        .await
    }

    pub async fn sees(&mut self, value: &FieldValue) {
        self.next(&format!("{value:?}"), |event| match event {
            PhoneEvent::Seen(values) => values.contains(value).then_some(()),
            _ => None,
        })
        .await;
    }

    pub async fn line(&mut self) -> LineEvent {
        self.next("a line event", |event| match event {
            PhoneEvent::Line(line) => Some(line.clone()),
            _ => None,
        })
        .await
    }

    pub async fn call(&mut self, wanted: CallState) -> CallId {
        self.next(&format!("a call that is {wanted:?}"), |event| match event {
            PhoneEvent::Line(LineEvent::Call { id, state }) if *state == wanted => Some(id.clone()),
            _ => None,
        })
        .await
    }

    pub async fn snapshot(&mut self) -> Vec<(CallId, CallState)> {
        self.next("a snapshot", |event| match event {
            PhoneEvent::Line(LineEvent::Snapshot(calls)) => Some(calls.clone()),
            _ => None,
        })
        .await
    }

    /// The phone system is there again: asks until it is signed in, and has read everything once. A command that meets
    /// a try under way is refused and has to be given again.
    pub async fn back(&mut self) {
        loop {
            self.read();
            let up = self.next("Up or Down", |event| match event {
                PhoneEvent::Up { .. } => Some(true),
                PhoneEvent::Down(_) => Some(false),
                _ => None,
            });
            if up.await {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        self.any_reading().await;
    }

    pub fn read(&self) {
        self.handle.commands.send(PhoneCommand::Read).unwrap();
    }
}
