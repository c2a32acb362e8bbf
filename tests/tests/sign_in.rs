//! Signing in: the real program against a certified identity server, and against the pretend company's Entra for the
//! refusals that only Entra knows.
#![cfg(target_os = "linux")]

use std::collections::HashSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use offhook_playground::{Fault, Injection, Options as CompanyOptions, Place, Playground, TeamsClient};
use offhook_tests::browser::{Browser, Page};
use offhook_tests::desk::Desk;
use offhook_tests::oidc::{self, Identity};
use offhook_tests::process::Running;
use offhook_tests::product::{Product, binary};
use offhook_tests::runtime::block_on;
use offhook_tests::socket::{Socket, Watch};
use offhook_tests::tap::{Asked, Bend, Kept, Tap};
use offhook_tests::{http, stays, wait_for, wait_until};
use serde_json::{Value, json};
use url::Url;

const SOON: Duration = Duration::from_secs(15);
const RIGHTS: [&str; 2] = ["Presence.Read", "Presence.ReadWrite"];

/// How long a request may be on its way on a busy machine. Tokens of hours have a minute of it (`entra::access`), those
/// of a few seconds can't.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// Lets to Graph whoever shows a token that the identity server gave out and that is still alive.
struct Gate {
    identity: Kept,
    key: String,
}

impl Bend for Gate {
    fn question(&self, asked: &mut Asked) -> Option<(u16, String)> {
        let shown = asked.bearer.clone().unwrap_or_default();
        let alive = self.identity.of("/token").iter().any(|exchange| {
            let answer = exchange.json();
            let life = Duration::from_secs(answer["expires_in"].as_u64().unwrap_or_default());
            answer["access_token"] == shown.as_str() && exchange.at.elapsed() < life + ON_ITS_WAY
        });
        if alive {
            asked.bearer = Some(self.key.clone());
            return None;
        }
        let error = json!({"error": {"code": "InvalidAuthenticationToken", "message": "Lifetime validation failed."}});
        Some((401, error.to_string()))
    }
}

/// A certified identity server, and the pretend company's Graph behind a gate.
struct Office {
    identity: Identity,
    entra: Tap,
    graph: Tap,
    company: Playground,
}

impl Office {
    fn open(access_token_life: Duration) -> Self {
        let identity = Identity::start(oidc::Options { access_token_life });
        let entra = Tap::on(&identity.url());
        let options = CompanyOptions {
            client_id: oidc::CLIENT_ID.to_owned(),
            ..CompanyOptions::default()
        };
        let company = block_on(Playground::start(options)).unwrap();
        company.teams_client("alice", TeamsClient::Available);
        let gate = Gate {
            identity: entra.kept().clone(),
            key: company.access_token("alice", &RIGHTS),
        };
        let graph = Tap::bent(company.addresses().graph.trim_end_matches("/v1.0"), gate);
        Self {
            identity,
            entra,
            graph,
            company,
        }
    }

    fn product<'desk>(&self, desk: &'desk Desk) -> Product<'desk> {
        product(
            desk,
            &self.entra.url(),
            &format!("{}/v1.0", self.graph.url()),
            oidc::CLIENT_ID,
        )
    }

    fn refreshes(&self) -> usize {
        let refresh = |exchange: &&_| is_refresh(exchange) && exchange.status == 200;
        self.entra.kept().of("/token").iter().filter(refresh).count()
    }
}

fn is_refresh(exchange: &offhook_tests::tap::Exchange) -> bool {
    exchange.field("grant_type").as_deref() == Some("refresh_token")
}

fn product<'desk>(desk: &'desk Desk, login: &str, graph: &str, client_id: &str) -> Product<'desk> {
    let mut product = Product::new(desk);
    product.write_settings(&format!(
        "version = 1\n\
         # kept as it is\n\
         [person]\nlanguage = \"en\"\n\
         [microsoft]\ncloud = \"custom\"\ntenant = \"organizations\"\nclient_id = \"{client_id}\"\n\
         login_url = \"{login}\"\ngraph_url = \"{graph}\"\n\
         [store]\nsecrets = \"file\"\n"
    ));
    product.start_headless();
    product
}

