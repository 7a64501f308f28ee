//! Sources and code to start from: the examples.

use crate::generate::{Program, Slip, Step};
use crate::property;
use krl_kernel::cloud::Budgets;
use krl_vm::unit::Unit;
use std::collections::BTreeMap;
use std::path::Path;

/// Every `.krl` file below `examples`, by path.
#[must_use]
pub fn examples() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let mut found = Vec::new();
    for folder in entries(&root) {
        for file in entries(&folder).into_iter().filter(|f| f.extension().is_some_and(|e| e == "krl")) {
            let source = std::fs::read_to_string(&file).expect("a readable example");
            found.push((file.display().to_string(), source));
        }
    }
    assert!(found.len() >= 8, "the examples are missing");
    found
}

/// Attributes that examples are sent: some fit, some do not.
const ATTRIBUTES: [&str; 4] = [
    "{}",
    r#"{"name":"a","item":"b","shop":"c","amount":"3","id":"order-1"}"#,
    r#"{"celsius":"31.5","tons":30,"kind":"truck","vehicles":[{"kind":"car","tons":1}],"text":"t","minutes":"5"}"#,
    r#"{"name":null,"items":{"a":1},"amount":"x","limit":3,"speed":"1.5","user":"u","password":"open sesame"}"#,
];

/// The rulesets of each example together, with every event they select, every query they share, and a pause.
#[must_use]
pub fn programs() -> Vec<Program> {
    let mut folders: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, source) in examples() {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.entry(folder.into()).or_default().push(source);
    }
    let budgets = Budgets { cascade: 50, hops: 3, ..Budgets::default() };
    let program =
        |rulesets: Vec<String>| Program { steps: steps(&rulesets), rulesets, budgets, slip: Slip::None };
    folders.into_values().map(program).collect()
}

fn steps(rulesets: &[String]) -> Vec<Step> {
    let units: Vec<Unit> = rulesets.iter().filter_map(|source| property::compiling(source)).collect();
    let mut steps = Vec::new();
    for attrs in ATTRIBUTES {
        for event in units.iter().flat_map(|unit| &unit.testing.events) {
            let (domain, name) = (event.domain.to_string(), event.name.to_string());
            steps.push(Step::Event { domain, name, attrs: attrs.into() });
        }
        for unit in &units {
            let queries = unit.shares.iter().map(|shared| Step::Query {
                rid: unit.rid.to_string(),
                name: shared.name.to_string(),
                args: attrs.into(),
            });
            steps.extend(queries);
        }
        steps.extend([Step::Wait(400_000), Step::Restart]);
    }
    steps
}

/// The code of every example.
#[must_use]
pub fn units() -> Vec<Unit> {
    examples().iter().filter_map(|(_, source)| property::compiling(source)).collect()
}

/// The code of the examples that use no module, which install in any order.
#[must_use]
pub fn independent_units() -> Vec<Unit> {
    units().into_iter().filter(|unit| unit.uses.is_empty()).collect()
}

/// The compiled file of every example.
#[must_use]
pub fn files() -> Vec<Vec<u8>> {
    units()
        .iter()
        .map(|unit| krl_vm::krlc::encode(unit, "sample").expect("a unit that fits its file"))
        .collect()
}

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}
