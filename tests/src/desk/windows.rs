//! Windows on the desk's screen, as a person finds and closes them.

use crate::desk::{Desk, LIMIT};
use crate::places;
use crate::process::finish;
use crate::wait::{wait_for, wait_until};

/// A window that shows more colours than this shows a page: what stands there before is one colour.
const PAGE: u32 = 50;

impl Desk {
    /// Waits for a visible window with that title; returns its number.
    ///
    /// # Panics
    /// After 15 s.
    #[track_caller]
    pub fn wait_window(&self, title: &str) -> String {
        wait_for(LIMIT, &format!("a window titled {title:?}"), || {
            self.window(title)
        })
    }

    /// The number of the visible window with that title.
    pub fn window(&self, title: &str) -> Option<String> {
        let output = self
            .tool("xdotool")
            .args(["search", "--onlyvisible", "--name", title])
            .output();
        let said = String::from_utf8(output.ok()?.stdout).ok()?;
        said.lines().next().map(str::to_owned)
    }

    /// The number of the window that has the keyboard; between two windows none has it.
    pub fn active_window(&self) -> Option<String> {
        let output = self.tool("xdotool").arg("getactivewindow").output();
        let said = String::from_utf8(output.ok()?.stdout).ok()?;
        Some(said.trim().to_owned()).filter(|number| !number.is_empty())
    }

    /// Waits for a visible window with that title until it shows a page; its number.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn wait_painted(&self, title: &str) -> String {
        let window = self.wait_window(title);
        wait_until(LIMIT, "a painted page", || self.colours(&window) > PAGE);
        window
    }

    /// Closes a window with the keyboard, as a person does. One that is not painted yet may not have the keyboard.
    pub fn close_window(&self, window: &str) {
        self.xdotool(&["windowactivate", "--sync", window]);
        // Without naming the window, so that the key goes the way of a real one, to the window manager first.
        self.xdotool(&["key", "alt+F4"]);
    }

    /// How many colours a window on the screen shows.
    #[track_caller]
    fn colours(&self, window: &str) -> u32 {
        let file = self.folder().join("window.png");
        let mut import = self.command(places::system_program("import"));
        import.args(["-window", window]).arg(&file);
        let (status, _, said) = finish("import", import, "", LIMIT);
        assert!(status.success(), "{said}");
        let mut identify = self.command(places::system_program("identify"));
        identify.args(["-format", "%k"]).arg(&file);
        let (_, colours, said) = finish("identify", identify, "", LIMIT);
        colours
            .trim()
            .parse()
            .unwrap_or_else(|_| panic!("{colours}{said}"))
    }
}
