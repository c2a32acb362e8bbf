//! What the weather is like: faults come in bursts, one or two kinds at a time.

use super::desk::{Desk, Event};
use offhook_engine::line::CallState;
use std::time::Duration;

pub const TROUBLE: &[&str] = &[
    "graph throttles",
    "graph fails",
    "graph loses the request",
    "graph loses the answer",
    "graph is slow",
    "graph does it twice",
    "graph does it late",
    "graph answers out of order",
    "refreshing the token fails",
    "phone disconnects",
    "phone refuses a write",
    "phone throttles",
    "phone cannot be read",
    "phone loses a write",
    "phone loses an answer",
    "phone is slow",
    "phone does it twice",
    "phone does it late",
    "phone's news is late",
    "another program writes the phone",
    "line disconnects",
    "a hangup is lost",
    "an event comes twice",
    "events out of order",
    "the disk is full",
    "the disk is slow",
];

/// What keeps neither Teams nor the phone out of reach: the rules hold as in fine weather.
const HINDERS_NOTHING: &[&str] = &[
    "graph does it twice",
    "phone does it twice",
    "another program writes the phone",
    "line disconnects",
    "a hangup is lost",
    "an event comes twice",
    "events out of order",
    "the disk is slow",
];

/// After trouble the longest wait between two tries is over (ten minutes where nothing but refusals came).
const SETTLED: Duration = Duration::from_secs(630);

impl Desk {
    /// Both sides can be reached, and could for so long that whatever waits for its next try has had it.
    pub fn is_settled(&self) -> bool {
        !self.is_hindered() && self.now.mono.since(self.hindered_until) > SETTLED
    }

    fn is_hindered(&self) -> bool {
        self.trouble.iter().any(|kind| !HINDERS_NOTHING.contains(kind))
    }

    pub fn weather(&mut self) {
        self.watch.change(self.now.mono);
        let count = if self.chance.hits(0.4) { 2 } else { 1 };
        for _ in 0..count {
            let kind = self.chance.pick(TROUBLE);
            self.trouble.insert(kind);
        }
        // Rarely seen otherwise: after a refusal the program waits for five minutes.
        if self.chance.hits(0.15) {
            self.trouble.insert("phone refuses a write");
        }
        if self.chance.hits(0.3) {
            self.trouble.insert("another program writes the phone");
        }
        if self.now.mono < self.evening_until {
            // Both make the person reset the hook, which would end the call whose lease is to run out.
            self.trouble.remove("a hangup is lost");
            self.trouble.remove("events out of order");
        }
        if self.tells {
            let list = format!("{:?}", self.trouble);
            self.says(|| format!("trouble: {list}"));
        }
        let begins = |kind: &str| self.trouble.iter().any(|trouble| trouble.starts_with(kind));
        let (phone, graph) = (begins("phone") || begins("the disk"), begins("graph"));
        if phone {
            self.stirs(15.0);
            self.stirs(110.0);
        }
        if graph {
            self.busy_minutes();
        }
        if self.trouble.contains("phone disconnects") {
            self.phone_goes();
        }
        if self.trouble.contains("another program writes the phone") {
            self.fights = self.chance.hits(0.85);
            if self.fights {
                self.begins_to_fight();
            } else {
                self.later(10.0, Event::OtherProgram);
            }
        }
        if self.trouble.contains("line disconnects") {
            self.line_goes(1);
        }
        if self.trouble.contains("a hangup is lost") || self.trouble.contains("events out of order") {
            self.calls_made += 1;
            let id = format!("h{}", self.calls_made);
            self.later(5.0, Event::Call(2, id.clone(), Some(CallState::Connected)));
            self.later(60.0, Event::Call(2, id, None));
        }
        let span = self.chance.between(180.0, 700.0);
        self.later(span, Event::Calm);
    }

    pub fn calm(&mut self) {
        if self.is_hindered() {
            self.hindered_until = self.now.mono;
        }
        self.trouble.clear();
        self.says(|| "everything works".into());
        let span = self.chance.between(700.0, 2000.0);
        self.later(span, Event::Weather);
    }

    /// Short calls, so that requests to Graph meet the trouble.
    fn busy_minutes(&mut self) {
        for n in 0..3 {
            self.calls_made += 1;
            let id = format!("b{}", self.calls_made);
            let begins = f64::from(n) * 45.0 + self.chance.between(2.0, 20.0);
            let talks = self.chance.between(1.0, 25.0);
            self.later(begins, Event::Call(1, id.clone(), Some(CallState::Connected)));
            self.later(begins + talks, Event::Call(1, id, None));
        }
    }

    /// That kind of trouble is there and strikes now.
    pub fn strikes(&mut self, kind: &'static str, share: f64) -> bool {
        let strikes = self.trouble.contains(kind) && self.chance.hits(share);
        if strikes {
            self.story.happens(kind);
        }
        strikes
    }
}
