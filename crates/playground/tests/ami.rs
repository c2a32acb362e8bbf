//! The phone system against captures of a real Asterisk (`captures/`, copied from the fact sheets): the same keys in
//! the same messages, and the same refusals.

mod common;

use std::collections::BTreeSet;
use std::time::Duration;

use common::*;
use md5::{Digest as _, Md5};
use offhook_playground::{CallState, Fault, Placed, Service};

const DESK: &str = include_str!("captures/asterisk-ami-desk.txt");
const CALLS: &str = include_str!("captures/asterisk-calls.txt");
const HOLD: &str = include_str!("captures/asterisk-hold-busy.txt");

/// Keys of each kind of event in the captures, in order; a kind may come in several shapes.
fn shapes(capture: &str) -> BTreeSet<(String, Vec<String>)> {
    let mut shapes = BTreeSet::new();
    for block in capture.split("\n--- ").filter(|block| block.contains("<- event")) {
        let lines = block.lines().skip(1).filter(|line| !line.is_empty());
        let keys: Vec<String> = lines
            .clone()
            .filter_map(|line| line.split_once(':'))
            .map(|(key, _)| key.to_owned())
            .collect();
        let name = lines
            .clone()
            .next()
            .and_then(|line| line.strip_prefix("Event: "))
            .unwrap_or_default();
        shapes.insert((name.to_owned(), keys));
    }
    shapes
}

fn keys(lines: &Lines) -> Vec<String> {
    lines.iter().map(|(key, _)| key.clone()).collect()
}

#[tokio::test]
async fn events_have_the_captured_shapes() {
    let known: BTreeSet<_> = [DESK, CALLS, HOLD].into_iter().flat_map(shapes).collect();
    let company = company().await;
    let mut ami = Ami::login(&company, "admin").await;
    let Placed::Ringing { call, .. } = company.call("1002", "1001") else {
        panic!()
    };
    assert!(company.answer(call) && company.hold(call, "1001") && company.resume(call, "1001"));
    assert!(company.hang_up(call, Some("1001")));
    let Placed::Answered { call } = company.call("1001", "600") else {
        panic!()
    };
    assert!(company.hang_up(call, None));
    company.set_db("DND", "1001", Some("YES"));
    ami.act(&[
        ("Action", "Originate"),
        ("ActionID", "o1"),
        ("Channel", "Local/1001@from-internal/n"),
        ("Application", "Wait"),
        ("Data", "1"),
        ("Async", "true"),
    ])
    .await;
    ami.act(&[
        ("Action", "Setvar"),
        ("Variable", "PRESENCE_STATE(CustomPresence:1001)"),
        ("Value", "dnd,,Meeting"),
    ])
    .await;
    ami.act(&[
        ("Action", "DBGet"),
        ("ActionID", "d1"),
        ("Family", "DND"),
        ("Key", "1001"),
    ])
    .await;
    ami.until(is("DBGetComplete", "ActionID", "d1")).await;
    let names: BTreeSet<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    let mut compared = BTreeSet::new();
    for event in &ami.events {
        let name = value(event, "Event");
        if names.contains(name) {
            compared.insert(name);
            assert!(
                known.contains(&(name.to_owned(), keys(event))),
                "no capture has this shape: {event:?}"
            );
        }
    }
    for name in [
        "Newchannel",
        "NewCallerid",
        "NewConnectedLine",
        "Newstate",
        "DialBegin",
        "DialState",
        "DialEnd",
        "BridgeCreate",
        "BridgeEnter",
        "BridgeLeave",
        "BridgeDestroy",
        "Hold",
        "Unhold",
        "HangupRequest",
        "SoftHangupRequest",
        "Hangup",
        "DeviceStateChange",
        "ExtensionStatus",
        "PresenceStatus",
        "OriginateResponse",
        "DBGetResponse",
        "DBGetComplete",
    ] {
        assert!(compared.contains(name), "{name} was not compared");
    }
}

