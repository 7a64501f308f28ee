//! What the network surface asks, done by the engine.

use super::Core;
use super::start::Engine;
use crate::api::{self, Operation, Question, Signal};
use krl_kernel::cloud::{EventAnswer, Query, QueryError, Refusal};
use krl_kernel::shard::{Arrival, Callback, Problem, Task, Waiter};
use krl_kernel::store::StoreError;
use krl_vm::data::Data;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::oneshot;

/// Somebody who waits for a result, and the place where it will be.
fn waiter<T: Send + 'static>() -> (Callback<T>, oneshot::Receiver<Result<T, Problem>>) {
    let (sender, receiver) = oneshot::channel();
    // Who has gone away does not want the result.
    (Box::new(move |result| drop(sender.send(result))), receiver)
}

async fn result<T>(receiver: oneshot::Receiver<Result<T, Problem>>) -> Result<T, api::Problem> {
    match receiver.await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(problem)) => Err(worded(&problem)),
        Err(_) => Err(api::Problem {
            status: 503,
            code: "stopping",
            message: "Error: the host stops; try again later".into(),
            findings: Vec::new(),
        }),
    }
}

/// A problem as clients see it (decision H1): status, code, and the reference's words.
pub(super) fn worded(problem: &Problem) -> api::Problem {
    let (status, code) = match problem {
        Problem::Refused(refusal) | Problem::Query(QueryError::Refused(refusal)) => match refusal {
            Refusal::Missing(_) => (400, "missing"),
            Refusal::NoMap(_) => (400, "no_map"),
            Refusal::UnknownChannel(_) => (404, "unknown_channel"),
            Refusal::Channel(_) => (403, "denied"),
        },
        Problem::Query(QueryError::NotInstalled(_)) => (404, "not_installed"),
        Problem::Query(QueryError::NotShared { .. }) => (404, "not_shared"),
        Problem::Query(QueryError::Broken { .. }) => (500, "broken"),
        Problem::Query(QueryError::Failed(error)) => (500, error.code),
        Problem::Failed(error) => (500, error.code),
        Problem::Storage(StoreError::Full) => (507, "store_full"),
        Problem::Storage(_) => (503, "store_failed"),
        Problem::Overloaded => (503, "overloaded"),
        Problem::TooFast => (429, "too_fast"),
        Problem::Circle => (508, "circle"),
        Problem::TimedOut => (504, "limit_time"),
        Problem::Suspended => (403, "suspended"),
        Problem::NotInstalled(_) => (422, "not_installable"),
        Problem::Internal(_) => (500, "internal"),
    };
    let class = if code == "type_error" { "TypeError" } else { "Error" };
    api::Problem { status, code, message: format!("{class}: {problem}"), findings: Vec::new() }
}

impl Core {
    /// Gives an event to the cloud of its channel, if the channel lets it through.
    pub(super) fn take_in(&self, signal: Signal, waiter: Waiter) {
        let refuse = |waiter: Waiter, problem: Problem| match waiter {
            Waiter::Nobody => {}
            Waiter::Taken(callback) => callback(Err(problem)),
            Waiter::Done(callback) => callback(Err(problem)),
            Waiter::Asked(_, callback) => callback(Err(problem)),
        };
        let listing = match self.find(&signal.eci) {
            Ok(listing) => listing,
            Err(problem) => return refuse(waiter, problem),
        };
        // Nobody waits for what is only taken in.
        let is_awaited = matches!(waiter, Waiter::Done(_) | Waiter::Asked(..));
        if is_awaited && self.waiting.closes_circle(&signal.waits, &listing.cloud) {
            return refuse(waiter, Problem::Circle);
        }
        let waits = if is_awaited { signal.waits.as_str().into() } else { Arc::default() };
        let names = (signal.domain.trim(), signal.name.trim());
        if let Err(refused) = listing.channel.check_event(None, names.0, names.1) {
            return refuse(waiter, Problem::Refused(Refusal::Channel(refused)));
        }
        let arrival = Arrival {
            cloud: listing.cloud.clone(),
            eci: (&listing.channel.id).into(),
            domain: names.0.into(),
            name: names.1.into(),
            attrs: signal.attrs,
            sender: None,
            id: signal.id.map(Into::into),
            hops: signal.hops,
            waits,
            inbox: None,
            waiter,
            room: None,
            admitted: false,
        };
        self.give(&listing.cloud, Task::Event(Box::new(arrival)));
    }

    pub(super) fn question(question: Question) -> Query {
        Query {
            eci: Some(question.eci.into()),
            sender: None,
            rid: question.rid,
            name: question.name,
            args: Data::Map(question.args),
            hops: question.hops,
            waits: question.waits.into(),
        }
    }
}

impl api::Engine for Engine {
    fn home(&self, eci: &str) -> Option<Handle> {
        let listing = self.core().find(eci).ok()?;
        Some(self.core().shard_of(&listing.cloud)?.runtime.clone())
    }

    async fn fire(&self, signal: Signal) -> Result<Arc<str>, api::Problem> {
        let (taken, receiver) = waiter();
        self.core().take_in(signal, Waiter::Taken(taken));
        result(receiver).await
    }

    async fn signal(&self, signal: Signal) -> Result<EventAnswer, api::Problem> {
        let (done, receiver) = waiter();
        self.core().take_in(signal, Waiter::Done(done));
        result(receiver).await
    }

    async fn signal_then_ask(&self, signal: Signal, question: Question) -> Result<Data, api::Problem> {
        let (asked, receiver) = waiter();
        let query = Box::new(Core::question(question));
        self.core().take_in(signal, Waiter::Asked(query, asked));
        result(receiver).await
    }

    async fn ask(&self, question: Question) -> Result<Data, api::Problem> {
        let (asked, receiver) = waiter();
        self.core().ask_cloud(Core::question(question), asked);
        result(receiver).await
    }

    async fn ui_channel(&self) -> Result<Arc<str>, api::Problem> {
        let none = || api::Problem {
            status: 404,
            code: "no_ui",
            message: "Error: this host has no owner with a user interface".into(),
            findings: Vec::new(),
        };
        let owner = self.core().owners.all().into_iter().next().ok_or_else(none)?;
        self.core().ui_channel_of(&owner.root).await?.ok_or_else(none)
    }

    async fn operate(&self, operation: Operation) -> Result<Data, api::Problem> {
        self.core().operate(operation).await
    }

    fn unready(&self) -> Option<String> {
        self.core().unready()
    }
}
