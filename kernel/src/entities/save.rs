//! Writes what changed in variables: only touched ones are looked at, in large ones only the touched entries, and of a large value that
//! was replaced as a whole only the entries that differ from what is stored.

use super::compare::same_in_order;
use super::stored::{Entry, Parts};
use super::{Home, Place, Variable, Variables, path};
use crate::records::binary::put_data;
use crate::records::variable::{
    Container, Form, RANK, part_record, parts_key, variable_key, variable_record,
};
use crate::store::{Batch, Space};
use krl_vm::data::Data;

/// Levels of containers whose entries have records of their own. What lies deeper is stored with what contains it.
const MAX_DEPTH: usize = 12;
/// The rank of an only entry.
const MIDDLE: u64 = 1 << 63;
/// The distance of ranks: room for entries that come between.
const STRIDE: u64 = 1 << 24;

impl Variables {
    /// Adds what changed since the last time to a batch. If the batch is not committed, what is in memory no longer fits what is stored, and must
    /// be loaded anew.
    pub fn save(&mut self, place: &Place, batch: &mut Batch) {
        for (name, entry) in self.removed.take().map(|removed| removed.0).into_iter().flatten() {
            Writer::new(place, &name, batch).remove(&entry);
        }
        for (name, variable) in self.variables.iter_mut() {
            let Variable::Here(here) = variable else { continue };
            if here.stored.touched {
                Writer::new(place, name, batch).settle(&mut here.stored, None, &here.value);
                here.stored.rank = 1;
            }
        }
    }
}

/// Writes the records of one variable.
struct Writer<'a> {
    home: &'a Home,
    batch: &'a mut Batch,
    variable: Vec<u8>,
    /// The key of the parts of the variable; while an entry is looked at, its own.
    key: Vec<u8>,
    depth: usize,
    encoded: Vec<u8>,
}

impl<'a> Writer<'a> {
    fn new(place: &'a Place, name: &str, batch: &'a mut Batch) -> Self {
        let Place { home, cloud, rid } = place;
        let variable = variable_key(cloud, rid, name);
        let key = parts_key(cloud, rid, name);
        Self { home, batch, variable, key, depth: 0, encoded: Vec::new() }
    }

    /// Goes to an entry of the container it is at, and back.
    fn within<T>(&mut self, rank: u64, act: impl FnOnce(&mut Self) -> T) -> T {
        self.key.extend_from_slice(&rank.to_be_bytes());
        self.depth += 1;
        let result = act(self);
        self.depth -= 1;
        self.key.truncate(self.key.len() - RANK);
        result
    }

    fn put(&mut self, label: Option<&str>, form: Form<'_>) {
        if self.depth == 0 {
            self.batch.put(Space::Clouds, self.variable.clone(), variable_record(form));
        } else {
            self.batch.put(Space::Clouds, self.key.clone(), part_record(label, form));
        }
    }

    /// Removes the record of the value it is at, and those of its parts.
    fn remove(&mut self, entry: &Entry) {
        if entry.rank != 0 {
            let key = if self.depth == 0 { &self.variable } else { &self.key };
            self.batch.remove(Space::Clouds, key.clone());
        }
        if let Some(parts) = &entry.parts {
            self.remove_parts(parts);
        }
    }

    fn remove_parts(&mut self, parts: &Parts) {
        for entry in parts.entries.iter().chain(&parts.removed) {
            self.within(entry.rank, |writer| writer.remove(entry));
        }
    }

    /// Makes the stored form of the value it is at what it must be.
    fn settle(&mut self, entry: &mut Entry, label: Option<&str>, value: &Data) {
        entry.touched = false;
        if let Some(mut parts) = entry.parts.take() {
            if Container::of(value) == Some(parts.container) {
                self.update(&mut parts, value);
                if parts.size >= self.home.sizes.join {
                    entry.size = parts.size;
                    entry.parts = Some(parts);
                    return;
                }
            }
            self.remove_parts(&parts);
            entry.hash = 0;
        }
        let (hash, size) = self.encode(value);
        match Container::of(value) {
            Some(container) if size > self.home.sizes.split && self.depth < MAX_DEPTH => {
                self.put(label, Form::Split(container));
                let mut parts = Box::new(Parts::unsaved(container, path::len(value)));
                self.update(&mut parts, value);
                entry.size = parts.size;
                entry.parts = Some(parts);
            }
            _ => {
                if hash != entry.hash {
                    let encoded = std::mem::take(&mut self.encoded);
                    self.put(label, Form::Whole(&encoded));
                    self.encoded = encoded;
                }
                entry.size = size + label.map_or(0, str::len);
            }
        }
        entry.hash = hash;
    }

