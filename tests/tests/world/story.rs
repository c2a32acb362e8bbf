//! What happened: counted by kind, and told when something went wrong.

use std::collections::{BTreeMap, VecDeque};

/// Every kind of fault, action of the person and change of the clock. A run in which one of them is rare shows
/// little about it.
pub const KINDS: &[&str] = &[
    "the person takes a call",
    "the person dials",
    "a call is missed",
    "a call is held",
    "a conference",
    "a transfer",
    "a meeting in Teams",
    "a call in Teams",
    "do not disturb in Teams",
    "Teams goes offline",
    "an unknown word",
    "a status picked in Teams",
    "a picked status is taken back",
    "do not disturb pressed on the phone",
    "presence chosen on the phone",
    "changed by hand during a hold",
    "a pause",
    "resumed",
    "rules edited",
    "quit",
    "signed out",
    "reboot",
    "lid closed",
    "asleep without a word",
    "killed before the ledger",
    "killed after the ledger",
    "killed after the write",
    "the clock jumps",
    "clocks go forward",
    "clocks go back",
    "the keyring is late",
    "graph throttles",
    "graph fails",
    "graph loses the request",
    "graph loses the answer",
    "graph is slow",
    "phone disconnects",
    "phone refuses a write",
    "phone loses a write",
    "phone loses an answer",
    "phone is slow",
    "another program writes the phone",
    "line disconnects",
    "a hangup is lost",
    "an event comes twice",
    "events out of order",
    "the disk is full",
];

#[derive(Debug, Default)]
pub struct Story {
    pub counts: BTreeMap<&'static str, u32>,
    lines: VecDeque<String>,
}

impl Story {
    pub fn happens(&mut self, kind: &'static str) {
        assert!(KINDS.contains(&kind), "{kind:?} is not in the list");
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
