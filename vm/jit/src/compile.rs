//! From a function to executable memory.

use crate::code::{ANY, Code, DIRECT, LOOPS, Part};
use crate::flow::Flow;
use crate::globals::known_globals;
use crate::slow::Slow;
use crate::{emit, loops};
use cranelift_codegen::Context;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExtFuncData, ExternalName, FuncRef, Signature, UserExternalName, UserFuncName};
use cranelift_codegen::isa::OwnedTargetIsa;
use cranelift_codegen::settings::{self, Configurable};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use cranelift_jit::{JITBuilder, JITModule};
use cranelift_module::{FuncId, Linkage, Module, ModuleReloc, default_libcall_names};
use krl_vm::interp::compiled::{Address, Entries, MAX_COMPILED_REGISTERS};
use krl_vm::load::LoadedUnit;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

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
    /// Bytes of code in memory that this compiler has made.
    live: Arc<AtomicU64>,
    slow: OnceLock<Arc<Slow>>,
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("isa", &self.isa.name()).finish()
    }
}

/// The memory of a function's code. Dropping it frees the code: nothing may run it, or call it, from then on.
pub struct Memory {
    module: Option<JITModule>,
    bytes: u64,
    live: Arc<AtomicU64>,
    /// What it calls.
    slow: Arc<Slow>,
}

impl Memory {
    /// Bytes of code.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The ways to helpers that its code uses.
    #[must_use]
    pub fn slow(&self) -> *const Address {
        self.slow.table()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.live.fetch_sub(self.bytes, Ordering::Relaxed);
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
    /// Where it begins.
    pub entries: Entries,
    /// Its memory.
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
        Ok(Self { isa, live: Arc::default(), slow: OnceLock::new() })
    }

    /// The processor and system that code is made for: `x86_64-unknown-linux-gnu`.
    #[must_use]
    pub fn target(&self) -> String {
        self.isa.triple().to_string()
    }

    /// Bytes of code in memory now.
    #[must_use]
    pub fn live_bytes(&self) -> u64 {
        self.live.load(Ordering::Relaxed)
    }

    pub(crate) const fn isa(&self) -> &OwnedTargetIsa {
        &self.isa
    }

    /// Makes the code of a function of a unit.
    ///
    /// # Errors
    /// Functions that stay with the interpreter; failures of the code generator.
    pub fn compile(&self, unit: &LoadedUnit, number: u32) -> Result<Code, NoCode> {
        self.compile_shown(unit, number, None).map(|(code, _)| code)
    }

    /// As [`Self::compile`], with the entries as text; no text for loops that are not there.
    pub(crate) fn compile_shown(
        &self,
        unit: &LoadedUnit,
        number: u32,
        form: Option<Form>,
    ) -> Result<(Code, [String; 3]), NoCode> {
        let function =
            unit.functions().get(number as usize).ok_or(NoCode::Refused("there is no such function"))?;
        if function.code.len() > MAX_INSTRUCTIONS || function.registers > MAX_COMPILED_REGISTERS {
            return Err(NoCode::Refused("it is too large"));
        }
        let globals = known_globals(unit.unit());
        let pure = pure_natives(unit);
        let flow = Flow::of(unit.unit(), function, &globals, &pure)
            .ok_or(NoCode::Refused("its code is not as the verifier leaves it"))?;
        let broken = NoCode::Refused("its code is not as the verifier leaves it");
        let numeric = match flow.number_parameters() {
            Some(0) => None,
            numbers => Some(numbers.and_then(|numbers| flow.where_numbers(numbers)).ok_or(broken)?),
        };
        let target = self.isa.frontend_config();
        let conv = target.default_call_conv;
        let signature = emit::direct_signature(conv, function.captures > 0, function.params.len());
        let (direct, direct_text) = self.part(DIRECT, &signature, &signature, form, |builder, own| {
            emit::direct(&flow, numeric.as_ref(), number, builder, own, target)
        })?;
        let (any, any_text) =
            self.part(ANY, &emit::code_signature(conv), &signature, form, |builder, own| {
                emit::from_memory(&flow, builder, own, target)
            })?;
        let flows = loops::flows(&flow, unit, number);
        let (mut loops, mut loops_text) = (None, String::new());
        if flows.iter().any(Option::is_some) {
            let body = |builder: FunctionBuilder<'_>, own| emit::loops(&flows, number, builder, own, target);
            let (part, text) = self.part(LOOPS, &emit::loops_signature(conv), &signature, form, body)?;
            (loops, loops_text) = (Some(part), text);
        }
        Ok((Code { direct, any, loops }, [direct_text, any_text, loops_text]))
    }

