//! The desktop session: bus, screen, keyring, notifications and tray.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use offhook_tests::desk::{Desk, Dunst, Keyring, Notifications, TrayHost};
use offhook_tests::process::{Running, finish};
use offhook_tests::runtime::block_on;
use offhook_tests::{places, wait_until};
use zbus::interface;
use zbus::zvariant::{ObjectPath, OwnedValue, StructureBuilder, Value};

const SOON: Duration = Duration::from_secs(10);

/// Runs one of the system's programs in the session: exit code and what it said.
fn run(desk: &Desk, name: &str, arguments: &[&str], input: &str) -> (Option<i32>, String) {
    let mut command = desk.command(places::system_program(name));
    command.args(arguments);
    let (status, stdout, stderr) = finish(name, command, input, SOON);
    (status.code(), format!("{stdout}{stderr}"))
}

#[test]
fn a_screen_shows_windows_and_can_be_photographed() {
    let desk = Desk::with_screen();
    let mut viewer = desk.command(places::system_program("xev"));
    viewer.args(["-name", "lab window", "-geometry", "300x200+100+100"]);
    let mut viewer = Running::start("xev", viewer);
    let window = desk.wait_window("lab window");
    let file = desk.folder().join("screen.png");
    desk.screenshot(&file);
    let bytes = std::fs::read(file).unwrap();
    assert_eq!(bytes[..4], [0x89, b'P', b'N', b'G']);
    // Before the window manager has framed it, a click may land beside it.
    desk.xdotool(&["windowactivate", "--sync", &window]);
    desk.xdotool(&["mousemove", "--window", &window, "150", "150", "click", "1"]);
    viewer.wait_line(SOON, |line| line.starts_with("ButtonPress event"));
}

#[test]
fn addresses_for_the_browser_are_caught() {
    let desk = Desk::headless();
    assert_eq!(run(&desk, "xdg-open", &["--version"], "").0, Some(0));
    let mut open = desk.command("xdg-open");
    open.arg("https://login.example/authorize?state=1");
    finish("xdg-open", open, "", SOON);
    assert_eq!(
        desk.wait_opened().as_str(),
        "https://login.example/authorize?state=1"
    );
}

#[test]
fn an_open_keyring_keeps_secrets_and_a_locked_or_absent_one_does_not() {
    let desk = Desk::headless();
    let store = ["store", "--label=lab", "program", "offhook"];
    let (code, said) = run(&desk, "secret-tool", &store, "kept");
    assert_eq!(code, Some(1), "absent: {said}");
    let keyring = Keyring::open(&desk);
    let (code, said) = run(&desk, "secret-tool", &store, "kept");
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(
        run(&desk, "secret-tool", &["lookup", "program", "offhook"], ""),
        (Some(0), "kept".to_owned())
    );
    assert!(
        keyring
            .items()
            .iter()
            .any(|item| item.get("program").is_some_and(|name| name == "offhook"))
    );
    keyring.lock();
    assert_ne!(
        run(&desk, "secret-tool", &["lookup", "program", "offhook"], "").1,
        "kept"
    );
    drop(keyring);
    let locked = Keyring::locked_one(&desk);
    assert_eq!(locked.locked(), Some(true));
    drop(locked);
    let keyring = Keyring::open(&desk);
    assert_eq!(
        run(&desk, "secret-tool", &["lookup", "program", "offhook"], ""),
        (Some(0), "kept".to_owned())
    );
    drop(keyring);
}

#[test]
fn notifications_are_recorded_and_their_actions_clicked() {
    let desk = Desk::headless();
    let notifications = Notifications::start(&desk);
    let mut send = desk.command(places::system_program("notify-send"));
    send.args([
        "--app-name=lab",
        "--action=open=Open",
        "--wait",
        "Call",
        "from <b>&amp;</b>",
    ]);
    let mut send = Running::start("notify-send", send);
    wait_until(SOON, "the notice", || !notifications.shown().is_empty());
    let notice = notifications.shown().remove(0);
    assert_eq!(
        (notice.program.as_str(), notice.summary.as_str()),
        ("lab", "Call")
    );
    assert_eq!(notice.actions, ["open", "Open"]);
    notifications.press(&notice, "open");
    send.wait_line(SOON, |line| line == "open");
}

#[test]
fn dunst_shows_notices() {
    let desk = Desk::with_screen();
    let dunst = Dunst::start(&desk);
    assert_eq!(run(&desk, "notify-send", &["Call", "from Bob"], "").0, Some(0));
    wait_until(SOON, "the notice on the screen", || dunst.on_screen() == 1);
    assert_eq!(dunst.history(), [("Call".to_owned(), "from Bob".to_owned())]);
}

/// Width, height and ARGB rows.
type Pixels = (i32, i32, Vec<u8>);
/// Id, properties and children.
type Node = (i32, HashMap<String, OwnedValue>, Vec<OwnedValue>);

