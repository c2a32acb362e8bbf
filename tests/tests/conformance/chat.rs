//! STARFACE's chat status over XMPP, at a real prosody, and at the pretend company's own for what a real one can't be made
//! to do. The rest of the phone system is the pretend company's.

use std::time::Duration;

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::starface::{StarfaceConfig, StarfaceSettings};
use offhook_connect::port::PhoneEvent;
use offhook_engine::fault::Code;
use offhook_engine::phone::{Abilities, Can, FieldValue, PhonePresence};
use offhook_playground::{Options, Playground, StarfaceChat};
use offhook_tests::prosody::{Certificate, Prosody};
use secrecy::SecretString;

use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::tls::tls_before;
use crate::web::HASTY;

const LOGIN: &str = "1001";
const PASSWORD: &str = "playground-1001";
const DOMAIN: &str = "localhost";
const ALL: Can = Can {
    read: true,
    write: true,
};

async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

fn prosody() -> Prosody {
    Prosody::start(DOMAIN, &[(LOGIN, PASSWORD)], None)
}

fn system(
    company: &Playground,
    prosody: &Prosody,
    change: impl FnOnce(&mut StarfaceSettings),
) -> PhoneSystem {
    system_at(company, prosody.port(), |settings| {
        settings.chat_domain = DOMAIN.into();
        change(settings);
    })
}

fn system_at(
    company: &Playground,
    chat_port: u16,
    change: impl FnOnce(&mut StarfaceSettings),
) -> PhoneSystem {
    let address = company.addresses().starface;
    let mut settings = StarfaceSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: LOGIN.into(),
        chat: true,
        chat_port,
        ..StarfaceSettings::default()
    };
    change(&mut settings);
    let mut config = StarfaceConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    if let Some(chat) = &mut config.chat {
        (chat.answer, chat.ping) = (Duration::from_secs(2), Duration::from_secs(1));
    }
    PhoneSystem::Starface(Box::new(config))
}

async fn abilities_when(desk: &mut Desk, has_chat: bool) -> Abilities {
    desk.next("Up", |event| match event {
        PhoneEvent::Up { abilities, .. } if abilities.presence.write == has_chat => Some(*abilities),
        _ => None,
    })
    .await
}

const fn presence(word: PhonePresence) -> FieldValue {
    FieldValue::Presence(Some(word))
}

#[tokio::test]
async fn status_and_text_are_shown_and_end_with_offhook() {
    let (company, prosody) = (company().await, prosody());
    let watcher = prosody.watch(LOGIN, PASSWORD);
    let mut desk = Desk::start(&system(&company, &prosody, |_| {}), PASSWORD);
    let abilities = abilities_when(&mut desk, true).await;
    assert_eq!(
        (abilities.presence, abilities.note, abilities.dnd),
        (ALL, ALL, ALL)
    );
    assert!(abilities.presence_words.has(PhonePresence::ExtendedAway));
    assert!(
        !abilities.presence_words.has(PhonePresence::Busy),
        "there is no such word"
    );
    desk.read();
    desk.sees(&FieldValue::Presence(None)).await;
    assert_eq!(watcher.shown(), "", "nothing is shown unless it is wanted");

    for (word, show) in [
        (PhonePresence::Dnd, "<show>dnd</show>"),
        (PhonePresence::ExtendedAway, "<show>xa</show>"),
        (PhonePresence::Away, "<show>away</show>"),
    ] {
        assert_eq!(desk.write(presence(word)).await, Ok(()));
        until(show, || watcher.shown().contains(show)).await;
        assert!(
            watcher.shown().contains("<priority>-1</priority>"),
            "messages would come here"
        );
    }
    let note = FieldValue::Note("Back at 3, Ä & <b>".into());
    assert_eq!(desk.write(note.clone()).await, Ok(()));
    until("the text beside the status", || {
        let shown = watcher.shown();
        shown.contains("<status>Back at 3, Ä &amp; &lt;b&gt;</status>") && shown.contains("<show>away</show>")
    })
    .await;
    desk.read();
    desk.sees(&note).await;
    assert_eq!(
        company.starface().message(LOGIN).as_deref(),
        Some(""),
        "one place for the text"
    );
    for at_rest in [FieldValue::Presence(None), FieldValue::Note(String::new())] {
        assert_eq!(desk.write(at_rest).await, Ok(()));
    }
    until("nothing", || watcher.shown().contains("type='unavailable'")).await;
    // Nobody is there to take it back any more: the end of the program does.
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    until("it", || watcher.shown().contains("<show>dnd</show>")).await;
    drop(desk);
    until("nothing", || watcher.shown().contains("type='unavailable'")).await;
}

