//! The Graph adapter against the playground's Graph, which refuses what the real one refuses.

use std::time::Duration;

use offhook_connect::graph::{Graph, GraphError, Tokens, with_token};
use offhook_connect::net;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::{PreferredPair, Presence, SessionPair};
use offhook_playground::{CLIENT_ID, Fault as Trouble, Options, Pick, Playground, TeamsClient};
use secrecy::SecretString;

const READ: &str = "Presence.Read";
const WRITE: &str = "Presence.ReadWrite";
const FIVE_MINUTES: Duration = Duration::from_secs(300);
const A_DAY: Duration = Duration::from_secs(86_400);

struct Company {
    playground: Playground,
    graph: Graph,
    token: SecretString,
}

impl Company {
    /// Alice, with Teams open.
    async fn start() -> Self {
        let playground = Playground::start(Options::default()).await.unwrap();
        playground.teams_client("alice", TeamsClient::Available);
        let graph = graph(&playground, CLIENT_ID);
        let token = playground.access_token("alice", &[READ, WRITE]).into();
        Self {
            playground,
            graph,
            token,
        }
    }

    async fn read(&self) -> Presence {
        self.graph.read_presence(&self.token).await.unwrap()
    }

    /// The paths of Alice's actions so far.
    fn paths(&self) -> Vec<String> {
        self.playground
            .requests()
            .iter()
            .map(|request| format!("{} {}", request.method, request.path))
            .collect()
    }
}

fn graph(playground: &Playground, client_id: &str) -> Graph {
    let base = playground.addresses().graph.parse().unwrap();
    Graph::new(net::client().unwrap(), base, client_id.to_owned())
}

fn kind(outcome: Result<(), GraphError>) -> (FaultKind, Code) {
    let fault = outcome.unwrap_err().fault();
    (fault.kind, fault.code)
}

#[tokio::test]
async fn a_session_is_set_renewed_and_cleared() {
    let company = Company::start().await;
    let Company {
        playground,
        graph,
        token,
    } = &company;
    assert_eq!(company.read().await.to_string(), "Available/Available");
    graph
        .set_session(token, SessionPair::BusyInACall, FIVE_MINUTES)
        .await
        .unwrap();
    assert_eq!(
        company.read().await,
        Presence {
            out_of_office: Some(false),
            ..Presence::new("Busy", "InACall")
        }
    );
    playground.advance(Duration::from_secs(200));
    graph
        .set_session(token, SessionPair::BusyInACall, FIVE_MINUTES)
        .await
        .unwrap();
    playground.advance(Duration::from_secs(200));
    assert_eq!(company.read().await.to_string(), "Busy/InACall", "renewed");
    for _ in 0..2 {
        graph.clear_session(token).await.unwrap();
    }
    assert!(playground.sessions("alice").is_empty());
    assert_eq!(company.read().await.to_string(), "Available/Available");
}

#[tokio::test]
async fn what_is_not_renewed_runs_out() {
    let company = Company::start().await;
    company
        .graph
        .set_session(&company.token, SessionPair::BusyInACall, FIVE_MINUTES)
        .await
        .unwrap();
    company.playground.advance(Duration::from_secs(301));
    assert_eq!(company.read().await.to_string(), "Available/Available");
}

#[tokio::test]
async fn every_pair_is_taken() {
    let company = Company::start().await;
    for pair in SessionPair::ALL {
        company
            .graph
            .set_session(&company.token, pair, Duration::from_secs(4 * 3600))
            .await
            .unwrap();
    }
    for pair in PreferredPair::ALL {
        company
            .graph
            .set_preferred(&company.token, pair, A_DAY)
            .await
            .unwrap();
        assert_eq!(company.read().await.to_string(), pair.presence().to_string());
    }
    company.graph.clear_preferred(&company.token).await.unwrap();
    assert_eq!(company.playground.preferred("alice"), None);
}

#[tokio::test]
async fn what_a_person_picked_by_hand_stays_and_is_read() {
    let company = Company::start().await;
    company.playground.pick("alice", Some(Pick::DoNotDisturb));
    company
        .graph
        .set_session(&company.token, SessionPair::BusyInACall, FIVE_MINUTES)
        .await
        .unwrap();
    assert_eq!(company.read().await.to_string(), "DoNotDisturb/DoNotDisturb");
}

#[tokio::test]
async fn words_and_facts_of_any_kind_are_read() {
    let company = Company::start().await;
    company
        .playground
        .show_words("alice", Some(("focusing", "SomethingNew")));
    company.playground.out_of_office("alice", Some("Back on Monday"));
    let presence = company.read().await;
    assert!(
        presence.says("Focusing") && presence.says("somethingnew"),
        "{presence}"
    );
    assert_eq!(presence.out_of_office, Some(true));
}

