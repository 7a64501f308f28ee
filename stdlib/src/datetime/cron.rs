//! Schedules in cron notation, for `schedule … repeat` (krl-runtime.md §7; decisions L9, R10).
//!
//! Five fields (minute, hour, day of month, month, day of week) or six (seconds first). A field is a list of `*`,
//! values, ranges and steps; months and weekdays have names, Sunday is 0 or 7. `?` is `*` in both day fields, `L` is a
//! month's last day, `5L` its last Friday, `5#2` its second. When both day fields are restricted, either suffices.

mod field;
mod search;

use super::civil::{self, Date};
use super::zone::Zone;
use field::Values;

/// The fields of a schedule as a map (krl-runtime.md §7), in the order of the text. `month` counts from 0, as in JavaScript.
pub const MAP_FIELDS: [&str; 6] = ["second", "minute", "hour", "date", "month", "dayOfWeek"];

/// The keys under which such a map names its time zone; the first that is there counts.
pub const MAP_ZONES: [&str; 2] = ["timezone", "tz"];

/// A parsed schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    seconds: Values,
    minutes: Values,
    hours: Values,
    days: Values,
    /// `L`: the last day of the month.
    last_day: bool,
    months: Values,
    weekdays: Values,
    /// `5L` and `5#2`: a weekday's place in its month.
    placed_weekdays: Vec<PlacedWeekday>,
    /// The hour field starts with `*`: such a schedule follows the clock's ticks, others its readings.
    every_hour: bool,
}

/// One weekday of a month; weekdays count from Sunday, 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PlacedWeekday {
    weekday: i64,
    place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nth(i64),
    Last,
}

/// A part of a schedule's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names say it")]
pub enum Field {
    /// The text as a whole.
    Schedule,
    Second,
    Minute,
    Hour,
    DayOfMonth,
    Month,
    DayOfWeek,
}

/// Why a text is no schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronError {
    /// The part that is wrong.
    pub field: Field,
    /// What is wrong with it, for people: lower case, without a full stop.
    pub message: String,
}

impl Field {
    /// The field's name in messages.
    pub fn name(self) -> &'static str {
        match self {
            Field::Schedule => "schedule",
            Field::Second => "second",
            Field::Minute => "minute",
            Field::Hour => "hour",
            Field::DayOfMonth => "day of month",
            Field::Month => "month",
            Field::DayOfWeek => "day of week",
        }
    }

    fn error(self, message: impl Into<String>) -> CronError {
        CronError { field: self, message: message.into() }
    }
}

impl std::fmt::Display for CronError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field.name(), self.message)
    }
}

impl std::error::Error for CronError {}

impl Schedule {
    /// Reads five or six fields, or a name such as `@daily`.
    ///
    /// ```
    /// use krl_stdlib::datetime::{Zone, cron::Schedule};
    /// let schedule = Schedule::parse("30 9 * * mon-fri").unwrap();
    /// // From Thursday 1970-01-01 00:00 UTC.
    /// assert_eq!(schedule.next_after(0, &Zone::UTC), Some((9 * 60 + 30) * 60_000));
    /// ```
    pub fn parse(text: &str) -> Result<Schedule, CronError> {
        let text = krl_vm::number::trim(text);
        let text = if text.starts_with('@') { expand_name(text)? } else { text };
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, [minute, hour, day, month, weekday]) = match fields[..] {
            [minute, hour, day, month, weekday] => ("0", [minute, hour, day, month, weekday]),
            [second, minute, hour, day, month, weekday] => (second, [minute, hour, day, month, weekday]),
            _ => {
                let found = fields.len();
                return Err(Field::Schedule.error(format!("expected 5 or 6 fields, found {found}")));
            }
        };
        let (days, last_day) = field::days(day)?;
        let (weekdays, placed_weekdays) = field::weekdays(weekday)?;
        let schedule = Schedule {
            seconds: field::values(Field::Second, second)?,
            minutes: field::values(Field::Minute, minute)?,
            hours: field::values(Field::Hour, hour)?,
            days,
            last_day,
            months: field::values(Field::Month, month)?,
            weekdays,
            placed_weekdays,
            every_hour: hour.starts_with('*'),
        };
        if schedule.has_a_day() {
            Ok(schedule)
        } else {
            Err(Field::DayOfMonth.error("no chosen month has such a day"))
        }
    }

    /// The first time after `ms` on the clock of `zone`; `None` when there is none that can be represented.
    ///
    /// Where the clock is put forward, a schedule of fixed hours that would have run in the skipped time runs once, at
    /// that moment. Where it is put back, such a schedule does not run again in the repeated time.
    pub fn next_after(&self, ms: i64, zone: &Zone) -> Option<i64> {
        search::next_after(self, ms, zone)
    }

    /// Whether the schedule runs on `date`.
    fn includes(&self, date: Date) -> bool {
        if !self.months.contains(date.month) {
            return false;
        }
        let by_day = self.days.contains(date.day)
            || self.last_day && date.day == civil::days_in_month(date.year, date.month);
        let by_weekday = self.weekdays.contains(date.weekday())
            || self.placed_weekdays.iter().any(|placed| placed.includes(date));
        match (self.restricts_days(), self.restricts_weekdays()) {
            (true, true) => by_day || by_weekday,
            (restricts_days, _) => {
                if restricts_days {
                    by_day
                } else {
                    by_weekday
                }
            }
        }
    }

    fn restricts_days(&self) -> bool {
        !self.days.is_full(1..=31)
    }

    fn restricts_weekdays(&self) -> bool {
        !self.weekdays.is_full(0..=6)
    }

    /// False for 30 February and the like, on which nothing ever runs.
    fn has_a_day(&self) -> bool {
        const LEAP_YEAR: i64 = 2000;
        let possible =
            |month| (1..=civil::days_in_month(LEAP_YEAR, month)).any(|day| self.days.contains(day));
        self.last_day
            || self.restricts_weekdays()
            || (1..=12).any(|month| self.months.contains(month) && possible(month))
    }
}

impl PlacedWeekday {
    fn includes(self, date: Date) -> bool {
        date.weekday() == self.weekday
            && match self.place {
                Place::Nth(n) => (date.day - 1) / 7 + 1 == n,
                Place::Last => date.day + 7 > civil::days_in_month(date.year, date.month),
            }
    }
}

fn expand_name(name: &str) -> Result<&'static str, CronError> {
    Ok(match name.to_ascii_lowercase().as_str() {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        _ => return Err(Field::Schedule.error(format!("unknown name `{name}`"))),
    })
}

#[cfg(test)]
mod tests;
