//! The structures that TAPI fills in: packed to single bytes, little-endian, their first three numbers saying how large
//! they are, were meant to be, and how much of them is filled; texts and lists lie behind the fixed part, and a size and
//! an offset from the structure's start say where.

use crate::refusal::Refusal;

/// Where the three sizes stand that every structure begins with.
const TOTAL: usize = 0;
const NEEDED: usize = 4;
const USED: usize = 8;

/// What a structure is given at first: most fit.
const FIRST: usize = 2048;
/// No structure is as large; a driver that asks for more is not served.
const LARGEST: usize = 1 << 20;
/// So often a driver may find out that it needs still more.
const TRIES: usize = 8;

/// A structure as TAPI filled it. Whatever lies outside of what is filled is nought, empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record(Vec<u8>);

impl Record {
    /// Has one filled: `ask` is given room, whose first number says how much of it there is, until all has fitted.
    ///
    /// # Errors
    /// What `ask` was refused with; [`Refusal::Odd`] where its need has no end.
    pub fn filled(mut ask: impl FnMut(&mut [u8]) -> Result<(), Refusal>) -> Result<Self, Refusal> {
        let mut size = FIRST;
        for _ in 0..TRIES {
            let mut room = vec![0; size];
            put(&mut room, TOTAL, size);
            let needed = match ask(&mut room) {
                Ok(()) => number(&room, NEEDED) as usize,
                // Not even its fixed part has fitted.
                Err(Refusal::TooSmall) => size * 2,
                Err(refusal) => return Err(refusal),
            };
            if needed <= size {
                return Ok(Self::of(room));
            }
            if needed > LARGEST {
                return Err(Refusal::Odd);
            }
            size = needed;
        }
        Err(Refusal::Odd)
    }

    /// Bytes as they came.
    pub fn of(mut bytes: Vec<u8>) -> Self {
        let used = number(&bytes, USED) as usize;
        // Some drivers leave the size of what they filled at nought.
        if used >= USED + 4 {
            bytes.truncate(used);
        }
        Self(bytes)
    }

    pub fn number(&self, at: usize) -> u32 {
        number(&self.0, at)
    }

    /// The bytes that a size and an offset point at.
    pub fn part(&self, size_at: usize, offset_at: usize) -> &[u8] {
        let (size, offset) = (self.number(size_at) as usize, self.number(offset_at) as usize);
        offset
            .checked_add(size)
            .and_then(|end| self.0.get(offset..end))
            .unwrap_or_default()
    }

    /// The text that a size and an offset point at: UTF-16, its end marked or not.
    pub fn text(&self, size_at: usize, offset_at: usize) -> String {
        text(self.part(size_at, offset_at))
    }

    /// As [`Self::text`], only what comes before the first of several.
    pub fn numbers(&self, size_at: usize, offset_at: usize) -> impl Iterator<Item = u32> {
        let (numbers, _rest) = self.part(size_at, offset_at).as_chunks::<4>();
        numbers.iter().map(|bytes| u32::from_le_bytes(*bytes))
    }
}

/// The number at that place; nought beyond the end.
fn number(bytes: &[u8], at: usize) -> u32 {
    bytes
        .get(at..)
        .and_then(|rest| rest.first_chunk())
        .map_or(0, |number| u32::from_le_bytes(*number))
}

fn put(bytes: &mut [u8], at: usize, number: usize) {
    let number = u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes();
    if let Some(place) = bytes.get_mut(at..at + 4) {
        place.copy_from_slice(&number);
    }
}

fn text(bytes: &[u8]) -> String {
    let (units, _odd) = bytes.as_chunks::<2>();
    let units = units.iter().map(|unit| u16::from_le_bytes(*unit));
    let text: Vec<u16> = units.take_while(|unit| *unit != 0).collect();
    String::from_utf16_lossy(&text)
}

/// UTF-16 with its end marked.
pub(crate) fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16()
        .chain([0])
        .flat_map(u16::to_le_bytes)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::{any, prop_assert, proptest};

    fn structure(needed: u32, used: u32, rest: &[u8]) -> Vec<u8> {
        let mut bytes = [64, needed, used].map(u32::to_le_bytes).concat();
        bytes.extend_from_slice(rest);
        bytes
    }

    #[test]
    fn more_room_is_given_until_all_has_fitted() {
        let mut rooms = Vec::new();
        let record = Record::filled(|room| {
            rooms.push(room.len());
            assert_eq!(number(room, TOTAL) as usize, room.len());
            // It needs a little more each time it is asked.
            let needed = 2000 + 300 * rooms.len().min(3);
            put(room, NEEDED, needed);
            put(room, USED, 16);
            put(room, 12, 7);
            Ok(())
        });
        assert_eq!(record.unwrap().number(12), 7);
        assert_eq!(rooms, [2048, 2300, 2600, 2900]);
    }

    #[test]
    fn a_need_without_an_end_is_refused() {
        let mut tries = 0;
        let endless = Record::filled(|room| {
            tries += 1;
            let needed = room.len() + 4;
            put(room, NEEDED, needed);
            Ok(())
        });
        assert_eq!(endless, Err(Refusal::Odd));
        assert_eq!(tries, TRIES);
        let huge = Record::filled(|room| {
            put(room, NEEDED, usize::MAX);
            Ok(())
        });
        assert_eq!(huge, Err(Refusal::Odd));
        let mut tries = 0;
        let never = Record::filled(|_room| {
            tries += 1;
            Err(Refusal::TooSmall)
        });
        assert_eq!(never, Err(Refusal::Odd));
        assert!(tries <= TRIES);
    }

    #[test]
    fn a_text_ends_where_it_says_or_where_it_is_marked() {
        let mut rest = [8, 20].map(u32::to_le_bytes).concat();
        rest.extend(wide("Büro"));
        let record = Record::of(structure(0, 0, &rest));
        assert_eq!(record.text(12, 16), "Büro");
        let (unmarked, marked) = (wide("Bü")[..4].to_vec(), wide("B\0x"));
        for (bytes, text) in [(unmarked, "Bü"), (marked, "B"), (vec![0x42, 0, 0x43], "B")] {
            let size = u32::try_from(bytes.len()).unwrap();
            let mut rest = [size, 20].map(u32::to_le_bytes).concat();
            rest.extend(bytes);
            assert_eq!(Record::of(structure(0, 0, &rest)).text(12, 16), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_a_driver_fills_in_nothing_beyond_it_is_read(
            bytes in proptest::collection::vec(any::<u8>(), 0..200),
            at in 0_usize..300,
        ) {
            let record = Record::of(bytes.clone());
            let part = record.part(at, at + 4);
            prop_assert!(part.len() <= bytes.len());
            prop_assert!(record.text(at, at + 4).len() <= bytes.len() * 3);
            prop_assert!(record.numbers(at, at + 4).count() <= bytes.len() / 4);
        }
    }
}
