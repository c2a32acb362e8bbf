//! The Asterisk adapter against a strict double with failures on demand, and against captured events of a real
//! Asterisk. Against a real one: the crate of end-to-end tests.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests are test code")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and lets the others pass"
)]

mod double;

use double::{CALL_ONLY, Classes, DEAF, DESK, FULL, Faults, Pbx, SECRET, USER};
use offhook_connect::phones::asterisk::tls::Pin;
use offhook_connect::phones::asterisk::{
    self, AsteriskConfig, AsteriskSettings, config::Timing, config::Tls,
};
use offhook_connect::port::{PhoneCommand, PhoneEvent, PhoneHandle};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Abilities, Can, FieldValue, PhonePresence};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use secrecy::SecretString;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_rustls::TlsAcceptor;

const SOON: Duration = Duration::from_secs(10);

fn config(pbx: &Pbx) -> AsteriskConfig {
    let settings = AsteriskSettings {
        host: pbx.address.ip().to_string(),
        port: pbx.address.port(),
        tls: "off".into(),
        user: USER.into(),
        extension: "101".into(),
        ..AsteriskSettings::default()
    };
    let mut config = AsteriskConfig::parse(&settings).unwrap();
    config.timing = Timing {
        answer: Duration::from_millis(500),
        confirm: Duration::from_millis(300),
        look: Duration::from_millis(20),
        settle: Duration::from_millis(20),
        ..Timing::default()
    };
    config
}

struct Desk {
    handle: PhoneHandle,
    inbox: UnboundedReceiver<PhoneEvent>,
}

