//! Calls, returns, and natives that call functions.

use super::frame::{Frame, ReturnTo, Running};
use super::meter::{announce, charge_after, charge_before};
use super::outcome::Request;
use super::{Vm, arguments};
use crate::fault::Fault;
use crate::heap::Closure;
use crate::native::{Context, Host, Iteration, Native, NativeCall, Start, Step};
use crate::unit::{CallShape, FunctionId};
use crate::value::{Kind, Value};

/// What happens after a call or a return.
#[derive(Debug)]
pub(super) enum Flow {
    /// The top frame goes on (or begins).
    Continue,
    /// Compiled code has left in the middle of a stretch: the interpreter goes on with the next instruction.
    Resume,
    /// The outermost function has returned.
    Done(Value),
    /// A request is pending; [`Vm::waiting`] tells which.
    Suspended,
}

/// What a native gives back.
enum Answer {
    Value(Value),
    Iterate(Box<dyn Iteration>),
    Later,
}

/// `X is not a function`, `X is not an action`.
#[cold]
fn not_callable(text: &str, action: bool) -> Fault {
    Fault::type_error(format!("{text} is not {}", if action { "an action" } else { "a function" }))
}

pub(super) fn is_callable(kind: Kind, action: bool) -> bool {
    match kind {
        Kind::Function => !action,
        Kind::Action => action,
        Kind::ActionFunction => true,
        _ => false,
    }
}

impl Vm {
    /// Calls `callee` with arguments that are in the registers from `from`.
    #[inline]
    pub(super) fn call_registers(
        &mut self,
        host: &mut dyn Host,
        callee: Value,
        (from, count): (usize, usize),
        action: bool,
        to: ReturnTo,
    ) -> Result<Flow, Fault> {
        if let Some(closure) = self.heap.closure(callee)
            && is_callable(closure.kind, action)
        {
            let params = self.push_closure(closure, callee, to)?;
            let base = self.base();
            let registers = &mut self.calls.registers;
            for i in 0..params {
                let arg = if i < count { registers.get(from + i).copied() } else { None };
                if let Some(r) = registers.get_mut(base + i) {
                    *r = arg.unwrap_or(Value::NULL);
                }
            }
            return Ok(Flow::Continue);
        }
        let args = self.calls.registers.get(from..from + count).unwrap_or_default().to_vec();
        self.invoke(host, callee, &args, action, to)
    }

    /// Calls `callee` with arguments by name.
    pub(super) fn call_shape(
        &mut self,
        host: &mut dyn Host,
        callee: Value,
        (from, shape): (usize, &CallShape),
        action: bool,
        to: ReturnTo,
    ) -> Result<Flow, Fault> {
        let count = usize::from(shape.positional) + shape.names.len();
        let given = self.calls.registers.get(from..from + count).unwrap_or_default();
        let mut args = std::mem::take(&mut self.arguments);
        arguments::of_shape(callee, shape, given, &self.heap, self.heap.units(), &mut args);
        let flow = self.invoke(host, callee, &args, action, to);
        self.arguments = args;
        flow
    }

    /// Calls `callee`.
    pub(super) fn invoke(
        &mut self,
        host: &mut dyn Host,
        callee: Value,
        args: &[Value],
        action: bool,
        to: ReturnTo,
    ) -> Result<Flow, Fault> {
        if !is_callable(self.heap.kind(callee), action) {
            return Err(not_callable(&self.heap.text(callee), action));
        }
        if let Some(closure) = self.heap.closure(callee) {
            let params = self.push_closure(closure, callee, to)?;
            self.fill_arguments(params, args);
            return Ok(Flow::Continue);
        }
        let native = callee.as_native().and_then(|id| self.heap.units().natives().get(usize::from(id)));
        match native {
            Some(native) => self.call_native(host, native, args, to),
            None => Err(Fault::internal("a native that is not in the table")),
        }
    }

    /// Starts a function of an instance's unit.
    pub(super) fn enter_function(
        &mut self,
        instance: u32,
        function: FunctionId,
        args: &[Value],
    ) -> Result<Flow, Fault> {
        let Some(unit) = self.instances.get(instance as usize).map(|i| i.unit) else {
            return Err(Fault::internal("no such instance"));
        };
        let closure = Closure { kind: Kind::Function, unit, function, instance, captures: 0 };
        let params = self.push_closure(closure, Value::NULL, ReturnTo::Caller)?;
        self.fill_arguments(params, args);
        Ok(Flow::Continue)
    }

    /// Pushes a frame for a closure; answers how many parameters it has.
    #[inline]
    pub(super) fn push_closure(
        &mut self,
        closure: Closure,
        value: Value,
        to: ReturnTo,
    ) -> Result<usize, Fault> {
        let unit = self.heap.units().unit(closure.unit);
        let Some(function) = unit.and_then(|u| u.functions().get(closure.function as usize)) else {
            return Err(Fault::internal("no such function"));
        };
        let (params, registers) = (function.params.len(), usize::from(function.registers));
        let Closure { unit, function, instance, .. } = closure;
        let frame = Frame { unit, function, instance, pc: 0, base: 0, top: 0, to, closure: value };
        self.calls.push(frame, registers)?;
        Ok(params)
    }

    #[inline]
    fn base(&self) -> usize {
        self.calls.frames.last().map_or(0, |f| f.base as usize)
    }

