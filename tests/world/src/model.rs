//! What the rules want, from tables alone: the reference for `desired`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "each question looks at one kind of cell of the person's own"
)]

use offhook_engine::phone::{FieldValue, PhonePresence, PresenceWords};
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
    ("Inactive", false, None),
    ("AvailableInactive", false, None),
    (OUT_OF_OFFICE, false, None),
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
    (OUT_OF_OFFICE, false, None),
];
const INNOVAPHONE: &[Row] = &[
    (OUT_OF_OFFICE, false, Some(Away)),
    ("Away", false, Some(Away)),
    ("BeRightBack", false, Some(Away)),
    ("Busy", false, Some(Busy)),
    ("DoNotDisturb", false, Some(Dnd)),
    ("InACall", false, Some(OnThePhone)),
    ("InAMeeting", false, Some(Meeting)),
    ("Inactive", false, None),
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
    (OUT_OF_OFFICE, false, None),
];

/// The row of a person whose automatic replies are on, while nothing stronger shows (`facts/graph.md`, section 1.4).
const OUT_OF_OFFICE: &str = "OutOfOffice";
const WEAKER: [&str; 5] = [
    "Available",
    "AvailableInactive",
    "Inactive",
    "Away",
    "BeRightBack",
];

/// The person's choices that the tables depend on.
#[derive(Debug, Clone, Copy)]
pub struct Choices<'a> {
    pub profile: &'a str,
    pub meetings: bool,
    pub own: &'a [Own],
}

pub const FORWARD: &str = "+49305550100";
pub const NOTE: &str = "in a meeting with Frau Winter";

/// A cell of the person's own: for a word of Teams, for a call, or for a state of the phone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Own {
    Dnd(&'static str, bool),
    Forward(&'static str, Option<&'static str>),
    Presence(&'static str, Option<PhonePresence>),
    Note(&'static str, Option<&'static str>),
    Call(Option<SessionPair>),
    Conference(Option<SessionPair>),
    DndOn(Tells),
    Shows(PhonePresence, Tells),
    /// For so long a preferred presence is asked for.
    Minutes(PhonePresence, u64),
}

/// What a state of the person's own on the phone tells Teams.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Tells {
    Nothing,
    Session(SessionPair),
    Preferred(PreferredPair),
}

/// No row knows the words.
const ANYTHING_ELSE: &str = "anything-else";

/// What the person may choose: the cell's key and text as in `settings.toml`, and what it does.
pub const CELLS: &[(&str, &str, Own)] = &[
    (
        "rules.states.Away.forward",
        FORWARD,
        Own::Forward("Away", Some(FORWARD)),
    ),
    (
        "rules.states.InAMeeting.note",
        NOTE,
        Own::Note("InAMeeting", Some(NOTE)),
    ),
    ("rules.states.Busy.dnd", "on", Own::Dnd("Busy", true)),
    ("rules.states.InACall.dnd", "leave", Own::Dnd("InACall", false)),
    (
        "rules.states.Presenting.dnd",
        "off",
        Own::Dnd("Presenting", false),
    ),
    (
        "rules.states.DoNotDisturb.dnd",
        "on",
        Own::Dnd("DoNotDisturb", true),
    ),
    (
        "rules.states.anything-else.dnd",
        "on",
        Own::Dnd(ANYTHING_ELSE, true),
    ),
    (
        "rules.states.anything-else.presence",
        "busy",
        Own::Presence(ANYTHING_ELSE, Some(Busy)),
    ),
    (
        "rules.states.Away.presence",
        "away",
        Own::Presence("Away", Some(Away)),
    ),
    ("rules.states.Busy.presence", "leave", Own::Presence("Busy", None)),
    (
        "rules.states.Available.note",
        NOTE,
        Own::Note("Available", Some(NOTE)),
    ),
    (
        "rules.states.Busy.forward",
        FORWARD,
        Own::Forward("Busy", Some(FORWARD)),
    ),
    (
        "rules.states.OutOfOffice.dnd",
        "on",
        Own::Dnd(OUT_OF_OFFICE, true),
    ),
    ("rules.calls.call.teams", "nothing", Own::Call(None)),
    (
        "rules.calls.call.teams",
        "DoNotDisturb/Presenting",
        Own::Call(Some(SessionPair::DoNotDisturbPresenting)),
    ),
    (
        "rules.calls.conference.teams",
        "Busy/InACall",
        Own::Conference(Some(SessionPair::BusyInACall)),
    ),
    (
        "rules.phone.dnd-on.teams",
        "preferred:DoNotDisturb/DoNotDisturb",
        Own::DndOn(Tells::Preferred(PreferredPair::DoNotDisturb)),
    ),
    (
        "rules.phone.dnd-on.teams",
        "session:Busy/InACall",
        Own::DndOn(Tells::Session(SessionPair::BusyInACall)),
    ),
    (
        "rules.phone.presence-busy.teams",
        "session:Busy/InACall",
        Own::Shows(Busy, Tells::Session(SessionPair::BusyInACall)),
    ),
    (
        "rules.phone.presence-on-the-phone.teams",
        "nothing",
        Own::Shows(OnThePhone, Tells::Nothing),
    ),
    ("rules.phone.presence-away.minutes", "60", Own::Minutes(Away, 60)),
];

