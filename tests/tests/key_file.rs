//! Key files from the command to the page, with the person's word in between: the driver in this process, with a clock
//! that can be moved, asked and watched over its own socket. Real drags onto the real window are in `key_drag.rs`.
#![cfg(target_os = "linux")]

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use base64::Engine as _;
use offhook_connect::clock;
use offhook_connect::desktop::{DesktopEvent, NoDesktop};
use offhook_connect::driver::{self, Start};
use offhook_connect::entra::Clock;
use offhook_connect::settings::Settings;
use offhook_engine::clock::Now;
use offhook_engine::view::tray::Action;
use offhook_pbxkey::{Contents, Host, KeyFile, Kind, PbxKey, PbxName, SignerSecret, SpkiPin, System};
use offhook_tests::socket::Socket;
use offhook_tests::{places, stays, wait_until};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const SOON: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_millis(700);
const VECTORS: &str = include_str!("../../crates/pbxkey/tests/data/pbxkey-vectors.json");
const EXAMPLE: &[u8] = include_bytes!("../../crates/pbxkey/tests/data/pbxkey-example.pbxkey");
/// The vectors' usual day.
const TODAY: &str = "2026-06-01T00:00:00Z";
const NAME: &str = "pbx.example.de";

/// The driver on a day of the test's choice.
struct Desk {
    folder: tempfile::TempDir,
    today: Arc<Mutex<jiff::Timestamp>>,
    desktop: UnboundedSender<DesktopEvent>,
    driver: Option<JoinHandle<()>>,
}

impl Desk {
    /// Nothing set up; secrets rest in a file.
    fn new() -> Self {
        Self::with(&["version = 1", "[store]", "secrets = \"file\""], &[])
    }

    fn with(settings: &[&str], policy: &[&str]) -> Self {
        let folder = places::folder("key");
        fs::create_dir(folder.path().join("data")).unwrap();
        fs::write(folder.path().join("data/settings.toml"), settings.join("\n")).unwrap();
        fs::write(folder.path().join("policy.toml"), policy.join("\n")).unwrap();
        let mut desk = Self {
            folder,
            today: Arc::new(Mutex::new(TODAY.parse().unwrap())),
            desktop: unbounded_channel().0,
            driver: None,
        };
        desk.start();
        desk
    }

    fn start(&mut self) {
        let (desktop, from_desktop) = unbounded_channel();
        let (data_dir, policy) = (self.data_dir(), self.folder.path().join("policy.toml"));
        let clock = clock_on(&self.today);
        self.desktop = desktop;
        self.driver = Some(std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let start = Start {
                settings: Settings::load_with_policy(&data_dir, Some(&policy)),
                data_dir,
                desktop: NoDesktop,
                from_desktop,
                clock,
                version: "0".to_owned(),
            };
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, driver::run(start)).expect("the driver");
        }));
        let run = self.data_dir().join("run.json");
        wait_until(SOON, "the driver", || run.exists());
    }

    fn stop(&mut self) {
        drop(self.desktop.send(DesktopEvent::Action(Action::Quit)));
        if let Some(driver) = self.driver.take() {
            let ended = driver.join();
            if !std::thread::panicking() {
                ended.expect("the driver");
            }
        }
    }

    fn restart(&mut self) {
        self.stop();
        self.start();
    }

    fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn it_is(&self, now: &str) {
        *self.today.lock().unwrap() = now.parse().unwrap();
    }

    fn ask(&self, command: Value) -> Result<Value, Value> {
        Socket::connect(&self.data_dir()).ask(command)
    }

    /// The phone page's key part, as a window sees it.
    fn view(&self) -> Value {
        let pages = Socket::connect(&self.data_dir())
            .watch("pages")
            .wait(SOON, "the pages", |_| true);
        pages["phone"]["key"].clone()
    }

    /// Writes a file for dropping.
    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Drops; what the page then shows.
    fn drop_paths(&self, paths: &[&Path]) -> Value {
        let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        self.ask(json!({"offer_key_file": {"paths": paths}})).unwrap();
        self.view()
    }

    fn drop_bytes(&self, bytes: &[u8]) -> Value {
        self.drop_paths(&[&self.file("dropped.pbxkey", bytes)])
    }

    fn type_in(&self, name: &str, key: &str) -> Value {
        self.ask(json!({"offer_typed_key": {"name": name, "key": key}}))
            .unwrap();
        self.view()
    }

    /// Agrees to the offer that a view shows.
    fn accept(&self, offered: &Value, microsoft: bool) -> Result<Value, Value> {
        let number = &offered["key"]["number"];
        assert!(number.is_number(), "no offer: {offered:#}");
        self.ask(json!({"accept_key": {"number": number, "microsoft": microsoft}}))
    }

    fn settings(&self) -> String {
        fs::read_to_string(self.data_dir().join("settings.toml")).unwrap_or_default()
    }

    fn remembered(&self) -> Option<Value> {
        let text = fs::read_to_string(self.data_dir().join("keys.json")).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    fn set_password(&self, secret: &str) {
        self.ask(json!({"secret_set": {"secret": "phone", "value": secret}}))
            .unwrap();
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        self.stop();
    }
}

