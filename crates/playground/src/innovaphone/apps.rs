//! The web socket of the app services, with `PbxApi` for one person (facts/innovaphone.md section 3).

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_websockets::Message;

use super::hashes::sha256;
use super::myapps::only;
use super::{Innovaphone, Socket, fresh};
use crate::faults::{Fault, Place};

/// The app object's password: nobody but the phone system knows it.
pub(super) const PASSWORD: &str = "app-object-password";
/// What the phone system says of the app, in an order that no map keeps.
pub(super) const INFO: &str =
    "{\"unlicensed\":true,\"appobj\":\"offhook\",\"apps\":[],\"appurl\":\"https://x/Büro\"}";

#[derive(Debug, Default)]
struct Client {
    challenge: Option<String>,
    /// Whose, once signed in.
    sip: Option<String>,
}

pub(super) async fn serve(phone: &Innovaphone, mut socket: Socket) {
    let mut client = Client::default();
    while let Some(Ok(message)) = socket.next().await {
        if message.is_ping() || message.is_pong() {
            continue;
        }
        let Some(text) = message.as_text() else { return };
        let Ok(asked @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
            phone.violated(format!("no JSON object: {text}"));
            return;
        };
        let number = phone.arrived("apps", &asked);
        if phone.faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
            return;
        }
        if let Some(delay) = phone.faults.delay(Place::PbxAction) {
            tokio::time::sleep(delay).await;
        }
        if phone.faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer) {
            continue;
        }
        match client.answer(phone, &asked, text) {
            Ok(answer) => {
                let status = if answer.get("error").is_some() || answer["ok"] == false {
                    403
                } else {
                    200
                };
                phone.answered(number, status);
                if socket.send(Message::text(answer.to_string())).await.is_err() {
                    return;
                }
            }
            Err(why) => {
                phone.answered(number, 400);
                phone.violated(format!("{why}: {text}"));
                return;
            }
        }
    }
}

impl Client {
    /// # Errors
    /// What breaks the protocol.
    fn answer(&mut self, phone: &Innovaphone, asked: &Value, text: &str) -> Result<Value, &'static str> {
        let mt = asked["mt"].as_str().ok_or("no mt")?;
        match (mt, &self.sip) {
            ("AppChallenge", None) => {
                let challenge = fresh();
                self.challenge = Some(challenge.clone());
                Ok(json!({ "mt": "AppChallengeResult", "challenge": challenge }))
            }
            ("AppLogin", None) => {
                let members = [
                    "mt", "app", "domain", "sip", "guid", "dn", "digest", "pbxObj", "info",
                ];
                only(asked, &members)?;
                let challenge = self.challenge.take().ok_or("no challenge was asked for")?;
                let word = |name: &str| asked[name].as_str().unwrap_or_default();
                // The very text is what counts.
                let is_whole = text.contains(&format!("\"info\":{INFO}"));
                let wanted = sha256(&format!(
                    "{}:{}:{}:{}:{}:{INFO}:{challenge}:{PASSWORD}",
                    word("app"),
                    word("domain"),
                    word("sip"),
                    word("guid"),
                    word("dn"),
                ));
                let ok = is_whole && wanted == word("digest");
                self.sip = ok.then(|| word("sip").to_owned());
                Ok(json!({ "mt": "AppLoginResult", "ok": ok }))
            }
            (_, Some(sip)) if asked["api"] == "PbxApi" && asked["src"].is_string() => {
                let mut answer = pbx_api(phone, sip, mt, asked)?;
                answer["mt"] = format!("{mt}Result").into();
                answer["api"] = "PbxApi".into();
                answer["src"] = asked["src"].clone();
                Ok(answer)
            }
            _ => Err("out of its turn"),
        }
    }
}

fn pbx_api(phone: &Innovaphone, sip: &str, mt: &str, asked: &Value) -> Result<Value, &'static str> {
    let refused = || json!({ "error": 1, "errorText": "refused" });
    let word = |name: &str| asked[name].as_str();
    let ignores = phone.ignores();
    let mut inside = phone.inside.lock();
    let diversions = inside.habits.diversions;
    inside.last += 1;
    let id = inside.last;
    let desk = inside.desks.get_mut(sip).ok_or("nobody")?;
    let kind = || {
        let kind = word("type").filter(|kind| ["cfu", "cfb", "cfnr"].contains(kind));
        let own = word("sip") == Some(sip);
        own.then_some(())
            .and(kind)
            .ok_or("another's, or no such diversion")
    };
    match mt {
        "GetDiversion" | "AddDiversion" | "DelDiversion" if !diversions => Ok(refused()),
        "GetDiversion" => {
            only(asked, &["mt", "api", "src", "sip", "type"])?;
            Ok(match desk.diversions.get(kind()?) {
                None => json!({}),
                Some(target) => match target.strip_prefix("sip:") {
                    Some(name) => json!({ "sip": name }),
                    None => json!({ "num": target }),
                },
            })
        }
        "AddDiversion" => {
            only(asked, &["mt", "api", "src", "sip", "type", "ep-num", "ep-sip"])?;
            let kind = kind()?;
            let target = match (word("ep-num"), word("ep-sip")) {
                (Some(number), None) => number.to_owned(),
                (None, Some(name)) => format!("sip:{name}"),
                (Some(_), Some(_)) | (None, None) => return Err("no target, or two"),
            };
            if desk.diversions.contains_key(kind) {
                return Ok(refused());
            }
            if !ignores {
                phone.divert(desk, kind, Some(&target));
            }
            Ok(json!({ "ok": true }))
        }
        "DelDiversion" => {
            only(asked, &["mt", "api", "src", "sip", "type"])?;
            let kind = kind()?;
            if !ignores {
                phone.divert(desk, kind, None);
            }
            Ok(json!({ "ok": true }))
        }
        "AddAlienCall" => {
            only(asked, &["mt", "api", "src"])?;
            desk.aliens.insert(id);
            Ok(json!({ "id": id }))
        }
        "DelAlienCall" => {
            only(asked, &["mt", "api", "src", "id"])?;
            let known = asked["id"].as_u64().is_some_and(|id| desk.aliens.remove(&id));
            Ok(if known { json!({}) } else { refused() })
        }
        _ => Ok(refused()),
    }
}
