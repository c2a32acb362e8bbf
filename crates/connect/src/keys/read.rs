//! A dropped file's bytes.

use offhook_pbxkey::{KeyFault, MAX_BYTES};
use std::fs::{File, OpenOptions};
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

/// How long a file may take, for example on a network drive that is not there.
pub(crate) const READ_LIMIT: Duration = Duration::from_secs(10);

/// Reads what lies at an absolute path, if it is a file and small enough to be a key file. It is opened once, and
/// size and kind are asked of what was opened, so that nothing can be exchanged in between. Blocks.
///
/// # Errors
/// [`KeyFault::NotAFile`] for a folder, a link, a device, a pipe, and whatever can't be read;
/// [`KeyFault::NotReadable`] for a file that the person has no right to; [`KeyFault::TooLarge`], found before
/// anything is read.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, KeyFault> {
    if !path.is_absolute() {
        return Err(KeyFault::NotAFile);
    }
    let limit = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX);
    let file = open(path).map_err(|error| {
        tracing::debug!(%error, "the dropped file could not be opened");
        refused(path, &error)
    })?;
    let metadata = file.metadata().map_err(|_| KeyFault::NotAFile)?;
    // Of a link that was opened as such, neither is true.
    if !metadata.is_file() {
        return Err(KeyFault::NotAFile);
    }
    if metadata.len() > limit {
        return Err(KeyFault::TooLarge);
    }
    let mut bytes = Vec::new();
    // One byte more than allowed: a file that grows meanwhile is too large as well.
    file.take(limit.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|_| KeyFault::NotAFile)?;
    if bytes.len() > MAX_BYTES {
        return Err(KeyFault::TooLarge);
    }
    Ok(bytes)
}

/// Why it could not be opened. Windows denies access to a folder as well.
fn refused(path: &Path, error: &std::io::Error) -> KeyFault {
    let is_no_file = || path.symlink_metadata().is_ok_and(|found| !found.is_file());
    if error.kind() == std::io::ErrorKind::PermissionDenied && !is_no_file() {
        KeyFault::NotReadable
    } else {
        KeyFault::NotAFile
    }
}

/// Without following a link, and without waiting for the other end of a pipe.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use rustix::fs::OFlags;
        use std::os::unix::fs::OpenOptionsExt as _;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(flags.bits().cast_signed());
    }
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt as _;
        const FILE_FLAG_OPEN_REPARSE_POINT: u32 = 0x0020_0000;
        options.custom_flags(FILE_FLAG_OPEN_REPARSE_POINT);
    }
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_small_file_is_read_whatever_its_name() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["k.pbxkey", "ein Schlüssel.txt", "-x"] {
            let path = folder.path().join(name);
            fs::write(&path, vec![b'x'; MAX_BYTES]).unwrap();
            assert_eq!(read(&path).map(|bytes| bytes.len()), Ok(MAX_BYTES), "{name}");
        }
        let empty = folder.path().join("empty");
        fs::write(&empty, "").unwrap();
        assert_eq!(read(&empty), Ok(Vec::new()));
    }

    #[test]
    fn one_byte_too_many_is_too_large_and_a_huge_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("large");
        fs::write(&path, vec![b' '; MAX_BYTES + 1]).unwrap();
        assert_eq!(read(&path), Err(KeyFault::TooLarge));
        // A terabyte with nothing in it: reading it would never end.
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert_eq!(read(&path), Err(KeyFault::TooLarge));
    }

    #[test]
    fn what_is_no_file_is_refused_without_waiting() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), "{}").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        std::os::unix::fs::symlink(at("gone"), at("dangling")).unwrap();
        fs::create_dir(at("folder")).unwrap();
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, at("pipe"), rustix::fs::FileType::Fifo, mode, 0).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
        for name in ["link", "dangling", "folder", "pipe", "socket", "gone"] {
            assert_eq!(read(&at(name)), Err(KeyFault::NotAFile), "{name}");
        }
        assert_eq!(read(Path::new("/dev/zero")), Err(KeyFault::NotAFile));
        assert_eq!(read(Path::new("file")), Err(KeyFault::NotAFile), "relative");
        // A folder on the way may be a link: that is how many desktops arrange a home.
        std::os::unix::fs::symlink(folder.path(), at("way")).unwrap();
        assert_eq!(read(&at("way").join("file")), Ok(b"{}".to_vec()));
    }

    #[test]
    fn a_file_that_the_person_may_not_read_is_told_from_what_is_no_file() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let mode = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        mode(folder.path(), 0o755);
        fs::write(at("file"), "{}").unwrap();
        fs::create_dir(at("folder")).unwrap();
        fs::create_dir(at("closed")).unwrap();
        fs::write(at("closed").join("file"), "{}").unwrap();
        for name in ["file", "folder", "closed"] {
            mode(&at(name), 0o000);
        }
        let paths = ["file", "closed/file", "folder"].map(at);
        // Root may read everything: a thread can be somebody else.
        let outcomes = std::thread::spawn(move || {
            if rustix::process::geteuid().is_root() {
                let nobody = rustix::process::Uid::from_raw(65_534);
                rustix::thread::set_thread_res_uid(nobody, nobody, nobody).unwrap();
            }
            paths.map(|path| read(&path))
        });
        let outcomes = outcomes.join().unwrap();
        mode(&at("closed"), 0o700);
        let [unreadable, folder] = [KeyFault::NotReadable, KeyFault::NotAFile].map(Err);
        assert_eq!(outcomes, [unreadable.clone(), unreadable, folder]);
    }
}
