//! Where the sign-in rests: a real gnome-keyring on a private bus, open, locked, absent and late (R21).
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use offhook_playground::{CLIENT_ID, DESK_USER, Options, Playground, TeamsClient};
use offhook_tests::browser::Browser;
use offhook_tests::desk::{Desk, Keyring};
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::socket::Socket;
use offhook_tests::tap::{Asked, Bend, Tap};
use offhook_tests::{stays, try_wait_for, wait_until};
use serde_json::{Value, json};
use url::{Url, form_urlencoded};

const SOON: Duration = Duration::from_secs(15);
/// A store that could not be asked is asked again every 10 s, and one question may take 10 s.
const AGAIN: Duration = Duration::from_secs(40);
const PASSWORD: &str = "playground-desk";
/// What the doctor calls the store.
const STORED: &str = "Stored sign-in and passwords";

/// Gives refresh tokens the length that Entra's may have, and takes the surplus away again on their way back.
struct Lengthen(Arc<AtomicUsize>);

const JOINT: char = '~';

impl Bend for Lengthen {
    fn question(&self, asked: &mut Asked) -> Option<(u16, String)> {
        if asked.path.ends_with("/token") {
            let fields: Vec<(String, String)> = form_urlencoded::parse(asked.body.as_bytes())
                .into_owned()
                .map(|(name, value)| {
                    let value = value.split(JOINT).next().unwrap_or_default().to_owned();
                    (name, value)
                })
                .collect();
            asked.body = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(fields)
                .finish();
        }
        None
    }

    fn answer(&self, path: &str, text: String) -> String {
        let Ok(mut answer) = serde_json::from_str::<Value>(&text) else {
            return text;
        };
        let Some(token) = answer["refresh_token"]
            .as_str()
            .filter(|_| path.ends_with("/token"))
        else {
            return text;
        };
        let length = self.0.load(Ordering::Relaxed);
        let filler = token.repeat(length / token.len() + 1);
        let mut long = format!("{token}{JOINT}{filler}");
        long.truncate(length.max(token.len()));
        answer["refresh_token"] = json!(long);
        answer.to_string()
    }
}

/// Of an access token. Each new refresh token is in the keyring before the access token that came with it is used, and a
/// keyring on a busy machine takes seconds for its entries: a shorter life would be over by then, every time.
const LIFE: Duration = Duration::from_secs(15);

struct Office {
    company: Playground,
    entra: Tap,
    length: Arc<AtomicUsize>,
}

impl Office {
    fn open() -> Self {
        let options = Options {
            access_token_life: Some(LIFE),
            ..Options::default()
        };
        let company = block_on(Playground::start(options)).unwrap();
        company.teams_client("alice", TeamsClient::Available);
        let length = Arc::new(AtomicUsize::new(4000));
        let entra = Tap::bent(&company.addresses().entra, Lengthen(Arc::clone(&length)));
        Self {
            company,
            entra,
            length,
        }
    }

    fn product<'desk>(&self, desk: &'desk Desk) -> Product<'desk> {
        let product = Product::new(desk);
        let (graph, ami) = (&self.company.addresses().graph, self.company.addresses().ami);
        product.write_settings(&format!(
            "version = 1\n\
             [person]\nlanguage = \"en\"\n\
             [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\ngraph_url = \"{graph}\"\n\
             [phone]\nkind = \"asterisk\"\nhost = \"{}\"\nport = {}\ntls = \"off\"\nuser = \"{DESK_USER}\"\n\
             extension = \"1001\"\n\
             [store]\nsecrets = \"keyring\"\n",
            self.entra.url(),
            ami.ip(),
            ami.port(),
        ));
        product
    }

    /// One whose sign-in and password are in the keyring, and that has ended.
    #[track_caller]
    fn filled<'desk>(&self, desk: &'desk Desk) -> Product<'desk> {
        let mut product = self.product(desk);
        product.start_headless();
        set_password(&product);
        sign_in(&product);
        assert!(product.term().success());
        product
    }

    /// How often a browser was sent to the sign-in page.
    fn sign_ins(&self) -> usize {
        self.company
            .requests()
            .iter()
            .filter(|request| request.path_only().ends_with("/authorize"))
            .count()
    }

    fn last_token(&self) -> String {
        self.entra.kept().given("refresh_token").pop().unwrap()
    }
}

