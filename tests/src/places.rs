//! Ports that are free, folders for one test, and the parts that were set up.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU16, Ordering};

use tempfile::TempDir;
use xtask::parts;

/// Ports that fixtures are given. Below the range from which the system takes ports for outgoing connections: such a
/// one could be taken between the promise and the start of the program it was promised to.
const FIRST: u16 = 10_000;
const COUNT: u16 = 9_000;

/// The locks of the ports of this process. Tests run in many processes at once, and each needs its own.
static TAKEN: Mutex<Vec<File>> = Mutex::new(Vec::new());
static NEXT: AtomicU16 = AtomicU16::new(0);

/// A loopback port that nothing listens on and that no other test is given.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// The first of `count` neighbouring ports that are free for TCP and UDP.
///
/// # Panics
/// When all are taken.
pub fn free_ports(count: u16) -> u16 {
    let folder = std::env::temp_dir().join(format!(
        "offhook-lab-ports-{}",
        rustix::process::getuid().as_raw()
    ));
    fs::create_dir_all(&folder).expect("a folder for the locks of ports");
    // Every process begins somewhere else, so that they seldom meet.
    let begin = u16::try_from(std::process::id() * 61 % u32::from(COUNT)).expect("below the count");
    for _ in 0..COUNT {
        let at = (begin + NEXT.fetch_add(count, Ordering::Relaxed) % COUNT) % COUNT;
        let ports = FIRST + at..FIRST + at + count;
        let locks: Option<Vec<File>> = ports.map(|port| lock(&folder, port)).collect();
        if let Some(locks) = locks {
            TAKEN.lock().expect("the ports").extend(locks);
            return FIRST + at;
        }
    }
    panic!("no {count} neighbouring ports are free")
}

/// The lock of a port that is free.
fn lock(folder: &Path, port: u16) -> Option<File> {
    let file = File::create(folder.join(port.to_string())).ok()?;
    file.try_lock().ok()?;
    let address = (Ipv4Addr::LOCALHOST, port);
    (TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok()).then_some(file)
}

/// A folder for one test, removed with it. Its path is short, since sockets are made in it (107 bytes at most).
///
/// # Panics
/// When `/tmp` can't be written to.
pub fn folder(name: &str) -> TempDir {
    tempfile::Builder::new()
        .prefix(&format!("oh-{name}-"))
        .tempdir_in("/tmp")
        .expect("a folder in /tmp")
}

/// The cache folder with the parts that `cargo xtask setup` fetched.
///
/// # Panics
/// When the environment names none.
pub fn parts() -> PathBuf {
    parts::folder().unwrap_or_else(|sentence| panic!("{sentence}"))
}

/// A program of the system, by its name.
///
/// # Panics
/// When it isn't there, with how to install it.
pub fn system_program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/usr/sbin", "/usr/libexec"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("`{name}` is missing on this machine: {}", parts::HOW_TO_INSTALL))
}

/// A file that a test needs, or how to get it.
///
/// # Panics
/// When it isn't there.
#[track_caller]
pub fn needed(path: &Path) -> &Path {
    assert!(
        path.exists(),
        "{} is missing: {}",
        path.display(),
        parts::HOW_TO_INSTALL
    );
    path
}
