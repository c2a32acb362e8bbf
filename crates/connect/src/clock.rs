//! The system's clocks, and an alarm that also rings after sleep.

use crate::entra::Clock;
use offhook_engine::clock::{Instant, Now};
use std::time::Duration;

/// Both clocks of the system. On Linux the monotonic one is `CLOCK_BOOTTIME`, which counts suspend; Windows'
/// and macOS' `CLOCK_MONOTONIC` do so by themselves.
pub fn system() -> Clock {
    Clock::new(|| Now {
        mono: boot_time(),
        wall: jiff::Timestamp::now(),
    })
    .with_sleep(slept)
}

/// How long the machine has slept since it started, as far as the system tells.
fn slept() -> Duration {
    #[cfg(target_os = "linux")]
    {
        use rustix::time::{ClockId, clock_gettime};
        let (boot, awake) = (
            clock_gettime(ClockId::Boottime),
            clock_gettime(ClockId::Monotonic),
        );
        duration(boot).saturating_sub(duration(awake))
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

#[cfg(target_os = "linux")]
fn boot_time() -> Instant {
    Instant::from_origin(duration(rustix::time::clock_gettime(
        rustix::time::ClockId::Boottime,
    )))
}

#[cfg(target_os = "linux")]
fn duration(spec: rustix::time::Timespec) -> Duration {
    Duration::new(
        u64::try_from(spec.tv_sec).unwrap_or(0),
        u32::try_from(spec.tv_nsec).unwrap_or(0),
    )
}

#[cfg(all(unix, not(target_os = "linux")))]
fn boot_time() -> Instant {
    let spec = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Instant::from_origin(Duration::new(
        u64::try_from(spec.tv_sec).unwrap_or(0),
        u32::try_from(spec.tv_nsec).unwrap_or(0),
    ))
}

#[cfg(windows)]
fn boot_time() -> Instant {
    static ORIGIN: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    // The performance counter goes on while the machine sleeps.
    Instant::from_origin(ORIGIN.get_or_init(std::time::Instant::now).elapsed())
}

/// Waits. On Linux by a timer that rings at once after a sleep that it should have rung in.
#[derive(Debug)]
pub struct Alarm {
    #[cfg(target_os = "linux")]
    timer: Option<tokio::io::unix::AsyncFd<rustix::fd::OwnedFd>>,
}

impl Alarm {
    pub fn new() -> Self {
        Self {
            #[cfg(target_os = "linux")]
            timer: linux::timer(),
        }
    }

    /// Returns after `wait`, or never when there is none.
    pub async fn ring(&self, wait: Option<Duration>) {
        let Some(wait) = wait else {
            return std::future::pending().await;
        };
        #[cfg(target_os = "linux")]
        if let Some(timer) = &self.timer
            && linux::arm(timer, wait)
        {
            return linux::rung(timer).await;
        }
        // Elsewhere timers may stand still while the machine sleeps, and the clock goes on.
        let due = boot_time().since_origin() + wait;
        loop {
            let left = due.saturating_sub(boot_time().since_origin());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left.min(LOOK_AGAIN)).await;
        }
    }
}

/// How much later than it should an alarm may ring after a sleep, where timers stand still meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

impl Default for Alarm {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use rustix::fd::OwnedFd;
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
        timerfd_settime,
    };
    use std::time::Duration;
    use tokio::io::unix::AsyncFd;

    pub(super) fn timer() -> Option<AsyncFd<OwnedFd>> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Boottime, flags).ok()?;
        #[expect(
            deprecated,
            reason = "an owned descriptor keeps the promise that its successor asks for as unsafe"
        )]
        let timer = AsyncFd::new(timer);
        timer.ok()
    }

    pub(super) fn arm(timer: &AsyncFd<OwnedFd>, wait: Duration) -> bool {
        // Zero would disarm it.
        let wait = wait.max(Duration::from_nanos(1));
        let spec = Itimerspec {
            it_interval: Timespec {
                tv_sec: 0,
                tv_nsec: 0,
            },
            it_value: Timespec {
                tv_sec: i64::try_from(wait.as_secs()).unwrap_or(i64::MAX),
                tv_nsec: i64::from(wait.subsec_nanos()),
            },
        };
        // Expirations of an earlier arming are not this one's.
        let mut count = [0; 8];
        let _stale = rustix::io::read(timer.get_ref(), &mut count);
        timerfd_settime(timer.get_ref(), TimerfdTimerFlags::empty(), &spec).is_ok()
    }

    pub(super) async fn rung(timer: &AsyncFd<OwnedFd>) {
        let mut count = [0; 8];
        while let Ok(mut guard) = timer.readable().await {
            if guard
                .try_io(|inner| Ok(rustix::io::read(inner.get_ref(), &mut count)?))
                .is_ok()
            {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_alarm_rings_after_its_time_and_can_be_set_again() {
        let alarm = Alarm::new();
        for _ in 0..3 {
            let before = std::time::Instant::now();
            alarm.ring(Some(Duration::from_millis(20))).await;
            assert!(before.elapsed() >= Duration::from_millis(20));
        }
        // Given up half-way, the next one is not cut short.
        let _cut = tokio::time::timeout(
            Duration::from_millis(1),
            alarm.ring(Some(Duration::from_millis(5))),
        )
        .await;
        let before = std::time::Instant::now();
        alarm.ring(Some(Duration::from_millis(40))).await;
        assert!(before.elapsed() >= Duration::from_millis(40));
    }
}
