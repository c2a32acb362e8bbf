//! The browser's half of signing in: checks the request, asks the person, redirects with a code or an error.

use std::time::Duration;

use axum::response::Response;
use url::{Host, Url};

use super::errors::{self, Refused};
use super::scopes::{self, Scope};
use super::store::{Code, Waiting};
use super::{Fields, Tenant, known, pages};
use crate::World;
use crate::company::{TENANT_ID, random_guid, random_text};
use crate::faults::{Fault, Place};

/// About ten minutes (graph.md 4.2).
const CODE_LIFE: Duration = Duration::from_secs(600);

pub(crate) fn handle(world: &World, tenant: Option<Tenant>, post: bool, fields: &Fields) -> Response {
    if post && let Some(transaction) = fields.get("playground_transaction") {
        let Some(waiting) = world.entra.lock().waiting.remove(transaction) else {
            return pages::plain(400, "This sign-in page is too old.");
        };
        return decided(world, &waiting, fields);
    }
    let (waiting, early) = match checked(world, tenant, fields) {
        Ok(checked) => checked,
        Err(refused) => return pages::refused(&refused, world.clock.wall()),
    };
    if let Some(refused) = early {
        return back(world, &waiting, Err(&refused));
    }
    if world.faults.is_struck(Place::Authorize, &Fault::EntraDeclined) {
        return back(world, &waiting, Err(&errors::DECLINED.into()));
    }
    let closed = waiting.scopes.iter().any(|scope| !scope.open_to_users())
        && !world.entra.lock().admin_consents.is_superset(
            &waiting
                .scopes
                .iter()
                .filter(|scope| !scope.open_to_users())
                .map(|scope| scope.short.clone())
                .collect(),
        );
    let attended = fields.get("playground_user").is_none() && world.entra.lock().unattended.is_none();
    if closed
        || world
            .faults
            .is_struck(Place::Authorize, &Fault::EntraAdminConsent)
    {
        let refused = Refused::of(errors::ADMIN_CONSENT);
        let answer = back(world, &waiting, Err(&refused));
        let location = answer
            .headers()
            .get("location")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned);
        return match location {
            Some(location) if attended => pages::admin_approval(&location),
            Some(_) | None => answer,
        };
    }
    if fields.get("playground_user").is_some() {
        return decided(world, &waiting, fields);
    }
    let unattended = world.entra.lock().unattended.clone();
    if let Some(person) = unattended {
        return signed_in(world, &waiting, &person);
    }
    if fields.get("prompt").is_some_and(|prompt| prompt == "none") {
        return back(world, &waiting, Err(&errors::NO_SESSION.into()));
    }
    let transaction = random_text::<16>();
    let scopes: Vec<&str> = waiting.scopes.iter().map(|scope| scope.short.as_str()).collect();
    let page = pages::sign_in(world, &transaction, &scopes.join(" "), fields.get("login_hint"));
    world.entra.lock().waiting.insert(transaction, waiting);
    page
}

/// Faults of the registration are shown in the browser; those of the request itself go back to the application.
fn checked(
    world: &World,
    tenant: Option<Tenant>,
    fields: &Fields,
) -> Result<(Waiting, Option<Refused>), Refused> {
    known(world, tenant, fields.get("client_id"))?;
    let redirect_uri = fields
        .get("redirect_uri")
        .ok_or_else(|| errors::missing("redirect_uri"))?;
    if !is_registered(world, redirect_uri) {
        return Err(Refused::of(errors::REDIRECT).about(redirect_uri));
    }
    let mut waiting = Waiting {
        redirect_uri: redirect_uri.clone(),
        scopes: Vec::new(),
        state: fields.get("state").cloned(),
        nonce: fields.get("nonce").cloned(),
        challenge: fields.get("code_challenge").cloned().unwrap_or_default(),
    };
    let early = request_fault(world, fields, &mut waiting).err();
    Ok((waiting, early))
}

fn request_fault(world: &World, fields: &Fields, waiting: &mut Waiting) -> Result<(), Refused> {
    match fields.get("response_type").map(String::as_str) {
        Some("code") => {}
        Some(other) => return Err(Refused::of(errors::RESPONSE_TYPE).about(other)),
        None => return Err(errors::missing("response_type")),
    }
    if fields.get("response_mode").is_some_and(|mode| mode != "query") {
        return Err(errors::missing("response_mode=query"));
    }
    // Entra lets a public client go without PKCE or with `plain`; a client that does is not wanted here.
    if fields.get("code_challenge_method").map(String::as_str) != Some("S256")
        || waiting.challenge.len() != 43
    {
        return Err(errors::missing("code_challenge with code_challenge_method S256"));
    }
    let text = fields
        .get("scope")
        .filter(|scope| !scope.trim().is_empty())
        .ok_or_else(|| errors::missing("scope"))?;
    let consented = world.entra.lock().admin_consents.clone();
    waiting.scopes = scopes::parse(text, consented.iter())?;
    Ok(())
}

