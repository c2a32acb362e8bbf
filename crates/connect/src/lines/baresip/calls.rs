//! The calls that are up, from events and lists. Pure.
//!
//! Events name a call by its SIP Call-ID; so do lists from 1.1.0 on. A list of 1.0.0 has only a line number and
//! the peer's address: its lines are matched to calls by the peer, and a line that matches none is a call of its
//! own until an event about the same peer gives it its id.

use super::list::{List, Listed, ListedState};
use super::message::{Direction, Event, Kind};
use crate::pii::Pii;
use offhook_engine::line::{CallId, CallState, LineEvent};
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// Far more than a softphone has lines for.
const MOST: usize = 64;

#[derive(Debug)]
pub(super) struct Calls {
    calls: Vec<Call>,
    salt: [u8; 16],
}

#[derive(Debug)]
struct Call {
    name: CallId,
    sip_id: Option<String>,
    peer: Option<Pii<String>>,
    direction: Option<Direction>,
    phase: Phase,
    held_here: bool,
    held_by_peer: bool,
    /// An event of it came over the present connection, so its end will as well.
    heard: bool,
}

/// A call never goes back to an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    Begun,
    Talking,
}

impl Call {
    fn state(&self) -> CallState {
        match (self.phase, self.direction) {
            (Phase::Begun, Some(Direction::In)) => CallState::Ringing,
            (Phase::Begun, Some(Direction::Out) | None) => CallState::Dialling,
            (Phase::Talking, _) if self.held_here || self.held_by_peer => CallState::Held,
            (Phase::Talking, _) => CallState::Connected,
        }
    }

    fn is_with(&self, peer: Option<&Pii<String>>) -> bool {
        peer.is_some() && self.peer.as_ref() == peer
    }
}

