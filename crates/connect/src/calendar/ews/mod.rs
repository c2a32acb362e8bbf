//! EWS: the person's own calendar on an Exchange server of the company's own (the Exchange Status Sync document,
//! "Exchange-Konfiguration"). Reads, and nothing else.
//!
//! | module | what |
//! |---|---|
//! | `config` | the settings, parsed |
//! | `request`, `answer` | the envelope out, and what came back (pure) |
//! | `xml` | a bounded reader of XML |
//! | `http` | one connection that is kept |
//! | `sign_in`, `ntlm` | NTLM over it, or Basic |

mod answer;
mod config;
mod error;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod http;
mod ntlm;
mod request;
mod sign_in;
mod xml;

pub use config::{Account, EwsConfig, Timing};
pub use error::Error;

use answer::Answer;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use offhook_engine::appointment::Appointment;
use request::Schema;
use secrecy::SecretString;
use sign_in::Session;

/// A window is halved so far, and no further.
const SHORTEST: SignedDuration = SignedDuration::from_mins(15);
/// A calendar that takes more requests for a few days is none.
const REQUESTS: usize = 64;

/// What was read, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    pub appointments: Vec<Appointment>,
    /// `NTLM` or `Basic`.
    pub way: &'static str,
}

/// Every occurrence that touches the window, private ones and cancelled ones too, whole days as days. `own`: the
/// person's zone. One sign-in, whatever comes of it.
///
/// # Errors
/// See [`Error`]. Part of a window is no window: a request that fails fails all.
pub async fn read(
    config: &EwsConfig,
    secret: &SecretString,
    window: (Timestamp, Timestamp),
    own: &TimeZone,
) -> Result<Reading, Error> {
    let mut session = Session::new(config, secret);
    let mut schema = Schema::Exchange2013;
    let mut windows = vec![window];
    let mut appointments: Vec<Appointment> = Vec::new();
    let mut unread = 0;
    for _ in 0..REQUESTS {
        let Some((from, until)) = windows.pop() else {
            break;
        };
        let body = session.send(&request::envelope(schema, from, until)).await?;
        match answer::parse(&body, &config.host, own)? {
            Answer::Occurrences {
                read,
                left_out,
                whole: true,
            } => {
                appointments.extend(read);
                unread += left_out;
            }
            // A view can't be paged: what touches both halves is dropped by its id below.
            Answer::Occurrences { whole: false, .. } | Answer::TooMany => {
                let middle = halved(from, until).ok_or(Error::TooLarge)?;
                windows.push((middle, until));
                windows.push((from, middle));
            }
            Answer::OlderSchema if schema == Schema::Exchange2013 => {
                schema = Schema::Exchange2010;
                windows.push((from, until));
            }
            Answer::OlderSchema => return Err(Error::Refused("ErrorSchemaValidation".to_owned())),
        }
    }
    if !windows.is_empty() {
        return Err(Error::TooLarge);
    }
    if unread > 0 {
        tracing::warn!(unread, "appointments that can't be understood are left out");
    }
    appointments.sort_by(|a, b| a.id.cmp(&b.id));
    appointments.dedup_by(|a, b| a.id == b.id);
    Ok(Reading {
        appointments,
        way: session.way().name(),
    })
}

fn halved(from: Timestamp, until: Timestamp) -> Option<Timestamp> {
    let length = until.duration_since(from);
    if length <= SHORTEST {
        return None;
    }
    from.checked_add(length / 2).ok()
}
