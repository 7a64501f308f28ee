//! Generated programs on every engine in every form. `KRL_FUZZ_CASES` sets how many, `KRL_FUZZ_SEED` where they begin.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test")]

use krl_conformance::differ::{
    changed_by_budget, changed_by_formatting, compiled, difference, false_errors, report, shrunk,
};
use krl_conformance::generate::{from_seed, natives};
use krl_conformance::sample;
use krl_vm::heap::UnitTable;
use std::ops::Range;

/// The seeds of a test that usually plays so many programs.
fn seeds(usual: u64) -> Range<u64> {
    let setting = |name: &str| std::env::var(name).ok().and_then(|n| n.parse().ok());
    let start = setting("KRL_FUZZ_SEED").unwrap_or(0);
    start..start + setting("KRL_FUZZ_CASES").unwrap_or(usual)
}

#[test]
fn engines_agree() {
    for seed in seeds(1_000) {
        let (program, taken) = from_seed(seed);
        if std::env::var_os("KRL_FUZZ_SHOW").is_some() {
            println!("seed {seed}\n{}", report(&program));
        }
        let (found, _) = difference(&program, seed);
        if found.is_some() {
            let (small, _) = shrunk(taken, &|program| difference(program, seed).0.is_some());
            let (found, _) = difference(&small, seed);
            let found = found.map_or_else(|| "shows only in the whole program".into(), |d| d.to_string());
            panic!("seed {seed}: {found}\n\n{}", report(&small));
        }
    }
}

/// Most programs compile, install, and end their events and queries without an error; the others show what errors do.
#[test]
fn programs_are_worth_running() {
    let (mut compiled, mut installed, mut answered, mut failed) = (0, 0, 0, 0);
    for seed in 0..150 {
        let (_, seen) = difference(&from_seed(seed).0, seed);
        compiled += u32::from(!seen.iter().any(|seen| seen.what == "not compiled"));
        installed += u32::from(seen.iter().filter(|s| s.what == "install").all(|s| s.text.starts_with("Ok")));
        for answer in seen.iter().filter(|s| s.what.starts_with("step") && !s.what.contains(',')) {
            let error = answer.text.contains("RuntimeError");
            *(if error { &mut failed } else { &mut answered }) += 1;
        }
    }
    let figures = format!("{compiled} compile, {installed} install; {answered} answers, {failed} errors");
    assert!(compiled > 140 && installed > 100 && answered > 500 && failed > 50, "{figures}");
}

/// Formatting changes layout, a larger budget changes nothing, and the checker finds no error in what runs.
#[test]
fn programs_keep_their_meaning() {
    for seed in seeds(100) {
        let (program, _) = from_seed(seed);
        let units = compiled(&program);
        let (_, seen) = difference(&program, seed);
        if let Some(text) = changed_by_formatting(&program, &units) {
            panic!("seed {seed}: formatting changes the code of\n{}\nto\n{text}", report(&program));
        }
        if let Some(found) = changed_by_budget(&program, &seen) {
            panic!("seed {seed}: a larger budget changes {found}\n{}", report(&program));
        }
        let errors = false_errors(&program, &seen);
        assert!(errors.is_empty(), "seed {seed}: {}\n{}", errors.join("\n"), report(&program));
    }
}

#[test]
fn examples_show_the_same_on_every_engine() {
    for program in sample::programs() {
        let (found, seen) = difference(&program, 1);
        assert!(found.is_none(), "{}\n{}", found.unwrap(), report(&program));
        assert!(!seen.iter().any(|seen| seen.what == "not compiled"), "{}", report(&program));
    }
}

/// Programs have functions that machine code runs as loops of the natives that call them, in every form.
#[test]
fn loops_take_part() {
    let Ok(compiler) = krl_jit::Compiler::new() else { return };
    let mut found = 0;
    for unit in (0..40).flat_map(|seed| compiled(&from_seed(seed).0)).flatten() {
        let Ok(verified) = krl_vm::verify::verify(unit) else { continue };
        let Ok((units, number)) = UnitTable::new(krl_stdlib::natives()).load(verified) else { continue };
        let listing = units.unit(number).map(|unit| compiler.listing(unit, krl_jit::Form::Clif));
        found += listing.map_or(0, |listing| listing.matches("\n; loops of natives:").count());
    }
    assert!(found > 40, "{found} functions have loops");
}

/// Whatever is in the signature table, but for what reaches out of the cloud.
#[test]
fn every_operator_takes_part() {
    let sources: Vec<String> = (0..1_500).flat_map(|seed| from_seed(seed).0.rulesets).collect();
    let is_called = |name: &str| sources.iter().any(|source| source.contains(name));
    let idle: Vec<&str> = natives()
        .filter(|s| !is_called(&format!(".{}(", s.name)) && !is_called(s.native.name))
        .map(|s| s.native.name)
        .collect();
    assert!(idle.is_empty(), "never called: {idle:?}");
}
