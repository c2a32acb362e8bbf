//! Sign-in and phone system: what the settings say is running, and started anew when they change.

use super::calendar::Source;
use super::lines::Started;
use super::network::Network;
use super::sip_line::SipLine;
use super::update::Updates;
use super::{Driver, News};
use crate::calendar::CalendarConfig;
use crate::desktop::Desktop;
use crate::entra::{self, Clock, EntraConfig, EntraHandle, PageTexts};
use crate::graph::Graph;
use crate::phones::PhoneSystem;
use crate::port::{LineEvents, LineHandle, NewSecret, PhoneEvent, PhoneHandle};
use crate::secrets::{Ask, FileStore, SecretName, SecretStore, again_after};
use crate::settings::{PhoneConfig, Settings};
use offhook_engine::Input;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::SourceId;
use offhook_engine::teams::{Right, SignIn};
use offhook_engine::text::{Language, Text};
use offhook_protocol::pages::PhonePage;
use offhook_protocol::settings::LineChooser;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::rc::Rc;
use tokio::sync::mpsc;

/// The rights of the two first jobs; the calendar is asked for later (R18).
pub(super) const RIGHTS: [Right; 2] = [Right::PresenceRead, Right::PresenceWrite];

pub(super) struct Parts {
    pub(super) http: reqwest::Client,
    data_dir: PathBuf,
    clock: Clock,
    sign_ins: mpsc::UnboundedSender<SignIn>,
    pub(super) line_events: LineEvents,
    pub(super) store: SecretStore,
    store_kind: String,
    pub(super) microsoft: Option<Microsoft>,
    pub(super) phone: Option<PhoneHandle>,
    pub(super) phone_events: mpsc::UnboundedReceiver<PhoneEvent>,
    phone_config: Option<Result<PhoneConfig, Fault>>,
    /// Each try to start the phone system is told apart: an answer to an older one is not acted on.
    phone_attempt: u64,
    secret_tries: u32,
    pub(super) lines: BTreeMap<SourceId, LineHandle>,
    pub(super) started: Started,
    pub(super) sip_line: SipLine,
    #[cfg(windows)]
    pub(super) telephony: super::telephony::Telephony,
    pub(super) calendar: Source,
    pub(super) network: Network,
    pub(super) updates: Updates,
}

#[derive(Debug)]
pub(super) struct Microsoft {
    pub(super) entra: EntraHandle,
    pub(super) graph: Rc<Graph>,
    config: EntraConfig,
}

impl Parts {
    pub(super) fn new(
        http: reqwest::Client,
        data_dir: PathBuf,
        clock: Clock,
        sign_ins: mpsc::UnboundedSender<SignIn>,
        line_events: LineEvents,
    ) -> Self {
        let (_nobody, phone_events) = mpsc::unbounded_channel();
        let store = SecretStore::File(FileStore::new(data_dir.join("secrets.json")));
        Self {
            http,
            data_dir,
            clock,
            sign_ins,
            line_events,
            store,
            store_kind: String::new(),
            microsoft: None,
            phone: None,
            phone_events,
            phone_config: None,
            phone_attempt: 0,
            secret_tries: 0,
            lines: BTreeMap::new(),
            started: Started::default(),
            sip_line: SipLine::default(),
            #[cfg(windows)]
            telephony: super::telephony::Telephony::default(),
            calendar: Source::default(),
            network: Network::default(),
            updates: Updates::default(),
        }
    }

    /// The object id of who is signed in: Graph may want it in the address.
    pub(super) fn account_is(&mut self, oid: &str) {
        if let Some(microsoft) = &mut self.microsoft {
            microsoft.graph = Rc::new(new_graph(&microsoft.config, &self.http).for_person(oid));
        }
    }

    /// With another way into the network everything that speaks over it is started anew.
    pub(super) fn begin_again(&mut self, http: reqwest::Client) {
        self.http = http;
        self.microsoft = None;
        self.phone_config = None;
        self.calendar.config = CalendarConfig::Off;
        self.updates.forget();
    }

    fn choose_store(&mut self, settings: &Settings) {
        let kind = settings.text("store.secrets");
        if self.store_kind == kind {
            return;
        }
        kind.clone_into(&mut self.store_kind);
        self.store = settings.secret_store(&self.data_dir);
        // Whoever used the other store starts again with this one.
        self.microsoft = None;
        self.phone_config = None;
        self.calendar.config = CalendarConfig::Off;
        self.sip_line.forget();
        self.network.forget();
    }
}

