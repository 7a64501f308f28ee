//! What a turn of a shard gives out: writes that belong together, and what is told when they are safe.

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
    /// What is to be kept in logs once the writes are safe.
    pub journal: Vec<journal::Entry>,
    /// Questions of evaluations that wait, by the evaluation's number; they need not wait for the writes.
    pub asks: Vec<(u64, Arc<str>, Ask)>,
}

impl Output {
    /// Is there nothing to commit or keep, and nobody to tell?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.batch.is_empty() && self.releases.is_empty() && self.journal.is_empty()
    }
}
