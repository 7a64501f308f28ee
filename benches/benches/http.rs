//! Requests a second that the network surface alone takes, in front of an engine that does nothing: `cargo bench --bench http`. Client and
//! server share the machine's cores, as they do in the comparison with the reference.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench")]

use divan::Bencher;
use divan::counter::ItemsCount;
use krl_host::api::{Engine, Operation, Problem, Question, Signal};
use krl_host::config::Settings;
use krl_host::http::{Metrics, Running, Server};
use krl_kernel::cloud::EventAnswer;
use krl_vm::data::Data;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};

fn main() {
    divan::main();
}

/// Connections at a time.
const CONNECTIONS: usize = 32;
/// Requests on each connection in one sample.
const BATCH: usize = 200;

const REQUESTS: &[&str] = &["fire", "signal", "ask", "post"];

/// What a client of the name sends.
fn request(name: &str) -> Vec<u8> {
    const HEADERS: &str = "host: localhost:3000\r\nuser-agent: bench\r\naccept: */*\r\n";
    let eci = "cabcdefghijklmnopqrstuvwx";
    let body = r#"{"item":"tea","count":3}"#;
    match name {
        "fire" => format!("GET /c/{eci}/event/shop/sale?item=tea HTTP/1.1\r\n{HEADERS}\r\n"),
        "signal" => format!("GET /c/{eci}/event-wait/shop/sale?item=tea HTTP/1.1\r\n{HEADERS}\r\n"),
        "ask" => format!("GET /c/{eci}/query/shop/sold?item=tea HTTP/1.1\r\n{HEADERS}\r\n"),
        _ => format!(
            "POST /c/{eci}/event/shop/sale HTTP/1.1\r\n{HEADERS}content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ),
    }
    .into_bytes()
}

/// Answers at once.
struct Nothing;

impl Engine for Nothing {
    async fn fire(&self, _: Signal) -> Result<Arc<str>, Problem> {
        Ok("cabcdefghijklmnopqrstuvwx".into())
    }

    async fn signal(&self, signal: Signal) -> Result<EventAnswer, Problem> {
        Ok(EventAnswer {
            eid: "cabcdefghijklmnopqrstuvwx".into(),
            domain: signal.domain.into(),
            name: signal.name.into(),
            directives: Vec::new(),
            errors: Vec::new(),
        })
    }

    async fn signal_then_ask(&self, _: Signal, question: Question) -> Result<Data, Problem> {
        self.ask(question).await
    }

    async fn ask(&self, _: Question) -> Result<Data, Problem> {
        Ok(Data::Number(42.0))
    }

    async fn ui_channel(&self) -> Result<Arc<str>, Problem> {
        Ok("x".into())
    }

    async fn operate(&self, _: Operation) -> Result<Data, Problem> {
        Ok(Data::Null)
    }

    fn unready(&self) -> Option<String> {
        None
    }
}

fn start(runtime: &Runtime, home: &tempfile::TempDir) -> Running {
    let mut settings = Settings { address: "127.0.0.1".into(), port: 0, ..Settings::default() };
    settings.home = home.path().into();
    settings.log.access = false;
    let metrics = Metrics::new().expect("the names are right");
    runtime.block_on(Server::start(&settings, Arc::new(Nothing), metrics)).expect("the server starts")
}

/// Sends a request and reads its answer, some times over. All answers to one request are equally long.
async fn exchange(stream: &mut TcpStream, request: &[u8], length: usize) {
    let mut buffer = [0; 4096];
    for _ in 0..BATCH {
        stream.write_all(request).await.unwrap();
        let mut read = 0;
        while read < length {
            read += stream.read(&mut buffer).await.unwrap();
        }
    }
}

#[divan::bench(args = REQUESTS)]
fn requests(bencher: Bencher<'_, '_>, name: &str) {
    let home = tempfile::tempdir().unwrap();
    let server = Builder::new_multi_thread().enable_all().build().unwrap();
    let running = start(&server, &home);
    let client = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let request: Arc<[u8]> = request(name).into();
    let (mut streams, length) = client.block_on(async {
        let mut streams = Vec::new();
        let mut length = 0;
        for _ in 0..CONNECTIONS {
            let mut stream = TcpStream::connect(running.address()).await.unwrap();
            stream.set_nodelay(true).unwrap();
            stream.write_all(&request).await.unwrap();
            let mut answer = [0; 4096];
            length = stream.read(&mut answer).await.unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200 OK"));
            streams.push(stream);
        }
        (streams, length)
    });
    bencher.counter(ItemsCount::new(CONNECTIONS * BATCH)).bench_local(|| {
        let all: Vec<_> = std::mem::take(&mut streams)
            .into_iter()
            .map(|mut stream| {
                let request = request.clone();
                client.spawn(async move {
                    exchange(&mut stream, &request, length).await;
                    stream
                })
            })
            .collect();
        client.block_on(async {
            for done in all {
                streams.push(done.await.unwrap());
            }
        });
    });
    drop(streams);
    server.block_on(running.shutdown());
}
