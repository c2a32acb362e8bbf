//! The sign-in against the playground's Entra, which refuses what the real one refuses.

use std::time::Duration;

use offhook_connect::clock;
use offhook_connect::entra::{EntraConfig, EntraHandle, MicrosoftSettings, PageTexts, Way, spawn};
use offhook_connect::graph::{Graph, with_token};
use offhook_connect::net;
use offhook_connect::secrets::{MemoryStore, SecretStore};
use offhook_engine::fault::{Code, Fault};
use offhook_engine::teams::{Account, Presence, Right, SignIn};
use offhook_playground::{
    CLIENT_ID, Fault as Trouble, Injection, Options, Place, Playground, TENANT_ID, TeamsClient,
};
use secrecy::ExposeSecret as _;
use tokio::sync::mpsc;

const LIMIT: Duration = Duration::from_secs(30);
const PRESENCE: [Right; 2] = [Right::PresenceRead, Right::PresenceWrite];

struct Desk {
    playground: Playground,
    memory: MemoryStore,
    entra: EntraHandle,
    events: mpsc::UnboundedReceiver<SignIn>,
}

impl Desk {
    async fn start(options: Options) -> Self {
        let playground = Playground::start(options).await.unwrap();
        playground.sign_in_as(Some("alice"));
        let memory = MemoryStore::default();
        let (entra, events) = sign_in_task(&playground, &memory, "organizations", CLIENT_ID);
        Self {
            playground,
            memory,
            entra,
            events,
        }
    }

    fn restart(&mut self) {
        (self.entra, self.events) = sign_in_task(&self.playground, &self.memory, "organizations", CLIENT_ID);
    }

    async fn event(&mut self) -> SignIn {
        tokio::time::timeout(LIMIT, self.events.recv())
            .await
            .expect("an event in time")
            .expect("a running task")
    }

    async fn sign_in(&self, rights: &[Right]) -> Result<Account, Fault> {
        sign_in(&self.entra, rights).await
    }

    async fn token(&self) -> Result<String, Code> {
        let token = tokio::time::timeout(LIMIT, self.entra.access_token())
            .await
            .expect("an answer in time");
        token
            .map(|token| token.expose_secret().to_owned())
            .map_err(|fault| fault.code)
    }

    async fn presence(&self) -> Result<Presence, Fault> {
        let base = self.playground.addresses().graph.parse().unwrap();
        let graph = Graph::new(net::client().unwrap(), base, CLIENT_ID.to_owned());
        with_token(&self.entra, async |token| graph.read_presence(&token).await).await
    }
}

fn sign_in_task(
    playground: &Playground,
    memory: &MemoryStore,
    tenant: &str,
    client_id: &str,
) -> (EntraHandle, mpsc::UnboundedReceiver<SignIn>) {
    let addresses = playground.addresses();
    let config = EntraConfig::parse(&MicrosoftSettings {
        cloud: "custom",
        tenant,
        client_id,
        login_url: &addresses.entra,
        graph_url: &addresses.graph,
    });
    let texts = PageTexts {
        language: "en".into(),
        done: "You can close this window.".into(),
        not_done: "You are not signed in.".into(),
        not_further: "You stay signed in.".into(),
        stray: "Not ours.".into(),
    };
    let (tell, events) = mpsc::unbounded_channel();
    let store = SecretStore::Memory(memory.clone());
    (
        spawn(
            config.unwrap(),
            texts,
            store,
            net::client().unwrap(),
            clock::system(),
            tell,
        ),
        events,
    )
}

/// With a browser that follows where it is sent.
async fn sign_in(entra: &EntraHandle, rights: &[Right]) -> Result<Account, Fault> {
    let open = Box::new(|url: &str| {
        let url = url.to_owned();
        tokio::spawn(async move { browse(&url).await });
        true
    });
    tokio::time::timeout(LIMIT, entra.sign_in(Way::Browser, rights, open))
        .await
        .expect("an end in time")
}

