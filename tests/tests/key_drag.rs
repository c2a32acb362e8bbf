//! Real files, dragged by a real pointer from another window onto the real window, beside the real `offhook`.
//! What every kind of file ends as is in `key_file.rs`; here some of them go the whole way.
#![cfg(target_os = "linux")]

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use offhook_tests::desk::{Desk, DragSource};
use offhook_tests::product::Product;
use offhook_tests::webdriver::Window;
use offhook_tests::{try_wait_for, wait_until};

const SOON: Duration = Duration::from_secs(20);
const TITLE: &str = "^Offhook$";

/// A phone system that only counts who knocks.
fn knocks() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let count = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&count);
    std::thread::spawn(move || {
        for _connection in listener.incoming().flatten() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    (port, count)
}

/// Offhook with nothing set up.
fn product(desk: &Desk) -> Product<'_> {
    let mut product = Product::new(desk);
    product.write_settings("version = 1\n[person]\nlanguage = \"en\"\n[store]\nsecrets = \"file\"\n");
    product.start_headless();
    product
}

/// A key file, as an administrator makes it.
fn key_file(product: &Product<'_>, name: &str, port: u16) -> PathBuf {
    let path = product.data_dir().join(name);
    let out = path.to_str().unwrap();
    let port = port.to_string();
    let words = [
        "key",
        "new",
        "--name",
        "pbx.example.com",
        "--kind",
        "asterisk",
        "--host",
        "127.0.0.1",
        "--port",
        &port,
        "--issuer",
        "IT Example",
        "--out",
        out,
    ];
    let said = product.run("offhookctl", &words);
    assert_eq!(said.code, 0, "{said:?}");
    path
}

#[track_caller]
fn drag(desk: &Desk, files: &[&Path]) {
    let mut source = DragSource::show(desk, files);
    source.hold_over(&desk.wait_window(TITLE));
    source.let_go();
}

#[test]
fn a_dropped_key_file_is_shown_and_used_only_when_the_person_says_so() {
    let desk = Desk::with_screen();
    let product = product(&desk);
    let (port, knocked) = knocks();
    let file = key_file(&product, "Schlüssel für Nora.pbxkey", port);
    let window = Window::open(&desk, product.data_dir(), "phone");
    window.find("[data-key=drop]");

    // Held over the window it is welcome; carried away again nothing has happened.
    let mut source = DragSource::show(&desk, &[&file]);
    source.hold_over(&desk.wait_window(TITLE));
    window.find(".drop.over");
    source.carry_back();
    wait_until(SOON, "the welcome to end", || window.look(".drop.over").is_none());
    source.let_go();
    assert!(window.look("[data-key=offered]").is_none());
    drop(source);

    drag(&desk, &[&file]);
    let offer = window.wait_text("[data-key=offered]", |text| text.contains("pbx.example.com"));
    for text in ["Asterisk", "127.0.0.1", "IT Example", "Not signed"] {
        assert!(offer.contains(text), "{text} is not in {offer}");
    }
    assert_eq!(knocked.load(Ordering::SeqCst), 0);
    let settings = || product.file("settings.toml").unwrap();
    assert!(!settings().contains("127.0.0.1"));
    assert_eq!(product.file("keys.json"), None);

    window.find("[data-word=key-use]").click();
    window.find("[data-key=accepted]");
    assert!(settings().contains("host = \"127.0.0.1\""), "{}", settings());
    assert!(product.file("keys.json").unwrap().contains("pbx.example.com"));
    let said = product.ctl(&["status", "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
}

#[test]
fn what_is_no_key_file_is_refused_in_its_own_words_wherever_it_is_dropped() {
    let desk = Desk::with_screen();
    let product = product(&desk);
    let file = key_file(&product, "good.pbxkey", 5039);
    let at = |name: &str| product.data_dir().join(name);
    fs::write(at("notes.txt"), "not a key").unwrap();
    fs::create_dir(at("folder")).unwrap();
    symlink(&file, at("link.pbxkey")).unwrap();
    let window = Window::open(&desk, product.data_dir(), "now");
    window.find("main h1");
    for (files, code) in [
        (vec![at("notes.txt")], "PBXKEY_NOT_JSON"),
        (vec![at("folder")], "PBXKEY_NOT_A_FILE"),
        (vec![at("link.pbxkey")], "PBXKEY_NOT_A_FILE"),
        (vec![file, at("notes.txt")], "PBXKEY_MULTIPLE_FILES"),
    ] {
        let files: Vec<&Path> = files.iter().map(PathBuf::as_path).collect();
        drag(&desk, &files);
        window.find(&format!("[data-code={code}]"));
        product_forgets(&window);
    }
    assert_eq!(product.file("keys.json"), None);
}

/// Waits for a dialog that has the keyboard.
fn wait_dialog(desk: &Desk, window: &str) {
    wait_until(SOON, "the dialog", || {
        desk.active_window().is_some_and(|other| other != window)
    });
}

#[test]
fn a_key_file_is_chosen_in_the_system_s_own_dialog_or_not() {
    let desk = Desk::with_screen();
    let product = product(&desk);
    let (port, knocked) = knocks();
    let file = key_file(&product, "chosen.pbxkey", port);
    let window = Window::open(&desk, product.data_dir(), "phone");
    window.find("[data-key=drop]");
    let number = desk.wait_window(TITLE);
    desk.xdotool(&["windowactivate", "--sync", &number]);
    let back = || desk.active_window().as_deref() == Some(&number);

    window.press("key-choose");
    wait_dialog(&desk, &number);
    desk.xdotool(&["key", "Escape"]);
    wait_until(SOON, "the dialog to go", back);
    assert!(
        window.look("[data-key=offered], [data-code]").is_none(),
        "{}",
        window.source()
    );

    window.press("key-choose");
    wait_dialog(&desk, &number);
    let offered = || window.look("[data-key=offered]").is_some();
    wait_until(Duration::from_secs(60), "the dialog to take a path", || {
        // The field for a path opens at its first sign. Until the dialog has read the folder it begins in, it puts that
        // folder's path there instead of what stands there: as a person, begins again where that went wrong.
        if !back() {
            desk.xdotool(&["key", "slash"]);
            desk.paste(file.to_str().unwrap());
            desk.xdotool(&["key", "Return"]);
        }
        try_wait_for(Duration::from_secs(5), || (back() || offered()).then_some(())).is_some()
    });
    window.wait_text("[data-key=offered]", |text| text.contains("pbx.example.com"));
    wait_until(SOON, "the dialog to go", back);
    assert_eq!(knocked.load(Ordering::SeqCst), 0);
}

/// Takes the refusal away, so that the next one is a new one.
fn product_forgets(window: &Window) {
    window.execute(
        "window.__TAURI_INTERNALS__.invoke('ask', { command: 'cancel_key' })",
        &[],
    );
    wait_until(SOON, "a clean page", || window.look("[data-code]").is_none());
}
