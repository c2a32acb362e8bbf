//! What a person sees while signing in and out.

use super::super::client::Oauth;
use super::super::error::EntraError;
use super::fake::Answer;
use super::*;
use crate::secrets::{SecretError, Trouble};
use serde_json::json;
use std::sync::Mutex;

#[tokio::test]
async fn by_browser() {
    let mut desk = Desk::new().await;
    let account = desk.sign_in(&PRESENCE).await.unwrap();
    assert_eq!(
        account,
        Account {
            key: "oooo.tttt".into(),
            name: "Ada Example".into(),
            address: "ada@contoso.example".into(),
            rights: PRESENCE.to_vec()
        }
    );
    let SignIn::Browser { url } = desk.event().await else {
        panic!("the address comes first")
    };
    assert!(url.contains("prompt=select_account") && !url.contains("login_hint"));
    assert_eq!(desk.event().await, SignIn::SignedIn(account));
    assert_eq!(desk.token().await.unwrap(), "a1");
    assert_eq!(desk.stored().await.as_deref(), Some("r1"));
    assert_eq!(desk.fake.asked().len(), 2, "authorize and token, no refresh");
}

#[tokio::test]
async fn what_was_not_granted_is_missing_alone() {
    let desk = Desk::new().await;
    desk.fake.next(Answer::TokensWith(
        json!({"scope": "https://graph.microsoft.com/presence.read openid"}),
    ));
    assert_eq!(
        desk.sign_in(&PRESENCE).await.unwrap().rights,
        [Right::PresenceRead]
    );
}

#[tokio::test]
async fn a_further_right_is_asked_for_later() {
    let mut desk = Desk::signed_in().await;
    assert_eq!(
        desk.sign_in(&[Right::CalendarRead]).await.unwrap().rights.len(),
        3
    );
    let SignIn::Browser { url } = desk.event().await else {
        panic!()
    };
    assert!(
        url.contains("login_hint=ada%40contoso.example") && !url.contains("prompt="),
        "{url}"
    );
    assert!(url.contains("Calendars.Read") && url.contains("Presence.ReadWrite"));
    // Who says no to it keeps what there is.
    desk.fake.next(Answer::Error {
        error: "invalid_grant",
        number: 65_001,
    });
    assert_eq!(
        desk.sign_in(&[Right::CalendarRead]).await.unwrap_err().code,
        Code::ConsentMissing
    );
    assert_eq!(desk.token().await.unwrap(), "a2");
}

