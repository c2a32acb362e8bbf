//! A page of the web, in a real Chromium, against the two listeners on loopback: the call hook and the one of a
//! sign-in. The page's owner knows the port and the shape of a right request, and may point names at this machine.
//! Every kind of request is first shown to leave the browser, by a door that is open to all.

use std::io::Write as _;
use std::time::Duration;

use offhook_tests::desk::Desk;
use offhook_tests::playground::Playground;
use offhook_tests::process::Running;
use offhook_tests::product::Product;
use offhook_tests::webdriver::Window;
use offhook_tests::{stays, try_wait_for, wait_for};
use serde_json::{Value, json};
use url::Url;

use crate::strangers::{self, Stranger, http};

const SOON: Duration = Duration::from_secs(15);
const A_WHILE: Duration = Duration::from_secs(2);

/// Names of the attacker's that lead to this machine.
const PAGE: &str = "attacker.example";
const REBOUND: &str = "rebound.example";

/// Every way in which a page can send something to an address, and what it gets to see of the answer. Arguments: host
/// and port, path, query of a GET, body of a POST, whether each way gets a path of its own.
const TRIES: &str = r#"
const [at, root, query, body, apart, done] = arguments;
let path, url;
const late = (answer) => Promise.race([
  answer,
  new Promise((end) => setTimeout(() => end("late"), 8000)),
]);
const load = (element, from) => new Promise((end) => {
  element.onload = () => end("loaded");
  element.onerror = () => end("error");
  Object.assign(element, from);
  document.body.append(element);
});
const post = (options) => fetch(`http://${at}${path}`, { method: "POST", body, ...options })
  .then((answer) => `${answer.type}:${answer.status}`, () => "blocked");
const json = { "content-type": "application/json", authorization: "Bearer guess" };
const form = (method, enctype, fields) => new Promise((end) => {
  const frame = document.createElement("iframe");
  frame.name = `frame-${method}-${Math.random()}`;
  const form = document.createElement("form");
  Object.assign(form, { method, enctype, action: `http://${at}${path}`, target: frame.name });
  for (const [name, value] of fields) {
    const field = document.createElement("input");
    Object.assign(field, { name, value });
    form.append(field);
  }
  document.body.append(frame, form);
  frame.onload = () => {
    let text = "closed";
    try { text = frame.contentDocument.body.innerText } catch {}
    end(`loaded:${text}`);
  };
  form.submit();
});
const tries = {
  img: () => load(document.createElement("img"), { src: url }),
  script: () => load(document.createElement("script"), { src: url }),
  style: () => load(document.createElement("link"), { rel: "stylesheet", href: url }),
  frame: () => load(document.createElement("iframe"), { src: url }).then(() => {
    const frame = [...document.querySelectorAll("iframe")].find((one) => one.src === url);
    try { return `read:${frame.contentDocument.body.innerText}` } catch { return "closed" }
  }),
  get: () => fetch(url).then((answer) => `${answer.type}:${answer.status}`, () => "blocked"),
  get_blind: () => fetch(url, { mode: "no-cors" }).then((answer) => answer.type, () => "blocked"),
  post_plain: () => post({ mode: "no-cors", headers: { "content-type": "text/plain" } }),
  post_json: () => post({ headers: json }),
  post_bare: () => post({}),
  beacon: () => Promise.resolve(String(navigator.sendBeacon(`http://${at}${path}`, new Blob([body], { type: "text/plain" })))),
  form_get: () => form("get", "application/x-www-form-urlencoded", new URLSearchParams(query)),
  form_plain: () => form("post", "text/plain", [[body.slice(0, -1) + ',"x":"', '"}']]),
  socket: () => new Promise((end) => {
    const socket = new WebSocket(`ws://${at}${path}${query}`);
    socket.onopen = () => end("open");
    socket.onerror = () => end("error");
  }),
  events: () => new Promise((end) => {
    const events = new EventSource(url);
    events.onopen = () => { events.close(); end("open") };
    events.onerror = () => { events.close(); end("error") };
  }),
};
(async () => {
  const seen = {};
  for (const [name, attack] of Object.entries(tries)) {
    path = apart ? `${root}/${name}` : root;
    url = `http://${at}${path}${query}`;
    try { seen[name] = await late(attack()) } catch (error) { seen[name] = `threw ${error}` }
  }
  done(seen);
})();
"#;

fn page() -> Vec<u8> {
    http(
        "200 OK",
        "Content-Type: text/html\r\n",
        "<!doctype html><title>Prizes</title><body>",
    )
}

