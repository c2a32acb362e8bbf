//! A real Asterisk with a dialplan like FreePBX's, on loopback, without rights and without being installed.
//!
//! Extensions 1001 to 1020 have hints, do not disturb (`*78`, `*79`) and forward (`*72NUMBER`, `*73`) as FreePBX
//! keeps them; 600 answers and echoes.

mod config;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use tempfile::TempDir;
use xtask::parts::{AsteriskRoot, HOW_TO_INSTALL};

use crate::ami::Ami;
use crate::baresip::Phone;
use crate::places;
use crate::process::{Running, program};
use crate::wait::{try_wait_for, wait_for};

/// A manager account: name and secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Account {
    pub user: &'static str,
    pub secret: &'static str,
    read: &'static str,
    write: &'static str,
}

/// For the tests themselves: every right.
pub const LAB: Account = Account {
    user: "lab",
    secret: "lab-secret",
    read: "all",
    write: "all",
};
/// What an administrator would give a program that may do everything Offhook can do.
pub const FULL: Account = Account {
    user: "full",
    secret: "full-secret",
    read: "system,call,user,reporting,cdr,dialplan",
    write: "system,call,user,reporting,originate,command",
};
/// The narrow account for a desk: no DBPut, but feature codes.
pub const DESK: Account = Account {
    user: "desk",
    secret: "desk-secret",
    read: "call",
    write: "call,originate,reporting",
};
/// An account that may only look.
pub const WATCH: Account = Account {
    user: "watch",
    secret: "watch-secret",
    read: "call",
    write: "reporting",
};

/// What differs between phone systems in the field.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// What the feature code sets `Custom:DND…` to when switching off: FreePBX says UNAVAILABLE, others NOT_INUSE.
    pub dnd_off: &'static str,
    /// `device_state_busy_at`: with 1 a phone in one call is BUSY instead of INUSE.
    pub busy_at: Option<u32>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            dnd_off: "UNAVAILABLE",
            busy_at: None,
        }
    }
}

/// A running Asterisk. Its database outlives [`Asterisk::restart`] and [`Asterisk::kill`].
#[derive(Debug)]
pub struct Asterisk {
    ami: Option<Ami>,
    process: Option<Running>,
    root: AsteriskRoot,
    sip_port: u16,
    ami_port: u16,
    options: Options,
    folder: TempDir,
}

const READY: Duration = Duration::from_secs(30);

impl Asterisk {
    /// Starts one and waits until it is fully booted.
    ///
    /// # Panics
    /// When it isn't set up on this machine or doesn't start.
    pub fn start() -> Self {
        Self::start_with(Options::default())
    }

    /// [`Asterisk::start`] with other habits.
    ///
    /// # Panics
    /// As there.
    pub fn start_with(options: Options) -> Self {
        let root = AsteriskRoot::find(&places::parts())
            .unwrap_or_else(|| panic!("Asterisk is missing: {HOW_TO_INSTALL}"));
        let folder = places::folder("pbx");
        let mut pbx = Self {
            ami: None,
            process: None,
            root,
            sip_port: 0,
            ami_port: 0,
            options,
            folder,
        };
        // Another program may take a free port before Asterisk does.
        for attempt in 1.. {
            pbx.sip_port = places::free_port();
            pbx.ami_port = places::free_port();
            pbx.write_config();
            match pbx.boot() {
                Ok(()) => break,
                Err(said) if attempt == 3 => panic!("Asterisk did not start and said: {said}"),
                Err(_) => {}
            }
        }
        pbx
    }

    pub fn sip_port(&self) -> u16 {
        self.sip_port
    }

    pub fn ami_port(&self) -> u16 {
        self.ami_port
    }

    /// The tests' own manager connection; it ends when Asterisk does and is made anew at the next start.
    ///
    /// # Panics
    /// While Asterisk is stopped.
    #[track_caller]
    pub fn ami(&self) -> &Ami {
        self.ami.as_ref().expect("Asterisk is stopped")
    }

    /// A real phone, registered as this extension.
    pub fn phone(&self, extension: &str) -> Phone {
        Phone::registered(self.sip_port, extension, &config::sip_password(extension))
    }

    /// Lets it end in good order and waits.
    pub fn stop(&mut self) {
        self.ami = None;
        if let Some(mut process) = self.process.take() {
            process.terminate(Duration::from_secs(15));
        }
    }

    /// Whether the database on the disk has a key, such as `/DND/1001`. Asterisk answers before it writes there, and one
    /// that is killed in between has forgotten.
    pub fn has_stored(&self, key: &str) -> bool {
        let database = self.folder.path().join("lib/astdb.sqlite3");
        let bytes = fs::read(database).expect("Asterisk's database");
        bytes.windows(key.len()).any(|window| window == key.as_bytes())
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        self.ami = None;
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Starts it again on the same ports, with its database.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start_again(&mut self) {
        assert!(self.process.is_none(), "Asterisk is running");
        self.boot()
            .unwrap_or_else(|said| panic!("Asterisk did not start again and said: {said}"));
    }

    pub fn restart(&mut self) {
        self.stop();
        self.start_again();
    }

    /// Whether the extension has a registered phone. A phone forgets a restart until it registers anew.
    pub fn wait_registered(&self, extension: &str) {
        let device = format!("PJSIP/{extension}");
        wait_for(READY, &format!("{device} to be registered"), || {
            let state = self.ami().device_state(&device)?;
            (state != "UNAVAILABLE" && state != "INVALID").then_some(())
        });
    }

    fn write_config(&self) {
        let folder = self.folder.path();
        for name in ["etc", "run", "lib", "log", "spool"] {
            fs::create_dir_all(folder.join(name)).expect("Asterisk's folders");
        }
        let ports = config::Ports {
            sip: self.sip_port,
            ami: self.ami_port,
        };
        for (name, text) in config::files(folder, &self.root, ports, self.options) {
            fs::write(folder.join("etc").join(name), text).expect("Asterisk's configuration");
        }
    }

    /// Starts the process and signs in; on failure returns what Asterisk said.
    fn boot(&mut self) -> Result<(), String> {
        let mut process = Running::start("asterisk", self.command());
        let ready = try_wait_for(READY, || {
            if process.ended().is_some() {
                return Some(None);
            }
            let ami = Ami::connect(self.ami_port, LAB.user, LAB.secret).ok()?;
            let booted = || {
                ami.events_since(0)
                    .iter()
                    .any(|event| event.is("FullyBooted"))
                    .then_some(())
            };
            try_wait_for(READY, booted).map(|()| Some(ami))
        });
        let Some(Some(ami)) = ready else {
            return Err(process.log().tail());
        };
        if process.log().text().contains("Address already in use") {
            return Err(process.log().tail());
        }
        self.ami = Some(ami);
        self.process = Some(process);
        Ok(())
    }

    fn command(&self) -> Command {
        let AsteriskRoot {
            root,
            loader,
            libraries,
            ..
        } = &self.root;
        let mut command = program(loader);
        command
            .args(["--library-path", libraries])
            .arg(root.join("usr/sbin/asterisk"))
            .arg("-C")
            .arg(self.etc().join("asterisk.conf"))
            .arg("-f")
            .current_dir(self.folder.path());
        command
    }

    fn etc(&self) -> std::path::PathBuf {
        Path::new(self.folder.path()).join("etc")
    }
}
