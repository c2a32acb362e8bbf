//! The microphone in use, with a real PipeWire without a sound card, a real recorder, and the programs as they are.
#![cfg(target_os = "linux")]

use std::process::{Command, Stdio};
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::process::Running;
use offhook_tests::product::Product;
use offhook_tests::socket::Socket;
use offhook_tests::{stays, wait_until};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_secs(3);
const ALICE: &str = "alice";
/// How PulseAudio's recorder calls itself.
const RECORDER: &str = "pacat";

/// A sound server in the session, with a microphone that hears nothing.
struct Sound<'desk> {
    desk: &'desk Desk,
    _servers: Vec<Running>,
}

impl<'desk> Sound<'desk> {
    fn start(desk: &'desk Desk) -> Self {
        let servers = ["pipewire", "wireplumber", "pipewire-pulse"].map(|name| {
            let mut command = desk.command(name);
            command.stdin(Stdio::null());
            Running::start(name, command)
        });
        let sound = Self {
            desk,
            _servers: servers.into(),
        };
        wait_until(SOON, "the sound server", || sound.pactl(&["info"]));
        let microphone = [
            "load-module",
            "module-null-sink",
            "sink_name=nul",
            "media.class=Audio/Source/Virtual",
            "channel_map=mono",
        ];
        assert!(sound.pactl(&microphone), "a microphone");
        sound
    }

    fn pactl(&self, arguments: &[&str]) -> bool {
        let mut command: Command = self.desk.command("pactl");
        let status = command
            .args(arguments)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status
            .expect("pactl: apt-get install pulseaudio-utils pipewire-pulse wireplumber")
            .success()
    }

    fn record(&self) -> Running {
        let mut command = self.desk.command("parec");
        command
            .args(["--device=nul", "--client-name=fakephone"])
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        Running::start("parec", command)
    }
}

fn apply(product: &Product<'_>, key: &str, value: &str) {
    let applied = Socket::connect(product.data_dir()).ask(json!({"apply": { (key): value }}));
    applied.expect("applied");
}

#[test]
fn a_chosen_program_at_the_microphone_shows_in_teams_and_no_other() {
    let desk = Desk::headless();
    let sound = Sound::start(&desk);
    let company = Playground::start(&desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(&desk);
    product.write_settings(&format!(
        "{}\n[person]\nlanguage = \"en\"\n[lines.microphone]\nenabled = true\n",
        company.settings()
    ));
    product.start_headless();
    product.set_phone_password(
        company.addresses["phone"]["password"]
            .as_str()
            .expect("a password"),
    );
    product.sign_in(ALICE);
    product.wait_status(SOON, "the microphone to be watched", |status| {
        status["state"] == "free" && status["health"]["lines"]["microphone"]["ok"] == true
    });

    // Nothing is chosen by default.
    let mut recorder = sound.record();
    let seen = |pages: &Value, in_use: bool| {
        let apps = pages["sources"]["apps"].as_array();
        apps.is_some_and(|apps| {
            let it = apps.iter().find(|app| app["id"] == RECORDER);
            it.is_some_and(|app| app["in_use"] == in_use)
        })
    };
    let mut pages = Socket::connect(product.data_dir()).watch("pages");
    let page = pages.wait(SOON, "the recorder to be seen", |pages| seen(pages, true));
    assert_eq!(page["sources"]["apps"][0]["chosen"], false);
    stays(A_WHILE, "silence about a program that is not chosen", || {
        product.status()["calls"].as_array().is_some_and(Vec::is_empty)
    });

    // Chosen while it is at the microphone.
    apply(&product, "lines.microphone.apps", RECORDER);
    wait_until(SOON, "Teams to show the call", || {
        company.presence(ALICE) == "Busy/InACall"
    });
    let status = product.wait_status(SOON, "the call", |status| status["state"] == "in-call");
    assert_eq!(status["calls"][0]["source"], "microphone");
    recorder.kill();
    wait_until(SOON, "Teams to be free", || {
        company.presence(ALICE) == "Available/Available"
    });
    pages.wait(SOON, "the recorder to be gone", |pages| seen(pages, false));

    let mut recorder = sound.record();
    wait_until(SOON, "Teams to show the next call", || {
        company.presence(ALICE) == "Busy/InACall"
    });
    recorder.kill();
    wait_until(SOON, "Teams to be free again", || {
        company.presence(ALICE) == "Available/Available"
    });
}
