//! What people and programs see, as plain comparable values: nothing is patched, everything is rebuilt.

mod calendar;
mod first_run;
mod message;
mod now;
pub mod pages;
pub mod preview;
pub mod rules;
mod sentences;
pub mod settings;
pub mod status;
pub mod tray;
pub mod why;

use crate::clock::Now;
use crate::desired::Want;
use crate::engine::{Engine, Phase, Released};
use crate::ledger::Stage;
use crate::phone::{Field, FieldValue, PhonePresence};
use crate::profile::SaysRule;
use crate::rules::{ClockHours, Rules};
use crate::table::PhoneState;
use crate::teams::{Presence, Right, SignIn};
use crate::text::{Language, Says, Text};
use jiff::Timestamp;
use offhook_protocol::status::State;

impl Engine {
    /// The one mapped state: the first that holds, in the contract's order.
    pub(crate) fn state(&self, now: Now) -> State {
        let facts = &self.facts;
        let signed_out = match &facts.sign_in {
            SignIn::SignedOut => facts.sign_in_told,
            SignIn::Browser { .. } | SignIn::DeviceCode { .. } => true,
            // Attention, never "signed out" (R21).
            SignIn::Waiting(_) | SignIn::SignedIn(_) | SignIn::Expired { .. } => false,
        };
        if signed_out {
            return State::SignedOut;
        }
        if self.paused(now).is_some() {
            return State::Paused;
        }
        let seen = self.teams_seen(now);
        let says = |word: &str| seen.is_some_and(|presence| presence.says(word));
        if facts
            .calls
            .in_call(self.rules.outgoing_counts, now.mono)
            .is_some()
            || says("InACall")
            || says("InAConferenceCall")
        {
            return State::InCall;
        }
        let phone = |field: Field| facts.phone.value(field).filter(|_| facts.phone.is_up());
        if phone(Field::Dnd) == Some(&FieldValue::Dnd(true))
            || facts.calls.dnd_by_hand().is_some()
            || says("DoNotDisturb")
        {
            return State::DoNotDisturb;
        }
        if matches!(phone(Field::Forward), Some(FieldValue::Forward(Some(_)))) {
            return State::Forwarded;
        }
        let shown = [self.presence_shows(), self.teams_shows(now)];
        if shown.contains(&State::Busy) {
            State::Busy
        } else if shown.contains(&State::Away) {
            State::Away
        } else {
            State::Free
        }
    }

    /// Busy, away or free, by the presence on the phone system alone.
    pub(crate) fn presence_shows(&self) -> State {
        let facts = &self.facts.phone;
        let presence = match facts.value(Field::Presence).filter(|_| facts.is_up()) {
            Some(FieldValue::Presence(presence)) => *presence,
            Some(FieldValue::Dnd(_) | FieldValue::Forward(_) | FieldValue::Note(_)) | None => None,
        };
        match presence {
            Some(
                PhonePresence::Dnd | PhonePresence::OnThePhone | PhonePresence::Meeting | PhonePresence::Busy,
            ) => State::Busy,
            Some(PhonePresence::Away | PhonePresence::ExtendedAway) => State::Away,
            Some(PhonePresence::Available) | None => State::Free,
        }
    }

    /// Busy, away or free, by what Teams says alone.
    pub(crate) fn teams_shows(&self, now: Now) -> State {
        let seen = self.teams_seen(now);
        let any = |words: &[&str]| seen.is_some_and(|presence| words.iter().any(|word| presence.says(word)));
        if any(&[
            "Busy",
            "InAMeeting",
            "Presenting",
            "Focusing",
            "UrgentInterruptionsOnly",
            "BusyIdle",
        ]) {
            State::Busy
        } else if any(&["Away", "BeRightBack", "OutOfOffice"]) {
            State::Away
        } else {
            State::Free
        }
    }

    /// What Teams was read to show. What could not be confirmed for so long is no state to show (R11).
    fn teams_seen(&self, now: Now) -> Option<&Presence> {
        let teams = &self.facts.teams;
        let stale = teams.is_stale(self.rules.release_after, now.mono);
        teams.seen.as_ref().filter(|_| !stale).map(|seen| &seen.presence)
    }

