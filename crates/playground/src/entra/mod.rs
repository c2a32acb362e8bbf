//! Entra: authorization code with PKCE, refresh, device code, discovery, sign-out and the administrator's consent, over
//! plain http on loopback.

mod authorize;
mod device;
mod errors;
mod grants;
mod jwt;
mod pages;
mod scopes;
pub(crate) mod store;

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::Response;
use serde_json::{Value, json};

use crate::World;
use crate::company::{TENANT_DOMAIN, TENANT_ID};
use crate::faults::{Fault, Place};
pub(crate) use device::answer as answer_device;
use errors::{Aadsts, Refused};
pub(crate) use jwt::Signer;

/// Fields of a query or of a form. A field given twice counts with its last value.
pub(crate) type Fields = HashMap<String, String>;

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new().fallback(handle).with_state(world)
}

/// The tenant that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tenant {
    /// `common` or `organizations`.
    Any,
    /// The company's own id or domain.
    Own,
}

async fn handle(
    State(world): State<Arc<World>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let segments: Vec<&str> = uri.path().trim_matches('/').split('/').collect();
    let query = fields(uri.query().unwrap_or_default().as_bytes());
    if let ["devicelogin"] = segments.as_slice() {
        return device::page(&world, &method, &query, &fields(&body));
    }
    let (tenant, rest) = match segments.as_slice() {
        ["common" | "organizations", rest @ ..] => (Some(Tenant::Any), rest),
        [id, rest @ ..] if id.eq_ignore_ascii_case(TENANT_ID) || id.eq_ignore_ascii_case(TENANT_DOMAIN) => {
            (Some(Tenant::Own), rest)
        }
        [_, rest @ ..] => (None, rest),
        [] => (None, [].as_slice()),
    };
    let get = method == Method::GET;
    let post = method == Method::POST;
    match rest {
        ["oauth2", "v2.0", "authorize"] if get || post => {
            if let Some(response) = disturbed(&world, Place::Authorize).await {
                return response;
            }
            let fields = if post {
                fields_of(&headers, &body).unwrap_or_default()
            } else {
                query
            };
            authorize::handle(&world, tenant, post, &fields)
        }
        ["oauth2", "v2.0", "token"] if post => {
            let form = fields_of(&headers, &body);
            let device = form
                .as_ref()
                .is_some_and(|form| form.get("grant_type").is_some_and(|kind| kind == device::GRANT));
            let place = if device { Place::Device } else { Place::Token };
            if let Some(response) = disturbed(&world, place).await {
                return response;
            }
            answered(&world, grants::token(&world, tenant, place, form.as_ref()))
        }
        ["oauth2", "v2.0", "devicecode"] if post => {
            if let Some(response) = disturbed(&world, Place::Device).await {
                return response;
            }
            answered(
                &world,
                device::start(&world, tenant, fields_of(&headers, &body).as_ref()),
            )
        }
        ["oauth2", "v2.0", "logout"] if get => pages::signed_out(&query, &world),
        ["v2.0", "adminconsent"] if get || post => {
            authorize::admin_consent(&world, tenant, &if post { fields(&body) } else { query })
        }
        ["v2.0", ".well-known", "openid-configuration"] if get => {
            let named = segments.first().copied().unwrap_or_default();
            answered(
                &world,
                tenant
                    .ok_or_else(|| errors::TENANT_NOT_FOUND.into())
                    .map(|tenant| discovery(&world, tenant, named)),
            )
        }
        ["discovery", "v2.0", "keys"] if get => json_response(200, &world.signer.keys()),
        _ => pages::plain(404, "404"),
    }
}

fn answered(world: &World, outcome: Result<Value, Refused>) -> Response {
    match outcome {
        Ok(value) => json_response(200, &value),
        Err(refused) => {
            let mut response = json_response(refused.status, &refused.body(world.clock.wall()));
            if let Some(after) = refused
                .retry_after
                .and_then(|seconds| seconds.to_string().parse().ok())
            {
                response.headers_mut().insert(header::RETRY_AFTER, after);
            }
            response
        }
    }
}

fn discovery(world: &World, tenant: Tenant, named: &str) -> Value {
    let base = format!("{}/{named}", world.addresses.entra);
    let issuer = match tenant {
        Tenant::Any => format!("{}/{{tenantid}}/v2.0", world.addresses.entra),
        Tenant::Own => issuer(world),
    };
    json!({
        "token_endpoint": format!("{base}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{base}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": issuer,
        "authorization_endpoint": format!("{base}/oauth2/v2.0/authorize"),
        "device_authorization_endpoint": format!("{base}/oauth2/v2.0/devicecode"),
        "end_session_endpoint": format!("{base}/oauth2/v2.0/logout"),
        "msgraph_host": world.addresses.graph.trim_start_matches("http://").trim_end_matches("/v1.0"),
    })
}

pub(crate) fn issuer(world: &World) -> String {
    format!("{}/{TENANT_ID}/v2.0", world.addresses.entra)
}

/// A known tenant and a known application, or the error that comes first.
fn known(world: &World, tenant: Option<Tenant>, client_id: Option<&String>) -> Result<(), Refused> {
    let Some(tenant) = tenant else {
        return Err(errors::TENANT_NOT_FOUND.into());
    };
    let Some(client_id) = client_id else {
        return Err(errors::missing("client_id"));
    };
    if !client_id.eq_ignore_ascii_case(&world.options.client_id) {
        return Err(Refused::from(errors::APP_NOT_FOUND).about(client_id));
    }
    if world.options.single_tenant && tenant == Tenant::Any {
        return Err(errors::SINGLE_TENANT.into());
    }
    Ok(())
}

fn fields(text: &[u8]) -> Fields {
    url::form_urlencoded::parse(text).into_owned().collect()
}

/// The form of a POST; `None` when it is of another content type.
fn fields_of(headers: &HeaderMap, body: &[u8]) -> Option<Fields> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    kind.starts_with("application/x-www-form-urlencoded")
        .then(|| fields(body))
}

fn json_response(status: u16, value: &Value) -> Response {
    let mut response = Response::new(Body::from(value.to_string()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        header::HeaderValue::from_static("application/json; charset=utf-8"),
    );
    headers.insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store, no-cache"),
    );
    response
}

/// The answer of a fault that strikes before the request is looked at.
async fn disturbed(world: &World, place: Place) -> Option<Response> {
    if let Some(delay) = world.faults.delay(place) {
        tokio::time::sleep(delay).await;
    }
    if world.faults.is_struck(place, &Fault::EntraNoAnswer) {
        std::future::pending::<()>().await;
    }
    if world.faults.is_struck(place, &Fault::EntraGarbage) {
        return Some(pages::plain(200, "Welcome to the guest network"));
    }
    let refused = world.faults.strike(place, errors::of_fault)?;
    Some(match place {
        Place::Authorize => pages::refused(&refused, world.clock.wall()),
        Place::Token
        | Place::Device
        | Place::GraphRead
        | Place::GraphCalendar
        | Place::GraphWrite
        | Place::PbxConnect
        | Place::PbxAction => answered(world, Err(refused)),
    })
}

/// For errors that a fault gives and that need nothing else.
impl From<Aadsts> for Refused {
    fn from(aadsts: Aadsts) -> Self {
        Self::of(aadsts)
    }
}
