//! A question and its reply.

use super::outbox::{self, Outbox};
use offhook_protocol::command::{Answer, Command, Message};
use offhook_protocol::{PROTOCOL, Problem};
use std::fmt;
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// One client, for as long as it is connected. Never given to another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClientId(u64);

impl ClientId {
    pub(super) const fn new(number: u64) -> Self {
        Self(number)
    }
}

/// A client's question. Watching is not among them: the server does that itself.
#[derive(Debug)]
pub struct Asked {
    pub command: Command,
    pub client: ClientId,
    pub reply: Reply,
}

/// What the server itself has to say to a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Complaint {
    /// The client speaks another major version; the detail is its number.
    ProtocolNewer,
    /// The line is no request of ours; the detail says where.
    NotUnderstood,
    /// A line, or an answer, longer than 64 KiB.
    LineTooLong,
    /// Too many clients, or too many open questions of one client.
    Busy,
    /// The program did not answer: it is ending.
    Stopping,
}

impl Complaint {
    /// The stable code that programs may test for.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ProtocolNewer => "protocol-newer",
            Self::NotUnderstood => "not-understood",
            Self::LineTooLong => "line-too-long",
            Self::Busy => "busy",
            Self::Stopping => "stopping",
        }
    }

    /// The English sentences, for a driver without string tables.
    pub fn english(self, detail: Option<&str>) -> Problem {
        let detail = detail.unwrap_or("?");
        let (sentence, mend) = match self {
            Self::ProtocolNewer => (
                format!(
                    "This Offhook speaks version {PROTOCOL} of the control language, the client version {detail}."
                ),
                "Update both programs to the same version.",
            ),
            Self::NotUnderstood => (format!("The request was not understood ({detail})."), ""),
            Self::LineTooLong => ("A message may be at most 64 KiB long.".into(), ""),
            Self::Busy => (
                "Too many programs ask Offhook at once.".into(),
                "Try again in a moment.",
            ),
            Self::Stopping => ("Offhook is ending and did not answer.".into(), ""),
        };
        Problem {
            code: self.code().into(),
            sentence,
            mend: mend.into(),
        }
    }
}

/// Chooses the sentence of a complaint, with its detail, in the person's language.
#[derive(Clone)]
pub struct Words(Arc<Say>);

type Say = dyn Fn(Complaint, Option<&str>) -> Problem + Send + Sync;

impl Words {
    pub fn new(say: impl Fn(Complaint, Option<&str>) -> Problem + Send + Sync + 'static) -> Self {
        Self(Arc::new(say))
    }

    pub fn english() -> Self {
        Self::new(Complaint::english)
    }

    pub(super) fn say(&self, complaint: Complaint, detail: Option<&str>) -> Problem {
        (self.0)(complaint, detail)
    }
}

impl fmt::Debug for Words {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Words")
    }
}

/// Answers one question, once, now or later. Dropped without an answer it says that the program is ending.
#[derive(Debug)]
pub struct Reply(Option<Open>);

#[derive(Debug)]
struct Open {
    id: u64,
    outbox: Arc<Outbox>,
    words: Words,
    /// Counts the client's open questions.
    _place: OwnedSemaphorePermit,
}

impl Reply {
    pub(super) fn new(id: u64, outbox: Arc<Outbox>, words: Words, place: OwnedSemaphorePermit) -> Self {
        Self(Some(Open {
            id,
            outbox,
            words,
            _place: place,
        }))
    }

    /// For what nobody asked for.
    pub fn to_nobody() -> Self {
        Self(None)
    }

    pub fn answer(mut self, answer: Answer) {
        let Some(open) = self.0.take() else { return };
        match outbox::line(&Message::Answer { id: open.id, answer }) {
            Some(line) => open.outbox.answer(line),
            None => open.refuse(open.words.say(Complaint::LineTooLong, None)),
        }
    }

    pub fn refuse(mut self, problem: Problem) {
        if let Some(open) = self.0.take() {
            open.refuse(problem);
        }
    }

    /// Whether the client has gone, so that an answer would reach nobody.
    pub fn is_pointless(&self) -> bool {
        self.0.as_ref().is_none_or(|open| open.outbox.is_closed())
    }
}

impl Open {
    fn refuse(&self, problem: Problem) {
        if let Some(line) = outbox::line(&Message::Refused { id: self.id, problem }) {
            self.outbox.answer(line);
        }
    }
}

impl Drop for Reply {
    fn drop(&mut self) {
        if let Some(open) = self.0.take() {
            open.refuse(open.words.say(Complaint::Stopping, None));
        }
    }
}
