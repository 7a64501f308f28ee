//! What must hold for every entry of the table.

use krl_stdlib::signature::{Signature, Yields};
use krl_stdlib::types::Types;
use krl_stdlib::{all, find, find_member, id_of, members, modules, natives, operators};
use krl_vm::native::NativeCall;
use std::collections::HashSet;

/// Entries that need an event, an action block, or a host with clouds and networks cannot have an example.
fn needs_no_example(s: &Signature) -> bool {
    matches!(s.native.call, NativeCall::Request)
        || matches!(s.module, Some("event" | "meta"))
        || matches!(s.native.name, "noop" | "send_directive")
}

#[test]
fn entries_are_whole() {
    for s in all() {
        let name = s.native.name;
        let qualified = s.module.map_or(s.name.to_owned(), |m| format!("{m}:{}", s.name));
        assert_eq!(name, qualified);
        let params: Vec<_> = s.params.iter().map(|p| p.name).collect();
        assert_eq!(s.native.params, params, "{name}");
        let distinct: HashSet<_> = params.iter().collect();
        assert_eq!(distinct.len(), params.len(), "{name}: a parameter name twice");
        assert!(
            s.params.is_sorted_by_key(|p| p.optional),
            "{name}: a required parameter behind an optional one"
        );
        for p in s.params {
            assert!(p.accepts.contains(p.expects) && !p.expects.is_never(), "{name}: {}", p.name);
        }
        assert!(!s.property || s.params.is_empty(), "{name}: a value with parameters");
        let of = match s.result {
            Yields::Is(types) => {
                assert!(types != Types::NEVER, "{name}");
                vec![]
            }
            Yields::SameAs(i) | Yields::ElementOf(i) | Yields::ResultOf(i) => vec![i],
            Yields::DefaultsTo(i, j) => vec![i, j],
        };
        assert!(of.iter().all(|&i| usize::from(i) < params.len()), "{name}: yields a parameter it has not");
    }
}

#[test]
fn entries_are_documented() {
    for s in all() {
        let name = s.native.name;
        assert!(s.summary.ends_with(['.', '?']) && !s.summary.starts_with(' '), "{name}: {:?}", s.summary);
        assert!(!s.examples.is_empty() || needs_no_example(s), "{name}: no example");
        for (expression, value) in s.examples {
            assert!(expression.contains(s.name), "{name}: {expression}");
            assert!(serde_json::from_str::<serde_json::Value>(value).is_ok(), "{name}: {value}");
        }
    }
}

#[test]
fn names_find_their_entries() {
    let names: HashSet<_> = all().iter().map(|s| s.native.name).collect();
    assert_eq!(names.len(), all().len());
    for (id, s) in all().iter().enumerate() {
        assert_eq!(id_of(s.native.name), Some(id as u16));
        assert_eq!(natives()[id].name, s.native.name);
        assert!(std::ptr::eq(find(s.native.name).unwrap(), s));
        let by_member = s.module.and_then(|m| find_member(m, s.name));
        assert_eq!(by_member.map(|f| f.native.name), s.module.map(|_| s.native.name));
    }
    assert!(find("nosuch").is_none() && find("").is_none() && find(":").is_none());
    assert!(find_member("nosuch", "abs").is_none() && find_member("", "map").is_none());
}

#[test]
fn parts_make_the_whole() {
    let in_modules: usize = modules().iter().map(|m| members(m).len()).sum();
    assert_eq!(operators().len() + in_modules, all().len());
    assert!(operators().iter().all(|s| s.module.is_none()));
    assert!(members("nosuch").is_empty());
}
