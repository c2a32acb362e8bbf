//! The settings pages in the real window: rules, start-up, what the organisation has set, and undo.
//!
//! Where `OFFHOOK_PICTURES` names a folder, what the pages look like on the way is kept there.
#![cfg(target_os = "linux")]

use std::fs;
use std::thread::JoinHandle;
use std::time::Duration;

use offhook_connect::clock;
use offhook_connect::desktop::{DesktopEvent, NoDesktop};
use offhook_connect::driver::{self, Start};
use offhook_connect::settings::Settings;
use offhook_engine::view::tray::Action;
use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::socket::Socket;
use offhook_tests::webdriver::Window;
use offhook_tests::{places, wait_until};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const SOON: Duration = Duration::from_secs(60);
const ALICE: &str = "alice";
/// The key, as WebDriver names it.
const ENTER: char = '\u{E007}';

/// Offhook beside a pretend company, with the phone's password stored and Alice signed in.
fn in_use(desk: &Desk) -> (Product<'_>, Playground) {
    let company = Playground::start(desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(desk);
    product.write_settings(&format!("{}\n[person]\nlanguage = \"en\"\n", company.settings()));
    product.start_headless();
    product.set_phone_password(company.addresses["phone"]["password"].as_str().unwrap());
    product.sign_in(ALICE);
    product.wait_status(SOON, "phone and Teams to be read", |status| {
        status["state"] == "free" && status["health"]["phone"]["ok"] == true
    });
    (product, company)
}

fn settings(product: &Product<'_>) -> String {
    product.file("settings.toml").unwrap_or_default()
}

/// Nothing has to be scrolled to the side; names what would.
#[track_caller]
fn assert_nothing_sticks_out(window: &Window) {
    let wide = "const main = document.querySelector('main');
        if (main.scrollWidth <= main.clientWidth) return [];
        const edge = main.getBoundingClientRect().left + main.clientWidth;
        return [...main.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > edge)
            .map((one) => `${one.tagName}.${one.className}: ${one.textContent.trim().slice(0, 40)}`)";
    assert_eq!(window.execute(wide, &[]), json!([]));
}

#[test]
fn a_rule_is_changed_refused_taken_back_and_put_back_again() {
    let desk = Desk::with_screen();
    let (product, company) = in_use(&desk);
    let window = Window::open(&desk, product.data_dir(), "rules");
    window.wait_text("main > .spread", |text| text.contains("without changes"));
    assert_nothing_sticks_out(&window);
    window.picture("rules");

    company.pick(ALICE, Some("busy"));
    product.wait_status(SOON, "Teams to say busy", |status| status["state"] == "busy");
    let busy = "[data-rule='rules.states.Busy']";
    assert_eq!(window.find("#rules-states-Busy-dnd").property("value"), "leave");
    window.choose("#rules-states-Busy-dnd", "on");
    window.wait_text(&format!("{busy} .own"), |text| text == "Changed by you");
    product.wait_status(SOON, "the rule to hold", |status| {
        status["phone"]["dnd"] == json!({"value": true, "owner": "offhook"})
    });
    window.wait_text("main > .spread", |text| text.contains("one change of yours"));
    window.picture("rules-changed");

    // What can't be is refused beside its field, and nothing of it is kept.
    window.press_css(&format!("{busy} summary"));
    let forward = window.find("#rules-states-Busy-forward");
    forward.type_in(&format!("call me!{ENTER}"));
    window.wait_text("#rules-states-Busy-forward-notes .refused", |text| {
        text.contains("not possible")
    });
    assert_eq!(forward.property("ariaInvalid"), "true");
    assert_eq!(forward.property("value"), "call me!");
    assert!(!settings(&product).contains("call me"));
    assert!(window.look("[role=alert]").is_none(), "{}", window.source());
    window.picture("rules-refused");
    forward.clear();
    forward.type_in(&format!("47 11{ENTER}"));
    wait_until(SOON, "the target to be kept", || {
        settings(&product).contains("4711")
    });
    wait_until(SOON, "the refusal to go", || {
        window.look("#rules-states-Busy-forward-notes .refused").is_none()
    });

    // Each goes back by itself, and that can be undone.
    window.press_css("button[data-rule='rules.states.Busy.dnd']");
    product.wait_status(SOON, "the phone as it was", |status| {
        status["phone"]["dnd"]["value"] == false
    });
    wait_until(SOON, "the value of the profile", || {
        window.find("#rules-states-Busy-dnd").property("value") == "leave"
    });
    window.press("undo");
    wait_until(SOON, "the change to be back", || {
        window.find("#rules-states-Busy-dnd").property("value") == "on"
    });
    window.press("rules-back-all");
    window.wait_text("main > .spread", |text| text.contains("without changes"));
    assert!(!settings(&product).contains("4711"));
}

#[test]
fn a_profile_is_compared_before_it_is_chosen_and_a_situation_is_tried_out() {
    let desk = Desk::with_screen();
    let (product, _company) = in_use(&desk);
    let window = Window::open(&desk, product.data_dir(), "rules");
    let rules = || product.ctl(&["rules", "show"]).stdout;
    let before = rules();
    let meeting = ".compared tr[data-rule='rules.states.InAMeeting.dnd']";
    window.press_css("input[name=profile][value=starface-9]");
    window.wait_text(meeting, |text| {
        text.contains("left alone") && text.ends_with("on")
    });
    window.picture("rules-compared");
    window.press("rules-compare-keep");
    wait_until(SOON, "the comparison to go", || window.look(meeting).is_none());
    assert_eq!(
        window
            .find("input[name=profile][value=recommended]")
            .property("checked"),
        true
    );
    assert_eq!(rules(), before);

    window.choose("#imagine-teams", "DoNotDisturb/Focusing");
    let wish = |field: &str, wanted: &str| {
        window.wait_text(&format!(".wishes [data-field={field}]"), |text| {
            text.contains(wanted)
        });
    };
    wish("dnd", "on");
    window.choose("#imagine-calls", "call");
    wish("teams", "Busy, in a call");
    window.press_css("#imagine-paused");
    wish("dnd", "while you pause Offhook");
    window.choose("#imagine-day", "1");
    window.find("#imagine-time").clear();
    window.find("#imagine-time").type_in(&format!("25:00{ENTER}"));
    window.wait_text("#imagine-time-notes", |text| text.contains("14:30"));
    window.picture("rules-preview");
    assert_eq!(
        product.status()["phone"]["dnd"]["value"],
        false,
        "nothing is touched"
    );
    assert_eq!(rules(), before);
}

#[test]
fn starting_with_the_system_is_switched_on_and_off() {
    let desk = Desk::with_screen();
    let (product, _company) = in_use(&desk);
    let window = Window::open(&desk, product.data_dir(), "startup");
    let entries = || {
        let folder = desk.folder().join("config/autostart");
        let files = fs::read_dir(folder).into_iter().flatten().flatten();
        files
            .map(|file| fs::read_to_string(file.path()).unwrap())
            .collect::<Vec<_>>()
    };
    assert!(entries().is_empty());
    window.press_css("#autostart");
    wait_until(SOON, "the entry", || {
        entries().iter().any(|entry| entry.contains("offhook"))
    });
    let is = |on: bool| window.find("#autostart").property("checked") == on;
    wait_until(SOON, "the switch to be on", || is(true));
    window.picture("startup");
    window.press_css("#autostart");
    wait_until(SOON, "no entry", || {
        !entries()
            .iter()
            .any(|entry| entry.contains("Exec=") && !entry.contains("Hidden=true"))
    });
    wait_until(SOON, "the switch to be off", || is(false));
}

/// The driver in this process, where an organisation's policy can be had without writing to `/etc`.
struct Governed {
    desktop: UnboundedSender<DesktopEvent>,
    driver: Option<JoinHandle<()>>,
    folder: tempfile::TempDir,
}

impl Governed {
    fn start(policy: &str) -> Self {
        let folder = places::folder("governed");
        let data_dir = folder.path().join("data");
        fs::create_dir(&data_dir).unwrap();
        let settings = "version = 1\n[person]\nlanguage = \"en\"\n[store]\nsecrets = \"file\"\n";
        fs::write(data_dir.join("settings.toml"), settings).unwrap();
        let file = folder.path().join("policy.toml");
        fs::write(&file, policy).unwrap();
        let (desktop, from_desktop) = unbounded_channel();
        let run = data_dir.join("run.json");
        let driver = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime");
            let start = Start {
                settings: Settings::load_with_policy(&data_dir, Some(&file)),
                data_dir,
                desktop: NoDesktop,
                from_desktop,
                clock: clock::system(),
                version: "0".to_owned(),
            };
            let local = tokio::task::LocalSet::new();
            local.block_on(&runtime, driver::run(start)).expect("the driver");
        });
        wait_until(SOON, "the driver", || run.exists());
        Self {
            desktop,
            driver: Some(driver),
            folder,
        }
    }

    fn data_dir(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }
}

