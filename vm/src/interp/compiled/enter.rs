//! Into compiled code, and back when it leaves.

use super::table::Entry;
use super::{Answer, Code, EXIT, Env, HELPERS};
use crate::fault::Fault;
use crate::heap::Closure;
use crate::interp::call::Flow;
use crate::interp::frame::{Frame, ReturnTo, Running};
use crate::interp::{MAX_REGISTERS, Vm};
use crate::native::{Host, Iteration};
use crate::op::{NO_REGISTER, Op};
use crate::value::{Kind, Value};
use std::any::Any;
use std::cell::Cell;
use std::fmt;
use std::sync::Arc;

/// Bytes of stack that compiled functions may use before they leave and begin again: far more than most recursions need, and little beside
/// the smallest stack that evaluations run on.
const STACK_BYTES: usize = 384 << 10;

/// Functions with more registers are not compiled: their frames would fill the stack.
pub const MAX_COMPILED_REGISTERS: u16 = 128;

/// What the machine keeps for compiled code.
#[derive(Default)]
pub(in crate::interp) struct Compiled {
    /// One for each instance; empty until the first is needed.
    envs: Vec<Env>,
    /// What the native frames that have been left noted down, innermost first.
    notes: Vec<Note>,
    /// The registers of noted frames.
    registers: Vec<Value>,
    /// Why the innermost has left.
    exit: Exit,
}

// SAFETY: the pointers to machine and host in `envs` are set only while `Vm::run_code` runs, on its thread; the others point into memory that
// the machine owns or shares immutably.
unsafe impl Send for Compiled {}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled").field("envs", &self.envs.len()).finish_non_exhaustive()
    }
}

/// A native frame that was left.
enum Note {
    /// A function, at the next instruction, with its registers behind `from` in [`Compiled::registers`].
    Function { closure: Closure, value: Value, pc: u32, from: usize },
    /// A native that is calling functions.
    Iteration { name: &'static str, iteration: Box<dyn Iteration> },
}

/// Why compiled code leaves.
#[derive(Debug, Default)]
pub(super) enum Exit {
    /// The interpreter is to go on with the next instruction.
    #[default]
    Resume,
    /// The stack runs low: the innermost function is to begin anew.
    Deeper,
    /// A failure.
    Fault(Fault),
    /// A native wants a function called that has no code.
    Invoke(Value, Vec<Value>),
    /// A request is pending.
    Suspended,
    /// Rust code below panics, or the stack it runs on is given up: goes on unwinding behind the native frames.
    Unwind(Box<dyn Any + Send>),
}

impl Compiled {
    /// Forgets the instances of the former evaluation.
    #[inline]
    pub fn reset(&mut self) {
        self.envs.clear();
    }

    /// Notes why the innermost frame leaves.
    pub(super) fn leave(&mut self, exit: Exit) {
        self.exit = exit;
    }

    /// Notes a function that leaves.
    pub(super) fn note(&mut self, closure: Closure, value: Value, pc: u32, registers: &[Value]) {
        let from = self.registers.len();
        self.registers.extend_from_slice(registers);
        self.notes.push(Note::Function { closure, value, pc, from });
    }

    /// Notes a native that was calling functions.
    pub(super) fn note_iteration(&mut self, name: &'static str, iteration: Box<dyn Iteration>) {
        self.notes.push(Note::Iteration { name, iteration });
    }

    /// The environment of an instance whose unit is `unit`.
    #[inline]
    pub(super) fn env(&self, closure: Closure) -> Option<*const Env> {
        self.envs
            .get(closure.instance as usize)
            .filter(|env| env.unit == closure.unit)
            .map(std::ptr::from_ref)
    }
}

impl Vm {
    /// The code of a function, if it has any: else counts the call.
    #[inline]
    pub(in crate::interp) fn code_of(&self, unit: u32, function: u32) -> Option<Code> {
        let units = self.heap.units();
        let loaded = units.unit(unit)?;
        let entry = loaded.code().entry(function)?;
        entry.code().or_else(|| self.count(entry, unit, function))
    }

    #[inline]
    fn count(&self, entry: &Entry, unit: u32, function: u32) -> Option<Code> {
        let tier = self.heap.units().tier()?;
        tier.called(self.heap.units().unit(unit)?, function, entry.count());
        entry.code()
    }

    /// Runs the top frame, which is about to begin, as machine code.
    pub(in crate::interp) fn run_code(
        &mut self,
        host: &mut dyn Host,
        code: Code,
        frame: &Frame,
    ) -> Result<Flow, Fault> {
        let closure = Closure {
            kind: Kind::Function,
            unit: frame.unit,
            function: frame.function,
            instance: frame.instance,
            captures: 0,
        };
        self.make_envs();
        let Some(env) = self.compiled.env(closure) else { return Ok(Flow::Resume) };
        let Some(registers) = self.calls.registers.get(frame.base as usize..frame.top as usize) else {
            return Err(Fault::internal("a frame without registers"));
        };
        let arguments = registers.as_ptr();
        let depth = self.room();
        let fuel = self.meter.fuel;
        self.expose(host);
        // SAFETY: `code` keeps the agreement (`CodeTable::publish`); `env` is the environment of the frame's instance; the frame's registers
        // begin with its arguments.
        let answer = unsafe { code(env, depth, fuel, frame.closure.bits(), arguments) };
        self.conceal();
        self.meter.fuel = answer.fuel;
        if answer.value != EXIT {
            return self.leave(host, Value::from_bits(answer.value));
        }
        self.take_over(host, None)
    }