#[tokio::test]
async fn a_server_that_goes_takes_the_ability_along_and_shows_the_same_when_it_is_back() {
    let (company, mut prosody) = (company().await, prosody());
    let mut desk = Desk::start(&system(&company, &prosody, |_| {}), PASSWORD);
    abilities_when(&mut desk, true).await;
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    prosody.kill();
    let abilities = abilities_when(&mut desk, false).await;
    assert_eq!(
        (abilities.note, abilities.dnd),
        (Can::default(), ALL),
        "the rest goes on"
    );
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let refused = desk.write(presence(PhonePresence::Away)).await;
    assert_eq!(refused.unwrap_err().code, Code::PhoneRefused);
    prosody.start_again();
    abilities_when(&mut desk, true).await;
    let watcher = prosody.watch(LOGIN, PASSWORD);
    until("it to be shown again", || {
        watcher.shown().contains("<show>dnd</show>")
    })
    .await;
    desk.read();
    desk.sees(&presence(PhonePresence::Dnd)).await;
}

#[tokio::test]
async fn a_server_that_does_not_know_the_host_as_its_domain_is_asked_for_its_own_address() {
    let company = company().await;
    let prosody = Prosody::start("127.0.0.1", &[(LOGIN, PASSWORD)], None);
    let by_name = system(&company, &prosody, |settings| {
        settings.host = "localhost".into();
        settings.chat_domain.clear();
    });
    let mut desk = Desk::start(&by_name, PASSWORD);
    abilities_when(&mut desk, true).await;
    let elsewhere = system(&company, &prosody, |settings| {
        settings.chat_domain = "elsewhere".into()
    });
    let found = elsewhere.test(&SecretString::from(PASSWORD)).await;
    let presence = found.into_iter().find(|finding| finding.step == Step::Presence);
    assert_eq!(
        presence.unwrap().outcome.unwrap_err().code,
        Code::PhoneNotPermitted
    );
}

#[tokio::test]
async fn the_password_goes_to_the_pinned_certificate_alone() {
    let company = company().await;
    let (port, pin, _proxy) = tls_before(company.addresses().starface).await;
    let certificate = Certificate {
        certificate: include_bytes!("../../../crates/connect/tests/data/asterisk-tls-cert.der"),
        key: include_bytes!("../../../crates/connect/tests/data/asterisk-tls-key.der"),
    };
    for offered in [Some(certificate), None] {
        let prosody = Prosody::start(DOMAIN, &[(LOGIN, PASSWORD)], offered);
        let pinned = system(&company, &prosody, |settings| {
            (settings.port, settings.tls) = (port, format!("pin:{pin}"));
        });
        let mut desk = Desk::start(&pinned, PASSWORD);
        if offered.is_some() {
            abilities_when(&mut desk, true).await;
            assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
            continue;
        }
        // Without encryption there it stays with the rest.
        assert_eq!(abilities_when(&mut desk, false).await.dnd, ALL);
        let found = pinned.test(&SecretString::from(PASSWORD)).await;
        let presence = found.into_iter().find(|finding| finding.step == Step::Presence);
        assert_eq!(presence.unwrap().outcome.unwrap_err().code, Code::TlsFailed);
        assert!(!prosody.log().text().contains("Authenticated"));
    }
}

