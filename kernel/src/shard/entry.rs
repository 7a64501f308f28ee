//! What a shard knows of each cloud, and the work that waits for it.

use super::park::Parked;
use super::task::{Arrival, Callback, Chore, Problem, Waiter};
use crate::cloud::{Query, Refusal, Rest};
use krl_vm::data::Data;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// What is known of a cloud with something going on, or that happened lately.
#[derive(Default)]
pub(super) struct Entry {
    /// The cloud, while nobody is at work on it.
    pub rest: Option<Rest>,
    pub queue: VecDeque<Work>,
    /// Bytes of its events, those at work too.
    pub queued: Arc<AtomicUsize>,
    /// The output in whose turn a task of it was seen to last.
    pub taken_in: u64,
    /// The output in whose turn work of it was begun last.
    pub begun_in: u64,
    /// An event is at work on it.
    pub busy: bool,
    /// It waits in the list of those whose turn comes.
    pub ready: bool,
    /// The number of the last output with writes of it.
    pub written: u64,
    /// It has been used since it was last looked at for dropping.
    pub used: bool,
    /// Queries that wait until what was written is committed.
    pub queries: Vec<(Arc<Query>, Callback<Data>)>,
    /// It is to be deleted as soon as nobody is at work on it.
    pub doomed: bool,
    /// Its deletion is in an output that may not be committed yet.
    pub buried: bool,
    /// It is in the list of those that are looked at again.
    pub held: bool,
    /// Nothing begins on it before this time: the store failed lately.
    pub not_before: i64,
    /// Until when its evaluations begin on a lane.
    pub slow_until: i64,
    /// Its owner, who was suspended when it was last to run.
    pub owner: Option<Arc<str>>,
    /// What waits until its owner may go on.
    pub parked: Option<Box<Parked>>,
    /// Ids of events that senders chose, with the outputs that remember them, while these are not committed.
    pub taken: Vec<(Arc<str>, u64)>,
}

/// Work that waits for a cloud.
pub(super) enum Work {
    Event(Box<Arrival>),
    Chore(Chore),
}

/// Tells whoever waits for an event that there was a problem.
pub(super) fn fail(waiter: Waiter, problem: Problem) {
    match waiter {
        Waiter::Nobody => {}
        Waiter::Taken(callback) => callback(Err(problem)),
        Waiter::Done(callback) => callback(Err(problem)),
        Waiter::Asked(_, callback) => callback(Err(problem)),
    }
}

/// Tells whoever waits for work on a cloud that there is no such cloud.
pub(super) fn refuse(work: Work, cloud: &Arc<str>) {
    let unknown = |eci: &Arc<str>| Problem::Refused(Refusal::UnknownChannel(eci.clone()));
    match work {
        Work::Event(arrival) => fail(arrival.waiter, unknown(&arrival.eci)),
        Work::Chore(Chore::Install { waiter, .. }) => waiter(Err(unknown(cloud))),
        Work::Chore(Chore::Visit(visitor)) => visitor(Err(unknown(cloud))),
        Work::Chore(Chore::Due | Chore::Switch { .. }) => {}
    }
}
