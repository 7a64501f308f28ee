//! Evaluations: how they begin, wait, go on and end.

use super::job::{Ending, Purpose};
use super::output::{Asking, Release, Trail};
use super::task::{Arrival, Callback, Chore, Founding, Problem};
use super::{Flight, Shard, Work, fail};
use crate::cloud::{Ask, Cloud, Query, Refusal, Reply, Rest};
use crate::fiber::{Fiber, Turn};
use crate::records::cloud::load_head;
use crate::store::StoreError;
use krl_vm::data::Data;
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Where an evaluation is.
pub(super) enum Place {
    Nowhere,
    Here(Fiber<Ending>),
    /// On a lane, at work or waiting for an answer.
    Lane {
        lane: usize,
        waits: bool,
    },
}

/// A cloud that evaluations can begin on.
pub(super) enum Found {
    Here(Rest),
    /// It is loaded where it runs; this is its owner.
    Stored(Arc<str>),
}

impl Found {
    fn owner(&self) -> &Arc<str> {
        match self {
            Self::Here(rest) => rest.owner(),
            Self::Stored(owner) => owner,
        }
    }

    fn into_rest(self) -> Option<Rest> {
        match self {
            Self::Here(rest) => Some(rest),
            Self::Stored(_) => None,
        }
    }
}

impl Shard {
    /// Begins the next work on a cloud whose turn has come.
    pub(super) fn begin_next(&mut self, cloud: &Arc<str>) {
        let entry = self.entry(cloud);
        entry.ready = false;
        if entry.busy {
            return;
        }
        let (stored, written) = (entry.rest.is_none(), entry.written);
        if stored && !self.is_safe(written) {
            return self.hold(cloud, 0);
        }
        self.unpark(cloud);
        let entry = self.entry(cloud);
        let Some(work) = entry.queue.pop_front() else { return };
        match work {
            Work::Event(arrival) => self.begin_event(arrival),
            Work::Chore(Chore::Visit(visitor)) => {
                match self.take(cloud) {
                    Ok(Some(rest)) => {
                        let machine = self.machine();
                        let awake = rest.wake(machine);
                        visitor(Ok(&awake));
                        let rest = self.lay_down(awake);
                        self.settle_down(cloud, rest);
                    }
                    Ok(None) => visitor(Err(unknown(cloud))),
                    Err(error) => visitor(Err(Problem::Storage(error))),
                }
                self.make_ready(cloud);
            }
            Work::Chore(chore) => self.begin_chore(cloud, chore),
        }
    }

    fn begin_event(&mut self, mut arrival: Box<Arrival>) {
        let cloud = arrival.cloud.clone();
        match self.seen(&arrival) {
            Ok(None) => {}
            Ok(Some(eid)) => {
                self.answer_repeat(arrival, eid);
                return self.make_ready(&cloud);
            }
            Err(error) => {
                fail(arrival.waiter, Problem::Storage(error));
                return self.make_ready(&cloud);
            }
        }
        self.note_long(&arrival);
        let found = match self.runnable(&cloud) {
            Ok(found) => found,
            Err(Problem::Storage(error)) if arrival.inbox.is_some() => return self.put_off(arrival, &error),
            Err(Problem::Suspended) if arrival.inbox.is_some() => {
                self.park(&cloud, Work::Event(arrival));
                return self.make_ready(&cloud);
            }
            Err(problem) => {
                let waiter = self.drop_message(arrival);
                self.answer_late(waiter, problem);
                return self.make_ready(&cloud);
            }
        };
        let is_new = arrival.sender.is_none() && arrival.inbox.is_none() && !arrival.admitted;
        if is_new && !self.realm.admits(found.owner(), self.now) {
            self.entry(&cloud).rest = found.into_rest();
            self.answer_late(arrival.waiter, Problem::TooFast);
            return self.make_ready(&cloud);
        }
        arrival.admitted = true;
        let trail = Trail { hops: arrival.hops, waits: arrival.waits.clone(), keeps: true };
        self.fly((cloud, found), Purpose::Event(arrival), trail);
    }

    fn begin_chore(&mut self, cloud: &Arc<str>, chore: Chore) {
        let found = match self.runnable(cloud) {
            Ok(found) => found,
            Err(problem) => {
                match chore {
                    Chore::Install { waiter, .. } => waiter(Err(problem)),
                    chore if problem == Problem::Suspended => self.park(cloud, Work::Chore(chore)),
                    _ => {}
                }
                return self.make_ready(cloud);
            }
        };
        let purpose = match chore {
            Chore::Due => Purpose::Due,
            Chore::Install { code, configuration, waiter } => {
                Purpose::Install { code, configuration, waiter }
            }
            Chore::Switch { code, url } => Purpose::Switch { code, url },
            Chore::Visit(_) => return self.make_ready(cloud),
        };
        self.fly((cloud.clone(), found), purpose, Trail { keeps: true, ..Trail::default() });
    }

