//! Large values of clouds. They are written in pieces, ahead of the batches they belong to: a commit of a gigabyte would hold the journal for
//! seconds, and everybody who commits waits for the journal. What the batch then has for such a key is an empty value, and a *head* that names
//! the pieces by their number. A mark for each number without a head lets the pieces of values that were replaced, or never
//! committed, be found and removed, also after a crash.

use super::engine_errors::guarded;
use super::fjall::FjallStore;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, Readable, Snapshot};
use krl_kernel::store::{Ahead, Batch, Durability, Space, Store as _, StoreError, Write};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

/// Values from this many bytes on are large.
const LARGE: usize = 128 << 10;
/// Bytes of a piece: others wait for the journal while one is written.
const PIECE: usize = 32 << 10;
/// How many times as long as a piece took its writer leaves the journal to others.
const REST: u32 = 2;
/// Pieces between two syncs, where commits wait for the disk: so that the last does not find all of it to be written.
const SYNCED: usize = 32;
/// Pieces that are removed together.
const REMOVED: usize = 64;

/// The keys of heads begin with this, and those of marks.
const HEAD: u8 = b'h';
const MARK: u8 = b'm';

/// A value in pieces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Head {
    number: u64,
    bytes: u64,
}

impl Head {
    fn read(record: &[u8]) -> Option<Self> {
        let (number, bytes) = record.split_first_chunk()?;
        let bytes = bytes.try_into().ok()?;
        Some(Self { number: u64::from_be_bytes(*number), bytes: u64::from_be_bytes(bytes) })
    }

    fn record(self) -> [u8; 16] {
        let mut record = [0; 16];
        let (number, bytes) = record.split_at_mut(8);
        number.copy_from_slice(&self.number.to_be_bytes());
        bytes.copy_from_slice(&self.bytes.to_be_bytes());
        record
    }
}

fn head_key(key: &[u8]) -> Vec<u8> {
    [&[HEAD], key].concat()
}

fn mark_key(number: u64) -> Vec<u8> {
    [&[MARK][..], &number.to_be_bytes()].concat()
}

fn piece_key(number: u64, index: usize) -> [u8; 16] {
    Head { number, bytes: index as u64 }.record()
}

/// The keyspaces of large values.
#[derive(Clone)]
pub struct Keyspaces {
    heads: Keyspace,
    pieces: Keyspace,
}

impl Keyspaces {
    /// Each of them.
    pub fn all(&self) -> [&Keyspace; 2] {
        [&self.heads, &self.pieces]
    }

    /// The value of a key of clouds that is empty in its own keyspace.
    pub fn read(&self, snapshot: &Snapshot, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let place = "large values";
        let Some(record) = guarded(place, || snapshot.get(&self.heads, head_key(key)))? else {
            return Ok(None);
        };
        let damaged = || StoreError::Corrupt(format!("{place}: a value is not whole"));
        let head = Head::read(&record).ok_or_else(damaged)?;
        let mut value = Vec::with_capacity(usize::try_from(head.bytes).map_err(|_| damaged())?.min(1 << 30));
        for piece in snapshot.prefix(&self.pieces, head.number.to_be_bytes()) {
            value.extend_from_slice(&guarded(place, || piece.value())?);
        }
        if value.len() as u64 == head.bytes { Ok(Some(value)) } else { Err(damaged()) }
    }
}

/// The large values of a store.
pub struct Large {
    pub keyspaces: Keyspaces,
    /// Are there any, or were there since the store was opened?
    any: AtomicBool,
    next: AtomicU64,
    /// Numbers whose pieces nobody needs.
    dropped: Sender<u64>,
    to_remove: Mutex<Receiver<u64>>,
}

/// What becomes of large values with a batch.
#[derive(Default)]
pub struct Changes {
    taken: Vec<Arc<Ahead>>,
    replaced: Vec<u64>,
}

impl Large {
    pub fn open(database: &Database, buffer_bytes: u64) -> fjall::Result<Self> {
        let open = |name: &str, bytes| {
            database.keyspace(name, || KeyspaceCreateOptions::default().max_memtable_size(bytes))
        };
        let keyspaces = Keyspaces { heads: open("large", 1 << 20)?, pieces: open("pieces", buffer_bytes)? };
        let (dropped, to_remove) = channel();
        let number = |key: &[u8]| key.first_chunk().map(|number| u64::from_be_bytes(*number));
        let mut last = match keyspaces.pieces.last_key_value() {
            Some(last) => number(&last.key()?).unwrap_or_default(),
            None => 0,
        };
        for mark in keyspaces.heads.prefix([MARK]) {
            if let Some(number) = number(mark.key()?.get(1..).unwrap_or_default()) {
                last = last.max(number);
                let _ = dropped.send(number);
            }
        }
        let any = AtomicBool::new(keyspaces.heads.first_key_value().is_some());
        Ok(Self { keyspaces, any, next: AtomicU64::new(last + 1), dropped, to_remove: Mutex::new(to_remove) })
    }

