//! Entra: what it grants and, as a table, what it refuses. Sources are sections of graph.md.

#![expect(clippy::unwrap_used, reason = "a broken helper is to end the test")]

mod common;

use std::time::Duration;

use base64::Engine as _;
use common::*;
use offhook_playground::{CLIENT_ID, Fault, Options, Playground, TENANT_ID};
use serde_json::Value;

fn claims(token: &Value) -> Value {
    let part = token.as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    serde_json::from_slice(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(part)
            .unwrap(),
    )
    .unwrap()
}

#[tokio::test]
async fn code_with_pkce_and_refresh() {
    let company = company().await;
    let (status, query, _) = authorize(&company, "organizations", &authorize_fields()).await;
    assert_eq!((status, query["state"].as_str()), (302, "s1"));
    assert!(query.contains_key("session_state"));
    let (status, tokens) = token(&company, &code_grant(&query["code"])).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(
        tokens["scope"],
        "openid profile User.Read Presence.Read Presence.ReadWrite"
    );
    let life = tokens["expires_in"].as_u64().unwrap();
    assert!((3600..5400).contains(&life), "{life}");
    let claims = claims(&tokens["id_token"]);
    assert_eq!(claims["oid"], company.people()[0].oid.as_str());
    assert_eq!(
        (&claims["tid"], &claims["nonce"], &claims["aud"]),
        (&TENANT_ID.into(), &"n1".into(), &CLIENT_ID.into())
    );
    assert_eq!(
        claims["iss"],
        format!("{}/{TENANT_ID}/v2.0", company.addresses().entra)
    );

    let (status, again) = token(&company, &code_grant(&query["code"])).await;
    assert_eq!(
        (status, &again["error_codes"][0]),
        (400, &54005.into()),
        "a code is used once"
    );

    let old = tokens["refresh_token"].as_str().unwrap();
    let (status, fresh) = token(&company, &refresh_grant(old)).await;
    assert_eq!(status, 200, "{fresh}");
    assert_ne!(fresh["refresh_token"], old);
    let (status, _) = token(&company, &refresh_grant(old)).await;
    assert_eq!(status, 200, "the old one is not revoked by its use (4.4)");

    company.advance(Duration::from_secs(91 * 86_400));
    let (status, late) = token(&company, &refresh_grant(old)).await;
    assert_eq!(
        (status, &late["error"], &late["error_codes"][0]),
        (400, &"invalid_grant".into(), &700_082.into())
    );
}

#[tokio::test]
async fn the_signature_is_real() {
    let company = company().await;
    let tokens = signed_in(&company).await;
    let url = format!("{}/common/discovery/v2.0/keys", company.addresses().entra);
    let keys: Value = client().get(url).send().await.unwrap().json().await.unwrap();
    let decode = |text: &str| {
        base64::engine::general_purpose::URL_SAFE_NO_PAD
            .decode(text)
            .unwrap()
    };
    let (n, e) = (
        decode(keys["keys"][0]["n"].as_str().unwrap()),
        decode(keys["keys"][0]["e"].as_str().unwrap()),
    );
    let token = tokens["id_token"].as_str().unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    ring::signature::RsaPublicKeyComponents { n, e }
        .verify(
            &ring::signature::RSA_PKCS1_2048_8192_SHA256,
            signed.as_bytes(),
            &decode(signature),
        )
        .unwrap();
}

