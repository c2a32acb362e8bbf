//! Where the socket is, the file that says so, and folders and files for the person alone.

use crate::ledger_file::{put_in_place, without_path};
use offhook_protocol::place::{RUN_FILE, RunFile};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The longest path a unix socket may have here, in bytes: systems stop between 104 and 108.
#[cfg(unix)]
const MAX_SOCKET_PATH: usize = 100;

/// Why there is no control socket, or no file. The texts name a file by its own name and no folder: they are logged, and
/// in a path stands who the person is.
#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("the folder cannot be used: {source}")]
    Folder { path: PathBuf, source: std::io::Error },
    #[error("the folder belongs to another user")]
    Foreign { path: PathBuf },
    #[error("{} is in the way: it is no socket", own_name(path))]
    InTheWay { path: PathBuf },
    #[error("the socket {} cannot be opened: {source}", own_name(path))]
    Socket { path: PathBuf, source: std::io::Error },
    #[error(
        "the path of the data directory is too long for a socket and there is no private folder beside it"
    )]
    TooLong,
    #[error("{} cannot be written: {source}", own_name(path))]
    File { path: PathBuf, source: std::io::Error },
}

impl PlaceError {
    /// What it is about, whole: for the person's own eyes, not for the log.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Folder { path, .. }
            | Self::Foreign { path }
            | Self::InTheWay { path }
            | Self::Socket { path, .. }
            | Self::File { path, .. } => Some(path),
            Self::TooLong => None,
        }
    }
}

fn own_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

/// The socket and `run.json` of one data directory. Dropping it removes both.
#[derive(Debug)]
pub(super) struct Place {
    socket: PathBuf,
    run_file: PathBuf,
    /// Before, what lies there is not ours to remove.
    is_open: bool,
}

impl Place {
    /// Chooses the socket's place and makes the data directory private. `runtime`: a private folder of the
    /// session for a socket whose path would be too long.
    pub(super) fn choose(data_dir: &Path, runtime: Option<PathBuf>) -> Result<Self, PlaceError> {
        let data_dir = private_folder(data_dir)?;
        let socket = socket_for(&data_dir, runtime)?;
        Ok(Self {
            socket,
            run_file: data_dir.join(RUN_FILE),
            is_open: false,
        })
    }

    pub(super) fn socket(&self) -> &Path {
        &self.socket
    }

    /// The socket is open: writes `run.json`.
    pub(super) fn announce(&mut self) -> Result<(), PlaceError> {
        self.is_open = true;
        let run = RunFile {
            v: 1,
            socket: self.socket.to_string_lossy().into_owned(),
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").into(),
            started: jiff::Timestamp::from_second(jiff::Timestamp::now().as_second())
                .unwrap_or_default()
                .to_string(),
        };
        write_private_json(&self.run_file, &run)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.is_open {
            return;
        }
        // What cannot be removed is found stale at the next start.
        let _ = std::fs::remove_file(&self.run_file);
        if cfg!(unix) {
            let _ = std::fs::remove_file(&self.socket);
        }
    }
}

/// Makes the folder if need be, for this user alone, and gives its absolute path.
///
/// # Errors
/// When it belongs to another user or cannot be made private.
pub fn private_folder(folder: &Path) -> Result<PathBuf, PlaceError> {
    let failed = |source| PlaceError::Folder {
        path: folder.to_owned(),
        source,
    };
    let absolute = std::path::absolute(folder).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&absolute)
            .map_err(failed)?;
        let found = std::fs::metadata(&absolute).map_err(failed)?;
        if found.uid() != rustix::process::geteuid().as_raw() {
            return Err(PlaceError::Foreign { path: absolute });
        }
        if found.mode() & 0o077 != 0 {
            let private = std::fs::Permissions::from_mode(0o700);
            std::fs::set_permissions(&absolute, private).map_err(failed)?;
        }
    }
    #[cfg(not(unix))]
    std::fs::create_dir_all(&absolute).map_err(failed)?;
    Ok(absolute)
}

/// Writes a file for this user alone (0600), whole or not at all.
///
/// # Errors
/// [`PlaceError::File`] with its path.
pub fn write_private_json(path: &Path, value: &impl serde::Serialize) -> Result<(), PlaceError> {
    let write = || -> std::io::Result<()> {
        let mut text = serde_json::to_vec(value)?;
        text.push(b'\n');
        // Temporary files are made with mode 0600, in the same folder so that the rename is one step.
        let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
        file.write_all(&text)?;
        file.as_file().sync_all()?;
        put_in_place(file, path)
    };
    write().map_err(|error| PlaceError::File {
        path: path.to_owned(),
        source: without_path(error),
    })
}

/// A name made from the data directory's path, so that two of them do not meet.
pub(crate) fn hash_of(data_dir: &Path) -> String {
    use sha2::Digest;
    let digest = sha2::Sha256::digest(data_dir.as_os_str().as_encoded_bytes());
    digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(unix)]
