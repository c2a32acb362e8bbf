//! What holds whatever comes in.

mod common;

use common::{World, able, account, appointment, fault, moment, rules, throttled, unreachable};
use offhook_engine::appointment::{Appointment, Span};
use offhook_engine::calendar::{Action, CalendarRules};
use offhook_engine::facts::{CalendarLink, Prepared};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::phone::{Field, FieldValue, PhoneIdentity, PhonePresence};
use offhook_engine::profile::NAMES;
use offhook_engine::rules::{Role, Rules};
use offhook_engine::teams::{Presence, SignIn, StatusMessage};
use offhook_engine::{Effect, Engine, Input, Now};
use offhook_protocol::command::Pause;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use std::collections::BTreeSet;
use std::time::Duration;

const WORDS: [&str; 9] = [
    "Available",
    "Busy",
    "InACall",
    "InAMeeting",
    "DoNotDisturb",
    "Presenting",
    "Offline",
    "Away",
    "Juggling",
];

#[derive(Debug, Clone)]
enum Step {
    Input(Box<Input>),
    /// Milliseconds without a time-out in between: the machine was busy or asleep.
    Gap(u64),
    /// Milliseconds, with every deadline in its order.
    Time(u64),
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        Just(unreachable()),
        Just(fault(FaultKind::Rejected)),
        Just(fault(FaultKind::RightMissing)),
        Just(fault(FaultKind::SignInRequired)),
        Just(throttled(None)),
        (0.0..700.0).prop_map(|wait| throttled(Some(wait))),
    ]
}

fn outcome() -> impl Strategy<Value = Result<(), Fault>> {
    prop_oneof![3 => Just(Ok(())), 1 => any_fault().prop_map(Err)]
}

fn presence() -> impl Strategy<Value = Presence> {
    (0..WORDS.len(), 0..WORDS.len(), prop::option::of(any::<bool>())).prop_map(|(a, b, out)| {
        let mut presence = Presence::new(WORDS[a], WORDS[b]);
        presence.out_of_office = out;
        presence
    })
}

fn value() -> impl Strategy<Value = FieldValue> {
    prop_oneof![
        4 => any::<bool>().prop_map(FieldValue::Dnd),
        1 => prop::option::of(Just("100".to_owned())).prop_map(FieldValue::Forward),
        2 => prop::option::of(prop::sample::select(&PhonePresence::ALL[..])).prop_map(FieldValue::Presence),
        1 => Just(FieldValue::Note("x".into())),
    ]
}

fn line_event() -> impl Strategy<Value = LineEvent> {
    let id = || (0..3u8).prop_map(|n| CallId::new(n.to_string()));
    let state = || {
        prop::sample::select(vec![
            CallState::Dialling,
            CallState::Ringing,
            CallState::Connected,
            CallState::Held,
            CallState::Conference,
        ])
    };
    prop_oneof![
        1 => any::<bool>().prop_map(|resyncs| LineEvent::Up { resyncs }),
        1 => prop::collection::vec((id(), state()), 0..3).prop_map(LineEvent::Snapshot),
        4 => (id(), state()).prop_map(|(id, state)| LineEvent::Call { id, state }),
        3 => id().prop_map(|id| LineEvent::Ended { id }),
        1 => id().prop_map(|id| LineEvent::Heartbeat { id }),
        1 => Just(LineEvent::Reset),
        1 => any::<bool>().prop_map(|on| LineEvent::Dnd { on }),
        1 => any_fault().prop_map(LineEvent::Down),
        1 => any_fault().prop_map(LineEvent::Trouble),
    ]
}

fn sign_in() -> impl Strategy<Value = SignIn> {
    prop_oneof![
        1 => Just(SignIn::SignedOut),
        1 => any_fault().prop_map(SignIn::Waiting),
        1 => Just(SignIn::Browser { url: "u".into() }),
        3 => Just(SignIn::SignedIn(account("oid.tid"))),
        1 => Just(SignIn::SignedIn(account("other.tid"))),
        1 => any_fault().prop_map(|fault| SignIn::Expired { account: Some(account("oid.tid")), fault }),
    ]
}

