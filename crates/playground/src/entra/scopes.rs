//! Scopes: which there are, which need an administrator, and how a request names them (graph.md 1.6).

use super::errors::{INVALID_SCOPE, Refused};

const PREFIX: &str = "https://graph.microsoft.com/";

/// Delegated scopes of Graph that the company's registration knows, and whether people may consent by themselves
/// under the rule that Microsoft manages (graph.md 1.6 and 4.8).
const GRAPH: [(&str, bool); 8] = [
    ("User.Read", true),
    ("Presence.Read", true),
    ("Presence.ReadWrite", true),
    ("Presence.Read.All", true),
    ("Calendars.ReadBasic", false),
    ("Calendars.Read", false),
    ("Calendars.Read.Shared", false),
    ("MailboxSettings.Read", false),
];
const OPENID: [&str; 4] = ["openid", "profile", "email", "offline_access"];

/// A scope as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// Without the resource.
    pub(crate) short: String,
    /// As the request spelt it: the answer repeats this.
    pub(crate) asked: String,
}

impl Scope {
    /// Whether people may consent to it by themselves.
    pub(crate) fn open_to_users(&self) -> bool {
        GRAPH.iter().all(|(name, open)| *name != self.short || *open)
    }
}

/// Unqualified names mean Graph. `.default` alone stands for what was consented to already (`consented`); with others
/// it is refused.
pub(crate) fn parse<'a>(
    text: &str,
    consented: impl Iterator<Item = &'a String>,
) -> Result<Vec<Scope>, Refused> {
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    let default = |word: &&str| word.strip_prefix(PREFIX).unwrap_or(word) == ".default";
    if words.iter().any(default) {
        if words.iter().any(|word| !default(word) && !OPENID.contains(word)) {
            return Err(
                Refused::of(INVALID_SCOPE).about(".default can't be combined with resource-specific scopes")
            );
        }
        let others = words
            .iter()
            .filter(|word| !default(word))
            .map(|word| (*word).to_owned());
        let all = consented.cloned().chain(others);
        return Ok(all
            .map(|short| Scope {
                asked: short.clone(),
                short,
            })
            .collect());
    }
    words
        .into_iter()
        .map(|word| {
            let plain = word.strip_prefix(PREFIX).unwrap_or(word);
            let known = GRAPH
                .iter()
                .map(|(name, _)| *name)
                .find(|name| name.eq_ignore_ascii_case(plain));
            let openid = OPENID.iter().copied().find(|name| *name == word);
            match known.or(openid) {
                Some(short) => Ok(Scope {
                    short: short.into(),
                    asked: word.into(),
                }),
                None => Err(Refused::of(INVALID_SCOPE).about(word)),
            }
        })
        .collect()
}