async fn browse(url: &str) {
    let client = net::client().unwrap();
    let mut next = url.to_owned();
    while let Ok(answer) = client.get(&next).send().await {
        let Some(location) = answer.headers().get("location") else {
            return;
        };
        next = answer.url().join(location.to_str().unwrap()).unwrap().into();
    }
}

#[tokio::test]
async fn signs_in_and_reads_the_presence() {
    let mut desk = Desk::start(Options::default()).await;
    assert_eq!(desk.event().await, SignIn::SignedOut);
    let account = desk.sign_in(&PRESENCE).await.unwrap();
    assert_eq!(account.rights, PRESENCE);
    assert!(account.key.ends_with(TENANT_ID) && !account.name.is_empty() && account.address.contains('@'));
    desk.playground.teams_client("alice", TeamsClient::InAMeeting);
    assert!(desk.presence().await.unwrap().says("InAMeeting"));
}

#[tokio::test]
async fn keeps_the_sign_in_over_restarts() {
    let mut desk = Desk::start(Options::default()).await;
    desk.sign_in(&PRESENCE).await.unwrap();
    for _ in 0..3 {
        desk.restart();
        assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
        assert!(desk.presence().await.is_ok());
    }
}

#[tokio::test]
async fn an_expired_token_is_replaced_unseen() {
    let desk = Desk::start(Options::default()).await;
    desk.sign_in(&PRESENCE).await.unwrap();
    let before = desk.token().await.unwrap();
    // Only Graph's clock moves on: it answers 401.
    desk.playground.advance(Duration::from_secs(3 * 3600));
    assert!(desk.presence().await.is_ok());
    assert_ne!(desk.token().await.unwrap(), before);
}

#[tokio::test]
async fn revoked_means_sign_in_again() {
    let mut desk = Desk::start(Options::default()).await;
    assert_eq!(desk.event().await, SignIn::SignedOut);
    desk.sign_in(&PRESENCE).await.unwrap();
    desk.playground.revoke("alice", true);
    assert_eq!(desk.presence().await.unwrap_err().code, Code::SignInRevoked);
    while !matches!(desk.event().await, SignIn::Expired { account: Some(_), .. }) {}
    desk.sign_in(&PRESENCE).await.unwrap();
    assert!(desk.presence().await.is_ok());
}

#[tokio::test]
async fn by_device_code() {
    let options = Options {
        device_interval: Duration::from_millis(1000),
        ..Options::default()
    };
    let mut desk = Desk::start(options).await;
    assert_eq!(desk.event().await, SignIn::SignedOut);
    for agrees in [false, true] {
        let entra = desk.entra.clone();
        let outcome = tokio::spawn(async move {
            entra
                .sign_in(Way::DeviceCode, &PRESENCE, Box::new(|_| true))
                .await
        });
        let SignIn::DeviceCode { user_code, url } = desk.event().await else {
            panic!("a code is shown")
        };
        assert!(url.starts_with("http"));
        if agrees {
            assert!(desk.playground.approve_device(&user_code, "alice"));
            assert!(outcome.await.unwrap().is_ok());
            assert!(desk.presence().await.is_ok());
        } else {
            assert!(desk.playground.decline_device(&user_code));
            assert_eq!(outcome.await.unwrap().unwrap_err().code, Code::SignInDeclined);
            assert_eq!(desk.event().await, SignIn::SignedOut);
        }
    }
}

#[tokio::test]
async fn what_the_answer_must_not_be() {
    let desk = Desk::start(Options::default()).await;
    for (trouble, code) in [
        (Trouble::EntraWrongNonce, Code::SignInStateMismatch),
        (Trouble::EntraNoRefreshToken, Code::NotUnderstood),
        (Trouble::EntraGarbage, Code::NetworkPage),
        (Trouble::EntraUnavailable, Code::EntraUnreachable),
        (Trouble::EntraServerError, Code::EntraUnreachable),
    ] {
        let named = format!("{trouble:?}");
        desk.playground
            .faults()
            .inject(Injection::new(trouble).times(1).only(Place::Token));
        assert_eq!(desk.sign_in(&PRESENCE).await.unwrap_err().code, code, "{named}");
        desk.playground.faults().clear();
    }
    desk.playground.inject_times(Trouble::EntraDeclined, 1);
    assert_eq!(
        desk.sign_in(&PRESENCE).await.unwrap_err().code,
        Code::SignInDeclined
    );
    assert_eq!(desk.token().await, Err(Code::SignInNeeded));
    desk.sign_in(&PRESENCE).await.unwrap();
}

