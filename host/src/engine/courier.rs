//! Deliveries to other hosts (decision R8): each channel's events in their order, again and again until the other side has taken them in
//! or a day has passed. What cannot be delivered is kept as a dead letter, and the sender's rulesets hear of it (`system:send_failed`).

use super::Core;
use crate::outside::{self, next_attempt};
use krl_kernel::records::agenda::{self, Dispatch};
use krl_kernel::shard::{Arrival, Task, Waiter};
use krl_kernel::store::{Batch, Space, StoreError, scan_prefix};
use krl_vm::data::{Data, DataMap};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher;
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;

/// Hosts that have something waiting.
#[derive(Default)]
pub struct Desk {
    core: std::sync::OnceLock<std::sync::Weak<Core>>,
    served: Mutex<HashMap<Arc<str>, Service>>,
}

/// Deliveries to a host.
#[derive(Default)]
struct Service {
    /// Something new waits.
    news: Arc<Notify>,
    /// There is nothing to do until the next attempt.
    rests: bool,
    /// Something came since the store was last looked at.
    fresh: bool,
}

impl Desk {
    /// Lets deliveries begin.
    pub fn open(&self, core: &Arc<Core>) {
        drop(self.core.set(Arc::downgrade(core)));
    }

    /// Something waits for a host.
    pub fn notice(&self, host: &Arc<str>) {
        let Some(core) = self.core.get().and_then(std::sync::Weak::upgrade) else { return };
        let mut served = self.served();
        if let Some(service) = served.get_mut(host) {
            service.fresh = true;
            return service.news.notify_one();
        }
        let service = Service::default();
        let news = service.news.clone();
        served.insert(host.clone(), service);
        let host = host.clone();
        core.runtime.clone().spawn(async move { core.serve(host, news).await });
    }

    /// Is nothing being delivered? What waits for its next attempt is not.
    pub fn is_idle(&self) -> bool {
        self.served().values().all(|service| service.rests && !service.fresh)
    }

    fn leave(&self, host: &Arc<str>) {
        self.served().remove(host);
    }

    fn rest(&self, host: &Arc<str>, rests: bool) {
        if let Some(service) = self.served().get_mut(host) {
            service.rests = rests;
            service.fresh &= rests;
        }
    }

    fn served(&self) -> MutexGuard<'_, HashMap<Arc<str>, Service>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Core {
    /// Takes up what was waiting when the host last stopped.
    pub(super) fn resume_deliveries(&self) -> Result<(), StoreError> {
        let mut hosts = HashSet::new();
        scan_prefix(&*self.store, Space::Agenda, &agenda::outbox(), &mut |key, record| {
            if let Ok(dispatch) = agenda::read_dispatch(key, record) {
                hosts.insert(dispatch.host);
                self.counts.outbox.inc();
            }
            ControlFlow::Continue(())
        })?;
        hosts.iter().for_each(|host| self.courier.notice(host));
        Ok(())
    }

    /// Delivers what waits for a host until nothing is left. Channels do not wait for each other.
    async fn serve(self: Arc<Self>, host: Arc<str>, news: Arc<Notify>) {
        loop {
            self.courier.rest(&host, false);
            let waiting = match self.waiting_for(&host) {
                Ok(waiting) => waiting,
                Err(error) => {
                    tracing::error!(%error, "deliveries could not be read");
                    tokio::time::sleep(Duration::from_secs(10)).await;
                    continue;
                }
            };
            if waiting.is_empty() {
                self.courier.leave(&host);
                // What came between the look and the leave is noticed here.
                match self.waiting_for(&host) {
                    Ok(waiting) if !waiting.is_empty() => self.courier.notice(&host),
                    _ => {}
                }
                return;
            }
            let now = self.clock.now();
            let mut next = i64::MAX;
            let mut held: HashSet<Arc<str>> = HashSet::new();
            for (key, dispatch) in waiting {
                let eci = dispatch.message.eci.clone();
                if held.contains(&eci) {
                    continue;
                }
                if dispatch.next > now {
                    next = next.min(dispatch.next);
                    held.insert(eci);
                } else if let Some(at) = self.deliver(key, dispatch).await {
                    next = next.min(at);
                    held.insert(eci);
                }
            }
            if next != i64::MAX {
                let wait = (next - self.clock.now()).clamp(10, 5_000).unsigned_abs();
                self.courier.rest(&host, true);
                // What is new goes to the channels that do not wait.
                drop(tokio::time::timeout(Duration::from_millis(wait), news.notified()).await);
            }
        }
    }

