//! Small rulesets with the findings expected for them beside: `check/NAME.krl` and `check/NAME.txt`.
//!
//! Files `NAME.1.krl`, `NAME.2.krl` are checked together. `UPDATE_EXPECT=1` rewrites the expectations; read the difference before committing it.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_lang::{Diagnostic, LineIndex};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

/// A finding for people: its line of source, marked, and what is said of it.
fn render(out: &mut String, name: &str, source: &str, lines: &LineIndex, d: &Diagnostic) {
    let at = lines.position(source, d.span.start);
    let line = lines.line_span(source, at.line);
    let severity = format!("{:?}", d.severity).to_lowercase();
    writeln!(out, "{severity}[{}] {}", d.code, d.message).unwrap();
    writeln!(out, "  {name}:{}:{}", at.line, at.column).unwrap();
    let text = line.text(source);
    let end = d.span.end.min(line.end).max(d.span.start + 1);
    let width = source.get(d.span.start as usize..end as usize).map_or(1, |t| t.chars().count());
    writeln!(out, "  | {text}").unwrap();
    writeln!(out, "  | {}{}", " ".repeat(at.column as usize - 1), "^".repeat(width)).unwrap();
    for label in &d.labels {
        let place = match label.file {
            Some(file) => format!("file {}", file + 1),
            None => format!("line {}", lines.position(source, label.span.start).line),
        };
        writeln!(out, "  = {place}: {}", label.message).unwrap();
    }
    if let Some(help) = &d.help {
        writeln!(out, "  = help: {help}").unwrap();
    }
    for fix in &d.fixes {
        let edits: Vec<&str> = fix.edits.iter().map(|e| e.text.as_str()).collect();
        writeln!(out, "  = fix: {}: {}", fix.title, edits.join(" … ")).unwrap();
    }
}

/// The findings of the files of one case.
fn report(files: &[(String, String)]) -> String {
    let sources: Vec<SourceFile<'_>> =
        files.iter().map(|(name, text)| SourceFile { path: name, source: text }).collect();
    let output = check(&sources, &CheckOptions::default());
    let mut out = String::new();
    for (checked, (name, source)) in output.files.iter().zip(files) {
        let lines = LineIndex::new(source);
        for diagnostic in &checked.diagnostics {
            render(&mut out, name, source, &lines, diagnostic);
        }
    }
    if out.is_empty() { "nothing\n".to_owned() } else { out }
}

#[test]
fn findings_are_those_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check");
    let mut cases: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut paths: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths.iter().filter(|p| p.extension().is_some_and(|e| e == "krl")) {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let case = name.split('.').next().unwrap().to_owned();
        cases.entry(case).or_default().push((name, std::fs::read_to_string(path).unwrap()));
    }
    let mut wrong = Vec::new();
    for (case, files) in &cases {
        let path = folder.join(format!("{case}.txt"));
        let found = report(files);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            std::fs::write(&path, &found).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        if found != expected {
            wrong.push(format!("{case}: expected\n{expected}\nfound\n{found}"));
        }
    }
    assert!(cases.len() >= 20, "the cases are missing");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
