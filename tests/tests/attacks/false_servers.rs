//! Servers that send Offhook elsewhere, or are not who they should be: no password and no token goes along.

use std::thread;

use crate::floods::{CALENDARS, Look, PHONES, calendar, graph, phone};
use crate::strangers::{Stranger, http};

const PASSWORD: &str = "correct-horse-battery";
const TOKEN: &str = "access-token-of-nora";
/// `nora:correct-horse-battery`, as Basic sends it.
const BASIC: &str = "bm9yYTpjb3JyZWN0LWhvcnNlLWJhdHRlcnk";

fn run(looks: Vec<Look>) {
    let running: Vec<_> = looks.into_iter().map(thread::spawn).collect();
    for look in running {
        // What it says of such a server is another test's.
        let _said = look.join().expect("a look that ends");
    }
}

fn everybody(port: u16) -> Vec<Look> {
    let mut looks: Vec<Look> = Vec::new();
    for (kind, more) in PHONES {
        looks.push(phone(kind, more, "off", port, PASSWORD));
    }
    looks.extend(CALENDARS.map(|source| calendar(source, port, PASSWORD)));
    looks.push(graph(port, TOKEN));
    looks
}

#[track_caller]
fn assert_no_secret(heard: &str) {
    for secret in [PASSWORD, TOKEN, BASIC, "Authorization", "authorization"] {
        assert!(!heard.contains(secret), "{secret} was sent:\n{heard}");
    }
}

#[test]
fn a_redirect_takes_no_secret_along() {
    for status in [
        "301 Moved",
        "302 Found",
        "303 See Other",
        "307 Temporary",
        "308 Permanent",
    ] {
        let other = Stranger::saying(http(
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"x\"\r\n",
            "",
        ));
        let to = format!("Location: http://127.0.0.1:{}/elsewhere\r\n", other.port);
        let server = Stranger::saying(http(status, &to, ""));
        run(everybody(server.port));
        assert!(server.heard().contains("HTTP/1.1"), "nobody asked");
        assert_no_secret(&other.heard());
    }
}

#[test]
fn a_redirect_to_another_name_takes_no_secret_along() {
    // The same machine, another name: to a program another host.
    let other = Stranger::saying(http(
        "401 Unauthorized",
        "WWW-Authenticate: Basic realm=\"x\"\r\n",
        "",
    ));
    let to = format!("Location: http://localhost:{}/elsewhere\r\n", other.port);
    let server = Stranger::saying(http("307 Temporary", &to, ""));
    run(everybody(server.port));
    assert_no_secret(&other.heard());
}

#[test]
fn a_server_that_cannot_prove_itself_hears_nothing() {
    // Without a certificate at all: an open port in the place of the phone system.
    for greeting in [
        "",
        "Asterisk Call Manager/11.0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        let server = Stranger::saying(greeting);
        let looks = PHONES.map(|(kind, more)| phone(kind, more, "system", server.port, PASSWORD));
        run(looks.into());
        let heard = server.heard();
        assert!(!heard.is_empty(), "nobody came");
        assert_no_secret(&heard);
        for word in ["nora", "1001"] {
            assert!(!heard.contains(word), "{word} was sent in the clear");
        }
    }
}
