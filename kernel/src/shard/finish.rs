//! What becomes of an evaluation that is done: its cloud's changes, what it sends, and who is told.

use super::job::{Ending, Purpose};
use super::output::{Call, Release};
use super::task::{Arrival, Problem, Task, Waiter};
use super::{Claim, Flight, Shard, Work};
use crate::cloud::{Cloud, Effects, EventAnswer, Outgoing, Rest, Target};
use crate::journal::{self, Journal, Scope};
use crate::records::agenda::{self, Dispatch, Message};
use crate::store::{Batch, Space, StoreError, check_keys};
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Shard {
    pub(super) fn finish(&mut self, flight: Flight, mut cloud: Cloud, ending: Ending) {
        if let Ending::Query(_) = &ending {
            let journals = cloud.take_journals();
            let rest = self.lay_down(cloud);
            return self.finish_query(flight, rest, journals, ending);
        }
        let committed = self.commit(&flight.cloud, |batch| cloud.take_changes(batch));
        let next_due = cloud.next_due();
        let rest = self.lay_down(cloud);
        self.conclude(flight, rest, next_due, ending, committed);
    }

    /// Keeps the machine of a cloud for others.
    pub(super) fn lay_down(&mut self, cloud: Cloud) -> Rest {
        let (rest, machine) = cloud.rest();
        self.machines.push(machine);
        rest
    }

    /// What follows from an evaluation whose changes are in the output, or could not be had.
    pub(super) fn conclude(
        &mut self,
        flight: Flight,
        rest: Rest,
        next_due: Option<i64>,
        ending: Ending,
        committed: Result<(), StoreError>,
    ) {
        if let Err(error) = committed {
            return self.abandon(flight, Problem::Storage(error));
        }
        self.tally.ended(&ending);
        let id = flight.cloud;
        match (flight.purpose, ending) {
            (Purpose::Event(arrival), Ending::Event(done, answer)) => {
                if done.is_ok() && arrival.inbox.is_none() {
                    self.note_seen(&arrival);
                }
                let waiter = self.drop_message(arrival);
                self.answer(waiter, done, answer);
            }
            (Purpose::Due, Ending::Due(Some(_))) if next_due.is_some_and(|due| due <= self.now) => {
                self.entry(&id).queue.push_back(Work::Chore(super::Chore::Due));
            }
            (Purpose::Install { code, waiter, .. }, Ending::Installed(done)) => {
                let rid = code.unit().rid.clone();
                self.output.releases.push(Release::Taken(waiter, done.map(|()| rid)));
            }
            _ => {}
        }
        self.entry(&id).busy = false;
        self.settle_down(&id, rest);
        self.bury(&id);
        self.make_ready(&id);
    }

    pub(super) fn finish_query(
        &mut self,
        flight: Flight,
        rest: Rest,
        journals: Vec<Journal>,
        ending: Ending,
    ) {
        self.tally.ended(&ending);
        let (Purpose::Query { waiter, .. }, Ending::Query(answer)) = (flight.purpose, ending) else { return };
        self.keep_journals(&flight.cloud, journals, false);
        waiter(answer);
        if !flight.apart {
            self.settle_down(&flight.cloud, rest);
        }
    }

    /// Adds what a transaction of a cloud has changed to the output; nothing of it if that fails.
    pub(super) fn commit(
        &mut self,
        id: &Arc<str>,
        changes: impl FnOnce(&mut Batch) -> Result<Effects, StoreError>,
    ) -> Result<(), StoreError> {
        let (writes, releases) = (self.output.batch.writes.len(), self.output.releases.len());
        let ahead = self.output.batch.ahead.len();
        let counted = self.output.counted.len();
        let changed = changes(&mut self.output.batch);
        let done = changed.and_then(|effects| self.add_effects(id, effects, writes)).and_then(|()| {
            // A key that no store takes would cost all others their part of the output.
            check_keys(self.output.batch.writes.get(writes..).unwrap_or_default())
        });
        if done.is_err() {
            self.output.batch.writes.truncate(writes);
            self.output.batch.ahead.truncate(ahead);
            self.output.releases.truncate(releases);
            for (owner, change) in self.output.counted.drain(counted..) {
                self.realm.uncount_clouds(self.number, &owner, change);
            }
        }
        if self.output.batch.writes.len() > writes {
            let number = self.output.number;
            self.entry(id).written = number;
        }
        done
    }

    /// Adds what a transaction leaves to be done; its writes begin at `writes`.
    fn add_effects(&mut self, id: &Arc<str>, effects: Effects, writes: usize) -> Result<(), StoreError> {
        for eci in effects.channels {
            self.output.releases.push(Release::Forget(eci));
        }
        for newborn in effects.newborn {
            let mut newborn = newborn.wake(self.machine());
            let (id, writes) = (newborn.id().clone(), self.output.batch.writes.len());
            let changed = newborn.take_changes(&mut self.output.batch);
            let saved = changed.and_then(|effects| self.add_effects(&id, effects, writes));
            let owner = newborn.owner().clone();
            self.machines.push(newborn.rest().1);
            saved?;
            self.count_clouds(&owner, 1);
        }
        for gone in effects.deleted {
            self.output.batch.put(Space::Agenda, agenda::deletion_key(&gone), agenda::time_record(self.now));
            self.output.releases.push(Release::Task(gone.clone(), Task::Delete(gone)));
        }
        for outgoing in effects.outgoing {
            self.send(id, outgoing);
        }
        for (method, args) in effects.calls {
            self.output.releases.push(Release::Call(Box::new(Call { cloud: id.clone(), method, args })));
        }
        if let Some(due) = effects.due {
            self.output.releases.push(Release::Timer(due));
        }
        let changed = self.output.batch.writes.len() > writes;
        self.keep_journals(id, effects.journals, changed);
        Ok(())
    }

    /// An owner has more clouds, or fewer.
    pub(super) fn count_clouds(&mut self, owner: &Arc<str>, change: i64) {
        self.realm.count_clouds(self.number, owner, change, &mut self.output.batch);
        self.output.counted.push((owner.clone(), change));
    }

    /// Hands on what is to be kept in the log, which is written apart from the changes: nobody waits for it.
    fn keep_journals(&mut self, id: &Arc<str>, journals: Vec<Journal>, changed: bool) {
        for journal in journals {
            if self.realm.journal() == Scope::Changes && !changed && journal.is_quiet() {
                continue;
            }
            let sequence = self.sequence();
            self.output.journal.push(journal::Entry { cloud: id.clone(), sequence, journal });
        }
    }

    /// Puts an event on the agenda: that of another cloud of this host, or that of deliveries to another host.
    fn send(&mut self, from: &Arc<str>, outgoing: Outgoing) {
        let Outgoing { eid, eci, domain, name, attrs, hops, target, rid } = outgoing;
        let message =
            Message { eid, eci, domain, name, attrs, from: Some(from.clone()), hops, time: self.now };
        let cloud = match target {
            Target::Cloud(cloud) => cloud,
            Target::Host(host) => {
                let sequence = self.sequence();
                let key = agenda::outbox_key(&host, sequence);
                let dispatch = Dispatch { message, host: host.clone(), attempts: 0, next: self.now, rid };
                self.output.batch.put(Space::Agenda, key.clone(), agenda::dispatch_record(&dispatch));
                self.output.releases.push(Release::Dispatch { key, host });
                return;
            }
        };
        let inbox = self.put_message(&cloud, &message);
        let arrival = Arrival::recorded(cloud.clone(), inbox, message);
        self.output.releases.push(Release::Task(cloud, Task::Event(Box::new(arrival))));
    }

    /// Puts a message in a cloud's inbox; answers its key.
    pub(super) fn put_message(&mut self, cloud: &str, message: &Message) -> Vec<u8> {
        let key = agenda::inbox_key(cloud, self.sequence());
        self.output.batch.put(Space::Agenda, key.clone(), agenda::message_record(message));
        key
    }

    /// A number larger than all given before, also before a restart as long as the clock does not go back.
    fn sequence(&mut self) -> u64 {
        let now = (self.now.max(0) as u64) << 20;
        self.last_message = (self.last_message + 1).max(now | (u64::from(self.number) << 12));
        self.last_message
    }

    /// Removes the record of an event that was taken care of; answers who waits for it.
    pub(super) fn drop_message(&mut self, mut arrival: Box<Arrival>) -> Waiter {
        let waiter = std::mem::replace(&mut arrival.waiter, Waiter::Nobody);
        if let Some(key) = arrival.inbox.clone() {
            self.output.batch.remove(Space::Agenda, key);
            self.claims.push_back((self.output.number, Claim::Done(arrival)));
        }
        waiter
    }

    /// Whether an event came before; answers its id then.
    pub(super) fn seen(&mut self, arrival: &Arrival) -> Result<Option<Arc<str>>, StoreError> {
        let (Some(id), None) = (&arrival.id, &arrival.inbox) else { return Ok(None) };
        let committed = self.committed.load(Ordering::Acquire);
        let entry = self.entry(&arrival.cloud);
        if entry.taken.iter().any(|(taken, _)| taken == id) {
            return Ok(Some(id.clone()));
        }
        entry.taken.retain(|(_, number)| *number > committed);
        let found = self.realm.reader().get(Space::Agenda, &agenda::seen_key(&arrival.cloud, id))?;
        Ok(found.map(|_| id.clone()))
    }

    /// Remembers an event whose sender may send it again: when it is done, or when it gets a record.
    pub(super) fn note_seen(&mut self, arrival: &Arrival) {
        let (None, Some(id)) = (&arrival.sender, &arrival.id) else { return };
        self.output.batch.put(
            Space::Agenda,
            agenda::seen_key(&arrival.cloud, id),
            agenda::time_record(self.now),
        );
        let number = self.output.number;
        self.entry(&arrival.cloud).taken.push((id.clone(), number));
    }

    pub(super) fn answer_repeat(&mut self, arrival: Box<Arrival>, eid: Arc<str>) {
        let (domain, name) = (arrival.domain.clone(), arrival.name.clone());
        let waiter = self.drop_message(arrival);
        let (directives, errors) = (Vec::new(), Vec::new());
        let answer = EventAnswer { eid, domain, name, directives, errors };
        self.answer(waiter, Ok(answer), Some(Err(Problem::TimedOut)));
    }

    fn answer(
        &mut self,
        waiter: Waiter,
        done: Result<EventAnswer, Problem>,
        answer: Option<Result<krl_vm::data::Data, Problem>>,
    ) {
        let release = match waiter {
            Waiter::Nobody => return,
            Waiter::Taken(callback) => Release::Taken(callback, done.map(|done| done.eid)),
            Waiter::Done(callback) => Release::Done(callback, Box::new(done)),
            Waiter::Asked(_, callback) => Release::Answer(
                callback,
                match (done, answer) {
                    (Err(problem), _) => Err(problem),
                    (Ok(_), Some(answer)) => answer,
                    (Ok(_), None) => Err(Problem::Internal("a query was left out".into())),
                },
            ),
        };
        self.output.releases.push(release);
    }

    /// Tells of a problem once what was written before is safe.
    pub(super) fn answer_late(&mut self, waiter: Waiter, problem: Problem) {
        self.answer(waiter, Err(problem), None);
    }

    /// Keeps a cloud that nobody is at work on, and answers the queries that waited for it.
    pub(super) fn settle_down(&mut self, id: &Arc<str>, rest: Rest) {
        let entry = self.entry(id);
        entry.rest = Some(rest);
        for (query, waiter) in std::mem::take(&mut entry.queries) {
            self.query(id.clone(), query, waiter);
        }
    }

    /// Drops clouds that nothing has happened to for long, as long as there are too many.
    pub(super) fn drop_idle(&mut self) {
        let mut looks = self.clouds.len().saturating_sub(self.limits.awake).min(self.ring.len()) * 2;
        while self.clouds.len() > self.limits.awake && looks > 0 {
            looks -= 1;
            let Some(id) = self.ring.pop_front() else { return };
            let committed = self.committed.load(Ordering::Acquire);
            let Some(entry) = self.clouds.get_mut(&id) else { continue };
            let idle = !entry.busy && !entry.held && entry.queue.is_empty() && entry.queries.is_empty();
            let unneeded = idle && !entry.used && entry.written <= committed;
            if unneeded && entry.parked.is_none() {
                self.clouds.remove(&id);
            } else {
                if unneeded {
                    entry.rest = None;
                }
                entry.used = false;
                self.ring.push_back(id);
            }
        }
    }
}
