//! Where appointments are read from. [`CalendarSource`] is the one place that tells sources apart.
//!
//! To add one: a file or folder here with its request and its parser, an arm in each function below, its settings in
//! `settings::calendar`, and a double in the playground. A source gives every occurrence that touches the window, of
//! series each one by itself, as [`Appointment`]s; whole days as days, not as moments. What is private or declined is
//! given, too: the engine judges.

pub mod zones;

use crate::entra::EntraHandle;
use crate::graph::{Graph, with_token};
use jiff::Timestamp;
use offhook_engine::appointment::Appointment;
use offhook_engine::facts::CalendarLink;
use offhook_engine::fault::{Code, Fault, FaultKind};
use std::rc::Rc;

/// The calendar to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarConfig {
    Off,
    Source(CalendarSource),
}

/// A source with its valid settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarSource {
    /// The signed-in person's default calendar at Microsoft.
    Graph,
}

/// What sources may read with.
#[derive(Debug, Clone)]
pub struct Means {
    /// The Microsoft sign-in, where one is set up.
    pub microsoft: Option<(EntraHandle, Rc<Graph>)>,
}

impl CalendarConfig {
    /// What the engine has to know of it.
    pub const fn link(&self) -> CalendarLink {
        match self {
            Self::Off => CalendarLink::Off,
            Self::Source(CalendarSource::Graph) => CalendarLink::Microsoft,
        }
    }
}

impl CalendarSource {
    /// Everything that touches the time from `from` to `until`.
    ///
    /// # Errors
    /// The source's own; [`FaultKind::RightMissing`] where the account may not read it.
    pub async fn read(
        self,
        means: Means,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Appointment>, Fault> {
        match self {
            Self::Graph => {
                let Some((entra, graph)) = means.microsoft else {
                    return Err(Fault::new(FaultKind::SignInRequired, Code::SignInNeeded));
                };
                with_token(&entra, |token| {
                    let graph = Rc::clone(&graph);
                    async move { graph.read_calendar(&token, from, until).await }
                })
                .await
            }
        }
    }
}
