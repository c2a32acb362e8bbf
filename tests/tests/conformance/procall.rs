//! What is ProCall's alone: sessions and tokens, events in arrays, several lines, the absent state with its end, forwards
//! beside others, older servers, and its own Teams integration.

use std::cell::RefCell;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::procall::{ProcallConfig, ProcallSettings};
use offhook_connect::phones::tls::Pin;
use offhook_connect::port::{PhoneCommand, PhoneEvent};
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue, PhonePresence};
use offhook_playground::{Fault, Options, Placed, Playground, Service};
use secrecy::SecretString;

use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::tls::tls_before;
use crate::ucserver::config;

const LOGIN: &str = "alice";
const EXTENSION: &str = "1001";
const TARGET: &str = "+49305550199";
const ALL: Can = Can {
    read: true,
    write: true,
};
const MINUTE: Duration = Duration::from_secs(60);

async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

fn system(config: ProcallConfig) -> PhoneSystem {
    PhoneSystem::Procall(Box::new(config))
}

fn password(company: &Playground) -> String {
    company.procall().password(LOGIN).unwrap()
}

async fn desk_of(company: &Playground) -> Desk {
    desk_with(company, |_| {}).await
}

async fn desk_with(company: &Playground, change: impl FnOnce(&mut ProcallSettings)) -> Desk {
    Desk::up(&system(config(company, change)), &password(company)).await
}

fn written(company: &Playground) -> Vec<String> {
    let writes = company.procall().writes().into_iter();
    writes.map(|write| write.what).collect()
}

/// How often an operation was asked for.
fn asked(company: &Playground, operation: &str) -> usize {
    let requests = company.requests();
    let those = requests
        .iter()
        .filter(|one| one.service == Service::Procall && one.path == operation);
    those.count()
}

fn presence(word: PhonePresence) -> FieldValue {
    FieldValue::Presence(Some(word))
}

/// How long the absent state still lasts, by the server's clock.
fn lasts(company: &Playground) -> SignedDuration {
    let (_, until) = company.procall().absent(LOGIN);
    until.unwrap().duration_since(company.procall().time())
}

// --- signing in

#[tokio::test]
async fn it_says_who_and_what_it_is() {
    let company = company().await;
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let (identity, abilities) = desk
        .next("Up", |event| match event {
            PhoneEvent::Up { identity, abilities } => Some((identity.clone(), *abilities)),
            _ => None,
        })
        .await;
    assert_eq!(identity.system, "UCServer 8.5.1");
    assert_eq!(identity.names, ["Alice Anders", "alice@contoso.example", "alice"]);
    assert!(identity.key.starts_with("procall:127.0.0.1:") && identity.key.ends_with("/alice"));
    let fields = (
        abilities.dnd,
        abilities.forward,
        abilities.presence,
        abilities.note,
    );
    assert_eq!(fields, (ALL, ALL, ALL, ALL));
    assert!(abilities.calls && !abilities.could_change_others);
    assert_eq!(desk.line().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.snapshot().await, []);
    assert_eq!(written(&company), [] as [String; 0]);
}

#[tokio::test]
async fn the_password_is_sent_once_and_the_token_from_then_on() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    assert_eq!(company.procall().logins(), (1, 0));
    company.stop_phone_system().await;
    desk.down().await;
    company.start_phone_system().await.unwrap();
    desk.back().await;
    assert_eq!(company.procall().logins(), (2, 1));
    // A token lives for a day; then the password is sent again, and nobody has to type it.
    company.advance(Duration::from_secs(25 * 3600));
    company.stop_phone_system().await;
    desk.down().await;
    company.start_phone_system().await.unwrap();
    desk.back().await;
    assert_eq!(company.procall().logins(), (3, 1));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn every_refusal_to_sign_in_says_why_and_is_tried_once() {
    for (number, kind, code) in [
        (103, FaultKind::RightMissing, Code::PhoneNoLicence),
        (107, FaultKind::RightMissing, Code::PhoneNotEnabled),
        (110, FaultKind::RightMissing, Code::PhoneNotEnabled),
        (114, FaultKind::Rejected, Code::PhoneWantsTls),
        (129, FaultKind::Rejected, Code::PhoneAccountLocked),
        (131, FaultKind::Rejected, Code::PhoneAccountLocked),
        (112, FaultKind::Rejected, Code::PhoneRefused),
    ] {
        let company = company().await;
        company.procall().change(|habits| habits.refuses = Some(number));
        let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
        let fault = desk.down().await;
        assert_eq!((fault.kind, fault.code), (kind, code), "{number}");
        desk.read();
        assert_eq!(desk.down().await, fault);
        let posts = company.requests().into_iter();
        assert_eq!(posts.filter(|one| one.method == "POST").count(), 1, "{number}");
    }
}

