//! Ports that are free, folders for one test, and the parts that were set up.

use std::collections::HashSet;
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};

use tempfile::TempDir;
use xtask::parts;

/// Ports handed out by this process, so that no two fixtures of it are given the same one.
static TAKEN: LazyLock<Mutex<HashSet<u16>>> = LazyLock::new(Mutex::default);

/// A loopback port that nothing listens on, chosen by the system.
pub fn free_port() -> u16 {
    free_ports(1)
}

/// The first of `count` neighbouring ports that are free for TCP and UDP.
///
/// # Panics
/// When the system has none after 200 attempts.
pub fn free_ports(count: u16) -> u16 {
    let mut taken = TAKEN.lock().expect("the ports");
    let free = |port: u16| {
        TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
            && UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
    };
    for _ in 0..200 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .and_then(|listener| listener.local_addr())
            .expect("a port from the system")
            .port();
        let Some(end) = first.checked_add(count) else {
            continue;
        };
        if (first..end).all(|port| !taken.contains(&port) && free(port)) {
            taken.extend(first..end);
            return first;
        }
    }
    panic!("the system has no {count} neighbouring free ports")
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
