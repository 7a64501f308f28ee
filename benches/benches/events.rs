//! Events a second on an in-memory cloud, one core, through the interpreter.

#![expect(clippy::expect_used, clippy::panic, reason = "a set-up that fails ends the measurement")]

use divan::Bencher;
use divan::counter::ItemsCount;
use krl_kernel::cloud::{Cloud, Configuration, Environment};
use krl_vm::data::Data;
use std::fmt::Write;

fn main() {
    divan::main();
}

/// Events sent in one iteration.
const BATCH: usize = 1_000;

fn cloud(source: &str) -> Cloud {
    let compiled = krl_compiler::compile(source);
    let Some(unit) = compiled.unit else { panic!("{:?}", compiled.diagnostics) };
    let verified = krl_vm::verify::verify(unit).expect("compiled code");
    let mut cloud = Cloud::new(Environment::default());
    cloud.install(verified, Configuration::default()).expect("the ruleset installs");
    cloud
}

/// Sends `events` in turn; the last of each batch must give a directive, so that a rule that never fires cannot look fast.
fn send(bencher: Bencher<'_, '_>, source: &str, events: &[(&str, &str)]) {
    let mut cloud = cloud(source);
    let events: Vec<(&str, &str, Data)> = events
        .iter()
        .map(|(event, attrs)| {
            let (domain, name) = event.split_once(':').expect("domain:type");
            (domain, name, Data::parse(attrs).expect("JSON"))
        })
        .collect();
    let rounds = BATCH / events.len();
    bencher.counter(ItemsCount::new(rounds * events.len())).bench_local(|| {
        let mut directives = 0;
        for _ in 0..rounds {
            for (domain, name, attrs) in &events {
                let answer = cloud.signal(domain, name, attrs.clone()).expect("a clean event");
                assert!(answer.errors.is_empty(), "{:?}", answer.errors);
                directives += answer.directives.len();
            }
        }
        assert!(directives >= rounds, "the rule did not fire");
    });
}

fn rule(name: &str, body: &str) -> String {
    format!("rule {name} {{ {body} }}\n")
}

fn ruleset(rules: &str) -> String {
    format!("ruleset bench {{ {rules} }}")
}

