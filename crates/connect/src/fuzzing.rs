//! What the fuzz targets of this crate share. Each adapter's own lie in its folder, in a `fuzzing.rs`, since its
//! parsers are private; `fuzz/src/lib.rs` lists them all.
//!
//! A target takes any bytes and panics when something that must hold does not.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// The first byte, which chooses something, and the rest, which is the input proper.
pub(crate) fn choice(input: &[u8]) -> (u8, &[u8]) {
    input
        .split_first()
        .map_or((0, input), |(first, rest)| (*first, rest))
}

/// Runs it to its end on this thread.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: RefCell<Option<tokio::runtime::Runtime>> = const { RefCell::new(None) };
    }
    RUNTIME.with_borrow_mut(|runtime| {
        let runtime = runtime.get_or_insert_with(|| {
            let built = tokio::runtime::Builder::new_current_thread()
                .enable_time()
                .build();
            #[expect(
                clippy::expect_used,
                reason = "without a runtime there is nothing to be tried"
            )]
            built.expect("a runtime")
        });
        runtime.block_on(future)
    })
}

/// The far end of a connection: sends its bytes in pieces, listens, and ends when nothing more comes of it.
#[derive(Debug)]
pub(crate) struct FarEnd<'a> {
    sends: &'a [u8],
    piece: usize,
    /// How often it may still be found without anything to send before it ends.
    patience: u8,
    pub(crate) heard: Vec<u8>,
}

impl<'a> FarEnd<'a> {
    pub(crate) fn new(sends: &'a [u8], piece: usize) -> Self {
        Self {
            sends,
            piece: piece.max(1),
            patience: 8,
            heard: Vec::new(),
        }
    }
}

impl AsyncRead for FarEnd<'_> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.sends.is_empty() && self.patience > 0 {
            self.patience -= 1;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let count = self.piece.min(self.sends.len()).min(into.remaining());
        let (piece, rest) = self.sends.split_at(count);
        into.put_slice(piece);
        self.sends = rest;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for FarEnd<'_> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.heard.extend_from_slice(bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
