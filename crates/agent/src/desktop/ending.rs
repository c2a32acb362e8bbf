//! Whether the driver has ended: who is asked to let the session go waits for that.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

/// How long the end may take at log-off: Windows waits 5 s before it calls a program one that does not answer.
pub const END: Duration = Duration::from_secs(4);

/// Shared by the driver's thread and those that wait for its end.
#[derive(Debug, Clone, Default)]
pub struct Ending(Arc<(Mutex<bool>, Condvar)>);

impl Ending {
    /// The driver has ended: everything that could be released is.
    pub fn come(&self) {
        let (ended, news) = &*self.0;
        *ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        news.notify_all();
    }

    /// Waits for the end, at most so long. Whether it came.
    pub fn wait(&self, limit: Duration) -> bool {
        let (ended, news) = &*self.0;
        let ended = ended.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = news.wait_timeout_while(ended, limit, |ended| !*ended);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_waited_for_but_not_for_ever() {
        let ending = Ending::default();
        assert!(!ending.wait(Duration::from_millis(1)));
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| ending.wait(Duration::from_secs(60)));
            ending.come();
            assert!(waiting.join().unwrap());
        });
        assert!(ending.wait(Duration::ZERO));
    }
}
