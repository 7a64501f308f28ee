//! Every case on this engine and on the Node reference, in one run: `cargo bench --bench reference`.
//!
//! The reference is pico-engine-core as published on npm, in process, with logging off: once with a store in memory, as the clouds here have, and
//! once with LevelDB on this disk, which does not wait for the disk. Get it with `npm install --prefix benches/reference`. A second table
//! compares it with this engine over HTTP: its own HTTP server can't be installed any more.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

mod http;
mod node;

use krl_benches::case::{self, Case};
use krl_benches::engine::Engine;
use std::collections::HashMap;
use std::time::{Duration, Instant};

/// How long each case is measured, after a warm-up of a quarter of it.
const MEASURE: Duration = Duration::from_millis(800);

/// Operations a second by case.
type Rates = HashMap<String, f64>;

fn main() {
    let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).ok();
    let cases: Vec<Case> = case::all().into_iter().chain(case::hosted()).collect();
    let reference = [
        node::rates(&cases, MEASURE, None),
        disk.and_then(|disk| node::rates(&cases, MEASURE, Some(disk.path()))),
    ];
    if reference[0].is_none() {
        eprintln!(
            "the reference was left out: `npm install --prefix benches/reference` gets it (Node.js 18 or later)"
        );
    }
    println!(
        "{:<36} {:>12} {:>12} {:>8} {:>12} {:>8}",
        "operations a second", "here", "reference", "times", "on disk", "times"
    );
    for case in &cases {
        print(case.name, case.name, measure(&mut Engine::new(case)), &reference);
    }
    println!("\nhere over HTTP, {} connections; the reference in process", http::CONNECTIONS);
    for (durability, workload, rate) in http::rates() {
        print(&format!("{workload}, durability {durability}"), workload, rate, &reference);
    }
}

/// A line under a title, compared with a case of the reference.
fn print(title: &str, case: &str, here: f64, reference: &[Option<Rates>; 2]) {
    let compared = reference.each_ref().map(|rates| match rates.as_ref().and_then(|rates| rates.get(case)) {
        Some(there) => format!("{there:>12.1} {:>8.1}", here / there),
        None => format!("{:>12} {:>8}", "-", "-"),
    });
    println!("{title:<36} {here:>12.0} {}", compared.join(" "));
}

fn measure(engine: &mut Engine) -> f64 {
    run_for(engine, MEASURE / 4);
    let start = Instant::now();
    let rounds = run_for(engine, MEASURE);
    (rounds * engine.round_len()) as f64 / start.elapsed().as_secs_f64()
}

fn run_for(engine: &mut Engine, time: Duration) -> usize {
    let start = Instant::now();
    let mut rounds = 0;
    while start.elapsed() < time {
        engine.round();
        rounds += 1;
    }
    rounds
}
