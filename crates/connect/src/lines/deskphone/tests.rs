use super::calls::Calls;
use super::event::{Malformed, Name, Report, What, of_query};
use super::poly::of_xml;
use super::{DeskphoneConfig, Phone, listener};
use crate::backoff::Backoff;
use crate::port::LineHandle;
use offhook_engine::fault::Code;
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use secrecy::ExposeSecret;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, watch};

const LIMIT: Duration = Duration::from_secs(10);

fn calls() -> Calls {
    Calls::new([1; 16])
}

/// What is up after the queries, as states, and do not disturb.
fn after(queries: &[&str]) -> (Vec<CallState>, bool) {
    let (mut calls, mut up, mut dnd) = (calls(), Vec::<(CallId, CallState)>::new(), false);
    for query in queries {
        for event in calls.on_report("desk", &of_query(query).unwrap()) {
            match event {
                LineEvent::Call { id, state } => {
                    up.retain(|(other, _)| *other != id);
                    up.push((id, state));
                }
                LineEvent::Ended { id } => up.retain(|(other, _)| *other != id),
                LineEvent::Dnd { on } => dnd = on,
                other @ (LineEvent::Up { .. }
                | LineEvent::Snapshot(_)
                | LineEvent::Heartbeat { .. }
                | LineEvent::Reset
                | LineEvent::Down(_)
                | LineEvent::Trouble(_)) => panic!("{other:?}"),
            }
        }
    }
    (up.into_iter().map(|(_, state)| state).collect(), dnd)
}

use CallState::{Connected, Dialling, Held, Ringing};

#[test]
fn a_snom_s_call_from_ringing_to_its_end() {
    let one = "id=3c26700857a8-kx@snom&n=1";
    let steps: &[(&str, &[CallState])] = &[
        ("e=incoming", &[Ringing]),
        ("e=connected", &[Connected]),
        ("e=hold", &[Held]),
        ("e=unhold", &[Connected]),
        ("e=ended", &[]),
    ];
    let mut sent = Vec::new();
    for (event, up) in steps {
        sent.push(format!("{event}&{one}"));
        let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
        assert_eq!(after(&sent).0, *up, "{event}");
    }
}

#[test]
fn a_snom_that_counts_no_calls_any_more_has_none_whatever_was_missed() {
    let missed = ["e=connected&id=a&n=1", "e=connected&id=b&n=2", "e=ended&id=b&n=0"];
    assert_eq!(after(&missed).0, []);
    let one_left = ["e=connected&id=a&n=1", "e=connected&id=b&n=2", "e=ended&id=b&n=1"];
    assert_eq!(after(&one_left).0, [Connected]);
}

#[test]
fn two_calls_of_a_grandstream_are_told_apart_by_their_numbers() {
    let sent = [
        "e=connected&r=0301234",
        "e=hold&r=0301234",
        "e=connected&r=0899",
        "e=ended&r=0899",
    ];
    assert_eq!(after(&sent).0, [Held]);
}

#[test]
fn a_yealink_that_is_idle_has_no_calls() {
    let sent = ["e=connected&id=1", "e=outgoing&id=2", "e=idle"];
    assert_eq!(after(&sent).0, []);
}

#[test]
fn what_a_phone_could_not_put_in_counts_as_missing() {
    let sent = ["e=outgoing&id=$call-id&n=$nr_ongoing_calls", "e=connected&id=&n="];
    assert_eq!(after(&sent).0, [Connected], "one call without a name");
    assert_eq!(after(&[sent[0], sent[1], "e=ended&id=$call-id"]).0, []);
}

#[test]
fn events_with_and_without_a_name_meet() {
    assert_eq!(after(&["e=incoming&id=a", "e=connected"]).0, [Connected]);
    assert_eq!(after(&["e=incoming", "e=connected&id=a"]).0, [Connected]);
    assert_eq!(after(&["e=connected", "e=ended&id=a"]).0, []);
    assert_eq!(after(&["e=connected&id=a", "e=ended"]).0, []);
    let two = ["e=connected&id=a", "e=connected&id=b", "e=ended"];
    assert_eq!(after(&two).0.len(), 2, "which of two is not known");
}

#[test]
fn ends_nobody_knows_are_harmless() {
    assert_eq!(after(&["e=ended&id=x", "e=idle", "e=ended"]).0, []);
    assert_eq!(after(&["e=outgoing&id=a", "e=ended&id=x"]).0, [Dialling]);
}