    /// Makes the records of a container's entries what they must be.
    fn update(&mut self, parts: &mut Parts, value: &Data) {
        if parts.replaced {
            self.compare(parts, value);
        }
        for entry in std::mem::take(&mut parts.removed) {
            self.within(entry.rank, |writer| writer.remove(&entry));
        }
        let mut touched = parts.take_touched();
        let first = touched.iter().min().map_or(parts.entries.len(), |first| first.saturating_sub(1));
        if !give_ranks(parts.entries.get_mut(first..).unwrap_or_default()) {
            self.remove_parts(parts);
            *parts = Parts::unsaved(parts.container, path::len(value));
            give_ranks(&mut parts.entries);
            touched = parts.take_touched();
        }
        for index in touched {
            let (Some(entry), Some((label, value))) =
                (parts.entries.get_mut(index), path::entry(value, index))
            else {
                continue;
            };
            parts.size -= entry.size;
            if let Some(label) = label {
                entry.label = self.home.hash(label.as_bytes());
            }
            self.within(entry.rank, |writer| writer.settle(entry, label, value));
            parts.size += entry.size;
        }
    }

    /// Finds out which entries of a container that was replaced are stored, and in which records.
    fn compare(&mut self, parts: &mut Parts, value: &Data) {
        let entries = (0..path::len(value)).filter_map(|index| path::entry(value, index));
        let new: Vec<(u64, u64)> = entries
            .map(|(label, value)| {
                let label = label.map_or(0, |label| self.home.hash(label.as_bytes()));
                (label, self.encode(value).0)
            })
            .collect();
        let by_label = parts.container == Container::Map;
        let known_by = |label, hash| if by_label { label } else { hash };
        let old_ids: Vec<u64> = parts.entries.iter().map(|e| known_by(e.label, e.hash)).collect();
        let new_ids: Vec<u64> = new.iter().map(|&(label, hash)| known_by(label, hash)).collect();
        let mut old: Vec<Option<Entry>> = std::mem::take(&mut parts.entries).into_iter().map(Some).collect();
        let origins = same_in_order(&old_ids, &new_ids, |index| {
            // A key is part of its entry's record, so that another key can take that over, but not the parts.
            !by_label || old.get(index).is_some_and(|entry| entry.as_ref().is_some_and(|e| e.parts.is_none()))
        });
        let taken = origins.iter().map(|origin| old.get_mut((*origin)?).and_then(Option::take));
        parts.entries = taken.zip(&new).map(|(entry, &(label, hash))| became(entry, label, hash)).collect();
        parts.removed.extend(old.into_iter().flatten().filter(|entry| entry.rank != 0));
        parts.size = parts.entries.iter().map(|entry| entry.size).sum();
        parts.replaced = false;
        parts.mark_all();
    }

    /// The hash and the length of an encoded value, which is left in `encoded`.
    fn encode(&mut self, value: &Data) -> (u64, usize) {
        self.encoded.clear();
        put_data(&mut self.encoded, value);
        (self.home.hash(&self.encoded), self.encoded.len())
    }
}

/// An entry of a container that was replaced, made of a stored one if there is one for it.
fn became(stored: Option<Entry>, label: u64, hash: u64) -> Entry {
    let Some(mut entry) = stored else { return Entry { touched: true, ..Entry::default() } };
    entry.touched = entry.hash != hash || entry.label != label;
    if !entry.touched {
        return entry;
    }
    if entry.label != label {
        entry.hash = 0;
    }
    entry.replace();
    if entry.parts.is_some() {
        entry.hash = hash;
    }
    entry
}

/// Gives ranks to the entries that have none; answers whether there was room between those of their neighbours. The first entry has one,
/// unless it is the first of its container.
fn give_ranks(entries: &mut [Entry]) -> bool {
    let mut low = None;
    let mut rest = entries;
    loop {
        let Some(start) = rest.iter().position(|entry| entry.rank == 0) else { return true };
        low = start.checked_sub(1).and_then(|last| rest.get(last)).map(|entry| entry.rank).or(low);
        let (_, unranked) = rest.split_at_mut(start);
        let count = unranked.iter().position(|entry| entry.rank != 0).unwrap_or(unranked.len());
        let (unranked, ranked) = unranked.split_at_mut(count);
        let Some((mut rank, stride)) = room(low, ranked.first().map(|entry| entry.rank), count as u64) else {
            return false;
        };
        for entry in unranked {
            rank += stride;
            entry.rank = rank;
        }
        low = Some(rank);
        rest = ranked;
    }
}

/// Where to start, and which steps to take, for so many ranks between two.
fn room(low: Option<u64>, high: Option<u64>, count: u64) -> Option<(u64, u64)> {
    let length = STRIDE.checked_mul(count.checked_add(1)?)?;
    match (low, high) {
        (None, None) => MIDDLE.checked_add(length).map(|_| (MIDDLE, STRIDE)),
        (Some(low), None) => low.checked_add(length).map(|_| (low, STRIDE)),
        (None, Some(high)) => high.checked_sub(length).map(|low| (low, STRIDE)),
        (Some(low), Some(high)) => {
            let stride = high.checked_sub(low)? / (count + 1);
            if stride == 0 { None } else { Some((low, stride)) }
        }
    }
}
