use super::double::{Double, Reply, reply, with_header};
use super::*;
use offhook_engine::fault::{Code, Fault, FaultKind};
use secrecy::ExposeSecret;
use std::sync::Mutex;
use std::time::Instant;

const CLIENT: &str = "00000000-1111-2222-3333-444444444444";
const OID: &str = "aaaaaaaa-0000-1111-2222-bbbbbbbbbbbb";
const FIVE_MINUTES: Duration = Duration::from_secs(300);

fn graph(double: &Double) -> Graph {
    Graph::new(crate::net::client().unwrap(), double.base.clone(), CLIENT.into())
}

fn token() -> SecretString {
    SecretString::from("secret-token")
}

#[tokio::test]
async fn a_read_carries_the_token_and_a_request_id() {
    let double = Double::start([reply("200 OK", r#"{"availability":"Busy","activity":"InACall"}"#)]).await;
    let presence = graph(&double).read_presence(&token()).await.unwrap();
    assert_eq!(presence, Presence::new("busy", "inacall"));
    let asked = double.asked().remove(0);
    assert!(asked.starts_with("GET /v1.0/me/presence HTTP/1.1\r\n"), "{asked}");
    assert!(
        asked.contains("authorization: Bearer secret-token\r\n"),
        "{asked}"
    );
    assert!(asked.contains("client-request-id: "), "{asked}");
}

#[tokio::test]
async fn any_2xx_is_success() {
    let double = Double::start([
        reply("200 OK", ""),
        with_header("204 No Content", "request-id: 1", ""),
        reply("202 Accepted", "whatever"),
        reply("200 OK", ""),
    ])
    .await;
    let graph = graph(&double);
    graph
        .set_session(&token(), SessionPair::BusyInACall, FIVE_MINUTES)
        .await
        .unwrap();
    graph.clear_session(&token()).await.unwrap();
    graph
        .set_preferred(&token(), PreferredPair::Away, FIVE_MINUTES)
        .await
        .unwrap();
    graph.clear_preferred(&token()).await.unwrap();
    assert_eq!(
        double.lines(),
        [
            "POST /v1.0/me/presence/setPresence",
            "POST /v1.0/me/presence/clearPresence",
            "POST /v1.0/me/presence/setUserPreferredPresence",
            "POST /v1.0/me/presence/clearUserPreferredPresence",
        ]
    );
    assert!(
        double.asked()[3].contains("content-length: 0\r\n"),
        "servers ask for a length: {:?}",
        double.asked()[3]
    );
}

#[tokio::test]
async fn a_page_of_the_network_is_no_answer_whatever_its_status() {
    let page = |status: &str| with_header(status, "content-type: text/html", "<html>Please sign in");
    let elsewhere = with_header("302 Found", "location: http://hotel.example/", "");
    let double = Double::start([
        page("200 OK"),
        page("200 OK"),
        page("404 Not Found"),
        page("401 Unauthorized"),
        page("403 Forbidden"),
        elsewhere,
        page("511 Network Authentication Required"),
    ])
    .await;
    let graph = graph(&double);
    let faults = [
        graph.read_presence(&token()).await.unwrap_err(),
        graph
            .set_session(&token(), SessionPair::BusyInACall, FIVE_MINUTES)
            .await
            .unwrap_err(),
        graph.clear_session(&token()).await.unwrap_err(),
        graph.read_presence(&token()).await.unwrap_err(),
        graph.read_presence(&token()).await.unwrap_err(),
        graph.clear_preferred(&token()).await.unwrap_err(),
        graph.read_presence(&token()).await.unwrap_err(),
    ];
    for error in faults {
        let fault = error.fault();
        assert_eq!(
            (fault.kind, fault.code),
            (FaultKind::Unreachable, Code::NetworkPage),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_session_that_is_not_there_is_cleared() {
    let double = Double::start([reply(
        "404 Not Found",
        r#"{"error":{"code":"NotFound","message":"-"}}"#,
    )])
    .await;
    let graph = graph(&double).for_person(OID);
    graph.clear_session(&token()).await.unwrap();
    assert_eq!(
        double.lines().len(),
        1,
        "404 is the answer, not a reason to ask elsewhere"
    );
}

#[tokio::test]
async fn where_me_is_not_served_the_id_stands_in_and_is_remembered() {
    let double = Double::start([
        reply("404 Not Found", ""),
        reply("200 OK", ""),
        reply("200 OK", ""),
        reply("200 OK", ""),
    ])
    .await;
    let graph = graph(&double).for_person(OID);
    for _ in 0..2 {
        graph
            .set_session(&token(), SessionPair::BusyInACall, FIVE_MINUTES)
            .await
            .unwrap();
    }
    graph.clear_session(&token()).await.unwrap();
    let by_id = format!("POST /v1.0/users/{OID}/presence");
    assert_eq!(
        double.lines(),
        [
            "POST /v1.0/me/presence/setPresence".to_owned(),
            format!("{by_id}/setPresence"),
            format!("{by_id}/setPresence"),
            format!("{by_id}/clearPresence"),
        ]
    );
}

#[tokio::test]
async fn a_person_that_is_nowhere_is_refused_and_nothing_is_remembered() {
    let double = Double::start((0..3).map(|_| reply("404 Not Found", ""))).await;
    let known = graph(&double).for_person(OID);
    let outcome = known.set_session(&token(), SessionPair::Away, FIVE_MINUTES).await;
    assert_eq!(outcome.unwrap_err().fault().kind, FaultKind::Rejected);
    assert_eq!(known.whose(), Whose::Me);
    let unknown = graph(&double)
        .set_session(&token(), SessionPair::Away, FIVE_MINUTES)
        .await;
    assert!(matches!(unknown, Err(GraphError::NotFound { .. })));
    assert_eq!(double.lines().len(), 3);
}

#[tokio::test]
async fn throttling_says_for_how_long() {
    let double = Double::start([with_header("429 Too Many Requests", "Retry-After: 2.128", "{}")]).await;
    let error = graph(&double).read_presence(&token()).await.unwrap_err();
    assert_eq!(
        error,
        GraphError::Throttled {
            retry_after: Some(Duration::from_millis(2128))
        }
    );
}

#[tokio::test]
async fn no_answer_ends_at_the_limit() {
    let double = Double::start([Reply::Silence]).await;
    let mut graph = graph(&double);
    graph.limit = Duration::from_millis(100);
    let started = Instant::now();
    let fault = graph.read_presence(&token()).await.unwrap_err().fault();
    assert_eq!((fault.kind, fault.code), (FaultKind::Unreachable, Code::TimedOut));
    assert_eq!(fault.detail.as_deref(), Some("127.0.0.1"));
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn a_body_that_never_ends_ends_at_the_limit_as_well() {
    let double = Double::start([Reply::Whole(
        "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".into(),
    )])
    .await;
    let mut graph = graph(&double);
    graph.limit = Duration::from_millis(100);
    let fault = graph.read_presence(&token()).await.unwrap_err().fault();
    assert_eq!((fault.kind, fault.code), (FaultKind::Unreachable, Code::TimedOut));
}

#[tokio::test]
async fn bad_answers_are_no_readings() {
    let huge = format!(r#"{{"availability":"{}"}}"#, "a".repeat(2 * 1024 * 1024));
    let rows = [
        (reply("200 OK", "<html>"), Code::NetworkPage),
        (reply("200 OK", "no json"), Code::GraphGarbage),
        (reply("200 OK", &huge), Code::GraphGarbage),
        (reply("204 No Content", ""), Code::GraphGarbage),
        (
            with_header("302 Found", "Location: http://127.0.0.1:9/", ""),
            Code::GraphGarbage,
        ),
        (reply("500 Oops", "{}"), Code::GraphUnreachable),
        (reply("502 Bad Gateway", "<html>"), Code::GraphUnreachable),
        (
            Reply::Broken("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".into()),
            Code::GraphUnreachable,
        ),
        (
            Reply::Broken("SSH-2.0-OpenSSH\r\n".into()),
            Code::GraphUnreachable,
        ),
        (Reply::Broken(String::new()), Code::GraphUnreachable),
    ];
    for (reply, code) in rows {
        let shown = format!("{reply:.60?}");
        let double = Double::start([reply]).await;
        let fault = graph(&double).read_presence(&token()).await.unwrap_err().fault();
        assert_eq!(
            (fault.kind, fault.code),
            (FaultKind::Unreachable, code),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_host_that_is_not_there_is_named() {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let base = format!("http://{gone}/v1.0").parse().unwrap();
    let graph = Graph::new(crate::net::client().unwrap(), base, CLIENT.into());
    let fault = graph.read_presence(&token()).await.unwrap_err().fault();
    assert_eq!(
        fault,
        Fault::new(FaultKind::Unreachable, Code::GraphUnreachable).about("127.0.0.1")
    );
    assert!(graph.warm_up().await.is_err());
}

#[tokio::test]
async fn warming_up_asks_once_without_a_token() {
    let double = Double::start([
        with_header("401 Unauthorized", "request-id: 1", ""),
        reply("200 OK", r#"{"availability":"a","activity":"b"}"#),
    ])
    .await;
    let graph = graph(&double);
    graph.warm_up().await.unwrap();
    graph.warm_up().await.unwrap();
    graph.read_presence(&token()).await.unwrap();
    graph.warm_up().await.unwrap();
    assert_eq!(double.lines(), ["HEAD /v1.0", "GET /v1.0/me/presence"]);
    assert!(!double.asked()[0].contains("authorization"));
}

#[test]
fn nothing_that_is_logged_shows_a_token() {
    let error = GraphError::TokenRefused {
        request_id: Some("7f".into()),
    };
    assert!(!format!("{error:?} {error} {:?}", token()).contains("secret-token"));
}

/// Gives out `t1`, `t2`, … and keeps what was refused.
#[derive(Debug, Default)]
struct Purse {
    given: Mutex<u32>,
    refused: Mutex<Vec<String>>,
    empty_after: Option<u32>,
}

impl Tokens for Purse {
    async fn access_token(&self) -> Result<SecretString, Fault> {
        let mut given = self.given.lock().unwrap();
        if self.empty_after.is_some_and(|most| *given >= most) {
            return Err(Fault::new(FaultKind::SignInRequired, Code::SignInRevoked));
        }
        *given += 1;
        Ok(SecretString::from(format!("t{given}")))
    }

    async fn refused(&self, token: &SecretString) {
        self.refused
            .lock()
            .unwrap()
            .push(token.expose_secret().to_owned());
    }
}

const PRESENCE: &str = r#"{"availability":"Away","activity":"Away"}"#;

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let double = Double::start([reply("401 Unauthorized", "{}"), reply("200 OK", PRESENCE)]).await;
    let (graph, purse) = (graph(&double), Purse::default());
    let graph = &graph;
    let read = with_token(&purse, |token| async move { graph.read_presence(&token).await }).await;
    assert_eq!(read, Ok(Presence::new("Away", "Away")));
    assert_eq!(*purse.refused.lock().unwrap(), ["t1"]);
    assert!(double.asked()[1].contains("Bearer t2"));
}

#[tokio::test]
async fn a_second_refusal_is_for_the_person() {
    let double = Double::start((0..2).map(|_| reply("401 Unauthorized", "{}"))).await;
    let (graph, purse) = (graph(&double), Purse::default());
    let graph = &graph;
    let clear = with_token(&purse, |token| async move { graph.clear_session(&token).await }).await;
    assert_eq!(
        clear,
        Err(Fault::new(FaultKind::SignInRequired, Code::GraphTokenRefused))
    );
    assert_eq!(double.lines().len(), 2);
}

#[tokio::test]
async fn without_a_token_nothing_is_asked() {
    let double = Double::start([reply("401 Unauthorized", "{}")]).await;
    let graph = graph(&double);
    let graph = &graph;
    let read = |token| async move { graph.read_presence(&token).await };
    let empty = Purse {
        empty_after: Some(0),
        ..Purse::default()
    };
    let revoked = Fault::new(FaultKind::SignInRequired, Code::SignInRevoked);
    assert_eq!(with_token(&empty, read).await, Err(revoked.clone()));
    assert_eq!(double.lines().len(), 0);
    let once = Purse {
        empty_after: Some(1),
        ..Purse::default()
    };
    assert_eq!(with_token(&once, read).await, Err(revoked));
}

/// The driver runs requests as tasks of their own.
#[tokio::test]
async fn operations_can_be_spawned() {
    let double = Double::start([reply("200 OK", PRESENCE)]).await;
    let (graph, purse) = (
        std::sync::Arc::new(graph(&double)),
        std::sync::Arc::new(Purse::default()),
    );
    let task = tokio::spawn(async move {
        let graph = &graph;
        with_token(&*purse, |token| async move { graph.read_presence(&token).await }).await
    });
    assert!(task.await.unwrap().is_ok());
}

fn page(ids: std::ops::Range<u32>, next: Option<String>) -> Reply {
    let time = |hour: u32| serde_json::json!({ "dateTime": format!("2026-01-15T{hour:02}:00:00.0000000"), "timeZone": "UTC" });
    let events: Vec<_> = ids
        .map(|n| serde_json::json!({ "id": n.to_string(), "subject": "Talk", "showAs": "busy", "start": time(10), "end": time(11) }))
        .collect();
    let mut page = serde_json::json!({ "value": events });
    if let Some(next) = next {
        page["@odata.nextLink"] = next.into();
    }
    reply("200 OK", &page.to_string())
}

async fn read_calendar(double: &Double) -> Result<usize, GraphError> {
    let (from, until) = (
        "2026-01-15T00:00:00Z".parse().unwrap(),
        "2026-01-16T00:00:00Z".parse().unwrap(),
    );
    let read = graph(double).read_calendar(&token(), from, until).await;
    read.map(|list| list.len())
}

#[tokio::test]
async fn the_calendar_is_read_page_by_page_with_the_token_at_the_same_service() {
    let double = Double::start([]).await;
    let next = format!("{}/me/calendarView?$skip=2&x=y%20z", double.base);
    double.then([page(0..2, Some(next)), page(2..3, None)]);
    assert_eq!(read_calendar(&double).await.unwrap(), 3);
    let asked = double.asked();
    assert!(
        asked[1].starts_with("GET /v1.0/me/calendarView?$skip=2&x=y%20z HTTP/1.1\r\n"),
        "{}",
        asked[1]
    );
    for asked in &asked {
        assert!(
            asked.contains("authorization: Bearer secret-token\r\n"),
            "{asked}"
        );
        assert!(asked.contains("prefer: outlook.timezone=\"UTC\"\r\n"), "{asked}");
    }
}

#[tokio::test]
async fn a_next_page_elsewhere_is_not_asked_for() {
    let other = Double::start([page(0..1, None)]).await;
    let next = format!("{}/me/calendarView?$skip=2", other.base);
    let double = Double::start([page(0..2, Some(next))]).await;
    assert!(read_calendar(&double).await.is_err());
    assert!(other.asked().is_empty(), "the token stays here");
}

#[tokio::test]
async fn part_of_a_calendar_is_none() {
    let double = Double::start([]).await;
    let next = || Some(format!("{}/me/calendarView?$skip=2", double.base));
    double.then([
        page(0..2, next()),
        with_header("429 Too Many Requests", "retry-after: 2.5", "{}"),
        page(0..2, next()),
        Reply::Broken("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".into()),
        reply("403 Forbidden", "{}"),
    ]);
    let fault = |error: GraphError| error.fault().kind;
    let throttled = FaultKind::Throttled {
        retry_after: Some(Duration::from_millis(2500)),
    };
    assert_eq!(fault(read_calendar(&double).await.unwrap_err()), throttled);
    assert_eq!(
        fault(read_calendar(&double).await.unwrap_err()),
        FaultKind::Unreachable
    );
    assert_eq!(
        fault(read_calendar(&double).await.unwrap_err()),
        FaultKind::RightMissing
    );
}

#[tokio::test]
async fn a_calendar_without_end_is_given_up() {
    let double = Double::start([]).await;
    let next = || Some(format!("{}/me/calendarView?$skip=2", double.base));
    double.then((0..60).map(|n| page(n..n + 1, next())));
    assert!(matches!(read_calendar(&double).await, Err(GraphError::TooLarge)));
    assert_eq!(double.asked().len(), 50);
}
