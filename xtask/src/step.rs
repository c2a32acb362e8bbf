//! One step of a command: a line that says what happens, the program that does it, and how long it took.

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

/// The steps of one run with the time each took, printed at its end.
#[derive(Debug, Default)]
pub struct Steps {
    done: Vec<(String, Duration)>,
}

impl Steps {
    /// Announces a step, does it and keeps its time.
    ///
    /// # Errors
    /// What `work` returned, with the step's title before it.
    pub fn step<T>(&mut self, title: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
        println!("== {title}");
        let begun = Instant::now();
        let outcome = work().with_context(|| title.to_owned());
        self.done.push((title.to_owned(), begun.elapsed()));
        outcome
    }

    /// One line for each step and one for all.
    pub fn print_times(&self) {
        println!("== times");
        for (title, took) in &self.done {
            println!("{:>8.1} s  {title}", took.as_secs_f64());
        }
        let all: Duration = self.done.iter().map(|(_, took)| *took).sum();
        println!("{:>8.1} s  all steps", all.as_secs_f64());
    }
}

/// A program that starts in the root of the clone.
pub fn command(program: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(xtask::parts::workspace());
    // `cargo run` describes this crate to us in variables that some build scripts watch: passed on, they would have
    // crates built anew that a plain `cargo build` has built already.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command
}

/// The cargo that runs us, so that a chosen toolchain stays chosen.
pub fn cargo(arguments: &[&str]) -> Command {
    command(
        &std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()),
        arguments,
    )
}

/// `cargo build --release` of what people get. No folder of this machine stands in the programs, so that two machines
/// make the same: what is ours lies in `/offhook`, what comes from others in `/cargo`. Takes the place of flags that
/// somebody has set for themselves.
///
/// # Errors
/// When cargo can't read a manifest.
pub fn released(mut build: Command) -> Result<Command> {
    let names = ["/offhook/target", "/offhook", "/cargo"];
    let flags: Vec<String> = own_places()?
        .iter()
        .zip(names)
        .map(|(place, name)| format!("--remap-path-prefix={}={name}", place.display()))
        .collect();
    build
        .arg("--release")
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    Ok(build)
}

/// The folders of this machine that a compiler sees: the target's, the clone, and where cargo keeps the sources of what
/// comes from others. Of several that fit a compiler takes the last.
///
/// # Errors
/// When cargo can't read a manifest, or nobody has a home here.
pub fn own_places() -> Result<[PathBuf; 3]> {
    let cargo = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("no home folder")?.join(".cargo"),
    };
    Ok([
        crate::workspace::target_folder()?,
        xtask::parts::workspace(),
        cargo,
    ])
}

/// npm in `folder`. On Windows npm is a batch file.
pub fn npm(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = command(if cfg!(windows) { "npm.cmd" } else { "npm" }, arguments);
    command.current_dir(folder);
    command
}

