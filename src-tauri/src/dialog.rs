//! The system's dialog for choosing a key file. Any file can be chosen: what it is, its content tells.

use std::path::PathBuf;
use tauri::WebviewWindow;

/// The ending of a key file's name.
const ENDING: &str = "pbxkey";

/// `None`: closed without a choice.
#[cfg(not(target_os = "linux"))]
pub async fn choose_key_file(window: &WebviewWindow) -> Option<PathBuf> {
    let dialog = rfd::AsyncFileDialog::new()
        .add_filter(format!("Offhook (*.{ENDING})"), &[ENDING])
        .add_filter("*", &["*"])
        .set_parent(window);
    let chosen = dialog.pick_file().await?;
    Some(chosen.path().to_owned())
}

/// `None`: closed without a choice.
#[cfg(target_os = "linux")]
pub async fn choose_key_file(window: &WebviewWindow) -> Option<PathBuf> {
    let (answer, mut answered) = tauri::async_runtime::channel(1);
    let parent = window.clone();
    window.run_on_main_thread(move || open(&parent, answer)).ok()?;
    answered.recv().await?
}

/// On the window's own thread and its own GTK, which the portable crate for dialogs would start a second time.
#[cfg(target_os = "linux")]
fn open(parent: &WebviewWindow, answer: tauri::async_runtime::Sender<Option<PathBuf>>) {
    use gtk::prelude::{FileChooserExt as _, NativeDialogExt as _};
    use std::cell::Cell;

    let parent = parent.gtk_window().ok();
    let open = gtk::FileChooserAction::Open;
    let dialog = gtk::FileChooserNative::new(None, parent.as_ref(), open, None, None);
    for (name, pattern) in [
        (format!("Offhook (*.{ENDING})"), format!("*.{ENDING}")),
        ("*".into(), "*".into()),
    ] {
        let filter = gtk::FileFilter::new();
        filter.set_name(Some(&name));
        filter.add_pattern(&pattern);
        dialog.add_filter(filter);
    }
    dialog.set_modal(true);
    // Nobody else holds it while it is open.
    let held = Cell::new(Some(dialog.clone()));
    dialog.connect_response(move |dialog, response| {
        let chosen = (response == gtk::ResponseType::Accept).then(|| dialog.filename());
        // Nobody waits any more where the window is just closing.
        drop(answer.try_send(chosen.flatten()));
        drop(held.take());
    });
    dialog.show();
}
