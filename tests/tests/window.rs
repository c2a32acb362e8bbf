//! The window, as a person uses it: the real `offhook-window` on a screen, driven by WebKit's WebDriver, beside the real
//! `offhook` and a pretend company.
//!
//! Where `OFFHOOK_PICTURES` names a folder, what the screen shows on the way is kept there.
#![cfg(target_os = "linux")]

use std::fs;
use std::time::Duration;

use offhook_tests::browser::Browser;
use offhook_tests::desk::{Desk, EndOnDrop, Process, TrayHost};
use offhook_tests::playground::Playground;
use offhook_tests::process::{Running, finish};
use offhook_tests::product::Product;
use offhook_tests::webdriver::Window;
use offhook_tests::{http, places, stays, try_wait_for, wait_until};
use serde_json::json;

const SOON: Duration = Duration::from_secs(60);
const ALICE: &str = "alice";

/// Offhook on a desk with a screen, set up to use a pretend company in which Teams says "Available".
fn set_up(desk: &Desk) -> (Product<'_>, Playground) {
    let company = Playground::start(desk);
    company.teams_client(ALICE, "available");
    let product = Product::new(desk);
    product.write_settings(&company.settings());
    (product, company)
}

/// [`set_up`], with the phone's password stored and Alice signed in.
fn in_use(desk: &Desk) -> (Product<'_>, Playground) {
    let (mut product, company) = set_up(desk);
    product.start_headless();
    product.set_phone_password(phone_password(&company));
    product.sign_in(ALICE);
    product.wait_status(SOON, "phone and Teams to be read", |status| {
        status["state"] == "free" && status["health"]["phone"]["ok"] == true
    });
    (product, company)
}

fn phone_password(company: &Playground) -> &str {
    company.addresses["phone"]["password"]
        .as_str()
        .expect("the password of the pretend phone system")
}

fn processes(desk: &Desk, program: &str) -> Vec<Process> {
    desk.processes(program)
}

/// Waits until neither the window nor anything of its web engine runs on a desk.
#[track_caller]
fn wait_no_window(desk: &Desk) {
    let mut left = Vec::new();
    let gone = try_wait_for(SOON, || {
        left = processes(desk, "offhook-window");
        left.extend(processes(desk, "WebKitWebProcess"));
        left.extend(processes(desk, "WebKitNetworkProcess"));
        left.is_empty().then_some(())
    });
    assert!(gone.is_some(), "still there: {left:?}");
}

fn picture(window: &Window, name: &str) {
    window.picture(name);
}

/// The title of the window on the screen, as xdotool takes it.
const TITLE: &str = "^Offhook$";

/// A window without a driver, as the resident program starts it.
fn plain_window(desk: &Desk, product: &Product<'_>) -> Running {
    let window = Running::start("offhook-window", product.command("offhook-window", &[]));
    desk.wait_painted(TITLE);
    window
}

/// The page was not loaded anew since [`remember`].
#[track_caller]
fn assert_remembered(window: &Window) {
    let known = window.execute("return document.documentElement.dataset.known ?? null", &[]);
    assert_eq!(known, json!("yes"), "the page was loaded anew");
}

fn remember(window: &Window) {
    window.execute("document.documentElement.dataset.known = 'yes'", &[]);
}

fn press(window: &Window, word: &str) {
    window.press(word);
}

/// Focus never goes where the bar at the bottom hides it.
#[track_caller]
fn assert_focus_is_seen(window: &Window, css: &str) {
    let focus = "document.querySelector('main').scrollTop = 0;
        document.querySelector(arguments[0]).focus()";
    window.execute(focus, &[json!(css)]);
    let seen = "const element = document.querySelector(arguments[0]);
        const {x, y, width, height} = element.getBoundingClientRect();
        return element.contains(document.elementFromPoint(x + width / 2, y + height - 4))";
    // The engine scrolls a moment after the focus.
    wait_until(SOON, &format!("{css} in sight"), || {
        window.execute(seen, &[json!(css)]) == true
    });
}

/// The text of an element with what only screen readers are told.
#[track_caller]
fn readers_text(window: &Window, css: &str) -> String {
    let text = window.execute(
        "return document.querySelector(arguments[0]).textContent",
        &[json!(css)],
    );
    text.as_str().expect("text").to_owned()
}