impl Drop for Governed {
    fn drop(&mut self) {
        drop(self.desktop.send(DesktopEvent::Action(Action::Quit)));
        if let Some(driver) = self.driver.take() {
            drop(driver.join());
        }
    }
}

#[test]
fn what_the_organisation_has_set_is_shown_and_locked() {
    let desk = Desk::with_screen();
    let governed = Governed::start(
        "[phone]\nkind = \"asterisk\"\nhost = \"pbx.example.com\"\n[calls]\noutgoing_counts = false\n\
         [rules]\nprofile = \"procall\"\n[rules.states.Busy]\ndnd = \"on\"\nforward = \"4711\"\n",
    );
    let window = Window::open(&desk, &governed.data_dir(), "rules");
    let locked = |css: &str| {
        window.wait_text(css, |text| text == "Set by your organisation");
    };
    locked("#rules-states-Busy-dnd-notes");
    assert_eq!(window.find("#rules-states-Busy-dnd").property("value"), "on");
    assert_eq!(window.find("#rules-states-Busy-dnd").property("disabled"), true);
    assert_eq!(window.find("#rules-states-Away-dnd").property("disabled"), false);
    locked("#profile-notes");
    assert_eq!(
        window
            .find("input[name=profile][value=procall]")
            .property("checked"),
        true
    );
    assert_eq!(
        window
            .find("input[name=profile][value=innovaphone]")
            .property("disabled"),
        true
    );
    window.press_css("[data-rule='rules.states.Busy'] summary");
    locked("#rules-states-Busy-forward-notes");
    assert_eq!(
        window.find("#rules-states-Busy-forward").property("readOnly"),
        true
    );
    window.picture("rules-locked");

    window.press_css("a[href='#phone']");
    locked("#phone-host-notes");
    assert_eq!(window.find("#phone-host").property("readOnly"), true);
    window.press_css("a[href='#sources']");
    locked("#calls-outgoing_counts-notes");
    assert_eq!(window.find("#calls-outgoing_counts").property("disabled"), true);
    // Who asks past the page is refused as well.
    let draft = json!({"apply": {"rules.states.Busy.dnd": "off"}});
    let problem = Socket::connect(&governed.data_dir()).ask(draft).unwrap_err();
    assert_eq!(problem["code"], "locked", "{problem}");
}