fn account(product: &Product<'_>, limit: Duration, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut watch = Socket::connect(product.data_dir()).watch("pages");
    watch.wait(limit, what, |pages| wanted(&pages["account"]))["account"].clone()
}

#[track_caller]
fn sign_in(product: &Product<'_>) {
    let begun = Socket::connect(product.data_dir())
        .ask(json!({"sign_in": {"device_code": false}}))
        .unwrap();
    let mut url: Url = begun["sign_in"]["browser"]["url"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    url.query_pairs_mut().append_pair("playground_user", "alice");
    Browser::default().open(&url);
    wait_signed_in(product, SOON);
}

#[track_caller]
fn wait_well(product: &Product<'_>) {
    wait_signed_in(product, AGAIN);
    product.wait_status(AGAIN, "no attention", |status| {
        status["attention"] == false && status["health"]["phone"]["ok"] == true
    });
}

#[track_caller]
fn wait_signed_in(product: &Product<'_>, limit: Duration) {
    account(product, limit, "signed in", |account| {
        account["step"]["step"] == "signed_in"
    });
    product.wait_status(SOON, "what Teams says", |status| {
        status["teams"]["seen"]["availability"] == "Available"
    });
}

/// As often as a person would try while the keyring of a busy machine is late.
#[track_caller]
fn set_password(product: &Product<'_>) {
    let mut said = None;
    let stored = try_wait_for(AGAIN, || {
        let new = product.run_with_input(
            "offhookctl",
            &["secret", "set", "phone"],
            &format!("{PASSWORD}\n"),
        );
        let code = new.code;
        said = Some(new);
        (code == 0).then_some(())
    });
    assert!(stored.is_some(), "{said:?}");
}

/// Attention with one of these codes, and never "signed out".
#[track_caller]
fn wait_waiting(product: &Product<'_>, codes: &[&str]) {
    let waiting = account(product, AGAIN, "the keyring waited for", |account| {
        account["step"]["step"] == "waiting"
    });
    let code = waiting["problem"]["code"].as_str().unwrap();
    assert!(codes.contains(&code), "{waiting:#}");
    let sentence = waiting["problem"]["sentence"].as_str().unwrap();
    assert!(sentence.ends_with('.'), "{sentence}");
    let status = product.status();
    assert_eq!(status["attention"], true, "{status:#}");
    assert_ne!(status["state"], "signed-out", "{status:#}");
    assert_eq!(status["health"]["microsoft"]["ok"], false, "{status:#}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            Ok(kind) if kind.is_file() => found.push(entry.path()),
            Ok(_) | Err(_) => {}
        }
    }
    found
}

/// No file of the data directory and nothing on the console holds any of these, nor a good part of one.
#[track_caller]
fn assert_nothing_in_files(product: &Product<'_>, secrets: &[String]) {
    let mut texts = vec![("the console".to_owned(), product.log().text())];
    for file in files(product.data_dir()) {
        let text = String::from_utf8_lossy(&fs::read(&file).unwrap_or_default()).into_owned();
        texts.push((file.display().to_string(), text));
    }
    assert!(texts.len() > 3, "settings, ledger or log are missing: {texts:?}");
    for secret in secrets {
        let part = &secret[..secret.len().min(24)];
        for (place, text) in &texts {
            assert!(!text.contains(part), "{place} holds a secret");
        }
    }
}

