//! The older interface (facts/innovaphone.md section 4, the vendor's `pbx800.wsdl`): HTTP Digest, rpc in its encoding,
//! and a poll that waits.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use md5::Digest as _;

use super::{Innovaphone, InnovaphonePresence, fresh, guid};
use crate::company::Person;
use crate::pbx::{CallState, CallView};

const REALM: &str = "innovaphone \"PBX\"";
const PATH: &str = "/PBX0/user.soap";

/// A session between two polls.
#[derive(Debug, Default)]
pub(super) struct Session {
    sip: String,
    /// What the user handle has told of, once there is one.
    calls: Option<BTreeMap<u64, i64>>,
    listed: bool,
    presence: Option<InnovaphonePresence>,
}

#[derive(Debug, Default)]
pub(super) struct Soap {
    sessions: BTreeMap<i64, Session>,
    last: i64,
    /// By nonce, the highest count that was used.
    nonces: BTreeMap<String, u32>,
    refused: usize,
}

impl Soap {
    pub(super) fn stopped(&mut self) {
        self.sessions.clear();
    }

    pub(super) const fn refused(&self) -> usize {
        self.refused
    }

    pub(super) fn sessions(&self) -> usize {
        self.sessions.len()
    }
}

fn md5_hex(text: &str) -> String {
    let digest = md5::Md5::digest(text.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unsigned(phone: &Innovaphone) -> Response {
    let nonce = fresh();
    phone.inside.lock().soap.nonces.insert(nonce.clone(), 0);
    let realm = REALM.replace('"', "\\\"");
    let asks = format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\"");
    let basic = ("WWW-Authenticate", "Basic realm=\"x\"".to_owned());
    let digest = ("WWW-Authenticate", asks);
    (
        StatusCode::UNAUTHORIZED,
        axum::response::AppendHeaders([basic, digest]),
        super::page("401"),
    )
        .into_response()
}

/// Whose digest it is; nothing near it, and no count twice.
fn signed(phone: &Innovaphone, headers: &HeaderMap) -> Option<String> {
    let bytes = headers.get(header::AUTHORIZATION)?.as_bytes();
    let value = std::str::from_utf8(bytes)
        .ok()?
        .strip_prefix("Digest ")?
        .to_owned();
    let part = |name: &str| {
        let (_, rest) = value.split_once(&format!("{name}="))?;
        Some(match rest.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted
                    .match_indices('"')
                    .find(|(at, _)| !quoted[..*at].ends_with('\\'))?;
                quoted[..end.0].replace("\\\"", "\"")
            }
            None => rest.split(',').next()?.trim().to_owned(),
        })
    };
    let (user, realm, nonce) = (part("username")?, part("realm")?, part(" nonce")?);
    let (uri, response, nc, cnonce) = (part("uri")?, part("response")?, part("nc")?, part("cnonce")?);
    let count = u32::from_str_radix(&nc, 16).ok()?;
    let mut inside = phone.inside.lock();
    let used = inside.soap.nonces.get_mut(&nonce)?;
    if realm != REALM || uri != PATH || nc.len() != 8 || count <= *used || part("qop")? != "auth" {
        return None;
    }
    *used = count;
    let desk = inside.desks.iter().find(|(_, desk)| desk.person.name == user);
    let right = desk.filter(|(_, desk)| {
        let one = md5_hex(&format!("{user}:{realm}:{}", desk.password));
        let two = md5_hex(&format!("POST:{PATH}"));
        md5_hex(&format!("{one}:{nonce}:{nc}:{cnonce}:auth:{two}")) == response
    });
    let sip = right.map(|(sip, _)| sip.clone());
    if sip.is_none() {
        inside.soap.refused += 1;
    }
    sip
}

/// The text of a parameter with its very type.
fn parameter(body: &str, name: &str, kind: &str) -> Option<String> {
    let (_, rest) = body.split_once(&format!("<{name} xsi:type=\"{kind}\">"))?;
    let (text, _) = rest.split_once(&format!("</{name}>"))?;
    let plain = [("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")];
    let text = plain
        .iter()
        .fold(text.to_owned(), |text, (coded, sign)| text.replace(coded, sign));
    Some(text)
}

