//! `time:strftime` (krl-runtime.md §5.8), in a zone that the caller chooses (decisions L8).

use super::Zone;
use super::civil::{Civil, MINUTE};
use std::fmt::Write as _;

/// English month names in calendar order.
pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// English weekday names from Sunday.
pub(super) const WEEKDAYS: [&str; 7] =
    ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// `ms` as `format` says, on the clock of `zone`.
///
/// A specifier is `%`, any of the flags `-` (no padding), `_` (spaces), `0` (zeros) and `:` (for `%:z`), and a letter.
/// One whose letter has no meaning stays as it is.
pub fn strftime(ms: i64, format: &str, zone: &Zone) -> String {
    let offset = zone.offset(ms);
    let clock = Clock { ms, zone, offset, civil: Civil::from_millis(ms.saturating_add(offset)) };
    let mut out = String::new();
    clock.format(format, &mut out);
    out
}

/// The flags between `%` and the letter.
#[derive(Clone, Copy, Default)]
struct Flags {
    padding: Option<Padding>,
    colon: bool,
}

#[derive(Clone, Copy)]
enum Padding {
    None,
    Space,
    Zero,
}

/// What there is to print.
struct Clock<'a> {
    ms: i64,
    zone: &'a Zone,
    offset: i64,
    civil: Civil,
}

impl Clock<'_> {
    fn format(&self, format: &str, out: &mut String) {
        let mut rest = format;
        while let Some(start) = rest.find('%') {
            out.push_str(&rest[..start]);
            let specifier = &rest[start..];
            let (flags, flag_count) = read_flags(&specifier[1..]);
            let Some(letter) = specifier[1 + flag_count..].chars().next() else {
                out.push_str(specifier);
                return;
            };
            let (specifier, after) = specifier.split_at(1 + flag_count + letter.len_utf8());
            if !self.text(letter, out) && !self.number(letter, flags, out) && !self.composite(letter, out) {
                out.push_str(specifier);
            }
            rest = after;
        }
        out.push_str(rest);
    }

    /// Specifiers that print names and signs; false when `letter` is not one.
    fn text(&self, letter: char, out: &mut String) -> bool {
        let date = self.civil.date;
        let weekday = WEEKDAYS[date.weekday() as usize % 7];
        let month = MONTHS[(date.month - 1) as usize % 12];
        let morning = self.civil.hour() < 12;
        out.push_str(match letter {
            '%' => "%",
            'n' => "\n",
            't' => "\t",
            'A' => weekday,
            'a' => &weekday[..3],
            'B' => month,
            'b' | 'h' => &month[..3],
            'p' => {
                if morning {
                    "AM"
                } else {
                    "PM"
                }
            }
            'P' => {
                if morning {
                    "am"
                } else {
                    "pm"
                }
            }
            _ => return false,
        });
        true
    }

    /// Specifiers that print a number, or the zone; false when `letter` is not one.
    fn number(&self, letter: char, flags: Flags, out: &mut String) -> bool {
        let Civil { date, .. } = self.civil;
        let two = |value, default| pad_two(value, flags.padding.unwrap_or(default));
        let hour12 = (self.civil.hour() + 11) % 12 + 1;
        out.push_str(&match letter {
            'C' => two(date.year.div_euclid(100), Padding::Zero),
            'd' => two(date.day, Padding::Zero),
            'e' => two(date.day, Padding::Space),
            'H' => two(self.civil.hour(), Padding::Zero),
            'k' => two(self.civil.hour(), Padding::Space),
            'I' => two(hour12, Padding::Zero),
            'l' => two(hour12, Padding::Space),
            'M' => two(self.civil.minute(), Padding::Zero),
            'm' => two(date.month, Padding::Zero),
            'S' => two(self.civil.second(), Padding::Zero),
            'U' => two(self.week_of_year(date.weekday()), Padding::Zero),
            'W' => two(self.week_of_year((date.weekday() + 6) % 7), Padding::Zero),
            'y' => two(date.year.rem_euclid(100), Padding::Zero),
            'j' => format!("{:03}", date.day_of_year()),
            'L' => format!("{:03}", self.civil.millisecond()),
            'o' => format!("{}{}", date.day, ordinal_suffix(date.day)),
            's' => self.ms.div_euclid(1_000).to_string(),
            'u' => ((date.weekday() + 6) % 7 + 1).to_string(),
            'w' => date.weekday().to_string(),
            'Y' => date.year.to_string(),
            'z' => self.numeric_zone(flags.colon),
            'Z' => self.zone.abbreviation(self.ms),
            _ => return false,
        });
        true
    }

    /// Specifiers that stand for others; false when `letter` is not one.
    fn composite(&self, letter: char, out: &mut String) -> bool {
        let format = match letter {
            'c' => "%a %d %b %Y %I:%M:%S %p %Z",
            'D' | 'x' => "%m/%d/%y",
            'F' => "%Y-%m-%d",
            'R' => "%H:%M",
            'r' | 'X' => "%I:%M:%S %p",
            'T' => "%H:%M:%S",
            'v' => "%e-%b-%Y",
            _ => return false,
        };
        self.format(format, out);
        true
    }

    /// The week of the year whose days before the first week-start are week 0.
    fn week_of_year(&self, days_since_week_start: i64) -> i64 {
        (self.civil.date.day_of_year() + 6 - days_since_week_start) / 7
    }

    /// `+0530`, or `+05:30`.
    fn numeric_zone(&self, colon: bool) -> String {
        let sign = if self.offset < 0 { '-' } else { '+' };
        let minutes = self.offset.abs() / MINUTE;
        let separator = if colon { ":" } else { "" };
        let mut out = String::new();
        let _ = write!(out, "{sign}{:02}{separator}{:02}", minutes / 60, minutes % 60);
        out
    }
}

/// The leading flags and how many bytes they take.
fn read_flags(text: &str) -> (Flags, usize) {
    let mut flags = Flags::default();
    for (position, byte) in text.bytes().enumerate() {
        match byte {
            b'-' => flags.padding = Some(Padding::None),
            b'_' => flags.padding = Some(Padding::Space),
            b'0' => flags.padding = Some(Padding::Zero),
            b':' => flags.colon = true,
            _ => return (flags, position),
        }
    }
    (flags, text.len())
}

fn pad_two(value: i64, padding: Padding) -> String {
    match padding {
        Padding::None => value.to_string(),
        Padding::Space => format!("{value:2}"),
        Padding::Zero => format!("{value:02}"),
    }
}

fn ordinal_suffix(day: i64) -> &'static str {
    match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    }
}

#[cfg(test)]
mod tests;
