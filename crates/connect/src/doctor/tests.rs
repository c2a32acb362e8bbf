use super::*;
use crate::autostart::Found;
use crate::desktop::{LookingForNotifier, Notifier};
use crate::secrets::MemoryStore;
use offhook_engine::teams::{Account, SignIn};
use offhook_engine::view::pages::IconPlace;
use offhook_protocol::status::{Health, Light};
use std::collections::BTreeMap;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const EN: Language = Language::En;

/// Settings with both of Microsoft's addresses there.
fn settings(folder: &std::path::Path, port: u16, more: &str) -> Settings {
    let text = format!(
        "version = 1\n[person]\nlanguage = \"en\"\n[microsoft]\ncloud = \"custom\"\n\
         login_url = \"http://127.0.0.1:{port}\"\ngraph_url = \"http://127.0.0.1:{port}/v1.0\"\n\
         client_id = \"11112222-3333-4444-5555-666677778888\"\n{more}"
    );
    std::fs::write(folder.join("settings.toml"), text).unwrap();
    Settings::load_with_policy(folder, None)
}

fn running() -> Running {
    Running {
        health: Health {
            microsoft: None,
            phone: None,
            calendar: None,
            lines: BTreeMap::new(),
        },
        files: Vec::new(),
        sign_in: Some(SignIn::SignedOut),
        refused: Vec::new(),
        calendar: CalendarConfig::Off,
        calendar_refused: None,
        means: Means {
            microsoft: None,
            store: SecretStore::Memory(MemoryStore::default()),
            ask: Ask::Quietly,
            zone: TimeZone::UTC,
            addresses: Vec::new(),
            kept: Rc::default(),
        },
        door: None,
        start: Start {
            found: Found::Off,
            forced: None,
            failed: None,
        },
        icon: IconPlace::Nowhere,
        notifier: LookingForNotifier::found(Notifier::NoDesktop),
    }
}

fn light(ok: bool, text: &str) -> Light {
    Light {
        ok,
        since: "2026-11-23T10:00:00Z".to_owned(),
        text: text.to_owned(),
    }
}

fn signed_in(rights: &[Right]) -> SignIn {
    SignIn::SignedIn(Account {
        key: "o.t".to_owned(),
        name: "Nora Lindqvist".to_owned(),
        address: "nora@contoso.example".to_owned(),
        rights: rights.to_vec(),
    })
}

fn codes(looks: &[Look], area: Area) -> Vec<Option<Code>> {
    let of_area = looks.iter().filter(|look| look.area == area);
    of_area.map(|look| look.code).collect()
}

/// Answers everything with this status line, these headers and this body.
async fn answering(head: &'static str, body: &'static str) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut asked = [0; 4096];
                let _request = stream.read(&mut asked).await;
                let length = body.len();
                let answer =
                    format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
                let _gone = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    port
}

async fn look_at(settings: &Settings, running: Option<Running>) -> Vec<Look> {
    let store = SecretStore::Memory(MemoryStore::default());
    examine(settings, &store, running).await
}

#[tokio::test]
async fn nobody_signed_in_is_not_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), 1, "");
    for running in [None, Some(running())] {
        let looks = look_at(&settings, running).await;
        assert_eq!(codes(&looks, Area::SignIn), [Some(Code::NotSignedIn)]);
        let sentence = "Nobody is signed in to Microsoft.";
        assert!(
            looks.iter().any(|look| look.finding.text == sentence),
            "{looks:#?}"
        );
    }
}