#[test]
fn the_keyring_holds_tokens_and_password_over_a_restart() {
    let desk = Desk::headless();
    let keyring = Keyring::open(&desk);
    let office = Office::open();
    let mut product = office.product(&desk);
    product.start_headless();
    product.wait_status(SOON, "signed out", |status| status["state"] == "signed-out");
    set_password(&product);
    product.wait_status(SOON, "the phone system", |status| {
        status["health"]["phone"]["ok"] == true
    });
    let password_alone = keyring.items().len();
    assert_eq!(password_alone, 1, "{:?}", keyring.items());
    sign_in(&product);
    assert_eq!(office.last_token().len(), 4000);
    let parts = keyring.items().len() - password_alone;
    assert!(
        parts >= 2,
        "4000 characters take more than one entry: {:?}",
        keyring.items()
    );

    for end in ["term", "kill"] {
        let refreshed = office.entra.kept().given("refresh_token").len();
        if end == "term" {
            assert!(product.term().success());
        } else {
            product.kill9();
        }
        product.start_headless();
        wait_signed_in(&product, SOON);
        product.wait_status(SOON, "the phone system", |status| {
            status["health"]["phone"]["ok"] == true
        });
        assert!(office.entra.kept().given("refresh_token").len() > refreshed);
    }
    assert_eq!(office.sign_ins(), 1);

    let mut secrets = office.entra.kept().given("refresh_token");
    secrets.extend(office.entra.kept().given("access_token"));
    secrets.push(PASSWORD.to_owned());
    assert_nothing_in_files(&product, &secrets);
    assert!(product.file("secrets.json").is_none());

    // A shorter token leaves no end of the longer one behind.
    office.length.store(0, Ordering::Relaxed);
    sign_in(&product);
    wait_until(SOON, "one entry less", || {
        keyring.items().len() < password_alone + parts
    });
    assert!(product.term().success());
    product.start_headless();
    wait_signed_in(&product, SOON);

    assert_eq!(product.ctl(&["sign-out"]).code, 0);
    wait_until(SOON, "nothing but the password", || {
        keyring.items().len() == password_alone
    });
    assert!(product.term().success());
    product.start_headless();
    product.wait_status(SOON, "signed out", |status| status["state"] == "signed-out");
    stays(Duration::from_secs(1), "signed out", || {
        product.status()["state"] == "signed-out"
    });
    product.wait_status(SOON, "the phone system", |status| {
        status["health"]["phone"]["ok"] == true
    });
}

#[test]
fn a_locked_keyring_is_waited_for_and_nothing_is_overwritten() {
    let desk = Desk::headless();
    let keyring = Keyring::open(&desk);
    let office = Office::open();
    let mut product = office.filled(&desk);
    keyring.lock();
    let before = keyring.items().len();
    product.start_headless();
    wait_waiting(&product, &["keyring-locked", "keyring-late"]);
    let (in_order, says) = product.doctor(STORED);
    assert!(!in_order && says.contains("keyring"), "{says}");
    assert_eq!(keyring.items().len(), before);
    assert_eq!(office.sign_ins(), 1);
    keyring.unlock();
    wait_well(&product);
    assert_eq!(
        product.doctor(STORED),
        (true, "The system's keyring answers. ".to_owned())
    );
    assert_eq!(keyring.items().len(), before);
    assert_eq!(office.sign_ins(), 1, "without a browser");

    // Locked while it runs: the session goes on, and what was refreshed meanwhile is stored once it is open.
    keyring.lock();
    let refreshed = office.entra.kept().given("refresh_token").len();
    wait_until(AGAIN, "a refresh while it is locked", || {
        office.entra.kept().given("refresh_token").len() > refreshed
    });
    assert_ne!(product.status()["state"], "signed-out");
    keyring.unlock();
    product.wait_status(AGAIN, "no attention", |status| status["attention"] == false);
    assert!(product.term().success());
    product.start_headless();
    wait_signed_in(&product, SOON);
    assert_eq!(office.sign_ins(), 1);
}

#[test]
fn an_absent_keyring_is_waited_for_until_it_comes() {
    let desk = Desk::headless();
    let keyring = Keyring::open(&desk);
    let office = Office::open();
    let mut product = office.filled(&desk);
    drop(keyring);
    product.start_headless();
    wait_waiting(&product, &["keyring-absent"]);
    let (in_order, says) = product.doctor(STORED);
    assert!(!in_order && says.contains("keyring"), "{says}");
    let keyring = Keyring::open(&desk);
    wait_well(&product);
    assert_eq!(office.sign_ins(), 1, "without a browser");
    assert!(keyring.items().len() >= 3);
}
