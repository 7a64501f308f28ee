//! The measured work, as data: each case runs here and on the reference.

use std::fmt::Write;

/// A ruleset and what is asked of it, over and over.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Case {
    /// What it shows.
    pub name: &'static str,
    /// The ruleset; its id is `bench`.
    pub source: String,
    /// The domain of its events.
    pub domain: &'static str,
    /// What is asked.
    pub work: Work,
}

/// What is asked of a ruleset.
#[derive(Clone, Debug, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// These events in turn: type and JSON attributes. Each round of them gives at least one directive.
    Events(Vec<(String, serde_json::Value)>),
    /// The query `result`, and the JSON it answers.
    Query(&'static str),
}

/// The case of this name.
///
/// # Panics
/// If there is none.
#[must_use]
#[expect(clippy::panic, reason = "a bench that names no case must not pass")]
pub fn named(name: &str) -> Case {
    all().into_iter().find(|c| c.name == name).unwrap_or_else(|| panic!("no case `{name}`"))
}

/// Every case.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = events();
    cases.extend(queries());
    cases
}

/// What the bench `host` asks for over HTTP, by the names it has there.
#[must_use]
pub fn hosted() -> Vec<Case> {
    let case = |name, work| Case {
        name,
        source: include_str!("../benches/host/bench.krl").to_owned(),
        domain: "bench",
        work,
    };
    let event = |name: &str| Work::Events(vec![(name.to_owned(), serde_json::json!({}))]);
    vec![
        case("simple event", event("simple")),
        case("counting event", event("count")),
        case("query", Work::Query("0")),
    ]
}

/// Names of the event cases.
#[must_use]
pub fn event_names() -> Vec<&'static str> {
    events().iter().map(|c| c.name).collect()
}

/// Names of the query cases.
#[must_use]
pub fn query_names() -> Vec<&'static str> {
    queries().iter().map(|c| c.name).collect()
}

fn case(name: &'static str, rules: &str, events: &[(&str, &str)]) -> Case {
    let events = events
        .iter()
        .map(|(event, attrs)| ((*event).to_owned(), serde_json::from_str(attrs).unwrap_or_default()))
        .collect();
    Case { name, source: format!("ruleset bench {{\n{rules}\n}}"), domain: "a", work: Work::Events(events) }
}

fn rule(name: &str, body: &str) -> String {
    format!("rule {name} {{ {body} }}\n")
}

