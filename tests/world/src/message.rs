//! The status message in Teams: what Graph holds by its own clock, what the person writes there, and what must hold of
//! ours (invariants 1, 2, 3, 6 to 11, 13 and 16). Only on days of a person who wants it.

use super::chance::Chance;
use super::desk::{Desk, Event, Request};
use super::graph::Who;
use offhook_engine::Instant;
use offhook_engine::calendar::CalendarRules;
use offhook_engine::jiff::SignedDuration;
use offhook_engine::ledger::Stage;
use offhook_engine::teams::StatusMessage;
use offhook_engine::{Effect, Engine, Input};
use std::collections::VecDeque;
use std::time::Duration;

/// What the person writes. Personal: no log may hold it.
const OWN: [&str; 4] = [
    "",
    "with Herrn Sommer today",
    "ask Frau Winter",
    "back on Monday, says Sommer",
];
/// A request that nobody has answered is carried out 25 s after it was sent at the latest.
const LATE: Duration = Duration::from_secs(45);
/// A reading may lag for a minute (R10), the longest wait for the next one, and its way.
const TAKEN_BACK: Duration = Duration::from_secs(60 + 33 + 15);
/// What is read may be 5 s old, and lag for 3 s; a request is on its way for 25 s at most.
const CROSSES: Duration = Duration::from_secs(40);
/// A desk whose clock is further behind Teams' can't tell that ours has ended by itself from the person's taking it away.
const BEHIND: SignedDuration = SignedDuration::from_secs(-110);
/// One that is gone less than two minutes before its end has ended by itself, since clocks differ; and a reading may be
/// as late as [`TAKEN_BACK`] says.
const ENDS: SignedDuration = SignedDuration::from_secs(120 + 108);
/// R10
const QUIET: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub struct Board {
    pub wanted: bool,
    chance: Chance,
    on: StatusMessage,
    /// By Graph's clock.
    until: Option<Instant>,
    shown: VecDeque<(Instant, StatusMessage)>,
    /// As the person left it.
    base: StatusMessage,
    /// Nobody can tell any more whose it is: until the person writes again.
    crossed: bool,
    /// Written by the person over ours; whether the program was told of it.
    by_hand: Option<bool>,
    /// The program has not read yet what the person wrote last.
    unread: bool,
    put_back: bool,
    quiet_since: Option<Instant>,
    idle_since: Option<Instant>,
    /// When the person wrote last.
    hand_at: Option<Instant>,
    /// The newest request that was carried out.
    did: u64,
    unanswered_until: Instant,
    want: Option<StatusMessage>,
    /// What the last reading said.
    told: Option<String>,
    /// How far the desk's clock is before Graph's.
    pub ahead: SignedDuration,
}

impl Board {
    pub fn new(seed: u64, now: Instant) -> Self {
        Self {
            wanted: false,
            chance: Chance::new(seed ^ 0x0b0a_4d00_0000_0000),
            on: StatusMessage::default(),
            until: None,
            shown: VecDeque::new(),
            base: StatusMessage::default(),
            crossed: false,
            by_hand: None,
            unread: false,
            put_back: false,
            quiet_since: None,
            idle_since: None,
            hand_at: None,
            did: 0,
            unanswered_until: now,
            want: None,
            told: None,
            ahead: SignedDuration::ZERO,
        }
    }

    fn shows(&self, at: Instant) -> StatusMessage {
        if self.until.is_some_and(|until| until <= at) {
            StatusMessage::default()
        } else {
            self.on.clone()
        }
    }

    /// As it was so long ago.
    fn showed(&self, lag: Duration, now: Instant) -> StatusMessage {
        let at = now - lag;
        let past = self.shown.iter().rev().find(|(since, _)| *since <= at);
        let lags = self.shown.back().is_some_and(|(since, _)| *since > at);
        match past {
            Some((_, was)) if lags => was.clone(),
            Some(_) | None => self.shows(now),
        }
    }

    fn becomes(&mut self, message: StatusMessage, until: Option<Instant>, now: Instant) {
        let before = self.shows(now);
        self.shown.push_back((now - Duration::from_secs(60), before));
        self.shown.push_back((now, message.clone()));
        while self.shown.len() > 8 {
            self.shown.pop_front();
        }
        (self.on, self.until) = (message, until);
    }
}

/// Whether its text is one that appointments give.
fn is_ours(message: &StatusMessage) -> bool {
    super::calendar::is_text_of_an_appointment(&message.text)
}

impl Desk {
    /// The person wants the text of appointments in Teams, too.
    pub fn has_messages(&mut self) {
        self.board.wanted = true;
        self.later(900.0, Event::WritesMessage);
    }

    /// At an edit of the rules: mostly they stay wanted.
    pub fn chooses_messages(&mut self, rules: &mut CalendarRules) {
        if self.board.wanted {
            rules.title = true;
            rules.teams_message = self.board.chance.hits(0.85);
        }
    }

