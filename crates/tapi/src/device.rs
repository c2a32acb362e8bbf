//! Line devices: what the installed drivers offer.

use crate::record::Record;
use crate::refusal::Refusal;
use crate::telephony::Telephony;
use std::fmt;

/// A line's name that stays: across restarts, and when other lines come and go (`dwPermanentLineID`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PermanentId(pub u32);

impl fmt::Display for PermanentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl PermanentId {
    /// As it stands in the settings.
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse().ok().map(Self)
    }
}

/// A line for calls. `Debug` hides its name, which may be a person's.
#[derive(Clone, PartialEq, Eq)]
pub struct Offered {
    pub id: PermanentId,
    /// As its driver calls it; never empty.
    pub name: String,
    /// The driver, as it describes itself; may be empty.
    pub provider: String,
    /// Its number now: it may be another after a restart of the telephony.
    pub device: u32,
    /// The version spoken with it.
    pub version: u32,
    /// How many addresses, numbered from nought.
    pub addresses: u32,
    /// `LINEFEATURE_` bits.
    pub features: u32,
}

impl fmt::Debug for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offered")
            .field("id", &self.id)
            .field("device", &self.device)
            .field("version", &format_args!("{:#x}", self.version))
            .finish_non_exhaustive()
    }
}

/// One device; `None`: it is none for calls, such as a modem.
///
/// # Errors
/// As TAPI refused it: a device that is gone, a driver that speaks no version of ours.
pub fn ask(telephony: &mut impl Telephony, device: u32) -> Result<Option<Offered>, Refusal> {
    let version = telephony.negotiate(device)?;
    let record = Record::filled(|room| telephony.device_caps(device, version, room))?;
    if record.number(CAPS_MEDIA_MODES) & LINEMEDIAMODE_INTERACTIVEVOICE == 0 {
        return Ok(None);
    }
    let id = PermanentId(record.number(CAPS_PERMANENT_ID));
    let name = tidy(&record.text(CAPS_NAME_SIZE, CAPS_NAME_OFFSET));
    Ok(Some(Offered {
        id,
        name: if name.is_empty() {
            format!("TAPI {id}")
        } else {
            name
        },
        provider: tidy(&record.text(CAPS_PROVIDER_SIZE, CAPS_PROVIDER_OFFSET)),
        device,
        version,
        addresses: record.number(CAPS_ADDRESSES).max(1),
        features: record.number(CAPS_FEATURES),
    }))
}

/// For a page: one line, of no great length.
fn tidy(text: &str) -> String {
    let plain: String = text
        .chars()
        .map(|sign| if sign.is_control() { ' ' } else { sign })
        .take(120)
        .collect();
    plain.trim().to_owned()
}

pub const LINEMEDIAMODE_INTERACTIVEVOICE: u32 = 4;

/// `LINEDEVCAPS`.
pub const CAPS_PROVIDER_SIZE: usize = 12;
pub const CAPS_PROVIDER_OFFSET: usize = 16;
pub const CAPS_PERMANENT_ID: usize = 28;
pub const CAPS_NAME_SIZE: usize = 32;
pub const CAPS_NAME_OFFSET: usize = 36;
pub const CAPS_ADDRESSES: usize = 48;
pub const CAPS_MEDIA_MODES: usize = 60;
pub const CAPS_FEATURES: usize = 236;
