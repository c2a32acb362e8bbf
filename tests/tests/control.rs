//! The control socket of the real program: `offhookctl`, the client crate, and clients that misbehave.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use offhook_client::{AskError, Client, ConnectError};
use offhook_playground::{CLIENT_ID, DESK_USER, Fault, Options, Playground, TeamsClient};
use offhook_protocol::command::{Answer, Command, Event, Pause, Watch};
use offhook_protocol::status::State;
use offhook_tests::browser::Browser;
use offhook_tests::desk::Desk;
use offhook_tests::process::{Running, finish};
use offhook_tests::product::{Product, Said, binary};
use offhook_tests::runtime::block_on;
use offhook_tests::socket::Socket;
use offhook_tests::{http, stays, wait_for, wait_until};
use serde_json::{Map, Value, json};
use url::Url;

const SOON: Duration = Duration::from_secs(20);

fn company() -> Playground {
    let company = block_on(Playground::start(Options::default())).unwrap();
    company.teams_client("alice", TeamsClient::Available);
    company
}

fn settings(company: &Playground) -> String {
    let addresses = company.addresses();
    format!(
        "version = 1\n\
         [person]\nlanguage = \"en\"\n\
         [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\ngraph_url = \"{}\"\n\
         [phone]\nkind = \"asterisk\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nuser = \"{DESK_USER}\"\n\
         extension = \"1001\"\n\
         [store]\nsecrets = \"file\"\n",
        addresses.entra,
        addresses.graph,
        addresses.ami.port()
    )
}

fn password(company: &Playground) -> String {
    let accounts = &company.options().accounts;
    let account = accounts.iter().find(|account| account.user == DESK_USER).unwrap();
    account.secret.clone()
}

fn visit(url: &Url) {
    let mut url = url.clone();
    url.query_pairs_mut().append_pair("playground_user", "alice");
    Browser::default().open(&url);
}

/// Alice's program, signed in and connected to her phone.
fn ready<'desk>(company: &Playground, desk: &'desk Desk) -> Product<'desk> {
    let mut product = Product::new(desk);
    product.write_settings(&settings(company));
    product.start_headless();
    let said = product.run_with_input("offhookctl", &["secret", "set", "phone"], &password(company));
    assert_eq!(said.code, 0, "{}", said.stderr);
    sign_in(&product);
    product.wait_status(SOON, "Teams and the phone system", |status| {
        status["teams"]["seen"]["availability"] == "Available" && status["health"]["phone"]["ok"] == true
    });
    product
}

