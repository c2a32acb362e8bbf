//! The control socket: the one door through which the window, the console program and call hooks reach the
//! resident program.
//!
//! [`Server::bind`] opens it. Each question arrives at the driver as an [`Asked`], whose [`Reply`] is answered
//! now or later; whatever clients can see is handed to [`Server::publish`], which never waits: each client has
//! a bounded queue of its own, of states only the newest is kept, and who does not read is dropped.
//!
//! | module | what |
//! |---|---|
//! | [`asked`] | a question and its reply |
//! | [`place`] | where the socket is, `run.json`, private folders and files |
//! | `listen` | accepting: unix socket with a check of the peer, or Windows pipe |
//! | `conversation` | one client: greeting, questions, writing |
//! | `lines` | one line at a time, with limits of length and time |
//! | `outbox` | what waits to be written to one client |
//!
//! Source: the design, section 5 (data directory, control socket).

pub mod asked;
mod conversation;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod lines;
mod listen;
mod outbox;
pub mod place;
#[cfg(test)]
#[cfg(unix)]
mod tests;

pub use asked::{Asked, ClientId, Complaint, Reply, Words};
pub use place::PlaceError;

use bytes::Bytes;
use listen::Door;
use offhook_protocol::command::{Event, Message, Watch};
use outbox::{Kind, Outbox};
use place::Place;
use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};

/// How many clients may be connected at once.
pub const MAX_CLIENTS: usize = 64;

/// How many more may be told that there are too many before they are closed without a word.
const MAX_TURNED_AWAY: usize = 8;

/// How long the last answers may take on their way out.
const CLOSE_LIMIT: Duration = Duration::from_millis(500);

/// The open control socket. Dropping it closes every conversation and removes socket and `run.json`.
#[derive(Debug)]
pub struct Server {
    shared: Arc<Shared>,
    place: Place,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl Server {
    /// Opens the socket of this data directory and writes `run.json`. The caller holds the instance lock, so
    /// a socket that is already there is a dead one and is removed. `words` gives the sentences of refusals
    /// in the person's language.
    ///
    /// # Errors
    /// When folder, socket or file cannot be made private or cannot be made at all.
    pub fn bind(data_dir: &Path, words: Words) -> Result<(Self, mpsc::UnboundedReceiver<Asked>), PlaceError> {
        let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(Into::into);
        let mut place = Place::choose(data_dir, runtime)?;
        let door = Door::open(place.socket())?;
        place.announce()?;
        // Bounded by clients times questions in flight.
        let (asked, receiver) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            asked,
            words,
            room: Mutex::default(),
        });
        let (stop, stopped) = oneshot::channel();
        let task = tokio::spawn(accept(door, shared.clone(), stopped));
        Ok((
            Self {
                shared,
                place,
                stop: Some(stop),
                task,
            },
            receiver,
        ))
    }

    /// Where clients connect.
    pub fn socket(&self) -> &Path {
        self.place.socket()
    }

    /// Tells every client that watches such events, and keeps a state for those who watch later. Never waits.
    /// Gives the number of clients told, so that the driver knows whether a window is there to
    /// [`Event::Show`] a page.
    pub fn publish(&self, event: Event) -> usize {
        let kind = Kind::of(&event);
        let Some(line) = outbox::line(&Message::Event(Box::new(event))) else {
            tracing::error!(?kind, "an event is longer than a line may be and was not sent");
            return 0;
        };
        let mut room = self.shared.room();
        match kind {
            Kind::Status if room.status.as_ref() == Some(&line) => return room.watching(Watch::Status),
            Kind::Pages if room.pages.as_ref() == Some(&line) => return room.watching(Watch::Pages),
            Kind::Status => room.status = Some(line.clone()),
            Kind::Pages => room.pages = Some(line.clone()),
            Kind::Show => {}
        }
        room.clients
            .values()
            .filter(|outbox| outbox.event(kind, line.clone()))
            .count()
    }

    /// How many clients watch this now.
    pub fn watching(&self, what: Watch) -> usize {
        self.shared.room().watching(what)
    }

    /// Takes no more clients, lets what was answered go out (at most half a second) and closes.
    pub async fn close(mut self) {
        if let Some(stop) = self.stop.take() {
            // Fails only when the task has ended already.
            let _ = stop.send(());
        }
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// What all conversations share.
#[derive(Debug)]
struct Shared {
    asked: mpsc::UnboundedSender<Asked>,
    words: Words,
    room: Mutex<Room>,
}

/// Who is connected, and the newest states.
#[derive(Debug, Default)]
struct Room {
    clients: HashMap<ClientId, Arc<Outbox>>,
    status: Option<Bytes>,
    pages: Option<Bytes>,
}

impl Shared {
    fn room(&self) -> MutexGuard<'_, Room> {
        self.room.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, outbox: &Outbox, what: Watch) {
        // Under the one lock, so that no state published meanwhile is missed or overwritten by an older one.
        let room = self.room();
        let newest = match what {
            Watch::Status => room.status.clone(),
            Watch::Pages => room.pages.clone(),
        };
        outbox.watch(what, newest);
    }
}

impl Room {
    fn watching(&self, what: Watch) -> usize {
        self.clients
            .values()
            .filter(|outbox| outbox.watches(what))
            .count()
    }
}

async fn accept(mut door: Door, shared: Arc<Shared>, mut stopped: oneshot::Receiver<()>) {
    let seats = Arc::new(Semaphore::new(MAX_CLIENTS));
    let turned_away = Arc::new(Semaphore::new(MAX_TURNED_AWAY));
    let mut conversations = JoinSet::new();
    let mut last = 0;
    loop {
        let stream = tokio::select! {
            // Only the server itself sends; when it is dropped this task is aborted.
            _ = &mut stopped => break,
            Some(_) = conversations.join_next() => continue,
            stream = door.accept() => match stream {
                Ok(Some(stream)) => stream,
                Ok(None) => {
                    tracing::warn!("another user tried the control socket and was turned away");
                    continue;
                }
                Err(error) => {
                    tracing::warn!(%error, "the control socket could not take a client");
                    // Out of file handles: others have to be closed first.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
        };
        if let Ok(seat) = seats.clone().try_acquire_owned() {
            last += 1;
            let (id, shared) = (ClientId::new(last), shared.clone());
            conversations.spawn(async move {
                let _seat = seat;
                conversation::hold(stream, id, &shared).await;
            });
        } else if let Ok(seat) = turned_away.clone().try_acquire_owned() {
            let shared = shared.clone();
            conversations.spawn(async move {
                let _seat = seat;
                conversation::turn_away(stream, &shared).await;
            });
        }
    }
    drop(door);
    for outbox in shared.room().clients.values() {
        outbox.finish();
    }
    let all_gone = async { while conversations.join_next().await.is_some() {} };
    if tokio::time::timeout(CLOSE_LIMIT, all_gone).await.is_err() {
        tracing::debug!("some clients did not read to the end");
    }
}
