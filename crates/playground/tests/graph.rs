//! Graph: sessions and, as a table, every wrong request that the facts name. Sources are sections of graph.md.

#![expect(clippy::unwrap_used, reason = "a broken helper is to end the test")]

mod common;

use std::time::Duration;

use common::*;
use offhook_playground::{CLIENT_ID, Fault, Injection, Pick, Place, Playground, TeamsClient};
use serde_json::{Value, json};

const WRITE: &str = "me/presence/setPresence";

fn good() -> Value {
    json!({ "sessionId": CLIENT_ID, "availability": "Busy", "activity": "InACall", "expirationDuration": "PT5M" })
}

fn with(key: &str, value: Value) -> Value {
    let mut body = good();
    body[key] = value;
    body
}

fn without(key: &str) -> Value {
    let mut body = good();
    body.as_object_mut().unwrap().remove(key);
    body
}

async fn post(company: &Playground, token: &str, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/{path}", company.addresses().graph);
    let answer = client()
        .post(url)
        .bearer_auth(token)
        .json(body)
        .send()
        .await
        .unwrap();
    assert!(answer.headers().contains_key("request-id"));
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or(Value::Null),
    )
}

async fn get(company: &Playground, token: &str, path: &str) -> (u16, Value) {
    let url = format!("{}/{path}", company.addresses().graph);
    let answer = client().get(url).bearer_auth(token).send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or(Value::Null),
    )
}

async fn shown(company: &Playground, token: &str) -> String {
    let (_, body) = get(company, token, "me/presence").await;
    format!(
        "{}/{}",
        body["availability"].as_str().unwrap(),
        body["activity"].as_str().unwrap()
    )
}

