//! The doctor: each thing Offhook needs, looked at, with the mend in words. Changes nothing.
//!
//! In the order in which one thing needs the other: our own files, the secrets, the network, Microsoft, the calendar,
//! the phone system, the call sources, the desktop. What only the running program knows comes with [`Running`]; without
//! one (`offhook --doctor`) as much is looked at as can be from outside.

#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod network;
mod proxy;
mod running;
mod start;
#[cfg(test)]
mod tests;

pub use running::Running;
pub use start::Start;

use crate::calendar::{CalendarConfig, CalendarSource, Means};
use crate::entra::{self, AtRest};
use crate::lines::sip;
use crate::net::{Way, set_way};
use crate::phones::probe;
use crate::phones::sip::test_step_by_step;
use crate::phones::tls::Tls;
use crate::secrets::{Ask, SecretName, SecretStore};
use crate::settings::{PhoneConfig, Settings};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use offhook_engine::facts::calendar::window;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::teams::Right;
use offhook_engine::text::{self, CalendarText, DoctorText, Text};
use offhook_protocol::command::Finding;
use offhook_protocol::pages::Language;
use std::rc::Rc;
use std::time::Duration;

/// How long one look may take.
const LIMIT: Duration = Duration::from_secs(10);

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    pub area: Area,
    pub finding: Finding,
    /// What is wrong, by the stable name that a report may carry.
    pub code: Option<Code>,
}

/// What is looked at, as a report names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    Settings,
    Secrets,
    Proxy,
    Name,
    Tls,
    Answer,
    Clock,
    SignIn,
    Right,
    Calendar,
    Phone,
    Calls,
    Notifications,
    Tray,
    Start,
}

impl Area {
    pub const fn word(self) -> &'static str {
        match self {
            Self::Settings => "settings",
            Self::Secrets => "secrets",
            Self::Proxy => "proxy",
            Self::Name => "name",
            Self::Tls => "encryption",
            Self::Answer => "answer",
            Self::Clock => "clock",
            Self::SignIn => "sign-in",
            Self::Right => "right",
            Self::Calendar => "calendar",
            Self::Phone => "phone",
            Self::Calls => "calls",
            Self::Notifications => "notifications",
            Self::Tray => "tray",
            Self::Start => "start",
        }
    }
}

impl Look {
    fn fine(area: Area, what: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            area,
            finding: Finding {
                what: what.into(),
                ok: true,
                text: text.into(),
                mend: String::new(),
            },
            code: None,
        }
    }

    fn failed(area: Area, what: &str, fault: &Fault, language: Language) -> Self {
        Self {
            area,
            finding: failed(what, fault, language),
            code: Some(fault.code),
        }
    }

    fn of(area: Area, what: &str, outcome: Result<String, Fault>, language: Language) -> Self {
        match outcome {
            Ok(text) => Self::fine(area, what, text),
            Err(fault) => Self::failed(area, what, &fault, language),
        }
    }
}

/// Goes the way through the network that the settings name, as the resident program would. Without the proxy's password
/// the proxy itself says what it wants. What is wrong with the settings of it comes back.
async fn take_way(settings: &Settings, store: &SecretStore) -> Vec<Fault> {
    let (config, of_proxy) = settings.network();
    let password = if config.wants_password() {
        let stored = store.load(&SecretName::proxy(), Ask::Quietly).await;
        stored.ok().flatten()
    } else {
        None
    };
    let (way, of_roots) = Way::new(&config, password);
    set_way(way);
    of_proxy.into_iter().chain(of_roots).collect()
}

/// Looks at everything.
pub async fn examine(settings: &Settings, store: &SecretStore, running: Option<Running>) -> Vec<Look> {
    let language = settings.language();
    let mut looks = own_settings(settings, language);
    if running.is_none() {
        let what = DoctorText::Settings.text(language);
        let faults = take_way(settings, store).await;
        looks.extend(
            faults
                .iter()
                .map(|fault| Look::failed(Area::Settings, what, fault, language)),
        );
    }
    looks.extend(running.iter().flat_map(|running| running.files()));
    let stored = store.load(&SecretName::microsoft(), Ask::Quietly).await;
    let what = DoctorText::Secrets.text(language);
    looks.push(match &stored {
        Ok(_) => Look::fine(Area::Secrets, what, place_of(store).text(language)),
        Err(error) => Look::failed(Area::Secrets, what, &error.fault(), language),
    });
    match settings.entra() {
        Ok(config) => {
            looks.extend(Box::pin(network::microsoft(&config, language)).await);
            match &running {
                Some(running) => looks.extend(Box::pin(running.sign_in(language)).await),
                None => {
                    // What the store did not say was said above.
                    let stored = stored.as_ref().ok().map(Option::as_ref);
                    let found = stored.map(|stored| entra::at_rest(&config, stored));
                    looks.extend(
                        found
                            .into_iter()
                            .flat_map(|found| at_rest(found, settings, language)),
                    );
                }
            }
        }
        Err(fault) => {
            let what = DoctorText::SignIn.text(language);
            looks.push(Look::failed(Area::SignIn, what, &fault, language));
        }
    }
    looks.extend(match &running {
        Some(running) => Box::pin(running.calendar(language)).await,
        None => Box::pin(calendar_at_rest(settings, store, language)).await,
    });
    looks.extend(Box::pin(phone(settings, store, language)).await);
    match running {
        Some(running) => {
            let lights = running.lights(&looks, language);
            looks.extend(lights);
            looks.extend(running.start.look(language));
            looks.extend(Box::pin(running.desktop(language)).await);
        }
        None => {
            looks.extend(Box::pin(sources_at_rest(settings, store, language)).await);
            looks.extend(Start::at_rest(settings).look(language));
        }
    }
    looks
}

