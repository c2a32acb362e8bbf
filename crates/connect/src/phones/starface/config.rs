//! Settings of the adapter, parsed once into valid values.

use super::chat::ChatConfig;
use super::oauth::OauthConfig;
use crate::phones::tls::Tls;
use crate::phones::{ConfigError, net};
use offhook_engine::fault::Code;
use reqwest::Url;
use std::fmt;
use std::net::{IpAddr, SocketAddrV4};
use std::time::Duration;

/// The settings as they are written in the file; [`StarfaceConfig::parse`] makes them valid.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct StarfaceSettings {
    pub host: String,
    /// 0: 443, without TLS 80.
    pub port: u16,
    /// `system`, `off`, or `pin:` and the SHA-256 fingerprint of the server's certificate.
    pub tls: String,
    /// The login number or name.
    pub user: String,
    /// `internal` or `active-directory`.
    pub login: String,
    /// `auto`, `off`, `md5` (releases before 6.4.2) or `password` (Active Directory, unconfirmed).
    pub uci: String,
    /// Of a login by OAuth: the client, and the scope; empty: the usual ones.
    pub oauth_client: String,
    pub oauth_scope: String,
    /// What is dialled for do not disturb; both or neither.
    pub star_on: String,
    pub star_off: String,
    /// Whether the chat status is shown over XMPP.
    pub chat: bool,
    /// 0: 5222.
    pub chat_port: u16,
    /// Behind the login in its address there. Empty: the host, then 127.0.0.1.
    pub chat_domain: String,
    /// `ADDRESS:PORT` of this computer at which the phone system reports calls. Empty: it is only asked.
    pub listen: String,
}

/// Login and host are personal or none of a log's business.
impl fmt::Debug for StarfaceSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StarfaceSettings")
            .field("host", &self.host)
            .field("port", &self.port)
            .field("tls", &self.tls)
            .field("login", &self.login)
            .field("uci", &self.uci)
            .finish_non_exhaustive()
    }
}

/// Who knows the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginType {
    /// The phone system: the password itself is never sent.
    Internal,
    /// A directory: the password itself is sent, so only over TLS.
    ActiveDirectory,
    /// STARFACE 10, by OAuth with a client of the phone system.
    Oauth,
}

/// How UCI is told who asks (facts/starface.md section 1.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UciLogin {
    /// SHA-512: STARFACE 6.4.2 and later.
    Sha512,
    /// MD5: before 6.4.2.
    Md5,
    /// The password in Base64, for logins of a directory. Seen in one client only.
    Password,
    /// The access token of OAuth.
    Token,
}

/// What a person dials for do not disturb. No list of such codes is public (facts/starface.md section 4).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StarCodes {
    pub on: String,
    pub off: String,
}

impl StarCodes {
    pub fn has(&self, number: &str) -> bool {
        [&self.on, &self.off]
            .into_iter()
            .any(|code| code == number.trim())
    }
}

/// How long things take. The defaults are what is used; tests shorten them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timing {
    pub connect: Duration,
    /// For one request, from the first byte sent to the last one read.
    pub answer: Duration,
    /// For a written value to show.
    pub confirm: Duration,
    /// Between reads while a written value is waited for.
    pub look: Duration,
    /// For a dialled code to show where something shows it, and until its call is ended: a phone may ring first.
    pub dial: Duration,
    /// Between looks at the calls while there are none (facts/starface.md section 1.7).
    pub calls_idle: Duration,
    /// The same during a call.
    pub calls_busy: Duration,
    /// The shortest time between two looks, however much is reported.
    pub calls_reported: Duration,
    /// The state of a connected call is asked for again at this pace.
    pub call_again: Duration,
    /// Do not disturb is read at this pace: nothing tells of a change.
    pub dnd: Duration,
    /// Everything is read at this pace.
    pub fields: Duration,
    pub keep_alive: Duration,
    /// The token is renewed before its four hours are over.
    pub renew: Duration,
    /// The longest wait before UCI is tried again.
    pub uci_again: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            answer: Duration::from_secs(10),
            confirm: Duration::from_secs(4),
            look: Duration::from_millis(250),
            dial: Duration::from_secs(20),
            calls_idle: Duration::from_secs(2),
            calls_busy: Duration::from_secs(1),
            calls_reported: Duration::from_millis(100),
            call_again: Duration::from_secs(5),
            dnd: Duration::from_secs(10),
            fields: Duration::from_secs(60),
            keep_alive: Duration::from_secs(50),
            renew: Duration::from_secs(12_600),
            uci_again: Duration::from_secs(30),
        }
    }
}

