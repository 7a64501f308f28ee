//! What memory keeps of a cloud that nothing happens to. All that only an evaluation needs is made anew when the cloud wakes up, as after it was
//! loaded; a host keeps tens of thousands of clouds like this.

use super::channels::{Channels, Touched};
use super::core::{Core, Former, Kept, Patience, Scene, Transaction};
use super::environment::Budgets;
use super::family::Family;
use super::program::{Installed, Program};
use super::rest::Home;
use crate::id::Random;
use crate::library::Library;
use crate::schedule::Job;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// A cloud that has neither machine nor transaction.
pub(super) struct Resting {
    pub id: Arc<str>,
    pub owner: Arc<str>,
    pub created: i64,
    pub eci: Arc<str>,
    pub host: Option<Arc<str>>,
    pub now: i64,
    pub budgets: Budgets,
    pub library: Library,
    pub unstarted: Option<Vec<Installed>>,
    pub formers: Vec<Former>,
    pub home: Option<Home>,
    pub journaling: bool,
    pub program: Arc<Program>,
    pub kept: Vec<Kept>,
    pub jobs: Vec<Job>,
    pub channels: Channels,
    pub family: Family,
}

impl Resting {
    /// Gets ready for work, in the room of an earlier transaction.
    pub fn wake(self, random: Option<Box<Random>>, transaction: Transaction) -> Box<Core> {
        Box::new(Core {
            id: self.id,
            owner: self.owner,
            created: self.created,
            eci: self.eci,
            host: self.host,
            random,
            now: self.now,
            budgets: self.budgets,
            log: None,
            trace: None,
            overdue: None,
            outside: None,
            hops: 0,
            patience: Patience::Waits,
            unborn: false,
            library: self.library,
            unstarted: self.unstarted,
            formers: self.formers,
            home: self.home,
            journaling: self.journaling,
            program: self.program,
            staged: Arc::default(),
            kept: self.kept,
            jobs: self.jobs,
            channels: self.channels,
            family: self.family,
            outbox: VecDeque::new(),
            scene: Scene::default(),
            transaction,
        })
    }
}

impl Core {
    /// Nothing of its last transaction is yet to be done.
    pub fn is_settled(&self) -> bool {
        let Transaction { touched, uninstalled, newborn, deleted, calls, journals, .. } = &self.transaction;
        touched.is_none()
            && uninstalled.is_empty()
            && newborn.is_empty()
            && deleted.is_empty()
            && calls.is_empty()
            && journals.is_empty()
            && self.outbox.is_empty()
            && !self.unborn
    }

    /// What stays in memory, and the room of the last transaction, which serves others.
    pub fn come_to_rest(self) -> (Resting, Transaction) {
        let resting = Resting {
            id: self.id,
            owner: self.owner,
            created: self.created,
            eci: self.eci,
            host: self.host,
            now: self.now,
            budgets: self.budgets,
            library: self.library,
            unstarted: self.unstarted,
            formers: self.formers,
            home: self.home,
            journaling: self.journaling,
            program: self.program,
            kept: self.kept,
            jobs: self.jobs,
            channels: self.channels,
            family: self.family,
        };
        (resting, self.transaction.emptied())
    }
}

impl Transaction {
    /// Nothing but room.
    fn emptied(self) -> Self {
        let Self { mut undo, mut queue, mut lines, .. } = self;
        undo.clear();
        queue.clear();
        lines.clear();
        Self { undo, queue, lines, ..Self::default() }
    }
}

impl Touched {
    fn is_none(&self) -> bool {
        let Self { channels, parent, children, program, jobs, matches } = self;
        channels.is_empty()
            && !parent
            && children.is_empty()
            && !program
            && jobs.is_empty()
            && matches.is_empty()
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transaction").finish_non_exhaustive()
    }
}
