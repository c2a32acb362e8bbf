//! The hook: events, and each rule of the HTTP door as an attack that fails.

use super::http::bind_to;
use super::*;
use crate::lines::door;
use offhook_engine::line::CallId;
use serde_json::{Value, json};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

type Told = mpsc::UnboundedReceiver<(SourceId, LineEvent)>;

fn hook() -> (Hook, Told) {
    let (events, mut told) = mpsc::unbounded_channel();
    let hook = Hook::new(events).unwrap();
    assert_eq!(
        told.try_recv().unwrap(),
        (Hook::source(), LineEvent::Up { resyncs: false })
    );
    (hook, told)
}

fn event(more: Value) -> CallEvent {
    let mut all = json!({"v": 1, "event": "newCall", "source": "microsip", "callId": "1"});
    for (key, value) in more.as_object().unwrap() {
        all[key] = value.clone();
    }
    serde_json::from_value(all).unwrap()
}

fn nameless(more: Value) -> CallEvent {
    CallEvent {
        call_id: None,
        ..event(more)
    }
}

fn told_ids(told: &mut Told) -> Vec<CallId> {
    std::iter::from_fn(|| told.try_recv().ok())
        .map(|(_, event)| match event {
            LineEvent::Call { id, .. } | LineEvent::Ended { id } | LineEvent::Heartbeat { id } => id,
            other @ (LineEvent::Up { .. }
            | LineEvent::Snapshot(_)
            | LineEvent::Reset
            | LineEvent::Down(_)
            | LineEvent::Dnd { .. }
            | LineEvent::Trouble(_)) => panic!("{other:?}"),
        })
        .collect()
}

#[test]
fn each_event_says_what_it_says() {
    let (hook, mut told) = hook();
    let id = CallId::new("1");
    let call = |state| LineEvent::Call {
        id: id.clone(),
        state,
    };
    for (kind, more, expected) in [
        ("newCall", json!({"direction": "in"}), call(CallState::Ringing)),
        ("newCall", json!({"direction": "out"}), call(CallState::Dialling)),
        ("newCall", json!({}), call(CallState::Ringing)),
        ("answer", json!({}), call(CallState::Connected)),
        ("hold", json!({}), call(CallState::Held)),
        ("resume", json!({}), call(CallState::Connected)),
        ("heartbeat", json!({}), LineEvent::Heartbeat { id: id.clone() }),
        ("hangup", json!({}), LineEvent::Ended { id: id.clone() }),
        (
            "hangup",
            json!({"callId": "1"}),
            LineEvent::Ended { id: id.clone() },
        ),
        ("reset", json!({}), LineEvent::Reset),
    ] {
        let mut more = more;
        more["event"] = kind.into();
        hook.report(&event(more)).unwrap();
        assert_eq!(
            told.try_recv().unwrap(),
            (SourceId::new("microsip"), expected),
            "{kind}"
        );
    }
}

#[test]
fn what_is_wrong_is_named_and_not_taken() {
    let long = |length| "x".repeat(length);
    for (field, more) in [
        ("v", json!({"v": 2})),
        ("v", json!({"v": 0})),
        ("source", json!({"source": ""})),
        ("source", json!({"source": long(65)})),
        ("source", json!({"source": "a b"})),
        ("source", json!({"source": "ä"})),
        ("source", json!({"source": "../x"})),
        ("source", json!({"source": "-x"})),
        ("source", json!({"source": "a\nb"})),
        ("source", json!({"source": "phone"})),
        ("source", json!({"source": "Baresip"})),
        ("source", json!({"source": "hook"})),
        ("callId", json!({"callId": ""})),
        ("callId", json!({"callId": long(129)})),
        ("callId", json!({"callId": "a\u{7}"})),
        ("from", json!({"from": long(129)})),
        ("to", json!({"to": "1\n2"})),
        ("at", json!({"at": long(65)})),
    ] {
        let (hook, mut told) = hook();
        let fault = hook.report(&event(more.clone())).unwrap_err();
        assert_eq!(
            (fault.code, fault.detail.as_deref()),
            (Code::HookMalformed, Some(field)),
            "{more}"
        );
        let expected = (Hook::source(), LineEvent::Trouble(fault));
        assert_eq!(told.try_recv().ok(), Some(expected), "{more}");
        assert!(told.try_recv().is_err());
    }
    let (hook, _told) = hook();
    for fine in [
        json!({"source": long(64)}),
        json!({"source": "A.b_c-9"}),
        json!({"callId": long(128)}),
        json!({"from": "", "to": "sip:ä@example.net", "at": "yesterday"}),
    ] {
        hook.report(&event(fine.clone()))
            .unwrap_or_else(|fault| panic!("{fine}: {fault:?}"));
    }
}

