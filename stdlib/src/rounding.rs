//! `math:ceiling`, `math:floor`, `math:round`, `math:int` and `math:abs` (krl-runtime.md §5.5).
//!
//! Decimal digits are shifted in the number's text, not by a multiplication: 1.005 has no exact double, yet to two
//! digits it is 1.01, as its reader expects.

/// Doubles have no more decimal places than this.
const MAX_PRECISION: i32 = 292;

/// `n` rounded up to `precision` decimal digits; negative ones are left of the point.
pub fn ceiling(n: f64, precision: i32) -> f64 {
    at_precision(n, precision, f64::ceil)
}

/// `n` rounded down to `precision` decimal digits.
pub fn floor(n: f64, precision: i32) -> f64 {
    at_precision(n, precision, f64::floor)
}

/// `n` rounded to `precision` decimal digits, half toward positive infinity: -2.5 becomes -2.
pub fn round(n: f64, precision: i32) -> f64 {
    at_precision(n, precision, round_half_up)
}

/// `n` without its fraction.
pub fn int(n: f64) -> f64 {
    n.trunc()
}

/// The magnitude of `n`.
pub fn abs(n: f64) -> f64 {
    n.abs()
}

fn at_precision(n: f64, precision: i32, round: fn(f64) -> f64) -> f64 {
    if precision == 0 || !n.is_finite() {
        return round(n);
    }
    let precision = precision.min(MAX_PRECISION);
    shift(round(shift(n, precision)), precision.saturating_neg())
}

/// `n` with its decimal point moved `places` to the right, by way of its shortest text.
fn shift(n: f64, places: i32) -> f64 {
    let mut text = String::new();
    krl_vm::number::format(n, &mut text);
    let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent = exponent.parse::<i32>().unwrap_or(0).saturating_add(places);
    // A number and an exponent are always a number; beyond the greatest double it is infinite.
    format!("{digits}e{exponent}").parse().unwrap_or(f64::NAN)
}

fn round_half_up(n: f64) -> f64 {
    let below = n.floor();
    if n - below < 0.5 { below } else { below + 1.0 }
}

#[cfg(test)]
mod tests;