fn clock_on(today: &Arc<Mutex<jiff::Timestamp>>) -> Clock {
    let (real, today, begun) = (clock::system(), Arc::clone(today), Instant::now());
    Clock::new(move || Now {
        mono: real.now().mono,
        wall: *today.lock().unwrap() + begun.elapsed(),
    })
}

/// `OK`, or the code of the refusal.
fn outcome(view: &Value) -> &str {
    match view["state"].as_str() {
        Some("offered") => "OK",
        Some("refused") => view["problem"]["code"].as_str().unwrap(),
        other => panic!("{other:?} in {view:#}"),
    }
}

fn key_of(name: &str, random: u8) -> PbxKey {
    PbxKey::from_random(&PbxName::parse(name).unwrap(), [random; 20])
}

/// A file for an Asterisk at that address, changed and then sealed.
fn made(host: &str, port: u16, change: impl FnOnce(&mut Contents)) -> KeyFile {
    let name = PbxName::parse(NAME).unwrap();
    let issued = "2026-01-15T09:00:00Z".parse().unwrap();
    let mut contents = Contents::new(name, Kind::Generic, key_of(NAME, 9), issued);
    contents.pbx.system = Some(System::Asterisk);
    contents.pbx.host = Some(Host::parse(host).unwrap());
    contents.pbx.port = port.try_into().ok();
    change(&mut contents);
    KeyFile::new(contents).unwrap()
}

fn signed_by(seed: u8, file: KeyFile) -> Vec<u8> {
    file.sign(&SignerSecret::from_seed([seed; 32]))
        .to_bytes()
        .unwrap()
}

/// A phone system that only counts who knocks.
struct Knocks {
    port: u16,
    count: Arc<AtomicUsize>,
}

impl Knocks {
    fn listen() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let count = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&count);
        std::thread::spawn(move || {
            for _connection in listener.incoming().flatten() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, count }
    }

    fn count(&self) -> usize {
        self.count.load(Ordering::SeqCst)
    }
}

#[test]
fn every_published_file_ends_on_the_page_as_published() {
    let desk = Desk::new();
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    let cases = vectors["cases"].as_array().unwrap();
    for case in cases {
        let bytes = match (case["file_utf8"].as_str(), case["file_base64"].as_str()) {
            (Some(text), _) => text.as_bytes().to_vec(),
            (None, Some(text)) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
            (None, None) => {
                let mut bytes = EXAMPLE.to_vec();
                let build = case["build"].as_str().unwrap();
                bytes.resize(if build.contains("16385") { 16_385 } else { 16_384 }, b' ');
                bytes
            }
        };
        desk.it_is(case["now"].as_str().unwrap_or(TODAY));
        let signers = case["pinned"].as_str().unwrap_or_default();
        desk.ask(json!({"apply": {"phone.key_signers": signers}}))
            .unwrap();
        let view = desk.drop_bytes(&bytes);
        assert_eq!(outcome(&view), case["expect"], "{}: {view:#}", case["name"]);
        if view["state"] == "refused" {
            assert_eq!(view["about"], "file");
            let problem = &view["problem"];
            for text in ["sentence", "mend"] {
                assert!(problem[text].as_str().unwrap().ends_with('.'), "{problem:#}");
            }
        }
    }
    assert_eq!(desk.remembered(), None, "nobody agreed to anything");
    assert!(!desk.settings().contains("[phone]\nkind"), "{}", desk.settings());
}