impl Desk {
    fn start(config: AsteriskConfig) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let handle = asterisk::spawn(config, SecretString::from(SECRET), events);
        Self { handle, inbox }
    }

    /// Signed in, and everything read once.
    async fn up(config: AsteriskConfig) -> Self {
        let mut desk = Self::start(config);
        desk.next("the first reading", |event| {
            matches!(event, PhoneEvent::Seen(_)).then_some(())
        })
        .await;
        desk
    }

    /// The next event of that kind; those before it are dropped.
    async fn next<T>(&mut self, what: &str, wanted: impl Fn(&PhoneEvent) -> Option<T>) -> T {
        let mut passed = Vec::new();
        let found = tokio::time::timeout(SOON, async {
            loop {
                let event = self.inbox.recv().await?;
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

    async fn abilities(&mut self) -> Abilities {
        self.next("Up", |event| {
            if let PhoneEvent::Up { abilities, .. } = event {
                Some(*abilities)
            } else {
                None
            }
        })
        .await
    }

    async fn down(&mut self) -> Fault {
        self.next("Down", |event| {
            if let PhoneEvent::Down(fault) = event {
                Some(fault.clone())
            } else {
                None
            }
        })
        .await
    }

    async fn write(&mut self, value: FieldValue) -> Result<(), Fault> {
        self.handle.commands.send(PhoneCommand::Write(value)).unwrap();
        let outcome = |event: &PhoneEvent| {
            if let PhoneEvent::Written { outcome, .. } = event {
                Some(outcome.clone())
            } else {
                None
            }
        };
        self.next("Written", outcome).await
    }

    async fn sees(&mut self, value: FieldValue) {
        let sees = |event: &PhoneEvent| {
            if let PhoneEvent::Seen(values) = event {
                values.contains(&value).then_some(())
            } else {
                None
            }
        };
        self.next(&format!("{value:?}"), sees).await;
    }

    async fn line(&mut self) -> LineEvent {
        self.next("a line event", |event| {
            if let PhoneEvent::Line(line) = event {
                Some(line.clone())
            } else {
                None
            }
        })
        .await
    }

    async fn snapshot(&mut self) -> Vec<CallState> {
        let states = |event: &PhoneEvent| match event {
            PhoneEvent::Line(LineEvent::Snapshot(calls)) => {
                Some(calls.iter().map(|(_, state)| *state).collect())
            }
            _ => None,
        };
        self.next("a snapshot", states).await
    }

    fn read(&self) {
        self.handle.commands.send(PhoneCommand::Read).unwrap();
    }
}

fn unanswered(action: &'static str) -> Faults {
    Faults {
        unanswered: BTreeSet::from([action]),
        ..Faults::default()
    }
}

#[tokio::test]
async fn it_signs_in_however_the_bytes_come() {
    let pbx = Pbx::start(
        DESK,
        Faults {
            drips: true,
            ..Faults::default()
        },
    )
    .await;
    let all = Can {
        read: true,
        write: true,
    };
    let wanted = Abilities {
        dnd: all,
        forward: all,
        presence: all,
        note: all,
        calls: true,
        could_change_others: true,
        ..Abilities::default()
    };
    let mut desk = Desk::start(config(&pbx));
    assert_eq!(desk.abilities().await, wanted);
    assert_eq!(desk.line().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.snapshot().await, []);
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(pbx.state().db.get("DND/101").map(String::as_str), Some("YES"));
}

#[tokio::test]
async fn a_host_that_is_no_asterisk_is_named() {
    for greeting in [
        "HTTP/1.1 400 Bad Request",
        "SSH-2.0-OpenSSH_9.2",
        "220 mail ESMTP",
        "Asterisk",
        "\u{1}\u{2}",
    ] {
        let pbx = Pbx::start(
            DESK,
            Faults {
                greeting: Some(greeting),
                ..Faults::default()
            },
        )
        .await;
        let fault = Desk::start(config(&pbx)).down().await;
        assert_eq!(
            (fault.code, fault.detail.as_deref()),
            (Code::PhoneNotUnderstood, Some("127.0.0.1")),
            "{greeting}"
        );
        assert_eq!(
            pbx.state().actions,
            [] as [String; 0],
            "no secret is shown to a stranger"
        );
    }
}

#[tokio::test]
async fn a_message_without_end_is_no_asterisks() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    pbx.event(&"x".repeat(100_000));
    assert_eq!(desk.down().await.code, Code::PhoneNotUnderstood);
}

#[tokio::test]
async fn a_half_open_connection_is_noticed() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut config = config(&pbx);
    config.timing.ping = Duration::from_millis(100);
    let mut desk = Desk::up(config).await;
    pbx.state().faults = unanswered("*");
    assert_eq!(
        desk.down().await,
        Fault::new(FaultKind::Unreachable, Code::TimedOut).about("127.0.0.1")
    );
    pbx.state().faults = Faults::default();
    desk.read();
    assert!(desk.abilities().await.dnd.write);
    assert!(pbx.state().connections >= 2);
}

#[tokio::test]
async fn an_asterisk_that_says_it_ends_is_not_asked_any_more() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    // Its database is closed before its last connection: nothing is there any more.
    pbx.state().db.clear();
    let asked = pbx.taken("DBGet");
    pbx.event("Event: Shutdown\nPrivilege: system,all\nShutdown: Cleanly\nRestart: False");
    assert_eq!(
        desk.down().await,
        Fault::new(FaultKind::Unreachable, Code::PhoneUnreachable).about("127.0.0.1")
    );
    assert_eq!(pbx.taken("DBGet"), asked);
}

#[tokio::test]
async fn a_write_without_an_answer_fails_once_and_is_not_repeated() {
    let pbx = Pbx::start(DESK, unanswered("Originate")).await;
    let mut desk = Desk::up(config(&pbx)).await;
    let fault = desk.write(FieldValue::Dnd(true)).await.unwrap_err();
    assert_eq!(fault.code, Code::TimedOut);
    assert_eq!(desk.down().await.code, Code::TimedOut);
    desk.read();
    desk.abilities().await;
    desk.sees(FieldValue::Dnd(false)).await;
    let dialled = pbx
        .state()
        .actions
        .iter()
        .filter(|name| *name == "Originate")
        .count();
    assert_eq!(dialled, 1);
}

