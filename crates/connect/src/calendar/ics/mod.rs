//! A calendar as an `.ics` file or address (RFC 5545): for those with neither Microsoft 365 nor Exchange. Reads, and
//! nothing else; what it holds beside appointments is dropped while it is read.
//!
//! | module | what |
//! |---|---|
//! | `config` | the settings, parsed |
//! | `web`, `file` | the bytes, when there are new ones |
//! | `lines`, `parts`, `zone`, `event` | what they say (pure) |
//! | `rule`, `series` | the occurrences of a window (pure) |

mod config;
mod error;
mod event;
mod file;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod lines;
mod parts;
mod rule;
#[cfg(test)]
mod rule_tests;
#[cfg(test)]
mod samples;
mod series;
#[cfg(test)]
mod tests;
mod web;
mod zone;

pub use config::{Address, IcsConfig, Place, Timing};
pub use error::{Error, Where};
pub use file::changed;

use event::Event;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_engine::appointment::Appointment;
use parts::Broken;
use secrecy::SecretString;
use series::Window;
use std::sync::{Arc, Mutex, PoisonError};
use zone::Zones;

/// Thirty years of a busy person's appointments.
const LARGEST: usize = 16 * 1024 * 1024;

/// What was read last, so that a calendar that has not changed is neither sent nor parsed again.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<Known>>);

#[derive(Debug, Clone)]
struct Known {
    of: IcsConfig,
    own: Vec<String>,
    stamp: Stamp,
    calendar: Arc<Calendar>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stamp {
    File(file::Stamp),
    Web(web::Stamp),
}

/// What a calendar holds, wherever it came from.
#[derive(Debug, PartialEq, Eq)]
struct Calendar {
    events: Vec<Event>,
}

/// For whom it is read.
#[derive(Debug, Clone)]
pub struct Reader {
    /// Their zone.
    pub zone: TimeZone,
    /// Their addresses, to find their answers to invitations.
    pub addresses: Vec<String>,
}

/// Every occurrence that touches the window, private ones and cancelled ones too, whole days as days.
///
/// # Errors
/// See [`Error`]. Part of a calendar is no calendar.
pub async fn read(
    config: &IcsConfig,
    secret: Option<&SecretString>,
    (from, until): (Timestamp, Timestamp),
    reader: &Reader,
    kept: &Kept,
) -> Result<Vec<Appointment>, Error> {
    let known = kept.of(config, &reader.addresses);
    let place = config.place();
    let calendar = match (&config.place, known) {
        (Place::File(path), known) => {
            let (path, own, place) = (path.clone(), reader.addresses.clone(), place.clone());
            let read = move || {
                let stamp = file::stamp(&path).map(Stamp::File);
                if let Some(known) = known.filter(|known| stamp.as_ref() == Some(&known.stamp)) {
                    return Ok((known.calendar, None));
                }
                let calendar = Calendar::parse(&file::read(&path)?, &own, &place)?;
                Ok((Arc::new(calendar), stamp))
            };
            let (calendar, stamp) = apart(read).await?;
            kept.keep(config, &reader.addresses, stamp, &calendar);
            calendar
        }
        (Place::Address(address), known) => {
            let stamp = known.as_ref().and_then(|known| match &known.stamp {
                Stamp::Web(stamp) => Some(stamp),
                Stamp::File(_) => None,
            });
            match (web::fetch(address, secret, config.timing, stamp).await?, known) {
                (web::Fetched::Same, Some(known)) => known.calendar,
                (web::Fetched::Same, None) => return Err(Error::Ailing(address.host().to_owned())),
                (web::Fetched::New(bytes, stamp), _) => {
                    let (own, place) = (reader.addresses.clone(), place.clone());
                    let read = move || Calendar::parse(&bytes, &own, &place).map(Arc::new);
                    let calendar = apart(read).await?;
                    kept.keep(config, &reader.addresses, Some(Stamp::Web(stamp)), &calendar);
                    calendar
                }
            }
        }
    };
    let own = reader.zone.clone();
    apart(move || {
        let window = Window {
            from,
            until,
            own: &own,
        };
        series::occurrences(&calendar.events, &window).map_err(|_endless| Error::TooLarge(place))
    })
    .await
}

/// A large calendar takes a moment, and calls are not to wait for it.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or(Err(Error::FileUnreadable))
}

impl IcsConfig {
    fn place(&self) -> Where {
        match &self.place {
            Place::File(_) => Where::File,
            Place::Address(address) => Where::Host(address.host().to_owned()),
        }
    }
}

impl Kept {
    fn of(&self, config: &IcsConfig, own: &[String]) -> Option<Known> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known
            .clone()
            .filter(|known| known.of == *config && known.own == own)
    }

    fn keep(&self, of: &IcsConfig, own: &[String], stamp: Option<Stamp>, calendar: &Arc<Calendar>) {
        let Some(stamp) = stamp else { return };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Known {
            of: of.clone(),
            own: own.to_vec(),
            stamp,
            calendar: Arc::clone(calendar),
        });
    }
}

impl Calendar {
    /// `own`: addresses of the person. An appointment that can't be understood is left out, and that is said.
    fn parse(bytes: &[u8], own: &[String], place: &Where) -> Result<Self, Error> {
        let parts = parts::parse(bytes).map_err(|broken| match broken {
            Broken::NotCalendar => Error::NotCalendar(place.clone()),
            Broken::WebPage => Error::WebPage(place.clone()),
            Broken::Incomplete => Error::Incomplete(place.clone()),
        })?;
        let zones = Zones::of(&parts.zones);
        let mut own = own.to_vec();
        own.extend(parts.name.filter(|name| name.contains('@')));
        let count = parts.events.len();
        let read = parts
            .events
            .iter()
            .filter_map(|lines| event::event(lines, &zones, &own));
        let events: Vec<Event> = read.collect();
        if events.len() < count {
            let read = events.len();
            tracing::warn!(count, read, "appointments that can't be understood are left out");
        }
        Ok(Self { events })
    }
}
