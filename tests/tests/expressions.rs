//! The expression vectors of the reference (`vectors/expressions.json`): each is compiled into a ruleset of its own and asked for `result`.
//!
//! Where this engine differs on purpose, `expressions-deviations.json` names the decision; a deviation that is gone is an error too.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a failing helper fails the test")]

mod quiet_host;

use krl_conformance::engine::Setup;
use krl_vm::fault::FaultKind;
use krl_vm::heap::{Heap, UnitTable};
use krl_vm::interp::{Failure, Instance, Outcome, Vm, World};
use krl_vm::unit::Unit;
use krl_vm::value::{Kind, Value};
use quiet_host::QuietHost;
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;

/// What an evaluation comes to.
#[derive(Clone, Debug, PartialEq)]
enum Answer {
    Value(Json),
    /// Refused before anything ran.
    Refused(String),
    /// Failed while it ran.
    Failed(String),
}

#[test]
fn expressions_evaluate_as_in_the_reference() {
    let listed = deviations();
    let mut failures: BTreeMap<String, String> = BTreeMap::new();
    let vectors = vectors();
    let mut vm = Vm::default();
    for vector in &vectors {
        let id = vector["id"].as_str().unwrap();
        let source = ruleset(vector);
        let answer = evaluate(&mut vm, &source);
        if let Err(why) = judge(&vector["result"], &answer) {
            failures.insert(id.to_owned(), format!("{}\n    {why}", vector["expr"]));
        }
    }
    println!("{} of {} expressions as in the reference", vectors.len() - failures.len(), vectors.len());
    let unlisted: Vec<_> = failures.iter().filter(|(id, _)| !listed.contains_key(*id)).collect();
    let gone: Vec<_> = listed.keys().filter(|id| !failures.contains_key(*id)).collect();
    let list: Vec<String> = unlisted.iter().map(|(id, why)| format!("{id}: {why}")).collect();
    assert!(list.is_empty(), "{} unlisted deviations:\n{}", list.len(), list.join("\n"));
    assert!(gone.is_empty(), "listed, but as in the reference: {gone:?}");
}

/// The examples that the manual and the editor show of every operator and module member.
#[test]
fn examples_of_the_standard_library_hold() {
    let mut vm = Vm::default();
    for (expression, value) in krl_stdlib::all().iter().flat_map(|s| s.examples) {
        let answer = evaluate(&mut vm, &ruleset(&json!({ "expr": expression })));
        let expected = json!({ "value": serde_json::from_str::<Json>(value).unwrap() });
        assert_eq!(judge(&expected, &answer), Ok(()), "{expression}");
    }
}

/// Does the answer agree? Errors are compared by when they happen; decision L9 allows to find them earlier.
fn judge(expected: &Json, answer: &Answer) -> Result<(), String> {
    let agree = match (expected.get("error"), answer) {
        (None, Answer::Value(value)) => plain(&expected["value"]) == plain(value),
        (None, _) | (Some(_), Answer::Value(_)) => false,
        (Some(error), Answer::Failed(_)) => {
            !matches!(error["kind"].as_str(), Some("parse" | "compile" | "load"))
        }
        (Some(_), Answer::Refused(_)) => true,
    };
    if agree { Ok(()) } else { Err(format!("expected {expected}\n    got {answer:?}")) }
}

fn evaluate(vm: &mut Vm, source: &str) -> Answer {
    let compiled = krl_compiler::compile(source);
    let errors: Vec<_> = compiled.diagnostics.iter().filter(|d| d.is_error()).collect();
    match (compiled.unit, errors.first()) {
        (Some(unit), None) => {
            let expected = run(vm, unit.clone(), Setup::REFERENCE);
            for setup in Setup::all(5) {
                assert_eq!(run(vm, unit.clone(), setup), expected, "{setup:?}: {source}");
            }
            expected.answer
        }
        (_, error) => Answer::Refused(error.map_or_else(|| "no unit".to_owned(), |e| e.message.clone())),
    }
}

/// What a run shows: the same on every engine.
#[derive(Debug, PartialEq)]
struct Run {
    answer: Answer,
    /// With the functions that were running.
    failure: Option<Failure>,
    instructions_left: u64,
    bytes: usize,
}