fn socket_for(data_dir: &Path, runtime: Option<PathBuf>) -> Result<PathBuf, PlaceError> {
    let fits = |path: &PathBuf| path.as_os_str().len() <= MAX_SOCKET_PATH;
    let usual = data_dir.join(offhook_protocol::place::SOCKET_FILE);
    if fits(&usual) {
        return Ok(usual);
    }
    let name = format!("offhook-{}.sock", hash_of(data_dir));
    if let Some(runtime) = runtime
        .filter(|folder| is_private(folder))
        .map(|folder| folder.join(&name))
        && fits(&runtime)
    {
        return Ok(runtime);
    }
    // No session folder (a service, macOS): one of our own among the temporary files.
    let own = std::env::temp_dir().join(format!("offhook-{}", rustix::process::geteuid().as_raw()));
    let socket = own.join(name);
    if !fits(&socket) {
        return Err(PlaceError::TooLong);
    }
    private_folder(&own)?;
    // Not through a link that somebody else laid there.
    if is_private(&own) {
        Ok(socket)
    } else {
        Err(PlaceError::Foreign { path: own })
    }
}

/// A folder of this user, no link, closed to others.
#[cfg(unix)]
fn is_private(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    folder.is_absolute()
        && std::fs::symlink_metadata(folder).is_ok_and(|found| {
            found.is_dir() && found.uid() == rustix::process::geteuid().as_raw() && found.mode() & 0o077 == 0
        })
}

/// Another name with each start: one that could be known beforehand could be taken beforehand.
#[cfg(not(unix))]
fn socket_for(data_dir: &Path, _runtime: Option<PathBuf>) -> Result<PathBuf, PlaceError> {
    let random = getrandom::u64().map_err(|error| PlaceError::Socket {
        path: data_dir.to_owned(),
        source: std::io::Error::other(error),
    })?;
    let hash = hash_of(data_dir);
    Ok(PathBuf::from(format!(r"\\.\pipe\offhook-{hash}-{random:016x}")))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn long(root: &Path) -> PathBuf {
        let folder = root.join("x".repeat(100));
        std::fs::create_dir(&folder).unwrap();
        folder
    }

    #[test]
    fn a_short_path_stays_in_the_data_directory() {
        let root = tempfile::tempdir().unwrap();
        let place = Place::choose(&root.path().join("new/data"), None).unwrap();
        assert_eq!(place.socket(), root.path().join("new/data/control.sock"));
        assert_eq!(mode(&root.path().join("new/data")), 0o700);
    }

    #[test]
    fn a_long_path_moves_to_the_session_folder_and_two_do_not_meet() {
        let root = tempfile::tempdir().unwrap();
        let runtime = private_folder(&root.path().join("run")).unwrap();
        let folder = long(root.path());
        let one = Place::choose(&folder.join("1"), Some(runtime.clone())).unwrap();
        let two = Place::choose(&folder.join("2"), Some(runtime.clone())).unwrap();
        assert_eq!(one.socket().parent(), Some(runtime.as_path()));
        let name = one.socket().file_name().unwrap().to_str().unwrap();
        assert!(name.starts_with("offhook-") && name.ends_with(".sock"), "{name}");
        assert_ne!(one.socket(), two.socket());
    }

    #[test]
    fn a_session_folder_open_to_others_is_not_used() {
        let root = tempfile::tempdir().unwrap();
        let open = private_folder(&root.path().join("run")).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o755)).unwrap();
        let place = Place::choose(&long(root.path()), Some(open.clone())).unwrap();
        let folder = place.socket().parent().unwrap();
        assert_ne!(folder, open);
        assert_eq!(mode(folder), 0o700);
    }

    #[test]
    fn a_data_directory_open_to_others_is_closed() {
        let root = tempfile::tempdir().unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        private_folder(root.path()).unwrap();
        assert_eq!(mode(root.path()), 0o700);
    }

    #[test]
    fn no_error_says_whose_folder_it_is() {
        let root = tempfile::tempdir().unwrap();
        let home = root.path().join("ada.lovelace");
        std::fs::create_dir(&home).unwrap();
        std::fs::write(home.join("file"), "").unwrap();
        let path = home.join("file").join("offhook");
        let source = || std::io::Error::from(std::io::ErrorKind::PermissionDenied);
        let errors = [
            private_folder(&path).unwrap_err(),
            write_private_json(&home.join("gone").join("hook.json"), &1).unwrap_err(),
            PlaceError::Foreign { path: home.clone() },
            PlaceError::InTheWay {
                path: home.join("control.sock"),
            },
            PlaceError::Socket {
                path: home.join("control.sock"),
                source: source(),
            },
        ];
        for error in errors {
            let said = whole(&error);
            assert!(!said.contains("ada"), "{said}");
            assert!(error.path().unwrap().starts_with(&home));
        }
        let said = write_private_json(&home.join("gone").join("hook.json"), &1).unwrap_err();
        assert!(
            said.to_string().starts_with("hook.json cannot be written: "),
            "{said}"
        );
    }

    /// With everything that lies behind it.
    fn whole(error: &dyn std::error::Error) -> String {
        match error.source() {
            Some(behind) => format!("{error}: {}", whole(behind)),
            None => error.to_string(),
        }
    }

    #[test]
    fn files_are_private_and_replaced_whole() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("f.json");
        write_private_json(&path, &"one").unwrap();
        write_private_json(&path, &"two").unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "\"two\"\n");
        assert_eq!(mode(&path), 0o600);
        assert_eq!(
            std::fs::read_dir(root.path()).unwrap().count(),
            1,
            "nothing is left behind"
        );
    }
}