#[tokio::test]
async fn wrong_authorize_requests_shown_in_the_browser() {
    let company = company().await;
    for (name, tenant, change, code) in [
        (
            "unknown client (4.7)",
            "organizations",
            ("client_id", "11111111-1111-4111-8111-111111111111"),
            "AADSTS700016",
        ),
        (
            "unknown tenant (4.7)",
            "fabrikam.example",
            ("state", "x"),
            "AADSTS90002",
        ),
        (
            "redirect to 127.0.0.1 (4.2)",
            "common",
            ("redirect_uri", "http://127.0.0.1:49152"),
            "AADSTS50011",
        ),
        (
            "redirect to [::1] (4.2)",
            "common",
            ("redirect_uri", "http://[::1]:49152"),
            "AADSTS50011",
        ),
        (
            "redirect with another path (4.2)",
            "common",
            ("redirect_uri", "http://localhost:49152/cb"),
            "AADSTS50011",
        ),
        (
            "redirect by https (4.2)",
            "common",
            ("redirect_uri", "https://localhost:49152"),
            "AADSTS50011",
        ),
        (
            "redirect elsewhere (4.2)",
            "common",
            ("redirect_uri", "http://attacker.example"),
            "AADSTS50011",
        ),
        ("redirect missing", "common", ("redirect_uri", ""), "AADSTS900144"),
    ] {
        let (status, query, page) =
            authorize(&company, tenant, &changed(authorize_fields(), &[change])).await;
        assert_eq!((status, query.len()), (400, 0), "{name}");
        assert!(page.contains(code), "{name}: {page}");
    }
    let single = Playground::start(Options {
        single_tenant: true,
        ..Options::default()
    })
    .await
    .unwrap();
    let (status, _, page) = authorize(&single, "common", &authorize_fields()).await;
    assert!(status == 400 && page.contains("AADSTS50194"), "{page}");
    assert_eq!(
        authorize(&single, "contoso.example", &authorize_fields()).await.0,
        302
    );
}

#[tokio::test]
async fn wrong_authorize_requests_sent_back() {
    let company = company().await;
    for (name, changes, error) in [
        ("no PKCE (4.2)", vec![("code_challenge", "")], "invalid_request"),
        (
            "plain PKCE (4.2)",
            vec![("code_challenge_method", "plain")],
            "invalid_request",
        ),
        ("no scope", vec![("scope", "")], "invalid_request"),
        (
            "unknown scope (4.7)",
            vec![("scope", "Presence.Write")],
            "invalid_scope",
        ),
        (
            "application-only scope (1.6)",
            vec![("scope", "Presence.ReadWrite.All")],
            "invalid_scope",
        ),
        (
            ".default mixed with names (4.4)",
            vec![("scope", "https://graph.microsoft.com/.default User.Read")],
            "invalid_scope",
        ),
        (
            "implicit flow",
            vec![("response_type", "token")],
            "unsupported_response_type",
        ),
        (
            "cancelled (4.2)",
            vec![("playground_answer", "cancel")],
            "access_denied",
        ),
        (
            "silent without a session (4.7)",
            vec![("playground_user", ""), ("prompt", "none")],
            "login_required",
        ),
        (
            "calendar without an administrator (4.8)",
            vec![("scope", "openid Calendars.Read")],
            "access_denied",
        ),
    ] {
        let (status, query, page) =
            authorize(&company, "organizations", &changed(authorize_fields(), &changes)).await;
        assert_eq!(status, 302, "{name}: {page}");
        assert_eq!(query.get("error").map(String::as_str), Some(error), "{name}");
        assert_eq!(query["state"], "s1", "{name}");
    }
    company.admin_consent(&["Calendars.Read"]);
    let calendar = changed(authorize_fields(), &[("scope", "openid Calendars.Read")]);
    assert!(
        authorize(&company, "organizations", &calendar)
            .await
            .1
            .contains_key("code"),
        "after consent"
    );
}

