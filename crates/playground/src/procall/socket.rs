//! The web socket of a session: operations in, answers and events out, in arrays.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use futures_util::{SinkExt as _, StreamExt as _};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio_websockets::{Message, ServerBuilder, WebSocketStream};

use super::operations::{self, Refusal};
use super::{Procall, TICK};
use crate::clock::Moment;
use crate::faults::{Fault, Place};
use crate::requests::Service;

/// One session with what it was told.
#[derive(Debug)]
pub(super) struct Talk {
    pub(super) login: String,
    /// By line: the monitor's name, and of which generation it is.
    pub(super) monitors: BTreeMap<String, (String, u64)>,
    pub(super) subscribed: bool,
    /// What was told last, by what it is about.
    told: BTreeMap<String, Value>,
    last_id: i64,
    heard: Moment,
}

pub(super) fn open(procall: Arc<Procall>, mut request: Request) -> Response {
    let header = |name: header::HeaderName| {
        let value = request.headers().get(name);
        value
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_ascii_lowercase()
    };
    let is_upgrade = header(header::UPGRADE) == "websocket" && header(header::SEC_WEBSOCKET_VERSION) == "13";
    let key = request.headers().get(header::SEC_WEBSOCKET_KEY).cloned();
    let session = request
        .uri()
        .query()
        .and_then(|query| query.strip_prefix("x-ucsessionid="));
    let session = session.unwrap_or_default().to_owned();
    let upgrade = request.extensions_mut().remove::<hyper::upgrade::OnUpgrade>();
    let (Some(upgrade), Some(key), true) = (upgrade, key, is_upgrade) else {
        return StatusCode::UPGRADE_REQUIRED.into_response();
    };
    let accept = accept_key(key.as_bytes());
    // A session serves one socket.
    let Some((login, _)) = procall.inside.lock().sessions.remove(&session) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let served = Arc::clone(&procall);
    let task = tokio::spawn(async move {
        if let Ok(upgraded) = upgrade.await {
            let stream = TokioIo::new(upgraded);
            let socket = ServerBuilder::new().serve(stream);
            serve(&served, socket, login).await;
        }
    });
    let mut inside = procall.inside.lock();
    inside.sockets.retain(|socket| !socket.is_finished());
    inside.sockets.push(task.abort_handle());
    let headers = [
        (header::UPGRADE, "websocket".to_owned()),
        (header::CONNECTION, "Upgrade".to_owned()),
        (header::SEC_WEBSOCKET_ACCEPT, accept),
    ];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

/// `Sec-WebSocket-Accept` (RFC 6455 section 4.2.2).
fn accept_key(key: &[u8]) -> String {
    let mut digest = ring::digest::Context::new(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY);
    digest.update(key);
    digest.update(b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    base64::engine::general_purpose::STANDARD.encode(digest.finish())
}

async fn serve<S>(procall: &Procall, mut socket: WebSocketStream<S>, login: String)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let mut talk = Talk {
        login,
        monitors: BTreeMap::new(),
        subscribed: false,
        told: BTreeMap::new(),
        last_id: 0,
        heard: procall.clock.now(),
    };
    loop {
        let frame = tokio::select! {
            frame = socket.next() => frame,
            () = tokio::time::sleep(TICK) => {
                let idle = procall.inside.lock().habits.idle;
                if procall.clock.now() > talk.heard + idle {
                    // Without a word.
                    return;
                }
                let news = talk.news(procall);
                if !news.is_empty() && socket.send(frame_of(news)).await.is_err() {
                    return;
                }
                continue;
            }
        };
        let Some(Ok(frame)) = frame else { return };
        if frame.is_ping() || frame.is_pong() {
            continue;
        }
        let Some(text) = frame.as_text() else { return };
        talk.heard = procall.clock.now();
        let number = procall.requests.arrived(
            Service::Procall,
            "invoke",
            operation_of(text),
            text.to_string(),
            procall.clock.micros(),
        );
        if procall.faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
            return;
        }
        if let Some(delay) = procall.faults.delay(Place::PbxAction) {
            tokio::time::sleep(delay).await;
        }
        if procall.faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer) {
            continue;
        }
        let mut messages = talk.news(procall);
        let Ok(answer) = talk.answer(procall, text) else {
            return;
        };
        let status = if answer
            .as_ref()
            .is_none_or(|answer| answer.get("result").is_some())
        {
            200
        } else {
            400
        };
        procall.requests.answered(number, status, procall.clock.micros());
        messages.extend(answer);
        if !messages.is_empty() && socket.send(frame_of(messages)).await.is_err() {
            return;
        }
    }
}

fn frame_of(messages: Vec<Value>) -> Message {
    Message::text(Value::Array(messages).to_string())
}

/// For the log of requests.
fn operation_of(text: &str) -> &'static str {
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    operations::known(&value["invoke"]).map_or("", |operation| operation.name)
}

/// It is no message of the interface: the connection ends.
struct Broken;

