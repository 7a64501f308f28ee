//! How the machine calls the standard library, and how both call their host.

use crate::fault::Fault;
use crate::heap::Heap;
use crate::interp::compiled::{Caller, Looping, Stopped};
use crate::value::{Kind, Value};

/// A standard library function as the machine sees it.
#[derive(Clone, Copy, Debug)]
pub struct Native {
    /// `map`, or `math:abs`.
    pub name: &'static str,
    /// `Function`, `Action` or `ActionFunction`.
    pub kind: Kind,
    /// Parameter names, for named arguments.
    pub params: &'static [&'static str],
    /// The code.
    pub call: NativeCall,
}

/// A native that works on values alone.
pub type PureCall = fn(&mut Heap, &[Value]) -> Result<Value, Fault>;

/// The ways a native runs. Arguments beyond those given are `null`: read them with [`arg`].
#[derive(Clone, Copy, Debug)]
pub enum NativeCall {
    /// Works on values alone.
    Pure(PureCall),
    /// Works on values alone, and looks at its first argument in one place only: the size of that does not count.
    Part(PureCall),
    /// Needs the host: clock, event, randomness, state, log.
    Host(fn(&mut Context<'_>, &[Value]) -> Result<Value, Fault>),
    /// Calls functions it is given: answers at once or starts an [`Iteration`] that the machine drives on its own frame stack.
    Iterate(fn(&mut Heap, &[Value]) -> Result<Start, Fault>),
    /// The host answers, perhaps later: the machine suspends (`Outcome::Suspended`) unless [`Host::request`] answers at once.
    Request,
}

impl NativeCall {
    /// The code of a native that works on values alone.
    #[must_use]
    pub const fn pure(self) -> Option<PureCall> {
        match self {
            Self::Pure(call) | Self::Part(call) => Some(call),
            Self::Host(_) | Self::Iterate(_) | Self::Request => None,
        }
    }

    /// The arguments whose sizes tell how long it takes.
    pub(crate) fn sized(self, args: &[Value]) -> &[Value] {
        match self {
            Self::Part(_) => args.get(1..).unwrap_or_default(),
            _ => args,
        }
    }
}

/// How an iterating native begins.
pub enum Start {
    /// Nothing to call.
    Done(Value),
    /// Calls to make.
    Iterate(Box<dyn Iteration>),
}

/// A native that calls functions: a state machine, so that the machine can suspend inside the call.
pub trait Iteration: Send {
    /// The next step. `result` is what the last call returned, `null` at first.
    ///
    /// # Errors
    /// What the native raises.
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault>;

    /// Runs as many of the next calls as a loop of machine code can make, where what is called has loops: some call was made before, and `result`
    /// is what the last one returned. Answers what the last one returned now.
    fn run(&mut self, _: &Heap, result: Value, looping: &mut Looping<'_>) -> Value {
        looping.is_useless();
        result
    }

    /// Makes calls for as long as what is called is machine code; `result` is what the last one answered. Not to be written by natives: each
    /// has its own copy of the loop, in which `next` is known (`#[inline(always)]` there keeps the steps out of memory).
    #[doc(hidden)]
    fn drive(&mut self, caller: &mut Caller<'_>, result: Value) -> Result<Value, Stopped> {
        caller.drive(self, result)
    }
}

/// A step of an [`Iteration`].
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Call `function` with the first `count` of `args`.
    Call {
        /// The function.
        function: Value,
        /// Arguments; `null` behind the first `count`.
        args: [Value; 4],
        /// How many of them.
        count: u8,
    },
    /// Call `function` with the items of the array `args`: more than four arguments, or a number known only at run time.
    CallWith {
        /// The function.
        function: Value,
        /// An array.
        args: Value,
    },
    /// The native's result.
    Done(Value),
}

impl std::fmt::Debug for Start {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done(v) => f.debug_tuple("Done").field(v).finish(),
            Self::Iterate(_) => f.write_str("Iterate"),
        }
    }
}

/// The argument at `index`, `null` if it was not given.
#[inline]
#[must_use]
pub fn arg(args: &[Value], index: usize) -> Value {
    args.get(index).copied().unwrap_or(Value::NULL)
}

/// What a host-using native works with.
pub struct Context<'a> {
    /// The memory.
    pub heap: &'a mut Heap,
    /// The host.
    pub host: &'a mut dyn Host,
    /// The ruleset instance that calls.
    pub instance: u32,
}

/// Levels of the program's log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogLevel {
    /// `log error`
    Error,
    /// `log warn`
    Warn,
    /// `log info`
    Info,
    /// `klog`
    Klog,
    /// `log debug`
    Debug,
}

impl LogLevel {
    /// The word for logs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Klog => "klog",
            Self::Debug => "debug",
        }
    }
}