fn sign_in(product: &Product<'_>) {
    let mut socket = Socket::connect(product.data_dir());
    let begun = socket.ask(json!({"sign_in": {"device_code": false}})).unwrap();
    visit(
        &begun["sign_in"]["browser"]["url"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap(),
    );
}

#[track_caller]
fn done(said: &Said) -> &str {
    assert_eq!(said.code, 0, "{}", said.stderr);
    assert!(said.stderr.is_empty(), "{}", said.stderr);
    said.stdout.trim()
}

#[track_caller]
fn json_of(said: &Said) -> Value {
    serde_json::from_str(done(said)).unwrap_or_else(|error| panic!("{error} in {}", said.stdout))
}

#[test]
fn every_command_answers() {
    let desk = Desk::headless();
    let company = company();
    let mut product = Product::new(&desk);
    product.write_settings(&settings(&company));
    product.start_headless();
    let ctl = |arguments: &[&str]| product.ctl(arguments);

    let version = done(&ctl(&["version"])).to_owned();
    assert!(version.split('.').count() == 3, "{version}");
    assert_eq!(json_of(&ctl(&["version", "--json"]))["version"], version.as_str());
    let said = product.run_with_input("offhookctl", &["secret", "set", "phone"], &password(&company));
    assert_eq!(done(&said), "");
    product.wait_status(SOON, "the phone system", |status| {
        status["health"]["phone"]["ok"] == true
    });

    // Signing in by the console, with the code as well.
    let console = |arguments: &[&str], wanted: fn(&str) -> bool| {
        let mut command = desk.command(binary("offhookctl"));
        command.arg("--data-dir").arg(product.data_dir()).args(arguments);
        let mut running = Running::start("offhookctl", command);
        let line = running.wait_line(SOON, wanted);
        (running, line)
    };
    let (mut running, line) = console(&["sign-in", "--device-code", "--json"], |line| {
        line.contains("user_code")
    });
    let begun: Value = serde_json::from_str(&line).unwrap();
    assert!(begun["device_code"]["url"].as_str().unwrap().starts_with("http"));
    assert!(company.approve_device(begun["device_code"]["user_code"].as_str().unwrap(), "alice"));
    assert_eq!(running.wait_end(SOON).code(), Some(0), "{}", running.log().tail());
    assert!(running.log().text().contains("\"signed_in\""));
    assert_eq!(done(&ctl(&["sign-out"])), "");
    product.wait_status(SOON, "signed out", |status| status["state"] == "signed-out");
    let (mut running, line) = console(&["sign-in"], |line| line.trim().starts_with("http"));
    visit(&line.trim().parse().unwrap());
    assert_eq!(running.wait_end(SOON).code(), Some(0), "{}", running.log().tail());
    product.wait_status(SOON, "what Teams says", |status| {
        status["teams"]["seen"] != Value::Null
    });

    // What is shown.
    assert!(done(&ctl(&["status"])).contains("free"));
    done(&ctl(&["why"]));
    assert!(json_of(&ctl(&["--json", "why"])).is_array());
    let lines = json_of(&ctl(&["lines", "--json"]));
    let sources: Vec<&Value> = lines
        .as_array()
        .unwrap()
        .iter()
        .map(|line| &line["source"])
        .collect();
    assert!(sources.contains(&&json!("phone")), "{lines}");
    let names = json_of(&ctl(&["rules", "list", "--json"]));
    assert_eq!(
        names,
        json!(["recommended", "starface-9", "innovaphone", "procall"]),
        "the contract's profiles"
    );
    for profile in names.as_array().unwrap() {
        done(&ctl(&["rules", "show", profile.as_str().unwrap()]));
    }
    done(&ctl(&["rules", "show"]));
    let wished = json_of(&ctl(&[
        "rules",
        "preview",
        "--availability",
        "DoNotDisturb",
        "--activity",
        "DoNotDisturb",
        "--json",
    ]));
    assert!(
        wished
            .as_array()
            .unwrap()
            .iter()
            .any(|wish| wish["field"] == "dnd" && wish["cause"] == "teams"),
        "{wished}"
    );
    stays(
        Duration::from_secs(3),
        "the phone as it is beside a preview",
        || !company.dnd("1001"),
    );
    let doctor = ctl(&["doctor", "--json"]);
    let findings: Value = serde_json::from_str(doctor.stdout.trim()).unwrap();
    let ill = findings
        .as_array()
        .unwrap()
        .iter()
        .any(|finding| finding["ok"] == false);
    assert_eq!(doctor.code, i32::from(ill), "{findings}");
    for finding in findings.as_array().unwrap() {
        assert_eq!(members(finding), ["mend", "ok", "text", "what"]);
    }

    // Calls, each step of one.
    let call = |what: &str| {
        let arguments = [
            "call",
            what,
            "--source",
            "desk",
            "--id",
            "7",
            "--direction",
            "in",
            "--from",
            "23",
            "--to",
            "1001",
        ];
        done(&ctl(&arguments)).to_owned()
    };
    let state = |wanted: &'static str| {
        product.wait_status(SOON, wanted, |status| status["calls"][0]["state"] == wanted);
    };
    call("newCall");
    state("ringing");
    call("answer");
    state("connected");
    call("hold");
    state("held");
    call("resume");
    state("connected");
    call("heartbeat");
    call("hangup");
    product.wait_status(SOON, "no call", |status| status["calls"] == json!([]));
    call("answer");
    state("connected");
    done(&ctl(&["call", "reset", "--source", "desk"]));
    product.wait_status(SOON, "no call", |status| status["calls"] == json!([]));

    // Pause and resume.
    for span in ["15m", "1h", "tomorrow", "on"] {
        assert_eq!(done(&ctl(&["pause", span])), "");
        let status = product.status();
        assert_eq!(status["state"], "paused");
        assert_eq!(status["paused_until"].is_null(), span == "on", "{span}");
        assert_eq!(done(&ctl(&["resume"])), "");
        assert_eq!(product.status()["paused_until"], Value::Null);
    }

    // Watched: the present state first, then each change.
    let (mut watching, first) = console(&["status", "--watch", "--json"], |line| line.starts_with('{'));
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap()["v"], 1);
    done(&ctl(&["pause", "15m"]));
    watching.wait_line(SOON, |line| line.contains("\"paused\""));
    done(&ctl(&["resume"]));

    // Refused with a sentence.
    let refused = |said: Said| {
        assert_eq!(said.code, 1, "{}{}", said.stdout, said.stderr);
        assert!(said.stderr.trim().ends_with('.'), "{}", said.stderr);
        assert_eq!(said.stdout, "");
    };
    refused(ctl(&["rules", "show", "nobodys"]));
    refused(ctl(&["rules", "preview", "--profile", "nobodys"]));
    refused(ctl(&["call", "answer", "--source", "phone", "--id", "1"]));
    refused(product.run_with_input("offhookctl", &["secret", "set", "phone"], "\n"));

    // Wrong usage.
    for wrong in [
        &["dance"][..],
        &["status", "--loud"],
        &["pause"],
        &["pause", "0m"],
        &["pause", "forever"],
        &["call", "answer"],
        &["call", "sneeze", "--source", "desk"],
        &["call", "answer", "--source", "desk", "--direction", "up"],
        &["secret", "set"],
        &["secret", "set", "treasure"],
        &["rules"],
        &["key"],
        &["resume", "now"],
    ] {
        let said = ctl(wrong);
        assert_eq!(said.code, 2, "{wrong:?}: {}", said.stderr);
        assert!(said.stderr.contains("Usage"), "{wrong:?}: {}", said.stderr);
    }

    // The end, and nobody there any more.
    assert_eq!(done(&ctl(&["quit"])), "");
    // When it has said so, nobody holds the data folder any more.
    let lock = std::fs::File::open(product.data_dir().join("lock")).expect("the lock");
    assert!(lock.try_lock().is_ok());
    drop(lock);
    watching.wait_end(SOON);
    assert!(product.process().wait_end(SOON).success());
    assert_eq!(product.file("run.json"), None);
    for nobody in [
        &["status"][..],
        &["status", "--watch"],
        &["why"],
        &["pause", "15m"],
        &["resume"],
        &["call", "answer", "--source", "desk", "--id", "1"],
        &["sign-in"],
        &["sign-out"],
        &["secret", "set", "phone"],
        &["lines"],
        &["version"],
        &["quit"],
    ] {
        let said = product.ctl(nobody);
        assert_eq!(said.code, 3, "{nobody:?}: {}", said.stderr);
        assert!(said.stderr.contains("not running"), "{nobody:?}: {}", said.stderr);
    }
    // Key files need no running program.
    let file = product.data_dir().join("test.pbxkey");
    let path = file.to_str().unwrap();
    done(&product.ctl(&["key", "new", "--name", "pbx", "--out", path]));
    done(&product.ctl(&["key", "show", path]));
    done(&product.ctl(&["key", "check", path]));
    let said = product.ctl(&["key", "check", &format!("{path}.gone")]);
    assert_eq!(said.code, 1, "{}", said.stderr);
}

