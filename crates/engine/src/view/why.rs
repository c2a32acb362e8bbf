//! Why, in sentences: one for every field of the phone and for Teams; what is set and what was not done (R22).

use super::message::Said;
use super::rules::{preferred_text, session_text};
use super::sentences::Tongue;
use super::{clock_time, value_text};
use crate::clock::Now;
use crate::desired::{Want, Wish};
use crate::engine::{Engine, Released};
use crate::fault::Fault;
use crate::ledger::Reason;
use crate::phone::{Field, FieldValue};
use crate::teams::{Right, SignIn};
use crate::text::{Language, Text};
use offhook_protocol::status::{Cause, NotDoneReason, State};

/// One sentence of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Line {
    text: String,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// By us or by somebody else.
    Set,
    NotDone,
    /// Nothing is there and nothing is wanted, or it is just on its way.
    Rest,
}

impl Engine {
    /// Why the phone system's presence is as it is, where that is what shows.
    fn why_presence(&self) -> String {
        let language = self.rules.language;
        let value = self.facts.phone.value(Field::Presence);
        let value = value.map(|value| value_text(value, language)).unwrap_or_default();
        let ours = self
            .hold(Field::Presence)
            .filter(|_| self.held_by_us(Field::Presence));
        let text = match ours.map(|hold| hold.why.cause) {
            Some(Cause::Calendar) => Text::WhyPresenceAppointment,
            Some(Cause::Teams | Cause::Call | Cause::Person | Cause::OtherProgram) => Text::WhyPresenceOurs,
            None => Text::WhyPresencePerson,
        };
        text.with(language, &[("value", &value)])
    }

    /// The reason for the state, one sentence.
    pub(crate) fn why_state(&self, now: Now) -> String {
        let language = self.rules.language;
        let time = |at| clock_time(at, now.wall, &self.rules);
        let says = || self.ruling_says();
        match self.state(now) {
            State::SignedOut => Text::WhySignedOut.text(language).to_owned(),
            State::Paused => match self.paused(now) {
                Some((Released::OutsideHours, Some(until))) => {
                    Text::WhyOutsideHoursUntil.with(language, &[("until", &time(until))])
                }
                Some((Released::OutsideHours, None)) => Text::WhyOutsideHours.text(language).to_owned(),
                Some((_, Some(until))) => Text::WhyPausedUntil.with(language, &[("until", &time(until))]),
                Some((_, None)) | None => Text::WhyPaused.text(language).to_owned(),
            },
            State::InCall => match self.facts.calls.in_call(self.rules.outgoing_counts, now.mono) {
                Some(call) => {
                    let text = if self.session.up().is_some() {
                        Text::WhyInCallTold
                    } else {
                        Text::WhyInCall
                    };
                    text.with(language, &[("since", &time(call.since))])
                }
                None => Text::WhyTeamsCall.with(language, &[("says", &says())]),
            },
            State::DoNotDisturb => {
                if let Some(why) = self.why_by_appointment(Field::Dnd, now) {
                    why
                } else if self.held_by_us(Field::Dnd) {
                    Text::WhyDndOurs.with(language, &[("says", &says())])
                } else if self.facts.phone.value(Field::Dnd) == Some(&FieldValue::Dnd(true)) {
                    let contested = self.is_contested(Field::Dnd);
                    let text = if contested {
                        Text::WhyDndOther
                    } else {
                        Text::WhyDndPerson
                    };
                    text.text(language).to_owned()
                } else if self.facts.calls.dnd_by_hand().is_some() {
                    Text::WhyDndPerson.text(language).to_owned()
                } else {
                    Text::WhyTeamsSays.with(language, &[("says", &says())])
                }
            }
            State::Forwarded => {
                let target = self.facts.phone.value(Field::Forward);
                let target = target
                    .map(|value| value_text(value, language))
                    .unwrap_or_default();
                if let Some(why) = self.why_by_appointment(Field::Forward, now) {
                    why
                } else if self.held_by_us(Field::Forward) {
                    Text::WhyForwardOurs.with(language, &[("target", &target), ("says", &says())])
                } else if self.is_contested(Field::Forward) {
                    Text::WhyForwardOther.with(language, &[("target", &target)])
                } else {
                    Text::WhyForwardPerson.with(language, &[("target", &target)])
                }
            }
            state @ (State::Busy | State::Away) if self.teams_shows(now) != state => self.why_presence(),
            State::Busy | State::Away => Text::WhyTeamsSays.with(language, &[("says", &says())]),
            State::Free => match &self.facts.teams.seen {
                None if self.waits(now).is_some() => match &self.facts.sign_in {
                    SignIn::Waiting(fault) => fault.problem(language).to_string(),
                    SignIn::SignedOut
                    | SignIn::Browser { .. }
                    | SignIn::DeviceCode { .. }
                    | SignIn::SignedIn(_)
                    | SignIn::Expired { .. } => Text::WhyStarting.text(language).to_owned(),
                },
                Some(_) => Text::WhyTeamsSays.with(language, &[("says", &says())]),
                None => Text::WhyFree.text(language).to_owned(),
            },
        }
    }