#[tokio::test]
async fn logins() {
    let company = company().await;
    let mut ami = Ami::connect(&company).await;
    let early = ami.act(&[("Action", "Ping"), ("ActionID", "1")]).await;
    assert_eq!(
        early,
        owned(&[
            ("Response", "Error"),
            ("ActionID", "1"),
            ("Message", "Permission denied")
        ])
    );
    let challenge = ami
        .act(&[("Action", "Challenge"), ("ActionID", "2"), ("AuthType", "MD5")])
        .await;
    assert_eq!(keys(&challenge), ["Response", "ActionID", "Challenge"]);
    let text = format!("{}playground-desk", value(&challenge, "Challenge"));
    let key: String = Md5::digest(text)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let login = [
        ("Action", "Login"),
        ("AuthType", "MD5"),
        ("Username", "offhook"),
        ("Key", &key),
    ];
    assert_eq!(
        value(&ami.act(&login).await, "Message"),
        "Authentication accepted"
    );
    let ping = ami.act(&[("Action", "Ping")]).await;
    assert_eq!(keys(&ping), ["Response", "Ping", "Timestamp"]);
    assert_eq!(
        ami.events,
        Vec::<Lines>::new(),
        "no FullyBooted without the system class"
    );
    assert_eq!(
        value(&ami.act(&[("Action", "Logoff")]).await, "Response"),
        "Goodbye"
    );
    assert_eq!(ami.next().await, None);

    // A challenge counts for its own connection only.
    for wrong in [
        vec![("Secret", "wrong")],
        vec![("AuthType", "MD5"), ("Key", &key)],
        vec![],
    ] {
        let mut ami = Ami::connect(&company).await;
        let login = [vec![("Action", "Login"), ("Username", "offhook")], wrong].concat();
        let asked = std::time::Instant::now();
        assert_eq!(value(&ami.act(&login).await, "Message"), "Authentication failed");
        assert_eq!(ami.next().await, None);
        assert!(
            asked.elapsed() >= Duration::from_millis(950),
            "closed after a second"
        );
    }
    let mut full = Ami::login(&company, "admin").await;
    full.until(|event| value(event, "Event") == "FullyBooted").await;
}

#[tokio::test]
async fn what_a_desk_account_may_not_do() {
    let company = company().await;
    let mut ami = Ami::login(&company, "offhook").await;
    type Row<'a> = (&'a str, Vec<(&'a str, &'a str)>, &'a str, &'a str);
    let table: Vec<Row<'_>> = vec![
        (
            "DBPut",
            vec![("Family", "DND"), ("Key", "1001"), ("Val", "YES")],
            "Error",
            "Permission denied",
        ),
        (
            "DBDel",
            vec![("Family", "DND"), ("Key", "1001")],
            "Error",
            "Permission denied",
        ),
        (
            "Command",
            vec![("Command", "core show uptime")],
            "Error",
            "Permission denied",
        ),
        (
            "UserEvent",
            vec![("UserEvent", "x")],
            "Error",
            "Permission denied",
        ),
        ("Filter", vec![("Filter", "x")], "Error", "Permission denied"),
        (
            "DBGet",
            vec![("Family", "DND"), ("Key", "1001")],
            "Error",
            "Database entry not found",
        ),
        (
            "Setvar",
            vec![("Variable", "DB(DND/1001)"), ("Value", "YES")],
            "Error",
            "Variable not set",
        ),
        (
            "Setvar",
            vec![("Variable", "DEVICE_STATE(PJSIP/1001)"), ("Value", "BUSY")],
            "Error",
            "Variable not set",
        ),
        (
            "Setvar",
            vec![("Variable", "DB_DELETE(DND/1001)"), ("Value", "x")],
            "Success",
            "Variable Set",
        ),
        (
            "Originate",
            vec![
                ("Channel", "Local/*78@from-internal/n"),
                ("Application", "System"),
                ("Data", "id"),
            ],
            "Error",
            "Originate Access Forbidden: app or data blacklisted",
        ),
        (
            "Bogus",
            vec![],
            "Error",
            "Invalid/unknown command: Bogus. Use Action: ListCommands to show available commands.",
        ),
    ];
    for (action, fields, response, message) in table {
        let answer = ami.act(&[vec![("Action", action)], fields].concat()).await;
        assert_eq!(
            (value(&answer, "Response"), value(&answer, "Message")),
            (response, message),
            "{action}"
        );
    }
    assert!(!company.dnd("1001"));
    company.set_db("DND", "1001", Some("YES"));
    let empty = ami
        .act(&[
            ("Action", "Getvar"),
            ("ActionID", "g"),
            ("Variable", "DB(DND/1001)"),
        ])
        .await;
    assert_eq!(
        empty,
        owned(&[
            ("Response", "Success"),
            ("ActionID", "g"),
            ("Variable", "DB(DND/1001)"),
            ("Value", "")
        ])
    );
    let refused: Vec<_> = company
        .requests()
        .into_iter()
        .filter(|request| request.status == Some(400))
        .collect();
    assert_eq!(refused.len(), 10, "the log says which were refused");
}

