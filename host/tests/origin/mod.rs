//! Web servers on this computer that answer as they are told.

#![allow(clippy::unwrap_used, dead_code, reason = "for tests, each of which uses a part of it")]

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a server does with a connection.
#[derive(Clone, Debug)]
pub enum Act {
    /// Sends these bytes and closes.
    Send(Vec<u8>),
    /// Sends these bytes after a while.
    Late(Duration, Vec<u8>),
    /// Sends these bytes and then nothing, but stays.
    Hang(Vec<u8>),
    /// Sends these bytes again and again until nobody reads.
    Flood(Vec<u8>),
    /// Sends back the request as the body.
    Echo,
}

/// An answer with status 200.
pub fn ok(body: impl AsRef<[u8]>) -> Act {
    answer("200 OK", "", body)
}

/// An answer; `headers` are lines that end in `\r\n`.
pub fn answer(status: &str, headers: &str, body: impl AsRef<[u8]>) -> Act {
    let body = body.as_ref();
    let head =
        format!("HTTP/1.1 {status}\r\n{headers}content-length: {}\r\nconnection: close\r\n\r\n", body.len());
    Act::Send([head.as_bytes(), body].concat())
}

/// A redirect.
pub fn redirect(status: &str, to: &str) -> Act {
    answer(status, &format!("location: {to}\r\n"), "")
}

/// Decides what to do with a request.
type Shared = Arc<Mutex<Box<dyn Fn(&str) -> Act + Send>>>;

/// A running server.
pub struct Server {
    pub address: SocketAddr,
    act: Shared,
    requests: Arc<AtomicUsize>,
}

impl Server {
    /// Starts a server that does `act` with each request, given its whole text.
    pub async fn start(act: impl Fn(&str) -> Act + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let act: Shared = Arc::new(Mutex::new(Box::new(act)));
        let requests = Arc::new(AtomicUsize::new(0));
        let (shared, count) = (act.clone(), requests.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, shared.clone(), count.clone()));
            }
        });
        Self { address, act, requests }
    }

    /// From now on does this.
    pub fn now(&self, act: Act) {
        *self.act.lock().unwrap() = Box::new(move |_| act.clone());
    }

    /// How many requests came.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

async fn serve(mut stream: TcpStream, act: Shared, count: Arc<AtomicUsize>) -> std::io::Result<()> {
    let request = read_request(&mut stream).await?;
    count.fetch_add(1, Ordering::SeqCst);
    let act = act.lock().unwrap()(&request);
    match act {
        Act::Send(bytes) => stream.write_all(&bytes).await?,
        Act::Late(wait, bytes) => {
            tokio::time::sleep(wait).await;
            stream.write_all(&bytes).await?;
        }
        Act::Hang(bytes) => {
            stream.write_all(&bytes).await?;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        Act::Flood(bytes) => loop {
            stream.write_all(&bytes).await?;
        },
        Act::Echo => {
            if let Act::Send(bytes) = ok(request) {
                stream.write_all(&bytes).await?;
            }
        }
    }
    stream.shutdown().await
}

/// Reads the head and as much body as it announces.
async fn read_request(stream: &mut TcpStream) -> std::io::Result<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                return Ok(text);
            }
        }
        if stream.read_buf(&mut bytes).await? == 0 {
            return Ok(text);
        }
    }
}
