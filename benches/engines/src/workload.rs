//! What is measured, the same for all engines.

use crate::Failure;
use crate::engine::{Engine, open};
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const RECORDS: u64 = 12;
const CLOUDS_PER_BATCH: u64 = 100;
const WAKES: u64 = 5_000;
const COUNTERS_PER_BATCH: u64 = 32;
const BATCHES: u64 = 2_000;
const SYNCED_BATCHES: u64 = 300;

/// A number that looks random and is the same each time (splitmix64).
fn mix(n: u64) -> u64 {
    let mut z = n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// The id of the n-th cloud: 27 bytes in no order.
fn cloud(n: u64) -> Vec<u8> {
    let mut id = vec![b'c'];
    for part in 0..26 {
        let digit = mix(n * 2 + part / 13) >> (part % 13 * 5 % 60) & 31;
        id.push(b"abcdefghijklmnopqrstuvwxyz234567"[digit as usize]);
    }
    id
}

fn key(n: u64, record: u64) -> Vec<u8> {
    let mut key = cloud(n);
    key.push(b'a' + (record % 5) as u8);
    key.extend_from_slice(format!("name{}", record * 7919).as_bytes());
    key
}

/// 20 to 200 bytes of which half are random, as text and numbers in records are.
fn value(seed: u64) -> Vec<u8> {
    let length = 20 + mix(seed) as usize % 181;
    let mut value = Vec::with_capacity(length + 16);
    let mut part = seed;
    while value.len() < length {
        part = mix(part);
        value.extend_from_slice(&part.to_le_bytes());
        value.extend_from_slice(b"attribu:");
    }
    value.truncate(length);
    value
}

fn per_second(count: u64, time: Duration) -> String {
    format!("{:.0}/s", count as f64 / time.as_secs_f64())
}

fn percentiles(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1e6;
    format!("{:.0} · {:.0} µs", at(50), at(99))
}

fn report(measure: &str, value: impl std::fmt::Display) {
    println!("{measure}\t{value}");
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}

/// Resident memory of this process that no file backs, and its peak in all.
fn memory(line: &str) -> Result<u64, Failure> {
    let status = fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|text| text.starts_with(line)).ok_or("no such line")?;
    let kilobytes: u64 = line.split_whitespace().nth(1).ok_or("no number")?.parse()?;
    Ok(kilobytes * 1024)
}

/// The bytes its files take on the disk.
fn disk(folder: &Path) -> Result<u64, Failure> {
    use std::os::unix::fs::MetadataExt;
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { disk(&entry.path())? } else { about.blocks() * 512 };
    }
    Ok(bytes)
}

/// Makes the clouds, a hundred to a batch, with one sync at the end.
pub fn make(folder: &Path, name: &str, clouds: u64) -> Result<(), Failure> {
    let engine = open(name, folder)?;
    let start = Instant::now();
    let mut bytes = 0;
    for first in (0..clouds).step_by(CLOUDS_PER_BATCH as usize) {
        let mut batch = Vec::new();
        for n in first..clouds.min(first + CLOUDS_PER_BATCH) {
            batch.extend((0..RECORDS).map(|record| (key(n, record), value(n * RECORDS + record))));
        }
        bytes += batch.iter().map(|(key, value)| (key.len() + value.len()) as u64).sum::<u64>();
        engine.commit(&batch)?;
    }
    engine.sync()?;
    report("clouds made", per_second(clouds, start.elapsed()));
    report("resident memory, peak while making", megabytes(memory("VmHWM")?));
    drop(engine);
    report("their bytes", megabytes(bytes));
    report("on disk", megabytes(disk(folder)?));
    Ok(())
}

/// Wakes clouds, then counts in them.
pub fn wake_and_count(folder: &Path, name: &str, clouds: u64) -> Result<(), Failure> {
    let start = Instant::now();
    let engine = open(name, folder)?;
    report("start-up", format!("{:.0} ms", start.elapsed().as_secs_f64() * 1e3));
    for measure in ["wake a cloud, p50 · p99, empty cache", "the same, again"] {
        report(measure, percentiles(wakes(&*engine, clouds)?));
    }
    report("resident memory, anonymous, after waking", megabytes(memory("RssAnon")?));
    let counts = |batch: u64| -> Vec<(Vec<u8>, Vec<u8>)> {
        let counter = |n: u64| (key(mix(batch * 64 + n) % clouds, 3), (batch + n).to_le_bytes().to_vec());
        (0..COUNTERS_PER_BATCH).map(counter).collect()
    };
    let start = Instant::now();
    for batch in 0..BATCHES {
        engine.commit(&counts(batch))?;
    }
    report("32 counters, no sync", per_second(BATCHES, start.elapsed()));
    let mut times = Vec::new();
    for batch in 0..SYNCED_BATCHES {
        let start = Instant::now();
        engine.commit(&counts(batch))?;
        engine.sync()?;
        times.push(start.elapsed());
    }
    report("32 counters and sync, p50 · p99", percentiles(times));
    report(
        "commit while another thread syncs, p50 · p99",
        percentiles(commits_beside_syncs(&*engine, &counts)?),
    );
    Ok(())
}

fn wakes(engine: &dyn Engine, clouds: u64) -> Result<Vec<Duration>, Failure> {
    let mut times = Vec::new();
    for n in 0..WAKES {
        let id = cloud(mix(n + 77) % clouds);
        let start = Instant::now();
        let records = engine.scan(&id)?;
        times.push(start.elapsed());
        if records != RECORDS {
            return Err(format!("a cloud has {records} records").into());
        }
    }
    Ok(times)
}

/// One commit each two milliseconds, while another thread syncs without a pause.
fn commits_beside_syncs(
    engine: &dyn Engine,
    counts: &dyn Fn(u64) -> Vec<(Vec<u8>, Vec<u8>)>,
) -> Result<Vec<Duration>, Failure> {
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let syncer = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                engine.sync()?;
            }
            Ok::<(), Failure>(())
        });
        let mut times = Vec::new();
        let mut result = Ok(());
        for batch in 0..1_000 {
            std::thread::sleep(Duration::from_millis(2));
            let start = Instant::now();
            result = engine.commit(&counts(batch));
            times.push(start.elapsed());
            if result.is_err() {
                break;
            }
        }
        stop.store(true, Ordering::Relaxed);
        syncer.join().map_err(|_| "the syncing thread gave up")??;
        result.map(|()| times)
    })
}
