//! Registers are written before they are read.
//!
//! One pass in the order of the code is enough: forward jumps carry the set of assigned registers to their targets, where sets that meet
//! are intersected. Registers are never unassigned, so at a backward jump the set must contain the one its loop head was entered with;
//! where it does not, the loop was entered beside its head, which no compiler of ours does.

use super::code::{ends, reads, target};
use super::{Reason, VerifyError, demand};
use crate::op::{Insn, NO_REGISTER, Op, Operand};
use crate::unit::{Function, Unit};
use std::collections::HashMap;

/// Words of all sets that are kept at a time, and of all that are compared.
const MAX_WORDS: usize = 1 << 22;
const MAX_WORK: usize = 1 << 26;

/// A set of registers.
#[derive(Clone)]
struct Set(Vec<u64>);

impl Set {
    fn insert(&mut self, register: usize) {
        if let Some(word) = self.0.get_mut(register / 64) {
            *word |= 1 << (register % 64);
        }
    }

    fn contains(&self, register: usize) -> bool {
        self.0.get(register / 64).is_some_and(|word| word & (1 << (register % 64)) != 0)
    }

    fn intersect(&mut self, other: &Self) {
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word &= other;
        }
    }

    fn contains_all(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).all(|(word, other)| other & !word == 0)
    }
}

struct Flow<'a> {
    unit: &'a Unit,
    function: &'a Function,
    /// What is assigned at the instruction; `None` where it cannot be reached.
    current: Option<Set>,
    /// What is assigned at the targets of forward jumps.
    ahead: HashMap<usize, Set>,
    /// What was assigned where loops were entered.
    heads: HashMap<usize, Set>,
}

pub(super) fn verify(unit: &Unit, function: &Function) -> Result<(), VerifyError> {
    let words = usize::from(function.registers).div_ceil(64);
    demand(function.code.len() * words <= MAX_WORK, Reason::TooLarge)?;
    let mut start = Set(vec![0; words]);
    (0..function.params.len()).for_each(|param| start.insert(param));
    let (ahead, heads) = (HashMap::new(), HashMap::new());
    let mut flow = Flow { unit, function, current: Some(start), ahead, heads };
    for (at, &insn) in function.code.iter().enumerate() {
        let locate = |reason: Reason| VerifyError { at: Some(at as u32), ..reason.into() };
        flow.step(at, insn).map_err(locate)?;
        let kept = (flow.ahead.len() + flow.heads.len()) * words;
        demand(kept <= MAX_WORDS, Reason::TooLarge).map_err(locate)?;
    }
    Ok(())
}

impl Flow<'_> {
    fn step(&mut self, at: usize, insn: Insn) -> Result<(), Reason> {
        if let Some(arriving) = self.ahead.remove(&at) {
            match &mut self.current {
                Some(current) => current.intersect(&arriving),
                None => self.current = Some(arriving),
            }
        }
        let (Some(mut set), Some(op)) = (self.current.take(), insn.op()) else { return Ok(()) };
        self.check_reads(&set, op, insn)?;
        if op == Op::LoopHead {
            self.heads.insert(at, set.clone());
        }
        if op.operands().contains(&Operand::Jump) {
            let target = target(self.function, at, insn).ok_or(Reason::JumpTarget)?;
            self.jump(at, target, &set)?;
        }
        if op == Op::IterNext {
            let mut found = set.clone();
            write(&mut found, insn.b());
            write(&mut found, insn.c());
            self.jump(at, at + 2, &found)?;
        } else {
            add_writes(&mut set, op, insn);
        }
        self.current = (!ends(op)).then_some(set);
        Ok(())
    }

    fn jump(&mut self, at: usize, target: usize, set: &Set) -> Result<(), Reason> {
        if target <= at {
            let head = self.heads.get(&target).ok_or(Reason::LoopEntry)?;
            return demand(set.contains_all(head), Reason::LoopEntry);
        }
        match self.ahead.get_mut(&target) {
            Some(arriving) => arriving.intersect(set),
            None => {
                self.ahead.insert(target, set.clone());
            }
        }
        Ok(())
    }

    fn check_reads(&self, set: &Set, op: Op, insn: Insn) -> Result<(), Reason> {
        let operands = [insn.a(), insn.b(), insn.c()];
        for (kind, first) in op.operands().into_iter().zip(operands) {
            let count = match kind {
                Operand::In | Operand::InOut => 1,
                Operand::InOptional if first != NO_REGISTER => 1,
                Operand::InMany => reads(self.unit, op, insn)?,
                Operand::Iterator if op != Op::IterStart => 4,
                _ => 0,
            };
            let mut registers = usize::from(first)..usize::from(first) + count;
            demand(registers.all(|register| set.contains(register)), Reason::Unassigned)?;
        }
        Ok(())
    }
}

fn add_writes(set: &mut Set, op: Op, insn: Insn) {
    for (kind, first) in op.operands().into_iter().zip([insn.a(), insn.b(), insn.c()]) {
        match kind {
            Operand::Out | Operand::OutOptional => write(set, first),
            Operand::Iterator if op == Op::IterStart => {
                (0..4).for_each(|i| set.insert(usize::from(first) + i));
            }
            _ => {}
        }
    }
}

fn write(set: &mut Set, register: u16) {
    if register != NO_REGISTER {
        set.insert(usize::from(register));
    }
}
