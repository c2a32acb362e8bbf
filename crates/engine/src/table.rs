//! The rule table as a closed list of cells: what can be chosen, and what the person chose otherwise than the
//! profile.

use crate::phone::PhonePresence;
use crate::profile::{DndRule, ForwardRule, PresenceRule, Profile, SaysRule, ToTeams};
use crate::teams::{Presence, SessionPair};
use crate::text::Says;
use offhook_protocol::pages::Colour;
use std::collections::BTreeMap;
use std::fmt;

/// A target of a forward is a number or an address; longer is a mistake.
const TARGET: usize = 64;
/// What Teams' own client takes as a note.
const NOTE: usize = 280;
/// Graph's limits for a session (`facts/graph.md`, section 1.2).
pub const SESSION_MINUTES: (u32, u32) = (5, 240);
/// Limits for a preferred presence are not documented; the longest default is seven days (same section).
pub const PREFERRED_MINUTES: (u32, u32) = (5, 7 * 24 * 60);

/// Every Teams word of the documents, and what stands for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TeamsState {
    Available,
    Busy,
    InACall,
    InAConferenceCall,
    InAMeeting,
    DoNotDisturb,
    UrgentInterruptionsOnly,
    Presenting,
    Focusing,
    BeRightBack,
    Away,
    OutOfOffice,
    Inactive,
    AvailableInactive,
    Offline,
    OffWork,
    PresenceUnknown,
    AnythingElse,
}

impl TeamsState {
    pub const ALL: [Self; 18] = [
        Self::Available,
        Self::Busy,
        Self::InACall,
        Self::InAConferenceCall,
        Self::InAMeeting,
        Self::DoNotDisturb,
        Self::UrgentInterruptionsOnly,
        Self::Presenting,
        Self::Focusing,
        Self::BeRightBack,
        Self::Away,
        Self::OutOfOffice,
        Self::Inactive,
        Self::AvailableInactive,
        Self::Offline,
        Self::OffWork,
        Self::PresenceUnknown,
        Self::AnythingElse,
    ];

    /// Graph's word; `anything-else` is none.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Available => "Available",
            Self::Busy => "Busy",
            Self::InACall => "InACall",
            Self::InAConferenceCall => "InAConferenceCall",
            Self::InAMeeting => "InAMeeting",
            Self::DoNotDisturb => "DoNotDisturb",
            Self::UrgentInterruptionsOnly => "UrgentInterruptionsOnly",
            Self::Presenting => "Presenting",
            Self::Focusing => "Focusing",
            Self::BeRightBack => "BeRightBack",
            Self::Away => "Away",
            Self::OutOfOffice => "OutOfOffice",
            Self::Inactive => "Inactive",
            Self::AvailableInactive => "AvailableInactive",
            Self::Offline => "Offline",
            Self::OffWork => "OffWork",
            Self::PresenceUnknown => "PresenceUnknown",
            Self::AnythingElse => "anything-else",
        }
    }

    /// In any case.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|state| state.word().eq_ignore_ascii_case(word))
    }

    /// The words in which Teams shows it, as a person knows them.
    pub const fn says(self) -> Option<Says> {
        Some(match self {
            Self::Available => Says::Available,
            Self::Busy => Says::Busy,
            Self::InACall => Says::InACall,
            Self::InAConferenceCall => Says::InAConference,
            Self::InAMeeting => Says::InAMeeting,
            Self::DoNotDisturb => Says::DoNotDisturb,
            Self::UrgentInterruptionsOnly => Says::UrgentOnly,
            Self::Presenting => Says::Presenting,
            Self::Focusing => Says::Focusing,
            Self::BeRightBack => Says::BeRightBack,
            Self::Away => Says::Away,
            Self::OutOfOffice => Says::OutOfOffice,
            Self::Inactive | Self::AvailableInactive => Says::Inactive,
            Self::Offline | Self::OffWork => Says::Offline,
            Self::PresenceUnknown => Says::Unknown,
            Self::AnythingElse => return None,
        })
    }

    /// R7: it ends causes and never sets anything.
    pub const fn is_ending(self) -> bool {
        match self {
            Self::Offline | Self::OffWork | Self::PresenceUnknown => true,
            Self::Available
            | Self::Busy
            | Self::InACall
            | Self::InAConferenceCall
            | Self::InAMeeting
            | Self::DoNotDisturb
            | Self::UrgentInterruptionsOnly
            | Self::Presenting
            | Self::Focusing
            | Self::BeRightBack
            | Self::Away
            | Self::OutOfOffice
            | Self::Inactive
            | Self::AvailableInactive
            | Self::AnythingElse => false,
        }
    }

    /// A person who is out of office and otherwise this is matched as out of office: Graph reports that beside
    /// the two words (`facts/graph.md`, section 1.4).
    const fn yields_to_out_of_office(self) -> bool {
        match self {
            Self::Available
            | Self::AvailableInactive
            | Self::Inactive
            | Self::Away
            | Self::BeRightBack
            | Self::Offline
            | Self::OffWork => true,
            Self::Busy
            | Self::InACall
            | Self::InAConferenceCall
            | Self::InAMeeting
            | Self::DoNotDisturb
            | Self::UrgentInterruptionsOnly
            | Self::Presenting
            | Self::Focusing
            | Self::OutOfOffice
            | Self::PresenceUnknown
            | Self::AnythingElse => false,
        }
    }

    /// The rows to look at for a presence, the first that has one ruling: activity, availability. "Anything
    /// else" comes after them.
    pub(crate) fn of(presence: &Presence, has_row: impl Fn(Self) -> bool) -> Vec<Self> {
        let named = |word: &str| Self::parse(word).filter(|state| *state != Self::AnythingElse);
        let mut states: Vec<Self> = [&presence.activity, &presence.availability]
            .into_iter()
            .filter_map(|word| named(word.as_str()))
            .filter(|state| has_row(*state))
            .collect();
        let weak = states.first().is_none_or(|state| state.yields_to_out_of_office());
        if presence.out_of_office == Some(true) && weak && has_row(Self::OutOfOffice) {
            states.insert(0, Self::OutOfOffice);
        }
        states
    }
}

