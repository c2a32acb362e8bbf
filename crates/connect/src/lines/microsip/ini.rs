//! MicroSIP's settings file, changed line by line: whatever else is in it stays as it is, byte for byte. Pure.
//!
//! Windows reads such a file as UTF-16 when it begins so, else in the system's own 8-bit code page, of which only ASCII is
//! certain.

const SECTION: &str = "settings";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Utf16,
    /// With a mark at the beginning, as some editors leave it.
    Utf8,
    /// Each byte a sign.
    Bytes,
}

/// It is no file of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unreadable;

/// Something that the file's coding can't hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotAscii;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ini {
    coding: Coding,
    text: String,
}

impl Ini {
    pub(super) fn parse(file: &[u8]) -> Result<Self, Unreadable> {
        let (coding, text) = if let Some(rest) = file.strip_prefix(&[0xff, 0xfe]) {
            let (pairs, odd) = rest.as_chunks::<2>();
            if !odd.is_empty() {
                return Err(Unreadable);
            }
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            (Coding::Utf16, String::from_utf16(&units).map_err(|_| Unreadable)?)
        } else if let Some(rest) = file.strip_prefix(b"\xef\xbb\xbf") {
            let text = std::str::from_utf8(rest).map_err(|_| Unreadable)?;
            (Coding::Utf8, text.to_owned())
        } else {
            (Coding::Bytes, file.iter().copied().map(char::from).collect())
        };
        if text.contains('\0') {
            return Err(Unreadable);
        }
        Ok(Self { coding, text })
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match self.coding {
            Coding::Utf16 => {
                let units = self.text.encode_utf16().flat_map(u16::to_le_bytes);
                [0xff, 0xfe].into_iter().chain(units).collect()
            }
            Coding::Utf8 => [b"\xef\xbb\xbf", self.text.as_bytes()].concat(),
            // `set` lets nothing else in.
            Coding::Bytes => self
                .text
                .chars()
                .map(|sign| u8::try_from(sign).unwrap_or(b'?'))
                .collect(),
        }
    }

    /// The value in the section of the settings; `None` where it is missing or empty.
    pub(super) fn value(&self, key: &str) -> Option<&str> {
        let (from, to) = self.place(key)?;
        let value = self.text.get(from..to)?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// Puts the value in; an empty one stays as an empty line, as MicroSIP itself leaves it.
    pub(super) fn set(&mut self, key: &str, value: &str) -> Result<(), NotAscii> {
        if self.coding == Coding::Bytes && !value.is_ascii() {
            return Err(NotAscii);
        }
        if let Some((from, to)) = self.place(key) {
            self.text.replace_range(from..to, value);
            return Ok(());
        }
        let end = if self.text.contains("\r\n") || self.text.is_empty() {
            "\r\n"
        } else {
            "\n"
        };
        let line = format!("{key}={value}{end}");
        match self.after_section() {
            Some(at) if at == self.text.len() && !self.text.ends_with('\n') => {
                self.text.push_str(end);
                self.text.push_str(&line);
            }
            Some(at) => self.text.insert_str(at, &line),
            None => {
                if !self.text.is_empty() && !self.text.ends_with('\n') {
                    self.text.push_str(end);
                }
                self.text.push_str(&format!("[Settings]{end}{line}"));
            }
        }
        Ok(())
    }

    /// Where the value stands, without the end of its line.
    fn place(&self, key: &str) -> Option<(usize, usize)> {
        self.lines().find_map(|(inside, from, line)| {
            let (name, value) = line.split_once('=')?;
            let is_it = inside && name.trim().eq_ignore_ascii_case(key);
            is_it.then(|| {
                let begin = from + line.len() - value.len();
                (begin, begin + value.len())
            })
        })
    }

    /// Right behind the head of the section.
    fn after_section(&self) -> Option<usize> {
        let mut lines = self.lines().peekable();
        while let Some((_, _, line)) = lines.next() {
            if is_head(line).is_some_and(|name| name.eq_ignore_ascii_case(SECTION)) {
                return Some(lines.peek().map_or(self.text.len(), |(_, from, _)| *from));
            }
        }
        None
    }

    /// Whether a line is in the section, where it begins, and the line without its end.
    fn lines(&self) -> impl Iterator<Item = (bool, usize, &str)> {
        let (mut inside, mut from) = (false, 0);
        self.text.split_inclusive('\n').map(move |whole| {
            let begin = from;
            from += whole.len();
            let line = whole.trim_end_matches(['\n', '\r']);
            if let Some(name) = is_head(line) {
                inside = name.eq_ignore_ascii_case(SECTION);
                return (false, begin, line);
            }
            (inside, begin, line)
        })
    }
}

fn is_head(line: &str) -> Option<&str> {
    line.trim().strip_prefix('[')?.strip_suffix(']').map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const FILE: &str = "[Settings]\r\naccountId=1\r\ncmdCallStart=\r\nvolume=100\r\n[Account1]\r\ncmdCallEnd=x\r\npassword=ä\r\n";

    fn utf16(text: &str) -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        [0xff, 0xfe].into_iter().chain(units).collect()
    }

