//! What was asked of the pretend company, and what its phone system sent, with the time of each: for assertions, for
//! measurements and for the page.

use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::Notify;

use crate::company::Shared;

const KEPT: usize = 20_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Service {
    Entra,
    Graph,
    /// An AMI action; `method` is its name.
    Ami,
    /// An AMI event that the phone system raised; `method` is its name, `path` its channel, device or extension.
    AmiEvent,
    /// Over HTTP, or a message of a web socket: `method` is its kind, `path` which socket.
    Innovaphone,
    /// REST or UCI; `path` without its query, which may hold a login.
    Starface,
    /// UCServer's WebService: requests over HTTP, `path` without its query; in a web socket `method` is `invoke` and
    /// `path` the operation.
    Procall,
    /// `method` is the request's, `path` its event package, else its address.
    Sip,
    /// A request over the CSTA link: `path` is its name; of a sign-in the body is left out.
    Csta,
    /// FreePBX's user portal, and the gateway.
    Portal,
}

/// One request, or one event of the phone system.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// Counts up from 1.
    pub number: u64,
    pub service: Service,
    pub method: String,
    /// Path with query; for AMI the channel, device or extension that it is about.
    pub path: String,
    /// HTTP status, `None` while unanswered. AMI: 200 for Success and Goodbye, 400 for Error.
    pub status: Option<u16>,
    /// The body as it came; for AMI the whole message.
    pub body: String,
    /// Arrival, real microseconds since the playground started.
    pub at_us: u64,
    /// When the answer was ready.
    pub answered_us: Option<u64>,
}

impl Request {
    /// The body as JSON; `Null` where it is none.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or(serde_json::Value::Null)
    }

    /// The path without its query.
    pub fn path_only(&self) -> &str {
        self.path.split('?').next().unwrap_or_default()
    }
}

#[derive(Debug, Default)]
struct Log {
    last: u64,
    kept: VecDeque<Request>,
}

#[derive(Debug, Default)]
pub(crate) struct Requests {
    log: Shared<Log>,
    grown: Notify,
}

impl Requests {
    pub(crate) fn arrived(
        &self,
        service: Service,
        method: &str,
        path: &str,
        body: String,
        at_us: u64,
    ) -> u64 {
        let mut log = self.log.lock();
        log.last += 1;
        let number = log.last;
        if log.kept.len() >= KEPT {
            log.kept.pop_front();
        }
        let (status, answered_us) = match service {
            Service::AmiEvent => (Some(200), Some(at_us)),
            Service::Entra
            | Service::Graph
            | Service::Ami
            | Service::Innovaphone
            | Service::Procall
            | Service::Sip
            | Service::Csta
            | Service::Portal
            | Service::Starface => (None, None),
        };
        let (method, path) = (method.to_owned(), path.to_owned());
        log.kept.push_back(Request {
            number,
            service,
            method,
            path,
            status,
            body,
            at_us,
            answered_us,
        });
        drop(log);
        self.grown.notify_waiters();
        number
    }

    pub(crate) fn answered(&self, number: u64, status: u16, at_us: u64) {
        let mut log = self.log.lock();
        if let Some(request) = log.kept.iter_mut().rev().find(|request| request.number == number) {
            request.status = Some(status);
            request.answered_us = Some(at_us);
        }
        drop(log);
        self.grown.notify_waiters();
    }

    pub(crate) fn since(&self, number: u64) -> Vec<Request> {
        self.log
            .lock()
            .kept
            .iter()
            .filter(|request| request.number > number)
            .cloned()
            .collect()
    }

    pub(crate) fn forget(&self) {
        self.log.lock().kept.clear();
    }

    pub(crate) fn last(&self) -> u64 {
        self.log.lock().last
    }

    /// Waits until a request after `number` is as wanted; `None` when the limit passes first.
    pub(crate) async fn wait(
        &self,
        number: u64,
        limit: Duration,
        wanted: impl Fn(&Request) -> bool,
    ) -> Option<Request> {
        let look = async {
            loop {
                let grown = self.grown.notified();
                tokio::pin!(grown);
                grown.as_mut().enable();
                if let Some(found) = self.since(number).into_iter().find(|request| wanted(request)) {
                    return found;
                }
                grown.await;
            }
        };
        tokio::time::timeout(limit, look).await.ok()
    }
}
