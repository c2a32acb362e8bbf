//! The program at a desk with an innovaphone: every row of the vendor's own connector from Teams to the phone and back
//! (seeds/innovaphone-connector.txt), calls, and a session in the place of the password.
#![cfg(target_os = "linux")]

use std::time::Duration;

use offhook_playground::{CLIENT_ID, INNOVAPHONE_APP, Options, Placed, Playground, Service, TeamsClient};
use offhook_tests::desk::Desk;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::wait_until;

const SOON: Duration = Duration::from_secs(30);
const SIP: &str = "alice";

fn settings(company: &Playground) -> String {
    let addresses = company.addresses();
    format!(
        "version = 1\n\
         [person]\nlanguage = \"en\"\n\
         [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\ngraph_url = \"{}\"\n\
         [teams]\npoll_seconds_min = 1\n\
         [phone]\nkind = \"innovaphone\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nuser = \"{SIP}\"\n\
         app = \"{INNOVAPHONE_APP}\"\n\
         [rules]\nprofile = \"innovaphone\"\n\
         [log]\nlevel = \"trace\"\n\
         [store]\nsecrets = \"file\"\n",
        addresses.entra,
        addresses.graph,
        addresses.innovaphone.port()
    )
}

#[test]
fn the_connectors_table_works_both_ways_on_an_innovaphone() {
    let desk = Desk::headless();
    let company = block_on(Playground::start(Options::default())).unwrap();
    let phone = company.innovaphone();
    company.teams_client("alice", TeamsClient::Available);
    let mut product = Product::new(&desk);
    product.write_settings(&settings(&company));
    product.start_headless();
    let password = phone.password(SIP).unwrap();
    product.set_phone_password(&password);
    product.sign_in("alice");
    let ready = |product: &Product| {
        product.wait_status(SOON, "Teams and the phone system", |status| {
            status["teams"]["seen"]["availability"] == "Available"
                && status["phone"]["dnd"]["value"] == false
                && status["health"]["lines"]["phone"]["ok"] == true
        })
    };
    ready(&product);
    let shows = |activity: &str| {
        phone
            .presence(SIP)
            .is_some_and(|shown| shown.activity == activity)
    };

    // Teams to phone, as far as the phone system has words; "online" takes away what came from Teams.
    phone.set_presence(SIP, "", "my note");
    for (client, activity) in [
        (TeamsClient::InACall, "busy"),
        (TeamsClient::InAMeeting, "busy"),
        (TeamsClient::Presenting, "busy"),
        (TeamsClient::UrgentInterruptionsOnly, "dnd"),
        (TeamsClient::Away, "away"),
    ] {
        company.teams_client("alice", client);
        wait_until(SOON, "the presence on the phone", || shows(activity));
        company.teams_client("alice", TeamsClient::Available);
        wait_until(SOON, "the presence to go", || shows(""));
    }
    assert_eq!(phone.presence(SIP).unwrap().note, "my note");

    // Phone to Teams: the person's own presence becomes the preferred one, and goes again.
    let preferred = |availability: Option<&str>| {
        company
            .preferred("alice")
            .map(|(availability, _)| availability)
            .as_deref()
            == availability
    };
    for (activity, availability) in [("dnd", "DoNotDisturb"), ("busy", "Busy"), ("away", "Away")] {
        phone.set_presence(SIP, activity, "my note");
        wait_until(SOON, "Teams to show it", || preferred(Some(availability)));
        phone.set_presence(SIP, "", "my note");
        wait_until(SOON, "Teams to show it no more", || preferred(None));
    }
    // A call.
    let Placed::Ringing { call, .. } = company.call("1002", "1001") else {
        panic!("it does not ring");
    };
    assert!(company.answer(call));
    wait_until(SOON, "Teams to show the call", || {
        company.presence("alice") == Some(("Busy".into(), "InACall".into()))
    });
    assert!(company.hang_up(call, None));
    wait_until(SOON, "Teams to show the end of it", || {
        company
            .presence("alice")
            .is_some_and(|(shown, _)| shown == "Available")
    });

    // The doctor names what this account can do.
    let said = product.ctl(&["doctor"]);
    for part in [
        "innovaphone",
        "colleagues see",
        "forwarding of all calls can be set",
    ] {
        assert!(said.stdout.contains(part), "{part} is missing: {}", said.stdout);
    }

    // The password is needed once: what is stored is the session, and with it the next start signs in.
    let stored = product.file("secrets.json").unwrap();
    assert!(!stored.contains(&password), "the password is still stored");
    product.term();
    product.start_headless();
    ready(&product);
    let types: Vec<String> = company
        .requests()
        .into_iter()
        .filter(|one| one.service == Service::Innovaphone && one.method == "Login")
        .map(|one| one.json()["type"].as_str().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(types.last().map(String::as_str), Some("session"));
    assert_eq!(phone.violations(), [] as [String; 0]);

    let log = product.logs();
    assert!(
        log.contains("signed in to the phone system"),
        "the log is at its fullest"
    );
    for planted in [
        password.as_str(),
        "S3ss10n",
        "my note",
        "Alice Anders",
        "0305550123",
    ] {
        assert!(!log.contains(planted), "{planted} is in the log");
    }
}
