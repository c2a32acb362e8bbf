//! A tapped line between the product and one of its servers: passes everything on, keeps it, and bends it on the way
//! where a test asks for that.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::Response;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::form_urlencoded;

use crate::http;
use crate::runtime::{block_on, handle};

/// No body on these lines comes near this length.
const BODY_MAX: usize = 4 * 1024 * 1024;

/// One question and its answer, as the product saw them.
#[derive(Debug, Clone)]
pub struct Exchange {
    pub method: String,
    /// With its query.
    pub path: String,
    /// The token after `Bearer `.
    pub bearer: Option<String>,
    pub asked: String,
    pub status: u16,
    pub answer: String,
    /// When the question came.
    pub at: Instant,
}

impl Exchange {
    /// A field of the question's form.
    pub fn field(&self, name: &str) -> Option<String> {
        form_urlencoded::parse(self.asked.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The answer, `Null` when it isn't JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.answer).unwrap_or(Value::Null)
    }

    /// The path without its query.
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

/// What is changed between the two ends. Left as it is, nothing.
pub trait Bend: Send + Sync + 'static {
    /// A question on its way to the server. `Some`: the answer is given here, and the server never hears of it.
    fn question(&self, asked: &mut Asked) -> Option<(u16, String)> {
        let _ = asked;
        None
    }

    /// The text of an answer on its way to the product.
    fn answer(&self, path: &str, text: String) -> String {
        let _ = path;
        text
    }
}

/// A question that can be changed.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub bearer: Option<String>,
    pub body: String,
}

/// Changes nothing.
#[derive(Debug, Clone, Copy)]
pub struct Straight;

impl Bend for Straight {}

/// What passed a tap so far. Clones look at the same.
#[derive(Debug, Clone, Default)]
pub struct Kept(Arc<Mutex<Vec<Exchange>>>);

impl Kept {
    /// Complete exchanges, oldest first.
    ///
    /// # Panics
    /// When a tap broke down in the middle of one.
    pub fn all(&self) -> Vec<Exchange> {
        self.0.lock().expect("the exchanges").clone()
    }

    /// Those of one place, by the end of their path.
    pub fn of(&self, path_end: &str) -> Vec<Exchange> {
        let mut all = self.all();
        all.retain(|exchange| exchange.path_only().ends_with(path_end));
        all
    }

    /// Values of one member of the answers' JSON: `refresh_token`, `access_token`.
    pub fn given(&self, member: &str) -> Vec<String> {
        let value = |exchange: &Exchange| exchange.json()[member].as_str().map(str::to_owned);
        self.all().iter().filter_map(value).collect()
    }
}

/// A running tap. Ends when dropped.
#[derive(Debug)]
pub struct Tap {
    port: u16,
    kept: Kept,
    serving: JoinHandle<()>,
}

struct Line {
    target: String,
    bend: Box<dyn Bend>,
    kept: Kept,
}

impl Tap {
    /// In front of a server whose address is given without a path.
    pub fn on(target: &str) -> Self {
        Self::bent(target, Straight)
    }

    /// # Panics
    /// Without a free port.
    pub fn bent(target: &str, bend: impl Bend) -> Self {
        let kept = Kept::default();
        let line = Arc::new(Line {
            target: target.trim_end_matches('/').to_owned(),
            bend: Box::new(bend),
            kept: kept.clone(),
        });
        let listener = block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port for a tap");
        let port = listener.local_addr().expect("the port of a tap").port();
        let serving = handle().spawn(async move {
            let router = Router::new().fallback(pass).with_state(line);
            axum::serve(listener, router).await.expect("a tap that serves");
        });
        Self { port, kept, serving }
    }

    /// Without a path, as that of the server behind it.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn kept(&self) -> &Kept {
        &self.kept
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn pass(State(line): State<Arc<Line>>, request: Request) -> Response {
    let at = Instant::now();
    let (head, body) = request.into_parts();
    let Ok(body) = to_bytes(body, BODY_MAX).await else {
        return said(StatusCode::BAD_REQUEST, HeaderMap::new(), "no body");
    };
    let text = |value: &header::HeaderValue| value.to_str().ok().map(str::to_owned);
    let bearer = head.headers.get(header::AUTHORIZATION).and_then(text);
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ").map(str::to_owned));
    let path = head.uri.path_and_query().map_or("/", |path| path.as_str());
    let before = Asked {
        path: path.to_owned(),
        bearer,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let mut asked = before.clone();
    let answer = match line.bend.question(&mut asked) {
        Some((status, text)) => Ok((status, HeaderMap::new(), text)),
        None => forward(&line, &head, &asked).await,
    };
    let (status, headers, text) = match answer {
        Ok(answer) => answer,
        Err(error) => (502, HeaderMap::new(), error.to_string()),
    };
    let text = line.bend.answer(&before.path, text);
    line.kept.0.lock().expect("the exchanges").push(Exchange {
        method: head.method.to_string(),
        path: before.path,
        bearer: before.bearer,
        asked: before.body,
        status,
        answer: text.clone(),
        at,
    });
    said(StatusCode::from_u16(status).unwrap_or_default(), headers, &text)
}

async fn forward(
    line: &Line,
    head: &axum::http::request::Parts,
    asked: &Asked,
) -> Result<(u16, HeaderMap, String), reqwest::Error> {
    let url = format!("{}{}", line.target, asked.path);
    let mut request = http::request(head.method.clone(), &url);
    for (name, value) in head.headers.iter().filter(|(name, _)| !of_one_hop(name)) {
        if *name != header::AUTHORIZATION {
            request = request.header(name, value);
        }
    }
    if let Some(bearer) = &asked.bearer {
        request = request.bearer_auth(bearer);
    }
    let response = request.body(asked.body.clone()).send().await?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    Ok((status, headers, response.text().await?))
}

/// Headers that speak of one connection, or of a body's length before it was bent.
fn of_one_hop(name: &HeaderName) -> bool {
    [
        header::HOST,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::CONNECTION,
    ]
    .contains(name)
}

fn said(status: StatusCode, headers: HeaderMap, text: &str) -> Response {
    let mut response = Response::new(Body::from(text.to_owned()));
    *response.status_mut() = status;
    for (name, value) in &headers {
        if !of_one_hop(name) {
            response.headers_mut().append(name.clone(), value.clone());
        }
    }
    response
}
