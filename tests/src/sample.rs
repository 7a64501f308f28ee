//! Sources to start from: the examples.

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

fn entries(folder: &Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut paths: Vec<_> = entries.flatten().map(|e| e.path()).collect();
    paths.sort();
    paths
}
