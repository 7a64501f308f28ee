//! Every scenario in every form, and the list of those that differ from the reference on purpose.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails fails the test")]

use krl_conformance::engine::{Engine, Setup};
use krl_conformance::hosted::{Hosted, bare_house, inexpressible};
use krl_conformance::house::Way;
use krl_conformance::memory::Alone;
use krl_conformance::scenario::{budgets, run};
use krl_kernel::cloud::Budgets;
use krl_vm::data::Data;
use krl_vm::interp::compiled::JitMode;
use std::collections::BTreeMap;

fn read(name: &str) -> Data {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    Data::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// What engines leave to chance.
const SEED: u64 = 11;

/// What runs the scenarios.
#[derive(Clone, Copy, Debug)]
enum Theatre {
    /// A cloud in memory for each.
    Memory(Setup),
    /// A root cloud for each on a real host, whose functions are compiled so.
    Host(Way, JitMode),
}

/// The differences by scenario id.
fn differences(file: &str, theatre: Theatre) -> BTreeMap<String, String> {
    let Data::Array(scenarios) = read(file) else { panic!("{file} is no array") };
    assert!(scenarios.len() > 5, "{file} has too few scenarios");
    let id = |scenario: &Data| scenario.as_map().unwrap()["id"].as_str().unwrap().to_owned();
    let mut house = match theatre {
        Theatre::Memory(_) => None,
        Theatre::Host(way, jit) => Some(bare_house(way, jit, Budgets::default())),
    };
    let mut play = |scenario: &Data| match (theatre, &mut house) {
        (Theatre::Memory(setup), _) => run(scenario, &mut Alone::new(budgets(scenario), setup)),
        (Theatre::Host(..), _) if inexpressible(scenario).is_some() => Ok(()),
        (Theatre::Host(way, jit), Some(house)) => {
            let mut own = None;
            let house = match budgets(scenario) {
                usual if usual == Budgets::default() => house,
                unusual => own.insert(bare_house(way, jit, unusual)),
            };
            run(scenario, &mut Hosted::new(house))
        }
        (Theatre::Host(..), None) => unreachable!(),
    };
    scenarios.iter().filter_map(|scenario| Some((id(scenario), play(scenario).err()?))).collect()
}

fn check(file: &str, deviations: &Data, theatre: Theatre) {
    let listed = deviations.as_map().unwrap();
    let mut found = differences(file, theatre);
    if matches!(theatre, Theatre::Host(Way::Http, _)) {
        for id in WITH_HEADERS {
            found.remove(id);
        }
    }
    let unlisted: Vec<String> = found
        .iter()
        .filter(|(id, _)| !listed.contains_key(id.as_str()))
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    let gone: Vec<_> = listed.keys().filter(|id| !found.contains_key(&***id)).collect();
    assert!(
        unlisted.is_empty(),
        "{theatre:?}, {} not listed as deviations:\n{}",
        unlisted.len(),
        unlisted.join("\n")
    );
    assert!(gone.is_empty(), "{theatre:?}: listed as deviations, but no longer different: {gone:?}");
}

/// They show all of `event:attrs`, to which HTTP adds `_headers` (decision H4).
const WITH_HEADERS: [&str; 3] = ["attrs.access.001", "attrs.types.001", "raise.order.002"];

#[test]
fn the_reference_scenarios_hold_but_for_listed_decisions() {
    let deviations = read("scenarios-deviations.json");
    for setup in Setup::all(SEED) {
        check("scenarios.json", &deviations, Theatre::Memory(setup));
    }
}

#[test]
fn the_reference_scenarios_hold_on_a_host() {
    let deviations = read("scenarios-deviations.json");
    check("scenarios.json", &deviations, Theatre::Host(Way::Direct, Engine::forced()));
}

#[test]
fn the_reference_scenarios_hold_over_http() {
    let deviations = read("scenarios-deviations.json");
    check("scenarios.json", &deviations, Theatre::Host(Way::Http, JitMode::Off));
}

#[test]
fn own_scenarios_hold() {
    let none = Data::Map(Default::default());
    let memory = Setup::all(SEED).into_iter().map(Theatre::Memory);
    let hosts = [Theatre::Host(Way::Direct, Engine::forced()), Theatre::Host(Way::Http, JitMode::Off)];
    for theatre in memory.chain(hosts) {
        check("own-scenarios.json", &none, theatre);
    }
}

/// Each deviation rests on a row of `docs/differences.md`; what is missing stands in its last section.
#[test]
fn every_deviation_rests_on_a_row_of_the_differences() {
    let path = format!("{}/../docs/differences.md", env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(path).unwrap();
    let (differences, not_built) = page.split_once("\n## Not built yet\n").unwrap();
    let row = |decision: &str| differences.lines().any(|line| line.starts_with(&format!("| {decision} | ")));
    let mut wrong = Vec::new();
    for layer in ["check", "compile", "expressions", "scenarios", "syntax"] {
        let listed = read(&format!("{layer}-deviations.json"));
        let deviations: Vec<&Data> = match &listed {
            Data::Array(list) => list.iter().collect(),
            map => map.as_map().unwrap().values().collect(),
        };
        assert!(!deviations.is_empty(), "{layer}");
        for deviation in deviations {
            let text = |key: &str| deviation.as_map().unwrap()[key].as_str().unwrap();
            let covered = match text("decision") {
                "missing" => {
                    let what = text("why").strip_suffix(" is not built").unwrap_or("?");
                    not_built.to_lowercase().contains(&what.to_lowercase())
                }
                decision => row(decision),
            };
            if !covered {
                wrong.push(format!("{layer}: {}", deviation.to_json()));
            }
        }
    }
    assert!(wrong.is_empty(), "no row covers:\n{}", wrong.join("\n"));
}
