//! The tray and the notifications of the real program, read over the bus as a panel reads them.
#![cfg(target_os = "linux")]

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use offhook_tests::desk::{Desk, Dunst, MenuEntry, Notice, Notifications, TrayHost, TrayItem};
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::{stays, wait_for, wait_until};
use zbus::object_server::SignalEmitter;
use zbus::{interface, zvariant};

const SOON: Duration = Duration::from_secs(15);
const PERSON: &str = "alice";

/// Offhook with the pretend company, signed in, not yet started.
fn product<'desk>(desk: &'desk Desk, company: &Playground, language: &str) -> Product<'desk> {
    let product = Product::new(desk);
    let phone = &company.addresses["phone"];
    let text = |name: &str| phone[name].as_str().unwrap_or_default().to_owned();
    product.write_settings(&format!(
        "version = 1
[person]
language = \"{language}\"
[microsoft]
cloud = \"custom\"
tenant = \"{}\"
client_id = \"{}\"
login_url = \"{}\"
graph_url = \"{}\"
[phone]
kind = \"{}\"
host = \"{}\"
port = {}
tls = \"off\"
user = \"{}\"
extension = \"{}\"
[store]
secrets = \"file\"
",
        company.word("tenant"),
        company.word("client_id"),
        company.word("login_url"),
        company.word("graph_url"),
        text("kind"),
        text("host"),
        phone["port"],
        text("user"),
        text("extension"),
    ));
    product
}

/// Started with its tray, knows the phone's password, signed in, everything read.
fn in_use<'desk>(desk: &'desk Desk, company: &Playground, language: &str) -> Product<'desk> {
    let mut product = product(desk, company, language);
    product.start(&["--minimised"], &[]);
    product.set_phone_password(company.addresses["phone"]["password"].as_str().unwrap());
    product.sign_in(PERSON);
    product.wait_status(SOON, "phone and Teams to be read", |status| {
        status["health"]["phone"]["ok"] == true && !status["teams"]["seen"].is_null()
    });
    product
}

fn wait_tooltip(item: &TrayItem, state: &str) -> String {
    wait_for(SOON, &format!("the tooltip {state:?}"), || {
        let (title, reason) = item.tooltip();
        (title == state).then_some(reason)
    })
}

/// All labels, separators left out.
fn labels(entries: &[MenuEntry]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in entries.iter().filter(|entry| !entry.separator) {
        found.push(entry.label.clone());
        found.extend(labels(&entry.children));
    }
    found
}

/// Where pictures for a person to look at go, if somebody wants them.
fn gallery() -> Option<PathBuf> {
    std::env::var_os("OFFHOOK_PICTURES").map(PathBuf::from)
}

#[test]
fn each_state_has_its_picture_and_its_words() {
    let desk = Desk::headless();
    let host = TrayHost::start(&desk);
    let company = Playground::start(&desk);
    let product = in_use(&desk, &company, "en");
    let item = host.wait_item();
    assert_eq!(
        (item.id(), item.title()),
        ("offhook".to_owned(), "Offhook".to_owned())
    );
    let mut pictures = Vec::new();
    let mut look = |state: &str| {
        let reason = wait_tooltip(&item, state);
        let menu = item.menu();
        assert_eq!(menu[0].label, state, "the first line of the menu");
        pictures.push((state.to_owned(), item.picture()));
        reason
    };
    look("Free");
    let call = ["--source", "lab", "--id", "1"];
    assert_eq!(product.ctl(&[&["call", "newCall"], &call[..]].concat()).code, 0);
    assert_eq!(product.ctl(&[&["call", "answer"], &call[..]].concat()).code, 0);
    look("In a call");
    assert_eq!(product.ctl(&[&["call", "hangup"], &call[..]].concat()).code, 0);
    look("Free");
    company.teams_client(PERSON, "in-a-meeting");
    look("Busy");
    company.pick(PERSON, Some("do-not-disturb"));
    look("Do not disturb");
    company.pick(PERSON, Some("away"));
    look("Away");
    assert_eq!(product.ctl(&["pause", "on"]).code, 0);
    look("Paused");
    assert_eq!(product.ctl(&["resume"]).code, 0);
    assert_eq!(product.ctl(&["sign-out"]).code, 0);
    look("Signed out");
    for (at, (state, picture)) in pictures.iter().enumerate() {
        assert_eq!(picture.width, 48);
        for (other, other_picture) in &pictures[..at] {
            assert_eq!(picture == other_picture, state == other, "{state} and {other}");
        }
    }
}