#[tokio::test]
async fn refusals_have_their_kinds() {
    let company = Company::start().await;
    let Company {
        playground,
        graph: ours,
        token,
    } = &company;
    let set = async |graph: &Graph, token: &SecretString| {
        kind(
            graph
                .set_session(token, SessionPair::BusyInACall, FIVE_MINUTES)
                .await,
        )
    };
    let read_only = playground.access_token("alice", &[READ]).into();
    assert_eq!(
        set(ours, &read_only).await,
        (FaultKind::RightMissing, Code::GraphRightMissing)
    );
    let unknown = SecretString::from("not a token of theirs");
    assert_eq!(
        set(ours, &unknown).await,
        (FaultKind::SignInRequired, Code::GraphTokenRefused)
    );
    let other_app = graph(playground, "00000000-1111-2222-3333-444444444444");
    assert_eq!(
        set(&other_app, token).await,
        (FaultKind::Rejected, Code::GraphRefused)
    );
    assert!(playground.sessions("alice").is_empty());
}

#[tokio::test]
async fn the_address_with_the_id_serves_as_well() {
    let company = Company::start().await;
    let oid = company.playground.people()[0].oid.clone();
    let base = format!("{}/", company.playground.addresses().graph)
        .parse()
        .unwrap();
    let graph = Graph::new(net::client().unwrap(), base, CLIENT_ID.into()).for_person(oid);
    graph
        .set_session(&company.token, SessionPair::BusyInACall, FIVE_MINUTES)
        .await
        .unwrap();
    assert_eq!(
        company.paths(),
        ["POST /v1.0/me/presence/setPresence"],
        "first without the id"
    );
}

#[tokio::test]
async fn troubles_have_their_kinds() {
    let rows = [
        (
            Trouble::GraphThrottled {
                retry_after: Some(2.128),
            },
            FaultKind::Throttled {
                retry_after: Some(Duration::from_millis(2128)),
            },
            Code::GraphThrottled,
        ),
        (
            Trouble::GraphThrottled { retry_after: None },
            FaultKind::Throttled { retry_after: None },
            Code::GraphThrottled,
        ),
        (
            Trouble::GraphServerError { status: 500 },
            FaultKind::Unreachable,
            Code::GraphUnreachable,
        ),
        (
            Trouble::GraphServerError { status: 504 },
            FaultKind::Unreachable,
            Code::GraphUnreachable,
        ),
        (Trouble::GraphGarbage, FaultKind::Unreachable, Code::NetworkPage),
        (
            Trouble::GraphWrongJson,
            FaultKind::Unreachable,
            Code::GraphGarbage,
        ),
        (
            Trouble::GraphReset,
            FaultKind::Unreachable,
            Code::GraphUnreachable,
        ),
        (
            Trouble::GraphUnauthorized,
            FaultKind::SignInRequired,
            Code::GraphTokenRefused,
        ),
        (
            Trouble::GraphClaimsChallenge,
            FaultKind::SignInRequired,
            Code::GraphTokenRefused,
        ),
        (
            Trouble::GraphForbidden,
            FaultKind::RightMissing,
            Code::GraphRightMissing,
        ),
    ];
    for (trouble, kind, code) in rows {
        let company = Company::start().await;
        company.playground.inject(trouble.clone());
        let fault = company
            .graph
            .read_presence(&company.token)
            .await
            .unwrap_err()
            .fault();
        assert_eq!((fault.kind, fault.code), (kind, code), "{trouble:?}");
    }
}

#[tokio::test]
async fn warming_up_is_no_presence_request() {
    let company = Company::start().await;
    for _ in 0..3 {
        company.graph.warm_up().await.unwrap();
    }
    assert_eq!(company.paths(), ["HEAD /v1.0"]);
}

/// Gives out fresh tokens of Alice's.
struct Purse<'a>(&'a Playground);

impl Tokens for Purse<'_> {
    async fn access_token(&self) -> Result<SecretString, Fault> {
        Ok(self.0.access_token("alice", &[READ, WRITE]).into())
    }

    async fn refused(&self, _token: &SecretString) {}
}

#[tokio::test]
async fn one_refused_token_is_no_reason_to_sign_in() {
    let company = Company::start().await;
    let (purse, graph) = (Purse(&company.playground), &company.graph);
    let read = |token| async move { graph.read_presence(&token).await };
    company.playground.inject_times(Trouble::GraphUnauthorized, 1);
    assert!(with_token(&purse, read).await.is_ok());
    company.playground.inject_times(Trouble::GraphUnauthorized, 2);
    let fault = with_token(&purse, read).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::SignInRequired, Code::GraphTokenRefused)
    );
}
