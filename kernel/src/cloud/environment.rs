//! What a cloud gets from outside: budgets, randomness, and who reads its log and trace. Time comes by [`super::Cloud::advance_to`].

use crate::library::Library;
use crate::machine::Reason;
use krl_vm::data::Data;
use krl_vm::native::LogLevel;
use std::fmt;
use std::sync::Arc;

/// Budgets (decision R5). Exceeding one is an error of the reaction that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budgets {
    /// Instructions of one ruleset's reaction to one event, or of a query.
    pub instructions: u64,
    /// Instructions of an event with all it raises.
    pub event_instructions: u64,
    /// Bytes of values at a time.
    pub memory_bytes: usize,
    /// Nested calls.
    pub depth: u32,
    /// Events raised by an event and by what it raises.
    pub cascade: u32,
    /// How many events sent between clouds may follow from one.
    pub hops: u32,
}

impl Default for Budgets {
    fn default() -> Self {
        Self {
            instructions: 20_000_000,
            event_instructions: 60_000_000,
            memory_bytes: 64 << 20,
            depth: 10_000,
            cascade: 10_000,
            hops: 100,
        }
    }
}

/// An entry of a program's log (`krl-runtime.md` §10).
#[derive(Clone, Debug, PartialEq)]
pub struct LogEntry {
    /// How urgent.
    pub level: LogLevel,
    /// The ruleset whose code logs.
    pub rid: Arc<str>,
    /// Event or query it belongs to.
    pub txn_id: Arc<str>,
    /// What the program logs: any value.
    pub message: Data,
    /// The value of a `klog`.
    pub value: Option<Data>,
}

/// How a rule fared with an event it is salient for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was not selected.
    NotSelected(Reason),
    /// It was selected; for each iteration of its body whether it fired, and the entity variables that changed.
    Selected {
        /// One entry per iteration.
        fired: Vec<bool>,
        /// Names of entity variables.
        changed: Vec<Arc<str>>,
    },
    /// It raised an error.
    Failed,
}

/// What happened with one rule for one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEntry {
    /// The event's transaction.
    pub eid: Arc<str>,
    /// The event's domain.
    pub domain: Arc<str>,
    /// The event's type.
    pub name: Arc<str>,
    /// The ruleset.
    pub rid: Arc<str>,
    /// The rule.
    pub rule: Arc<str>,
    /// What became of it.
    pub verdict: Verdict,
}

/// A reader of entries.
pub type Sink<T> = Box<dyn FnMut(T) + Send>;

/// What a cloud is made with.
pub struct Environment {
    /// The code it may run.
    pub library: Library,
    /// What its ids and `random:*` follow from.
    pub seed: u64,
    /// Milliseconds since the epoch, to begin with.
    pub now: i64,
    /// Budgets.
    pub budgets: Budgets,
    /// What `meta:host` answers.
    pub host: Option<Arc<str>>,
    /// Reads the log.
    pub log: Option<Sink<LogEntry>>,
    /// Reads the trace; none costs nothing.
    pub trace: Option<Sink<TraceEntry>>,
    /// Tells whether the running evaluation has used up its time; asked about every 8,192 instructions.
    pub overdue: Option<Box<dyn FnMut() -> bool + Send>>,
}

impl Default for Environment {
    fn default() -> Self {
        Self {
            library: Library::new(krl_stdlib::natives()),
            seed: 0,
            now: 0,
            budgets: Budgets::default(),
            host: None,
            log: None,
            trace: None,
            overdue: None,
        }
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").field("seed", &self.seed).field("budgets", &self.budgets).finish()
    }
}
