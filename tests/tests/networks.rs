//! The way into the network: a proxy with a sign-in, an organisation's own certificates, names that only the proxy knows,
//! IPv6, and pages that answer in place of Microsoft.
#![cfg(target_os = "linux")]

use std::io::{Read as _, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::response::Html;
use offhook_tests::desk::Desk;
use offhook_tests::front::Front;
use offhook_tests::playground::Playground;
use offhook_tests::product::Product;
use offhook_tests::proxy::{Asked, Proxy};
use offhook_tests::runtime::{block_on, handle};
use offhook_tests::socket::Socket;
use offhook_tests::wait_until;
use serde_json::{Value, json};

const LIMIT: Duration = Duration::from_secs(45);
const GRAPH: &str = "graph.example.com:443";
const ALICE: &str = "alice";

struct Company<'desk> {
    product: Product<'desk>,
    playground: Playground,
    proxy: Proxy,
    front: Front,
}

/// Signed in; Graph is outside, behind the proxy, with a certificate of the company's own authority.
fn company<'desk>(desk: &'desk Desk, login: Option<&str>, network: &str) -> Company<'desk> {
    let playground = Playground::start(desk);
    let settings = playground.settings();
    let line = settings.lines().find(|line| line.starts_with("graph_url"));
    let graph = line
        .and_then(|line| line.split('"').nth(1))
        .expect("Graph's address");
    let port = url::Url::parse(graph)
        .ok()
        .and_then(|url| url.port())
        .expect("a port");
    let inside = SocketAddr::from(([127, 0, 0, 1], port));
    let text = settings.replace(graph, &format!("https://{}/v1.0", "graph.example.com"));
    let text = text.replace("\nkind = \"asterisk\"", "\nkind = \"none\"");
    let front = Front::named(inside, "DNS:graph.example.com");
    let proxy = Proxy::start(login);
    proxy.lead(GRAPH, front.address());
    let mut product = Product::new(desk);
    product.write_settings(&format!(
        "{text}\n[network]\nproxy = \"named\"\nproxy_address = \"{}\"\nroot_file = \"{}\"\n{network}\n[log]\nlevel = \"trace\"\n",
        proxy.address(),
        front.authority_file().display(),
    ));
    product.start_headless();
    // The sign-in is on the computer itself, where no proxy is asked.
    product.sign_in(ALICE);
    Company {
        product,
        playground,
        proxy,
        front,
    }
}

impl Company<'_> {
    /// What Microsoft's light says once it says this.
    #[track_caller]
    fn wait_said(&self, ok: bool, words: &str) {
        self.product.wait_status(LIMIT, words, |status| {
            let light = &status["health"]["microsoft"];
            light["ok"] == ok && light["text"].as_str().unwrap_or_default().contains(words)
        });
    }

    #[track_caller]
    fn set_password(&self, password: &str) {
        let said = self
            .product
            .run_with_input("offhookctl", &["secret", "set", "proxy"], password);
        assert_eq!(said.code, 0, "{said:?}");
    }

    fn tries_with(&self, login: &str) -> Vec<Asked> {
        let mut asked = self.proxy.asked();
        asked.retain(|asked| asked.login.as_deref() == Some(login));
        asked
    }
}

#[test]
fn a_proxy_with_a_login_is_passed_with_the_right_one_and_a_wrong_one_is_tried_once() {
    let desk = Desk::headless();
    let company = company(&desk, Some("ada:s3cret-right"), "proxy_user = \"ada\"");
    // Nothing is stored yet: the proxy says so, and Offhook which proxy and where to.
    company.wait_said(false, "graph.example.com");
    company.wait_said(false, "proxy");
    let pages = Socket::connect(company.product.data_dir())
        .watch("pages")
        .wait(LIMIT, "the page", |pages| {
            pages["startup"]["proxy_password"] == false
        });
    assert_eq!(pages["fields"]["network.proxy_user"]["value"], "ada");

    company.set_password("s3cret-wrong");
    wait_until(LIMIT, "the wrong login", || {
        !company.tries_with("ada:s3cret-wrong").is_empty()
    });
    let refused = company.proxy.asked().len();
    wait_until(LIMIT * 2, "one more try", || {
        company.proxy.asked().len() > refused
    });
    // One that was on its way beside the first counts as the first.
    assert!(
        company.tries_with("ada:s3cret-wrong").len() <= 2,
        "{:?}",
        company.proxy.asked()
    );
    company.wait_said(false, "proxy");

    company.set_password("s3cret-right");
    company.product.wait_status(LIMIT, "Teams", |status| {
        status["health"]["microsoft"]["ok"] == true && !status["teams"]["seen"].is_null()
    });
    // The sign-in's own address is on this computer: it never goes to the proxy.
    let asked = company.proxy.asked();
    assert!(asked.iter().all(|asked| asked.host == GRAPH), "{asked:?}");
    let logs = company.product.logs();
    // At the fullest level; the second is how Basic begins with `ada:s3cret-`, the right and the wrong one.
    assert!(logs.contains("sent wire=\"Graph\""), "the log was heard");
    for secret in ["s3cret", "YWRhOnMzY3JldC"] {
        assert!(!logs.contains(secret), "{secret} is in the log");
    }
    assert!(
        !company
            .product
            .file("settings.toml")
            .expect("settings")
            .contains("s3cret")
    );

    // The list of what is reached directly: nobody here knows the name.
    let mut socket = Socket::connect(company.product.data_dir());
    let apply = json!({"apply": {"network.no_proxy": "example.com"}});
    assert_eq!(socket.ask(apply).expect("taken"), json!("done"));
    company.wait_said(false, "Microsoft Graph");
    let before = company.proxy.asked().len();
    company.wait_said(false, "Microsoft Graph");
    assert_eq!(company.proxy.asked().len(), before);
    // A login in the address would stand in the settings for everybody.
    let refused = socket.ask(json!({"apply": {"network.proxy_address": "ada:s3cret@[::1]:1"}}));
    assert_eq!(refused.expect_err("refused")["code"], "entry-not-possible");
}

