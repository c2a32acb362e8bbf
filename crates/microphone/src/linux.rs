//! `pactl subscribe`, and the list again whenever it speaks of a stream that records.

use crate::pulse;
use crate::{App, WatchError, Watching};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Before the sound server is asked anew after it has gone.
const AGAIN: Duration = Duration::from_secs(5);
/// Until a subscription must have been heard of.
const SUBSCRIBED: Duration = Duration::from_millis(500);

/// What runs, for as long as it may.
#[derive(Debug, Default)]
struct Running {
    stopped: bool,
    child: Option<Child>,
}

impl Running {
    fn stop(&mut self) {
        self.stopped = true;
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

pub(crate) fn watch(
    mut tell: impl FnMut(Result<Vec<App>, WatchError>) + Send + 'static,
) -> Result<Watching, WatchError> {
    // Without it nothing will ever come.
    pactl(&["--version"]).ok_or(WatchError::NoWay)?;
    let running = Arc::new(Mutex::new(Running::default()));
    let own = running.clone();
    let thread = std::thread::spawn(move || {
        while subscribe(&own, &mut tell) {
            tell(Err(WatchError::Unreadable));
            std::thread::park_timeout(AGAIN);
        }
    });
    Ok(Watching::new(move || {
        running.lock().unwrap_or_else(PoisonError::into_inner).stop();
        thread.thread().unpark();
    }))
}

/// Until the sound server has gone; `false`: it is enough.
fn subscribe(running: &Mutex<Running>, tell: &mut impl FnMut(Result<Vec<App>, WatchError>)) -> bool {
    let Some(lines) = started(running) else {
        return !running.lock().unwrap_or_else(PoisonError::into_inner).stopped;
    };
    let mut told = None;
    let mut look = || {
        if let Some(apps) = list().filter(|apps| told.as_ref() != Some(apps)) {
            tell(Ok(apps.clone()));
            told = Some(apps);
        }
    };
    look();
    // Each list makes a client of ours come and go, which is told to who has subscribed: what was there before that is read
    // once more, so that nothing falls in between.
    let mut subscribed = false;
    loop {
        let line = if subscribed {
            lines.recv().map_err(|_| RecvTimeoutError::Disconnected)
        } else {
            lines.recv_timeout(SUBSCRIBED)
        };
        match line {
            Ok(line) => {
                if !std::mem::replace(&mut subscribed, true) || pulse::is_about_recording(&line) {
                    look();
                }
            }
            Err(RecvTimeoutError::Timeout) => look(),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    running.end();
    !running.stopped
}

/// The lines of a subscription that was just started; `None`: it is enough, or it could not be started.
fn started(running: &Mutex<Running>) -> Option<Receiver<String>> {
    let mut running = running.lock().unwrap_or_else(PoisonError::into_inner);
    if running.stopped {
        return None;
    }
    let mut child = command(&["subscribe"]).stdout(Stdio::piped()).spawn().ok()?;
    let said = child.stdout.take()?;
    running.child = Some(child);
    let (sender, lines) = channel();
    std::thread::spawn(move || {
        let said = BufReader::new(said).lines().map_while(Result::ok);
        for line in said {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    Some(lines)
}

fn list() -> Option<Vec<App>> {
    let outputs = pactl(&["-f", "json", "list", "source-outputs"])?;
    let sources = pactl(&["-f", "json", "list", "sources"])?;
    pulse::apps(&outputs, &sources)
}

fn pactl(arguments: &[&str]) -> Option<String> {
    let said = command(arguments).output().ok()?;
    said.status
        .success()
        .then(|| String::from_utf8_lossy(&said.stdout).into_owned())
}

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new("pactl");
    command
        .args(arguments)
        // What it prints is read by a program.
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .stderr(Stdio::null());
    command
}
