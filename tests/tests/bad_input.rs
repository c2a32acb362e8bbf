//! What nobody should have sent: each gets a sentence that names the thing and the mend, the program goes on, and
//! what the person had is not lost.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

use offhook_tests::asterisk::Asterisk;
use offhook_tests::house::{EXTENSION, Habits, House, PERSON, stages};
use offhook_tests::{http, stays, wait_for, wait_until};
use serde_json::{Value, json};

/// What is waited for comes much sooner; on a busy machine it may take its time.
const SOON: Duration = Duration::from_secs(60);
const A_WHILE: Duration = Duration::from_secs(3);

/// What the doctor says of everything.
fn doctor(house: &House) -> String {
    let said = house.product.ctl(&["doctor"]);
    format!("{}{}", said.stdout, said.stderr)
}

#[track_caller]
fn assert_said(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "{word:?} is not in {text}");
    }
}

// Settings.

#[test]
fn a_wrong_value_and_an_unknown_key_are_named_and_the_rest_counts() {
    let habits = Habits {
        phone: "hosst = \"typo\"".to_owned(),
        more: "[teams]\npoll_seconds_min = \"often\"\n".to_owned(),
        ..Habits::default()
    };
    let house = House::in_use(Asterisk::start(), habits);
    let settings = house.product.file("settings.toml");
    assert_said(
        &doctor(&house),
        &[
            "A setting has a value that is not possible: teams.poll_seconds_min.",
            "The default is used instead; your file is unchanged.",
            "The settings have an entry Offhook does not know: phone.hosst.",
            "It is kept and ignored; check the spelling.",
        ],
    );
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    assert_eq!(house.product.file("settings.toml"), settings);
}

#[test]
fn settings_of_a_newer_version_are_used_and_never_written() {
    let mut house = House::set_up(Asterisk::start(), Habits::default());
    let newer = house
        .settings()
        .replace("version = 1", "version = 9\nfuture = true");
    house.product.write_settings(&newer);
    house.move_in();
    house.wait_ready();
    assert_said(
        &doctor(&house),
        &[
            "written by a newer Offhook (version 9)",
            "Install the newer version again.",
        ],
    );
    assert_eq!(house.product.file("settings.toml"), Some(newer));
}

/// A desk whose phone a killed run has left in do not disturb.
fn killed_while_silent() -> House {
    let mut house = House::in_use(Asterisk::start(), Habits::default());
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    wait_until(SOON, "the hold", || stages(&house.ledger()) == ["written"]);
    house.product.kill9();
    house
}

#[test]
fn half_a_settings_file_is_kept_aside_and_the_program_goes_on() {
    let mut house = House::set_up(Asterisk::start(), Habits::default());
    let whole = house.settings();
    let half = &whole[..whole.find("extension").expect("the extension") + 14];
    house.product.write_settings(half);
    house.product.start_headless();
    let kept = kept_aside(&house, "settings.toml");
    assert_eq!(house.product.file(&kept).as_deref(), Some(half));
    assert_said(
        &doctor(&house),
        &[
            "The settings could not be read; Offhook runs with its defaults.",
            &format!("Your file was kept as {kept}."),
        ],
    );
    assert_eq!(house.product.status()["state"], "signed-out");
}

#[test]
fn half_a_settings_file_does_not_leave_the_phone_silent() {
    let mut house = killed_while_silent();
    house.company.pick(PERSON, None);
    let whole = house.settings();
    let half = &whole[..whole.find("extension").expect("the extension") + 14];
    house.product.write_settings(half);
    house.product.start_headless();
    let kept = kept_aside(&house, "settings.toml");
    assert_eq!(house.product.file(&kept).as_deref(), Some(half));
    house.wait_dnd(false);
    house.wait_nothing_held();
    assert_said(
        &doctor(&house),
        &[
            "Offhook goes on with the last ones that could.",
            &format!("Your file was kept as {kept};"),
        ],
    );
}

#[test]
fn half_a_ledger_is_kept_aside_and_the_person_is_told() {
    let mut house = killed_while_silent();
    let ledger = house.product.file("ledger.json").expect("a ledger");
    let half = &ledger[..ledger.len() / 2];
    std::fs::write(house.product.data_dir().join("ledger.json"), half).expect("the ledger");
    house.product.start_headless();
    house.wait_ready();
    let kept = kept_aside(&house, "ledger.json");
    assert_eq!(house.product.file(&kept).as_deref(), Some(half));
    assert_said(
        &doctor(&house),
        &["Check do not disturb and forwarding on your phone once.", &kept],
    );
    // Nobody knows any more whose it is: the person's (R5).
    house.company.pick(PERSON, None);
    house.product.wait_status(SOON, "the change in Teams", |status| {
        status["teams"]["seen"]["availability"] == "Available"
    });
    stays(A_WHILE, "do not disturb", || house.dnd().is_some());
}

