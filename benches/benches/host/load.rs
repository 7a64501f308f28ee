//! A closed loop: each connection sends a request, waits for the whole answer, sends the next.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What a run gave: answers a second, and how long they took, in milliseconds.
pub struct Figures {
    pub rate: f64,
    pub p50: f64,
    pub p99: f64,
    pub p999: f64,
    /// Processor time of the engine for each answer, in microseconds.
    pub micros: Option<f64>,
}

/// Connections and what is sent on them.
pub struct Load {
    request: Arc<[u8]>,
    connections: Vec<TcpStream>,
}

impl Load {
    /// Connects to a server.
    pub async fn connect(address: SocketAddr, path: &str, connections: usize) -> Self {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\naccept: */*\r\n\r\n");
        let mut load = Self { request: request.into_bytes().into(), connections: Vec::new() };
        for _ in 0..connections {
            let stream = TcpStream::connect(address).await.expect("the server takes connections");
            stream.set_nodelay(true).unwrap();
            load.connections.push(stream);
        }
        load
    }

    /// Runs for a while.
    pub async fn run(&mut self, time: Duration) -> Figures {
        let began = Instant::now();
        let mut running = JoinSet::new();
        for stream in self.connections.drain(..) {
            running.spawn(exchange(stream, self.request.clone(), began + time));
        }
        let mut times = Vec::new();
        while let Some(done) = running.join_next().await {
            let (stream, taken) = done.unwrap();
            self.connections.push(stream);
            times.extend(taken);
        }
        let rate = times.len() as f64 / began.elapsed().as_secs_f64();
        times.sort_unstable();
        let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e3;
        Figures { rate, p50: at(0.5), p99: at(0.99), p999: at(0.999), micros: None }
    }
}

async fn exchange(mut stream: TcpStream, request: Arc<[u8]>, until: Instant) -> (TcpStream, Vec<Duration>) {
    let mut times = Vec::with_capacity(1 << 16);
    let mut buffer = vec![0; 64 << 10];
    let mut began = Instant::now();
    while began < until {
        stream.write_all(&request).await.unwrap();
        let mut filled = 0;
        loop {
            let read = stream.read(&mut buffer[filled..]).await.unwrap();
            assert!(read > 0, "the server ended a connection");
            filled += read;
            if length(&buffer[..filled]).is_some_and(|length| filled >= length) {
                break;
            }
        }
        assert!(buffer.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..filled]));
        let now = Instant::now();
        times.push(now - began);
        began = now;
    }
    (stream, times)
}

/// The length of an answer, once its head is there.
pub fn length(answer: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length:";
    let mut at = 0;
    let mut body: Option<usize> = None;
    loop {
        let line = answer.get(at..)?;
        let end = line.iter().position(|byte| *byte == b'\n')?;
        at += end + 1;
        if end <= 1 {
            return Some(at + body.expect("answers that tell their length"));
        }
        if line.get(..NAME.len()).is_some_and(|name| name.eq_ignore_ascii_case(NAME)) {
            let digits = std::str::from_utf8(&line[NAME.len()..end]).ok()?;
            body = digits.trim().parse().ok();
        }
    }
}
