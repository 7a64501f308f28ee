//! The reference's verdicts on 1100 sources: what its parser refuses we refuse at the same place, all else parses.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_lang::{LineIndex, parse};
use serde::Deserialize;
use std::collections::HashMap;

#[derive(Deserialize)]
struct Vector {
    id: String,
    source: String,
    accept: bool,
    stage: Option<String>,
    at: Option<At>,
    message: Option<String>,
}

#[derive(Deserialize)]
struct At {
    line: u32,
    col: u32,
}

/// A vector we decide otherwise, and why.
#[derive(Deserialize)]
struct Deviation {
    id: String,
    decision: String,
    why: String,
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    let path = format!("{}/../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What is wrong with our verdict on one vector; `None`: nothing. `exact` counts positions that agree to the column.
fn check(vector: &Vector, exact: &mut u32) -> Option<String> {
    let parsed = parse(&vector.source);
    let first = parsed.diagnostics.iter().find(|d| d.is_error());
    let rejected = vector.stage.as_deref() == Some("parse");
    match (rejected, first) {
        (false, None) => None,
        (false, Some(found)) => Some(format!("should parse, but {}: {}", found.code, found.message)),
        (true, None) => Some(format!("should be refused: {:?}", vector.message)),
        (true, Some(found)) => {
            let at = LineIndex::new(&vector.source).position(&vector.source, found.span.start);
            let Some(expected) = &vector.at else {
                *exact += 1;
                return None;
            };
            if at.line == expected.line && at.column == expected.col {
                *exact += 1;
                return None;
            }
            let text = format!(
                "{}:{} instead of {}:{} ({:?}), {}: {}",
                at.line, at.column, expected.line, expected.col, vector.message, found.code, found.message
            );
            if std::env::var_os("SHOW_COLUMNS").is_some() && at.line == expected.line {
                println!("column {}: {text}\n{}", vector.id, vector.source);
            }
            (at.line != expected.line).then_some(text)
        }
    }
}

#[test]
fn reference_verdicts() {
    let vectors: Vec<Vector> = read("syntax.json");
    let deviations: Vec<Deviation> = read("syntax-deviations.json");
    let allowed: HashMap<_, _> = deviations.iter().map(|d| (d.id.as_str(), d)).collect();
    let (mut exact, mut rejected, mut wrong) = (0, 0, Vec::new());
    for vector in &vectors {
        assert!(!vector.accept || vector.stage.is_none());
        rejected += u32::from(vector.stage.as_deref() == Some("parse"));
        let found = check(vector, &mut exact);
        match (found, allowed.get(vector.id.as_str())) {
            (Some(text), None) => wrong.push(format!("{}: {text}\n{}\n", vector.id, vector.source)),
            (None, Some(_)) => wrong.push(format!("{}: listed as a deviation, but is none\n", vector.id)),
            (Some(_), Some(d)) => assert!(!d.decision.is_empty() && !d.why.is_empty()),
            (None, None) => {}
        }
    }
    assert!(wrong.is_empty(), "{} wrong verdicts:\n{}", wrong.len(), wrong.join("\n"));
    let share = f64::from(exact) / f64::from(rejected);
    println!(
        "{} vectors, {rejected} refused by the parser, {:.1} % at the exact column",
        vectors.len(),
        share * 100.0
    );
    assert!(share >= 0.94, "only {share:.3} of the positions are exact");
}