#[test]
fn an_address_that_can_t_be_is_refused_beside_its_field_and_a_password_is_removed_by_who_means_it() {
    let desk = Desk::with_screen();
    let governed = Governed::start("");
    let file = |name: &str| fs::read_to_string(governed.data_dir().join(name)).unwrap_or_default();
    let window = Window::open(&desk, &governed.data_dir(), "phone");
    window.choose("#phone-kind", "starface");
    let type_in = |css: &str, text: &str| {
        let field = window.find(css);
        field.clear();
        field.type_in(text);
    };
    // Nobody answers there.
    type_in("#phone-host", "127.0.0.1");
    type_in("#phone-port", "9");
    type_in("#phone-user", "nora");
    type_in("#phone-password", "geheim-4711");
    let fold = "details:has(#phone-listen)";
    window.press_css(&format!("{fold} > summary"));
    type_in("#phone-listen", "0.0.0.0:47312");
    window.press("save");
    window.wait_text("#phone-listen-notes .refused", |text| {
        text.contains("192.168.1.20:47312")
    });
    window.wait_text("[role=alert]", |text| text.contains("The reason stands below it"));
    assert_eq!(window.find("#phone-listen").property("value"), "0.0.0.0:47312");
    assert!(!file("settings.toml").contains("starface"), "all or none");
    window.picture("phone-listen-refused");

    // Once mended, all of it is kept: the password as well.
    type_in("#phone-listen", "127.0.0.1:47312");
    window.press("save");
    window.find("[data-word=phone-password-remove]");
    assert!(file("settings.toml").contains("listen = \"127.0.0.1:47312\""));
    assert!(window.look("[role=alert]").is_none(), "{}", window.source());
    assert!(file("secrets.json").contains("geheim-4711"));

    window.press("phone-password-remove");
    window.picture("phone-password-remove");
    window.press("phone-password-remove-no");
    window.press("phone-password-remove");
    assert!(file("secrets.json").contains("geheim-4711"));
    window.press("phone-password-remove-yes");
    wait_until(SOON, "nothing to remove any more", || {
        window
            .look("[data-word=phone-password-remove], .confirm")
            .is_none()
    });
    assert!(!file("secrets.json").contains("geheim-4711"));
    window.wait_text("#phone-password-notes", |text| text.contains("Not stored yet"));
}