/// What a Teams state decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StateField {
    Dnd,
    Forward,
    Presence,
    Note,
    Icon,
    Says,
}

impl StateField {
    pub const ALL: [Self; 6] = [
        Self::Dnd,
        Self::Forward,
        Self::Presence,
        Self::Note,
        Self::Icon,
        Self::Says,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Dnd => "dnd",
            Self::Forward => "forward",
            Self::Presence => "presence",
            Self::Note => "note",
            Self::Icon => "icon",
            Self::Says => "says",
        }
    }
}

/// What a line source reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CallKind {
    Call,
    Conference,
}

impl CallKind {
    pub const ALL: [Self; 2] = [Self::Call, Self::Conference];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Call => "call",
            Self::Conference => "conference",
        }
    }
}

/// A state that the person set on the phone system (R5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhoneState {
    DndOn,
    Presence(PhonePresence),
}

impl PhoneState {
    /// By strength (R12).
    pub fn all() -> impl Iterator<Item = Self> {
        std::iter::once(Self::DndOn).chain(PhonePresence::ALL.into_iter().map(Self::Presence))
    }

    pub const fn name(self) -> &'static str {
        match self {
            Self::DndOn => "dnd-on",
            Self::Presence(PhonePresence::Dnd) => "presence-dnd",
            Self::Presence(PhonePresence::OnThePhone) => "presence-on-the-phone",
            Self::Presence(PhonePresence::Meeting) => "presence-meeting",
            Self::Presence(PhonePresence::Busy) => "presence-busy",
            Self::Presence(PhonePresence::ExtendedAway) => "presence-extended-away",
            Self::Presence(PhonePresence::Away) => "presence-away",
            Self::Presence(PhonePresence::Available) => "presence-available",
        }
    }

    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|state| state.name() == name)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PhoneField {
    /// What Teams is told.
    Teams,
    /// For how long at a time.
    Minutes,
}

impl PhoneField {
    pub const ALL: [Self; 2] = [Self::Teams, Self::Minutes];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Teams => "teams",
            Self::Minutes => "minutes",
        }
    }
}

/// One cell of the table; its key in `settings.toml` is [`Cell::key`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    State(TeamsState, StateField),
    Call(CallKind),
    Phone(PhoneState, PhoneField),
}

/// What a cell holds. `Debug` hides the number of a forward and the text of a note.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    Dnd(DndRule),
    Forward(ForwardRule),
    Presence(PresenceRule),
    /// `None` leaves it alone.
    Note(Option<String>),
    Icon(Colour),
    Says(SaysRule),
    /// `None`: Teams is told nothing.
    Pair(Option<SessionPair>),
    Teams(ToTeams),
    Minutes(u32),
}

impl Cell {
    pub fn all() -> impl Iterator<Item = Self> {
        let states = TeamsState::ALL
            .into_iter()
            .flat_map(|state| StateField::ALL.map(|field| Self::State(state, field)));
        let calls = CallKind::ALL.into_iter().map(Self::Call);
        let phone =
            PhoneState::all().flat_map(|state| PhoneField::ALL.map(|field| Self::Phone(state, field)));
        states.chain(calls).chain(phone)
    }

