//! What is logged while a test runs, at the fullest level.

use std::io::Write;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The log at its fullest, of this whole process.
#[derive(Debug, Clone, Default)]
pub struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    /// For the whole process: a subscriber for one thread alone would miss what another test has met first without it.
    pub fn all() -> Self {
        static HEARD: OnceLock<Heard> = OnceLock::new();
        let heard = HEARD.get_or_init(|| {
            let heard = Self::default();
            let writer = heard.clone();
            let subscriber = tracing_subscriber::fmt()
                .with_max_level(tracing::Level::TRACE)
                .with_ansi(false)
                .with_writer(move || writer.clone())
                .finish();
            tracing::subscriber::set_global_default(subscriber).unwrap();
            heard
        });
        heard.clone()
    }

    /// What was heard so far; of this wire both directions are in it.
    #[track_caller]
    pub fn text_of(&self, wire: &str) -> String {
        let text = self.text();
        for way in ["sent", "heard"] {
            let line = format!("{way} wire=\"{wire}\" kind=");
            assert!(text.contains(&line), "`{line}` was not logged");
        }
        text
    }

    pub fn text(&self) -> String {
        let log = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        String::from_utf8(log).unwrap()
    }
}

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
