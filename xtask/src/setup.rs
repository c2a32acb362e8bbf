//! `cargo xtask setup`: what must be on the machine before anything can be built, run or tested.

mod asterisk;
mod debian;
mod kamailio;
mod npm;
mod packages;
mod prerequisites;
mod prosody;

use anyhow::Result;

use crate::step::Steps;

/// How much to set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What building and running need.
    Run,
    /// What checking for other systems needs as well.
    Cross,
    /// All that, and the real parts of the tests.
    Tests,
}

/// Checks the prerequisites and installs what is missing, one line for each thing.
///
/// # Errors
/// A sentence that names what is missing and could not be had.
pub fn setup(extent: Extent, steps: &mut Steps) -> Result<()> {
    steps.step("prerequisites", prerequisites::check)?;
    steps.step("system packages", || packages::install(extent))?;
    if extent == Extent::Tests && cfg!(target_os = "linux") {
        steps.step("real parts of the tests", || {
            let parts = xtask::parts::folder().map_err(anyhow::Error::msg)?;
            println!("they lie in {}", parts.display());
            asterisk::install(&parts)?;
            kamailio::install(&parts)?;
            prosody::install(&parts)?;
            xtask::parts::NPM_PARTS
                .iter()
                .try_for_each(|name| npm::install(&parts, name))
        })?;
    }
    Ok(())
}
