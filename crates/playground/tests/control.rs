//! The control API, and the program itself.

#![expect(clippy::unwrap_used, reason = "a broken helper is to end the test")]

mod common;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use common::*;
use offhook_playground::Playground;
use serde_json::{Value, json};

async fn post(company: &Playground, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}/playground/{path}", company.addresses().control);
    let answer = client().post(url).json(&body).send().await.unwrap();
    (
        answer.status().as_u16(),
        answer.json().await.unwrap_or(Value::Null),
    )
}

async fn state(company: &Playground) -> Value {
    let url = format!("{}/playground/state", company.addresses().control);
    client().get(url).send().await.unwrap().json().await.unwrap()
}

#[tokio::test]
async fn everything_can_be_done_over_http() {
    let company = company().await;
    let (_, placed) = post(&company, "calls", json!({ "from": "1002", "to": "1001" })).await;
    assert_eq!(
        (&placed["outcome"], &placed["at"]),
        (&"ringing".into(), &"1001".into())
    );
    let call = placed["call"].as_u64().unwrap();
    for what in ["answer", "hold", "resume", "hangup"] {
        assert_eq!(
            post(&company, &format!("calls/{call}/{what}"), json!({ "by": "1001" }))
                .await
                .0,
            200,
            "{what}"
        );
    }
    assert_eq!(
        post(&company, &format!("calls/{call}/hangup"), json!({})).await.0,
        400,
        "gone"
    );
    assert_eq!(
        post(
            &company,
            "people/alice/teams",
            json!({ "client": "in-a-meeting" })
        )
        .await
        .0,
        200
    );
    assert_eq!(
        post(&company, "people/bob/pick", json!({ "status": "do-not-disturb" }))
            .await
            .0,
        200
    );
    assert_eq!(
        post(
            &company,
            "people/alice/phone",
            json!({ "dnd": true, "forward": "1002" })
        )
        .await
        .0,
        200
    );
    assert_eq!(
        post(&company, "people/nobody/pick", json!({ "status": null }))
            .await
            .0,
        400
    );
    let fault = json!({ "fault": "graph-throttled", "retry_after": 2.128, "times": 3, "only": "graph-read" });
    assert_eq!(post(&company, "faults", fault).await.0, 200);
    assert_eq!(post(&company, "faults", json!({ "fault": "bogus" })).await.0, 422);
    let state = state(&company).await;
    let alice = &state["people"][0];
    assert_eq!(
        (&alice["activity"], &alice["dnd"], &alice["forward"]),
        (&"InAMeeting".into(), &true.into(), &"1002".into())
    );
    assert_eq!(state["people"][1]["availability"], "DoNotDisturb");
    assert_eq!(
        (&state["faults"][0]["fault"], &state["faults"][0]["times"]),
        (&"graph-throttled".into(), &3.into())
    );
    let url = format!("{}/playground/state", company.addresses().control);
    assert_eq!(
        client()
            .get(url)
            .header("host", "attacker.example")
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    let page = client()
        .get(&company.addresses().control)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("Die gespielte Firma"));
}

#[tokio::test]
async fn starts_quickly_and_ends_wholly() {
    let started = Instant::now();
    let company = company().await;
    assert!(
        started.elapsed() < Duration::from_millis(500),
        "{:?}",
        started.elapsed()
    );
    let addresses = company.addresses().clone();
    company.shutdown().await;
    assert!(client().get(&addresses.graph).send().await.is_err());
    assert!(tokio::net::TcpStream::connect(addresses.ami).await.is_err());
}

struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_writes_settings_and_ends_with_its_input() {
    let dir = tempfile::tempdir().unwrap();
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_offhook-playground"));
        command
            .arg("--data-dir")
            .arg(dir.path())
            .arg("--until-stdin-closes");
        let mut child = Guard(
            command
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .spawn()
                .unwrap(),
        );
        let mut line = String::new();
        BufReader::new(child.0.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        (child, serde_json::from_str::<Value>(&line).unwrap())
    };
    let (mut child, addresses) = start();
    assert_eq!(addresses["phone"]["password"], "playground-desk");
    let path = dir.path().join("settings.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let settings: toml_edit::DocumentMut = text.parse().unwrap();
    assert_eq!(
        settings["microsoft"]["graph_url"].as_str(),
        addresses["graph_url"].as_str()
    );
    assert_eq!(settings["microsoft"]["cloud"].as_str(), Some("custom"));
    assert_eq!(
        settings["phone"]["port"].as_integer(),
        addresses["phone"]["port"].as_i64()
    );
    assert_eq!(settings["store"]["secrets"].as_str(), Some("file"));
    drop(child.0.stdin.take());
    assert!(child.0.wait().unwrap().success());
    let (mut child, again) = start();
    assert_eq!(again["settings_written"], Value::Null);
    assert_eq!(
        (&again["login_url"], &again["graph_url"], &again["phone"]),
        (
            &addresses["login_url"],
            &addresses["graph_url"],
            &addresses["phone"]
        ),
        "the settings of the first run still lead there"
    );
    drop(child.0.stdin.take());
    assert!(child.0.wait().unwrap().success());
    std::fs::write(&path, "version = 1\n# mine\n").unwrap();
    let (_child, addresses) = start();
    assert_eq!(addresses["settings_written"], Value::Null);
    assert_eq!(
        std::fs::read_to_string(&path).unwrap(),
        "version = 1\n# mine\n",
        "a person's file is left alone"
    );
}
