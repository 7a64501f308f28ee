//! Sources and code to start from: the examples.

use crate::property;
use krl_vm::unit::Unit;
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
