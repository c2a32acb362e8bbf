//! Graph's limit on presence: so many requests in 30 s for an application and a tenant; those that are refused count, too
//! (`facts/graph.md`, section 2). How the 30 s lie, whether each refusal really counts and whether it always says how long
//! to wait is not documented well enough to rely on: each reading is here, and the pace has to hold in all of them.

use std::collections::VecDeque;
use std::time::Duration;

const SPAN: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Window {
    /// The last 30 s, refusals included: who goes on asking stays refused.
    Sliding,
    /// The last 30 s, of what was answered.
    Answered,
    /// Each half minute anew: whoever was refused is told the same moment.
    Fixed,
}

/// What a refusal says of the time to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum After {
    /// The seconds until there would be room, if nobody else came.
    Room,
    /// Always the same.
    Always(Duration),
    /// Nothing.
    Silent,
}

#[derive(Debug)]
pub struct Limit {
    most: u32,
    window: Window,
    after: After,
    /// Requests by the second in which they came.
    seconds: VecDeque<(u64, u32)>,
    sum: u32,
}

impl Limit {
    pub fn new(most: u32, window: Window, after: After) -> Self {
        Self {
            most,
            window,
            after,
            seconds: VecDeque::new(),
            sum: 0,
        }
    }

    /// # Errors
    /// Too many: how long to wait, as `Retry-After` has it.
    pub fn ask(&mut self, at: Duration) -> Result<(), Option<Duration>> {
        let now = at.as_secs();
        let oldest = match self.window {
            Window::Sliding | Window::Answered => (now + 1).saturating_sub(SPAN.as_secs()),
            Window::Fixed => now - now % SPAN.as_secs(),
        };
        while let Some((_, count)) = self.seconds.front().filter(|(second, _)| *second < oldest) {
            self.sum -= count;
            self.seconds.pop_front();
        }
        let has_room = self.sum < self.most;
        let counts = match self.window {
            Window::Sliding | Window::Fixed => true,
            Window::Answered => has_room,
        };
        if counts {
            self.sum += 1;
            match self.seconds.back_mut() {
                Some((second, count)) if *second == now => *count += 1,
                Some(_) | None => self.seconds.push_back((now, 1)),
            }
        }
        if has_room {
            return Ok(());
        }
        Err(match self.after {
            After::Silent => None,
            After::Always(wait) => Some(wait),
            After::Room => Some(Duration::from_secs(
                self.room_at(oldest).saturating_sub(now).max(1),
            )),
        })
    }

    /// The second in which there is room, if nobody comes meanwhile.
    fn room_at(&self, oldest: u64) -> u64 {
        if self.window == Window::Fixed {
            return oldest + SPAN.as_secs();
        }
        let mut over = (self.sum + 1).saturating_sub(self.most);
        let gone = self.seconds.iter().find(|(_, count)| {
            over = over.saturating_sub(*count);
            over == 0
        });
        gone.map_or(oldest, |(second, _)| second + SPAN.as_secs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(window: Window, after: After, seconds: impl IntoIterator<Item = u64>) -> Vec<Option<u64>> {
        let mut limit = Limit::new(3, window, after);
        let outcomes = seconds
            .into_iter()
            .map(|second| limit.ask(Duration::from_secs(second)));
        outcomes
            .map(|outcome| outcome.err().map(|wait| wait.map_or(0, |wait| wait.as_secs())))
            .collect()
    }

    #[test]
    fn each_reading_refuses_the_fourth_in_half_a_minute() {
        use Window::{Answered, Fixed, Sliding};
        let room = After::Room;
        // Who goes on asking stays refused where refusals count.
        assert_eq!(
            asks(Sliding, room, [40, 41, 42, 50, 70, 71]),
            [None, None, None, Some(21), Some(2), Some(9)]
        );
        assert_eq!(
            asks(Answered, room, [40, 41, 42, 50, 70, 71]),
            [None, None, None, Some(20), None, None]
        );
        assert_eq!(
            asks(Fixed, room, [40, 41, 42, 50, 60, 61]),
            [None, None, None, Some(10), None, None]
        );
        let always = After::Always(Duration::from_secs(7));
        assert_eq!(asks(Fixed, always, [40, 40, 40, 40])[3], Some(7));
        assert_eq!(asks(Fixed, After::Silent, [40, 40, 40, 40])[3], Some(0));
    }
}