fn events() -> Vec<Case> {
    let simple = rule("r", r#"select when a b send_directive("hit")"#);
    let counter =
        rule("r", r#"select when a b send_directive("hit") fired { ent:n := ent:n.defaultsTo(0) + 1 }"#);
    let by_type: String = (0..100)
        .map(|i| rule(&format!("r{i}"), &format!(r#"select when a b{i} send_directive("hit")"#)))
        .collect();
    let by_pattern: String = (0..100)
        .map(|i| {
            rule(&format!("r{i}"), &format!(r#"select when a b k re#^value{i}$# send_directive("hit")"#))
        })
        .collect();
    let (ten_patterns, ten_attrs) = ten_patterns();
    let before = rule("r", r#"select when a b before a c send_directive("hit")"#);
    let within = rule("r", r#"select when a b before a c within 5 minutes send_directive("hit")"#);
    let count =
        rule("r", r#"select when count 2 (a b n re#(\d+)#) max(m) send_directive("hit", {"max": m})"#);
    let foreach = rule(
        "r",
        r#"select when a b foreach 1.range(100) setting(i) if i == 100 then send_directive("hit")"#,
    );
    let raise = rule(
        "r",
        r#"select when a b foreach 1.range(10) setting(i) fired { raise a event "c" attributes {"i": i} }"#,
    ) + &rule("s", r#"select when a c i re#^10$# send_directive("hit")"#);
    let paths: Vec<(String, String)> =
        (0..1_000).map(|i| ("b".to_owned(), format!("{{\"k\": \"key{i}\"}}"))).collect();
    let paths: Vec<(&str, &str)> = paths.iter().map(|(e, a)| (e.as_str(), a.as_str())).collect();
    let path = rule(
        "r",
        r#"select when a b send_directive("hit") fired { ent:m{event:attrs{"k"}} := event:attrs{"k"} }"#,
    );
    vec![
        case("simple", &simple, &[("b", "{}")]),
        case("entity counter", &counter, &[("b", "{}")]),
        case("ten attribute patterns", &ten_patterns, &[("b", &ten_attrs)]),
        case("100 rules, one of the event's type", &by_type, &[("b50", "{}")]),
        case("100 rules, one pattern matches", &by_pattern, &[("b", r#"{"k": "value50"}"#)]),
        case("before", &before, &[("b", "{}"), ("c", "{}")]),
        case("count 2 with max", &count, &[("b", r#"{"n": 1}"#), ("b", r#"{"n": 2}"#)]),
        case("within", &within, &[("b", "{}"), ("c", "{}")]),
        case("30 operators in pre", &rule("r", OPERATORS), &[("b", OPERATOR_ATTRS)]),
        case("foreach over 100", &foreach, &[("b", "{}")]),
        case("10 raised events", &raise, &[("b", "{}")]),
        case("path update in 1,000 keys", &path, &paths),
    ]
}

fn ten_patterns() -> (String, String) {
    let mut patterns = String::new();
    let mut attrs = String::from("{");
    for i in 0..10 {
        let _ = write!(patterns, " k{i} re#^(\\w+)$#");
        let _ = write!(attrs, "{}\"k{i}\": \"value{i}\"", if i > 0 { ", " } else { "" });
    }
    attrs.push('}');
    let body = format!(r#"select when a b{patterns} setting(k0) send_directive("hit", {{"k": k0}})"#);
    (rule("r", &body), attrs)
}

const OPERATORS: &str = r#"
    select when a b
    pre {
        name = event:attrs{"name"}.defaultsTo("nobody").trim().lc().capitalize()
        parts = event:attrs{"tags"}.split(",").map(function(t) { t.trim() }).filter(function(t) { t.length() > 1 })
        n = event:attrs{"n"}.as("Number")
        sum = (n + 1) * 2 - 3 / 4 % 5
        big = n > 10 && n < 100 || n == 5
        label = <<#{name} has #{parts.length()} tags: #{parts.join("; ")}>>
        record = {"name": name, "n": n}.put("sum", sum).put(["more", "big"], big)
        names = record.keys().sort().reverse()
        first = names.head()
        rest = names.tail().length()
        found = parts >< "blue" => "yes" | "no"
    }
    send_directive("hit", {"label": label, "first": first, "found": found, "rest": rest})"#;
const OPERATOR_ATTRS: &str = r#"{"name": " ADA ", "tags": "red, blue, x, green", "n": "42"}"#;

fn queries() -> Vec<Case> {
    let query = |name, globals: &str, answer| Case {
        name,
        source: format!("ruleset bench {{ meta {{ shares result }} global {{ {globals} }} }}"),
        domain: "a",
        work: Work::Query(answer),
    };
    let numbers = "xs = 1.range(10000).map(function(i) { i * 7919 % 10007 })";
    vec![
        query("query of an entity variable", "result = function() { ent:n.defaultsTo(0) }", "0"),
        query(
            "fib(25)",
            "fib = function(n) { n < 2 => n | fib(n - 1) + fib(n - 2) } result = function() { fib(25) }",
            "75025",
        ),
        query(
            "map, filter, reduce over 100,000",
            "result = function() { 1.range(100000).map(function(x) { x * 2 }).filter(function(x) { x % 3 == 0 })
                .reduce(function(a, b) { a + b }, 0) }",
            "3333366666",
        ),
        query(
            "sort 10,000 with a function",
            &format!("{numbers} result = function() {{ xs.sort(function(a, b) {{ a <=> b }}).head() }}"),
            "1",
        ),
        query("sort 10,000 by text", &format!("{numbers} result = function() {{ xs.sort().head() }}"), "1"),
        query(
            "map of 1,000 keys by put",
            r#"result = function() { 1.range(1000).reduce(function(m, i) { m.put("key" + i, i) }, {}).length() }"#,
            "1000",
        ),
        query(
            "list of 1,000 by append",
            "result = function() { 1.range(1000).reduce(function(l, i) { l.append(i) }, []).length() }",
            "1000",
        ),
        query(
            "count 10,000 words in one map",
            r#"words = 1.range(10000).map(function(i) { "w" + i % 500 })
                result = function() { words.reduce(function(m, w) { m.put(w, m{w}.defaultsTo(0) + 1) }, {}){"w7"} }"#,
            "20",
        ),
    ]
}
