//! One sign-in by a person, from the first page to the tokens.

use super::client::{Oauth, Tokens};
use super::config::{EntraConfig, rights_in, scopes_for};
use super::error::EntraError;
use super::handle::{Open, Way};
use super::id_token;
use super::loopback::Loopback;
use super::{PageTexts, actor::Note};
use offhook_engine::teams::{Account, Right, SignIn};
use secrecy::SecretString;
use std::time::Duration;
use tokio::sync::mpsc;

/// How long the browser is waited for. Faults of the registration are shown in the browser and may never reach
/// us (`facts/graph.md`, section 4.2), so there has to be an end.
const BROWSER_LIMIT: Duration = Duration::from_secs(10 * 60);

/// What a person has just signed in to.
pub(super) struct Signed {
    pub account: Account,
    pub refresh: SecretString,
    pub access: SecretString,
    pub life: Duration,
}

pub(super) struct Flow {
    pub id: u64,
    pub config: EntraConfig,
    pub texts: PageTexts,
    pub oauth: Oauth,
    pub rights: Vec<Right>,
    /// The address of the account that is signed in already.
    pub hint: Option<String>,
    pub notes: mpsc::UnboundedSender<Note>,
}

impl Flow {
    pub(super) async fn run(self, way: Way, open: Open) -> Result<Signed, EntraError> {
        match way {
            Way::Browser => self.browser(open).await,
            Way::DeviceCode => self.device_code().await,
        }
    }

    async fn browser(self, open: Open) -> Result<Signed, EntraError> {
        let loopback = Loopback::bind().await?;
        let scopes = scopes_for(&self.rights);
        let begun = self
            .oauth
            .authorization(loopback.redirect(), &scopes, self.hint.as_deref())?;
        self.show(SignIn::Browser {
            url: begun.url.clone(),
        });
        let opened = open(&begun.url);
        self.note(Note::Opened {
            flow: self.id,
            opened,
        });
        let answer = loopback.answer(&begun.state, self.texts.clone());
        let code = tokio::time::timeout(BROWSER_LIMIT, answer)
            .await
            .unwrap_or(Err(EntraError::TimedOut))?;
        let nonce = begun.nonce.clone();
        let tokens = self.oauth.redeem(&code, begun).await?;
        self.signed(tokens, Some(&nonce))
    }

    async fn device_code(self) -> Result<Signed, EntraError> {
        let device = self.oauth.device(&scopes_for(&self.rights)).await?;
        self.show(SignIn::DeviceCode {
            user_code: device.user_code(),
            url: device.url(),
        });
        let tokens = self.oauth.redeem_device(&device, tokio::time::sleep).await?;
        self.signed(tokens, None)
    }

    fn signed(&self, tokens: Tokens, nonce: Option<&str>) -> Result<Signed, EntraError> {
        let id_token = tokens.id_token.ok_or(EntraError::NotUnderstood("the id_token"))?;
        let identity = id_token::read(&id_token, &self.config, nonce)?;
        let refresh = tokens
            .refresh
            .ok_or(EntraError::NotUnderstood("the refresh token"))?;
        let rights = match &tokens.scopes {
            Some(granted) => rights_in(granted.iter().map(String::as_str)),
            None => self.rights.clone(),
        };
        let account = Account {
            key: identity.key,
            name: identity.name,
            address: identity.address,
            rights,
        };
        Ok(Signed {
            account,
            refresh,
            access: tokens.access,
            life: tokens.life,
        })
    }

    fn show(&self, sign_in: SignIn) {
        self.note(Note::Shown {
            flow: self.id,
            sign_in,
        });
    }

    /// The actor may have ended.
    fn note(&self, note: Note) {
        let _ = self.notes.send(note);
    }
}