#[test]
fn do_not_disturb_is_on_while_any_phone_has_it_on() {
    let mut calls = calls();
    let mut press = |phone: &str, query: &str| calls.on_report(phone, &of_query(query).unwrap());
    assert_eq!(press("desk", "e=dnd-on"), [LineEvent::Dnd { on: true }]);
    assert_eq!(press("desk", "e=dnd-on"), []);
    assert_eq!(press("home", "e=dnd-on"), []);
    assert_eq!(press("desk", "e=dnd-off"), []);
    assert_eq!(press("home", "e=dnd-off"), [LineEvent::Dnd { on: false }]);
}

#[test]
fn phones_and_names_say_nothing_in_a_call_s_name() {
    let mut calls = calls();
    let mut name = |phone: &str| {
        let report = of_query("e=connected&r=03012345").unwrap();
        match calls.on_report(phone, &report).pop() {
            Some(LineEvent::Call { id, .. }) => id.as_str().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let (desk, home) = (name("desk"), name("home"));
    assert_ne!(desk, home, "the same number at two phones is two calls");
    assert!(!desk.contains("12345") && !desk.contains("desk"));
}

#[test]
fn a_flood_of_names_comes_to_an_end() {
    let sent: Vec<String> = (0..100).map(|n| format!("e=connected&id={n}")).collect();
    let sent: Vec<&str> = sent.iter().map(String::as_str).collect();
    assert_eq!(after(&sent).0.len(), 16);
}

#[test]
fn what_is_no_report_is_refused() {
    let long = format!("e=connected&id={}", "x".repeat(129));
    let wrong = [
        "",
        "e=",
        "e=$event",
        "e=explode",
        "id=1",
        "e=connected&e=ended",
        "e=connected&id=1&id=2",
        "e=connected&n=-1",
        "e=connected&n=100",
        "e=connected&n=many",
        "e=connected&id=%00",
        "e=connected&id=a%0d%0ab",
        long.as_str(),
    ];
    for query in wrong {
        assert_eq!(of_query(query), Err(Malformed), "{query:?}");
    }
    // What a phone adds of its own does no harm.
    assert!(of_query("e=connected&mac=000413&model=D785").is_ok());
}

fn poly(state: &str, reference: &str) -> String {
    format!(
        "<CallStateChangeEvent CallReference=\"{reference}\" CallState=\"{state}\">\n<PhoneIP>172.24.132.135</PhoneIP>\n\
         <MACAddress>0004f214b89e</MACAddress>\n<CallLineInfo><LineState>Active</LineState><CallInfo>\
         <CallState>Offering</CallState></CallInfo></CallLineInfo>\n</CallStateChangeEvent>"
    )
}

#[test]
fn poly_s_states_bare_and_wrapped() {
    let states = [
        ("Offering", What::State(Ringing)),
        ("Setup", What::State(Dialling)),
        ("RingBack", What::State(Dialling)),
        ("Ringback", What::State(Dialling)),
        ("Connected", What::State(Connected)),
        ("Hold", What::State(Held)),
        ("CallHeld", What::State(Held)),
        ("CallConference", What::State(CallState::Conference)),
        ("Disconnected", What::Ended),
        ("Free", What::Ended),
        ("Dialtone", What::Nothing),
        ("CallRemoteActive", What::Nothing),
        ("Ncas", What::Nothing),
        ("NewWordOfTomorrow", What::Nothing),
    ];
    for (word, what) in states {
        let bare = poly(word, "0x42");
        for body in [
            bare.clone(),
            format!("<?xml version=\"1.0\"?>\n<PolycomIPPhone>\n{bare}\n</PolycomIPPhone>"),
        ] {
            let report = of_xml(body.as_bytes()).unwrap();
            assert_eq!(report.what, what, "{body}");
            assert!(matches!(report.call, Name::Id(_)));
        }
    }
}

#[test]
fn poly_s_other_events_say_nothing_and_other_xml_is_refused() {
    // As the developer's guide has it.
    let incoming = "<PolycomIPPhone><IncomingCallEvent><PhoneIP>172.24.132.135</PhoneIP>\
                    <CallingPartyName>20701</CallingPartyName></IncomingCallEvent></PolycomIPPhone>";
    let nothing = Report {
        what: What::Nothing,
        call: Name::Unsaid,
        ongoing: None,
    };
    assert_eq!(of_xml(incoming.as_bytes()), Ok(nothing));
    let entities = "<!DOCTYPE a [<!ENTITY x \"y\">]><CallStateChangeEvent CallState=\"Connected\"/>";
    for wrong in ["", "hello", "<html/>", "<CallStateChangeEvent/>", "<a", entities] {
        assert_eq!(of_xml(wrong.as_bytes()), Err(Malformed), "{wrong}");
    }
}

struct Desk {
    folder: tempfile::TempDir,
    config: DeskphoneConfig,
    told: mpsc::UnboundedReceiver<(SourceId, LineEvent)>,
    at: SocketAddr,
    _handle: LineHandle,
}

impl Desk {
    async fn open(phones: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = DeskphoneConfig {
            address: "127.0.0.1:0".to_owned(),
            phones: phones.iter().map(|phone| Phone::parse(phone).unwrap()).collect(),
            data_dir: folder.path().to_owned(),
            renewed: 0,
        };
        let (events, told) = mpsc::unbounded_channel();
        let (commands, received) = mpsc::unbounded_channel();
        let (opened, mut at) = watch::channel(None);
        let task = tokio::spawn(listener::run(
            config.clone(),
            listener::Pace::default(),
            events,
            received,
            Arc::new(opened),
        ));
        let at = *tokio::time::timeout(LIMIT, at.wait_for(Option::is_some))
            .await
            .unwrap()
            .unwrap();
        let mut desk = Self {
            folder,
            config,
            told,
            at: at.unwrap(),
            _handle: LineHandle { commands, task },
        };
        assert_eq!(desk.next().await, LineEvent::Up { resyncs: false });
        desk
    }

    async fn next(&mut self) -> LineEvent {
        let (source, event) = tokio::time::timeout(LIMIT, self.told.recv())
            .await
            .expect("an event in time")
            .expect("the source runs");
        assert_eq!(source, SourceId::new("deskphone"));
        event
    }

    fn token(&self, phone: usize) -> String {
        let tokens = self.config.tokens().unwrap();
        tokens[phone].1.expose_secret().to_owned()
    }

    async fn send(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = tokio::time::timeout(LIMIT, stream.read_to_string(&mut answer))
            .await
            .unwrap();
        answer
    }

    async fn get(&self, target: &str) -> String {
        let answer = self
            .send(&format!(
                "GET {target} HTTP/1.1\r\nHost: {}\r\nUser-Agent: phone\r\n\r\n",
                self.at
            ))
            .await;
        answer.get(9..12).unwrap_or("none").to_owned()
    }

    fn nothing_told(&mut self) {
        assert!(self.told.try_recv().is_err());
    }
}

#[tokio::test]
async fn a_call_comes_through_the_door_and_the_answer_is_empty() {
    let mut desk = Desk::open(&["desk"]).await;
    let token = desk.token(0);
    let answer = desk
        .send(&format!(
            "GET /p/{token}?e=connected&id=1 HTTP/1.1\r\nHost: pc\r\n\r\n"
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.ends_with("\r\n\r\n"),
        "nothing for the phone to show: {answer}"
    );
    assert!(matches!(
        desk.next().await,
        LineEvent::Call { state: Connected, .. }
    ));
    let body = poly("Disconnected", "1");
    let length = body.len();
    let answer = desk
        .send(&format!(
            "POST /p/{token} HTTP/1.1\r\nHost: pc\r\nContent-Type: application/x-com-polycom-spipx\r\nContent-Length: {length}\r\n\r\n{body}"
        ))
        .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(matches!(desk.next().await, LineEvent::Ended { .. }));
}

#[tokio::test]
async fn strangers_are_refused_without_a_word() {
    let mut desk = Desk::open(&["desk", "pinned@192.168.77.9"]).await;
    let (token, pinned) = (desk.token(0), desk.token(1));
    let shorter = &token[1..];
    assert_eq!(desk.get("/").await, "404");
    assert_eq!(desk.get("/p/?e=connected").await, "404");
    assert_eq!(desk.get(&format!("/p/{shorter}?e=connected")).await, "404");
    assert_eq!(desk.get(&format!("/p/{token}x?e=connected")).await, "404");
    assert_eq!(desk.get(&format!("/p/{token}/?e=connected")).await, "404");
    assert_eq!(
        desk.get(&format!("/p/{pinned}?e=connected")).await,
        "404",
        "from another address"
    );
    assert_eq!(
        desk.get(&format!("/p/{token}?e=connected&x={}", "y".repeat(1100)))
            .await,
        "414"
    );
    let page =
        format!("GET /p/{token}?e=connected HTTP/1.1\r\nHost: pc\r\nOrigin: https://evil.example\r\n\r\n");
    assert!(desk.send(&page).await.starts_with("HTTP/1.1 403 "));
    let put = format!("PUT /p/{token}?e=connected HTTP/1.1\r\nHost: pc\r\n\r\n");
    assert!(desk.send(&put).await.starts_with("HTTP/1.1 405 "));
    let long = format!("POST /p/{token} HTTP/1.1\r\nHost: pc\r\nContent-Length: 9000\r\n\r\n");
    assert!(desk.send(&long).await.starts_with("HTTP/1.1 413 "));
    let body = "x".repeat(9000);
    let chunked = format!(
        "POST /p/{token} HTTP/1.1\r\nHost: pc\r\nTransfer-Encoding: chunked\r\n\r\n2328\r\n{body}\r\n0\r\n\r\n"
    );
    assert!(desk.send(&chunked).await.starts_with("HTTP/1.1 413 "));
    desk.nothing_told();
}

#[tokio::test]
async fn what_is_not_understood_is_told_once_with_the_phone_s_name() {
    let mut desk = Desk::open(&["desk"]).await;
    let token = desk.token(0);
    assert_eq!(desk.get(&format!("/p/{token}?e=what")).await, "400");
    assert_eq!(desk.get(&format!("/p/{token}")).await, "400");
    let LineEvent::Trouble(fault) = desk.next().await else {
        panic!("a trouble");
    };
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::DeskphoneNotUnderstood, Some("desk"))
    );
    desk.nothing_told();
}

#[tokio::test]
async fn a_flood_is_cut_and_another_phone_is_still_heard() {
    let mut desk = Desk::open(&["desk", "home"]).await;
    let (token, other) = (desk.token(0), desk.token(1));
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(desk.get(&format!("/p/{token}?e=connected&id=1")).await);
        if statuses.last().is_some_and(|status| status == "429") {
            break;
        }
    }
    assert_eq!(statuses.last().map(String::as_str), Some("429"));
    assert_eq!(desk.get(&format!("/p/{other}?e=connected&id=1")).await, "200");
    let mut flood = false;
    while let Ok((_, event)) = desk.told.try_recv() {
        flood |= matches!(event, LineEvent::Trouble(fault) if fault.code == Code::DeskphoneFlood);
    }
    assert!(flood);
}

