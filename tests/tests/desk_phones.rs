//! A desk phone calls its addresses, and Teams shows it: the programs as they are.
#![cfg(target_os = "linux")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::socket::Socket;
use offhook_tests::wait_until;
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const ALICE: &str = "alice";

fn ask(product: &Product<'_>, command: Value) -> Value {
    Socket::connect(product.data_dir())
        .ask(command)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

/// What is to be entered at a Snom, by the name of its field.
fn snom(access: &Value, field: &str) -> String {
    let makes = access["phone_access"]["phones"][0]["makes"]
        .as_array()
        .expect("the makes");
    let snom = makes.iter().find(|make| make["make"] == "snom").expect("Snom");
    let entries = snom["entries"].as_array().expect("its fields");
    let entry = entries
        .iter()
        .find(|entry| entry["field"] == field)
        .expect("the field");
    entry["value"].as_str().expect("an address").to_owned()
}

/// As the phone does it, with its own values put in; gives the status.
fn call(address: &str, call: &str, ongoing: u32) -> u16 {
    let address = address
        .replace("$call-id", call)
        .replace("$nr_ongoing_calls", &ongoing.to_string());
    let (host, target) = address
        .strip_prefix("http://")
        .and_then(|rest| rest.split_once('/'))
        .expect("an address");
    let mut stream = TcpStream::connect(host).expect("the door is open");
    write!(stream, "GET /{target} HTTP/1.1\r\nHost: {host}\r\n\r\n").expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer[9..12].parse().expect("a status")
}

#[test]
fn a_desk_phone_s_calls_and_its_do_not_disturb_reach_teams() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(&desk);
    let settings = company
        .settings()
        .replace("profile = \"recommended\"", "profile = \"starface-9\"");
    product.write_settings(&format!("{settings}\n[person]\nlanguage = \"en\"\n"));
    product.start_headless();
    product.set_phone_password(company.addresses["phone"]["password"].as_str().unwrap());
    product.sign_in(ALICE);
    product.wait_status(SOON, "Teams to be read", |status| status["state"] == "free");

    // Off by default, and a phone without a name is refused.
    let refused = Socket::connect(product.data_dir()).ask(json!("phone_access"));
    assert!(refused.is_err());
    let wrong = json!({"apply": {"lines.deskphone.phones": "not a name"}});
    assert!(Socket::connect(product.data_dir()).ask(wrong).is_err());
    let port = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    ask(
        &product,
        json!({"apply": {
            "rules.profile": "starface-9",
            "lines.deskphone.enabled": "true",
            "lines.deskphone.address": format!("127.0.0.1:{port}"),
            "lines.deskphone.phones": "desk",
        }}),
    );
    product.wait_status(SOON, "the door", |status| {
        status["health"]["lines"]["deskphone"]["ok"] == true
    });
    let access = ask(&product, json!("phone_access"));

    assert_eq!(call(&snom(&access, "action_incoming_url"), "call-one", 1), 200);
    assert_eq!(call(&snom(&access, "action_connected_url"), "call-one", 1), 200);
    wait_until(SOON, "Teams to show the call", || {
        company.presence(ALICE) == "Busy/InACall"
    });
    let status = product.wait_status(SOON, "the call", |status| status["state"] == "in-call");
    assert_eq!(status["calls"][0]["source"], "deskphone");
    assert!(
        !status.to_string().contains("call-one"),
        "the phone's own name for it is kept nowhere"
    );
    assert_eq!(
        call(&snom(&access, "action_disconnected_url"), "call-one", 0),
        200
    );
    wait_until(SOON, "Teams to be free", || {
        company.presence(ALICE) == "Available/Available"
    });

    assert_eq!(call(&snom(&access, "action_dnd_on_url"), "", 0), 200);
    wait_until(SOON, "the person's do not disturb", || {
        company.presence(ALICE) == "Busy/InACall"
    });
    let status = product.wait_status(SOON, "do not disturb", |status| {
        status["phone"]["dnd"]["value"] == true
    });
    assert_eq!(status["phone"]["dnd"]["owner"], "person");
    assert_eq!(call(&snom(&access, "action_dnd_off_url"), "", 0), 200);
    wait_until(SOON, "Teams to be free again", || {
        company.presence(ALICE) == "Available/Available"
    });

    // New addresses shut the old ones out.
    let renewed = ask(&product, json!("renew_phone_access"));
    product.wait_status(SOON, "the new door", |status| {
        status["health"]["lines"]["deskphone"]["ok"] == true
    });
    let old = snom(&access, "action_connected_url");
    let new = snom(&renewed, "action_connected_url");
    assert_ne!(old, new);
    wait_until(SOON, "the new address", || call(&new, "call-two", 1) == 200);
    assert_eq!(call(&old, "call-three", 1), 404);
    let logs = product.logs();
    let token = new
        .split("/p/")
        .nth(1)
        .and_then(|rest| rest.split('?').next())
        .expect("a token");
    assert!(!logs.contains(token), "no token in the log");
}
