//! The control socket with real sockets.

use super::*;
use offhook_protocol::MAX_LINE;
use offhook_protocol::command::{Answer, Command};
use offhook_protocol::place::{RUN_FILE, RunFile};
use serde_json::{Value, json};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;

const LIMIT: Duration = Duration::from_secs(20);
const HELLO: &str = "{\"hello\":{\"protocol\":1}}\n";

/// Waits for something that must come.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, what).await.expect("in time")
}

struct House {
    server: Server,
    asked: mpsc::UnboundedReceiver<Asked>,
    folder: tempfile::TempDir,
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let (server, asked) = Server::bind(folder.path(), Words::english()).unwrap();
    House {
        server,
        asked,
        folder,
    }
}

impl House {
    /// A driver that answers every question with its version.
    fn answering(self) -> (Server, tempfile::TempDir) {
        let Self {
            server,
            mut asked,
            folder,
        } = self;
        tokio::spawn(async move {
            while let Some(Asked { reply, .. }) = asked.recv().await {
                reply.answer(Answer::Version { version: "1".into() });
            }
        });
        (server, folder)
    }

    async fn asked(&mut self) -> Asked {
        soon(self.asked.recv()).await.expect("a question")
    }
}

struct Guest {
    reader: BufReader<tokio::net::unix::OwnedReadHalf>,
    writer: tokio::net::unix::OwnedWriteHalf,
}

impl Guest {
    /// Connected, nothing said yet.
    async fn silent(server: &Server) -> Self {
        let (reader, writer) = soon(UnixStream::connect(server.socket()))
            .await
            .unwrap()
            .into_split();
        Self {
            reader: BufReader::new(reader),
            writer,
        }
    }

    async fn new(server: &Server) -> Self {
        let mut guest = Self::silent(server).await;
        guest.say(HELLO).await;
        assert_eq!(guest.hear().await, json!({"hello": {"protocol": 1}}));
        guest
    }

    async fn say(&mut self, text: &str) {
        soon(self.writer.write_all(text.as_bytes())).await.unwrap();
    }

    async fn ask(&mut self, id: u64, command: impl serde::Serialize) {
        let line = json!({"id": id, "command": command});
        self.say(&format!("{line}\n")).await;
    }

    /// The next line; `Null` at the end.
    async fn hear(&mut self) -> Value {
        let mut line = String::new();
        match soon(self.reader.read_line(&mut line)).await {
            Ok(0) | Err(_) => Value::Null,
            Ok(_) => serde_json::from_str(&line).unwrap(),
        }
    }

    async fn watch(&mut self, what: &str) {
        self.ask(1, json!({ "watch": what })).await;
        assert_eq!(self.hear().await, json!({"answer": {"id": 1, "answer": "done"}}));
    }
}

fn refusal(id: u64, code: &str, heard: &Value) {
    assert_eq!(
        (&heard["refused"]["id"], &heard["refused"]["problem"]["code"]),
        (&json!(id), &json!(code))
    );
    assert!(
        !heard["refused"]["problem"]["sentence"]
            .as_str()
            .unwrap()
            .is_empty()
    );
}

fn status(text: &str) -> Event {
    let field = json!({"value": null, "owner": null});
    let status = json!({"v": 1, "state": "free", "attention": false, "paused_until": text, "why": [], "not_done": [],
        "teams": {"seen": null, "session": null},
        "phone": {"dnd": field, "forward": field, "presence": field, "note": field}, "calls": [],
        "health": {"microsoft": null, "phone": null, "calendar": null, "lines": {}}});
    Event::Status(serde_json::from_value(status).unwrap())
}

fn seen_in(event: &Value) -> &str {
    event["event"]["status"]["paused_until"].as_str().unwrap()
}

#[tokio::test]
async fn a_question_reaches_the_driver_and_its_answer_the_client() {
    let mut house = house();
    let mut guest = Guest::new(&house.server).await;
    guest.ask(7, "why").await;
    let Asked { command, reply, .. } = house.asked().await;
    assert_eq!(command, Command::Why);
    assert!(!reply.is_pointless());
    reply.answer(Answer::Text(vec!["because".into()]));
    assert_eq!(
        guest.hear().await,
        json!({"answer": {"id": 7, "answer": {"text": ["because"]}}})
    );
}

