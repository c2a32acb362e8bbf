//! Watches the chosen lines: opens them, tells what happens on them, opens them again.
//!
//! [`lines`] has the lines, [`calls`] the calls on them, [`health`] what is said of the whole.

mod calls;
mod health;
mod lines;

use crate::device::{self, Offered, PermanentId};
use crate::forward::{self, Forwards};
use crate::message::{Message, Raw};
use crate::refusal::Refusal;
use crate::telephony::{Telephony, Woken};
use calls::Calls;
use health::Told;
use lines::Line;
pub use lines::STATUS_CALLS;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use std::fmt;
use std::time::{Duration, Instant};

/// More devices than any telephony server shares with one desk.
const MOST_DEVICES: u32 = 4096;
/// So many messages are taken before somebody else has a turn.
const AT_ONCE: usize = 1000;
/// So many empty answers in a row, within [`SPIN`], and TAPI is broken: asking on would take a whole processor.
const EMPTY: u32 = 50;
const SPIN: Duration = Duration::from_secs(5);
/// What lasted this long was good: the tries begin anew.
const LASTED: Duration = Duration::from_secs(10);

/// Waits between tries.
pub trait Again {
    fn wait(&mut self) -> Duration;
    /// After a success.
    fn reset(&mut self);
}

/// How long things take. Tests shorten them.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Calls of a line that closed are kept so long (R1).
    pub grace: Duration,
    /// A call that is disconnected and never idle is given back after this long.
    pub linger: Duration,
    /// A line of which nothing was ever heard is said to be silent after this long.
    pub silent: Duration,
    /// A line that counts calls and tells none of them is silent, too; looked at this long after it counted.
    pub look: Duration,
    pub again: fn() -> Box<dyn Again + Send>,
}

impl Pace {
    pub const fn usual(again: fn() -> Box<dyn Again + Send>) -> Self {
        Self {
            grace: Duration::from_secs(60),
            linger: Duration::from_secs(60),
            silent: Duration::from_secs(4 * 3600),
            look: Duration::from_secs(5),
            again,
        }
    }
}

/// What a watch tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    Line(LineEvent),
    /// All lines for calls that there are now, in the order of the drivers.
    Offered(Vec<Offered>),
    /// The forwards of a watched line may have changed, or it is there again.
    Forwards,
    /// A request was answered.
    Reply {
        request: u32,
        outcome: Result<(), Refusal>,
    },
}

pub struct Watch<T> {
    pub(crate) telephony: T,
    chosen: Vec<PermanentId>,
    pace: Pace,
    phase: Phase,
    again: Box<dyn Again + Send>,
    offered: Vec<Offered>,
    lines: Vec<Line>,
    calls: Calls,
    told: Told,
    snapshot_due: bool,
    empty: Option<(u32, Instant)>,
    news: Vec<News>,
}

#[derive(Debug)]
enum Phase {
    On { since: Instant },
    Off { until: Instant, why: Fault },
}

impl<T> fmt::Debug for Watch<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("chosen", &self.chosen)
            .field("phase", &self.phase)
            .field("lines", &self.lines)
            .finish_non_exhaustive()
    }
}

impl<T: Telephony> Watch<T> {
    /// No line is chosen: the only one there is is taken.
    pub fn new(telephony: T, chosen: Vec<PermanentId>, pace: Pace, now: Instant) -> Self {
        Self {
            telephony,
            chosen,
            pace,
            phase: Phase::Off {
                until: now,
                why: Fault::new(FaultKind::Unreachable, Code::TapiMissing),
            },
            again: (pace.again)(),
            offered: Vec::new(),
            lines: Vec::new(),
            calls: Calls::default(),
            told: Told::default(),
            snapshot_due: false,
            empty: None,
            news: Vec::new(),
        }
    }

