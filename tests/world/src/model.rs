//! What the rules want, from tables alone: the reference for `desired`.

use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::teams::{PreferredPair, Presence, SessionPair, Word};

/// (word, do not disturb, presence)
type Row = (&'static str, bool, Option<PhonePresence>);

use PhonePresence::{Available, Away, Busy, Dnd, ExtendedAway, Meeting, OnThePhone};

const RECOMMENDED: &[Row] = &[
    ("DoNotDisturb", true, None),
    ("UrgentInterruptionsOnly", true, None),
    ("Presenting", true, None),
    ("Focusing", true, None),
    ("InACall", true, None),
    ("InAConferenceCall", true, None),
    ("InAMeeting", false, None),
    ("Busy", false, None),
    ("Away", false, None),
    ("BeRightBack", false, None),
    ("Available", false, None),
];
const STARFACE: &[Row] = &[
    ("Available", false, None),
    ("InACall", true, None),
    ("InAConferenceCall", true, None),
    ("InAMeeting", true, None),
    ("Busy", true, None),
    ("DoNotDisturb", false, None),
    ("Away", false, None),
    ("BeRightBack", false, None),
];
const INNOVAPHONE: &[Row] = &[
    ("Away", false, Some(Away)),
    ("BeRightBack", false, Some(Away)),
    ("Busy", false, Some(Busy)),
    ("DoNotDisturb", false, Some(Dnd)),
    ("InACall", false, Some(OnThePhone)),
    ("InAMeeting", false, Some(Meeting)),
    ("Available", false, None),
    ("UrgentInterruptionsOnly", false, Some(Dnd)),
    ("Presenting", false, Some(OnThePhone)),
    ("InAConferenceCall", false, Some(OnThePhone)),
];
const PROCALL: &[Row] = &[
    ("Available", false, None),
    ("Busy", false, None),
    ("DoNotDisturb", true, Some(Dnd)),
    ("BeRightBack", false, None),
    ("Away", false, None),
    ("InACall", false, Some(OnThePhone)),
    ("InAConferenceCall", false, Some(OnThePhone)),
    ("Presenting", true, Some(Dnd)),
    ("InAMeeting", false, None),
];

/// The person's choices that the tables depend on.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a> {
    pub profile: &'a str,
    pub meetings: bool,
    /// Forward when away, a note when in a meeting: rows of the person's own.
    pub own_rows: bool,
}

pub const FORWARD: &str = "+49305550100";
pub const NOTE: &str = "in a meeting with Frau Winter";

/// Do not disturb, forward, presence, note: what is to be set, if anything.
pub fn wants(choices: Choices<'_>, teams: &Presence, call_on_the_phone: bool) -> [Option<FieldValue>; 4] {
    let nothing = [None, None, None, None];
    let says = |word: &str| teams.activity.is(word) || teams.availability.is(word);
    if says("Offline") || says("OffWork") || says("PresenceUnknown") {
        return nothing;
    }
    if call_on_the_phone && (says("InACall") || says("InAConferenceCall")) {
        return nothing;
    }
    let table = match choices.profile {
        "starface-9" => STARFACE,
        "innovaphone" => INNOVAPHONE,
        "procall" => PROCALL,
        _ => RECOMMENDED,
    };
    let find = |word: &Word| table.iter().find(|row| word.is(row.0));
    let Some((word, dnd, presence)) = find(&teams.activity).or_else(|| find(&teams.availability)) else {
        return nothing;
    };
    let meeting = choices.meetings && choices.profile == "recommended" && *word == "InAMeeting";
    let own = |when: &str| choices.own_rows && *word == when;
    [
        (*dnd || meeting).then_some(FieldValue::Dnd(true)),
        own("Away").then(|| FieldValue::Forward(Some(FORWARD.into()))),
        presence.map(|presence| FieldValue::Presence(Some(presence))),
        own("InAMeeting").then(|| FieldValue::Note(NOTE.into())),
    ]
}

/// What the person set on the phone: no hold of ours is on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByHand {
    pub dnd: bool,
    pub presence: Option<PhonePresence>,
}

/// A state of the person's own on innovaphone: (session, preferred presence with its days).
type Manual = (PhonePresence, Option<SessionPair>, Option<(PreferredPair, u64)>);

const MANUAL: &[Manual] = &[
    (OnThePhone, Some(SessionPair::BusyInACall), None),
    (Busy, None, Some((PreferredPair::Busy, 1))),
    (Meeting, None, Some((PreferredPair::Busy, 1))),
    (Dnd, None, Some((PreferredPair::DoNotDisturb, 1))),
    (Away, None, Some((PreferredPair::Away, 7))),
    (ExtendedAway, None, Some((PreferredPair::Away, 7))),
    (Available, None, None),
];

/// The session and the preferred presence, with its days: a call first, then what the person set on the phone.
pub fn tells_teams(
    profile: &str,
    call: Option<SessionPair>,
    by_hand: ByHand,
) -> (Option<SessionPair>, Option<(PreferredPair, u64)>) {
    match (profile, by_hand.presence) {
        ("starface-9", _) if by_hand.dnd => (call.or(Some(SessionPair::BusyInACall)), None),
        ("innovaphone", Some(presence)) => {
            let row = MANUAL.iter().find(|row| row.0 == presence);
            let (_, session, preferred) = row.copied().unwrap_or((presence, None, None));
            (call.or(session), preferred)
        }
        _ => (call, None),
    }
}
