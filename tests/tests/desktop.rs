//! What the desktop around Offhook tells it and lacks: light or dark while it runs, no place for an icon, a click on a
//! notification.
#![cfg(target_os = "linux")]

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use offhook_tests::desk::{Desk, EndOnDrop, Notifications, TrayHost};
use offhook_tests::process::Running;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::webdriver::Window;
use offhook_tests::{try_wait_for, wait_for, wait_until};
use zbus::object_server::SignalEmitter;
use zbus::zvariant::{OwnedValue, Value};
use zbus::{Connection, interface};

const SOON: Duration = Duration::from_secs(60);
const TITLE: &str = "^Offhook$";
const SCHEME: (&str, &str) = ("org.freedesktop.appearance", "color-scheme");
const PATH: &str = "/org/freedesktop/portal/desktop";
const DARK: u32 = 1;
const LIGHT: u32 = 2;

/// The desktop portal, as far as it tells colours.
struct Portal {
    bus: Connection,
    scheme: Arc<AtomicU32>,
}

struct Settings(Arc<AtomicU32>);

impl Settings {
    fn scheme(&self) -> OwnedValue {
        OwnedValue::from(self.0.load(Ordering::SeqCst))
    }
}

#[interface(name = "org.freedesktop.portal.Settings")]
impl Settings {
    /// The old call, which wraps the value once more.
    fn read(&self, namespace: String, key: String) -> zbus::fdo::Result<OwnedValue> {
        if (namespace.as_str(), key.as_str()) != SCHEME {
            return Err(zbus::fdo::Error::Failed("no such setting".to_owned()));
        }
        let wrapped = Value::Value(Box::new(self.scheme().into()));
        Ok(OwnedValue::try_from(wrapped).expect("a number"))
    }

    fn read_one(&self, namespace: String, key: String) -> zbus::fdo::Result<OwnedValue> {
        if (namespace.as_str(), key.as_str()) != SCHEME {
            return Err(zbus::fdo::Error::Failed("no such setting".to_owned()));
        }
        Ok(self.scheme())
    }

    fn read_all(&self, _namespaces: Vec<String>) -> HashMap<String, HashMap<String, OwnedValue>> {
        let appearance = HashMap::from([(SCHEME.1.to_owned(), self.scheme())]);
        HashMap::from([(SCHEME.0.to_owned(), appearance)])
    }

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        2
    }

    #[zbus(signal)]
    async fn setting_changed(
        emitter: &SignalEmitter<'_>,
        namespace: &str,
        key: &str,
        value: Value<'_>,
    ) -> zbus::Result<()>;
}

impl Portal {
    fn start(desk: &Desk, scheme: u32) -> Self {
        let bus = desk.connect();
        let scheme = Arc::new(AtomicU32::new(scheme));
        block_on(async {
            bus.object_server()
                .at(PATH, Settings(Arc::clone(&scheme)))
                .await?;
            bus.request_name("org.freedesktop.portal.Desktop").await
        })
        .expect("the place of the portal");
        Self { bus, scheme }
    }

    fn turn(&self, scheme: u32) {
        self.scheme.store(scheme, Ordering::SeqCst);
        block_on(async {
            let emitter = SignalEmitter::new(&self.bus, PATH)?;
            Settings::setting_changed(&emitter, SCHEME.0, SCHEME.1, Value::U32(scheme)).await
        })
        .expect("the bus");
    }
}

fn product<'desk>(desk: &'desk Desk, more: &str) -> Product<'desk> {
    let product = Product::new(desk);
    product.write_settings(&format!(
        "version = 1\n[store]\nsecrets = \"file\"\n[person]\nlanguage = \"en\"\n{more}"
    ));
    product
}

#[test]
fn an_icon_in_one_colour_follows_the_desktop_from_dark_to_light_and_back() {
    let desk = Desk::headless();
    let portal = Portal::start(&desk, DARK);
    let host = TrayHost::start(&desk);
    let mut product = product(&desk, "icon = \"one-colour\"\n");
    product.start(&["--minimised"], &[]);
    let item = host.wait_item();
    // Each pixel is opacity, red, green, blue; the ones that are seen are of one colour.
    let is_bright = || {
        let pixels = item.picture().argb;
        let seen: Vec<&[u8]> = pixels.chunks_exact(4).filter(|pixel| pixel[0] > 200).collect();
        assert!(!seen.is_empty());
        seen.iter().all(|pixel| pixel[1..].iter().all(|part| *part > 128))
    };
    wait_until(SOON, "a bright icon on a dark desktop", is_bright);
    portal.turn(LIGHT);
    wait_until(SOON, "a dark icon on a light desktop", || !is_bright());
    portal.turn(DARK);
    wait_until(SOON, "a bright icon again", is_bright);
}

#[test]
fn an_open_window_follows_the_desktop_from_light_to_dark_and_back() {
    let desk = Desk::with_screen();
    let portal = Portal::start(&desk, LIGHT);
    let mut product = product(&desk, "");
    product.start_headless();
    let window = Window::open(&desk, product.data_dir(), "startup");
    window.find("main h1");
    let is_dark = || {
        let ground = "return getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
            .slice(0, 3).every((part) => part < 64)";
        window.execute(ground, &[]) == true
    };
    assert!(!is_dark());
    portal.turn(DARK);
    wait_until(SOON, "a dark page", is_dark);
    window.picture("startup-turned-dark");
    portal.turn(LIGHT);
    wait_until(SOON, "a light page", || !is_dark());
}

