//! Facts of the machine that figures depend on.

use serde::Serialize;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

/// Syncs that are timed.
const SYNCS: usize = 50;

/// The machine.
#[derive(Debug, Serialize)]
pub struct Machine {
    /// Processors the process may use.
    pub cores: usize,
    /// Milliseconds until the disk has an appended block of 4 kB, the median.
    pub disk_sync_ms: f64,
}

impl Machine {
    /// This machine, with the disk of a folder.
    pub fn look(folder: &Path) -> Result<Self, String> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let disk_sync_ms = sync_time(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { cores, disk_sync_ms })
    }
}

fn sync_time(folder: &Path) -> std::io::Result<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        file.write_all(&[0; 4096])?;
        let begun = Instant::now();
        file.sync_data()?;
        times.push(begun.elapsed());
    }
    std::fs::remove_file(path)?;
    Ok(Times::of(times).p50_ms)
}

/// Bytes of memory that the process holds; none where the system does not say.
pub fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kilobytes * 1024)
}

/// Seconds that processors have worked for the process; none where the system does not say.
pub fn processor_seconds() -> Option<f64> {
    const TICKS: f64 = 100.0;
    let facts = std::fs::read_to_string("/proc/self/stat").ok()?;
    // Behind the name, which may hold anything, stand the state and ten more fields.
    let mut fields = facts.rsplit(')').next()?.split_whitespace().skip(11);
    let (user, system): (f64, f64) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some((user + system) / TICKS)
}

/// How long things took, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct Times {
    /// Half of them took no longer.
    pub p50_ms: f64,
    /// One in a hundred took longer.
    pub p99_ms: f64,
}

impl Times {
    /// Of these.
    pub fn of(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        let at = |share: usize| {
            let last = times.len().saturating_sub(1);
            times.get((times.len() * share / 100).min(last)).map_or(0.0, |time| time.as_secs_f64() * 1e3)
        };
        Self { p50_ms: at(50), p99_ms: at(99) }
    }
}

/// Numbers that look random and are the same in each run (xorshift).
pub struct Dice(u64);

impl Dice {
    /// A new sequence; the same seed gives the same one.
    pub fn new(seed: u64) -> Self {
        Self(seed.max(1))
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound.max(1) as u64) as usize
    }

    /// Some of these, each at most once, in any order.
    pub fn pick<T: Clone>(&mut self, of: &[T], count: usize) -> Vec<T> {
        let mut all: Vec<usize> = (0..of.len()).collect();
        let count = count.min(all.len());
        for at in 0..count {
            let other = at + self.below(all.len() - at);
            all.swap(at, other);
        }
        all.iter().take(count).filter_map(|&at| of.get(at).cloned()).collect()
    }
}
