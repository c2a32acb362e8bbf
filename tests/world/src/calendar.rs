//! The person's calendar: appointments that run alone, at once and back to back, with keywords, that are moved,
//! cancelled and left out; and what they want, from the tables of R12, R14 and R16 alone.

use super::chance::Chance;
use super::desk::{Desk, Event};
use offhook_engine::appointment::{Answer, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use offhook_engine::calendar::{Action, CalendarRules};
use offhook_engine::facts::calendar::Knowledge;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::jiff::{SignedDuration, Timestamp};
use offhook_engine::phone::{FieldValue, PhonePresence};
use offhook_engine::teams::Presence;
use offhook_engine::{Engine, Input};
use std::time::Duration;

/// Personal, as subjects are: no log may hold it.
const SUBJECT: &str = "review with Frau Winter";
/// What other people may read of a private one.
const NEUTRAL: &str = "Appointment";
const TARGET: &str = "+49305550199";
/// Teams is read faster from so long before a border.
const AROUND: SignedDuration = SignedDuration::from_secs(15);
/// It is read every five minutes ±10 %, and an answer takes two seconds; the world looks every 20 s.
const KNOWN_WITHIN: Duration = Duration::from_secs(360);

/// Kind, rank, chat status.
const KINDS: [(&str, u8, PhonePresence); 5] = [
    ("free", 1, PhonePresence::Available),
    ("workingElsewhere", 2, PhonePresence::Available),
    ("tentative", 3, PhonePresence::Available),
    ("busy", 4, PhonePresence::Dnd),
    ("oof", 5, PhonePresence::ExtendedAway),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Dnd,
    Forward,
}

/// What a keyword says of a field: do it, do not, or leave it alone altogether.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Yes,
    No,
    Nothing,
}

/// Ending of the subject; of do not disturb; of forwarding.
const ENDINGS: [(&str, Option<Word>, Option<Word>); 6] = [
    ("", None, None),
    (" (DND)", Some(Word::Yes), None),
    (" (Keine Ruhe)", Some(Word::No), None),
    (" (Call forwarding)", None, Some(Word::Yes)),
    (" (Keine Anrufe weiterleiten)", None, Some(Word::No)),
    (" (No action)", Some(Word::Nothing), Some(Word::Nothing)),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    kind: usize,
    ending: usize,
    private: bool,
    cancelled: bool,
    start: Timestamp,
    end: Timestamp,
}

/// Whether a status text comes from one of them.
pub fn is_text_of_an_appointment(text: &str) -> bool {
    text == NEUTRAL || text.starts_with(SUBJECT)
}

/// What the person has chosen for appointments, one way or another.
pub fn rules(chance: &mut Chance) -> CalendarRules {
    CalendarRules {
        busy: chance.pick(&[Action::Dnd, Action::Dnd, Action::Forward, Action::Nothing]),
        out_of_office: chance.pick(&[Action::Dnd, Action::Forward]),
        forward_to: Some(TARGET.into()),
        chat_status: chance.hits(0.5),
        change_during: chance.hits(0.5),
        title: chance.hits(0.7),
        no_text_when_free: true,
        ..CalendarRules::default()
    }
}

/// A day's appointments. They have a chance of their own, so that everything else happens as without them.
pub fn entries(seed: u64, begins: Timestamp) -> Vec<Entry> {
    let mut chance = Chance::new(seed ^ 0x0ca1_e0da_0000_0000);
    let mut at = begins + minutes(chance.between(5.0, 60.0));
    let mut list = Vec::new();
    while at < begins + minutes(25.0 * 60.0) {
        let end = at + minutes(chance.between(2.0, 90.0));
        let ending = if chance.hits(0.5) {
            0
        } else {
            chance.pick(&[1, 2, 3, 4, 5])
        };
        list.push(Entry {
            kind: chance.pick(&[0, 1, 2, 3, 3, 3, 4]),
            ending,
            private: chance.hits(0.2),
            cancelled: false,
            start: at,
            end,
        });
        // Back to back, at once, or later.
        at = match chance.pick(&[0, 1, 2, 2, 2]) {
            0 => end,
            1 => at + minutes(1.0),
            _ => end + minutes(chance.between(3.0, 120.0)),
        };
    }
    list
}

fn minutes(n: f64) -> SignedDuration {
    SignedDuration::from_secs((n * 60.0) as i64)
}

fn id(n: usize) -> AppointmentId {
    AppointmentId::new(format!("{n:04}"))
}

impl Entry {
    fn appointment(&self, n: usize) -> Appointment {
        Appointment {
            id: id(n),
            subject: format!("{SUBJECT} {n}{}", ENDINGS[self.ending].0),
            show_as: ShowAs::parse(KINDS[self.kind].0),
            sensitivity: if self.private {
                Sensitivity::Private
            } else {
                Sensitivity::Normal
            },
            answer: Answer::None,
            cancelled: self.cancelled,
            draft: false,
            span: Span::Timed {
                start: self.start,
                end: self.end,
            },
        }
    }

