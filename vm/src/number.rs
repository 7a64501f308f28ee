//! Numbers as text and text as numbers: what KRL's conversions (krl-language.md §4.4) take from ECMAScript.

/// Integers up to this size are exact in a double and print without an exponent.
const MAX_SAFE_INTEGER: f64 = 9_007_199_254_740_991.0;

/// Appends `n` as ECMAScript's `Number::toString` writes it; both zeros are `0`.
pub fn format(n: f64, out: &mut String) {
    if n.abs() <= MAX_SAFE_INTEGER && n.trunc() == n {
        out.push_str(itoa::Buffer::new().format(n as i64));
    } else {
        out.push_str(ryu_js::Buffer::new().format(n));
    }
}

/// The number `text` stands for by ECMAScript's `Number()` grammar; `None` when it is no number or not finite.
///
/// Blank text is 0. The prefixes `0x`, `0o` and `0b` take no sign.
pub fn parse(text: &str) -> Option<f64> {
    if let Some(whole) = parse_digits(text.as_bytes()) {
        return Some(whole);
    }
    let text = trim(text);
    let n = match text.as_bytes() {
        [] => 0.0,
        [b'0', b'x' | b'X', ..] => parse_radix(&text[2..], 4)?,
        [b'0', b'o' | b'O', ..] => parse_radix(&text[2..], 3)?,
        [b'0', b'b' | b'B', ..] => parse_radix(&text[2..], 1)?,
        bytes if is_decimal(bytes) => text.parse().ok()?,
        _ => return None,
    };
    n.is_finite().then_some(n)
}

/// Some digits and nothing else, as most numbers are written. More might not be exact.
fn parse_digits(bytes: &[u8]) -> Option<f64> {
    if !matches!(bytes.len(), 1..=15) {
        return None;
    }
    let digit = |whole: u64, byte: &u8| byte.is_ascii_digit().then(|| whole * 10 + u64::from(byte - b'0'));
    bytes.iter().try_fold(0, digit).map(|whole| whole as f64)
}

/// Digits of radix 2^`bits`, rounded once, to the nearest double.
fn parse_radix(digits: &str, bits: u32) -> Option<f64> {
    let mut mantissa = 0u64;
    let mut dropped_bits = 0i32;
    let mut lost = false;
    for c in digits.chars() {
        let digit = u64::from(c.to_digit(1 << bits)?);
        if mantissa >> (64 - bits) == 0 {
            mantissa = mantissa << bits | digit;
        } else {
            dropped_bits = dropped_bits.saturating_add(bits as i32);
            lost |= digit != 0;
        }
    }
    // A lost digit only matters where the kept bits lie exactly between two doubles; one low bit records it.
    let kept = mantissa | u64::from(lost);
    (!digits.is_empty()).then(|| kept as f64 * 2f64.powi(dropped_bits))
}

/// ECMAScript's `StrDecimalLiteral`, without `Infinity`.
fn is_decimal(bytes: &[u8]) -> bool {
    let unsigned = after_sign(bytes);
    let (whole, rest) = split_digits(unsigned);
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => split_digits(rest),
        _ => (0, rest),
    };
    let exponent_ok = match rest {
        [] => true,
        [b'e' | b'E', rest @ ..] => {
            matches!(split_digits(after_sign(rest)), (digits, []) if digits > 0)
        }
        _ => false,
    };
    whole + fraction > 0 && exponent_ok
}

fn after_sign(bytes: &[u8]) -> &[u8] {
    match bytes {
        [b'+' | b'-', rest @ ..] => rest,
        _ => bytes,
    }
}

/// The count of leading digits, and what follows them.
fn split_digits(bytes: &[u8]) -> (usize, &[u8]) {
    let count = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    (count, &bytes[count..])
}

/// Base 16 text without prefix, as `toString(16)`: `255` is `ff`, `10.5` is `a.8`.
///
/// The digits are exact: a double always has a finite hexadecimal form.
pub fn to_hex(n: f64) -> String {
    if !n.is_finite() {
        let mut out = String::new();
        format(n, &mut out);
        return out;
    }
    let mut out = String::from(if n < 0.0 { "-" } else { "" });
    let magnitude = n.abs();
    push_hex_integer(magnitude.trunc(), &mut out);
    let mut fraction = magnitude.fract();
    if fraction > 0.0 {
        out.push('.');
    }
    while fraction > 0.0 {
        fraction *= 16.0;
        push_hex_digit(fraction.trunc() as u8, &mut out);
        fraction = fraction.fract();
    }
    out
}

fn push_hex_integer(whole: f64, out: &mut String) {
    let mut digits = Vec::new();
    let mut rest = whole;
    while rest >= 1.0 {
        digits.push((rest % 16.0) as u8);
        rest = (rest / 16.0).trunc();
    }
    if digits.is_empty() {
        out.push('0');
    }
    for &digit in digits.iter().rev() {
        push_hex_digit(digit, out);
    }
}

fn push_hex_digit(digit: u8, out: &mut String) {
    out.extend(char::from_digit(u32::from(digit), 16));
}

/// ECMAScript's `ToInt32`: truncated, modulo 2^32, signed; 0 when not finite.
pub fn to_int32(n: f64) -> i32 {
    if !n.is_finite() {
        return 0;
    }
    n.trunc().rem_euclid(4_294_967_296.0) as u32 as i32
}

/// White space and line terminators as ECMAScript's `trim` counts them (U+0085 is not one, U+FEFF is).
pub fn is_js_space(c: char) -> bool {
    matches!(
        c,
        '\t' | '\n' | '\u{b}' | '\u{c}' | '\r' | ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'
            ..='\u{200a}' | '\u{2028}' | '\u{2029}' | '\u{202f}' | '\u{205f}' | '\u{3000}' | '\u{feff}'
    )
}

/// `text` without white space at both ends.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_js_space)
}

/// `text` without white space at its start.
pub fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_js_space)
}

/// `text` without white space at its end.
pub fn trim_end(text: &str) -> &str {
    text.trim_end_matches(is_js_space)
}

/// The array index `key` spells canonically, 0 to 4294967294: no sign, no leading zero.
pub fn array_index(key: &str) -> Option<u32> {
    let bytes = key.as_bytes();
    let canonical = match bytes {
        [b'0'] => true,
        [b'1'..=b'9', rest @ ..] => rest.len() < 10 && rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    if !canonical {
        return None;
    }
    key.parse().ok().filter(|&index| index != u32::MAX)
}

#[cfg(test)]
mod tests;
