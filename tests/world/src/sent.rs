//! What leaves the program, judged before it does (invariants 2 and 6 to 10), and what is logged (13).

use super::desk::{Desk, PHONE};
use super::logs;
use super::model;
use super::watch::{name, within};
use offhook_engine::fault::Code;
use offhook_engine::ledger::Stage;
use offhook_engine::phone::FieldValue;
use offhook_engine::{Effect, Input};
use std::time::Duration;

impl Desk {
    pub fn check_effect(&mut self, effect: &Effect) {
        self.check_quiet(effect);
        match effect {
            Effect::SetSession { pair, lifetime } => {
                self.may_set("a session");
                self.flies("session");
                let again = self.watch.session_sent.replace(*pair) == Some(*pair);
                // A state of the person's own may end in the very step that tells Teams of it.
                if !again && model::tells_sessions(self.choices()) {
                    self.watch.session_wanted_at = self.now.mono;
                }
                self.watch.session_asked = Some((*pair, self.now.after(*lifetime).wall));
                self.spend("session", again);
            }
            Effect::ClearSession => {
                self.may_clear("session", |ledger| ledger.session.is_some());
                self.flies("session");
                self.watch.session_sent = None;
                self.spend("session", false);
            }
            Effect::SetPreferred { pair, lifetime } => {
                let until = self.now.mono + *lifetime;
                let last = self.watch.preferred_until.replace(until);
                if last.is_some_and(|last| last <= self.now.mono) {
                    // It has run out, and is wanted still.
                    self.watch.grant("preferred");
                }
                self.may_set("a preferred presence");
                if self
                    .disk_ledger
                    .preferred
                    .as_ref()
                    .is_none_or(|record| record.pair != *pair)
                {
                    self.fail(
                        10,
                        "a preferred presence is asked for, and the disk does not say so",
                    );
                }
                self.flies("preferred");
                self.spend("preferred", false);
            }
            Effect::ClearPreferred => {
                self.may_clear("preferred presence", |ledger| ledger.preferred.is_some());
                self.flies("preferred");
                self.spend("preferred", false);
            }
            Effect::SetMessage(message) => {
                self.check_message(message);
                self.flies("message");
                self.spend("message", false);
            }
            Effect::ReadTeams => {
                self.flies("read");
                self.check_reads();
            }
            Effect::WritePhone(value) => self.check_write(value),
            Effect::ReadPhone => self.check_phone_reads(),
            Effect::ReadCalendar { .. } => self.flies("calendar"),
            Effect::Notify(notice) if notice.code == Code::AccountsDiffer => self.check_asked(),
            Effect::WarmUp
            | Effect::Resync(_)
            | Effect::SaveLedger { .. }
            | Effect::Notify(_)
            | Effect::ForgetTokens
            | Effect::Finished => {}
        }
        let mut text = std::mem::take(&mut self.logged);
        logs::of_effect(&mut text, effect);
        self.check_log(&text);
        self.logged = text;
        for line in logs::take_lines() {
            self.check_log(&line);
        }
    }

    pub fn check_input_log(&mut self, input: &Input) {
        let mut text = std::mem::take(&mut self.logged);
        logs::of_input(&mut text, input);
        self.check_log(&text);
        self.logged = text;
    }

    fn check_log(&mut self, line: &str) {
        if let Some(word) = logs::personal(line) {
            self.fail(13, &format!("{word:?} is in a log line: {line}"));
        }
    }

    fn check_quiet(&mut self, effect: &Effect) {
        let renewal =
            matches!(effect, Effect::SetSession { pair, .. } if self.watch.session_sent == Some(*pair));
        let ran_out = self.watch.preferred_until.is_some_and(|at| at <= self.now.mono);
        let changes = match effect {
            // That it has run out is the change.
            Effect::SetPreferred { .. } => !ran_out,
            Effect::ClearSession | Effect::ClearPreferred | Effect::SetMessage(_) | Effect::WritePhone(_) => {
                true
            }
            Effect::SetSession { .. } => !renewal,
            Effect::WarmUp
            | Effect::ReadTeams
            | Effect::ReadPhone
            | Effect::ReadCalendar { .. }
            | Effect::Resync(_)
            | Effect::SaveLedger { .. }
            | Effect::Notify(_)
            | Effect::ForgetTokens
            | Effect::Finished => false,
        };
        let now = self.now.mono;
        // Three readings of Offline, however far apart they are.
        let quiet = Duration::from_secs(150).max(self.limit(self.watch.released));
        if changes && self.is_settled() && now.since(self.watch.changed_at) > quiet {
            self.fail(7, &format!("{effect:?} although nothing has changed for minutes"));
        }
    }