    fn waiting_for(&self, host: &str) -> Result<Vec<(Vec<u8>, Dispatch)>, StoreError> {
        const PAGE: usize = 256;
        let mut waiting = Vec::new();
        scan_prefix(&*self.store, Space::Agenda, &agenda::outbox_of(host), &mut |key, record| {
            if let Ok(dispatch) = agenda::read_dispatch(key, record) {
                waiting.push((key.to_vec(), dispatch));
            }
            if waiting.len() < PAGE { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        Ok(waiting)
    }

    /// Tries to deliver an event; answers when to try again.
    async fn deliver(&self, key: Vec<u8>, mut dispatch: Dispatch) -> Option<i64> {
        let mut batch = Batch::default();
        let message = &dispatch.message;
        let letter = outside::Dispatch {
            host: dispatch.host.clone(),
            eci: message.eci.clone(),
            domain: message.domain.clone(),
            name: message.name.clone(),
            attrs: message.attrs.clone(),
            id: message.eid.clone(),
            hops: message.hops,
        };
        let tried = self.client.deliver(&letter).await;
        let again = match tried {
            Ok(()) => None,
            Err(failure) => {
                dispatch.attempts += 1;
                let random = self.hasher.hash_one((&dispatch.message.eid, dispatch.attempts));
                let delay = next_attempt(dispatch.attempts, random, failure.after).filter(|_| failure.retry);
                if delay.is_none() {
                    self.give_up(&mut batch, &dispatch, &failure.reason);
                }
                delay.map(|delay| self.clock.now() + i64::try_from(delay).unwrap_or(i64::MAX / 2))
            }
        };
        match again {
            Some(at) => {
                dispatch.next = at;
                batch.put(Space::Agenda, key, agenda::dispatch_record(&dispatch));
            }
            None => batch.remove(Space::Agenda, key),
        }
        if let Err(error) = self.store.commit(&batch) {
            tracing::error!(%error, "a delivery could not be noted; it may happen twice");
            return Some(self.clock.now() + 1_000);
        }
        if again.is_none() {
            self.counts.outbox.dec();
        }
        again
    }

    /// Keeps a dead letter, and tells the sender's rulesets.
    fn give_up(&self, batch: &mut Batch, dispatch: &Dispatch, why: &str) {
        let message = &dispatch.message;
        let Some(sender) = message.from.clone() else { return };
        batch.put(
            Space::Agenda,
            agenda::dead_letter_key(&sender, &message.eid),
            agenda::dispatch_record(dispatch),
        );
        let text = |text: &Arc<str>| Data::String(text.clone());
        let attrs: DataMap = [
            ("eid", text(&message.eid)),
            ("eci", text(&message.eci)),
            ("host", text(&dispatch.host)),
            ("domain", text(&message.domain)),
            ("type", text(&message.name)),
            ("attrs", Data::Map(message.attrs.clone())),
            ("attempts", Data::Number(f64::from(dispatch.attempts))),
            ("message", Data::string(why)),
        ]
        .into_iter()
        .map(|(key, value)| (key.into(), value))
        .collect();
        let arrival = Arrival {
            cloud: sender.clone(),
            eci: sender.clone(),
            domain: "system".into(),
            name: "send_failed".into(),
            attrs,
            sender: Some(sender.clone()),
            id: None,
            hops: message.hops + 1,
            waits: Arc::default(),
            inbox: None,
            waiter: Waiter::Nobody,
            room: None,
            admitted: false,
        };
        self.give(&sender, Task::Event(Box::new(arrival)));
    }
}
