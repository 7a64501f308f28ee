//! Reads a variable that is stored in parts.

use super::stored::{Entry, Parts};
use super::{Home, Place};
use crate::records::Damage;
use crate::records::binary::put_data;
use crate::records::variable::{Container, Form, RANK, parts_key, read_part, read_whole};
use crate::store::{Space, StoreError, scan_prefix};
use krl_vm::data::{Data, DataMap};
use std::ops::ControlFlow;
use std::sync::Arc;

/// A container whose entries are being read.
struct Open {
    value: Data,
    parts: Parts,
    label: Option<Arc<str>>,
    rank: u64,
}

impl Open {
    fn new(container: Container, label: Option<Arc<str>>, rank: u64) -> Self {
        let value = match container {
            Container::Array => Data::Array(Vec::new()),
            Container::Map => Data::Map(DataMap::new()),
        };
        Self { value, parts: Parts::saved(container, Vec::new(), 0), label, rank }
    }

    fn push(&mut self, label: Option<Arc<str>>, value: Data, entry: Entry) -> Result<(), Damage> {
        match (&mut self.value, label) {
            (Data::Array(items), None) => items.push(value),
            (Data::Map(entries), Some(label)) => {
                if entries.insert(label, value).is_some() {
                    return Err(Damage::Twice);
                }
            }
            _ => return Err(Damage::Stray),
        }
        self.parts.size += entry.size;
        self.parts.entries.push(entry);
        Ok(())
    }
}

/// A variable, and how it is stored.
pub(super) fn read(place: &Place, name: &str, container: Container) -> Result<(Data, Entry), StoreError> {
    let Place { home, cloud, rid } = place;
    let prefix = parts_key(cloud, rid, name);
    let mut reading = Reading { home, open: vec![Open::new(container, None, 1)] };
    let mut damage = Ok(());
    scan_prefix(&*home.read, Space::Clouds, &prefix, &mut |key, record| {
        let ranks = key.get(prefix.len()..).unwrap_or_default();
        match reading.part(ranks, record) {
            Ok(()) => ControlFlow::Continue(()),
            Err(found) => {
                damage = Err(found.at(key));
                ControlFlow::Break(())
            }
        }
    })?;
    damage?;
    let root = reading.close(1).map_err(|damage| damage.at(&prefix))?;
    let entry =
        Entry { rank: 1, size: root.parts.size, parts: Some(Box::new(root.parts)), ..Entry::default() };
    Ok((root.value, entry))
}

/// A variable that is being read: the containers on the way to the next part.
struct Reading<'a> {
    home: &'a Home,
    open: Vec<Open>,
}

impl Reading<'_> {
    fn part(&mut self, ranks: &[u8], record: &[u8]) -> Result<(), Damage> {
        let (depth, last) = (ranks.len() / RANK, ranks.last_chunk::<RANK>());
        let rank = last.filter(|_| ranks.len().is_multiple_of(RANK)).map(|rank| u64::from_be_bytes(*rank));
        let rank = rank.filter(|&rank| rank != 0).ok_or(Damage::Stray)?;
        let parent = self.close(depth)?;
        let (label, form) = read_part(record)?;
        let label: Option<Arc<str>> = label.map(Into::into);
        match form {
            Form::Split(container) => {
                self.open.push(parent);
                self.open.push(Open::new(container, label, rank));
            }
            Form::Whole(bytes) => {
                let size = bytes.len() + label.as_ref().map_or(0, |label| label.len());
                let hash = self.home.hash(bytes);
                let entry = Entry { rank, label: self.label(&label), hash, size, ..Entry::default() };
                let mut parent = parent;
                parent.push(label, read_whole(bytes)?, entry)?;
                self.open.push(parent);
            }
        }
        Ok(())
    }

    fn label(&self, label: &Option<Arc<str>>) -> u64 {
        label.as_ref().map_or(0, |label| self.home.hash(label.as_bytes()))
    }

    /// Closes containers until so many are open, and takes the innermost of them.
    fn close(&mut self, depth: usize) -> Result<Open, Damage> {
        while self.open.len() > depth.max(1) {
            let (Some(done), Some(mut parent)) = (self.open.pop(), self.open.pop()) else { break };
            let Open { value, parts, label, rank } = done;
            let mut entry = Entry { rank, label: self.label(&label), size: parts.size, ..Entry::default() };
            if parent.parts.container == Container::Array {
                let mut bytes = Vec::new();
                put_data(&mut bytes, &value);
                entry.hash = self.home.hash(&bytes);
            }
            entry.parts = Some(Box::new(parts));
            parent.push(label, value, entry)?;
            self.open.push(parent);
        }
        if self.open.len() == depth { self.open.pop().ok_or(Damage::Stray) } else { Err(Damage::Stray) }
    }
}
