//! Call ids and states to calls; pure. Which state means what: facts/starface-uci.json, `suggested_phase`.

use offhook_engine::line::{CallId, CallState, LineEvent};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::Instant;

/// What a state says of its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Up(CallState),
    Ended,
    /// No call of a person's, or nothing new.
    Nothing,
}

/// `None`: a word that nobody has listed.
fn phase(word: &str) -> Option<Phase> {
    Some(match word.trim().to_ascii_uppercase().as_str() {
        "CONNECTED" | "CONSULT" | "CONFERENCE_CONSULT" => Phase::Up(CallState::Connected),
        "CONFERENCE_ACTIVE" => Phase::Up(CallState::Conference),
        "PARKED" | "CONFERENCE_INACTIVE" => Phase::Up(CallState::Held),
        "REQUESTED" | "PROCEEDING" | "OUTGOING" | "RINGBACK" => Phase::Up(CallState::Dialling),
        "INCOMING" | "RINGING" => Phase::Up(CallState::Ringing),
        "HANGUP" => Phase::Ended,
        "" | "CCBS" | "LOGIN_LOGOUT" | "MUSICONHOLD_TEST" | "VOICEMAIL_LINKED" | "VOICEMAIL_MAIN" => {
            Phase::Nothing
        }
        _ => return None,
    })
}

#[derive(Debug)]
struct Known {
    /// A dialled code: no call of a person's.
    own: bool,
    state: Option<CallState>,
    told: Option<CallState>,
    asked: Instant,
}

/// The calls of one session.
#[derive(Debug, Default)]
pub struct Calls {
    known: BTreeMap<String, Known>,
    unlisted: bool,
    /// The last codes that Offhook dialled, by the ids of their calls.
    own: VecDeque<String>,
}

/// As many codes can be under way at most as nobody will ever see.
const MOST_OWN: usize = 8;

impl Calls {
    /// A code was dialled, under this id: it is not told.
    pub fn dialled(&mut self, id: &str) {
        if self.own.len() == MOST_OWN {
            self.own.pop_front();
        }
        self.own.push_back(id.to_owned());
    }

    /// The call is a code's, whoever dialled it and whatever its id: it is told no more.
    pub fn is_code(&mut self, id: &str) {
        if let Some(known) = self.known.get_mut(id) {
            (known.own, known.state) = (true, None);
        }
    }

    /// Of the ids that are there now, those whose state is to be asked for: new ones, those that are not connected
    /// yet, and connected ones from time to time.
    pub fn due<'a>(&self, ids: &'a [String], again: Duration, now: Instant) -> Vec<&'a String> {
        let is_due = |id: &&String| match self.known.get(*id) {
            None => true,
            Some(known) if known.own => false,
            Some(known) => match known.state {
                Some(CallState::Connected | CallState::Held | CallState::Conference) => {
                    now.duration_since(known.asked) >= again
                }
                Some(CallState::Dialling | CallState::Ringing) | None => true,
            },
        };
        ids.iter().filter(is_due).collect()
    }

    /// A call's state; empty where the call was gone when it was asked for.
    pub fn heard(&mut self, id: &str, word: &str, now: Instant) {
        let own = self.own.iter().any(|own| own == id);
        let known = self.known.entry(id.to_owned()).or_insert(Known {
            own,
            state: None,
            told: None,
            asked: now,
        });
        known.asked = now;
        if known.own {
            return;
        }
        match phase(word) {
            Some(Phase::Up(state)) => known.state = Some(state),
            Some(Phase::Ended) => known.state = None,
            Some(Phase::Nothing) => {}
            None if self.unlisted => {}
            None => {
                self.unlisted = true;
                tracing::warn!("the phone system names a state of a call that is not known");
            }
        }
    }

    /// What is new, given the ids that are there now. New calls come before ended ones: a call that has got another
    /// id leaves no gap.
    pub fn news(&mut self, ids: &[String]) -> Vec<LineEvent> {
        let mut news = Vec::new();
        let mut ended = Vec::new();
        self.known.retain(|id, known| {
            let is_there = ids.contains(id);
            let state = known.state.filter(|_| is_there);
            match (known.told, state) {
                (told, Some(state)) if told != Some(state) => news.push(LineEvent::Call {
                    id: call_id(id),
                    state,
                }),
                (Some(_), None) => ended.push(LineEvent::Ended { id: call_id(id) }),
                (_, _) => {}
            }
            known.told = state;
            is_there
        });
        news.extend(ended);
        news
    }

    /// All calls that are up, as told from now on.
    pub fn snapshot(&mut self, ids: &[String]) -> Vec<(CallId, CallState)> {
        self.known.retain(|id, _| ids.contains(id));
        let mut calls = Vec::new();
        for (id, known) in &mut self.known {
            known.told = known.state;
            calls.extend(known.state.map(|state| (call_id(id), state)));
        }
        calls
    }

    pub fn any(&self) -> bool {
        !self.known.is_empty()
    }

    /// The session is gone: nothing is known.
    pub fn forget(&mut self) {
        self.known.clear();
    }
}