/// Do not disturb, forward, presence, note: what is to be set, if anything. Cell by cell: the activity's, the
/// availability's, anything else's; the person's own before the profile's.
pub fn wants(choices: Choices<'_>, teams: &Presence, call_on_the_phone: bool) -> [Option<FieldValue>; 4] {
    let nothing = [None, None, None, None];
    let says = |word: &str| teams.activity.is(word) || teams.availability.is(word);
    if says("Offline") || says("OffWork") || says("PresenceUnknown") {
        return nothing;
    }
    if call_on_the_phone && (says("InACall") || says("InAConferenceCall")) {
        return nothing;
    }
    let dnd = cell(
        choices,
        teams,
        |own, word| match own {
            Own::Dnd(when, on) if word.is(when) => Some(*on),
            _ => None,
        },
        |row| {
            let meeting = choices.meetings && choices.profile == "recommended" && row.0 == "InAMeeting";
            row.1 || meeting
        },
    );
    let forward = cell(
        choices,
        teams,
        |own, word| match own {
            Own::Forward(when, to) if word.is(when) => Some(*to),
            _ => None,
        },
        |_| None,
    );
    let presence = cell(
        choices,
        teams,
        |own, word| match own {
            Own::Presence(when, presence) if word.is(when) => Some(*presence),
            _ => None,
        },
        |row| row.2,
    );
    let note = cell(
        choices,
        teams,
        |own, word| match own {
            Own::Note(when, note) if word.is(when) => Some(*note),
            _ => None,
        },
        |_| None,
    );
    [
        (dnd == Some(true)).then_some(FieldValue::Dnd(true)),
        forward.flatten().map(|to| FieldValue::Forward(Some(to.into()))),
        presence
            .flatten()
            .map(|presence| FieldValue::Presence(Some(presence))),
        note.flatten().map(|note| FieldValue::Note(note.into())),
    ]
}

/// What the phone system has a word for: for others one that says less, or none (R13).
pub fn in_words(wants: &mut [Option<FieldValue>; 4], words: PresenceWords) {
    let Some(FieldValue::Presence(wanted)) = &mut wants[2] else {
        return;
    };
    let Some(word) = wanted.filter(|word| !words.has(*word)) else {
        return;
    };
    let less = match word {
        Dnd | OnThePhone | Meeting => Some(Busy),
        ExtendedAway => Some(Away),
        Busy | Away | Available => None,
    };
    *wanted = less.filter(|less| words.has(*less));
}

/// A row of the person's own is one, whichever field it is about.
fn rules_on(own: &Own, word: &Word) -> bool {
    match own {
        Own::Dnd(when, _) | Own::Forward(when, _) | Own::Presence(when, _) | Own::Note(when, _) => {
            word.is(when)
        }
        _ => false,
    }
}

fn cell<T>(
    choices: Choices<'_>,
    teams: &Presence,
    own: impl Fn(&Own, &Word) -> Option<T>,
    of_row: impl Fn(&Row) -> T,
) -> Option<T> {
    let table = match choices.profile {
        "starface-9" => STARFACE,
        "innovaphone" => INNOVAPHONE,
        "procall" => PROCALL,
        _ => RECOMMENDED,
    };
    let chosen = |word: &Word| choices.own.iter().find_map(|cell| own(cell, word));
    let has_row = |word: &Word| {
        table.iter().any(|row| word.is(row.0)) || choices.own.iter().any(|own| rules_on(own, word))
    };
    let words = [&teams.activity, &teams.availability];
    let first = words.into_iter().find(|word| has_row(word));
    let is_weak = first.is_none_or(|word| WEAKER.iter().any(|weaker| word.is(weaker)));
    let away = Word::new(OUT_OF_OFFICE);
    let away = (teams.out_of_office == Some(true) && is_weak).then_some(&away);
    for word in away.into_iter().chain(words) {
        if let Some(value) = chosen(word) {
            return Some(value);
        }
        if let Some(row) = table.iter().find(|row| word.is(row.0)) {
            return Some(of_row(row));
        }
    }
    chosen(&Word::new(ANYTHING_ELSE))
}

