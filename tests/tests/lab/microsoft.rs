//! The identity server and the request validator.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use offhook_tests::browser::Browser;
use offhook_tests::http::{self, Answer};
use offhook_tests::oidc::{CLIENT_ID, Identity, Options};
use offhook_tests::prism::Prism;
use serde_json::{Value, json};
use url::Url;

const SCOPE: &str = "openid profile offline_access https://graph.microsoft.com/Presence.ReadWrite";
// The pair of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// A loopback listener that answers every request in the same way and keeps what it heard.
struct Listener {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Listener {
    fn start(answer: &'static str) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let ears = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 8192];
                let count = stream.read(&mut buffer).unwrap();
                ears.lock()
                    .unwrap()
                    .push(String::from_utf8_lossy(&buffer[..count]).into_owned());
                stream.write_all(answer.as_bytes()).unwrap();
            }
        });
        Self { port, heard }
    }

    fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().clone()
    }
}

fn authorize(identity: &Identity, redirect: &str) -> Url {
    let mut url = identity.endpoint("organizations", "authorize");
    url.query_pairs_mut().extend_pairs([
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", redirect),
        ("scope", SCOPE),
        ("state", "s1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ]);
    url
}

fn token(identity: &Identity, fields: &[(&str, &str)]) -> Answer {
    let mut form = vec![("client_id", CLIENT_ID)];
    form.extend(fields);
    http::send(http::post(identity.endpoint("organizations", "token").as_str()).form(&form))
}

fn refresh(identity: &Identity, token_text: &str) -> Answer {
    token(
        identity,
        &[("grant_type", "refresh_token"), ("refresh_token", token_text)],
    )
}

fn words(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[test]
fn a_person_signs_in_with_code_and_pkce_and_tokens_rotate() {
    let identity = Identity::start(Options {
        access_token_life: Duration::from_secs(60),
    });
    let loopback = Listener::start("HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone");
    let redirect = format!("http://localhost:{}/", loopback.port);
    let page = Browser::default().sign_in(&authorize(&identity, &redirect), "alice");
    assert_eq!(page.body, "done", "{}", identity.log().tail());
    assert_eq!(loopback.heard().len(), 1);
    let query: Vec<(String, String)> = page.url.query_pairs().into_owned().collect();
    let value = |name: &str| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .unwrap()
    };
    assert_eq!(value("state"), "s1");
    let exchange = |verifier: &str, code: &str| {
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("code_verifier", verifier),
        ];
        token(&identity, &fields)
    };
    let tokens = exchange(VERIFIER, value("code"));
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    assert_eq!(tokens.json["expires_in"], 60);
    assert!(words(&tokens.json["scope"]).contains("Presence.ReadWrite"));
    let first = words(&tokens.json["refresh_token"]).to_owned();
    let again = refresh(&identity, &first);
    assert_eq!(again.status, 200, "{}", again.text);
    let second = words(&again.json["refresh_token"]).to_owned();
    assert_ne!(first, second);
    identity.revoke_all();
    assert_eq!(refresh(&identity, &second).json["error"], "invalid_grant");
}

#[test]
fn a_person_declines() {
    let identity = Identity::start(Options::default());
    let loopback = Listener::start("HTTP/1.1 200 OK\r\ncontent-length: 4\r\nconnection: close\r\n\r\ndone");
    let redirect = format!("http://localhost:{}/", loopback.port);
    let page = Browser::default().decline(&authorize(&identity, &redirect));
    assert!(
        page.url.query().unwrap().contains("error=access_denied"),
        "{}",
        page.url
    );
}

#[test]
fn a_device_code_is_approved_and_revoked() {
    let identity = Identity::start(Options::default());
    let url = identity.endpoint("organizations", "devicecode");
    let form = [("client_id", CLIENT_ID), ("scope", SCOPE)];
    let device = http::send(http::post(url.as_str()).form(&form)).json;
    let code = words(&device["device_code"]);
    let grant = "urn:ietf:params:oauth:grant-type:device_code";
    let poll = || token(&identity, &[("grant_type", grant), ("device_code", code)]);
    assert_eq!(poll().json["error"], "authorization_pending");
    let verification = words(&device["verification_uri"]).parse().unwrap();
    Browser::default().approve_device(&verification, words(&device["user_code"]), "bob");
    let tokens = poll();
    assert_eq!(tokens.status, 200, "{}", tokens.text);
    let refresh_token = words(&tokens.json["refresh_token"]);
    identity.revoke(refresh_token);
    assert_eq!(refresh(&identity, refresh_token).json["error"], "invalid_grant");
}

#[test]
fn the_validator_refuses_what_graph_refuses() {
    let graph = Listener::start("HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let prism = Prism::in_front_of(&format!("http://127.0.0.1:{}", graph.port));
    let ask = |action: &str, body: &Value| {
        let url = format!("{}/me/presence/{action}", prism.graph_url());
        http::send(http::post(&url).bearer_auth("token").json(body)).status
    };
    let session = |availability: &str, activity: &str, duration: &str| {
        let body = json!({"sessionId": CLIENT_ID, "availability": availability, "activity": activity,
            "expirationDuration": duration});
        ask("setPresence", &body)
    };
    for (availability, activity) in [
        ("Available", "Available"),
        ("Busy", "InACall"),
        ("Busy", "InAConferenceCall"),
        ("Away", "Away"),
        ("DoNotDisturb", "Presenting"),
    ] {
        assert_eq!(
            session(availability, activity, "PT5M"),
            200,
            "{availability}/{activity}"
        );
    }
    for (availability, activity) in [
        ("Busy", "Busy"),
        ("Busy", "Presenting"),
        ("DoNotDisturb", "DoNotDisturb"),
    ] {
        assert_eq!(
            session(availability, activity, "PT5M"),
            422,
            "{availability}/{activity}"
        );
    }
    for duration in ["PT4H", "PT240M", "PT1H30M"] {
        assert_eq!(session("Busy", "InACall", duration), 200, "{duration}");
    }
    for duration in ["PT4M", "PT241M", "PT9H", "PT4H1M", "5 min"] {
        assert_eq!(session("Busy", "InACall", duration), 422, "{duration}");
    }
    assert_eq!(ask("clearPresence", &json!({"sessionId": CLIENT_ID})), 200);
    assert_eq!(ask("clearPresence", &json!({"sessionId": "mine"})), 422);
    assert_eq!(ask("clearPresence", &json!({})), 422);
    assert_eq!(
        ask("clearPresence", &json!({"sessionId": CLIENT_ID, "more": 1})),
        422
    );
    let preferred =
        json!({"availability": "DoNotDisturb", "activity": "DoNotDisturb", "expirationDuration": "P1D"});
    assert_eq!(ask("setUserPreferredPresence", &preferred), 200);
    assert_eq!(
        ask(
            "setUserPreferredPresence",
            &json!({"availability": "Busy", "activity": "InACall"})
        ),
        422
    );
    assert_eq!(ask("clearUserPreferredPresence", &json!({})), 200);
    let read = http::get(&format!("{}/me/presence", prism.graph_url()));
    assert_eq!(http::send(read).status, 401);
    let passed: Vec<String> = graph.heard();
    assert!(
        passed[0].starts_with("POST /v1.0/me/presence/setPresence "),
        "{}",
        passed[0]
    );
    assert_eq!(passed.len(), 5 + 3 + 1 + 1 + 1);
}