    /// The cloud, if it is there and may run.
    fn runnable(&mut self, cloud: &Arc<str>) -> Result<Found, Problem> {
        let found = self.find(cloud)?;
        if self.realm.is_suspended(found.owner()) {
            let owner = found.owner().clone();
            let entry = self.entry(cloud);
            (entry.rest, entry.owner) = (found.into_rest(), Some(owner));
            return Err(Problem::Suspended);
        }
        Ok(found)
    }

    /// The cloud: its copy in memory, or one from the store, unless that is loaded where it runs.
    fn find(&mut self, cloud: &Arc<str>) -> Result<Found, Problem> {
        self.note_large(cloud);
        if self.is_slow(cloud) && self.entry(cloud).rest.is_none() {
            let head = load_head(&*self.realm.reader(), cloud).map_err(Problem::Storage)?;
            return head.map(|head| Found::Stored(head.owner)).ok_or_else(|| unknown(cloud));
        }
        let rest = self.take(cloud).map_err(Problem::Storage)?;
        rest.map(Found::Here).ok_or_else(|| unknown(cloud))
    }

    /// Answers a query beside the events of its cloud.
    pub(super) fn query(&mut self, cloud: Arc<str>, query: Arc<Query>, waiter: Callback<Data>) {
        if self.flights.len() >= self.limits.waiting {
            return waiter(Err(Problem::Overloaded));
        }
        if self.entry(&cloud).doomed {
            return waiter(Err(unknown(&cloud)));
        }
        // Nobody is told what may yet be lost.
        let written = self.entry(&cloud).written;
        if !self.is_safe(written) {
            self.entry(&cloud).queries.push((query, waiter));
            return self.hold(&cloud, 0);
        }
        // One on a lane must not see what is committed meanwhile.
        self.note_large(&cloud);
        let is_slow = self.is_slow(&cloud);
        let apart = is_slow || self.entry(&cloud).busy;
        let found = if is_slow {
            load_head(&*self.realm.reader(), &cloud).map(|head| head.map(|head| Found::Stored(head.owner)))
        } else if apart {
            Rest::load(&*self.realm, &cloud, self.realm.snapshot()).map(|rest| rest.map(Found::Here))
        } else {
            self.take(&cloud).map(|rest| rest.map(Found::Here))
        };
        let found =
            match found.map_err(Problem::Storage).and_then(|found| found.ok_or_else(|| unknown(&cloud))) {
                Ok(found) if self.realm.is_suspended(found.owner()) => {
                    if !apart {
                        self.entry(&cloud).rest = found.into_rest();
                    }
                    return waiter(Err(Problem::Suspended));
                }
                Ok(found) => found,
                Err(problem) => return waiter(Err(problem)),
            };
        let trail = Trail { hops: query.hops, waits: query.waits.clone(), keeps: false };
        self.launch((cloud, found), Purpose::Query { query, waiter }, trail, apart);
    }

    /// Runs work that keeps the cloud until it is done.
    fn fly(&mut self, (cloud, found): (Arc<str>, Found), purpose: Purpose, trail: Trail) {
        self.entry(&cloud).busy = true;
        self.launch((cloud, found), purpose, trail, false);
    }

    /// Begins an evaluation, with a copy of the cloud that is its own if so said.
    fn launch(&mut self, (cloud, found): (Arc<str>, Found), purpose: Purpose, trail: Trail, apart: bool) {
        let number = self.next_flight;
        self.next_flight += 1;
        let mut flight = Flight {
            place: Place::Nowhere,
            cloud,
            purpose,
            apart,
            paused: false,
            asked: false,
            slices: 0,
            begun: self.now,
            trail,
        };
        let rest = match found {
            Found::Here(rest) if self.is_slow(&flight.cloud) => {
                return self.send_away(number, flight, Ok(rest));
            }
            Found::Stored(_) => {
                let read = if apart { self.realm.snapshot() } else { self.realm.reader() };
                return self.send_away(number, flight, Err(read));
            }
            Found::Here(rest) => rest,
        };
        let (job, now) = (self.job(&flight.purpose), self.now);
        let awake = rest.wake(self.machine());
        let work = move |cloud: &mut Cloud| job.run(cloud, now);
        match Fiber::new(&mut self.stacks, self.directory.clone(), awake, work) {
            Ok(fiber) => {
                flight.place = Place::Here(fiber);
                self.go_on(number, flight, Reply::Go);
            }
            Err((awake, _)) => {
                let rest = self.lay_down(*awake);
                if !apart {
                    self.settle_down(&flight.cloud.clone(), rest);
                }
                self.abandon(flight, Problem::Overloaded);
            }
        }
    }

    /// Goes on with an evaluation that got its answer.
    pub(super) fn resume(&mut self, number: u64, reply: Reply) {
        match self.flights.get(&number) {
            Some(Flight { place: Place::Lane { .. }, .. }) => self.resume_away(number, reply),
            Some(_) => {
                if let Some(flight) = self.flights.remove(&number) {
                    self.go_on(number, flight, reply);
                }
            }
            None => {}
        }
    }

