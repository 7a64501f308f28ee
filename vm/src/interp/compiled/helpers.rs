//! What compiled code asks the machine to do: everything but the common paths of the common instructions.
//!
//! Each helper is called with the instructions left of the slice and gives back what is left; a helper that answers [`EXIT`] has noted why
//! ([`Exit`]), and its caller leaves. Nothing unwinds through compiled code: what unwinds here goes on behind it.

use super::enter::Exit;
use super::{Answer, EXIT, Env};
use crate::fault::{Fault, Limit};
use crate::heap::Closure;
use crate::interp::effects::{After, Scene, global_unset};
use crate::interp::frame::ReturnTo;
use crate::interp::meter::{announce, charge_after, charge_before};
use crate::interp::outcome::Request;
use crate::interp::{Vm, arguments, operators};
use crate::load::LoadedUnit;
use crate::native::{Context, Host, NativeCall, Start};
use crate::op::{Insn, Op};
use crate::value::{Kind, Value};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicU8;

/// Compiled code's names for the helpers: places in [`HELPERS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub enum Helper {
    /// `(env, function, pc, kind, closure, registers)`: notes the function that leaves. Kind 0: the interpreter goes on with instruction
    /// `pc`; 1: the stack runs low; 2: the reason is noted.
    Leave,
    /// `(env, fuel)`: the next slice.
    Refill,
    /// `(env, fuel, instruction, registers, count, closure)`: runs one instruction that is no call, on registers in memory. Answers 0; 1 to leave
    /// the rule; 1 for `IterNext` with another element.
    Step,
    /// `(env, fuel, a, b, op)`: `Add`, `Sub`, `Mul`, `Div`, `Rem`.
    Arithmetic,
    /// `(env, fuel, a, b, op)`: comparisons; answers 0 or 1.
    Compare,
    /// `(env, value)`: is it truthy? Answers 0 or 1.
    Truthy,
    /// `(env, value, key)`: `Index`.
    GetKey,
    /// `(env, value, path)`: `Path`.
    GetPath,
    /// `(env, value, key, place)`: `Index` and `Path` with a text as key; `place` is one of [`CodeTable`](super::CodeTable)'s.
    GetField,
    /// `(env, closure, index)`: what a closure has captured; [`Value::UNSET`] where it is not there yet.
    Captured,
    /// `(env, depth, fuel, instruction, registers)`: `Call`, `CallNamed`. May answer [`super::NOT_CALLED`].
    Call,
    /// `(env, fuel, native, arguments, count)`: `CallNative` of a pure native.
    CallPure,
    /// `(env, depth, fuel, native, arguments, count)`: `CallNative` of any other.
    CallNative,
    /// `(a, b)`: remainder of doubles.
    Remainder,
}

/// A table of function pointers without their types.
#[derive(Clone, Copy, Debug)]
#[repr(transparent)]
pub struct Address(*const ());

impl Address {
    /// The address of nothing.
    pub const NONE: Self = Self(std::ptr::null());

    /// An address.
    #[must_use]
    pub const fn of(code: *const ()) -> Self {
        Self(code)
    }
}

// SAFETY: addresses of functions.
unsafe impl Sync for Address {}
// SAFETY: as above.
unsafe impl Send for Address {}

/// The helpers' addresses, by [`Helper`].
pub static HELPERS: [Address; 14] = [
    Address(leave as *const ()),
    Address(refill as *const ()),
    Address(step as *const ()),
    Address(arithmetic as *const ()),
    Address(compare as *const ()),
    Address(truthy as *const ()),
    Address(get_key as *const ()),
    Address(get_path as *const ()),
    Address(get_field as *const ()),
    Address(captured as *const ()),
    Address(call as *const ()),
    Address(call_pure as *const ()),
    Address(call_native as *const ()),
    Address(remainder as *const ()),
];

impl Env {
    /// The unit of the running code.
    fn loaded(&self) -> &LoadedUnit {
        // SAFETY: code runs only in environments that have a unit (`Compiled::env`), and the machine holds its units while it runs.
        unsafe { &*self.loaded }
    }
}

