//! The command line.

use lexopt::{Arg, ValueExt};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    pub data_dir: Option<PathBuf>,
    /// Where on the screen it was asked for, in the screen's own pixels.
    pub near: Option<(i32, i32)>,
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
                Arg::Long("near") => args.near = Some(place(&parser.value()?.string()?)?),
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

/// `X,Y`; other screens may lie to the left or above.
fn place(text: &str) -> Result<(i32, i32), lexopt::Error> {
    let wrong = || lexopt::Error::from(format!("{text:?} is no place like 1200,30"));
    let (x, y) = text.split_once(',').ok_or_else(wrong)?;
    Ok((x.parse().map_err(|_| wrong())?, y.parse().map_err(|_| wrong())?))
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
                near: None,
                page: Some("phone".into())
            }
        );
        assert_eq!(parse(&["--near=-30,700"]).unwrap().near, Some((-30, 700)));
    }

    #[test]
    fn anything_else_is_wrong_usage() {
        for words in [
            &["--other"][..],
            &["-x"],
            &["now", "phone"],
            &["--data-dir"],
            &["--near=5"],
            &["--near=a,b"],
            &["a#b"],
            &["../x"],
        ] {
            assert!(parse(words).is_err(), "{words:?}");
        }
    }
}
