//! Records of channels: with the cloud all there is to know of a channel, and by the channel's id what the way from outside to its cloud
//! needs. Policies are records of their own, by their hash: a million clouds have the same few, on the disk and in memory.

use super::key::{Tag, of_cloud};
use super::{Damage, decode, encode};
use crate::channel::{Channel, Policies};
use crate::id::Id;
use crate::store::{Batch, Read, Space, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError, Weak};

/// The hash of policies, encoded.
pub type PolicyHash = [u8; 16];

/// What the keys of policies begin with, in the space of code.
pub const POLICY: &[u8] = b"policy/";

/// So many policies are kept track of before those that nobody uses are forgotten.
const FORGET_FROM: usize = 1024;

/// A channel as its cloud keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// Channels of a cloud are in the order of these numbers.
    pub sequence: u64,
    pub tags: Arc<[Arc<str>]>,
    pub family: Option<Box<Id>>,
    pub policies: PolicyHash,
}

/// Where a channel leads, and whom it lets through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Route {
    pub cloud: Arc<str>,
    pub family: Option<Box<Id>>,
    pub policies: PolicyHash,
}

/// Policies, lists of tags and names in memory, each once. Shared by all that load clouds of one store.
#[derive(Debug, Default)]
pub struct PolicyTable {
    policies: Mutex<Known>,
    copies: Mutex<HashSet<Arc<Policies>>>,
    tags: Mutex<HashSet<Arc<[Arc<str>]>>>,
    names: Mutex<HashSet<Arc<str>>>,
}

#[derive(Debug, Default)]
struct Known {
    policies: HashMap<PolicyHash, Weak<Policies>>,
    forget_at: usize,
    /// Those that the store has: they stay there.
    stored: HashSet<PolicyHash>,
}

impl PolicyTable {
    /// The one copy of policies.
    #[must_use]
    pub fn intern(&self, policies: Arc<Policies>) -> Arc<Policies> {
        let mut copies = self.copies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = copies.get(&policies) {
            return first.clone();
        }
        if copies.len() >= FORGET_FROM {
            copies.retain(|copy| Arc::strong_count(copy) > 1);
        }
        let first = self.remember(hash_of_policies(&policies), policies);
        if copies.len() < FORGET_FROM {
            copies.insert(first.clone());
        }
        first
    }

    /// Writes policies unless `read` has them; answers their hash.
    fn put(&self, read: &dyn Read, batch: &mut Batch, policies: &Policies) -> Result<PolicyHash, StoreError> {
        let hash = hash_of_policies(policies);
        let known = || self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if known().stored.contains(&hash) {
            return Ok(hash);
        }
        let key = policy_key(&hash);
        if read.get(Space::Code, &key)?.is_none() {
            batch.put(Space::Code, key, encode(policies));
            return Ok(hash);
        }
        let mut known = known();
        if known.stored.len() >= FORGET_FROM {
            known.stored.clear();
        }
        known.stored.insert(hash);
        Ok(hash)
    }

    /// The one copy of a list of tags.
    #[must_use]
    pub fn tags(&self, list: &[Arc<str>]) -> Arc<[Arc<str>]> {
        one_copy(&self.tags, list)
    }

    /// The one copy of a name that many clouds have: of an owner, a ruleset, a variable.
    #[must_use]
    pub fn name(&self, name: &str) -> Arc<str> {
        one_copy(&self.names, name)
    }

    /// The policies of a hash, from memory or the store.
    ///
    /// # Errors
    /// The store's; they are not there.
    pub fn get(&self, read: &dyn Read, hash: &PolicyHash) -> Result<Arc<Policies>, StoreError> {
        let known = self.policies.lock().unwrap_or_else(PoisonError::into_inner).policies.get(hash).cloned();
        if let Some(policies) = known.and_then(|known| known.upgrade()) {
            return Ok(policies);
        }
        let key = policy_key(hash);
        let record = read.get(Space::Code, &key)?;
        let record =
            record.ok_or_else(|| StoreError::Corrupt(format!("no record `{}`", key.escape_ascii())))?;
        let policies: Policies = decode(&record).map_err(|damage| damage.at(&key))?;
        Ok(self.remember(*hash, Arc::new(policies)))
    }

