//! What must hold for whatever an Exchange server, or something in its place, answers.

use super::answer::{self, Answer};
use super::config::{Account, EwsConfig};
use super::error::Error;
use super::ntlm::{self, Challenge, Moment};
use crate::fuzzing::choice;
use jiff::tz::TimeZone;

/// An envelope.
pub fn envelope(input: &[u8]) {
    match answer::parse(input, "mail.example.com", &TimeZone::UTC) {
        Ok(Answer::Occurrences { read, .. }) => {
            for appointment in read {
                assert!(appointment.subject.chars().count() <= 500, "no endless subject");
                let (start, end) = appointment.span.bounds(&TimeZone::UTC);
                assert!(!appointment.span.is_all_day() || start < end, "a day has an end");
            }
        }
        Ok(Answer::TooMany | Answer::OlderSchema) => {}
        Err(Error::Refused(word) | Error::NotPermitted(word)) => {
            assert!(
                word.bytes().all(|byte| byte.is_ascii_alphanumeric()),
                "a word that can be shown"
            );
        }
        Err(_) => {}
    }
}

/// NTLM's second message; the third one is made for it.
pub fn challenge(input: &[u8]) {
    let (bound, rest) = choice(input);
    let (Some(challenge), Some(account)) = (Challenge::parse(rest), Account::parse("EXAMPLE\\ada")) else {
        return;
    };
    let moment = Moment {
        time: 1,
        client_challenge: [1; 8],
    };
    let binding = (bound & 1 == 1).then_some([2; 16]);
    let message = ntlm::authenticate(&challenge, &account, "secret", moment, binding);
    assert!(message.starts_with(b"NTLMSSP\0\x03\0\0\0"), "a third message");
    assert!(message.len() < 40 * 1024, "no larger than what came");
}

/// Address, user and encryption, a line each.
pub fn settings(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    if let Ok(config) = EwsConfig::parse(line(), line(), line()) {
        assert!(config.path.starts_with('/') && !config.host.is_empty());
        assert!(config.tls != crate::phones::tls::Tls::Off || config.host != "mail.example.com");
    }
}