impl Calls {
    pub(super) fn new() -> Self {
        let mut salt = [0; 16];
        // Without randomness the names are only easier to guess back.
        let _ = getrandom::fill(&mut salt);
        Self {
            calls: Vec::new(),
            salt,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.calls.is_empty()
    }

    pub(super) fn snapshot(&self) -> Vec<(CallId, CallState)> {
        self.calls
            .iter()
            .map(|call| (call.name.clone(), call.state()))
            .collect()
    }

    /// A new connection: ends that came in between were missed.
    pub(super) fn on_reconnect(&mut self) {
        for call in &mut self.calls {
            call.heard = false;
        }
    }

    pub(super) fn on_event(&mut self, event: &Event) -> Option<LineEvent> {
        match event.kind {
            Kind::Gone => {
                self.calls.clear();
                Some(LineEvent::Reset)
            }
            Kind::Closed => {
                let id = match self.find(event) {
                    Some(at) => self.calls.remove(at).name,
                    // An end that is not known here does no harm there.
                    None => self.name_of(event.id.as_deref()?),
                };
                Some(LineEvent::Ended { id })
            }
            Kind::Incoming | Kind::Outgoing | Kind::Proceeding => self.advance(event, |_| {}),
            Kind::Talking => self.advance(event, |call| call.phase = Phase::Talking),
            Kind::HeldByPeer => self.advance(event, |call| {
                call.phase = Phase::Talking;
                call.held_by_peer = true;
            }),
            Kind::ResumedByPeer => self.advance(event, |call| {
                call.phase = Phase::Talking;
                call.held_by_peer = false;
            }),
            Kind::Media | Kind::Registered | Kind::NotRegistered | Kind::Other => None,
        }
    }

    /// What a list changes. Calls that only the list knows are named by a hash, since a peer's address is
    /// personal.
    pub(super) fn on_list(&mut self, list: &List) -> Vec<LineEvent> {
        let mut matched = vec![false; self.calls.len()];
        let mut events = Vec::new();
        for listed in list
            .calls
            .iter()
            .filter(|listed| listed.state != ListedState::Terminated)
        {
            let Some(at) = self.find_listed(listed, &matched) else {
                if self.calls.len() < MOST {
                    let call = self.call_of(listed);
                    events.push(LineEvent::Call {
                        id: call.name.clone(),
                        state: call.state(),
                    });
                    self.calls.push(call);
                    matched.push(true);
                }
                continue;
            };
            matched[at] = true;
            let call = &mut self.calls[at];
            let before = call.state();
            if listed.state == ListedState::Established {
                call.phase = Phase::Talking;
            }
            if listed.state != ListedState::Other {
                call.held_here = listed.on_hold;
            }
            if call.sip_id.is_none() {
                call.sip_id.clone_from(&listed.id);
            }
            if call.state() != before {
                events.push(LineEvent::Call {
                    id: call.name.clone(),
                    state: call.state(),
                });
            }
        }
        let mut matched = matched.into_iter();
        self.calls.retain(|call| {
            // A list of one account says nothing of the others' calls.
            let stays = matched.next().unwrap_or(true) || call.heard && !list.complete;
            if !stays {
                events.push(LineEvent::Ended {
                    id: call.name.clone(),
                });
            }
            stays
        });
        events
    }

    /// Notes an event of a call that is or comes up.
    fn advance(&mut self, event: &Event, change: impl FnOnce(&mut Call)) -> Option<LineEvent> {
        let (at, before) = match self.find(event) {
            Some(at) => (at, Some(self.calls[at].state())),
            None => {
                let id = event.id.as_deref().filter(|_| self.calls.len() < MOST)?;
                self.calls.push(Call {
                    name: self.name_of(id),
                    sip_id: Some(id.to_owned()),
                    peer: event.peer.clone(),
                    direction: event.direction,
                    phase: Phase::Begun,
                    held_here: false,
                    held_by_peer: false,
                    heard: false,
                });
                (self.calls.len() - 1, None)
            }
        };
        let call = &mut self.calls[at];
        call.heard = true;
        call.direction = event.direction.or(call.direction);
        if call.sip_id.is_none() {
            call.sip_id.clone_from(&event.id);
        }
        change(call);
        let state = call.state();
        (before != Some(state)).then(|| LineEvent::Call {
            id: call.name.clone(),
            state,
        })
    }

    /// By the id, else among the calls without one by the peer. An incoming call is always a new one.
    fn find(&self, event: &Event) -> Option<usize> {
        let by_id = |call: &Call| call.sip_id.is_some() && call.sip_id == event.id;
        if let Some(at) = self.calls.iter().position(by_id) {
            return Some(at);
        }
        if event.kind == Kind::Incoming {
            return None;
        }
        self.calls.iter().position(|call| {
            // An event without an id may be of any call, one with a new id only of one that has none yet.
            let open = call.sip_id.is_none() || event.id.is_none();
            let way =
                call.direction.is_none() || event.direction.is_none() || call.direction == event.direction;
            open && way && call.is_with(event.peer.as_ref())
        })
    }

    fn find_listed(&self, listed: &Listed, matched: &[bool]) -> Option<usize> {
        let free = |at: &usize| !matched.get(*at).copied().unwrap_or(true);
        let calls = || (0..self.calls.len()).filter(free);
        if let Some(id) = &listed.id
            && let Some(at) = calls().find(|at| self.calls[*at].sip_id.as_ref() == Some(id))
        {
            return Some(at);
        }
        let same = |at: &usize| {
            let call = &self.calls[*at];
            (listed.id.is_none() || call.sip_id.is_none()) && call.is_with(Some(&listed.peer))
        };
        // Two calls with one peer: the one that is as far as the line says, else the older one.
        let established = listed.state == ListedState::Established;
        let as_far = |at: &usize| (self.calls[*at].phase == Phase::Talking) == established;
        calls().filter(same).find(as_far).or_else(|| calls().find(same))
    }

    fn call_of(&self, listed: &Listed) -> Call {
        let name = match &listed.id {
            Some(id) => self.name_of(id),
            None => self.hashed("line", &[&listed.line.to_string(), listed.peer.reveal()]),
        };
        let (direction, phase) = match listed.state {
            ListedState::Incoming => (Some(Direction::In), Phase::Begun),
            ListedState::Outgoing => (Some(Direction::Out), Phase::Begun),
            ListedState::Established => (None, Phase::Talking),
            ListedState::Early | ListedState::Terminated | ListedState::Other => (None, Phase::Begun),
        };
        Call {
            name,
            sip_id: listed.id.clone(),
            peer: Some(listed.peer.clone()),
            direction,
            phase,
            held_here: listed.on_hold,
            held_by_peer: false,
            heard: false,
        }
    }

    /// A Call-ID that is a plain word is its own name; one with an address in it, or no end, is hashed.
    fn name_of(&self, sip_id: &str) -> CallId {
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if sip_id.len() <= 64 && sip_id.chars().all(plain) {
            CallId::new(sip_id)
        } else {
            self.hashed("call", &[sip_id])
        }
    }

    fn hashed(&self, what: &str, parts: &[&str]) -> CallId {
        let mut hash = Sha256::new().chain_update(self.salt);
        for part in parts {
            hash.update(part.len().to_be_bytes());
            hash.update(part);
        }
        let mut name = format!("{what}-");
        for byte in hash.finalize().iter().take(8) {
            // Writing to a string does not fail.
            let _ = write!(name, "{byte:02x}");
        }
        CallId::new(name)
    }
}

#[cfg(test)]
mod tests {
    use super::super::list;
    use super::super::message::{Message, parse};
    use super::*;

