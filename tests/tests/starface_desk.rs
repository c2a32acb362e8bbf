//! The program at a desk with a STARFACE: Teams' states reach the phone and the other way round, row by row as STARFACE's
//! own synchronisation has them (seeds/starface-9-presence-sync.txt), and calls reach Teams.
#![cfg(target_os = "linux")]

use std::time::Duration;

use offhook_playground::{CLIENT_ID, Options, Placed, Playground, TeamsClient};
use offhook_tests::desk::Desk;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::wait_until;

const SOON: Duration = Duration::from_secs(30);
const LOGIN: &str = "1001";

fn settings(company: &Playground) -> String {
    let addresses = company.addresses();
    format!(
        "version = 1\n\
         [person]\nlanguage = \"en\"\n\
         [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\ngraph_url = \"{}\"\n\
         [teams]\npoll_seconds_min = 1\n\
         [phone]\nkind = \"starface\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nuser = \"{LOGIN}\"\n\
         [rules]\nprofile = \"starface-9\"\n\
         [log]\nlevel = \"trace\"\n\
         [store]\nsecrets = \"file\"\n",
        addresses.entra,
        addresses.graph,
        addresses.starface.port()
    )
}

#[test]
fn every_row_of_starface_9_works_on_a_starface() {
    let desk = Desk::headless();
    let company = block_on(Playground::start(Options::default())).unwrap();
    company.teams_client("alice", TeamsClient::Available);
    let mut product = Product::new(&desk);
    product.write_settings(&settings(&company));
    product.start_headless();
    product.set_phone_password(&company.starface().password(LOGIN).unwrap());
    product.sign_in("alice");
    product.wait_status(SOON, "Teams and the phone system", |status| {
        status["teams"]["seen"]["availability"] == "Available"
            && status["phone"]["dnd"]["value"] == false
            && status["health"]["lines"]["phone"]["ok"] == true
    });

    // Busy by phone, by meeting and plainly: do not disturb. Available: off again.
    for busy in [TeamsClient::InACall, TeamsClient::InAMeeting] {
        company.teams_client("alice", busy);
        wait_until(SOON, "do not disturb on the phone", || {
            company.starface().dnd(LOGIN)
        });
        // A second phone really is refused.
        let refused = company.call("1002", LOGIN);
        assert!(
            matches!(refused, Placed::Refused { cause: 17, .. }),
            "{refused:?}"
        );
        company.teams_client("alice", TeamsClient::Available);
        wait_until(SOON, "do not disturb to end", || !company.starface().dnd(LOGIN));
    }

    // Do not disturb by the person: Teams shows busy on the phone, until it is off again. Pressed before the program
    // has read back what it wrote itself, it would look like a write that was not carried out.
    let is_off = |status: &serde_json::Value| status["phone"]["dnd"]["value"] == false;
    product.wait_status(SOON, "the program to know that it is off", is_off);
    company.starface().press_dnd(LOGIN, true);
    let shows = |availability: &str| {
        company
            .presence("alice")
            .is_some_and(|(shown, _)| shown == availability)
    };
    wait_until(SOON, "Teams to show busy", || shows("Busy"));
    assert_eq!(company.sessions("alice").len(), 1);
    company.starface().press_dnd(LOGIN, false);
    wait_until(SOON, "Teams to show available", || shows("Available"));

    // A call over UCI.
    let Placed::Ringing { call, .. } = company.call("1002", LOGIN) else {
        panic!("it does not ring");
    };
    assert!(company.answer(call));
    wait_until(SOON, "Teams to show the call", || {
        company.presence("alice") == Some(("Busy".into(), "InACall".into()))
    });
    assert!(company.hang_up(call, None));
    wait_until(SOON, "Teams to show the end of it", || shows("Available"));

    // The doctor names what this account can do.
    let said = product.ctl(&["doctor"]);
    for part in [
        "STARFACE 9.0.1.4",
        "phone configuration",
        "UCI v30",
        "forwarding that you have prepared",
    ] {
        assert!(said.stdout.contains(part), "{part} is missing: {}", said.stdout);
    }
    let log = product.logs();
    assert!(log.contains("UCI getCallIds"), "the log is at its fullest");
    for planted in ["vertico", "playground-1001"] {
        assert!(!log.contains(planted), "{planted} is in the log");
    }
    // By itself: four digits are part of many a time.
    let mut words = log.split(|letter: char| !letter.is_alphanumeric());
    assert!(!words.any(|word| word == "1002"), "the caller is in the log");
}
