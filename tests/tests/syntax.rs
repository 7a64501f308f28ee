//! The syntax vectors behind the parser (`vectors/syntax.json`): what the reference's compiler or loader refuses has an error on the same line,
//! the checker's included (errors of inferred types do not keep a ruleset from being compiled); what it accepts compiles without errors. `compile-deviations.json` names the decisions that differ.

#![expect(clippy::unwrap_used, reason = "a failing helper fails the test")]

use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_compiler::compile;
use krl_lang::LineIndex;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::path::Path;

fn read(name: &str) -> Json {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name);
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is wrong with our verdict.
fn judge(vector: &Json) -> Result<(), String> {
    let source = vector["source"].as_str().unwrap();
    let compiled = compile(source);
    let lines = LineIndex::new(source);
    let line = |start: u32| u64::from(lines.position(source, start).line);
    let mut findings = compiled.diagnostics;
    if vector["accept"] == false {
        let files = [SourceFile { path: "t.krl", source }];
        findings
            .extend(check(&files, &CheckOptions::default()).files.into_iter().flat_map(|f| f.diagnostics));
    }
    let errors: Vec<_> = findings.iter().filter(|d| d.is_error()).collect();
    let shown: Vec<String> =
        errors.iter().map(|d| format!("{} line {}: {}", d.code, line(d.span.start), d.message)).collect();
    if vector["accept"] == true {
        if !errors.is_empty() {
            return Err(format!("accepted by the reference, but {shown:?}"));
        }
        let unit = compiled.unit.ok_or("no unit")?;
        return krl_vm::verify::verify(unit).map(drop).map_err(|e| format!("our own code is refused: {e}"));
    }
    let expected = vector["at"]["line"].as_u64();
    match expected {
        _ if errors.is_empty() => Err(format!("should be refused: {}", vector["message"])),
        Some(at) if !errors.iter().any(|d| line(d.span.start) == at) => {
            Err(format!("not on line {at}: {shown:?}"))
        }
        _ => Ok(()),
    }
}

#[test]
fn sources_are_accepted_and_refused_as_in_the_reference() {
    let listed = read("compile-deviations.json");
    let listed: BTreeMap<&str, &Json> =
        listed.as_array().unwrap().iter().map(|d| (d["id"].as_str().unwrap(), d)).collect();
    let vectors = read("syntax.json");
    let behind_the_parser = vectors.as_array().unwrap().iter().filter(|v| v["stage"] != "parse");
    let mut failures: BTreeMap<&str, String> = BTreeMap::new();
    let mut count = 0;
    for vector in behind_the_parser {
        count += 1;
        if let Err(why) = judge(vector) {
            failures.insert(vector["id"].as_str().unwrap(), format!("{}\n    {why}", vector["source"]));
        }
    }
    println!("{} of {count} sources judged as by the reference", count - failures.len());
    let unlisted: Vec<String> = failures
        .iter()
        .filter(|(id, _)| !listed.contains_key(*id))
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    let gone: Vec<_> = listed.keys().filter(|id| !failures.contains_key(*id)).collect();
    assert!(unlisted.is_empty(), "{} unlisted deviations:\n{}", unlisted.len(), unlisted.join("\n"));
    assert!(gone.is_empty(), "listed, but as in the reference: {gone:?}");
}
