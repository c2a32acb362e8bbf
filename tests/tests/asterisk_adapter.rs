//! The Asterisk adapter against a real Asterisk and real phones.
#![cfg(target_os = "linux")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and lets the others pass"
)]

use std::time::Duration;

use offhook_connect::phones::asterisk::{self, AsteriskConfig, AsteriskSettings, Finding, Step, config::How};
use offhook_connect::port::{PhoneCommand, PhoneEvent, PhoneHandle};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{Abilities, Can, FieldValue, PhonePresence};
use offhook_tests::asterisk::{Account, Asterisk, DESK, FULL, Options, WATCH};
use offhook_tests::baresip::CallState as Phone;
use offhook_tests::{runtime, try_wait_for, wait_for, wait_until};
use secrecy::SecretString;
use tokio::sync::mpsc::{self, UnboundedReceiver};

const SOON: Duration = Duration::from_secs(10);
/// What a person calls at once.
const A_MOMENT: Duration = Duration::from_millis(1500);

fn config(pbx: &Asterisk, account: Account, extension: &str) -> AsteriskConfig {
    let settings = AsteriskSettings {
        host: "127.0.0.1".into(),
        port: pbx.ami_port(),
        tls: "off".into(),
        user: account.user.into(),
        extension: extension.into(),
        ..AsteriskSettings::default()
    };
    AsteriskConfig::parse(&settings).unwrap()
}

/// A running adapter, and what it told.
struct Desk {
    handle: PhoneHandle,
    inbox: UnboundedReceiver<PhoneEvent>,
    told: Vec<PhoneEvent>,
    /// What was waited for lies before this.
    past: usize,
}

impl Desk {
    fn start(config: AsteriskConfig, secret: &str) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let _runtime = runtime::handle().enter();
        let handle = asterisk::spawn(config, SecretString::from(secret), events);
        Self {
            handle,
            inbox,
            told: Vec::new(),
            past: 0,
        }
    }

    /// Signed in, and everything read once.
    fn up(pbx: &Asterisk, account: Account, change: impl FnOnce(&mut AsteriskConfig)) -> Self {
        let mut config = config(pbx, account, "1001");
        change(&mut config);
        let mut desk = Self::start(config, account.secret);
        desk.abilities();
        desk.wait("the first reading", |event| {
            matches!(event, PhoneEvent::Seen(_)).then_some(())
        });
        desk
    }

    fn listen(&mut self) {
        while let Ok(event) = self.inbox.try_recv() {
            self.told.push(event);
        }
    }

    /// The next thing of that kind after the one that was waited for last.
    #[track_caller]
    fn wait<T>(&mut self, what: &str, wanted: impl Fn(&PhoneEvent) -> Option<T>) -> T {
        self.wait_in(SOON, what, wanted)
    }

    #[track_caller]
    fn wait_in<T>(&mut self, limit: Duration, what: &str, wanted: impl Fn(&PhoneEvent) -> Option<T>) -> T {
        let found = try_wait_for(limit, || {
            self.listen();
            let new = self.told.iter().enumerate().skip(self.past);
            new.into_iter().find_map(|(at, event)| Some((at, wanted(event)?)))
        });
        let Some((at, found)) = found else {
            panic!("{what} was not told, but {:#?}", &self.told[self.past..]);
        };
        self.past = at + 1;
        found
    }

    #[track_caller]
    fn abilities(&mut self) -> Abilities {
        self.wait("Up", |event| match event {
            PhoneEvent::Up { abilities, identity } => {
                assert!(identity.system.starts_with("Asterisk "), "{identity:?}");
                Some(*abilities)
            }
            _ => None,
        })
    }

    #[track_caller]
    fn down(&mut self) -> Fault {
        self.wait("Down", |event| match event {
            PhoneEvent::Down(fault) => Some(fault.clone()),
            _ => None,
        })
    }

    #[track_caller]
    fn sees(&mut self, limit: Duration, value: &FieldValue) {
        self.wait_in(limit, &format!("{value:?}"), |event| match event {
            PhoneEvent::Seen(values) => values.contains(value).then_some(()),
            _ => None,
        });
    }

    #[track_caller]
    fn write(&mut self, value: FieldValue) -> Result<(), Fault> {
        let field = value.field();
        self.handle.commands.send(PhoneCommand::Write(value)).unwrap();
        self.wait("Written", |event| match event {
            PhoneEvent::Written {
                field: written,
                outcome,
            } if *written == field => Some(outcome.clone()),
            _ => None,
        })
    }

    /// The next state of a call.
    #[track_caller]
    fn call(&mut self, wanted: CallState) -> CallId {
        self.wait(&format!("a call that is {wanted:?}"), |event| match event {
            PhoneEvent::Line(LineEvent::Call { id, state }) if *state == wanted => Some(id.clone()),
            _ => None,
        })
    }

    #[track_caller]
    fn ended(&mut self, call: &CallId) {
        self.wait("the end of the call", |event| match event {
            PhoneEvent::Line(LineEvent::Ended { id }) => (id == call).then_some(()),
            _ => None,
        });
    }

    #[track_caller]
    fn snapshot(&mut self) -> Vec<CallState> {
        self.wait("a snapshot", |event| match event {
            PhoneEvent::Line(LineEvent::Snapshot(calls)) => {
                Some(calls.iter().map(|(_, state)| *state).collect())
            }
            _ => None,
        })
    }

    /// Everything told of calls so far, but for empty snapshots.
    fn calls_told(&mut self) -> Vec<LineEvent> {
        self.listen();
        let calls = |event: &LineEvent| match event {
            LineEvent::Snapshot(calls) => !calls.is_empty(),
            LineEvent::Call { .. } | LineEvent::Ended { .. } | LineEvent::Trouble(_) => true,
            _ => false,
        };
        let lines = self.told.iter().filter_map(|event| match event {
            PhoneEvent::Line(line) => calls(line).then(|| line.clone()),
            _ => None,
        });
        lines.collect()
    }
}

