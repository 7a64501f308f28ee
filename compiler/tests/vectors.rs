//! No false errors: what the reference accepts and runs has no error-level finding, unless a decision or the vector itself says that it cannot work.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_lang::{Code, LineIndex};
use serde_json::Value;
use std::collections::BTreeMap;

/// One vector a line; those that hold half a character, which no source can, are left out.
fn read(name: &str) -> Vec<Value> {
    let path = format!("{}/../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|l| l.trim().trim_end_matches(',')).filter(|l| l.starts_with('{'));
    lines.filter_map(|l| serde_json::from_str(l).ok()).collect()
}

/// Findings that rest on a decision, by vector: `{"file", "id", "code", "decision", "why"}`.
fn deviations() -> BTreeMap<String, Vec<String>> {
    let mut by_id: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for deviation in read("check-deviations.json") {
        let text = |key: &str| deviation[key].as_str().unwrap().to_owned();
        assert!(!text("decision").is_empty() && !text("why").is_empty());
        by_id.entry(text("file") + ":" + &text("id")).or_default().push(text("code"));
    }
    by_id
}

/// The errors of `sources` checked together, as `CODE at line:column: message`.
fn errors(sources: &[&str]) -> Vec<(Code, String)> {
    let files: Vec<SourceFile<'_>> =
        sources.iter().map(|s| SourceFile { path: "t.krl", source: s }).collect();
    let output = check(&files, &CheckOptions::default());
    let mut found = Vec::new();
    for (file, source) in output.files.iter().zip(sources) {
        let lines = LineIndex::new(source);
        for d in file.diagnostics.iter().filter(|d| d.is_error()) {
            let at = lines.position(source, d.span.start);
            found.push((d.code, format!("{} at {}:{}: {}", d.code, at.line, at.column, d.message)));
        }
    }
    found
}

/// Reports the errors that nothing explains; each deviation must be needed.
fn expect_none(file: &str, cases: impl Iterator<Item = (String, Vec<String>)>) {
    let allowed = deviations();
    let mut wrong = Vec::new();
    let mut count = 0;
    for (id, sources) in cases {
        count += 1;
        let sources: Vec<&str> = sources.iter().map(String::as_str).collect();
        let explained = allowed.get(&format!("{file}:{id}")).cloned().unwrap_or_default();
        let found = errors(&sources);
        for code in &explained {
            assert!(found.iter().any(|(c, _)| c.id() == code), "{id}: {code} is not reported any more");
        }
        for (_, message) in found.iter().filter(|(c, _)| !explained.iter().any(|e| e == c.id())) {
            wrong.push(format!("{id}: {message}\n{}", sources.join("\n---\n")));
        }
    }
    assert!(count > 200, "the vectors are missing");
    assert!(wrong.is_empty(), "{} false errors of {count}:\n{}", wrong.len(), wrong.join("\n\n"));
}

#[test]
fn accepted_sources_have_no_errors() {
    let vectors = read("syntax.json");
    expect_none(
        "syntax",
        vectors
            .iter()
            .filter(|v| v["accept"] == true && v.get("install_error").is_none())
            .map(|v| (v["id"].as_str().unwrap().to_owned(), vec![v["source"].as_str().unwrap().to_owned()])),
    );
}

#[test]
fn scenarios_have_no_errors() {
    let vectors = read("scenarios.json");
    expect_none(
        "scenarios",
        vectors.iter().map(|v| {
            let rulesets = v["rulesets"].as_array().unwrap();
            let sources = rulesets.iter().filter(|r| r.get("install_error").is_none());
            let sources = sources.map(|r| r["source"].as_str().unwrap().to_owned()).collect();
            (v["id"].as_str().unwrap().to_owned(), sources)
        }),
    );
}

#[test]
fn expressions_with_a_value_have_no_errors() {
    let vectors = read("expressions.json");
    expect_none("expressions", vectors.iter().filter(|v| v["result"].get("value").is_some()).map(|v| {
        let decls = v.get("decls").and_then(Value::as_str).unwrap_or_default();
        let expr = v["expr"].as_str().unwrap();
        let source = format!(
            "ruleset vec {{\n  meta {{ shares result }}\n  global {{\n{decls}\n    result = function() {{\n      {expr}\n    }}\n  }}\n}}"
        );
        (v["id"].as_str().unwrap().to_owned(), vec![source])
    }));
}
