//! Lexing, parsing, checking and formatting: megabytes of source a second.

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
