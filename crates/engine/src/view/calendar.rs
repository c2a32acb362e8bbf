//! The calendar page, and what other pages say of appointments.

use super::pages::Desk;
use super::sentences::Tongue;
use super::{presence_text, value_text};
use crate::appointment::{Appointment, Span, day_of};
use crate::calendar::{Calls, Court, Switch};
use crate::clock::Now;
use crate::desired::appointments::{self, Target};
use crate::engine::Engine;
use crate::facts::CalendarLink;
use crate::facts::calendar::Knowledge;
use crate::phone::{Field, FieldValue};
use crate::rule_name::{self, kind_text};
use crate::teams::Right;
use crate::text::{CalendarText, Language, Text};
use jiff::Timestamp;
use offhook_protocol::calendar::{AppointmentLine, CalendarNeed, CalendarPage};
use offhook_protocol::status::{Cause, Light};

/// So many of the next appointments are listed.
const LISTED: usize = 8;
/// A subject may be much longer than anybody wants to read in a list.
const TITLE: usize = 100;

impl Engine {
    pub(super) fn calendar_page(&self, desk: &Desk, now: Now) -> CalendarPage {
        let on = self.facts.calendar.link != CalendarLink::Off;
        let need = self.calendar_need();
        let problem = desk
            .calendar_problem
            .clone()
            .filter(|_| need == CalendarNeed::Consent);
        CalendarPage {
            light: self.calendar_light(),
            need,
            problem,
            asking: desk.calendar_asking && need == CalendarNeed::Consent,
            password_stored: desk.calendar_password,
            test: desk.calendar_test.clone(),
            // That only an administrator can allow it is shown in the browser and may never be told to us.
            admin_text: (need == CalendarNeed::Consent)
                .then(|| desk.calendar_text(self.rules.language))
                .flatten(),
            next: self.next_appointments(now),
            notes: if on { self.calendar_notes() } else { Vec::new() },
            asks_target: !self.facts.phone.abilities().prepared_forward,
            asks_internal: self.facts.phone.abilities().tells_internal_apart,
        }
    }

    fn calendar_need(&self) -> CalendarNeed {
        match self.facts.calendar.link {
            CalendarLink::Off => CalendarNeed::Off,
            CalendarLink::Own => CalendarNeed::Nothing,
            CalendarLink::Microsoft if self.facts.signed_in().is_none() => CalendarNeed::SignIn,
            CalendarLink::Microsoft if !self.facts.has(Right::CalendarRead) => CalendarNeed::Consent,
            CalendarLink::Microsoft => CalendarNeed::Nothing,
        }
    }

    /// How reading the calendar goes; `None` where there is none.
    pub(crate) fn calendar_light(&self) -> Option<Light> {
        let language = self.rules.language;
        let calendar = &self.facts.calendar;
        let since = super::rfc3339(calendar.since()?);
        let light = |ok: bool, text: String| {
            Some(Light {
                ok,
                since: since.clone(),
                text,
            })
        };
        let plain = |text: CalendarText| text.text(language).to_owned();
        match self.calendar_need() {
            CalendarNeed::Off => return None,
            CalendarNeed::SignIn => return light(false, plain(CalendarText::NeedSignIn)),
            CalendarNeed::Consent => return light(false, plain(CalendarText::LightNoRight)),
            CalendarNeed::Nothing => {}
        }
        match &calendar.health.fault {
            Some(fault) => light(false, fault.problem(language).to_string()),
            None if calendar.is_read() => {
                let count = calendar.appointments.len().to_string();
                light(true, CalendarText::LightRead.with(language, &[("count", &count)]))
            }
            None => light(false, Text::LightTrying.text(language).to_owned()),
        }
    }

    fn calendar_notes(&self) -> Vec<String> {
        let language = self.rules.language;
        let plain = |text: CalendarText| text.text(language).to_owned();
        if !self.facts.phone.is_up() {
            return vec![plain(CalendarText::NoteNoPhone)];
        }
        let abilities = self.facts.phone.abilities();
        let can = |field: Field| abilities.of(field).read && abilities.of(field).write;
        let mut notes = Vec::new();
        let forward = match appointments::target(&self.facts, &self.rules) {
            Target::Unknown => None,
            Target::To(target) if abilities.prepared_forward => {
                Some(CalendarText::NoteForwardPrepared.with(language, &[("target", &target)]))
            }
            Target::Missing if abilities.prepared_forward => {
                Some(plain(CalendarText::NoteForwardNotPrepared))
            }
            Target::To(_) => None,
            Target::Missing => Some(plain(CalendarText::NoteForwardTo)),
        };
        if can(Field::Forward) || abilities.prepared_forward {
            notes.extend(forward);
            if !abilities.tells_internal_apart {
                notes.push(plain(CalendarText::NoteInternal));
            }
        }
        let chat = [
            (Field::Presence, CalendarText::NoteNoChat),
            (Field::Note, CalendarText::NoteNoText),
        ];
        notes.extend(
            chat.into_iter()
                .filter(|(field, _)| !can(*field))
                .map(|(_, note)| plain(note)),
        );
        notes
    }

