//! The calls and the do not disturb of each phone. Pure.

use super::event::{Name, Report, What};
use offhook_engine::line::{CallId, CallState, LineEvent};
use sha2::Digest as _;
use std::collections::{BTreeMap, BTreeSet};

/// Calls of one phone at once; the oldest makes room, since its end was missed.
const MOST: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Calls {
    /// New in every run, so that a call's name says nothing about its number.
    salt: [u8; 16],
    phones: BTreeMap<String, Up>,
}

/// What is up at one phone, the oldest first.
#[derive(Debug, Default)]
struct Up {
    calls: Vec<(CallId, CallState)>,
    dnd: bool,
}

impl Calls {
    pub(super) fn new(salt: [u8; 16]) -> Self {
        Self {
            salt,
            phones: BTreeMap::new(),
        }
    }

    /// What the driver is to hear of it.
    pub(super) fn on_report(&mut self, phone: &str, report: &Report) -> Vec<LineEvent> {
        let named = self.named(phone, &report.call);
        let unnamed = self.unnamed(phone);
        let dnd_before = self.any_dnd();
        let up = self.up(phone);
        let mut told = Vec::new();
        match report.what {
            What::State(state) => {
                let id = match named {
                    Some(id) => {
                        // It began without a name.
                        if up.has(&unnamed) && !up.has(&id) {
                            told.extend(up.end(&unnamed));
                        }
                        id
                    }
                    None => up.meant(&unnamed).unwrap_or(unnamed),
                };
                told.extend(up.set(id, state));
            }
            What::Ended => {
                let ended = match named {
                    Some(id) if up.has(&id) => Some(id),
                    Some(_) => Some(unnamed),
                    None => up.meant(&unnamed),
                };
                told.extend(ended.and_then(|id| up.end(&id)));
            }
            What::Idle => told.extend(up.end_all()),
            What::Dnd(on) => up.dnd = on,
            What::Nothing => {}
        }
        let ends = match report.what {
            What::Ended | What::Idle => true,
            What::State(_) | What::Dnd(_) | What::Nothing => false,
        };
        // The phone counts its calls: what it does not have any more is over.
        if ends && report.ongoing == Some(0) {
            told.extend(up.end_all());
        }
        let dnd = self.any_dnd();
        if dnd != dnd_before {
            told.push(LineEvent::Dnd { on: dnd });
        }
        told
    }

    fn any_dnd(&self) -> bool {
        self.phones.values().any(|up| up.dnd)
    }

    fn up(&mut self, phone: &str) -> &mut Up {
        self.phones.entry(phone.to_owned()).or_default()
    }

    /// The name of the call, without anything of what the phone calls it.
    fn named(&self, phone: &str, call: &Name) -> Option<CallId> {
        match call {
            Name::Id(id) => Some(self.hash(phone, b"id", id.reveal())),
            Name::Number(number) => Some(self.hash(phone, b"number", number.reveal())),
            Name::Unsaid => None,
        }
    }

    /// The one call of the phone that has no name.
    fn unnamed(&self, phone: &str) -> CallId {
        self.hash(phone, b"unnamed", "")
    }

    fn hash(&self, phone: &str, kind: &[u8], name: &str) -> CallId {
        let digest = sha2::Sha256::new()
            .chain_update(self.salt)
            .chain_update(phone)
            .chain_update([0])
            .chain_update(kind)
            .chain_update([0])
            .chain_update(name)
            .finalize();
        CallId::new(
            digest
                .iter()
                .take(6)
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>(),
        )
    }
}

impl Up {
    fn has(&self, id: &CallId) -> bool {
        self.calls.iter().any(|(other, _)| other == id)
    }

    /// Which call a phone means that names none: the unnamed one, else the only one.
    fn meant(&self, unnamed: &CallId) -> Option<CallId> {
        match self.calls.as_slice() {
            _ if self.has(unnamed) => Some(unnamed.clone()),
            [(only, _)] => Some(only.clone()),
            _ => None,
        }
    }

    fn set(&mut self, id: CallId, state: CallState) -> Vec<LineEvent> {
        let mut told = Vec::new();
        match self.calls.iter_mut().find(|(other, _)| *other == id) {
            Some((_, before)) => *before = state,
            None => {
                if self.calls.len() >= MOST {
                    let (oldest, _) = self.calls.remove(0);
                    told.push(LineEvent::Ended { id: oldest });
                }
                self.calls.push((id.clone(), state));
            }
        }
        told.push(LineEvent::Call { id, state });
        told
    }

    fn end(&mut self, id: &CallId) -> Option<LineEvent> {
        let at = self.calls.iter().position(|(other, _)| other == id)?;
        let (id, _) = self.calls.remove(at);
        Some(LineEvent::Ended { id })
    }

    fn end_all(&mut self) -> Vec<LineEvent> {
        let ended: BTreeSet<CallId> = self.calls.drain(..).map(|(id, _)| id).collect();
        ended.into_iter().map(|id| LineEvent::Ended { id }).collect()
    }
}
