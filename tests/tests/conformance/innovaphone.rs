//! What is innovaphone's alone: digests both ways, a session in the place of the password, second factor, redirect,
//! standby, pushed calls and presence, and the second socket with its forwards and added calls.

use offhook_connect::phones::PhoneSystem;
use offhook_connect::phones::innovaphone::{InnovaphoneConfig, InnovaphoneSettings};
use offhook_connect::phones::probe::Step;
use offhook_connect::phones::tls::Pin;
use offhook_connect::port::PhoneEvent;
use offhook_engine::fault::{Code, FaultKind};
use offhook_engine::line::{CallState, LineEvent};
use offhook_engine::phone::{Can, FieldValue, PhonePresence};
use offhook_playground::{Fault, INNOVAPHONE_APP, Options, Placed, Playground, Service};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;

use crate::around::{Heard, until};
use crate::desk::Desk;
use crate::myapps::HASTY;
use crate::tls::{door_before, tls_before};

const SIP: &str = "alice";
const NUMBER: &str = "1001";
const ALL: Can = Can {
    read: true,
    write: true,
};

async fn company() -> Playground {
    Playground::start(Options::default()).await.unwrap()
}

fn config(company: &Playground, change: impl FnOnce(&mut InnovaphoneSettings)) -> InnovaphoneConfig {
    let address = company.addresses().innovaphone;
    let mut settings = InnovaphoneSettings {
        host: address.ip().to_string(),
        port: address.port(),
        tls: "off".into(),
        user: SIP.into(),
        ..InnovaphoneSettings::default()
    };
    change(&mut settings);
    let mut config = InnovaphoneConfig::parse(&settings).unwrap();
    config.timing = HASTY;
    config
}

fn with_app(settings: &mut InnovaphoneSettings) {
    settings.app = INNOVAPHONE_APP.into();
}

fn system(config: InnovaphoneConfig) -> PhoneSystem {
    PhoneSystem::Innovaphone(Box::new(config))
}

fn plain(company: &Playground) -> PhoneSystem {
    system(config(company, |_| {}))
}

fn password(company: &Playground) -> String {
    company.innovaphone().password(SIP).unwrap()
}

async fn desk_of(company: &Playground) -> Desk {
    Desk::up(&plain(company), &password(company)).await
}

/// What takes the place of the stored password; `None`: it is to be deleted.
async fn secret(desk: &mut Desk) -> Option<SecretString> {
    desk.next("a secret", |event| match event {
        PhoneEvent::Secret(secret) => Some(secret.0.clone()),
        _ => None,
    })
    .await
}

/// The types of the logins so far.
fn logins(company: &Playground) -> Vec<String> {
    let requests = company.requests().into_iter();
    let logins = requests.filter(|one| one.service == Service::Innovaphone && one.method == "Login");
    let answered = logins
        .map(|one| one.json())
        .filter(|one| one["response"].is_string());
    answered
        .map(|one| one["type"].as_str().unwrap().to_owned())
        .collect()
}

fn keeps_to_the_protocol(company: &Playground) {
    assert_eq!(company.innovaphone().violations(), [] as [String; 0]);
}

fn activity(company: &Playground) -> String {
    company.innovaphone().presence(SIP).unwrap().activity
}

fn presence(word: PhonePresence) -> FieldValue {
    FieldValue::Presence(Some(word))
}

// --- signing in

#[tokio::test]
async fn it_says_who_and_what_it_is() {
    let company = company().await;
    let mut desk = Desk::start(&plain(&company), &password(&company));
    let (identity, abilities) = desk
        .next("Up", |event| match event {
            PhoneEvent::Up { identity, abilities } => Some((identity.clone(), *abilities)),
            _ => None,
        })
        .await;
    assert_eq!(identity.system, "innovaphone");
    assert_eq!(identity.names, ["Alice Anders", "alice@contoso.example"]);
    assert!(identity.key.starts_with("innovaphone:127.0.0.1:") && identity.key.ends_with("/alice"));
    assert_eq!(
        (abilities.dnd, abilities.presence, abilities.note),
        (ALL, ALL, ALL)
    );
    assert!(abilities.calls && abilities.dnd_is_presence);
    // Without an app there are no forwards, and without a choice only what the page documents is written.
    assert_eq!(abilities.forward, Can::default());
    assert_eq!(
        abilities.presence_words.nearest(PhonePresence::Meeting),
        Some(PhonePresence::Busy)
    );
    assert_eq!(desk.line().await, LineEvent::Up { resyncs: true });
    assert_eq!(desk.snapshot().await, []);
    keeps_to_the_protocol(&company);
}

