//! What replaced rulesets leave behind: nothing. Versions are installed over each other, and the units in memory and the process do not grow.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

use krl_kernel::cloud::{Cloud, Configuration, Environment, Query};
use krl_kernel::library::Library;
use krl_vm::data::Data;
use krl_vm::unit::{Constant, Unit};

/// A module whose constants and functions others keep.
const MODULE: &str = r#"ruleset m {
    meta { provides version, tell, table }
    global {
        version = "VERSION"
        table = {"of": ["VERSION", {"deep": "VERSION"}]}
        tell = function(what) { what + " VERSION".replace(re#^ #, "/") }
    }
}"#;

/// Uses it; what it freezes holds constants of both.
const USER: &str = r#"ruleset u {
    meta { use module m shares told }
    global {
        kept = [m:version, m:table, "VERSION"]
        later = function() { m:tell(kept.head()) }
        told = function() { [kept[1]{["of", 1, "deep"]}, later(), kept[2]].join(" ") }
    }
    rule r { select when u r v re#VERSION# send_directive("VERSION") }
}"#;

/// As it, but no other cloud may share what it freezes.
const OWN: &str = r#"ruleset o {
    meta { use module m shares told }
    global {
        here = ctx:picoId
        kept = [m:version, m:table, "VERSION", 1.range(5000), here]
        told = function() { [kept[1]{["of", 1, "deep"]}, m:tell(kept.head()), kept[2]].join(" ") }
    }
}"#;

/// Units that may stay in memory: those of the programs that are kept though nobody runs them, two in each.
const MOST: usize = 300;

fn renamed(constant: &mut Constant, version: &str) {
    match constant {
        Constant::String(text) if text.contains("VERSION") => *text = text.replace("VERSION", version).into(),
        Constant::Array(items) => items.iter_mut().for_each(|item| renamed(item, version)),
        Constant::Map(entries) => entries.iter_mut().for_each(|(_, item)| renamed(item, version)),
        _ => {}
    }
}

/// A version of a ruleset, with a text of 50 kB that is its own.
fn version(unit: &Unit, number: usize) -> Unit {
    let mut unit = unit.clone();
    unit.constants.iter_mut().for_each(|constant| renamed(constant, &number.to_string()));
    unit.constants.push(Constant::String(format!("{number:>50000}").into()));
    unit
}

fn install(cloud: &mut Cloud, unit: Unit) {
    let verified = krl_vm::verify::verify(unit).unwrap();
    let left = cloud.install(verified, Configuration::default()).unwrap();
    assert!(left.is_empty(), "{left:?}");
}

fn told(cloud: &mut Cloud, rid: &str) -> Data {
    cloud.query(&Query { rid: rid.into(), name: "told".into(), ..Query::default() }).unwrap()
}

/// Pages of memory that the process has; none where the system does not tell.
fn pages() -> Option<usize> {
    std::fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()
}

#[test]
fn versions_that_nobody_runs_are_forgotten() {
    let [module, user, own] = [MODULE, USER, OWN].map(|source| krl_compiler::compile(source).unit.unwrap());
    let library = Library::new(krl_stdlib::natives());
    let cloud = |seed| {
        let mut cloud = Cloud::new(Environment { seed, library: library.clone(), ..Environment::default() });
        install(&mut cloud, version(&module, 0));
        cloud
    };
    let (mut shared, mut alone) = (cloud(1), cloud(2));
    let mut grown = Vec::new();
    for number in 1..=2_000 {
        // Now the module is replaced below its user, now the user above it.
        let (of_module, of_user) = (number - number % 2, number - 1 + number % 2);
        let [of_shared, of_alone] = if number % 2 == 0 { [&module, &module] } else { [&user, &own] };
        install(&mut shared, version(of_shared, number));
        install(&mut alone, version(of_alone, number));
        let expected = Data::string(format!("{of_module} {of_module}/{of_module} {of_user}"));
        assert_eq!(told(&mut shared, "u"), expected);
        assert_eq!(told(&mut alone, "o"), expected);
        let units = library.units_in_use();
        assert!(units <= MOST, "{units} units are in memory after {number} versions");
        if number % 1_000 == 0 {
            grown.push((units, pages()));
        }
    }
    let [(_, Some(before)), (_, Some(after))] = grown[..] else { return };
    // Each 1,000 versions of both clouds are 100 MB of text; a page is 4 kB.
    assert!(after < before + 5_000, "{before} pages became {after}");
}

#[test]
fn numbers_come_back_with_the_last_holder() {
    let library = Library::new(krl_stdlib::natives());
    let unit = krl_compiler::compile(MODULE).unit.unwrap();
    let load = || library.load(krl_vm::verify::verify(unit.clone()).unwrap(), Default::default()).unwrap();
    let (first, second) = (load(), load());
    assert_eq!((first.number, second.number, library.units_in_use()), (0, 1, 2));
    drop(first);
    assert_eq!((library.units_in_use(), load().number, library.has("m")), (1, 0, true));
    drop(second);
    assert_eq!((library.units_in_use(), library.has("m")), (0, false));
}
