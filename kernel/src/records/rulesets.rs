//! Records of lists of rulesets, by their hash: a million clouds have the same few, and the head of each names its list.

use super::cloud::Installation;
use super::{Damage, decode, encode};
use crate::store::{Batch, Read, Space, StoreError};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The hash of a list, encoded.
pub type ListHash = [u8; 16];

/// What the keys of lists begin with, in the space of code.
pub const LIST: &[u8] = b"rulesets/";

/// So many lists are remembered; then all are forgotten and read again.
const REMEMBERED: usize = 4_096;

/// Lists that were read. Shared by all that load clouds of one store.
#[derive(Debug, Default)]
pub struct ListTable(Mutex<HashMap<ListHash, Arc<[Installation]>>>);

impl ListTable {
    /// The list of a hash, from memory or the store.
    ///
    /// # Errors
    /// The store's; it is not there.
    pub fn get(&self, read: &dyn Read, hash: &ListHash) -> Result<Arc<[Installation]>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(hash).cloned();
        if let Some(list) = known {
            return Ok(list);
        }
        let list: Arc<[Installation]> = read_list(read, hash)?.into();
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(*hash, list.clone());
        Ok(list)
    }
}

/// The list of a hash.
///
/// # Errors
/// The store's; it is not there.
fn read_list(read: &dyn Read, hash: &ListHash) -> Result<Vec<Installation>, StoreError> {
    let key = list_key(hash);
    let record = read.get(Space::Code, &key)?;
    let record = record.ok_or_else(|| StoreError::Corrupt(format!("no record `{}`", key.escape_ascii())))?;
    decode(&record).map_err(|damage| damage.at(&key))
}

/// Writes a list unless `read` has it; answers its hash.
///
/// # Errors
/// The store's.
pub(super) fn put_list(
    read: &dyn Read,
    batch: &mut Batch,
    list: &[Installation],
) -> Result<ListHash, StoreError> {
    let record = encode(&list);
    let hash = hash_of(&record);
    let key = list_key(&hash);
    if read.get(Space::Code, &key)?.is_none() {
        batch.put(Space::Code, key, record);
    }
    Ok(hash)
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
