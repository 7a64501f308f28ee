//! How long clouds wait for answers beside a cloud that takes all it can get, in one process with the threads and the store of a host:
//!
//! ```sh
//! cargo bench --bench isolation                          # every hog, one thread and two, a store on disk: some two minutes
//! cargo bench --bench isolation -- --only endless --threads 1 --rounds 20
//! ```
//!
//! Neighbours get events and queries at a fixed rate, whether or not the former ones were answered, so that a stall is seen by all who come
//! while it lasts. Each round measures them without the hog and beside it, one after the other: what else the machine does hits both. A
//! figure is the median of the rounds; `times` is the median of the rounds' quotients.
//!
//! `--seconds N` for each measurement (0.7), `--rounds N` (5), `--threads LIST` (`1,2`), `--only HOG`, `--rate N` requests a second of all
//! neighbours of a kind together (1000), `--durability sync|os` (`os`), `--store disk|memory` (`disk`), `--home DIR` where the disk's folder is
//! made: in memory (`/dev/shm`) nothing but the engine is measured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a set-up that fails ends the measurement"
)]

#[path = "../../../host/tests/clouds/mod.rs"]
mod clouds;
mod hog;
mod load;

use clouds::Cloud;
use hog::{HOGS, Hog};
use krl_host::api::Engine as _;
use krl_host::config::Settings;
use krl_host::engine::Engine;
use krl_host::registry::Files;
use krl_host::serve::open_engine;
use krl_host::store::{self, FjallStore};
use krl_kernel::shard::ShardLimits;
use krl_kernel::store::{Durability, MemoryStore, Store};
use load::{Figures, Load};
use std::sync::Arc;
use std::thread::ThreadId;
use std::time::Duration;
use tokio::runtime::Runtime;

/// As `krl` has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const RULESET: &str = concat!("file://", env!("CARGO_MANIFEST_DIR"), "/benches/isolation/hog.krl");
/// Clouds of a kind: those on the thread of the hog, and those on others.
const NEIGHBOURS: usize = 8;

struct Args {
    seconds: f64,
    rounds: usize,
    threads: Vec<usize>,
    only: Option<String>,
    rate: f64,
    durability: Durability,
    on_disk: bool,
    home: String,
}

fn args() -> Args {
    let mut args = Args {
        seconds: 0.7,
        rounds: 5,
        threads: vec![1, 2],
        only: None,
        rate: 1_000.0,
        durability: Durability::Os,
        on_disk: true,
        home: env!("CARGO_TARGET_TMPDIR").into(),
    };
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().unwrap_or_else(|| panic!("`{flag}` needs a value"));
        match flag.as_str() {
            "--seconds" => args.seconds = value().parse().expect("a number of seconds"),
            "--rounds" => args.rounds = value().parse().expect("a number of rounds"),
            "--threads" => args.threads = value().split(',').map(|n| n.parse().expect("numbers")).collect(),
            "--only" => args.only = Some(value()),
            "--rate" => args.rate = value().parse().expect("a number of requests"),
            "--durability" => {
                args.durability = if value() == "sync" { Durability::Sync } else { Durability::Os }
            }
            "--store" => args.on_disk = value() == "disk",
            "--home" => args.home = value(),
            "--bench" => {}
            other => panic!("there is no flag `{other}`"),
        }
    }
    args
}

/// An engine with a hog, neighbours on its thread, and others.
struct Place {
    engine: Arc<Engine>,
    hog: Cloud,
    near: Vec<String>,
    far: Vec<String>,
    _home: tempfile::TempDir,
}