#[tokio::test]
async fn replies_can_be_held_and_given_in_another_order() {
    let mut house = house();
    let mut guest = Guest::new(&house.server).await;
    guest.ask(1, json!({"sign_in": {"device_code": false}})).await;
    guest.ask(2, "version").await;
    let (first, second) = (house.asked().await, house.asked().await);
    assert_eq!(first.client, second.client);
    second.reply.answer(Answer::Done);
    assert_eq!(guest.hear().await["answer"]["id"], 2);
    first.reply.refuse(Complaint::Busy.english(None));
    refusal(1, "busy", &guest.hear().await);
}

#[tokio::test]
async fn a_dropped_reply_says_that_the_program_is_ending() {
    let mut house = house();
    let mut guest = Guest::new(&house.server).await;
    guest.ask(1, "status").await;
    drop(house.asked().await);
    refusal(1, "stopping", &guest.hear().await);
    drop(house.asked);
    guest.ask(2, "status").await;
    refusal(2, "stopping", &guest.hear().await);
}

#[tokio::test]
async fn garbage_is_refused_and_the_conversation_goes_on() {
    let (server, _folder) = house().answering();
    let mut guest = Guest::new(&server).await;
    for (garbage, id) in [
        ("not json", 0),
        ("", 0),
        ("{}", 0),
        ("{\"id\":5}", 5),
        ("{\"id\":6,\"command\":\"dance\"}", 6),
        ("{\"id\":-1,\"command\":\"status\"}", 0),
        ("[[[[[[", 0),
        ("\u{0}\u{1}", 0),
    ] {
        guest.say(&format!("{garbage}\n")).await;
        refusal(id, "not-understood", &guest.hear().await);
    }
    soon(guest.writer.write_all(b"\xff\xfe\n")).await.unwrap();
    refusal(0, "not-understood", &guest.hear().await);
    let deep = "[".repeat(30_000);
    guest.say(&format!("{deep}\n")).await;
    refusal(0, "not-understood", &guest.hear().await);
    guest.ask(9, "version").await;
    assert_eq!(guest.hear().await["answer"]["id"], 9);
}

#[tokio::test]
async fn what_was_sent_is_not_quoted_in_a_refusal() {
    let (server, _folder) = house().answering();
    let mut guest = Guest::new(&server).await;
    guest
        .ask(
            1,
            json!({"secret_set": {"secret": "s3cr3t-name", "value": "s3cr3t"}}),
        )
        .await;
    let heard = guest.hear().await;
    refusal(1, "not-understood", &heard);
    assert!(!heard.to_string().contains("s3cr3t"), "{heard}");
}

#[tokio::test]
async fn a_line_one_byte_too_long_is_refused_and_the_conversation_goes_on() {
    let (server, _folder) = house().answering();
    let mut guest = Guest::new(&server).await;
    let padded = |length: usize| {
        let line = json!({"id": 3, "command": "version"}).to_string();
        format!("{line}{}\n", " ".repeat(length - line.len() - 1))
    };
    guest.say(&padded(MAX_LINE)).await;
    assert_eq!(guest.hear().await["answer"]["id"], 3);
    guest.say(&padded(MAX_LINE + 1)).await;
    refusal(0, "line-too-long", &guest.hear().await);
    guest.ask(4, "version").await;
    assert_eq!(guest.hear().await["answer"]["id"], 4);
}

#[tokio::test]
async fn lines_split_and_joined_anywhere_are_understood() {
    let (server, _folder) = house().answering();
    let mut guest = Guest::silent(&server).await;
    let all = format!(
        "{HELLO}{}\n{}\n",
        json!({"id": 1, "command": "why"}),
        json!({"id": 2, "command": "why"})
    );
    for byte in all.bytes() {
        soon(guest.writer.write_all(&[byte])).await.unwrap();
        tokio::task::yield_now().await;
    }
    assert_eq!(guest.hear().await, json!({"hello": {"protocol": 1}}));
    assert_eq!(guest.hear().await["answer"]["id"], 1);
    assert_eq!(guest.hear().await["answer"]["id"], 2);
}