#[tokio::test]
async fn every_wrong_write_is_refused() {
    let company = company().await;
    let token = company.access_token("alice", &["Presence.Read", "Presence.ReadWrite"]);
    let bob = format!("users/{}/presence/setPresence", company.people()[1].oid);
    let preferred = "me/presence/setUserPreferredPresence";
    let note = "me/presence/setStatusMessage";
    let pair = |availability: &str, activity: &str| {
        let mut body = with("availability", json!(availability));
        body["activity"] = json!(activity);
        body
    };
    let table: Vec<(&str, &str, Value, u16)> = vec![
        ("Busy/Busy (7 row 3)", WRITE, pair("Busy", "Busy"), 400),
        (
            "DoNotDisturb/DoNotDisturb (7 row 3)",
            WRITE,
            pair("DoNotDisturb", "DoNotDisturb"),
            400,
        ),
        (
            "Available/InACall (7 row 3)",
            WRITE,
            pair("Available", "InACall"),
            400,
        ),
        ("Busy/Presenting (1.2)", WRITE, pair("Busy", "Presenting"), 400),
        ("Busy/InAMeeting (1.2)", WRITE, pair("Busy", "InAMeeting"), 400),
        ("Offline/Offline (1.2)", WRITE, pair("Offline", "Offline"), 400),
        ("a made-up word (1.2)", WRITE, pair("Bogus", "Bogus"), 400),
        (
            "PT9H (1.2)",
            WRITE,
            with("expirationDuration", json!("PT9H")),
            400,
        ),
        (
            "PT4M (1.2)",
            WRITE,
            with("expirationDuration", json!("PT4M")),
            400,
        ),
        (
            "PT4H1S (1.2)",
            WRITE,
            with("expirationDuration", json!("PT4H1S")),
            400,
        ),
        (
            "no ISO duration (1.2)",
            WRITE,
            with("expirationDuration", json!("5 min")),
            400,
        ),
        (
            "a number as duration",
            WRITE,
            with("expirationDuration", json!(300)),
            400,
        ),
        (
            "a number as availability (test-parts 4)",
            WRITE,
            with("availability", json!(7)),
            400,
        ),
        ("no activity (test-parts 4)", WRITE, without("activity"), 400),
        ("no availability", WRITE, without("availability"), 400),
        ("no sessionId (1.1)", WRITE, without("sessionId"), 400),
        (
            "null as sessionId (1.1)",
            WRITE,
            with("sessionId", Value::Null),
            400,
        ),
        (
            "random sessionId (7 row 10)",
            WRITE,
            with("sessionId", json!("11111111-1111-4111-8111-111111111111")),
            400,
        ),
        (
            "misspelt expirationDutaion (7 row 12)",
            WRITE,
            with("expirationDutaion", json!("PT1H")),
            400,
        ),
        (
            "member in another case",
            WRITE,
            with("Availability", json!("Busy")),
            400,
        ),
        ("a list as body", WRITE, json!([good()]), 400),
        ("somebody else by oid (7 row 11)", &bob, good(), 401),
        (
            "somebody else by UPN (7 row 11)",
            "users/bob@contoso.example/presence/setPresence",
            good(),
            401,
        ),
        (
            "oneself by UPN (7 row 11)",
            "users/alice@contoso.example/presence/setPresence",
            good(),
            401,
        ),
        (
            "clear with a random sessionId (7 row 10)",
            "me/presence/clearPresence",
            json!({ "sessionId": "x" }),
            400,
        ),
        (
            "clear without a sessionId",
            "me/presence/clearPresence",
            json!({}),
            400,
        ),
        (
            "clear without a session (1.5)",
            "me/presence/clearPresence",
            json!({ "sessionId": CLIENT_ID }),
            404,
        ),
        (
            "preferred Busy/InACall (1.2)",
            preferred,
            json!({ "availability": "Busy", "activity": "InACall" }),
            400,
        ),
        (
            "preferred with a sessionId",
            preferred,
            json!({ "availability": "Busy", "activity": "Busy", "sessionId": CLIENT_ID }),
            400,
        ),
        (
            "preferred for no time",
            preferred,
            json!({ "availability": "Busy", "activity": "Busy", "expirationDuration": "PT0S" }),
            400,
        ),
        (
            "note in HTML (1.2)",
            note,
            json!({ "statusMessage": { "message": { "content": "x", "contentType": "html" } } }),
            400,
        ),
        (
            "note without its envelope (1.2)",
            note,
            json!({ "message": { "content": "x", "contentType": "text" } }),
            400,
        ),
        (
            "note with publishedDateTime (1.2)",
            note,
            json!({ "statusMessage": { "message": { "content": "x" }, "publishedDateTime": "2026-01-01T00:00:00Z" } }),
            400,
        ),
        (
            "note ending with an offset (1.2)",
            note,
            json!({ "statusMessage": { "message": { "content": "x" }, "expiryDateTime": { "dateTime": "2026-01-01T00:00:00Z", "timeZone": "UTC" } } }),
            400,
        ),
        (
            "note ending in no zone (1.2)",
            note,
            json!({ "statusMessage": { "message": { "content": "x" }, "expiryDateTime": { "dateTime": "2026-01-01T00:00:00", "timeZone": "Mars" } } }),
            400,
        ),
        (
            "an action there is none of",
            "me/presence/setPresences",
            good(),
            400,
        ),
        ("POST on the resource", "me/presence", good(), 405),
        ("another version", "../beta/me/presence/setPresence", good(), 400),
    ];
    for (name, path, body, status) in &table {
        let (got, answer) = post(&company, &token, path, body).await;
        assert_eq!(got, *status, "{name}: {answer}");
        assert!(
            answer["error"]["code"].is_string() && answer["error"]["message"].is_string(),
            "{name}: {answer}"
        );
        assert!(
            answer["error"]["innerError"]["request-id"].is_string(),
            "{name}: {answer}"
        );
    }
    assert_eq!(company.sessions("alice"), vec![], "none of them did anything");
    assert_eq!(company.preferred("alice"), None);

    let url = format!("{}/{WRITE}", company.addresses().graph);
    let text = client()
        .post(&url)
        .bearer_auth(&token)
        .header("content-type", "text/plain")
        .body(good().to_string());
    assert_eq!(text.send().await.unwrap().status(), 415, "wrong content type");
    let half = client()
        .post(&url)
        .bearer_auth(&token)
        .header("content-type", "application/json")
        .body("{\"sessionId\":");
    assert_eq!(half.send().await.unwrap().status(), 400, "half a body");
    assert_eq!(
        client()
            .delete(format!("{}/me/presence", company.addresses().graph))
            .bearer_auth(&token)
            .send()
            .await
            .unwrap()
            .status(),
        405
    );
}

