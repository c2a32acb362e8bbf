//! The device code flow: a code is shown, typed into a page elsewhere, and polled for (graph.md 4.3).

use std::time::Duration;

use axum::http::Method;
use axum::response::Response;
use serde_json::{Value, json};

use super::errors::{self, Refused};
use super::store::{DeviceAnswer, DeviceCode};
use super::{Fields, Tenant, known, pages, scopes};
use crate::World;
use crate::company::{random_bytes, random_text};

pub(crate) const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
const LIFE: Duration = Duration::from_secs(900);

pub(crate) fn start(world: &World, tenant: Option<Tenant>, form: Option<&Fields>) -> Result<Value, Refused> {
    let Some(form) = form else {
        return Err(errors::missing("client_id"));
    };
    known(world, tenant, form.get("client_id"))?;
    if !world.options.public_client_flows {
        return Err(errors::SECRET_EXPECTED.into());
    }
    let text = form
        .get("scope")
        .filter(|scope| !scope.trim().is_empty())
        .ok_or_else(|| errors::missing("scope"))?;
    let scopes = scopes::parse(text, std::iter::empty())?;
    let user_code = user_code();
    let device_code = random_text::<120>();
    let uri = format!("{}/devicelogin", world.addresses.entra);
    let answer = json!({
        "user_code": user_code,
        "device_code": device_code,
        "verification_uri": uri,
        "expires_in": LIFE.as_secs(),
        "interval": world.options.device_interval.as_secs(),
        "message": format!(
            "To sign in, use a web browser to open the page {uri} and enter the code {user_code} to authenticate."
        ),
    });
    let expires = world.clock.now() + LIFE;
    world.entra.lock().devices.push(DeviceCode {
        device_code,
        user_code,
        scopes,
        expires,
        answer: DeviceAnswer::Waiting,
    });
    Ok(answer)
}

fn user_code() -> String {
    const LETTERS: &[u8] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    random_bytes::<9>()
        .iter()
        .map(|byte| char::from(LETTERS[usize::from(*byte) % LETTERS.len()]))
        .collect()
}

pub(crate) fn page(world: &World, method: &Method, query: &Fields, form: &Fields) -> Response {
    if *method != Method::POST {
        return pages::device(world, query.get("user_code").map_or("", String::as_str));
    }
    let (Some(code), Some(person)) = (form.get("user_code"), form.get("playground_user")) else {
        return pages::plain(400, "Code and person are needed.");
    };
    let cancelled = form
        .get("playground_answer")
        .is_some_and(|answer| answer == "cancel");
    let person = (!cancelled).then(|| person.clone());
    if answer(world, code, person) {
        pages::plain(
            200,
            "You have signed in; you can close this window. · Fertig, dieses Fenster kann zu.",
        )
    } else {
        pages::plain(400, "That code didn’t work. · Dieser Code gilt nicht.")
    }
}

/// The person signs in (or, with `None`, declines); whether a waiting code was meant.
pub(crate) fn answer(world: &World, user_code: &str, person: Option<String>) -> bool {
    if person
        .as_ref()
        .is_some_and(|person| world.person(person).is_none())
    {
        return false;
    }
    let now = world.clock.now();
    let mut entra = world.entra.lock();
    let found = entra.devices.iter_mut().find(|device| {
        device.user_code.eq_ignore_ascii_case(user_code.trim())
            && device.answer == DeviceAnswer::Waiting
            && now < device.expires
    });
    let Some(device) = found else { return false };
    device.answer = person.map_or(DeviceAnswer::Declined, DeviceAnswer::SignedIn);
    true
}
