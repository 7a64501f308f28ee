//! A shard driven by hand: a store in memory, a clock that is told, answers that the test gives.

use krl_kernel::channel::{Channel, Kinship};
use krl_kernel::cloud::{Ask, Budgets, Configuration, Directory, Listing, Query, Realm, Reply, SettingTable};
use krl_kernel::id::{LENGTH, Random};
use krl_kernel::library::{Code, Library, Origin};
use krl_kernel::records::agenda::{self, Item};
use krl_kernel::records::channel::{PolicyTable, find_channel};
use krl_kernel::records::cloud::{Installation, load_head};
use krl_kernel::records::rulesets::ListTable;
use krl_kernel::shard::{
    Arrival, Asking, Founding, Lane, Problem, Release, Shard, ShardLimits, Task, Waiter,
};
use krl_kernel::store::{MemoryStore, Read, Space, Store};
use krl_vm::data::{Data, DataMap};
use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Who owns all clouds.
const OWNER: &str = "o";

/// A store, code by ruleset, channels.
pub struct World {
    pub store: Arc<MemoryStore>,
    pub library: Library,
    pub codes: Mutex<HashMap<Arc<str>, Arc<Code>>>,
    pub policies: Arc<PolicyTable>,
    pub lists: Arc<ListTable>,
    pub settings: SettingTable,
    /// Do the clouds not run?
    pub suspended: AtomicBool,
}

impl Realm for World {
    fn reader(&self) -> Arc<dyn Read> {
        self.store.clone()
    }
    fn snapshot(&self) -> Arc<dyn Read> {
        Arc::from(self.store.snapshot())
    }
    fn library(&self) -> &Library {
        &self.library
    }
    fn code(&self, installation: &Installation) -> Result<Arc<Code>, String> {
        self.codes.lock().unwrap().get(&installation.rid).cloned().ok_or_else(|| "its code is lost".into())
    }
    fn former(&self, _: &Installation) -> Option<Arc<Code>> {
        None
    }
    fn budgets(&self, _: &str) -> Budgets {
        Budgets { instructions: 2_000_000, event_instructions: 6_000_000, ..Budgets::default() }
    }
    fn is_suspended(&self, _: &str) -> bool {
        self.suspended.load(Ordering::Acquire)
    }
    fn host(&self) -> Option<Arc<str>> {
        Some("http://here".into())
    }
    fn seed(&self) -> u64 {
        1
    }
    fn policies(&self) -> &Arc<PolicyTable> {
        &self.policies
    }
    fn lists(&self) -> &Arc<ListTable> {
        &self.lists
    }
    fn settings(&self) -> &SettingTable {
        &self.settings
    }
}

impl Directory for World {
    fn channel(&self, eci: &str) -> Result<Option<Listing>, String> {
        if let Some((cloud, channel)) = find_channel(&*self.store, &self.policies, eci).unwrap() {
            return Ok(Some(Listing { cloud, channel: Arc::new(channel) }));
        }
        if eci.len() != LENGTH || load_head(&*self.store, eci).unwrap().is_none() {
            return Ok(None);
        }
        let own = Channel::family(eci, Kinship::Own, eci);
        Ok(Some(Listing { cloud: eci.into(), channel: Arc::new(own) }))
    }

    fn at_once(&self, ask: &Ask) -> Option<Reply> {
        let Ask::Load(rid) = ask else { return None };
        let code = self.codes.lock().unwrap().get(rid).cloned()?;
        Some(Reply::Code(code, rid.clone()))
    }
}

/// The answer to a query, by its number.
type Answered = (u64, Reply);

pub struct Bench {
    pub world: Arc<World>,
    pub shard: Shard,
    /// Its lanes: each goes on for a step in a turn.
    pub lanes: Vec<Lane>,
    /// Do they stand still?
    pub lanes_rest: bool,
    pub committed: Arc<AtomicU64>,
    pub random: Random,
    pub now: i64,
    /// Questions that the test has to answer.
    pub asks: Vec<(u64, Ask)>,
    /// Answers of clouds that were asked by others.
    pub replies: (Sender<Answered>, Receiver<Answered>),
    /// How long each turn has lasted, as the shard is told.
    pub spent: Duration,
    /// Are outputs committed?
    pub commits: bool,
}

