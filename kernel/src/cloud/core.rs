//! What a cloud holds, apart from the machine that runs its code.

use super::channels::Touched;
use super::environment::{LogEntry, Sink, TraceEntry};
use super::event::{Directive, Event, RuntimeError};

use super::lasting::Lasting;
use super::outside::Outside;
use super::program::{Info, Installed, Program};
use super::undo::Undo;
use super::weight;
use crate::entities::Variables;
use crate::id::Random;
use crate::journal::{self, Journal, Line};
use crate::library::Code;
use crate::machine::MatchState;
use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::Heap;
use krl_vm::interp::{Limits, World};
use krl_vm::value::Value;
use std::collections::VecDeque;
use std::sync::Arc;

/// A place in the list of rulesets of a program.
pub(super) type Slot = usize;

/// The matches in progress, by rule; empty while there are none.
pub(super) type Matches = Vec<Option<Box<MatchState>>>;

/// What the cloud keeps for one of its rulesets.
#[derive(Debug, Default)]
pub(super) struct Kept {
    pub variables: Variables,
    /// Variables may have changed since they were last saved.
    pub changed: bool,
    rare: Option<Box<Rare>>,
}

/// What few rulesets of few clouds have anything of.
#[derive(Debug, Default)]
pub(super) struct Rare {
    pub matches: Matches,
    /// When errors were last reported to other rulesets, and how many since (decision R3).
    pub reported: (i64, u32),
}

impl Kept {
    pub fn matches(&self) -> &[Option<Box<MatchState>>] {
        self.rare.as_ref().map_or(&[], |rare| &rare.matches)
    }

    pub fn rare(&mut self) -> &mut Rare {
        self.rare.get_or_insert_default()
    }

    /// Answers the former ones.
    pub fn replace_matches(&mut self, matches: Matches) -> Matches {
        if matches.is_empty() && self.rare.is_none() {
            return matches;
        }
        std::mem::replace(&mut self.rare().matches, matches)
    }
}

/// A version of a ruleset that a newer one is to replace.
pub(super) struct Former {
    pub code: Arc<Code>,
    pub matches: Matches,
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
    /// While a ruleset starts: its code asked something of the cloud.
    pub asked: bool,
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

/// Whether an evaluation may wait for others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Patience {
    /// It may.
    #[default]
    Waits,
    /// It is given up rather.
    Hurries,
    /// It would have had to wait.
    GaveUp,
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

/// Where an event goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// To a cloud on this host.
    Cloud(Arc<str>),
    /// To another host: its base address.
    Host(Arc<str>),
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
    /// Where it goes.
    pub target: Target,
    /// The ruleset that sends it.
    pub rid: Arc<str>,
}

/// The effects of the running transaction.
#[derive(Default)]
pub(super) struct Transaction {
    pub undo: Vec<Undo>,
    pub directives: Vec<Directive>,
    pub errors: Vec<RuntimeError>,
    pub queue: VecDeque<Queued>,
    /// The machine is ready for reactions of this transaction.
    pub staged: bool,
    /// Instructions that its reactions, or the last query, have run.
    pub instructions: u64,
    /// Events raised so far.
    pub raised: u32,
    /// Bytes, roughly, that the transaction has copied out of the machine.
    pub copied: usize,
    /// How many sent events led to this one.
    pub hops: u32,
    /// Rulesets whose records go.
    pub uninstalled: Vec<Arc<str>>,
    pub touched: Touched,
    /// Clouds born in this transaction; none in the place of one that is at work.
    pub newborn: Vec<Option<Box<Core>>>,
    /// Clouds that go, with all below them.
    pub deleted: Vec<Arc<str>>,
    /// Requests to make when it is done; their answers are sent as events.
    pub calls: Vec<(&'static str, Vec<Data>)>,
    /// For the durable log.
    pub lines: Vec<Line>,
    pub journals: Vec<Journal>,
}

/// A cloud without its machine.
pub(super) struct Core {
    pub lasting: Box<Lasting>,
    /// None while the cloud is at rest.
    pub random: Option<Box<Random>>,
    pub log: Option<Sink<LogEntry>>,
    pub trace: Option<Sink<TraceEntry>>,
    pub overdue: Option<Box<dyn FnMut() -> bool + Send>>,
    /// The host, while an evaluation runs on it.
    pub outside: Option<Box<dyn Outside>>,
    /// How many clouds have asked each other to come to this evaluation.
    pub hops: u32,
    pub patience: Patience,
    /// It is born in a transaction that has not ended.
    pub unborn: bool,
    /// The program that the machine is set up for: an event that installs or removes a ruleset goes on in it.
    pub staged: Arc<Program>,
    pub outbox: VecDeque<Outgoing>,
    pub scene: Scene,
    pub transaction: Transaction,
}

impl Core {
    /// What the machine runs in, from now on.
    pub fn world(&mut self) -> World {
        if !Arc::ptr_eq(&self.staged, &self.lasting.program) {
            self.staged = self.lasting.program.clone();
        }
        World {
            units: self.lasting.program.units.clone(),
            cloud: self.lasting.program.region.clone(),
            instances: self.lasting.program.instances.clone(),
            limits: Limits {
                instructions: self.lasting.setting.budgets.instructions,
                memory_bytes: self.lasting.setting.budgets.memory_bytes,
                depth: self.lasting.setting.budgets.depth,
            },
        }
    }

