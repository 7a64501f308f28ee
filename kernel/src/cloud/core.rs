//! What a cloud holds, apart from the machine that runs its code, and how a reaction's changes are taken back.

use super::effects::WORDS;
use super::environment::{Budgets, LogEntry, Sink, TraceEntry};
use super::event::{Directive, Event, RuntimeError};
use crate::entities::{self, Variables};
use crate::id::Random;
use crate::index::Index;
use crate::library::{Code, Library};
use crate::machine::MatchState;
use crate::schedule::Job;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::{Heap, Region};
use krl_vm::interp::{Instance, Limits, Vm, World};
use krl_vm::value::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// A place in [`Core::rulesets`]; stays the same while the ruleset is installed.
pub(super) type Slot = usize;

/// A ruleset of the cloud.
#[derive(Debug)]
pub(super) struct Ruleset {
    pub rid: Arc<str>,
    pub url: Option<Arc<str>>,
    pub config: Data,
    pub instance: u32,
    pub code: Arc<Code>,
    pub variables: Variables,
    /// The match in progress of each rule.
    pub matches: Vec<Option<Box<MatchState>>>,
    /// When errors were last reported to other rulesets, and how many since (decision R3).
    pub reported: (i64, u32),
}

/// What the kernel knows of a machine instance.
#[derive(Clone, Debug)]
pub(super) struct Info {
    pub rid: Arc<str>,
    /// Whose entity variables it sees.
    pub slot: Slot,
    pub code: Arc<Code>,
    /// The instances of its `use module` clauses.
    pub modules: Vec<u32>,
    /// The `within` limit of each rule.
    pub within: Vec<Option<f64>>,
}

/// What is being evaluated.
#[derive(Clone, Debug, Default)]
pub(super) struct Scene {
    pub mode: Mode,
    pub event: Option<Arc<Event>>,
    pub eci: Option<Arc<str>>,
    pub txn_id: Arc<str>,
    /// The reacting ruleset, or that of the query.
    pub slot: Slot,
    /// Its instance.
    pub instance: u32,
    /// The running rule of that instance's unit.
    pub rule: Option<u32>,
    /// `event:attrs` as a value of the machine's heap.
    pub attrs: Option<Value>,
    /// The ruleset sees no further rules for this event.
    pub stop: bool,
    /// The event's schedule was cleared.
    pub cleared: bool,
    /// For the trace: whether each iteration of the running rule fired.
    pub fired: Vec<bool>,
}

/// Kinds of evaluations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Mode {
    /// A ruleset starts.
    #[default]
    Start,
    /// An event.
    Event,
    /// A query, which may not write.
    Query,
}

/// Who sees a queued event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Audience {
    /// Every ruleset.
    All,
    /// One ruleset.
    Only(Arc<str>),
    /// Every ruleset but one.
    AllBut(Arc<str>),
}

/// An event that waits for its turn within the transaction.
#[derive(Clone, Debug)]
pub(super) struct Queued {
    pub event: Arc<Event>,
    pub audience: Audience,
}

/// An event on its way to a channel.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    /// Its id.
    pub eid: Arc<str>,
    /// The channel.
    pub eci: Arc<str>,
    /// Its domain.
    pub domain: Arc<str>,
    /// Its type.
    pub name: Arc<str>,
    /// Its attributes.
    pub attrs: DataMap,
    /// How many sent events led to it.
    pub hops: u32,
}

/// How to take a change back.
#[derive(Debug)]
pub(super) enum Undo {
    Variable(Slot, entities::Undo),
    Match(Slot, u32, Option<Box<MatchState>>),
    JobAdded(Arc<str>),
    JobRemoved(usize, Box<Job>),
}

/// Where a reaction began: what came since is taken back if it fails (decision R2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Savepoint {
    undo: usize,
    directives: usize,
    queue: usize,
    outbox: usize,
    raised: u32,
    copied: usize,
}

/// The effects of the running transaction.
#[derive(Debug, Default)]
pub(super) struct Transaction {
    pub undo: Vec<Undo>,
    pub directives: Vec<Directive>,
    pub errors: Vec<RuntimeError>,
    pub queue: VecDeque<Queued>,
    /// The machine is ready for reactions of this transaction.
    pub staged: bool,
    /// Events raised so far.
    pub raised: u32,
    /// Bytes, roughly, that the transaction has copied out of the machine.
    pub copied: usize,
    /// How many sent events led to this one.
    pub hops: u32,
}

/// A cloud without its machine.
pub(super) struct Core {
    pub id: Arc<str>,
    pub eci: Arc<str>,
    pub host: Option<Arc<str>>,
    pub random: Random,
    pub now: i64,
    pub budgets: Budgets,
    pub log: Option<Sink<LogEntry>>,
    pub trace: Option<Sink<TraceEntry>>,
    pub overdue: Option<Box<dyn FnMut() -> bool + Send>>,
    pub library: Library,
    pub region: Arc<Region>,
    /// [`super::effects::WORDS`] in `region`.
    pub words: Vec<Value>,
    pub instances: Arc<Vec<Instance>>,
    pub infos: Vec<Option<Info>>,
    pub rulesets: Vec<Option<Ruleset>>,
    pub order: Vec<Slot>,
    pub index: Index,
    pub jobs: Vec<Job>,
    pub outbox: VecDeque<Outgoing>,
    pub scene: Scene,
    pub transaction: Transaction,
}

