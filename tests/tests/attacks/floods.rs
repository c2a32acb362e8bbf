//! Oversized, slow and endless answers, and XML that is a bomb or reaches out, from every kind of server that Offhook
//! speaks with: each look ends, says what is wrong, and takes no more memory than an honest answer would.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::path::Path;
use std::rc::Rc;
use std::thread;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_connect::calendar::{CalendarConfig, Means};
use offhook_connect::entra::{self, AtRest, EntraConfig, MicrosoftSettings, PageTexts};
use offhook_connect::graph::Graph;
use offhook_connect::lines::{baresip, fritzbox};
use offhook_connect::secrets::{Ask, MemoryStore, SecretName, SecretStore};
use offhook_connect::settings::{PhoneConfig, Settings};
use offhook_connect::{clock, doctor};
use offhook_engine::line::LineEvent;
use offhook_engine::teams::Right;
use offhook_tests::places;
use secrecy::SecretString;
use tokio::sync::mpsc;

use crate::strangers::{Stranger, http};

/// No look may take longer, whatever the other side does.
const LIMIT: Duration = Duration::from_secs(90);
/// What the process of a test may take at most, with all looks at once, in KiB.
const MEMORY: u64 = 400 * 1024;

pub const PHONES: [(&str, &str); 8] = [
    ("asterisk", ""),
    ("csta", ""),
    ("freepbx", ""),
    ("innovaphone", "interface = \"myapps\"\n"),
    ("innovaphone", "interface = \"soap\"\n"),
    ("procall", ""),
    ("sip", "transport = \"tcp\"\ndomain = \"example.org\"\n"),
    ("starface", ""),
];
pub const CALENDARS: [&str; 2] = ["ews", "ics"];

/// Offhook's registration.
const CLIENT: &str = "11112222-3333-4444-5555-666677778888";

/// Looks at one server, in words; the error is what a person is told.
pub type Look = Box<dyn FnOnce() -> Result<(), String> + Send>;

fn settings(folder: &Path, text: &str) -> Settings {
    fs::write(folder.join("settings.toml"), text).expect("the settings");
    let settings = Settings::load_with_policy(folder, None);
    assert_eq!(settings.problems, [], "{text}");
    settings
}

fn within<T>(work: impl Future<Output = T>) -> T {
    // Another test of this process may have been first, with the same provider.
    drop(rustls::crypto::ring::default_provider().install_default());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let local = tokio::task::LocalSet::new();
    let done = local.block_on(&runtime, async { tokio::time::timeout(LIMIT, work).await });
    done.unwrap_or_else(|_| panic!("nothing has ended within {LIMIT:?}"))
}

/// The test of a phone system, as its page's button does it.
pub fn phone(
    kind: &'static str,
    more: &'static str,
    tls: &'static str,
    port: u16,
    secret: &'static str,
) -> Look {
    Box::new(move || {
        let folder = places::folder("flood");
        let text = format!(
            "version = 1\n[phone]\nkind = \"{kind}\"\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"{tls}\"\n\
             user = \"nora\"\nextension = \"1001\"\n{more}"
        );
        let Ok(PhoneConfig::System(system)) = settings(folder.path(), &text).phone() else {
            panic!("{kind} takes no such settings")
        };
        let findings = within(Box::pin(system.test(&SecretString::from(secret))));
        let failed = findings.into_iter().find_map(|finding| finding.outcome.err());
        failed.map_or(Ok(()), |fault| Err(format!("{:?}", fault.code)))
    })
}

pub fn calendar(source: &'static str, port: u16, secret: &'static str) -> Look {
    Box::new(move || {
        let folder = places::folder("flood");
        let place = format!("http://127.0.0.1:{port}/calendar");
        let more = match source {
            "ews" => format!("address = \"{place}\"\nuser = \"nora\"\n"),
            _ => format!("ics = \"{place}\"\nics_user = \"nora\"\n"),
        };
        let text =
            format!("version = 1\n[calendar]\nenabled = true\nsource = \"{source}\"\ntls = \"off\"\n{more}");
        let config = settings(folder.path(), &text).calendar();
        let CalendarConfig::Source(calendar) = config else {
            panic!("{source}: {config:?}")
        };
        let now = Timestamp::now();
        within(async move {
            let store = SecretStore::Memory(MemoryStore::default());
            let name = SecretName::calendar(source);
            let kept = store.save(&name, &SecretString::from(secret), Ask::Quietly).await;
            kept.expect("a password");
            let means = Means {
                microsoft: None,
                store,
                ask: Ask::Quietly,
                zone: TimeZone::UTC,
                addresses: Vec::new(),
                kept: Rc::default(),
            };
            let read = Box::pin(calendar.read(means, now, now)).await;
            read.map(drop).map_err(|fault| format!("{:?}", fault.code))
        })
    })
}

