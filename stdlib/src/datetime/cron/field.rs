//! One field of a schedule: its text and the set of values it stands for.

use super::{CronError, Field, Place, PlacedWeekday};
use std::ops::RangeInclusive;

/// A set of values from 0 to 63.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Values(u64);

impl Values {
    pub fn contains(self, value: i64) -> bool {
        (0..64).contains(&value) && self.0 >> value & 1 == 1
    }

    pub fn is_full(self, mut range: RangeInclusive<i64>) -> bool {
        range.all(|value| self.contains(value))
    }

    /// The smallest member that is at least `from`.
    pub fn at_least(self, from: i64) -> Option<i64> {
        (from.max(0)..64).find(|&value| self.contains(value))
    }

    fn insert(&mut self, value: i64) {
        self.0 |= 1 << (value & 63);
    }
}

/// The values `field` may have.
fn bounds(field: Field) -> RangeInclusive<i64> {
    match field {
        Field::Hour => 0..=23,
        Field::DayOfMonth => 1..=31,
        Field::Month => 1..=12,
        Field::DayOfWeek => 0..=7,
        Field::Schedule | Field::Second | Field::Minute => 0..=59,
    }
}

const MONTH_NAMES: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAY_NAMES: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// A field that is only values, ranges and steps.
pub(super) fn values(field: Field, text: &str) -> Result<Values, CronError> {
    let mut values = Values::default();
    for item in text.split(',') {
        insert_item(field, item, &mut values)?;
    }
    Ok(values)
}

/// The day of month, where `L` is the last.
pub(super) fn days(text: &str) -> Result<(Values, bool), CronError> {
    let mut values = Values::default();
    let mut last = false;
    for item in text.split(',') {
        if item.eq_ignore_ascii_case("L") {
            last = true;
        } else {
            insert_item(Field::DayOfMonth, item, &mut values)?;
        }
    }
    Ok((values, last))
}

/// The day of week, where `5L` and `5#2` count within the month.
pub(super) fn weekdays(text: &str) -> Result<(Values, Vec<PlacedWeekday>), CronError> {
    let mut values = Values::default();
    let mut placed = Vec::new();
    for item in text.split(',') {
        if let Some((weekday, nth)) = item.split_once('#') {
            let place = match nth.parse() {
                Ok(nth @ 1..=5) => Place::Nth(nth),
                _ => return Err(Field::DayOfWeek.error(format!("`#{nth}` is not one of #1 to #5"))),
            };
            placed.push(PlacedWeekday { weekday: value(Field::DayOfWeek, weekday)? % 7, place });
        } else if let Some(weekday) = item.strip_suffix(['L', 'l']) {
            placed.push(PlacedWeekday { weekday: value(Field::DayOfWeek, weekday)? % 7, place: Place::Last });
        } else {
            insert_item(Field::DayOfWeek, item, &mut values)?;
        }
    }
    // Sunday is both 0 and 7.
    if values.contains(7) {
        values.insert(0);
    }
    Ok((values, placed))
}

/// `*`, `5`, `1-5`, and each of them with `/step`; `5/10` goes on to the greatest value.
fn insert_item(field: Field, item: &str, values: &mut Values) -> Result<(), CronError> {
    let (span, step) = match item.split_once('/') {
        Some((span, step)) => (span, Some(parse_step(field, step)?)),
        None => (item, None),
    };
    let bounds = bounds(field);
    let is_wildcard = span == "*" || span == "?" && matches!(field, Field::DayOfMonth | Field::DayOfWeek);
    let (first, last) = if is_wildcard {
        (*bounds.start(), *bounds.end())
    } else if let Some((first, last)) = span.split_once('-') {
        (value(field, first)?, value(field, last)?)
    } else {
        let first = value(field, span)?;
        (first, if step.is_some() { *bounds.end() } else { first })
    };
    // A week may be given from its first day, which is 0 only when it comes first: `fri-sun`.
    let last = if field == Field::DayOfWeek && last == 0 && first > 0 { 7 } else { last };
    if first > last {
        return Err(field.error(format!("the range `{span}` goes backwards")));
    }
    let step = step.unwrap_or(1);
    (first..=last).step_by(step).for_each(|value| values.insert(value));
    Ok(())
}

fn parse_step(field: Field, text: &str) -> Result<usize, CronError> {
    match text.parse() {
        Ok(step @ 1..=1000) => Ok(step),
        _ => Err(field.error(format!("`{text}` is no step, a whole number from 1"))),
    }
}

/// One number or name.
fn value(field: Field, text: &str) -> Result<i64, CronError> {
    let bounds = bounds(field);
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let value = if digits { text.parse().ok() } else { named(field, text) };
    match value {
        Some(value) if bounds.contains(&value) => Ok(value),
        _ if text.is_empty() => Err(field.error("a value is missing")),
        _ => Err(field.error(format!("`{text}` is not in {} to {}", bounds.start(), bounds.end()))),
    }
}

fn named(field: Field, text: &str) -> Option<i64> {
    let (names, first): (&[&str], i64) = match field {
        Field::Month => (&MONTH_NAMES, 1),
        Field::DayOfWeek => (&WEEKDAY_NAMES, 0),
        _ => return None,
    };
    let index = names.iter().position(|name| name.eq_ignore_ascii_case(text))?;
    Some(first + i64::try_from(index).ok()?)
}