impl Talk {
    fn answer(&mut self, procall: &Procall, text: &str) -> Result<Option<Value>, Broken> {
        let value: Value = serde_json::from_str(text).map_err(|_| Broken)?;
        let invoke = value["invoke"]
            .as_object()
            .map(|_| &value["invoke"])
            .ok_or(Broken)?;
        let id = invoke["invokeID"].as_i64().ok_or(Broken)?;
        let reject = |problem: i64, details: &str| {
            json!({"reject": {
                "invokedID": {"invokedID": id},
                "reject": {"invokeProblem": problem},
                "details": details,
            }})
        };
        if id == 99_999 {
            // An event: a sign of life, or good-bye.
            return match invoke["operationName"].as_str() {
                Some("asnLogoff") => Err(Broken),
                _ => Ok(None),
            };
        }
        if id <= self.last_id {
            return Ok(Some(reject(0, "duplicate invocation")));
        }
        self.last_id = id;
        let unknown = procall.inside.lock().habits.unknown.clone();
        let operation = operations::known(invoke).filter(|operation| !unknown.contains(operation.name));
        let Some(operation) = operation else {
            return Ok(Some(reject(1, "unrecognised operation")));
        };
        Ok(Some(
            match operations::carry_out(procall, self, operation, &invoke["argument"]) {
                Ok(result) => {
                    json!({"result": {"invokeID": id, "result": {"resultValue": 0, "result": result}}})
                }
                Err(Refusal::Mistyped(what)) => reject(2, what),
                Err(Refusal::Error(code)) => json!({"error": {
                    "invokedID": id,
                    "error_value": code,
                    "error": {"_type": "AsnRequestError", "iErrorDetail": code, "u8sErrorString": "refused"},
                }}),
            },
        ))
    }

    /// What has changed since it was told.
    fn news(&mut self, procall: &Procall) -> Vec<Value> {
        procall.settle();
        let (mute, old, generation) = {
            let inside = procall.inside.lock();
            (inside.habits.mute, inside.habits.old_events, inside.monitors)
        };
        let mut events = Vec::new();
        let mut event = |id: i64, name: &str, argument: Value| {
            events.push(json!({"invoke": {
                "invokeID": 99_999,
                "operationID": id,
                "operationName": name,
                "argument": argument,
            }}));
        };
        let stopped: Vec<String> = self
            .monitors
            .iter()
            .filter(|(_, (_, of))| *of != generation)
            .map(|(line, _)| line.clone())
            .collect();
        for line in stopped {
            if let Some((monitor, _)) = self.monitors.remove(&line) {
                event(
                    1294,
                    "asnCtiNotifyMonitorStopped",
                    json!({"u8sMonitorCrossRefID": monitor}),
                );
            }
        }
        for (line, (monitor, _)) in &self.monitors {
            let whole = operations::snapshot(procall, &self.login, line);
            let mut tell = |about: &str, now: &Value| {
                let key = format!("{line} {about}");
                let is_new = self.told.get(&key).is_some_and(|before| before != now);
                let before = self.told.insert(key, now.clone());
                is_new.then_some(before).flatten()
            };
            let head = json!({"u8sMonitorCrossRefID": monitor, "u8sLinePhoneNumber": line});
            let with = |member: &str, value: &Value| {
                let mut argument = head.clone();
                argument[member] = value.clone();
                argument
            };
            for (about, id, name) in [
                ("lineInfo", 1280, "asnCtiNotifyLineInfoChanged"),
                ("iDoNotDisturb", 1281, "asnCtiNotifyLineDoNotDisturbChanged"),
                ("seqLineForwards", 1282, "asnCtiNotifyLineForwardingChanged"),
            ] {
                if tell(about, &whole[about]).is_some() {
                    event(id, name, with(about, &whole[about]));
                }
            }
            let calls = &whole["seqCalls"];
            if let Some(before) = tell("seqCalls", calls) {
                let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
                let (before, now) = (list(&before), list(calls));
                for call in now.iter().filter(|call| !before.contains(call)) {
                    let mut argument = with("callinformation", call);
                    argument["reason"] = 14.into();
                    event(1283, "asnCtiNotifyLineCallInformationChanged", argument);
                }
                let is_gone = |call: &&Value| {
                    now.iter()
                        .all(|other| other["u8sConnectionID"] != call["u8sConnectionID"])
                };
                for call in before.iter().filter(is_gone) {
                    // The other side hangs up, then the line is idle.
                    for (state, reason) in [(256, 11), (1, 12)] {
                        let mut call = call.clone();
                        call["iCallState"] = state.into();
                        let mut argument = with("callinformation", &call);
                        argument["reason"] = reason.into();
                        event(1283, "asnCtiNotifyLineCallInformationChanged", argument);
                    }
                }
            }
        }
        if self.subscribed {
            let now = operations::presence(procall, &self.login);
            let is_new = self.told.get("presence").is_some_and(|before| *before != now);
            self.told.insert("presence".into(), now.clone());
            if is_new {
                let name = if old {
                    "asnUpdatePresence"
                } else {
                    "asnUpdatePresenceV2"
                };
                let id = if old { 4500 } else { 4504 };
                event(id, name, json!({"presence": now, "iChangedFlags": 16 | 32}));
            }
        }
        if mute { Vec::new() } else { events }
    }

    /// From now on what changes is told.
    pub(super) fn begin(&mut self, procall: &Procall) {
        let _told = self.news(procall);
    }
}

/// Sockets look often enough for tests that count milliseconds.
const _: () = assert!(TICK.as_millis() <= Duration::from_millis(20).as_millis());