#[test]
fn without_a_call_id_one_slot_per_source_and_number() {
    let (hook, mut told) = hook();
    for more in [
        json!({"direction": "in", "from": "+49 30 1234", "to": "10"}),
        json!({"event": "answer", "from": "+49301234"}),
        json!({"event": "answer", "direction": "in", "from": "+49301235"}),
        json!({"event": "answer", "source": "other", "from": "+49301234"}),
        json!({"event": "hangup"}),
        json!({"event": "hangup", "from": ""}),
    ] {
        hook.report(&nameless(more)).unwrap();
    }
    let ids = told_ids(&mut told);
    assert_eq!(ids[0], ids[1], "the same number");
    assert_ne!(ids[0], ids[2], "another number");
    assert_ne!(ids[0], ids[3], "another source");
    assert_eq!((ids[4].as_str(), ids[5].as_str()), ("-", "-"));
}

#[test]
fn the_other_party_is_meant_also_when_the_direction_is_left_out_later() {
    let (hook, mut told) = hook();
    hook.report(&nameless(
        json!({"direction": "out", "from": "10", "to": "+49301"}),
    ))
    .unwrap();
    hook.report(&nameless(
        json!({"event": "hangup", "from": "10", "to": "+49301"}),
    ))
    .unwrap();
    let ids = told_ids(&mut told);
    assert_eq!(ids[0], ids[1]);
}

#[test]
fn numbers_leave_no_trace() {
    let (hook, mut told) = hook();
    let number = "4930123456";
    hook.report(&nameless(json!({"from": number}))).unwrap();
    let seen = format!("{:?} {:?}", told.try_recv().unwrap(), hook);
    assert!(!seen.contains(number), "{seen}");
    let (again, mut told_again) = self::hook();
    hook.report(&nameless(json!({"from": number}))).unwrap();
    again.report(&nameless(json!({"from": number}))).unwrap();
    assert_ne!(
        told_ids(&mut told),
        told_ids(&mut told_again),
        "salted anew in every run"
    );
}

#[test]
fn a_flood_is_refused_and_told_once_a_minute() {
    let (hook, mut told) = hook();
    let start = Instant::now();
    let flood = |at| {
        (0..30)
            .filter(|_| hook.report_at(&event(json!({})), at).is_err())
            .count()
    };
    assert_eq!(flood(start), 20);
    assert_eq!(flood(start + Duration::from_secs(2)), 20);
    assert_eq!(flood(start + Duration::from_secs(61)), 20);
    let troubles: Vec<_> = std::iter::from_fn(|| told.try_recv().ok())
        .filter_map(|(source, event)| match event {
            LineEvent::Trouble(fault) => Some((source, fault.code, fault.detail)),
            LineEvent::Call { .. } => None,
            LineEvent::Up { .. }
            | LineEvent::Snapshot(_)
            | LineEvent::Ended { .. }
            | LineEvent::Heartbeat { .. }
            | LineEvent::Reset
            | LineEvent::Dnd { .. }
            | LineEvent::Down(_) => panic!("{event:?}"),
        })
        .collect();
    let one = (Hook::source(), Code::HookFlood, Some("microsip".to_owned()));
    assert_eq!(troubles, [one.clone(), one]);
}

