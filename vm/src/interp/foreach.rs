//! Iterators of `foreach` (krl-runtime §2.5). Four registers hold one: the values, the keys, the number of elements already given, and how
//! many there are. The keys are `null` for an array (its elements are numbered), `true` for text (numbered in text), an array for a map.

use crate::fault::Fault;
use crate::heap::Heap;
use crate::value::{Tag, Value};

/// An iterator over `v`: array items, map values, characters of text, nothing for anything else.
pub(super) fn start(heap: &mut Heap, v: Value) -> Result<[Value; 4], Fault> {
    let (values, keys) = match v.tag() {
        Some(Tag::Array) => (v, Value::NULL),
        Some(Tag::String) => (characters(heap, v)?, Value::TRUE),
        Some(Tag::Map) => {
            let (keys, values): (Vec<Value>, Vec<Value>) =
                heap.map_entries(v).iter().map(|e| (e.key, e.value)).unzip();
            (heap.array_from(&values)?, heap.array_from(&keys)?)
        }
        _ => (heap.array_from(&[])?, Value::NULL),
    };
    let count = heap.array_len(values);
    Ok([values, keys, Value::number(0.0), Value::number(count as f64)])
}

fn characters(heap: &mut Heap, text: Value) -> Result<Value, Fault> {
    let text = heap.str(text).to_owned();
    let mut items = Vec::new();
    for c in text.chars() {
        items.push(heap.string(c.encode_utf8(&mut [0; 4]))?);
    }
    heap.array_from(&items)
}

/// The next value and its key, if there is one.
pub(super) fn next(heap: &mut Heap, iterator: &mut [Value]) -> Result<Option<(Value, Value)>, Fault> {
    let &mut [values, keys, ref mut given, count] = iterator else { return Ok(None) };
    let (Some(index), Some(count)) = (given.as_number(), count.as_number()) else { return Ok(None) };
    if index >= count {
        return Ok(None);
    }
    let Some(value) = heap.item(values, index as usize) else { return Ok(None) };
    let key = match keys {
        Value::TRUE => heap.key(*given)?,
        keys if keys.is_array() => heap.item(keys, index as usize).unwrap_or(Value::NULL),
        _ => *given,
    };
    *given = Value::number(index + 1.0);
    Ok(Some((value, key)))
}

/// Does the iterator stand on its last element?
pub(super) fn is_last(iterator: &[Value]) -> bool {
    matches!(iterator, [_, _, given, count] if given == count)
}
