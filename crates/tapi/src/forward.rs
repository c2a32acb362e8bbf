//! Forwards of an address: what can be done, what is set, and the list that replaces it (facts/call-sources.md,
//! section 1.6). `lineForward` knows no other change than to replace all, so what is to stay is written again.

use crate::record::{Record, wide};
use crate::refusal::Refusal;
use crate::telephony::Telephony;
use std::fmt;

/// The address that is forwarded: a line for calls has one, and Cisco's driver takes no other.
pub const ADDRESS: u32 = 0;
/// So many entries are read at most.
const MOST: usize = 64;

/// One entry. `Debug` hides numbers.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// `LINEFORWARDMODE_`.
    pub mode: u32,
    /// Whose calls, for the modes that are for one caller.
    pub caller: String,
    pub country: u32,
    /// `None`: do not disturb.
    pub to: Option<String>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("mode", &format_args!("{:#x}", self.mode))
            .field("dnd", &self.to.is_none())
            .finish_non_exhaustive()
    }
}

impl Entry {
    /// All calls, to a number; `None`: do not disturb.
    pub const fn all(to: Option<String>) -> Self {
        Self {
            mode: LINEFORWARDMODE_UNCOND,
            caller: String::new(),
            country: 0,
            to,
        }
    }

    const fn is_all(&self) -> bool {
        self.mode == LINEFORWARDMODE_UNCOND
    }
}

/// What an address can do, by the bits of its driver.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Can {
    pub dnd: bool,
    pub forward: bool,
    /// Entries at once.
    pub most: u32,
}

/// # Errors
/// As TAPI refused it.
pub fn can(
    telephony: &mut impl Telephony,
    device: u32,
    version: u32,
    line_features: u32,
) -> Result<Can, Refusal> {
    let caps = Record::filled(|room| telephony.address_caps(device, ADDRESS, version, room))?;
    let address = caps.number(CAPS_FEATURES);
    let has = |of_address: u32, of_line: u32| address & of_address != 0 || line_features & of_line != 0;
    let dnd = has(LINEADDRFEATURE_FORWARDDND, LINEFEATURE_FORWARDDND);
    let to_numbers = has(LINEADDRFEATURE_FORWARDFWD, LINEFEATURE_FORWARDFWD);
    // A driver older than the two finer bits.
    let plain = has(LINEADDRFEATURE_FORWARD, LINEFEATURE_FORWARD) && !dnd;
    let modes = caps.number(CAPS_FORWARD_MODES);
    let all = modes == 0 || modes & LINEFORWARDMODE_UNCOND != 0;
    Ok(Can {
        dnd: dnd && all,
        forward: (to_numbers || plain) && all,
        most: caps.number(CAPS_MOST_FORWARDS).max(1),
    })
}

/// What is set on an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwards {
    pub entries: Vec<Entry>,
    /// So many rings are no answer.
    pub rings: u32,
}

/// # Errors
/// As TAPI refused it.
pub fn read(telephony: &mut impl Telephony, line: u32) -> Result<Forwards, Refusal> {
    let record = Record::filled(|room| telephony.address_status(line, ADDRESS, room))?;
    Ok(Forwards::of(&record))
}

/// A change that can't be made without losing something of the person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoPlace;

impl Forwards {
    /// `LINEADDRESSSTATUS`; the entries' own offsets count from its start as well.
    pub fn of(record: &Record) -> Self {
        let (entries, _rest) = record.part(STATUS_SIZE, STATUS_OFFSET).as_chunks::<ENTRY>();
        let count = (record.number(STATUS_ENTRIES) as usize).min(MOST);
        let first = record.number(STATUS_OFFSET) as usize;
        let entry = |at: usize| {
            let at = first + at * ENTRY;
            let to = record.text(at + ENTRY_TO_SIZE, at + ENTRY_TO_OFFSET);
            Entry {
                mode: record.number(at),
                caller: record.text(at + ENTRY_CALLER_SIZE, at + ENTRY_CALLER_OFFSET),
                country: record.number(at + ENTRY_COUNTRY),
                to: Some(to).filter(|to| !to.is_empty()),
            }
        };
        Self {
            entries: (0..entries.len().min(count)).map(entry).collect(),
            rings: record.number(STATUS_RINGS),
        }
    }

