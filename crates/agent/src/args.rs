//! The command line of the resident program.

use anyhow::{Context, bail};
use std::ffi::OsString;
use std::path::PathBuf;

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Args {
    pub data_dir: Option<PathBuf>,
    /// Starts the pretend company beside Offhook and uses it.
    pub playground: bool,
    /// Opens no window at the start, even where nothing is set up yet.
    pub minimised: bool,
    /// Headless, until SIGINT or SIGTERM.
    pub no_tray: bool,
    /// Looks at everything, prints the findings as JSON, and ends.
    pub doctor: bool,
    pub version: bool,
    pub help: bool,
}

pub const USAGE: &str = "\
offhook [--data-dir DIR] [--playground] [--minimised] [--no-tray]

  --data-dir DIR  where settings, ledger and logs are (default: the usual place of this system)
  --playground    start the pretend company beside Offhook and use it
  --minimised     open no window at the start
  --no-tray       headless, until interrupted
  --doctor        look at everything Offhook needs, print the findings, and end
  --version       print the version
";

impl Args {
    pub fn parse(words: impl IntoIterator<Item = OsString>) -> anyhow::Result<Self> {
        use lexopt::Arg::{Long, Short, Value};
        let mut parser = lexopt::Parser::from_args(words);
        let mut args = Self::default();
        while let Some(word) = parser.next()? {
            match word {
                Long("data-dir") => {
                    let folder = parser.value().context("--data-dir needs a folder")?;
                    args.data_dir = Some(folder.into());
                }
                Long("playground") => args.playground = true,
                Long("minimised" | "minimized") => args.minimised = true,
                Long("no-tray") => args.no_tray = true,
                Long("doctor") => args.doctor = true,
                Long("version") | Short('V') => args.version = true,
                Long("help") | Short('h') => args.help = true,
                Long(_) | Short(_) | Value(_) => bail!("{}", word.unexpected()),
            }
        }
        Ok(args)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(words: &[&str]) -> anyhow::Result<Args> {
        Args::parse(words.iter().map(OsString::from))
    }

    #[test]
    fn every_option_is_understood() {
        let args = parse(&[
            "--data-dir",
            "/x",
            "--playground",
            "--minimised",
            "--no-tray",
            "--doctor",
        ])
        .unwrap();
        let all = Args {
            data_dir: Some("/x".into()),
            playground: true,
            minimised: true,
            no_tray: true,
            doctor: true,
            ..Args::default()
        };
        assert_eq!(args, all);
    }

    #[test]
    fn anything_else_is_refused_by_name() {
        assert!(parse(&["--tray"]).unwrap_err().to_string().contains("--tray"));
        assert!(parse(&["status"]).unwrap_err().to_string().contains("status"));
        assert!(parse(&["--data-dir"]).is_err());
    }
}
