//! `cargo xtask screenshots`: what people see, into `docs/screenshots`.

use anyhow::Result;
use xtask::parts::workspace as root;

use crate::pages;
use crate::setup::{self, Extent};
use crate::step::{self, Steps};
use crate::workspace::PROGRAMS;

/// Every page in every state, language and theme; every picture of the tray; and the icon, its tooltip, its menu and a
/// notification as a real panel and a real daemon show them.
///
/// # Errors
/// A sentence that names what stood in the way.
pub fn screenshots(steps: &mut Steps) -> Result<()> {
    setup::setup(Extent::Tests, steps)?;
    steps.step("what the pages need", pages::install)?;
    steps.step("pages", || pages::script("shots"))?;
    steps.step("the tray's pictures", || pages::script("tray-sheet"))?;
    steps.step("programs", || {
        let mut build = step::cargo(&["build"]);
        for package in PROGRAMS {
            build.args(["--package", package]);
        }
        step::run(&mut build)
    })?;
    steps.step("a real panel", || {
        let mut test = step::cargo(&["test", "--package", "offhook-tests", "--test", "tray"]);
        test.args([
            "--",
            "a_real_panel_shows_the_icon_and_a_real_daemon_the_notification",
        ]);
        step::run(test.env("OFFHOOK_PICTURES", root().join("docs/screenshots/tray")))
    })
}
