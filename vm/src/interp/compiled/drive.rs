//! Natives that call functions, driven without frames of ours while what they call is machine code.

use super::calls::Called;
use super::enter::Exit;
use super::loops::{Looping, Loops};
use super::{Answer, EXIT, Env};
use crate::fault::Fault;
use crate::interp::Vm;
use crate::interp::call::{Flow, is_callable};
use crate::interp::frame::{ReturnTo, Running};
use crate::native::{Host, Iteration, Step};
use crate::value::Value;

/// The type of an argument.
macro_rules! word {
    ($argument:expr) => {
        Value
    };
}

/// Calls a direct entry: of a closure with captures or without, with this many arguments.
macro_rules! direct {
    ($callee:expr, $depth:expr, $fuel:expr $(, $argument:expr)*) => {{
        if $callee.captures {
            type Direct = unsafe extern "C" fn(*const Env, u64, i64, Value $(, word!($argument))*) -> Answer;
            // SAFETY: the direct entry of a function with captures and as many parameters (`CodeTable::publish`).
            unsafe {
                let direct = std::mem::transmute::<*const (), Direct>($callee.direct);
                direct($callee.env, $depth, $fuel, $callee.function $(, $argument)*)
            }
        } else {
            type Direct = unsafe extern "C" fn(*const Env, u64, i64 $(, word!($argument))*) -> Answer;
            // SAFETY: the direct entry of a function without captures and with as many parameters.
            unsafe {
                let direct = std::mem::transmute::<*const (), Direct>($callee.direct);
                direct($callee.env, $depth, $fuel $(, $argument)*)
            }
        }
    }};
}

/// Calls functions for one native.
pub struct Caller<'a> {
    vm: &'a mut Vm,
    host: &'a mut dyn Host,
    /// How many more calls may nest, these included.
    depth: u64,
    callee: Callee,
}

/// Why a native stopped before it had a result: what is called left, or this is to be done.
#[derive(Debug)]
pub struct Stopped(Option<Exit>);

/// What was called last.
#[derive(Clone, Copy, Debug)]
struct Callee {
    function: Value,
    env: *const Env,
    /// The entry that takes its arguments one by one.
    direct: *const (),
    params: usize,
    captures: bool,
    /// Its loops, unless they were tried in vain.
    loops: Option<Loops>,
    /// How often in a row they were.
    vain: u32,
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self(Some(Exit::Fault(fault)))
    }
}

impl Caller<'_> {
    /// Makes the native's calls; `result` is what the last one answered.
    #[inline(always)]
    pub(crate) fn drive<I: Iteration + ?Sized>(
        &mut self,
        native: &mut I,
        result: Value,
    ) -> Result<Value, Stopped> {
        let mut result = result;
        loop {
            if let Some(loops) = self.callee.loops {
                result = self.run(loops, native, result);
            }
            self.vm.meter.fuel -= 1;
            if self.vm.meter.fuel <= 0 {
                self.vm.meter.refill(self.host)?;
            }
            result = match native.next(&mut self.vm.heap, result)? {
                Step::Done(result) => return Ok(result),
                Step::Call { function, args, count } => self.call(function, args, count)?,
                Step::CallWith { function, args } => {
                    let args = self.vm.heap.array(args).to_vec();
                    self.call_many(function, &args)?
                }
            };
        }
    }

    /// Runs what the native's loop can run.
    #[inline(never)]
    fn run<I: Iteration + ?Sized>(&mut self, loops: Loops, native: &mut I, result: Value) -> Value {
        let Callee { function, env, vain, .. } = &mut self.callee;
        let fuel = &mut self.vm.meter.fuel;
        let mut looping = Looping { code: loops, env: *env, function: *function, fuel, vain };
        let result = native.run(&self.vm.heap, result, &mut looping);
        if looping.is_vain() {
            self.callee.loops = None;
        }
        result
    }

    #[inline(always)]
    fn call(&mut self, function: Value, args: [Value; 4], count: u8) -> Result<Value, Stopped> {
        if self.callee.function != function && !self.look_up(function) {
            return self.call_many(function, args.get(..usize::from(count)).unwrap_or(&args));
        }
        // SAFETY: compiled code keeps the agreement (`CodeTable::publish`); the environment is that of the function's instance and exposed;
        // the machine is not used until the call returns. What lies behind `count` is null.
        let answer = unsafe { self.callee.call(self.depth - 1, self.vm.meter.fuel, args) };
        self.vm.meter.fuel = answer.fuel;
        if answer.value == EXIT {
            return Err(Stopped(None));
        }
        Ok(Value::from_bits(answer.value))
    }

    /// Finds what is called. False where it has no code, takes more arguments than a [`Step::Call`] holds, or the call may not nest.
    #[cold]
    #[inline(never)]
    fn look_up(&mut self, function: Value) -> bool {
        let Some(closure) = self.vm.heap.closure(function).filter(|c| is_callable(c.kind, false)) else {
            return false;
        };
        let units = self.vm.heap.units();
        let Some(unit) = units.unit(closure.unit) else { return false };
        let (Some(of), Some(entry), Some(env)) = (
            unit.functions().get(closure.function as usize),
            unit.code().entry(closure.function),
            self.vm.compiled.env(closure),
        ) else {
            return false;
        };
        if self.depth == 0 || of.params.len() > 4 || entry.code().is_none() {
            return false;
        }
        let (params, captures) = (of.params.len(), of.captures > 0);
        let (direct, loops) = (entry.direct(), entry.loops());
        self.callee = Callee { function, env, direct, params, captures, loops, vain: 0 };
        true
    }

    #[inline(never)]
    fn call_many(&mut self, function: Value, args: &[Value]) -> Result<Value, Stopped> {
        match self.vm.call_code(self.host, function, args, false, self.depth) {
            Ok(Called::Value(result)) => Ok(result),
            Ok(Called::Left) => Err(Stopped(None)),
            Ok(Called::Not) => Err(Stopped(Some(Exit::Invoke(function, args.to_vec())))),
            Err(exit) => Err(Stopped(Some(exit))),
        }
    }
}