/// As clients are told.
pub fn findings(looks: Vec<Look>) -> Vec<Finding> {
    looks.into_iter().map(|look| look.finding).collect()
}

/// Everything that is odd about the settings, each by its name.
fn own_settings(settings: &Settings, language: Language) -> Vec<Look> {
    let what = DoctorText::Settings.text(language);
    if settings.problems.is_empty() {
        let fine = match settings.forced_count() {
            0 => DoctorText::Fine.text(language).to_owned(),
            count => DoctorText::SettingsForced.with(language, &[("count", &count.to_string())]),
        };
        return vec![Look::fine(Area::Settings, what, fine)];
    }
    let problems = settings.problems.iter();
    problems
        .map(|fault| Look::failed(Area::Settings, what, fault, language))
        .collect()
}

const fn place_of(store: &SecretStore) -> DoctorText {
    match store {
        SecretStore::Keyring(_) => DoctorText::SecretsKeyring,
        SecretStore::File(_) => DoctorText::SecretsFile,
        SecretStore::Memory(_) => DoctorText::Fine,
    }
}

/// The stored sign-in, with nobody there who uses it.
fn at_rest(found: AtRest, settings: &Settings, language: Language) -> Vec<Look> {
    let what = DoctorText::SignIn.text(language);
    let failed = |code: Code| {
        let fault = Fault::new(FaultKind::SignInRequired, code);
        vec![Look::failed(Area::SignIn, what, &fault, language)]
    };
    match found {
        AtRest::Nobody => failed(Code::NotSignedIn),
        AtRest::Foreign => failed(Code::SignInNeeded),
        AtRest::Damaged => failed(Code::SecretDamaged),
        AtRest::Account(granted) => {
            let stored = DoctorText::SignInStored.text(language);
            let calendar = settings.calendar() == CalendarConfig::Source(CalendarSource::Graph);
            let mut looks = vec![Look::fine(Area::SignIn, what, stored)];
            looks.extend(needed(calendar).map(|right| {
                let fine = DoctorText::RightFine.text(language).to_owned();
                let outcome = granted.contains(&right).then_some(fine);
                let outcome = outcome.ok_or_else(|| missing(right));
                Look::of(Area::Right, &right_name(right, language), outcome, language)
            }));
            looks
        }
    }
}

/// The rights that what is switched on needs.
fn needed(calendar: bool) -> impl Iterator<Item = Right> {
    [Right::PresenceRead, Right::PresenceWrite]
        .into_iter()
        .chain(calendar.then_some(Right::CalendarRead))
}

fn right_name(right: Right, language: Language) -> String {
    let name = match right {
        Right::PresenceRead => Text::RightPresenceRead,
        Right::PresenceWrite => Text::RightPresenceWrite,
        Right::CalendarRead => Text::RightCalendar,
    };
    DoctorText::Right.with(language, &[("right", name.text(language))])
}

fn missing(right: Right) -> Fault {
    let code = match right {
        Right::PresenceRead | Right::PresenceWrite => Code::GraphRightMissing,
        Right::CalendarRead => Code::CalendarRightMissing,
    };
    Fault::new(FaultKind::RightMissing, code).about(entra::scope(right))
}

/// A calendar with a sign-in of its own can be read without the running program; Microsoft's can't.
async fn calendar_at_rest(settings: &Settings, store: &SecretStore, language: Language) -> Vec<Look> {
    let means = Means {
        microsoft: None,
        store: store.clone(),
        ask: Ask::Quietly,
        zone: TimeZone::system(),
        addresses: Vec::new(),
        kept: Rc::default(),
    };
    match settings.calendar() {
        CalendarConfig::Source(CalendarSource::Graph) => Vec::new(),
        config @ (CalendarConfig::Off | CalendarConfig::Unusable(_) | CalendarConfig::Source(_)) => {
            Box::pin(calendar(config, means, language)).await
        }
    }
}

