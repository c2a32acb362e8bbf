//! The tray on Linux: a StatusNotifierItem on the session bus, served on the driver's own loop.
//!
//! `ksni` is used by itself rather than by way of `tray-icon`, whose backend keeps three more threads, shows one
//! size of picture only, and runs ksni on `async-io`: as soon as any crate of the same build turns on zbus' tokio
//! feature, that would find no reactor.

use super::menu::{Line, Menu};
use super::notice::escaped;
use super::picture::Paint;
use super::{Events, System, launch, picture, sleep, theme};
use ksni::menu::{StandardItem, SubMenu};
use ksni::{Category, Icon, MenuItem, OfflineReason, Status, ToolTip, TrayMethods as _};
use offhook_connect::desktop::{DesktopEvent, IconStyle};
use offhook_engine::view::pages::IconPlace;
use offhook_engine::view::tray::{Action, Page, Tray};
use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;

/// A desktop that does not answer is left alone after this long, and asked again later.
const ANSWER: Duration = Duration::from_secs(10);
/// How long a tray may take to appear before the person is told, once, that there is none.
const PATIENCE: Duration = Duration::from_secs(30);
/// So long ksni is given to register at a host that it has heard of.
const REGISTERS: Duration = Duration::from_millis(500);
const FIRST_RETRY: Duration = Duration::from_secs(5);
const LAST_RETRY: Duration = Duration::from_secs(600);

/// Runs the driver with this desktop, on this thread.
pub fn run(
    runtime: Runtime,
    data_dir: PathBuf,
    events: Events,
    drive: impl FnOnce(&Runtime, System) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    let face = Face {
        events: events.clone(),
        shown: None,
    };
    drive(&runtime, System::new(data_dir, events, face))?;
    // A read that blocks (a keyring's prompt) must not keep the program.
    runtime.shutdown_background();
    Ok(())
}

/// What stands in the tray.
#[derive(Debug)]
pub struct Face {
    events: Events,
    shown: Option<watch::Sender<Look>>,
}

/// What is to be shown, and how.
#[derive(Debug, Clone)]
struct Look {
    tray: Tray,
    style: IconStyle,
    dark: bool,
}

impl Look {
    const fn paint(&self) -> Paint {
        match self.style {
            IconStyle::Colour => Paint::Colour,
            IconStyle::Light => picture::LIGHT,
            IconStyle::Dark => picture::DARK,
            IconStyle::OneColour if self.dark => picture::LIGHT,
            IconStyle::OneColour => picture::DARK,
        }
    }
}

impl Face {
    /// Never waits: the bus is spoken to beside the driver, and sees the newest value only.
    pub fn show(&mut self, tray: &Tray, style: IconStyle) {
        match &self.shown {
            Some(shown) => shown.send_modify(|shown| {
                shown.tray.clone_from(tray);
                shown.style = style;
            }),
            None => {
                let look = Look {
                    tray: tray.clone(),
                    style,
                    dark: true,
                };
                let (sender, shown) = watch::channel(look);
                tokio::task::spawn_local(keep(shown, self.events.clone()));
                let themed = sender.clone();
                self.shown = Some(sender);
                tokio::task::spawn_local(theme::watch(move |dark| {
                    themed.send_if_modified(|shown| {
                        let changed = shown.dark != dark;
                        shown.dark = dark;
                        changed && shown.style == IconStyle::OneColour
                    });
                }));
            }
        }
    }
}

