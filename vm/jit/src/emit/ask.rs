//! Calls of helpers.

use super::{BROKEN, Emit, Result, leave};
use crate::flow::Registers;
use crate::slow;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{self, AbiParam, InstBuilder, MemFlagsData, Signature, types};
use krl_vm::interp::compiled::{Address, EXIT, Env, Helper};
use std::mem::{offset_of, size_of};

impl Emit<'_, '_> {
    pub fn fuel(&mut self) -> ir::Value {
        self.builder.use_var(self.fuel)
    }

    /// Calls a helper that takes words and gives back `results` of them.
    pub fn helper(&mut self, helper: Helper, arguments: &[ir::Value], results: usize) -> Vec<ir::Value> {
        let rare = self.builder.current_block().is_some_and(|block| self.builder.func.layout.is_cold(block));
        if rare && slow::words(helper).is_some() {
            return self.slow(helper, arguments, results);
        }
        let known = self.signatures.get(helper as usize).copied().flatten();
        let signature = known.unwrap_or_else(|| {
            let mut signature = Signature::new(self.conv);
            signature.params =
                arguments.iter().map(|&v| AbiParam::new(self.builder.func.dfg.value_type(v))).collect();
            let result = if helper == Helper::Remainder { types::F64 } else { types::I64 };
            signature.returns = vec![AbiParam::new(result); results];
            self.builder.import_signature(signature)
        });
        if let Some(place) = self.signatures.get_mut(helper as usize) {
            *place = Some(signature);
        }
        let table = self.field(offset_of!(Env, helpers));
        let offset = helper as usize * size_of::<Address>();
        let flags = MemFlagsData::trusted().with_readonly().with_can_move();
        let address = self.builder.ins().load(types::I64, flags, table, offset as i32);
        let call = self.builder.ins().call_indirect(signature, address, arguments);
        self.builder.inst_results(call).to_vec()
    }

    /// Calls a helper on the way that changes no register.
    pub fn slow(&mut self, helper: Helper, arguments: &[ir::Value], results: usize) -> Vec<ir::Value> {
        let signature = self.builder.import_signature(slow::signature(arguments.len()));
        let place = self.field(offset_of!(Env, slow));
        let table = self.builder.ins().load(types::I64, MemFlagsData::trusted(), place, 0);
        let offset = helper as usize * size_of::<Address>();
        let address = self.builder.ins().load(types::I64, MemFlagsData::trusted(), table, offset as i32);
        self.builder.ins().call_indirect(signature, address, arguments);
        let answer = slow::ANSWER.into_iter().take(results);
        let load =
            |offset| self.builder.ins().load(types::I64, MemFlagsData::trusted(), self.env, offset as i32);
        answer.map(load).collect()
    }

    /// Calls a helper that answers a value and the instructions left; leaves with `live` registers if it left.
    pub fn asking(&mut self, helper: Helper, arguments: &[ir::Value], live: Registers) -> Result<ir::Value> {
        let results = self.helper(helper, arguments, 2);
        let &[value, fuel] = &results[..] else { return Err(BROKEN) };
        self.builder.def_var(self.fuel, fuel);
        let left = self.builder.ins().icmp_imm_s(IntCC::Equal, value, EXIT.cast_signed());
        let pc = self.at + 1;
        self.cold(left, |emit| emit.leave(leave::NOTED, pc, live))?;
        Ok(value)
    }
}
