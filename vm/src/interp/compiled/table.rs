//! The code of a unit's functions, as it comes.

use super::{Address, Code, Loops};
use crate::load::LoadedUnit;
use std::any::Any;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// The code of one function; null while there is none. `repr(C)`: compiled code reads it.
#[derive(Debug, Default)]
#[repr(C)]
pub struct Entry {
    /// With the arguments in registers, for callers that know the function.
    direct: AtomicPtr<()>,
    /// A [`Code`].
    any: AtomicPtr<()>,
    /// Its [`Loops`]; null where it has none.
    loops: AtomicPtr<()>,
    /// How often the interpreter has begun it.
    calls: AtomicU32,
    /// Has somebody set out to compile it?
    claimed: AtomicBool,
}

impl Entry {
    /// Its code for every caller, if there is any.
    #[inline]
    pub(super) fn code(&self) -> Option<Code> {
        let code = self.any.load(Ordering::Acquire);
        if code.is_null() {
            return None;
        }
        // SAFETY: `CodeTable::publish` stores pointers to functions of this type only, and keeps their memory as long as the table.
        Some(unsafe { std::mem::transmute::<*mut (), Code>(code) })
    }

    /// The entry that takes its arguments one by one; null while there is no code.
    pub(super) fn direct(&self) -> *const () {
        self.direct.load(Ordering::Acquire)
    }

    /// Its loops, if it has any.
    pub(super) fn loops(&self) -> Option<Loops> {
        let loops = self.loops.load(Ordering::Acquire);
        if loops.is_null() {
            return None;
        }
        // SAFETY: as for `code`.
        Some(unsafe { std::mem::transmute::<*mut (), Loops>(loops) })
    }

    /// Counts a call by the interpreter: how many there were before. Counts of several threads at once may be lost.
    #[inline]
    pub(super) fn count(&self) -> u32 {
        let calls = self.calls.load(Ordering::Relaxed);
        self.calls.store(calls.saturating_add(1), Ordering::Relaxed);
        calls
    }
}

/// Where a function's code begins.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// For callers that know it: arguments one by one.
    pub direct: *const u8,
    /// A [`Code`].
    pub any: *const u8,
    /// Its [`Loops`]; null where it has none.
    pub loops: *const u8,
}

/// How many instructions of a unit can remember where they found a key.
pub const PLACES: usize = 256;

/// The code of a unit's functions.
#[derive(Default)]
pub struct CodeTable {
    entries: Box<[Entry]>,
    /// The ways to helpers that change no register; null while there is no code.
    slow: AtomicPtr<Address>,
    /// Where instructions that read maps last found their keys. Instructions share places; a wrong guess costs one look.
    places: Box<[AtomicU8]>,
    /// What owns the memory of the code.
    memory: Mutex<Vec<Box<dyn Any + Send>>>,
    /// What compilers know the unit by; none where it has no such thing.
    identity: OnceLock<Option<[u8; 32]>>,
}

impl CodeTable {
    /// A table for this many functions, without code.
    #[must_use]
    pub fn new(functions: usize) -> Self {
        Self {
            entries: (0..functions).map(|_| Entry::default()).collect(),
            places: (0..PLACES).map(|_| AtomicU8::new(0)).collect(),
            ..Self::default()
        }
    }

    /// The entry of a function.
    #[inline]
    #[must_use]
    pub fn entry(&self, function: u32) -> Option<&Entry> {
        self.entries.get(function as usize)
    }

    /// Has the function code?
    #[must_use]
    pub fn is_compiled(&self, function: u32) -> bool {
        self.entry(function).is_some_and(|e| e.code().is_some())
    }

    /// Claims a function for compiling: true for the first who asks.
    #[must_use]
    pub fn claim(&self, function: u32) -> bool {
        self.entry(function).is_some_and(|e| !e.claimed.swap(true, Ordering::Relaxed))
    }

    /// Gives a claim up, for others to try.
    pub fn disclaim(&self, function: u32) {
        if let Some(entry) = self.entry(function) {
            entry.claimed.store(false, Ordering::Relaxed);
        }
    }

    /// What a compiler knows the unit by; `make` is asked once.
    #[must_use]
    pub fn identity(&self, make: impl FnOnce() -> Option<[u8; 32]>) -> Option<[u8; 32]> {
        *self.identity.get_or_init(make)
    }

    /// All entries.
    pub(super) fn as_ptr(&self) -> *const Entry {
        self.entries.as_ptr()
    }

    /// Where keys were found.
    pub(super) fn places(&self) -> *const AtomicU8 {
        self.places.as_ptr()
    }

    /// Where the ways to helpers that change no register are, once there is code.
    pub(super) const fn slow(&self) -> *const AtomicPtr<Address> {
        &raw const self.slow
    }

    /// Makes code public: for each function its entries, and the ways to helpers that they use. `memory` owns all of this; it lives as long as
    /// the table.
    ///
    /// # Safety
    /// The pointers must be functions in `memory` that keep the agreement of [`super`]: each is of the type that [`Entries`] tells, for this very
    /// function of this unit. `slow` is a table like [`super::HELPERS`], of code that changes no
    /// register and leaves what the helper answers in [`super::Env::answer`]; the same in all calls.
    pub unsafe fn publish(
        &self,
        functions: impl IntoIterator<Item = (u32, Entries)>,
        slow: *const Address,
        memory: Box<dyn Any + Send>,
    ) {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner).push(memory);
        self.slow.store(slow.cast_mut(), Ordering::Release);
        for (function, made) in functions {
            if let Some(entry) = self.entry(function) {
                entry.direct.store(made.direct.cast_mut().cast(), Ordering::Release);
                entry.loops.store(made.loops.cast_mut().cast(), Ordering::Release);
                entry.any.store(made.any.cast_mut().cast(), Ordering::Release);
            }
        }
    }
}

impl fmt::Debug for CodeTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let compiled = self.entries.iter().filter(|e| e.code().is_some()).count();
        f.debug_struct("CodeTable")
            .field("functions", &self.entries.len())
            .field("compiled", &compiled)
            .finish()
    }
}

/// Decides what is compiled, and sees to it.
pub trait Tier: fmt::Debug + Send + Sync {
    /// A function of the unit begins in the interpreter, which has begun it `calls` times before. What is to be done now must be short:
    /// the evaluation waits.
    fn called(&self, unit: &Arc<LoadedUnit>, function: u32, calls: u32);

    /// What it has done so far.
    fn statistics(&self) -> Statistics;
}

/// What a [`Tier`] has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Functions that were compiled.
    pub compiled: u64,
    /// Functions that were refused.
    pub refused: u64,
    /// Bytes of code in memory now.
    pub live_bytes: u64,
    /// Nanoseconds spent compiling.
    pub nanoseconds: u64,
    /// Functions whose code came from the cache.
    pub cache_hits: u64,
    /// Functions that were compiled because the cache did not have their code.
    pub cache_misses: u64,
    /// Entries of the cache that were damaged or not its own.
    pub cache_damaged: u64,
}
