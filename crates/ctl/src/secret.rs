//! A secret from standard input: piped, or typed without being shown.

use crate::failure::Failure;
use crate::words;
use std::io::{IsTerminal, Read};

/// Longer than any password; the line to the program has room for it.
const MAX_SECRET: u64 = 16 * 1024;

pub(crate) fn read() -> Result<String, Failure> {
    let words = words::of_environment();
    let text = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(words.secret_prompt).map_err(|error| Failure::Io(error.to_string()))?
    } else {
        let mut bytes = Vec::new();
        std::io::stdin()
            .lock()
            .take(MAX_SECRET + 1)
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::Io(error.to_string()))?;
        let text = String::from_utf8(bytes)
            .ok()
            .filter(|text| text.len() as u64 <= MAX_SECRET);
        text.ok_or_else(|| Failure::Refused(words.secret_no_text.into()))?
    };
    let text = without_newline(&text);
    if text.is_empty() {
        Err(Failure::Refused(words.secret_empty.into()))
    } else {
        Ok(text.to_owned())
    }
}

/// One newline at the end is `echo`'s; what is before it may be meant.
fn without_newline(text: &str) -> &str {
    text.strip_suffix('\n')
        .map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_newline_goes_and_nothing_else() {
        for (given, kept) in [
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("a", "a"),
            (" a \n", " a "),
            ("a\n\n", "a\n"),
            ("a\r", "a\r"),
            ("\n", ""),
        ] {
            assert_eq!(without_newline(given), kept, "{given:?}");
        }
    }
}