    /// Is there a large value among the keys of clouds with a prefix?
    pub fn has(&self, prefix: &[u8]) -> bool {
        self.any.load(Ordering::Relaxed) && self.keyspaces.heads.prefix(head_key(prefix)).next().is_some()
    }

    /// Adds to a batch what becomes of large values when `write` is made.
    pub fn follow(
        &self,
        write: &Write,
        batch: &Batch,
        changes: &mut Changes,
        writes: &mut OwnedWriteBatch,
    ) -> fjall::Result<()> {
        let (Write::Put(space, key, _) | Write::Remove(space, key)) = write;
        if *space != Space::Clouds || !self.any.load(Ordering::Relaxed) {
            return Ok(());
        }
        let ahead = match write {
            Write::Put(_, _, value) if value.is_empty() => {
                batch.ahead.iter().rev().find(|ahead| ahead.of.0 == *space && ahead.of.1 == *key)
            }
            _ => None,
        };
        let heads = &self.keyspaces.heads;
        let former = heads.get(head_key(key))?.and_then(|record| Head::read(&record));
        if let Some(former) = former {
            writes.insert(heads, mark_key(former.number), []);
            changes.replaced.push(former.number);
        }
        match ahead {
            Some(ahead) => {
                writes.insert(
                    heads,
                    head_key(key),
                    Head { number: ahead.number, bytes: ahead.bytes }.record(),
                );
                writes.remove(heads, mark_key(ahead.number));
                changes.taken.push(ahead.clone());
            }
            None if former.is_some() => writes.remove(heads, head_key(key)),
            None => {}
        }
        Ok(())
    }

    /// The batch is committed.
    pub fn committed(&self, changes: Changes) {
        for ahead in changes.taken {
            ahead.committed.store(true, Ordering::Relaxed);
        }
        for number in changes.replaced {
            let _ = self.dropped.send(number);
        }
    }

    /// Writes the large values of a batch.
    pub fn write(
        &self,
        store: &FjallStore,
        batch: &mut Batch,
        durability: Durability,
    ) -> Result<(), StoreError> {
        self.remove_dropped(store)?;
        for write in &mut batch.writes {
            if let Write::Put(Space::Clouds, key, value) = write
                && value.len() >= LARGE
            {
                let (key, value) = (key.clone(), std::mem::take(value));
                batch.ahead.push(self.write_one(store, key, &value, durability)?);
            }
        }
        Ok(())
    }

    fn write_one(
        &self,
        store: &FjallStore,
        key: Vec<u8>,
        value: &[u8],
        durability: Durability,
    ) -> Result<Arc<Ahead>, StoreError> {
        let (heads, pieces) = (&self.keyspaces.heads, &self.keyspaces.pieces);
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        self.any.store(true, Ordering::Relaxed);
        store.write(1, |writes| writes.insert(heads, mark_key(number), []))?;
        let ahead = Arc::new(Ahead {
            of: (Space::Clouds, key),
            number,
            bytes: value.len() as u64,
            dropped: self.dropped.clone(),
            committed: AtomicBool::new(false),
        });
        for (index, piece) in value.chunks(PIECE).enumerate() {
            let begun = Instant::now();
            store.write(piece.len() as u64, |writes| {
                writes.insert(pieces, piece_key(number, index), piece);
            })?;
            if durability == Durability::Sync && index % SYNCED == SYNCED - 1 {
                store.sync()?;
            }
            std::thread::sleep(begun.elapsed() * REST);
        }
        Ok(ahead)
    }