#[test]
fn the_thirty_third_live_call_is_refused_until_one_ends() {
    let (hook, _told) = hook();
    let start = Instant::now();
    let at = |number: u32| start + Duration::from_secs(number.into());
    let call = |kind: &str, id: u32| event(json!({"event": kind, "callId": id.to_string()}));
    for number in 0..32 {
        hook.report_at(&call("newCall", number), at(number)).unwrap();
    }
    assert_eq!(
        hook.report_at(&call("newCall", 32), at(40)).unwrap_err().code,
        Code::HookFlood
    );
    hook.report_at(&call("hangup", 5), at(41)).unwrap();
    hook.report_at(&call("newCall", 32), at(42)).unwrap();
    hook.report_at(&call("reset", 0), at(43)).unwrap();
    hook.report_at(&call("newCall", 99), at(44)).unwrap();
}

// ---- the HTTP door ----

struct Door {
    listener: Listener,
    told: Told,
    folder: tempfile::TempDir,
    token: String,
}

#[derive(Debug)]
struct Answered {
    status: u16,
    head: String,
    body: String,
}

const EVENT: &str = r#"{"v":1,"event":"answer","source":"s","callId":"1"}"#;

async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), what)
        .await
        .expect("in time")
}

impl Door {
    async fn open() -> Self {
        let (hook, told) = hook();
        let folder = tempfile::tempdir().unwrap();
        let listener = Listener::open(folder.path(), hook).await.unwrap();
        let token = key_file(folder.path())["token"].as_str().unwrap().to_owned();
        Self {
            listener,
            told,
            folder,
            token,
        }
    }

    /// A request with the right headers, each replaced by what `change` names; an empty value leaves it out.
    fn request(&self, first: &str, change: &[(&str, &str)], body: &str) -> String {
        let mut headers = vec![
            ("Host", format!("127.0.0.1:{}", self.listener.port())),
            ("Authorization", format!("Bearer {}", self.token)),
            ("Content-Type", "application/json".to_owned()),
            ("Content-Length", body.len().to_string()),
        ];
        for (name, value) in change {
            headers.retain(|(known, _)| known != name);
            if !value.is_empty() {
                headers.push((name, (*value).to_owned()));
            }
        }
        let head: String = headers
            .iter()
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        format!("{first} HTTP/1.1\r\n{head}\r\n{body}")
    }

    async fn send(&self, request: &str) -> Answered {
        let mut stream = TcpStream::connect(("127.0.0.1", self.listener.port()))
            .await
            .unwrap();
        let _ = stream.write_all(request.as_bytes()).await;
        hear(stream).await
    }

    async fn post(&self, change: &[(&str, &str)], body: &str) -> Answered {
        self.send(&self.request("POST /v1/call", change, body)).await
    }

    /// Refused with that status, with not one word more, and without effect.
    async fn is_shut(&mut self, status: u16, first: &str, change: &[(&str, &str)]) {
        let answered = self.send(&self.request(first, change, EVENT)).await;
        assert_eq!(
            (answered.status, answered.body.as_str()),
            (status, ""),
            "{first} {change:?}"
        );
        assert!(
            !answered.head.to_lowercase().contains("access-control"),
            "{}",
            answered.head
        );
        assert!(self.told.try_recv().is_err(), "{first} {change:?} had an effect");
    }

    async fn is_open(&mut self, change: &[(&str, &str)]) {
        let answered = self.post(change, EVENT).await;
        assert_eq!((answered.status, answered.body.as_str()), (204, ""), "{change:?}");
        self.told.try_recv().expect("told");
    }

    fn port(&self) -> u16 {
        self.listener.port()
    }
}

