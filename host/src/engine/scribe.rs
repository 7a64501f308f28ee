//! Logs of clouds, written on a thread of their own: what many transactions leave to be kept goes to the store in one batch, a moment
//! later. Nobody who waits for an event waits for its log, and a host that is killed may lose the last moment of it.

use krl_kernel::journal::{self, Entry};
use krl_kernel::store::{Batch, Store};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The longest that an entry waits.
const DELAY: Duration = Duration::from_millis(100);
/// Entries that are not kept waiting for others.
const MANY: usize = 4_096;
/// Entries that are written together at most.
const TOGETHER: usize = 512;
/// Entries that may wait: who has more to keep than the disk can take waits for it here.
const WAITING: usize = 65_536;

/// Takes entries. The thread sleeps while they come in, and is woken for the first of a batch and when there are many: waking it for each
/// transaction would cost more than the transaction.
#[derive(Clone, Default)]
pub struct Scribe(Arc<Desk>);

#[derive(Default)]
struct Desk {
    state: Mutex<State>,
    /// There is something for the thread to do.
    work: Condvar,
    /// The thread has written something, or ended.
    written: Condvar,
}

#[derive(Default)]
struct State {
    entries: Vec<Entry>,
    /// Batches that were begun, and those that are in the store.
    begun: u64,
    done: u64,
    /// Somebody waits for what there is.
    hurry: bool,
    stopped: bool,
    ended: bool,
}

impl Scribe {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps entries of transactions that are safe.
    pub fn keep(&self, entries: Vec<Entry>) {
        if entries.is_empty() {
            return;
        }
        let mut state = self.state();
        while state.entries.len() >= WAITING && !state.ended {
            state = self.0.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        // Once the thread has ended, nobody asks for logs any more.
        if state.ended {
            return;
        }
        let before = state.entries.len();
        state.entries.extend(entries);
        if before == 0 || before < MANY && state.entries.len() >= MANY {
            self.0.work.notify_one();
        }
    }

    /// Waits until all that was kept so far is in the store.
    pub fn flush(&self) {
        let mut state = self.state();
        let wanted = state.begun + u64::from(!state.entries.is_empty());
        while state.done < wanted && !state.ended {
            state.hurry = true;
            self.0.work.notify_one();
            state = self.0.written.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Lets the thread write what there is, and end.
    pub fn stop(&self) {
        self.state().stopped = true;
        self.0.work.notify_one();
    }

    /// The thread: runs until it is told to stop. The log of a cloud keeps about so many bytes.
    pub fn run(&self, store: &dyn Store, bytes: usize) {
        loop {
            let (entries, last) = self.next();
            // Commits wait for each other: those of clouds must not wait for all that came in a moment.
            entries.chunks(TOGETHER).for_each(|some| write(store, bytes, some));
            drop(entries);
            let mut state = self.state();
            state.done = state.begun;
            state.ended = last;
            self.0.written.notify_all();
            if last {
                return;
            }
        }
    }

    /// The next entries to write, and whether they are the last.
    fn next(&self) -> (Vec<Entry>, bool) {
        let mut state = self.state();
        let mut due: Option<Instant> = None;
        loop {
            let waits = due.map_or(DELAY, |due| due.saturating_duration_since(Instant::now()));
            let full = state.entries.len() >= MANY || state.hurry || waits.is_zero();
            if state.stopped || full && !state.entries.is_empty() {
                state.begun += 1;
                state.hurry = false;
                return (std::mem::take(&mut state.entries), state.stopped);
            }
            state = if state.entries.is_empty() {
                self.0.work.wait(state).unwrap_or_else(PoisonError::into_inner)
            } else {
                due.get_or_insert_with(|| Instant::now() + DELAY);
                self.0.work.wait_timeout(state, waits).unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }
}

fn write(store: &dyn Store, bytes: usize, entries: &[Entry]) {
    let (mut batch, count) = (Batch::default(), entries.len());
    journal::write(entries, &mut batch);
    for cloud in journal::to_trim(&batch, bytes) {
        if let Err(error) = journal::trim(store, &cloud, bytes, &mut batch) {
            tracing::warn!(%error, %cloud, "old entries of a log could not be removed");
        }
    }
    if let Err(error) = store.commit(&batch) {
        tracing::error!(%error, entries = count, "entries of logs were lost");
    }
}
