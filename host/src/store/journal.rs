//! Waiting for the disk. The engine appends to the newest of its journals, `N.jnl`; when it begins a new one, the old one is on disk.

use super::engine_errors::from_io;
use krl_kernel::store::StoreError;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The journals of a store.
pub struct Journal {
    folder: PathBuf,
    newest: Mutex<Option<(u64, File)>>,
}

impl Journal {
    /// Of the store in a folder.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), newest: Mutex::new(None) }
    }

    /// Waits until the disk has what is in the newest journal. All writes that left the engine before are there, or in an older one,
    /// which the engine synced before it began this.
    pub fn sync(&self) -> Result<(), StoreError> {
        let mut open = self.newest.lock().unwrap_or_else(PoisonError::into_inner);
        self.sync_newest(&mut open).map_err(|error| from_io(&self.folder.display().to_string(), &error))
    }

    fn sync_newest(&self, open: &mut Option<(u64, File)>) -> io::Result<()> {
        let number = newest(&self.folder)?;
        let file = match open.take() {
            Some((at, file)) if at == number => file,
            _ => File::options().append(true).open(self.folder.join(format!("{number}.jnl")))?,
        };
        let result = file.sync_data();
        *open = Some((number, file));
        result
    }
}

/// The number of the newest journal.
fn newest(folder: &Path) -> io::Result<u64> {
    let mut newest = None;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".jnl")?.parse::<u64>().ok());
        newest = newest.max(number);
    }
    newest.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no journal"))
}