/// The document itself never scrolls: navigation and title would go with it.
#[track_caller]
fn assert_document_fits(window: &Window) {
    let surplus = "const page = document.scrollingElement; return page.scrollHeight - page.clientHeight";
    assert_eq!(
        window.execute(surplus, &[]),
        0,
        "the document is longer than the window"
    );
}

fn replace(window: &Window, field: &str, text: &str) {
    // Not under the buttons that stay at the window's foot.
    let middle = format!("document.querySelector('{field}').scrollIntoView({{block: 'center'}})");
    window.execute(&middle, &[]);
    let field = window.find(field);
    field.clear();
    field.type_in(text);
}

#[test]
fn the_page_now_follows_teams_calls_and_pauses_without_being_loaded_anew() {
    let desk = Desk::with_screen();
    let (product, company) = in_use(&desk);
    let window = Window::open(&desk, product.data_dir(), "now");
    assert_eq!(window.title(), "Offhook");
    let title = |wanted: &str| window.wait_text("h1", |text| text == wanted);
    title("Free");
    window.wait_text("section[aria-labelledby=teams]", |text| {
        text.contains("available")
    });
    remember(&window);
    picture(&window, "now-free");

    company.pick(ALICE, Some("do-not-disturb"));
    title("Do not disturb");
    window.wait_text(".hero p", |text| text.contains("Teams says do not disturb"));
    picture(&window, "now-do-not-disturb");
    company.pick(ALICE, None);
    title("Free");

    let call = |event: &str| {
        let said = product.ctl(&["call", event, "--source", "desk-test", "--id", "7"]);
        assert_eq!(said.code, 0, "{said:?}");
    };
    call("answer");
    title("In a call");
    window.wait_text("section[aria-labelledby=calls]", |text| {
        text.contains("talking") && text.contains("desk-test")
    });
    picture(&window, "now-in-a-call");
    call("hold");
    window.wait_text("section[aria-labelledby=calls]", |text| text.contains("on hold"));
    call("hangup");
    title("Free");
    window.wait_text("section[aria-labelledby=calls]", |text| {
        text.contains("No calls.")
    });

    press(&window, "now-pause-60");
    title("Paused");
    window.wait_text(".box", |text| text.starts_with("Paused until "));
    let status = product.status();
    assert_eq!(status["state"], "paused");
    assert!(status["paused_until"].is_string(), "{status}");
    picture(&window, "now-paused");
    press(&window, "now-resume");
    title("Free");
    assert_eq!(product.status()["state"], "free");
    press(&window, "now-pause-resumed");
    window.wait_text(".box", |text| text.starts_with("Paused until you resume."));
    let said = product.ctl(&["resume"]);
    assert_eq!(said.code, 0, "{said:?}");
    title("Free");
    assert_remembered(&window);
}