#[tokio::test]
async fn a_wrong_secret_is_tried_rarely() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let (events, inbox) = mpsc::unbounded_channel();
    let handle = asterisk::spawn(config(&pbx), SecretString::from("wrong"), events);
    let mut desk = Desk { handle, inbox };
    let refused = Fault::new(FaultKind::Rejected, Code::PhoneWrongPassword).about("127.0.0.1");
    assert_eq!(desk.down().await, refused);
    // Being asked does not make it try again: that would lock the account.
    for _ in 0..3 {
        desk.read();
        assert_eq!(desk.down().await, refused);
    }
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Err(refused));
    assert_eq!(pbx.state().connections, 1);
}

#[tokio::test]
async fn a_code_in_vain_is_said_with_what_is_there() {
    let pbx = Pbx::start(
        DESK,
        Faults {
            codes_in_vain: true,
            ..Faults::default()
        },
    )
    .await;
    let mut desk = Desk::up(config(&pbx)).await;
    desk.handle
        .commands
        .send(PhoneCommand::Write(FieldValue::Dnd(true)))
        .unwrap();
    desk.sees(FieldValue::Dnd(false)).await;
    let outcome = desk.next("Written", |event| {
        if let PhoneEvent::Written { outcome, .. } = event {
            Some(outcome.clone())
        } else {
            None
        }
    });
    assert_eq!(
        outcome.await,
        Err(Fault::new(FaultKind::Rejected, Code::PhoneNotConfirmed).about("dnd"))
    );
}

#[tokio::test]
async fn the_database_is_written_where_codes_are_in_vain_and_from_then_on_at_once() {
    let pbx = Pbx::start(
        FULL,
        Faults {
            codes_in_vain: true,
            ..Faults::default()
        },
    )
    .await;
    let mut desk = Desk::up(config(&pbx)).await;
    // FreePBX sets a second lamp per device where it is used.
    pbx.state()
        .db
        .insert("CustomDevstate/DEVDND101".into(), "NOT_INUSE".into());
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let lamp = |name: &str| pbx.state().lamps.get(name).cloned();
    assert_eq!(
        (lamp("DND101"), lamp("DEVDND101")),
        (Some("BUSY".into()), Some("BUSY".into()))
    );
    assert_eq!(desk.write(FieldValue::Dnd(false)).await, Ok(()));
    assert_eq!(lamp("DND101").as_deref(), Some("UNAVAILABLE"));
    assert_eq!(
        desk.write(FieldValue::Forward(Some("0301234".into()))).await,
        Ok(())
    );
    assert_eq!(pbx.state().db.get("CF/101").map(String::as_str), Some("0301234"));
    assert_eq!(lamp("CF101").as_deref(), Some("BUSY"));
    let dialled = pbx
        .state()
        .actions
        .iter()
        .filter(|name| *name == "Originate")
        .count();
    assert_eq!(dialled, 1, "once in vain is enough");
}

#[tokio::test]
async fn nothing_is_smuggled_into_a_header() {
    let pbx = Pbx::start(FULL, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    let before = pbx.state().actions.len();
    for text in ["a\r\nAction: Hangup\r\nChannel: all", "a\nb", "a\0b"] {
        assert_eq!(
            desk.write(FieldValue::Note(text.into())).await.unwrap_err().code,
            Code::PhoneRefused
        );
        let forward = FieldValue::Forward(Some(text.into()));
        assert_eq!(desk.write(forward).await.unwrap_err().code, Code::PhoneRefused);
    }
    let sent = pbx.state().actions.split_off(before);
    assert!(
        sent.iter()
            .all(|action| ["DBGet", "PresenceState"].contains(&action.as_str())),
        "{sent:?}"
    );
}

#[tokio::test]
async fn presence_and_note_keep_each_other() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    assert_eq!(desk.write(FieldValue::Note("In a meeting".into())).await, Ok(()));
    assert_eq!(
        desk.write(FieldValue::Presence(Some(PhonePresence::Dnd))).await,
        Ok(())
    );
    assert_eq!(
        pbx.state().presence,
        ("dnd".into(), String::new(), "In a meeting".into())
    );
    pbx.state().presence = ("xa".into(), String::new(), "until Monday".into());
    pbx.event("Event: PresenceStateChange\nPrivilege: call,all\nPresentity: CustomPresence:101\nStatus: xa\nSubtype:\nMessage: until Monday");
    desk.sees(FieldValue::Note("until Monday".into())).await;
}