#[test]
fn the_proxy_that_the_system_names_is_taken_and_its_exceptions_too() {
    let desk = Desk::headless();
    let mut company = company(&desk, None, "");
    company.wait_said(true, "");
    company.product.term();
    let settings = company.product.file("settings.toml").expect("settings");
    let named = |line: &&str| !line.starts_with("proxy_address");
    let lines: Vec<&str> = settings.lines().filter(named).collect();
    let settings = lines
        .join("\n")
        .replace("proxy = \"named\"", "proxy = \"system\"");
    company.product.write_settings(&settings);

    let asked = company.proxy.asked().len();
    let proxy = format!("http://{}", company.proxy.address());
    company.product.start(&["--no-tray"], &[("HTTPS_PROXY", &proxy)]);
    company.wait_said(true, "");
    assert!(company.proxy.asked().len() > asked, "{:?}", company.proxy.asked());
    company.product.term();

    let asked = company.proxy.asked().len();
    let environment = [("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", "example.com")];
    company.product.start(&["--no-tray"], &environment);
    // Nobody here knows the name.
    company.wait_said(false, "Microsoft Graph");
    assert_eq!(company.proxy.asked().len(), asked);
}

#[test]
fn a_page_in_place_of_microsoft_is_named_and_nothing_is_concluded_from_it() {
    let desk = Desk::headless();
    let company = company(&desk, None, "");
    let seen = |status: &Value| status["teams"]["seen"]["availability"].clone();
    company.playground.pick(ALICE, Some("do-not-disturb"));
    let known = company
        .product
        .wait_status(LIMIT, "do not disturb", |status| seen(status) == "DoNotDisturb");

    // From now on the hotel answers, with a certificate that is trusted, as blocking proxies have.
    let page = || async { Html("<!doctype html><title>Welcome</title>Please sign in") };
    let listener = block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
    let hotel = listener.local_addr().expect("an address");
    let served = handle().spawn(async move { axum::serve(listener, Router::new().fallback(page)).await });
    company.front.lead(hotel);
    company.wait_said(false, "web page answers in place of graph.example.com");
    let status = company.product.status();
    assert_eq!(seen(&status), seen(&known), "the last reading stays");
    assert_eq!(status["state"], known["state"]);
    served.abort();

    // The proxy knows the place no more.
    company.proxy.forget(GRAPH);
    company.front.lead(hotel);
    company.wait_said(false, "proxy makes no connection");
}

/// The doctor's lines for a Microsoft that is reached in this way.
fn doctor_says(desk: &Desk, network: &str) -> String {
    let product = Product::new(desk);
    product.write_settings(&format!(
        "version = 1\n[person]\nlanguage = \"en\"\n[microsoft]\ncloud = \"custom\"\ntenant = \"example.com\"\n\
         client_id = \"00001111-2222-3333-4444-555566667777\"\nlogin_url = \"https://login.invalid\"\n\
         graph_url = \"https://graph.invalid/v1.0\"\n[store]\nsecrets = \"file\"\n[network]\n{network}\n"
    ));
    let said = product.ctl(&["doctor"]);
    assert_eq!(said.code, 1, "{said:?}");
    said.stdout
}

#[test]
fn a_proxy_that_takes_kerberos_alone_is_named_with_its_words() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut head = [0; 1024];
            let asked = stream.read(&mut head).unwrap_or_default();
            if head[..asked].starts_with(b"CONNECT ") {
                let answer =
                    b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Negotiate\r\n\
                    Proxy-Authenticate: NTLM\r\nContent-Length: 0\r\n\r\n";
                drop(stream.write_all(answer));
            }
        }
    });
    let desk = Desk::headless();
    let said = doctor_says(
        &desk,
        &format!("proxy = \"named\"\nproxy_address = \"127.0.0.1:{port}\""),
    );
    let sentence = "The proxy wants a sign-in by Negotiate, NTLM; Offhook can do Basic alone.";
    assert!(said.contains(sentence), "{said}");
}