const ALL: Can = Can {
    read: true,
    write: true,
};
const LOOK: Can = Can {
    read: true,
    write: false,
};

#[test]
fn an_account_is_told_what_it_can_do() {
    let pbx = Asterisk::start();
    for (account, can) in [(DESK, ALL), (FULL, ALL), (WATCH, LOOK)] {
        let mut desk = Desk::start(config(&pbx, account, "1001"), account.secret);
        let wanted = Abilities {
            dnd: can,
            forward: can,
            presence: can,
            note: can,
            calls: true,
            could_change_others: can.write,
            ..Abilities::default()
        };
        assert_eq!(desk.abilities(), wanted, "{}", account.user);
        assert_eq!(desk.snapshot(), []);
        let unset = [
            FieldValue::Dnd(false),
            FieldValue::Forward(None),
            FieldValue::Presence(None),
            FieldValue::Note(String::new()),
        ];
        desk.wait("everything read", |event| {
            (*event == PhoneEvent::Seen(unset.to_vec())).then_some(())
        });
    }
}

#[test]
fn a_wrong_secret_and_an_unknown_extension_are_said() {
    let pbx = Asterisk::start();
    let mut desk = Desk::start(config(&pbx, DESK, "1001"), "wrong");
    assert_eq!(
        desk.down(),
        Fault::new(FaultKind::Rejected, Code::PhoneWrongPassword).about("127.0.0.1")
    );
    let mut desk = Desk::start(config(&pbx, DESK, "4711"), DESK.secret);
    assert_eq!(
        desk.down(),
        Fault::new(FaultKind::Rejected, Code::PhoneExtensionUnknown).about("4711")
    );
    let mut elsewhere = config(&pbx, DESK, "1001");
    elsewhere.port = pbx.sip_port();
    elsewhere.timing.answer = Duration::from_millis(500);
    let mut desk = Desk::start(elsewhere, DESK.secret);
    assert_eq!(desk.down().code, Code::PhoneNotUnderstood);
}

