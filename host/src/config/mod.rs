//! What an operator chooses: one file, the environment and flags, all described by one table.

pub mod distro;
mod file;
mod load;
mod table;
mod value;

pub use distro::Distro;
pub use load::{ConfigError, FILE_NAME, Origin, Sources, home, load};
pub use table::{Setting, TABLE};

use crate::outside::Allow;
use crate::registry::Files;
use krl_kernel::cloud::Budgets;
use krl_kernel::journal::Scope;
use krl_kernel::shard::ShardLimits;
use krl_kernel::store::Durability;
use krl_vm::interp::compiled::JitMode;
use std::path::PathBuf;
use std::time::Duration;

/// All choices, settled and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The address to listen on.
    pub address: String,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// How others reach this host; none: `http://localhost:PORT`.
    pub base_url: Option<String>,
    /// The folder of the host's data.
    pub home: PathBuf,
    /// A folder of static files to serve at `/`.
    pub ui: Option<PathBuf>,
    /// What the network may ask of the host.
    pub limits: Limits,
    /// Certificate and key; none: plain HTTP.
    pub tls: Option<Tls>,
    /// What is written about requests.
    pub log: Log,
    /// The manifest.
    pub distro_file: Option<PathBuf>,
    /// What is in it.
    pub distro: Distro,
    /// Where traces go, as OTLP over HTTP; none: nowhere.
    pub traces: Option<String>,
    /// Threads that run clouds; none: one for each processor.
    pub threads: Option<usize>,
    /// Whether rulesets run as machine code.
    pub jit: JitMode,
    /// What an answer waits for.
    pub durability: Durability,
    /// What rulesets may reach besides the public internet.
    pub allow: Vec<Allow>,
    /// Files that rulesets may be installed from.
    pub files: Files,
    /// What one event or query may use.
    pub budgets: Budgets,
}

impl Settings {
    /// How others reach this host, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        let scheme = if self.tls.is_some() { "https" } else { "http" };
        self.base_url.clone().unwrap_or_else(|| format!("{scheme}://localhost:{}", self.port))
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            address: "0.0.0.0".into(),
            port: 3000,
            base_url: None,
            home: PathBuf::from(".krl"),
            ui: None,
            limits: Limits::default(),
            tls: None,
            log: Log::default(),
            distro_file: None,
            distro: Distro::default(),
            traces: None,
            threads: None,
            jit: JitMode::default(),
            durability: Durability::Sync,
            allow: Vec::new(),
            files: Files::Nowhere,
            budgets: Budgets::default(),
        }
    }
}

/// What the network may ask of the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request's body (decision H3).
    pub body_bytes: usize,
    /// Bytes of a request's line and headers.
    pub header_bytes: usize,
    /// Bytes of a request's path and query string.
    pub uri_bytes: usize,
    /// Connections at a time.
    pub connections: usize,
    /// For a request's line and headers, and for the TLS handshake.
    pub header_time: Duration,
    /// For a request's body.
    pub body_time: Duration,
    /// Between two requests.
    pub idle_time: Duration,
    /// For a client to take some of an answer.
    pub write_time: Duration,
    /// For running requests when the host stops.
    pub shutdown_time: Duration,
    /// Events that may wait for one cloud.
    pub queue_events: usize,
    /// Bytes of events that may wait for one cloud.
    pub queue_bytes: usize,
    /// Bytes of events that may wait for all clouds.
    pub total_queue_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        let ShardLimits { queue, queue_bytes, total_queue_bytes, .. } = ShardLimits::default();
        Self {
            body_bytes: 1 << 20,
            header_bytes: 64 << 10,
            uri_bytes: 32 << 10,
            connections: 10_000,
            header_time: Duration::from_secs(10),
            body_time: Duration::from_secs(30),
            idle_time: Duration::from_secs(75),
            write_time: Duration::from_secs(30),
            shutdown_time: Duration::from_secs(10),
            queue_events: queue,
            queue_bytes,
            total_queue_bytes,
        }
    }
}

/// PEM files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// The certificate, followed by those that signed it.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// What is written about requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// Lines for people or for programs.
    pub format: LogFormat,
    /// `error`, `warn`, `info`, `debug`, `trace`, or a filter of targets.
    pub level: String,
    /// One line per request?
    pub access: bool,
    /// Which events and queries the logs of clouds keep.
    pub journal: Scope,
    /// About how many bytes of the log of a cloud are kept.
    pub journal_bytes: usize,
}

impl Default for Log {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info".into(),
            access: true,
            journal: Scope::All,
            journal_bytes: 1 << 20,
        }
    }
}

/// The form of log lines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// One JSON object per line.
    Json,
}
