#![cfg(unix)]
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "a test waits for one event and names whatever else comes"
)]

use super::action::Action;
use super::error::Error;
use super::program::{is_there, run};
use super::*;
use crate::phones::PhoneSystem;
use crate::phones::probe::Step;
use crate::port::{PhoneCommand, PhoneEvent};
use offhook_engine::fault::Code;
use offhook_engine::phone::{Can, Field, FieldValue};
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(10);
const SHORT: Duration = Duration::from_millis(300);

fn shell(script: &str) -> super::action::Program {
    let words = ["/bin/sh", "-c", script, "sh", "{target}"].map(str::to_owned);
    match Action::parse(&words) {
        Ok(Some(Action::Program(program))) => program,
        other => panic!("{other:?}"),
    }
}

async fn says(script: &str, secret: &str) -> Result<String, Error> {
    run(
        "dnd_read",
        &shell(script),
        "100",
        &SecretString::from(secret),
        LIMIT,
    )
    .await
}

#[tokio::test]
async fn a_program_gets_the_target_as_an_argument_and_the_secret_in_its_environment() {
    assert_eq!(says("echo $1 $OFFHOOK_SECRET", "s3").await.unwrap(), "100 s3\n");
    assert_eq!(says("echo ${OFFHOOK_SECRET-none}", "").await.unwrap(), "none\n");
    // It has nothing to read from, and what it says elsewhere is nobody's.
    assert_eq!(says("cat; echo oops >&2; echo on", "").await.unwrap(), "on\n");
}

#[test]
fn the_secret_the_target_and_what_it_prints_are_not_logged() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let log = crate::logging::capture(|| {
        runtime.block_on(async {
            for end in ["exit 0", "exit 3", "sleep 60"] {
                let script = shell(&format!("echo printed $1 $OFFHOOK_SECRET; {end}"));
                let secret = SecretString::from("planted-command");
                let _outcome = run("forward_on", &script, "0305550133", &secret, SHORT).await;
            }
        });
    });
    assert!(log.contains("sent wire=\"command\" kind=forward_on"), "{log}");
    assert!(
        log.contains("heard wire=\"command\" kind=forward_on bytes="),
        "{log}"
    );
    for planted in ["planted", "printed", "0305550133", "/bin/sh"] {
        assert!(!log.contains(planted), "{planted} is in {log}");
    }
}

#[tokio::test]
async fn every_way_to_fail_has_its_name() {
    let failed = says("exit 3", "").await.unwrap_err();
    assert_eq!(
        failed,
        Error::Failed {
            what: "dnd_read",
            code: Some(3)
        }
    );
    let fault = failed.fault();
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneCommandFailed, Some("dnd_read: 3"))
    );
    let killed = says("kill -9 $$", "").await.unwrap_err();
    assert_eq!(
        killed,
        Error::Failed {
            what: "dnd_read",
            code: None
        }
    );
    let Ok(Some(Action::Program(missing))) = Action::parse(&["/no/such/program".to_owned()]) else {
        panic!("a program")
    };
    let missing = run("dnd_on", &missing, "", &SecretString::from(""), LIMIT).await;
    assert_eq!(missing, Err(Error::NotStarted("dnd_on")));
    assert!(is_there("sh") && is_there("/bin/sh") && !is_there("no-such-program") && !is_there("/bin"));
}

/// Whether that process is still at work; one that nobody has taken away yet is not.
fn is_alive(id: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let state = state.rsplit(") ").next().unwrap_or_default();
    !state.is_empty() && !state.starts_with('Z')
}

