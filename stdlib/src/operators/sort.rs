//! Sorting: by text, by number, or by a function (krl-language §6.4).
//!
//! Comparisons may contradict each other (`<=>` over mixed kinds, any function), so all but plain keys go through a merge sort that always ends.

use super::is_callable;
use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::Heap;
use krl_vm::interp::compiled::{Looping, Merge};
use krl_vm::native::{Iteration, Start, Step, arg};
use krl_vm::value::{Kind, Value};
use std::cmp::Ordering;

signatures! {
    /// The elements in order: by text, or as `sortBy` says.
    /// `"default"` and `"reverse"` compare String forms, `"numeric"` and `"ciremun"` numbers; a function compares two elements and yields a
    /// number above 0, or `true`, if they are in the wrong order. Equal elements keep their order. What is no array is left as it is.
    fn sort(val: ANY(ARRAY); sortBy: ANY(STRING|FUNCTION|NULL)) -> SameAs(0) = Iterate(sort) {
        "[3,10,2].sort()" => "[10,2,3]",
        r#"[3,10,2].sort("numeric")"# => "[2,3,10]",
        "[3,10,2].sort(function(a,b){ b <=> a })" => "[10,3,2]"
    }
}

fn sort(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let (value, by) = (arg(args, 0), arg(args, 1));
    if !value.is_array() || heap.array_len(value) < 2 {
        return Ok(Start::Done(value));
    }
    // Keys or merges beside the elements.
    heap.check_room(heap.array_len(value) * 32)?;
    if is_callable(heap, by) && heap.kind(by) != Kind::Action {
        let merge = MergeSort::new(heap.array(value).to_vec());
        return Ok(Start::Iterate(Box::new(SortWith { merge, function: by, comparing: false })));
    }
    let sorted = match heap.str(by) {
        "numeric" => by_number(heap, value, |order| order),
        "ciremun" => by_number(heap, value, Ordering::reverse),
        "reverse" => by_text(heap, value, Ordering::reverse),
        _ => by_text(heap, value, |order| order),
    };
    heap.array_from(&sorted).map(Start::Done)
}

fn by_text(heap: &Heap, array: Value, direction: fn(Ordering) -> Ordering) -> Vec<Value> {
    let mut keyed: Vec<_> = heap.array(array).iter().map(|&v| (heap.text(v), v)).collect();
    keyed.sort_by(|(a, _), (b, _)| direction(a.cmp(b)));
    keyed.into_iter().map(|(_, v)| v).collect()
}

fn by_number(heap: &Heap, array: Value, direction: fn(Ordering) -> Ordering) -> Vec<Value> {
    let items = heap.array(array);
    let keyed: Option<Vec<_>> = items.iter().map(|&v| Some((heap.to_number(v)?, v))).collect();
    let Some(mut keyed) = keyed else {
        let mut merge = MergeSort::new(items.to_vec());
        while let Some((a, b)) = merge.pair() {
            merge.take(if direction(heap.order(a, b)) == Ordering::Greater {
                Side::Right
            } else {
                Side::Left
            });
        }
        return merge.now.items;
    };
    // No form is NaN; adding 0 makes both zeros one.
    keyed.sort_by(|(a, _), (b, _)| direction((a + 0.0).total_cmp(&(b + 0.0))));
    keyed.into_iter().map(|(_, v)| v).collect()
}

/// Which of the two halves being merged gives its first element.
enum Side {
    Left,
    Right,
}

/// A stable merge sort that stops at each comparison.
struct MergeSort {
    /// The merge that is being done.
    now: Merge,
    /// Merges still to be done, the next one last: halves `low..middle` and `middle..high`.
    merges: Vec<(usize, usize, usize)>,
}

impl MergeSort {
    fn new(items: Vec<Value>) -> Self {
        let mut merges = Vec::with_capacity(items.len());
        let mut parts = vec![(0, items.len())];
        while let Some((low, high)) = parts.pop() {
            if high - low > 1 {
                let middle = usize::midpoint(low, high);
                merges.push((low, middle, high));
                parts.extend([(low, middle), (middle, high)]);
            }
        }
        Self { now: Merge { items, ..Merge::default() }, merges }
    }

    /// The next two elements to compare; none when all is sorted.
    #[inline]
    fn pair(&mut self) -> Option<(Value, Value)> {
        loop {
            let now = &self.now;
            match (now.left.get(now.taken), now.items.get(now.right)) {
                (Some(&a), Some(&b)) if now.right < now.end => return Some((a, b)),
                _ => self.finish_merge()?,
            }
        }
    }

    /// Takes what is left of the left half (what is left of the right one is in its place already), and begins the next merge.
    #[inline(never)]
    fn finish_merge(&mut self) -> Option<()> {
        let now = &mut self.now;
        let rest = now.left.get(now.taken..).unwrap_or_default();
        if let Some(places) = now.items.get_mut(now.out..now.out + rest.len()) {
            places.copy_from_slice(rest);
        }
        now.left.clear();
        now.taken = 0;
        let (low, middle, high) = self.merges.pop()?;
        now.left.extend_from_slice(now.items.get(low..middle).unwrap_or_default());
        (now.right, now.end, now.out) = (middle, high, low);
        Some(())
    }

    #[inline]
    fn take(&mut self, side: Side) {
        let now = &mut self.now;
        let from = match side {
            Side::Left => now.left.get(now.taken),
            Side::Right => now.items.get(now.right),
        };
        if let (Some(&value), true) = (from, now.out < now.items.len()) {
            now.items[now.out] = value;
        }
        match side {
            Side::Left => now.taken += 1,
            Side::Right => now.right += 1,
        }
        now.out += 1;
    }
}

struct SortWith {
    merge: MergeSort,
    function: Value,
    /// Is a comparison's result due?
    comparing: bool,
}

impl SortWith {
    /// Takes what the comparison says that was made last.
    #[inline(always)]
    fn take(&mut self, heap: &Heap, result: Value) {
        let wrong = match result.as_number() {
            Some(sign) => sign > 0.0,
            None => heap.order(result, Value::number(0.0)) == Ordering::Greater,
        };
        self.merge.take(if wrong { Side::Right } else { Side::Left });
    }
}

impl Iteration for SortWith {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.comparing {
            self.take(heap, result);
        }
        self.comparing = true;
        match self.merge.pair() {
            Some((a, b)) => {
                let args = [a, b, Value::NULL, Value::NULL];
                Ok(Step::Call { function: self.function, args, count: 2 })
            }
            None => heap.array_from(&self.merge.now.items).map(Step::Done),
        }
    }

    fn run(&mut self, heap: &Heap, result: Value, looping: &mut Looping<'_>) -> Value {
        self.take(heap, result);
        self.comparing = false;
        while self.merge.pair().is_some() {
            let Merge { out, .. } = self.merge.now;
            looping.merge(heap, &mut self.merge.now);
            let Merge { ref left, taken, right, end, .. } = self.merge.now;
            if taken < left.len() && right < end || out == self.merge.now.out {
                break;
            }
        }
        Value::NULL
    }
}
