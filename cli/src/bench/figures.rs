//! The results, for people and for programs.

use super::fire::Latency;
use super::machine::{Machine, Times};
use super::probe::Started;
use serde::Serialize;
use std::fmt::Write;

/// All results.
#[derive(Debug, Serialize)]
pub struct Figures {
    /// The machine.
    pub machine: Machine,
    /// What making a cloud and an event wait for.
    pub durability: String,
    /// How many clouds there are.
    pub clouds: usize,
    /// Making them, step by step.
    pub making: Vec<Making>,
    /// What is stored.
    pub stored: Stored,
    /// Events while there were so many.
    pub latency: Vec<Latency>,
    /// The start on the store.
    pub started: Option<Started>,
    /// Memory.
    pub memory: Memory,
}

/// Clouds that were made in one go.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Making {
    /// So many.
    pub clouds: usize,
    /// In this time, until the last event of the last one was done.
    pub seconds: f64,
    /// So long processors worked for it, which other work on the machine does not lengthen.
    pub processor_seconds: f64,
}

/// What is stored of a cloud, on average.
#[derive(Debug, Default, Serialize)]
pub struct Stored {
    /// By space: records, and bytes of their keys and values.
    pub spaces: Vec<(&'static str, f64, f64)>,
    /// Bytes of the files, journals included.
    pub disk_bytes: f64,
}

/// Bytes of memory.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Memory {
    /// Of the process that made the clouds, with as many awake as a host keeps.
    pub after_making: u64,
    /// Of a host all of whose clouds are dormant, behind waking many, one after the other.
    pub dormant: u64,
    /// Of one cloud that is awake.
    pub awake_cloud: f64,
}

impl Memory {
    /// From two runs over the same clouds: in one they do not stay awake, in the other they do.
    pub fn of(after_making: u64, dormant: &Started, awake: &Started) -> Self {
        let more = awake.resident_end.saturating_sub(dormant.resident_end);
        let awake_cloud = more as f64 / awake.woken.max(1) as f64;
        Self { after_making, dormant: dormant.resident_end, awake_cloud }
    }
}

impl Figures {
    /// None yet.
    pub fn new(machine: Machine, durability: String) -> Self {
        let (stored, memory) = (Stored::default(), Memory::default());
        let (making, latency) = (Vec::new(), Vec::new());
        Self { machine, durability, clouds: 0, making, stored, latency, started: None, memory }
    }

    /// As JSON.
    pub fn json(&self) -> Result<String, String> {
        let text = serde_json::to_string_pretty(self).map_err(|error| error.to_string())?;
        Ok(text + "\n")
    }

    /// As tables in Markdown.
    pub fn table(&self) -> String {
        let mut out = String::new();
        let Machine { cores, disk_sync_ms } = self.machine;
        let _ = writeln!(
            out,
            "{} clouds with the default rulesets; {cores} cores, a sync of the disk takes {disk_sync_ms:.2} ms, durability `{}`.\n",
            self.clouds, self.durability
        );
        let mut rows = Vec::new();
        for Making { clouds, seconds, processor_seconds } in &self.making {
            let [each, work] = [seconds, processor_seconds].map(|time| time * 1e3 / *clouds as f64);
            let value = format!("{seconds:.1} s, {each:.3} ms each; {work:.3} ms of processor time each");
            rows.push((format!("making {clouds} clouds"), value));
        }
        for (space, records, bytes) in &self.stored.spaces {
            rows.push((format!("`{space}` per cloud"), format!("{records:.1} records, {bytes:.0} bytes")));
        }
        rows.push(("files per cloud".into(), format!("{:.0} bytes", self.stored.disk_bytes)));
        if let Some(started) = &self.started {
            let Started { store_ms, start_ms, resident_start, wake, .. } = started;
            rows.push(("start".into(), format!("{start_ms:.0} ms, {store_ms:.0} ms of it the store")));
            rows.push(("memory after the start".into(), megabytes(*resident_start)));
            rows.push(("waking a dormant cloud".into(), times(wake)));
        }
        rows.push(("memory with all clouds dormant".into(), megabytes(self.memory.dormant)));
        rows.push(("memory of a cloud awake".into(), format!("{:.0} bytes", self.memory.awake_cloud)));
        rows.push(("memory after making them".into(), megabytes(self.memory.after_making)));
        out.push_str("| | |\n|---|---|\n");
        for (name, value) in rows {
            let _ = writeln!(out, "| {name} | {value} |");
        }
        out.push_str("\n| an event with so many clouds: p50 · p99 | simple | storing | simple, any cloud | storing, any cloud |\n|---:|---|---|---|---|\n");
        for row in &self.latency {
            let _ = writeln!(out, "{}", row.row());
        }
        out
    }
}

impl Latency {
    /// As a row of the table.
    pub fn row(&self) -> String {
        let Self { clouds, simple, storing, simple_any, storing_any } = self;
        format!("| {clouds} | {} |", [simple, storing, simple_any, storing_any].map(times).join(" | "))
    }
}

fn times(times: &Times) -> String {
    format!("{:.3} · {:.3} ms", times.p50_ms, times.p99_ms)
}

fn megabytes(bytes: u64) -> String {
    format!("{:.0} MB", bytes as f64 / 1e6)
}