#[test]
fn every_published_typed_key_ends_on_the_page_as_published() {
    let desk = Desk::new();
    let vectors: Value = serde_json::from_str(VECTORS).unwrap();
    for case in vectors["manual_entry"].as_array().unwrap() {
        let view = desk.type_in(case["name"].as_str().unwrap(), case["key"].as_str().unwrap());
        assert_eq!(outcome(&view), case["expect"], "{case} {view:#}");
        if view["state"] == "refused" {
            let both = case["expect"] == "PBXKEY_NAME_KEY_MISMATCH";
            assert_eq!(view["about"], if both { "typed" } else { "typed_key" });
        }
    }
    let view = desk.type_in("https://pbx.example.de/", "0");
    assert_eq!(
        (outcome(&view), &view["about"]),
        ("PBXKEY_BAD_FIELD", &json!("typed_name"))
    );
}

#[test]
fn whatever_is_dropped_that_is_no_single_small_file_has_its_own_sentence() {
    let desk = Desk::new();
    let good = desk.file("good.pbxkey", EXAMPLE);
    let at = |name: &str| desk.folder.path().join(name);
    symlink(&good, at("link.pbxkey")).unwrap();
    fs::create_dir(at("folder.pbxkey")).unwrap();
    fs::File::create(at("huge.pbxkey"))
        .unwrap()
        .set_len(1 << 40)
        .unwrap();
    desk.file("photo.jpg", &[0xff, 0xd8, 0xff, 0xe0, 0, 16]);
    desk.file("unreadable", b"{}");
    let one = |name: &str| desk.drop_paths(&[&at(name)]);
    for (view, code) in [
        (desk.drop_paths(&[&good, &good]), "PBXKEY_MULTIPLE_FILES"),
        (desk.drop_paths(&[]), "PBXKEY_NOT_A_FILE"),
        (one("link.pbxkey"), "PBXKEY_NOT_A_FILE"),
        (one("folder.pbxkey"), "PBXKEY_NOT_A_FILE"),
        (one("gone.pbxkey"), "PBXKEY_NOT_A_FILE"),
        (one("huge.pbxkey"), "PBXKEY_TOO_LARGE"),
        (one("photo.jpg"), "PBXKEY_NOT_UTF8"),
        (desk.drop_paths(&[Path::new("good.pbxkey")]), "PBXKEY_NOT_A_FILE"),
        (desk.drop_paths(&[Path::new("/dev/zero")]), "PBXKEY_NOT_A_FILE"),
    ] {
        assert_eq!(outcome(&view), code, "{view:#}");
    }
    assert_eq!(outcome(&one("good.pbxkey")), "OK");
    desk.ask(json!("cancel_key")).unwrap();
    assert_eq!(desk.view(), json!({"state": "nothing"}));
}

