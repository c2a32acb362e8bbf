//! A `ctrl_tcp` as strict as the real one: one client, whom the next one pushes out; netstrings only, of which a
//! wrong one is dropped without a word; commands as JSON with `command`, answered with their token.

use bytes::BytesMut;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

#[derive(Debug)]
pub(super) struct Double {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
    task: tokio::task::JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    /// What `listcalls` answers; `None`: the module `menu` is not loaded.
    list: Option<String>,
    /// Commands are heard but not answered.
    hangs: bool,
    clients: usize,
    commands: Vec<String>,
    to_client: Option<UnboundedSender<Vec<u8>>>,
}

impl Double {
    pub(super) fn start() -> Self {
        Self::at("127.0.0.1:0".parse().unwrap())
    }

    pub(super) fn at(address: SocketAddr) -> Self {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        // As baresip does, so that it can start again at once.
        socket.set_reuseaddr(true).unwrap();
        socket.bind(address).unwrap();
        let listener = socket.listen(8).unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            list: Some(no_calls()),
            ..State::default()
        }));
        let task = tokio::spawn(serve(listener, Arc::clone(&state)));
        Self { address, state, task }
    }

    pub(super) fn shows(&self, list: &str) {
        self.state.lock().unwrap().list = Some(list.to_owned());
    }

    pub(super) fn has_no_menu(&self) {
        self.state.lock().unwrap().list = None;
    }

    pub(super) fn hangs(&self) {
        self.state.lock().unwrap().hangs = true;
    }

    /// How many clients ever came.
    pub(super) fn clients(&self) -> usize {
        self.state.lock().unwrap().clients
    }

    pub(super) fn commands(&self) -> Vec<String> {
        self.state.lock().unwrap().commands.clone()
    }

    /// An event, in a frame of its own.
    pub(super) fn event(&self, json: &str) {
        self.raw(&frame(json));
    }

    /// Bytes as they are. Without a client they go nowhere.
    pub(super) fn raw(&self, bytes: &[u8]) {
        if let Some(client) = &self.state.lock().unwrap().to_client {
            client.send(bytes.to_vec()).unwrap();
        }
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

pub(super) fn no_calls() -> String {
    "\n--- Active calls (0) ---\n\n".into()
}

fn frame(json: &str) -> Vec<u8> {
    format!("{}:{json},", json.len()).into_bytes()
}

async fn serve(listener: TcpListener, state: Arc<Mutex<State>>) {
    let mut client: Option<tokio::task::AbortHandle> = None;
    let mut clients = tokio::task::JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        if let Some(earlier) = client.take() {
            earlier.abort();
        }
        let (sender, receiver) = unbounded_channel();
        {
            let mut state = state.lock().unwrap();
            state.clients += 1;
            state.to_client = Some(sender);
        }
        client = Some(clients.spawn(talk(stream, receiver, Arc::clone(&state))));
    }
}

async fn talk(mut stream: TcpStream, mut said: UnboundedReceiver<Vec<u8>>, state: Arc<Mutex<State>>) {
    let mut buffer = BytesMut::new();
    loop {
        tokio::select! {
            read = stream.read_buf(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(_) => while let Some(command) = command(&mut buffer) {
                    let answer = answer(&command, &state);
                    if let Some(answer) = answer && stream.write_all(&answer).await.is_err() {
                        return;
                    }
                },
            },
            Some(bytes) = said.recv() => if stream.write_all(&bytes).await.is_err() {
                return;
            },
        }
    }
}

/// One netstring with a JSON object that has a `command`.
fn command(buffer: &mut BytesMut) -> Option<serde_json::Value> {
    let text = std::str::from_utf8(buffer).unwrap();
    let (length, rest) = text.split_once(':')?;
    let length: usize = length.parse().expect("a netstring's length");
    let body = rest.get(..length)?;
    assert_eq!(rest.as_bytes().get(length), Some(&b','), "a netstring's end");
    let command: serde_json::Value = serde_json::from_str(body).expect("JSON");
    assert!(command["command"].is_string(), "a command: {command}");
    let taken = text.len() - rest.len() + length + 1;
    let _ = buffer.split_to(taken);
    Some(command)
}

fn answer(command: &serde_json::Value, state: &Mutex<State>) -> Option<Vec<u8>> {
    let mut state = state.lock().unwrap();
    let name = command["command"].as_str().unwrap();
    state.commands.push(name.to_owned());
    if state.hangs {
        return None;
    }
    let (ok, data) = match (name, &state.list) {
        ("listcalls", Some(list)) => (true, list.clone()),
        _ => (false, "command not found".to_owned()),
    };
    let mut response = serde_json::json!({"response": true, "ok": ok, "data": data});
    if let Some(token) = command["token"].as_str() {
        response["token"] = token.into();
    }
    Some(frame(&response.to_string()))
}