    /// Works until `serve`, which is asked at every turn, says that it is enough.
    pub fn run(&mut self, mut serve: impl FnMut(&mut Self) -> bool, mut tell: impl FnMut(News)) {
        loop {
            self.work(Instant::now());
            for news in self.news.drain(..) {
                tell(news);
            }
            if !serve(self) {
                break;
            }
            // What was served may have had news.
            if self.news.is_empty() {
                let limit = self.next(Instant::now());
                let woken = self.telephony.wait(limit);
                self.on_woken(woken, Instant::now());
            }
        }
        self.end();
    }

    /// Does all that is due, and hears all that there is to hear.
    pub fn work(&mut self, now: Instant) {
        if let Phase::Off { until, .. } = &self.phase
            && *until <= now
        {
            self.begin(now);
        }
        self.hear(now);
        self.mind_lines(now);
        self.mind_calls(now);
        self.settle(now);
    }

    /// How long there is nothing to do unless something is heard.
    pub fn next(&self, now: Instant) -> Duration {
        let begin = match &self.phase {
            Phase::Off { until, .. } => Some(*until),
            Phase::On { .. } => None,
        };
        let lines = self.lines.iter().filter_map(|line| line.next(&self.pace));
        let due = lines.chain(self.calls.next()).chain(begin).min();
        let hour = Duration::from_secs(3600);
        due.map_or(hour, |at| at.saturating_duration_since(now).min(hour))
    }