    /// The dotted key in `settings.toml`, for example `rules.states.InAMeeting.dnd`.
    pub fn key(self) -> String {
        match self {
            Self::State(state, field) => format!("rules.states.{}.{}", state.word(), field.name()),
            Self::Call(kind) => format!("rules.calls.{}.teams", kind.name()),
            Self::Phone(state, field) => format!("rules.phone.{}.{}", state.name(), field.name()),
        }
    }

    /// The last part of its key.
    pub const fn name(self) -> &'static str {
        match self {
            Self::State(_, field) => field.name(),
            Self::Call(_) => PhoneField::Teams.name(),
            Self::Phone(_, field) => field.name(),
        }
    }

    /// The value that `text` names, if this cell can hold it.
    pub fn parse(self, text: &str) -> Option<Value> {
        let text = text.trim();
        match self {
            Self::State(state, field) => {
                let value = match field {
                    StateField::Dnd => Value::Dnd(DndRule::parse(text)?),
                    StateField::Forward => Value::Forward(parse_forward(text)?),
                    StateField::Presence => Value::Presence(PresenceRule::parse(text)?),
                    StateField::Note => Value::Note(parse_note(text)?),
                    StateField::Icon => Value::Icon(parse_colour(text)?),
                    StateField::Says => Value::Says(SaysRule::parse(text)?),
                };
                (!state.is_ending() || !value.sets()).then_some(value)
            }
            Self::Call(_) => Some(Value::Pair(match text {
                "nothing" => None,
                pair => Some(SessionPair::parse(pair)?),
            })),
            Self::Phone(_, PhoneField::Teams) => ToTeams::parse(text).map(Value::Teams),
            Self::Phone(_, PhoneField::Minutes) => {
                let minutes: u32 = text.parse().ok()?;
                let (least, most) = PREFERRED_MINUTES;
                (least..=most)
                    .contains(&minutes)
                    .then_some(Value::Minutes(minutes))
            }
        }
    }

    /// What can be chosen; nothing where the person writes.
    pub fn choices(self) -> Vec<Value> {
        match self {
            Self::State(state, field) => {
                let all: Vec<Value> = match field {
                    StateField::Dnd => DndRule::ALL.map(Value::Dnd).to_vec(),
                    StateField::Presence => PresenceRule::all().map(Value::Presence).collect(),
                    StateField::Icon => [Colour::Neutral, Colour::Red, Colour::Yellow]
                        .map(Value::Icon)
                        .to_vec(),
                    StateField::Says => SaysRule::all().map(Value::Says).collect(),
                    StateField::Forward | StateField::Note => Vec::new(),
                };
                let can = |value: &Value| !state.is_ending() || !value.sets();
                all.into_iter().filter(can).collect()
            }
            Self::Call(_) => std::iter::once(None)
                .chain(SessionPair::ALL.map(Some))
                .map(Value::Pair)
                .collect(),
            Self::Phone(_, PhoneField::Teams) => ToTeams::all().map(Value::Teams).collect(),
            Self::Phone(_, PhoneField::Minutes) => Vec::new(),
        }
    }

    /// What a person may enter, in signs that every language reads.
    pub fn allowed(self) -> String {
        let words: Vec<String> = self.choices().iter().map(Value::text).collect();
        if !words.is_empty() {
            return words.join(" | ");
        }
        match self {
            // R7
            Self::State(state, StateField::Forward | StateField::Note) if state.is_ending() => "\"\"".into(),
            Self::State(_, StateField::Forward) => "\"\" | 0123456789+*#@.-_:abc…".into(),
            Self::State(..) => format!("\"\" | abc… (1–{NOTE})"),
            Self::Call(_) | Self::Phone(..) => {
                let (least, most) = PREFERRED_MINUTES;
                format!("{least}–{most}")
            }
        }
    }
}

fn parse_forward(text: &str) -> Option<ForwardRule> {
    let target = parse_target(text)?;
    Some(if target.is_empty() {
        ForwardRule::Leave
    } else {
        ForwardRule::To(target)
    })
}

/// A number or address that calls can be forwarded to, without blanks; empty: none.
pub fn parse_target(text: &str) -> Option<String> {
    // People write numbers in groups.
    let target: String = text.chars().filter(|sign| *sign != ' ').collect();
    let fits = |sign: char| sign.is_ascii_alphanumeric() || "+*#@.-_:".contains(sign);
    (target.len() <= TARGET && target.chars().all(fits)).then_some(target)
}

fn parse_note(text: &str) -> Option<Option<String>> {
    if text.is_empty() {
        return Some(None);
    }
    (text.chars().count() <= NOTE && !text.contains(char::is_control)).then(|| Some(text.to_owned()))
}

