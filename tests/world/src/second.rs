//! A second desk of the same person (R24): the real engine once more, with a ledger of its own, on the same account
//! and the same extension. To the first one its writes are another's.

use super::desk::{Desk, Event as DeskEvent, Request};
use super::graph::Who;
use super::program::{account, fault, phone_up};
use offhook_engine::fault::FaultKind;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::phone::{Field, FieldValue};
use offhook_engine::rules::{Role, Rules};
use offhook_engine::teams::SignIn;
use offhook_engine::{Effect, Engine, Input, Instant, Now};
use std::collections::BTreeSet;

#[derive(Debug, Default)]
pub struct Second {
    pub engine: Option<Engine>,
    ledger: Ledger,
    watches: bool,
    epoch: u64,
    in_flight: BTreeSet<&'static str>,
    /// When its rules last wanted a session.
    pub session_wanted_at: Option<Instant>,
}

#[derive(Debug, Clone)]
pub enum Event {
    Starts,
    Tell(u64, Input),
    Writes(u64, FieldValue),
    Reads(u64),
    ReadsTeams(u64),
    Call(Option<CallState>),
    Quits,
    Killed,
}

impl Second {
    pub fn due(&self, now: Now) -> Option<Instant> {
        let (at, _) = self.engine.as_ref()?.poll_timeout(now)?;
        Some(at)
    }
}

impl Desk {
    fn second_later(&mut self, seconds: f64, event: Event) {
        self.later(seconds, DeskEvent::Second(event));
    }

    fn second_tell(&mut self, seconds: f64, input: Input) {
        self.second_later(seconds, Event::Tell(self.second.epoch, input));
    }

    /// The person sits down at another desk for a while.
    pub fn second_desk(&mut self) {
        if self.second.engine.is_some() || !self.signed_in || self.expired {
            return;
        }
        self.second_later(0.0, Event::Starts);
        for _ in 0..2 {
            let at = self.chance.between(20.0, 900.0);
            let talks = self.chance.between(5.0, 500.0);
            self.second_later(at, Event::Call(Some(CallState::Connected)));
            self.second_later(at + talks, Event::Call(None));
        }
        let stays = self.chance.between(300.0, 2400.0);
        let end = if self.chance.hits(0.3) {
            Event::Killed
        } else {
            Event::Quits
        };
        self.second_later(stays, end);
    }

    pub fn second_happens(&mut self, event: Event) {
        match event {
            Event::Starts => self.second_starts(),
            Event::Tell(epoch, input) if epoch == self.second.epoch => self.second_input(input),
            Event::Writes(epoch, value) => {
                self.by_hand(value.clone());
                if epoch == self.second.epoch {
                    let (field, outcome) = (value.field(), Ok(()));
                    self.second_input(Input::PhoneWritten { field, outcome });
                }
            }
            Event::Reads(epoch) if epoch == self.second.epoch && self.phone_up => {
                self.second_input(Input::PhoneSeen(self.fields.values().cloned().collect()));
            }
            Event::ReadsTeams(epoch) if epoch == self.second.epoch => {
                self.graph.note(self.now.mono);
                let shows = self.graph.shows(self.now.mono).presence;
                self.second_input(Input::TeamsRead(Ok(shows)));
            }
            Event::Tell(..) | Event::Reads(_) | Event::ReadsTeams(_) => {}
            Event::Call(state) => {
                self.watch.change(self.now.mono);
                let id = CallId::new("s");
                let event = match state {
                    Some(state) => LineEvent::Call { id, state },
                    None => LineEvent::Ended { id },
                };
                self.second_input(Input::Line(SourceId::new("baresip"), event));
            }
            Event::Quits => self.second_input(Input::Quit),
            Event::Killed => {
                if self.second.engine.take().is_some() {
                    self.story.happens("a second desk is killed");
                    self.says(|| "the second desk is killed".into());
                    self.second.epoch += 1;
                }
            }
        }
    }

    fn second_starts(&mut self) {
        if self.second.engine.is_some() {
            return;
        }
        self.second.watches = self.chance.hits(0.4);
        let (role, kind) = if self.second.watches {
            (Role::Watch, "a watching desk")
        } else {
            (Role::Full, "a second desk")
        };
        self.story.happens(kind);
        self.says(|| format!("{kind} starts"));
        self.watch.change(self.now.mono);
        self.second.epoch += 1;
        self.second.in_flight.clear();
        let rules = Rules {
            role,
            working_hours: None,
            ..self.rules.clone()
        };
        // One that watches is another computer, which never held anything.
        let ledger = if self.second.watches {
            Ledger::default()
        } else {
            self.second.ledger.clone()
        };
        self.second.engine = Some(Engine::new(rules, ledger, self.sequence, self.now));
        self.second_drain();
        self.second_input(Input::PhoneConfigured(true));
        self.second_input(Input::SignIn(SignIn::SignedIn(account())));
        if self.phone_up {
            self.second_input(phone_up("Anna Muster", self.abilities));
        }
    }