    /// One entry, whose body may call the direct one.
    fn part(
        &self,
        entry: u32,
        signature: &Signature,
        direct: &Signature,
        form: Option<Form>,
        body: impl FnOnce(FunctionBuilder<'_>, FuncRef) -> emit::Result<()>,
    ) -> Result<(Part, String), NoCode> {
        let mut context = Context::new();
        context.func.signature = signature.clone();
        context.func.name = UserFuncName::user(0, entry);
        context.set_disasm(form == Some(Form::Instructions));
        let name = UserExternalName { namespace: 0, index: DIRECT };
        let name = ExternalName::user(context.func.declare_imported_user_function(name));
        let signature = context.func.import_signature(direct.clone());
        let own = ExtFuncData { name, signature, colocated: true, patchable: false };
        let own = context.func.import_function(own);
        let mut builders = FunctionBuilderContext::new();
        body(FunctionBuilder::new(&mut context.func, &mut builders), own).map_err(NoCode::Refused)?;
        let mut text = String::new();
        if form == Some(Form::Clif) {
            text = context.func.display().to_string();
        }
        let compiled = context.compile(&*self.isa, &mut ControlPlane::default());
        compiled.map_err(|e| NoCode::Failed(format!("{:?}", e.inner)))?;
        let compiled = context.compiled_code().ok_or(NoCode::Refused("there is no code"))?;
        if let Some(instructions) = &compiled.vcode {
            text.clone_from(instructions);
        }
        let id = FuncId::from_u32(entry);
        let relocations = compiled.buffer.relocs().iter();
        let relocations = relocations.map(|r| ModuleReloc::from_mach_reloc(r, &context.func, id)).collect();
        let alignment = compiled.buffer.alignment;
        Ok((Part { alignment, relocations, bytes: compiled.code_buffer().to_vec() }, text))
    }

    /// The ways to helpers, made when the first code needs them.
    fn slow(&self) -> Result<Arc<Slow>, NoCode> {
        if let Some(slow) = self.slow.get() {
            return Ok(Arc::clone(slow));
        }
        let made = Arc::new(Slow::new(&self.isa)?);
        Ok(Arc::clone(self.slow.get_or_init(|| made)))
    }

    /// Puts code into executable memory.
    ///
    /// # Errors
    /// There is no memory.
    pub fn install(&self, code: &Code) -> Result<Function, NoCode> {
        let builder = JITBuilder::with_isa(self.isa.clone(), default_libcall_names());
        let slow = self.slow()?;
        let mut memory =
            Memory { module: Some(JITModule::new(builder)), bytes: 0, live: Arc::clone(&self.live), slow };
        let module = memory.module.as_mut().ok_or(NoCode::Refused("there is no module"))?;
        // Nobody asks for the signatures of functions that come as bytes.
        let signature = Signature::new(self.isa.default_call_conv());
        let mut places = [std::ptr::null(); 3];
        for (number, part) in code.parts() {
            // Functions are numbered as they are declared: code refers to its entries by their numbers.
            let name = number.to_string();
            let id = module.declare_function(&name, Linkage::Local, &signature).map_err(failed)?;
            let alignment = u64::from(part.alignment);
            module.define_function_bytes(id, alignment, &part.bytes, &part.relocations).map_err(failed)?;
        }
        module.finalize_definitions().map_err(failed)?;
        for ((number, _), place) in code.parts().zip(&mut places) {
            *place = module.get_finalized_function(FuncId::from_u32(number));
        }
        let [direct, any, loops] = places;
        memory.bytes = code.bytes();
        self.live.fetch_add(memory.bytes, Ordering::Relaxed);
        Ok(Function { entries: Entries { direct, any, loops }, memory })
    }
}

/// A form of code for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Cranelift's intermediate form, as it is before it is optimized.
    Clif,
    /// The processor's instructions.
    Instructions,
}

/// Which natives of a unit work on values alone.
pub fn pure_natives(unit: &LoadedUnit) -> Vec<bool> {
    unit.natives().iter().map(|n| n.native.call.pure().is_some()).collect()
}

pub(crate) fn failed(error: impl fmt::Display) -> NoCode {
    NoCode::Failed(error.to_string())
}
