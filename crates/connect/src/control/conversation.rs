//! One client: greeting, questions, writing.

use super::asked::{Asked, ClientId, Complaint, Reply};
use super::lines::{Lines, Read};
use super::outbox::{self, Outbox};
use super::{Room, Shared};
use offhook_protocol::command::{Answer, Command, Message, Request};
use offhook_protocol::{Greeting, Problem};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout};

/// How long a client may take to greet.
pub(super) const GREETING_LIMIT: Duration = Duration::from_secs(5);

/// How long one line may take on its way to a client before the client counts as dead.
pub(super) const WRITE_LIMIT: Duration = Duration::from_secs(5);

/// How long the answers to open questions are waited for after a client has ended its side.
const LAST_ANSWERS_LIMIT: Duration = Duration::from_secs(5);

/// How many questions of one client may be open.
pub(super) const MAX_OPEN: usize = 16;

pub(super) async fn hold<S: AsyncRead + AsyncWrite>(stream: S, client: ClientId, shared: &Arc<Shared>) {
    let (reader, mut writer) = tokio::io::split(stream);
    let outbox = Arc::new(Outbox::default());
    let _seat = Seat::take(shared, client, outbox.clone());
    let reading = async {
        read(Lines::new(reader), client, &outbox, shared).await;
        outbox.finish();
        std::future::pending::<()>().await;
    };
    tokio::select! {
        () = write(&outbox, &mut writer) => {}
        () = reading => {}
    }
    outbox.close();
}

/// Says that there are too many, and closes.
pub(super) async fn turn_away<S: AsyncRead + AsyncWrite>(stream: S, shared: &Shared) {
    let (_, mut writer) = tokio::io::split(stream);
    let outbox = Outbox::default();
    say(&outbox, &Greeting::ours());
    refuse(&outbox, 0, shared.words.say(Complaint::Busy, None));
    outbox.finish();
    write(&outbox, &mut writer).await;
}

/// Until everything is written, or the client is dead.
async fn write(outbox: &Outbox, writer: &mut (impl AsyncWrite + Unpin)) {
    while let Some(line) = outbox.next().await {
        match timeout(WRITE_LIMIT, writer.write_all(&line)).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                tracing::debug!("a client of the control socket does not read and is dropped");
                return;
            }
        }
    }
    // A Windows pipe forgets what was not yet read when it is closed.
    let _ = timeout(WRITE_LIMIT, writer.flush()).await;
}

/// Until the client ends, or must be ended.
async fn read<R: AsyncRead + Unpin>(
    mut lines: Lines<R>,
    client: ClientId,
    outbox: &Arc<Outbox>,
    shared: &Arc<Shared>,
) {
    say(outbox, &Greeting::ours());
    let greeting = match lines.next(Some(Instant::now() + GREETING_LIMIT)).await {
        Read::Line(line) => serde_json::from_slice::<Greeting>(&line),
        Read::TooLong => return refuse(outbox, 0, shared.words.say(Complaint::LineTooLong, None)),
        Read::End => return,
    };
    let Ok(greeting) = greeting else {
        return refuse(
            outbox,
            0,
            shared.words.say(Complaint::NotUnderstood, Some("greeting")),
        );
    };
    if !greeting.is_understood() {
        let theirs = greeting.hello.protocol.to_string();
        return refuse(
            outbox,
            0,
            shared.words.say(Complaint::ProtocolNewer, Some(&theirs)),
        );
    }
    let open = Arc::new(Semaphore::new(MAX_OPEN));
    loop {
        let line = match lines.next(None).await {
            Read::Line(line) => line,
            Read::TooLong => {
                refuse(outbox, 0, shared.words.say(Complaint::LineTooLong, None));
                continue;
            }
            Read::End => break,
        };
        match serde_json::from_slice::<Request>(&line) {
            Ok(Request {
                id,
                command: Command::Watch(what),
            }) => {
                say(
                    outbox,
                    &Message::Answer {
                        id,
                        answer: Answer::Done,
                    },
                );
                shared.watch(outbox, what);
            }
            Ok(Request { id, command }) => {
                let Ok(place) = open.clone().try_acquire_owned() else {
                    refuse(outbox, id, shared.words.say(Complaint::Busy, None));
                    continue;
                };
                let reply = Reply::new(id, outbox.clone(), shared.words.clone(), place);
                // When the driver has gone the question is dropped, and its reply says so.
                let _ = shared.asked.send(Asked {
                    command,
                    client,
                    reply,
                });
            }
            // Not the parser's own words: they quote what was sent, which may be a secret.
            Err(error) => {
                let place = format!("column {}", error.column());
                refuse(
                    outbox,
                    id_of(&line),
                    shared.words.say(Complaint::NotUnderstood, Some(&place)),
                );
            }
        }
    }
    // Half closed: `printf … | nc` still wants its answers.
    let all = u32::try_from(MAX_OPEN).unwrap_or(u32::MAX);
    let _ = timeout(LAST_ANSWERS_LIMIT, open.acquire_many(all)).await;
}

/// The id of something that is no request of ours; 0 when it has none.
fn id_of(line: &[u8]) -> u64 {
    let Ok(value) = serde_json::from_slice::<serde_json::Value>(line) else {
        return 0;
    };
    value.get("id").and_then(serde_json::Value::as_u64).unwrap_or(0)
}

fn say(outbox: &Outbox, message: &impl serde::Serialize) {
    if let Some(line) = outbox::line(message) {
        outbox.answer(line);
    }
}

fn refuse(outbox: &Outbox, id: u64, problem: Problem) {
    say(outbox, &Message::Refused { id, problem });
}

/// A client's entry in the room, for as long as it is there.
struct Seat<'a> {
    shared: &'a Shared,
    client: ClientId,
}

impl<'a> Seat<'a> {
    fn take(shared: &'a Shared, client: ClientId, outbox: Arc<Outbox>) -> Self {
        shared.room().clients.insert(client, outbox);
        Self { shared, client }
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let Room { clients, .. } = &mut *self.shared.room();
        if let Some(outbox) = clients.remove(&self.client) {
            outbox.close();
        }
    }
}
