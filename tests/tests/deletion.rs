//! One mistake, one place: each token of each example is deleted in turn, and what `krl check` then says must stay in that item.

#![allow(clippy::unwrap_used, reason = "a test")]

use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_conformance::sample;
use krl_lang::{Severity, Span, parse};
use std::path::Path;

/// The items of a ruleset: properties of `meta`, names of `global`, rules.
fn items(source: &str) -> Vec<Span> {
    let parsed = parse(source);
    let ruleset = parsed.ast.ruleset.unwrap();
    let properties = ruleset.meta.iter().flat_map(|m| &m.properties).map(|p| p.span);
    let names = ruleset.global.iter().flat_map(|b| &b.declarations).map(|d| d.span);
    properties.chain(names).chain(ruleset.rules.iter().map(|r| r.span)).collect()
}

/// Where the token behind `end` begins: what is missing at the end of an item is missing there.
fn behind(source: &str, end: u32) -> u32 {
    let tokens = krl_lang::lexer::lex(source);
    let starts = tokens.significant().iter().map(|&t| tokens.span(t as usize).start);
    starts.into_iter().find(|&start| start >= end).unwrap_or(source.len() as u32)
}

#[test]
fn diagnostics_stay_in_the_item_that_lost_a_token() {
    let examples = sample::examples();
    let (mut mutants, mut wrong) = (0, Vec::new());
    for (path, source) in &examples {
        let items = items(source);
        let folder = Path::new(path).parent();
        let others: Vec<_> =
            examples.iter().filter(|(p, _)| p != path && Path::new(p).parent() == folder).collect();
        let tokens = krl_lang::lexer::lex(source);
        for &token in tokens.significant() {
            let deleted = tokens.span(token as usize);
            let mut text = source.clone();
            text.replace_range(deleted.range(), "");
            mutants += 1;
            let mut files = vec![SourceFile { path: path.as_str(), source: &text }];
            files.extend(
                others
                    .iter()
                    .map(|(path, source)| SourceFile { path: path.as_str(), source: source.as_str() }),
            );
            let output = check(&files, &CheckOptions::default());
            let found: Vec<_> =
                output.files[0].diagnostics.iter().filter(|d| d.severity != Severity::Hint).collect();
            let line = source[..deleted.start as usize].lines().count();
            let what = format!("{path}:{line} without `{}`", deleted.text(source));
            if found.len() > 3 {
                wrong.push(format!("{what}: {} diagnostics", found.len()));
            }
            let item = items.iter().find(|s| s.contains(deleted));
            if let Some(item) = item {
                let room = Span::new(item.start, behind(&text, item.end - deleted.len()));
                for d in found.iter().filter(|d| !room.contains(Span::empty(d.span.start))) {
                    wrong.push(format!("{what}: {} {} at {:?}, item {room:?}", d.code, d.message, d.span));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{} findings in {mutants} mutants:\n{}", wrong.len(), wrong.join("\n"));
}
