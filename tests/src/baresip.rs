//! Real softphones. Their `ctrl_tcp` port is left to the product; tests press keys through `cons`.

mod ctrl;

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use tempfile::TempDir;

pub use ctrl::CtrlTcp;

use crate::places;
use crate::process::{Log, Running, program};
use crate::wait::{try_wait_for, wait_for};

const LIMIT: Duration = Duration::from_secs(10);

/// What the far end answered to a call: 180 rings, 200 talks, 486 busy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SipAnswer {
    pub code: u16,
    pub words: String,
}

/// A state word of `listcalls`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CallState {
    Incoming,
    Ringing,
    Established,
    OnHold,
    /// A word that is none of these, such as `OUTGOING` or `TERMINATED`: on its way to one.
    Other,
}

/// One line of a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneCall {
    pub line: u32,
    pub state: CallState,
    pub peer: String,
}

/// A running baresip. Dropped: killed.
#[derive(Debug)]
pub struct Phone {
    address: String,
    domain: String,
    process: Running,
    keys: Mutex<TcpStream>,
    screen: Log,
    ctrl_port: u16,
    folder: TempDir,
}

impl Phone {
    /// A phone registered at a phone system on loopback.
    ///
    /// # Panics
    /// When it doesn't register.
    pub fn registered(sip_port: u16, extension: &str, password: &str) -> Self {
        let domain = format!("127.0.0.1:{sip_port}");
        let account = format!(
            "<sip:{extension}@{domain}>;auth_user={extension};auth_pass={password};regint=30;answermode=manual"
        );
        let mut phone = Self::start(extension, &domain, |_| account.clone());
        phone
            .process
            .wait_line(LIMIT, |line| line.contains("200 OK") && line.contains("binding"));
        phone
    }

    /// A phone without a phone system; called by [`Phone::address`].
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn alone(name: &str) -> Self {
        Self::start(name, "", |port| {
            format!("<sip:{name}@127.0.0.1:{port}>;regint=0;answermode=manual")
        })
    }

    fn start(name: &str, domain: &str, account: impl Fn(u16) -> String) -> Self {
        let folder = places::folder("phone");
        let (sip_port, ctrl_port, cons_port) =
            // It opens SIP over TLS on the neighbouring port as well.
            (places::free_ports(2), places::free_port(), places::free_port());
        let config = config(name, sip_port, ctrl_port, cons_port);
        for (file, text) in [
            ("config", config),
            ("accounts", account(sip_port)),
            ("contacts", String::new()),
        ] {
            fs::write(folder.path().join(file), text).expect("a phone's configuration");
        }
        let mut command = program(places::system_program("baresip"));
        command.arg("-f").arg(folder.path());
        let mut process = Running::start("baresip", command);
        process.wait_line(LIMIT, |line| line.contains("baresip is ready"));
        let keys = wait_for(LIMIT, "the phone's console", || {
            TcpStream::connect((Ipv4Addr::LOCALHOST, cons_port)).ok()
        });
        let screen = Log::default();
        screen.follow(keys.try_clone().ok());
        let domain = if domain.is_empty() {
            format!("127.0.0.1:{sip_port}")
        } else {
            domain.to_owned()
        };
        let address = format!("sip:{name}@{domain}");
        let phone = Self {
            address,
            domain,
            process,
            keys: Mutex::new(keys),
            screen,
            ctrl_port,
            folder,
        };
        // Otherwise it writes a status line ten times a second while a call is up.
        phone.key("/statmode");
        phone
    }

    /// `sip:name@host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Where the product finds `ctrl_tcp`.
    pub fn ctrl_port(&self) -> u16 {
        self.ctrl_port
    }

    /// What the phone wrote to its own output.
    pub fn log(&self) -> &Log {
        self.process.log()
    }

    /// Its configuration folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Connects to `ctrl_tcp` as a rival of the product: the earlier client is pushed out.
    pub fn steal_ctrl(&self) -> CtrlTcp {
        CtrlTcp::connect(self.ctrl_port)
    }

    /// Starts a call to a number or an address and returns at once.
    pub fn dial(&self, to: &str) {
        let address = if to.starts_with("sip:") {
            to.to_owned()
        } else {
            format!("sip:{to}@{}", self.domain)
        };
        self.key(&format!("/dial {address}"));
    }

    /// Starts a call and returns the first answer that says something: 180 or later.
    ///
    /// # Panics
    /// When no answer comes.
    #[track_caller]
    pub fn call(&self, to: &str) -> SipAnswer {
        let mark = self.screen.mark();
        self.dial(to);
        wait_for(LIMIT, &format!("an answer to the call to {to}"), || {
            first_answer(&self.screen.since(mark))
        })
    }

    /// Answers the call that rings.
    pub fn accept(&self) {
        self.key("/accept");
    }

    /// Ends the current call, or refuses the one that rings (486). A caller waits for its own `Established` first:
    /// ending a call in the very moment in which it is answered leaves it up at the other end.
    pub fn hang_up(&self) {
        self.key("/hangup");
    }

    pub fn hold(&self) {
        self.key("/hold");
    }

    pub fn resume(&self) {
        self.key("/resume");
    }

    /// Makes a line the one that keys act on.
    pub fn select(&self, line: u32) {
        self.key(&format!("/line {line}"));
    }

    /// The phone's own view of its calls.
    ///
    /// # Panics
    /// When the phone doesn't answer.
    #[track_caller]
    pub fn calls(&self) -> Vec<PhoneCall> {
        let mark = self.screen.mark();
        self.key("/listcalls");
        wait_for(LIMIT, "the phone's list of calls", || {
            listed(&self.screen.since(mark))
        })
    }

