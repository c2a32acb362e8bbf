//! Calls that UCI reports by itself, to the address that the last request of a session named (facts/starface.md section
//! 1.7). Nobody is told who has not asked for it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{Starface, uci, unescaped};

const CALLBACK: &str = "de.vertico.starface.callback.";
/// For an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a program wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StarfaceCallback {
    pub host: String,
    pub port: u16,
    pub path: String,
}

impl StarfaceCallback {
    /// `None`: the address of a request names no place, or half of one.
    pub(super) fn of_query(query: &str) -> Option<Self> {
        let word = |name: &str| {
            let mut pairs = query.split('&');
            let value =
                pairs.find_map(|pair| pair.strip_prefix(CALLBACK)?.strip_prefix(name)?.strip_prefix('='));
            value.map(unescaped)
        };
        let path = word("path")?;
        (word("type")? == "http" && path.starts_with('/')).then_some(())?;
        Some(Self {
            host: word("host")?,
            port: word("port")?.parse().ok()?,
            path,
        })
    }

    /// The status of the answer to a request there.
    ///
    /// # Errors
    /// Where nobody answers.
    pub async fn post(&self, method: &str, path: &str, body: &str) -> std::io::Result<u16> {
        let mut stream = TcpStream::connect((self.host.as_str(), self.port)).await?;
        let head = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: text/xml\r\nContent-Length: {}\r\n\r\n",
            self.host,
            self.port,
            body.len()
        );
        stream.write_all(format!("{head}{body}").as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        let text = String::from_utf8_lossy(&answer);
        let status = text.split(' ').nth(1).and_then(|status| status.parse().ok());
        status.ok_or_else(|| std::io::ErrorKind::InvalidData.into())
    }
}

/// Tells everybody who has asked of each change of their calls, for as long as the phone system is there.
pub(crate) fn keep_telling(starface: &Arc<Starface>) {
    let (mut changes, starface) = (starface.pbx.changes(), Arc::downgrade(starface));
    tokio::spawn(async move {
        while changes.changed().await.is_ok() {
            for (to, path, body) in due(&starface) {
                // Nobody knows what a real one does with somebody who does not answer; this one tells the next change.
                let _told = tokio::time::timeout(PATIENCE, to.post("POST", &path, &body)).await;
            }
        }
    });
}

fn due(starface: &Weak<Starface>) -> Vec<(StarfaceCallback, String, String)> {
    let Some(starface) = starface.upgrade() else {
        return Vec::new();
    };
    let mut inside = starface.inside.lock();
    let inside = &mut *inside;
    let mut due = Vec::new();
    for (login, (generation, callback)) in &inside.reports {
        // A session that is over hears nothing any more.
        if !inside.sessions.contains_key(login) {
            continue;
        }
        let path = format!("{}?de.vertico.starface.user={login}", callback.path);
        for body in uci::reported(&starface, generation, login, inside.habits.lower_case) {
            due.push((callback.clone(), path.clone(), body));
        }
    }
    due
}