async fn hear(mut stream: TcpStream) -> Answered {
    let mut bytes = Vec::new();
    // A reset after the answer is no matter: it comes when more was sent than was read.
    let _ = soon(stream.read_to_end(&mut bytes)).await;
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head
        .split(' ')
        .nth(1)
        .and_then(|status| status.parse().ok())
        .unwrap_or(0);
    Answered {
        status,
        head: head.into(),
        body: body.into(),
    }
}

fn key_file(folder: &std::path::Path) -> Value {
    serde_json::from_slice(&std::fs::read(folder.join("hook.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn http_a_right_request_is_taken_without_a_word() {
    let mut door = Door::open().await;
    let answered = door.post(&[], EVENT).await;
    assert_eq!((answered.status, answered.body.as_str()), (204, ""));
    let expected = LineEvent::Call {
        id: CallId::new("1"),
        state: CallState::Connected,
    };
    assert_eq!(door.told.try_recv().unwrap(), (SourceId::new("s"), expected));
}

#[tokio::test]
async fn http_listens_on_loopback_only() {
    let door = Door::open().await;
    // An address of this machine that is not the one listened on: 0.0.0.0 would answer here.
    let elsewhere = TcpStream::connect(("127.0.0.2", door.port())).await;
    assert_eq!(
        elsewhere.unwrap_err().kind(),
        std::io::ErrorKind::ConnectionRefused
    );
}

#[tokio::test]
async fn http_localhost_leads_here_whichever_address_it_is_and_one_is_enough() {
    let mut door = Door::open().await;
    let port = door.port();
    assert_eq!(
        door.listener.address(),
        SocketAddr::from((Ipv4Addr::LOCALHOST, port))
    );
    let host = format!("localhost:{port}");
    for address in [Ipv4Addr::LOCALHOST.into(), IpAddr::from(Ipv6Addr::LOCALHOST)] {
        let mut stream = TcpStream::connect((address, port)).await.unwrap();
        let request = door.request("POST /v1/call", &[("Host", &host)], EVENT);
        stream.write_all(request.as_bytes()).await.unwrap();
        assert_eq!(hear(stream).await.status, 204, "{address}");
        let (_, told) = soon(door.told.recv()).await.unwrap();
        assert!(matches!(told, LineEvent::Call { .. }), "{told:?}");
    }
    // A machine without IPv4: here an address that is nobody's (RFC 5737).
    let nobody = IpAddr::from(Ipv4Addr::new(192, 0, 2, 1));
    let alone = bind_to([nobody, Ipv6Addr::LOCALHOST.into()], 0).await.unwrap();
    assert_eq!(
        (alone.listeners.len(), alone.address.ip()),
        (1, Ipv6Addr::LOCALHOST.into())
    );
    // A port that somebody has taken is not the same as no address.
    let taken = bind_to([Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()], port).await;
    assert_eq!(taken.unwrap_err().kind(), std::io::ErrorKind::AddrInUse);
}

#[tokio::test]
async fn http_host_must_be_ours_against_rebinding() {
    let mut door = Door::open().await;
    let port = door.port();
    for name in ["127.0.0.1", "localhost", "[::1]"] {
        door.is_open(&[("Host", name)]).await;
        door.is_open(&[("Host", &format!("{name}:{port}"))]).await;
    }
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1.evil.example:{port}"),
        format!("localhost.evil.example:{port}"),
        format!("evil.example@127.0.0.1:{port}"),
        format!("127.0.0.1:{}", port ^ 1),
        "127.0.0.1:".to_owned(),
        format!("127.1:{port}"),
        format!("0.0.0.0:{port}"),
        format!("::1:{port}"),
        format!("LOCALHOST:{port}"),
        format!("localhost.:{port}"),
        String::new(),
    ] {
        door.is_shut(403, "POST /v1/call", &[("Host", &host)]).await;
    }
}

#[tokio::test]
async fn http_two_hosts_or_a_foreign_request_line_are_refused() {
    let mut door = Door::open().await;
    let ours = format!("127.0.0.1:{}", door.port());
    door.is_shut(403, "POST /v1/call", &[("X", &format!("1\r\nHost: {ours}"))])
        .await;
    door.is_shut(403, "POST http://evil.example/v1/call", &[]).await;
    door.is_shut(403, "POST http://evil.example/v1/call", &[("Host", &ours)])
        .await;
}

#[tokio::test]
async fn http_any_origin_is_refused() {
    let mut door = Door::open().await;
    let own = format!("http://127.0.0.1:{}", door.port());
    for origin in [
        "https://evil.example",
        "null",
        "http://localhost",
        "file://",
        own.as_str(),
    ] {
        door.is_shut(403, "POST /v1/call", &[("Origin", origin)]).await;
    }
}

#[tokio::test]
async fn http_sec_fetch_site_of_a_page_is_refused() {
    let mut door = Door::open().await;
    for site in ["cross-site", "same-site", "same-origin", "Cross-Site"] {
        door.is_shut(403, "POST /v1/call", &[("Sec-Fetch-Site", site)])
            .await;
    }
    door.is_open(&[("Sec-Fetch-Site", "none")]).await;
}

#[tokio::test]
async fn http_options_is_refused_without_cors_headers() {
    let mut door = Door::open().await;
    door.is_shut(403, "OPTIONS /v1/call", &[]).await;
    door.is_shut(
        403,
        "OPTIONS /v1/call",
        &[("Access-Control-Request-Method", "POST")],
    )
    .await;
    door.is_shut(403, "OPTIONS *", &[]).await;
}

#[tokio::test]
async fn http_no_other_method_has_an_effect() {
    let mut door = Door::open().await;
    for method in ["GET", "HEAD", "PUT", "DELETE", "PATCH", "post", "QUERY"] {
        door.is_shut(405, &format!("{method} /v1/call"), &[]).await;
    }
    let answered = door.send(&door.request("GET /v1/call", &[], "")).await;
    assert!(
        answered.head.to_lowercase().contains("allow: post"),
        "{}",
        answered.head
    );
}

#[tokio::test]
async fn http_no_other_path_exists() {
    let mut door = Door::open().await;
    let with_token = format!("/v1/call?token={}", door.token);
    for path in [
        "/",
        "/v1/call/",
        "/v1/call?x=1",
        "/v1//call",
        "/v1/status",
        "/V1/call",
        with_token.as_str(),
    ] {
        door.is_shut(404, &format!("POST {path}"), &[]).await;
    }
}

#[tokio::test]
async fn http_the_token_is_demanded_without_detail() {
    let mut door = Door::open().await;
    let token = door.token.clone();
    let mut flipped = token.clone();
    flipped.replace_range(..1, if token.starts_with('A') { "B" } else { "A" });
    for given in [
        String::new(),
        "Bearer".into(),
        "Bearer ".into(),
        token.clone(),
        format!("Basic {token}"),
        format!("Bearer {flipped}"),
        format!("Bearer {}", &token[1..]),
        format!("Bearer {token}x"),
        format!("Bearer  {token}"),
        format!("Bearer {}", token.to_lowercase()),
        format!("Bearer {token}\r\nAuthorization: Bearer {token}"),
    ] {
        door.is_shut(401, "POST /v1/call", &[("Authorization", &given)])
            .await;
    }
    door.is_open(&[("Authorization", &format!("bearer {token}"))])
        .await;
}

#[tokio::test]
async fn http_only_json_is_read() {
    let mut door = Door::open().await;
    for kind in [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonx",
        "json",
    ] {
        door.is_shut(415, "POST /v1/call", &[("Content-Type", kind)])
            .await;
    }
    for kind in [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/json ;x",
    ] {
        door.is_open(&[("Content-Type", kind)]).await;
    }
}

#[tokio::test]
async fn http_a_body_over_8_kib_is_refused_declared_or_not() {
    let mut door = Door::open().await;
    let padded = |length: usize| format!("{EVENT}{}", " ".repeat(length - EVENT.len()));
    assert_eq!(door.post(&[], &padded(8 * 1024)).await.status, 204);
    door.told.try_recv().unwrap();
    assert_eq!(door.post(&[], &padded(8 * 1024 + 1)).await.status, 413);
    assert_eq!(
        door.post(&[("Content-Length", "99999999999")], "").await.status,
        413
    );
    let chunk = padded(5 * 1024);
    let chunks = format!("{:x}\r\n{chunk}\r\n", chunk.len()).repeat(2) + "0\r\n\r\n";
    let lies = [("Content-Length", ""), ("Transfer-Encoding", "chunked")];
    assert_eq!(door.post(&lies, &chunks).await.status, 413);
    assert!(door.told.try_recv().is_err());
}

#[tokio::test]
async fn http_an_endless_head_is_refused() {
    let mut door = Door::open().await;
    let many: String = (0..100).map(|number| format!("X-{number}: 1\r\n")).collect();
    let answered = door.send(&format!("POST /v1/call HTTP/1.1\r\n{many}\r\n")).await;
    assert_eq!(answered.status, 431);
    let answered = door
        .send(&format!(
            "POST /v1/call HTTP/1.1\r\nX: {}\r\n\r\n",
            "x".repeat(40_000)
        ))
        .await;
    assert!([0, 431].contains(&answered.status), "{answered:?}");
    assert!(door.told.try_recv().is_err());
}

#[tokio::test]
async fn http_a_malformed_event_is_named_by_its_field() {
    let mut door = Door::open().await;
    for (body, field) in [
        ("", "json"),
        ("{", "json"),
        ("[]", "json"),
        ("{}", "v"),
        (r#"{"v":"1","event":"answer","source":"s"}"#, "v"),
        (r#"{"v":1,"event":"ring","source":"s"}"#, "event"),
        (r#"{"v":1,"source":"s"}"#, "event"),
        (r#"{"v":1,"event":"answer"}"#, "source"),
        (r#"{"v":1,"event":"answer","source":"s","callId":7}"#, "callId"),
        (
            r#"{"v":1,"event":"answer","source":"s","direction":"up"}"#,
            "direction",
        ),
        (r#"{"v":1,"event":"answer","source":"s","from":4930}"#, "from"),
        (r#"{"v":1,"event":"answer","source":"s","extra":1}"#, "json"),
        (r#"{"v":2,"event":"answer","source":"s"}"#, "v"),
        (r#"{"v":1,"event":"answer","source":"phone"}"#, "source"),
    ] {
        let answered = door.post(&[], body).await;
        let expected = json!({"code": "hook-malformed", "field": field}).to_string();
        assert_eq!((answered.status, answered.body), (400, expected), "{body}");
    }
    let troubles = std::iter::from_fn(|| door.told.try_recv().ok()).count();
    assert_eq!(troubles, 1, "told once a minute");
}

#[tokio::test]
async fn http_a_flood_gets_429() {
    let mut door = Door::open().await;
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(door.post(&[], EVENT).await);
    }
    let last = statuses
        .iter()
        .find(|answered| answered.status != 204)
        .expect("a refusal");
    assert_eq!(
        (last.status, last.body.as_str()),
        (429, r#"{"code":"hook-flood"}"#)
    );
    assert!(
        last.head.to_lowercase().contains("retry-after: 1"),
        "{}",
        last.head
    );
    assert!(std::iter::from_fn(|| door.told.try_recv().ok()).count() <= 30);
}

#[tokio::test]
async fn http_slow_heads_and_bodies_are_ended() {
    let door = Door::open().await;
    let whole = door.request("POST /v1/call", &[], EVENT);
    let (half_head, half_body) = (&whole[..20], &whole[..whole.len() - 5]);
    let begun = Instant::now();
    let mut slow = Vec::new();
    for start in [half_head, half_body] {
        let mut stream = TcpStream::connect(("127.0.0.1", door.port())).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        slow.push(stream);
    }
    let body = hear(slow.pop().unwrap()).await;
    let head = hear(slow.pop().unwrap()).await;
    assert_eq!(body.status, 408);
    assert!([0, 408].contains(&head.status), "{head:?}");
    assert!(begun.elapsed() < door::READ_LIMIT * 3);
}

#[tokio::test]
async fn http_too_many_connections_are_closed_and_those_inside_go_on() {
    let mut door = Door::open().await;
    let mut inside = Vec::new();
    for _ in 0..door::MAX_CONNECTIONS {
        let mut stream = TcpStream::connect(("127.0.0.1", door.port())).await.unwrap();
        stream.write_all(b"POST ").await.unwrap();
        inside.push(stream);
    }
    assert_eq!(door.post(&[], EVENT).await.status, 0);
    let whole = door.request("POST /v1/call", &[], EVENT);
    let mut last = inside.pop().unwrap();
    last.write_all(&whole.as_bytes()[5..]).await.unwrap();
    assert_eq!(hear(last).await.status, 204);
    door.told.try_recv().unwrap();
}

#[tokio::test]
async fn http_one_request_per_connection() {
    let mut door = Door::open().await;
    let twice = door.request("POST /v1/call", &[], EVENT).repeat(2);
    let answered = door.send(&twice).await;
    assert_eq!(answered.status, 204);
    door.told.try_recv().unwrap();
    assert!(door.told.try_recv().is_err());
}

#[tokio::test]
async fn the_key_file_is_private_and_has_256_random_bits() {
    use base64::Engine as _;
    let door = Door::open().await;
    let file = key_file(door.folder.path());
    assert_eq!(file, json!({"v": 1, "port": door.port(), "token": door.token}));
    let bits = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(&door.token)
        .unwrap()
        .len()
        * 8;
    assert_eq!(bits, 256);
    assert_ne!(door.token, Door::open().await.token);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(door.folder.path().join("hook.json"))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[tokio::test]
async fn port_and_token_stay_over_a_restart_and_change_together() {
    let door = Door::open().await;
    let Door { listener, folder, .. } = door;
    let first = key_file(folder.path());
    drop(listener);
    let reopen = async || {
        // The closed listener's port is free once its task has ended.
        tokio::task::yield_now().await;
        Listener::open(folder.path(), hook().0).await.unwrap()
    };
    let listener = reopen().await;
    assert_eq!(key_file(folder.path()), first);
    drop(listener);
    tokio::task::yield_now().await;

    let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
    let squatter = std::net::TcpListener::bind(("127.0.0.1", port)).unwrap();
    let listener = reopen().await;
    let second = key_file(folder.path());
    assert_ne!(second["port"], first["port"]);
    assert_ne!(
        second["token"], first["token"],
        "who took the port may have been sent the token"
    );
    drop((listener, squatter));

    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.path().join("hook.json");
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
        let _listener = reopen().await;
        assert_ne!(
            key_file(folder.path())["token"],
            second["token"],
            "others could read it"
        );
    }
    std::fs::write(folder.path().join("hook.json"), "half a fi").unwrap();
    let _listener = reopen().await;
    assert_eq!(key_file(folder.path())["v"], 1);
}

#[tokio::test]
async fn a_reset_shuts_out_the_old_token() {
    let mut door = Door::open().await;
    let old = door.token.clone();
    door.listener.reset_token().await.unwrap();
    door.token = key_file(door.folder.path())["token"].as_str().unwrap().to_owned();
    assert_ne!(old, door.token);
    door.is_shut(
        401,
        "POST /v1/call",
        &[("Authorization", &format!("Bearer {old}"))],
    )
    .await;
    door.is_open(&[]).await;
}