fn any_appointment() -> impl Strategy<Value = Appointment> {
    let kinds = vec!["free", "workingElsewhere", "tentative", "busy", "oof", "other"];
    let subjects = vec![
        "Talk",
        "Talk (No DND)",
        "(DND)",
        "x (Call forwarding)",
        "(Keine Aktion)",
    ];
    (
        prop::sample::select(kinds),
        prop::sample::select(subjects),
        -120..600i64,
        0..300i64,
        any::<bool>(),
    )
        .prop_map(|(kind, subject, start, length, cancelled)| {
            let minutes = |n: i64| moment("09:00") + jiff::SignedDuration::from_mins(n);
            Appointment {
                span: Span::Timed {
                    start: minutes(start),
                    end: minutes(start + length),
                },
                cancelled,
                ..appointment(kind, subject, "09:00", "10:00")
            }
        })
}

fn any_calendar() -> impl Strategy<Value = CalendarRules> {
    let action = || prop::sample::select(&Action::ALL[..]);
    (action(), action(), any::<[bool; 8]>()).prop_map(|(busy, out_of_office, on)| CalendarRules {
        busy,
        out_of_office,
        forward_to: on[0].then(|| "4711".into()),
        forward_when_off: on[1],
        chat_status: on[2],
        change_during: on[3],
        title: on[4],
        leads: on[5],
        keep_on_stop: on[6],
        ignore_away: on[7],
        teams_message: on[0],
        ..CalendarRules::default()
    })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    let plain = (0..NAMES.len(), any::<bool>(), any::<bool>(), 0..5u8);
    (plain, any_calendar()).prop_map(|((profile, meetings, outgoing, role), calendar)| Rules {
        calendar,
        dnd_in_meetings: meetings,
        outgoing_counts: outgoing,
        role: if role == 0 { Role::Watch } else { Role::Full },
        ..rules(NAMES[profile])
    })
}

fn phone_up() -> Input {
    Input::PhoneUp {
        identity: PhoneIdentity {
            key: "pbx/2001".into(),
            system: "Pretend".into(),
            names: vec!["Somebody Else".into()],
        },
        abilities: able(),
    }
}

fn message() -> impl Strategy<Value = StatusMessage> {
    let texts = vec!["", "Talk", "Mine", "(DND)"];
    let until = prop::option::of(-60..120i64);
    (prop::sample::select(texts), any::<bool>(), until).prop_map(|(text, pinned, until)| StatusMessage {
        text: text.into(),
        pinned,
        until: until.map(|n| moment("09:00") + jiff::SignedDuration::from_mins(n)),
    })
}