    /// While released nothing of ours is set.
    fn may_set(&mut self, what: &str) {
        if self
            .engine
            .as_ref()
            .is_some_and(|engine| self.is_released(engine))
        {
            self.fail(9, &format!("{what} was set while paused, watching or signed out"));
        }
    }

    /// Never blindly: what is cleared was set.
    fn may_clear(&mut self, what: &str, is_ours: impl Fn(&offhook_engine::ledger::Ledger) -> bool) {
        if self
            .engine
            .as_ref()
            .is_some_and(|engine| !is_ours(engine.ledger()))
        {
            self.fail(9, &format!("the {what} is cleared although none of ours is left"));
        }
    }

    fn flies(&mut self, what: &'static str) {
        if !self.watch.in_flight.insert(what) {
            self.fail(6, &format!("two requests in flight for {what}"));
        }
    }

    /// One for each change, and again after a failure; a session's renewals are counted by themselves.
    fn spend(&mut self, target: &'static str, again: bool) {
        if let Some(granted @ 1..) = self.watch.grants.get_mut(target) {
            *granted -= 1;
            return;
        }
        if !again {
            self.fail(8, &format!("a second request for {target} without a change"));
            return;
        }
        let now = self.now.mono;
        self.watch.renewals.push_back(now);
        let renewals = within(&mut self.watch.renewals, false, now);
        if renewals > 25 {
            self.fail(8, &format!("{renewals} renewals in an hour"));
        }
    }

    /// Whoever has said that both accounts are theirs is not asked again.
    fn check_asked(&mut self) {
        let Some(engine) = &self.engine else { return };
        let pair = engine.facts().differing_accounts();
        let pair = pair.map(|(account, phone)| (account.key.clone(), phone.key.clone()));
        if pair.is_some() && engine.ledger().one_person == pair {
            self.fail(15, "it asks whose the accounts are although it was told");
        }
    }

    fn check_reads(&mut self) {
        let now = self.now.mono;
        self.watch.reads.push_back(now);
        let allowed = 360 + 10 * within(&mut self.watch.changes, true, now);
        let reads = within(&mut self.watch.reads, false, now);
        if reads > allowed {
            self.fail(
                8,
                &format!("{reads} reads of Teams in an hour, {allowed} allowed"),
            );
        }
    }

    fn check_phone_reads(&mut self) {
        let now = self.now.mono;
        let allowed = 360 + 10 * within(&mut self.watch.phone_changes, true, now);
        let reads = within(&mut self.watch.phone_reads, false, now);
        if reads > allowed {
            self.fail(
                8,
                &format!("{reads} reads of the phone in an hour, {allowed} allowed"),
            );
        }
    }

    fn check_write(&mut self, value: &FieldValue) {
        let field = value.field();
        let hold = self.disk_ledger.hold_on(field, PHONE).cloned();
        let full = self.trouble.contains("the disk is full");
        let covered = hold.as_ref().is_some_and(|hold| match hold.stage {
            Stage::Intent => hold.wrote == *value,
            Stage::Releasing => hold.before == *value,
            Stage::Written => false,
        });
        let restores = hold.as_ref().is_some_and(|hold| hold.before == *value);
        let excused = full && restores;
        if !covered && !excused {
            self.fail(10, &format!("{value:?} is written, and the disk says {hold:?}"));
        }
        let released = self
            .engine
            .as_ref()
            .is_some_and(|engine| self.is_released(engine));
        if released && !restores {
            self.fail(9, &format!("{value:?} is written while paused or signed out"));
        }
        match self.watch.by_hand.get(&field) {
            Some(Some(_)) => {
                let what = format!("{value:?} is written over what the person set during a hold");
                self.fail(2, &what);
            }
            // It has not heard of it yet: the two cross on the way.
            Some(None) => {
                self.watch.by_hand.remove(&field);
                self.watch.crossed.insert(field);
            }
            // Nor of one that was set while nothing was held.
            None if self.watch.untold.contains(&field) => {
                self.watch.crossed.insert(field);
            }
            None => {}
        }
        // A full disk still says that it is to be set.
        let anew = hold
            .as_ref()
            .is_some_and(|hold| hold.stage == Stage::Intent && hold.wrote == *value);
        if anew && self.watch.put_back.contains(&field) {
            self.fail(
                16,
                &format!("{value:?} is written although the person had the phone put back"),
            );
        }
        if anew && self.watch.contested.contains(&field) {
            self.fail(
                17,
                &format!("{value:?} is written although the field was left to another program"),
            );
        }
        self.spend(name(field), false);
        self.flies(name(field));
    }
}