#[test]
fn the_first_run_leads_to_a_desk_in_use() {
    let desk = Desk::with_screen();
    let company = Playground::start(&desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(&desk);
    product.write_settings(&format!(
        "{}\n[person]\nlanguage = \"en\"\nfirst_run = \"welcome\"\n",
        company.settings()
    ));
    product.start(&["--minimised"], &[]);
    // Opened without naming a page: what is not finished comes first.
    let window = Window::open(&desk, product.data_dir(), "now");
    window.find("a.set-up").click();
    let title = |wanted: &str| window.wait_text("h1", |text| text == wanted);
    title("Your phone and Teams, in agreement");
    press(&window, "first-run-language-de");
    title("Telefon und Teams, aufeinander abgestimmt");
    picture(&window, "first-run-welcome-de");
    press(&window, "first-run-language-en");
    title("Your phone and Teams, in agreement");
    press(&window, "first-run-begin");

    title("Sign in to Microsoft");
    press(&window, "account-sign-in");
    let first = desk.wait_opened();
    window.wait_text(".working", |text| text == "Waiting for the browser…");
    press(&window, "account-open-again");
    let mut url = desk.wait_opened();
    assert_eq!(url, first, "the same page once more");
    picture(&window, "first-run-browser");
    url.query_pairs_mut().append_pair("playground_user", ALICE);
    let page = Browser::default().open(&url);
    assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
    title("You are signed in");
    press(&window, "first-run-next");

    title("Your phone system");
    let phone = &company.addresses["phone"];
    assert_eq!(window.find("#phone-host").property("value"), phone["host"]);
    press(&window, "first-run-next");
    title("Your access to the phone system");
    window.find("#phone-password").type_in(phone_password(&company));
    press(&window, "phone-save-test");
    window.wait_text(".findings", |text| text.contains("User and password are right"));
    picture(&window, "first-run-tested");
    press(&window, "first-run-next");

    title("Offhook is ready");
    picture(&window, "first-run-ready");
    window.find("[name=meetings][value=true]").click();
    wait_until(SOON, "the answer to be stored", || {
        let settings = product.file("settings.toml").unwrap_or_default();
        settings.contains("dnd_in_meetings = true")
    });
    press(&window, "first-run-finish");
    title("Free");
    window.wait_text("section[aria-labelledby=fields]", |text| {
        text.contains("Do not disturb")
    });
    picture(&window, "first-run-finished");
    let settings = product.file("settings.toml").unwrap_or_default();
    assert!(!settings.contains("first_run"), "{settings}");

    // The phone is put back from the page itself.
    company.pick(ALICE, Some("do-not-disturb"));
    title("Do not disturb");
    window.wait_text("[data-word=now-put-back]", |text| {
        text == "Put the phone back for now"
    });
    picture(&window, "now-held");
    press(&window, "now-put-back");
    product.wait_status(SOON, "the phone as it was", |status| {
        status["phone"]["dnd"]["value"] == false
    });
    window.find("[data-word=now-put-back-set-again]");
}

#[test]
fn the_account_page_signs_in_by_the_browser_or_a_code_and_signs_out() {
    let desk = Desk::with_screen();
    let (mut product, company) = set_up(&desk);
    product.start(&["--minimised"], &[]);
    let window = Window::open(&desk, product.data_dir(), "account");
    window.find("[data-step=signed_out]");
    picture(&window, "account-signed-out");

    // Cancelled while the browser has it.
    press(&window, "account-sign-in");
    let abandoned = desk.wait_opened();
    window.wait_text(".working", |text| text == "Waiting for the browser…");
    assert_eq!(window.find(".copyable code").text(), abandoned.as_str());
    picture(&window, "account-browser");
    press(&window, "account-cancel");
    window.find("[data-step=signed_out]");
    assert!(window.look("[role=alert]").is_none(), "{}", window.source());

    // Finished there.
    press(&window, "account-sign-in");
    let mut url = desk.wait_opened();
    window.find("[data-step=browser]");
    url.query_pairs_mut().append_pair("playground_user", ALICE);
    let page = Browser::default().open(&url);
    assert_eq!(page.status, 200, "{}: {}", page.url, page.body);
    window.wait_text(".person strong", |text| text == "Alice Anders");
    window.wait_text(".person .quiet", |text| text == "alice@contoso.example");
    // To read and to write presence; the calendar is asked for later.
    let rights = readers_text(&window, "section[aria-labelledby=rights]");
    assert_eq!(rights.matches("Granted").count(), 2, "{rights}");
    assert_eq!(rights.matches("Not granted").count(), 1, "{rights}");
    product.wait_status(SOON, "Teams to be read", |status| {
        status["health"]["microsoft"]["ok"] == true && status["teams"]["seen"].is_object()
    });
    picture(&window, "account-signed-in");
    press(&window, "account-sign-out");
    window.find("[data-step=signed_out]");
    assert_eq!(product.status()["state"], "signed-out");

    // With a code, on another device.
    press(&window, "account-device-code");
    let code = window.wait_text(".copyable.code code", |text| !text.is_empty());
    let address = window.find(".copyable.line code").text();
    assert!(address.starts_with(company.word("login_url")), "{address}");
    picture(&window, "account-code");
    let device = format!("{}/playground/device", company.word("control_url"));
    let answer = http::send(http::post(&device).json(&json!({"user_code": code, "person": ALICE})));
    assert_eq!(answer.status, 200, "{}", answer.text);
    window.wait_text(".person strong", |text| text == "Alice Anders");
    window.close();
    wait_no_window(&desk);
    assert_eq!(product.status()["health"]["microsoft"]["ok"], true);
}

#[test]
fn the_phone_page_sets_up_tests_and_refuses() {
    let desk = Desk::with_screen();
    let (mut product, company) = set_up(&desk);
    product.start_headless();
    let window = Window::open(&desk, product.data_dir(), "phone");
    let phone = &company.addresses["phone"];
    assert_eq!(window.find("#phone-kind").property("value"), "asterisk");
    assert_eq!(window.find("#phone-host").property("value"), phone["host"]);
    assert_eq!(window.find("#phone-user").property("value"), phone["user"]);
    assert_eq!(
        window.find("#phone-extension").property("value"),
        phone["extension"]
    );
    let port = phone["port"].to_string();
    assert_eq!(window.find("#phone-port").property("value"), port.as_str());
    assert_eq!(window.find("#phone-host").accessible_name(), "Host");
    assert_eq!(window.find("#phone-password").accessible_name(), "Password");

    // The password is stored, and the phone system takes it.
    window.wait_text("#phone-password-notes", |text| {
        text.starts_with("Not stored yet.")
    });
    picture(&window, "phone-without-password");
    window.find("#phone-password").type_in(phone_password(&company));
    press(&window, "save");
    window.wait_text("#phone-password-notes", |text| text.starts_with("Stored."));
    wait_until(SOON, "the password to leave the page", || {
        window.find("#phone-password").property("value") == ""
    });
    product.wait_status(SOON, "the phone system", |status| {
        status["health"]["phone"]["ok"] == true
    });
    window.find("section[aria-labelledby=abilities]");
    assert!(!window.source().contains(phone_password(&company)));

    // A port that is none is refused beside its field, and what was in force stays.
    replace(&window, "#phone-port", "99999");
    press(&window, "save");
    window.wait_text("#phone-port-notes .refused", |text| text.contains("0–65535"));
    assert_eq!(window.find("#phone-port").property("ariaInvalid"), "true");
    window.find("[role=alert]");
    picture(&window, "phone-refused");
    assert!(
        product
            .file("settings.toml")
            .is_some_and(|text| text.contains(&port))
    );
    assert_eq!(product.status()["health"]["phone"]["ok"], true);
    press(&window, "discard");
    wait_until(SOON, "the port in force", || {
        window.find("#phone-port").property("value") == port.as_str()
    });

    press(&window, "phone-test");
    window.wait_text(".findings", |text| text.starts_with("What the test found"));
    assert_eq!(
        readers_text(&window, ".findings")
            .matches("Needs mending")
            .count(),
        0
    );
    picture(&window, "phone-tested");

    // Where nothing answers, the test says so.
    let nobody = places::free_port().to_string();
    replace(&window, "#phone-port", &nobody);
    for button in ["button[data-word=phone-save-test]", "#phone-extension"] {
        assert_focus_is_seen(&window, button);
    }
    press(&window, "phone-save-test");
    window.wait_text(".findings", |text| text.contains("Nothing answers at 127.0.0.1"));
    assert!(readers_text(&window, ".findings").contains("Needs mending"));
    picture(&window, "phone-test-failed");
    replace(&window, "#phone-port", &port);
    press(&window, "save");
    product.wait_status(SOON, "the phone system again", |status| {
        status["health"]["phone"]["ok"] == true
    });

    assert_document_fits(&window);

    // A profile applies once it was looked at, and can be taken back.
    let rules = || product.ctl(&["rules", "show"]).stdout;
    let before = rules();
    window.find("a[href='#rules']").click();
    window.find("input[name=profile][value=starface-9]").click();
    window.find(".compared tr[data-rule='rules.states.InAMeeting.dnd']");
    assert_eq!(rules(), before, "looked at, not chosen");
    press(&window, "rules-compare-use");
    wait_until(SOON, "the other rules", || rules() != before);
    assert_eq!(rules(), product.ctl(&["rules", "show", "starface-9"]).stdout);
    window.wait_text(".changed", |text| text.contains("Changed: rules."));
    picture(&window, "rules");
    press(&window, "undo");
    wait_until(SOON, "the rules as before", || rules() == before);
    window.wait_text(".changed", |text| text.contains("Put back: rules."));
}

#[test]
fn the_pages_are_in_german_and_dark_where_the_person_wants_that() {
    let desk = Desk::with_screen();
    let (mut product, company) = set_up(&desk);
    let gtk = desk.folder().join("config/gtk-3.0");
    fs::create_dir_all(&gtk).unwrap();
    fs::write(
        gtk.join("settings.ini"),
        "[Settings]\ngtk-application-prefer-dark-theme=1\n",
    )
    .unwrap();
    product.write_settings(&format!("{}\n[person]\nlanguage = \"de\"\n", company.settings()));
    product.start_headless();
    product.set_phone_password(phone_password(&company));
    let window = Window::open(&desk, product.data_dir(), "now");
    window.wait_text("h1", |text| text == "Abgemeldet");
    assert_eq!(window.execute("return document.documentElement.lang", &[]), "de");
    window.wait_text("nav", |text| {
        ["Jetzt", "Konto", "Telefonanlage"]
            .iter()
            .all(|word| text.contains(word))
    });
    picture(&window, "de-now-signed-out");
    window.find("nav a[href='#account']").click();
    window.wait_text("h1", |text| text == "Microsoft-Konto");
    picture(&window, "de-account");
    window.find("nav a[href='#phone']").click();
    window.wait_text("h1", |text| text == "Telefonanlage");
    window.wait_text("section[aria-labelledby=abilities]", |text| {
        text.contains("Nicht stören")
    });
    picture(&window, "de-phone");
    product.sign_in(ALICE);
    company.pick(ALICE, Some("do-not-disturb"));
    window.find("nav a[href='#now']").click();
    window.wait_text("h1", |text| text == "Nicht stören");
    picture(&window, "de-now-do-not-disturb");
    let dark = "return matchMedia('(prefers-color-scheme: dark)').matches
        && getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).every((part) => part < 64)";
    assert_eq!(window.execute(dark, &[]), true);
}

