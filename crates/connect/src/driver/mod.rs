//! The one event loop: one piece of news in, all effects out, sleep until the engine's next deadline.
//!
//! Decides nothing. Requests run as tasks of their own, and their outcome is one more piece of news; a failed
//! effect never ends the loop. At most one write is in flight per target: the engine sees to that.
//!
//! | module | what |
//! |---|---|
//! | `effects` | what the engine wants, done |
//! | `parts` | sign-in and phone system, (re)started from the settings |
//! | `calendar` | the calendar's source, and the later consent to read it |
//! | `commands` | what clients ask |
//! | `diagnosis` | the doctor, and the report for those who help |
//! | `keys` | key files, from the offer to the settings |
//! | `lines` | line sources, (re)started from the settings |
//! | `network` | proxy and certificates, before anything else |
//! | `options` | what the settings pages ask |
//! | `update` | whether there is a newer Offhook |
//! | `publish` | tray, status and pages, told when they have changed |

mod calendar;
mod commands;
mod diagnosis;
mod effects;
mod keys;
mod lines;
mod network;
mod options;
mod parts;
mod publish;
mod rules;
mod sip_line;
#[cfg(windows)]
mod telephony;
mod update;

use crate::calendar::Reading;
use crate::clock::Alarm;
use crate::control::{self, Server};
use crate::desktop::{Desktop, DesktopEvent};
use crate::doctor;
use crate::entra::Clock;
use crate::keys::Memory;
use crate::kill_point::{self, Point};
use crate::ledger_file::LedgerFile;
use crate::lines::hook::{Hook, Listener};
use crate::phones::PhoneSystem;
use crate::port::PhoneEvent;
use crate::settings::Settings;
use effects::Saver;
use offhook_engine::clock::Now;
use offhook_engine::fault::Fault;
use offhook_engine::ledger::Stage;
use offhook_engine::line::{LineEvent, SourceId};
use offhook_engine::teams::SignIn;
use offhook_engine::view::pages::Desk;
use offhook_engine::view::tray::{Action, Page};
use offhook_engine::{Engine, Input};
use offhook_protocol::command::Finding;
use offhook_protocol::pages::Language;
use parts::Parts;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The page's name, as [`Page::name`].
const FIRST_RUN_PAGE: &str = "first-run";

/// A gap between the clocks that count and do not count sleep, from which on the machine was asleep.
const SLEPT: Duration = Duration::from_secs(2);
/// A refresh that is on its way when everything else has ended gets this long; Entra answers sooner, or not at all.
const TOKEN_KEPT: Duration = Duration::from_secs(1);

/// What a driver is started with.
#[derive(Debug)]
pub struct Start<D> {
    /// Private, and held by an [`crate::instance::Instance`] of the caller.
    pub data_dir: PathBuf,
    pub desktop: D,
    pub from_desktop: mpsc::UnboundedReceiver<DesktopEvent>,
    pub clock: Clock,
    pub settings: Settings,
    pub version: String,
}

