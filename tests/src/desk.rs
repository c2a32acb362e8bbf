//! A private desktop session: own home, own bus, and, where wanted, a screen that nobody sees.
//!
//! Nothing is activated on the bus unless a test asks for it, so that an absent keyring or notification daemon is
//! really absent.

mod clipboard;
mod drag;
mod keyring;
mod notifications;
mod processes;
mod reader;
mod tray;
mod windows;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use url::Url;
use zbus::Connection;

pub use drag::DragSource;
pub use keyring::Keyring;
pub use notifications::{Dunst, Notice, Notifications};
pub use processes::{EndOnDrop, Process};
pub use reader::{Node, Reader};
pub use tray::{MenuEntry, Picture, TrayHost, TrayItem};

use crate::places;
use crate::process::{Running, program};
use crate::runtime::block_on;
use crate::wait::wait_for;

const LIMIT: Duration = Duration::from_secs(45);

/// A desktop session. Dropped: everything in it is killed, windows first.
#[derive(Debug)]
pub struct Desk {
    screen: Option<Screen>,
    // Ends after what was connected to it.
    _bus: Running,
    address: String,
    folder: TempDir,
}

#[derive(Debug)]
struct Screen {
    display: String,
    // In the order in which they are to end.
    _manager: Running,
    _server: Running,
}

impl Desk {
    /// A session without a screen.
    pub fn headless() -> Self {
        Self::start(false)
    }

    /// A session with a screen of 1280 by 800 and a window manager.
    pub fn with_screen() -> Self {
        Self::start(true)
    }

    fn start(with_screen: bool) -> Self {
        let folder = places::folder("desk");
        for name in [
            "home", "config", "data", "cache", "state", "run", "bin", "services",
        ] {
            fs::create_dir_all(folder.path().join(name)).expect("the session's folders");
        }
        let private = fs::Permissions::from_mode(0o700);
        fs::set_permissions(folder.path().join("run"), private).expect("a private folder");
        write_opener(folder.path());
        let screen = with_screen.then(|| Screen::start(folder.path()));
        let display = screen.as_ref().map(|screen| screen.display.clone());
        let (bus, address) = start_bus(folder.path(), display.as_deref());
        Self {
            screen,
            _bus: bus,
            address,
            folder,
        }
    }

    /// A program that runs in this session and sees nothing of the one the tests run in.
    pub fn command(&self, path: impl AsRef<Path>) -> Command {
        let mut command = program(path.as_ref());
        let display = self.screen.as_ref().map(|screen| screen.display.as_str());
        set_environment(&mut command, self.folder.path(), display);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }

    /// The session's folder; `home`, `config`, `data`, `cache`, `state`, `run` are in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A new connection to the session's bus.
    ///
    /// # Panics
    /// When the bus is gone.
    pub fn connect(&self) -> Connection {
        let address = self.address.as_str();
        block_on(async { zbus::connection::Builder::address(address)?.build().await })
            .expect("the session's bus")
    }

    /// The next address that a program of this session asks the system browser to open.
    ///
    /// # Panics
    /// After 15 s.
    #[track_caller]
    pub fn wait_opened(&self) -> Url {
        self.wait_opened_place()
            .parse()
            .expect("an address for the browser")
    }

    /// The next address or folder that a program of this session has the system open, as it was given.
    ///
    /// # Panics
    /// After 15 s.
    #[track_caller]
    pub fn wait_opened_place(&self) -> String {
        let file = self.folder.path().join(OPENED);
        wait_for(LIMIT, "something to be opened", || {
            let text = fs::read_to_string(&file).ok()?;
            let (first, rest) = text.split_once('\n')?;
            fs::write(&file, rest).expect("the opened addresses");
            Some(first.to_owned())
        })
    }

    /// What the screen shows, as a PNG.
    ///
    /// # Panics
    /// Without a screen.
    #[track_caller]
    pub fn screenshot(&self, to: &Path) {
        let mut command = self.tool("import");
        succeed(command.args(["-window", "root"]).arg(to));
    }

    /// The pixels of the screen as they are now, four bytes each, row by row.
    ///
    /// # Panics
    /// Without a screen.
    #[track_caller]
    pub fn frame(&self) -> Vec<u8> {
        let mut image = fs::read(self.folder.path().join("Xvfb_screen0")).expect("a desk with a screen");
        // An XWD: the length of its head is its first number, the length of its table of colours its twentieth.
        let number = |at: usize| {
            let bytes = image
                .get(at * 4..at * 4 + 4)
                .and_then(|bytes| bytes.try_into().ok());
            u32::from_be_bytes(bytes.expect("a picture's head")) as usize
        };
        let head = number(0) + number(19) * 12;
        image.split_off(head)
    }

    /// Moves the pointer, clicks and types; returns what xdotool said.
    ///
    /// # Panics
    /// When xdotool fails.
    #[track_caller]
    pub fn xdotool(&self, arguments: &[&str]) -> String {
        succeed(self.tool("xdotool").args(arguments))
    }

    /// xfce's panel with nothing but its tray: for pictures of what a person sees.
    ///
    /// # Panics
    /// When it doesn't take the tray's place on the bus.
    pub fn panel(&self) -> Running {
        let folder = self.folder.path().join("config/xfce4/xfconf/xfce-perchannel-xml");
        fs::create_dir_all(&folder).expect("the panel's folder");
        fs::write(folder.join("xfce4-panel.xml"), PANEL).expect("the panel's configuration");
        self.allow_service("org.xfce.Xfconf");
        let mut command = self.command(places::system_program("xfce4-panel"));
        command.arg("--disable-wm-check");
        let panel = Running::start("xfce4-panel", command);
        self.wait_name("org.kde.StatusNotifierWatcher");
        panel
    }

