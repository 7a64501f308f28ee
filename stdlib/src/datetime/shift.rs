//! `time:add`: moving a time by calendar and clock units (krl-runtime.md §5.8).

use super::civil::{self, Civil, DAY, Date, HOUR, MINUTE, SECOND};
use super::in_range;

/// A unit of `time:add`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Unit {
    Years,
    Quarters,
    Months,
    Weeks,
    Days,
    Hours,
    Minutes,
    Seconds,
    Milliseconds,
}

impl Unit {
    /// The unit a key of the specification names: singular, plural (in any case) or short (`M` is months, `m` minutes).
    pub fn parse(name: &str) -> Option<Unit> {
        Some(match name {
            "y" => Unit::Years,
            "Q" => Unit::Quarters,
            "M" => Unit::Months,
            "w" | "W" => Unit::Weeks,
            "d" => Unit::Days,
            "h" => Unit::Hours,
            "m" => Unit::Minutes,
            "s" => Unit::Seconds,
            _ => match name.to_ascii_lowercase().as_str() {
                "y" | "year" | "years" => Unit::Years,
                "quarter" | "quarters" => Unit::Quarters,
                "month" | "months" => Unit::Months,
                "week" | "weeks" | "isoweek" | "isoweeks" => Unit::Weeks,
                "day" | "days" => Unit::Days,
                "h" | "hour" | "hours" => Unit::Hours,
                "minute" | "minutes" => Unit::Minutes,
                "s" | "second" | "seconds" => Unit::Seconds,
                "ms" | "millisecond" | "milliseconds" => Unit::Milliseconds,
                _ => return None,
            },
        })
    }
}

/// `ms` moved by all `amounts`: first months, then days, then the clock; `None` outside the representable times.
///
/// A day that the target month lacks becomes its last. Months (of years, quarters, months) and days (of weeks, days)
/// are summed, then rounded half away from zero. An amount that is not finite is ignored.
pub fn add(ms: i64, amounts: &[(Unit, f64)]) -> Option<i64> {
    let (mut months, mut days, mut millis) = (0.0, 0.0, 0.0);
    for &(unit, amount) in amounts.iter().filter(|(_, amount)| amount.is_finite()) {
        match unit {
            Unit::Years => months += amount * 12.0,
            Unit::Quarters => months += amount * 3.0,
            Unit::Months => months += amount,
            Unit::Weeks => days += amount * 7.0,
            Unit::Days => days += amount,
            Unit::Hours => millis += amount * HOUR as f64,
            Unit::Minutes => millis += amount * MINUTE as f64,
            Unit::Seconds => millis += amount * SECOND as f64,
            Unit::Milliseconds => millis += amount,
        }
    }
    let moved = add_months(in_range(ms)?, months.round() as i64)?;
    // Casts saturate, so that amounts beyond all times stay beyond them.
    let moved =
        (days.round() as i64).checked_mul(DAY).and_then(|days| moved.checked_add(days)).and_then(in_range)?;
    in_range((moved as f64 + millis) as i64)
}

/// `ms` moved by whole months, at the same time of day, the day clamped to the month's last.
fn add_months(ms: i64, months: i64) -> Option<i64> {
    let Civil { date, millis } = Civil::from_millis(ms);
    let month = (date.year * 12 + date.month - 1).checked_add(months)?;
    let (year, month) = (month.div_euclid(12), month.rem_euclid(12) + 1);
    // A year far outside the range must not overflow the arithmetic on days.
    if !(-300_000..=300_000).contains(&year) {
        return None;
    }
    let day = date.day.min(civil::days_in_month(year, month));
    in_range(Date { year, month, day }.days() * DAY + millis)
}

#[cfg(test)]
mod tests;
