//! The one window, and the four commands that its pages may use.

use crate::dialog;
use crate::resident::{Resident, Told};
use offhook_protocol::{Answer, Command, Problem};
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tauri::webview::NewWindowResponse;
use tauri::window::Color;
use tauri::{
    App, AppHandle, DragDropEvent, Emitter, Manager, PhysicalPosition, State, Url, WebviewUrl, WebviewWindow,
    WebviewWindowBuilder, WindowEvent,
};

/// Room for what the desktop puts above a window, in pixels.
const TITLE_BAR: u32 = 40;

const LABEL: &str = "main";

/// How long the window waits for the resident program's first words before it shows itself without: they come in a few
/// milliseconds, while the web engine's libraries are being made ready.
const PATIENCE: Duration = Duration::from_millis(100);

/// What a page has behind everything, `--ground` of its style sheet: shown until the page is drawn.
const LIGHT: Color = Color(0xf6, 0xf7, 0xf8, 0xff);
const DARK: Color = Color(0x15, 0x19, 0x1b, 0xff);

/// Shows the window and returns when it is closed.
pub fn show(resident: Resident, page: Option<&str>, near: Option<(i32, i32)>) -> tauri::Result<()> {
    let resident = Arc::new(resident);
    let handle: Arc<OnceLock<AppHandle>> = Arc::default();
    let (following, told_to) = (Arc::clone(&resident), Arc::clone(&handle));
    std::thread::Builder::new()
        .name("resident".to_owned())
        .spawn(move || {
            following.follow(|told| {
                if let Some(app) = told_to.get() {
                    pass_on(app, told);
                }
            });
        })?;
    let address = page.map_or_else(|| "index.html".to_owned(), |page| format!("index.html#{page}"));
    tauri::Builder::default()
        .manage(Arc::clone(&resident))
        .invoke_handler(tauri::generate_handler![view, ask, start, choose, save])
        .setup(move |app| {
            open(app, &resident, &address, near)?;
            #[cfg(target_os = "linux")]
            crate::theme::follow();
            // What was told before is asked for by the page.
            let _ = handle.set(app.handle().clone());
            Ok(())
        })
        .run(tauri::generate_context!())
}

fn open(app: &App, resident: &Arc<Resident>, address: &str, near: Option<(i32, i32)>) -> tauri::Result<()> {
    let mut window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(address.into()))
        .title("Offhook")
        .inner_size(720.0, 560.0)
        .min_inner_size(360.0, 280.0)
        // Shown where it belongs and in the desktop's colours, and not moved or recoloured before the person's eyes.
        .visible(false)
        .zoom_hotkeys_enabled(true)
        // Nothing of the pages is worth keeping on disk. A WebKitGTK view without a memory of its own refuses to be
        // driven, so tests have one that keeps things in the home they were given.
        .incognito(std::env::var_os("TAURI_WEBVIEW_AUTOMATION").is_none())
        .on_navigation(is_ours)
        .on_new_window(|_, _| NewWindowResponse::Deny);
    if let Some(known) = known(resident) {
        window = window.initialization_script(known);
    }
    if cfg!(windows) {
        window = window.data_directory(resident.data_dir().join("window"));
    }
    let window = window.build()?;
    if let Some(near) = near {
        // Some desktops place windows themselves; there it opens where they want it.
        let _ = put_near(&window, near);
    }
    // An engine that keeps its own colour shows that for a moment; nothing else depends on it.
    let _ = window.set_background_color(Some(ground(&window)));
    window.show()?;
    let handle = app.handle().clone();
    let resident = Arc::clone(resident);
    window.on_window_event(move |event| {
        if let WindowEvent::DragDrop(event) = event {
            on_drag(&handle, &resident, event);
        }
    });
    Ok(())
}

/// A script that hands the page what is known already, so that it is drawn whole at once.
fn known(resident: &Resident) -> Option<String> {
    let told = serde_json::to_string(&resident.first(PATIENCE)?).ok()?;
    Some(format!("globalThis.offhookKnown = {told};"))
}

#[cfg(target_os = "linux")]
fn ground(_: &WebviewWindow) -> Color {
    if crate::theme::is_dark() { DARK } else { LIGHT }
}

#[cfg(not(target_os = "linux"))]
fn ground(window: &WebviewWindow) -> Color {
    match window.theme() {
        Ok(tauri::Theme::Dark) => DARK,
        // Another is not known today.
        Ok(_) | Err(_) => LIGHT,
    }
}

fn put_near(window: &WebviewWindow, (x, y): (i32, i32)) -> tauri::Result<()> {
    let Some(monitor) = window.monitor_from_point(f64::from(x), f64::from(y))? else {
        return Ok(());
    };
    let (size, area) = (window.outer_size()?, monitor.work_area());
    // The frame comes with the showing.
    let height = size.height.saturating_add(TITLE_BAR);
    let along = |point: i32, length: u32, from: i32, room: u32| {
        beside(point, length.cast_signed(), from, room.cast_signed())
    };
    let x = along(x, size.width, area.position.x, area.size.width);
    let y = along(y, height, area.position.y, area.size.height);
    window.set_position(PhysicalPosition::new(x, y))
}

/// Where a length begins that is to lie around a point, within the room there is.
fn beside(point: i32, length: i32, from: i32, room: i32) -> i32 {
    let last = from.saturating_add(room).saturating_sub(length).max(from);
    point.saturating_sub(length / 2).clamp(from, last)
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
    fn a_window_has_its_pages_ground() {
        let styles = include_str!("../../ui/src/style.css");
        let mut grounds = styles
            .lines()
            .filter_map(|line| line.trim().strip_prefix("--ground: #"));
        for Color(red, green, blue, _) in [LIGHT, DARK] {
            let ours = format!("{red:02x}{green:02x}{blue:02x};");
            assert_eq!(grounds.next(), Some(ours.as_str()));
        }
    }

    #[test]
    fn a_window_lies_beside_the_click_and_on_the_screen() {
        // A tray at the lower right, at the upper middle, and on a screen to the left.
        assert_eq!(beside(1910, 720, 0, 1920), 1200);
        assert_eq!(beside(900, 720, 0, 1920), 540);
        assert_eq!(beside(10, 560, 30, 1050), 30);
        assert_eq!(beside(-1900, 720, -1920, 1920), -1920);
        // A screen that is smaller than the window shows its beginning.
        assert_eq!(beside(300, 720, 0, 640), 0);
    }

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
