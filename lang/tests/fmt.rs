//! The formatter: sample files with their layout, and what holds for any source.

#![allow(missing_docs, clippy::unwrap_used, reason = "a test")]

use krl_lang::fmt::{Formatted, Options, format};
use krl_lang::token::{TokenBuf, TokenKind};
use krl_lang::{Code, Parsed, parse};
use std::fs;
use std::mem::discriminant;
use std::path::{Path, PathBuf};

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn comments(tokens: &TokenBuf, source: &str) -> Vec<String> {
    let indexes = (0..tokens.len()).filter(|&i| tokens.kind(i).is_comment());
    indexes.map(|i| tokens.text(i, source).lines().map(str::trim).collect::<Vec<_>>().join("\n")).collect()
}

/// Significant tokens without the separators a layout may leave out.
fn program(tokens: &TokenBuf, source: &str) -> Vec<String> {
    let all = tokens.significant().iter().map(|&t| t as usize).filter(|&t| tokens.kind(t) != TokenKind::Semi);
    let mut list: Vec<(TokenKind, String)> = Vec::new();
    for t in all {
        let closes = matches!(tokens.kind(t), TokenKind::RParen | TokenKind::RBracket | TokenKind::RBrace);
        if closes && list.last().is_some_and(|(kind, _)| *kind == TokenKind::Comma) {
            list.pop();
        }
        let text = tokens.text(t, source);
        list.push((
            tokens.kind(t),
            if tokens.kind(t).is_error() { text.trim_end() } else { text }.to_owned(),
        ));
    }
    list.into_iter().map(|(_, text)| text).collect()
}

/// What must hold for the layout of any source, valid or not.
fn check(source: &str, width: u32) -> Result<Formatted, String> {
    let options = Options { width };
    let result = format(source, &options);
    if let Some(failure) = result.diagnostics.iter().find(|d| d.code == Code::FormatterFailure) {
        return Err(failure.message.clone());
    }
    let (old, new) = (parse(source), parse(&result.text));
    if program(&old.tokens, source) != program(&new.tokens, &result.text) {
        return Err("tokens differ".into());
    }
    if comments(&old.tokens, source) != comments(&new.tokens, &result.text) {
        return Err("comments differ".into());
    }
    if old.has_errors() != new.has_errors() {
        return Err("errors appear or vanish".into());
    }
    let shape = |parsed: &Parsed| parsed.ast.exprs.iter().map(|e| discriminant(&e.kind)).collect::<Vec<_>>();
    if shape(&old) != shape(&new) {
        return Err("trees differ".into());
    }
    if result.changed != (result.text != source) {
        return Err("`changed` lies".into());
    }
    if result.changed && !result.text.is_empty() && !result.text.ends_with('\n') {
        return Err("no final line break".into());
    }
    let again = format(&result.text, &options);
    if again.text != result.text {
        return Err(format!("not idempotent:\n{}\n-- then --\n{}", result.text, again.text));
    }
    Ok(result)
}

/// `NAME.krl` is laid out as `NAME.out.krl`; `UPDATE=1` writes the latter anew.
#[test]
fn samples() {
    let mut count = 0;
    for entry in fs::read_dir(folder("tests/fmt")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name.ends_with(".out.krl") {
            continue;
        }
        count += 1;
        let source = fs::read_to_string(&path).unwrap();
        let result = check(&source, 100).unwrap_or_else(|e| panic!("{name}: {e}"));
        let expected = path.with_extension("out.krl");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&expected, &result.text).unwrap();
        }
        assert_eq!(result.text, fs::read_to_string(&expected).unwrap(), "{name}");
    }
    assert!(count > 0);
}

#[derive(serde::Deserialize)]
struct Vector {
    id: String,
    source: String,
}

#[derive(serde::Deserialize)]
struct Scenario {
    id: String,
    rulesets: Vec<Source>,
}

#[derive(serde::Deserialize)]
struct Source {
    source: String,
}