#[tokio::test]
async fn new_addresses_shut_the_old_ones_out() {
    let desk = Desk::open(&["desk"]).await;
    let before = desk.token(0);
    desk.config.renew().unwrap();
    assert_ne!(desk.token(0), before);
    let access = super::addresses::all(&desk.config).unwrap();
    let text = serde_json::to_string(&access).unwrap();
    assert!(text.contains(&desk.token(0)) && !text.contains(&before));
    assert!(
        !format!("{access:?}").contains(&desk.token(0)),
        "a log shows no token"
    );
    assert!(desk.folder.path().join("deskphones.json").exists());
}

#[tokio::test]
async fn every_address_that_is_shown_is_understood() {
    let desk = Desk::open(&["desk"]).await;
    let access = super::addresses::all(&desk.config).unwrap();
    for make in &access.phones[0].makes {
        for entry in &make.entries {
            assert!(entry.value.0.len() <= 255, "fits into a phone's field");
            let Some((_, query)) = entry.value.0.split_once('?') else {
                assert_eq!(make.make, "poly", "{entry:?}");
                continue;
            };
            assert!(of_query(query).is_ok(), "{query}");
        }
    }
}

#[tokio::test]
async fn a_door_that_can_t_be_opened_is_said_once_and_tried_again() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = DeskphoneConfig {
        address: taken.local_addr().unwrap().to_string(),
        phones: vec![Phone::parse("desk").unwrap()],
        data_dir: folder.path().to_owned(),
        renewed: 0,
    };
    let (events, mut told) = mpsc::unbounded_channel();
    let (commands, received) = mpsc::unbounded_channel();
    let quick = listener::Pace {
        again: Backoff::new(Duration::from_millis(10), Duration::from_millis(20)),
    };
    let task = tokio::spawn(listener::run(config, quick, events, received, Arc::default()));
    let _handle = LineHandle { commands, task };
    let (_, first) = tokio::time::timeout(LIMIT, told.recv()).await.unwrap().unwrap();
    let LineEvent::Down(fault) = first else {
        panic!("{first:?}")
    };
    assert_eq!(fault.code, Code::DeskphoneNotOpened);
    drop(taken);
    let (_, second) = tokio::time::timeout(LIMIT, told.recv()).await.unwrap().unwrap();
    assert_eq!(second, LineEvent::Up { resyncs: false });
}

#[test]
fn a_phone_has_a_plain_name_and_perhaps_an_address() {
    for right in ["desk", "d-1.2_X", "desk@192.168.1.20", "desk@fe80::1"] {
        assert!(Phone::parse(right).is_some(), "{right}");
    }
    let long = "x".repeat(33);
    for wrong in [
        "",
        "@192.168.1.20",
        "desk@",
        "desk@there",
        "de sk",
        "büro",
        "a/b",
        long.as_str(),
    ] {
        assert!(Phone::parse(wrong).is_none(), "{wrong}");
    }
}
