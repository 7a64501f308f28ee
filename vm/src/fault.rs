//! Why an evaluation stops: typed, without place (the interpreter adds span and stack).

use std::fmt;

/// A run-time failure. One word wide, so that `Result<Value, Fault>` stays in registers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(Box<FaultKind>);

/// Kinds of failures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// A value of the wrong type, in the reference's words.
    Type(String),
    /// Anything else a program can do wrong.
    Error(String),
    /// A budget is used up (`spec/decisions.md` R5).
    Limit(Limit),
    /// What a cloud keeps could not be read.
    Storage(String),
    /// The engine broke a promise of its own; never the program's fault.
    Internal(String),
}

/// Budgets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Instructions.
    Instructions,
    /// Memory of one event or query.
    Memory,
    /// Nested calls.
    Depth,
    /// Events raised in one transaction.
    Cascade,
    /// Steps of a regular expression.
    RegexpSteps,
    /// Wall-clock time.
    Deadline,
}

impl Fault {
    /// A value of the wrong type.
    #[must_use]
    pub fn type_error(message: impl Into<String>) -> Self {
        Self(Box::new(FaultKind::Type(message.into())))
    }

    /// Any other failure of the program.
    #[must_use]
    pub fn error(message: impl Into<String>) -> Self {
        Self(Box::new(FaultKind::Error(message.into())))
    }

    /// A used-up budget.
    #[must_use]
    pub fn limit(limit: Limit) -> Self {
        Self(Box::new(FaultKind::Limit(limit)))
    }

    /// Storage that fails.
    #[must_use]
    pub fn storage(message: impl Into<String>) -> Self {
        Self(Box::new(FaultKind::Storage(message.into())))
    }

    /// A broken promise of the engine.
    #[must_use]
    pub fn internal(message: impl Into<String>) -> Self {
        Self(Box::new(FaultKind::Internal(message.into())))
    }

    /// What happened.
    #[must_use]
    pub fn kind(&self) -> &FaultKind {
        &self.0
    }

    /// A stable word for programs: `type_error`, `error`, `limit_memory`, `storage`, `internal`.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match &*self.0 {
            FaultKind::Type(_) => "type_error",
            FaultKind::Error(_) => "error",
            FaultKind::Limit(Limit::Instructions) => "limit_instructions",
            FaultKind::Limit(Limit::Memory) => "limit_memory",
            FaultKind::Limit(Limit::Depth) => "limit_depth",
            FaultKind::Limit(Limit::Cascade) => "limit_cascade",
            FaultKind::Limit(Limit::RegexpSteps) => "limit_regexp_steps",
            FaultKind::Limit(Limit::Deadline) => "limit_deadline",
            FaultKind::Storage(_) => "storage",
            FaultKind::Internal(_) => "internal",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.0 {
            FaultKind::Type(m) | FaultKind::Error(m) | FaultKind::Storage(m) => f.write_str(m),
            FaultKind::Limit(limit) => f.write_str(match limit {
                Limit::Instructions => "the evaluation ran more instructions than its budget allows",
                Limit::Memory => "the evaluation needs more memory than its budget allows",
                Limit::Depth => "Maximum call stack size exceeded",
                Limit::Cascade => "the event raised more events than its budget allows",
                Limit::RegexpSteps => "the regular expression needs more steps than its budget allows",
                Limit::Deadline => "the evaluation took longer than its deadline allows",
            }),
            FaultKind::Internal(m) => write!(f, "internal error: {m}"),
        }
    }
}

impl std::error::Error for Fault {}
