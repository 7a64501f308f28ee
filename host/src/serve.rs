//! A host from its settings: store, engine and server.

use crate::config::Settings;
use crate::config::distro::DistroRuleset;
use crate::engine::{Engine, OpenError, Options};
use crate::http::{Metrics, Running, Server, StartError};
use crate::outside::{Client, ClientConfig, TransportConfig, TransportError};
use crate::registry::{Limits, RegistryConfig};
use crate::store::{self, FjallStore};
use krl_kernel::shard::ShardLimits;
use krl_kernel::store::{Store, StoreError};
use krl_stdlib::rulesets::{BUNDLED, Bundled};
use krl_vm::data::{Data, DataMap};
use std::fmt;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The system rulesets of a root cloud, in the order they are installed (`krl-runtime.md` §9).
const SYSTEM: [&str; 4] =
    ["io.picolabs.pico-engine-ui", "io.picolabs.wrangler", "io.picolabs.subscription", "io.picolabs.pds"];

/// A host at work.
pub struct Host {
    engine: Arc<Engine>,
    running: Running,
    /// For what is going on when it stops.
    patience: Duration,
    metrics: Metrics,
}

/// Why a host does not start.
#[derive(Debug)]
pub enum HostError {
    /// Its folder.
    Folder(String),
    /// Its store.
    Store(StoreError),
    /// Its settings for the network.
    Network(TransportError),
    /// Its clouds.
    Engine(OpenError),
    /// Its server.
    Server(StartError),
    /// Machine code that it must make and cannot.
    Code(String),
    /// Its metrics: a bug.
    Metrics(String),
}

impl fmt::Display for HostError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(why) | Self::Code(why) | Self::Metrics(why) => f.write_str(why),
            Self::Store(error) => error.fmt(f),
            Self::Network(error) => error.fmt(f),
            Self::Engine(error) => error.fmt(f),
            Self::Server(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for HostError {}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The folder of the store in a host's folder.
#[must_use]
pub fn store_folder(settings: &Settings) -> std::path::PathBuf {
    settings.home.join("store")
}

/// The clouds of a store, without a server. Must be called within a runtime of tokio.
///
/// # Errors
/// What keeps them from running.
pub async fn open_engine(
    settings: &Settings,
    store: Arc<dyn Store>,
    limits: ShardLimits,
) -> Result<Engine, HostError> {
    open_engine_with(settings, store, limits, None).await
}

/// As [`open_engine`]; machine code is kept in the folder `code`.
async fn open_engine_with(
    settings: &Settings,
    store: Arc<dyn Store>,
    limits: ShardLimits,
    code: Option<&Path>,
) -> Result<Engine, HostError> {
    let transport = TransportConfig { allow: settings.allow.clone(), ..TransportConfig::default() };
    let client = Client::new(&ClientConfig { transport, ..ClientConfig::default() });
    let client = client.map_err(HostError::Network)?;
    let known = |ruleset: &DistroRuleset| {
        let bundled = BUNDLED.iter().find(|bundled| bundled.rid == ruleset.url);
        (bundled.map_or_else(|| ruleset.url.clone(), |bundled| bundled.url()), ruleset.config.clone())
    };
    let system: Vec<_> = match &settings.distro.system {
        Some(replaced) => replaced.iter().map(known).collect(),
        None => SYSTEM.map(|rid| (format!("{}{rid}", Bundled::SCHEME), Data::Map(DataMap::new()))).into(),
    };
    let distro = settings.distro.rulesets.iter().map(known);
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let limits = ShardLimits {
        queue: settings.limits.queue_events,
        queue_bytes: settings.limits.queue_bytes,
        total_queue_bytes: settings.limits.total_queue_bytes,
        ..limits
    };
    let options = Options {
        base_url: settings.base_url(),
        threads: settings.threads.unwrap_or(cores),
        tier: crate::jit::tier(settings.jit, code).map_err(HostError::Code)?,
        durability: settings.durability,
        budgets: settings.budgets,
        journal: settings.log.journal,
        journal_bytes: settings.log.journal_bytes,
        limits,
        rulesets: system.into_iter().chain(distro).collect(),
        channels: settings.distro.channels.clone(),
        quota: settings.distro.quota.clone(),
        registry: RegistryConfig {
            files: settings.files.clone().and(&settings.distro.files),
            limits: Limits::default(),
            bundled: BUNDLED,
            now,
        },
        transport: client.transport().clone(),
        client,
    };
    Engine::open(store, options).await.map_err(HostError::Engine)
}

impl Host {
    /// Opens the store in the host's folder and serves its clouds. Must be called within a runtime of tokio.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn start(settings: &Settings) -> Result<Self, HostError> {
        let folder = |e| HostError::Folder(format!("{}: {e}", settings.home.display()));
        std::fs::create_dir_all(&settings.home).map_err(folder)?;
        let store = FjallStore::open(&store_folder(settings), &store::Options::default());
        let store = Arc::new(store.map_err(HostError::Store)?);
        let sized = Arc::downgrade(&store);
        let host = Self::start_keeping(settings, store, Some(&settings.home.join("code"))).await?;
        let bytes = move || sized.upgrade().and_then(|store| store.disk_bytes().ok()).unwrap_or(0);
        let bytes = move || i64::try_from(bytes()).unwrap_or(i64::MAX);
        host.metrics.gauge("krl_store_bytes", "Bytes of the store's files", bytes).map_err(metrics_error)?;
        Ok(host)
    }

    /// Serves the clouds of a store.
    ///
    /// # Errors
    /// What keeps it from starting.
    pub async fn start_with(settings: &Settings, store: Arc<dyn Store>) -> Result<Self, HostError> {
        Self::start_keeping(settings, store, None).await
    }

    /// As [`Self::start_with`]; machine code is kept in the folder `code`.
    async fn start_keeping(
        settings: &Settings,
        store: Arc<dyn Store>,
        code: Option<&Path>,
    ) -> Result<Self, HostError> {
        let engine = open_engine_with(settings, store, ShardLimits::default(), code).await?;
        let engine = Arc::new(engine);
        let metrics = Metrics::new().map_err(metrics_error)?;
        engine.count_in(&metrics).map_err(metrics_error)?;
        match Server::start(settings, engine.clone(), metrics.clone()).await {
            Ok(running) => {
                let patience = settings.limits.shutdown_time;
                Ok(Self { engine, running, patience, metrics })
            }
            Err(error) => {
                end(engine).await;
                Err(HostError::Server(error))
            }
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.running.address()
    }

    /// Its engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// Stops accepting, lets running requests finish, and puts everything on the disk.
    pub async fn stop(self) {
        self.running.shutdown().await;
        // What is not done in time is taken up again at the next start.
        drop(tokio::time::timeout(self.patience, self.engine.settle()).await);
        end(self.engine).await;
    }
}

fn metrics_error(error: prometheus::Error) -> HostError {
    HostError::Metrics(error.to_string())
}

/// Joins the engine's threads, which must not block the runtime.
async fn end(engine: Arc<Engine>) {
    drop(tokio::task::spawn_blocking(move || engine.close()).await);
}
