//! What must hold for every input, whoever makes it: the bounded smoke test and the fuzz targets run the same functions.
//! Each panics, with the input's own words, where a promise is broken.

use krl_compiler::check::{CheckOptions, CheckOutput, SourceFile, check};
use krl_kernel::cloud::{Budgets, Cloud, Configuration, Environment, EventAnswer};
use krl_kernel::store::Space;
use krl_lang::fmt;
use krl_lang::parse::{MAX_DIAGNOSTICS, parse};
use krl_lang::token::TokenKind;
use krl_vm::data::{Data, DataMap};
use krl_vm::op::Insn;
use krl_vm::unit::Unit;
use krl_vm::{krlc, verify};
use krl_xdi::format::{WriteOptions, read_any, text};

/// The tokens cover the text without gap or overlap, on character boundaries.
pub fn lexing(source: &str) {
    let tokens = krl_lang::lexer::lex(source);
    let mut end = 0;
    for i in 0..tokens.len() {
        let span = tokens.span(i);
        assert_eq!(span.start, end, "gap or overlap before token {i}");
        assert!(source.is_char_boundary(span.end as usize), "token {i} ends inside a character");
        end = span.end;
    }
    assert_eq!(end as usize, source.len(), "the tokens end before the text");
}

/// Parsing ends, with a bounded number of diagnostics whose places lie in the text.
pub fn parsing(source: &str) {
    let parsed = parse(source);
    assert!(parsed.diagnostics.len() <= MAX_DIAGNOSTICS);
    for d in &parsed.diagnostics {
        assert!(d.span.start <= d.span.end && d.span.end as usize <= source.len().max(1), "{d:?}");
    }
}

/// Formatting loses no word and no comment, and is at rest after one run.
pub fn formatting(source: &str) {
    let options = fmt::Options::default();
    let once = fmt::format(source, &options);
    assert_eq!(words(source), words(&once.text), "words or comments changed");
    let twice = fmt::format(&once.text, &options);
    assert_eq!(once.text, twice.text, "formatting twice differs from once");
}

/// The tokens a formatter must keep: everything but white space, `;` and `,`.
fn words(source: &str) -> Vec<String> {
    let tokens = krl_lang::lexer::lex(source);
    let mut words: Vec<String> = (0..tokens.len())
        .filter(|&i| tokens.kind(i) != TokenKind::Whitespace)
        .map(|i| tokens.span(i).text(source).replace('\r', "").trim().to_owned())
        .filter(|text| !text.is_empty() && text != ";" && text != ",")
        .collect();
    words.sort();
    words
}

/// Checking ends, with the same findings each time; every place they name lies in the text, on character boundaries.
pub fn checking(source: &str) {
    let findings = |output: &CheckOutput| format!("{:?}", output.files[0].diagnostics);
    let files = [SourceFile { path: "property.krl", source }];
    let output = check(&files, &CheckOptions::default());
    for d in &output.files[0].diagnostics {
        let labels = d.labels.iter().map(|l| l.span);
        let edits = d.fixes.iter().flat_map(|f| &f.edits).map(|e| e.span);
        for span in std::iter::once(d.span).chain(labels).chain(edits) {
            let text = source.get(span.start as usize..span.end as usize);
            assert!(text.is_some(), "{span:?} is no place in the text: {d:?}");
        }
    }
    let again = check(&files, &CheckOptions::default());
    assert_eq!(findings(&output), findings(&again), "checking is not deterministic");
}

/// Compiling ends; what compiles is the same each time, passes the verifier and survives its file format.
pub fn compiling(source: &str) -> Option<Unit> {
    let compiled = krl_compiler::compile(source);
    assert!(compiled.unit.is_some() || compiled.has_errors(), "no code and no reason");
    let unit = compiled.unit?;
    let again = krl_compiler::compile(source).unit;
    assert_eq!(Some(&unit), again.as_ref(), "compiling is not deterministic");
    let bytes = krlc::encode(&unit, "property").expect("a unit that fits its file");
    let (decoded, _) = krlc::decode(&bytes).expect("a file just written");
    assert_eq!(unit, decoded, "the file format lost something");
    if let Err(e) = verify::verify(unit.clone()) {
        panic!("the compiler made what the verifier refuses: {e}");
    }
    Some(unit)
}

/// Bytes that claim to be a compiled ruleset are refused or run without an internal error.
pub fn loading(bytes: &[u8]) {
    if let Ok((unit, _)) = krlc::decode(bytes) {
        running(unit, &[("a", "b")]);
    }
}

