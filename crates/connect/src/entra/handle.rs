//! How the rest of the program speaks with the sign-in.

use super::PageTexts;
use super::error::EntraError;
use offhook_engine::fault::Fault;
use offhook_engine::teams::{Account, Right};
use secrecy::SecretString;
use std::fmt;
use tokio::sync::{mpsc, oneshot, watch};

/// How a person signs in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Authorization code and PKCE in the system's browser.
    Browser,
    /// A code typed on another page. Many organisations block it (`facts/graph.md`, section 4.3).
    DeviceCode,
}

/// Opens a page in the system's browser; `false` where that failed. Must not block.
pub type Open = Box<dyn FnOnce(&str) -> bool + Send>;

/// The running sign-in. Clones speak with the same one; it ends with the last of them.
#[derive(Debug, Clone)]
pub struct EntraHandle {
    pub(super) commands: mpsc::UnboundedSender<Command>,
    pub(super) trouble: watch::Receiver<Option<Fault>>,
}

pub(super) enum Command {
    SignIn {
        way: Way,
        rights: Vec<Right>,
        /// Whoever is signed in is told as such meanwhile.
        beside: bool,
        open: Open,
        reply: oneshot::Sender<Result<Account, Fault>>,
    },
    Cancel,
    SignOut {
        reply: oneshot::Sender<Result<String, Fault>>,
    },
    AccessToken {
        reply: oneshot::Sender<Result<SecretString, Fault>>,
    },
    Refused {
        token: SecretString,
    },
    WarmUp,
    TryAgain,
    Speak(PageTexts),
    End {
        reply: oneshot::Sender<()>,
    },
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SignIn { .. } => "SignIn",
            Self::Cancel => "Cancel",
            Self::SignOut { .. } => "SignOut",
            Self::AccessToken { .. } => "AccessToken",
            Self::Refused { .. } => "Refused",
            Self::WarmUp => "WarmUp",
            Self::TryAgain => "TryAgain",
            Self::Speak(_) => "Speak",
            Self::End { .. } => "End",
        })
    }
}

impl EntraHandle {
    /// Starts a sign-in and waits for its end: at most ten minutes in the browser, or the life of the device
    /// code. What a person has to see meanwhile comes as `SignIn::Browser` or `SignIn::DeviceCode`. A sign-in
    /// that is under way already is cancelled by a new one. Whoever is signed in stays so until the new sign-in
    /// succeeds, so this is also how a further right is asked for (R18): `rights` is added to those there are.
    ///
    /// `open` is called once with the page's address, for [`Way::Browser`] only; where it fails, the flow goes
    /// on, since the person can open the address by hand.
    ///
    /// # Errors
    /// Cancelled, declined, timed out, or refused by Entra.
    pub async fn sign_in(&self, way: Way, rights: &[Right], open: Open) -> Result<Account, Fault> {
        self.begin(way, rights, false, open).await
    }

    /// As [`Self::sign_in`], for a further right: what is told stays "signed in" meanwhile, so that everything else
    /// goes on; the page's address comes to `open` alone.
    ///
    /// # Errors
    /// Cancelled, declined, timed out, or refused by Entra: then everything is as before.
    pub async fn sign_in_further(&self, way: Way, rights: &[Right], open: Open) -> Result<Account, Fault> {
        self.begin(way, rights, true, open).await
    }

    async fn begin(&self, way: Way, rights: &[Right], beside: bool, open: Open) -> Result<Account, Fault> {
        let (reply, answer) = oneshot::channel();
        let rights = rights.to_vec();
        self.tell(Command::SignIn {
            way,
            rights,
            beside,
            open,
            reply,
        });
        answer
            .await
            .unwrap_or_else(|_| Err(EntraError::Cancelled.fault()))
    }

    /// Ends the sign-in that is under way, if there is one.
    pub fn cancel(&self) {
        self.tell(Command::Cancel);
    }

    /// Forgets the tokens, here and in the store. To be called after everything was released (R20). The answer
    /// is a page on which the person may end the browser's session as well.
    ///
    /// # Errors
    /// Where the store could not be asked: this process has forgotten the tokens and goes on trying to remove
    /// what is stored, but if it ends before that, the next start finds the sign-in again.
    pub async fn sign_out(&self) -> Result<String, Fault> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::SignOut { reply });
        answer.await.unwrap_or_else(|_| Err(EntraError::Ended.fault()))
    }

    /// A token that is good for at least a minute, at once if there is one, else after a refresh.
    ///
    /// # Errors
    /// Not signed in, no longer taken by Entra, store not asked yet, or no answer from Entra.
    pub async fn access_token(&self) -> Result<SecretString, Fault> {
        let (reply, answer) = oneshot::channel();
        self.tell(Command::AccessToken { reply });
        answer.await.unwrap_or_else(|_| Err(EntraError::Ended.fault()))
    }

    /// Graph answered 401 to this token: it is not given out again.
    pub fn refused(&self, token: &SecretString) {
        self.tell(Command::Refused { token: token.clone() });
    }

    /// Something will be set soon (it rings): have a fresh token ready by then. Returns at once.
    pub fn warm_up(&self) {
        self.tell(Command::WarmUp);
    }

    /// The machine woke up or the network came back: whatever waits for its next try tries now.
    pub fn try_again(&self) {
        self.tell(Command::TryAgain);
    }

    /// From the next sign-in on its last page is in these words.
    pub fn speak(&self, texts: PageTexts) {
        self.tell(Command::Speak(texts));
    }

    /// Ends the task, and waits until a refresh token that is on its way is stored: the one before it may be of no
    /// use any more. A sign-in that is under way is cancelled.
    pub async fn end(&self) {
        let (reply, ended) = oneshot::channel();
        self.tell(Command::End { reply });
        let _ = ended.await;
    }

    /// What is wrong while the sign-in itself works: a new refresh token that could not be stored, one that
    /// could not be deleted, a browser that did not open.
    pub fn trouble(&self) -> watch::Receiver<Option<Fault>> {
        self.trouble.clone()
    }

    /// The task ends only with the last handle or with the runtime; then there is nobody left to tell.
    fn tell(&self, command: Command) {
        let _ = self.commands.send(command);
    }
}

impl crate::graph::Tokens for EntraHandle {
    async fn access_token(&self) -> Result<SecretString, Fault> {
        Self::access_token(self).await
    }

    async fn refused(&self, token: &SecretString) {
        Self::refused(self, token);
    }
}
