//! One line at a time, with limits of length and time. A line may hold a secret: what was read is wiped when it is
//! used up, thrown away or moved.

use offhook_protocol::MAX_LINE;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;
use zeroize::{Zeroize as _, Zeroizing};

/// How long a line may take from its first byte to its newline.
pub(super) const LINE_LIMIT: Duration = Duration::from_secs(10);

/// How much more is read at once, at least.
const ROOM: usize = 1024;

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Without its newline.
    Line(Zeroizing<Vec<u8>>),
    /// Said once, as soon as it is known; the rest of the line is skipped.
    TooLong,
    /// The other side has ended, broke off, or was too slow.
    End,
}

#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    buffer: Zeroizing<Vec<u8>>,
    /// Bytes at the start of the buffer that hold no newline.
    searched: usize,
    skipping: bool,
    /// When the line that has begun must be complete.
    deadline: Option<Instant>,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) fn new(source: R) -> Self {
        Self {
            source,
            buffer: Zeroizing::default(),
            searched: 0,
            skipping: false,
            deadline: None,
        }
    }

    /// Waits for the next line: for its first byte as long as it takes, or until `first` when given.
    pub(super) async fn next(&mut self, first: Option<Instant>) -> Read {
        loop {
            if let Some(read) = self.take() {
                return read;
            }
            let begun = self.skipping || !self.buffer.is_empty();
            self.deadline = if begun {
                self.deadline.or(Some(Instant::now() + LINE_LIMIT))
            } else {
                None
            };
            let deadline = match (self.deadline, first) {
                (Some(line), Some(first)) => Some(line.min(first)),
                (one, other) => one.or(other),
            };
            self.make_room();
            let reading = self.source.read_buf(&mut *self.buffer);
            let count = match deadline {
                Some(deadline) => tokio::time::timeout_at(deadline, reading).await.unwrap_or(Ok(0)),
                None => reading.await,
            };
            if !matches!(count, Ok(1..)) {
                return Read::End;
            }
        }
    }

    /// What the buffer already decides.
    fn take(&mut self) -> Option<Read> {
        loop {
            let Some(found) = self.buffer[self.searched..]
                .iter()
                .position(|byte| *byte == b'\n')
            else {
                self.searched = self.buffer.len();
                if self.skipping {
                    self.buffer.zeroize();
                    self.searched = 0;
                } else if self.searched >= MAX_LINE {
                    self.buffer.zeroize();
                    self.searched = 0;
                    self.skipping = true;
                    return Some(Read::TooLong);
                }
                return None;
            };
            let mut line = self.cut(self.searched + found + 1);
            self.searched = 0;
            self.deadline = None;
            if self.skipping {
                self.skipping = false;
                continue;
            }
            if line.len() > MAX_LINE {
                return Some(Read::TooLong);
            }
            line.pop();
            return Some(Read::Line(line));
        }
    }

    /// A growing `Vec` would leave its bytes behind where it was.
    fn make_room(&mut self) {
        if self.buffer.capacity() - self.buffer.len() < ROOM {
            let mut larger = Zeroizing::new(Vec::with_capacity(self.buffer.len() * 2 + ROOM));
            larger.extend_from_slice(&self.buffer);
            self.buffer = larger;
        }
    }

    /// Takes bytes from the start, and wipes where they and what follows them lay.
    fn cut(&mut self, length: usize) -> Zeroizing<Vec<u8>> {
        let (line, rest) = self.buffer.split_at(length);
        let (line, rest) = (Zeroizing::new(line.to_vec()), Zeroizing::new(rest.to_vec()));
        self.buffer.zeroize();
        self.buffer.extend_from_slice(&rest);
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;

    async fn read_all(chunks: Vec<Vec<u8>>) -> Vec<Read> {
        let (mut far, near) = tokio::io::duplex(4096);
        tokio::spawn(async move {
            for chunk in chunks {
                far.write_all(&chunk).await.unwrap();
                far.flush().await.unwrap();
            }
        });
        let mut lines = Lines::new(near);
        let mut all = Vec::new();
        loop {
            all.push(lines.next(None).await);
            if all.last() == Some(&Read::End) {
                return all;
            }
        }
    }

    fn line(text: &str) -> Read {
        Read::Line(Zeroizing::new(text.as_bytes().to_vec()))
    }

    #[tokio::test]
    async fn lines_split_and_joined_anywhere() {
        let one_byte_each = b"ab\n\ncd\n".iter().map(|byte| vec![*byte]).collect();
        assert_eq!(
            read_all(one_byte_each).await,
            [line("ab"), line(""), line("cd"), Read::End]
        );
        assert_eq!(
            read_all(vec![b"ab\n\ncd\nrest".to_vec()]).await,
            [line("ab"), line(""), line("cd"), Read::End],
            "half a line at the end is no line"
        );
    }

    #[tokio::test]
    async fn a_line_of_exactly_64_kib_is_taken_and_one_byte_more_is_not() {
        let exact = "x".repeat(MAX_LINE - 1);
        let more = "x".repeat(MAX_LINE);
        let text = format!("{exact}\n{more}\nnext\n").into_bytes();
        assert_eq!(
            read_all(vec![text]).await,
            [line(&exact), Read::TooLong, line("next"), Read::End]
        );
    }

    #[tokio::test]
    async fn a_line_far_too_long_is_said_once_and_skipped() {
        let text = [vec![b'x'; 5 * MAX_LINE], b"\nnext\n".to_vec()].concat();
        assert_eq!(
            read_all(vec![text]).await,
            [Read::TooLong, line("next"), Read::End]
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn nothing_of_a_line_stays_in_memory() {
        use std::os::unix::fs::FileExt as _;
        let (mut far, near) = tokio::io::duplex(4096);
        far.write_all(b"a secret word\nnext").await.unwrap();
        let mut lines = Lines::new(near);
        assert_eq!(lines.next(None).await, line("a secret word"));
        let mut memory = vec![0; lines.buffer.capacity()];
        let all = std::fs::File::open("/proc/self/mem").unwrap();
        all.read_exact_at(&mut memory, lines.buffer.as_ptr() as u64)
            .unwrap();
        assert!(memory.starts_with(b"next"));
        assert!(!memory.windows(6).any(|bytes| bytes == b"secret"));
    }

    #[tokio::test(start_paused = true)]
    async fn half_a_line_is_not_waited_for_for_ever() {
        let (mut far, near) = tokio::io::duplex(64);
        far.write_all(b"half").await.unwrap();
        let begun = Instant::now();
        assert_eq!(Lines::new(near).next(None).await, Read::End);
        assert_eq!(begun.elapsed(), LINE_LIMIT);
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_now_and_then_do_not_stretch_the_limit() {
        let (mut far, near) = tokio::io::duplex(64);
        let begun = Instant::now();
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_secs(1)).await;
                if far.write_all(b"x").await.is_err() {
                    break;
                }
            }
        });
        assert_eq!(Lines::new(near).next(None).await, Read::End);
        assert!(begun.elapsed() <= LINE_LIMIT + Duration::from_secs(1));
    }
}
