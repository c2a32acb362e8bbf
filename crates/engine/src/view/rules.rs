//! The rule table as people read it, and two tables side by side (R22).

use crate::facts::PhoneFacts;
use crate::phone::{Can, Field};
use crate::profile::{DndRule, ForwardRule, NAMES, PresenceRule, Profile, SaysRule, ToTeams};
use crate::rules::{Ruled, Rules};
use crate::table::{CallKind, Cell, PhoneField, PhoneState, StateField, TeamsState, Value};
use crate::teams::{PreferredPair, SessionPair};
use crate::text::{Language, TableText, Text};
use offhook_protocol::pages::{
    Choice, Colour, Entry, FieldView, RulesCell, RulesChange, RulesColumn, RulesCompared, RulesPage,
    RulesRow, RulesTable,
};
use std::collections::{BTreeMap, BTreeSet};

/// What the page shows of the settings around the rules.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct RulesForm {
    pub profile_locked: bool,
    pub in_meetings_locked: bool,
    /// Keys of cells set by the organisation.
    pub locked: BTreeSet<String>,
    /// Key → why the last entry there was refused.
    pub refused: BTreeMap<String, String>,
}

/// The whole page. `phone`: the phone system in use; `None` for a profile that is only looked at.
pub fn page(rules: &Rules, form: &RulesForm, phone: Option<&PhoneFacts>) -> RulesPage {
    let view = View { rules, form, phone };
    let language = rules.language;
    let refused = |key: &str| form.refused.get(key).cloned();
    let tables = vec![view.states(), view.calls(), view.phone()];
    let differing = tables
        .iter()
        .flat_map(|table| &table.rows)
        .flat_map(|row| &row.cells)
        .filter(|cell| cell.differs)
        .count();
    let summary = match differing {
        0 => TableText::SummaryNone,
        1 => TableText::SummaryOne,
        _ => TableText::SummaryMany,
    };
    let name = profile_label(&rules.profile.name, language);
    RulesPage {
        profile: FieldView {
            value: rules.profile.name.clone(),
            locked: form.profile_locked,
            refused: refused("rules.profile"),
        },
        profiles: choices(language),
        in_meetings: rules
            .profile
            .rows
            .iter()
            .any(|row| row.meeting)
            .then(|| FieldView {
                value: rules.dnd_in_meetings.to_string(),
                locked: form.in_meetings_locked,
                refused: refused("rules.dnd_in_meetings"),
            }),
        summary: summary.with(language, &[("profile", &name), ("count", &differing.to_string())]),
        back: (differing > 0).then(|| "rules".to_owned()),
        tables,
        notes: view.notes(),
        imagined_teams: super::preview::imagined_teams(language),
        imagined_presences: super::preview::imagined_presences(language),
    }
}

/// The person's table beside the same with another profile: differences that still differ are kept.
pub fn compare_with_profile(rules: &Rules, profile: Profile) -> RulesCompared {
    let language = rules.language;
    let label = profile_label(&profile.name, language);
    let own = rules.own.clone().still_differing(&profile, rules.dnd_in_meetings);
    let (all, kept) = (rules.own.cells().count(), own.cells().count());
    // With those that say the same: they change nothing.
    let then = Rules {
        profile,
        ..rules.clone()
    };
    RulesCompared {
        from: TableText::ComparedMine.text(language).to_owned(),
        to: TableText::ComparedThen.with(language, &[("profile", &label)]),
        changes: changes(rules, &then),
        own: own_text(all, kept, language),
    }
}

/// Two profiles as they come.
pub fn compare_profiles(from: Profile, to: Profile, rules: &Rules) -> RulesCompared {
    let language = rules.language;
    let label = |profile: &Profile| profile_label(&profile.name, language);
    let (left, right) = (label(&from), label(&to));
    let pure = |profile: Profile| Rules {
        profile,
        own: crate::table::Differences::default(),
        ..rules.clone()
    };
    RulesCompared {
        from: left,
        to: right,
        changes: changes(&pure(from), &pure(to)),
        own: TableText::ComparedOwnNone.text(language).to_owned(),
    }
}

fn own_text(all: usize, kept: usize, language: Language) -> String {
    if all == 0 {
        return TableText::ComparedOwnNone.text(language).to_owned();
    }
    let (kept, same) = (kept.to_string(), (all - kept).to_string());
    TableText::ComparedOwn.with(language, &[("kept", &kept), ("same", &same)])
}

