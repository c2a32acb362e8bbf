//! From the event of a call to the request that says so in Teams.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use offhook_playground::{CallState, Playground, Request};
use offhook_tests::desk::Desk;
use offhook_tests::runtime::block_on;
use offhook_tests::socket::Socket;
use offhook_tests::wait_until;
use serde_json::{Value, json};

use crate::office::{LIMIT, Office, is_graph, wait_healthy};
use crate::softphone::Softphone;
use offhook_tests::report::{Row, Section, Spread, ms, ratio};

/// How long it rings: in real life seconds, during which connection and token are made ready.
const RINGS: Duration = Duration::from_millis(300);

pub fn measure(quick: bool) -> Section {
    let (many, few) = if quick { (20, 10) } else { (200, 100) };
    let (desk, office) = (Desk::headless(), Office::open());
    let softphone = Softphone::start();
    let baresip = format!(
        "[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{}\"\n",
        softphone.port()
    );
    let mut offhook = office.offhook(&desk, "alice", &baresip);
    office.start(&mut offhook, &["--no-tray"]);
    wait_healthy(&offhook);
    softphone.wait_client();
    let mut socket = Socket::connect(offhook.data_dir());
    let mut hook = |event: &str| {
        let call = json!({"v": 1, "event": event, "source": "bench", "callId": "1", "direction": "in"});
        let at = office.company.micros();
        socket.ask(json!({"call": call})).expect("the event to be taken");
        at
    };
    let by_socket = calls(&office, many, |step| match step {
        Step::Ring => hook("newCall"),
        Step::Answer => hook("answer"),
        Step::End => hook("hangup"),
    });
    let by_softphone = calls(&office, few, |step| {
        let at = office.company.micros();
        match step {
            Step::Ring => softphone.tell("CALL_INCOMING", "bench"),
            Step::Answer => softphone.tell("CALL_ESTABLISHED", "bench"),
            Step::End => softphone.tell("CALL_CLOSED", "bench"),
        }
        at
    });
    let by_phone_system = calls(&office, few, |step| phone_system(&office.company, step));
    let disk = disk(offhook.data_dir(), many);
    offhook.term();
    let floor = floor(&office, many);
    let goal = |spread: &Spread| spread.p(99) < Duration::from_millis(10);
    let row = |what: &str, spread: &Spread| {
        Row::new(what, spread.milliseconds(99)).goal("p99 < 10 ms of ours, < 100 ms in all", goal(spread))
    };
    let ours = by_socket.p(50).saturating_sub(floor.p(50));
    Section {
        title: "Call event to setPresence on the wire",
        how: format!(
            "From just before the event is written to when the pretend Graph, over TLS on this machine and in the \
             process that measures, has read the whole request: an upper bound of ours. It rings for {} ms first. \
             No network is in it: in real life half a round trip on a connection that is ready comes on top, \
             and without ringing a TLS handshake where Graph was not asked for 90 s. The ledger is on the disk, \
             synced, before the request is sent (R9), so the disk's own time is in each value.",
            RINGS.as_millis()
        ),
        rows: vec![
            row("reported on the control socket", &by_socket),
            row("reported by a softphone (`ctrl_tcp`)", &by_softphone),
            row("reported by the phone system (AMI)", &by_phone_system),
            Row::new(
                "a bare request from this process in the same run",
                floor.milliseconds(99),
            ),
            Row::new(
                "a file of the ledger's size written, synced and renamed on the same disk",
                disk.milliseconds(99),
            ),
            Row::new(
                "ratio of the medians, control socket to bare request",
                ratio(by_socket.p(50), floor.p(50)),
            ),
            Row::new("ours alone: difference of these medians", ms(ours)),
        ],
        more: String::new(),
    }
}

#[derive(Clone, Copy)]
enum Step {
    Ring,
    Answer,
    End,
}

/// `tell` reports a step and returns when it did so. Each call begins when the session of the last one is cleared.
fn calls(office: &Office, count: usize, mut tell: impl FnMut(Step) -> u64) -> Spread {
    let mut took = Vec::new();
    for _ in 0..count {
        tell(Step::Ring);
        // A call rings for a while: nothing is waited for.
        thread::sleep(RINGS);
        let mark = office.company.mark();
        let at = tell(Step::Answer);
        let set = office.wait(mark, LIMIT, "the set", |request| {
            is_graph(request, "/setPresence")
        });
        took.push(Duration::from_micros(set.at_us.saturating_sub(at)));
        let mark = office.company.mark();
        tell(Step::End);
        let cleared = |request: &Request| is_graph(request, "/clearPresence") && request.status.is_some();
        office.wait(mark, LIMIT, "the clear", cleared);
    }
    Spread::of(took)
}

/// The phone system tells its events from within the click.
fn phone_system(company: &Playground, step: Step) -> u64 {
    let mine = |state| {
        let calls = company.calls();
        calls
            .into_iter()
            .find(|call| call.state == state)
            .map(|call| call.id)
    };
    match step {
        Step::Ring => {
            let at = company.micros();
            company.call("1002", "1001");
            wait_until(LIMIT, "a phone that rings", || mine(CallState::Ringing).is_some());
            at
        }
        Step::Answer => {
            let call = mine(CallState::Ringing).expect("a call that rings");
            let at = company.micros();
            assert!(company.answer(call), "the call did not ring");
            at
        }
        Step::End => {
            let at = company.micros();
            for call in company.calls() {
                company.hang_up(call.id, None);
            }
            at
        }
    }
}

/// What the ledger costs on this disk, without Offhook: a new file, synced, renamed, and its folder synced.
fn disk(folder: &Path, count: usize) -> Spread {
    let (new, kept) = (folder.join("bench.new"), folder.join("bench.json"));
    let mut took = Vec::new();
    for _ in 0..count {
        thread::sleep(RINGS);
        let begun = Instant::now();
        let mut file = File::create(&new).expect("a file");
        file.write_all(&[b' '; 278]).expect("room on the disk");
        file.sync_all().expect("a synced file");
        fs::rename(&new, &kept).expect("a renamed file");
        File::open(folder)
            .and_then(|folder| folder.sync_all())
            .expect("a synced folder");
        took.push(begun.elapsed());
    }
    Spread::of(took)
}

/// The same request from this process on a connection that is ready, over the same TLS. It carries no token and is
/// refused, which changes nothing for its way there.
fn floor(office: &Office, count: usize) -> Spread {
    let authority = reqwest::Certificate::from_pem(&office.front.authority()).expect("our authority");
    let client = reqwest::Client::builder()
        .no_proxy()
        .add_root_certificate(authority);
    let client = client.build().expect("an HTTP client");
    let url = format!("{}/v1.0/me/presence/setPresence", office.front.url());
    let body: Value = json!({"sessionId": office.company.options().client_id, "availability": "Busy",
        "activity": "InACall", "expirationDuration": "PT5M"});
    let mut took = Vec::new();
    for at in 0..=count {
        let mark = office.company.mark();
        let begun = Instant::now();
        let sent = office.company.micros();
        block_on(client.post(&url).json(&body).send()).expect("an answer");
        let arrived = office.wait(mark, LIMIT, "the bare request", |request| {
            is_graph(request, "/setPresence")
        });
        assert!(begun.elapsed() < LIMIT, "the bare request hung");
        // The first one made the connection.
        if at > 0 {
            took.push(Duration::from_micros(arrived.at_us.saturating_sub(sent)));
        }
        thread::sleep(Duration::from_millis(20));
    }
    Spread::of(took)
}