    /// The reason for the state, then a full sentence for each field of the phone and for Teams: what is set,
    /// why, since when, until when and what comes after; what was not done, and why; what is left alone.
    pub fn why(&self, now: Now) -> Vec<String> {
        let lines = self.why_lines(now).into_iter().map(|line| line.text);
        std::iter::once(self.why_state(now)).chain(lines).collect()
    }

    /// What would be wanted and is not done, on the phone and in Teams.
    pub(crate) fn not_done_sentences(&self, now: Now) -> Vec<String> {
        let lines = self.why_lines(now).into_iter();
        let not_done = lines.filter(|line| line.kind == Kind::NotDone);
        not_done.map(|line| line.text).collect()
    }

    /// The person's own status that we have set, and until when.
    pub(crate) fn preferred_sentence(&self, now: Now) -> Option<String> {
        let line = self.why_preferred(self.tongue(now), now);
        line.filter(|line| line.kind == Kind::Set).map(|line| line.text)
    }

    pub(super) fn tongue(&self, now: Now) -> Tongue<'_> {
        Tongue {
            language: self.rules.language,
            rules: &self.rules,
            now: now.wall,
        }
    }

    fn why_lines(&self, now: Now) -> Vec<Line> {
        let mut lines = self.why_phone(self.tongue(now), now);
        lines.extend(self.why_calendar(self.tongue(now)).into_iter().map(not_done));
        lines.extend(self.why_rings(self.tongue(now)).map(set));
        lines.extend(self.why_teams(self.tongue(now), now));
        lines
    }

    fn why_phone(&self, tongue: Tongue<'_>, now: Now) -> Vec<Line> {
        let language = tongue.language;
        if self.facts.phone.link.is_none() {
            return vec![rest(Text::ReasonNoPhone.text(language).to_owned())];
        }
        let fields = Field::ALL.into_iter();
        let mut lines: Vec<Line> = fields.map(|field| self.why_field(field, tongue, now)).collect();
        if !self.facts.phone.is_up() {
            lines.insert(0, rest(Text::ReasonPhoneAway.text(language).to_owned()));
        }
        lines
    }

    fn why_field(&self, field: Field, tongue: Tongue<'_>, now: Now) -> Line {
        let released = self.released(now);
        // A pause takes back what was held, so what is not done is said then, too.
        if let Some(hold) = self.hold(field) {
            return set(tongue.held(field, hold));
        }
        let known = self
            .facts
            .phone
            .known
            .get(&field)
            .filter(|_| self.facts.phone.is_up());
        let wish = self.desired.of(field);
        if let Some(Wish {
            want: Want::Set(value),
            why,
            ..
        }) = wish
        {
            if let Some(released) = released {
                return not_done(self.why_released(released, field, value, why, tongue, now));
            }
            if let Some(reason) = self.state_of(field).and_then(|state| state.not_done()) {
                return not_done(tongue.not_done(reason, field, value, why));
            }
            let failed = self.state_of(field).is_some_and(|state| state.failed.is_some());
            return match known {
                Some(known) if known.value == *value => {
                    set(tongue.wanted(Text::ReasonMet, field, value, why))
                }
                Some(_) | None if failed => {
                    not_done(tongue.wanted(Text::ReasonTriedAgain, field, value, why))
                }
                Some(_) | None => rest(tongue.wanted(Text::ReasonComing, field, value, why)),
            };
        }
        if let Some((value, why)) = self.echoed(field) {
            return not_done(tongue.not_done(NotDoneReason::Echo, field, &value, &why));
        }
        let can = self.facts.phone.abilities().of(field);
        match known {
            Some(known) if is_set(&known.value) => {
                let unset = wish.is_some_and(|wish| wish.want == Want::Unset);
                let text = if self.is_contested(field) {
                    Text::ReasonOtherProgram
                } else if unset {
                    Text::ReasonPersonOrConnector
                } else {
                    Text::ReasonPerson
                };
                set(tongue.left_alone(text, field, &known.value, known.since))
            }
            Some(_) if self.facts.phone.abilities().unconfirmed.has(field) => {
                rest(Text::ReasonUnconfirmed.with(tongue.language, &[("field", tongue.field(field))]))
            }
            Some(known) => rest(tongue.left_alone(Text::ReasonAtRest, field, &known.value, known.since)),
            None => {
                let text = if self.facts.phone.is_up() && !can.read {
                    Text::ReasonNotReadable
                } else {
                    Text::ReasonNotRead
                };
                rest(text.with(tongue.language, &[("field", tongue.field(field))]))
            }
        }
    }

    fn why_released(
        &self,
        released: Released,
        field: Field,
        value: &FieldValue,
        why: &Reason,
        tongue: Tongue<'_>,
        now: Now,
    ) -> String {
        let not = tongue.not_done(NotDoneReason::Paused, field, value, why);
        let language = tongue.language;
        let until = self.paused(now).and_then(|(_, until)| until);
        let because = match (released, until) {
            (Released::Paused, Some(until)) => {
                Text::WhyPausedUntil.with(language, &[("until", &tongue.time(until))])
            }
            (Released::Paused, None) => Text::WhyPaused.text(language).to_owned(),
            (Released::OutsideHours, Some(until)) => {
                Text::WhyOutsideHoursUntil.with(language, &[("until", &tongue.time(until))])
            }
            (Released::OutsideHours, None) => Text::WhyOutsideHours.text(language).to_owned(),
            (Released::Watching, _) => Text::WhyWatching.text(language).to_owned(),
            (Released::Leaving, _) => Text::WhyLeaving.text(language).to_owned(),
        };
        format!("{not} {because}")
    }

    /// What Teams' "in a call" would set, were it not the phone's own call (R24).
    fn echoed(&self, field: Field) -> Option<(FieldValue, Reason)> {
        let why = self.desired.of(field)?.why.clone();
        let presence = &self.facts.teams.in_force.as_ref()?.presence;
        let value = crate::desired::row_value(presence, &self.rules, field)?;
        self.desired
            .echo_of_phone
            .contains(&field)
            .then_some((value, why))
    }

    fn why_teams(&self, tongue: Tongue<'_>, now: Now) -> Vec<Line> {
        let session = self.why_session(tongue, now);
        let mut lines: Vec<Line> = session
            .into_iter()
            .chain(self.why_preferred(tongue, now))
            .chain(self.why_message(tongue, now).map(|said| match said {
                Said::Set(text) => set(text),
                Said::NotDone(text) => not_done(text),
                Said::Rest(text) => rest(text),
            }))
            .collect();
        if lines.is_empty() {
            lines.push(rest(Text::ReasonTeamsNothing.text(tongue.language).to_owned()));
        }
        lines
    }

    fn why_session(&self, tongue: Tongue<'_>, now: Now) -> Option<Line> {
        let language = tongue.language;
        let up = self.session.up();
        let Some(wish) = &self.desired.session else {
            let up = up?;
            let words = session_text(up.pair).text(language);
            let values = [("value", words), ("until", &*tongue.time(up.ends_wall))];
            return Some(set(Text::ReasonSessionEnding.with(language, &values)));
        };
        Some(match up.filter(|_| self.released(now).is_none()) {
            Some(up) => {
                let words = session_text(up.pair).text(language);
                set(tongue.told(Text::ReasonSession, words, &wish.why, up.ends_wall))
            }
            None => {
                let words = session_text(wish.pair).text(language);
                not_done(self.why_untold(words, &wish.why, self.session.refused(), tongue, now))
            }
        })
    }

    fn why_preferred(&self, tongue: Tongue<'_>, now: Now) -> Option<Line> {
        let language = tongue.language;
        let record = self.ledger.preferred.as_ref();
        let released = self.released(now).is_some();
        let Some(wish) = &self.desired.preferred else {
            let record = record?;
            let words = preferred_text(record.pair).text(language);
            let values = [("value", words), ("until", &*tongue.time(record.until))];
            let text = if self.desired.preferred_unknown && !released {
                Text::ReasonPreferredKept
            } else {
                Text::ReasonPreferredEnding
            };
            return Some(set(text.with(language, &values)));
        };
        let words = preferred_text(wish.pair).text(language);
        Some(
            match record.filter(|record| record.pair == wish.pair && !released) {
                Some(record) => set(tongue.told(Text::ReasonPreferred, words, &wish.why, record.until)),
                None => not_done(self.why_untold(words, &wish.why, self.preferred.refused(), tongue, now)),
            },
        )
    }

    /// Why Teams is not told what it should be told.
    fn why_untold(
        &self,
        value: &str,
        why: &Reason,
        refused: Option<&Fault>,
        tongue: Tongue<'_>,
        now: Now,
    ) -> String {
        let language = tongue.language;
        let wanted = tongue.told(Text::TeamsWanted, value, why, now.wall);
        let because = self.why_teams_is_not_told(refused, language, now);
        let because = because.unwrap_or_else(|| Text::TeamsComing.text(language).to_owned());
        format!("{wanted} {because}")
    }

    /// `None`: it will be.
    pub(super) fn why_teams_is_not_told(
        &self,
        refused: Option<&Fault>,
        language: Language,
        now: Now,
    ) -> Option<String> {
        let text = if let Some(released) = self.released(now) {
            match released {
                Released::Paused => Text::WhyPaused,
                Released::OutsideHours => Text::WhyOutsideHours,
                Released::Watching => Text::WhyWatching,
                Released::Leaving => Text::WhyLeaving,
            }
        } else if self.facts.signed_in().is_none() {
            Text::WhySignedOut
        } else if !self.facts.has(Right::PresenceWrite) {
            Text::TeamsNoRight
        } else {
            return refused.map(|fault| fault.problem(language).to_string());
        };
        Some(text.text(language).to_owned())
    }
}

const fn set(text: String) -> Line {
    Line {
        text,
        kind: Kind::Set,
    }
}

const fn not_done(text: String) -> Line {
    Line {
        text,
        kind: Kind::NotDone,
    }
}

const fn rest(text: String) -> Line {
    Line {
        text,
        kind: Kind::Rest,
    }
}

/// Worth a sentence: something other than the state of rest.
pub(super) fn is_set(value: &FieldValue) -> bool {
    match value {
        FieldValue::Dnd(on) => *on,
        FieldValue::Forward(target) => target.is_some(),
        FieldValue::Presence(presence) => presence.is_some(),
        FieldValue::Note(note) => !note.is_empty(),
    }
}
