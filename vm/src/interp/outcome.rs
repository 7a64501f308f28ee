//! How a run ends.

use super::frame::{Calls, ReturnTo};
use crate::fault::Fault;
use crate::heap::UnitTable;
use crate::unit::Function;
use crate::value::Value;
use std::sync::Arc;

/// How a run ends.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// With a value.
    Done(Value),
    /// Not yet: the host will answer the request later, through [`super::Vm::resume`].
    Suspended(Request),
    /// With a failure.
    Failed(Failure),
}

/// What a suspended run waits for: the answer to a native that [`crate::native::Host::request`] has not answered at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Request {
    /// The native's name.
    pub name: &'static str,
    /// The ruleset instance that asked.
    pub instance: u32,
}

/// A failure and where it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Why.
    pub fault: Fault,
    /// The functions that were running, innermost first, at most [`MAX_STACK`] of them. The first entry is the place of the failure.
    pub stack: Vec<StackEntry>,
    /// How many outer functions `stack` leaves out.
    pub omitted: usize,
}

impl Failure {
    /// The unit and the source span of the failing instruction.
    #[must_use]
    pub fn place(&self) -> Option<(u32, (u32, u32))> {
        let entry = self.stack.iter().find(|e| e.span.is_some())?;
        Some((entry.unit, entry.span?))
    }
}

/// A running function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StackEntry {
    /// Its name; natives that call functions stand here too.
    pub function: Arc<str>,
    /// Number of the unit the code is in.
    pub unit: u32,
    /// The source span it was at; none for natives.
    pub span: Option<(u32, u32)>,
}

/// Length of a failure's stack.
pub const MAX_STACK: usize = 64;

/// The source span of the instruction at `at`.
pub(crate) fn span_at(function: &Function, at: u32) -> Option<(u32, u32)> {
    let next = function.spans.partition_point(|&(start, ..)| start <= at);
    let (_, from, to) = function.spans.get(next.checked_sub(1)?)?;
    Some((*from, *to))
}

/// Puts the place to a fault. Frames keep the instruction behind the one they are at.
#[cold]
pub(super) fn failure(fault: Fault, calls: &Calls, units: &UnitTable) -> Failure {
    let mut stack = Vec::new();
    let mut iterations = calls.iterations.iter().rev();
    let mut push_native = |unit: u32, stack: &mut Vec<StackEntry>| {
        let Some(running) = iterations.next() else { return false };
        stack.push(StackEntry { function: running.name.into(), unit, span: None });
        running.to == ReturnTo::Iteration
    };
    for frame in calls.frames.iter().rev().take(MAX_STACK) {
        let loaded = units.unit(frame.unit);
        let Some(function) = loaded.and_then(|u| u.functions().get(frame.function as usize)) else {
            continue;
        };
        let span = span_at(function, frame.pc.saturating_sub(1));
        stack.push(StackEntry { function: Arc::clone(&function.name), unit: frame.unit, span });
        if frame.to == ReturnTo::Iteration {
            while push_native(frame.unit, &mut stack) {}
        }
    }
    let omitted = calls.frames.len().saturating_sub(MAX_STACK);
    Failure { fault, stack, omitted }
}