/// The name under which a file was kept.
#[track_caller]
fn kept_aside(house: &House, name: &str) -> String {
    wait_for(SOON, "the file to be kept aside", || {
        let entries = std::fs::read_dir(house.product.data_dir()).expect("the data folder");
        entries
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .find(|entry| entry.starts_with(&format!("{name}.unreadable-")))
    })
}

// Hosts that are something else.

/// A server that does this with each connection, for as long as the test runs.
fn server(behave: impl Fn(TcpStream) + Send + Sync + Clone + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
    let port = listener.local_addr().expect("a port").port();
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let behave = behave.clone();
            thread::spawn(move || behave(stream));
        }
    });
    port
}

/// Says this to whoever connects, and then listens.
fn says(text: &'static [u8]) -> u16 {
    server(move |mut stream| {
        drop(stream.write_all(text));
        listen(stream);
    })
}

fn listen(mut stream: TcpStream) {
    let mut piece = [0; 1024];
    while matches!(stream.read(&mut piece), Ok(1..)) {}
}

/// Offhook with a phone system on another port, and what its light says.
fn with_phone_system_at(port: u16, words: &str) {
    let mut house = House::set_up(Asterisk::start(), Habits::default());
    let real = format!("port = {}", house.pbx.ami_port());
    let settings = house.settings().replace(&real, &format!("port = {port}"));
    house.product.write_settings(&settings);
    house.move_in();
    let status = house.product.wait_status(SOON * 2, words, |status| {
        let light = &status["health"]["phone"];
        light["ok"] == false && light["text"].as_str().unwrap_or_default().contains(words)
    });
    assert_said(
        status["health"]["phone"]["text"].as_str().unwrap_or_default(),
        &["127.0.0.1"],
    );
    // The other job goes on.
    let mark = house.company.mark();
    house
        .product
        .ctl(&["call", "answer", "--source", "test", "--id", "1"]);
    house.wait_written(mark, SOON, &["setPresence"]);
    // And the right address mends it, without a new password.
    house.product.term();
    house.product.write_settings(&house.settings());
    house.product.start_headless();
    house.wait_ready();
}

const NOT_A_PHONE_SYSTEM: &str = "is not the phone system that was set. Check host, port and kind";

