//! `offhook --playground`: the pretend company as a program beside this one, which holds no code of it.

use anyhow::{Context, bail};
use offhook_connect::secrets::{Ask, FileStore, SecretName, SecretStore};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};

/// The running playground. It ends when its standard input closes, so also when this program is killed.
#[derive(Debug)]
pub struct Playground {
    child: Child,
    stdin: Option<ChildStdin>,
    addresses: Value,
}

impl Playground {
    /// Starts it and waits for its addresses. It writes nothing: the person's own settings stay as they are.
    pub fn start() -> anyhow::Result<Self> {
        let program = crate::desktop::sibling("offhook-playground");
        let mut child = Command::new(&program)
            .arg("--until-stdin-closes")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        let stdin = child.stdin.take();
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line)?;
        }
        let Ok(addresses) = serde_json::from_str(&line) else {
            bail!("the playground did not say where it is")
        };
        Ok(Self {
            child,
            stdin,
            addresses,
        })
    }

    /// The page on which its people are played.
    pub fn page(&self) -> String {
        self.word(&["control_url"])
    }

    /// Settings that use it.
    pub fn settings(&self) -> Vec<(&'static str, String)> {
        vec![
            ("microsoft.cloud", "custom".to_owned()),
            ("microsoft.tenant", self.word(&["tenant"])),
            ("microsoft.client_id", self.word(&["client_id"])),
            ("microsoft.login_url", self.word(&["login_url"])),
            ("microsoft.graph_url", self.word(&["graph_url"])),
            ("phone.kind", self.word(&["phone", "kind"])),
            ("phone.host", self.word(&["phone", "host"])),
            ("phone.port", self.word(&["phone", "port"])),
            ("phone.tls", "off".to_owned()),
            ("phone.user", self.word(&["phone", "user"])),
            ("phone.extension", self.word(&["phone", "extension"])),
            ("store.secrets", "file".to_owned()),
        ]
    }

    /// Stores the pretend password of the pretend phone system.
    pub async fn store_password(&self, data_dir: &Path) -> anyhow::Result<()> {
        let store = SecretStore::File(FileStore::new(data_dir.join("secrets.json")));
        let password = self.word(&["phone", "password"]).into();
        store
            .save(&SecretName::phone("phone"), &password, Ask::Quietly)
            .await?;
        Ok(())
    }

    fn word(&self, path: &[&str]) -> String {
        let value = path
            .iter()
            .try_fold(&self.addresses, |value, name| value.get(name));
        match value {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => String::new(),
        }
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        drop(self.stdin.take());
        // It has been told to end; one that does not is ended.
        for _ in 0..20 {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(25));
        }
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}