/// Valid settings.
#[derive(Clone, PartialEq, Eq)]
pub struct StarfaceConfig {
    pub host: String,
    /// `https://HOST:PORT/`
    pub base: Url,
    pub tls: Tls,
    pub user: String,
    pub login: LoginType,
    /// `None`: UCI is not used.
    pub uci: Option<UciLogin>,
    pub star_codes: Option<StarCodes>,
    pub chat: Option<ChatConfig>,
    pub oauth: Option<OauthConfig>,
    /// Where the phone system reports calls.
    pub listen: Option<SocketAddrV4>,
    pub timing: Timing,
}

impl fmt::Debug for StarfaceConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StarfaceConfig")
            .field("base", &self.base.as_str())
            .field("tls", &self.tls)
            .field("login", &self.login)
            .field("uci", &self.uci)
            .finish_non_exhaustive()
    }
}

impl StarfaceConfig {
    /// # Errors
    /// The first setting that can't be used, by its name in the file.
    pub fn parse(settings: &StarfaceSettings) -> Result<Self, ConfigError> {
        let bad = ConfigError::new;
        let host = net::host(&settings.host).ok_or(bad("host", "it is no host name or address"))?;
        let tls = Tls::parse(&settings.tls).ok_or(bad("tls", "it is neither system, off nor pin:SHA256"))?;
        let user = settings.user.trim();
        if user.is_empty() || user.len() > 120 || user.contains(char::is_control) {
            return Err(bad("user", "it is empty or too long"));
        }
        let login = match settings.login.trim() {
            "internal" | "" => LoginType::Internal,
            "active-directory" => LoginType::ActiveDirectory,
            "oauth" => LoginType::Oauth,
            _ => return Err(bad("login", "it is neither internal, active-directory nor oauth")),
        };
        let uci = match (settings.uci.trim(), login) {
            ("auto" | "", LoginType::Internal) => Some(UciLogin::Sha512),
            // Nobody knows for certain how a directory's login looks there.
            ("auto" | "", LoginType::ActiveDirectory) | ("off", _) => None,
            ("auto" | "", LoginType::Oauth) => Some(UciLogin::Token),
            ("md5", LoginType::Internal) => Some(UciLogin::Md5),
            ("password", LoginType::ActiveDirectory) => Some(UciLogin::Password),
            _ => return Err(bad("uci", "it does not go with the kind of login")),
        };
        if tls == Tls::Off
            && (login == LoginType::ActiveDirectory || login == LoginType::Oauth && !is_here(host))
        {
            return Err(ConfigError {
                code: Code::PhoneTlsNeeded,
                ..bad("tls", "the password is sent over TLS only")
            });
        }
        let star_codes = star_codes(settings)?;
        if star_codes.is_some() && uci.is_none() {
            return Err(bad("star_on", "codes are dialled over UCI, which is off"));
        }
        let chat = chat(settings, host, user, &tls)?;
        let oauth = match login {
            LoginType::Oauth => Some(oauth(settings)?),
            LoginType::Internal | LoginType::ActiveDirectory => None,
        };
        let listen = listen(settings)?;
        if listen.is_some() && uci.is_none() {
            return Err(bad("listen", "calls are reported over UCI, which is off"));
        }
        let scheme = if tls == Tls::Off { "http" } else { "https" };
        let name = net::in_address(host);
        let port = match settings.port {
            0 => String::new(),
            port => format!(":{port}"),
        };
        let base = Url::parse(&format!("{scheme}://{name}{port}/"))
            .map_err(|_| bad("host", "it is no host name or address"))?;
        Ok(Self {
            host: host.to_owned(),
            base,
            tls,
            user: user.to_owned(),
            login,
            uci,
            star_codes,
            chat,
            oauth,
            listen,
            timing: Timing::default(),
        })
    }

    /// Stable name of this person on this system.
    pub fn key(&self) -> String {
        format!(
            "starface:{}:{}/{}",
            self.host.to_ascii_lowercase(),
            self.base.port_or_known_default().unwrap_or_default(),
            self.user
        )
    }
}

/// This computer itself.
fn is_here(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Client and scopes: facts/starface.md section 2.4.
fn oauth(settings: &StarfaceSettings) -> Result<OauthConfig, ConfigError> {
    let word = |key: &'static str, text: &str, usual: &[&str]| {
        let is_word = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/".contains(&byte);
        match text.trim() {
            "" => Ok(usual.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>()),
            text if text.len() <= 80 && text.bytes().all(is_word) => Ok(vec![text.to_owned()]),
            _ => Err(ConfigError::new(key, "it has other signs than a name")),
        }
    };
    Ok(OauthConfig {
        client: word("oauth_client", &settings.oauth_client, &["rest-client-headless"])?.concat(),
        secret: None,
        scopes: word("oauth_scope", &settings.oauth_scope, &["login", "pbx-login"])?,
    })
}

