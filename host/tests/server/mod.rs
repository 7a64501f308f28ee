//! A server in front of an engine that answers what it was asked.

#![allow(dead_code, clippy::unwrap_used, reason = "tests use parts of it")]

use krl_host::api::{Engine, Operation, Problem, Question, Signal};
use krl_host::config::Settings;
use krl_host::http::{Metrics, Running, Server, Stopped};
use krl_kernel::cloud::{CallStack, Directive, EventAnswer, Place, RuntimeError};
use krl_vm::data::{Data, DataMap};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Answers what it was asked.
#[derive(Debug, Default)]
pub struct Echo {
    /// Events that wait come back once this is true.
    pub released: AtomicBool,
    /// Events that came in.
    pub events: AtomicUsize,
    /// Is it not able to serve?
    pub unready: AtomicBool,
    /// What operators asked for.
    pub operations: Mutex<Vec<Operation>>,
    /// What is in the logs.
    pub logs: Mutex<Vec<Data>>,
}

fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(name, value)| (name.into(), value)).collect())
}

/// Without the headers that differ from client to client.
fn own(mut attrs: DataMap) -> Data {
    if let Some(Data::Map(headers)) = attrs.get_mut("_headers") {
        headers.retain(|name, _| name.starts_with("x-"));
    }
    Data::Map(attrs)
}

fn known(eci: &str) -> Result<(), Problem> {
    match eci {
        "nowhere" => Err(Problem {
            status: 404,
            code: "unknown_channel",
            message: "Error: ECI not found nowhere".into(),
            findings: Vec::new(),
        }),
        "closed" => Err(Problem {
            status: 403,
            code: "denied",
            message: "Error: Not allowed by channel policy".into(),
            findings: Vec::new(),
        }),
        _ => Ok(()),
    }
}

/// The directives that the event asks for, or one that shows it.
fn directives(signal: &Signal) -> Vec<Directive> {
    let given = |name: Data, options: Data| Directive {
        name,
        options,
        rid: "echo".into(),
        rule_name: "all".into(),
        txn_id: "eid1".into(),
    };
    if let Some(Data::Array(items)) = signal.attrs.get("directives") {
        let field = |item: &Data, name: &str| item.as_map().unwrap().get(name).cloned().unwrap();
        return items.iter().map(|item| given(field(item, "name"), field(item, "options"))).collect();
    }
    let options = map([
        ("eci", Data::string(&*signal.eci)),
        ("event", Data::string(format!("{}:{}", signal.domain, signal.name))),
        ("attrs", own(signal.attrs.clone())),
        ("id", signal.id.as_deref().map_or(Data::Null, Data::string)),
    ]);
    vec![given(Data::string("echo"), options)]
}

fn failure() -> RuntimeError {
    RuntimeError {
        rid: "broken".into(),
        rule: Some("bad".into()),
        code: "type_error",
        message: "null is not a function".into(),
        at: Some(Place { rid: "broken".into(), line: 3, column: 7 }),
        stack: Box::new(CallStack::default()),
    }
}

impl Engine for Echo {
    async fn fire(&self, signal: Signal) -> Result<Arc<str>, Problem> {
        known(&signal.eci)?;
        self.events.fetch_add(1, Ordering::SeqCst);
        Ok("eid1".into())
    }

    async fn signal(&self, signal: Signal) -> Result<EventAnswer, Problem> {
        known(&signal.eci)?;
        self.events.fetch_add(1, Ordering::SeqCst);
        while signal.name == "wait" && !self.released.load(Ordering::SeqCst) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        Ok(EventAnswer {
            eid: "eid1".into(),
            domain: signal.domain.as_str().into(),
            name: signal.name.as_str().into(),
            directives: directives(&signal),
            errors: if signal.domain == "fail" { vec![failure()] } else { Vec::new() },
        })
    }

    async fn signal_then_ask(&self, signal: Signal, question: Question) -> Result<Data, Problem> {
        let event = self.signal(signal).await?;
        let answer = self.ask(question).await?;
        Ok(map([("event", event.directives[0].options.clone()), ("answer", answer)]))
    }

    async fn ask(&self, question: Question) -> Result<Data, Problem> {
        known(&question.eci)?;
        Ok(match &*question.name {
            "null" => Data::Null,
            "no" => Data::Bool(false),
            "page" => Data::string("<p>é</p>"),
            "long" => Data::string("x".repeat(32 << 20)),
            name => map([
                ("rid", Data::string(&*question.rid)),
                ("name", Data::string(name)),
                ("args", own(question.args)),
                ("hops", Data::Number(f64::from(question.hops))),
            ]),
        })
    }

    async fn ui_channel(&self) -> Result<Arc<str>, Problem> {
        Ok("uichannel".into())
    }

    async fn operate(&self, operation: Operation) -> Result<Data, Problem> {
        self.operations.lock().unwrap().push(operation.clone());
        match operation {
            Operation::Logs { .. } => Ok(Data::Array(self.logs.lock().unwrap().clone())),
            Operation::Cloud { id } if id == "nowhere" => Err(known(&id).unwrap_err()),
            other => Ok(map([("done", Data::string(format!("{other:?}")))])),
        }
    }

    fn unready(&self) -> Option<String> {
        self.unready.load(Ordering::SeqCst).then(|| "the disk is full".to_owned())
    }
}

/// A server that runs until it is dropped.
pub struct Host {
    /// Behind it.
    pub engine: Arc<Echo>,
    /// Its operator's token.
    pub token: String,
    /// Its address, `127.0.0.1:PORT`.
    pub address: String,
    /// Where its data is.
    pub home: tempfile::TempDir,
    running: Option<Running>,
    runtime: tokio::runtime::Runtime,
}

impl Host {
    /// With the settings that a test changes.
    pub fn start(change: impl FnOnce(&mut Settings)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut settings = Settings { address: "127.0.0.1".into(), port: 0, ..Settings::default() };
        settings.home = home.path().join("data");
        settings.log.access = false;
        change(&mut settings);
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let engine = Arc::new(Echo::default());
        let starting = Server::start(&settings, engine.clone(), Metrics::new().unwrap());
        let running = runtime.block_on(starting).unwrap();
        let token = std::fs::read_to_string(settings.home.join("operator.token")).unwrap().trim().to_owned();
        let address = running.address().to_string();
        Self { engine, token, address, home, running: Some(running), runtime }
    }

    /// A connection to it.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        stream
    }

    /// Sends bytes, and reads until the server closes.
    pub fn exchange(&self, bytes: &[u8]) -> Response {
        let mut stream = self.connect();
        // A server that refuses early may close before it has all.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        Response::read(&mut stream)
    }

    /// Runs something that needs a runtime.
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.runtime.block_on(future)
    }

    /// Begins to stop.
    pub fn shutdown(&mut self) -> tokio::task::JoinHandle<Stopped> {
        self.runtime.spawn(self.running.take().unwrap().shutdown())
    }
}

/// What came back.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// 0 if nothing came.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Response {
    /// Reads until the end.
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        if let Err(e) = stream.read_to_end(&mut bytes) {
            assert!(e.kind() == std::io::ErrorKind::ConnectionReset, "{e}: nothing came for too long");
        }
        Self::parse(&String::from_utf8(bytes).unwrap())
    }

    pub fn parse(text: &str) -> Self {
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).unwrap_or("0").parse().unwrap();
        let split =
            |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
        Self { status, headers: lines.filter_map(split).collect(), body: body.into() }
    }

    /// The first header of the name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}
