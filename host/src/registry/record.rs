//! What the store keeps of rulesets, in [`Space::Code`]: for each address its versions, and all content by its hash.
//!
//! ```text
//! 'a' address             → format: u8 = 1, Record (postcard): the newest version
//! 'b' address 0 SHA-256   → the same: an earlier version
//! 'c' SHA-256             → source text or `.krlc`
//! ```

use super::address::{Address, ContentHash};
use super::finding::Finding;
use krl_kernel::store::{Batch, Read, Space, StoreError, scan_prefix};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::ops::ControlFlow;

const FORMAT: u8 = 1;
const ADDRESS: u8 = b'a';
const EARLIER: u8 = b'b';
const CONTENT: u8 = b'c';

/// A version of the ruleset at an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Record {
    /// Of the content.
    pub hash: [u8; 32],
    /// When it was taken in: milliseconds since 1970.
    pub flushed: i64,
    /// The ruleset's id.
    pub rid: String,
    /// Rulesets it uses as modules.
    pub uses: Vec<String>,
    /// Version of the compiler that took it in.
    pub compiler: String,
    /// What the checker had to say.
    pub warnings: Vec<Finding>,
}

fn address_key(address: &str) -> Vec<u8> {
    [&[ADDRESS], address.as_bytes()].concat()
}

fn earlier_key(address: &str, hash: ContentHash) -> Vec<u8> {
    [&[EARLIER], address.as_bytes(), &[0], &hash.0].concat()
}

fn content_key(hash: ContentHash) -> Vec<u8> {
    [&[CONTENT], &hash.0[..]].concat()
}

fn decode(address: &Address, bytes: &[u8]) -> Result<Record, StoreError> {
    let damaged = || StoreError::Corrupt(format!("the record of the ruleset at {address}"));
    match bytes.split_first() {
        Some((&FORMAT, record)) => postcard::from_bytes(record).map_err(|_| damaged()),
        Some((&format, _)) => Err(StoreError::Version { found: format.into(), supported: FORMAT.into() }),
        None => Err(damaged()),
    }
}

fn encode(record: &Record) -> Result<Vec<u8>, StoreError> {
    let mut bytes = vec![FORMAT];
    bytes.extend(postcard::to_allocvec(record).map_err(|e| StoreError::Io(e.to_string()))?);
    Ok(bytes)
}

/// Adds the newest version of an address to a batch.
pub(super) fn put(
    batch: &mut Batch,
    address: &Address,
    record: &Record,
    content: &[u8],
) -> Result<(), StoreError> {
    let hash = ContentHash(record.hash);
    batch.put(Space::Code, content_key(hash), content);
    batch.put(Space::Code, address_key(address.canonical()), encode(record)?);
    batch.remove(Space::Code, earlier_key(address.canonical(), hash));
    Ok(())
}

/// Adds what was the newest version of an address until now.
pub(super) fn put_earlier(batch: &mut Batch, address: &Address, record: &Record) -> Result<(), StoreError> {
    let key = earlier_key(address.canonical(), ContentHash(record.hash));
    batch.put(Space::Code, key, encode(record)?);
    Ok(())
}

/// An earlier version of an address, if it is there.
pub(super) fn earlier(
    read: &dyn Read,
    address: &Address,
    hash: ContentHash,
) -> Result<Option<Record>, StoreError> {
    let bytes = read.get(Space::Code, &earlier_key(address.canonical(), hash))?;
    bytes.map(|bytes| decode(address, &bytes)).transpose()
}

/// The newest versions. A damaged record is left out: its ruleset is fetched again when it is needed.
pub(super) fn all(read: &dyn Read) -> Result<Vec<(Address, Record)>, StoreError> {
    let mut found = Vec::new();
    let mut failed = None;
    scan_prefix(read, Space::Code, &[ADDRESS], &mut |key, value| {
        let text = key.get(1..).map(String::from_utf8_lossy).unwrap_or_default();
        let Ok(address) = Address::parse(&text) else { return ControlFlow::Continue(()) };
        match decode(&address, value) {
            Ok(record) => found.push((address, record)),
            Err(StoreError::Corrupt(what)) => tracing::warn!("the store is damaged: {what}"),
            Err(error) => {
                failed = Some(error);
                return ControlFlow::Break(());
            }
        }
        ControlFlow::Continue(())
    })?;
    failed.map_or(Ok(found), Err)
}

/// Content by its hash, if it is there.
pub(super) fn content(read: &dyn Read, hash: ContentHash) -> Result<Option<Vec<u8>>, StoreError> {
    let bytes = read.get(Space::Code, &content_key(hash))?;
    match bytes {
        Some(bytes) if super::content::hash_of(&bytes) != hash => {
            Err(StoreError::Corrupt(format!("the content of the ruleset {hash}")))
        }
        other => Ok(other),
    }
}

/// Removes content that is not in `keep`, and the earlier versions that named it; tells how many contents there were and their bytes.
pub(super) fn sweep(
    read: &dyn Read,
    keep: &HashSet<ContentHash>,
    batch: &mut Batch,
) -> Result<(usize, usize), StoreError> {
    let kept = |key: &[u8]| {
        let hash = key.last_chunk::<32>().map(|hash| ContentHash(*hash));
        hash.is_some_and(|hash| keep.contains(&hash))
    };
    let mut removed = (0, 0);
    scan_prefix(read, Space::Code, &[CONTENT], &mut |key, value| {
        if !kept(key) {
            batch.remove(Space::Code, key);
            removed = (removed.0 + 1, removed.1 + value.len());
        }
        ControlFlow::Continue(())
    })?;
    scan_prefix(read, Space::Code, &[EARLIER], &mut |key, _| {
        if !kept(key) {
            batch.remove(Space::Code, key);
        }
        ControlFlow::Continue(())
    })?;
    Ok(removed)
}