    fn fill_arguments(&mut self, params: usize, args: &[Value]) {
        let base = self.base();
        let registers = self.calls.registers.get_mut(base..base + params).unwrap_or_default();
        for (i, register) in registers.iter_mut().enumerate() {
            *register = args.get(i).copied().unwrap_or(Value::NULL);
        }
    }

    /// Calls a native. What it answers to another native (or what the first call of a native under another is told) waits in `answered`
    /// for the loop in [`Self::deliver`], which would recurse otherwise.
    pub(super) fn call_native(
        &mut self,
        host: &mut dyn Host,
        native: &'static Native,
        args: &[Value],
        to: ReturnTo,
    ) -> Result<Flow, Fault> {
        let instance = self.calls.frames.last().map_or(0, |f| f.instance);
        let used = self.heap.used_bytes();
        self.meter.fuel -= announce(host, charge_before(&self.heap, native.call.sized(args)));
        let answer = match native.call {
            NativeCall::Pure(f) | NativeCall::Part(f) => Answer::Value(f(&mut self.heap, args)?),
            NativeCall::Host(f) => {
                let heap = &mut self.heap;
                Answer::Value(f(&mut Context { heap, host: &mut *host, instance }, args)?)
            }
            NativeCall::Iterate(f) => match f(&mut self.heap, args)? {
                Start::Done(value) => Answer::Value(value),
                Start::Iterate(iteration) => Answer::Iterate(iteration),
            },
            NativeCall::Request => match host.request(&mut self.heap, instance, native.name, args)? {
                Some(value) => Answer::Value(value),
                None => Answer::Later,
            },
        };
        self.meter.fuel -= charge_after(&self.heap, used);
        match answer {
            Answer::Value(value) if to == ReturnTo::Iteration => {
                self.answered = Some(value);
                Ok(Flow::Continue)
            }
            Answer::Value(value) => self.deliver(host, value, to),
            Answer::Iterate(iteration) => {
                self.calls.check_depth()?;
                self.calls.iterations.push(Running { name: native.name, iteration, to });
                if to == ReturnTo::Iteration {
                    self.answered = Some(Value::NULL);
                    return Ok(Flow::Continue);
                }
                self.deliver(host, Value::NULL, ReturnTo::Iteration)
            }
            Answer::Later => {
                self.waiting = Some((Request { name: native.name, instance }, to));
                Ok(Flow::Suspended)
            }
        }
    }

    /// Takes a result where it belongs. Natives that call functions run here, until a function with code begins.
    pub(super) fn deliver(
        &mut self,
        host: &mut dyn Host,
        mut value: Value,
        mut to: ReturnTo,
    ) -> Result<Flow, Fault> {
        loop {
            match to {
                ReturnTo::Register(register) => {
                    let at = self.base() + usize::from(register);
                    if let Some(r) = self.calls.registers.get_mut(at) {
                        *r = value;
                    }
                    return Ok(Flow::Continue);
                }
                ReturnTo::Nowhere => return Ok(Flow::Continue),
                ReturnTo::Caller => return Ok(Flow::Done(value)),
                ReturnTo::Iteration => {}
            }
            self.meter.fuel -= 1;
            if self.meter.fuel <= 0 {
                self.meter.refill(host)?;
            }
            let Some(running) = self.calls.iterations.last_mut() else {
                return Err(Fault::internal("no native is calling functions"));
            };
            match running.iteration.next(&mut self.heap, value)? {
                Step::Done(result) => {
                    value = result;
                    to = running.to;
                    self.calls.iterations.pop();
                }
                Step::Call { function, args, count } if self.has_code(function) => {
                    let Some(running) = self.calls.iterations.pop() else {
                        return Err(Fault::internal("no native is calling functions"));
                    };
                    match self.drive(host, running, (function, args, count))? {
                        Ok(result) => (value, to) = result,
                        Err(flow) => return Ok(flow),
                    }
                }
                Step::Call { function, args, count } => {
                    let args = args.get(..usize::from(count)).unwrap_or(&args);
                    let flow = self.invoke(host, function, args, false, ReturnTo::Iteration)?;
                    let Some(answer) = self.answered.take() else { return Ok(flow) };
                    value = answer;
                }
                Step::CallWith { function, args } => {
                    let args = self.heap.array(args).to_vec();
                    let flow = self.invoke(host, function, &args, false, ReturnTo::Iteration)?;
                    let Some(answer) = self.answered.take() else { return Ok(flow) };
                    value = answer;
                }
            }
        }
    }

    /// Leaves the top frame with `value`.
    #[inline]
    pub(super) fn leave(&mut self, host: &mut dyn Host, value: Value) -> Result<Flow, Fault> {
        let Some(frame) = self.calls.frames.pop() else {
            return Err(Fault::internal("no function is running"));
        };
        self.deliver(host, value, frame.to)
    }

    /// Sets a global while its ruleset starts.
    pub(super) fn set_global(&mut self, instance: u32, index: u16, value: Value) -> Result<(), Fault> {
        let globals = self.instances_mut().get_mut(instance as usize).map(|i| &mut i.globals);
        let Some(slot) = globals.and_then(|g| g.get_mut(usize::from(index))) else {
            return Err(Fault::internal("an instance without this global"));
        };
        *slot = value;
        Ok(())
    }
}
