//! A real Kamailio: presence with PUBLISH, dialogs as others publish them, and `as-feature-event`.

use std::fs;
use std::net::UdpSocket;
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use xtask::parts::{HOW_TO_INSTALL, KamailioRoot};

use crate::places;
use crate::process::{Running, program};
use crate::wait::try_wait_for;

const READY: Duration = Duration::from_secs(20);

/// Digest with the password `pw<user>` for everybody. Dialogs are published without one, as the servers of an exchange
/// do among themselves; one worker, since SQLite is locked else.
const CONFIG: &str = r#"#!KAMAILIO
debug=1
log_stderror=yes
children=1
tcp_children=1
listen=udp:127.0.0.1:@PORT@
listen=tcp:127.0.0.1:@PORT@
mpath="@MODULES@/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
loadmodule "db_sqlite.so"
loadmodule "presence.so"
loadmodule "presence_xml.so"
loadmodule "presence_dialoginfo.so"
loadmodule "pua.so"
loadmodule "presence_dfks.so"
modparam("db_sqlite", "db_set_journal_mode", "@FOLDER@/kam.sqlite=WAL")
modparam("db_sqlite", "db_set_journal_mode", "@FOLDER@/pua.sqlite=WAL")
modparam("presence", "db_url", "sqlite:///@FOLDER@/kam.sqlite")
modparam("pua", "db_url", "sqlite:///@FOLDER@/pua.sqlite")
modparam("presence", "server_address", "sip:127.0.0.1:@PORT@")
modparam("presence", "subs_db_mode", 0)
modparam("presence_dialoginfo", "force_single_dialog", 0)
modparam("pua", "outbound_proxy", "sip:127.0.0.1:@PORT@")
modparam("presence_xml", "force_active", 1)
modparam("presence_xml", "db_url", "sqlite:///@FOLDER@/kam.sqlite")
request_route {
    if (!mf_process_maxfwd_header("10")) { sl_send_reply("483","Too Many Hops"); exit; }
    if (has_totag()) { loose_route(); }
    if (is_method("SUBSCRIBE|PUBLISH")) {
        if ($sp != @PORT@ && !has_totag() && $hdr(Event) + $rm != "dialogPUBLISH"
            && !pv_www_authenticate("$fd", "pw$fU", "0")) { www_challenge("$fd", "1"); exit; }
        if (!t_newtran()) { sl_reply_error(); exit; }
        if (is_method("PUBLISH")) handle_publish(); else handle_subscribe();
        t_release();
        exit;
    }
    if (is_method("OPTIONS")) { sl_send_reply("200","OK"); exit; }
    sl_send_reply("405","Method Not Allowed");
}
"#;

/// A running Kamailio. Dropped: killed.
#[derive(Debug)]
pub struct Kamailio {
    _process: Running,
    port: u16,
    _folder: TempDir,
}

impl Kamailio {
    /// Starts one and waits until it answers.
    ///
    /// # Panics
    /// When it isn't set up on this machine or doesn't start.
    pub fn start() -> Self {
        let root = KamailioRoot::find(&places::parts())
            .unwrap_or_else(|| panic!("Kamailio is missing: {HOW_TO_INSTALL}"));
        // Another program may take a free port before Kamailio does.
        for attempt in 1.. {
            match Self::boot(&root) {
                Ok(kamailio) => return kamailio,
                Err(said) if attempt == 3 => panic!("Kamailio did not start and said: {said}"),
                Err(_) => {}
            }
        }
        unreachable!("the third attempt ends it")
    }

