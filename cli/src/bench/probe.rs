//! A process of its own that starts on the store, so that nothing of the making of the clouds is in its memory.

use super::fire;
use super::home::{Host, noted};
use super::machine::{Dice, Times, resident_bytes};
use crate::args::BenchClouds;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// Clouds that are woken up.
pub const WOKEN: usize = 20_000;

/// What the start on a store took, and waking clouds of it.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Started {
    /// Milliseconds until the store was open.
    pub store_ms: f64,
    /// Milliseconds until the host took in events.
    pub start_ms: f64,
    /// Bytes of memory then.
    pub resident_start: u64,
    /// Queries of dormant clouds, one after the other.
    pub wake: Times,
    /// So many.
    pub woken: usize,
    /// Bytes of memory at the end.
    pub resident_end: u64,
}

/// Starts on the store in a folder and wakes clouds; answers what it took as JSON.
pub async fn run(args: &BenchClouds, awake: usize) -> Result<String, String> {
    let Some(folder) = &args.home else { return Err("--probe needs --home".into()) };
    let begun = Instant::now();
    let host = Host::start(folder, &args.durability, Some(awake)).await?;
    let start_ms = begun.elapsed().as_secs_f64() * 1e3;
    let resident_start = resident_bytes().unwrap_or_default();
    let channels = Dice::new(7).pick(&noted(folder)?, WOKEN);
    let wake = fire::queries(&host, &channels).await?;
    let resident_end = resident_bytes().unwrap_or_default();
    let store_ms = host.store_ms;
    let woken = channels.len();
    host.stop().await?;
    let started = Started { store_ms, start_ms, resident_start, wake, woken, resident_end };
    serde_json::to_string(&started).map_err(|error| error.to_string())
}

/// Runs a probe on the store in a folder, while at most `awake` clouds may be awake.
pub async fn start(folder: &Path, durability: &str, awake: usize) -> Result<Started, String> {
    let program = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new(program);
    command.args(["bench", "clouds", "--durability", durability, "--keep", "--home"]).arg(folder);
    command.arg("--probe").arg(awake.to_string()).stderr(Stdio::inherit());
    let done = tokio::task::spawn_blocking(move || command.output()).await;
    let done = done.map_err(|error| error.to_string())?.map_err(|error| error.to_string())?;
    if !done.status.success() {
        return Err(format!("the start on the store failed: {}", done.status));
    }
    serde_json::from_slice(&done.stdout).map_err(|error| error.to_string())
}
