//! What is known of each address, in memory and in the store, and how a version is taken in.

use super::address::{Address, ContentHash, Place};
use super::content::{self, Compiled};
use super::modules::{ModuleError, Modules};
use super::record::{self, Record};
use super::ruleset::{Facts, Flush, Loader, Ruleset};
use super::{Limits, RegistryError, Swept};
use krl_kernel::library::Code;
use krl_kernel::store::{Batch, Store, StoreError};
use krl_stdlib::rulesets::Bundled;
use krl_vm::unit::Unit;
use krl_vm::verify::Verified;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, Weak};

/// All addresses. Methods that compile or write block, for milliseconds to seconds.
pub(super) struct Index {
    store: Arc<dyn Store>,
    loader: Arc<dyn Loader>,
    limits: Limits,
    bundled: &'static [Bundled],
    now: fn() -> i64,
    opened: i64,
    /// Held while a version is judged beside the others, loaded and written.
    admission: Mutex<()>,
    known: RwLock<Known>,
}

/// Newest versions that stay in memory though nobody runs them: each can be had from the store again.
const UNUSED: usize = 64;

#[derive(Default)]
struct Known {
    /// What the store has of each address.
    records: HashMap<Address, Arc<Record>>,
    /// The newest version of each address, if it is in memory.
    newest: HashMap<Address, Arc<Ruleset>>,
    /// All versions whose code somebody still holds.
    versions: HashMap<(Address, ContentHash), (Arc<Facts>, Weak<Code>)>,
    /// How many newest versions there may be before those that nobody runs are dropped.
    room: usize,
}

impl Known {
    /// Lists the newest version of its address.
    fn put_newest(&mut self, ruleset: Arc<Ruleset>) {
        if self.newest.len() >= self.room.max(UNUSED) {
            self.newest.retain(|_, known| Arc::strong_count(&known.code) > 1 || Arc::strong_count(known) > 1);
            self.room = self.newest.len() + UNUSED;
        }
        self.newest.insert(ruleset.facts.address.clone(), ruleset);
    }
}

impl Index {
    pub fn open(
        store: Arc<dyn Store>,
        loader: Arc<dyn Loader>,
        bundled: &'static [Bundled],
        limits: Limits,
        now: fn() -> i64,
    ) -> Result<Self, StoreError> {
        let records = record::all(&*store)?.into_iter().map(|(address, record)| (address, Arc::new(record)));
        let known = RwLock::new(Known { records: records.collect(), ..Known::default() });
        let admission = Mutex::default();
        Ok(Self { store, loader, limits, bundled, now, opened: now(), admission, known })
    }

