//! The proleptic Gregorian calendar over the whole range of representable times, which is wider than the years jiff has.

pub(super) const SECOND: i64 = 1_000;
pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// A calendar date; `month` and `day` count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Date {
    pub year: i64,
    pub month: i64,
    pub day: i64,
}

/// A date and the milliseconds since its midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Civil {
    pub date: Date,
    pub millis: i64,
}

impl Date {
    /// The date, when such a day exists.
    pub fn new(year: i64, month: i64, day: i64) -> Option<Date> {
        let exists = (1..=12).contains(&month) && (1..=days_in_month(year, month)).contains(&day);
        exists.then_some(Date { year, month, day })
    }

    /// Days since 1970-01-01.
    ///
    /// Years are counted from March, so that the leap day is a year's last; 400 years are always 146,097 days.
    pub fn days(self) -> i64 {
        let year = self.year - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let day_of_year = (153 * ((self.month + 9) % 12) + 2) / 5 + self.day - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
    }

    /// The date `days` after 1970-01-01.
    pub fn from_days(days: i64) -> Date {
        let shifted = days + 719_468;
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era =
            (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = shifted.div_euclid(146_097) * 400 + year_of_era + i64::from(month <= 2);
        Date { year, month, day }
    }

    /// The day of the year, from 1.
    pub fn day_of_year(self) -> i64 {
        self.days() - Date { month: 1, day: 1, ..self }.days() + 1
    }

    /// The day of the week, Sunday is 0.
    pub fn weekday(self) -> i64 {
        (self.days() + 4).rem_euclid(7)
    }
}

impl Civil {
    /// What a clock shows that counts `ms` milliseconds.
    pub fn from_millis(ms: i64) -> Civil {
        Civil { date: Date::from_days(ms.div_euclid(DAY)), millis: ms.rem_euclid(DAY) }
    }

    pub fn hour(self) -> i64 {
        self.millis / HOUR
    }

    pub fn minute(self) -> i64 {
        self.millis / MINUTE % 60
    }

    pub fn second(self) -> i64 {
        self.millis / SECOND % 60
    }

    pub fn millisecond(self) -> i64 {
        self.millis % SECOND
    }
}

pub(super) fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

pub(super) fn days_in_year(year: i64) -> i64 {
    365 + i64::from(is_leap(year))
}

pub(super) fn days_in_month(year: i64, month: i64) -> i64 {
    match month {
        2 => 28 + i64::from(is_leap(year)),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Days since the epoch of the Monday that starts ISO week 1 of `year`: the week with 4 January.
pub(super) fn iso_week_one(year: i64) -> i64 {
    let fourth = Date { year, month: 1, day: 4 };
    fourth.days() - (fourth.weekday() + 6) % 7
}

/// How many ISO weeks `year` has, 52 or 53.
pub(super) fn iso_weeks_in_year(year: i64) -> i64 {
    (iso_week_one(year + 1) - iso_week_one(year)) / 7
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_dates_are_inverse() {
        let mut expected = Date { year: -401, month: 3, day: 1 };
        for days in expected.days()..expected.days() + 2 * 146_097 {
            assert_eq!(Date::from_days(days), expected);
            assert_eq!(expected.days(), days);
            expected = Date::new(expected.year, expected.month, expected.day + 1)
                .or(Date::new(expected.year, expected.month + 1, 1))
                .unwrap_or(Date { year: expected.year + 1, month: 1, day: 1 });
        }
    }

    #[test]
    fn knows_fixed_points() {
        let cases = [
            (Date { year: 1970, month: 1, day: 1 }, 0, 4, 1),
            (Date { year: 2020, month: 2, day: 29 }, 18_321, 6, 60),
            (Date { year: 0, month: 1, day: 1 }, -719_528, 6, 1),
            (Date { year: 275_760, month: 9, day: 13 }, 100_000_000, 6, 257),
        ];
        for (date, days, weekday, day_of_year) in cases {
            assert_eq!((date.days(), date.weekday(), date.day_of_year()), (days, weekday, day_of_year));
        }
        assert_eq!([2015, 2016, 2020, 2021].map(iso_weeks_in_year), [53, 52, 53, 52]);
    }
}
