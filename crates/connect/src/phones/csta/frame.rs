//! Frames: two zero bytes, the length of all with these eight bytes in two, the invoke number as four digits, XML
//! (facts/csta.json, `frame`).

use bytes::{Buf as _, BytesMut};

const HEAD: usize = 8;
/// Events carry it; requests never do.
pub const EVENT: u16 = 9999;
pub const LARGEST: usize = 65_535;

#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    /// 0 to 9999.
    pub invoke: u16,
    pub xml: String,
}

impl Frame {
    /// In bytes, with its head.
    pub const fn length(&self) -> usize {
        HEAD + self.xml.len()
    }
}

/// What is in it may be personal.
impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({}, {} bytes)", self.invoke, self.xml.len())
    }
}

/// What is no frame: the two can't find each other again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("it is no frame of CSTA over TCP")]
pub struct NoFrame;

/// `None`: it is too large for a frame.
pub fn write(invoke: u16, xml: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(HEAD + xml.len()).ok()?;
    let mut frame = vec![0, 0];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(format!("{invoke:04}").as_bytes());
    frame.extend_from_slice(xml.as_bytes());
    (frame.len() <= LARGEST && invoke <= EVENT).then_some(frame)
}

/// The next whole frame, taken away from the front.
///
/// # Errors
/// When what stands there is none.
pub fn take(buffer: &mut BytesMut) -> Result<Option<Frame>, NoFrame> {
    let zeros = buffer.iter().take(2).all(|byte| *byte == 0);
    let digits = buffer.iter().skip(4).take(4).all(u8::is_ascii_digit);
    if !zeros || !digits {
        return Err(NoFrame);
    }
    let Some(head) = buffer.get(..HEAD) else {
        return Ok(None);
    };
    let length = usize::from(head[2]) << 8 | usize::from(head[3]);
    if length < HEAD {
        return Err(NoFrame);
    }
    let digits = std::str::from_utf8(&head[4..]).map_err(|_| NoFrame)?;
    let invoke = digits.parse().map_err(|_| NoFrame)?;
    if buffer.len() < length {
        return Ok(None);
    }
    let mut frame = buffer.split_to(length);
    frame.advance(HEAD);
    let xml = std::str::from_utf8(&frame).map_err(|_| NoFrame)?.to_owned();
    Ok(Some(Frame { invoke, xml }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    /// facts/csta.json
    const FACTS: &str = include_str!("../../../tests/data/csta.json");

    fn bytes(hex: &Value) -> Vec<u8> {
        let hex = hex.as_str().unwrap();
        let two = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        (0..hex.len()).step_by(2).map(two).collect()
    }

    #[test]
    fn every_published_frame_is_written_and_read() {
        let facts: Value = serde_json::from_str(FACTS).unwrap();
        let frames = facts["frames"].as_array().unwrap();
        assert_eq!(frames.len(), 6);
        for frame in frames {
            let wanted = bytes(&frame["frame_hex"]);
            let invoke = frame["invoke"].as_str().unwrap().parse().unwrap();
            let xml = frame["xml"].as_str().unwrap();
            assert_eq!(
                write(invoke, xml).as_deref(),
                Some(&wanted[..]),
                "{}",
                frame["note"]
            );
            let read = take(&mut BytesMut::from(&wanted[..])).unwrap().unwrap();
            assert_eq!((read.invoke, read.xml.as_str()), (invoke, xml));
        }
    }

    #[test]
    fn every_published_stream_comes_apart_as_it_should() {
        let facts: Value = serde_json::from_str(FACTS).unwrap();
        let cases = facts["stream_cases"].as_array().unwrap();
        assert_eq!(cases.len(), 5);
        for case in cases {
            let parts = match case.get("parts_hex") {
                Some(parts) => parts.as_array().unwrap().iter().map(bytes).collect(),
                None => vec![bytes(&case["hex"])],
            };
            let (mut buffer, mut invokes, mut broken) = (BytesMut::new(), Vec::new(), false);
            for part in parts {
                buffer.extend_from_slice(&part);
                loop {
                    match take(&mut buffer) {
                        Ok(Some(frame)) => invokes.push(format!("{:04}", frame.invoke)),
                        Ok(None) => break,
                        Err(NoFrame) => {
                            broken = true;
                            break;
                        }
                    }
                }
            }
            match case["expect"].as_array() {
                Some(wanted) => assert_eq!(&invokes, wanted, "{}", case["name"]),
                None => assert!(broken, "{}", case["name"]),
            }
        }
    }

    #[test]
    fn what_is_too_large_is_not_written() {
        assert!(write(1, &"x".repeat(LARGEST - HEAD)).is_some());
        assert!(write(1, &"x".repeat(LARGEST - HEAD + 1)).is_none());
        assert!(write(10_000, "x").is_none());
    }
}
