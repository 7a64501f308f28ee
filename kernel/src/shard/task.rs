//! What a shard is given to do, and whom it tells what came of it.

use super::{Report, Room};
use crate::cloud::{
    Configuration, EventAnswer, InstallError, Query, QueryError, Refusal, Reply, RuntimeError,
};
use crate::library::Code;
use crate::records::agenda::Message;
use crate::store::StoreError;
use krl_vm::data::{Data, DataMap};
use std::fmt;
use std::sync::Arc;

/// Called once, with what came of a task.
pub type Callback<T> = Box<dyn FnOnce(Result<T, Problem>) + Send>;

/// Why a task was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The event or query is not accepted.
    Refused(Refusal),
    /// The query has no answer.
    Query(QueryError),
    /// The event that a query waited for failed.
    Failed(Box<RuntimeError>),
    /// The store failed; nothing of the task stays.
    Storage(StoreError),
    /// Too much waits already.
    Overloaded,
    /// The owner's clouds get more events than they may.
    TooFast,
    /// It took too long.
    TimedOut,
    /// An event would wait for itself, by way of other clouds.
    Circle,
    /// The owner's clouds do not run.
    Suspended,
    /// A ruleset is not installed; the text says why.
    NotInstalled(String),
    /// The kernel failed: a bug.
    Internal(String),
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(refusal) => refusal.fmt(f),
            Self::Query(error) => error.fmt(f),
            Self::Failed(error) => error.fmt(f),
            Self::Storage(error) => error.fmt(f),
            Self::Overloaded => f.write_str("too many events wait already; try again later"),
            Self::TooFast => f.write_str("the clouds of this owner get too many events; try again later"),
            Self::Circle => {
                f.write_str("an event cannot wait for a cloud that waits for it: raise or send it instead")
            }
            Self::TimedOut => f.write_str("it took too long"),
            Self::Suspended => f.write_str("the clouds of this owner are suspended"),
            Self::NotInstalled(why) => f.write_str(why),
            Self::Internal(what) => write!(f, "the kernel failed: {what}"),
        }
    }
}

impl std::error::Error for Problem {}

impl From<InstallError> for Problem {
    fn from(error: InstallError) -> Self {
        Self::NotInstalled(error.to_string())
    }
}

/// Who waits for an event.
pub enum Waiter {
    /// Nobody.
    Nobody,
    /// Somebody who wants to know that it cannot be lost any more, and its id.
    Taken(Callback<Arc<str>>),
    /// Somebody who wants to know what it did.
    Done(Callback<EventAnswer>),
    /// Somebody who wants the answer of a query behind it.
    Asked(Box<Query>, Callback<Data>),
}

/// An event for a cloud of the shard.
pub struct Arrival {
    /// The cloud.
    pub cloud: Arc<str>,
    /// The channel it comes in on.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its attributes.
    pub attrs: DataMap,
    /// The cloud that sends it; none for one from outside.
    pub sender: Option<Arc<str>>,
    /// Its id, where the sender chose one: what came before under the same id is not taken in again (decision R8).
    pub id: Option<Arc<str>>,
    /// How many events sent between clouds led to it.
    pub hops: u32,
    /// The events that wait for it, as the host wrote them down; the shard hands it on.
    pub waits: Arc<str>,
    /// The key of its record in the inbox, if it has one.
    pub inbox: Option<Vec<u8>>,
    /// Who waits.
    pub waiter: Waiter,
    /// What it takes while it waits; the shard says.
    pub room: Option<Room>,
    /// It counts as one of its owner's already; the shard says.
    pub admitted: bool,
}

impl Arrival {
    /// An event whose record is in the inbox of its cloud under `key`.
    #[must_use]
    pub fn recorded(cloud: Arc<str>, key: Vec<u8>, message: Message) -> Self {
        let Message { eid, eci, domain, name, attrs, from, hops, .. } = message;
        Self {
            cloud,
            eci,
            domain,
            name,
            attrs,
            sender: from,
            id: Some(eid),
            hops,
            waits: Arc::default(),
            inbox: Some(key),
            waiter: Waiter::Nobody,
            room: None,
            admitted: false,
        }
    }
}

/// Work on a cloud that is no event.
pub enum Chore {
    /// Jobs that are due.
    Due,
    /// Install a ruleset, or a new version of it.
    Install {
        /// The ruleset.
        code: Arc<Code>,
        /// Its address and configuration.
        configuration: Configuration,
        /// Who waits.
        waiter: Callback<Arc<str>>,
    },
    /// Run the newest version of a ruleset, if it was installed from this address.
    Switch {
        /// The newest version.
        code: Arc<Code>,
        /// The address.
        url: Arc<str>,
    },
    /// Look at it.
    Visit(Visitor),
}

/// Looks at a cloud between two events.
pub type Visitor = Box<dyn FnOnce(Result<&crate::cloud::Cloud, Problem>) + Send>;

/// A cloud to be made that has no parent.
pub struct Founding {
    /// Its id.
    pub cloud: Arc<str>,
    /// Who owns it.
    pub owner: Arc<str>,
    /// Its rulesets.
    pub rulesets: Vec<(Arc<Code>, Configuration)>,
    /// Its channels: tags, which events they take, and which queries.
    pub channels: Vec<[Data; 3]>,
    /// Who waits.
    pub waiter: Callback<Arc<str>>,
}

/// What a shard does.
pub enum Task {
    /// Takes in an event.
    Event(Box<Arrival>),
    /// Answers a query.
    Query {
        /// The cloud.
        cloud: Arc<str>,
        /// What is asked; its channel is one of the cloud's.
        query: Box<Query>,
        /// Who asks.
        waiter: Callback<Data>,
    },
    /// Works on a cloud between events.
    Chore {
        /// The cloud.
        cloud: Arc<str>,
        /// The work.
        chore: Chore,
    },
    /// Makes a cloud.
    Found(Box<Founding>),
    /// Deletes a cloud and all below it; a record on the agenda says so already.
    Delete(Arc<str>),
    /// Goes on with an evaluation.
    Resume(u64, Reply),
    /// A lane tells of an evaluation of a cloud.
    Report(u64, Arc<str>, Report),
    /// Lets all clouds in memory that installed a ruleset from this address run its newest version.
    Switch {
        /// The newest version.
        code: Arc<Code>,
        /// The address.
        url: Arc<str>,
    },
    /// The clouds of an owner that was suspended run again: what waited for that goes on.
    Readmit(Arc<str>),
    /// Nothing comes after this.
    Stop,
}