#[test]
fn nothing_is_connected_or_stored_before_the_person_agrees_and_everything_after() {
    let desk = Desk::new();
    let before = desk.settings();
    let pbx = Knocks::listen();
    desk.set_password("kept from an earlier day");
    let pin = SpkiPin::from_sha256([0xab; 32]);
    let file = made("127.0.0.1", pbx.port, |contents| {
        contents.pbx.tls_pins = vec![pin, SpkiPin::from_sha256([0xcd; 32])];
        contents.entra.tenant_id = offhook_pbxkey::EntraId::parse("example.onmicrosoft.com").ok();
        contents.not_after = "2028-01-15T09:00:00Z".parse().ok();
        contents.issuer = offhook_pbxkey::Issuer::parse("IT-Service Example GmbH").ok();
    });
    let view = desk.drop_bytes(&signed_by(1, file));
    let key = &view["key"];
    assert_eq!(key["name"], NAME);
    assert_eq!(key["kind"], "Asterisk");
    assert_eq!(key["address"], format!("127.0.0.1:{}", pbx.port));
    assert_eq!(key["issuer"], "IT-Service Example GmbH");
    assert!(key["valid_until"].as_str().unwrap().contains("2028"));
    assert_eq!(key["signer"]["trust"], "new");
    assert!(key["tls"].as_str().unwrap().contains("2 "), "{key:#}");
    assert_eq!(key["microsoft"]["tenant"], "example.onmicrosoft.com");
    assert_eq!(key["microsoft"]["suggested"], true);
    assert_eq!(key["blocked"], Value::Null);
    assert!(
        !view.to_string().contains(&key_of(NAME, 9).to_text()),
        "the key itself stays here"
    );
    stays(A_WHILE, "silence", || pbx.count() == 0);
    assert_eq!(desk.settings(), before);
    assert_eq!(desk.remembered(), None);

    desk.accept(&view, true).unwrap();
    assert_eq!(desk.view()["state"], "accepted");
    let settings = desk.settings();
    for line in [
        "kind = \"asterisk\"".to_owned(),
        "host = \"127.0.0.1\"".to_owned(),
        format!("port = {}", pbx.port),
        format!(
            "tls = \"pin:SHA256:{},SHA256:{}\"",
            "ab".repeat(32),
            "cd".repeat(32)
        ),
        "tenant = \"example.onmicrosoft.com\"".to_owned(),
    ] {
        assert!(settings.contains(&line), "{line} is not in {settings}");
    }
    let remembered = &desk.remembered().unwrap()["systems"][NAME];
    assert_eq!(remembered["key"], key_of(NAME, 9).to_text());
    assert_eq!(remembered["key_id"], key_of(NAME, 9).id().to_string());
    let signer = SignerSecret::from_seed([1; 32]).signer().to_string();
    assert_eq!(remembered["signer"], signer);
    assert_eq!(pbx.count(), 0, "there is neither a user nor a password yet");

    desk.ask(json!({"apply": {"phone.user": "desk", "phone.extension": "1001"}}))
        .unwrap();
    desk.set_password("its own");
    wait_until(SOON, "a connection", || pbx.count() > 0);
}

#[test]
fn the_person_may_decline_the_sign_in_that_a_file_brings() {
    let desk = Desk::new();
    let file = made("127.0.0.1", 5039, |contents| {
        contents.entra.tenant_id = offhook_pbxkey::EntraId::parse("example.onmicrosoft.com").ok();
    });
    let view = desk.drop_bytes(&file.to_bytes().unwrap());
    desk.accept(&view, false).unwrap();
    assert!(desk.settings().contains("asterisk"));
    assert!(!desk.settings().contains("example.onmicrosoft.com"));
}

#[test]
fn cancelled_files_leave_nothing_behind_and_can_no_longer_be_agreed_to() {
    let desk = Desk::new();
    let before = desk.settings();
    let first = desk.drop_bytes(&made("127.0.0.1", 1, |_| {}).to_bytes().unwrap());
    desk.ask(json!("cancel_key")).unwrap();
    assert_eq!(desk.accept(&first, false).unwrap_err()["code"], "key-offer-gone");
    // Nor one that another has taken the place of: the person reads one and would get the other.
    let second = desk.drop_bytes(&made("127.0.0.1", 2, |_| {}).to_bytes().unwrap());
    let third = desk.drop_bytes(&made("127.0.0.1", 3, |_| {}).to_bytes().unwrap());
    assert_eq!(desk.accept(&second, false).unwrap_err()["code"], "key-offer-gone");
    assert_eq!((desk.settings(), desk.remembered()), (before, None));
    desk.accept(&third, false).unwrap();
    assert!(desk.settings().contains("port = 3"));
}

