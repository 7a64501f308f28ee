//! Variables against plain maps, in memory and through a store.

use super::*;
use crate::id::Random;
use crate::records::variable::{Form, RANK, part_record, parts_key};
use crate::store::{Batch, MemoryStore, Space, Store, Write, scan_prefix};
use krl_vm::heap::MAX_NESTING;
use std::ops::ControlFlow;

const CLOUD: &str = "c0123456789abcdefghijklmnop";
const TINY: Sizes = Sizes { split: 12, join: 6 };

fn keys(path: &str) -> Vec<Arc<str>> {
    path.split_whitespace().map(Into::into).collect()
}

fn check_part(before: &str, path: &str, value: Option<&str>, after: &str) {
    let path = keys(path);
    let mut variables = Variables::default();
    variables.set("v", Data::parse(before).unwrap()).unwrap();
    let original = variables.in_memory();
    let undo = match value {
        Some(value) => variables.set_part("v", &path, Data::parse(value).unwrap()).unwrap(),
        None => variables.remove_part("v", &path).unwrap(),
    };
    let json = |variables: &Variables| Data::Map(variables.in_memory()).to_json();
    let result = variables.get("v").unwrap().cloned().unwrap_or_default();
    assert_eq!(result.to_json(), after, "{before} at {path:?}");
    undo.into_iter().for_each(|undo| variables.undo(undo));
    assert_eq!(json(&variables), Data::Map(original).to_json(), "taken back: {before} at {path:?}");
}

