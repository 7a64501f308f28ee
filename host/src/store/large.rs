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
mod tests {
    use super::*;
    use crate::store::format::{FORMAT, version};
    use crate::store::{FjallStore, Options};
    use krl_kernel::store::{Read as _, Store as _};
    use std::fs;
    use std::ops::ControlFlow;
    use std::time::Duration;

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

    fn put(store: &FjallStore, value: Vec<u8>) {
        let mut ahead = batch(&[("a", value)]);
        store.write_ahead(&mut ahead).unwrap();
        store.commit(&ahead).unwrap();
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

    /// The names of the files.
    fn files(folder: &Path) -> Vec<String> {
        let names = fs::read_dir(folder.join("large")).unwrap();
        let mut names: Vec<_> = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// Waits until so many files are left.
    fn wait_for(folder: &Path, count: usize) {
        let mut looks = 0;
        while files(folder).len() != count {
            looks += 1;
            assert!(looks < 1_000, "{:?}", files(folder));
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn a_large_value_is_there_when_its_batch_is_committed_and_gone_when_it_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        let (first, second) = (value(1, 3 * LARGE + 7), value(2, LARGE));
        let mut ahead = batch(&[("a", first.clone()), ("b", b"small".to_vec())]);
        store.write_ahead(&mut ahead).unwrap();
        assert_eq!(read(&store), None);
        assert!(!store.has_large(Space::Clouds, b"a"));
        store.commit(&ahead).unwrap();
        drop(ahead);
        assert_eq!(read(&store), Some(first.clone()));
        assert!(store.has_large(Space::Clouds, b"a") && !store.has_large(Space::Clouds, b"b"));
        let before = store.snapshot();
        put(&store, second.clone());
        let between = store.snapshot();
        assert_eq!(read(&store), Some(second.clone()));
        store.commit(&batch(&[("a", Vec::new())])).unwrap();
        assert_eq!(read(&store), Some(Vec::new()));
        store.commit(&batch(&[("a", first.clone())])).unwrap();
        assert_eq!(read(&store), Some(first.clone()), "written as any other");
        assert_eq!(between.get(Space::Clouds, b"a").unwrap(), Some(second.clone()));
        drop(between);
        assert_eq!(before.get(Space::Clouds, b"a").unwrap(), Some(first.clone()));
        assert_eq!(files(folder.path()), ["0", "1"], "`before` may read what came after it");
        drop(before);
        wait_for(folder.path(), 0);
        put(&store, second.clone());
        let mut removal = Batch::default();
        removal.remove(Space::Clouds, "a");
        store.commit(&removal).unwrap();
        assert_eq!(read(&store), None);
        wait_for(folder.path(), 0);
    }

    #[test]
    fn what_was_never_committed_is_removed_now_or_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        put(&store, value(3, LARGE));
        let mut lost = batch(&[("a", value(4, LARGE))]);
        store.write_ahead(&mut lost).unwrap();
        drop(lost);
        wait_for(folder.path(), 1);
        let mut lost = batch(&[("a", value(5, LARGE))]);
        store.write_ahead(&mut lost).unwrap();
        std::mem::forget(lost);
        drop(store);
        assert_eq!(files(folder.path()), ["0", "2"]);
        let store = open(folder.path());
        assert_eq!((files(folder.path()), read(&store)), (vec!["0".to_owned()], Some(value(3, LARGE))));
        put(&store, value(6, LARGE));
        assert_eq!(read(&store), Some(value(6, LARGE)));
    }

    #[test]
    fn a_reader_that_stays_keeps_a_file_that_was_replaced_very_often() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        put(&store, value(0, LARGE));
        let before = store.snapshot();
        for number in 1_000..1_200 {
            store.large.files.replaced(vec![number]);
        }
        (0..100_000).for_each(|_| store.large.files.replaced(Vec::new()));
        put(&store, value(1, LARGE));
        assert_eq!(before.get(Space::Clouds, b"a").unwrap(), Some(value(0, LARGE)));
        drop(before);
        wait_for(folder.path(), 1);
        assert_eq!(read(&store), Some(value(1, LARGE)));
    }

    #[test]
    fn damaged_files_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path());
        put(&store, value(7, LARGE));
        let file = folder.path().join("large/0");
        let whole = fs::read(&file).unwrap();
        let get = || store.get(Space::Clouds, b"a").map_err(|error| error.to_string());
        for at in [0, 5, whole.len() / 2, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 0x10;
            fs::write(&file, &bytes).unwrap();
            assert!(get().unwrap_err().contains("large/0"), "byte {at}");
        }
        for length in [0, 10, whole.len() / 2, whole.len() - 1] {
            fs::write(&file, &whole[..length]).unwrap();
            assert!(get().is_err(), "{length} bytes");
        }
        fs::remove_file(&file).unwrap();
        assert!(get().unwrap_err().contains("large/0: the file is gone"));
        let mut keys = Vec::new();
        let mut note = |key: &[u8]| {
            keys.push(key.to_vec());
            ControlFlow::Continue(())
        };
        store.scan_keys(Space::Clouds, b"a", &mut note).unwrap();
        assert_eq!(keys, [b"a"], "keys are known without their values");
        fs::write(&file, &whole).unwrap();
        assert_eq!(read(&store), Some(value(7, LARGE)));
    }

    /// Format 2 had the pieces of values in the database, and a mark for each number without a head.
    #[test]
    fn values_of_format_2_move_in() {
        let folder = tempfile::tempdir().unwrap();
        drop(open(folder.path()));
        let (whole, number) = (value(8, 3 * LARGE + 5), 7_u64);
        {
            let database = Database::builder(folder.path()).open().unwrap();
            let space = |name: &str| database.keyspace(name, KeyspaceCreateOptions::default).unwrap();
            space("host").insert("format", 2_u32.to_be_bytes()).unwrap();
            space("clouds").insert("a", []).unwrap();
            let head = Head { number, bytes: whole.len() as u64 };
            space("large").insert(head_key(b"a"), head.record()).unwrap();
            space("large").insert([b"m".to_vec(), 9_u64.to_be_bytes().to_vec()].concat(), []).unwrap();
            for (index, piece) in whole.chunks(32 << 10).enumerate() {
                let key = Head { number, bytes: index as u64 }.record();
                space(PIECES).insert(key, piece).unwrap();
            }
        }
        for _ in 0..2 {
            let store = open(folder.path());
            assert_eq!(version(&store).unwrap(), Some(FORMAT));
            assert_eq!((read(&store), files(folder.path())), (Some(whole.clone()), vec!["7".to_owned()]));
            assert!(store.large.heads.prefix(b"m").next().is_none());
        }
    }
}
