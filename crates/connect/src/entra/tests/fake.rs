//! A token endpoint: right answers unless told otherwise.

use super::super::config::tests::CLIENT;
use super::super::handle::Open;
use super::LIMIT;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// What to answer instead of tokens.
pub(super) enum Answer {
    /// Tokens, but with these fields changed.
    TokensWith(Value),
    /// As Entra says no.
    Error {
        error: &'static str,
        number: u32,
    },
    Json(u16, Value),
    Raw {
        status: u16,
        kind: &'static str,
        body: &'static str,
        headers: &'static [(&'static str, &'static str)],
    },
    /// Tokens, once the test says so.
    Held(Arc<Notify>),
    /// The connection is closed without an answer.
    Nothing,
}

#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub path: String,
    pub form: BTreeMap<String, String>,
}

#[derive(Default)]
struct Inner {
    answers: VecDeque<Answer>,
    asked: Vec<Asked>,
    issued: u32,
    nonce: String,
    scope: String,
    identity: Value,
}

pub(super) struct Fake {
    port: u16,
    inner: Arc<Mutex<Inner>>,
    news: Arc<Notify>,
    server: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Fake {
    pub(super) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let inner = Arc::new(Mutex::new(Inner {
            identity: json!({}),
            ..Inner::default()
        }));
        let news = Arc::new(Notify::new());
        let (state, bell) = (Arc::clone(&inner), Arc::clone(&news));
        let server = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let (state, bell) = (Arc::clone(&state), Arc::clone(&bell));
                tokio::spawn(async move {
                    let service = service_fn(move |request| {
                        let (state, bell) = (Arc::clone(&state), Arc::clone(&bell));
                        async move { answer(&state, &bell, request).await }
                    });
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(stream), service)
                        .await;
                });
            }
        });
        Self {
            port,
            inner,
            news,
            server,
        }
    }

    pub(super) fn login(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The next request gets this; several are taken in turn.
    pub(super) fn next(&self, answer: Answer) {
        self.inner.lock().unwrap().answers.push_back(answer);
    }

    /// Claims of the next id_tokens.
    pub(super) fn identity(&self, claims: Value) {
        self.inner.lock().unwrap().identity = claims;
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.inner.lock().unwrap().asked.clone()
    }

    pub(super) async fn asked_times(&self, times: usize) {
        let reached = async {
            loop {
                let heard = self.news.notified();
                if self.asked().len() >= times {
                    return;
                }
                heard.await;
            }
        };
        tokio::time::timeout(LIMIT, reached)
            .await
            .expect("the requests in time");
    }

    /// A person with a browser who agrees at once.
    pub(super) fn browser(&self) -> Open {
        let inner = Arc::clone(&self.inner);
        Box::new(move |url| {
            let url = url::Url::parse(url).unwrap();
            assert!(
                url.path().ends_with("/organizations/oauth2/v2.0/authorize"),
                "{url}"
            );
            let query: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
            assert_eq!(query["response_type"], "code");
            assert_eq!(query["code_challenge_method"], "S256");
            assert_eq!(query["code_challenge"].len(), 43);
            assert_eq!(query["client_id"], CLIENT);
            assert!(
                query["state"].len() >= 43 && query["nonce"].len() >= 43 && query["state"] != query["nonce"]
            );
            let redirect = query["redirect_uri"].clone();
            assert!(
                redirect.starts_with("http://localhost:") && !redirect.ends_with('/'),
                "{redirect}"
            );
            {
                let mut inner = inner.lock().unwrap();
                inner.nonce.clone_from(&query["nonce"]);
                inner.scope.clone_from(&query["scope"]);
                inner.asked.push(Asked {
                    path: "authorize".to_owned(),
                    form: query.clone(),
                });
            }
            let back = format!(
                "{redirect}/?code=the-code&state={}&session_state=x",
                query["state"]
            );
            tokio::spawn(async move { crate::net::client().unwrap().get(back).send().await });
            true
        })
    }
}

