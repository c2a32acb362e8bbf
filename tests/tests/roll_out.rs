//! Roll-out: an organisation's policy, the key file it names, and newer versions from a place it names.
#![cfg(target_os = "linux")]

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use offhook_tests::desk::Desk;
use offhook_tests::places;
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::runtime::{block_on, handle};
use offhook_tests::socket::Socket;
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
const PBX: &str = "pbx.example.com";

/// Runs OpenSSL in a folder, as docs/ADMIN.md says.
#[track_caller]
fn openssl(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let mut command = Command::new(places::system_program("openssl"));
    let output = command
        .current_dir(folder)
        .args(arguments)
        .output()
        .expect("openssl");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    output.stdout
}

/// A new key in `NAME.pem`; gives its public half as the settings have it.
fn signer(folder: &Path, name: &str) -> String {
    let file = format!("{name}.pem");
    openssl(folder, &["genpkey", "-algorithm", "ed25519", "-out", &file]);
    let public = openssl(folder, &["pkey", "-in", &file, "-pubout", "-outform", "DER"]);
    URL_SAFE_NO_PAD.encode(&public[public.len() - 32..])
}

/// The file of newer versions, signed as docs/ADMIN.md says.
fn feed(folder: &Path, by: &str, version: &str) -> Vec<u8> {
    let made = jiff::Timestamp::now();
    let until = made
        .checked_add(jiff::SignedDuration::from_hours(24))
        .expect("a time");
    let body = json!({"kind": "offhook-update", "version": version, "made": made.to_string(),
        "until": until.to_string(), "page": "https://example.com/offhook"});
    std::fs::write(folder.join("update.json"), body.to_string()).expect("written");
    let key = format!("{by}.pem");
    let signature = openssl(
        folder,
        &["pkeyutl", "-sign", "-rawin", "-inkey", &key, "-in", "update.json"],
    );
    let line = format!("offhook-update 1 {}\n", STANDARD.encode(signature));
    [line.into_bytes(), body.to_string().into_bytes()].concat()
}

#[test]
fn an_administrator_gets_the_links_with_the_exact_rights_from_the_console() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.write_settings("version = 1\n[person]\nlanguage = \"en\"\n");
    product.start_headless();
    let said = product.ctl(&["consent-link"]);
    assert_eq!(
        (said.code, said.stdout.as_str()),
        (1, ""),
        "nothing is set: {said:?}"
    );
    product.term();
    product.write_settings(
        "version = 1\n[person]\nlanguage = \"en\"\n[microsoft]\ntenant = \"example.com\"\n\
         client_id = \"00001111-2222-3333-4444-555566667777\"\n",
    );
    product.start_headless();
    let said = product.ctl(&["consent-link"]);
    let lines: Vec<&str> = said.stdout.lines().collect();
    let [sign_in, calendar] = lines[..] else {
        panic!("{said:?}")
    };
    let place = "https://login.microsoftonline.com/example.com/v2.0/adminconsent\
        ?client_id=00001111-2222-3333-4444-555566667777&scope=";
    let scopes = |text: &str| {
        let url = text.split_whitespace().find(|word| word.starts_with(place));
        let url: url::Url = url.expect("the link").parse().expect("an address");
        let scope = url.query_pairs().find(|(name, _)| name == "scope");
        scope
            .expect("scopes")
            .1
            .replace("https://graph.microsoft.com/", "")
    };
    assert_eq!(scopes(sign_in), "User.Read Presence.Read Presence.ReadWrite");
    assert_eq!(scopes(calendar), "User.Read Calendars.Read");
}

fn wait_page(product: &Product<'_>, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    Socket::connect(product.data_dir())
        .watch("pages")
        .wait(SOON, what, wanted)
}