/// The profiles to choose from, each with what it does.
pub fn choices(language: Language) -> Vec<Choice> {
    let texts = [
        (Text::ProfileRecommended, Text::ProfileRecommendedHelp),
        (Text::ProfileStarface, Text::ProfileStarfaceHelp),
        (Text::ProfileInnovaphone, Text::ProfileInnovaphoneHelp),
        (Text::ProfileProcall, Text::ProfileProcallHelp),
    ];
    NAMES
        .iter()
        .zip(texts)
        .map(|(name, (label, help))| Choice {
            value: (*name).to_owned(),
            label: label.text(language).to_owned(),
            help: help.text(language).to_owned(),
        })
        .collect()
}

fn profile_label(name: &str, language: Language) -> String {
    let choice = choices(language).into_iter().find(|choice| choice.value == name);
    choice.map_or_else(
        || name.to_owned(),
        |choice| super::quoted(&choice.label, language),
    )
}

/// What a cell does now, also where no row of its own says it.
struct Shown {
    value: Value,
    own: bool,
    inherited: bool,
}

fn shown(rules: &Rules, cell: Cell) -> Shown {
    // Where the lifetime is out of the limits of what Teams is told now, another one is in force.
    if let Cell::Phone(state, PhoneField::Minutes) = cell {
        let minutes = rules.to_teams(state).1.as_secs() / 60;
        let value = Value::Minutes(u32::try_from(minutes).unwrap_or(u32::MAX));
        let own = rules.own.of(cell) == Some(&value);
        return Shown {
            value,
            own,
            inherited: false,
        };
    }
    if let Some(Ruled { value, own }) = rules.own_or_profile(cell) {
        return Shown {
            value,
            own,
            inherited: false,
        };
    }
    let other = match cell {
        Cell::State(_, field) => rules.own_or_profile(Cell::State(TeamsState::AnythingElse, field)),
        Cell::Call(_) | Cell::Phone(..) => None,
    };
    Shown {
        value: other.map_or(Value::Pair(None), |other| other.value),
        own: false,
        inherited: true,
    }
}

fn changes(from: &Rules, to: &Rules) -> Vec<RulesChange> {
    let language = from.language;
    let is_moot = |cell: Cell| match cell {
        // The lifetime of nothing is nothing to read.
        Cell::Phone(state, PhoneField::Minutes) => [from, to]
            .iter()
            .any(|rules| rules.to_teams(state).0.value == ToTeams::Nothing),
        Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams) => false,
    };
    Cell::all()
        .filter(|cell| !is_moot(*cell))
        .filter_map(|cell| {
            let (before, after) = (shown(from, cell).value, shown(to, cell).value);
            (before != after).then(|| RulesChange {
                key: cell.key(),
                row: row_label(cell, language),
                column: column_texts(cell).0.text(language).to_owned(),
                from: value_text(&before, language),
                to: value_text(&after, language),
            })
        })
        .collect()
}

struct View<'a> {
    rules: &'a Rules,
    form: &'a RulesForm,
    phone: Option<&'a PhoneFacts>,
}

