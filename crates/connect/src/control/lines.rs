//! One line at a time, with limits of length and time.

use bytes::{Bytes, BytesMut};
use offhook_protocol::MAX_LINE;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;

/// How long a line may take from its first byte to its newline.
pub(super) const LINE_LIMIT: Duration = Duration::from_secs(10);

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// Without its newline.
    Line(Bytes),
    /// Said once, as soon as it is known; the rest of the line is skipped.
    TooLong,
    /// The other side has ended, broke off, or was too slow.
    End,
}

#[derive(Debug)]
pub(super) struct Lines<R> {
    source: R,
    buffer: BytesMut,
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
            buffer: BytesMut::new(),
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
            self.buffer.reserve(1024);
            let reading = self.source.read_buf(&mut self.buffer);
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
                    self.buffer.clear();
                    self.searched = 0;
                } else if self.searched >= MAX_LINE {
                    self.buffer.clear();
                    self.searched = 0;
                    self.skipping = true;
                    return Some(Read::TooLong);
                }
                return None;
            };
            let mut line = self.buffer.split_to(self.searched + found + 1);
            self.searched = 0;
            self.deadline = None;
            if self.skipping {
                self.skipping = false;
                continue;
            }
            if line.len() > MAX_LINE {
                return Some(Read::TooLong);
            }
            line.truncate(line.len() - 1);
            return Some(Read::Line(line.freeze()));
        }
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
        Read::Line(Bytes::copy_from_slice(text.as_bytes()))
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
