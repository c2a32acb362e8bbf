//! The shapes through which phone systems and line sources meet the driver.
//!
//! Each is a task of its own that is told things and tells things; neither side ever waits for the other. A
//! task ends when its handle is dropped.

use offhook_engine::facts::Prepared;
use offhook_engine::fault::Fault;
use offhook_engine::line::{LineEvent, SourceId};
use offhook_engine::phone::{Abilities, Field, FieldValue, PhoneIdentity};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::mpsc;

/// What a phone system is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneCommand {
    /// Read every readable field and the calls, and say what was found.
    Read,
    /// Write one field, read it back through another door where there is one, and say how it went.
    Write(FieldValue),
}

/// What a phone system tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PhoneEvent {
    /// Signed in. Sent again when the abilities turn out different.
    Up {
        identity: PhoneIdentity,
        abilities: Abilities,
    },
    /// Values as they are now: after `Read`, after a push, after a write's read-back. Only what is known.
    Seen(Vec<FieldValue>),
    /// The outcome of a `Write`, after its read-back: `Ok` only when the field shows the value.
    Written {
        field: Field,
        outcome: Result<(), Fault>,
    },
    /// `Read` failed, the connection stands.
    ReadFailed(Fault),
    /// Calls of the person's own extension.
    Line(LineEvent),
    /// What is stored as the password is replaced, or deleted.
    Secret(NewSecret),
    /// The person's prepared forward of all calls, on or off. Before the first `Seen`
    /// and whenever it changes, by systems that keep one.
    Prepared(Prepared),
    /// The connection is gone or was refused; the task goes on trying by the one pace of [`crate::backoff`],
    /// except after a refusal that only new settings can mend (wrong password): then it tries rarely.
    Down(Fault),
}

/// What a phone system gave in place of the person's password, so that none has to be kept; `None`: what was stored is
/// worth nothing any more.
#[derive(Debug, Clone)]
pub struct NewSecret(pub Option<SecretString>);

impl PartialEq for NewSecret {
    fn eq(&self, other: &Self) -> bool {
        let text = |secret: &Self| secret.0.as_ref().map(|secret| secret.expose_secret().to_owned());
        text(self) == text(other)
    }
}

impl Eq for NewSecret {}

/// A running phone system. Dropping it ends its task and closes its connection.
#[derive(Debug)]
pub struct PhoneHandle {
    pub commands: mpsc::UnboundedSender<PhoneCommand>,
    pub(crate) task: tokio::task::JoinHandle<()>,
}

impl Drop for PhoneHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What a line source is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineCommand {
    /// List the calls that are up, if you can, and answer with [`LineEvent::Snapshot`].
    Resync,
}

/// A running line source. Dropping it ends its task.
#[derive(Debug)]
pub struct LineHandle {
    pub commands: mpsc::UnboundedSender<LineCommand>,
    pub(crate) task: tokio::task::JoinHandle<()>,
}

impl Drop for LineHandle {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Where phone systems put what they tell.
pub type PhoneEvents = mpsc::UnboundedSender<PhoneEvent>;

/// Where line sources put what they tell.
pub type LineEvents = mpsc::UnboundedSender<(SourceId, LineEvent)>;
