//! Maps and arrays by path (krl-language §4.6, §6.4). A path is one key or an array of keys; keys are plain data (decision L4).

use crate::declare::signatures;
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::{Heap, MAX_NESTING};
use krl_vm::native::arg;
use krl_vm::number::array_index;
use krl_vm::value::Value;

signatures! {
    /// The keys of a map or the positions of an array, as texts; with a path those of the value there.
    fn keys(val: ANY(COLLECTION); path: ANY(STRING|NUMBER|ARRAY|NULL)) -> ARRAY = Pure(keys) {
        r#"{"a":1,"b":2}.keys()"# => r#"["a","b"]"#
    }
    /// The values of a map or the elements of an array; with a path those of the value there.
    fn values(val: ANY(COLLECTION); path: ANY(STRING|NUMBER|ARRAY|NULL)) -> ARRAY = Pure(values) {
        r#"{"a":1,"b":2}.values()"# => "[1,2]"
    }
    /// The value at a path; `null` if there is none.
    fn get(obj: ANY(COLLECTION), path: ANY(STRING|NUMBER|ARRAY)) -> ANY = Pure(get) {
        r#"{"a":{"b":[5,6]}}.get(["a","b",1])"# => "6"
    }
    /// A copy with the value at a path replaced; missing parts become maps, or arrays where the next key is a number.
    fn set(obj: ANY(COLLECTION), path: ANY(STRING|NUMBER|ARRAY), val: ANY) -> COLLECTION = Pure(set) {
        r#"{"a":1}.set(["b",0], 2)"# => r#"{"a":1,"b":[2]}"#
    }
    /// A copy with the value at a path replaced; missing parts become maps.
    /// With two arguments the second is merged into the receiver: of two maps the entries, of two arrays the positions; else it is the result.
    fn put(val: ANY(COLLECTION); path: ANY, toSet: ANY) -> ANY = Pure(put) {
        r#"{"a":1}.put(["b","c"], 2)"# => r#"{"a":1,"b":{"c":2}}"#,
        r#"{"a":1}.put({"b":2})"# => r#"{"a":1,"b":2}"#
    }
    /// A copy without what is at a path; in an array `null` takes its place.
    fn delete(val: ANY(COLLECTION); path: ANY(STRING|NUMBER|ARRAY)) -> SameAs(0) = Pure(delete) {
        r#"{"a":1,"b":{"c":2,"d":3}}.delete(["b","c"])"# => r#"{"a":1,"b":{"d":3}}"#
    }
}

/// The keys of a path, as texts.
fn path_keys(heap: &mut Heap, path: Value) -> Result<Vec<Value>, Fault> {
    if !path.is_array() {
        return Ok(vec![heap.key(path)?]);
    }
    if heap.array_len(path) > MAX_NESTING as usize {
        return Err(Fault::limit(Limit::Depth));
    }
    let parts = heap.array(path).to_vec();
    parts.into_iter().map(|part| heap.key(part)).collect()
}

/// The member of a collection; `None` where there is none.
fn member(heap: &Heap, collection: Value, key: Value) -> Option<Value> {
    if collection.is_array() {
        return heap.array(collection).get(array_index(heap.str(key))? as usize).copied();
    }
    heap.map_get_key(collection, key)
}

/// `collection` with a member replaced. Arrays grow as far as needed and ignore keys that are no position.
fn with_member(heap: &mut Heap, collection: Value, key: Value, value: Value) -> Result<Value, Fault> {
    if !collection.is_array() {
        return heap.map_put(collection, key, value);
    }
    let Some(at) = array_index(heap.str(key)) else { return Ok(collection) };
    let (at, length) = (at as usize, heap.array_len(collection));
    if at == length {
        return heap.array_push(collection, value);
    }
    heap.check_room(at.max(length) * 8)?;
    let mut items = heap.array(collection).to_vec();
    if at > length {
        items.resize(at + 1, Value::NULL);
    }
    if let Some(slot) = items.get_mut(at) {
        *slot = value;
    }
    heap.array_from(&items)
}

fn get(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    Ok(heap.get_path(arg(args, 0), arg(args, 1)))
}

/// The receiver of `keys` and `values`: the whole, or what is at the path. A falsy path counts as none.
fn addressed(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    if heap.is_truthy(arg(args, 1)) { get(heap, args) } else { Ok(arg(args, 0)) }
}

fn keys(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let of = addressed(heap, args)?;
    let mut keys: Vec<Value> = heap.map_entries(of).iter().map(|e| e.key).collect();
    for at in 0..heap.array_len(of) {
        keys.push(heap.key(Value::number(at as f64))?);
    }
    heap.array_from(&keys)
}

