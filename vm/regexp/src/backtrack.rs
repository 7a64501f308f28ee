//! The backtracking matcher: exact ECMAScript semantics, an explicit stack and a step budget (decision L7).
//!
//! When a match takes many steps and the pattern has no back-reference, choices that failed are remembered by
//! instruction, position and progress of the enclosing loops, so that no state is explored twice.

mod memo;

use crate::ast::{Direction, Polarity, Preference};
use crate::error::MatchLimit;
use crate::input::Input;
use crate::program::{Inst, Program};
use memo::Failed;

/// Steps that any match may take, whatever the text's length.
const BASE_STEPS: u64 = 4_000_000;
/// Further steps for each byte of the text.
const STEPS_PER_BYTE: u64 = 32;
/// Most entries of the stack of untried choices (16 bytes each).
const MAX_STACK: usize = 2_000_000;
/// A register that holds no position.
pub(crate) const UNSET: u32 = u32::MAX;

/// The matcher's working memory, kept from match to match.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scratch {
    pub registers: Vec<u32>,
    stack: Vec<Entry>,
    failed: Failed,
}

/// Entries of the stack that are kept allocated between searches.
const KEPT_STACK: usize = 1 << 16;

impl Scratch {
    /// Gives back what an unusually long search has taken.
    fn trim(&mut self) {
        self.stack.clear();
        self.stack.shrink_to(KEPT_STACK);
        self.failed.forget();
    }
}

/// What to do when the present attempt fails.
#[derive(Debug, Clone, Copy)]
enum Entry {
    /// Go on at `pc` and `pos`, the second branch of choice `memo` (`NO_MEMO`: none).
    Retry { pc: u32, pos: u32, memo: u32 },
    /// Give a register its old value back.
    Restore { reg: u32, old: u32 },
    /// Every branch of choice `memo` has failed at `pos`.
    Exhausted { memo: u32, pos: u32 },
    /// A greedy run of single characters after `pc` that ended at `pos` can give back characters down to `least`.
    GiveBack { pc: u32, least: u32, pos: u32 },
    /// A lazy run of single characters after `pc`, now at `pos`, can take up to `left` more.
    TakeMore { pc: u32, left: u32, pos: u32 },
}

const NO_MEMO: u32 = u32::MAX;

/// Steps a search over `text` may take.
pub(crate) fn budget(text_len: usize) -> u64 {
    BASE_STEPS + STEPS_PER_BYTE * text_len as u64
}

/// Looks for the leftmost match that begins at `first` up to `last`; its groups are left in the registers.
pub(crate) fn search(
    program: &Program,
    text: &str,
    (first, last): (usize, usize),
    scratch: &mut Scratch,
    steps: &mut u64,
) -> Result<bool, MatchLimit> {
    if u32::try_from(text.len()).is_err() {
        return Err(MatchLimit);
    }
    // A failed attempt restores every register, so this holds for each start.
    scratch.registers.clear();
    scratch.registers.resize(program.registers, UNSET);
    let remember_below = memo::remember_below(program, text.len(), *steps);
    let mut matcher =
        Matcher { program, input: Input::new(text), scratch, steps, remember_below, pc: 0, pos: 0 };
    let mut start = first;
    let last = if program.anchored { 0 } else { last };
    let mut found = Ok(false);
    while found == Ok(false) && start <= last {
        found = matcher.matches_at(start);
        start += matcher.input.width_at(start).max(1);
    }
    scratch.trim();
    found
}

struct Matcher<'a> {
    program: &'a Program,
    input: Input<'a>,
    scratch: &'a mut Scratch,
    steps: &'a mut u64,
    /// Failed choices are remembered once fewer steps than this are left.
    remember_below: u64,
    pc: u32,
    pos: usize,
}

/// Whether a step worked out.
type Step = Result<bool, MatchLimit>;