/// Runs `work` on the machine, with the instructions left of the slice.
///
/// # Safety
/// `env` is the environment compiled code was called with by `Vm::run_code`, which is still running and uses the machine only through this
/// call.
unsafe fn run(
    env: *const Env,
    fuel: i64,
    work: impl FnOnce(&mut Vm, &mut dyn Host, &Env) -> Result<u64, Exit>,
) -> Answer {
    // SAFETY: by the contract; the environment lies in a buffer of its own, which nothing changes meanwhile.
    let env = unsafe { &*env };
    // SAFETY: by the contract.
    let vm = unsafe { &mut *env.vm };
    let Some(host) = env.host else {
        vm.compiled.leave(Exit::Fault(Fault::internal("compiled code without a host")));
        return Answer { value: EXIT, fuel };
    };
    // SAFETY: by the contract; the host is another object than the machine.
    let host = unsafe { &mut *host };
    vm.meter.fuel = fuel;
    let value = match catch_unwind(AssertUnwindSafe(|| work(vm, host, env))) {
        Ok(Ok(value)) => value,
        Ok(Err(exit)) => {
            vm.compiled.leave(exit);
            EXIT
        }
        Err(payload) => {
            vm.compiled.leave(Exit::Unwind(payload));
            EXIT
        }
    };
    Answer { value, fuel: vm.meter.fuel }
}

/// An instruction that is no call.
unsafe extern "C" fn step(
    env: *const Env,
    fuel: i64,
    insn: u64,
    registers: *mut Value,
    count: u64,
    closure: u64,
) -> Answer {
    let work = |vm: &mut Vm, host: &mut dyn Host, env: &Env| {
        let insn = Insn(insn);
        let Some(op) = insn.op() else { return Err(Fault::internal("no such operation").into()) };
        // SAFETY: compiled code passes all registers of its function, which it does not touch meanwhile.
        let registers = unsafe { std::slice::from_raw_parts_mut(registers, count as usize) };
        if op == Op::Global {
            return Err(global_unset(vm, env.instance, insn.b()).into());
        }
        let mut scene = Scene {
            heap: &mut vm.heap,
            host,
            unit: env.loaded(),
            number: env.unit,
            instance: env.instance,
            closure: Value::from_bits(closure),
            registers,
            charge: 0,
        };
        let after = scene.plain(op, insn)?;
        let charge = scene.charge;
        vm.meter.fuel -= charge;
        Ok(match after {
            After::Next => 0,
            After::Skip | After::Leave => 1,
        })
    };
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, work) }
}

/// The next slice of instructions.
unsafe extern "C" fn refill(env: *const Env, fuel: i64) -> Answer {
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, |vm, host, _| Ok(vm.meter.refill(host).map(|()| 0)?)) }
}

/// `+`, `-`, `*`, `/`, `%` where one side is no number or the result is not finite.
unsafe extern "C" fn arithmetic(env: *const Env, fuel: i64, a: u64, b: u64, op: u64) -> Answer {
    let work = |vm: &mut Vm, host: &mut dyn Host, env: &Env| {
        let (a, b) = (Value::from_bits(a), Value::from_bits(b));
        let value = match Op::decode(op as u8) {
            Some(Op::Add) => operators::add(&mut vm.heap, host, a, b)?,
            Some(op) => operators::arithmetic(op, &mut vm.heap, host, env.instance, a, b)?,
            None => Value::NULL,
        };
        Ok(value.bits())
    };
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, work) }
}

