//! Waiting for the disk. The engine appends to the newest of its journals, `N.jnl`; when it begins a new one, the old one is on disk.

use super::damage::{Marker, journals};
use super::engine_errors::from_io;
use krl_kernel::store::StoreError;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// The journals of a store.
pub struct Journal {
    folder: PathBuf,
    state: Mutex<State>,
}

struct State {
    /// The newest journal, once it has been synced.
    newest: Option<(u64, File)>,
    marker: Marker,
    synced: u64,
}

impl Journal {
    /// Of the store in a folder, which has been synced so many times.
    pub fn open(folder: &Path, synced: u64) -> Result<Self, StoreError> {
        let marker = Marker::open(folder).map_err(|error| from_io(&folder.display().to_string(), &error))?;
        let state = State { newest: None, marker, synced };
        Ok(Self { folder: folder.to_owned(), state: Mutex::new(state) })
    }

    /// Waits until the disk has all that left the engine before, and what `count` writes: the number of this sync. It is all in the newest
    /// journal, or in an older one, which the engine synced before it began this.
    pub fn sync(&self, count: impl FnOnce(u64) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let synced = state.synced + 1;
        count(synced)?;
        let result = self.sync_newest(&mut state).and_then(|()| state.marker.note(synced));
        state.synced = synced;
        result.map_err(|error| from_io(&self.folder.display().to_string(), &error))
    }

    /// Lets the disk have what left the engine before, without counting it as a sync: then the next one has little to wait for.
    pub fn ease(&self) -> Result<(), StoreError> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = self.sync_newest(&mut state);
        result.map_err(|error| from_io(&self.folder.display().to_string(), &error))
    }

    fn sync_newest(&self, state: &mut State) -> io::Result<()> {
        let (number, path) = journals(&self.folder)?
            .pop()
            .ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no journal"))?;
        let file = match state.newest.take() {
            Some((at, file)) if at == number => file,
            _ => File::options().append(true).open(path)?,
        };
        let result = file.sync_data();
        state.newest = Some((number, file));
        result
    }
}
