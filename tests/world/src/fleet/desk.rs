//! One desk: the engine, the person's Teams behind Graph's limit, and what is measured.

use super::limit::Limit;
use super::person::{self, Event};
use super::{Case, instant};
use crate::chance::Chance;
use crate::graph::{Graph, Session, Who};
use offhook_engine::appointment::{Answer, Appointment, AppointmentId, Sensitivity, ShowAs, Span};
use offhook_engine::facts::CalendarLink;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::jiff::Timestamp;
use offhook_engine::jiff::tz::TimeZone;
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_engine::rules::Rules;
use offhook_engine::teams::{Account, Presence, Right, SignIn};
use offhook_engine::{Effect, Engine, Input, Now};
use std::collections::BTreeMap;
use std::time::Duration;

/// 07:30 of a Monday.
const BEGIN: i64 = 1_772_436_600;
/// As near to an appointment's border a change counts as foreseen.
const NEAR: f64 = 15.0;

/// What is measured at a desk, in seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Told {
    Sudden(f64),
    AtBorder(f64),
    Away(f64),
    Call(f64),
}

/// A request that left.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    pub number: u32,
    pub refused: bool,
}

#[derive(Debug)]
pub struct Desk {
    engine: Engine,
    teams: Graph,
    /// What happens, the last first.
    plan: Vec<(Duration, Event)>,
    appointments: Vec<(Duration, Duration)>,
    starts: Duration,
    started: bool,
    answers: BTreeMap<u32, Input>,
    effects: Vec<Effect>,
    requests: u32,
    /// What a reading has shown last; and since when Teams shows something else.
    read: Option<Presence>,
    unread: Option<Duration>,
    disk: Ledger,
    ringing_since: Option<Duration>,
    pub armed: Option<Duration>,
    pub told: Vec<Told>,
}

fn now(at: Duration) -> Now {
    let wall = Timestamp::from_second(BEGIN)
        .expect("a time")
        .checked_add(at)
        .expect("a time");
    Now {
        mono: instant(at),
        wall,
    }
}

impl Desk {
    pub fn new(number: u32, case: &Case, disk: Ledger) -> Self {
        let mut chance = Chance::new(case.seed.wrapping_mul(1_000_003) ^ u64::from(number));
        let starts = person::starts(&mut chance, case.at_once);
        let (plan, appointments) = person::day(&mut chance, starts, case.hours);
        let rules = Rules {
            zone: TimeZone::UTC,
            ..Rules::default()
        };
        let engine = Engine::new(rules, disk.clone(), chance.draw(), now(starts));
        Self {
            engine,
            teams: Graph::new(),
            plan,
            appointments,
            starts,
            started: false,
            answers: BTreeMap::new(),
            effects: Vec::new(),
            requests: 0,
            read: None,
            unread: None,
            disk,
            ringing_since: None,
            armed: None,
            told: Vec::new(),
        }
    }

    pub fn into_ledger(self) -> Ledger {
        self.disk
    }

    pub fn starts(&self) -> Duration {
        self.starts
    }

    /// What happens next in the person's morning; gives the time of what comes after it.
    pub fn live(&mut self, at: Duration) -> Option<Duration> {
        if !std::mem::replace(&mut self.started, true) {
            self.tell(Input::PhoneConfigured(false), at);
            self.tell(Input::CalendarConfigured(CalendarLink::Microsoft), at);
            let account = Account {
                key: "o.t".to_owned(),
                name: String::new(),
                address: String::new(),
                rights: vec![Right::PresenceRead, Right::PresenceWrite, Right::CalendarRead],
            };
            self.tell(Input::SignIn(SignIn::SignedIn(account)), at);
            self.tell(
                Input::Line(SourceId::new("hook"), LineEvent::Up { resyncs: false }),
                at,
            );
            return self.plan.last().map(|(next, _)| *next);
        }
        if let Some((_, event)) = self.plan.pop() {
            let call = |state| LineEvent::Call {
                id: CallId::new("1"),
                state,
            };
            match event {
                Event::Shows(availability, activity) => {
                    let before = self.teams.shows(instant(at)).presence;
                    self.teams.own = Presence::new(availability, activity);
                    let shows = self.teams.shows(instant(at)).presence;
                    if self.read.as_ref() == Some(&shows) {
                        // Over before anybody looked.
                        self.unread = None;
                    } else if shows != before {
                        self.unread.get_or_insert(at);
                    }
                }
                Event::Call => {
                    self.ringing_since = Some(at);
                    self.tell(Input::Line(SourceId::new("hook"), call(CallState::Connected)), at);
                }
                Event::Hangup => {
                    let ended = LineEvent::Ended { id: CallId::new("1") };
                    self.ringing_since = None;
                    self.tell(Input::Line(SourceId::new("hook"), ended), at);
                }
            }
        }
        self.plan.last().map(|(next, _)| *next)
    }