/// Writes do not disturb and forward, and a third phone tries each.
#[track_caller]
fn writes_switches(account: Account, how: How) {
    let pbx = Asterisk::start();
    let (_alice, carol) = (pbx.phone("1001"), pbx.phone("1003"));
    let mut desk = Desk::up(&pbx, account, |config| config.how = how);
    assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()));
    assert_eq!(pbx.ami().db_get("DND", "1001").as_deref(), Some("YES"));
    pbx.ami().wait_lamp("Custom:DND1001", "BUSY");
    assert_eq!(carol.call("1001").code, 486);
    assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()), "once more");
    assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
    assert_eq!(pbx.ami().db_get("DND", "1001"), None);
    pbx.ami().wait_lamp("Custom:DND1001", "UNAVAILABLE");
    wait_until(SOON, "no channels", || pbx.ami().channels().is_empty());
    assert_eq!(
        desk.calls_told(),
        [],
        "a feature code or a lamp was taken for a call"
    );

    assert_eq!(desk.write(FieldValue::Forward(Some("600".into()))), Ok(()));
    assert_eq!(pbx.ami().db_get("CF", "1001").as_deref(), Some("600"));
    pbx.ami().wait_lamp("Custom:CF1001", "BUSY");
    assert_eq!(carol.call("1001").code, 200);
    carol.hang_up();
    assert_eq!(desk.write(FieldValue::Forward(None)), Ok(()));
    assert_eq!(pbx.ami().db_get("CF", "1001"), None);
    pbx.ami().wait_lamp("Custom:CF1001", "NOT_INUSE");
    let refused = desk.write(FieldValue::Forward(Some("600@other".into())));
    assert_eq!(refused.unwrap_err().code, Code::PhoneRefused);
}

trait Lamps {
    fn wait_lamp(&self, device: &str, state: &str);
}

impl Lamps for offhook_tests::ami::Ami {
    #[track_caller]
    fn wait_lamp(&self, device: &str, state: &str) {
        wait_until(SOON, &format!("{device} to be {state}"), || {
            self.device_state(device).as_deref() == Some(state)
        });
    }
}

#[test]
fn a_desk_account_dials_the_code() {
    writes_switches(DESK, How::Auto);
}

#[test]
fn a_full_account_dials_the_code() {
    writes_switches(FULL, How::Code);
}

#[test]
fn a_full_account_writes_the_database() {
    writes_switches(FULL, How::DbPut);
}

#[test]
fn a_code_without_effect_is_said_or_mended() {
    let pbx = Asterisk::start();
    // 600 answers and knows nothing of do not disturb.
    let elsewhere = |config: &mut AsteriskConfig| {
        config.codes.dnd_on = Some("600".into());
        config.timing.confirm = Duration::from_secs(1);
    };
    let mut desk = Desk::up(&pbx, DESK, elsewhere);
    let fault = desk.write(FieldValue::Dnd(true)).unwrap_err();
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneNotConfirmed)
    );
    let mut desk = Desk::up(&pbx, FULL, elsewhere);
    assert_eq!(
        desk.write(FieldValue::Dnd(true)),
        Ok(()),
        "by the database instead"
    );
    assert_eq!(pbx.ami().db_get("DND", "1001").as_deref(), Some("YES"));
}

#[test]
fn an_account_that_may_only_look_changes_nothing() {
    let pbx = Asterisk::start();
    let mut desk = Desk::up(&pbx, WATCH, |_| ());
    for value in [
        FieldValue::Dnd(true),
        FieldValue::Forward(Some("600".into())),
        FieldValue::Presence(Some(PhonePresence::Away)),
        FieldValue::Note("x".into()),
    ] {
        let fault = desk.write(value).unwrap_err();
        assert_eq!(
            (fault.kind, fault.code),
            (FaultKind::RightMissing, Code::PhoneNotPermitted)
        );
    }
    assert_eq!(pbx.ami().db_get("DND", "1001"), None);
    // What others do is seen all the same.
    pbx.ami().press("1001", "*78");
    desk.sees(A_MOMENT, &FieldValue::Dnd(true));
}

#[test]
fn what_the_person_presses_on_the_phone_is_seen_at_once_and_is_no_call() {
    for off in ["UNAVAILABLE", "NOT_INUSE"] {
        let pbx = Asterisk::start_with(Options {
            dnd_off: off,
            busy_at: None,
        });
        let alice = pbx.phone("1001");
        let mut desk = Desk::up(&pbx, DESK, |_| ());
        alice.dial("*78");
        desk.sees(A_MOMENT, &FieldValue::Dnd(true));
        alice.wait_calls(&[]);
        alice.dial("*72600");
        desk.sees(A_MOMENT, &FieldValue::Forward(Some("600".into())));
        alice.wait_calls(&[]);
        alice.dial("*73");
        desk.sees(A_MOMENT, &FieldValue::Forward(None));
        alice.wait_calls(&[]);
        alice.dial("*79");
        desk.sees(A_MOMENT, &FieldValue::Dnd(false));
        alice.wait_calls(&[]);
        assert_eq!(desk.calls_told(), []);
    }
}

