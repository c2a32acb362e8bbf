//! What should be, from what is known: total, no memory, no clock of its own.

pub(crate) mod appointments;

use crate::clock::Now;
use crate::facts::{Facts, teams};
use crate::ledger::{Ledger, Reason, Stage};
use crate::line::SourceId;
use crate::phone::{Field, FieldValue, PhonePresence};
use crate::profile::{DndRule, ForwardRule, PresenceRule, ToTeams};
use crate::reconcile::session::LIFETIME;
use crate::rule_name::RuleName;
use crate::rules::{Doing, Rules};
use crate::table::{CallKind, PhoneState};
use crate::teams::{PreferredPair, Presence, SessionPair, StatusMessage};
use offhook_protocol::status::Cause;
use std::time::Duration;

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
    /// The status message in Teams, for an appointment (R16).
    pub message: Option<MessageWish>,
    /// The calendar has not been read yet: a message that was set for an appointment stays.
    pub message_unknown: bool,
    /// What is not set because Teams says "in a call" only as the phone is: no cause (R24).
    pub echo_of_phone: Vec<Field>,
    /// An appointment wants calls forwarded, and no forward is prepared: nothing is done (R14).
    pub forward_missing: Option<Reason>,
    /// "(No DND)" cancels do not disturb that Teams would have caused, until then (R12).
    pub rings_until: Option<jiff::Timestamp>,
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
    pub insist: Insist,
}

/// Whether what was changed by hand meanwhile is set again (R16); otherwise the person wins (R10).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Insist {
    #[default]
    No,
    /// Over an Away, which a client sets by itself.
    OverAway,
    Always,
}

