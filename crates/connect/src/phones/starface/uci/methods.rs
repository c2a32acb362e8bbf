//! Methods by generation, and the requests made of them.

use super::super::http::{Request, UciPass};
use super::xml::{self, Value};
use reqwest::Method as Verb;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

/// The newest first: an unknown method is a fault, and then the next is tried (section 1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    V30,
    V22,
    V20,
}

impl Generation {
    pub const ALL: [Self; 3] = [Self::V30, Self::V22, Self::V20];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V30 => "v30",
            Self::V22 => "v22",
            Self::V20 => "v20",
        }
    }
}

/// What is asked of UCI.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    Login,
    Logout,
    KeepAlive,
    CallIds,
    CallState,
    PlaceCall,
    HangUp,
    UserState,
    SetDnd,
    SetMessage,
    ServerVersion,
    /// Has calls reported. Certain of v20, likely of the others, which may refuse it.
    Subscribe,
}

impl Method {
    /// `None`: this generation has no such method that is known.
    pub fn name(self, generation: Generation) -> Option<String> {
        let v = generation.as_str();
        if generation == Generation::V20 {
            let name = match self {
                Self::Login => "connection.login",
                Self::Logout => "connection.logout",
                Self::KeepAlive => "connection.probe",
                Self::CallIds => "communication.call.getCallIds",
                Self::CallState => "communication.call.getCallState",
                Self::PlaceCall => "communication.call.placeCall",
                Self::HangUp => "communication.call.hangupCall",
                Self::Subscribe => "connection.setProvidedServices",
                Self::UserState | Self::SetDnd | Self::SetMessage | Self::ServerVersion => return None,
            };
            return Some(format!("ucp.v20.server.{name}"));
        }
        let name = match self {
            Self::Login => "connection.login",
            Self::Logout => "connection.logout",
            Self::KeepAlive => "connection.keepAlive",
            Self::CallIds => "call.getCallIds",
            Self::CallState => "call.getCallState",
            Self::PlaceCall => "call.placeCallWithPhone",
            Self::HangUp => "call.hangupCall",
            Self::UserState => "userState.getUserState",
            Self::SetDnd => "userState.setDoNotDisturbSetting",
            Self::SetMessage => "userState.setChatPresenceMessage",
            Self::Subscribe => "service.subscribeEvents",
            Self::ServerVersion => return Some("ucp.v30.requests.system.getServerVersion".to_owned()),
        };
        Some(format!("ucp.{v}.requests.{name}"))
    }

    /// For logs and refusals.
    pub const fn what(self) -> &'static str {
        match self {
            Self::Login => "UCI login",
            Self::Logout => "UCI logout",
            Self::KeepAlive => "UCI keepAlive",
            Self::CallIds => "UCI getCallIds",
            Self::CallState => "UCI getCallState",
            Self::PlaceCall => "UCI placeCall",
            Self::HangUp => "UCI hangupCall",
            Self::UserState => "UCI getUserState",
            Self::SetDnd => "UCI setDoNotDisturbSetting",
            Self::SetMessage => "UCI setChatPresenceMessage",
            Self::ServerVersion => "UCI getServerVersion",
            Self::Subscribe => "UCI subscription",
        }
    }
}

/// What [`Method::Subscribe`] asks for: the reports of calls.
pub fn reports(generation: Generation) -> Value {
    let of_calls = |name: &str| Value::Text(name.to_owned());
    match generation {
        Generation::V30 => of_calls("ucp.v30.events.call"),
        Generation::V22 => of_calls("ucp.v22.events.call"),
        Generation::V20 => Value::Array(vec![of_calls("ucp.v20.client.communication.call")]),
    }
}

/// `None`: see [`Method::name`].
pub fn request(
    method: Method,
    generation: Generation,
    parameters: &[Value],
    login: &UciPass,
) -> Option<Request> {
    let content_type = HeaderValue::from_static("text/xml; charset=UTF-8");
    Some(Request {
        what: method.what(),
        method: Verb::POST,
        path: vec!["xml-rpc".to_owned()],
        login: Some(login.clone()),
        headers: vec![(CONTENT_TYPE, content_type)],
        body: Some(xml::call(&method.name(generation)?, parameters)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// facts/starface-uci.json, the names alone.
    const CATALOGUE: &str = include_str!("../../../../tests/data/starface-uci-methods.txt");

    #[test]
    fn every_name_is_in_the_catalogue() {
        let known: BTreeSet<String> = CATALOGUE
            .lines()
            .flat_map(|line| ["v22", "v30"].map(|v| line.replace("{v}", v)))
            .collect();
        let mut checked = 0;
        for generation in Generation::ALL {
            for method in [
                Method::Login,
                Method::Logout,
                Method::KeepAlive,
                Method::CallIds,
                Method::CallState,
                Method::PlaceCall,
                Method::HangUp,
                Method::UserState,
                Method::SetDnd,
                Method::SetMessage,
                Method::ServerVersion,
                Method::Subscribe,
            ] {
                let Some(name) = method.name(generation) else {
                    continue;
                };
                assert!(known.contains(&name), "{name}");
                checked += 1;
            }
        }
        assert_eq!(checked, 12 + 12 + 8);
    }
}
