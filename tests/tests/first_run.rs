//! The first run, and what a person takes back, as a window has it from the real program: over the control socket.
#![cfg(target_os = "linux")]

use std::net::TcpListener;
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::socket::{Socket, Watch};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const ALICE: &str = "alice";

fn pages(product: &Product<'_>) -> Watch {
    Socket::connect(product.data_dir()).watch("pages")
}

#[track_caller]
fn ask(product: &Product<'_>, command: Value) -> Value {
    Socket::connect(product.data_dir())
        .ask(command)
        .unwrap_or_else(|problem| panic!("{problem}"))
}

/// Waits until the first run is at that step, `null` for one that is not open.
#[track_caller]
fn wait_step(product: &Product<'_>, step: Option<&str>) -> Value {
    let what = format!("the first run at {step:?}");
    pages(product).wait(SOON, &what, |pages| pages["first_run"]["step"].as_str() == step)
}

#[test]
fn it_opens_on_a_fresh_folder_goes_on_after_a_kill_and_never_comes_again_by_itself() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.start_headless();
    let fresh = wait_step(&product, Some("welcome"));
    assert_eq!(fresh["now"]["attention"], Value::Null);
    assert_eq!(fresh["first_run"]["jobs"].as_array().map(Vec::len), Some(3));
    assert_eq!(fresh["first_run"]["has_tray"], false, "there is no desktop");

    ask(&product, json!({"apply": {"person.language": "de"}}));
    let german = wait_step(&product, Some("welcome"));
    assert_eq!(german["language"], "de");
    assert_eq!(german["first_run"]["stages"][0]["name"], "Willkommen");
    ask(&product, json!({"apply": {"person.language": "en"}}));
    ask(&product, json!({"first_run": "next"}));
    wait_step(&product, Some("microsoft"));

    product.kill9();
    product.start_headless();
    wait_step(&product, Some("microsoft"));
    ask(&product, json!({"first_run": "next"}));
    // No phone system is chosen: there is nothing to sign in to.
    wait_step(&product, Some("phone"));
    ask(&product, json!({"first_run": "next"}));
    wait_step(&product, Some("ready"));
    ask(&product, json!({"first_run": "back"}));
    wait_step(&product, Some("phone"));
    ask(&product, json!({"first_run": "finish"}));
    wait_step(&product, None);

    product.term();
    product.start_headless();
    wait_step(&product, None);
    // Wanted by the person, it is there again, but not after the next start.
    ask(&product, json!({"first_run": "again"}));
    wait_step(&product, Some("welcome"));
    ask(&product, json!({"first_run": "next"}));
    wait_step(&product, Some("microsoft"));
    product.term();
    product.start_headless();
    wait_step(&product, None);
}

#[test]
fn a_folder_with_settings_needs_none() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.write_settings("version = 1\n");
    product.start_headless();
    wait_step(&product, None);
}

#[test]
fn the_phone_is_put_back_while_teams_goes_on_and_set_again_when_wanted() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(&desk);
    product.write_settings(&company.settings());
    product.start_headless();
    product.set_phone_password(company.addresses["phone"]["password"].as_str().unwrap());
    product.sign_in(ALICE);
    product.wait_status(SOON, "phone and Teams to be read", |status| {
        status["state"] == "free" && status["health"]["phone"]["ok"] == true
    });
    company.pick(ALICE, Some("do-not-disturb"));
    let dnd = |on: bool| {
        product.wait_status(SOON, &format!("do not disturb: {on}"), |status| {
            status["phone"]["dnd"]["value"] == on
        })
    };
    dnd(true);
    let held = pages(&product).wait(SOON, "an offer to put back", |pages| {
        pages["now"]["put_back"].is_object() && pages["now"]["fields"][0]["owner"] == "offhook"
    });
    assert_eq!(held["now"]["put_back"]["label"], "Put the phone back for now");

    ask(&product, json!("put_back"));
    let status = dnd(false);
    assert_eq!(status["not_done"], json!([{"field": "dnd", "reason": "person"}]));
    assert_eq!(status["teams"]["seen"]["availability"], "DoNotDisturb");
    pages(&product).wait(SOON, "the way back", |pages| {
        pages["now"]["can_set_again"] == true
    });
    ask(&product, json!("set_again"));
    dnd(true);
    company.pick(ALICE, None);
    dnd(false);
}

#[test]
fn a_test_shows_its_steps_as_they_come_and_can_be_cancelled() {
    let desk = Desk::headless();
    // Takes a connection and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let mut product = Product::new(&desk);
    product.write_settings(&format!(
        "version = 1\n[person]\nlanguage = \"en\"\n[phone]\nkind = \"asterisk\"\nhost = \"127.0.0.1\"\nport = {port}\n\
         tls = \"off\"\nuser = \"u\"\nextension = \"23\"\n[store]\nsecrets = \"file\"\n"
    ));
    product.start_headless();
    product.set_phone_password("secret");
    let mut asker = Socket::connect(product.data_dir());
    asker.send(&json!({"id": 1, "command": "test_phone"}));
    let mut pages = pages(&product);
    let reached = pages.wait(SOON, "the first step", |pages| {
        pages["phone"]["testing"] == true && pages["phone"]["findings"][0]["what"] == "Connection"
    });
    assert_eq!(reached["phone"]["findings"][0]["ok"], true);
    ask(&product, json!("cancel_test"));
    let answer = asker.receive(SOON).expect("an answer for who asked");
    let findings = answer["answer"]["answer"]["findings"].as_array().unwrap();
    assert_eq!(findings.len(), 1, "what was found so far: {answer}");
    let after = pages.wait(SOON, "the end of the test", |pages| {
        pages["phone"]["testing"] == false
    });
    assert_eq!(after["phone"]["findings"].as_array().map(Vec::len), Some(1));
    // And it can be run again.
    asker.send(&json!({"id": 2, "command": "test_phone"}));
    pages.wait(SOON, "another test", |pages| pages["phone"]["testing"] == true);
    ask(&product, json!("cancel_test"));
    drop(silent);
}
