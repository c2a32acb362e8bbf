//! The SIP adapter, which never registers: against a real Asterisk with FreePBX's hints and feature codes and real phones,
//! and against a real Kamailio.
#![cfg(target_os = "linux")]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and lets the others pass"
)]

use std::time::Duration;

use offhook_connect::phones::probe::Step;
use offhook_connect::phones::sip::{self, SipConfig, SipSettings};
use offhook_connect::port::{PhoneCommand, PhoneEvent, PhoneHandle};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallId, CallState, LineEvent};
use offhook_engine::phone::{Abilities, Can, FieldValue, PhonePresence};
use offhook_tests::asterisk::{Asterisk, Options};
use offhook_tests::baresip::CallState as Phone;
use offhook_tests::kamailio::Kamailio;
use offhook_tests::{runtime, try_wait_for, wait_until};
use secrecy::SecretString;
use tokio::sync::mpsc::{self, UnboundedReceiver};

const SOON: Duration = Duration::from_secs(10);
const PASSWORD: &str = "pw1001";
const ALL: Can = Can {
    read: true,
    write: true,
};

fn config(pbx: &Asterisk, change: impl FnOnce(&mut SipSettings)) -> SipConfig {
    let mut settings = SipSettings {
        host: "127.0.0.1".into(),
        port: pbx.sip_port(),
        tls: "off".into(),
        user: "1001".into(),
        dnd_state: "*76{extension}".into(),
        dnd_on: "*78".into(),
        dnd_off: "*79".into(),
        ..SipSettings::default()
    };
    change(&mut settings);
    SipConfig::parse(&settings).unwrap()
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
    fn start(config: SipConfig, secret: &str) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let _runtime = runtime::handle().enter();
        let handle = sip::spawn(config, SecretString::from(secret), events);
        Self {
            handle,
            inbox,
            told: Vec::new(),
            past: 0,
        }
    }

    /// Signed in, and everything heard once.
    fn up(pbx: &Asterisk, change: impl FnOnce(&mut SipSettings)) -> Self {
        let mut desk = Self::start(config(pbx, change), PASSWORD);
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
        let found = try_wait_for(SOON, || {
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
    fn up_again(&mut self) -> (String, Abilities) {
        self.wait("Up", |event| match event {
            PhoneEvent::Up { abilities, identity } => Some((identity.system.clone(), *abilities)),
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
    fn sees(&mut self, value: &FieldValue) {
        self.wait(&format!("{value:?}"), |event| match event {
            PhoneEvent::Seen(values) => values.contains(value).then_some(()),
            _ => None,
        });
    }

    fn read(&self) {
        self.handle.commands.send(PhoneCommand::Read).unwrap();
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

    /// Whether a call that counts by itself was ever told of.
    fn counted(&mut self) -> bool {
        self.listen();
        let counts = |state: &CallState| !matches!(state, CallState::Ringing | CallState::Dialling);
        self.told.iter().any(|event| match event {
            PhoneEvent::Line(LineEvent::Call { state, .. }) => counts(state),
            PhoneEvent::Line(LineEvent::Snapshot(calls)) => calls.iter().any(|(_, state)| counts(state)),
            _ => false,
        })
    }
}

fn has_dnd(pbx: &Asterisk) -> bool {
    pbx.ami().db_get("DND", "1001").as_deref() == Some("YES")
}

#[test]
fn an_account_is_told_what_it_can_do() {
    let pbx = Asterisk::start();
    for transport in ["udp", "tcp"] {
        let mut desk = Desk::start(config(&pbx, |s| s.transport = transport.into()), PASSWORD);
        let (system, abilities) = desk.up_again();
        assert_eq!(system, "TestPBX", "{transport}");
        let wanted = Abilities {
            dnd: ALL,
            forward: Can::default(),
            presence: Can::default(),
            note: Can::default(),
            calls: true,
            ..abilities
        };
        assert_eq!(abilities, wanted, "{transport}");
        assert!(!abilities.could_change_others);
        assert_eq!(desk.snapshot(), []);
        desk.sees(&FieldValue::Dnd(false));
        desk.read();
        desk.sees(&FieldValue::Dnd(false));
    }
    // Without what shows its state do not disturb is not offered.
    let mut desk = Desk::start(config(&pbx, |s| s.dnd_state = "*99".into()), PASSWORD);
    let (_, abilities) = desk.up_again();
    assert_eq!(abilities.dnd, Can::default());
    let fault = desk.write(FieldValue::Dnd(true)).unwrap_err();
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneNotOffered, Some("dnd_state, 404"))
    );
}

#[test]
fn a_call_is_heard_from_ringing_to_its_end() {
    let pbx = Asterisk::start();
    let (alice, bob) = (pbx.phone("1001"), pbx.phone("1002"));
    for transport in ["udp", "tcp"] {
        let mut desk = Desk::up(&pbx, |s| s.transport = transport.into());
        bob.dial("1001");
        let call = desk.call(CallState::Ringing);
        alice.wait_calls(&[Phone::Incoming]);
        alice.accept();
        assert_eq!(desk.call(CallState::Connected), call);
        // A desk that comes later finds it.
        let mut second = Desk::start(config(&pbx, |_| {}), PASSWORD);
        assert_eq!(second.snapshot(), [CallState::Connected]);
        alice.hang_up();
        desk.ended(&call);
        bob.wait_calls(&[]);
        alice.wait_calls(&[]);
    }
}

#[test]
fn an_outgoing_call_is_dialling_and_then_a_call() {
    let pbx = Asterisk::start();
    let alice = pbx.phone("1001");
    let mut desk = Desk::up(&pbx, |_| {});
    alice.dial("600");
    let call = desk.call(CallState::Dialling);
    assert_eq!(desk.call(CallState::Connected), call);
    alice.hang_up();
    desk.ended(&call);
}

#[test]
fn do_not_disturb_is_dialled_confirmed_and_no_call() {
    for options in [
        Options::default(),
        Options {
            dnd_off: "NOT_INUSE",
            busy_at: Some(1),
        },
    ] {
        let pbx = Asterisk::start_with(options);
        let bob = pbx.phone("1002");
        for transport in ["udp", "tcp"] {
            let mut desk = Desk::up(&pbx, |s| s.transport = transport.into());
            assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()));
            assert!(has_dnd(&pbx));
            assert_eq!(bob.call("1001").code, 486);
            // One that begins while it is on takes it for no call either.
            let mut second = Desk::start(config(&pbx, |_| {}), PASSWORD);
            assert_eq!(second.snapshot(), []);
            second.sees(&FieldValue::Dnd(true));
            assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
            assert!(!has_dnd(&pbx));
            second.sees(&FieldValue::Dnd(false));
            // Both codes have hung up, and the line is free in the eyes of all.
            wait_until(SOON, "the dialled code to end", || {
                pbx.ami().device_state("PJSIP/1001").as_deref() == Some("UNAVAILABLE")
            });
            desk.read();
            assert_eq!(desk.snapshot(), []);
            assert!(!desk.counted() && !second.counted(), "{:#?}", desk.told);
        }
    }
}

#[test]
fn by_choice_codes_are_dialled_where_nothing_shows_them() {
    let pbx = Asterisk::start();
    let mut desk = Desk::up(&pbx, |settings| {
        (settings.dnd_state, settings.unconfirmed) = (String::new(), true);
        (settings.forward_on, settings.forward_off) = ("*72".into(), "*73".into());
    });
    assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()));
    let forward = || pbx.ami().db_get("CF", "1001");
    wait_until(SOON, "do not disturb", || has_dnd(&pbx));
    assert_eq!(desk.write(FieldValue::Forward(Some("1003".into()))), Ok(()));
    wait_until(SOON, "the forward", || forward().as_deref() == Some("1003"));
    assert_eq!(desk.write(FieldValue::Forward(None)), Ok(()));
    wait_until(SOON, "no forward", || forward().is_none());
    // The hint is busy by do not disturb, and that is no call.
    wait_until(SOON, "the dialled code to end", || {
        pbx.ami().device_state("PJSIP/1001").as_deref() == Some("UNAVAILABLE")
    });
    desk.read();
    assert_eq!(desk.snapshot(), []);
    assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
    wait_until(SOON, "do not disturb to end", || !has_dnd(&pbx));
    assert!(!desk.counted(), "{:#?}", desk.told);
}

