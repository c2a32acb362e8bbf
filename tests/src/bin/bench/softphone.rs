//! The control port of a softphone (baresip's `ctrl_tcp`), of which only the events matter here.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use offhook_tests::wait_for;
use serde_json::{Value, json};

use crate::office::LIMIT;

#[derive(Debug)]
pub struct Softphone {
    port: u16,
    client: Arc<Mutex<Option<TcpStream>>>,
}

impl Softphone {
    pub fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("a port").port();
        let client = Arc::new(Mutex::new(None));
        let place = Arc::clone(&client);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let place = Arc::clone(&place);
                thread::spawn(move || answer_all(stream, &place));
            }
        });
        Self { port, client }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits until somebody listens.
    pub fn wait_client(&self) {
        wait_for(LIMIT, "somebody at the control port", || {
            self.client.lock().expect("the client").as_ref().map(|_| ())
        });
    }

    /// Tells one event of one call.
    pub fn tell(&self, kind: &str, call: &str) {
        let event = json!({"event": true, "class": "call", "type": kind, "direction": "incoming",
            "accountaor": "sip:1001@127.0.0.1", "peeruri": "sip:1002@127.0.0.1", "id": call});
        let mut client = self.client.lock().expect("the client");
        let stream = client.as_mut().expect("somebody at the control port");
        stream.write_all(&frame(&event)).expect("the control port");
    }
}

fn frame(value: &Value) -> Vec<u8> {
    let text = value.to_string();
    format!("{}:{text},", text.len()).into_bytes()
}

/// The newest client is told the events; every one gets its answers.
fn answer_all(mut stream: TcpStream, place: &Mutex<Option<TcpStream>>) {
    let _ = stream.set_nodelay(true);
    let mut known = false;
    let (mut piece, mut unread) = ([0; 4096], Vec::new());
    while let Ok(count @ 1..) = stream.read(&mut piece) {
        unread.extend_from_slice(&piece[..count]);
        while let Some((command, taken)) = command(&unread) {
            unread.drain(..taken);
            let listing = command["command"] == "listcalls";
            let data = if listing {
                "\n--- Active calls (0) ---\n\n"
            } else {
                "command not found"
            };
            let mut answer = json!({"response": true, "ok": listing, "data": data});
            if command["token"].is_string() {
                answer["token"] = command["token"].clone();
            }
            if stream.write_all(&frame(&answer)).is_err() {
                return;
            }
            if !known {
                *place.lock().expect("the client") = stream.try_clone().ok();
                known = true;
            }
        }
    }
}

/// The first whole netstring, and how many bytes it took.
fn command(bytes: &[u8]) -> Option<(Value, usize)> {
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon]).ok()?.parse().ok()?;
    let body = bytes.get(colon + 1..colon + 1 + length)?;
    bytes.get(colon + 1 + length)?;
    Some((serde_json::from_slice(body).ok()?, colon + 2 + length))
}
