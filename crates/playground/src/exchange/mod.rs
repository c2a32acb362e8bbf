//! A strict Exchange server: signs connections in by NTLMv2 or Basic as IIS does, and answers `FindItem` with a
//! `CalendarView` by the public schema ([MS-NLMP], [MS-NTHT], [MS-OXWSSRCH]). Shares nothing with the adapter.

mod company;
mod ntlm;
mod schema;

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, MutexGuard};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::company::Shared;
pub(crate) use company::password;
use ntlm::{Gate, Given};
use schema::Asked;

/// The domain of all accounts.
pub const EXCHANGE_DOMAIN: &str = "CONTOSO";

/// Who may sign in: `CONTOSO\user`, or an address whose first half is the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeAccount {
    pub user: String,
    pub password: String,
}

impl ExchangeAccount {
    pub fn new(user: &str, password: &str) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
        }
    }

    /// `domain` is empty where the user's own name says it.
    fn is(&self, domain: &str, user: &str) -> bool {
        let bare = if domain.is_empty() {
            user.split_once('@').map(|(bare, _)| bare)
        } else {
            Some(user).filter(|_| domain == EXCHANGE_DOMAIN)
        };
        bare.is_some_and(|bare| bare.eq_ignore_ascii_case(&self.user))
    }
}

/// The calendar of an account as it is now.
#[derive(Clone)]
pub struct ExchangeCalendars(Arc<CalendarOf>);

type CalendarOf = dyn Fn(&str) -> Vec<ExchangeItem> + Send + Sync;

impl ExchangeCalendars {
    pub fn new(of: impl Fn(&str) -> Vec<ExchangeItem> + Send + Sync + 'static) -> Self {
        Self(Arc::new(of))
    }

    /// The same for everybody.
    pub fn always(items: Vec<ExchangeItem>) -> Self {
        Self::new(move |_| items.clone())
    }
}

impl std::fmt::Debug for ExchangeCalendars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExchangeCalendars")
    }
}

/// What the server is like, and what it does wrong.
#[derive(Debug, Clone)]
pub struct ExchangeSetup {
    pub accounts: Vec<ExchangeAccount>,
    /// Of `WWW-Authenticate`.
    pub offers: Vec<&'static str>,
    /// The challenge tells the time, so that a MIC is due.
    pub timestamp: bool,
    pub calendars: ExchangeCalendars,
    /// `EWSFindCountLimit`
    pub limit: usize,
    /// Knows no later schema.
    pub only_2010: bool,
    /// Whole answers (status line, headers, body) that signed-in requests get first.
    pub instead: VecDeque<String>,
    /// A connection is closed after the challenge.
    pub closes: bool,
    /// A connection has to be signed in anew after so many answers.
    pub forgets_after: usize,
    /// Never answers what is asked by who is signed in.
    pub silent: bool,
}

impl Default for ExchangeSetup {
    fn default() -> Self {
        Self {
            accounts: vec![ExchangeAccount::new("Alice", "pässword-1")],
            offers: vec!["Negotiate", "NTLM"],
            timestamp: true,
            calendars: ExchangeCalendars::always(Vec::new()),
            limit: 1000,
            only_2010: false,
            instead: VecDeque::new(),
            closes: false,
            forgets_after: usize::MAX,
            silent: false,
        }
    }
}

/// An occurrence, with the schema's own words.
#[derive(Debug, Clone)]
pub struct ExchangeItem {
    pub id: String,
    pub subject: String,
    pub start: Timestamp,
    pub end: Timestamp,
    /// More elements, as they are.
    pub more: String,
}

impl ExchangeItem {
    pub fn new(id: impl Into<String>, start: Timestamp, end: Timestamp) -> Self {
        Self {
            id: id.into(),
            subject: "Talk".into(),
            start,
            end,
            more: "<t:IsAllDayEvent>false</t:IsAllDayEvent>\
                   <t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus>"
                .into(),
        }
    }
}

/// What happened.
#[derive(Debug, Default)]
pub struct ExchangeLog {
    pub connections: usize,
    /// `NTLM 1`, `NTLM 3`, `Basic`, `bare`
    pub signs: Vec<String>,
    /// Tries with a password that was not right.
    pub wrong: usize,
    pub found: usize,
    /// What a real server would have refused.
    pub refused: Vec<String>,
    pub heard: Vec<u8>,
}

