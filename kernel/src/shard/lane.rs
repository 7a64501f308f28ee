//! Evaluations that take long, on a thread of their own, so that the thread of their shard goes on with others whatever one operation of them
//! takes: loading the cloud, a native, what is to be written. A lane is passive like a shard, and knows nothing but its evaluations; the
//! shard keeps the books. What goes between them is plain: an errand there, reports back. An evaluation never changes threads.

use super::job::{Ending, Job};
use super::share::Rounds;
use super::task::{Problem, Task};
use crate::cloud::{Ask, Cloud, Directory, Effects, Machine, Realm, Reply, Rest};
use crate::fiber::{Fiber, Stacks, Turn};
use crate::id::Random;
use crate::journal::Journal;
use crate::store::{Batch, Read, StoreError};
use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What a shard has a lane do.
pub enum Order {
    /// Begins an evaluation.
    Begin(Box<Errand>),
    /// Goes on with one that asked.
    Resume(u64, Reply),
}

/// An evaluation to be begun.
pub struct Errand {
    pub(super) number: u64,
    pub(super) cloud: Arc<str>,
    pub(super) copy: Copy,
    pub(super) job: Job,
    pub(super) now: i64,
    /// When its time is over.
    pub(super) until: i64,
    pub(super) random: Random,
}

/// Where the cloud of an errand comes from.
pub(super) enum Copy {
    /// It is here.
    Rest(Rest),
    /// It is loaded.
    Stored(Arc<dyn Read>),
}

/// What a lane tells its shard of an evaluation.
pub enum Report {
    /// It waits for an answer.
    Asks(Ask),
    /// It is done.
    Done(Box<Landing>),
    /// There is no cloud, or no way to evaluate.
    Failed(Problem),
}

/// What an evaluation leaves.
pub struct Landing {
    pub(super) ending: Ending,
    pub(super) rest: Rest,
    pub(super) left: Left,
    /// When the next job of the cloud is due.
    pub(super) next_due: Option<i64>,
    /// It has used up slices, or said that it takes long.
    pub(super) was_long: bool,
}

/// What is to be kept of it.
pub(super) enum Left {
    /// Of a query.
    Journals(Vec<Journal>),
    /// Of all else.
    Changes(Result<(Effects, Batch), StoreError>),
}

/// An evaluation on a lane.
struct Run {
    cloud: Arc<str>,
    until: i64,
    was_long: bool,
    step: Step,
}

/// Where it stands.
enum Step {
    Errand(Box<Errand>),
    Next(Fiber<Ending>, Reply),
    Waits(Fiber<Ending>),
}

/// The evaluations of one thread.
pub struct Lane {
    realm: Arc<dyn Realm>,
    directory: Arc<dyn Directory>,
    stacks: Stacks,
    runs: HashMap<u64, Run>,
    /// Those that do not wait for answers, by cloud.
    ready: Rounds<u64>,
}

impl Lane {
    /// A lane for clouds of `realm`.
    #[must_use]
    pub fn new(realm: Arc<dyn Realm>, directory: Arc<dyn Directory>) -> Self {
        Self { realm, directory, stacks: Stacks::default(), runs: HashMap::new(), ready: Rounds::default() }
    }

