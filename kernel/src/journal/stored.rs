//! Logs in the store. Records of many transactions share one record of the store, for each cloud one in each batch; beside them lies, for each
//! batch, a short digest of the transactions' ids and where they are.

use super::{Journal, packed};
use crate::id::LENGTH;
use crate::store::{Batch, Read, Space, StoreError, Write, prefix_end, scan_prefix};
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use xxhash_rust::xxh3::xxh3_64;

/// What the keys of digests begin with; no cloud's id does.
const DIGESTS: &[u8] = b"#";
/// How far back transactions are looked for, one after another: milliseconds.
const REACHES: [i64; 3] = [60_000, 3_600_000, super::SHOWN];

/// A transaction of a cloud, to be kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The cloud.
    pub cloud: Arc<str>,
    /// Its place among all entries of the cloud: larger than those before. The upper 44 bits are the time in milliseconds.
    pub sequence: u64,
    /// What happened.
    pub journal: Journal,
}

/// A digest of the entries of a batch: for each cloud the sequence of its last entry, and the hashes of the ids.
type Digest = Vec<(Arc<str>, u64, Vec<u32>)>;

fn hash(id: &str) -> u32 {
    xxh3_64(id.as_bytes()) as u32
}

/// The first sequence of a time.
fn sequence_at(time: i64) -> u64 {
    (time.max(0) as u64) << 20
}

fn key(cloud: &str, sequence: u64) -> Vec<u8> {
    [cloud.as_bytes(), &sequence.to_be_bytes()].concat()
}

/// The first key of all logs.
pub(crate) fn first_key() -> Vec<u8> {
    DIGESTS.to_vec()
}

/// The keys from the log of a record on that are older than a time: the beginning of all keys of the log, and the end of its old ones.
pub(crate) fn old_keys(record: &[u8], before: i64) -> [Vec<u8>; 2] {
    let log = if record.starts_with(DIGESTS) { DIGESTS } else { record.get(..LENGTH).unwrap_or(record) };
    [log.to_vec(), [log, &sequence_at(before).to_be_bytes()].concat()]
}

/// Adds entries to a batch.
pub fn write(entries: &[Entry], batch: &mut Batch) {
    let mut clouds: BTreeMap<&Arc<str>, Vec<(u64, &Journal)>> = BTreeMap::new();
    for entry in entries {
        clouds.entry(&entry.cloud).or_default().push((entry.sequence, &entry.journal));
    }
    let mut digest = Digest::new();
    for (cloud, mut own) in clouds {
        own.sort_by_key(|(sequence, _)| *sequence);
        let Some(&(last, _)) = own.last() else { continue };
        let Some(record) = packed::encode(&own) else { continue };
        batch.put(Space::Logs, key(cloud, last), record);
        digest.push((cloud.clone(), last, own.iter().map(|(_, journal)| hash(&journal.id)).collect()));
    }
    let last = digest.iter().map(|(_, last, _)| *last).max();
    if let (Some(last), Ok(record)) = (last, postcard::to_allocvec(&digest)) {
        batch.put(Space::Logs, [DIGESTS, &last.to_be_bytes()].concat(), record);
    }
}

/// Reads a record of a cloud's log; none if it is damaged.
#[must_use]
pub fn decode(record: &[u8]) -> Option<Vec<(u64, Journal)>> {
    packed::decode(record)
}

/// Adds removals of a cloud's oldest records to a batch, so that the younger ones have no more than so many bytes. The youngest stays.
///
/// # Errors
/// The store's.
pub fn trim(store: &dyn Read, cloud: &str, bytes: usize, batch: &mut Batch) -> Result<(), StoreError> {
    let mut records = Vec::new();
    scan_prefix(store, Space::Logs, cloud.as_bytes(), &mut |key, record| {
        records.push((key.to_vec(), key.len() + record.len()));
        ControlFlow::Continue(())
    })?;
    let mut left = bytes;
    let kept = records.iter().rev().take_while(|(_, size)| {
        let fits = left.checked_sub(*size);
        left = fits.unwrap_or_default();
        fits.is_some()
    });
    let kept = kept.count().max(1);
    let too_many = records.len().saturating_sub(kept);
    records.into_iter().take(too_many).for_each(|(key, _)| batch.remove(Space::Logs, key));
    Ok(())
}

/// The clouds in a batch of log records whose logs are to be trimmed to so many bytes before it is written. Not all: each is looked at when
/// about an eighth of what it may keep has been added to it, which is left to chance, so that nothing has to be known of the others.
#[must_use]
pub fn to_trim(batch: &Batch, bytes: usize) -> Vec<String> {
    let between = (bytes as u64 / 8).max(1);
    let chosen = batch.writes.iter().filter_map(|write| match write {
        Write::Put(Space::Logs, key, record) if !key.starts_with(DIGESTS) => {
            let size = (key.len() + record.len()) as u64;
            let cloud = key.get(..LENGTH).filter(|_| xxh3_64(key) % between < size)?;
            Some(String::from_utf8_lossy(cloud).into_owned())
        }
        _ => None,
    });
    chosen.collect()
}

