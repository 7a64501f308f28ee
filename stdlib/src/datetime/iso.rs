//! ISO 8601 text: what `time:new` accepts and what every `time:` function answers (krl-runtime.md §5.8).
//!
//! Extended and basic forms don't mix in one text, a time of day needs a full date before it, and seconds may have a
//! fraction, of which milliseconds are kept.

use super::civil::{self, Civil, DAY, Date, HOUR, MINUTE, SECOND};
use super::in_range;

/// Whether parts are separated (`2020-02-29T12:30`) or not (`20200229T1230`).
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Extended,
    Basic,
}

/// The time an ISO 8601 text names; a time of day without a date is on the day of `now_ms`.
pub fn parse_iso(text: &str, now_ms: i64) -> Option<i64> {
    let today = now_ms.div_euclid(DAY) * DAY;
    parse_dated(text)
        .or_else(|| time_of_day(text, Form::Extended).map(|time| today + time))
        .or_else(|| time_of_day(text, Form::Basic).map(|time| today + time))
        .and_then(in_range)
}

/// The time of a text that has a date.
pub(super) fn parse_dated(text: &str) -> Option<i64> {
    let text = krl_vm::number::trim_start(text);
    date_time(text, Form::Extended).or_else(|| date_time(text, Form::Basic))
}

/// A date, alone or with a time of day.
fn date_time(text: &str, form: Form) -> Option<i64> {
    let mut cursor = Cursor { rest: text };
    let (days, precision) = date(&mut cursor, form)?;
    let midnight = days * DAY;
    if cursor.rest.is_empty() {
        return Some(midnight);
    }
    let separated = cursor.eat("T") || cursor.eat(" ");
    let timed = separated && precision == Precision::Day;
    timed.then(|| time_of_day(cursor.rest, form)).flatten().map(|time| midnight + time)
}

/// Whether a date names one day, which can have a time of day, or a longer span.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Precision {
    Day,
    Span,
}

/// A calendar, week or ordinal date: days since the epoch of the day, or of the first day of its span.
fn date(cursor: &mut Cursor, form: Form) -> Option<(i64, Precision)> {
    let year = year(cursor)?;
    let separated = form == Form::Extended;
    if separated && !cursor.eat("-") {
        return None;
    }
    if cursor.eat("W") {
        return week_date(cursor, year, form);
    }
    match (cursor.digit_run(), form) {
        (0, Form::Basic) => Some((Date::new(year, 1, 1)?.days(), Precision::Span)),
        (2, _) => {
            let month = cursor.digits(2)?;
            if separated && cursor.eat("-") {
                return Some((Date::new(year, month, cursor.digits(2)?)?.days(), Precision::Day));
            }
            Some((Date::new(year, month, 1)?.days(), Precision::Span))
        }
        (3, _) => {
            let day = cursor.digits(3)?;
            let exists = (1..=civil::days_in_year(year)).contains(&day);
            exists.then(|| (Date { year, month: 1, day: 1 }.days() + day - 1, Precision::Day))
        }
        (4, Form::Basic) => {
            let (month, day) = (cursor.digits(2)?, cursor.digits(2)?);
            Some((Date::new(year, month, day)?.days(), Precision::Day))
        }
        _ => None,
    }
}

/// Four digits, or a sign and six.
fn year(cursor: &mut Cursor) -> Option<i64> {
    if cursor.eat("+") {
        cursor.digits(6)
    } else if cursor.eat("-") {
        cursor.digits(6).map(|year| -year)
    } else {
        cursor.digits(4)
    }
}

/// What follows the `W` of a week date: the week, and maybe a weekday from 1, Monday.
fn week_date(cursor: &mut Cursor, year: i64, form: Form) -> Option<(i64, Precision)> {
    let week = cursor.digits(2).filter(|week| (1..=civil::iso_weeks_in_year(year)).contains(week))?;
    let monday = civil::iso_week_one(year) + (week - 1) * 7;
    let has_weekday = match form {
        Form::Extended => cursor.eat("-"),
        Form::Basic => cursor.digit_run() > 0,
    };
    if !has_weekday {
        return Some((monday, Precision::Span));
    }
    let weekday = cursor.digits(1).filter(|weekday| (1..=7).contains(weekday))?;
    Some((monday + weekday - 1, Precision::Day))
}

