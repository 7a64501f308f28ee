//! Parts of plain data: what stands at a path, and how to change it without copying the rest (`krl-runtime.md` §2.5, decision L1).

use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::MAX_NESTING;
use krl_vm::number::array_index;
use std::sync::Arc;

/// Arrays are not padded by more than this when a path names an item far beyond their end.
const MAX_PADDING: usize = 100_000;

/// What stood where a part was written.
#[derive(Debug)]
pub enum Former {
    /// No entry, or no item: the container was this long.
    Absent(usize),
    /// This value.
    Value(Data),
    /// This value, in an entry that was removed from this position of its map.
    Entry(usize, Data),
}

/// What stands at a path.
pub(super) fn get<'a>(root: &'a Data, path: &[Arc<str>]) -> Option<&'a Data> {
    path.iter().try_fold(root, |value, key| child(value, key))
}

/// Refuses what would nest deeper than the machine can read.
pub(super) fn check_nesting(path: &[Arc<str>], value: &Data) -> Result<(), Fault> {
    if path.len() + nesting(value) > MAX_NESTING as usize { Err(Fault::limit(Limit::Memory)) } else { Ok(()) }
}

fn nesting(value: &Data) -> usize {
    match value {
        Data::Array(items) => 1 + items.iter().map(nesting).max().unwrap_or_default(),
        Data::Map(entries) => 1 + entries.values().map(nesting).max().unwrap_or_default(),
        _ => 0,
    }
}

/// Removes what stands at a path; an item of an array becomes null.
pub(super) fn remove(root: &mut Data, path: &[Arc<str>]) -> Option<Former> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(root, |value, key| child_mut(value, key))?;
    match parent {
        Data::Map(map) => {
            let (index, _, former) = map.shift_remove_full(last)?;
            Some(Former::Entry(index, former))
        }
        _ => Some(Former::Value(std::mem::take(child_mut(parent, last)?))),
    }
}

/// Puts back what stood at a path.
pub(super) fn put_back(root: &mut Data, path: &[Arc<str>], former: Former) {
    let Some((last, parents)) = path.split_last() else { return };
    let Some(parent) = parents.iter().try_fold(root, |value, key| child_mut(value, key)) else { return };
    match (parent, former) {
        (Data::Map(map), Former::Entry(index, value)) => {
            map.shift_insert(index.min(map.len()), last.clone(), value);
        }
        (Data::Map(map), Former::Absent(_)) => drop(map.shift_remove(last)),
        (Data::Array(items), Former::Absent(len)) => items.truncate(len),
        (parent, Former::Value(value)) => {
            if let Some(slot) = child_mut(parent, last) {
                *slot = value;
            }
        }
        _ => {}
    }
}

/// The position of an entry.
pub(super) fn position(value: &Data, key: &str) -> Option<usize> {
    match value {
        Data::Map(map) => map.get_index_of(key),
        Data::Array(items) => {
            array_index(key).map(|index| index as usize).filter(|&index| index < items.len())
        }
        _ => None,
    }
}

/// The entry at a position, with its key in a map.
pub(super) fn entry(value: &Data, index: usize) -> Option<(Option<&str>, &Data)> {
    match value {
        Data::Map(map) => map.get_index(index).map(|(key, value)| (Some(&**key), value)),
        Data::Array(items) => items.get(index).map(|item| (None, item)),
        _ => None,
    }
}

/// How many entries there are.
pub(super) fn len(value: &Data) -> usize {
    match value {
        Data::Map(map) => map.len(),
        Data::Array(items) => items.len(),
        _ => 0,
    }
}

pub(super) fn child<'a>(value: &'a Data, key: &str) -> Option<&'a Data> {
    match value {
        Data::Map(map) => map.get(key),
        Data::Array(items) => items.get(array_index(key)? as usize),
        _ => None,
    }
}

fn child_mut<'a>(value: &'a mut Data, key: &str) -> Option<&'a mut Data> {
    match value {
        Data::Map(map) => map.get_mut(key),
        Data::Array(items) => items.get_mut(array_index(key)? as usize),
        _ => None,
    }
}

/// Walks down to the first key that has nothing or a scalar, and puts the rest there. Answers how many keys lead to the change, and
/// what stood there; `None` if nothing changed.
pub(super) fn put(root: &mut Data, path: &[Arc<str>], value: Data) -> Result<Option<(usize, Former)>, Fault> {
    let mut at = root;
    let mut depth = 0;
    while let Some(key) = path.get(depth) {
        depth += 1;
        let rest = path.get(depth..).unwrap_or_default();
        let goes_on = matches!(child(at, key), Some(Data::Map(_) | Data::Array(_))) && !rest.is_empty();
        if !goes_on {
            let former = replace(at, key, fresh(rest, value)?)?;
            return Ok(former.map(|former| (depth, former)));
        }
        let Some(next) = child_mut(at, key) else { return Ok(None) };
        at = next;
    }
    Ok(None)
}

fn replace(parent: &mut Data, key: &Arc<str>, value: Data) -> Result<Option<Former>, Fault> {
    match parent {
        Data::Map(map) => Ok(Some(match map.get_mut(key) {
            Some(slot) => Former::Value(std::mem::replace(slot, value)),
            None => {
                let len = map.len();
                map.insert(key.clone(), value);
                Former::Absent(len)
            }
        })),
        Data::Array(items) => {
            let Some(index) = array_index(key).map(|index| index as usize) else { return Ok(None) };
            if let Some(slot) = items.get_mut(index) {
                return Ok(Some(Former::Value(std::mem::replace(slot, value))));
            }
            let len = items.len();
            if index - len > MAX_PADDING {
                return Err(Fault::limit(Limit::Memory));
            }
            items.resize(index, Data::Null);
            items.push(value);
            Ok(Some(Former::Absent(len)))
        }
        _ => Ok(None),
    }
}

/// `value` under the keys of a path that leads through nothing.
fn fresh(path: &[Arc<str>], value: Data) -> Result<Data, Fault> {
    path.iter().rev().try_fold(value, |value, key| match array_index(key) {
        Some(index) if index as usize > MAX_PADDING => Err(Fault::limit(Limit::Memory)),
        Some(index) => {
            let mut items = vec![Data::Null; index as usize];
            items.push(value);
            Ok(Data::Array(items))
        }
        None => Ok(Data::Map(DataMap::from_iter([(key.clone(), value)]))),
    })
}
