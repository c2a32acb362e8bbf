//! Signing in to REST: by the proof of the password, or by a token of OAuth, which serves UCI as well.

use super::super::config::LoginType;
use super::super::error::Error;
use super::super::http::UciPass;
use super::super::oauth::{self, OauthConfig, Refusal, Tokens};
use super::super::rest::{Odd, login, me};
use super::{Rest, Session};
use tokio::time::Instant;
use tracing::debug;

impl Session {
    /// Proves who it is, and learns it.
    ///
    /// # Errors
    /// [`Error::NotPermitted`] where REST is not there for this account.
    pub async fn sign_in_rest(&mut self) -> Result<(), Error> {
        let (pass, due) = match self.config.oauth.clone() {
            Some(config) => {
                let tokens = self.new_tokens(&config).await?;
                let bearer = oauth::bearer(&tokens).map_err(|Odd| self.odd())?;
                (login::RestPass::Bearer(bearer), tokens.due)
            }
            None => (self.prove().await?, Instant::now() + self.config.timing.renew),
        };
        let known = self.rest.as_ref().map(|rest| rest.user);
        let mut rest = Rest {
            pass,
            due,
            user: known.unwrap_or_default(),
        };
        if known.is_none() {
            let answer = self.http.send(login::with_pass(me::ask(), &rest.pass)).await?;
            if !answer.status.is_success() {
                return Err(self.unsigned(&answer));
            }
            let me = me::parse(&answer).map_err(|Odd| self.odd())?;
            self.identity.names = me.names;
            rest.user = me.id;
        }
        self.rest = Some(rest);
        Ok(())
    }

    /// A fresh nonce, its answer, the token.
    async fn prove(&mut self) -> Result<login::RestPass, Error> {
        let challenge = self.challenge().await?;
        if challenge.login == LoginType::ActiveDirectory && self.config.login == LoginType::Internal {
            // The password itself would be sent: only by the person's own choice.
            return Err(Error::OtherLogin(self.config.host.clone()));
        }
        let proof = login::prove(&challenge, &self.config.user, &self.password);
        let answer = self.http.send(proof).await?;
        match answer.status.as_u16() {
            200..=299 => login::parse_token(&answer)
                .map(login::RestPass::Token)
                .map_err(|Odd| self.odd()),
            400 | 401 => Err(Error::WrongPassword(self.config.host.clone())),
            _ => Err(self.unsigned(&answer)),
        }
    }

    /// The first answer of the phone system.
    ///
    /// # Errors
    /// See [`Session::sign_in_rest`].
    pub async fn challenge(&mut self) -> Result<login::Challenge, Error> {
        let answer = self.http.send(login::ask()).await?;
        if !answer.status.is_success() {
            return Err(self.unsigned(&answer));
        }
        login::parse_challenge(&answer).map_err(|Odd| self.odd())
    }

    /// Renewed where that is possible, else by the password.
    async fn new_tokens(&mut self, config: &OauthConfig) -> Result<Tokens, Error> {
        if config.secret.is_none() {
            return Err(Error::ClientSecret(config.client.clone()));
        }
        let renewal = self.tokens.take();
        let renewal = renewal.and_then(|tokens| oauth::by_refresh(config, &tokens));
        if let Some(request) = renewal {
            let answer = self.http.send(request).await?;
            match oauth::parse(&answer, Instant::now()).map_err(|Odd| self.unusual(answer.status))? {
                Ok(tokens) => return Ok(self.keep(tokens)),
                // Over, after a night for instance.
                Err(refusal) => debug!(?refusal, "the token is not renewed"),
            }
        }
        let mut refused = Refusal::Scope;
        for scope in &config.scopes {
            let request = oauth::by_password(config, scope, &self.config.user, &self.password);
            let answer = self.http.send(request).await?;
            if answer.status.as_u16() == 404 {
                return Err(Error::NotPermitted("OAuth"));
            }
            match oauth::parse(&answer, Instant::now()).map_err(|Odd| self.unusual(answer.status))? {
                Ok(tokens) => return Ok(self.keep(tokens)),
                Err(Refusal::Scope) => {}
                Err(refusal) => {
                    refused = refusal;
                    break;
                }
            }
        }
        Err(match refused {
            Refusal::Grant => Error::WrongPassword(self.config.host.clone()),
            Refusal::Client => Error::ClientSecret(config.client.clone()),
            Refusal::Scope => Error::NotPermitted("OAuth scope"),
            Refusal::NotAllowed => Error::NotPermitted("OAuth Password Grant"),
        })
    }

    fn keep(&mut self, tokens: Tokens) -> Tokens {
        self.uci_login = Some(UciPass::Token(tokens.access.clone()));
        self.tokens = Some(tokens.clone());
        tokens
    }

    /// Before UCI is asked: a token that is about to end is replaced, for both.
    pub(super) async fn renew_if_due(&mut self) -> Result<(), Error> {
        if self.config.oauth.is_none() {
            return Ok(());
        }
        match &self.tokens {
            Some(tokens) if Instant::now() < tokens.due => Ok(()),
            Some(_) => self.sign_in_rest().await,
            // REST has said why.
            None => Err(Error::NotPermitted("UCI")),
        }
    }
}
