//! Storage as the kernel sees it: ordered keys in a few spaces, atomic batches, snapshots. Nothing else in the kernel knows what is below.

mod faults;
mod memory;

pub use faults::{Fault, FaultyStore};
pub use memory::MemoryStore;

use std::fmt;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::Sender;

/// Independent ordered key spaces.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Space {
    /// What clouds are made of; keys begin with the cloud.
    Clouds,
    /// Channels by id.
    Channels,
    /// What is to be done later, by time or in order: timers, inboxes, outboxes, deletions.
    Agenda,
    /// Logs and traces, which may be dropped when they are old.
    Logs,
    /// Rulesets by address and by content.
    Code,
    /// Facts about the host: format version, owners, settings.
    Host,
}

impl Space {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Clouds, Self::Channels, Self::Agenda, Self::Logs, Self::Code, Self::Host];

    /// A stable name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Clouds => "clouds",
            Self::Channels => "channels",
            Self::Agenda => "agenda",
            Self::Logs => "logs",
            Self::Code => "code",
            Self::Host => "host",
        }
    }
}

/// The longest key; the shortest has one byte.
pub const MAX_KEY_BYTES: usize = u16::MAX as usize;

/// What happens to a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// It gets a value.
    Put(Space, Vec<u8>, Vec<u8>),
    /// It goes.
    Remove(Space, Vec<u8>),
}

/// Writes that take effect together, in order.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The writes.
    pub writes: Vec<Write>,
    /// Values that the store has already ([`Store::write_ahead`]); their puts are empty.
    pub ahead: Vec<Arc<Ahead>>,
}

/// A large value that was written ahead of the batch that it belongs to. Dropped uncommitted, it is told to the store, which forgets it.
pub struct Ahead {
    /// Its space and key.
    pub of: (Space, Vec<u8>),
    /// By what the store knows it.
    pub number: u64,
    /// Its length.
    pub bytes: u64,
    /// Where its number goes in the end, unless it was committed.
    pub dropped: Sender<u64>,
    /// It was committed.
    pub committed: AtomicBool,
}

impl Drop for Ahead {
    fn drop(&mut self) {
        if !*self.committed.get_mut() {
            // A store that is closed forgets it when it is opened.
            let _ = self.dropped.send(self.number);
        }
    }
}

impl fmt::Debug for Ahead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ahead").field("number", &self.number).field("bytes", &self.bytes).finish()
    }
}

impl Batch {
    /// Adds a value.
    pub fn put(&mut self, space: Space, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.writes.push(Write::Put(space, key.into(), value.into()));
    }

    /// Removes a key.
    pub fn remove(&mut self, space: Space, key: impl Into<Vec<u8>>) {
        self.writes.push(Write::Remove(space, key.into()));
    }

    /// Adds all of another batch.
    pub fn append(&mut self, other: &mut Self) {
        self.writes.append(&mut other.writes);
        self.ahead.append(&mut other.ahead);
    }

    /// Checks what every store asks of keys, so that all of them refuse the same batches.
    ///
    /// # Errors
    /// [`StoreError::Key`] for the first key that is empty or too long.
    pub fn check(&self) -> Result<(), StoreError> {
        check_keys(&self.writes)
    }

    /// Is there nothing in it?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.writes.is_empty()
    }
}

/// As [`Batch::check`], for a part of a batch.
///
/// # Errors
/// [`StoreError::Key`] for the first key that is empty or too long.
pub fn check_keys(writes: &[Write]) -> Result<(), StoreError> {
    for write in writes {
        let (Write::Put(_, key, _) | Write::Remove(_, key)) = write;
        if key.is_empty() || key.len() > MAX_KEY_BYTES {
            return Err(StoreError::Key { bytes: key.len() });
        }
    }
    Ok(())
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// The disk has it: it survives a power failure.
    #[default]
    Sync,
    /// The operating system has it: it survives a killed process.
    Os,
}

