//! The package for Debian and its relatives. It has no scripts: nothing is started, switched on or cleared away behind
//! the person's back.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use super::{Built, copied, folder, made_at, scratch, stripped};
use crate::step;

pub(super) const PROGRAMS: [&str; 3] = ["offhook", "offhookctl", "offhook-window"];
const ICONS: [u32; 4] = [32, 128, 256, 512];

/// Packs the programs of `built`.
///
/// # Errors
/// A file that is missing, or a program of Debian's that failed.
pub fn pack(built: &Path, version: &str, how: Built) -> Result<PathBuf> {
    let root = scratch("deb")?;
    lay_out(built, &root.join("usr"))?;
    let architecture = step::read(&mut step::command("dpkg", &["--print-architecture"]))?;
    let (needed, wished) = libraries(&root)?;
    let control = format!(
        "Package: offhook\n\
         Version: {version}\n\
         Architecture: {architecture}\n\
         Maintainer: Offhook <offhook@example.com>\n\
         Installed-Size: {size}\n\
         Section: comm\n\
         Priority: optional\n\
         Depends: {needed}, ca-certificates\n\
         Recommends: {wished}, xdg-utils\n\
         Description: keeps a desk's phone and Microsoft Teams in agreement\n \
          Shows calls of the phone in Teams, and has Teams and the calendar steer do not\n \
          disturb and forwarding of the phone. Runs in the tray of one person, with that\n \
          person's own rights. The recommended packages are for its window.\n",
        architecture = architecture.trim(),
        size = kibibytes(&root)?,
    );
    fs::create_dir_all(root.join("DEBIAN")).context("no folder for the control file")?;
    fs::write(root.join("DEBIAN/control"), control).context("the control file")?;
    plain_rights(&root)?;
    let package = folder()?.join(format!("offhook_{version}_{}.deb", architecture.trim()));
    let compression: &[&str] = match how {
        Built::Release => &["-Zxz"],
        Built::Dev => &["-Zgzip", "-z1"],
    };
    step::run(
        step::command("dpkg-deb", &["--root-owner-group"])
            .env("SOURCE_DATE_EPOCH", made_at())
            .args(compression)
            .arg("--build")
            .arg(&root)
            .arg(&package),
    )?;
    Ok(package)
}

/// Programs, icons and documents below `usr`, as every package for Linux has them.
///
/// # Errors
/// A file that is missing.
pub(super) fn lay_out(built: &Path, usr: &Path) -> Result<()> {
    let repository = xtask::parts::workspace();
    for program in PROGRAMS {
        stripped("strip", &built.join(program), &usr.join("bin").join(program))?;
    }
    let share = usr.join("share");
    let desktop = share.join("applications/offhook.desktop");
    copied(&repository.join("packaging/linux/offhook.desktop"), &desktop)?;
    let icons = share.join("icons/hicolor");
    for size in ICONS {
        let to = icons.join(format!("{size}x{size}/apps/offhook.png"));
        copied(&repository.join(format!("icons/app-{size}.png")), &to)?;
    }
    copied(
        &repository.join("icons/app.svg"),
        &icons.join("scalable/apps/offhook.svg"),
    )?;
    let doc = share.join("doc/offhook");
    copied(
        &repository.join("packaging/linux/copyright"),
        &doc.join("copyright"),
    )?;
    copied(&repository.join("CHANGELOG.md"), &doc.join("CHANGELOG.md"))?;
    copied(&repository.join("docs/ADMIN.md"), &doc.join("ADMIN.md"))
}

/// The packages of the libraries that the programs link: those without which nothing runs, and those of the window.
fn libraries(root: &Path) -> Result<(String, String)> {
    // dpkg-shlibdeps works in the folder of a source package.
    let source = scratch("shlibdeps")?;
    fs::create_dir_all(source.join("debian")).context("no folder for dpkg-shlibdeps")?;
    let text = "Source: offhook\n\nPackage: offhook\nArchitecture: any\n";
    fs::write(source.join("debian/control"), text).context("a control file for dpkg-shlibdeps")?;
    let of = |programs: &[&str]| -> Result<String> {
        let mut ask = step::command("dpkg-shlibdeps", &["-O"]);
        for program in programs {
            ask.arg(root.join("usr/bin").join(program));
        }
        let said = step::read(ask.current_dir(&source))?;
        let list = said.trim().strip_prefix("shlibs:Depends=");
        Ok(list.context("dpkg-shlibdeps named no libraries")?.to_owned())
    };
    Ok((of(&["offhook", "offhookctl"])?, of(&["offhook-window"])?))
}

fn kibibytes(folder: &Path) -> Result<u64> {
    let mut sum = 0;
    visit(folder, &mut |path| {
        sum += fs::metadata(path)?.len().div_ceil(1024);
        Ok(())
    })?;
    Ok(sum)
}

/// Whatever the person's own habits are for new files.
pub(super) fn plain_rights(root: &Path) -> Result<()> {
    visit(root, &mut |path| {
        let is_program = path.parent().is_some_and(|folder| folder.ends_with("bin"));
        let executable = path.is_dir() || is_program;
        let mode = if executable { 0o755 } else { 0o644 };
        fs::set_permissions(path, fs::Permissions::from_mode(mode))
    })
}

/// The folder itself and everything below.
fn visit(path: &Path, each: &mut impl FnMut(&Path) -> std::io::Result<()>) -> Result<()> {
    each(path).with_context(|| format!("{}", path.display()))?;
    if path.is_dir() {
        for entry in fs::read_dir(path).with_context(|| format!("{}", path.display()))? {
            visit(&entry?.path(), each)?;
        }
    }
    Ok(())
}