fn values(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let of = addressed(heap, args)?;
    if of.is_array() {
        return Ok(of);
    }
    let values: Vec<Value> = heap.map_entries(of).iter().map(|e| e.value).collect();
    heap.array_from(&values)
}

/// Which collections a write makes of what is missing or cannot hold the next key.
#[derive(Clone, Copy, PartialEq)]
enum Missing {
    /// Arrays for keys that are positions, maps for others (`set`).
    ByKey,
    /// Maps; and an array with a key other than a position in it or right behind it becomes a map (`put`).
    Map,
}

impl Missing {
    /// `value` as the collection that `key` is written into.
    fn collection(self, heap: &mut Heap, value: Option<Value>, key: Value) -> Result<Value, Fault> {
        let index = array_index(heap.str(key));
        match value {
            Some(value) if value.is_map() => Ok(value),
            Some(value) if value.is_array() => {
                let fits = index.is_some_and(|at| at as usize <= heap.array_len(value));
                if self == Self::ByKey || fits { Ok(value) } else { array_as_map(heap, value) }
            }
            _ if self == Self::ByKey && index.is_some() => heap.array_from(&[]),
            _ => heap.map_new(),
        }
    }
}

/// A map of the elements under their positions.
fn array_as_map(heap: &mut Heap, array: Value) -> Result<Value, Fault> {
    let items = heap.array(array).to_vec();
    let mut map = heap.map_with_room(items.len())?;
    for (at, item) in items.into_iter().enumerate() {
        let key = heap.key(Value::number(at as f64))?;
        map = heap.map_put(map, key, item)?;
    }
    Ok(map)
}

/// `root` with the value at a path replaced. The root itself is never made another kind.
fn write(
    heap: &mut Heap,
    root: Value,
    keys: &[Value],
    value: Value,
    missing: Missing,
) -> Result<Value, Fault> {
    let Some((&first, rest)) = keys.split_first() else { return Ok(root) };
    let mut opened = vec![(root, first)];
    for &key in rest {
        let parent = opened.last().and_then(|&(at, key)| member(heap, at, key));
        opened.push((missing.collection(heap, parent, key)?, key));
    }
    let mut made = value;
    for (collection, key) in opened.into_iter().rev() {
        made = with_member(heap, collection, key, made)?;
    }
    Ok(made)
}

fn set(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let keys = path_keys(heap, arg(args, 1))?;
    let root = match arg(args, 0) {
        root if root.is_array() || root.is_map() => root,
        _ => heap.map_new()?,
    };
    write(heap, root, &keys, arg(args, 2), Missing::ByKey)
}

fn put(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let root = arg(args, 0);
    if !root.is_array() && !root.is_map() {
        return Ok(root);
    }
    match *args {
        [_] | [] => Ok(root),
        [_, addition] => merge(heap, root, addition),
        [_, key, value, ..] if !key.is_array() => {
            let key = heap.key(key)?;
            with_member(heap, root, key, value)
        }
        [_, path, addition, ..] => {
            let keys = path_keys(heap, path)?;
            if keys.is_empty() {
                merge(heap, root, addition)
            } else {
                write(heap, root, &keys, addition, Missing::Map)
            }
        }
    }
}

/// One level of merging; of different kinds the addition wins.
fn merge(heap: &mut Heap, root: Value, addition: Value) -> Result<Value, Fault> {
    if root.is_map() && addition.is_map() {
        let mut merged = root;
        for e in heap.map_entries(addition).into_owned() {
            merged = heap.map_put(merged, e.key, e.value)?;
        }
        return Ok(merged);
    }
    if root.is_array() && addition.is_array() {
        let mut items = heap.array(addition).to_vec();
        items.extend_from_slice(heap.array(root).get(items.len()..).unwrap_or_default());
        return heap.array_from(&items);
    }
    Ok(addition)
}

fn delete(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let root = arg(args, 0);
    let keys = path_keys(heap, arg(args, 1))?;
    let Some((&last, parents)) = keys.split_last() else { return Ok(root) };
    let Some(parent) = parents.iter().try_fold(root, |at, &key| member(heap, at, key)) else {
        return Ok(root);
    };
    if member(heap, parent, last).is_none() {
        return Ok(root);
    }
    let pruned = if parent.is_array() {
        with_member(heap, parent, last, Value::NULL)?
    } else {
        let key = heap.str(last).to_owned();
        heap.map_remove(parent, &key)?
    };
    write(heap, root, parents, pruned, Missing::ByKey)
        .map(|made| if parents.is_empty() { pruned } else { made })
}