/// A running server. Ends when dropped.
#[derive(Debug)]
pub struct Exchange {
    address: SocketAddr,
    log: Arc<Shared<ExchangeLog>>,
    task: AbortHandle,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Over TLS: how, and the hash of the certificate.
#[derive(Clone)]
pub struct ExchangeTls {
    pub acceptor: TlsAcceptor,
    pub certificate_hash: Vec<u8>,
}

impl std::fmt::Debug for ExchangeTls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ExchangeTls")
    }
}

impl Exchange {
    /// On the caller's runtime; `tls`: over TLS.
    ///
    /// # Errors
    /// When the port is no more.
    pub fn start(
        listener: TcpListener,
        setup: ExchangeSetup,
        tls: Option<ExchangeTls>,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let log = Arc::new(Shared::new(ExchangeLog::default()));
        let (shared, heard) = (Arc::new(Shared::new(setup)), Arc::clone(&log));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                heard.lock().connections += 1;
                let (shared, heard, tls) = (Arc::clone(&shared), Arc::clone(&heard), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &shared, &heard, None).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.acceptor.accept(stream).await {
                                serve(stream, &shared, &heard, Some(tls.certificate_hash)).await;
                            }
                        }
                    }
                });
            }
        });
        Ok(Self {
            address,
            log,
            task: task.abort_handle(),
        })
    }

    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn log(&self) -> MutexGuard<'_, ExchangeLog> {
        self.log.lock()
    }

    pub fn url(&self) -> String {
        format!("http://{}/EWS/Exchange.asmx", self.address)
    }
}

struct Request {
    head: String,
    body: String,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }
}

async fn heard(stream: &mut (impl AsyncRead + Unpin), log: &Shared<ExchangeLog>) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes.get(..head)?.to_vec()).ok()?;
    let request = Request {
        head: text,
        body: String::new(),
    };
    let length: usize = request.header("content-length")?.parse().ok()?;
    while bytes.len() < head + 4 + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    log.lock().heard.extend_from_slice(&bytes);
    let body = String::from_utf8(bytes.get(head + 4..)?.to_vec()).ok()?;
    Some(Request { body, ..request })
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    setup: &Shared<ExchangeSetup>,
    log: &Shared<ExchangeLog>,
    certificate_hash: Option<Vec<u8>>,
) {
    let accounts = setup.lock().accounts.clone();
    let mut gate = Gate::new(accounts, certificate_hash);
    let mut answered = 0;
    while let Some(request) = heard(&mut stream, log).await {
        let mut now = setup.lock().clone();
        let odd = odd_head(&request);
        if let Some(odd) = odd {
            log.lock().refused.push(odd.to_owned());
        }
        if answered >= now.forgets_after {
            gate.forget();
            setup.lock().forgets_after = usize::MAX;
        }
        let let_in = let_in(&request, &mut gate, &now, log);
        let answer = match let_in {
            Err(challenge) => unauthorized(&now, challenge.as_deref()),
            Ok(_) if now.silent => std::future::pending().await,
            Ok(user) => match now.instead.pop_front() {
                Some(answer) => {
                    setup.lock().instead.pop_front();
                    answer
                }
                None => find(&request.body, &user, &now, log),
            },
        };
        answered += 1;
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
        if now.closes && gate.is_challenged() {
            return;
        }
    }
}

fn odd_head(request: &Request) -> Option<&'static str> {
    let first = request.head.lines().next().unwrap_or_default();
    let typed = request.header("content-type").unwrap_or_default();
    if first != "POST /EWS/Exchange.asmx HTTP/1.1" {
        Some("another method or path")
    } else if typed.replace(' ', "").to_lowercase() != "text/xml;charset=utf-8" {
        Some("another content type")
    } else if request.header("host").is_none() {
        Some("no host")
    } else {
        None
    }
}

