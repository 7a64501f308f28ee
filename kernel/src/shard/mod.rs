//! A shard: the clouds that one thread looks after. It is passive: whoever drives it gives it tasks and turns, and carries out what a turn
//! puts out. No clock, no network, no thread of its own; the same tasks and answers give the same results.
//!
//! Events of a cloud run one after the other, those of different clouds in turn (`share`). An evaluation that waits, or has used up its slice of
//! instructions, leaves the thread to others. An event that waits keeps its cloud: queries meanwhile are answered from a second copy, loaded
//! from the store, which holds what is committed (decision R6). A query that waits takes the copy that it began on with it.

mod away;
mod entry;
mod finish;
mod flight;
mod hold;
mod job;
mod lane;
mod loss;
mod output;
mod park;
mod room;
mod share;
mod tally;
mod task;

pub use lane::{Errand, Landing, Lane, Order, Report};
pub use output::{Asking, Call, Output, Release, Trail};
pub use room::Room;
pub use share::Spent;
pub use tally::{Counts, Tally};
pub use task::{Arrival, Callback, Chore, Founding, Problem, Task, Visitor, Waiter};

use crate::cloud::{Directory, Machine, Realm, Refusal, Rest};
use crate::fiber::Stacks;
use crate::id::Random;
use crate::records::agenda::Message;
use crate::store::StoreError;
use away::Lanes;
use entry::{Entry, Work, fail, refuse};
use flight::Place;
use job::Purpose;
use loss::Claim;
use share::Rounds;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Limits of a shard.
#[derive(Clone, Copy, Debug)]
pub struct ShardLimits {
    /// Clouds that are kept in memory while nothing happens to them.
    pub awake: usize,
    /// Events that may wait for one cloud.
    pub queue: usize,
    /// Bytes of events that may wait for one cloud.
    pub queue_bytes: usize,
    /// Bytes of events that may wait for all clouds of the host.
    pub total_queue_bytes: usize,
    /// Evaluations that may wait for answers.
    pub waiting: usize,
    /// Milliseconds that an evaluation may take from its beginning.
    pub deadline: i64,
    /// Tasks seen to, and evaluations begun or gone on with, in a turn.
    pub turn: usize,
    /// Lanes for evaluations that take long; without any they go on in turn with all others.
    pub lanes: usize,
}

impl Default for ShardLimits {
    fn default() -> Self {
        Self {
            awake: 20_000,
            queue: 200_000,
            queue_bytes: 64 << 20,
            total_queue_bytes: 512 << 20,
            waiting: 5_000,
            deadline: 60_000,
            turn: 256,
            lanes: 4,
        }
    }
}

/// An evaluation.
struct Flight {
    place: Place,
    cloud: Arc<str>,
    purpose: Purpose,
    /// It has a copy of its own; what becomes of it is dropped.
    apart: bool,
    /// It has used up a slice, and waits for nothing but its turn.
    paused: bool,
    /// Others have heard of it: it cannot be begun anew.
    asked: bool,
    /// How many slices it has used up.
    slices: u32,
    begun: i64,
    trail: Trail,
}

/// The clouds that one thread looks after.
pub struct Shard {
    realm: Arc<dyn Realm>,
    directory: Arc<dyn Directory>,
    number: u16,
    limits: ShardLimits,
    now: i64,
    random: Random,
    clouds: HashMap<Arc<str>, Box<Entry>>,
    ring: VecDeque<Arc<str>>,
    /// Tasks that have not been seen to yet.
    incoming: Rounds<Task>,
    ready: VecDeque<Arc<str>>,
    slow: Rounds<u64>,
    lanes: Lanes,
    flights: HashMap<u64, Flight>,
    next_flight: u64,
    deadlines: BinaryHeap<Reverse<(i64, u64)>>,
    stacks: Stacks,
    #[expect(clippy::vec_box, reason = "machines are large, and clouds hold them by pointer")]
    machines: Vec<Box<Machine>>,
    output: Output,
    last_message: u64,
    committed: Arc<AtomicU64>,
    stopped: bool,
    /// Clouds that are looked at again: when what they wrote is committed, and not before a time.
    held: Vec<(Arc<str>, i64)>,
    /// What has to be done again if the output of that number is lost.
    claims: VecDeque<(u64, Claim)>,
    /// An evaluation has used up a slice in this turn.
    sliced: bool,
    /// The cloud that was served last.
    served: Arc<str>,
    /// Other clouds than one count as about until then.
    about_until: i64,
    /// Bytes of events of all clouds of the host.
    queued: Arc<AtomicUsize>,
    tally: Tally,
}