/// The attacker's own page, and a browser that shows it.
fn visited() -> (Window, Stranger) {
    let site = Stranger::saying(page());
    let rebound = strangers::REBOUND.to_string();
    let window = Window::chromium(&[(PAGE, "127.0.0.1"), (REBOUND, rebound.as_str())]);
    window.go(&format!("http://{PAGE}:{}/", site.port));
    assert_eq!(window.title(), "Prizes");
    (window, site)
}

fn attack(window: &Window, at: &str, path: &str, query: &str, body: &Value) -> Value {
    tried(window, at, path, query, body, false)
}

fn tried(window: &Window, at: &str, path: &str, query: &str, body: &Value, apart: bool) -> Value {
    let body = body.to_string();
    let arguments = [json!(at), json!(path), json!(query), json!(body), json!(apart)];
    window.execute_later(TRIES, &arguments)
}

fn event() -> Value {
    json!({"v": 1, "event": "answer", "source": "page", "callId": "1"})
}

/// What must be seen of a door that is shut: neither an answer nor that anything was taken.
#[track_caller]
fn assert_nothing_seen(seen: &Value) {
    for (name, allowed) in [
        ("img", &["error"][..]),
        // A refusal without a word is an empty document to these two.
        ("script", &["error"]),
        ("style", &["error"]),
        ("frame", &["closed"]),
        ("get", &["blocked"]),
        ("get_blind", &["opaque", "blocked"]),
        ("post_plain", &["opaque:0", "blocked"]),
        ("post_json", &["blocked"]),
        ("post_bare", &["blocked"]),
        ("socket", &["error"]),
        ("events", &["error"]),
        ("form_get", &["loaded:closed"]),
        ("form_plain", &["loaded:closed"]),
        ("beacon", &["true", "false"]),
    ] {
        let got = seen[name].as_str().unwrap_or_default();
        assert!(allowed.contains(&got), "{name} saw {got:?} in {seen:#}");
    }
}

#[test]
fn every_try_of_the_page_does_leave_the_browser() {
    let (window, _site) = visited();
    let open = Stranger::start(|stream, _| {
        let answer = http("200 OK", "Access-Control-Allow-Origin: *\r\n", "open to all");
        drop(stream.write_all(&answer));
    });
    let at = format!("127.0.0.1:{}", open.port);
    let seen = tried(&window, &at, "/v1/call", "?event=answer", &event(), true);
    let plain = event().to_string();
    let mut left = seen.as_object().expect("what was seen").clone();
    for (name, method, with) in [
        ("img", "GET", "image/"),
        ("script", "GET", "Sec-Fetch-Dest: script"),
        ("style", "GET", "text/css"),
        ("frame", "GET", "Sec-Fetch-Dest: iframe"),
        ("get", "GET", "Sec-Fetch-Mode: cors"),
        ("get_blind", "GET", "Sec-Fetch-Mode: no-cors"),
        ("post_plain", "POST", plain.as_str()),
        // With headers that are asked about first.
        ("post_json", "OPTIONS", "authorization"),
        ("post_bare", "POST", plain.as_str()),
        ("beacon", "POST", plain.as_str()),
        ("form_get", "GET", "Sec-Fetch-Mode: navigate"),
        // A body that is JSON, by a form.
        (
            "form_plain",
            "POST",
            r#"{"callId":"1","event":"answer","source":"page","v":1,"x":"="}"#,
        ),
        ("socket", "GET", "Upgrade: websocket"),
        ("events", "GET", "text/event-stream"),
    ] {
        assert!(left.remove(name).is_some(), "nobody tried {name}");
        let query = if method == "GET" { "?event=answer" } else { "" };
        let start = format!("{method} /v1/call/{name}{query} HTTP/1.1\r\n");
        // A page does not wait for its beacon.
        let sent = try_wait_for(SOON, || {
            let heard = open.heard();
            let (_, request) = heard.split_once(&start)?;
            let request = request.split(" HTTP/1.1\r\n").next()?;
            request.contains(with).then_some(())
        });
        assert!(
            sent.is_some(),
            "{start} with {with} was never sent: {seen:#}\n{}",
            open.heard()
        );
    }
    assert_eq!(left.len(), 0, "not looked for: {left:?}");
    assert_eq!(seen["get"], "cors:200", "{seen:#}");
}

