//! UDP and TCP on one port: bytes in and out, and what goes wrong on demand.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UdpSocket};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::JoinSet;

use super::Sip;
use super::wire::Incoming;
use crate::faults::{Fault, Place};
use crate::requests::Service;

/// How often what happens by itself is looked at.
const TICK: Duration = Duration::from_millis(10);
/// What something else than SIP says.
const OTHER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

/// One port of each kind, with the same number.
#[derive(Debug)]
pub(crate) struct Ports {
    tcp: TcpListener,
    udp: UdpSocket,
}

impl Ports {
    pub(crate) fn address(&self) -> std::io::Result<SocketAddr> {
        self.tcp.local_addr()
    }
}

/// 0: chosen by the system.
pub(crate) async fn bind(address: IpAddr, port: u16) -> std::io::Result<Ports> {
    for attempt in 0.. {
        let tcp = TcpListener::bind((address, port)).await?;
        let at = tcp.local_addr()?;
        let udp = if port == 0 {
            UdpSocket::bind(at).await
        } else {
            // Somebody of ours holds it.
            datagrams(at).and_then(|socket| UdpSocket::from_std(socket.into()))
        };
        match udp {
            Ok(udp) => {
                share(SockRef::from(&udp))?;
                return Ok(Ports { tcp, udp });
            }
            // Somebody else has this number for datagrams: another number.
            Err(error) if port != 0 || attempt > 20 => return Err(error),
            Err(_) => {}
        }
    }
    Err(std::io::ErrorKind::AddrInUse.into())
}

/// A port for datagrams that others of ours may hold as well.
pub(crate) fn datagrams(at: SocketAddr) -> std::io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(at), Type::DGRAM, None)?;
    share(SockRef::from(&socket))?;
    socket.set_nonblocking(true)?;
    socket.bind(&at.into())?;
    Ok(socket)
}

/// Windows would let anybody in, and refuses it once a port is had.
#[cfg(unix)]
fn share(socket: SockRef<'_>) -> std::io::Result<()> {
    socket.set_reuse_address(true)
}

#[cfg(not(unix))]
fn share(_: SockRef<'_>) -> std::io::Result<()> {
    Ok(())
}

/// Where messages to somebody go.
#[derive(Debug, Clone)]
pub(super) struct Peer {
    pub(super) address: String,
    out: UnboundedSender<(SocketAddr, String)>,
    to: SocketAddr,
    pub(super) transport: &'static str,
}

impl Peer {
    pub(super) fn send(&self, text: String) {
        // A connection that is gone takes nothing more.
        let _gone = self.out.send((self.to, text));
    }
}

/// Serves until the future is dropped; its connections end with it.
pub(crate) async fn serve(sip: Arc<Sip>, ports: Ports) {
    let mut tasks = JoinSet::new();
    let udp = Arc::new(ports.udp);
    let (out, outgoing) = mpsc::unbounded_channel();
    tasks.spawn(send_datagrams(Arc::clone(&udp), outgoing));
    tasks.spawn(hear_datagrams(Arc::clone(&sip), udp, out));
    let live = Arc::clone(&sip);
    tasks.spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            if !live.is_silent() {
                live.tell_news();
            }
        }
    });
    loop {
        tokio::select! {
            accepted = ports.tcp.accept() => if let Ok((stream, from)) = accepted {
                tasks.spawn(connection(Arc::clone(&sip), stream, from));
            },
            Some(_) = tasks.join_next() => {}
        }
    }
}

async fn send_datagrams(udp: Arc<UdpSocket>, mut outgoing: UnboundedReceiver<(SocketAddr, String)>) {
    while let Some((to, text)) = outgoing.recv().await {
        // Whoever is gone is told nothing more.
        let _gone = udp.send_to(text.as_bytes(), to).await;
    }
}

async fn hear_datagrams(sip: Arc<Sip>, udp: Arc<UdpSocket>, out: UnboundedSender<(SocketAddr, String)>) {
    let mut buffer = vec![0; 65_536];
    loop {
        // A peer that is gone shows as an error of the next receive.
        let Ok((length, from)) = udp.recv_from(&mut buffer).await else {
            continue;
        };
        if sip.faults.is_struck(Place::PbxConnect, &Fault::PbxNotAsterisk) {
            let _gone = udp.send_to(OTHER, from).await;
            continue;
        }
        let lost = {
            let mut inside = sip.inside.lock();
            inside.coin = !inside.coin;
            inside.habits.loses && inside.coin
        };
        if lost || sip.faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
            continue;
        }
        let peer = Peer {
            address: from.to_string(),
            out: out.clone(),
            to: from,
            transport: "UDP",
        };
        if let Ok(Some((message, _))) = Incoming::cut(&buffer[..length]) {
            take(&sip, &message, &peer).await;
        }
    }
}

async fn connection(sip: Arc<Sip>, mut stream: TcpStream, from: SocketAddr) {
    let _ = stream.set_nodelay(true);
    if sip.faults.is_struck(Place::PbxConnect, &Fault::PbxRefuses) {
        return;
    }
    if sip.faults.is_struck(Place::PbxConnect, &Fault::PbxNotAsterisk) {
        let _gone = stream.write_all(OTHER).await;
        return;
    }
    let (out, mut outgoing) = mpsc::unbounded_channel();
    let peer = Peer {
        address: from.to_string(),
        out,
        to: from,
        transport: "TCP",
    };
    let (mut waiting, mut buffer) = (Vec::new(), vec![0; 16_384]);
    loop {
        tokio::select! {
            read = stream.read(&mut buffer) => match read {
                Ok(0) | Err(_) => break,
                Ok(length) => waiting.extend_from_slice(&buffer[..length]),
            },
            Some((_, text)) = outgoing.recv() => {
                if stream.write_all(text.as_bytes()).await.is_err() {
                    break;
                }
                continue;
            }
        }
        loop {
            match Incoming::cut(&waiting) {
                Ok(Some((message, length))) => {
                    waiting.drain(..length);
                    if sip.faults.is_struck(Place::PbxAction, &Fault::PbxReset) {
                        sip.forget(&peer.address);
                        return;
                    }
                    take(&sip, &message, &peer).await;
                }
                Ok(None) => break,
                Err(_) => {
                    sip.forget(&peer.address);
                    return;
                }
            }
        }
    }
    sip.forget(&peer.address);
}

async fn take(sip: &Sip, message: &Incoming, peer: &Peer) {
    if message.is_answer() {
        sip.answered(message);
        return;
    }
    let path = match message.value("Event") {
        "" => message.uri(),
        event => event,
    };
    let text = format!("{message:?}");
    let number = sip
        .requests
        .arrived(Service::Sip, message.method(), path, text, sip.clock.micros());
    if let Some(delay) = sip.faults.delay(Place::PbxAction) {
        tokio::time::sleep(delay).await;
    }
    if sip.is_silent() {
        return;
    }
    let status = sip.handle(message, peer);
    sip.requests.answered(number, status, sip.clock.micros());
}
