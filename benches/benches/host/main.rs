//! Events and queries a second over HTTP, of `krl serve` or of any engine with the reference's interface, from outside:
//!
//! ```sh
//! cargo bench --bench host                                   # builds and starts `krl serve`, with durability `sync`, then `os`
//! cargo bench --bench host -- --url http://localhost:3000    # an engine that runs; this machine's files must be open to it
//! ```
//!
//! `--seconds N` measures each line for so long (4), `--durability sync|os` one of the two only, `--settings "FLAGS"` gives flags to
//! `krl serve`. The load generator shares the machine's cores with the engine. The last columns are, for each answer, the engine's own processor
//! time, how often one of its threads was switched to or from, and the load generator's processor time.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a set-up that fails ends the measurement"
)]

mod disk;
mod load;
mod target;
mod usage;

use load::{Figures, Load};
use std::time::Duration;
use target::{Child, Target};
use usage::Usage;

/// Connections at a time.
const CONNECTIONS: [usize; 2] = [1, 32];

/// What is asked for over and over: its name, and its path behind the channel's id.
const WORKLOADS: [(&str, &str, &str); 3] = [
    ("simple event", "/c/", "/event-wait/bench/simple"),
    ("counting event", "/c/", "/event-wait/bench/count"),
    ("query", "/sky/cloud/", "/bench/result"),
];

struct Args {
    url: Option<String>,
    seconds: f64,
    durability: Option<String>,
    settings: Vec<String>,
}

fn args() -> Args {
    let mut args = Args { url: None, seconds: 4.0, durability: None, settings: Vec::new() };
    let mut given = std::env::args().skip(1);
    while let Some(flag) = given.next() {
        let mut value = || given.next().unwrap_or_else(|| panic!("`{flag}` needs a value"));
        match flag.as_str() {
            "--url" => args.url = Some(value()),
            "--seconds" => args.seconds = value().parse().expect("a number of seconds"),
            "--durability" => args.durability = Some(value()),
            "--settings" => args.settings = value().split_whitespace().map(str::to_owned).collect(),
            "--bench" => {}
            other => panic!("there is no flag `{other}`"),
        }
    }
    args
}

fn main() {
    let args = args();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    println!(
        "{:<12} {:<16} {:>11} {:>10} {:>9} {:>9} {:>9} {:>10} {:>9} {:>8}",
        "durability",
        "workload",
        "connections",
        "a second",
        "p50 ms",
        "p99 ms",
        "p99.9 ms",
        "engine µs",
        "switches",
        "load µs"
    );
    if let Some(url) = &args.url {
        let target = Target::other(url);
        measure(&target, "its own", args.seconds);
        return;
    }
    let binary = target::build();
    for durability in ["sync", "os"] {
        if args.durability.as_deref().is_some_and(|only| only != durability) {
            continue;
        }
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let child = Child::start(&binary, home.path(), durability, &args.settings);
        let target = runtime.block_on(child.prepare());
        measure(&target, durability, args.seconds);
        drop(child);
        if durability == "sync" {
            let [p50, p99, most] = disk::sync_times(home.path());
            println!("the disk's own sync of 4 KiB: {p50:.3} ms, p99 {p99:.3} ms, p99.9 {most:.3} ms");
        }
    }
}

fn measure(target: &Target, durability: &str, seconds: f64) {
    for (name, before, behind) in WORKLOADS {
        for connections in CONNECTIONS {
            let path = format!("{before}{}{behind}", target.eci);
            let mut load = Load::connect(target.address, &path, connections);
            load.run(Duration::from_secs_f64(seconds / 4.0));
            let before = target.usage();
            let Figures { answers, rate, p50, p99, p999, micros } =
                load.run(Duration::from_secs_f64(seconds));
            let used = target.usage().zip(before);
            let each = |used: fn(&Usage) -> f64| {
                move |(after, before): (Usage, Usage)| (used(&after) - used(&before)) / answers as f64
            };
            let engine = shown(used.map(each(|usage| usage.seconds * 1e6)), 1);
            let switches = shown(used.map(each(|usage| usage.switches)), 2);
            let own = shown(micros, 1);
            println!(
                "{durability:<12} {name:<16} {connections:>11} {rate:>10.0} {p50:>9.3} {p99:>9.3} {p999:>9.3} {engine:>10} {switches:>9} {own:>8}"
            );
        }
    }
}

/// A figure, if it is known.
fn shown(figure: Option<f64>, places: usize) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.places$}"))
}
