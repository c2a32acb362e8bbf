//! TLS to a phone system: the system's certificates (and those of the settings' file), or pinned ones. Never "any certificate".

use base64::Engine as _;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, SignatureScheme};
use sha2::{Digest as _, Sha256};
use std::fmt;
use std::sync::Arc;

/// How a phone system is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tls {
    /// Plain TCP: on loopback, or by a choice whose risk the page states.
    Off,
    /// Checked against the system's certificates, a company's own among them.
    System,
    /// One of these very certificates or keys.
    Pinned(Vec<Pin>),
}

impl Tls {
    /// `system` (also where nothing is said), `off`, or `pin:` and fingerprints.
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "system" | "" => Some(Self::System),
            "off" => Some(Self::Off),
            other => Pin::parse_list(other.strip_prefix("pin:")?).map(Self::Pinned),
        }
    }
}

/// SHA-256 of a certificate, as `openssl x509 -fingerprint -sha256` shows it, or of its public key (the
/// SubjectPublicKeyInfo, RFC 7469 section 2.4), as key files have it. Either is accepted for what it is: nobody can make
/// a certificate or a key for a given hash of the other.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pin([u8; 32]);

impl Pin {
    /// Hex (colons allowed) or Base64, with or without `SHA256:` in front.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let prefixed = text
            .get(..7)
            .is_some_and(|start| start.eq_ignore_ascii_case("SHA256:"));
        let text = if prefixed { text.get(7..)? } else { text };
        let hex: String = text.chars().filter(|c| *c != ':').collect();
        if hex.len() == 64 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let mut bytes = [0; 32];
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::from_str_radix(hex.get(2 * at..2 * at + 2)?, 16).ok()?;
            }
            return Some(Self(bytes));
        }
        let engine = base64::engine::general_purpose::STANDARD_NO_PAD;
        let bytes = engine.decode(text.trim_end_matches('=')).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The pin of a certificate, given as DER; of a public key, given the DER of its SubjectPublicKeyInfo.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }

    /// One or more pins with commas between them; a renewed key can be announced before it is in use.
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        text.split(',').map(Self::parse).collect()
    }
}

/// In the form that the settings take.
impl fmt::Display for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SHA256:")?;
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pin({self})")
    }
}

/// # Errors
/// Where the TLS library can't be set up.
pub fn client(pins: Option<Vec<Pin>>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
    let verifier: Arc<dyn ServerCertVerifier> = match pins {
        Some(pins) => Arc::new(Pinned { pins, provider }),
        None => {
            let way = crate::net::way();
            match way.roots() {
                [] => Arc::new(rustls_platform_verifier::Verifier::new(provider)?),
                roots => Arc::new(rustls_platform_verifier::Verifier::new_with_extra_roots(
                    roots.to_vec(),
                    provider,
                )?),
            }
        }
    };
    Ok(builder
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth())
}

/// Takes certificates that are pinned, or whose key is, whoever issued them and whatever name they are for. That the
/// server holds the key is checked as ever.
#[derive(Debug)]
struct Pinned {
    pins: Vec<Pin>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let key = ParsedCertificate::try_from(end_entity).map(|parsed| parsed.subject_public_key_info());
        let pinned = |pin: &Pin| {
            *pin == Pin::of(end_entity) || key.as_ref().is_ok_and(|key| *pin == Pin::of(key.as_ref()))
        };
        if self.pins.iter().any(pinned) {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        rustls::crypto::verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_in_every_usual_form() {
        let pin = Pin::of(b"certificate");
        let hex = pin.to_string();
        let bare = hex.strip_prefix("SHA256:").unwrap();
        let colons = bare
            .as_bytes()
            .chunks(2)
            .map(|two| std::str::from_utf8(two).unwrap().to_uppercase());
        let base64 = base64::engine::general_purpose::STANDARD.encode(pin.0);
        let colons = colons.collect::<Vec<_>>().join(":");
        for form in [
            hex.clone(),
            bare.to_owned(),
            colons,
            base64.clone(),
            format!("sha256:{base64}"),
        ] {
            assert_eq!(Pin::parse(&form), Some(pin), "{form}");
        }
        for wrong in ["", "SHA256:", "12", "zz", &bare[1..], "ä"] {
            assert_eq!(Pin::parse(wrong), None, "{wrong}");
        }
        assert_eq!(Pin::parse_list(&format!("{hex}, {base64}")), Some(vec![pin, pin]));
        for wrong in ["", ",", &format!("{hex},"), &format!("{hex},zz")] {
            assert_eq!(Pin::parse_list(wrong), None, "{wrong}");
        }
    }
}
