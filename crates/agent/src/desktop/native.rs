//! The tray on Windows and macOS, which want it on the main thread with the system's own event loop; the driver
//! has a thread of its own.

use super::ending::{END, Ending};
use super::menu::{Line, Menu};
use super::picture::Paint;
use super::{Events, System, launch, picture};
use anyhow::Context as _;
use offhook_connect::desktop::{DesktopEvent, IconStyle};
use offhook_engine::view::pages::IconPlace;
use offhook_engine::view::tray::{Action, Page, Tray};
use std::path::PathBuf;
use std::time::{Duration, Instant};
use tao::event::{Event, StartCause};
use tao::event_loop::{ControlFlow, EventLoopBuilder, EventLoopProxy};
use tokio::runtime::Runtime;
use tray_icon::menu::{ContextMenu, IsMenuItem, MenuEvent, MenuItem, PredefinedMenuItem, Submenu};
use tray_icon::{Icon, MouseButton, MouseButtonState, TrayIcon, TrayIconBuilder, TrayIconEvent};

/// How soon a change of the taskbar's colours is seen.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What the main thread is told.
enum ForTray {
    Show(Box<Tray>, IconStyle),
    Menu(MenuEvent),
    Icon(TrayIconEvent),
    /// The driver has ended, with this exit code.
    Ended(i32),
}

/// What stands in the tray, seen from the driver's thread.
pub struct Face(EventLoopProxy<ForTray>);

impl std::fmt::Debug for Face {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Face")
    }
}

impl Face {
    pub fn show(&mut self, tray: &Tray, style: IconStyle) {
        let _gone = self.0.send_event(ForTray::Show(Box::new(tray.clone()), style));
    }
}

/// Runs the driver on a thread of its own, and the system's event loop on this one. Does not come back: the
/// process ends with the loop.
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "a foreign list that may grow; nothing else in it concerns the icon"
)]
pub fn run(
    runtime: Runtime,
    data_dir: PathBuf,
    events: Events,
    drive: impl FnOnce(&Runtime, System) -> anyhow::Result<()> + Send + 'static,
) -> anyhow::Result<()> {
    #[cfg_attr(
        not(target_os = "macos"),
        expect(unused_mut, reason = "macOS sets its policy")
    )]
    let mut event_loop = EventLoopBuilder::<ForTray>::with_user_event().build();
    #[cfg(target_os = "macos")]
    {
        use tao::platform::macos::{ActivationPolicy, EventLoopExtMacOS as _};
        event_loop.set_activation_policy(ActivationPolicy::Accessory);
    }
    let proxy = event_loop.create_proxy();
    MenuEvent::set_event_handler(Some({
        let proxy = proxy.clone();
        move |event| drop(proxy.send_event(ForTray::Menu(event)))
    }));
    TrayIconEvent::set_event_handler(Some({
        let proxy = proxy.clone();
        move |event| drop(proxy.send_event(ForTray::Icon(event)))
    }));
    let system = System::new(data_dir, events.clone(), Face(proxy.clone()));
    let place = if cfg!(target_os = "macos") {
        IconPlace::MenuBar
    } else {
        IconPlace::Taskbar
    };
    let _gone = events.send(DesktopEvent::Icon(place));
    let ending = Ending::default();
    #[cfg(windows)]
    super::session::watch(events.clone(), ending.clone());
    #[cfg(target_os = "macos")]
    super::workspace::watch(&events);
    let ended = ending.clone();
    std::thread::Builder::new()
        .name("driver".to_owned())
        .spawn(move || {
            let code = match drive(&runtime, system) {
                Ok(()) => 0,
                Err(error) => {
                    tracing::error!(error = format!("{error:#}"), "Offhook could not go on");
                    1
                }
            };
            ended.come();
            runtime.shutdown_background();
            let _gone = proxy.send_event(ForTray::Ended(code));
        })
        .context("no thread for the driver")?;
    let mut item = Item {
        events,
        icon: None,
        shown: None,
        painted: None,
        style: IconStyle::Colour,
        menu: Menu::after(None, &[]),
    };
    event_loop.run(move |event, _, flow| {
        *flow = item.wait();
        match event {
            Event::NewEvents(StartCause::ResumeTimeReached { .. }) => item.look_again(),
            Event::UserEvent(ForTray::Show(tray, style)) => item.show(*tray, style),
            Event::UserEvent(ForTray::Menu(event)) => item.choose(&event),
            Event::UserEvent(ForTray::Icon(event)) => item.clicked(&event),
            Event::UserEvent(ForTray::Ended(code)) => {
                item.icon = None;
                *flow = ControlFlow::ExitWithCode(code);
            }
            // Also at log-off and shutdown: the process ends once this returns.
            Event::LoopDestroyed => item.end(&ending),
            _ => {}
        }
    })
}

/// The menu bar colours a template by itself, light or dark.
#[cfg(target_os = "macos")]
fn with_icon(builder: TrayIconBuilder, icon: Icon) -> TrayIconBuilder {
    builder.with_icon_templated(icon)
}

#[cfg(not(target_os = "macos"))]
fn with_icon(builder: TrayIconBuilder, icon: Icon) -> TrayIconBuilder {
    builder.with_icon(icon)
}

#[cfg(target_os = "macos")]
fn set_icon(shown: &TrayIcon, icon: Option<Icon>) -> tray_icon::Result<()> {
    shown.set_icon_templated(icon)
}

#[cfg(not(target_os = "macos"))]
fn set_icon(shown: &TrayIcon, icon: Option<Icon>) -> tray_icon::Result<()> {
    shown.set_icon(icon)
}

/// The icon, on the main thread.
struct Item {
    events: Events,
    icon: Option<TrayIcon>,
    shown: Option<Tray>,
    painted: Option<Paint>,
    style: IconStyle,
    menu: Menu,
}

