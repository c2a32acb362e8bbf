//! Microsoft Graph: `/v1.0/me`, `/v1.0/me/presence` and its actions, `/v1.0/me/calendarView`, the same under
//! `/v1.0/users/{oid}`.

pub(crate) mod bodies;
pub(crate) mod calendar;
mod errors;
pub(crate) mod presence;

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, Uri, header};
use axum::response::Response;
use serde_json::json;

use crate::World;
use crate::company::{Person, is_guid};
use crate::entra::store::Access;
use crate::faults::{Fault, Place};
use crate::server::Cut;
use errors::{Ids, Refusal};
use presence::Set;

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().fallback(handle).with_state(world)
}

async fn handle(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ids = Ids::new(&headers, world.clock.wall());
    let place = if uri.path().ends_with("/calendarView") {
        Place::GraphCalendar
    } else if method == Method::GET {
        Place::GraphRead
    } else {
        Place::GraphWrite
    };
    if let Some(response) = disturbed(&world, place, &ids).await {
        return response;
    }
    match answer(&world, &method, &uri, &headers, &body) {
        Ok(body) => ids.response(200, body),
        Err(refusal) => refusal.into_response(&ids),
    }
}

/// What a request asks for.
#[derive(Clone, Copy, Debug)]
enum Operation {
    Me,
    Read,
    Calendar,
    Set,
    Clear,
    SetPreferred,
    ClearPreferred,
    SetNote,
}

impl Operation {
    /// Any one of these scopes will do (graph.md 1.1; reading with Presence.ReadWrite alone is not documented).
    fn scopes(self, own: bool) -> &'static [&'static str] {
        match self {
            Self::Me => &["User.Read"],
            Self::Calendar if own => &["Calendars.Read", "Calendars.ReadBasic"],
            Self::Calendar => &["Calendars.Read.Shared"],
            Self::Read if own => &["Presence.Read", "Presence.Read.All"],
            Self::Read => &["Presence.Read.All"],
            Self::Set | Self::Clear | Self::SetPreferred | Self::ClearPreferred | Self::SetNote => {
                &["Presence.ReadWrite"]
            }
        }
    }
}

fn operation(method: &Method, rest: &[&str]) -> Result<Operation, Refusal> {
    let (wanted, operation) = match rest {
        [] => (Method::GET, Operation::Me),
        ["presence"] => (Method::GET, Operation::Read),
        ["calendarView"] => (Method::GET, Operation::Calendar),
        ["presence", "setPresence"] => (Method::POST, Operation::Set),
        ["presence", "clearPresence"] => (Method::POST, Operation::Clear),
        ["presence", "setUserPreferredPresence"] => (Method::POST, Operation::SetPreferred),
        ["presence", "clearUserPreferredPresence"] => (Method::POST, Operation::ClearPreferred),
        ["presence", "setStatusMessage"] => (Method::POST, Operation::SetNote),
        _ => {
            return Err(Refusal::bad_request(format!(
                "Resource not found for the segment '{}'.",
                rest.join("/")
            )));
        }
    };
    if *method == wanted {
        Ok(operation)
    } else {
        Err(Refusal::new(
            405,
            "UnknownError",
            "The HTTP method is not allowed here.",
        ))
    }
}

