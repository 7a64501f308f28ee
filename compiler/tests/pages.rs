//! Every explanation page from KRL0200 on: its bad example shows exactly its finding, its good example none.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_compiler::check::{CheckOptions, SourceFile, check};
use krl_lang::{Code, LineIndex};

/// The sources under a heading of a page; several are checked together.
fn blocks<'p>(page: &'p str, heading: &str) -> Vec<&'p str> {
    let section = page.split("\n## ").find(|s| s.starts_with(heading)).unwrap_or_default();
    section.split("```krl\n").skip(1).map(|b| b.split("```").next().unwrap_or_default()).collect()
}

/// The findings on sources checked together, with `code` reported even if it is opt-in.
fn findings(code: Code, sources: &[&str]) -> Vec<(Code, String)> {
    let mut options = CheckOptions::default();
    if options.levels.level(code).is_some() {
        options.levels.set(code.id(), "hint").unwrap();
    }
    let files: Vec<SourceFile<'_>> =
        sources.iter().map(|s| SourceFile { path: "page.krl", source: s }).collect();
    let output = check(&files, &options);
    let mut found = Vec::new();
    for (file, source) in output.files.iter().zip(sources) {
        let lines = LineIndex::new(source);
        for d in &file.diagnostics {
            let at = lines.position(source, d.span.start);
            found.push((d.code, format!("{} at {}:{}: {}", d.code, at.line, at.column, d.message)));
        }
    }
    found
}

/// What is wrong with the page of `code`.
fn check_page(code: Code) -> Vec<String> {
    let info = code.info();
    let mut wrong = Vec::new();
    let mut expect = |right: bool, what: String| {
        if !right {
            wrong.push(format!("{}: {what}", info.id));
        }
    };
    expect(info.page.starts_with(&format!("# {}: ", info.id)), "the title".to_owned());
    let (bad, good) = (blocks(info.page, "Bad"), blocks(info.page, "Good"));
    expect(!bad.is_empty() && !good.is_empty(), "an example is missing".to_owned());
    let found = findings(code, &bad);
    let shown: Vec<&String> = found.iter().map(|(_, text)| text).collect();
    expect(found.iter().any(|(c, _)| *c == code), format!("the bad example does not show it: {shown:?}"));
    expect(found.iter().all(|(c, _)| *c == code), format!("the bad example shows more: {shown:?}"));
    let found = findings(code, &good);
    expect(found.is_empty(), format!("the good example has findings: {found:?}"));
    wrong
}

#[test]
fn pages_show_what_they_explain() {
    let codes = Code::ALL.iter().copied().filter(|c| c.id() >= "KRL0200");
    let wrong: Vec<String> = codes.flat_map(check_page).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
