//! The ways to helpers that are rarely called: code that keeps every register as it was. The common way through a function then has nothing
//! to put out of their reach, and functions that call nothing else save no registers at all.

use crate::compile::{NoCode, failed};
use cranelift_codegen::Context;
use cranelift_codegen::ir::{AbiParam, InstBuilder, MemFlagsData, Signature, types};
use cranelift_codegen::isa::{CallConv, OwnedTargetIsa};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Module, default_libcall_names};
use krl_vm::interp::compiled::{Address, Answer, Env, HELPERS, Helper};
use std::mem::{offset_of, size_of};

/// The helpers there are such ways to, with the number of words they take and give.
const SLOW: [(Helper, usize, usize); 6] = [
    (Helper::Leave, 6, 0),
    (Helper::Refill, 2, 2),
    (Helper::Step, 6, 2),
    (Helper::Arithmetic, 5, 2),
    (Helper::Compare, 5, 2),
    (Helper::Truthy, 2, 1),
];

/// Where an answer's words are left, since such code gives nothing back.
pub const ANSWER: [usize; 2] =
    [offset_of!(Env, answer) + offset_of!(Answer, value), offset_of!(Env, answer) + offset_of!(Answer, fuel)];

/// The words a helper takes and gives, if there is such a way to it.
pub fn words(helper: Helper) -> Option<(usize, usize)> {
    SLOW.iter().find(|(slow, ..)| *slow == helper).map(|&(_, takes, gives)| (takes, gives))
}

/// The signature of such code.
pub fn signature(words: usize) -> Signature {
    let mut signature = Signature::new(CallConv::PreserveAll);
    signature.params = vec![AbiParam::new(types::I64); words];
    signature
}

/// Code of this kind for all helpers that have it.
pub struct Slow {
    module: Option<JITModule>,
    table: [Address; HELPERS.len()],
}

// SAFETY: the memory and the table do not change once they are made.
#[expect(unsafe_code, reason = "Cranelift's module has pointers in it")]
unsafe impl Sync for Slow {}

impl Slow {
    pub fn new(isa: &OwnedTargetIsa) -> Result<Self, NoCode> {
        let mut module = JITModule::new(JITBuilder::with_isa(isa.clone(), default_libcall_names()));
        let mut made = Vec::new();
        for (helper, takes, gives) in SLOW {
            made.push((helper, define(&mut module, helper, takes, gives)?));
        }
        module.finalize_definitions().map_err(failed)?;
        let mut table = [Address::NONE; HELPERS.len()];
        for (helper, id) in made {
            table[helper as usize] = Address::of(module.get_finalized_function(id).cast());
        }
        Ok(Self { module: Some(module), table })
    }

    /// The addresses, by [`Helper`].
    pub const fn table(&self) -> *const Address {
        self.table.as_ptr()
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: code that calls this code keeps it alive (`compile::Memory`).
            #[expect(unsafe_code, reason = "Cranelift keeps code until told otherwise")]
            unsafe {
                module.free_memory();
            }
        }
    }
}

/// Code that calls a helper and leaves its answer in the environment.
fn define(module: &mut JITModule, helper: Helper, takes: usize, gives: usize) -> Result<FuncId, NoCode> {
    let mut context = Context::new();
    context.func.signature = signature(takes);
    let mut callee = Signature::new(module.isa().default_call_conv());
    callee.params = vec![AbiParam::new(types::I64); takes];
    callee.returns = vec![AbiParam::new(types::I64); gives];
    let mut builders = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut context.func, &mut builders);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let params = builder.block_params(block).to_vec();
    let callee = builder.import_signature(callee);
    let place = HELPERS.as_ptr() as usize + helper as usize * size_of::<Address>();
    let place = builder.ins().iconst(types::I64, place as i64);
    let address = builder.ins().load(types::I64, MemFlagsData::trusted(), place, 0);
    let call = builder.ins().call_indirect(callee, address, &params);
    let results = builder.inst_results(call).to_vec();
    if let Some(&env) = params.first() {
        for (result, offset) in results.into_iter().zip(ANSWER) {
            builder.ins().store(MemFlagsData::trusted(), result, env, offset as i32);
        }
    }
    builder.ins().return_(&[]);
    builder.seal_all_blocks();
    builder.finalize(module.isa().frontend_config());
    let id = module.declare_anonymous_function(&context.func.signature).map_err(failed)?;
    module.define_function(id, &mut context).map_err(failed)?;
    Ok(id)
}