#[test]
fn a_file_that_runs_out_before_the_person_agrees_is_refused() {
    let desk = Desk::new();
    let file = made("127.0.0.1", 1, |contents| {
        contents.not_after = "2026-06-02T00:00:00Z".parse().ok();
    });
    let view = desk.drop_bytes(&file.to_bytes().unwrap());
    desk.it_is("2026-06-03T00:00:00Z");
    desk.accept(&view, false).unwrap();
    assert_eq!(outcome(&desk.view()), "PBXKEY_EXPIRED");
    assert_eq!(desk.remembered(), None);
}

#[test]
fn the_first_signer_of_a_phone_system_stays_over_restarts() {
    let mut desk = Desk::new();
    let file = || made("127.0.0.1", 1, |_| {});
    let view = desk.drop_bytes(&signed_by(1, file()));
    desk.accept(&view, false).unwrap();
    desk.restart();
    for (bytes, expected) in [
        (file().to_bytes().unwrap(), "PBXKEY_UNTRUSTED_SIGNER"),
        (signed_by(2, file()), "PBXKEY_UNTRUSTED_SIGNER"),
        (signed_by(1, file()), "OK"),
    ] {
        assert_eq!(outcome(&desk.drop_bytes(&bytes)), expected);
    }
    assert_eq!(desk.view()["key"]["signer"]["trust"], "known");
    // Typed words bear no signature: only the key that came signed is as good.
    let view = desk.type_in(NAME, &key_of(NAME, 8).to_text());
    assert_eq!(outcome(&view), "PBXKEY_UNTRUSTED_SIGNER");
    assert_eq!(outcome(&desk.type_in(NAME, &key_of(NAME, 9).to_text())), "OK");
    // Another phone system is another matter.
    let other = "pbx2.example.de";
    assert_eq!(outcome(&desk.type_in(other, &key_of(other, 8).to_text())), "OK");
}

#[test]
fn the_organisation_can_name_the_signers_and_a_mistake_in_it_opens_nothing() {
    let signer = SignerSecret::from_seed([5; 32]).signer().to_string();
    let policy = format!("phone.key_signers = [\"{signer}\"]");
    let settings = ["version = 1", "[store]", "secrets = \"file\""];
    let desk = Desk::with(&settings, &[&policy]);
    let file = || made("127.0.0.1", 1, |_| {});
    assert_eq!(
        outcome(&desk.drop_bytes(&signed_by(1, file()))),
        "PBXKEY_UNTRUSTED_SIGNER"
    );
    assert_eq!(
        outcome(&desk.drop_bytes(&file().to_bytes().unwrap())),
        "PBXKEY_UNTRUSTED_SIGNER"
    );
    assert_eq!(outcome(&desk.drop_bytes(&signed_by(5, file()))), "OK");
    drop(desk);
    let desk = Desk::with(&settings, &["phone.key_signers = [\"mistyped\"]"]);
    let view = desk.drop_bytes(&signed_by(5, file()));
    assert_eq!(outcome(&view), "settings-value");
    assert!(view.to_string().contains("phone.key_signers"));
}

#[test]
fn what_the_organisation_has_set_is_not_changed_by_a_file() {
    let settings = ["version = 1", "[store]", "secrets = \"file\""];
    let desk = Desk::with(
        &settings,
        &["phone.host = \"pbx.example.de\"", "phone.kind = \"asterisk\""],
    );
    let view = desk.drop_bytes(&made("evil.example.com", 1, |_| {}).to_bytes().unwrap());
    assert_eq!(view["key"]["blocked"]["code"], "locked", "{view:#}");
    assert_eq!(desk.accept(&view, false).unwrap_err()["code"], "locked");
    assert_eq!(desk.remembered(), None);
    // The same values are no change.
    let view = desk.drop_bytes(&made("pbx.example.de", 5039, |_| {}).to_bytes().unwrap());
    assert_eq!(view["key"]["blocked"], Value::Null, "{view:#}");
    desk.accept(&view, false).unwrap();
    assert!(desk.settings().contains("port = 5039"));
}