    fn event(kind: &str, id: &str, direction: &str, peer: &str) -> Event {
        let text = format!(
            r#"{{"event":true,"type":"{kind}","direction":"{direction}","peeruri":"{peer}","id":"{id}"}}"#
        );
        match parse(text.as_bytes()).unwrap() {
            Message::Event(event) => event,
            Message::Response(_) | Message::Other => panic!("an event"),
        }
    }

    fn told(id: &str, state: CallState) -> LineEvent {
        LineEvent::Call {
            id: CallId::new(id),
            state,
        }
    }

    fn ended(id: &str) -> LineEvent {
        LineEvent::Ended { id: CallId::new(id) }
    }

    fn list(text: &str) -> List {
        list::parse(text).unwrap()
    }

    #[test]
    fn a_call_rings_talks_and_ends() {
        let mut calls = Calls::new();
        let mut tell = |kind| calls.on_event(&event(kind, "a1", "incoming", "sip:x@h"));
        assert_eq!(tell("CALL_INCOMING"), Some(told("a1", CallState::Ringing)));
        assert_eq!(tell("CALL_LOCAL_SDP"), None);
        assert_eq!(tell("CALL_ESTABLISHED"), Some(told("a1", CallState::Connected)));
        assert_eq!(tell("CALL_RTCP"), None);
        assert_eq!(tell("CALL_PROGRESS"), None, "never back");
        assert_eq!(tell("CALL_CLOSED"), Some(ended("a1")));
        assert_eq!(tell("CALL_CLOSED"), Some(ended("a1")), "a second end is harmless");
    }

    #[test]
    fn outgoing_calls_dial_in_either_generation() {
        for kinds in [
            &["CALL_RINGING"][..],
            &["CALL_OUTGOING", "CALL_RINGING", "CALL_ANSWERED"],
        ] {
            let mut calls = Calls::new();
            let first = calls.on_event(&event(kinds[0], "a1", "outgoing", "sip:x@h"));
            assert_eq!(first, Some(told("a1", CallState::Dialling)));
            for kind in &kinds[1..] {
                calls.on_event(&event(kind, "a1", "outgoing", "sip:x@h"));
            }
            calls.on_event(&event("CALL_ESTABLISHED", "a1", "outgoing", "sip:x@h"));
            assert_eq!(calls.snapshot(), [(CallId::new("a1"), CallState::Connected)]);
        }
    }

    #[test]
    fn our_hold_is_learnt_from_the_list_and_theirs_from_events() {
        let mut calls = Calls::new();
        calls.on_event(&event("CALL_ESTABLISHED", "a1", "outgoing", "sip:x@h"));
        let held = list("--- Active calls (1) ---\n> [line 1]  0:00:02  ESTABLISHED  (on hold)  sip:x@h\n");
        let plain = list("--- Active calls (1) ---\n> [line 1]  0:00:02  ESTABLISHED             sip:x@h\n");
        assert_eq!(calls.on_list(&held), [told("a1", CallState::Held)]);
        assert_eq!(calls.on_list(&held), []);
        assert_eq!(
            calls.on_event(&event("CALL_HOLD", "a1", "outgoing", "sip:x@h")),
            None
        );
        assert_eq!(calls.on_list(&plain), [], "still held by the far end");
        let resumed = calls.on_event(&event("CALL_RESUME", "a1", "outgoing", "sip:x@h"));
        assert_eq!(resumed, Some(told("a1", CallState::Connected)));
    }

    #[test]
    fn a_call_that_only_the_list_knows_gets_its_id_later() {
        let mut calls = Calls::new();
        let found = calls.on_list(&list(
            "--- Active calls (1) ---\n> [line 1]  0:00:02  ESTABLISHED             sip:x@h\n",
        ));
        let [
            LineEvent::Call {
                id,
                state: CallState::Connected,
            },
        ] = &found[..]
        else {
            panic!("{found:?}")
        };
        assert!(
            id.as_str().starts_with("line-") && !id.as_str().contains("sip"),
            "{id:?}"
        );
        let other = calls.on_event(&event("CALL_INCOMING", "b2", "incoming", "sip:x@h"));
        assert_eq!(
            other,
            Some(told("b2", CallState::Ringing)),
            "a new call of the same person is a new call"
        );
        assert_eq!(
            calls.on_event(&event("CALL_CLOSED", "b2", "incoming", "sip:x@h")),
            Some(ended("b2"))
        );
        let closed = calls.on_event(&event("CALL_CLOSED", "a1", "outgoing", "sip:x@h"));
        assert_eq!(closed, Some(LineEvent::Ended { id: id.clone() }));
        assert!(calls.is_empty());
    }