fn coded(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn said(method: &str, results: &str) -> Response {
    let body = format!(
        "<?xml version=\"1.0\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\" \
         xmlns:m=\"http://innovaphone.com/pbx\"><SOAP-ENV:Body><m:{method}Response>{results}</m:{method}Response>\
         </SOAP-ENV:Body></SOAP-ENV:Envelope>"
    );
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

fn fault(why: &str) -> Response {
    let body = format!(
        "<SOAP-ENV:Envelope xmlns:SOAP-ENV=\"http://schemas.xmlsoap.org/soap/envelope/\"><SOAP-ENV:Body>\
         <SOAP-ENV:Fault><faultcode>x</faultcode><faultstring>{}</faultstring></SOAP-ENV:Fault>\
         </SOAP-ENV:Body></SOAP-ENV:Envelope>",
        coded(why)
    );
    (
        StatusCode::INTERNAL_SERVER_ERROR,
        [(header::CONTENT_TYPE, "text/xml")],
        body,
    )
        .into_response()
}

pub(super) async fn answer(
    phone: &Innovaphone,
    method: &Method,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let is_xml = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/xml"));
    if *method != Method::POST || !is_xml {
        return (StatusCode::BAD_REQUEST, super::page("400")).into_response();
    }
    let Some(sip) = signed(phone, headers) else {
        return unsigned(phone);
    };
    let body = String::from_utf8_lossy(body).into_owned();
    let action = headers.get("SOAPAction").and_then(|action| action.to_str().ok());
    let name = action
        .map(|action| action.trim_matches('"'))
        .and_then(|action| action.strip_prefix("http://innovaphone.com/pbx#"))
        .unwrap_or_default()
        .to_owned();
    let is_whole = body.contains(&format!("<inno:{name}>")) && body.contains(&format!("</inno:{name}>"));
    if name.is_empty() || !is_whole {
        return fault("no such call");
    }
    if name == "Poll" {
        return poll(phone, &sip, &body).await;
    }
    match carry_out(phone, &sip, &name, &body) {
        Ok(results) => said(&name, &results),
        Err(why) => fault(why),
    }
}

fn carry_out(phone: &Innovaphone, sip: &str, name: &str, body: &str) -> Result<String, &'static str> {
    let text = |name: &str| parameter(body, name, "xsd:string").ok_or("a parameter is missing");
    let yes = |name: &str| parameter(body, name, "xsd:boolean").as_deref() == Some("true");
    let ignores = phone.ignores();
    let mut inside = phone.inside.lock();
    let v10 = inside.habits.soap10;
    let person = inside
        .desks
        .get(sip)
        .map(|desk| desk.person.clone())
        .ok_or("nobody")?;
    let own = |cn: String| {
        if cn == person.name {
            Ok(())
        } else {
            Err("somebody else")
        }
    };
    let session = || {
        let id = parameter(body, "session", "xsd:int")?;
        id.parse::<i64>().ok()
    };
    match name {
        "Initialize" => {
            text("appl")?;
            let is_v10 = body.contains("vx1000");
            let is_right =
                yes("v") && yes("v501") && yes("v700") && yes("v800") && (!is_v10 || yes("vx1000"));
            if !is_right || (is_v10 && !v10) {
                return Err("another version");
            }
            if own(text("user")?).is_err() || inside.habits.soap_right_missing {
                return Ok("<return>0</return><key>0</key>".to_owned());
            }
            inside.soap.last += 1;
            let id = inside.soap.last;
            let opened = Session {
                sip: sip.to_owned(),
                ..Session::default()
            };
            inside.soap.sessions.insert(id, opened);
            Ok(format!("<return>{id}</return><key>4711</key>"))
        }
        "UserInitialize" => {
            own(text("user")?)?;
            text("hw")?;
            let id = session().ok_or("no session")?;
            let session = inside.soap.sessions.get_mut(&id).ok_or("no session")?;
            session.calls.get_or_insert_default();
            Ok(format!("<return>{}</return>", 100 + id))
        }
        "Calls" => {
            own(text("user")?)?;
            let id = session().ok_or("no session")?;
            inside.soap.sessions.get(&id).ok_or("no session")?;
            drop(inside);
            let calls = calls_of(phone, &person.extension);
            let items: String = calls.iter().map(|(id, bits)| call(*id, *bits, true)).collect();
            Ok(format!("<return>{items}</return>"))
        }
        "FindUser" => {
            let is_v10 = body.contains("vx1000");
            if is_v10 && !v10 {
                return Err("another version");
            }
            own(text("cn")?)?;
            let presence = inside.desks.get(sip).map(|desk| desk.presence.clone());
            let user = user(&person, &presence.unwrap_or_default());
            Ok(format!("<return>{user}</return>"))
        }
        "SetPresence" if v10 => {
            let activity = parameter(body, "activity", "inno:PresenceActivity").ok_or("no activity")?;
            let note = text("note")?;
            let known = ["", "away", "busy", "meeting", "on-the-phone", "lunch"].contains(&activity.as_str());
            let is_own = text("guid")? == guid(&person) || (text("guid")? == "*" && text("h323")? == sip);
            if text("contact")? != "tel:" || !is_own || !known {
                return Ok("<return>0</return>".to_owned());
            }
            drop(inside);
            if !ignores {
                phone.set_presence(sip, &activity, &note);
            }
            Ok("<return>1</return>".to_owned())
        }
        "End" => {
            if let Some(id) = session() {
                inside.soap.sessions.remove(&id);
            }
            Ok(String::new())
        }
        _ => Err("no such method"),
    }
}

/// Waits until there is something to tell, or the time is over.
async fn poll(phone: &Innovaphone, sip: &str, body: &str) -> Response {
    let Some(id) = parameter(body, "session", "xsd:int").and_then(|id| id.parse::<i64>().ok()) else {
        return fault("no session");
    };
    let (mut changed, mut calls) = (phone.changed.subscribe(), phone.pbx.changes());
    let wait: Duration = phone.inside.lock().habits.poll_wait;
    let deadline = tokio::time::Instant::now() + wait;
    loop {
        match news(phone, sip, id) {
            None => return fault("no session"),
            Some(news) if !news.is_empty() => return said("Poll", &format!("<return>{news}</return>")),
            Some(_) => {}
        }
        tokio::select! {
            _ = changed.changed() => {}
            _ = calls.changed() => {}
            () = tokio::time::sleep_until(deadline) => {
                return said("Poll", "<return><user/><call/></return>");
            }
        }
    }
}

fn news(phone: &Innovaphone, sip: &str, id: i64) -> Option<String> {
    let extension = phone.inside.lock().desks.get(sip)?.person.extension.clone();
    let now = calls_of(phone, &extension);
    let mut inside = phone.inside.lock();
    let desk = inside.desks.get(sip)?;
    let (person, presence) = (desk.person.clone(), desk.presence.clone());
    let session = inside
        .soap
        .sessions
        .get_mut(&id)
        .filter(|session| session.sip == sip)?;
    let mut users = String::new();
    if session.presence.as_ref() != Some(&presence) {
        users.push_str(&user(&person, &presence));
        session.presence = Some(presence);
    }
    if !std::mem::replace(&mut session.listed, true) {
        users.push_str("<item><cn></cn></item>");
    }
    let mut calls = String::new();
    if let Some(known) = &mut session.calls {
        let over = known.iter().filter(|(id, _)| !now.contains_key(*id));
        calls.extend(over.map(|(id, _)| call(*id, 7, false)));
        let new = now.iter().filter(|(id, bits)| known.get(*id) != Some(*bits));
        calls.extend(new.map(|(id, bits)| call(*id, *bits, true)));
        *known = now;
    }
    let array = |name: &str, items: &str| {
        if items.is_empty() {
            String::new()
        } else {
            format!("<{name}>{items}</{name}>")
        }
    };
    Some(array("user", &users) + &array("call", &calls))
}

fn calls_of(phone: &Innovaphone, extension: &str) -> BTreeMap<u64, i64> {
    let calls = phone.pbx.calls().into_iter();
    let own = calls.filter(|call| call.from == extension || call.at == extension);
    own.map(|call| (call.id, bits(&call, extension))).collect()
}

fn bits(call: &CallView, extension: &str) -> i64 {
    // From the phone system to the phone: the other way round than the person sees it.
    let outbound = if call.from == extension { 0 } else { 128 };
    outbound
        + match call.state {
            CallState::Ringing => 4,
            CallState::Talking => 5,
            CallState::Held => 5 + 256,
        }
}

fn call(id: u64, bits: i64, active: bool) -> String {
    format!(
        "<item><user>101</user><call>{id}</call><reg>0</reg><active>{active}</active><state>{bits}</state>\
         <No/><msg>{}</msg><info/></item>",
        if active { "x-setup" } else { "del" }
    )
}

fn user(person: &Person, presence: &InnovaphonePresence) -> String {
    let activity = if presence.activity.is_empty() {
        String::new()
    } else {
        format!("<activity>{}</activity>", coded(&presence.activity))
    };
    format!(
        "<item><guid>{}</guid><active>true</active><state>1</state><channel>0</channel><alert>0</alert><cn>{}</cn>\
         <dn>{}</dn><type>ep</type><e164>{}</e164><h323>{}</h323><presence><status>open</status>{activity}\
         <note>{}</note></presence></item>",
        guid(person),
        coded(&person.name),
        coded(&person.name),
        person.extension,
        person.key,
        coded(&presence.note),
    )
}
