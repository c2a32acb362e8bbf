//! A real prosody: an XMPP server with accounts of the test's choice.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;
use xtask::parts::{HOW_TO_INSTALL, ProsodyRoot};

use crate::places;
use crate::process::{Log, Running, program};
use crate::wait::try_wait_for;

const READY: Duration = Duration::from_secs(20);

/// PLAIN is taken without encryption, for those who watch; whether encryption is offered is the test's choice.
const CONFIG: &str = r#"
run_as_root = true
c2s_ports = { @PORT@ }
c2s_interfaces = { "127.0.0.1" }
modules_enabled = { "roster", "saslauth", "ping", "tls" }
modules_disabled = { "s2s", "posix" }
authentication = "internal_plain"
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
log = { info = "*console" }
VirtualHost "@DOMAIN@"
@TLS@
"#;

/// What a server shows to prove who it is, as DER.
#[derive(Debug, Clone, Copy)]
pub struct Certificate<'a> {
    pub certificate: &'a [u8],
    /// PKCS #8
    pub key: &'a [u8],
}

/// A prosody. Dropped: killed.
#[derive(Debug)]
pub struct Prosody {
    process: Option<Running>,
    root: ProsodyRoot,
    port: u16,
    domain: String,
    folder: TempDir,
}

impl Prosody {
    /// Starts one for a domain, with accounts (name and password), and waits until it listens.
    ///
    /// # Panics
    /// When it isn't set up on this machine or doesn't start.
    pub fn start(domain: &str, accounts: &[(&str, &str)], tls: Option<Certificate<'_>>) -> Self {
        let root = ProsodyRoot::find(&places::parts())
            .unwrap_or_else(|| panic!("prosody is missing: {HOW_TO_INSTALL}"));
        let folder = places::folder("prosody");
        let mut prosody = Self {
            process: None,
            root,
            port: places::free_port(),
            domain: domain.to_owned(),
            folder,
        };
        prosody.write_files(accounts, tls);
        prosody.start_again();
        prosody
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it said.
    ///
    /// # Panics
    /// While it is stopped.
    pub fn log(&self) -> &Log {
        self.process.as_ref().expect("prosody is stopped").log()
    }

    /// Ends it at once.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Starts it on the same port.
    ///
    /// # Panics
    /// When it doesn't start.
    pub fn start_again(&mut self) {
        let mut process = Running::start("prosody", self.command());
        let address = (Ipv4Addr::LOCALHOST, self.port);
        let ready = try_wait_for(READY, || {
            (process.ended().is_some() || TcpStream::connect(address).is_ok()).then_some(())
        });
        assert!(
            ready.is_some() && process.ended().is_none(),
            "prosody did not start and said: {}",
            process.log().tail()
        );
        self.process = Some(process);
    }

    /// Another program of the same person, which hears what the person's programs show.
    ///
    /// # Panics
    /// When it is not let in.
    pub fn watch(&self, user: &str, password: &str) -> Watcher {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).expect("prosody");
        let heard = Arc::new(Mutex::new(String::new()));
        let (mut ears, ear) = (stream.try_clone().expect("a second end"), Arc::clone(&heard));
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = ears.read(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..count]).into_owned();
                ear.lock().expect("what was heard").push_str(&text);
            }
        });
        let mut watcher = Watcher { stream, heard };
        let header = format!(
            "<?xml version='1.0'?><stream:stream to='{}' version='1.0' xmlns='jabber:client' \
             xmlns:stream='http://etherx.jabber.org/streams'>",
            self.domain
        );
        let token = STANDARD.encode(format!("\0{user}\0{password}"));
        watcher.say(&header, "</stream:features>");
        let sign_in =
            format!("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{token}</auth>");
        watcher.say(&sign_in, "<success");
        watcher.say(&header, "</stream:features>");
        let bind = "<iq type='set' id='1'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>\
                    <resource>Watcher</resource></bind></iq>";
        watcher.say(bind, "/Watcher</jid>");
        watcher.say("<presence/>", "<presence");
        watcher
    }

    fn write_files(&self, accounts: &[(&str, &str)], tls: Option<Certificate<'_>>) {
        let folder = self.folder.path();
        // Its script says where everything is; the last such line counts.
        let script = fs::read_to_string(self.root.root.join("usr/bin/prosody")).expect("prosody's script");
        let library = self.root.root.join("usr/lib/prosody");
        let places = format!(
            "CFG_SOURCEDIR='{0}';\nCFG_CONFIGDIR='{1}';\nCFG_PLUGINDIR='{0}/modules/';\nCFG_DATADIR='{1}/data';\n",
            library.display(),
            folder.display()
        );
        let lines: String = script
            .lines()
            .filter(|line| !line.starts_with("CFG_"))
            .flat_map(|line| [line, "\n"])
            .collect();
        fs::write(
            folder.join("prosody"),
            places + lines.trim_start_matches("#!/usr/bin/env lua5.4"),
        )
        .expect("prosody's script");
        // Names of hosts and accounts are written as in an address of the web.
        let host = self.domain.replace('.', "%2e");
        let store = folder.join("data").join(host).join("accounts");
        fs::create_dir_all(&store).expect("prosody's data");
        for (name, password) in accounts {
            let account = format!("return {{\n\t[\"password\"] = \"{password}\";\n}};\n");
            fs::write(store.join(format!("{name}.dat")), account).expect("an account");
        }
        let tls = tls.map_or_else(String::new, |tls| {
            write_pem(&folder.join("cert.pem"), "CERTIFICATE", tls.certificate);
            write_pem(&folder.join("key.pem"), "PRIVATE KEY", tls.key);
            let folder = folder.display();
            format!("ssl = {{ certificate = \"{folder}/cert.pem\", key = \"{folder}/key.pem\" }}")
        });
        let config = CONFIG
            .replace("@PORT@", &self.port.to_string())
            .replace("@DOMAIN@", &self.domain)
            .replace("@TLS@", &tls);
        fs::write(folder.join("prosody.cfg.lua"), config).expect("prosody's configuration");
    }

    fn command(&self) -> Command {
        let folder = self.folder.path();
        let mut command = program(&self.root.loader);
        command
            .args(["--library-path", &self.root.libraries])
            .arg(self.root.root.join("usr/bin/lua5.4"))
            .arg(folder.join("prosody"))
            .args(["-F", "--root", "--config"])
            .arg(folder.join("prosody.cfg.lua"))
            .env("LUA_PATH", &self.root.lua_path)
            .env("LUA_CPATH", &self.root.lua_cpath)
            .current_dir(folder);
        command
    }
}

/// See [`Prosody::watch`].
#[derive(Debug)]
pub struct Watcher {
    stream: TcpStream,
    heard: Arc<Mutex<String>>,
}

impl Watcher {
    fn text(&self) -> String {
        self.heard.lock().expect("what was heard").clone()
    }

    fn say(&mut self, text: &str, until: &str) {
        let before = self.text().len();
        self.stream.write_all(text.as_bytes()).expect("prosody");
        let answered = try_wait_for(READY, || self.text()[before..].contains(until).then_some(()));
        assert!(answered.is_some(), "no {until} in {}", &self.text()[before..]);
    }

    /// The last presence of Offhook's, as it came; empty before there was one.
    pub fn shown(&self) -> String {
        let text = self.text();
        let of_ours = text.split("<presence").filter(|one| one.contains("/Offhook-"));
        of_ours.last().unwrap_or_default().to_owned()
    }
}

fn write_pem(file: &Path, what: &str, der: &[u8]) {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).expect("Base64"))
        .collect();
    let pem = format!(
        "-----BEGIN {what}-----\n{}\n-----END {what}-----\n",
        lines.join("\n")
    );
    fs::write(file, pem).expect("a file of TLS");
}