#[test]
fn a_web_server_is_no_phone_system() {
    with_phone_system_at(
        says(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"),
        NOT_A_PHONE_SYSTEM,
    );
}

#[test]
fn a_line_without_an_end_is_no_phone_system() {
    let port = server(|mut stream| while stream.write_all(&[b'x'; 4096]).is_ok() {});
    with_phone_system_at(port, NOT_A_PHONE_SYSTEM);
}

#[test]
fn a_phone_system_that_only_greets_is_named() {
    with_phone_system_at(
        says(b"Asterisk Call Manager/5.0.4\r\n"),
        "does not answer in time",
    );
}

#[test]
fn a_port_where_nothing_answers_is_named() {
    with_phone_system_at(offhook_tests::places::free_port(), "Check address and port");
}

// Netstrings.

/// What answers at the softphone's address says this, and what the light of baresip says then.
fn with_baresip_at(port: u16, words: &str) -> House {
    let habits = Habits {
        more: format!("[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{port}\"\n"),
        ..Habits::default()
    };
    let house = House::in_use(Asterisk::start(), habits);
    let status = house.product.wait_status(SOON, words, |status| {
        let light = &status["health"]["lines"]["baresip"];
        light["text"].as_str().unwrap_or_default().contains(words)
    });
    let light = &status["health"]["lines"]["baresip"];
    assert_eq!(light["ok"], false, "{status:#}");
    let sentence = light["text"].as_str().unwrap_or_default();
    assert_said(sentence, &[&format!("127.0.0.1:{port}")]);
    // Everything else is as before.
    assert_eq!(status["health"]["phone"]["ok"], true);
    assert_eq!(house.product.status()["calls"], Value::Array(Vec::new()));
    house
}

const NOT_BARESIP: &str = "does not speak baresip's language. Check address and port of ctrl_tcp.";

#[test]
fn a_frame_that_lies_about_its_length_is_named() {
    with_baresip_at(
        says(b"3:{\"event\":true,\"type\":\"CALL_ESTABLISHED\"},"),
        NOT_BARESIP,
    );
}

#[test]
fn a_frame_of_a_gigabyte_is_not_waited_for() {
    with_baresip_at(says(b"999999999:{"), NOT_BARESIP);
}

#[test]
fn words_that_are_no_frames_are_named() {
    with_baresip_at(says(b"SSH-2.0-OpenSSH_9.2p1\r\n"), NOT_BARESIP);
}

#[test]
fn something_that_takes_connections_and_stays_silent_is_named() {
    with_baresip_at(server(listen), NOT_BARESIP);
}

/// Frames cut into single bytes and frames that come all at once: a call is a call.
#[test]
fn frames_in_pieces_and_in_heaps_are_understood() {
    let port = server(|mut stream| {
        let frame = |body: &str| format!("{}:{body},", body.len());
        let event = |kind: &str| {
            let event = json!({"event": true, "type": kind, "class": "call", "accountaor": "sip:a@127.0.0.1",
                "direction": "incoming", "peeruri": "sip:b@127.0.0.1", "id": "one"});
            frame(&event.to_string())
        };
        let (mut buffer, mut begun) = (Vec::new(), false);
        let mut piece = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut piece) {
            buffer.extend_from_slice(&piece[..count]);
            let text = String::from_utf8_lossy(&buffer).into_owned();
            let Some((command, token)) = request(&text) else {
                continue;
            };
            buffer.clear();
            let lists = command == "listcalls";
            let data = match (lists, begun) {
                (true, false) => "\n--- Active calls (0) ---\n\n".to_owned(),
                (true, true) => {
                    "\n--- Active calls (1) ---\n> [line 1, id one]  0:00:02  ESTABLISHED  sip:b@127.0.0.1\n"
                        .to_owned()
                }
                (false, _) => String::new(),
            };
            let answer =
                frame(&json!({"response": true, "ok": true, "data": data, "token": token}).to_string());
            if lists && !begun {
                begun = true;
                let heap = format!("{answer}{}{}", event("CALL_INCOMING"), event("CALL_ESTABLISHED"));
                for byte in heap.as_bytes() {
                    if stream.write_all(&[*byte]).and_then(|()| stream.flush()).is_err() {
                        return;
                    }
                }
            } else if stream.write_all(answer.as_bytes()).is_err() {
                return;
            }
        }
    });
    let habits = Habits {
        more: format!(
            "[lines.phone]\nenabled = false\n[lines.baresip]\nenabled = true\naddress = \"127.0.0.1:{port}\"\n"
        ),
        ..Habits::default()
    };
    let house = House::in_use(Asterisk::start(), habits);
    house.product.wait_status(SOON, "the call", |status| {
        status["calls"][0]["source"] == "baresip" && status["calls"][0]["state"] == "connected"
    });
    wait_until(SOON, "the session", || house.company.sessions(PERSON) == 1);
}

/// Command and token of the first complete frame.
fn request(text: &str) -> Option<(String, String)> {
    let (length, rest) = text.split_once(':')?;
    let body = rest.get(..length.parse().ok()?)?;
    let body: Value = serde_json::from_str(body).ok()?;
    let word = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
    Some((word("command"), word("token")))
}

// The hook.

#[test]
fn a_flood_of_calls_is_refused_by_name_and_the_call_before_it_counts_on() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    let mark = house.company.mark();
    let calls = |id: &str| {
        house
            .product
            .ctl(&["call", "answer", "--source", "loud", "--id", id])
    };
    assert_eq!(calls("first").code, 0);
    house.wait_written(mark, SOON, &["setPresence"]);
    let file: Value = serde_json::from_str(&house.product.file("hook.json").expect("the hook's file"))
        .expect("the hook's file");
    let address = format!("http://127.0.0.1:{}/v1/call", file["port"]);
    let token = file["token"].as_str().expect("a token").to_owned();
    let post = |body: String| {
        let request = http::post(&address)
            .bearer_auth(&token)
            .header("content-type", "application/json");
        http::send(request.body(body))
    };
    let event = |source: &str, id: usize| {
        json!({"v": 1, "event": "answer", "source": source, "callId": id.to_string()}).to_string()
    };
    let answers: Vec<u16> = (0..200).map(|id| post(event("loud", id)).status).collect();
    assert!(answers.contains(&429), "{answers:?}");
    assert!(
        answers.iter().all(|status| [204, 429].contains(status)),
        "{answers:?}"
    );
    let refused = wait_for(SOON, "a refusal at the console", || {
        let said = calls("again");
        for id in 0..20 {
            post(event("loud", id));
        }
        (said.code == 1).then_some(said)
    });
    assert_said(
        &refused.stderr,
        &[
            "loud reports calls too fast; the surplus was ignored.",
            "Check that program's settings.",
        ],
    );
    // Of one source no more than 32 calls live at once.
    let status = house.product.status();
    let live = status["calls"].as_array().map_or(0, Vec::len);
    assert!(live <= 32, "{live} calls are live");
    let known = status["calls"].as_array().cloned().unwrap_or_default();
    assert!(known.iter().any(|call| call["id"] == "first"), "{status:#}");
    // Another source is heard, and Teams was asked once.
    assert_eq!(post(event("quiet", 1)).status, 204);
    assert_eq!(house.company.written_since(mark), ["setPresence"]);
    for source in ["loud", "quiet"] {
        wait_until(SOON, "the end of all calls", || {
            let said = house.product.ctl(&["call", "reset", "--source", source]);
            said.code == 0
        });
    }
    house.wait_written(mark, SOON, &["setPresence", "clearPresence"]);
}