    #[test]
    fn a_value_is_set_in_its_section_and_nothing_else_changes() {
        for file in [
            utf16(FILE),
            [b"\xef\xbb\xbf", FILE.as_bytes()].concat(),
            FILE.as_bytes().to_vec(),
        ] {
            let mut ini = Ini::parse(&file).unwrap();
            assert_eq!(ini.bytes(), file);
            assert_eq!((ini.value("cmdCallStart"), ini.value("cmdCallEnd")), (None, None));
            ini.set("cmdCallStart", "run me").unwrap();
            ini.set("cmdCallEnd", "end").unwrap();
            assert_eq!(ini.value("CMDCALLSTART"), Some("run me"));
            assert_eq!(ini.value("cmdCallEnd"), Some("end"));
            ini.set("cmdCallStart", "").unwrap();
            let after = ini.bytes();
            let mut undone = Ini::parse(&after).unwrap();
            undone.text = undone.text.replacen("cmdCallEnd=end\r\n", "", 1);
            assert_eq!(undone.bytes(), file);
        }
    }

    #[test]
    fn a_file_without_the_section_or_a_last_line_gets_them() {
        for (before, after) in [
            ("", "[Settings]\r\na=b\r\n"),
            ("[Other]\nx=1", "[Other]\nx=1\n[Settings]\na=b\n"),
            ("[Settings]", "[Settings]\r\na=b\r\n"),
            ("[ settings ]\nx=1", "[ settings ]\na=b\nx=1"),
        ] {
            let mut ini = Ini::parse(before.as_bytes()).unwrap();
            ini.set("a", "b").unwrap();
            let text = String::from_utf8(ini.bytes()).unwrap();
            assert_eq!(
                text.replace("\r\n", "\n"),
                after.replace("\r\n", "\n"),
                "{before:?}"
            );
        }
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        assert_eq!(Ini::parse(&[0xff, 0xfe, 1]), Err(Unreadable));
        assert_eq!(Ini::parse(b"MZ\0\0"), Err(Unreadable));
        let mut ini = Ini::parse(b"[Settings]\n").unwrap();
        assert_eq!(ini.set("cmdCallStart", "C:\\Büro"), Err(NotAscii));
    }

    proptest! {
        #[test]
        fn any_file_comes_back_as_it_was(file: Vec<u8>) {
            if let Ok(ini) = Ini::parse(&file) {
                prop_assert_eq!(ini.bytes(), file);
            }
        }

        #[test]
        fn what_was_set_is_there_and_goes_again(file in "(\\[Settings\\]\r\n)?([a-z=\\[\\] ]{0,8}\r?\n){0,6}", value in "[a-z\"\\\\:. -]{1,40}") {
            let mut ini = Ini::parse(file.as_bytes()).unwrap();
            ini.set("cmdCallStart", &value).unwrap();
            let trimmed = value.trim();
            prop_assert_eq!(ini.value("cmdCallStart"), (!trimmed.is_empty()).then_some(trimmed));
            ini.set("cmdCallStart", "").unwrap();
            prop_assert_eq!(ini.value("cmdCallStart"), None);
        }
    }
}