    fn next_appointments(&self, now: Now) -> Vec<AppointmentLine> {
        if self.facts.calendar.knowledge(now.mono) != Knowledge::Known {
            return Vec::new();
        }
        let zone = &self.rules.zone;
        let mut coming: Vec<&Appointment> = self
            .facts
            .calendar
            .appointments
            .iter()
            .filter(|a| a.counts() && a.span.bounds(zone).1 > now.wall)
            .collect();
        coming.sort_by_key(|a| (a.span.bounds(zone).0, a.id.as_str()));
        coming.truncate(LISTED);
        coming
            .into_iter()
            .map(|a| self.appointment_line(a, now))
            .collect()
    }

    fn appointment_line(&self, appointment: &Appointment, now: Now) -> AppointmentLine {
        let language = self.rules.language;
        let court = appointments::court(&self.rules);
        let skipped = self.is_skipped(appointment);
        let does = does(&court, appointment);
        let nothing = || CalendarText::DoesNothing.text(language).to_owned();
        let action = if skipped || does.is_empty() {
            nothing()
        } else {
            does.join(", ")
        };
        let why = if skipped {
            CalendarText::BecauseSkipped.text(language).to_owned()
        } else {
            self.why_so(&court, appointment, now)
        };
        // On this desk the person may read their own subjects.
        let title: String = appointment.subject.trim().chars().take(TITLE).collect();
        let neutral = || CalendarText::Neutral.text(language).to_owned();
        AppointmentLine {
            id: appointment.id.as_str().to_owned(),
            time: self.appointment_time(&appointment.span, now),
            title: if title.is_empty() { neutral() } else { title },
            running: appointment.is_running(now.wall, &self.rules.zone),
            skipped,
            can_skip: !does.is_empty(),
            action,
            why,
        }
    }

    fn is_skipped(&self, appointment: &Appointment) -> bool {
        let id = appointment.id.as_str();
        self.ledger.skipped.iter().any(|skipped| skipped.id == id)
    }

    fn why_so(&self, court: &Court<'_>, appointment: &Appointment, now: Now) -> String {
        let language = self.rules.language;
        let calls = court.calls(appointment);
        let mut why = vec![match calls.keyword {
            Some(keyword) => {
                CalendarText::BecauseKeyword.with(language, &[("keyword", keyword.name_in(language))])
            }
            None => {
                let kind = kind_text(&appointment.show_as, language);
                CalendarText::BecauseKind.with(language, &[("kind", &kind)])
            }
        }];
        why.extend(self.beaten(court, appointment, calls, now));
        why.extend(self.not_possible(calls));
        why.join(" ")
    }

    /// What another appointment at the same time says instead.
    fn beaten(&self, court: &Court<'_>, appointment: &Appointment, calls: Calls, now: Now) -> Option<String> {
        let language = self.rules.language;
        let zone = &self.rules.zone;
        let at = appointment.span.bounds(zone).0.max(now.wall);
        let all = self.facts.calendar.appointments.iter();
        let then: Vec<&Appointment> = all
            .filter(|a| a.counts() && !self.is_skipped(a) && a.is_running(at, zone))
            .collect();
        let verdict = court.judge(&then);
        let differs = |own: Option<Switch>, said: Option<Switch>| own.is_some() && own != said;
        let dnd = verdict.dnd.as_ref().map(|say| say.value);
        let forward = verdict.forward.as_ref().map(|say| say.value);
        let what = if differs(calls.dnd, dnd) {
            dnd_text(dnd?)
        } else if differs(calls.forward, forward) {
            forward_text(forward?)
        } else {
            return None;
        };
        let what = what.text(language);
        Some(CalendarText::BecauseOther.with(language, &[("what", what)]))
    }

    fn not_possible(&self, calls: Calls) -> Option<String> {
        let language = self.rules.language;
        if !self.facts.phone.is_up() {
            return None;
        }
        let abilities = self.facts.phone.abilities();
        let cannot = |field: Field| !(abilities.of(field).read && abilities.of(field).write);
        let forwards = calls.forward == Some(Switch::On);
        let text = if forwards && appointments::target(&self.facts, &self.rules) == Target::Missing {
            CalendarText::ButNoForward
        } else if (forwards && cannot(Field::Forward))
            || (calls.dnd == Some(Switch::On) && cannot(Field::Dnd))
        {
            CalendarText::ButCannot
        } else {
            return None;
        };
        Some(text.text(language).to_owned())
    }