#[tokio::test]
async fn do_not_disturb_by_feature_code() {
    let company = company().await;
    let mut ami = Ami::login(&company, "offhook").await;
    let code = |code: &str| format!("Local/{code}@from-internal/n");
    let (on, off) = (code("*78"), code("*79"));
    let originate = |channel| {
        [
            ("Action", "Originate"),
            ("Channel", channel),
            ("Application", "Wait"),
            ("Data", "3"),
            ("CallerID", "1001 <1001>"),
            ("Async", "true"),
        ]
    };
    let answer = ami.act(&originate(on.as_str())).await;
    assert_eq!(value(&answer, "Message"), "Originate successfully queued");
    ami.until(is("DeviceStateChange", "Device", "Custom:DND1001"))
        .await;
    let hint = ami.until(is("ExtensionStatus", "Exten", "1001")).await;
    assert_eq!(value(&hint, "StatusText"), "Busy", "the hint is polluted");
    assert_eq!(
        company.device_state("PJSIP/1001"),
        "NOT_INUSE",
        "the device is not"
    );
    assert_eq!(company.db("DND", "1001").as_deref(), Some("YES"));
    assert_eq!(
        company.call("1003", "1001"),
        Placed::Refused {
            cause: 17,
            text: "User busy"
        }
    );
    // The code hangs up by itself.
    ami.until(|event| value(event, "Event") == "Hangup" && value(event, "Channel").ends_with(";1"))
        .await;
    ami.events.clear();
    ami.act(&originate(off.as_str())).await;
    let change = ami
        .until(is("DeviceStateChange", "Device", "Custom:DND1001"))
        .await;
    assert_eq!(value(&change, "State"), "UNAVAILABLE");
    assert!(matches!(company.call("1003", "1001"), Placed::Ringing { .. }));
    company.inject(Fault::PbxCodeWithoutEffect);
    ami.act(&originate(on.as_str())).await;
    assert!(!company.dnd("1001"));
}

#[tokio::test]
async fn forwards_and_numbers() {
    let company = company().await;
    company.call("1001", "*721002");
    assert_eq!(company.db("CF", "1001").as_deref(), Some("1002"));
    let Placed::Ringing { call, at } = company.call("1003", "1001") else {
        panic!()
    };
    assert_eq!(at, "1002");
    assert_eq!(company.calls()[1].dialled, "1001", "{:?}", company.calls());
    company.hang_up(call, None);
    company.call("1002", "*721001");
    assert!(
        matches!(company.call("1003", "1001"), Placed::Refused { .. }),
        "a circle ends"
    );
    company.call("1001", "*73");
    assert_eq!(company.db("CF", "1001"), None);
    assert!(matches!(
        company.call("1003", "77"),
        Placed::Refused { cause: 1, .. }
    ));
    company.set_registered("1004", false);
    assert!(matches!(
        company.call("1003", "1004"),
        Placed::Refused { cause: 20, .. }
    ));
    assert!(
        matches!(company.call("+49301234567", "1003"), Placed::Ringing { .. }),
        "from outside"
    );
}

