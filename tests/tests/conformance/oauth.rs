//! STARFACE 10, signed in to by OAuth with a client of the phone system.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::starface::oauth::ClientSecret;
use offhook_connect::phones::starface::{StarfaceConfig, StarfaceSettings};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::CallState;
use offhook_engine::phone::FieldValue;
use offhook_playground::{Options, Placed, Playground, Service, StarfaceOauth};
use secrecy::SecretString;

use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::web::HASTY;

const LOGIN: &str = "1001";
const PASSWORD: &str = "playground-1001";

/// With an identity provider of somebody else: nothing but tokens is taken.
async fn company(change: impl FnOnce(&mut StarfaceOauth)) -> Playground {
    let company = Playground::start(Options::default()).await.unwrap();
    let mut oauth = StarfaceOauth {
        hash_is_gone: true,
        ..StarfaceOauth::default()
    };
    change(&mut oauth);
    company.starface().change(|habits| habits.oauth = Some(oauth));
    company
}

fn system_with(company: &Playground, secret: Option<&str>) -> PhoneSystem {
    let address = company.addresses().starface;
    let settings = StarfaceSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: LOGIN.into(),
        login: "oauth".into(),
        ..StarfaceSettings::default()
    };
    let mut config = StarfaceConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    if let Some(oauth) = &mut config.oauth {
        oauth.secret = secret.map(|secret| ClientSecret(SecretString::from(secret)));
    }
    PhoneSystem::Starface(Box::new(config))
}

fn system(company: &Playground) -> PhoneSystem {
    system_with(company, Some("playground-client"))
}

#[tokio::test]
async fn one_token_serves_both_interfaces() {
    let company = company(|_| {}).await;
    let mut desk = Desk::start(&system(&company), PASSWORD);
    let abilities = desk.abilities().await;
    assert!(
        abilities.calls && abilities.dnd.write && abilities.note.write,
        "{abilities:?}"
    );
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert!(company.starface().dnd(LOGIN));
    assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
    let Placed::Ringing { call, .. } = company.call("1002", LOGIN) else {
        panic!("it does not ring");
    };
    desk.call(CallState::Ringing).await;
    company.hang_up(call, None);
    assert_eq!(company.starface().grants(), 1);
    // The hash would have been refused.
    let by_hash = StarfaceSettings {
        host: company.addresses().starface.ip().to_string(),
        port: company.addresses().starface.port(),
        tls: "off".into(),
        user: LOGIN.into(),
        ..StarfaceSettings::default()
    };
    let config = StarfaceConfig::parse(&by_hash).unwrap();
    let mut refused = Desk::start(&PhoneSystem::Starface(Box::new(config)), PASSWORD);
    assert_eq!(refused.down().await.code, Code::PhoneWrongPassword);
}

#[tokio::test]
async fn a_token_is_renewed_without_the_password_and_by_it_where_that_is_over() {
    // Renewed after three quarters of its life.
    let company = company(|oauth| oauth.life = Duration::from_secs(2)).await;
    let mut desk = Desk::up(&system(&company), PASSWORD).await;
    let asked = || {
        let requests = company.requests();
        let tokens = requests
            .iter()
            .filter(|one| one.service == Service::Starface && one.path.ends_with("/oauth2/token"));
        tokens.count()
    };
    let before = asked();
    until("two renewals", || asked() >= before + 2).await;
    assert_eq!(company.starface().grants(), 1);
    company.starface().forget_renewals();
    until("the password to be sent once more", || {
        company.starface().grants() == 2
    })
    .await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let told = desk.so_far();
    let fell = told.iter().any(|event| format!("{event:?}").starts_with("Down"));
    assert!(!fell, "{told:?}");
}

#[tokio::test]
async fn the_other_name_of_the_scope_is_tried() {
    let company = company(|oauth| oauth.scope = "pbx-login").await;
    let mut desk = Desk::up(&system(&company), PASSWORD).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(company.starface().grants(), 1);
}

#[tokio::test]
async fn every_refusal_is_named_and_tried_once() {
    let fault = |kind, code| Fault::new(kind, code);
    let client = fault(FaultKind::Rejected, Code::PhoneClientSecret).about("rest-client-headless");
    let allowed = company(|_| {}).await;
    for secret in [None, Some("wrong")] {
        let mut desk = Desk::start(&system_with(&allowed, secret), PASSWORD);
        assert_eq!(desk.down().await, client);
        desk.read();
        assert_eq!(desk.down().await, client);
    }
    assert_eq!(allowed.starface().grants(), 0, "the password stayed here");
    let mut desk = Desk::start(&system(&allowed), "wrong");
    let wrong = fault(FaultKind::Rejected, Code::PhoneWrongPassword).about("127.0.0.1");
    assert_eq!(desk.down().await, wrong);
    desk.read();
    assert_eq!(desk.down().await, wrong);
    assert_eq!(allowed.starface().grants(), 1);
    // Without the right to it neither interface is there.
    let forbidden = company(|oauth| oauth.is_allowed = false).await;
    let found = system(&forbidden).test(&SecretString::from(PASSWORD)).await;
    let last = found.last().unwrap();
    assert_eq!(last.step, Step::SignIn);
    assert_eq!(last.outcome.as_ref().unwrap_err().code, Code::PhoneNotPermitted);
    // An older one has no such place.
    let older = Playground::start(Options::default()).await.unwrap();
    let found = system(&older).test(&SecretString::from(PASSWORD)).await;
    assert_eq!(
        found.last().unwrap().outcome.as_ref().unwrap_err().code,
        Code::PhoneNotPermitted
    );
}

#[tokio::test]
async fn no_secret_and_no_token_reaches_a_log_or_an_event() {
    let heard = Heard::all();
    let company = company(|oauth| oauth.secret = "planted-client".into()).await;
    company.starface().set_password(LOGIN, "planted-oauth");
    let mut desk = Desk::up(&system_with(&company, Some("planted-client")), "planted-oauth").await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("STARFACE");
    assert!(log.contains("OAuth token"), "the log was heard");
    for planted in ["planted-client", "planted-oauth", "starface.jwt=", "Bearer "] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}
