//! The table of phone systems in docs/ADMIN.md says what the adapters say of themselves.

use std::fs;

use offhook_engine::phone::{Abilities, Field};
use xtask::parts::workspace;

use crate::desk::Desk;
use crate::suite::System;

/// The cells of the row that begins so: the system, calls, the fields, how sure.
fn row(name: &str) -> Vec<String> {
    let text = fs::read_to_string(workspace().join("docs/ADMIN.md")).unwrap();
    let begin = format!("| {name}");
    let rows: Vec<&str> = text.lines().filter(|line| line.starts_with(&begin)).collect();
    assert_eq!(rows.len(), 1, "{name} has one row: {rows:#?}");
    let cells = rows[0].trim_matches('|').split('|');
    cells.map(|cell| cell.trim().to_owned()).collect()
}

/// Whether it is there without a choice of the person's.
fn promised(cell: &str) -> bool {
    let word = cell.split([' ', ';', ',']).next().unwrap_or_default();
    assert!(!word.is_empty());
    word != "no" && !cell.starts_with("by choice")
}

fn agrees(name: &str, ways: &[Abilities]) {
    let cells = row(name);
    let calls = ways.iter().any(|abilities| abilities.calls);
    assert_eq!(promised(&cells[1]), calls, "{name}, calls: {:?}", cells[1]);
    for (cell, field) in cells[2..].iter().zip(Field::ALL) {
        let can = |wanted: fn(&Abilities, Field) -> bool| ways.iter().any(|way| wanted(way, field));
        let written = can(|abilities, field| abilities.of(field).write);
        assert_eq!(promised(cell), written, "{name}, {field:?}: {cell:?}");
        if promised(cell) && cell.contains("read") && !cell.contains("not read") {
            let read = can(|abilities, field| abilities.of(field).read);
            assert!(read, "{name}, {field:?}: {cell:?}");
        }
    }
    assert!(cells[6].len() > 20, "{name}: how sure is it? {:?}", cells[6]);
}

/// As the suite sets it up, which is with everything that needs no choice.
async fn says<S: System>() -> Abilities {
    let system = S::start().await;
    Desk::start(&system.adapter(), &system.secret()).abilities().await
}

#[tokio::test]
async fn the_table_for_administrators_says_what_the_adapters_say() {
    assert_eq!(
        Field::ALL,
        [Field::Dnd, Field::Forward, Field::Presence, Field::Note],
        "the order of the columns"
    );
    let sip = [
        says::<crate::account::Tcp>().await,
        says::<crate::account::Udp>().await,
        says::<crate::account::Features>().await,
    ];
    agrees("SIP: ", &sip);
    agrees(
        "Asterisk, FreePBX (AMI)",
        &[says::<crate::manager::Manager>().await],
    );
    agrees("STARFACE", &[says::<crate::web::Web>().await]);
    agrees(
        "innovaphone, firmware 13r1",
        &[says::<crate::myapps::MyApps>().await],
    );
    agrees("innovaphone, older", &[says::<crate::soap::Soap>().await]);
    agrees("estos ProCall", &[says::<crate::ucserver::UcServer>().await]);
    agrees("CSTA III", &[says::<crate::link::Link>().await]);
    agrees("FreePBX 16", &[says::<crate::portal::Ucp>().await]);
    agrees("The person's own", &[says::<crate::portal::Gateway>().await]);
}