impl Place {
    async fn build(args: &Args, threads: usize, hog: &Hog) -> Self {
        let home = tempfile::tempdir_in(&args.home).unwrap();
        let store: Arc<dyn Store> = match args.on_disk {
            true => Arc::new(FjallStore::open(home.path(), &store::Options::default()).unwrap()),
            false => Arc::new(MemoryStore::default()),
        };
        let settings = Settings {
            files: Files::Anywhere,
            threads: Some(threads),
            durability: args.durability,
            budgets: hog.budgets(),
            ..Settings::default()
        };
        let engine = Arc::new(open_engine(&settings, store, ShardLimits::default()).await.unwrap());
        let hog = clouds::found(&*engine, "hog", &[RULESET.into()]).await;
        let (mut near, mut far) = (Vec::new(), Vec::new());
        let far_wanted = if threads > 1 { NEIGHBOURS } else { 0 };
        while near.len() < NEIGHBOURS || far.len() < far_wanted {
            let cloud = clouds::found(&*engine, "neighbour", &[RULESET.into()]).await;
            let is_near = thread_of(&engine, &cloud).await == thread_of(&engine, &hog).await;
            let kind = if is_near { &mut near } else { &mut far };
            if kind.len() < NEIGHBOURS {
                kind.push(cloud.channel);
            }
        }
        engine.settle().await;
        Self { engine, hog, near, far, _home: home }
    }
}

/// The thread that looks after a cloud.
async fn thread_of(engine: &Engine, cloud: &Cloud) -> ThreadId {
    let home = engine.home(&cloud.channel).expect("a thread");
    home.spawn(async { std::thread::current().id() }).await.unwrap()
}

fn main() {
    let args = args();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    println!(
        "| threads | hog | its events a second | neighbours | answers | p50 alone µs | beside | p99 alone µs | beside | times |"
    );
    println!("|---:|---|---:|---|---:|---:|---:|---:|---:|---:|");
    for &threads in &args.threads {
        for hog in HOGS {
            if args.only.as_deref().is_none_or(|only| only == hog.name) {
                compare(&runtime, &args, threads, hog);
            }
        }
    }
}

/// A round's figures without and with the hog.
type Pair = (Figures, Figures);

fn compare(runtime: &Runtime, args: &Args, threads: usize, hog: &Hog) {
    let place = runtime.block_on(Place::build(args, threads, hog));
    let mut kinds = vec![("on its thread", place.near.clone())];
    if !place.far.is_empty() {
        kinds.push(("on the other", place.far.clone()));
    }
    let channels: Vec<Vec<String>> = kinds.iter().map(|(_, channels)| channels.clone()).collect();
    let load = Load { engine: place.engine.clone(), channels, rate: args.rate };
    let time = Duration::from_secs_f64(args.seconds);
    load.run(runtime, time / 4);
    let mut rounds: Vec<Vec<Pair>> = kinds.iter().map(|_| Vec::new()).collect();
    let mut hogged = Vec::new();
    for _ in 0..args.rounds {
        let alone = load.run(runtime, time);
        let at_work = hog.start(&place.engine, &place.hog.channel);
        let beside = load.run(runtime, time);
        hogged.push(at_work.stop() / args.seconds);
        runtime.block_on(place.engine.settle());
        for (rounds, pair) in rounds.iter_mut().zip(alone.into_iter().zip(beside)) {
            rounds.push(pair);
        }
    }
    for ((kind, _), rounds) in kinds.iter().zip(&rounds) {
        let of = |figure: fn(&Pair) -> f64| median(rounds.iter().map(figure).collect());
        println!(
            "| {threads} | {} | {:.1} | {kind} | {:.0} % | {:.0} | {:.0} | {:.0} | {:.0} | {:.2} |",
            hog.name,
            median(hogged.clone()),
            of(|(_, beside)| beside.answered * 100.0),
            of(|(alone, _)| alone.p50),
            of(|(_, beside)| beside.p50),
            of(|(alone, _)| alone.p99),
            of(|(_, beside)| beside.p99),
            of(|(alone, beside)| beside.p99 / alone.p99),
        );
    }
    let Place { engine, .. } = place;
    drop(load);
    engine.close();
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