fn read<T: serde::de::DeserializeOwned>(name: &str) -> T {
    serde_json::from_str(&fs::read_to_string(folder("../tests/vectors").join(name)).unwrap()).unwrap()
}

/// Every source of the conformance suite.
fn vectors() -> Vec<Vector> {
    let mut list: Vec<Vector> = read("syntax.json");
    for Scenario { id, rulesets } in read::<Vec<Scenario>>("scenarios.json") {
        list.extend(rulesets.into_iter().map(|r| Vector { id: id.clone(), source: r.source }));
    }
    list
}

fn assert_none(failures: &[String]) {
    assert!(
        failures.is_empty(),
        "{} failures\n{}",
        failures.len(),
        failures.iter().take(20).cloned().collect::<String>()
    );
}

#[test]
fn conformance_sources_keep_their_program() {
    let mut failures = Vec::new();
    for vector in vectors() {
        for width in [100, 40, 1] {
            if let Err(why) = check(&vector.source, width) {
                failures.push(format!("{} at {width}: {why}\n  {:?}\n", vector.id, vector.source));
            }
        }
    }
    assert_none(&failures);
}

/// A small generator of pseudo-random numbers (xorshift): the same cases each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit as u64) as usize
    }
}

/// `source` with one token left out, doubled, or a comment, line break or bracket put in.
fn mutate(source: &str, dice: &mut Dice) -> String {
    const NEW: [&str; 12] = [
        "// c\n",
        " /* c */ ",
        "/* c\n * d */",
        "\n\n\n",
        "{",
        "}",
        "(",
        ";",
        "\"",
        "<<",
        "// krl:fmt off\n",
        "\r\n",
    ];
    let tokens = krl_lang::lexer::lex(source);
    let token = tokens.span(dice.below(tokens.len().max(1))).range();
    let (before, after) = (&source[..token.start], &source[token.end..]);
    let this = &source[token];
    match dice.below(4) {
        0 => format!("{before}{after}"),
        1 => format!("{before}{this}{this}{after}"),
        _ => format!("{before}{this}{}{after}", NEW[dice.below(NEW.len())]),
    }
}

#[test]
fn damaged_sources_keep_their_text() {
    let mut dice = Dice(0x9E37_79B9_7F4A_7C15);
    let mut failures = Vec::new();
    for entry in fs::read_dir(folder("tests/fmt")).unwrap() {
        let source = fs::read_to_string(entry.unwrap().path()).unwrap();
        for _ in 0..100 {
            let mut damaged = mutate(&source, &mut dice);
            if dice.below(2) == 0 {
                damaged = mutate(&damaged, &mut dice);
            }
            if let Err(why) = check(&damaged, 100) {
                failures.push(format!("{why}\n--- of ---\n{damaged}\n"));
            }
        }
    }
    assert_none(&failures);
}

#[test]
fn line_breaks_follow_the_first_line() {
    let result = check("ruleset a {\r\n  meta { name \"x\" } }", 100).unwrap();
    assert_eq!(result.text, "ruleset a {\r\n  meta {\r\n    name \"x\"\r\n  }\r\n}\r\n");
    assert_eq!(check("\u{FEFF}a = 1\r\n", 100).unwrap().text, "a = 1\r\n");
    assert_eq!(check("a = 1\nb = 2\r\n", 100).unwrap().text, "a = 1\nb = 2\n");
    assert_eq!(check(" \n\n", 100).unwrap().text, "");
}

#[test]
fn deep_and_long_sources_end() {
    let deep = format!("x = {}1{}", "[".repeat(250), "]".repeat(250));
    check(&deep, 100).unwrap();
    let hopeless = format!("x = {}", "(".repeat(10_000));
    check(&hopeless, 100).unwrap();
    let long = format!("x = [{}]", "{\"a\": 1}, ".repeat(20_000));
    check(&long, 100).unwrap();
    let chain = format!("x = a{}", ".put(\"b\", 1)".repeat(400));
    check(&chain, 100).unwrap();
}
