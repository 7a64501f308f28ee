//! Date texts that `schedule … at` accepts (krl-runtime.md §7): ISO 8601, RFC 2822, and the common spellings that
//! ECMAScript engines take beside them. Without a zone, a text is UTC (decisions L8).

use super::civil::{DAY, Date, HOUR, MINUTE, SECOND};
use super::strftime::{MONTHS, WEEKDAYS};
use super::{in_range, iso};

/// The time a date text names; `None` when it is no full date.
///
/// Examples: `2020-02-29T12:30:45Z`, `Sat, 29 Feb 2020 12:30:45 GMT`, `Feb 29, 2020 1:30 pm`, `2/29/2020`,
/// `Sat Feb 29 2020 12:30:45 GMT+0100 (CET)`.
pub fn parse_js_date(text: &str) -> Option<i64> {
    iso::parse_dated(text).or_else(|| parse_free(text)).and_then(in_range)
}

/// Words in any order, as in RFC 2822 and what `Date` prints.
fn parse_free(text: &str) -> Option<i64> {
    let text = without_comments(text)?;
    let mut parts = Parts::default();
    for word in
        text.split(|c: char| c == ',' || krl_vm::number::is_js_space(c)).filter(|word| !word.is_empty())
    {
        parts.take(word)?;
    }
    parts.time()
}

/// `text` with everything in parentheses removed; `None` when they don't match.
fn without_comments(text: &str) -> Option<String> {
    let mut depth = 0usize;
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    (depth == 0).then_some(out)
}

/// What the words so far have told. A part told twice makes the text invalid.
#[derive(Default)]
struct Parts {
    year: Option<i64>,
    month: Option<i64>,
    day: Option<i64>,
    clock: Option<i64>,
    afternoon: Option<bool>,
    offset: Option<i64>,
}

fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    part.is_none().then(|| *part = Some(value))
}

impl Parts {
    /// Takes one word; `None` when it makes no sense here.
    fn take(&mut self, word: &str) -> Option<()> {
        let lower = word.to_ascii_lowercase();
        if self.clock.is_some() && lower.starts_with(['+', '-']) {
            return self.take_offset(&lower);
        }
        if lower.contains(':') && lower.starts_with(|c: char| c.is_ascii_digit()) {
            return self.take_clock(&lower);
        }
        if lower.starts_with(|c: char| c.is_ascii_digit()) {
            return self.take_date(&lower);
        }
        if let Some(month) = named(&MONTHS, &lower) {
            return set(&mut self.month, month + 1);
        }
        if named(&WEEKDAYS, &lower).is_some() {
            return Some(());
        }
        self.take_suffix(&lower)
    }

    /// `29`, `2020`, `2/29/2020`, `2020/02/29`, `29-Feb-2020`.
    fn take_date(&mut self, word: &str) -> Option<()> {
        let pieces: Vec<&str> = word.split(['/', '-']).collect();
        match pieces[..] {
            [number] if number.len() <= 2 && self.day.is_none() => set(&mut self.day, integer(number)?),
            [number] => set(&mut self.year, full_year(number)?),
            [day, month, year] if named(&MONTHS, month).is_some() => {
                set(&mut self.month, named(&MONTHS, month)? + 1)?;
                set(&mut self.day, integer(day)?)?;
                set(&mut self.year, full_year(year)?)
            }
            [year, month, day] if year.len() > 2 => self.take_numeric(year, month, day),
            [month, day, year] => self.take_numeric(year, month, day),
            _ => None,
        }
    }

    fn take_numeric(&mut self, year: &str, month: &str, day: &str) -> Option<()> {
        set(&mut self.year, full_year(year)?)?;
        set(&mut self.month, integer(month)?)?;
        set(&mut self.day, integer(day)?)
    }

    /// `12:30`, `12:30:45.5`, with `am`, `pm` or `z` at the end.
    fn take_clock(&mut self, word: &str) -> Option<()> {
        let end = word.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(word.len());
        let (clock, suffix) = word.split_at(end);
        let (clock, fraction) = clock.split_once('.').unwrap_or((clock, ""));
        let pieces = clock.split(':').map(integer).collect::<Option<Vec<i64>>>()?;
        let (hour, minute, second) = match pieces[..] {
            [hour, minute] => (hour, minute, 0),
            [hour, minute, second] => (hour, minute, second),
            _ => return None,
        };
        let sane = hour <= 24 && minute < 60 && second < 60;
        let millis = integer(format!("{fraction:0<3}").get(..3)?)?;
        let time = hour * HOUR + minute * MINUTE + second * SECOND + millis;
        if !sane || time > DAY {
            return None;
        }
        set(&mut self.clock, time)?;
        if suffix.is_empty() { Some(()) } else { self.take_suffix(suffix) }
    }

    /// `am`, `pm`, or a zone by name, perhaps with an offset: `gmt+0100`.
    fn take_suffix(&mut self, word: &str) -> Option<()> {
        let end = word.find(['+', '-']).unwrap_or(word.len());
        let (name, offset) = word.split_at(end);
        let hours = match name {
            "am" | "pm" if offset.is_empty() => return set(&mut self.afternoon, name == "pm"),
            "z" | "ut" | "utc" | "gmt" if !offset.is_empty() => return self.take_offset(offset),
            "z" | "ut" | "utc" | "gmt" => 0,
            "edt" => -4,
            "est" | "cdt" => -5,
            "cst" | "mdt" => -6,
            "mst" | "pdt" => -7,
            "pst" => -8,
            _ => return None,
        };
        offset.is_empty().then(|| set(&mut self.offset, hours * HOUR))?
    }

    /// `+0100`, `-08:00`, `+01`.
    fn take_offset(&mut self, word: &str) -> Option<()> {
        let (sign, digits) = word.split_at_checked(1)?;
        let digits = digits.replace(':', "");
        let value = integer(&digits)?;
        let (hours, minutes) = match digits.len() {
            1 | 2 => (value, 0),
            4 => (value / 100, value % 100),
            _ => return None,
        };
        let offset = hours * HOUR + minutes * MINUTE;
        (hours < 24 && minutes < 60)
            .then(|| set(&mut self.offset, if sign == "-" { -offset } else { offset }))?
    }

    fn time(self) -> Option<i64> {
        let days = Date::new(self.year?, self.month?, self.day.unwrap_or(1))?.days();
        let clock = self.clock.unwrap_or(0);
        let clock = match self.afternoon {
            None => clock,
            Some(_) if !(1..=12).contains(&(clock / HOUR)) => return None,
            Some(afternoon) => clock % (12 * HOUR) + if afternoon { 12 * HOUR } else { 0 },
        };
        Some(days * DAY + clock - self.offset.unwrap_or(0))
    }
}

/// Which of `names` the word is, in full or by its first letters, three at least.
fn named(names: &[&str], word: &str) -> Option<i64> {
    let word = word.trim_end_matches('.');
    let matches = |name: &&str| word.len() >= 3 && name.to_ascii_lowercase().starts_with(word);
    names.iter().position(matches).and_then(|index| i64::try_from(index).ok())
}

/// A number of digits only.
fn integer(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

/// A year; one of two digits is in 1950 to 2049.
fn full_year(text: &str) -> Option<i64> {
    let year = integer(text)?;
    match text.len() {
        1 | 2 if year < 50 => Some(year + 2000),
        1 | 2 => Some(year + 1900),
        _ => Some(year),
    }
}

#[cfg(test)]
mod tests;
