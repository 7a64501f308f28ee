//! Clouds that have to wait for the store: for their own writes to be committed, since a copy loaded before would lack them, or for a
//! store that failed to be tried again. And their end.

use super::output::Release;
use super::task::{Arrival, Problem, Task};
use super::{Claim, Shard, Work, fail, refuse};
use crate::channel::Channel;
use crate::records::agenda;
use crate::records::cloud;
use crate::store::{Space, StoreError};
use std::sync::Arc;

/// Milliseconds until a store that failed is tried again for an event that must not be lost.
pub(super) const RETRY: i64 = 1_000;

impl Shard {
    /// Looks at a cloud again when all it wrote is committed, and not before a time.
    pub(super) fn hold(&mut self, cloud: &Arc<str>, until: i64) {
        let entry = self.entry(cloud);
        if !std::mem::replace(&mut entry.held, true) {
            self.held.push((cloud.clone(), until));
        }
    }

    /// Puts an event back that has a record, until the store can be read and written again. Who waits for an event behind it, which has none, is
    /// told that the store failed: it may do so for long.
    pub(super) fn put_off(&mut self, arrival: Box<Arrival>, error: &StoreError) {
        let until = self.now + RETRY;
        let cloud = arrival.cloud.clone();
        let entry = self.entry(&cloud);
        entry.not_before = until;
        let mut behind = std::mem::take(&mut entry.queue);
        behind.push_front(Work::Event(arrival));
        for work in behind {
            match work {
                Work::Event(arrival) if arrival.inbox.is_none() => {
                    fail(arrival.waiter, Problem::Storage(error.clone()));
                }
                work => self.entry(&cloud).queue.push_back(work),
            }
        }
        self.hold(&cloud, until);
    }

    /// Are there clouds that wait for the store?
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        !self.held.is_empty()
    }

    /// Is there a cloud that waits for nothing but a commit?
    pub(super) fn waits_for_commit(&self) -> bool {
        self.held.iter().any(|(_, until)| *until <= self.now)
    }

    /// When clouds are to be looked at again.
    pub(super) fn next_look(&self) -> Option<i64> {
        let look = |(cloud, until): &(Arc<str>, i64)| {
            let written = self.clouds.get(cloud).map_or(0, |entry| entry.written);
            if self.is_safe(written) { *until } else { (*until).max(self.now + 1) }
        };
        self.held.iter().map(look).min()
    }

    /// Goes on with the clouds that have waited long enough.
    pub(super) fn look_again(&mut self) {
        let committed = self.committed.load(std::sync::atomic::Ordering::Acquire);
        while self.claims.front().is_some_and(|(number, _)| *number <= committed) {
            self.claims.pop_front();
        }
        for (cloud, until) in std::mem::take(&mut self.held) {
            let entry = self.entry(&cloud);
            let (written, wanted) = (entry.written, entry.not_before.max(until));
            if wanted > self.now || !self.is_safe(written) {
                self.held.push((cloud, wanted));
                continue;
            }
            let entry = self.entry(&cloud);
            entry.held = false;
            if entry.buried {
                self.clouds.remove(&cloud);
                continue;
            }
            for (query, waiter) in std::mem::take(&mut entry.queries) {
                self.query(cloud.clone(), query, waiter);
            }
            self.bury(&cloud);
            self.make_ready(&cloud);
        }
    }

    /// Deletes a doomed cloud that nobody is at work on.
    pub(super) fn bury(&mut self, id: &Arc<str>) {
        let entry = self.entry(id);
        if !entry.doomed || entry.busy || entry.buried {
            return;
        }
        // What is not committed yet would not be found, and come after.
        let written = entry.written;
        if !self.is_safe(written) {
            return self.hold(id, 0);
        }
        let entry = self.entry(id);
        let parked = entry.parked.take().map(|parked| parked.into_work()).unwrap_or_default();
        let queue = std::mem::take(&mut entry.queue);
        entry.ready = false;
        for work in parked.into_iter().chain(queue) {
            match work {
                Work::Event(arrival) if arrival.inbox.is_some() => drop(self.drop_message(arrival)),
                work => refuse(work, id),
            }
        }
        if let Ok(Some(rest)) = self.take(id) {
            for child in rest.children() {
                self.output.batch.put(
                    Space::Agenda,
                    agenda::deletion_key(child),
                    agenda::time_record(self.now),
                );
                self.output.releases.push(Release::Task(child.clone(), Task::Delete(child.clone())));
            }
            self.count_clouds(rest.owner(), -1);
            for Channel { id, .. } in rest.channels() {
                self.output.releases.push(Release::Forget(id.into()));
            }
        }
        // What the scan does not reach is reached after a restart: the deletion stays on the agenda then.
        if matches!(cloud::erase(&*self.realm.reader(), id, usize::MAX, &mut self.output.batch), Ok(true)) {
            self.output.batch.remove(Space::Agenda, agenda::deletion_key(id));
        }
        let number = self.output.number;
        self.claims.push_back((number, Claim::Buried(id.clone())));
        let entry = self.entry(id);
        (entry.buried, entry.written) = (true, number);
        self.hold(id, 0);
    }
}