fn input() -> impl Strategy<Value = Input> {
    let source = prop::sample::select(vec!["phone", "baresip", "hook"]).prop_map(SourceId::new);
    let source_again = prop::sample::select(vec!["phone", "baresip", "hook"]).prop_map(SourceId::new);
    prop_oneof![
        2 => sign_in().prop_map(Input::SignIn),
        6 => presence().prop_map(|presence| Input::TeamsRead(Ok(presence))),
        2 => any_fault().prop_map(|fault| Input::TeamsRead(Err(fault))),
        3 => outcome().prop_map(Input::SessionSet),
        3 => outcome().prop_map(Input::SessionCleared),
        1 => outcome().prop_map(Input::PreferredSet),
        1 => outcome().prop_map(Input::PreferredCleared),
        3 => prop::option::of(message()).prop_map(Input::MessageSeen),
        2 => outcome().prop_map(Input::MessageSet),
        1 => any::<bool>().prop_map(Input::PhoneConfigured),
        3 => Just(phone_up()),
        6 => prop::collection::vec(value(), 0..4).prop_map(Input::PhoneSeen),
        1 => any_fault().prop_map(Input::PhoneReadFailed),
        4 => (prop::sample::select(&Field::ALL[..]), outcome())
            .prop_map(|(field, outcome)| Input::PhoneWritten { field, outcome }),
        1 => any_fault().prop_map(Input::PhoneDown),
        8 => (source, line_event()).prop_map(|(source, event)| Input::Line(source, event)),
        1 => source_again.prop_map(Input::LineGone),
        6 => (0..40u64, outcome()).prop_map(|(revision, outcome)| Input::LedgerSaved { revision, outcome }),
        1 => any_rules().prop_map(|rules| Input::Rules(Box::new(rules))),
        1 => prop::sample::select(vec![Pause::Minutes(15), Pause::Tomorrow, Pause::UntilResumed])
            .prop_map(Input::Pause),
        2 => Just(Input::Resume),
        1 => prop::sample::select(vec![CalendarLink::Off, CalendarLink::Own, CalendarLink::Microsoft])
            .prop_map(Input::CalendarConfigured),
        4 => prop::collection::vec(any_appointment(), 0..5).prop_map(|list| Input::CalendarRead(Ok(list))),
        1 => any_fault().prop_map(|fault| Input::CalendarRead(Err(fault))),
        1 => (any_appointment(), any::<bool>())
            .prop_map(|(a, skip)| Input::SkipAppointment { id: a.id, skip }),
        1 => prop::sample::select(vec![Prepared::Nothing, Prepared::To("0301".into())])
            .prop_map(Input::ForwardPrepared),
        1 => Just(Input::PutBack),
        1 => Just(Input::SetAgain),
        1 => Just(Input::SignOut),
        1 => Just(Input::Sleep),
        1 => Just(Input::Woke),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        6 => input().prop_map(|input| Step::Input(Box::new(input))),
        1 => (0..900_000u64).prop_map(Step::Gap),
        3 => (0..40_000u64).prop_map(Step::Time),
    ];
    prop::collection::vec(step, 1..60)
}

/// Effects of one input, and time-outs of one simulated second: more is spinning. Counted, so that a machine that is
/// busy fails nothing and an engine that spins fails with the inputs that led there.
const MOST_EFFECTS: u32 = 100;
const MOST_TIME_OUTS: u64 = 20;

/// The engine alone: nobody answers but the random inputs.
struct Bare {
    engine: Engine,
    now: Now,
    writing: BTreeSet<Field>,
    busy: BTreeSet<&'static str>,
}

impl Bare {
    fn new(rules: Rules, ledger: Ledger) -> Self {
        let now = World::cold(rules.clone(), ledger.clone()).now;
        let engine = Engine::new(rules, ledger, 3, now);
        Self {
            engine,
            now,
            writing: BTreeSet::new(),
            busy: BTreeSet::new(),
        }
    }

    fn begin(&mut self, what: &'static str) {
        assert!(self.busy.insert(what), "{what} while the last one is under way");
    }

    fn drain(&mut self) {
        let mut effects = 0;
        while let Some(effect) = self.engine.poll_effect() {
            effects += 1;
            assert!(effects < MOST_EFFECTS, "effects without end: {effect:?}");
            match effect {
                Effect::WritePhone(value) => {
                    assert!(self.writing.insert(value.field()), "two writes of {value:?}");
                }
                Effect::SetSession { .. } | Effect::ClearSession => self.begin("session"),
                Effect::SetPreferred { .. } | Effect::ClearPreferred => self.begin("preferred"),
                Effect::SetMessage(_) => self.begin("message"),
                Effect::ReadTeams => self.begin("read"),
                Effect::WarmUp
                | Effect::ReadPhone
                | Effect::ReadCalendar { .. }
                | Effect::Resync(_)
                | Effect::SaveLedger { .. }
                | Effect::Notify(_)
                | Effect::ForgetTokens
                | Effect::Finished => {}
            }
        }
    }