/// Who it is that asks. An error is the challenge that goes with the refusal, if there is one.
fn let_in(
    request: &Request,
    gate: &mut Gate,
    setup: &ExchangeSetup,
    log: &Shared<ExchangeLog>,
) -> Result<String, Option<String>> {
    let mut log = log.lock();
    let Some(authorization) = request.header("authorization") else {
        log.signs.push("bare".into());
        return gate.who().map(str::to_owned).ok_or(None);
    };
    let (scheme, message) = authorization.split_once(' ').unwrap_or((authorization, ""));
    let message = STANDARD.decode(message).unwrap_or_default();
    let offered = setup
        .offers
        .iter()
        .any(|offer| offer.split(' ').next() == Some(scheme));
    match scheme {
        "Basic" => {
            log.signs.push("Basic".into());
            let text = String::from_utf8(message).unwrap_or_default();
            let (name, password) = text.split_once(':').unwrap_or_default();
            let (domain, user) = name.split_once('\\').unwrap_or(("", name));
            let mut accounts = setup.accounts.iter();
            let right = accounts.find(|known| known.is(domain, user) && known.password == password);
            if right.is_none() {
                log.wrong += 1;
            }
            right
                .filter(|_| offered)
                .map(|known| known.user.clone())
                .ok_or(None)
        }
        "NTLM" | "Negotiate" => {
            log.signs
                .push(format!("{scheme} {}", message.get(8).copied().unwrap_or(0)));
            if !offered {
                return Err(None);
            }
            match gate.hear(&message, setup.timestamp) {
                Given::Challenge(challenge) => Err(Some(format!("{scheme} {}", STANDARD.encode(challenge)))),
                Given::In(user) => Ok(user),
                Given::Wrong(why) => {
                    log.wrong += 1;
                    log.refused.push(why.to_owned());
                    Err(None)
                }
                Given::Odd(why) => {
                    log.refused.push(why.to_owned());
                    Err(None)
                }
            }
        }
        other => {
            log.refused.push(format!("a scheme {other}"));
            Err(None)
        }
    }
}

fn unauthorized(setup: &ExchangeSetup, challenge: Option<&str>) -> String {
    let mut head = String::from("HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\n");
    match challenge {
        Some(challenge) => {
            let _infallible = write!(head, "WWW-Authenticate: {challenge}\r\n");
        }
        None => {
            for offer in &setup.offers {
                let _infallible = write!(head, "WWW-Authenticate: {offer}\r\n");
            }
        }
    }
    format!("{head}Content-Length: 0\r\n\r\n")
}

/// A whole answer, for [`ExchangeSetup::instead`].
pub fn exchange_answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml; charset=utf-8\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A whole answer that refuses with Exchange's own word; `more` stands beside it.
pub fn exchange_fault(word: &str, more: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Body><s:Fault><faultcode xmlns:a=\"http://schemas.microsoft.com/exchange/services/2006/types\">a:{word}\
         </faultcode><faultstring xml:lang=\"en-US\">Refused.</faultstring><detail><e:ResponseCode \
         xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">{word}</e:ResponseCode>{more}</detail>\
         </s:Fault></s:Body></s:Envelope>"
    );
    exchange_answer("500 Internal Server Error", "", &body)
}

fn find(body: &str, user: &str, setup: &ExchangeSetup, log: &Shared<ExchangeLog>) -> String {
    let mut log = log.lock();
    let Asked {
        version,
        from,
        until,
        most,
    } = match schema::asked(body) {
        Ok(asked) => asked,
        Err(why) => {
            log.refused.push(why);
            return exchange_fault("ErrorSchemaValidation", "");
        }
    };
    if setup.only_2010 && !version.starts_with("Exchange2010") {
        return exchange_fault("ErrorInvalidServerVersion", "");
    }
    log.found += 1;
    // By the documentation of `CalendarView`: what ends before the start or begins at the end is not in it.
    let items = (setup.calendars.0)(user);
    let mut inside: Vec<&ExchangeItem> = items
        .iter()
        .filter(|item| item.end >= from && item.start < until)
        .collect();
    inside.sort_by_key(|item| item.start);
    let shown = inside.len().min(most).min(setup.limit);
    let listed: String = inside
        .iter()
        .take(shown)
        .map(|item| {
            format!(
                "<t:CalendarItem><t:ItemId Id=\"{}\" ChangeKey=\"DwAAABYA\"/><t:Subject>{}</t:Subject>\
                 <t:Start>{}</t:Start><t:End>{}</t:End>{}</t:CalendarItem>",
                item.id, item.subject, item.start, item.end, item.more
            )
        })
        .collect();
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Header><h:ServerVersionInfo MajorVersion=\"15\" MinorVersion=\"2\" \
         xmlns:h=\"http://schemas.microsoft.com/exchange/services/2006/types\"/></s:Header><s:Body>\
         <m:FindItemResponse xmlns:m=\"http://schemas.microsoft.com/exchange/services/2006/messages\" \
         xmlns:t=\"http://schemas.microsoft.com/exchange/services/2006/types\"><m:ResponseMessages>\
         <m:FindItemResponseMessage ResponseClass=\"Success\"><m:ResponseCode>NoError</m:ResponseCode>\
         <m:RootFolder TotalItemsInView=\"{}\" IncludesLastItemInRange=\"{}\"><t:Items>{listed}</t:Items>\
         </m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>",
        inside.len(),
        shown == inside.len()
    );
    exchange_answer("200 OK", "", &body)
}
