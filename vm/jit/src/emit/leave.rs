//! Leaving a function in the middle.

use super::{Emit, Result};
use crate::flow::Registers;
use cranelift_codegen::ir::{InstBuilder, types};
use krl_vm::interp::compiled::{EXIT, Helper};

/// The interpreter goes on with the instruction.
pub const RESUME: i64 = 0;
/// The stack runs low.
pub const DEEPER: i64 = 1;
/// The reason is noted already.
pub const NOTED: i64 = 2;

impl Emit<'_, '_> {
    /// Leaves: the next instruction is `pc`, which needs the `live` registers.
    pub fn leave(&mut self, kind: i64, pc: usize, live: Registers) -> Result<()> {
        self.store(live);
        let cost = pc as i64 - self.mark as i64;
        let fuel = self.fuel();
        let fuel = self.builder.ins().iadd_imm_s(fuel, -cost);
        let [function, at, kind] =
            [i64::from(self.number), pc as i64, kind].map(|n| self.builder.ins().iconst(types::I64, n));
        let window = self.window_at(0);
        self.helper(Helper::Leave, &[self.env, function, at, kind, self.closure, window], 0);
        let exit = self.iconst(EXIT.cast_signed());
        self.builder.ins().return_(&[exit, fuel]);
        Ok(())
    }
}
