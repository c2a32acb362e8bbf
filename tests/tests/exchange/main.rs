//! The calendar of an Exchange server against a strict double: signing in, finding, and everything that goes wrong.
#![cfg(target_os = "linux")]

mod desk;
#[path = "../conformance/heard.rs"]
mod heard;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use heard::Heard;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_connect::calendar::ews::{self, Error, EwsConfig, Reading, Timing};
use offhook_connect::calendar::ics::{self, IcsConfig, Kept, Reader};
use offhook_connect::phones::tls::Pin;
use offhook_engine::appointment::{Appointment, Sensitivity, ShowAs, Span};
use offhook_playground::{
    EXCHANGE_DOMAIN as DOMAIN, Exchange, ExchangeAccount, ExchangeCalendars, ExchangeItem as Item,
    ExchangeSetup as Setup, ExchangeTls, Options, Playground, exchange_answer as answer,
    exchange_fault as fault,
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

const USER: &str = "alice";
const PASSWORD: &str = "pässword-1";

/// On a port of its own.
async fn start(setup: Setup, tls: Option<ExchangeTls>) -> Exchange {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    Exchange::start(listener, setup, tls).unwrap()
}

fn with(items: Vec<Item>) -> Setup {
    Setup {
        calendars: ExchangeCalendars::always(items),
        ..Setup::default()
    }
}

fn item(id: impl Into<String>, start: &str, end: &str) -> Item {
    Item::new(id, start.parse().unwrap(), end.parse().unwrap())
}

fn config(exchange: &Exchange) -> EwsConfig {
    let mut config = EwsConfig::parse(&exchange.url(), &format!("{DOMAIN}\\{USER}"), "system").unwrap();
    config.timing = Timing {
        answer: Duration::from_secs(5),
        ..Timing::default()
    };
    config
}

fn window() -> (Timestamp, Timestamp) {
    (
        "2026-01-14T23:00:00Z".parse().unwrap(),
        "2026-01-18T23:00:00Z".parse().unwrap(),
    )
}

async fn read_with(config: &EwsConfig, password: &str) -> Result<Reading, Error> {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    ews::read(config, &SecretString::from(password), window(), &zone).await
}

async fn read(exchange: &Exchange) -> Result<Reading, Error> {
    read_with(&config(exchange), PASSWORD).await
}

fn talk() -> Item {
    item("AAMkAD1=", "2026-01-15T09:00:00Z", "2026-01-15T10:00:00Z")
}

fn signs(exchange: &Exchange) -> Vec<String> {
    let log = exchange.log();
    assert_eq!(
        log.refused,
        Vec::<String>::new(),
        "nothing that a server would refuse"
    );
    log.signs.clone()
}

#[tokio::test]
async fn a_calendar_is_read_over_one_connection_signed_in_by_ntlm() {
    for timestamp in [true, false] {
        let mut private = item("AAMkAD2=", "2026-01-14T23:00:00Z", "2026-01-15T23:00:00Z");
        private.subject = "Doctor &amp; son".into();
        private.more = "<t:Sensitivity>Private</t:Sensitivity><t:IsAllDayEvent>true</t:IsAllDayEvent>\
                        <t:LegacyFreeBusyStatus>OOF</t:LegacyFreeBusyStatus><t:IsCancelled>true</t:IsCancelled>\
                        <t:StartTimeZone Id=\"W. Europe Standard Time\"/>"
            .into();
        let outside = item("AAMkAD3=", "2026-01-20T09:00:00Z", "2026-01-20T10:00:00Z");
        let exchange = start(
            Setup {
                timestamp,
                calendars: ExchangeCalendars::always(vec![talk(), private, outside]),
                ..Setup::default()
            },
            None,
        )
        .await;
        let reading = read(&exchange).await.unwrap();
        assert_eq!((reading.way, reading.appointments.len()), ("NTLM", 2));
        let (talk, doctor) = (&reading.appointments[0], &reading.appointments[1]);
        assert_eq!((talk.subject.as_str(), &talk.show_as), ("Talk", &ShowAs::Busy));
        assert_eq!(doctor.subject, "Doctor & son");
        assert_eq!(doctor.sensitivity, Sensitivity::Private);
        assert_eq!(doctor.show_as, ShowAs::OutOfOffice);
        assert!(doctor.cancelled);
        let day = |day| jiff::civil::date(2026, 1, day);
        assert_eq!(
            doctor.span,
            Span::AllDay {
                first: day(15),
                until: day(16)
            }
        );
        assert_eq!(signs(&exchange), ["NTLM 1", "NTLM 3"]);
        let log = exchange.log();
        assert_eq!((log.connections, log.found), (1, 1));
        let heard = String::from_utf8_lossy(&log.heard);
        assert!(
            !heard.contains(PASSWORD) && !heard.contains(&STANDARD.encode(PASSWORD)),
            "the password itself"
        );
    }
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_in_one_way() {
    let everything = vec!["Negotiate", "NTLM", "Basic realm=\"mail\""];
    for (offers, wanted) in [
        (everything, vec!["NTLM 1", "NTLM 3"]),
        (vec!["Basic realm=\"mail\""], vec!["NTLM 1", "Basic"]),
        (vec!["Negotiate"], vec!["NTLM 1", "Negotiate 1", "Negotiate 3"]),
    ] {
        let exchange = start(
            Setup {
                offers,
                ..Setup::default()
            },
            None,
        )
        .await;
        let refused = read_with(&config(&exchange), "another").await;
        assert_eq!(refused, Err(Error::WrongPassword("127.0.0.1".into())));
        let log = exchange.log();
        assert_eq!(
            (log.wrong, &log.signs),
            (1, &wanted.iter().map(|s| (*s).to_owned()).collect())
        );
    }
}

#[tokio::test]
async fn a_server_without_ntlm_is_given_what_it_takes() {
    for (offers, way, wanted) in [
        (vec!["Basic realm=\"mail\""], "Basic", vec!["NTLM 1", "Basic"]),
        (
            vec!["Negotiate", "Basic realm=\"mail\""],
            "Basic",
            vec!["NTLM 1", "Basic"],
        ),
        (
            vec!["Negotiate"],
            "NTLM",
            vec!["NTLM 1", "Negotiate 1", "Negotiate 3"],
        ),
    ] {
        let exchange = start(
            Setup {
                offers,
                calendars: ExchangeCalendars::always(vec![talk()]),
                ..Setup::default()
            },
            None,
        )
        .await;
        let reading = read(&exchange).await.unwrap();
        assert_eq!((reading.way, reading.appointments.len()), (way, 1));
        assert_eq!(signs(&exchange), wanted);
    }
    let exchange = start(
        Setup {
            offers: vec!["Bearer client_id=\"x\""],
            ..Setup::default()
        },
        None,
    )
    .await;
    assert_eq!(read(&exchange).await, Err(Error::NoWay("127.0.0.1".into())));
}

#[tokio::test]
async fn neither_password_nor_subject_reaches_the_log_at_any_level() {
    // The passwords, and how Basic sends the second one: `EXAMPLE\alice:planted-exchange`.
    let password = "planted-exchange";
    let basic = STANDARD.encode(format!("{DOMAIN}\\{USER}:{password}"));
    let heard = Heard::all();
    for offers in [vec!["NTLM"], vec!["Negotiate"], vec!["Basic realm=\"mail\""]] {
        let mut item = talk();
        item.subject = "Kuendigung Wolkenstein".into();
        let exchange = start(
            Setup {
                accounts: vec![ExchangeAccount::new(USER, password)],
                offers,
                calendars: ExchangeCalendars::always(vec![item]),
                ..Setup::default()
            },
            None,
        )
        .await;
        let config = config(&exchange);
        assert_eq!(read_with(&config, password).await.unwrap().appointments.len(), 1);
        assert!(read_with(&config, "planted-wrong").await.is_err());
    }
    let log = heard.text_of("EWS");
    // As base64: what each message of NTLM begins with.
    let ntlm = STANDARD.encode("NTLMSSP");
    for planted in ["planted", &basic[..24], &ntlm[..9], "Wolkenstein", USER] {
        assert!(!log.contains(planted), "{planted} is in the log");
    }
}

#[tokio::test]
async fn a_user_may_be_named_by_an_address() {
    let exchange = start(
        Setup {
            calendars: ExchangeCalendars::always(vec![talk()]),
            ..Setup::default()
        },
        None,
    )
    .await;
    let config = EwsConfig::parse(&exchange.url(), "alice@example.com", "").unwrap();
    assert_eq!(read_with(&config, PASSWORD).await.unwrap().appointments.len(), 1);
    assert_eq!(signs(&exchange), ["NTLM 1", "NTLM 3"]);
}

/// 500 a day, and a server that gives a hundred at once without a word.
#[tokio::test]
async fn every_occurrence_of_a_full_calendar_is_read_once() {
    let begin: Timestamp = "2026-01-15T00:00:00Z".parse().unwrap();
    let items: Vec<Item> = (0..1500)
        .map(|n| {
            let start = begin + jiff::SignedDuration::from_secs(170 * n);
            Item {
                id: format!("AAMk{n:04}="),
                end: start + jiff::SignedDuration::from_mins(30),
                start,
                ..talk()
            }
        })
        .collect();
    let exchange = start(
        Setup {
            calendars: ExchangeCalendars::always(items),
            limit: 100,
            forgets_after: 7,
            ..Setup::default()
        },
        None,
    )
    .await;
    let reading = read(&exchange).await.unwrap();
    assert_eq!(reading.appointments.len(), 1500);
    let signs = signs(&exchange);
    let bare = signs.iter().filter(|sign| *sign == "bare").count();
    assert!(bare > 20, "most go without signing in: {signs:?}");
    assert_eq!(
        signs.iter().filter(|sign| *sign == "NTLM 3").count(),
        2,
        "once, and once when forgotten"
    );
    assert_eq!(exchange.log().connections, 1);
}

#[tokio::test]
async fn a_crowd_at_one_time_is_refused_and_not_half_read() {
    let items = (0..200)
        .map(|n| Item {
            id: format!("A{n}"),
            ..talk()
        })
        .collect();
    let exchange = start(
        Setup {
            calendars: ExchangeCalendars::always(items),
            limit: 100,
            ..Setup::default()
        },
        None,
    )
    .await;
    assert_eq!(read(&exchange).await, Err(Error::TooLarge));
}

#[tokio::test]
async fn an_older_server_is_asked_by_its_own_schema() {
    let exchange = start(
        Setup {
            only_2010: true,
            calendars: ExchangeCalendars::always(vec![talk()]),
            ..Setup::default()
        },
        None,
    )
    .await;
    assert_eq!(read(&exchange).await.unwrap().appointments.len(), 1);
    assert_eq!(signs(&exchange), ["NTLM 1", "NTLM 3", "bare"]);
}

#[tokio::test]
async fn what_exchange_refuses_has_its_name() {
    let host = || "127.0.0.1".to_owned();
    let wait = "<t:MessageXml xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\">\
                <t:Value Name=\"BackOffMilliseconds\">300000</t:Value></t:MessageXml>";
    let busy = |seconds| Error::Busy {
        host: host(),
        wait: Some(Duration::from_secs(seconds)),
    };
    for (answer, error) in [
        (fault("ErrorServerBusy", wait), busy(300)),
        (
            answer("503 Service Unavailable", "Retry-After: 7\r\n", ""),
            busy(7),
        ),
        (
            fault("ErrorAccessDenied", ""),
            Error::NotPermitted("ErrorAccessDenied".into()),
        ),
        (
            answer("403 Forbidden", "", ""),
            Error::NotPermitted("HTTP 403".into()),
        ),
        (
            fault("ErrorNonExistentMailbox", ""),
            Error::Refused("ErrorNonExistentMailbox".into()),
        ),
        (answer("404 Not Found", "", "<html/>"), Error::NotExchange(host())),
        (
            answer("302 Found", "Location: https://evil.example/\r\n", ""),
            Error::Page(host()),
        ),
        (
            answer("200 OK", "", "<html><body>Sign in</body></html>"),
            Error::Page(host()),
        ),
        (answer("500 Internal Server Error", "", ""), Error::Ailing(host())),
        (answer("502 Bad Gateway", "", ""), Error::Ailing(host())),
        (
            answer("200 OK", "", &" ".repeat(9 * 1024 * 1024)),
            Error::TooLarge,
        ),
    ] {
        let exchange = start(
            Setup {
                instead: [answer].into(),
                ..Setup::default()
            },
            None,
        )
        .await;
        assert_eq!(read(&exchange).await, Err(error));
        assert_eq!(signs(&exchange), ["NTLM 1", "NTLM 3"]);
    }
}

#[tokio::test]
async fn a_connection_that_ends_or_says_nothing_has_its_name() {
    let exchange = start(
        Setup {
            closes: true,
            ..Setup::default()
        },
        None,
    )
    .await;
    // Not a wrong password, and the third message never goes to another connection than the challenge came from.
    assert_eq!(read(&exchange).await, Err(Error::Lost("127.0.0.1".into())));
    assert_eq!(signs(&exchange), ["NTLM 1"]);

    let silent = start(
        Setup {
            silent: true,
            ..Setup::default()
        },
        None,
    )
    .await;
    let mut config = config(&silent);
    config.timing.answer = Duration::from_millis(200);
    let outcome = read_with(&config, PASSWORD).await;
    assert_eq!(outcome, Err(Error::TimedOut("127.0.0.1".into())));

    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let config = EwsConfig::parse(&format!("http://{address}"), "a", "").unwrap();
    let outcome = read_with(&config, PASSWORD).await;
    assert_eq!(outcome, Err(Error::ConnectionRefused("127.0.0.1".into())));
}

#[tokio::test]
async fn a_pinned_server_is_trusted_and_the_sign_in_is_bound_to_it() {
    let der = include_bytes!("../../../crates/connect/tests/data/asterisk-tls-cert.der");
    let certificate = CertificateDer::from(der.to_vec());
    let key = PrivatePkcs8KeyDer::from(
        include_bytes!("../../../crates/connect/tests/data/asterisk-tls-key.der").to_vec(),
    );
    let server =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], PrivateKeyDer::from(key))
            .unwrap();
    let secured = ExchangeTls {
        acceptor: TlsAcceptor::from(Arc::new(server)),
        certificate_hash: Sha256::digest(der).to_vec(),
    };
    let exchange = start(
        Setup {
            calendars: ExchangeCalendars::always(vec![talk()]),
            ..Setup::default()
        },
        Some(secured),
    )
    .await;
    let url = exchange.url().replace("http:", "https:");
    let user = format!("{DOMAIN}\\{USER}");
    let pinned = EwsConfig::parse(&url, &user, &format!("pin:{}", Pin::of(der))).unwrap();
    assert_eq!(read_with(&pinned, PASSWORD).await.unwrap().appointments.len(), 1);
    assert_eq!(signs(&exchange), ["NTLM 1", "NTLM 3"]);
    let other = EwsConfig::parse(&url, &user, &format!("pin:{}", Pin::of(b"another"))).unwrap();
    assert_eq!(
        read_with(&other, PASSWORD).await,
        Err(Error::Tls("127.0.0.1".into()))
    );
    assert_eq!(signs(&exchange).len(), 2, "nothing was said to a stranger");
}

