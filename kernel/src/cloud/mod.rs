//! A cloud in memory: rulesets, their state, and the events and queries they answer.
//!
//! No clock, no network, no storage: time passes when [`Cloud::advance_to`] says so, randomness follows from a seed, events to itself
//! leave the outbox when [`Cloud::settle`] delivers them. A durable kernel keeps the same pieces elsewhere: what a transaction changed is
//! what its undo log names.
//!
//! ```
//! use krl_kernel::cloud::{Cloud, Configuration, Environment, Query};
//! use krl_vm::data::Data;
//!
//! let source = r#"ruleset shop {
//!     meta { shares sold }
//!     global { sold = function(item) { ent:sold{item} } }
//!     rule sale {
//!         select when shop sale item re#(.+)# setting(item)
//!         send_directive("thanks", {"item": item})
//!         fired { ent:sold{item} := ent:sold{item}.defaultsTo(0) + 1 }
//!     }
//! }"#;
//! let unit = krl_compiler::compile(source).unit.unwrap();
//! let mut cloud = Cloud::new(Environment::default());
//! cloud.install(krl_vm::verify::verify(unit).unwrap(), Configuration::default()).unwrap();
//!
//! let attrs = Data::parse(r#"{"item": "tea"}"#).unwrap();
//! let answer = cloud.signal("shop", "sale", attrs.clone()).unwrap();
//! assert_eq!(answer.directives[0].options.to_json(), r#"{"item":"tea"}"#);
//!
//! let sold = Query { rid: "shop".into(), name: "sold".into(), args: attrs, ..Query::default() };
//! assert_eq!(cloud.query(&sold).unwrap().to_json(), "1");
//! ```

mod answers;
mod channel_table;
mod channel_view;
mod channels;
mod core;
mod effects;
mod environment;
mod event;
mod family;
mod host;
mod install;
mod lasting;
mod newborn;
mod outside;
mod persist;
pub(crate) mod program;
mod query;
mod requests;
mod rest;
mod rulesets;
mod setting;
mod start;
mod state;
mod time;
mod transaction;
mod undo;
pub(crate) mod weight;

pub use self::core::{Outgoing, Target};
pub use environment::{Budgets, Environment, LogEntry, Sink, TraceEntry, Verdict};
pub use event::{CallStack, Directive, Event, EventAnswer, Place, Refusal, Running, RuntimeError};
pub use family::{Child, Family, NoChild};
pub use install::{Configuration, InUse, InstallError};
pub use outside::{Ask, Delivery, Directory, Listing, Outside, Reply};
pub use query::{Query, QueryError};
pub use requests::HTTP_HOPS;
pub use rest::{Effects, Realm, Rest};
pub use setting::SettingTable;
pub use state::{CloudState, JobState, RulesetState};

use self::channels::Channels;
use self::core::{Core, Transaction};
use self::lasting::Lasting;
use self::setting::Setting;
use self::start::Starter;
use crate::id::Random;
use crate::machine::Scratch;
use krl_vm::data::Data;
use krl_vm::interp::Vm;
use std::fmt;
use std::sync::Arc;

/// A cloud, with the machine that runs its code.
pub struct Cloud {
    core: Box<Core>,
    machine: Box<Machine>,
}

/// What an evaluation has used of its [`Budgets`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Instructions.
    pub instructions: u64,
    /// Bytes of values that it held at its end.
    pub memory_bytes: usize,
}

/// What runs code. One serves many clouds, one after the other, and keeps its memory.
#[derive(Debug, Default)]
pub struct Machine {
    vm: Vm,
    scratch: Scratch,
    /// What ids and `random:*` of the clouds it serves come from.
    random: Option<Box<Random>>,
    /// Room for the transactions of the clouds it serves.
    transaction: Transaction,
}

impl Machine {
    /// A machine for clouds that get their randomness from `random`.
    #[must_use]
    pub fn new(random: Random) -> Self {
        Self { random: Some(Box::new(random)), ..Self::default() }
    }
}

