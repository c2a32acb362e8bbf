//! What the playground writes for each kind of phone system is what the settings of Offhook want, and leads to that very
//! phone system.

use offhook_connect::settings::{PhoneConfig, Settings};
use offhook_playground::{
    Calendar, DESK_USER, Options, Phone, Playground, ports_in_settings, write_settings,
};
use secrecy::SecretString;

/// `None`: its own tests know how to sign in to it.
fn secret(company: &Playground, phone: Phone) -> Option<String> {
    match phone.kind() {
        "asterisk" => {
            let mut accounts = company.options().accounts.iter();
            let account = accounts.find(|account| account.user == DESK_USER)?;
            Some(account.secret.clone())
        }
        "innovaphone" => company.innovaphone().password("alice"),
        "starface" => company.starface().password("1001"),
        "procall" => company.procall().password("alice"),
        "csta" => Some(company.csta().password()),
        "command" | "freepbx" => company.portal().password("alice"),
        _ => None,
    }
}

#[tokio::test]
async fn what_the_playground_writes_leads_to_its_phone_system() {
    let company = Playground::start(Options::default()).await.unwrap();
    for phone in Phone::ALL {
        let folder = tempfile::tempdir().unwrap();
        let written = write_settings(&company, folder.path(), "1001", phone, Calendar::default()).unwrap();
        assert!(written.is_some());
        assert!(ports_in_settings(folder.path()).is_some(), "{phone:?}");
        let settings = Settings::load_with_policy(folder.path(), None);
        let Ok(PhoneConfig::System(system)) = settings.phone() else {
            panic!("{phone:?}: {:?}", settings.phone());
        };
        let shown = format!("{system:?}").to_lowercase();
        assert!(shown.starts_with(phone.kind()), "{phone:?}: {shown}");
        let Some(secret) = secret(&company, phone) else {
            continue;
        };
        let findings = system.test(&SecretString::from(secret)).await;
        let reached = findings.first().is_some_and(|first| first.outcome.is_ok());
        assert!(reached, "{phone:?}: {findings:?}");
    }
}
