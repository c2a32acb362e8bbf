//! How a sign-in is kept: over restarts, refreshes, refusals and stores that fail.

use super::fake::Answer;
use super::*;
use crate::secrets::{SecretError, Trouble};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::sync::Notify;

#[tokio::test]
async fn over_a_restart() {
    let mut desk = Desk::signed_in().await;
    desk.restart();
    assert!(matches!(desk.event().await, SignIn::SignedIn(account) if account.name == "Ada Example"));
    assert_eq!(desk.token().await.unwrap(), "a2");
    assert_eq!(
        desk.stored().await.as_deref(),
        Some("r2"),
        "stored before it was used"
    );
    let refresh = desk.fake.asked().pop().unwrap().form;
    assert_eq!(
        refresh["scope"],
        "openid profile offline_access User.Read Presence.Read Presence.ReadWrite"
    );
    assert_eq!(desk.fake.asked().len(), 3);
}

#[tokio::test]
async fn a_token_that_is_on_its_way_when_it_ends_is_stored() {
    let mut desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    let go = Arc::new(Notify::new());
    desk.fake.next(Answer::Held(Arc::clone(&go)));
    let entra = desk.entra.clone();
    let asking = tokio::spawn(async move { entra.access_token().await.is_ok() });
    desk.fake.asked_times(3).await;
    let entra = desk.entra.clone();
    let mut ended = tokio::spawn(async move { entra.end().await });
    let early = tokio::time::timeout(Duration::from_millis(50), &mut ended).await;
    assert!(early.is_err(), "ended while a token was on its way");
    go.notify_one();
    tokio::time::timeout(LIMIT, ended)
        .await
        .expect("the end in time")
        .expect("an end");
    assert!(asking.await.unwrap(), "who waited for the token got it");
    assert_eq!(desk.stored().await.as_deref(), Some("r2"));
    desk.restart();
    assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
    assert_eq!(
        desk.token().await.unwrap(),
        "a3",
        "Entra still takes what is stored"
    );
}

#[tokio::test]
async fn a_task_without_handles_stores_the_token_that_is_on_its_way() {
    let mut desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(56));
    let go = Arc::new(Notify::new());
    desk.fake.next(Answer::Held(Arc::clone(&go)));
    assert_eq!(desk.token().await.unwrap(), "a1", "still good");
    desk.fake.asked_times(3).await;
    let mut trouble = desk.entra.trouble();
    // The first task's last handle goes.
    let (tell, events) = mpsc::unbounded_channel();
    let unused = SecretStore::Memory(MemoryStore::default());
    let http = crate::net::client().unwrap();
    let login = desk.fake.login();
    desk.entra = spawn(custom(&login), texts(), unused, http, desk.clocks.read(), tell);
    desk.events = events;
    go.notify_one();
    let ended = async { while trouble.changed().await.is_ok() {} };
    tokio::time::timeout(LIMIT, ended).await.expect("the end in time");
    assert_eq!(desk.stored().await.as_deref(), Some("r2"));
}

#[tokio::test]
async fn what_could_not_be_stored_is_tried_once_more_at_the_end() {
    let desk = Desk::signed_in().await;
    desk.memory.trouble(Some(Trouble::Writing(SecretError::Locked)));
    desk.clocks.pass(minutes(60));
    assert_eq!(desk.token().await.unwrap(), "a2");
    desk.trouble(Some(Code::SecretNotSaved)).await;
    desk.memory.trouble(None);
    tokio::time::timeout(LIMIT, desk.entra.end())
        .await
        .expect("the end in time");
    assert_eq!(desk.stored().await.as_deref(), Some("r2"));
}

#[tokio::test]
async fn many_ask_and_one_refresh_serves_all() {
    let desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    let go = Arc::new(Notify::new());
    desk.fake.next(Answer::Held(Arc::clone(&go)));
    let callers: Vec<_> = (0..10)
        .map(|_| {
            let entra = desk.entra.clone();
            tokio::spawn(async move {
                entra
                    .access_token()
                    .await
                    .map(|token| token.expose_secret().to_owned())
            })
        })
        .collect();
    desk.fake.asked_times(3).await;
    go.notify_one();
    for caller in callers {
        assert_eq!(caller.await.unwrap().unwrap(), "a2");
    }
    assert_eq!(desk.fake.asked().len(), 3);
}