#[tokio::test]
async fn a_pinned_certificate_is_the_only_one() {
    let company = company().await;
    let (port, pin, _proxy) = tls_before(company.addresses().procall).await;
    let over = |tls: String| {
        let config = config(&company, |settings| (settings.port, settings.tls) = (port, tls));
        system(config)
    };
    let mut desk = Desk::up(&over(format!("pin:{pin}")), &password(&company)).await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let logins = company.procall().logins();
    for tls in ["system".to_owned(), format!("pin:{}", Pin::of(b"another"))] {
        let mut desk = Desk::start(&over(tls), &password(&company));
        assert_eq!(desk.down().await.code, Code::TlsFailed);
    }
    assert_eq!(company.procall().logins(), logins);
}

#[tokio::test]
async fn it_says_good_bye() {
    let company = company().await;
    let desk = desk_of(&company).await;
    assert_eq!(company.procall().sockets(), 1);
    drop(desk);
    until("the session to end", || company.procall().sockets() == 0).await;
    assert_eq!(asked(&company, ""), 1, "one message of good-bye");
}

// --- calls and lines

#[tokio::test]
async fn a_call_is_heard_from_ringing_to_its_end() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
        panic!("it does not ring");
    };
    let id = desk.call(CallState::Ringing).await;
    assert!(company.answer(call));
    assert_eq!(desk.call(CallState::Connected).await, id);
    assert!(company.hold(call, EXTENSION));
    assert_eq!(desk.call(CallState::Held).await, id);
    assert!(company.resume(call, EXTENSION));
    assert_eq!(desk.call(CallState::Connected).await, id);
    assert!(company.hang_up(call, None));
    let ended = desk
        .next("the end", |event| match event {
            PhoneEvent::Line(LineEvent::Ended { id }) => Some(id.clone()),
            _ => None,
        })
        .await;
    assert_eq!(ended, id);
    // Nothing was polled for it.
    assert_eq!(asked(&company, "asnCtiSnapshotPhoneLine"), 1);

    let Placed::Ringing { call, .. } = company.call(EXTENSION, "1002") else {
        panic!("it does not ring");
    };
    desk.call(CallState::Dialling).await;
    assert!(company.hang_up(call, None));
}

#[tokio::test]
async fn a_call_that_is_up_already_is_in_the_first_list() {
    let company = company().await;
    let Placed::Ringing { call, .. } = company.call("1002", EXTENSION) else {
        panic!("it does not ring");
    };
    assert!(company.answer(call));
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let calls = desk.snapshot().await;
    assert_eq!(
        calls.iter().map(|(_, state)| *state).collect::<Vec<_>>(),
        [CallState::Connected]
    );
}

