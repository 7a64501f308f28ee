//! Clouds at rest: how they are loaded, woken, and saved. What happens to one between is in the other files of this folder.

use super::core::{Core, Outgoing};
use super::event::{Event, EventAnswer, Refusal, RuntimeError};
use super::install::{Configuration, InstallError};
use super::lasting::Lasting;
use super::outside::Outside;
use super::program::Installed;
use super::setting::SettingTable;
use super::{Budgets, Cloud, Machine};
use crate::channel::Channel;
use crate::journal::{Journal, Kind, Scope};
use crate::library::{Code, Library};
use crate::records::channel::PolicyTable;
use crate::records::cloud::Installation;
use crate::records::rulesets::ListTable;
use crate::store::{Batch, Read, StoreError};
use krl_vm::data::{Data, DataMap};
use std::fmt;
use std::sync::Arc;

/// What clouds run in.
pub trait Realm: Send + Sync {
    /// The store, as last committed.
    fn reader(&self) -> Arc<dyn Read>;
    /// What the store holds now, unaffected by later commits.
    fn snapshot(&self) -> Arc<dyn Read>;
    /// Writes large values of a batch ahead of its commit ([`crate::store::Store::write_ahead`]).
    ///
    /// # Errors
    /// The store's.
    fn write_ahead(&self, _batch: &mut Batch) -> Result<(), StoreError> {
        Ok(())
    }
    /// The loaded code.
    fn library(&self) -> &Library;
    /// The code that an installed ruleset is to run: the newest of its address, else the one it was saved with.
    ///
    /// # Errors
    /// Why there is none.
    fn code(&self, installation: &Installation) -> Result<Arc<Code>, String>;
    /// The code that an installed ruleset was saved with, if it is not the newest of its address.
    fn former(&self, installation: &Installation) -> Option<Arc<Code>>;
    /// An installed ruleset, broken where its code is not to be had (decision R12).
    fn installed(&self, installation: &Installation) -> Installed {
        let Installation { rid, url, hash, config } = installation.clone();
        let (code, broken) = match self.code(installation) {
            Ok(code) => (code, None),
            Err(why) => (self.library().stub(&rid, hash), Some(why.into())),
        };
        Installed { rid, url, config, code, instance: u32::MAX, broken }
    }
    /// The budgets of an owner's clouds.
    fn budgets(&self, owner: &str) -> Budgets;
    /// Are an owner's clouds not to run?
    fn is_suspended(&self, owner: &str) -> bool;
    /// May an event from outside for an owner's cloud be taken in now?
    fn admits(&self, _owner: &str, _now: i64) -> bool {
        true
    }
    /// An owner has more clouds, or fewer, once the batch is committed; `shard` is who says so.
    fn count_clouds(&self, _shard: u16, _owner: &Arc<str>, _change: i64, _batch: &mut Batch) {}
    /// A change that [`Realm::count_clouds`] told of is not committed.
    fn uncount_clouds(&self, _shard: u16, _owner: &Arc<str>, _change: i64) {}
    /// Which transactions are kept in the durable log.
    fn journal(&self) -> Scope {
        Scope::All
    }
    /// What `meta:host` answers.
    fn host(&self) -> Option<Arc<str>>;
    /// The secret of hashes that stay in memory.
    fn seed(&self) -> u64;
    /// Policies of channels that are in memory.
    fn policies(&self) -> &Arc<PolicyTable>;
    /// Lists of rulesets that are in memory.
    fn lists(&self) -> &Arc<ListTable>;
    /// Settings of clouds that are in memory.
    fn settings(&self) -> &SettingTable;
}

/// A cloud that nothing happens to: it has no machine.
pub struct Rest(State);

enum State {
    Settled(Box<Lasting>),
    /// Something is left to be done: it was just loaded with rulesets that have newer versions, or founded, or born.
    Unsettled(Box<Core>),
}

/// What a transaction leaves to be done outside the cloud.
#[derive(Debug, Default)]
pub struct Effects {
    /// Events to send, in order.
    pub outgoing: Vec<Outgoing>,
    /// Children that were born.
    pub newborn: Vec<Rest>,
    /// Clouds to delete.
    pub deleted: Vec<Arc<str>>,
    /// Channels that are new, changed or gone.
    pub channels: Vec<Arc<str>>,
    /// Requests whose answers are sent as events: method and arguments.
    pub calls: Vec<(&'static str, Vec<Data>)>,
    /// When the first of its jobs is due, if jobs have changed.
    pub due: Option<i64>,
    /// What is to be kept in the log.
    pub journals: Vec<Journal>,
}

impl Rest {
    pub(super) fn of(core: Box<Core>) -> Self {
        if core.is_settled() {
            return Self(State::Settled(core.come_to_rest().0));
        }
        Self(State::Unsettled(core))
    }

    /// The cloud with its machine.
    #[must_use]
    pub fn wake(self, mut machine: Box<Machine>) -> Cloud {
        let random = machine.random.take();
        let core = match self.0 {
            State::Settled(lasting) => lasting.wake(random, std::mem::take(&mut machine.transaction)),
            State::Unsettled(mut core) => {
                core.random = random;
                core
            }
        };
        Cloud { core, machine }
    }

