use super::*;
use ed25519_dalek::{Signer as _, SigningKey};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

const NOW: &str = "2026-06-01T08:00:00Z";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn config(feed: &str) -> UpdateConfig {
    let key = URL_SAFE_NO_PAD.encode(key(7).verifying_key().to_bytes());
    UpdateConfig::parse(feed, &[key]).unwrap()
}

fn body(version: &str, made: &str, until: &str) -> String {
    format!(
        r#"{{"kind":"offhook-update","version":"{version}","made":"{made}","until":"{until}","page":"https://example.com/offhook"}}"#
    )
}

fn signed(by: u8, body: &str) -> Vec<u8> {
    let signature = STANDARD.encode(key(by).sign(body.as_bytes()).to_bytes());
    format!("offhook-update 1 {signature}\n{body}").into_bytes()
}

fn good() -> String {
    body("1.3.0", "2026-05-01T08:00:00Z", "2026-08-01T08:00:00Z")
}

fn outcome(bytes: &[u8], newest: Option<&str>) -> Result<Release, UpdateError> {
    let newest = newest.map(|text| text.parse().unwrap());
    read(bytes, &config("https://example.com/feed"), newest, now())
}

#[test]
fn a_signed_file_is_believed() {
    let release = outcome(&signed(7, &good()), Some("2026-05-01T08:00:00Z")).unwrap();
    assert_eq!(release.version.to_string(), "1.3.0");
    assert!(release.version > Version::parse("1.2.99").unwrap());
    assert!(release.version < Version::parse("1.10.0").unwrap());
    assert_eq!(release.page, "https://example.com/offhook");
}

#[test]
fn nothing_is_believed_of_a_file_that_was_changed_or_signed_by_another() {
    let whole = signed(7, &good());
    for at in 0..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert!(outcome(&changed, None).is_err(), "byte {at}");
    }
    assert_eq!(outcome(&signed(8, &good()), None), Err(UpdateError::BadSignature));
    let none = format!("offhook-update 1 \n{}", good());
    for odd in [
        none.as_bytes(),
        b"",
        b"\n",
        b"offhook-update 1 AAAA",
        &whole[..40],
        b"<html>",
    ] {
        assert!(outcome(odd, None).is_err());
    }
}

#[test]
fn a_page_is_an_address_and_nothing_besides() {
    for (said, page) in [
        (r" https://example.com/offhook\n", "https://example.com/offhook"),
        (r"https://example.com/\u001b[2J", "https://example.com/%1B[2J"),
        (r"ht\ttps://example.com/offhook", "https://example.com/offhook"),
    ] {
        let body = good().replace("https://example.com/offhook", said);
        let release = outcome(&signed(7, &body), None).unwrap();
        assert_eq!(release.page, page, "{said}");
    }
}

#[test]
fn old_files_do_not_come_back_and_do_not_live_for_ever() {
    let older = outcome(&signed(7, &good()), Some("2026-05-01T08:00:01Z"));
    assert_eq!(older, Err(UpdateError::Older));
    for (made, until) in [
        ("2026-05-01T08:00:00Z", "2026-06-01T07:59:59Z"),
        ("2026-06-03T08:00:00Z", "2026-08-01T08:00:00Z"),
    ] {
        let outcome = outcome(&signed(7, &body("1.3.0", made, until)), None);
        assert_eq!(outcome, Err(UpdateError::OutOfDate));
    }
}

#[test]
fn a_signed_file_of_another_kind_is_none() {
    for odd in [
        good().replace("offhook-update", "offhook-key"),
        good().replace("https://", "http://"),
        good().replace("1.3.0", "1.3"),
        good().replace("1.3.0", "+1.3.0"),
        good().replace("\"page\"", "\"run\":\"x\",\"page\""),
        "{}".to_owned(),
    ] {
        assert_eq!(
            outcome(&signed(7, &odd), None),
            Err(UpdateError::NotAFeed),
            "{odd}"
        );
    }
}

#[test]
fn an_address_and_a_key_are_needed() {
    let key = URL_SAFE_NO_PAD.encode([1; 32]);
    for feed in [
        "",
        "http://example.com/feed",
        "ftp://example.com",
        "https://a:b@example.com/",
    ] {
        assert!(
            UpdateConfig::parse(feed, std::slice::from_ref(&key)).is_err(),
            "{feed}"
        );
    }
    for keys in [Vec::new(), vec!["short".to_owned()]] {
        assert!(UpdateConfig::parse("https://example.com/feed", &keys).is_err());
    }
}

/// Answers once with this head, then with this piece of a body so often.
async fn serve(head: &'static str, piece: Vec<u8>, times: usize) -> Result<Release, UpdateError> {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let feed = format!("http://{}/feed", listener.local_addr().unwrap());
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut asked = [0; 2048];
        let _length = stream.read(&mut asked).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        for _ in 0..times {
            if stream.write_all(&piece).await.is_err() {
                return;
            }
        }
    });
    let outcome = ask(&net::client().unwrap(), &config(&feed), None, now()).await;
    server.abort();
    outcome
}

#[tokio::test]
async fn a_feed_is_asked_for_and_an_endless_answer_is_not_read_to_its_end() {
    let fine = serve(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
        signed(7, &good()),
        1,
    )
    .await;
    assert_eq!(fine.unwrap().version, Version::parse("1.3.0").unwrap());
    let endless = serve(
        "HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n",
        vec![b'x'; 4096],
        usize::MAX,
    )
    .await;
    assert_eq!(endless, Err(UpdateError::TooLarge));
    let moved = serve(
        "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\n\r\n",
        Vec::new(),
        0,
    )
    .await;
    assert_eq!(moved, Err(UpdateError::Refused(302)));
}