#[test]
fn parts_are_set_removed_and_taken_back() {
    check_part(r#"{"a":{"b":1}}"#, "a b", Some("2"), r#"{"a":{"b":2}}"#);
    check_part(r#"{"a":1}"#, "a b", Some("2"), r#"{"a":{"b":2}}"#);
    check_part(r#"{"a":1}"#, "b 1 c", Some("2"), r#"{"a":1,"b":[null,{"c":2}]}"#);
    check_part(r#"{"a":[1]}"#, "a 3", Some("2"), r#"{"a":[1,null,null,2]}"#);
    check_part(r#"{"a":[1]}"#, "a k", Some("2"), r#"{"a":[1]}"#);
    check_part("null", "5", Some("2"), r#"{"5":2}"#);
    check_part(r#""text""#, "a", Some("2"), r#"{"a":2}"#);
    check_part("[1,2]", "0", Some("2"), "[2,2]");
    check_part(r#"{"a":1}"#, "", Some("2"), r#"{"a":1}"#);
    check_part(r#"{"a":1}"#, "a", Some("null"), r#"{"a":null}"#);
    check_part(r#"{"a":1,"b":2,"c":3}"#, "a", Some("4"), r#"{"a":4,"b":2,"c":3}"#);
    check_part(r#"{"a":{"b":1}}"#, "a b", None, r#"{"a":{}}"#);
    check_part(r#"{"a":1,"b":2,"c":3}"#, "a", None, r#"{"b":2,"c":3}"#);
    check_part(r#"{"x":{"a":1,"b":2,"c":3}}"#, "x b", None, r#"{"x":{"a":1,"c":3}}"#);
    check_part(r#"{"a":[1,2]}"#, "a 0", None, r#"{"a":[null,2]}"#);
    check_part(r#"{"a":1}"#, "a b c", None, r#"{"a":1}"#);
    check_part(r#"{"a":1}"#, "", None, r#"{"a":1}"#);
}

#[test]
fn what_is_too_far_or_too_deep_is_refused() {
    let mut variables = Variables::default();
    assert!(variables.set_part("v", &keys("a 4000000000"), Data::Null).is_err());
    let mut refused = |levels: usize, value: &str| {
        let path = vec!["a".into(); levels];
        variables.set_part("v", &path, Data::parse(value).unwrap()).is_err()
    };
    assert!(refused(100_000, "1"));
    assert!(refused(MAX_NESTING as usize, "[[]]"));
    assert!(!refused(MAX_NESTING as usize, "1"));
}

#[test]
fn whole_variables_are_taken_back_in_order() {
    let mut variables = Variables::default();
    let names = |variables: &Variables| variables.in_memory().keys().cloned().collect::<Vec<_>>().join(" ");
    for name in ["a", "b", "c"] {
        variables.set(name, Data::Bool(true)).unwrap();
    }
    let undos = [variables.remove("a"), variables.set("b", Data::Null), variables.set("d", Data::Bool(true))];
    assert_eq!(names(&variables), "c d");
    undos.into_iter().rev().for_each(|undo| variables.undo(undo.unwrap().unwrap()));
    assert_eq!(names(&variables), "a b c");
}

/// Variables in a store.
struct Bench {
    store: Arc<MemoryStore>,
    place: Place,
    variables: Variables,
}

impl Bench {
    fn new(sizes: Sizes) -> Self {
        let store = Arc::new(MemoryStore::default());
        let read = store.clone();
        let home = Arc::new(Home { read, seed: 7, sizes });
        Self {
            store,
            variables: Variables::default(),
            place: Place { home, cloud: CLOUD.into(), rid: "r".into() },
        }
    }

    /// Saves; answers how many records were written and how many removed.
    fn save(&mut self) -> (usize, usize) {
        let mut batch = Batch::default();
        self.variables.save(&self.place, &mut batch);
        self.store.commit(&batch).unwrap();
        let puts = batch.writes.iter().filter(|write| matches!(write, Write::Put(..))).count();
        (puts, batch.writes.len() - puts)
    }

    /// Forgets what is in memory.
    fn reload(&mut self) {
        self.variables = Variables::default();
        for (key, record) in self.records() {
            if key[CLOUD.len()] == b'v' {
                let (name, _) = crate::records::key::take_name(&key[CLOUD.len() + 3..]).unwrap();
                self.variables.adopt(&self.place, name.into(), &record).unwrap();
            }
        }
    }

    fn records(&self) -> Vec<(Vec<u8>, Vec<u8>)> {
        let mut records = Vec::new();
        scan_prefix(&*self.store, Space::Clouds, CLOUD.as_bytes(), &mut |key, record| {
            records.push((key.to_vec(), record.to_vec()));
            ControlFlow::Continue(())
        })
        .unwrap();
        records
    }
}

/// A value of a few levels.
fn value(random: &mut Random, levels: u32) -> Data {
    let kind = random.bits() % if levels == 0 { 3 } else { 6 };
    let len = random.bits() % 6;
    match kind {
        0 => Data::Number((random.bits() % 10) as f64),
        1 => Data::string("text".repeat((random.bits() % 4) as usize)),
        2 => Data::Bool(true),
        3 => Data::Array((0..len).map(|_| value(random, levels - 1)).collect()),
        _ => Data::Map((0..len).map(|_| (key(random), value(random, levels - 1))).collect()),
    }
}

fn key(random: &mut Random) -> Arc<str> {
    match random.bits() % 12 {
        n @ 0..4 => n.to_string().into(),
        4 => "\0".into(),
        n => ["a", "b", "c", "d", "e", "f", "g", "h"].get(n as usize - 4).copied().unwrap_or_default().into(),
    }
}

/// What programs do with lists and maps: another list or map that has much in common.
fn varied(random: &mut Random, mut data: Data) -> Data {
    let extra = value(random, 2);
    let at = random.bits() as usize;
    match &mut data {
        Data::Array(items) => match random.bits() % 5 {
            0 => items.insert(0, extra),
            1 if !items.is_empty() => drop(items.remove(at % items.len())),
            2 => items.reverse(),
            3 => items.insert(at % (items.len() + 1), extra),
            _ => items.push(extra),
        },
        Data::Map(entries) => match random.bits() % 4 {
            0 => drop(entries.shift_remove_index(at % (entries.len() + 1))),
            1 => drop(entries.shift_insert(at % (entries.len().max(1)), key(random), extra)),
            2 => entries.sort_keys(),
            _ => drop(entries.insert(key(random), extra)),
        },
        _ => return extra,
    }
    data
}

/// One write, on the variables and on the model.
fn write(random: &mut Random, variables: &mut Variables, model: &mut Variables) -> Option<(Undo, Undo)> {
    let name = ["x", "y", "z"][(random.bits() % 3) as usize];
    let path: Vec<Arc<str>> = (0..random.bits() % 4).map(|_| key(random)).collect();
    let (a, b) = match random.bits() % 8 {
        0 => {
            let new = value(random, 4);
            (variables.set(name, new.clone()), model.set(name, new))
        }
        1 => (variables.remove(name), model.remove(name)),
        2 => (variables.remove_part(name, &path), model.remove_part(name, &path)),
        3 | 4 => {
            let new = varied(random, model.get(name).unwrap().cloned().unwrap_or_default());
            (variables.set(name, new.clone()), model.set(name, new))
        }
        _ => {
            let new = value(random, 3);
            (variables.set_part(name, &path, new.clone()), model.set_part(name, &path, new))
        }
    };
    Some((a.unwrap()?, b.unwrap()?))
}

fn same(seed: u64, bench: &mut Bench, model: &Variables) {
    let sorted = |mut map: DataMap| {
        map.sort_keys();
        Data::Map(map).to_json()
    };
    let found = bench.variables.to_map().unwrap();
    assert_eq!(sorted(found), sorted(model.in_memory()), "seed {seed}");
}

fn check_model(seed: u64, sizes: Sizes) {
    let mut random = Random::new(seed);
    let (mut bench, mut model) = (Bench::new(sizes), Variables::default());
    let mut undos = Vec::new();
    for _ in 0..60 {
        match random.bits() % 16 {
            0 => {
                while let Some((undo, other)) = undos.pop() {
                    bench.variables.undo(undo);
                    model.undo(other);
                }
            }
            1..4 => {
                bench.save();
                undos.clear();
            }
            4 => {
                bench.save();
                undos.clear();
                bench.reload();
                same(seed, &mut bench, &model);
            }
            _ => undos.extend(write(&mut random, &mut bench.variables, &mut model)),
        }
        same(seed, &mut bench, &model);
    }
    bench.save();
    assert_eq!(bench.save(), (0, 0), "seed {seed}");
    bench.reload();
    same(seed, &mut bench, &model);
    for name in bench.variables.to_map().unwrap().keys() {
        bench.variables.remove(name).unwrap();
    }
    bench.save();
    assert!(bench.records().is_empty(), "seed {seed}");
}

#[test]
fn what_is_saved_comes_back() {
    for seed in 0..150 {
        check_model(seed, TINY);
    }
    for seed in 0..50 {
        check_model(seed, Sizes { split: 60, join: 40 });
        check_model(seed, Sizes::default());
    }
}

fn numbers(range: std::ops::Range<usize>) -> Vec<Data> {
    range.map(|n| Data::Number(n as f64)).collect()
}

fn users(count: usize) -> Data {
    Data::Map((0..count).map(|n| (format!("user{n}").into(), Data::string("x".repeat(30)))).collect())
}

/// Counts the records that a change writes and removes, right after it was saved and once more after a reload.
fn check_count(before: &Data, change: impl Fn(&mut Variables), expected: (usize, usize)) {
    for reload in [false, true] {
        let mut bench = Bench::new(Sizes::default());
        bench.variables.set("v", before.clone()).unwrap();
        bench.save();
        if reload {
            bench.reload();
        }
        change(&mut bench.variables);
        assert_eq!(bench.save(), expected, "reloaded: {reload}");
        let after = bench.variables.to_map().unwrap();
        bench.reload();
        let json = |map: DataMap| Data::Map(map).to_json();
        assert_eq!(json(bench.variables.to_map().unwrap()), json(after));
    }
}

#[test]
fn a_small_change_writes_few_records() {
    let list = Data::Array(numbers(0..10_000));
    let set = |value: Data| move |variables: &mut Variables| drop(variables.set("v", value.clone()).unwrap());
    let put = |path: &'static str| {
        move |variables: &mut Variables| {
            drop(variables.set_part("v", &keys(path), Data::Number(-1.0)).unwrap());
        }
    };
    let clear = |path: &'static str| {
        move |variables: &mut Variables| drop(variables.remove_part("v", &keys(path)).unwrap())
    };
    check_count(&Data::Number(1.0), set(Data::Number(2.0)), (1, 0));
    check_count(&Data::Number(1.0), set(Data::Number(1.0)), (0, 0));
    check_count(&users(1_000), put("user500"), (1, 0));
    check_count(&users(1_000), put("another"), (1, 0));
    check_count(&users(1_000), clear("user500"), (0, 1));
    check_count(&list, set(Data::Array(numbers(0..10_001))), (1, 0));
    check_count(&list, set(Data::Array(numbers(1..10_000))), (0, 1));
    check_count(&list, set(Data::Array(numbers(1..10_001))), (1, 1));
    check_count(&list, put("5000"), (1, 0));
    check_count(&list, put("10002"), (3, 0));
    check_count(&list, set(list.clone()), (0, 0));
    check_count(&list, set(Data::Array(numbers(0..10))), (1, 10_000));
    let nested = |n| Data::Array((0..n).map(|_| users(100)).collect());
    check_count(&nested(5), put("3 user7"), (1, 0));
    check_count(&nested(5), put("3 user7 deeper still"), (1, 0));
    check_count(&nested(5), set(nested(6)), (101, 0));
    check_count(&nested(5), set(nested(4)), (0, 101));
    check_count(
        &users(1_000),
        |variables| {
            let undo = variables.set_part("v", &keys("user500"), Data::Null).unwrap();
            variables.undo(undo.unwrap());
        },
        (0, 0),
    );
}

#[test]
fn many_entries_between_two_find_room() {
    let mut bench = Bench::new(TINY);
    let mut items = numbers(0..20);
    bench.variables.set("v", Data::Array(items.clone())).unwrap();
    bench.save();
    let mut rewrites = 0;
    for n in 0..60 {
        items.insert(10, Data::Number(f64::from(n) + 0.5));
        bench.variables.set("v", Data::Array(items.clone())).unwrap();
        rewrites += usize::from(bench.save().0 > 1);
        bench.reload();
        assert_eq!(bench.variables.get("v").unwrap(), Some(&Data::Array(items.clone())));
    }
    assert_eq!(rewrites, 2);
}

#[test]
fn a_variable_stays_split_until_it_is_much_smaller() {
    let mut bench = Bench::new(Sizes::default());
    let records = |bench: &mut Bench, count: usize| {
        bench.variables.set("v", users(count)).unwrap();
        bench.save();
        bench.records().len()
    };
    let counts = [20, 40, 20, 10, 20, 40].map(|count| records(&mut bench, count));
    assert_eq!(counts, [1, 41, 21, 1, 1, 41]);
}

#[test]
fn damage_is_told_and_nothing_else_suffers() {
    let mut bench = Bench::new(TINY);
    bench.variables.set("good", Data::Array(numbers(0..50))).unwrap();
    bench.variables.set("v", users(50)).unwrap();
    bench.save();
    let parts = parts_key(CLOUD, "r", "v");
    let child =
        |ranks: &[u64]| [parts.clone(), ranks.iter().flat_map(|rank| rank.to_be_bytes()).collect()].concat();
    let whole = part_record(Some("a"), Form::Whole(&[0]));
    for (key, record) in [
        (child(&[1]), vec![9, 9]),
        (child(&[1, 2]), whole.clone()),
        (child(&[1]), part_record(None, Form::Whole(&[0]))),
        (child(&[1]), part_record(Some("user7"), Form::Whole(&[0]))),
        (child(&[1]), part_record(Some("a"), Form::Whole(&[99]))),
        (child(&[1])[..parts.len() + RANK - 1].to_vec(), whole),
    ] {
        let mut batch = Batch::default();
        batch.put(Space::Clouds, key.clone(), record);
        bench.store.commit(&batch).unwrap();
        bench.reload();
        let fault = bench.variables.get("v").unwrap_err();
        assert_eq!(fault.code(), "storage");
        assert!(fault.to_string().contains("the store is damaged: the record `"), "{fault}");
        assert!(bench.variables.get("good").unwrap().is_some());
        let mut batch = Batch::default();
        batch.remove(Space::Clouds, key);
        bench.store.commit(&batch).unwrap();
    }
}