#[tokio::test]
async fn everything_in_an_array_is_read() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    // What has changed at once comes in one frame, with the answer to the next question behind it.
    company.call("1002", EXTENSION);
    company.procall().press_dnd(LOGIN, true);
    company.procall().set_forward(LOGIN, Some(TARGET));
    let write = PhoneCommand::Write(FieldValue::Note("in between".into()));
    desk.handle.commands.send(write).unwrap();
    let told = RefCell::new(String::new());
    desk.next("everything", |event| {
        let mut told = told.borrow_mut();
        told.push_str(&format!("{event:?} "));
        let all = ["Ringing", "Dnd(true)", "Forward(Some(…))", "outcome: Ok(())"];
        all.iter().all(|wanted| told.contains(wanted)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn monitors_that_the_server_stops_are_started_again() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company.procall().stop_monitors();
    // Until they are, the calls are listed anew.
    desk.snapshot().await;
    assert_eq!(asked(&company, "asnCtiLineMonitorStart"), 2);
    company.call("1002", EXTENSION);
    desk.call(CallState::Ringing).await;
}

#[tokio::test]
async fn of_several_lines_the_primary_or_the_named_one_is_set_and_all_are_watched() {
    let company = company().await;
    company.procall().change(|habits| habits.second_line = true);
    let mut desk = desk_of(&company).await;
    assert_eq!(asked(&company, "asnCtiLineMonitorStart"), 2);
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let set = company.procall().writes().pop().unwrap();
    assert_eq!(set.argument["u8sLinePhoneNumber"], "tel:+493055501001@pbx");

    let named = |line: &'static str| config(&company, |settings| settings.extension = line.into());
    let mut second = Desk::start(&system(named("305551 1001")), &password(&company));
    let abilities = second.abilities().await;
    assert!(!abilities.dnd.write && !abilities.forward.write && abilities.calls);
    let mut nobody = Desk::start(&system(named("4711")), &password(&company));
    let fault = nobody.down().await;
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneExtensionUnknown, Some("4711"))
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_line_is_said() {
    for (status, code) in [
        (3, Code::PhoneLineNoPhone),
        (4, Code::PhoneLineNoPbx),
        (5, Code::PhoneLineNoPbx),
        (6, Code::PhoneLineNoLicence),
        (9, Code::PhoneLineNoLicence),
    ] {
        let company = company().await;
        let mut desk = desk_of(&company).await;
        company.procall().change(|habits| habits.line_status = status);
        let said = desk
            .next("the trouble", |event| match event {
                PhoneEvent::Line(LineEvent::Trouble(fault)) => Some(fault.code),
                _ => None,
            })
            .await;
        assert_eq!(said, code, "{status}");
    }
}

// --- rights, and what a line or an older server cannot

#[tokio::test]
async fn a_right_that_is_missing_is_named_and_the_rest_goes_on() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company.procall().change(|habits| {
        habits.denied.insert("asnCtiLineSetDoNotDisturb");
    });
    let fault = desk.write(FieldValue::Dnd(true)).await.unwrap_err();
    assert_eq!(
        (fault.kind, fault.code, fault.detail.as_deref()),
        (FaultKind::RightMissing, Code::PhoneNotPermitted, Some("CTI"))
    );
    assert_eq!(desk.write(FieldValue::Note("still".into())).await, Ok(()));

    let company = self::company().await;
    company.procall().change(|habits| {
        habits.denied.insert("asnCtiEnumPhoneLines");
    });
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert!(!abilities.calls && !abilities.dnd.read && abilities.presence.write);
    assert_eq!(desk.write(presence(PhonePresence::Busy)).await, Ok(()));
}

#[tokio::test]
async fn a_line_without_do_not_disturb_is_not_asked_for_it() {
    let company = company().await;
    company
        .procall()
        .change(|habits| (habits.line_features, habits.forward_features) = (1, 2 | 4));
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert!(abilities.dnd.read && !abilities.dnd.write);
    assert!(abilities.forward.read && !abilities.forward.write);
}

#[tokio::test]
async fn an_older_server_does_what_it_can() {
    let company = company().await;
    company.procall().change(|habits| {
        habits.unknown.extend([
            "asnResetUserAbsentState",
            "asnGetUserTokenV2",
            "asnCheckConnection",
        ]);
        habits.old_events = true;
    });
    let mut desk = desk_of(&company).await;
    assert_eq!(desk.write(presence(PhonePresence::Away)).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Presence(None)).await, Ok(()));
    assert_eq!(company.procall().absent(LOGIN), (4, None));
    company.procall().set_note(LOGIN, "from the client");
    desk.sees(&FieldValue::Note("from the client".into())).await;

    // One without the newer presence still has lines.
    let company = self::company().await;
    company.procall().change(|habits| {
        habits
            .unknown
            .extend(["asnGetLoggedInContactV2", "asnGetAndSubscribePresenceV2"]);
    });
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let abilities = desk.abilities().await;
    assert_eq!(
        (abilities.dnd, abilities.presence, abilities.note),
        (ALL, Can::default(), Can::default())
    );
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn presence_and_note_are_read_now_and_then_where_nobody_tells_of_them() {
    let company = company().await;
    company.procall().change(|habits| habits.mute = true);
    let mut desk = desk_of(&company).await;
    company.procall().set_note(LOGIN, "untold");
    desk.sees(&FieldValue::Note("untold".into())).await;
}

#[tokio::test]
async fn a_connection_that_is_let_go_for_its_silence_is_made_again() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company
        .procall()
        .change(|habits| habits.idle = Duration::from_millis(100));
    desk.down().await;
    company.procall().change(|habits| habits.idle = MINUTE);
    desk.back().await;
}

