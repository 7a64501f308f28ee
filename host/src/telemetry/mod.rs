//! Where log lines go, text for people or JSON for programs, and where traces go.

mod traces;

pub use traces::Traces;

use crate::config::{Log, LogFormat};
use std::fmt;
use tracing::Subscriber;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Why there is no log.
#[derive(Debug)]
pub enum TelemetryError {
    /// The level or filter is none.
    Filter(String),
    /// The process has a log already.
    Taken,
    /// Traces cannot be sent there.
    Collector(String, String),
}

impl fmt::Display for TelemetryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(problem) => write!(f, "`log.level` is no filter: {problem}"),
            Self::Taken => f.write_str("this process writes a log already"),
            Self::Collector(url, problem) => write!(f, "traces cannot go to {url}: {problem}"),
        }
    }
}

impl std::error::Error for TelemetryError {}

/// Writes the log of this process to its standard error, from now on.
///
/// # Errors
/// A filter that is none, or a second call.
pub fn start(log: &Log) -> Result<(), TelemetryError> {
    let subscriber = subscriber(log, std::io::stderr)?;
    tracing::subscriber::set_global_default(subscriber).map_err(|_| TelemetryError::Taken)
}

/// What writes log lines.
///
/// # Errors
/// A filter that is none.
pub fn subscriber<W>(log: &Log, writer: W) -> Result<Box<dyn Subscriber + Send + Sync>, TelemetryError>
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let filter = EnvFilter::try_new(&log.level).map_err(|e| TelemetryError::Filter(e.to_string()))?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    Ok(match log.format {
        LogFormat::Text => Box::new(lines.with_ansi(false).finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).finish()),
    })
}
