//! A clipboard, as of a program in which a person has copied something.

use std::time::Duration;

use super::Desk;
use crate::places;
use crate::process::Running;

const LIMIT: Duration = Duration::from_secs(20);

impl Desk {
    /// Puts a text in place of what stands in the field that has the keyboard. Typed letter by letter it would be
    /// another one now and then: a dialog completes paths between two letters, and a letter that is on no key is put on
    /// one for a moment, in which a busy program does not look.
    ///
    /// # Panics
    /// When nothing asks for the text.
    #[track_caller]
    pub fn paste(&self, text: &str) {
        // The system's own Python: the bindings of GTK belong to it and to no other.
        let mut command = self.command(places::needed("/usr/bin/python3".as_ref()));
        command.args(["-c", SCRIPT, text]);
        let mut owner = Running::start("the clipboard", command);
        owner.wait_line(LIMIT, |line| line == "copied");
        self.xdotool(&["key", "ctrl+a", "ctrl+v"]);
        owner.wait_line(LIMIT, |line| line == "taken");
    }
}

/// Says that the text is taken once it has gone to the screen: whatever is pressed afterwards comes after it.
const SCRIPT: &str = r"
import sys, gi
gi.require_version('Gtk', '3.0')
from gi.repository import Gtk, Gdk, GLib
say = lambda word: print(word, flush=True)
window = Gtk.Invisible()
window.realize()
text = sys.argv[1]
target = Gdk.Atom.intern('UTF8_STRING', False)
Gtk.selection_add_target(window, Gdk.SELECTION_CLIPBOARD, target, 0)
def sent():
    Gdk.Display.get_default().sync()
    say('taken')
def give(widget, data, info, time):
    data.set_text(text, -1)
    GLib.idle_add(sent)
window.connect('selection-get', give)
if Gtk.selection_owner_set(window, Gdk.SELECTION_CLIPBOARD, Gdk.CURRENT_TIME):
    Gdk.Display.get_default().sync()
    say('copied')
Gtk.main()
";