// --- the absent state and its end

#[tokio::test]
async fn what_is_set_ends_by_itself_unless_it_is_renewed() {
    let company = company().await;
    company.procall().change(|habits| habits.coupled = true);
    let mut desk = desk_of(&company).await;
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    assert!(company.procall().dnd(LOGIN), "ProCall couples the two");
    let left = lasts(&company);
    assert!(
        left > SignedDuration::from_mins(9) && left <= SignedDuration::from_mins(10),
        "{left}"
    );
    // As long as we run it is put off.
    let mut before = company.procall().absent(LOGIN).1;
    for _ in 0..2 {
        until("the end to be put off", || {
            company.procall().absent(LOGIN).1 > before
        })
        .await;
        before = company.procall().absent(LOGIN).1;
    }
    assert_eq!(company.procall().absent(LOGIN).0, 3);
    // Nobody says good-bye to the state: the server ends it.
    drop(desk);
    company.advance(12 * MINUTE);
    assert_eq!(company.procall().absent(LOGIN), (4, None));
    let Placed::Ringing { .. } = company.call("1002", EXTENSION) else {
        panic!("the phone stays silent");
    };
}

#[tokio::test]
async fn the_end_goes_by_the_servers_clock() {
    for hours in [2, -2] {
        let company = company().await;
        company
            .procall()
            .change(|habits| habits.clock_ahead = SignedDuration::from_hours(hours));
        let mut desk = desk_of(&company).await;
        assert_eq!(desk.write(presence(PhonePresence::Busy)).await, Ok(()));
        let lasts = lasts(&company);
        assert!(
            lasts > SignedDuration::from_mins(9) && lasts <= SignedDuration::from_mins(11),
            "{lasts}"
        );
    }
}

#[tokio::test]
async fn every_word_that_procall_has_is_read_as_it_was_written() {
    for whole_minutes in [false, true] {
        let company = company().await;
        company
            .procall()
            .change(|habits| habits.whole_minutes = whole_minutes);
        let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
        let words = desk.abilities().await.presence_words;
        let known: Vec<_> = PhonePresence::ALL
            .into_iter()
            .filter(|word| words.has(*word))
            .collect();
        assert_eq!(known.len(), 4);
        for word in known {
            assert_eq!(
                desk.write(presence(word)).await,
                Ok(()),
                "{word:?} {whole_minutes}"
            );
            desk.read();
            desk.sees(&presence(word)).await;
        }
        assert_eq!(desk.write(FieldValue::Presence(None)).await, Ok(()));
        assert_eq!(company.procall().absent(LOGIN), (4, None));
    }
}

#[tokio::test]
async fn what_the_person_had_set_is_put_back_as_it_was() {
    let company = company().await;
    let until = company.procall().time() + SignedDuration::from_hours(3);
    let until = Timestamp::from_second(until.as_second()).unwrap();
    // Out of office until later, on a business trip.
    company.procall().set_absent(LOGIN, 1, Some(until), 2);
    let mut desk = desk_of(&company).await;
    desk.read();
    desk.sees(&presence(PhonePresence::Away)).await;
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    assert_eq!(company.procall().absent(LOGIN).0, 3);
    assert_eq!(desk.write(presence(PhonePresence::Away)).await, Ok(()));
    assert_eq!(company.procall().absent(LOGIN), (1, Some(until)));
    assert_eq!(company.procall().reachability(LOGIN), 2);

    // One whose time is over meanwhile is not.
    let soon = company.procall().time() + SignedDuration::from_secs(2);
    let soon = Timestamp::from_second(soon.as_second()).unwrap();
    company.procall().set_absent(LOGIN, 1, Some(soon), 2);
    desk.read();
    desk.sees(&presence(PhonePresence::Away)).await;
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    self::until("its time to be over", || company.procall().time() > soon).await;
    assert_eq!(desk.write(presence(PhonePresence::Away)).await, Ok(()));
    assert_eq!(company.procall().absent(LOGIN), (4, None));
}

