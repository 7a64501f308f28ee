//! The machine: runs loaded units on an explicit stack, so that an evaluation can stop anywhere and go on later.
//!
//! One [`Vm`] serves one evaluation after the other and keeps its memory: [`Vm::begin`] sets the stage (units, frozen globals,
//! instances, budgets), then [`Vm::call`], [`Vm::call_query`] and [`Vm::run`] start code, and [`Vm::resume`] goes on after a
//! suspension. `dispatch` is the loop over instructions, `call` everything about calls, the rest what single instructions do.

mod arguments;
mod call;
pub mod compiled;
mod dispatch;
mod effects;
mod foreach;
mod frame;
mod meter;
mod operators;
mod outcome;
mod plain;

pub use meter::Limits;
pub(crate) use outcome::span_at;
pub use outcome::{Failure, MAX_STACK, Outcome, Request, StackEntry};

use crate::data::DataMap;
use crate::fault::Fault;
use crate::heap::{Heap, Region, UnitTable};
use crate::native::Host;
use crate::unit::FunctionId;
use crate::value::Value;
use call::Flow;
use compiled::Compiled;
use frame::{Calls, MAX_REGISTERS, ReturnTo};
use meter::Meter;
use std::sync::Arc;

/// A ruleset, or one use of a module, in a cloud.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// Number of its unit.
    pub unit: u32,
    /// Its globals, in the order of [`crate::unit::Unit::globals`]; [`Value::UNSET`] while they have no value.
    pub globals: Vec<Value>,
}

impl Instance {
    /// An instance whose globals have no values yet.
    #[must_use]
    pub fn new(unit: u32, units: &UnitTable) -> Self {
        let globals = units.unit(unit).map_or(0, |u| u.unit().globals.len());
        Self { unit, globals: vec![Value::UNSET; globals] }
    }
}

/// What an evaluation happens in.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// All loaded units.
    pub units: Arc<UnitTable>,
    /// The frozen globals of the cloud.
    pub cloud: Arc<Region>,
    /// The ruleset instances of the cloud.
    pub instances: Arc<Vec<Instance>>,
    /// Budgets.
    pub limits: Limits,
}

/// The machine.
#[derive(Debug)]
pub struct Vm {
    heap: Heap,
    calls: Calls,
    instances: Arc<Vec<Instance>>,
    meter: Meter,
    /// The pending request, and where its answer goes.
    waiting: Option<(Request, ReturnTo)>,
    /// A native's answer to the native that called it.
    answered: Option<Value>,
    /// Arguments of calls by name; kept for its memory.
    arguments: Vec<Value>,
    /// What functions that run as machine code work with.
    compiled: Box<Compiled>,
}

impl Default for Vm {
    fn default() -> Self {
        Self::new(World::default())
    }
}

impl Vm {
    /// A machine set up for `world`.
    #[must_use]
    pub fn new(world: World) -> Self {
        Self {
            heap: Heap::new(world.cloud, world.units, world.limits.memory_bytes),
            calls: Calls::new(world.limits.depth),
            instances: world.instances,
            meter: Meter::new(world.limits.instructions),
            waiting: None,
            answered: None,
            arguments: Vec::new(),
            compiled: Box::default(),
        }
    }

    /// Forgets the former evaluation and gets ready for the next. All values made so far become meaningless.
    pub fn begin(&mut self, world: World) {
        self.heap.reset(world.cloud, world.units, world.limits.memory_bytes);
        self.calls.reset(world.limits.depth);
        self.instances = world.instances;
        self.meter = Meter::new(world.limits.instructions);
        self.waiting = None;
        self.compiled.reset();
    }

    /// The memory of the evaluation.
    #[must_use]
    pub fn heap(&self) -> &Heap {
        &self.heap
    }

    /// The memory of the evaluation, to make arguments in.
    pub fn heap_mut(&mut self) -> &mut Heap {
        &mut self.heap
    }

    /// The instances, with the globals that were set in this evaluation.
    #[must_use]
    pub fn instances(&self) -> &Arc<Vec<Instance>> {
        &self.instances
    }

    /// The instances, to add one or to set globals while rulesets start. Copies them if they are shared.
    pub fn instances_mut(&mut self) -> &mut Vec<Instance> {
        self.compiled.reset();
        Arc::make_mut(&mut self.instances)
    }

    /// Instructions left in the budget.
    #[must_use]
    pub fn instructions_left(&self) -> u64 {
        self.meter.left()
    }

    /// Gives a new budget of instructions (the next reaction of the same event).
    pub fn refuel(&mut self, instructions: u64) {
        self.meter = Meter::new(instructions);
    }

    /// Calls a function value.
    pub fn call(&mut self, host: &mut dyn Host, function: Value, args: &[Value]) -> Outcome {
        self.start(host, |vm, host| vm.invoke(host, function, args, false, ReturnTo::Caller))
    }

    /// Calls an action value.
    pub fn call_action(&mut self, host: &mut dyn Host, action: Value, args: &[Value]) -> Outcome {
        self.start(host, |vm, host| vm.invoke(host, action, args, true, ReturnTo::Caller))
    }

    /// Calls a function value with arguments by name; digits name positions (krl-language §2.3).
    pub fn call_query(&mut self, host: &mut dyn Host, function: Value, args: &DataMap) -> Outcome {
        self.start(host, |vm, host| {
            let args = vm.query_arguments(function, args)?;
            vm.invoke(host, function, &args, false, ReturnTo::Caller)
        })
    }

    /// Runs a function of an instance's unit: a rule's body, a `where`, the `global` block.
    pub fn run(
        &mut self,
        host: &mut dyn Host,
        instance: u32,
        function: FunctionId,
        args: &[Value],
    ) -> Outcome {
        self.start(host, |vm, _| vm.enter_function(instance, function, args))
    }

    /// Goes on after [`Outcome::Suspended`] with the answer to the request.
    pub fn resume(&mut self, host: &mut dyn Host, answer: Value) -> Outcome {
        let Some((_, to)) = self.waiting.take() else {
            return self.failed(Fault::internal("nothing was suspended"));
        };
        let flow = self.deliver(host, answer, to);
        self.proceed(host, flow)
    }

    fn start(
        &mut self,
        host: &mut dyn Host,
        enter: impl FnOnce(&mut Self, &mut dyn Host) -> Result<Flow, Fault>,
    ) -> Outcome {
        self.calls.clear();
        self.waiting = None;
        self.answered = None;
        let flow = enter(self, host);
        self.proceed(host, flow)
    }

    fn proceed(&mut self, host: &mut dyn Host, flow: Result<Flow, Fault>) -> Outcome {
        let end = match flow {
            Ok(Flow::Continue) => self.dispatch(host, false),
            Ok(Flow::Resume) => self.dispatch(host, true),
            other => other,
        };
        match end {
            Ok(Flow::Done(value)) => Outcome::Done(value),
            Ok(Flow::Continue | Flow::Resume | Flow::Suspended) => match self.waiting {
                Some((request, _)) => Outcome::Suspended(request),
                None => self.failed(Fault::internal("the machine stopped without a result")),
            },
            Err(fault) => self.failed(fault),
        }
    }

    fn failed(&mut self, fault: Fault) -> Outcome {
        let failure = outcome::failure(fault, &self.calls, self.heap.units());
        self.calls.clear();
        self.waiting = None;
        Outcome::Failed(failure)
    }
}

#[cfg(test)]
pub(crate) mod tests;
