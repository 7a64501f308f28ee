//! The store on disk: one keyspace of the `fjall` engine for each space, one journal for all.
//!
//! A commit is in the journal file when it returns, so a killed process does not lose it. `sync` waits for the disk on a handle of its own:
//! the engine's own way holds the lock that commits need while the disk works.

use super::MIB;
use super::archives;
use super::damage::Before;
use super::engine_errors::{from_io, guarded};
use super::format::{FORMAT, MIGRATIONS, migrate};
use super::journal::Journal;
use super::large::{self, Large};
use super::relief::{Failure, Relief};
use super::room::free_bytes;
use super::spaces::Spaces;
use super::view::View;
use crate::priority::step_back;
use fjall::{Database, Keyspace, KeyspaceCreateOptions, PersistMode};
use krl_kernel::store::{Batch, KeyVisitor, Read, Space, Store, StoreError, Visitor, Write};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a store that is closed writes files.
const LONGEST_CLOSE: Duration = Duration::from_secs(5);
/// How long free space that was seen counts as free, and how much of it: asking the system costs as much as a small commit.
const ROOM_HOLDS: Duration = Duration::from_millis(50);
const ROOM_BYTES: u64 = 4 * MIB;

/// The mark that counts syncs.
const SYNCED: &[u8] = b"synced";

/// How much the store may take. The defaults suit a machine with 1 GB of memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Blocks of files kept in memory, in bytes.
    pub cache_bytes: u64,
    /// Writes kept in memory per space before they go to a file, in bytes. A space holds at most five times as much. Taken when the
    /// store is made.
    pub buffer_bytes: u64,
    /// Journals on disk, in bytes, at least 64 MiB: a start reads them all.
    pub journal_bytes: u64,
    /// Puts are refused as [`StoreError::Full`] while the disk has less free space than this: what is being written behind the scenes
    /// still needs room, and so do removals.
    pub reserve_bytes: u64,
    /// Threads that write files behind the scenes.
    pub threads: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cache_bytes: 64 * MIB,
            buffer_bytes: 16 * MIB,
            journal_bytes: 128 * MIB,
            reserve_bytes: 256 * MIB,
            threads: 2,
        }
    }
}

/// A store in a folder.
pub struct FjallStore {
    folder: PathBuf,
    reserve_bytes: u64,
    /// When free space was last seen, and how many bytes may be written before it is looked at again.
    room: Mutex<Option<(Instant, u64)>>,
    pub(super) spaces: Spaces,
    pub(super) large: Large,
    /// What the store knows of itself.
    marks: Keyspace,
    journal: Arc<Journal>,
    failure: Arc<Failure>,
    relief: Relief,
    database: Database,
}

