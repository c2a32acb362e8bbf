//! The doctor: each thing Offhook needs, looked at, with the mend in words. Changes nothing.

use crate::phones::probe;
use crate::secrets::{Ask, SecretName, SecretStore};
use crate::settings::{PhoneConfig, Settings};
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::text::{self, Text};
use offhook_protocol::command::Finding;
use offhook_protocol::pages::Language;
use offhook_protocol::status::{Light, Status};
use std::time::Duration;

/// How long one look may take.
const LIMIT: Duration = Duration::from_secs(10);

/// Looks at settings, secret store, Microsoft's addresses and the phone system.
pub async fn examine(settings: &Settings, store: &SecretStore) -> Vec<Finding> {
    let language = settings.language();
    let mut findings = settings_findings(settings, language);
    let secrets = store.load(&SecretName::microsoft(), Ask::Quietly).await;
    findings.push(match secrets {
        Ok(_) => fine(Text::DoctorSecrets, language),
        Err(error) => failed(Text::DoctorSecrets.text(language), &error.fault(), language),
    });
    findings.extend(microsoft(settings, language).await);
    findings.extend(phone(settings, store, language).await);
    findings
}

/// Everything that is odd about the settings, each by its name.
fn settings_findings(settings: &Settings, language: Language) -> Vec<Finding> {
    if settings.problems.is_empty() {
        return vec![fine(Text::DoctorSettings, language)];
    }
    let what = Text::DoctorSettings.text(language);
    let problems = settings.problems.iter();
    problems.map(|fault| failed(what, fault, language)).collect()
}

async fn microsoft(settings: &Settings, language: Language) -> Vec<Finding> {
    let what = Text::LightMicrosoft.text(language);
    let config = match settings.entra() {
        Ok(config) => config,
        Err(fault) => return vec![failed(what, &fault, language)],
    };
    let reach = async {
        let client =
            crate::net::client().map_err(|error| crate::net::fault(&error, Code::GraphUnreachable))?;
        // Any answer shows that name, proxy, TLS and service are there; 401 is what is expected.
        let request = client
            .get(format!("{}/me/presence", config.graph_url()))
            .timeout(LIMIT);
        request
            .send()
            .await
            .map(|_| ())
            .map_err(|error| crate::net::fault(&error, Code::GraphUnreachable))
    };
    vec![match reach.await {
        Ok(()) => fine(Text::LightMicrosoft, language),
        Err(fault) => failed(what, &fault, language),
    }]
}

async fn phone(settings: &Settings, store: &SecretStore, language: Language) -> Vec<Finding> {
    let what = Text::LightPhone.text(language);
    match settings.phone() {
        Ok(PhoneConfig::None) => Vec::new(),
        Err(fault) => vec![failed(what, &fault, language)],
        Ok(PhoneConfig::System(system)) => {
            let stored = store.load(&SecretName::phone("phone"), Ask::Quietly).await;
            match stored.map(|stored| system.enough(stored)) {
                Ok(Some(secret)) => phone_findings(system.test(&secret).await, language),
                Ok(None) => vec![failed(
                    what,
                    &Fault::new(FaultKind::Rejected, Code::SecretMissing),
                    language,
                )],
                Err(error) => vec![failed(what, &error.fault(), language)],
            }
        }
    }
}

/// The lights of the running program.
pub fn of_status(status: &Status, language: Language) -> Vec<Finding> {
    let named = |name: &str, light: &Light| Finding {
        what: name.to_owned(),
        ok: light.ok,
        text: light.text.clone(),
        mend: String::new(),
    };
    let microsoft = status
        .health
        .microsoft
        .iter()
        .map(|light| named(Text::LightMicrosoft.text(language), light));
    let phone = status
        .health
        .phone
        .iter()
        .map(|light| named(Text::LightPhone.text(language), light));
    let lines = status.health.lines.iter().map(|(name, light)| named(name, light));
    microsoft.chain(phone).chain(lines).collect()
}

/// The steps of the phone system's test in words.
pub fn phone_findings(steps: Vec<probe::Finding>, language: Language) -> Vec<Finding> {
    steps
        .into_iter()
        .map(|finding| match finding.outcome {
            Ok(detail) => {
                let (what, text) = text::probe_step(finding.step.code(), &detail, language);
                Finding {
                    what,
                    ok: true,
                    text,
                    mend: String::new(),
                }
            }
            Err(fault) => {
                let (what, _) = text::probe_step(finding.step.code(), "", language);
                failed(&what, &fault, language)
            }
        })
        .collect()
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

fn fine(what: Text, language: Language) -> Finding {
    Finding {
        what: what.text(language).to_owned(),
        ok: true,
        text: Text::DoctorFine.text(language).to_owned(),
        mend: String::new(),
    }
}
