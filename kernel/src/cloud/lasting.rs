//! What lasts of a cloud between the things that happen to it. Memory keeps nothing else of one that nothing happens to: what only an evaluation
//! needs is made anew when the cloud wakes up, as after it was loaded. A host keeps tens of thousands of clouds like this.

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
pub(super) struct Lasting {
    pub id: Arc<str>,
    pub owner: Arc<str>,
    /// Milliseconds.
    pub created: i64,
    pub eci: Arc<str>,
    pub host: Option<Arc<str>>,
    pub now: i64,
    pub budgets: Budgets,
    pub library: Library,
    /// Rulesets that have yet to be started.
    pub unstarted: Option<Vec<Installed>>,
    /// What rulesets with a newer version were saved with: it goes on where the newer one does not start (decision R11).
    pub formers: Vec<Former>,
    /// Where entity variables are stored.
    pub home: Option<Home>,
    /// Is a durable log kept?
    pub journaling: bool,
    pub program: Arc<Program>,
    /// By slot of the program.
    pub kept: Vec<Kept>,
    pub jobs: Vec<Job>,
    pub channels: Channels,
    pub family: Family,
}

impl Lasting {
    /// Gets ready for work, in the room of an earlier transaction.
    pub fn wake(self: Box<Self>, random: Option<Box<Random>>, transaction: Transaction) -> Box<Core> {
        Box::new(Core {
            lasting: self,
            random,
            log: None,
            trace: None,
            overdue: None,
            outside: None,
            hops: 0,
            patience: Patience::Waits,
            unborn: false,
            staged: Arc::default(),
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
    pub fn come_to_rest(self) -> (Box<Lasting>, Transaction) {
        (self.lasting, self.transaction.emptied())
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
