//! The table of failed choices, which turns exponential backtracking into linear.

use super::{Entry, Matcher, NO_MEMO};
use crate::error::MatchLimit;
use crate::program::Program;

/// Steps after which failed choices are worth remembering.
const REMEMBER_AFTER: u64 = 20_000;
/// Most bits of the table (4 MiB).
const MAX_BITS: usize = 1 << 25;

/// The number of steps left at which a search begins to remember; 0 if the table can't be had.
pub(super) fn remember_below(program: &Program, text_len: usize, steps: u64) -> u64 {
    match bits(program, text_len) {
        bits if bits <= MAX_BITS => steps.saturating_sub(REMEMBER_AFTER.max(bits as u64 / 64)),
        _ => 0,
    }
}

fn bits(program: &Program, text_len: usize) -> usize {
    program.memo_rows.unwrap_or(usize::MAX).saturating_mul(text_len + 1)
}

/// Words of the table that are kept allocated between searches.
const KEPT_WORDS: usize = 1 << 14;

/// One bit for each row of [`crate::program::Memo`] and each position of the text.
#[derive(Debug, Clone, Default)]
pub(super) struct Failed {
    bits: Vec<u64>,
    /// Positions a row holds; 0 while nothing is remembered.
    width: usize,
}

impl Failed {
    pub(super) fn forget(&mut self) {
        self.bits.clear();
        self.bits.shrink_to(KEPT_WORDS);
        self.width = 0;
    }

    fn is_on(&self) -> bool {
        self.width > 0
    }
}

impl Matcher<'_> {
    /// Called when a choice's first branch has failed: leaves a note to mark it should the second fail too.
    pub(super) fn remembering(&mut self, memo: u32, pos: u32) -> Result<(), MatchLimit> {
        if memo == NO_MEMO {
            return Ok(());
        }
        self.begin_remembering();
        if self.scratch.failed.is_on() { self.push(Entry::Exhausted { memo, pos }) } else { Ok(()) }
    }

    /// Sets up the table once a match turns out to be expensive.
    pub(super) fn begin_remembering(&mut self) {
        if *self.steps < self.remember_below && !self.is_remembering() {
            self.scratch.failed.bits.resize(bits(self.program, self.input.len()).div_ceil(64), 0);
            self.scratch.failed.width = self.input.len() + 1;
        }
    }

    #[inline]
    pub(super) fn is_remembering(&self) -> bool {
        self.scratch.failed.is_on()
    }

    #[inline]
    pub(super) fn has_failed(&self, memo: u32, pos: usize) -> bool {
        self.is_remembering() && {
            let bit = self.bit(memo, pos);
            self.scratch.failed.bits[bit / 64] >> (bit % 64) & 1 == 1
        }
    }

    pub(super) fn mark_failed(&mut self, memo: u32, pos: usize) {
        if self.is_remembering() {
            let bit = self.bit(memo, pos);
            self.scratch.failed.bits[bit / 64] |= 1 << (bit % 64);
        }
    }

    /// A loop that has progressed lies outside one that has not, so the state is how many have.
    fn bit(&self, memo: u32, pos: usize) -> usize {
        let memo = &self.program.memos[memo as usize];
        let progressed =
            memo.loops.partition_point(|&reg| self.scratch.registers[reg as usize] as usize != pos);
        (memo.first_row + progressed) * self.scratch.failed.width + pos
    }
}
