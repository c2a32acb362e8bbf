//! One command of the person's: its words parsed, its placeholders filled in. Pure.

use crate::phones::net;
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};
use secrecy::{ExposeSecret as _, SecretString};
use std::fmt;

/// Where the target of a forward stands.
const TARGET: &str = "{target}";
/// Where the secret of the keyring stands.
const SECRET: &str = "{secret}";
/// What comes after it is the body of a web request.
const BODY: &str = "--body";
const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];

#[derive(Clone, PartialEq, Eq)]
pub enum Action {
    Program(Program),
    Web(Box<Request>),
}

#[derive(Clone, PartialEq, Eq)]
pub struct Program {
    pub name: String,
    pub arguments: Vec<String>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    pub method: Method,
    /// With its placeholder, if it has one.
    address: String,
    /// Of the address without its placeholder.
    pub host: String,
    pub is_encrypted: bool,
    headers: Vec<(HeaderName, String)>,
    body: Option<String>,
}

/// A request to be sent. It may hold the secret and is not kept.
#[derive(Clone)]
pub struct Filled {
    pub url: Url,
    pub headers: Vec<(HeaderName, HeaderValue)>,
    pub body: Option<String>,
}

/// Arguments and addresses are the person's affair.
impl fmt::Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Program(_) => f.write_str("Program"),
            Self::Web(request) => write!(f, "Web({})", request.host),
        }
    }
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Program")
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({})", self.host)
    }
}

impl fmt::Debug for Filled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Filled")
    }
}

/// Why words are no command.
pub type Why = &'static str;

impl Action {
    /// `None`: no words, no command.
    ///
    /// # Errors
    /// What can't be right, for a log.
    pub fn parse(words: &[String]) -> Result<Option<Self>, Why> {
        let Some((first, rest)) = words.split_first() else {
            return Ok(None);
        };
        if let Some(method) = METHODS.into_iter().find(|method| method == first)
            && rest.first().is_some_and(|address| is_address(address))
        {
            return Request::parse(method, rest).map(|request| Some(Self::Web(Box::new(request))));
        }
        if first.is_empty() || first.contains(['{', '}']) {
            return Err("it names no program");
        }
        // Every program on this computer can read the arguments of the others.
        if rest.iter().any(|word| word.contains(SECRET)) {
            return Err("a secret has no place among arguments; programs find it in OFFHOOK_SECRET");
        }
        Ok(Some(Self::Program(Program {
            name: first.clone(),
            arguments: rest.to_vec(),
        })))
    }

    pub fn has_target(&self) -> bool {
        match self {
            Self::Program(program) => program.arguments.iter().any(|word| word.contains(TARGET)),
            Self::Web(request) => {
                let body = request.body.iter().map(String::as_str);
                let mut places = body.chain([request.address.as_str()]);
                places.any(|text| text.contains(TARGET))
            }
        }
    }

    pub fn has_secret(&self) -> bool {
        match self {
            Self::Program(_) => false,
            Self::Web(request) => {
                let headers = request.headers.iter().map(|(_, value)| value.as_str());
                let mut places = headers.chain(request.body.as_deref());
                places.any(|text| text.contains(SECRET))
            }
        }
    }
}

impl Program {
    /// The arguments with the target in its place.
    pub fn arguments(&self, target: &str) -> impl Iterator<Item = String> {
        self.arguments.iter().map(|word| word.replace(TARGET, target))
    }
}

impl Request {
    fn parse(method: &str, words: &[String]) -> Result<Self, Why> {
        let mut words = words.iter();
        let address = words.next().ok_or("it has no address")?.clone();
        if address.contains(SECRET) {
            return Err("a secret has no place in an address");
        }
        let url = Url::parse(&address.replace(TARGET, "0")).map_err(|_| "its address is none")?;
        let host = url
            .host_str()
            .and_then(net::host)
            .ok_or("its address has no host")?;
        let other = Url::parse(&address.replace(TARGET, "1")).map_err(|_| "its address is none")?;
        if (other.host(), other.port(), other.scheme()) != (url.host(), url.port(), url.scheme()) {
            return Err("a target has no place in the name of a host");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err("a login has no place in an address; use a header with {secret}");
        }
        let (mut headers, mut body) = (Vec::new(), None);
        while let Some(word) = words.next() {
            if word == BODY {
                body = Some(words.next().ok_or("--body without a body")?.clone());
                continue;
            }
            let (name, value) = word.split_once(':').ok_or("a header is NAME: VALUE")?;
            let name =
                HeaderName::from_bytes(name.trim().as_bytes()).map_err(|_| "a header is NAME: VALUE")?;
            let value = value.trim().to_owned();
            HeaderValue::from_str(&value).map_err(|_| "a header has signs that none may have")?;
            headers.push((name, value));
        }
        let request = Self {
            method: Method::from_bytes(method.as_bytes()).map_err(|_| "its method is none")?,
            is_encrypted: url.scheme() == "https",
            host: host.to_owned(),
            address,
            headers,
            body,
        };
        let is_secret = Action::Web(Box::new(request.clone())).has_secret();
        if is_secret && !request.is_encrypted && !is_this_computer(&url) {
            return Err("a secret is sent over https alone");
        }
        Ok(request)
    }

