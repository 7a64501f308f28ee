//! A bounded, repeatable run of the fuzz properties. `KRL_FUZZ_CASES` sets the number of cases of each.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use krl_conformance::property::{self, EventStep};
use krl_conformance::sample;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};

fn cases() -> u32 {
    std::env::var("KRL_FUZZ_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(300)
}

fn check<S: Strategy>(share: u32, strategy: S, property: impl Fn(S::Value)) {
    let config = Config {
        cases: (cases() / share).max(8),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(0x6b72_6c31),
        max_shrink_iters: 2_000,
        ..Config::default()
    };
    let result = TestRunner::new(config).run(&strategy, |value| {
        property(value);
        Ok(())
    });
    if let Err(e) = result {
        panic!("{e}");
    }
}

/// Pieces that make trouble when they stand in the wrong place.
const PIECES: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<<",
    ">>",
    "#{",
    "\"",
    "re#",
    "#",
    "//",
    "/*",
    "*/",
    ";",
    ",",
    "=>",
    "|",
    ":=",
    "=",
    "==",
    "-",
    "not",
    "rule",
    "select when",
    "where",
    "setting",
    "foreach",
    "pre",
    "if",
    "then",
    "every",
    "choose",
    "fired",
    "else",
    "finally",
    "raise",
    "event",
    "ent:x",
    "last",
    "function",
    "defaction",
    "return",
    "null",
    "1",
    "é",
    "\u{0}",
    "\u{feff}",
    "\r",
    "😀",
    "within 5 minutes",
    "count 3",
    "between",
];

/// An example with some of its tokens deleted, doubled, swapped, or joined by a piece.
fn mutated() -> impl Strategy<Value = String> {
    let sources: Vec<String> = sample::examples().into_iter().map(|(_, source)| source).collect();
    let edit = (any::<prop::sample::Index>(), 0..4u8, any::<prop::sample::Index>());
    (prop::sample::select(sources), prop::collection::vec(edit, 0..5)).prop_map(|(source, edits)| {
        let tokens = krl_lang::lexer::lex(&source);
        let mut words: Vec<String> =
            (0..tokens.len()).map(|i| tokens.span(i).text(&source).to_owned()).collect();
        for (at, kind, other) in edits {
            if words.is_empty() {
                break;
            }
            let i = at.index(words.len());
            match kind {
                0 => drop(words.remove(i)),
                1 => words.insert(i, words[i].clone()),
                2 => {
                    let j = other.index(words.len());
                    words.swap(i, j);
                }
                _ => words.insert(i, PIECES[other.index(PIECES.len())].to_owned()),
            }
        }
        words.concat()
    })
}

/// What fuzzing found, made small: sources that broke a property.
const FOUND: &[&str] = &[
    // A string that holds the head of a rule, in a file with other errors: a blank line went into the string.
    "ruleset o{\"\nrule k{\"k",
];

#[test]
fn what_was_found_stays_mended() {
    for source in FOUND {
        property::lexing(source);
        property::parsing(source);
        property::formatting(source);
        property::checking(source);
        property::compiling(source);
    }
}

fn soup() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        3 => prop::sample::select(PIECES).prop_map(str::to_owned),
        1 => "\\PC{0,4}",
        1 => Just(" ".to_owned()),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn sources() -> impl Strategy<Value = String> {
    prop_oneof![2 => mutated(), 1 => soup()]
}

#[test]
fn lexing_covers_the_text() {
    check(1, sources(), |s| property::lexing(&s));
}

#[test]
fn parsing_ends() {
    check(1, sources(), |s| property::parsing(&s));
}

#[test]
fn formatting_keeps_everything() {
    check(2, sources(), |s| property::formatting(&s));
}

#[test]
fn checking_stays_in_the_text() {
    check(4, sources(), |s| property::checking(&s));
}

#[test]
fn compiling_is_deterministic_and_verified() {
    check(2, sources(), |s| drop(property::compiling(&s)));
}