impl<D: Desktop> Driver<D> {
    /// Starts, restarts or stops whatever the settings in force ask for. Nothing that has not changed is
    /// touched.
    pub(super) fn start_all(&mut self) {
        self.parts.choose_store(&self.settings);
        self.start_network();
        // The engine waits for the phone before it judges what the last run left there.
        self.start_phone();
        if !self.parts.network.waits {
            self.start_microsoft();
            self.start_calendar();
            self.start_updates();
        }
        self.start_lines();
        #[cfg(windows)]
        self.start_tapi();
        self.start_switches();
        self.input(Input::Rules(Box::new(self.settings.rules())));
        self.fill_desk();
    }

    fn start_microsoft(&mut self) {
        let config = match self.settings.entra() {
            Ok(config) => config,
            Err(fault) => {
                let was_running = self.parts.microsoft.take().is_some();
                self.desk.consent_url = None;
                self.desk.calendar_consent_url = None;
                // Nothing is set up yet is no problem to complain of before the person tries to sign in.
                let told = was_running || fault.code != Code::ClientIdMissing;
                self.desk.sign_in_problem = told.then(|| fault.problem(self.settings.language()));
                self.input(Input::SignIn(SignIn::SignedOut));
                return;
            }
        };
        if self
            .parts
            .microsoft
            .as_ref()
            .is_some_and(|microsoft| microsoft.config == config)
        {
            if let Some(microsoft) = &self.parts.microsoft {
                microsoft.entra.speak(page_texts(self.settings.language()));
            }
            return;
        }
        self.desk.sign_in_problem = None;
        self.desk.consent_url = Some(config.admin_consent(&RIGHTS).url);
        self.desk.calendar_consent_url = Some(config.admin_consent(&[Right::CalendarRead]).url);
        let parts = &mut self.parts;
        let graph = Rc::new(new_graph(&config, &parts.http));
        let entra = entra::spawn(
            config.clone(),
            page_texts(self.settings.language()),
            parts.store.clone(),
            parts.http.clone(),
            parts.clock.clone(),
            parts.sign_ins.clone(),
        );
        let (mut trouble, news) = (entra.trouble(), self.news.clone());
        tokio::task::spawn_local(async move {
            // Ends with the sign-in's task.
            while trouble.changed().await.is_ok() {
                let fault = trouble.borrow_and_update().clone();
                if news.send(News::SignInTrouble(fault)).is_err() {
                    return;
                }
            }
        });
        self.parts.microsoft = Some(Microsoft { entra, graph, config });
    }

    fn start_phone(&mut self) {
        let config = self.settings.phone();
        if self.parts.phone_config.as_ref() == Some(&config) {
            return;
        }
        self.parts.phone_config = Some(config);
        self.parts.secret_tries = 0;
        self.restart_phone();
    }

    /// The phone system anew, with the password as it is stored now.
    pub(super) fn restart_phone(&mut self) {
        let parts = &mut self.parts;
        parts.phone = None;
        parts.phone_attempt += 1;
        // News of the one before goes nowhere.
        let (_nobody, silent) = mpsc::unbounded_channel();
        parts.phone_events = silent;
        self.input(Input::LineGone(SourceId::phone()));
        match self.parts.phone_config.clone() {
            None | Some(Ok(PhoneConfig::None)) => self.input(Input::PhoneConfigured(false)),
            Some(Err(fault)) => {
                self.input(Input::PhoneConfigured(true));
                self.input(Input::PhoneDown(fault));
            }
            Some(Ok(PhoneConfig::System(_))) => {
                self.input(Input::PhoneConfigured(true));
                self.load_phone_secret();
            }
        }
    }

    fn load_phone_secret(&self) {
        let Some(Ok(PhoneConfig::System(system))) = self.parts.phone_config.clone() else {
            return;
        };
        let (store, news, attempt) = (
            self.parts.store.clone(),
            self.news.clone(),
            self.parts.phone_attempt,
        );
        let tries = self.parts.secret_tries;
        tokio::task::spawn_local(async move {
            let ask = if tries == 0 { Ask::MayPrompt } else { Ask::Quietly };
            if tries > 0 {
                tokio::time::sleep(again_after(tries)).await;
            }
            let secret = system.with_stored(&phone_secret(), &store, ask).await;
            let _ended = news.send(News::PhoneSecret { attempt, secret });
        });
    }

