//! Hosts whose store fails at every point in turn: who is told of an error finds nothing of it, who is told of success finds all of it,
//! and the host goes on when there is room again (decisions R1, R8; `kernel::store::StoreError`).

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod clouds;

use clouds::{field, map};
use krl_host::api::{Engine, Operation, Problem, Signal};
use krl_host::config::Settings;
use krl_host::registry::Files;
use krl_host::serve::Host;
use krl_kernel::store::{Durability, Fault, FaultyStore, MemoryStore, StoreError};
use krl_vm::data::Data;
use std::sync::Arc;
use std::time::Duration;

/// Events of a script.
const EVENTS: usize = 18;
/// Those that are under way together.
const TOGETHER: usize = 3;
/// Commits after which the store fails, at most: more than a script makes.
const POINTS: usize = 30;

/// A host with two clouds that have the rulesets of the crash test, and the store below.
struct House {
    host: Host,
    store: Arc<FaultyStore<MemoryStore>>,
    channels: [String; 2],
}

fn settings(durability: Durability) -> (Settings, tempfile::TempDir) {
    let home = tempfile::tempdir().unwrap();
    let settings = Settings {
        address: "127.0.0.1".into(),
        port: 0,
        home: home.path().into(),
        files: Files::Anywhere,
        threads: Some(2),
        durability,
        ..Settings::default()
    };
    (settings, home)
}

impl House {
    async fn build(settings: &Settings) -> Self {
        let store = Arc::new(FaultyStore::new(MemoryStore::default()));
        let host = Host::start_with(settings, store.clone()).await.unwrap();
        let engine = host.engine();
        let rulesets = ["member", "witness"]
            .map(|name| format!("file://{}/../cli/tests/crash/{name}.krl", env!("CARGO_MANIFEST_DIR")));
        let mut channels = Vec::new();
        for name in ["first", "second"] {
            channels.push(clouds::found(&**engine, name, &rulesets).await.channel);
        }
        engine.settle().await;
        Self { host, store, channels: channels.try_into().unwrap() }
    }

    /// Sends the script's events, some at a time; answers what each was told.
    async fn run(&self) -> Vec<Option<Problem>> {
        let mut told = Vec::new();
        for first in (0..EVENTS).step_by(TOGETHER) {
            let sent = (first..first + TOGETHER).map(|n| {
                let engine = self.host.engine().clone();
                let signal = event(n, &self.channels);
                tokio::spawn(async move {
                    match waits(n) {
                        true => engine.signal(signal).await.map(drop),
                        false => engine.fire(signal).await.map(drop),
                    }
                })
            });
            for sent in sent.collect::<Vec<_>>() {
                told.push(sent.await.unwrap().err());
            }
            for channel in &self.channels {
                ask(&self.host, channel, "crash.member", "state").await.unwrap();
            }
        }
        told
    }
}

async fn ask(host: &Host, eci: &str, rid: &str, name: &str) -> Result<Data, Problem> {
    clouds::ask(&**host.engine(), eci, rid, name).await
}

const KINDS: [&str; 4] = ["add", "pass", "split", "later"];

fn waits(n: usize) -> bool {
    n % 5 < 3
}

fn event(n: usize, channels: &[String; 2]) -> Signal {
    let attrs = [
        ("id", Data::string(format!("e{n}"))),
        ("to", Data::string(&*channels[(n / 2 + 1) % 2])),
        ("delay", Data::Number(50.0)),
    ];
    let Data::Map(attrs) = map(attrs) else { panic!("no map") };
    let (eci, name) = (channels[n / 2 % 2].clone(), KINDS[n % 4].into());
    Signal { eci, domain: "crash".into(), name, attrs, ..Signal::default() }
}

/// How often the cloud of a channel counted an event.
async fn count(host: &Host, channel: &str, rid: &str, what: &str, n: usize) -> u32 {
    let state = ask(host, channel, rid, "state").await.unwrap();
    match field(field(&state, what), &format!("e{n}")) {
        Data::Number(times) => *times as u32,
        _ => 0,
    }
}

/// Compares the clouds with what was told: an error says that nothing happened, unless nobody can know.
async fn compare(host: &Host, channels: &[String; 2], told: &[Option<Problem>], at: &str) {
    for (n, told) in told.iter().enumerate() {
        let (own, other) = (&channels[n / 2 % 2], &channels[(n / 2 + 1) % 2]);
        let times = count(host, own, "crash.member", "seen", n).await;
        match told {
            None => assert_eq!(times, 1, "{at}: event {n} was answered"),
            Some(problem) if problem.code == "store_full" => {
                assert_eq!(
                    (times, problem.status),
                    (0, 507),
                    "{at}: event {n} was answered with {problem:?}"
                );
            }
            Some(problem) => {
                assert!(problem.code == "store_failed" && times <= 1, "{at}: event {n}: {problem:?}")
            }
        }
        let effects = [
            ("witnessed", KINDS[n % 4] != "split", count(host, own, "crash.witness", "seen", n).await),
            ("sent", KINDS[n % 4] == "pass", count(host, other, "crash.member", "arrived", n).await),
            ("fired", KINDS[n % 4] == "later", count(host, own, "crash.member", "rung", n).await),
        ];
        for (what, expected, found) in effects {
            assert_eq!(found, times * u32::from(expected), "{at}: event {n}, {what}");
        }
    }
}

