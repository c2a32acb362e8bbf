//! From facts to effects: what every input and time-out ends with.

use super::{Compared, Engine, Leaving, PHONE_READ, Phase, Released, Resync};
use crate::breaks::{self, Break};
use crate::clock::{Instant, Now};
use crate::desired::{self, Insist, Want, Wish};
use crate::effect::{Effect, Notice};
use crate::facts;
use crate::fault::Code;
use crate::ledger::{Hold, Reason, Stage};
use crate::phone::{Field, FieldValue};
use crate::reconcile::field::{self, FieldState};
use crate::reconcile::preferred::{self, Preferred};
use crate::reconcile::session::{self, Session};
use crate::rule_name::RuleName;
use crate::rules::Role;
use crate::teams::Right;
use crate::trouble;
use offhook_protocol::status::{Cause, NotDoneReason};

impl Engine {
    /// Everything again, from facts to effects. Level-triggered: nothing depends on what brought us here.
    pub(super) fn round(&mut self, now: Now) {
        self.looked_at = now.mono;
        self.facts.calls.expire(now.mono);
        if self
            .facts
            .person
            .pause
            .as_ref()
            .and_then(|p| p.until)
            .is_some_and(|until| until <= now.wall)
        {
            self.set_pause(None);
        }
        if self.resync.until.is_some_and(|until| now.mono >= until) {
            self.resync = Resync::default();
        }
        if self.save_again.at.is_some_and(|at| now.mono >= at) {
            self.save_again.at = None;
            self.revision += 1;
        }
        if self
            .phone_read
            .in_flight
            .is_some_and(|at| now.mono.since(at) >= PHONE_READ)
        {
            self.phone_read.in_flight = None;
        }
        self.forget_skipped(now);
        self.hurry_at_borders(now);
        self.compare_accounts();
        self.warm_up();
        let mut read = false;
        // A step that changed the ledger may make the next one possible at once.
        for _ in 0..4 {
            let revision = self.revision;
            self.desired = desired::desired(&self.facts, &self.rules, &self.ledger, now);
            self.step_teams(now);
            self.step_message(now);
            read = self.step_fields(now);
            if self.revision == revision {
                break;
            }
        }
        if read {
            self.read_phone(now);
        } else {
            self.phone_read.pace.reset();
        }
        self.keep_pace();
        self.save();
        self.poll_teams(now);
        self.read_calendar(now);
        self.finish(now);
        self.tell(now);
        self.save();
        self.due = self.poll_timeout(now).map(|(at, _)| at);
    }

    /// R24: whether Microsoft's account and the phone system's belong to one person. Asked once per pair.
    fn compare_accounts(&mut self) {
        let both = self.facts.both_accounts();
        let differ = both.is_some_and(|(account, phone)| match &self.compared {
            Some(last) if last.account == *account && last.phone == *phone => last.differ,
            Some(_) | None => {
                let differ = facts::differ(account, phone);
                self.compared = Some(Compared {
                    account: account.clone(),
                    phone: phone.clone(),
                    differ,
                });
                differ
            }
        });
        let pair = both
            .filter(|_| differ)
            .map(|(account, phone)| (account.key.clone(), phone.key.clone()));
        // Known since an earlier run: the person has been asked.
        let known = pair.is_none()
            || self.ledger.one_person == pair
            || (self.accounts != pair && self.ledger.told_apart == pair);
        self.accounts = pair.filter(|_| !known || breaks::is(Break::AsksAgain));
    }

    fn warm_up(&mut self) {
        let starting = self.facts.calls.is_any_starting() && self.facts.has(Right::PresenceWrite);
        if starting && !self.warmed {
            self.effects.push_back(Effect::WarmUp);
        }
        self.warmed = starting;
    }

    /// Why everything is to be released now, whatever the rules want.
    pub(crate) fn released(&self, now: Now) -> Option<Released> {
        match self.phase {
            Phase::Running => {}
            Phase::Asleep | Phase::Leaving { .. } | Phase::Forgetting | Phase::Left => {
                return Some(Released::Leaving);
            }
        }
        if self.facts.person.pause.is_some() && !breaks::is(Break::IgnoresPause) {
            return Some(Released::Paused);
        }
        if self.rules.role == Role::Watch && !breaks::is(Break::WatchWrites) {
            return Some(Released::Watching);
        }
        let outside = self
            .rules
            .working_hours
            .as_ref()
            .is_some_and(|h| !h.are_at(now.wall, &self.rules.zone));
        let outside = outside && !breaks::is(Break::IgnoresHours);
        outside.then_some(Released::OutsideHours)
    }