impl View<'_> {
    fn states(&self) -> RulesTable {
        let cells = |state: TeamsState| StateField::ALL.map(|field| Cell::State(state, field)).to_vec();
        let rows = TeamsState::ALL.into_iter().map(|state| {
            let has_row = self.rules.profile.row_of(state).is_some() || state == TeamsState::AnythingElse;
            let note = if state.is_ending() {
                Some(TableText::RowEnding)
            } else {
                (!has_row).then_some(TableText::RowInherited)
            };
            let word = (state != TeamsState::AnythingElse).then(|| state.word().to_owned());
            self.row(cells(state), word, note, !has_row)
        });
        self.table(
            "states",
            [
                TableText::StatesTitle,
                TableText::StatesHelp,
                TableText::StatesHead,
            ],
            cells(TeamsState::Available),
            rows.collect(),
        )
    }

    fn calls(&self) -> RulesTable {
        let row = |kind| self.row(vec![Cell::Call(kind)], None, None, false);
        self.table(
            "calls",
            [TableText::CallsTitle, TableText::CallsHelp, TableText::CallsHead],
            vec![Cell::Call(CallKind::Call)],
            CallKind::ALL.into_iter().map(row).collect(),
        )
    }

    fn phone(&self) -> RulesTable {
        let cells = |state: PhoneState| PhoneField::ALL.map(|field| Cell::Phone(state, field)).to_vec();
        let rows = PhoneState::all().map(|state| self.row(cells(state), None, None, false));
        self.table(
            "phone",
            [TableText::PhoneTitle, TableText::PhoneHelp, TableText::PhoneHead],
            cells(PhoneState::DndOn),
            rows.collect(),
        )
    }

    fn table(
        &self,
        name: &str,
        [title, help, head]: [TableText; 3],
        columns: Vec<Cell>,
        rows: Vec<RulesRow>,
    ) -> RulesTable {
        let text = |text: TableText| text.text(self.rules.language).to_owned();
        RulesTable {
            name: name.to_owned(),
            title: text(title),
            help: text(help),
            head: text(head),
            columns: columns.into_iter().map(|cell| self.column(cell)).collect(),
            rows,
        }
    }

    /// `cell`: one of the column with the most choices.
    fn column(&self, cell: Cell) -> RulesColumn {
        let language = self.rules.language;
        let (label, help) = column_texts(cell);
        let choices: Vec<Choice> = cell
            .choices()
            .iter()
            .map(|value| Choice {
                value: value.text(),
                label: value_text(value, language),
                help: String::new(),
            })
            .collect();
        let entry = match cell {
            Cell::Phone(_, PhoneField::Minutes) => Entry::Number,
            Cell::State(_, StateField::Forward | StateField::Note) => Entry::Text,
            Cell::State(_, StateField::Dnd | StateField::Presence | StateField::Icon | StateField::Says)
            | Cell::Call(_)
            | Cell::Phone(_, PhoneField::Teams) => Entry::Choice,
        };
        RulesColumn {
            name: cell.name().to_owned(),
            label: label.text(language).to_owned(),
            help: help.text(language).to_owned(),
            entry,
            choices,
            // Rows of the phone differ in what is read for them: there the cell says it.
            cannot: (matches!(cell, Cell::State(..)) && self.is_beyond_phone(cell))
                .then(|| TableText::CannotColumn.text(language).to_owned()),
        }
    }

    fn row(
        &self,
        cells: Vec<Cell>,
        word: Option<String>,
        note: Option<TableText>,
        inherited: bool,
    ) -> RulesRow {
        let language = self.rules.language;
        let first = cells.first().copied();
        let key = first.map(Cell::key).unwrap_or_default();
        let rest = cells.get(1..).unwrap_or_default();
        let summary = self.summary(rest);
        let cells: Vec<RulesCell> = cells.into_iter().map(|cell| self.cell(cell)).collect();
        RulesRow {
            key: key.rsplit_once('.').map_or("", |(row, _)| row).to_owned(),
            label: first.map(|cell| row_label(cell, language)).unwrap_or_default(),
            group: first
                .and_then(group)
                .map_or("", |group| group.text(language))
                .to_owned(),
            summary,
            word,
            note: note.map(|note| note.text(language).to_owned()),
            inherited,
            differs: cells.iter().any(|cell| cell.differs),
            cells,
        }
    }

    fn cell(&self, cell: Cell) -> RulesCell {
        let language = self.rules.language;
        let key = cell.key();
        let Shown {
            value,
            own,
            inherited,
        } = shown(self.rules, cell);
        let choices = cell.choices();
        let all = match cell {
            Cell::State(_, field) => Cell::State(TeamsState::Available, field).choices().len(),
            Cell::Call(_) | Cell::Phone(..) => choices.len(),
        };
        let range = match cell {
            Cell::Phone(state, PhoneField::Minutes) => Some(self.rules.to_teams(state).0.value.minutes()),
            Cell::State(..) | Cell::Call(_) | Cell::Phone(_, PhoneField::Teams) => None,
        };
        let tells = matches!(value, Value::Teams(ToTeams::Session(_) | ToTeams::Preferred(_)));
        // What the organisation has set is no change of the person's.
        let locked = self.form.locked.contains(&key);
        let own = own && !locked;
        let profile = own.then(|| {
            let without = Rules {
                own: crate::table::Differences::default(),
                ..self.rules.clone()
            };
            value_text(&shown(&without, cell).value, language)
        });
        RulesCell {
            value: value.text(),
            text: value_text(&value, language),
            only: (choices.len() < all).then(|| choices.iter().map(Value::text).collect()),
            range,
            inherited,
            differs: own,
            profile,
            locked,
            moot: self.is_moot(cell),
            refused: self.form.refused.get(&key).cloned(),
            cannot: ((value.sets() || tells) && self.is_beyond_phone(cell))
                .then(|| TableText::CannotCell.text(language).to_owned()),
            key,
        }
    }

    /// What sets something, and what is shown of it.
    fn summary(&self, cells: &[Cell]) -> String {
        let language = self.rules.language;
        let told = |cell: &Cell| {
            let value = shown(self.rules, *cell).value;
            let matters = value.sets() || matches!(value, Value::Icon(_) | Value::Says(_));
            let label = column_texts(*cell).0.text(language);
            matters.then(|| format!("{label}: {}", value_text(&value, language)))
        };
        cells.iter().filter_map(told).collect::<Vec<_>>().join(" · ")
    }

    /// There is nothing to choose: a lifetime of nothing, a target for a state that never sets anything.
    fn is_moot(&self, cell: Cell) -> bool {
        match cell {
            Cell::Phone(state, PhoneField::Minutes) => self.rules.to_teams(state).0.value == ToTeams::Nothing,
            Cell::State(state, StateField::Forward | StateField::Note) => state.is_ending(),
            Cell::State(_, StateField::Dnd | StateField::Presence | StateField::Icon | StateField::Says)
            | Cell::Call(_)
            | Cell::Phone(_, PhoneField::Teams) => false,
        }
    }

    /// R13: known to be impossible here.
    fn is_beyond_phone(&self, cell: Cell) -> bool {
        let field = match cell {
            Cell::State(_, StateField::Dnd) => Field::Dnd,
            Cell::State(_, StateField::Forward) => Field::Forward,
            Cell::State(_, StateField::Presence) => Field::Presence,
            Cell::State(_, StateField::Note) => Field::Note,
            Cell::State(_, StateField::Icon | StateField::Says) | Cell::Call(_) => return false,
            // What can't be read there is never seen as set by the person.
            Cell::Phone(PhoneState::DndOn, _) => return self.known_of(Field::Dnd).is_some_and(|c| !c.read),
            Cell::Phone(PhoneState::Presence(_), _) => {
                return self.known_of(Field::Presence).is_some_and(|can| !can.read);
            }
        };
        self.known_of(field).is_some_and(|can| !(can.read && can.write))
    }

    /// `None`: not known now.
    fn known_of(&self, field: Field) -> Option<Can> {
        let link = self.phone?.link.as_ref().filter(|link| link.up)?;
        Some(link.abilities.of(field))
    }

    fn notes(&self) -> Vec<String> {
        let values: Vec<Value> = Cell::all().map(|cell| shown(self.rules, cell).value).collect();
        let any = |test: fn(&Value) -> bool| values.iter().any(test);
        let link = self.phone.map(|phone| phone.link.as_ref());
        let notes = [
            (link == Some(None), TableText::NoteNoPhone),
            (
                link.flatten().is_some_and(|link| !link.up),
                TableText::NotePhoneUnknown,
            ),
            (
                any(|value| *value == Value::Presence(PresenceRule::Unset)),
                TableText::NoteUnset,
            ),
            (
                any(|value| matches!(value, Value::Teams(ToTeams::Preferred(_)))),
                TableText::NotePreferred,
            ),
            (
                any(|value| {
                    *value == Value::Pair(Some(SessionPair::Available))
                        || *value == Value::Teams(ToTeams::Session(SessionPair::Available))
                }),
                TableText::NoteAvailable,
            ),
        ];
        let said = notes.into_iter().filter(|(holds, _)| *holds);
        said.map(|(_, text)| text.text(self.rules.language).to_owned())
            .collect()
    }
}

