//! The command line.

use lexopt::{Arg, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    pub data_dir: Option<PathBuf>,
    /// `now`, `account` or `phone`; the pages pass over a name they do not know.
    pub page: Option<String>,
}

impl Args {
    /// The first of `line` is the program's own name.
    pub fn parse(line: impl IntoIterator<Item = OsString>) -> Result<Self, lexopt::Error> {
        let mut args = Self::default();
        let mut parser = lexopt::Parser::from_iter(line.into_iter().collect::<Vec<_>>());
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Long("data-dir") => args.data_dir = Some(parser.value()?.into()),
                Arg::Value(page) if args.page.is_none() => args.page = Some(page.string()?),
                Arg::Long(_) | Arg::Short(_) | Arg::Value(_) => return Err(argument.unexpected()),
            }
        }
        // It becomes part of an address.
        match &args.page {
            Some(page) if !page.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-') => {
                Err(format!("there is no page {page:?}").into())
            }
            Some(_) | None => Ok(args),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> Result<Args, lexopt::Error> {
        Args::parse(
            std::iter::once("offhook-window")
                .chain(words.iter().copied())
                .map(OsString::from),
        )
    }

    #[test]
    fn the_design_s_command_line() {
        assert_eq!(parse(&[]).unwrap(), Args::default());
        let all = parse(&["--data-dir", "/d", "phone"]).unwrap();
        assert_eq!(
            all,
            Args {
                data_dir: Some("/d".into()),
                page: Some("phone".into())
            }
        );
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for words in [
            &["--other"][..],
            &["-x"],
            &["now", "phone"],
            &["--data-dir"],
            &["a#b"],
            &["../x"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
