//! Included by the build scripts of the programs: what Windows shows of a program file, its icon and its version.

use std::path::Path;
use std::{env, fs};

/// Compiles icon and version into the program; nothing for other systems.
pub fn embed(program: &str, title: &str) -> Result<(), String> {
    let icon = Path::new(&variable("CARGO_MANIFEST_DIR")?).join("../../icons/app.ico");
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../../packaging/windows/resources.rs");
    println!("cargo:rerun-if-changed={}", icon.display());
    if variable("CARGO_CFG_TARGET_OS")? != "windows" {
        return Ok(());
    }
    let version = variable("CARGO_PKG_VERSION")?;
    let part = |name: &str| variable(&format!("CARGO_PKG_VERSION_{name}"));
    let numbers = format!("{},{},{},0", part("MAJOR")?, part("MINOR")?, part("PATCH")?);
    // 1 and the names of the blocks are those that Windows looks for (VERSIONINFO; 0409 04b0: English, Unicode).
    let text = format!(
        r#"1 ICON "{icon}"
1 VERSIONINFO
FILEVERSION {numbers}
PRODUCTVERSION {numbers}
FILEOS 0x40004
FILETYPE 0x1
BEGIN
  BLOCK "StringFileInfo"
  BEGIN
    BLOCK "040904b0"
    BEGIN
      VALUE "CompanyName", "Offhook"
      VALUE "FileDescription", "{title}"
      VALUE "FileVersion", "{version}"
      VALUE "InternalName", "{program}"
      VALUE "LegalCopyright", "MIT OR Apache-2.0"
      VALUE "OriginalFilename", "{program}.exe"
      VALUE "ProductName", "Offhook"
      VALUE "ProductVersion", "{version}"
    END
  END
  BLOCK "VarFileInfo"
  BEGIN
    VALUE "Translation", 0x409, 1200
  END
END
"#,
        icon = icon.display().to_string().replace('\\', "/"),
    );
    let file = Path::new(&variable("OUT_DIR")?).join(format!("{program}.rc"));
    fs::write(&file, text).map_err(|error| format!("{}: {error}", file.display()))?;
    let compiled = embed_resource::compile_for(&file, [program], embed_resource::NONE);
    compiled.manifest_optional().map_err(|error| error.to_string())
}

fn variable(name: &str) -> Result<String, String> {
    env::var(name).map_err(|error| format!("{name}: {error}"))
}