/// `http://localhost` is registered: the port is free, the path compared with case (graph.md 4.2).
pub(crate) fn is_registered(world: &World, asked: &str) -> bool {
    let Ok(asked_url) = Url::parse(asked) else {
        return false;
    };
    let localhost =
        |url: &Url| matches!(url.host(), Some(Host::Domain("localhost"))) && url.scheme() == "http";
    world
        .options
        .redirect_uris
        .iter()
        .any(|registered| match Url::parse(registered) {
            Ok(registered) if localhost(&registered) => {
                localhost(&asked_url)
                    && registered.path() == asked_url.path()
                    && asked_url.query().is_none()
                    && asked_url.fragment().is_none()
                    && asked_url.username().is_empty()
            }
            Ok(_) | Err(_) => registered == asked,
        })
}

fn decided(world: &World, waiting: &Waiting, fields: &Fields) -> Response {
    if fields
        .get("playground_answer")
        .is_some_and(|answer| answer == "cancel")
    {
        return back(world, waiting, Err(&Refused::of(errors::DECLINED)));
    }
    match fields.get("playground_user") {
        Some(person) if world.person(person).is_some() => signed_in(world, waiting, person),
        Some(_) | None => pages::plain(400, "Nobody of that name works here."),
    }
}

fn signed_in(world: &World, waiting: &Waiting, person: &str) -> Response {
    let code = format!("1.{}", random_text::<120>());
    let mut entra = world.entra.lock();
    entra.consent(person, &waiting.scopes);
    let expires = world.clock.now() + CODE_LIFE;
    let (person, waiting_for) = (person.to_owned(), waiting.clone());
    entra.codes.insert(
        code.clone(),
        Code {
            person,
            waiting: waiting_for,
            expires,
            used: false,
        },
    );
    drop(entra);
    back(world, waiting, Ok(&code))
}

/// The redirect to the application. Without a path the answer comes to `/?…` (graph.md 4.2).
fn back(world: &World, waiting: &Waiting, outcome: Result<&str, &Refused>) -> Response {
    let Ok(mut to) = Url::parse(&waiting.redirect_uri) else {
        return pages::plain(400, "400");
    };
    let mut query = to.query_pairs_mut();
    match outcome {
        Ok(code) => query.append_pair("code", code),
        Err(refused) => query
            .append_pair("error", &refused.error)
            .append_pair("error_description", &refused.headline()),
    };
    if let Some(state) = &waiting.state {
        let wrong = world.faults.is_struck(Place::Authorize, &Fault::EntraWrongState);
        query.append_pair("state", if wrong { "somebody-elses-state" } else { state });
    }
    query.append_pair("session_state", &random_guid());
    drop(query);
    pages::redirect(to.as_str())
}

/// The administrator consents for everybody (graph.md 4.8).
pub(crate) fn admin_consent(world: &World, tenant: Option<Tenant>, fields: &Fields) -> Response {
    let outcome = known(world, tenant, fields.get("client_id")).and_then(|()| {
        let redirect_uri = fields
            .get("redirect_uri")
            .ok_or_else(|| errors::missing("redirect_uri"))?;
        if !is_registered(world, redirect_uri) {
            return Err(Refused::of(errors::REDIRECT).about(redirect_uri));
        }
        let scopes = scopes::parse(fields.get("scope").map_or("", String::as_str), std::iter::empty())?;
        Ok((redirect_uri.clone(), scopes))
    });
    let (redirect_uri, scopes): (String, Vec<Scope>) = match outcome {
        Ok(found) => found,
        Err(refused) => return pages::refused(&refused, world.clock.wall()),
    };
    match fields.get("playground_answer").map(String::as_str) {
        None => {
            let mut hidden = String::new();
            for (name, value) in fields {
                let (name, value) = (pages::escape(name), pages::escape(value));
                hidden.push_str(&format!(
                    "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">"
                ));
            }
            let body = format!(
                "<h1>Permissions requested</h1><form method=\"post\">{hidden}\
                 <button name=\"playground_answer\" value=\"accept\">Accept · Annehmen</button>\
                 <button name=\"playground_answer\" value=\"cancel\">Cancel · Abbrechen</button></form>"
            );
            pages::html(200, "Permissions requested", &body)
        }
        Some(answer) => {
            let Ok(mut to) = Url::parse(&redirect_uri) else {
                return pages::plain(400, "400");
            };
            let mut query = to.query_pairs_mut();
            if answer == "accept" {
                world
                    .entra
                    .lock()
                    .admin_consents
                    .extend(scopes.into_iter().map(|scope| scope.short));
                query
                    .append_pair("admin_consent", "True")
                    .append_pair("tenant", TENANT_ID);
            } else {
                query
                    .append_pair("error", "access_denied")
                    .append_pair("error_subcode", "cancel");
            }
            if let Some(state) = fields.get("state") {
                query.append_pair("state", state);
            }
            drop(query);
            pages::redirect(to.as_str())
        }
    }
}
