//! What is compiled, and when.

use crate::compile::{Compiler, NoCode};
use krl_vm::interp::compiled::{JitMode, Tier};
use krl_vm::load::LoadedUnit;
use krl_vm::op::{Insn, Op};
use krl_vm::unit::FunctionKind;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Weak};

/// When functions are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// After this many calls, on a thread of its own: evaluations never wait.
    Hot(u32),
    /// At the first call, before it runs.
    Force,
    /// Before its first, second, … or twentieth call, as the seed and its number say: for tests of the ways in and out.
    Scattered(u64),
}

impl Mode {
    /// Calls before a function is worth the price of its code: about the time it takes to make it.
    pub const HOT: Self = Self::Hot(2_000);
}

/// What the compiler has done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Functions with code.
    pub functions: u64,
    /// Functions that were refused.
    pub refused: u64,
    /// Bytes of code made.
    pub bytes: u64,
    /// Nanoseconds spent.
    pub nanoseconds: u64,
}

#[derive(Default)]
struct Counts {
    functions: AtomicU64,
    refused: AtomicU64,
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

/// Compiles functions that are called often.
pub struct Jit {
    mode: Mode,
    shop: Arc<Shop>,
    orders: Option<SyncSender<Order>>,
}

/// A function to compile. Units that are gone by then need no code.
type Order = (Weak<LoadedUnit>, u32);

/// Orders that wait; more are dropped and come again with a later call.
const MAX_ORDERS: usize = 1_024;

struct Shop {
    compiler: Compiler,
    counts: Counts,
}

impl fmt::Debug for Jit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jit").field("mode", &self.mode).field("statistics", &self.statistics()).finish()
    }
}

impl Jit {
    /// A compiler that works in this mode.
    ///
    /// # Errors
    /// Machines it makes no code for; no thread.
    pub fn new(mode: Mode) -> Result<Self, NoCode> {
        let compiler = Compiler::new()?;
        let shop = Arc::new(Shop { compiler, counts: Counts::default() });
        let mut orders = None;
        if let Mode::Hot(_) = mode {
            let (sender, receiver) = sync_channel(MAX_ORDERS);
            let worker = Arc::clone(&shop);
            let thread = std::thread::Builder::new().name("krl-jit".to_owned());
            thread.spawn(move || worker.work(&receiver)).map_err(|e| NoCode::Failed(e.to_string()))?;
            orders = Some(sender);
        }
        Ok(Self { mode, shop, orders })
    }

    /// What compiles in this mode; nothing where it is off, or on and this machine gets no code.
    ///
    /// # Errors
    /// As [`Self::new`], where code is forced.
    pub fn tier(mode: JitMode) -> Result<Option<Arc<dyn Tier>>, NoCode> {
        match mode {
            JitMode::Off => Ok(None),
            JitMode::On => Ok(Self::new(Mode::HOT).ok().map(|jit| -> Arc<dyn Tier> { Arc::new(jit) })),
            JitMode::Force => Ok(Some(Arc::new(Self::new(Mode::Force)?))),
        }
    }

    /// What it has done so far.
    #[must_use]
    pub fn statistics(&self) -> Statistics {
        let counts = &self.shop.counts;
        let [functions, refused, bytes, nanoseconds] =
            [&counts.functions, &counts.refused, &counts.bytes, &counts.nanoseconds]
                .map(|count| count.load(Ordering::Relaxed));
        Statistics { functions, refused, bytes, nanoseconds }
    }
}

impl Tier for Jit {
    fn called(&self, unit: &Arc<LoadedUnit>, function: u32, calls: u32) {
        match self.mode {
            Mode::Hot(threshold) => {
                // Again from time to time: the order may have been dropped.
                if calls >= threshold
                    && calls.is_multiple_of(threshold.max(1))
                    && is_worth_it(unit, function)
                    && unit.code().claim(function)
                {
                    let order = (Arc::downgrade(unit), function);
                    if self.orders.as_ref().is_none_or(|orders| orders.try_send(order).is_err()) {
                        unit.code().disclaim(function);
                    }
                }
            }
            Mode::Force => self.shop.compile_once(unit, function),
            Mode::Scattered(seed) => {
                let spread = (seed ^ u64::from(function).wrapping_mul(0x9E37_79B9_7F4A_7C15))
                    .wrapping_mul(0xD134_2543_DE82_EF95);
                if u64::from(calls) >= (spread >> 40) % 20 {
                    self.shop.compile_once(unit, function);
                }
            }
        }
    }
}

impl Shop {
    fn compile_once(&self, unit: &Arc<LoadedUnit>, function: u32) {
        if unit.code().claim(function) {
            self.compile(unit, function);
        }
    }

    fn work(&self, orders: &Receiver<Order>) {
        while let Ok((unit, function)) = orders.recv() {
            if let Some(unit) = unit.upgrade() {
                self.compile(&unit, function);
            }
        }
    }

    fn compile(&self, unit: &Arc<LoadedUnit>, function: u32) {
        let begun = std::time::Instant::now();
        match self.compiler.compile(unit, function) {
            Ok(made) => {
                self.counts.functions.fetch_add(1, Ordering::Relaxed);
                self.counts.bytes.fetch_add(made.memory.bytes as u64, Ordering::Relaxed);
                // SAFETY: both entries are this function of this unit, compiled by the agreement; `memory` owns them.
                #[expect(unsafe_code, reason = "the machine calls what is published")]
                unsafe {
                    unit.code().publish([(function, made.direct, made.any)], Box::new(made.memory));
                }
            }
            Err(_) => {
                self.counts.refused.fetch_add(1, Ordering::Relaxed);
            }
        }
        let spent = u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.counts.nanoseconds.fetch_add(spent, Ordering::Relaxed);
    }
}

/// Does machine code gain more than the way into it costs? Functions are called by compiled code too; the bodies and conditions of rules only
/// by the interpreter, and many do little but ask the machine for this and that.
fn is_worth_it(unit: &LoadedUnit, function: u32) -> bool {
    let Some(function) = unit.functions().get(function as usize) else { return false };
    if matches!(function.kind, FunctionKind::Function | FunctionKind::Action) {
        return true;
    }
    let gain = |insn: &Insn| match insn.op() {
        Some(Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Rem | Op::Call | Op::Index) => 3,
        Some(Op::Eq | Op::Ne | Op::Lt | Op::Le | Op::Gt | Op::Ge) => 2,
        Some(Op::LoopHead) => LEAST_GAIN,
        _ => 0,
    };
    function.code.iter().map(gain).sum::<u32>() >= LEAST_GAIN
}

/// The way in costs about as much as a dozen small instructions.
const LEAST_GAIN: u32 = 12;