    #[test]
    fn an_outgoing_call_without_an_id_yet_is_found_and_adopted() {
        let mut calls = Calls::new();
        let sdp = event("CALL_LOCAL_SDP", "", "outgoing", "sip:x@h");
        assert_eq!(calls.on_event(&sdp), None);
        let found = calls.on_list(&list(
            "--- Active calls (1) ---\n> [line 1]  0:00:00   OUTGOING             sip:x@h\n",
        ));
        let [
            LineEvent::Call {
                id,
                state: CallState::Dialling,
            },
        ] = &found[..]
        else {
            panic!("{found:?}")
        };
        assert_eq!(
            calls.on_event(&event("CALL_RINGING", "a1", "outgoing", "sip:x@h")),
            None,
            "it is the same call"
        );
        let talks = calls.on_event(&event("CALL_ESTABLISHED", "a1", "outgoing", "sip:x@h"));
        assert_eq!(
            talks,
            Some(LineEvent::Call {
                id: id.clone(),
                state: CallState::Connected
            })
        );
    }

    #[test]
    fn several_calls_are_matched_by_peer_and_by_how_far_they_are() {
        let mut calls = Calls::new();
        calls.on_event(&event("CALL_INCOMING", "a1", "incoming", "sip:x@h"));
        calls.on_event(&event("CALL_ESTABLISHED", "b2", "incoming", "sip:x@h"));
        calls.on_event(&event("CALL_ESTABLISHED", "c3", "outgoing", "sip:y@h"));
        let told_of = calls.on_list(&list(
            "--- Active calls (3) ---\n\
             > [line 1]  0:00:02  ESTABLISHED             sip:y@h\n\
             [line 2]  0:00:02  ESTABLISHED  (on hold)  sip:x@h\n\
             [line 3]  0:00:00   INCOMING             sip:x@h\n",
        ));
        assert_eq!(told_of, [told("b2", CallState::Held)]);
    }

    #[test]
    fn a_list_with_ids_is_the_whole_truth() {
        let mut calls = Calls::new();
        calls.on_event(&event("CALL_ESTABLISHED", "a1", "incoming", "sip:x@h"));
        let told_of = calls.on_list(&list(
            "User-Agent: u@h\n--- Active calls (1) ---\n> [line 1, id b2]  0:00:02  ESTABLISHED             sip:x@h\n",
        ));
        assert_eq!(told_of, [told("b2", CallState::Connected), ended("a1")]);
    }

    #[test]
    fn a_list_of_one_account_ends_only_what_an_earlier_connection_knew() {
        let mut calls = Calls::new();
        calls.on_event(&event("CALL_ESTABLISHED", "a1", "incoming", "sip:x@h"));
        let empty = list("--- Active calls (0) ---\n");
        assert_eq!(calls.on_list(&empty), [], "its end would have come");
        calls.on_reconnect();
        assert_eq!(calls.on_list(&empty), [ended("a1")]);
    }

    #[test]
    fn no_name_has_an_address_in_it() {
        let mut calls = Calls::new();
        let told_of = calls
            .on_event(&event("CALL_INCOMING", "77@192.168.1.20", "incoming", "sip:x@h"))
            .unwrap();
        let LineEvent::Call { id, .. } = &told_of else {
            panic!("{told_of:?}")
        };
        assert!(id.as_str().starts_with("call-"), "{id:?}");
        assert_eq!(
            calls.on_event(&event("CALL_CLOSED", "77@192.168.1.20", "incoming", "sip:x@h")),
            Some(LineEvent::Ended { id: id.clone() })
        );
        assert!(!format!("{calls:?}").contains("sip:x"));
    }

    #[test]
    fn a_flood_of_calls_has_an_end() {
        let mut calls = Calls::new();
        for n in 0..1000 {
            calls.on_event(&event("CALL_INCOMING", &n.to_string(), "incoming", "sip:x@h"));
        }
        assert_eq!(calls.snapshot().len(), MOST);
    }

    #[test]
    fn the_end_of_baresip_ends_all() {
        let mut calls = Calls::new();
        calls.on_event(&event("CALL_ESTABLISHED", "a1", "incoming", "sip:x@h"));
        assert_eq!(calls.on_event(&event("EXIT", "", "", "")), Some(LineEvent::Reset));
        assert!(calls.is_empty());
    }
}
