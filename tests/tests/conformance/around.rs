//! What several adapters' own tests need around them.

use std::time::Duration;

use crate::desk::SOON;
pub use crate::heard::Heard;

pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    assert!(
        tokio::time::timeout(SOON, waiting).await.is_ok(),
        "waited in vain for {what}"
    );
}