    /// Waits until the phone has exactly these calls, in any order.
    ///
    /// # Panics
    /// After 10 s, with what it has instead.
    #[track_caller]
    pub fn wait_calls(&self, wanted: &[CallState]) -> Vec<PhoneCall> {
        let matches = |calls: &[PhoneCall]| {
            let mut left: Vec<CallState> = calls.iter().map(|call| call.state).collect();
            wanted.iter().all(|state| {
                left.iter()
                    .position(|other| other == state)
                    .map(|at| left.swap_remove(at))
                    .is_some()
            }) && left.is_empty()
        };
        match try_wait_for(LIMIT, || Some(self.calls()).filter(|calls| matches(calls))) {
            Some(calls) => calls,
            None => panic!(
                "the phone has {:?} instead of {wanted:?}: {}",
                self.calls(),
                self.log().tail()
            ),
        }
    }

    /// Kills it without a word to the phone system.
    pub fn kill(&mut self) {
        self.process.kill();
    }

    fn key(&self, line: &str) {
        let line = format!("{line}\n");
        self.keys
            .lock()
            .expect("a phone's keys")
            .write_all(line.as_bytes())
            .expect("a phone's console");
    }
}

/// Reads `SIP Progress: 180 Ringing`, `Call established: …`, `session closed: 486 Busy Here`.
fn first_answer(said: &str) -> Option<SipAnswer> {
    said.split(['\n', '\r']).find_map(|line| {
        if line.contains("Call established: ") {
            return Some(SipAnswer {
                code: 200,
                words: "OK".to_owned(),
            });
        }
        let rest = line
            .split_once("SIP Progress: ")
            .or_else(|| line.split_once("session closed: "))?
            .1;
        let (code, words) = rest.split_once(' ')?;
        let code = code.parse().ok().filter(|code| *code >= 180)?;
        Some(SipAnswer {
            code,
            words: words.trim_end_matches(" (/)").to_owned(),
        })
    })
}

/// Reads `--- Active calls (1) ---` and its lines, once all of them are there.
fn listed(said: &str) -> Option<Vec<PhoneCall>> {
    let (_, rest) = said.split_once("--- Active calls (")?;
    let (count, rest) = rest.split_once(") ---")?;
    let count: usize = count.parse().ok()?;
    // A line counts when its end was read.
    let complete = rest.rsplit_once('\n').map_or("", |(complete, _)| complete);
    let calls: Vec<PhoneCall> = complete.lines().filter_map(listed_call).take(count).collect();
    (calls.len() == count).then_some(calls)
}

/// Reads `> [line 1]  0:00:02  ESTABLISHED  (on hold)  sip:…`.
fn listed_call(text: &str) -> Option<PhoneCall> {
    let (_, rest) = text.split_once("[line ")?;
    let (line, rest) = rest.split_once(']')?;
    let words: Vec<&str> = rest.split_whitespace().collect();
    let state = match (words.get(1).copied(), rest.contains("(on hold)")) {
        (Some("ESTABLISHED"), true) => CallState::OnHold,
        (Some("ESTABLISHED"), false) => CallState::Established,
        (Some("INCOMING"), _) => CallState::Incoming,
        (Some("RINGING"), _) => CallState::Ringing,
        _ => CallState::Other,
    };
    let peer = words.last().copied().unwrap_or_default().to_owned();
    Some(PhoneCall {
        line: line.trim().parse().ok()?,
        state,
        peer,
    })
}

/// `aubridge` for sound, since other sources refuse 8 kHz and then no call is ever answered; the address instead of
/// `lo`, which the library ignores by name; `menu` for the commands.
fn config(name: &str, sip_port: u16, ctrl_port: u16, cons_port: u16) -> String {
    let modules = places::needed(Path::new("/usr/lib/baresip/modules")).display();
    format!(
        "poll_method epoll
sip_listen 127.0.0.1:{sip_port}
sip_transports udp
net_interface 127.0.0.1
audio_player aubridge,nil{name}
audio_source aubridge,nil{name}
audio_alert aubridge,al{name}
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_level no
call_max_calls 4
rtp_ports 30000-32700
module_path {modules}
module g711.so
module aubridge.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{ctrl_port}
module_app cons.so
cons_listen 127.0.0.1:{cons_port}
"
    )
}

#[cfg(test)]
mod tests {
    use super::{CallState, first_answer, listed};

    #[test]
    fn answers_are_read_from_what_the_phone_says() {
        let codes = |said: &str| first_answer(said).map(|answer| answer.code);
        assert_eq!(codes("call: SIP Progress: 100 Trying (/)\n"), None);
        assert_eq!(codes("call: SIP Progress: 180 Ringing (/)\n"), Some(180));
        assert_eq!(codes("sip:1001@h: session closed: 486 Busy Here\n"), Some(486));
        assert_eq!(codes("carl@127.0.0.1: Call established: sip:dora@h\n"), Some(200));
        assert_eq!(codes("sip:a@h: session closed: Connection reset by peer\n"), None);
    }

    #[test]
    fn calls_are_read_once_they_are_all_there() {
        let said =
            "/listcalls\n\n--- Active calls (2) ---\n> [line 1]  0:00:02  ESTABLISHED  (on hold)  sip:a@h\n";
        assert_eq!(listed(said), None);
        let said = format!("{said}  [line 2]  0:00:00    RINGING             sip:b@h\n");
        let calls = listed(&said).expect("both calls");
        assert_eq!(
            calls.iter().map(|call| call.state).collect::<Vec<_>>(),
            [CallState::OnHold, CallState::Ringing]
        );
        assert_eq!(listed("--- Active calls (0) ---\n"), Some(Vec::new()));
    }
}
