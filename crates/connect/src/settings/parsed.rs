//! The settings as the parts of the program use them.

use super::Settings;
use super::keys::{self, FIRST_RUN, KNOWN};
use crate::desktop::IconStyle;
use crate::entra::{EntraConfig, MicrosoftSettings};
use crate::lines::jami;
use crate::lines::linphone;
use crate::lines::tapi::{self, TapiConfig};
use crate::net::{NetworkConfig, ProxyChoice, proxy_address};
use crate::secrets::{FileStore, KeyringStore, SecretStore};
use crate::update::UpdateConfig;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use offhook_engine::NoticeKind;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::rules::{ClockHours, Role, Rules, WorkingHours};
use offhook_engine::view::settings::KnownSource;
use offhook_protocol::first_run::FirstRunStep;
use offhook_protocol::pages::{Draft, FieldView, Language};
use offhook_tapi::PermanentId;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// The locale by which this system writes times; empty where it names none.
fn time_locale() -> String {
    // The order in which the C library asks; `sys_locale` asks for the language only.
    let named = ["LC_ALL", "LC_TIME", "LANG"]
        .iter()
        .filter(|_| cfg!(target_os = "linux"))
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()));
    named.or_else(sys_locale::get_locale).unwrap_or_default()
}

impl Settings {
    pub fn rules(&self) -> Rules {
        let minutes = u64::try_from(self.number("teams.release_after_minutes")).unwrap_or(10);
        Rules {
            role: if self.text("role") == "watch" {
                Role::Watch
            } else {
                Role::Full
            },
            language: self.language(),
            hours: ClockHours::of_locale(&time_locale()),
            zone: TimeZone::system(),
            working_hours: self.working_hours(),
            poll_floor: Duration::from_secs(
                u64::try_from(self.number("teams.poll_seconds_min")).unwrap_or(3),
            ),
            release_after: Duration::from_secs(minutes * 60),
            outgoing_counts: self.flag("calls.outgoing_counts"),
            dnd_in_meetings: self.flag("rules.dnd_in_meetings"),
            profile: self.profile(),
            own: self.differences(),
            calendar: self.calendar_rules(),
            notices: NoticeKind::ALL
                .into_iter()
                .filter(|kind| self.flag(kind.key()))
                .collect(),
        }
    }

    /// The person's choice, else the system's language, else English.
    pub fn language(&self) -> Language {
        match self.text("person.language") {
            "de" => Language::De,
            "en" => Language::En,
            _ => match sys_locale::get_locale() {
                Some(locale) if locale.starts_with("de") => Language::De,
                Some(_) | None => Language::En,
            },
        }
    }

    fn working_hours(&self) -> Option<WorkingHours> {
        if !self.flag("person.pause_outside_hours") {
            return None;
        }
        let time = |key: &str| format!("{}:00", self.text(key)).parse().ok();
        let days = self
            .words("person.work_days")
            .iter()
            .filter_map(|word| weekday(word))
            .collect();
        Some(WorkingHours {
            days,
            from: time("person.work_from")?,
            to: time("person.work_to")?,
        })
    }

    /// # Errors
    /// No application is registered yet, or a value is impossible.
    pub fn entra(&self) -> Result<EntraConfig, Fault> {
        EntraConfig::parse(&MicrosoftSettings {
            cloud: self.text("microsoft.cloud"),
            tenant: self.text("microsoft.tenant"),
            client_id: self.text("microsoft.client_id"),
            login_url: self.text("microsoft.login_url"),
            graph_url: self.text("microsoft.graph_url"),
        })
    }

    /// Where the first run stands; `None` once it is finished.
    pub fn first_run(&self) -> Option<FirstRunStep> {
        match self.text(FIRST_RUN) {
            "welcome" => Some(FirstRunStep::Welcome),
            "microsoft" => Some(FirstRunStep::Microsoft),
            "phone" => Some(FirstRunStep::Phone),
            "access" => Some(FirstRunStep::Access),
            "ready" => Some(FirstRunStep::Ready),
            _ => None,
        }
    }

    /// The draft that puts the first run there.
    pub(crate) fn first_run_draft(step: Option<FirstRunStep>) -> Draft {
        let word = match step {
            Some(FirstRunStep::Welcome) => "welcome",
            Some(FirstRunStep::Microsoft) => "microsoft",
            Some(FirstRunStep::Phone) => "phone",
            Some(FirstRunStep::Access) => "access",
            Some(FirstRunStep::Ready) => "ready",
            None => "done",
        };
        Draft([(FIRST_RUN.to_owned(), word.to_owned())].into())
    }

    /// How this machine gets into the network, and what can't be used of it.
    pub fn network(&self) -> (NetworkConfig, Option<Fault>) {
        let mut fault = None;
        let proxy = match self.text("network.proxy") {
            "off" => ProxyChoice::Off,
            "named" => match proxy_address(self.text("network.proxy_address")) {
                Some(address) => ProxyChoice::Named {
                    address,
                    user: self.text("network.proxy_user").to_owned(),
                    except: self.words("network.no_proxy"),
                },
                None => {
                    fault = Some(Fault::new(FaultKind::Rejected, Code::ProxyAddress));
                    ProxyChoice::System
                }
            },
            _ => ProxyChoice::System,
        };
        let root_file = self.text("network.root_file");
        let config = NetworkConfig {
            proxy,
            root_file: (!root_file.is_empty()).then(|| root_file.into()),
        };
        (config, fault)
    }