#[test]
fn reports_that_are_none_change_nothing() {
    let house = House::in_use(Asterisk::start(), Habits::default());
    let file: Value = serde_json::from_str(&house.product.file("hook.json").expect("the hook's file"))
        .expect("the hook's file");
    let address = format!("http://127.0.0.1:{}/v1/call", file["port"]);
    let token = file["token"].as_str().expect("a token");
    let json_type = ("content-type", "application/json");
    let good = json!({"v": 1, "event": "answer", "source": "x", "callId": "1"}).to_string();
    let post = |token: &str, body: &str| {
        let request = http::post(&address)
            .bearer_auth(token)
            .header(json_type.0, json_type.1);
        http::send(request.body(body.to_owned()))
    };
    assert_eq!(post("guessed", &good).status, 401);
    for (body, field) in [
        ("{", "json"),
        ("[]", "json"),
        (r#"{"v":1,"event":"explode","source":"x","callId":"1"}"#, "event"),
        (r#"{"v":1,"event":"answer","callId":"1"}"#, "source"),
        (r#"{"v":2,"event":"answer","source":"x","callId":"1"}"#, "v"),
        (
            r#"{"v":1,"event":"answer","source":"baresip","callId":"1"}"#,
            "source",
        ),
        (r#"{"v":1,"event":"answer","source":"x","callId":""}"#, "callId"),
    ] {
        let answer = post(token, body);
        assert_eq!(answer.status, 400, "{body}: {answer:?}");
        assert_eq!(
            answer.json,
            json!({"code": "hook-malformed", "field": field}),
            "{body}"
        );
    }
    assert_eq!(post(token, &"x".repeat(1 << 20)).status, 413);
    assert_eq!(house.product.status()["calls"], Value::Array(Vec::new()));
    assert_eq!(post(token, &good).status, 204);
}

// The control socket.

#[test]
fn a_client_that_talks_nonsense_disturbs_nobody() {
    use std::os::unix::net::UnixStream;
    let house = House::in_use(Asterisk::start(), Habits::default());
    let socket = house.product.data_dir().join("control.sock");
    for nonsense in [
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        b"{\"hello\":{\"protocol\":99}}\n".to_vec(),
        b"{\"hello\":{\"protocol\":1}}\n{\"what\":\n".to_vec(),
        vec![b'x'; 1 << 20],
        vec![0xff; 4096],
    ] {
        let mut stream = UnixStream::connect(&socket).expect("the control socket");
        stream
            .set_read_timeout(Some(SOON))
            .expect("a limit for the answer");
        // It may hang up while we are still talking.
        drop(stream.write_all(&nonsense));
        drop(stream.write_all(b"\n"));
        let mut answer = [0; 1024];
        drop(stream.read(&mut answer));
        assert_eq!(house.product.status()["state"], "free");
    }
    house.company.pick(PERSON, Some("do-not-disturb"));
    house.wait_dnd(true);
    assert_eq!(house.product.status()["phone"]["dnd"]["owner"], "offhook");
}

// Names that are none.

#[test]
fn an_extension_that_is_not_there_is_named() {
    let mut house = House::set_up(Asterisk::start(), Habits::default());
    let settings = house.settings().replace(EXTENSION, "4711");
    house.product.write_settings(&settings);
    house.move_in();
    house.product.wait_status(SOON, "the sentence", |status| {
        let text = status["health"]["phone"]["text"].as_str().unwrap_or_default();
        text.contains("The extension 4711 is not known") && text.contains("Check the extension")
    });
}

#[test]
fn an_extension_that_would_inject_a_header_is_refused() {
    let mut house = House::set_up(Asterisk::start(), Habits::default());
    let evil = format!("{EXTENSION}\\r\\nAction: Command");
    let quoted = |text: &str| format!("extension = \"{text}\"");
    let settings = house.settings().replace(&quoted(EXTENSION), &quoted(&evil));
    house.product.write_settings(&settings);
    let mark = house.pbx.ami().mark();
    house.product.start_headless();
    house.product.set_phone_password("desk-secret");
    assert_said(&doctor(&house), &["phone.extension"]);
    stays(A_WHILE, "no sign-in", || {
        let events = house.pbx.ami().events_since(mark);
        !events
            .iter()
            .any(|event| event.is("SuccessfulAuth") && event.has("AccountID", "desk"))
    });
}