    pub(super) fn on_phone_secret(
        &mut self,
        attempt: u64,
        secret: Result<(PhoneSystem, Option<SecretString>), Fault>,
    ) {
        if attempt != self.parts.phone_attempt {
            return;
        }
        match secret {
            Ok((system, stored)) => {
                self.desk.phone.password_stored = stored.is_some();
                let Some(secret) = system.enough(stored) else {
                    let missing = Fault::new(FaultKind::Rejected, Code::SecretMissing);
                    self.input(Input::PhoneDown(missing));
                    return;
                };
                self.parts.secret_tries = 0;
                let (events, receiver) = mpsc::unbounded_channel();
                self.parts.phone = Some(system.spawn(secret, events));
                self.parts.phone_events = receiver;
            }
            Err(fault) => {
                self.input(Input::PhoneDown(fault));
                self.parts.secret_tries += 1;
                self.load_phone_secret();
            }
        }
    }

    /// The phone system gave something else to sign in with next time. The running connection has it already: nothing is
    /// started anew, and a store that can't be asked leaves what it has.
    pub(super) fn keep_phone_secret(&mut self, secret: NewSecret) {
        self.desk.phone.password_stored = secret.0.is_some();
        let store = self.parts.store.clone();
        tokio::task::spawn_local(async move {
            let outcome = match &secret.0 {
                Some(secret) => store.save(&phone_secret(), secret, Ask::Quietly).await,
                None => store.delete(&phone_secret(), Ask::Quietly).await,
            };
            if let Err(error) = outcome {
                tracing::warn!(%error, "what the phone system gave to sign in with was not stored");
            }
        });
    }

    pub(super) fn fill_desk(&mut self) {
        self.show_update();
        let field = |key: &str| self.settings.field(key);
        self.desk.language = field("person.language");
        self.desk.dnd_in_meetings = field("rules.dnd_in_meetings");
        if !self.first_run_again {
            self.desk.first_run = self.settings.first_run();
        }
        let password_stored = self.desk.phone.password_stored;
        self.desk.fields = self.settings.fields();
        let language = self.settings.language();
        let faults = self.parts.network.faults.iter();
        self.desk.network = faults.map(|fault| fault.problem(language)).collect();
        self.desk.sources = self.settings.sources();
        self.desk.microsip = self.settings.microsip_ini().is_some();
        self.desk.tenant = field("microsoft.tenant");
        self.desk.client_id = field("microsoft.client_id");
        self.desk.rules = self.settings.rules_form();
        self.desk.phone = PhonePage {
            kind: field("phone.kind"),
            host: field("phone.host"),
            port: field("phone.port"),
            user: field("phone.user"),
            login: field("phone.login"),
            extension: field("phone.extension"),
            tls: field("phone.tls"),
            password_stored,
            lines: cfg!(windows).then(|| LineChooser {
                key: "phone.line".to_owned(),
                lines: Vec::new(),
            }),
            ..PhonePage::default()
        };
        // By hand or by policy the file may say what no form would have taken.
        for refused in self.settings.impossible_entries() {
            self.show_refused(&refused.key, &refused.fault.problem(language));
        }
        self.fill_apps();
    }

    pub(super) fn phone_config(&self) -> Option<&Result<PhoneConfig, Fault>> {
        self.parts.phone_config.as_ref()
    }
}

fn new_graph(config: &EntraConfig, http: &reqwest::Client) -> Graph {
    Graph::new(
        http.clone(),
        config.graph_base().clone(),
        config.client_id().to_owned(),
    )
}

fn page_texts(language: Language) -> PageTexts {
    PageTexts {
        language: match language {
            Language::De => "de".into(),
            Language::En => "en".into(),
        },
        done: Text::BrowserDone.text(language).into(),
        not_done: Text::BrowserNotDone.text(language).into(),
        not_further: Text::BrowserNotFurther.text(language).into(),
        stray: Text::BrowserStray.text(language).into(),
    }
}

/// One phone system at a time, so one name for its password.
pub(super) fn phone_secret() -> SecretName {
    SecretName::phone("phone")
}
