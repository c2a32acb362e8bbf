//! One line of text in a window, by the libraries that `offhook-window` uses and with nothing of ours: what the web
//! engine needs by itself. `cargo xtask bench --window` has it beside ours.

use tauri::http::Response;
use tauri::{Url, WebviewUrl, WebviewWindowBuilder};

const PAGE: &str = "<!doctype html><title>Bare</title><body style='font-family: system-ui'><h1>Bare</h1>";

fn main() -> tauri::Result<()> {
    tauri::Builder::default()
        .register_uri_scheme_protocol("bare", |_, _| Response::new(PAGE.as_bytes()))
        .setup(|app| {
            let page: Url = "bare://localhost/".parse()?;
            WebviewWindowBuilder::new(app, "bare", WebviewUrl::CustomProtocol(page))
                .title("Bare")
                .inner_size(720.0, 560.0)
                .incognito(true)
                .build()?;
            Ok(())
        })
        .run(tauri::generate_context!())
}
