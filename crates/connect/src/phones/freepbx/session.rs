//! A signed-in connection: asks, reads, writes.

use super::config::FreepbxConfig;
use super::error::Error;
use super::portal::{self, Form, States};
use crate::phones::keep::Fields;
use crate::phones::net::NetError;
use crate::phones::web::{Answer, NoAnswer, Web};
use crate::port::{PhoneEvent, PhoneEvents};
use offhook_engine::fault::Fault;
use offhook_engine::phone::{Abilities, Can, Field, FieldValue, PhoneIdentity};
use reqwest::Method;
use reqwest::header::{COOKIE, HeaderMap, HeaderValue, SET_COOKIE};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use tokio::time::{Instant, sleep, timeout};

pub struct Session {
    config: FreepbxConfig,
    web: Web,
    password: SecretString,
    events: PhoneEvents,
    /// As good as the password for as long as the session lasts.
    cookies: BTreeMap<String, String>,
    /// What the portal answered last.
    states: States,
    told: Option<Abilities>,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("place", &self.config.place)
            .field("states", &self.states)
            .finish_non_exhaustive()
    }
}

impl Session {
    pub fn new(config: &FreepbxConfig, web: Web, password: &SecretString, events: PhoneEvents) -> Self {
        Self {
            config: config.clone(),
            web,
            password: password.clone(),
            events,
            cookies: BTreeMap::new(),
            states: States::default(),
            told: None,
        }
    }

    /// # Errors
    /// Everything that keeps somebody out.
    pub async fn sign_in(&mut self) -> Result<(), Error> {
        self.cookies.clear();
        let page = self.send("", None).await?;
        let token = std::str::from_utf8(&page.body).ok().and_then(portal::token);
        let token = token
            .filter(|_| page.status.is_success())
            .ok_or_else(|| self.not_understood())?;
        let form = portal::login(&self.config.user, &self.password, &token);
        let answer = self.send("ajax.php", Some(&form)).await?;
        match portal::is_in(&answer.body) {
            Some(true) if answer.status.is_success() => Ok(()),
            Some(false) if answer.status.is_success() => Err(Error::WrongPassword(self.host())),
            Some(_) | None => Err(self.not_understood()),
        }
    }

    /// Reads everything once, and finds out what is there.
    ///
    /// # Errors
    /// As every question; and where the extension is not the person's.
    pub async fn look(&mut self) -> Result<(), Error> {
        self.poll().await?;
        if self.states.is_strange {
            return Err(Error::ExtensionUnknown(self.config.extension.clone()));
        }
        Ok(())
    }

    pub fn abilities(&self) -> Abilities {
        let can = |is_there: bool| Can {
            read: is_there,
            write: is_there,
        };
        Abilities {
            dnd: can(self.states.dnd.is_some()),
            forward: can(self.states.forward.is_some()),
            ..Abilities::default()
        }
    }

    pub fn values(&self) -> Vec<FieldValue> {
        let dnd = self.states.dnd.map(FieldValue::Dnd);
        let forward = self.states.forward.clone().map(FieldValue::Forward);
        dnd.into_iter().chain(forward).collect()
    }

    fn host(&self) -> String {
        self.config.place.host.clone()
    }

    fn not_understood(&self) -> Error {
        Error::NotUnderstood(self.host())
    }

    /// To a page below the portal's; with a form it is a POST.
    async fn send(&mut self, page: &str, form: Option<&Form>) -> Result<Answer, Error> {
        let url = self.config.base.join(page).map_err(|_| self.not_understood())?;
        let method = if form.is_some() { Method::POST } else { Method::GET };
        let mut request = self.web.request(method, url);
        if let Some(cookies) = cookie_header(&self.cookies) {
            request = request.header(COOKIE, cookies);
        }
        if let Some(form) = form {
            request = request.form(form);
        }
        let limit = self.config.timing.answer;
        let answer = timeout(limit, self.web.send(request))
            .await
            .map_err(|_elapsed| NetError::TimedOut(self.host()))?;
        let answer = answer.map_err(|error| match error {
            NoAnswer::Net(error) => error.into(),
            NoAnswer::TooLarge => self.not_understood(),
        })?;
        keep_cookies(&mut self.cookies, &answer.headers);
        Ok(answer)
    }