#[test]
fn a_desktop_that_finds_its_proxy_by_a_script_is_told_to_name_it() {
    let sentence = "finds its proxy by a script (PAC)";
    let desk = Desk::headless();
    assert!(!doctor_says(&desk, "").contains(sentence));
    std::fs::write(
        desk.folder().join("config/kioslaverc"),
        "[Proxy Settings]\nProxyType=2\n",
    )
    .expect("the desktop's settings");
    let said = doctor_says(&desk, "");
    assert!(said.contains(sentence), "{said}");
    assert!(!doctor_says(&desk, "proxy = \"off\"").contains(sentence));
}

/// Becomes `offhook` in a network of its own, in which `localhost` is `::1` alone.
const WITHOUT_IPV4: &str = r#"ip link set lo up && ip -4 address flush dev lo && exec "$0" "$@""#;

/// Whether the process listens at that port of `::1`, as the system tells it.
fn listens_on_v6(pid: u32, port: u16) -> bool {
    let sockets = std::fs::read_to_string(format!("/proc/{pid}/net/tcp6")).unwrap_or_default();
    let place = format!(" 00000000000000000000000001000000:{port:04X} ");
    let mut listening = sockets.lines().filter(|line| line.contains(" 0A "));
    listening.any(|line| line.contains(&place))
}

#[test]
fn on_a_machine_without_ipv4_hook_and_sign_in_listen_at_the_other_address() {
    if !rustix::process::getuid().is_root() {
        eprintln!("LEFT OUT: only root can make a network without IPv4; run this test as root");
        return;
    }
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.write_settings(
        "version = 1\n[microsoft]\ncloud = \"custom\"\ntenant = \"example.com\"\n\
         client_id = \"00001111-2222-3333-4444-555566667777\"\nlogin_url = \"http://[::1]:9\"\n\
         graph_url = \"http://[::1]:9/v1.0\"\n[store]\nsecrets = \"file\"\n",
    );
    product.start_under(&["unshare", "--net", "sh", "-c", WITHOUT_IPV4]);
    product.start_headless();
    let pid = product.process().pid();
    let v4 = std::fs::read_to_string(format!("/proc/{pid}/net/tcp")).expect("sockets");
    assert_eq!(v4.lines().count(), 1, "{v4}");

    let mut socket = Socket::connect(product.data_dir());
    let access = socket.ask(json!("hook_access")).expect("the hook");
    let address = access["hook_access"]["address"].as_str().expect("its address");
    let address: url::Url = address.parse().expect("an address");
    assert_eq!(address.host_str(), Some("[::1]"));
    assert!(listens_on_v6(pid, address.port().expect("a port")));

    let begun = socket
        .ask(json!({"sign_in": {"device_code": false}}))
        .expect("a sign-in");
    let page: url::Url = begun["sign_in"]["browser"]["url"]
        .as_str()
        .and_then(|page| page.parse().ok())
        .expect("its page");
    let redirect = page.query_pairs().find(|(name, _)| name == "redirect_uri");
    let redirect: url::Url = redirect
        .and_then(|(_, redirect)| redirect.parse().ok())
        .expect("where it ends");
    assert_eq!(redirect.host_str(), Some("localhost"));
    assert!(listens_on_v6(pid, redirect.port().expect("a port")));
}

#[test]
fn a_certificate_of_nobody_known_is_said_and_a_bad_file_too() {
    let desk = Desk::headless();
    let company = company(&desk, None, "");
    company.wait_said(true, "");
    let mut socket = Socket::connect(company.product.data_dir());
    let apply = |file: &str| json!({"apply": {"network.root_file": file}});
    socket.ask(apply("")).expect("taken");
    company.wait_said(false, "does not trust the certificate of graph.example.com");
    let (in_order, says) = company.product.doctor("Encryption to graph.example.com");
    assert!(
        !in_order && says.contains("does not trust the certificate"),
        "{says}"
    );
    assert!(says.contains("root certificate belongs into"), "{says}");
    socket.ask(apply("/nowhere/roots.pem")).expect("taken");
    let mut pages = Socket::connect(company.product.data_dir()).watch("pages");
    let shown = pages.wait(LIMIT, "the file", |pages| {
        !pages["startup"]["network"][0].is_null()
    });
    assert_eq!(shown["startup"]["network"][0]["code"], "root-file-unreadable");
    let file = company.front.authority_file();
    socket.ask(apply(&file.display().to_string())).expect("taken");
    company.wait_said(true, "");
    assert!(company.product.doctor("Encryption to graph.example.com").0);
}
