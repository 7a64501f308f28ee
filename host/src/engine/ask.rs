//! Answers what evaluations ask: other clouds, the network, code, the log.

use super::Core;
use crate::outside::Autosend;
use crate::registry::Address;
use krl_kernel::cloud::{Ask, Delivery, HTTP_HOPS, Query, Refusal, Reply};
use krl_kernel::journal;
use krl_kernel::shard::{Arrival, Asking, Call, Callback, Problem, Task, Trail, Waiter};
use krl_vm::data::Data;
use std::sync::Arc;

/// Records of a log that are shown at once.
const SHOWN_RECORDS: usize = 2_000;

impl Core {
    /// Answers an evaluation of a shard, at once or later.
    pub(super) fn ask(self: &Arc<Self>, shard: usize, asking: Asking) {
        let core = self.clone();
        let Asking { flight, cloud, trail, ask } = asking;
        match ask {
            Ask::Pause | Ask::Apart => self.resume(shard, flight, Reply::Go),
            Ask::Query(mut query) => {
                query.waits = self.words(&trail, &cloud);
                let waiter = self.replier(shard, flight);
                self.ask_cloud(*query, waiter);
            }
            Ask::EventQuery(delivery, mut query) => {
                query.waits = self.words(&trail, &cloud);
                let waiter = self.replier(shard, flight);
                self.tell_and_ask(&cloud, *delivery, query, waiter);
            }
            Ask::Http(method, args) => drop(self.runtime.spawn(async move {
                let reply = match core.client.prepare(method, &args) {
                    Ok(prepared) => {
                        let prepared =
                            prepared.led_to_by(trail.hops + HTTP_HOPS, &core.words(&trail, &cloud));
                        Reply::Data(core.client.send(&cloud, prepared).await)
                    }
                    Err(why) => Reply::Failed(why),
                };
                core.resume(shard, flight, reply);
            })),
            Ask::Load(url) => drop(self.runtime.spawn(async move {
                let reply = core.load(&url).await;
                core.resume(shard, flight, reply);
            })),
            Ask::Flush(url) => drop(self.runtime.spawn(async move {
                let reply = core.flush_for(&url).await;
                core.resume(shard, flight, reply);
            })),
            Ask::Logs => drop(self.runtime.spawn_blocking(move || {
                core.scribe.flush();
                let since = core.clock.now() - journal::SHOWN;
                let found = journal::read(&*core.store, &cloud, since, None, SHOWN_RECORDS);
                let reply = match found {
                    Ok(records) => {
                        let entries = records.iter().flat_map(|(_, record)| record.entries());
                        Reply::Data(Data::Array(entries.collect()))
                    }
                    Err(error) => Reply::Failed(error.to_string()),
                };
                core.resume(shard, flight, reply);
            })),
        }
    }

    /// The events that wait for what an evaluation asks.
    fn words(&self, trail: &Trail, cloud: &str) -> Arc<str> {
        match trail.keeps {
            true => self.waiting.add(&trail.waits, cloud).into(),
            false => trail.waits.clone(),
        }
    }

    /// Gives an answer to an evaluation.
    fn replier(self: &Arc<Self>, shard: usize, flight: u64) -> Callback<Data> {
        let core = self.clone();
        Box::new(move |answer| {
            let reply = match answer {
                Ok(data) => Reply::Data(data),
                Err(Problem::TimedOut) => Reply::TimedOut,
                Err(problem) => Reply::Failed(problem.to_string()),
            };
            core.resume(shard, flight, reply);
        })
    }

    /// Asks the cloud of the query's channel, if the channel lets the query through.
    pub(super) fn ask_cloud(&self, query: Query, waiter: Callback<Data>) {
        let eci = query.eci.clone().unwrap_or_default();
        match self.find(&eci) {
            Ok(listing) => {
                let task = Task::Query { cloud: listing.cloud.clone(), query: Box::new(query), waiter };
                self.give(&listing.cloud, task);
            }
            Err(problem) => waiter(Err(problem)),
        }
    }

    /// Sends an event and asks behind it.
    fn tell_and_ask(
        self: &Arc<Self>,
        sender: &Arc<str>,
        delivery: Delivery,
        query: Box<Query>,
        waiter: Callback<Data>,
    ) {
        let Delivery { eci, domain, name, attrs } = delivery;
        let listing = match self.find(&eci) {
            Ok(listing) => listing,
            Err(problem) => return waiter(Err(problem)),
        };
        if self.waiting.closes_circle(&query.waits, &listing.cloud) {
            return waiter(Err(Problem::Circle));
        }
        let Some(wait) = self.waits.begin(sender, &listing.cloud) else {
            return waiter(Err(Problem::Circle));
        };
        let (core, waiting) = (self.clone(), sender.clone());
        let waiter: Callback<Data> = Box::new(move |answer| {
            core.waits.end(&waiting, wait);
            waiter(answer);
        });
        let arrival = Arrival {
            cloud: listing.cloud.clone(),
            eci,
            domain,
            name,
            attrs,
            sender: Some(sender.clone()),
            id: None,
            hops: query.hops,
            waits: query.waits.clone(),
            inbox: None,
            waiter: Waiter::Asked(query, waiter),
            room: None,
            admitted: false,
        };
        self.give(&listing.cloud, Task::Event(Box::new(arrival)));
    }

    async fn load(&self, url: &str) -> Reply {
        let address = match Address::parse(url) {
            Ok(address) => address,
            Err(error) => return Reply::Failed(error.to_string()),
        };
        match self.registry.load(&address).await {
            Ok(ruleset) => Reply::Code(ruleset.code.clone(), address.canonical().clone()),
            Err(error) => Reply::Failed(error.to_string()),
        }
    }

    async fn flush_for(self: &Arc<Self>, url: &str) -> Reply {
        let address = match Address::parse(url) {
            Ok(address) => address,
            Err(error) => return Reply::Failed(error.to_string()),
        };
        match self.flush(&address).await {
            Ok(flush) => Reply::Code(flush.ruleset.code.clone(), address.canonical().clone()),
            Err(error) => Reply::Failed(error.to_string()),
        }
    }

    /// Makes a request and sends its answer as an event.
    pub(super) async fn call_and_send(self: &Arc<Self>, call: Call) -> Result<(), Problem> {
        let prepared = self.client.prepare(call.method, &call.args).map_err(Problem::NotInstalled)?;
        let Some(Autosend { eci, domain, name, mut attrs }) = prepared.autosend.clone() else {
            return Ok(());
        };
        let answer = self.client.send(&call.cloud, prepared).await;
        attrs.extend(answer.as_map().cloned().unwrap_or_default());
        let listing = self.find(&eci)?;
        let refused = listing.channel.check_event(Some(&call.cloud), &domain, &name);
        refused.map_err(|refusal| Problem::Refused(Refusal::Channel(refusal)))?;
        let arrival = Arrival {
            cloud: listing.cloud.clone(),
            eci,
            domain,
            name,
            attrs,
            sender: Some(call.cloud),
            id: None,
            hops: 0,
            waits: Arc::default(),
            inbox: None,
            waiter: Waiter::Nobody,
            room: None,
            admitted: false,
        };
        self.give(&listing.cloud, Task::Event(Box::new(arrival)));
        Ok(())
    }
}
