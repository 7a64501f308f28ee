//! What evaluations do, said so that it can be said again: one that turns out to take long is given up, and begun anew on a lane.

use super::task::{Arrival, Callback, Chore, Problem, Waiter};
use super::{Shard, Work};
use crate::cloud::{Cloud, Configuration, EventAnswer, Query};
use crate::library::Code;
use krl_vm::data::{Data, DataMap};
use std::sync::Arc;

/// What an evaluation is for, and who waits for it.
pub(super) enum Purpose {
    Event(Box<Arrival>),
    Due,
    Install { code: Arc<Code>, configuration: Configuration, waiter: Callback<Arc<str>> },
    Switch { code: Arc<Code>, url: Arc<str> },
    Query { query: Arc<Query>, waiter: Callback<Data> },
}

/// What an evaluation does.
pub(super) enum Job {
    Event {
        eci: Arc<str>,
        sender: Option<Arc<str>>,
        domain: Arc<str>,
        name: Arc<str>,
        attrs: DataMap,
        eid: Arc<str>,
        hops: u32,
        then: Option<Box<Query>>,
    },
    Due,
    Install(Arc<Code>, Configuration),
    Switch(Arc<Code>, Arc<str>),
    Query(Arc<Query>),
}

/// What an evaluation ends with.
pub(super) enum Ending {
    Event(Result<EventAnswer, Problem>, Option<Result<Data, Problem>>),
    /// The answer of the job that fired; none if none was due.
    Due(Option<EventAnswer>),
    Installed(Result<(), Problem>),
    Query(Result<Data, Problem>),
}

impl Purpose {
    /// The work in the queue of a cloud that this came from; queries do not queue.
    pub fn into_work(self) -> Option<Work> {
        Some(match self {
            Self::Event(arrival) => Work::Event(arrival),
            Self::Due => Work::Chore(Chore::Due),
            Self::Install { code, configuration, waiter } => {
                Work::Chore(Chore::Install { code, configuration, waiter })
            }
            Self::Switch { code, url } => Work::Chore(Chore::Switch { code, url }),
            Self::Query { .. } => return None,
        })
    }
}

impl Shard {
    /// What is to be done for a purpose.
    pub(super) fn job(&mut self, purpose: &Purpose) -> Job {
        match purpose {
            Purpose::Event(arrival) => {
                let then = match &arrival.waiter {
                    Waiter::Asked(query, _) => Some(query.clone()),
                    _ => None,
                };
                Job::Event {
                    eci: arrival.eci.clone(),
                    sender: arrival.sender.clone(),
                    domain: arrival.domain.clone(),
                    name: arrival.name.clone(),
                    attrs: arrival.attrs.clone(),
                    eid: arrival.id.clone().unwrap_or_else(|| self.random.id()),
                    hops: arrival.hops,
                    then,
                }
            }
            Purpose::Due => Job::Due,
            Purpose::Install { code, configuration, .. } => Job::Install(code.clone(), configuration.clone()),
            Purpose::Switch { code, url } => Job::Switch(code.clone(), url.clone()),
            Purpose::Query { query, .. } => Job::Query(query.clone()),
        }
    }
}

impl Job {
    /// Does it.
    pub fn run(self, cloud: &mut Cloud, now: i64) -> Ending {
        match self {
            Self::Event { eci, sender, domain, name, attrs, eid, hops, then } => {
                cloud.come_up(now, hops);
                let done = cloud.take_in(&eci, sender.as_deref(), (&domain, &name), attrs, eid, hops);
                let done = done.map_err(Problem::Refused);
                let answer = match (&done, then) {
                    (Ok(done), Some(query)) => Some(match done.errors.first() {
                        Some(error) => Err(Problem::Failed(Box::new(error.clone()))),
                        None => cloud.query(&query).map_err(Problem::Query),
                    }),
                    _ => None,
                };
                Ending::Event(done, answer)
            }
            Self::Due => {
                cloud.come_up(now, 0);
                Ending::Due(cloud.fire_next())
            }
            Self::Install(code, configuration) => {
                cloud.come_up(now, 0);
                Ending::Installed(cloud.put_in(&code, configuration).map_err(Problem::from))
            }
            Self::Switch(code, url) => {
                cloud.come_up(now, 0);
                Ending::Installed(cloud.switch(&code, &url).map_err(Problem::NotInstalled))
            }
            Self::Query(query) => {
                cloud.come_up(now, query.hops);
                Ending::Query(cloud.query(&query).map_err(Problem::Query))
            }
        }
    }
}
