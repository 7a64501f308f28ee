//! Calls.

use super::leave::RESUME;
use super::{BROKEN, Emit, Result, direct_signature};
use crate::flow::{Kind, Registers, bit};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use krl_vm::interp::compiled::{EXIT, Entry, Env, Helper, NOT_CALLED};
use krl_vm::op::{Insn, NO_REGISTER};
use krl_vm::unit::{Function, FunctionKind};
use krl_vm::value::{Tag, Value};
use std::mem::{offset_of, size_of};

impl Emit<'_, '_> {
    /// `Call`: directly where the function is known.
    pub fn call(&mut self, insn: Insn) -> Result<()> {
        let action = insn.flags() == 1;
        if let Kind::Function(number) = self.kind(insn.b())
            && let Some(function) = self.flow.unit.functions.get(number as usize)
            && (function.kind == FunctionKind::Action) == action
            && function.captures == 0
        {
            return self.call_known(insn, number, function);
        }
        self.call_value(insn)
    }

    fn needed_before(&self, insn: Insn) -> Result<Registers> {
        self.flow.live_before(self.live, insn).ok_or(BROKEN)
    }

    fn call_known(&mut self, insn: Insn, number: u32, function: &Function) -> Result<()> {
        let (b, count) = (insn.b(), insn.c());
        let before = self.needed_before(insn)?;
        let at = self.at;
        let full = self.builder.ins().icmp_imm_u(IntCC::Equal, self.depth, 0);
        self.cold(full, |emit| emit.leave(RESUME, at, before))?;
        let address = if number == self.number {
            None
        } else {
            let table = self.field(offset_of!(Env, code));
            let offset = number as usize * size_of::<Entry>();
            let address = self.builder.ins().load(types::I64, MemFlagsData::trusted(), table, offset as i32);
            let missing = self.builder.ins().icmp_imm_u(IntCC::Equal, address, 0);
            self.cold(missing, |emit| emit.leave(RESUME, at, before))?;
            Some(address)
        };
        let mut arguments = Vec::new();
        for index in 0..function.params.len() as u16 {
            arguments.push(if index < count {
                self.value(b + 1 + index)
            } else {
                self.iconst(Value::NULL.bits().cast_signed())
            });
        }
        self.pay(at + 1);
        let nested = self.builder.ins().iadd_imm_s(self.depth, -1);
        let fuel = self.fuel();
        let mut all = vec![self.env, nested, fuel];
        all.extend(arguments);
        let call = match address {
            None => self.builder.ins().call(self.own, &all),
            Some(address) => {
                let signature = direct_signature(self.conv, false, function.params.len());
                let signature = self.builder.import_signature(signature);
                self.builder.ins().call_indirect(signature, address, &all)
            }
        };
        let results = self.builder.inst_results(call).to_vec();
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        self.called(insn, value)
    }

    /// What follows a call: leaving if it left, the result.
    fn called(&mut self, insn: Insn, value: ir::Value) -> Result<()> {
        let pc = self.at + 1;
        let behind = self.behind(insn);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        self.cold(left, |emit| emit.leave(super::leave::NOTED, pc, behind))?;
        if insn.a() != NO_REGISTER {
            self.set(insn.a(), value);
        }
        Ok(())
    }

    /// The registers needed behind a call, without its result.
    fn behind(&self, insn: Insn) -> Registers {
        if insn.a() == NO_REGISTER { self.live } else { self.live & !bit(insn.a()) }
    }

    /// `Call` of a value, `CallNamed`: the machine finds out what is called.
    pub fn call_value(&mut self, insn: Insn) -> Result<()> {
        let op = insn.op().ok_or(BROKEN)?;
        let before = self.needed_before(insn)?;
        let mut reads = 0;
        self.flow.for_reads(op, insn, |register| reads |= bit(register)).ok_or(BROKEN)?;
        self.store(reads);
        let (at, mark, unpaid) = (self.at, self.mark, self.fuel());
        self.pay(at + 1);
        let fuel = self.fuel();
        let [code, window] = [self.iconst(insn.0.cast_signed()), self.window_at(0)];
        let results = self.helper(Helper::Call, &[self.env, self.depth, fuel, code, window], 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let not = self.builder.ins().icmp_imm_s(IntCC::Equal, value, NOT_CALLED.cast_signed());
        self.cold(not, |emit| {
            emit.builder.def_var(emit.fuel, unpaid);
            emit.mark = mark;
            emit.leave(RESUME, at, before)?;
            emit.mark = at + 1;
            Ok(())
        })?;
        self.called(insn, value)
    }

    /// `CallIfFunction`: what is no function is its own result; the others are rare and left to the interpreter.
    pub fn call_if_function(&mut self, insn: Insn) -> Result<()> {
        let (at, before) = (self.at, self.needed_before(insn)?);
        let value = self.value(insn.b());
        let tag = self.builder.ins().ushr_imm_u(value, 48);
        let function = Tag::Closure as i64;
        let callable = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThanOrEqual, tag, function);
        self.cold(callable, |emit| emit.leave(RESUME, at, before))?;
        self.set(insn.a(), value);
        Ok(())
    }

    /// A native that works on values alone.
    pub fn call_pure(&mut self, insn: Insn) -> Result<()> {
        let (native, arguments, count) = self.native(insn)?;
        let fuel = self.fuel();
        let value = self.asking(Helper::CallPure, &[self.env, fuel, native, arguments, count], 0)?;
        if insn.a() != NO_REGISTER {
            self.set(insn.a(), value);
        }
        Ok(())
    }

    /// Any other native: control may leave the function.
    pub fn call_native(&mut self, insn: Insn) -> Result<()> {
        let (native, arguments, count) = self.native(insn)?;
        self.pay(self.at + 1);
        let fuel = self.fuel();
        let results =
            self.helper(Helper::CallNative, &[self.env, self.depth, fuel, native, arguments, count], 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        self.called(insn, value)?;
        self.refill_if_empty(self.at + 1)
    }

    fn native(&mut self, insn: Insn) -> Result<(ir::Value, ir::Value, ir::Value)> {
        let count = insn.flags();
        self.store((0..u16::from(count)).map(|i| bit(insn.c() + i)).fold(0, |all, one| all | one));
        let native = self.iconst(i64::from(insn.b()));
        let first = if count == 0 { 0 } else { insn.c() };
        let arguments = self.window_at(first);
        let count = self.iconst(i64::from(count));
        Ok((native, arguments, count))
    }
}
