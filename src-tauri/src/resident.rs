//! The resident program, as the window sees it: what it said last, and a way to ask.

use crate::text;
use offhook_client::{AskError, Client, ConnectError};
use offhook_protocol::command::{Event, Watch};
use offhook_protocol::pages::Pages;
use offhook_protocol::{Answer, Command, Problem};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long until the next try while no resident program runs.
const RETRY: Duration = Duration::from_millis(500);

/// The same while one runs that is not understood: until somebody has put another in its place.
const RETRY_OTHER: Duration = Duration::from_secs(5);

/// What the pages are told; the counterpart of `Told` in `ui/src/host.ts`.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "told", rename_all = "snake_case")]
pub enum Told {
    Pages {
        pages: Box<Pages>,
    },
    /// No resident program to speak to; `sentence` where there is more to say than that.
    Gone {
        sentence: Option<String>,
    },
    Show {
        page: Option<String>,
    },
    /// Files are held over the window, or no longer.
    Dragging {
        over: bool,
    },
    /// Files were dropped; they are on their way already.
    Dropped,
}

#[derive(Debug)]
pub struct Resident {
    data_dir: PathBuf,
    /// As it was given on the command line, for a resident program that is started from here.
    given_dir: Option<PathBuf>,
    /// What was told last, for a page that loads later.
    last: Mutex<Option<Told>>,
    /// Something was told.
    news: Condvar,
}

impl Resident {
    pub fn new(data_dir: PathBuf, given_dir: Option<PathBuf>) -> Self {
        Self {
            data_dir,
            given_dir,
            last: Mutex::new(None),
            news: Condvar::new(),
        }
    }

    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    pub fn last(&self) -> Option<Told> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What was told first, if that comes in time.
    pub fn first(&self, patience: Duration) -> Option<Told> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self
            .news
            .wait_timeout_while(last, patience, |last| last.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    /// Tells what the resident program says, for ever; connects again by itself when it comes back.
    pub fn follow(&self, tell: impl Fn(&Told)) {
        loop {
            let sentence = self.listen(&tell);
            let retry = if sentence.is_some() { RETRY_OTHER } else { RETRY };
            let gone = Told::Gone { sentence };
            // Tries go on in silence.
            if self.last().as_ref() != Some(&gone) {
                self.tell(gone, &tell);
            }
            std::thread::sleep(retry);
        }
    }

    /// Listens until the connection ends. A sentence where it was refused, or what came was not understood.
    fn listen(&self, tell: &impl Fn(&Told)) -> Option<String> {
        let mut events = match Client::connect(&self.data_dir).map(|client| client.watch(Watch::Pages)) {
            Ok(Ok(events)) => events,
            Err(ConnectError::Refused(problem)) | Ok(Err(AskError::Problem(problem))) => {
                return Some(problem.to_string());
            }
            Err(ConnectError::NotRunning | ConnectError::Io(_)) | Ok(Err(AskError::Lost(_))) => return None,
        };
        for event in &mut events {
            match event {
                Event::Pages(pages) => self.tell(Told::Pages { pages }, tell),
                Event::Show { page } => tell(&Told::Show { page }),
                Event::Status(_) => {}
            }
        }
        let other = events
            .lost()
            .is_some_and(|error| error.kind() == std::io::ErrorKind::InvalidData);
        other.then(|| text::other_version().to_owned())
    }

    fn tell(&self, told: Told, tell: &impl Fn(&Told)) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(told.clone());
        self.news.notify_all();
        tell(&told);
    }

    /// Passes a command on. A conversation of its own: a slow answer holds up nothing else.
    pub fn ask(&self, command: Command) -> Result<Answer, Problem> {
        let mut client = Client::connect(&self.data_dir).map_err(|error| match error {
            ConnectError::Refused(problem) => problem,
            ConnectError::NotRunning | ConnectError::Io(_) => no_answer(),
        })?;
        match client.ask(command) {
            Ok(answer) => Ok(answer),
            Err(AskError::Problem(problem)) => Err(problem),
            Err(AskError::Lost(_)) => Err(no_answer()),
        }
    }

    /// Passes on what was dropped or chosen. The resident program reads it; what came of it stands in its view.
    pub fn offer(&self, paths: &[PathBuf]) -> Result<(), Problem> {
        self.ask(Command::OfferKeyFile { paths: named(paths) }).map(drop)
    }

