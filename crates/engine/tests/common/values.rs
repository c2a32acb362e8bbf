//! What scenarios name: moments, faults, accounts, appointments, rules.

use jiff::Timestamp;
use offhook_engine::appointment::{Answer, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::phone::FieldValue;
use offhook_engine::profile::{ForwardRule, Profile, Row};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Account, Right, SessionPair};
use std::time::Duration;

pub const ON: FieldValue = FieldValue::Dnd(true);

pub const OFF: FieldValue = FieldValue::Dnd(false);

pub const CALL: Option<SessionPair> = Some(SessionPair::BusyInACall);

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn secs(n: f64) -> Duration {
    Duration::from_secs_f64(n)
}

pub fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, Code::TimedOut)
}

pub fn unreachable() -> Fault {
    fault(FaultKind::Unreachable)
}

pub fn throttled(after: Option<f64>) -> Fault {
    fault(FaultKind::Throttled {
        retry_after: after.map(secs),
    })
}

pub fn account(key: &str) -> Account {
    Account {
        key: key.into(),
        name: "Anna Muster".into(),
        address: "anna.muster@example.com".into(),
        rights: vec![Right::PresenceRead, Right::PresenceWrite],
    }
}

/// On the day that every world begins on: `10:00`, or `2026-03-10T10:00:00Z` in full.
pub fn moment(text: &str) -> Timestamp {
    if text.len() == 5 {
        return at(&format!("2026-03-10T{text}:00Z"));
    }
    at(text)
}

pub fn appointment(show_as: &str, subject: &str, start: &str, end: &str) -> Appointment {
    Appointment {
        id: AppointmentId::new(format!("{show_as} {subject} {start}")),
        subject: subject.into(),
        show_as: ShowAs::parse(show_as),
        sensitivity: Sensitivity::Normal,
        answer: Answer::None,
        cancelled: false,
        draft: false,
        span: Span::Timed {
            start: moment(start),
            end: moment(end),
        },
    }
}

pub fn rules(profile: &str) -> Rules {
    Rules {
        profile: Profile::named(profile).unwrap(),
        ..Rules::default()
    }
}

/// `recommended`, with forwards for two states: no document has one.
pub fn forwarding() -> Rules {
    let mut rules = rules("recommended");
    let to = |row: &mut Row, target: &str| row.forward = ForwardRule::To(target.into());
    for row in &mut rules.profile.rows {
        match row.when.as_str() {
            "Busy" => to(row, "100"),
            "Away" => to(row, "200"),
            _ => {}
        }
    }
    rules
}

pub fn forward(target: &str) -> FieldValue {
    FieldValue::Forward(Some(target.into()))
}