#[tokio::test]
async fn tokens_and_scopes() {
    let company = company().await;
    let read = company.access_token("alice", &["Presence.Read"]);
    let write = company.access_token("alice", &["Presence.ReadWrite"]);
    let refused = post(&company, &read, WRITE, &good()).await.0;
    assert_eq!(refused, 403, "a write needs Presence.ReadWrite (1.1)");
    assert_eq!(
        get(&company, &write, "me/presence").await.0,
        403,
        "reading needs Presence.Read (1.4)"
    );
    assert_eq!(get(&company, &read, "me").await.0, 403, "/me needs User.Read");
    assert_eq!(
        get(&company, &company.access_token("alice", &["User.Read"]), "me")
            .await
            .1["displayName"],
        "Alice Anders"
    );
    let bob = format!("users/{}/presence", company.people()[1].oid);
    assert_eq!(
        get(&company, &read, &bob).await.0,
        403,
        "others need Presence.Read.All"
    );
    assert_eq!(
        get(
            &company,
            &company.access_token("alice", &["Presence.Read.All"]),
            &bob
        )
        .await
        .0,
        200
    );
    assert_eq!(
        get(&company, &read, "users/bob@contoso.example/presence").await.0,
        400,
        "UPN (1.1)"
    );
    let own = format!("users/{}/presence/setPresence", company.people()[0].oid);
    assert_eq!(
        post(&company, &write, &own, &good()).await.0,
        200,
        "the own oid does"
    );
    for token in ["", "stale"] {
        let url = format!("{}/me/presence", company.addresses().graph);
        let answer = client().get(url).bearer_auth(token).send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert!(
            answer.headers()["www-authenticate"]
                .to_str()
                .unwrap()
                .starts_with("Bearer ")
        );
    }
    company.advance(Duration::from_secs(3601));
    assert_eq!(get(&company, &read, "me/presence").await.0, 401, "expired");
    let tokens = signed_in(&company).await;
    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        get(&company, token, "me/presence").await.0,
        200,
        "a token of our own Entra"
    );
    company.revoke("alice", true);
    assert_eq!(
        get(&company, token, "me/presence").await.0,
        401,
        "revoked at once"
    );
}

#[tokio::test]
async fn a_call_comes_and_goes() {
    let company = company().await;
    let token = company.access_token("alice", &["Presence.Read", "Presence.ReadWrite"]);
    assert_eq!(shown(&company, &token).await, "Available/Available");
    for (availability, activity) in [
        ("Available", "Available"),
        ("Busy", "InACall"),
        ("Busy", "InAConferenceCall"),
        ("Away", "Away"),
        ("DoNotDisturb", "Presenting"),
    ] {
        let body = json!({ "sessionId": CLIENT_ID, "availability": availability, "activity": activity });
        assert_eq!(
            post(&company, &token, WRITE, &body).await.0,
            200,
            "{availability}/{activity}"
        );
        assert_eq!(company.sessions("alice")[0].activity, activity);
    }
    assert_eq!(post(&company, &token, WRITE, &good()).await.0, 200);
    assert_eq!(shown(&company, &token).await, "Busy/InACall");
    company.advance(Duration::from_secs(200));
    assert_eq!(post(&company, &token, WRITE, &good()).await.0, 200);
    company.advance(Duration::from_secs(200));
    assert_eq!(shown(&company, &token).await, "Busy/InACall", "renewed");
    company.pick("alice", Some(Pick::DoNotDisturb));
    assert_eq!(
        shown(&company, &token).await,
        "DoNotDisturb/DoNotDisturb",
        "picked by hand wins"
    );
    company.pick("alice", None);
    company.advance(Duration::from_secs(101));
    assert_eq!(shown(&company, &token).await, "Available/Available", "ran out");
    assert_eq!(post(&company, &token, WRITE, &good()).await.0, 200);
    company.teams_client("alice", TeamsClient::Closed);
    let clear = json!({ "sessionId": CLIENT_ID });
    assert_eq!(
        post(&company, &token, "me/presence/clearPresence", &clear)
            .await
            .0,
        200
    );
    assert_eq!(
        shown(&company, &token).await,
        "Offline/Offline",
        "the only session is gone"
    );
    assert_eq!(
        post(&company, &token, "me/presence/clearPresence", &clear)
            .await
            .0,
        404
    );
    company.show_words("alice", Some(("focusing", "somethingNew")));
    assert_eq!(shown(&company, &token).await, "focusing/somethingNew");
}