#[tokio::test]
async fn ahead_of_time_and_without_a_wait() {
    let desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(56));
    let go = Arc::new(Notify::new());
    desk.fake.next(Answer::Held(Arc::clone(&go)));
    assert_eq!(desk.token().await.unwrap(), "a1", "still good");
    desk.fake.asked_times(3).await;
    assert_eq!(desk.token().await.unwrap(), "a1");
    go.notify_one();
    let fresh = async {
        while desk.token().await.unwrap() != "a2" {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LIMIT, fresh).await.unwrap();
    assert_eq!(desk.fake.asked().len(), 3);
}

#[tokio::test]
async fn warm_while_it_rings() {
    let desk = Desk::signed_in().await;
    desk.entra.warm_up();
    desk.clocks.pass(minutes(51));
    assert_eq!(desk.token().await.unwrap(), "a1");
    assert_eq!(desk.fake.asked().len(), 2, "nothing to do so far");
    desk.entra.warm_up();
    desk.fake.asked_times(3).await;
}

#[tokio::test]
async fn a_refresh_that_fails_early_costs_nothing() {
    let desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(56));
    desk.fake.next(Answer::Nothing);
    assert_eq!(desk.token().await.unwrap(), "a1");
    desk.fake.asked_times(3).await;
    assert_eq!(desk.token().await.unwrap(), "a1");
    desk.clocks.pass(minutes(2));
    assert_eq!(desk.token().await.unwrap(), "a1");
    desk.fake.asked_times(4).await;
}

#[tokio::test]
async fn no_answer_keeps_the_sign_in() {
    let answers: [(fn() -> Answer, Code); 6] = [
        (|| Answer::Nothing, Code::EntraUnreachable),
        (|| Answer::Json(503, json!({})), Code::EntraUnreachable),
        (
            || Answer::Error {
                error: "temporarily_unavailable",
                number: 90_033,
            },
            Code::EntraUnreachable,
        ),
        (
            || Answer::Raw {
                status: 200,
                kind: "text/html",
                body: "<html>log in to the hotel</html>",
                headers: &[],
            },
            Code::NetworkPage,
        ),
        (
            || Answer::Raw {
                status: 302,
                kind: "text/html",
                body: "",
                headers: &[("location", "http://hotel.example/")],
            },
            Code::NetworkPage,
        ),
        (
            || Answer::Raw {
                status: 200,
                kind: "application/json",
                body: "{\"access_token\":",
                headers: &[],
            },
            Code::NotUnderstood,
        ),
    ];
    for (answer, code) in answers {
        let mut desk = Desk::signed_in().await;
        desk.clocks.pass(minutes(60));
        desk.fake.next(answer());
        assert_eq!(desk.token().await, Err(code));
        assert_eq!(desk.token().await, Err(code), "told at once");
        assert_eq!(desk.fake.asked().len(), 3, "and not asked for again so soon");
        desk.clocks.pass(Duration::from_secs(1));
        assert_eq!(desk.token().await.unwrap(), "a2");
        assert!(desk.events.try_recv().is_err(), "it was signed in all the time");
    }
}

#[tokio::test]
async fn the_network_came_back() {
    let desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    desk.fake.next(Answer::Nothing);
    assert_eq!(desk.token().await, Err(Code::EntraUnreachable));
    desk.entra.try_again();
    assert_eq!(desk.token().await.unwrap(), "a2");
}

#[tokio::test]
async fn asked_too_often() {
    let desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    desk.fake.next(Answer::Raw {
        status: 429,
        kind: "text/html",
        body: "",
        headers: &[("retry-after", "120")],
    });
    assert!(desk.token().await.is_err());
    desk.entra.try_again();
    desk.clocks.pass(Duration::from_secs(119));
    assert!(desk.token().await.is_err());
    assert_eq!(desk.fake.asked().len(), 3);
    desk.clocks.pass(Duration::from_secs(1));
    assert_eq!(desk.token().await.unwrap(), "a2");
}