    pub fn dnd(&self) -> bool {
        self.entries
            .iter()
            .any(|entry| entry.is_all() && entry.to.is_none())
    }

    /// Where all calls go.
    pub fn to(&self) -> Option<&str> {
        let mut all = self.entries.iter().filter(|entry| entry.is_all());
        all.find_map(|entry| entry.to.as_deref())
    }

    /// With do not disturb on or off. Everything else stays.
    ///
    /// # Errors
    /// All calls are forwarded, which would be lost; or the address takes no more entries.
    pub fn with_dnd(&self, on: bool, most: u32) -> Result<Self, NoPlace> {
        if on && self.to().is_some() {
            return Err(NoPlace);
        }
        self.with(Entry::all(None), on, most)
    }

    /// With all calls going there, or nowhere in particular. Everything else stays.
    ///
    /// # Errors
    /// Do not disturb is on, which would be lost; or the address takes no more entries.
    pub fn with_forward(&self, to: Option<&str>, most: u32) -> Result<Self, NoPlace> {
        if to.is_some() && self.dnd() {
            return Err(NoPlace);
        }
        self.with(Entry::all(to.map(str::to_owned)), to.is_some(), most)
    }

    fn with(&self, entry: Entry, on: bool, most: u32) -> Result<Self, NoPlace> {
        // Off takes away the one that is there: do not disturb and a forward are never there at once.
        let mut entries: Vec<Entry> = self.entries.iter().filter(|old| !old.is_all()).cloned().collect();
        if on {
            entries.insert(0, entry);
            if entries.len() > most as usize {
                return Err(NoPlace);
            }
        }
        Ok(Self {
            entries,
            rings: self.rings,
        })
    }

    /// `LINEFORWARDLIST` of TAPI 2, whose entries have 24 bytes; `None`: nothing is forwarded.
    pub fn list(&self) -> Option<Vec<u8>> {
        if self.entries.is_empty() {
            return None;
        }
        let fixed = LIST + ENTRY * self.entries.len();
        let (mut numbers, mut texts) = (vec![0, len(self.entries.len())], Vec::new());
        let mut place = |text: &str| {
            if text.is_empty() {
                return [0, 0];
            }
            let text = wide(text);
            let at = fixed + texts.len();
            texts.extend_from_slice(&text);
            [len(text.len()), len(at)]
        };
        for entry in &self.entries {
            numbers.push(entry.mode);
            numbers.extend(place(&entry.caller));
            numbers.push(entry.country);
            numbers.extend(place(entry.to.as_deref().unwrap_or_default()));
        }
        numbers[0] = len(fixed + texts.len());
        let mut list: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        list.append(&mut texts);
        Some(list)
    }
}

fn len(of: usize) -> u32 {
    u32::try_from(of).unwrap_or(u32::MAX)
}

pub const LINEFORWARDMODE_UNCOND: u32 = 1;

const LINEADDRFEATURE_FORWARD: u32 = 0x1;
const LINEADDRFEATURE_FORWARDFWD: u32 = 0x1000;
const LINEADDRFEATURE_FORWARDDND: u32 = 0x2000;
const LINEFEATURE_FORWARD: u32 = 0x4;
const LINEFEATURE_FORWARDFWD: u32 = 0x80;
const LINEFEATURE_FORWARDDND: u32 = 0x100;