fn members(value: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object(value).keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[track_caller]
fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().unwrap_or_else(|| panic!("no object: {value}"))
}

#[track_caller]
fn assert_members(value: &Value, names: &[&str]) {
    let mut names = names.to_vec();
    names.sort_unstable();
    assert_eq!(members(value), names, "{value:#}");
}

#[track_caller]
fn assert_word(value: &Value, words: &[&str]) {
    assert!(
        words.contains(&value.as_str().unwrap_or_default()),
        "{value} is none of {words:?}"
    );
}

#[track_caller]
fn assert_time(value: &Value) {
    let text = value.as_str().unwrap_or_default();
    let is_utc = text.len() >= 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T';
    assert!(is_utc, "{value} is no time in UTC");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

#[track_caller]
fn assert_light(light: &Value) {
    assert_members(light, &["ok", "since", "text"]);
    assert!(light["ok"].is_boolean() && light["text"].is_string(), "{light}");
    assert_time(&light["since"]);
}

/// Exactly what the contract says (design, section 5).
#[track_caller]
fn assert_contract(status: &Value) {
    let mut names = vec![
        "v",
        "state",
        "attention",
        "paused_until",
        "why",
        "not_done",
        "teams",
        "phone",
        "calls",
        "health",
    ];
    // Left out where nothing needs the person.
    if status["attention"] == true {
        names.push("problems");
        for problem in list(&status["problems"]) {
            assert_members(problem, &["code", "sentence", "mend"]);
        }
        assert!(!list(&status["problems"]).is_empty());
    }
    assert_members(status, &names);
    assert_eq!(status["v"], 1);
    assert!(status["attention"].is_boolean());
    assert_word(
        &status["state"],
        &[
            "signed-out",
            "paused",
            "in-call",
            "do-not-disturb",
            "forwarded",
            "busy",
            "away",
            "free",
        ],
    );
    if !status["paused_until"].is_null() {
        assert_time(&status["paused_until"]);
    }
    let fields = ["dnd", "forward", "presence", "note", "teams"];
    for why in list(&status["why"]) {
        assert_members(why, &["field", "value", "cause", "rule", "since", "until"]);
        assert_word(&why["field"], &fields);
        assert_word(
            &why["cause"],
            &["teams", "calendar", "call", "person", "other-program"],
        );
        assert!(why["rule"].is_string());
        assert_time(&why["since"]);
        assert!(why["until"].is_null() || why["until"].is_string());
    }
    for not_done in list(&status["not_done"]) {
        assert_members(not_done, &["field", "reason"]);
        assert_word(&not_done["field"], &fields);
        let reasons = [
            "capability",
            "person",
            "paused",
            "echo",
            "other-writer",
            "right-missing",
        ];
        assert_word(&not_done["reason"], &reasons);
    }
    assert_members(&status["teams"], &["seen", "session"]);
    if !status["teams"]["seen"].is_null() {
        assert_members(&status["teams"]["seen"], &["availability", "activity", "at"]);
        assert_time(&status["teams"]["seen"]["at"]);
    }
    if !status["teams"]["session"].is_null() {
        assert_members(
            &status["teams"]["session"],
            &["availability", "activity", "until"],
        );
        assert_time(&status["teams"]["session"]["until"]);
    }
    assert_members(&status["phone"], &["dnd", "forward", "presence", "note"]);
    for field in object(&status["phone"]).values() {
        assert_members(field, &["value", "owner"]);
        if !field["owner"].is_null() {
            assert_word(&field["owner"], &["offhook", "person", "unknown"]);
        }
    }
    let dnd = &status["phone"]["dnd"]["value"];
    assert!(dnd.is_null() || dnd.is_boolean(), "{dnd}");
    for call in list(&status["calls"]) {
        assert_members(call, &["source", "id", "state", "since"]);
        assert_word(
            &call["state"],
            &["dialling", "ringing", "connected", "held", "conference"],
        );
        assert_time(&call["since"]);
    }
    assert_members(&status["health"], &["microsoft", "phone", "calendar", "lines"]);
    for name in ["microsoft", "phone", "calendar"] {
        if !status["health"][name].is_null() {
            assert_light(&status["health"][name]);
        }
    }
    object(&status["health"]["lines"]).values().for_each(assert_light);
}

#[test]
fn status_has_exactly_the_members_of_the_contract() {
    let desk = Desk::headless();
    let company = company();
    // Nothing is set up.
    let mut bare = Product::new(&desk);
    bare.start_headless();
    let status = bare.status();
    assert_contract(&status);
    assert_eq!(status["state"], "signed-out");
    assert_eq!(status["teams"], json!({"seen": null, "session": null}));
    let unknown = json!({"value": null, "owner": null});
    for field in ["dnd", "forward", "presence", "note"] {
        assert_eq!(status["phone"][field], unknown, "{field}");
    }
    for name in ["microsoft", "phone", "calendar"] {
        assert_eq!(status["health"][name], Value::Null, "{name}");
    }
    drop(bare);

    let mut product = ready(&company, &desk);
    let status = product.status();
    assert_contract(&status);
    assert_eq!(
        (&status["state"], &status["why"], &status["calls"]),
        (&json!("free"), &json!([]), &json!([]))
    );
    assert_eq!(status["phone"]["dnd"], json!({"value": false, "owner": null}));

    done(&product.ctl(&["call", "answer", "--source", "desk", "--id", "7"]));
    let status = product.wait_status(SOON, "the session", |status| {
        status["teams"]["session"] != Value::Null
    });
    assert_contract(&status);
    assert_eq!(status["state"], "in-call");
    assert_eq!(status["teams"]["session"]["activity"], "InACall");
    assert_eq!(status["why"][0]["field"], "teams");
    assert_eq!(status["why"][0]["cause"], "call");
    assert_eq!(status["calls"][0]["source"], "desk");
    done(&product.ctl(&["call", "hangup", "--source", "desk", "--id", "7"]));
    product.wait_status(SOON, "no session", |status| {
        status["teams"]["session"] == Value::Null
    });

    company.teams_client("alice", TeamsClient::Presenting);
    let status = product.wait_status(Duration::from_secs(40), "do not disturb", |status| {
        status["phone"]["dnd"] == json!({"value": true, "owner": "offhook"})
    });
    assert_contract(&status);
    assert_eq!(status["state"], "do-not-disturb");
    assert_eq!(status["why"][0]["field"], "dnd");
    assert_eq!(status["why"][0]["value"], true);
    assert_eq!(status["why"][0]["cause"], "teams");
    assert!(
        status["why"][0]["rule"]
            .as_str()
            .unwrap()
            .starts_with("recommended: DoNotDisturb")
    );

    done(&product.ctl(&["pause", "on"]));
    let status = product.wait_status(SOON, "the release", |status| {
        status["phone"]["dnd"] == json!({"value": false, "owner": null})
    });
    assert_contract(&status);
    assert_eq!(
        (&status["state"], &status["paused_until"]),
        (&json!("paused"), &Value::Null)
    );
    assert!(
        list(&status["not_done"]).contains(&json!({"field": "dnd", "reason": "paused"})),
        "{status:#}"
    );
    done(&product.ctl(&["resume"]));

    // Both sides gone: absent knowledge is null.
    company.inject(Fault::GraphServerError { status: 503 });
    block_on(company.stop_phone_system());
    let status = product.wait_status(Duration::from_secs(40), "both lights", |status| {
        status["health"]["phone"]["ok"] == false && status["health"]["microsoft"]["ok"] == false
    });
    assert_contract(&status);
    assert_eq!(status["phone"]["dnd"], unknown);
    // In the other language the words change and the contract's do not.
    assert!(product.term().success());
    product.write_settings(&settings(&company).replace("\"en\"", "\"de\""));
    product.start_headless();
    let status = product.wait_status(SOON, "the phone's light", |status| {
        status["health"]["phone"]["text"]
            .as_str()
            .is_some_and(|text| text.contains("antwortet"))
    });
    assert_contract(&status);
}

#[test]
fn the_client_crate_and_the_socket_understand_each_other() {
    let desk = Desk::headless();
    let company = company();
    let mut product = ready(&company, &desk);
    let folder = product.data_dir().to_path_buf();
    let mut client = Client::connect(&folder).unwrap();
    let Ok(Answer::Status(status)) = client.ask(Command::Status) else {
        panic!("no status");
    };
    assert_eq!(status.state, State::Free);
    assert!(matches!(client.ask(Command::Version), Ok(Answer::Version { .. })));
    let refused = client.ask(Command::RulesShow {
        profile: Some("nobodys".to_owned()),
    });
    assert!(
        matches!(&refused, Err(AskError::Problem(problem)) if problem.code == "profile-unknown"),
        "{refused:?}"
    );
    let mut events = client.watch(Watch::Status).unwrap();
    let closer = events.closer().unwrap();
    assert!(matches!(events.next(), Some(Event::Status(status)) if status.state == State::Free));
    client.ask(Command::Pause(Pause::UntilResumed)).unwrap();
    assert!(matches!(events.next(), Some(Event::Status(status)) if status.state == State::Paused));
    client.ask(Command::Resume).unwrap();
    closer.close();
    let mut pages = client.watch(Watch::Pages).unwrap();
    let Some(Event::Pages(page)) = pages.next() else {
        panic!("no pages");
    };
    assert!(page.phone.password_stored);
    // Asking to sign out is an end of everything that was set, and the next to ask still gets an answer.
    client.ask(Command::SignOut).unwrap();
    client.ask(Command::Quit).unwrap();
    assert!(product.process().wait_end(SOON).success());
    while pages.next().is_some() {}
    assert!(pages.lost().is_some());
    assert!(matches!(Client::connect(&folder), Err(ConnectError::NotRunning)));
}

/// Sends bytes as they are and reads until the program closes the connection.
fn raw(folder: &Path, bytes: &[u8]) -> String {
    let mut stream = UnixStream::connect(folder.join("control.sock")).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    // It may close before all is written.
    drop(stream.write_all(bytes));
    let mut text = Vec::new();
    drop(stream.read_to_end(&mut text));
    String::from_utf8_lossy(&text).into_owned()
}

#[test]
fn clients_that_misbehave_are_told_why_and_the_program_goes_on() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.start_headless();
    let folder = product.data_dir();
    let hello = "{\"hello\":{\"protocol\":1}}\n";
    for (bytes, code) in [
        ("{\"hello\":{\"protocol\":2}}\n".to_owned(), "protocol"),
        (format!("{hello}{}\n", "x".repeat(70_000)), "line-too-long"),
        (
            "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
            "not-understood",
        ),
    ] {
        let text = raw(folder, bytes.as_bytes());
        assert!(text.contains(code), "{code}: {text}");
        assert!(text.contains("sentence"), "{text}");
    }
    // What is no command is refused; the conversation goes on.
    let mut socket = Socket::connect(folder);
    assert!(socket.ask(json!({"dance": {}})).is_err());
    assert!(socket.ask(json!("status")).is_ok());
    assert_eq!(product.status()["v"], 1);
    // In the language that the person has chosen meanwhile.
    for (language, sentence) in [("de", "Die Anfrage"), ("en", "The request")] {
        let chosen = socket.ask(json!({"apply": {"person.language": language}}));
        assert!(chosen.is_ok(), "{chosen:?}");
        let problem = socket.ask(json!({"dance": {}})).unwrap_err();
        let said = problem["sentence"].as_str().unwrap();
        assert!(said.starts_with(sentence), "{said}");
    }
    let mode = |name: &str| fs::metadata(folder.join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(
        (
            mode(""),
            mode("control.sock"),
            mode("hook.json"),
            mode("run.json")
        ),
        (0o700, 0o600, 0o600, 0o600)
    );
}

#[test]
fn many_clients_and_a_stalled_one_do_not_hold_up_a_call() {
    let desk = Desk::headless();
    let company = company();
    let product = ready(&company, &desk);
    let folder = product.data_dir().to_path_buf();
    // Thirty that read, and one that asks a lot and never reads an answer.
    let readers: Vec<_> = (0..30)
        .map(|number| {
            let client = Client::connect(&folder).unwrap();
            let what = if number % 2 == 0 {
                Watch::Pages
            } else {
                Watch::Status
            };
            let events = client.watch(what).unwrap();
            let closer = events.closer().unwrap();
            (thread::spawn(move || events.count()), closer)
        })
        .collect();
    let mut stalled = UnixStream::connect(folder.join("control.sock")).unwrap();
    stalled
        .set_write_timeout(Some(Duration::from_millis(200)))
        .unwrap();
    let mut flood = b"{\"hello\":{\"protocol\":1}}\n{\"id\":1,\"command\":{\"watch\":\"pages\"}}\n".to_vec();
    for id in 2..2000 {
        flood.extend_from_slice(format!("{{\"id\":{id},\"command\":\"status\"}}\n").as_bytes());
    }
    // Whatever does not fit any more is of no interest.
    drop(stalled.write_all(&flood));

    let mut socket = Socket::connect(&folder);
    let mut delays = Vec::new();
    for id in 0..7 {
        let call = |what: &str| json!({"call": {"v": 1, "event": what, "source": "desk", "callId": id.to_string(), "direction": "in"}});
        socket.ask(call("newCall")).unwrap();
        let (mark, begun) = (company.mark(), company.micros());
        socket.ask(call("answer")).unwrap();
        let set = block_on(company.wait_for(mark, SOON, |request| request.path.ends_with("/setPresence")));
        delays.push(Duration::from_micros(set.expect("a setPresence").at_us - begun));
        socket.ask(call("hangup")).unwrap();
        let cleared = block_on(company.wait_for(mark, SOON, |request| {
            request.path.ends_with("/clearPresence") && request.status.is_some()
        }));
        cleared.expect("a clearPresence");
    }
    delays.sort_unstable();
    // The goal of 100 ms is measured by `cargo xtask bench`; here, that nobody is waited for: a client that doesn't read
    // is given up after 5 s.
    assert!(delays[delays.len() - 1] < Duration::from_secs(2), "{delays:?}");

    // The stalled one was let go: what was sent to it is all there will be.
    stalled.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let mut rest = Vec::new();
    let ended = stalled.read_to_end(&mut rest);
    let is_over = match &ended {
        Ok(_) => true,
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
    };
    assert!(is_over, "{ended:?} after {} bytes", rest.len());
    for (reader, closer) in readers {
        closer.close();
        assert!(reader.join().unwrap() > 1, "a client that reads hears of changes");
    }
    assert_eq!(product.status()["v"], 1);
}

#[test]
fn a_second_start_leaves_the_first_alone() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.start_headless();
    let run = product.file("run.json").unwrap();
    let mut command = desk.command(binary("offhook"));
    command.arg("--data-dir").arg(product.data_dir()).arg("--no-tray");
    let (status, stdout, stderr) = finish("offhook", command, "", SOON);
    assert!(status.success(), "{stdout}{stderr}");
    assert_eq!(product.file("run.json").unwrap(), run);
    assert_eq!(product.status()["v"], 1);
    assert!(product.process().ended().is_none());
    // After a kill the lock is free, and what was left behind is no obstacle.
    product.kill9();
    assert_eq!(product.ctl(&["status"]).code, 3, "a socket without a program");
    product.start_headless();
    assert_ne!(product.file("run.json").unwrap(), run);
    assert!(product.term().success());
    assert!(!product.data_dir().join("control.sock").exists());
}

