//! What answers each effect, at once unless the world says otherwise.

use super::values::{secs, unreachable};
use super::world::{Crash, World};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::{Effect, Input};

impl World {
    pub(super) fn act(&mut self, effect: Effect) -> Option<Input> {
        match effect {
            Effect::WarmUp | Effect::Notify(_) | Effect::ForgetTokens | Effect::Finished => None,
            Effect::ReadTeams => {
                if self.graph.silent {
                    return None;
                }
                Some(Input::TeamsRead(match &self.graph.fails {
                    Some(fault) => Err(fault.clone()),
                    None => Ok(self.teams_shows()),
                }))
            }
            Effect::SetSession { pair, lifetime } => {
                if self.graph.silent {
                    return None;
                }
                Some(Input::SessionSet(match self.graph_write() {
                    Ok(()) => {
                        self.graph.session = Some((pair, self.now.mono + lifetime));
                        Ok(())
                    }
                    Err(fault) => Err(fault),
                }))
            }
            Effect::ClearSession => {
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    self.graph.session = None;
                }
                Some(Input::SessionCleared(outcome))
            }
            Effect::SetPreferred { pair, .. } => {
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    self.graph.preferred = Some(pair);
                }
                Some(Input::PreferredSet(outcome))
            }
            Effect::ClearPreferred => {
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    self.graph.preferred = None;
                }
                Some(Input::PreferredCleared(outcome))
            }
            Effect::SetMessage(message) => {
                if self.crash == Some(Crash::AfterLedger) {
                    self.dead = true;
                    return None;
                }
                if self.graph.silent {
                    return None;
                }
                let outcome = self.graph_write();
                if outcome.is_ok() {
                    let until = self.now.mono + secs(self.graph.message_lag);
                    self.graph.message_was = Some((self.message_shows(), until));
                    self.graph.message = message;
                }
                if self.crash == Some(Crash::AfterWrite) {
                    self.dead = true;
                    return None;
                }
                if self.graph.message_mute {
                    return Some(Input::MessageSet(Err(unreachable())));
                }
                Some(Input::MessageSet(outcome))
            }
            Effect::ReadPhone => {
                if let Some(fault) = &self.phone.reads_fail {
                    return Some(Input::PhoneReadFailed(fault.clone()));
                }
                self.phone.up.then(|| {
                    let can = self.phone.abilities;
                    let fields = self
                        .phone
                        .fields
                        .iter()
                        .filter(|(field, _)| can.of(**field).read && !can.unconfirmed.has(**field));
                    Input::PhoneSeen(fields.map(|(_, value)| value.clone()).collect())
                })
            }
            Effect::WritePhone(value) => {
                let field = value.field();
                if self.crash == Some(Crash::AfterLedger) {
                    self.dead = true;
                    return None;
                }
                if !self.phone.up {
                    return None;
                }
                if let Some(fault) = &self.phone.writes_fail {
                    return Some(Input::PhoneWritten {
                        field,
                        outcome: Err(fault.clone()),
                    });
                }
                if self.phone.loses_writes {
                    return None;
                }
                self.phone.fields.insert(field, value);
                if self.crash == Some(Crash::AfterWrite) {
                    self.dead = true;
                    return None;
                }
                if self.phone.mute {
                    return None;
                }
                Some(Input::PhoneWritten {
                    field,
                    outcome: Ok(()),
                })
            }
            Effect::ReadCalendar { from, until } => {
                let zone = self.rules.zone.clone();
                let calendar = self.calendar.as_ref().unwrap();
                if calendar.silent {
                    return None;
                }
                Some(Input::CalendarRead(match &calendar.fails {
                    Some(fault) => Err(fault.clone()),
                    None => {
                        let mut all = calendar.appointments.clone();
                        all.retain(|a| {
                            let (start, end) = a.span.bounds(&zone);
                            start < until && end > from
                        });
                        Ok(all)
                    }
                }))
            }
            Effect::Resync(source) => self
                .lists
                .get(source.as_str())
                .map(|calls| Input::Line(source, LineEvent::Snapshot(calls.clone()))),
            Effect::SaveLedger { revision, ledger } => {
                let news = ledger.holds != self.disk.holds || ledger.message != self.disk.message;
                if self.crash == Some(Crash::BeforeLedger) && news {
                    self.dead = true;
                    return None;
                }
                self.disk_behind = self.disk_full;
                let outcome = if self.disk_full {
                    Err(Fault::new(FaultKind::Unreachable, Code::LedgerNotWritten))
                } else {
                    // What is on disk is what can be read back.
                    let text = serde_json::to_string(&*ledger).unwrap();
                    self.disk = serde_json::from_str(&text).unwrap();
                    Ok(())
                };
                let saved = Input::LedgerSaved { revision, outcome };
                if self.disk_silent {
                    self.disk_owes.push(saved);
                    return None;
                }
                Some(saved)
            }
        }
    }
}