#[tokio::test]
async fn wrong_token_requests() {
    let company = company().await;
    let tokens = signed_in(&company).await;
    let refresh = refresh_grant(tokens["refresh_token"].as_str().unwrap());
    type Row<'a> = (&'a str, Vec<(&'a str, &'a str)>, u16, &'a str, u32);
    let table: Vec<Row<'_>> = vec![
        (
            "secret sent by a public client (4.2)",
            vec![("client_secret", "x")],
            401,
            "invalid_client",
            700_025,
        ),
        (
            "unknown client",
            vec![("client_id", "11111111-1111-4111-8111-111111111111")],
            400,
            "unauthorized_client",
            700_016,
        ),
        (
            "no client",
            vec![("client_id", "")],
            400,
            "invalid_request",
            900_144,
        ),
        (
            "no grant type",
            vec![("grant_type", "")],
            400,
            "invalid_request",
            900_144,
        ),
        (
            "password grant",
            vec![("grant_type", "password")],
            400,
            "unsupported_grant_type",
            70003,
        ),
        (
            "unknown refresh token (4.7)",
            vec![("refresh_token", "1.stale")],
            400,
            "invalid_grant",
            70000,
        ),
        (
            "scope never consented to (4.4)",
            vec![("scope", "Calendars.Read")],
            400,
            "consent_required",
            65001,
        ),
        (
            "unknown scope",
            vec![("scope", "Presence.Everything")],
            400,
            "invalid_scope",
            70011,
        ),
    ];
    for (name, changes, status, error, code) in table {
        let (got, body) = token(&company, &changed(refresh.clone(), &changes)).await;
        assert_eq!(
            (got, &body["error"], &body["error_codes"][0]),
            (status, &error.into(), &code.into()),
            "{name}: {body}"
        );
        assert!(
            body["error_description"]
                .as_str()
                .unwrap()
                .starts_with(&format!("AADSTS{code}: ")),
            "{name}"
        );
        for key in ["timestamp", "trace_id", "correlation_id"] {
            assert!(body[key].is_string(), "{name}: {key}");
        }
    }
    for (name, changes, code) in [
        (
            "wrong verifier (4.2)",
            vec![(
                "code_verifier",
                "another-verifier-that-is-also-long-enough-for-it",
            )],
            501_481,
        ),
        (
            "another redirect",
            vec![("redirect_uri", "http://localhost:49153")],
            500_112,
        ),
        ("no verifier", vec![("code_verifier", "")], 900_144),
        ("unknown code", vec![("code", "1.stale")], 70000),
    ] {
        let (_, query, _) = authorize(&company, "organizations", &authorize_fields()).await;
        let (status, body) = token(&company, &changed(code_grant(&query["code"]), &changes)).await;
        assert_eq!(
            (status, &body["error_codes"][0]),
            (400, &code.into()),
            "{name}: {body}"
        );
    }
    let (_, query, _) = authorize(&company, "organizations", &authorize_fields()).await;
    company.advance(Duration::from_secs(601));
    let (_, body) = token(&company, &code_grant(&query["code"])).await;
    assert_eq!(body["error_codes"][0], 70008, "a code lives ten minutes");
    company.revoke("alice", false);
    let (_, body) = token(&company, &refresh).await;
    assert_eq!(body["error_codes"][0], 50173, "revoked");
    let json = client().post(format!("{}/common/oauth2/v2.0/token", company.addresses().entra));
    let json = json
        .json(&serde_json::json!({ "grant_type": "refresh_token" }))
        .send()
        .await
        .unwrap();
    assert_eq!(json.status(), 400, "JSON in place of a form");
}

#[tokio::test]
async fn no_refresh_token_without_offline_access() {
    let company = company().await;
    let fields = changed(
        authorize_fields(),
        &[("scope", "https://graph.microsoft.com/Presence.Read")],
    );
    let (_, query, _) = authorize(&company, TENANT_ID, &fields).await;
    let (status, tokens) = token(&company, &code_grant(&query["code"])).await;
    assert_eq!(status, 200);
    assert_eq!(
        tokens["scope"], "https://graph.microsoft.com/Presence.Read",
        "as it was spelt"
    );
    assert!(
        tokens.get("refresh_token").is_none() && tokens.get("id_token").is_none(),
        "{tokens}"
    );
}

#[tokio::test]
async fn device_code() {
    let company = company().await;
    let start = || async {
        let fields = owned(&[("client_id", CLIENT_ID), ("scope", SCOPES)]);
        let (status, answer) = post_form(&company, "organizations/oauth2/v2.0/devicecode", &fields).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(
            (&answer["expires_in"], &answer["interval"]),
            (&900.into(), &5.into())
        );
        assert!(
            answer["message"]
                .as_str()
                .unwrap()
                .contains(answer["user_code"].as_str().unwrap())
        );
        (
            answer["user_code"].as_str().unwrap().to_owned(),
            answer["device_code"].as_str().unwrap().to_owned(),
        )
    };
    let poll = |code: String| {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        let fields = owned(&[
            ("grant_type", grant),
            ("client_id", CLIENT_ID),
            ("device_code", &code),
        ]);
        let company = &company;
        async move { token(company, &fields).await }
    };
    let (user_code, code) = start().await;
    assert_eq!(poll(code.clone()).await.1["error"], "authorization_pending");
    company.inject_times(Fault::EntraSlowDown, 1);
    assert_eq!(poll(code.clone()).await.1["error"], "slow_down");
    assert!(company.approve_device(&user_code.to_lowercase(), "bob"));
    let (status, tokens) = poll(code.clone()).await;
    assert_eq!(status, 200, "{tokens}");
    assert_eq!(
        claims(&tokens["id_token"])["preferred_username"],
        "bob@contoso.example"
    );
    assert_eq!(
        poll(code).await.1["error"],
        "bad_verification_code",
        "fetched once"
    );

    let (user_code, code) = start().await;
    assert!(company.decline_device(&user_code));
    assert_eq!(poll(code).await.1["error"], "authorization_declined");
    let (user_code, code) = start().await;
    company.advance(Duration::from_secs(901));
    assert_eq!(poll(code).await.1["error"], "expired_token");
    assert!(!company.approve_device(&user_code, "bob"));
    assert_eq!(poll("stale".into()).await.1["error"], "bad_verification_code");
    company.inject(Fault::EntraDeviceCodeBlocked);
    assert_eq!(poll("stale".into()).await.1["error_codes"][0], 530_036);
}

