//! The desktop of this system.

use offhook_connect::desktop::{Desktop, DesktopEvent};
use offhook_engine::view::tray::Tray;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tokio::sync::mpsc;

#[derive(Debug)]
pub struct System {
    data_dir: PathBuf,
    _events: mpsc::UnboundedSender<DesktopEvent>,
}

impl System {
    pub const fn new(data_dir: PathBuf, events: mpsc::UnboundedSender<DesktopEvent>) -> Self {
        Self { data_dir, _events: events }
    }
}

impl Desktop for System {
    fn show_tray(&mut self, _tray: &Tray) {}

    fn notify(&mut self, _title: &str, _body: &str) {}

    fn open_url(&mut self, url: &str) -> bool {
        Command::new("xdg-open").arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn().is_ok()
    }

    fn open_window(&mut self, page: Option<&str>) -> bool {
        let mut window = Command::new(super::sibling("offhook-window"));
        window.arg("--data-dir").arg(&self.data_dir).args(page);
        window.spawn().is_ok()
    }
}
