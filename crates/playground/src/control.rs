//! The control API and the page: whatever a test or a visitor does to the company, over HTTP on loopback.
//!
//! Everything is `POST /playground/…` with JSON, except reading: `GET /playground/state`, `…/requests?since=N`,
//! `…/faults`. Answers are JSON; 400 with `{"error":…}` says what was wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::faults::{Fault, Injection};
use crate::graph::calendar::CalendarEvent;
use crate::graph::presence::{Pick, TeamsClient};
use crate::pbx::Placed;
use crate::{Request as Asked, World};

type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/", get(|| async { Html(include_str!("page.html")) }))
        .route("/calendars/{person}/work.ics", get(crate::ics::calendar))
        .route("/playground/state", get(state))
        .route("/playground/requests", get(requests).delete(forget))
        .route(
            "/playground/faults",
            get(faults).post(inject).delete(clear_faults),
        )
        .route("/playground/faults/{name}", delete(remove_fault))
        .route("/playground/calls", post(place))
        .route("/playground/calls/{id}/{what}", post(call))
        .route("/playground/people/{person}/teams", post(teams))
        .route("/playground/people/{person}/pick", post(pick))
        .route("/playground/people/{person}/out-of-office", post(out_of_office))
        .route("/playground/people/{person}/status-message", post(status_message))
        .route("/playground/people/{person}/words", post(words))
        .route("/playground/people/{person}/calendar", post(calendar))
        .route("/playground/people/{person}/phone", post(phone))
        .route("/playground/people/{person}/revoke", post(revoke))
        .route("/playground/sign-in-as", post(sign_in_as))
        .route("/playground/device", post(device))
        .route("/playground/admin-consent", post(admin_consent))
        .route("/playground/clock", post(clock))
        .route("/playground/phone-system", post(phone_system))
        .layer(axum::middleware::from_fn(only_loopback_names))
        .with_state(world)
}

/// A page elsewhere must not reach this by a name that it points at loopback.
async fn only_loopback_names(request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok())
        .unwrap_or_default();
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    if matches!(name, "127.0.0.1" | "[::1]" | "localhost") {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "loopback only").into_response()
    }
}

fn done() -> Answer {
    Ok(Json(json!({ "ok": true })))
}

fn wrong(what: &str) -> (StatusCode, Json<Value>) {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": what })))
}

fn checked(ok: bool, what: &str) -> Answer {
    if ok { done() } else { Err(wrong(what)) }
}

async fn state(State(world): State<Arc<World>>) -> Json<Value> {
    let (now, wall) = (world.clock.now(), world.clock.wall());
    let people: Vec<Value> = world
        .people
        .iter()
        .map(|person| {
            let presences = world.presences.lock();
            let presence = presences.get(&person.key);
            let (availability, activity) = presence.map(|presence| presence.sum(now)).unwrap_or_default();
            json!({
                "key": person.key, "name": person.name, "extension": person.extension,
                "oid": person.oid, "upn": person.upn,
                "availability": availability, "activity": activity,
                "client": presence.map(|presence| presence.client),
                "sessions": presence.map(|presence| presence.sessions(now)),
                "preferred": presence.and_then(|presence| presence.preferred.as_ref())
                    .filter(|set| set.until.is_none_or(|until| now < until))
                    .map(|set| json!([set.availability, set.activity])),
                "out_of_office": presence.and_then(|presence| presence.out_of_office.clone()),
                "note": presence.and_then(|presence| presence.note_at(wall)).map(|(content, _)| content),
                "note_until": presence.and_then(|presence| presence.note_at(wall)?.1).map(|until| until.to_string()),
                "device": world.pbx.device_state(&format!("PJSIP/{}", person.extension)),
                "dnd": world.pbx.db("DND", &person.extension).is_some_and(|value| !value.is_empty()),
                "forward": world.pbx.db("CF", &person.extension),
                "phone_presence": world.pbx.presence(&person.extension),
            })
        })
        .collect();
    Json(json!({
        "addresses": world.addresses,
        "people": people,
        "calls": world.pbx.calls(),
        "ami_connections": world.pbx.connections(),
        "innovaphone": crate::innovaphone::view(&world.innovaphone),
        "starface": crate::starface::view(&world.starface),
        "procall": crate::procall::view(&world.procall),
        "sip": crate::sip::view(&world.sip),
        "csta": crate::csta::view(&world.csta),
        "phone_system": if world.ami.lock().is_some() { "up" } else { "down" },
        "sign_in_as": world.entra.lock().unattended,
        "now": world.clock.wall().to_string(),
        "micros": world.clock.micros(),
        "faults": world.faults.list(),
    }))
}