    /// Of one that is not over.
    fn appointment_time(&self, span: &Span, now: Now) -> String {
        let language = self.rules.language;
        let zone = &self.rules.zone;
        let (start, end) = span.bounds(zone);
        if start <= now.wall && !span.is_all_day() {
            let to = super::clock_time(end, now.wall, &self.rules);
            return CalendarText::RunningUntil.with(language, &[("to", &to)]);
        }
        let day = self.day_text(start, now.wall);
        match span {
            Span::AllDay { .. } => CalendarText::DayAllDay.with(language, &[("day", &day)]),
            Span::Timed { .. } => {
                let from = super::clock_time(start, start, &self.rules);
                let to = super::clock_time(end, start, &self.rules);
                let values = [
                    ("day", day.as_str()),
                    ("from", from.as_str()),
                    ("to", to.as_str()),
                ];
                CalendarText::DayTimes.with(language, &values)
            }
        }
    }

    fn day_text(&self, at: Timestamp, now: Timestamp) -> String {
        let (language, zone) = (self.rules.language, &self.rules.zone);
        let day = day_of(at, 0, zone);
        if day == day_of(now, 0, zone) {
            return CalendarText::Today.text(language).to_owned();
        }
        if day == day_of(now, 1, zone) {
            return CalendarText::Tomorrow.text(language).to_owned();
        }
        let format = match language {
            Language::De => "%d.%m.",
            Language::En => "%-d %b",
        };
        day.strftime(format).to_string()
    }

    /// What appointments would do and is not done, and what they cancel.
    pub(super) fn why_calendar(&self, tongue: Tongue<'_>) -> Vec<String> {
        let missing = self.desired.forward_missing.as_ref().map(|why| {
            let rule = rule_name::in_words(&why.rule, tongue.language);
            CalendarText::ReasonForwardMissing.with(tongue.language, &[("rule", &rule)])
        });
        missing.into_iter().collect()
    }

    /// "(No DND)": calls ring through although Teams would silence the phone.
    pub(super) fn why_rings(&self, tongue: Tongue<'_>) -> Option<String> {
        let until = tongue.time(self.desired.rings_until?);
        let keyword = crate::appointment::Keyword::NoDnd.name_in(tongue.language);
        let values = [("until", until.as_str()), ("keyword", keyword)];
        Some(CalendarText::ReasonRings.with(tongue.language, &values))
    }

    /// Why the phone is as it is, where an appointment did it.
    pub(super) fn why_by_appointment(&self, field: Field, now: Now) -> Option<String> {
        let language = self.rules.language;
        let hold = self
            .hold(field)
            .filter(|hold| hold.why.cause == Cause::Calendar)?;
        let until = hold.why.until.filter(|until| *until > now.wall);
        let until = until.map(|at| super::clock_time(at, now.wall, &self.rules));
        let target = value_text(&hold.wrote, language);
        let text = match (&hold.wrote, &until) {
            (FieldValue::Dnd(_), Some(_)) => CalendarText::WhyDndUntil,
            (FieldValue::Dnd(_), None) => CalendarText::WhyDnd,
            (FieldValue::Forward(_), Some(_)) => CalendarText::WhyForwardUntil,
            (FieldValue::Forward(_), None) => CalendarText::WhyForward,
            (FieldValue::Presence(_) | FieldValue::Note(_), _) => return None,
        };
        let until = until.unwrap_or_default();
        Some(text.with(language, &[("target", &target), ("until", &until)]))
    }
}

const fn dnd_text(switch: Switch) -> CalendarText {
    match switch {
        Switch::On => CalendarText::DoesDnd,
        Switch::Off => CalendarText::DoesRing,
        Switch::Untouched => CalendarText::DoesNothing,
    }
}

const fn forward_text(switch: Switch) -> CalendarText {
    match switch {
        Switch::On => CalendarText::DoesForward,
        Switch::Off => CalendarText::DoesNoForward,
        Switch::Untouched => CalendarText::DoesNothing,
    }
}

/// What an appointment by itself does, word by word; nothing at all: empty.
fn does(court: &Court<'_>, appointment: &Appointment) -> Vec<String> {
    let language = court.language;
    let calls = court.calls(appointment);
    let mut words = Vec::new();
    let acts = |switch: Switch| switch != Switch::Untouched;
    let dnd = calls.dnd.filter(|switch| acts(*switch)).map(dnd_text);
    let forward = calls.forward.filter(|switch| acts(*switch)).map(forward_text);
    words.extend(
        dnd.into_iter()
            .chain(forward)
            .map(|text| text.text(language).to_owned()),
    );
    if let Some(presence) = court.chat(appointment) {
        let presence = presence_text(presence).text(language);
        words.push(CalendarText::DoesChat.with(language, &[("presence", presence)]));
    }
    if let Some(say) = court.judge(&[appointment]).text {
        words.push(CalendarText::DoesText.with(language, &[("text", &say.value)]));
        if court.rules.teams_message {
            words.push(CalendarText::DoesMessage.text(language).to_owned());
        }
    }
    words
}