/// Runs a program to its end with its output on ours.
///
/// # Errors
/// A sentence that names the program and how it ended.
pub fn run(command: &mut Command) -> Result<()> {
    let line = line_of(command);
    let status = command
        .stdin(Stdio::null())
        .status()
        .with_context(|| format!("`{line}` could not start"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Runs a program to its end and returns its standard output.
///
/// # Errors
/// A sentence that names the program, how it ended and what it said on standard error.
pub fn read(command: &mut Command) -> Result<String> {
    let line = line_of(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{line}` could not start"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("`{line}` failed ({}): {}", output.status, said.trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program to its end and returns what it said on both outputs, whether it succeeded or not.
///
/// # Errors
/// When the program can't be started.
pub fn hear(command: &mut Command) -> Result<(String, bool)> {
    let line = line_of(command);
    let output = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("`{line}` could not start"))?;
    let mut said = output.stdout;
    said.extend(output.stderr);
    Ok((
        String::from_utf8_lossy(&said).into_owned(),
        output.status.success(),
    ))
}

/// [`hear`] for programs that might not end: one that runs longer than `limit` is ended, did not succeed, and says so.
///
/// # Errors
/// When the program can't be started.
pub fn hear_within(command: &mut Command, limit: Duration) -> Result<(String, bool)> {
    let line = line_of(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let begun = Instant::now();
    let mut child = command
        .spawn()
        .with_context(|| format!("`{line}` could not start"))?;
    let text = Mutex::new(String::new());
    let (said, cried) = (child.stdout.take(), child.stderr.take());
    let status = std::thread::scope(|scope| {
        scope.spawn(|| listen(said, &text));
        scope.spawn(|| listen(cried, &text));
        while begun.elapsed() < limit {
            if let Some(status) = child.try_wait()? {
                return Ok(Some(status));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        child.kill()?;
        child.wait()?;
        Ok::<_, std::io::Error>(None)
    });
    let status = status.with_context(|| format!("`{line}`"))?;
    let mut text = text.into_inner().unwrap_or_default();
    if status.is_none() {
        text.push_str(&format!("ended after {} s, since it went on\n", limit.as_secs()));
    }
    Ok((text, status.is_some_and(|status| status.success())))
}

/// Keeps line by line what comes.
fn listen(source: Option<impl Read>, text: &Mutex<String>) {
    let Some(source) = source else { return };
    for line in BufReader::new(source).split(b'\n').map_while(std::io::Result::ok) {
        if let Ok(mut text) = text.lock() {
            text.push_str(&String::from_utf8_lossy(&line));
            text.push('\n');
        }
    }
}

/// [`run`], returning what the program said on both outputs as well, without colours.
///
/// # Errors
/// As [`run`].
pub fn tee(command: &mut Command) -> Result<String> {
    let line = line_of(command);
    let (text, success) = tee_any(command)?;
    if !success {
        bail!("`{line}` failed");
    }
    Ok(text)
}

/// [`tee`] for programs whose failure the caller judges: what it said, and whether it succeeded.
///
/// # Errors
/// When the program can't be started.
pub fn tee_any(command: &mut Command) -> Result<(String, bool)> {
    let line = line_of(command);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command
        .spawn()
        .with_context(|| format!("`{line}` could not start"))?;
    let text = Mutex::new(String::new());
    std::thread::scope(|scope| {
        scope.spawn(|| pass_on(child.stdout.take(), &text));
        scope.spawn(|| pass_on(child.stderr.take(), &text));
    });
    let status = child.wait().with_context(|| format!("`{line}`"))?;
    Ok((text.into_inner().unwrap_or_default(), status.success()))
}

/// Prints line by line what comes, and keeps it.
fn pass_on(source: Option<impl Read>, text: &Mutex<String>) {
    let Some(source) = source else { return };
    for line in BufReader::new(source).split(b'\n').map_while(std::io::Result::ok) {
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Ok(mut text) = text.lock() {
            text.push_str(&line);
            text.push('\n');
        }
    }
}

fn line_of(command: &Command) -> String {
    let mut words = vec![command.get_program().to_string_lossy().into_owned()];
    words.extend(command.get_args().map(|word| word.to_string_lossy().into_owned()));
    words.join(" ")
}

#[cfg(all(test, unix))]
mod tests {
    use super::{command, hear_within};
    use std::time::{Duration, Instant};

    #[test]
    fn a_program_that_goes_on_is_ended_and_what_it_said_is_kept() {
        let begun = Instant::now();
        let mut sleeper = command("sh", &["-c", "echo begun; exec sleep 600"]);
        let (text, success) = hear_within(&mut sleeper, Duration::from_millis(400)).unwrap();
        assert!(
            text.starts_with("begun\n") && text.contains("ended after"),
            "{text}"
        );
        assert!(!success && begun.elapsed() < Duration::from_secs(60));

        let mut quick = command("sh", &["-c", "echo out; echo err >&2; exit 3"]);
        let (text, success) = hear_within(&mut quick, Duration::from_secs(60)).unwrap();
        assert!(
            !success && text.contains("out\n") && text.contains("err\n"),
            "{text}"
        );
    }
}