#[tokio::test]
async fn preferred_and_note() {
    let company = company().await;
    let token = company.access_token("alice", &["Presence.Read", "Presence.ReadWrite"]);
    let set =
        json!({ "availability": "DoNotDisturb", "activity": "DoNotDisturb", "expirationDuration": "P1D" });
    assert_eq!(
        post(&company, &token, "me/presence/setUserPreferredPresence", &set)
            .await
            .0,
        200
    );
    assert_eq!(shown(&company, &token).await, "DoNotDisturb/DoNotDisturb");
    assert_eq!(
        post(
            &company,
            &token,
            "me/presence/clearUserPreferredPresence",
            &json!({})
        )
        .await
        .0,
        200
    );
    assert_eq!(shown(&company, &token).await, "Available/Available");
    let note = json!({ "statusMessage": { "message": { "content": "In a call", "contentType": "text" } } });
    assert_eq!(
        post(&company, &token, "me/presence/setStatusMessage", &note)
            .await
            .0,
        200
    );
    let (_, body) = get(&company, &token, "me/presence").await;
    assert_eq!(body["statusMessage"]["message"]["content"], "In a call");
    company.out_of_office("alice", Some("Back on Monday"));
    let (_, body) = get(&company, &token, "me/presence").await;
    assert_eq!(
        body["outOfOfficeSettings"],
        json!({ "isOutOfOffice": true, "message": "Back on Monday" })
    );
}

#[tokio::test]
async fn faults_on_demand() {
    let company = company().await;
    let token = company.access_token("alice", &["Presence.Read", "Presence.ReadWrite"]);
    let url = format!("{}/me/presence", company.addresses().graph);
    company.inject_times(
        Fault::GraphThrottled {
            retry_after: Some(2.128),
        },
        2,
    );
    for _ in 0..2 {
        let answer = client().get(&url).bearer_auth(&token).send().await.unwrap();
        assert_eq!(
            (
                answer.status().as_u16(),
                answer.headers()["retry-after"].to_str().unwrap()
            ),
            (429, "2.128")
        );
    }
    assert_eq!(get(&company, &token, "me/presence").await.0, 200);
    company
        .faults()
        .inject(Injection::new(Fault::GraphServerError { status: 503 }).only(Place::GraphWrite));
    assert_eq!(get(&company, &token, "me/presence").await.0, 200, "writes only");
    assert_eq!(post(&company, &token, WRITE, &good()).await.0, 503);
    company.faults().clear();
    company.inject_times(Fault::GraphClaimsChallenge, 1);
    let answer = client().get(&url).bearer_auth(&token).send().await.unwrap();
    assert!(
        answer.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .contains("insufficient_claims")
    );
    company.inject_times(Fault::GraphReset, 1);
    assert!(client().get(&url).bearer_auth(&token).send().await.is_err());
    company.inject_times(Fault::GraphGarbage, 1);
    assert_eq!(get(&company, &token, "me/presence").await, (200, Value::Null));
    company.inject_times(Fault::GraphWrongJson, 1);
    assert_eq!(get(&company, &token, "me/presence").await.1["availability"], 7);
    company.inject_times(Fault::GraphIgnored, 1);
    assert_eq!(post(&company, &token, WRITE, &good()).await.0, 200);
    assert_eq!(company.sessions("alice"), vec![]);
    company.inject_times(Fault::GraphNoAnswer, 1);
    let mark = company.mark();
    let hanging = tokio::spawn(client().get(&url).bearer_auth(&token).send());
    let asked = company
        .wait_for(mark, LIMIT, |request| request.path_only() == "/v1.0/me/presence")
        .await
        .unwrap();
    assert_eq!(asked.status, None);
    hanging.abort();
}
