//! Line sources: those that the settings switch on are running, and started anew when their settings change.

use super::{Driver, News};
use crate::control::Reply;
use crate::desktop::Desktop;
use crate::lines::microsip::Microsip;
use crate::lines::{baresip, deskphone, fritzbox, jami, linphone, microphone};
use crate::port::{LineEvents, LineHandle};
use offhook_engine::Input;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::SourceId;
use offhook_engine::text;
use offhook_microphone::App;
use offhook_protocol::command::{Answer, MicrosipTask};
use offhook_protocol::settings::{AppKind, SeenApp};
use tokio::sync::watch;

/// With what each source was started last.
#[derive(Debug, Default)]
pub(super) struct Started {
    baresip: Option<baresip::BaresipConfig>,
    fritzbox: Option<fritzbox::FritzboxConfig>,
    deskphone: Option<deskphone::DeskphoneConfig>,
    jami: Option<jami::JamiConfig>,
    linphone: Option<linphone::LinphoneConfig>,
    microphone: Option<microphone::MicrophoneConfig>,
    /// Who was seen at the microphone in this run.
    at_microphone: Vec<App>,
    /// How often the desk phones' addresses were made anew in this run.
    renewed: u32,
}

impl<D: Desktop> Driver<D> {
    pub(super) fn start_lines(&mut self) {
        let config = self.settings.baresip();
        if self.parts.started.baresip != config {
            self.parts.started.baresip.clone_from(&config);
            self.start_line(baresip::SOURCE, config, baresip::spawn);
        }
        let config = self.settings.fritzbox();
        if self.parts.started.fritzbox != config {
            self.parts.started.fritzbox.clone_from(&config);
            self.start_line(fritzbox::SOURCE, config, fritzbox::spawn);
        }
        let config = self.settings.deskphone(self.parts.started.renewed);
        if self.parts.started.deskphone != config {
            self.parts.started.deskphone.clone_from(&config);
            self.start_line(deskphone::SOURCE, config, deskphone::spawn);
        }
        let config = self.settings.jami();
        if self.parts.started.jami != config {
            self.parts.started.jami.clone_from(&config);
            self.start_line(jami::SOURCE, config, jami::spawn);
        }
        let config = self.settings.linphone();
        if self.parts.started.linphone != config {
            self.parts.started.linphone.clone_from(&config);
            self.start_line(linphone::SOURCE, config, linphone::spawn);
        }
        self.start_sip_line();
        self.start_microphone();
    }

    fn start_microphone(&mut self) {
        let config = self.settings.microphone();
        if self.parts.started.microphone == config {
            return;
        }
        self.parts.started.microphone.clone_from(&config);
        let (seen, mut sightings) = watch::channel(self.parts.started.at_microphone.clone());
        let spawn = move |config, events| microphone::spawn(config, seen, events);
        self.start_line(microphone::SOURCE, config, spawn);
        let news = self.news.clone();
        tokio::task::spawn_local(async move {
            // Ends with the source.
            while sightings.changed().await.is_ok() {
                let apps = sightings.borrow_and_update().clone();
                if news.send(News::AtMicrophone(apps)).is_err() {
                    return;
                }
            }
        });
    }

    pub(super) fn on_microphone(&mut self, apps: Vec<App>) {
        self.parts.started.at_microphone = apps;
        self.fill_apps();
    }

    /// Those that were seen, and those that were chosen before.
    pub(super) fn fill_apps(&mut self) {
        let Some(config) = self.settings.microphone() else {
            self.desk.apps.clear();
            return;
        };
        let seen = &self.parts.started.at_microphone;
        let unseen = config
            .apps
            .iter()
            .filter(|id| !seen.iter().any(|app| app.id == **id));
        let unseen = unseen.map(|id| App {
            id: id.clone(),
            in_use: false,
        });
        let mut apps: Vec<App> = seen.iter().cloned().chain(unseen).collect();
        apps.sort();
        self.desk.apps = apps
            .into_iter()
            .map(|app| SeenApp {
                chosen: config.apps.contains(&app.id),
                in_use: app.in_use,
                kind: match offhook_microphone::kind(&app.id) {
                    offhook_microphone::Kind::Teams => AppKind::Teams,
                    offhook_microphone::Kind::Browser => AppKind::Browser,
                    offhook_microphone::Kind::Other => AppKind::Other,
                },
                id: app.id,
            })
            .collect();
    }

    /// In place of the one that ran with other settings.
    pub(super) fn start_line<C>(
        &mut self,
        name: &str,
        config: Option<C>,
        spawn: impl FnOnce(C, LineEvents) -> LineHandle,
    ) {
        let source = SourceId::new(name);
        self.parts.lines.remove(&source);
        self.input(Input::LineGone(source.clone()));
        if let Some(config) = config {
            let handle = spawn(config, self.parts.line_events.clone());
            self.parts.lines.insert(source, handle);
        }
    }

    pub(super) fn phone_access(&self, reply: Reply) {
        let config = self.parts.started.deskphone.as_ref();
        match config.map(deskphone::addresses::all) {
            Some(Ok(access)) => reply.answer(Answer::PhoneAccess(access)),
            Some(Err(error)) => {
                tracing::warn!(%error, "the desk phones have no addresses");
                let file = Some("deskphones.json");
                reply.refuse(text::problem(Code::LedgerNotWritten, file, self.language()));
            }
            None => reply.refuse(text::problem(Code::DeskphoneOff, None, self.language())),
        }
    }

    pub(super) fn renew_phone_access(&mut self, reply: Reply) {
        if let Some(config) = &self.parts.started.deskphone {
            if let Err(error) = config.renew() {
                tracing::warn!(%error, "the desk phones' addresses could not be made anew");
            }
            self.parts.started.renewed += 1;
            self.start_lines();
        }
        self.phone_access(reply);
    }

    pub(super) fn microsip(&self, task: MicrosipTask, reply: Reply) {
        let language = self.language();
        let (Some(ini), Some(console)) = (self.settings.microsip_ini(), Microsip::own_console()) else {
            let fault = Fault::new(FaultKind::Rejected, Code::MicrosipMissing).about("microsip.ini");
            reply.refuse(fault.problem(language));
            return;
        };
        let data_dir = self.options.own_data_dir();
        let microsip = Microsip {
            ini,
            console,
            data_dir,
        };
        tokio::task::spawn_local(async move {
            // It reads files and asks which programs run.
            let done = tokio::task::spawn_blocking(move || {
                match task {
                    MicrosipTask::Look => {}
                    MicrosipTask::Write => microsip.write()?,
                    MicrosipTask::TakeOut => microsip.take_out()?,
                }
                microsip.look()
            });
            match done.await {
                Ok(Ok(view)) => reply.answer(Answer::Microsip(view)),
                Ok(Err(fault)) => reply.refuse(fault.problem(language)),
                // The program ends.
                Err(_) => {}
            }
        });
    }
}