/// What the person set on the phone: no hold of ours is on it.
#[derive(Debug, Clone, Copy, Default)]
pub struct ByHand {
    pub dnd: bool,
    pub presence: Option<PhonePresence>,
}

const DAY: u64 = 24 * 60;

/// What innovaphone's connector tells of a state of the person's own, and for how many minutes.
const MANUAL: &[(PhonePresence, Tells, u64)] = &[
    (OnThePhone, Tells::Session(SessionPair::BusyInACall), 5),
    (Busy, Tells::Preferred(PreferredPair::Busy), DAY),
    (Meeting, Tells::Preferred(PreferredPair::Busy), DAY),
    (Dnd, Tells::Preferred(PreferredPair::DoNotDisturb), DAY),
    (Away, Tells::Preferred(PreferredPair::Away), 7 * DAY),
    (ExtendedAway, Tells::Preferred(PreferredPair::Away), 7 * DAY),
    (Available, Tells::Nothing, 0),
];

/// What a call tells Teams.
pub fn of_call(own: &[Own], call: Option<SessionPair>) -> Option<SessionPair> {
    let chosen = own.iter().find_map(|own| match (own, call?) {
        (Own::Call(pair), SessionPair::BusyInACall)
        | (Own::Conference(pair), SessionPair::BusyInAConferenceCall) => Some(*pair),
        _ => None,
    });
    chosen.unwrap_or(call)
}

/// Whether any state of the phone is told as a session.
pub fn tells_sessions(choices: Choices<'_>) -> bool {
    let chosen = |own: &Own| {
        matches!(
            own,
            Own::DndOn(Tells::Session(_)) | Own::Shows(_, Tells::Session(_))
        )
    };
    ["starface-9", "innovaphone"].contains(&choices.profile) || choices.own.iter().any(chosen)
}

/// The session and the preferred presence, with its minutes: a call first, then what the person set on the phone.
pub fn tells_teams(
    choices: Choices<'_>,
    call: Option<SessionPair>,
    by_hand: ByHand,
) -> (Option<SessionPair>, Option<(PreferredPair, u64)>) {
    let (mut session, mut preferred) = (of_call(choices.own, call), None);
    let dnd = by_hand.dnd.then(|| told_of_dnd(choices));
    let presence = by_hand.presence.map(|presence| told_of(choices, presence));
    for (tells, minutes) in dnd.into_iter().chain(presence) {
        match tells {
            Tells::Nothing => {}
            Tells::Session(pair) => session = session.or(Some(pair)),
            Tells::Preferred(pair) => preferred = preferred.or(Some((pair, minutes))),
        }
    }
    (session, preferred)
}

fn told_of_dnd(choices: Choices<'_>) -> (Tells, u64) {
    let chosen = choices.own.iter().find_map(|own| match own {
        Own::DndOn(tells) => Some(*tells),
        _ => None,
    });
    let usual = match choices.profile {
        "starface-9" => Tells::Session(SessionPair::BusyInACall),
        _ => Tells::Nothing,
    };
    (chosen.unwrap_or(usual), DAY)
}

fn told_of(choices: Choices<'_>, presence: PhonePresence) -> (Tells, u64) {
    let table: &[_] = if choices.profile == "innovaphone" {
        MANUAL
    } else {
        &[]
    };
    let row = table.iter().find(|row| row.0 == presence);
    let (tells, minutes) = row.map_or((Tells::Nothing, DAY), |row| (row.1, row.2));
    let chosen = choices.own.iter().find_map(|own| match own {
        Own::Shows(shown, tells) if *shown == presence => Some(*tells),
        _ => None,
    });
    let lasts = choices.own.iter().find_map(|own| match own {
        Own::Minutes(shown, minutes) if *shown == presence => Some(*minutes),
        _ => None,
    });
    (chosen.unwrap_or(tells), lasts.unwrap_or(minutes))
}