async fn answer(
    state: &Mutex<Inner>,
    bell: &Notify,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, std::io::Error> {
    assert_eq!(request.method(), "POST");
    let path = request.uri().path().to_owned();
    let (tenant, endpoint) = path.split_once("/oauth2/v2.0/").unwrap();
    assert_eq!(tenant, "/organizations");
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let form: BTreeMap<String, String> = url::form_urlencoded::parse(&body).into_owned().collect();
    assert_eq!(form["client_id"], CLIENT);
    assert!(!form.contains_key("client_secret"), "a public client has none");
    let next = {
        let mut state = state.lock().unwrap();
        if let Some(scope) = form.get("scope") {
            state.scope.clone_from(scope);
        }
        state.asked.push(Asked {
            path: endpoint.to_owned(),
            form: form.clone(),
        });
        state.answers.pop_front()
    };
    bell.notify_waiters();
    match next {
        None => Ok(json_answer(200, &tokens(&mut state.lock().unwrap(), &form))),
        Some(Answer::TokensWith(fields)) => {
            let mut answer = tokens(&mut state.lock().unwrap(), &form);
            for (name, value) in fields.as_object().unwrap() {
                answer[name] = value.clone();
            }
            Ok(json_answer(200, &answer))
        }
        Some(Answer::Error { error, number }) => Ok(json_answer(400, &refusal(error, number))),
        Some(Answer::Json(status, body)) => Ok(json_answer(status, &body)),
        Some(Answer::Raw {
            status,
            kind,
            body,
            headers,
        }) => {
            let mut answer = Response::builder().status(status).header("content-type", kind);
            for (name, value) in headers {
                answer = answer.header(*name, *value);
            }
            Ok(answer.body(Full::from(body)).unwrap())
        }
        Some(Answer::Held(go)) => {
            go.notified().await;
            Ok(json_answer(200, &tokens(&mut state.lock().unwrap(), &form)))
        }
        Some(Answer::Nothing) => Err(std::io::Error::other("closed")),
    }
}

/// As Entra words it (`facts/graph.md`, section 4.7).
pub(super) fn refusal(error: &str, number: u32) -> Value {
    json!({"error": error, "error_description": format!("AADSTS{number}: Ada Example must do something. Trace ID: x"),
        "error_codes": [number], "timestamp": "2026-11-22 12:00:00Z", "trace_id": "x", "correlation_id": "y"})
}

fn tokens(state: &mut Inner, form: &BTreeMap<String, String>) -> Value {
    match form["grant_type"].as_str() {
        "authorization_code" => {
            assert_eq!(form["code"], "the-code");
            assert!(
                form["code_verifier"].len() >= 43 && form["redirect_uri"].starts_with("http://localhost:")
            );
        }
        "refresh_token" => assert_eq!(
            form["refresh_token"],
            format!("r{}", state.issued),
            "the newest one"
        ),
        "urn:ietf:params:oauth:grant-type:device_code" => assert_eq!(form["device_code"], "the-device"),
        other => panic!("grant type {other}"),
    }
    state.issued += 1;
    let mut claims = json!({"aud": CLIENT, "iss": "https://login.example/tttt/v2.0", "nonce": state.nonce,
        "oid": "oooo", "tid": "tttt", "name": "Ada Example", "preferred_username": "ada@contoso.example"});
    for (name, value) in state.identity.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let id_token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
    json!({"token_type": "Bearer", "scope": state.scope, "expires_in": 3600, "ext_expires_in": 3600,
        "access_token": format!("a{}", state.issued), "refresh_token": format!("r{}", state.issued), "id_token": id_token})
}

fn json_answer(status: u16, body: &Value) -> Response<Full<Bytes>> {
    Response::builder()
        .status(status)
        .header("content-type", "application/json; charset=utf-8")
        .body(Full::from(body.to_string()))
        .unwrap()
}
