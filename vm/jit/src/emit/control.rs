//! Where control goes: jumps, returns, slices of the budget, what is true.

use super::{BROKEN, Emit, Result, TAGS, leave};
use crate::flow::{Kind, bit};
use cranelift_codegen::ir::condcodes::{FloatCC, IntCC};
use cranelift_codegen::ir::{self, InstBuilder, types};
use krl_vm::interp::compiled::{EXIT, Helper};
use krl_vm::op::{Insn, Op};
use krl_vm::value::Value;

impl Emit<'_, '_> {
    /// Code for the rare case that `condition` holds, which ends by leaving the function.
    pub fn cold(&mut self, condition: ir::Value, code: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let (rare, usual) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(rare);
        self.builder.ins().brif(condition, rare, &[], usual, &[]);
        self.builder.switch_to_block(rare);
        code(self)?;
        self.builder.switch_to_block(usual);
        Ok(())
    }

    /// Gives a value back, having paid.
    pub fn give(&mut self, value: ir::Value) {
        self.pay(self.at + 1);
        let fuel = self.fuel();
        self.builder.ins().return_(&[value, fuel]);
    }

    pub fn give_null(&mut self) {
        let null = self.iconst(Value::NULL.bits().cast_signed());
        let fuel = self.fuel();
        self.builder.ins().return_(&[null, fuel]);
    }

    /// Pays for the instructions up to `pc`.
    pub fn pay(&mut self, pc: usize) {
        let cost = pc as i64 - self.mark as i64;
        self.mark = pc;
        if cost != 0 {
            let fuel = self.fuel();
            let left = self.builder.ins().iadd_imm_s(fuel, -cost);
            self.builder.def_var(self.fuel, left);
        }
    }

    /// Takes the next slice if the last one is used up. What is run is paid for.
    pub fn refill_if_empty(&mut self, pc: usize) -> Result<()> {
        let fuel = self.fuel();
        let empty = self.builder.ins().icmp_imm_s(IntCC::SignedLessThanOrEqual, fuel, 0);
        let (rare, usual) = (self.builder.create_block(), self.builder.create_block());
        self.builder.set_cold_block(rare);
        self.builder.ins().brif(empty, rare, &[], usual, &[]);
        self.builder.switch_to_block(rare);
        let results = self.helper(Helper::Refill, &[self.env, fuel], 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        self.cold(left, |emit| emit.leave(leave::NOTED, pc, 0))?;
        self.builder.ins().jump(usual, &[]);
        self.builder.switch_to_block(usual);
        Ok(())
    }

    /// Goes on at the block that begins at `to`, with the registers in the form it expects.
    pub fn go_to(&mut self, to: usize) -> Result<()> {
        let number = self.flow.block_at.get(to).copied().flatten().ok_or(BROKEN)?;
        let block = self.flow.blocks.get(number).ok_or(BROKEN)?;
        for register in (0..self.flow.function.registers).filter(|&r| block.live & bit(r) != 0) {
            let there = block.kinds.get(usize::from(register));
            if self.kind(register) == Kind::Number && there != Some(&Kind::Number) {
                let value = self.value(register);
                self.set(register, value);
            }
        }
        let mark = self.mark;
        if self.at >= to && self.at != 0 {
            self.pay(self.at + 1);
        } else if block.mark != mark {
            if block.mark != to {
                return Err(BROKEN);
            }
            // Ways with different unpaid stretches meet: each pays before.
            self.pay(to);
        }
        self.mark = mark;
        let target = *self.blocks.get(number).ok_or(BROKEN)?;
        self.builder.ins().jump(target, &[]);
        Ok(())
    }

    pub fn target(&self, insn: Insn) -> Result<usize> {
        krl_vm::verify::target(self.flow.function, self.at, insn).ok_or(BROKEN)
    }

    pub fn jump(&mut self, insn: Insn) -> Result<()> {
        let to = self.target(insn)?;
        self.go_to(to)
    }

    /// Two ways on: each as a block of its own, for what it must do before it arrives.
    pub fn fork(&mut self, condition: ir::Value, yes: usize, no: usize) -> Result<()> {
        let (then, otherwise) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(condition, then, &[], otherwise, &[]);
        for (block, to) in [(then, yes), (otherwise, no)] {
            self.builder.switch_to_block(block);
            self.go_to(to)?;
        }
        Ok(())
    }

    pub fn branch(&mut self, op: Op, insn: Insn, flag: Option<(u16, ir::Value)>) -> Result<()> {
        let (to, next) = (self.target(insn)?, self.at + 1);
        if op == Op::JumpIfNotNull {
            let value = self.value(insn.a());
            let null = self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::NULL.bits().cast_signed());
            return self.fork(null, next, to);
        }
        let truthy = self.truthy(insn.a(), flag)?;
        if op == Op::JumpIf { self.fork(truthy, to, next) } else { self.fork(truthy, next, to) }
    }

    /// Where a loop goes round: paid for before the slice is looked at, whichever way control came, as the interpreter does.
    pub fn loop_head(&mut self) -> Result<()> {
        self.pay(self.at + 1);
        self.refill_if_empty(self.at + 1)
    }

    /// Is a register truthy? As a condition.
    pub fn truthy(&mut self, register: u16, flag: Option<(u16, ir::Value)>) -> Result<ir::Value> {
        if let Some((of, flag)) = flag
            && of == register
        {
            return Ok(flag);
        }
        match self.kind(register) {
            Kind::Boolean => {
                let value = self.value(register);
                Ok(self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::TRUE.bits().cast_signed()))
            }
            Kind::Number => {
                let double = self.double(register);
                let zero = self.builder.ins().f64const(0.0);
                Ok(self.builder.ins().fcmp(FloatCC::NotEqual, double, zero))
            }
            _ => self.truthy_value(register),
        }
    }

    pub fn truthy_value(&mut self, register: u16) -> Result<ir::Value> {
        let value = self.value(register);
        let [immediate, other, number, heap, done] = [(); 5].map(|()| self.builder.create_block());
        self.builder.set_cold_block(heap);
        let condition = self.builder.append_block_param(done, types::I8);
        let tag = self.builder.ins().ushr_imm_u(value, 48);
        let is_immediate = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, 0xFFF9);
        self.builder.ins().brif(is_immediate, immediate, &[], other, &[]);
        self.builder.switch_to_block(immediate);
        let is_true = self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::TRUE.bits().cast_signed());
        self.builder.ins().jump(done, &[is_true.into()]);
        self.builder.switch_to_block(other);
        let is_number = self.is_number(value);
        self.builder.ins().brif(is_number, number, &[], heap, &[]);
        self.builder.switch_to_block(number);
        let magnitude = self.builder.ins().ishl_imm_u(value, 1);
        let not_zero = self.builder.ins().icmp_imm_u(IntCC::NotEqual, magnitude, 0);
        self.builder.ins().jump(done, &[not_zero.into()]);
        self.builder.switch_to_block(heap);
        let truthy = self.helper(Helper::Truthy, &[self.env, value], 1);
        let truthy = self.builder.ins().icmp_imm_u(IntCC::NotEqual, truthy[0], 0);
        self.builder.ins().jump(done, &[truthy.into()]);
        self.builder.switch_to_block(done);
        Ok(condition)
    }

    pub fn is_number(&mut self, value: ir::Value) -> ir::Value {
        let tags = self.iconst(TAGS);
        self.builder.ins().icmp(IntCC::UnsignedLessThan, value, tags)
    }
}