/// Sources for the address: facts/starface.md section 3.
fn chat(
    settings: &StarfaceSettings,
    host: &str,
    user: &str,
    tls: &Tls,
) -> Result<Option<ChatConfig>, ConfigError> {
    if !settings.chat {
        return Ok(None);
    }
    if *tls == Tls::Off && !is_here(host) {
        return Err(ConfigError {
            code: Code::PhoneTlsNeeded,
            ..ConfigError::new("tls", "the chat's password is sent over TLS only")
        });
    }
    let domains = match settings.chat_domain.trim() {
        "" => vec![host.to_owned(), "127.0.0.1".to_owned()],
        domain => {
            let domain = net::host(domain).ok_or(ConfigError::new("chat_domain", "it is no domain"))?;
            vec![domain.to_owned()]
        }
    };
    Ok(Some(ChatConfig {
        host: host.to_owned(),
        port: if settings.chat_port == 0 {
            5222
        } else {
            settings.chat_port
        },
        tls: tls.clone(),
        domains,
        user: user.to_owned(),
        answer: Duration::from_secs(10),
        ping: Duration::from_secs(50),
    }))
}

/// The phone system is told this very address, so it is one; how one of IPv6 would be told is not known.
fn listen(settings: &StarfaceSettings) -> Result<Option<SocketAddrV4>, ConfigError> {
    let text = settings.listen.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let at: Option<SocketAddrV4> = text.parse().ok();
    let at = at.filter(|at| !at.ip().is_unspecified() && !at.ip().is_multicast() && !at.ip().is_broadcast());
    at.map(Some).ok_or(ConfigError::new(
        "listen",
        "it is no address of this computer with a port",
    ))
}

