//! Natives called from Rust, without compiler or machine: what KRL text can't show or only at great length. The conformance vectors test the
//! rest through the language.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a failing helper fails the test"
)]

mod cases;

use krl_regexp::Regexp;
use krl_stdlib::{id_of, natives};
use krl_vm::data::Data;
use krl_vm::fault::{Fault, Limit};
use krl_vm::heap::Heap;
use krl_vm::native::{NativeCall, Start, Step};
use krl_vm::value::Value;

fn heap() -> Heap {
    Heap::new(Default::default(), Default::default(), 1 << 23)
}

/// A value from JSON; `{"$re": SOURCE, "flags": …}` is a regular expression and `{"$fn": NAME}` a native.
fn value(heap: &mut Heap, data: &Data) -> Value {
    if let Some(map) = data.as_map() {
        if let Some(Data::String(source)) = map.get("$re") {
            let flags = map.get("flags").and_then(Data::as_str).unwrap_or_default();
            return heap.regexp_from(Regexp::new(source, flags).unwrap()).unwrap();
        }
        if let Some(Data::String(name)) = map.get("$fn") {
            return native_value(name);
        }
    }
    match data {
        Data::Array(items) => {
            let items: Vec<Value> = items.iter().map(|item| value(heap, item)).collect();
            heap.array_from(&items).unwrap()
        }
        _ => heap.import(data).unwrap(),
    }
}

/// Calls a native as the machine does; the functions it calls are natives too.
fn call(heap: &mut Heap, id: u16, args: &[Value]) -> Result<Value, Fault> {
    let mut iteration = match natives()[usize::from(id)].call {
        NativeCall::Pure(f) | NativeCall::Part(f) => return f(heap, args),
        NativeCall::Iterate(f) => match f(heap, args)? {
            Start::Done(v) => return Ok(v),
            Start::Iterate(iteration) => iteration,
        },
        _ => panic!("needs a host"),
    };
    let mut result = Value::NULL;
    loop {
        let (function, args) = match iteration.next(heap, result)? {
            Step::Call { function, args, count } => (function, args[..usize::from(count)].to_vec()),
            Step::CallWith { function, args } => (function, heap.array(args).to_vec()),
            Step::Done(v) => return Ok(v),
        };
        let id = function.as_native().expect("a native");
        let arity = natives()[usize::from(id)].params.len();
        result = call(heap, id, &args[..arity.min(args.len())])?;
    }
}

fn run(name: &str, args: &str) -> Result<String, Fault> {
    let mut heap = heap();
    let args = value(&mut heap, &Data::parse(args).unwrap());
    let args = heap.array(args).to_vec();
    let id = id_of(name).unwrap_or_else(|| panic!("no {name}"));
    call(&mut heap, id, &args).map(|v| heap.export(v).unwrap().to_json())
}

#[test]
fn natives_answer() {
    for &(name, args, expected) in cases::ANSWERS {
        let expected = Data::parse(expected).unwrap().to_json();
        assert_eq!(run(name, args), Ok(expected), "{name}{args}");
    }
}

#[test]
fn natives_raise() {
    for &(name, args, message) in cases::FAULTS {
        assert_eq!(run(name, args).unwrap_err().to_string(), message, "{name}{args}");
    }
}

fn native(name: &str) -> u16 {
    id_of(name).unwrap()
}

fn native_value(name: &str) -> Value {
    Value::native(native(name), natives()[usize::from(native(name))].kind)
}

#[test]
fn results_larger_than_the_budget_are_refused_before_they_are_made() {
    let mut h = heap();
    let numbers = [0.0, 1e12].map(Value::number);
    assert_eq!(call(&mut h, native("range"), &numbers), Err(Fault::limit(Limit::Memory)));

    let empty = h.array_from(&[]).unwrap();
    let far = [empty, Value::number(4e9), Value::TRUE];
    assert_eq!(call(&mut h, native("set"), &far), Err(Fault::limit(Limit::Memory)));

    let long = h.string(&"x".repeat(1 << 20)).unwrap();
    let (x, whole) = (h.string("x").unwrap(), h.string(&"$'".repeat(1 << 10)).unwrap());
    assert_eq!(call(&mut h, native("replace"), &[long, x, whole]), Err(Fault::limit(Limit::Memory)));

    let (any, x) = (h.regexp_from(Regexp::new(".", "g").unwrap()).unwrap(), native_value("uc"));
    for args in [vec![long, any, x], vec![long, any], vec![long, h.string("").unwrap()]] {
        let name = if args.len() == 3 { "replace" } else { "split" };
        assert_eq!(call(&mut h, native(name), &args), Err(Fault::limit(Limit::Memory)), "{name}");
    }

    let mut shared = empty;
    for _ in 0..40 {
        shared = h.array_from(&[shared, shared]).unwrap();
    }
    assert_eq!(call(&mut h, native("encode"), &[shared]), Err(Fault::limit(Limit::Memory)));
}