impl Shard {
    /// A shard that runs clouds of `realm`. `committed` is the number of the last output that is safe; whoever commits sets it. `queued` is what
    /// the events of all shards of the host take, in bytes.
    #[must_use]
    pub fn new(
        realm: Arc<dyn Realm>,
        directory: Arc<dyn Directory>,
        number: u16,
        limits: ShardLimits,
        random: Random,
        committed: Arc<AtomicU64>,
        queued: Arc<AtomicUsize>,
    ) -> Self {
        Self {
            realm,
            directory,
            number,
            limits,
            now: 0,
            random,
            clouds: HashMap::new(),
            ring: VecDeque::new(),
            incoming: Rounds::default(),
            ready: VecDeque::new(),
            slow: Rounds::default(),
            lanes: Lanes::new(limits.lanes),
            flights: HashMap::new(),
            next_flight: 0,
            deadlines: BinaryHeap::new(),
            stacks: Stacks::default(),
            machines: Vec::new(),
            output: Output { number: 1, ..Output::default() },
            last_message: 0,
            committed,
            stopped: false,
            held: Vec::new(),
            claims: VecDeque::new(),
            sliced: false,
            served: "".into(),
            about_until: 0,
            queued,
            tally: Tally::default(),
        }
    }

    /// Has it been told that nothing comes any more, and done all it can do without answers?
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.stopped && !self.is_runnable() && !self.waits_for_commit() && self.lanes.at_work == 0
    }

    /// Is given a task. Those for a cloud wait until the next turn.
    pub fn submit(&mut self, task: Task) {
        let cloud = match &task {
            Task::Event(arrival) => arrival.cloud.clone(),
            Task::Query { cloud, .. } | Task::Chore { cloud, .. } | Task::Delete(cloud) => cloud.clone(),
            Task::Resume(number, _) => match self.flights.get(number) {
                Some(flight) => flight.cloud.clone(),
                None => return,
            },
            Task::Report(_, cloud, _) => cloud.clone(),
            _ => return self.see_to(task),
        };
        self.let_wait(&cloud, task);
    }

    fn see_to(&mut self, task: Task) {
        match task {
            Task::Event(arrival) => self.queue_event(arrival),
            Task::Query { cloud, query, waiter } => self.query(cloud, Arc::from(query), waiter),
            Task::Chore { cloud, chore } => self.queue(cloud, Work::Chore(chore)),
            Task::Found(founding) => self.found(*founding),
            Task::Delete(cloud) => {
                self.entry(&cloud).doomed = true;
                self.bury(&cloud);
            }
            Task::Resume(flight, reply) => self.resume(flight, reply),
            Task::Report(flight, cloud, report) => self.hear(flight, &cloud, report),
            Task::Switch { code, url } => {
                let clouds: Vec<_> = self.clouds.keys().cloned().collect();
                for cloud in clouds {
                    let (code, url) = (code.clone(), url.clone());
                    self.queue(cloud, Work::Chore(Chore::Switch { code, url }));
                }
            }
            Task::Readmit(owner) => self.readmit(&owner),
            Task::Stop => self.stopped = true,
        }
    }

    /// Is there something to do without further tasks?
    #[must_use]
    pub fn is_runnable(&self) -> bool {
        !self.incoming.is_empty() || !self.ready.is_empty() || !self.slow.is_empty()
    }

    /// When it is to have a turn though no task comes: an evaluation has waited long enough, or something may be committed, in
    /// milliseconds since the epoch.
    #[must_use]
    pub fn next_deadline(&self) -> Option<i64> {
        let evaluation = self.deadlines.peek().map(|Reverse((at, _))| *at);
        evaluation.into_iter().chain(self.next_look()).min()
    }

    /// What was done since this was last asked.
    pub fn take_tally(&mut self) -> Tally {
        std::mem::take(&mut self.tally)
    }

    /// What it has to do with now.
    #[must_use]
    pub fn counts(&self) -> Counts {
        Counts {
            awake: self.clouds.len(),
            flights: self.flights.len(),
            long: self.lanes.at_work,
            waiting: self.incoming.len(),
        }
    }

    /// Tells the time; tasks taken in from now on happen then.
    pub fn set_now(&mut self, now: i64) {
        self.now = self.now.max(now);
    }

    /// Works for a while, and gives out what came of it. `spent` tells how long the turn has lasted.
    pub fn turn(&mut self, now: i64, spent: Spent<'_>) -> Output {
        self.set_now(now);
        self.look_again();
        self.expire();
        self.sliced = false;
        self.take_in(spent);
        self.begin(spent);
        self.drop_idle();
        let number = self.output.number + 1;
        std::mem::replace(&mut self.output, Output { number, ..Output::default() })
    }

    fn entry(&mut self, cloud: &Arc<str>) -> &mut Entry {
        if !self.clouds.contains_key(cloud) {
            self.ring.push_back(cloud.clone());
        }
        let entry = self.clouds.entry(cloud.clone()).or_default();
        entry.used = true;
        entry
    }

    fn is_safe(&self, written: u64) -> bool {
        written <= self.committed.load(Ordering::Acquire)
    }

    fn queue_event(&mut self, mut arrival: Box<Arrival>) {
        let entry = self.entry(&arrival.cloud);
        if entry.doomed {
            return fail(arrival.waiter, Problem::Refused(Refusal::UnknownChannel(arrival.eci)));
        }
        if entry.busy || !entry.queue.is_empty() {
            match self.seen(&arrival) {
                Ok(Some(eid)) if matches!(arrival.waiter, Waiter::Taken(_)) => {
                    return self.answer_repeat(arrival, eid);
                }
                Ok(_) => self.store_arrival(&mut arrival),
                Err(error) => return fail(arrival.waiter, Problem::Storage(error)),
            }
        }
        self.queue(arrival.cloud.clone(), Work::Event(arrival));
    }

    /// An event that nobody waits for the end of gets a record, so that its sender can be told that it is not lost.
    fn store_arrival(&mut self, arrival: &mut Arrival) {
        if !matches!(arrival.waiter, Waiter::Taken(_)) {
            return;
        }
        self.note_seen(arrival);
        let eid = arrival.id.clone().unwrap_or_else(|| self.random.id());
        arrival.id = Some(eid.clone());
        let message = Message {
            eid: eid.clone(),
            eci: arrival.eci.clone(),
            domain: arrival.domain.clone(),
            name: arrival.name.clone(),
            attrs: arrival.attrs.clone(),
            from: arrival.sender.clone(),
            hops: arrival.hops,
            time: self.now,
        };
        let key = self.put_message(&arrival.cloud, &message);
        self.claims.push_back((self.output.number, Claim::Stored(arrival.cloud.clone(), key.clone())));
        arrival.inbox = Some(key);
        if let Waiter::Taken(callback) = std::mem::replace(&mut arrival.waiter, Waiter::Nobody) {
            self.output.releases.push(Release::Taken(callback, Ok(eid)));
        }
    }

    fn queue(&mut self, cloud: Arc<str>, work: Work) {
        if self.entry(&cloud).doomed {
            return refuse(work, &cloud);
        }
        self.entry(&cloud).queue.push_back(work);
        self.make_ready(&cloud);
    }

    fn make_ready(&mut self, cloud: &Arc<str>) {
        let now = self.now;
        let entry = self.entry(cloud);
        if !entry.busy && !entry.ready && !entry.queue.is_empty() && entry.not_before <= now {
            entry.ready = true;
            self.ready.push_back(cloud.clone());
        }
    }

    /// The cloud at rest: the copy in memory, or a new one from the store.
    fn take(&mut self, cloud: &Arc<str>) -> Result<Option<Rest>, StoreError> {
        match self.entry(cloud).rest.take() {
            Some(rest) => Ok(Some(rest)),
            None => Rest::load(&*self.realm, cloud, self.realm.reader()),
        }
    }

    fn machine(&mut self) -> Box<Machine> {
        self.machines.pop().unwrap_or_else(|| Box::new(Machine::new(self.random.fork())))
    }
}
