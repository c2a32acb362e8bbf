//! Content lines (RFC 5545 section 3.1): unfolded, taken apart, and no more believed than anything from outside.

/// `NAME;PARAM=value:value` without its folds. Names are in capitals.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: String,
    params: Vec<(String, String)>,
    pub(super) value: String,
}

impl std::fmt::Debug for Line {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Line")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Line {
    /// The first value of that parameter, without its quotes.
    pub(super) fn param(&self, name: &str) -> Option<&str> {
        let found = self.params.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub(super) fn is(&self, name: &str, value: &str) -> bool {
        self.name == name && self.value.trim().eq_ignore_ascii_case(value)
    }

    /// The value as text (section 3.3.11).
    pub(super) fn text(&self) -> String {
        let mut text = String::with_capacity(self.value.len());
        let mut signs = self.value.chars();
        while let Some(sign) = signs.next() {
            if sign != '\\' {
                text.push(sign);
                continue;
            }
            match signs.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(sign) => text.push(sign),
                None => {}
            }
        }
        text
    }

    /// What is no content line is none.
    fn parse(text: &str) -> Option<Self> {
        let end = text.find([';', ':'])?;
        let (name, mut rest) = text.split_at(end);
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return None;
        }
        let mut params = Vec::new();
        while let Some(more) = rest.strip_prefix(';') {
            let equals = more.find('=')?;
            let (param, value) = more.split_at(equals);
            let value = value.get(1..)?;
            let end = unquoted(value, |sign| sign == ';' || sign == ':')?;
            let (value, after) = value.split_at(end);
            let first = unquoted(value, |sign| sign == ',').map_or(value, |comma| value.split_at(comma).0);
            params.push((
                param.trim().to_ascii_uppercase(),
                first.trim_matches('"').to_owned(),
            ));
            rest = after;
        }
        Some(Self {
            name: name.to_ascii_uppercase(),
            params,
            value: rest.strip_prefix(':')?.to_owned(),
        })
    }
}

/// Where the first such sign is that stands in no quotes.
fn unquoted(text: &str, ends: impl Fn(char) -> bool) -> Option<usize> {
    let mut quoted = false;
    let mut signs = text.char_indices();
    signs.find_map(|(at, sign)| {
        quoted ^= sign == '"';
        (!quoted && ends(sign)).then_some(at)
    })
}

/// Every line of a calendar. A fold may have cut a letter in two, so the bytes are put together first. Lines that are
/// none are left out.
pub(super) fn read(bytes: &[u8]) -> impl Iterator<Item = Line> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut pieces = bytes.split(|byte| *byte == b'\n').peekable();
    std::iter::from_fn(move || {
        let mut whole = plain(pieces.next()?).to_vec();
        while let Some(fold) = pieces.next_if(|piece| matches!(piece.first(), Some(b' ' | b'\t'))) {
            whole.extend_from_slice(plain(fold).get(1..).unwrap_or_default());
        }
        Some(whole)
    })
    .filter_map(|whole| Line::parse(&String::from_utf8_lossy(&whole)))
}

fn plain(piece: &[u8]) -> &[u8] {
    piece.strip_suffix(b"\r").unwrap_or(piece)
}

/// One value among several (`EXDATE:20260101,20260108`), or the parts of a rule.
pub(super) fn split(value: &str, at: char) -> impl Iterator<Item = &str> {
    value.split(at).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Line {
        read(text.as_bytes()).next().unwrap()
    }

    #[test]
    fn a_line_has_a_name_parameters_and_a_value() {
        let line = one("dtstart;Tzid=\"Zone: a; b, c\",x;VALUE=DATE-TIME:20260115T100000\r\n");
        assert_eq!(line.name, "DTSTART");
        assert_eq!(line.param("TZID"), Some("Zone: a; b, c"));
        assert_eq!(line.param("VALUE"), Some("DATE-TIME"));
        assert_eq!(line.param("X"), None);
        assert_eq!(line.value, "20260115T100000");
        assert!(!format!("{:?}", one("SUMMARY:Doctor")).contains("Doctor"));
    }

    #[test]
    fn texts_lose_their_escapes() {
        assert_eq!(
            one("SUMMARY:A\\, b\\; c\\nd \\\\ \\\"e\\").text(),
            "A, b; c\nd \\ \"e"
        );
        assert_eq!(one("SUMMARY:a:b;c").text(), "a:b;c");
    }

    #[test]
    fn folds_are_undone_even_inside_a_letter() {
        let text = "SUMMARY:Gr\u{f6}\u{df}e";
        let bytes = text.as_bytes();
        for at in 9..bytes.len() {
            for fold in [&b"\r\n "[..], b"\n\t"] {
                let folded = [&bytes[..at], fold, &bytes[at..]].concat();
                let lines: Vec<Line> = read(&folded).collect();
                assert_eq!(
                    (lines.len(), lines[0].value.as_str()),
                    (1, "Gr\u{f6}\u{df}e"),
                    "{at}"
                );
            }
        }
    }

    #[test]
    fn what_is_no_line_is_left_out() {
        let text = "\u{feff}BEGIN:VCALENDAR\n\nno line\n:x\nA B:x\nX;Y:z\nX;Y=\"z:z\nEND:VCALENDAR";
        let names: Vec<String> = read(text.as_bytes()).map(|line| line.name).collect();
        assert_eq!(names, ["BEGIN", "END"]);
    }
}
