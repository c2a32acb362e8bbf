//! `offhook`: the resident program. Starts the driver, shows its tray and its notifications, and decides
//! nothing.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

mod args;
mod desktop;
mod playground;

use anyhow::Context;
use args::{Args, USAGE};
use offhook_connect::control::place::{PlaceError, private_folder};
use offhook_connect::desktop::{Desktop, DesktopEvent, NoDesktop};
use offhook_connect::driver::{self, DriverError, Start};
use offhook_connect::instance::{Instance, InstanceError};
use offhook_connect::settings::Settings;
use offhook_connect::{clock, doctor, logging};
use offhook_engine::view::tray::Action;
use offhook_protocol::place::data_dir;
use playground::Playground;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use tokio::sync::mpsc;

fn main() -> ExitCode {
    let args = match Args::parse(std::env::args_os().skip(1)) {
        Ok(args) => args,
        Err(error) => {
            say(&format!("{error}\n{USAGE}"));
            return ExitCode::from(2);
        }
    };
    match run(args) {
        Ok(code) => code,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "Offhook could not start");
            say(&format!("{error:#}"));
            // Not in the log: in a path stands who the person is.
            if let Some(path) = place(&error) {
                say(&path.display().to_string());
            }
            ExitCode::FAILURE
        }
    }
}

/// The file or folder that the error is about.
fn place(error: &anyhow::Error) -> Option<&Path> {
    if let Some(DriverError::Control(error)) = error.downcast_ref() {
        return error.path();
    }
    error.downcast_ref::<PlaceError>()?.path()
}

fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.help || args.version {
        answer(if args.help {
            USAGE
        } else {
            env!("CARGO_PKG_VERSION")
        });
        return Ok(ExitCode::SUCCESS);
    }
    let folder = data_dir(args.data_dir.as_deref(), |name| std::env::var_os(name))
        .context("the environment names no home; use --data-dir")?;
    let folder = private_folder(&folder)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let local = tokio::task::LocalSet::new();
    if args.doctor {
        return local.block_on(&runtime, examine(&folder));
    }
    let _instance = match Instance::take(&folder) {
        Ok(instance) => instance,
        Err(InstanceError::Running) => return Ok(show_running(&folder)),
        Err(error @ InstanceError::Folder(_)) => return Err(error.into()),
    };
    let mut settings = Settings::load(&folder);
    logging::start(&folder, settings.log_level(), settings.field("log.level").locked);
    for problem in &settings.problems {
        tracing::warn!(code = problem.code.name(), detail = problem.detail, "settings");
    }
    let playground = if args.playground {
        Some(Playground::start()?)
    } else {
        None
    };
    if let Some(playground) = &playground {
        let forced = settings.force(&playground.settings());
        forced.map_err(|refused| anyhow::anyhow!("the playground's {} can't be used", refused.key))?;
        local.block_on(&runtime, playground.store_password(&folder))?;
        say(&format!("The pretend company is at {}", playground.page()));
    }
    let (events, from_desktop) = mpsc::unbounded_channel();
    stop_on_signals(&runtime, events.clone());
    if args.no_tray {
        drive(&runtime, folder, NoDesktop, from_desktop, settings)?;
        // A read that blocks (a keyring's prompt) must not keep the program.
        runtime.shutdown_background();
    } else {
        // Until the first run is finished, somebody has to see it.
        let unfinished = settings.first_run().is_some();
        let show = (unfinished || !settings.starts_hidden()) && !args.minimised;
        let data_dir = folder.clone();
        desktop::run(runtime, folder, events, move |runtime, mut desktop| {
            // On Windows and macOS the process ends with the driver, so what must end first lives here.
            let _playground = playground;
            if show {
                let _within = runtime.enter();
                desktop.open_window(Some("first-run"));
            }
            drive(runtime, data_dir, desktop, from_desktop, settings)
        })?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The driver, until it is told to quit.
fn drive(
    runtime: &tokio::runtime::Runtime,
    data_dir: PathBuf,
    desktop: impl Desktop,
    from_desktop: mpsc::UnboundedReceiver<DesktopEvent>,
    settings: Settings,
) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION").to_owned();
    let start = Start {
        data_dir,
        desktop,
        from_desktop,
        clock: clock::system(),
        settings,
        version,
    };
    // What is let go at the end may want to say goodbye on the bus, which takes a runtime.
    let _within = runtime.enter();
    tokio::task::LocalSet::new().block_on(runtime, driver::run(start))?;
    tracing::info!("Offhook has ended");
    Ok(())
}

async fn examine(folder: &Path) -> anyhow::Result<ExitCode> {
    let settings = Settings::load(folder);
    let store = settings.secret_store(folder);
    let findings = doctor::findings(doctor::examine(&settings, &store, None).await);
    answer(&serde_json::to_string(&findings)?);
    Ok(if findings.iter().all(|finding| finding.ok) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// A second start shows the window of the first.
fn show_running(folder: &Path) -> ExitCode {
    match desktop::window_program().arg("--data-dir").arg(folder).spawn() {
        Ok(_) => ExitCode::SUCCESS,
        Err(_) => {
            say("Offhook is running already for this data folder.");
            ExitCode::FAILURE
        }
    }
}

fn stop_on_signals(runtime: &tokio::runtime::Runtime, events: mpsc::UnboundedSender<DesktopEvent>) {
    runtime.spawn(async move {
        loop {
            signalled().await;
            if events.send(DesktopEvent::Action(Action::Quit)).is_err() {
                return;
            }
        }
    });
}

#[cfg(unix)]
async fn signalled() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hang_up.recv() => {}
    }
}

/// At a console: its window is closed, or the person logs off. The system waits for the end, though not long.
#[cfg(windows)]
async fn signalled() {
    use tokio::signal::windows::{ctrl_break, ctrl_c, ctrl_close, ctrl_logoff, ctrl_shutdown};
    let (Ok(mut interrupt), Ok(mut stop), Ok(mut close), Ok(mut log_off), Ok(mut shutdown)) = (
        ctrl_c(),
        ctrl_break(),
        ctrl_close(),
        ctrl_logoff(),
        ctrl_shutdown(),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = stop.recv() => {}
        _ = close.recv() => {}
        _ = log_off.recv() => {}
        _ = shutdown.recv() => {}
    }
}

#[expect(clippy::print_stderr, reason = "what a start at a console has to say")]
fn say(text: &str) {
    eprintln!("{text}");
}

#[expect(clippy::print_stdout, reason = "what --help, --version and --doctor answer")]
fn answer(text: &str) {
    println!("{}", text.trim_end());
}