#[tokio::test]
async fn the_session_takes_the_place_of_the_password() {
    let company = company().await;
    let mut desk = Desk::start(&plain(&company), &password(&company));
    let kept = secret(&mut desk).await.unwrap();
    assert!(!kept.expose_secret().contains(&password(&company)));
    desk.any_reading().await;
    // A connection that breaks is made anew with it.
    company.innovaphone().end_connections("Disconnect");
    desk.down().await;
    desk.back().await;
    drop(desk);
    // So is the next start.
    let mut next = Desk::up(&plain(&company), kept.expose_secret()).await;
    assert_eq!(logins(&company), ["user", "session", "session"]);
    assert_eq!(company.innovaphone().sessions(), 1);
    assert_eq!(next.write(FieldValue::Dnd(true)).await, Ok(()));
    // Another person's settings do not get it.
    let other = system(config(&company, |settings| settings.user = "bob".into()));
    let mut other = Desk::start(&other, kept.expose_secret());
    assert_eq!(other.down().await.code, Code::SecretMissing);
    assert_eq!(logins(&company).len(), 3);
    keeps_to_the_protocol(&company);
}

#[tokio::test]
async fn a_session_that_is_over_is_deleted_and_the_password_asked_for() {
    let company = company().await;
    let mut desk = Desk::start(&plain(&company), &password(&company));
    let kept = secret(&mut desk).await.unwrap();
    desk.any_reading().await;
    company.innovaphone().log_everybody_out();
    assert!(secret(&mut desk).await.is_none());
    let fault = desk.down().await;
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneSessionOver)
    );
    // One that has grown old while the desk was off.
    let mut next = Desk::start(&plain(&company), kept.expose_secret());
    assert!(secret(&mut next).await.is_none());
    assert_eq!(next.down().await.code, Code::PhoneSessionOver);
    // It is not hammered.
    let tried = logins(&company).len();
    next.read();
    next.down().await;
    assert_eq!(logins(&company).len(), tried);
}

#[tokio::test]
async fn who_does_not_know_the_password_is_not_believed() {
    let company = company().await;
    company.innovaphone().change(|habits| habits.false_digest = true);
    let mut desk = Desk::start(&plain(&company), &password(&company));
    let fault = desk.down().await;
    assert_eq!(
        (fault.kind, fault.code),
        (FaultKind::Rejected, Code::PhoneNotTrusted)
    );
    let told = desk.so_far();
    let got = |event: &PhoneEvent| matches!(event, PhoneEvent::Secret(_) | PhoneEvent::Up { .. });
    assert!(!told.iter().any(got), "{told:?}");
}

#[tokio::test]
async fn white_space_and_escapes_do_not_change_what_was_signed() {
    let company = company().await;
    company.innovaphone().change(|habits| {
        habits.wordy = true;
        habits.frame = 7;
    });
    desk_of(&company).await;
    keeps_to_the_protocol(&company);
}

#[tokio::test]
async fn a_second_factor_shows_its_number_and_waits() {
    let company = company().await;
    company.innovaphone().change(|habits| habits.second_factor = true);
    let mut desk = Desk::start(&plain(&company), &password(&company));
    let asked = desk.down().await;
    assert_eq!(
        (asked.kind, asked.code),
        (FaultKind::SignInRequired, Code::PhoneConfirm)
    );
    let [code] = company.innovaphone().waiting()[..] else {
        panic!("one waits");
    };
    assert_eq!(asked.detail.as_deref(), Some(code.to_string().as_str()));
    company.innovaphone().confirm(code, true);
    desk.any_reading().await;
    // A session needs no second one.
    company.innovaphone().end_connections("Disconnect");
    desk.down().await;
    desk.back().await;
    assert_eq!(company.innovaphone().waiting(), [] as [u64; 0]);
    keeps_to_the_protocol(&company);
}

