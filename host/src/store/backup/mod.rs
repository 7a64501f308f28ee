//! A whole store in one file, and back.
//!
//! ```text
//! file   = "krlstore" version:u32 format:u32 block* end
//! block  = 1:u8 length:u64 record* digest       at least one record
//! end    = 2:u8 length:u64 entries:u64 digest   nothing follows
//! record = space:u8 key-length:u16 value-length:u32 key value
//! ```
//!
//! Numbers are big-endian. A digest is the BLAKE3 of all bytes of the file before it, so each block is checked by its own and the last one
//! checks the whole, and blocks cannot change places.

mod read;
mod write;

pub use read::{restore, verify_backup, verify_store};
pub use write::backup;

use krl_kernel::store::{Space, StoreError};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"krlstore";
/// The version of the file's own layout.
const VERSION: u32 = 1;
const HEADER_BYTES: usize = 16;
const BLOCK: u8 = 1;
const END: u8 = 2;
const DIGEST_BYTES: usize = 32;

/// What a backup holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Entries of all spaces.
    pub entries: u64,
    /// The bytes of their keys and values.
    pub bytes: u64,
}

impl Contents {
    fn count(&mut self, key: &[u8], value: &[u8]) {
        self.entries += 1;
        self.bytes += (key.len() + value.len()) as u64;
    }
}

/// Looks at an entry; the text says what is wrong with it.
pub type Check<'a> = &'a mut dyn FnMut(Space, &[u8], &[u8]) -> Result<(), String>;

/// Why there is no backup, or no store from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BackupError {
    /// The store failed.
    Store(StoreError),
    /// A file failed.
    File(PathBuf, String),
    /// It would be overwritten.
    Exists(PathBuf),
    /// This is no backup.
    Foreign(PathBuf),
    /// A newer version made the backup.
    Version {
        /// The file.
        path: PathBuf,
        /// What it says.
        found: u32,
        /// The newest that this version reads.
        supported: u32,
    },
    /// The file is not as it was written.
    Damaged {
        /// The file.
        path: PathBuf,
        /// Where its first wrong block begins.
        at: u64,
        /// What is wrong there.
        what: &'static str,
    },
    /// The check refuses an entry.
    Entry {
        /// Its space.
        space: Space,
        /// Its key.
        key: Vec<u8>,
        /// Why.
        why: String,
    },
}

impl From<StoreError> for BackupError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::File(path, why) => write!(f, "{}: {why}", path.display()),
            Self::Exists(path) => write!(f, "{} exists and is left as it is", path.display()),
            Self::Foreign(path) => write!(f, "{} is not a backup of a store", path.display()),
            Self::Version { path, found, supported } => write!(
                f,
                "{} has format {found}, and this version reads formats up to {supported}",
                path.display()
            ),
            Self::Damaged { path, at, what } => {
                write!(f, "{} is damaged in the block at byte {at}: {what}", path.display())
            }
            Self::Entry { space, key, why } => {
                write!(f, "the entry `{}` in `{}`: {why}", key.escape_ascii(), space.name())
            }
        }
    }
}

impl std::error::Error for BackupError {}

fn file_error(path: &Path, error: &io::Error) -> BackupError {
    match error.kind() {
        io::ErrorKind::AlreadyExists => BackupError::Exists(path.to_owned()),
        io::ErrorKind::StorageFull => BackupError::Store(StoreError::Full),
        _ => BackupError::File(path.to_owned(), error.to_string()),
    }
}

/// The numbers of the spaces in a file.
const SPACES: &[(u8, Space)] = &[
    (1, Space::Clouds),
    (2, Space::Channels),
    (3, Space::Agenda),
    (4, Space::Logs),
    (5, Space::Code),
    (6, Space::Host),
];
