//! The one window, and the three commands that its pages may use.

use crate::resident::{Resident, Told};
use offhook_protocol::{Command, Problem};
use std::sync::Arc;
use tauri::webview::NewWindowResponse;
use tauri::{App, AppHandle, Emitter, Manager, State, Url, WebviewUrl, WebviewWindowBuilder};

const LABEL: &str = "main";

/// Shows the window and returns when it is closed.
pub fn show(resident: Resident, page: Option<&str>) -> tauri::Result<()> {
    let resident = Arc::new(resident);
    let address = page.map_or_else(|| "index.html".to_owned(), |page| format!("index.html#{page}"));
    tauri::Builder::default()
        .manage(Arc::clone(&resident))
        .invoke_handler(tauri::generate_handler![view, ask, start])
        .setup(move |app| {
            open(app, &resident, &address)?;
            let handle = app.handle().clone();
            std::thread::Builder::new()
                .name("resident".to_owned())
                .spawn(move || resident.follow(|told| pass_on(&handle, told)))?;
            Ok(())
        })
        .run(tauri::generate_context!())
}

fn open(app: &App, resident: &Resident, address: &str) -> tauri::Result<()> {
    let mut window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(address.into()))
        .title("Offhook")
        .inner_size(720.0, 560.0)
        .min_inner_size(360.0, 280.0)
        .zoom_hotkeys_enabled(true)
        // Nothing of the pages is worth keeping on disk. A WebKitGTK view without a memory of its own refuses to be
        // driven, so tests have one that keeps things in the home they were given.
        .incognito(std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_none())
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    if cfg!(windows) {
        window = window.data_directory(resident.data_dir().join("window"));
    }
    window.build()?;
    Ok(())
}

/// The window shows its own pages and never leaves them.
fn is_ours(address: &Url) -> bool {
    address.scheme() == "tauri" || address.host_str() == Some("tauri.localhost")
}

fn pass_on(app: &AppHandle, told: &Told) {
    if let (Told::Show { .. }, Some(window)) = (told, app.get_webview_window(LABEL)) {
        // Each may be refused by the desktop; the others still help.
        let _ = (window.unminimize(), window.show(), window.set_focus());
    }
    // A window that is just closing hears nothing any more.
    let _ = app.emit_to(LABEL, "told", told);
}

#[tauri::command]
fn view(resident: State<'_, Arc<Resident>>) -> Option<Told> {
    resident.last()
}

#[tauri::command(async)]
fn ask(resident: State<'_, Arc<Resident>>, command: Command) -> Result<(), Problem> {
    resident.ask(command)
}

#[tauri::command(async)]
fn start(resident: State<'_, Arc<Resident>>) -> Result<(), String> {
    resident.start().map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_stays_on_its_own_pages() {
        for (address, ours) in [
            ("tauri://localhost/index.html#phone", true),
            ("http://tauri.localhost/", true),
            ("https://login.example.com/", false),
            ("http://localhost:1234/", false),
            ("file:///etc/passwd", false),
        ] {
            assert_eq!(is_ours(&address.parse().unwrap()), ours, "{address}");
        }
    }
}
