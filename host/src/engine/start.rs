//! Opening and closing an engine.

use super::circle::Circle;
use super::clock::Clock;
use super::commit::Commits;
use super::counts::Counts;
use super::directory::Channels;
use super::owners::{Owner, Owners};
use super::realm::HostRealm;
use super::scribe::Scribe;
use super::seat::{Home, ShardSeat};
use super::waits::Waits;
use super::{Core, Defaults, commit, courier, lanes, sweep, timers, worker};
use crate::api::Problem as Told;
use crate::config::distro::{DistroChannel, Quota};
use crate::outside::{Client, Transport};
use crate::registry::{Address, Registry, RegistryConfig};
use crossbeam_channel::{Sender, bounded, unbounded};
use krl_kernel::cloud::{Budgets, Configuration, SettingTable};
use krl_kernel::id::Random;
use krl_kernel::journal::Scope;
use krl_kernel::library::Library;
use krl_kernel::records::agenda::{self, Item};
use krl_kernel::records::channel::PolicyTable;
use krl_kernel::records::rulesets::ListTable;
use krl_kernel::shard::{Arrival, Founding, Lane, Shard, ShardLimits, Task, Waiter};
use krl_kernel::store::{Durability, Space, Store, StoreError, scan_prefix};
use krl_vm::data::{Data, DataMap};
use krl_vm::interp::compiled::Tier;
use std::fmt;
use std::hash::RandomState;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use tokio::runtime::Handle;
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::oneshot;

/// How to open an engine.
pub struct Options {
    /// How others reach the host.
    pub base_url: String,
    /// Threads that run clouds.
    pub threads: usize,
    /// What makes machine code of rulesets.
    pub tier: Option<Arc<dyn Tier>>,
    /// What an event waits for.
    pub durability: Durability,
    /// What one event or query may use.
    pub budgets: Budgets,
    /// Which transactions are kept in logs.
    pub journal: Scope,
    /// How many bytes of the log of a cloud are kept, about.
    pub journal_bytes: usize,
    /// Limits of each shard.
    pub limits: ShardLimits,
    /// Addresses and configurations of the rulesets that new owners get, in order.
    pub rulesets: Vec<(String, Data)>,
    /// Channels that root clouds get.
    pub channels: Vec<DistroChannel>,
    /// Limits that new owners get.
    pub quota: Quota,
    /// How rulesets are found.
    pub registry: RegistryConfig,
    /// The network.
    pub transport: Transport,
    /// The `http` module and deliveries.
    pub client: Client,
}

/// Why an engine cannot be opened.
#[derive(Debug)]
pub enum OpenError {
    /// The store's reason.
    Store(StoreError),
    /// The system gives no randomness, or no thread.
    System(String),
    /// The first owner's clouds could not be made.
    Owner(String),
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::System(what) => f.write_str(what),
            Self::Owner(why) => write!(f, "the first owner could not be made: {why}"),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StoreError> for OpenError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// An engine at work. It stops when it is closed.
pub struct Engine {
    core: Arc<Core>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    /// Dropped when the engine closes, which ends the sweep.
    ending: Mutex<Option<Sender<()>>>,
    /// The thread that writes logs, which ends last.
    scribe: Mutex<Option<JoinHandle<()>>>,
}

fn entropy() -> Result<[u8; 32], OpenError> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|error| OpenError::System(error.to_string()))?;
    Ok(seed)
}

