//! The program itself with a calendar of Exchange: from the settings file to the page, and a password that is refused.

use super::{DOMAIN, Item, PASSWORD, USER, item, start as exchange_on, with};
use jiff::{SignedDuration, Timestamp};
use offhook_connect::clock;
use offhook_connect::desktop::{DesktopEvent, NoDesktop};
use offhook_connect::driver::{self, Start};
use offhook_connect::settings::Settings;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::net::UnixStream;
use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
use tokio::sync::mpsc;
use tokio::task::LocalSet;

const SOON: Duration = Duration::from_secs(20);

/// A client of the control socket.
struct Client {
    lines: Lines<BufReader<OwnedReadHalf>>,
    out: OwnedWriteHalf,
    id: u64,
}

impl Client {
    async fn connect(folder: &Path) -> Self {
        let connect = async {
            loop {
                if let Ok(stream) = UnixStream::connect(folder.join("control.sock")).await {
                    return stream;
                }
                // The program is starting on this very thread.
                tokio::task::yield_now().await;
            }
        };
        let (read, mut out) = tokio::time::timeout(SOON, connect).await.unwrap().into_split();
        out.write_all(b"{\"hello\":{\"protocol\":1}}\n").await.unwrap();
        let mut lines = BufReader::new(read).lines();
        assert!(lines.next_line().await.unwrap().unwrap().contains("hello"));
        Self { lines, out, id: 0 }
    }

    async fn ask(&mut self, command: Value) -> Value {
        self.id += 1;
        let line = json!({"id": self.id, "command": command}).to_string() + "\n";
        self.out.write_all(line.as_bytes()).await.unwrap();
        loop {
            let line = tokio::time::timeout(SOON, self.lines.next_line()).await.unwrap();
            let message: Value = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
            if message["answer"]["id"] == self.id {
                return message["answer"]["answer"].clone();
            }
            assert!(message["refused"].is_null(), "{message}");
        }
    }

    /// The calendar's light, once it is like that.
    async fn light(&mut self, like: impl Fn(&Value) -> bool) -> Value {
        let wait = async {
            loop {
                let status = self.ask(json!("status")).await;
                let light = status["status"]["health"]["calendar"].clone();
                if like(&light) {
                    return light;
                }
            }
        };
        tokio::time::timeout(SOON, wait).await.unwrap()
    }
}

fn running() -> Item {
    let now = Timestamp::now();
    Item {
        start: now - SignedDuration::from_mins(5),
        end: now + SignedDuration::from_mins(55),
        ..item("AAMkAD1=", "2026-01-15T09:00:00Z", "2026-01-15T10:00:00Z")
    }
}

#[tokio::test]
async fn a_password_that_is_refused_waits_for_the_person_and_a_right_one_brings_the_calendar() {
    let exchange = exchange_on(with(vec![running()]), None).await;
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "version = 1\n[person]\nlanguage = \"en\"\n[calendar]\nenabled = true\nsource = \"ews\"\naddress = \"{}\"\n\
         user = '{DOMAIN}\\{USER}'\n[lines.hook]\nenabled = false\n[store]\nsecrets = \"file\"\n",
        exchange.url()
    );
    std::fs::write(folder.path().join("settings.toml"), text).unwrap();
    let (desktop, from_desktop) = mpsc::unbounded_channel();
    let start = Start {
        data_dir: folder.path().to_owned(),
        desktop: NoDesktop,
        from_desktop,
        clock: clock::system(),
        settings: Settings::load_with_policy(folder.path(), None),
        version: "test".into(),
    };
    let wrong = || exchange.log().wrong;
    LocalSet::new()
        .run_until(async {
            let program = tokio::task::spawn_local(driver::run(start));
            let mut client = Client::connect(folder.path()).await;
            let light = client
                .light(|light| light["text"].to_string().contains("No password"))
                .await;
            assert_eq!(light["ok"], false);
            assert!(exchange.log().signs.is_empty(), "nothing is sent without one");

            let store = |value: &str| json!({"secret_set": {"secret": "calendar", "value": value}});
            client.ask(store("wrong")).await;
            client
                .light(|light| light["text"].to_string().contains("does not accept"))
                .await;
            assert_eq!(wrong(), 1);
            // A resume reads at once; the password is not tried again.
            desktop.send(DesktopEvent::Woke).unwrap();
            for _ in 0..5 {
                client.ask(json!("status")).await;
            }
            assert_eq!(wrong(), 1);
            // The person wants to know.
            let tested = client.ask(json!("test_calendar")).await;
            assert_eq!(tested["findings"][0]["ok"], false, "{tested}");
            assert!(tested["findings"][0]["text"].to_string().contains("127.0.0.1"));
            assert_eq!(wrong(), 2);

            client.ask(store(PASSWORD)).await;
            let light = client.light(|light| light["ok"] == true).await;
            assert!(light["text"].to_string().contains("1 appointment"), "{light}");
            let tested = client.ask(json!("test_calendar")).await;
            assert_eq!(tested["findings"][0]["ok"], true, "{tested}");
            assert!(tested["findings"][0]["text"].to_string().contains("NTLM"));
            assert_eq!(wrong(), 2);
            client.ask(json!("quit")).await;
            tokio::time::timeout(SOON, program)
                .await
                .unwrap()
                .unwrap()
                .unwrap();
        })
        .await;
    let kept = std::fs::read_to_string(folder.path().join("ledger.json")).unwrap_or_default();
    assert!(!kept.contains("Talk") && !kept.contains(PASSWORD));
}