#[tokio::test]
async fn a_missing_password_is_named_once() {
    let folder = tempfile::tempdir().unwrap();
    let phone = "[phone]\nkind = \"asterisk\"\nhost = \"127.0.0.1\"\nport = 1\ntls = \"off\"\nuser = \"u\"\nextension = \"1\"\n";
    let settings = settings(folder.path(), 1, phone);
    let missing = Fault::new(FaultKind::Rejected, Code::SecretMissing);
    let problem = missing.problem(EN);
    let with_light = || {
        let mut running = running();
        running.health.phone = Some(light(false, &problem.to_string()));
        running
    };
    let looks = look_at(&settings, Some(with_light())).await;
    let named = looks
        .iter()
        .filter(|look| look.finding.text.contains(&problem.sentence));
    assert_eq!(named.count(), 1, "{looks:#?}");
    // A light with news is told.
    let mut running = with_light();
    running.health.phone = Some(light(false, "Something else."));
    let looks = look_at(&settings, Some(running)).await;
    assert!(
        looks.iter().any(|look| look.finding.text == "Something else."),
        "{looks:#?}"
    );
}

#[tokio::test]
async fn the_calendar_is_looked_at_and_its_light_where_it_may_not_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), 1, "");
    let mut missing = running();
    missing.calendar = CalendarConfig::Source(CalendarSource::Graph);
    missing.sign_in = Some(signed_in(&[Right::PresenceRead, Right::PresenceWrite]));
    missing.health.calendar = Some(light(false, "Not allowed yet."));
    let looks = look_at(&settings, Some(missing)).await;
    let calendar: Vec<&Look> = looks.iter().filter(|look| look.area == Area::Calendar).collect();
    assert_eq!(calendar.len(), 1, "{looks:#?}");
    assert_eq!(
        (calendar[0].finding.ok, calendar[0].finding.text.as_str()),
        (false, "Not allowed yet.")
    );
    assert_eq!(
        codes(&looks, Area::Right),
        [None, None, Some(Code::CalendarRightMissing)]
    );
    let mut unusable = running();
    let fault = Fault::new(FaultKind::Rejected, Code::CalendarFileMissing).about("calendar.ics");
    unusable.calendar = CalendarConfig::Unusable(fault);
    let looks = look_at(&settings, Some(unusable)).await;
    assert_eq!(codes(&looks, Area::Calendar), [Some(Code::CalendarFileMissing)]);
}

#[tokio::test]
async fn each_right_is_named_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), 1, "");
    let mut running = running();
    running.sign_in = Some(signed_in(&[Right::PresenceRead, Right::PresenceWrite]));
    // Granted once, refused since.
    running.refused = vec![Right::PresenceWrite];
    let looks = look_at(&settings, Some(running)).await;
    assert_eq!(codes(&looks, Area::Right), [None, Some(Code::GraphRightMissing)]);
    let refused = looks
        .iter()
        .find(|look| look.code == Some(Code::GraphRightMissing))
        .unwrap();
    assert!(refused.finding.text.contains("Presence.ReadWrite"), "{refused:?}");
    assert!(!refused.finding.mend.is_empty());
}

#[tokio::test]
async fn a_port_where_nothing_answers_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let looks = look_at(&settings(folder.path(), 1, ""), None).await;
    let refused = Some(Code::ConnectionRefused);
    assert_eq!(codes(&looks, Area::Answer), [refused, refused]);
    assert_eq!(codes(&looks, Area::Clock), []);
}

#[tokio::test]
async fn a_name_that_nobody_knows_is_named() {
    let folder = tempfile::tempdir().unwrap();
    // Longer than a part of a name may be: nobody is asked for it.
    let host = format!("{}.example", "a".repeat(64));
    let text = format!(
        "version = 1\n[person]\nlanguage = \"en\"\n[microsoft]\ncloud = \"custom\"\n\
         login_url = \"https://{host}\"\ngraph_url = \"https://{host}/v1.0\"\n\
         client_id = \"11112222-3333-4444-5555-666677778888\"\n"
    );
    std::fs::write(folder.path().join("settings.toml"), text).unwrap();
    let looks = look_at(&Settings::load_with_policy(folder.path(), None), None).await;
    assert_eq!(codes(&looks, Area::Name), [Some(Code::HostNotFound); 2]);
    let look = looks.iter().find(|look| look.area == Area::Name).unwrap();
    let said = format!("{} {}", look.finding.text, look.finding.mend);
    assert!(
        said.contains(&format!("The name {host} can't be found")),
        "{said}"
    );
    assert!(said.contains("company's network"), "{said}");
    // What comes behind it is not looked at.
    assert_eq!(codes(&looks, Area::Tls), []);
    assert_eq!(codes(&looks, Area::Answer), []);
}

