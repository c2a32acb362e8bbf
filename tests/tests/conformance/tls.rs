//! Doors before a double: with TLS, or such as can be closed.

use std::net::SocketAddr;
use std::sync::Arc;

use offhook_connect::phones::tls::Pin;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// TLS before a double, with the certificate that the tests of Asterisk use.
pub async fn tls_before(behind: SocketAddr) -> (u16, Pin, JoinHandle<()>) {
    let certificate =
        CertificateDer::from(&include_bytes!("../../../crates/connect/tests/data/asterisk-tls-cert.der")[..]);
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(
        &include_bytes!("../../../crates/connect/tests/data/asterisk-tls-key.der")[..],
    ));
    let pin = Pin::of(&certificate);
    let server =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate], key)
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        while let Ok((outside, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut outside) = acceptor.accept(outside).await else {
                    return;
                };
                let mut inside = TcpStream::connect(behind).await.unwrap();
                let _over = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    (port, pin, task)
}

/// Without TLS. Everything that goes through it ends with the task.
pub async fn door_before(behind: SocketAddr) -> (u16, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let task = tokio::spawn(async move {
        let mut through = JoinSet::new();
        while let Ok((mut outside, _)) = listener.accept().await {
            through.spawn(async move {
                let mut inside = TcpStream::connect(behind).await.unwrap();
                let _over = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
            });
        }
    });
    (port, task)
}
