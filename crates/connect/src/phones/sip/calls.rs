//! Dialogs to calls; pure.
//!
//! A server that lists real dialogs is taken at its word. Asterisk has one stand-in for its extension, which is
//! "confirmed" while dialling, in a call, on hold, and by do not disturb where the hint has it (facts/asterisk.md
//! section 0). So of a stand-in
//! - what follows ringing is a call at once, anything else counts as dialling first and as a call after
//!   [`DIALLING`]: until then what else it may be has shown itself;
//! - nothing is a call while do not disturb is on: one that goes on meanwhile can't be seen, and its end neither;
//! - nothing new is a call while a feature code of ours is being dialled.

use super::dialog_info::{Dialog, DialogInfo, Direction, Phase};
use offhook_engine::line::{CallId, CallState, LineEvent};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// A feature code that the person dials is over by then.
pub const DIALLING: Duration = Duration::from_secs(4);

/// The calls of one subscription.
#[derive(Debug, Default)]
pub struct Calls {
    /// By the dialog's id.
    known: BTreeMap<String, Known>,
    version: Option<u64>,
    /// Do not disturb, where it can be watched.
    dnd: bool,
    /// A feature code of ours is being dialled, or was a moment ago.
    is_quiet: bool,
    /// The dialogs of our own calls, by their Call-ID.
    own: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Known {
    is_bare: bool,
    /// `None`: it is up and no call, as far as can be told.
    state: Option<CallState>,
    /// When a stand-in that may be dialling becomes a call.
    call_at: Option<Instant>,
}

/// What a notification brought.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Heard {
    pub events: Vec<LineEvent>,
    /// One was missed: the whole list is wanted.
    pub gap: bool,
}

impl Calls {
    /// `dnd`: we have switched do not disturb on, as far as we know.
    pub fn new(dnd: bool) -> Self {
        Self {
            dnd,
            ..Self::default()
        }
    }

    pub fn handle(&mut self, info: DialogInfo, now: Instant) -> Heard {
        let first = self.version.is_none();
        if let Some(version) = self.version {
            // Asterisk repeats a version when it is asked again. A full list with a lower one begins anew.
            if info.version < version && !info.is_full {
                return Heard::default();
            }
            if !info.is_full && info.version > version + 1 {
                return Heard {
                    events: Vec::new(),
                    gap: true,
                };
            }
        } else if !info.is_full {
            return Heard {
                events: Vec::new(),
                gap: true,
            };
        }
        self.version = Some(info.version);
        let before = self.known.clone();
        if info.is_full {
            self.known
                .retain(|id, _| info.dialogs.iter().any(|dialog| dialog.id == *id));
        }
        for dialog in info.dialogs {
            if dialog.phase == Phase::Terminated || self.is_own(&dialog) {
                self.known.remove(&dialog.id);
                continue;
            }
            let known = self.known.get(&dialog.id).copied();
            let next = if dialog.is_bare() || known.is_some_and(|known| known.is_bare) {
                self.bare(dialog.phase, known, first, now)
            } else {
                real(&dialog, known)
            };
            self.known.insert(dialog.id, next);
        }
        Heard {
            events: differences(&before, &self.known),
            gap: false,
        }
    }

    fn is_own(&self, dialog: &Dialog) -> bool {
        self.own.is_some() && dialog.call_id == self.own
    }

