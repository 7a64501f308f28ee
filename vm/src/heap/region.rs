//! A region: words, and the regular expressions its handles point at.

use super::range::Range;
use crate::value::Value;
use krl_regexp::Regexp;

/// Memory that handles point into.
#[derive(Clone, Debug, Default)]
pub struct Region {
    pub(super) words: Vec<u64>,
    pub(super) regexps: Vec<Regexp>,
    pub(super) ranges: Vec<Range>,
    /// Words that count as used for `ranges`.
    pub(super) computed_words: usize,
}

impl Region {
    /// A region without anything.
    pub const EMPTY: Self =
        Self { words: Vec::new(), regexps: Vec::new(), ranges: Vec::new(), computed_words: 0 };

    pub(super) fn clear(&mut self) {
        self.words.clear();
        self.regexps.clear();
        self.ranges.clear();
        self.computed_words = 0;
    }

    /// Words that count as used.
    #[inline]
    pub(super) fn used(&self) -> usize {
        self.words.len() + self.computed_words
    }

    /// Bytes in use.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.used() * 8
    }
}

/// Words as values.
#[inline]
pub(super) fn values(words: &[u64]) -> &[Value] {
    // SAFETY: `Value` is a `repr(transparent)` wrapper of `u64` and every bit pattern is a valid `Value`.
    #[expect(unsafe_code, reason = "reading items without a copy")]
    unsafe {
        std::slice::from_raw_parts(words.as_ptr().cast::<Value>(), words.len())
    }
}

/// Words as bytes.
#[inline]
pub(super) fn bytes(words: &[u64]) -> &[u8] {
    // SAFETY: a `u64` is eight initialised bytes, and `u8` has no alignment to keep.
    #[expect(unsafe_code, reason = "reading text without a copy")]
    unsafe {
        std::slice::from_raw_parts(words.as_ptr().cast::<u8>(), words.len() * 8)
    }
}