    /// Starts the resident program that stands beside this one. It outlives the window.
    pub fn start(&self) -> std::io::Result<()> {
        let ours = std::env::current_exe()?;
        let program = ours.with_file_name(format!("offhook{}", std::env::consts::EXE_SUFFIX));
        let mut command = std::process::Command::new(program);
        if let Some(folder) = &self.given_dir {
            command.arg("--data-dir").arg(folder);
        }
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command.spawn()?;
        // Waited for, so that no dead entry stays in the process table while the window is open.
        std::thread::spawn(move || child.wait());
        Ok(())
    }
}

/// Two are enough to tell that there is more than one. A name that is no Unicode text can't be passed on as it is; the
/// resident program finds no such file and says that it can't be read.
fn named(paths: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| path.to_string_lossy().into_owned();
    paths.iter().take(2).map(name).collect()
}

/// Without words: the pages have them, in the person's language.
fn no_answer() -> Problem {
    Problem {
        code: "no-answer".to_owned(),
        sentence: String::new(),
        mend: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_understand_what_they_are_told() {
        let gone = serde_json::to_value(Told::Gone { sentence: None }).unwrap();
        assert_eq!(gone, serde_json::json!({ "told": "gone", "sentence": null }));
        let show = serde_json::to_value(Told::Show {
            page: Some("phone".to_owned()),
        })
        .unwrap();
        assert_eq!(show, serde_json::json!({ "told": "show", "page": "phone" }));
        let over = serde_json::to_value(Told::Dragging { over: true }).unwrap();
        assert_eq!(over, serde_json::json!({ "told": "dragging", "over": true }));
        let dropped = serde_json::to_value(Told::Dropped).unwrap();
        assert_eq!(dropped, serde_json::json!({ "told": "dropped" }));
    }

    #[test]
    fn a_thousand_dropped_files_make_no_long_line() {
        let paths: Vec<PathBuf> = (0..1000)
            .map(|number| format!("/home/nora/{number}").into())
            .collect();
        assert_eq!(named(&paths), ["/home/nora/0", "/home/nora/1"]);
        assert_eq!(named(&paths[..1]), ["/home/nora/0"]);
        assert!(named(&[]).is_empty());
    }

    #[test]
    fn without_a_resident_program_a_command_has_no_answer() {
        let folder = tempfile::tempdir().unwrap();
        let resident = Resident::new(folder.path().to_owned(), None);
        assert_eq!(resident.ask(Command::Resume).unwrap_err().code, "no-answer");
        assert_eq!(resident.last(), None);
    }

    /// As after an update while the old program still runs: the greeting is understood, what follows is not.
    #[cfg(unix)]
    #[test]
    fn a_resident_program_of_another_version_is_named_as_one() {
        use std::io::{BufRead as _, BufReader, Write as _};

        let folder = tempfile::tempdir().unwrap();
        let socket = offhook_protocol::place::SOCKET_FILE;
        let listener = std::os::unix::net::UnixListener::bind(folder.path().join(socket)).unwrap();
        let old = std::thread::spawn(move || {
            // One conversation to ask, and one to watch.
            let talks: Vec<_> = (0..2)
                .map(|_| {
                    let mut stream = listener.accept().unwrap().0;
                    stream.write_all(b"{\"hello\":{\"protocol\":1}}\n").unwrap();
                    stream
                })
                .collect();
            let mut watching = &talks[1];
            let mut lines = BufReader::new(watching).lines();
            let _greeting = lines.next().unwrap().unwrap();
            let asked = lines.next().unwrap().unwrap();
            assert!(asked.contains("watch"), "{asked}");
            watching
                .write_all(b"{\"answer\":{\"id\":1,\"answer\":\"done\"}}\n{\"event\":{\"pages\":{\"of\":\"old\"}}}\n")
                .unwrap();
        });
        let resident = Resident::new(folder.path().to_owned(), None);
        assert_eq!(resident.listen(&|_| {}).as_deref(), Some(text::other_version()));
        old.join().unwrap();
    }

    #[test]
    fn what_is_told_first_is_waited_for_but_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let resident = Resident::new(folder.path().to_owned(), None);
        assert_eq!(resident.first(Duration::from_millis(1)), None);
        std::thread::scope(|scope| {
            let told = scope.spawn(|| resident.first(Duration::from_secs(60)));
            resident.tell(Told::Gone { sentence: None }, &|_| {});
            assert_eq!(told.join().unwrap(), Some(Told::Gone { sentence: None }));
        });
    }
}