fn pages(product: &Product<'_>) -> Watch {
    Socket::connect(product.data_dir()).watch("pages")
}

fn ask(product: &Product<'_>, command: Value) -> Result<Value, Value> {
    Socket::connect(product.data_dir()).ask(command)
}

/// Starts a sign-in and gives the address for the browser.
#[track_caller]
fn begin(product: &Product<'_>) -> Url {
    let begun = ask(product, json!({"sign_in": {"device_code": false}})).unwrap();
    let url = begun["sign_in"]["browser"]["url"].as_str();
    url.unwrap_or_else(|| panic!("{begun}")).parse().unwrap()
}

#[track_caller]
fn begin_device(product: &Product<'_>) -> (String, Url) {
    let begun = ask(product, json!({"sign_in": {"device_code": true}})).unwrap();
    let code = &begun["sign_in"]["device_code"];
    let text = |name: &str| {
        code[name]
            .as_str()
            .unwrap_or_else(|| panic!("{begun}"))
            .to_owned()
    };
    (text("user_code"), text("url").parse().unwrap())
}

#[track_caller]
fn sign_in(product: &Product<'_>, user: &str) -> Page {
    let page = Browser::default().sign_in(&begin(product), user);
    assert_eq!(page.status, 200, "{}", page.body);
    let text = &page.body;
    wait_step(product, "signed_in");
    assert!(text.contains("close this window"), "{text}");
    page
}

fn step(pages: &Value) -> &str {
    pages["account"]["step"]["step"].as_str().unwrap_or_default()
}

/// Waits until the account page is at that step.
#[track_caller]
fn wait_step(product: &Product<'_>, wanted: &str) -> Value {
    pages(product).wait(SOON, wanted, |pages| step(pages) == wanted)["account"].clone()
}

/// Waits until the account page shows a problem of that code; gives the page.
#[track_caller]
fn wait_problem(product: &Product<'_>, code: &str) -> Value {
    let wanted = |pages: &Value| pages["account"]["problem"]["code"] == code;
    let account = pages(product).wait(SOON, code, wanted)["account"].clone();
    let sentence = account["problem"]["sentence"].as_str().unwrap_or_default();
    assert!(sentence.ends_with('.') && !sentence.contains('{'), "{sentence}");
    account
}

#[track_caller]
fn wait_teams(product: &Product<'_>) {
    product.wait_status(SOON, "what Teams says", |status| {
        status["teams"]["seen"]["availability"] == "Available"
    });
}

/// Nothing in a log file, on the console or in a file other than the store's names any of these.
#[track_caller]
fn assert_secret(product: &Product<'_>, secrets: &[String]) {
    let mut texts = vec![("the console".to_owned(), product.log().text())];
    for entry in files(product.data_dir()) {
        if !entry.ends_with("secrets.json") {
            let text = String::from_utf8_lossy(&std::fs::read(&entry).unwrap_or_default()).into_owned();
            texts.push((entry.display().to_string(), text));
        }
    }
    assert!(!secrets.is_empty());
    for secret in secrets {
        for (place, text) in &texts {
            assert!(!text.contains(secret.as_str()), "{place} holds a secret");
        }
    }
}

fn files(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&path)),
            Ok(kind) if kind.is_file() => found.push(path),
            Ok(_) | Err(_) => {}
        }
    }
    found
}

/// Waits until the store holds the refresh token that was given last.
#[track_caller]
fn wait_stored(product: &Product<'_>, office: &Office) {
    wait_until(SOON, "the newest refresh token in the store", || {
        let last = office.entra.kept().given("refresh_token").pop().unwrap();
        product
            .file("secrets.json")
            .is_some_and(|text| text.contains(&last))
    });
}

