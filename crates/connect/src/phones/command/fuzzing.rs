//! What must hold for whatever a person writes as a command, and for whatever it prints.

use super::action::{self, Action};
use crate::fuzzing::choice;
use crate::settings::split_command;
use secrecy::SecretString;

/// A line that is a command, or none: a secret that it takes goes only where nobody sees it.
pub fn line(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Some(words) = split_command(&text) else {
        return;
    };
    let Ok(Some(action)) = Action::parse(&words) else {
        return;
    };
    if words.iter().any(|word| word.contains("5ecret-5ecret")) {
        // Whoever writes it there has shown it.
        return;
    }
    let secret = SecretString::from("5ecret-5ecret");
    match &action {
        Action::Program(program) => {
            assert!(
                !program.arguments("1").any(|word| word.contains("5ecret-5ecret")),
                "no secret among arguments"
            );
            assert_eq!(
                program.arguments("1").count(),
                words.len() - 1,
                "every argument is one"
            );
        }
        Action::Web(request) => {
            let Some(filled) = request.fill("+491", &secret) else {
                return;
            };
            assert!(
                !filled.url.as_str().contains("5ecret-5ecret"),
                "no secret in an address"
            );
            let host = filled
                .url
                .host_str()
                .map(|host| host.trim_matches(['[', ']']).to_owned());
            assert_eq!(
                host.as_deref(),
                Some(request.host.as_str()),
                "a target changes no host"
            );
        }
    }
}

/// What a command printed: the first byte chooses whether a text shows that it is on.
pub fn output(input: &[u8]) {
    let (kind, output) = choice(input);
    let output = String::from_utf8_lossy(output);
    if kind % 2 == 0 {
        assert!(
            action::is_on(&output, "on").is_some(),
            "with such a text there is always an answer"
        );
    }
    let _plain = action::is_on(&output, "");
    if let Some(Some(target)) = action::target(&output) {
        assert!(
            !target.is_empty() && !target.starts_with('-'),
            "a target can be dialled"
        );
        assert_eq!(
            action::target(&target),
            Some(Some(target)),
            "and reads the same again"
        );
    }
}
