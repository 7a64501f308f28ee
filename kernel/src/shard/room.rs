//! Room for events that wait: so many of one cloud, so many bytes of one cloud, and so many bytes of all clouds of a host.

use super::Shard;
use super::task::Arrival;
use crate::cloud::weight;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What an event takes beside its attributes and names, roughly.
const OWN_BYTES: usize = size_of::<Arrival>() + 64;

/// Bytes in use, until it is dropped.
#[derive(Debug)]
pub struct Room {
    bytes: usize,
    uses: [Arc<AtomicUsize>; 2],
}

impl Room {
    /// How many.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        for used in &self.uses {
            used.fetch_sub(self.bytes, Ordering::Relaxed);
        }
    }
}

impl Shard {
    /// Gives an event its room; false if there is none. What has a record already is let in: it would come again.
    pub(super) fn make_room(&mut self, arrival: &mut Arrival) -> bool {
        let names = arrival.domain.len() + arrival.name.len();
        let bytes = OWN_BYTES + names + weight::of_map(&arrival.attrs);
        let (limits, total) = (self.limits, self.queued.clone());
        let incoming = self.incoming.count(&arrival.cloud);
        let entry = self.entry(&arrival.cloud);
        let used = |used: &AtomicUsize| used.load(Ordering::Relaxed) + bytes;
        let fits = incoming + entry.queue.len() < limits.queue
            && used(&entry.queued) <= limits.queue_bytes
            && used(&total) <= limits.total_queue_bytes;
        if !fits && arrival.inbox.is_none() {
            return false;
        }
        let uses = [entry.queued.clone(), total];
        for used in &uses {
            used.fetch_add(bytes, Ordering::Relaxed);
        }
        arrival.room = Some(Room { bytes, uses });
        true
    }
}