/// A compiled ruleset with some bytes of its code replaced, and a hash that says it was always so, is refused or runs without an
/// internal error.
pub fn forged_file(file: &[u8], changes: &[(u32, u8)]) {
    let length = |at: usize| file[at..at + 4].iter().rev().fold(0, |n, b| n << 8 | usize::from(*b));
    let code = 20 + length(8);
    let mut bytes = file[..file.len() - blake3::OUT_LEN].to_vec();
    for &(at, byte) in changes {
        bytes[code + at as usize % length(12)] = byte;
    }
    let hash = blake3::hash(&bytes);
    bytes.extend(hash.as_bytes());
    loading(&bytes);
}

/// Code of a valid unit with some instructions replaced is refused or runs without an internal error.
pub fn damaged_code(unit: &Unit, changes: &[(u32, u64)]) {
    let mut unit = unit.clone();
    let total: usize = unit.functions.iter().map(|f| f.code.len()).sum();
    for &(at, word) in changes {
        let mut at = at as usize % total.max(1);
        for function in &mut unit.functions {
            if let Some(slot) = function.code.get_mut(at) {
                *slot = Insn(word);
                break;
            }
            at -= function.code.len();
        }
    }
    running(unit, &[("a", "b"), ("counter", "up"), ("door", "knock")]);
}

/// Installs a unit, if the verifier lets it, sends it events, and looks for internal errors.
pub fn running(unit: Unit, events: &[(&str, &str)]) {
    let Ok(verified) = verify::verify(unit) else { return };
    let mut cloud = small_cloud();
    if cloud.install(verified, Configuration::default()).is_err() {
        return;
    }
    for (domain, name) in events {
        if let Ok(answer) = cloud.signal(domain, name, Data::Map(DataMap::new())) {
            no_internal_error(&answer);
        }
    }
}

/// A cloud with budgets that end any run at once.
fn small_cloud() -> Cloud {
    let budgets = Budgets { instructions: 200_000, memory_bytes: 4 << 20, cascade: 50, ..Budgets::default() };
    Cloud::new(Environment { budgets, ..Environment::default() })
}

fn no_internal_error(answer: &EventAnswer) {
    for e in &answer.errors {
        assert_ne!(e.code, "internal", "{}", e.message);
    }
}

/// A sequence of events, with pauses, gives the same answers each time and no internal error.
pub fn events(units: &[Unit], steps: &[EventStep]) {
    let first = play(units, steps);
    assert_eq!(first, play(units, steps), "the same events gave different answers");
}

/// A step of a random event sequence.
#[derive(Clone, Debug)]
pub struct EventStep {
    /// Event domain.
    pub domain: String,
    /// Event type.
    pub name: String,
    /// JSON of the attributes.
    pub attrs: String,
    /// Milliseconds that pass before it.
    pub pause: u32,
}

fn play(units: &[Unit], steps: &[EventStep]) -> Vec<String> {
    let mut cloud = small_cloud();
    for unit in units {
        let verified = verify::verify(unit.clone()).expect("compiled code");
        cloud.install(verified, Configuration::default()).expect("an example installs");
    }
    let mut log = Vec::new();
    for step in steps {
        for answer in cloud.advance_to(cloud.now() + i64::from(step.pause)) {
            no_internal_error(&answer);
            log.push(format!("{answer:?}"));
        }
        let attrs = Data::parse(&step.attrs).unwrap_or_default();
        match cloud.signal(&step.domain, &step.name, attrs) {
            Ok(answer) => {
                no_internal_error(&answer);
                log.push(format!("{answer:?}"));
            }
            Err(refusal) => log.push(format!("{refusal:?}")),
        }
    }
    log
}

/// Any bytes are a record or damaged, in every space; and a log's record is read or left out.
pub fn record(space: u8, key: &[u8], record: &[u8]) {
    let space = Space::ALL[usize::from(space) % Space::ALL.len()];
    if let Err(why) = krl_kernel::records::check(space, key, record) {
        assert!(!why.is_empty());
    }
    let _ = krl_kernel::journal::decode(record);
}

/// A document is a graph or an error with a place; what is a graph comes back from its text as it is.
pub fn graph(document: &str) {
    let Ok((graph, _)) = read_any(document) else { return };
    let written = text::write(&graph, WriteOptions::ordered());
    match text::read(&written) {
        Ok(again) => assert_eq!(text::write(&again, WriteOptions::ordered()), written),
        Err(error) => panic!("a graph's text is not read back: {error}\n{written}"),
    }
}