#[test]
fn hostile_nesting_is_refused() {
    let mut h = heap();
    let deep = h.string(&"[".repeat(100_000)).unwrap();
    assert_eq!(call(&mut h, native("decode"), &[deep]), Err(Fault::limit(Limit::Depth)));

    let mut nested = Value::NULL;
    for _ in 0..100_000 {
        nested = h.array_from(&[nested]).unwrap();
    }
    assert_eq!(call(&mut h, native("encode"), &[nested]), Err(Fault::limit(Limit::Depth)));

    let map = h.map_new().unwrap();
    let path = h.array_from(&vec![Value::TRUE; 100_000]).unwrap();
    for name in ["set", "delete"] {
        assert_eq!(call(&mut h, native(name), &[map, path, map]), Err(Fault::limit(Limit::Depth)), "{name}");
    }
}

#[test]
fn patterns_stop_at_their_step_budget() {
    let mut h = heap();
    let text = h.string(&"a".repeat(5_000)).unwrap();
    let pattern = h.regexp_from(Regexp::new(r"^(a+)+\1$b", "").unwrap()).unwrap();
    for name in ["match", "extract", "replace", "split"] {
        let result = call(&mut h, native(name), &[text, pattern]);
        assert_eq!(result, Err(Fault::limit(Limit::RegexpSteps)), "{name}");
    }
}

/// Sets of ten thousand distinct members, scalars and collections, are a matter of milliseconds, not of minutes.
#[test]
fn set_operations_are_linear() {
    let mut h = heap();
    let mut members = Vec::new();
    for i in 0..10_000 {
        let n = Value::number(f64::from(i));
        members.push(if i % 2 == 0 { n } else { h.array_from(&[n]).unwrap() });
    }
    let all = h.array_from(&members).unwrap();
    members.reverse();
    let reversed = h.array_from(&members).unwrap();
    for (name, left) in [("intersection", 10_000), ("union", 10_000), ("difference", 0)] {
        let result = call(&mut h, native(name), &[all, reversed]).unwrap();
        assert_eq!(h.array(result).len(), left, "{name}");
    }
    assert_eq!(call(&mut h, native("has"), &[all, reversed]), Ok(Value::TRUE));
}

#[test]
fn receivers_stay_as_they_are() {
    let calls = [
        ("append", r#"[[1,2], 3]"#),
        ("put", r#"[{"a":[1,{"b":2}]}, ["a",1,"b"], 3]"#),
        ("set", r#"[{"a":[1,{"b":2}]}, ["a",1,"b"], 3]"#),
        ("delete", r#"[{"a":[1,{"b":2}]}, ["a",1,"b"]]"#),
        ("sort", "[[3,1,2]]"),
        ("reverse", "[[3,1,2]]"),
        ("splice", "[[3,1,2], 0, 1]"),
    ];
    for (name, args) in calls {
        let mut h = heap();
        let args = value(&mut h, &Data::parse(args).unwrap());
        let args = h.array(args).to_vec();
        let before = h.export(args[0]).unwrap();
        let result = call(&mut h, native(name), &args).unwrap();
        assert_eq!(h.export(args[0]).unwrap(), before, "{name}");
        assert_ne!(h.export(result).unwrap(), before, "{name}");
    }
}

/// Values at the edges of every kind.
const EDGE_COUNT: usize = 23;
const EDGES: &str = r#"[null, true, 0, -1, 1.5, 1e300, 4294967296, "", "a", "😀é", "-2", "$&$1$<x>%s", "numeric", [], [[],[1]], [1,"a",null],
    ["a",1], {}, {"a":{"1":2},"0":[]}, {"$re":"(a)|(?<x>)","flags":"g"}, {"$re":"."}, {"$fn":"append"}, {"$fn":"noop"}]"#;

/// Every native that needs no host answers or raises, whatever its first three arguments are; none breaks a promise of the engine.
#[test]
fn any_arguments_do() {
    let pool = Data::parse(EDGES).unwrap();
    let mut h = heap();
    let mut edges = h.array_from(&[]).unwrap();
    for (id, native) in natives().iter().enumerate() {
        if !matches!(native.call, NativeCall::Pure(_) | NativeCall::Part(_) | NativeCall::Iterate(_)) {
            continue;
        }
        let (arity, pool_size) = (native.params.len().clamp(1, 3), EDGE_COUNT);
        for choice in 0..pool_size.pow(arity as u32) {
            if h.used_bytes() > 1 << 22 || h.array(edges).is_empty() {
                h = heap();
                edges = value(&mut h, &pool);
                assert_eq!(h.array(edges).len(), pool_size);
            }
            let places = [choice, choice / pool_size, choice / pool_size / pool_size];
            let args = places.map(|place| h.array(edges)[place % pool_size]);
            match call(&mut h, id as u16, &args[..arity]) {
                Ok(v) => assert!(h.export(v).is_ok(), "{}", native.name),
                Err(fault) => assert_ne!(fault.code(), "internal", "{}: {fault}", native.name),
            }
        }
    }
}
