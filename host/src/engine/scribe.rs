//! Logs of clouds, written on a thread of their own: what many transactions leave to be kept goes to the store in one batch, a moment
//! later. Nobody who waits for an event waits for its log, and a host that is killed may lose the last moment of it.

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use krl_kernel::journal::{self, Entry};
use krl_kernel::store::{Batch, Store};
use std::time::{Duration, Instant};

/// The longest that an entry waits.
const DELAY: Duration = Duration::from_millis(100);
/// Entries that are not kept waiting for others.
const MANY: usize = 4_096;
/// Groups of entries that may wait: who writes faster than the disk waits for it here.
const WAITING: usize = 1_024;

/// What the thread is told.
pub enum Note {
    Keep(Vec<Entry>),
    /// Write what there is, and say so.
    Flush(Sender<()>),
    /// Write what there is, and end.
    Stop,
}

/// Takes entries.
pub struct Scribe(Sender<Note>);

impl Scribe {
    /// A scribe, and what its thread reads.
    pub fn new() -> (Self, Receiver<Note>) {
        let (sender, receiver) = bounded(WAITING);
        (Self(sender), receiver)
    }

    /// Keeps entries of transactions that are safe.
    pub fn keep(&self, entries: Vec<Entry>) {
        if !entries.is_empty() {
            // Once the thread has ended, nobody asks for logs any more.
            drop(self.0.send(Note::Keep(entries)));
        }
    }

    /// Waits until all that was kept so far is in the store.
    pub fn flush(&self) {
        let (sender, receiver) = bounded(1);
        if self.0.send(Note::Flush(sender)).is_ok() {
            // An error is its end: it has written all then.
            let _ = receiver.recv();
        }
    }

    /// Lets the thread end.
    pub fn stop(&self) {
        drop(self.0.send(Note::Stop));
    }
}

/// The thread: runs until it is told to stop.
pub fn run(store: &dyn Store, notes: &Receiver<Note>) {
    let mut entries: Vec<Entry> = Vec::new();
    let mut due = Instant::now();
    loop {
        let note = match entries.is_empty() {
            true => notes.recv().map_err(RecvTimeoutError::from),
            false if entries.len() >= MANY => Err(RecvTimeoutError::Timeout),
            false => notes.recv_deadline(due),
        };
        match note {
            Ok(Note::Keep(more)) => {
                if entries.is_empty() {
                    due = Instant::now() + DELAY;
                }
                entries.extend(more);
            }
            Ok(Note::Flush(done)) => {
                write(store, &mut entries);
                let _ = done.send(());
            }
            Err(RecvTimeoutError::Timeout) => write(store, &mut entries),
            Ok(Note::Stop) | Err(RecvTimeoutError::Disconnected) => return write(store, &mut entries),
        }
    }
}

fn write(store: &dyn Store, entries: &mut Vec<Entry>) {
    let mut batch = Batch::default();
    journal::write(entries, &mut batch);
    if let Err(error) = store.commit(&batch) {
        tracing::error!(%error, entries = entries.len(), "entries of logs were lost");
    }
    entries.clear();
}