#[tokio::test]
async fn what_the_person_sets_meanwhile_is_not_written_over() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    assert_eq!(desk.write(presence(PhonePresence::Dnd)).await, Ok(()));
    company.procall().set_absent(LOGIN, 2, None, 0);
    desk.sees(&presence(PhonePresence::Busy)).await;
    let writes = written(&company).len();
    // The time of a renewal comes and goes.
    let reads = asked(&company, "asnGetAndSubscribePresenceV2");
    until("further readings", || {
        asked(&company, "asnGetAndSubscribePresenceV2") > reads + 2
    })
    .await;
    assert_eq!(company.procall().absent(LOGIN), (2, None));
    assert_eq!(written(&company).len(), writes);
}

// --- its own Teams integration

#[tokio::test]
async fn where_procall_serves_teams_itself_nothing_is_done_and_that_is_said() {
    let company = company().await;
    company.procall().set_own_teams(LOGIN, true);
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let fault = desk.down().await;
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneOwnTeams)
    );
    let outcome = desk.write(FieldValue::Dnd(true)).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneOwnTeams);
    company.call("1002", EXTENSION);
    desk.read();
    desk.down().await;
    let told = desk.so_far();
    assert!(
        !told.iter().any(|event| matches!(event, PhoneEvent::Line(_))),
        "{told:?}"
    );
    assert_eq!(asked(&company, "asnCtiLineMonitorStart"), 0);
    assert_eq!(written(&company), [] as [String; 0]);
    let found = system(config(&company, |_| {}))
        .test(&SecretString::from(password(&company)))
        .await;
    let last = found.last().unwrap();
    assert_eq!(last.step, Step::OwnTeams);
    assert_eq!(last.outcome.as_ref().unwrap_err().code, Code::PhoneOwnTeams);
    // That the entry means this is likely, not certain: the person has the last word.
    let mut sure = desk_with(&company, |settings| settings.own_teams = "ignore".into()).await;
    assert_eq!(sure.write(FieldValue::Dnd(true)).await, Ok(()));
}

#[tokio::test]
async fn a_teams_integration_that_begins_later_is_noticed() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company.procall().set_own_teams(LOGIN, true);
    assert_eq!(desk.down().await.code, Code::PhoneOwnTeams);
}

// --- forwards

#[tokio::test]
async fn the_persons_own_forward_is_put_back() {
    let company = company().await;
    company.procall().set_forward(LOGIN, Some("+49305550777"));
    let mut desk = desk_of(&company).await;
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    assert_eq!(company.procall().forward(LOGIN).as_deref(), Some(TARGET));
    let before = FieldValue::Forward(Some("+49305550777".into()));
    assert_eq!(desk.write(before).await, Ok(()));
    assert_eq!(company.procall().forward(LOGIN).as_deref(), Some("+49305550777"));
    assert_eq!(company.procall().forwards(LOGIN), 1);
}

#[tokio::test]
async fn a_line_with_further_forwards_is_left_alone() {
    let company = company().await;
    company.procall().add_forward(LOGIN, 2, "+49305550888");
    let mut desk = Desk::start(&system(config(&company, |_| {})), &password(&company));
    let forward = desk.abilities().await.forward;
    assert!(forward.read && !forward.write);
    let outcome = desk.write(FieldValue::Forward(Some(TARGET.into()))).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneOtherForwards);
    assert_eq!(company.procall().forwards(LOGIN), 1);
    assert_eq!(written(&company), [] as [String; 0]);
}

#[tokio::test]
async fn a_target_in_short_form_is_refused_with_its_reason() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    for short in ["1002", "0305550199", "+49 30 5550199"] {
        let outcome = desk.write(FieldValue::Forward(Some(short.into()))).await;
        assert_eq!(outcome.unwrap_err().code, Code::PhoneTargetShort, "{short}");
    }
    // One of the person's own in short form could not be put back.
    company.procall().set_forward(LOGIN, Some("1003"));
    desk.sees(&FieldValue::Forward(Some("1003".into()))).await;
    let outcome = desk.write(FieldValue::Forward(Some(TARGET.into()))).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneOtherForwards);
    assert_eq!(company.procall().forward(LOGIN).as_deref(), Some("1003"));
}