fn thread(name: String, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>, OpenError> {
    let built = std::thread::Builder::new().name(name).spawn(work);
    built.map_err(|error| OpenError::System(format!("no thread could be started: {error}")))
}

impl Engine {
    /// Opens the clouds in `store`; makes a first owner if there is none. Must be called within a runtime of tokio.
    ///
    /// # Errors
    /// A store that cannot be read, and what keeps the first owner from being made.
    pub async fn open(store: Arc<dyn Store>, options: Options) -> Result<Self, OpenError> {
        let library = Library::compiled_by(krl_stdlib::natives(), options.tier);
        let loader = Arc::new(library.clone());
        let registry = Registry::open(store.clone(), loader, options.transport.clone(), options.registry)?;
        let owners = Owners::read(&*store)?;
        let policies = Arc::<PolicyTable>::default();
        let channels =
            Arc::new(Channels::new(store.clone(), policies.clone(), owners.clone(), registry.clone()));
        let lists = Arc::<ListTable>::default();
        let seed = entropy()?;
        let realm = Arc::new(HostRealm {
            store: store.clone(),
            library: library.clone(),
            registry: registry.clone(),
            owners: owners.clone(),
            budgets: options.budgets,
            journal: options.journal,
            base_url: options.base_url.as_str().into(),
            policies,
            lists: lists.clone(),
            settings: SettingTable::default(),
            seed: u64::from_le_bytes(seed.first_chunk().copied().unwrap_or_default()),
        });
        let queued = Arc::<AtomicUsize>::default();
        let mut seats = Vec::new();
        let mut shards = Vec::new();
        for number in 0..options.threads.max(1) {
            let (home, runtime) = Home::new().map_err(|error| OpenError::System(error.to_string()))?;
            let (messages, receiver) = unbounded_channel();
            let committed = Arc::new(AtomicU64::new(0));
            let random = Random::secret(entropy()?);
            let (limits, number) = (options.limits, number as u16);
            let shard =
                (realm.clone(), channels.clone(), number, limits, random, committed.clone(), queued.clone());
            seats.push(ShardSeat::new(messages, runtime, committed));
            shards.push((shard, receiver, home));
        }
        let scribe = Scribe::default();
        let (logs, writer, bytes) = (store.clone(), scribe.clone(), options.journal_bytes);
        let scribe_thread = thread("logs".into(), move || writer.run(&*logs, bytes))?;
        let core = Arc::new(Core {
            store,
            scribe,
            channels,
            lists,
            registry,
            library,
            client: options.client,
            owners,
            runtime: Handle::current(),
            shards: seats,
            hasher: RandomState::new(),
            last_loss: Mutex::default(),
            failed: OnceLock::new(),
            defaults: Defaults {
                rulesets: options.rulesets,
                channels: options.channels,
                quota: options.quota,
            },
            timers: timers::Alarm::default(),
            queued,
            courier: courier::Desk::default(),
            calls: AtomicUsize::new(0),
            clock: Clock::default(),
            counts: Counts::new().map_err(|error| OpenError::System(error.to_string()))?,
            waits: Waits::default(),
            waiting: Circle::default(),
        });
        core.courier.open(&core);
        let mut threads = Vec::new();
        let parcels = match options.durability {
            Durability::Os => None,
            Durability::Sync => {
                let (sender, receiver) = unbounded();
                let core = core.clone();
                threads.push(thread("commit".into(), move || commit::run(&core, &receiver))?);
                Some(sender)
            }
        };
        for (index, (shard, messages, home)) in shards.into_iter().enumerate() {
            let commits = match &parcels {
                Some(sender) => Commits::Thread(sender.clone()),
                None => Commits::Here,
            };
            let (realm, channels, number, limits, random, committed, queued) = shard;
            let mut lanes = Vec::new();
            for lane in 0..limits.lanes {
                let (sender, orders) = unbounded();
                lanes.push(sender);
                let (core, realm, channels) = (core.clone(), realm.clone(), channels.clone());
                threads.push(thread(format!("lane-{index}-{lane}"), move || {
                    lanes::run(&core, index, Lane::new(realm, channels), &orders);
                })?);
            }
            let core = core.clone();
            threads.push(thread(format!("shard-{index}"), move || {
                let shard = Shard::new(realm, channels, number, limits, random, committed, queued);
                home.run(worker::run(&core, index, shard, messages, &commits, &lanes));
            })?);
        }
        // The threads of shards and lanes are the last who know it.
        drop(realm);
        let timed = core.clone();
        threads.push(thread("timers".into(), move || timers::run(&timed))?);
        let (ending, ends) = bounded(0);
        let swept = core.clone();
        threads.push(thread("sweep".into(), move || sweep::run(&swept, &ends))?);
        core.resume_agenda()?;
        core.resume_deliveries()?;
        let engine = Self {
            core,
            threads: Mutex::new(threads),
            ending: Mutex::new(Some(ending)),
            scribe: Mutex::new(Some(scribe_thread)),
        };
        if engine.core.owners.all().is_empty() {
            let made = engine.core.create_owner("owner".into()).await;
            made.map_err(|problem| OpenError::Owner(problem.message))?;
        }
        engine.core.announce_start();
        Ok(engine)
    }

    pub(super) fn core(&self) -> &Arc<Core> {
        &self.core
    }

    /// The owners.
    #[must_use]
    pub fn owners(&self) -> Vec<Owner> {
        self.core.owners.all()
    }

    /// Lets the store have all that was to be kept in logs so far.
    pub fn flush_logs(&self) {
        self.core.scribe.flush();
    }

    /// Ends all threads once they have done what they were given.
    pub fn close(&self) {
        self.core.timers.stop();
        drop(self.ending.lock().map(|mut ending| ending.take()));
        for seat in &self.core.shards {
            seat.give(Task::Stop);
        }
        let threads = self.threads.lock().map(|mut threads| std::mem::take(&mut *threads));
        for thread in threads.unwrap_or_default() {
            drop(thread.join());
        }
        self.core.scribe.stop();
        if let Ok(Some(scribe)) = self.scribe.lock().map(|mut scribe| scribe.take()) {
            drop(scribe.join());
        }
    }
}

impl Core {
    /// Takes up the events and deletions that were on the agenda when the host last stopped.
    fn resume_agenda(&self) -> Result<(), StoreError> {
        let mut failed = Ok(());
        scan_prefix(&*self.store, Space::Agenda, &agenda::inbox(""), &mut |key, record| {
            match (agenda::read_key(key), agenda::read_message(key, record)) {
                (Ok(Item::Inbox { cloud, .. }), Ok(message)) => {
                    let arrival = Arrival::recorded(cloud.clone(), key.to_vec(), message);
                    self.give(&cloud, Task::Event(Box::new(arrival)));
                }
                (Ok(_), Ok(_)) => {}
                (Err(error), _) | (_, Err(error)) => failed = Err(error),
            }
            if failed.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
        })?;
        failed?;
        scan_prefix(&*self.store, Space::Agenda, &agenda::deletion_key(""), &mut |key, _| {
            if let Ok(Item::Deletion { cloud }) = agenda::read_key(key) {
                self.give(&cloud, Task::Delete(cloud.clone()));
            }
            ControlFlow::Continue(())
        })
    }

    /// Makes an owner with a root cloud that has the host's rulesets.
    pub(super) async fn create_owner(self: &Arc<Self>, name: String) -> Result<Data, Told> {
        let bad =
            |message: String| Told { status: 422, code: "not_installable", message, findings: Vec::new() };
        let mut rulesets = Vec::new();
        for (url, config) in &self.defaults.rulesets {
            let address = Address::parse(url).map_err(|error| bad(error.to_string()))?;
            let ruleset = self.registry.load(&address).await.map_err(|error| bad(error.to_string()))?;
            let url = Some(address.canonical().clone());
            rulesets.push((ruleset.code.clone(), Configuration { config: config.clone(), url }));
        }
        let seed = entropy().map_err(|error| bad(error.to_string()))?;
        let mut random = Random::secret(seed);
        let (id, root) = (random.id(), random.cloud_id(self.clock.now()));
        let owner = Owner {
            id: id.clone(),
            name,
            root: root.clone(),
            created: self.clock.now(),
            suspended: false,
            quota: self.defaults.quota.clone(),
            number: self.owners.all().len() as u64,
        };
        let rids: Vec<Data> =
            rulesets.iter().map(|(code, _)| Data::String(code.unit().rid.clone())).collect();
        let (sender, receiver) = oneshot::channel();
        let waiter = Box::new(move |made| drop(sender.send(made)));
        let channels = self.defaults.channels.iter().map(|channel| {
            let tags = channel.tags.iter().map(|tag| Data::string(tag.as_str())).collect();
            [Data::Array(tags), channel.event_policy.clone(), channel.query_policy.clone()]
        });
        let founding =
            Founding { cloud: root.clone(), owner: id, rulesets, channels: channels.collect(), waiter };
        self.give(&root, Task::Found(Box::new(founding)));
        match receiver.await {
            Ok(Ok(_)) => {}
            Ok(Err(problem)) => return Err(super::api::worded(&problem)),
            Err(_) => return Err(bad("the host stops".into())),
        }
        let storage = |error| super::api::worded(&krl_kernel::shard::Problem::Storage(error));
        self.owners.put(&*self.store, owner.clone()).map_err(storage)?;
        self.tell(&root, "engine_ui", "setup", DataMap::new()).await;
        for rid in rids {
            let attrs = DataMap::from_iter([("rids".into(), Data::Array(vec![rid]))]);
            self.tell(&root, "wrangler", "ruleset_installed", attrs).await;
        }
        let ui = self.ui_channel_of(&root).await?;
        let Data::Map(mut shown) = owner.to_data() else { return Ok(Data::Null) };
        shown.insert("ui".into(), ui.map_or(Data::Null, Data::String));
        Ok(Data::Map(shown))
    }

    /// Sends an event of the host to a root cloud, and waits until it is done.
    async fn tell(&self, cloud: &Arc<str>, domain: &str, name: &str, attrs: DataMap) {
        let (sender, receiver) = oneshot::channel();
        let waiter = Waiter::Done(Box::new(move |done| drop(sender.send(done))));
        self.give(cloud, own_event(cloud, domain, name, attrs, waiter));
        if let Ok(Err(problem)) = receiver.await {
            tracing::warn!(%problem, %domain, %name, "a root cloud did not take in an event of its host");
        }
    }

    /// Tells the root clouds that the host has started.
    fn announce_start(&self) {
        for owner in self.owners.all() {
            self.give(
                &owner.root,
                own_event(&owner.root, "engine", "started", DataMap::new(), Waiter::Nobody),
            );
        }
    }
}

fn own_event(cloud: &Arc<str>, domain: &str, name: &str, attrs: DataMap, waiter: Waiter) -> Task {
    Task::Event(Box::new(Arrival {
        cloud: cloud.clone(),
        eci: cloud.clone(),
        domain: domain.into(),
        name: name.into(),
        attrs,
        sender: Some(cloud.clone()),
        id: None,
        hops: 0,
        waits: Arc::default(),
        inbox: None,
        waiter,
        room: None,
        admitted: false,
    }))
}
