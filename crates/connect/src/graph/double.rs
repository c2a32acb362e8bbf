//! A listener on loopback that answers with prepared bytes and keeps what it was asked. What the service itself
//! would do is the playground's business; this one is for answers that no service should give.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Debug, Clone)]
pub(super) enum Reply {
    /// Status line and headers of its own, and a body with its length.
    Whole(String),
    /// Exactly these bytes, then the connection is closed.
    Broken(String),
    /// Nothing, with the connection open.
    Silence,
}

pub(super) fn reply(status: &str, body: &str) -> Reply {
    with_header(status, "request-id: 7f", body)
}

pub(super) fn with_header(status: &str, header: &str, body: &str) -> Reply {
    let length = body.len();
    Reply::Whole(format!(
        "HTTP/1.1 {status}\r\n{header}\r\ncontent-length: {length}\r\n\r\n{body}"
    ))
}

#[derive(Debug)]
pub(super) struct Double {
    pub base: reqwest::Url,
    asked: Arc<Mutex<Vec<String>>>,
    replies: Arc<Mutex<VecDeque<Reply>>>,
    task: tokio::task::JoinHandle<()>,
}

impl Double {
    /// Answers with each reply once, and with 500 after the last.
    pub(super) async fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/v1.0", listener.local_addr().unwrap())
            .parse()
            .unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let replies = Arc::new(Mutex::new(replies.into_iter().collect::<VecDeque<_>>()));
        let (seen, queue) = (Arc::clone(&asked), Arc::clone(&replies));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&seen), Arc::clone(&queue)));
            }
        });
        Self {
            base,
            asked,
            replies,
            task,
        }
    }

    /// Answers with these from now on: for replies that name the double's own address.
    pub(super) fn then(&self, replies: impl IntoIterator<Item = Reply>) {
        self.replies.lock().unwrap().extend(replies);
    }

    /// Each request as it came: head and body.
    pub(super) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// `POST /v1.0/…` of each request.
    pub(super) fn lines(&self) -> Vec<String> {
        let line = |asked: &String| asked.split(" HTTP/1.1").next().unwrap().to_owned();
        self.asked().iter().map(line).collect()
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(mut stream: TcpStream, asked: Arc<Mutex<Vec<String>>>, replies: Arc<Mutex<VecDeque<Reply>>>) {
    while let Some(request) = request(&mut stream).await {
        asked.lock().unwrap().push(request);
        let next = replies.lock().unwrap().pop_front();
        match next.unwrap_or_else(|| reply("500 Out Of Replies", "")) {
            Reply::Whole(text) => stream.write_all(text.as_bytes()).await.unwrap(),
            Reply::Broken(text) => {
                stream.write_all(text.as_bytes()).await.unwrap();
                return;
            }
            Reply::Silence => std::future::pending().await,
        }
    }
}

async fn request(stream: &mut TcpStream) -> Option<String> {
    let mut text = String::new();
    loop {
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| {
                    line.to_ascii_lowercase()
                        .strip_prefix("content-length: ")?
                        .parse()
                        .ok()
                })
                .unwrap_or(0);
            if body.len() >= length {
                return Some(text);
            }
        }
        let mut piece = [0; 4096];
        let count = stream.read(&mut piece).await.ok().filter(|count| *count > 0)?;
        text.push_str(std::str::from_utf8(&piece[..count]).unwrap());
    }
}