/// What both tell of an appointment, in one order.
fn told(list: &[Appointment]) -> Vec<String> {
    let mut told: Vec<String> = list
        .iter()
        .map(|one| {
            let (cancelled, span) = (one.cancelled, one.span);
            format!(
                "{} {:?} {:?} {cancelled} {span:?}",
                one.subject, one.show_as, one.sensitivity
            )
        })
        .collect();
    told.sort_unstable();
    told
}

#[tokio::test]
async fn the_companys_exchange_and_its_address_show_the_same_calendar() {
    let company = Playground::start(Options::default()).await.unwrap();
    let events = json!([
        { "id": "1", "subject": "Talk, with \"all\" & <some>; here", "start": "2026-01-15T09:00:00Z", "end": "2026-01-15T10:00:00Z" },
        { "id": "2", "subject": "Fair", "showAs": "oof", "sensitivity": "private", "start": "2026-01-16", "end": "2026-01-18" },
        { "id": "3", "subject": "Off", "showAs": "tentative", "isCancelled": true, "start": "2026-01-17T09:00:00Z", "end": "2026-01-17T10:00:00Z" },
        { "id": "4", "subject": "Later", "start": "2026-02-17T09:00:00Z", "end": "2026-02-17T10:00:00Z" },
    ]);
    assert!(company.set_calendar("alice", serde_json::from_value(events).unwrap()));
    let (user, password) = company.exchange_login("alice");
    let exchange = EwsConfig::parse(&company.addresses().exchange, &user, "system").unwrap();
    let by_exchange = read_with(&exchange, &password).await.unwrap().appointments;

    let address = format!("{}/calendars/alice/work.ics", company.addresses().control);
    let place = IcsConfig::parse(&address, "", "").unwrap();
    let (kept, reader) = (Kept::default(), reader());
    for _ in 0..2 {
        let by_address = ics::read(&place, None, window(), &reader, &kept).await.unwrap();
        assert_eq!(by_address.len(), 3);
        assert_eq!(told(&by_address), told(&by_exchange));
    }
    let other = read_with(&exchange, "another").await;
    assert_eq!(other, Err(Error::WrongPassword("127.0.0.1".into())));
}

fn reader() -> Reader {
    Reader {
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        addresses: Vec::new(),
    }
}
