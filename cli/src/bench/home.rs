//! The folder a benchmark works in, and the host in it.

use crate::args::BenchClouds;
use krl_host::config::Settings;
use krl_host::engine::Engine;
use krl_host::serve::{open_engine, store_folder};
use krl_host::store::{FjallStore, Options};
use krl_kernel::shard::ShardLimits;
use krl_kernel::store::Durability;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

/// The file of channels that events and queries are sent to.
const CHANNELS: &str = "channels";

/// A folder; it goes when this does, unless it was to be kept.
pub struct Home {
    folder: PathBuf,
    keep: bool,
}

impl Home {
    /// The folder that was named, or a new one.
    pub fn open(args: &BenchClouds) -> Result<Self, String> {
        let own = || std::env::temp_dir().join(format!("krl-bench-{}", std::process::id()));
        let folder = args.home.clone().unwrap_or_else(own);
        std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        Ok(Self { folder, keep: args.keep })
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes down the channels that a probe is to use.
    pub fn note(&self, channels: &[Arc<str>]) -> Result<(), String> {
        std::fs::write(self.folder.join(CHANNELS), channels.join("\n")).map_err(|error| error.to_string())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if !self.keep {
            drop(std::fs::remove_dir_all(&self.folder));
        }
    }
}

/// The channels that were written down in a folder.
pub fn noted(folder: &Path) -> Result<Vec<Arc<str>>, String> {
    let file = folder.join(CHANNELS);
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(text.lines().map(Arc::from).collect())
}

/// A store and the clouds in it.
pub struct Host {
    pub store: Arc<FjallStore>,
    pub engine: Arc<Engine>,
    /// Milliseconds until the store was open.
    pub store_ms: f64,
}

impl Host {
    /// Starts on the store in a folder; `awake` clouds may be awake, as many as usual if none is given.
    pub async fn start(folder: &Path, durability: &str, awake: Option<usize>) -> Result<Self, String> {
        let durability = if durability == "os" { Durability::Os } else { Durability::Sync };
        let settings = Settings { home: folder.to_owned(), durability, ..Settings::default() };
        let begun = Instant::now();
        let store = FjallStore::open(&store_folder(&settings), &Options::default());
        let store = Arc::new(store.map_err(|error| error.to_string())?);
        let store_ms = begun.elapsed().as_secs_f64() * 1e3;
        let usual = ShardLimits::default();
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let limits =
            ShardLimits { awake: awake.map_or(usual.awake, |awake| awake.div_ceil(threads)), ..usual };
        let engine =
            open_engine(&settings, store.clone(), limits).await.map_err(|error| error.to_string())?;
        Ok(Self { store, engine: Arc::new(engine), store_ms })
    }

    /// Ends it, and puts everything on the disk.
    pub async fn stop(self) -> Result<(), String> {
        let Self { store, engine, .. } = self;
        // Joins threads, which must not block the runtime.
        let stopped = tokio::task::spawn_blocking(move || {
            engine.close();
            drop(engine);
            drop(store);
        });
        stopped.await.map_err(|error| error.to_string())
    }
}