#[tokio::test]
async fn a_second_factor_that_is_declined_or_too_late_is_not_asked_for_again_at_once() {
    for declined in [true, false] {
        let company = company().await;
        company.innovaphone().change(|habits| habits.second_factor = true);
        let mut desk = Desk::start(&plain(&company), &password(&company));
        let asked = desk.down().await;
        if declined {
            let code = company.innovaphone().waiting()[0];
            company.innovaphone().confirm(code, false);
        }
        assert_eq!(desk.down().await, asked);
        desk.read();
        desk.down().await;
        assert_eq!(logins(&company), ["user"]);
    }
}

#[tokio::test]
async fn the_person_lives_elsewhere() {
    let (company, home) = (company().await, company().await);
    let (front, pin, _proxy) = tls_before(company.addresses().innovaphone).await;
    let (port, _, _other) = tls_before(home.addresses().innovaphone).await;
    let redirect = Some(("127.0.0.1".to_owned(), port));
    company
        .innovaphone()
        .change(|habits| habits.redirect.clone_from(&redirect));
    let pinned = |settings: &mut InnovaphoneSettings| {
        (settings.port, settings.tls) = (front, format!("pin:{pin}"));
    };
    let mut desk = Desk::start(&system(config(&company, pinned)), &password(&company));
    let kept = secret(&mut desk).await.unwrap();
    desk.any_reading().await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    assert_eq!(activity(&home), "dnd");
    assert_eq!((logins(&company).len(), logins(&home).len()), (1, 1));
    drop(desk);
    // The session is used where it was made.
    Desk::up(&system(config(&company, pinned)), kept.expose_secret()).await;
    assert_eq!((logins(&company).len(), logins(&home).len()), (1, 2));

    // Who does not know the password sends nobody anywhere.
    company.innovaphone().change(|habits| habits.false_digest = true);
    let mut desk = Desk::start(&system(config(&company, pinned)), &password(&company));
    assert_eq!(desk.down().await.code, Code::PhoneNotTrusted);
    // Nor does anybody without encryption.
    company.innovaphone().change(|habits| habits.false_digest = false);
    let mut desk = Desk::start(&plain(&company), &password(&company));
    assert_eq!(desk.down().await.code, Code::PhoneNotUnderstood);
    assert_eq!(logins(&home).len(), 2);
    // And a circle has an end.
    let in_a_circle = Some(("127.0.0.1".to_owned(), front));
    company
        .innovaphone()
        .change(|habits| habits.redirect.clone_from(&in_a_circle));
    let mut desk = Desk::start(&system(config(&company, pinned)), &password(&company));
    assert_eq!(desk.down().await.code, Code::PhoneNotUnderstood);
    keeps_to_the_protocol(&company);
    keeps_to_the_protocol(&home);
}

#[tokio::test]
async fn only_the_pinned_certificate_is_spoken_to() {
    let company = company().await;
    let (port, pin, _proxy) = tls_before(company.addresses().innovaphone).await;
    let of = |tls: String| {
        system(config(&company, |settings| {
            (settings.port, settings.tls) = (port, tls)
        }))
    };
    for tls in ["system".to_owned(), format!("pin:{}", Pin::of(b"another"))] {
        let mut desk = Desk::start(&of(tls), &password(&company));
        assert_eq!(desk.down().await.code, Code::TlsFailed);
    }
    assert_eq!(logins(&company), [] as [String; 0]);
    Desk::up(&of(format!("pin:{pin}")), &password(&company)).await;
}

#[tokio::test]
async fn the_standby_takes_over_and_gives_back() {
    let company = company().await;
    let (standby, _standby_door) = door_before(company.addresses().innovaphone).await;
    let (usual, usual_door) = door_before(company.addresses().innovaphone).await;
    let place = format!("127.0.0.1:{standby}/PBX0");
    company
        .innovaphone()
        .change(|habits| habits.standby = Some(place.clone()));
    let with_port = config(&company, |settings| settings.port = usual);
    let mut desk = Desk::up(&system(with_port), &password(&company)).await;
    usual_door.abort();
    desk.down().await;
    desk.back().await;
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    // The one that it stood in for is back: the standby says so and ends.
    company.innovaphone().end_connections("StandbyBack");
    desk.down().await;
    assert_eq!(logins(&company).first().map(String::as_str), Some("user"));
    assert!(logins(&company).iter().skip(1).all(|kind| kind == "session"));
}

