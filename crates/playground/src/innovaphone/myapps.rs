//! The web socket of the vendor's own client (facts/innovaphone.md section 2).

use std::collections::BTreeMap;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::sync::broadcast::error::RecvError;
use tokio_websockets::Message;

use super::hashes::{seal, sha256};
use super::{DOMAIN, INNOVAPHONE_APP, Innovaphone, InnovaphonePresence, Kept, Order, Socket, fresh, guid};
use crate::faults::{Fault, Place};
use crate::pbx::{CallState, CallView};

/// How far a client has come.
#[derive(Debug)]
enum Step {
    Start,
    /// The first `Login` was answered with a challenge.
    Challenged {
        kind: String,
        challenge: String,
    },
    /// The second one was right, and the second factor is waited for.
    Asked {
        code: u64,
        result: String,
    },
    In,
}

#[derive(Debug)]
struct Client<'a> {
    phone: &'a Innovaphone,
    step: Step,
    /// Whose, once that is known.
    sip: String,
    extension: String,
    /// The session that it signed in with or was given.
    session: String,
    /// It has asked for the calls; those it knows.
    calls: Option<BTreeMap<String, Value>>,
    presence: Option<InnovaphonePresence>,
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        if matches!(self.step, Step::In) {
            self.phone.inside.lock().connected -= 1;
        }
    }
}

/// What to send, and whether the connection ends after it.
#[derive(Debug, Default)]
struct Reply {
    say: Vec<String>,
    ends: bool,
}

impl Reply {
    fn say(say: Vec<String>) -> Self {
        Self { say, ends: false }
    }

    fn end(say: Vec<String>) -> Self {
        Self { say, ends: true }
    }
}

pub(super) async fn serve(phone: &Innovaphone, mut socket: Socket) {
    let mut orders = phone.orders.subscribe();
    let mut changed = phone.changed.subscribe();
    let mut calls = phone.pbx.changes();
    let mut client = Client {
        phone,
        step: Step::Start,
        sip: String::new(),
        extension: String::new(),
        session: String::new(),
        calls: None,
        presence: None,
    };
    loop {
        let reply = tokio::select! {
            heard = socket.next() => match heard {
                Some(Ok(message)) if message.is_ping() || message.is_pong() => continue,
                Some(Ok(message)) => match message.as_text() {
                    Some(text) => match client.hear(text).await {
                        Some(reply) => reply,
                        None => return,
                    },
                    None => return,
                },
                Some(Err(_)) | None => return,
            },
            order = orders.recv() => match (order, &client.step) {
                (Ok(Order::Say(what)), Step::In) => Reply::say(vec![what.to_string()]),
                (Ok(Order::SayAndEnd(what)), Step::In) => Reply::end(vec![what.to_string()]),
                (Ok(_), _) | (Err(RecvError::Lagged(_)), _) => continue,
                (Err(RecvError::Closed), _) => return,
            },
            _ = changed.changed() => client.look(),
            _ = calls.changed() => Reply::say(client.news_of_calls()),
        };
        for text in reply.say {
            if socket.send(Message::text(text)).await.is_err() {
                return;
            }
        }
        if reply.ends {
            // A client that is gone has no use for a tidy end.
            let _ = socket.close().await;
            return;
        }
    }
}

/// A text as JSON, nothing escaped that need not be.
fn js(text: &str) -> String {
    Value::from(text).to_string()
}

/// The same JSON with white space and escapes that it does not need.
fn wordy(info: &str) -> String {
    let (mut out, mut in_text, mut escaped) = (String::new(), false, false);
    for sign in info.chars() {
        match sign {
            '"' if !escaped => {
                in_text = !in_text;
                out.push(sign);
            }
            '/' if in_text => out.push_str("\\/"),
            sign if in_text && !sign.is_ascii() => out.push_str(&format!("\\u{:04X}", u32::from(sign))),
            ':' | ',' if !in_text => out.push_str(&format!("{sign} ")),
            sign => out.push(sign),
        }
        escaped = sign == '\\' && !escaped;
    }
    out
}