    fn step_teams(&mut self, now: Now) {
        let released = self.released(now).is_some();
        let session = self
            .desired
            .session
            .as_ref()
            .filter(|_| !released)
            .map(|wish| (wish.pair, wish.lifetime));
        let preferred = self.desired.preferred.clone().filter(|_| !released);
        self.with_session(now, |state, context| state.step(session, context, now));
        if released || preferred.is_some() || !self.desired.preferred_unknown {
            self.with_preferred(|state, context| state.step(preferred.as_ref(), context, now));
        }
    }

    fn step_fields(&mut self, now: Now) -> bool {
        let released = self.released(now);
        let letting_go = released.map(|why| release(why, now));
        // Out of the way while the fields change everything else.
        let desired = std::mem::take(&mut self.desired);
        let mut read = breaks::is(Break::ReadsThePhoneTooOften);
        for field in Field::ALL {
            let wish = match released {
                Some(why) if self.is_kept(field, why) => None,
                Some(_) => letting_go.as_ref(),
                None => desired.of(field),
            };
            read |= self.with_field(field, now, |state, context| {
                state.step(wish, released.is_some(), context, now)
            });
        }
        self.desired = desired;
        read
    }

    pub(super) fn read_phone(&mut self, now: Now) {
        let wait = self.phone_read.not_before.is_some_and(|at| now.mono < at);
        let wait = wait && !breaks::is(Break::ReadsThePhoneTooOften);
        if self.phone_read.in_flight.is_some() || wait || !self.facts.phone.is_up() {
            return;
        }
        self.phone_read.in_flight = Some(now.mono);
        self.phone_read.not_before = Some(now.mono + self.phone_read.pace.wait(&mut self.chance));
        self.effects.push_back(Effect::ReadPhone);
    }

    fn save(&mut self) {
        if breaks::is(Break::SkipsTheDisk) {
            self.saved = self.revision;
            return;
        }
        if self.revision > self.handed {
            self.handed = self.revision;
            // One that was not fetched yet is older and must not come after this one.
            self.effects
                .retain(|effect| !matches!(effect, Effect::SaveLedger { .. }));
            // Before anything that was decided in the same round.
            self.effects.push_front(Effect::SaveLedger {
                revision: self.revision,
                ledger: Box::new(self.ledger.clone()),
            });
        }
    }

    /// What refusals have taught is known to the next run, too.
    fn keep_pace(&mut self) {
        if self.poll.has_learned_since(self.ledger.reads_apart) {
            self.ledger.reads_apart = self.poll.learned();
            self.revision += 1;
        }
    }

    fn poll_teams(&mut self, now: Now) {
        if self.teams_poll_due(now).is_some_and(|due| due <= now.mono) {
            self.poll.on_sent(&mut self.chance, now.mono);
            self.effects.push_back(Effect::ReadTeams);
        }
    }

    pub(crate) fn teams_poll_due(&self, now: Now) -> Option<Instant> {
        match self.phase {
            Phase::Running => {}
            // What is there decides whether a message of ours is taken back.
            Phase::Asleep | Phase::Leaving { .. } if self.poll.is_asked() => {}
            Phase::Asleep | Phase::Leaving { .. } | Phase::Forgetting | Phase::Left => return None,
        }
        if !self.facts.has(Right::PresenceRead) {
            return None;
        }
        let away = self.facts.teams.seen.as_ref().is_some_and(|seen| {
            crate::facts::teams::is_ending(&seen.presence) || seen.presence.availability.is("Away")
        });
        let resting = match self.released(now) {
            Some(Released::Paused | Released::OutsideHours) => true,
            Some(Released::Watching | Released::Leaving) | None => false,
        };
        // What is set goes back when Offline is confirmed: that does not wait for reads far apart.
        let away = away && !self.facts.teams.is_confirming();
        let idle = (away || resting) && !self.facts.calls.is_any_up();
        self.poll.due(self.rules.poll_floor, idle, now.mono)
    }