impl Item {
    /// Windows tells a change of its colours to windows only, so an icon that follows them looks again.
    fn wait(&self) -> ControlFlow {
        match self.style {
            IconStyle::OneColour if cfg!(windows) => ControlFlow::WaitUntil(Instant::now() + LOOK_AGAIN),
            IconStyle::OneColour | IconStyle::Colour | IconStyle::Light | IconStyle::Dark => {
                ControlFlow::Wait
            }
        }
    }

    fn look_again(&mut self) {
        if self.painted.is_some_and(|painted| painted != paint(self.style))
            && let Some(tray) = self.shown.clone()
        {
            self.show(tray, self.style);
        }
    }

    fn show(&mut self, tray: Tray, style: IconStyle) {
        self.style = style;
        let paint = paint(style);
        if let Err(error) = self.try_show(&tray, paint) {
            tracing::warn!(error = format!("{error:#}"), "the tray could not be shown");
        }
        self.shown = Some(tray);
        self.painted = Some(paint);
    }

    fn try_show(&mut self, tray: &Tray, paint: Paint) -> anyhow::Result<()> {
        let before = self.shown.as_ref();
        let new_menu = before.is_none_or(|before| before.menu != tray.menu);
        if new_menu {
            self.menu = Menu::after(Some(&self.menu), &tray.menu);
        }
        let Some(icon) = &self.icon else {
            let mut builder = TrayIconBuilder::new()
                .with_id("offhook")
                .with_tooltip(&tray.tooltip)
                .with_menu(native_menu(&self.menu.lines)?)
                // On macOS a click on an icon of the menu bar opens its menu.
                .with_menu_on_left_click(cfg!(target_os = "macos"));
            if let Some(icon) = native_icon(tray, paint) {
                builder = with_icon(builder, icon);
            }
            self.icon = Some(builder.build()?);
            return Ok(());
        };
        let same =
            before.is_some_and(|before| (before.icon, before.attention) == (tray.icon, tray.attention));
        if !same || self.painted != Some(paint) {
            set_icon(icon, native_icon(tray, paint))?;
        }
        if before.is_none_or(|before| before.tooltip != tray.tooltip) {
            icon.set_tooltip(Some(&tray.tooltip))?;
        }
        if new_menu {
            icon.set_menu(Some(native_menu(&self.menu.lines)?));
        }
        Ok(())
    }

    fn choose(&self, event: &MenuEvent) {
        let number = event.id.0.parse().ok();
        if let Some(action) = number.and_then(|number| self.menu.action(number)) {
            self.send(action.clone());
        }
    }

    fn clicked(&self, event: &TrayIconEvent) {
        if let TrayIconEvent::Click {
            button: MouseButton::Left,
            button_state: MouseButtonState::Up,
            position,
            ..
        } = event
            && !cfg!(target_os = "macos")
        {
            launch::clicked(position.x as i32, position.y as i32);
            self.send(Action::Open(Page::Now));
        }
    }

    fn end(&mut self, ending: &Ending) {
        self.send(Action::Quit);
        if !ending.wait(END) {
            tracing::warn!("the driver did not end in time");
        }
        self.icon = None;
    }

    fn send(&self, action: Action) {
        let _gone = self.events.send(DesktopEvent::Action(action));
    }
}

/// macOS colours the pictures of its menu bar itself, so they have no colour there.
#[cfg(target_os = "macos")]
fn paint(_style: IconStyle) -> Paint {
    picture::TEMPLATE
}

#[cfg(windows)]
fn paint(style: IconStyle) -> Paint {
    match style {
        IconStyle::Colour => Paint::Colour,
        IconStyle::Light => picture::LIGHT,
        IconStyle::Dark => picture::DARK,
        IconStyle::OneColour if is_taskbar_light() => picture::DARK,
        IconStyle::OneColour => picture::LIGHT,
    }
}

/// What the person chose for the taskbar. Windows 10 before 1903 has no such choice: its taskbar is dark.
#[cfg(windows)]
fn is_taskbar_light() -> bool {
    const KEY: &str = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize";
    windows_registry::CURRENT_USER
        .open(KEY)
        .and_then(|key| key.get_u32("SystemUsesLightTheme"))
        .is_ok_and(|light| light == 1)
}

/// Windows scales the largest picture down, macOS draws it at the height of its menu bar.
fn native_icon(tray: &Tray, paint: Paint) -> Option<Icon> {
    let wanted = if cfg!(target_os = "macos") { 48 } else { 32 };
    let pictures = picture::pictures(tray.icon, tray.attention, paint);
    let picture = pictures.into_iter().find(|picture| picture.size == wanted)?;
    let size = u32::try_from(picture.size).ok()?;
    Icon::from_rgba(picture.rgba, size, size).ok()
}

fn native_menu(lines: &[Line]) -> anyhow::Result<Box<dyn ContextMenu>> {
    let menu = tray_icon::menu::Menu::new();
    for line in lines {
        menu.append(&*native_line(line)?)?;
    }
    Ok(Box::new(menu))
}

fn native_line(line: &Line) -> anyhow::Result<Box<dyn IsMenuItem>> {
    Ok(match line {
        Line::Item { label, number } => {
            Box::new(MenuItem::with_id(number.to_string(), plain(label), true, None))
        }
        Line::Separator => Box::new(PredefinedMenuItem::separator()),
        Line::Submenu { label, lines } => {
            let submenu = Submenu::new(plain(label), true);
            for line in lines {
                submenu.append(&*native_line(line)?)?;
            }
            Box::new(submenu)
        }
    })
}

/// One ampersand would mark an access key.
fn plain(label: &str) -> String {
    label.replace('&', "&&")
}
