//! A calendar at an address or in a file: what is asked, what is answered, and everything that goes wrong.
#![expect(clippy::unwrap_used, reason = "helpers of tests are test code")]

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use offhook_connect::calendar::ics::{self, Error, IcsConfig, Kept, Reader, Timing, Where};
use offhook_connect::phones::net::NetError;
use offhook_engine::appointment::Appointment;
use secrecy::SecretString;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

/// A server of calendars: refuses what a real one refuses, and notes it.
struct Cloud {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    task: AbortHandle,
}

#[derive(Default)]
struct Shared {
    calendar: String,
    etag: Option<&'static str>,
    modified: Option<&'static str>,
    /// `user:password`
    login: Option<&'static str>,
    /// Whole answers that come first.
    instead: VecDeque<String>,
    silent: bool,
    /// Of each request: its path, and whether it was signed in and asked for news only.
    asked: Vec<(String, bool, bool)>,
    odd: Vec<String>,
}

impl Drop for Cloud {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Cloud {
    async fn start(setup: Shared) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Mutex::new(setup));
        let heard = Arc::clone(&shared);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&heard)));
            }
        });
        Self {
            address,
            shared,
            task: task.abort_handle(),
        }
    }

    fn set(&self, change: impl FnOnce(&mut Shared)) {
        change(&mut self.shared.lock().unwrap());
    }

    fn asked(&self) -> Vec<(String, bool, bool)> {
        let shared = self.shared.lock().unwrap();
        assert_eq!(
            shared.odd,
            Vec::<String>::new(),
            "nothing that a server would refuse"
        );
        shared.asked.clone()
    }

    fn config(&self, user: &str) -> IcsConfig {
        let url = format!("http://{}/ada/work.ics?export", self.address);
        let mut config = IcsConfig::parse(&url, user, "system").unwrap();
        config.timing = Timing {
            answer: Duration::from_secs(5),
            ..Timing::default()
        };
        config
    }
}

async fn serve(stream: TcpStream, shared: Arc<Mutex<Shared>>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = Vec::new();
        loop {
            let mut line = String::new();
            match stream.read_line(&mut line).await {
                Ok(0) | Err(_) => return,
                Ok(_) if line == "\r\n" => break,
                Ok(_) => head.push(line.trim_end().to_owned()),
            }
        }
        let silent = shared.lock().unwrap().silent;
        if silent {
            std::future::pending::<()>().await;
        }
        let answer = answer(&head, &mut shared.lock().unwrap());
        if stream.get_mut().write_all(answer.as_bytes()).await.is_err() {
            return;
        }
    }
}

fn answer(head: &[String], shared: &mut Shared) -> String {
    let header = |name: &str| {
        let found = head.iter().skip(1).find_map(|line| {
            let (known, value) = line.split_once(": ")?;
            known.eq_ignore_ascii_case(name).then_some(value)
        });
        found.map(str::to_owned)
    };
    let mut first = head[0].split(' ');
    let (method, path) = (first.next().unwrap(), first.next().unwrap().to_owned());
    let mut odd = |what: &str| shared.odd.push(format!("{what}: {}", head[0]));
    if method != "GET" || header("host").is_none() || header("content-length").is_some() {
        odd("not a request for a calendar");
    }
    if !header("accept").is_some_and(|types| types.starts_with("text/calendar")) {
        odd("not asking for a calendar");
    }
    let login = header("authorization");
    let wanted = shared
        .login
        .map(|login| format!("Basic {}", STANDARD.encode(login)));
    let known = header("if-none-match").is_some() || header("if-modified-since").is_some();
    shared.asked.push((path, login.is_some(), known));
    if let Some(answer) = shared.instead.pop_front() {
        return answer;
    }
    if wanted.is_some() && login != wanted {
        return whole(
            "401 Unauthorized",
            "WWW-Authenticate: Basic realm=\"calendar\"\r\n",
            "",
        );
    }
    let stamp = |name: &str, stamp: Option<&str>| stamp.is_some() && header(name).as_deref() == stamp;
    if stamp("if-none-match", shared.etag) || stamp("if-modified-since", shared.modified) {
        return whole("304 Not Modified", "", "");
    }
    let mut headers = String::from("Content-Type: text/calendar; charset=utf-8\r\n");
    for (name, stamp) in [("ETag", shared.etag), ("Last-Modified", shared.modified)] {
        if let Some(stamp) = stamp {
            headers += &format!("{name}: {stamp}\r\n");
        }
    }
    whole("200 OK", &headers, &shared.calendar)
}

