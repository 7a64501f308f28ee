//! Owners: each has a root cloud of its own, limits, and may be suspended. Owners know nothing of each other.

use krl_kernel::cloud::Budgets;
use krl_kernel::store::{Batch, Read, Space, Store, StoreError, scan_prefix};
use krl_vm::data::{Data, DataMap};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::{Arc, PoisonError, RwLock};

const PREFIX: &[u8] = b"owner/";

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
    /// Instructions of one reaction or query, if it has a limit of its own.
    pub instructions: Option<u64>,
    /// Bytes of values at a time, if it has a limit of its own.
    pub memory: Option<u64>,
    /// Order of arrival.
    pub number: u64,
}

impl Owner {
    /// As operators see it.
    pub fn to_data(&self) -> Data {
        let limit = |limit: Option<u64>| limit.map_or(Data::Null, |limit| Data::Number(limit as f64));
        let limits = [("instructions", limit(self.instructions)), ("memory", limit(self.memory))];
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
pub struct Owners(Arc<RwLock<BTreeMap<Arc<str>, Owner>>>);

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
        damage.map(|()| Self(Arc::new(RwLock::new(owners))))
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
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(owner.id.clone(), owner);
        Ok(())
    }

    /// An owner.
    pub fn get(&self, id: &str) -> Option<Owner> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// All of them, in the order they came.
    pub fn all(&self) -> Vec<Owner> {
        let owners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = owners.values().cloned().collect();
        all.sort_by_key(|owner| owner.number);
        all
    }

    /// Are its clouds not to run?
    pub fn is_suspended(&self, id: &str) -> bool {
        let owners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        owners.get(id).is_some_and(|owner| owner.suspended)
    }

    /// The budgets of its clouds.
    pub fn budgets(&self, id: &str, default: Budgets) -> Budgets {
        let owners = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let Some(owner) = owners.get(id) else { return default };
        let instructions = owner.instructions.unwrap_or(default.instructions);
        let memory = owner.memory.and_then(|bytes| usize::try_from(bytes).ok());
        Budgets {
            instructions,
            event_instructions: default.event_instructions.max(instructions.saturating_mul(3)),
            memory_bytes: memory.unwrap_or(default.memory_bytes),
            ..default
        }
    }
}
