//! A store without a disk, for tests and for clouds that need not last.

use super::{Batch, Read, Space, Store, StoreError, Visitor, Write};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Arc, PoisonError, RwLock};

type Entries = BTreeMap<(Space, Arc<[u8]>), Arc<[u8]>>;

/// A store in memory.
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: RwLock<Entries>,
}

/// What a [`MemoryStore`] held when it was taken.
#[derive(Debug)]
struct Snapshot(Entries);

impl Read for Snapshot {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.0.get(&(space, key.into())).map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError> {
        visit_range(&self.0, space, from, to, visit);
        Ok(())
    }
}

fn visit_range(entries: &Entries, space: Space, from: &[u8], to: Option<&[u8]>, visit: Visitor<'_>) {
    if to.is_some_and(|to| to <= from) {
        return;
    }
    let range = entries.range((Bound::Included((space, from.into())), Bound::Unbounded));
    for ((at, key), value) in range {
        let inside = *at == space && to.is_none_or(|to| &**key < to);
        if !inside || visit(key, value).is_break() {
            return;
        }
    }
}

impl Read for MemoryStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        Ok(entries.get(&(space, key.into())).map(|value| value.to_vec()))
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        visit_range(&entries, space, from, to, visit);
        Ok(())
    }
}

impl Store for MemoryStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        for write in &batch.writes {
            match write {
                Write::Put(space, key, value) => {
                    entries.insert((*space, key.as_slice().into()), value.as_slice().into());
                }
                Write::Remove(space, key) => drop(entries.remove(&(*space, key.as_slice().into()))),
            }
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn snapshot(&self) -> Box<dyn Read> {
        Box::new(Snapshot(self.entries.read().unwrap_or_else(PoisonError::into_inner).clone()))
    }
}
