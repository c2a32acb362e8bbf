//! The calendar's part of the engine: when it is read, where its borders are, what is kept for it.

use super::{Engine, Leaving, Phase, Released};
use crate::appointment::AppointmentId;
use crate::clock::{Instant, Now};
use crate::effect::Effect;
use crate::facts::calendar::{self, CalendarLink};
use crate::fault::{Code, Fault, FaultKind};
use crate::ledger::Skipped;
use crate::phone::Field;
use crate::teams::Right;
use jiff::{SignedDuration, Timestamp};
use offhook_protocol::status::Cause;

/// Teams is read faster from a little before a border: its own presence changes there, too (R6).
const AROUND: SignedDuration = SignedDuration::from_secs(15);

impl Engine {
    pub(super) fn on_calendar_configured(&mut self, link: CalendarLink, now: Now) {
        self.facts.calendar.configured(link, now);
        self.calendar_pace.reset();
    }

    pub(super) fn on_calendar_read(
        &mut self,
        outcome: Result<Vec<crate::appointment::Appointment>, Fault>,
        now: Now,
    ) {
        if !self.may_read_calendar() {
            // Asked for somebody who has signed out since.
            return;
        }
        self.calendar_pace
            .on_answer(outcome.as_ref().map(|_| ()), &mut self.chance, now.mono);
        let refused = outcome
            .as_ref()
            .is_err_and(|fault| fault.kind == FaultKind::RightMissing);
        if refused {
            // This job alone is off (R18), and nothing of it stays.
            self.facts.calendar.forget();
            if self.facts.calendar.link == CalendarLink::Microsoft {
                self.facts.refused_rights.push(Right::CalendarRead);
            }
        }
        self.facts.calendar.on_read(outcome, &self.rules.zone, now);
        self.follow_skipped();
    }

    /// One that is left out may have been moved: it stays left out until its new end.
    fn follow_skipped(&mut self) {
        let appointments = &self.facts.calendar.appointments;
        for skipped in &mut self.ledger.skipped {
            let known = appointments.iter().find(|a| a.id.as_str() == skipped.id);
            let end = known.map(|a| a.span.bounds(&self.rules.zone).1);
            if let Some(end) = end.filter(|end| *end != skipped.until) {
                skipped.until = end;
                self.revision += 1;
            }
        }
    }

    /// Signed in anew, as somebody else, or out.
    pub(super) fn on_calendar_account(&mut self, another: bool) {
        if self.facts.calendar.link != CalendarLink::Microsoft {
            return;
        }
        if another {
            self.facts.calendar.forget();
        }
        self.calendar_pace.reset();
    }

    pub(super) fn skip_appointment(&mut self, id: &AppointmentId, skip: bool) {
        let known = self.facts.calendar.appointments.iter().find(|a| a.id == *id);
        let Some(until) = known.map(|a| a.span.bounds(&self.rules.zone).1) else {
            return;
        };
        let is_skipped = |skipped: &Skipped| skipped.id == id.as_str();
        if self.ledger.skipped.iter().any(is_skipped) == skip {
            return;
        }
        self.ledger.skipped.retain(|skipped| !is_skipped(skipped));
        if skip {
            let id = id.as_str().to_owned();
            self.ledger.skipped.push(Skipped { id, until });
        }
        self.revision += 1;
    }

    /// What is over needs no word any more.
    pub(super) fn forget_skipped(&mut self, now: Now) {
        let before = self.ledger.skipped.len();
        self.ledger.skipped.retain(|skipped| now.wall < skipped.until);
        if self.ledger.skipped.len() != before {
            self.revision += 1;
        }
    }

    /// Around a border Teams is read faster.
    pub(super) fn hurry_at_borders(&mut self, now: Now) {
        let Some(since) = self.bordered.replace(now.wall) else {
            return;
        };
        let calendar = &self.facts.calendar;
        let passed = [SignedDuration::ZERO, AROUND].into_iter().any(|ahead| {
            let (after, until) = (later(since, ahead), later(now.wall, ahead));
            calendar.has_border(after, until)
        });
        if passed {
            self.poll.hurry(now.mono);
        }
    }

    pub(super) fn read_calendar(&mut self, now: Now) {
        if self.calendar_due(now).is_none_or(|due| due > now.mono) {
            return;
        }
        if self.calendar_pace.is_waiting() {
            let fault = Fault::new(FaultKind::Unreachable, Code::TimedOut);
            self.on_calendar_read(Err(fault), now);
            return;
        }
        self.calendar_pace.on_sent(&mut self.chance, now.mono);
        let (from, until) = calendar::window(now.wall, &self.rules.zone);
        self.effects.push_back(Effect::ReadCalendar { from, until });
    }

    pub(crate) fn calendar_due(&self, now: Now) -> Option<Instant> {
        match self.phase {
            Phase::Running => {}
            Phase::Asleep | Phase::Leaving { .. } | Phase::Forgetting | Phase::Left => return None,
        }
        self.may_read_calendar().then(|| self.calendar_pace.due(now.mono))
    }

    fn may_read_calendar(&self) -> bool {
        match self.facts.calendar.link {
            CalendarLink::Off => false,
            CalendarLink::Microsoft => self.facts.has(Right::CalendarRead),
            CalendarLink::Own => true,
        }
    }

    /// The next moment that an appointment makes different: its border, a little before it, or the end of what an
    /// earlier run has set for one.
    pub(crate) fn calendar_border(&self, now: Now) -> Option<Timestamp> {
        let calendar = &self.facts.calendar;
        let ahead = calendar
            .next_border(later(now.wall, AROUND))
            .map(|border| later(border, -AROUND));
        let held = self
            .ledger
            .holds
            .iter()
            .filter(|hold| hold.why.cause == Cause::Calendar);
        let ends = held.filter_map(|hold| hold.why.until);
        let skipped = self.ledger.skipped.iter().map(|skipped| skipped.until);
        let borders = calendar.next_border(now.wall).into_iter().chain(ahead);
        let all = borders.chain(ends).chain(skipped);
        all.filter(|at| *at > now.wall).min()
    }

    /// What an appointment has set and the person wants left as it is while Offhook does nothing (R16, R20).
    pub(crate) fn is_kept(&self, field: Field, released: Released) -> bool {
        let by_appointment = self
            .hold(field)
            .is_some_and(|hold| hold.why.cause == Cause::Calendar);
        by_appointment && self.may_keep(field, released)
    }

    /// As [`Self::is_kept`], of what an appointment has set.
    pub(super) fn may_keep(&self, field: Field, released: Released) -> bool {
        let rules = &self.rules.calendar;
        let (quits, sleeps) = match self.phase {
            Phase::Leaving { then, .. } => (then == Leaving::Quit, false),
            Phase::Left => (true, false),
            Phase::Asleep => (false, true),
            Phase::Running | Phase::Forgetting => (false, false),
        };
        let paused = match released {
            Released::Paused | Released::OutsideHours => true,
            Released::Watching | Released::Leaving => false,
        };
        match field {
            Field::Dnd => false,
            Field::Forward => rules.forward_when_off && (quits || sleeps),
            Field::Presence | Field::Note => rules.keep_on_stop && (quits || paused),
        }
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(at)
}
