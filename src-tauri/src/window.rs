//! The one window, and the four commands that its pages may use.

use crate::dialog;
use crate::resident::{Resident, Told};
use offhook_protocol::{Answer, Command, Problem};
use std::sync::Arc;
use tauri::webview::NewWindowResponse;
use tauri::{
    App, AppHandle, DragDropEvent, Emitter, Manager, State, Url, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, WindowEvent,
};

const LABEL: &str = "main";

/// Shows the window and returns when it is closed.
pub fn show(resident: Resident, page: Option<&str>) -> tauri::Result<()> {
    let resident = Arc::new(resident);
    let address = page.map_or_else(|| "index.html".to_owned(), |page| format!("index.html#{page}"));
    tauri::Builder::default()
        .manage(Arc::clone(&resident))
        .invoke_handler(tauri::generate_handler![view, ask, start, choose, save])
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

fn open(app: &App, resident: &Arc<Resident>, address: &str) -> tauri::Result<()> {
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
    let window = window.build()?;
    let handle = app.handle().clone();
    let resident = Arc::clone(resident);
    window.on_window_event(move |event| {
        if let WindowEvent::DragDrop(event) = event {
            on_drag(&handle, &resident, event);
        }
    });
    Ok(())
}

/// Files held over the window are shown to be welcome anywhere on it; dropped ones go to the resident program, which
/// reads them. The pages never see a path.
fn on_drag(app: &AppHandle, resident: &Arc<Resident>, event: &DragDropEvent) {
    match event {
        // A drag of text, or of a picture out of a browser, names no file.
        DragDropEvent::Enter { paths, .. } if paths.is_empty() => {}
        DragDropEvent::Enter { .. } => pass_on(app, &Told::Dragging { over: true }),
        DragDropEvent::Leave => pass_on(app, &Told::Dragging { over: false }),
        DragDropEvent::Drop { paths, .. } if paths.is_empty() => {
            pass_on(app, &Told::Dragging { over: false });
        }
        DragDropEvent::Drop { paths, .. } => {
            pass_on(app, &Told::Dropped);
            let (resident, paths) = (Arc::clone(resident), paths.clone());
            // The window goes on being drawn while the answer is waited for. Without a resident program the page says
            // that already.
            std::thread::spawn(move || drop(resident.offer(&paths)));
        }
        // The enum may grow; what is unknown is no drop.
        DragDropEvent::Over { .. } | _ => {}
    }
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
fn ask(resident: State<'_, Arc<Resident>>, command: Command) -> Result<Answer, Problem> {
    resident.ask(command)
}

#[tauri::command(async)]
fn start(resident: State<'_, Arc<Resident>>) -> Result<(), String> {
    resident.start().map_err(|error| error.to_string())
}

/// The system's own dialog; nothing happens where the person closes it.
#[tauri::command]
async fn choose(window: WebviewWindow, resident: State<'_, Arc<Resident>>) -> Result<(), Problem> {
    let chosen = dialog::choose_key_file(&window).await;
    let Some(path) = chosen else { return Ok(()) };
    let resident = Arc::clone(&resident);
    let answer = tauri::async_runtime::spawn_blocking(move || resident.offer(&[path])).await;
    answer.unwrap_or(Ok(()))
}

/// Writes a text where the person chooses; `false` where they choose nothing.
#[tauri::command]
async fn save(window: WebviewWindow, name: String, text: String) -> Result<bool, String> {
    let Some(path) = dialog::choose_place(&window, &name).await else {
        return Ok(false);
    };
    let written = tauri::async_runtime::spawn_blocking(move || std::fs::write(path, text)).await;
    match written {
        Ok(Ok(())) => Ok(true),
        Ok(Err(error)) => Err(error.to_string()),
        Err(error) => Err(error.to_string()),
    }
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