    /// What an input answers, or makes pointless.
    fn note(&mut self, input: &Input) {
        match input {
            Input::PhoneWritten { field, .. } => {
                self.writing.remove(field);
            }
            Input::PhoneUp { .. } | Input::PhoneDown(_) | Input::PhoneConfigured(_) => self.writing.clear(),
            Input::SessionSet(_) | Input::SessionCleared(_) => {
                self.busy.remove("session");
            }
            Input::PreferredSet(_) | Input::PreferredCleared(_) => {
                self.busy.remove("preferred");
            }
            Input::MessageSet(_) => {
                self.busy.remove("message");
            }
            Input::TeamsRead(_) => {
                self.busy.remove("read");
            }
            // Answers of requests from before are not waited for.
            Input::Woke | Input::SignIn(_) => self.busy.clear(),
            Input::MessageSeen(_)
            | Input::PhoneSeen(_)
            | Input::PhoneReadFailed(_)
            | Input::ForwardPrepared(_)
            | Input::CalendarConfigured(_)
            | Input::CalendarRead(_)
            | Input::CalendarChanged
            | Input::SkipAppointment { .. }
            | Input::Line(..)
            | Input::LineGone(_)
            | Input::LedgerSaved { .. }
            | Input::Rules(_)
            | Input::Pause(_)
            | Input::Resume
            | Input::PutBack
            | Input::SetAgain
            | Input::OnePerson
            | Input::Quit
            | Input::SignOut
            | Input::Sleep => {}
        }
    }

    fn wake(&mut self) {
        self.engine.handle_timeout(self.now);
        self.drain();
        let next = self.engine.poll_timeout(self.now);
        if let Some((at, name)) = next {
            assert!(at > self.now.mono, "{name:?} is due again at once");
        }
    }

    fn run(&mut self, step: Step) {
        match step {
            Step::Input(input) => {
                self.note(&input);
                self.engine.handle_input(*input, self.now);
                self.drain();
            }
            Step::Gap(millis) => {
                self.now = self.now.after(Duration::from_millis(millis));
                self.wake();
            }
            Step::Time(millis) => {
                let end = self.now.mono + Duration::from_millis(millis);
                let mut time_outs = 0;
                while let Some((at, _)) = self.engine.poll_timeout(self.now).filter(|(at, _)| *at <= end) {
                    time_outs += 1;
                    assert!(
                        time_outs < MOST_TIME_OUTS * (1 + millis / 1000),
                        "it spins: {:?}",
                        self.engine.poll_timeout(self.now)
                    );
                    self.now = self.now.after(at.since(self.now.mono));
                    self.wake();
                }
                self.now = self.now.after(end.since(self.now.mono));
            }
        }
        self.look();
    }

    /// What people see can be computed at any time.
    fn look(&self) {
        let _status = self.engine.status(self.now);
        let tray = self.engine.tray(self.now);
        assert!(tray.tooltip.chars().count() <= 127, "{}", tray.tooltip);
        assert!(!self.engine.why(self.now).is_empty());
    }
}

/// In the world, where everything is answered: what people and Teams do.
#[derive(Debug, Clone)]
enum Deed {
    Teams(usize, usize),
    Call(u8, CallState),
    HangUp(u8),
    ByHand(FieldValue),
    PhoneDown,
    PhoneUp,
    GraphFails(bool),
    DiskFull(bool),
    WritesFail(Option<Fault>),
    Restart,
    Wait(u32),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let state = prop::sample::select(vec![
        CallState::Dialling,
        CallState::Ringing,
        CallState::Connected,
        CallState::Conference,
    ]);
    let deed = prop_oneof![
        4 => (0..WORDS.len(), 0..WORDS.len()).prop_map(|(a, b)| Deed::Teams(a, b)),
        3 => (0..2u8, state).prop_map(|(id, state)| Deed::Call(id, state)),
        2 => (0..2u8).prop_map(Deed::HangUp),
        2 => value().prop_map(Deed::ByHand),
        1 => Just(Deed::PhoneDown),
        2 => Just(Deed::PhoneUp),
        2 => any::<bool>().prop_map(Deed::GraphFails),
        2 => any::<bool>().prop_map(Deed::DiskFull),
        2 => prop::option::of(any_fault()).prop_map(Deed::WritesFail),
        1 => Just(Deed::Restart),
        6 => (0..120u32).prop_map(Deed::Wait),
    ];
    prop::collection::vec(deed, 1..25)
}