#[test]
fn a_kind_that_offhook_has_no_word_for_says_so_and_an_unnamed_one_is_left_to_the_person() {
    let desk = Desk::new();
    for (kind, name) in [(Kind::ThreeCx, "3CX"), (Kind::Fritzbox, "FRITZ!Box")] {
        let file = made("127.0.0.1", 1, |contents| {
            contents.pbx.kind = kind;
            contents.pbx.system = None;
        });
        let view = desk.drop_bytes(&file.to_bytes().unwrap());
        assert_eq!((&view["key"]["kind"]), &json!(name));
        let blocked = &view["key"]["blocked"];
        assert_eq!(blocked["code"], "phone-kind-not-yet");
        assert!(
            blocked["sentence"].as_str().unwrap().contains(name),
            "{blocked:#}"
        );
        assert_eq!(
            desk.accept(&view, false).unwrap_err()["code"],
            "phone-kind-not-yet"
        );
    }
    let unnamed = made("127.0.0.1", 1, |contents| contents.pbx.system = None);
    let view = desk.drop_bytes(&unnamed.to_bytes().unwrap());
    assert_eq!(view["key"]["kind"], Value::Null);
    assert_eq!(view["key"]["notes"].as_array().unwrap().len(), 1, "{view:#}");
    desk.accept(&view, false).unwrap();
    assert!(!desk.settings().contains("kind ="), "{}", desk.settings());
    assert_eq!(desk.view()["next"].as_array().unwrap().len(), 3);
}

#[test]
fn the_password_of_one_phone_system_never_goes_to_another() {
    let old = Knocks::listen();
    let new = Knocks::listen();
    let settings = format!(
        "version = 1\n[store]\nsecrets = \"file\"\n[phone]\nkind = \"asterisk\"\nhost = \"localhost\"\n\
         port = {}\ntls = \"off\"\nuser = \"desk\"\nextension = \"1001\"",
        old.port
    );
    let desk = Desk::with(&[&settings], &[]);
    desk.set_password("of the old one");
    wait_until(SOON, "the old phone system", || old.count() > 0);
    let view = desk.drop_bytes(&made("127.0.0.1", new.port, |_| {}).to_bytes().unwrap());
    let notes = view["key"]["notes"].to_string();
    assert!(notes.contains("localhost"), "{view:#}");
    desk.accept(&view, false).unwrap();
    let secrets = fs::read_to_string(desk.data_dir().join("secrets.json")).unwrap_or_default();
    assert!(!secrets.contains("phone"), "the old password is still there");
    stays(A_WHILE, "silence", || new.count() == 0);
    desk.set_password("of the new one");
    wait_until(SOON, "the new phone system", || new.count() > 0);
}

#[test]
fn a_file_without_pins_takes_none_away_unless_its_signer_is_known() {
    let pinned = format!("tls = \"pin:SHA256:{}\"", "ab".repeat(32));
    let settings = [
        "version = 1",
        "[store]",
        "secrets = \"file\"",
        "[phone]",
        "kind = \"asterisk\"",
        "host = \"127.0.0.1\"",
        "port = 1",
        &pinned,
    ];
    let desk = Desk::with(&settings, &[]);
    let file = || made("127.0.0.1", 1, |_| {});
    let view = desk.drop_bytes(&signed_by(1, file()));
    desk.accept(&view, false).unwrap();
    assert!(desk.settings().contains(&pinned), "{}", desk.settings());
    let view = desk.drop_bytes(&signed_by(1, file()));
    assert_eq!(view["key"]["notes"].as_array().unwrap().len(), 1, "{view:#}");
    desk.accept(&view, false).unwrap();
    assert!(!desk.settings().contains("pin:"), "{}", desk.settings());
}

#[test]
fn a_typed_key_leads_to_the_phone_system_of_that_name() {
    let desk = Desk::new();
    let view = desk.type_in("PBX.Example.DE", &key_of(NAME, 9).to_text().to_lowercase());
    assert_eq!(view["key"]["address"], NAME);
    desk.accept(&view, false).unwrap();
    assert!(desk.settings().contains("host = \"pbx.example.de\""));
    assert_eq!(desk.remembered().unwrap()["systems"][NAME]["signer"], Value::Null);
}
