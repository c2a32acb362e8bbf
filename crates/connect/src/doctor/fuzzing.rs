//! What must hold for whatever answers the doctor.

use super::network::{is_entra, is_graph};
use super::proxy::foreign;
use crate::fuzzing::choice;
use offhook_engine::fault::Code;
use reqwest::StatusCode;

/// The head of a proxy's answer: what a person is shown of it are a few plain words.
pub fn proxy(input: &[u8]) {
    let Some(schemes) = foreign(&String::from_utf8_lossy(input)) else {
        return;
    };
    assert!(
        !schemes.is_empty() && !schemes.contains(char::is_control),
        "words that can be shown"
    );
    let is_basic = |scheme: &str| scheme.eq_ignore_ascii_case("basic");
    assert!(
        !schemes.split(", ").any(is_basic),
        "with Basic Offhook can sign in"
    );
    assert!(schemes.len() <= input.len() * 2, "no longer than what was said");
}

/// Who answers in Microsoft's place; the first byte chooses the status.
pub fn answers(input: &[u8]) {
    let (status, body) = choice(input);
    let statuses = [200, 302, 400, 401, 404, 429, 503];
    let status = StatusCode::from_u16(statuses[usize::from(status) % statuses.len()]).unwrap_or_default();
    match is_entra(status, body) {
        Ok(()) => assert_eq!(status, StatusCode::OK, "it describes itself"),
        Err(Code::TenantUnknown) => assert_eq!(status, StatusCode::BAD_REQUEST, "it refuses"),
        Err(_) => {}
    }
    if is_graph(status, body).is_ok() {
        assert_eq!(status, StatusCode::UNAUTHORIZED, "it wants a token");
    }
}