fn do_it(w: &mut World, deed: Deed) {
    match deed {
        Deed::Teams(a, b) => w.teams_is(WORDS[a], WORDS[b]),
        Deed::Call(id, state) => w.call_on("baresip", &id.to_string(), state),
        Deed::HangUp(id) => w.hang_up(&id.to_string()),
        Deed::ByHand(value) => w.by_hand(value),
        Deed::PhoneDown => w.phone_down(),
        Deed::PhoneUp => w.phone_up(),
        Deed::GraphFails(fails) => w.graph.fails = fails.then(unreachable),
        Deed::DiskFull(full) => w.disk_full = full,
        Deed::WritesFail(fault) => w.phone.writes_fail = fault,
        Deed::Restart => w.restart(),
        Deed::Wait(seconds) => w.after(f64::from(seconds)),
    }
}

fn well_again(w: &mut World) {
    w.graph.fails = None;
    w.disk_full = false;
    w.phone.writes_fail = None;
    w.phone_up();
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        // What failed once lies beside this file, in `properties.regressions`, and is tried first from then on.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_input_makes_it_panic_write_twice_at_once_or_spin(rules in any_rules(), steps in steps()) {
        let mut bare = Bare::new(rules, Ledger::default());
        bare.run(Step::Input(Box::new(Input::PhoneConfigured(true))));
        bare.run(Step::Input(Box::new(Input::SignIn(SignIn::SignedIn(account("oid.tid"))))));
        bare.run(Step::Input(Box::new(phone_up())));
        for step in steps {
            bare.run(step);
        }
        bare.run(Step::Input(Box::new(Input::Quit)));
        bare.run(Step::Time(30_000));
    }

    #[test]
    fn with_constant_inputs_it_goes_quiet(rules in any_rules(), deeds in deeds()) {
        let mut w = World::with(rules);
        w.by_chance = true;
        for deed in deeds {
            do_it(&mut w, deed);
        }
        well_again(&mut w);
        w.after(1500.0);
        w.log.clear();
        w.after(400.0);
        let call = w.status().teams.session.is_some();
        for (_, effect) in &w.log {
            let renewal = matches!(effect, Effect::SetSession { .. } | Effect::SaveLedger { .. }) && call;
            prop_assert!(renewal || *effect == Effect::ReadTeams, "{effect:?}");
        }
    }

    #[test]
    fn once_released_a_pause_or_a_watching_desk_changes_nothing(
        before in deeds(), after in deeds(), watch in any::<bool>(), profile in 0..NAMES.len()
    ) {
        let mut w = World::new(NAMES[profile]);
        w.by_chance = true;
        for deed in before {
            do_it(&mut w, deed);
        }
        well_again(&mut w);
        w.after(700.0);
        if watch {
            w.watch_only();
        } else {
            w.pause(Pause::UntilResumed);
        }
        w.after(700.0);
        prop_assert!(w.disk.holds.is_empty() && w.disk.session.is_none() && w.disk.preferred.is_none());
        w.log.clear();
        for deed in after {
            do_it(&mut w, deed);
        }
        w.after(300.0);
        prop_assert_eq!(w.changes(), []);
    }

    #[test]
    fn after_all_causes_have_ended_nothing_of_ours_is_left(deeds in deeds(), profile in 0..NAMES.len()) {
        let mut w = World::new(NAMES[profile]);
        w.by_chance = true;
        for deed in deeds {
            do_it(&mut w, deed);
        }
        well_again(&mut w);
        w.teams_is("Available", "Available");
        w.hang_up("0");
        w.hang_up("1");
        w.dnd_by_hand(false);
        w.presence_by_hand(None);
        w.after(1000.0);
        prop_assert!(w.disk.holds.is_empty(), "{:?}", w.disk.holds);
        prop_assert!(w.disk.session.is_none() && w.disk.preferred.is_none());
        prop_assert_eq!(w.session().filter(|_| w.status().teams.session.is_some()), None);
        prop_assert!(!w.dnd());
    }
}

#[test]
fn every_problem_that_can_be_named_has_a_place_in_the_tables() {
    for code in Code::ALL {
        assert!(!code.name().is_empty());
    }
}
