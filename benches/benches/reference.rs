//! Every case on this engine and on the Node reference, in one run: `cargo bench --bench reference`.
//!
//! The reference is pico-engine-core as published on npm, in process, with logging off: once with a store in memory, as the clouds here have, and
//! once with LevelDB on this disk, which does not wait for the disk. Get it with `npm install --prefix benches/reference`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

use krl_benches::case;
use krl_benches::engine::Engine;
use std::collections::HashMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long each case is measured, after a warm-up of a quarter of it.
const MEASURE: Duration = Duration::from_millis(800);

fn main() {
    let disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).ok();
    let in_memory = reference(None);
    let on_disk = disk.as_ref().and_then(|folder| reference(Some(folder.path())));
    if in_memory.is_none() {
        eprintln!(
            "the reference was left out: `npm install --prefix benches/reference` gets it (Node.js 18 or later)"
        );
    }
    println!(
        "{:<36} {:>12} {:>12} {:>8} {:>12} {:>8}",
        "operations a second", "here", "reference", "times", "on disk", "times"
    );
    for case in case::all() {
        let here = measure(&mut Engine::new(&case));
        let compared = [&in_memory, &on_disk].map(|reference| {
            match reference.as_ref().and_then(|reference| reference.get(case.name)) {
                Some(there) => format!("{there:>12.1} {:>8.0}", here / there),
                None => format!("{:>12} {:>8}", "-", "-"),
            }
        });
        println!("{:<36} {here:>12.0} {}", case.name, compared.join(" "));
    }
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

/// Operations a second of each case on the reference, if it is installed; with a folder, its clouds are kept there.
fn reference(store: Option<&Path>) -> Option<HashMap<String, f64>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference");
    if !folder.join("node_modules").is_dir() {
        return None;
    }
    let mut node = Command::new("node")
        .arg(folder.join("run.mjs"))
        .arg(MEASURE.as_millis().to_string())
        .args(store)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let cases = serde_json::to_vec(&case::all()).ok()?;
    node.stdin.take()?.write_all(&cases).ok()?;
    let output = node.wait_with_output().ok()?;
    serde_json::from_slice(&output.stdout).ok()
}
