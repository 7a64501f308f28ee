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

/// The time of a number of milliseconds, its fraction dropped; `None` when it is not representable.
pub fn from_number(n: f64) -> Option<i64> {
    (n.abs() <= MAX_TIME as f64).then_some(n as i64)
}

/// `ms` when it lies in the range of representable times.
fn in_range(ms: i64) -> Option<i64> {
    (-MAX_TIME..=MAX_TIME).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_numbers() {
        let cases = [
            (0.0, Some("1970-01-01T00:00:00.000Z")),
            (1.0, Some("1970-01-01T00:00:00.001Z")),
            (-1.0, Some("1969-12-31T23:59:59.999Z")),
            (1.5, Some("1970-01-01T00:00:00.001Z")),
            (-1.5, Some("1969-12-31T23:59:59.999Z")),
            (1_582_979_445_123.0, Some("2020-02-29T12:30:45.123Z")),
            (8.64e15, Some("+275760-09-13T00:00:00.000Z")),
            (8.64e15 + 1.0, None),
            (1e21, None),
            (f64::NAN, None),
            (f64::NEG_INFINITY, None),
        ];
        for (n, expected) in cases {
            assert_eq!(from_number(n).map(format_iso).as_deref(), expected, "{n}");
        }
    }
}