/// The states of Teams that a person thinks of together.
const fn group(cell: Cell) -> Option<TableText> {
    let Cell::State(state, _) = cell else { return None };
    Some(match state {
        TeamsState::Available => TableText::GroupAvailable,
        TeamsState::Busy | TeamsState::InACall | TeamsState::InAConferenceCall | TeamsState::InAMeeting => {
            TableText::GroupBusy
        }
        TeamsState::DoNotDisturb
        | TeamsState::UrgentInterruptionsOnly
        | TeamsState::Presenting
        | TeamsState::Focusing => TableText::GroupDnd,
        TeamsState::BeRightBack
        | TeamsState::Away
        | TeamsState::OutOfOffice
        | TeamsState::Inactive
        | TeamsState::AvailableInactive => TableText::GroupAway,
        TeamsState::Offline | TeamsState::OffWork | TeamsState::PresenceUnknown => TableText::GroupOffline,
        TeamsState::AnythingElse => TableText::GroupElse,
    })
}

pub(super) fn row_label(cell: Cell, language: Language) -> String {
    match cell {
        // Two words of Teams that would read the same as their neighbours.
        Cell::State(TeamsState::AvailableInactive, _) => {
            TableText::AvailableInactive.text(language).to_owned()
        }
        Cell::State(TeamsState::OffWork, _) => TableText::OffWork.text(language).to_owned(),
        Cell::State(state, _) => state.says().map_or_else(
            || TableText::AnythingElse.text(language).to_owned(),
            |says| says.text(language).to_owned(),
        ),
        Cell::Call(CallKind::Call) => TableText::ACall.text(language).to_owned(),
        Cell::Call(CallKind::Conference) => TableText::AConference.text(language).to_owned(),
        Cell::Phone(state, _) => super::phone_state_text(state, language),
    }
}

