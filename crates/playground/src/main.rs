//! `offhook-playground [--data-dir DIR] [--phone asterisk|command|csta|freepbx|innovaphone|procall|sip|starface]
//! [--calendar graph|ews|ics] [--extension N] [--until-stdin-closes]`: serves the pretend company, prints its addresses as one
//! line of JSON, and writes settings that use it into DIR.

#![expect(
    clippy::print_stdout,
    reason = "a console program: its answer goes to standard output"
)]
#![expect(
    clippy::print_stderr,
    reason = "a console program: faults go to standard error"
)]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use offhook_playground::{
    ADMIN_USER, Calendar, DESK_USER, Options, Phone, Playground, ports_in_settings, write_settings,
};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

const USAGE: &str = "usage: offhook-playground [--data-dir DIR] [--phone asterisk|command|csta|freepbx|innovaphone|procall|sip|starface] [--calendar graph|ews|ics] [--extension N] [--until-stdin-closes]";

#[derive(Debug)]
struct Arguments {
    data_dir: Option<PathBuf>,
    extension: String,
    phone: Phone,
    calendar: Calendar,
    until_stdin_closes: bool,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn arguments() -> Result<Option<Arguments>, lexopt::Error> {
    use lexopt::prelude::{Long, Short, Value, ValueExt as _};
    let mut found = Arguments {
        data_dir: None,
        extension: "1001".into(),
        phone: Phone::default(),
        calendar: Calendar::default(),
        until_stdin_closes: false,
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("data-dir") => found.data_dir = Some(parser.value()?.into()),
            Long("extension") => found.extension = parser.value()?.string()?,
            Long("phone") => {
                let kind = parser.value()?.string()?;
                found.phone =
                    Phone::parse(&kind).ok_or_else(|| format!("no phone system is called {kind}"))?;
            }
            Long("calendar") => {
                let source = parser.value()?.string()?;
                found.calendar =
                    Calendar::parse(&source).ok_or_else(|| format!("no calendar is called {source}"))?;
            }
            Long("until-stdin-closes") => found.until_stdin_closes = true,
            Long("help") | Short('h') => return Ok(None),
            other @ (Short(_) | Long(_) | Value(_)) => return Err(other.unexpected()),
        }
    }
    Ok(Some(found))
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(serve(arguments));
    // A read of standard input can't be called back; the process ends without it.
    runtime.shutdown_background();
    outcome
}

async fn serve(arguments: &Arguments) -> anyhow::Result<()> {
    // Settings of an earlier run name its ports: they are not written anew, so the ports are taken again.
    let ports = arguments
        .data_dir
        .as_deref()
        .and_then(ports_in_settings)
        .unwrap_or_default();
    let company = Playground::start(Options {
        ports,
        ..Options::default()
    })
    .await
    .context("the pretend company does not start")?;
    let settings = match &arguments.data_dir {
        Some(dir) => write_settings(
            &company,
            dir,
            &arguments.extension,
            arguments.phone,
            arguments.calendar,
        )
        .with_context(|| format!("settings can't be written into {}", dir.display()))?,
        None => None,
    };
    let secret = |user: &str| {
        company
            .options()
            .accounts
            .iter()
            .find(|account| account.user == user)
            .map(|account| account.secret.as_str())
    };
    let addresses = company.addresses();
    let phone = match arguments.phone {
        Phone::Asterisk => json!({
            "kind": "asterisk",
            "host": addresses.ami.ip(),
            "port": addresses.ami.port(),
            "user": DESK_USER,
            "password": secret(DESK_USER),
            "extension": arguments.extension,
            "admin_user": ADMIN_USER,
            "admin_password": secret(ADMIN_USER),
        }),
        Phone::Innovaphone => json!({
            "kind": "innovaphone",
            "host": addresses.innovaphone.ip(),
            "port": addresses.innovaphone.port(),
            "user": company.sip_of(&arguments.extension),
            "password": company.innovaphone().password(company.sip_of(&arguments.extension)),
            "extension": arguments.extension,
        }),
        Phone::Sip => json!({
            "kind": "sip",
            "host": addresses.sip.ip(),
            "port": addresses.sip.port(),
            "user": arguments.extension,
            "password": company.sip().password(&arguments.extension),
            "extension": arguments.extension,
        }),
        Phone::Starface => json!({
            "kind": "starface",
            "host": addresses.starface.ip(),
            "port": addresses.starface.port(),
            "user": arguments.extension,
            "password": company.starface().password(&arguments.extension),
            "extension": arguments.extension,
        }),
        Phone::Csta => json!({
            "kind": "csta",
            "host": addresses.csta.ip(),
            "port": addresses.csta.port(),
            "user": company.csta().user(),
            "password": company.csta().password(),
            "extension": arguments.extension,
        }),
        Phone::Command | Phone::Freepbx => {
            let user = company.sip_of(&arguments.extension);
            json!({
                "kind": arguments.phone.kind(),
                "host": addresses.portal.ip(),
                "port": addresses.portal.port(),
                "user": user,
                "password": company.portal().password(user),
                "extension": arguments.extension,
            })
        }
        Phone::Procall => {
            let user = company.sip_of(&arguments.extension);
            json!({
                "kind": "procall",
                "host": addresses.procall.ip(),
                "port": addresses.procall.port(),
                "user": user,
                "password": company.procall().password(user),
                "extension": arguments.extension,
            })
        }
    };
    let person = company
        .people()
        .iter()
        .find(|person| person.extension == arguments.extension);
    let (user, password) = company.exchange_login(person.map_or("", |person| &person.key));
    println!(
        "{}",
        json!({
            "v": 1,
            "login_url": addresses.entra,
            "graph_url": addresses.graph,
            "control_url": addresses.control,
            "tenant": offhook_playground::TENANT_DOMAIN,
            "client_id": company.options().client_id,
            "phone": phone,
            "exchange": { "address": addresses.exchange, "user": user, "password": password },
            "people": company.people(),
            "settings_written": settings,
        })
    );
    ended(arguments.until_stdin_closes).await?;
    company.shutdown().await;
    Ok(())
}

async fn ended(until_stdin_closes: bool) -> std::io::Result<()> {
    let stdin_closed = async {
        if !until_stdin_closes {
            return std::future::pending().await;
        }
        let (mut input, mut chunk) = (tokio::io::stdin(), [0_u8; 256]);
        while matches!(input.read(&mut chunk).await, Ok(1..)) {}
    };
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminated = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminated.recv() => Ok(()),
            () = stdin_closed => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        () = stdin_closed => Ok(()),
    }
}
