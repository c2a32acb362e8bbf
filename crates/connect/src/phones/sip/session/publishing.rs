//! Publishing the own presence (RFC 3903): a state of this desk's own beside those of the person's phones, which ends by
//! itself when nobody renews it.

use super::super::error::Error;
use super::super::message::Start;
use super::super::pidf;
use super::{Question, Session, Who};
use offhook_engine::phone::{PhonePresence, PresenceWords};
use std::time::Duration;
use tokio::time::Instant;
use tracing::debug;

/// A tag that no server has given: what is published under it can't be there, and the answer 412 says that publishing is
/// known (RFC 3903 section 4.1). In the form of Kamailio's own, which answers 500 to another
/// (facts/sip-kamailio-features-presence.txt).
const NO_TAG: &str = "a.1.1.1.1";

/// What outlives a connection.
#[derive(Debug, Clone, Default)]
pub struct Memory {
    /// We have dialled the code for do not disturb, and not yet the one that ends it. Where nothing shows it, this is
    /// what tells it from a call.
    pub(super) dialled_dnd: bool,
    published: Option<Published>,
}

/// What we have published.
#[derive(Clone)]
struct Published {
    tag: String,
    word: Option<PhonePresence>,
    note: String,
    renew_at: Instant,
}

/// The note is personal.
impl std::fmt::Debug for Published {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Published({:?}, …)", self.word)
    }
}

impl Memory {
    pub(super) fn word(&self) -> Option<PhonePresence> {
        self.published.as_ref().and_then(|published| published.word)
    }

    pub(super) fn note(&self) -> &str {
        self.published.as_ref().map_or("", |published| &published.note)
    }

    pub(super) fn renewal_due(&self) -> Option<Instant> {
        self.published.as_ref().map(|published| published.renew_at)
    }
}

/// What a presence document has a word for.
pub(super) const fn words() -> PresenceWords {
    PresenceWords::of(&pidf::WORDS)
}

impl Session {
    /// Whether the server takes publications. Publishes nothing.
    ///
    /// # Errors
    /// What became of the connection.
    pub(super) async fn look_at_publishing(&mut self) -> Result<(), Error> {
        if self.memory.published.is_some() {
            self.publishes = Ok(());
            return self.renew_publication().await;
        }
        let (status, _, _) = self.ask_to_publish(Some(NO_TAG), None, true).await?;
        self.publishes = if matches!(status, 200..=299 | 412) {
            Ok(())
        } else {
            debug!(status, "nothing can be published here");
            Err(Error::NotOffered {
                what: "PUBLISH",
                status,
            })
        };
        Ok(())
    }

    /// Publishes; a note of `None` stays as it is.
    pub(super) async fn publish(
        &mut self,
        word: Option<PhonePresence>,
        note: Option<&str>,
    ) -> Result<(), Error> {
        let note = note.unwrap_or(self.memory.note()).to_owned();
        if word.is_none() && note.is_empty() {
            return self.unpublish().await;
        }
        let tag = self
            .memory
            .published
            .as_ref()
            .map(|published| published.tag.clone());
        let body = pidf::write(&self.config.uri(&self.config.extension), word, &note);
        let mut told = self.ask_to_publish(tag.as_deref(), Some(&body), true).await?;
        if told.0 == 412 {
            // It was forgotten there, by a restart for instance.
            self.memory.published = None;
            told = self.ask_to_publish(None, Some(&body), true).await?;
        }
        let (status, tag, lasts) = told;
        let (200..=299, Some(tag)) = (status, tag) else {
            return Err(Error::Refused {
                what: "PUBLISH",
                status,
            });
        };
        self.memory.published = Some(Published {
            tag,
            word,
            note,
            renew_at: Instant::now() + lasts / 2,
        });
        Ok(())
    }

    async fn unpublish(&mut self) -> Result<(), Error> {
        let Some(published) = self.memory.published.take() else {
            return Ok(());
        };
        let (status, _, _) = self.ask_to_publish(Some(&published.tag), None, false).await?;
        match status {
            // Not there is what was wanted.
            200..=299 | 412 => Ok(()),
            status => {
                self.memory.published = Some(published);
                Err(Error::Refused {
                    what: "PUBLISH",
                    status,
                })
            }
        }
    }

    /// # Errors
    /// What became of the connection.
    pub(super) async fn renew_publication(&mut self) -> Result<(), Error> {
        let Some(published) = self.memory.published.clone() else {
            return Ok(());
        };
        let (status, tag, lasts) = self.ask_to_publish(Some(&published.tag), None, true).await?;
        if let (200..=299, Some(tag)) = (status, tag) {
            if let Some(kept) = &mut self.memory.published {
                (kept.tag, kept.renew_at) = (tag, Instant::now() + lasts / 2);
            }
            return Ok(());
        }
        self.memory.published = None;
        match self.publish(published.word, Some(&published.note)).await {
            Err(error) if error.ends_connection() => Err(error),
            Err(error) => {
                // It ends by itself, and the next reading says so.
                debug!(%error, "the presence is not published any more");
                Ok(())
            }
            Ok(()) => Ok(()),
        }
    }

    /// The answer's status, the new tag, and how long it lasts.
    async fn ask_to_publish(
        &mut self,
        tag: Option<&str>,
        body: Option<&str>,
        stays: bool,
    ) -> Result<(u16, Option<String>, Duration), Error> {
        let asked = if stays {
            self.config.timing.expires.as_secs().max(1)
        } else {
            0
        };
        self.once = Some(self.dialogue_with(&self.config.extension));
        let mut headers = vec![("Event", "presence".to_owned()), ("Expires", asked.to_string())];
        headers.extend(tag.map(|tag| ("SIP-If-Match", tag.to_owned())));
        let question = Question {
            who: Who::Once,
            method: "PUBLISH",
            headers,
            body: body.map(|text| (pidf::CONTENT_TYPE, text.to_owned())),
        };
        let answer = self.ask(&question).await?;
        let status = match answer.start {
            Start::Response { status, .. } => status,
            Start::Request { .. } => 0,
        };
        let lasts = answer.header("expires").and_then(|text| text.parse().ok());
        let lasts = Duration::from_secs(lasts.unwrap_or(asked).max(2));
        let tag = answer.header("sip-etag").map(str::to_owned);
        Ok((status, tag, lasts))
    }
}