fn whole(status: &str, headers: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn calendar(subject: &str) -> String {
    format!(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:1\r\nSUMMARY:{subject}\r\n\
         DTSTART;TZID=Europe/Berlin:20260115T100000\r\nDTEND;TZID=Europe/Berlin:20260115T110000\r\n\
         ATTENDEE;PARTSTAT=DECLINED:mailto:bert@example.com\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
}

fn window() -> (Timestamp, Timestamp) {
    (
        "2026-01-14T23:00:00Z".parse().unwrap(),
        "2026-01-18T23:00:00Z".parse().unwrap(),
    )
}

fn reader(addresses: &[&str]) -> Reader {
    Reader {
        zone: TimeZone::get("Europe/Berlin").unwrap(),
        addresses: addresses.iter().map(|address| (*address).to_owned()).collect(),
    }
}

async fn read(config: &IcsConfig, secret: Option<&str>, kept: &Kept) -> Result<Vec<Appointment>, Error> {
    let secret = secret.map(SecretString::from);
    ics::read(config, secret.as_ref(), window(), &reader(&[]), kept).await
}

fn subjects(read: &Result<Vec<Appointment>, Error>) -> Vec<&str> {
    let list = read.as_ref().unwrap();
    list.iter().map(|one| one.subject.as_str()).collect()
}

#[tokio::test]
async fn a_calendar_is_sent_again_only_when_it_is_new() {
    for (etag, modified) in [
        (Some("\"v1\""), None),
        (None, Some("Thu, 15 Jan 2026 08:00:00 GMT")),
        (None, None),
    ] {
        let cloud = Cloud::start(Shared {
            calendar: calendar("Talk"),
            etag,
            modified,
            ..Shared::default()
        })
        .await;
        let (config, kept) = (cloud.config(""), Kept::default());
        for _ in 0..2 {
            assert_eq!(subjects(&read(&config, None, &kept).await), ["Talk"]);
        }
        cloud.set(|shared| {
            shared.calendar = calendar("Other");
            shared.etag = etag.map(|_| "\"v2\"");
            shared.modified = modified.map(|_| "Thu, 15 Jan 2026 08:05:00 GMT");
        });
        assert_eq!(subjects(&read(&config, None, &kept).await), ["Other"]);
        let asked = cloud.asked();
        let news: Vec<bool> = asked.iter().map(|(_, _, known)| *known).collect();
        let stamped = etag.is_some() || modified.is_some();
        assert_eq!(news, [false, stamped, stamped]);
        assert_eq!(asked[0].0, "/ada/work.ics?export");
        // What was read of one calendar is nothing to another.
        let mut other = config.clone();
        other.timing.connect = Duration::from_secs(3);
        read(&other, None, &kept).await.unwrap();
        assert!(!cloud.asked()[3].2);
    }
}

#[tokio::test]
async fn a_password_is_sent_where_one_is_wanted_and_nowhere_else() {
    let cloud = Cloud::start(Shared {
        calendar: calendar("Talk"),
        login: Some("ada:pässword-1"),
        ..Shared::default()
    })
    .await;
    let host = || "127.0.0.1".to_owned();
    let kept = Kept::default();
    assert_eq!(
        read(&cloud.config(""), None, &kept).await,
        Err(Error::LoginNeeded(host()))
    );
    let wrong = read(&cloud.config("ada"), Some("wrong"), &kept).await;
    assert_eq!(wrong, Err(Error::WrongPassword(host())));
    let right = read(&cloud.config("ada"), Some("pässword-1"), &kept).await;
    assert_eq!(subjects(&right), ["Talk"]);
    let signed: Vec<bool> = cloud.asked().iter().map(|(_, signed, _)| *signed).collect();
    assert_eq!(signed, [false, true, true], "each once");

    // Another server is another's business.
    let elsewhere = Cloud::start(Shared {
        calendar: calendar("Moved"),
        ..Shared::default()
    })
    .await;
    for location in [
        format!("http://{}/new.ics", elsewhere.address),
        "/here.ics".into(),
    ] {
        let moved = whole("302 Found", &format!("Location: {location}\r\n"), "");
        cloud.set(|shared| shared.instead.push_back(moved));
        read(&cloud.config("ada"), Some("pässword-1"), &Kept::default())
            .await
            .unwrap();
    }
    assert_eq!(elsewhere.asked(), [("/new.ics".to_owned(), false, false)]);
    let here = cloud.asked().pop().unwrap();
    assert_eq!(here, ("/here.ics".to_owned(), true, false));
}

#[tokio::test]
async fn what_is_no_calendar_has_its_name() {
    let host = || "127.0.0.1".to_owned();
    let place = || Where::Host(host());
    let page = "<!DOCTYPE html><html><title>Sign in</title></html>";
    let half = calendar("Talk").replace("END:VCALENDAR", "");
    let to = |location: &str| whole("302 Found", &format!("Location: {location}\r\n"), "");
    let busy = |seconds| Error::Busy {
        host: host(),
        wait: Some(Duration::from_secs(seconds)),
    };
    for (answer, error) in [
        (
            whole("200 OK", "Content-Type: text/html\r\n", page),
            Error::WebPage(place()),
        ),
        (whole("200 OK", "", "hello"), Error::NotCalendar(place())),
        (whole("200 OK", "", &half), Error::Incomplete(place())),
        (
            whole("200 OK", "", &" ".repeat(17 * 1024 * 1024)),
            Error::TooLarge(place()),
        ),
        (whole("404 Not Found", "", page), Error::Gone(host())),
        (whole("410 Gone", "", ""), Error::Gone(host())),
        (whole("403 Forbidden", "", page), Error::LoginNeeded(host())),
        (
            whole("500 Internal Server Error", "", page),
            Error::Ailing(host()),
        ),
        (whole("304 Not Modified", "", ""), Error::Ailing(host())),
        (whole("429 Too Many Requests", "Retry-After: 7\r\n", ""), busy(7)),
        (
            whole("503 Service Unavailable", "Retry-After: 60\r\n", ""),
            busy(60),
        ),
        (whole("503 Service Unavailable", "", ""), Error::Ailing(host())),
        (to("http://calendar.example/x.ics"), Error::Redirected(host())),
        (to("file:///etc/passwd"), Error::Redirected(host())),
        (whole("302 Found", "", ""), Error::Redirected(host())),
    ] {
        let cloud = Cloud::start(Shared {
            instead: [answer].into(),
            ..Shared::default()
        })
        .await;
        let outcome = read(&cloud.config(""), None, &Kept::default()).await;
        assert_eq!(outcome, Err(error));
        let said = outcome.unwrap_err().fault();
        assert!(!format!("{said:?}").contains("work.ics"), "no address: {said:?}");
        assert_eq!(cloud.asked().len(), 1);
    }
    let circle = Cloud::start(Shared {
        instead: std::iter::repeat_n(to("/again"), 20).collect(),
        ..Shared::default()
    })
    .await;
    let outcome = read(&circle.config(""), None, &Kept::default()).await;
    assert_eq!(outcome, Err(Error::Redirected(host())));
    assert_eq!(circle.asked().len(), 6);
}

#[tokio::test]
async fn who_does_not_answer_has_a_name() {
    let silent = Cloud::start(Shared {
        silent: true,
        ..Shared::default()
    })
    .await;
    let mut config = silent.config("");
    config.timing.answer = Duration::from_millis(200);
    let outcome = read(&config, None, &Kept::default()).await;
    assert_eq!(outcome, Err(Error::Net(NetError::TimedOut("127.0.0.1".into()))));
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let config = IcsConfig::parse(&format!("http://{address}/x"), "", "").unwrap();
    let outcome = read(&config, None, &Kept::default()).await;
    assert_eq!(
        outcome,
        Err(Error::Net(NetError::ConnectionRefused("127.0.0.1".into())))
    );
}

#[tokio::test]
async fn a_file_is_read_again_when_it_has_changed_and_its_trouble_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my calendar.ics");
    let config = IcsConfig::parse(path.to_str().unwrap(), "", "").unwrap();
    let kept = Kept::default();
    assert_eq!(read(&config, None, &kept).await, Err(Error::FileMissing));
    std::fs::write(&path, calendar("Talk")).unwrap();
    assert_eq!(subjects(&read(&config, None, &kept).await), ["Talk"]);
    // Of the same length, in the same second perhaps: what tells is the time of the change, which we move on.
    std::fs::write(&path, calendar("Walk")).unwrap();
    let later = std::time::SystemTime::now() + Duration::from_secs(2);
    std::fs::File::options()
        .write(true)
        .open(&path)
        .unwrap()
        .set_modified(later)
        .unwrap();
    assert_eq!(subjects(&read(&config, None, &kept).await), ["Walk"]);
    std::fs::write(&path, &calendar("Talk")[..40]).unwrap();
    assert_eq!(
        read(&config, None, &kept).await,
        Err(Error::Incomplete(Where::File))
    );
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    assert_eq!(read(&config, None, &kept).await, Err(Error::FileUnreadable));
}

/// The answer is looked for under the addresses of who is signed in.
#[tokio::test]
async fn whose_answer_it_is_depends_on_who_reads() {
    let cloud = Cloud::start(Shared {
        calendar: calendar("Talk"),
        etag: Some("\"v1\""),
        ..Shared::default()
    })
    .await;
    let (config, kept) = (cloud.config(""), Kept::default());
    for (address, counts) in [("ada@example.com", true), ("Bert@example.com", false)] {
        let list = ics::read(&config, None, window(), &reader(&[address]), &kept)
            .await
            .unwrap();
        assert_eq!(list[0].counts(), counts, "{address}");
    }
}

#[cfg(unix)]
mod desk {
    use super::*;
    use offhook_connect::clock;
    use offhook_connect::desktop::NoDesktop;
    use offhook_connect::driver::{self, Start};
    use offhook_connect::settings::Settings;
    use serde_json::{Value, json};
    use std::path::Path;
    use tokio::io::Lines;
    use tokio::net::UnixStream;
    use tokio::net::unix::{OwnedReadHalf, OwnedWriteHalf};
    use tokio::sync::mpsc;
    use tokio::task::LocalSet;

    const SOON: Duration = Duration::from_secs(20);

    /// A client of the control socket.
    struct Client {
        lines: Lines<BufReader<OwnedReadHalf>>,
        out: OwnedWriteHalf,
        id: u64,
    }

    impl Client {
        async fn connect(folder: &Path) -> Self {
            let connect = async {
                loop {
                    if let Ok(stream) = UnixStream::connect(folder.join("control.sock")).await {
                        return stream;
                    }
                    // The program is starting on this very thread.
                    tokio::task::yield_now().await;
                }
            };
            let (read, mut out) = tokio::time::timeout(SOON, connect).await.unwrap().into_split();
            out.write_all(b"{\"hello\":{\"protocol\":1}}\n").await.unwrap();
            let mut lines = BufReader::new(read).lines();
            assert!(lines.next_line().await.unwrap().unwrap().contains("hello"));
            Self { lines, out, id: 0 }
        }

        async fn ask(&mut self, command: Value) -> Value {
            self.id += 1;
            let line = json!({"id": self.id, "command": command}).to_string() + "\n";
            self.out.write_all(line.as_bytes()).await.unwrap();
            loop {
                let line = tokio::time::timeout(SOON, self.lines.next_line()).await.unwrap();
                let message: Value = serde_json::from_str(&line.unwrap().unwrap()).unwrap();
                if message["answer"]["id"] == self.id {
                    return message["answer"]["answer"].clone();
                }
                assert!(message["refused"].is_null(), "{message}");
            }
        }

        async fn light(&mut self, says: &str) {
            let wait = async {
                loop {
                    let status = self.ask(json!("status")).await;
                    let light = status["status"]["health"]["calendar"]["text"].to_string();
                    if light.contains(says) {
                        return;
                    }
                }
            };
            let seen = tokio::time::timeout(SOON, wait).await;
            assert!(seen.is_ok(), "{says}");
        }
    }

    async fn with_program(calendar: &str, work: impl AsyncFnOnce(&mut Client)) {
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "version = 1\n[person]\nlanguage = \"en\"\n[calendar]\nenabled = true\nsource = \"ics\"\n{calendar}\
             [lines.hook]\nenabled = false\n[store]\nsecrets = \"file\"\n"
        );
        std::fs::write(folder.path().join("settings.toml"), text).unwrap();
        let (_desktop, from_desktop) = mpsc::unbounded_channel();
        let start = Start {
            data_dir: folder.path().to_owned(),
            desktop: NoDesktop,
            from_desktop,
            clock: clock::system(),
            settings: Settings::load_with_policy(folder.path(), None),
            version: "test".into(),
        };
        LocalSet::new()
            .run_until(async {
                let program = tokio::task::spawn_local(driver::run(start));
                let mut client = Client::connect(folder.path()).await;
                work(&mut client).await;
                client.ask(json!("quit")).await;
                tokio::time::timeout(SOON, program)
                    .await
                    .unwrap()
                    .unwrap()
                    .unwrap();
            })
            .await;
        let kept = std::fs::read_to_string(folder.path().join("ledger.json")).unwrap_or_default();
        assert!(!kept.contains("Talk"), "{kept}");
    }

    fn running(count: usize) -> String {
        let at = |minutes: i64| {
            let at = Timestamp::now() + SignedDuration::from_mins(minutes);
            at.strftime("%Y%m%dT%H%M%SZ").to_string()
        };
        let events: String = (0..count)
            .map(|n| {
                let (start, end) = (at(-5), at(55));
                format!("BEGIN:VEVENT\nUID:{n}\nSUMMARY:Talk\nDTSTART:{start}\nDTEND:{end}\nEND:VEVENT\n")
            })
            .collect();
        format!("BEGIN:VCALENDAR\n{events}END:VCALENDAR\n")
    }

    #[tokio::test]
    async fn a_file_that_changes_is_read_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.ics");
        let setting = format!("ics = '{}'\n", path.display());
        with_program(&setting, async |client| {
            client.light("is not there").await;
            let tested = client.ask(json!("test_calendar")).await;
            assert_eq!(tested["findings"][0]["ok"], false, "{tested}");
            std::fs::write(&path, running(1)).unwrap();
            client.light("1 appointment").await;
            std::fs::write(&path, running(3)).unwrap();
            client.light("3 appointment").await;
            let tested = client.ask(json!("test_calendar")).await;
            assert_eq!(tested["findings"][0]["ok"], true, "{tested}");
        })
        .await;
    }

    #[tokio::test]
    async fn a_password_that_an_address_refuses_is_tried_once() {
        let cloud = Cloud::start(Shared {
            calendar: running(2),
            login: Some("ada:right"),
            ..Shared::default()
        })
        .await;
        let setting = format!("ics = \"http://{}/x.ics\"\nics_user = \"ada\"\n", cloud.address);
        with_program(&setting, async |client| {
            client.light("No password").await;
            assert!(cloud.asked().is_empty(), "nothing is asked without one");
            let store = |value: &str| json!({"secret_set": {"secret": "calendar", "value": value}});
            client.ask(store("wrong")).await;
            client.light("does not accept").await;
            assert_eq!(cloud.asked().len(), 1);
            client.ask(store("right")).await;
            client.light("2 appointment").await;
            assert_eq!(cloud.asked().len(), 2);
        })
        .await;
    }
}
