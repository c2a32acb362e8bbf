//! What needs the person: found from the facts, never remembered.

use crate::clock::Now;
use crate::effect::NoticeKind;
use crate::engine::Engine;
use crate::facts::CalendarLink;
use crate::facts::calendar::Knowledge;
use crate::fault::{Code, FaultKind};
use crate::teams::{Right, SignIn};
use crate::view::field_text;
use std::time::Duration;

/// How long the phone system may be away before the person is told.
pub(crate) const PHONE_DOWN: Duration = Duration::from_secs(120);

/// Its detail may name the person's accounts.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub code: Code,
    pub detail: Option<String>,
    /// Worth a notification of that kind, once.
    pub notice: Option<NoticeKind>,
}

/// The gravest first.
pub(crate) fn problems(engine: &Engine, now: Now) -> Vec<Trouble> {
    let facts = &engine.facts;
    let mut list = Vec::new();
    let field_name = |field| field_text(field).text(engine.rules.language).to_owned();
    let mut add = |code: Code, detail: Option<String>, notice: Option<NoticeKind>| {
        list.push(Trouble { code, detail, notice });
    };
    match &facts.sign_in {
        SignIn::Waiting(fault) => add(fault.code, fault.detail.clone(), None),
        SignIn::Expired { fault, .. } => {
            add(fault.code, fault.detail.clone(), Some(NoticeKind::SignIn));
        }
        SignIn::SignedOut | SignIn::Browser { .. } | SignIn::DeviceCode { .. } | SignIn::SignedIn(_) => {}
    }
    if let Some(fault) = &engine.ledger_fault {
        add(fault.code, fault.detail.clone(), Some(NoticeKind::Rule));
    }
    if let Some(link) = &facts.phone.link
        && let Some(fault) = &link.fault
        && !link.up
    {
        let long = link.down_at.is_some_and(|at| now.mono.since(at) >= PHONE_DOWN);
        // What only new settings can mend is said at once.
        let refused = fault.kind == FaultKind::Rejected;
        // A desk where nobody has signed in yet lacks everything, and says so already.
        let unused = fault.code == Code::SecretMissing && facts.account().is_none();
        if !unused {
            let notice = (long || refused).then_some(NoticeKind::Phone);
            add(fault.code, fault.detail.clone(), notice);
        }
    }
    for state in &engine.fields {
        if engine.is_contested(state.field()) {
            let name = field_name(state.field());
            add(Code::OtherWriter, Some(name), Some(NoticeKind::Rule));
        }
        if let Some(fault) = &state.failed
            && matches!(fault.kind, FaultKind::Rejected | FaultKind::RightMissing)
        {
            let name = field_name(state.field());
            add(Code::RuleNotApplied, Some(name), Some(NoticeKind::Rule));
        }
    }
    let refused = engine.session.refused().or(engine.preferred.refused());
    if let Some(fault) = refused.or(engine.message.refused()) {
        add(fault.code, fault.detail.clone(), Some(NoticeKind::Rule));
    }
    if facts.teams.is_stale(engine.rules.release_after, now.mono)
        && let Some(fault) = &facts.microsoft.fault
        && facts.signed_in().is_some()
    {
        add(fault.code, fault.detail.clone(), Some(NoticeKind::Microsoft));
    }
    if engine.desired.forward_missing.is_some() {
        add(Code::CalendarForwardMissing, None, Some(NoticeKind::Rule));
    }
    let calendar = &facts.calendar;
    let refused = facts.refused_rights.contains(&Right::CalendarRead);
    if calendar.link == CalendarLink::Microsoft && refused {
        add(Code::CalendarRightMissing, None, Some(NoticeKind::Rule));
    } else if let Some(fault) = &calendar.health.fault
        && (calendar.knowledge(now.mono) == Knowledge::Nothing || waits_for_person(engine, fault.kind))
    {
        // A sign-in that is no longer taken has been told above.
        if fault.kind != FaultKind::SignInRequired || calendar.link == CalendarLink::Own {
            let because = crate::text::problem(fault.code, fault.detail.as_deref(), engine.rules.language);
            add(
                Code::CalendarUnreadable,
                Some(because.sentence),
                Some(NoticeKind::Rule),
            );
        }
    }
    if engine.session.is_not_shown() {
        add(
            Code::TeamsKeepsStatus,
            facts.teams.seen.as_ref().map(|seen| seen.presence.to_string()),
            Some(NoticeKind::TeamsKeeps),
        );
    }
    if engine.accounts.is_some()
        && let Some((account, phone)) = facts.differing_accounts()
    {
        let names = phone.names.join(", ");
        add(
            Code::AccountsDiffer,
            Some(format!("{} / {names}", account.name)),
            Some(NoticeKind::SignIn),
        );
    }
    if engine.session.is_shared() {
        add(Code::OtherDesk, None, Some(NoticeKind::Others));
    }
    list
}

/// A password of the calendar's own that is not taken: it is not tried again, so it is said at once.
fn waits_for_person(engine: &Engine, kind: FaultKind) -> bool {
    kind == FaultKind::SignInRequired && engine.facts.calendar.link == CalendarLink::Own
}
