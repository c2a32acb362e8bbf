//! `LENGTH:BYTES,`: decimal, no leading zero, at most nine digits, and of ours at most 64 KiB.

use bytes::{Buf, Bytes, BytesMut};

/// No event of baresip's is near this: it builds them in 4 KiB.
pub(super) const LARGEST: usize = 64 * 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NetstringError {
    #[error("a frame does not begin with its length")]
    Length,
    #[error("a frame's length begins with a zero")]
    LeadingZero,
    #[error("a frame is larger than 64 KiB")]
    TooLarge,
    #[error("a frame does not end where it says")]
    End,
}

/// Takes the first frame off the buffer once all of it is there. After an error the stream has lost its frames
/// and is of no more use.
pub(super) fn take(buffer: &mut BytesMut) -> Result<Option<Bytes>, NetstringError> {
    let digits = buffer.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits > 9 {
        return Err(NetstringError::TooLarge);
    }
    if digits > 1 && buffer[0] == b'0' {
        return Err(NetstringError::LeadingZero);
    }
    match buffer.get(digits) {
        None => return Ok(None),
        Some(b':') if digits > 0 => {}
        Some(_) => return Err(NetstringError::Length),
    }
    let length = buffer[..digits]
        .iter()
        .fold(0_usize, |sum, digit| sum * 10 + usize::from(digit - b'0'));
    if length > LARGEST {
        return Err(NetstringError::TooLarge);
    }
    match buffer.get(digits + 1 + length) {
        None => Ok(None),
        Some(b',') => {
            buffer.advance(digits + 1);
            let frame = buffer.split_to(length).freeze();
            buffer.advance(1);
            Ok(Some(frame))
        }
        Some(_) => Err(NetstringError::End),
    }
}

pub(super) fn frame(body: &str) -> Vec<u8> {
    format!("{}:{body},", body.len()).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn all(bytes: &[u8]) -> Result<Vec<Bytes>, NetstringError> {
        let mut buffer = BytesMut::from(bytes);
        std::iter::from_fn(|| take(&mut buffer).transpose()).collect()
    }

    proptest! {
        /// However the stream is cut, the same frames come out.
        #[test]
        fn frames_survive_any_cut(
            bodies in prop::collection::vec("[^\u{0}]{0,300}", 0..6),
            cuts in prop::collection::vec(1_usize..50, 1..200),
        ) {
            let stream: Vec<u8> = bodies.iter().flat_map(|body| frame(body)).collect();
            let (mut buffer, mut frames) = (BytesMut::new(), Vec::new());
            let (mut rest, mut cuts) = (&stream[..], cuts.into_iter().cycle());
            while !rest.is_empty() {
                let (piece, later) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
                rest = later;
                buffer.extend_from_slice(piece);
                while let Some(frame) = take(&mut buffer).unwrap() {
                    frames.push(String::from_utf8(frame.to_vec()).unwrap());
                }
            }
            prop_assert_eq!(frames, bodies);
            prop_assert!(buffer.is_empty());
        }

        /// Whatever comes, it ends in frames, in an error, or in waiting for more than is there.
        #[test]
        fn nothing_breaks_it(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(frame)) = take(&mut buffer) {
                prop_assert!(frame.len() <= bytes.len());
            }
        }

        /// A frame that is longer or shorter than it says is found out.
        #[test]
        fn a_lie_about_the_length_is_found_out(body in "[a-z]{2,200}", wrong in 0_usize..200) {
            prop_assume!(wrong < body.len());
            let lie = format!("{wrong}:{body},");
            prop_assert_eq!(all(lie.as_bytes()), Err(NetstringError::End));
        }
    }

    #[test]
    fn what_is_no_netstring_is_refused() {
        let rows: [(&[u8], NetstringError); 9] = [
            (b"03:abc,", NetstringError::LeadingZero),
            (b"00:,", NetstringError::LeadingZero),
            (b":abc,", NetstringError::Length),
            (b"-3:abc,", NetstringError::Length),
            (b"3;abc,", NetstringError::Length),
            (b"HTTP/1.1 400 Bad Request", NetstringError::Length),
            (b"3:abc;", NetstringError::End),
            (b"1234567890:", NetstringError::TooLarge),
            (b"65537:", NetstringError::TooLarge),
        ];
        for (bytes, error) in rows {
            assert_eq!(all(bytes), Err(error), "{}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn the_edges_are_taken() {
        assert_eq!(all(b"0:,").unwrap(), [Bytes::new()]);
        assert_eq!(all(b"3:a,b,").unwrap(), [Bytes::from_static(b"a,b")]);
        let largest = frame(&"x".repeat(LARGEST));
        assert_eq!(all(&largest).unwrap()[0].len(), LARGEST);
        for waiting in [&b""[..], b"1", b"999999999", b"5:abc", b"5:abcde"] {
            let unfinished = all(waiting);
            assert!(unfinished == Ok(vec![]) || waiting.len() == 9, "{unfinished:?}");
        }
    }

    #[test]
    fn lengths_count_bytes() {
        assert_eq!(frame("ü"), "2:ü,".as_bytes());
    }
}