    fn second_input(&mut self, input: Input) {
        let flight = &mut self.second.in_flight;
        match &input {
            Input::SessionSet(_) | Input::SessionCleared(_) => {
                flight.remove("session");
            }
            Input::PreferredSet(_) | Input::PreferredCleared(_) => {
                flight.remove("preferred");
            }
            Input::PhoneWritten { .. } | Input::PhoneDown(_) => {
                flight.retain(|target| ["session", "preferred"].contains(target));
            }
            Input::SignIn(_)
            | Input::MessageSeen(_)
            | Input::MessageSet(_)
            | Input::TeamsRead(_)
            | Input::PhoneConfigured(_)
            | Input::PhoneUp { .. }
            | Input::PhoneSeen(_)
            | Input::PhoneReadFailed(_)
            | Input::ForwardPrepared(_)
            | Input::CalendarConfigured(_)
            | Input::CalendarRead(_)
            | Input::CalendarChanged
            | Input::SkipAppointment { .. }
            | Input::Line(..)
            | Input::LineGone(_)
            | Input::LedgerSaved { .. }
            | Input::Rules(_)
            | Input::Pause(_)
            | Input::Resume
            | Input::PutBack
            | Input::SetAgain
            | Input::OnePerson
            | Input::Quit
            | Input::SignOut
            | Input::Sleep
            | Input::Woke => {}
        }
        if let Some(engine) = &mut self.second.engine {
            engine.handle_input(input, self.now);
            self.second_drain();
        }
    }

    pub fn second_time_out(&mut self) {
        if let Some(engine) = &mut self.second.engine {
            engine.handle_timeout(self.now);
            self.second_drain();
        }
    }

    fn second_drain(&mut self) {
        for _ in 0..200 {
            let Some(effect) = self.second.engine.as_mut().and_then(Engine::poll_effect) else {
                let wanted = self.second.engine.as_ref();
                if wanted.is_some_and(|engine| engine.desired().session.is_some()) {
                    self.second.session_wanted_at = Some(self.now.mono);
                }
                return;
            };
            self.events += 1;
            self.second_acts(effect);
        }
        self.fail(12, "the second desk: effects without end");
    }

    fn second_acts(&mut self, effect: Effect) {
        let epoch = self.second.epoch;
        let wait = self.chance.between(0.05, 0.5);
        match effect {
            Effect::SetMessage(_) => self.fail(9, "the second desk has no appointments, and sets a message"),
            Effect::ReadCalendar { .. } | Effect::WarmUp | Effect::Notify(_) | Effect::ForgetTokens => {}
            Effect::Resync(source) => {
                let source = Input::Line(source, LineEvent::Snapshot(Vec::new()));
                self.second_tell(wait, source);
            }
            Effect::ReadTeams => self.second_later(wait, Event::ReadsTeams(epoch)),
            Effect::ReadPhone => self.second_later(wait, Event::Reads(epoch)),
            Effect::SaveLedger { revision, ledger } => {
                if !self.second.watches {
                    self.second.ledger = *ledger;
                }
                let outcome = Ok(());
                self.second_tell(0.001, Input::LedgerSaved { revision, outcome });
            }
            Effect::Finished => {
                self.says(|| "the second desk has quit".into());
                self.second.engine = None;
                self.second.epoch += 1;
            }
            Effect::WritePhone(value) => {
                self.second_may("phone", &value);
                if !self.phone_up {
                    return;
                }
                self.second_later(wait, Event::Writes(epoch, value));
            }
            Effect::SetSession { .. }
            | Effect::ClearSession
            | Effect::SetPreferred { .. }
            | Effect::ClearPreferred => {
                let session = matches!(effect, Effect::SetSession { .. }) || effect == Effect::ClearSession;
                self.second_may(if session { "session" } else { "preferred" }, &effect);
                let answer = if matches!(effect, Effect::SetSession { .. }) {
                    Input::SessionSet(Ok(()))
                } else if effect == Effect::ClearSession {
                    Input::SessionCleared(Ok(()))
                } else if effect == Effect::ClearPreferred {
                    Input::PreferredCleared(Ok(()))
                } else {
                    Input::PreferredSet(Ok(()))
                };
                self.graph_requests += 1;
                let request = Request {
                    effect,
                    by: Who::Second,
                    number: self.graph_requests,
                    sent: self.now.mono,
                };
                self.later(wait / 2.0, DeskEvent::GraphActs(request));
                self.second_tell(wait, answer);
            }
        }
    }

    fn second_may(&mut self, target: &'static str, what: &dyn std::fmt::Debug) {
        if self.second.watches {
            self.fail(14, &format!("a watching desk sends {what:?}"));
        }
        // The fields have one connection; each field is a target of its own.
        if target != "phone" && !self.second.in_flight.insert(target) {
            self.fail(
                6,
                &format!("the second desk: two requests in flight for {target}"),
            );
        }
    }

    pub fn second_hears(&mut self, field: Field) {
        if self.second.engine.is_some() && self.phone_up {
            let seen = Input::PhoneSeen(vec![self.fields[&field].clone()]);
            self.second_tell(0.05, seen);
        }
    }

    pub fn second_phone_back(&mut self) {
        if self.second.engine.is_some() {
            self.second_input(Input::PhoneDown(fault(FaultKind::Unreachable)));
            self.second_input(phone_up("Anna Muster", self.abilities));
        }
    }
}
