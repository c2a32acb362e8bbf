//! What must hold for whatever STARFACE, or something in its place, answers.

use super::chat::stream::{Cutter, Piece};
use super::config::{StarfaceConfig, StarfaceSettings};
use super::http::Answer;
use super::oauth::{self, OauthConfig};
use super::rest::redirects::{self, Redirection};
use super::rest::{login, me, phone_config};
use super::uci::calls::Calls;
use super::uci::xml::{self, Response, Value};
use crate::fuzzing::choice;
use offhook_engine::line::LineEvent;
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// A body of REST, as each operation may meet it.
pub fn rest(input: &[u8]) {
    let answer = answer(input);
    assert!(format!("{answer:?}").len() < 60, "the body is hidden");
    if let Ok(challenge) = login::parse_challenge(&answer) {
        let sent = login::prove(&challenge, "0815", &"geheim-4711".into());
        assert!(sent.body.is_some_and(|body| !body.is_empty()), "an answer");
    }
    if let Ok(token) = login::parse_token(&answer) {
        assert_eq!(format!("{token:?}"), "Sensitive", "a token does not show");
    }
    if let Ok(me) = me::parse(&answer) {
        assert_eq!(format!("{me:?}"), "Me(…)", "names do not show");
        assert!(me.names.iter().all(|name| !name.is_empty()));
    }
    if let Ok(config) = phone_config::parse(&answer) {
        let sent = phone_config::write(7, config.clone().with_dnd(!config.dnd()));
        let again = phone_config::parse(&self::answer(sent.body.unwrap_or_default().as_bytes()));
        assert!(
            again.is_ok_and(|again| again.dnd() != config.dnd() && again.with_dnd(config.dnd()) == config),
            "all but do not disturb as it was"
        );
    }
    if let Ok(own) = redirects::parse(&answer) {
        let shows = redirects::forward(&own);
        let prepared = redirects::prepared(&own);
        for wanted in [None, shows, prepared] {
            // Where something would show it, switching makes it show.
            if let Some(changes) = redirects::changes(&own, wanted.as_deref()) {
                let switched = switch(&own, &changes);
                assert_eq!(redirects::forward(&switched), wanted, "what was wanted shows");
            }
        }
    }
}

fn switch(own: &[Redirection], changes: &[&Redirection]) -> Vec<Redirection> {
    let ids: BTreeSet<&str> = changes.iter().map(|one| one.id.as_str()).collect();
    let mut switched = own.to_vec();
    for one in &mut switched {
        one.enabled ^= ids.contains(one.id.as_str());
    }
    switched
}

fn answer(body: &[u8]) -> Answer {
    Answer {
        status: StatusCode::OK,
        headers: HeaderMap::new(),
        body: body.to_vec(),
    }
}

/// An answer of UCI: what was read reads the same when it is written again.
pub fn uci(input: &[u8]) {
    let Ok(Response::Value(value)) = xml::parse(input) else {
        return;
    };
    let first = written(&value);
    let again = match xml::parse(first.as_bytes()) {
        Ok(Response::Value(again)) => Some(written(&again)),
        Ok(Response::Fault(_)) | Err(_) => None,
    };
    assert_eq!(again, Some(first), "written and read again");
}

fn written(value: &Value) -> String {
    let call = xml::call("m", std::slice::from_ref(value));
    let value = call
        .split_once("<params>")
        .and_then(|(_, rest)| rest.rsplit_once("</params>"))
        .map_or("", |(value, _)| value);
    format!("<methodResponse><params>{value}</params></methodResponse>")
}

/// Calls as UCI tells of them: in each line an id and a state; a line of its own that is empty is one more look.
pub fn calls(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut calls = Calls::default();
    let mut up = BTreeSet::new();
    let now = Instant::now();
    for look in text.split("\n\n") {
        let lines: Vec<(&str, &str)> = look
            .lines()
            .map(|line| line.split_once(' ').unwrap_or((line, "")))
            .collect();
        let ids: Vec<String> = lines.iter().map(|(id, _)| (*id).to_owned()).collect();
        let due = calls.due(&ids, Duration::from_secs(5), now).len();
        assert!(due <= ids.len());
        for (id, word) in lines {
            calls.heard(id, word, now);
        }
        for event in calls.news(&ids) {
            match event {
                LineEvent::Call { id, .. } => {
                    assert!(!id.as_str().is_empty(), "a name");
                    up.insert(id);
                }
                LineEvent::Ended { id } => assert!(up.remove(&id), "only what was up ends"),
                LineEvent::Up { .. }
                | LineEvent::Down(_)
                | LineEvent::Snapshot(_)
                | LineEvent::Heartbeat { .. }
                | LineEvent::Reset
                | LineEvent::Dnd { .. }
                | LineEvent::Trouble(_) => {}
            }
        }
        assert!(calls.news(&ids).is_empty(), "the same says nothing new");
        let listed: BTreeSet<_> = calls.snapshot(&ids).into_iter().map(|(id, _)| id).collect();
        assert_eq!(listed, up, "the list says the same");
    }
    let ended = calls.news(&[]).len();
    assert_eq!(ended, up.len(), "all of them end");
}

