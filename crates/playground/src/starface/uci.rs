//! UCI (facts/starface.md section 1, facts/starface-uci.json).

use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use md5::Digest as _;

use super::reports::StarfaceCallback;
use super::xml::{self, Parameter};
use super::{
    Desk, Inside, SESSION_LIFE, Starface, StarfaceLogin, StarfaceOddity, StarfaceWrite, page, sha512_hex,
};
use crate::faults::{Fault, Place};
use crate::pbx::{CallState, CallView};

const AUTH: &str = "de.vertico.starface.auth=";
const JWT: &str = "de.vertico.starface.jwt=";

pub(super) fn answer(
    starface: &Starface,
    method: &Method,
    query: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Response {
    let plain = |status: StatusCode| (status, page(status.as_str())).into_response();
    if *method != Method::POST || body.is_empty() {
        return plain(StatusCode::BAD_REQUEST);
    }
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok());
    if !kind.is_some_and(|kind| kind.starts_with("text/xml") || kind.starts_with("application/xml")) {
        return plain(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let mut inside = starface.inside.lock();
    match inside.habits.says {
        None => {}
        Some(StarfaceOddity::Unavailable) => return plain(StatusCode::SERVICE_UNAVAILABLE),
        Some(StarfaceOddity::Html) => return plain(StatusCode::OK),
        Some(StarfaceOddity::BrokenXml) => {
            return said("<methodResponse><params><param><value>".to_owned());
        }
        Some(StarfaceOddity::DocumentType) => {
            return said(
                "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\
                 <methodResponse><params><param><value>&x;</value></param></params></methodResponse>"
                    .to_owned(),
            );
        }
    }
    let jwt = query.split('&').find_map(|pair| pair.strip_prefix(JWT));
    let login = match jwt {
        Some(jwt) => super::oauth::whose(starface, &inside, &super::unescaped(jwt)),
        None if inside.hash_is_gone() => None,
        None => signed(&inside, query),
    };
    let Some(login) = login else {
        return plain(StatusCode::UNAUTHORIZED);
    };
    if inside.habits.uci_refused
        || starface.faults.is_struck(Place::PbxAction, &Fault::PbxLoginFails)
        || starface.faults.is_struck(Place::PbxAction, &Fault::PbxDenied)
    {
        return plain(StatusCode::FORBIDDEN);
    }
    let Some((name, parameters)) = xml::call(body) else {
        return plain(StatusCode::BAD_REQUEST);
    };
    let callback = StarfaceCallback::of_query(query);
    if callback.is_none() && query.contains(".callback.") {
        return plain(StatusCode::BAD_REQUEST);
    }
    match carry_out(starface, &mut inside, (&login, callback), &name, &parameters) {
        Ok(value) => said(xml::response(&value)),
        Err(why) => said(xml::fault(&why)),
    }
}

fn said(body: String) -> Response {
    ([(header::CONTENT_TYPE, "text/xml")], body).into_response()
}

/// Whose login is in the address: exactly that of the release, and nothing near it.
fn signed(inside: &Inside, query: &str) -> Option<String> {
    let token = query.split('&').find_map(|pair| pair.strip_prefix(AUTH))?;
    let token = super::unescaped(token);
    let is_theirs = |desk: &&Desk| {
        let login = &desk.person.extension;
        let wanted = match (inside.habits.login, inside.habits.md5) {
            (StarfaceLogin::ActiveDirectory, _) => password_token(login, &desk.password),
            (StarfaceLogin::Internal, true) => md5_token(login, &desk.password),
            (StarfaceLogin::Internal, false) => sha512_token(login, &desk.password),
        };
        wanted == token
    };
    inside
        .desks
        .values()
        .find(is_theirs)
        .map(|desk| desk.person.extension.clone())
}

fn sha512_token(login: &str, password: &str) -> String {
    format!(
        "{login}:{}",
        sha512_hex(&format!("{login}*{}", sha512_hex(password)))
    )
}

fn md5_token(login: &str, password: &str) -> String {
    let digest = md5::Md5::digest(format!("{login}*{password}"));
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn password_token(login: &str, password: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(format!("{login}*{password}"))
}

/// Generation and bare name of a method that this release has.
fn method<'a>(inside: &Inside, name: &'a str) -> Option<(&'static str, &'a str)> {
    let rest = name.strip_prefix("ucp.")?;
    let (generation, bare) = rest.split_once('.')?;
    let generation = *inside
        .habits
        .generations
        .iter()
        .find(|known| **known == generation)?;
    let bare = if generation == "v20" {
        match bare.strip_prefix("server.")? {
            "connection.probe" => "connection.keepAlive",
            bare => {
                let bare = bare.strip_prefix("communication.").unwrap_or(bare);
                let known = [
                    "connection.login",
                    "connection.logout",
                    "connection.setProvidedServices",
                    "call.getCallIds",
                    "call.getCallState",
                    "call.placeCall",
                    "call.hangupCall",
                ];
                known.into_iter().find(|known| *known == bare)?
            }
        }
    } else {
        bare.strip_prefix("requests.")?
    };
    Some((generation, bare))
}

fn carry_out(
    starface: &Starface,
    inside: &mut Inside,
    (login, callback): (&str, Option<StarfaceCallback>),
    name: &str,
    parameters: &[Parameter],
) -> Result<String, String> {
    let unknown = || format!("No such handler: {name}");
    let (generation, bare) = method(inside, name).ok_or_else(unknown)?;
    let now = starface.clock.now();
    match (bare, parameters) {
        ("system.getServerVersion", []) if generation == "v30" => return Ok(xml::string("9.0.1.4")),
        ("connection.login", []) => {
            inside.logins += 1;
            inside.sessions.insert(login.to_owned(), (generation, now));
            return Ok(xml::boolean(true));
        }
        _ => {}
    }
    let is_alive = inside
        .sessions
        .get(login)
        .is_some_and(|(with, seen)| *with == generation && now.saturating_sub(*seen) <= SESSION_LIFE);
    if !is_alive {
        let was_there = inside.sessions.remove(login).is_some();
        if bare == "connection.keepAlive" && was_there {
            return Ok(xml::boolean(false));
        }
        return Err("de.vertico.starface.UcpNotConnectedException".into());
    }
    let extension = login;
    let calls = || -> Vec<CallView> {
        let mut calls = starface.pbx.calls();
        calls.retain(|call| call.from == extension || call.at == extension);
        calls
    };
    let Inside {
        desks,
        habits,
        writes,
        sessions,
        reports,
        ..
    } = inside;
    let desk = desks.get_mut(login).ok_or_else(unknown)?;
    let wrote = |what: &str, value: serde_json::Value| StarfaceWrite {
        login: login.to_owned(),
        what: what.to_owned(),
        value,
    };
    let denied = || "de.vertico.starface.UciIllegalAccessException".to_owned();
    match (bare, parameters) {
        ("connection.keepAlive", []) => {
            sessions.insert(login.to_owned(), (generation, now));
            Ok(xml::boolean(true))
        }
        ("service.subscribeEvents", [Parameter::Text(_)])
        | ("connection.setProvidedServices", [Parameter::List(_)])
            if !habits.reports =>
        {
            Err(unknown())
        }
        ("service.subscribeEvents", [Parameter::Text(what)])
            if *what == format!("ucp.{generation}.events.call") =>
        {
            let callback = callback.ok_or("UciException: no callback")?;
            reports.insert(login.to_owned(), (generation, callback));
            Ok(xml::boolean(true))
        }
        ("connection.setProvidedServices", [Parameter::List(services)])
            if services
                .iter()
                .any(|one| one == "ucp.v20.client.communication.call") =>
        {
            let callback = callback.ok_or("UciException: no callback")?;
            reports.insert(login.to_owned(), (generation, callback));
            Ok(xml::boolean(true))
        }
        ("connection.logout", []) => {
            sessions.remove(login);
            reports.remove(login);
            Ok(xml::boolean(true))
        }
        ("call.getCallIds", []) => {
            let ids: Vec<String> = calls()
                .iter()
                .map(|call| xml::string(&call_id(call.id)))
                .collect();
            Ok(xml::array(&ids))
        }
        ("call.getCallState", [Parameter::Text(id)]) => {
            let calls = calls();
            let call = calls.iter().find(|call| call_id(call.id) == *id);
            let call = call.ok_or("UciException: no such call")?;
            Ok(state(call, extension, habits.lower_case))
        }
        ("call.placeCallWithPhone" | "call.placeCall", [_, _, _]) if habits.places_no_calls => Err(denied()),
        (
            "call.placeCallWithPhone" | "call.placeCall",
            [
                Parameter::Text(number),
                Parameter::Text(phone),
                Parameter::Text(id),
            ],
        ) if (bare == "call.placeCall") == (generation == "v20") => {
            // The primary phone and an id of ours are all that there is here.
            if !phone.is_empty() || !id.is_empty() || number.is_empty() {
                return Err("UciException: no such phone".into());
            }
            let call = starface.pbx.call_by_phone(extension, number);
            let call = call.ok_or("UciException: no phone is registered")?;
            writes.push(wrote("placeCall", number.as_str().into()));
            if habits.picks_up {
                starface.pbx.answer(call);
            }
            Ok(xml::string(&call_id(call)))
        }
        ("call.hangupCall", [Parameter::Text(id)]) => {
            let call = calls().into_iter().find(|call| call_id(call.id) == *id);
            let call = call.ok_or("UciException: no such call")?;
            starface.pbx.hang_up(call.id, Some(extension));
            Ok(xml::string(""))
        }
        ("userState.getUserState", []) => {
            let presence = if starface.dnd(login) {
                "DO_NOT_DISTURB"
            } else {
                "AVAILABLE"
            };
            let telephony = if calls().is_empty() { "AVAILABLE" } else { "ACTIVE" };
            Ok(xml::structure(&[
                ("avatarHash", xml::string("")),
                ("chatPresence", xml::string(presence)),
                ("telephonyState", xml::string(telephony)),
                ("chatPresenceMessage", xml::string(&desk.message)),
                ("redirectAlwaysActive", xml::boolean(false)),
            ]))
        }
        ("userState.setDoNotDisturbSetting" | "userState.setChatPresenceMessage", [_])
            if habits.uci_read_only =>
        {
            Err(denied())
        }
        ("userState.setDoNotDisturbSetting" | "userState.setChatPresenceMessage", [_])
            if starface.ignores() =>
        {
            Ok(xml::boolean(true))
        }
        ("userState.setDoNotDisturbSetting", [Parameter::Boolean(on)]) => {
            writes.push(wrote("setDoNotDisturbSetting", (*on).into()));
            starface.press_dnd(login, *on);
            Ok(xml::boolean(true))
        }
        ("userState.setChatPresenceMessage", [Parameter::Text(text)]) => {
            writes.push(wrote("setChatPresenceMessage", text.as_str().into()));
            text.clone_into(&mut desk.message);
            Ok(xml::boolean(true))
        }
        _ => Err(unknown()),
    }
}

/// What is told of each of somebody's calls: one report per call, or that there is none any more.
pub(super) fn reported(starface: &Starface, generation: &str, login: &str, lower_case: bool) -> Vec<String> {
    let method = match generation {
        "v20" => "ucp.v20.client.communication.call.receiveCallState".to_owned(),
        newer => format!("ucp.{newer}.events.call.receiveCallState"),
    };
    let mut calls = starface.pbx.calls();
    calls.retain(|call| call.from == login || call.at == login);
    let mut states: Vec<String> = calls.iter().map(|call| state(call, login, lower_case)).collect();
    if states.is_empty() {
        states.push(xml::structure(&[("state", xml::string("HANGUP"))]));
    }
    states.iter().map(|state| xml::report(&method, state)).collect()
}

fn call_id(id: u64) -> String {
    format!("6b1f0000-0000-4000-8000-{id:012x}")
}

/// The seven members that every generation has. Unknown names and numbers are empty.
fn state(call: &CallView, extension: &str, lower_case: bool) -> String {
    // A phone that rings by itself first shows nothing of the number that it will dial.
    let is_first = call.at == extension && call.from == extension;
    let word = match call.state {
        CallState::Ringing if call.from == extension => "RINGBACK",
        CallState::Ringing => "RINGING",
        // That a call is held is not told.
        CallState::Talking | CallState::Held => "CONNECTED",
    };
    let word = if lower_case {
        word.to_lowercase()
    } else {
        word.to_owned()
    };
    xml::structure(&[
        ("id", xml::string(&call_id(call.id))),
        ("state", xml::string(&word)),
        (
            "timestamp",
            "<dateTime.iso8601>20260115T09:00:00</dateTime.iso8601>".to_owned(),
        ),
        ("callerNumber", xml::string(&call.from)),
        ("callerName", xml::string("")),
        (
            "calledNumber",
            xml::string(if is_first { "" } else { &call.dialled }),
        ),
        ("calledName", xml::string("")),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// facts/starface-auth-vectors.json
    #[test]
    fn every_published_token_is_taken() {
        let all: Value =
            serde_json::from_str(include_str!("../../tests/data/starface-auth-vectors.json")).unwrap();
        type Make = fn(&str, &str) -> String;
        let lists: [(&str, Make); 3] = [
            ("uci_sha512", sha512_token),
            ("uci_md5_legacy", md5_token),
            ("uci_active_directory_base64", password_token),
        ];
        for (list, make) in lists {
            for vector in all[list].as_array().unwrap() {
                let text = |name: &str| vector[name].as_str().unwrap();
                assert_eq!(make(text("login"), text("password")), text("token"), "{list}");
                if let Some(query) = vector["query"].as_str() {
                    let token = super::super::unescaped(query.strip_prefix(AUTH).unwrap());
                    assert_eq!(token, text("token"));
                }
            }
        }
        let guard = &all["leading_zero_guard"];
        assert_eq!(
            sha512_token(
                guard["login"].as_str().unwrap(),
                guard["password"].as_str().unwrap()
            ),
            guard["token"].as_str().unwrap()
        );
    }
}