const fn column_texts(cell: Cell) -> (TableText, TableText) {
    match cell {
        Cell::State(_, StateField::Dnd) => (TableText::Dnd, TableText::DndHelp),
        Cell::State(_, StateField::Forward) => (TableText::Forward, TableText::ForwardHelp),
        Cell::State(_, StateField::Presence) => (TableText::Presence, TableText::PresenceHelp),
        Cell::State(_, StateField::Note) => (TableText::Note, TableText::NoteHelp),
        Cell::State(_, StateField::Icon) => (TableText::Icon, TableText::IconHelp),
        Cell::State(_, StateField::Says) => (TableText::Says, TableText::SaysHelp),
        Cell::Call(_) => (TableText::ToTeams, TableText::CallsToTeamsHelp),
        Cell::Phone(_, PhoneField::Teams) => (TableText::ToTeams, TableText::PhoneToTeamsHelp),
        Cell::Phone(_, PhoneField::Minutes) => (TableText::Minutes, TableText::MinutesHelp),
    }
}

/// A cell's value in words.
pub(crate) fn value_text(value: &Value, language: Language) -> String {
    let text = |text: TableText| text.text(language).to_owned();
    match value {
        Value::Dnd(DndRule::On) => text(TableText::On),
        Value::Dnd(DndRule::Off) => text(TableText::Off),
        Value::Dnd(DndRule::Leave)
        | Value::Forward(ForwardRule::Leave)
        | Value::Presence(PresenceRule::Leave)
        | Value::Note(None) => text(TableText::Leave),
        Value::Forward(ForwardRule::To(target)) => target.clone(),
        Value::Presence(PresenceRule::Unset) => text(TableText::Unset),
        Value::Presence(PresenceRule::Set(presence)) => {
            super::presence_text(*presence).text(language).to_owned()
        }
        Value::Note(Some(note)) => super::quoted(note, language),
        Value::Icon(Colour::Neutral) => text(TableText::Neutral),
        Value::Icon(Colour::Red) => text(TableText::Red),
        Value::Icon(Colour::Yellow) => text(TableText::Yellow),
        Value::Says(SaysRule::ByName) => text(TableText::ByName),
        Value::Says(SaysRule::Words(says)) => says.text(language).to_owned(),
        Value::Pair(None) | Value::Teams(ToTeams::Nothing) => text(TableText::Nothing),
        Value::Pair(Some(pair)) => text(session_text(*pair)),
        Value::Teams(ToTeams::Session(pair)) => {
            TableText::Session.with(language, &[("pair", session_text(*pair).text(language))])
        }
        Value::Teams(ToTeams::Preferred(pair)) => {
            TableText::Preferred.with(language, &[("pair", preferred_text(*pair).text(language))])
        }
        Value::Minutes(minutes) => minutes.to_string(),
    }
}

pub(crate) const fn session_text(pair: SessionPair) -> TableText {
    match pair {
        SessionPair::Available => TableText::PairAvailable,
        SessionPair::BusyInACall => TableText::PairInACall,
        SessionPair::BusyInAConferenceCall => TableText::PairInAConference,
        SessionPair::Away => TableText::PairAway,
        SessionPair::DoNotDisturbPresenting => TableText::PairPresenting,
    }
}

pub(crate) const fn preferred_text(pair: PreferredPair) -> TableText {
    match pair {
        PreferredPair::Available => TableText::PairAvailable,
        PreferredPair::Busy => TableText::PairBusy,
        PreferredPair::DoNotDisturb => TableText::PairDoNotDisturb,
        PreferredPair::BeRightBack => TableText::PairBeRightBack,
        PreferredPair::Away => TableText::PairAway,
        PreferredPair::OfflineOffWork => TableText::PairOffline,
    }
}
