//! Single instructions: operations, operands, jump targets.

use super::{Reason, VerifyError, demand};
use crate::op::{Insn, NO_REGISTER, Op, Operand};
use crate::unit::{Constant, Function, FunctionId, FunctionKind, Unit};

pub(super) fn verify(unit: &Unit, id: FunctionId, function: &Function) -> Result<(), VerifyError> {
    demand(function.params.len() <= usize::from(function.registers), Reason::Register)?;
    let last = function.code.last().and_then(|insn| insn.op());
    demand(last.is_some_and(ends), Reason::FallsOff)?;
    let in_global = unit.global == Some(id);
    for (at, &insn) in function.code.iter().enumerate() {
        let check = Check { unit, function, at, insn, in_global };
        check.run().map_err(|reason| VerifyError { at: Some(at as u32), ..reason.into() })?;
    }
    Ok(())
}

/// Does control never go on behind it?
#[must_use]
pub fn ends(op: Op) -> bool {
    matches!(op, Op::Jump | Op::Return | Op::Last)
}

/// How many registers the [`Operand::InMany`] of an instruction stands for.
///
/// # Errors
/// An index outside its table.
pub fn reads(unit: &Unit, op: Op, insn: Insn) -> Result<usize, Reason> {
    Ok(match op {
        Op::Closure => usize::from(unit.functions.get(usize::from(insn.b())).ok_or(Reason::Index)?.captures),
        Op::Map => usize::from(insn.c()) * 2,
        Op::Call => usize::from(insn.c()) + 1,
        Op::CallNamed => {
            let shape = unit.shapes.get(usize::from(insn.c())).ok_or(Reason::Index)?;
            usize::from(shape.positional) + shape.names.len() + 1
        }
        Op::CallNative => usize::from(insn.flags()),
        Op::Raise | Op::Schedule => 4,
        _ => usize::from(insn.c()),
    })
}

/// The instruction a jump at `at` goes to, if it is inside the code.
#[must_use]
pub fn target(function: &Function, at: usize, insn: Insn) -> Option<usize> {
    let target = (at as i64) + 1 + i64::from(insn.signed());
    usize::try_from(target).ok().filter(|&t| t < function.code.len())
}

struct Check<'a> {
    unit: &'a Unit,
    function: &'a Function,
    at: usize,
    insn: Insn,
    in_global: bool,
}

impl Check<'_> {
    fn run(&self) -> Result<(), Reason> {
        let op = self.insn.op().ok_or(Reason::Operation)?;
        demand(self.insn.flags() <= max_flags(op), Reason::Flags)?;
        let operands = [self.insn.a(), self.insn.b(), self.insn.c()];
        for (kind, value) in op.operands().into_iter().zip(operands) {
            self.operand(op, kind, value)?;
        }
        match op {
            Op::SetGlobal => demand(self.in_global, Reason::SetGlobal),
            Op::Closure => {
                let function = self.unit.functions.get(usize::from(self.insn.b())).ok_or(Reason::Index)?;
                let callable = matches!(function.kind, FunctionKind::Function | FunctionKind::Action);
                demand(callable, Reason::FunctionShape)
            }
            Op::IterNext => demand(self.at + 2 < self.function.code.len(), Reason::FallsOff),
            Op::Random => demand(self.insn.b() > 0, Reason::Index),
            _ => Ok(()),
        }
    }

    fn operand(&self, op: Op, kind: Operand, value: u16) -> Result<(), Reason> {
        let unit = self.unit;
        let below = |len: usize| demand(usize::from(value) < len, Reason::Index);
        match kind {
            Operand::None => demand(value == 0, Reason::Unused),
            Operand::In | Operand::Out | Operand::InOut => self.registers(value, 1),
            Operand::InOptional | Operand::OutOptional if value == NO_REGISTER => Ok(()),
            Operand::InOptional | Operand::OutOptional => self.registers(value, 1),
            Operand::Iterator => self.registers(value, 4),
            Operand::InMany => self.registers(value, reads(unit, op, self.insn)?),
            Operand::Const => below(unit.constants.len()),
            Operand::Name => self.string(usize::from(value)),
            Operand::Global => below(unit.globals.len()),
            Operand::Capture => below(usize::from(self.function.captures)),
            Operand::Function => below(unit.functions.len()),
            Operand::Native => below(unit.natives.len()),
            Operand::Use => below(unit.uses.len()),
            Operand::Shape => below(unit.shapes.len()),
            Operand::WideConst if op == Op::CheckSet => self.string(self.insn.bc() as usize),
            Operand::WideConst => demand((self.insn.bc() as usize) < unit.constants.len(), Reason::Index),
            Operand::Jump => self.jump(),
            Operand::Count | Operand::Integer | Operand::Wide => Ok(()),
        }
    }

    fn registers(&self, first: u16, count: usize) -> Result<(), Reason> {
        demand(usize::from(first) + count <= usize::from(self.function.registers), Reason::Register)
    }

    fn string(&self, constant: usize) -> Result<(), Reason> {
        match self.unit.constants.get(constant) {
            Some(Constant::String(_)) => Ok(()),
            Some(_) => Err(Reason::ConstantKind),
            None => Err(Reason::Index),
        }
    }

    fn jump(&self) -> Result<(), Reason> {
        let target = target(self.function, self.at, self.insn).ok_or(Reason::JumpTarget)?;
        let head = self.function.code.get(target).and_then(|insn| insn.op()) == Some(Op::LoopHead);
        demand(target > self.at || head, Reason::BackwardJump)
    }
}

fn max_flags(op: Op) -> u8 {
    match op {
        Op::Call | Op::CallNamed | Op::Schedule => 1,
        Op::Log | Op::RaiseError => 3,
        Op::CallNative => u8::MAX,
        _ => 0,
    }
}