/// A time of day with its zone, to the end of the text: milliseconds since midnight UTC, which may be another day's.
fn time_of_day(text: &str, form: Form) -> Option<i64> {
    let mut cursor = Cursor { rest: text };
    let hour = cursor.digits(2)? * HOUR;
    let minute = sexagesimal(&mut cursor, form)?;
    let second = if minute.is_some() { sexagesimal(&mut cursor, form)? } else { None };
    let fraction = if second.is_some() { milliseconds(&mut cursor)? } else { 0 };
    let time = hour + minute.unwrap_or(0) * MINUTE + second.unwrap_or(0) * SECOND + fraction;
    let offset = zone_offset(&mut cursor)?;
    // 24:00 is the midnight at the end of the day.
    (time <= DAY && cursor.rest.is_empty()).then_some(time - offset)
}

/// Minutes or seconds, if any follow: `Some(None)` when not, `None` when they are wrong.
fn sexagesimal(cursor: &mut Cursor, form: Form) -> Option<Option<i64>> {
    let follows = match form {
        Form::Extended => cursor.eat(":"),
        Form::Basic => cursor.digit_run() > 0,
    };
    if !follows {
        return Some(None);
    }
    cursor.digits(2).filter(|&value| value < 60).map(Some)
}

/// A fraction of a second after `.` or `,`, in whole milliseconds; 0 when there is none.
fn milliseconds(cursor: &mut Cursor) -> Option<i64> {
    if !cursor.eat(".") && !cursor.eat(",") {
        return Some(0);
    }
    let count = cursor.digit_run();
    let digits = cursor.take(count);
    (count > 0).then(|| {
        (0..3).fold(0, |sum, i| sum * 10 + digits.as_bytes().get(i).map_or(0, |d| i64::from(d - b'0')))
    })
}

/// `Z`, `+hh`, `+hhmm`, `+hh:mm` or nothing, in milliseconds east of UTC.
fn zone_offset(cursor: &mut Cursor) -> Option<i64> {
    let sign = if cursor.eat("+") {
        1
    } else if cursor.eat("-") {
        -1
    } else {
        let spaced = krl_vm::number::trim_start(cursor.rest);
        if spaced == "Z" {
            cursor.rest = "";
        }
        return Some(0);
    };
    let hours = cursor.digits(2).filter(|&hours| hours < 24)?;
    let minutes =
        if cursor.eat(":") || cursor.digit_run() > 0 { cursor.digits(2).filter(|&m| m < 60)? } else { 0 };
    Some(sign * (hours * HOUR + minutes * MINUTE))
}

/// What is left of the text.
struct Cursor<'a> {
    rest: &'a str,
}

impl<'a> Cursor<'a> {
    fn eat(&mut self, prefix: &str) -> bool {
        let stripped = self.rest.strip_prefix(prefix);
        self.rest = stripped.unwrap_or(self.rest);
        stripped.is_some()
    }

    /// How many digits come next.
    fn digit_run(&self) -> usize {
        self.rest.bytes().take_while(u8::is_ascii_digit).count()
    }

    /// The next `count` bytes, which the caller knows to be digits.
    fn take(&mut self, count: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(count);
        self.rest = rest;
        taken
    }

    /// A number of exactly the next `count` digits.
    fn digits(&mut self, count: usize) -> Option<i64> {
        if self.digit_run() < count {
            return None;
        }
        self.take(count).parse().ok()
    }
}

/// `2010-08-08T00:00:00.000Z`; years before 0 and after 9999 have a sign and six digits.
pub fn format_iso(ms: i64) -> String {
    let civil = Civil::from_millis(ms);
    let Date { year, month, day } = civil.date;
    let year = match year {
        0..=9999 => format!("{year:04}"),
        _ => format!("{year:+07}"),
    };
    let (hour, minute, second) = (civil.hour(), civil.minute(), civil.second());
    format!("{year}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}Z", civil.millisecond())
}

#[cfg(test)]
mod tests;
