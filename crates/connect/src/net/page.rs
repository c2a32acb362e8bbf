//! Captive portals and blocking proxies: a web page where data was asked for is no answer of the service, whatever its
//! status says. Nothing may be concluded from it.

use reqwest::header::{CONTENT_TYPE, HeaderMap, LOCATION};
use reqwest::{StatusCode, Url};

/// Whether something between here and the service answered: it leads to another host, or shows a page of its own.
/// For services that give no pages themselves, but for those of servers in trouble (5xx).
pub fn stands_between(asked: &Url, status: StatusCode, headers: &HeaderMap, body: &[u8]) -> bool {
    // RFC 6585, section 6.
    if status == StatusCode::NETWORK_AUTHENTICATION_REQUIRED {
        return true;
    }
    if status.is_redirection() {
        return leads_elsewhere(asked.host_str(), headers);
    }
    !status.is_server_error() && status != StatusCode::TOO_MANY_REQUESTS && is_page(headers, body)
}

/// A redirect to another host than was asked.
pub fn leads_elsewhere(asked: Option<&str>, headers: &HeaderMap) -> bool {
    let location = headers.get(LOCATION).and_then(|text| text.to_str().ok());
    let there = location.and_then(|text| Url::parse(text).ok());
    there.is_some_and(|there| {
        let bare = |host: &str| host.trim_matches(['[', ']']).to_ascii_lowercase();
        there.host_str().map(bare) != asked.map(bare)
    })
}

/// HTML by its own word, or by how it begins.
pub fn is_page(headers: &HeaderMap, body: &[u8]) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|text| text.to_str().ok());
    let named = kind.is_some_and(|kind| {
        let kind = kind.trim_start().to_ascii_lowercase();
        kind.starts_with("text/html") || kind.starts_with("application/xhtml")
    });
    let start = body.trim_ascii_start();
    let start = start.get(..start.len().min(15)).unwrap_or_default();
    let start = start.to_ascii_lowercase();
    !body.is_empty() && (named || start.starts_with(b"<!doctype html") || start.starts_with(b"<html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn between(status: u16, header: Option<(&'static str, &'static str)>, body: &str) -> bool {
        let asked = Url::parse("https://graph.example/v1.0/me/presence").unwrap();
        let mut headers = HeaderMap::new();
        if let Some((name, value)) = header {
            headers.insert(name, HeaderValue::from_static(value));
        }
        stands_between(
            &asked,
            StatusCode::from_u16(status).unwrap(),
            &headers,
            body.as_bytes(),
        )
    }

    #[test]
    fn pages_and_redirects_elsewhere_are_told_from_answers() {
        let html = Some(("content-type", "Text/HTML; charset=utf-8"));
        for (status, header, body) in [
            (200, html, "Welcome"),
            (200, None, "\r\n <!DOCTYPE HTML><p>Welcome"),
            (200, None, "<html lang=de>"),
            (401, html, "Please sign in"),
            (403, html, "Blocked by your organisation"),
            (404, html, "Not here"),
            (302, Some(("location", "http://hotel.example/login")), ""),
            (511, None, ""),
        ] {
            assert!(between(status, header, body), "{status} {body}");
        }
        let json = Some(("content-type", "application/json"));
        for (status, header, body) in [
            (200, json, "{}"),
            (200, html, ""),
            (204, None, ""),
            (401, json, "{}"),
            (502, html, "<html>Bad Gateway"),
            (429, html, "<html>Slow down"),
            (302, Some(("location", "/v1.0/elsewhere")), ""),
            (302, Some(("location", "https://GRAPH.example/v1.0/x")), ""),
            (302, None, ""),
        ] {
            assert!(!between(status, header, body), "{status} {body}");
        }
    }
}