#[tokio::test]
async fn other_sign_ins_and_old_firmware_are_named() {
    for method in ["ntlm", "oauth2"] {
        let company = company().await;
        company.innovaphone().change(|habits| habits.method = method);
        let mut desk = Desk::start(&plain(&company), &password(&company));
        let fault = desk.down().await;
        assert_eq!(
            (fault.code, fault.detail.as_deref()),
            (Code::PhoneOtherMethod, Some(method))
        );
        assert_eq!(logins(&company), [] as [String; 0]);
    }
    let company = company().await;
    company.innovaphone().change(|habits| habits.old = true);
    let mut desk = Desk::start(&plain(&company), &password(&company));
    assert_eq!(desk.down().await.code, Code::PhoneNoMyApps);
}

// --- calls

#[tokio::test]
async fn a_call_rings_is_answered_held_and_ends_under_one_id() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    let Placed::Ringing { call, .. } = company.call("1002", NUMBER) else {
        panic!("it does not ring");
    };
    let ringing = desk.call(CallState::Ringing).await;
    assert!(company.answer(call));
    assert_eq!(desk.call(CallState::Connected).await, ringing);
    assert!(company.hold(call, NUMBER));
    assert_eq!(desk.call(CallState::Held).await, ringing);
    desk.read();
    assert_eq!(desk.snapshot().await, [(ringing.clone(), CallState::Held)]);
    // A connection that breaks loses none.
    company.innovaphone().end_connections("Disconnect");
    desk.down().await;
    desk.read();
    assert_eq!(desk.snapshot().await, [(ringing.clone(), CallState::Held)]);
    assert!(company.hang_up(call, None));
    loop {
        if desk.line().await == (LineEvent::Ended { id: ringing.clone() }) {
            break;
        }
    }
    let Placed::Ringing { .. } = company.call(NUMBER, "1002") else {
        panic!("it does not ring");
    };
    desk.call(CallState::Dialling).await;
    keeps_to_the_protocol(&company);
}

#[tokio::test]
async fn nothing_secret_or_personal_reaches_a_log_or_an_event_at_any_level() {
    let heard = Heard::all();
    let company = company().await;
    let password = password(&company);
    let mut desk = Desk::up(&system(config(&company, with_app)), &password).await;
    company.call("0305550155", NUMBER);
    desk.call(CallState::Ringing).await;
    let note = FieldValue::Note("planted-note".into());
    assert_eq!(desk.write(note).await, Ok(()));
    company.stop_phone_system().await;
    desk.down().await;
    let told = format!("{:?}", desk.so_far());
    let log = heard.text_of("innovaphone");
    assert!(log.contains("kind=LoginResult"), "messages have their names");
    for planted in [password.as_str(), "planted-note", "0305550155", "Alice"] {
        assert!(!log.contains(planted), "{planted} is in the log");
        assert!(!told.contains(planted), "{planted} is in what is told");
    }
}

// --- presence

#[tokio::test]
async fn on_the_phone_without_a_call_is_somebody_elses_business() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    company.innovaphone().set_presence(SIP, "on-the-phone", "");
    company.innovaphone().set_presence(SIP, "on-the-phone", "mark");
    desk.sees(&FieldValue::Note("mark".into())).await;
    desk.read();
    desk.sees(&FieldValue::Presence(None)).await;
    let Placed::Ringing { call, .. } = company.call("1002", NUMBER) else {
        panic!("it does not ring");
    };
    assert!(company.answer(call));
    desk.sees(&presence(PhonePresence::OnThePhone)).await;
}

