//! The microphone in use by a program that the person has chosen counts as a call: for softphones that tell nothing
//! themselves. Which programs there are is told by the system ([`offhook_microphone`]); Teams and browsers are never chosen
//! by default, since a call of Teams would come back to Teams.

use crate::port::{LineCommand, LineEvents, LineHandle};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use offhook_microphone::{App, WatchError};
use std::collections::BTreeSet;
use tokio::sync::{mpsc, watch};

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "microphone";

/// So many programs are kept to be chosen from; a name that is longer is none.
const MOST: usize = 100;
const LONGEST: usize = 200;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MicrophoneConfig {
    /// Ids of the programs whose use of the microphone is a call.
    pub apps: Vec<String>,
}

/// All programs that were seen at the microphone since the source was started.
pub type Seen = watch::Sender<Vec<App>>;

/// Starts the source.
///
/// # Panics
/// Outside a tokio runtime.
pub fn spawn(config: MicrophoneConfig, seen: Seen, events: LineEvents) -> LineHandle {
    let (commands, received) = mpsc::unbounded_channel();
    let task = tokio::spawn(run(config, seen, events, received));
    LineHandle { commands, task }
}

async fn run(
    config: MicrophoneConfig,
    seen: Seen,
    events: LineEvents,
    mut commands: mpsc::UnboundedReceiver<LineCommand>,
) {
    // The driver's end comes to us as the end of the commands.
    let tell = |event| {
        let _ = events.send((SourceId::new(SOURCE), event));
    };
    let (sender, mut news) = mpsc::unbounded_channel();
    let watching = tokio::task::spawn_blocking(move || {
        offhook_microphone::watch(move |told| {
            let _ = sender.send(told);
        })
    });
    let Ok(Ok(_watching)) = watching.await else {
        tell(LineEvent::Down(Fault::new(
            FaultKind::Rejected,
            Code::MicrophoneNoWay,
        )));
        while commands.recv().await.is_some() {}
        return;
    };
    let mut uses = Uses::new(config);
    loop {
        tokio::select! {
            told = news.recv() => match told {
                Some(Ok(apps)) => {
                    seen.send_if_modified(|seen| remember(seen, &apps));
                    for event in uses.on_apps(&apps) {
                        tell(event);
                    }
                }
                Some(Err(WatchError::Unreadable | WatchError::NoWay)) => {
                    if uses.on_lost() {
                        tell(LineEvent::Down(Fault::new(FaultKind::Unreachable, Code::MicrophoneUnreadable)));
                    }
                }
                None => return,
            },
            command = commands.recv() => match command {
                Some(LineCommand::Resync) => {
                    if let Some(list) = uses.list() {
                        tell(list);
                    }
                }
                None => return,
            },
        }
    }
}

/// What the chosen programs do at the microphone. Pure.
#[derive(Debug)]
struct Uses {
    config: MicrophoneConfig,
    /// `None`: not known.
    up: Option<BTreeSet<String>>,
    lost: bool,
}

impl Uses {
    const fn new(config: MicrophoneConfig) -> Self {
        Self {
            config,
            up: None,
            lost: false,
        }
    }

    fn on_apps(&mut self, apps: &[App]) -> Vec<LineEvent> {
        let chosen = |app: &&App| app.in_use && self.config.apps.contains(&app.id);
        let now: BTreeSet<String> = apps.iter().filter(chosen).map(|app| app.id.clone()).collect();
        self.lost = false;
        let Some(before) = self.up.replace(now.clone()) else {
            let up = LineEvent::Up { resyncs: true };
            return [up].into_iter().chain(self.list()).collect();
        };
        let begun = now.difference(&before).map(|app| LineEvent::Call {
            id: CallId::new(app),
            state: CallState::Connected,
        });
        let ended = before
            .difference(&now)
            .map(|app| LineEvent::Ended { id: CallId::new(app) });
        begun.chain(ended).collect()
    }

    /// Whether that is news.
    fn on_lost(&mut self) -> bool {
        self.up = None;
        !std::mem::replace(&mut self.lost, true)
    }

    fn list(&self) -> Option<LineEvent> {
        let up = self.up.as_ref()?.iter();
        let calls = up.map(|app| (CallId::new(app), CallState::Connected));
        Some(LineEvent::Snapshot(calls.collect()))
    }
}

/// Keeps what was seen, also when it is not there any more; whether anything is new.
fn remember(seen: &mut Vec<App>, apps: &[App]) -> bool {
    let before = seen.clone();
    for app in seen.iter_mut() {
        app.in_use = false;
    }
    for app in apps {
        // A list of words has commas between.
        let is_name = !app.id.is_empty() && app.id.len() <= LONGEST && !app.id.contains([',', '\n']);
        if let Some(known) = seen.iter_mut().find(|known| known.id == app.id) {
            known.in_use = app.in_use;
        } else if is_name && seen.len() < MOST {
            seen.push(app.clone());
        }
    }
    *seen != before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn app(id: &str, in_use: bool) -> App {
        App {
            id: id.to_owned(),
            in_use,
        }
    }

    fn uses() -> Uses {
        Uses::new(MicrophoneConfig {
            apps: vec!["phone.exe".to_owned()],
        })
    }

    #[test]
    fn only_chosen_programs_are_calls() {
        let mut uses = uses();
        let up = LineEvent::Up { resyncs: true };
        assert_eq!(
            uses.on_apps(&[app("ms-teams.exe", true)]),
            [up, LineEvent::Snapshot(Vec::new())]
        );
        let id = CallId::new("phone.exe");
        let state = CallState::Connected;
        let both = [app("ms-teams.exe", true), app("phone.exe", true)];
        assert_eq!(
            uses.on_apps(&both),
            [LineEvent::Call {
                id: id.clone(),
                state
            }]
        );
        assert_eq!(uses.on_apps(&both), []);
        assert_eq!(uses.list(), Some(LineEvent::Snapshot(vec![(id.clone(), state)])));
        assert_eq!(
            uses.on_apps(&[app("phone.exe", false)]),
            [LineEvent::Ended { id }]
        );
    }

    #[test]
    fn by_default_nothing_is_a_call() {
        let mut uses = Uses::new(MicrophoneConfig { apps: Vec::new() });
        let all = [
            app("chrome.exe", true),
            app("ms-teams.exe", true),
            app("phone.exe", true),
        ];
        assert_eq!(uses.on_apps(&all).last(), Some(&LineEvent::Snapshot(Vec::new())));
    }

    #[test]
    fn what_can_t_be_read_is_said_once_and_then_read_whole() {
        let mut uses = uses();
        uses.on_apps(&[app("phone.exe", true)]);
        assert!(uses.on_lost());
        assert!(!uses.on_lost());
        assert_eq!(uses.list(), None);
        let told = uses.on_apps(&[]);
        assert_eq!(
            told,
            [LineEvent::Up { resyncs: true }, LineEvent::Snapshot(Vec::new())]
        );
        assert!(uses.on_lost());
    }

    #[test]
    fn what_was_seen_stays_to_be_chosen_from() {
        let mut seen = Vec::new();
        assert!(remember(&mut seen, &[app("a", true)]));
        assert!(!remember(&mut seen, &[app("a", true)]));
        assert!(remember(&mut seen, &[app("b", true), app("odd, name", true)]));
        assert_eq!(seen, [app("a", false), app("b", true)]);
        let many: Vec<App> = (0..500).map(|n| app(&format!("app{n}"), true)).collect();
        remember(&mut seen, &many);
        assert_eq!(seen.len(), MOST);
    }
}