#[test]
fn the_window_waits_for_a_program_that_died_and_starts_it_when_asked() {
    let desk = Desk::with_screen();
    let (mut product, _company) = in_use(&desk);
    let window = Window::open(&desk, product.data_dir(), "now");
    window.wait_text("h1", |text| text == "Free");
    remember(&window);
    product.kill9();
    window.wait_text("h1", |text| text == "Offhook is not running");
    picture(&window, "gone");
    // By itself.
    product.start_headless();
    window.wait_text("h1", |text| text == "Free");
    window.find("nav a[href='#account']").click();
    window.wait_text(".person strong", |text| text == "Alice Anders");
    // By its button.
    product.term();
    window.wait_text("h1", |text| text == "Offhook is not running");
    let _started = EndOnDrop(&desk, "offhook");
    window.find("button.primary").click();
    window.wait_text(".person strong", |text| text == "Alice Anders");
    assert_remembered(&window);
    // What was started from here outlives the window.
    window.close();
    wait_no_window(&desk);
    assert_eq!(product.status()["state"], "free");
    let said = product.ctl(&["quit"]);
    assert_eq!(said.code, 0, "{said:?}");
    let resident = || {
        let mut list = processes(&desk, "offhook");
        list.retain(|process| process.program == "offhook");
        list
    };
    wait_until(SOON, "the end of the program", || resident().is_empty());
}

