//! Entity variables: plain data by ruleset and name, read and written by path without copying the rest
//! (`krl-runtime.md` §2.5, decision L1). Every write answers how to take it back.

use krl_vm::data::{Data, DataMap};
use krl_vm::fault::{Fault, Limit};
use krl_vm::number::array_index;
use std::sync::Arc;

/// Arrays are not padded by more than this when a path names an item far beyond their end.
const MAX_PADDING: usize = 100_000;

/// The entity variables of one ruleset.
pub type Variables = DataMap;

/// How to take a write back.
#[derive(Debug)]
pub enum Undo {
    /// The variable was this, or absent.
    Whole(Arc<str>, Option<Data>),
    /// What stood at the path was this, or absent.
    Part(Arc<str>, Vec<Arc<str>>, Former),
}

/// What stood where a part was written.
#[derive(Debug)]
pub enum Former {
    /// No entry, or no item: the map had none, the array was this long.
    Absent(usize),
    /// This value.
    Value(Data),
}

/// The value of a variable, or of the part of it at a path; `None` where there is nothing.
#[must_use]
pub fn get<'a>(variables: &'a Variables, name: &str, path: &[Arc<str>]) -> Option<&'a Data> {
    path.iter().try_fold(variables.get(name)?, |value, key| child(value, key))
}

/// Sets a variable; null removes it.
pub fn set(variables: &mut Variables, name: &str, value: Data) -> Undo {
    if value == Data::Null {
        return remove(variables, name);
    }
    if let Some((_, key, slot)) = variables.get_full_mut(name) {
        return Undo::Whole(key.clone(), Some(std::mem::replace(slot, value)));
    }
    let key: Arc<str> = name.into();
    variables.insert(key.clone(), value);
    Undo::Whole(key, None)
}

/// Removes a variable.
pub fn remove(variables: &mut Variables, name: &str) -> Undo {
    match variables.shift_remove_entry(name) {
        Some((key, former)) => Undo::Whole(key, Some(former)),
        None => Undo::Whole(name.into(), None),
    }
}

/// Sets the part of a variable at a path. What is missing or scalar on the way becomes an array before an index, else a map; a name
/// on an array is lost. An empty path sets nothing.
///
/// # Errors
/// [`Limit::Memory`] for an index far beyond the end of an array.
pub fn set_part(
    variables: &mut Variables,
    name: &str,
    path: &[Arc<str>],
    value: Data,
) -> Result<Option<Undo>, Fault> {
    if !matches!(variables.get(name), Some(Data::Map(_) | Data::Array(_))) {
        let mut root = Data::Map(DataMap::new());
        put(&mut root, path, value)?;
        return Ok(Some(set(variables, name, root)));
    }
    let Some(root) = variables.get_mut(name) else { return Ok(None) };
    let Some((depth, former)) = put(root, path, value)? else { return Ok(None) };
    Ok(Some(Undo::Part(name.into(), path.iter().take(depth).cloned().collect(), former)))
}

/// Removes the part of a variable at a path; an item of an array becomes null.
pub fn remove_part(variables: &mut Variables, name: &str, path: &[Arc<str>]) -> Option<Undo> {
    let (last, parents) = path.split_last()?;
    let parent = parents.iter().try_fold(variables.get_mut(name)?, |value, key| child_mut(value, key))?;
    let former = match parent {
        Data::Map(map) => map.shift_remove(last)?,
        _ => std::mem::take(child_mut(parent, last)?),
    };
    Some(Undo::Part(name.into(), path.to_vec(), Former::Value(former)))
}

/// Takes a write back. Writes are taken back in reverse order.
pub fn undo(variables: &mut Variables, undo: Undo) {
    match undo {
        Undo::Whole(name, Some(value)) => drop(variables.insert(name, value)),
        Undo::Whole(name, None) => drop(variables.shift_remove(&name)),
        Undo::Part(name, path, former) => {
            if let Some(root) = variables.get_mut(&name) {
                put_back(root, &path, former);
            }
        }
    }
}

fn put_back(root: &mut Data, path: &[Arc<str>], former: Former) {
    let Some((last, parents)) = path.split_last() else { return };
    let Some(parent) = parents.iter().try_fold(root, |value, key| child_mut(value, key)) else { return };
    match (parent, former) {
        (Data::Map(map), Former::Value(value)) => drop(map.insert(last.clone(), value)),
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

fn child<'a>(value: &'a Data, key: &str) -> Option<&'a Data> {
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
fn put(root: &mut Data, path: &[Arc<str>], value: Data) -> Result<Option<(usize, Former)>, Fault> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, path: &str, value: Option<&str>, after: &str) {
        let keys: Vec<Arc<str>> = path.split_whitespace().map(Into::into).collect();
        let mut variables = Variables::new();
        set(&mut variables, "v", Data::parse(before).unwrap());
        let original = variables.clone();
        let undone = match value {
            Some(value) => set_part(&mut variables, "v", &keys, Data::parse(value).unwrap()).unwrap(),
            None => remove_part(&mut variables, "v", &keys),
        };
        let result = get(&variables, "v", &[]).cloned().unwrap_or_default();
        assert_eq!(result.to_json(), after, "{before} at {path}");
        undone.into_iter().for_each(|u| undo(&mut variables, u));
        assert_eq!(variables, original, "taken back: {before} at {path}");
    }

    #[test]
    fn parts_are_set_removed_and_taken_back() {
        check(r#"{"a":{"b":1}}"#, "a b", Some("2"), r#"{"a":{"b":2}}"#);
        check(r#"{"a":1}"#, "a b", Some("2"), r#"{"a":{"b":2}}"#);
        check(r#"{"a":1}"#, "b 1 c", Some("2"), r#"{"a":1,"b":[null,{"c":2}]}"#);
        check(r#"{"a":[1]}"#, "a 3", Some("2"), r#"{"a":[1,null,null,2]}"#);
        check(r#"{"a":[1]}"#, "a k", Some("2"), r#"{"a":[1]}"#);
        check("null", "5", Some("2"), r#"{"5":2}"#);
        check(r#""text""#, "a", Some("2"), r#"{"a":2}"#);
        check("[1,2]", "0", Some("2"), "[2,2]");
        check(r#"{"a":1}"#, "", Some("2"), r#"{"a":1}"#);
        check(r#"{"a":1}"#, "a", Some("null"), r#"{"a":null}"#);
        check(r#"{"a":{"b":1}}"#, "a b", None, r#"{"a":{}}"#);
        check(r#"{"a":[1,2]}"#, "a 0", None, r#"{"a":[null,2]}"#);
        check(r#"{"a":1}"#, "a b c", None, r#"{"a":1}"#);
        check(r#"{"a":1}"#, "", None, r#"{"a":1}"#);
    }

    #[test]
    fn a_far_index_is_refused() {
        let mut variables = Variables::new();
        let path = ["a".into(), "4000000000".into()];
        assert!(set_part(&mut variables, "v", &path, Data::Null).is_err());
        assert!(variables.is_empty());
    }
}
