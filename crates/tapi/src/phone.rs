//! One line as a phone system: its calls, do not disturb and the forward of all calls, by `lineForward` where its driver
//! says that it can. What is set there besides is read first and written again with every change.

use crate::device::Offered;
use crate::forward::{Can, Forwards, NoPlace};
use crate::refusal::{LINEERR_NODEVICE, Refusal};
use crate::telephony::Telephony;
use crate::watch::{News, Watch};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::LineEvent;
use offhook_engine::phone::{Abilities, Can as Ability, Field, FieldValue, PhoneIdentity};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// What it tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneNews {
    Up {
        identity: PhoneIdentity,
        abilities: Abilities,
    },
    Seen(Vec<FieldValue>),
    Written {
        field: Field,
        outcome: Result<(), Fault>,
    },
    ReadFailed(Fault),
    Line(LineEvent),
    Offered(Vec<Offered>),
    Down(Fault),
}

#[derive(Debug)]
pub struct Phone<T> {
    pub watch: Watch<T>,
    /// For a written value to show.
    confirm: Duration,
    up: Option<Up>,
    /// Why it is not.
    fault: Fault,
    writes: VecDeque<FieldValue>,
    pending: Option<Pending>,
    news: Vec<PhoneNews>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Up {
    line: u32,
    can: Can,
}

#[derive(Debug)]
struct Pending {
    value: FieldValue,
    request: u32,
    is_accepted: bool,
    until: Instant,
}

impl<T: Telephony> Phone<T> {
    pub fn new(watch: Watch<T>, confirm: Duration) -> Self {
        Self {
            watch,
            confirm,
            up: None,
            fault: Fault::new(FaultKind::Unreachable, Code::TapiMissing),
            writes: VecDeque::new(),
            pending: None,
            news: Vec::new(),
        }
    }

    /// Works until `serve`, which is asked at every turn, says that it is enough.
    pub fn run(&mut self, mut serve: impl FnMut(&mut Self) -> bool, mut tell: impl FnMut(PhoneNews)) {
        loop {
            let is_on = serve(self);
            self.work(Instant::now());
            for news in self.news.drain(..) {
                tell(news);
            }
            if !is_on {
                return self.watch.end();
            }
            let now = Instant::now();
            let woken = self.watch.telephony.wait(self.next(now));
            self.watch.on_woken(woken, Instant::now());
        }
    }

    /// Does all that is due, and hears all that there is to hear.
    pub fn work(&mut self, now: Instant) {
        self.watch.work(now);
        self.hear();
        if self.pending.as_ref().is_some_and(|pending| pending.until <= now) {
            // Some drivers change things and say nothing of it.
            self.look();
            if let Some(pending) = self.pending.take() {
                let field = pending.value.field();
                let fault = Fault::new(FaultKind::Rejected, Code::PhoneNotConfirmed).about(word(field));
                self.show();
                self.written(field, Err(fault));
            }
        }
        while self.pending.is_none()
            && let Some(value) = self.writes.pop_front()
        {
            self.begin(value, now);
        }
    }

    /// How long there is nothing to do unless something is heard.
    pub fn next(&self, now: Instant) -> Duration {
        let pending = self
            .pending
            .as_ref()
            .map(|pending| pending.until.saturating_duration_since(now));
        let watch = self.watch.next(now);
        pending.map_or(watch, |pending| pending.min(watch))
    }

    pub fn take_news(&mut self) -> Vec<PhoneNews> {
        std::mem::take(&mut self.news)
    }

    /// Tells what is set, and the calls.
    pub fn read(&mut self, now: Instant) {
        if self.up.is_none() {
            return self.news.push(PhoneNews::Down(self.fault.clone()));
        }
        self.watch.resync(now);
        self.hear();
        self.show();
    }

    /// One field, after those before it.
    pub fn write(&mut self, value: FieldValue) {
        self.writes.push_back(value);
    }

    fn hear(&mut self) {
        for news in self.watch.take_news() {
            match news {
                News::Line(LineEvent::Down(fault)) => self.on_down(fault),
                News::Line(event) => self.news.push(PhoneNews::Line(event)),
                News::Offered(offered) => self.news.push(PhoneNews::Offered(offered)),
                News::Forwards => self.on_forwards(),
                News::Reply { request, outcome } => self.on_reply(request, outcome),
            }
        }
    }

    fn on_down(&mut self, fault: Fault) {
        self.up = None;
        self.fault = fault.clone();
        if let Some(pending) = self.pending.take() {
            self.written(pending.value.field(), Err(fault.clone()));
        }
        self.news.push(PhoneNews::Line(LineEvent::Down(fault.clone())));
        self.news.push(PhoneNews::Down(fault));
    }

