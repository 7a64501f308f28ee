//! The next time of a schedule.
//!
//! Between two changes of a zone's offset its clock runs evenly, so the search goes through such spans one by one.

use super::Schedule;
use crate::datetime::civil::{Civil, DAY, Date, HOUR, MINUTE, SECOND};
use crate::datetime::in_range;
use crate::datetime::zone::Zone;

/// Every schedule that has a day at all runs within this many days: the rarest, a weekday on 29 February, comes after
/// 40 years at most.
const HORIZON_DAYS: i64 = 41 * 366;

pub(super) fn next_after(schedule: &Schedule, ms: i64, zone: &Zone) -> Option<i64> {
    let mut from = in_range(ms)?.div_euclid(SECOND).checked_add(1)? * SECOND;
    let horizon = from + HORIZON_DAYS * DAY;
    let mut offset = zone.offset(from);
    // The first reading of the local clock that is still to be considered.
    let mut reading = (from + offset).max(end_of_repeated_time(schedule, from, zone).unwrap_or(i64::MIN));
    while from <= horizon {
        let change = zone.next_transition(from).filter(|change| change.at > from);
        let end = change.map_or(horizon, |change| change.at.min(horizon));
        if let Some(found) = next_reading(schedule, reading, end + offset) {
            return in_range(found - offset);
        }
        let change = change?;
        from = change.at;
        let (before, after) = (change.at + offset, change.at + change.offset);
        if !schedule.every_hour && before < after && next_reading(schedule, before, after).is_some() {
            return in_range(from);
        }
        reading = if schedule.every_hour { after } else { after.max(before) };
        offset = change.offset;
    }
    None
}

/// The reading up to which the clock repeats itself around `from`, if it was put back within the last day and the
/// schedule does not run in repeated time.
fn end_of_repeated_time(schedule: &Schedule, from: i64, zone: &Zone) -> Option<i64> {
    if schedule.every_hour {
        return None;
    }
    let change = zone.next_transition(from - DAY).filter(|change| change.at <= from)?;
    Some(change.at + zone.offset(change.at - 1))
}

/// The first reading of a clock from `from` and before `end` at which the schedule runs.
fn next_reading(schedule: &Schedule, from: i64, end: i64) -> Option<i64> {
    let first_day = from.div_euclid(DAY);
    for day in first_day..=(end - 1).div_euclid(DAY) {
        if !schedule.includes(Date::from_days(day)) {
            continue;
        }
        let start = if day == first_day { from.rem_euclid(DAY) } else { 0 };
        if let Some(time) = next_time_of_day(schedule, start) {
            return Some(day * DAY + time).filter(|&found| found < end);
        }
    }
    None
}

/// The schedule's first time of day from `start`, both in milliseconds since midnight.
fn next_time_of_day(schedule: &Schedule, start: i64) -> Option<i64> {
    let Civil { millis, .. } = Civil::from_millis(start + SECOND - 1);
    if start > DAY - SECOND {
        return None;
    }
    let (hour, minute, second) = (millis / HOUR, millis / MINUTE % 60, millis / SECOND % 60);
    let first_second = schedule.seconds.at_least(0)?;
    let first_minute = schedule.minutes.at_least(0)?;
    let at = |hour: i64, minute: i64, second: i64| hour * HOUR + minute * MINUTE + second * SECOND;
    if schedule.hours.contains(hour) {
        if schedule.minutes.contains(minute)
            && let Some(second) = schedule.seconds.at_least(second)
        {
            return Some(at(hour, minute, second));
        }
        if let Some(minute) = schedule.minutes.at_least(minute + 1) {
            return Some(at(hour, minute, first_second));
        }
    }
    schedule.hours.at_least(hour + 1).map(|hour| at(hour, first_minute, first_second))
}
