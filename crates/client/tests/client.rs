//! The client against a hand-written other side.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use offhook_client::{AskError, Client, ConnectError};
use offhook_protocol::command::{Answer, Command, Event, Watch};
use serde_json::json;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::time::Duration;

const HELLO: &str = "{\"hello\":{\"protocol\":1}}\n";

/// Serves each connection with `talk`, after the client's greeting was read.
fn serve(folder: &Path, talk: fn(&mut dyn Iterator<Item = String>, &UnixStream)) {
    let socket = folder.join("s");
    let listener = UnixListener::bind(&socket).unwrap();
    let run = json!({"v": 1, "socket": socket, "pid": 1, "version": "9", "started": "x"});
    std::fs::write(folder.join("run.json"), run.to_string()).unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            std::thread::spawn(move || {
                let stream = stream.unwrap();
                let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
                assert_eq!(lines.next().unwrap() + "\n", HELLO);
                talk(&mut lines, &stream);
            });
        }
    });
}

fn write(mut stream: &UnixStream, text: &str) {
    let _ = stream.write_all(text.as_bytes());
}

#[test]
fn nothing_there_is_not_running() {
    let folder = tempfile::tempdir().unwrap();
    let not_running = || matches!(Client::connect(folder.path()), Err(ConnectError::NotRunning));
    assert!(not_running(), "an empty folder");
    let long = Client::connect(&folder.path().join("x".repeat(200)));
    assert!(
        matches!(long, Err(ConnectError::NotRunning)),
        "a path too long for a socket"
    );
    drop(UnixListener::bind(folder.path().join("control.sock")).unwrap());
    assert!(not_running(), "a dead socket");
    std::fs::write(
        folder.path().join("run.json"),
        r#"{"v":1,"socket":"/nowhere/s","pid":1,"version":"","started":""}"#,
    )
    .unwrap();
    assert!(not_running(), "a run file that a crash left");
    std::fs::write(folder.path().join("run.json"), "half a fi").unwrap();
    assert!(matches!(Client::connect(folder.path()), Err(ConnectError::Io(_))));
}

#[test]
fn another_version_is_refused_with_the_programs_sentence_or_our_own() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), |_, stream| {
        write(stream, "{\"hello\":{\"protocol\":2}}\n");
        write(
            stream,
            "{\"refused\":{\"id\":0,\"problem\":{\"code\":\"c\",\"sentence\":\"S.\",\"mend\":\"\"}}}\n",
        );
    });
    let Err(ConnectError::Refused(problem)) = Client::connect(folder.path()) else {
        panic!()
    };
    assert_eq!(problem.code, "c");
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), |_, stream| {
        write(stream, "{\"hello\":{\"protocol\":2}}\n")
    });
    let Err(ConnectError::Refused(problem)) = Client::connect(folder.path()) else {
        panic!()
    };
    assert_eq!(problem.code, "protocol-other");
}

#[test]
fn answers_arrive_in_pieces_and_others_are_passed_over() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), |lines, stream| {
        write(stream, HELLO);
        lines.next();
        write(
            stream,
            "{\"answer\":{\"id\":77,\"answer\":\"done\"}}\n{\"answer\":{\"id\":1,",
        );
        write(stream, "\"answer\":{\"version\":{\"version\":\"9\"}}}}\n");
        lines.next();
        write(
            stream,
            "{\"refused\":{\"id\":2,\"problem\":{\"code\":\"c\",\"sentence\":\"S.\",\"mend\":\"\"}}}\n",
        );
        lines.next();
    });
    let mut client = Client::connect(folder.path()).unwrap();
    assert_eq!(
        client.ask(Command::Version).unwrap(),
        Answer::Version { version: "9".into() }
    );
    let Err(AskError::Problem(problem)) = client.ask(Command::Why) else {
        panic!()
    };
    assert_eq!(problem.code, "c");
    assert!(
        matches!(client.ask(Command::Why), Err(AskError::Lost(_))),
        "the other side has gone"
    );
}

#[test]
fn a_late_answer_is_not_taken_for_the_next_one() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), |lines, stream| {
        write(stream, HELLO);
        lines.next();
        lines.next();
        write(stream, "{\"answer\":{\"id\":1,\"answer\":\"done\"}}\n");
        write(
            stream,
            "{\"answer\":{\"id\":2,\"answer\":{\"text\":[\"second\"]}}}\n",
        );
    });
    let mut client = Client::connect(folder.path()).unwrap();
    let Err(AskError::Lost(error)) = client.ask_within(Command::Why, Duration::from_millis(50)) else {
        panic!()
    };
    assert_eq!(error.kind(), std::io::ErrorKind::TimedOut);
    assert_eq!(
        client.ask(Command::Why).unwrap(),
        Answer::Text(vec!["second".into()])
    );
}

#[test]
fn watching_and_asking_go_on_side_by_side_until_closed() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), |lines, stream| {
        write(stream, HELLO);
        for line in &mut *lines {
            let request: serde_json::Value = serde_json::from_str(&line).unwrap();
            write(
                stream,
                &format!("{}\n", json!({"answer": {"id": request["id"], "answer": "done"}})),
            );
            if request["command"]["watch"] == "pages" {
                write(stream, "{\"event\":{\"show\":{\"page\":\"phone\"}}}\n");
            }
        }
    });
    let mut client = Client::connect(folder.path()).unwrap();
    let mut events = client.watch(Watch::Pages).unwrap();
    assert_eq!(
        events.next(),
        Some(Event::Show {
            page: Some("phone".into())
        })
    );
    let closer = events.closer().unwrap();
    let watching = std::thread::spawn(move || events.next());
    assert_eq!(client.ask(Command::Resume).unwrap(), Answer::Done);
    closer.close();
    assert_eq!(watching.join().unwrap(), None);
    assert_eq!(client.ask(Command::Resume).unwrap(), Answer::Done);
}

#[test]
fn a_question_too_long_is_not_sent() {
    let folder = tempfile::tempdir().unwrap();
    serve(folder.path(), |lines, stream| {
        write(stream, HELLO);
        lines.next();
    });
    let mut client = Client::connect(folder.path()).unwrap();
    let long = Command::RulesShow {
        profile: Some("x".repeat(70_000)),
    };
    assert!(matches!(
        client.ask_within(long, Duration::from_millis(100)),
        Err(AskError::Lost(_))
    ));
}
