//! A host does not start on a store that it cannot trust: its first line says why, and it ends with a code, without a panic.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use krl_host::store::{FjallStore, Options};
use krl_kernel::store::{Batch, Space, Store};
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

fn serve(home: &Path) -> Child {
    Command::new(env!("CARGO_BIN_EXE_krl"))
        .args(["serve", "--address", "127.0.0.1", "--port", "0", "--home"])
        .arg(home)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Waits until a host serves; answers it, or what it said and its code.
fn start(home: &Path) -> Result<Child, (String, Option<i32>)> {
    let mut child = serve(home);
    let mut said = String::new();
    for line in BufReader::new(child.stderr.take().unwrap()).lines() {
        let line = line.unwrap();
        if line.starts_with("krl: serving") {
            return Ok(child);
        }
        said.push_str(&line);
        said.push('\n');
    }
    Err((said, child.wait().unwrap().code()))
}

fn end(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// The host refuses and says why.
fn check(home: &Path, expected: &str) {
    let (said, code) = match start(home) {
        Ok(child) => {
            end(child);
            panic!("it serves; expected: {expected}");
        }
        Err(refused) => refused,
    };
    assert_eq!(code, Some(1), "{said}");
    let first = said.lines().next().unwrap_or_default();
    assert!(first.starts_with("krl: ") && first.contains(expected) && !said.contains("panicked"), "{said}");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

#[test]
fn a_host_refuses_stores_it_cannot_trust() {
    let home = tempfile::tempdir().unwrap();
    let first = start(home.path()).unwrap();
    check(home.path(), "another process has the store open");
    end(first);
    // Whoever was killed holds nothing any more.
    end(start(home.path()).unwrap());

    let folder = home.path().join("store");
    let mark = |format: u32| {
        let store = FjallStore::open(&folder, &Options::default());
        let mut batch = Batch::default();
        batch.put(Space::Host, "format", format.to_be_bytes());
        store.unwrap().commit(&batch).unwrap();
    };
    mark(9);
    check(home.path(), "the store has format 9");
}

#[test]
fn a_host_refuses_a_damaged_store() {
    let home = tempfile::tempdir().unwrap();
    end(start(home.path()).unwrap());
    let journals = files(&home.path().join("store"));
    let journal = journals.iter().find(|path| path.extension().is_some_and(|end| end == "jnl")).unwrap();
    let mut bytes = fs::read(journal).unwrap();
    bytes.iter_mut().skip(200).take(64).for_each(|byte| *byte ^= 0x41);
    fs::write(journal, bytes).unwrap();
    check(home.path(), "the store is damaged");
    // It says so again: nothing was made up in its place.
    check(home.path(), "the store is damaged");
}
