//! What the engine would do while commits wait, done ahead on a thread of its own.
//!
//! Before a buffer goes to a file, the engine syncs its journal under the lock that commits take, and a buffer that is in a file is freed under the
//! lock of its keyspace: after 16 MiB of small writes either takes tens of milliseconds. The thread syncs the journal whenever some of it was
//! written, so that the engine finds little to sync, and holds on to the buffers, so that it is the last to let go of them and frees
//! them where nobody waits. It also removes the files of large values (`files`) that nobody needs, once the journal is synced.

use super::files::Files;
use super::journal::Journal;
use crate::priority::step_back;
use fjall::{AbstractTree as _, Database, Keyspace};
use std::any::Any;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle, Thread};
use std::time::Duration;

/// Bytes written between two looks.
const STEP: u64 = 256 * 1024;
/// How soon files of large values are looked at again, which readers may have kept.
const LATER: Duration = Duration::from_secs(1);
/// How soon buffers that are in files, but that others still read, are looked at again.
const AGAIN: Duration = Duration::from_millis(20);

/// Whether a write failed in a way that leaves it unknown what the disk has.
pub struct Failure {
    there: AtomicBool,
    database: Database,
}

impl Failure {
    /// None so far.
    pub const fn new(database: Database) -> Self {
        Self { there: AtomicBool::new(false), database }
    }

    /// Is there one?
    pub fn is_there(&self) -> bool {
        self.there.load(Ordering::Acquire)
    }

    /// There is one.
    pub fn note(&self) {
        if !self.there.swap(true, Ordering::AcqRel) {
            // Dropped, the engine would try to write its buffer again and bring the failed batch back. Kept, it ends with the process.
            std::mem::forget(self.database.clone());
        }
    }
}

/// The thread; it sleeps while nothing is written.
pub struct Relief {
    state: Arc<State>,
    thread: Thread,
    handle: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct State {
    /// Bytes written since the last look.
    written: AtomicU64,
    /// Bytes written since the last sync.
    unsynced: AtomicU64,
    stopped: AtomicBool,
}

impl Relief {
    /// Starts the thread.
    pub fn start(
        keyspaces: Vec<Keyspace>,
        journal: Arc<Journal>,
        files: Arc<Files>,
        failure: Arc<Failure>,
    ) -> io::Result<Self> {
        let state = Arc::<State>::default();
        let desk = Desk { state: state.clone(), keyspaces, journal, files, failure };
        let handle = thread::Builder::new().name("relief".into()).spawn(move || {
            step_back(15);
            desk.run();
        })?;
        Ok(Self { state, thread: handle.thread().clone(), handle: Some(handle) })
    }

    /// So many bytes were written.
    pub fn note(&self, bytes: u64) {
        self.state.unsynced.fetch_add(bytes, Ordering::Relaxed);
        let before = self.state.written.fetch_add(bytes, Ordering::Relaxed);
        if before < STEP && before + bytes >= STEP {
            self.thread.unpark();
        }
    }

    /// The disk has all that was written.
    pub fn note_sync(&self) {
        self.state.unsynced.store(0, Ordering::Relaxed);
    }

    /// There are files, perhaps to be removed.
    pub fn wake(&self) {
        self.thread.unpark();
    }

    /// Ends the thread, and waits for its end.
    pub fn stop(&mut self) {
        self.state.stopped.store(true, Ordering::Release);
        self.thread.unpark();
        if let Some(handle) = self.handle.take() {
            // A panic there has been reported there.
            drop(handle.join());
        }
    }
}

impl Drop for Relief {
    fn drop(&mut self) {
        self.stop();
    }
}

/// A buffer of the engine.
type Buffer = Arc<dyn Any + Send + Sync>;

struct Desk {
    state: Arc<State>,
    keyspaces: Vec<Keyspace>,
    journal: Arc<Journal>,
    files: Arc<Files>,
    failure: Arc<Failure>,
}

impl Desk {
    fn run(&self) {
        let mut current: Vec<Buffer> = self.keyspaces.iter().map(buffer).collect();
        let mut retired: Vec<Buffer> = Vec::new();
        while !self.state.stopped.load(Ordering::Acquire) {
            self.state.written.store(0, Ordering::Relaxed);
            let numbers = self.files.to_remove();
            let unsynced = self.state.unsynced.load(Ordering::Relaxed) >= STEP;
            if !self.failure.is_there() && (unsynced || !numbers.is_empty()) {
                self.sync_and_remove(&numbers);
            }
            for (keyspace, held) in self.keyspaces.iter().zip(&mut current) {
                let now = buffer(keyspace);
                if !Arc::ptr_eq(&now, held) {
                    retired.push(std::mem::replace(held, now));
                }
            }
            // Nobody takes up again what only this holds.
            retired.retain(|buffer| Arc::strong_count(buffer) > 1);
            match (retired.is_empty(), self.files.are_used()) {
                (true, false) => thread::park(),
                (true, true) => thread::park_timeout(LATER),
                (false, _) => thread::park_timeout(AGAIN),
            }
        }
    }

    /// Syncs the journal, and removes the files that nobody needs then.
    fn sync_and_remove(&self, numbers: &[u64]) {
        self.state.unsynced.store(0, Ordering::Relaxed);
        if let Err(error) = self.journal.ease() {
            tracing::error!(%error, "the journal could not be synced");
            self.failure.note();
        } else if let Err(error) = self.files.remove(numbers) {
            tracing::warn!(%error, "a file that nobody needs stays until the next start");
        }
    }
}

/// The buffer that takes a keyspace's writes now.
fn buffer(keyspace: &Keyspace) -> Buffer {
    keyspace.tree.active_memtable()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test")]
mod tests {
    use super::*;
    use crate::store::{FjallStore, Options};
    use krl_kernel::store::{Batch, Space, Store as _};

    /// What waits for the disk at each commit, and what does not, let go of the buffers alike.
    #[test]
    fn buffers_that_are_in_files_are_freed() {
        for synced in [false, true] {
            let folder = tempfile::tempdir().unwrap();
            let options = Options { reserve_bytes: 0, buffer_bytes: 1 << 20, ..Options::default() };
            let store = FjallStore::open(folder.path(), &options).unwrap();
            let first = Arc::downgrade(&buffer(store.spaces.of(Space::Agenda)));
            let mut number = 0_u32;
            while first.strong_count() > 0 {
                assert!(number < 400_000, "the first buffer is there for good");
                let mut batch = Batch::default();
                for _ in 0..200 {
                    number += 1;
                    batch.put(Space::Agenda, number.to_be_bytes(), [7; 100]);
                }
                store.commit(&batch).unwrap();
                if synced {
                    store.sync().unwrap();
                }
            }
        }
    }
}