#[test]
fn a_window_that_dies_or_closes_takes_its_web_engine_along_and_nothing_else() {
    let desk = Desk::with_screen();
    let (mut product, company) = in_use(&desk);
    let pid = product.process().pid();
    let answered = product.ctl(&["call", "answer", "--source", "desk-test", "--id", "7"]);
    assert_eq!(answered.code, 0, "{answered:?}");
    wait_until(SOON, "the session in Teams", || company.sessions(ALICE) == 1);

    let mut window = plain_window(&desk, &product);
    assert!(!processes(&desk, "WebKitWebProcess").is_empty());
    window.kill();
    wait_no_window(&desk);

    let mut window = plain_window(&desk, &product);
    // A second start brings up the one that is there.
    let second = product.run("offhook-window", &["account"]);
    assert_eq!((second.code, second.stdout.as_str()), (0, ""), "{second:?}");
    assert_eq!(processes(&desk, "offhook-window").len(), 1);
    let number = desk.wait_window(TITLE);
    desk.close_window(&number);
    let status = window.wait_end(SOON);
    assert!(status.success(), "{status}: {}", window.log().tail());
    wait_no_window(&desk);

    assert_eq!(product.process().ended(), None);
    assert_eq!(product.process().pid(), pid);
    let status = product.status();
    assert_eq!(status["state"], "in-call", "{status}");
    assert_eq!(company.sessions(ALICE), 1);
    assert_eq!(
        product
            .ctl(&["call", "hangup", "--source", "desk-test", "--id", "7"])
            .code,
        0
    );
    wait_until(SOON, "the end of the session in Teams", || {
        company.sessions(ALICE) == 0
    });
}

