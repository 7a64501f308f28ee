//! From a function to executable memory.

use crate::emit;
use crate::flow::{Flow, known_globals};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{Linkage, Module, default_libcall_names};
use krl_vm::interp::compiled::MAX_COMPILED_REGISTERS;
use krl_vm::load::LoadedUnit;
use krl_vm::native::NativeCall;
use std::fmt;

/// Functions with more instructions stay with the interpreter: code is made in one piece, and its price grows faster than its length.
const MAX_INSTRUCTIONS: usize = 4_000;

/// Why a function has no machine code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoCode {
    /// It does what only the interpreter does, or is too large.
    Refused(&'static str),
    /// The code generator fails, or there is no memory.
    Failed(String),
}

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) => f.write_str(why),
            Self::Failed(why) => write!(f, "the code generator says: {why}"),
        }
    }
}

impl std::error::Error for NoCode {}

/// Makes machine code for this machine.
pub struct Compiler {
    isa: OwnedTargetIsa,
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("isa", &self.isa.name()).finish()
    }
}

/// The memory of a function's code. Dropping it frees the code: nothing may run it, or call it, from then on.
pub struct Memory {
    module: Option<JITModule>,
    /// Bytes of code.
    pub bytes: usize,
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let Some(module) = self.module.take() {
            // SAFETY: `CodeTable::publish` has taken this into the unit's table, which evaluations keep alive as long as they run; the
            // table's pointers go with it.
            #[expect(unsafe_code, reason = "Cranelift keeps code until told otherwise")]
            unsafe {
                module.free_memory();
            }
        }
    }
}

/// A function's code.
pub struct Function {
    /// The entry with arguments one by one.
    pub direct: *const u8,
    /// The entry with arguments in memory.
    pub any: *const u8,
    /// Their memory.
    pub memory: Memory,
}

impl Compiler {
    /// A compiler for this machine.
    ///
    /// # Errors
    /// A processor that Cranelift does not know, or whose calls are not the System V convention.
    pub fn new() -> Result<Self, NoCode> {
        let mut flags = settings::builder();
        let verify = if cfg!(debug_assertions) { "true" } else { "false" };
        for (name, value) in [
            ("opt_level", "speed"),
            ("enable_verifier", verify),
            ("use_colocated_libcalls", "false"),
            ("is_pic", "false"),
            ("unwind_info", "false"),
            ("preserve_frame_pointers", "true"),
            ("enable_probestack", "false"),
        ] {
            flags.set(name, value).map_err(failed)?;
        }
        let builder = cranelift_native::builder().map_err(|why| NoCode::Failed(why.to_owned()))?;
        let isa = builder.finish(settings::Flags::new(flags)).map_err(failed)?;
        if !cfg!(unix) || !cfg!(target_pointer_width = "64") {
            return Err(NoCode::Refused("machine code is made for 64-bit Unix systems only"));
        }
        Ok(Self { isa })
    }

    /// Compiles a function of a unit.
    ///
    /// # Errors
    /// Functions that stay with the interpreter; failures of the code generator.
    pub fn compile(&self, unit: &LoadedUnit, number: u32) -> Result<Function, NoCode> {
        let function =
            unit.functions().get(number as usize).ok_or(NoCode::Refused("there is no such function"))?;
        if function.code.len() > MAX_INSTRUCTIONS || function.registers > MAX_COMPILED_REGISTERS {
            return Err(NoCode::Refused("it is too large"));
        }
        let globals = known_globals(unit.unit());
        let pure: Vec<bool> =
            unit.natives().iter().map(|n| matches!(n.native.call, NativeCall::Pure(_))).collect();
        let flow = Flow::of(unit.unit(), function, &globals, &pure)
            .ok_or(NoCode::Refused("its code is not as the verifier leaves it"))?;
        let builder = JITBuilder::with_isa(self.isa.clone(), default_libcall_names());
        let mut module = JITModule::new(builder);
        let made = define(&mut module, &flow, number);
        let mut memory = Memory { module: Some(module), bytes: 0 };
        let ((direct, any), bytes) = made?;
        memory.bytes = bytes;
        let module = memory.module.as_mut().ok_or(NoCode::Refused("no module"))?;
        module.finalize_definitions().map_err(failed)?;
        let (direct, any) = (module.get_finalized_function(direct), module.get_finalized_function(any));
        Ok(Function { direct, any, memory })
    }
}

fn failed(error: impl fmt::Display) -> NoCode {
    NoCode::Failed(error.to_string())
}

type Defined = ((cranelift_module::FuncId, cranelift_module::FuncId), usize);

/// Defines both entries; answers them and the bytes of their code.
fn define(module: &mut JITModule, flow: &Flow<'_>, number: u32) -> Result<Defined, NoCode> {
    let target = module.target_config();
    let conv = target.default_call_conv;
    let mut bytes = 0;
    let signature = emit::direct_signature(conv, flow.function.captures > 0, flow.function.params.len());
    let direct = module.declare_function("direct", Linkage::Local, &signature).map_err(failed)?;
    let any_signature = emit::code_signature(conv);
    let any = module.declare_function("any", Linkage::Local, &any_signature).map_err(failed)?;
    let mut builders = FunctionBuilderContext::new();
    let mut context = module.make_context();
    context.func.signature = signature;
    let own = module.declare_func_in_func(direct, &mut context.func);
    let builder = FunctionBuilder::new(&mut context.func, &mut builders);
    emit::direct(flow, number, builder, own, target).map_err(NoCode::Refused)?;
    module.define_function(direct, &mut context).map_err(|e| NoCode::Failed(format!("{e:?}")))?;
    bytes += context.compiled_code().map_or(0, |code| code.code_buffer().len());
    module.clear_context(&mut context);
    context.func.signature = any_signature;
    let callee = module.declare_func_in_func(direct, &mut context.func);
    let builder = FunctionBuilder::new(&mut context.func, &mut builders);
    emit::from_memory(flow, builder, callee, target).map_err(NoCode::Refused)?;
    module.define_function(any, &mut context).map_err(|e| NoCode::Failed(format!("{e:?}")))?;
    bytes += context.compiled_code().map_or(0, |code| code.code_buffer().len());
    Ok(((direct, any), bytes))
}