    /// Is there nothing to go on with?
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.ready.is_empty()
    }

    /// Takes an order of its shard.
    pub fn take(&mut self, order: Order) {
        match order {
            Order::Begin(errand) => {
                let (number, cloud, until) = (errand.number, errand.cloud.clone(), errand.until);
                self.ready.push(&cloud, number);
                self.runs.insert(number, Run { cloud, until, was_long: false, step: Step::Errand(errand) });
            }
            Order::Resume(number, reply) => {
                let Some(Run { step: Step::Waits(fiber), cloud, until, was_long }) =
                    self.runs.remove(&number)
                else {
                    return;
                };
                self.ready.push_first(&cloud, number);
                let step = Step::Next(fiber, reply);
                self.runs.insert(number, Run { cloud, until, was_long, step });
            }
        }
    }

    /// Goes on with the evaluation whose turn it is, for a slice or a single operation; answers what its shard is to be told.
    pub fn step(&mut self, now: i64) -> Option<Task> {
        let number = self.ready.pop()?;
        let Run { cloud, until, was_long, step } = self.runs.remove(&number)?;
        // A panic is a bug, but one cloud's bug.
        let stepped = catch_unwind(AssertUnwindSafe(|| self.go_on(step, now > until)));
        let report = match stepped {
            Ok(Stepped::Paused(fiber)) => {
                // One of a cloud after the other: each takes memory.
                self.ready.push_first(&cloud, number);
                let step = Step::Next(fiber, Reply::Go);
                self.runs.insert(number, Run { cloud, until, was_long: true, step });
                return None;
            }
            Ok(Stepped::Asks(ask, fiber)) => {
                let cloud = cloud.clone();
                self.runs.insert(number, Run { cloud, until, was_long, step: Step::Waits(fiber) });
                Report::Asks(ask)
            }
            Ok(Stepped::Done(mut landing)) => {
                landing.was_long |= was_long;
                Report::Done(landing)
            }
            Ok(Stepped::Failed(problem)) => Report::Failed(problem),
            Err(_) => Report::Failed(Problem::Internal("an evaluation broke off".into())),
        };
        Some(Task::Report(number, cloud, report))
    }

    fn go_on(&mut self, step: Step, is_over: bool) -> Stepped {
        let (mut fiber, mut reply) = match step {
            Step::Errand(errand) => match self.begin(*errand) {
                Ok(fiber) => (fiber, Reply::Go),
                Err(problem) => return Stepped::Failed(problem),
            },
            Step::Next(fiber, reply) => (fiber, reply),
            Step::Waits(fiber) => (fiber, Reply::Go),
        };
        if is_over {
            reply = Reply::TimedOut;
        }
        let mut was_long = false;
        loop {
            match fiber.resume(reply, &mut self.stacks) {
                (Turn::Asks(Ask::Apart), Some(same)) => {
                    (fiber, reply, was_long) = (same, Reply::Go, true);
                }
                (Turn::Asks(Ask::Pause), Some(fiber)) => return Stepped::Paused(fiber),
                (Turn::Asks(ask), Some(fiber)) => return Stepped::Asks(ask, fiber),
                (Turn::Done(cloud, ending), _) => {
                    return Stepped::Done(Box::new(self.land(cloud, ending, was_long)));
                }
                (Turn::Asks(_), None) => {
                    return Stepped::Failed(Problem::Internal("an evaluation is gone".into()));
                }
            }
        }
    }

    /// Gets the cloud of an errand, and a stack for its evaluation.
    fn begin(&mut self, errand: Errand) -> Result<Fiber<Ending>, Problem> {
        let Errand { cloud, copy, job, now, random, .. } = errand;
        let rest = match copy {
            Copy::Rest(rest) => rest,
            Copy::Stored(read) => Rest::load(&*self.realm, &cloud, read)
                .map_err(Problem::Storage)?
                .ok_or_else(|| super::flight::unknown(&cloud))?,
        };
        let awake = rest.wake(Box::new(Machine::new(random)));
        let fiber =
            Fiber::new(&mut self.stacks, self.directory.clone(), awake, move |cloud| job.run(cloud, now));
        fiber.map_err(|_| Problem::Overloaded)
    }

    /// Gets what an evaluation leaves ready to be committed.
    fn land(&self, mut cloud: Cloud, ending: Ending, was_long: bool) -> Landing {
        let left = match &ending {
            Ending::Query(_) => Left::Journals(cloud.take_journals()),
            _ => {
                let mut batch = Batch::default();
                let effects = cloud.take_changes(&mut batch);
                let ahead = effects.and_then(|effects| self.realm.write_ahead(&mut batch).map(|()| effects));
                Left::Changes(ahead.map(|effects| (effects, batch)))
            }
        };
        let next_due = cloud.next_due();
        Landing { ending, left, next_due, was_long, rest: cloud.rest().0 }
    }
}

/// What a step of an evaluation led to.
enum Stepped {
    Paused(Fiber<Ending>),
    Asks(Ask, Fiber<Ending>),
    Done(Box<Landing>),
    Failed(Problem),
}

impl fmt::Debug for Lane {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("runs", &self.runs.len()).finish_non_exhaustive()
    }
}
