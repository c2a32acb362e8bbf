//! The program at a desk with a ProCall: Teams' states reach line and presence and calls reach Teams, as the document of
//! ProCall's own integration has them (seeds/procall-teams.txt); the icon's words; a killed program frees the phone; and
//! where ProCall serves Teams itself the program stays quiet.
#![cfg(target_os = "linux")]

use std::time::Duration;

use offhook_playground::{CLIENT_ID, Options, Pick, Placed, Playground, TeamsClient};
use offhook_tests::desk::Desk;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::wait_until;

const SOON: Duration = Duration::from_secs(30);
const LOGIN: &str = "alice";
/// Long enough to be in no time stamp and no number of the log by chance.
const CALLER: &str = "0305550123";

fn settings(company: &Playground) -> String {
    let addresses = company.addresses();
    format!(
        "version = 1\n\
         [person]\nlanguage = \"en\"\n\
         [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\ngraph_url = \"{}\"\n\
         [teams]\npoll_seconds_min = 1\n\
         [phone]\nkind = \"procall\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nuser = \"{LOGIN}\"\n\
         [rules]\nprofile = \"procall\"\n\
         [log]\nlevel = \"trace\"\n\
         [store]\nsecrets = \"file\"\n",
        addresses.entra,
        addresses.graph,
        addresses.procall.port()
    )
}

fn company() -> Playground {
    let company = block_on(Playground::start(Options::default())).unwrap();
    company.teams_client(LOGIN, TeamsClient::Available);
    company
}

fn product<'a>(desk: &'a Desk, company: &Playground) -> Product<'a> {
    let mut product = Product::new(desk);
    product.write_settings(&settings(company));
    product.start_headless();
    product.set_phone_password(&company.procall().password(LOGIN).unwrap());
    product.sign_in(LOGIN);
    product
}

fn at_work(product: &mut Product<'_>) {
    product.wait_status(SOON, "Teams and the phone system", |status| {
        status["teams"]["seen"]["availability"] == "Available"
            && status["phone"]["dnd"]["value"] == false
            && status["health"]["lines"]["phone"]["ok"] == true
    });
}

#[test]
fn every_row_of_procall_works_on_a_procall() {
    let desk = Desk::headless();
    let company = company();
    let mut product = product(&desk, &company);
    at_work(&mut product);

    // Do not disturb and presenting: do not disturb, of the line and of the presence.
    for picked in [true, false] {
        if picked {
            company.pick(LOGIN, Some(Pick::DoNotDisturb));
        } else {
            company.teams_client(LOGIN, TeamsClient::Presenting);
        }
        wait_until(SOON, "do not disturb at ProCall", || {
            company.procall().dnd(LOGIN) && company.procall().absent(LOGIN).0 == 3
        });
        let refused = company.call(CALLER, "1001");
        assert!(
            matches!(refused, Placed::Refused { cause: 17, .. }),
            "{refused:?}"
        );
        company.pick(LOGIN, None);
        company.teams_client(LOGIN, TeamsClient::Available);
        wait_until(SOON, "do not disturb to end", || {
            !company.procall().dnd(LOGIN) && company.procall().absent(LOGIN).0 == 4
        });
    }
    // In a call: busy, and the line rings on.
    company.teams_client(LOGIN, TeamsClient::InACall);
    wait_until(SOON, "busy at ProCall", || company.procall().absent(LOGIN).0 == 2);
    assert!(!company.procall().dnd(LOGIN));
    company.teams_client(LOGIN, TeamsClient::Available);
    wait_until(SOON, "busy to end", || company.procall().absent(LOGIN).0 == 4);
    // Busy, a meeting, away: no change of presence, the icon's word alone.
    for (client, word) in [(TeamsClient::InAMeeting, "meeting"), (TeamsClient::Away, "away")] {
        let writes = company.procall().writes().len();
        company.teams_client(LOGIN, client);
        product.wait_status(SOON, word, |status| {
            status["teams"]["seen"]["availability"] != "Available"
        });
        let said = product.ctl(&["why"]);
        assert!(said.stdout.contains(word), "{word} is missing: {}", said.stdout);
        assert_eq!(company.procall().writes().len(), writes, "{word}");
        company.teams_client(LOGIN, TeamsClient::Available);
        product.wait_status(SOON, "available again", |status| {
            status["teams"]["seen"]["availability"] == "Available"
        });
    }

    // A change by hand is never sent.
    company.procall().press_dnd(LOGIN, true);
    product.wait_status(SOON, "the person's do not disturb", |status| {
        status["phone"]["dnd"]["value"] == true && status["phone"]["dnd"]["owner"] == "person"
    });
    assert_eq!(company.sessions(LOGIN), []);
    company.procall().press_dnd(LOGIN, false);

    // A call is.
    let placed = company.call(CALLER, "1001");
    let Placed::Ringing { call, .. } = placed else {
        panic!("it does not ring: {placed:?}");
    };
    assert!(company.answer(call));
    wait_until(SOON, "Teams to show the call", || {
        company.presence(LOGIN) == Some(("Busy".into(), "InACall".into()))
    });
    assert!(company.hang_up(call, None));
    wait_until(SOON, "Teams to show the end of it", || {
        company
            .presence(LOGIN)
            .is_some_and(|(shown, _)| shown == "Available")
    });

    // The doctor names what this account can do.
    let said = product.ctl(&["doctor"]);
    for part in [
        "UCServer 8.5.1",
        "ends by itself",
        "All calls of your line can be forwarded",
        "call by call",
    ] {
        assert!(said.stdout.contains(part), "{part} is missing: {}", said.stdout);
    }
    let log = product.logs();
    for planted in ["x-ucsessionid", "playground-alice", CALLER, "sip:alice", "tel:"] {
        assert!(!log.contains(planted), "{planted} is in the log");
    }
}