/// Teams presence, as Graph.
pub fn graph(port: u16, token: &'static str) -> Look {
    Box::new(move || {
        within(async move {
            let client = offhook_connect::net::client().expect("a client");
            let base = format!("http://127.0.0.1:{port}/v1.0")
                .parse()
                .expect("an address");
            let graph = Graph::new(client, base, CLIENT.to_owned());
            let token = SecretString::from(token);
            let read = graph.read_presence(&token).await.map(drop);
            let now = Timestamp::now();
            let listed = graph.read_calendar(&token, now, now).await.map(drop);
            read.and(listed).map_err(|error| error.to_string())
        })
    })
}

/// Entra's token endpoint, asked for a fresh token by who is signed in.
pub fn entra(port: u16, refresh: &'static str) -> Look {
    Box::new(move || {
        let login = format!("http://127.0.0.1:{port}/");
        let config = EntraConfig::parse(&MicrosoftSettings {
            cloud: "custom",
            tenant: "organizations",
            client_id: CLIENT,
            login_url: &login,
            graph_url: "http://127.0.0.1:9/v1.0",
        });
        let config = config.expect("settings that can be used");
        let stored = serde_json::json!({
            "v": 1, "login": login, "client_id": CLIENT, "refresh_token": refresh, "key": "k.t", "name": "Nora",
            "address": "nora@example.com", "rights": [Right::PresenceRead],
        });
        let stored = SecretString::from(stored.to_string());
        let known = entra::at_rest(&config, Some(&stored));
        assert_eq!(known, AtRest::Account(vec![Right::PresenceRead]));
        within(async move {
            let store = SecretStore::Memory(MemoryStore::default());
            let kept = store.save(&SecretName::microsoft(), &stored, Ask::Quietly).await;
            kept.expect("a sign-in");
            let texts = PageTexts {
                language: "en".to_owned(),
                done: String::new(),
                not_done: String::new(),
                not_further: String::new(),
                stray: String::new(),
            };
            let client = offhook_connect::net::client().expect("a client");
            let (events, mut told) = mpsc::unbounded_channel();
            let entra = entra::spawn(config, texts, store, client, clock::system(), events);
            // What is stored has been read by then.
            let _stands = told.recv().await;
            let token = entra.access_token().await;
            token.map(drop).map_err(|fault| format!("{:?}", fault.code))
        })
    })
}

/// What the doctor says of Entra and Graph there.
fn microsoft(port: u16) -> Look {
    Box::new(move || {
        let folder = places::folder("flood");
        let text = format!(
            "version = 1\n[microsoft]\ncloud = \"custom\"\nlogin_url = \"http://127.0.0.1:{port}\"\n\
             graph_url = \"http://127.0.0.1:{port}/v1.0\"\nclient_id = \"{CLIENT}\"\n"
        );
        let settings = settings(folder.path(), &text);
        let store = SecretStore::Memory(MemoryStore::default());
        let looks = within(Box::pin(doctor::examine(&settings, &store, None)));
        let answers = looks.iter().filter(|look| look.area == doctor::Area::Answer);
        let good = answers.clone().filter(|look| look.finding.ok).count();
        assert!(answers.count() > 0);
        if good > 0 {
            Ok(())
        } else {
            Err("as it should be".to_owned())
        }
    })
}

/// A call source: it tells trouble rather than a call.
fn line(source: &'static str, port: u16) -> Look {
    Box::new(move || {
        within(async move {
            let (events, mut told) = mpsc::unbounded_channel();
            let address = format!("127.0.0.1:{port}");
            let _handle = match source {
                "baresip" => baresip::spawn(baresip::BaresipConfig { address }, events),
                _ => fritzbox::spawn(
                    fritzbox::FritzboxConfig {
                        address,
                        own: fritzbox::Own {
                            numbers: Vec::new(),
                            extensions: Vec::new(),
                        },
                    },
                    events,
                ),
            };
            while let Some((_, event)) = told.recv().await {
                match event {
                    LineEvent::Down(fault) | LineEvent::Trouble(fault) => {
                        return Err(format!("{:?}", fault.code));
                    }
                    LineEvent::Call { .. } => return Ok(()),
                    LineEvent::Up { .. }
                    | LineEvent::Snapshot(_)
                    | LineEvent::Ended { .. }
                    | LineEvent::Heartbeat { .. }
                    | LineEvent::Reset
                    | LineEvent::Dnd { .. } => {}
                }
            }
            Ok(())
        })
    })
}

/// All kinds of servers at one port.
fn everybody(port: u16) -> Vec<(String, Look)> {
    let mut looks: Vec<(String, Look)> = Vec::new();
    for (kind, more) in PHONES {
        looks.push((
            format!("{kind} {more}"),
            phone(kind, more, "off", port, "pass-word"),
        ));
    }
    for source in CALENDARS {
        looks.push((source.to_owned(), calendar(source, port, "pass-word")));
    }
    looks.push(("graph".to_owned(), graph(port, "token")));
    looks.push(("microsoft".to_owned(), microsoft(port)));
    looks
}

