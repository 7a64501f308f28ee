//! Constants, globals, and everything the machine does by one instruction.

use super::{BROKEN, Emit, Result};
use crate::flow::{Kind, bit, for_writes};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use krl_vm::interp::compiled::{Env, Helper, PLACES};
use krl_vm::op::{Insn, NO_REGISTER, Op};
use krl_vm::unit::Constant;
use krl_vm::value::Value;
use std::mem::offset_of;

impl Emit<'_, '_> {
    pub fn constant(&mut self, a: u16, index: u32) {
        match self.flow.unit.constants.get(index as usize) {
            Some(Constant::Number(n)) if n.is_finite() => {
                let double = self.builder.ins().f64const(*n);
                self.set_double(a, double);
            }
            _ => {
                let constants = self.field(offset_of!(Env, constants));
                let value = self.unchanging(constants, index as usize * 8);
                self.set(a, value);
            }
        }
    }

    /// A word that does not change while compiled code runs.
    fn unchanging(&mut self, base: ir::Value, offset: usize) -> ir::Value {
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.builder.ins().load(types::I64, flags, base, offset as i32)
    }

    pub fn global(&mut self, insn: Insn) -> Result<()> {
        let globals = self.field(offset_of!(Env, globals));
        let value = self.unchanging(globals, usize::from(insn.b()) * 8);
        let own = self.flow.globals.get(usize::from(insn.b())).copied().flatten() == Some(self.number);
        // A function that runs has been set: its closure is nowhere but in its global.
        if !own {
            self.fail_if_unset(value, insn)?;
        }
        self.set(insn.a(), value);
        Ok(())
    }

    /// The place where the instruction remembers where it found its key.
    pub fn place(&mut self) -> ir::Value {
        let places = self.field(offset_of!(Env, places));
        let number = (self.number as usize).wrapping_mul(31).wrapping_add(self.at) % PLACES;
        self.builder.ins().iadd_imm_s(places, number as i64)
    }

    pub fn captured(&mut self, insn: Insn) -> Result<()> {
        let index = self.iconst(i64::from(insn.b()));
        let value = self.helper(Helper::Captured, &[self.env, self.closure, index], 1)[0];
        self.fail_if_unset(value, insn)?;
        self.set(insn.a(), value);
        Ok(())
    }

    pub fn check_set(&mut self, insn: Insn) -> Result<()> {
        if self.kind(insn.a()) != Kind::Any {
            return Ok(());
        }
        let value = self.value(insn.a());
        self.fail_if_unset(value, insn)
    }

    /// Where a value is missing, the machine says so.
    fn fail_if_unset(&mut self, value: ir::Value, insn: Insn) -> Result<()> {
        let unset = self.builder.ins().icmp_imm_s(IntCC::Equal, value, Value::UNSET.bits().cast_signed());
        let [rare, usual] = [(); 2].map(|()| self.builder.create_block());
        self.builder.set_cold_block(rare);
        self.builder.ins().brif(unset, rare, &[], usual, &[]);
        self.builder.switch_to_block(rare);
        if insn.is(Op::CheckSet) {
            self.store_value(insn.a(), value);
        }
        let fuel = self.fuel();
        self.machine(insn)?;
        self.builder.def_var(self.fuel, fuel);
        self.builder.ins().jump(usual, &[]);
        self.builder.switch_to_block(usual);
        Ok(())
    }

    /// Runs the instruction in the machine, on the window; answers what it says.
    fn machine(&mut self, insn: Insn) -> Result<ir::Value> {
        let [code, count] =
            [insn.0.cast_signed(), i64::from(self.flow.function.registers)].map(|n| self.iconst(n));
        let window = self.window_at(0);
        let fuel = self.fuel();
        self.asking(Helper::Step, &[self.env, fuel, code, window, count, self.closure], 0)
    }

    /// An instruction that only the machine knows.
    pub fn step(&mut self, insn: Insn) -> Result<()> {
        self.run(insn)?;
        let op = insn.op().ok_or(BROKEN)?;
        let mut written = Vec::new();
        for_writes(op, insn, |register| written.push(register));
        written.into_iter().for_each(|register| self.load(register));
        Ok(())
    }

    /// The sign that a comparison by the machine gives.
    pub fn sign(&mut self, insn: Insn) -> Result<ir::Value> {
        self.run(insn)?;
        let at = self.window_at(insn.a());
        Ok(self.builder.ins().load(types::F64, MemFlagsData::trusted(), at, 0))
    }

    fn run(&mut self, insn: Insn) -> Result<ir::Value> {
        let op = insn.op().ok_or(BROKEN)?;
        let mut reads = 0;
        self.flow.for_reads(op, insn, |register| reads |= bit(register)).ok_or(BROKEN)?;
        self.store(reads);
        self.machine(insn)
    }

    /// `Last` and `RaiseError`: may end the rule.
    pub fn effect(&mut self, insn: Insn) -> Result<()> {
        let ends = self.run(insn)?;
        let null = self.iconst(Value::NULL.bits().cast_signed());
        if insn.is(Op::Last) {
            self.give(null);
            return Ok(());
        }
        let mark = self.mark;
        self.cold(ends, |emit| {
            emit.give(null);
            emit.mark = mark;
            Ok(())
        })
    }

    /// `IterNext`: with another element, on behind the next instruction.
    pub fn next(&mut self, insn: Insn) -> Result<()> {
        let found = self.run(insn)?;
        let [more, end] = [(); 2].map(|()| self.builder.create_block());
        for register in insn.a()..insn.a() + 4 {
            self.load(register);
        }
        // Where the loop ends, what the element and its key would overwrite stays as it was.
        for register in [insn.b(), insn.c()] {
            if register != NO_REGISTER && self.kind(register) == Kind::Number {
                let value = self.value(register);
                self.set(register, value);
            }
        }
        self.flow.apply(&mut self.kinds, insn).ok_or(BROKEN)?;
        self.builder.ins().brif(found, more, &[], end, &[]);
        self.builder.switch_to_block(end);
        self.go_to(self.at + 1)?;
        self.builder.switch_to_block(more);
        self.load(insn.b());
        if insn.c() != NO_REGISTER {
            self.load(insn.c());
        }
        self.go_to(self.at + 2)
    }
}