impl FjallStore {
    /// Opens the store in a folder, or makes one; older formats are brought up to this version's.
    ///
    /// # Errors
    /// [`StoreError::Locked`] if another process has it open, [`StoreError::Version`] if a newer version wrote it,
    /// [`StoreError::Corrupt`] if it is damaged; the medium's.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, StoreError> {
        let place = folder.display().to_string();
        let before = Before::look(folder)?;
        archives::check(folder)?;
        let open = || {
            // What is written behind the scenes lets commits go first: its threads have the priority of the one that starts them.
            step_back(5);
            let database = Database::builder(folder)
                .cache_size(options.cache_bytes)
                .max_journaling_size(options.journal_bytes.max(64 * MIB))
                .worker_threads(options.threads.max(1))
                .open()?;
            let spaces = Spaces::open(&database, options)?;
            let marks =
                database.keyspace("marks", || KeyspaceCreateOptions::default().max_memtable_size(MIB))?;
            Ok((database, spaces, marks))
        };
        let opened = std::thread::scope(|scope| scope.spawn(|| guarded(&place, open)).join());
        let gone = |_| StoreError::Io(format!("{place}: it could not be opened"));
        let (database, spaces, marks) = opened.map_err(gone)??;
        let synced = guarded(&place, || marks.get(SYNCED))?;
        let synced = synced.and_then(|count| Some(u64::from_be_bytes((*count).try_into().ok()?)));
        let synced = synced.unwrap_or_default();
        before.compare(synced)?;
        let journal = Arc::new(Journal::open(folder, synced)?);
        let failure = Arc::new(Failure::new(database.clone()));
        let keyspaces = Space::ALL.map(|space| spaces.of(space)).into_iter().chain([&marks]);
        let large = Large::open(folder, &database)?;
        let keyspaces = keyspaces.chain([large.heads()]).cloned().collect();
        let relief = Relief::start(keyspaces, journal.clone(), large.files.clone(), failure.clone());
        let relief = relief.map_err(|error| from_io(&place, &error))?;
        let store = Self {
            folder: folder.to_owned(),
            reserve_bytes: options.reserve_bytes,
            room: Mutex::default(),
            spaces,
            large,
            marks,
            journal,
            failure,
            relief,
            database,
        };
        store.large.move_in(&store.database)?;
        migrate(&store, FORMAT, MIGRATIONS)?;
        store.large.clear_up(&store.database)?;
        Ok(store)
    }

    /// How many bytes its files have.
    ///
    /// # Errors
    /// The medium's.
    pub fn disk_bytes(&self) -> Result<u64, StoreError> {
        let files = self.large.files.disk_bytes().map_err(|error| from_io(&self.place(), &error))?;
        Ok(files + guarded(&self.place(), || self.database.disk_space())?)
    }

    fn place(&self) -> String {
        self.folder.display().to_string()
    }

    /// Lets the buffers go to files, for a while: what is in files is passed over in the journals at the next start.
    fn empty_buffers(&self) {
        let spaces = Space::ALL.map(|space| self.spaces.of(space));
        let others = [&self.marks, self.large.heads()];
        spaces.into_iter().chain(others).for_each(|space| drop(space.rotate_memtable()));
        let begun = Instant::now();
        while self.database.write_buffer_size() > 0 && begun.elapsed() < LONGEST_CLOSE {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    fn view(&self) -> View {
        View::new(&self.database, self.spaces.clone(), &self.large)
    }

    /// Nothing is taken after a failure: the engine may still hold half of what it could not write, and another write would complete it.
    fn check_usable(&self) -> Result<(), StoreError> {
        if self.failure.is_there() {
            return Err(StoreError::Io(format!(
                "{}: an earlier write failed, so nothing more is taken",
                self.place()
            )));
        }
        Ok(())
    }

    /// Is there room for so many bytes more?
    fn check_room(&self, bytes: u64) -> Result<(), StoreError> {
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((seen, left)) = room.as_mut()
            && seen.elapsed() < ROOM_HOLDS
            && *left >= bytes
        {
            *left -= bytes;
            return Ok(());
        }
        *room = None;
        let reserve = if bytes == 0 { self.reserve_bytes / 2 } else { self.reserve_bytes };
        let left = free_bytes(&self.folder)?.checked_sub(reserve.saturating_add(bytes));
        let left = left.ok_or(StoreError::Full)?;
        *room = (bytes > 0).then(|| (Instant::now(), left.min(ROOM_BYTES)));
        Ok(())
    }

    fn failing<T>(&self, result: Result<T, StoreError>) -> Result<T, StoreError> {
        if result.is_err() {
            self.failure.note();
        }
        result
    }
}

/// What a batch writes.
fn batch_bytes(batch: &Batch) -> u64 {
    let bytes = |write: &Write| match write {
        Write::Put(_, key, value) => (key.len() + value.len()) as u64,
        Write::Remove(_, key) => key.len() as u64,
    };
    batch.writes.iter().map(bytes).sum()
}

/// What a batch puts.
fn put_bytes(batch: &Batch) -> u64 {
    let bytes = |write: &Write| match write {
        Write::Put(_, key, value) => (key.len() + value.len()) as u64,
        Write::Remove(..) => 0,
    };
    batch.writes.iter().map(bytes).sum()
}

/// The last write of each key: the engine gives all writes of a batch the same age.
fn last_writes(batch: &Batch) -> impl Iterator<Item = &Write> {
    let mut last: HashMap<(Space, &[u8]), usize> = HashMap::with_capacity(batch.writes.len());
    for (index, write) in batch.writes.iter().enumerate() {
        let (Write::Put(space, key, _) | Write::Remove(space, key)) = write;
        match last.entry((*space, key)) {
            Entry::Occupied(mut at) => *at.get_mut() = index,
            Entry::Vacant(at) => drop(at.insert(index)),
        }
    }
    batch.writes.iter().enumerate().filter_map(move |(index, write)| {
        let (Write::Put(space, key, _) | Write::Remove(space, key)) = write;
        (last.get(&(*space, key.as_slice())) == Some(&index)).then_some(write)
    })
}

impl Read for FjallStore {
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.view().get(space, key)
    }

    fn has_large(&self, space: Space, prefix: &[u8]) -> bool {
        space == Space::Clouds && self.large.has(prefix)
    }

    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError> {
        self.view().scan(space, from, to, visit)
    }

    fn scan_keys(&self, space: Space, prefix: &[u8], visit: KeyVisitor<'_>) -> Result<(), StoreError> {
        self.view().scan_keys(space, prefix, visit)
    }
}

impl Store for FjallStore {
    fn commit(&self, batch: &Batch) -> Result<(), StoreError> {
        batch.check()?;
        self.check_usable()?;
        if batch.is_empty() {
            return Ok(());
        }
        self.check_room(put_bytes(batch))?;
        let mut changes = large::Changes::default();
        self.failing(guarded(&self.place(), || {
            let mut writes = self.database.batch().durability(Some(PersistMode::Buffer));
            for write in last_writes(batch) {
                self.large.follow(write, batch, &mut changes, &mut writes)?;
                match write {
                    Write::Put(space, key, value) => {
                        writes.insert(self.spaces.of(*space), key.as_slice(), value.as_slice());
                    }
                    Write::Remove(space, key) => {
                        writes.remove(self.spaces.of(*space), key.as_slice());
                    }
                }
            }
            writes.commit()
        }))?;
        if self.large.committed(changes) {
            self.relief.wake();
        }
        self.relief.note(batch_bytes(batch));
        Ok(())
    }

    fn write_ahead(&self, batch: &mut Batch) -> Result<(), StoreError> {
        self.check_usable()?;
        self.check_room(put_bytes(batch))?;
        let written = self.large.write(batch);
        if !batch.ahead.is_empty() {
            self.relief.wake();
        }
        written
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.check_usable()?;
        // All earlier commits have left the engine's lock behind them when this has had it.
        let count = |synced: u64| {
            guarded(&self.place(), || {
                let mut writes = self.database.batch().durability(Some(PersistMode::Buffer));
                writes.insert(&self.marks, SYNCED, synced.to_be_bytes());
                writes.commit()
            })
        };
        self.failing(self.journal.sync(count))?;
        self.relief.note_sync();
        Ok(())
    }

    fn snapshot(&self) -> Box<dyn Read> {
        Box::new(self.view())
    }
}

impl Drop for FjallStore {
    fn drop(&mut self) {
        self.relief.stop();
        // The engine syncs when it goes; this counts it. What fails here fails there, and is found at the next start.
        let _ = self.sync();
        if self.check_usable().is_ok() {
            self.empty_buffers();
        }
    }
}
