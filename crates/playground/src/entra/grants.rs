//! The token endpoint: code, refresh token and device code turned into tokens.

use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::errors::{self, Refused};
use super::scopes::{self, Scope};
use super::store::{Access, DeviceAnswer, Refresh, Store};
use super::{Fields, Tenant, device, issuer, known};
use crate::World;
use crate::company::{TENANT_ID, random_guid, random_text};
use crate::faults::{Fault, Place};

/// Without use (graph.md 4.4).
const REFRESH_LIFE: Duration = Duration::from_secs(90 * 86_400);

/// What a grant entitles to.
struct Granted {
    person: String,
    scopes: Vec<Scope>,
    nonce: Option<String>,
}

pub(crate) fn token(
    world: &World,
    tenant: Option<Tenant>,
    place: Place,
    form: Option<&Fields>,
) -> Result<Value, Refused> {
    let Some(form) = form else {
        return Err(errors::missing("grant_type"));
    };
    let grant = form
        .get("grant_type")
        .ok_or_else(|| errors::missing("grant_type"))?;
    known(world, tenant, form.get("client_id"))?;
    if form.contains_key("client_secret") || form.contains_key("client_assertion") {
        return Err(errors::SECRET_SENT.into());
    }
    let mut entra = world.entra.lock();
    let granted = match grant.as_str() {
        "authorization_code" => by_code(world, &mut entra, form)?,
        "refresh_token" => by_refresh(world, &mut entra, form)?,
        device::GRANT => by_device(world, &mut entra, form)?,
        other => return Err(Refused::of(errors::UNSUPPORTED_GRANT).about(other)),
    };
    Ok(issue(world, &mut entra, place, granted))
}

fn by_code(world: &World, entra: &mut Store, form: &Fields) -> Result<Granted, Refused> {
    let text = form.get("code").ok_or_else(|| errors::missing("code"))?;
    let redirect_uri = form
        .get("redirect_uri")
        .ok_or_else(|| errors::missing("redirect_uri"))?;
    let verifier = form
        .get("code_verifier")
        .ok_or_else(|| errors::missing("code_verifier"))?;
    let code = entra.codes.get_mut(text).ok_or(errors::INVALID_GRANT)?;
    if code.used {
        return Err(errors::CODE_USED.into());
    }
    if world.clock.now() >= code.expires {
        return Err(errors::GRANT_EXPIRED.into());
    }
    if *redirect_uri != code.waiting.redirect_uri {
        return Err(errors::OTHER_REDIRECT.into());
    }
    let challenge = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(verifier));
    if challenge != code.waiting.challenge || !(43..=128).contains(&verifier.len()) {
        return Err(errors::VERIFIER.into());
    }
    code.used = true;
    let asked = match form.get("scope") {
        Some(text) => scopes::parse(text, std::iter::empty())?,
        None => code.waiting.scopes.clone(),
    };
    let (person, nonce, first) = (
        code.person.clone(),
        code.waiting.nonce.clone(),
        code.waiting.scopes.clone(),
    );
    if let Some(extra) = asked
        .iter()
        .find(|scope| !first.iter().any(|one| one.short == scope.short))
    {
        return Err(Refused::of(errors::CONSENT_MISSING).about(&extra.short));
    }
    // The first request's offline_access counts although the token request usually leaves it out.
    let offline = first.into_iter().filter(|scope| {
        scope.short == "offline_access" || scope.short == "openid" || scope.short == "profile"
    });
    let mut scopes = asked;
    for scope in offline {
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    Ok(Granted {
        person,
        scopes,
        nonce,
    })
}

/// The old refresh token is not revoked by its use (graph.md 4.4); its ninety days begin anew.
fn by_refresh(world: &World, entra: &mut Store, form: &Fields) -> Result<Granted, Refused> {
    let text = form
        .get("refresh_token")
        .ok_or_else(|| errors::missing("refresh_token"))?;
    let now = world.clock.now();
    let refresh = entra.refresh.get_mut(text).ok_or(errors::INVALID_GRANT)?;
    if refresh.revoked {
        return Err(errors::REVOKED.into());
    }
    if now >= refresh.expires {
        return Err(errors::REFRESH_EXPIRED.into());
    }
    refresh.expires = now + REFRESH_LIFE;
    let person = refresh.person.clone();
    let all = entra.consents.get(&person).cloned().unwrap_or_default();
    let mut scopes = match form.get("scope") {
        Some(text) => scopes::parse(text, all.iter())?,
        None => all
            .iter()
            .map(|short| Scope {
                short: short.clone(),
                asked: short.clone(),
            })
            .collect(),
    };
    if let Some(extra) = scopes
        .iter()
        .find(|scope| !entra.is_consented(&person, &scope.short))
    {
        return Err(Refused::of(errors::CONSENT_MISSING).about(&extra.short));
    }
    if !scopes.iter().any(|scope| scope.short == "offline_access") {
        scopes.push(Scope {
            short: "offline_access".into(),
            asked: "offline_access".into(),
        });
    }
    Ok(Granted {
        person,
        scopes,
        nonce: None,
    })
}

