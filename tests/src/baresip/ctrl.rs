//! A bare `ctrl_tcp` client, the rival of the product for the one place there is.

use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::wait::wait_for;

/// A connection to `ctrl_tcp` that keeps what it hears: events and responses.
#[derive(Debug)]
pub struct CtrlTcp {
    stream: TcpStream,
    heard: Arc<Mutex<Heard>>,
}

#[derive(Debug, Default)]
struct Heard {
    messages: Vec<Value>,
    closed: bool,
}

impl CtrlTcp {
    /// # Panics
    /// When nothing listens there.
    pub fn connect(port: u16) -> Self {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("ctrl_tcp");
        let mut source = stream.try_clone().expect("ctrl_tcp");
        let heard = Arc::new(Mutex::new(Heard::default()));
        let ears = Arc::clone(&heard);
        thread::spawn(move || {
            let (mut buffer, mut piece) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = source.read(&mut piece) {
                buffer.extend_from_slice(&piece[..count]);
                while let Some((message, length)) = netstring(&buffer) {
                    buffer.drain(..length);
                    ears.lock().expect("what was heard").messages.push(message);
                }
            }
            ears.lock().expect("what was heard").closed = true;
        });
        Self { stream, heard }
    }

    /// Sends a command and returns the text of its response.
    ///
    /// # Panics
    /// When no response comes, or the phone refuses.
    #[track_caller]
    pub fn command(&mut self, command: &str, params: &str) -> String {
        let token = format!("lab-{}", self.heard().len());
        let body = json!({"command": command, "params": params, "token": token}).to_string();
        self.stream
            .write_all(format!("{}:{body},", body.len()).as_bytes())
            .expect("ctrl_tcp");
        let answer = wait_for(
            Duration::from_secs(5),
            &format!("the response to {command}"),
            || {
                self.heard()
                    .into_iter()
                    .find(|message| message["token"] == token.as_str())
            },
        );
        assert_eq!(answer["ok"], true, "{command}: {answer}");
        answer["data"].as_str().unwrap_or_default().to_owned()
    }

    /// Everything heard so far.
    pub fn heard(&self) -> Vec<Value> {
        self.heard.lock().expect("what was heard").messages.clone()
    }

    /// Whether we were pushed out ourselves.
    pub fn closed(&self) -> bool {
        self.heard.lock().expect("what was heard").closed
    }
}

impl Drop for CtrlTcp {
    fn drop(&mut self) {
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }
}

/// The first complete `LENGTH:JSON,` and how many bytes it took.
fn netstring(bytes: &[u8]) -> Option<(Value, usize)> {
    let colon = bytes.iter().position(|byte| *byte == b':')?;
    let length: usize = std::str::from_utf8(&bytes[..colon])
        .expect("a length")
        .parse()
        .expect("a length");
    let body = bytes.get(colon + 1..colon + 1 + length)?;
    bytes.get(colon + 1 + length)?;
    Some((serde_json::from_slice(body).expect("JSON"), colon + 2 + length))
}