impl Client<'_> {
    /// `None`: the connection is cut.
    async fn hear(&mut self, text: &str) -> Option<Reply> {
        let phone = self.phone;
        let Ok(message @ Value::Object(_)) = serde_json::from_str::<Value>(text) else {
            phone.violated(format!("no JSON object: {text}"));
            return None;
        };
        let number = phone.arrived("myapps", &message);
        if phone.faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
            return None;
        }
        if let Some(delay) = phone.faults.delay(Place::PbxAction) {
            tokio::time::sleep(delay).await;
        }
        if phone.faults.is_struck(Place::PbxAction, &Fault::PbxNoAnswer) {
            return Some(Reply::default());
        }
        match self.answer(&message) {
            Ok(reply) => {
                let is_error = reply.say.iter().any(|text| text.contains("\"error\":"));
                phone.answered(number, if is_error { 403 } else { 200 });
                Some(reply)
            }
            Err(why) => {
                phone.answered(number, 400);
                phone.violated(format!("{why}: {text}"));
                None
            }
        }
    }

    /// # Errors
    /// What breaks the protocol.
    fn answer(&mut self, message: &Value) -> Result<Reply, &'static str> {
        let mt = message["mt"].as_str().ok_or("no mt")?;
        match (mt, &self.step) {
            ("LoginInfo", Step::Start) => {
                let method = self.phone.inside.lock().habits.method;
                let user = json!({
                    "digest": method == "digest", "ntlm": method == "ntlm", "oauth2": method == "oauth2",
                });
                let info = json!({ "mt": "LoginInfo", "user": user, "session": { "digest": true } });
                Ok(Reply::say(vec![info.to_string()]))
            }
            ("Login", Step::Start) => self.challenge(message),
            ("Login", Step::Challenged { .. }) => self.login(message),
            ("SubscribeDialog", Step::In) => {
                only(message, &["mt", "sip", "num"])?;
                let own = [message["sip"] == *self.sip, message["num"] == *self.extension];
                if !own.contains(&true) || (message["sip"].is_string() && !own[0]) {
                    return Err("somebody else's calls");
                }
                self.calls.get_or_insert_default();
                Ok(Reply::say(self.news_of_calls()))
            }
            ("SetOwnPresence", Step::In) => {
                only(message, &["mt", "activity", "note"])?;
                let activity = message["activity"].as_str().ok_or("no activity")?;
                let note = message["note"].as_str().ok_or("no note")?;
                let known = ["", "away", "busy", "dnd"].contains(&activity);
                if (known || self.phone.inside.lock().habits.any_activity) && !self.phone.ignores() {
                    self.phone.set_presence(&self.sip, activity, note);
                }
                // Told by `look`, as to every other client.
                Ok(Reply::default())
            }
            ("AppGetLogin", Step::In) => self.app_login(message),
            ("Logout", Step::In) => {
                let session = &self.session;
                self.phone
                    .inside
                    .lock()
                    .sessions
                    .retain(|kept| kept.user != *session);
                Ok(Reply::end(vec![json!({ "mt": "LogoutResult" }).to_string()]))
            }
            _ => Err("out of its turn"),
        }
    }

    fn challenge(&mut self, message: &Value) -> Result<Reply, &'static str> {
        only(message, &["mt", "type", "userAgent"])?;
        let kind = message["type"].as_str().ok_or("no type")?;
        if !["user", "session"].contains(&kind) || !message["userAgent"].is_string() {
            return Err("no such login");
        }
        let challenge = fresh();
        let method = match kind {
            "user" => self.phone.inside.lock().habits.method,
            _ => "digest",
        };
        let answer = json!({
            "mt": "Authenticate", "type": kind, "method": method, "domain": DOMAIN, "challenge": challenge,
        });
        self.step = Step::Challenged {
            kind: kind.to_owned(),
            challenge,
        };
        Ok(Reply::say(vec![answer.to_string()]))
    }

    fn login(&mut self, message: &Value) -> Result<Reply, &'static str> {
        let Step::Challenged { kind, challenge } = std::mem::replace(&mut self.step, Step::Start) else {
            return Err("out of its turn");
        };
        only(
            message,
            &[
                "mt",
                "type",
                "method",
                "username",
                "nonce",
                "response",
                "userAgent",
            ],
        )?;
        let text = |name: &str| message[name].as_str().unwrap_or_default();
        if text("type") != kind || text("method") != "digest" {
            return Err("another login than the one that was begun");
        }
        let nonce = text("nonce").to_owned();
        if nonce.len() != 16 || !nonce.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err("no nonce");
        }
        let phone = self.phone;
        let mut inside = phone.inside.lock();
        if !inside.nonces.insert(nonce.clone()) {
            return Err("a nonce that was used before");
        }
        let username = text("username");
        let (sip, password, session) = if kind == "session" {
            let kept = inside.sessions.iter().find(|kept| kept.user == username).cloned();
            let Some(kept) = kept else {
                return Ok(refused("Session expired"));
            };
            (kept.person, kept.password, Some(kept.user))
        } else {
            let Some(desk) = inside.desks.get(username) else {
                return Ok(refused("Unknown user"));
            };
            (username.to_owned(), desk.password.clone(), None)
        };
        let wanted = sha256(&format!(
            "innovaphoneAppClient:{kind}:{DOMAIN}:{username}:{password}:{nonce}:{challenge}"
        ));
        if wanted != text("response") || phone.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails) {
            return Ok(refused("Authentication failed"));
        }
        let sign = |password: &str, kind: &str, middle: &str, info: &str| {
            sha256(&format!(
                "innovaphoneAppClient:{kind}:{middle}{username}:{password}:{nonce}:{challenge}:{info}"
            ))
        };
        let known = if inside.habits.false_digest {
            "another password"
        } else {
            &password
        };
        let domain = format!("{DOMAIN}:");
        if let Some((host, port)) = &inside.habits.redirect {
            let info = format!(
                "{{\"host\":{},\"http\":\"80\",\"https\":\"{port}\",\"mod\":\"PBX0\"}}",
                js(host)
            );
            let digest = sign(known, "redirect", "", &info);
            let text = format!("{{\"mt\":\"Redirect\",\"info\":{info},\"digest\":\"{digest}\"}}");
            return Ok(Reply::end(vec![text]));
        }
        let person = inside
            .desks
            .get(&sip)
            .map(|desk| desk.person.clone())
            .ok_or("nobody")?;
        inside.last += 1;
        let code = 100_000 + inside.last;
        let made = session.is_none().then(|| Kept {
            person: sip.clone(),
            user: format!("s-{}", inside.last),
            password: format!("S3ss10n-Pässw0rd-{}", fresh()),
        });
        let mut info = format!(
            "{{\"domain\":{},\"sip\":{},\"guid\":{},\"dn\":{},\"loc\":\"Zürich/1\",\"num\":{},\"email\":{}",
            js(DOMAIN),
            js(&sip),
            js(&guid(&person)),
            js(&person.name),
            js(&person.extension),
            js(&person.upn),
        );
        if let Some(made) = &made {
            let part = |name: &str, text: &str| {
                seal(&format!("innovaphoneAppClient:{name}:{nonce}:{password}"), text)
            };
            info.push_str(&format!(
                ",\"session\":{{\"usr\":\"{}\",\"pwd\":\"{}\"}}",
                part("usr", &made.user),
                part("pwd", &made.password)
            ));
        }
        if let Some(standby) = &inside.habits.standby {
            info.push_str(&format!(",\"alt\":{},\"altHttp\":{}", js(standby), js(standby)));
        }
        info.push('}');
        let digest = sign(known, "loginresult", &domain, &info);
        let sent = if inside.habits.wordy { wordy(&info) } else { info };
        let result = format!("{{\"mt\":\"LoginResult\",\"info\":{sent},\"digest\":\"{digest}\"}}");
        let asks = inside.habits.second_factor && made.is_some();
        self.session = made
            .as_ref()
            .map(|made| made.user.clone())
            .or(session)
            .unwrap_or_default();
        inside.sessions.extend(made);
        (self.sip, self.extension) = (sip, person.extension);
        if asks {
            inside.asked.insert(code, None);
            self.step = Step::Asked { code, result };
            let authorize = json!({ "mt": "Authorize", "code": code });
            return Ok(Reply::say(vec![authorize.to_string()]));
        }
        drop(inside);
        Ok(self.enter(result))
    }

    fn enter(&mut self, result: String) -> Reply {
        self.step = Step::In;
        let mut inside = self.phone.inside.lock();
        inside.connected += 1;
        let Some(desk) = inside.desks.get(&self.sip) else {
            return Reply::end(Vec::new());
        };
        let person = &desk.person;
        let user = json!({
            "mt": "UpdateUser",
            "user": {
                "domain": DOMAIN, "sip": self.sip, "guid": guid(person), "dn": person.name,
                "num": person.extension, "email": person.upn,
            },
        });
        let added = json!({
            "mt": "SessionAdded", "id": "x",
            "info": { "id": "x", "current": true, "userAgent": "", "needsAuthorization": false },
        });
        self.presence = Some(desk.presence.clone());
        let presence = told(&desk.presence);
        Reply::say(vec![result, added.to_string(), user.to_string(), presence])
    }

    /// Something has changed: perhaps the presence, perhaps the answer to a second factor.
    fn look(&mut self) -> Reply {
        if let Step::Asked { code, result } = &self.step {
            let answer = self.phone.inside.lock().asked.get(code).copied().flatten();
            let result = result.clone();
            return match answer {
                None => Reply::default(),
                Some(true) => self.enter(result),
                Some(false) => {
                    let session = self.session.clone();
                    let mut inside = self.phone.inside.lock();
                    inside.sessions.retain(|kept| kept.user != session);
                    drop(inside);
                    self.step = Step::Start;
                    refused("Rejected")
                }
            };
        }
        let Some(known) = &mut self.presence else {
            return Reply::default();
        };
        let inside = self.phone.inside.lock();
        match inside.desks.get(&self.sip) {
            Some(desk) if desk.presence != *known => {
                known.clone_from(&desk.presence);
                Reply::say(vec![told(known)])
            }
            Some(_) | None => Reply::default(),
        }
    }

    /// One message per call that is new, other than before, or over.
    fn news_of_calls(&mut self) -> Vec<String> {
        let Some(known) = &mut self.calls else {
            return Vec::new();
        };
        let mut now = BTreeMap::new();
        for call in self.phone.pbx.calls() {
            if call.from == self.extension || call.at == self.extension {
                now.insert(format!("{:032x}", call.id), state(&call, &self.extension));
            }
        }
        let message = |id: &str, state: &Value, deleted: bool| {
            json!({
                "mt": "DialogInfo", "sip": self.sip, "num": self.extension, "callId": id, "confId": id,
                "remote": { "sip": "somebody", "dn": "Somebody", "num": "0305550123" },
                "state": state, "deleted": deleted,
            })
            .to_string()
        };
        let over = known.iter().filter(|(id, _)| !now.contains_key(*id));
        let mut news: Vec<String> = over.map(|(id, state)| message(id, state, true)).collect();
        let new = now.iter().filter(|(id, state)| known.get(*id) != Some(*state));
        news.extend(new.map(|(id, state)| message(id, state, false)));
        *known = now;
        news
    }

    fn app_login(&self, message: &Value) -> Result<Reply, &'static str> {
        only(message, &["mt", "src", "app", "challenge"])?;
        let text = |name: &str| message[name].as_str().ok_or("an incomplete AppGetLogin");
        let (src, app, challenge) = (text("src")?, text("app")?, text("challenge")?);
        let inside = self.phone.inside.lock();
        if !inside.habits.app || app != INNOVAPHONE_APP {
            let no = json!({ "mt": "AppGetLoginResult", "src": src, "error": 1, "errorText": "No access" });
            return Ok(Reply::say(vec![no.to_string()]));
        }
        let desk = inside.desks.get(&self.sip).ok_or("nobody")?;
        let (guid, dn) = (guid(&desk.person), &desk.person.name);
        let info = super::apps::INFO;
        let digest = sha256(&format!(
            "{app}:{DOMAIN}:{}:{guid}:{dn}:{info}:{challenge}:{}",
            self.sip,
            super::apps::PASSWORD
        ));
        let login = format!(
            "{{\"mt\":\"AppGetLoginResult\",\"src\":{},\"domain\":{},\"sip\":{},\"guid\":{},\"dn\":{},\
             \"pbxObj\":{},\"app\":{},\"info\":{info},\"digest\":\"{digest}\",\"salt\":\"s\",\"key\":\"k\"}}",
            js(src),
            js(DOMAIN),
            js(&self.sip),
            js(&guid),
            js(dn),
            js(app),
            js(app),
        );
        Ok(Reply::say(vec![login]))
    }
}