#[test]
fn the_log_goes_where_the_person_chooses_and_the_data_folder_opens() {
    let desk = Desk::with_screen();
    let (mut product, _company) = in_use(&desk);
    // With a desktop, which opens folders.
    product.term();
    product.start(&["--minimised"], &[]);
    let window = Window::open(&desk, product.data_dir(), "diagnostics");
    let number = desk.wait_window("^Offhook$");
    let is_back = || desk.active_window().as_deref() == Some(&number);
    let save = || {
        window.click_for_real(&desk, "button[data-word=diagnostics-log-save]");
        wait_until(SOON, "the dialog", || {
            desk.active_window().is_some_and(|other| other != number)
        });
    };
    let said = || {
        let css = ".card[aria-labelledby=log] .buttons > [role=status]";
        let text = "return document.querySelector(arguments[0]).textContent.trim()";
        window.execute(text, &[json!(css)])
    };
    window.click_for_real(&desk, "button[data-word=diagnostics-log-show]");
    let shown = window.wait_text("pre.log", |text| !text.is_empty());
    let first = shown.lines().next().unwrap().to_owned();

    // Who changes their mind saves nothing and is told nothing.
    let file = desk.folder().join("home/Protokoll für die IT.log");
    save();
    desk.xdotool(&["key", "Escape"]);
    wait_until(SOON, "the dialog to go", is_back);
    wait_until(SOON, "the button to rest", || {
        window
            .look("button[data-word=diagnostics-log-save]:not([aria-disabled])")
            .is_some()
    });
    assert_eq!((said(), file.exists()), (json!(""), false));

    save();
    desk.paste(file.to_str().unwrap());
    desk.xdotool(&["key", "Return"]);
    wait_until(SOON, "the word that it is saved", || said() == "Saved.");
    wait_until(SOON, "the dialog to go", is_back);
    let saved = fs::read_to_string(&file).unwrap();
    assert!(saved.contains(&first) && saved.ends_with('\n'), "{saved}");

    window.click_for_real(&desk, "button[data-word=diagnostics-folder-open]");
    assert_eq!(desk.wait_opened_place(), product.data_dir().to_str().unwrap());
}