/// Runs all at once; each has to fail, and in time.
#[track_caller]
fn all_fail(looks: Vec<(String, Look)>) {
    let running: Vec<_> = looks
        .into_iter()
        .map(|(name, look)| (name, thread::spawn(look)))
        .collect();
    for (name, look) in running {
        let outcome = look.join().unwrap_or_else(|_| panic!("{name} did not end"));
        assert!(outcome.is_err(), "{name} took it for an answer");
    }
    let most = peak();
    assert!(most < MEMORY, "{most} KiB were taken");
}

/// The most memory this process has had, in KiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("our own status");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    number.and_then(|number| number.parse().ok()).expect("a number")
}

/// Says it over and over until nobody listens.
fn forever(stream: &mut TcpStream, text: &[u8]) {
    let begun = Instant::now();
    while begun.elapsed() < LIMIT && stream.write_all(text).is_ok() {}
}

/// A byte at a time, never done, always in time for the next read.
fn drip(stream: &mut TcpStream, text: &[u8]) {
    let begun = Instant::now();
    for byte in text.iter().cycle() {
        if begun.elapsed() > LIMIT || stream.write_all(&[*byte]).is_err() {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_line_without_an_end_ends() {
    let noise = vec![b'x'; 64 * 1024];
    let server = Stranger::start(move |stream, _| forever(stream, &noise));
    let mut looks = everybody(server.port);
    looks.push(("baresip".to_owned(), line("baresip", server.port)));
    looks.push(("fritzbox".to_owned(), line("fritzbox", server.port)));
    all_fail(looks);
}

#[test]
fn a_body_without_an_end_ends() {
    let noise = vec![b'['; 64 * 1024];
    let server = Stranger::start(move |stream, _| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"));
        forever(stream, &noise);
    });
    all_fail(everybody(server.port));
}

#[test]
fn headers_without_an_end_end() {
    let server = Stranger::start(|stream, _| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\n"));
        forever(
            stream,
            b"X-More: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n",
        );
    });
    all_fail(everybody(server.port));
}

#[test]
fn a_length_that_lies_is_not_believed() {
    let server = Stranger::start(|stream, _| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9000000000000000000\r\n\r\n{";
        drop(stream.write_all(head.as_bytes()));
    });
    all_fail(everybody(server.port));
}

#[test]
fn a_dripping_answer_ends() {
    let server = Stranger::start(|stream, _| {
        drop(stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"));
        drip(stream, b"[[");
    });
    all_fail(everybody(server.port));
}

#[test]
fn silence_ends() {
    let server = Stranger::start(|_, _| thread::sleep(LIMIT));
    all_fail(everybody(server.port));
}

#[test]
fn deep_nesting_breaks_nothing() {
    let server = Stranger::saying(http(
        "200 OK",
        "Content-Type: application/json\r\n",
        &"[".repeat(900_000),
    ));
    all_fail(everybody(server.port));
    let server = Stranger::saying(http(
        "200 OK",
        "Content-Type: text/xml\r\n",
        &"<a>".repeat(300_000),
    ));
    all_fail(everybody(server.port));
}

/// Ten times ten times … "lol": three kilobytes that would be three gigabytes.
fn bomb(around: &str) -> String {
    let mut types = String::from("<!ENTITY a0 \"lol\">");
    for step in 1..=9 {
        let ten = format!("&a{};", step - 1).repeat(10);
        types.push_str(&format!("<!ENTITY a{step} \"{ten}\">"));
    }
    format!(
        "<?xml version=\"1.0\"?><!DOCTYPE x [{types}]>{}",
        around.replace("HERE", "&a9;")
    )
}

/// Documents as the servers that speak XML send them.
const DOCUMENTS: [&str; 3] = [
    "<methodResponse><params><param><value><string>HERE</string></value></param></params></methodResponse>",
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><r>HERE</r></s:Body></s:Envelope>",
    "<x>HERE</x>",
];

#[test]
fn an_xml_bomb_does_not_go_off() {
    for document in DOCUMENTS {
        let server = Stranger::saying(http("200 OK", "Content-Type: text/xml\r\n", &bomb(document)));
        all_fail(everybody(server.port));
    }
}

#[test]
fn xml_reaches_for_no_file_and_no_other_server() {
    let other = Stranger::saying(http("200 OK", "", "stolen"));
    for document in DOCUMENTS {
        let reaching = format!(
            "<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"http://127.0.0.1:{port}/dtd\" [\
             <!ENTITY % p SYSTEM \"http://127.0.0.1:{port}/parameter\"> %p;\
             <!ENTITY e SYSTEM \"http://127.0.0.1:{port}/entity\"><!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}",
            document.replace("HERE", "&e;&f;"),
            port = other.port,
        );
        let server = Stranger::saying(http("200 OK", "Content-Type: text/xml\r\n", &reaching));
        all_fail(everybody(server.port));
        assert!(!server.heard().contains("root:"), "a file was sent");
    }
    assert_eq!(other.heard(), "");
}
