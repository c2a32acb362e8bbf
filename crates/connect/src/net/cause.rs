//! What lies behind an error of the HTTP library: it wraps one in another, and names some by their text alone.

use rustls::CertificateError;
use std::error::Error;
use std::io::{self, ErrorKind};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The certificate was issued by nobody that is trusted here.
    Untrusted,
    Tls,
    Refused,
    Name,
    /// The proxy wants a login, or another one.
    ProxyLogin,
    /// The proxy can't be reached.
    ProxyGone,
    /// The proxy made no connection.
    ProxyRefused,
}

/// Looks through what wraps what. An I/O error hides the error it wraps from `source`, and wraps others of its kind.
pub(crate) fn cause(error: &(dyn Error + 'static)) -> Option<Cause> {
    if let Some(tls) = error.downcast_ref::<rustls::Error>() {
        let untrusted = matches!(
            tls,
            rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer)
        );
        return Some(if untrusted { Cause::Untrusted } else { Cause::Tls });
    }
    if let Some(io) = error.downcast_ref::<io::Error>() {
        if io.kind() == ErrorKind::ConnectionRefused {
            return Some(Cause::Refused);
        }
        if let Some(found) = io.get_ref().and_then(|inner| cause(inner)) {
            return Some(found);
        }
    }
    let text = error.to_string();
    if text.starts_with("dns error") {
        return Some(Cause::Name);
    }
    // The library keeps the type of these to itself.
    if let Some(tunnel) = text.strip_prefix("tunnel error: ") {
        return Some(match tunnel {
            "proxy authorization required" => Cause::ProxyLogin,
            "failed to create underlying connection" => Cause::ProxyGone,
            _ => Cause::ProxyRefused,
        });
    }
    error.source().and_then(cause)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cause_is_found_however_deep_it_lies() {
        let tls = io::Error::other(io::Error::new(
            ErrorKind::InvalidData,
            rustls::Error::HandshakeNotComplete,
        ));
        assert_eq!(cause(&tls), Some(Cause::Tls));
        let unknown = rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer);
        assert_eq!(cause(&io::Error::other(unknown)), Some(Cause::Untrusted));
        let refused = io::Error::other(io::Error::from(ErrorKind::ConnectionRefused));
        assert_eq!(cause(&refused), Some(Cause::Refused));
        assert_eq!(
            cause(&io::Error::other("dns error: no such name")),
            Some(Cause::Name)
        );
        assert_eq!(cause(&io::Error::from(ErrorKind::BrokenPipe)), None);
    }
}
