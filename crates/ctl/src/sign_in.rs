//! Signing in from a console: shows the address or the code, and waits for the outcome or Ctrl-C.

use crate::ask::connect;
use crate::failure::Failure;
use crate::{show, words};
use offhook_client::Events;
use offhook_protocol::command::{Answer, Command, Event, SignInStarted, Watch};
use offhook_protocol::pages::{AccountPage, AccountStep};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

/// How often Ctrl-C is looked for.
const PACE: Duration = Duration::from_millis(100);

pub(crate) fn run(explicit: Option<&Path>, json: bool, device_code: bool) -> Result<(), Failure> {
    let words = words::of_environment();
    let mut client = connect(explicit)?;
    // Before asking, so that not even the quickest outcome is missed.
    let pages = listen(client.watch(Watch::Pages)?);
    let stop = Arc::new(AtomicBool::new(false));
    signal_hook::flag::register(signal_hook::consts::SIGINT, stop.clone())
        .map_err(|error| Failure::Io(error.to_string()))?;
    // What an earlier try left on the page is not this one's outcome.
    let mut before = match pages.recv_timeout(PACE * 5) {
        Ok(page) => Some(page),
        Err(RecvTimeoutError::Timeout) => None,
        Err(RecvTimeoutError::Disconnected) => return Err(Failure::Lost),
    };
    match client.ask(Command::SignIn { device_code })? {
        Answer::SignIn(started) => tell(&started, json)?,
        answer @ (Answer::Done
        | Answer::Version { .. }
        | Answer::Status(_)
        | Answer::Text(_)
        | Answer::Lines(_)
        | Answer::Rules(_)
        | Answer::Compared(_)
        | Answer::Preview(_)
        | Answer::Findings(_)
        | Answer::HookAccess(_)
        | Answer::PhoneAccess(_)
        | Answer::Microsip(_)
        | Answer::Log(_)) => return show::answer(&answer, json),
    }
    loop {
        if stop.load(Ordering::Relaxed) {
            client.ask(Command::CancelSignIn)?;
            return Err(Failure::Refused(words.cancelled.into()));
        }
        let page = match pages.recv_timeout(PACE) {
            Ok(page) => page,
            Err(RecvTimeoutError::Timeout) => continue,
            Err(RecvTimeoutError::Disconnected) => return Err(Failure::Lost),
        };
        match &page.step {
            AccountStep::Browser { .. } | AccountStep::DeviceCode { .. } | AccountStep::Waiting { .. } => {
                before = None
            }
            AccountStep::SignedIn { name, address } => {
                let text = if json {
                    serde_json::json!({ "signed_in": { "name": name, "address": address } }).to_string()
                } else {
                    format!("{} {name} <{address}>", words.signed_in)
                };
                return show::line(&text);
            }
            AccountStep::SignedOut if before.as_ref() == Some(&page) => {}
            AccountStep::SignedOut => {
                let reason = page
                    .problem
                    .map_or_else(|| words.sign_in_ended.into(), |problem| problem.to_string());
                return Err(Failure::Refused(reason));
            }
        }
    }
}

/// The account pages, read by a thread of its own: a pipe cannot be read with a limit everywhere.
fn listen(events: Events) -> mpsc::Receiver<AccountPage> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        for event in events {
            match event {
                Event::Pages(pages) => {
                    if sender.send(pages.account).is_err() {
                        return;
                    }
                }
                Event::Status(_) | Event::Show { .. } => {}
            }
        }
    });
    receiver
}

fn tell(started: &SignInStarted, json: bool) -> Result<(), Failure> {
    let words = words::of_environment();
    if json {
        return show::json(started);
    }
    match started {
        SignInStarted::Browser { url } => show::line(&format!("{}\n  {url}", words.open_this)),
        SignInStarted::DeviceCode {
            user_code,
            url,
            minutes,
        } => show::line(&format!(
            "{}\n  {url}\n  {user_code}   ({minutes} min)",
            words.type_code
        )),
    }
}