#[test]
fn a_page_reports_no_call_and_reads_nothing() {
    let desk = Desk::headless();
    let mut product = Product::new(&desk);
    product.start_headless();
    let hook: Value = serde_json::from_str(&product.file("hook.json").expect("hook.json")).expect("JSON");
    let port = &hook["port"];
    let (window, _site) = visited();
    let none = |product: &Product<'_>| product.status()["calls"] == json!([]);
    for host in ["127.0.0.1", "localhost"] {
        let query = "?v=1&event=answer&source=page&callId=1";
        let seen = attack(&window, &format!("{host}:{port}"), "/v1/call", query, &event());
        assert_nothing_seen(&seen);
    }
    stays(A_WHILE, "no call", || none(&product));

    // The same page under a name that was pointed at this machine afterwards: of one origin with the hook.
    strangers::rebinding(
        u16::try_from(port.as_u64().expect("a port")).expect("a port"),
        page(),
    );
    let at = format!("{REBOUND}:{port}");
    window.go(&format!("http://{at}/"));
    assert_eq!(window.title(), "Prizes");
    let seen = attack(&window, &at, "/v1/call", "", &event());
    for name in ["post_json", "post_bare", "post_plain", "get"] {
        // It sees that it is refused, and no more.
        assert_eq!(seen[name], "basic:403", "{name} in {seen:#}");
    }
    assert_eq!(seen["socket"], "error", "{seen:#}");
    // Not even with the right token, which a page cannot have.
    let with_token = "const [token, body, done] = arguments;
        fetch('/v1/call', {method: 'POST', body, headers: {'content-type': 'application/json', authorization: `Bearer ${token}`}})
            .then((answer) => done(answer.status), () => done('blocked'));";
    let seen = window.execute_later(with_token, &[hook["token"].clone(), json!(event().to_string())]);
    assert_eq!(seen, 403);
    stays(A_WHILE, "no call", || none(&product));
    // The same from a program is taken: it was the page that was refused, not the event.
    let said = product.ctl(&["call", "answer", "--source", "program", "--id", "1"]);
    assert_eq!(said.code, 0, "{said:?}");
    wait_for(SOON, "the program's call", || (!none(&product)).then_some(()));
}

#[test]
fn a_page_neither_ends_nor_takes_over_a_sign_in() {
    let desk = Desk::headless();
    let company = Playground::start(&desk);
    let mut product = Product::new(&desk);
    product.write_settings(&company.settings());
    product.start_headless();
    let mut signing_in = Running::start("offhookctl", product.command("offhookctl", &["sign-in"]));
    let line = signing_in.wait_line(SOON, |line| line.trim_start().starts_with("http"));
    let url: Url = line.trim().parse().expect("the address of a sign-in");
    let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri");
    let redirect: Url = redirect.expect("a redirect").1.parse().expect("an address");
    let port = redirect.port().expect("a port");
    let (window, _site) = visited();
    for query in [
        "?code=stolen&state=guess",
        "?error=access_denied&state=guess",
        "?code=stolen",
        "",
    ] {
        for host in ["127.0.0.1", "localhost"] {
            let seen = attack(&window, &format!("{host}:{port}"), "/", query, &event());
            assert_nothing_seen(&seen);
        }
    }
    // A name that is pointed here afterwards.
    strangers::rebinding(port, page());
    let at = format!("{REBOUND}:{port}");
    window.go(&format!("http://{at}/"));
    assert_eq!(window.title(), "Prizes");
    let seen = attack(&window, &at, "/", "?code=stolen&state=guess", &event());
    assert_eq!(
        (&seen["get"], &seen["socket"]),
        (&json!("basic:403"), &json!("error")),
        "{seen:#}"
    );
    // A visit as of a person who was sent a link.
    window.go(&format!("http://localhost:{port}/?code=stolen&state=guess"));
    assert!(
        window.source().contains("does not belong to a sign-in"),
        "{}",
        window.source()
    );
    assert!(signing_in.ended().is_none(), "{}", signing_in.log().tail());
    // The person's own answer is taken all the same.
    let mut own = url;
    own.query_pairs_mut().append_pair("playground_user", "alice");
    window.go(own.as_str());
    assert!(
        window.source().contains("You can close this window"),
        "{}",
        window.source()
    );
    assert!(signing_in.wait_end(SOON).success(), "{}", signing_in.log().tail());
    // And afterwards nobody listens there any more.
    let gone = try_wait_for(SOON, || {
        std::net::TcpStream::connect(("127.0.0.1", port))
            .is_err()
            .then_some(())
    });
    assert!(gone.is_some(), "the listener outlives the sign-in");
}