#[test]
fn a_policy_locks_what_it_forces_and_takes_over_the_key_file_it_names() {
    let desk = Desk::headless();
    let folder = places::folder("policy");
    let signer = signer(folder.path(), "admin");
    let mut product = Product::new(&desk);
    let (key, pem) = (folder.path().join("pbx.pbxkey"), folder.path().join("admin.pem"));
    let (key, pem) = (key.display().to_string(), pem.display().to_string());
    let made = product.ctl(&[
        "key",
        "new",
        "--name",
        PBX,
        "--kind",
        "asterisk",
        "--issuer",
        "IT",
        "--valid-days",
        "30",
        "--sign",
        &pem,
        "--out",
        &key,
    ]);
    assert_eq!(made.code, 0, "{made:?}");
    let policy = folder.path().join("policy.toml");
    let write = |signer: &str| {
        let text = format!(
            "[phone]\nkey_file = \"{key}\"\nkey_signers = [\"{signer}\"]\n[microsoft]\nclient_id = \"00000000-1111-2222-3333-444444444444\"\n[store]\nsecrets = \"file\"\n"
        );
        std::fs::write(&policy, text).expect("written");
    };
    let named = policy.display().to_string();
    let environment = [("OFFHOOK_TEST_POLICY", named.as_str())];

    // A file that somebody else has signed is refused, policy or not.
    let other = self::signer(folder.path(), "other");
    write(&other);
    product.start(&["--no-tray"], &environment);
    product.wait_logged("the policy's key file was refused");
    wait_page(&product, "no phone system", |pages| {
        pages["phone"]["host"]["value"] == ""
    });
    // Who rolls out is told by status and doctor, and sees that the policy is read at all.
    let problems = product.status()["problems"].clone();
    let refused = problems.as_array().into_iter().flatten();
    let refused: Vec<&Value> = refused
        .filter(|problem| problem["code"] == "forced-key-refused")
        .collect();
    assert_eq!(refused.len(), 1, "{problems}");
    let (in_order, says) = product.doctor("forced-key-refused");
    assert!(!in_order && says.contains("PBXKEY_UNTRUSTED_SIGNER"), "{says}");
    assert!(says.contains("offhookctl key check"), "{says}");
    let (in_order, says) = product.doctor("Settings");
    assert!(
        in_order && says.contains("Set by your organisation: 4."),
        "{says}"
    );
    // It stays so when other settings change.
    let applied = Socket::connect(product.data_dir()).ask(json!({"apply": {"person.icon": "dark"}}));
    applied.expect("taken");
    assert!(!product.doctor("forced-key-refused").0);
    product.term();

    write(&signer);
    product.start(&["--no-tray"], &environment);
    let pages = wait_page(&product, "the phone system", |pages| {
        pages["phone"]["host"]["value"] == PBX
    });
    assert_eq!(pages["phone"]["kind"]["value"], "asterisk");
    assert_eq!(pages["account"]["client_id"]["locked"], true);
    assert_eq!(pages["fields"]["store.secrets"]["locked"], true);
    assert_eq!(
        pages["phone"]["host"]["locked"], false,
        "the file is taken over, not forced"
    );
    let mut socket = Socket::connect(product.data_dir());
    let refused = socket
        .ask(json!({"apply": {"microsoft.client_id": "mine"}}))
        .expect_err("refused");
    assert_eq!(refused["code"], "locked");
    drop(socket);
    product.term();

    // Once more: what is there already is not asked about again.
    product.start(&["--no-tray"], &environment);
    let again = wait_page(&product, "the phone system", |pages| {
        pages["phone"]["host"]["value"] == PBX
    });
    assert_ne!(again["phone"]["key"]["state"], "offered");
    let problems = product.status()["problems"].to_string();
    assert!(!problems.contains("forced-key-refused"), "{problems}");
    product.term();

    // Without the policy the setting alone does nothing.
    let mut alone = Product::new(&desk);
    alone.write_settings(&format!("[phone]\nkey_file = \"{key}\"\n"));
    alone.start_headless();
    let pages = wait_page(&alone, "the pages", |pages| {
        pages["fields"]["phone.key_file"]["value"] == json!(key)
    });
    assert_eq!(pages["phone"]["host"]["value"], "");
}

