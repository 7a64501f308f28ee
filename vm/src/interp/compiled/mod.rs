//! Functions as machine code: the agreement between the machine and the compiler that makes it (`krl-jit`).
//!
//! Compiled code keeps values in the processor's registers and calls other compiled functions directly, without frames of ours. It does
//! only what is common: whenever something else is wanted (a fault, a function that is not compiled, a stack that runs low) it *leaves*.
//! Every native frame then notes down which function it is, where it stands and what its registers hold; the machine makes
//! its own frames of these notes, and the interpreter goes on as if it had run all along (`enter`). So there is one description of
//! failures, stacks, suspensions and budgets: the interpreter's.
//!
//! What must be equal on both sides is in this module: the layout of [`Env`], [`Entry`] and [`Stretch`], and the helpers ([`HELPERS`]).
#![expect(unsafe_code, reason = "machine code is called through pointers; each use gives its proof")]

mod calls;
mod drive;
mod enter;
mod helpers;
mod loops;
mod table;

pub use calls::NOT_CALLED;
pub use drive::{Caller, Stopped};
pub(super) use enter::Compiled;
pub use enter::MAX_COMPILED_REGISTERS;
pub use helpers::{Address, HELPERS, Helper};
pub use loops::{Form, GAVE_UP, Looping, Loops, Merge, NO_LOOP, RAN, Stretch};
pub use table::{CodeTable, Entries, Entry, PLACES, Statistics, Tier};

use super::Vm;
use crate::load::LoadedUnit;
use crate::native::Host;
use crate::value::Value;
use std::cell::Cell;
use std::sync::atomic::{AtomicPtr, AtomicU8};

/// Whether functions are compiled: the setting `jit` of a host, `KRL_JIT` of the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JitMode {
    /// Never.
    Off,
    /// Those that are called often.
    #[default]
    On,
    /// Each before it first runs: for tests.
    Force,
}

impl std::str::FromStr for JitMode {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "off" => Ok(Self::Off),
            "on" => Ok(Self::On),
            "force" => Ok(Self::Force),
            _ => Err("must be `off`, `on` or `force`"),
        }
    }
}

/// What compiled code finds its surroundings through: one for each ruleset instance, made anew for each evaluation.
#[derive(Debug)]
#[repr(C)]
pub struct Env {
    /// The instance's globals.
    pub globals: *const Value,
    /// The constants of its unit.
    pub constants: *const Value,
    /// The code of its unit's functions.
    pub code: *const Entry,
    /// [`HELPERS`].
    pub helpers: *const Address,
    /// Where the unit has the ways to helpers that change no register (`CodeTable::publish`).
    pub slow: *const AtomicPtr<Address>,
    /// Where keys were found in maps, [`PLACES`] of them.
    pub places: *const AtomicU8,
    /// What a helper has answered on such a way.
    pub answer: Cell<Answer>,
    /// Below this address of the stack, functions leave instead of going deeper.
    pub stack_limit: usize,
    /// The machine, while compiled code runs.
    pub(super) vm: *mut Vm,
    /// Its host, while compiled code runs.
    pub(super) host: Option<*mut dyn Host>,
    /// The unit.
    pub(super) loaded: *const LoadedUnit,
    /// The instance's number.
    pub instance: u32,
    /// Its unit's number.
    pub unit: u32,
}

/// What compiled code and its helpers give back: a value, or [`EXIT`], and the instructions left of the slice.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Answer {
    /// Bits of a [`Value`], or [`EXIT`]; a number of another meaning from some helpers.
    pub value: u64,
    /// Instructions left of the slice.
    pub fuel: i64,
}

/// "I left": no value has these bits.
pub const EXIT: u64 = Value::UNSET.bits() + 1;

/// The form every compiled function has for callers that know nothing of it: environment, how many more calls may nest, instructions left
/// of the slice, the closure, and its arguments, as many as it has parameters.
pub type Code = unsafe extern "C" fn(*const Env, u64, i64, u64, *const Value) -> Answer;
