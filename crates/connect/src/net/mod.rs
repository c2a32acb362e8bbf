//! One HTTP client for all, and the way that it takes: [`mod@way`] has proxy and certificates, [`page`] tells what answers in
//! place of a service, [`mod@cause`] what lies behind an error.

pub(crate) mod cause;
pub mod page;
mod way;

pub(crate) use way::login_refused;
pub use way::{NetworkConfig, ProxyChoice, Way, proxy_address, set_way, way};

use cause::{Cause, cause};
use offhook_engine::fault::{Code, Fault, FaultKind};
use std::time::Duration;

/// Redirects are never followed: no interface we use sends one, and a token must not travel along one.
///
/// # Errors
/// Where the TLS library cannot be set up.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    // A second installation is refused and harmless.
    let _already = rustls::crypto::ring::default_provider().install_default();
    way()
        .apply(reqwest::Client::builder())
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(10))
        .timeout(Duration::from_secs(20))
        .pool_idle_timeout(Duration::from_secs(90))
        .pool_max_idle_per_host(2)
        // A connection that a sleep or a changed network has killed is noticed in seconds, not at the time-out.
        .http2_keep_alive_interval(Duration::from_secs(3))
        .http2_keep_alive_timeout(Duration::from_secs(3))
        .user_agent(concat!("Offhook/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Why a request got no answer. `fallback` names the service where the cause is none of the general ones.
pub fn fault(error: &reqwest::Error, fallback: Code) -> Fault {
    let code = match cause(error) {
        _ if error.is_timeout() => Code::TimedOut,
        Some(Cause::ProxyLogin) => {
            login_refused();
            Code::ProxySignIn
        }
        Some(Cause::ProxyGone) => Code::ProxyUnreachable,
        Some(Cause::ProxyRefused) => Code::ProxyRefused,
        Some(Cause::Untrusted) => Code::CertificateUnknown,
        Some(Cause::Tls | Cause::Refused | Cause::Name) | None => fallback,
    };
    let fault = Fault::new(FaultKind::Unreachable, code);
    match error.url().and_then(reqwest::Url::host_str) {
        Some(host) => fault.about(host),
        None => fault,
    }
}

/// A page that answers in place of a service.
pub fn page_fault(host: Option<&str>) -> Fault {
    Fault::new(FaultKind::Unreachable, Code::NetworkPage).about(host.unwrap_or_default())
}