#[test]
fn the_menu_speaks_english_and_german_and_does_what_it_says() {
    let desk = Desk::headless();
    let host = TrayHost::start(&desk);
    let company = Playground::start(&desk);
    let cases = [
        (
            "en",
            ["Free", "Pause", "1 hour", "Paused", "Resume", "Quit Offhook"],
        ),
        (
            "de",
            [
                "Frei",
                "Pause",
                "1 Stunde",
                "Pausiert",
                "Fortsetzen",
                "Offhook beenden",
            ],
        ),
    ];
    for (language, [free, pause, hour, paused, resume, quit]) in cases {
        let mut product = in_use(&desk, &company, language);
        let item = host.wait_item();
        wait_tooltip(&item, free);
        let shown = labels(&item.menu());
        for wanted in [pause, hour, quit] {
            assert!(shown.iter().any(|label| label == wanted), "{wanted} in {shown:?}");
        }
        item.click(&[pause, hour]);
        let status = product.wait_status(SOON, "the pause", |status| status["state"] == "paused");
        assert!(status["paused_until"].is_string(), "{status:#}");
        wait_tooltip(&item, paused);
        let before = item.menu();
        item.click(&[resume]);
        product.wait_status(SOON, "the end of the pause", |status| status["state"] == "free");
        wait_until(SOON, "the menu to change", || item.menu() != before);
        item.click(&[quit]);
        assert!(product.process().wait_end(SOON).success());
        host.vanish();
        host.come_back();
    }
}

#[test]
fn panels_may_come_late_and_come_back() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let mut product = product(&desk, &company, "en");
    product.start(&["--minimised"], &[]);
    product.wait_logged("no tray shows icons here");
    let host = TrayHost::start(&desk);
    let item = host.wait_item();
    wait_tooltip(&item, "Signed out");
    host.vanish();
    assert_eq!(product.ctl(&["pause", "on"]).code, 0);
    host.come_back();
    let item = host.wait_item();
    // Signed out comes before paused, so only the menu tells.
    wait_until(SOON, "the menu to be up to date", || {
        labels(&item.menu()).contains(&"Resume".to_owned())
    });
    let said = product.logs();
    assert!(!said.contains("ERROR"), "{said}");
    assert!(product.term().success());
}

#[test]
fn without_a_session_bus_it_runs_on() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let mut product = product(&desk, &company, "en");
    product.start(
        &["--minimised"],
        &[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus")],
    );
    product.wait_logged("there is no tray here");
    assert_eq!(product.status()["state"], "signed-out");
    let (in_order, says) = product.doctor("Notifications");
    assert!(!in_order && says.contains("notification daemon"), "{says}");
    assert!(!product.doctor("Icon in the tray").0);
    assert!(product.term().success());
}

/// The window program's place is taken by nothing: it is not built here, or can't run without a screen.
#[test]
fn a_click_opens_the_window_or_says_why_not_in_a_notification_that_can_be_clicked() {
    let desk = Desk::headless();
    let host = TrayHost::start(&desk);
    let notifications = Notifications::start(&desk);
    let company = Playground::start(&desk);
    let mut product = product(&desk, &company, "de");
    product.start(&["--minimised"], &[]);
    let item = host.wait_item();
    item.activate();
    let said = |notice: &Notice| notice.summary.contains("offhook-window");
    let count = || notifications.shown().iter().filter(|notice| said(notice)).count();
    wait_until(SOON, "the notification", || count() == 1);
    let notice = notifications.shown().into_iter().find(said).unwrap();
    assert_eq!(notice.program, "Offhook");
    assert!(notice.summary.starts_with("Das Fensterprogramm"), "{notice:?}");
    wait_until(SOON, "the next try", || {
        // The program listens a moment after the notification is on the screen, sooner than a person can click.
        notifications.press(&notice, "default");
        count() == 2
    });
    // Nobody takes these away: the program stops asking for more, and goes on.
    for _ in 0..8 {
        item.activate();
    }
    stays(Duration::from_secs(2), "a few at a time", || {
        notifications.shown().len() <= 5
    });
    assert_eq!(product.status()["state"], "signed-out");
    let zombies = format!("/proc/{0}/task/{0}/children", product.process().pid());
    wait_until(SOON, "the children to be reaped", || {
        std::fs::read_to_string(&zombies).is_ok_and(|children| children.trim().is_empty())
    });
    assert!(product.term().success());
}

#[test]
fn a_second_start_leaves_the_first_alone() {
    let desk = Desk::headless();
    let host = TrayHost::start(&desk);
    let company = Playground::start(&desk);
    let mut product = product(&desk, &company, "en");
    product.start(&["--minimised"], &[]);
    host.wait_item();
    let mut second = product.one_more(&[], &[]);
    second.wait_end(SOON);
    assert_eq!(host.registered().len(), 1);
    assert_eq!(product.status()["state"], "signed-out");
    assert!(product.term().success());
}

/// logind as far as the program knows it.
struct Logind {
    inhibited: Arc<Mutex<Vec<(String, String, zvariant::OwnedFd)>>>,
    pipe: Arc<Mutex<Option<std::io::PipeReader>>>,
}

#[interface(name = "org.freedesktop.login1.Manager")]
impl Logind {
    fn inhibit(&self, what: String, who: String, _why: String, mode: String) -> zvariant::OwnedFd {
        let (reader, writer) = std::io::pipe().unwrap();
        *self.pipe.lock().unwrap() = Some(reader);
        let ours = std::os::fd::OwnedFd::from(std::fs::File::open("/dev/null").unwrap());
        self.inhibited
            .lock()
            .unwrap()
            .push((what, format!("{who} {mode}"), ours.into()));
        std::os::fd::OwnedFd::from(writer).into()
    }