    pub fn writes_message(&mut self) {
        let wait = self.board.chance.between(600.0, 3600.0);
        self.later(wait, Event::WritesMessage);
        let text = self.board.chance.pick(&OWN);
        let now = self.now.mono;
        let ledger = self.engine.as_ref().map_or(&self.disk_ledger, Engine::ledger);
        let record = ledger.message.as_ref();
        let over_ours = is_ours(&self.board.shows(now));
        let written = record.is_some_and(|record| record.stage == Stage::Written);
        // Of the one before, over ours, the program does not know yet.
        let untold = self.board.by_hand == Some(false);
        let message = StatusMessage {
            text: text.into(),
            pinned: !text.is_empty() && self.board.chance.hits(0.3),
            until: None,
        };
        self.story.happens("a status message written in Teams");
        self.says(|| format!("writes the status message {text:?}"));
        self.watch.change(now);
        self.watch.changes.push_back(now);
        self.board.crossed = self.watch.in_flight.contains("message")
            || now < self.board.unanswered_until
            || self.ends_soon(text)
            || self.board.crossed && self.engine.is_none();
        self.board.by_hand = None;
        self.board.hand_at = Some(now);
        self.board.unread = true;
        if (over_ours && written || untold) && !self.board.crossed {
            self.story.happens("a status message written during a hold");
            self.board.by_hand = Some(false);
        }
        self.board.base = message.clone();
        self.board.becomes(message, None, now);
    }

    /// The person takes ours away, or writes what was there before, and it ends by itself before the program has seen that.
    fn ends_soon(&self, text: &str) -> bool {
        let ledger = self.engine.as_ref().map_or(&self.disk_ledger, Engine::ledger);
        let Some(record) = &ledger.message else {
            return false;
        };
        let ours = record.earlier.iter().chain([&record.wrote]);
        let mut ends = ours.filter_map(|ours| ours.until);
        (text.is_empty() || record.before.says(text))
            && ends.any(|until| until.duration_since(self.now.wall) < ENDS)
    }

    /// What a reading tells of it, where the program wants to know.
    pub fn reads_message(&self, lag: Duration) -> Option<StatusMessage> {
        self.board.wanted.then(|| self.board.showed(lag, self.now.mono))
    }

    pub fn message_says(&mut self, message: StatusMessage) {
        if self.board.unread && message.says(&self.board.base.text) {
            self.board.unread = false;
            // Told only when ours has ended by itself, as after a sleep: what is there says nothing of a hand.
            let told_late = self.ends_soon(&self.board.base.text);
            self.board.crossed |= told_late;
            let over_ours = self.board.by_hand == Some(false);
            self.board.by_hand = over_ours.then_some(true).filter(|_| !told_late);
        }
        if self.board.told.as_ref() != Some(&message.text) {
            self.says(|| format!("the program reads the status message {:?}", message.text));
            self.board.told = Some(message.text.clone());
        }
        self.input(Input::MessageSeen(Some(message)));
    }

    /// Its fate comes from a chance of its own, as the person's writing does.
    pub fn sends_message(&mut self, message: StatusMessage) {
        std::mem::swap(&mut self.chance, &mut self.board.chance);
        self.writes_graph(Effect::SetMessage(message));
        std::mem::swap(&mut self.chance, &mut self.board.chance);
    }

    pub fn message_unanswered(&mut self) {
        self.board.unanswered_until = self.now.mono + LATE;
    }

    pub fn message_acts(&mut self, request: Request) {
        let Effect::SetMessage(message) = request.effect else {
            return;
        };
        let now = self.now.mono;
        let old = request.number <= self.board.did;
        self.board.did = self.board.did.max(request.number);
        let shows = self.board.shows(now);
        if request.by != Who::Desk || (old && !shows.says(&message.text)) {
            // After a newer one: the program has every reason to think it over.
            self.board.crossed = true;
        }
        // Ours may have ended by itself.
        let as_left = is_ours(&shows) || shows.is_none() || shows.says(&self.board.base.text);
        let hand = self.board.hand_at.is_some_and(|at| now.since(at) < CROSSES);
        if self.board.by_hand.take().is_some() || !as_left || hand {
            // The person wrote while it was on its way, or after the reading it rests on.
            self.board.crossed = true;
        }
        self.says(|| format!("the status message becomes {:?}", message.text));
        self.story.happens(if is_ours(&message) {
            "a status message set for an appointment"
        } else {
            "a status message put back"
        });
        if self.board.crossed {
            self.story
                .happens("a status message that nobody can tell whose it is");
        }
        let by_graph = |until: offhook_engine::jiff::Timestamp| {
            let left = until.duration_since(self.now.wall - self.board.ahead);
            now + Duration::try_from(left).unwrap_or_default()
        };
        let until = message.until.map(by_graph);
        self.board.becomes(message, until, now);
        self.watch.change(now);
        self.watch.changes.push_back(now);
    }