#[tokio::test]
async fn the_login_page_of_a_network_is_no_answer_of_microsoft() {
    let folder = tempfile::tempdir().unwrap();
    let port = answering(
        "200 OK\r\nDate: Sun, 01 Jan 2023 10:00:00 GMT",
        "<html>Welcome to the hotel</html>",
    )
    .await;
    let looks = look_at(&settings(folder.path(), port, ""), None).await;
    assert_eq!(
        codes(&looks, Area::Answer),
        [Some(Code::NotUnderstood), Some(Code::GraphGarbage)]
    );
    // Nor is its clock a clock to go by.
    assert_eq!(codes(&looks, Area::Clock), []);
}

#[tokio::test]
async fn a_wrong_clock_is_named_with_the_minutes() {
    let folder = tempfile::tempdir().unwrap();
    let port = answering(
        "200 OK\r\nDate: Sun, 01 Jan 2023 10:00:00 GMT",
        r#"{"issuer":"x"}"#,
    )
    .await;
    let looks = look_at(&settings(folder.path(), port, ""), None).await;
    assert_eq!(codes(&looks, Area::Clock), [Some(Code::ClockWrong)]);
}

#[tokio::test]
async fn doors_sources_and_desktop_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), 1, "");
    let mut bad = running();
    bad.health
        .lines
        .insert("hook".to_owned(), light(true, "Listening."));
    bad.health
        .lines
        .insert("baresip".to_owned(), light(false, "Nothing there."));
    // The phone system's calls share its light.
    bad.health
        .lines
        .insert("phone".to_owned(), light(false, "Twice."));
    bad.door = Some(Err(Fault::new(FaultKind::Rejected, Code::HookNoPort)));
    bad.notifier = LookingForNotifier::found(Notifier::Missing);
    let looks = look_at(&settings, Some(bad)).await;
    let calls: Vec<(String, bool)> = looks
        .iter()
        .filter(|look| look.area == Area::Calls)
        .map(|look| (look.finding.what.clone(), look.finding.ok))
        .collect();
    let expected = [
        ("Calls by baresip", false),
        ("Reports by other programs", true),
        ("Reports by web request", false),
    ];
    assert_eq!(calls, expected.map(|(what, ok)| (what.to_owned(), ok)));
    assert_eq!(codes(&looks, Area::Tray), [Some(Code::TrayMissing)]);
    assert_eq!(
        codes(&looks, Area::Notifications),
        [Some(Code::NotificationsMissing)]
    );
    let mut good = running();
    good.door = Some(Ok(4711));
    good.icon = IconPlace::Panel;
    good.notifier = LookingForNotifier::found(Notifier::Shows("dunst".to_owned()));
    let looks = look_at(&settings, Some(good)).await;
    assert_eq!(codes(&looks, Area::Tray), [None]);
    let told = |word: &str| {
        looks
            .iter()
            .any(|look| look.finding.ok && look.finding.text.contains(word))
    };
    assert!(told("dunst") && told("4711"), "{looks:#?}");
    // Without a desktop neither is missed.
    let looks = look_at(&settings, Some(running())).await;
    assert_eq!(codes(&looks, Area::Tray), [None]);
    assert_eq!(codes(&looks, Area::Notifications), []);
}

