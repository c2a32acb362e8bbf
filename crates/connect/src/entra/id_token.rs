//! Who signed in.

use super::config::{Cloud, EntraConfig};
use super::error::EntraError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use subtle::ConstantTimeEq as _;

/// The tenant of all personal accounts, for which presence does not exist (`facts/graph.md`, section 4.5).
const PERSONAL: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";

/// A person as the id_token names them.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Identity {
    /// `oid.tid`; `sub` is another one in each application.
    pub key: String,
    pub name: String,
    pub address: String,
}

#[derive(Deserialize)]
struct Claims {
    aud: String,
    iss: String,
    nonce: Option<String>,
    oid: Option<String>,
    tid: Option<String>,
    #[serde(default)]
    name: String,
    #[serde(default)]
    preferred_username: String,
}

/// The signature is not checked: the token came over TLS straight from the token endpoint, which OpenID Connect
/// Core, section 3.1.3.7, takes in its place. Nor is its expiry: the code that it was bought with has just been
/// issued, and a desk whose clock is wrong is to be able to sign in.
pub(super) fn read(token: &str, config: &EntraConfig, nonce: Option<&str>) -> Result<Identity, EntraError> {
    const GARBAGE: EntraError = EntraError::NotUnderstood("the id_token");
    let mut parts = token.split('.');
    let (Some(_), Some(claims), Some(_), None) = (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(GARBAGE);
    };
    let claims = URL_SAFE_NO_PAD
        .decode(claims.trim_end_matches('='))
        .map_err(|_| GARBAGE)?;
    let claims: Claims = serde_json::from_slice(&claims).map_err(|_| GARBAGE)?;
    if let Some(nonce) = nonce
        && !bool::from(
            claims
                .nonce
                .unwrap_or_default()
                .as_bytes()
                .ct_eq(nonce.as_bytes()),
        )
    {
        return Err(EntraError::StateMismatch);
    }
    if !claims.aud.eq_ignore_ascii_case(config.client_id()) {
        return Err(GARBAGE);
    }
    let (Some(oid), Some(tid)) = (claims.oid, claims.tid) else {
        return Err(GARBAGE);
    };
    if tid.eq_ignore_ascii_case(PERSONAL) {
        return Err(EntraError::PersonalAccount);
    }
    let issuer = url::Url::parse(&claims.iss).map_err(|_| GARBAGE)?;
    let names_tenant = issuer
        .path()
        .split('/')
        .any(|part| part.eq_ignore_ascii_case(&tid));
    let fits = match config.cloud {
        Cloud::Global | Cloud::UsGov | Cloud::UsDod => issuer.scheme() == "https" && names_tenant,
        // Whose issuer is what is their own affair.
        Cloud::Custom => true,
    };
    if !fits {
        return Err(GARBAGE);
    }
    Ok(Identity {
        key: format!("{oid}.{tid}"),
        name: claims.name,
        address: claims.preferred_username,
    })
}

#[cfg(test)]
mod tests {
    use super::super::config::MicrosoftSettings;
    use super::super::config::tests::{CLIENT, custom};
    use super::*;
    use serde_json::{Value, json};

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn claims() -> Value {
        json!({"aud": CLIENT, "iss": "https://login.microsoftonline.com/tttt/v2.0", "nonce": "n", "oid": "oooo",
            "tid": "tttt", "name": "Ada", "preferred_username": "ada@contoso.example", "more": [1]})
    }

    fn global() -> EntraConfig {
        let empty = "";
        EntraConfig::parse(&MicrosoftSettings {
            cloud: "global",
            tenant: "organizations",
            client_id: CLIENT,
            login_url: empty,
            graph_url: empty,
        })
        .unwrap()
    }

    #[test]
    fn a_person_is_read() {
        let identity = read(&token(&claims()), &global(), Some("n")).unwrap();
        assert_eq!(
            (identity.key.as_str(), identity.name.as_str()),
            ("oooo.tttt", "Ada")
        );
        assert!(
            read(&token(&claims()), &global(), None).is_ok(),
            "by device code there is no nonce"
        );
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let with = |name: &str, value: Value| {
            let mut claims = claims();
            claims[name] = value;
            read(&token(&claims), &global(), Some("n"))
        };
        assert!(matches!(
            with("nonce", json!("m")),
            Err(EntraError::StateMismatch)
        ));
        assert!(matches!(
            with("nonce", json!(null)),
            Err(EntraError::StateMismatch)
        ));
        assert!(matches!(
            with("tid", json!(PERSONAL)),
            Err(EntraError::PersonalAccount)
        ));
        for (name, value) in [
            ("aud", json!("another")),
            ("oid", json!(null)),
            ("tid", json!(null)),
            ("iss", json!("https://login.microsoftonline.com/uuuu/v2.0")),
            ("iss", json!("http://login.microsoftonline.com/tttt/v2.0")),
            ("iss", json!("x")),
        ] {
            assert!(
                matches!(with(name, value), Err(EntraError::NotUnderstood(_))),
                "{name}"
            );
        }
        for garbage in ["", "a.b", "a.b.c.d", "a.!.c", "a.e30.c"] {
            assert!(
                matches!(
                    read(garbage, &custom("http://127.0.0.1:1"), None),
                    Err(EntraError::NotUnderstood(_))
                ),
                "{garbage}"
            );
        }
    }
}