    fn boot(root: &KamailioRoot) -> Result<Self, String> {
        let folder = places::folder("kamailio");
        let port = places::free_port();
        for name in ["kam", "pua"] {
            make_tables(root, &folder.path().join(format!("{name}.sqlite")));
        }
        let config = CONFIG
            .replace("@PORT@", &port.to_string())
            .replace("@MODULES@", &root.modules.display().to_string())
            .replace("@FOLDER@", &folder.path().display().to_string());
        let file = folder.path().join("kamailio.cfg");
        fs::write(&file, config).expect("Kamailio's configuration");
        let mut command = by_its_loader(root, "usr/sbin/kamailio");
        command
            .arg("-f")
            .arg(&file)
            .args(["-DD", "-E", "-m", "32", "-M", "4", "-Y"])
            .arg(folder.path())
            .current_dir(folder.path());
        let mut process = Running::start("kamailio", command);
        let asked = UdpSocket::bind("127.0.0.1:0").expect("a port");
        asked
            .set_read_timeout(Some(Duration::from_millis(200)))
            .expect("a limit");
        let ready = try_wait_for(READY, || {
            if process.ended().is_some() {
                return Some(false);
            }
            exchange(&asked, port, &request("OPTIONS", "1", "", "")).map(|answer| answer.contains("200 OK"))
        });
        if ready != Some(true) {
            return Err(process.log().tail());
        }
        Ok(Self {
            _process: process,
            port,
            _folder: folder,
        })
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// The exchange tells of a dialog of an extension, as a proxy with calls would.
    ///
    /// # Panics
    /// When Kamailio does not take it.
    #[track_caller]
    pub fn tell_dialog(&self, extension: &str, id: &str, direction: &str, state: &str) {
        let body = format!(
            "<?xml version=\"1.0\"?>\r\n<dialog-info xmlns=\"urn:ietf:params:xml:ns:dialog-info\" version=\"0\" \
             state=\"full\" entity=\"sip:{extension}@127.0.0.1\">\r\n<dialog id=\"{id}\" call-id=\"{id}@pbx\" \
             direction=\"{direction}\">\r\n<state>{state}</state>\r\n<remote><identity>sip:1002@127.0.0.1\
             </identity></remote>\r\n</dialog>\r\n</dialog-info>\r\n"
        );
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a port");
        socket
            .set_read_timeout(Some(Duration::from_secs(5)))
            .expect("a limit");
        let more = "Event: dialog\r\nExpires: 60\r\nContent-Type: application/dialog-info+xml\r\n";
        let asked = request("PUBLISH", extension, more, &body);
        let answer = exchange(&socket, self.port, &asked).expect("an answer of Kamailio");
        assert!(answer.starts_with("SIP/2.0 200"), "{answer}");
    }
}

fn by_its_loader(root: &KamailioRoot, binary: &str) -> Command {
    let mut command = program(&root.loader);
    command
        .args(["--library-path", &root.libraries])
        .arg(root.root.join(binary));
    command
}

fn make_tables(root: &KamailioRoot, file: &std::path::Path) {
    for name in ["standard-create", "presence-create"] {
        let script = root.root.join(format!("usr/share/kamailio/db_sqlite/{name}.sql"));
        let script = fs::File::open(&script).expect("Kamailio's tables");
        let made = by_its_loader(root, "usr/bin/sqlite3")
            .arg(file)
            .stdin(Stdio::from(script))
            .output()
            .expect("sqlite3");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
}

fn request(method: &str, user: &str, more: &str, body: &str) -> String {
    let name: u64 = rand();
    format!(
        "{method} sip:{user}@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1;rport;branch=z9hG4bK{name:x}\r\n\
         Max-Forwards: 70\r\nFrom: <sip:{user}@127.0.0.1>;tag={name:x}\r\nTo: <sip:{user}@127.0.0.1>\r\n\
         Call-ID: {name:x}@lab\r\nCSeq: 1 {method}\r\n{more}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn exchange(socket: &UdpSocket, port: u16, text: &str) -> Option<String> {
    socket.send_to(text.as_bytes(), ("127.0.0.1", port)).ok()?;
    let mut buffer = [0; 4096];
    let length = socket.recv(&mut buffer).ok()?;
    Some(String::from_utf8_lossy(buffer.get(..length)?).into_owned())
}

/// Another name for each request.
fn rand() -> u64 {
    use std::hash::{BuildHasher as _, Hasher as _};
    std::collections::hash_map::RandomState::new()
        .build_hasher()
        .finish()
}