/// Waits until jobs have fired and messages have arrived.
async fn finish(host: &Host) {
    loop {
        host.engine().settle().await;
        let stats = host.engine().operate(Operation::Stats).await.unwrap();
        if *field(&stats, "agenda") == Data::Number(0.0) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// One script against a store that is full from some point on, until there is room again.
async fn check_full(fault: Fault, durability: Durability) -> usize {
    let (settings, _home) = settings(durability);
    let house = House::build(&settings).await;
    house.store.fail(fault.clone(), StoreError::Full);
    let mut told = house.run().await;
    let failures = told.iter().flatten().count();
    house.store.mend();
    let at = format!("{fault:?}, {durability:?}");
    tokio::time::timeout(Duration::from_secs(30), finish(&house.host))
        .await
        .unwrap_or_else(|_| panic!("{at}: not drained"));
    compare(&house.host, &house.channels, &told, &at).await;
    assert_eq!(house.host.engine().unready(), None, "{at}");
    // What was refused is done when it is sent again.
    for (n, told) in told.iter_mut().enumerate().filter(|(_, told)| told.is_some()) {
        let sent = house.host.engine().signal(event(n, &house.channels)).await;
        *told = sent.map(drop).err();
        assert_eq!(*told, None, "{at}: event {n}, again");
    }
    finish(&house.host).await;
    compare(&house.host, &house.channels, &told, &at).await;
    house.host.stop().await;
    failures
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_store_leaves_nothing_in_half_wherever_it_fills() {
    let points = (0..POINTS).map(Fault::CommitsAfter).chain([300, 1_000, 3_000].map(Fault::CommitsOver));
    let runs = points.enumerate().map(|(n, fault)| {
        let durability = if n % 2 == 0 { Durability::Sync } else { Durability::Os };
        tokio::spawn(check_full(fault, durability))
    });
    let mut failures = Vec::new();
    for run in runs.collect::<Vec<_>>() {
        failures.push(run.await.unwrap());
    }
    assert_eq!(failures[0], EVENTS, "nothing is taken by a store that is full");
    assert!(failures.iter().any(|failures| (1..EVENTS).contains(failures)), "{failures:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_stops_writes_and_a_restart_tells_what_it_has() {
    for (n, error) in [(0, "first"), (1, "second"), (4, "fifth"), (7, "eighth")] {
        let (settings, _home) = settings(Durability::Sync);
        let House { host, store, channels } = House::build(&settings).await;
        store.fail(Fault::SyncsAfter(n), StoreError::Io(format!("the {error} sync failed")));
        let house = House { host, store, channels };
        let told = house.run().await;
        assert!(told.iter().any(Option::is_some), "sync {n}");
        assert!(house.host.engine().unready().is_some(), "sync {n}");
        let House { host, store, channels } = house;
        store.mend();
        let refused = host.engine().signal(event(0, &channels)).await.unwrap_err();
        assert_eq!((refused.status, refused.code), (503, "store_failed"), "nobody knows what the disk has");
        host.stop().await;
        let host = Host::start_with(&settings, store).await.unwrap();
        finish(&host).await;
        compare(&host, &channels, &told, &format!("sync {n}")).await;
        host.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_cannot_be_read_fails_the_query_alone() {
    let (settings, _home) = settings(Durability::Os);
    let House { host, store, channels } = House::build(&settings).await;
    host.engine().signal(event(0, &channels)).await.unwrap();
    host.stop().await;
    let mut failures = 0;
    let host = Host::start_with(&settings, store.clone()).await.unwrap();
    host.engine().settle().await;
    for n in 0..40 {
        store.fail(Fault::ReadsAfter(n), StoreError::Io("the disk has a bad sector".into()));
        let asked = ask(&host, &channels[1], "crash.member", "state").await;
        store.mend();
        match asked {
            Ok(state) => assert_eq!(field(&state, "count"), &Data::Number(0.0)),
            Err(problem) => {
                failures += 1;
                assert!(problem.status >= 500 && problem.message.contains("bad sector"), "{problem:?}");
            }
        }
        assert!(ask(&host, &channels[0], "crash.member", "state").await.is_ok(), "read {n}");
    }
    assert!(failures > 0);
    assert!(ask(&host, &channels[1], "crash.member", "state").await.is_ok());
    host.stop().await;
}
