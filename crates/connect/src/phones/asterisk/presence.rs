//! `CustomPresence:<ext>`: its words, and how state, sub-state and message are written in one value (facts/
//! asterisk.md section 1.2, facts/test-parts.md section 1.3; the rest was seen on a real Asterisk 16.28).

use super::wire::Message;
use base64::Engine as _;
use offhook_engine::phone::PhonePresence;
use std::fmt;

/// The three parts as Asterisk keeps them.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Presence {
    /// One of Asterisk's seven words; empty is read as `not_set`.
    pub state: String,
    pub subtype: String,
    pub message: String,
}

/// The message is personal.
impl fmt::Debug for Presence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Presence({}, {}, …)", self.state, self.subtype)
    }
}

impl Presence {
    /// From the answer to `PresenceState`. It has two `Message` headers, of which one is the answer's own;
    /// `PresenceMessage` is the text alone.
    pub fn from_answer(answer: &Message) -> Self {
        let text = answer
            .value("PresenceMessage")
            .or_else(|| answer.values("Message").nth(1));
        Self {
            state: answer.value("State").unwrap_or("not_set").to_owned(),
            subtype: answer.value("Subtype").unwrap_or_default().to_owned(),
            message: text.unwrap_or_default().to_owned(),
        }
    }

    /// The nearest of our words. `chat` is available; `not_set` and `unavailable` are none.
    pub fn word(&self) -> Option<PhonePresence> {
        match self.state.as_str() {
            "dnd" => Some(PhonePresence::Dnd),
            "xa" => Some(PhonePresence::ExtendedAway),
            "available" | "chat" => Some(PhonePresence::Available),
            "away" => match PhonePresence::parse(&self.subtype) {
                Some(own @ (PhonePresence::OnThePhone | PhonePresence::Meeting | PhonePresence::Busy)) => {
                    Some(own)
                }
                Some(
                    PhonePresence::Dnd
                    | PhonePresence::ExtendedAway
                    | PhonePresence::Away
                    | PhonePresence::Available,
                )
                | None => Some(PhonePresence::Away),
            },
            _ => None,
        }
    }

    /// The same message with another word.
    #[must_use]
    pub fn with_word(&self, word: Option<PhonePresence>) -> Self {
        let (state, subtype) = match word {
            None => ("not_set", ""),
            Some(PhonePresence::Dnd) => ("dnd", ""),
            Some(PhonePresence::ExtendedAway) => ("xa", ""),
            Some(PhonePresence::Away) => ("away", ""),
            Some(PhonePresence::Available) => ("available", ""),
            Some(own @ (PhonePresence::OnThePhone | PhonePresence::Meeting | PhonePresence::Busy)) => {
                ("away", own.as_str())
            }
        };
        Self {
            state: state.into(),
            subtype: subtype.into(),
            message: self.message.clone(),
        }
    }

    /// The same word with another message.
    #[must_use]
    pub fn with_message(&self, message: &str) -> Self {
        Self {
            message: message.to_owned(),
            ..self.clone()
        }
    }

    /// What `PRESENCE_STATE(…)` is set to. A comma in a part ends it, and more parts than four are refused:
    /// anything but plain words goes as Base64, which the option `e` says.
    pub fn value(&self) -> String {
        let Self {
            state,
            subtype,
            message,
        } = self;
        if [subtype, message].into_iter().all(|part| is_plain(part)) {
            return format!("{state},{subtype},{message}");
        }
        let encode = |part: &str| base64::engine::general_purpose::STANDARD.encode(part);
        format!("{state},{},{},e", encode(subtype), encode(message))
    }
}

fn is_plain(text: &str) -> bool {
    text.trim() == text
        && text
            .chars()
            .all(|c| c.is_alphanumeric() || " ._-:()/!?".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn presence(state: &str, subtype: &str, message: &str) -> Presence {
        Presence {
            state: state.into(),
            subtype: subtype.into(),
            message: message.into(),
        }
    }

    #[test]
    fn every_word_comes_back_as_it_was_written() {
        for word in PhonePresence::ALL.into_iter().map(Some).chain([None]) {
            assert_eq!(Presence::default().with_word(word).word(), word, "{word:?}");
        }
    }

    #[test]
    fn words_of_others() {
        assert_eq!(presence("chat", "", "").word(), Some(PhonePresence::Available));
        assert_eq!(presence("away", "lunch", "").word(), Some(PhonePresence::Away));
        assert_eq!(presence("away", "dnd", "").word(), Some(PhonePresence::Away));
        for none in ["unavailable", "not_set", "", "new"] {
            assert_eq!(presence(none, "", "").word(), None);
        }
    }

    #[test]
    fn the_text_is_not_the_answers_own_message() {
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let mut pairs = vec![
            pair("Response", "Success"),
            pair("Message", "Presence State"),
            pair("State", "dnd"),
        ];
        assert_eq!(
            Presence::from_answer(&Message::from_pairs(pairs.clone())),
            presence("dnd", "", "")
        );
        pairs.push(pair("Message", "In a meeting"));
        assert_eq!(
            Presence::from_answer(&Message::from_pairs(pairs.clone())).message,
            "In a meeting"
        );
        pairs.push(pair("PresenceMessage", "In a meeting"));
        assert_eq!(
            Presence::from_answer(&Message::from_pairs(pairs)).message,
            "In a meeting"
        );
    }

    #[test]
    fn what_is_not_plain_is_encoded() {
        assert_eq!(
            presence("dnd", "", "In a Teams meeting").value(),
            "dnd,,In a Teams meeting"
        );
        assert_eq!(presence("away", "busy", "q,r").value(), "away,YnVzeQ==,cSxy,e");
        assert_eq!(presence("not_set", "", "").value(), "not_set,,");
        for odd in ["a,b", " lead", "\"x\"", "a\\b", "${X}", "a\nb", "a;b"] {
            assert!(presence("xa", "", odd).value().ends_with(",e"), "{odd:?}");
        }
    }
}