#[tokio::test]
async fn another_major_version_gets_a_sentence_and_the_end() {
    let (server, _folder) = house().answering();
    for (greeting, code) in [
        ("{\"hello\":{\"protocol\":2}}\n", "protocol-newer"),
        ("{\"id\":1,\"command\":\"status\"}\n", "not-understood"),
    ] {
        let mut guest = Guest::silent(&server).await;
        guest.say(greeting).await;
        assert_eq!(guest.hear().await, json!({"hello": {"protocol": 1}}));
        refusal(0, code, &guest.hear().await);
        assert_eq!(guest.hear().await, Value::Null);
    }
}

#[tokio::test]
async fn who_does_not_greet_is_closed() {
    let (server, _folder) = house().answering();
    let mut guest = Guest::silent(&server).await;
    assert_eq!(guest.hear().await, json!({"hello": {"protocol": 1}}));
    let begun = Instant::now();
    assert_eq!(guest.hear().await, Value::Null);
    assert!(begun.elapsed() < conversation::GREETING_LIMIT * 2);
}

#[tokio::test]
async fn a_half_closed_client_still_gets_its_answers() {
    let mut house = house();
    let mut guest = Guest::new(&house.server).await;
    guest.ask(1, "version").await;
    soon(guest.writer.shutdown()).await.unwrap();
    let asked = house.asked().await;
    asked.reply.answer(Answer::Done);
    assert_eq!(guest.hear().await["answer"]["id"], 1);
    assert_eq!(guest.hear().await, Value::Null);
}

#[tokio::test]
async fn a_new_watcher_gets_the_newest_state_first() {
    let (server, _folder) = house().answering();
    assert_eq!(server.publish(status("old")), 0);
    assert_eq!(server.publish(status("new")), 0);
    let mut guest = Guest::new(&server).await;
    guest.watch("status").await;
    assert_eq!(seen_in(&guest.hear().await), "new");
    assert_eq!(server.publish(status("newer")), 1);
    assert_eq!(seen_in(&guest.hear().await), "newer");
}