/// Why storage failed. Nothing of a failed batch stays.
///
/// After [`StoreError::Full`] and [`StoreError::Key`] the store goes on; after any other error of a commit or sync the host must stop and open it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StoreError {
    /// There is no room.
    Full,
    /// What is stored is damaged; the text says where.
    Corrupt(String),
    /// The store was written by a version this one does not read.
    Version {
        /// What it says.
        found: u32,
        /// The newest that this version reads.
        supported: u32,
    },
    /// Another process has it open; the text says what.
    Locked(String),
    /// A key is empty or longer than [`MAX_KEY_BYTES`].
    Key {
        /// Its length.
        bytes: usize,
    },
    /// Anything else the medium says.
    Io(String),
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full => f.write_str("the store is full: free some space on its disk"),
            Self::Corrupt(what) => write!(f, "the store is damaged: {what}"),
            Self::Version { found, supported } => {
                write!(f, "the store has format {found}, and this version reads formats up to {supported}")
            }
            Self::Locked(what) => write!(f, "another process has the store open: {what}"),
            Self::Key { bytes } => {
                write!(f, "a key has {bytes} bytes, and the store takes 1 to {MAX_KEY_BYTES}")
            }
            Self::Io(what) => write!(f, "the store failed: {what}"),
        }
    }
}

impl std::error::Error for StoreError {}

/// A reader of entries in key order; it says when it has enough.
pub type Visitor<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// A reader of keys in order; it says when it has enough.
pub type KeyVisitor<'a> = &'a mut dyn FnMut(&[u8]) -> ControlFlow<()>;

/// Reading.
pub trait Read: Send + Sync {
    /// The value of a key.
    ///
    /// # Errors
    /// The medium's.
    fn get(&self, space: Space, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError>;

    /// Are there keys with this prefix whose values take long to read?
    fn has_large(&self, _space: Space, _prefix: &[u8]) -> bool {
        false
    }

    /// Visits the entries from `from` (inclusive) to `to` (exclusive; none: to the end), in key order.
    ///
    /// # Errors
    /// The medium's.
    fn scan(
        &self,
        space: Space,
        from: &[u8],
        to: Option<&[u8]>,
        visit: Visitor<'_>,
    ) -> Result<(), StoreError>;

    /// Visits the keys that begin with a prefix, in order, and reads no values that take long.
    ///
    /// # Errors
    /// The medium's.
    fn scan_keys(&self, space: Space, prefix: &[u8], visit: KeyVisitor<'_>) -> Result<(), StoreError> {
        self.scan(space, prefix, prefix_end(prefix).as_deref(), &mut |key, _| visit(key))
    }
}

/// A store.
pub trait Store: Read {
    /// Applies a batch, all or nothing; readers see it when this returns, and a killed process does not lose it.
    ///
    /// # Errors
    /// The medium's; then nothing of it stays.
    fn commit(&self, batch: &Batch) -> Result<(), StoreError>;

    /// Waits until the disk has everything committed before.
    ///
    /// # Errors
    /// The medium's; then it is not known what the disk has, and the host must stop.
    fn sync(&self) -> Result<(), StoreError>;

    /// What the store holds now, unaffected by later commits.
    fn snapshot(&self) -> Box<dyn Read>;

    /// Writes the large values of a batch, beside what others commit and so that the disk has them, and its commit, which comes later or never,
    /// takes no longer than any. Nobody sees them before.
    ///
    /// # Errors
    /// The medium's.
    fn write_ahead(&self, _batch: &mut Batch) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Visits all entries whose keys begin with `prefix`.
///
/// # Errors
/// The medium's.
pub fn scan_prefix(
    read: &dyn Read,
    space: Space,
    prefix: &[u8],
    visit: Visitor<'_>,
) -> Result<(), StoreError> {
    let end = prefix_end(prefix);
    read.scan(space, prefix, end.as_deref(), visit)
}

/// The first key behind all those that begin with `prefix`; none if there is no such key.
#[must_use]
pub fn prefix_end(prefix: &[u8]) -> Option<Vec<u8>> {
    let last = prefix.iter().rposition(|&byte| byte != u8::MAX)?;
    let mut end = prefix.get(..=last)?.to_vec();
    *end.last_mut()? += 1;
    Some(end)
}
