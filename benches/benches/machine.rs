//! The interpreter on loops, calls and collections: one query each on a cloud without state.

#![expect(clippy::expect_used, clippy::panic, reason = "a set-up that fails ends the measurement")]

use divan::Bencher;
use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, Query};

fn main() {
    divan::main();
}

/// Asks `result` of a ruleset with these globals, and checks the answer once.
fn ask(bencher: Bencher<'_, '_>, globals: &str, answer: &str) {
    let source = format!("ruleset bench {{ meta {{ shares result }} global {{ {globals} }} }}");
    let compiled = krl_compiler::compile(&source);
    let Some(unit) = compiled.unit else { panic!("{:?}", compiled.diagnostics) };
    let budgets = Budgets { instructions: u64::MAX / 4, memory_bytes: 1 << 30, ..Budgets::default() };
    let mut cloud = Cloud::new(Environment { budgets, ..Environment::default() });
    let verified = krl_vm::verify::verify(unit).expect("compiled code");
    cloud.install(verified, Configuration::default()).expect("the ruleset installs");
    let query = Query { rid: "bench".into(), name: "result".into(), ..Query::default() };
    assert_eq!(cloud.query(&query).expect("an answer").to_json(), answer);
    bencher.bench_local(|| divan::black_box(cloud.query(&query)));
}

#[divan::bench]
fn fib_25(bencher: Bencher<'_, '_>) {
    ask(
        bencher,
        "fib = function(n) { n < 2 => n | fib(n - 1) + fib(n - 2) } result = function() { fib(25) }",
        "75025",
    );
}

#[divan::bench]
fn map_filter_reduce_over_100_000(bencher: Bencher<'_, '_>) {
    let globals = "result = function() {
        1.range(100000).map(function(x) { x * 2 }).filter(function(x) { x % 3 == 0 }).reduce(function(a, b) { a + b }, 0)
    }";
    ask(bencher, globals, "3333366666");
}

#[divan::bench]
fn sort_10_000_with_a_function(bencher: Bencher<'_, '_>) {
    let globals = "xs = 1.range(10000).map(function(i) { i * 7919 % 10007 })
        result = function() { xs.sort(function(a, b) { a <=> b }).head() }";
    ask(bencher, globals, "1");
}

#[divan::bench]
fn sort_10_000_by_text(bencher: Bencher<'_, '_>) {
    let globals =
        "xs = 1.range(10000).map(function(i) { i * 7919 % 10007 }) result = function() { xs.sort().head() }";
    ask(bencher, globals, "1");
}

#[divan::bench]
fn map_of_1_000_keys_by_put(bencher: Bencher<'_, '_>) {
    let globals = r#"result = function() {
        1.range(1000).reduce(function(m, i) { m.put("key" + i, i) }, {}).length()
    }"#;
    ask(bencher, globals, "1000");
}

#[divan::bench]
fn list_of_10_000_by_append(bencher: Bencher<'_, '_>) {
    let globals =
        "result = function() { 1.range(10000).reduce(function(l, i) { l.append(i) }, []).length() }";
    ask(bencher, globals, "10000");
}

#[divan::bench]
fn count_words_in_one_map(bencher: Bencher<'_, '_>) {
    let globals = r#"words = 1.range(10000).map(function(i) { "w" + i % 500 })
        result = function() {
            words.reduce(function(m, w) { m.put(w, m{w}.defaultsTo(0) + 1) }, {}){"w7"}
        }"#;
    ask(bencher, globals, "20");
}