    pub fn ruleset(&self, slot: Slot) -> Option<&Installed> {
        self.lasting.program.rulesets.get(slot)
    }

    /// What is known of an instance of the running code.
    pub fn info(&self, instance: u32) -> Option<&Info> {
        match self.scene.mode {
            Mode::Start => self.lasting.program.info(instance),
            Mode::Event | Mode::Query => self.staged.info(instance),
        }
    }

    /// The slot whose entity variables code of an instance sees: it may have moved, or be gone, since the code began to run.
    pub fn slot_of(&self, instance: u32) -> Option<Slot> {
        let info = self.info(instance)?;
        if self.scene.mode == Mode::Start || Arc::ptr_eq(&self.staged, &self.lasting.program) {
            return Some(info.slot);
        }
        self.lasting.program.slot_of(&info.rid)
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
        self.charge(&data)?;
        Ok(data)
    }

    /// Counts data that the transaction holds outside the machine's memory.
    pub fn charge(&mut self, data: &Data) -> Result<(), Fault> {
        self.charge_bytes(weight::of(data))
    }

    /// Counts bytes that the transaction holds outside the machine's memory.
    pub fn charge_bytes(&mut self, bytes: usize) -> Result<(), Fault> {
        self.transaction.copied += bytes;
        if self.transaction.copied > self.lasting.setting.budgets.memory_bytes {
            return Err(Fault::limit(Limit::Memory));
        }
        Ok(())
    }

    /// Writes an entry of the log.
    pub fn write_log(&mut self, entry: impl FnOnce(Arc<str>) -> LogEntry) {
        if !self.lasting.setting.journaling && self.log.is_none() {
            return;
        }
        let entry = entry(self.scene.txn_id.clone());
        if self.lasting.setting.journaling {
            journal::push(&mut self.transaction.lines, Line::log(&entry));
        }
        if let Some(log) = &mut self.log {
            log(entry);
        }
    }

    /// Is anybody told how rules fare?
    pub fn is_traced(&self) -> bool {
        self.lasting.setting.journaling || self.trace.is_some()
    }

    /// Tells how a rule fared.
    pub fn write_trace(&mut self, entry: TraceEntry) {
        if self.lasting.setting.journaling {
            journal::push(&mut self.transaction.lines, Line::rule(&entry));
        }
        if let Some(trace) = &mut self.trace {
            trace(entry);
        }
    }

    /// The cloud's source of randomness.
    pub fn random(&mut self) -> &mut Random {
        debug_assert!(
            self.random.is_some(),
            "a cloud at work has one: its machine's, or its parent's while it is born"
        );
        self.random.get_or_insert_with(|| Box::new(Random::new(0)))
    }

    /// Forgets what the last transaction did. What is yet to be saved stays.
    pub fn begin_transaction(&mut self) {
        let transaction = &mut self.transaction;
        transaction.undo.clear();
        transaction.lines.clear();
        (transaction.raised, transaction.copied, transaction.hops) = (0, 0, 0);
        transaction.instructions = 0;
        if self.lasting.setting.home.is_none() {
            transaction.journals.clear();
            transaction.touched = Touched::default();
            transaction.uninstalled.clear();
            transaction.newborn.clear();
            transaction.deleted.clear();
            transaction.calls.clear();
        }
    }
}
