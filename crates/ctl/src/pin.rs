//! Public keys of phone systems, to be pinned in key files.

use crate::failure::Failure;
use offhook_pbxkey::{Host, SpkiPin};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(10);

/// The pin of the key that a phone system shows now. Whoever answers is believed: the administrator compares.
pub(crate) fn of_host(host: &Host, port: u16) -> Result<SpkiPin, Failure> {
    let failed = |what: &dyn std::fmt::Display| Failure::Refused(format!("{}:{port}: {what}", host.in_url()));
    let mut addresses = (host.as_str(), port)
        .to_socket_addrs()
        .map_err(|error| failed(&error))?;
    let address = addresses.next().ok_or_else(|| failed(&"no address"))?;
    let mut stream = TcpStream::connect_timeout(&address, LIMIT).map_err(|error| failed(&error))?;
    for set in [TcpStream::set_read_timeout, TcpStream::set_write_timeout] {
        set(&stream, Some(LIMIT)).map_err(|error| failed(&error))?;
    }
    let name = ServerName::try_from(host.as_str().to_owned()).map_err(|error| failed(&error))?;
    let mut connection = ClientConnection::new(Arc::new(client().map_err(|error| failed(&error))?), name)
        .map_err(|error| failed(&error))?;
    while connection.is_handshaking() {
        connection
            .complete_io(&mut stream)
            .map_err(|error| failed(&error))?;
    }
    let shown = connection
        .peer_certificates()
        .and_then(|certificates| certificates.first());
    let certificate = shown.ok_or_else(|| failed(&"no certificate"))?;
    of_certificate(certificate).map_err(|error| failed(&error))
}

/// The pin of the key in a certificate's file, PEM or DER.
pub(crate) fn of_file(path: &Path) -> Result<SpkiPin, Failure> {
    let failed = |what: &dyn std::fmt::Display| Failure::Refused(format!("{}: {what}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| failed(&error))?;
    let certificate = CertificateDer::from_pem_slice(&bytes).unwrap_or_else(|_| CertificateDer::from(bytes));
    of_certificate(&certificate).map_err(|error| failed(&error))
}

fn of_certificate(certificate: &CertificateDer<'_>) -> Result<SpkiPin, rustls::Error> {
    let key = ParsedCertificate::try_from(certificate)?.subject_public_key_info();
    Ok(SpkiPin::of_spki(&key))
}

fn client() -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Anybody(provider)))
        .with_no_client_auth())
}

/// Takes every certificate; that the server holds its key is checked.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls12_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        rustls::crypto::verify_tls13_signature(message, cert, dss, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
