//! Servers that say exactly what a test wants, byte by byte, each on a port that the system picks.

#![allow(dead_code, reason = "no test needs all of it")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;

/// A server, until it is dropped.
pub struct Served {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    open: Arc<AtomicUsize>,
    accepted: Arc<AtomicUsize>,
    runtime: Option<Runtime>,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Asked {
    /// `POST /mcp HTTP/1.1`.
    pub line: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Asked {
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(have, _)| have == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The method of the JSON-RPC message; empty when there is none.
    pub fn method(&self) -> String {
        self.json()["method"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    pub fn id(&self) -> Value {
        self.json()["id"].clone()
    }
}

impl Served {
    /// Answers each connection with `answer`.
    pub fn start<F, R>(answer: F) -> Served
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        Served::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer)
    }

    /// The same, where a test wants it.
    pub fn start_at<F, R>(address: SocketAddr, answer: F) -> Served
    where
        F: Fn(Peer) -> R + Send + Sync + 'static,
        R: Future<Output = ()> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime");
        let listener = runtime
            .block_on(TcpListener::bind(address))
            .expect("a port");
        let mut served = Served {
            address: listener.local_addr().expect("an address"),
            asked: Arc::default(),
            open: Arc::default(),
            accepted: Arc::default(),
            runtime: None,
        };
        let (asked, open) = (Arc::clone(&served.asked), Arc::clone(&served.open));
        let accepted = Arc::clone(&served.accepted);
        runtime.spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                open.fetch_add(1, Ordering::SeqCst);
                let peer = Peer {
                    stream,
                    asked: Arc::clone(&asked),
                    left: Left(Arc::clone(&open)),
                };
                tokio::spawn(answer(peer));
            }
        });
        served.runtime = Some(runtime);
        served
    }

    /// Reads each request and answers it with these bytes, then closes the connection.
    pub fn says(bytes: impl Into<Vec<u8>>) -> Served {
        let bytes = bytes.into();
        Served::start(move |mut peer| {
            let bytes = bytes.clone();
            async move {
                if peer.request().await.is_some() {
                    peer.say(bytes).await;
                }
            }
        })
    }

    /// Reads each request and answers it with these bytes, then waits for the other side to hang up.
    pub fn says_and_stays(bytes: impl Into<Vec<u8>>) -> Served {
        let bytes = bytes.into();
        Served::start(move |mut peer| {
            let bytes = bytes.clone();
            async move {
                while peer.request().await.is_some() {
                    peer.say(&bytes).await;
                }
            }
        })
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Every request that came, in the order in which they came.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().expect("no panic").clone()
    }

    /// How many connections were accepted.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    /// Whether every connection is closed within some seconds.
    pub fn all_closed(&self) -> bool {
        for _ in 0..500 {
            if self.open.load(Ordering::SeqCst) == 0 {
                return true;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        false
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Counts a connection for as long as it is open.
struct Left(Arc<AtomicUsize>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// One connection.
pub struct Peer {
    pub stream: TcpStream,
    asked: Arc<Mutex<Vec<Asked>>>,
    left: Left,
}

impl Peer {
    /// The next request, whole; nothing when the other side has hung up.
    pub async fn request(&mut self) -> Option<Asked> {
        let mut bytes = Vec::new();
        let head = loop {
            if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break at;
            }
            self.more(&mut bytes).await?;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let length = headers.iter().find(|(name, _)| name == "content-length");
        let length: usize = length.map_or(0, |(_, value)| value.parse().expect("a number"));
        while bytes.len() < head + 4 + length {
            self.more(&mut bytes).await?;
        }
        let asked = Asked {
            line,
            headers,
            body: String::from_utf8_lossy(&bytes[head + 4..]).into_owned(),
        };
        self.asked.lock().expect("no panic").push(asked.clone());
        Some(asked)
    }

    async fn more(&mut self, bytes: &mut Vec<u8>) -> Option<()> {
        let read = self.stream.read_buf(bytes).await.ok()?;
        (read > 0).then_some(())
    }

    /// Sends bytes. Whether the other side still takes them.
    pub async fn say(&mut self, bytes: impl AsRef<[u8]>) -> bool {
        self.stream.write_all(bytes.as_ref()).await.is_ok()
    }

    /// Sends an answer with its length.
    pub async fn answer(&mut self, status: &str, media: &str, body: impl AsRef<[u8]>) -> bool {
        let body = body.as_ref();
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.say([head.as_bytes(), body].concat()).await
    }

    /// Answers with a JSON-RPC message.
    pub async fn json(&mut self, message: &Value) -> bool {
        let text = message.to_string();
        self.answer("200 OK", "application/json", text).await
    }

    /// Reads until the other side hangs up.
    pub async fn until_closed(&mut self) {
        let mut bytes = vec![0; 4096];
        while self
            .stream
            .read(&mut bytes)
            .await
            .is_ok_and(|read| read > 0)
        {}
    }

    /// Closes with a reset.
    pub fn reset(self) {
        self.stream
            .set_zero_linger()
            .expect("a socket that can be reset");
    }
}

/// Waits.
pub async fn pause(milliseconds: u64) {
    tokio::time::sleep(Duration::from_millis(milliseconds)).await;
}
