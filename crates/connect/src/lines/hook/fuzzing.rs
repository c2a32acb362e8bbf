//! What must hold for whatever another program, or a page in a browser, sends to the hook.

use super::Hook;
use super::event::{Identity, Report, What};
use super::http::{House, serve};
use super::key::KeyFile;
use crate::fuzzing::{FarEnd, choice, wait};
use offhook_engine::line::{LineEvent, SourceId};
use offhook_protocol::CallEvent;
use std::sync::Arc;
use tokio::sync::mpsc;

/// The token of the house that is asked.
const TOKEN: &str = "fuzz-token";
const PORT: u16 = 1;

/// A raw connection: without the token nothing is taken, and what is answered is one of the answers there are.
pub fn http(input: &[u8]) {
    let (piece, sent) = choice(input);
    let mut far = FarEnd::new(sent, usize::from(piece));
    let (events, mut told) = mpsc::unbounded_channel();
    wait(async {
        let Ok(hook) = Hook::new(events) else { return };
        let house = Arc::new(House {
            hook,
            port: PORT,
            token: TOKEN.into(),
        });
        serve(&mut far, house).await;
    });
    let answer = String::from_utf8_lossy(&far.heard);
    let status = answer.get(9..12).unwrap_or_default();
    let known = [
        "204", "400", "401", "403", "404", "405", "408", "413", "414", "415", "429", "431", "505",
    ];
    assert!(
        answer.is_empty() || known.contains(&status),
        "an answer of its own: {status}"
    );
    assert!(
        !answer.to_ascii_lowercase().contains("access-control"),
        "no page may read it"
    );
    let has_token = sent.windows(TOKEN.len()).any(|window| window == TOKEN.as_bytes());
    assert!(has_token || status != "204", "taken without the token");
    let mut calls = 0;
    while let Ok((source, event)) = told.try_recv() {
        match event {
            LineEvent::Call { .. }
            | LineEvent::Ended { .. }
            | LineEvent::Heartbeat { .. }
            | LineEvent::Reset => calls += 1,
            LineEvent::Trouble(_) => assert!(has_token, "a stranger makes no noise"),
            LineEvent::Dnd { .. } => unreachable!("a program has no keys"),
            LineEvent::Up { .. } | LineEvent::Snapshot(_) | LineEvent::Down(_) => {
                assert_eq!(source, Hook::source(), "only the hook speaks for itself");
            }
        }
    }
    assert!(
        calls <= 1 && (calls == 0 || status == "204" || answer.is_empty()),
        "one event, one call"
    );
}

/// An event: it means one call, whose name holds no number.
pub fn event(input: &[u8]) {
    let Ok(event) = serde_json::from_slice::<CallEvent>(input) else {
        return;
    };
    let text = serde_json::to_string(&event).unwrap_or_default();
    assert_eq!(
        serde_json::from_str::<CallEvent>(&text).ok().as_ref(),
        Some(&event),
        "written and read again"
    );
    let Ok(Report { source, what }) = Report::parse(&event) else {
        return;
    };
    assert!(
        !super::event::RESERVED.contains(&source.as_str()),
        "a name of ours"
    );
    let What::Call(_, identity) = what else { return };
    let of_another_number =
        |numbers: &[String]| Identity::Numbers(numbers.iter().map(|_| "7".to_owned()).collect());
    let id = identity.id(&source, b"salt", |_| false);
    match &identity {
        Identity::Given(given) => assert_eq!(&id, given, "the given name"),
        Identity::Numbers(numbers) => {
            assert_eq!(
                format!("{identity:?}"),
                format!("{:?}", of_another_number(numbers)),
                "no number shows"
            );
            let fixed = id.as_str() == "-" || (id.as_str().starts_with("slot-") && id.as_str().len() == 17);
            assert!(fixed, "a name without numbers");
            let elsewhere = identity.id(&SourceId::new("another.source"), b"salt", |_| false);
            assert!(
                numbers.is_empty() || elsewhere != id || source.as_str() == "another.source",
                "one source's slots are its own"
            );
        }
    }
}

/// `hook.json`, as an earlier run or anybody else left it.
pub fn key_file(input: &[u8]) {
    let Some(file) = KeyFile::parse(input) else { return };
    let text = serde_json::to_vec(&KeyFile::new(file.port, &file.token())).unwrap_or_default();
    assert!(
        KeyFile::parse(&text).is_some_and(|again| again.port == file.port),
        "written and read again"
    );
    assert!(file.port != 0, "a port that can be opened again");
}