    fn read(&self) -> RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Known> {
        self.known.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn admit(&self) -> MutexGuard<'_, ()> {
        self.admission.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn loaded(&self, address: &Address) -> Option<Arc<Ruleset>> {
        self.read().newest.get(address).cloned()
    }

    pub fn loaded_version(&self, address: &Address, hash: ContentHash) -> Option<Arc<Ruleset>> {
        let known = self.read();
        let newest = known.newest.get(address).filter(|ruleset| ruleset.facts.hash == hash);
        if let Some(ruleset) = newest {
            return Some(ruleset.clone());
        }
        let (facts, code) = known.versions.get(&(address.clone(), hash))?;
        Some(Arc::new(Ruleset { code: code.upgrade()?, facts: facts.clone() }))
    }

    pub fn known(&self) -> Vec<Facts> {
        let known = self.read();
        let records: BTreeMap<_, _> =
            known.records.iter().map(|(address, record)| (address.canonical(), (address, record))).collect();
        records.into_values().map(|(address, record)| facts(address, record)).collect()
    }

    /// The version of an address that the store (or the host itself) has: the newest, or that with a certain hash.
    pub fn stored(
        &self,
        address: &Address,
        version: Option<ContentHash>,
    ) -> Result<Option<Arc<Ruleset>>, RegistryError> {
        if let Place::Bundled(rid) = address.place() {
            return self.bundle(address, rid, version);
        }
        let newest = self.read().records.get(address).cloned();
        let record = match (newest, version) {
            (Some(record), Some(hash)) if record.hash != hash.0 => {
                record::earlier(&*self.store, address, hash)?.map(Arc::new)
            }
            (found, _) => found,
        };
        let Some(record) = record else { return Ok(None) };
        let content = match record::content(&*self.store, ContentHash(record.hash)) {
            Ok(Some(content)) => content,
            Ok(None) => return Ok(None),
            // It can be fetched again.
            Err(StoreError::Corrupt(what)) => {
                tracing::warn!(%address, "the store is damaged: {what}");
                return Ok(None);
            }
            Err(error) => return Err(error.into()),
        };
        let Compiled { unit, .. } = content::compile(address, &content)?;
        let facts = Arc::new(facts(address, &record));
        self.load(unit, facts, version.is_none()).map(Some)
    }

    fn bundle(
        &self,
        address: &Address,
        rid: &str,
        version: Option<ContentHash>,
    ) -> Result<Option<Arc<Ruleset>>, RegistryError> {
        let Some(Bundled { source, .. }) = self.bundled.iter().find(|bundled| bundled.rid == rid) else {
            return Ok(None);
        };
        let hash = content::hash_of(source.as_bytes());
        if version.is_some_and(|version| version != hash) {
            return Ok(None);
        }
        let Compiled { unit, compiler } = content::compile(address, source.as_bytes())?;
        let facts = Facts {
            address: address.clone(),
            rid: unit.rid.clone(),
            hash,
            flushed: self.opened,
            compiler: compiler.into(),
            warnings: Arc::default(),
        };
        self.load(unit, Arc::new(facts), true).map(Some)
    }

    /// Takes in what was fetched from an address, or says why not; then nothing has changed.
    pub fn take_in(&self, address: &Address, bytes: Vec<u8>) -> Result<Flush, RegistryError> {
        content::measure(address, &bytes, &self.limits)?;
        let hash = content::hash_of(&bytes);
        if let Some(ruleset) = self.loaded(address).filter(|ruleset| ruleset.facts.hash == hash) {
            return Ok(Flush { ruleset, changed: false });
        }
        let Compiled { unit, compiler } = content::compile(address, &bytes)?;
        let before = self.read().records.get(address).cloned();
        let known = before.clone().filter(|record| record.hash == hash.0);
        let record = known.unwrap_or_else(|| {
            let modules = self.sources_of(&unit);
            let modules: Vec<&str> = modules.iter().map(|code| &*code.unit().source).collect();
            Arc::new(Record {
                hash: hash.0,
                flushed: (self.now)(),
                rid: unit.rid.to_string(),
                uses: unit.uses.iter().map(|clause| clause.rid.to_string()).collect(),
                compiler,
                warnings: content::warnings(address, &unit.source, &modules),
            })
        });
        let _admission = self.admit();
        self.check_modules(address, &record)?;
        let ruleset = self.load_unlisted(unit, Arc::new(facts(address, &record)))?;
        let mut batch = Batch::default();
        record::put(&mut batch, address, &record, &bytes)?;
        let changed = match before {
            Some(before) if before.hash == record.hash => false,
            Some(before) => {
                record::put_earlier(&mut batch, address, &before)?;
                true
            }
            None => true,
        };
        self.store.commit(&batch)?;
        self.store.sync()?;
        let mut known = self.write();
        known.records.insert(address.clone(), record);
        known.put_newest(ruleset.clone());
        Ok(Flush { ruleset, changed })
    }

    /// Code of the modules a unit uses, where it is in memory.
    fn sources_of(&self, unit: &Unit) -> Vec<Arc<Code>> {
        let known = self.read();
        let uses = |rid: &str| unit.uses.iter().any(|clause| &*clause.rid == rid);
        let used = known.newest.values().filter(|ruleset| uses(&ruleset.facts.rid));
        used.map(|ruleset| ruleset.code.clone()).collect()
    }

    fn check_modules(&self, address: &Address, record: &Record) -> Result<(), RegistryError> {
        let known = self.read();
        let mut modules = Modules::default();
        for bundled in self.bundled {
            modules.add(bundled.rid, &[]);
        }
        for (_, other) in known.records.iter().filter(|(other, _)| *other != address) {
            modules.add(&other.rid, &other.uses);
        }
        modules.check(&record.rid, &record.uses).map_err(|error| match error {
            ModuleError::Unknown(rid) => RegistryError::UnknownModule { rid },
            ModuleError::Cycle(way) => RegistryError::Cycle { way },
        })
    }

    /// Loads a unit and, if it is the newest of its address, lists it as such.
    fn load(
        &self,
        unit: Verified<Unit>,
        facts: Arc<Facts>,
        newest: bool,
    ) -> Result<Arc<Ruleset>, RegistryError> {
        let _admission = self.admit();
        let ruleset = self.load_unlisted(unit, facts)?;
        if newest {
            self.write().put_newest(ruleset.clone());
        }
        Ok(ruleset)
    }

    /// The code of a version is loaded once, also where an address goes back to a version it had.
    fn load_unlisted(&self, unit: Verified<Unit>, facts: Arc<Facts>) -> Result<Arc<Ruleset>, RegistryError> {
        if let Some(ruleset) = self.loaded_version(&facts.address, facts.hash) {
            return Ok(Arc::new(Ruleset { code: ruleset.code.clone(), facts }));
        }
        let refused = |why: String| RegistryError::Load { address: facts.address.clone(), why };
        let code = self.loader.load(unit, &facts).map_err(|error| refused(error.to_string()))?;
        let mut known = self.write();
        known.versions.retain(|_, (_, code)| code.strong_count() > 0);
        let key = (facts.address.clone(), facts.hash);
        known.versions.insert(key, (facts.clone(), Arc::downgrade(&code)));
        Ok(Arc::new(Ruleset { code, facts }))
    }

    pub fn sweep(&self, mut keep: HashSet<ContentHash>) -> Result<Swept, StoreError> {
        let _admission = self.admit();
        keep.extend(self.read().records.values().map(|record| ContentHash(record.hash)));
        let mut batch = Batch::default();
        let (versions, bytes) = record::sweep(&*self.store, &keep, &mut batch)?;
        self.store.commit(&batch)?;
        Ok(Swept { versions, bytes })
    }
}

fn facts(address: &Address, record: &Record) -> Facts {
    Facts {
        address: address.clone(),
        rid: record.rid.as_str().into(),
        hash: ContentHash(record.hash),
        flushed: record.flushed,
        compiler: record.compiler.as_str().into(),
        warnings: record.warnings.as_slice().into(),
    }
}