/// The settings under `[phone]`, one per line.
pub fn settings(input: &[u8]) {
    let (port, input) = choice(input);
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines().map(str::to_owned);
    let mut line = || lines.next().unwrap_or_default();
    let settings = StarfaceSettings {
        host: line(),
        port: u16::from(port),
        tls: line(),
        user: line(),
        login: line(),
        uci: line(),
        oauth_client: line(),
        oauth_scope: line(),
        star_on: line(),
        star_off: line(),
        chat: port % 2 == 1,
        chat_port: u16::from(port),
        chat_domain: line(),
        listen: line(),
    };
    let Ok(config) = StarfaceConfig::parse(&settings) else {
        return;
    };
    assert!(
        config.base.username().is_empty() && config.base.password().is_none(),
        "no login"
    );
    assert!(config.base.has_host() && config.base.path() == "/", "an address");
    let user = settings.user.trim();
    assert!(
        user.len() < 12 || !format!("{config:?}").contains(user),
        "the login does not show"
    );
}

/// The stream of the chat: the same pieces in whatever pieces it comes. The first byte chooses their size.
pub fn chat(input: &[u8]) {
    let (size, bytes) = choice(input);
    let cut = |size: usize| {
        let (mut cutter, mut seen) = (Cutter::default(), Vec::new());
        for bytes in bytes.chunks(size.max(1)) {
            cutter.push(bytes);
            loop {
                match cutter.piece() {
                    Ok(Some(piece)) => seen.push(piece),
                    Ok(None) => break,
                    Err(_) => return (seen, true),
                }
            }
        }
        (seen, false)
    };
    let (whole, pieces) = (cut(bytes.len()), cut(usize::from(size)));
    assert_eq!(whole, pieces, "whole and in pieces");
    let (seen, _) = whole;
    let kept: usize = seen.iter().map(length).sum();
    assert!(kept <= bytes.len(), "no more is kept than came");
    let first = seen.iter().position(|piece| matches!(piece, Piece::Element(_)));
    let open = seen.iter().position(|piece| *piece == Piece::Open);
    let is_behind = first.is_none_or(|first| open.is_some_and(|open| open < first));
    assert!(is_behind, "nothing comes before the stream is open");
}

fn length(piece: &Piece) -> usize {
    match piece {
        Piece::Open | Piece::Close => 0,
        Piece::Element(element) => {
            let inside = element.inside.iter().chain(&element.mechanisms);
            element.name.len()
                + element.id.len()
                + element.kind.len()
                + inside.map(String::len).sum::<usize>()
        }
    }
}

/// An answer to the sign-in by OAuth; the first byte chooses its status.
pub fn oauth(input: &[u8]) {
    let (status, body) = choice(input);
    let statuses = [200, 400, 401, 403, 404, 500];
    let status = statuses[usize::from(status) % statuses.len()];
    let answer = Answer {
        status: StatusCode::from_u16(status).unwrap_or_default(),
        headers: HeaderMap::new(),
        body: body.to_vec(),
    };
    let now = Instant::now();
    match oauth::parse(&answer, now) {
        Ok(Ok(tokens)) => {
            assert_eq!(status, 200, "tokens come with a success alone");
            assert!(
                oauth::bearer(&tokens).is_ok_and(|header| header.is_sensitive()),
                "it fits into a header"
            );
            let life = tokens.due.duration_since(now);
            let day = Duration::from_secs(86_400);
            assert!(
                life >= Duration::from_secs(1) && life < day,
                "asked for anew in time, and not all the time"
            );
            let config = OauthConfig {
                client: "client".into(),
                secret: None,
                scopes: Vec::new(),
            };
            let again = oauth::by_refresh(&config, &tokens);
            let members = again.and_then(|request| request.body).map(|body| {
                let members = url::form_urlencoded::parse(body.as_bytes());
                members.filter(|(name, _)| name == "client_id").count()
            });
            assert!(
                members.is_none_or(|count| count == 1),
                "a token adds nothing to the form"
            );
            let shown = format!("{tokens:?}");
            assert!(shown.len() < 300, "tokens do not show: {shown}");
        }
        Ok(Err(_)) => assert!((400..500).contains(&status), "a refusal says so"),
        Err(_) => {}
    }
}