#[test]
fn the_organisation_decides_whether_offhook_starts_at_sign_in() {
    const START: &str = "Start at sign-in";
    let desk = Desk::headless();
    let mut product = Product::in_its_usual_place(&desk);
    product.write_settings("version = 1\n[person]\nlanguage = \"en\"\n[store]\nsecrets = \"file\"\n");
    let entry = desk.folder().join("config/autostart/offhook.desktop");
    let policy = desk.folder().join("policy.toml");
    let force = |on: bool| std::fs::write(&policy, format!("[person]\nautostart = {on}\n")).expect("written");
    let named = policy.display().to_string();
    let environment = [("OFFHOOK_TEST_POLICY", named.as_str())];
    let shown = |product: &Product<'_>, on: bool| {
        let pages = wait_page(product, "the start-up page", |pages| {
            pages["startup"]["autostart"]["on"] == on
        });
        assert_eq!(pages["startup"]["autostart"]["locked"], true);
        let asked = json!({"autostart": {"on": !on}});
        let refused = Socket::connect(product.data_dir())
            .ask(asked)
            .expect_err("refused");
        assert_eq!(refused["code"], "locked");
    };

    force(true);
    product.start(&["--no-tray"], &environment);
    let text = std::fs::read_to_string(&entry).expect("the entry");
    assert!(text.contains("offhook --minimised\n"), "{text}");
    shown(&product, true);
    // Taken away by hand: set right when somebody looks, and at the end.
    std::fs::remove_file(&entry).expect("removed");
    let said = product.doctor(START);
    assert!(said.0 && said.1.contains("and it does"), "{said:?}");
    std::fs::write(&entry, text.replace("Exec=", "Exec=/old")).expect("changed");
    assert_eq!(product.ctl(&["quit"]).code, 0);
    assert_eq!(std::fs::read_to_string(&entry).expect("the entry"), text);

    force(false);
    product.start(&["--no-tray"], &environment);
    assert!(!entry.exists());
    shown(&product, false);
    assert!(product.doctor(START).0);
    product.term();
    // Nobody forces it any more: what is there stays, and the person has the switch.
    std::fs::remove_file(&policy).expect("removed");
    product.start(&["--no-tray"], &environment);
    let asked = Socket::connect(product.data_dir()).ask(json!({"autostart": {"on": true}}));
    asked.expect("switched on");
    assert!(entry.exists());
    product.term();
    assert!(entry.exists());

    // While it does not run, the doctor only says so.
    std::fs::remove_file(&entry).expect("removed");
    force(true);
    let mut doctor = product.command("offhook", &["--doctor"]);
    let found = doctor.envs(environment).output().expect("the doctor");
    let found: Value = serde_json::from_slice(&found.stdout).expect("findings");
    let start = found
        .as_array()
        .expect("a list")
        .iter()
        .find(|finding| finding["what"] == START);
    let start = start.expect("a finding");
    assert_eq!(start["ok"], false);
    assert!(
        start["mend"]
            .as_str()
            .is_some_and(|mend| mend.contains("Start Offhook once"))
    );
    assert!(!entry.exists());
}

