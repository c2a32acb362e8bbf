//! The real program's requests to Graph under the eyes of an independent validator with Microsoft's own description,
//! tightened (tests/data), in front of the pretend company's Graph.
#![cfg(target_os = "linux")]

use std::time::Duration;

use offhook_playground::{
    ADMIN_USER, CLIENT_ID, DESK_USER, Options, Placed, Playground, Service, TeamsClient,
};
use offhook_tests::ami::Ami;
use offhook_tests::browser::Browser;
use offhook_tests::desk::Desk;
use offhook_tests::prism::Prism;
use offhook_tests::product::Product;
use offhook_tests::runtime::block_on;
use offhook_tests::socket::Socket;
use offhook_tests::tap::{Exchange, Tap};
use offhook_tests::{http, wait_for};
use serde_json::{Value, json};
use url::Url;

const SOON: Duration = Duration::from_secs(20);

/// A company whose Graph is reached through the validator, with a tap before that.
struct Office {
    company: Playground,
    prism: Prism,
    graph: Tap,
}

impl Office {
    fn open() -> Self {
        let company = block_on(Playground::start(Options::default())).unwrap();
        company.teams_client("alice", TeamsClient::Available);
        let prism = Prism::in_front_of(company.addresses().graph.trim_end_matches("/v1.0"));
        let graph = Tap::on(prism.graph_url().trim_end_matches("/v1.0"));
        Self {
            company,
            prism,
            graph,
        }
    }

    /// Alice's program, signed in and connected to her phone.
    fn product<'desk>(&self, desk: &'desk Desk, profile: &str) -> Product<'desk> {
        self.product_with(desk, profile, "")
    }

    /// As [`Office::product`], with more sections of settings.
    fn product_with<'desk>(&self, desk: &'desk Desk, profile: &str, more: &str) -> Product<'desk> {
        let mut product = Product::new(desk);
        let addresses = self.company.addresses();
        product.write_settings(&format!(
            "version = 1\n\
             [microsoft]\ncloud = \"custom\"\nclient_id = \"{CLIENT_ID}\"\nlogin_url = \"{}\"\n\
             graph_url = \"{}/v1.0\"\n\
             [phone]\nkind = \"asterisk\"\nhost = \"127.0.0.1\"\nport = {}\ntls = \"off\"\nuser = \"{DESK_USER}\"\n\
             extension = \"1001\"\n\
             [rules]\nprofile = \"{profile}\"\n\
             [store]\nsecrets = \"file\"\n{more}",
            addresses.entra,
            self.graph.url(),
            addresses.ami.port(),
        ));
        product.start_headless();
        let said = product.run_with_input("offhookctl", &["secret", "set", "phone"], &self.secret(DESK_USER));
        assert_eq!(said.code, 0, "{}", said.stderr);
        let mut socket = Socket::connect(product.data_dir());
        let begun = socket.ask(json!({"sign_in": {"device_code": false}})).unwrap();
        let mut url: Url = begun["sign_in"]["browser"]["url"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap();
        url.query_pairs_mut().append_pair("playground_user", "alice");
        Browser::default().open(&url);
        product.wait_status(SOON, "Teams and the phone system", |status| {
            status["teams"]["seen"]["availability"] == "Available" && status["health"]["phone"]["ok"] == true
        });
        product
    }

    fn secret(&self, user: &str) -> String {
        let accounts = &self.company.options().accounts;
        let account = accounts.iter().find(|account| account.user == user).unwrap();
        account.secret.clone()
    }

    /// What the program asked of Graph's presence, with the validator's or Graph's answer.
    fn asked(&self) -> Vec<Exchange> {
        let mut asked = self.graph.kept().all();
        asked.retain(|exchange| exchange.path.contains("/presence"));
        asked
    }

    #[track_caller]
    fn wait_asked(&self, action: &str, wanted: &Value) -> Exchange {
        wait_for(SOON, &format!("{action} {wanted}"), || {
            let found = |exchange: &Exchange| {
                let body: Value = serde_json::from_str(&exchange.asked).unwrap_or(Value::Null);
                exchange.path.ends_with(action) && body == *wanted
            };
            self.asked().into_iter().rev().find(found)
        })
    }

    #[track_caller]
    fn assert_all_taken(&self) {
        let asked = self.asked();
        let refused: Vec<&Exchange> = asked.iter().filter(|exchange| exchange.status >= 300).collect();
        assert!(refused.is_empty(), "{refused:#?}\n{}", self.prism.log().tail());
        assert!(asked.iter().any(|exchange| exchange.method == "GET"));
    }
}

