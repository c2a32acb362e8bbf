//! MicroSIP's lines: written into a settings file, and run as MicroSIP runs them, with the programs as they are.
#![cfg(target_os = "linux")]

use std::process::Command;
use std::time::{Duration, Instant};

use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::socket::Socket;
use offhook_tests::{stays, wait_until};
use serde_json::json;

const SOON: Duration = Duration::from_secs(20);
const A_WHILE: Duration = Duration::from_secs(3);
const ALICE: &str = "alice";

/// The command that stands for an event in the file, run as MicroSIP does it: the value is taken apart like a command line,
/// put together again without quotes, and the number comes behind.
fn microsip_runs(ini: &std::path::Path, key: &str, number: &str) {
    let text = std::fs::read_to_string(ini).expect("the file");
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
        .expect("the line");
    let (program, rest) = line
        .strip_prefix('"')
        .and_then(|line| line.split_once('"'))
        .expect("a program");
    let arguments = format!("{} {number}", rest.trim());
    let begun = Instant::now();
    let said = Command::new(program)
        .args(arguments.split_whitespace())
        .output()
        .expect("it runs");
    assert!(
        said.status.success(),
        "{key} {number}: {}",
        String::from_utf8_lossy(&said.stderr)
    );
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "MicroSIP waits for it: {:?}",
        begun.elapsed()
    );
}

#[test]
fn the_lines_that_are_written_report_microsip_s_calls() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(&desk);
    let ini = product.data_dir().join("microsip.ini");
    let before = "[Settings]\r\naccountId=1\r\ncmdCallStart=\r\n[Calls]\r\n";
    product.write_settings(&format!(
        "{}\n[person]\nlanguage = \"en\"\n[lines.microsip]\nini = {:?}\n",
        company.settings(),
        ini.display().to_string()
    ));
    std::fs::write(&ini, before).expect("written");
    product.start_headless();
    product.set_phone_password(
        company.addresses["phone"]["password"]
            .as_str()
            .expect("a password"),
    );
    product.sign_in(ALICE);
    product.wait_status(SOON, "Teams to be read", |status| status["state"] == "free");
    let ask = |task: &str| Socket::connect(product.data_dir()).ask(json!({ "microsip": task }));

    let shown = ask("look").expect("the lines");
    assert_eq!(shown["microsip"]["written"], false);
    assert_eq!(std::fs::read_to_string(&ini).expect("read"), before);
    let written = ask("write").expect("written");
    assert_eq!(written["microsip"]["written"], true);

    let mark = company.mark();
    microsip_runs(&ini, "cmdIncomingCall", "+49301234");
    product.wait_status(SOON, "the ringing", |status| {
        status["calls"][0]["state"] == "ringing"
    });
    stays(A_WHILE, "silence while it rings", || {
        company.writes_since(mark).is_empty()
    });
    microsip_runs(&ini, "cmdCallStart", "+49301234");
    wait_until(SOON, "Teams to show the call", || {
        company.presence(ALICE) == "Busy/InACall"
    });
    // A second one that is never answered, and one without a number.
    microsip_runs(&ini, "cmdIncomingCall", "0899");
    microsip_runs(&ini, "cmdCallBusy", "0899");
    microsip_runs(&ini, "cmdOutgoingCall", "");
    microsip_runs(&ini, "cmdCallEnd", "");
    let status = product.status();
    assert_eq!(status["calls"].as_array().map(Vec::len), Some(1), "{status:#}");
    assert!(
        !status.to_string().contains("49301234"),
        "the number is kept nowhere"
    );
    microsip_runs(&ini, "cmdCallEnd", "+49301234");
    wait_until(SOON, "Teams to be free", || {
        company.presence(ALICE) == "Available/Available"
    });

    let out = ask("take_out").expect("taken out");
    assert_eq!(out["microsip"]["ours"], false);
    let other = "[Settings]\r\ncmdCallEnd=C:\\crm.exe\r\n";
    std::fs::write(&ini, other).expect("written");
    let refused = ask("write").expect_err("another program's");
    assert!(refused.to_string().contains("cmdCallEnd"), "{refused}");
    assert_eq!(std::fs::read_to_string(&ini).expect("read"), other);
}
