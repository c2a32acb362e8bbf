//! Small forms of text that several types share.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

/// base64url without padding (RFC 4648, section 5).
pub(crate) fn to_base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Exactly `N` bytes in base64url without padding; one text for each value, left-over bits must be zero.
pub(crate) fn from_base64url<const N: usize>(text: &str) -> Option<[u8; N]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// Lower-case hex.
pub(crate) fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// An RFC 3339 date-time with its offset. The time library alone would also take a blank for the `T`,
/// week dates, offsets with seconds and zone names, which other readers of the file would refuse.
pub(crate) fn from_rfc3339(text: &str) -> Option<Timestamp> {
    let shape = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .bytes()
                .zip(shape.bytes())
                .all(|(byte, wanted)| match wanted {
                    b'0' => byte.is_ascii_digit(),
                    b'T' => byte == b'T' || byte == b't',
                    exactly => byte == exactly,
                })
    };
    let (date_time, rest) = text.split_at_checked("0000-00-00T00:00:00".len())?;
    let digits = rest.strip_prefix('.').map_or(0, |digits| {
        1 + digits.bytes().take_while(u8::is_ascii_digit).count()
    });
    let (fraction, offset) = rest.split_at_checked(digits)?;
    let fits = shape(date_time, "0000-00-00T00:00:00")
        && (fraction.is_empty() || (2..=10).contains(&fraction.len()))
        && (offset.eq_ignore_ascii_case("Z") || shape(offset, "+00:00") || shape(offset, "-00:00"));
    if fits { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_rfc_3339_is_a_date_time() {
        for text in [
            "2026-01-15T09:00:00Z",
            "2026-01-15t09:00:00z",
            "2026-01-15T10:00:00+01:00",
            "2026-01-15T09:00:00.000000000Z",
            "2026-01-15T09:00:00.0-00:00",
        ] {
            assert_eq!(
                from_rfc3339(text),
                Some("2026-01-15T09:00:00Z".parse().unwrap()),
                "{text}"
            );
        }
        for text in [
            "",
            "2026-01-15",
            "2026-01-15 09:00:00Z",
            "2026-01-15T09:00Z",
            "2026-01-15T09:00:00",
            "2026-01-15T09:00:00.Z",
            "2026-01-15T09:00:00,5Z",
            "2026-01-15T09:00:00+01",
            "2026-01-15T09:00:00+01:00[Europe/Berlin]",
            "2026-02-30T09:00:00Z",
            "2026-01-15T25:00:00Z",
            "20260115T090000Z",
            "+002026-01-15T09:00:00Z",
            "2026-01-15T09:00:0äZ",
        ] {
            assert_eq!(from_rfc3339(text), None, "{text}");
        }
    }
}
