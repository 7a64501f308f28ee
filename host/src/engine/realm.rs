//! What the kernel's clouds run in, on this host.

use super::owners::Owners;
use crate::registry::{Address, ContentHash, Registry};
use krl_kernel::cloud::{Budgets, Realm, SettingTable};
use krl_kernel::journal::Scope;
use krl_kernel::library::{Code, Library};
use krl_kernel::records::channel::PolicyTable;
use krl_kernel::records::cloud::Installation;
use krl_kernel::records::rulesets::ListTable;
use krl_kernel::store::{Batch, Read, Store, StoreError};
use std::sync::Arc;

/// The realm of a host.
pub struct HostRealm {
    pub store: Arc<dyn Store>,
    pub library: Library,
    pub registry: Registry,
    pub owners: Owners,
    pub budgets: Budgets,
    pub journal: Scope,
    pub base_url: Arc<str>,
    pub seed: u64,
    pub policies: Arc<PolicyTable>,
    pub lists: Arc<ListTable>,
    pub settings: SettingTable,
}

impl Realm for HostRealm {
    fn reader(&self) -> Arc<dyn Read> {
        self.store.clone()
    }

    fn snapshot(&self) -> Arc<dyn Read> {
        Arc::from(self.store.snapshot())
    }

    fn write_ahead(&self, batch: &mut Batch) -> Result<(), StoreError> {
        self.store.write_ahead(batch)
    }

    fn library(&self) -> &Library {
        &self.library
    }

    fn code(&self, installation: &Installation) -> Result<Arc<Code>, String> {
        let address = address(installation)?;
        let newest = self.registry.load_stored(&address, None);
        let found = match newest {
            Ok(Some(ruleset)) if ruleset.facts.rid == installation.rid => Some(ruleset),
            _ => {
                let saved = self.registry.load_stored(&address, Some(ContentHash(installation.hash)));
                saved.map_err(|error| error.to_string())?
            }
        };
        found.map(|ruleset| ruleset.code.clone()).ok_or_else(|| format!("nothing of {address} is kept here"))
    }

    fn former(&self, installation: &Installation) -> Option<Arc<Code>> {
        let hash = ContentHash(installation.hash);
        let found = self.registry.load_stored(&address(installation).ok()?, Some(hash));
        Some(found.ok()??.code.clone())
    }

    fn budgets(&self, owner: &str) -> Budgets {
        self.owners.budgets(owner, self.budgets)
    }

    fn is_suspended(&self, owner: &str) -> bool {
        self.owners.is_suspended(owner)
    }

    fn admits(&self, owner: &str, now: i64) -> bool {
        self.owners.admits(owner, now)
    }

    fn count_clouds(&self, shard: u16, owner: &Arc<str>, change: i64, batch: &mut Batch) {
        self.owners.count_clouds(shard, owner, change, batch);
    }

    fn uncount_clouds(&self, shard: u16, owner: &Arc<str>, change: i64) {
        self.owners.uncount_clouds(shard, owner, change);
    }

    fn journal(&self) -> Scope {
        self.journal
    }

    fn host(&self) -> Option<Arc<str>> {
        Some(self.base_url.clone())
    }

    fn seed(&self) -> u64 {
        self.seed
    }

    fn policies(&self) -> &Arc<PolicyTable> {
        &self.policies
    }

    fn lists(&self) -> &Arc<ListTable> {
        &self.lists
    }

    fn settings(&self) -> &SettingTable {
        &self.settings
    }
}

fn address(installation: &Installation) -> Result<Address, String> {
    let url = installation.url.as_deref().ok_or("it has no address")?;
    Address::parse(url).map_err(|error| error.to_string())
}