/// A machine without a graphics card (such as most that build) has no use for OpenGL. Where there is a card the engine
/// decides.
#[test]
fn without_a_graphics_card_the_engine_draws_without_opengl() {
    let desk = Desk::with_screen();
    let (mut product, _company) = set_up(&desk);
    product.start_headless();
    let _window = plain_window(&desk, &product);
    let card = fs::read_dir("/dev/dri").is_ok_and(|entries| {
        entries
            .flatten()
            .any(|entry| entry.file_name().to_string_lossy().starts_with("renderD"))
    });
    let engine = processes(&desk, "WebKitWebProcess");
    assert!(!engine.is_empty());
    for process in engine {
        let folder = std::path::PathBuf::from(format!("/proc/{}", process.pid.as_raw_nonzero()));
        let environment = fs::read(folder.join("environ")).expect("its environment");
        let told = environment
            .split(|byte| *byte == 0)
            .any(|entry| entry == b"WEBKIT_DISABLE_DMABUF_RENDERER=1");
        assert_eq!(told, !card);
        // Mesa's own name for the threads with which a processor computes OpenGL.
        let computes = fs::read_dir(folder.join("task"))
            .expect("its threads")
            .flatten()
            .filter_map(|thread| fs::read_to_string(thread.path().join("comm")).ok())
            .any(|name| name.starts_with("llvmpipe"));
        assert!(card || !computes, "the processor computes OpenGL");
    }
}

#[test]
fn the_tray_opens_one_window_and_brings_it_up_again() {
    let desk = Desk::with_screen();
    let host = TrayHost::start(&desk);
    let (mut product, _company) = set_up(&desk);
    product.start(&[], &[]);
    let item = host.wait_item();
    assert!(processes(&desk, "offhook-window").is_empty());
    let _started = EndOnDrop(&desk, "offhook-window");

    item.click(&["Open Offhook"]);
    let number = desk.wait_painted(TITLE);
    let only = processes(&desk, "offhook-window");
    assert_eq!(only.len(), 1, "{only:?}");

    // Out of sight, and asked for again: by the menu, by the icon, and by a second start.
    let hide = || {
        desk.xdotool(&["windowminimize", "--sync", &number]);
        wait_until(SOON, "the window to be minimised", || {
            desk.window(TITLE).is_none()
        });
    };
    let wait_shown = |how: &str| {
        wait_until(SOON, &format!("the window after {how}"), || {
            desk.window(TITLE).as_deref() == Some(number.as_str())
        });
    };
    hide();
    item.click(&["Open Offhook"]);
    wait_shown("a click in the menu");
    hide();
    item.activate();
    wait_shown("a click on the icon");
    hide();
    let mut second = product.one_more(&[], &[]);
    let status = second.wait_end(SOON);
    assert!(status.success(), "{status}: {}", second.log().tail());
    wait_shown("a second start");
    stays(Duration::from_secs(1), "one window", || {
        processes(&desk, "offhook-window") == only
    });

    // Closed, it is opened anew.
    desk.close_window(&number);
    wait_no_window(&desk);
    item.click(&["Open Offhook"]);
    desk.wait_painted(TITLE);
    assert_ne!(processes(&desk, "offhook-window"), only);
    assert_eq!(product.process().ended(), None);
}

#[test]
fn the_window_says_what_is_wrong_with_its_command_line_and_where_no_screen_is() {
    let desk = Desk::headless();
    let (product, _company) = set_up(&desk);
    let wrong = product.run("offhook-window", &["--nonsense"]);
    assert_eq!(wrong.code, 2, "{wrong:?}");
    assert!(
        wrong.stderr.contains("--nonsense") && wrong.stderr.contains("Usage:"),
        "{wrong:?}"
    );
    let blind = product.run("offhook-window", &[]);
    assert_eq!(blind.code, 1, "{blind:?}");
    assert!(blind.stderr.contains("no desktop"), "{blind:?}");
    let mut german = product.command("offhook-window", &[]);
    german.env("LANG", "de_DE.UTF-8");
    let (status, _, said) = finish("offhook-window", german, "", SOON);
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("kein Desktop da"), "{said}");
}