    /// How many more calls may nest. Counts registers too, so that native frames never pass over a limit of the interpreter.
    pub(super) fn room(&self) -> u64 {
        let frames = self.calls.room();
        let registers = MAX_REGISTERS.saturating_sub(self.calls.top()) / usize::from(MAX_COMPILED_REGISTERS);
        frames.min(registers) as u64
    }

    /// Lets helpers reach the machine and its host.
    pub(super) fn expose(&mut self, host: &mut dyn Host) {
        let vm: *mut Self = self;
        // SAFETY: only the lifetime changes; `conceal` takes the pointer away before the borrow ends.
        let host = unsafe { std::mem::transmute::<*mut dyn Host, *mut (dyn Host + 'static)>(host) };
        let here = 0_u8;
        let stack_limit = (&raw const here as usize).saturating_sub(STACK_BYTES);
        for env in &mut self.compiled.envs {
            env.stack_limit = stack_limit;
            env.vm = vm;
            env.host = Some(host);
        }
    }

    pub(super) fn conceal(&mut self) {
        for env in &mut self.compiled.envs {
            env.vm = std::ptr::null_mut();
            env.host = None;
        }
    }

    /// Makes the environments, where that is not done.
    #[inline]
    pub(super) fn make_envs(&mut self) {
        if self.compiled.envs.is_empty() {
            self.make_all_envs();
        }
    }

    fn make_all_envs(&mut self) {
        let mut made = std::mem::take(&mut self.compiled.envs);
        let units = self.heap.units();
        let envs = self.instances.iter().enumerate().map(|(number, instance)| {
            let loaded = units.unit(instance.unit);
            let whole = loaded.filter(|u| instance.globals.len() >= u.unit().globals.len());
            Env {
                globals: instance.globals.as_ptr(),
                constants: whole.map_or(std::ptr::null(), |u| u.constants().as_ptr()),
                code: whole.map_or(std::ptr::null(), |u| u.code().as_ptr()),
                helpers: HELPERS.as_ptr(),
                slow: whole.map_or(std::ptr::null(), |u| u.code().slow()),
                places: whole.map_or(std::ptr::null(), |u| u.code().places()),
                answer: Cell::new(Answer { value: EXIT, fuel: 0 }),
                stack_limit: 0,
                vm: std::ptr::null_mut(),
                host: None,
                loaded: whole.map_or(std::ptr::null(), Arc::as_ptr),
                instance: number as u32,
                // An instance that lacks globals never runs compiled code: no function is of this unit.
                unit: whole.map_or(u32::MAX, |_| instance.unit),
            }
        });
        made.extend(envs);
        self.compiled.envs = made;
    }

    /// Makes frames of what native frames noted, and does what the innermost left for. `to` is where the outermost's result goes; it has a
    /// frame already where that is none.
    pub(super) fn take_over(&mut self, host: &mut dyn Host, mut to: Option<ReturnTo>) -> Result<Flow, Fault> {
        let mut notes = std::mem::take(&mut self.compiled.notes);
        let registers = std::mem::take(&mut self.compiled.registers);
        for note in notes.drain(..).rev() {
            to = Some(match note {
                Note::Function { closure, value, pc, from } => {
                    match to {
                        // The outermost has a frame already.
                        None => self.calls.set_pc(pc),
                        Some(to) => self.push_noted(closure, value, pc, to)?,
                    }
                    self.calls.fill(&registers, from);
                    self.result_goes(closure, pc)
                }
                Note::Iteration { name, iteration } => {
                    let to = to.unwrap_or(ReturnTo::Nowhere);
                    self.calls.iterations.push(Running { name, iteration, to });
                    ReturnTo::Iteration
                }
            });
        }
        self.compiled.notes = notes;
        self.compiled.registers = registers;
        self.compiled.registers.clear();
        match std::mem::take(&mut self.compiled.exit) {
            Exit::Resume => Ok(Flow::Resume),
            Exit::Deeper => Ok(Flow::Continue),
            Exit::Fault(fault) => Err(fault),
            Exit::Suspended => {
                if let (Some((_, answer_to)), Some(to)) = (&mut self.waiting, to) {
                    *answer_to = to;
                }
                Ok(Flow::Suspended)
            }
            Exit::Unwind(payload) => std::panic::resume_unwind(payload),
            Exit::Invoke(function, args) => {
                let flow = self.invoke(host, function, &args, false, ReturnTo::Iteration)?;
                match self.answered.take() {
                    Some(value) => self.deliver(host, value, ReturnTo::Iteration),
                    None => Ok(flow),
                }
            }
        }
    }

    fn push_noted(&mut self, closure: Closure, value: Value, pc: u32, to: ReturnTo) -> Result<(), Fault> {
        self.push_closure(closure, value, to)?;
        self.calls.set_pc(pc);
        Ok(())
    }

    /// Where the result of the call before `pc` goes.
    fn result_goes(&self, closure: Closure, pc: u32) -> ReturnTo {
        let unit = self.heap.units().unit(closure.unit);
        let function = unit.and_then(|u| u.functions().get(closure.function as usize));
        let call = function.and_then(|f| f.code.get((pc as usize).wrapping_sub(1)));
        match call {
            Some(insn) if insn.a() == NO_REGISTER => ReturnTo::Nowhere,
            Some(insn)
                if matches!(
                    insn.op(),
                    Some(Op::Call | Op::CallNamed | Op::CallNative | Op::CallIfFunction)
                ) =>
            {
                ReturnTo::Register(insn.a())
            }
            _ => ReturnTo::Nowhere,
        }
    }
}