fn refused(why: &str) -> Reply {
    let result = json!({ "mt": "LoginResult", "error": 1, "errorText": why });
    Reply::say(vec![result.to_string()])
}

/// The newest first; what the phone system makes itself is beside what the person has set.
fn told(presence: &InnovaphonePresence) -> String {
    let item = |contact: &str, activity: &str, note: &str| json!({ "contact": contact, "status": "open", "activity": activity, "note": note });
    let items = [
        item("im:", "", ""),
        item("tel:", &presence.activity, &presence.note),
    ];
    json!({ "mt": "UpdateOwnPresence", "presence": items }).to_string()
}

fn state(call: &CallView, extension: &str) -> Value {
    let outgoing = call.from == extension;
    let name = match call.state {
        CallState::Ringing => "alert",
        CallState::Talking | CallState::Held => "conn",
    };
    json!({
        "name": name, "outgoing": outgoing, "hold": call.state == CallState::Held, "held": false,
        "waiting": false,
    })
}

/// # Errors
/// When a member is there that the page does not have.
pub(super) fn only(message: &Value, members: &[&str]) -> Result<(), &'static str> {
    let known = message
        .as_object()
        .is_some_and(|object| object.keys().all(|key| members.contains(&key.as_str())));
    if known { Ok(()) } else { Err("a member too many") }
}