    /// `None`: the secret has signs that a header can't have.
    pub fn fill(&self, target: &str, secret: &SecretString) -> Option<Filled> {
        let text = |text: &str| {
            let text = text.replace(TARGET, target);
            text.replace(SECRET, secret.expose_secret())
        };
        let target_in_address: String = url::form_urlencoded::byte_serialize(target.as_bytes()).collect();
        let headers = self.headers.iter().map(|(name, value)| {
            let mut filled = HeaderValue::from_str(&text(value)).ok()?;
            filled.set_sensitive(true);
            Some((name.clone(), filled))
        });
        Some(Filled {
            url: Url::parse(&self.address.replace(TARGET, &target_in_address)).ok()?,
            headers: headers.collect::<Option<_>>()?,
            body: self.body.as_deref().map(text),
        })
    }
}

fn is_address(word: &str) -> bool {
    ["http://", "https://"]
        .iter()
        .any(|scheme| word.starts_with(scheme))
}

fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a program would show that it is on: by the text that shows it, or where none is set by the usual words.
/// `None`: neither.
pub fn is_on(output: &str, shows: &str) -> Option<bool> {
    if !shows.is_empty() {
        return Some(output.contains(shows));
    }
    match output.trim().to_ascii_lowercase().as_str() {
        "on" | "1" | "true" | "yes" | "ein" | "an" | "ja" => Some(true),
        "off" | "0" | "false" | "no" | "aus" | "nein" => Some(false),
        _ => None,
    }
}

/// The target that a program shows; nothing, `off`, `none` or `-` is none. `None`: what it shows is no target.
pub fn target(output: &str) -> Option<Option<String>> {
    let output = output.trim();
    if matches!(
        output.to_ascii_lowercase().as_str(),
        "" | "off" | "none" | "-" | "aus"
    ) {
        return Some(None);
    }
    let target = offhook_engine::table::parse_target(output)?;
    (!target.is_empty() && !target.starts_with('-')).then_some(Some(target))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Result<Option<Action>, Why> {
        Action::parse(&crate::settings::split_command(text).unwrap())
    }

    fn request(text: &str) -> Request {
        match parsed(text) {
            Ok(Some(Action::Web(request))) => *request,
            other => panic!("{other:?} of {text}"),
        }
    }

    #[test]
    fn programs_get_their_words_as_they_are() {
        let Ok(Some(Action::Program(program))) = parsed("pbx 'a b' --to {target} $HOME *") else {
            panic!("a program")
        };
        let arguments: Vec<String> = program.arguments("100").collect();
        assert_eq!(program.name, "pbx");
        assert_eq!(arguments, ["a b", "--to", "100", "$HOME", "*"]);
        // Only with an address it is a request.
        assert!(matches!(parsed("GET milk"), Ok(Some(Action::Program(_)))));
        assert_eq!(parsed(""), Ok(None));
    }

    #[test]
    fn requests_have_headers_and_a_body() {
        let secret = SecretString::from("s3");
        let put = request(
            "PUT https://pbx.example/fwd?to={target} 'Authorization: Bearer {secret}' X-A:b --body '{\"to\":\"{target}\"}'",
        );
        assert_eq!((put.method.as_str(), put.host.as_str()), ("PUT", "pbx.example"));
        let filled = put.fill("+49 1", &secret).unwrap();
        assert_eq!(filled.url.as_str(), "https://pbx.example/fwd?to=%2B49+1");
        assert_eq!(filled.body.as_deref(), Some("{\"to\":\"+49 1\"}"));
        assert_eq!(filled.headers[0].1.to_str().unwrap(), "Bearer s3");
        assert_eq!(filled.headers[1].0.as_str(), "x-a");
        assert!(put.fill("1", &SecretString::from("a\nb")).is_none());
    }

    #[test]
    fn a_secret_goes_only_where_nobody_sees_it() {
        for wrong in [
            "pbx --password {secret}",
            "GET https://pbx.example/?key={secret}",
            "GET http://pbx.example/ 'X-Key: {secret}'",
            "GET https://alice:secret@pbx.example/",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
        assert!(
            request("GET http://127.0.0.1:8080/ 'X-Key: {secret}'")
                .fill("", &"a".into())
                .is_some()
        );
        let shown = format!(
            "{:?}",
            parsed("GET https://pbx.example/planted planted:planted --body planted")
        );
        assert!(!shown.contains("planted"), "{shown}");
        assert!(!format!("{:?}", parsed("pbx planted")).contains("planted"));
    }

    #[test]
    fn what_is_no_request_is_said() {
        for wrong in [
            "GET https://",
            "GET https://{target}.example/",
            "GET https://pbx.example:808{target}/",
            "POST https://pbx.example/ no-header",
            "POST https://pbx.example/ --body",
            "POST https://pbx.example/ 'a b: c'",
            "{target}",
            "''",
        ] {
            assert!(parsed(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn states_and_targets() {
        for (text, wanted) in [
            (" ON\n", Some(true)),
            ("aus", Some(false)),
            ("<html>", None),
            ("", None),
        ] {
            assert_eq!(is_on(text, ""), wanted, "{text}");
        }
        assert_eq!(is_on("{\"dnd\":true}", "\"dnd\":true"), Some(true));
        assert_eq!(is_on("whatever", "\"dnd\":true"), Some(false));
        assert_eq!(target("\n"), Some(None));
        assert_eq!(target("none"), Some(None));
        assert_eq!(target("+49 30 1\n"), Some(Some("+49301".into())));
        assert_eq!(target("<html>"), None);
        assert_eq!(target("--help"), None);
    }
}
