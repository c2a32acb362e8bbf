//! What appointments and Teams want together, against a reference that is written from the tables of R12, R14 and R16
//! alone: any appointments, any options, any Teams state.

mod common;

use common::*;
use offhook_engine::appointment::Appointment;
use offhook_engine::calendar::{Action, CalendarRules};
use offhook_engine::desired::Want;
use offhook_engine::phone::{Field, FieldValue, PhonePresence};
use proptest::prelude::*;

/// Kind, rank in R12's order, chat status.
const KINDS: [(&str, u8, PhonePresence); 5] = [
    ("free", 1, PhonePresence::Available),
    ("workingElsewhere", 2, PhonePresence::Available),
    ("tentative", 3, PhonePresence::Available),
    ("busy", 4, PhonePresence::Dnd),
    ("oof", 5, PhonePresence::ExtendedAway),
];

/// Ending of the subject; what it says of do not disturb and of forwarding.
const ENDINGS: [(&str, Says, Says); 12] = [
    ("", Says::Default, Says::Default),
    ("(dnd)", Says::Default, Says::Default),
    ("(Ruhe)", Says::Yes, Says::Silent),
    ("(DND)", Says::Yes, Says::Silent),
    ("(Keine Ruhe)", Says::No, Says::Silent),
    ("(No DND)", Says::No, Says::Silent),
    ("(Anrufe weiterleiten)", Says::Silent, Says::Yes),
    ("(Call forwarding)", Says::Silent, Says::Yes),
    ("(Keine Anrufe weiterleiten)", Says::Silent, Says::No),
    ("(No call forwarding)", Says::Silent, Says::No),
    ("(Keine Aktion)", Says::Nothing, Says::Nothing),
    ("(No action)", Says::Nothing, Says::Nothing),
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Says {
    Yes,
    No,
    /// No appointment does anything here.
    Nothing,
    Silent,
    Default,
}

/// One appointment around now: kind, ending, minutes since it began.
#[derive(Debug, Clone, Copy)]
struct Imagined {
    kind: usize,
    ending: usize,
    age: i64,
}

/// STARFACE's table: do not disturb; and whether it is no more than busy or a meeting.
const TEAMS: [(&str, &str, bool, bool); 6] = [
    ("Available", "Available", false, false),
    ("Busy", "Busy", true, true),
    ("Busy", "InAMeeting", true, true),
    ("Busy", "InACall", true, false),
    ("DoNotDisturb", "DoNotDisturb", false, false),
    ("Away", "Away", false, false),
];

#[derive(Debug, Clone, Copy)]
struct Options {
    actions: [Action; 5],
    forward_to: bool,
    chat_status: bool,
    change_during: bool,
}

impl Options {
    fn rules(self) -> CalendarRules {
        let [free, elsewhere, tentative, busy, out_of_office] = self.actions;
        CalendarRules {
            free,
            elsewhere,
            tentative,
            busy,
            out_of_office,
            forward_to: self.forward_to.then(|| "4711".into()),
            chat_status: self.chat_status,
            change_during: self.change_during,
            ..CalendarRules::default()
        }
    }
}

/// What one says of do not disturb and of forwarding, its default filled in.
fn says(one: Imagined, options: Options) -> (Says, Says) {
    let (_, dnd, forward) = ENDINGS[one.ending];
    let action = options.actions[one.kind];
    let filled = |says: Says, own: Action| match says {
        Says::Default if action == own => Says::Yes,
        Says::Default => Says::Silent,
        Says::Yes | Says::No | Says::Nothing | Says::Silent => says,
    };
    (filled(dnd, Action::Dnd), filled(forward, Action::Forward))
}

/// Of those that say something: the keyword, then the kind, then the later start.
fn strongest(all: &[Imagined], of: impl Fn(Imagined) -> Says) -> Says {
    let mut best: Option<((bool, u8, i64), Says)> = None;
    for one in all {
        let said = of(*one);
        if said == Says::Silent {
            continue;
        }
        let rank = (
            ENDINGS[one.ending].1 != Says::Default,
            KINDS[one.kind].1,
            -one.age,
        );
        if best.is_none_or(|(other, _)| rank > other) {
            best = Some((rank, said));
        }
    }
    best.map_or(Says::Silent, |(_, said)| said)
}

fn model(all: &[Imagined], options: Options, teams: usize) -> [Option<FieldValue>; 3] {
    let dnd = strongest(all, |one| says(one, options).0);
    let forward = strongest(all, |one| says(one, options).1);
    let (_, _, teams_dnd, weak) = TEAMS[teams];
    let cancelled = dnd == Says::No && weak;
    let follows = |one: &&Imagined| options.change_during || says(**one, options).0 == Says::Yes;
    let weightiest = all
        .iter()
        .filter(follows)
        .max_by_key(|one| (KINDS[one.kind].1, -one.age));
    let chat = weightiest
        .filter(|_| options.chat_status)
        .map(|one| FieldValue::Presence(Some(KINDS[one.kind].2)));
    [
        (dnd == Says::Yes || (teams_dnd && !cancelled)).then_some(FieldValue::Dnd(true)),
        (forward == Says::Yes && options.forward_to).then(|| FieldValue::Forward(Some("4711".into()))),
        chat,
    ]
}

fn options() -> impl Strategy<Value = Options> {
    let action = || prop::sample::select(&Action::ALL[..]);
    let actions = [action(), action(), action(), action(), action()];
    (actions, any::<[bool; 3]>()).prop_map(|(actions, [forward_to, chat_status, change_during])| Options {
        actions,
        forward_to,
        chat_status,
        change_during,
    })
}

fn imagined() -> impl Strategy<Value = Vec<Imagined>> {
    let one = (0..KINDS.len(), 0..ENDINGS.len());
    prop::collection::vec(one, 0..5).prop_map(|list| {
        let numbered = (0..).zip(list);
        // Each began at another minute, so that the later start always decides.
        let one = |(n, (kind, ending)): (i64, (usize, usize))| Imagined {
            kind,
            ending,
            age: 5 + 7 * n,
        };
        numbered.map(one).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn r12_r14_r16_the_engine_wants_what_the_tables_say(
        list in imagined(),
        options in options(),
        teams in 0..TEAMS.len(),
    ) {
        let mut rules = rules("starface-9");
        rules.calendar = options.rules();
        let mut w = World::with(rules);
        w.by_chance = true;
        w.teams(TEAMS[teams].0, TEAMS[teams].1);
        let now = w.now.wall;
        let appointments: Vec<Appointment> = list
            .iter()
            .map(|one| {
                let minutes = |n: i64| (now + jiff::SignedDuration::from_mins(n)).to_string();
                let subject = format!("Talk {}", ENDINGS[one.ending].0);
                appointment(KINDS[one.kind].0, &subject, &minutes(-one.age), &minutes(60))
            })
            .collect();
        w.calendar(appointments);
        w.after(5.0);
        let wanted = model(&list, options, teams);
        for (field, wanted) in [Field::Dnd, Field::Forward, Field::Presence].into_iter().zip(wanted) {
            let got = w.engine.desired().of(field).and_then(|wish| match &wish.want {
                Want::Set(value) => Some(value.clone()),
                Want::Leave | Want::Unset => None,
            });
            prop_assert_eq!(&got, &wanted, "{:?}: {:?}", field, &list);
            if let Some(wanted) = wanted {
                prop_assert_eq!(&w.phone.fields[&field], &wanted, "and the phone shows it");
            }
        }
    }
}
