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
    /// Start and end of the match, then of each group, where there are few.
    few: [Option<NonMaxUsize>; FEW],
    /// The same, where there are more.
    many: Vec<Option<NonMaxUsize>>,
    /// How many there are.
    count: usize,
    /// Made by the first search that backtracks.
    scratch: Option<Box<Scratch>>,
}

/// Slots that need no memory of their own: those of up to seven groups.
const FEW: usize = 16;

impl Captures {
    /// No match yet.
    pub fn new() -> Self {
        Captures::default()
    }

    /// The bytes that group `index` matched, 0 being the whole match; `None` if the group took no part.
    #[inline]
    pub fn get(&self, index: usize) -> Option<Range<usize>> {
        match self.slots().get(2 * index..2 * index + 2)? {
            &[Some(start), Some(end)] => Some(start.get()..end.get()),
            _ => None,
        }
    }

    /// Number of groups, the whole match not counted.
    pub fn group_count(&self) -> usize {
        (self.count / 2).saturating_sub(1)
    }

    /// Makes room for `groups` groups, all unset.
    pub(crate) fn reset(&mut self, groups: usize) {
        self.count = 2 * (groups + 1);
        if self.count <= FEW {
            self.few = [None; FEW];
            return;
        }
        self.many.clear();
        self.many.resize(self.count, None);
    }

    #[inline]
    fn slots(&self) -> &[Option<NonMaxUsize>] {
        self.few.get(..self.count).unwrap_or(&self.many)
    }

    #[inline]
    pub(crate) fn slots_mut(&mut self) -> &mut [Option<NonMaxUsize>] {
        self.few.get_mut(..self.count).unwrap_or(&mut self.many)
    }

    /// The backtracking matcher's memory.
    pub(crate) fn scratch(&mut self) -> &mut Scratch {
        self.scratch.get_or_insert_default()
    }

    /// Takes over the groups that the backtracking matcher has found.
    pub(crate) fn take_registers(&mut self) {
        let Some(scratch) = self.scratch.take() else { return };
        for (pair, registers) in self.slots_mut().chunks_exact_mut(2).zip(scratch.registers.chunks_exact(2)) {
            if let (&mut [ref mut start, ref mut end], &[from, to]) = (pair, registers)
                && from != UNSET
                && to != UNSET
            {
                (*start, *end) = (NonMaxUsize::new(from as usize), NonMaxUsize::new(to as usize));
            }
        }
        self.scratch = Some(scratch);
    }
}
