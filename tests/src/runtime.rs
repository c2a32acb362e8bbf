//! The one tokio runtime behind the fixtures, so that tests stay plain functions.

use std::sync::LazyLock;
use std::thread;

use tokio::runtime::{Builder, Handle};

static HANDLE: LazyLock<Handle> = LazyLock::new(|| {
    let runtime = Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime for the fixtures");
    let handle = runtime.handle().clone();
    let drive = move || runtime.block_on(std::future::pending::<()>());
    thread::Builder::new()
        .name("lab-runtime".to_owned())
        .spawn(drive)
        .expect("a thread for the runtime");
    handle
});

/// Runs a future to its end from a plain function. Tasks it spawns live on after it.
///
/// # Panics
/// Inside another runtime: use plain `#[test]` functions.
pub fn block_on<F: Future>(future: F) -> F::Output {
    HANDLE.block_on(future)
}

/// The runtime itself, for things that want to spawn.
pub fn handle() -> &'static Handle {
    &HANDLE
}