    /// The person's choice for the kind, which a keyword replaces altogether.
    fn says(&self, act: Act, rules: &CalendarRules) -> Option<Word> {
        let (_, dnd, forward) = ENDINGS[self.ending];
        if self.ending != 0 {
            return match act {
                Act::Dnd => dnd,
                Act::Forward => forward,
            };
        }
        let chosen = match KINDS[self.kind].0 {
            "busy" => rules.busy,
            "oof" => rules.out_of_office,
            _ => Action::Nothing,
        };
        let same = match act {
            Act::Dnd => chosen == Action::Dnd,
            Act::Forward => chosen == Action::Forward,
        };
        same.then_some(Word::Yes)
    }

    fn weight(&self) -> (u8, Timestamp) {
        (KINDS[self.kind].1, self.start)
    }
}

/// The word of the strongest that says one: a keyword, then the kind, then the later start.
fn strongest(running: &[(usize, &Entry)], act: Act, rules: &CalendarRules) -> Option<Word> {
    let speaking = running
        .iter()
        .filter(|(_, entry)| entry.says(act, rules).is_some());
    let (_, winner) = speaking.max_by_key(|(_, entry)| (entry.ending != 0, entry.weight()))?;
    winner.says(act, rules)
}

/// What appointments make of what Teams wants.
fn together(
    teams: [Option<FieldValue>; 4],
    running: &[(usize, &Entry)],
    shows: Option<&Presence>,
    rules: &CalendarRules,
) -> [Option<FieldValue>; 4] {
    let [mut dnd, mut forward, mut presence, mut note] = teams;
    let says = |word: &str| shows.is_some_and(|shows| shows.says(word));
    match strongest(running, Act::Dnd, rules) {
        Some(Word::Yes) => dnd = Some(FieldValue::Dnd(true)),
        Some(Word::No) => {
            let strong = ["DoNotDisturb", "Presenting", "InACall", "InAConferenceCall"];
            if says("Busy") && !strong.into_iter().any(says) {
                dnd = None;
            }
        }
        Some(Word::Nothing) | None => {}
    }
    if strongest(running, Act::Forward, rules) == Some(Word::Yes) {
        forward = Some(FieldValue::Forward(Some(TARGET.into())));
    }
    let follows = |entry: &Entry| rules.change_during || entry.says(Act::Dnd, rules) == Some(Word::Yes);
    let weightiest = running
        .iter()
        .filter(|(_, entry)| rules.chat_status && follows(entry))
        .max_by_key(|(_, entry)| entry.weight());
    if let Some((_, entry)) = weightiest {
        let ours = KINDS[entry.kind].2;
        // The order of the words is that of their strength.
        let stronger = match &presence {
            Some(FieldValue::Presence(Some(theirs))) => ours.min(*theirs),
            Some(_) | None => ours,
        };
        presence = Some(FieldValue::Presence(Some(stronger)));
    }
    let titled = running
        .iter()
        .filter(|(_, entry)| rules.title && KINDS[entry.kind].0 != "free")
        .max_by_key(|(_, entry)| entry.weight());
    if let Some((n, entry)) = titled {
        let title = if entry.private {
            NEUTRAL.into()
        } else {
            format!("{SUBJECT} {n}")
        };
        note = Some(FieldValue::Note(title));
    }
    [dnd, forward, presence, note]
}

impl Desk {
    pub fn has_appointments(&mut self, entries: Vec<Entry>) {
        self.calendar = entries;
        self.later(1800.0, Event::CalendarChanges);
    }

    /// Of those that the program was told of: what runs now and is not left out, with its number.
    pub fn running(&self, engine: &Engine) -> Vec<(usize, &Entry)> {
        let now = self.now.wall;
        let left_out = &engine.ledger().skipped;
        let all = self.told_calendar.iter().enumerate();
        all.filter(|(_, entry)| !entry.cancelled && entry.start <= now && now < entry.end)
            .filter(|(n, _)| !left_out.iter().any(|out| out.id == id(*n).as_str()))
            .collect()
    }

    /// What Teams wants, and the appointments that the program still believes in.
    pub fn with_known_appointments(
        &self,
        engine: &Engine,
        teams: [Option<FieldValue>; 4],
    ) -> [Option<FieldValue>; 4] {
        let facts = engine.facts();
        if facts.calendar.knowledge(self.now.mono) != Knowledge::Known {
            return teams;
        }
        let shows = facts.teams.in_force.as_ref().map(|in_force| &in_force.presence);
        let forward = teams[1].clone();
        let mut wants = together(teams, &self.running(engine), shows, &self.rules.calendar);
        // Where a forward leads is known of a phone system that answers.
        if !facts.phone.is_up() {
            wants[1] = forward;
        }
        wants
    }

    /// What Teams wants, and the appointments.
    pub fn with_appointments(
        &self,
        shows: &Presence,
        teams: [Option<FieldValue>; 4],
    ) -> [Option<FieldValue>; 4] {
        let Some(engine) = &self.engine else { return teams };
        together(teams, &self.running(engine), Some(shows), &self.rules.calendar)
    }