#[tokio::test]
async fn a_forward_that_does_not_show_as_asked_is_taken_back() {
    let company = company().await;
    company.procall().change(|habits| habits.rewrites_targets = true);
    let mut desk = desk_of(&company).await;
    let outcome = desk.write(FieldValue::Forward(Some(TARGET.into()))).await;
    assert_eq!(outcome.unwrap_err().code, Code::PhoneNotConfirmed);
    assert_eq!(company.procall().forward(LOGIN), None);
}

// --- the Test button, and what must not be seen

#[tokio::test]
async fn the_test_says_step_by_step_what_is_there_and_changes_nothing() {
    let findings = async |company: &Playground, secret: &str| {
        let secret = SecretString::from(secret);
        let found = system(config(company, |_| {})).test(&secret).await;
        let found = found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)));
        found.collect::<Vec<_>>()
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let company = company().await;
    let right = password(&company);
    let good = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "UCServer 8.5.1"),
        ok(Step::OwnTeams, "none"),
        ok(Step::Extension, ""),
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "line"),
        ok(Step::Forward, "line-off"),
        ok(Step::Presence, "ends"),
        ok(Step::Note, "yes"),
        ok(Step::Calls, "events"),
    ];
    assert_eq!(findings(&company, &right).await, good);
    assert_eq!(
        findings(&company, "wrong").await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    company.procall().change(|habits| {
        (habits.line_features, habits.line_status) = (1, 3);
        habits.unknown.insert("asnGetAndSubscribePresenceV2");
    });
    company.procall().add_forward(LOGIN, 4, "+49305550888");
    let less = [
        ok(Step::Reach, ""),
        ok(Step::SignIn, "UCServer 8.5.1"),
        ok(Step::OwnTeams, "none"),
        (Step::Extension, Err(Code::PhoneLineNoPhone)),
        ok(Step::DndRead, "off"),
        (Step::DndWrite, Err(Code::PhoneLineCannot)),
        (Step::Forward, Err(Code::PhoneOtherForwards)),
        (Step::Presence, Err(Code::PhoneNotPermitted)),
        (Step::Note, Err(Code::PhoneNotPermitted)),
        ok(Step::Calls, "events"),
    ];
    assert_eq!(findings(&company, &right).await, less);
    assert_eq!(written(&company), [] as [String; 0]);
    company.inject(Fault::PbxNotAsterisk);
    assert_eq!(
        findings(&company, &right).await,
        [
            ok(Step::Reach, ""),
            (Step::Greeting, Err(Code::PhoneNotUnderstood))
        ]
    );
    company.stop_phone_system().await;
    assert_eq!(
        findings(&company, &right).await,
        [(Step::Reach, Err(Code::ConnectionRefused))]
    );
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log_or_an_event_at_any_level() {
    let heard = Heard::all();
    let company = company().await;
    company.procall().set_password(LOGIN, "planted-password");
    let mut desk = Desk::up(&system(config(&company, |_| {})), "planted-password").await;
    company.call("0305550123", EXTENSION);
    desk.call(CallState::Ringing).await;
    assert_eq!(desk.write(FieldValue::Note("planted note".into())).await, Ok(()));
    assert_eq!(desk.write(FieldValue::Forward(Some(TARGET.into()))).await, Ok(()));
    // Every way of failing prints something.
    for fault in [Fault::PbxNotAsterisk, Fault::PbxReset, Fault::PbxNoAnswer] {
        let name = fault.name();
        company.inject(fault);
        company.procall().forget_sessions();
        desk.read();
        desk.down().await;
        company.faults().remove(&name);
        desk.back().await;
    }
    company.stop_phone_system().await;
    desk.down().await;
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("ProCall");
    assert!(
        log.contains("kind=asnGetUserTokenV2"),
        "operations have their names"
    );
    assert!(
        log.contains("no connection to the phone system"),
        "the log was heard"
    );
    // "alice:planted-password", as the header has it.
    let basic = "YWxpY2U6cGxhbnRlZC1wYXNzd29yZA";
    for planted in [
        "planted",
        basic,
        "x-ucsessionid",
        TARGET,
        "0305550123",
        "tel:",
        "sip:alice",
    ] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}
