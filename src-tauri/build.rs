//! Embeds the built pages and generates the permissions of our own commands.

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    // Cargo watches the folder, so that a page added to it is embedded as well.
    println!("cargo:rerun-if-changed=../ui/dist");
    println!("cargo:rerun-if-changed=capabilities");
    if !Path::new("../ui/dist/index.html").exists() {
        println!("cargo::error=The pages are not built. Run `npm ci && npm run build` in `ui` first.");
        return ExitCode::FAILURE;
    }
    let manifest = tauri_build::AppManifest::new().commands(&["view", "ask", "start", "choose", "save"]);
    match tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("cargo::error={error:#}");
            ExitCode::FAILURE
        }
    }
}
