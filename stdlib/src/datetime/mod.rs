//! Dates and times (krl-runtime.md §5.8, §7; decisions L8).
//!
//! A time is an `i64`: milliseconds since 1970-01-01T00:00:00Z. Text without a zone is UTC. Nothing here reads a clock
//! or a system file; the present is a parameter and the time zone database is compiled in.

mod civil;
pub mod cron;
mod iso;
mod js_date;
mod shift;
mod strftime;
mod zone;

pub use iso::{format_iso, parse_iso};
pub use js_date::parse_js_date;
pub use shift::{Unit, add};
pub use strftime::strftime;
pub use zone::Zone;

/// The last (and, negated, the first) millisecond that ECMAScript and so KRL can represent: 100,000,000 days.
pub const MAX_TIME: i64 = 8_640_000_000_000_000;

/// `ms` when it lies in the range of representable times.
fn in_range(ms: i64) -> Option<i64> {
    (-MAX_TIME..=MAX_TIME).contains(&ms).then_some(ms)
}