/// Reads the calendar once; nothing where none is wanted.
async fn calendar(config: CalendarConfig, means: Means, language: Language) -> Vec<Look> {
    let what = CalendarText::TestName.text(language);
    let outcome = match config {
        CalendarConfig::Off => return Vec::new(),
        CalendarConfig::Unusable(fault) => Err(fault),
        CalendarConfig::Source(source) => {
            let (from, until) = window(Timestamp::now(), &means.zone);
            Box::pin(source.read(means, from, until)).await
        }
    };
    let outcome = outcome.map(|reading| {
        let count = reading.appointments.len().to_string();
        match reading.way {
            Some(way) => CalendarText::TestFineBy.with(language, &[("way", way), ("count", &count)]),
            None => CalendarText::TestFine.with(language, &[("count", &count)]),
        }
    });
    vec![Look::of(Area::Calendar, what, outcome, language)]
}

async fn phone(settings: &Settings, store: &SecretStore, language: Language) -> Vec<Look> {
    let what = Text::LightPhone.text(language);
    let failed = |fault: &Fault| vec![Look::failed(Area::Phone, what, fault, language)];
    match settings.phone() {
        Ok(PhoneConfig::None) => vec![Look::fine(
            Area::Phone,
            what,
            DoctorText::PhoneNone.text(language),
        )],
        Err(fault) => failed(&fault),
        Ok(PhoneConfig::System(system)) => {
            let stored = system
                .with_stored(&SecretName::phone("phone"), store, Ask::Quietly)
                .await;
            match stored.map(|(system, stored)| (system.enough(stored), system)) {
                Ok((Some(secret), system)) => {
                    let steps = Box::pin(system.test(&secret)).await;
                    steps.into_iter().map(|step| step_look(step, language)).collect()
                }
                Ok((None, _)) => failed(&Fault::new(FaultKind::Rejected, Code::SecretMissing)),
                Err(fault) => failed(&fault),
            }
        }
    }
}

/// Whether something is there where the call sources are expected. Only while Offhook itself does not run: some of them
/// take one client at a time.
async fn sources_at_rest(settings: &Settings, store: &SecretStore, language: Language) -> Vec<Look> {
    let baresip = settings.baresip().map(|config| ("baresip", config.address));
    let fritzbox = settings.fritzbox().map(|config| ("fritzbox", config.address));
    let mut looks = Vec::new();
    for (source, address) in baresip.into_iter().chain(fritzbox) {
        let what = DoctorText::CallsBy.with(language, &[("source", source)]);
        let (host, port) = network::parts(&address);
        let reached = crate::phones::net::connect(&host, port, &Tls::Off, LIMIT).await;
        let outcome = reached
            .map(|_closed| DoctorText::Reached.text(language).to_owned())
            .map_err(|error| error.fault());
        looks.push(Look::of(Area::Calls, &what, outcome, language));
    }
    looks.extend(Box::pin(sip_at_rest(settings, store, language)).await);
    looks
}

/// SIP as a call source: whether it would be told of calls; nothing where it is switched off.
async fn sip_at_rest(settings: &Settings, store: &SecretStore, language: Language) -> Option<Look> {
    let config = settings.sip_line()?;
    let what = DoctorText::CallsBy.with(language, &[("source", sip::SOURCE)]);
    let secret = match &config {
        Ok(_) => store
            .load(&SecretName::line(sip::SOURCE), Ask::Quietly)
            .await
            .map_err(|error| error.fault()),
        Err(_) => Ok(None),
    };
    let outcome = match (config, secret) {
        (Err(fault), _) | (Ok(_), Err(fault)) => Err(fault),
        (Ok(_), Ok(None)) => Err(Fault::new(FaultKind::Rejected, Code::SipSecretMissing)),
        (Ok(config), Ok(Some(secret))) => {
            let mut last = Ok(());
            let found = |finding: probe::Finding| last = sip::told(finding).outcome.map(drop);
            Box::pin(test_step_by_step(&config, &secret, found)).await;
            last.map(|()| DoctorText::Reached.text(language).to_owned())
        }
    };
    Some(Look::of(Area::Calls, &what, outcome, language))
}

/// The steps of the phone system's test in words.
pub fn phone_findings(steps: Vec<probe::Finding>, language: Language) -> Vec<Finding> {
    findings(steps.into_iter().map(|step| step_look(step, language)).collect())
}

fn step_look(step: probe::Finding, language: Language) -> Look {
    match step.outcome {
        Ok(detail) => {
            let (what, text) = text::probe_step(step.step.code(), &detail, language);
            Look::fine(Area::Phone, what, text)
        }
        Err(fault) => {
            let (what, _) = text::probe_step(step.step.code(), "", language);
            Look::failed(Area::Phone, &what, &fault, language)
        }
    }
}

pub fn failed(what: &str, fault: &Fault, language: Language) -> Finding {
    let problem = fault.problem(language);
    Finding {
        what: what.to_owned(),
        ok: false,
        text: problem.sentence,
        mend: problem.mend,
    }
}