/// An icon as a program would have it, with two entries in its menu.
struct Icon {
    clicks: Arc<Mutex<Vec<String>>>,
}

#[interface(name = "org.kde.StatusNotifierItem")]
impl Icon {
    fn activate(&self, _x: i32, _y: i32) {
        self.clicks.lock().unwrap().push("icon".to_owned());
    }
    #[zbus(property)]
    fn id(&self) -> &'static str {
        "lab"
    }
    #[zbus(property)]
    fn title(&self) -> &'static str {
        "Free"
    }
    #[zbus(property)]
    fn status(&self) -> &'static str {
        "Active"
    }
    #[zbus(property)]
    fn tool_tip(&self) -> (String, Vec<Pixels>, String, String) {
        (String::new(), Vec::new(), "Free".to_owned(), "no call".to_owned())
    }
    #[zbus(property)]
    fn icon_pixmap(&self) -> Vec<Pixels> {
        vec![
            (1, 1, vec![255, 0, 128, 0]),
            (2, 1, vec![255, 0, 128, 0, 255, 0, 128, 0]),
        ]
    }
    #[zbus(property)]
    fn menu(&self) -> ObjectPath<'static> {
        ObjectPath::from_static_str_unchecked("/MenuBar")
    }
}

struct Menu {
    clicks: Arc<Mutex<Vec<String>>>,
}

type Properties = HashMap<String, Value<'static>>;

fn node(id: i32, properties: &[(&str, Value<'static>)], children: Vec<Value<'static>>) -> Value<'static> {
    let properties: Properties = properties
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.try_clone().unwrap()))
        .collect();
    let children: Vec<Value<'static>> = children;
    Value::Structure(
        StructureBuilder::new()
            .add_field(id)
            .add_field(properties)
            .add_field(children)
            .build()
            .unwrap(),
    )
}

#[interface(name = "com.canonical.dbusmenu")]
impl Menu {
    fn get_layout(&self, _parent: i32, _depth: i32, _names: Vec<String>) -> (u32, Node) {
        let minutes = node(
            3,
            &[
                ("label", "15 _minutes".into()),
                ("toggle-type", "checkmark".into()),
                ("toggle-state", 1.into()),
            ],
            vec![],
        );
        let children = vec![
            node(1, &[("label", "Free".into()), ("enabled", false.into())], vec![]),
            node(4, &[("type", "separator".into())], vec![]),
            node(2, &[("label", "_Pause".into())], vec![minutes]),
        ];
        let children = children
            .into_iter()
            .map(|child| child.try_to_owned().unwrap())
            .collect();
        (1, (0, HashMap::new(), children))
    }

    fn event(&self, id: i32, event: String, _data: Value<'_>, _time: u32) {
        self.clicks.lock().unwrap().push(format!("{event} {id}"));
    }
}

#[test]
fn an_icon_is_read_and_clicked_over_the_bus_and_panels_come_and_go() {
    let desk = Desk::headless();
    let clicks = Arc::new(Mutex::new(Vec::new()));
    let program = desk.connect();
    block_on(async {
        let server = program.object_server();
        server
            .at(
                "/StatusNotifierItem",
                Icon {
                    clicks: Arc::clone(&clicks),
                },
            )
            .await
            .unwrap();
        server
            .at(
                "/MenuBar",
                Menu {
                    clicks: Arc::clone(&clicks),
                },
            )
            .await
            .unwrap();
    });
    let register = || {
        let name = (program.unique_name().unwrap().to_string(),);
        let watcher = "org.kde.StatusNotifierWatcher";
        let call = program.call_method(
            Some(watcher),
            "/StatusNotifierWatcher",
            Some(watcher),
            "RegisterStatusNotifierItem",
            &name,
        );
        block_on(call)
    };
    assert!(register().is_err(), "a panel before there is one");
    let host = TrayHost::start(&desk);
    register().unwrap();
    let item = host.wait_item();
    assert_eq!(
        (item.id(), item.title(), item.status()),
        ("lab".into(), "Free".into(), "Active".into())
    );
    assert_eq!(item.tooltip(), ("Free".to_owned(), "no call".to_owned()));
    assert_eq!(item.picture().width, 2);
    let menu = item.menu();
    assert_eq!(
        menu.iter().map(|entry| entry.label.as_str()).collect::<Vec<_>>(),
        ["Free", "", "Pause"]
    );
    assert!(!menu[0].enabled && menu[1].separator);
    assert_eq!(menu[2].children[0].ticked, Some(true));
    item.activate();
    item.click(&["Pause", "15 minutes"]);
    assert_eq!(*clicks.lock().unwrap(), ["icon", "clicked 3"]);
    host.vanish();
    assert!(register().is_err() && host.registered().is_empty());
    host.come_back();
    register().unwrap();
    host.wait_item();
}

#[test]
fn the_real_panel_takes_the_place_of_the_tray() {
    let desk = Desk::with_screen();
    let _panel = desk.panel();
}