/// `LINEADDRESSCAPS`.
pub const CAPS_FORWARD_MODES: usize = 128;
pub const CAPS_MOST_FORWARDS: usize = 132;
pub const CAPS_FEATURES: usize = 176;
/// `LINEADDRESSSTATUS`.
pub const STATUS_RINGS: usize = 32;
pub const STATUS_ENTRIES: usize = 36;
pub const STATUS_SIZE: usize = 40;
pub const STATUS_OFFSET: usize = 44;
/// `LINEFORWARD`.
pub const ENTRY: usize = 24;
pub const ENTRY_CALLER_SIZE: usize = 4;
pub const ENTRY_CALLER_OFFSET: usize = 8;
pub const ENTRY_COUNTRY: usize = 12;
pub const ENTRY_TO_SIZE: usize = 16;
pub const ENTRY_TO_OFFSET: usize = 20;
/// `LINEFORWARDLIST` before its entries.
pub const LIST: usize = 8;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop_assert_eq, proptest};

    fn entry(mode: u32, to: Option<&str>) -> Entry {
        Entry {
            mode,
            ..Entry::all(to.map(str::to_owned))
        }
    }

    fn forwards(entries: &[Entry]) -> Forwards {
        Forwards {
            entries: entries.to_vec(),
            rings: 4,
        }
    }

    /// The same entries as an address shows them.
    fn shown(forwards: &Forwards) -> Record {
        let list = forwards.list().unwrap_or_default();
        let mut numbers = [0_u32; 16];
        let behind = 64 - LIST;
        numbers[STATUS_RINGS / 4] = forwards.rings;
        numbers[STATUS_ENTRIES / 4] = len(forwards.entries.len());
        numbers[STATUS_SIZE / 4] = len(ENTRY * forwards.entries.len());
        numbers[STATUS_OFFSET / 4] = 64;
        let mut bytes: Vec<u8> = numbers.into_iter().flat_map(u32::to_le_bytes).collect();
        bytes.extend(list.get(LIST..).unwrap_or_default());
        for at in 0..forwards.entries.len() {
            for place in [ENTRY_CALLER_OFFSET, ENTRY_TO_OFFSET] {
                let place = 64 + at * ENTRY + place;
                let offset = Record::of(bytes.clone()).number(place);
                if offset > 0 {
                    bytes[place..place + 4].copy_from_slice(&(offset + len(behind)).to_le_bytes());
                }
            }
        }
        Record::of(bytes)
    }

    #[test]
    fn do_not_disturb_leaves_what_is_for_other_calls() {
        let busy = entry(0x10, Some("200"));
        let before = forwards(std::slice::from_ref(&busy));
        let on = before.with_dnd(true, 4).unwrap();
        assert!(on.dnd() && on.to().is_none());
        assert!(on.entries.contains(&busy) && on.rings == 4);
        assert_eq!(on.with_dnd(false, 4), Ok(before));
    }

    #[test]
    fn nothing_of_the_persons_is_lost() {
        let away = forwards(&[entry(1, Some("200"))]);
        assert_eq!(away.with_dnd(true, 4), Err(NoPlace));
        let quiet = forwards(&[entry(1, None)]);
        assert_eq!(quiet.with_forward(Some("300"), 4), Err(NoPlace));
        let full = forwards(&[entry(0x10, Some("200"))]);
        assert_eq!(full.with_dnd(true, 1), Err(NoPlace));
        assert_eq!(full.with_forward(Some("300"), 1), Err(NoPlace));
        // The forward of all calls itself is what is asked to change.
        let moved = away.with_forward(Some("300"), 1).unwrap();
        assert_eq!(moved.to(), Some("300"));
        assert_eq!(moved.with_forward(None, 1).unwrap().list(), None);
    }

    proptest! {
        #[test]
        fn what_is_written_reads_the_same(
            entries in proptest::collection::vec((any::<u32>(), "[0-9+]{0,8}", any::<u32>(), "[0-9ü]{0,8}"), 0..9),
        ) {
            let entries = entries.into_iter().map(|(mode, caller, country, to)| Entry {
                mode, caller, country, to: Some(to).filter(|to| !to.is_empty()),
            });
            let forwards = Forwards { entries: entries.collect(), rings: 3 };
            prop_assert_eq!(Forwards::of(&shown(&forwards)), forwards);
        }

        #[test]
        fn whatever_an_address_shows_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..256)) {
            let _read = Forwards::of(&Record::of(bytes));
        }
    }
}
