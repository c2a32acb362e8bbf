//! A program of the person's, run with limits: so long, so much output, and when its time is over, the end for it and for
//! all that it started.

use super::WIRE;
use super::action::Program;
use super::error::Error;
use crate::wire;
use secrecy::{ExposeSecret as _, SecretString};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// So much of the output is kept; the rest is read and thrown away.
const LARGEST: u64 = 16 * 1024;
/// What a program left running may hold its output open for ever.
const AFTER: Duration = Duration::from_millis(200);
/// Where a program finds the secret. Only this person's own programs can see it there.
const SECRET: &str = "OFFHOOK_SECRET";

/// Runs it to its end and gives what it printed.
///
/// # Errors
/// It could not be started, did not end in time, or ended with a failure.
pub(super) async fn run(
    what: &'static str,
    program: &Program,
    target: &str,
    secret: &SecretString,
    limit: Duration,
) -> Result<String, Error> {
    let mut command = Command::new(&program.name);
    command
        .args(program.arguments(target))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        // It may say anything there; nothing of it is kept.
        .stderr(Stdio::null())
        .kill_on_drop(true);
    if secret.expose_secret().is_empty() {
        command.env_remove(SECRET);
    } else {
        command.env(SECRET, secret.expose_secret());
    }
    apart(&mut command);
    wire::sent(WIRE, what, 0);
    let mut child = command.spawn().map_err(|error| {
        tracing::debug!(what, kind = ?error.kind(), "not started");
        Error::NotStarted(what)
    })?;
    let tree = Tree::of(&child);
    let Ok(ended) = timeout(limit, ended(&mut child)).await else {
        drop(tree);
        // It is dead; this takes it out of the system's list.
        let _gone = timeout(AFTER, child.wait()).await;
        return Err(Error::Late(what));
    };
    tree.leave_alone();
    let (status, output) = ended.map_err(|error| {
        tracing::debug!(what, kind = ?error.kind(), "no end of it is known");
        Error::Failed { what, code: None }
    })?;
    wire::heard(WIRE, what, output.len());
    if !status.success() {
        return Err(Error::Failed {
            what,
            code: status.code(),
        });
    }
    Ok(String::from_utf8_lossy(&output).into_owned())
}

/// Until the program itself ends, not what it has left running.
async fn ended(child: &mut Child) -> std::io::Result<(ExitStatus, Vec<u8>)> {
    let mut output = Vec::new();
    let stdout = child.stdout.take();
    let mut reading = Box::pin(read(stdout, &mut output));
    let mut is_read = false;
    let status = loop {
        tokio::select! {
            () = &mut reading, if !is_read => is_read = true,
            status = child.wait() => break status?,
        }
    };
    if !is_read {
        let _held_open = timeout(AFTER, &mut reading).await;
    }
    drop(reading);
    Ok((status, output))
}

async fn read(stdout: Option<impl AsyncRead + Unpin>, output: &mut Vec<u8>) {
    let Some(stdout) = stdout else { return };
    let mut start = stdout.take(LARGEST);
    if start.read_to_end(output).await.is_ok() {
        // A full pipe would stop the program.
        let _too_much = tokio::io::copy(&mut start.into_inner(), &mut tokio::io::sink()).await;
    }
}

/// What it starts can be ended with it, and no window opens.
fn apart(command: &mut Command) {
    #[cfg(unix)]
    command.process_group(0);
    #[cfg(windows)]
    {
        const CREATE_NO_WINDOW: u32 = 0x0800_0000;
        command.creation_flags(CREATE_NO_WINDOW);
    }
    #[cfg(not(any(unix, windows)))]
    let _ = command;
}

/// A running program with all that it has started. Dropping it ends all of them.
struct Tree {
    id: Option<u32>,
}

impl Tree {
    fn of(child: &Child) -> Self {
        Self { id: child.id() }
    }

    /// The program has ended by itself; what it left running it meant to leave.
    fn leave_alone(mut self) {
        self.id = None;
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        #[cfg(unix)]
        {
            let group = i32::try_from(id).ok().and_then(rustix::process::Pid::from_raw);
            if let Some(group) = group {
                let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
            }
        }
        #[cfg(windows)]
        {
            // The system's own program for it. Nobody waits for it.
            let mut taskkill = std::process::Command::new("taskkill");
            taskkill.args(["/F", "/T", "/PID", &id.to_string()]);
            taskkill
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            let _started = taskkill.spawn();
        }
        #[cfg(not(any(unix, windows)))]
        let _ = id;
    }
}

/// Whether a program of that name is there to be started.
pub(super) fn is_there(name: &str) -> bool {
    let path = std::path::Path::new(name);
    if path.components().count() > 1 {
        return path.is_file();
    }
    let ends: &[&str] = if cfg!(windows) {
        &["", ".exe", ".cmd", ".bat", ".com"]
    } else {
        &[""]
    };
    std::env::var_os("PATH").is_some_and(|paths| {
        std::env::split_paths(&paths).any(|folder| {
            ends.iter()
                .any(|end| folder.join(format!("{name}{end}")).is_file())
        })
    })
}
