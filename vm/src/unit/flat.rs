//! Constants in files: in postfix order, an array or map behind its items. A forged file can therefore not make the reader recurse.

use super::{Constant, MAX_CONSTANT_DEPTH};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::sync::Arc;

#[derive(Serialize, Deserialize)]
enum Flat {
    Number(f64),
    String(Arc<str>),
    RegExp(Arc<str>, Arc<str>),
    Native(u16),
    Null,
    Bool(bool),
    /// Of so many constants before it.
    Array(u32),
    /// Of as many constants before it as it has keys.
    Map(Vec<Arc<str>>),
}

pub(super) fn serialize<S: Serializer>(constants: &[Constant], serializer: S) -> Result<S::Ok, S::Error> {
    let mut flat = Vec::with_capacity(constants.len());
    constants.iter().for_each(|constant| flatten(constant, &mut flat));
    flat.serialize(serializer)
}

fn flatten(constant: &Constant, out: &mut Vec<Flat>) {
    let flat = match constant {
        Constant::Number(n) => Flat::Number(*n),
        Constant::String(text) => Flat::String(Arc::clone(text)),
        Constant::RegExp { source, flags } => Flat::RegExp(Arc::clone(source), Arc::clone(flags)),
        Constant::Native(index) => Flat::Native(*index),
        Constant::Null => Flat::Null,
        Constant::Bool(b) => Flat::Bool(*b),
        Constant::Array(items) => {
            items.iter().for_each(|item| flatten(item, out));
            Flat::Array(items.len() as u32)
        }
        Constant::Map(entries) => {
            entries.iter().for_each(|(_, item)| flatten(item, out));
            Flat::Map(entries.iter().map(|(key, _)| Arc::clone(key)).collect())
        }
    };
    out.push(flat);
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Constant>, D::Error> {
    // Each constant with its depth.
    let mut made: Vec<(Constant, usize)> = Vec::new();
    for flat in Vec::<Flat>::deserialize(deserializer)? {
        let count = match &flat {
            Flat::Array(count) => *count as usize,
            Flat::Map(keys) => keys.len(),
            _ => 0,
        };
        let from = made.len().checked_sub(count).ok_or_else(|| D::Error::custom("missing items"))?;
        let items = made.split_off(from);
        let depth = items.iter().map(|(_, depth)| depth + 1).max().unwrap_or(0);
        if depth > MAX_CONSTANT_DEPTH {
            return Err(D::Error::custom("constants nest too deep"));
        }
        let items = items.into_iter().map(|(item, _)| item);
        let constant = match flat {
            Flat::Number(n) => Constant::Number(n),
            Flat::String(text) => Constant::String(text),
            Flat::RegExp(source, flags) => Constant::RegExp { source, flags },
            Flat::Native(index) => Constant::Native(index),
            Flat::Null => Constant::Null,
            Flat::Bool(b) => Constant::Bool(b),
            Flat::Array(_) => Constant::Array(items.collect()),
            Flat::Map(keys) => Constant::Map(keys.into_iter().zip(items).collect()),
        };
        made.push((constant, depth));
    }
    Ok(made.into_iter().map(|(constant, _)| constant).collect())
}
