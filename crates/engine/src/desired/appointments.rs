//! What appointments want of the phone, laid over what Teams wants (R12, R14–R18).

use super::{Desired, Insist, MessageWish, Want, Wish, with_field};
use crate::appointment::Appointment;
use crate::calendar::{CalendarRule, Court, Say, Switch, Verdict, fitted};
use crate::clock::Now;
use crate::facts::calendar::Knowledge;
use crate::facts::{Facts, Prepared};
use crate::ledger::{Ledger, Reason};
use crate::phone::{Field, FieldValue, NoteLength, PhonePresence};
use crate::rule_name::RuleName;
use crate::rules::Rules;
use crate::table::TeamsState;
use crate::teams::StatusMessage;
use offhook_protocol::status::Cause;

/// The appointments that count, run now and are not skipped.
pub(crate) fn running<'a>(
    facts: &'a Facts,
    rules: &Rules,
    ledger: &Ledger,
    now: Now,
) -> Vec<&'a Appointment> {
    if facts.calendar.knowledge(now.mono) != Knowledge::Known {
        return Vec::new();
    }
    let skipped = |a: &Appointment| ledger.skipped.iter().any(|skipped| skipped.id == a.id.as_str());
    let all = facts.calendar.appointments.iter();
    all.filter(|a| a.counts() && !skipped(a) && a.is_running(now.wall, &rules.zone))
        .collect()
}

pub(crate) const fn court(rules: &Rules) -> Court<'_> {
    Court {
        rules: &rules.calendar,
        zone: &rules.zone,
        language: rules.language,
    }
}

/// Where "forward calls" leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Target {
    To(String),
    /// Nothing is prepared: a notice, and nothing done (R14).
    Missing,
    /// The phone system has not told yet.
    Unknown,
}

pub(crate) fn target(facts: &Facts, rules: &Rules) -> Target {
    if !facts.phone.is_up() {
        return Target::Unknown;
    }
    if facts.phone.abilities().prepared_forward {
        return match &facts.phone.prepared {
            Prepared::Unknown => Target::Unknown,
            Prepared::Nothing => Target::Missing,
            Prepared::To(target) => Target::To(target.clone()),
        };
    }
    match &rules.calendar.forward_to {
        Some(target) => Target::To(target.clone()),
        None => Target::Missing,
    }
}

pub(super) fn lay_over(desired: &mut Desired, facts: &Facts, rules: &Rules, ledger: &Ledger, now: Now) {
    let verdict = court(rules).judge(&running(facts, rules, ledger, now));
    rings_through(desired, facts, rules, &verdict);
    desired.message = message(rules, &verdict);
    desired.message_unknown =
        rules.calendar.teams_message && facts.calendar.knowledge(now.mono) == Knowledge::Awaited;
    let wants = wants(desired, facts, rules, &verdict);
    for field in Field::ALL {
        let wanted = wants.iter().find(|wish| match &wish.want {
            Want::Set(value) => value.field() == field,
            Want::Leave | Want::Unset => false,
        });
        let teams = desired.of(field).cloned();
        let wish = match wanted {
            Some(wish) => Some(together(teams, wish.clone())),
            None => without(field, teams, facts, ledger, now),
        };
        *with_field(desired, field) = wish;
    }
}

/// A winning "(No DND)" also cancels do not disturb that Teams' Busy or InAMeeting has caused, and no other (R12).
fn rings_through(desired: &mut Desired, facts: &Facts, rules: &Rules, verdict: &Verdict) {
    let Some(say) = verdict.dnd.as_ref().filter(|say| say.value == Switch::Off) else {
        return;
    };
    let sets = |wish: &Wish| matches!(wish.want, Want::Set(_));
    let Some(in_force) = &facts.teams.in_force else {
        return;
    };
    if !desired.dnd.as_ref().is_some_and(sets) {
        return;
    }
    let presence = &in_force.presence;
    let says = |word: &str| presence.says(word);
    let weak = matches!(
        rules.doing(presence).state,
        Some(TeamsState::Busy | TeamsState::InAMeeting)
    );
    let strong = ["DoNotDisturb", "Presenting", "InACall", "InAConferenceCall"];
    if weak && !strong.into_iter().any(says) {
        desired.rings_until = Some(say.end);
        desired.dnd = Some(Wish {
            want: Want::Leave,
            why: reason(say),
            insist: Insist::No,
        });
    }
}