    /// Before it leaves.
    pub fn check_message(&mut self, message: &StatusMessage) {
        let record = self.disk_ledger.message.clone();
        let covered = record.as_ref().is_some_and(|record| match record.stage {
            Stage::Intent => record.wrote == *message,
            Stage::Releasing => record.before == *message,
            Stage::Written => false,
        });
        let restores = record
            .as_ref()
            .is_some_and(|record| record.before.says(&message.text))
            || message.is_none();
        let excused = self.trouble.contains("the disk is full") && restores;
        if !covered && !excused {
            self.fail(
                10,
                &format!("{message:?} is set in Teams, and the disk says {record:?}"),
            );
        }
        let released = self
            .engine
            .as_ref()
            .is_some_and(|engine| self.is_released(engine));
        if released && !restores {
            self.fail(9, "a status message is set while paused, watching or signed out");
        }
        // What the person wrote comes once more: nothing is lost.
        let restates = message.says(&self.board.base.text) && message.pinned == self.board.base.pinned;
        match self.board.by_hand.filter(|_| !restates) {
            Some(true) => self.fail(
                2,
                "a status message that the person wrote during a hold is written over",
            ),
            Some(false) => {
                self.board.by_hand = None;
                self.board.crossed = true;
            }
            None => {}
        }
        if self.board.put_back && !restores {
            self.fail(16, "a status message is set although the person had it put back");
        }
    }

    pub fn message_put_back(&mut self) {
        let ledger = self.engine.as_ref().map(Engine::ledger);
        let held = ledger.is_some_and(|ledger| ledger.message.is_some());
        self.board.put_back = held && self.board.want.is_some();
    }

    pub fn message_set_again(&mut self) {
        (self.board.put_back, self.board.by_hand) = (false, None);
    }

    /// A full or slow disk still calls a message ours that is none any more: the next run can't tell.
    pub fn note_lost_message(&mut self) {
        let newer = self.engine.as_ref().map(Engine::ledger);
        let newer = newer.and_then(|ledger| ledger.message.as_ref());
        let old = self.disk_ledger.message.as_ref();
        self.board.crossed |= old.is_some_and(|old| newer.is_none_or(|newer| newer.since != old.since));
    }

    /// A new process: what it must not do is what its ledger says.
    pub fn message_restarts(&mut self) {
        let yielded = self.disk_ledger.message_yielded;
        self.board.put_back &= yielded;
        self.board.want = None;
        self.board.quiet_since = None;
        self.board.idle_since = None;
        if self.board.by_hand == Some(true) && !yielded {
            // It stopped before it could keep that.
            self.board.by_hand = None;
        }
    }

    /// What is wanted now, and who may send something because that has changed.
    pub fn note_message_wanted(&mut self, paused: bool) {
        let Some(engine) = self.engine.as_ref().filter(|_| self.board.wanted) else {
            return;
        };
        let now = self.now.mono;
        let wish = engine.desired().message.as_ref();
        let unknown = engine.desired().message_unknown;
        if wish.is_none() && !paused && !unknown {
            self.board.quiet_since.get_or_insert(now);
        } else if wish.is_some()
            && let Some(since) = self.board.quiet_since.take()
            && now.since(since) >= QUIET
        {
            self.board.put_back = false;
            // Of one that it has not read yet the program knows nothing.
            self.board.by_hand = self.board.by_hand.filter(|told| !told);
        }
        let wish = wish.map(|wish| wish.message.clone());
        let want = wish.filter(|_| !self.watch.released);
        if want != self.board.want && !(want.is_none() && unknown) {
            self.board.want = want;
            self.watch.grant("message");
            self.watch.change(now);
        }
    }

    /// At every step.
    pub fn check_board(&mut self) {
        let Some(engine) = self.engine.as_ref().filter(|_| self.board.wanted && !self.asleep) else {
            self.board.idle_since = None;
            return;
        };
        let now = self.now.mono;
        let shows = self.board.shows(now);
        let ours = is_ours(&shows);
        let record = engine.ledger().message.clone();
        let in_flight = self.watch.in_flight.contains("message");
        self.board.crossed |= self.board.ahead < BEHIND;
        if self.board.crossed {
            if !ours {
                self.board.base = shows;
            }
            return;
        }
        if in_flight || now < self.board.unanswered_until {
            return;
        }
        let cause = engine.desired().message.is_some() && !self.watch.released && !self.board.put_back;
        let settled = self.is_settled();
        let reachable = settled && self.watch.teams_linked && !engine.desired().message_unknown;
        if ours && !cause && reachable {
            let since = *self.board.idle_since.get_or_insert(now);
            if now.since(since) > TAKEN_BACK {
                self.fail(1, "the status message is still ours long after its appointment");
            }
        } else {
            self.board.idle_since = None;
        }
        match record {
            None if ours => self.fail(3, "no status message is held, and Teams shows ours"),
            None if !shows.says(&self.board.base.text) || shows.pinned != self.board.base.pinned => {
                let what = format!("the status message is {shows:?} and not the person's");
                self.fail(3, &what);
            }
            Some(record)
                if record.stage == Stage::Written && ours && !record.before.says(&self.board.base.text) =>
            {
                self.fail(3, "the status message that would come back is not the person's");
            }
            Some(_) | None => {}
        }
    }
}