    pub fn reads_calendar(&mut self) {
        let wait = self.calendar_chance.between(0.05, 2.0);
        let (fails, throttled) = (
            self.trouble.contains("graph fails"),
            self.trouble.contains("graph throttles"),
        );
        let outcome = if (fails || throttled) && self.calendar_chance.hits(0.7) {
            self.story.happens("the calendar cannot be read");
            let retry_after = self.calendar_chance.pick(&[None, Some(Duration::from_secs(45))]);
            Err(if fails {
                Fault::new(FaultKind::Unreachable, Code::GraphUnreachable)
            } else {
                Fault::new(FaultKind::Throttled { retry_after }, Code::TimedOut)
            })
        } else {
            Ok(self.calendar.clone())
        };
        self.later(wait, Event::CalendarSays(self.epoch, outcome));
    }

    pub fn calendar_says(&mut self, outcome: Result<Vec<Entry>, Fault>) {
        if self.asleep || self.engine.is_none() {
            return;
        }
        // What comes after a sign-in has expired is not believed.
        if let Ok(entries) = &outcome
            && self.watch.teams_linked
        {
            self.told_calendar.clone_from(entries);
            self.says(|| "the calendar is read".into());
        }
        let appointments = outcome.map(|entries| {
            let numbered = entries.iter().enumerate();
            numbered.map(|(n, entry)| entry.appointment(n)).collect()
        });
        self.input(Input::CalendarRead(appointments));
    }

    /// One that runs or comes next is moved, cancelled, or left out by the person.
    pub fn calendar_changes(&mut self) {
        let wait = self.calendar_chance.between(1200.0, 4000.0);
        self.later(wait, Event::CalendarChanges);
        let now = self.now.wall;
        let mut coming = self.calendar.iter().enumerate();
        let Some(n) = coming
            .find(|(_, entry)| !entry.cancelled && now < entry.end)
            .map(|(n, _)| n)
        else {
            return;
        };
        let entry = &mut self.calendar[n];
        match self.calendar_chance.pick(&[0, 1, 2, 3]) {
            0 => {
                self.story.happens("an appointment is cancelled");
                entry.cancelled = true;
            }
            1 => {
                self.story.happens("an appointment is moved");
                let by = minutes(self.calendar_chance.between(-20.0, 45.0));
                (entry.start, entry.end) = (entry.start + by, entry.end + by);
            }
            2 => {
                self.story.happens("an appointment is moved");
                entry.end += minutes(self.calendar_chance.between(1.0, 20.0));
            }
            _ => self.leaves_out(n),
        }
        self.says(|| format!("appointment {n} is changed"));
    }

    fn leaves_out(&mut self, n: usize) {
        let known = self.told_calendar.get(n).is_some_and(|told| !told.cancelled);
        let is_out = |desk: &Self| {
            let mut skipped = desk.engine.iter().flat_map(|engine| &engine.ledger().skipped);
            skipped.any(|out| out.id == id(n).as_str())
        };
        if !known || self.asleep || self.engine.is_none() {
            return;
        }
        let skip = !is_out(self);
        self.input(Input::SkipAppointment { id: id(n), skip });
        if is_out(self) && skip {
            self.story.happens("an appointment is left out");
        }
    }

    /// Borders let Teams be read more often (R6), a little before them, too.
    pub fn note_borders(&mut self) {
        if self.calendar.is_empty() {
            return;
        }
        let (since, now) = (self.bordered, self.now.wall);
        self.bordered = now;
        let passed = |at: Timestamp| since < at && at <= now;
        let ledger = self.engine.iter().flat_map(|engine| &engine.ledger().holds);
        if ledger.filter_map(|hold| hold.why.until).any(passed) {
            // What an earlier run set for an appointment ends with it, also where no calendar can be read.
            self.watch.change(self.now.mono);
        }
        let told = self.told_calendar.iter().filter(|entry| !entry.cancelled);
        for border in told.flat_map(|entry| [entry.start, entry.end]) {
            for _ in [border, border - AROUND].into_iter().filter(|at| passed(*at)) {
                self.watch.changes.push_back(self.now.mono);
            }
        }
        let entries = self.calendar.iter().filter(|entry| !entry.cancelled);
        for entry in entries.filter(|entry| passed(entry.start)) {
            self.story.happens("an appointment begins");
            if entry.ending != 0 {
                self.story.happens("an appointment with a keyword");
            }
        }
    }

    /// What was moved or cancelled is known after the pause between two readings (invariant 1).
    pub fn check_calendar(&mut self) {
        let now = self.now.mono;
        let settled = self.is_settled();
        let reads = settled && !self.asleep && self.engine.is_some() && self.watch.teams_linked;
        if self.calendar == self.told_calendar || !reads {
            self.calendar_differs = None;
            return;
        }
        let since = *self.calendar_differs.get_or_insert(now);
        if now.since(since) > KNOWN_WITHIN {
            self.fail(
                1,
                "an appointment was moved or cancelled, and the calendar is not read",
            );
        }
    }
}
