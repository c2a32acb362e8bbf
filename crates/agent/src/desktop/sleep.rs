//! Sleep and shutdown on Linux: logind waits a moment for those who asked it to. Without logind nothing is lost:
//! the ledger does the rest at the next start.

use super::Events;
use futures_util::StreamExt as _;
use futures_util::stream::select;
use offhook_connect::desktop::DesktopEvent;
use std::time::Duration;
use zbus::zvariant::OwnedFd;
use zbus::{Connection, Proxy};

/// How long the releases may take (R20); logind itself waits 5 s at most, unless told otherwise.
const RELEASE: Duration = Duration::from_secs(2);

/// Says when the machine is about to sleep or to shut down, for as long as the system bus lives. Costs nothing
/// until then.
pub async fn watch(events: Events) {
    if let Err(error) = follow(events).await {
        tracing::debug!(%error, "sleep and shutdown are not announced here");
    }
}

async fn follow(events: Events) -> zbus::Result<()> {
    let bus = Connection::system().await?;
    let logind = Proxy::new(
        &bus,
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
    )
    .await?;
    let sleep = logind.receive_signal("PrepareForSleep").await?;
    let shutdown = logind.receive_signal("PrepareForShutdown").await?;
    let mut news = select(sleep, shutdown);
    let mut delay = Some(inhibit(&logind).await?);
    while let Some(signal) = news.next().await {
        let begins: bool = signal.body().deserialize()?;
        if begins {
            if events.send(DesktopEvent::Sleep).is_err() {
                return Ok(());
            }
            tokio::time::sleep(RELEASE).await;
            delay = None;
        } else if delay.is_none() {
            delay = Some(inhibit(&logind).await?);
        }
    }
    Ok(())
}

/// Sleep and shutdown wait until what this returns is closed.
async fn inhibit(logind: &Proxy<'_>) -> zbus::Result<OwnedFd> {
    let words = ("sleep:shutdown", "Offhook", "Puts phone and Teams back", "delay");
    logind.call("Inhibit", &words).await
}
