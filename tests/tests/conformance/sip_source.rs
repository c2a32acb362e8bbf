//! SIP as a call source: the calls of an account, and nothing else of what it could do.

use std::time::Duration;

use offhook_connect::lines::sip;
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::sip::{SipConfig, SipSettings, test_step_by_step};
use offhook_connect::port::{LineCommand, LineHandle};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallState, LineEvent, SourceId};
use offhook_playground::{Placed, Playground, Service};
use secrecy::SecretString;
use tokio::sync::mpsc::{self, UnboundedReceiver};

use crate::account::{EXTENSION, company, config, signed};
use crate::around::until;
use crate::desk::SOON;

#[derive(Debug)]
struct Source {
    handle: LineHandle,
    inbox: UnboundedReceiver<(SourceId, LineEvent)>,
}

impl Source {
    fn start(config: SipConfig, secret: &str) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let handle = sip::spawn(config, SecretString::from(secret), events);
        Self { handle, inbox }
    }

    fn of(company: &Playground) -> Self {
        let secret = company.sip().password(EXTENSION).unwrap();
        Self::start(config(company, |_| {}), &secret)
    }

    async fn next<T>(&mut self, what: &str, wanted: impl Fn(&LineEvent) -> Option<T>) -> T {
        let mut passed = Vec::new();
        let found = tokio::time::timeout(SOON, async {
            loop {
                let (source, event) = self.inbox.recv().await?;
                assert_eq!(source.as_str(), "sip");
                if let Some(found) = wanted(&event) {
                    return Some(found);
                }
                passed.push(event);
            }
        });
        match found.await {
            Ok(Some(found)) => found,
            Ok(None) | Err(_) => panic!("{what} was not told, but {passed:#?}"),
        }
    }

    /// Signed in, with what is up there.
    async fn up(&mut self) -> usize {
        self.next("Up", |event| {
            matches!(event, LineEvent::Up { resyncs: true }).then_some(())
        })
        .await;
        self.next("a snapshot", |event| match event {
            LineEvent::Snapshot(calls) => Some(calls.len()),
            _ => None,
        })
        .await
    }

    async fn down(&mut self) -> Fault {
        self.next("Down", |event| match event {
            LineEvent::Down(fault) => Some(fault.clone()),
            _ => None,
        })
        .await
    }

    async fn call(&mut self, wanted: CallState) {
        self.next(&format!("a call that is {wanted:?}"), |event| match event {
            LineEvent::Call { state, .. } if *state == wanted => Some(()),
            _ => None,
        })
        .await;
    }

    fn resync(&self) {
        self.handle.commands.send(LineCommand::Resync).unwrap();
    }

    /// Long enough that what would be said by mistake has been.
    async fn says_nothing(&mut self) {
        let told = tokio::time::timeout(Duration::from_millis(300), self.inbox.recv()).await;
        assert!(told.is_err(), "{told:?}");
    }
}

#[tokio::test]
async fn it_is_told_of_calls_and_asks_for_nothing_else() {
    let company = company().await;
    company
        .sip()
        .change(|habits| (habits.features, habits.publish) = (true, true));
    let mut source = Source::of(&company);
    assert_eq!(source.up().await, 0);
    let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
        panic!("it does not ring");
    };
    source.call(CallState::Ringing).await;
    assert!(company.answer(call));
    source.call(CallState::Connected).await;
    // A desk that was asleep asks what is up.
    source.resync();
    let up = source.next("a snapshot", |event| match event {
        LineEvent::Snapshot(calls) => Some(calls.len()),
        _ => None,
    });
    assert_eq!(up.await, 1);
    assert!(company.hang_up(call, None));
    source
        .next("the end", |event| {
            matches!(event, LineEvent::Ended { .. }).then_some(())
        })
        .await;
    let asked: Vec<(String, String)> = company
        .requests()
        .into_iter()
        .filter(|one| one.service == Service::Sip)
        .map(|one| (one.method, one.path))
        .collect();
    let is_fine = |(method, path): &&(String, String)| {
        method == "OPTIONS" || (method == "SUBSCRIBE" && path == "dialog")
    };
    let odd: Vec<_> = asked.iter().filter(|one| !is_fine(one)).collect();
    assert!(odd.is_empty(), "{odd:?}");
    assert!(asked.len() >= 2, "{asked:?}");
    drop(source);
    until("the subscriptions to end", || company.sip().subscriptions() == 0).await;
}