    #[zbus(signal)]
    async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, start: bool) -> zbus::Result<()>;
}

#[test]
fn everything_is_released_before_the_machine_sleeps() {
    let desk = Desk::headless();
    let _host = TrayHost::start(&desk);
    let company = Playground::start(&desk);
    let bus = desk.connect();
    let path = "/org/freedesktop/login1";
    let logind = Logind {
        inhibited: Arc::default(),
        pipe: Arc::default(),
    };
    let (inhibited, pipe) = (Arc::clone(&logind.inhibited), Arc::clone(&logind.pipe));
    block_on(async {
        bus.object_server().at(path, logind).await.unwrap();
        bus.request_name("org.freedesktop.login1").await.unwrap();
    });
    let address = format!("unix:path={}", desk.folder().join("bus").display());
    let mut product = product(&desk, &company, "en");
    product.start(&["--minimised"], &[("DBUS_SYSTEM_BUS_ADDRESS", &address)]);
    product.set_phone_password(company.addresses["phone"]["password"].as_str().unwrap());
    product.sign_in(PERSON);
    wait_until(SOON, "the inhibitor", || !inhibited.lock().unwrap().is_empty());
    {
        let inhibited = inhibited.lock().unwrap();
        let (what, who, _) = &inhibited[0];
        assert_eq!((what.as_str(), who.as_str()), ("sleep:shutdown", "Offhook delay"));
    }
    let call = ["--source", "lab", "--id", "1"];
    product.ctl(&[&["call", "newCall"], &call[..]].concat());
    product.ctl(&[&["call", "answer"], &call[..]].concat());
    wait_until(SOON, "the session", || company.sessions(PERSON) > 0);
    let sleep = |begins: bool| {
        block_on(async {
            let emitter = SignalEmitter::new(&bus, path).unwrap();
            Logind::prepare_for_sleep(&emitter, begins).await.unwrap();
        });
    };
    sleep(true);
    // The end of the pipe is closed when the program lets go.
    let mut reader = pipe.lock().unwrap().take().unwrap();
    let mut nothing = String::new();
    std::io::Read::read_to_string(&mut reader, &mut nothing).unwrap();
    assert_eq!(company.sessions(PERSON), 0, "released before the machine sleeps");
    sleep(false);
    wait_until(SOON, "the next inhibitor", || {
        inhibited.lock().unwrap().len() == 2
    });
    let status = product.term();
    assert!(
        status.success(),
        "{status}: {}{}",
        product.log().text(),
        product.logs()
    );
}

/// The rows of the screen right below the panel, without the corner where notifications are shown.
fn below_the_panel(desk: &Desk) -> Vec<u8> {
    let frame = desk.frame();
    let rows = frame.chunks_exact(1280 * 4).skip(36).take(160);
    rows.flat_map(|row| row[..800 * 4].to_vec()).collect()
}

/// Real panel, real notification daemon: for people to look at, and shown to work.
#[test]
fn a_real_panel_shows_the_icon_and_a_real_daemon_the_notification() {
    for language in ["en", "de"] {
        let desk = Desk::with_screen();
        let _panel = desk.panel();
        let dunst = Dunst::start(&desk);
        let company = Playground::start(&desk);
        let mut product = in_use(&desk, &company, language);
        let empty = desk.frame();
        company.pick(PERSON, Some("do-not-disturb"));
        product.wait_status(SOON, "do not disturb", |status| {
            status["state"] == "do-not-disturb"
        });
        if language == "en" {
            assert!(product.doctor("Icon in the tray").0);
            let (in_order, says) = product.doctor("Notifications");
            assert!(in_order && says.contains("dunst"), "{says}");
        }
        wait_until(SOON, "the icon to change on the screen", || desk.frame() != empty);
        let photograph = |name: &str| {
            if let Some(folder) = gallery() {
                desk.screenshot(&folder.join(format!("tray-{name}-{language}.png")));
            }
        };
        photograph("icon");
        let before = below_the_panel(&desk);
        desk.xdotool(&["mousemove", "16", "16", "sleep", "0.2", "mousemove", "15", "15"]);
        wait_until(SOON, "the tooltip", || below_the_panel(&desk) != before);
        photograph("tooltip");
        desk.xdotool(&["mousemove", "400", "300", "sleep", "0.2"]);
        wait_until(SOON, "the tooltip to go", || below_the_panel(&desk) == before);
        desk.xdotool(&["mousemove", "15", "15", "click", "3"]);
        wait_until(SOON, "the menu", || below_the_panel(&desk) != before);
        photograph("menu");
        desk.xdotool(&["key", "Escape"]);
        company.revoke(PERSON);
        wait_until(Duration::from_secs(60), "the notification", || {
            dunst.on_screen() > 0
        });
        photograph("notification");
        assert!(product.term().success());
    }
}
