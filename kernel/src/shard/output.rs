//! What a turn of a shard gives out: writes that belong together, and what is told when they are safe.

use super::lane::Order;
use super::task::{Callback, Problem, Task};
use crate::cloud::{Ask, EventAnswer};
use crate::journal;
use crate::store::{Batch, StoreError};
use krl_vm::data::Data;
use std::sync::Arc;

/// What happens once the writes are safe.
pub enum Release {
    /// An event's id.
    Taken(Callback<Arc<str>>, Result<Arc<str>, Problem>),
    /// What an event did.
    Done(Callback<EventAnswer>, Box<Result<EventAnswer, Problem>>),
    /// The answer of a query.
    Answer(Callback<Data>, Result<Data, Problem>),
    /// Work for the shard of a cloud.
    Task(Arc<str>, Task),
    /// An event for another host lies on the agenda.
    Dispatch {
        /// Its key.
        key: Vec<u8>,
        /// The host.
        host: Arc<str>,
    },
    /// A channel has changed: what was remembered of it is out of date.
    Forget(Arc<str>),
    /// A job is due at this time.
    Timer(i64),
    /// A request without an answer to wait for, and the event its answer becomes.
    Call(Box<Call>),
}

/// A request to the network whose answer is sent as an event (`autosend`, `krl-runtime.md` §5.4).
#[derive(Clone, Debug)]
pub struct Call {
    /// The cloud whose rule made it.
    pub cloud: Arc<str>,
    /// `get`, `post`, …
    pub method: &'static str,
    /// The arguments as the program gave them.
    pub args: Vec<Data>,
}

impl Release {
    /// Tells that the writes were lost instead.
    pub fn fail(self, error: &StoreError) {
        let problem = || Problem::Storage(error.clone());
        match self {
            Self::Taken(callback, _) => callback(Err(problem())),
            Self::Done(callback, _) => callback(Err(problem())),
            Self::Answer(callback, _) => callback(Err(problem())),
            Self::Task(..) | Self::Dispatch { .. } | Self::Forget(_) | Self::Timer(_) | Self::Call(_) => {}
        }
    }
}

/// What a turn gives out.
#[derive(Default)]
pub struct Output {
    /// Its number: outputs take effect in order.
    pub number: u64,
    /// Writes that take effect together.
    pub batch: Batch,
    /// What happens once they are safe, in order.
    pub releases: Vec<Release>,
    /// By how much the numbers of clouds of owners change with the writes.
    pub counted: Vec<(Arc<str>, i64)>,
    /// What is to be kept in logs once the writes are safe.
    pub journal: Vec<journal::Entry>,
    /// What lanes are to do, by their number; it need not wait for the writes.
    pub orders: Vec<(usize, Order)>,
    /// Questions of evaluations that wait; they need not wait for the writes.
    pub asks: Vec<Asking>,
}

/// An evaluation that waits for the answer to a question.
#[derive(Debug)]
pub struct Asking {
    /// Its number, for [`Task::Resume`].
    pub flight: u64,
    /// Its cloud.
    pub cloud: Arc<str>,
    /// What led to it.
    pub trail: Trail,
    /// The question.
    pub ask: Ask,
}

/// What led to an evaluation.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// How many clouds have asked each other, or sent each other events.
    pub hops: u32,
    /// The events that wait for it, as the host wrote them down.
    pub waits: Arc<str>,
    /// It keeps its cloud, so that events of the cloud wait for it too.
    pub keeps: bool,
}

impl Output {
    /// Is there nothing to commit or keep, and nobody to tell?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.releases.is_empty() && self.journal.is_empty()
    }
}
