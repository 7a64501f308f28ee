//! Where channels are looked up: what was looked up lately is remembered, changes are forgotten when they are committed.

use super::owners::Owners;
use crate::registry::{Address, Registry};
use krl_kernel::channel::{Channel, Kinship};
use krl_kernel::cloud::{Ask, Directory, Listing, Reply};
use krl_kernel::id::LENGTH;
use krl_kernel::records::channel::{PolicyTable, find_channel};
use krl_kernel::records::cloud::load_head;
use krl_kernel::store::{Store, StoreError};
use quick_cache::sync::Cache;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Channels that are remembered.
const REMEMBERED: usize = 200_000;

/// The directory of a host.
pub struct Channels {
    store: Arc<dyn Store>,
    policies: Arc<PolicyTable>,
    registry: Registry,
    known: Cache<Arc<str>, Listing>,
    owners: Owners,
    /// How often something was forgotten: what was looked up before is not remembered after.
    changes: Mutex<u64>,
}

impl Channels {
    /// The channels in `store`, and the code in `registry`.
    pub fn new(
        store: Arc<dyn Store>,
        policies: Arc<PolicyTable>,
        owners: Owners,
        registry: Registry,
    ) -> Self {
        let known = Cache::new(REMEMBERED);
        Self { store, policies, registry, owners, known, changes: Mutex::default() }
    }

    fn look_up(&self, eci: &str) -> Result<Option<Listing>, StoreError> {
        if let Some((cloud, channel)) = find_channel(&*self.store, &self.policies, eci)? {
            return Ok(Some(Listing { cloud, channel: Arc::new(channel) }));
        }
        // The channel of a cloud to itself has no record of its own.
        if eci.len() != LENGTH || load_head(&*self.store, eci)?.is_none() {
            return Ok(None);
        }
        let channel = Arc::new(Channel::family(eci, Kinship::Own, eci));
        Ok(Some(Listing { cloud: eci.into(), channel }))
    }

    /// A channel has changed.
    pub fn forget(&self, eci: &str) {
        let mut changes = self.changes();
        *changes += 1;
        self.known.remove(eci);
    }

    fn changes(&self) -> MutexGuard<'_, u64> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets everything.
    pub fn clear(&self) {
        let mut changes = self.changes();
        *changes += 1;
        self.known.clear();
    }
}

impl Directory for Channels {
    fn channel(&self, eci: &str) -> Result<Option<Listing>, String> {
        if let Some(listing) = self.known.get(eci) {
            return Ok(Some(listing));
        }
        let before = *self.changes();
        let found = self.look_up(eci).map_err(|error| error.to_string())?;
        if let Some(listing) = &found {
            let changes = self.changes();
            if *changes == before {
                self.known.insert(eci.into(), listing.clone());
            }
        }
        Ok(found)
    }

    fn has_room(&self, owner: &str) -> bool {
        self.owners.has_room(owner)
    }

    fn at_once(&self, ask: &Ask) -> Option<Reply> {
        let (url, anew) = match ask {
            Ask::Load(url) => (url, false),
            Ask::Flush(url) => (url, true),
            _ => return None,
        };
        let address = Address::parse(url).ok()?;
        if anew && !address.is_constant() {
            return None;
        }
        let ruleset = self.registry.loaded(&address)?;
        Some(Reply::Code(ruleset.code.clone(), address.canonical().clone()))
    }
}
