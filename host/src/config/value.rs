//! Sizes and times as operators write them.

use std::time::Duration;

/// What a value must be, for the message about one that is not.
pub type Expected = &'static str;

/// A size in bytes: `4096`, `512 KiB`, `1 MiB`, `2 GiB`.
///
/// # Errors
/// Other text, and nothing at all.
pub fn size(text: &str) -> Result<usize, Expected> {
    const EXPECTED: Expected = "must be a size such as `512 KiB` or `1 MiB`";
    let (number, unit) = split(text);
    let factor: usize = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        _ => return Err(EXPECTED),
    };
    let number: usize = number.parse().map_err(|_| EXPECTED)?;
    number.checked_mul(factor).filter(|size| *size > 0).ok_or(EXPECTED)
}

/// A time: `250 ms`, `10 s`, `2 min`, `1 h`.
///
/// # Errors
/// Other text, and no time at all.
pub fn time(text: &str) -> Result<Duration, Expected> {
    const EXPECTED: Expected = "must be a time such as `500 ms`, `10 s` or `2 min`";
    let (number, unit) = split(text);
    let factor: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "min" | "m" => 60_000,
        "h" => 3_600_000,
        _ => return Err(EXPECTED),
    };
    let number: u64 = number.parse().map_err(|_| EXPECTED)?;
    let time = number.checked_mul(factor).ok_or(EXPECTED)?;
    if (1..=86_400_000).contains(&time) {
        Ok(Duration::from_millis(time))
    } else {
        Err("must be at most `24 h`")
    }
}

/// A count, at least one.
///
/// # Errors
/// Other text.
pub fn count<N: std::str::FromStr + PartialOrd + From<u8>>(text: &str) -> Result<N, Expected> {
    let digits: String = text.chars().filter(|c| *c != '_').collect();
    digits.parse().ok().filter(|n| *n >= N::from(1)).ok_or("must be a whole number, at least 1")
}

/// `true` or `false`.
///
/// # Errors
/// Other text.
pub fn switch(text: &str) -> Result<bool, Expected> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err("must be `true` or `false`"),
    }
}

fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    (number, unit.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values() {
        for (text, expected) in [("4096", Some(4096)), ("1 MiB", Some(1 << 20)), ("512kib", Some(512 << 10))]
        {
            assert_eq!(size(text).ok(), expected, "{text}");
        }
        for text in ["", "0", "1 MB", "-1", "1.5 MiB", "99999999999999999999", "18446744073709551615 GiB"] {
            assert!(size(text).is_err(), "{text}");
        }
        for (text, ms) in [("250 ms", 250), ("10s", 10_000), ("2 min", 120_000), ("24 h", 86_400_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["10", "0 s", "25 h", "s", "1 d", "99999999999999999999 s"] {
            assert!(time(text).is_err(), "{text}");
        }
        assert_eq!(count::<u32>("20_000"), Ok(20_000));
        assert!(count::<u16>("0").is_err() && count::<u16>("65536").is_err() && count::<u16>("x").is_err());
    }
}