impl Callee {
    const NONE: Self = Self {
        function: Value::UNSET,
        env: std::ptr::null(),
        direct: std::ptr::null(),
        params: 0,
        captures: false,
        loops: None,
        vain: 0,
    };

    /// # Safety
    /// The environment is exposed, and the machine is not used until the call returns.
    #[inline(always)]
    unsafe fn call(&self, depth: u64, fuel: i64, args: [Value; 4]) -> Answer {
        let [a, b, c, d] = args;
        match self.params {
            0 => direct!(self, depth, fuel),
            1 => direct!(self, depth, fuel, a),
            2 => direct!(self, depth, fuel, a, b),
            3 => direct!(self, depth, fuel, a, b, c),
            _ => direct!(self, depth, fuel, a, b, c, d),
        }
    }
}

impl Vm {
    /// Drives a native that calls functions, for compiled code. `depth` is what its calls may nest.
    pub(super) fn iterate(
        &mut self,
        host: &mut dyn Host,
        name: &'static str,
        mut iteration: Box<dyn Iteration>,
        depth: u64,
    ) -> Result<u64, Exit> {
        let mut caller = Caller { vm: self, host, depth, callee: Callee::NONE };
        match iteration.drive(&mut caller, Value::NULL) {
            Ok(result) => Ok(result.bits()),
            Err(Stopped(exit)) => {
                self.compiled.note_iteration(name, iteration);
                exit.map_or(Ok(EXIT), Err)
            }
        }
    }

    /// Goes on with a native of the interpreter's, which asks for a call of a function with code: its result and where it goes, or how the
    /// interpreter goes on.
    pub(in crate::interp) fn drive(
        &mut self,
        host: &mut dyn Host,
        running: Running,
        (function, args, count): (Value, [Value; 4], u8),
    ) -> Result<Result<(Value, ReturnTo), Flow>, Fault> {
        let Running { name, mut iteration, to } = running;
        self.make_envs();
        // The native itself is one of those that nest.
        let depth = self.room().saturating_sub(1);
        self.expose(host);
        let mut caller = Caller { vm: &mut *self, host: &mut *host, depth, callee: Callee::NONE };
        let first = caller.call(function, args, count);
        let driven = first.and_then(|result| iteration.drive(&mut caller, result));
        self.conceal();
        let exit = match driven {
            Ok(result) => return Ok(Ok((result, to))),
            Err(Stopped(exit)) => exit,
        };
        self.compiled.note_iteration(name, iteration);
        if let Some(exit) = exit {
            self.compiled.leave(exit);
        }
        self.take_over(host, Some(to)).map(Err)
    }
}