async fn written(path: &Path) -> String {
    let wait = async {
        loop {
            match fs::read_to_string(path) {
                Ok(text) if text.ends_with('\n') => return text.trim().to_owned(),
                Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    };
    timeout(LIMIT, wait).await.unwrap()
}

async fn dead(id: &str) {
    let wait = async {
        while is_alive(id) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(timeout(LIMIT, wait).await.is_ok(), "{id} is still there");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_takes_too_long_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("grandchild");
    let script = format!("(sleep 1000 & echo $! > {}; wait) ; sleep 1000", note.display());
    let late = run("dnd_on", &shell(&script), "", &SecretString::from(""), SHORT).await;
    assert_eq!(late, Err(Error::Late("dnd_on")));
    dead(&written(&note).await).await;
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn what_is_given_up_ends_with_all_that_it_started() {
    let folder = tempfile::tempdir().unwrap();
    let note = folder.path().join("grandchild");
    let script = format!("(sleep 1000 & echo $! > {}; wait)", note.display());
    let program = shell(&script);
    let secret = SecretString::from("");
    let running = run("dnd_on", &program, "", &secret, LIMIT);
    let id = tokio::select! {
        ended = running => panic!("{ended:?}"),
        id = written(&note) => id,
    };
    dead(&id).await;
}

#[tokio::test]
async fn output_without_end_fills_no_memory_and_what_is_left_running_is_not_waited_for() {
    let much = says(
        "i=0; while [ $i -lt 2000 ]; do echo 0123456789012345678901234567890123456789; i=$((i+1)); done",
        "",
    );
    assert_eq!(much.await.unwrap().len(), 16 * 1024);
    let (program, secret) = (shell("while :; do echo x; done"), SecretString::from(""));
    let endless = run("dnd_read", &program, "", &secret, SHORT).await;
    assert_eq!(endless, Err(Error::Late("dnd_read")));
    let left = says("sleep 3 & echo on", "");
    assert_eq!(
        timeout(Duration::from_secs(2), left).await.unwrap().unwrap(),
        "on\n"
    );
}

/// A phone system of files in a folder.
fn config(folder: &Path, change: impl FnOnce(&mut CommandSettings)) -> CommandConfig {
    let script = |script: &str| {
        let script = script.replace("DIR", &folder.display().to_string());
        ["/bin/sh", "-c", &script, "sh"].map(str::to_owned).to_vec()
    };
    let mut settings = CommandSettings {
        dnd_on: script("echo on > DIR/dnd"),
        dnd_off: script("echo off > DIR/dnd"),
        dnd_read: script("cat DIR/dnd"),
        forward_on: [script("echo $1 > DIR/forward"), vec!["{target}".to_owned()]].concat(),
        forward_off: script("rm DIR/forward"),
        forward_read: script("cat DIR/forward 2>/dev/null || true"),
        read_seconds: 3600,
        limit_seconds: 5,
        ..CommandSettings::default()
    };
    fs::write(folder.join("dnd"), "off\n").unwrap();
    change(&mut settings);
    let mut config = CommandConfig::parse(&settings).unwrap();
    config.timing.confirm = SHORT;
    config.timing.look = Duration::from_millis(10);
    config
}

struct Desk {
    handle: PhoneHandle,
    inbox: mpsc::UnboundedReceiver<PhoneEvent>,
}

impl Desk {
    fn start(config: CommandConfig) -> Self {
        let (events, inbox) = mpsc::unbounded_channel();
        let system = PhoneSystem::Command(Box::new(config));
        let secret = system.enough(None).expect("no secret is needed");
        let handle = system.spawn(secret, events);
        Self { handle, inbox }
    }

    async fn next(&mut self) -> PhoneEvent {
        timeout(LIMIT, self.inbox.recv()).await.unwrap().unwrap()
    }

    async fn write(&mut self, value: FieldValue) -> (Vec<FieldValue>, Result<(), Code>) {
        self.handle.commands.send(PhoneCommand::Write(value)).unwrap();
        let mut seen = Vec::new();
        loop {
            match self.next().await {
                PhoneEvent::Seen(values) => seen.extend(values),
                PhoneEvent::Written { outcome, .. } => return (seen, outcome.map_err(|fault| fault.code)),
                PhoneEvent::ReadFailed(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn own_programs_are_a_phone_system() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::start(config(folder.path(), |_| {}));
    let PhoneEvent::Up { abilities, .. } = desk.next().await else {
        panic!("Up")
    };
    let both = Can {
        read: true,
        write: true,
    };
    assert_eq!((abilities.dnd, abilities.forward), (both, both));
    assert!(!abilities.unconfirmed.has(Field::Dnd) && !abilities.calls);
    let read = [FieldValue::Dnd(false), FieldValue::Forward(None)];
    assert_eq!(desk.next().await, PhoneEvent::Seen(read.to_vec()));
    for value in [
        FieldValue::Dnd(true),
        FieldValue::Forward(Some("+4930123".into())),
        FieldValue::Forward(None),
        FieldValue::Dnd(false),
    ] {
        assert_eq!(desk.write(value.clone()).await, (vec![value], Ok(())));
    }
    // The person sets it elsewhere.
    fs::write(folder.path().join("dnd"), "1\n").unwrap();
    desk.handle.commands.send(PhoneCommand::Read).unwrap();
    let read = [FieldValue::Dnd(true), FieldValue::Forward(None)];
    assert_eq!(desk.next().await, PhoneEvent::Seen(read.to_vec()));
}

#[tokio::test]
async fn a_write_that_does_not_show_is_not_called_done() {
    let folder = tempfile::tempdir().unwrap();
    let nothing = |settings: &mut CommandSettings| settings.dnd_on = vec!["/bin/true".into()];
    let mut desk = Desk::start(config(folder.path(), nothing));
    assert!(matches!(desk.next().await, PhoneEvent::Up { .. }));
    let (_, outcome) = desk.write(FieldValue::Dnd(true)).await;
    assert_eq!(outcome, Err(Code::PhoneNotConfirmed));
    // An option is no target.
    let (_, outcome) = desk.write(FieldValue::Forward(Some("-1".into()))).await;
    assert_eq!(outcome, Err(Code::PhoneCommandNotFilled));
}

#[tokio::test]
async fn without_a_command_that_reads_nothing_is_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let blind = |settings: &mut CommandSettings| {
        settings.dnd_read.clear();
        settings.forward_read.clear();
    };
    let config = config(folder.path(), blind);
    let findings = PhoneSystem::Command(Box::new(config.clone()))
        .test(&SecretString::from(""))
        .await;
    let findings: Vec<_> = findings
        .into_iter()
        .map(|finding| (finding.step, finding.outcome.unwrap()))
        .collect();
    let wanted = [
        (Step::DndWrite, "unconfirmed"),
        (Step::Forward, "unconfirmed"),
        (Step::Calls, "none"),
    ];
    assert_eq!(findings, wanted.map(|(step, word)| (step, word.to_owned())));
    let mut desk = Desk::start(config);
    let PhoneEvent::Up { abilities, .. } = desk.next().await else {
        panic!("Up")
    };
    assert!(abilities.unconfirmed.dnd && abilities.unconfirmed.forward && abilities.dnd.write);
    assert_eq!(desk.next().await, PhoneEvent::Seen(Vec::new()));
    assert_eq!(desk.write(FieldValue::Dnd(true)).await, (Vec::new(), Ok(())));
    assert_eq!(fs::read_to_string(folder.path().join("dnd")).unwrap(), "on\n");
}

#[tokio::test]
async fn a_reading_that_fails_is_told_and_the_desk_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut desk = Desk::start(config(folder.path(), |_| {}));
    assert!(matches!(desk.next().await, PhoneEvent::Up { .. }));
    assert!(matches!(desk.next().await, PhoneEvent::Seen(_)));
    fs::write(folder.path().join("dnd"), "perhaps\n").unwrap();
    desk.handle.commands.send(PhoneCommand::Read).unwrap();
    let PhoneEvent::ReadFailed(fault) = desk.next().await else {
        panic!("ReadFailed")
    };
    assert_eq!(
        (fault.code, fault.detail.as_deref()),
        (Code::PhoneCommandOutput, Some("dnd_read"))
    );
    assert_eq!(desk.write(FieldValue::Dnd(true)).await.1, Ok(()));
}

#[tokio::test]
async fn the_test_runs_what_reads_and_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let gone = |settings: &mut CommandSettings| settings.forward_on[0] = "/no/such/program".into();
    let system = PhoneSystem::Command(Box::new(config(folder.path(), gone)));
    let findings = system.test(&SecretString::from("")).await;
    let findings: Vec<_> = findings
        .into_iter()
        .map(|finding| (finding.step, finding.outcome.map_err(|fault| fault.code)))
        .collect();
    let ok = |step, word: &str| (step, Ok(word.to_owned()));
    let wanted = [
        ok(Step::DndRead, "off"),
        ok(Step::DndWrite, "command"),
        (Step::Forward, Err(Code::PhoneCommandNotStarted)),
        ok(Step::Calls, "none"),
    ];
    assert_eq!(findings, wanted);
    assert_eq!(fs::read_to_string(folder.path().join("dnd")).unwrap(), "off\n");
}