impl Bench {
    pub fn new() -> Self {
        let world = Arc::new(World {
            store: Arc::default(),
            library: Library::new(krl_stdlib::natives()),
            codes: Mutex::default(),
            policies: Arc::default(),
            lists: Arc::default(),
            settings: SettingTable::default(),
            suspended: AtomicBool::new(false),
        });
        Self::over(world, ShardLimits::default())
    }

    pub fn over(world: Arc<World>, limits: ShardLimits) -> Self {
        let committed = Arc::new(AtomicU64::new(0));
        let shard = Shard::new(
            world.clone(),
            world.clone(),
            0,
            limits,
            Random::new(1),
            committed.clone(),
            Arc::default(),
        );
        let lanes = (0..limits.lanes).map(|_| Lane::new(world.clone(), world.clone()));
        Self {
            lanes: lanes.collect(),
            lanes_rest: false,
            world,
            shard,
            committed,
            random: Random::new(2),
            now: 1_700_000_000_000,
            asks: Vec::new(),
            replies: channel(),
            spent: Duration::ZERO,
            commits: true,
        }
    }

    /// The same store, after everything in memory was lost.
    pub fn restarted(self) -> Self {
        let now = self.now;
        Self { now, ..Self::over(self.world, ShardLimits::default()) }
    }

    /// The same, with the events that are in inboxes taken up, as a host does when it starts.
    pub fn restarted_with_agenda(self) -> Self {
        let mut bench = self.restarted();
        let mut visit = |key: &[u8], record: &[u8]| {
            if let Ok(Item::Inbox { cloud, .. }) = agenda::read_key(key) {
                let message = agenda::read_message(key, record).unwrap();
                let arrival = Arrival::recorded(cloud, key.to_vec(), message);
                bench.shard.submit(Task::Event(Box::new(arrival)));
            }
            ControlFlow::Continue(())
        };
        bench.world.store.scan(Space::Agenda, &[], None, &mut visit).unwrap();
        bench
    }

    pub fn cloud(&mut self, source: &str) -> Arc<str> {
        let unit = krl_compiler::compile(source).unit.unwrap();
        let unit = krl_vm::verify::verify(unit).unwrap();
        let code = self.world.library.load(unit, Origin::default()).unwrap();
        self.world.codes.lock().unwrap().insert(code.unit().rid.clone(), code.clone());
        let (cloud, owner) = (self.random.id(), OWNER.into());
        let (sender, receiver) = channel();
        let waiter = Box::new(move |made| sender.send(made).unwrap());
        let rulesets = vec![(code, Configuration::default())];
        let channels = Vec::new();
        let founding = Founding { cloud: cloud.clone(), owner, rulesets, channels, waiter };
        self.shard.submit(Task::Found(Box::new(founding)));
        self.run();
        receiver.try_recv().unwrap().unwrap();
        cloud
    }

    pub fn arrival(cloud: &Arc<str>, name: &str, waiter: Waiter) -> Arrival {
        Arrival {
            cloud: cloud.clone(),
            eci: cloud.clone(),
            domain: "t".into(),
            name: name.into(),
            attrs: DataMap::new(),
            sender: Some(cloud.clone()),
            id: None,
            hops: 0,
            waits: Arc::default(),
            inbox: None,
            waiter,
            room: None,
            admitted: false,
        }
    }

