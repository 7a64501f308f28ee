//! The heap against plain models.

use super::*;
use crate::data::Data;

fn heap() -> Heap {
    Heap::new(Arc::default(), Arc::default(), 1 << 26)
}

#[test]
fn old_versions_of_arrays_stay() {
    let mut h = heap();
    let mut versions = vec![h.array_from(&[]).unwrap()];
    for i in 0..100 {
        let next = h.array_push(*versions.last().unwrap(), Value::number(f64::from(i))).unwrap();
        versions.push(next);
    }
    let fork = h.array_push(versions[10], Value::TRUE).unwrap();
    assert_eq!(h.array(fork).len(), 11);
    for (len, v) in versions.iter().enumerate() {
        let want: Vec<Value> = (0..len).map(|i| Value::number(i as f64)).collect();
        assert_eq!(h.array(*v), want);
    }
}

/// Random puts into random versions, each version compared with a model at the end.
#[test]
fn versions_of_maps_match_a_model() {
    let mut h = heap();
    let mut seed = 7u64;
    let mut random = move |n: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % n
    };
    let mut versions = vec![(h.map_new().unwrap(), Vec::<(String, f64)>::new())];
    for step in 0..600 {
        let from = if random(4) == 0 { random(versions.len() as u64) as usize } else { versions.len() - 1 };
        let (map, mut model) = versions[from].clone();
        let key = format!("k{}", random(40));
        let key_value = h.string(&key).unwrap();
        let next = h.map_put(map, key_value, Value::number(f64::from(step))).unwrap();
        match model.iter_mut().find(|(k, _)| *k == key) {
            Some(entry) => entry.1 = f64::from(step),
            None => model.push((key, f64::from(step))),
        }
        versions.push((next, model));
    }
    for (map, model) in &versions {
        let got: Vec<(String, f64)> = h
            .map_entries(*map)
            .iter()
            .map(|e| (h.str(e.key).to_owned(), e.value.as_number().unwrap()))
            .collect();
        assert_eq!(&got, model);
        for (key, value) in model {
            assert_eq!(h.map_get(*map, key), Some(Value::number(*value)));
        }
        assert_eq!(h.map_get(*map, "absent"), None);
    }
}

