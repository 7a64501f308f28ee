//! The store as it was at one moment.

use super::engine_errors::guarded;
use super::large::{Large, Values};
use super::spaces::Spaces;
use fjall::{Database, Readable as _, Snapshot};
use krl_kernel::store::{KeyVisitor, Read, Space, StoreError, Visitor, prefix_end};
use std::ops::{Bound, ControlFlow};

/// What the store held when it was taken.
pub struct View {
    snapshot: Snapshot,
    spaces: Spaces,
    large: Values,
}

impl View {
    /// What these hold now.
    pub fn new(database: &Database, spaces: Spaces, large: &Large) -> Self {
        let mut values = large.values();
        let mut snapshot = database.snapshot();
        // The first one came in between: its file may be replaced before it is read.
        if !values.are_held() {
            values = large.values();
            if values.are_held() {
                snapshot = database.snapshot();
            }
        }
        Self { snapshot, spaces, large: values }
    }

    /// Visits the entries from `from` to before `to`, in order, as they are in their keyspace.
    fn entries(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        mut visit: impl FnMut(&[u8], &[u8]) -> Result<ControlFlow<()>, StoreError>,
    ) -> Result<(), StoreError> {
        if to.is_some_and(|to| to <= from) {
            return Ok(());
        }
        let range = (Bound::Included(from), to.map_or(Bound::Unbounded, Bound::Excluded));
        let mut entries =
            guarded(space.name(), || Ok(self.snapshot.range::<&[u8], _>(self.spaces.of(space), range)))?;
        loop {
            let next = guarded(space.name(), || entries.next().map(|e| e.into_inner()).transpose());
            let Some((key, value)) = next? else {
                return Ok(());
            };
            if visit(&key, &value)?.is_break() {
                return Ok(());
            }
        }
    }

    /// A value that lies elsewhere, if it does: what is there is empty then.
    fn elsewhere(&self, space: Space, key: &[u8], value: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if space == Space::Clouds && value.is_empty() {
            self.large.read(&self.snapshot, key)
        } else {
            Ok(None)
        }
    }
}

impl Read for View {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        // The engine cannot hold an empty key and may not be asked for one.
        if key.is_empty() {
            return Ok(None);
        }
        let found = guarded(space.name(), || self.snapshot.get(self.spaces.of(space), key))?;
        let Some(value) = found else { return Ok(None) };
        let elsewhere = self.elsewhere(space, key, &value)?;
        Ok(Some(elsewhere.unwrap_or_else(|| value.to_vec())))
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError> {
        self.entries(space, from, to, |key, value| {
            let elsewhere = self.elsewhere(space, key, value)?;
            Ok(visit(key, elsewhere.as_deref().unwrap_or(value)))
        })
    }

    fn scan_keys(&self, space: Space, prefix: &[u8], visit: KeyVisitor<'_>) -> Result<(), StoreError> {
        self.entries(space, prefix, prefix_end(prefix).as_deref(), |key, _| Ok(visit(key)))
    }
}
