//! How a reaction's changes are taken back (decision R2): a log of what stood there before, and marks in it.

use super::core::{Core, Slot};
use super::family::Child;
use super::install::ProgramUndo;
use crate::channel::Channel;
use crate::entities;
use crate::machine::MatchState;
use crate::schedule::Job;
use std::sync::Arc;

/// How to take a change back.
#[derive(Debug)]
pub(super) enum Undo {
    Variable(Slot, entities::Undo),
    Match(Slot, u32, Option<Box<MatchState>>),
    JobAdded(Arc<str>),
    JobRemoved(usize, Box<Job>),
    Program(Box<ProgramUndo>),
    Channel(Arc<str>, Option<Box<Channel>>),
    /// The last of the children came.
    ChildAdded,
    /// A child went from this position.
    ChildRemoved(usize, Box<Child>),
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
    uninstalled: usize,
    newborn: usize,
    deleted: usize,
    calls: usize,
}

impl Core {
    /// Marks the beginning of a reaction.
    pub fn savepoint(&self) -> Savepoint {
        Savepoint {
            undo: self.transaction.undo.len(),
            directives: self.transaction.directives.len(),
            queue: self.transaction.queue.len(),
            outbox: self.outbox.len(),
            raised: self.transaction.raised,
            copied: self.transaction.copied,
            uninstalled: self.transaction.uninstalled.len(),
            newborn: self.transaction.newborn.len(),
            deleted: self.transaction.deleted.len(),
            calls: self.transaction.calls.len(),
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
        self.transaction.uninstalled.truncate(to.uninstalled);
        self.transaction.newborn.truncate(to.newborn);
        self.transaction.deleted.truncate(to.deleted);
        self.transaction.calls.truncate(to.calls);
    }

    fn take_back(&mut self, undo: Undo) {
        match undo {
            Undo::Variable(slot, undo) => {
                if let Some(kept) = self.lasting.kept.get_mut(slot) {
                    kept.variables.undo(undo);
                }
            }
            Undo::Match(slot, rule, state) => drop(self.set_match(slot, rule, state)),
            Undo::JobAdded(id) => self.lasting.jobs.retain(|job| job.id != id),
            Undo::JobRemoved(at, job) => self.lasting.jobs.insert(at.min(self.lasting.jobs.len()), *job),
            Undo::Program(undo) => self.take_back_program(*undo),
            Undo::Channel(id, former) => {
                drop(self.lasting.channels.replace(&id, former.map(|channel| *channel)))
            }
            Undo::ChildAdded => drop(self.lasting.family.children.pop()),
            Undo::ChildRemoved(at, child) => {
                self.lasting.family.children.insert(at.min(self.lasting.family.children.len()), *child);
            }
        }
    }

    /// Replaces the match in progress of a rule; answers the former one.
    pub fn set_match(
        &mut self,
        slot: Slot,
        rule: u32,
        state: Option<Box<MatchState>>,
    ) -> Option<Box<MatchState>> {
        let kept = self.lasting.kept.get_mut(slot)?;
        if kept.matches().len() <= rule as usize {
            state.as_ref()?;
            kept.rare().matches.resize(rule as usize + 1, None);
        }
        let matches = &mut kept.rare().matches;
        std::mem::replace(matches.get_mut(rule as usize)?, state)
    }
}