fn answer(
    world: &World,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Option<String>, Refusal> {
    let path = uri.path();
    let access = authorized(world, headers)?;
    let me = world
        .person(&access.person)
        .ok_or_else(|| Refusal::unauthorized("The user is gone."))?;
    let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
    let (whose, rest) = match segments.as_slice() {
        ["v1.0", "me", rest @ ..] => (me, rest),
        ["v1.0", "users", id, rest @ ..] => (other(world, me, id, method)?, rest),
        _ => {
            return Err(Refusal::bad_request(format!(
                "Resource not found for the segment '{path}'."
            )));
        }
    };
    let operation = operation(method, rest)?;
    let needed = operation.scopes(whose == me);
    if !needed.iter().any(|scope| access.scopes.contains(*scope)) {
        return Err(Refusal::new(
            403,
            "Forbidden",
            format!(
                "Missing scope permissions on the request. API requires one of '{}'. Scopes on the request '{}'.",
                needed.join(", "),
                access.scopes.iter().cloned().collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    if matches!(operation, Operation::Calendar) {
        return calendar_view(world, whose, uri.query().unwrap_or_default(), headers).map(Some);
    }
    if *method == Method::POST && !(body.is_empty() && matches!(operation, Operation::ClearPreferred)) {
        json_only(headers)?;
    }
    perform(world, operation, whose, &access, body)
}

fn calendar_view(world: &World, whose: &Person, query: &str, headers: &HeaderMap) -> Result<String, Refusal> {
    if world
        .faults
        .is_struck(Place::GraphCalendar, &Fault::GraphWrongJson)
    {
        return Ok(json!({ "value": { "is": "an object" } }).to_string());
    }
    let prefer = headers.get("prefer").and_then(|value| value.to_str().ok());
    let calendars = world.calendars.lock();
    let events = calendars.get(&whose.key).map(Vec::as_slice).unwrap_or_default();
    let page = calendar::view(events, &world.addresses.graph, query, prefer)?;
    Ok(page.to_string())
}

/// Whom `/users/{id}` means. A delegated token reaches its own person only, where writing is concerned (graph.md 1.1).
fn other<'a>(world: &'a World, me: &'a Person, id: &str, method: &Method) -> Result<&'a Person, Refusal> {
    if id.eq_ignore_ascii_case(&me.oid) {
        return Ok(me);
    }
    if *method != Method::GET {
        return Err(Refusal::new(
            401,
            "Unauthorized",
            "The caller cannot set the presence of another user.",
        ));
    }
    if !is_guid(id) {
        return Err(Refusal::bad_request("The user id must be an object id."));
    }
    let found = world
        .people
        .iter()
        .find(|person| id.eq_ignore_ascii_case(&person.oid));
    found.ok_or_else(|| Refusal::new(404, "NotFound", "The user was not found."))
}

fn authorized(world: &World, headers: &HeaderMap) -> Result<Access, Refusal> {
    let value = headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let Some(token) = value
        .and_then(|value| value.strip_prefix("Bearer "))
        .filter(|token| !token.is_empty())
    else {
        return Err(Refusal::unauthorized("Access token is empty."));
    };
    let Some(access) = world.entra.lock().access.get(token).cloned() else {
        return Err(Refusal::unauthorized(
            "IDX14100: JWT is not well formed, or is not one of ours.",
        ));
    };
    if access.revoked {
        return Err(Refusal::unauthorized(
            "Continuous access evaluation resulted in revocation of the token.",
        ));
    }
    if world.clock.now() >= access.expires {
        return Err(Refusal::unauthorized(
            "Lifetime validation failed, the token is expired.",
        ));
    }
    Ok(access)
}

fn json_only(headers: &HeaderMap) -> Result<(), Refusal> {
    let kind = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        Ok(())
    } else {
        Err(Refusal::new(
            415,
            "UnsupportedMediaType",
            format!("The content type '{kind}' is not supported."),
        ))
    }
}

fn perform(
    world: &World,
    operation: Operation,
    whose: &Person,
    access: &Access,
    body: &[u8],
) -> Result<Option<String>, Refusal> {
    let now = world.clock.now();
    let ignored = !matches!(operation, Operation::Me | Operation::Read | Operation::Calendar)
        && world.faults.is_struck(Place::GraphWrite, &Fault::GraphIgnored);
    let mut presences = world.presences.lock();
    let presence = presences
        .entry(whose.key.clone())
        .or_insert_with(presence::Presence::new);
    let mut unused = presence.clone();
    let presence = if ignored { &mut unused } else { presence };
    match operation {
        Operation::Me | Operation::Calendar => return Ok(Some(me(whose).to_string())),
        Operation::Read => {
            if world.faults.is_struck(Place::GraphRead, &Fault::GraphWrongJson) {
                return Ok(Some(
                    json!({ "availability": 7, "activity": { "is": "an object" } }).to_string(),
                ));
            }
            return Ok(Some(
                presence.resource(&whose.oid, now, world.clock.wall()).to_string(),
            ));
        }
        Operation::Set => {
            let set = bodies::set_presence(body)?;
            own_session(&set.session, access)?;
            let (availability, activity) = (set.availability, set.activity);
            presence.set_app(
                &set.session,
                Set {
                    availability,
                    activity,
                    at: now,
                    until: Some(now + set.lasts),
                },
            );
        }
        Operation::Clear => {
            let session = bodies::clear_presence(body)?;
            own_session(&session, access)?;
            if !presence.clear_app(&session, now) && !ignored {
                return Err(Refusal::new(404, "NotFound", "There is no session with this id."));
            }
        }
        Operation::SetPreferred => {
            let set = bodies::set_preferred(body)?;
            let (availability, activity) = (set.availability, set.activity);
            presence.preferred = Some(Set {
                availability,
                activity,
                at: now,
                until: Some(now + set.lasts),
            });
            presence.changed();
        }
        Operation::ClearPreferred => {
            bodies::clear_preferred(body)?;
            presence.preferred = None;
            presence.changed();
        }
        Operation::SetNote => {
            let note = bodies::set_status_message(body)?;
            presence.note = Some((note.content, note.until, world.clock.wall()));
            presence.changed();
        }
    }
    Ok(None)
}

/// The session id is the application id of the caller's token; any other value is refused (graph.md 1.1).
fn own_session(session: &str, access: &Access) -> Result<(), Refusal> {
    if session.eq_ignore_ascii_case(&access.client_id) {
        Ok(())
    } else {
        Err(Refusal::bad_request(
            "sessionId must be the id of the calling application.",
        ))
    }
}

fn me(person: &Person) -> serde_json::Value {
    let (given, surname) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    json!({
        "@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users/$entity",
        "id": person.oid,
        "displayName": person.name,
        "givenName": given,
        "surname": surname,
        "mail": person.upn,
        "userPrincipalName": person.upn,
        "preferredLanguage": "de-DE",
        "businessPhones": [person.extension],
        "jobTitle": null,
        "mobilePhone": null,
        "officeLocation": null,
    })
}

/// The answer of a fault that is switched on, where one is.
async fn disturbed(world: &World, place: Place, ids: &Ids) -> Option<Response> {
    if let Some(delay) = world.faults.delay(place) {
        tokio::time::sleep(delay).await;
    }
    if world.faults.is_struck(place, &Fault::GraphNoAnswer) {
        std::future::pending::<()>().await;
    }
    world.faults.strike(place, |fault| answer_of(fault, ids))
}

fn answer_of(fault: &Fault, ids: &Ids) -> Option<Response> {
    match fault {
        Fault::GraphThrottled { retry_after } => {
            let refusal = Refusal::new(429, "TooManyRequests", "Please retry again later.");
            let refusal = match retry_after {
                Some(seconds) => refusal.with("retry-after", seconds.to_string()),
                None => refusal,
            };
            Some(refusal.into_response(ids))
        }
        Fault::GraphServerError { status } => {
            Some(Refusal::new(*status, "ServiceError", "The service had a problem.").into_response(ids))
        }
        Fault::GraphUnauthorized => {
            Some(Refusal::unauthorized("Access token validation failure.").into_response(ids))
        }
        Fault::GraphClaimsChallenge => Some(challenge().into_response(ids)),
        Fault::GraphForbidden => {
            Some(Refusal::new(403, "Forbidden", "The user cannot use presence.").into_response(ids))
        }
        Fault::GraphGarbage => {
            let mut response = ids.response(200, None);
            let html = header::HeaderValue::from_static("text/html");
            response.headers_mut().insert(header::CONTENT_TYPE, html);
            *response.body_mut() = Body::from("<!doctype html><title>Welcome to the guest network</title>");
            Some(response)
        }
        Fault::GraphReset => {
            let mut response = ids.response(503, None);
            response.extensions_mut().insert(Cut);
            Some(response)
        }
        Fault::EntraConsentMissing
        | Fault::EntraAdminConsent
        | Fault::EntraDeclined
        | Fault::EntraNotAssigned
        | Fault::EntraMfa
        | Fault::EntraRevoked
        | Fault::EntraExpired
        | Fault::EntraSignInFrequency
        | Fault::EntraBlocked
        | Fault::EntraDeviceCodeBlocked
        | Fault::EntraAppNotFound
        | Fault::EntraLoop
        | Fault::EntraSecretExpected
        | Fault::EntraRedirect
        | Fault::EntraSingleTenant
        | Fault::EntraTenantNotFound
        | Fault::EntraTokenError { .. }
        | Fault::EntraThrottled { .. }
        | Fault::EntraUnavailable
        | Fault::EntraServerError
        | Fault::EntraGarbage
        | Fault::EntraNoAnswer
        | Fault::EntraSlow { .. }
        | Fault::EntraSlowDown
        | Fault::EntraWrongState
        | Fault::EntraWrongNonce
        | Fault::EntraNoRefreshToken
        | Fault::EntraScopeNarrowed { .. }
        | Fault::GraphWrongJson
        | Fault::GraphNoAnswer
        | Fault::GraphSlow { .. }
        | Fault::GraphIgnored
        | Fault::PbxRefuses
        | Fault::PbxMute
        | Fault::PbxNotAsterisk
        | Fault::PbxLoginFails
        | Fault::PbxDenied
        | Fault::PbxNoAnswer
        | Fault::PbxReset
        | Fault::PbxSlow { .. }
        | Fault::PbxCodeWithoutEffect => None,
    }
}

/// A claims challenge of continuous access evaluation (graph.md 4.6).
fn challenge() -> Refusal {
    use base64::Engine as _;
    let claims = r#"{"access_token":{"nbf":{"essential":true,"value":"1604106651"}}}"#;
    let claims = base64::engine::general_purpose::STANDARD.encode(claims);
    Refusal::new(401, "InvalidAuthenticationToken", "Continuous access evaluation resulted in challenge.").with(
        "www-authenticate",
        format!(
            "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", \
             client_id=\"00000003-0000-0000-c000-000000000000\", error=\"insufficient_claims\", claims=\"{claims}\""
        ),
    )
}
