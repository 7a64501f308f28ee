//! Arrays as sets, by `==` (krl-language §6.4). Linear: members are found by a hash of their structure.

use super::yes_no;
use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::native::arg;
use krl_vm::value::{Tag, Value};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hash, Hasher};

signatures! {
    /// The distinct elements that are in both.
    fn intersection(a: ANY(ARRAY), b: ANY(ARRAY)) -> ARRAY = Pure(intersection) {
        "[1,2,2,3].intersection([2,3,4])" => "[2,3]"
    }
    /// The distinct elements of both.
    fn union(a: ANY(ARRAY); b: ANY(ARRAY)) -> ARRAY = Pure(union) {
        "[1,2].union([2,3])" => "[1,2,3]"
    }
    /// The elements of `a` that are not in `b`.
    fn difference(a: ANY(ARRAY); b: ANY(ARRAY)) -> ARRAY = Pure(difference) {
        "[1,2,3].difference([2])" => "[1,3]"
    }
    /// Are all elements of `other`, an array or a single value, in the receiver?
    fn has(val: ANY(ARRAY), other: ANY) -> BOOLEAN = Pure(has) {
        "[1,2,3].has([1,3])" => "true"
    }
    /// The elements without repetitions. What is no array is left as it is.
    fn unique(val: ANY(ARRAY)) -> SameAs(0) = Pure(unique) {
        "[1,2,1].unique()" => "[1,2]"
    }
    /// The elements that occur exactly once. What is no array is left as it is.
    fn once(val: ANY(ARRAY)) -> SameAs(0) = Pure(once) {
        "[1,2,1,3].once()" => "[2,3]"
    }
    /// One of each group of equal elements that occur more than once; `[]` for what is no array.
    fn duplicates(val: ANY(ARRAY)) -> ARRAY = Pure(duplicates) {
        "[1,2,1,3].duplicates()" => "[1]"
    }
}

/// Distinct values in the order they came.
struct Tally {
    /// The last member with a hash.
    by_hash: HashMap<u64, usize>,
    members: Vec<Member>,
}

struct Member {
    value: Value,
    /// How often it came.
    times: u32,
    /// The member before it with the same hash.
    same_hash: Option<usize>,
}

impl Tally {
    fn of(heap: &Heap, values: &[Value]) -> Result<Self, Fault> {
        heap.check_room(values.len() * size_of::<Member>())?;
        let mut tally =
            Self { by_hash: HashMap::with_capacity(values.len()), members: Vec::with_capacity(values.len()) };
        for &value in values {
            tally.add(heap, value)?;
        }
        Ok(tally)
    }

    fn add(&mut self, heap: &Heap, value: Value) -> Result<(), Fault> {
        let slot = self.by_hash.entry(hash(heap, value));
        let newest = if let Entry::Occupied(slot) = &slot { Some(*slot.get()) } else { None };
        if let Some(at) = find(&self.members, newest, heap, value)? {
            if let Some(member) = self.members.get_mut(at) {
                member.times = member.times.saturating_add(1);
            }
            return Ok(());
        }
        slot.insert_entry(self.members.len());
        self.members.push(Member { value, times: 1, same_hash: newest });
        Ok(())
    }

    fn has(&self, heap: &Heap, value: Value) -> Result<bool, Fault> {
        let newest = self.by_hash.get(&hash(heap, value)).copied();
        Ok(find(&self.members, newest, heap, value)?.is_some())
    }

    /// The distinct values that came as often as `wanted` says.
    fn values(&self, wanted: impl Fn(u32) -> bool) -> Vec<Value> {
        self.members.iter().filter(|m| wanted(m.times)).map(|m| m.value).collect()
    }
}

/// The member equal to `value` among `newest` and those before it with the same hash.
fn find(
    members: &[Member],
    newest: Option<usize>,
    heap: &Heap,
    value: Value,
) -> Result<Option<usize>, Fault> {
    let mut next = newest;
    while let Some((at, member)) = next.and_then(|at| Some((at, members.get(at)?))) {
        if heap.equals(member.value, value)? {
            return Ok(Some(at));
        }
        next = member.same_hash;
    }
    Ok(None)
}