/// Comparisons whose sides are not both numbers.
unsafe extern "C" fn compare(env: *const Env, fuel: i64, a: u64, b: u64, op: u64) -> Answer {
    let work = |vm: &mut Vm, _: &mut dyn Host, _: &Env| {
        let (a, b) = (Value::from_bits(a), Value::from_bits(b));
        let holds = match Op::decode(op as u8) {
            Some(op @ (Op::Eq | Op::Ne)) => {
                let equal = vm.heap.equals(a, b)?;
                vm.meter.fuel -= charge_after(&vm.heap, vm.heap.used_bytes());
                equal == (op == Op::Eq)
            }
            Some(op) => operators::compare(op, &vm.heap, a, b),
            None => false,
        };
        Ok(u64::from(holds))
    };
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, work) }
}

/// Is a value that is neither number nor boolean truthy?
unsafe extern "C" fn truthy(env: *const Env, value: u64) -> u64 {
    // SAFETY: called by compiled code: `env` is alive, and the machine is not used by anybody else.
    let vm = unsafe { &*(*env).vm };
    u64::from(vm.heap.is_truthy(Value::from_bits(value)))
}

/// `value[key]`
unsafe extern "C" fn get_key(env: *const Env, value: u64, key: u64) -> u64 {
    // SAFETY: as in `truthy`.
    let vm = unsafe { &*(*env).vm };
    vm.heap.get_key(Value::from_bits(value), Value::from_bits(key)).bits()
}

/// `value{path}`
unsafe extern "C" fn get_path(env: *const Env, value: u64, path: u64) -> u64 {
    // SAFETY: as in `truthy`.
    let vm = unsafe { &*(*env).vm };
    vm.heap.get_path(Value::from_bits(value), Value::from_bits(path)).bits()
}

/// `value{"key"}`
unsafe extern "C" fn get_field(env: *const Env, value: u64, key: u64, place: *const AtomicU8) -> u64 {
    // SAFETY: as in `truthy`.
    let vm = unsafe { &*(*env).vm };
    let (value, key) = (Value::from_bits(value), Value::from_bits(key));
    if !value.is_map() {
        return vm.heap.get_key(value, key).bits();
    }
    // SAFETY: compiled code passes a place of the table of its unit, which the machine holds.
    let place = unsafe { &*place };
    vm.heap.map_get_in_place(value, key, place).unwrap_or(Value::NULL).bits()
}

/// What a closure has captured.
unsafe extern "C" fn captured(env: *const Env, closure: u64, index: u64) -> u64 {
    // SAFETY: as in `truthy`.
    let vm = unsafe { &*(*env).vm };
    vm.heap.capture(Value::from_bits(closure), index as u16).bits()
}

/// The remainder of a division, as the interpreter computes it.
extern "C" fn remainder(a: f64, b: f64) -> f64 {
    a % b
}

/// Notes the function that leaves.
unsafe extern "C" fn leave(
    env: *const Env,
    function: u64,
    pc: u64,
    kind: u64,
    closure: u64,
    registers: *const Value,
) {
    // SAFETY: called by compiled code, as in `run`.
    let (env, vm) = unsafe { (&*env, &mut *(*env).vm) };
    match kind {
        0 => vm.compiled.leave(Exit::Resume),
        1 => vm.compiled.leave(Exit::Deeper),
        _ => {}
    }
    let closure_of = Closure {
        kind: Kind::Function,
        unit: env.unit,
        function: function as u32,
        instance: env.instance,
        captures: 0,
    };
    let count = env.loaded().functions().get(function as usize);
    let count = count.map_or(0, |f| usize::from(f.registers));
    // SAFETY: compiled code passes as many registers as its function has.
    let registers = unsafe { std::slice::from_raw_parts(registers, count) };
    vm.compiled.note(closure_of, Value::from_bits(closure), pc as u32, registers);
}

