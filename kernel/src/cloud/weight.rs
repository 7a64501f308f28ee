//! Bytes that plain data takes, roughly.

use krl_vm::data::{Data, DataMap};

const OWN: usize = size_of::<Data>();

/// Of a value.
pub(crate) fn of(data: &Data) -> usize {
    match data {
        Data::String(text) => OWN + text.len(),
        Data::Array(items) => OWN + items.iter().map(of).sum::<usize>(),
        Data::Map(map) => OWN + of_map(map),
        _ => OWN,
    }
}

/// Of the entries of a map.
pub(crate) fn of_map(map: &DataMap) -> usize {
    map.iter().map(|(key, value)| 2 * OWN + key.len() + of(value)).sum()
}