impl Cloud {
    /// A cloud without rulesets, with one channel that allows everything.
    #[must_use]
    pub fn new(environment: Environment) -> Self {
        let mut random = Random::new(environment.seed);
        let (id, eci) = (random.id(), random.id());
        let Environment { library, now, budgets, host, log, trace, overdue, .. } = environment;
        let setting =
            Setting { owner: Arc::default(), host, budgets, library, journaling: false, home: None };
        let mut lasting = Lasting::bare(&id, Arc::new(setting), now);
        lasting.channels = Channels::new(&id, &eci);
        lasting.eci = eci;
        let mut core = lasting.wake(Some(Box::new(random)), Transaction::default());
        (core.log, core.trace, core.overdue) = (log, trace, overdue);
        let mut machine = Box::<Machine>::default();
        let program = Starter { core: &mut core, vm: &mut machine.vm }.empty_program();
        core.lasting.program = Arc::new(program);
        Self { core, machine }
    }

    /// The cloud's identity.
    #[must_use]
    pub fn id(&self) -> &Arc<str> {
        &self.core.lasting.id
    }

    /// The channel that events and queries from outside come in on unless they name another.
    #[must_use]
    pub fn eci(&self) -> &Arc<str> {
        &self.core.lasting.eci
    }

    /// The cloud's time, in milliseconds since the epoch.
    #[must_use]
    pub fn now(&self) -> i64 {
        self.core.lasting.now
    }

    /// What the last event with all it raised, or the last query, has used of its budgets.
    #[must_use]
    pub fn spent(&self) -> Spent {
        let instructions = self.core.transaction.instructions;
        Spent { instructions, memory_bytes: self.machine.vm.heap().used_bytes() }
    }

    /// The ids of the installed rulesets, in install order.
    pub fn rulesets(&self) -> impl Iterator<Item = &Arc<str>> {
        self.core.lasting.program.rulesets.iter().map(|ruleset| &ruleset.rid)
    }

    /// Raises an event from outside on the cloud's channel; otherwise as [`Cloud::signal_on`].
    ///
    /// # Errors
    /// As [`Cloud::signal_on`].
    pub fn signal(&mut self, domain: &str, name: &str, attrs: Data) -> Result<EventAnswer, Refusal> {
        let eci = self.core.lasting.eci.clone();
        self.signal_on(&eci, None, domain, name, attrs)
    }

    /// Raises an event on a channel and answers when it is committed. The sender is the cloud it comes from, none for one from outside.
    /// What it sends waits for [`Cloud::settle`].
    ///
    /// # Errors
    /// Blank names, attributes that are no map, a channel that is not there or does not let it through. The rulesets never see such an
    /// event.
    pub fn signal_on(
        &mut self,
        eci: &str,
        sender: Option<&str>,
        domain: &str,
        name: &str,
        attrs: Data,
    ) -> Result<EventAnswer, Refusal> {
        let eci = event::text(eci, "event.eci")?;
        let event = Event::clean(&eci, domain, name, attrs, self.core.lasting.now)?;
        self.core.admit_event(&eci, sender, &event.domain, &event.name)?;
        let eid = self.core.random().id();
        Ok(self.transact(event, eid, 0))
    }

    /// Delivers the events in the outbox, and those that they send, each in a transaction of its own.
    pub fn settle(&mut self) -> Vec<EventAnswer> {
        let mut answers = Vec::new();
        while let Some(outgoing) = self.core.outbox.pop_front() {
            let Outgoing { eid, eci, domain, name, attrs, hops, .. } = outgoing;
            let event = Event { eci, domain, name, attrs, time: self.core.lasting.now };
            answers.push(self.transact(event, eid, hops));
        }
        answers
    }
}

impl fmt::Debug for Cloud {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rulesets: Vec<_> = self.rulesets().collect();
        f.debug_struct("Cloud").field("id", self.id()).field("rulesets", &rulesets).finish_non_exhaustive()
    }
}
