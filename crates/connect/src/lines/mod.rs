//! Line sources, one folder or file each.

pub mod baresip;
pub mod deskphone;
pub(crate) mod door;
pub mod fritzbox;
pub mod hook;
pub mod jami;
pub mod linphone;
pub mod microphone;
pub mod microsip;
pub mod sip;
pub mod tapi;

use crate::port::LineCommand;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::{Instant, sleep_until};

/// Waits between two connections; there is nothing to resync meanwhile. `false`: the driver is gone.
async fn rest(wait: Duration, commands: &mut UnboundedReceiver<LineCommand>) -> bool {
    let until = Instant::now() + wait;
    loop {
        tokio::select! {
            () = sleep_until(until) => return true,
            command = commands.recv() => match command {
                Some(LineCommand::Resync) => {}
                None => return false,
            },
        }
    }
}

/// The kernel asks whether the other host is still there, without waking us.
fn keep_alive(stream: &TcpStream) {
    let every = socket2::TcpKeepalive::new()
        .with_time(Duration::from_secs(60))
        .with_interval(Duration::from_secs(20));
    let _ = socket2::SockRef::from(stream).set_tcp_keepalive(&every);
    let _ = stream.set_nodelay(true);
}