#[tokio::test]
async fn device_states_of_a_call() {
    let company = company().await;
    let states = || {
        (
            company.device_state("PJSIP/1001"),
            company.device_state("PJSIP/1002"),
        )
    };
    let pair = |one: &str, two: &str| (one.to_owned(), two.to_owned());
    let Placed::Ringing { call, .. } = company.call("1002", "1001") else {
        panic!()
    };
    assert_eq!(states(), pair("RINGING", "INUSE"));
    company.answer(call);
    assert_eq!(states(), pair("INUSE", "INUSE"));
    company.hold(call, "1001");
    assert_eq!(states(), pair("INUSE", "ONHOLD"), "the held party shows it");
    assert_eq!(company.calls()[0].state, CallState::Held);
    company.resume(call, "1001");
    let Placed::Ringing { call: second, .. } = company.call("1003", "1001") else {
        panic!()
    };
    assert_eq!(states().0, "RINGINUSE");
    company.set_busy_at(2);
    assert_eq!(states().0, "BUSY");
    company.hang_up(second, Some("1001"));
    company.hang_up(call, None);
    assert_eq!(states(), pair("NOT_INUSE", "NOT_INUSE"));
}

#[tokio::test]
async fn a_filtered_account_sees_its_own_events_only() {
    let company = company().await;
    let mut ami = Ami::login(&company, "desk1001").await;
    let Placed::Ringing { call, .. } = company.call("1003", "1002") else {
        panic!()
    };
    company.hang_up(call, None);
    company.call("1002", "1001");
    ami.until(is("DeviceStateChange", "Device", "PJSIP/1001")).await;
    ami.act(&[("Action", "Ping")]).await;
    for event in &ami.events {
        let own = value(event, "Channel").starts_with("PJSIP/1001-");
        assert!(
            own || value(event, "Exten") == "1001" || value(event, "Device") == "PJSIP/1001",
            "{event:?}"
        );
    }
    let list = ami
        .act(&[("Action", "ExtensionStateList"), ("ActionID", "l")])
        .await;
    assert_eq!(value(&list, "EventList"), "start");
    ami.until(is("ExtensionStateListComplete", "ListItems", "4"))
        .await;
    ami.until(is("ExtensionStatus", "Exten", "1003")).await;
}

#[tokio::test]
async fn a_restart_ends_connections_and_calls() {
    let company = company().await;
    let mut ami = Ami::login(&company, "admin").await;
    company.set_db("DND", "1004", Some("YES"));
    company.call("1002", "1001");
    company.stop_phone_system().await;
    while ami.next().await.is_some() {}
    assert!(
        tokio::net::TcpStream::connect(company.addresses().ami)
            .await
            .is_err(),
        "down"
    );
    let other = tokio::net::TcpSocket::new_v4().unwrap();
    let taken = other.bind(company.addresses().starface_chat);
    assert!(taken.is_err(), "nobody else gets its ports meanwhile");
    let sip = company.addresses().sip;
    let taken = std::net::UdpSocket::bind(sip);
    assert!(taken.is_err(), "nor the one for datagrams");
    // Who asks there is refused, and not left waiting.
    let asking = tokio::net::UdpSocket::bind("127.0.0.1:0").await.unwrap();
    asking.connect(sip).await.unwrap();
    let refused = tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while asking.send(b"OPTIONS").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    });
    refused.await.expect("refused");
    company.start_phone_system().await.unwrap();
    let mut ami = Ami::login(&company, "admin").await;
    let list = ami
        .act(&[("Action", "CoreShowChannels"), ("ActionID", "c")])
        .await;
    assert_eq!(value(&list, "Message"), "Channels will follow");
    ami.until(is("CoreShowChannelsComplete", "ListItems", "0")).await;
    assert!(company.dnd("1004"), "the database stays");
}

#[tokio::test]
async fn times_are_kept() {
    let company = company().await;
    let (mark, before) = (company.mark(), company.micros());
    company.call("1002", "1001");
    let event = company
        .wait_for(mark, LIMIT, |request| request.method == "DialBegin")
        .await
        .unwrap();
    assert_eq!(event.service, Service::AmiEvent);
    assert!((before..company.micros() + 1).contains(&event.at_us));
}
