//! What an evaluation asks of the host it runs on. It waits for the answer where it is: its stack is its own ([`crate::fiber`]).

use super::Query;
use crate::channel::Channel;
use crate::library::Code;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use std::sync::Arc;

/// A question to the host.
#[derive(Clone, Debug)]
pub enum Ask {
    /// Let others run; a slice of instructions is used up.
    Pause,
    /// One operation that may take long comes next.
    Apart,
    /// A query of another cloud, or of this one's committed state.
    Query(Box<Query>),
    /// An event for another cloud, and a query behind it.
    EventQuery(Box<Delivery>, Box<Query>),
    /// A call of the `http` module: its method, and the arguments as the program gave them.
    Http(&'static str, Vec<Data>),
    /// The code of a ruleset.
    Load(Arc<str>),
    /// The code of a ruleset, fetched anew.
    Flush(Arc<str>),
    /// The cloud's log of the last twelve hours.
    Logs,
}

/// An event on its way to a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// The channel.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its attributes.
    pub attrs: DataMap,
}

/// A channel, and whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Listing {
    /// The cloud's id.
    pub cloud: Arc<str>,
    /// The channel.
    pub channel: Arc<Channel>,
}

/// The host's answer.
#[derive(Clone, Debug)]
pub enum Reply {
    /// Go on.
    Go,
    /// What was asked for.
    Data(Data),
    /// Code, and the canonical form of its address.
    Code(Arc<Code>, Arc<str>),
    /// It cannot be had.
    Failed(String),
    /// The evaluation has no more time.
    TimedOut,
}

/// The host, as an evaluation sees it.
pub trait Outside: Send {
    /// Asks, and waits for the answer.
    fn ask(&mut self, ask: Ask) -> Reply;

    /// The answer of a question that needs no waiting; none if it does.
    fn at_once(&self, ask: &Ask) -> Option<Reply>;

    /// The channel with this id, of whatever cloud.
    ///
    /// # Errors
    /// The store's.
    fn channel(&self, eci: &str) -> Result<Option<Listing>, String>;

    /// May an owner have one more cloud?
    fn has_room(&self, owner: &str) -> bool;
}

/// What the host tells without waiting: where channels are looked up.
pub trait Directory: Send + Sync {
    /// The channel with this id, of whatever cloud, as last committed.
    ///
    /// # Errors
    /// The store's.
    fn channel(&self, eci: &str) -> Result<Option<Listing>, String>;

    /// May an owner have one more cloud?
    fn has_room(&self, _owner: &str) -> bool {
        true
    }

    /// The answer of a question that needs no waiting; none if it does.
    fn at_once(&self, _ask: &Ask) -> Option<Reply> {
        None
    }
}

/// The data of an answer.
///
/// # Errors
/// What the host says, as a fault of the program.
pub(super) fn data(reply: Reply) -> Result<Data, Fault> {
    match reply {
        Reply::Data(data) => Ok(data),
        Reply::Go => Ok(Data::Null),
        Reply::Failed(why) => Err(Fault::error(why)),
        Reply::TimedOut => Err(Fault::limit(Limit::Deadline)),
        Reply::Code(..) => Err(Fault::internal("an answer to another question")),
    }
}