const fn colour_name(colour: Colour) -> &'static str {
    match colour {
        Colour::Neutral => "neutral",
        Colour::Red => "red",
        Colour::Yellow => "yellow",
    }
}

fn parse_colour(text: &str) -> Option<Colour> {
    [Colour::Neutral, Colour::Red, Colour::Yellow]
        .into_iter()
        .find(|colour| colour_name(*colour) == text)
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dnd(rule) => write!(f, "Dnd({rule:?})"),
            Self::Forward(rule) => write!(f, "Forward({rule:?})"),
            Self::Presence(rule) => write!(f, "Presence({rule:?})"),
            Self::Note(None) => f.write_str("Note(None)"),
            Self::Note(Some(_)) => f.write_str("Note(Some(…))"),
            Self::Icon(colour) => write!(f, "Icon({colour:?})"),
            Self::Says(rule) => write!(f, "Says({rule:?})"),
            Self::Pair(pair) => write!(f, "Pair({pair:?})"),
            Self::Teams(to) => write!(f, "Teams({to:?})"),
            Self::Minutes(minutes) => write!(f, "Minutes({minutes})"),
        }
    }
}

impl Value {
    /// As in `settings.toml`; [`Cell::parse`] reads it. Nothing written leaves a forward or a note alone.
    pub fn text(&self) -> String {
        match self {
            Self::Dnd(rule) => rule.as_str().to_owned(),
            Self::Forward(ForwardRule::Leave) => String::new(),
            Self::Forward(ForwardRule::To(target)) => target.clone(),
            Self::Presence(rule) => rule.as_str().to_owned(),
            Self::Note(note) => note.clone().unwrap_or_default(),
            Self::Icon(colour) => colour_name(*colour).to_owned(),
            Self::Says(rule) => rule.name(),
            Self::Pair(None) => "nothing".to_owned(),
            Self::Pair(Some(pair)) => pair.presence().to_string(),
            Self::Teams(to) => to.name(),
            Self::Minutes(minutes) => minutes.to_string(),
        }
    }

    /// Whether it would set something on the phone.
    pub(crate) fn sets(&self) -> bool {
        match self {
            Self::Dnd(rule) => *rule == DndRule::On,
            Self::Forward(rule) => *rule != ForwardRule::Leave,
            Self::Presence(PresenceRule::Set(_)) => true,
            Self::Note(note) => note.is_some(),
            Self::Presence(PresenceRule::Leave | PresenceRule::Unset)
            | Self::Icon(_)
            | Self::Says(_)
            | Self::Pair(_)
            | Self::Teams(_)
            | Self::Minutes(_) => false,
        }
    }
}

/// Where the person's table is otherwise than the profile. Each value is one that its cell can hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Differences(BTreeMap<Cell, Value>);

impl Differences {
    /// `false`: this cell can't hold that, and nothing has changed.
    pub fn set(&mut self, cell: Cell, text: &str) -> bool {
        let value = cell.parse(text);
        let possible = value.is_some();
        if let Some(value) = value {
            self.0.insert(cell, value);
        }
        possible
    }

    pub fn of(&self, cell: Cell) -> Option<&Value> {
        self.0.get(&cell)
    }

    pub fn cells(&self) -> impl Iterator<Item = (Cell, &Value)> {
        self.0.iter().map(|(cell, value)| (*cell, value))
    }

    pub(crate) fn has_row(&self, state: TeamsState) -> bool {
        StateField::ALL
            .iter()
            .any(|field| self.0.contains_key(&Cell::State(state, *field)))
    }

    /// Without what `profile` says anyway. A lifetime is compared with the usual one of what Teams is told.
    pub fn still_differing(mut self, profile: &Profile, in_meetings: bool) -> Self {
        let own = self.clone();
        let usual = |cell: Cell| match cell {
            Cell::Phone(state, PhoneField::Minutes) => {
                let usual = profile.usual_minutes(state, own.told(profile, state));
                Some(Value::Minutes(usual))
            }
            Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams) => {
                profile.value(cell, in_meetings)
            }
        };
        self.0.retain(|cell, value| usual(*cell).as_ref() != Some(value));
        self
    }

    /// What a state of the phone tells Teams.
    pub fn told(&self, profile: &Profile, state: PhoneState) -> ToTeams {
        let cell = Cell::Phone(state, PhoneField::Teams);
        let profiles = || profile.value(cell, false);
        match self.of(cell).cloned().or_else(profiles) {
            Some(Value::Teams(to)) => to,
            Some(_) | None => ToTeams::Nothing,
        }
    }
}