#[test]
fn the_person_switches_do_not_disturb_on_the_phone() {
    let pbx = Asterisk::start();
    let alice = pbx.phone("1001");
    let mut desk = Desk::up(&pbx, |_| {});
    for (code, on) in [("*78", true), ("*79", false)] {
        alice.dial(code);
        desk.sees(&FieldValue::Dnd(on));
        alice.wait_calls(&[]);
    }
    wait_until(SOON, "the line to be free", || {
        pbx.ami().device_state("PJSIP/1001").as_deref() == Some("NOT_INUSE")
    });
    desk.read();
    assert_eq!(desk.snapshot(), []);
    assert!(!desk.counted(), "{:#?}", desk.told);
}

#[test]
fn a_wrong_password_is_told_and_not_tried_again() {
    let pbx = Asterisk::start();
    let mut desk = Desk::start(config(&pbx, |_| {}), "wrong");
    let refused = Fault::new(FaultKind::Rejected, Code::PhoneWrongPassword).about("127.0.0.1");
    assert_eq!(desk.down(), refused);
    desk.read();
    assert_eq!(desk.down(), refused);
}

#[test]
fn a_restart_of_the_phone_system_is_survived() {
    for transport in ["udp", "tcp"] {
        let mut pbx = Asterisk::start();
        let mut desk = Desk::up(&pbx, |s| s.transport = transport.into());
        assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()), "{transport}");
        wait_until(SOON, "it to be stored", || pbx.has_stored("/DND/1001"));
        pbx.stop();
        desk.read();
        assert_eq!(desk.down().kind, FaultKind::Unreachable, "{transport}");
        pbx.start_again();
        desk.read();
        desk.up_again();
        // The custom state outlives it, too.
        desk.sees(&FieldValue::Dnd(true));
        assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
        assert!(!has_dnd(&pbx));
    }
}

