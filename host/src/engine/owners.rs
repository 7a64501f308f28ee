//! Owners: each has a root cloud of its own, limits, and may be suspended. Owners know nothing of each other.

use crate::config::distro::Quota;
use krl_kernel::cloud::Budgets;
use krl_kernel::store::{Batch, Read, Space, Store, StoreError, scan_prefix};
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};

const PREFIX: &[u8] = b"owner/";
/// How many clouds an owner has, as a shard counts them.
const COUNTS: &[u8] = b"clouds/";

/// An owner.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Owner {
    /// Its id.
    pub id: Arc<str>,
    /// For people.
    pub name: String,
    /// Its root cloud.
    pub root: Arc<str>,
    /// When it came, in milliseconds.
    pub created: i64,
    /// Its clouds do not run.
    pub suspended: bool,
    /// Its limits.
    pub quota: Quota,
    /// Order of arrival.
    pub number: u64,
}

impl Owner {
    /// As operators see it.
    pub fn to_data(&self) -> Data {
        let limit = |limit: Option<u64>| limit.map_or(Data::Null, |limit| Data::Number(limit as f64));
        let Quota { clouds, events_per_second, instructions, memory } = &self.quota;
        let limits = [
            ("clouds", limit(*clouds)),
            ("events_per_second", limit(*events_per_second)),
            ("instructions", limit(*instructions)),
            ("memory", limit(*memory)),
        ];
        let entries = [
            ("id", Data::String(self.id.clone())),
            ("name", Data::string(self.name.as_str())),
            ("root", Data::String(self.root.clone())),
            ("created", Data::string(krl_stdlib::datetime::format_iso(self.created))),
            ("suspended", Data::Bool(self.suspended)),
            ("limits", map(limits)),
        ];
        map(entries)
    }
}

pub(super) fn map<const N: usize>(entries: [(&str, Data); N]) -> Data {
    Data::Map(entries.into_iter().map(|(key, value)| (key.into(), value)).collect::<DataMap>())
}

/// The owners of a host. Clones share everything.
#[derive(Clone, Default)]
pub struct Owners(Arc<Books>);

#[derive(Default)]
struct Books {
    owners: RwLock<BTreeMap<Arc<str>, Owner>>,
    /// Clouds by owner and shard; shards count for themselves, and a cloud may go in another shard than it came in.
    clouds: Mutex<HashMap<(Arc<str>, u16), i64>>,
    /// Events of the running second by owner.
    events: Mutex<HashMap<Arc<str>, (i64, u64)>>,
}

impl Owners {
    /// The owners that a store knows.
    ///
    /// # Errors
    /// The store's, and damaged records.
    pub fn read(store: &dyn Read) -> Result<Self, StoreError> {
        let mut owners = BTreeMap::new();
        let mut damage = Ok(());
        scan_prefix(
            store,
            Space::Host,
            PREFIX,
            &mut |key, record| match postcard::from_bytes::<Owner>(record) {
                Ok(owner) => {
                    owners.insert(owner.id.clone(), owner);
                    ControlFlow::Continue(())
                }
                Err(error) => {
                    damage =
                        Err(StoreError::Corrupt(format!("the record `{}`: {error}", key.escape_ascii())));
                    ControlFlow::Break(())
                }
            },
        )?;
        damage?;
        let books = Self(Arc::new(Books { owners: RwLock::new(owners), ..Books::default() }));
        books.read_counts(store)?;
        Ok(books)
    }

