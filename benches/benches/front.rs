//! Lexing, parsing, checking, compiling and formatting: megabytes of source a second. `cargo bench --bench front`

use divan::Bencher;
use divan::counter::BytesCount;

fn main() {
    divan::main();
}

/// The inputs, by name.
const INPUTS: &[&str] = &["examples", "generated 20 kB", "generated 1 MB"];

fn sources(name: &str) -> Vec<String> {
    match name {
        "examples" => krl_benches::examples(),
        "generated 20 kB" => vec![krl_benches::generated(20_000)],
        _ => vec![krl_benches::generated(1_000_000)],
    }
}

fn each(bencher: Bencher<'_, '_>, name: &str, mut run: impl FnMut(&str)) {
    let sources = sources(name);
    let bytes: usize = sources.iter().map(String::len).sum();
    bencher.counter(BytesCount::new(bytes)).bench_local(|| {
        for source in &sources {
            run(source);
        }
    });
}

#[divan::bench(args = INPUTS)]
fn lex(bencher: Bencher<'_, '_>, name: &str) {
    each(bencher, name, |source| {
        divan::black_box(krl_lang::lexer::lex(source));
    });
}

#[divan::bench(args = INPUTS)]
fn parse(bencher: Bencher<'_, '_>, name: &str) {
    each(bencher, name, |source| {
        divan::black_box(krl_lang::parse(source));
    });
}

#[divan::bench(args = INPUTS)]
fn check(bencher: Bencher<'_, '_>, name: &str) {
    use krl_compiler::check::{CheckOptions, SourceFile, check};
    let options = CheckOptions::default();
    each(bencher, name, |source| {
        divan::black_box(check(&[SourceFile { path: "bench.krl", source }], &options));
    });
}

#[divan::bench(args = INPUTS)]
fn compile(bencher: Bencher<'_, '_>, name: &str) {
    each(bencher, name, |source| {
        divan::black_box(krl_compiler::compile(source));
    });
}

#[divan::bench(args = INPUTS)]
fn format(bencher: Bencher<'_, '_>, name: &str) {
    let options = krl_lang::fmt::Options::default();
    each(bencher, name, |source| {
        divan::black_box(krl_lang::fmt::format(source, &options));
    });
}