impl Matcher<'_> {
    fn matches_at(&mut self, start: usize) -> Result<bool, MatchLimit> {
        (self.pc, self.pos) = (0, start);
        loop {
            self.charge(1)?;
            let inst = self.program.insts[self.pc as usize];
            if let Inst::Match = inst {
                return Ok(true);
            }
            self.pc += 1;
            if !self.step(inst)? && !self.backtrack()? {
                return Ok(false);
            }
        }
    }

    fn charge(&mut self, steps: u64) -> Result<(), MatchLimit> {
        *self.steps = self.steps.checked_sub(steps).ok_or(MatchLimit)?;
        Ok(())
    }

    fn step(&mut self, inst: Inst) -> Step {
        match inst {
            Inst::Char { c, to } => Ok(self.advance(to, |found| found == c)),
            Inst::Set { set, to } => {
                let set = &self.program.sets[set as usize];
                Ok(self.advance(to, |found| set.contains(found)))
            }
            Inst::Run { .. } => self.run(inst),
            Inst::Split { first, second, memo } => self.choose(first, second, memo),
            Inst::Jump(target) => {
                self.pc = target;
                Ok(true)
            }
            Inst::Save(reg) => self.save(reg, self.pos as u32),
            Inst::Clear { from, to } => {
                self.charge(u64::from(to - from) / 4)?;
                for reg in from..to {
                    self.save(reg, UNSET)?;
                }
                Ok(true)
            }
            Inst::Progress(reg) => Ok(self.scratch.registers[reg as usize] != self.pos as u32),
            Inst::Assert(assertion) => Ok(self.input.holds(assertion, self.pos)),
            Inst::Backref { group, to } => self.back_reference(group, to),
            Inst::LookStart { reg, polarity, next } => self.look_start(reg, polarity, next),
            Inst::LookEnd { reg, polarity } => Ok(self.look_end(reg, polarity)),
            Inst::Match => Ok(true),
        }
    }

    fn advance(&mut self, to: Direction, wanted: impl Fn(char) -> bool) -> bool {
        match self.input.char_at(self.pos, to) {
            Some((c, next)) if wanted(c) => {
                self.pos = next;
                true
            }
            _ => false,
        }
    }

    fn push(&mut self, entry: Entry) -> Result<(), MatchLimit> {
        if self.scratch.stack.len() >= MAX_STACK {
            return Err(MatchLimit);
        }
        self.scratch.stack.push(entry);
        Ok(())
    }

    fn save(&mut self, reg: u32, value: u32) -> Step {
        let old = std::mem::replace(&mut self.scratch.registers[reg as usize], value);
        if old != value {
            self.push(Entry::Restore { reg, old })?;
        }
        Ok(true)
    }

    fn choose(&mut self, first: u32, second: u32, memo: u32) -> Step {
        if self.has_failed(memo, self.pos) {
            return Ok(false);
        }
        self.push(Entry::Retry { pc: second, pos: self.pos as u32, memo })?;
        self.pc = first;
        Ok(true)
    }

    fn run(&mut self, inst: Inst) -> Step {
        let Inst::Run { set, to, min, max, preference, .. } = inst else { return Ok(false) };
        let set = &self.program.sets[set as usize];
        let (least, taken) = self.input.skip(self.pos, to, set, min);
        self.charge(u64::from(taken) / 4)?;
        if taken < min {
            return Ok(false);
        }
        let (pc, left) = (self.pc - 1, max - min);
        if preference == Preference::Lazy {
            return self.resume_lazy(pc, left, least);
        }
        let (most, taken) = self.input.skip(least, to, set, left);
        self.charge(u64::from(taken) / 4)?;
        self.resume_greedy(pc, least, most)
    }

    /// Goes on behind the greedy run at `pc` from `pos`, or from the next shorter end that has not failed yet.
    fn resume_greedy(&mut self, pc: u32, least: usize, mut pos: usize) -> Step {
        let Inst::Run { to, memo, .. } = self.program.insts[pc as usize] else { return Ok(false) };
        while self.has_failed(memo, pos) {
            self.charge(1)?;
            match self.input.char_at(pos, to.opposite()) {
                Some((_, shorter)) if pos != least => pos = shorter,
                _ => return Ok(false),
            }
        }
        if pos != least || self.is_remembering() {
            self.push(Entry::GiveBack { pc, least: least as u32, pos: pos as u32 })?;
        }
        (self.pc, self.pos) = (pc + 1, pos);
        Ok(true)
    }

    /// Goes on behind the lazy run at `pc` from `pos`, or from the next longer end that has not failed yet.
    fn resume_lazy(&mut self, pc: u32, mut left: u32, mut pos: usize) -> Step {
        let Inst::Run { set, to, memo, .. } = self.program.insts[pc as usize] else { return Ok(false) };
        let set = &self.program.sets[set as usize];
        while self.has_failed(memo, pos) {
            self.charge(1)?;
            match self.input.char_at(pos, to) {
                Some((c, longer)) if left > 0 && set.contains(c) => (pos, left) = (longer, left - 1),
                _ => return Ok(false),
            }
        }
        self.push(Entry::TakeMore { pc, left, pos: pos as u32 })?;
        (self.pc, self.pos) = (pc + 1, pos);
        Ok(true)
    }

    /// Takes up the most recent choice that has something left to try.
    fn backtrack(&mut self) -> Step {
        while let Some(entry) = self.scratch.stack.pop() {
            self.charge(1)?;
            let resumed = match entry {
                Entry::Retry { pc, pos, memo } => {
                    (self.pc, self.pos) = (pc, pos as usize);
                    self.remembering(memo, pos)?;
                    true
                }
                Entry::Restore { reg, old } => {
                    self.scratch.registers[reg as usize] = old;
                    false
                }
                Entry::Exhausted { memo, pos } => {
                    self.mark_failed(memo, pos as usize);
                    false
                }
                Entry::GiveBack { pc, least, pos } => self.give_back(pc, least as usize, pos as usize)?,
                Entry::TakeMore { pc, left, pos } => self.take_more(pc, left, pos as usize)?,
            };
            if resumed {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn give_back(&mut self, pc: u32, least: usize, pos: usize) -> Step {
        let Inst::Run { to, memo, .. } = self.program.insts[pc as usize] else { return Ok(false) };
        self.begin_remembering();
        self.mark_failed(memo, pos);
        match self.input.char_at(pos, to.opposite()) {
            Some((_, shorter)) if pos != least => self.resume_greedy(pc, least, shorter),
            _ => Ok(false),
        }
    }

    fn take_more(&mut self, pc: u32, left: u32, pos: usize) -> Step {
        let Inst::Run { set, to, memo, .. } = self.program.insts[pc as usize] else { return Ok(false) };
        self.begin_remembering();
        self.mark_failed(memo, pos);
        match self.input.char_at(pos, to) {
            Some((c, longer)) if left > 0 && self.program.sets[set as usize].contains(c) => {
                self.resume_lazy(pc, left - 1, longer)
            }
            _ => Ok(false),
        }
    }

    fn look_start(&mut self, reg: u32, polarity: Polarity, next: u32) -> Step {
        let mark = self.scratch.stack.len() as u32;
        if polarity == Polarity::Negative {
            self.push(Entry::Retry { pc: next, pos: self.pos as u32, memo: NO_MEMO })?;
        }
        self.save(reg, mark)?;
        self.save(reg + 1, self.pos as u32)
    }

    /// The body matched: a positive look-around keeps its groups and forgets its choices, a negative one fails.
    fn look_end(&mut self, reg: u32, polarity: Polarity) -> bool {
        let mark = self.scratch.registers[reg as usize] as usize;
        if polarity == Polarity::Positive {
            self.pos = self.scratch.registers[reg as usize + 1] as usize;
            let mut kept = mark;
            for index in mark..self.scratch.stack.len() {
                if matches!(self.scratch.stack[index], Entry::Restore { .. }) {
                    self.scratch.stack.swap(kept, index);
                    kept += 1;
                }
            }
            self.scratch.stack.truncate(kept);
            return true;
        }
        while self.scratch.stack.len() > mark {
            if let Some(Entry::Restore { reg, old }) = self.scratch.stack.pop() {
                self.scratch.registers[reg as usize] = old;
            }
        }
        false
    }

    fn back_reference(&mut self, group: u32, to: Direction) -> Step {
        let slot = 2 * group as usize;
        let (start, end) = (self.scratch.registers[slot], self.scratch.registers[slot + 1]);
        if start == UNSET || end == UNSET {
            return Ok(true);
        }
        let left = if to == Direction::Ahead { self.input.len() - self.pos } else { self.pos };
        self.charge((left as u64).min(u64::from(end - start)) / 4)?;
        let found = self.input.repeats(start as usize, end as usize, self.pos, to, self.program.ignore_case);
        self.pos = found.unwrap_or(self.pos);
        Ok(found.is_some())
    }
}
