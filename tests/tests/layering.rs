//! The house's only directions of import (docs/ARCHITECTURE.md): each crate names the crates of ours it may use.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeSet;
use std::path::Path;

const ALLOWED: &[(&str, &[&str])] = &[
    ("lang", &[]),
    ("vm/regexp", &[]),
    ("vm", &["krl-regexp"]),
    ("vm/jit", &["krl-vm"]),
    ("stdlib", &["krl-vm", "krl-regexp"]),
    ("compiler", &["krl-lang", "krl-stdlib", "krl-vm", "krl-regexp"]),
    ("xdi", &[]),
    ("kernel", &["krl-stdlib", "krl-vm", "krl-regexp", "krl-xdi"]),
    ("host", &["krl-lang", "krl-compiler", "krl-stdlib", "krl-vm", "krl-jit", "krl-kernel", "krl-xdi"]),
    ("cli", &["krl-lang", "krl-compiler", "krl-stdlib", "krl-vm", "krl-kernel", "krl-host"]),
];

/// The `krl-*` names in the `[dependencies]` table of a manifest.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let table = manifest.split("[dependencies]").nth(1).unwrap_or_default();
    let table = table.split("\n[").next().unwrap_or_default();
    table
        .lines()
        .filter_map(|line| line.split(['.', ' ', '=']).next())
        .filter(|name| name.starts_with("krl-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_import_only_downwards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (folder, allowed) in ALLOWED {
        let manifest = std::fs::read_to_string(root.join(folder).join("Cargo.toml")).unwrap();
        for name in dependencies(&manifest) {
            assert!(allowed.contains(&name.as_str()), "{folder} must not depend on {name}");
        }
    }
}

/// No I/O, clock, randomness or environment below `host` and `cli`: they are passed in. The compiler of machine code has a thread and counts
/// its time, which no program sees.
#[test]
fn libraries_touch_no_outside_world() {
    const OUTSIDE: &[&str] =
        &["std::fs", "std::net", "std::env", "SystemTime", "Instant::now", "println!", "std::process"];
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    for (folder, _) in ALLOWED.iter().filter(|(folder, _)| !["cli", "host", "vm/jit"].contains(folder)) {
        for file in sources(&root.join(folder).join("src")) {
            let text = std::fs::read_to_string(&file).unwrap();
            let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            for line in code {
                for word in OUTSIDE {
                    assert!(!line.contains(word), "{}: {}", file.display(), line.trim());
                }
            }
        }
    }
}

/// The `.rs` files of a crate, its unit tests left out.
fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_some_and(|stem| stem == "tests") {
            continue;
        }
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}
