//! What waits while an owner is suspended: events that are in an inbox, jobs that are due, and new versions of rulesets. Nobody waits for them, and
//! none may be lost. They go on in their order, before all that comes later.

use super::{Chore, Shard, Work};
use std::sync::Arc;

/// Work that waits until the owner of its cloud may go on.
pub(super) struct Parked {
    owner: Arc<str>,
    work: Vec<Work>,
}

impl Parked {
    /// Forgets what does not hold.
    pub fn retain(&mut self, holds: impl FnMut(&Work) -> bool) {
        self.work.retain(holds);
    }

    /// All of it, in its order.
    pub fn into_work(self) -> Vec<Work> {
        self.work
    }
}

impl Shard {
    /// Lets work wait for the owner of its cloud, who was found suspended.
    pub(super) fn park(&mut self, cloud: &Arc<str>, work: Work) {
        let entry = self.entry(cloud);
        let Some(owner) = entry.owner.clone() else { return };
        let parked = entry.parked.get_or_insert_with(|| Box::new(Parked { owner, work: Vec::new() }));
        // One look at the jobs finds all that are due.
        let is_due = |work: &Work| matches!(work, Work::Chore(Chore::Due));
        if !is_due(&work) || !parked.work.iter().any(is_due) {
            parked.work.push(work);
        }
    }

    /// Puts what waited for the owner of a cloud before what came later, if the owner may go on.
    pub(super) fn unpark(&mut self, cloud: &Arc<str>) {
        let realm = self.realm.clone();
        let entry = self.entry(cloud);
        let Some(parked) = entry.parked.take_if(|parked| !realm.is_suspended(&parked.owner)) else { return };
        for work in parked.work.into_iter().rev() {
            entry.queue.push_front(work);
        }
    }

    /// Goes on with what waited for an owner.
    pub(super) fn readmit(&mut self, owner: &Arc<str>) {
        let waits =
            |parked: &Option<Box<Parked>>| parked.as_ref().is_some_and(|parked| parked.owner == *owner);
        let clouds = self.clouds.iter().filter(|(_, entry)| waits(&entry.parked)).map(|(id, _)| id.clone());
        for cloud in clouds.collect::<Vec<_>>() {
            self.unpark(&cloud);
            self.make_ready(&cloud);
        }
    }
}