fn wants(desired: &mut Desired, facts: &Facts, rules: &Rules, verdict: &Verdict) -> Vec<Wish> {
    let calendar = &rules.calendar;
    let mut wants = Vec::new();
    let mut add = |value: FieldValue, why: Reason, insist: Insist| {
        wants.push(Wish {
            want: Want::Set(value),
            why,
            insist,
        });
    };
    if let Some(say) = verdict.dnd.as_ref().filter(|say| say.value == Switch::On) {
        add(FieldValue::Dnd(true), reason(say), Insist::No);
    }
    if let Some(say) = verdict.forward.as_ref().filter(|say| say.value == Switch::On) {
        match target(facts, rules) {
            Target::To(target) => add(FieldValue::Forward(Some(target)), reason(say), Insist::No),
            Target::Missing => desired.forward_missing = Some(reason(say)),
            Target::Unknown => {}
        }
    }
    let leads = leads(rules);
    if let Some(say) = &verdict.chat {
        let insist = match (leads, calendar.ignore_away) {
            (Insist::No, true) => Insist::OverAway,
            (leads, _) => leads,
        };
        add(FieldValue::Presence(Some(say.value)), reason(say), insist);
    }
    if let Some(say) = &verdict.text {
        let most = facts.phone.abilities().note_length.0;
        let text = fitted(&say.value, usize::from(most));
        add(FieldValue::Note(text), reason(say), leads);
    }
    wants
}

/// The same text in Teams, where that is wanted; as long as Teams' own client takes it.
fn message(rules: &Rules, verdict: &Verdict) -> Option<MessageWish> {
    let say = verdict.text.as_ref().filter(|_| rules.calendar.teams_message)?;
    let text = fitted(&say.value, usize::from(NoteLength::default().0));
    let message = StatusMessage {
        text,
        pinned: false,
        until: Some(say.end),
    };
    (!message.is_none()).then(|| MessageWish {
        message,
        why: reason(say),
        insist: leads(rules),
    })
}

const fn leads(rules: &Rules) -> Insist {
    if rules.calendar.leads {
        Insist::Always
    } else {
        Insist::No
    }
}

/// Both causes want something, or Teams leaves it alone (R12).
fn together(teams: Option<Wish>, calendar: Wish) -> Wish {
    let Some(teams) = teams else { return calendar };
    let (Want::Set(theirs), Want::Set(ours)) = (&teams.want, &calendar.want) else {
        return calendar;
    };
    let goes_on = match (theirs, ours) {
        // It stays on until both have ended, and when Teams ends nobody knows.
        (FieldValue::Dnd(true), FieldValue::Dnd(true)) => true,
        (FieldValue::Presence(theirs), FieldValue::Presence(ours)) => strength(*theirs) <= strength(*ours),
        // An appointment says more exactly where calls go, and what to read.
        (FieldValue::Dnd(_) | FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_), _) => {
            false
        }
    };
    if goes_on {
        Wish {
            insist: calendar.insist,
            ..teams
        }
    } else {
        calendar
    }
}

/// Dnd > on the phone > meeting > busy > away > available (R12): the order of the words themselves.
fn strength(presence: Option<PhonePresence>) -> (bool, Option<PhonePresence>) {
    (presence.is_none(), presence)
}

/// No appointment wants anything for this field. What an earlier one has set goes back, but not before the calendar
/// has been read for the first time.
fn without(field: Field, teams: Option<Wish>, facts: &Facts, ledger: &Ledger, now: Now) -> Option<Wish> {
    let sets = |wish: &Wish| match wish.want {
        Want::Set(_) => true,
        Want::Leave | Want::Unset => false,
    };
    let hold = facts
        .phone
        .key()
        .and_then(|phone| ledger.hold_on(field, phone))
        .filter(|hold| hold.why.cause == Cause::Calendar);
    let Some(hold) = hold.filter(|_| !teams.as_ref().is_some_and(sets)) else {
        return teams;
    };
    let awaited = facts.calendar.knowledge(now.mono) == Knowledge::Awaited;
    if awaited && hold.why.until.is_some_and(|until| now.wall < until) {
        return None;
    }
    Some(teams.unwrap_or_else(|| Wish {
        want: Want::Leave,
        why: Reason {
            cause: Cause::Calendar,
            rule: RuleName::Calendar(CalendarRule::Over).to_string(),
            since: now.wall,
            until: None,
        },
        insist: Insist::No,
    }))
}

fn reason<T>(say: &Say<T>) -> Reason {
    Reason {
        cause: Cause::Calendar,
        rule: RuleName::Calendar(say.rule.clone()).to_string(),
        since: say.start,
        until: Some(say.end),
    }
}
