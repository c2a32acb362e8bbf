//! What should be, from what is known: total, no memory, no clock of its own.

use crate::clock::Now;
use crate::facts::{Facts, teams};
use crate::ledger::{Ledger, Reason};
use crate::line::SourceId;
use crate::phone::{Field, FieldValue, PhonePresence};
use crate::profile::{DndRule, ForwardRule, PersonDnd, PersonPresence, PresenceRule, Profile, Row};
use crate::rules::Rules;
use crate::teams::{PreferredPair, Presence, SessionPair};
use offhook_protocol::status::Cause;
use std::time::Duration;

const DAY: Duration = Duration::from_secs(24 * 3600);

/// What the rules want now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Desired {
    pub dnd: Option<Wish>,
    pub forward: Option<Wish>,
    pub presence: Option<Wish>,
    pub note: Option<Wish>,
    /// Our session in Teams.
    pub session: Option<SessionWish>,
    /// The preferred presence, only for a state the person set on the phone (R5).
    pub preferred: Option<PreferredWish>,
    /// The phone system has not told yet whether the person set something there that belongs in Teams: what
    /// was set in Teams for it is kept.
    pub preferred_unknown: bool,
    /// What is not set because Teams says "in a call" only as the phone is: no cause (R24).
    pub echo_of_phone: Vec<Field>,
}

impl Desired {
    pub const fn of(&self, field: Field) -> Option<&Wish> {
        match field {
            Field::Dnd => self.dnd.as_ref(),
            Field::Forward => self.forward.as_ref(),
            Field::Presence => self.presence.as_ref(),
            Field::Note => self.note.as_ref(),
        }
    }
}

