//! What must hold for whatever a driver answers and tells.

use crate::device::PermanentId;
use crate::forward::Forwards;
use crate::message::Raw;
use crate::phone::{Phone, PhoneNews};
use crate::record::Record;
use crate::refusal::Refusal;
use crate::telephony::{Telephony, Woken};
use crate::watch::{Again, News, Pace, Watch};
use offhook_engine::line::{CallId, LineEvent};
use offhook_engine::phone::FieldValue;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// A telephony whose every answer is taken from these bytes; when they are used up, it is silent.
#[derive(Debug)]
struct Any<'a>(&'a [u8]);

impl Any<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        *first
    }

    /// A small number, or now and then any.
    fn number(&mut self) -> u32 {
        match self.byte() {
            255 => u32::from_le_bytes([self.byte(), self.byte(), self.byte(), self.byte()]),
            small => u32::from(small),
        }
    }

    fn outcome(&mut self) -> Result<(), Refusal> {
        match self.byte() {
            250..=252 => Err(Refusal::of(0x8000_0000 | self.number())),
            253 => Err(Refusal::TooSmall),
            _ => Ok(()),
        }
    }

    /// The fixed part is numbers, as far as the bytes go.
    fn fill(&mut self, room: &mut [u8]) -> Result<(), Refusal> {
        self.outcome()?;
        let count = usize::from(self.byte() % 70);
        for place in room.chunks_exact_mut(4).skip(1).take(count) {
            place.copy_from_slice(&self.number().to_le_bytes());
        }
        Ok(())
    }
}

impl Telephony for Any<'_> {
    fn initialize(&mut self) -> Result<u32, Refusal> {
        self.outcome()?;
        Ok(u32::from(self.byte() % 5))
    }

    fn shutdown(&mut self) {}

    fn negotiate(&mut self, _device: u32) -> Result<u32, Refusal> {
        self.outcome().map(|()| 0x0002_0002)
    }

    fn device_caps(&mut self, _device: u32, _version: u32, room: &mut [u8]) -> Result<(), Refusal> {
        self.fill(room)?;
        // Most are lines for calls.
        if let Some(media) = room.get_mut(crate::device::CAPS_MEDIA_MODES) {
            *media |= 4;
        }
        Ok(())
    }

    fn address_caps(&mut self, _: u32, _: u32, _: u32, room: &mut [u8]) -> Result<(), Refusal> {
        self.fill(room)
    }

    fn open(&mut self, _device: u32, _version: u32) -> Result<u32, Refusal> {
        self.outcome()?;
        Ok(self.number().max(1))
    }

    fn close(&mut self, _line: u32) {}

    fn new_calls(&mut self, _line: u32, room: &mut [u8]) -> Result<(), Refusal> {
        self.fill(room)
    }

    fn call_status(&mut self, _call: u32, room: &mut [u8]) -> Result<(), Refusal> {
        self.fill(room)
    }

    fn line_status(&mut self, _line: u32, room: &mut [u8]) -> Result<(), Refusal> {
        self.fill(room)
    }

    fn address_status(&mut self, _: u32, _: u32, room: &mut [u8]) -> Result<(), Refusal> {
        self.fill(room)
    }

    fn forward(&mut self, _: u32, _: u32, _: Option<&[u8]>, _: u32) -> Result<u32, Refusal> {
        self.outcome()?;
        Ok(self.number())
    }

    fn release(&mut self, _call: u32) {}

    fn message(&mut self) -> Result<Option<Raw>, Refusal> {
        if self.byte().is_multiple_of(8) {
            return self.outcome().map(|()| None);
        }
        let id = u32::from(self.byte() % 27);
        Ok(Some(Raw {
            device: self.number(),
            id,
            instance: usize::from(self.byte() % 5),
            first: 1 << (self.byte() % 32),
            second: self.number() as usize,
            third: 0,
        }))
    }

    fn wait(&mut self, _limit: Duration) -> Woken {
        Woken::Late
    }
}

struct Steady;

impl Again for Steady {
    fn wait(&mut self) -> Duration {
        Duration::from_secs(1)
    }

    fn reset(&mut self) {}
}

fn watch(input: &[u8], now: Instant) -> Watch<Any<'_>> {
    let chosen = input.first().map(|byte| PermanentId(u32::from(byte % 3)));
    Watch::new(
        Any(input),
        chosen.into_iter().collect(),
        Pace::usual(|| Box::new(Steady)),
        now,
    )
}

/// Only a call that was told of ends, there is no end of calls, and a watch that is silent comes to rest.
pub fn calls(input: &[u8]) {
    let mut now = Instant::now();
    let mut watch = watch(input, now);
    let mut up: BTreeSet<CallId> = BTreeSet::new();
    while !watch.telephony.0.is_empty() {
        now += Duration::from_secs(u64::from(watch.telephony.byte()));
        watch.work(now);
        for news in watch.take_news() {
            match news {
                News::Line(LineEvent::Call { id, .. }) => {
                    up.insert(id);
                }
                News::Line(LineEvent::Ended { id }) => {
                    assert!(up.remove(&id), "only a call that was told of ends")
                }
                News::Line(LineEvent::Snapshot(calls)) => {
                    up = calls.into_iter().map(|(id, _state)| id).collect();
                }
                News::Line(_) | News::Offered(_) | News::Forwards | News::Reply { .. } => {}
            }
        }
        assert!(up.len() <= 1000, "no end of calls");
    }
    watch.end();
}

/// Every write has one outcome while the line is up, and what can't be read changes nothing.
pub fn phone(input: &[u8]) {
    let (first, rest) = input.split_first().unwrap_or((&0, input));
    let mut now = Instant::now();
    let mut phone = Phone::new(watch(rest, now), Duration::from_secs(5));
    let mut written = 0;
    for value in [
        FieldValue::Dnd(first % 2 == 0),
        FieldValue::Forward((first % 4 > 1).then(|| "123".to_owned())),
        FieldValue::Note("x".to_owned()),
    ] {
        phone.write(value);
        for _ in 0..8 {
            now += Duration::from_secs(2);
            phone.work(now);
            let news = phone.take_news().into_iter();
            written += news
                .filter(|news| matches!(news, PhoneNews::Written { .. }))
                .count();
        }
    }
    now += Duration::from_secs(60);
    phone.work(now);
    let news = phone.take_news().into_iter();
    written += news
        .filter(|news| matches!(news, PhoneNews::Written { .. }))
        .count();
    assert_eq!(written, 3, "every write has one outcome");
}

/// What is read of an address is written, and reads the same.
pub fn forwards(input: &[u8]) {
    let forwards = Forwards::of(&Record::of(input.to_vec()));
    for changed in [
        forwards.with_dnd(true, 64),
        forwards.with_dnd(false, 64),
        forwards.with_forward(Some("123"), 64),
        forwards.with_forward(None, 64),
    ] {
        let Ok(changed) = changed else {
            continue;
        };
        let list = changed.list();
        assert_eq!(list.is_none(), changed.entries.is_empty());
        let others = |forwards: &Forwards| forwards.entries.iter().filter(|entry| entry.mode != 1).count();
        assert_eq!(
            others(&changed),
            others(&forwards),
            "what is for other calls stays"
        );
    }
}