    fn remember(&self, hash: PolicyHash, policies: Arc<Policies>) -> Arc<Policies> {
        let mut known = self.policies.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = known.policies.get(&hash).and_then(Weak::upgrade) {
            return first;
        }
        if known.policies.len() >= known.forget_at.max(FORGET_FROM) {
            known.policies.retain(|_, policies| policies.strong_count() > 0);
            known.forget_at = known.policies.len() * 2;
        }
        known.policies.insert(hash, Arc::downgrade(&policies));
        policies
    }
}

/// What is known and equal to this, or a new copy. Beyond a number of those in use, no more become known.
fn one_copy<T: ?Sized + Eq + Hash>(known: &Mutex<HashSet<Arc<T>>>, new: &T) -> Arc<T>
where
    Arc<T>: for<'a> From<&'a T>,
{
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(first) = known.get(new) {
        return first.clone();
    }
    if known.len() >= FORGET_FROM {
        known.retain(|known| Arc::strong_count(known) > 1);
    }
    let copy = Arc::<T>::from(new);
    if known.len() < FORGET_FROM {
        known.insert(copy.clone());
    }
    copy
}

fn hash_of_policies(policies: &Policies) -> PolicyHash {
    policies.hash_by(|policies| hash_of(&encode(policies)))
}

fn hash_of(record: &[u8]) -> PolicyHash {
    let mut hash = PolicyHash::default();
    let full = blake3::hash(record);
    hash.iter_mut().zip(full.as_bytes()).for_each(|(to, from)| *to = *from);
    hash
}

fn policy_key(hash: &PolicyHash) -> Vec<u8> {
    [POLICY, hash].concat()
}

/// Checks a record of policies against the rest of its key.
pub(super) fn check_policies(hash: &[u8], record: &[u8]) -> Result<(), Damage> {
    decode::<Policies>(record)?;
    if hash_of(record) == hash { Ok(()) } else { Err(Damage::Hash) }
}

/// Writes a channel of a cloud, a new one or one that changed, and its policies unless `read` has them. A cloud's channels are in the order
/// of their numbers.
///
/// # Errors
/// The store's.
pub fn put_channel(
    read: &dyn Read,
    table: &PolicyTable,
    batch: &mut Batch,
    cloud: &str,
    sequence: u64,
    channel: &Channel,
) -> Result<(), StoreError> {
    let policies = table.put(read, batch, &channel.policies)?;
    let kept = Kept { sequence, tags: channel.tags.clone(), family: channel.family.clone(), policies };
    let route = Route { cloud: cloud.into(), family: channel.family.clone(), policies };
    batch.put(Space::Clouds, of_cloud(cloud, Tag::Channel, &[&channel.id]), encode(&kept));
    batch.put(Space::Channels, channel.id.as_bytes(), encode(&route));
    Ok(())
}

/// Removes a channel of a cloud.
pub fn remove_channel(batch: &mut Batch, cloud: &str, id: &str) {
    batch.remove(Space::Clouds, of_cloud(cloud, Tag::Channel, &[id]));
    batch.remove(Space::Channels, id);
}

/// The channel of an id, and the cloud it leads to. The channel comes without its tags, which no check needs.
///
/// # Errors
/// The store's.
pub fn find_channel(
    read: &dyn Read,
    policies: &PolicyTable,
    id: &str,
) -> Result<Option<(Arc<str>, Channel)>, StoreError> {
    let Some(record) = read.get(Space::Channels, id.as_bytes())? else { return Ok(None) };
    let Route { cloud, family, policies: hash } =
        decode(&record).map_err(|damage| damage.at(id.as_bytes()))?;
    let policies = policies.get(read, &hash)?;
    Ok(Some((cloud, Channel { id: id.into(), tags: Arc::default(), policies, family })))
}
