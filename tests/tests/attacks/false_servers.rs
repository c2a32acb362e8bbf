//! Servers that send Offhook elsewhere, or are not who they should be: no password and no token goes along.

use std::thread;

use crate::floods::{CALENDARS, Look, PHONES, calendar, entra, graph, phone};
use crate::strangers::{Stranger, http};

const PASSWORD: &str = "correct-horse-battery";
const TOKEN: &str = "access-token-of-nora";
const REFRESH: &str = "refresh-token-of-nora";
/// `nora:correct-horse-battery`, as Basic sends it.
const BASIC: &str = "bm9yYTpjb3JyZWN0LWhvcnNlLWJhdHRlcnk";

/// One look at a server, by its name.
type Named = (String, Box<dyn Fn(u16) -> Look>);

fn everybody() -> Vec<Named> {
    let mut all: Vec<Named> = Vec::new();
    for (kind, more) in PHONES {
        let look = move |port| phone(kind, more, "off", port, PASSWORD);
        all.push((format!("{kind} {more}"), Box::new(look)));
    }
    for source in CALENDARS {
        let look = move |port| calendar(source, port, PASSWORD);
        all.push((source.to_owned(), Box::new(look)));
    }
    all.push(("graph".to_owned(), Box::new(|port| graph(port, TOKEN))));
    all.push(("entra".to_owned(), Box::new(|port| entra(port, REFRESH))));
    all
}

/// Those who ask over HTTP, and so can be sent elsewhere.
fn is_of_the_web(name: &str) -> bool {
    !["asterisk", "csta", "sip"]
        .iter()
        .any(|kind| name.starts_with(kind))
}

#[track_caller]
fn assert_no_secret(name: &str, heard: &str) {
    for secret in [PASSWORD, TOKEN, REFRESH, BASIC, "Authorization", "authorization"] {
        assert!(!heard.contains(secret), "{name} sent {secret}:\n{heard}");
    }
}

/// Each has a server of its own that sends it to one of its own.
#[track_caller]
fn sent_elsewhere(status: &str, host: &str) {
    let running: Vec<_> = everybody()
        .into_iter()
        .map(|(name, look)| {
            let other = Stranger::saying(http(
                "401 Unauthorized",
                "WWW-Authenticate: Basic realm=\"x\"\r\n",
                "",
            ));
            let to = format!("Location: http://{host}:{}/elsewhere\r\n", other.port);
            let server = Stranger::saying(http(status, &to, ""));
            (name, thread::spawn(look(server.port)), server, other)
        })
        .collect();
    for (name, look, server, other) in running {
        // What it says of such a server is another test's.
        let _said = look.join().expect("a look that ends");
        let heard = server.heard();
        assert!(server.visits() > 0, "{status}: nobody came for {name}");
        assert!(
            heard.contains("HTTP/1.1") || !is_of_the_web(&name),
            "{name} asked nothing that could be sent elsewhere: {heard}"
        );
        if name == "entra" {
            assert!(heard.contains(REFRESH), "the token was not even brought: {heard}");
        }
        assert_no_secret(&name, &other.heard());
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
        sent_elsewhere(status, "127.0.0.1");
    }
}

#[test]
fn a_redirect_to_another_name_takes_no_secret_along() {
    // The same machine, another name: to a program another host.
    for status in ["307 Temporary", "308 Permanent"] {
        sent_elsewhere(status, "localhost");
    }
}

#[test]
fn a_server_that_cannot_prove_itself_hears_nothing() {
    // Without a certificate at all: an open port in the place of the phone system.
    for greeting in [
        "",
        "Asterisk Call Manager/11.0\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    ] {
        let running = PHONES.map(|(kind, more)| {
            let server = Stranger::saying(greeting);
            let look = phone(kind, more, "system", server.port, PASSWORD);
            (kind, thread::spawn(look), server)
        });
        for (kind, look, server) in running {
            let _said = look.join().expect("a look that ends");
            let heard = server.heard();
            assert!(server.visits() > 0, "nobody came for {kind}");
            assert_no_secret(kind, &heard);
            for word in ["nora", "1001"] {
                assert!(!heard.contains(word), "{kind} sent {word} in the clear");
            }
        }
    }
}
