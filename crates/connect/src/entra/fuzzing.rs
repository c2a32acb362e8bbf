//! What must hold for whatever Entra, a browser, or something in their place, sends.

use super::config::{EntraConfig, MicrosoftSettings};
use super::loopback::{Site, serve};
use super::stored::{self, Found};
use super::{EntraError, ErrorAnswer, PageTexts, client, id_token, rights_in};
use crate::fuzzing::{FarEnd, choice, wait};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use std::sync::Arc;
use tokio::sync::mpsc;

const CLIENT: &str = "11111111-2222-3333-4444-555555555555";
const STATE: &str = "fuzz-state";

/// The answer of the token endpoint; the first byte chooses its status.
pub fn tokens(input: &[u8]) {
    let (status, body) = choice(input);
    let statuses = [200, 400, 401, 403, 201, 404];
    let status = statuses[usize::from(status) % statuses.len()];
    let Some(config) = config("global") else { return };
    match wait(client::made_of(&config, status, body.to_vec())) {
        Ok(tokens) => {
            // Entra's life times are hours; a clock must be able to hold any that is believed.
            let _ = tokens.life.as_secs();
            if let Some(id_token) = &tokens.id_token {
                let _ = id_token::read(id_token, &config, None);
            }
            let _ = rights_in(tokens.scopes.iter().flatten().map(String::as_str));
        }
        Err(error) => nothing_personal_in(&error),
    }
}

/// An id_token, raw or, with an odd first byte, as claims that are still to be packed.
pub fn identity(input: &[u8]) {
    let (way, rest) = choice(input);
    let text = String::from_utf8_lossy(rest);
    let token = if way % 2 == 1 {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(rest))
    } else {
        text.into_owned()
    };
    for cloud in ["global", "custom"] {
        let Some(config) = config(cloud) else { return };
        let nonce = (way & 2 != 0).then_some("n");
        match id_token::read(&token, &config, nonce) {
            Ok(identity) => assert!(identity.key.contains('.'), "two halves"),
            Err(error) => nothing_personal_in(&error),
        }
    }
}

/// A raw connection to the little web server: only what knows the state ends the wait, and no page repeats
/// anything.
pub fn redirect(input: &[u8]) {
    let (piece, sent) = choice(input);
    let (found, mut wanted) = mpsc::channel(1);
    let texts = PageTexts {
        language: "en".into(),
        done: "done".into(),
        not_done: "not done".into(),
        not_further: "not further".into(),
        stray: "stray".into(),
    };
    let hosts = ["localhost:1", "127.0.0.1:1", "[::1]:1"].map(str::to_owned);
    let site = Site {
        hosts,
        state: STATE.into(),
        texts,
        found,
    };
    let mut far = FarEnd::new(sent, usize::from(piece));
    wait(serve(&mut far, Arc::new(site)));
    let answer = String::from_utf8_lossy(&far.heard);
    let (head, page) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    assert!(
        !head.to_ascii_lowercase().contains("access-control"),
        "no page may read it"
    );
    let ours = ["<p>done</p>", "<p>not done</p>", "<p>stray</p>"];
    assert!(
        page.is_empty() || ours.iter().any(|text| page.contains(text)),
        "a page of ours"
    );
    assert!(page.len() < 700, "and nothing but that");
    match wanted.try_recv() {
        Ok(Ok(code)) => assert!(!code.expose_secret().is_empty(), "a code"),
        Ok(Err(error)) => nothing_personal_in(&error),
        Err(_) => {}
    }
}

/// The JSON of an answer that is no token.
pub fn error_answer(input: &[u8]) {
    let Ok(answer) = serde_json::from_slice::<ErrorAnswer>(input) else {
        return;
    };
    nothing_personal_in(&EntraError::Refused(answer));
}

/// The sign-in as the secret store gives it back.
pub fn stored(input: &[u8]) {
    let Some(config) = config("global") else { return };
    let text = SecretString::from(String::from_utf8_lossy(input).into_owned());
    match stored::read(&config, &text) {
        Found::Usable { account, refresh } => {
            let again = stored::read(&config, &stored::write(&config, &account, &refresh));
            let same = matches!(again, Found::Usable { account: a, refresh: r }
                if a == account && r.expose_secret() == refresh.expose_secret());
            assert!(same, "written and read again");
        }
        Found::Foreign(_) | Found::Damaged => {}
    }
}

/// The settings under `[microsoft]`, one per line.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.lines();
    let mut line = || lines.next().unwrap_or_default();
    let settings = MicrosoftSettings {
        cloud: line(),
        tenant: line(),
        client_id: line(),
        login_url: line(),
        graph_url: line(),
    };
    let Ok(config) = EntraConfig::parse(&settings) else {
        return;
    };
    for url in [config.login(), config.graph_base()] {
        let host = url.host_str().unwrap_or_default();
        let loopback = ["localhost", "[::1]"].contains(&host) || host.starts_with("127.");
        assert!(
            url.scheme() == "https" || (url.scheme() == "http" && loopback),
            "tokens never go over the net in the open"
        );
        assert!(
            url.username().is_empty() && url.password().is_none(),
            "no login in an address"
        );
    }
    let endpoint = config.endpoint("token");
    assert_eq!(
        endpoint.host_str(),
        config.login().host_str(),
        "a tenant cannot lead elsewhere"
    );
    assert!(endpoint.path().ends_with("/oauth2/v2.0/token"), "{endpoint}");
}

fn config(cloud: &str) -> Option<EntraConfig> {
    let config = EntraConfig::parse(&MicrosoftSettings {
        cloud,
        tenant: "organizations",
        client_id: CLIENT,
        login_url: "http://127.0.0.1:1",
        graph_url: "http://127.0.0.1:1/v1.0",
    });
    config.ok()
}

/// What is shown and logged of an error are our words, Entra's one word, and a number.
fn nothing_personal_in(error: &EntraError) {
    if let EntraError::Refused(answer) = error {
        let shown = format!("{answer} {answer:?}");
        let plain = |c: char| c.is_ascii_alphanumeric() || "_ ()".contains(c);
        assert!(
            shown.len() <= 160 && shown.chars().all(plain),
            "more than a word and a number"
        );
    }
    let detail = error.fault().detail.unwrap_or_default();
    assert!(
        detail.len() <= 64 && !detail.contains('@'),
        "a detail that names nobody"
    );
}
