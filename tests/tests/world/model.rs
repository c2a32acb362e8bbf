//! What the rules want, from tables alone: the reference for `desired`.

use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::teams::Presence;

/// (word, do not disturb, presence)
type Row = (&'static str, bool, Option<PhonePresence>);

use PhonePresence::{Away, Busy, Dnd, Meeting, OnThePhone};

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

pub const FORWARD: &str = "100";
pub const NOTE: &str = "in a meeting";

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
    let find = |word: &offhook_engine::teams::Word| table.iter().find(|row| word.is(row.0));
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
