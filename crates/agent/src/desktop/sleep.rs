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
    let followed = match Connection::system().await {
        Ok(bus) => follow(bus, events).await,
        Err(error) => Err(error),
    };
    if let Err(error) = followed {
        tracing::debug!(%error, "sleep and shutdown are not announced here");
    }
}

async fn follow(bus: Connection, events: Events) -> zbus::Result<()> {
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

/// Against a service that says what logind says, on a bus of its own.
#[cfg(test)]
mod tests {
    use super::{RELEASE, follow};
    use offhook_connect::desktop::DesktopEvent;
    use std::io::{BufRead as _, BufReader, PipeReader, Read as _};
    use std::process::{Child, Command, Stdio};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::{Duration, Instant};
    use tokio::sync::mpsc::unbounded_channel;
    use tokio::time::timeout;
    use zbus::object_server::SignalEmitter;
    use zbus::zvariant::OwnedFd;

    const LIMIT: Duration = Duration::from_secs(20);

    struct Bus(Child);

    impl Drop for Bus {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn bus() -> (Bus, String) {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--print-address"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("dbus-daemon: apt-get install dbus-daemon");
        let said = daemon.stdout.take().unwrap();
        let bus = Bus(daemon);
        let mut address = String::new();
        BufReader::new(said).read_line(&mut address).unwrap();
        (bus, address.trim().to_owned())
    }

    /// The delays that were asked for: each ends where its pipe does.
    struct Manager(Sender<([String; 4], PipeReader)>);

    #[zbus::interface(name = "org.freedesktop.login1.Manager")]
    impl Manager {
        fn inhibit(&self, what: String, who: String, why: String, mode: String) -> OwnedFd {
            let (ours, theirs) = std::io::pipe().unwrap();
            self.0.send(([what, who, why, mode], ours)).unwrap();
            OwnedFd::from(std::os::fd::OwnedFd::from(theirs))
        }

        #[zbus(signal)]
        async fn prepare_for_sleep(emitter: &SignalEmitter<'_>, begins: bool) -> zbus::Result<()>;

        #[zbus(signal)]
        async fn prepare_for_shutdown(emitter: &SignalEmitter<'_>, begins: bool) -> zbus::Result<()>;
    }

    async fn delay(delays: &Receiver<([String; 4], PipeReader)>) -> PipeReader {
        let begun = Instant::now();
        loop {
            if let Ok((words, pipe)) = delays.try_recv() {
                assert_eq!(
                    (words[0].as_str(), words[3].as_str()),
                    ("sleep:shutdown", "delay")
                );
                return pipe;
            }
            assert!(begun.elapsed() < LIMIT, "nobody asks for a delay");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// How long the system waits for us from now on.
    async fn waited(mut delay: PipeReader) -> Duration {
        let begun = Instant::now();
        let end = tokio::task::spawn_blocking(move || delay.read(&mut [0]));
        assert_eq!(timeout(LIMIT, end).await.unwrap().unwrap().unwrap(), 0);
        begun.elapsed()
    }

    #[tokio::test]
    async fn r20_before_sleep_and_shutdown_the_system_waits_for_the_releases_and_no_longer() {
        let (_daemon, address) = bus();
        let (asked, delays) = channel();
        let connect = || zbus::connection::Builder::address(address.as_str()).unwrap();
        let path = "/org/freedesktop/login1";
        let logind = connect()
            .serve_at(path, Manager(asked))
            .unwrap()
            .name("org.freedesktop.login1")
            .unwrap()
            .build()
            .await
            .unwrap();
        let emitter = SignalEmitter::new(&logind, path).unwrap();
        let (events, mut told) = unbounded_channel();
        let followed = tokio::spawn(follow(connect().build().await.unwrap(), events));
        for _ in 0..2 {
            let held = delay(&delays).await;
            Manager::prepare_for_sleep(&emitter, true).await.unwrap();
            assert_eq!(
                timeout(LIMIT, told.recv()).await.unwrap(),
                Some(DesktopEvent::Sleep)
            );
            let waited = waited(held).await;
            assert!(waited > RELEASE / 2 && waited < RELEASE * 2, "{waited:?}");
            assert!(delays.try_recv().is_err(), "asked for again before it has slept");
            Manager::prepare_for_sleep(&emitter, false).await.unwrap();
        }
        let held = delay(&delays).await;
        Manager::prepare_for_shutdown(&emitter, true).await.unwrap();
        assert_eq!(
            timeout(LIMIT, told.recv()).await.unwrap(),
            Some(DesktopEvent::Sleep)
        );
        assert!(waited(held).await < RELEASE * 2);
        followed.abort();
    }
}