    fn lasting(&self) -> &Lasting {
        match &self.0 {
            State::Settled(lasting) => lasting,
            State::Unsettled(core) => &core.lasting,
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> &Arc<str> {
        &self.lasting().setting.owner
    }

    /// The clouds of its children.
    pub fn children(&self) -> impl Iterator<Item = &Arc<str>> {
        self.lasting().family.children.iter().map(|child| &child.cloud)
    }

    /// Its channels.
    pub fn channels(&self) -> impl Iterator<Item = &Channel> {
        self.lasting().channels.iter()
    }
}

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rest").field(&self.lasting().id).finish()
    }
}

impl Cloud {
    /// Puts the cloud to rest; its machine serves others.
    #[must_use]
    pub fn rest(mut self) -> (Rest, Box<Machine>) {
        self.machine.random = self.core.random.take();
        if !self.core.is_settled() {
            return (Rest(State::Unsettled(self.core)), self.machine);
        }
        let (lasting, room) = self.core.come_to_rest();
        self.machine.transaction = room;
        (Rest(State::Settled(lasting)), self.machine)
    }

    /// Lets it reach the host that it runs on.
    pub fn attach(&mut self, outside: Box<dyn Outside>) {
        self.core.outside = Some(outside);
    }

    /// Cuts it off from the host.
    pub fn detach(&mut self) {
        self.core.outside = None;
    }

    /// Starts its rulesets if no other cloud has started the same ones, and brings those up to date that have a newer version.
    pub fn start_up(&mut self) {
        if let Some(unstarted) = self.core.lasting.unstarted.take() {
            self.core.start_program(&mut self.machine.vm, *unstarted);
        }
    }

    /// Whose it is.
    #[must_use]
    pub fn owner(&self) -> &Arc<str> {
        &self.core.lasting.setting.owner
    }

    /// Its rulesets in install order.
    pub fn installations(&self) -> impl Iterator<Item = &Installed> {
        self.core.lasting.rulesets().iter()
    }

    /// Gets ready for an evaluation at this time, which so many clouds have asked each other to come to.
    pub fn come_up(&mut self, now: i64, hops: u32) {
        (self.core.lasting.now, self.core.hops) = (now, hops);
        self.start_up();
    }

    /// Takes an event in and runs it. `sender` is the cloud it comes from.
    ///
    /// # Errors
    /// As [`Cloud::signal_on`].
    pub fn take_in(
        &mut self,
        eci: &Arc<str>,
        sender: Option<&str>,
        (domain, name): (&str, &str),
        attrs: DataMap,
        eid: Arc<str>,
        hops: u32,
    ) -> Result<EventAnswer, Refusal> {
        let event = Event::clean(eci, domain, name, Data::Map(attrs), self.core.lasting.now)?;
        self.core.admit_event(eci, sender, &event.domain, &event.name)?;
        Ok(self.transact(event, eid, hops))
    }

    /// Fires the job that is due first, if one is.
    pub fn fire_next(&mut self) -> Option<EventAnswer> {
        let now = self.core.lasting.now;
        self.next_due().filter(|&due| due <= now)?;
        self.fire_due(now)
    }

    /// Installs a ruleset, or a new version of one.
    ///
    /// # Errors
    /// As [`Cloud::install`].
    pub fn put_in(&mut self, code: &Arc<Code>, configuration: Configuration) -> Result<(), InstallError> {
        self.core.begin_transaction();
        self.install_code(code, configuration).map(drop)
    }

    /// Runs the newest version of a ruleset if it was installed from `url`; the old one goes on if that does not start.
    ///
    /// # Errors
    /// Why it does not.
    pub fn switch(&mut self, code: &Arc<Code>, url: &Arc<str>) -> Result<(), String> {
        self.core.begin_transaction();
        let switched = self.core.switch_to(code, url).map_err(|fault| fault.to_string());
        self.core.transaction.undo.clear();
        switched
    }

    /// What queries leave to be kept in the log.
    pub fn take_journals(&mut self) -> Vec<Journal> {
        std::mem::take(&mut self.core.transaction.journals)
    }

    /// What the last transaction leaves to be done outside; what it has changed is added to a batch.
    ///
    /// # Errors
    /// The store's, when it is asked for what is there already.
    pub fn take_changes(&mut self, batch: &mut Batch) -> Result<Effects, StoreError> {
        let effects = self.take_effects();
        self.save(batch)?;
        Ok(effects)
    }

    fn take_effects(&mut self) -> Effects {
        let core = &mut self.core;
        let changed = !core.transaction.touched.jobs.is_empty();
        Effects {
            outgoing: std::mem::take(&mut core.outbox).into(),
            newborn: std::mem::take(&mut core.transaction.newborn)
                .into_iter()
                .flatten()
                .map(Rest::of)
                .collect(),
            deleted: std::mem::take(&mut core.transaction.deleted),
            channels: core.transaction.touched.channels.iter().cloned().collect(),
            calls: std::mem::take(&mut core.transaction.calls),
            due: changed.then(|| core.lasting.jobs.iter().map(|job| job.due).min()).flatten(),
            journals: std::mem::take(&mut core.transaction.journals),
        }
    }
}

impl Core {
    /// Keeps what a transaction did for the log.
    pub(super) fn keep_journal(
        &mut self,
        kind: Kind,
        id: &Arc<str>,
        eci: &Arc<str>,
        names: (&Arc<str>, &Arc<str>),
        attrs: &DataMap,
        error: Option<&RuntimeError>,
    ) {
        let mut journal = Journal::new(kind, id, eci, names, attrs, self.lasting.now);
        journal.lines = std::mem::take(&mut self.transaction.lines);
        journal.fail(error);
        self.transaction.journals.push(journal);
    }
}
