//! Large values of clouds: each is a file of its own, in the folder `large`, so that a gigabyte passes neither through the engine's journal, for
//! which everybody who commits waits, nor through its merging of files. A value is written, and on disk, ahead of the batch it belongs to. What
//! the batch then has for its key is an empty value, and a *head* that names the file by its number.
//!
//! A file goes once nothing can need it: no reader from before it was replaced is left, and the disk has the batch that replaced it. Files
//! without a head, which a crash leaves, go when the store is opened.

use super::engine_errors::{from_io, guarded};
use super::files::{Files, Generation};
use fjall::{Database, Keyspace, KeyspaceCreateOptions, OwnedWriteBatch, Readable, Snapshot};
use krl_kernel::store::{Ahead, Batch, Space, StoreError, Write};
use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Values from this many bytes on are large.
const LARGE: usize = 128 << 10;

/// The keys of heads begin with this.
const HEAD: u8 = b'h';
/// Where the values themselves were up to format 2.
const PIECES: &str = "pieces";

/// The file of a value, and the bytes of the value.
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

/// The large values as a reader sees them.
#[derive(Clone)]
pub struct Values {
    heads: Keyspace,
    files: Arc<Files>,
    /// Keeps the files that were there when the reader began.
    generation: Option<Arc<Generation>>,
}

impl Values {
    /// Are there files, and do they stay as long as this?
    pub const fn are_held(&self) -> bool {
        self.generation.is_some()
    }

    /// The value of a key of clouds that is empty in its own keyspace.
    pub fn read(&self, snapshot: &Snapshot, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let place = "large values";
        let Some(record) = guarded(place, || snapshot.get(&self.heads, head_key(key)))? else {
            return Ok(None);
        };
        let damaged = || StoreError::Corrupt(format!("{place}: a head is damaged"));
        let head = Head::read(&record).ok_or_else(damaged)?;
        self.files.read(head.number, head.bytes).map(Some)
    }
}

/// The large values of a store.
pub struct Large {
    heads: Keyspace,
    pub files: Arc<Files>,
    /// Are there any, or were there since the store was opened?
    any: AtomicBool,
}

/// What becomes of large values with a batch.
#[derive(Default)]
pub struct Changes {
    taken: Vec<Arc<Ahead>>,
    replaced: Vec<u64>,
}

impl Large {
    /// Opens what belongs to a store in a folder.
    pub fn open(folder: &Path, database: &Database) -> Result<Self, StoreError> {
        let options = || KeyspaceCreateOptions::default().max_memtable_size(1 << 20);
        let heads = guarded("large values", || database.keyspace("large", options))?;
        let folder = folder.join("large");
        let files = Files::open(&folder).map_err(|error| from_io(&folder.display().to_string(), &error))?;
        Ok(Self { heads, files: Arc::new(files), any: AtomicBool::new(true) })
    }

    /// The keyspace of the heads.
    pub const fn heads(&self) -> &Keyspace {
        &self.heads
    }

    /// Takes over the values of format 2, which were in the database; they stay there until [`Self::clear_up`].
    pub fn move_in(&self, database: &Database) -> Result<(), StoreError> {
        let place = "large values";
        if !database.keyspace_exists(PIECES) {
            return Ok(());
        }
        let pieces = guarded(place, || database.keyspace(PIECES, KeyspaceCreateOptions::default))?;
        for head in self.all_heads()? {
            let mut value = Vec::with_capacity(usize::try_from(head.bytes).unwrap_or(0).min(1 << 30));
            for piece in pieces.prefix(head.number.to_be_bytes()) {
                value.extend_from_slice(&guarded(place, || piece.value())?);
            }
            if value.len() as u64 == head.bytes {
                self.files.write(head.number, &value)?;
            }
        }
        Ok(())
    }

    /// Removes what nothing needs: values of format 2, files without a head.
    pub fn clear_up(&self, database: &Database) -> Result<(), StoreError> {
        let place = "large values";
        if database.keyspace_exists(PIECES) {
            let marks = self.heads.prefix(b"m").map(|mark| mark.key()).collect::<fjall::Result<Vec<_>>>();
            let marks = guarded(place, || marks)?;
            marks.into_iter().try_for_each(|mark| guarded(place, || self.heads.remove(mark.clone())))?;
            let pieces = guarded(place, || database.keyspace(PIECES, KeyspaceCreateOptions::default))?;
            guarded(place, || database.delete_keyspace(pieces))?;
        }
        let heads = self.all_heads()?;
        self.any.store(!heads.is_empty(), Ordering::Relaxed);
        let needed: HashSet<u64> = heads.iter().map(|head| head.number).collect();
        self.files.keep(&needed)
    }

    fn all_heads(&self) -> Result<Vec<Head>, StoreError> {
        let place = "large values";
        let damaged = || StoreError::Corrupt(format!("{place}: a head is damaged"));
        let heads = self.heads.prefix([HEAD]);
        heads.map(|head| Head::read(&guarded(place, || head.value())?).ok_or_else(damaged)).collect()
    }

    /// What a reader who begins now sees.
    pub fn values(&self) -> Values {
        // Files that come later have no head in what the reader sees.
        let any = self.any.load(Ordering::Acquire);
        let generation = any.then(|| self.files.generation());
        Values { heads: self.heads.clone(), files: self.files.clone(), generation }
    }

    /// Is there a large value among the keys of clouds with a prefix?
    pub fn has(&self, prefix: &[u8]) -> bool {
        self.any.load(Ordering::Relaxed) && self.heads.prefix(head_key(prefix)).next().is_some()
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
        let former = self.heads.get(head_key(key))?.and_then(|record| Head::read(&record));
        changes.replaced.extend(former.map(|former| former.number));
        match ahead {
            Some(ahead) => {
                let head = Head { number: ahead.number, bytes: ahead.bytes };
                writes.insert(&self.heads, head_key(key), head.record());
                changes.taken.push(ahead.clone());
            }
            None if former.is_some() => writes.remove(&self.heads, head_key(key)),
            None => {}
        }
        Ok(())
    }

    /// The batch is committed. Are there files that nobody will need?
    pub fn committed(&self, changes: Changes) -> bool {
        for ahead in changes.taken {
            ahead.committed.store(true, Ordering::Relaxed);
        }
        let any = !changes.replaced.is_empty();
        if any {
            self.files.replaced(changes.replaced);
        }
        any
    }

    /// Writes the large values of a batch.
    pub fn write(&self, batch: &mut Batch) -> Result<(), StoreError> {
        for write in &mut batch.writes {
            if let Write::Put(Space::Clouds, key, value) = write
                && value.len() >= LARGE
            {
                self.any.store(true, Ordering::Release);
                let number = self.files.next();
                self.files.write(number, value)?;
                let (key, bytes) = (key.clone(), std::mem::take(value).len() as u64);
                let dropped = self.files.dropped();
                let committed = AtomicBool::new(false);
                batch.ahead.push(Arc::new(Ahead {
                    of: (Space::Clouds, key),
                    number,
                    bytes,
                    dropped,
                    committed,
                }));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests;