#[tokio::test]
async fn a_ghost_goes_with_the_next_reading() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    let ghost = "Event: Newchannel\nPrivilege: call,all\nChannel: PJSIP/101-00000001\nChannelState: 6\nExten: 600\nUniqueid: 1.1";
    pbx.event(ghost);
    assert!(matches!(
        desk.line().await,
        LineEvent::Call {
            state: CallState::Connected,
            ..
        }
    ));
    desk.read();
    assert_eq!(desk.snapshot().await, []);
    // Without being asked too: an idle device casts doubt on it.
    pbx.event(ghost);
    pbx.event("Event: DeviceStateChange\nPrivilege: call,all\nDevice: PJSIP/101\nState: NOT_INUSE");
    assert!(matches!(desk.line().await, LineEvent::Call { .. }));
    assert_eq!(desk.snapshot().await, []);
}

#[tokio::test]
async fn an_account_that_is_sent_no_events_is_noticed_and_polled() {
    let pbx = Pbx::start(DEAF, Faults::default()).await;
    let mut config = config(&pbx);
    config.timing.calls_unheard = Duration::from_millis(50);
    config.timing.calls_deaf = Duration::from_millis(50);
    let mut desk = Desk::up(config).await;
    let call = "Event: CoreShowChannel\r\nChannel: PJSIP/101-00000001\r\nChannelState: 6\r\nExten: 600\r\nUniqueid: 1.1\r\n\
        Application: Dial\r\nDuration: 00:00:09";
    pbx.state().channels = vec![call.into()];
    let trouble = desk.next("trouble", |event| {
        if let PhoneEvent::Line(LineEvent::Trouble(fault)) = event {
            Some(fault.clone())
        } else {
            None
        }
    });
    assert_eq!(
        trouble.await,
        Fault::new(FaultKind::RightMissing, Code::PhoneNotPermitted).about("read=call")
    );
    assert_eq!(desk.snapshot().await, [CallState::Connected]);
    pbx.state().channels.clear();
    while !desk.snapshot().await.is_empty() {}
}

/// Of somebody else: shows that the account is sent events of calls.
const STRANGER: &str =
    "Event: Newchannel\nPrivilege: call,all\nChannel: PJSIP/102-00000001\nChannelState: 6\nUniqueid: 2.1";

#[tokio::test]
async fn until_an_event_comes_the_list_of_calls_is_the_sign_of_life() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut config = config(&pbx);
    config.timing.calls_unheard = Duration::from_millis(100);
    config.timing.ping = Duration::from_millis(150);
    let _desk = Desk::up(config).await;
    pbx.takes("CoreShowChannels", 5).await;
    assert_eq!(pbx.taken("Ping"), 0);
    pbx.event(STRANGER);
    pbx.takes("Ping", 1).await;
    let lists = pbx.taken("CoreShowChannels");
    pbx.takes("Ping", 4).await;
    assert_eq!(pbx.taken("CoreShowChannels"), lists);
}

#[tokio::test]
async fn calls_are_listed_more_often_than_fields_are_read() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut config = config(&pbx);
    config.timing.calls_unheard = Duration::from_millis(50);
    let _desk = Desk::up(config).await;
    let (lists, reads) = (pbx.taken("CoreShowChannels"), pbx.taken("DBGet"));
    pbx.takes("CoreShowChannels", lists + 5).await;
    assert_eq!(pbx.taken("DBGet"), reads);
}

