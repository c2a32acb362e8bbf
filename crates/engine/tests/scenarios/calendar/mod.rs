//! R12, R14 to R18 and R20: what the person's appointments do with the phone.

mod message_readings;
mod message_writes;
mod r10_message;
mod r12;
mod r14_r15;
mod r16;
mod r16_message;
mod r17;
mod r18_r22;

use crate::common::*;
use jiff::civil::date;
use jiff::tz::TimeZone;
use offhook_engine::appointment::{Answer, Appointment, AppointmentId, Sensitivity, Span};
use offhook_engine::calendar::{Action, CalendarRules};
use offhook_engine::facts::{CalendarLink, Prepared};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::{Field, FieldValue, NoteLength, PhonePresence};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::text::Language;
use offhook_engine::{Effect, Input, NoticeKind};
use offhook_protocol::command::Pause;
use offhook_protocol::status::{Cause, NotDoneReason};

fn with(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    let mut rules = rules("recommended");
    change(&mut rules.calendar);
    rules
}

/// A world with these appointments; it is 09:00.
fn day(appointments: Vec<Appointment>) -> World {
    day_of(rules("recommended"), appointments)
}

fn day_of(rules: Rules, appointments: Vec<Appointment>) -> World {
    let mut w = World::with(rules);
    w.calendar(appointments);
    w
}

fn busy(subject: &str, start: &str, end: &str) -> Appointment {
    appointment("busy", subject, start, end)
}

fn chatty(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    with(|calendar| {
        calendar.chat_status = true;
        calendar.title = true;
        change(calendar);
    })
}

fn forwards(change: impl FnOnce(&mut CalendarRules)) -> Rules {
    with(|calendar| {
        calendar.busy = Action::Forward;
        calendar.forward_to = Some("4711".into());
        change(calendar);
    })
}

fn reads(w: &World) -> usize {
    w.count(|effect| matches!(effect, Effect::ReadCalendar { .. }))
}

/// The next appointments as the page shows them: what each does, and why.
fn shown(w: &World) -> Vec<(String, String)> {
    let page = w.engine.pages(&Default::default(), w.now).calendar;
    page.next
        .into_iter()
        .map(|line| (line.action, line.why))
        .collect()
}

fn all_day(first: (i16, i8, i8), until: (i16, i8, i8)) -> Appointment {
    Appointment {
        span: Span::AllDay {
            first: date(first.0, first.1, first.2),
            until: date(until.0, until.1, until.2),
        },
        ..busy("Fair", "10:00", "11:00")
    }
}
