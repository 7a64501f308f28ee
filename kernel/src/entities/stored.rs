//! What memory knows of the stored form of variables: beside each container that is stored in parts, an entry for each of its own, in the
//! same order. Writes by path keep the two in step and mark what they touch; a value that is replaced as a whole is compared when it is saved.

use super::path;
use crate::records::variable::Container;
use krl_vm::data::Data;
use std::sync::Arc;

/// So many touched entries are remembered one by one; with more, all are looked at.
const MAX_TOUCHED: usize = 32;

/// The stored form of a variable, or of an entry of one.
#[derive(Debug, Default)]
pub(super) struct Entry {
    /// Its place among its siblings; 0 while it has no record.
    pub rank: u64,
    /// The hash of its key, in a map.
    pub label: u64,
    /// The hash of its value, encoded: for a single record as it is stored, for parts 0 while something in them differs or may differ.
    pub hash: u64,
    /// Bytes of its key and its value, encoded.
    pub size: usize,
    /// Its value may differ from what is stored.
    pub touched: bool,
    /// Its entries, if they have records of their own.
    pub parts: Option<Box<Parts>>,
}

/// The stored form of a container's entries.
#[derive(Debug)]
pub(super) struct Parts {
    pub container: Container,
    /// In the order of the container's entries, while they are in step.
    pub entries: Vec<Entry>,
    /// Records that must go.
    pub removed: Vec<Entry>,
    /// The sum of the sizes.
    pub size: usize,
    /// The container was replaced: which entry is which is found out when it is saved.
    pub replaced: bool,
    touched: Touched,
}

/// Which entries are touched.
#[derive(Debug)]
pub(super) enum Touched {
    /// Those at these positions.
    At(Vec<usize>),
    /// Those that say so.
    Marked,
}

impl Entry {
    /// Its value became another.
    pub fn replace(&mut self) {
        self.touched = true;
        if let Some(parts) = &mut self.parts {
            parts.replaced = true;
            self.hash = 0;
        }
    }

    /// Something at this path within it changed, or will. Answers the entries of the container there if they are stored and in step.
    pub fn touch(&mut self, root: &Data, path: &[Arc<str>]) -> Option<&mut Parts> {
        let (mut entry, mut value) = (self, root);
        for key in path {
            let parts = entry.enter()?;
            let index = path::position(value, key)?;
            parts.mark(index);
            value = path::child(value, key)?;
            entry = parts.entries.get_mut(index)?;
        }
        entry.enter()
    }

    fn enter(&mut self) -> Option<&mut Parts> {
        self.touched = true;
        let parts = self.parts.as_deref_mut()?;
        self.hash = 0;
        if parts.replaced { None } else { Some(parts) }
    }
}

impl Parts {
    /// Entries without records for a container of this length.
    pub fn unsaved(container: Container, len: usize) -> Self {
        let entries = (0..len).map(|_| Entry { touched: true, ..Entry::default() }).collect();
        Self { touched: Touched::Marked, ..Self::saved(container, entries, 0) }
    }

    /// Entries that are as stored.
    pub fn saved(container: Container, entries: Vec<Entry>, size: usize) -> Self {
        let touched = Touched::At(Vec::new());
        Self { container, entries, removed: Vec::new(), size, replaced: false, touched }
    }

    /// All entries are to be looked at.
    pub fn mark_all(&mut self) {
        self.touched = Touched::Marked;
    }

    /// The positions of the touched entries, which count as untouched from now on.
    pub fn take_touched(&mut self) -> Vec<usize> {
        match std::mem::replace(&mut self.touched, Touched::At(Vec::new())) {
            Touched::At(positions) => positions,
            Touched::Marked => {
                let touched = self.entries.iter().enumerate().filter(|(_, entry)| entry.touched);
                touched.map(|(index, _)| index).collect()
            }
        }
    }

    /// The entry at a position may differ.
    pub fn mark(&mut self, index: usize) {
        let Some(entry) = self.entries.get_mut(index).filter(|entry| !entry.touched) else { return };
        entry.touched = true;
        if let Touched::At(positions) = &mut self.touched {
            if positions.len() < MAX_TOUCHED {
                positions.push(index);
            } else {
                self.touched = Touched::Marked;
            }
        }
    }

    /// The value at a position became another.
    pub fn replace(&mut self, index: usize) {
        self.mark(index);
        if let Some(entry) = self.entries.get_mut(index) {
            entry.replace();
        }
    }

    /// An entry came to a position.
    pub fn insert(&mut self, index: usize) {
        self.entries.insert(index.min(self.entries.len()), Entry::default());
        if let Touched::At(positions) = &mut self.touched {
            positions.iter_mut().filter(|at| **at >= index).for_each(|at| *at += 1);
        }
        self.mark(index);
    }

    /// The entry at a position went.
    pub fn remove(&mut self, index: usize) {
        if index >= self.entries.len() {
            return;
        }
        let entry = self.entries.remove(index);
        self.size -= entry.size;
        if entry.rank != 0 {
            self.removed.push(entry);
        }
        if let Touched::At(positions) = &mut self.touched {
            positions.retain(|at| *at != index);
            positions.iter_mut().filter(|at| **at > index).for_each(|at| *at -= 1);
        }
    }

    /// The container has this length now: entries came to its end, or went from there.
    pub fn resize(&mut self, len: usize) {
        while self.entries.len() < len {
            self.insert(self.entries.len());
        }
        while self.entries.len() > len {
            self.remove(self.entries.len() - 1);
        }
    }
}