#[tokio::test]
async fn do_not_disturb_is_no_call() {
    let company = company().await;
    let mut source = Source::of(&company);
    source.up().await;
    for on in [true, false] {
        company.press_dnd(EXTENSION, on);
        until("every notification to be answered", || {
            company.sip().unanswered() == 0
        })
        .await;
    }
    company.call("1002", EXTENSION);
    let mut counted = false;
    loop {
        let state = source.next("a call", |event| match event {
            LineEvent::Call { state, .. } => Some(*state),
            _ => None,
        });
        match state.await {
            CallState::Ringing => break,
            // May be a code that is being dialled, and is none for seconds.
            CallState::Dialling => {}
            CallState::Connected | CallState::Held | CallState::Conference => counted = true,
        }
    }
    assert!(!counted);
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_said_on_its_own_page() {
    let company = company().await;
    let mut source = Source::start(config(&company, |_| {}), "not-the-password");
    let refused = Fault::new(FaultKind::Rejected, Code::SipWrongPassword).about("127.0.0.1");
    assert_eq!(source.down().await, refused);
    assert_eq!(signed(&company), 1);
    for _ in 0..3 {
        source.resync();
    }
    source.says_nothing().await;
    assert_eq!(signed(&company), 1, "being asked would lock the account");
}

#[tokio::test]
async fn unreachable_and_back() {
    let company = company().await;
    let mut source = Source::of(&company);
    source.up().await;
    let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
        panic!("it does not ring");
    };
    assert!(company.answer(call));
    source.call(CallState::Connected).await;
    company.stop_phone_system().await;
    assert_eq!(source.down().await.kind, FaultKind::Unreachable);
    company.start_phone_system().await.unwrap();
    source.resync();
    assert_eq!(source.up().await, 0, "its calls ended with it");
    company.call("1002", EXTENSION);
    source.call(CallState::Ringing).await;
}

#[tokio::test]
async fn a_server_that_tells_no_calls_is_named() {
    let company = company().await;
    company.sip().change(|habits| habits.hints = false);
    let mut source = Source::of(&company);
    assert_eq!(source.down().await.code, Code::PhoneNotOffered);
    until("what it had asked for to end", || {
        company.sip().subscriptions() == 0
    })
    .await;
    let before = signed(&company);
    source.resync();
    source.says_nothing().await;
    assert_eq!(signed(&company), before, "only a person can mend that");
}

#[tokio::test]
async fn the_test_says_what_matters_to_a_call_source() {
    let company = company().await;
    let secret = SecretString::from(company.sip().password(EXTENSION).unwrap());
    let findings = async |config: SipConfig, secret: &SecretString| {
        let mut found = Vec::new();
        let tell = |finding| found.push(sip::told(finding));
        test_step_by_step(&config.calls_only(), secret, tell).await;
        found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)))
            .collect::<Vec<_>>()
    };
    let plain = |_: &mut SipSettings| {};
    let found = findings(config(&company, plain), &secret).await;
    assert_eq!(
        found,
        [
            (Step::Reach, Ok(String::new())),
            (Step::SignIn, Ok("Playground".into())),
            (Step::Calls, Ok("events".into())),
        ]
    );
    let wrong = findings(config(&company, plain), &SecretString::from("wrong")).await;
    assert_eq!(
        wrong,
        [
            (Step::Reach, Ok(String::new())),
            (Step::SignIn, Err(Code::SipWrongPassword))
        ]
    );
    company.sip().change(|habits| habits.hints = false);
    let none = findings(config(&company, plain), &secret).await;
    assert_eq!(none.last(), Some(&(Step::Calls, Err(Code::PhoneNotOffered))));
}