#[test]
fn a_person_signs_in_stays_signed_in_and_signs_out() {
    let desk = Desk::headless();
    let office = Office::open(Duration::from_secs(5));
    let mut product = office.product(&desk);
    assert_eq!(product.status()["state"], "signed-out");
    assert_eq!(product.status()["health"]["microsoft"], Value::Null);
    sign_in(&product, "alice");
    wait_teams(&product);
    assert_eq!(product.status()["state"], "free");
    let account = wait_step(&product, "signed_in");
    assert_eq!(account["step"]["name"], "alice");
    assert_eq!(account["step"]["address"], "alice@contoso.example");
    assert_eq!(
        account["rights"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|right| right["granted"] == true)
            .count(),
        2
    );

    // Code and PKCE, and nothing that a public client must not send.
    let redeemed = office.entra.kept().of("/token");
    let first = redeemed.first().unwrap();
    assert_eq!(first.field("grant_type").as_deref(), Some("authorization_code"));
    assert_eq!(first.field("client_secret"), None);
    assert!(first.field("code_verifier").unwrap().len() >= 43);

    // Tokens live for 5 s: one refresh after the other, each with the token that the one before gave.
    wait_until(Duration::from_secs(60), "three refreshes", || {
        ask(&product, json!("status")).unwrap();
        office.company.teams_client("alice", TeamsClient::Available);
        office.refreshes() >= 3
    });
    // Killed between a refresh and its storing, it has lost the token for good: this server takes an old one for stolen.
    wait_stored(&product, &office);
    product.kill9();
    product.start_headless();
    wait_teams(&product);
    wait_step(&product, "signed_in");
    let before = office.refreshes();
    assert!(product.term().success());
    product.start_headless();
    wait_teams(&product);
    wait_until(SOON, "a refresh after the restart", || {
        office.refreshes() > before
    });
    let exchanges = office.entra.kept().of("/token");
    let authorized = |path: &str| office.entra.kept().of(path).len();
    assert_eq!(authorized("/authorize"), 1, "a restart asks for no browser");
    let used: Vec<String> = exchanges
        .iter()
        .filter(|e| is_refresh(e))
        .map(|e| e.field("refresh_token").unwrap())
        .collect();
    let distinct: HashSet<&String> = used.iter().collect();
    assert_eq!(distinct.len(), used.len(), "no refresh token is used twice");
    assert!(exchanges.iter().all(|exchange| exchange.status == 200));
    let given = office.entra.kept().given("refresh_token");
    assert_eq!(
        used[..],
        given[..used.len()],
        "each uses what the one before gave"
    );
    let refused = office
        .graph
        .kept()
        .all()
        .iter()
        .filter(|exchange| exchange.status == 401)
        .count();
    assert_eq!(refused, 0, "Graph never sees a token that has run out");

    let mut secrets = given;
    secrets.extend(office.entra.kept().given("access_token"));
    secrets.extend(exchanges.iter().filter_map(|exchange| exchange.field("code")));
    secrets.push("alice@contoso.example".to_owned());
    assert_secret(&product, &secrets);

    wait_stored(&product, &office);
    let said = product.ctl(&["sign-out"]);
    assert_eq!(said.code, 0, "{}", said.stderr);
    product.wait_status(SOON, "signed out", |status| status["state"] == "signed-out");
    wait_until(SOON, "the tokens to be deleted", || {
        product
            .file("secrets.json")
            .is_none_or(|text| !text.contains("refresh_token"))
    });
    assert_eq!(product.status()["teams"]["seen"], Value::Null);
    assert!(product.term().success());
    product.start_headless();
    stays(Duration::from_secs(1), "signed out", || {
        product.status()["state"] == "signed-out"
    });
    assert_eq!(authorized("/authorize"), 1);
}

#[test]
fn strangers_at_the_listener_disturb_nothing() {
    let desk = Desk::headless();
    let office = Office::open(Duration::from_secs(3600));
    let product = office.product(&desk);
    let url = begin(&product);
    let query = |name: &str| {
        url.query_pairs()
            .find(|(key, _)| key == name)
            .unwrap()
            .1
            .into_owned()
    };
    let redirect: Url = query("redirect_uri").parse().unwrap();
    assert_eq!(
        (redirect.scheme(), redirect.host_str()),
        ("http", Some("localhost"))
    );
    assert!(!query("redirect_uri").ends_with('/'), "the registration has none");
    let (port, state) = (redirect.port().unwrap(), query("state"));
    for host in ["127.0.0.1", "[::1]", "localhost"] {
        let base = format!("http://{host}:{port}");
        for (path, status) in [
            ("/favicon.ico".to_owned(), 404),
            (format!("/callback?code=abc&state={state}"), 404),
            ("/?code=abc&state=somebody-elses".to_owned(), 400),
            ("/?error=access_denied&state=somebody-elses".to_owned(), 400),
            ("/".to_owned(), 400),
        ] {
            let answer = http::send(http::get(&format!("{base}{path}")));
            assert_eq!(answer.status, status, "{base}{path}: {}", answer.text);
            assert!(!answer.text.contains(&state), "{}", answer.text);
        }
    }
    assert_eq!(step(&pages(&product).wait(SOON, "a page", |_| true)), "browser");
    assert!(office.entra.kept().of("/token").is_empty());
    let page = Browser::default().sign_in(&url, "alice");
    assert_eq!(page.status, 200, "{}", page.body);
    wait_step(&product, "signed_in");
    let gone = http::try_send(http::get(&format!("http://127.0.0.1:{port}/")));
    assert!(gone.is_err(), "the listener ends with the sign-in");
}

