//! Desk phones really come from the network: a replay of their requests out of another network namespace, over a pair of
//! virtual cables. Where this machine allows no namespaces, another loopback address has to do.
#![cfg(target_os = "linux")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests are test code"
)]

use offhook_connect::lines::deskphone::{self, DeskphoneConfig, Phone};
use offhook_engine::line::{CallState, LineEvent};
use offhook_protocol::settings::PhoneAccess;
use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::sync::mpsc;

const LIMIT: Duration = Duration::from_secs(30);
const INNER: &str = "OFFHOOK_DESKPHONE_INNER";
const TARGETS: &str = "OFFHOOK_DESKPHONE_TARGETS";

/// What each make sends in a call of a minute, in order, and what Offhook makes of it.
fn replay(base: &str) -> Vec<String> {
    [
        // Snom
        "?e=incoming&id=3c26%40192.168.77.2&n=1",
        "?e=connected&id=3c26%40192.168.77.2&n=1",
        "?e=ended&id=3c26%40192.168.77.2&n=0",
        // Yealink
        "?e=outgoing&id=17",
        "?e=connected&id=17",
        "?e=idle",
        // Grandstream
        "?e=connected&r=%2B493012345",
        "?e=ended&r=%2B493012345",
        "?e=dnd-on",
        "?e=dnd-off",
    ]
    .map(|query| format!("{base}{query}"))
    .into()
}

/// The requests of a phone, one after the other; each must be taken.
fn send(targets: &str) {
    for target in targets.split('\n') {
        let (address, path) = target.split_once('/').unwrap();
        let mut stream = TcpStream::connect(address).expect("Offhook's door is reached");
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        write!(
            stream,
            "GET /{path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: phone\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "{path}: {answer}");
    }
}

struct Held(Child);

impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn run(program: &str, arguments: &[&str]) -> bool {
    let status = Command::new(program)
        .args(arguments)
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

/// This test program once more, with only that test.
fn again(test: &str) -> Vec<String> {
    let own = std::env::current_exe().unwrap();
    ["--exact", "--ignored", "--nocapture", test].iter().fold(
        vec![own.to_str().unwrap().to_owned()],
        |mut words, word| {
            words.push((*word).to_owned());
            words
        },
    )
}

#[test]
fn phones_in_another_network_are_heard() {
    if !run(
        "unshare",
        &[
            "-rn", "ip", "link", "add", "a", "type", "veth", "peer", "name", "b",
        ],
    ) {
        println!("no network namespaces here: another loopback address instead");
        listen_and_replay("127.0.0.1:0", None);
        return;
    }
    let status = Command::new("unshare")
        .arg("-rn")
        .args(again("inner_house"))
        .env(INNER, "1")
        .status()
        .unwrap();
    assert!(status.success(), "what happened is above");
}

/// In a network of its own: a cable to a second one, in which the phone is.
#[test]
#[ignore = "only inside a network namespace, started by the test above"]
fn inner_house() {
    assert!(std::env::var_os(INNER).is_some());
    let far = Command::new("unshare")
        .args(["-n", "sh", "-c", "echo ready; exec sleep 600"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut far = Held(far);
    let mut ready = [0; 6];
    far.0.stdout.take().unwrap().read_exact(&mut ready).unwrap();
    let pid = far.0.id().to_string();
    let there = |arguments: &[&str]| {
        let mut all = vec!["-t", pid.as_str(), "-n", "ip"];
        all.extend(arguments);
        assert!(run("nsenter", &all), "{arguments:?}");
    };
    let here = |arguments: &[&str]| assert!(run("ip", arguments), "{arguments:?}");
    here(&["link", "add", "desk", "type", "veth", "peer", "name", "phone"]);
    here(&["link", "set", "phone", "netns", &pid]);
    here(&["addr", "add", "192.168.77.1/24", "dev", "desk"]);
    here(&["link", "set", "desk", "up"]);
    there(&["addr", "add", "192.168.77.2/24", "dev", "phone"]);
    there(&["link", "set", "phone", "up"]);
    listen_and_replay("192.168.77.1:0", Some(&pid));
}

/// In the phone's network.
#[test]
#[ignore = "only inside a network namespace, started by the test above"]
fn inner_phone() {
    send(&std::env::var(TARGETS).unwrap());
}

fn free_port(ip: IpAddr) -> SocketAddr {
    let taken = std::net::TcpListener::bind((ip, 0)).unwrap();
    taken.local_addr().unwrap()
}

/// `far`: the process in whose network the phone is.
fn listen_and_replay(address: &str, far: Option<&str>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ip = address.parse::<SocketAddr>().unwrap().ip();
    let config = DeskphoneConfig {
        address: free_port(ip).to_string(),
        phones: vec![
            Phone::parse(if far.is_some() {
                "desk@192.168.77.2"
            } else {
                "desk"
            })
            .unwrap(),
        ],
        data_dir: folder.path().to_owned(),
        renewed: 0,
    };
    let (events, mut told) = mpsc::unbounded_channel();
    let _running = runtime.block_on(async { deskphone::spawn(config.clone(), events) });
    let mut next = || {
        let event = runtime.block_on(async { tokio::time::timeout(LIMIT, told.recv()).await });
        event.expect("in time").expect("the source runs").1
    };
    assert_eq!(next(), LineEvent::Up { resyncs: false });
    let access: PhoneAccess = deskphone::addresses::all(&config).unwrap();
    assert!(access.address.starts_with(&ip.to_string()));
    let poly = access.phones[0]
        .makes
        .iter()
        .find(|make| make.make == "poly")
        .unwrap();
    let base = poly.entries[0].value.0.strip_prefix("http://").unwrap();
    let targets = replay(base).join("\n");
    match far {
        Some(pid) => {
            let status = Command::new("nsenter")
                .args(["-t", pid, "-n"])
                .args(again("inner_phone"))
                .env(TARGETS, targets)
                .status()
                .unwrap();
            assert!(status.success(), "the phone's own words are above");
        }
        None => send(&targets),
    }
    let mut heard = Vec::new();
    while heard.last() != Some(&"dnd-off") {
        heard.push(match next() {
            LineEvent::Call { state, .. } => match state {
                CallState::Ringing => "ringing",
                CallState::Dialling => "dialling",
                CallState::Connected => "connected",
                CallState::Held | CallState::Conference => "other",
            },
            LineEvent::Ended { .. } => "ended",
            LineEvent::Dnd { on: true } => "dnd-on",
            LineEvent::Dnd { on: false } => "dnd-off",
            other @ (LineEvent::Up { .. }
            | LineEvent::Snapshot(_)
            | LineEvent::Heartbeat { .. }
            | LineEvent::Reset
            | LineEvent::Down(_)
            | LineEvent::Trouble(_)) => panic!("{other:?}"),
        });
    }
    let expected = [
        "ringing",
        "connected",
        "ended",
        "dialling",
        "connected",
        "ended",
        "connected",
        "ended",
        "dnd-on",
        "dnd-off",
    ];
    assert_eq!(heard, expected);
}