#[test]
fn the_test_button_says_what_is_there_and_changes_nothing() {
    let pbx = Asterisk::start();
    let found = |config: SipConfig, secret: &str| {
        let mut found = Vec::new();
        runtime::block_on(sip::test_step_by_step(
            &config,
            &SecretString::from(secret),
            |finding| {
                found.push((finding.step, finding.outcome.map_err(|fault| fault.code)));
            },
        ));
        found
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let not = |step| (step, Err(Code::PhoneNotOffered));
    assert_eq!(
        found(config(&pbx, |_| {}), PASSWORD),
        [
            ok(Step::Reach, ""),
            ok(Step::SignIn, "TestPBX"),
            ok(Step::Calls, "events"),
            ok(Step::DndRead, "off"),
            ok(Step::DndWrite, "code"),
            not(Step::Forward),
            not(Step::Presence),
            not(Step::Note),
        ]
    );
    assert_eq!(
        found(config(&pbx, |_| {}), "wrong"),
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    let bare = config(&pbx, |s| {
        (s.calls_at, s.dnd_state) = ("9999".into(), "9999".into())
    });
    let found = found(bare, PASSWORD);
    assert_eq!(found[2], not(Step::Calls));
    assert_eq!(found[4], ok(Step::DndWrite, "code-unread"));
    assert!(!has_dnd(&pbx));
}

// --- against a real Kamailio: `as-feature-event`, PUBLISH, and dialogs as others publish them

fn at_kamailio(kamailio: &Kamailio, transport: &str) -> SipConfig {
    let settings = SipSettings {
        host: "127.0.0.1".into(),
        port: kamailio.port(),
        tls: "off".into(),
        transport: transport.into(),
        user: "1001".into(),
        ..SipSettings::default()
    };
    SipConfig::parse(&settings).unwrap()
}

#[test]
fn features_and_presence_are_written_at_kamailio_and_read_back() {
    let kamailio = Kamailio::start();
    for transport in ["udp", "tcp"] {
        let mut desk = Desk::start(at_kamailio(&kamailio, transport), PASSWORD);
        let (system, abilities) = desk.up_again();
        assert!(system.starts_with("kamailio"), "{system}");
        assert!(abilities.calls, "{abilities:?}");
        let fields = [
            abilities.dnd,
            abilities.forward,
            abilities.presence,
            abilities.note,
        ];
        // Kamailio keeps the feature that was changed last (facts/asterisk.md section 6): the other is not known then.
        let known = if transport == "udp" {
            [ALL; 4]
        } else {
            [ALL, Can::default(), ALL, ALL]
        };
        assert_eq!(fields, known, "{transport}");
        // Another desk of the same person hears of it.
        let mut second = Desk::start(at_kamailio(&kamailio, "udp"), PASSWORD);
        second.up_again();
        for on in [true, false] {
            assert_eq!(desk.write(FieldValue::Dnd(on)), Ok(()), "{transport}");
            second.sees(&FieldValue::Dnd(on));
        }
        if transport == "udp" {
            let forward = FieldValue::Forward(Some("0301234".into()));
            assert_eq!(desk.write(forward.clone()), Ok(()));
            second.sees(&forward);
            assert_eq!(desk.write(FieldValue::Forward(None)), Ok(()));
            assert_eq!(desk.write(FieldValue::Dnd(true)), Ok(()));
            assert_eq!(desk.write(FieldValue::Dnd(false)), Ok(()));
        }
        for value in [
            FieldValue::Presence(Some(PhonePresence::Meeting)),
            FieldValue::Note("Back at 3, Ä & <b>".into()),
            FieldValue::Presence(Some(PhonePresence::OnThePhone)),
            FieldValue::Note(String::new()),
            FieldValue::Presence(None),
        ] {
            assert_eq!(desk.write(value.clone()), Ok(()), "{transport} {value:?}");
        }
    }
}

#[test]
fn dialogs_that_kamailio_tells_of_are_calls() {
    let kamailio = Kamailio::start();
    let mut desk = Desk::start(at_kamailio(&kamailio, "udp"), PASSWORD);
    assert_eq!(desk.snapshot(), []);
    kamailio.tell_dialog("1001", "a", "recipient", "early");
    let call = desk.call(CallState::Ringing);
    kamailio.tell_dialog("1001", "a", "recipient", "confirmed");
    assert_eq!(desk.call(CallState::Connected), call);
    kamailio.tell_dialog("1001", "a", "recipient", "terminated");
    desk.ended(&call);
}

#[test]
fn the_test_button_says_what_kamailio_has() {
    let kamailio = Kamailio::start();
    let mut found = Vec::new();
    let config = at_kamailio(&kamailio, "tcp");
    runtime::block_on(sip::test_step_by_step(
        &config,
        &SecretString::from(PASSWORD),
        |finding| found.push((finding.step, finding.outcome.map_err(|fault| fault.code))),
    ));
    let said: Vec<_> = found.iter().skip(2).cloned().collect();
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    assert_eq!(
        said,
        [
            ok(Step::Calls, "events"),
            ok(Step::DndRead, "off"),
            ok(Step::DndWrite, "features"),
            ok(Step::Forward, "line-off"),
            ok(Step::Presence, "published"),
            ok(Step::Note, "yes"),
        ]
    );
}
