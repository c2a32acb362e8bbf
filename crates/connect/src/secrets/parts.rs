//! Values of any length over entries of limited length, replaced so that a torn write never passes for a value.
//!
//! Windows keeps at most 2560 bytes per credential (`facts/desktop-tests.md`, section 5), and refresh tokens can
//! be longer. A value that fits rests in one entry, behind a line that describes it. A longer one is cut into
//! parts, and the entry holds only the line: the switch from the old value to the new one is always the
//! replacing of that one entry. Parts rest in one of two slots, taken in turn: the slot that is not in use is
//! emptied, filled, pointed to, and only then is the other one emptied. Parts are written upwards and removed
//! downwards, so that a slot is always a gapless row and nothing in it can be forgotten.

use super::SecretError;
use super::entries::Entries;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use zeroize::Zeroizing;

const MARK: &str = "offhook1";

/// More parts than any value of ours has: a runaway guard, not a format limit.
const PARTS_MAX: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    /// Counts up with every value that is cut into parts; its lowest bit is the slot.
    generation: u64,
    /// 0: the value follows in the same entry.
    parts: usize,
    /// SHA-256 of the whole value.
    sum: String,
}

impl Head {
    fn line(&self) -> String {
        format!("{MARK} {} {} {}\n", self.generation, self.parts, self.sum)
    }

    /// The line and what follows it.
    fn parse(entry: &[u8]) -> Option<(Self, &[u8])> {
        let end = entry.iter().position(|&byte| byte == b'\n')?;
        let line = std::str::from_utf8(&entry[..end]).ok()?;
        let words: Vec<&str> = line.split(' ').collect();
        let [MARK, generation, parts, sum] = words[..] else {
            return None;
        };
        let parts: usize = parts.parse().ok()?;
        if parts > PARTS_MAX || sum.len() != 64 {
            return None;
        }
        let head = Self {
            generation: generation.parse().ok()?,
            parts,
            sum: sum.to_owned(),
        };
        Some((head, &entry[end + 1..]))
    }

    const fn slot(&self) -> Slot {
        if self.generation.is_multiple_of(2) {
            Slot::Even
        } else {
            Slot::Odd
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Even,
    Odd,
}

impl Slot {
    const ALL: [Self; 2] = [Self::Even, Self::Odd];

    fn part(self, name: &str, index: usize) -> String {
        let slot = match self {
            Self::Even => 'a',
            Self::Odd => 'b',
        };
        format!("{name}#{slot}{index}")
    }
}

pub(super) fn load(entries: &impl Entries, name: &str) -> Result<Option<Zeroizing<String>>, SecretError> {
    let Some(entry) = entries.read(name)? else {
        return Ok(None);
    };
    let (head, inline) = Head::parse(&entry).ok_or(SecretError::Damaged)?;
    let mut value = Zeroizing::new(Vec::with_capacity(entries.limit().min(4096) * head.parts.max(1)));
    value.extend_from_slice(inline);
    for index in 0..head.parts {
        let part = entries
            .read(&head.slot().part(name, index))?
            .ok_or(SecretError::Damaged)?;
        value.extend_from_slice(&part);
    }
    if sum(&value) != head.sum {
        return Err(SecretError::Damaged);
    }
    let text = std::str::from_utf8(&value).map_err(|_| SecretError::Damaged)?;
    Ok(Some(Zeroizing::new(text.to_owned())))
}

pub(super) fn save(entries: &impl Entries, name: &str, value: &str) -> Result<(), SecretError> {
    let current = entries
        .read(name)?
        .and_then(|entry| Head::parse(&entry).map(|(head, _)| head));
    let generation = current.as_ref().map_or(0, |head| head.generation.wrapping_add(1));
    let whole = Head {
        generation,
        parts: 0,
        sum: sum(value.as_bytes()),
    };
    let line = whole.line();
    if line.len() + value.len() <= entries.limit() {
        let entry = Zeroizing::new(format!("{line}{value}"));
        entries.write(name, entry.as_bytes())?;
        return Slot::ALL
            .into_iter()
            .try_for_each(|slot| empty(entries, name, slot));
    }
    let cut = cut(value, entries.limit());
    if cut.len() > PARTS_MAX {
        return Err(SecretError::TooLong);
    }
    let head = Head {
        parts: cut.len(),
        ..whole
    };
    let target = head.slot();
    empty(entries, name, target)?;
    for (index, part) in cut.iter().enumerate() {
        entries.write(&target.part(name, index), part.as_bytes())?;
    }
    entries.write(name, head.line().as_bytes())?;
    Slot::ALL
        .into_iter()
        .filter(|&slot| slot != target)
        .try_for_each(|slot| empty(entries, name, slot))
}

pub(super) fn delete(entries: &impl Entries, name: &str) -> Result<(), SecretError> {
    entries.remove(name)?;
    Slot::ALL
        .into_iter()
        .try_for_each(|slot| empty(entries, name, slot))
}

/// Removes the parts of one slot, the last first.
fn empty(entries: &impl Entries, name: &str, slot: Slot) -> Result<(), SecretError> {
    let mut count = 0;
    while count < PARTS_MAX && entries.read(&slot.part(name, count))?.is_some() {
        count += 1;
    }
    for index in (0..count).rev() {
        entries.remove(&slot.part(name, index))?;
    }
    Ok(())
}

/// Pieces of at most `limit` bytes, cut between characters: some keyrings keep text only.
fn cut(value: &str, limit: usize) -> Vec<&str> {
    let limit = limit.max(4);
    let mut pieces = Vec::new();
    let mut rest = value;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(limit));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

fn sum(value: &[u8]) -> String {
    Sha256::digest(value)
        .iter()
        .fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}
