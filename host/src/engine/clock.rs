//! The host's clock.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// The system's clock, or one that runs ahead of it.
#[derive(Debug, Default)]
pub struct Clock {
    ahead: AtomicI64,
}

impl Clock {
    /// Milliseconds since the epoch.
    pub fn now(&self) -> i64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        let now = since.map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
        now.saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    /// Runs ahead by so many milliseconds more.
    pub fn set_ahead(&self, by: i64) {
        self.ahead.fetch_add(by, Ordering::Relaxed);
    }
}