#[test]
fn a_person_signs_in_with_a_code() {
    let desk = Desk::headless();
    let office = Office::open(Duration::from_secs(3600));
    let product = office.product(&desk);
    let (code, url) = begin_device(&product);
    let shown = wait_step(&product, "device_code");
    assert_eq!(shown["step"]["user_code"], code.as_str());
    Browser::default().approve_device(&url, &code, "bob");
    let account = wait_step(&product, "signed_in");
    assert_eq!(account["step"]["name"], "bob");
    wait_teams(&product);
}

#[test]
fn the_console_program_signs_in_and_is_told_of_a_no() {
    let desk = Desk::headless();
    let office = Office::open(Duration::from_secs(3600));
    let product = office.product(&desk);
    let console = || {
        let mut command = desk.command(binary("offhookctl"));
        command.arg("--data-dir").arg(product.data_dir()).arg("sign-in");
        let mut running = Running::start("offhookctl", command);
        let line = running.wait_line(SOON, |line| line.trim().starts_with("http"));
        (running, line.trim().parse::<Url>().unwrap())
    };
    // Turned back at the page.
    let (mut running, url) = console();
    let page = Browser::default().decline(&url);
    assert!(page.body.contains("not signed in"), "{}", page.body);
    let status = running.wait_end(SOON);
    assert_eq!(status.code(), Some(1), "{}", running.log().tail());
    assert!(running.log().text().contains('.'), "{}", running.log().tail());
    assert_eq!(product.status()["state"], "signed-out");
    assert_eq!(product.status()["attention"], false);
    // Interrupted at the console.
    let (mut running, url) = console();
    running.signal(rustix::process::Signal::INT);
    assert_eq!(running.wait_end(SOON).code(), Some(1), "{}", running.log().tail());
    assert!(
        running.log().text().contains("cancelled"),
        "{}",
        running.log().tail()
    );
    let account = wait_step(&product, "signed_out");
    assert_eq!(
        account["problem"],
        Value::Null,
        "cancelled by the person is no problem"
    );
    let redirect = url
        .query_pairs()
        .find(|(key, _)| key == "redirect_uri")
        .unwrap()
        .1
        .into_owned();
    wait_until(SOON, "the listener to end", || {
        http::try_send(http::get(&redirect)).is_err()
    });
    // Cancelled in the window.
    let (mut running, _) = console();
    ask(&product, json!("cancel_sign_in")).unwrap();
    assert_eq!(running.wait_end(SOON).code(), Some(1), "{}", running.log().tail());
    // A second one takes the place of the first.
    let (mut first, _) = console();
    let (mut running, url) = console();
    Browser::default().sign_in(&url, "alice");
    assert_eq!(running.wait_end(SOON).code(), Some(0), "{}", running.log().tail());
    assert!(
        running.log().text().contains("alice@contoso.example"),
        "{}",
        running.log().tail()
    );
    first.wait_end(SOON);
    wait_teams(&product);
}

