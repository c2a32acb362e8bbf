//! Files dragged by a real pointer out of a real window, as out of a file manager.

use std::path::Path;
use std::time::Duration;

use super::Desk;
use crate::places;
use crate::process::Running;

const LIMIT: Duration = Duration::from_secs(20);

/// A small window with something in it that can be dragged, and that is these files.
#[derive(Debug)]
pub struct DragSource<'desk> {
    desk: &'desk Desk,
    program: Running,
    /// Where the pointer takes hold.
    grip: (i32, i32),
}

impl<'desk> DragSource<'desk> {
    /// Shows the window at the screen's left edge, in front of all others.
    ///
    /// # Panics
    /// When it doesn't show.
    #[track_caller]
    pub fn show(desk: &'desk Desk, files: &[&Path]) -> Self {
        // The system's own Python: the bindings of GTK belong to it and to no other.
        let mut command = desk.command(places::needed(Path::new("/usr/bin/python3")));
        command.args(["-c", SCRIPT]).args(files);
        let mut program = Running::start("the drag source", command);
        // By its number: of one before, the title may still be there.
        let line = program.wait_line(LIMIT, |line| line.starts_with("shown "));
        let window = line.trim_start_matches("shown ");
        let (x, y, width, height) = place(desk, window);
        Self {
            desk,
            program,
            grip: (x + width / 2, y + height / 2),
        }
    }

    /// Takes hold of the files and holds them over the middle of another window, until that would take them: what is
    /// let go before goes nowhere.
    ///
    /// # Panics
    /// When no drag begins, or the other window does not want it.
    #[track_caller]
    pub fn hold_over(&mut self, window: &str) {
        let (x, y, width, height) = place(self.desk, window);
        let (from, to) = (self.grip, (x + width / 2, y + height / 2));
        self.path(&[from]);
        self.desk.xdotool(&["mousedown", "1"]);
        // A drag begins once the pointer has left the spot.
        let out = (from.0 + 15, from.1 + 15);
        self.path(&[(from.0 + 5, from.1 + 5), (from.0 + 10, from.1 + 10), out]);
        self.program.wait_line(LIMIT, |line| line == "begun");
        let step = |at: i32| (out.0 + (to.0 - out.0) * at / 20, out.1 + (to.1 - out.1) * at / 20);
        let way: Vec<(i32, i32)> = (1..=20).map(step).collect();
        self.path(&way);
        // Some desktops look at a target only when the pointer moves within it.
        self.path(&[(to.0 + 3, to.1 + 2), (to.0 + 1, to.1 + 1)]);
        self.program.wait_line(LIMIT, |line| line == "welcome");
    }

    /// Carries what is held back to where it came from.
    pub fn carry_back(&self) {
        self.path(&[(self.grip.0 + 40, self.grip.1 + 20), self.grip]);
    }

    /// Lets go.
    ///
    /// # Panics
    /// When the drag doesn't end.
    #[track_caller]
    pub fn let_go(&mut self) {
        self.desk.xdotool(&["mouseup", "1"]);
        self.program.wait_line(LIMIT, |line| line == "ended");
    }

    /// At the pace of a hand: a pointer that jumps is not seen on its way.
    fn path(&self, points: &[(i32, i32)]) {
        let words: Vec<String> = points
            .iter()
            .flat_map(|(x, y)| {
                [
                    "mousemove".to_owned(),
                    x.to_string(),
                    y.to_string(),
                    "sleep".to_owned(),
                    "0.03".to_owned(),
                ]
            })
            .collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.desk.xdotool(&words);
    }
}

/// Left, top, width and height of a window on the screen.
fn place(desk: &Desk, window: &str) -> (i32, i32, i32, i32) {
    let said = desk.xdotool(&["getwindowgeometry", "--shell", window]);
    let value = |name: &str| {
        let line = said
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        line.and_then(|value| value.parse().ok())
            .unwrap_or_else(|| panic!("no {name} in {said}"))
    };
    (value("X"), value("Y"), value("WIDTH"), value("HEIGHT"))
}

/// Links are dragged as links, so no path is resolved.
const SCRIPT: &str = r"
import sys, pathlib, gi
gi.require_version('Gtk', '3.0')
gi.require_version('GdkX11', '3.0')
from gi.repository import Gtk, Gdk, GdkX11
uris = [pathlib.Path(p).absolute().as_uri() for p in sys.argv[1:]]
say = lambda word: print(word, flush=True)
window = Gtk.Window(title='drag source')
window.set_default_size(120, 80)
window.set_keep_above(True)
window.move(10, 60)
box = Gtk.EventBox()
box.add(Gtk.Label(label='drag me'))
window.add(box)
box.drag_source_set(Gdk.ModifierType.BUTTON1_MASK, [], Gdk.DragAction.COPY)
box.drag_source_add_uri_targets()
def begun(widget, context):
    context.connect('action-changed', lambda c, action: say('welcome' if action else 'not welcome'))
    say('begun')
box.connect('drag-begin', begun)
box.connect('drag-data-get', lambda w, context, data, info, time: data.set_uris(uris))
box.connect('drag-end', lambda *_: say('ended'))
window.connect('map-event', lambda *_: say('shown %d' % window.get_window().get_xid()))
window.show_all()
Gtk.main()
";