#[test]
fn a_window_of_a_dark_desktop_is_never_bright() {
    let desk = Desk::with_screen();
    let _portal = Portal::start(&desk, DARK);
    let mut product = product(&desk, "");
    product.start_headless();
    // The middle of a window that lies anywhere in the middle of the screen, with neither frame nor title.
    let bright = |frame: &[u8]| {
        let pixels = frame.as_chunks::<4>().0;
        let rows = pixels.chunks_exact(1280).skip(300).take(200);
        let middle = rows.flat_map(|row| row[500..780].iter());
        let bright = middle.filter(|[blue, green, red, _]| *blue > 128 && *green > 128 && *red > 128);
        // Text is bright on a dark page.
        bright.count() > 200 * 280 / 4
    };
    let empty = desk.frame();
    assert!(!bright(&empty), "the screen itself");
    let command = product.command("offhook-window", &["startup"]);
    let _window = Running::start("offhook-window", command);
    let mut last = (empty, Instant::now());
    let begun = Instant::now();
    let mut frames = 0;
    while frames == 0 || last.1.elapsed() < Duration::from_secs(2) {
        assert!(begun.elapsed() < SOON, "the window does not come to rest");
        let frame = desk.frame();
        if frame != last.0 {
            assert!(
                !bright(&frame),
                "frame {frames}, {:?} after the click",
                begun.elapsed()
            );
            frames += 1;
            last = (frame, Instant::now());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(frames > 1, "a window, and then its page");
}

/// The corners of a window on the screen: left, top, right, bottom.
fn corners(desk: &Desk, window: &str) -> [i32; 4] {
    let said = desk.xdotool(&["getwindowgeometry", "--shell", window]);
    let number = |name: &str| -> i32 {
        let line = said.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.strip_prefix('=')?.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in {said}"))
    };
    let (left, top) = (number("X"), number("Y"));
    [left, top, left + number("WIDTH"), top + number("HEIGHT")]
}

#[test]
fn a_click_on_the_icon_opens_the_window_beside_it() {
    // The screen has 1280 by 800.
    for ((x, y), [sideways, down]) in [((1270, 790), [1270, 790]), ((10, 5), [10, 60])] {
        let desk = Desk::with_screen();
        let host = TrayHost::start(&desk);
        let mut product = product(&desk, "");
        product.start(&["--minimised"], &[]);
        let item = host.wait_item();
        let _ended = EndOnDrop(&desk, "offhook-window");
        item.activate_at(x, y);
        let window = desk.wait_window(TITLE);
        let mut last = [0; 4];
        let found = try_wait_for(SOON, || {
            last = corners(&desk, &window);
            let [left, top, right, bottom] = last;
            // xdotool counts the frame twice.
            let inside = left >= 0 && top >= 0 && right <= 1280 && bottom <= 840;
            let beside =
                (left - 10..=right + 10).contains(&sideways) && (top - 60..=bottom + 60).contains(&down);
            (inside && beside).then_some(())
        });
        assert!(found.is_some(), "{last:?} is not beside {x}, {y}");
    }
}

#[test]
fn without_a_tray_a_notification_says_so_and_leads_to_the_window() {
    let desk = Desk::with_screen();
    let notifications = Notifications::start(&desk);
    let mut product = product(&desk, "");
    product.start(&["--minimised"], &[]);
    let notice = wait_for(SOON, "the notification", || {
        notifications.shown().into_iter().next()
    });
    assert_eq!(notice.summary, "Offhook is running");
    assert!(notice.body.contains("no tray icons"), "{notice:?}");
    assert!(notice.actions.contains(&"Open".to_owned()), "{notice:?}");
    let (in_order, says) = product.doctor("Icon in the tray");
    assert!(!in_order && says.contains("AppIndicator"), "{says}");
    assert!(product.doctor("Notifications").0);
    assert!(desk.processes("offhook-window").is_empty());

    // The program listens a moment after the notification is on the screen, sooner than a person can click.
    let opened = wait_for(SOON, "the window", || {
        notifications.press(&notice, "default");
        desk.processes("offhook-window").into_iter().next()
    });
    let ended = EndOnDrop(&desk, "offhook-window");
    assert_eq!(opened.arguments.last().map(String::as_str), Some("startup"));
    desk.wait_window(TITLE);
    assert_eq!(notifications.shown().len(), 1, "said once");
    drop(ended);
    wait_until(SOON, "the window to go", || {
        desk.processes("offhook-window").is_empty()
    });

    // A second start is the way that is left.
    let mut second = product.one_more(&[], &[]);
    assert!(second.wait_end(SOON).success());
    let _ended = EndOnDrop(&desk, "offhook-window");
    desk.wait_window(TITLE);
    // Said once, and not at every start.
    product.term();
    product.start(&["--minimised"], &[]);
    product.wait_logged("no tray shows icons here");
}
