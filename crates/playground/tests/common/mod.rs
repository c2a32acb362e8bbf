//! A bare HTTP client and a bare AMI client: none of the product's own code, so that both sides are judged apart.

#![expect(dead_code, reason = "each test file uses its own part")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a broken helper is to end the test"
)]

use std::time::Duration;

use base64::Engine as _;
use offhook_playground::{CLIENT_ID, Options, Playground};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

pub const LIMIT: Duration = Duration::from_secs(5);
pub const VERIFIER: &str = "a-verifier-that-is-at-least-forty-three-characters-long";
pub const REDIRECT: &str = "http://localhost:49152";
pub const SCOPES: &str = "openid profile offline_access User.Read Presence.Read Presence.ReadWrite";

pub async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

pub fn client() -> reqwest::Client {
    // A second install is refused, which is fine.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(LIMIT)
        .build()
        .unwrap()
}

pub fn challenge() -> String {
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER))
}

/// The fields of a good authorize request, signed in as Alice.
pub fn authorize_fields() -> Vec<(String, String)> {
    [
        ("client_id", CLIENT_ID),
        ("response_type", "code"),
        ("redirect_uri", REDIRECT),
        ("scope", SCOPES),
        ("state", "s1"),
        ("nonce", "n1"),
        ("code_challenge", &challenge()),
        ("code_challenge_method", "S256"),
        ("playground_user", "alice"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .to_vec()
}

/// Replaces, adds or (empty value) removes fields.
pub fn changed(mut fields: Vec<(String, String)>, changes: &[(&str, &str)]) -> Vec<(String, String)> {
    for (key, value) in changes {
        fields.retain(|(name, _)| name != key);
        if !value.is_empty() {
            fields.push(((*key).to_owned(), (*value).to_owned()));
        }
    }
    fields
}

/// Status, the query of the redirect (empty without one) and the page.
pub async fn authorize(
    company: &Playground,
    tenant: &str,
    fields: &[(String, String)],
) -> (u16, std::collections::HashMap<String, String>, String) {
    let url = format!("{}/{tenant}/oauth2/v2.0/authorize", company.addresses().entra);
    let answer = client().get(url).query(fields).send().await.unwrap();
    let status = answer.status().as_u16();
    let location = answer
        .headers()
        .get("location")
        .map(|value| value.to_str().unwrap().to_owned());
    let query = location.map(|location| {
        assert!(location.starts_with("http://localhost:49152/?"), "{location}");
        url::Url::parse(&location)
            .unwrap()
            .query_pairs()
            .into_owned()
            .collect()
    });
    (status, query.unwrap_or_default(), answer.text().await.unwrap())
}

pub async fn post_form(company: &Playground, path: &str, fields: &[(String, String)]) -> (u16, Value) {
    let url = format!("{}/{path}", company.addresses().entra);
    let answer = client().post(url).form(fields).send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or(Value::Null),
    )
}

pub async fn token(company: &Playground, fields: &[(String, String)]) -> (u16, Value) {
    post_form(company, "organizations/oauth2/v2.0/token", fields).await
}

pub fn owned(fields: &[(&str, &str)]) -> Vec<(String, String)> {
    fields
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

pub fn code_grant(code: &str) -> Vec<(String, String)> {
    owned(&[
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT_ID),
        ("code", code),
        ("redirect_uri", REDIRECT),
        ("code_verifier", VERIFIER),
    ])
}

pub fn refresh_grant(token: &str) -> Vec<(String, String)> {
    owned(&[
        ("grant_type", "refresh_token"),
        ("client_id", CLIENT_ID),
        ("refresh_token", token),
        ("scope", SCOPES),
    ])
}

/// Signs Alice in and returns the token answer.
pub async fn signed_in(company: &Playground) -> Value {
    let (_, query, _) = authorize(company, "organizations", &authorize_fields()).await;
    let (status, tokens) = token(company, &code_grant(&query["code"])).await;
    assert_eq!(status, 200, "{tokens}");
    tokens
}

/// An AMI client that knows lines only.
#[derive(Debug)]
pub struct Ami {
    stream: TcpStream,
    buffer: String,
    pub events: Vec<Vec<(String, String)>>,
}

pub type Lines = Vec<(String, String)>;

pub fn value<'a>(lines: &'a Lines, key: &str) -> &'a str {
    lines
        .iter()
        .find(|(name, _)| name == key)
        .map_or("", |(_, value)| value)
}

impl Ami {
    pub async fn connect(company: &Playground) -> Self {
        let mut ami = Self {
            stream: TcpStream::connect(company.addresses().ami).await.unwrap(),
            buffer: String::new(),
            events: vec![],
        };
        while !ami.buffer.ends_with("\r\n") {
            ami.more().await;
        }
        assert_eq!(
            std::mem::take(&mut ami.buffer),
            "Asterisk Call Manager/11.0.0\r\n"
        );
        ami
    }

    pub async fn login(company: &Playground, user: &str) -> Self {
        let account = company
            .options()
            .accounts
            .iter()
            .find(|account| account.user == user)
            .unwrap()
            .clone();
        let mut ami = Self::connect(company).await;
        let answer = ami
            .act(&[
                ("Action", "Login"),
                ("Username", user),
                ("Secret", &account.secret),
            ])
            .await;
        assert_eq!(value(&answer, "Message"), "Authentication accepted");
        ami
    }

    /// Whether anything came; `false` at the end of the connection.
    async fn more(&mut self) -> bool {
        let mut chunk = [0; 4096];
        let read = tokio::time::timeout(LIMIT, self.stream.read(&mut chunk))
            .await
            .expect("nothing came")
            .unwrap();
        self.buffer.push_str(std::str::from_utf8(&chunk[..read]).unwrap());
        read > 0
    }

    /// The next message; stray empty lines are skipped. `None` at the end.
    pub async fn next(&mut self) -> Option<Lines> {
        loop {
            while let Some(rest) = self.buffer.strip_prefix("\r\n") {
                self.buffer = rest.to_owned();
            }
            if let Some((message, rest)) = self.buffer.split_once("\r\n\r\n") {
                let lines = message.split("\r\n").map(|line| {
                    let (key, value) = line.split_once(':').unwrap();
                    (
                        key.to_owned(),
                        value.strip_prefix(' ').unwrap_or(value).to_owned(),
                    )
                });
                let (lines, rest) = (lines.collect(), rest.to_owned());
                self.buffer = rest;
                return Some(lines);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    pub async fn send(&mut self, lines: &[(&str, &str)]) {
        let mut text: String = lines
            .iter()
            .map(|(key, value)| format!("{key}: {value}\r\n"))
            .collect();
        text.push_str("\r\n");
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// The response; events that come before are kept.
    pub async fn act(&mut self, lines: &[(&str, &str)]) -> Lines {
        self.send(lines).await;
        loop {
            let message = self.next().await.expect("connection ended");
            if message[0].0 == "Response" {
                return message;
            }
            self.events.push(message);
        }
    }

    /// Waits for an event; all on the way are kept.
    pub async fn until(&mut self, wanted: impl Fn(&Lines) -> bool) -> Lines {
        if let Some(found) = self.events.iter().find(|event| wanted(event)) {
            return found.clone();
        }
        loop {
            let message = self.next().await.expect("connection ended");
            self.events.push(message.clone());
            if wanted(&message) {
                return message;
            }
        }
    }
}

pub fn is(name: &'static str, key: &'static str, wanted: &str) -> impl Fn(&Lines) -> bool {
    let wanted = wanted.to_owned();
    move |event| value(event, "Event") == name && value(event, key) == wanted
}
