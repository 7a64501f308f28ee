//! Long and deep programs are checked in bounded stack and time.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_compiler::check::{CheckOptions, SourceFile, check};
use std::time::{Duration, Instant};

fn ruleset(expr: &str) -> String {
    format!("ruleset deep {{ meta {{ shares v }} global {{ v = function(x) {{ {expr} }} }} }}")
}

/// Checks in the 2 MiB of a test's thread.
fn checks(name: &str, source: &str) {
    let start = Instant::now();
    let output = check(&[SourceFile { path: "deep.krl", source }], &CheckOptions::default());
    assert_eq!(output.files.len(), 1);
    assert!(start.elapsed() < Duration::from_secs(60), "{name} took {:?}", start.elapsed());
}

#[test]
fn long_and_deep_expressions_are_checked() {
    let cases = [
        ("brackets", format!("{}x{}", "[".repeat(10_000), "]".repeat(10_000))),
        ("nested arrays", format!("{}x{}", "[".repeat(200), "]".repeat(200))),
        ("nested calls", format!("{}x{}", "v(".repeat(200), ")".repeat(200))),
        ("nested functions", format!("{}x{}", "function(y){".repeat(150), "}".repeat(150))),
        ("a long sum", format!("x{}", " + x".repeat(5_000))),
        ("a long chain of conditions", format!("{} x", "x => 1 | ".repeat(1_000))),
        ("a long chain of calls", format!("x{}", ".klog()".repeat(1_000))),
        ("a long chain of paths", format!("x{}", "{\"a\"}".repeat(1_000))),
        ("a long conjunction", format!("x{}", " && x".repeat(1_000))),
        ("a long array", format!("[{}]", "1, ".repeat(20_000))),
    ];
    for (name, expr) in cases {
        checks(name, &ruleset(&expr));
    }
}

#[test]
fn functions_that_call_each_other_in_a_long_row_are_checked() {
    let functions: Vec<String> =
        (0..1_000).map(|i| format!("f{i} = function(x) {{ [x => f{}(x) | null] }}", i + 1)).collect();
    let source = format!(
        "ruleset deep {{ meta {{ shares f0 }} global {{ {} f1000 = function(x) {{ x }} }} }}",
        functions.join("\n")
    );
    checks("a row of functions", &source);
}

#[test]
fn many_rules_are_checked_in_linear_time() {
    let rules: Vec<String> = (0..1_000)
        .map(|i| {
            format!("rule r{i} {{ select when shop e{i} a re#(.)# setting(a) send_directive(a) fired {{ ent:v{i} := a; raise shop event \"f{i}\" }} }}")
        })
        .collect();
    checks("many rules", &format!("ruleset long {{ {} }}", rules.join("\n")));
}
