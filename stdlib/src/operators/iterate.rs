//! Operators that call a function for each element: with value, key or position, and the whole (krl-language §6.4).
//!
//! Each is a state machine ([`Iteration`]), so that the machine can suspend within the function called.

use super::{is_callable, need_array};
use crate::declare::signatures;
use krl_vm::fault::Fault;
use krl_vm::heap::{Entry, Heap};
use krl_vm::interp::compiled::Looping;
use krl_vm::native::{Iteration, Start, Step, arg};
use krl_vm::value::Value;
use std::collections::HashMap;

signatures! {
    /// An array of what the function yields for each element; of a map, a map with the same keys.
    fn map(val: COLLECTION; iter: FUNCTION|NULL) -> SameAs(0) = Iterate(map) {
        "[1,2].map(function(n){ n * 10 })" => "[10,20]",
        r#"{"a":1}.map(function(v,k){ k + v })"# => r#"{"a":"a1"}"#
    }
    /// The elements for which the function yields something truthy.
    fn filter(val: COLLECTION; iter: FUNCTION|NULL) -> SameAs(0) = Iterate(filter) {
        "[1,2,3].filter(function(n){ n > 1 })" => "[2,3]",
        r#"{"a":1,"b":2}.filter(function(v){ v > 1 })"# => r#"{"b":2}"#
    }
    /// A map from what the function yields to an array of the elements for which it yields that.
    fn collect(val: COLLECTION; iter: FUNCTION|NULL) -> MAP = Iterate(collect) {
        r#"[1,2,3].collect(function(n){ n > 1 => "big" | "small" })"# => r#"{"small":[1],"big":[2,3]}"#
    }
    /// Does the function yield something truthy for every element?
    fn all(val: COLLECTION, iter: FUNCTION) -> BOOLEAN = Iterate(all) {
        "[1,2].all(function(n){ n > 0 })" => "true"
    }
    /// Does the function yield something falsy for some element?
    fn notall(val: COLLECTION, iter: FUNCTION) -> BOOLEAN = Iterate(not_all) {
        "[1,2].notall(function(n){ n > 1 })" => "true"
    }
    /// Does the function yield something truthy for some element?
    fn any(val: COLLECTION, iter: FUNCTION) -> BOOLEAN = Iterate(any) {
        "[1,2].any(function(n){ n > 1 })" => "true"
    }
    /// Does the function yield something falsy for every element?
    fn none(val: COLLECTION, iter: FUNCTION) -> BOOLEAN = Iterate(none) {
        "[1,2].none(function(n){ n > 2 })" => "true"
    }
    /// One value made of all elements: the function takes what has been made so far and the next element.
    /// It starts with `dflt`, or with the first element. Of an empty array the result is `dflt`, or 0.
    fn reduce(val: ARRAY, iter: ANY(FUNCTION); dflt: ANY) -> ANY = Iterate(reduce) {
        "[1,2,3].reduce(function(sum,n){ sum + n })" => "6",
        r#"[].reduce(function(a,b){ a + b }, "none")"# => r#""none""#
    }
    /// The function applied to the first elements of several arrays, then the second ones, and so on.
    /// Shorter arrays count as filled up with `null`; what is no array counts as an array of itself.
    fn pairwise(val: ARRAY, iter: FUNCTION) -> ARRAY = Iterate(pairwise) {
        "[[1,2],[10,20]].pairwise(function(a,b){ a + b })" => "[11,22]"
    }
}

/// The elements of a collection, one after the other, with their keys.
struct Walk {
    whole: Value,
    /// The entries of a map; an array is read in place.
    entries: Option<Vec<Entry>>,
    /// The position of the next element.
    at: usize,
}

impl Walk {
    fn new(heap: &Heap, whole: Value) -> Result<Self, Fault> {
        if !whole.is_array() && !whole.is_map() {
            return Err(Fault::type_error("only works on collections"));
        }
        let entries = whole.is_map().then(|| heap.map_entries(whole).into_owned());
        Ok(Self { whole, entries, at: 0 })
    }

    fn len(&self, heap: &Heap) -> usize {
        self.entries.as_ref().map_or_else(|| heap.array_len(self.whole), Vec::len)
    }

    /// The value at a position.
    fn value(&self, heap: &Heap, at: usize) -> Option<Value> {
        match &self.entries {
            Some(entries) => entries.get(at).map(|e| e.value),
            None => heap.item(self.whole, at),
        }
    }

    /// The call of `function` for the next element, if there is one.
    fn call(&mut self, heap: &Heap, function: Value) -> Option<Step> {
        let value = self.value(heap, self.at)?;
        let key = match &self.entries {
            Some(entries) => entries.get(self.at)?.key,
            None => Value::number(self.at as f64),
        };
        self.at += 1;
        Some(Step::Call { function, args: [value, key, self.whole, Value::NULL], count: 3 })
    }

