//! Verification of units: nothing runs that has not passed here, whether it comes from our compiler or from a forged file.
//!
//! A verified unit cannot make the machine read outside its tables, run off the end of its code, loop without passing a
//! [`crate::op::Op::LoopHead`], or read a register before it was written. Time and memory are linear in the unit's size, and nothing recurses
//! over its nesting. `code` checks single instructions, `assignment` the registers, `rules` what selects rules.

mod assignment;
mod code;
pub use code::{ends, reads, target};
mod rules;

use crate::unit::{Constant, Function, FunctionId, FunctionKind, MAX_CONSTANT_DEPTH, Prologue, Unit};
use std::collections::HashSet;
use std::fmt;
use std::ops::Deref;

/// A unit that passed verification. There is no other way to make one than [`verify`].
#[derive(Clone, Debug, PartialEq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// The unit itself.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// Why a unit is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyError {
    /// What is wrong.
    pub reason: Reason,
    /// The function it is in.
    pub function: Option<FunctionId>,
    /// The instruction it is at.
    pub at: Option<u32>,
}

/// What is wrong with a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// A table has more entries than allowed.
    TooLarge,
    /// Constants nest deeper than [`MAX_CONSTANT_DEPTH`].
    ConstantDepth,
    /// A constant map has a key twice.
    DuplicateKey,
    /// A regular expression does not compile.
    Pattern,
    /// A byte that is no operation.
    Operation,
    /// A flags byte with a meaning the operation does not know.
    Flags,
    /// An operand that must be zero is not.
    Unused,
    /// A register outside the frame.
    Register,
    /// An index outside its table.
    Index,
    /// A constant of another kind than the operand needs.
    ConstantKind,
    /// A function that cannot stand in this place: wrong kind, parameters or captures.
    FunctionShape,
    /// Only the `global` block may set globals.
    SetGlobal,
    /// A jump out of the function.
    JumpTarget,
    /// A backward jump to anything but a loop head.
    BackwardJump,
    /// Code that runs over its end.
    FallsOff,
    /// A register that is read before it is written.
    Unassigned,
    /// A loop that is entered elsewhere than at its head.
    LoopEntry,
    /// Source spans that do not ascend or lie outside of the source.
    Span,
    /// An event automaton without start and end, or with edges out of order.
    Automaton,
}

impl fmt::Display for VerifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.reason {
            Reason::TooLarge => "a table is too large",
            Reason::ConstantDepth => "constants nest too deep",
            Reason::DuplicateKey => "a constant map has a key twice",
            Reason::Pattern => "a regular expression does not compile",
            Reason::Operation => "unknown operation",
            Reason::Flags => "unknown flags",
            Reason::Unused => "an unused operand is not zero",
            Reason::Register => "a register outside the frame",
            Reason::Index => "an index outside its table",
            Reason::ConstantKind => "a constant of the wrong kind",
            Reason::FunctionShape => "a function of the wrong shape",
            Reason::SetGlobal => "a global is set outside the global block",
            Reason::JumpTarget => "a jump out of the function",
            Reason::BackwardJump => "a backward jump to something else than a loop head",
            Reason::FallsOff => "code runs over its end",
            Reason::Unassigned => "a register is read before it is written",
            Reason::LoopEntry => "a loop is entered beside its head",
            Reason::Span => "source spans out of order",
            Reason::Automaton => "a malformed event automaton",
        })?;
        if let Some(function) = self.function {
            write!(f, " in function {function}")?;
        }
        if let Some(at) = self.at {
            write!(f, " at instruction {at}")?;
        }
        Ok(())
    }
}

impl std::error::Error for VerifyError {}

impl From<Reason> for VerifyError {
    fn from(reason: Reason) -> Self {
        Self { reason, function: None, at: None }
    }
}

/// Entries of any table of names or functions; indexes have 16 bits.
const MAX_TABLE: usize = 1 << 16;
/// Constants, nested ones included, and instructions of a function.
const MAX_LONG_TABLE: usize = 1 << 20;

/// Checks a unit.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(unit: Unit) -> Result<Verified<Unit>, VerifyError> {
    sizes(&unit)?;
    constants(&unit)?;
    for shape in &unit.shapes {
        demand(usize::from(shape.positional) + shape.names.len() < MAX_TABLE, Reason::TooLarge)?;
    }
    entry_points(&unit)?;
    for rule in &unit.rules {
        rules::verify(&unit, rule)?;
    }
    for (id, function) in unit.functions.iter().enumerate() {
        let id = id as FunctionId;
        let locate = |e: VerifyError| VerifyError { function: Some(id), ..e };
        spans(&unit, function).map_err(locate)?;
        code::verify(&unit, id, function).map_err(locate)?;
        assignment::verify(&unit, function).map_err(locate)?;
    }
    Ok(Verified(unit))
}

