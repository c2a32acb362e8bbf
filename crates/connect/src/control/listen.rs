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

/// Everything for whoever owns the pipe, which is the person who runs this program, and nothing for anybody else: no
/// administrator, no service, no other user. "P": nothing is inherited.
#[cfg(windows)]
const FOR_THE_OWNER: &str = "D:P(A;;GA;;;OW)";

#[cfg(windows)]
type Pipe = interprocess::os::windows::named_pipe::tokio::DuplexPipeStream<
    interprocess::os::windows::named_pipe::pipe_mode::Bytes,
>;

#[cfg(windows)]
#[derive(Debug)]
pub(super) struct Door(
    interprocess::os::windows::named_pipe::tokio::PipeListener<
        interprocess::os::windows::named_pipe::pipe_mode::Bytes,
        interprocess::os::windows::named_pipe::pipe_mode::Bytes,
    >,
);

#[cfg(windows)]
impl Door {
    /// Remote clients are refused by the system.
    pub(super) fn open(socket: &Path) -> Result<Self, PlaceError> {
        use interprocess::os::windows::ToWtf16 as _;
        use interprocess::os::windows::named_pipe::PipeListenerOptions;
        use interprocess::os::windows::security_descriptor::SecurityDescriptor;
        let open = || {
            let access =
                SecurityDescriptor::deserialize(&FOR_THE_OWNER.to_wtf_16().map_err(std::io::Error::other)?)?;
            // The first instance: fails when another program has taken the name before us.
            PipeListenerOptions::new()
                .path(socket)
                .security_descriptor(Some(access))
                .create_tokio_duplex()
        };
        open().map(Self).map_err(|source| PlaceError::Socket {
            path: socket.to_owned(),
            source,
        })
    }

    pub(super) async fn accept(&mut self) -> std::io::Result<Option<Pipe>> {
        Ok(Some(self.0.accept().await?))
    }
}
