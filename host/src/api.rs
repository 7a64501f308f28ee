//! What the network surface asks of the engine. The HTTP server knows nothing else of it, so that each can be tested alone.

use crate::registry::Finding;
use krl_kernel::cloud::EventAnswer;
use krl_vm::data::{Data, DataMap};
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::Handle;

/// An event from outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signal {
    /// The channel.
    pub eci: String,
    /// Its domain.
    pub domain: String,
    /// Its type.
    pub name: String,
    /// Its attributes.
    pub attrs: DataMap,
    /// The sender's id of this event: one that was already taken in is not taken in again (decision R8).
    pub id: Option<String>,
    /// How many events sent between clouds led to it.
    pub hops: u32,
    /// The events that wait for it, as hosts wrote them down ([`crate::http::WAITS`]).
    pub waits: String,
}

/// A query from outside.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Question {
    /// The channel.
    pub eci: String,
    /// The ruleset.
    pub rid: String,
    /// The shared name.
    pub name: String,
    /// Arguments by parameter name.
    pub args: DataMap,
    /// How many clouds have asked each other to come here (decision R6).
    pub hops: u32,
    /// The events that wait for its answer, as hosts wrote them down ([`crate::http::WAITS`]).
    pub waits: String,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The HTTP status that says it best.
    pub status: u16,
    /// A stable word: `unknown_channel`, `denied`, `not_installed`, `limit_time`, `overloaded`, …
    pub code: &'static str,
    /// As the reference words it, with its class: `Error: ECI not found x`.
    pub message: String,
    /// What the compiler found in a ruleset, if that is why.
    pub findings: Vec<Finding>,
}

/// What an operator may ask for. Answers are plain data, made for people and programs alike.
#[derive(Clone, Debug, PartialEq)]
pub enum Operation {
    /// All owners.
    Owners,
    /// A new owner with a root cloud; answers its id, root cloud and the channel of its developer UI.
    CreateOwner {
        /// For people.
        name: String,
    },
    /// Stops an owner's clouds from running, or lets them run again.
    Suspend {
        /// The owner's id.
        owner: String,
        /// Stop?
        suspended: bool,
    },
    /// Sets an owner's limits; absent ones stay.
    Quota {
        /// The owner's id.
        owner: String,
        /// `clouds`, `events_per_second`, `instructions`, `memory`; null lifts one.
        limits: DataMap,
    },
    /// Clouds of an owner, in the order of their ids.
    Clouds {
        /// The owner's id.
        owner: String,
        /// Begin behind this id.
        after: Option<String>,
        /// At most so many.
        limit: usize,
    },
    /// What is known of a cloud without its data: owner, parent, rulesets, sizes, queue, errors.
    Cloud {
        /// Its id, or one of its channels.
        id: String,
    },
    /// Log entries of a cloud, oldest first; answers an array, each entry with its `position`.
    Logs {
        /// Its id, or one of its channels.
        id: String,
        /// Begin behind this position (`position` of an entry).
        after: Option<String>,
        /// At most so many.
        limit: usize,
    },
    /// How each rule fared with an event, or what a query did.
    Trace {
        /// The event's or query's id.
        id: String,
    },
    /// Fetches a ruleset again; answers `{url, rid, hash, flushed, compiler}`.
    Flush {
        /// Its address.
        url: String,
    },
    /// Takes in a ruleset given as a file; answers its address, for `Install`.
    Push {
        /// Source text or a `.krlc` file.
        content: Vec<u8>,
    },
    /// Installs a ruleset in a cloud.
    Install {
        /// The cloud's id, or one of its channels.
        id: String,
        /// The ruleset's address.
        url: String,
        /// What `ctx:rid_config` answers.
        config: Data,
    },
    /// Writes a consistent copy of the store while it runs.
    Backup {
        /// A file that does not exist.
        path: String,
    },
    /// Counts and sizes.
    Stats,
}

/// The engine behind the network.
pub trait Engine: Send + Sync + 'static {
    /// The runtime of the thread that looks after a channel's cloud: a connection that is served there reaches the cloud without a change of
    /// threads. None if there is no such channel, or all threads are alike.
    fn home(&self, _eci: &str) -> Option<Handle> {
        None
    }

    /// Takes an event in; answers its id as soon as it cannot be lost.
    fn fire(&self, signal: Signal) -> impl Future<Output = Result<Arc<str>, Problem>> + Send;

    /// Takes an event in; answers when it is committed.
    fn signal(&self, signal: Signal) -> impl Future<Output = Result<EventAnswer, Problem>> + Send;

    /// An event, and directly behind it a query on the same channel.
    fn signal_then_ask(
        &self,
        signal: Signal,
        question: Question,
    ) -> impl Future<Output = Result<Data, Problem>> + Send;

    /// Answers a query from a committed snapshot.
    fn ask(&self, question: Question) -> impl Future<Output = Result<Data, Problem>> + Send;

    /// The channel of the developer UI of the first owner.
    fn ui_channel(&self) -> impl Future<Output = Result<Arc<str>, Problem>> + Send;

    /// Does what an operator asks.
    fn operate(&self, operation: Operation) -> impl Future<Output = Result<Data, Problem>> + Send;

    /// Why the host cannot serve now; none if it can.
    fn unready(&self) -> Option<String>;
}