    /// A question of somebody who is signed in. A session that is over is begun anew, once.
    async fn ask(&mut self, form: &Form) -> Result<Answer, Error> {
        let answer = self.send("ajax.php", Some(form)).await?;
        let answer = if answer.status.as_u16() == 403 {
            self.sign_in().await?;
            self.send("ajax.php", Some(form)).await?
        } else {
            answer
        };
        match answer.status.as_u16() {
            200..=299 => Ok(answer),
            403 => Err(Error::Declined),
            // So it answers for a module that is not there, too.
            500 => Err(Error::Refused("UCP")),
            300..=499 => Err(self.not_understood()),
            status => Err(Error::Failing {
                host: self.host(),
                status,
            }),
        }
    }

    async fn poll(&mut self) -> Result<(), Error> {
        let answer = self.ask(&portal::poll(&self.config.extension)).await?;
        let states = portal::states(&answer.body, &self.config.extension);
        self.states = states.ok_or_else(|| self.not_understood())?;
        Ok(())
    }

    async fn set(&mut self, value: &FieldValue) -> Result<(), Error> {
        let extension = &self.config.extension;
        let (form, what) = match value {
            FieldValue::Dnd(on) => (portal::set_dnd(extension, *on), "donotdisturb"),
            FieldValue::Forward(target) => (portal::set_forward(extension, target.as_deref()), "callforward"),
            FieldValue::Presence(_) | FieldValue::Note(_) => return Err(Error::Refused("UCP")),
        };
        let answer = self.ask(&form).await.map_err(|error| match error {
            Error::Declined => Error::NotPermitted(what),
            Error::Refused(_) => Error::Refused(what),
            Error::Net(_)
            | Error::Failing { .. }
            | Error::NotUnderstood(_)
            | Error::WrongPassword(_)
            | Error::ExtensionUnknown(_)
            | Error::NotPermitted(_)
            | Error::NotConfirmed(_) => error,
        })?;
        if portal::is_taken(&answer.body) {
            Ok(())
        } else {
            Err(Error::Refused(what))
        }
    }

    async fn confirm(&mut self, value: &FieldValue) -> Result<(), Error> {
        let until = Instant::now() + self.config.timing.confirm;
        loop {
            self.poll().await?;
            if self.values().contains(value) {
                return Ok(());
            }
            if Instant::now() >= until {
                return Err(Error::NotConfirmed(value.field()));
            }
            sleep(self.config.timing.look).await;
        }
    }
}

/// `None`: there are none that could be sent.
fn cookie_header(cookies: &BTreeMap<String, String>) -> Option<HeaderValue> {
    let pairs: Vec<String> = cookies
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut header = HeaderValue::from_str(&pairs.join("; ")).ok()?;
    header.set_sensitive(true);
    (!pairs.is_empty()).then_some(header)
}

/// One host, one path: names and values are all that matters.
fn keep_cookies(cookies: &mut BTreeMap<String, String>, headers: &HeaderMap) {
    const MOST: usize = 16;
    for cookie in headers.get_all(SET_COOKIE) {
        let pair = cookie.to_str().ok().and_then(|cookie| cookie.split(';').next());
        let Some((name, value)) = pair.and_then(|pair| pair.split_once('=')) else {
            continue;
        };
        if cookies.len() < MOST {
            cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
}

impl Fields for Session {
    type Error = Error;

    async fn read_all(&mut self) -> Result<Vec<FieldValue>, Error> {
        self.look().await?;
        Ok(self.values())
    }

    async fn write(&mut self, value: &FieldValue) -> Result<(), Error> {
        debug_assert!(
            matches!(value.field(), Field::Dnd | Field::Forward),
            "no other field can be written"
        );
        self.set(value).await?;
        self.confirm(value).await
    }

    fn after(&self, value: &FieldValue) -> Vec<FieldValue> {
        vec![value.clone()]
    }

    fn tell_up(&mut self) {
        let abilities = self.abilities();
        if self.told.replace(abilities) != Some(abilities) {
            let identity = PhoneIdentity {
                key: self.config.key(),
                system: "FreePBX UCP".to_owned(),
                names: vec![self.config.user.clone()],
            };
            self.tell(PhoneEvent::Up { identity, abilities });
        }
    }

    fn tell(&self, event: PhoneEvent) {
        // Nobody listens any more when the program ends.
        let _nobody = self.events.send(event);
    }

    fn fault(error: &Error) -> Fault {
        error.fault()
    }

    fn ends_connection(error: &Error) -> bool {
        error.ends_connection()
    }
}