    /// What there is to tell since it was asked last.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    fn begin(&mut self, now: Instant) {
        self.empty = None;
        let count = match self.telephony.initialize() {
            Ok(count) => count.min(MOST_DEVICES),
            Err(refusal) => return self.turn_off(refusal, now),
        };
        self.phase = Phase::On { since: now };
        self.offered.clear();
        for device in 0..count {
            self.look_at(device);
        }
        tracing::debug!(devices = count, lines = self.offered.len(), "telephony begun");
        self.tell_offered();
        self.choose(now);
    }

    /// What a device is; one that can't be asked is none.
    fn look_at(&mut self, device: u32) {
        match device::ask(&mut self.telephony, device) {
            Ok(Some(offered)) => self.offered.push(offered),
            Ok(None) => {}
            Err(refusal) => tracing::debug!(device, %refusal, "no line"),
        }
    }

    fn tell_offered(&mut self) {
        self.news.push(News::Offered(self.offered.clone()));
    }

    fn turn_off(&mut self, refusal: Refusal, now: Instant) {
        let code = match refusal {
            Refusal::NotRunning => Code::TapiStopped,
            Refusal::Missing | Refusal::Unknown => Code::TapiMissing,
            Refusal::Odd | Refusal::TooSmall | Refusal::Again | Refusal::Code(_) => Code::TapiBroken,
        };
        let why = Fault::new(FaultKind::Unreachable, code).about(refusal.word());
        if let Phase::On { since } = self.phase
            && now.saturating_duration_since(since) >= LASTED
        {
            self.again.reset();
        }
        let until = now + self.again.wait();
        self.give_up(Phase::Off { until, why }, now);
    }

    /// Everything is closed; calls have their grace.
    fn give_up(&mut self, phase: Phase, now: Instant) {
        for line in &mut self.lines {
            self.calls.on_line_gone(line.id, now + self.pace.grace);
            line.forget();
        }
        self.lines.clear();
        self.telephony.shutdown();
        self.phase = phase;
    }

    fn hear(&mut self, now: Instant) {
        for _ in 0..AT_ONCE {
            if !matches!(self.phase, Phase::On { .. }) {
                return;
            }
            match self.telephony.message() {
                Ok(None) => return,
                Ok(Some(raw)) => self.on_raw(&raw, now),
                Err(refusal) => return self.turn_off(refusal, now),
            }
        }
    }

    fn on_raw(&mut self, raw: &Raw, now: Instant) {
        let message = Message::of(raw);
        if message == Message::Hollow {
            return self.on_empty(now);
        }
        self.empty = None;
        self.on_message(message, raw.instance, now);
    }

    fn on_message(&mut self, message: Message, instance: usize, now: Instant) {
        match message {
            Message::NewCall { line, call } => self.on_new_call(line, call),
            Message::CallState { call, state, mode } => self.on_call_state(call, state, mode, instance, now),
            Message::CallInfo { call } => self.on_call_info(call),
            Message::AddressState { line, what } => self.on_address_state(line, what, now),
            Message::LineState { line, what } => self.on_line_state(line, what, now),
            Message::Closed { line } => self.on_closed(line, now),
            Message::Created { device } => {
                self.offered.retain(|offered| offered.device != device);
                self.look_at(device);
                self.tell_offered();
                self.choose(now);
            }
            Message::Removed { device } => self.on_removed(device, now),
            Message::Again => {
                tracing::debug!("telephony wants to be started anew");
                let why = Fault::new(FaultKind::Unreachable, Code::TapiBroken).about(Refusal::Again.word());
                self.give_up(Phase::Off { until: now, why }, now);
                self.begin(now);
            }
            Message::Reply { request, outcome } => self.news.push(News::Reply { request, outcome }),
            Message::Other | Message::Hollow => {}
        }
    }

    /// A wake-up for a message: there must be one.
    pub fn on_woken(&mut self, woken: Woken, now: Instant) {
        match woken {
            Woken::Message if matches!(self.phase, Phase::On { .. }) => match self.telephony.message() {
                Ok(None) => self.on_empty(now),
                Ok(Some(raw)) => self.on_raw(&raw, now),
                Err(refusal) => self.turn_off(refusal, now),
            },
            Woken::Message => self.on_empty(now),
            Woken::Asked | Woken::Late => {}
        }
    }

    fn on_empty(&mut self, now: Instant) {
        let (count, since) = self.empty.unwrap_or((0, now));
        let (count, since) = match now.saturating_duration_since(since) {
            passed if passed > SPIN => (1, now),
            _ => (count + 1, since),
        };
        self.empty = Some((count, since));
        if count >= EMPTY {
            self.empty = None;
            self.turn_off(Refusal::Odd, now);
        }
    }

    /// Gives everything back.
    pub fn end(&mut self) {
        self.calls.release_all(&mut self.telephony);
        for line in &self.lines {
            if let Some(handle) = line.handle() {
                self.telephony.close(handle);
            }
        }
        self.lines.clear();
        self.telephony.shutdown();
    }

    /// Asks for everything anew, and tells the calls that are up.
    pub fn resync(&mut self, now: Instant) {
        self.snapshot_due = true;
        self.ask_calls(now);
        self.settle(now);
    }
}

impl<T> Watch<T> {
    /// The lines for calls that there are.
    pub fn offered(&self) -> &[Offered] {
        &self.offered
    }
}

impl<T: Telephony> Watch<T> {
    /// What the first chosen line can do with forwards.
    ///
    /// # Errors
    /// Why it is not open, or as TAPI refused it.
    pub fn can_forward(&mut self) -> Result<forward::Can, Refusal> {
        let (offered, _) = self.first_line()?;
        let (device, version, features) = (offered.device, offered.version, offered.features);
        forward::can(&mut self.telephony, device, version, features)
    }

    /// # Errors
    /// As TAPI refused it.
    pub fn forwards(&mut self, line: u32) -> Result<Forwards, Refusal> {
        forward::read(&mut self.telephony, line)
    }

    /// Replaces all: the number of the request, which [`News::Reply`] answers.
    ///
    /// # Errors
    /// As TAPI refused it.
    pub fn set_forwards(&mut self, line: u32, forwards: &Forwards) -> Result<u32, Refusal> {
        let list = forwards.list();
        self.telephony
            .forward(line, forward::ADDRESS, list.as_deref(), forwards.rings)
    }
}