    /// The value whose call has just returned.
    fn last(&self, heap: &Heap) -> Value {
        self.at.checked_sub(1).and_then(|at| self.value(heap, at)).unwrap_or(Value::NULL)
    }
}

/// Raises where a function is needed to be called and `iter` is none.
fn need_function(heap: &Heap, walk: &Walk, iter: Value) -> Result<(), Fault> {
    if walk.len(heap) == 0 || is_callable(heap, iter) {
        return Ok(());
    }
    Err(Fault::type_error("iter is not a function"))
}

struct Map {
    walk: Walk,
    function: Value,
    results: Vec<Value>,
}

fn map(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let (whole, function) = (arg(args, 0), arg(args, 1));
    let walk = Walk::new(heap, whole)?;
    if function.is_null() {
        return Ok(Start::Done(whole));
    }
    need_function(heap, &walk, function)?;
    heap.check_room(walk.len(heap) * 8)?;
    let results = Vec::with_capacity(walk.len(heap));
    Ok(Start::Iterate(Box::new(Map { walk, function, results })))
}

impl Iteration for Map {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.walk.at > 0 {
            self.results.push(result);
        }
        if let Some(call) = self.walk.call(heap, self.function) {
            return Ok(call);
        }
        let Some(entries) = &self.walk.entries else {
            return heap.array_from(&self.results).map(Step::Done);
        };
        let entries: Vec<_> = entries.iter().map(|e| e.key).zip(self.results.drain(..)).collect();
        heap.map_from(&entries).map(Step::Done)
    }

    fn run(&mut self, heap: &Heap, result: Value, looping: &mut Looping<'_>) -> Value {
        self.results.push(result);
        let Walk { whole, at, .. } = &mut self.walk;
        looping.each(heap, *whole, at, &mut self.results);
        self.results.pop().unwrap_or(result)
    }
}

struct Filter {
    walk: Walk,
    function: Value,
    /// Positions of the elements kept.
    kept: Vec<usize>,
}

fn filter(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let walk = Walk::new(heap, arg(args, 0))?;
    let mut filter = Filter { walk, function: arg(args, 1), kept: Vec::new() };
    if filter.function.is_null() {
        filter.kept = (0..filter.walk.len(heap))
            .filter(|&at| filter.walk.value(heap, at).is_some_and(|v| heap.is_truthy(v)))
            .collect();
        return filter.finish(heap).map(Start::Done);
    }
    need_function(heap, &filter.walk, filter.function)?;
    Ok(Start::Iterate(Box::new(filter)))
}

impl Filter {
    fn finish(&self, heap: &mut Heap) -> Result<Value, Fault> {
        let Some(entries) = &self.walk.entries else {
            return heap.array_of_items(self.walk.whole, &self.kept);
        };
        let kept = self.kept.iter().filter_map(|&at| entries.get(at));
        let kept: Vec<_> = kept.map(|e| (e.key, e.value)).collect();
        heap.map_from(&kept)
    }
}

impl Iteration for Filter {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.walk.at > 0 && heap.is_truthy(result) {
            self.kept.push(self.walk.at - 1);
        }
        match self.walk.call(heap, self.function) {
            Some(call) => Ok(call),
            None => self.finish(heap).map(Step::Done),
        }
    }

    fn run(&mut self, heap: &Heap, result: Value, looping: &mut Looping<'_>) -> Value {
        if heap.is_truthy(result) {
            self.kept.push(self.walk.at - 1);
        }
        looping.keep(heap, self.walk.whole, &mut self.walk.at, &mut self.kept);
        // The last one is judged when its result comes.
        Value::bool(self.kept.pop_if(|last| *last + 1 == self.walk.at).is_some())
    }
}

struct Collect {
    walk: Walk,
    function: Value,
    /// Positions in `groups`, by key.
    by_key: HashMap<String, usize>,
    groups: Vec<(Value, Vec<Value>)>,
}

fn collect(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let (walk, function) = (Walk::new(heap, arg(args, 0))?, arg(args, 1));
    let mut collect = Collect { walk, function, by_key: HashMap::new(), groups: Vec::new() };
    if function.is_null() {
        for at in 0..collect.walk.len(heap) {
            let value = collect.walk.value(heap, at).unwrap_or(Value::NULL);
            collect.add(heap, value, value)?;
        }
        return collect.finish(heap).map(Start::Done);
    }
    need_function(heap, &collect.walk, function)?;
    Ok(Start::Iterate(Box::new(collect)))
}

impl Collect {
    fn add(&mut self, heap: &mut Heap, group: Value, value: Value) -> Result<(), Fault> {
        let known = self.by_key.get(&*heap.text(group)).and_then(|&at| self.groups.get_mut(at));
        if let Some((_, members)) = known {
            members.push(value);
            return Ok(());
        }
        let key = heap.key(group)?;
        self.by_key.insert(heap.str(key).to_owned(), self.groups.len());
        self.groups.push((key, vec![value]));
        heap.check_room(self.groups.len() * size_of::<(Value, Vec<Value>)>())
    }