#[divan::bench]
fn simple(bencher: Bencher<'_, '_>) {
    let source = ruleset(&rule("r", r#"select when a b send_directive("hit")"#));
    send(bencher, &source, &[("a:b", "{}")]);
}

#[divan::bench]
fn nobody_listens(bencher: Bencher<'_, '_>) {
    let source = ruleset(&rule("r", r#"select when a b send_directive("hit")"#));
    let mut events = vec![("a:x", "{}"); 99];
    events.push(("a:b", "{}"));
    send(bencher, &source, &events);
}

#[divan::bench]
fn entity_counter(bencher: Bencher<'_, '_>) {
    let body = r#"select when a b send_directive("hit") fired { ent:n := ent:n.defaultsTo(0) + 1 }"#;
    send(bencher, &ruleset(&rule("r", body)), &[("a:b", "{}")]);
}

#[divan::bench]
fn ten_attribute_patterns(bencher: Bencher<'_, '_>) {
    let mut patterns = String::new();
    let mut attrs = String::from("{");
    for i in 0..10 {
        let _ = write!(patterns, " k{i} re#^(\\w+)$#");
        let _ = write!(attrs, "{}\"k{i}\": \"value{i}\"", if i > 0 { ", " } else { "" });
    }
    attrs.push('}');
    let body = format!(r#"select when a b{patterns} setting(k0) send_directive("hit", {{"k": k0}})"#);
    send(bencher, &ruleset(&rule("r", &body)), &[("a:b", &attrs)]);
}

#[divan::bench]
fn hundred_rules_one_event_type_each(bencher: Bencher<'_, '_>) {
    let rules: String = (0..100)
        .map(|i| rule(&format!("r{i}"), &format!(r#"select when a b{i} send_directive("hit")"#)))
        .collect();
    send(bencher, &ruleset(&rules), &[("a:b50", "{}")]);
}

#[divan::bench]
fn hundred_rules_one_pattern_matches(bencher: Bencher<'_, '_>) {
    let rules: String = (0..100)
        .map(|i| {
            rule(&format!("r{i}"), &format!(r#"select when a b k re#^value{i}$# send_directive("hit")"#))
        })
        .collect();
    send(bencher, &ruleset(&rules), &[("a:b", r#"{"k": "value50"}"#)]);
}

#[divan::bench]
fn before(bencher: Bencher<'_, '_>) {
    let source = ruleset(&rule("r", r#"select when a b before a c send_directive("hit")"#));
    send(bencher, &source, &[("a:b", "{}"), ("a:c", "{}")]);
}

#[divan::bench]
fn count_two(bencher: Bencher<'_, '_>) {
    let body = r#"select when count 2 (a b n re#(\d+)#) max(m) send_directive("hit", {"max": m})"#;
    send(bencher, &ruleset(&rule("r", body)), &[("a:b", r#"{"n": 1}"#), ("a:b", r#"{"n": 2}"#)]);
}

#[divan::bench]
fn within(bencher: Bencher<'_, '_>) {
    let source = ruleset(&rule("r", r#"select when a b before a c within 5 minutes send_directive("hit")"#));
    send(bencher, &source, &[("a:b", "{}"), ("a:c", "{}")]);
}

#[divan::bench]
fn thirty_operators_in_pre(bencher: Bencher<'_, '_>) {
    let body = r#"
        select when a b
        pre {
            name = event:attrs{"name"}.defaultsTo("nobody").trim().lc().capitalize()
            parts = event:attrs{"tags"}.split(",").map(function(t) { t.trim() }).filter(function(t) { t.length() > 1 })
            n = event:attrs{"n"}.as("Number")
            sum = (n + 1) * 2 - 3 / 4 % 5
            big = n > 10 && n < 100 || n == 5
            label = <<#{name} has #{parts.length()} tags: #{parts.join("; ")}>>
            record = {"name": name, "n": n}.put("sum", sum).put(["more", "big"], big)
            keys = record.keys().sort().reverse()
            first = keys.head()
            last = keys.tail().length()
            found = parts >< "blue" => "yes" | "no"
        }
        send_directive("hit", {"label": label, "first": first, "found": found, "last": last})"#;
    let attrs = r#"{"name": " ADA ", "tags": "red, blue, x, green", "n": "42"}"#;
    send(bencher, &ruleset(&rule("r", body)), &[("a:b", attrs)]);
}

#[divan::bench]
fn foreach_over_hundred(bencher: Bencher<'_, '_>) {
    let body = r#"select when a b foreach 1.range(100) setting(i) if i == 100 then send_directive("hit")"#;
    send(bencher, &ruleset(&rule("r", body)), &[("a:b", "{}")]);
}

#[divan::bench]
fn ten_raised_events(bencher: Bencher<'_, '_>) {
    let rules = rule(
        "r",
        r#"select when a b foreach 1.range(10) setting(i) fired { raise a event "c" attributes {"i": i} }"#,
    ) + &rule("s", r#"select when a c i re#^10$# send_directive("hit")"#);
    send(bencher, &ruleset(&rules), &[("a:b", "{}")]);
}

#[divan::bench]
fn path_update_in_thousand_keys(bencher: Bencher<'_, '_>) {
    let rules = rule(
        "r",
        r#"select when a b send_directive("hit") fired { ent:m{event:attrs{"k"}} := event:attrs{"k"} }"#,
    );
    let events: Vec<(String, String)> =
        (0..1_000).map(|i| ("a:b".to_owned(), format!("{{\"k\": \"key{i}\"}}"))).collect();
    let events: Vec<(&str, &str)> = events.iter().map(|(e, a)| (e.as_str(), a.as_str())).collect();
    send(bencher, &ruleset(&rules), &events);
}
