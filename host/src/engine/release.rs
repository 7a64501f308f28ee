//! What happens once an output is safe.

use super::Core;
use krl_kernel::shard::{Release, Task};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Core {
    /// Carries a release out.
    pub(super) fn release(self: &Arc<Self>, release: Release) {
        match release {
            Release::Taken(callback, result) => callback(result),
            Release::Done(callback, result) => callback(*result),
            Release::Answer(callback, result) => callback(result),
            Release::Task(cloud, task) => self.give(&cloud, task),
            Release::Dispatch { host, .. } => {
                self.counts.outbox.inc();
                self.courier.notice(&host);
            }
            Release::Forget(eci) => self.channels.forget(&eci),
            Release::Timer(due) => self.timers.set(due),
            Release::Call(call) => self.call(*call),
        }
    }

    /// Makes a request whose answer is sent as an event (`autosend`).
    fn call(self: &Arc<Self>, call: krl_kernel::shard::Call) {
        let core = self.clone();
        self.calls.fetch_add(1, Ordering::AcqRel);
        self.runtime.spawn(async move {
            if let Err(problem) = core.call_and_send(call).await {
                tracing::info!(%problem, "the answer of a request could not be sent as an event");
            }
            core.calls.fetch_sub(1, Ordering::AcqRel);
        });
    }

    /// Gives a task to a cloud's shard, for code that has no shard of its own.
    pub(super) fn resume(&self, shard: usize, flight: u64, reply: krl_kernel::cloud::Reply) {
        if let Some(seat) = self.shards.get(shard) {
            seat.give(Task::Resume(flight, reply));
        }
    }
}
