//! One broken item never hides another: each token of the samples is deleted in turn.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_lang::ast::{Ast, MetaKind};
use krl_lang::{Span, parse};
use std::path::Path;

fn samples() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    let examples = std::fs::read_dir(root.join("../examples")).unwrap().map(|e| e.unwrap().path());
    for folder in examples.filter(|path| path.is_dir()).chain([root.join("tests/samples")]) {
        let entries = std::fs::read_dir(folder).unwrap();
        for path in entries.map(|e| e.unwrap().path()).filter(|p| p.extension().is_some_and(|e| e == "krl")) {
            found.push((path.display().to_string(), std::fs::read_to_string(path).unwrap()));
        }
    }
    assert!(found.len() > 10, "the examples are missing");
    found
}

/// Kind, name and place of each item.
fn items(ast: &Ast, source: &str) -> Vec<(String, Span)> {
    let Some(ruleset) = &ast.ruleset else { return Vec::new() };
    let rules = ruleset.rules.iter().map(|r| (format!("rule {}", r.name.text(source)), r.span));
    let declarations = ruleset.global.iter().flat_map(|b| &b.declarations);
    let names = declarations.map(|d| (format!("name {}", d.name.text(source)), d.span));
    let properties = ruleset.meta.iter().flat_map(|m| &m.properties).map(|p| {
        let what = if let MetaKind::Use(u) = &p.kind { u.rid.span.text(source) } else { "" };
        (format!("property {} {what}", p.keyword.text(source)), p.span)
    });
    rules.chain(names).chain(properties).collect()
}

#[test]
fn samples_parse() {
    for (name, source) in samples() {
        let parsed = parse(&source);
        assert!(parsed.diagnostics.is_empty(), "{name}: {:#?}", parsed.diagnostics);
        assert!(!parsed.is_incomplete());
        assert!(!items(&parsed.ast, &source).is_empty(), "{name}");
    }
}

#[test]
fn deleting_a_token_breaks_one_item() {
    let (mut mutants, mut wrong) = (0, Vec::new());
    for (name, source) in samples() {
        let whole = parse(&source);
        let before = items(&whole.ast, &source);
        for &token in whole.tokens.significant() {
            let span = whole.tokens.span(token as usize);
            let mut text = source.clone();
            text.replace_range(span.range(), "");
            mutants += 1;
            if let Some(found) = check(&text, span, &before) {
                let line = source[..span.start as usize].lines().count();
                wrong.push(format!("{name}:{line} without `{}`: {found}", span.text(&source)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {mutants} mutants:\n{}", wrong.len(), wrong.join("\n"));
}

/// What is lost besides the item that lost `deleted`.
fn check(text: &str, deleted: Span, before: &[(String, Span)]) -> Option<String> {
    let parsed = parse(text);
    if !parsed.has_errors() {
        return None;
    }
    if parsed.diagnostics.len() > 3 {
        return Some(format!("{} diagnostics", parsed.diagnostics.len()));
    }
    let after = items(&parsed.ast, text);
    let touched = before.iter().find(|(_, s)| s.contains(deleted));
    for (name, _) in before.iter().filter(|i| Some(*i) != touched) {
        if !after.iter().any(|(n, _)| n == name) {
            return Some(format!("`{name}` is lost: {:?}", parsed.diagnostics.first().map(|d| &d.message)));
        }
    }
    let (_, item) = touched?;
    // The token behind the item is where its missing end is noticed.
    let tokens = &parsed.tokens;
    let mut starts = tokens.significant().iter().map(|&t| tokens.span(t as usize).start);
    let behind = starts.find(|&start| start >= item.end - deleted.len());
    let inside = Span::new(item.start, behind.unwrap_or(text.len() as u32));
    let outside = parsed.diagnostics.iter().find(|d| !inside.contains(Span::empty(d.span.start)));
    outside.map(|d| format!("a diagnostic outside the item, at {}: {}", d.span.start, d.message))
}
