//! Where a match and its groups lie, and the memory that matching reuses.

use std::ops::Range;

use regex_automata::util::primitives::NonMaxUsize;

use crate::backtrack::{Scratch, UNSET};

/// The byte ranges of the last match. One value serves any number of matches of any expressions without allocating.
///
/// ```
/// use krl_regexp::{Captures, Regexp};
///
/// let pair = Regexp::new("(a)|(b)", "").unwrap();
/// let mut captures = Captures::new();
/// assert_eq!(pair.find_at("xb", 0, &mut captures), Ok(true));
/// assert_eq!(captures.get(0), Some(1..2));
/// assert_eq!(captures.get(1), None);
/// assert_eq!(captures.get(2), Some(1..2));
/// ```
#[derive(Debug, Clone, Default)]
pub struct Captures {
    /// Start and end of the match, then of each group.
    pub(crate) slots: Vec<Option<NonMaxUsize>>,
    pub(crate) scratch: Scratch,
}

impl Captures {
    /// No match yet.
    pub fn new() -> Self {
        Captures::default()
    }

    /// The bytes that group `index` matched, 0 being the whole match; `None` if the group took no part.
    pub fn get(&self, index: usize) -> Option<Range<usize>> {
        let start = self.slots.get(2 * index)?.as_ref()?.get();
        let end = self.slots.get(2 * index + 1)?.as_ref()?.get();
        Some(start..end)
    }

    /// Number of groups, the whole match not counted.
    pub fn group_count(&self) -> usize {
        (self.slots.len() / 2).saturating_sub(1)
    }

    /// Makes room for `groups` groups, all unset.
    pub(crate) fn reset(&mut self, groups: usize) {
        self.slots.clear();
        self.slots.resize(2 * (groups + 1), None);
    }

    /// Takes over the groups that the backtracking matcher has found.
    pub(crate) fn take_registers(&mut self) {
        for (pair, registers) in self.slots.chunks_exact_mut(2).zip(self.scratch.registers.chunks_exact(2)) {
            if let (&mut [ref mut start, ref mut end], &[from, to]) = (pair, registers)
                && from != UNSET
                && to != UNSET
            {
                (*start, *end) = (NonMaxUsize::new(from as usize), NonMaxUsize::new(to as usize));
            }
        }
    }
}
