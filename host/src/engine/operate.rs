//! What operators ask.

use super::Core;
use super::api::worded;
use super::owners::{Owner, map};
use crate::api::{Operation, Problem as Told};
use crate::config::distro::Quota;
use crate::registry::{Address, Flush, RegistryError};
use crate::store::backup;
use krl_kernel::cloud::{Cloud, Configuration, Directory};
use krl_kernel::journal;
use krl_kernel::records::cloud::load_head;
use krl_kernel::shard::{Chore, Problem, Task};
use krl_kernel::store::{Space, StoreError, scan_prefix};
use krl_vm::data::Data;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use tokio::sync::oneshot;

fn told(status: u16, code: &'static str, message: impl std::fmt::Display) -> Told {
    Told { status, code, message: format!("Error: {message}"), findings: Vec::new() }
}

fn storage(error: StoreError) -> Told {
    worded(&Problem::Storage(error))
}

fn registry(error: &RegistryError) -> Told {
    Told { findings: error.findings().to_vec(), ..told(422, error.code(), error) }
}

fn text(value: &Arc<str>) -> Data {
    Data::String(value.clone())
}

impl Core {
    /// Does what an operator asks.
    pub(super) async fn operate(self: &Arc<Self>, operation: Operation) -> Result<Data, Told> {
        match operation {
            Operation::Owners => {
                Ok(Data::Array(self.owners.all().iter().map(|owner| self.show_owner(owner)).collect()))
            }
            Operation::CreateOwner { name } => self.create_owner(name).await,
            Operation::Suspend { owner, suspended } => {
                let changed = self.change_owner(&owner, |owner| owner.suspended = suspended)?;
                if !suspended {
                    let owner: Arc<str> = owner.into();
                    self.shards.iter().for_each(|seat| seat.give(Task::Readmit(owner.clone())));
                }
                Ok(changed)
            }
            Operation::Quota { owner, limits } => {
                let mut quota = self.owners.get(&owner).map(|owner| owner.quota).unwrap_or_default();
                for (name, limit) in &limits {
                    set_limit(&mut quota, name, limit)?;
                }
                self.change_owner(&owner, |owner| owner.quota = quota)
            }
            Operation::Clouds { owner, after, limit } => self.clouds(&owner, after.as_deref(), limit),
            Operation::Cloud { id } => {
                let cloud = self.cloud_of(&id)?;
                self.visit(&cloud, describe).await
            }
            Operation::Logs { id, after, limit } => self.logs(&id, after.as_deref(), limit).await,
            Operation::Trace { id } => match self.traced(&id).await? {
                Some((cloud, journal)) => {
                    let Data::Map(mut shown) = journal.to_data() else { return Ok(Data::Null) };
                    shown.insert("cloud".into(), Data::String(cloud));
                    Ok(Data::Map(shown))
                }
                None => Err(told(
                    404,
                    "unknown_event",
                    format!("nothing is known of {id}: logs are kept for twelve hours"),
                )),
            },
            Operation::Flush { url } => {
                let address = Address::parse(&url).map_err(|error| told(400, "bad_address", error))?;
                let flush = self.flush(&address).await.map_err(|error| registry(&error))?;
                Ok(flush.ruleset.facts.to_data())
            }
            Operation::Push { content } => {
                let ruleset = self.registry.push(content).await.map_err(|error| registry(&error))?;
                Ok(ruleset.facts.to_data())
            }
            Operation::Install { id, url, config } => {
                let cloud = self.cloud_of(&id)?;
                let address = Address::parse(&url).map_err(|error| told(400, "bad_address", error))?;
                let ruleset = self.registry.load(&address).await.map_err(|error| registry(&error))?;
                let url = Some(address.canonical().clone());
                let (sender, receiver) = oneshot::channel();
                let chore = Chore::Install {
                    code: ruleset.code.clone(),
                    configuration: Configuration { config, url },
                    waiter: Box::new(move |result| drop(sender.send(result))),
                };
                self.give(&cloud, Task::Chore { cloud: cloud.clone(), chore });
                match receiver.await {
                    Ok(Ok(rid)) => Ok(map([("rid", text(&rid)), ("cloud", text(&cloud))])),
                    Ok(Err(problem)) => Err(worded(&problem)),
                    Err(_) => Err(told(503, "stopping", "the host stops")),
                }
            }
            Operation::Backup { path } => {
                self.flush_logs().await;
                let (store, path) = (self.store.clone(), PathBuf::from(path));
                let file = path.display().to_string();
                let work = tokio::task::spawn_blocking(move || {
                    backup::backup(&*store.snapshot(), &Space::ALL, &path)
                });
                match work.await {
                    Ok(Ok(summary)) => Ok(map([
                        ("path", Data::string(file)),
                        ("entries", Data::Number(summary.entries as f64)),
                        ("bytes", Data::Number(summary.bytes as f64)),
                    ])),
                    Ok(Err(error)) => Err(told(500, "backup_failed", error)),
                    Err(error) => Err(told(500, "backup_failed", error)),
                }
            }
            Operation::Stats => self.stats(),
        }
    }