#[tokio::test]
async fn what_is_pressed_is_found_by_reading_where_no_event_tells_of_it() {
    let pbx = Pbx::start(DEAF, Faults::default()).await;
    let shown = config(&pbx);
    let mut unheard = shown.clone();
    unheard.timing.fields_unheard = Duration::from_millis(50);
    let mut desk = Desk::up(unheard).await;
    pbx.state().db.insert("DND/101".into(), "YES".into());
    desk.sees(FieldValue::Dnd(true)).await;
    // Nor do events tell of it once calls were missed, and then it is read more often.
    let mut deaf = shown;
    deaf.timing.calls_unheard = Duration::from_millis(50);
    deaf.timing.fields_deaf = Duration::from_millis(50);
    let mut desk = Desk::up(deaf).await;
    let call = "Event: CoreShowChannel\r\nChannel: PJSIP/101-00000001\r\nChannelState: 6\r\nUniqueid: 1.1\r\nDuration: 00:00:09";
    pbx.state().channels = vec![call.into()];
    desk.next("trouble", |event| {
        matches!(event, PhoneEvent::Line(LineEvent::Trouble(_))).then_some(())
    })
    .await;
    pbx.state().db.clear();
    desk.sees(FieldValue::Dnd(false)).await;
}

#[tokio::test]
async fn what_belongs_together_is_asked_in_one_go() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    // CoreShowChannels, twice DBGet, PresenceState.
    pbx.state().hold_back = 4;
    pbx.state().db.insert("CF/101".into(), "600".into());
    desk.read();
    assert_eq!(desk.snapshot().await, []);
    desk.sees(FieldValue::Forward(Some("600".into()))).await;
    assert_eq!(pbx.state().hold_back, 0);
}

#[tokio::test]
async fn without_the_right_to_list_the_device_stands_in() {
    let pbx = Pbx::start(CALL_ONLY, Faults::default()).await;
    pbx.state().devices.insert("PJSIP/101".into(), "INUSE".into());
    let mut desk = Desk::start(config(&pbx));
    let abilities = desk.abilities().await;
    assert!(abilities.calls && !abilities.dnd.read, "{abilities:?}");
    assert_eq!(desk.snapshot().await, [CallState::Connected]);
    pbx.event("Event: DeviceStateChange\nPrivilege: call,all\nDevice: PJSIP/101\nState: NOT_INUSE");
    assert!(matches!(desk.line().await, LineEvent::Ended { .. }));
    // Do not disturb becomes readable with the first sign of its lamp.
    pbx.set_lamp("DND101", "BUSY");
    assert_eq!(
        desk.abilities().await.dnd,
        Can {
            read: true,
            write: false
        }
    );
    desk.sees(FieldValue::Dnd(true)).await;
}

#[tokio::test]
async fn rights_that_come_later_are_noticed() {
    let pbx = Pbx::start(CALL_ONLY, Faults::default()).await;
    let mut config = config(&pbx);
    config.timing.look_again = Duration::from_millis(100);
    let mut desk = Desk::start(config);
    assert!(!desk.abilities().await.dnd.write);
    pbx.state().classes = FULL;
    assert!(desk.abilities().await.dnd.write);
}

#[tokio::test]
async fn an_unknown_extension_is_tried_again_soon_since_asterisk_may_just_have_started() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let known = std::mem::take(&mut pbx.state().devices);
    let mut desk = Desk::start(config(&pbx));
    assert_eq!(
        desk.down().await,
        Fault::new(FaultKind::Rejected, Code::PhoneExtensionUnknown).about("101")
    );
    pbx.state().devices = known;
    desk.read();
    desk.abilities().await;
}

#[tokio::test]
async fn a_flood_of_strangers_events_delays_nothing() {
    let pbx = Pbx::start(DESK, Faults::default()).await;
    let mut desk = Desk::up(config(&pbx)).await;
    for n in 0..20_000 {
        pbx.event(&format!("Event: Newchannel\nPrivilege: call,all\nChannel: PJSIP/1{n}-00000001\nChannelState: 6\nUniqueid: {n}.1"));
    }
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    desk.read();
    assert_eq!(desk.snapshot().await, []);
}

