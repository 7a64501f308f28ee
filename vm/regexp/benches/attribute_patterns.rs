//! What a match costs for the patterns that event attributes are usually tested with: `cargo bench -p krl-regexp`.

#![expect(clippy::unwrap_used, reason = "a benchmark of a broken pattern should stop")]

use divan::{Bencher, black_box};
use krl_regexp::{Captures, Regexp};

/// Pattern and a text it matches.
const CASES: &[(&str, &str)] = &[
    ("temperature", "temperature"),
    ("^temperature$", "temperature"),
    ("^(.*)$", "a short attribute"),
    ("(.*)", "a short attribute"),
    (r"^(\w+)$", "attribute_17"),
    (r"^(\d+)-(\d+)-(\d+)$", "2024-01-15"),
    (r"^[^@\s]+@[^@\s]+\.[a-z]+$", "somebody@example.com"),
    ("^(GET|POST) ", "POST /sky/event"),
    ("^(?:(a)|b)*$", "abbabab"),
    (r"^(?=.*\d)\w+$", "attribute_17"),
];

fn main() {
    divan::main();
}

#[divan::bench(args = 0..CASES.len(), sample_size = 1000)]
fn is_match(bencher: Bencher, case: usize) {
    let (pattern, text) = CASES[case];
    let regexp = Regexp::new(pattern, "").unwrap();
    bencher.bench_local(|| regexp.is_match(black_box(text)));
}

#[divan::bench(args = 0..CASES.len(), sample_size = 1000)]
fn find_at(bencher: Bencher, case: usize) {
    let (pattern, text) = CASES[case];
    let regexp = Regexp::new(pattern, "").unwrap();
    let mut captures = Captures::new();
    bencher.bench_local(|| regexp.find_at(black_box(text), 0, &mut captures));
}

#[divan::bench(args = 0..CASES.len())]
fn new(bencher: Bencher, case: usize) {
    bencher.bench_local(|| Regexp::new(black_box(CASES[case].0), ""));
}

#[divan::bench(args = 0..CASES.len(), sample_count = 20, sample_size = 10)]
fn one_match(bencher: Bencher, case: usize) {
    let (pattern, text) = CASES[case];
    bencher
        .with_inputs(|| Regexp::new(pattern, "").unwrap())
        .bench_local_values(|regexp| regexp.is_match(text));
}