    fn go_on(&mut self, number: u64, mut flight: Flight, reply: Reply) {
        let Place::Here(fiber) = std::mem::replace(&mut flight.place, Place::Nowhere) else { return };
        flight.paused = false;
        let stacks = &mut self.stacks;
        // A panic is a bug, but one cloud's bug: its copy in memory is dropped, what is committed stays.
        let turned = catch_unwind(AssertUnwindSafe(|| fiber.resume(reply, stacks)));
        match turned {
            Ok((Turn::Done(cloud, ending), _)) => self.finish(flight, cloud, ending),
            Ok((Turn::Asks(ask), Some(fiber))) => {
                flight.place = Place::Here(fiber);
                self.wait(number, flight, ask);
            }
            Ok((Turn::Asks(_), None)) | Err(_) => {
                self.abandon(flight, Problem::Internal("an evaluation broke off".into()));
            }
        }
    }

    /// Lets an evaluation wait for its answer, or its turn.
    pub(super) fn wait(&mut self, number: u64, mut flight: Flight, ask: Ask) {
        let over = self.now.saturating_sub(flight.begun) > self.limits.deadline;
        if over && matches!(flight.place, Place::Here(_)) {
            return self.go_on(number, flight, Reply::TimedOut);
        }
        if matches!(ask, Ask::Pause | Ask::Apart) {
            flight.slices += 1;
            if self.is_to_leave(&flight, matches!(ask, Ask::Apart)) {
                self.sliced = true;
                return self.begin_anew(flight);
            }
        } else {
            flight.asked = true;
        }
        if let Purpose::Event(arrival) = &mut flight.purpose {
            self.store_arrival(arrival);
        }
        if matches!(flight.purpose, Purpose::Query { .. }) && !flight.apart {
            // The copy goes with the query; whoever comes next loads another.
            flight.apart = true;
        }
        if matches!(ask, Ask::Pause | Ask::Apart) {
            (self.sliced, flight.paused) = (true, true);
            self.slow.push(&flight.cloud, number);
        } else {
            self.deadlines.push(Reverse((flight.begun + self.limits.deadline, number)));
            let (cloud, trail) = (flight.cloud.clone(), flight.trail.clone());
            self.output.asks.push(Asking { flight: number, cloud, trail, ask });
        }
        self.flights.insert(number, flight);
    }

    /// Ends the waiting of evaluations whose time is over.
    pub(super) fn expire(&mut self) {
        while let Some(Reverse((at, number))) = self.deadlines.peek().copied() {
            if at > self.now {
                return;
            }
            self.deadlines.pop();
            if self.flights.get(&number).is_some_and(|flight| !flight.paused) {
                self.resume(number, Reply::TimedOut);
            }
        }
    }

    /// Gives an evaluation up; what is committed of its cloud stays.
    pub(super) fn abandon(&mut self, flight: Flight, problem: Problem) {
        self.tally.abandoned(&flight.purpose);
        if !flight.apart && !matches!(flight.purpose, Purpose::Query { .. }) {
            self.entry(&flight.cloud).busy = false;
        }
        match flight.purpose {
            Purpose::Event(arrival) => match problem {
                Problem::Storage(error)
                    if arrival.inbox.is_some() && !matches!(error, StoreError::Key { .. }) =>
                {
                    self.put_off(arrival, &error);
                }
                problem => {
                    let waiter = self.drop_message(arrival);
                    self.answer_late(waiter, problem);
                }
            },
            Purpose::Install { waiter, .. } => waiter(Err(problem)),
            Purpose::Query { waiter, .. } => waiter(Err(problem)),
            Purpose::Due | Purpose::Switch { .. } => {}
        }
        self.make_ready(&flight.cloud);
    }

    /// Makes a cloud that has no parent.
    pub(super) fn found(&mut self, founding: Founding) {
        let Founding { cloud, owner, rulesets, channels, waiter } = founding;
        let rest = Rest::found(&*self.realm, &cloud, &owner, self.now);
        let mut awake = rest.wake(self.machine());
        awake.start_up();
        for (code, configuration) in rulesets {
            if let Err(error) = awake.install_code(&code, configuration) {
                return waiter(Err(error.into()));
            }
        }
        for channel in &channels {
            if let Err(why) = awake.open_channel(channel) {
                return waiter(Err(Problem::NotInstalled(why)));
            }
        }
        match self.commit(&cloud, |batch| awake.take_changes(batch)) {
            Ok(()) => {
                self.count_clouds(&owner, 1);
                let rest = self.lay_down(awake);
                self.settle_down(&cloud, rest);
                self.output.releases.push(Release::Taken(waiter, Ok(cloud)));
            }
            Err(error) => waiter(Err(Problem::Storage(error))),
        }
    }
}

pub(super) fn unknown(eci: &Arc<str>) -> Problem {
    Problem::Refused(Refusal::UnknownChannel(eci.clone()))
}
