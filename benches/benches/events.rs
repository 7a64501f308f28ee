//! Events through an in-memory cloud: `cargo bench --bench events`. Each figure is one event.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails ends the measurement")]

use krl_kernel::cloud::{Cloud, Configuration, Environment};
use krl_vm::data::Data;
use std::fmt::Write;

fn main() {
    divan::main();
}

fn cloud(rules: &str) -> Cloud {
    let compiled = krl_compiler::compile(&format!("ruleset bench {{ {rules} }}"));
    let Some(unit) = compiled.unit else { panic!("{:?}", compiled.diagnostics) };
    let unit = krl_vm::verify::verify(unit).unwrap();
    let mut cloud = Cloud::new(Environment::default());
    cloud.install(unit, Configuration::default()).unwrap();
    cloud
}

fn run(bencher: divan::Bencher<'_, '_>, rules: &str, events: &[(&str, &str)]) {
    let mut cloud = cloud(rules);
    let events: Vec<_> = events.iter().map(|(name, attrs)| (*name, Data::parse(attrs).unwrap())).collect();
    let mut at = 0;
    bencher.bench_local(move || {
        let (name, attrs) = &events[at % events.len()];
        at += 1;
        let answer = cloud.signal("a", name, attrs.clone()).unwrap();
        assert!(answer.errors.is_empty());
        answer
    });
}

#[divan::bench]
fn simple(bencher: divan::Bencher<'_, '_>) {
    run(bencher, r#"rule r { select when a b send_directive("x") }"#, &[("b", "{}")]);
}

#[divan::bench]
fn selected_by_nothing(bencher: divan::Bencher<'_, '_>) {
    run(bencher, r#"rule r { select when a b send_directive("x") }"#, &[("c", "{}")]);
}

#[divan::bench]
fn ten_attribute_patterns(bencher: divan::Bencher<'_, '_>) {
    let patterns = (0..10).fold(String::new(), |mut text, i| {
        let _ = write!(text, "k{i} re#^v{i}$# ");
        text
    });
    let attrs: Vec<_> = (0..10).map(|i| format!(r#""k{i}":"v{i}""#)).collect();
    let rule = format!(r#"rule r {{ select when a b {patterns} send_directive("x") }}"#);
    run(bencher, &rule, &[("b", &format!("{{{}}}", attrs.join(",")))]);
}

#[divan::bench]
fn hundred_rules_of_other_types(bencher: divan::Bencher<'_, '_>) {
    let rules: Vec<_> =
        (0..100).map(|i| format!(r#"rule r{i} {{ select when a b{i} send_directive("x") }}"#)).collect();
    run(bencher, &rules.join(" "), &[("b42", "{}")]);
}

#[divan::bench]
fn hundred_rules_with_a_pattern_one_matching(bencher: divan::Bencher<'_, '_>) {
    let rules: Vec<_> = (0..100)
        .map(|i| format!(r#"rule r{i} {{ select when a b k re#^v{i}$# send_directive("x") }}"#))
        .collect();
    run(bencher, &rules.join(" "), &[("b", r#"{"k":"v42"}"#)]);
}

#[divan::bench]
fn before(bencher: divan::Bencher<'_, '_>) {
    let rule = r#"rule r { select when a b before a c send_directive("x") }"#;
    run(bencher, rule, &[("b", "{}"), ("c", "{}")]);
}

#[divan::bench]
fn count_within(bencher: divan::Bencher<'_, '_>) {
    let rule =
        r#"rule r { select when count 3 (a b v re#(\d+)#) sum(s) within 5 minutes send_directive("x") }"#;
    run(bencher, rule, &[("b", r#"{"v":"7"}"#)]);
}

#[divan::bench]
fn counter(bencher: divan::Bencher<'_, '_>) {
    run(bencher, "rule r { select when a b fired { ent:n := ent:n.defaultsTo(0) + 1 } }", &[("b", "{}")]);
}

#[divan::bench]
fn path_update_in_1000_keys(bencher: divan::Bencher<'_, '_>) {
    let fill =
        "rule f { select when a fill foreach 0.range(999) setting(i) fired { ent:m{\"k\" + i} := i } }";
    let rule =
        "rule r { select when a b fired { ent:m{event:attrs{\"k\"}} := ent:m{event:attrs{\"k\"}} + 1 } }";
    let mut cloud = cloud(&format!("{fill} {rule}"));
    cloud.signal("a", "fill", Data::Null).unwrap();
    let attrs = Data::parse(r#"{"k":"k500"}"#).unwrap();
    bencher.bench_local(move || cloud.signal("a", "b", attrs.clone()).unwrap());
}

#[divan::bench]
fn thirty_operators_in_pre(bencher: divan::Bencher<'_, '_>) {
    let pre: Vec<_> = (0..10)
        .map(|i| {
            format!(r#"x{i} = [1, 2, {i}].length() + "abc".uc().length() + {{"a": {i}}}.keys().length()"#)
        })
        .collect();
    let rule = format!(r#"rule r {{ select when a b pre {{ {} }} send_directive("x") }}"#, pre.join(" "));
    run(bencher, &rule, &[("b", "{}")]);
}

#[divan::bench]
fn foreach_over_100(bencher: divan::Bencher<'_, '_>) {
    let rule = r#"rule r { select when a b foreach 1.range(100) setting(i) fired { ent:n := i } }"#;
    run(bencher, rule, &[("b", "{}")]);
}

#[divan::bench]
fn raises_ten(bencher: divan::Bencher<'_, '_>) {
    let raises: Vec<_> = (0..10).map(|_| r#"raise a event "c""#.to_owned()).collect();
    let rules = format!(
        r#"rule r {{ select when a b fired {{ {} }} }} rule s {{ select when a c send_directive("x") }}"#,
        raises.join(" ; ")
    );
    run(bencher, &rules, &[("b", "{}")]);
}
