//! Sets of characters: what a class, an escape such as `\w`, or a folded letter stands for.

/// A sorted set of disjoint, inclusive ranges of Unicode scalar values.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct CharSet {
    ranges: Vec<(char, char)>,
    /// One bit per ASCII character: nearly every subject character is decided here.
    ascii: [u64; 2],
}

const LAST_BEFORE_SURROGATES: u32 = 0xD7FF;
const FIRST_AFTER_SURROGATES: u32 = 0xE000;
const LAST: u32 = 0x10FFFF;

const DIGIT: &[(u32, u32)] = &[(0x30, 0x39)];
const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5A), (0x5F, 0x5F), (0x61, 0x7A)];
const LINE_END: &[(u32, u32)] = &[(0x0A, 0x0A), (0x0D, 0x0D), (0x2028, 0x2029)];
/// ECMAScript `WhiteSpace` and `LineTerminator`: the controls, NBSP, BOM, U+2028/9 and general category Zs.
const SPACE: &[(u32, u32)] = &[
    (0x09, 0x0D),
    (0x20, 0x20),
    (0xA0, 0xA0),
    (0x1680, 0x1680),
    (0x2000, 0x200A),
    (0x2028, 0x2029),
    (0x202F, 0x202F),
    (0x205F, 0x205F),
    (0x3000, 0x3000),
    (0xFEFF, 0xFEFF),
];

impl CharSet {
    /// Normalises any code point ranges; surrogates drop out, since no text holds them (decision L2).
    pub(crate) fn from_code_points(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (lo, hi) in ranges {
            match merged.last_mut() {
                Some(last) if lo <= last.1.saturating_add(1) => last.1 = last.1.max(hi),
                _ => merged.push((lo, hi)),
            }
        }
        let mut set = CharSet::default();
        for (lo, hi) in merged {
            set.push_scalars(lo, hi.min(LAST_BEFORE_SURROGATES));
            set.push_scalars(lo.max(FIRST_AFTER_SURROGATES), hi.min(LAST));
        }
        set
    }

    fn push_scalars(&mut self, lo: u32, hi: u32) {
        let (Some(lo), Some(hi)) = (char::from_u32(lo), char::from_u32(hi)) else { return };
        if lo > hi {
            return;
        }
        self.ranges.push((lo, hi));
        for bit in (lo as u32)..=(hi as u32).min(127) {
            self.ascii[bit as usize >> 6] |= 1 << (bit & 63);
        }
    }

    /// Every scalar value that is not in the set.
    pub(crate) fn complement(&self) -> Self {
        CharSet::from_code_points(complement(&self.code_points()))
    }

    /// The ranges as code points, to build further sets from.
    pub(crate) fn code_points(&self) -> Vec<(u32, u32)> {
        self.ranges.iter().map(|&(lo, hi)| (lo as u32, hi as u32)).collect()
    }

    pub(crate) fn ranges(&self) -> &[(char, char)] {
        &self.ranges
    }

    /// Whether the byte is an ASCII character of the set.
    #[inline]
    pub(crate) fn contains_ascii(&self, byte: u8) -> bool {
        byte.is_ascii() && self.ascii[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    #[inline]
    pub(crate) fn contains(&self, c: char) -> bool {
        if c.is_ascii() {
            return self.contains_ascii(c as u8);
        }
        let index = self.ranges.partition_point(|&(_, hi)| hi < c);
        self.ranges.get(index).is_some_and(|&(lo, _)| lo <= c)
    }

    pub(crate) fn single(c: char) -> Self {
        CharSet::from_code_points(vec![(c as u32, c as u32)])
    }

    pub(crate) fn is_disjoint(&self, other: &CharSet) -> bool {
        let overlaps = |&(lo, hi): &(char, char)| {
            let index = other.ranges.partition_point(|&(_, end)| end < lo);
            other.ranges.get(index).is_some_and(|&(begin, _)| begin <= hi)
        };
        !self.ranges.iter().any(overlaps)
    }

    /// What `.` matches.
    pub(crate) fn dot() -> Self {
        CharSet::from_code_points(complement(LINE_END))
    }
}

/// The code points that a class escape (`d D s S w W`) stands for, or `None` for any other letter.
pub(crate) fn class_escape(letter: char) -> Option<Vec<(u32, u32)>> {
    let ranges = match letter.to_ascii_lowercase() {
        'd' => DIGIT,
        's' => SPACE,
        'w' => WORD,
        _ => return None,
    };
    Some(if letter.is_ascii_uppercase() { complement(ranges) } else { ranges.to_vec() })
}

pub(crate) fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// ECMAScript `LineTerminator`, at which `.` stops and, with flag `m`, `^` and `$` match.
pub(crate) fn is_line_end(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}

fn complement(sorted: &[(u32, u32)]) -> Vec<(u32, u32)> {
    let mut out = Vec::with_capacity(sorted.len() + 1);
    let mut next = 0;
    for &(lo, hi) in sorted {
        if lo > next {
            out.push((next, lo - 1));
        }
        next = hi + 1;
    }
    if next <= LAST {
        out.push((next, LAST));
    }
    out
}
