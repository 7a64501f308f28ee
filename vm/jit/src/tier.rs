//! What is compiled, and when.

use crate::cache::{self, CodeCache};
use crate::code::Code;
use crate::compile::{Compiler, NoCode};
use krl_vm::interp::compiled::{Entries, JitMode, Statistics, Tier};
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

/// What a [`Jit`] is made with.
#[derive(Default)]
pub struct Options {
    /// Where code is kept between runs.
    pub cache: Option<Arc<dyn CodeCache>>,
    /// Is told the name, address and length of all code that can be called.
    pub published: Option<Published>,
}

/// Takes a name like `krl:RID:function`, an address and a number of bytes.
pub type Published = Box<dyn Fn(&str, usize, usize) + Send + Sync>;

#[derive(Default)]
struct Counts {
    functions: AtomicU64,
    refused: AtomicU64,
    nanoseconds: AtomicU64,
    cache_hits: AtomicU64,
    cache_misses: AtomicU64,
    /// Entries of the cache that were whole, but no code.
    unreadable: AtomicU64,
}

/// Compiles functions that are called often.
pub struct Jit {
    mode: Mode,
    shop: Arc<Shop>,
    orders: Option<SyncSender<Order>>,
}

/// A function that needs code. Units that are gone by then need none.
struct Order {
    unit: Weak<LoadedUnit>,
    function: u32,
    want: Want,
}

/// What to do for a function without code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    /// Take its code from the cache, if it is there.
    Kept,
    /// Make its code if it is not there.
    Made,
}

/// Orders that wait; more are dropped and come again with a later call.
const MAX_ORDERS: usize = 1_024;

struct Shop {
    compiler: Compiler,
    compiler_key: [u8; 32],
    options: Options,
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
    pub fn new(mode: Mode, options: Options) -> Result<Self, NoCode> {
        let compiler = Compiler::new()?;
        let compiler_key = cache::compiler_key(&compiler);
        let shop = Arc::new(Shop { compiler, compiler_key, options, counts: Counts::default() });
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
    pub fn tier(mode: JitMode, options: Options) -> Result<Option<Arc<dyn Tier>>, NoCode> {
        let made = match mode {
            JitMode::Off => return Ok(None),
            JitMode::On => Self::new(Mode::HOT, options).ok(),
            JitMode::Force => Some(Self::new(Mode::Force, options)?),
        };
        Ok(made.map(|jit| -> Arc<dyn Tier> { Arc::new(jit) }))
    }

    fn order(&self, unit: &Arc<LoadedUnit>, function: u32, want: Want) {
        if unit.code().claim(function) {
            let order = Order { unit: Arc::downgrade(unit), function, want };
            if self.orders.as_ref().is_none_or(|orders| orders.try_send(order).is_err()) {
                unit.code().disclaim(function);
            }
        }
    }
}

impl Tier for Jit {
    fn called(&self, unit: &Arc<LoadedUnit>, function: u32, calls: u32) {
        match self.mode {
            Mode::Hot(threshold) => {
                // Again from time to time: the order may have been dropped.
                let due = calls >= threshold && calls.is_multiple_of(threshold.max(1));
                let first = calls == 0 && self.shop.options.cache.is_some();
                if (due || first) && is_worth_it(unit, function) {
                    self.order(unit, function, if due { Want::Made } else { Want::Kept });
                }
            }
            Mode::Force => self.shop.make_once(unit, function),
            Mode::Scattered(seed) => {
                let spread = (seed ^ u64::from(function).wrapping_mul(0x9E37_79B9_7F4A_7C15))
                    .wrapping_mul(0xD134_2543_DE82_EF95);
                if u64::from(calls) >= (spread >> 40) % 20 {
                    self.shop.make_once(unit, function);
                }
            }
        }
    }

    fn statistics(&self) -> Statistics {
        let counts = &self.shop.counts;
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        let damaged = self.shop.options.cache.as_ref().map_or(0, |cache| cache.damaged());
        Statistics {
            compiled: read(&counts.functions),
            refused: read(&counts.refused),
            live_bytes: self.shop.compiler.live_bytes(),
            nanoseconds: read(&counts.nanoseconds),
            cache_hits: read(&counts.cache_hits),
            cache_misses: read(&counts.cache_misses),
            cache_damaged: damaged + read(&counts.unreadable),
        }
    }
}

impl Shop {
    fn make_once(&self, unit: &Arc<LoadedUnit>, function: u32) {
        if unit.code().claim(function) {
            self.make(unit, function, Want::Made);
        }
    }

    fn work(&self, orders: &Receiver<Order>) {
        while let Ok(Order { unit, function, want }) = orders.recv() {
            if let Some(unit) = unit.upgrade() {
                self.make(&unit, function, want);
            }
        }
    }

    /// Gives a function its code. It is claimed.
    fn make(&self, unit: &Arc<LoadedUnit>, function: u32, want: Want) {
        let cache = self.options.cache.as_deref();
        let cache =
            cache.and_then(|cache| Some((cache, cache::function_key(&self.compiler_key, unit, function)?)));
        if let Some((cache, key)) = cache
            && let Some(code) = self.kept(cache, &key)
        {
            add(&self.counts.cache_hits, 1);
            self.publish(unit, function, &code);
            return;
        }
        if want == Want::Kept {
            unit.code().disclaim(function);
            return;
        }
        let begun = std::time::Instant::now();
        let made = self.compiler.compile(unit, function);
        add(&self.counts.nanoseconds, u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX));
        let Ok(code) = made else { return add(&self.counts.refused, 1) };
        add(&self.counts.functions, 1);
        self.publish(unit, function, &code);
        if let Some((cache, key)) = cache {
            add(&self.counts.cache_misses, 1);
            if let Some(bytes) = code.encode() {
                cache.put(&key, &bytes);
            }
        }
    }

    fn kept(&self, cache: &dyn CodeCache, key: &[u8; 32]) -> Option<Code> {
        let bytes = cache.get(key)?;
        let code = Code::decode(&bytes);
        if code.is_none() {
            add(&self.counts.unreadable, 1);
        }
        code
    }

    fn publish(&self, unit: &Arc<LoadedUnit>, function: u32, code: &Code) {
        let Ok(made) = self.compiler.install(code) else { return add(&self.counts.refused, 1) };
        if let Some(published) = &self.options.published {
            let name = unit.functions().get(function as usize).map_or("", |f| &f.name);
            let name = format!("krl:{}:{name}", unit.unit().rid);
            let Entries { direct, any, loops } = made.entries;
            let entries = [("", direct), (":any", any), (":loops", loops)];
            for ((_, part), (kind, address)) in code.parts().zip(entries) {
                published(&format!("{name}{kind}"), address as usize, part.bytes.len());
            }
        }
        // SAFETY: the entries are this function of this unit, compiled by the agreement: by this compiler, or by one with its key, which
        // the cache vouches for; `memory` owns them.
        #[expect(unsafe_code, reason = "the machine calls what is published")]
        unsafe {
            unit.code().publish([(function, made.entries)], made.memory.slow(), Box::new(made.memory));
        }
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

fn add(count: &AtomicU64, by: u64) {
    count.fetch_add(by, Ordering::Relaxed);
}
