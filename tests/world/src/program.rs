//! The program as a process: it starts, sleeps, is killed, and writes its ledger.

use super::desk::{Desk, Event, PHONE, secs};
use super::graph::Who;
use offhook_engine::facts::CalendarLink;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::ledger::Ledger;
use offhook_engine::line::{LineEvent, SourceId};
use offhook_engine::phone::{Abilities, Field, PhoneIdentity};
use offhook_engine::teams::{Account, Right, SignIn};
use offhook_engine::{Engine, Input};

pub fn fault(kind: FaultKind) -> Fault {
    Fault::new(kind, Code::TimedOut)
}

pub fn account() -> Account {
    Account {
        key: "oid.tid".into(),
        name: "Anna Muster".into(),
        address: "anna.muster@example.com".into(),
        rights: vec![Right::PresenceRead, Right::PresenceWrite],
    }
}

impl Desk {
    pub fn starts(&mut self) {
        if self.asleep {
            // Nothing starts before the machine wakes.
            self.later(30.0, Event::Starts);
            return;
        }
        self.epoch += 1;
        self.watch.restarted(self.now.mono);
        self.told = super::told::Told::default();
        self.told_calendar.clear();
        // A crash before the ledger was written has lost them.
        let Ledger {
            yielded, contested, ..
        } = &self.disk_ledger;
        self.watch.put_back.retain(|field| yielded.contains(field));
        self.watch.contested.retain(|field| contested.contains(field));
        self.message_restarts();
        if let Some(session) = self.graph.session.as_mut().filter(|session| session.jumped) {
            session.revived = true;
            self.graph.forget();
        }
        let preferred = self.graph.preferred.as_mut();
        if let Some(preferred) = preferred.filter(|preferred| preferred.jumped && preferred.by.is_some()) {
            preferred.by = None;
            self.graph.forget();
        }
        // What is on disk is what can be read back.
        let text = serde_json::to_string(&self.disk_ledger).unwrap();
        let ledger: Ledger = serde_json::from_str(&text).unwrap();
        assert_eq!(ledger, self.disk_ledger, "a ledger reads as it was written");
        self.says(|| format!("the program starts with {ledger:?}"));
        self.engine = Some(Engine::new(self.rules.clone(), ledger, self.sequence, self.now));
        self.drain();
        self.tell(0.0, Input::PhoneConfigured(true));
        if !self.calendar.is_empty() {
            self.tell(0.0, Input::CalendarConfigured(CalendarLink::Microsoft));
        }
        if self.signed_in && !self.expired && self.chance.hits(0.2) {
            self.story.happens("the keyring is late");
            let late = Fault::new(FaultKind::Unreachable, Code::KeyringLate);
            self.tell(0.01, Input::SignIn(SignIn::Waiting(late)));
            let wait = self.chance.between(1.0, 40.0);
            self.tells_sign_in(wait);
        } else {
            self.tells_sign_in(0.02);
        }
        self.connects();
    }

    fn account(&self) -> Account {
        let mut account = account();
        if !self.calendar.is_empty() {
            account.rights.push(Right::CalendarRead);
        }
        account
    }

    /// Says where the sign-in stands by then.
    pub fn tells_sign_in(&mut self, wait: f64) {
        self.later(wait, Event::TellsSignIn(self.epoch));
    }

    pub fn sign_in(&self) -> SignIn {
        match (self.signed_in, self.expired) {
            (false, _) => SignIn::SignedOut,
            (true, true) => SignIn::Expired {
                account: Some(self.account()),
                fault: Fault::new(FaultKind::SignInRequired, Code::SignInExpired),
            },
            (true, false) => SignIn::SignedIn(self.account()),
        }
    }

    /// What the adapters say after they are started or the machine woke.
    fn connects(&mut self) {
        let wait = self.chance.between(0.05, 2.0);
        if self.phone_up {
            let up = self.phone_is_up();
            self.tell_in_order(wait, up);
        }
        for line in 0..self.lines.len() {
            if self.lines[line].resyncs && self.lines[line].up {
                let up = LineEvent::Up { resyncs: true };
                self.tell(wait, Input::Line(SourceId::new(self.lines[line].name), up));
                self.later(wait + 0.2, Event::Lists(self.epoch, line));
            }
        }
    }

    pub fn phone_is_up(&mut self) -> Input {
        let name = if self.calls_made.is_multiple_of(3) {
            "Petra Kramer"
        } else {
            "Anna Muster"
        };
        phone_up(name, self.abilities)
    }

