//! The thread that forgets what is old, a little at a time: log records, notes of messages seen, and lists of rulesets that no cloud has.

use super::Core;
use crossbeam_channel::{Receiver, RecvTimeoutError};
use krl_kernel::records::rulesets::Collection;
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
        let swept = step_by_step(&rests, || core.sweep(&mut sweep));
        if let Err(error) = swept.and_then(|()| core.collect_lists(&rests)) {
            tracing::warn!(%error, "what is old could not be removed");
        }
    }
}

/// Takes steps until there are no more, or the host stops.
fn step_by_step(
    rests: &dyn Fn(Duration) -> bool,
    mut step: impl FnMut() -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    while step()? && rests(REST) {}
    Ok(())
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

    /// Removes the lists of rulesets that no cloud has.
    fn collect_lists(&self, rests: &dyn Fn(Duration) -> bool) -> Result<(), StoreError> {
        let Some(mut collection) = Collection::begin(&*self.store, &self.lists)? else { return Ok(()) };
        while collection.step(&*self.store)? {
            if !rests(REST) {
                return Ok(());
            }
        }
        let removed = collection.end(&*self.store, &self.lists)?;
        self.counts.swept.inc_by(removed as u64);
        Ok(())
    }
}
