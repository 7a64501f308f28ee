//! Calls between compiled functions that go through the machine: of values, and by natives.

use super::EXIT;
use super::enter::Exit;
use crate::fault::Fault;
use crate::heap::Closure;
use crate::interp::Vm;
use crate::interp::call::is_callable;
use crate::native::Host;
use crate::value::Value;

/// Arguments of a call that are put together on the stack. Functions with more parameters get theirs on the heap.
const FEW: usize = 8;

/// How a call of a value went.
pub(super) enum Called {
    Value(Value),
    /// Compiled code below has left.
    Left,
    /// What is called has no code, or may not be called: nothing was done.
    Not,
}

impl Vm {
    /// Calls a value for the instruction that `depth` belongs to; leaves before it where only the interpreter can.
    pub(super) fn call_compiled(
        &mut self,
        host: &mut dyn Host,
        callee: Value,
        args: &[Value],
        action: bool,
        depth: u64,
    ) -> Result<u64, Exit> {
        match self.call_code(host, callee, args, action, depth)? {
            Called::Value(value) => Ok(value.bits()),
            Called::Left => Ok(EXIT),
            Called::Not => Ok(NOT_CALLED),
        }
    }

    pub(super) fn call_code(
        &mut self,
        host: &mut dyn Host,
        callee: Value,
        args: &[Value],
        action: bool,
        depth: u64,
    ) -> Result<Called, Exit> {
        let Some(closure) = self.heap.closure(callee).filter(|c| is_callable(c.kind, action)) else {
            return Ok(Called::Not);
        };
        let Some(nested) = depth.checked_sub(1) else { return Ok(Called::Not) };
        let (Some(code), Some(env)) =
            (self.code_of(closure.unit, closure.function), self.compiled.env(closure))
        else {
            return Ok(Called::Not);
        };
        let function = self.heap.units().unit(closure.unit);
        let function = function.and_then(|u| u.functions().get(closure.function as usize));
        let params = function.map_or(0, |f| f.params.len());
        let mut few = [Value::NULL; FEW];
        let mut many = Vec::new();
        let arguments = if args.len() >= params {
            args
        } else if let Some(few) = few.get_mut(..params) {
            few.iter_mut().zip(args).for_each(|(argument, given)| *argument = *given);
            &*few
        } else {
            many.extend_from_slice(args);
            many.resize(params, Value::NULL);
            &many
        };
        if self.meter.fuel <= 0
            && let Err(fault) = self.meter.refill(host)
        {
            self.note_beginning(closure, callee, arguments);
            return Err(fault.into());
        }
        // SAFETY: `code` keeps the agreement (`CodeTable::publish`), `env` is its instance's environment, exposed by `run_code`, which runs
        // below us; there are as many arguments as parameters. The machine is not used until the call returns.
        let answer = unsafe { code(env, nested, self.meter.fuel, callee.bits(), arguments.as_ptr()) };
        self.meter.fuel = answer.fuel;
        Ok(if answer.value == EXIT { Called::Left } else { Called::Value(Value::from_bits(answer.value)) })
    }

    /// Is this a function with machine code? Counts nothing.
    pub(in crate::interp) fn has_code(&self, function: Value) -> bool {
        let Some(closure) = self.heap.closure(function) else { return false };
        self.heap.units().unit(closure.unit).is_some_and(|unit| unit.code().is_compiled(closure.function))
    }

    /// Notes a function that could not even begin.
    fn note_beginning(&mut self, closure: Closure, value: Value, arguments: &[Value]) {
        self.compiled.note(closure, value, 0, arguments);
    }
}

/// What the helper `Call` answers where nothing was done: the caller leaves before the call. No value has these bits.
pub const NOT_CALLED: u64 = EXIT + 1;

impl From<Fault> for Exit {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}