#[tokio::test]
async fn what_another_program_had_set_is_put_back_or_else_removed() {
    for any_activity in [true, false] {
        let company = company().await;
        company
            .innovaphone()
            .change(|habits| habits.any_activity = any_activity);
        company.innovaphone().set_presence(SIP, "lunch", "n");
        let mut desk = desk_of(&company).await;
        assert_eq!(desk.write(presence(PhonePresence::Busy)).await, Ok(()));
        assert_eq!(activity(&company), "busy");
        let back = desk.write(FieldValue::Presence(None)).await;
        if any_activity {
            assert_eq!((back, activity(&company).as_str()), (Ok(()), "lunch"));
        } else {
            // The phone system lets no client write it: ours does not stay for ever.
            assert_eq!(back.unwrap_err().code, Code::PhoneNotConfirmed);
            assert_eq!(activity(&company), "");
        }
        assert_eq!(company.innovaphone().presence(SIP).unwrap().note, "n");
    }
}

#[tokio::test]
async fn more_than_the_documented_activities_by_choice() {
    let company = company().await;
    company.innovaphone().change(|habits| habits.any_activity = true);
    let any = config(&company, |settings| settings.activities = "any".into());
    let mut desk = Desk::start(&system(any), &password(&company));
    let words = desk.abilities().await.presence_words;
    assert_eq!(
        words.nearest(PhonePresence::Meeting),
        Some(PhonePresence::Meeting)
    );
    assert_eq!(desk.write(presence(PhonePresence::Meeting)).await, Ok(()));
    assert_eq!(activity(&company), "meeting");
    assert_eq!(desk.write(presence(PhonePresence::OnThePhone)).await, Ok(()));
    // Where it is not taken, that is said.
    company.innovaphone().change(|habits| habits.any_activity = false);
    let refused = desk.write(presence(PhonePresence::Meeting)).await;
    assert_eq!(refused.unwrap_err().code, Code::PhoneNotConfirmed);
}

// --- the second socket

#[tokio::test]
async fn a_forward_by_number_or_name_and_back() {
    let company = company().await;
    company.innovaphone().set_diversion(SIP, "cfb", Some("1003"));
    let mut desk = Desk::up(&system(config(&company, with_app)), &password(&company)).await;
    let to = |target: &str| FieldValue::Forward(Some(target.into()));
    for target in ["0305550199", "sip:bob"] {
        assert_eq!(desk.write(to(target)).await, Ok(()));
        assert_eq!(
            company.innovaphone().diversion(SIP, "cfu").as_deref(),
            Some(target)
        );
    }
    assert_eq!(desk.write(FieldValue::Forward(None)).await, Ok(()));
    assert_eq!(company.innovaphone().diversion(SIP, "cfu"), None);
    // The other kinds stay as they are.
    assert_eq!(
        company.innovaphone().diversion(SIP, "cfb").as_deref(),
        Some("1003")
    );
    keeps_to_the_protocol(&company);
}

#[tokio::test]
async fn without_the_app_or_its_firmware_everything_else_works() {
    type Change = fn(&mut offhook_playground::InnovaphoneHabits);
    let changes: [Change; 2] = [|habits| habits.app = false, |habits| habits.diversions = false];
    for change in changes {
        let company = company().await;
        company.innovaphone().change(change);
        let mut desk = Desk::start(&system(config(&company, with_app)), &password(&company));
        let abilities = desk.abilities().await;
        assert_eq!((abilities.forward, abilities.dnd), (Can::default(), ALL));
        let refused = desk.write(FieldValue::Forward(Some("1002".into()))).await;
        assert!(refused.is_err());
        assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
        // Set up by the administrator meanwhile, it is noticed.
        company.innovaphone().change(|habits| {
            habits.app = true;
            habits.diversions = true;
        });
        while desk.abilities().await.forward != ALL {}
        keeps_to_the_protocol(&company);
    }
}