fn by_device(world: &World, entra: &mut Store, form: &Fields) -> Result<Granted, Refused> {
    if !world.options.public_client_flows {
        return Err(errors::SECRET_EXPECTED.into());
    }
    let text = form
        .get("device_code")
        .ok_or_else(|| errors::missing("device_code"))?;
    let now = world.clock.now();
    let device = entra
        .devices
        .iter_mut()
        .find(|device| device.device_code == *text)
        .ok_or(errors::BAD_DEVICE_CODE)?;
    if now >= device.expires {
        return Err(errors::DEVICE_EXPIRED.into());
    }
    match device.answer.clone() {
        DeviceAnswer::Waiting => Err(errors::PENDING.into()),
        DeviceAnswer::Declined => Err(errors::DEVICE_DECLINED.into()),
        DeviceAnswer::Done => Err(errors::BAD_DEVICE_CODE.into()),
        DeviceAnswer::SignedIn(person) => {
            device.answer = DeviceAnswer::Done;
            let scopes = device.scopes.clone();
            if let Some(scope) = scopes
                .iter()
                .find(|scope| !scope.open_to_users() && !entra.is_consented(&person, &scope.short))
            {
                return Err(Refused::of(errors::ADMIN_CONSENT).about(&scope.short));
            }
            entra.consent(&person, &scopes);
            Ok(Granted {
                person,
                scopes,
                nonce: None,
            })
        }
    }
}

fn issue(world: &World, entra: &mut Store, place: Place, granted: Granted) -> Value {
    let Granted {
        person,
        mut scopes,
        nonce,
    } = granted;
    let narrowed = world.faults.strike(place, |fault| {
        if let Fault::EntraScopeNarrowed { scope } = fault {
            Some(scope.clone())
        } else {
            None
        }
    });
    scopes.retain(|scope| Some(&scope.short) != narrowed.as_ref());
    let has = |name: &str| scopes.iter().any(|scope| scope.short == name);
    let life = world.options.access_token_life.unwrap_or_else(|| {
        // 60 to 90 minutes (graph.md 4.4).
        Duration::from_secs(3600 + u64::try_from(world.dice.lock().below(1800)).unwrap_or(0))
    });
    let now = world.clock.now();
    let (issued, ends) = (
        world.clock.wall_of(now).as_second(),
        world.clock.wall_of(now + life).as_second(),
    );
    let whose = world.person(&person);
    let names: Vec<String> = scopes
        .iter()
        .filter(|scope| {
            !matches!(
                scope.short.as_str(),
                "openid" | "profile" | "email" | "offline_access"
            )
        })
        .map(|scope| scope.short.clone())
        .collect();
    let access_token = world.signer.sign(&json!({
        "aud": "https://graph.microsoft.com",
        "iss": format!("https://sts.windows.net/{TENANT_ID}/"),
        "iat": issued, "nbf": issued, "exp": ends,
        "appid": world.options.client_id, "appidacr": "0",
        "oid": whose.map(|whose| &whose.oid), "tid": TENANT_ID, "name": whose.map(|whose| &whose.name),
        "scp": names.join(" "), "ver": "1.0", "uti": random_guid(),
        // Real ones are this long.
        "xms_st": { "sub": random_text::<700>() },
    }));
    let scope: Vec<&str> = scopes
        .iter()
        .filter(|scope| scope.short != "offline_access")
        .map(|scope| scope.asked.as_str())
        .collect();
    let mut answer = json!({
        "token_type": "Bearer",
        "scope": scope.join(" "),
        "expires_in": life.as_secs(),
        "ext_expires_in": life.as_secs(),
        "access_token": access_token,
    });
    if has("offline_access") && !world.faults.is_struck(place, &Fault::EntraNoRefreshToken) {
        let refresh = format!("1.{}", random_text::<900>());
        answer["refresh_token"] = json!(refresh);
        entra.refresh.insert(
            refresh,
            Refresh {
                person: person.clone(),
                expires: now + REFRESH_LIFE,
                revoked: false,
            },
        );
    }
    if has("openid") {
        let wrong = world.faults.is_struck(place, &Fault::EntraWrongNonce);
        let nonce = if wrong {
            Some("somebody-elses-nonce".to_owned())
        } else {
            nonce
        };
        let mut claims = json!({
            "aud": world.options.client_id, "iss": issuer(world), "iat": issued, "nbf": issued, "exp": issued + 3600,
            "sub": format!("sub-{person}"), "tid": TENANT_ID, "uti": random_guid(), "ver": "2.0",
        });
        if let Some(nonce) = nonce {
            claims["nonce"] = json!(nonce);
        }
        // oid, name and preferred_username need `profile` (graph.md 4.5).
        if let Some(whose) = whose.filter(|_| has("profile")) {
            claims["oid"] = json!(whose.oid);
            claims["name"] = json!(whose.name);
            claims["preferred_username"] = json!(whose.upn);
        }
        answer["id_token"] = json!(world.signer.sign(&claims));
    }
    let client_id = world.options.client_id.clone();
    let scopes = names.into_iter().collect();
    entra.access.insert(
        access_token,
        Access {
            person,
            client_id,
            scopes,
            expires: now + life,
            revoked: false,
        },
    );
    answer
}
