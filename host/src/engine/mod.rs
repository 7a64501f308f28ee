//! The engine: the kernel's shards on threads, with a store, a clock, the network and the registry around them.
//!
//! ```text
//! HTTP ─ api ─► directory (channel → cloud, policy) ─► task ─► shard thread ─► output ─► commit ─► releases: answers, messages, deliveries
//!                                                          ▲                     └► asks: other clouds, network, code
//!                                                          └──────── answers ◄────────┘
//! ```

mod api;
mod ask;
mod circle;
mod clock;
mod commit;
mod counts;
mod courier;
mod directory;
mod lanes;
mod operate;
mod owners;
mod realm;
mod release;
mod scribe;
mod seat;
mod start;
mod sweep;
mod timers;
mod waits;
mod worker;

pub use owners::Owner;
pub use start::{Engine, OpenError, Options};

use crate::config::distro::{DistroChannel, Quota};
use crate::outside::Client;
use crate::registry::Registry;
use clock::Clock;
use directory::Channels;
use krl_kernel::cloud::{Directory, Listing, Refusal};
use krl_kernel::library::Library;
use krl_kernel::records::rulesets::ListTable;
use krl_kernel::shard::{Problem, Task};
use krl_kernel::store::{Store, StoreError};
use krl_vm::data::Data;
use owners::Owners;
use seat::ShardSeat;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use tokio::runtime::Handle;

/// What all threads of an engine share.
pub(crate) struct Core {
    store: Arc<dyn Store>,
    channels: Arc<Channels>,
    lists: Arc<ListTable>,
    scribe: scribe::Scribe,
    registry: Registry,
    library: Library,
    client: Client,
    owners: Owners,
    runtime: Handle,
    shards: Vec<ShardSeat>,
    hasher: RandomState,
    /// Why writes were lost the last time.
    last_loss: Mutex<Option<StoreError>>,
    /// Why nothing can be committed any more.
    failed: OnceLock<StoreError>,
    defaults: Defaults,
    timers: timers::Alarm,
    /// Bytes of events that wait for clouds, and of those at work.
    queued: Arc<AtomicUsize>,
    courier: courier::Desk,
    clock: Clock,
    waits: waits::Waits,
    waiting: circle::Circle,
    /// Requests under way whose answers are sent as events.
    calls: AtomicUsize,
    counts: counts::Counts,
}

/// What new owners get.
struct Defaults {
    /// Addresses and configurations of rulesets.
    rulesets: Vec<(String, Data)>,
    /// Channels of their root clouds.
    channels: Vec<DistroChannel>,
    /// Limits.
    quota: Quota,
}

impl Core {
    /// The shard of a cloud.
    fn shard_of(&self, cloud: &str) -> Option<&ShardSeat> {
        let hash = self.hasher.hash_one(cloud) as usize;
        self.shards.get(hash % self.shards.len().max(1))
    }

    /// Gives a task to the shard of a cloud. Once the engine stops there is nobody to take it.
    fn give(&self, cloud: &str, task: Task) {
        if let Some(seat) = self.shard_of(cloud) {
            seat.give(task);
        }
    }

    /// A channel of any cloud.
    fn find(&self, eci: &str) -> Result<Listing, Problem> {
        match self.channels.channel(eci) {
            Ok(Some(listing)) => Ok(listing),
            Ok(None) => Err(Problem::Refused(Refusal::UnknownChannel(eci.into()))),
            Err(error) => Err(Problem::Storage(StoreError::Io(error))),
        }
    }

    fn losses(&self, shard: usize) -> u64 {
        self.shards.get(shard).map_or(0, |seat| seat.losses.load(Ordering::Acquire))
    }

    /// Why writes of a shard were lost, if any were since `known`, which is brought up to date.
    fn lost_since(&self, shard: usize, known: &mut u64) -> Option<StoreError> {
        let error = self.loss_after(shard, *known);
        if error.is_some() {
            *known = self.losses(shard);
            self.channels.clear();
        }
        error
    }

    fn loss_after(&self, shard: usize, known: u64) -> Option<StoreError> {
        if let Some(error) = self.failed.get() {
            return Some(error.clone());
        }
        if self.losses(shard) == known {
            return None;
        }
        let last = self.last_loss.lock().unwrap_or_else(PoisonError::into_inner);
        last.clone()
    }

    fn note_loss(&self, shard: usize, error: &StoreError) {
        *self.last_loss.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        if let Some(seat) = self.shards.get(shard) {
            seat.losses.fetch_add(1, Ordering::AcqRel);
        }
    }

    /// Nobody knows what the disk has: nothing is committed any more until a restart.
    fn fail(&self, error: &StoreError) {
        if self.failed.set(error.clone()).is_ok() {
            tracing::error!(%error, "the disk failed; the host has to be started again");
        }
    }
}
