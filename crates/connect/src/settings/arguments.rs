//! A command as one line of text: words with spaces between; a word, or a part of one, may stand in quotes. A backslash
//! means nothing but itself, so that Windows' paths need no care; in double quotes `\"` is a quote.

const LONGEST: usize = 4096;
const MOST: usize = 64;

/// `None`: a quote has no end, or it is too long.
pub(crate) fn split(text: &str) -> Option<Vec<String>> {
    if text.len() > LONGEST || text.contains(char::is_control) {
        return None;
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            ' ' => words.extend(word.take()),
            quote @ ('"' | '\'') => {
                let word = word.get_or_insert_default();
                loop {
                    match signs.next()? {
                        '\\' if quote == '"' && signs.peek() == Some(&'"') => word.extend(signs.next()),
                        sign if sign == quote => break,
                        sign => word.push(sign),
                    }
                }
            }
            sign => word.get_or_insert_default().push(sign),
        }
    }
    words.extend(word);
    (words.len() <= MOST).then_some(words)
}

/// The same words again when it is split.
pub(crate) fn join<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(quoted).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    if !word.is_empty() && !word.contains([' ', '"', '\'']) {
        return word.to_owned();
    }
    let parts: Vec<String> = word.split('\'').map(|part| format!("'{part}'")).collect();
    parts.join("\"'\"")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn words(text: &str) -> Option<Vec<String>> {
        split(text)
    }

    #[test]
    fn words_quotes_and_paths() {
        let of = |text: &str, wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|word| (*word).to_owned()).collect();
            assert_eq!(words(text), Some(wanted), "{text}");
        };
        of("", &[]);
        of("  pbx   dnd on ", &["pbx", "dnd", "on"]);
        of(
            r#""C:\Program Files\pbx.exe" dnd"#,
            &[r"C:\Program Files\pbx.exe", "dnd"],
        );
        of(r"C:\pbx.exe \", &[r"C:\pbx.exe", r"\"]);
        of(r#"a '' "" b"#, &["a", "", "", "b"]);
        of(r#"--body '{"on": true}'"#, &["--body", r#"{"on": true}"#]);
        of(r#"--body "{\"on\": true}""#, &["--body", r#"{"on": true}"#]);
        of(r#"'it'"'"'s'"#, &["it's"]);
        for odd in ["'", "a \"b", "a\nb", &"x".repeat(5000), &"x ".repeat(65)] {
            assert_eq!(words(odd), None, "{odd}");
        }
    }

    proptest! {
        #[test]
        fn what_is_joined_is_split_again(words in prop::collection::vec("[ -~äß]{0,12}", 0..8)) {
            let joined = join(words.iter().map(String::as_str));
            prop_assert_eq!(split(&joined), Some(words));
        }
    }
}
