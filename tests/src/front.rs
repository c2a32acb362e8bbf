//! TLS before a server that has none, with an authority of its own that nobody trusts by itself.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::places;
use crate::runtime::{block_on, handle};

/// Where Debian keeps all authorities in one file.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Passes plain bytes of TLS connections on to a server. Ends when dropped.
#[derive(Debug)]
pub struct Front {
    port: u16,
    folder: TempDir,
    server: JoinHandle<()>,
    /// Where the bytes of each connection go; a change ends those that are open.
    inside: watch::Sender<SocketAddr>,
}

impl Front {
    /// # Panics
    /// Without `openssl`.
    pub fn before(server: SocketAddr) -> Self {
        Self::named(server, "IP:127.0.0.1")
    }

    /// With a certificate for this name: `DNS:graph.example.com`.
    ///
    /// # Panics
    /// Without `openssl`.
    pub fn named(server: SocketAddr, name: &str) -> Self {
        // Another user of the same process may have been first, with the same provider.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = places::folder("tls");
        let acceptor = TlsAcceptor::from(Arc::new(identity(folder.path(), name)));
        let listener = block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let (inside, to) = watch::channel(server);
        let server = handle().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(acceptor.clone(), stream, to.clone()));
            }
        });
        Self {
            port,
            folder,
            server,
            inside,
        }
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The system's authorities and ours, for `SSL_CERT_FILE`.
    pub fn authorities(&self) -> PathBuf {
        self.folder.path().join("all.pem")
    }

    /// To another server from now on. Connections that are open end.
    pub fn lead(&self, server: SocketAddr) {
        self.inside.send_replace(server);
    }

    pub fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    /// The file of our own authority.
    pub fn authority_file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Our own authority.
    pub fn authority(&self) -> Vec<u8> {
        fs::read(self.authority_file()).expect("our authority")
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(acceptor: TlsAcceptor, stream: TcpStream, mut server: watch::Receiver<SocketAddr>) {
    let _ = stream.set_nodelay(true);
    // A connection that breaks is the client's affair.
    let Ok(mut outside) = acceptor.accept(stream).await else {
        return;
    };
    let there = *server.borrow_and_update();
    let Ok(mut inside) = TcpStream::connect(there).await else {
        return;
    };
    let _ = inside.set_nodelay(true);
    tokio::select! {
        _over = tokio::io::copy_bidirectional(&mut outside, &mut inside) => {}
        _led = server.changed() => {}
    }
}

/// An authority and a certificate, made for this run.
fn identity(folder: &Path, name: &str) -> ServerConfig {
    let make = |file: &str, more: &[&str]| {
        let mut command = Command::new(places::system_program("openssl"));
        command
            .current_dir(folder)
            .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
        command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        command.args(["-keyout", &format!("{file}.key"), "-out", &format!("{file}.pem")]);
        let output = command.args(more).output().expect("openssl");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "openssl: {said}");
    };
    let ca = [
        "-subj",
        "/CN=Offhook test authority",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
    ];
    make("ca", &ca);
    let names = format!("subjectAltName={name}");
    let server = [
        "-subj",
        "/CN=Offhook test",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        &names,
        "-addext",
        "basicConstraints=critical,CA:FALSE",
        "-addext",
        "extendedKeyUsage=serverAuth",
    ];
    make("server", &server);
    let own = fs::read_to_string(folder.join("ca.pem")).expect("our authority");
    let system = fs::read_to_string(SYSTEM).expect("the system's authorities");
    fs::write(folder.join("all.pem"), format!("{system}\n{own}")).expect("the authorities");
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).expect("a key");
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key")
}