/// Puts the icon on the bus and keeps it as it should be. The icon waits there for a host: ksni registers it
/// whenever `org.kde.StatusNotifierWatcher` appears.
async fn keep(mut shown: watch::Receiver<Look>, events: Events) {
    let mut pause = FIRST_RETRY;
    let mut told = false;
    let mut slept = Some(events.clone());
    let came = Rc::new(Cell::new(false));
    let handle = loop {
        let item = Item::new(shown.borrow_and_update().clone(), events.clone());
        // Taken back by ksni at once where nothing shows icons.
        item.tell(IconPlace::Panel);
        let started = tokio::time::timeout(ANSWER, item.assume_sni_available(true).spawn()).await;
        // The tray comes first, but does not hold up the rest.
        if let Some(events) = slept.take() {
            tokio::task::spawn_local(sleep::watch(events));
        }
        let error = match started {
            Ok(Ok(handle)) if missed_its_host(&handle).await => {
                handle.shutdown().await;
                continue;
            }
            Ok(Ok(handle)) => break handle,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer".to_owned(),
        };
        if !told {
            let _gone = events.send(DesktopEvent::Icon(IconPlace::Nowhere));
            tracing::info!(
                error,
                "there is no tray here; Offhook goes on without, and looks again"
            );
            told = true;
            wait_for_tray(&events, &came);
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(LAST_RETRY);
    };
    came.set(true);
    let watched = handle.clone();
    tokio::task::spawn_local(async move {
        tokio::time::sleep(PATIENCE).await;
        let Some((seen, events)) = watched.update(|item| (item.is_seen(), item.events.clone())).await else {
            return;
        };
        if !seen {
            let _gone = events.send(DesktopEvent::TrayMissed);
        }
    });
    while shown.changed().await.is_ok() {
        let look = shown.borrow_and_update().clone();
        handle.update(|item| item.show(look)).await;
    }
}

/// A host that appeared after ksni found none and before it began to listen for one: ksni never hears of it. From
/// here on it listens, so whoever comes later is heard.
async fn missed_its_host(handle: &ksni::Handle<Item>) -> bool {
    let seen = || handle.update(|item| item.is_seen());
    if seen().await != Some(false) || !host_is_there().await.unwrap_or(false) {
        return false;
    }
    // It may have come after that, and ksni is just registering there.
    tokio::time::sleep(REGISTERS).await;
    seen().await == Some(false)
}

async fn host_is_there() -> zbus::Result<bool> {
    let bus = zbus::Connection::session().await?;
    let names = zbus::fdo::DBusProxy::new(&bus).await?;
    let watcher = zbus::names::BusName::try_from("org.kde.StatusNotifierWatcher")?;
    Ok(names.name_has_owner(watcher).await?)
}

/// A desktop signs a person in piece by piece: its tray is given time before it is missed.
fn wait_for_tray(events: &Events, came: &Rc<Cell<bool>>) {
    let (events, came) = (events.clone(), Rc::clone(came));
    tokio::task::spawn_local(async move {
        tokio::time::sleep(PATIENCE).await;
        if !came.get() {
            let _gone = events.send(DesktopEvent::TrayMissed);
        }
    });
}

/// The icon as the bus sees it.
struct Item {
    look: Look,
    menu: Menu,
    events: Events,
    host_missed: AtomicBool,
}

impl Item {
    fn new(look: Look, events: Events) -> Self {
        let menu = Menu::after(None, &look.tray.menu);
        Self {
            look,
            menu,
            events,
            host_missed: AtomicBool::new(false),
        }
    }

    fn show(&mut self, look: Look) {
        if look.tray.menu != self.look.tray.menu {
            self.menu = Menu::after(Some(&self.menu), &look.tray.menu);
        }
        self.look = look;
    }

    fn is_seen(&self) -> bool {
        !self.host_missed.load(Ordering::Relaxed)
    }

    fn choose(&self, number: usize) {
        if let Some(action) = self.menu.action(number) {
            self.send(action.clone());
        }
    }

    fn tell(&self, place: IconPlace) {
        let _gone = self.events.send(DesktopEvent::Icon(place));
    }

    fn send(&self, action: Action) {
        let _gone = self.events.send(DesktopEvent::Action(action));
    }
}

impl ksni::Tray for Item {
    fn id(&self) -> String {
        "offhook".to_owned()
    }

    fn title(&self) -> String {
        "Offhook".to_owned()
    }

    fn category(&self) -> Category {
        Category::Communications
    }

    /// Hosts that hide quiet icons show one that needs the person.
    fn status(&self) -> Status {
        if self.look.tray.attention {
            Status::NeedsAttention
        } else {
            Status::Active
        }
    }

    fn icon_pixmap(&self) -> Vec<Icon> {
        icons(&self.look)
    }

    fn attention_icon_pixmap(&self) -> Vec<Icon> {
        if self.look.tray.attention {
            icons(&self.look)
        } else {
            Vec::new()
        }
    }

    fn tool_tip(&self) -> ToolTip {
        let (title, description) = tooltip(&self.look.tray.tooltip);
        ToolTip {
            title,
            description,
            ..ToolTip::default()
        }
    }

    fn menu(&self) -> Vec<MenuItem<Self>> {
        items(&self.menu.lines)
    }

    fn activate(&mut self, x: i32, y: i32) {
        launch::clicked(x, y);
        self.send(Action::Open(Page::Now));
    }

    fn watcher_online(&self) {
        self.host_missed.store(false, Ordering::Relaxed);
        self.tell(IconPlace::Panel);
        tracing::info!("a tray has appeared");
    }

    fn watcher_offline(&self, reason: OfflineReason) -> bool {
        self.tell(IconPlace::Nowhere);
        if !self.host_missed.swap(true, Ordering::Relaxed) {
            tracing::info!(
                ?reason,
                "no tray shows icons here; Offhook's appears as soon as one does"
            );
        }
        true
    }
}

/// The state in bold, the reason below it. The lower part is markup.
fn tooltip(text: &str) -> (String, String) {
    match text.split_once(" · ") {
        Some((state, reason)) => (state.to_owned(), escaped(reason)),
        None => (text.to_owned(), String::new()),
    }
}

fn icons(look: &Look) -> Vec<Icon> {
    let mut icons = Vec::new();
    for picture in picture::pictures(look.tray.icon, look.tray.attention, look.paint()) {
        let mut data = picture.rgba;
        for pixel in data.chunks_exact_mut(4) {
            pixel.rotate_right(1);
        }
        let Ok(size) = i32::try_from(picture.size) else {
            continue;
        };
        icons.push(Icon {
            width: size,
            height: size,
            data,
        });
    }
    icons
}

fn items(lines: &[Line]) -> Vec<MenuItem<Item>> {
    lines.iter().map(item).collect()
}

fn item(line: &Line) -> MenuItem<Item> {
    match line {
        Line::Item { label, number } => {
            let number = *number;
            let activate = Box::new(move |item: &mut Item| item.choose(number));
            StandardItem {
                label: plain(label),
                activate,
                ..StandardItem::default()
            }
            .into()
        }
        Line::Separator => MenuItem::Separator,
        Line::Submenu { label, lines } => SubMenu {
            label: plain(label),
            submenu: items(lines),
            ..SubMenu::default()
        }
        .into(),
    }
}

/// One underscore would mark an access key.
fn plain(label: &str) -> String {
    label.replace('_', "__")
}

#[cfg(test)]
mod tests {
    use super::*;
    use ksni::Tray as _;
    use offhook_engine::view::tray::Entry;
    use offhook_protocol::status::State;
    use tokio::sync::mpsc;

    fn look(icon: State, menu: Vec<Entry>) -> Look {
        let tray = Tray {
            icon,
            attention: false,
            tooltip: "Frei · <kein> Anruf".to_owned(),
            menu,
        };
        Look {
            tray,
            style: IconStyle::Colour,
            dark: true,
        }
    }

    #[test]
    fn a_click_sends_the_action_of_its_line() {
        let (events, mut news) = mpsc::unbounded_channel();
        let quit = Entry::Item {
            label: "Quit_now".to_owned(),
            action: Action::Quit,
        };
        let mut item = Item::new(look(State::Free, vec![Entry::Separator, quit]), events);
        let mut menu = item.menu();
        let MenuItem::Standard(last) = menu.remove(1) else {
            panic!("no item")
        };
        assert_eq!(last.label, "Quit__now");
        (last.activate)(&mut item);
        assert_eq!(news.try_recv(), Ok(DesktopEvent::Action(Action::Quit)));
        item.show(look(State::Busy, Vec::new()));
        (last.activate)(&mut item);
        assert!(news.try_recv().is_err(), "a click on a menu that is gone");
        item.activate(0, 0);
        assert_eq!(news.try_recv(), Ok(DesktopEvent::Action(Action::Open(Page::Now))));
    }

    #[test]
    fn pictures_go_as_opacity_red_green_blue() {
        let (events, _news) = mpsc::unbounded_channel();
        let item = Item::new(look(State::Free, Vec::new()), events);
        let icons = item.icon_pixmap();
        assert_eq!(
            icons.iter().map(|icon| icon.width).collect::<Vec<_>>(),
            [16, 22, 24, 32, 48]
        );
        let covered = icons[4]
            .data
            .chunks_exact(4)
            .find(|pixel| pixel[0] == 255)
            .unwrap();
        assert_eq!(covered, [255, 0x1d, 0x93, 0x8e]);
    }

    #[test]
    fn one_colour_follows_the_desktop_unless_it_was_chosen() {
        for (style, dark, paint) in [
            (IconStyle::Colour, false, Paint::Colour),
            (IconStyle::OneColour, true, picture::LIGHT),
            (IconStyle::OneColour, false, picture::DARK),
            (IconStyle::Light, false, picture::LIGHT),
            (IconStyle::Dark, true, picture::DARK),
        ] {
            let shown = Look {
                style,
                dark,
                ..look(State::Free, Vec::new())
            };
            assert_eq!(shown.paint(), paint, "{style:?} {dark}");
        }
    }

    #[test]
    fn the_tooltip_has_the_state_first_and_no_markup_of_others() {
        assert_eq!(
            tooltip("Frei · <kein> Anruf"),
            ("Frei".to_owned(), "&lt;kein&gt; Anruf".to_owned())
        );
        assert_eq!(tooltip("Frei"), ("Frei".to_owned(), String::new()));
    }
}