    pub fn gone(&mut self, how: &str, seconds: f64) {
        self.says(|| format!("the program is gone: {how}"));
        self.forget_lost_session();
        self.note_lost_releases();
        self.note_lost_message();
        self.engine = None;
        self.epoch += 1;
        self.armed = None;
        self.later(seconds, Event::Starts);
    }

    /// A session that the ledger on disk does not tell of, or not to its end, since the disk was full or slow: the next
    /// run can't know it.
    fn forget_lost_session(&mut self) {
        let Some((pair, until)) = self.watch.session_asked.take() else {
            return;
        };
        let ledger = &self.disk_ledger;
        let mut records = ledger.session.iter().chain(&ledger.replaced_sessions);
        if records.any(|record| record.pair == pair && record.until >= until) {
            return;
        }
        self.lost_until = self.graph_requests;
        let session = self
            .graph
            .session
            .as_mut()
            .filter(|session| session.by == Who::Desk);
        if let Some(session) = session {
            session.revived = true;
            self.graph.forget();
        }
    }

    /// A full or slow disk still tells of a hold that is over. Where the person has set the same value since, the next
    /// run can't tell whose it is.
    fn note_lost_releases(&mut self) {
        let Some(engine) = &self.engine else { return };
        for field in Field::ALL {
            let Some(old) = self.disk_ledger.hold_on(field, PHONE) else {
                continue;
            };
            let newer = engine.ledger().hold_on(field, PHONE);
            let over = newer.is_none_or(|newer| newer.since != old.since);
            if over && self.fields[&field] == old.wrote {
                self.watch.crossed.insert(field);
            }
        }
    }

    pub fn killed(&mut self, how: &'static str) {
        self.story.happens(how);
        let wait = self.chance.between(5.0, 400.0);
        self.gone(how, wait);
    }

    pub fn wakes(&mut self) {
        self.asleep = false;
        self.watch.woke(self.now.mono);
        self.says(|| "wakes".into());
        if let Some(engine) = &mut self.engine {
            self.told.pass(self.now.mono);
            engine.handle_timeout(self.now);
            self.drain();
        }
        self.input(Input::Woke);
        // Connections did not outlive the night.
        self.input(Input::PhoneDown(fault(FaultKind::Unreachable)));
        for line in 0..self.lines.len() {
            if self.lines[line].resyncs {
                let down = LineEvent::Down(fault(FaultKind::Unreachable));
                self.input(Input::Line(SourceId::new(self.lines[line].name), down));
            }
        }
        self.connects();
    }

    // the disk

    pub fn saves_ledger(&mut self, revision: u64, ledger: &Ledger) -> Option<Input> {
        let old = &self.disk_ledger;
        let changes = old.holds != ledger.holds
            || old.session != ledger.session
            || old.preferred != ledger.preferred
            || old.message != ledger.message;
        if changes && self.armed == Some("killed before the ledger") {
            self.killed("killed before the ledger");
            return None;
        }
        if self.strikes("the disk is full", 1.0) {
            let outcome = Err(Fault::new(FaultKind::Unreachable, Code::LedgerNotWritten));
            return Some(Input::LedgerSaved { revision, outcome });
        }
        let slow = self.strikes("the disk is slow", 1.0);
        if slow || self.disk_free_at > self.now.mono {
            let wait = if slow { self.chance.between(0.05, 3.0) } else { 0.0 };
            self.disk_free_at = self.disk_free_at.max(self.now.mono) + secs(wait);
            let wait = self.disk_free_at.since(self.now.mono).as_secs_f64();
            let ledger = Box::new(ledger.clone());
            self.later(wait, Event::Saves(self.epoch, revision, ledger));
            return None;
        }
        self.disk_ledger = ledger.clone();
        if changes && self.armed == Some("killed after the ledger") {
            self.killed("killed after the ledger");
            return None;
        }
        Some(Input::LedgerSaved {
            revision,
            outcome: Ok(()),
        })
    }

    pub fn saves(&mut self, epoch: u64, revision: u64, ledger: Ledger) {
        if epoch == self.epoch {
            self.disk_ledger = ledger;
            let outcome = Ok(());
            self.input(Input::LedgerSaved { revision, outcome });
        } else if self.engine.is_none() && epoch + 1 == self.epoch && self.chance.hits(0.5) {
            // Killed in the middle: the file was in place, or it was not.
            self.disk_ledger = ledger;
        }
    }
}

pub fn phone_up(name: &str, abilities: Abilities) -> Input {
    Input::PhoneUp {
        identity: PhoneIdentity {
            key: PHONE.into(),
            system: "Pretend 1.0".into(),
            names: vec![name.into()],
        },
        abilities,
    }
}