    fn finish(&mut self, heap: &mut Heap) -> Result<Value, Fault> {
        let mut entries = Vec::with_capacity(self.groups.len());
        for (key, members) in self.groups.drain(..) {
            entries.push((key, heap.array_from(&members)?));
        }
        heap.map_from(&entries)
    }
}

impl Iteration for Collect {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.walk.at > 0 {
            self.add(heap, result, self.walk.last(heap))?;
        }
        match self.walk.call(heap, self.function) {
            Some(call) => Ok(call),
            None => self.finish(heap).map(Step::Done),
        }
    }
}

/// Asks until one answer decides.
struct Ask {
    walk: Walk,
    function: Value,
    /// The answer that decides.
    decisive: bool,
    /// The result when an answer decided; else the opposite.
    verdict: bool,
}

fn ask(heap: &Heap, args: &[Value], decisive: bool, verdict: bool) -> Result<Start, Fault> {
    let (walk, function) = (Walk::new(heap, arg(args, 0))?, arg(args, 1));
    need_function(heap, &walk, function)?;
    Ok(Start::Iterate(Box::new(Ask { walk, function, decisive, verdict })))
}

fn all(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    ask(heap, args, false, false)
}

fn not_all(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    ask(heap, args, false, true)
}

fn any(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    ask(heap, args, true, true)
}

fn none(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    ask(heap, args, true, false)
}

impl Iteration for Ask {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.walk.at > 0 && heap.is_truthy(result) == self.decisive {
            return Ok(Step::Done(Value::bool(self.verdict)));
        }
        Ok(self.walk.call(heap, self.function).unwrap_or(Step::Done(Value::bool(!self.verdict))))
    }
}

struct Reduce {
    whole: Value,
    function: Value,
    at: usize,
    /// What the first call takes; later ones take the last result.
    first: Option<Value>,
}

fn reduce(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let (whole, function, default) = (arg(args, 0), arg(args, 1), args.get(2).copied());
    need_array(whole)?;
    let first = heap.item(whole, 0);
    match (first, heap.array_len(whole), default) {
        (None, ..) => return Ok(Start::Done(default.unwrap_or(Value::number(0.0)))),
        (Some(only), 1, None) => return Ok(Start::Done(only)),
        _ => {}
    }
    if !is_callable(heap, function) {
        let text = heap.text(function);
        return Err(Fault::error(format!("The .reduce() operator cannot use {text} as a function")));
    }
    let at = usize::from(default.is_none());
    let first = default.or(first);
    Ok(Start::Iterate(Box::new(Reduce { whole, function, at, first })))
}

impl Iteration for Reduce {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        let made = self.first.take().unwrap_or(result);
        let Some(value) = heap.item(self.whole, self.at) else { return Ok(Step::Done(made)) };
        let at = Value::number(self.at as f64);
        self.at += 1;
        Ok(Step::Call { function: self.function, args: [made, value, at, self.whole], count: 4 })
    }

    fn run(&mut self, heap: &Heap, result: Value, looping: &mut Looping<'_>) -> Value {
        looping.fold(heap, self.whole, &mut self.at, result)
    }
}

struct Pairwise {
    whole: Value,
    function: Value,
    length: usize,
    at: usize,
    results: Vec<Value>,
}

fn pairwise(heap: &mut Heap, args: &[Value]) -> Result<Start, Fault> {
    let (whole, function) = (arg(args, 0), arg(args, 1));
    let refuse = |why: String| Err(Fault::type_error(format!("The .pairwise() operator {why}")));
    if !whole.is_array() {
        return refuse(format!("cannot be called on {}", heap.text(whole)));
    }
    let lists = heap.array(whole);
    if lists.len() < 2 {
        return refuse("needs a longer array".into());
    }
    if !is_callable(heap, function) {
        return refuse(format!("cannot use {} as a function", heap.text(function)));
    }
    let lengths = lists.iter().map(|&l| if l.is_array() { heap.array_len(l) } else { 1 });
    let length = lengths.max().unwrap_or(0);
    Ok(Start::Iterate(Box::new(Pairwise { whole, function, length, at: 0, results: Vec::new() })))
}

impl Iteration for Pairwise {
    #[inline(always)]
    fn next(&mut self, heap: &mut Heap, result: Value) -> Result<Step, Fault> {
        if self.at > 0 {
            self.results.push(result);
        }
        if self.at == self.length {
            return heap.array_from(&self.results).map(Step::Done);
        }
        let nth = |&list: &Value| match list {
            _ if list.is_array() => arg(heap.array(list), self.at),
            _ if self.at == 0 => list,
            _ => Value::NULL,
        };
        let row: Vec<Value> = heap.array(self.whole).iter().map(nth).collect();
        self.at += 1;
        let args = heap.array_from(&row)?;
        Ok(Step::CallWith { function: self.function, args })
    }
}
