//! Somebody who has never seen Offhook: the first run in the real window with a key file that is dropped on it, and what
//! goes wrong on the way.
//!
//! Where `OFFHOOK_PICTURES` names a folder, what the pages look like on the way is kept there.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use offhook_tests::browser::Browser;
use offhook_tests::desk::{Desk, DragSource};
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::wait_until;
use offhook_tests::webdriver::Window;

const SOON: Duration = Duration::from_secs(60);
const ALICE: &str = "alice";

/// The tables of the company's settings that an administrator has given out; nothing of the phone system.
fn without_phone(company: &Playground) -> String {
    let settings = company.settings();
    let (before, after) = settings.split_once("[phone]").expect("a phone system");
    let rest = after.split_once("\n[").map_or("", |(_, rest)| rest);
    format!("{before}[{rest}\n[person]\nlanguage = \"en\"\nfirst_run = \"welcome\"\n")
}

/// A key file for the company's phone system, as an administrator makes it.
fn key_file(product: &Product<'_>, company: &Playground) -> PathBuf {
    let path = product.data_dir().join("Telefon für Alice.pbxkey");
    let port = company.addresses["phone"]["port"].to_string();
    let words = [
        "key",
        "new",
        "--name",
        "pbx.example.com",
        "--kind",
        "asterisk",
        "--host",
        "127.0.0.1",
    ];
    let more = [
        "--port",
        &port,
        "--issuer",
        "IT Example",
        "--out",
        path.to_str().unwrap(),
    ];
    let said = product.run("offhookctl", &[&words[..], &more[..]].concat());
    assert_eq!(said.code, 0, "{said:?}");
    path
}

#[track_caller]
fn drag(desk: &Desk, file: &Path) {
    let mut source = DragSource::show(desk, &[file]);
    source.hold_over(&desk.wait_window("^Offhook$"));
    source.let_go();
}

#[test]
fn a_newcomer_drops_a_key_file_and_is_told_what_is_wrong_at_each_step() {
    let desk = Desk::with_screen();
    let company = Playground::start(&desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(&desk);
    product.write_settings(&without_phone(&company));
    product.start(&["--minimised"], &[]);
    let window = Window::open(&desk, product.data_dir(), "first-run");
    let title = |wanted: &str| window.wait_text("h1", |text| text == wanted);
    let findings = |wanted: &str| window.wait_text(".findings", |text| text.contains(wanted));
    title("Your phone and Teams, in agreement");
    window.picture("newcomer-1-welcome");
    window.press("first-run-begin");

    // The browser is closed without an answer: cancelled here, and tried again.
    title("Sign in to Microsoft");
    window.press("account-sign-in");
    let abandoned = desk.wait_opened();
    window.press("account-cancel");
    window.press("account-sign-in");
    let mut url = desk.wait_opened();
    assert_ne!(url, abandoned);
    url.query_pairs_mut().append_pair("playground_user", ALICE);
    let page = Browser::default().open(&url);
    assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
    title("You are signed in");
    window.picture("newcomer-2-signed-in");
    window.press("first-run-next");

    // A file that is none, then the right one.
    title("Your phone system");
    let wrong = product.data_dir().join("Anleitung.txt");
    fs::write(&wrong, "Press 1.").unwrap();
    drag(&desk, &wrong);
    window.find("[role=alert][data-code=PBXKEY_NOT_JSON]");
    window.picture("newcomer-3-wrong-file");
    drag(&desk, &key_file(&product, &company));
    window.wait_text("[data-key=offered]", |text| text.contains("IT Example"));
    window.picture("newcomer-4-offered");
    window.press("key-use");
    window.find("[data-key=accepted]");
    assert!(
        window.look("[data-code]").is_none(),
        "the refusal of the wrong file is gone: {}",
        window.source()
    );
    window.picture("newcomer-5-accepted");
    window.press("first-run-next");

    // This pretend phone system speaks no TLS; then the wrong password; then the right one.
    title("Your access to the phone system");
    let phone = &company.addresses["phone"];
    window
        .find("#phone-user")
        .type_in(phone["user"].as_str().unwrap());
    window
        .find("#phone-extension")
        .type_in(phone["extension"].as_str().unwrap());
    window.find("#phone-password").type_in("not this one");
    window.press("phone-save-test");
    findings("The secure connection to 127.0.0.1 could not be made");
    window.picture("newcomer-6-no-tls");
    window.press_css("details summary");
    window.press_css("input[name=phone-tls][value=off]");
    window.press("phone-save-test");
    findings("password");
    window.picture("newcomer-7-wrong-password");
    window
        .find("#phone-password")
        .type_in(phone["password"].as_str().unwrap());
    window.press("phone-save-test");
    findings("User and password are right");
    window.picture("newcomer-8-tested");
    window.press("first-run-next");
    title("Offhook is ready");
    window.picture("newcomer-9-ready");
    window.press("first-run-finish");
    title("Free");
    product.wait_status(SOON, "the phone system", |status| {
        status["health"]["phone"]["ok"] == true
    });

    // The phone system and Microsoft go away at once: the page says so by itself, in words.
    drop(company);
    window.wait_text("section[aria-labelledby=lights]", |text| {
        text.contains("Nothing answers at 127.0.0.1")
    });
    wait_until(SOON, "the last success beside the failure", || {
        window
            .find("section[aria-labelledby=lights]")
            .text()
            .contains("Last worked")
    });
    window.picture("newcomer-10-gone");
    assert_eq!(product.status()["health"]["phone"]["ok"], false);
}
