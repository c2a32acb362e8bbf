//! With what this desk signs in: the person's password once, after that the session that it brought. The session is
//! kept in the place of the password, so that no password lies on the desk (facts/innovaphone.md section 2.1).

use super::config::{Endpoint, InnovaphoneConfig};
use super::digest::Kind;
use super::error::Error;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Tells a session from a password in the store.
const MARK: &str = "offhook-session:";

#[derive(Debug, Clone)]
pub enum Login {
    Password(SecretString),
    Session(Box<StoredSession>),
}

/// A session as it is kept.
#[derive(Clone)]
pub struct StoredSession {
    pub user: SecretString,
    pub password: SecretString,
    /// Where it was made: after a redirect another place than the settings'.
    pub home: Endpoint,
    /// The standby, if there is one.
    pub standby: Option<Endpoint>,
}

impl fmt::Debug for StoredSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredSession")
            .field("home", &self.home)
            .field("standby", &self.standby)
            .finish_non_exhaustive()
    }
}

#[derive(Serialize, Deserialize)]
struct Written<'a> {
    v: u32,
    /// Whose: the settings' name and place. A session is never offered to another one.
    key: String,
    usr: std::borrow::Cow<'a, str>,
    pwd: std::borrow::Cow<'a, str>,
    home: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    standby: Option<String>,
}

impl Login {
    /// # Errors
    /// [`Error::OtherSession`] for a session of another place or name, or one that can't be read.
    pub fn parse(secret: &SecretString, config: &InnovaphoneConfig) -> Result<Self, Error> {
        let Some(json) = secret.expose_secret().strip_prefix(MARK) else {
            return Ok(Self::Password(secret.clone()));
        };
        let written: Written<'_> = serde_json::from_str(json).map_err(|_| Error::OtherSession)?;
        if written.v != 1 || written.key != config.key() {
            return Err(Error::OtherSession);
        }
        Ok(Self::Session(Box::new(StoredSession {
            user: SecretString::from(written.usr.into_owned()),
            password: SecretString::from(written.pwd.into_owned()),
            home: Endpoint::parse(&written.home).ok_or(Error::OtherSession)?,
            standby: written.standby.as_deref().and_then(Endpoint::parse),
        })))
    }

    pub const fn kind(&self) -> Kind {
        match self {
            Self::Password(_) => Kind::User,
            Self::Session(_) => Kind::Session,
        }
    }

    /// Name and secret of the digest.
    pub fn credentials<'a>(&'a self, config: &'a InnovaphoneConfig) -> (&'a str, &'a SecretString) {
        match self {
            Self::Password(password) => (&config.user, password),
            Self::Session(session) => (session.user.expose_secret(), &session.password),
        }
    }

    /// Where to try, the likeliest first.
    pub fn places(&self, config: &InnovaphoneConfig) -> Vec<Endpoint> {
        match self {
            Self::Password(_) => vec![config.endpoint.clone()],
            Self::Session(session) => [Some(&session.home), session.standby.as_ref()]
                .into_iter()
                .flatten()
                .cloned()
                .collect(),
        }
    }
}

impl StoredSession {
    /// As the store keeps it.
    pub fn to_secret(&self, config: &InnovaphoneConfig) -> SecretString {
        let written = Written {
            v: 1,
            key: config.key(),
            usr: self.user.expose_secret().into(),
            pwd: self.password.expose_secret().into(),
            home: self.home.to_string(),
            standby: self.standby.as_ref().map(Endpoint::to_string),
        };
        // Text alone: it can't fail.
        let json = serde_json::to_string(&written).unwrap_or_default();
        format!("{MARK}{json}").into()
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::InnovaphoneSettings;
    use super::*;

    fn config(user: &str) -> InnovaphoneConfig {
        let settings = InnovaphoneSettings {
            host: "pbx.example.de".into(),
            user: user.into(),
            ..InnovaphoneSettings::default()
        };
        InnovaphoneConfig::parse(&settings).unwrap()
    }

    fn session() -> StoredSession {
        StoredSession {
            user: "s-4711".into(),
            password: "S3ss10n-Pässw0rd".into(),
            home: Endpoint::parse("pbx2.example.de:443/PBX0").unwrap(),
            standby: Endpoint::parse("standby.example.de:443/PBX0"),
        }
    }

    #[test]
    fn a_session_is_read_as_it_was_written() {
        let kept = session().to_secret(&config("anna"));
        let Ok(Login::Session(read)) = Login::parse(&kept, &config("anna")) else {
            panic!("no session");
        };
        assert_eq!(read.user.expose_secret(), "s-4711");
        assert_eq!(read.password.expose_secret(), "S3ss10n-Pässw0rd");
        assert_eq!((&read.home, &read.standby), (&session().home, &session().standby));
        let places = Login::Session(read).places(&config("anna"));
        assert_eq!(places[0].host, "pbx2.example.de");
        assert_eq!(places.len(), 2);
    }

    #[test]
    fn a_session_is_offered_to_nobody_else() {
        let kept = session().to_secret(&config("anna"));
        assert!(matches!(
            Login::parse(&kept, &config("berta")),
            Err(Error::OtherSession)
        ));
        for odd in ["", "{}", "{\"v\":2}"] {
            let odd = SecretString::from(format!("{MARK}{odd}"));
            assert!(matches!(
                Login::parse(&odd, &config("anna")),
                Err(Error::OtherSession)
            ));
        }
    }

    #[test]
    fn anything_else_is_a_password() {
        let login = Login::parse(&"geheim".into(), &config("anna")).unwrap();
        assert_eq!(login.kind(), Kind::User);
        assert_eq!(login.credentials(&config("anna")).0, "anna");
    }

    #[test]
    fn nothing_secret_shows() {
        let login = Login::Session(Box::new(session()));
        let shown = format!("{login:?} {:?}", Login::Password("planted".into()));
        assert!(!shown.contains("4711") && !shown.contains("Pässw") && !shown.contains("planted"));
    }
}
