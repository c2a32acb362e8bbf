//! Accepting clients: a unix socket for the same user only, or a Windows pipe.

use super::place::PlaceError;
use std::path::Path;

#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Door(tokio::net::UnixListener);

#[cfg(unix)]
impl Door {
    pub(super) fn open(socket: &Path) -> Result<Self, PlaceError> {
        use std::os::unix::fs::{FileTypeExt, PermissionsExt};
        let failed = |source| PlaceError::Socket {
            path: socket.to_owned(),
            source,
        };
        match std::fs::symlink_metadata(socket) {
            // The caller holds the instance lock: nobody listens there any more.
            Ok(found) if found.file_type().is_socket() => std::fs::remove_file(socket).map_err(failed)?,
            Ok(_) => {
                return Err(PlaceError::InTheWay {
                    path: socket.to_owned(),
                });
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(error)),
        }
        let listener = tokio::net::UnixListener::bind(socket).map_err(failed)?;
        // Until here the folder alone keeps others out.
        std::fs::set_permissions(socket, std::fs::Permissions::from_mode(0o600)).map_err(failed)?;
        Ok(Self(listener))
    }

    /// `None`: another user, already closed. Root is another user too.
    pub(super) async fn accept(&mut self) -> std::io::Result<Option<tokio::net::UnixStream>> {
        let (stream, _) = self.0.accept().await?;
        let ours = rustix::process::geteuid().as_raw();
        Ok((stream.peer_cred()?.uid() == ours).then_some(stream))
    }
}

/// The pipe keeps Windows' own access list: full access for the user, administrators and the system, reading
/// alone for everybody else, who therefore cannot greet and is closed after the greeting's time. A list of the
/// user alone needs an unsafe call.
#[cfg(windows)]
#[derive(Debug)]
pub(super) struct Door {
    name: std::path::PathBuf,
    next: tokio::net::windows::named_pipe::NamedPipeServer,
}

#[cfg(windows)]
impl Door {
    pub(super) fn open(socket: &Path) -> Result<Self, PlaceError> {
        // The first instance: fails when another program has taken the name before us.
        let next = Self::options()
            .first_pipe_instance(true)
            .create(socket)
            .map_err(|source| PlaceError::Socket {
                path: socket.to_owned(),
                source,
            })?;
        Ok(Self {
            name: socket.to_owned(),
            next,
        })
    }

    pub(super) async fn accept(
        &mut self,
    ) -> std::io::Result<Option<tokio::net::windows::named_pipe::NamedPipeServer>> {
        self.next.connect().await?;
        // The next one first, so that there is always an instance to connect to.
        let next = Self::options().create(&self.name)?;
        Ok(Some(std::mem::replace(&mut self.next, next)))
    }

    fn options() -> tokio::net::windows::named_pipe::ServerOptions {
        let mut options = tokio::net::windows::named_pipe::ServerOptions::new();
        options.reject_remote_clients(true);
        options
    }
}
