//! Whether this system starts Offhook at sign-in, and whether that is as the organisation has it.

use super::{Area, Look};
use crate::autostart::{Autostart, Found};
use crate::settings::Settings;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::text::{DoctorText, Text};
use offhook_protocol::pages::Language;

/// What is there, and what the organisation wants of it.
#[derive(Debug, Clone)]
pub struct Start {
    pub found: Found,
    pub forced: Option<bool>,
    /// Why it could not be set right.
    pub failed: Option<String>,
}

impl Start {
    /// While Offhook does not run: nothing is changed.
    pub(super) fn at_rest(settings: &Settings) -> Self {
        let own = Autostart::of_this_program(settings.folder());
        Self {
            found: own.as_ref().map_or(Found::Unknown, Autostart::look),
            forced: own.and_then(|own| own.meant(settings.forced_autostart())),
            failed: None,
        }
    }

    /// Nothing where it can't be seen.
    pub(super) fn look(&self, language: Language) -> Option<Look> {
        let what = DoctorText::Start.text(language);
        let fault = |code| Fault::new(FaultKind::Rejected, code);
        let outcome = match (&self.found, self.forced, &self.failed) {
            (Found::Unknown, ..) => return None,
            (_, Some(_), Some(why)) => Err(fault(Code::AutostartFailed).about(why)),
            (found, Some(on), None) if !found.fits(on) => Err(fault(Code::AutostartNotAsForced)),
            (_, Some(true), None) => Ok(DoctorText::StartForcedOn.text(language).to_owned()),
            (_, Some(false), None) => Ok(DoctorText::StartForcedOff.text(language).to_owned()),
            (Found::On, None, _) => Ok(DoctorText::StartOn.text(language).to_owned()),
            (Found::Off, None, _) => Ok(DoctorText::StartOff.text(language).to_owned()),
            (Found::Everyone, None, _) => Ok(Text::AutostartEveryone.text(language).to_owned()),
            (Found::SwitchedOff, None, _) => Ok(Text::AutostartSwitchedOff.text(language).to_owned()),
            (Found::Elsewhere(program), None, _) => {
                Ok(Text::AutostartElsewhere.with(language, &[("what", program)]))
            }
        };
        Some(Look::of(Area::Start, what, outcome, language))
    }
}
