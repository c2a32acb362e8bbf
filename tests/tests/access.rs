//! What a screen reader finds in the real window, over AT-SPI: every control of every page by its name, in both
//! languages, and the news of a changed state.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::time::Duration;

use offhook_tests::desk::{Desk, Node, Reader};
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::try_wait_for;
use offhook_tests::webdriver::Window;
use serde_json::json;

const SOON: Duration = Duration::from_secs(60);
const ALICE: &str = "alice";
const PROGRAM: &str = "offhook-window";

/// A page's address and its heading in English and German.
const PAGES: [(&str, [&str; 2]); 8] = [
    ("now", ["Free", "Frei"]),
    ("account", ["Microsoft account", "Microsoft-Konto"]),
    ("phone", ["Phone system", "Telefonanlage"]),
    ("sources", ["Call sources", "Gesprächsquellen"]),
    ("rules", ["Rules", "Regeln"]),
    ("calendar", ["Calendar", "Kalender"]),
    ("startup", ["Notifications and start-up", "Hinweise und Start"]),
    ("diagnostics", ["Diagnostics", "Diagnose"]),
];

/// What a person acts on; each needs a name.
const CONTROLS: [&str; 8] = [
    "push button",
    "toggle button",
    "check box",
    "radio button",
    "combo box",
    "entry",
    "password text",
    "link",
];

/// Offhook beside a pretend company, Alice signed in, in a language.
fn in_use<'desk>(desk: &'desk Desk, language: &str) -> (Product<'desk>, Playground) {
    let company = Playground::start(desk);
    company.teams_client(ALICE, "available");
    let mut product = Product::new(desk);
    product.write_settings(&format!(
        "{}\n[person]\nlanguage = \"{language}\"\n",
        company.settings()
    ));
    product.start_headless();
    product.set_phone_password(company.addresses["phone"]["password"].as_str().unwrap());
    product.sign_in(ALICE);
    product.wait_status(SOON, "phone and Teams to be read", |status| {
        status["state"] == "free" && status["health"]["phone"]["ok"] == true
    });
    (product, company)
}

/// The page as a reader finds it, once it has that heading.
#[track_caller]
fn wait_page(reader: &Reader, heading: &str) -> Node {
    let mut last = None;
    let found = try_wait_for(SOON, || {
        let page = reader.program(PROGRAM)?;
        let there = page
            .of_role("heading")
            .iter()
            .any(|node| node.said().contains(heading));
        last = Some(page.clone());
        there.then_some(page)
    });
    let outline = || last.as_ref().map_or_else(|| "nothing".to_owned(), Node::outline);
    found.unwrap_or_else(|| panic!("no heading {heading:?} in {}", outline()))
}

fn go(window: &Window, page: &str) {
    window.execute("location.hash = arguments[0]", &[json!(page)]);
}

/// What is wrong with a page for who hears it only.
fn faults(page: &Node) -> Vec<String> {
    let mut faults: Vec<String> = page
        .all()
        .into_iter()
        .filter(|node| CONTROLS.contains(&node.role.as_str()) && node.name.trim().is_empty())
        .map(|node| format!("a {} without a name: {}", node.role, node.said()))
        .collect();
    for landmark in ["main", "navigation"] {
        let is = |node: &&Node| {
            node.attributes
                .get("xml-roles")
                .is_some_and(|roles| roles == landmark)
        };
        let count = page.all().into_iter().filter(is).count();
        if count != 1 {
            faults.push(format!("{count} landmarks {landmark}"));
        }
    }
    faults
}

#[test]
fn every_control_of_every_page_has_a_name_for_readers() {
    for (number, language) in ["en", "de"].into_iter().enumerate() {
        let desk = Desk::with_screen();
        let reader = Reader::start(&desk);
        let (product, _company) = in_use(&desk, language);
        let window = Window::open(&desk, product.data_dir(), "now");
        let mut met = BTreeSet::new();
        for (page, headings) in PAGES {
            go(&window, page);
            let heading = headings[number];
            let seen = wait_page(&reader, heading);
            assert_eq!(faults(&seen), [""; 0], "{page}, {language}: {}", seen.outline());
            let roles = seen.all().into_iter().map(|node| node.role.clone());
            met.extend(roles.filter(|role| CONTROLS.contains(&role.as_str())));
        }
        // Otherwise nothing of this says anything.
        for role in [
            "push button",
            "radio button",
            "combo box",
            "entry",
            "password text",
            "link",
        ] {
            assert!(met.contains(role), "no {role} in {met:?}");
        }
    }
}

#[test]
fn a_new_state_is_told_to_readers_without_being_asked() {
    let desk = Desk::with_screen();
    let reader = Reader::start(&desk);
    let (product, company) = in_use(&desk, "en");
    let _window = Window::open(&desk, product.data_dir(), "now");
    // Readers watch the place that says of itself that it is read out, so it has to stay while its words change.
    let state = |page: &Node| {
        let polite = |node: &&Node| node.attributes.get("live").is_some_and(|live| live == "polite");
        let all = page.all().into_iter().filter(polite);
        all.map(|node| (node.place.clone(), node.said())).next()
    };
    let before = state(&wait_page(&reader, "Free")).expect("a place that is read out");
    assert!(before.1.contains("Free"), "{before:?}");
    reader.take_heard();
    company.pick(ALICE, Some("do-not-disturb"));
    let after = state(&wait_page(&reader, "Do not disturb")).expect("a place that is read out");
    assert!(
        after.1.contains("Do not disturb") && !after.1.contains("Free"),
        "{after:?}"
    );
    assert_eq!(after.0, before.0);
    assert!(!reader.take_heard().is_empty(), "nothing was told");
}