#[test]
fn a_long_data_directory_has_its_socket_elsewhere() {
    let desk = Desk::headless();
    let root = Product::new(&desk);
    let folder = root.data_dir().join("x".repeat(110));
    let run = |name: &str, arguments: &[&str]| {
        let mut command = desk.command(binary(name));
        command.arg("--data-dir").arg(&folder).args(arguments);
        command
    };
    let ctl = |arguments: &[&str]| finish("offhookctl", run("offhookctl", arguments), "", SOON);
    assert_eq!(ctl(&["status"]).0.code(), Some(3));
    let mut offhook = Running::start("offhook", run("offhook", &["--no-tray"]));
    wait_until(SOON, "an answer", || {
        ctl(&["status", "--json"]).0.code() == Some(0)
    });
    let text = fs::read_to_string(folder.join("run.json")).unwrap();
    let socket = serde_json::from_str::<Value>(&text).unwrap()["socket"]
        .as_str()
        .unwrap()
        .to_owned();
    let socket = Path::new(&socket);
    assert_eq!(socket.parent().unwrap(), desk.folder().join("run"));
    let name = socket.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("offhook-") && name.ends_with(".sock"), "{name}");
    assert_eq!(fs::metadata(socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(offhook.terminate(SOON).success());
    assert!(!socket.exists() && !folder.join("run.json").exists());
    assert_eq!(ctl(&["status"]).0.code(), Some(3));
}

#[test]
fn logs_hold_nothing_personal() {
    let desk = Desk::headless();
    let company = company();
    let mut product = ready(&company, &desk);
    let numbers = ["+4930987654321", "0160-5550123", "sip:mallory@secret.example"];
    for (id, number) in numbers.iter().enumerate() {
        let id = format!("personal-{id}");
        for what in ["newCall", "answer", "hangup"] {
            let call = [
                "call", what, "--source", "desk", "--id", &id, "--from", number, "--to", "1001",
            ];
            done(&product.ctl(&call));
        }
    }
    // By the HTTP door, rightly, wrongly and as garbage.
    let hook: Value = serde_json::from_str(&product.file("hook.json").unwrap()).unwrap();
    let url = format!("http://127.0.0.1:{}/v1/call", hook["port"]);
    let token = hook["token"].as_str().unwrap().to_owned();
    let event = json!({"v": 1, "event": "newCall", "source": "desk", "callId": "h1", "from": numbers[0]});
    assert!(http::send(http::post(&url).bearer_auth(&token).json(&event)).status < 300);
    assert_eq!(
        http::send(http::post(&url).bearer_auth("guessed-token").json(&event)).status,
        401
    );
    assert_eq!(
        http::send(http::post(&url).bearer_auth(&token).body(numbers[1])).status / 100,
        4
    );
    // A real call, with the caller's name, and everything that fails.
    let ringing = company.call("1002", "1001");
    product.wait_status(SOON, "the call", |status| {
        list(&status["calls"])
            .iter()
            .any(|call| call["source"] == "phone")
    });
    drop(ringing);
    company.inject(Fault::GraphForbidden);
    done(&product.ctl(&[
        "call", "answer", "--source", "desk", "--id", "last", "--from", numbers[2],
    ]));
    wait_for(SOON, "a refusal of Graph", || {
        let refused = |request: &offhook_playground::Request| request.status == Some(403);
        company.requests().iter().any(refused).then_some(())
    });
    company.faults().clear();
    let said = product.run_with_input("offhookctl", &["secret", "set", "phone"], "a-wrong-password\n");
    assert_eq!(said.code, 0, "{}", said.stderr);
    product.wait_status(SOON, "the wrong password", |status| {
        status["health"]["phone"]["ok"] == false
    });
    company.inject(Fault::EntraBlocked);
    company.revoke("alice", true);
    sign_in(&product);
    product.wait_status(SOON, "attention", |status| status["attention"] == true);
    done(&product.ctl(&["sign-out"]));
    done(&product.ctl(&["quit"]));
    assert!(product.process().wait_end(SOON).success());

    let logged = format!("{}{}", product.logs(), product.log().text());
    assert!(logged.contains("INFO") && logged.contains("WARN"), "{logged}");
    let mut personal: Vec<String> = numbers.map(str::to_owned).to_vec();
    personal.extend(
        [
            "a-wrong-password",
            "guessed-token",
            "playground_user",
            "/authorize?",
        ]
        .map(str::to_owned),
    );
    personal.push(password(&company));
    personal.push(token);
    for person in company.people() {
        personal.extend([person.name.clone(), person.upn.clone(), person.oid.clone()]);
        personal.extend(person.name.split(' ').map(str::to_owned));
    }
    for request in company.requests() {
        let words = request.body.split(['&', '"']);
        personal.extend(
            words
                .filter(|word| word.len() > 60)
                .map(|word| word[..40].to_owned()),
        );
    }
    for word in &personal {
        assert!(!logged.contains(word.as_str()), "{word} was logged:\n{logged}");
    }
}

#[test]
fn a_call_event_is_quick_at_the_console() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.start_headless();
    let begun = Instant::now();
    done(&product.ctl(&["call", "answer", "--source", "desk", "--id", "1"]));
    // The goal of 20 ms is measured by `cargo xtask bench`, on a build for that; here, that nothing waits.
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}
