//! Two hosts, and one that is no host: circles of clouds that wait for each other across hosts, and deliveries to a server that has no time.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

#[path = "../origin/mod.rs"]
mod origin;

use krl_host::api::{Engine, Operation, Question, Signal};
use krl_host::config::Settings;
use krl_host::registry::Files;
use krl_host::serve::Host;
use krl_kernel::store::MemoryStore;
use krl_vm::data::{Data, DataMap};
use origin::{Server, answer, ok};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

fn map<const N: usize>(entries: [(&str, Data); N]) -> DataMap {
    entries.into_iter().map(|(key, value)| (key.into(), value)).collect()
}

fn field<'a>(data: &'a Data, name: &str) -> &'a Data {
    data.as_map().and_then(|map| map.get(name)).unwrap_or(&Data::Null)
}

/// A host whose root cloud has the ruleset, and a channel that lets everything through.
struct House {
    host: Host,
    eci: String,
    _home: tempfile::TempDir,
}

impl House {
    async fn build() -> Self {
        let home = tempfile::tempdir().unwrap();
        let settings = Settings {
            address: "127.0.0.1".into(),
            port: 0,
            home: home.path().into(),
            files: Files::Anywhere,
            allow: vec!["127.0.0.1".parse().unwrap()],
            threads: Some(1),
            ..Settings::default()
        };
        let host = Host::start_with(&settings, Arc::new(MemoryStore::default())).await.unwrap();
        let engine = host.engine();
        let ui = engine.ui_channel().await.unwrap().to_string();
        let url = format!("file://{}/tests/two_hosts/round.krl", env!("CARGO_MANIFEST_DIR"));
        let config = Data::Map(DataMap::new());
        engine.operate(Operation::Install { id: ui.clone(), url, config }).await.unwrap();
        let policy = |key: &str| {
            let all = Data::Map(map([(key, Data::string("*")), ("name", Data::string("*"))]));
            Data::Map(map([("allow", Data::Array(vec![all])), ("deny", Data::Array(Vec::new()))]))
        };
        let tags = Data::Array(vec![Data::string("round")]);
        let attrs = map([("tags", tags), ("eventPolicy", policy("domain")), ("queryPolicy", policy("rid"))]);
        let (domain, name) = ("engine_ui".into(), "new_channel".into());
        let event = Signal { eci: ui.clone(), domain, name, attrs, ..Signal::default() };
        assert!(engine.signal(event).await.unwrap().errors.is_empty());
        let cloud = engine.operate(Operation::Cloud { id: ui }).await.unwrap();
        let Data::Array(channels) = field(&cloud, "channels") else { panic!("no channels") };
        let ours = channels.iter().find(|channel| field(channel, "tags").to_json() == r#"["round"]"#);
        let eci = field(ours.unwrap(), "id").as_str().unwrap().to_owned();
        Self { host, eci, _home: home }
    }

    fn url(&self, kind: &str) -> String {
        let (address, eci) = (self.host.address(), &self.eci);
        match kind {
            "event" => format!("http://{address}/c/{eci}/event-wait/round/go"),
            "fire" => format!("http://{address}/c/{eci}/event/round/go"),
            name => format!("http://{address}/c/{eci}/query/round/{name}"),
        }
    }
}

/// Where each cloud sends or asks the next: alternately the second and the first, and what comes out in the end.
const WAYS: &[(&[&str], &str)] = &[
    (&["event"], r#""status":200,"content":{"eid":"#),
    (
        &["event", "event"],
        r#""status":508,"content":{"error":"Error: an event cannot wait for a cloud that waits for it"#,
    ),
    (
        &["ask", "event"],
        r#""status":200,"content":{"error":"Error: an event cannot wait for a cloud that waits for it"#,
    ),
    (&["ask", "ask", "ask", "event"], r#""content":{"error":"Error: an event cannot wait"#),
    (&["event", "ask", "event"], r#""code":"circle""#),
    // A query is answered from what is committed, and what is only taken in is not waited for.
    (&["event", "ask"], r#""status":200,"content":"end""#),
    (&["event", "fire"], r#""status":200,"content":"#),
];

#[tokio::test(flavor = "multi_thread")]
async fn circles_of_waiting_events_are_refused_at_once() {
    let (first, second) = (House::build().await, House::build().await);
    for (way, expected) in WAYS {
        let houses = [&second, &first].into_iter().cycle();
        let way: Vec<_> = way.iter().zip(houses).map(|(kind, house)| Data::string(house.url(kind))).collect();
        let attrs = map([("way", Data::string(Data::Array(way.clone()).to_json()))]);
        let (domain, name) = ("round".into(), "go".into());
        let event = Signal { eci: first.eci.clone(), domain, name, attrs, ..Signal::default() };
        let begun = Instant::now();
        let done = first.host.engine().signal(event).await.unwrap();
        assert!(done.errors.is_empty(), "{way:?}: {:?}", done.errors);
        let options = Data::Array(done.directives.into_iter().map(|directive| directive.options).collect());
        assert!(options.to_json().contains(expected), "{way:?} gave {}", options.to_json());
        assert!(begun.elapsed() < Duration::from_secs(10), "{way:?} waited for a time-out");
    }
    first.host.engine().settle().await;
    first.host.stop().await;
    second.host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn queries_that_ask_each_other_for_ever_are_ended() {
    let (first, second) = (House::build().await, House::build().await);
    let begun = Instant::now();
    let args =
        map([("there", Data::string(second.url("endless"))), ("here", Data::string(first.url("endless")))]);
    let (eci, rid, name) = (first.eci.clone(), "round".into(), "endless".into());
    let asked = first.host.engine().ask(Question { eci, rid, name, args, ..Question::default() }).await;
    let answer = asked.unwrap().to_json();
    assert!(answer.contains("limit_cascade"), "{answer}");
    assert!(begun.elapsed() < Duration::from_secs(10), "they waited for a time-out");
    first.host.stop().await;
    second.host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_no_time_is_left_alone_for_as_long_as_it_says() {
    let house = House::build().await;
    let times = Arc::new(Mutex::new(Vec::new()));
    let (seen, tries) = (times.clone(), AtomicUsize::new(0));
    let server = Server::start(move |_| {
        seen.lock().unwrap().push(Instant::now());
        match tries.fetch_add(1, Ordering::SeqCst) {
            0 => answer("503 Service Unavailable", "retry-after: 2\r\n", ""),
            _ => ok("\"id\""),
        }
    })
    .await;
    let attrs = map([("host", Data::string(server.url(""))), ("eci", Data::string("some-channel"))]);
    let (domain, name) = ("round".into(), "send".into());
    let event = Signal { eci: house.eci.clone(), domain, name, attrs, ..Signal::default() };
    assert!(house.host.engine().signal(event).await.unwrap().errors.is_empty());
    while server.requests() < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let times = times.lock().unwrap().clone();
    let waited = times.last().unwrap().duration_since(*times.first().unwrap());
    // Without a wish it would have been 1.25 seconds at most.
    assert!(waited >= Duration::from_secs(2), "{waited:?}");
    house.host.stop().await;
}
