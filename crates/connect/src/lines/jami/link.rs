//! The bus: whether Jami's daemon is there, what is up, and every change of a call. It is never started by us.

use super::states::{State, state};
use super::{JamiConfig, SOURCE};
use crate::backoff::Backoff;
use crate::lines::rest;
use crate::port::{LineCommand, LineEvents};
use crate::wire;
use futures_util::StreamExt as _;
use offhook_engine::fault::{Code, Fault, FaultKind};
use offhook_engine::line::{CallId, CallState, LineEvent, SourceId};
use std::collections::{BTreeSet, HashMap};
use tokio::sync::mpsc::UnboundedReceiver;
use zbus::fdo::DBusProxy;
use zbus::proxy::CacheProperties;
use zbus::{Connection, Proxy};

const NAME: &str = "cx.ring.Ring";
const CALLS: (&str, &str) = ("/cx/ring/Ring/CallManager", "cx.ring.Ring.CallManager");
const ACCOUNTS: (&str, &str) = (
    "/cx/ring/Ring/ConfigurationManager",
    "cx.ring.Ring.ConfigurationManager",
);
/// Accounts and calls of one person.
const MOST: usize = 64;

#[derive(Debug, Clone)]
pub(super) struct Pace {
    pub again: Backoff,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            again: Backoff::connection(),
        }
    }
}

/// How it ended with one daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The driver is gone.
    Stopped,
    Lost,
}

pub(super) async fn run(
    config: JamiConfig,
    mut pace: Pace,
    events: LineEvents,
    mut commands: UnboundedReceiver<LineCommand>,
) {
    let mut said = false;
    loop {
        let mut heard = false;
        let end = session(&config, &events, &mut commands, &mut heard).await;
        match end {
            Ok(End::Stopped) => return,
            Ok(End::Lost) => {}
            Err(error) => tracing::debug!(source = SOURCE, %error, "the bus"),
        }
        if heard {
            pace.again.reset();
            said = false;
        }
        if !std::mem::replace(&mut said, true) {
            let fault = Fault::new(FaultKind::Unreachable, Code::JamiUnreachable);
            tell(&events, LineEvent::Down(fault));
        }
        if !rest(pace.again.wait(), &mut commands).await {
            return;
        }
    }
}

fn tell(events: &LineEvents, event: LineEvent) {
    // The driver's end comes to us as the end of the commands.
    let _ = events.send((SourceId::new(SOURCE), event));
}

async fn session(
    config: &JamiConfig,
    events: &LineEvents,
    commands: &mut UnboundedReceiver<LineCommand>,
    heard: &mut bool,
) -> zbus::Result<End> {
    let bus = match &config.bus {
        Some(address) => {
            zbus::connection::Builder::address(address.as_str())?
                .build()
                .await?
        }
        None => Connection::session().await?,
    };
    let names = DBusProxy::new(&bus).await?;
    let mut owners = names.receive_name_owner_changed_with_args(&[(0, NAME)]).await?;
    // Asked first: a call would start the daemon.
    if !names.name_has_owner(NAME.try_into()?).await? {
        return Ok(End::Lost);
    }
    let calls = proxy(&bus, CALLS).await?;
    let accounts = proxy(&bus, ACCOUNTS).await?;
    // Heard from now on, then read: nothing falls in between.
    let mut changes = calls.receive_signal("callStateChanged").await?;
    let list = list(&calls, &accounts).await?;
    *heard = true;
    tell(events, LineEvent::Up { resyncs: true });
    tell(events, LineEvent::Snapshot(list));
    let mut incoming = BTreeSet::new();
    loop {
        tokio::select! {
            change = changes.next() => {
                let Some(change) = change else { return Ok(End::Lost) };
                let Ok((_account, call, word, _code)) =
                    change.body().deserialize::<(String, String, String, i32)>()
                else {
                    tracing::debug!(source = SOURCE, "a change of another form");
                    continue;
                };
                wire::heard(SOURCE, "callStateChanged", change.body().len());
                if word == "INCOMING" && incoming.len() < MOST {
                    incoming.insert(call.clone());
                }
                let id = CallId::new(&call);
                match state(&word, Some(incoming.contains(&call))) {
                    State::Up(state) => tell(events, LineEvent::Call { id, state }),
                    State::Over => {
                        incoming.remove(&call);
                        tell(events, LineEvent::Ended { id });
                    }
                    State::Unknown => {}
                }
            }
            // Gone, or another one in its place.
            _ = owners.next() => return Ok(End::Lost),
            command = commands.recv() => match command {
                Some(LineCommand::Resync) => {
                    tell(events, LineEvent::Snapshot(self::list(&calls, &accounts).await?));
                }
                None => return Ok(End::Stopped),
            },
        }
    }
}

async fn proxy<'bus>(
    bus: &'bus Connection,
    (path, interface): (&'static str, &'static str),
) -> zbus::Result<Proxy<'bus>> {
    zbus::proxy::Builder::new(bus)
        .destination(NAME)?
        .path(path)?
        .interface(interface)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

/// All calls of all accounts.
async fn list(calls: &Proxy<'_>, accounts: &Proxy<'_>) -> zbus::Result<Vec<(CallId, CallState)>> {
    let mut up = Vec::new();
    let all: Vec<String> = accounts.call("getAccountList", &()).await?;
    for account in all.iter().take(MOST) {
        let ids: Vec<String> = calls.call("getCallList", &(account,)).await?;
        for id in ids.iter().take(MOST) {
            let details: HashMap<String, String> = calls.call("getCallDetails", &(account, id)).await?;
            let word = details.get("CALL_STATE").map_or("", String::as_str);
            if let State::Up(state) = state(word, None) {
                up.push((CallId::new(id), state));
            }
        }
    }
    Ok(up)
}