#[tokio::test]
async fn a_loop_ends_with_silence() {
    let mut desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    desk.fake.next(Answer::Error {
        error: "invalid_grant",
        number: 50_196,
    });
    assert_eq!(desk.token().await, Err(Code::SignInLoop));
    desk.entra.try_again();
    desk.clocks.pass(minutes(14));
    assert_eq!(desk.token().await, Err(Code::SignInLoop));
    assert_eq!(desk.fake.asked().len(), 3);
    desk.clocks.pass(minutes(1));
    assert_eq!(desk.token().await.unwrap(), "a2");
    assert!(desk.events.try_recv().is_err(), "the sign-in itself is fine");
}

#[tokio::test]
async fn no_longer_taken() {
    for (error, number, code) in [
        ("invalid_grant", 50_173, Code::SignInRevoked),
        ("invalid_grant", 700_082, Code::SignInExpired),
        ("interaction_required", 50_076, Code::MfaNeeded),
        ("invalid_grant", 65_001, Code::ConsentMissing),
    ] {
        let mut desk = Desk::signed_in().await;
        desk.clocks.pass(minutes(60));
        desk.fake.next(Answer::Error { error, number });
        assert_eq!(desk.token().await, Err(code));
        let SignIn::Expired {
            account: Some(account),
            fault,
        } = desk.event().await
        else {
            panic!()
        };
        assert_eq!((account.name.as_str(), fault.code), ("Ada Example", code));
        desk.clocks.pass(minutes(600));
        desk.entra.try_again();
        assert_eq!(desk.token().await, Err(code));
        assert_eq!(desk.fake.asked().len(), 3, "Entra is left alone");
        assert_eq!(
            desk.stored().await.as_deref(),
            Some("r1"),
            "only the person throws it away"
        );
        desk.sign_in(&PRESENCE).await.unwrap();
        assert_eq!(desk.token().await.unwrap(), "a2");
    }
}

#[tokio::test]
async fn refused_here_may_be_taken_there() {
    let mut desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    desk.fake.next(Answer::Error {
        error: "interaction_required",
        number: 53_003,
    });
    assert_eq!(desk.token().await, Err(Code::BlockedByPolicy));
    assert!(matches!(desk.event().await, SignIn::Expired { .. }));
    desk.clocks.pass(minutes(10));
    assert_eq!(desk.token().await.unwrap(), "a2");
    assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
}

#[tokio::test]
async fn an_unknown_application_is_named() {
    let desk = Desk::signed_in().await;
    desk.clocks.pass(minutes(60));
    desk.fake.next(Answer::Error {
        error: "unauthorized_client",
        number: 700_016,
    });
    let fault = desk.entra.access_token().await.unwrap_err();
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::AppUnknown, Some(super::super::config::tests::CLIENT))
    );
}

#[tokio::test]
async fn graph_refuses_a_token() {
    let mut desk = Desk::signed_in().await;
    let refuse = async |desk: &Desk| {
        let token = desk.entra.access_token().await.unwrap();
        desk.entra.refused(&token);
    };
    refuse(&desk).await;
    desk.entra.refused(&"an older one".into());
    assert_eq!(desk.token().await.unwrap(), "a2");
    assert_eq!(desk.fake.asked().len(), 3);
    // And the fresh one, too: a third would be no better.
    refuse(&desk).await;
    assert_eq!(desk.token().await, Err(Code::GraphTokenRefused));
    assert!(matches!(desk.event().await, SignIn::Expired { .. }));
    desk.clocks.pass(minutes(4));
    assert_eq!(desk.token().await, Err(Code::GraphTokenRefused));
    assert_eq!(desk.fake.asked().len(), 3);
    desk.clocks.pass(minutes(1));
    assert_eq!(desk.token().await.unwrap(), "a3");
    assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
}

#[tokio::test]
async fn a_new_token_that_cannot_be_stored_is_used_and_stored_later() {
    let mut desk = Desk::signed_in().await;
    desk.memory.trouble(Some(Trouble::Writing(SecretError::Locked)));
    desk.clocks.pass(minutes(60));
    assert_eq!(desk.token().await.unwrap(), "a2");
    desk.trouble(Some(Code::SecretNotSaved)).await;
    assert_eq!(desk.stored().await.as_deref(), Some("r1"));
    desk.clocks.pass(minutes(60));
    assert_eq!(
        desk.token().await.unwrap(),
        "a3",
        "the newest token is the one that is used"
    );
    desk.memory.trouble(None);
    desk.entra.try_again();
    desk.trouble(None).await;
    assert_eq!(desk.stored().await.as_deref(), Some("r3"));
    desk.restart();
    assert!(matches!(desk.event().await, SignIn::SignedIn(_)));
    assert_eq!(desk.token().await.unwrap(), "a4");
}

