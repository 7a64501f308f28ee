//! The thread that forgets what is old: log records and notes of messages seen, a little at a time.

use super::Core;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use krl_kernel::retention::Sweep;
use krl_kernel::store::{Batch, StoreError};
use std::sync::Arc;
use std::time::Duration;

/// From the start to the first sweep: a start has other things to do.
const FIRST: Duration = Duration::from_secs(60);
/// From one sweep to the next.
const PAUSE: Duration = Duration::from_secs(600);
/// Between two steps, so that clouds come first.
const REST: Duration = Duration::from_millis(20);

/// Sweeps until the other end of `stop` is dropped.
pub fn run(core: &Arc<Core>, stop: &Receiver<()>) {
    let rests = |time| stop.recv_timeout(time) == Err(RecvTimeoutError::Timeout);
    let mut pause = FIRST;
    while rests(pause) {
        pause = PAUSE;
        let mut sweep = Sweep::new(core.clock.now());
        loop {
            match core.sweep(&mut sweep) {
                Ok(true) if rests(REST) => {}
                Ok(_) => break,
                Err(error) => {
                    tracing::warn!(%error, "old log records could not be removed");
                    break;
                }
            }
        }
    }
}

impl Core {
    /// Takes a step; false if the sweep is done.
    fn sweep(&self, sweep: &mut Sweep) -> Result<bool, StoreError> {
        if let Some(error) = self.failed.get() {
            return Err(error.clone());
        }
        let mut batch = Batch::default();
        let more = sweep.step(&*self.store, &mut batch)?;
        if !batch.is_empty() {
            self.store.commit(&batch)?;
            self.counts.swept.inc_by(batch.writes.len() as u64);
        }
        Ok(more)
    }
}