/// What is wanted for one field, and why. No wish at all means that nothing is known: what is there is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub want: Want,
    pub why: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    Set(FieldValue),
    /// No opinion: a hold of ours is released.
    Leave,
    /// innovaphone's "online": as `Leave`. The rule table and the preview name it apart.
    Unset,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionWish {
    pub pair: SessionPair,
    pub why: Reason,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PreferredWish {
    pub pair: PreferredPair,
    pub lifetime: Duration,
    pub why: Reason,
}

/// What the rules want. The ledger tells which values on the phone are ours; everything else there is the
/// person's.
pub fn desired(facts: &Facts, rules: &Rules, ledger: &Ledger, now: Now) -> Desired {
    let mut desired = Desired::default();
    teams_to_phone(&mut desired, facts, rules, now);
    phone_to_teams(&mut desired, facts, rules, ledger, now);
    desired
}

fn teams_to_phone(desired: &mut Desired, facts: &Facts, rules: &Rules, now: Now) {
    let release = |rule: String| Wish {
        want: Want::Leave,
        why: Reason {
            cause: Cause::Teams,
            rule,
            since: now.wall,
            until: None,
        },
    };
    let all = |wish: Wish| Desired {
        dnd: Some(wish.clone()),
        forward: Some(wish.clone()),
        presence: Some(wish.clone()),
        note: Some(wish),
        ..Desired::default()
    };
    if facts.is_signed_out() {
        *desired = all(release("signed-out".into()));
        return;
    }
    if facts.teams.is_stale(rules.release_after, now.mono) {
        *desired = all(release("teams-unreachable".into()));
        return;
    }
    let Some(in_force) = &facts.teams.in_force else {
        return;
    };
    let presence = &in_force.presence;
    let why = |row: Option<&Row>| Reason {
        cause: Cause::Teams,
        rule: rule_name(&rules.profile, presence, row),
        since: in_force.since,
        until: None,
    };
    let row = rules.profile.row(presence);
    let in_a_call = presence.says("InACall") || presence.says("InAConferenceCall");
    if in_a_call
        && facts
            .calls
            .counts_on(&SourceId::phone(), rules.outgoing_counts, now.mono)
    {
        let wants = row_wants(row, false, rules);
        let all = all(Wish {
            want: Want::Leave,
            why: why(row),
        });
        *desired = Desired {
            echo_of_phone: wants.set_fields(),
            ..all
        };
        return;
    }
    let wants = row_wants(row, teams::is_ending(presence), rules);
    let wish = |want: Want| Some(Wish { want, why: why(row) });
    desired.dnd = wish(wants.dnd);
    desired.forward = wish(wants.forward);
    desired.presence = wish(wants.presence);
    desired.note = wish(wants.note);
}

struct RowWants {
    dnd: Want,
    forward: Want,
    presence: Want,
    note: Want,
}

impl RowWants {
    fn set_fields(&self) -> Vec<Field> {
        [&self.dnd, &self.forward, &self.presence, &self.note]
            .into_iter()
            .filter_map(|want| match want {
                Want::Set(value) => Some(value.field()),
                Want::Leave | Want::Unset => None,
            })
            .collect()
    }
}

/// A row's wishes. Offline and its like end causes but never set anything (R7).
fn row_wants(row: Option<&Row>, ending: bool, rules: &Rules) -> RowWants {
    let Some(row) = row else {
        return RowWants {
            dnd: Want::Leave,
            forward: Want::Leave,
            presence: Want::Leave,
            note: Want::Leave,
        };
    };
    let set = |value: FieldValue| if ending { Want::Leave } else { Want::Set(value) };
    let dnd = match row.dnd {
        DndRule::On => set(FieldValue::Dnd(true)),
        DndRule::Leave if row.meeting && rules.dnd_in_meetings => set(FieldValue::Dnd(true)),
        DndRule::Leave | DndRule::Off => Want::Leave,
    };
    let forward = match &row.forward {
        ForwardRule::Leave => Want::Leave,
        ForwardRule::To(target) => set(FieldValue::Forward(Some(target.clone()))),
    };
    let presence = match row.presence {
        PresenceRule::Leave => Want::Leave,
        PresenceRule::Unset => Want::Unset,
        PresenceRule::Set(presence) => set(FieldValue::Presence(Some(presence))),
    };
    let note = row
        .note
        .as_ref()
        .map_or(Want::Leave, |note| set(FieldValue::Note(note.clone())));
    RowWants {
        dnd,
        forward,
        presence,
        note,
    }
}

/// Whether the profile's row for this presence says unset: then Offline needs no confirmation (R7).
pub(crate) fn ends_at_once(presence: &Presence, rules: &Rules) -> bool {
    rules
        .profile
        .row(presence)
        .is_some_and(|row| row.presence == PresenceRule::Unset)
}

fn rule_name(profile: &Profile, presence: &Presence, row: Option<&Row>) -> String {
    match row {
        Some(_) => format!("{}: {presence}", profile.name),
        None => format!("{}: anything else ({presence})", profile.name),
    }
}

fn phone_to_teams(desired: &mut Desired, facts: &Facts, rules: &Rules, ledger: &Ledger, now: Now) {
    if let Some(call) = facts.calls.in_call(rules.outgoing_counts, now.mono) {
        let pair = if call.conference {
            SessionPair::BusyInAConferenceCall
        } else {
            SessionPair::BusyInACall
        };
        let why = Reason {
            cause: Cause::Call,
            rule: format!("call: {}", call.source),
            since: call.since,
            until: None,
        };
        desired.session = Some(SessionWish { pair, why });
    }
    // A value with no hold of ours is the person's (R5).
    let phone = facts.phone.key().unwrap_or_default();
    let by_hand = |field: Field| {
        facts
            .phone
            .recent(field, now.mono)
            .filter(|_| ledger.hold_on(field, phone).is_none())
    };
    desired.preferred_unknown = rules.profile.person_presence == PersonPresence::Preferred
        && facts.phone.link.is_some()
        && !facts.phone.known.contains_key(&Field::Presence);
    if rules.profile.person_dnd == PersonDnd::Session
        && desired.session.is_none()
        && let Some(known) = by_hand(Field::Dnd).filter(|known| known.value == FieldValue::Dnd(true))
    {
        let rule = format!("{}: do not disturb on the phone", rules.profile.name);
        let why = Reason {
            cause: Cause::Person,
            rule,
            since: known.since,
            until: None,
        };
        desired.session = Some(SessionWish {
            pair: SessionPair::BusyInACall,
            why,
        });
    }
    if rules.profile.person_presence == PersonPresence::Preferred
        && let Some(known) = by_hand(Field::Presence)
        && let FieldValue::Presence(Some(presence)) = known.value
    {
        let rule = format!("{}: {} on the phone", rules.profile.name, presence.as_str());
        let why = Reason {
            cause: Cause::Person,
            rule,
            since: known.since,
            until: None,
        };
        let preferred = |pair, lifetime| {
            Some(PreferredWish {
                pair,
                lifetime,
                why: why.clone(),
            })
        };
        match presence {
            PhonePresence::OnThePhone => {
                desired.session.get_or_insert(SessionWish {
                    pair: SessionPair::BusyInACall,
                    why,
                });
            }
            PhonePresence::Busy | PhonePresence::Meeting => {
                desired.preferred = preferred(PreferredPair::Busy, DAY);
            }
            PhonePresence::Dnd => desired.preferred = preferred(PreferredPair::DoNotDisturb, DAY),
            PhonePresence::Away | PhonePresence::ExtendedAway => {
                desired.preferred = preferred(PreferredPair::Away, 7 * DAY);
            }
            PhonePresence::Available => {}
        }
    }
}
