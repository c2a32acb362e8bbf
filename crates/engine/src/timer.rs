//! Every deadline of the engine, in one table.

use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::engine::{Engine, Phase};
use std::time::Duration;

/// While something is held that the working hours end, the wall clock is looked at so often.
const CLOCK: Duration = Duration::from_secs(10);

/// The next deadline and its name. A deadline that has passed is due now.
pub(crate) fn next(engine: &Engine, now: Now) -> Option<(Instant, &'static str)> {
    if breaks::is(Break::NeverRests) {
        return Some((now.mono, "broken"));
    }
    let facts = &engine.facts;
    let wall = |at: jiff::Timestamp| now.mono_at(at);
    let leaving = match engine.phase {
        Phase::Leaving { deadline, .. } => Some(deadline),
        Phase::Running | Phase::Asleep | Phase::Forgetting | Phase::Left => None,
    };
    let hours = engine
        .rules
        .working_hours
        .as_ref()
        .and_then(|h| h.at(now.wall, &engine.rules.zone).1)
        .map(wall);
    // A clock that is set to before or after the working hours wakes nobody.
    let clock = engine.rules.working_hours.is_some() && engine.ledger.has_ours();
    let clock = clock.then(|| engine.looked_at + CLOCK);
    let stale = facts
        .teams
        .failing_since()
        .map(|at| at + engine.rules.release_after)
        .filter(|at| *at > now.mono);
    let down_at = facts.phone.link.as_ref().and_then(|link| link.down_at);
    let phone_down = down_at.and_then(|at| {
        [at + crate::facts::calls::GRACE, at + crate::trouble::PHONE_DOWN]
            .into_iter()
            .find(|at| *at > now.mono)
    });
    let retry = engine.fields.iter().filter_map(|f| f.next_try(now.mono)).min();
    let table = [
        (leaving, "leaving"),
        (
            facts.person.pause.as_ref().and_then(|p| p.until).map(wall),
            "pause ends",
        ),
        (hours, "working hours"),
        (clock, "wall clock"),
        (
            facts.calls.next_change(engine.rules.outgoing_counts, now.mono),
            "calls",
        ),
        (engine.session.next_change(), "session"),
        (engine.preferred.next_change(now.mono), "preferred presence"),
        (engine.message.next_change(now.mono), "status message"),
        (retry, "field retry"),
        (engine.teams_poll_due(now), "poll"),
        (engine.calendar_due(now), "calendar"),
        (engine.calendar_border(now).map(wall), "appointment"),
        (facts.calendar.ends(now.mono), "calendar unreadable"),
        (stale, "teams unreadable"),
        (phone_down, "phone down"),
        (engine.phone_read_due().filter(|at| *at > now.mono), "phone read"),
        (engine.resync_until(), "resync"),
        (engine.next_save(), "ledger"),
    ];
    table
        .into_iter()
        .filter_map(|(at, name)| at.map(|at| (at, name)))
        .min_by_key(|(at, _)| *at)
}
