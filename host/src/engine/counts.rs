//! What an engine counts, for `/metrics`.

use super::Core;
use super::seat::ShardSeat;
use super::start::Engine;
use crate::http::Metrics;
use krl_kernel::shard::Tally;
use krl_vm::interp::compiled::{Statistics, Tier};
use prometheus::{Histogram, HistogramOpts, IntCounter, IntGauge};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Upper bounds of the classes of a commit's or sync's duration, in seconds.
const SECONDS: [f64; 12] =
    [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5];

/// Counts and times. Shards add to them once a turn, commits once a batch.
pub struct Counts {
    events: IntCounter,
    queries: IntCounter,
    failed: IntCounter,
    /// Batches that were applied.
    pub commits: Histogram,
    /// Waits for the disk.
    pub syncs: Histogram,
    /// Events that wait for other hosts.
    pub outbox: IntGauge,
    /// Records that were removed because they were old.
    pub swept: IntCounter,
}

impl Counts {
    /// All zero.
    pub fn new() -> prometheus::Result<Self> {
        let seconds = |name: &str, help: &str| {
            Histogram::with_opts(HistogramOpts::new(name, help).buckets(SECONDS.to_vec()))
        };
        Ok(Self {
            events: IntCounter::new("krl_events_total", "Events that clouds have reacted to")?,
            queries: IntCounter::new("krl_queries_total", "Queries that clouds have answered")?,
            failed: IntCounter::new("krl_errors_total", "Events and queries of which a ruleset failed")?,
            commits: seconds("krl_commit_seconds", "Time to apply a batch of writes")?,
            syncs: seconds("krl_sync_seconds", "Time until the disk has what was written")?,
            outbox: IntGauge::new("krl_outbox_waiting", "Events that wait for other hosts")?,
            swept: IntCounter::new("krl_swept_total", "Old records of logs that were removed")?,
        })
    }

    /// Adds what a shard has done.
    pub fn add(&self, tally: Tally) {
        if tally == Tally::default() {
            return;
        }
        self.events.inc_by(tally.events);
        self.queries.inc_by(tally.queries);
        self.failed.inc_by(tally.failed);
    }
}

impl Engine {
    /// Lets `/metrics` show what this engine counts.
    ///
    /// # Errors
    /// A second engine with the same metrics.
    pub fn count_in(&self, metrics: &Metrics) -> prometheus::Result<()> {
        let core = self.core();
        let counts = &core.counts;
        let registry = metrics.registry();
        registry.register(Box::new(counts.events.clone()))?;
        registry.register(Box::new(counts.queries.clone()))?;
        registry.register(Box::new(counts.failed.clone()))?;
        registry.register(Box::new(counts.commits.clone()))?;
        registry.register(Box::new(counts.syncs.clone()))?;
        registry.register(Box::new(counts.outbox.clone()))?;
        registry.register(Box::new(counts.swept.clone()))?;
        let sum = |name, help, of: fn(&ShardSeat) -> usize| {
            let core = Arc::downgrade(core);
            let read = move || core.upgrade().map_or(0, |core: Arc<Core>| core.shards.iter().map(of).sum());
            metrics.gauge(name, help, move || i64::try_from(read()).unwrap_or(i64::MAX))
        };
        let library = core.library.clone();
        let units = move || i64::try_from(library.units_in_use()).unwrap_or(i64::MAX);
        metrics.gauge("krl_units", "Compiled rulesets in memory, all versions", units)?;
        count_code(core.library.tier(), metrics)?;
        sum("krl_clouds_awake", "Clouds in memory", |seat| seat.awake.load(Ordering::Relaxed))?;
        sum("krl_evaluations", "Evaluations under way", |seat| seat.flights.load(Ordering::Relaxed))?;
        sum("krl_evaluations_long", "Evaluations at work on lanes", |seat| {
            seat.long.load(Ordering::Relaxed)
        })?;
        sum("krl_tasks_queued", "Tasks that wait for a shard", ShardSeat::waiting)?;
        let queued = core.queued.clone();
        metrics.gauge("krl_queue_bytes", "Bytes of events that wait for clouds or are at work", move || {
            i64::try_from(queued.load(Ordering::Relaxed)).unwrap_or(i64::MAX)
        })
    }
}

/// One of the counts.
type Of = fn(&Statistics) -> u64;

/// Counts what `tier` does; all zero where nothing makes machine code.
fn count_code(tier: Option<&Arc<dyn Tier>>, metrics: &Metrics) -> prometheus::Result<()> {
    let read = |of: Of| {
        let tier = tier.cloned();
        move || tier.as_ref().map_or(0, |tier| of(&tier.statistics()))
    };
    let bytes = read(|done| done.live_bytes);
    let bytes = move || i64::try_from(bytes()).unwrap_or(i64::MAX);
    metrics.gauge("krl_jit_code_bytes", "Bytes of machine code in memory", bytes)?;
    let counters: [(&str, &str, Of); 6] = [
        ("krl_jit_compiled_total", "Functions compiled to machine code", |done| done.compiled),
        ("krl_jit_refused_total", "Functions that stay without machine code", |done| done.refused),
        ("krl_jit_compile_nanoseconds_total", "Time spent compiling", |done| done.nanoseconds),
        ("krl_jit_cache_hits_total", "Functions whose machine code was kept", |done| done.cache_hits),
        ("krl_jit_cache_misses_total", "Functions compiled that were not kept", |done| done.cache_misses),
        ("krl_jit_cache_damaged_total", "Files of machine code that were ignored", |done| done.cache_damaged),
    ];
    counters.into_iter().try_for_each(|(name, help, of)| metrics.counter(name, help, read(of)))
}
