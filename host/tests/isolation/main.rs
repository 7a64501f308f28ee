//! Clouds that take all they can get: they are told so, and their neighbours on the same thread go on being answered (decision R5).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

#[path = "../clouds/mod.rs"]
mod clouds;

use krl_host::api::{Engine, Signal};
use krl_host::config::Settings;
use krl_host::registry::Files;
use krl_host::serve::Host;
use krl_host::store::{FjallStore, Options};
use krl_kernel::store::MemoryStore;
use krl_vm::data::Data;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

const RULESET: &str = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/tests/isolation/hog.krl");
const NEIGHBOURS: usize = 3;
/// Events that wait for one cloud at a time.
const QUEUED: u32 = 2_000;
/// The most events of a hog, one after the other, until each neighbour was answered.
const HOGS: usize = 50;

/// A new cloud with the ruleset; answers a channel of it.
async fn cloud(host: &Host, name: &str) -> String {
    clouds::found(&**host.engine(), name, &[RULESET.into()]).await.channel
}

async fn ask(host: &Host, eci: &str, rid: &str, name: &str) -> Data {
    clouds::ask(&**host.engine(), eci, rid, name).await.unwrap()
}

fn event(eci: &str, name: &str) -> Signal {
    clouds::event(eci, "hog", name)
}

/// Lets a neighbour be busy until it is told to stop, and counts the events it was answered.
async fn live(host: Arc<Host>, channel: String, stop: Arc<AtomicBool>, answers: Arc<AtomicU32>) {
    let Data::Number(before) = ask(&host, &channel, "hog", "total").await else { panic!("no count") };
    let mut answered = 0;
    while !stop.load(Ordering::Relaxed) {
        let answer = host.engine().signal(event(&channel, "count")).await.unwrap();
        assert!(answer.errors.is_empty(), "{answer:?}");
        answered += 1;
        answers.store(answered, Ordering::Relaxed);
        let count = ask(&host, &channel, "hog", "total").await;
        assert_eq!(count, Data::Number(before + f64::from(answered)));
    }
}

/// A host with one thread for clouds.
fn settings() -> (Settings, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let settings = Settings {
        address: "127.0.0.1".into(),
        port: 0,
        home: home.path().into(),
        files: Files::Anywhere,
        threads: Some(1),
        ..Settings::default()
    };
    (settings, home)
}

/// Whether a neighbour is answered while one instruction of a hog runs: each of them takes far longer than an answer.
#[tokio::test(flavor = "multi_thread")]
async fn neighbours_are_answered_while_an_instruction_runs() {
    let (settings, _home) = settings();
    let host = Arc::new(Host::start_with(&settings, Arc::new(MemoryStore::default())).await.unwrap());
    let (hog, neighbour) = (cloud(&host, "hog").await, cloud(&host, "neighbour").await);
    let made = host.engine().signal(event(&hog, "words")).await.unwrap();
    assert!(made.errors.is_empty(), "{made:?}");
    for _ in 0..3 {
        let (engine, sort) = (host.engine().clone(), event(&hog, "sort"));
        let sorted = tokio::spawn(async move { engine.signal(sort).await.unwrap() });
        let mut answered = 0;
        while !sorted.is_finished() {
            assert!(host.engine().signal(event(&neighbour, "count")).await.unwrap().errors.is_empty());
            answered += 1;
        }
        let sorted = sorted.await.unwrap();
        assert!(sorted.errors.is_empty(), "{sorted:?}");
        assert_eq!(sorted.directives[0].options.to_json(), r#"{"length":100001}"#);
        assert!(answered > 3, "{answered} answers");
    }
    Arc::into_inner(host).unwrap().stop().await;
}

/// Large values are written ahead of their commit, on a store that does so.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_value_is_there_after_a_restart() {
    const LENGTH: Data = Data::Number((1 << 22) as f64);
    let (settings, home) = settings();
    let open = || FjallStore::open(home.path(), &Options { reserve_bytes: 0, ..Options::default() }).unwrap();
    let host = Host::start_with(&settings, Arc::new(open())).await.unwrap();
    let hog = cloud(&host, "hog").await;
    for _ in 0..2 {
        let done = host.engine().signal(event(&hog, "text")).await.unwrap();
        assert!(done.errors.is_empty(), "{done:?}");
        assert_eq!(ask(&host, &hog, "hog", "letters").await, LENGTH);
    }
    host.stop().await;
    let host = Host::start_with(&settings, Arc::new(open())).await.unwrap();
    assert_eq!(ask(&host, &hog, "hog", "letters").await, LENGTH);
    host.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn neighbours_of_clouds_without_measure_are_answered() {
    let (settings, _home) = settings();
    let host = Arc::new(Host::start_with(&settings, Arc::new(MemoryStore::default())).await.unwrap());
    let hog = cloud(&host, "hog").await;
    let mut neighbours = Vec::new();
    for n in 0..NEIGHBOURS {
        neighbours.push(cloud(&host, &format!("neighbour {n}")).await);
    }
    for (name, code) in [
        ("endless", "limit_instructions"),
        ("again", "limit_cascade"),
        ("big", "limit_memory"),
        ("count", ""),
    ] {
        let stop = Arc::new(AtomicBool::new(false));
        let answers: Vec<Arc<AtomicU32>> = neighbours.iter().map(|_| Arc::default()).collect();
        let lives = neighbours.iter().zip(&answers);
        let lives = lives
            .map(|(channel, answers)| live(host.clone(), channel.clone(), stop.clone(), answers.clone()));
        let lives: Vec<_> = lives.map(tokio::spawn).collect();
        if code.is_empty() {
            for _ in 0..QUEUED {
                host.engine().fire(event(&hog, name)).await.unwrap();
            }
            // It comes behind all of them.
            host.engine().signal(event(&hog, name)).await.unwrap();
            assert_eq!(ask(&host, &hog, "hog", "total").await, Data::Number(f64::from(QUEUED + 1)));
        } else {
            // One after the other, without a gap for the neighbours.
            for _ in 0..HOGS {
                let answer = host.engine().signal(event(&hog, name)).await.unwrap();
                assert_eq!(answer.errors[0].code, code, "{answer:?}");
                if answers.iter().all(|answers| answers.load(Ordering::Relaxed) > 0) {
                    break;
                }
            }
        }
        assert!(
            answers.iter().all(|answers| answers.load(Ordering::Relaxed) > 0),
            "nobody was answered beside {name}"
        );
        stop.store(true, Ordering::Relaxed);
        for life in lives {
            life.await.unwrap();
        }
    }
    assert_eq!(ask(&host, &hog, "hog", "total").await, Data::Number(f64::from(QUEUED + 1)));
    Arc::into_inner(host).unwrap().stop().await;
}
