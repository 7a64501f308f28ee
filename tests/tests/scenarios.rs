//! Every scenario in every form, and the list of those that differ from the reference on purpose.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a set-up that fails fails the test")]

use krl_conformance::scenario::{Form, run};
use krl_vm::data::Data;
use std::collections::BTreeMap;

fn read(name: &str) -> Data {
    let path = format!("{}/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    Data::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The differences by scenario id.
fn differences(file: &str, form: Form) -> BTreeMap<String, String> {
    let Data::Array(scenarios) = read(file) else { panic!("{file} is no array") };
    assert!(scenarios.len() > 5, "{file} has too few scenarios");
    let id = |scenario: &Data| scenario.as_map().unwrap()["id"].as_str().unwrap().to_owned();
    let differs = |scenario: &Data| Some((id(scenario), run(scenario, form).err()?));
    scenarios.iter().filter_map(differs).collect()
}

fn check(file: &str, deviations: &Data, form: Form) {
    let listed = deviations.as_map().unwrap();
    let found = differences(file, form);
    let unlisted: Vec<String> = found
        .iter()
        .filter(|(id, _)| !listed.contains_key(id.as_str()))
        .map(|(id, why)| format!("{id}: {why}"))
        .collect();
    let gone: Vec<_> = listed.keys().filter(|id| !found.contains_key(&***id)).collect();
    assert!(
        unlisted.is_empty(),
        "{form:?}, {} not listed as deviations:\n{}",
        unlisted.len(),
        unlisted.join("\n")
    );
    assert!(gone.is_empty(), "{form:?}: listed as deviations, but no longer different: {gone:?}");
}

#[test]
fn the_reference_scenarios_hold_but_for_listed_decisions() {
    let deviations = read("scenarios-deviations.json");
    for form in [Form::Direct, Form::Stored] {
        check("scenarios.json", &deviations, form);
    }
}

#[test]
fn own_scenarios_hold() {
    let none = Data::Map(Default::default());
    for form in [Form::Direct, Form::Stored] {
        check("own-scenarios.json", &none, form);
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
