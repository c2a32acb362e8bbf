//! What happened: counted by kind, and told when something went wrong.

use super::weather::TROUBLE;
use std::collections::{BTreeMap, VecDeque};

/// The person's actions, crashes and changes of the clock. With [`TROUBLE`] this is every kind of thing that happens;
/// a run in which one of them is rare shows little about it.
pub const ACTS: &[&str] = &[
    "the person takes a call",
    "the person dials",
    "a call is missed",
    "a call is held",
    "a conference",
    "a transfer",
    "called while in a call",
    "a call with heartbeats",
    "heartbeats stop",
    "a lease of four hours runs out",
    "a meeting in Teams",
    "a call in Teams",
    "do not disturb in Teams",
    "Teams goes offline",
    "Available fades in Teams",
    "an unknown word",
    "a word that Teams says seldom",
    "a reading lags behind",
    "a stronger state of Teams hides ours",
    "automatic replies",
    "a status picked in Teams",
    "a picked status is taken back",
    "do not disturb pressed on the phone",
    "presence chosen on the phone",
    "forward changed by hand",
    "note changed by hand",
    "do not disturb changed during a hold",
    "presence changed during a hold",
    "forward changed during a hold",
    "note changed during a hold",
    "a pause",
    "resumed",
    "rules edited",
    "a cell of the person's own",
    "a field is left to another program",
    "another program writes another field",
    "a presence that the phone has no word for",
    "a field that the phone does not take",
    "the phone is put back",
    "set again after that",
    "both accounts are one person's",
    "an appointment begins",
    "an appointment with a keyword",
    "an appointment is moved",
    "an appointment is cancelled",
    "an appointment is left out",
    "the calendar cannot be read",
    "a status message set for an appointment",
    "a status message written in Teams",
    "a status message written during a hold",
    "a status message that nobody can tell whose it is",
    "a status message put back",
    "the desk only watches",
    "quit",
    "signed out",
    "reboot",
    "lid closed",
    "lid closed for a night",
    "asleep without a word",
    "a second desk",
    "a second desk is killed",
    "a watching desk",
    "killed before the ledger",
    "killed after the ledger",
    "killed with a write on its way",
    "killed after the write",
    "killed after the answer",
    "killed with a request to Graph on its way",
    "killed after Graph's answer",
    "the clock jumps",
    "clocks go forward",
    "clocks go back",
    "the keyring is late",
    "the access token expires",
    "the sign-in expires",
];

/// Every kind, in the order of the table.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    ACTS.iter().chain(TROUBLE).copied()
}

#[derive(Debug, Default)]
pub struct Story {
    pub counts: BTreeMap<&'static str, u64>,
    lines: VecDeque<String>,
}

impl Story {
    pub fn happens(&mut self, kind: &'static str) {
        debug_assert!(kinds().any(|known| known == kind), "{kind} is in no list");
        *self.counts.entry(kind).or_default() += 1;
    }

    pub fn tell(&mut self, line: String) {
        if self.lines.len() == 250 {
            self.lines.pop_front();
        }
        self.lines.push_back(line);
    }

    pub fn text(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}