#[tokio::test]
async fn a_wrong_state_is_ignored_and_can_be_cancelled() {
    let mut desk = Desk::start(Options::default()).await;
    assert_eq!(desk.event().await, SignIn::SignedOut);
    desk.playground.inject_times(Trouble::EntraWrongState, 1);
    let entra = desk.entra.clone();
    let (told, browsed) = tokio::sync::oneshot::channel();
    let open = Box::new(|url: &str| {
        let url = url.to_owned();
        tokio::spawn(async move {
            browse(&url).await;
            told.send(())
        });
        true
    });
    let outcome = tokio::spawn(async move { entra.sign_in(Way::Browser, &PRESENCE, open).await });
    assert!(matches!(desk.event().await, SignIn::Browser { .. }));
    tokio::time::timeout(LIMIT, browsed).await.unwrap().unwrap();
    assert!(!outcome.is_finished(), "it goes on waiting");
    desk.entra.cancel();
    assert_eq!(outcome.await.unwrap().unwrap_err().code, Code::SignInCancelled);
}

#[tokio::test]
async fn refresh_troubles_have_their_codes() {
    for (trouble, code) in [
        (Trouble::EntraRevoked, Code::SignInRevoked),
        (Trouble::EntraExpired, Code::SignInExpired),
        (Trouble::EntraSignInFrequency, Code::SignInExpired),
        (Trouble::EntraMfa, Code::MfaNeeded),
        (Trouble::EntraBlocked, Code::BlockedByPolicy),
        (Trouble::EntraLoop, Code::SignInLoop),
        (Trouble::EntraConsentMissing, Code::ConsentMissing),
        (Trouble::EntraAppNotFound, Code::AppUnknown),
        (Trouble::EntraSecretExpected, Code::PublicClientOff),
        (Trouble::EntraUnavailable, Code::EntraUnreachable),
    ] {
        let named = format!("{trouble:?}");
        let mut desk = Desk::start(Options::default()).await;
        desk.sign_in(&PRESENCE).await.unwrap();
        desk.playground.inject(trouble);
        desk.restart();
        assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
        assert_eq!(desk.token().await, Err(code), "{named}");
    }
}

#[tokio::test]
async fn the_calendar_is_a_later_consent() {
    let desk = Desk::start(Options::default()).await;
    desk.sign_in(&PRESENCE).await.unwrap();
    desk.playground.admin_consent(&["Calendars.Read"]);
    let account = desk.sign_in(&[Right::CalendarRead]).await.unwrap();
    assert_eq!(
        account.rights,
        [Right::PresenceRead, Right::PresenceWrite, Right::CalendarRead]
    );
    assert!(desk.presence().await.is_ok());
}

#[tokio::test]
async fn rights_that_were_not_given_are_missing_alone() {
    let desk = Desk::start(Options::default()).await;
    desk.playground.inject(Trouble::EntraScopeNarrowed {
        scope: "Presence.ReadWrite".into(),
    });
    assert_eq!(
        desk.sign_in(&PRESENCE).await.unwrap().rights,
        [Right::PresenceRead]
    );
    assert!(desk.presence().await.is_ok());
}

#[tokio::test]
async fn a_tenant_that_is_named_and_one_that_is_not() {
    let options = Options {
        single_tenant: true,
        ..Options::default()
    };
    let playground = Playground::start(options).await.unwrap();
    playground.sign_in_as(Some("alice"));
    let memory = MemoryStore::default();
    let (entra, _events) = sign_in_task(&playground, &memory, TENANT_ID, CLIENT_ID);
    assert!(sign_in(&entra, &PRESENCE).await.is_ok());
}
