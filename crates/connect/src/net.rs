//! One HTTP client for all, with the system's proxy and the system's certificates.

use offhook_engine::fault::{Code, Fault, FaultKind};
use std::time::Duration;

/// Redirects are never followed: no interface we use sends one, and a token must not travel along one.
///
/// # Errors
/// Where the TLS library cannot be set up.
pub fn client() -> Result<reqwest::Client, reqwest::Error> {
    // A second installation is refused and harmless.
    let _already = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
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
    let code = if error.is_timeout() {
        Code::TimedOut
    } else {
        fallback
    };
    let fault = Fault::new(FaultKind::Unreachable, code);
    match error.url().and_then(reqwest::Url::host_str) {
        Some(host) => fault.about(host),
        None => fault,
    }
}
