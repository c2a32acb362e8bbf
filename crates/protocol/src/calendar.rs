//! The calendar page: whether the calendar can be read, and what its next appointments will do.

use crate::problem::Problem;
use crate::settings::TestView;
use crate::status::Light;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct CalendarPage {
    pub light: Option<Light>,
    pub need: CalendarNeed,
    /// What the last try to get the right ended with.
    pub problem: Option<Problem>,
    /// Microsoft is being asked in the browser.
    pub asking: bool,
    /// A source with a sign-in of its own has its password.
    pub password_stored: bool,
    pub test: TestView,
    /// For the administrator, ready to send, in case only they can allow it.
    pub admin_text: Option<String>,
    /// The next appointments, the first one first.
    pub next: Vec<AppointmentLine>,
    /// What this phone system can and can't do of it, in sentences.
    pub notes: Vec<String>,
    /// Where "forward calls" leads is entered here: the phone system keeps no forward that is switched off.
    pub asks_target: bool,
    /// Whether internal calls are forwarded, too, is chosen here: the phone system can tell them apart.
    pub asks_internal: bool,
}

/// What is missing before appointments can do anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "kebab-case")]
pub enum CalendarNeed {
    /// Switched off by the person.
    Off,
    SignIn,
    /// Microsoft has to be asked for the right.
    Consent,
    Nothing,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct AppointmentLine {
    pub id: String,
    /// For example "today, 10:00–11:00".
    pub time: String,
    /// The subject; it never leaves this computer.
    pub title: String,
    pub running: bool,
    /// The person wants nothing done for it.
    pub skipped: bool,
    /// Whether it would do something at all, so that leaving it out means something.
    pub can_skip: bool,
    /// What it will do: "do not disturb", "chat status …".
    pub action: String,
    /// Why, and what stands against it: full sentences.
    pub why: String,
}