#[tokio::test]
async fn at_rest_the_sources_are_reached_out_to() {
    let folder = tempfile::tempdir().unwrap();
    let port = answering("200 OK", "").await;
    let more = format!(
        "[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{port}\"\n\
         [lines.fritzbox]\nenabled = true\naddress = \"127.0.0.1:1\"\n"
    );
    let looks = look_at(&settings(folder.path(), 1, &more), None).await;
    assert_eq!(codes(&looks, Area::Calls), [None, Some(Code::ConnectionRefused)]);
}

#[tokio::test]
async fn at_rest_the_sip_account_for_calls_is_tried_and_what_it_lacks_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let store = SecretStore::Memory(MemoryStore::default());
    let look = async |more: &str| {
        let more = format!("[lines.sip]\nenabled = true\n{more}");
        let looks = examine(&settings(folder.path(), 1, &more), &store, None).await;
        let calls = looks.into_iter().filter(|look| look.area == Area::Calls);
        calls.map(|look| (look.code, look.finding)).collect::<Vec<_>>()
    };
    let unset = look("host = \"127.0.0.1\"\n").await;
    assert_eq!(unset[0].0, Some(Code::SipNotConfigured));
    assert!(unset[0].1.text.contains("user"), "{unset:?}");
    let port = answering("200 OK", "").await;
    let account =
        format!("host = \"127.0.0.1\"\nport = {port}\ntls = \"off\"\ntransport = \"tcp\"\nuser = \"1001\"\n");
    assert_eq!(look(&account).await[0].0, Some(Code::SipSecretMissing));
    let secret = secrecy::SecretString::from("planted");
    let name = SecretName::line("sip");
    store.save(&name, &secret, Ask::MayPrompt).await.unwrap();
    let found = look(&account).await;
    assert_eq!(found[0].0, Some(Code::SipNotUnderstood), "{found:?}");
}

#[tokio::test]
async fn the_start_at_sign_in_is_held_against_what_the_organisation_wants() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), 1, "");
    let elsewhere = || Found::Elsewhere("/old/offhook".to_owned());
    let not = Some(Code::AutostartNotAsForced);
    let cases = [
        (
            Found::On,
            None,
            None,
            Some((None, "starts Offhook when you sign in")),
        ),
        (Found::Off, None, None, Some((None, "by hand"))),
        (Found::Everyone, None, None, Some((None, "for everyone"))),
        (elsewhere(), None, None, Some((None, "/old/offhook"))),
        (Found::SwitchedOff, None, None, Some((None, "was switched off"))),
        (Found::Unknown, Some(true), None, None),
        (Found::On, Some(true), None, Some((None, "and it does"))),
        (Found::Everyone, Some(true), None, Some((None, "and it does"))),
        (Found::Off, Some(false), None, Some((None, "and it does not"))),
        (Found::Off, Some(true), None, Some((not, "does otherwise"))),
        (
            Found::SwitchedOff,
            Some(true),
            None,
            Some((not, "does otherwise")),
        ),
        (elsewhere(), Some(true), None, Some((not, "does otherwise"))),
        (Found::On, Some(false), None, Some((not, "does otherwise"))),
        (
            Found::Off,
            Some(true),
            Some("read-only"),
            Some((Some(Code::AutostartFailed), "read-only")),
        ),
    ];
    for (found, forced, failed, wanted) in cases {
        let case = format!("{found:?} {forced:?}");
        let mut running = running();
        running.start = Start {
            found,
            forced,
            failed: failed.map(str::to_owned),
        };
        let looks = look_at(&settings, Some(running)).await;
        let look = looks.iter().find(|look| look.area == Area::Start);
        match wanted {
            None => assert_eq!(look, None, "{case}"),
            Some((code, words)) => {
                let look = look.unwrap();
                assert_eq!((look.code, look.finding.ok), (code, code.is_none()), "{case}");
                assert!(look.finding.text.contains(words), "{case}: {:?}", look.finding);
                assert_eq!(look.finding.mend.is_empty(), code.is_none(), "{case}");
            }
        }
    }
}
