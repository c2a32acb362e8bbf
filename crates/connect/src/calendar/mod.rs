//! Where appointments are read from. [`CalendarSource`] is the one place that tells sources apart.
//!
//! To add one: a file or folder here with its request and its parser, an arm in each function below, its settings in
//! `settings::calendar`, and a double in the playground. A source gives every occurrence that touches the window, of
//! series each one by itself, as [`Appointment`]s; whole days as days, not as moments. What is private or declined is
//! given, too: the engine judges.

pub mod ews;
pub mod ics;
pub mod zones;

use crate::entra::EntraHandle;
use crate::graph::{Graph, with_token};
use crate::secrets::{Ask, SecretName, SecretStore};
use ews::EwsConfig;
use ics::IcsConfig;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_engine::appointment::Appointment;
use offhook_engine::facts::CalendarLink;
use offhook_engine::fault::{Code, Fault, FaultKind};
use secrecy::SecretString;
use std::rc::Rc;

/// The calendar to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum CalendarConfig {
    #[default]
    Off,
    Source(CalendarSource),
    /// Wanted, but a setting is missing or impossible.
    Unusable(Fault),
}

/// A source with its valid settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CalendarSource {
    /// The signed-in person's default calendar at Microsoft.
    Graph,
    /// The person's own calendar on an Exchange server of the company's own.
    Ews(Box<EwsConfig>),
    /// A file or an address.
    Ics(Box<IcsConfig>),
}

/// What sources may read with.
#[derive(Debug, Clone)]
pub struct Means {
    /// The Microsoft sign-in, where one is set up.
    pub microsoft: Option<(EntraHandle, Rc<Graph>)>,
    /// Where a password of the source's own rests, and whether the person may be asked to open it.
    pub store: SecretStore,
    pub ask: Ask,
    /// The person's own zone.
    pub zone: TimeZone,
    /// What others write to the person at.
    pub addresses: Vec<String>,
    /// What was read last.
    pub kept: Rc<ics::Kept>,
}

/// What was read, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub appointments: Vec<Appointment>,
    /// How the source let us in, where there is more than one way: `NTLM`, `Basic`.
    pub way: Option<&'static str>,
}

impl CalendarConfig {
    /// What the engine has to know of it.
    pub const fn link(&self) -> CalendarLink {
        match self {
            Self::Off => CalendarLink::Off,
            Self::Source(CalendarSource::Graph) => CalendarLink::Microsoft,
            Self::Source(CalendarSource::Ews(_) | CalendarSource::Ics(_)) | Self::Unusable(_) => {
                CalendarLink::Own
            }
        }
    }
}

impl CalendarSource {
    /// Everything that touches the time from `from` to `until`.
    ///
    /// # Errors
    /// The source's own; [`FaultKind::RightMissing`] where the account may not read it.
    pub async fn read(self, means: Means, from: Timestamp, until: Timestamp) -> Result<Reading, Fault> {
        match self {
            Self::Graph => {
                let Some((entra, graph)) = means.microsoft else {
                    return Err(Fault::new(FaultKind::SignInRequired, Code::SignInNeeded));
                };
                let read = with_token(&entra, |token| {
                    let graph = Rc::clone(&graph);
                    async move { graph.read_calendar(&token, from, until).await }
                });
                let appointments = read.await?;
                Ok(Reading {
                    appointments,
                    way: None,
                })
            }
            Self::Ews(config) => {
                let secret = means.password("ews").await?;
                let read = ews::read(&config, &secret, (from, until), &means.zone).await;
                let read = read.map_err(|error| error.fault())?;
                Ok(Reading {
                    appointments: read.appointments,
                    way: Some(read.way),
                })
            }
            Self::Ics(config) => {
                let secret = if config.signs_in() {
                    Some(means.password("ics").await?)
                } else {
                    None
                };
                let reader = ics::Reader {
                    zone: means.zone,
                    addresses: means.addresses,
                };
                let read = ics::read(&config, secret.as_ref(), (from, until), &reader, &means.kept).await;
                Ok(Reading {
                    appointments: read.map_err(|error| error.fault())?,
                    way: None,
                })
            }
        }
    }
}

impl Means {
    async fn password(&self, source: &str) -> Result<SecretString, Fault> {
        let secret = self.store.load(&SecretName::calendar(source), self.ask).await;
        let secret = secret.map_err(|error| error.fault())?;
        secret.ok_or_else(|| Fault::new(FaultKind::Rejected, Code::CalendarPasswordMissing))
    }
}