/// The phone system's own id, which is a UUID; anything else could hold a number, and is kept as its digest.
fn call_id(id: &str) -> CallId {
    let is_plain = id.len() == 36 && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if is_plain {
        return CallId::new(id);
    }
    let digest = Sha256::digest(id);
    CallId::new(
        digest
            .iter()
            .take(16)
            .map(|byte| format!("{byte:02x}"))
            .collect::<String>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "6b1f0000-0000-4000-8000-00000000000a";
    const B: &str = "6b1f0000-0000-4000-8000-00000000000b";

    fn ids(list: &[&str]) -> Vec<String> {
        list.iter().map(|id| (*id).to_owned()).collect()
    }

    fn call(id: &str, state: CallState) -> LineEvent {
        LineEvent::Call {
            id: CallId::new(id),
            state,
        }
    }

    #[test]
    fn every_listed_state_of_every_generation_has_a_phase() {
        let listed = "REQUESTED PROCEEDING RINGBACK INCOMING RINGING CONNECTED HANGUP CCBS CONFERENCE_ACTIVE \
            CONFERENCE_CONSULT CONFERENCE_INACTIVE CONSULT LOGIN_LOGOUT MUSICONHOLD_TEST OUTGOING PARKED \
            VOICEMAIL_LINKED VOICEMAIL_MAIN";
        for word in listed.split(' ') {
            assert!(phase(word).is_some(), "{word}");
            assert_eq!(phase(&format!(" {} ", word.to_lowercase())), phase(word));
        }
        assert_eq!(phase("LATER"), None);
    }

    #[test]
    fn a_call_rings_is_taken_and_ends() {
        let mut calls = Calls::default();
        let now = Instant::now();
        let there = ids(&[A]);
        assert_eq!(calls.due(&there, Duration::from_secs(5), now), [A]);
        calls.heard(A, "RINGING", now);
        assert_eq!(calls.news(&there), [call(A, CallState::Ringing)]);
        assert_eq!(
            calls.due(&there, Duration::from_secs(5), now),
            [A],
            "not connected yet"
        );
        calls.heard(A, "connected", now);
        assert_eq!(calls.news(&there), [call(A, CallState::Connected)]);
        assert_eq!(calls.news(&there), []);
        assert!(calls.due(&there, Duration::from_secs(5), now).is_empty());
        let later = now + Duration::from_secs(5);
        assert_eq!(calls.due(&there, Duration::from_secs(5), later), [A]);
        // Gone between the two questions, or a word that is new: no change.
        calls.heard(A, "", later);
        calls.heard(A, "LATER", later);
        assert_eq!(calls.news(&there), []);
        assert_eq!(calls.news(&[]), [LineEvent::Ended { id: CallId::new(A) }]);
        assert!(!calls.any());
    }

    #[test]
    fn hangup_ends_a_call_that_is_still_listed() {
        let mut calls = Calls::default();
        let now = Instant::now();
        calls.heard(A, "CONNECTED", now);
        calls.news(&ids(&[A]));
        calls.heard(A, "HANGUP", now);
        assert_eq!(calls.news(&ids(&[A])), [LineEvent::Ended { id: CallId::new(A) }]);
        assert_eq!(calls.news(&[]), []);
        // One that was never up says nothing.
        calls.heard(B, "VOICEMAIL_MAIN", now);
        assert_eq!(calls.news(&ids(&[B])), []);
        assert_eq!(calls.news(&[]), []);
    }

    #[test]
    fn a_call_with_another_id_leaves_no_gap() {
        let mut calls = Calls::default();
        let now = Instant::now();
        calls.heard(B, "CONNECTED", now);
        calls.news(&ids(&[B]));
        calls.heard(A, "CONNECTED", now);
        let ended = LineEvent::Ended { id: CallId::new(B) };
        assert_eq!(calls.news(&ids(&[A])), [call(A, CallState::Connected), ended]);
    }

    #[test]
    fn a_dialled_code_is_no_call() {
        let mut calls = Calls::default();
        let now = Instant::now();
        calls.dialled(A);
        calls.heard(A, "RINGING", now);
        assert_eq!(calls.news(&ids(&[A])), []);
        assert!(
            calls.due(&ids(&[A]), Duration::ZERO, now).is_empty(),
            "nothing is asked twice"
        );
        assert_eq!(calls.snapshot(&ids(&[A])), []);
        assert_eq!(calls.news(&[]), []);
        // Under another id it shows by its number, perhaps only after it was told.
        calls.heard(B, "PROCEEDING", now);
        assert_eq!(calls.news(&ids(&[B])), [call(B, CallState::Dialling)]);
        calls.is_code(B);
        assert_eq!(calls.news(&ids(&[B])), [LineEvent::Ended { id: CallId::new(B) }]);
        calls.heard(B, "CONNECTED", now);
        assert_eq!(calls.news(&ids(&[B])), []);
    }

    #[test]
    fn an_id_that_could_be_personal_is_kept_as_its_digest() {
        let id = call_id("SIP/0301234567-1");
        assert!(id.as_str().len() == 32 && !id.as_str().contains("0301234567"));
        assert_eq!(id, call_id("SIP/0301234567-1"));
        assert_eq!(call_id(A).as_str(), A);
    }
}