/// A native that works on values alone.
unsafe extern "C" fn call_pure(
    env: *const Env,
    fuel: i64,
    native: u64,
    arguments: *const Value,
    count: u64,
) -> Answer {
    let work = |vm: &mut Vm, host: &mut dyn Host, env: &Env| {
        // SAFETY: compiled code passes that many registers.
        let args = unsafe { std::slice::from_raw_parts(arguments, count as usize) };
        let import = env.loaded().natives().get(native as usize);
        let call = import.map(|i| i.native.call);
        let Some((call, pure)) = call.and_then(|call| Some((call, call.pure()?))) else {
            return Err(Fault::internal("a native that is not pure").into());
        };
        let used = vm.heap.used_bytes();
        vm.meter.fuel -= announce(host, charge_before(&vm.heap, call.sized(args)));
        let value = pure(&mut vm.heap, args)?;
        vm.meter.fuel -= charge_after(&vm.heap, used);
        Ok(value.bits())
    };
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, work) }
}

/// A native that needs the host or calls functions.
unsafe extern "C" fn call_native(
    env: *const Env,
    depth: u64,
    fuel: i64,
    native: u64,
    arguments: *const Value,
    count: u64,
) -> Answer {
    let work = |vm: &mut Vm, host: &mut dyn Host, env: &Env| {
        // SAFETY: compiled code passes that many registers.
        let args = unsafe { std::slice::from_raw_parts(arguments, count as usize) };
        let import = env.loaded().natives().get(native as usize);
        let Some(native) = import.map(|i| i.native) else {
            return Err(Fault::internal("a native that is not in the table").into());
        };
        let instance = env.instance;
        let used = vm.heap.used_bytes();
        vm.meter.fuel -= announce(host, charge_before(&vm.heap, native.call.sized(args)));
        let start = match native.call {
            NativeCall::Pure(f) | NativeCall::Part(f) => Start::Done(f(&mut vm.heap, args)?),
            NativeCall::Host(f) => {
                Start::Done(f(&mut Context { heap: &mut vm.heap, host: &mut *host, instance }, args)?)
            }
            NativeCall::Iterate(f) => f(&mut vm.heap, args)?,
            NativeCall::Request => match host.request(&mut vm.heap, instance, native.name, args)? {
                Some(value) => Start::Done(value),
                None => {
                    vm.meter.fuel -= charge_after(&vm.heap, used);
                    vm.waiting = Some((Request { name: native.name, instance }, ReturnTo::Nowhere));
                    return Err(Exit::Suspended);
                }
            },
        };
        vm.meter.fuel -= charge_after(&vm.heap, used);
        match start {
            Start::Done(value) => Ok(value.bits()),
            Start::Iterate(_) if depth == 0 => Err(Fault::limit(Limit::Depth).into()),
            Start::Iterate(iteration) => vm.iterate(host, native.name, iteration, depth - 1),
        }
    };
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, work) }
}

/// `Call` and `CallNamed` of a value.
unsafe extern "C" fn call(
    env: *const Env,
    depth: u64,
    fuel: i64,
    insn: u64,
    registers: *const Value,
) -> Answer {
    let work = |vm: &mut Vm, host: &mut dyn Host, env: &Env| {
        let insn = Insn(insn);
        // SAFETY: compiled code passes all its registers, and the verifier has checked which of them the instruction reads.
        let register = |at: usize| unsafe { registers.add(usize::from(insn.b()) + at) };
        // SAFETY: as above.
        let callee = unsafe { *register(0) };
        let action = insn.flags() == 1;
        match insn.op() {
            Some(Op::CallNamed) => {
                let shape = env.loaded().unit().shapes.get(usize::from(insn.c()));
                let Some(shape) = shape else { return Err(Fault::internal("no such call shape").into()) };
                let count = usize::from(shape.positional) + shape.names.len();
                // SAFETY: as above.
                let given = unsafe { std::slice::from_raw_parts(register(1), count) };
                let mut args = Vec::new();
                arguments::of_shape(callee, shape, given, &vm.heap, vm.heap.units(), &mut args);
                vm.call_compiled(host, callee, &args, action, depth)
            }
            _ => {
                // SAFETY: as above.
                let args = unsafe { std::slice::from_raw_parts(register(1), usize::from(insn.c())) };
                vm.call_compiled(host, callee, args, action, depth)
            }
        }
    };
    // SAFETY: called by compiled code.
    unsafe { run(env, fuel, work) }
}