impl Core {
    /// What the machine runs in.
    pub fn world(&self) -> World {
        World {
            units: self.library.units().clone(),
            cloud: self.region.clone(),
            instances: self.instances.clone(),
            limits: Limits {
                instructions: self.budgets.instructions,
                memory_bytes: self.budgets.memory_bytes,
                depth: self.budgets.depth,
            },
        }
    }

    pub fn ruleset(&self, slot: Slot) -> Option<&Ruleset> {
        self.rulesets.get(slot)?.as_ref()
    }

    pub fn ruleset_mut(&mut self, slot: Slot) -> Option<&mut Ruleset> {
        self.rulesets.get_mut(slot)?.as_mut()
    }

    /// The slot of an installed ruleset.
    pub fn slot_of(&self, rid: &str) -> Option<Slot> {
        self.order.iter().copied().find(|&slot| self.ruleset(slot).is_some_and(|r| &*r.rid == rid))
    }

    pub fn info(&self, instance: u32) -> Option<&Info> {
        self.infos.get(instance as usize)?.as_ref()
    }

    /// The rulesets in install order.
    pub fn installed(&self) -> impl Iterator<Item = &Ruleset> + Clone {
        self.order.iter().filter_map(|&slot| self.ruleset(slot))
    }

    pub fn rebuild_index(&mut self) {
        self.index = Index::new(self.installed().map(|ruleset| (ruleset.instance, ruleset.code.unit())));
    }

    /// Starts the cloud's frozen memory afresh, with nothing but words in it.
    pub fn empty_region(&mut self, vm: &mut Vm) {
        let mut region = Region::default();
        vm.begin(self.world());
        let words = WORDS.iter().map(|word| {
            let value = vm.heap_mut().string(word)?;
            vm.heap().freeze(value, &mut region)
        });
        self.words = words.collect::<Result<_, Fault>>().unwrap_or_default();
        self.region = Arc::new(region);
    }

    /// The name of the running rule.
    pub fn rule_name(&self) -> Option<&Arc<str>> {
        let code = &self.info(self.scene.instance)?.code;
        Some(&code.unit().rules.get(self.scene.rule? as usize)?.name)
    }

    /// Refuses writes outside events.
    pub fn may_write(&self) -> Result<(), Fault> {
        match self.scene.mode {
            Mode::Event => Ok(()),
            Mode::Query => Err(Fault::error("a query may not change the cloud")),
            Mode::Start => Err(Fault::error("a ruleset may not change the cloud while it starts")),
        }
    }

    /// Copies a value out of the machine's memory, at the expense of the transaction's.
    pub fn copy_out(&mut self, heap: &Heap, value: Value) -> Result<Data, Fault> {
        let data = heap.export(value)?;
        self.transaction.copied += weight(&data);
        if self.transaction.copied > self.budgets.memory_bytes {
            return Err(Fault::limit(Limit::Memory));
        }
        Ok(data)
    }

    pub fn savepoint(&self) -> Savepoint {
        Savepoint {
            undo: self.transaction.undo.len(),
            directives: self.transaction.directives.len(),
            queue: self.transaction.queue.len(),
            outbox: self.outbox.len(),
            raised: self.transaction.raised,
            copied: self.transaction.copied,
        }
    }

    /// Takes back everything since the savepoint.
    pub fn roll_back(&mut self, to: Savepoint) {
        while self.transaction.undo.len() > to.undo {
            if let Some(undo) = self.transaction.undo.pop() {
                self.take_back(undo);
            }
        }
        self.transaction.directives.truncate(to.directives);
        self.transaction.queue.truncate(to.queue);
        self.outbox.truncate(to.outbox);
        self.transaction.raised = to.raised;
        self.transaction.copied = to.copied;
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Variable(slot, undo) => {
                if let Some(ruleset) = self.ruleset_mut(slot) {
                    entities::undo(&mut ruleset.variables, undo);
                }
            }
            Undo::Match(slot, rule, state) => drop(self.set_match(slot, rule, state)),
            Undo::JobAdded(id) => self.jobs.retain(|job| job.id != id),
            Undo::JobRemoved(at, job) => self.jobs.insert(at.min(self.jobs.len()), *job),
        }
    }

    /// Replaces the match in progress of a rule; answers the former one.
    pub fn set_match(
        &mut self,
        slot: Slot,
        rule: u32,
        state: Option<Box<MatchState>>,
    ) -> Option<Box<MatchState>> {
        let place = self.ruleset_mut(slot)?.matches.get_mut(rule as usize)?;
        std::mem::replace(place, state)
    }

    /// Writes an entry of the log.
    pub fn write_log(&mut self, entry: impl FnOnce(Arc<str>) -> LogEntry) {
        if let Some(log) = &mut self.log {
            log(entry(self.scene.txn_id.clone()));
        }
    }
}

/// Bytes that plain data takes, roughly.
fn weight(data: &Data) -> usize {
    let own = size_of::<Data>();
    match data {
        Data::String(text) => own + text.len(),
        Data::Array(items) => own + items.iter().map(weight).sum::<usize>(),
        Data::Map(map) => {
            own + map.iter().map(|(key, value)| 2 * own + key.len() + weight(value)).sum::<usize>()
        }
        _ => own,
    }
}
