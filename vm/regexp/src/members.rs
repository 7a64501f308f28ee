//! A set of characters made ready for matching: runs of its members are measured eight bytes at a time.

use crate::charset::CharSet;

/// A set, and what tells its ASCII members in a word of text.
#[derive(Debug)]
pub(crate) struct Members {
    set: CharSet,
    /// `None` where that takes more ranges than [`Ranges`] holds.
    ranges: Option<Ranges>,
}

const WORD: usize = 8;
/// The lowest bit of each byte.
const ONES: u64 = 0x0101_0101_0101_0101;
/// The highest bit of each byte, which ASCII leaves free.
const HIGH: u64 = ONES << 7;

impl Members {
    pub(crate) fn of(set: &CharSet) -> Self {
        Members { set: set.clone(), ranges: Ranges::of(set) }
    }

    pub(crate) fn set(&self) -> &CharSet {
        &self.set
    }

    #[inline]
    pub(crate) fn contains(&self, c: char) -> bool {
        self.set.contains(c)
    }

    /// How many bytes of `text` from `start` on, up to `most`, are ASCII members.
    #[inline]
    pub(crate) fn count_ascii(&self, text: &[u8], start: usize, most: usize) -> usize {
        let most = most.min(text.len().saturating_sub(start));
        let Some(ranges) = &self.ranges else {
            let is_member = |byte: &&u8| self.set.contains_ascii(**byte);
            return text.iter().skip(start).take(most).take_while(is_member).count();
        };
        let mut count = 0;
        while count < most {
            let of_word = ranges.count(word_at(text, start + count));
            if of_word < WORD {
                return (count + of_word).min(most);
            }
            count += WORD;
        }
        most
    }
}

/// Eight bytes of `text`, the first lowest; zeros behind its end.
#[inline]
pub(crate) fn word_at(text: &[u8], at: usize) -> u64 {
    if let Some(word) = text.get(at..).and_then(|rest| rest.first_chunk::<WORD>()) {
        return u64::from_le_bytes(*word);
    }
    match text.last_chunk::<WORD>() {
        Some(word) if at < text.len() => u64::from_le_bytes(*word) >> (8 * (at + WORD - text.len())),
        Some(_) => 0,
        None => text.iter().skip(at).rev().fold(0, |word, &byte| word << 8 | u64::from(byte)),
    }
}

/// The ASCII members of a set, or those characters that are none, as up to four ranges.
#[derive(Debug)]
struct Ranges {
    first: [Range; 2],
    /// Most sets have at most two.
    others: Option<[Range; 2]>,
    /// All high bits where the ranges are of what is no member.
    flip: u64,
}

/// The characters from one to another: two numbers to add to each byte, which carry into its high bit where it is not below the first, and where
/// it is above the last.
#[derive(Debug, Clone, Copy, Default)]
struct Range {
    not_below: u64,
    above: u64,
}

impl Ranges {
    fn of(set: &CharSet) -> Option<Self> {
        let (members, others) =
            (ranges_where(|byte| set.contains_ascii(byte)), ranges_where(|byte| !set.contains_ascii(byte)));
        let (ranges, flip) = if others.len() < members.len() { (others, HIGH) } else { (members, 0) };
        let range = |index: usize| ranges.get(index).copied().unwrap_or_default();
        let others = (ranges.len() > 2).then(|| [range(2), range(3)]);
        (ranges.len() <= 4).then(|| Ranges { first: [range(0), range(1)], others, flip })
    }

    /// How many bytes of a word, from its lowest, are ASCII members.
    #[inline]
    fn count(&self, word: u64) -> usize {
        let low = word & !HIGH;
        let [first, second] = &self.first;
        let mut inside = first.holds(low) | second.holds(low);
        if let Some(others) = &self.others {
            inside |= holds_either(others, low);
        }
        let members = (inside ^ self.flip) & !word & HIGH;
        ((members ^ HIGH).trailing_zeros() as usize) / 8
    }
}

/// Kept apart, so that sets without others need few registers.
#[inline(never)]
fn holds_either([first, second]: &[Range; 2], low: u64) -> u64 {
    first.holds(low) | second.holds(low)
}

impl Range {
    /// Sets the high bit of each byte in the range; the others are of no meaning.
    #[inline]
    fn holds(self, low: u64) -> u64 {
        (low + self.not_below) & !(low + self.above)
    }
}

/// The runs of ASCII characters with a property.
fn ranges_where(holds: impl Fn(u8) -> bool) -> Vec<Range> {
    let mut ranges = Vec::new();
    let mut byte = 0;
    while byte < 0x80 {
        let last = (byte..0x80).take_while(|&b| holds(b)).last();
        if let Some(last) = last {
            let every = |least: u8| ONES * u64::from(0x80 - least);
            ranges.push(Range { not_below: every(byte), above: every(last + 1) });
            byte = last;
        }
        byte += 1;
    }
    ranges
}

#[cfg(test)]
mod tests;