#[tokio::test]
async fn a_chat_with_another_password_is_named_and_nothing_else_suffers() {
    let company = company().await;
    let prosody = Prosody::start(DOMAIN, &[(LOGIN, "another")], None);
    let system = system(&company, &prosody, |_| {});
    let found = system.test(&SecretString::from(PASSWORD)).await;
    let found: Vec<_> = found
        .into_iter()
        .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)))
        .collect();
    assert!(
        found.contains(&(Step::Presence, Err(Code::PhoneWrongPassword))),
        "{found:?}"
    );
    assert!(found.contains(&(Step::DndRead, Ok("off".into()))), "{found:?}");
    let mut desk = Desk::up(&system, PASSWORD).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn neither_login_nor_text_reaches_a_log_or_an_event() {
    let heard = Heard::all();
    let company = company().await;
    company.starface().set_password(LOGIN, "planted-password");
    let mut prosody = Prosody::start(DOMAIN, &[(LOGIN, "planted-password")], None);
    let mut desk = Desk::start(&system(&company, &prosody, |_| {}), "planted-password");
    abilities_when(&mut desk, true).await;
    assert_eq!(desk.write(FieldValue::Note("planted note".into())).await, Ok(()));
    prosody.kill();
    abilities_when(&mut desk, false).await;
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("XMPP");
    assert!(log.contains("no chat status"), "the log was heard");
    // The second is how the proof of PLAIN begins: \0 1001 \0 planted in Base64.
    for planted in ["planted", "ADEwMDEAcGxhbnRlZC1w", "1001@"] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}

/// At the chat of the pretend company itself.
fn own(company: &Playground) -> PhoneSystem {
    system_at(company, company.addresses().starface_chat.port(), |_| {})
}

#[tokio::test]
async fn what_is_shown_is_what_a_strict_server_takes() {
    let company = company().await;
    let mut desk = Desk::start(&own(&company), PASSWORD);
    abilities_when(&mut desk, true).await;
    let chats = || company.starface().chats(LOGIN);
    assert_eq!(chats(), []);
    for (word, show) in [
        (PhonePresence::Dnd, "dnd"),
        (PhonePresence::ExtendedAway, "xa"),
        (PhonePresence::Away, "away"),
        (PhonePresence::Available, ""),
    ] {
        assert_eq!(desk.write(presence(word)).await, Ok(()));
        let shown = StarfaceChat {
            show: show.into(),
            status: String::new(),
            priority: -1,
        };
        assert_eq!(chats(), [shown]);
    }
    let note = "Back at 3, Ä & <b> 'x' \"y\"";
    assert_eq!(desk.write(FieldValue::Note(note.into())).await, Ok(()));
    assert_eq!(chats()[0].status, note);
    // Two desks of one person don't push each other out.
    let mut other = Desk::start(&own(&company), PASSWORD);
    abilities_when(&mut other, true).await;
    assert_eq!(other.write(presence(PhonePresence::Away)).await, Ok(()));
    assert_eq!(chats().len(), 2);
    drop((desk, other));
    until("nothing to be shown", || chats().is_empty()).await;
}

#[tokio::test]
async fn no_password_goes_to_a_server_of_another_domain() {
    let company = company().await;
    company
        .starface()
        .change(|habits| habits.chat_domain = "chat.example".into());
    let mut desk = Desk::up(&own(&company), PASSWORD).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(
        company.starface().chat_tries(),
        0,
        "no password for another's domain"
    );
}

#[tokio::test]
async fn a_half_open_chat_is_noticed_and_something_else_there_is_no_chat() {
    let company = company().await;
    let mut desk = Desk::start(&own(&company), PASSWORD);
    abilities_when(&mut desk, true).await;
    // STARFACE itself is asked over HTTP, where these faults are its own.
    company.starface().chat_is_silent(true);
    assert_eq!(abilities_when(&mut desk, false).await.dnd, ALL);
    company.starface().chat_is_silent(false);
    abilities_when(&mut desk, true).await;
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    drop(desk);
    // Its web server is no chat.
    let web = company.addresses().starface.port();
    let found = system_at(&company, web, |_| {})
        .test(&SecretString::from(PASSWORD))
        .await;
    let presence = found.into_iter().find(|finding| finding.step == Step::Presence);
    assert_eq!(
        presence.unwrap().outcome.unwrap_err().code,
        Code::PhoneNotUnderstood
    );
}
