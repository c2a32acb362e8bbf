//! Windows' telephony (TAPI) as a call source: the lines of the installed drivers, watched by a thread of its own
//! (`offhook-tapi`).

use offhook_tapi::PermanentId;

/// The source's name in settings, on the socket and in the status.
pub const SOURCE: &str = "tapi";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapiConfig {
    /// None: the only line there is.
    pub lines: Vec<PermanentId>,
}

#[cfg(windows)]
pub use thread::spawn;

#[cfg(windows)]
pub(crate) use thread::{OFFERED, pace};

#[cfg(windows)]
mod thread {
    use super::{SOURCE, TapiConfig};
    use crate::backoff::Backoff;
    use crate::port::{LineCommand, LineEvents, LineHandle};
    use offhook_engine::fault::{Code, Fault, FaultKind};
    use offhook_engine::line::{LineEvent, SourceId};
    use offhook_tapi::windows::{System, Waker};
    use offhook_tapi::{Again, News, Offered, Pace, Watch};
    use std::sync::LazyLock;
    use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
    use std::time::{Duration, Instant};
    use tokio::sync::{mpsc, watch};

    /// The lines of this computer, for the person to choose from: shown by whoever uses the telephony.
    pub(crate) static OFFERED: LazyLock<watch::Sender<Vec<Offered>>> =
        LazyLock::new(|| watch::Sender::new(Vec::new()));

    impl Again for Backoff {
        fn wait(&mut self) -> Duration {
            Self::wait(self)
        }

        fn reset(&mut self) {
            Self::reset(self);
        }
    }

    pub(crate) fn pace() -> Pace {
        Pace::usual(|| Box::new(Backoff::connection()))
    }

    /// The thread's end of its handle: as long as this lives, so does the thread.
    struct Asking {
        asks: Option<Sender<LineCommand>>,
        waker: Waker,
    }

    impl Asking {
        fn ask(&self, command: LineCommand) {
            if let Some(asks) = &self.asks {
                let _ended = asks.send(command);
            }
            self.waker.wake();
        }
    }

    impl Drop for Asking {
        fn drop(&mut self) {
            self.asks = None;
            self.waker.wake();
        }
    }

    /// Starts the source. It goes on trying until the handle is dropped.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn spawn(config: TapiConfig, events: LineEvents) -> LineHandle {
        let (commands, mut received) = mpsc::unbounded_channel();
        let asking = start(config, events.clone());
        let task = tokio::spawn(async move {
            let asking = match asking {
                Ok(asking) => asking,
                Err(error) => {
                    let fault = Fault::new(FaultKind::Unreachable, Code::TapiBroken).about("TAPI");
                    tracing::warn!(%error, "no thread for the telephony");
                    let _ended = events.send((SourceId::new(SOURCE), LineEvent::Down(fault)));
                    return;
                }
            };
            while let Some(command) = received.recv().await {
                asking.ask(command);
            }
        });
        LineHandle { commands, task }
    }

    fn start(config: TapiConfig, events: LineEvents) -> std::io::Result<Asking> {
        let system = System::new()?;
        let waker = system.waker();
        let (asks, asked) = channel();
        std::thread::Builder::new().name("tapi".into()).spawn(move || {
            let mut watch = Watch::new(system, config.lines, pace(), Instant::now());
            watch.run(
                |watch| serve(watch, &asked),
                |news| match news {
                    News::Line(event) => {
                        // The driver's end comes to us as the end of the commands.
                        let _ended = events.send((SourceId::new(SOURCE), event));
                    }
                    News::Offered(offered) => {
                        OFFERED.send_replace(offered);
                    }
                    News::Forwards | News::Reply { .. } => {}
                },
            );
        })?;
        Ok(Asking {
            asks: Some(asks),
            waker,
        })
    }

    /// `false`: nobody listens any more.
    fn serve(watch: &mut Watch<System>, asked: &Receiver<LineCommand>) -> bool {
        loop {
            match asked.try_recv() {
                Ok(LineCommand::Resync) => watch.resync(Instant::now()),
                Err(TryRecvError::Empty) => return true,
                Err(TryRecvError::Disconnected) => return false,
            }
        }
    }
}