#[derive(Deserialize)]
struct Since {
    #[serde(default)]
    since: u64,
}

async fn requests(State(world): State<Arc<World>>, Query(Since { since }): Query<Since>) -> Json<Vec<Asked>> {
    Json(world.requests.since(since))
}

async fn forget(State(world): State<Arc<World>>) -> Answer {
    world.requests.forget();
    done()
}

async fn faults(State(world): State<Arc<World>>) -> Json<Value> {
    Json(json!({ "on": world.faults.list(), "all": Fault::all() }))
}

async fn inject(State(world): State<Arc<World>>, Json(injection): Json<Injection>) -> Answer {
    world.faults.inject(injection);
    done()
}

async fn clear_faults(State(world): State<Arc<World>>) -> Answer {
    world.faults.clear();
    done()
}

async fn remove_fault(State(world): State<Arc<World>>, Path(name): Path<String>) -> Answer {
    checked(world.faults.remove(&name), "this fault is not on")
}

#[derive(Deserialize)]
struct Place {
    from: String,
    to: String,
}

async fn place(State(world): State<Arc<World>>, Json(Place { from, to }): Json<Place>) -> Json<Placed> {
    Json(world.pbx.place(&from, &to))
}

#[derive(Deserialize)]
struct By {
    by: Option<String>,
}

async fn call(
    State(world): State<Arc<World>>,
    Path((id, what)): Path<(u64, String)>,
    Json(By { by }): Json<By>,
) -> Answer {
    let pbx = &world.pbx;
    let side = || by.clone().ok_or_else(|| wrong("say which extension: by"));
    let ok = match what.as_str() {
        "answer" => pbx.answer(id),
        "hold" => pbx.hold(id, &side()?, true),
        "resume" => pbx.hold(id, &side()?, false),
        "hangup" => pbx.hang_up(id, by.as_deref()),
        _ => return Err(wrong("answer, hold, resume or hangup")),
    };
    checked(ok, "no such call, or it is in another state")
}

#[derive(Deserialize)]
struct Teams {
    client: TeamsClient,
}

async fn teams(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Teams { client }): Json<Teams>,
) -> Answer {
    checked(
        world.with_presence(&person, |presence, now| presence.set_client(client, now)),
        "nobody of that name",
    )
}

#[derive(Deserialize)]
struct Picked {
    status: Option<Pick>,
}

async fn pick(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Picked { status }): Json<Picked>,
) -> Answer {
    checked(
        world.with_presence(&person, |presence, now| presence.pick(status, now)),
        "nobody of that name",
    )
}

#[derive(Deserialize)]
struct Away {
    message: Option<String>,
}

async fn out_of_office(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Away { message }): Json<Away>,
) -> Answer {
    let found = world.with_presence(&person, |presence, _| {
        presence.out_of_office = message;
        presence.changed();
    });
    checked(found, "nobody of that name")
}

/// What the person writes in Teams, with the mark of a pinned one where it is; an empty one is none.
#[derive(Deserialize)]
struct Written {
    content: String,
    until: Option<Timestamp>,
}

async fn status_message(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Written { content, until }): Json<Written>,
) -> Answer {
    let wall = world.clock.wall();
    let found = world.with_presence(&person, |presence, _| {
        presence.note = Some((content, until, wall));
        presence.changed();
    });
    checked(found, "nobody of that name")
}