#[test]
fn damaged_code_is_refused_or_harmless() {
    let word = prop_oneof![
        any::<u64>(),
        // A known operation with small operands gets further than noise.
        (0..64u64, 0..4u64, 0..12u64, 0..12u64, 0..12u64).prop_map(|(op, flags, a, b, c)| op
            | flags << 8
            | a << 16
            | b << 32
            | c << 48),
    ];
    let changes = prop::collection::vec((any::<u32>(), word), 1..4);
    check(2, (prop::sample::select(sample::units()), changes), |(unit, changes)| {
        property::damaged_code(&unit, &changes)
    });
}

#[test]
fn damaged_files_are_refused() {
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6);
    check(2, (prop::sample::select(sample::files()), changes, any::<bool>()), |(mut bytes, changes, cut)| {
        for (at, byte) in changes {
            let i = at.index(bytes.len());
            bytes[i] = byte;
            if cut {
                bytes.truncate(i.max(1));
            }
        }
        property::loading(&bytes);
    });
}

#[test]
fn forged_files_are_refused_or_harmless() {
    let changes = prop::collection::vec((any::<u32>(), prop_oneof![any::<u8>(), 0..8u8]), 1..4);
    check(2, (prop::sample::select(sample::files()), changes), |(file, changes)| {
        property::forged_file(&file, &changes)
    });
}

#[test]
fn events_are_deterministic() {
    let units = sample::independent_units();
    let selected: Vec<(String, String)> = units
        .iter()
        .flat_map(|u| &u.testing.events)
        .map(|e| (e.domain.to_string(), e.name.to_string()))
        .collect();
    let attrs = prop::sample::select(vec![
        "{}",
        r#"{"name":"a","item":"b","shop":"c","amount":"3","id":"x"}"#,
        r#"{"celsius":"31.5","tons":30,"kind":"truck","vehicles":[{"kind":"car","tons":1}]}"#,
        r#"{"text":"t","minutes":"5","user":"u","password":"open sesame","code":"4711"}"#,
        r#"{"name":null,"items":{"a":1},"amount":"x","limit":3,"speed":"1.5"}"#,
    ]);
    let step =
        (prop::sample::select(selected), attrs, 0..400_000u32).prop_map(|((domain, name), attrs, pause)| {
            EventStep { domain, name, attrs: attrs.to_owned(), pause }
        });
    check(8, prop::collection::vec(step, 1..25), |steps| property::events(&units, &steps));
}

#[test]
fn records_are_read_without_trust() {
    // Keys of a cloud begin with its id and a tag, those of the agenda with a tag and an id.
    let id = "cabcdefghijklmnopqrstuv0123";
    let keys =
        prop::collection::vec(any::<u8>(), 0..40).prop_map(move |rest| [id.as_bytes(), &rest].concat());
    let tagged = (any::<u8>(), keys.clone()).prop_map(|(tag, key)| [&[tag], &*key].concat());
    let key = prop_oneof![keys, tagged, prop::collection::vec(any::<u8>(), 0..60)];
    let value = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..60),
        prop::collection::vec(0..9u8, 0..60).prop_map(|rest| [&[1], &*rest].concat()),
    ];
    check(1, (any::<u8>(), key, value), |(space, key, value)| property::record(space, &key, &value));
}

#[test]
fn documents_are_graphs_or_errors() {
    let pieces = prop::sample::select(vec![
        "=a",
        "#b",
        "<#c>",
        "[#d]",
        "*e",
        "/",
        "//",
        "/&/",
        "/$ref/",
        "(",
        ")",
        "\n",
        "\"x\"",
        "{",
        "}",
        "&",
        "$is",
        "1",
        ":",
        ",",
        "{\"=a\":{\"<#b>\":{\"&\":1}}}",
        "=a<#b>/&/\"x\"",
        "=a/#f/=b",
        "|",
        "@~1",
        "(=a/#b)=c",
    ]);
    let documents = prop::collection::vec(pieces, 0..14).prop_map(|pieces| pieces.concat());
    check(1, documents, |document: String| property::graph(&document));
}