fn demand(condition: bool, reason: Reason) -> Result<(), Reason> {
    if condition { Ok(()) } else { Err(reason) }
}

fn sizes(unit: &Unit) -> Result<(), Reason> {
    let tables = [
        unit.natives.len(),
        unit.shapes.len(),
        unit.functions.len(),
        unit.globals.len(),
        unit.prologue.len(),
        unit.uses.len(),
        unit.shares.len(),
        unit.provides.len(),
        unit.rules.len(),
    ];
    demand(tables.iter().all(|&len| len < MAX_TABLE), Reason::TooLarge)?;
    let long = unit.functions.iter().flat_map(|f| [f.code.len(), f.spans.len(), f.params.len()]);
    demand(long.max().unwrap_or(0) <= MAX_LONG_TABLE, Reason::TooLarge)
}

fn constants(unit: &Unit) -> Result<(), Reason> {
    let mut open: Vec<(&Constant, usize)> = unit.constants.iter().map(|c| (c, 0)).collect();
    let mut seen = 0;
    while let Some((constant, depth)) = open.pop() {
        seen += 1;
        demand(seen + open.len() <= MAX_LONG_TABLE, Reason::TooLarge)?;
        demand(depth <= MAX_CONSTANT_DEPTH, Reason::ConstantDepth)?;
        match constant {
            Constant::RegExp { source, flags } => {
                krl_regexp::validate(source, flags).map_err(|_| Reason::Pattern)?;
            }
            Constant::Native(index) => demand(usize::from(*index) < unit.natives.len(), Reason::Index)?,
            Constant::Array(items) => open.extend(items.iter().map(|item| (item, depth + 1))),
            Constant::Map(entries) => {
                let mut keys = HashSet::with_capacity(entries.len());
                demand(entries.iter().all(|(key, _)| keys.insert(&**key)), Reason::DuplicateKey)?;
                open.extend(entries.iter().map(|(_, item)| (item, depth + 1)));
            }
            Constant::Null | Constant::Bool(_) | Constant::Number(_) | Constant::String(_) => {}
        }
    }
    Ok(())
}

/// A function that the kernel starts: it captures nothing, and has these parameters.
fn entry(unit: &Unit, id: FunctionId, kind: FunctionKind, params: usize) -> Result<(), Reason> {
    let function = unit.functions.get(id as usize).ok_or(Reason::Index)?;
    let fits = function.kind == kind && function.captures == 0 && function.params.len() == params;
    demand(fits, Reason::FunctionShape)
}

fn entry_points(unit: &Unit) -> Result<(), Reason> {
    let global = |index: u16| demand(usize::from(index) < unit.globals.len(), Reason::Index);
    for step in &unit.prologue {
        match *step {
            Prologue::Use(clause) => demand(usize::from(clause) < unit.uses.len(), Reason::Index)?,
            Prologue::Configure { global: index, default } => {
                global(index)?;
                entry(unit, default, FunctionKind::Fragment, 0)?;
            }
        }
    }
    let fragments = unit.uses.iter().filter_map(|clause| clause.values).chain(unit.global);
    for fragment in fragments {
        entry(unit, fragment, FunctionKind::Fragment, 0)?;
    }
    let spans = unit.uses.iter().map(|u| u.span).chain(unit.rules.iter().map(|r| r.span));
    for span in spans {
        span_inside(unit, span)?;
    }
    unit.shares.iter().try_for_each(|shared| global(shared.global))?;
    unit.provides.iter().try_for_each(|&(_, index)| global(index))
}

fn span_inside(unit: &Unit, (from, to): (u32, u32)) -> Result<(), Reason> {
    demand(from <= to && to as usize <= unit.source.len(), Reason::Span)
}

fn spans(unit: &Unit, function: &Function) -> Result<(), VerifyError> {
    let mut next = 0;
    for &(at, from, to) in &function.spans {
        demand(at >= next && (at as usize) < function.code.len(), Reason::Span)?;
        span_inside(unit, (from, to))?;
        next = at + 1;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
