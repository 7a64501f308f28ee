//! What lasts of a cloud between the things that happen to it. Memory keeps nothing else of one that nothing happens to: what only an evaluation
//! needs is made anew when the cloud wakes up, as after it was loaded. A host keeps tens of thousands of clouds like this.

use super::channels::{Channels, Touched};
use super::core::{Core, Former, Kept, Patience, Scene, Transaction};
use super::family::Family;
use super::program::{Installed, Program};
use super::setting::Setting;
use crate::entities::Place;
use crate::id::Random;
use crate::schedule::Job;
use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

/// A cloud that has neither machine nor transaction.
pub(super) struct Lasting {
    pub id: Arc<str>,
    pub setting: Arc<Setting>,
    /// Milliseconds.
    pub created: i64,
    pub eci: Arc<str>,
    pub now: i64,
    /// Rulesets that have yet to be started.
    pub unstarted: Option<Box<Unstarted>>,
    pub program: Arc<Program>,
    /// By slot of the program.
    pub kept: Vec<Kept>,
    pub jobs: Vec<Job>,
    pub channels: Channels,
    pub family: Family,
}

/// Rulesets that a cloud was saved with.
#[derive(Default)]
pub(super) struct Unstarted {
    pub rulesets: Vec<Installed>,
    /// What rulesets with a newer version were saved with: it goes on where the newer one does not start (decision R11).
    pub formers: Vec<Former>,
}

impl Lasting {
    /// A cloud that has nothing yet but the channel to itself.
    pub fn bare(id: &Arc<str>, setting: Arc<Setting>, now: i64) -> Box<Self> {
        Box::new(Self {
            channels: Channels::of(id),
            family: Family::default(),
            eci: id.clone(),
            id: id.clone(),
            setting,
            created: now,
            now,
            unstarted: None,
            program: Arc::default(),
            kept: Vec::new(),
            jobs: Vec::new(),
        })
    }

    /// Its rulesets in install order.
    pub fn rulesets(&self) -> &[Installed] {
        self.unstarted.as_ref().map_or(&self.program.rulesets, |unstarted| &unstarted.rulesets)
    }

    /// The cloud and the ruleset whose variables are stored together, if they are.
    pub fn place(&self, rid: &Arc<str>) -> Option<Place> {
        let home = self.setting.home.as_ref()?.variables.clone();
        Some(Place { home, cloud: self.id.clone(), rid: rid.clone() })
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::Channel;

    /// What a host keeps of each of tens of thousands of clouds, in bytes: memory of the allocator comes in steps of a quarter.
    #[test]
    fn clouds_at_rest_are_small() {
        let sizes = [size_of::<Lasting>(), size_of::<Kept>(), size_of::<Channel>()];
        assert!(sizes.iter().zip([224, 48, 64]).all(|(size, most)| *size <= most), "{sizes:?}");
    }
}