    /// Nothing is known yet that could be a state: the sign-in's store has not answered, or Teams was not read
    /// since. The contract's `free` is then only what remains.
    pub(crate) fn waits(&self, now: Now) -> Option<Text> {
        if self.state(now) != State::Free || self.facts.teams.seen.is_some() {
            return None;
        }
        match &self.facts.sign_in {
            SignIn::SignedOut => (!self.facts.sign_in_told).then_some(Text::StateStarting),
            SignIn::Waiting(_) => Some(Text::StateWaiting),
            SignIn::SignedIn(_) => (self.facts.teams.failing_since().is_none()
                && self.facts.has(Right::PresenceRead))
            .then_some(Text::StateStarting),
            SignIn::Browser { .. } | SignIn::DeviceCode { .. } | SignIn::Expired { .. } => None,
        }
    }

    /// Paused by the person or by working hours; and until when.
    pub(crate) fn paused(&self, now: Now) -> Option<(Released, Option<Timestamp>)> {
        match self.phase {
            Phase::Running | Phase::Asleep => {}
            Phase::Leaving { .. } | Phase::Forgetting | Phase::Left => return None,
        }
        match self.released(now)? {
            Released::Paused => Some((
                Released::Paused,
                self.facts.person.pause.as_ref().and_then(|p| p.until),
            )),
            Released::OutsideHours => {
                let hours = self.rules.working_hours.as_ref()?;
                Some((Released::OutsideHours, hours.at(now.wall, &self.rules.zone).1))
            }
            Released::Watching | Released::Leaving => None,
        }
    }

    /// The words of the tray's "Teams says" line, by the profile.
    pub(crate) fn teams_says(&self) -> Option<(String, offhook_protocol::pages::Colour)> {
        let presence = &self.facts.teams.seen.as_ref()?.presence;
        let doing = self.rules.doing(presence);
        let says = match doing.says {
            SaysRule::Words(says) => says.text(self.rules.language).to_owned(),
            // Unknown words are shown by name (R7).
            SaysRule::ByName => quoted(&presence.to_string(), self.rules.language),
        };
        Some((says, doing.icon))
    }

    /// The words for the presence that rules, not our own echo.
    pub(crate) fn ruling_says(&self) -> String {
        let language = self.rules.language;
        match &self.facts.teams.in_force {
            Some(in_force) => match self.rules.doing(&in_force.presence).says {
                SaysRule::Words(says) => says.text(language).to_owned(),
                SaysRule::ByName => in_force.presence.to_string(),
            },
            None => Says::Unknown.text(language).to_owned(),
        }
    }

    pub(crate) fn held_by_us(&self, field: Field) -> bool {
        self.hold(field).is_some_and(|hold| match hold.stage {
            Stage::Written | Stage::Releasing => true,
            Stage::Intent => hold.earlier.is_some(),
        })
    }
}

/// In the quotation marks of the language.
pub(crate) fn quoted(text: &str, language: Language) -> String {
    match language {
        Language::De => format!("„{text}“"),
        Language::En => format!("“{text}”"),
    }
}

/// A value in words.
pub(crate) fn value_text(value: &FieldValue, language: Language) -> String {
    match value {
        FieldValue::Dnd(true) => Text::ValueOn.text(language).to_owned(),
        FieldValue::Dnd(false) => Text::ValueOff.text(language).to_owned(),
        FieldValue::Forward(Some(target)) => target.clone(),
        FieldValue::Forward(None) => Text::ValueNone.text(language).to_owned(),
        FieldValue::Presence(Some(presence)) => presence_text(*presence).text(language).to_owned(),
        FieldValue::Presence(None) => Text::ValueUnset.text(language).to_owned(),
        FieldValue::Note(note) if note.is_empty() => Text::ValueNone.text(language).to_owned(),
        FieldValue::Note(note) => quoted(note, language),
    }
}