    /// Removes the pieces that nobody needs any more.
    fn remove_dropped(&self, store: &FjallStore) -> Result<(), StoreError> {
        let (heads, pieces) = (&self.keyspaces.heads, &self.keyspaces.pieces);
        loop {
            let next = self.to_remove.lock().unwrap_or_else(PoisonError::into_inner).try_recv();
            let Ok(number) = next else { return Ok(()) };
            let mut keys = Vec::new();
            for piece in pieces.prefix(number.to_be_bytes()) {
                keys.push(guarded("large values", || piece.key())?);
            }
            for some in keys.chunks(REMOVED) {
                let begun = Instant::now();
                store.write(0, |writes| some.iter().for_each(|key| writes.remove(pieces, key.clone())))?;
                std::thread::sleep(begun.elapsed() * REST);
            }
            store.write(0, |writes| writes.remove(heads, mark_key(number)))?;
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use crate::store::Options;
    use krl_kernel::store::Read as _;
    use std::ops::ControlFlow;
    use std::path::Path;

    fn open(folder: &Path) -> FjallStore {
        FjallStore::open(folder, &Options { reserve_bytes: 0, ..Options::default() }).unwrap()
    }

    fn value(byte: u8, bytes: usize) -> Vec<u8> {
        (0..bytes).map(|n| byte.wrapping_add((n / 1_000) as u8)).collect()
    }

    fn batch(entries: &[(&str, Vec<u8>)]) -> Batch {
        let mut batch = Batch::default();
        for (key, value) in entries {
            batch.put(Space::Clouds, *key, value.clone());
        }
        batch
    }

    /// What is there under `a`, by all ways to read it.
    fn read(store: &FjallStore) -> Option<Vec<u8>> {
        let got = store.get(Space::Clouds, b"a").unwrap();
        let mut scanned = None;
        let mut visit = |_: &[u8], value: &[u8]| {
            scanned = Some(value.to_vec());
            ControlFlow::Break(())
        };
        store.scan(Space::Clouds, b"a", Some(b"b"), &mut visit).unwrap();
        assert_eq!(got, scanned);
        assert_eq!(got, store.snapshot().get(Space::Clouds, b"a").unwrap());
        got
    }

    fn records(keyspace: &Keyspace) -> usize {
        keyspace.iter().count()
    }

    /// Heads, marks and pieces that are left once what nobody needs is removed.
    fn left(store: &FjallStore) -> [usize; 2] {
        store.write_ahead(&mut Batch::default(), Durability::Os).unwrap();
        store.large.keyspaces.all().map(records)
    }

    #[test]
    fn a_large_value_is_there_when_its_batch_is_committed_and_gone_when_it_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let (first, second) = (value(1, 3 * LARGE + 7), value(2, LARGE));
        for durability in [Durability::Os, Durability::Sync] {
            let mut ahead = batch(&[("a", first.clone()), ("b", b"small".to_vec())]);
            store.write_ahead(&mut ahead, durability).unwrap();
            assert_eq!(read(&store), None);
            assert!(!store.has_large(Space::Clouds, b"a"));
            store.commit(&ahead).unwrap();
            drop(ahead);
            assert_eq!(read(&store), Some(first.clone()));
            assert!(store.has_large(Space::Clouds, b"a") && !store.has_large(Space::Clouds, b"b"));
            let (before, mut ahead) = (store.snapshot(), batch(&[("a", second.clone())]));
            store.write_ahead(&mut ahead, durability).unwrap();
            store.commit(&ahead).unwrap();
            assert_eq!(read(&store), Some(second.clone()));
            assert_eq!(left(&store), [1, second.len().div_ceil(PIECE)]);
            assert_eq!(before.get(Space::Clouds, b"a").unwrap(), Some(first.clone()));
            store.commit(&batch(&[("a", Vec::new())])).unwrap();
            assert_eq!(read(&store), Some(Vec::new()));
            store.commit(&batch(&[("a", first.clone())])).unwrap();
            assert_eq!(read(&store), Some(first.clone()), "written as any other");
            let mut removal = Batch::default();
            removal.remove(Space::Clouds, "a");
            store.commit(&removal).unwrap();
            assert_eq!((read(&store), left(&store)), (None, [0, 0]));
        }
    }

    #[test]
    fn what_was_never_committed_is_removed_now_or_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let mut kept = batch(&[("a", value(3, LARGE))]);
        store.write_ahead(&mut kept, Durability::Os).unwrap();
        store.commit(&kept).unwrap();
        let whole = left(&store);
        let mut lost = batch(&[("a", value(4, LARGE))]);
        store.write_ahead(&mut lost, Durability::Os).unwrap();
        drop(lost);
        assert_eq!(left(&store), whole);
        let mut lost = batch(&[("a", value(5, LARGE))]);
        store.write_ahead(&mut lost, Durability::Os).unwrap();
        std::mem::forget(lost);
        drop((kept, store));
        let store = open(folder.path());
        assert!(records(&store.large.keyspaces.pieces) > whole[1]);
        assert_eq!((left(&store), read(&store)), (whole, Some(value(3, LARGE))));
    }
}