impl Insist {
    pub(crate) fn is_over(self, shown: &FieldValue) -> bool {
        match self {
            Self::No => false,
            Self::OverAway => *shown == FieldValue::Presence(Some(PhonePresence::Away)),
            Self::Always => true,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Want {
    Set(FieldValue),
    /// No opinion: a hold of ours is released.
    Leave,
    /// innovaphone's "online": as `Leave`, and also removes a presence that an earlier run of ours left.
    Unset,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionWish {
    pub pair: SessionPair,
    /// For how long at a time; renewed while it is wanted.
    pub lifetime: Duration,
    pub why: Reason,
}

/// Ends by itself with the appointment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageWish {
    pub message: StatusMessage,
    pub why: Reason,
    pub insist: Insist,
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
    appointments::lay_over(&mut desired, facts, rules, ledger, now);
    if let Some(Wish {
        want: Want::Set(FieldValue::Presence(wanted)),
        ..
    }) = &mut desired.presence
    {
        let words = facts.phone.abilities().presence_words;
        *wanted = wanted.and_then(|word| words.nearest(word));
    }
    phone_to_teams(&mut desired, facts, rules, ledger, now);
    desired
}

fn teams_to_phone(desired: &mut Desired, facts: &Facts, rules: &Rules, now: Now) {
    let release = |rule: RuleName| Wish {
        want: Want::Leave,
        why: Reason {
            cause: Cause::Teams,
            rule: rule.to_string(),
            since: now.wall,
            until: None,
        },
        insist: Insist::No,
    };
    let all = |wish: Wish| Desired {
        dnd: Some(wish.clone()),
        forward: Some(wish.clone()),
        presence: Some(wish.clone()),
        note: Some(wish),
        ..Desired::default()
    };
    if facts.is_signed_out() {
        *desired = all(release(RuleName::SignedOut));
        return;
    }
    if facts.teams.is_stale(rules.release_after, now.mono) {
        *desired = all(release(RuleName::TeamsUnreachable));
        return;
    }
    let Some(in_force) = &facts.teams.in_force else {
        return;
    };
    let presence = &in_force.presence;
    let doing = rules.doing(presence);
    let mut names = [None, None];
    let mut why = |own: bool| Reason {
        cause: Cause::Teams,
        rule: names[usize::from(own)]
            .get_or_insert_with(|| RuleName::teams(&rules.profile.name, own, presence, doing.state.is_none()))
            .clone(),
        since: in_force.since,
        until: None,
    };
    let in_a_call = presence.says("InACall") || presence.says("InAConferenceCall");
    if in_a_call
        && facts
            .calls
            .counts_on(&SourceId::phone(), rules.outgoing_counts, now.mono)
    {
        let all = all(Wish {
            want: Want::Leave,
            why: why(false),
            insist: Insist::No,
        });
        *desired = Desired {
            echo_of_phone: Wants::of(&doing, false).set_fields(),
            ..all
        };
        return;
    }
    let wants = Wants::of(&doing, teams::is_ending(presence));
    let mut wish = |want: Want, own: bool| {
        Some(Wish {
            want,
            why: why(own),
            insist: Insist::No,
        })
    };
    desired.dnd = wish(wants.dnd, doing.dnd.own);
    desired.forward = wish(wants.forward, doing.forward.own);
    desired.presence = wish(wants.presence, doing.presence.own);
    desired.note = wish(wants.note, doing.note.own);
}

const fn with_field(desired: &mut Desired, field: Field) -> &mut Option<Wish> {
    match field {
        Field::Dnd => &mut desired.dnd,
        Field::Forward => &mut desired.forward,
        Field::Presence => &mut desired.presence,
        Field::Note => &mut desired.note,
    }
}

struct Wants {
    dnd: Want,
    forward: Want,
    presence: Want,
    note: Want,
}

impl Wants {
    /// Offline and its like end causes but never set anything (R7).
    fn of(doing: &Doing, ending: bool) -> Self {
        let set = |value: FieldValue| if ending { Want::Leave } else { Want::Set(value) };
        Self {
            dnd: match doing.dnd.value {
                DndRule::On => set(FieldValue::Dnd(true)),
                DndRule::Leave | DndRule::Off => Want::Leave,
            },
            forward: match &doing.forward.value {
                ForwardRule::Leave => Want::Leave,
                ForwardRule::To(target) => set(FieldValue::Forward(Some(target.clone()))),
            },
            presence: match doing.presence.value {
                PresenceRule::Leave => Want::Leave,
                PresenceRule::Unset => Want::Unset,
                PresenceRule::Set(presence) => set(FieldValue::Presence(Some(presence))),
            },
            note: doing
                .note
                .value
                .as_ref()
                .map_or(Want::Leave, |note| set(FieldValue::Note(note.clone()))),
        }
    }

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

/// What the table would set for a presence, whatever else holds.
pub(crate) fn row_value(presence: &Presence, rules: &Rules, field: Field) -> Option<FieldValue> {
    let wants = Wants::of(&rules.doing(presence), false);
    let want = match field {
        Field::Dnd => wants.dnd,
        Field::Forward => wants.forward,
        Field::Presence => wants.presence,
        Field::Note => wants.note,
    };
    match want {
        Want::Set(value) => Some(value),
        Want::Leave | Want::Unset => None,
    }
}

/// Whether the table says unset for this presence: then Offline needs no confirmation (R7).
pub(crate) fn ends_at_once(presence: &Presence, rules: &Rules) -> bool {
    rules.doing(presence).presence.value == PresenceRule::Unset
}

/// What the person set on the phone: a value with no hold of ours (R5). By strength. `unset`: a presence of ours that
/// was given up is removed if it shows itself all the same (R9).
fn by_hand(facts: &Facts, ledger: &Ledger, unset: bool, now: Now) -> Vec<(PhoneState, jiff::Timestamp)> {
    let phone = facts.phone.key().unwrap_or_default();
    let given_up = ledger.late.as_ref().filter(|late| unset && late.phone == phone);
    let known = |field: Field| {
        facts.phone.recent(field, now.mono).filter(|known| {
            // One that is about to be written does not show yet; one that nobody answered may show itself late.
            match ledger.hold_on(field, phone) {
                Some(hold) => hold.stage == Stage::Intent && known.value == hold.before,
                None => {
                    !ledger.comes_late(&known.value)
                        && !given_up.is_some_and(|late| late.is(&known.value, now.wall))
                }
            }
        })
    };
    let dnd = known(Field::Dnd)
        .filter(|known| known.value == FieldValue::Dnd(true))
        .map(|known| (PhoneState::DndOn, known.since));
    let presence = known(Field::Presence).and_then(|known| match &known.value {
        FieldValue::Presence(Some(presence)) => Some((PhoneState::Presence(*presence), known.since)),
        FieldValue::Presence(None) | FieldValue::Dnd(_) | FieldValue::Forward(_) | FieldValue::Note(_) => {
            None
        }
    });
    let pressed = facts.calls.dnd_by_hand().map(|since| (PhoneState::DndOn, since));
    dnd.or(pressed).into_iter().chain(presence).collect()
}

fn phone_to_teams(desired: &mut Desired, facts: &Facts, rules: &Rules, ledger: &Ledger, now: Now) {
    if let Some(call) = facts.calls.in_call(rules.outgoing_counts, now.mono) {
        let kind = if call.conference {
            CallKind::Conference
        } else {
            CallKind::Call
        };
        let ruled = rules.call_pair(kind);
        let rule = RuleName::Call {
            source: call.source.to_string(),
            own: ruled.own,
        };
        let why = Reason {
            cause: Cause::Call,
            rule: rule.to_string(),
            since: call.since,
            until: None,
        };
        desired.session = ruled.value.map(|pair| SessionWish {
            pair,
            lifetime: LIFETIME,
            why,
        });
    }
    desired.preferred_unknown = facts.phone.link.is_some() && waits_for_phone(facts, rules);
    let unset = desired
        .presence
        .as_ref()
        .is_some_and(|wish| wish.want == Want::Unset);
    for (state, since) in by_hand(facts, ledger, unset, now) {
        let (teams, lifetime) = rules.to_teams(state);
        let rule = RuleName::Phone {
            profile: rules.profile.name.clone(),
            own: teams.own,
            state,
        };
        let why = Reason {
            cause: Cause::Person,
            rule: rule.to_string(),
            since,
            until: None,
        };
        match teams.value {
            ToTeams::Nothing => {}
            ToTeams::Session(pair) => {
                desired.session.get_or_insert(SessionWish { pair, lifetime, why });
            }
            ToTeams::Preferred(pair) => {
                desired
                    .preferred
                    .get_or_insert(PreferredWish { pair, lifetime, why });
            }
        }
    }
}

/// Whether a field that could set the preferred presence has not been told yet.
fn waits_for_phone(facts: &Facts, rules: &Rules) -> bool {
    let prefers = |state: PhoneState| match rules.to_teams(state).0.value {
        ToTeams::Preferred(_) => true,
        ToTeams::Nothing | ToTeams::Session(_) => false,
    };
    PhoneState::all().any(|state| {
        let field = match state {
            PhoneState::DndOn => Field::Dnd,
            PhoneState::Presence(_) => Field::Presence,
        };
        !facts.phone.known.contains_key(&field) && prefers(state)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Instant;
    use crate::facts::Link;
    use crate::ledger::{Hold, Late};
    use crate::phone::{Abilities, PhoneIdentity};

    /// To `pbx/2001`.
    fn link(now: Now) -> Link {
        Link {
            identity: Some(PhoneIdentity {
                key: "pbx/2001".to_owned(),
                system: "Pretend 1.0".to_owned(),
                names: Vec::new(),
            }),
            abilities: Abilities::default(),
            up: true,
            since: now.wall,
            down_at: None,
            fault: None,
        }
    }

    #[test]
    fn r9_what_unset_is_about_to_remove_is_not_the_persons() {
        let now = Now {
            mono: Instant::from_origin(Duration::from_secs(1000)),
            wall: jiff::Timestamp::UNIX_EPOCH,
        };
        let away = FieldValue::Presence(Some(PhonePresence::Away));
        let mut facts = Facts::default();
        facts.phone.link = Some(link(now));
        facts.phone.on_seen(away.clone(), now);
        for (phone, unset, is_persons) in [
            ("pbx/2001", true, false),
            ("pbx/2001", false, true),
            ("pbx/2002", true, true),
        ] {
            let ledger = Ledger {
                late: Some(Late {
                    wrote: away.clone(),
                    before: FieldValue::Presence(None),
                    at: now.wall,
                    arrived: false,
                    phone: phone.into(),
                }),
                ..Ledger::default()
            };
            let told = by_hand(&facts, &ledger, unset, now);
            assert_eq!(!told.is_empty(), is_persons, "late on {phone}, unset: {unset}");
        }
    }

    #[test]
    fn r5_what_we_hold_is_not_the_persons_unless_it_is_still_to_be_written() {
        let now = Now {
            mono: Instant::from_origin(Duration::from_secs(1000)),
            wall: jiff::Timestamp::UNIX_EPOCH,
        };
        let (away, busy) = (PhonePresence::Away, PhonePresence::Busy);
        let value = |presence| FieldValue::Presence(Some(presence));
        for (stage, shows, is_by_hand) in [
            (Stage::Intent, away, true),
            (Stage::Intent, busy, false),
            (Stage::Written, away, false),
            (Stage::Written, busy, false),
            (Stage::Releasing, away, false),
        ] {
            let mut facts = Facts::default();
            facts.phone.link = Some(link(now));
            facts.phone.on_seen(value(shows), now);
            let mut ledger = Ledger::default();
            let hold = Hold {
                stage,
                before: value(away),
                wrote: value(busy),
                earlier: None,
                why: Reason {
                    cause: Cause::Teams,
                    rule: String::new(),
                    since: now.wall,
                    until: None,
                },
                since: now.wall,
                phone: "pbx/2001".to_owned(),
            };
            ledger.put(Field::Presence, "pbx/2001", Some(hold));
            let told = by_hand(&facts, &ledger, false, now);
            let wanted = is_by_hand.then_some((PhoneState::Presence(shows), now.wall));
            assert_eq!(
                told,
                wanted.into_iter().collect::<Vec<_>>(),
                "{stage:?}, {shows:?}"
            );
        }
    }
}