#[test]
fn a_revoked_sign_in_asks_for_attention_and_keeps_the_settings() {
    let desk = Desk::headless();
    let office = Office::open(Duration::from_secs(5));
    let mut product = office.product(&desk);
    let settings = product.file("settings.toml").unwrap();
    sign_in(&product, "alice");
    wait_teams(&product);
    office.identity.revoke_all();
    let status = product.wait_status(Duration::from_secs(40), "attention", |status| {
        status["attention"] == true
    });
    assert_eq!(status["health"]["microsoft"]["ok"], false);
    let text = status["health"]["microsoft"]["text"].as_str().unwrap();
    assert!(
        text.contains("sign in again") || text.contains("Sign in again"),
        "{text}"
    );
    wait_problem(&product, "sign-in-needed");
    // A refusal for good is not asked about again and again.
    let asked = office.entra.kept().of("/token").len();
    stays(Duration::from_secs(12), "quiet", || {
        office.entra.kept().of("/token").len() == asked
    });
    assert_eq!(product.file("settings.toml").unwrap(), settings);
    // It is still the same after a restart, and not a loop either.
    assert!(product.term().success());
    product.start_headless();
    product.wait_status(SOON, "attention", |status| status["attention"] == true);
    sign_in(&product, "alice");
    wait_teams(&product);
    product.wait_status(SOON, "no attention", |status| status["attention"] == false);
    assert_eq!(product.file("settings.toml").unwrap(), settings);
}

/// Makes of everybody's id_token that of a personal account. Its signature is of no use then, and nobody looks at it.
struct Personal;

impl Bend for Personal {
    fn answer(&self, path: &str, text: String) -> String {
        let Ok(mut answer) = serde_json::from_str::<Value>(&text) else {
            return text;
        };
        let Some(token) = answer["id_token"].as_str().filter(|_| path.ends_with("/token")) else {
            return text;
        };
        let parts: Vec<&str> = token.split('.').collect();
        let mut claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        claims["tid"] = json!("9188040d-6c67-4c5b-b112-36a304b66dad");
        let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
        answer["id_token"] = json!(format!("{}.{claims}.{}", parts[0], parts[2]));
        answer.to_string()
    }
}

fn company() -> Playground {
    let company = block_on(Playground::start(CompanyOptions {
        device_interval: Duration::from_secs(1),
        ..CompanyOptions::default()
    }))
    .unwrap();
    company.teams_client("alice", TeamsClient::Available);
    company
}

fn product_of<'desk>(company: &Playground, login: &str, desk: &'desk Desk) -> Product<'desk> {
    product(
        desk,
        login,
        &company.addresses().graph,
        offhook_playground::CLIENT_ID,
    )
}

/// The browser of somebody who always says the same.
fn visit(url: &Url, answer: &str) -> Page {
    let mut url = url.clone();
    url.query_pairs_mut()
        .append_pair("playground_user", "alice")
        .append_pair("playground_answer", answer);
    Browser::default().open(&url)
}

#[test]
fn every_refusal_of_entra_has_its_sentence() {
    let desk = Desk::headless();
    let company = company();
    let product = product_of(&company, &company.addresses().entra, &desk);
    // Refused when the code is to be redeemed, or in the browser with a way back.
    for (fault, only, code) in [
        (Fault::EntraConsentMissing, Some(Place::Token), "consent-missing"),
        (Fault::EntraMfa, Some(Place::Token), "mfa-needed"),
        (Fault::EntraBlocked, Some(Place::Token), "blocked-by-policy"),
        (Fault::EntraRevoked, Some(Place::Token), "sign-in-revoked"),
        (
            Fault::EntraSecretExpected,
            Some(Place::Token),
            "public-client-off",
        ),
        (Fault::EntraDeclined, None, "sign-in-declined"),
        (Fault::EntraWrongNonce, None, "sign-in-state-mismatch"),
        (Fault::EntraAppNotFound, Some(Place::Token), "app-unknown"),
        (Fault::EntraUnavailable, Some(Place::Token), "entra-unreachable"),
        (Fault::EntraGarbage, Some(Place::Token), "network-page"),
        (Fault::EntraAdminConsent, None, "admin-consent-needed"),
    ] {
        let name = fault.name();
        let mut injection = Injection::new(fault).times(1);
        injection.only = only;
        company.faults().inject(injection);
        visit(&begin(&product), "sign-in");
        let account = wait_problem(&product, code);
        assert_eq!(account["step"]["step"], "signed_out", "{name}");
        let admin_text = account["admin_text"].as_str();
        assert_eq!(admin_text.is_some(), code == "admin-consent-needed", "{name}");
        if let Some(text) = admin_text {
            for part in [
                offhook_playground::CLIENT_ID,
                "Presence.ReadWrite",
                "/v2.0/adminconsent?",
            ] {
                assert!(text.contains(part), "{part} is missing: {text}");
            }
        }
    }
    // A person's own no.
    visit(&begin(&product), "cancel");
    wait_problem(&product, "sign-in-declined");
    // The code may not be used at all, or is declined.
    company.inject_times(Fault::EntraDeviceCodeBlocked, 1);
    let refused = ask(&product, json!({"sign_in": {"device_code": true}})).unwrap_err();
    assert_eq!(refused["code"], "device-code-blocked", "{refused}");
    wait_problem(&product, "device-code-blocked");
    let (code, _) = begin_device(&product);
    assert!(company.decline_device(&code));
    wait_problem(&product, "sign-in-declined");
    // After all of that it works.
    company.faults().clear();
    visit(&begin(&product), "sign-in");
    let account = wait_step(&product, "signed_in");
    assert_eq!(account["problem"], Value::Null);
    wait_teams(&product);
    assert_secret(
        &product,
        &[company.people()[0].upn.clone(), company.people()[0].name.clone()],
    );
}