/// A cloud's entries from `since` on, oldest first, at most `limit` of them; `after` is the position of the last one already seen.
///
/// # Errors
/// The store's. Records that cannot be read are left out.
pub fn read(
    store: &dyn Read,
    cloud: &str,
    since: i64,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<(Vec<u8>, Journal)>, StoreError> {
    let after = after.and_then(|after| Some(u64::from_be_bytes(after.try_into().ok()?)));
    let first = after.map_or_else(|| sequence_at(since), |after| after.saturating_add(1));
    let end = prefix_end(cloud.as_bytes());
    let mut found = Vec::new();
    store.scan(Space::Logs, &key(cloud, first), end.as_deref(), &mut |_, record| {
        let entries = decode(record).unwrap_or_default().into_iter();
        let entries = entries.filter(|(sequence, _)| *sequence >= first).take(limit - found.len());
        found.extend(entries.map(|(sequence, journal)| (sequence.to_be_bytes().to_vec(), journal)));
        if found.len() < limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    })?;
    Ok(found)
}

/// The last transaction of this id before `now`, and whose it is. Those of the last minute are found at once; for older ones, all digests
/// since then are read.
///
/// # Errors
/// The store's.
pub fn find(store: &dyn Read, id: &str, now: i64) -> Result<Option<(Arc<str>, Journal)>, StoreError> {
    let mut places: Vec<(Arc<str>, u64)> = Vec::new();
    for reach in REACHES {
        let first = [DIGESTS, &sequence_at(now - reach).to_be_bytes()].concat();
        store.scan(Space::Logs, &first, prefix_end(DIGESTS).as_deref(), &mut |_, record| {
            let digest: Digest = postcard::from_bytes(record).unwrap_or_default();
            let with = digest.into_iter().filter(|(_, _, ids)| ids.contains(&hash(id)));
            places.extend(with.map(|(cloud, last, _)| (cloud, last)));
            ControlFlow::Continue(())
        })?;
        for (cloud, last) in places.drain(..).rev() {
            if cloud.len() != LENGTH {
                continue;
            }
            let record = store.get(Space::Logs, &key(&cloud, last))?;
            let entries = record.and_then(|record| decode(&record)).unwrap_or_default();
            let found = entries.into_iter().rev().find(|(_, journal)| *journal.id == *id);
            if let Some((_, journal)) = found {
                return Ok(Some((cloud, journal)));
            }
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use crate::store::{MemoryStore, Store};
    use krl_vm::data::DataMap;

    const CLOUD: [&str; 2] = ["c00000000000000000000000001", "c00000000000000000000000002"];

    fn entry(cloud: usize, time: i64, id: &str) -> Entry {
        let (eci, name) = (Arc::from("c"), Arc::from("n"));
        let journal = Journal::new(Kind::Event, &id.into(), &eci, (&name, &name), &DataMap::new(), time);
        Entry { cloud: CLOUD[cloud].into(), sequence: sequence_at(time) + 7, journal }
    }

    fn stored() -> MemoryStore {
        let batches = [
            vec![entry(0, 1_000, "a"), entry(1, 2_000, "b"), entry(0, 3_000, "c")],
            vec![entry(1, 4_000, "d"), entry(0, 5_000, "a")],
            vec![entry(0, 4_000_000, "e")],
        ];
        let store = MemoryStore::default();
        for entries in batches {
            let mut batch = Batch::default();
            write(&entries, &mut batch);
            store.commit(&batch).unwrap();
        }
        store
    }

    #[test]
    fn entries_are_read_in_order_page_by_page() {
        let store = stored();
        for (since, limit, expected) in [
            (0, 10, ["a", "c", "a", "e"].as_slice()),
            (0, 1, &["a", "c", "a", "e"]),
            (0, 2, &["a", "c", "a", "e"]),
            (2_000, 2, &["c", "a", "e"]),
            (5_001, 3, &["e"]),
        ] {
            let mut found = Vec::new();
            let mut after: Option<Vec<u8>> = None;
            loop {
                let page = read(&store, CLOUD[0], since, after.as_deref(), limit).unwrap();
                let Some((last, _)) = page.last() else { break };
                after = Some(last.clone());
                found.extend(page.iter().map(|(_, journal)| journal.id.to_string()));
            }
            assert_eq!(found, expected, "since {since}, {limit} at a time");
        }
    }

    #[test]
    fn logs_stay_within_their_bytes() {
        let store = MemoryStore::default();
        let all = |store: &MemoryStore| read(store, CLOUD[0], 0, None, usize::MAX).unwrap();
        let mut most = 0;
        for number in 0..2_000 {
            let mut batch = Batch::default();
            let ids = [format!("a{number}"), format!("b{number}")];
            write(&[entry(0, number, &ids[0]), entry(1, number, &ids[1])], &mut batch);
            for cloud in to_trim(&batch, 4_096) {
                trim(&store, &cloud, 4_096, &mut batch).unwrap();
            }
            store.commit(&batch).unwrap();
            let mut bytes = 0;
            let mut count = |key: &[u8], record: &[u8]| {
                bytes += key.len() + record.len();
                ControlFlow::Continue(())
            };
            scan_prefix(&store, Space::Logs, CLOUD[0].as_bytes(), &mut count).unwrap();
            most = most.max(bytes);
        }
        assert!((4_096..3 * 4_096).contains(&most), "{most}");
        let left = all(&store);
        assert!(left.len() > 20, "{}", left.len());
        assert_eq!(&*left.last().unwrap().1.id, "a1999");
        let mut batch = Batch::default();
        trim(&store, CLOUD[0], 0, &mut batch).unwrap();
        store.commit(&batch).unwrap();
        assert_eq!(all(&store).len(), 1, "the youngest stays");
    }

    #[test]
    fn transactions_are_found_by_id() {
        let store = stored();
        for (id, now, expected) in [
            ("a", 6_000, Some((0, 5_000))),
            ("b", 6_000, Some((1, 2_000))),
            ("d", 4_000_000, Some((1, 4_000))),
            ("d", 5_001 + super::super::SHOWN, None),
            ("x", 6_000, None),
        ] {
            let found = find(&store, id, now).unwrap();
            let found = found.map(|(cloud, journal)| (cloud, journal.time));
            assert_eq!(
                found,
                expected.map(|(cloud, time): (usize, i64)| (CLOUD[cloud].into(), time)),
                "{id} at {now}"
            );
        }
    }
}