fn run(vm: &mut Vm, unit: Unit, setup: Setup) -> Run {
    let unit = setup.unit(unit).unwrap();
    let (global, shared) = (unit.global.unwrap(), unit.shares[0].global);
    let verified = krl_vm::verify::verify(unit).unwrap_or_else(|e| panic!("our own code is refused: {e}"));
    let (units, number) = UnitTable::new(krl_stdlib::natives()).load(verified).unwrap();
    let instances = Arc::new(vec![Instance::new(number, &units)]);
    vm.begin(setup.engine.world(World { units: Arc::new(units), instances, ..World::default() }));
    let mut host = QuietHost::default();
    let mut outcome = vm.run(&mut host, 0, global, &[]);
    if let Outcome::Done(_) = outcome {
        let result = vm.instances()[0].globals[usize::from(shared)];
        outcome = vm.call_query(&mut host, result, &Default::default());
    }
    let (answer, failure) = match outcome {
        Outcome::Done(value) => (Answer::Value(show(vm.heap(), value)), None),
        Outcome::Failed(failure) => match failure.fault.kind() {
            FaultKind::Internal(why) => panic!("the engine broke a promise: {why}"),
            _ => (Answer::Failed(failure.fault.to_string()), Some(failure)),
        },
        Outcome::Suspended(request) => panic!("suspended: {request:?}"),
    };
    Run { answer, failure, instructions_left: vm.instructions_left(), bytes: vm.heap().used_bytes() }
}

/// A value in the notation of the vectors.
fn show(heap: &Heap, value: Value) -> Json {
    match heap.kind(value) {
        Kind::Null => Json::Null,
        Kind::Boolean => value.as_bool().into(),
        Kind::Number => json!(value.as_number()),
        Kind::String => heap.str(value).into(),
        Kind::Array => heap.array(value).iter().map(|item| show(heap, *item)).collect(),
        Kind::Map => {
            let entries = heap.map_entries(value);
            let shown = entries.iter().map(|e| (heap.str(e.key).to_owned(), show(heap, e.value)));
            Json::Object(shown.collect())
        }
        Kind::RegExp => {
            let regexp = heap.regexp(value).unwrap();
            json!({"$krl": "RegExp", "source": regexp.source(), "flags": regexp.flags()})
        }
        Kind::JsObject => {
            let negative = value.as_number().is_some_and(|n| n < 0.0);
            json!({"$krl": if negative { "-Infinity" } else { "Infinity" }})
        }
        kind => json!({"$krl": kind.name()}),
    }
}

/// Numbers as doubles, so that `1` and `1.0` are equal, and no sign of zero.
fn plain(value: &Json) -> Json {
    match value {
        Json::Number(n) => json!(n.as_f64().unwrap() + 0.0),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(entries) => entries.iter().map(|(k, v)| (k.clone(), plain(v))).collect(),
        other => other.clone(),
    }
}

fn ruleset(vector: &Json) -> String {
    let decls = vector["decls"].as_str().unwrap_or_default();
    let expr = vector["expr"].as_str().unwrap();
    format!(
        "ruleset vec {{\n  meta {{ shares result }}\n  global {{\n{decls}\n    result = function() {{\n      {expr}\n    }}\n  }}\n}}\n"
    )
}

fn read(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors").join(name)).unwrap()
}

/// One vector a line. Halves of surrogate pairs, which no Unicode text holds, become U+FFFD.
fn vectors() -> Vec<Json> {
    let text = read("expressions.json");
    let lines = text.lines().map(|l| l.trim_end_matches(',')).filter(|l| l.starts_with('{'));
    lines
        .map(|line| {
            serde_json::from_str(line).unwrap_or_else(|_| serde_json::from_str(&whole(line)).unwrap())
        })
        .collect()
}

fn whole(line: &str) -> String {
    let half = |at: usize| {
        let digits = line.get(at..at + 6).and_then(|e| e.strip_prefix("\\u"))?;
        u32::from_str_radix(digits, 16).ok()
    };
    let mut out = String::new();
    let mut at = 0;
    while at < line.len() {
        let next = match (half(at), half(at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at + 12,
            (Some(0xD800..=0xDFFF), _) => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            _ if line[at..].starts_with('\\') => at + 2,
            _ => at + line[at..].chars().next().map_or(1, char::len_utf8),
        };
        out.push_str(&line[at..next]);
        at = next;
    }
    out
}

fn deviations() -> HashMap<String, Json> {
    let list: Vec<Json> = serde_json::from_str(&read("expressions-deviations.json")).unwrap();
    list.into_iter().map(|d| (d["id"].as_str().unwrap().to_owned(), d)).collect()
}