#[test]
fn calls_ring_are_up_are_held_and_end() {
    for busy_at in [None, Some(1)] {
        let pbx = Asterisk::start_with(Options {
            dnd_off: "UNAVAILABLE",
            busy_at,
        });
        let (alice, bob) = (pbx.phone("1001"), pbx.phone("1002"));
        let mut desk = Desk::up(&pbx, DESK, |_| ());
        assert_eq!(bob.call("1001").code, 180);
        let call = desk.call(CallState::Ringing);
        alice.accept();
        assert_eq!(desk.call(CallState::Connected), call);
        alice.hold();
        assert_eq!(desk.call(CallState::Held), call);
        // Asked anew, it still knows of the hold, which no list shows.
        desk.handle.commands.send(PhoneCommand::Read).unwrap();
        assert_eq!(desk.snapshot(), [CallState::Held]);
        alice.resume();
        assert_eq!(desk.call(CallState::Connected), call);
        bob.wait_calls(&[Phone::Established]);
        bob.hang_up();
        desk.ended(&call);
        alice.wait_calls(&[]);

        alice.dial("600");
        let call = desk.call(CallState::Connected);
        // The manager tells of the answer before the phone has heard of it.
        alice.wait_calls(&[Phone::Established]);
        alice.hang_up();
        desk.ended(&call);
        alice.wait_calls(&[]);

        assert_eq!(alice.call("1002").code, 180);
        let call = desk.call(CallState::Dialling);
        bob.hang_up();
        desk.ended(&call);
        desk.handle.commands.send(PhoneCommand::Read).unwrap();
        assert_eq!(desk.snapshot(), []);
        assert!(
            !desk
                .calls_told()
                .iter()
                .any(|event| matches!(event, LineEvent::Trouble(_)))
        );
    }
}

#[test]
fn a_neighbours_call_is_not_mine() {
    let pbx = Asterisk::start();
    let (bob, carol) = (pbx.phone("1002"), pbx.phone("1003"));
    let mut desk = Desk::up(&pbx, FULL, |_| ());
    assert_eq!(bob.call("1003").code, 180);
    carol.accept();
    carol.wait_calls(&[Phone::Established]);
    bob.wait_calls(&[Phone::Established]);
    bob.hang_up();
    carol.wait_calls(&[]);
    // What the person does next is told, so all that came before was heard.
    pbx.ami().press("1001", "*78");
    desk.sees(A_MOMENT, &FieldValue::Dnd(true));
    assert_eq!(desk.calls_told(), []);
}

#[test]
fn do_not_disturb_during_a_call_changes_nothing_about_it() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone("1001"), pbx.phone("1002"));
    let mut desk = Desk::up(&pbx, DESK, |_| ());
    assert_eq!(bob.call("1001").code, 180);
    alice.accept();
    let call = desk.call(CallState::Connected);
    let before = desk.calls_told().len();
    assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()));
    assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
    assert_eq!(desk.calls_told().len(), before, "{:?}", desk.calls_told());
    bob.wait_calls(&[Phone::Established]);
    bob.hang_up();
    desk.ended(&call);
}