#[test]
fn who_leaves_takes_away_everything_that_was_stored_for_them() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let mut product = Product::new(&desk);
    product.write_settings(&company.settings());
    product.start_headless();
    product.set_phone_password(
        company.addresses["phone"]["password"]
            .as_str()
            .expect("a password"),
    );
    for name in ["phone-client", "calendar", "proxy", "sip"] {
        let said = product.run_with_input("offhookctl", &["secret", "set", name], "hunter2");
        assert_eq!(said.code, 0, "{said:?}");
    }
    product.sign_in("alice");
    product.wait_status(SOON, "the phone system", |status| {
        status["health"]["phone"]["ok"] == true
    });
    let stored = || product.file("secrets.json").expect("the file");
    assert_eq!(stored().matches("hunter2").count(), 4);

    // Signing out is one thing, what belongs to the phone system another.
    assert_eq!(product.ctl(&["sign-out"]).code, 0);
    assert!(!stored().contains("microsoft"), "gone when it returns");
    assert!(stored().contains("hunter2"));
    let said = product.ctl(&["secret", "remove", "all"]);
    assert_eq!((said.code, said.stdout.as_str()), (0, ""), "{said:?}");
    let left: Value = serde_json::from_str(&stored()).expect("JSON");
    assert_eq!(left["secrets"], json!({}));
    product.wait_status(SOON, "nobody at the phone system", |status| {
        status["health"]["phone"]["ok"] == false
    });
    // What is gone already is no fault.
    assert_eq!(product.ctl(&["secret", "remove", "phone"]).code, 0);
    assert!(product.term().success());
}

#[test]
fn newer_versions_are_asked_for_where_the_organisation_says_and_only_signed_ones_count() {
    let desk = Desk::headless();
    let folder = places::folder("feed");
    let trusted = signer(folder.path(), "trusted");
    let _other = signer(folder.path(), "other");
    let given = Arc::new(Mutex::new(feed(folder.path(), "trusted", "9.0.0")));
    let serving = Arc::clone(&given);
    let answer = move || {
        let bytes = serving.lock().expect("the feed").clone();
        async move { bytes }
    };
    let listener = block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = Router::new().route("/feed", get(answer));
    let server = handle().spawn(async move { axum::serve(listener, router).await });

    let mut product = Product::new(&desk);
    product.write_settings(&format!(
        "[store]\nsecrets = \"file\"\n[update]\nfeed = \"http://{address}/feed\"\nkeys = [\"{trusted}\"]\n"
    ));
    product.start_headless();
    let shown = |text: &str| {
        wait_page(&product, text, |pages| {
            pages["startup"]["update"]["text"]
                .as_str()
                .unwrap_or_default()
                .contains(text)
        })
    };
    shown("not asked");
    let ask_again = || {
        let mut socket = Socket::connect(product.data_dir());
        for on in ["false", "true"] {
            socket.ask(json!({"apply": {"update.check": on}})).expect("taken");
        }
    };
    ask_again();
    let pages = shown("Offhook 9.0.0 is there");
    assert_eq!(pages["startup"]["update"]["page"], "https://example.com/offhook");
    // Nobody is nagged: neither attention nor anything in the tray.
    assert_eq!(product.status()["attention"], false);

    *given.lock().expect("the feed") = feed(folder.path(), "other", "9.1.0");
    ask_again();
    shown("not signed");
    *given.lock().expect("the feed") = feed(folder.path(), "trusted", "0.0.1");
    ask_again();
    shown("newest version");

    // Switched off, nothing is asked and nothing is shown.
    Socket::connect(product.data_dir())
        .ask(json!({"apply": {"update.check": "false"}}))
        .expect("taken");
    wait_page(&product, "silence", |pages| pages["startup"]["update"].is_null());
    product.term();

    // The organisation's no goes before the person's yes.
    let settings = product.file("settings.toml").expect("settings");
    let on = settings.replace("check = false", "check = true");
    product.write_settings(&on);
    let policy = folder.path().join("policy.toml");
    std::fs::write(&policy, "[update]\ncheck = false\n").expect("written");
    let named = policy.display().to_string();
    product.start(&["--no-tray"], &[("OFFHOOK_TEST_POLICY", named.as_str())]);
    let pages = wait_page(&product, "the lock", |pages| {
        pages["fields"]["update.check"]["locked"] == true
    });
    assert!(pages["startup"]["update"].is_null(), "{pages}");
    let mut socket = Socket::connect(product.data_dir());
    let refused = socket.ask(json!({"apply": {"update.check": "true"}}));
    assert_eq!(refused.expect_err("refused")["code"], "locked");
    server.abort();
}