#[test]
fn a_call_is_told_to_teams_in_words_that_graph_allows() {
    let desk = Desk::headless();
    let office = Office::open();
    let mut product = office.product(&desk, "recommended");
    let call = office.company.call("1002", "1001");
    product.wait_status(SOON, "the ringing", |status| {
        status["calls"][0]["state"] == "ringing"
    });
    assert!(
        office.asked().iter().all(|exchange| exchange.method == "GET"),
        "ringing sets nothing"
    );
    let Placed::Ringing { call, .. } = call else {
        panic!("{call:?}");
    };
    assert!(office.company.answer(call));
    let session = json!({"sessionId": CLIENT_ID, "availability": "Busy", "activity": "InACall",
        "expirationDuration": "PT5M"});
    office.wait_asked("/setPresence", &session);
    product.wait_status(SOON, "the own session", |status| {
        status["teams"]["seen"]["activity"] == "InACall" && status["state"] == "in-call"
    });
    assert!(office.company.hold(call, "1001"));
    product.wait_status(SOON, "the hold", |status| status["calls"][0]["state"] == "held");
    assert!(office.company.resume(call, "1001"));
    assert!(office.company.hang_up(call, Some("1001")));
    let clear = json!({"sessionId": CLIENT_ID});
    office.wait_asked("/clearPresence", &clear);
    wait_for(SOON, "no session", || {
        office.company.sessions("alice").is_empty().then_some(())
    });
    // A second call, and the program ends in the middle of it: its session goes with it.
    let said = product.ctl(&["call", "answer", "--source", "test", "--id", "1"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    wait_for(SOON, "the session", || {
        (!office.company.sessions("alice").is_empty()).then_some(())
    });
    assert!(product.term().success());
    assert!(office.company.sessions("alice").is_empty());
    office.assert_all_taken();
    let writes: Vec<String> = office
        .asked()
        .iter()
        .filter(|exchange| exchange.method == "POST")
        .map(|exchange| exchange.path.rsplit('/').next().unwrap_or_default().to_owned())
        .collect();
    assert_eq!(
        writes,
        ["setPresence", "clearPresence", "setPresence", "clearPresence"]
    );
}

#[test]
fn a_presence_chosen_on_the_phone_is_preferred_in_teams_in_words_that_graph_allows() {
    let desk = Desk::headless();
    let office = Office::open();
    let product = office.product(&desk, "innovaphone");
    let admin = Ami::connect(
        office.company.addresses().ami.port(),
        ADMIN_USER,
        &office.secret(ADMIN_USER),
    )
    .unwrap();
    let choose = |word: &str| {
        let variable = [
            ("Variable", "PRESENCE_STATE(CustomPresence:1001)"),
            ("Value", word),
        ];
        let answer = admin.action("Setvar", &variable);
        assert!(answer.has("Response", "Success"), "{answer:?}");
    };
    for (word, pair, lifetime) in [
        ("dnd", ("DoNotDisturb", "DoNotDisturb"), "P1D"),
        ("away", ("Away", "Away"), "P7D"),
    ] {
        choose(word);
        let preferred = json!({"availability": pair.0, "activity": pair.1, "expirationDuration": lifetime});
        office.wait_asked("/setUserPreferredPresence", &preferred);
        wait_for(SOON, "the preferred presence", || {
            (office.company.preferred("alice")? == (pair.0.to_owned(), pair.1.to_owned())).then_some(())
        });
    }
    choose("available");
    wait_for(SOON, "the preferred presence to be taken back", || {
        office.company.preferred("alice").is_none().then_some(())
    });
    office.wait_asked("/clearUserPreferredPresence", &Value::Null);
    office.assert_all_taken();
    drop(product);
}

#[test]
fn the_calendar_is_read_in_words_that_graph_allows() {
    let desk = Desk::headless();
    let office = Office::open();
    office.company.admin_consent(&["Calendars.Read"]);
    let now = jiff::Timestamp::now();
    let event = json!({"id": "AAMk-1", "subject": "Talk (No action)", "start": now.to_string(),
        "end": (now + jiff::SignedDuration::from_hours(1)).to_string()});
    let events = vec![serde_json::from_value(event).unwrap()];
    assert!(office.company.set_calendar("alice", events));
    let product = office.product_with(&desk, "recommended", "[calendar]\nenabled = true\n");
    let mut socket = Socket::connect(product.data_dir());
    let begun = socket.ask(json!("ask_calendar")).unwrap();
    let mut url: Url = begun["sign_in"]["browser"]["url"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    url.query_pairs_mut().append_pair("playground_user", "alice");
    Browser::default().open(&url);
    product.wait_status(SOON, "the calendar", |status| {
        status["health"]["calendar"]["ok"] == true
    });
    let all = office.graph.kept().all();
    let views: Vec<&Exchange> = all
        .iter()
        .filter(|exchange| exchange.path.contains("/calendarView"))
        .collect();
    assert!(
        !views.is_empty() && views.iter().all(|view| view.status == 200),
        "{views:#?}"
    );

    let token = office.company.access_token("alice", &["Calendars.Read"]);
    let ask = |query: &str| {
        let url = format!("{}/v1.0/me/calendarView?{query}", office.graph.url());
        http::send(http::get(&url).bearer_auth(&token)).status
    };
    let window = "startDateTime=2026-01-15T00:00:00Z&endDateTime=2026-01-16T00:00:00Z";
    assert_eq!(ask(&format!("{window}&$top=10")), 200);
    for wrong in [
        "startDateTime=2026-01-15T00:00:00Z",
        "startDateTime=today&endDateTime=2026-01-16T00:00:00Z",
        &format!("{window}&$top=5000"),
        &format!("{window}&$select=subject,lastModifiedDateTime"),
        &format!("{window}&$select=body"),
    ] {
        assert_eq!(ask(wrong), 422, "{wrong}");
    }
}

#[test]
fn the_status_message_of_an_appointment_is_set_in_words_that_graph_allows() {
    let desk = Desk::headless();
    let office = Office::open();
    office.company.admin_consent(&["Calendars.Read"]);
    let token = office.company.access_token("alice", &["Presence.ReadWrite"]);
    let own = json!({"statusMessage": {"message": {"content": "Off at four<pinnednote></pinnednote>",
        "contentType": "text"}, "expiryDateTime": {"dateTime": "2099-01-31T16:00:00", "timeZone": "UTC"}}});
    let url = format!("{}/v1.0/me/presence/setStatusMessage", office.graph.url());
    assert_eq!(
        http::send(http::post(&url).bearer_auth(&token).json(&own)).status,
        200
    );
    let now = jiff::Timestamp::now().round(jiff::Unit::Second).unwrap();
    let end = now + jiff::SignedDuration::from_hours(1);
    let event = json!({"id": "AAMk-1", "subject": "Talk", "showAs": "busy", "start": now.to_string(),
        "end": end.to_string()});
    let events = vec![serde_json::from_value(event).unwrap()];
    assert!(office.company.set_calendar("alice", events));
    let more = "[calendar]\nenabled = true\ntitle = true\nteams_message = true\n";
    let mut product = office.product_with(&desk, "recommended", more);
    let mut socket = Socket::connect(product.data_dir());
    let begun = socket.ask(json!("ask_calendar")).unwrap();
    let mut url: Url = begun["sign_in"]["browser"]["url"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    url.query_pairs_mut().append_pair("playground_user", "alice");
    Browser::default().open(&url);
    let until = end.strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let ours = json!({"statusMessage": {"message": {"content": "Talk<pinnednote></pinnednote>",
        "contentType": "text"}, "expiryDateTime": {"dateTime": until, "timeZone": "UTC"}}});
    office.wait_asked("/setStatusMessage", &ours);
    assert!(product.term().success());
    office.wait_asked("/setStatusMessage", &own);
    assert_eq!(
        office.company.note("alice").as_deref(),
        Some("Off at four<pinnednote></pinnednote>")
    );
    office.assert_all_taken();
    for wrong in [
        json!({"statusMessage": {"message": {"content": "x"}, "expiryDateTime": "2099-01-31T16:00:00Z"}}),
        json!({"statusMessage": "x"}),
    ] {
        let url = format!("{}/v1.0/me/presence/setStatusMessage", office.graph.url());
        assert_eq!(
            http::send(http::post(&url).bearer_auth(&token).json(&wrong)).status,
            422,
            "{wrong}"
        );
    }
}

#[test]
fn the_validator_would_have_refused() {
    let office = Office::open();
    let token = office.company.access_token("alice", &["Presence.ReadWrite"]);
    let ask = |action: &str, body: &Value| {
        let url = format!("{}/v1.0/me/presence/{action}", office.graph.url());
        http::send(http::post(&url).bearer_auth(&token).json(body)).status
    };
    let session = |availability: &str, activity: &str, lifetime: &str| {
        json!({"sessionId": CLIENT_ID, "availability": availability, "activity": activity,
            "expirationDuration": lifetime})
    };
    assert_eq!(ask("setPresence", &session("Busy", "InACall", "PT5M")), 200);
    for wrong in [
        session("Busy", "Busy", "PT5M"),
        session("Busy", "InACall", "PT4M"),
        session("Busy", "InACall", "PT5H"),
        json!({"sessionId": "offhook", "availability": "Busy", "activity": "InACall"}),
    ] {
        assert_eq!(ask("setPresence", &wrong), 422, "{wrong}");
    }
    let wrong = json!({"availability": "Busy", "activity": "InACall", "expirationDuration": "P1D"});
    assert_eq!(ask("setUserPreferredPresence", &wrong), 422);
    assert_eq!(ask("clearPresence", &json!({})), 422);
    let arrived = office.company.requests();
    let writes = arrived
        .iter()
        .filter(|request| request.service == Service::Graph && request.method == "POST");
    assert_eq!(writes.count(), 1, "what is refused never arrives");
}