#[test]
fn integer_keys_come_first() {
    let mut h = heap();
    let v = h.import(&Data::parse(r#"{"b":1,"10":2,"a":3,"9":4,"01":5}"#).unwrap()).unwrap();
    assert_eq!(h.export(v).unwrap().to_json(), r#"{"9":4,"10":2,"b":1,"a":3,"01":5}"#);
}

#[test]
fn data_survives_the_heap() {
    let mut h = heap();
    for text in [r#"{"a":[1,2.5,-3,null,true,"é𝄞"],"b":{}}"#, "[]", "null", "\"\"", "1e300"] {
        let data = Data::parse(text).unwrap();
        let v = h.import(&data).unwrap();
        assert_eq!(h.export(v).unwrap(), data);
    }
}

#[test]
fn frozen_closures_may_reach_themselves() {
    let mut h = heap();
    let f = h.closure_from(false, 0, 3, 0, &[Value::UNSET, Value::TRUE]).unwrap();
    h.set_capture(f, 0, f);
    let mut region = Region::default();
    let frozen = h.freeze(f, &mut region).unwrap();
    let other = Heap::new(Arc::new(region), Arc::default(), 1 << 20);
    assert_eq!(other.capture(frozen, 0), frozen);
    assert_eq!(other.capture(frozen, 1), Value::TRUE);
    assert_eq!(other.closure(frozen).unwrap().function, 3);
}

#[test]
fn memory_is_bounded() {
    let mut h = Heap::new(Arc::default(), Arc::default(), 1 << 12);
    let mut text = h.string("0123456789abcdef").unwrap();
    let fault = loop {
        let (a, b) = (h.str(text).to_owned(), h.str(text).to_owned());
        match h.string_of_parts(&[&a, &b]) {
            Ok(longer) => text = longer,
            Err(fault) => break fault,
        }
    };
    assert_eq!(fault, Fault::limit(Limit::Memory));
}

#[test]
fn frozen_maps_are_read_and_put_into() {
    let mut h = heap();
    let data =
        Data::parse(r#"{"a":{"x":[1,{"y":"z"}]},"b":"t","c":1,"d":2,"e":3,"f":4,"g":5,"h":6,"i":7,"j":8}"#)
            .unwrap();
    let v = h.import(&data).unwrap();
    let mut region = Region::default();
    let frozen = h.freeze(v, &mut region).unwrap();
    let mut other = Heap::new(Arc::new(region), Arc::default(), 1 << 20);
    assert_eq!(other.export(frozen).unwrap(), data);
    let key = other.string("b").unwrap();
    let changed = other.map_put(frozen, key, Value::TRUE).unwrap();
    assert_eq!(other.map_get(changed, "b"), Some(Value::TRUE));
    assert_eq!(other.export(frozen).unwrap(), data);
}

/// Forty doublings stand for a million million parts in eighty arrays.
#[test]
fn shared_parts_do_not_explode() {
    let mut h = Heap::new(Arc::default(), Arc::default(), 1 << 20);
    let mut doubled = || {
        let start = h.array_from(&[]).unwrap();
        (0..40).fold(start, |v, _| h.array_from(&[v, v]).unwrap())
    };
    let (a, b) = (doubled(), doubled());
    assert_eq!(h.equals(a, a), Ok(true));
    assert_eq!(h.equals(a, b), Err(Fault::limit(Limit::Instructions)));
    assert_eq!(h.export(a), Err(Fault::limit(Limit::Memory)));
    assert_eq!(h.freeze(a, &mut Region::default()), Err(Fault::limit(Limit::Memory)));
}

/// Parts are cut at every place of a word, and are the same as texts made anew.
#[test]
fn parts_of_texts_are_texts() {
    for text in ["", "a", "12345678", "123456789", "2026-11-22T18:35:07Z shard-5 GET", "aé日本語😀bcdefgh"]
    {
        let mut h = heap();
        let whole = h.string(text).unwrap();
        for start in 0..=text.len() {
            for end in start..=text.len() + 1 {
                let wanted = text.get(start..end).unwrap_or_default();
                let part = h.string_part(whole, start..end).unwrap();
                let made = h.string(wanted).unwrap();
                assert_eq!(h.str(part), wanted);
                assert!(h.str_eq(part, made), "{wanted}");
                assert_eq!(h.is_ascii(part), wanted.is_ascii(), "{wanted}");
                let map = h.map_from(&[(part, Value::TRUE)]).unwrap();
                assert_eq!(h.map_get(map, wanted), Some(Value::TRUE), "{wanted}");
                assert_eq!(h.map_get_key(map, made), Some(Value::TRUE), "{wanted}");
                assert_eq!(h.export(part), Ok(Data::string(wanted)));
                // A part of a part, and of a text that lies after it.
                let again = h.string_part(part, 0..wanted.len()).unwrap();
                assert!(h.str_eq(again, part) && h.str_eq(made, again), "{wanted}");
            }
        }
    }
}

/// Maps that are copied to grow, with an index and without, have their keys in order and find them.
#[test]
fn copies_of_maps_have_all_keys() {
    for len in 0..40 {
        let mut h = heap();
        let keys: Vec<String> = (0..len).map(|i| format!("key {i}")).collect();
        let map = keys.iter().map(|key| (key.as_str().into(), Data::Number(1.0))).collect();
        let map = h.import(&Data::Map(map)).unwrap();
        let (more, seven) = (h.string("more").unwrap(), h.string("7").unwrap());
        let grown = h.map_put(map, more, Value::TRUE).unwrap();
        let grown = h.map_put(grown, seven, Value::FALSE).unwrap();
        assert_eq!(h.map_len(map), len);
        let found: Vec<&str> = h.map_entries(grown).iter().map(|e| h.str(e.key)).collect();
        let wanted: Vec<&str> =
            ["7"].into_iter().chain(keys.iter().map(String::as_str)).chain(["more"]).collect();
        assert_eq!(found, wanted);
        assert!(keys.iter().all(|key| h.map_get(grown, key) == Some(Value::number(1.0))));
        assert_eq!((h.map_get(grown, "more"), h.map_get(map, "more")), (Some(Value::TRUE), None));
    }
}

/// What a part spares in memory it costs in work, as it has been read.
#[test]
fn parts_of_texts_are_paid_for() {
    let mut h = heap();
    let whole = h.string(&"x".repeat(6_400)).unwrap();
    h.take_work();
    let used = h.used_bytes();
    h.string_part(whole, 0..6_400).unwrap();
    assert_eq!((h.used_bytes() - used, h.take_work()), (16, 100));
}