#[test]
fn a_killed_program_leaves_a_presence_that_ends_by_itself() {
    let desk = Desk::headless();
    let company = company();
    // ProCall's option that do not disturb of the presence and of the line go together.
    company.procall().change(|habits| habits.coupled = true);
    let mut product = product(&desk, &company);
    at_work(&mut product);
    company.teams_client(LOGIN, TeamsClient::Presenting);
    wait_until(SOON, "do not disturb at ProCall", || {
        company.procall().dnd(LOGIN) && company.procall().absent(LOGIN).0 == 3
    });
    product.wait_status(SOON, "both to be written", |status| {
        status["phone"]["dnd"]["owner"] == "offhook" && status["phone"]["presence"]["owner"] == "offhook"
    });
    product.kill9();
    // Nobody is left to take it back.
    assert_eq!(company.procall().absent(LOGIN).0, 3);
    company.advance(Duration::from_secs(11 * 60));
    assert_eq!(company.procall().absent(LOGIN), (4, None));
    let placed = company.call(CALLER, "1001");
    assert!(matches!(placed, Placed::Ringing { .. }), "{placed:?}");
}

#[test]
fn where_procall_serves_teams_itself_the_program_stays_quiet_and_says_so() {
    let desk = Desk::headless();
    let company = company();
    company.procall().set_own_teams(LOGIN, true);
    let product = product(&desk, &company);
    let text = "keeps itself in agreement with Teams";
    product.wait_status(SOON, "the sentence", |status| {
        status["health"]["phone"]["text"]
            .as_str()
            .is_some_and(|said| said.contains(text))
    });
    company.teams_client(LOGIN, TeamsClient::Presenting);
    product.wait_status(SOON, "Teams to be read", |status| {
        status["teams"]["seen"]["availability"] == "DoNotDisturb"
    });
    let Placed::Ringing { call, .. } = company.call(CALLER, "1001") else {
        panic!("the phone is silent");
    };
    assert!(company.answer(call));
    let said = product.ctl(&["doctor"]);
    assert!(said.stdout.contains(text), "{}", said.stdout);
    assert_eq!(company.procall().writes(), []);
    assert_eq!(company.sessions(LOGIN), []);
}