    /// Lets the bus start one of the system's services when it is asked for.
    ///
    /// # Panics
    /// When the system has none of that name.
    pub fn allow_service(&self, name: &str) {
        let file = format!("{name}.service");
        let source = Path::new("/usr/share/dbus-1/services").join(&file);
        fs::copy(
            places::needed(&source),
            self.folder.path().join("services").join(file),
        )
        .expect("a service");
        let connection = self.connect();
        block_on(async {
            zbus::fdo::DBusProxy::new(&connection)
                .await?
                .reload_config()
                .await
        })
        .expect("the bus to read its services again");
    }

    /// Waits until somebody on the bus has that name.
    ///
    /// # Panics
    /// After 15 s.
    #[track_caller]
    pub fn wait_name(&self, name: &str) {
        let connection = self.connect();
        wait_for(LIMIT, &format!("{name} on the bus"), || {
            has_owner(&connection, name).then_some(())
        });
    }

    fn tool(&self, name: &str) -> Command {
        assert!(self.screen.is_some(), "{name} needs a desk with a screen");
        self.command(places::system_program(name))
    }
}

/// Whether somebody on the bus has that name.
pub(crate) fn has_owner(connection: &Connection, name: &str) -> bool {
    block_on(async {
        let bus = zbus::fdo::DBusProxy::new(connection).await?;
        bus.name_has_owner(name.try_into().expect("a bus name")).await
    })
    .expect("an answer from the bus")
}

impl Screen {
    fn start(folder: &Path) -> Self {
        let mut command = program(places::system_program("Xvfb"));
        command.args([
            "-displayfd",
            "1",
            "-screen",
            "0",
            "1280x800x24",
            "-nolisten",
            "tcp",
            // On a busy machine a key may be let go so late that it would count as held, and be typed twice.
            "-r",
        ]);
        // The screen's pixels as a file that is always up to date.
        command.arg("-fbdir").arg(folder);
        let mut server = Running::start("Xvfb", command);
        let number = server.wait_line(LIMIT, |line| line.parse::<u32>().is_ok());
        let display = format!(":{number}");
        let mut command = program(places::system_program("openbox"));
        // It loses a window that is shown while it starts; this it runs once it manages all there are.
        command.args(["--startup", "echo manages windows"]);
        set_environment(&mut command, folder, Some(&display));
        let mut manager = Running::start("openbox", command);
        manager.wait_line(LIMIT, |line| line == "manages windows");
        Self {
            display,
            _manager: manager,
            _server: server,
        }
    }
}

fn set_environment(command: &mut Command, folder: &Path, display: Option<&str>) {
    let path = std::env::var("PATH").unwrap_or_else(|_| "/usr/bin:/bin".to_owned());
    command
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.join("bin").display()));
    command.env("LANG", "C.UTF-8").env("XDG_SESSION_TYPE", "x11");
    for (name, place) in [
        ("HOME", "home"),
        ("XDG_CONFIG_HOME", "config"),
        ("XDG_DATA_HOME", "data"),
        ("XDG_CACHE_HOME", "cache"),
        ("XDG_STATE_HOME", "state"),
        ("XDG_RUNTIME_DIR", "run"),
    ] {
        command.env(name, folder.join(place));
    }
    if let Some(display) = display {
        command.env("DISPLAY", display);
    }
}

const OPENED: &str = "opened-addresses";

/// An `xdg-open` that only writes down what it was asked to open.
fn write_opener(folder: &Path) {
    let opened = folder.join(OPENED);
    let script = format!("#!/bin/sh\nprintf '%s\\n' \"$1\" >> '{}'\n", opened.display());
    for name in ["xdg-open", "x-www-browser"] {
        let path = folder.join("bin").join(name);
        fs::write(&path, &script).expect("a browser");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("a browser");
    }
}

fn start_bus(folder: &Path, display: Option<&str>) -> (Running, String) {
    let config: PathBuf = folder.join("bus.conf");
    let (socket, services) = (folder.join("bus"), folder.join("services"));
    let text = BUS.replace("@SOCKET@", &socket.display().to_string());
    fs::write(
        &config,
        text.replace("@SERVICES@", &services.display().to_string()),
    )
    .expect("the bus's configuration");
    let mut command = program(places::system_program("dbus-daemon"));
    command
        .arg(format!("--config-file={}", config.display()))
        .args(["--nofork", "--print-address=1"]);
    set_environment(&mut command, folder, display);
    // Services that the bus starts inherit its environment.
    command.env(
        "DBUS_SESSION_BUS_ADDRESS",
        format!("unix:path={}", socket.display()),
    );
    let mut bus = Running::start("dbus-daemon", command);
    let address = bus.wait_line(LIMIT, |line| line.starts_with("unix:"));
    (bus, address)
}

#[track_caller]
fn succeed(command: &mut Command) -> String {
    let output = command.output().expect("a program of the desk");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{command:?} failed ({}): {said}",
        output.status
    );
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

const BUS: &str = r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=@SOCKET@</listen>
  <auth>EXTERNAL</auth>
  <servicedir>@SERVICES@</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#;

const PANEL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="32"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="systray"/>
  </property>
</channel>
"#;
