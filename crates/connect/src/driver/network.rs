//! The way into the network as the settings say, with the proxy's password from the keyring.

use super::{Driver, News};
use crate::desktop::Desktop;
use crate::net::{self, NetworkConfig, Way};
use crate::secrets::{Ask, SecretName, again_after};
use offhook_engine::fault::{Code, Fault};
use secrecy::SecretString;

#[derive(Debug, Default)]
pub(super) struct Network {
    config: Option<NetworkConfig>,
    /// Passwords are told apart by the settings they were loaded for.
    attempt: u64,
    tries: u32,
    /// The password has not come yet: without it the proxy would only refuse.
    pub(super) waits: bool,
    /// What can't be used of the settings, and what is the matter with the file.
    pub(super) faults: Vec<Fault>,
}

impl Network {
    /// The password is to be loaded from elsewhere.
    pub(super) fn forget(&mut self) {
        self.config = None;
    }
}

impl<D: Desktop> Driver<D> {
    /// First of all: everything else takes this way.
    pub(super) fn start_network(&mut self) {
        let (config, fault) = self.settings.network();
        if self.parts.network.config.as_ref() == Some(&config) {
            return;
        }
        let network = &mut self.parts.network;
        network.config = Some(config);
        network.faults = fault.into_iter().collect();
        network.tries = 0;
        self.renew_network();
    }

    /// The way anew, with the password as it is stored now.
    pub(super) fn renew_network(&mut self) {
        let network = &mut self.parts.network;
        network.attempt += 1;
        network.waits = network.config.as_ref().is_some_and(NetworkConfig::wants_password);
        if network.waits {
            self.load_proxy_secret();
        } else {
            self.desk.proxy_password = false;
            self.take_way(None);
        }
    }

    fn load_proxy_secret(&self) {
        let network = &self.parts.network;
        let (attempt, tries) = (network.attempt, network.tries);
        let (store, news) = (self.parts.store.clone(), self.news.clone());
        tokio::task::spawn_local(async move {
            let ask = if tries == 0 { Ask::MayPrompt } else { Ask::Quietly };
            if tries > 0 {
                tokio::time::sleep(again_after(tries)).await;
            }
            let secret = store.load(&SecretName::proxy(), ask).await;
            let secret = secret.map_err(|error| error.fault());
            let _ended = news.send(News::ProxySecret { attempt, secret });
        });
    }

    pub(super) fn on_proxy_secret(&mut self, attempt: u64, secret: Result<Option<SecretString>, Fault>) {
        if attempt != self.parts.network.attempt {
            return;
        }
        match secret {
            Ok(secret) => {
                self.parts.network.waits = false;
                self.desk.proxy_password = secret.is_some();
                self.take_way(secret);
                self.start_all();
            }
            Err(fault) => {
                tracing::warn!(
                    code = fault.code.name(),
                    "the proxy's password could not be loaded"
                );
                self.parts.network.tries += 1;
                self.load_proxy_secret();
            }
        }
    }

    /// Whatever speaks with anybody starts anew.
    fn take_way(&mut self, password: Option<SecretString>) {
        let network = &mut self.parts.network;
        let config = network.config.clone().unwrap_or_default();
        let (way, fault) = Way::new(&config, password);
        network
            .faults
            .retain(|fault| fault.code != Code::RootFileUnreadable);
        network.faults.extend(fault);
        net::set_way(way);
        match net::client() {
            Ok(client) => self.parts.begin_again(client),
            Err(error) => tracing::error!(%error, "no client for the network could be made"),
        }
    }
}
