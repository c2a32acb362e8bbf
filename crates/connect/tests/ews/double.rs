//! A strict Exchange server: signs connections in by NTLMv2 or Basic as IIS does, and answers `FindItem` with a
//! `CalendarView` by the public schema ([MS-NLMP], [MS-NTHT], [MS-OXWSSRCH]). Shares nothing with the adapter.

use crate::ntlm::{Gate, Given};
use crate::schema::{self, Asked};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use std::collections::VecDeque;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

pub const DOMAIN: &str = "EXAMPLE";
pub const USER: &str = "Ada";
pub const PASSWORD: &str = "pässword-1";

/// What the server is like, and what it does wrong.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Of `WWW-Authenticate`.
    pub offers: Vec<&'static str>,
    /// The challenge tells the time, so that a MIC is due.
    pub timestamp: bool,
    pub items: Vec<Item>,
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

impl Default for Setup {
    fn default() -> Self {
        Self {
            offers: vec!["Negotiate", "NTLM"],
            timestamp: true,
            items: Vec::new(),
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
pub struct Item {
    pub id: String,
    pub subject: String,
    pub start: Timestamp,
    pub end: Timestamp,
    pub more: String,
}

impl Item {
    pub fn new(id: impl Into<String>, start: &str, end: &str) -> Self {
        Self {
            id: id.into(),
            subject: "Talk".into(),
            start: start.parse().unwrap(),
            end: end.parse().unwrap(),
            more: "<t:IsAllDayEvent>false</t:IsAllDayEvent>\
                   <t:LegacyFreeBusyStatus>Busy</t:LegacyFreeBusyStatus>"
                .into(),
        }
    }
}

/// What happened.
#[derive(Debug, Default)]
pub struct Log {
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

pub struct Exchange {
    pub address: SocketAddr,
    pub log: Arc<Mutex<Log>>,
    task: AbortHandle,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Over TLS: how, and the hash of the certificate.
#[derive(Clone)]
pub struct Secured {
    pub acceptor: TlsAcceptor,
    pub certificate_hash: Vec<u8>,
}

impl Exchange {
    pub async fn start(setup: Setup, secured: Option<Secured>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let log = Arc::new(Mutex::new(Log::default()));
        let (shared, heard) = (Arc::new(Mutex::new(setup)), Arc::clone(&log));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                heard.lock().unwrap().connections += 1;
                let (shared, heard, secured) = (Arc::clone(&shared), Arc::clone(&heard), secured.clone());
                tokio::spawn(async move {
                    match secured {
                        None => serve(stream, &shared, &heard, None).await,
                        Some(Secured {
                            acceptor,
                            certificate_hash,
                        }) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &shared, &heard, Some(certificate_hash)).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            log,
            task: task.abort_handle(),
        }
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

async fn heard(stream: &mut (impl AsyncRead + Unpin), log: &Mutex<Log>) -> Option<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).ok()?;
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
    log.lock().unwrap().heard.extend_from_slice(&bytes);
    let body = String::from_utf8(bytes[head + 4..].to_vec()).ok()?;
    Some(Request { body, ..request })
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    setup: &Mutex<Setup>,
    log: &Mutex<Log>,
    certificate_hash: Option<Vec<u8>>,
) {
    let mut gate = Gate::new(certificate_hash);
    let mut answered = 0;
    while let Some(request) = heard(&mut stream, log).await {
        let mut now = setup.lock().unwrap().clone();
        let odd = odd_head(&request);
        if let Some(odd) = odd {
            log.lock().unwrap().refused.push(odd.to_owned());
        }
        if answered >= now.forgets_after {
            gate.forget();
            setup.lock().unwrap().forgets_after = usize::MAX;
        }
        let let_in = let_in(&request, &mut gate, &now, log);
        let answer = match let_in {
            Err(challenge) => unauthorized(&now, challenge.as_deref()),
            Ok(()) if now.silent => std::future::pending().await,
            Ok(()) => match now.instead.pop_front() {
                Some(answer) => {
                    setup.lock().unwrap().instead.pop_front();
                    answer
                }
                None => find(&request.body, &now, log),
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

/// An error is the challenge that goes with the refusal, if there is one.
fn let_in(request: &Request, gate: &mut Gate, setup: &Setup, log: &Mutex<Log>) -> Result<(), Option<String>> {
    let mut log = log.lock().unwrap();
    let Some(authorization) = request.header("authorization") else {
        log.signs.push("bare".into());
        return if gate.is_signed_in() { Ok(()) } else { Err(None) };
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
            let right = message == format!("{DOMAIN}\\{USER}:{PASSWORD}").as_bytes();
            if !right {
                log.wrong += 1;
            }
            if right && offered { Ok(()) } else { Err(None) }
        }
        "NTLM" | "Negotiate" => {
            log.signs
                .push(format!("{scheme} {}", message.get(8).copied().unwrap_or(0)));
            if !offered {
                return Err(None);
            }
            match gate.hear(&message, setup.timestamp) {
                Given::Challenge(challenge) => Err(Some(format!("{scheme} {}", STANDARD.encode(challenge)))),
                Given::In => Ok(()),
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

fn unauthorized(setup: &Setup, challenge: Option<&str>) -> String {
    let mut head = String::from("HTTP/1.1 401 Unauthorized\r\nServer: Microsoft-IIS/10.0\r\n");
    match challenge {
        Some(challenge) => write!(head, "WWW-Authenticate: {challenge}\r\n").unwrap(),
        None => {
            for offer in &setup.offers {
                write!(head, "WWW-Authenticate: {offer}\r\n").unwrap();
            }
        }
    }
    format!("{head}Content-Length: 0\r\n\r\n")
}

pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/xml; charset=utf-8\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub fn fault(word: &str, more: &str) -> String {
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\">\
         <s:Body><s:Fault><faultcode xmlns:a=\"http://schemas.microsoft.com/exchange/services/2006/types\">a:{word}\
         </faultcode><faultstring xml:lang=\"en-US\">Refused.</faultstring><detail><e:ResponseCode \
         xmlns:e=\"http://schemas.microsoft.com/exchange/services/2006/errors\">{word}</e:ResponseCode>{more}</detail>\
         </s:Fault></s:Body></s:Envelope>"
    );
    answer("500 Internal Server Error", "", &body)
}

fn find(body: &str, setup: &Setup, log: &Mutex<Log>) -> String {
    let mut log = log.lock().unwrap();
    let Asked {
        version,
        from,
        until,
        most,
    } = match schema::asked(body) {
        Ok(asked) => asked,
        Err(why) => {
            log.refused.push(why);
            return fault("ErrorSchemaValidation", "");
        }
    };
    if setup.only_2010 && !version.starts_with("Exchange2010") {
        return fault("ErrorInvalidServerVersion", "");
    }
    log.found += 1;
    // By the documentation of `CalendarView`: what ends before the start or begins at the end is not in it.
    let mut inside: Vec<&Item> = setup
        .items
        .iter()
        .filter(|item| item.end >= from && item.start < until)
        .collect();
    inside.sort_by_key(|item| item.start);
    let shown = inside.len().min(most).min(setup.limit);
    let items: String = inside[..shown]
        .iter()
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
         <m:RootFolder TotalItemsInView=\"{}\" IncludesLastItemInRange=\"{}\"><t:Items>{items}</t:Items>\
         </m:RootFolder></m:FindItemResponseMessage></m:ResponseMessages></m:FindItemResponse></s:Body></s:Envelope>",
        inside.len(),
        shown == inside.len()
    );
    answer("200 OK", "", &body)
}
