//! Secrets in a file of the data directory, readable by its owner only. For machines without a keyring; the
//! person is warned elsewhere.

use super::{SecretError, SecretName};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// One JSON file, `0600`, replaced as a whole.
#[derive(Debug, Clone)]
pub struct FileStore {
    path: PathBuf,
    /// One change at a time; later ones in their order.
    turn: Arc<Mutex<()>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Contents {
    v: u32,
    pub(super) secrets: BTreeMap<String, Zeroizing<String>>,
}

impl Default for Contents {
    fn default() -> Self {
        Self {
            v: 1,
            secrets: BTreeMap::new(),
        }
    }
}

impl FileStore {
    /// `path` is the file itself; its folder exists.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            turn: Arc::default(),
        }
    }

    pub(super) async fn load(&self, name: &SecretName) -> Result<Option<SecretString>, SecretError> {
        let name = name.clone();
        self.in_turn(move |path| {
            let contents = read(path)?;
            Ok(contents
                .secrets
                .get(name.as_str())
                .map(|value| SecretString::from(value.as_str())))
        })
        .await
    }

    pub(super) async fn save(&self, name: &SecretName, value: &SecretString) -> Result<(), SecretError> {
        let name = name.clone();
        let value = value.clone();
        self.in_turn(move |path| {
            let mut contents = read_or_put_aside(path)?;
            contents.secrets.insert(
                name.as_str().to_owned(),
                Zeroizing::new(value.expose_secret().to_owned()),
            );
            write(path, &contents)
        })
        .await
    }

    pub(super) async fn delete(&self, name: &SecretName) -> Result<(), SecretError> {
        let name = name.clone();
        self.in_turn(move |path| {
            let mut contents = read(path)?;
            if contents.secrets.remove(name.as_str()).is_none() {
                return Ok(());
            }
            write(path, &contents)
        })
        .await
    }

    /// Off the loop, and to its end even when the caller has gone.
    async fn in_turn<T, F>(&self, work: F) -> Result<T, SecretError>
    where
        T: Send + 'static,
        F: FnOnce(&Path) -> Result<T, SecretError> + Send + 'static,
    {
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let path = self.path.clone();
        let work = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            work(&path)
        });
        work.await
            .map_err(|error| SecretError::Failed(error.to_string()))?
    }
}

fn read(path: &Path) -> Result<Contents, SecretError> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => Zeroizing::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Contents::default()),
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => return Err(SecretError::Damaged),
        Err(error) => return Err(failed(&error)),
    };
    parse(&text)
}

pub(super) fn parse(text: &str) -> Result<Contents, SecretError> {
    let contents: Contents = serde_json::from_str(text).map_err(|_| SecretError::Damaged)?;
    if contents.v == 1 {
        Ok(contents)
    } else {
        Err(SecretError::Damaged)
    }
}

/// A file that cannot be read is kept beside the new one, never overwritten.
fn read_or_put_aside(path: &Path) -> Result<Contents, SecretError> {
    match read(path) {
        Err(SecretError::Damaged) => {
            let mut aside = path.as_os_str().to_owned();
            aside.push(".unreadable");
            std::fs::rename(path, aside).map_err(|error| failed(&error))?;
            Ok(Contents::default())
        }
        other => other,
    }
}

fn write(path: &Path, contents: &Contents) -> Result<(), SecretError> {
    let folder = path
        .parent()
        .ok_or_else(|| SecretError::Failed("the file has no folder".to_owned()))?;
    let text =
        Zeroizing::new(serde_json::to_vec(contents).map_err(|error| SecretError::Failed(error.to_string()))?);
    // Created with 0600 where the system knows modes.
    let mut file = tempfile::Builder::new()
        .prefix(".secrets-")
        .tempfile_in(folder)
        .map_err(|error| failed(&error))?;
    file.write_all(&text).map_err(|error| failed(&error))?;
    file.as_file().sync_all().map_err(|error| failed(&error))?;
    crate::ledger_file::put_in_place(file, path).map_err(|error| failed(&error))?;
    // So that the new name, too, survives a power cut.
    #[cfg(unix)]
    std::fs::File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(|error| failed(&error))?;
    Ok(())
}

fn failed(error: &std::io::Error) -> SecretError {
    SecretError::Failed(error.kind().to_string())
}