    fn bare(&self, phase: Phase, known: Option<Known>, first: bool, now: Instant) -> Known {
        let of = |state, call_at| Known {
            is_bare: true,
            state,
            call_at,
        };
        let state = known.and_then(|known| known.state);
        match (phase, state) {
            (Phase::Early | Phase::Trying, None | Some(CallState::Ringing | CallState::Dialling)) => {
                of(Some(CallState::Ringing), None)
            }
            // A second call rings.
            (
                Phase::Early | Phase::Trying,
                Some(state @ (CallState::Connected | CallState::Held | CallState::Conference)),
            ) => of(Some(state), None),
            (Phase::Confirmed, _) if self.dnd => of(None, None),
            (Phase::Confirmed, Some(CallState::Dialling)) => {
                of(Some(CallState::Dialling), known.and_then(|known| known.call_at))
            }
            (
                Phase::Confirmed,
                Some(CallState::Ringing | CallState::Connected | CallState::Held | CallState::Conference),
            ) => of(Some(CallState::Connected), None),
            (Phase::Confirmed, None) if self.is_quiet => of(None, None),
            (Phase::Confirmed, None) if first => of(Some(CallState::Connected), None),
            (Phase::Confirmed, None) => of(Some(CallState::Dialling), Some(now + DIALLING)),
            (Phase::Terminated, _) => of(None, None),
        }
    }

    /// Do not disturb is on, or is not.
    pub fn set_dnd(&mut self, on: bool, now: Instant) -> Vec<LineEvent> {
        self.dnd = on;
        self.judge_anew(now)
    }

    /// We begin to dial a feature code, with this Call-ID; `None`: it has been over for a while.
    pub fn set_own(&mut self, call_id: Option<String>, now: Instant) -> Vec<LineEvent> {
        self.is_quiet = call_id.is_some();
        self.own = call_id;
        self.judge_anew(now)
    }

    fn judge_anew(&mut self, now: Instant) -> Vec<LineEvent> {
        let before = self.known.clone();
        let (dnd, is_quiet) = (self.dnd, self.is_quiet);
        for known in self.known.values_mut().filter(|known| known.is_bare) {
            match known.state {
                // While it rings do not disturb was not on.
                Some(CallState::Ringing) => {}
                Some(_) if dnd => (known.state, known.call_at) = (None, None),
                None if !dnd && !is_quiet => {
                    (known.state, known.call_at) = (Some(CallState::Dialling), Some(now + DIALLING));
                }
                Some(_) | None => {}
            }
        }
        differences(&before, &self.known)
    }

    /// When something happens by itself.
    pub fn due(&self) -> Option<Instant> {
        self.known.values().filter_map(|known| known.call_at).min()
    }

    pub fn on_due(&mut self, now: Instant) -> Vec<LineEvent> {
        let before = self.known.clone();
        for known in self.known.values_mut() {
            if known.call_at.is_some_and(|at| at <= now) {
                (known.state, known.call_at) = (Some(CallState::Connected), None);
            }
        }
        differences(&before, &self.known)
    }

    pub fn snapshot(&self) -> Vec<(CallId, CallState)> {
        let calls = self.known.iter();
        calls
            .filter_map(|(id, known)| Some((call_id(id), known.state?)))
            .collect()
    }

    /// A new subscription counts anew.
    pub fn begin_anew(&mut self) {
        self.version = None;
    }
}

fn real(dialog: &Dialog, known: Option<Known>) -> Known {
    let began_here = dialog.direction == Some(Direction::Initiator);
    let state = match dialog.phase {
        Phase::Trying | Phase::Early if began_here => Some(CallState::Dialling),
        Phase::Trying | Phase::Early => Some(CallState::Ringing),
        Phase::Confirmed if dialog.is_held => Some(CallState::Held),
        Phase::Confirmed => Some(CallState::Connected),
        Phase::Terminated => known.and_then(|known| known.state),
    };
    Known {
        // Asterisk names the other while it rings, and nobody afterwards: the same stand-in.
        is_bare: dialog.call_id.is_none() && known.is_some_and(|known| known.is_bare),
        state,
        call_at: None,
    }
}

