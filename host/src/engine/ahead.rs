//! Large values, written ahead of their batches on a thread of its own: the lanes they come from have a low priority, and must not be kept from
//! running while they hold the store's journal, for which all commits wait.

use crossbeam_channel::{Receiver, Sender, bounded, unbounded};
use krl_kernel::store::{Batch, Durability, Store, StoreError, Write};

/// Values of less bytes are left to their commit.
const LARGE: usize = 64 << 10;

/// A batch whose large values are to be written, and where it goes then.
type Job = (Batch, Sender<(Batch, Result<(), StoreError>)>);

/// Takes batches.
pub struct Ahead(Sender<Job>);

impl Ahead {
    /// What takes batches, and where the thread finds them.
    pub fn new() -> (Self, Receiver<Job>) {
        let (sender, jobs) = unbounded();
        (Self(sender), jobs)
    }

    /// Waits until the large values of a batch are written.
    pub fn write(&self, batch: &mut Batch) -> Result<(), StoreError> {
        let is_large = |write: &Write| matches!(write, Write::Put(_, _, value) if value.len() >= LARGE);
        if !batch.writes.iter().any(is_large) {
            return Ok(());
        }
        let (sender, done) = bounded(1);
        // The thread lives as long as there are senders.
        let _ = self.0.send((std::mem::take(batch), sender));
        let (written, result) =
            done.recv().map_err(|_| StoreError::Io("a large value was not written".into()))?;
        *batch = written;
        result
    }
}

/// The thread: runs until nobody can send batches any more.
pub fn run(store: &dyn Store, durability: Durability, jobs: &Receiver<Job>) {
    for (mut batch, sender) in jobs {
        let result = store.write_ahead(&mut batch, durability);
        let _ = sender.send((batch, result));
    }
}
