//! Evaluations: how they begin, wait, go on and end.

use super::output::{Asking, Release, Trail};
use super::task::{Arrival, Callback, Chore, Founding, Problem, Waiter};
use super::{Ending, Flight, Purpose, Shard, Work, fail};
use crate::cloud::{Ask, Cloud, Query, Refusal, Reply, Rest};
use crate::fiber::{Fiber, Turn};
use crate::store::StoreError;
use krl_vm::data::Data;
use std::cmp::Reverse;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

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
                        self.settle_down(cloud, awake);
                    }
                    Ok(None) => visitor(Err(unknown(cloud))),
                    Err(error) => visitor(Err(Problem::Storage(error))),
                }
                self.make_ready(cloud);
            }
            Work::Chore(chore) => self.begin_chore(cloud, chore),
        }
    }

    fn begin_event(&mut self, arrival: Box<Arrival>) {
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
        let rest = match self.runnable(&cloud) {
            Ok(rest) => rest,
            Err(Problem::Storage(_)) if arrival.inbox.is_some() => return self.put_off(arrival),
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
        if arrival.sender.is_none() && arrival.inbox.is_none() && !self.realm.admits(rest.owner(), self.now) {
            self.entry(&cloud).rest = Some(rest);
            self.answer_late(arrival.waiter, Problem::TooFast);
            return self.make_ready(&cloud);
        }
        let eid = arrival.id.clone().unwrap_or_else(|| self.random.id());
        let (eci, domain, name) = (arrival.eci.clone(), arrival.domain.clone(), arrival.name.clone());
        let (attrs, sender, hops, now) =
            (arrival.attrs.clone(), arrival.sender.clone(), arrival.hops, self.now);
        let then = match &arrival.waiter {
            Waiter::Asked(query, _) => Some(query.clone()),
            _ => None,
        };
        let trail = Trail { hops, waits: arrival.waits.clone(), keeps: true };
        self.fly((cloud, rest), Purpose::Event(arrival), trail, move |cloud| {
            cloud.come_up(now, hops);
            let done = cloud.take_in(&eci, sender.as_deref(), (&domain, &name), attrs, eid, hops);
            let done = done.map_err(Problem::Refused);
            let answer = match (&done, then) {
                (Ok(done), Some(query)) => Some(match done.errors.first() {
                    Some(error) => Err(Problem::Failed(Box::new(error.clone()))),
                    None => cloud.query(&query).map_err(Problem::Query),
                }),
                _ => None,
            };
            Ending::Event(done, answer)
        });
    }

    fn begin_chore(&mut self, cloud: &Arc<str>, chore: Chore) {
        let rest = match self.runnable(cloud) {
            Ok(rest) => rest,
            Err(problem) => {
                match chore {
                    Chore::Install { waiter, .. } => waiter(Err(problem)),
                    chore if problem == Problem::Suspended => self.park(cloud, Work::Chore(chore)),
                    _ => {}
                }
                return self.make_ready(cloud);
            }
        };
        let (cloud, now) = (cloud.clone(), self.now);
        let trail = Trail { keeps: true, ..Trail::default() };
        match chore {
            Chore::Due => self.fly((cloud, rest), Purpose::Due, trail, move |cloud| {
                cloud.come_up(now, 0);
                Ending::Due(cloud.fire_next())
            }),
            Chore::Install { code, configuration, waiter } => {
                let rid = code.unit().rid.clone();
                self.fly((cloud, rest), Purpose::Install(waiter, rid), trail, move |cloud| {
                    cloud.come_up(now, 0);
                    Ending::Installed(cloud.put_in(&code, configuration).map_err(Problem::from))
                });
            }
            Chore::Switch { code, url } => self.fly((cloud, rest), Purpose::Switch, trail, move |cloud| {
                cloud.come_up(now, 0);
                Ending::Installed(cloud.switch(&code, &url).map_err(Problem::NotInstalled))
            }),
            Chore::Visit(_) => self.make_ready(&cloud),
        }
    }

    /// The cloud, if it is there and may run.
    fn runnable(&mut self, cloud: &Arc<str>) -> Result<Rest, Problem> {
        let rest = self.take(cloud).map_err(Problem::Storage)?.ok_or_else(|| unknown(cloud))?;
        if self.realm.is_suspended(rest.owner()) {
            self.entry(cloud).rest = Some(rest);
            return Err(Problem::Suspended);
        }
        Ok(rest)
    }

    /// Answers a query beside the events of its cloud.
    pub(super) fn query(&mut self, cloud: Arc<str>, query: Box<Query>, waiter: Callback<Data>) {
        if self.flights.len() >= self.limits.waiting {
            return waiter(Err(Problem::Overloaded));
        }
        if self.entry(&cloud).doomed {
            return waiter(Err(unknown(&cloud)));
        }
        let written = self.entry(&cloud).written;
        let busy = self.entry(&cloud).busy;
        // Nobody is told what may yet be lost.
        if !self.is_safe(written) {
            self.entry(&cloud).queries.push((query, waiter));
            return self.hold(&cloud, 0);
        }
        let rest = if busy {
            Rest::load(&*self.realm, &cloud, self.realm.snapshot()).map_err(Problem::Storage)
        } else {
            self.take(&cloud).map_err(Problem::Storage)
        };
        let rest = match rest.and_then(|rest| rest.ok_or_else(|| unknown(&cloud))) {
            Ok(rest) if self.realm.is_suspended(rest.owner()) => return waiter(Err(Problem::Suspended)),
            Ok(rest) => rest,
            Err(problem) => return waiter(Err(problem)),
        };
        let now = self.now;
        let trail = Trail { hops: query.hops, waits: query.waits.clone(), keeps: false };
        self.launch((cloud, rest, busy), Purpose::Query(waiter), trail, move |cloud| {
            cloud.come_up(now, query.hops);
            Ending::Query(cloud.query(&query).map_err(Problem::Query))
        });
    }

    /// Runs work that keeps the cloud until it is done.
    fn fly(
        &mut self,
        (cloud, rest): (Arc<str>, Rest),
        purpose: Purpose,
        trail: Trail,
        work: impl FnOnce(&mut Cloud) -> Ending + 'static,
    ) {
        self.entry(&cloud).busy = true;
        self.launch((cloud, rest, false), purpose, trail, work);
    }

    /// Begins an evaluation, with a copy of the cloud that is its own if so said.
    fn launch(
        &mut self,
        (cloud, rest, apart): (Arc<str>, Rest, bool),
        purpose: Purpose,
        trail: Trail,
        work: impl FnOnce(&mut Cloud) -> Ending + 'static,
    ) {
        let awake = rest.wake(self.machine());
        let fiber = match Fiber::new(&mut self.stacks, self.directory.clone(), awake, work) {
            Ok(fiber) => fiber,
            Err((awake, _)) => {
                let (begun, at) = (self.now, cloud.clone());
                let flight = Flight { fiber: None, cloud: at, purpose, apart, paused: false, begun, trail };
                if !apart {
                    self.settle_down(&cloud, *awake);
                }
                return self.abandon(flight, Problem::Overloaded);
            }
        };
        let number = self.next_flight;
        self.next_flight += 1;
        let flight =
            Flight { fiber: Some(fiber), cloud, purpose, apart, paused: false, begun: self.now, trail };
        self.go_on(number, flight, Reply::Go);
    }

    /// Goes on with an evaluation that got its answer.
    pub(super) fn resume(&mut self, number: u64, reply: Reply) {
        if let Some(flight) = self.flights.remove(&number) {
            self.go_on(number, flight, reply);
        }
    }

    fn go_on(&mut self, number: u64, mut flight: Flight, reply: Reply) {
        let Some(fiber) = flight.fiber.take() else { return };
        flight.paused = false;
        let stacks = &mut self.stacks;
        // A panic is a bug, but one cloud's bug: its copy in memory is dropped, what is committed stays.
        let turned = catch_unwind(AssertUnwindSafe(|| fiber.resume(reply, stacks)));
        match turned {
            Ok((Turn::Done(cloud, ending), _)) => self.finish(flight, cloud, ending),
            Ok((Turn::Asks(ask), fiber)) => {
                flight.fiber = fiber;
                self.wait(number, flight, ask);
            }
            Err(_) => self.abandon(flight, Problem::Internal("an evaluation broke off".into())),
        }
    }

    fn wait(&mut self, number: u64, mut flight: Flight, ask: Ask) {
        let over = self.now.saturating_sub(flight.begun) > self.limits.deadline;
        if over {
            return self.go_on(number, flight, Reply::TimedOut);
        }
        if let Purpose::Event(arrival) = &mut flight.purpose {
            self.store_arrival(arrival);
        }
        if matches!(flight.purpose, Purpose::Query(_)) && !flight.apart {
            // The copy goes with the query; whoever comes next loads another.
            flight.apart = true;
        }
        if matches!(ask, Ask::Pause) {
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
        if !flight.apart && !matches!(flight.purpose, Purpose::Query(_)) {
            self.entry(&flight.cloud).busy = false;
        }
        match flight.purpose {
            Purpose::Event(arrival) => {
                let again =
                    matches!(&problem, Problem::Storage(error) if !matches!(error, StoreError::Key { .. }));
                if again && arrival.inbox.is_some() {
                    self.put_off(arrival);
                } else {
                    let waiter = self.drop_message(arrival);
                    self.answer_late(waiter, problem);
                }
            }
            Purpose::Install(waiter, _) => waiter(Err(problem)),
            Purpose::Query(waiter) => waiter(Err(problem)),
            Purpose::Due | Purpose::Switch => {}
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
        match self.commit(&cloud, &mut awake) {
            Ok(()) => {
                self.count_clouds(&owner, 1);
                self.settle_down(&cloud, awake);
                self.output.releases.push(Release::Taken(waiter, Ok(cloud)));
            }
            Err(error) => waiter(Err(Problem::Storage(error))),
        }
    }
}

pub(super) fn unknown(eci: &Arc<str>) -> Problem {
    Problem::Refused(Refusal::UnknownChannel(eci.clone()))
}
