//! TLS before the pretend Graph, so that a measured Offhook carries what it carries in real life: a TLS library in
//! use, and the system's whole list of authorities read.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use offhook_tests::places;
use offhook_tests::runtime::{block_on, handle};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// Where Debian keeps all authorities in one file.
const SYSTEM: &str = "/etc/ssl/certs/ca-certificates.crt";

/// Passes plain bytes of TLS connections on to a server. Ends when dropped.
#[derive(Debug)]
pub struct Front {
    port: u16,
    folder: TempDir,
    server: JoinHandle<()>,
}

impl Front {
    /// # Panics
    /// Without `openssl`.
    pub fn before(server: SocketAddr) -> Self {
        // Another user of the same process may have been first, with the same provider.
        drop(rustls::crypto::ring::default_provider().install_default());
        let folder = places::folder("tls");
        let acceptor = TlsAcceptor::from(Arc::new(identity(folder.path())));
        let listener = block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))).expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let server = handle().spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(pass_on(acceptor.clone(), stream, server));
            }
        });
        Self { port, folder, server }
    }

    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// The system's authorities and ours, for `SSL_CERT_FILE`.
    pub fn authorities(&self) -> PathBuf {
        self.folder.path().join("all.pem")
    }

    /// Our own authority.
    pub fn authority(&self) -> Vec<u8> {
        fs::read(self.folder.path().join("ca.pem")).expect("our authority")
    }
}

impl Drop for Front {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn pass_on(acceptor: TlsAcceptor, stream: TcpStream, server: SocketAddr) {
    let _ = stream.set_nodelay(true);
    // A connection that breaks is the client's affair.
    let Ok(mut outside) = acceptor.accept(stream).await else {
        return;
    };
    let Ok(mut inside) = TcpStream::connect(server).await else {
        return;
    };
    let _ = inside.set_nodelay(true);
    let _ = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
}

/// An authority and a certificate for 127.0.0.1, made for this run.
fn identity(folder: &Path) -> ServerConfig {
    let make = |name: &str, more: &[&str]| {
        let mut command = Command::new(places::system_program("openssl"));
        command
            .current_dir(folder)
            .args(["req", "-x509", "-nodes", "-days", "2", "-newkey", "ec"]);
        command.args(["-pkeyopt", "ec_paramgen_curve:prime256v1"]);
        command.args(["-keyout", &format!("{name}.key"), "-out", &format!("{name}.pem")]);
        let output = command.args(more).output().expect("openssl");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "openssl: {said}");
    };
    let ca = [
        "-subj",
        "/CN=Offhook bench",
        "-addext",
        "basicConstraints=critical,CA:TRUE",
    ];
    make("ca", &ca);
    let server = [
        "-subj",
        "/CN=127.0.0.1",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
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