/// What the browser shows after Cancel on Entra's page.
async fn page_after_cancel(entra: &EntraHandle, further: bool) -> String {
    let (opened, mut addresses) = mpsc::unbounded_channel();
    let open = Box::new(move |url: &str| opened.send(url.to_owned()).is_ok());
    let entra = entra.clone();
    let outcome = tokio::spawn(async move {
        if further {
            entra
                .sign_in_further(Way::Browser, &[Right::CalendarRead], open)
                .await
        } else {
            entra.sign_in(Way::Browser, &PRESENCE, open).await
        }
    });
    let asked: url::Url = addresses.recv().await.unwrap().parse().unwrap();
    let said = |name: &str| {
        asked
            .query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    let mut back: url::Url = said("redirect_uri").parse().unwrap();
    back.query_pairs_mut()
        .append_pair("error", "access_denied")
        .append_pair("state", &said("state"));
    let page = crate::net::client()
        .unwrap()
        .get(back)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(outcome.await.unwrap().unwrap_err().code, Code::SignInCancelled);
    page
}

#[tokio::test]
async fn who_refuses_a_further_right_is_not_told_to_be_signed_out() {
    let desk = Desk::new().await;
    let page = page_after_cancel(&desk.entra, true).await;
    assert!(page.contains("You are not signed in."), "{page}");
    let desk = Desk::signed_in().await;
    let page = page_after_cancel(&desk.entra, true).await;
    assert!(
        page.contains("You stay signed in.") && !page.contains("not signed in"),
        "{page}"
    );
    // Somebody else was to sign in.
    let page = page_after_cancel(&desk.entra, false).await;
    assert!(page.contains("You are not signed in."), "{page}");
}

#[tokio::test]
async fn cancelled_and_started_anew() {
    let mut desk = Desk::new().await;
    let never = || Box::new(|_: &str| false);
    let entra = desk.entra.clone();
    let first = tokio::spawn(async move { entra.sign_in(Way::Browser, &PRESENCE, never()).await });
    assert!(matches!(desk.event().await, SignIn::Browser { .. }));
    desk.trouble(Some(Code::SignInBrowserFailed)).await;
    let entra = desk.entra.clone();
    let second = tokio::spawn(async move { entra.sign_in(Way::Browser, &PRESENCE, never()).await });
    assert_eq!(first.await.unwrap().unwrap_err().code, Code::SignInCancelled);
    assert!(matches!(desk.event().await, SignIn::Browser { .. }));
    desk.entra.cancel();
    assert_eq!(second.await.unwrap().unwrap_err().code, Code::SignInCancelled);
    assert_eq!(desk.event().await, SignIn::SignedOut);
    desk.sign_in(&PRESENCE).await.unwrap();
    desk.trouble(None).await;
}

#[tokio::test]
async fn nobody_else_gets_in() {
    let desk = Desk::new().await;
    for (claims, code) in [
        (
            json!({"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}),
            Code::PersonalAccount,
        ),
        (json!({"nonce": "of another sign-in"}), Code::SignInStateMismatch),
        (json!({"aud": "another application"}), Code::NotUnderstood),
    ] {
        desk.fake.identity(claims);
        assert_eq!(desk.sign_in(&PRESENCE).await.unwrap_err().code, code);
        assert_eq!(desk.token().await, Err(Code::SignInNeeded));
        assert_eq!(desk.stored().await, None);
    }
    desk.fake.identity(json!({}));
    for missing in ["id_token", "refresh_token", "access_token"] {
        desk.fake.next(Answer::TokensWith(json!({missing: null})));
        assert_eq!(
            desk.sign_in(&PRESENCE).await.unwrap_err().code,
            Code::NotUnderstood,
            "{missing}"
        );
    }
}

fn device(interval: u64) -> Answer {
    Answer::Json(
        200,
        json!({"user_code": "ABCD-EFGH", "device_code": "the-device", "verification_uri": "https://login.example/device",
        "expires_in": 900, "interval": interval, "message": "To sign in …"}),
    )
}

const PENDING: Answer = Answer::Error {
    error: "authorization_pending",
    number: 70_016,
};

#[tokio::test]
async fn by_device_code() {
    let mut desk = Desk::new().await;
    desk.fake.next(device(0));
    desk.fake.next(PENDING);
    desk.fake.next(PENDING);
    let open = Box::new(|_: &str| panic!("no browser is opened"));
    let account = desk
        .entra
        .sign_in(Way::DeviceCode, &PRESENCE, open)
        .await
        .unwrap();
    let shown = SignIn::DeviceCode {
        user_code: "ABCD-EFGH".into(),
        url: "https://login.example/device".into(),
    };
    assert_eq!(desk.event().await, shown);
    assert_eq!(desk.event().await, SignIn::SignedIn(account));
    let paths: Vec<String> = desk.fake.asked().into_iter().map(|asked| asked.path).collect();
    assert_eq!(paths, ["devicecode", "token", "token", "token"]);
    assert_eq!(desk.token().await.unwrap(), "a1");
}

#[tokio::test]
async fn a_device_code_that_comes_to_nothing() {
    let mut desk = Desk::new().await;
    for (error, number, code) in [
        ("authorization_declined", 70_017, Code::SignInDeclined),
        ("access_denied", 530_036, Code::DeviceCodeBlocked),
        ("expired_token", 70_019, Code::SignInTimedOut),
        ("bad_verification_code", 70_018, Code::EntraRefused),
        ("invalid_client", 7_000_218, Code::PublicClientOff),
    ] {
        desk.fake.next(device(0));
        desk.fake.next(Answer::Error { error, number });
        let outcome = desk
            .entra
            .sign_in(Way::DeviceCode, &PRESENCE, Box::new(|_| true))
            .await;
        assert_eq!(outcome.unwrap_err().code, code);
        assert!(matches!(desk.event().await, SignIn::DeviceCode { .. }));
        assert_eq!(desk.event().await, SignIn::SignedOut);
    }
    // Refused before there is a code.
    desk.fake.next(Answer::Error {
        error: "access_denied",
        number: 530_036,
    });
    let outcome = desk
        .entra
        .sign_in(Way::DeviceCode, &PRESENCE, Box::new(|_| true))
        .await;
    assert_eq!(outcome.unwrap_err().code, Code::DeviceCodeBlocked);
}

#[tokio::test]
async fn a_device_code_is_asked_for_at_the_pace_that_is_wanted() {
    let fake = Fake::start().await;
    let oauth = Oauth::new(&custom(&fake.login()), crate::net::client().unwrap());
    fake.next(device(3));
    let begun = oauth.device(&[]).await.unwrap();
    fake.next(PENDING);
    fake.next(Answer::Error {
        error: "slow_down",
        number: 1,
    });
    fake.next(PENDING);
    let waits = Mutex::new(Vec::new());
    let tokens = oauth.redeem_device(&begun, |wait| {
        waits.lock().unwrap().push(wait.as_secs());
        std::future::ready(())
    });
    assert!(tokens.await.is_ok());
    assert_eq!(*waits.lock().unwrap(), [3, 8, 8]);
}

#[tokio::test]
async fn a_strange_page_is_not_shown_for_a_device_code() {
    let fake = Fake::start().await;
    let oauth = Oauth::new(&custom(&fake.login()), crate::net::client().unwrap());
    fake.next(Answer::Json(
        200,
        json!({"user_code": "A", "device_code": "B", "verification_uri": "file:///x", "expires_in": 900}),
    ));
    assert!(matches!(
        oauth.device(&[]).await,
        Err(EntraError::NotUnderstood(_))
    ));
}

#[tokio::test]
async fn signing_out_forgets_all() {
    let mut desk = Desk::signed_in().await;
    let page = desk.entra.sign_out().await.unwrap();
    assert!(page.ends_with("/organizations/oauth2/v2.0/logout"));
    assert_eq!(desk.event().await, SignIn::SignedOut);
    assert_eq!(desk.token().await, Err(Code::SignInNeeded));
    assert_eq!(desk.memory.entry_names(), Vec::<String>::new());
    desk.restart();
    assert_eq!(desk.event().await, SignIn::SignedOut);
}

#[tokio::test]
async fn signing_out_while_a_refresh_is_under_way_does_not_bring_the_token_back() {
    let mut desk = Desk::signed_in().await;
    let go = Arc::new(tokio::sync::Notify::new());
    desk.fake.next(Answer::Held(Arc::clone(&go)));
    desk.clocks.pass(minutes(60));
    let entra = desk.entra.clone();
    let waiting = tokio::spawn(async move { entra.access_token().await });
    desk.fake.asked_times(3).await;
    desk.entra.sign_out().await.unwrap();
    go.notify_one();
    assert_eq!(waiting.await.unwrap().unwrap_err().code, Code::SignInNeeded);
    assert_eq!(desk.event().await, SignIn::SignedOut);
    desk.restart();
    assert_eq!(desk.event().await, SignIn::SignedOut);
}

#[tokio::test]
async fn a_store_that_does_not_delete_is_asked_again() {
    let desk = Desk::signed_in().await;
    desk.memory.trouble(Some(Trouble::Writing(SecretError::Locked)));
    assert_eq!(
        desk.entra.sign_out().await.unwrap_err().code,
        Code::SecretNotDeleted
    );
    assert_eq!(
        desk.token().await,
        Err(Code::SignInNeeded),
        "this process has forgotten it"
    );
    desk.trouble(Some(Code::SecretNotDeleted)).await;
    desk.memory.trouble(None);
    desk.entra.try_again();
    desk.trouble(None).await;
    assert_eq!(desk.stored().await, None);
}
