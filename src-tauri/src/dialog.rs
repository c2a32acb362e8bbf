//! The system's dialogs: for choosing a key file, of which any can be chosen, since its content tells what it is; and
//! for choosing where a text goes.

use std::path::PathBuf;
use tauri::WebviewWindow;

/// The ending of a key file's name.
const ENDING: &str = "pbxkey";

/// Says why there is no window, and waits until that was read.
#[cfg(not(target_os = "linux"))]
pub fn say(sentence: &str) {
    rfd::MessageDialog::new()
        .set_level(rfd::MessageLevel::Error)
        .set_title("Offhook")
        .set_description(sentence)
        .show();
}

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
    window
        .run_on_main_thread(move || open(&parent, None, answer))
        .ok()?;
    answered.recv().await?
}

/// Where a file of that name is to go. `None`: closed without a choice.
#[cfg(not(target_os = "linux"))]
pub async fn choose_place(window: &WebviewWindow, name: &str) -> Option<PathBuf> {
    let dialog = rfd::AsyncFileDialog::new().set_file_name(name).set_parent(window);
    Some(dialog.save_file().await?.path().to_owned())
}

/// Where a file of that name is to go. `None`: closed without a choice.
#[cfg(target_os = "linux")]
pub async fn choose_place(window: &WebviewWindow, name: &str) -> Option<PathBuf> {
    let (answer, mut answered) = tauri::async_runtime::channel(1);
    let (parent, name) = (window.clone(), name.to_owned());
    window
        .run_on_main_thread(move || open(&parent, Some(&name), answer))
        .ok()?;
    answered.recv().await?
}

/// Asks for a file to open, or for the place of one to `save`.
///
/// On the window's own thread and its own GTK, which the portable crate for dialogs would start a second time.
#[cfg(target_os = "linux")]
fn open(parent: &WebviewWindow, save: Option<&str>, answer: tauri::async_runtime::Sender<Option<PathBuf>>) {
    use gtk::prelude::{FileChooserExt as _, NativeDialogExt as _};
    use std::cell::Cell;

    let parent = parent.gtk_window().ok();
    let action = match save {
        None => gtk::FileChooserAction::Open,
        Some(_) => gtk::FileChooserAction::Save,
    };
    let dialog = gtk::FileChooserNative::new(None, parent.as_ref(), action, None, None);
    if let Some(name) = save {
        dialog.set_current_name(name);
        dialog.set_do_overwrite_confirmation(true);
    }
    let filters = [
        (format!("Offhook (*.{ENDING})"), format!("*.{ENDING}")),
        ("*".into(), "*".into()),
    ];
    for (name, pattern) in filters.into_iter().filter(|_| save.is_none()) {
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
