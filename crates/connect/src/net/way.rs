//! The machine's way into the network: its proxy, and whose certificates are trusted. One for the whole process, as the
//! network is; whoever builds a client asks for it.

use hyper_util::client::proxy::matcher::Matcher;
use offhook_engine::fault::{Code, Fault, FaultKind};
use reqwest::{ClientBuilder, Proxy, Url};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

/// No proxy is wanted to the machine itself, whatever else the list says.
const OWN: &str = "localhost,127.0.0.0/8,::1";
/// A file of authorities is a few kilobytes.
const ROOTS_MAX: u64 = 1024 * 1024;

/// What the settings say of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NetworkConfig {
    pub proxy: ProxyChoice,
    /// A file with certificates (PEM) of authorities that are trusted beside the system's.
    pub root_file: Option<PathBuf>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ProxyChoice {
    /// As the system says: on Linux the environment, on Windows and macOS their own settings.
    #[default]
    System,
    Off,
    Named {
        /// Without a login.
        address: Url,
        /// Empty: none.
        user: String,
        /// Hosts that are reached directly: names (with all below them), addresses, networks.
        except: Vec<String>,
    },
}

impl NetworkConfig {
    /// Whether a password belongs to it.
    pub fn wants_password(&self) -> bool {
        matches!(&self.proxy, ProxyChoice::Named { user, .. } if !user.is_empty())
    }
}

/// `proxy.example.com:8080`, or with `http://` or `https://` before it. A login in it is refused: it would stand in the
/// settings for everybody to read.
pub fn proxy_address(text: &str) -> Option<Url> {
    let text = text.trim();
    let whole = if text.contains("://") {
        text.to_owned()
    } else {
        format!("http://{text}")
    };
    let url = Url::parse(&whole).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && !whole.contains('@');
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let fits = matches!(url.scheme(), "http" | "https") && url.host_str().is_some() && plain && bare;
    fits.then_some(url)
}

/// Proxy and authorities, ready to be used.
#[derive(Clone, Default)]
pub struct Way {
    proxy: ProxyChoice,
    login: Option<Arc<Login>>,
    roots: Vec<CertificateDer<'static>>,
}

struct Login {
    user: String,
    password: SecretString,
    /// The proxy did not take it. It is not sent again, so that no account is locked.
    refused: AtomicBool,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Way")
            .field("has_login", &self.login.is_some())
            .field("roots", &self.roots.len())
            .finish_non_exhaustive()
    }
}

impl Way {
    /// The way, and what is wrong with its file of authorities; it goes without one then.
    pub fn new(config: &NetworkConfig, password: Option<SecretString>) -> (Self, Option<Fault>) {
        let (roots, fault) = match config.root_file.as_deref().map(roots_of) {
            None => (Vec::new(), None),
            Some(Ok(roots)) => (roots, None),
            Some(Err(fault)) => (Vec::new(), Some(fault)),
        };
        let login = match (&config.proxy, password) {
            (ProxyChoice::Named { user, .. }, Some(password)) if !user.is_empty() => Some(Arc::new(Login {
                user: user.clone(),
                password,
                refused: AtomicBool::new(false),
            })),
            (ProxyChoice::System | ProxyChoice::Off | ProxyChoice::Named { .. }, _) => None,
        };
        let way = Self {
            proxy: config.proxy.clone(),
            login,
            roots,
        };
        (way, fault)
    }

    /// With the proxy alone: for clients that check certificates in a way of their own.
    pub fn by_proxy(&self, builder: ClientBuilder) -> ClientBuilder {
        match &self.proxy {
            ProxyChoice::System => builder,
            ProxyChoice::Off => builder.no_proxy(),
            ProxyChoice::Named { address, except, .. } => {
                // The library's own list is not asked where a function chooses.
                let matcher = matcher(address, except);
                let (address, login) = (address.clone(), self.login.clone());
                builder.proxy(Proxy::custom(move |there| {
                    let there: http::Uri = there.as_str().parse().ok()?;
                    matcher.intercept(&there)?;
                    Some(with_login(&address, login.as_deref()))
                }))
            }
        }
    }

    /// Proxy and authorities.
    pub fn apply(&self, builder: ClientBuilder) -> ClientBuilder {
        let roots = self
            .roots
            .iter()
            .filter_map(|root| reqwest::Certificate::from_der(root).ok());
        self.by_proxy(builder).tls_certs_merge(roots)
    }

    /// The proxy that a request to this address goes through.
    pub fn proxy_for(&self, url: &Url) -> Option<Url> {
        let uri: http::Uri = url.as_str().parse().ok()?;
        match &self.proxy {
            ProxyChoice::Off => None,
            ProxyChoice::System => {
                let proxy = Matcher::from_system().intercept(&uri)?;
                Url::parse(&proxy.uri().to_string()).ok()
            }
            ProxyChoice::Named { address, except, .. } => {
                matcher(address, except).intercept(&uri).map(|_| address.clone())
            }
        }
    }

