//! Case-insensitive comparison as ECMAScript does it without the `u` flag: by single-character upper case.
//!
//! Two characters are equal when `canonicalize` maps both to the same character. Only the basic plane folds, and
//! nothing outside ASCII folds into it: `ſ` does not match `s`, nor the Kelvin sign `k`.

use std::sync::OnceLock;

/// ECMAScript `Canonicalize` with `IgnoreCase` and without `u`.
pub(crate) fn canonicalize(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    if c as u32 > 0xFFFF {
        return c;
    }
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(single), None) if !single.is_ascii() && single as u32 <= 0xFFFF => single,
        _ => c,
    }
}

/// Adds to `ranges` every character that is equal, case aside, to one already in them.
pub(crate) fn close_over_case(ranges: &mut Vec<(u32, u32)>) {
    for index in 0..ranges.len() {
        let (lo, hi) = ranges[index];
        shift_ascii(ranges, (lo, hi), (b'a', b'z'), b'A');
        shift_ascii(ranges, (lo, hi), (b'A', b'Z'), b'a');
        if hi >= 0x80 {
            add_equals(ranges, lo, hi);
        }
    }
}

fn shift_ascii(ranges: &mut Vec<(u32, u32)>, (lo, hi): (u32, u32), from: (u8, u8), to: u8) {
    let (first, last) = (lo.max(from.0.into()), hi.min(from.1.into()));
    if first <= last {
        let shift = |c: u32| c - u32::from(from.0) + u32::from(to);
        ranges.push((shift(first), shift(last)));
    }
}

fn add_equals(ranges: &mut Vec<(u32, u32)>, lo: u32, hi: u32) {
    let table = fold_table();
    let first = table.by_char.partition_point(|&(c, _)| c < lo);
    for &(_, canon) in table.by_char[first..].iter().take_while(|&&(c, _)| c <= hi) {
        let first = table.by_canon.partition_point(|&(other, _)| other < canon);
        let equals = table.by_canon[first..].iter().take_while(|&&(other, _)| other == canon);
        ranges.extend(equals.map(|&(_, c)| (c, c)));
    }
}

/// The non-ASCII characters that are equal to some other one: `(character, canonical)`, in both orders.
struct FoldTable {
    by_char: Vec<(u32, u32)>,
    by_canon: Vec<(u32, u32)>,
}

/// Built at the first case-insensitive pattern that names a character outside ASCII.
fn fold_table() -> &'static FoldTable {
    static TABLE: OnceLock<FoldTable> = OnceLock::new();
    TABLE.get_or_init(|| {
        let changed: Vec<(u32, u32)> = ('\u{80}'..='\u{FFFF}')
            .map(|c| (c as u32, canonicalize(c) as u32))
            .filter(|(c, canon)| c != canon)
            .collect();
        let mut by_char = changed.clone();
        by_char.extend(changed.iter().map(|&(_, canon)| (canon, canon)));
        by_char.sort_unstable();
        by_char.dedup();
        let mut by_canon: Vec<_> = by_char.iter().map(|&(c, canon)| (canon, c)).collect();
        by_canon.sort_unstable();
        FoldTable { by_char, by_canon }
    })
}