    pub(crate) fn phone_read_due(&self) -> Option<Instant> {
        match self.phone_read.in_flight {
            Some(at) => Some(at + PHONE_READ),
            None => self.phone_read.not_before,
        }
    }

    pub(crate) fn resync_until(&self) -> Option<Instant> {
        self.resync.until
    }

    pub(crate) fn next_save(&self) -> Option<Instant> {
        self.save_again.at
    }

    pub(crate) fn state_of(&self, field: Field) -> Option<&FieldState> {
        self.fields.iter().find(|state| state.field() == field)
    }

    /// Another program writes this field: it is left alone until the person says otherwise.
    pub(crate) fn is_contested(&self, field: Field) -> bool {
        self.ledger.contested.contains(&field)
    }

    /// The hold of a field on the phone system in use.
    pub(crate) fn hold(&self, field: Field) -> Option<&Hold> {
        match self.facts.phone.key() {
            Some(phone) => self.ledger.hold_on(field, phone),
            // Not connected since the start: probably the same one as before.
            None => self.ledger.holds.iter().find(|hold| hold.wrote.field() == field),
        }
    }

    fn finish(&mut self, now: Now) {
        let Phase::Leaving { then, deadline } = self.phase else {
            return;
        };
        let still = |field: Field| self.hold(field).is_some() && !self.is_kept(field, Released::Leaving);
        let held = self.facts.phone.is_up() && Field::ALL.into_iter().any(still);
        let teams = self.facts.signed_in().is_some()
            && !(self.session.is_settled()
                && self.preferred.is_settled(&self.ledger)
                && self.is_message_settled());
        if now.mono < deadline && (held || teams || self.saved < self.handed) {
            return;
        }
        match then {
            Leaving::Quit => {
                self.phase = Phase::Left;
                self.effects.push_back(Effect::Finished);
            }
            Leaving::SignOut => {
                self.phase = Phase::Forgetting;
                self.effects.push_back(Effect::ForgetTokens);
            }
        }
    }

    fn tell(&mut self, now: Now) {
        let problems = trouble::problems(self, now);
        self.told
            .retain(|code| problems.iter().any(|p| p.code == *code && p.notice.is_some()));
        for problem in problems {
            let Some(kind) = problem.notice else { continue };
            if self.told.insert(problem.code) {
                if problem.code == Code::AccountsDiffer {
                    self.ledger.told_apart = self.accounts.clone();
                    self.revision += 1;
                }
                // A kind that is switched on later begins with what happens then.
                if self.rules.notices.contains(&kind) {
                    self.effects.push_back(Effect::Notify(Notice {
                        kind,
                        code: problem.code,
                        detail: problem.detail,
                    }));
                }
            }
        }
    }