/// Why the driver could not start.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    #[error("the control socket could not be opened: {0}")]
    Control(#[from] control::PlaceError),
    #[error("the system gives no randomness: {0}")]
    Random(#[from] getrandom::Error),
    #[error("the secure connection library could not be set up: {0}")]
    Http(#[from] reqwest::Error),
}

/// One piece of news from the driver's own tasks.
#[derive(Debug)]
enum News {
    Input(Box<Input>),
    /// A sign-in that a person started has ended.
    SignInEnded(Result<(), Fault>),
    /// Something is wrong beside the sign-in: a token that could not be stored, a browser that did not open.
    SignInTrouble(Option<Fault>),
    /// The phone's password was loaded, or could not be.
    PhoneSecret {
        attempt: u64,
        secret: Result<(PhoneSystem, Option<secrecy::SecretString>), Fault>,
    },
    /// The proxy's password was loaded, or could not be.
    ProxySecret {
        attempt: u64,
        secret: Result<Option<secrecy::SecretString>, Fault>,
    },
    ProxySecretChanged,
    /// The password of SIP as a call source was loaded, or could not be.
    SipSecret {
        attempt: u64,
        secret: Result<Option<secrecy::SecretString>, Fault>,
    },
    SipSecretChanged,
    /// What a test of it has found so far.
    SipTested {
        findings: Vec<Finding>,
        ended: bool,
    },
    /// Another password was stored.
    PhoneSecretChanged,
    /// Microsoft was asked for the calendar: the page to open, then the end.
    CalendarPage(String),
    CalendarAsked(Result<(), Fault>),
    /// The calendar was read. `attempt` tells settings and passwords apart.
    CalendarRead {
        attempt: u64,
        outcome: Result<Reading, Fault>,
    },
    CalendarTested {
        attempt: u64,
        outcome: Result<Reading, Fault>,
    },
    /// Another password of the calendar was stored.
    CalendarSecretChanged,
    /// The file of the calendar has changed.
    CalendarChanged {
        attempt: u64,
    },
    /// What a test of the phone system has found so far, and whether it has ended. `attempt` tells tests apart.
    Tested {
        attempt: u64,
        findings: Vec<Finding>,
        ended: bool,
    },
    SignInTested(Vec<Finding>),
    Examined(Vec<doctor::Look>),
    HookOpened(Option<Listener>),
    /// The telephone lines of this computer.
    #[cfg(windows)]
    Lines(Vec<offhook_protocol::settings::LineChoice>),
    SignedOut(Result<String, Fault>),
    /// Who was seen at the microphone so far.
    AtMicrophone(Vec<offhook_microphone::App>),
    Key(Box<keys::KeyNews>),
    Update {
        attempt: u64,
        outcome: Result<crate::update::Release, crate::update::UpdateError>,
    },
}

/// The phone system's test that is under way.
#[derive(Debug, Default)]
struct Test {
    attempt: u64,
    task: Option<tokio::task::AbortHandle>,
}

struct Driver<D> {
    engine: Engine,
    clock: Clock,
    desktop: D,
    settings: Settings,
    parts: Parts,
    saver: Saver,
    news: mpsc::UnboundedSender<News>,
    server: Server,
    /// The language of the control socket's own complaints.
    speaks: watch::Sender<Language>,
    hook: Hook,
    hook_was_on: bool,
    phone_line_was_on: bool,
    data_dir: PathBuf,
    options: options::Options,
    diagnosis: diagnosis::Diagnosis,
    desk: Desk,
    keys: keys::Keys,
    shown: publish::Shown,
    /// Who asked for a sign-in and waits for its address or code.
    sign_in_asked: Option<control::Reply>,
    /// Who asked for the calendar's right and waits for its page.
    calendar_asked: Vec<control::Reply>,
    /// Who waits for the phone system's test.
    tests_asked: Vec<control::Reply>,
    test: Test,
    /// The first run was opened again by the person: it is not remembered.
    first_run_again: bool,
    slept: Duration,
    finished: bool,
}

/// Runs until the person quits. Everything that was set is released before it returns, as far as the time
/// allows (R20).
///
/// # Errors
/// Only at the start; later nothing ends the loop.
pub async fn run<D: Desktop>(start: Start<D>) -> Result<(), DriverError> {
    let Start {
        data_dir,
        desktop,
        mut from_desktop,
        clock,
        settings,
        version,
    } = start;
    let language = settings.language();
    let (speaks, spoken) = watch::channel(language);
    let words = control::Words::new(move |complaint, detail| {
        commands::complaint(complaint, detail, *spoken.borrow())
    });
    let (server, mut asked) = Server::bind(&data_dir, words)?;
    let (news, mut own_news) = mpsc::unbounded_channel();
    let (sign_ins, mut sign_in_news) = mpsc::unbounded_channel();
    let (lines, mut line_news) = mpsc::unbounded_channel();
    let hook = Hook::new(lines.clone())?;
    let hook_on = settings.flag("lines.hook.enabled");
    let listener = if hook_on {
        open_listener(&data_dir, &hook).await
    } else {
        None
    };
    let phone_line_on = settings.flag("lines.phone.enabled");
    let ledger_file = LedgerFile::in_folder(&data_dir);
    let (ledger, ledger_fault) = ledger_file.load();
    let now = clock.now();
    let engine = Engine::new(settings.rules(), ledger, seed(), now);
    let mut desk = Desk {
        version,
        data_dir: data_dir.display().to_string(),
        log_forced: crate::logging::forced(),
        ..Desk::default()
    };
    let (key_memory, key_fault) = Memory::load(&data_dir);
    desk.settings = settings
        .problems
        .iter()
        .chain(&ledger_fault)
        .chain(&key_fault)
        .map(|f| f.problem(language))
        .collect();
    let parts = Parts::new(
        crate::net::client()?,
        data_dir.clone(),
        clock.clone(),
        sign_ins,
        lines,
    );
    let slept = clock.slept();
    let mut driver = Driver {
        engine,
        clock,
        desktop,
        settings,
        parts,
        saver: Saver::new(ledger_file, news.clone()),
        news,
        server,
        speaks,
        hook,
        hook_was_on: hook_on,
        phone_line_was_on: phone_line_on,
        options: options::Options::new(&data_dir, listener, hook_on),
        diagnosis: diagnosis::Diagnosis::default(),
        data_dir,
        desk,
        keys: keys::Keys::new(key_memory),
        shown: publish::Shown::default(),
        sign_in_asked: None,
        calendar_asked: Vec::new(),
        tests_asked: Vec::new(),
        test: Test::default(),
        first_run_again: false,
        slept,
        finished: false,
    };
    driver.start_all();
    driver.import_forced_key();
    driver.look_at_autostart();
    driver.settle();
    let alarm = Alarm::new();
    while !driver.finished {
        let now = driver.clock.now();
        let due = driver.engine.poll_timeout(now).map(|(at, _why)| at);
        let wait = due
            .into_iter()
            .chain(driver.offered_until())
            .min()
            .map(|at| at.since(now.mono));
        tokio::select! {
            // In the order of their urgency: a call's event goes before anything else.
            biased;
            Some((source, event)) = line_news.recv() => driver.on_line(source, event),
            Some(event) = driver.parts.phone_events.recv() => driver.on_phone(event),
            Some(news) = own_news.recv() => driver.on_news(news),
            Some(sign_in) = sign_in_news.recv() => driver.on_sign_in(sign_in),
            Some(event) = from_desktop.recv() => driver.on_desktop(event),
            Some(asked) = asked.recv() => driver.on_asked(asked),
            () = alarm.ring(wait) => driver.on_time(),
        }
        driver.settle();
    }
    // An entry that was removed meanwhile is what the organisation's next start hangs on.
    driver.look_at_autostart();
    if let Some(microsoft) = &driver.parts.microsoft {
        let _ = tokio::time::timeout(TOKEN_KEPT, microsoft.entra.end()).await;
    }
    driver.server.close().await;
    Ok(())
}

async fn open_listener(data_dir: &std::path::Path, hook: &Hook) -> Option<Listener> {
    match Listener::open(data_dir, hook.clone()).await {
        Ok(listener) => Some(listener),
        Err(error) => {
            // The console and the control socket still take calls.
            tracing::warn!(%error, "the hook's HTTP door could not be opened");
            None
        }
    }
}

fn seed() -> u64 {
    getrandom::u64().unwrap_or(1)
}

impl<D: Desktop> Driver<D> {
    fn now(&self) -> Now {
        self.clock.now()
    }

    fn input(&mut self, input: Input) {
        let now = self.now();
        tracing::debug!(?input, "news");
        self.engine.handle_input(input, now);
        self.drain();
    }

    /// All effects, then what people see.
    fn settle(&mut self) {
        self.drain();
        self.publish();
    }

    fn on_time(&mut self) {
        let now = self.now();
        let slept = self.clock.slept();
        let woke = slept.saturating_sub(self.slept) >= SLEPT;
        self.slept = slept;
        self.engine.handle_timeout(now);
        self.drain();
        self.stop_offering(now);
        if woke {
            self.woke();
        }
    }

    fn woke(&mut self) {
        tracing::info!("the machine was asleep");
        if let Some(microsoft) = &self.parts.microsoft {
            microsoft.entra.try_again();
        }
        self.input(Input::Woke);
    }

    fn on_line(&mut self, source: SourceId, event: LineEvent) {
        self.input(Input::Line(source, event));
    }

    fn on_phone(&mut self, event: PhoneEvent) {
        let input = match event {
            PhoneEvent::Up { identity, abilities } => Input::PhoneUp { identity, abilities },
            PhoneEvent::Seen(values) => Input::PhoneSeen(values),
            PhoneEvent::Written { field, outcome } => {
                if outcome.is_ok() {
                    match self
                        .engine
                        .ledger()
                        .holds
                        .iter()
                        .find(|hold| hold.wrote.field() == field)
                    {
                        Some(hold) if hold.stage == Stage::Intent => kill_point::reach(Point::AfterWrite),
                        Some(hold) if hold.stage == Stage::Releasing => {
                            kill_point::reach(Point::AfterRelease)
                        }
                        Some(_) | None => {}
                    }
                }
                Input::PhoneWritten { field, outcome }
            }
            PhoneEvent::ReadFailed(fault) => Input::PhoneReadFailed(fault),
            PhoneEvent::Prepared(prepared) => Input::ForwardPrepared(prepared),
            PhoneEvent::Down(fault) => Input::PhoneDown(fault),
            PhoneEvent::Secret(secret) => return self.keep_phone_secret(secret),
            PhoneEvent::Line(_) if !self.settings.flag("lines.phone.enabled") => return,
            PhoneEvent::Line(event) => Input::Line(SourceId::phone(), event),
        };
        self.input(input);
    }

    fn on_sign_in(&mut self, sign_in: SignIn) {
        self.answer_sign_in(&sign_in);
        if let SignIn::SignedIn(account) = &sign_in {
            self.desk.sign_in_problem = None;
            if let Some(oid) = account.key.split('.').next() {
                self.parts.account_is(oid);
            }
        }
        self.input(Input::SignIn(sign_in));
    }

    fn on_desktop(&mut self, event: DesktopEvent) {
        match event {
            DesktopEvent::Sleep => self.input(Input::Sleep),
            DesktopEvent::Woke => self.woke(),
            DesktopEvent::Icon(place) => self.desk.icon = place,
            DesktopEvent::WindowFailed => self.say_no_window(),
            DesktopEvent::TrayMissed => self.say_no_tray(),
            DesktopEvent::Action(action) => match action {
                Action::Open(page) => {
                    // A first run that is not finished yet comes first.
                    let page = if page == Page::Now && self.desk.first_run.is_some() {
                        FIRST_RUN_PAGE
                    } else {
                        page.name()
                    };
                    if !self.open_window(Some(page)) {
                        self.say_no_window();
                    }
                }
                Action::Pause(pause) => self.input(Input::Pause(pause)),
                Action::Resume => self.input(Input::Resume),
                Action::PutBack => self.input(Input::PutBack),
                Action::SetAgain => self.input(Input::SetAgain),
                Action::SignIn => {
                    self.open_window(Some("account"));
                    self.start_sign_in(false);
                }
                Action::CancelSignIn => self.cancel_sign_in(),
                Action::Quit => self.input(Input::Quit),
            },
        }
    }

    fn on_news(&mut self, news: News) {
        match news {
            News::Input(input) => {
                if let Input::LedgerSaved { outcome: Ok(()), .. } = &*input {
                    let holds = &self.engine.ledger().holds;
                    if holds.iter().any(|hold| hold.stage == Stage::Intent) {
                        kill_point::reach(Point::AfterIntent);
                    }
                    if holds.iter().any(|hold| hold.stage == Stage::Releasing) {
                        kill_point::reach(Point::AfterReleasing);
                    }
                }
                self.input(*input);
            }
            News::SignInEnded(outcome) => self.on_sign_in_ended(outcome),
            News::SignInTrouble(trouble) => {
                let language = self.engine.rules().language;
                self.desk.sign_in_problem = trouble.map(|fault| fault.problem(language));
            }
            News::PhoneSecret { attempt, secret } => self.on_phone_secret(attempt, secret),
            News::ProxySecret { attempt, secret } => self.on_proxy_secret(attempt, secret),
            News::ProxySecretChanged => {
                self.renew_network();
                self.start_all();
            }
            News::SipSecret { attempt, secret } => self.on_sip_secret(attempt, secret),
            News::SipSecretChanged => {
                self.desk.sip_password = true;
                self.restart_sip_line();
            }
            News::SipTested { findings, ended } => self.on_sip_tested(findings, ended),
            News::PhoneSecretChanged => self.restart_phone(),
            News::CalendarPage(url) => self.open_calendar_page(&url),
            News::CalendarAsked(outcome) => self.on_calendar_asked(outcome),
            News::CalendarRead { attempt, outcome } => self.on_calendar_read(attempt, outcome),
            News::CalendarTested { attempt, outcome } => self.on_calendar_tested(attempt, outcome),
            News::CalendarChanged { attempt } => self.on_calendar_changed(attempt),
            News::CalendarSecretChanged => {
                self.desk.calendar_password = true;
                self.restart_calendar();
            }
            News::Tested {
                attempt,
                findings,
                ended,
            } if attempt == self.test.attempt => {
                self.desk.findings = findings;
                if ended {
                    self.end_test();
                }
            }
            News::Tested { .. } => {}
            News::AtMicrophone(apps) => self.on_microphone(apps),
            News::Update { attempt, outcome } => self.on_update(attempt, outcome),
            News::Key(news) => self.on_key_news(*news),
            News::SignInTested(findings) => self.on_sign_in_tested(findings),
            News::Examined(looks) => self.on_examined(looks),
            News::HookOpened(listener) => self.on_hook_opened(listener),
            #[cfg(windows)]
            News::Lines(lines) => self.desk.lines = lines,
            News::SignedOut(outcome) => {
                if let Err(fault) = outcome {
                    self.desk.sign_in_problem = Some(fault.problem(self.engine.rules().language));
                }
                // Also when the store could not be asked: this process holds no token any more.
                self.input(Input::SignIn(SignIn::SignedOut));
            }
        }
    }
}