#[derive(Deserialize)]
struct Words {
    words: Option<(String, String)>,
}

async fn words(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Words { words }): Json<Words>,
) -> Answer {
    let found = world.with_presence(&person, |presence, _| {
        presence.shown = words;
        presence.changed();
    });
    checked(found, "nobody of that name")
}

#[derive(Deserialize)]
struct Calendar {
    /// All of it, in place of what was there.
    events: Vec<CalendarEvent>,
}

async fn calendar(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Calendar { events }): Json<Calendar>,
) -> Answer {
    crate::set_calendar(&world, &person, events).map_or_else(|what| Err(wrong(what)), |()| done())
}

#[derive(Deserialize)]
struct Phone {
    dnd: Option<bool>,
    /// A number, or an empty text for none.
    forward: Option<String>,
    registered: Option<bool>,
}

async fn phone(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Phone {
        dnd,
        forward,
        registered,
    }): Json<Phone>,
) -> Answer {
    let Some(person) = world.person(&person) else {
        return Err(wrong("nobody of that name"));
    };
    let extension = person.extension.as_str();
    if let Some(on) = dnd {
        world.pbx.place(extension, if on { "*78" } else { "*79" });
    }
    if let Some(to) = forward {
        world.pbx.place(
            extension,
            &if to.is_empty() {
                "*73".to_owned()
            } else {
                format!("*72{to}")
            },
        );
    }
    if let Some(on) = registered {
        world.pbx.set_registered(extension, on);
    }
    done()
}

#[derive(Deserialize)]
struct Revoke {
    #[serde(default)]
    access_too: bool,
}

async fn revoke(
    State(world): State<Arc<World>>,
    Path(person): Path<String>,
    Json(Revoke { access_too }): Json<Revoke>,
) -> Answer {
    world.entra.lock().revoke(&person, access_too);
    checked(world.person(&person).is_some(), "nobody of that name")
}

#[derive(Deserialize)]
struct Whom {
    person: Option<String>,
}

async fn sign_in_as(State(world): State<Arc<World>>, Json(Whom { person }): Json<Whom>) -> Answer {
    if person
        .as_deref()
        .is_some_and(|person| world.person(person).is_none())
    {
        return Err(wrong("nobody of that name"));
    }
    world.entra.lock().unattended = person;
    done()
}

#[derive(Deserialize)]
struct Device {
    user_code: String,
    /// `None` declines.
    person: Option<String>,
}

async fn device(State(world): State<Arc<World>>, Json(Device { user_code, person }): Json<Device>) -> Answer {
    checked(
        crate::entra::answer_device(&world, &user_code, person),
        "no such code is waiting, or nobody of that name",
    )
}

#[derive(Deserialize)]
struct Consent {
    scopes: Vec<String>,
}

async fn admin_consent(State(world): State<Arc<World>>, Json(Consent { scopes }): Json<Consent>) -> Answer {
    world.entra.lock().admin_consents.extend(scopes);
    done()
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: u64,
}

async fn clock(State(world): State<Arc<World>>, Json(Advance { advance_seconds }): Json<Advance>) -> Answer {
    world.clock.advance(Duration::from_secs(advance_seconds));
    done()
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Power {
    Start,
    Stop,
    Restart,
}

#[derive(Deserialize)]
struct PhoneSystem {
    action: Power,
}

async fn phone_system(
    State(world): State<Arc<World>>,
    Json(PhoneSystem { action }): Json<PhoneSystem>,
) -> Answer {
    match action {
        Power::Start => {}
        Power::Stop | Power::Restart => crate::faces::stop(&world).await,
    }
    match action {
        Power::Stop => done(),
        Power::Start | Power::Restart => match crate::faces::start(&world).await {
            Ok(()) => done(),
            Err(error) => Err(wrong(&error.to_string())),
        },
    }
}
