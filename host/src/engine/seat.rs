//! What is known of a shard outside its thread, and how to tell that nothing is going on any more.

use super::Core;
use super::commit::Settled;
use super::start::Engine;
use krl_kernel::shard::{Counts, Task};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::error::SendError;

/// How often to look whether all is done.
const LOOK: Duration = Duration::from_millis(2);

/// What the thread of a shard is told.
pub(crate) enum Message {
    /// To be done by the shard.
    Task(Task),
    /// Outputs of it that were committed, or lost.
    Settled(Vec<Settled>),
}

/// The runtime of a shard's thread: the shard itself, and the connections to its clouds. Dropped, it waits for nobody.
pub(crate) struct Home(Option<Runtime>);

impl Home {
    /// A runtime for a thread of its own, and how others reach it.
    pub fn new() -> std::io::Result<(Self, Handle)> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let handle = runtime.handle().clone();
        Ok((Self(Some(runtime)), handle))
    }

    /// Runs work to its end on this thread, and what others spawn meanwhile beside it.
    pub fn run(&self, work: impl Future<Output = ()>) {
        if let Some(runtime) = &self.0 {
            runtime.block_on(work);
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// The place of a shard.
pub(crate) struct ShardSeat {
    messages: UnboundedSender<Message>,
    /// Of its thread.
    pub runtime: Handle,
    /// The number of its last output that is safe.
    pub committed: Arc<AtomicU64>,
    /// How often writes of it were lost.
    pub losses: AtomicU64,
    /// Clouds in memory.
    pub awake: AtomicUsize,
    /// Evaluations under way.
    pub flights: AtomicUsize,
    /// Those of them that are at work on lanes.
    pub long: AtomicUsize,
    /// Tasks that the shard has, but has not seen to.
    queued: AtomicUsize,
    /// Tasks it was given so far.
    given: AtomicU64,
    /// Tasks it has taken so far.
    taken: AtomicU64,
    /// It has work left, or waits for answers.
    busy: AtomicBool,
    /// The number of its last output that was handed over.
    handed: AtomicU64,
    /// The number of its last output that took effect.
    released: AtomicU64,
}

impl ShardSeat {
    /// A seat whose shard's thread reads the other end of `messages`.
    pub fn new(messages: UnboundedSender<Message>, runtime: Handle, committed: Arc<AtomicU64>) -> Self {
        Self {
            messages,
            runtime,
            committed,
            losses: AtomicU64::new(0),
            awake: AtomicUsize::new(0),
            flights: AtomicUsize::new(0),
            long: AtomicUsize::new(0),
            queued: AtomicUsize::new(0),
            given: AtomicU64::new(0),
            taken: AtomicU64::new(0),
            busy: AtomicBool::new(false),
            handed: AtomicU64::new(0),
            released: AtomicU64::new(0),
        }
    }

    /// Gives the shard a task. Once the engine stops there is nobody to take it.
    pub fn give(&self, task: Task) {
        self.given.fetch_add(1, Ordering::AcqRel);
        drop(self.messages.send(Message::Task(task)));
    }

    /// Tasks that wait.
    pub fn waiting(&self) -> usize {
        let taken = self.taken.load(Ordering::Acquire);
        self.given.load(Ordering::Acquire).saturating_sub(taken) as usize
            + self.queued.load(Ordering::Relaxed)
    }

    /// Nothing waits for it, it waits for nothing, and all it put out took effect.
    fn is_idle(&self) -> bool {
        self.taken.load(Ordering::Acquire) == self.given.load(Ordering::Acquire)
            && !self.busy.load(Ordering::Acquire)
            && self.released.load(Ordering::Acquire) >= self.handed.load(Ordering::Acquire)
    }
}

impl Core {
    /// An output of a shard is about to be handed over.
    pub(super) fn note_output(&self, shard: usize, number: u64) {
        if let Some(seat) = self.shards.get(shard) {
            seat.handed.store(number, Ordering::Release);
        }
    }

    /// Have all outputs of a shard that were handed over taken effect?
    pub(super) fn has_released_all(&self, shard: usize) -> bool {
        self.shards
            .get(shard)
            .is_some_and(|seat| seat.released.load(Ordering::Acquire) >= seat.handed.load(Ordering::Acquire))
    }

    /// An output of a shard is safe.
    pub(super) fn note_commit(&self, shard: usize, number: u64) {
        if let Some(seat) = self.shards.get(shard) {
            seat.committed.store(number, Ordering::Release);
        }
    }

    /// An output of a shard took effect, or is lost.
    pub(super) fn note_release(&self, shard: usize, number: u64) {
        if let Some(seat) = self.shards.get(shard) {
            seat.released.store(number, Ordering::Release);
        }
    }

    /// Outputs of a shard are safe or lost.
    pub(super) fn tell_settled(self: &Arc<Self>, shard: usize, settled: Vec<Settled>) {
        let Some(seat) = self.shards.get(shard) else { return };
        if let Err(SendError(Message::Settled(settled))) = seat.messages.send(Message::Settled(settled)) {
            // The thread broke off. Who waits for it is told all the same.
            settled.into_iter().for_each(|settled| self.take_effect(shard, settled));
        }
    }

    /// A shard has taken so many more tasks.
    pub(super) fn note_turn(&self, shard: usize, taken: u64, busy: bool, counts: Counts) {
        let Counts { awake, flights, long, waiting } = counts;
        if let Some(seat) = self.shards.get(shard) {
            seat.awake.store(awake, Ordering::Relaxed);
            seat.flights.store(flights, Ordering::Relaxed);
            seat.long.store(long, Ordering::Relaxed);
            seat.queued.store(waiting, Ordering::Relaxed);
            seat.busy.store(busy || flights > 0 || long > 0, Ordering::Release);
            seat.taken.fetch_add(taken, Ordering::AcqRel);
        }
    }

    fn given(&self) -> u64 {
        self.shards.iter().map(|seat| seat.given.load(Ordering::Acquire)).sum()
    }
}

impl Engine {
    /// Is nothing going on: no event, query, request or delivery that could make another one? Jobs that are not due, and deliveries that wait
    /// for their next attempt, are nothing.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let core = self.core();
        let before = core.given();
        core.calls.load(Ordering::Acquire) == 0
            && core.courier.is_idle()
            && core.shards.iter().all(ShardSeat::is_idle)
            && core.given() == before
    }

    /// A number that is larger whenever something new has been given to do.
    #[must_use]
    pub fn activity(&self) -> u64 {
        self.core().given()
    }

    /// Waits until nothing is going on.
    pub async fn settle(&self) {
        while !self.is_idle() {
            tokio::time::sleep(LOOK).await;
        }
    }
}