/// How many parts of a value count for its hash.
const HASHED_PARTS: u32 = 64;

/// Equal values have equal hashes.
fn hash(heap: &Heap, value: Value) -> u64 {
    if let Some(n) = value.as_number() {
        // Adding 0 makes both zeros one.
        return (n + 0.0).to_bits();
    }
    let mut hasher = DefaultHasher::new();
    hash_parts(heap, value, &mut HASHED_PARTS.clone(), &mut hasher);
    hasher.finish()
}

fn hash_parts(heap: &Heap, value: Value, parts: &mut u32, hasher: &mut DefaultHasher) {
    let Some(left) = parts.checked_sub(1) else { return };
    *parts = left;
    match value.tag() {
        None => (value.number_unchecked() + 0.0).to_bits().hash(hasher),
        Some(Tag::String) => heap.str(value).hash(hasher),
        Some(Tag::Array) => {
            heap.array_len(value).hash(hasher);
            for &item in heap.array(value).iter().take(left as usize) {
                hash_parts(heap, item, parts, hasher);
            }
        }
        // Entries have no order: their keys are summed up, which needs no walk into the values.
        Some(Tag::Map) => {
            let keys = heap.map_entries(value).iter().fold(0u64, |sum, e| {
                let mut key = DefaultHasher::new();
                heap.str(e.key).hash(&mut key);
                if !e.value.is_map() && !e.value.is_array() {
                    hash_parts(heap, e.value, &mut 1, &mut key);
                }
                sum.wrapping_add(key.finish())
            });
            keys.hash(hasher);
        }
        Some(Tag::RegExp) => heap.text(value).hash(hasher),
        Some(_) => value.bits().hash(hasher),
    }
}

/// The elements of an array; anything else is its own only element.
fn elements(heap: &Heap, value: Value) -> Vec<Value> {
    if value.is_array() { heap.array(value).to_vec() } else { vec![value] }
}

fn intersection(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let [a, b, ..] = *args else { return heap.array_from(&[]) };
    let other = Tally::of(heap, &elements(heap, b))?;
    let mut both = Vec::new();
    for value in Tally::of(heap, &elements(heap, a))?.values(|_| true) {
        if other.has(heap, value)? {
            both.push(value);
        }
    }
    heap.array_from(&both)
}

fn union(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let [a, b, ..] = *args else { return Ok(arg(args, 0)) };
    let all = Tally::of(heap, &[elements(heap, a), elements(heap, b)].concat())?.values(|_| true);
    heap.array_from(&all)
}

fn without(heap: &Heap, a: Value, b: Value) -> Result<Vec<Value>, Fault> {
    let other = Tally::of(heap, &elements(heap, b))?;
    let mut rest = Vec::new();
    for value in elements(heap, a) {
        if !other.has(heap, value)? {
            rest.push(value);
        }
    }
    Ok(rest)
}

fn difference(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let [a, b, ..] = *args else { return Ok(arg(args, 0)) };
    let rest = without(heap, a, b)?;
    heap.array_from(&rest)
}

fn has(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    yes_no(without(heap, arg(args, 1), arg(args, 0))?.is_empty())
}

/// An array of the distinct elements that occur as often as `wanted` says.
fn occurring(heap: &mut Heap, array: Value, wanted: impl Fn(u32) -> bool) -> Result<Value, Fault> {
    let values = Tally::of(heap, heap.array(array))?.values(wanted);
    heap.array_from(&values)
}

fn unique(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    if value.is_array() { occurring(heap, value, |_| true) } else { Ok(value) }
}

fn once(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    let value = arg(args, 0);
    if value.is_array() { occurring(heap, value, |times| times == 1) } else { Ok(value) }
}

fn duplicates(heap: &mut Heap, args: &[Value]) -> Result<Value, Fault> {
    occurring(heap, arg(args, 0), |times| times > 1)
}