/// A wish in words.
pub(crate) fn want_text(want: &Want, language: Language) -> String {
    match want {
        Want::Set(value) => value_text(value, language),
        Want::Leave => Text::ValueLeave.text(language).to_owned(),
        Want::Unset => Text::ValueRemoved.text(language).to_owned(),
    }
}

/// A presence of the phone system in words.
pub(crate) const fn presence_text(presence: PhonePresence) -> Text {
    match presence {
        PhonePresence::Dnd => Text::PresenceDnd,
        PhonePresence::OnThePhone => Text::PresenceOnThePhone,
        PhonePresence::Meeting => Text::PresenceMeeting,
        PhonePresence::Busy => Text::PresenceBusy,
        PhonePresence::ExtendedAway => Text::PresenceExtendedAway,
        PhonePresence::Away => Text::PresenceAway,
        PhonePresence::Available => Text::PresenceAvailable,
    }
}

/// A state that the person sets on the phone, in words.
pub(crate) fn phone_state_text(state: PhoneState, language: Language) -> String {
    match state {
        PhoneState::DndOn => Text::PhoneStateDnd.text(language).to_owned(),
        PhoneState::Presence(presence) => {
            let presence = presence_text(presence).text(language);
            Text::PhoneStatePresence.with(language, &[("presence", presence)])
        }
    }
}

pub(crate) const fn field_text(field: Field) -> Text {
    match field {
        Field::Dnd => Text::FieldDnd,
        Field::Forward => Text::FieldForward,
        Field::Presence => Text::FieldPresence,
        Field::Note => Text::FieldNote,
    }
}

pub(crate) const fn shown_field(field: Field) -> offhook_protocol::status::Field {
    use offhook_protocol::status::Field as Shown;
    match field {
        Field::Dnd => Shown::Dnd,
        Field::Forward => Shown::Forward,
        Field::Presence => Shown::Presence,
        Field::Note => Shown::Note,
    }
}

/// RFC 3339 in UTC, whole seconds.
pub(crate) fn rfc3339(at: Timestamp) -> String {
    at.round(jiff::Unit::Second).unwrap_or(at).to_string()
}

/// A time of day as the person reads it; with the day where it is not today.
pub(crate) fn clock_time(at: Timestamp, now: Timestamp, rules: &Rules) -> String {
    let (at, today) = (at.to_zoned(rules.zone.clone()), now.to_zoned(rules.zone.clone()));
    let time = at.strftime(time_format(rules, false));
    if at.date() == today.date() {
        return time.to_string();
    }
    let day = match rules.language {
        Language::De => "%d.%m.",
        Language::En => "%-d %b",
    };
    format!("{} {time}", at.strftime(day))
}

pub(crate) const fn time_format(rules: &Rules, to_the_second: bool) -> &'static str {
    match (rules.clock(), to_the_second) {
        (ClockHours::TwentyFour, false) => "%H:%M",
        (ClockHours::TwentyFour, true) => "%H:%M:%S",
        (ClockHours::Twelve, false) => "%-I:%M %p",
        (ClockHours::Twelve, true) => "%-I:%M:%S %p",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_the_person_s_system_does() {
        let now: Timestamp = "2026-03-02T12:00:00Z".parse().unwrap();
        let written = |language, hours, at: &str| {
            let rules = Rules {
                language,
                hours,
                ..Rules::default()
            };
            clock_time(at.parse().unwrap(), now, &rules)
        };
        let (late, before) = ("2026-03-02T22:05:00Z", "2026-03-01T09:05:00Z");
        use ClockHours::{Twelve, TwentyFour};
        assert_eq!(written(Language::En, TwentyFour, late), "22:05");
        assert_eq!(written(Language::En, Twelve, late), "10:05 PM");
        assert_eq!(written(Language::En, Twelve, before), "1 Mar 9:05 AM");
        assert_eq!(written(Language::De, Twelve, late), "22:05");
        assert_eq!(written(Language::De, Twelve, before), "01.03. 09:05");
    }
}
