//! Machine code comes and goes with its program: what no cloud runs any more leaves nothing behind.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_conformance::engine::Engine;
use krl_jit::{Jit, Mode, Options};
use krl_kernel::cloud::{Cloud, Configuration, Environment, Query};
use krl_kernel::library::Library;
use krl_vm::data::{Data, DataMap};
use krl_vm::interp::compiled::Tier;
use krl_vm::unit::Unit;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Programs that come and go.
const PROGRAMS: usize = 1_000;
/// Those of them that come again: with `KRL_TEST_ALL` all.
const AGAIN: usize = 100;
/// Programs that a library keeps though no cloud runs them, and as many again before it looks.
const MOST_KEPT: usize = 128;

/// What it freezes is its own cloud's: no other cloud shares the program, and nothing keeps it.
const OWN: &str = r#"ruleset p {
    meta { shares told }
    global {
        here = ctx:picoId
        step = function(x) { x * NUMBER + 1 }
        told = function(n) { 1.range(n).map(step).join(" ") }
    }
    rule r { select when a b foreach [1, 2] setting(i) send_directive("hit", {"at": step(i) - i % 2}) }
}"#;

fn unit(template: &str, number: usize) -> Unit {
    krl_compiler::compile(&template.replace("NUMBER", &number.to_string())).unit.unwrap()
}

fn library(mode: Mode) -> Option<(Library, Arc<dyn Tier>)> {
    // A machine that gets no machine code has nothing to lose.
    let tier: Arc<dyn Tier> = Arc::new(Jit::new(mode, Options::default()).ok()?);
    Some((Library::compiled_by(krl_stdlib::natives(), Some(tier.clone())), tier))
}

/// Installs a program on a cloud of its own and lets all its parts run.
fn run(library: &Library, unit: Unit, number: usize) -> Cloud {
    let mut cloud = Cloud::new(Environment { library: library.clone(), ..Environment::default() });
    let verified = krl_vm::verify::verify(unit).unwrap();
    assert!(cloud.install(verified, Configuration::default()).unwrap().is_empty());
    let args = Data::Map(DataMap::from_iter([("n".into(), Data::Number(2.0))]));
    let query = Query { rid: "p".into(), name: "told".into(), args, ..Query::default() };
    assert_eq!(cloud.query(&query).unwrap(), Data::string(format!("{} {}", number + 1, 2 * number + 1)));
    let answer = cloud.signal("a", "b", Data::Null).unwrap();
    assert_eq!((answer.directives.len(), answer.errors.len()), (2, 0));
    cloud
}

/// Mappings and pages of memory that the process has; none where the system does not tell.
fn memory() -> Option<(usize, usize)> {
    let mappings = std::fs::read_to_string("/proc/self/maps").ok()?.lines().count();
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some((mappings, pages))
}

fn live(tier: &Arc<dyn Tier>) -> u64 {
    tier.statistics().live_bytes
}

#[test]
fn a_thousand_programs_leave_nothing() {
    let Some((library, tier)) = library(Mode::Force) else { return };
    let come_and_go = |programs: usize| {
        for number in 1..=programs {
            let cloud = run(&library, unit(OWN, number), number);
            assert!(live(&tier) > 0);
            assert!(library.code(0).is_some(), "the lowest number is taken again");
            drop(cloud);
            assert_eq!((live(&tier), library.units_in_use()), (0, 0), "program {number}");
        }
        (tier.statistics(), memory())
    };
    let (early, before) = come_and_go(AGAIN);
    let (first, after) = come_and_go(PROGRAMS);
    // The same programs again: their code is gone, and is made anew.
    let again = if std::env::var_os("KRL_TEST_ALL").is_some() { PROGRAMS } else { AGAIN };
    let (second, _) = come_and_go(again);
    let each = early.compiled / AGAIN as u64;
    assert!(each >= 3, "{early:?}");
    assert_eq!(first.compiled, each * (AGAIN + PROGRAMS) as u64);
    assert_eq!(second.compiled, first.compiled + each * again as u64);
    let (Some(before), Some(after)) = (before, after) else { return };
    // Code has mappings of its own; other tests of this process may have some too.
    assert!(after.0 < before.0 + 300 && after.1 < before.1 + 5_000, "{before:?} became {after:?}");
}

/// Programs that clouds can share stay for a while; a library that goes takes all with it.
#[test]
fn shared_programs_are_kept_up_to_a_bound() {
    let Some((library, tier)) = library(Mode::Force) else { return };
    let shared = OWN.replace("here = ctx:picoId", "");
    drop(run(&library, unit(&shared, 1), 1));
    let one = live(&tier);
    for number in 2..=3 * MOST_KEPT {
        drop(run(&library, unit(&shared, number), number));
        assert!(library.units_in_use() <= MOST_KEPT, "{} units", library.units_in_use());
        assert!(live(&tier) < 2 * one * MOST_KEPT as u64, "{} bytes", live(&tier));
    }
    drop(library);
    assert_eq!(live(&tier), 0);
}

/// What is compiled on a thread of its own is not kept by it.
#[test]
fn code_that_is_ordered_goes_with_its_program() {
    let Some((library, tier)) = library(Mode::Hot(2)) else { return };
    for number in 1..=50 {
        drop(run(&library, unit(OWN, number), number));
    }
    let begun = Instant::now();
    while (live(&tier), library.units_in_use()) != (0, 0) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{} bytes stay", live(&tier));
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The engine of kept code compiles nothing: it takes all that the one before it has made.
#[test]
fn kept_code_is_taken_and_not_made_again() {
    let [made, kept] = [Engine::Compiled, Engine::Kept].map(|engine| {
        let library = engine.environment(Environment::default()).library;
        let tier = library.tier().cloned();
        drop(run(&library, unit(OWN, 2_000), 2_000));
        tier.map(|tier| tier.statistics()).unwrap_or_default()
    });
    assert_eq!((made.cache_hits, made.cache_misses), (0, made.compiled));
    assert_eq!((kept.cache_hits, kept.cache_misses, kept.compiled), (made.compiled, 0, 0));
}