/// Facts that `event:`, `meta:` and `ctx:` properties tell (krl-runtime §5.1–5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "each is named after the property it answers")]
pub enum Property {
    EventEci,
    EventDomain,
    EventName,
    EventAttrs,
    EventEid,
    EventTime,
    MetaRid,
    MetaRidUrl,
    MetaRulesetConfig,
    MetaPicoId,
    MetaEci,
    MetaHost,
    MetaInEvent,
    MetaInQuery,
    MetaTxnId,
    MetaRuleName,
}

/// A statement `raise …`.
#[derive(Clone, Copy, Debug)]
pub struct Raise {
    /// `null` in the dynamic form.
    pub domain: Value,
    /// The type, or `domain:type`.
    pub event: Value,
    /// `for RID`, or `null`.
    pub for_rid: Value,
    /// Attributes, or `null`.
    pub attributes: Value,
}

/// A statement `schedule …`.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// `repeat` rather than `at`.
    pub repeat: bool,
    /// `null` in the dynamic form.
    pub domain: Value,
    /// The type, or `domain:type`.
    pub event: Value,
    /// When.
    pub time: Value,
    /// Attributes, or `null`.
    pub attributes: Value,
}

/// The world as a running evaluation sees it. `instance` is the ruleset instance whose code asks.
pub trait Host {
    /// Milliseconds since the epoch.
    fn now(&mut self) -> i64;
    /// 64 random bits.
    fn random(&mut self) -> u64;
    /// A fact about event, ruleset or cloud, as a value of `heap`.
    ///
    /// # Errors
    /// Budgets.
    fn property(&mut self, heap: &mut Heap, instance: u32, property: Property) -> Result<Value, Fault>;
    /// Reads an entity variable, or the part of it at `path`.
    ///
    /// # Errors
    /// Budgets, storage.
    fn ent_get(
        &mut self,
        heap: &mut Heap,
        instance: u32,
        name: &str,
        path: Option<Value>,
    ) -> Result<Value, Fault>;
    /// Writes an entity variable, or the part of it at `path`; `null` removes a whole variable.
    ///
    /// # Errors
    /// Budgets, values that cannot be stored, evaluations that may not write.
    fn ent_set(
        &mut self,
        heap: &Heap,
        instance: u32,
        name: &str,
        path: Option<Value>,
        value: Value,
    ) -> Result<(), Fault>;
    /// Removes an entity variable, or the part of it at `path`.
    ///
    /// # Errors
    /// As [`Host::ent_set`].
    fn ent_clear(&mut self, heap: &Heap, instance: u32, name: &str, path: Option<Value>)
    -> Result<(), Fault>;
    /// The statement `raise`.
    ///
    /// # Errors
    /// Missing name, attributes that are no map, budgets.
    fn raise(&mut self, heap: &Heap, instance: u32, raise: Raise) -> Result<(), Fault>;
    /// The statement `schedule`; answers the job record.
    ///
    /// # Errors
    /// Bad times and specs.
    fn schedule(&mut self, heap: &mut Heap, instance: u32, schedule: Schedule) -> Result<Value, Fault>;
    /// `send_directive`; answers the directive.
    ///
    /// # Errors
    /// Budgets.
    fn directive(
        &mut self,
        heap: &mut Heap,
        instance: u32,
        name: Value,
        options: Value,
    ) -> Result<Value, Fault>;
    /// `log` statements, `klog`, and the engine's own debug lines. `data` is the value of the first two.
    fn log(&mut self, heap: &Heap, instance: u32, level: LogLevel, message: &str, data: Option<Value>);
    /// The statement `error level data`.
    ///
    /// # Errors
    /// Budgets.
    fn raise_error(&mut self, heap: &Heap, instance: u32, level: LogLevel, data: Value) -> Result<(), Fault>;
    /// The statement `last`.
    fn last(&mut self);
    /// An iteration of the running rule begins.
    fn rule_selected(&mut self);
    /// The running rule's condition is known.
    fn rule_fired(&mut self, fired: bool);
    /// The value module clause `module` of `instance` provides under `name`, or why there is none.
    ///
    /// # Errors
    /// Unknown modules and members.
    fn module_member(&mut self, instance: u32, module: u16, name: &str) -> Result<Value, Fault>;
    /// Has the evaluation used up its time? Asked about every 8,192 instructions.
    fn deadline_passed(&mut self) -> bool {
        false
    }
    /// A single operation that may take long comes next, or turned out to do so.
    fn takes_long(&mut self) {}
    /// A native of kind [`NativeCall::Request`]: answers at once, or `None` to suspend until `Vm::resume`.
    ///
    /// # Errors
    /// What the native raises; hosts without it say so.
    fn request(
        &mut self,
        heap: &mut Heap,
        instance: u32,
        name: &str,
        args: &[Value],
    ) -> Result<Option<Value>, Fault>;
}