#[tokio::test]
async fn watchers_get_what_they_watch_and_nothing_else() {
    let (server, _folder) = house().answering();
    let mut pages = Guest::new(&server).await;
    pages.watch("pages").await;
    let mut neither = Guest::new(&server).await;
    assert_eq!(
        (server.watching(Watch::Pages), server.watching(Watch::Status)),
        (1, 0)
    );
    assert_eq!(server.publish(status("x")), 0);
    assert_eq!(
        server.publish(Event::Show {
            page: Some("phone".into())
        }),
        1
    );
    assert_eq!(pages.hear().await, json!({"event": {"show": {"page": "phone"}}}));
    neither.ask(2, "version").await;
    assert_eq!(neither.hear().await["answer"]["id"], 2);
    drop(pages);
    soon(async {
        while server.watching(Watch::Pages) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn the_same_state_is_not_said_twice() {
    let (server, _folder) = house().answering();
    let mut guest = Guest::new(&server).await;
    guest.watch("status").await;
    for text in ["a", "a", "a", "b"] {
        server.publish(status(text));
        if text == "a" {
            soon(async {
                while !guest_has_nothing_waiting(&server) {
                    tokio::task::yield_now().await
                }
            })
            .await;
        }
    }
    assert_eq!(seen_in(&guest.hear().await), "a");
    assert_eq!(seen_in(&guest.hear().await), "b");
}

fn guest_has_nothing_waiting(server: &Server) -> bool {
    server
        .shared
        .room()
        .clients
        .values()
        .all(|outbox| outbox.is_empty())
}

#[tokio::test]
async fn a_client_that_never_reads_delays_nobody_and_is_dropped() {
    let (server, _folder) = house().answering();
    let mut sleeper = Guest::new(&server).await;
    sleeper.watch("status").await;
    let mut watcher = Guest::new(&server).await;
    watcher.watch("status").await;
    // Far more than any socket buffer holds.
    let long = "x".repeat(40_000);
    let mut slowest = Duration::ZERO;
    for number in 0..200 {
        let text = format!("{number} {long}");
        let begun = Instant::now();
        server.publish(status(&text));
        slowest = slowest.max(begun.elapsed());
        assert_eq!(seen_in(&watcher.hear().await), text);
        slowest = slowest.max(begun.elapsed());
    }
    println!("slowest publish to another client: {slowest:?}");
    assert!(slowest < Duration::from_millis(500), "{slowest:?}");
    soon(async {
        while server.watching(Watch::Status) > 1 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    drop(sleeper);
}

#[tokio::test]
async fn of_states_nobody_reads_only_the_newest_is_kept() {
    let outbox = Outbox::default();
    outbox.watch(Watch::Status, None);
    for number in 0..1000 {
        assert!(outbox.event(Kind::Status, format!("{number}").into()));
    }
    outbox.finish();
    assert_eq!(soon(outbox.next()).await, Some("999".into()));
    assert_eq!(soon(outbox.next()).await, None);
}

#[tokio::test]
async fn who_lets_too_many_answers_pile_up_is_closed() {
    let outbox = Outbox::default();
    for _ in 0..20 {
        outbox.answer(vec![b'x'; MAX_LINE].into());
    }
    assert!(outbox.is_closed());
    assert_eq!(soon(outbox.next()).await, None);
}

#[tokio::test]
async fn too_many_open_questions_are_refused_one_by_one() {
    let mut house = house();
    let mut guest = Guest::new(&house.server).await;
    let most = u64::try_from(conversation::MAX_OPEN).unwrap();
    for id in 1..=most + 1 {
        guest.ask(id, "doctor").await;
    }
    refusal(most + 1, "busy", &guest.hear().await);
    house.asked().await.reply.answer(Answer::Done);
    assert_eq!(guest.hear().await["answer"]["id"], 1);
    guest.ask(99, "doctor").await;
    for _ in 1..most {
        house.asked().await.reply.answer(Answer::Done);
        guest.hear().await;
    }
    house.asked().await.reply.answer(Answer::Done);
    assert_eq!(guest.hear().await["answer"]["id"], 99);
}

#[tokio::test]
async fn one_client_too_many_gets_a_sentence_and_room_is_made_by_leaving() {
    let (server, _folder) = house().answering();
    let mut guests = Vec::new();
    for _ in 0..MAX_CLIENTS {
        guests.push(Guest::new(&server).await);
    }
    let mut late = Guest::silent(&server).await;
    assert_eq!(late.hear().await, json!({"hello": {"protocol": 1}}));
    refusal(0, "busy", &late.hear().await);
    assert_eq!(late.hear().await, Value::Null);
    guests.pop();
    soon(async {
        loop {
            let mut guest = Guest::silent(&server).await;
            guest.say(HELLO).await;
            guest.hear().await;
            let _ = guest
                .writer
                .write_all(b"{\"id\":1,\"command\":\"version\"}\n")
                .await;
            if guest.hear().await["answer"]["id"] == 1 {
                break;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn many_clients_ask_at_once_and_each_gets_its_own_answers() {
    let mut house = house();
    let server = house.server;
    tokio::spawn(async move {
        while let Some(Asked { command, reply, .. }) = house.asked.recv().await {
            let Command::RulesShow { profile } = command else {
                panic!("{command:?}")
            };
            reply.answer(Answer::Version {
                version: profile.unwrap(),
            });
        }
    });
    let guests = (0..40).map(async |guest| {
        let mut own = Guest::new(&server).await;
        for number in 0..50 {
            let text = format!("{guest}/{number}");
            own.ask(number, json!({"rules_show": {"profile": text}})).await;
            let expected = json!({"answer": {"id": number, "answer": {"version": {"version": text}}}});
            assert_eq!(own.hear().await, expected);
        }
    });
    let mut all = Vec::new();
    for guest in guests {
        all.push(Box::pin(guest));
    }
    soon(async {
        // All polled in turn: questions of every client are open at once.
        let mut left = all;
        std::future::poll_fn(move |context| {
            left.retain_mut(|guest| guest.as_mut().poll(context).is_pending());
            if left.is_empty() {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn closing_lets_the_last_answer_out_and_removes_the_files() {
    let mut house = house();
    let mut guest = Guest::new(&house.server).await;
    guest.ask(1, "quit").await;
    house.asked().await.reply.answer(Answer::Done);
    soon(house.server.close()).await;
    assert_eq!(guest.hear().await["answer"]["id"], 1);
    assert_eq!(guest.hear().await, Value::Null);
    assert_eq!(std::fs::read_dir(house.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_client_that_does_not_read_does_not_hold_up_closing() {
    let (server, _folder) = house().answering();
    let mut sleeper = Guest::new(&server).await;
    sleeper.watch("status").await;
    for number in 0..50 {
        server.publish(status(&format!("{number} {}", "x".repeat(60_000))));
        tokio::task::yield_now().await;
    }
    let begun = Instant::now();
    soon(server.close()).await;
    assert!(begun.elapsed() < CLOSE_LIMIT * 3, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn run_json_says_where_and_who() {
    let house = house();
    let text = std::fs::read_to_string(house.folder.path().join(RUN_FILE)).unwrap();
    let run: RunFile = serde_json::from_str(&text).unwrap();
    assert_eq!((run.v, run.pid), (1, std::process::id()));
    assert_eq!(Path::new(&run.socket), house.server.socket());
    assert!(
        run.started.ends_with('Z') && run.started.parse::<jiff::Timestamp>().is_ok(),
        "{}",
        run.started
    );
    drop(house.server);
    assert!(!house.folder.path().join(RUN_FILE).exists());
}

#[tokio::test]
async fn a_dead_socket_is_replaced_and_another_file_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("control.sock");
    drop(std::os::unix::net::UnixListener::bind(&socket).unwrap());
    assert!(socket.exists());
    let (server, _asked) = Server::bind(folder.path(), Words::english()).unwrap();
    Guest::new(&server).await;
    drop(server);
    std::fs::write(&socket, "mine").unwrap();
    let refused = Server::bind(folder.path(), Words::english());
    assert!(matches!(refused, Err(PlaceError::InTheWay { .. })), "{refused:?}");
    assert_eq!(std::fs::read_to_string(&socket).unwrap(), "mine");
}

#[tokio::test]
async fn socket_and_files_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let (server, _asked) = Server::bind(&data, Words::english()).unwrap();
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (mode(&data), mode(server.socket()), mode(&data.join(RUN_FILE))),
        (0o700, 0o600, 0o600)
    );
}

/// Only root can become somebody else.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn another_user_is_turned_away_even_through_open_folders() {
    use std::os::unix::fs::PermissionsExt;
    if !rustix::process::geteuid().is_root() {
        println!("skipped: run as root to try another user");
        return;
    }
    let (server, folder) = house().answering();
    let open =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    open(folder.path(), 0o755);
    open(server.socket(), 0o666);
    let socket = server.socket().to_owned();
    let heard = tokio::task::spawn_blocking(move || {
        // This thread alone changes its user; it ends with this closure's process-wide thread pool.
        std::thread::spawn(move || {
            use std::io::{Read, Write};
            let nobody = rustix::process::Uid::from_raw(65534);
            rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            let mut stream = std::os::unix::net::UnixStream::connect(socket).unwrap();
            stream.set_read_timeout(Some(LIMIT)).unwrap();
            let _ = stream.write_all(HELLO.as_bytes());
            let mut heard = Vec::new();
            let _ = stream.read_to_end(&mut heard);
            heard
        })
        .join()
        .unwrap()
    });
    assert_eq!(soon(heard).await.unwrap(), b"", "not even a greeting");
    Guest::new(&server).await;
}
