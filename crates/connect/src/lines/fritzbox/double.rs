//! A box with its call monitor switched on: takes whoever connects, sends lines, and listens to nothing.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug)]
pub(super) struct Double {
    pub address: SocketAddr,
    clients: Arc<Mutex<Vec<TcpStream>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Double {
    pub(super) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    pub(super) fn at(address: SocketAddr) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener: TcpListener = socket.listen(8).unwrap();
        let address = listener.local_addr().unwrap();
        let clients = Arc::new(Mutex::new(Vec::new()));
        let taken = Arc::clone(&clients);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                taken.lock().unwrap().push(stream);
            }
        });
        Self {
            address,
            clients,
            task,
        }
    }

    /// As it is: an end of line is part of it.
    pub(super) async fn sends(&self, text: &str) {
        let mut clients = std::mem::take(&mut *self.clients.lock().unwrap());
        for client in &mut clients {
            client.write_all(text.as_bytes()).await.unwrap();
        }
        self.clients.lock().unwrap().extend(clients);
    }

    /// Who connected may not have been taken yet.
    pub(super) fn has_client(&self) -> bool {
        !self.clients.lock().unwrap().is_empty()
    }

    /// The box restarts, or its network is gone for a moment: it still listens.
    pub(super) fn hangs_up(&self) {
        self.clients.lock().unwrap().clear();
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}