    /// Reads how many clouds each owner has.
    fn read_counts(&self, store: &dyn Read) -> Result<(), StoreError> {
        let mut clouds = self.counts();
        scan_prefix(store, Space::Host, COUNTS, &mut |key, record| {
            let rest = key.get(COUNTS.len()..).unwrap_or_default();
            let split = rest.split_last_chunk::<2>().zip(<[u8; 8]>::try_from(record).ok());
            if let Some(((owner, shard), count)) = split {
                let owner: Arc<str> = String::from_utf8_lossy(owner).into();
                clouds.insert((owner, u16::from_be_bytes(*shard)), i64::from_be_bytes(count));
            }
            ControlFlow::Continue(())
        })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<(Arc<str>, u16), i64>> {
        self.0.clouds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// An owner has more clouds, or fewer, once the batch is committed.
    pub fn count_clouds(&self, shard: u16, owner: &Arc<str>, change: i64, batch: &mut Batch) {
        let count = self.change_count(shard, owner, change);
        let key = [COUNTS, owner.as_bytes(), &shard.to_be_bytes()].concat();
        batch.put(Space::Host, key, count.to_be_bytes());
    }

    /// A change that [`Self::count_clouds`] made is not committed.
    pub fn uncount_clouds(&self, shard: u16, owner: &Arc<str>, change: i64) {
        self.change_count(shard, owner, -change);
    }

    fn change_count(&self, shard: u16, owner: &Arc<str>, change: i64) -> i64 {
        let mut clouds = self.counts();
        let count = clouds.entry((owner.clone(), shard)).or_default();
        *count += change;
        *count
    }

    /// How many clouds an owner has.
    pub fn clouds(&self, id: &str) -> u64 {
        let clouds = self.counts();
        let own = clouds.iter().filter(|((owner, _), _)| **owner == *id).map(|(_, count)| count);
        own.sum::<i64>().max(0).unsigned_abs()
    }

    /// May an owner have one more cloud?
    pub fn has_room(&self, id: &str) -> bool {
        let limit = self.owners().get(id).and_then(|owner| owner.quota.clouds);
        limit.is_none_or(|limit| self.clouds(id) < limit)
    }

    /// May an event from outside for an owner's cloud be taken in now?
    pub fn admits(&self, id: &str, now: i64) -> bool {
        let limit = self.owners().get(id).and_then(|owner| owner.quota.events_per_second);
        let Some(limit) = limit else { return true };
        let mut events = self.0.events.lock().unwrap_or_else(PoisonError::into_inner);
        let (second, count) = events.entry(id.into()).or_default();
        if *second != now / 1_000 {
            (*second, *count) = (now / 1_000, 0);
        }
        *count += 1;
        *count <= limit
    }

    fn owners(&self) -> RwLockReadGuard<'_, BTreeMap<Arc<str>, Owner>> {
        self.0.owners.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an owner up, or changes what is known of one.
    ///
    /// # Errors
    /// The store's.
    pub fn put(&self, store: &dyn Store, owner: Owner) -> Result<(), StoreError> {
        let mut batch = Batch::default();
        let record = postcard::to_allocvec(&owner).map_err(|error| StoreError::Io(error.to_string()))?;
        batch.put(Space::Host, [PREFIX, owner.id.as_bytes()].concat(), record);
        store.commit(&batch)?;
        store.sync()?;
        self.0.owners.write().unwrap_or_else(PoisonError::into_inner).insert(owner.id.clone(), owner);
        Ok(())
    }

    /// An owner.
    pub fn get(&self, id: &str) -> Option<Owner> {
        self.owners().get(id).cloned()
    }

    /// All of them, in the order they came.
    pub fn all(&self) -> Vec<Owner> {
        let owners = self.owners();
        let mut all: Vec<_> = owners.values().cloned().collect();
        all.sort_by_key(|owner| owner.number);
        all
    }

    /// Are its clouds not to run?
    pub fn is_suspended(&self, id: &str) -> bool {
        let owners = self.owners();
        owners.get(id).is_some_and(|owner| owner.suspended)
    }

    /// The budgets of its clouds.
    pub fn budgets(&self, id: &str, default: Budgets) -> Budgets {
        let owners = self.owners();
        let Some(owner) = owners.get(id) else { return default };
        let instructions = owner.quota.instructions.unwrap_or(default.instructions);
        let memory = owner.quota.memory.and_then(|bytes| usize::try_from(bytes).ok());
        Budgets {
            instructions,
            event_instructions: default.event_instructions.max(instructions.saturating_mul(3)),
            memory_bytes: memory.unwrap_or(default.memory_bytes),
            ..default
        }
    }
}