#[tokio::test]
async fn a_store_that_cannot_be_asked_is_never_signed_out() {
    for error in [
        SecretError::Locked,
        SecretError::Absent,
        SecretError::Late,
        SecretError::Failed("x".into()),
    ] {
        let mut desk = Desk::signed_in().await;
        desk.memory.trouble(Some(Trouble::Always(error.clone())));
        desk.restart();
        let SignIn::Waiting(fault) = desk.event().await else {
            panic!("{error}")
        };
        assert_eq!(fault, error.fault());
        assert_eq!(desk.token().await, Err(fault.code));
        desk.entra.try_again();
        assert_eq!(desk.token().await, Err(fault.code));
        desk.memory.trouble(None);
        desk.entra.try_again();
        assert!(matches!(desk.event().await, SignIn::SignedIn(_)), "{error}");
        assert_eq!(desk.token().await.unwrap(), "a2");
    }
}

#[tokio::test]
async fn what_is_stored_and_of_no_use_is_not_signed_out_either() {
    let mut desk = Desk::signed_in().await;
    desk.memory.spoil("microsoft", b"{}");
    desk.restart();
    assert!(
        matches!(desk.event().await, SignIn::Expired { account: None, fault } if fault.code == Code::SecretDamaged)
    );
    assert_eq!(desk.token().await, Err(Code::SecretDamaged));
    desk.sign_in(&PRESENCE).await.unwrap();
    assert_eq!(desk.stored().await.as_deref(), Some("r2"));
    // Of another place.
    desk.fake = Fake::start().await;
    desk.restart();
    while let Ok(event) = desk.events.try_recv() {
        drop(event);
    }
    assert!(
        matches!(desk.event().await, SignIn::Expired { account: Some(_), fault } if fault.code == Code::SignInNeeded)
    );
    assert_eq!(desk.fake.asked().len(), 0, "the token went nowhere");
}

#[tokio::test]
async fn a_sign_in_while_the_store_is_locked_is_kept_in_memory() {
    let memory = MemoryStore::default();
    memory.trouble(Some(Trouble::Always(SecretError::Locked)));
    let mut desk = Desk::with(Fake::start().await, memory);
    assert!(matches!(desk.event().await, SignIn::Waiting(_)));
    desk.sign_in(&PRESENCE).await.unwrap();
    assert_eq!(desk.token().await.unwrap(), "a1");
    desk.trouble(Some(Code::SecretNotSaved)).await;
    desk.memory.trouble(None);
    desk.entra.try_again();
    desk.trouble(None).await;
    assert_eq!(desk.stored().await.as_deref(), Some("r1"));
}

#[tokio::test]
async fn asleep_for_long() {
    let desk = Desk::signed_in().await;
    // A monotonic clock that stood still.
    let later = desk.clocks.0.lock().unwrap().after(minutes(600)).wall;
    desk.clocks.0.lock().unwrap().wall = later;
    assert_eq!(desk.token().await.unwrap(), "a2");
    // The wall clock is set back by a day: no reason to think the token older or younger.
    desk.clocks.0.lock().unwrap().wall = later - Duration::from_secs(86_400);
    assert_eq!(desk.token().await.unwrap(), "a2");
    desk.clocks.pass(minutes(60));
    assert_eq!(desk.token().await.unwrap(), "a3");
}

#[tokio::test]
async fn nothing_runs_without_a_handle() {
    let mut desk = Desk::signed_in().await;
    let reads = Arc::new(AtomicUsize::new(0));
    let (tell, mut events) = mpsc::unbounded_channel();
    let (now, counted) = (desk.clocks.read(), Arc::clone(&reads));
    let clock = Clock::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        now.now()
    });
    let store = SecretStore::Memory(desk.memory.clone());
    drop(spawn(
        custom(&desk.fake.login()),
        texts(),
        store,
        crate::net::client().unwrap(),
        clock,
        tell,
    ));
    let ended = async { while events.recv().await.is_some() {} };
    tokio::time::timeout(LIMIT, ended).await.expect("the task ends");
    desk.events.close();
}