fn star_codes(settings: &StarfaceSettings) -> Result<Option<StarCodes>, ConfigError> {
    let code = |key: &'static str, text: &str| {
        let code = text.trim().to_owned();
        let is_code = code.len() <= 20
            && code
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"*#".contains(&byte));
        is_code
            .then_some(code)
            .ok_or(ConfigError::new(key, "it is no code of digits, * and #"))
    };
    let (on, off) = (
        code("star_on", &settings.star_on)?,
        code("star_off", &settings.star_off)?,
    );
    match (on.is_empty(), off.is_empty()) {
        (true, true) => Ok(None),
        (false, false) => Ok(Some(StarCodes { on, off })),
        (true, false) => Err(ConfigError::new("star_on", "the other code is there without it")),
        (false, true) => Err(ConfigError::new("star_off", "the other code is there without it")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> StarfaceSettings {
        StarfaceSettings {
            host: "pbx.example.de".into(),
            user: "0815".into(),
            ..StarfaceSettings::default()
        }
    }

    fn parsed(change: impl FnOnce(&mut StarfaceSettings)) -> Result<StarfaceConfig, &'static str> {
        let mut settings = settings();
        change(&mut settings);
        StarfaceConfig::parse(&settings).map_err(|error| error.key)
    }

    #[test]
    fn the_usual_settings() {
        let config = parsed(|_| {}).unwrap();
        assert_eq!(config.base.as_str(), "https://pbx.example.de/");
        assert_eq!(
            (config.login, config.uci),
            (LoginType::Internal, Some(UciLogin::Sha512))
        );
        assert_eq!(config.key(), "starface:pbx.example.de:443/0815");
        let plain = parsed(|s| s.tls = "off".into()).unwrap();
        assert_eq!(plain.base.as_str(), "http://pbx.example.de/");
        assert_eq!(plain.key(), "starface:pbx.example.de:80/0815");
        let other = parsed(|s| (s.host, s.port) = ("::1".into(), 8443)).unwrap();
        assert_eq!(
            (other.base.as_str(), other.host.as_str()),
            ("https://[::1]:8443/", "::1")
        );
    }

    #[test]
    fn impossible_settings_are_named() {
        for host in ["", "a b", "user@pbx", "pbx/rest", "pbx?x", "pbx#x"] {
            assert_eq!(parsed(|s| s.host = host.into()).unwrap_err(), "host", "{host}");
        }
        assert_eq!(parsed(|s| s.user = " ".into()).unwrap_err(), "user");
        assert_eq!(parsed(|s| s.tls = "any".into()).unwrap_err(), "tls");
        assert_eq!(parsed(|s| s.login = "ldap".into()).unwrap_err(), "login");
        assert_eq!(parsed(|s| s.uci = "password".into()).unwrap_err(), "uci");
        assert_eq!(parsed(|s| s.uci = "on".into()).unwrap_err(), "uci");
    }

    #[test]
    fn codes_come_in_pairs_and_are_dialled_over_uci() {
        let codes = |on: &str, off: &str| parsed(|s| (s.star_on, s.star_off) = (on.into(), off.into()));
        assert_eq!(codes("", " ").unwrap().star_codes, None);
        let (on, off) = ("*41".to_owned(), "#41".to_owned());
        assert_eq!(
            codes(" *41", "#41").unwrap().star_codes,
            Some(StarCodes { on, off })
        );
        assert_eq!(codes("*41", "").unwrap_err(), "star_off");
        assert_eq!(codes("", "#41").unwrap_err(), "star_on");
        assert_eq!(codes("+49 30", "#41").unwrap_err(), "star_on");
        let silent = parsed(|s| (s.star_on, s.star_off, s.uci) = ("*1".into(), "*2".into(), "off".into()));
        assert_eq!(silent.unwrap_err(), "star_on");
    }

    #[test]
    fn calls_are_reported_to_one_address_with_a_port_and_over_uci() {
        let listen = |at: &str| parsed(|s| s.listen = at.into()).map(|config| config.listen);
        assert_eq!(listen(" ").unwrap(), None);
        let at = "192.168.1.20:47312";
        assert_eq!(listen(at).unwrap(), Some(at.parse().unwrap()));
        for at in [
            "192.168.1.20",
            "0.0.0.0:47312",
            "desk:47312",
            "[::1]:47312",
            "224.0.0.1:1",
        ] {
            assert_eq!(listen(at).unwrap_err(), "listen", "{at}");
        }
        let silent = parsed(|s| (s.listen, s.uci) = (at.into(), "off".into()));
        assert_eq!(silent.unwrap_err(), "listen");
    }

    #[test]
    fn the_chats_password_goes_over_tls_only_and_nowhere_unless_wanted() {
        assert_eq!(parsed(|_| {}).unwrap().chat, None);
        let chat = parsed(|s| s.chat = true).unwrap().chat.unwrap();
        assert_eq!(
            (chat.port, chat.domains.join(" ")),
            (5222, "pbx.example.de 127.0.0.1".into())
        );
        let own = parsed(|s| (s.chat, s.chat_domain) = (true, "chat.example.de".into()));
        assert_eq!(own.unwrap().chat.unwrap().domains, ["chat.example.de"]);
        assert_eq!(
            parsed(|s| (s.chat, s.tls) = (true, "off".into())).unwrap_err(),
            "tls"
        );
        let here = parsed(|s| (s.chat, s.tls, s.host) = (true, "off".into(), "127.0.0.1".into()));
        assert!(here.unwrap().chat.is_some());
        let odd = parsed(|s| (s.chat, s.chat_domain) = (true, "a/b".into()));
        assert_eq!(odd.unwrap_err(), "chat_domain");
    }

    #[test]
    fn a_client_of_the_phone_system_has_its_usual_names() {
        let oauth = parsed(|s| s.login = "oauth".into()).unwrap();
        assert_eq!(
            (oauth.login, oauth.uci),
            (LoginType::Oauth, Some(UciLogin::Token))
        );
        let client = oauth.oauth.unwrap();
        assert_eq!(
            (client.client.as_str(), client.scopes.join(" ")),
            ("rest-client-headless", "login pbx-login".into())
        );
        let other = parsed(|s| {
            (s.login, s.oauth_client, s.oauth_scope) = ("oauth".into(), "own".into(), "pbx-login".into());
        });
        let other = other.unwrap().oauth.unwrap();
        assert_eq!(
            (other.client.as_str(), other.scopes),
            ("own", vec!["pbx-login".into()])
        );
        let odd = parsed(|s| (s.login, s.oauth_client) = ("oauth".into(), "a b".into()));
        assert_eq!(odd.unwrap_err(), "oauth_client");
        assert_eq!(
            parsed(|s| (s.login, s.tls) = ("oauth".into(), "off".into())).unwrap_err(),
            "tls"
        );
        assert_eq!(
            parsed(|s| (s.login, s.uci) = ("oauth".into(), "md5".into())).unwrap_err(),
            "uci"
        );
    }

    #[test]
    fn a_directorys_password_goes_over_tls_only() {
        let directory =
            |tls: &str| parsed(|s| (s.login, s.tls) = ("active-directory".into(), tls.to_owned()));
        assert_eq!(directory("off").unwrap_err(), "tls");
        let refused = StarfaceConfig::parse(&StarfaceSettings {
            login: "active-directory".into(),
            tls: "off".into(),
            ..settings()
        });
        assert_eq!(refused.unwrap_err().fault().code, Code::PhoneTlsNeeded);
        assert_eq!(directory("system").unwrap().uci, None);
    }

    #[test]
    fn the_login_does_not_show() {
        let shown = format!("{:?} {:?}", settings(), parsed(|_| {}).unwrap());
        assert!(!shown.contains("0815"), "{shown}");
    }
}