    /// The system names the proxy, or that there is none.
    pub fn is_by_system(&self) -> bool {
        self.proxy == ProxyChoice::System
    }

    pub fn roots(&self) -> &[CertificateDer<'static>] {
        &self.roots
    }

    fn refuse_login(&self) {
        if let Some(login) = &self.login
            && !login.refused.swap(true, Ordering::Relaxed)
        {
            tracing::warn!("the proxy does not take the login; it is not sent again");
        }
    }
}

fn matcher(address: &Url, except: &[String]) -> Matcher {
    let list = format!("{OWN},{}", except.join(","));
    Matcher::builder().all(address.to_string()).no(list).build()
}

fn with_login(address: &Url, login: Option<&Login>) -> Url {
    let mut url = address.clone();
    if let Some(login) = login.filter(|login| !login.refused.load(Ordering::Relaxed)) {
        // An address with a host takes both.
        let _fits = url.set_username(&login.user);
        let _fits = url.set_password(Some(login.password.expose_secret()));
    }
    url
}

/// The certificates of a PEM file.
///
/// # Errors
/// Not there, too large, or without a certificate.
fn roots_of(path: &Path) -> Result<Vec<CertificateDer<'static>>, Fault> {
    let unreadable = || Fault::new(FaultKind::Rejected, Code::RootFileUnreadable);
    let whole = path
        .metadata()
        .is_ok_and(|file| file.is_file() && file.len() <= ROOTS_MAX);
    let text = whole.then(|| std::fs::read(path).ok()).flatten();
    let text = text.ok_or_else(unreadable)?;
    let roots: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
    let roots = roots.map_err(|_error| unreadable())?;
    // What is no certificate at all would be left out silently later.
    let sound = !roots.is_empty()
        && roots
            .iter()
            .all(|root| rustls::server::ParsedCertificate::try_from(root).is_ok());
    if sound { Ok(roots) } else { Err(unreadable()) }
}

static WAY: RwLock<Option<Arc<Way>>> = RwLock::new(None);

/// The way that holds now.
pub fn way() -> Arc<Way> {
    let way = WAY.read().unwrap_or_else(PoisonError::into_inner);
    way.clone().unwrap_or_default()
}

/// Clients that were built before keep theirs: whoever calls this builds them anew.
pub fn set_way(way: Way) {
    *WAY.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(way));
}

/// The proxy wanted a login, or another one.
pub(crate) fn login_refused() {
    way().refuse_login();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_an_address_without_a_login() {
        for (text, address) in [
            ("proxy.example.com:8080", "http://proxy.example.com:8080/"),
            (" http://proxy:3128/ ", "http://proxy:3128/"),
            ("https://proxy.example.com", "https://proxy.example.com/"),
            ("[::1]:8080", "http://[::1]:8080/"),
        ] {
            assert_eq!(proxy_address(text).unwrap().as_str(), address);
        }
        for wrong in [
            "",
            "ada:secret@proxy:8080",
            "http://ada@proxy",
            "http://@proxy",
            "socks5://proxy:1080",
            "proxy:8080/path",
            "proxy:8080?x",
            "proxy:port",
            "file:///etc",
        ] {
            assert_eq!(proxy_address(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_login_that_was_refused_is_not_sent_again() {
        let config = NetworkConfig {
            proxy: ProxyChoice::Named {
                address: proxy_address("proxy:8080").unwrap(),
                user: "ada".into(),
                except: Vec::new(),
            },
            root_file: None,
        };
        let (way, fault) = Way::new(&config, Some("s:e@cret".into()));
        assert!(fault.is_none() && config.wants_password());
        let ProxyChoice::Named { address, .. } = &way.proxy else {
            unreachable!("it is named")
        };
        let url = with_login(address, way.login.as_deref());
        assert_eq!((url.username(), url.password()), ("ada", Some("s%3Ae%40cret")));
        assert!(!format!("{way:?}").contains("cret"));
        way.refuse_login();
        assert_eq!(
            with_login(address, way.login.as_deref()).as_str(),
            "http://proxy:8080/"
        );
    }

    #[test]
    fn a_file_without_certificates_is_said() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("roots.pem");
        let config = NetworkConfig {
            root_file: Some(file.clone()),
            ..NetworkConfig::default()
        };
        let fault = |text: Option<&[u8]>| {
            if let Some(text) = text {
                std::fs::write(&file, text).unwrap();
            }
            Way::new(&config, None).1.map(|fault| fault.code)
        };
        let bad = Some(Code::RootFileUnreadable);
        assert_eq!(fault(None), bad, "not there");
        assert_eq!(fault(Some(b"")), bad);
        let nonsense = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert_eq!(fault(Some(nonsense)), bad);
        let der = include_bytes!("../../tests/data/asterisk-tls-cert.der");
        let text = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, der);
        let pem = format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n");
        assert_eq!(fault(Some(pem.as_bytes())), None);
    }
}