fn differences(before: &BTreeMap<String, Known>, after: &BTreeMap<String, Known>) -> Vec<LineEvent> {
    let state = |calls: &BTreeMap<String, Known>, id: &str| calls.get(id).and_then(|known| known.state);
    let ended = before
        .iter()
        .filter(|(id, known)| known.state.is_some() && state(after, id).is_none())
        .map(|(id, _)| LineEvent::Ended { id: call_id(id) });
    let changed = after.iter().filter_map(|(id, known)| {
        let now = known.state?;
        (state(before, id) != Some(now)).then(|| LineEvent::Call {
            id: call_id(id),
            state: now,
        })
    });
    ended.chain(changed).collect()
}

/// A name that says nothing: the dialog's own may be the extension.
fn call_id(id: &str) -> CallId {
    let digest = Sha256::digest(format!("offhook call {id}"));
    let hex: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    CallId::new(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bare(phase: Phase) -> Dialog {
        Dialog {
            id: "1001".into(),
            call_id: None,
            phase,
            direction: None,
            is_held: false,
            has_remote: false,
        }
    }

    fn ringing() -> Dialog {
        Dialog {
            direction: Some(Direction::Recipient),
            has_remote: true,
            ..bare(Phase::Early)
        }
    }

    fn full(version: u64, dialogs: Vec<Dialog>) -> DialogInfo {
        DialogInfo {
            version,
            is_full: true,
            dialogs,
        }
    }

    fn states(events: &[LineEvent]) -> String {
        let words = events.iter().map(|event| match event {
            LineEvent::Call { state, .. } => format!("{state:?}"),
            LineEvent::Ended { .. } => "Ended".to_owned(),
            LineEvent::Up { .. }
            | LineEvent::Snapshot(_)
            | LineEvent::Heartbeat { .. }
            | LineEvent::Reset
            | LineEvent::Down(_)
            | LineEvent::Dnd { .. }
            | LineEvent::Trouble(_) => "?".to_owned(),
        });
        words.collect::<Vec<_>>().join(" ")
    }

    fn idle() -> Calls {
        let mut calls = Calls::default();
        calls.handle(full(0, vec![bare(Phase::Terminated)]), Instant::now());
        calls
    }

    #[test]
    fn an_answered_call_of_asterisk_counts_at_once() {
        let (mut calls, now) = (idle(), Instant::now());
        let mut hear = |version, dialog| states(&calls.handle(full(version, vec![dialog]), now).events);
        assert_eq!(hear(1, ringing()), "Ringing");
        assert_eq!(hear(2, bare(Phase::Confirmed)), "Connected");
        assert_eq!(hear(2, bare(Phase::Confirmed)), "", "the same again on a refresh");
        assert_eq!(hear(3, ringing()), "", "a second one rings");
        assert_eq!(hear(4, bare(Phase::Confirmed)), "");
        assert_eq!(hear(5, bare(Phase::Terminated)), "Ended");
    }

    #[test]
    fn one_that_was_not_heard_to_ring_counts_as_dialling_first() {
        let (mut calls, now) = (idle(), Instant::now());
        let heard = calls.handle(full(1, vec![bare(Phase::Confirmed)]), now);
        assert_eq!(states(&heard.events), "Dialling");
        assert_eq!(calls.due(), Some(now + DIALLING));
        assert_eq!(states(&calls.on_due(now + DIALLING)), "Connected");
        assert_eq!(calls.due(), None);
    }

    #[test]
    fn one_that_is_up_already_is_in_the_first_list() {
        let mut calls = Calls::default();
        let heard = calls.handle(full(3, vec![bare(Phase::Confirmed)]), Instant::now());
        assert_eq!(states(&heard.events), "Connected");
        assert_eq!(calls.snapshot().len(), 1);
        assert!(!format!("{:?}", calls.snapshot()).contains("1001"));
    }

    /// facts/asterisk.md section 0: do not disturb looks like a call.
    #[test]
    fn do_not_disturb_is_no_call_in_whatever_order_it_is_told() {
        let now = Instant::now();
        let mut calls = idle();
        assert_eq!(states(&calls.set_dnd(true, now)), "");
        let heard = calls.handle(full(1, vec![bare(Phase::Confirmed)]), now);
        assert_eq!(states(&heard.events), "");
        assert_eq!(calls.snapshot(), []);
        // The hint follows a moment later.
        assert_eq!(states(&calls.set_dnd(false, now)), "Dialling");
        let heard = calls.handle(full(2, vec![bare(Phase::Terminated)]), now);
        assert_eq!(states(&heard.events), "Ended");

        let mut calls = idle();
        calls.handle(full(1, vec![bare(Phase::Confirmed)]), now);
        assert_eq!(states(&calls.set_dnd(true, now)), "Ended");
        assert_eq!(calls.due(), None);

        let mut calls = Calls::default();
        calls.set_dnd(true, now);
        calls.handle(full(0, vec![bare(Phase::Confirmed)]), now);
        assert_eq!(calls.snapshot(), []);
    }

    #[test]
    fn our_own_feature_code_is_no_call() {
        let now = Instant::now();
        let mut calls = idle();
        calls.set_own(Some("own".into()), now);
        let heard = calls.handle(full(1, vec![bare(Phase::Confirmed)]), now);
        assert_eq!(states(&heard.events), "");
        // A call that rings meanwhile is one.
        let heard = calls.handle(full(2, vec![ringing()]), now);
        assert_eq!(states(&heard.events), "Ringing");
        let heard = calls.handle(full(3, vec![bare(Phase::Terminated)]), now);
        assert_eq!(states(&heard.events), "Ended");
        assert_eq!(states(&calls.set_own(None, now)), "");
        // What goes on after it is one, too.
        calls.set_own(Some("own".into()), now);
        calls.handle(full(4, vec![bare(Phase::Confirmed)]), now);
        assert_eq!(states(&calls.set_own(None, now)), "Dialling");
    }

    fn one(id: &str, phase: Phase, direction: Direction) -> Dialog {
        Dialog {
            id: id.into(),
            call_id: Some(format!("{id}@x")),
            direction: Some(direction),
            has_remote: true,
            ..bare(phase)
        }
    }

    #[test]
    fn real_dialogs_are_taken_at_their_word() {
        let now = Instant::now();
        let mut calls = Calls::default();
        let mut hear = |version, is_full, dialogs| {
            let heard = calls.handle(
                DialogInfo {
                    version,
                    is_full,
                    dialogs,
                },
                now,
            );
            if heard.gap {
                "gap".to_owned()
            } else {
                states(&heard.events)
            }
        };
        let (out, into) = (Direction::Initiator, Direction::Recipient);
        assert_eq!(hear(3, false, vec![]), "gap", "the first list is a whole one");
        assert_eq!(hear(4, true, vec![one("a", Phase::Trying, out)]), "Dialling");
        assert_eq!(hear(5, false, vec![one("b", Phase::Early, into)]), "Ringing");
        assert_eq!(hear(6, false, vec![one("a", Phase::Confirmed, out)]), "Connected");
        let held = Dialog {
            is_held: true,
            ..one("a", Phase::Confirmed, out)
        };
        assert_eq!(hear(7, false, vec![held]), "Held");
        assert_eq!(
            hear(6, false, vec![one("a", Phase::Terminated, out)]),
            "",
            "an old one"
        );
        assert_eq!(hear(9, false, vec![]), "gap");
        assert_eq!(
            hear(9, true, vec![one("b", Phase::Confirmed, into)]),
            "Ended Connected"
        );
        assert_eq!(hear(10, true, vec![]), "Ended");
    }

    #[test]
    fn our_own_dialog_is_known_by_its_name() {
        let now = Instant::now();
        let mut calls = idle();
        calls.set_own(Some("a@x".into()), now);
        let dialogs = vec![
            one("a", Phase::Confirmed, Direction::Initiator),
            one("b", Phase::Confirmed, Direction::Recipient),
        ];
        assert_eq!(states(&calls.handle(full(1, dialogs), now).events), "Connected");
    }
}