#[tokio::test]
async fn tls_takes_a_pinned_certificate_or_key_and_no_other() {
    let certificate = CertificateDer::from(&include_bytes!("../data/asterisk-tls-cert.der")[..]);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(
        &include_bytes!("../data/asterisk-tls-key.der")[..],
    ));
    let server =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key)
            .unwrap();
    let pbx = Pbx::start_over(DESK, Faults::default(), Some(TlsAcceptor::from(Arc::new(server)))).await;
    let over = |tls: Tls| AsteriskConfig { tls, ..config(&pbx) };
    let pinned = |pins: &str| Tls::Pinned(Pin::parse_list(pins).unwrap());
    let another = Pin::of(b"another");
    // By `openssl x509 -pubkey` and `openssl pkey -pubin -outform der | sha256sum`.
    let public_key = "SHA256:a4073af004fff73f965a2817e5356cb188ceff2d0940a8999e5bfcffd3eb8a14";
    for good in [
        Tls::Pinned(vec![Pin::of(&certificate)]),
        pinned(public_key),
        pinned(&format!("{another},{public_key}")),
    ] {
        let mut desk = Desk::up(over(good)).await;
        assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    }
    for other in [Tls::System, Tls::Pinned(vec![another]), Tls::Pinned(Vec::new())] {
        let fault = Desk::start(over(other)).down().await;
        assert_eq!(
            (fault.kind, fault.code),
            (FaultKind::Unreachable, Code::TlsFailed)
        );
    }
    // Plain where the server wants TLS, and the reverse.
    assert_eq!(
        Desk::start(over(Tls::Off)).down().await.code,
        Code::PhoneNotUnderstood
    );
    let plain = Pbx::start(DESK, Faults::default()).await;
    let config = AsteriskConfig {
        tls: Tls::Pinned(vec![Pin::of(&certificate)]),
        ..config(&plain)
    };
    assert_eq!(Desk::start(config).down().await.code, Code::TlsFailed);
}

/// The parts of the captures, and what the person's calls were in each.
#[tokio::test]
async fn captured_events_of_a_real_asterisk_mean_what_they_meant() {
    let captured = include_str!("../data/asterisk-desk-events.txt");
    let (connected, held) = ("connected", "held");
    let wanted: &[(&str, &[&str])] = &[
        ("B: registration", &[]),
        ("E: incoming call for 101", &["ringing", connected, "ended"]),
        ("F: DND as a custom device state", &[]),
        ("H: dial a feature code from the phone itself", &[]),
        (
            "J: 101 calls 900 itself",
            &["dialling", connected, held, connected, "ended"],
        ),
        (
            "K: 101 has one call and a second one rings",
            &["ringing", "ended"],
        ),
        ("L: unregister", &[]),
    ];
    let parts: Vec<&str> = captured.split("\n--- ").skip(1).collect();
    assert_eq!(parts.len(), wanted.len());
    for (part, (title, calls)) in parts.into_iter().zip(wanted) {
        assert!(part.starts_with(title), "{part}");
        let pbx = Pbx::start(
            Classes {
                write: &["call", "originate", "reporting"],
                hears_calls: true,
            },
            Faults::default(),
        )
        .await;
        let mut desk = Desk::up(config(&pbx)).await;
        let (_, events) = part.split_once('\n').unwrap();
        for block in events.split("\n\n").filter(|block| block.contains("Event:")) {
            pbx.event(block.trim());
        }
        // The last of all: then everything before was heard.
        pbx.state().presence.2 = "the end".into();
        pbx.event(
            "Event: PresenceStateChange\nPrivilege: call,all\nPresentity: CustomPresence:101\nStatus: away",
        );
        let mut told = Vec::new();
        loop {
            let event = tokio::time::timeout(SOON, desk.inbox.recv())
                .await
                .unwrap()
                .unwrap();
            match event {
                PhoneEvent::Line(LineEvent::Call { state, .. }) => told.push(match state {
                    CallState::Dialling => "dialling",
                    CallState::Ringing => "ringing",
                    CallState::Connected => connected,
                    CallState::Held => held,
                    CallState::Conference => "conference",
                }),
                PhoneEvent::Line(LineEvent::Ended { .. }) => told.push("ended"),
                PhoneEvent::Line(LineEvent::Snapshot(calls)) => assert_eq!(calls, []),
                PhoneEvent::Seen(values) if values.contains(&FieldValue::Note("the end".into())) => break,
                other => assert!(!matches!(other, PhoneEvent::Down(_)), "{other:?}"),
            }
        }
        assert_eq!(told, *calls, "{title}");
    }
}
