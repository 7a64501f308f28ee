//! What a shard does when the store has lost what it gave out: nothing in memory can be trusted, and what was done in vain is done again
//! if its record is still there.

use super::job::Purpose;
use super::output::{Output, Release};
use super::task::{Arrival, Problem};
use super::{Shard, Work, fail, hold};
use crate::records::agenda;
use crate::store::{Space, StoreError};
use std::sync::Arc;

/// What an output did that must be done again if it is lost.
pub(super) enum Claim {
    /// An event of a cloud got a record with this key; its sender has not been told yet.
    Stored(Arc<str>, Vec<u8>),
    /// This event was taken care of, and its record removed.
    Done(Box<Arrival>),
    /// A cloud was deleted.
    Buried(Arc<str>),
}

impl Shard {
    /// Forgets all clouds: the store has lost what was written. Who waits for events is told so; queries see only what is committed, and go on.
    pub fn forget(&mut self, error: &StoreError) {
        let problem = || Problem::Storage(error.clone());
        let number = self.output.number;
        // What was asked, or sent to lanes, does not rest on the store: queries go on.
        let Output { releases, counted, orders, asks, .. } = std::mem::take(&mut self.output);
        self.output = Output { number, orders, asks, ..Output::default() };
        for (owner, change) in &counted {
            self.realm.uncount_clouds(self.number, owner, *change);
        }
        releases.into_iter().for_each(|release: Release| release.fail(error));
        let mut again = Vec::new();
        for (number, flight) in std::mem::take(&mut self.flights) {
            if !matches!(flight.purpose, Purpose::Query { .. }) {
                self.let_end(number, &flight);
            }
            match flight.purpose {
                Purpose::Query { .. } => drop(self.flights.insert(number, flight)),
                Purpose::Event(arrival) if arrival.inbox.is_some() => again.push(Claim::Done(arrival)),
                Purpose::Event(arrival) => fail(arrival.waiter, problem()),
                Purpose::Install { waiter, .. } => waiter(Err(problem())),
                Purpose::Due | Purpose::Switch { .. } => {}
            }
        }
        for entry in self.clouds.values_mut() {
            (entry.rest, entry.busy, entry.buried, entry.written) = (None, false, false, 0);
            entry.taken.clear();
        }
        let claims = std::mem::take(&mut self.claims);
        again.extend(claims.into_iter().rev().map(|(_, claim)| claim));
        again.into_iter().for_each(|claim| self.reclaim(claim, error));
        let clouds: Vec<_> = self.clouds.keys().cloned().collect();
        for cloud in clouds {
            if self.entry(&cloud).queries.is_empty() {
                self.make_ready(&cloud);
            } else {
                self.hold(&cloud, 0);
            }
        }
    }

    /// Brings one thing back to where the store says it is. A record that cannot be read is taken up after a restart.
    fn reclaim(&mut self, claim: Claim, error: &StoreError) {
        let reader = self.realm.reader();
        let is_there = |key: &[u8]| matches!(reader.get(Space::Agenda, key), Ok(Some(_)));
        match claim {
            Claim::Stored(cloud, key) => {
                if !is_there(&key) {
                    let entry = self.entry(&cloud);
                    let stays = |work: &Work| !matches!(work, Work::Event(arrival) if arrival.inbox.as_ref() == Some(&key));
                    entry.queue.retain(stays);
                    if let Some(parked) = &mut entry.parked {
                        parked.retain(stays);
                    }
                }
            }
            Claim::Done(arrival) => {
                if arrival.inbox.as_deref().is_some_and(is_there) {
                    self.put_off(arrival, error);
                }
            }
            Claim::Buried(cloud) => {
                self.entry(&cloud).doomed = true;
                if is_there(&agenda::deletion_key(&cloud)) {
                    let until = self.now + hold::RETRY;
                    self.hold(&cloud, until);
                } else {
                    self.clouds.remove(&cloud);
                }
            }
        }
    }
}