    /// A key file that the organisation wants taken over; nobody else can.
    pub fn forced_key_file(&self) -> Option<String> {
        const KEY: &str = "phone.key_file";
        let path = self.text(KEY);
        (self.field(KEY).locked && !path.is_empty()).then(|| path.to_owned())
    }

    /// Whether the organisation wants this system to start Offhook at sign-in, or never; nobody else can say it here.
    pub fn forced_autostart(&self) -> Option<bool> {
        const KEY: &str = "person.autostart";
        self.field(KEY).locked.then(|| self.flag(KEY))
    }

    /// The data directory.
    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap_or(&self.path)
    }

    /// Where newer versions are asked for; `None` while nobody has named a place, or it is switched off.
    pub fn update(&self) -> Option<Result<UpdateConfig, Fault>> {
        let feed = self.text("update.feed");
        let on = self.flag("update.check") && !feed.is_empty();
        on.then(|| UpdateConfig::parse(feed, &self.words("update.keys")))
    }

    /// The call sources that have a switch, in the order of the settings.
    pub fn sources(&self) -> Vec<KnownSource> {
        let switches = KNOWN.iter().filter_map(|known| {
            let id = known.key.strip_prefix("lines.")?.strip_suffix(".enabled")?;
            (id != tapi::SOURCE || cfg!(windows)).then_some((id, known.key.as_ref()))
        });
        switches
            // Where it can be heard at all.
            .filter(|(id, _)| *id != jami::SOURCE || cfg!(target_os = "linux"))
            .filter(|(id, _)| *id != linphone::SOURCE || cfg!(unix))
            .map(|(id, switch)| KnownSource {
                id: id.to_owned(),
                switch: switch.to_owned(),
                address: keys::find(&format!("lines.{id}.address"))
                    .map(|known| known.key.clone().into_owned()),
                on: self.flag(switch),
                lines: keys::find(&format!("lines.{id}.lines")).map(|known| known.key.clone().into_owned()),
            })
            .collect()
    }

    /// Every setting as a form shows it, by its dotted key.
    pub fn fields(&self) -> BTreeMap<String, FieldView> {
        // The rule table has a view of its own.
        let plain = KNOWN.iter().filter(|known| known.fixed_default().is_some());
        plain
            .map(|known| (known.key.clone().into_owned(), self.field(&known.key)))
            .collect()
    }

    /// What differs from the defaults, as far as its kind says that it can't be personal.
    pub(crate) fn impersonal(&self) -> Vec<String> {
        let differing = KNOWN
            .iter()
            .filter(|known| self.text(&known.key) != known.default);
        differing
            .map(|known| {
                let locked = if self.field(&known.key).locked {
                    " (policy)"
                } else {
                    ""
                };
                if known.kind.is_closed() {
                    format!("{} = {:?}{locked}", known.key, self.text(&known.key))
                } else {
                    format!("{} is set{locked}", known.key)
                }
            })
            .collect()
    }

    /// Values that may name a person or a place.
    pub(crate) fn personal(&self) -> Vec<String> {
        let open = KNOWN.iter().filter(|known| !known.kind.is_closed());
        open.map(|known| (self.text(&known.key), known.default))
            .filter(|(value, default)| value != default && !value.is_empty())
            .map(|(value, _)| value.to_owned())
            .collect()
    }

    /// How the tray's pictures are to look.
    pub fn icon(&self) -> IconStyle {
        match self.text("person.icon") {
            "one-colour" => IconStyle::OneColour,
            "light" => IconStyle::Light,
            "dark" => IconStyle::Dark,
            _ => IconStyle::Colour,
        }
    }

    /// Whether no window is opened when Offhook starts.
    pub fn starts_hidden(&self) -> bool {
        self.flag("person.start_hidden")
    }

    pub fn log_level(&self) -> &str {
        self.text("log.level")
    }

    /// Where secrets rest on this machine.
    pub fn secret_store(&self, data_dir: &Path) -> SecretStore {
        if self.text("store.secrets") == "file" {
            tracing::warn!("secrets are kept in a file of the data folder, as set");
            SecretStore::File(FileStore::new(data_dir.join("secrets.json")))
        } else {
            SecretStore::Keyring(KeyringStore::new(&keyring_service(data_dir)))
        }
    }

    pub fn tapi(&self) -> Option<TapiConfig> {
        let lines = self.words("lines.tapi.lines");
        self.flag("lines.tapi.enabled").then(|| TapiConfig {
            lines: lines.iter().filter_map(|line| PermanentId::parse(line)).collect(),
        })
    }
}

/// `Offhook` for the usual data directory; another one has secrets of its own.
fn keyring_service(data_dir: &Path) -> String {
    let usual = offhook_protocol::place::data_dir(None, |name| std::env::var_os(name));
    if usual.is_some_and(|usual| usual == data_dir) {
        return "Offhook".to_owned();
    }
    format!("Offhook {}", crate::control::place::hash_of(data_dir))
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "mon" => Weekday::Monday,
        "tue" => Weekday::Tuesday,
        "wed" => Weekday::Wednesday,
        "thu" => Weekday::Thursday,
        "fri" => Weekday::Friday,
        "sat" => Weekday::Saturday,
        "sun" => Weekday::Sunday,
        _ => return None,
    })
}