    pub fn due(&mut self, at: Duration) {
        self.armed = None;
        self.engine.handle_timeout(now(at));
        self.drain(at);
    }

    pub fn answer(&mut self, request: u32, at: Duration) {
        if let Some(input) = self.answers.remove(&request) {
            self.tell(input, at);
        }
    }

    /// The engine's next deadline, where it is another one than is waited for.
    pub fn arm(&mut self, at: Duration) -> Option<Duration> {
        let (due, _) = self.engine.poll_timeout(now(at))?;
        let due = due.since(instant(Duration::ZERO)).max(at);
        (self.armed != Some(due)).then(|| {
            self.armed = Some(due);
            due
        })
    }

    /// The next request that leaves.
    pub fn ask(&mut self, limit: &mut Limit, at: Duration) -> Option<Request> {
        while let Some(effect) = self.effects.pop() {
            let throttled =
                |retry_after| Fault::new(FaultKind::Throttled { retry_after }, Code::GraphThrottled);
            let (answer, refused): (Input, bool) = match effect {
                Effect::ReadTeams => {
                    let outcome = limit.ask(at).map_err(throttled);
                    let refused = outcome.is_err();
                    let shows = self.teams.shows(instant(at)).presence;
                    if !refused {
                        self.on_read(&shows, at);
                    }
                    (Input::TeamsRead(outcome.map(|()| shows)), refused)
                }
                Effect::SetSession { pair, lifetime } => {
                    let outcome = limit.ask(at).map_err(throttled);
                    let refused = outcome.is_err();
                    if !refused {
                        self.teams.session = Some(Session {
                            pair,
                            until: instant(at + lifetime),
                            by: Who::Desk,
                            way: Duration::ZERO,
                            revived: false,
                            jumped: false,
                        });
                        if let Some(since) = self.ringing_since.take() {
                            self.told.push(Told::Call(at.saturating_sub(since).as_secs_f64()));
                        }
                    }
                    (Input::SessionSet(outcome), refused)
                }
                Effect::ClearSession => {
                    let outcome = limit.ask(at).map_err(throttled);
                    let refused = outcome.is_err();
                    if !refused {
                        self.teams.session = None;
                    }
                    (Input::SessionCleared(outcome), refused)
                }
                // A limit of its own, for each mailbox; far off.
                Effect::ReadCalendar { .. } => {
                    let read = self.calendar();
                    self.tell(Input::CalendarRead(Ok(read)), at);
                    continue;
                }
                Effect::SaveLedger { revision, ledger } => {
                    self.disk = *ledger;
                    self.tell(
                        Input::LedgerSaved {
                            revision,
                            outcome: Ok(()),
                        },
                        at,
                    );
                    continue;
                }
                Effect::WarmUp
                | Effect::SetPreferred { .. }
                | Effect::ClearPreferred
                | Effect::SetMessage(_)
                | Effect::ReadPhone
                | Effect::WritePhone(_)
                | Effect::Resync(_)
                | Effect::Notify(_)
                | Effect::ForgetTokens
                | Effect::Finished => continue,
            };
            self.requests += 1;
            self.answers.insert(self.requests, answer);
            return Some(Request {
                number: self.requests,
                refused,
            });
        }
        None
    }

    fn on_read(&mut self, shows: &Presence, at: Duration) {
        let before = self.read.replace(shows.clone());
        let Some(since) = self.unread.take() else { return };
        let lag = at.saturating_sub(since).as_secs_f64();
        let away = shows.says("Away") || before.is_some_and(|before| before.says("Away"));
        self.told.push(if self.is_border(since) {
            Told::AtBorder(lag)
        } else if away {
            Told::Away(lag)
        } else {
            Told::Sudden(lag)
        });
    }

    fn is_border(&self, at: Duration) -> bool {
        let near = |border: Duration| (border.as_secs_f64() - at.as_secs_f64()).abs() <= NEAR;
        self.appointments
            .iter()
            .any(|(from, to)| near(*from) || near(*to))
    }

    fn calendar(&self) -> Vec<Appointment> {
        let numbered = (0..).zip(&self.appointments);
        numbered
            .map(|(number, (from, to))| Appointment {
                id: AppointmentId::new(format!("{number}")),
                subject: String::new(),
                show_as: ShowAs::Busy,
                sensitivity: Sensitivity::Normal,
                answer: Answer::Accepted,
                cancelled: false,
                draft: false,
                span: Span::Timed {
                    start: now(*from).wall,
                    end: now(*to).wall,
                },
            })
            .collect()
    }

    fn tell(&mut self, input: Input, at: Duration) {
        self.engine.handle_input(input, now(at));
        self.drain(at);
    }

    fn drain(&mut self, _at: Duration) {
        while let Some(effect) = self.engine.poll_effect() {
            self.effects.insert(0, effect);
        }
    }
}
