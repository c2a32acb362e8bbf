//! Servers that are not what they should be.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A TCP server on loopback that keeps everything it is sent. It ends with the test's process.
#[derive(Debug, Clone)]
pub struct Stranger {
    pub port: u16,
    heard: Arc<Mutex<Vec<u8>>>,
    visits: Arc<AtomicUsize>,
}

impl Stranger {
    /// Each connection is handed to `behave`, with what its first bytes were.
    pub fn start(behave: impl Fn(&mut TcpStream, &str) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("its address").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (kept, behave) = (Arc::clone(&heard), Arc::new(behave));
        let visits = Arc::new(AtomicUsize::new(0));
        let visited = Arc::clone(&visits);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                visited.fetch_add(1, Ordering::Relaxed);
                let (kept, behave) = (Arc::clone(&kept), Arc::clone(&behave));
                thread::spawn(move || {
                    let mut stream = stream;
                    drop(stream.set_read_timeout(Some(Duration::from_millis(300))));
                    let mut first = [0; 64 * 1024];
                    // Some protocols wait for the server's greeting.
                    let count = stream.read(&mut first).unwrap_or(0);
                    kept.lock()
                        .expect("what was heard")
                        .extend_from_slice(&first[..count]);
                    let asked = String::from_utf8_lossy(&first[..count]).into_owned();
                    behave(&mut stream, &asked);
                    drop(stream.set_read_timeout(Some(Duration::from_secs(2))));
                    while let Ok(count) = stream.read(&mut first) {
                        if count == 0 {
                            break;
                        }
                        kept.lock()
                            .expect("what was heard")
                            .extend_from_slice(&first[..count]);
                    }
                });
            }
        });
        Self { port, heard, visits }
    }

    /// Says this to whoever comes, and keeps the line open.
    pub fn saying(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        Self::start(move |stream, _| drop(stream.write_all(&text)))
    }

    /// How many have come, whether they said anything or not.
    pub fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }

    /// Everything it was sent, by everybody.
    pub fn heard(&self) -> String {
        String::from_utf8_lossy(&self.heard.lock().expect("what was heard")).into_owned()
    }
}

/// A name's server that shows its page once; from then on the name leads to loopback, as after a change in the DNS. The
/// page stays of one origin with whatever listens at that port.
pub fn rebinding(port: u16, page: Vec<u8>) {
    let listener = TcpListener::bind((REBOUND, port)).expect("the port at another address of loopback");
    thread::spawn(move || {
        let mut page = Some(page);
        for stream in listener.incoming().flatten() {
            let page = page.take();
            thread::spawn(move || match page {
                Some(page) => {
                    let mut stream = stream;
                    drop(stream.read(&mut [0; 4096]));
                    drop(stream.write_all(&page));
                }
                None => pass_on(stream, port),
            });
        }
    });
}

/// Another address of this machine than 127.0.0.1.
pub const REBOUND: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

fn pass_on(outside: TcpStream, port: u16) {
    let Ok(inside) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return;
    };
    let copy = |mut from: TcpStream, mut to: TcpStream| {
        // One that breaks off is the other's end, too.
        drop(std::io::copy(&mut from, &mut to));
        drop(to.shutdown(std::net::Shutdown::Write));
    };
    let (Ok(from), Ok(to)) = (outside.try_clone(), inside.try_clone()) else {
        return;
    };
    let there = thread::spawn(move || copy(from, to));
    copy(inside, outside);
    drop(there.join());
}

/// An answer of HTTP with this status line, these header lines and this body.
pub fn http(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}