    /// Fetches a ruleset again. Clouds in memory that installed it from there go on to the new version between two events; others when
    /// they wake.
    pub(super) async fn flush(self: &Arc<Self>, address: &Address) -> Result<Flush, RegistryError> {
        let flush = self.registry.flush(address).await?;
        if flush.changed {
            for seat in &self.shards {
                let code = flush.ruleset.code.clone();
                seat.give(Task::Switch { code, url: address.canonical().clone() });
            }
        }
        Ok(flush)
    }

    /// An owner, and how many clouds it has.
    fn show_owner(&self, owner: &Owner) -> Data {
        let Data::Map(mut shown) = owner.to_data() else { return Data::Null };
        shown.insert("clouds".into(), Data::Number(self.owners.clouds(&owner.id) as f64));
        Data::Map(shown)
    }

    fn change_owner(&self, id: &str, change: impl FnOnce(&mut Owner)) -> Result<Data, Told> {
        let owner = self.owners.get(id);
        let mut owner = owner.ok_or_else(|| told(404, "unknown_owner", format!("there is no owner {id}")))?;
        change(&mut owner);
        let shown = owner.to_data();
        self.owners.put(&*self.store, owner).map_err(storage)?;
        Ok(shown)
    }

    /// The cloud with an id, or with a channel.
    fn cloud_of(&self, id: &str) -> Result<Arc<str>, Told> {
        match self.channels.channel(id) {
            Ok(Some(listing)) => Ok(listing.cloud),
            Ok(None) => match load_head(&*self.store, id).map_err(storage)? {
                Some(_) => Ok(id.into()),
                None => Err(told(404, "unknown_cloud", format!("there is no cloud and no channel {id}"))),
            },
            Err(error) => Err(told(503, "store_failed", error)),
        }
    }

