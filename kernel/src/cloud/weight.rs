//! Bytes that plain data takes, roughly.

use krl_vm::data::{Data, DataMap};

const OWN: usize = size_of::<Data>();

/// Of a map of these entries: the lengths of keys, and the bytes of values.
pub(crate) fn of_entries(entries: impl IntoIterator<Item = (usize, usize)>) -> usize {
    OWN + entries.into_iter().map(|(key, value)| 2 * OWN + key + value).sum::<usize>()
}

/// Of an array of values that take so many bytes.
pub(crate) fn of_items(items: impl IntoIterator<Item = usize>) -> usize {
    OWN + items.into_iter().sum::<usize>()
}

/// Of a text.
pub(crate) fn of_text(text: &str) -> usize {
    OWN + text.len()
}

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