#[test]
fn a_personal_account_is_refused_by_name() {
    let desk = Desk::headless();
    let company = company();
    let entra = Tap::bent(&company.addresses().entra, Personal);
    let product = product_of(&company, &entra.url(), &desk);
    visit(&begin(&product), "sign-in");
    let account = wait_problem(&product, "personal-account");
    assert_eq!(account["step"]["step"], "signed_out");
    assert!(
        product
            .file("secrets.json")
            .is_none_or(|text| !text.contains("refresh_token"))
    );
}

#[test]
fn a_right_that_was_not_granted_switches_off_its_own_job_and_names_itself() {
    let desk = Desk::headless();
    let company = company();
    let product = product_of(&company, &company.addresses().entra, &desk);
    company.inject(Fault::EntraScopeNarrowed {
        scope: "Presence.ReadWrite".to_owned(),
    });
    visit(&begin(&product), "sign-in");
    let account = wait_step(&product, "signed_in");
    let granted: Vec<&Value> = account["rights"]
        .as_array()
        .unwrap()
        .iter()
        .map(|right| &right["granted"])
        .collect();
    assert_eq!(granted, [&json!(true), &json!(false), &json!(false)], "{account}");
    // Reading goes on.
    wait_teams(&product);
    let call = ["call", "answer", "--source", "test", "--id", "1"];
    assert_eq!(product.ctl(&call).code, 0);
    let status = product.wait_status(SOON, "the call not told to Teams", |status| {
        status["not_done"]
            .as_array()
            .is_some_and(|list| list.contains(&json!({"field": "teams", "reason": "right-missing"})))
    });
    assert_eq!(status["state"], "in-call");
    assert!(company.sessions("alice").is_empty());
}

#[test]
fn refusals_at_a_refresh_name_themselves() {
    let desk = Desk::headless();
    let company = block_on(Playground::start(CompanyOptions {
        access_token_life: Some(Duration::from_secs(5)),
        ..CompanyOptions::default()
    }))
    .unwrap();
    company.teams_client("alice", TeamsClient::Available);
    let product = product_of(&company, &company.addresses().entra, &desk);
    for (fault, code) in [
        (Fault::EntraMfa, "mfa-needed"),
        (Fault::EntraRevoked, "sign-in-revoked"),
    ] {
        visit(&begin(&product), "sign-in");
        wait_step(&product, "signed_in");
        company.faults().inject(Injection::new(fault));
        let mut watch = pages(&product);
        let wanted = |pages: &Value| pages["account"]["problem"]["code"] == code;
        watch.wait(Duration::from_secs(40), code, wanted);
        assert_eq!(product.status()["attention"], true);
        company.faults().clear();
    }
    visit(&begin(&product), "sign-in");
    wait_for(SOON, "no attention", || {
        (product.status()["attention"] == false).then_some(())
    });
}