    /// The line is open, or what is set on it has changed.
    fn on_forwards(&mut self) {
        let Ok((offered, line)) = self.watch.first_line() else {
            return;
        };
        let (key, system) = (format!("tapi:{}", offered.id), offered.provider.clone());
        // A driver that says nothing of its addresses can nothing.
        let can = self.watch.can_forward().unwrap_or_else(|refusal| {
            tracing::debug!(%refusal, "this line's addresses are not told");
            Can::default()
        });
        let up = Up { line, can };
        if self.up != Some(up) {
            self.up = Some(up);
            self.news.push(PhoneNews::Up {
                identity: PhoneIdentity {
                    key,
                    system: if system.is_empty() {
                        "TAPI".to_owned()
                    } else {
                        system
                    },
                    names: Vec::new(),
                },
                abilities: abilities(can),
            });
        }
        self.show();
        self.look();
    }

    fn forwards(&mut self) -> Result<(Forwards, Can), Fault> {
        let up = self.up.ok_or_else(|| self.fault.clone())?;
        if !up.can.dnd && !up.can.forward {
            return Ok((Forwards::default(), up.can));
        }
        self.watch
            .forwards(up.line)
            .map(|forwards| (forwards, up.can))
            .map_err(|refusal| refused(refusal, "lineGetAddressStatus"))
    }

    fn show(&mut self) {
        match self.forwards() {
            Ok((forwards, can)) => self.news.push(PhoneNews::Seen(values(&forwards, can))),
            Err(fault) => self.news.push(PhoneNews::ReadFailed(fault)),
        }
    }

    fn begin(&mut self, value: FieldValue, now: Instant) {
        let field = value.field();
        match self.ask(&value) {
            Ok(Some(request)) => {
                self.pending = Some(Pending {
                    value,
                    request,
                    is_accepted: request == 0,
                    until: now + self.confirm,
                });
                self.look();
            }
            Ok(None) => {
                self.show();
                self.written(field, Ok(()));
            }
            Err(fault) => {
                self.show();
                self.written(field, Err(fault));
            }
        }
    }

    /// The number of the request; `None`: it is so already.
    fn ask(&mut self, value: &FieldValue) -> Result<Option<u32>, Fault> {
        let (before, can) = self.forwards()?;
        let lost = |NoPlace| Fault::new(FaultKind::Rejected, Code::PhoneOtherForwards);
        let after = match value {
            FieldValue::Dnd(on) if can.dnd => before.with_dnd(*on, can.most).map_err(lost)?,
            FieldValue::Forward(to) if can.forward => {
                before.with_forward(to.as_deref(), can.most).map_err(lost)?
            }
            FieldValue::Dnd(_) | FieldValue::Forward(_) | FieldValue::Presence(_) | FieldValue::Note(_) => {
                return Err(refused(Refusal::Unknown, word(value.field())));
            }
        };
        if after == before {
            return Ok(None);
        }
        let line = self.up.map(|up| up.line).unwrap_or_default();
        let request = self.watch.set_forwards(line, &after);
        request
            .map(Some)
            .map_err(|refusal| refused(refusal, word(value.field())))
    }

    fn on_reply(&mut self, request: u32, outcome: Result<(), Refusal>) {
        let Some(pending) = self.pending.as_mut().filter(|pending| pending.request == request) else {
            return;
        };
        let field = pending.value.field();
        match outcome {
            // It is accepted; whether it is so shows by itself.
            Ok(()) => {
                pending.is_accepted = true;
                self.look();
            }
            Err(refusal) => {
                self.pending = None;
                self.show();
                self.written(field, Err(refused(refusal, word(field))));
            }
        }
    }

    /// Whether what was accepted shows.
    fn look(&mut self) {
        let Some(pending) = self.pending.as_ref().filter(|pending| pending.is_accepted) else {
            return;
        };
        let value = pending.value.clone();
        let shows = self
            .forwards()
            .is_ok_and(|(forwards, can)| values(&forwards, can).contains(&value));
        if shows {
            self.pending = None;
            self.show();
            self.written(value.field(), Ok(()));
        }
    }

    fn written(&mut self, field: Field, outcome: Result<(), Fault>) {
        self.news.push(PhoneNews::Written { field, outcome });
    }
}

fn abilities(can: Can) -> Abilities {
    let ability = |can| Ability {
        read: can,
        write: can,
    };
    Abilities {
        dnd: ability(can.dnd),
        forward: ability(can.forward),
        calls: true,
        ..Abilities::default()
    }
}

fn values(forwards: &Forwards, can: Can) -> Vec<FieldValue> {
    let dnd = can.dnd.then(|| FieldValue::Dnd(forwards.dnd()));
    let forward = can
        .forward
        .then(|| FieldValue::Forward(forwards.to().map(str::to_owned)));
    dnd.into_iter().chain(forward).collect()
}

fn refused(refusal: Refusal, what: &str) -> Fault {
    let kind = match refusal {
        Refusal::NotRunning | Refusal::Again | Refusal::Missing | Refusal::Code(LINEERR_NODEVICE) => {
            FaultKind::Unreachable
        }
        Refusal::Unknown | Refusal::TooSmall | Refusal::Odd | Refusal::Code(_) => FaultKind::Rejected,
    };
    Fault::new(kind, Code::PhoneRefused).about(format!("{what}: {}", refusal.word()))
}

const fn word(field: Field) -> &'static str {
    match field {
        Field::Dnd => "dnd",
        Field::Forward => "forward",
        Field::Presence => "presence",
        Field::Note => "note",
    }
}