    pub(super) fn with_session<R>(
        &mut self,
        now: Now,
        act: impl FnOnce(&mut Session, &mut session::Context<'_>) -> R,
    ) -> R {
        let resyncing = self.resync.until.is_some_and(|until| now.mono < until)
            && (!self.resync.pending.is_empty() || self.resync.starting && self.session.is_inherited());
        let mut effects = Vec::new();
        let urgent = self.released(now).is_some();
        let account = facts::has(
            &self.facts.sign_in,
            &self.facts.refused_rights,
            Right::PresenceWrite,
        )
        .then(|| self.facts.sign_in.account())
        .flatten();
        let result = act(
            &mut self.session,
            &mut session::Context {
                ledger: &mut self.ledger,
                revision: &mut self.revision,
                teams: &mut self.facts.teams,
                chance: &mut self.chance,
                effects: &mut effects,
                account: account.map(|account| account.key.as_str()),
                resyncing: resyncing && !urgent,
                urgent,
            },
        );
        self.effects.extend(effects);
        result
    }

    pub(super) fn with_preferred<R>(
        &mut self,
        act: impl FnOnce(&mut Preferred, &mut preferred::Context<'_>) -> R,
    ) -> R {
        let account = facts::has(
            &self.facts.sign_in,
            &self.facts.refused_rights,
            Right::PresenceWrite,
        )
        .then(|| self.facts.sign_in.account())
        .flatten();
        let mut effects = Vec::new();
        let result = act(
            &mut self.preferred,
            &mut preferred::Context {
                ledger: &mut self.ledger,
                revision: &mut self.revision,
                saved: self.saved,
                teams: &mut self.facts.teams,
                chance: &mut self.chance,
                effects: &mut effects,
                account: account.map(|account| account.key.as_str()),
            },
        );
        self.effects.extend(effects);
        result
    }

    /// What a field shows of which nothing tells how it stands: what we wrote and have not taken back, else nothing.
    pub(super) fn by_hold(&self, field: Field) -> FieldValue {
        let phone = self.facts.phone.key().unwrap_or_default();
        match self.ledger.hold_on(field, phone) {
            None => field.at_rest(),
            Some(hold) => match hold.stage {
                Stage::Intent => hold.earlier.as_ref().unwrap_or(&hold.before).clone(),
                Stage::Written | Stage::Releasing => hold.wrote.clone(),
            },
        }
    }

    /// Lets one field act; says whether it needs a fresh reading.
    pub(super) fn with_field(
        &mut self,
        field: Field,
        now: Now,
        act: impl FnOnce(&mut FieldState, &mut field::Context<'_>),
    ) -> bool {
        let mut effects = Vec::new();
        let mut read = false;
        let link = self.facts.phone.link.as_ref().filter(|link| link.up);
        let phone = link
            .and_then(|link| link.identity.as_ref())
            .map(|identity| identity.key.as_str());
        let abilities = link.map_or_else(Default::default, |link| link.abilities);
        let unconfirmed = abilities.unconfirmed.has(field);
        let by_hold = unconfirmed.then(|| self.by_hold(field));
        let known = self
            .facts
            .phone
            .known
            .get(&field)
            .map(|known| (by_hold.as_ref().unwrap_or(&known.value), known.at));
        if let Some(state) = self.fields.iter_mut().find(|state| state.field() == field) {
            act(
                state,
                &mut field::Context {
                    ledger: &mut self.ledger,
                    revision: &mut self.revision,
                    saved: self.saved,
                    known,
                    can: abilities.of(field),
                    unconfirmed,
                    phone,
                    chance: &mut self.chance,
                    effects: &mut effects,
                    read: &mut read,
                },
            );
        }
        self.effects.extend(effects);
        if read {
            self.read_phone(now);
        }
        read
    }

    /// What the rules would want and that is not being done, with the reason.
    pub(crate) fn not_done(&self, now: Now) -> Vec<(offhook_protocol::status::Field, NotDoneReason)> {
        use offhook_protocol::status::Field as Shown;
        let shown = |field: Field| match field {
            Field::Dnd => Shown::Dnd,
            Field::Forward => Shown::Forward,
            Field::Presence => Shown::Presence,
            Field::Note => Shown::Note,
        };
        let mut list = Vec::new();
        let paused = self.released(now).is_some();
        for state in &self.fields {
            let wanted = self
                .desired
                .of(state.field())
                .is_some_and(|wish| matches!(wish.want, Want::Set(_)));
            if wanted && paused {
                list.push((shown(state.field()), NotDoneReason::Paused));
            } else if let Some(reason) = state.not_done() {
                list.push((shown(state.field()), reason));
            }
        }
        let missing = self.desired.forward_missing.is_some();
        if missing && !list.iter().any(|(field, _)| *field == Shown::Forward) {
            list.push((Shown::Forward, NotDoneReason::Capability));
        }
        let echo = self.desired.echo_of_phone.iter();
        list.extend(echo.map(|field| (shown(*field), NotDoneReason::Echo)));
        if self.desired.session.is_some() || self.desired.preferred.is_some() {
            if paused {
                list.push((Shown::Teams, NotDoneReason::Paused));
            } else if self.facts.signed_in().is_some() && !self.facts.has(Right::PresenceWrite) {
                list.push((Shown::Teams, NotDoneReason::RightMissing));
            }
        }
        list
    }
}

fn release(why: Released, now: Now) -> Wish {
    let rule = match why {
        Released::Paused => RuleName::Paused,
        Released::OutsideHours => RuleName::OutsideHours,
        Released::Watching => RuleName::Watching,
        Released::Leaving => RuleName::Leaving,
    };
    let why = Reason {
        cause: Cause::Person,
        rule: rule.to_string(),
        since: now.wall,
        until: None,
    };
    Wish {
        want: Want::Leave,
        why,
        insist: Insist::No,
    }
}