#[tokio::test]
async fn a_teams_call_is_added_by_choice_and_taken_back() {
    let company = company().await;
    let adding = |settings: &mut InnovaphoneSettings| {
        with_app(settings);
        settings.alien_calls = true;
    };
    let mut desk = Desk::start(&system(config(&company, adding)), &password(&company));
    let words = desk.abilities().await.presence_words;
    assert_eq!(
        words.nearest(PhonePresence::OnThePhone),
        Some(PhonePresence::OnThePhone)
    );
    let phone = company.innovaphone();
    assert_eq!(desk.write(presence(PhonePresence::OnThePhone)).await, Ok(()));
    assert_eq!((phone.alien_calls(SIP), activity(&company).as_str()), (1, ""));
    desk.read();
    desk.sees(&presence(PhonePresence::OnThePhone)).await;
    // It is no call of the person's: Teams is not told of it.
    assert!(
        !desk
            .so_far()
            .iter()
            .any(|event| matches!(event, PhoneEvent::Line(LineEvent::Call { .. })))
    );
    assert_eq!(desk.write(FieldValue::Presence(None)).await, Ok(()));
    assert_eq!(phone.alien_calls(SIP), 0);
    // Also when the program ends in the middle of it.
    assert_eq!(desk.write(presence(PhonePresence::OnThePhone)).await, Ok(()));
    drop(desk);
    until("the added call to end", || phone.alien_calls(SIP) == 0).await;
    keeps_to_the_protocol(&company);
}

// --- odd things

#[tokio::test]
async fn what_is_not_understood_later_is_passed_over() {
    let company = company().await;
    let mut desk = desk_of(&company).await;
    for odd in [
        json!({"mt": "SomethingNew"}),
        json!({"mt": "UpdateOwnPresence", "presence": 7}),
        json!({"mt": "DialogInfo"}),
        json!([]),
    ] {
        company.innovaphone().say(odd);
    }
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, Ok(()));
    let told = desk.so_far();
    assert!(
        !told.iter().any(|event| matches!(event, PhoneEvent::Down(_))),
        "{told:?}"
    );
}

// --- the Test button

#[tokio::test]
async fn the_test_says_step_by_step_what_is_there_and_leaves_nothing() {
    let findings = async |company: &Playground, config: InnovaphoneConfig| {
        let found = system(config).test(&password(company).into()).await;
        let found = found
            .into_iter()
            .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)));
        found.collect::<Vec<_>>()
    };
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let company = company().await;
    let found = |forward| {
        [
            ok(Step::Reach, ""),
            ok(Step::SignIn, "innovaphone"),
            ok(Step::DndRead, "off"),
            ok(Step::DndWrite, "presence"),
            forward,
            ok(Step::Note, "yes"),
            ok(Step::Calls, "dialogs"),
        ]
    };
    assert_eq!(
        findings(&company, config(&company, |_| {})).await,
        found(ok(Step::Forward, "no-app"))
    );
    company
        .innovaphone()
        .set_diversion(SIP, "cfu", Some("0305550199"));
    assert_eq!(
        findings(&company, config(&company, with_app)).await,
        found(ok(Step::Forward, "pbxapi-on"))
    );
    company.innovaphone().change(|habits| habits.app = false);
    assert_eq!(
        findings(&company, config(&company, with_app)).await,
        found((Step::Forward, Err(Code::PhoneNotPermitted)))
    );
    until("the sessions to be gone", || {
        company.innovaphone().sessions() == 0
    })
    .await;
    let wrote = |method: &str| company.requests().iter().any(|one| one.method == method);
    assert!(!wrote("SetOwnPresence") && !wrote("AddDiversion"));

    let other = config(&company, |settings| settings.user = "nobody".into());
    assert_eq!(
        findings(&company, other).await,
        [ok(Step::Reach, ""), (Step::SignIn, Err(Code::PhoneWrongPassword))]
    );
    company.innovaphone().change(|habits| habits.old = true);
    assert_eq!(
        findings(&company, config(&company, |_| {})).await,
        [ok(Step::Reach, ""), (Step::Greeting, Err(Code::PhoneNoMyApps))]
    );
    company.inject(Fault::PbxNotAsterisk);
    assert_eq!(
        findings(&company, config(&company, |_| {})).await,
        [
            ok(Step::Reach, ""),
            (Step::Greeting, Err(Code::PhoneNotUnderstood))
        ]
    );
    company.stop_phone_system().await;
    assert_eq!(
        findings(&company, config(&company, |_| {})).await,
        [(Step::Reach, Err(Code::ConnectionRefused))]
    );
}
