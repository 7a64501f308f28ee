//! Records of lists of rulesets, by their hash: a million clouds have the same few, and the head of each names its list.
//!
//! A list that no head names any more is removed by a [`Collection`], which looks at all heads, a few at a time. A head that is on its way
//! to the store meanwhile is not among them: the table remembers which lists were named lately, and those stay until the next collection.

use super::cloud::{Installation, listed};
use super::{Damage, decode, encode};
use crate::store::{Batch, Read, Space, Store, StoreError, scan_prefix};
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The hash of a list, encoded.
pub type ListHash = [u8; 16];

/// What the keys of lists begin with, in the space of code.
pub const LIST: &[u8] = b"rulesets/";

/// So many lists are remembered; then all are forgotten and read again.
const REMEMBERED: usize = 4_096;
/// Fewer lists than this are not worth looking at all heads.
const FEW: usize = 256;
/// Heads looked at in a step.
const STEP: usize = 256;

/// Lists that were read or named. Shared by all that load or save clouds of one store.
#[derive(Debug, Default)]
pub struct ListTable(Mutex<Lists>);

#[derive(Debug, Default)]
struct Lists {
    read: HashMap<ListHash, Arc<[Installation]>>,
    /// In which round each was last named by a head that was saved; those of the last two rounds.
    named: HashMap<ListHash, u64>,
    /// Those that the store has.
    stored: HashSet<ListHash>,
    /// Collections so far.
    round: u64,
}

impl Lists {
    fn note_stored(&mut self, hash: ListHash) {
        if self.stored.len() >= REMEMBERED {
            self.stored.clear();
        }
        self.stored.insert(hash);
    }
}

impl ListTable {
    fn lists(&self) -> MutexGuard<'_, Lists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The list of a hash, from memory or the store.
    ///
    /// # Errors
    /// The store's; it is not there.
    pub fn get(&self, read: &dyn Read, hash: &ListHash) -> Result<Arc<[Installation]>, StoreError> {
        let known = self.lists().read.get(hash).cloned();
        if let Some(list) = known {
            return Ok(list);
        }
        let list: Arc<[Installation]> = read_list(read, hash)?.into();
        let mut lists = self.lists();
        if lists.read.len() >= REMEMBERED {
            lists.read.clear();
        }
        lists.read.insert(*hash, list.clone());
        Ok(list)
    }

    /// Writes a list unless `read` has it; answers its hash.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn put(
        &self,
        read: &dyn Read,
        batch: &mut Batch,
        list: &[Installation],
    ) -> Result<ListHash, StoreError> {
        let record = encode(&list);
        let hash = hash_of(&record);
        // Before it is looked for: from here on no collection removes it.
        let mut lists = self.lists();
        let round = lists.round;
        lists.named.insert(hash, round);
        if lists.stored.contains(&hash) {
            return Ok(hash);
        }
        drop(lists);
        if read.get(Space::Code, &list_key(&hash))?.is_some() {
            self.lists().note_stored(hash);
        } else {
            batch.put(Space::Code, list_key(&hash), record);
        }
        Ok(hash)
    }
}

/// One way through the heads of all clouds, at the end of which the lists that none names are removed.
#[derive(Debug)]
pub struct Collection {
    kept: HashSet<ListHash>,
    /// The last cloud that was looked at.
    last: Option<String>,
}

impl Collection {
    /// Begins one; none if there are only few lists. From one to the next must be more time than a commit takes.
    ///
    /// # Errors
    /// The store's.
    pub fn begin(read: &dyn Read, table: &ListTable) -> Result<Option<Self>, StoreError> {
        let mut count = 0;
        scan_prefix(read, Space::Code, LIST, &mut |_, _| {
            count += 1;
            if count < FEW { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        let mut lists = table.lists();
        lists.round += 1;
        let before = lists.round - 1;
        lists.named.retain(|_, round| *round >= before);
        Ok((count >= FEW).then(|| Self { kept: HashSet::new(), last: None }))
    }

    /// Looks at some heads; false if there are no more.
    ///
    /// # Errors
    /// The store's; a head that cannot be read, which might name any list.
    pub fn step(&mut self, read: &dyn Read) -> Result<bool, StoreError> {
        let (mut looked, mut last, mut failed) = (0, None, Ok(()));
        listed(read, self.last.as_deref(), &mut |cloud, list| {
            looked += 1;
            last = Some(cloud.to_owned());
            match list {
                Ok(list) => self.kept.extend(list),
                Err(error) => failed = Err(error),
            }
            if looked < STEP && failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed?;
        self.last = last;
        Ok(looked == STEP)
    }

    /// Removes what no head names; answers how many.
    ///
    /// # Errors
    /// The store's.
    pub fn end(self, store: &dyn Store, table: &ListTable) -> Result<usize, StoreError> {
        // Who names a list meanwhile waits, and then sees that it is gone.
        let mut lists = table.lists();
        let mut batch = Batch::default();
        scan_prefix(store, Space::Code, LIST, &mut |key, _| {
            let hash = key.last_chunk::<16>();
            if !hash.is_some_and(|hash| self.kept.contains(hash) || lists.named.contains_key(hash)) {
                hash.map(|hash| (lists.read.remove(hash), lists.stored.remove(hash)));
                batch.remove(Space::Code, key);
            }
            ControlFlow::Continue(())
        })?;
        store.commit(&batch)?;
        Ok(batch.writes.len())
    }
}

/// The list of a hash.
fn read_list(read: &dyn Read, hash: &ListHash) -> Result<Vec<Installation>, StoreError> {
    let key = list_key(hash);
    let record = read.get(Space::Code, &key)?;
    let record = record.ok_or_else(|| StoreError::Corrupt(format!("no record `{}`", key.escape_ascii())))?;
    decode(&record).map_err(|damage| damage.at(&key))
}

fn hash_of(record: &[u8]) -> ListHash {
    let mut hash = ListHash::default();
    hash.iter_mut().zip(blake3::hash(record).as_bytes()).for_each(|(to, from)| *to = *from);
    hash
}

fn list_key(hash: &ListHash) -> Vec<u8> {
    [LIST, hash].concat()
}

/// Checks a record of a list against the rest of its key.
pub(super) fn check_list(hash: &[u8], record: &[u8]) -> Result<(), Damage> {
    decode::<Vec<Installation>>(record)?;
    if hash_of(record) == hash { Ok(()) } else { Err(Damage::Hash) }
}