    /// Looks at a cloud between two events.
    async fn visit<T: Send + 'static>(
        &self,
        cloud: &Arc<str>,
        look: impl FnOnce(&Cloud) -> T + Send + 'static,
    ) -> Result<T, Told> {
        let (sender, receiver) = oneshot::channel();
        let chore = Chore::Visit(Box::new(move |cloud| drop(sender.send(cloud.map(look)))));
        self.give(cloud, Task::Chore { cloud: cloud.clone(), chore });
        match receiver.await {
            Ok(Ok(seen)) => Ok(seen),
            Ok(Err(problem)) => Err(worded(&problem)),
            Err(_) => Err(told(503, "stopping", "the host stops")),
        }
    }

    /// The channel of the developer UI of a cloud.
    pub(super) async fn ui_channel_of(&self, cloud: &Arc<str>) -> Result<Option<Arc<str>>, Told> {
        self.visit(cloud, |cloud| {
            let tags: [Arc<str>; 2] = ["engine".into(), "ui".into()];
            cloud.channels().find(|channel| channel.has_tags(&tags)).map(|channel| Arc::from(&channel.id))
        })
        .await
    }

    fn clouds(&self, owner: &str, after: Option<&str>, limit: usize) -> Result<Data, Told> {
        let mut clouds = Vec::new();
        let mut failed = Ok(());
        krl_kernel::records::cloud::heads(&*self.store, after, &mut |id, head| {
            match head {
                Ok(head) if *head.owner == *owner => clouds.push(Data::string(id)),
                Ok(_) => {}
                Err(error) => failed = Err(error),
            }
            if failed.is_ok() && clouds.len() < limit {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        })
        .and(failed)
        .map_err(storage)?;
        Ok(Data::Array(clouds))
    }

    /// Lets the store have all that was to be kept in logs so far.
    async fn flush_logs(self: &Arc<Self>) {
        let core = self.clone();
        drop(tokio::task::spawn_blocking(move || core.scribe.flush()).await);
    }

    async fn traced(self: &Arc<Self>, id: &str) -> Result<Option<(Arc<str>, journal::Journal)>, Told> {
        self.flush_logs().await;
        journal::find(&*self.store, id, self.clock.now()).map_err(storage)
    }

    async fn logs(self: &Arc<Self>, id: &str, after: Option<&str>, limit: usize) -> Result<Data, Told> {
        let cloud = self.cloud_of(id)?;
        let after = after
            .map(|after| position(after).ok_or_else(|| told(400, "bad_position", "`after` is no position")));
        self.flush_logs().await;
        let since = self.clock.now() - journal::SHOWN;
        let found = journal::read(&*self.store, &cloud, since, after.transpose()?.as_deref(), limit);
        let entries = found.map_err(storage)?.into_iter().map(|(position, journal)| {
            let hex: String = position.iter().map(|byte| format!("{byte:02x}")).collect();
            map([("position", Data::string(hex)), ("entries", Data::Array(journal.entries()))])
        });
        Ok(Data::Array(entries.collect()))
    }

    fn stats(&self) -> Result<Data, Told> {
        let number = |n: usize| Data::Number(n as f64);
        let sum = |of: fn(&super::ShardSeat) -> usize| self.shards.iter().map(of).sum::<usize>();
        let mut agenda = 0;
        scan_prefix(&*self.store, Space::Agenda, &[], &mut |_, _| {
            agenda += 1;
            ControlFlow::Continue(())
        })
        .map_err(storage)?;
        Ok(map([
            ("owners", number(self.owners.all().len())),
            ("shards", number(self.shards.len())),
            ("awake", number(sum(|seat| seat.awake.load(Ordering::Relaxed)))),
            ("evaluations", number(sum(|seat| seat.flights.load(Ordering::Relaxed)))),
            ("queued", number(sum(|seat| seat.waiting()))),
            ("agenda", number(agenda)),
            ("rulesets", number(self.registry.known().len())),
        ]))
    }

    /// Why the host cannot serve.
    pub(super) fn unready(&self) -> Option<String> {
        self.failed.get().map(ToString::to_string)
    }
}

/// Sets a limit of an owner; null lifts it.
fn set_limit(quota: &mut Quota, name: &str, limit: &Data) -> Result<(), Told> {
    let place = match name {
        "clouds" => &mut quota.clouds,
        "events_per_second" => &mut quota.events_per_second,
        "instructions" => &mut quota.instructions,
        "memory" => &mut quota.memory,
        _ => {
            let known = "`clouds`, `events_per_second`, `instructions` and `memory`";
            return Err(told(400, "bad_limit", format!("there is no limit `{name}`, but {known}")));
        }
    };
    *place = match limit {
        Data::Null => None,
        Data::Number(n) if *n >= 1.0 => Some(*n as u64),
        _ => return Err(told(400, "bad_limit", format!("`{name}` must be a number of at least 1, or null"))),
    };
    Ok(())
}

/// The bytes of a position.
fn position(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// What operators see of a cloud: nothing of its data.
fn describe(cloud: &Cloud) -> Data {
    let rulesets = cloud.installations().map(|ruleset| {
        let address = ruleset.url.as_ref().map_or(Data::Null, text);
        let broken = ruleset.broken.as_ref().map_or(Data::Null, text);
        map([("rid", text(&ruleset.rid)), ("url", address), ("broken", broken)])
    });
    let channels = cloud.channels().filter(|channel| channel.family.is_none()).map(|channel| {
        let tags = channel.tags.iter().map(|tag| Data::string(&**tag)).collect();
        map([("id", Data::String((&channel.id).into())), ("tags", Data::Array(tags))])
    });
    let number = |n: usize| Data::Number(n as f64);
    map([
        ("id", text(cloud.id())),
        ("owner", text(cloud.owner())),
        ("parent", cloud.family().parent.as_ref().map_or(Data::Null, text)),
        ("children", number(cloud.family().children.len())),
        ("channels", Data::Array(channels.collect())),
        ("rulesets", Data::Array(rulesets.collect())),
    ])
}