#[tokio::test]
async fn faults_of_the_token_endpoint() {
    let company = company().await;
    let tokens = signed_in(&company).await;
    let refresh = refresh_grant(tokens["refresh_token"].as_str().unwrap());
    for (fault, status, error, code) in [
        (Fault::EntraConsentMissing, 400, "consent_required", 65001),
        (Fault::EntraMfa, 400, "interaction_required", 50076),
        (Fault::EntraRevoked, 400, "invalid_grant", 50173),
        (Fault::EntraExpired, 400, "invalid_grant", 700_082),
        (Fault::EntraSignInFrequency, 400, "invalid_grant", 70043),
        (Fault::EntraBlocked, 400, "invalid_grant", 53003),
        (Fault::EntraAppNotFound, 400, "unauthorized_client", 700_016),
        (Fault::EntraLoop, 400, "invalid_grant", 50196),
        (Fault::EntraSecretExpected, 401, "invalid_client", 7_000_218),
        (Fault::EntraTenantNotFound, 400, "invalid_request", 90002),
        (
            Fault::EntraThrottled {
                retry_after: Some(1.5),
            },
            429,
            "temporarily_unavailable",
            90055,
        ),
        (Fault::EntraUnavailable, 503, "temporarily_unavailable", 90033),
        (Fault::EntraServerError, 500, "server_error", 90033),
    ] {
        let name = fault.name();
        company.inject_times(fault, 1);
        let (got, body) = token(&company, &refresh).await;
        assert_eq!(
            (got, &body["error"], &body["error_codes"][0]),
            (status, &error.into(), &code.into()),
            "{name}"
        );
        assert_eq!(token(&company, &refresh).await.0, 200, "{name} strikes once");
    }
    company.inject_times(
        Fault::EntraScopeNarrowed {
            scope: "Presence.ReadWrite".into(),
        },
        1,
    );
    let (_, body) = token(&company, &refresh).await;
    assert!(!body["scope"].as_str().unwrap().contains("ReadWrite"));
    company.inject_times(Fault::EntraGarbage, 1);
    assert_eq!(token(&company, &refresh).await.1, Value::Null);
}

#[tokio::test]
async fn a_person_signs_in_on_the_page() {
    let company = company().await;
    let fields = changed(
        authorize_fields(),
        &[("playground_user", ""), ("login_hint", "carol@contoso.example")],
    );
    let (status, _, page) = authorize(&company, "organizations", &fields).await;
    assert_eq!(status, 200);
    assert!(page.contains("value=\"carol\" checked"), "{page}");
    let transaction = page
        .split("name=\"playground_transaction\" value=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    let url = format!(
        "{}/organizations/oauth2/v2.0/authorize",
        company.addresses().entra
    );
    let form = [
        ("playground_transaction", transaction),
        ("playground_user", "carol"),
        ("playground_answer", "sign-in"),
    ];
    let answer = client().post(&url).form(&form).send().await.unwrap();
    assert!(answer.headers()["location"].to_str().unwrap().contains("code="));
    assert_eq!(
        client().post(&url).form(&form).send().await.unwrap().status(),
        400,
        "a page counts once"
    );
    company.sign_in_as(Some("bob"));
    assert!(
        authorize(&company, "organizations", &fields)
            .await
            .1
            .contains_key("code"),
        "unattended"
    );
}