#[test]
fn a_call_that_is_joined_to_another_and_sent_elsewhere_stays_one_call() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone("1001"), pbx.phone("1002"));
    let mut desk = Desk::up(&pbx, DESK, |_| ());
    for phone in [&alice, &bob] {
        assert_eq!(phone.call("600").code, 200);
    }
    desk.call(CallState::Connected);
    let channels = pbx.ami().channels();
    let named = |device: &str| {
        let names = channels.iter().filter_map(|channel| channel.value("Channel"));
        names.into_iter().find(|name| name.starts_with(device)).unwrap()
    };
    let mark = pbx.ami().mark();
    let own = named("PJSIP/1001-");
    let both = [("Channel1", own), ("Channel2", named("PJSIP/1002-"))];
    assert!(pbx.ami().action("Bridge", &both).has("Response", "Success"));
    pbx.ami().wait_event(mark, SOON, "the bridge", |event| {
        event.is("BridgeEnter") && event.has("Channel", own)
    });
    let to = [
        ("Channel", own),
        ("Context", "from-internal"),
        ("Exten", "600"),
        ("Priority", "1"),
    ];
    let mark = pbx.ami().mark();
    assert!(pbx.ami().action("Redirect", &to).has("Response", "Success"));
    // "Success" says that it will move: a hang-up before it has would meet it between two places.
    pbx.ami()
        .wait_event(mark, SOON, "the extension it was sent to", |event| {
            let arrives = event.is("Newexten") && event.has("Exten", "600");
            arrives
                && event
                    .value("Channel")
                    .is_some_and(|name| name.starts_with("PJSIP/1001-"))
        });
    bob.wait_calls(&[]);
    alice.wait_calls(&[Phone::Established]);
    desk.handle.commands.send(PhoneCommand::Read).unwrap();
    desk.wait("one call", |event| match event {
        PhoneEvent::Line(LineEvent::Snapshot(calls)) => (calls.len() == 1).then_some(()),
        _ => None,
    });
    alice.hang_up();
    desk.wait("the end", |event| {
        matches!(event, PhoneEvent::Line(LineEvent::Ended { .. })).then_some(())
    });
    desk.handle.commands.send(PhoneCommand::Read).unwrap();
    assert_eq!(desk.snapshot(), []);
    // At no moment did it look as if there were no call.
    let mut up = std::collections::BTreeSet::new();
    let mut gaps = 0;
    for event in desk.calls_told() {
        match event {
            LineEvent::Call { id, .. } => {
                up.insert(id);
            }
            LineEvent::Ended { id } => {
                up.remove(&id);
                gaps += usize::from(up.is_empty());
            }
            _ => {}
        }
    }
    assert_eq!(gaps, 1, "{:#?}", desk.calls_told());
}

#[test]
fn a_call_that_was_up_before_is_found() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone("1001"), pbx.phone("1002"));
    assert_eq!(bob.call("1001").code, 180);
    alice.accept();
    alice.wait_calls(&[Phone::Established]);
    let mut desk = Desk::start(config(&pbx, WATCH, "1001"), WATCH.secret);
    assert_eq!(desk.snapshot(), [CallState::Connected]);
    bob.wait_calls(&[Phone::Established]);
    bob.hang_up();
    desk.wait("the end", |event| {
        matches!(event, PhoneEvent::Line(LineEvent::Ended { .. })).then_some(())
    });
}

#[test]
fn presence_and_note_are_one_write() {
    let pbx = Asterisk::start();
    let mut desk = Desk::up(&pbx, DESK, |_| ());
    let long = "long, ".repeat(110);
    for text in [
        "In a meeting",
        "Büro, 10:00 \"x\" \\ ${EXTEN}; until 11",
        " lead and trail ",
        "a|b,c,,e",
        long.as_str(),
        "日本語",
    ] {
        assert_eq!(desk.write(FieldValue::Note(text.into())), Ok(()), "{text}");
        desk.handle.commands.send(PhoneCommand::Read).unwrap();
        desk.sees(SOON, &FieldValue::Note(text.into()));
    }
    for word in PhonePresence::ALL {
        assert_eq!(desk.write(FieldValue::Presence(Some(word))), Ok(()), "{word:?}");
        desk.handle.commands.send(PhoneCommand::Read).unwrap();
        desk.wait("both", |event| match event {
            PhoneEvent::Seen(values) => (values.contains(&FieldValue::Presence(Some(word)))
                && values.contains(&FieldValue::Note("日本語".into())))
            .then_some(()),
            _ => None,
        });
    }
    let too_long = "ü".repeat(1000);
    for bad in ["two\nlines", "a\r\nAction: Logoff", too_long.as_str()] {
        let fault = desk.write(FieldValue::Note(bad.into())).unwrap_err();
        assert_eq!(fault.code, Code::PhoneRefused);
    }
    assert_eq!(desk.write(FieldValue::Note(String::new())), Ok(()));
    assert_eq!(desk.write(FieldValue::Presence(None)), Ok(()));
    let left = pbx.ami().db_get("CustomPresence", "1001");
    assert_eq!(left.as_deref(), Some("not_set,,"));
    // Set by another program: seen at once.
    pbx.ami()
        .set("PRESENCE_STATE(CustomPresence:1001)", "chat,,ask me");
    desk.sees(A_MOMENT, &FieldValue::Presence(Some(PhonePresence::Available)));
    // Put back as it was, not as its nearest word.
    assert_eq!(desk.write(FieldValue::Presence(Some(PhonePresence::Dnd))), Ok(()));
    assert_eq!(
        desk.write(FieldValue::Presence(Some(PhonePresence::Available))),
        Ok(())
    );
    let left = pbx.ami().db_get("CustomPresence", "1001");
    assert_eq!(left.as_deref(), Some("chat,,ask me"));
}

