//! The calls that are up, and which of them are the person's. Pure.

use super::message::{Event, Message};
use offhook_engine::line::{CallId, CallState, LineEvent};
use std::collections::BTreeMap;
use std::fmt;

/// A box has far fewer lines.
const MOST: usize = 64;

/// Which of the box's calls are the person's: those that pass both lists. An empty list lets everything pass.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Own {
    /// Numbers of the box, as its call monitor writes them.
    pub numbers: Vec<String>,
    /// Phones of the box by their number in its call monitor.
    pub extensions: Vec<String>,
}

/// Numbers are personal.
impl fmt::Debug for Own {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Own")
            .field("numbers", &self.numbers.len())
            .field("extensions", &self.extensions.len())
            .finish()
    }
}

impl Own {
    /// `None`: the box has not said it. Of a call whose beginning was missed, nobody knows which number it is for.
    fn has(&self, number: Option<&str>, extension: Extension<'_>) -> bool {
        let number_fits = self.numbers.is_empty()
            || number.is_some_and(|number| self.numbers.iter().any(|own| own == number));
        let extension_fits = match extension {
            // Which phones ring is not told: any of them may be the person's.
            Extension::NotYet => true,
            Extension::Is(extension) => {
                self.extensions.is_empty() || self.extensions.iter().any(|own| own == extension)
            }
        };
        number_fits && extension_fits
    }
}

#[derive(Clone, Copy)]
enum Extension<'a> {
    NotYet,
    Is(&'a str),
}

#[derive(Debug)]
struct Known {
    id: CallId,
    /// The box's number.
    number: Option<String>,
    /// The driver has heard of it.
    told: bool,
}

#[derive(Debug, Default)]
pub(super) struct Calls {
    own: Own,
    known: BTreeMap<u32, Known>,
    /// Connection numbers come again: each call gets a name of its own.
    count: u64,
}

impl Calls {
    pub(super) fn new(own: Own) -> Self {
        Self {
            own,
            ..Self::default()
        }
    }

    /// What a new connection has missed is never told.
    pub(super) fn on_reconnect(&mut self) {
        self.known.clear();
    }

    /// What the driver is to hear of it.
    pub(super) fn on_message(&mut self, message: &Message) -> Vec<LineEvent> {
        let connection = message.connection;
        let mut told = Vec::new();
        match &message.event {
            Event::Ring { local } => {
                told.extend(self.end(connection));
                let is_own = self.own.has(Some(local.reveal()), Extension::NotYet);
                told.extend(self.begin(connection, Some(local.reveal()), is_own, CallState::Ringing));
            }
            Event::Call { extension, local } => {
                told.extend(self.end(connection));
                let is_own = self.own.has(Some(local.reveal()), Extension::Is(extension));
                told.extend(self.begin(connection, Some(local.reveal()), is_own, CallState::Dialling));
            }
            Event::Connect { extension } => {
                let number = self
                    .known
                    .get(&connection)
                    .and_then(|known| known.number.as_deref());
                let is_own = self.own.has(number, Extension::Is(extension));
                match self.known.get_mut(&connection) {
                    // A colleague's phone has taken the call.
                    Some(known) if !is_own => {
                        if std::mem::take(&mut known.told) {
                            let id = known.id.clone();
                            told.push(LineEvent::Ended { id });
                        }
                    }
                    Some(known) => {
                        known.told = true;
                        told.push(LineEvent::Call {
                            id: known.id.clone(),
                            state: CallState::Connected,
                        });
                    }
                    None => told.extend(self.begin(connection, None, is_own, CallState::Connected)),
                }
            }
            Event::Disconnect => told.extend(self.end(connection)),
        }
        told
    }

    fn begin(
        &mut self,
        connection: u32,
        number: Option<&str>,
        is_own: bool,
        state: CallState,
    ) -> Option<LineEvent> {
        if self.known.len() >= MOST {
            return None;
        }
        self.count += 1;
        let id = CallId::new(format!("{connection}-{}", self.count));
        let known = Known {
            id: id.clone(),
            number: number.map(str::to_owned),
            told: is_own,
        };
        self.known.insert(connection, known);
        is_own.then_some(LineEvent::Call { id, state })
    }

    fn end(&mut self, connection: u32) -> Option<LineEvent> {
        let known = self.known.remove(&connection)?;
        known.told.then_some(LineEvent::Ended { id: known.id })
    }
}