    /// Gives an event in; the answer is its directives' options, or what went wrong.
    pub fn event(&mut self, cloud: &Arc<str>, name: &str) -> Receiver<String> {
        let (sender, receiver) = channel();
        let waiter = Waiter::Done(Box::new(move |done| {
            let shown = done.map_or_else(
                |problem| problem.to_string(),
                |done| {
                    let errors = done.errors.iter().map(|error| error.message.clone());
                    let options = done.directives.iter().map(|directive| directive.options.to_json());
                    options.chain(errors).collect::<Vec<_>>().join(" ")
                },
            );
            drop(sender.send(shown));
        }));
        self.shard.submit(Task::Event(Box::new(Self::arrival(cloud, name, waiter))));
        receiver
    }

    pub fn query(&mut self, cloud: &Arc<str>, name: &str) -> Receiver<String> {
        let (sender, receiver) = channel();
        let query = Query {
            eci: Some(cloud.clone()),
            sender: Some(cloud.clone()),
            rid: "t".into(),
            name: name.into(),
            ..Query::default()
        };
        let waiter = Box::new(move |answer: Result<Data, Problem>| {
            drop(sender.send(answer.map_or_else(|problem| problem.to_string(), |data| data.to_json())));
        });
        self.shard.submit(Task::Query { cloud: cloud.clone(), query: Box::new(query), waiter });
        receiver
    }

    /// Turns until nothing is left to do without answers from outside.
    pub fn run(&mut self) {
        for _ in 0..10_000 {
            self.turn();
            let replies: Vec<_> = self.replies.1.try_iter().collect();
            for (flight, reply) in replies {
                self.shard.submit(Task::Resume(flight, reply));
            }
            if !self.shard.is_runnable() && (self.lanes_rest || self.lanes.iter().all(Lane::is_idle)) {
                return;
            }
        }
        panic!("the shard does not come to rest");
    }

    pub fn turn(&mut self) {
        self.now += 1;
        let mut output = self.shard.turn(self.now, &|| self.spent);
        for (lane, order) in output.orders.drain(..) {
            self.lanes[lane].take(order);
        }
        for lane in self.lanes.iter_mut().filter(|_| !self.lanes_rest) {
            if let Some(task) = lane.step(self.now) {
                self.shard.submit(task);
            }
        }
        if !self.commits {
            return;
        }
        self.world.store.commit(&output.batch).unwrap();
        self.committed.store(output.number, Ordering::Release);
        for release in output.releases {
            match release {
                Release::Taken(callback, result) => callback(result),
                Release::Done(callback, result) => callback(*result),
                Release::Answer(callback, result) => callback(result),
                Release::Task(_, task) => self.shard.submit(task),
                _ => {}
            }
        }
        for Asking { flight, ask, .. } in output.asks {
            match ask {
                Ask::Query(query) => {
                    let cloud = query.eci.clone().unwrap();
                    let replies = self.replies.0.clone();
                    let waiter = Box::new(move |answer: Result<Data, Problem>| {
                        let reply = answer.map_or_else(|p| Reply::Failed(p.to_string()), Reply::Data);
                        drop(replies.send((flight, reply)));
                    });
                    self.shard.submit(Task::Query { cloud, query, waiter });
                }
                other => self.asks.push((flight, other)),
            }
        }
    }

    pub fn answer(&mut self, data: &str) {
        let (flight, _) = self.asks.remove(0);
        self.shard.submit(Task::Resume(flight, Reply::Data(Data::parse(data).unwrap())));
        self.run();
    }

    /// Stops the clouds, or lets them run again.
    pub fn suspend(&mut self, suspended: bool) {
        self.world.suspended.store(suspended, Ordering::Release);
        if !suspended {
            self.shard.submit(Task::Readmit(OWNER.into()));
        }
    }

    /// Records of clouds, channels and the agenda.
    pub fn records(&self) -> usize {
        [Space::Clouds, Space::Channels, Space::Agenda].map(|space| self.count(space)).iter().sum()
    }

    /// Records of a space.
    pub fn count(&self, space: Space) -> usize {
        let mut count = 0;
        let mut visit = |_: &[u8], _: &[u8]| {
            count += 1;
            ControlFlow::Continue(())
        };
        self.world.store.scan(space, &[], None, &mut visit).unwrap();
        count
    }
}
