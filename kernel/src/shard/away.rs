//! The books of a shard about its lanes: which evaluations go there, and what comes back. An evaluation that uses up more than a few slices, or
//! says that one operation of it may take long, is given up where it is and begun anew on a lane: nothing it did can be seen yet, unless it
//! has asked somebody. For a while all evaluations of its cloud begin there.

use super::flight::Place;
use super::job::Purpose;
use super::lane::{Copy, Errand, Landing, Left, Order, Report};
use super::task::Arrival;
use super::{Flight, Shard};
use crate::cloud::{Reply, Rest};
use crate::store::{Read, Space};
use std::collections::HashMap;
use std::sync::Arc;

/// Slices of an evaluation before it is begun anew on a lane.
const SLICES: u32 = 4;
/// Bytes of an event that is long.
const LONG: usize = 128 << 10;
/// Milliseconds for which evaluations of a cloud begin on a lane after one that took long.
const PROBATION: i64 = 10_000;

/// Where evaluations are.
#[derive(Default)]
pub(super) struct Lanes {
    /// How many are on each lane.
    counts: Vec<usize>,
    /// The lane of a cloud, and how many of its evaluations are there.
    clouds: HashMap<Arc<str>, (usize, usize)>,
    /// Those that are at work, and wait for no answer.
    pub at_work: usize,
}

impl Lanes {
    pub fn new(count: usize) -> Self {
        Self { counts: vec![0; count], ..Self::default() }
    }

    /// The lane for an evaluation of a cloud: where others of it are, else where there are fewest.
    fn enter(&mut self, cloud: &Arc<str>) -> usize {
        let fewest = || (0..self.counts.len()).min_by_key(|&lane| self.counts.get(lane)).unwrap_or_default();
        let lane = self.clouds.get(cloud).map_or_else(fewest, |(lane, _)| *lane);
        self.clouds.entry(cloud.clone()).or_insert((lane, 0)).1 += 1;
        if let Some(count) = self.counts.get_mut(lane) {
            *count += 1;
        }
        lane
    }

    fn leave(&mut self, cloud: &Arc<str>) {
        let Some((lane, count)) = self.clouds.get_mut(cloud) else { return };
        *count -= 1;
        if let Some(count) = self.counts.get_mut(*lane) {
            *count -= 1;
        }
        if *count == 0 {
            self.clouds.remove(cloud);
        }
    }
}

impl Shard {
    /// Do the evaluations of a cloud begin on a lane?
    pub(super) fn is_slow(&self, cloud: &Arc<str>) -> bool {
        self.clouds.get(cloud).is_some_and(|entry| self.now < entry.slow_until)
    }

    pub(super) fn note_slow(&mut self, cloud: &Arc<str>) {
        if self.limits.lanes > 0 {
            self.entry(cloud).slow_until = self.now + PROBATION;
        }
    }

    /// A cloud that takes long to load begins on a lane.
    pub(super) fn note_large(&mut self, cloud: &Arc<str>) {
        let is_here = self.clouds.get(cloud).is_some_and(|entry| entry.rest.is_some());
        if !is_here && self.realm.reader().has_large(Space::Clouds, cloud.as_bytes()) {
            self.note_slow(cloud);
        }
    }

    /// An event that is long itself begins on a lane.
    pub(super) fn note_long(&mut self, arrival: &Arrival) {
        if arrival.room.as_ref().is_some_and(|room| room.bytes() > LONG) {
            self.note_slow(&arrival.cloud);
        }
    }

    /// Is an evaluation to be given up, to be begun anew on a lane?
    pub(super) fn is_to_leave(&self, flight: &Flight, says_so: bool) -> bool {
        self.limits.lanes > 0 && !flight.asked && (says_so || flight.slices >= SLICES)
    }

    /// Begins an evaluation anew on a lane. What it did is gone with its stack.
    pub(super) fn begin_anew(&mut self, flight: Flight) {
        let Flight { cloud, purpose, place, apart, .. } = flight;
        drop(place);
        self.note_slow(&cloud);
        match purpose {
            Purpose::Query { query, waiter } => self.query(cloud, query, waiter),
            purpose => {
                debug_assert!(!apart, "only queries have copies of their own");
                let Some(work) = purpose.into_work() else { return };
                let entry = self.entry(&cloud);
                entry.busy = false;
                entry.queue.push_front(work);
                self.make_ready(&cloud);
            }
        }
    }

    /// Begins an evaluation on a lane.
    pub(super) fn send_away(&mut self, number: u64, mut flight: Flight, copy: Result<Rest, Arc<dyn Read>>) {
        if let Purpose::Event(arrival) = &mut flight.purpose {
            self.store_arrival(arrival);
        }
        let lane = self.lanes.enter(&flight.cloud);
        self.lanes.at_work += 1;
        let errand = Errand {
            number,
            cloud: flight.cloud.clone(),
            copy: copy.map_or_else(Copy::Stored, Copy::Rest),
            job: self.job(&flight.purpose),
            now: self.now,
            until: flight.begun + self.limits.deadline,
            random: self.random.fork(),
        };
        flight.place = Place::Lane { lane, waits: false };
        self.output.orders.push((lane, Order::Begin(Box::new(errand))));
        self.flights.insert(number, flight);
    }

    /// Goes on with an evaluation on a lane that has its answer; what comes too late for one is dropped.
    pub(super) fn resume_away(&mut self, number: u64, reply: Reply) {
        if let Some(Flight { place: Place::Lane { lane, waits }, .. }) = self.flights.get_mut(&number)
            && std::mem::take(waits)
        {
            self.lanes.at_work += 1;
            self.output.orders.push((*lane, Order::Resume(number, reply)));
        }
    }

    /// A lane tells of an evaluation.
    pub(super) fn hear(&mut self, number: u64, cloud: &Arc<str>, report: Report) {
        self.lanes.at_work -= 1;
        if !matches!(report, Report::Asks(_)) {
            self.lanes.leave(cloud);
        }
        // What becomes of one whose cloud was forgotten meanwhile is dropped.
        let Some(mut flight) = self.flights.remove(&number) else {
            if let (Report::Asks(_), Some((lane, _))) = (&report, self.lanes.clouds.get(cloud)) {
                let lane = *lane;
                self.end_on(lane, number);
            }
            return;
        };
        match report {
            Report::Asks(ask) => {
                if let Place::Lane { waits, .. } = &mut flight.place {
                    *waits = true;
                }
                self.wait(number, flight, ask);
            }
            Report::Done(landing) => self.take_back(flight, *landing),
            Report::Failed(problem) => self.abandon(flight, problem),
        }
    }

    /// An evaluation is forgotten: if it waits on a lane, it ends there.
    pub(super) fn let_end(&mut self, number: u64, flight: &Flight) {
        if let Place::Lane { lane, waits: true } = flight.place {
            self.end_on(lane, number);
        }
    }

    fn end_on(&mut self, lane: usize, number: u64) {
        self.lanes.at_work += 1;
        self.output.orders.push((lane, Order::Resume(number, Reply::TimedOut)));
    }

    fn take_back(&mut self, flight: Flight, landing: Landing) {
        let Landing { ending, rest, left, next_due, was_long } = landing;
        if was_long {
            self.note_slow(&flight.cloud);
        }
        match left {
            Left::Journals(journals) => self.finish_query(flight, rest, journals, ending),
            Left::Changes(changes) => {
                let committed = self.commit(&flight.cloud, |batch| {
                    let (effects, mut changes) = changes?;
                    batch.append(&mut changes);
                    Ok(effects)
                });
                self.conclude(flight, rest, next_due, ending, committed);
            }
        }
    }
}