#[test]
fn asterisk_restarts_and_everything_is_read_anew() {
    let mut pbx = Asterisk::start();
    let mut desk = Desk::up(&pbx, DESK, |_| ());
    pbx.stop();
    assert_eq!(desk.down().kind, FaultKind::Unreachable);
    let refused = desk.write(FieldValue::Dnd(true)).unwrap_err();
    assert_eq!(
        refused.kind,
        FaultKind::Unreachable,
        "a write is not kept for later"
    );
    pbx.start_again();
    pbx.ami().db_put("DND", "1001", "YES");
    desk.handle.commands.send(PhoneCommand::Read).unwrap();
    desk.abilities();
    desk.sees(SOON, &FieldValue::Dnd(true));
    pbx.kill();
    assert_eq!(desk.down().kind, FaultKind::Unreachable);
    pbx.start_again();
    desk.handle.commands.send(PhoneCommand::Read).unwrap();
    assert!(desk.abilities().dnd.write);
    assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
}

#[test]
fn the_test_button_looks_at_everything_and_changes_nothing() {
    let pbx = Asterisk::start();
    let probe = |config: &AsteriskConfig, secret: &str| -> Vec<Finding> {
        runtime::block_on(asterisk::test(config, &SecretString::from(secret)))
    };
    let words = |findings: &[Finding]| -> Vec<(&'static str, String)> {
        let word = |finding: &Finding| match &finding.outcome {
            Ok(detail) => detail.clone(),
            Err(fault) => format!("{:?} {:?} {:?}", fault.kind, fault.code, fault.detail),
        };
        findings
            .iter()
            .map(|finding| (finding.step.code(), word(finding)))
            .collect()
    };
    let found = probe(&config(&pbx, FULL, "1001"), FULL.secret);
    let found = words(&found);
    assert_eq!(
        found[3..],
        [
            ("extension", String::new()),
            ("dnd-read", "off".into()),
            ("dnd-write", "code,dbput".into()),
            ("calls", "channels".into()),
            ("others", "everybody".into()),
        ]
    );
    assert!(found[2].1.starts_with("Asterisk "), "{found:?}");

    let found = words(&probe(&config(&pbx, WATCH, "1001"), WATCH.secret));
    assert_eq!(found[5].1, "RightMissing PhoneNotPermitted Some(\"Originate\")");
    assert_eq!(found[7].1, "nobody");

    let last = |findings: Vec<Finding>| {
        let last = findings.last().cloned().unwrap();
        (last.step, last.outcome.unwrap_err().code)
    };
    assert_eq!(
        last(probe(&config(&pbx, DESK, "1001"), "wrong")),
        (Step::SignIn, Code::PhoneWrongPassword)
    );
    assert_eq!(
        last(probe(&config(&pbx, DESK, "4711"), DESK.secret)),
        (Step::Extension, Code::PhoneExtensionUnknown)
    );
    let mut gone = config(&pbx, DESK, "1001");
    gone.port = 1;
    assert_eq!(
        last(probe(&gone, DESK.secret)),
        (Step::Reach, Code::ConnectionRefused)
    );
    let mut other_device = config(&pbx, DESK, "1001");
    other_device.devices = vec![asterisk::config::Device::parse("SIP/1001").unwrap()];
    let found = probe(&other_device, DESK.secret);
    let calls = found.iter().find(|finding| finding.step == Step::Calls).unwrap();
    let fault = calls.outcome.clone().unwrap_err();
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneNotConfigured, Some("device"))
    );
    assert_eq!(pbx.ami().channels(), []);
    assert_eq!(pbx.ami().db_get("DND", "1001"), None);
}

#[test]
fn a_dropped_handle_closes_the_connection() {
    let pbx = Asterisk::start();
    let desk = Desk::up(&pbx, DESK, |_| ());
    let Desk {
        handle, mut inbox, ..
    } = desk;
    drop(handle);
    wait_for(SOON, "the end of the task", || match inbox.try_recv() {
        Err(mpsc::error::TryRecvError::Disconnected) => Some(()),
        _ => None,
    });
}
