//! Registers as variables of Cranelift's, and their places in the window.

use super::{Emit, bit};
use crate::flow::{Kind, Registers};
use cranelift_codegen::ir::{self, InstBuilder, MemFlagsData, types};
use krl_vm::value::Value;

impl Emit<'_, '_> {
    pub fn kind(&self, register: u16) -> Kind {
        self.kinds.get(usize::from(register)).copied().unwrap_or(Kind::Any)
    }

    /// The register's value, boxed.
    pub fn value(&mut self, register: u16) -> ir::Value {
        match self.kind(register) {
            Kind::Number => {
                let double = self.double(register);
                self.bits(double)
            }
            _ => self.boxed.get(usize::from(register)).map_or(self.env, |&v| self.builder.use_var(v)),
        }
    }

    /// The register's value, which is known to be a number.
    pub fn double(&mut self, register: u16) -> ir::Value {
        match self.doubles.get(usize::from(register)) {
            Some(&variable) => self.builder.use_var(variable),
            None => self.builder.ins().f64const(0.0),
        }
    }

    pub fn set(&mut self, register: u16, value: ir::Value) {
        if let Some(&variable) = self.boxed.get(usize::from(register)) {
            self.builder.def_var(variable, value);
        }
    }

    pub fn set_double(&mut self, register: u16, value: ir::Value) {
        if let Some(&variable) = self.doubles.get(usize::from(register)) {
            self.builder.def_var(variable, value);
        }
    }

    pub fn set_bits(&mut self, register: u16, value: Value) {
        let bits = self.iconst(value.bits().cast_signed());
        self.set(register, bits);
    }

    /// The register becomes a boolean, remembered as a condition for the jump that follows.
    pub fn set_flag(&mut self, register: u16, flag: ir::Value) {
        let (yes, no) =
            (self.iconst(Value::TRUE.bits().cast_signed()), self.iconst(Value::FALSE.bits().cast_signed()));
        let value = self.builder.ins().select(flag, yes, no);
        self.set(register, value);
        self.flag = Some((register, flag));
    }

    pub fn iconst(&mut self, bits: i64) -> ir::Value {
        self.builder.ins().iconst(types::I64, bits)
    }

    pub fn bits(&mut self, double: ir::Value) -> ir::Value {
        self.builder.ins().bitcast(types::I64, MemFlagsData::new(), double)
    }

    pub fn unbox(&mut self, bits: ir::Value) -> ir::Value {
        self.builder.ins().bitcast(types::F64, MemFlagsData::new(), bits)
    }

    /// A field of the environment, which never changes while compiled code runs.
    pub fn field(&mut self, offset: usize) -> ir::Value {
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        self.builder.ins().load(types::I64, flags, self.env, offset as i32)
    }

    /// Stores registers in their places in the window.
    pub fn store(&mut self, registers: Registers) {
        for register in (0..self.flow.function.registers).filter(|&r| registers & bit(r) != 0) {
            let value = self.value(register);
            self.store_value(register, value);
        }
    }

    pub fn store_value(&mut self, register: u16, value: ir::Value) {
        let at = self.builder.ins().stack_addr(types::I64, self.window, 0);
        self.builder.ins().store(MemFlagsData::trusted(), value, at, i32::from(register) * 8);
    }

    pub fn window_at(&mut self, register: u16) -> ir::Value {
        self.builder.ins().stack_addr(types::I64, self.window, i32::from(register) * 8)
    }

    pub fn load(&mut self, register: u16) {
        let at = self.window_at(register);
        let value = self.builder.ins().load(types::I64, MemFlagsData::trusted(), at, 0);
        self.set(register, value);
    }
}
