//! A file of a store that was changed behind its back: the store says so, or is as it was. It never panics, and never forgets in silence.

#![allow(clippy::unwrap_used, reason = "a test")]

use krl_host::store::{FjallStore, Options};
use krl_kernel::store::{Batch, Read, Space, Store, StoreError};
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// How many places of each file are changed.
const PLACES: usize = 24;

fn options() -> Options {
    Options { buffer_bytes: 1 << 20, reserve_bytes: 0, threads: 1, ..Options::default() }
}

type Entries = Vec<(Space, Vec<u8>, Vec<u8>)>;

fn read(folder: &Path) -> Result<Entries, StoreError> {
    let store = FjallStore::open(folder, &options())?;
    let mut all = Vec::new();
    for space in Space::ALL {
        store.scan(space, &[], None, &mut |key, value| {
            all.push((space, key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        })?;
    }
    Ok(all)
}

/// A store with tables and a journal, closed.
fn make(folder: &Path) {
    let store = FjallStore::open(folder, &options()).unwrap();
    for n in 0u64..1_200 {
        let mut batch = Batch::default();
        batch.put(Space::Clouds, n.to_be_bytes(), vec![n as u8; 1_500]);
        batch.put(Space::Agenda, n.to_be_bytes(), "soon");
        store.commit(&batch).unwrap();
    }
    drop(store);
    // Opened again, the engine has written what it had to behind the scenes.
    read(folder).unwrap();
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { all.extend(files(&path)) } else { all.push(path) }
    }
    all.sort();
    all
}

fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(file, target).unwrap();
    }
}

/// The bytes of a file up to the zeros it ends with: space that is not yet used.
fn used(path: &Path) -> usize {
    let bytes = fs::read(path).unwrap();
    bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1)
}

#[test]
fn a_changed_byte_is_told() {
    let at = tempfile::tempdir().unwrap();
    let good = at.path().join("good");
    make(&good);
    let expected = read(&good).unwrap();
    let mut told = 0;
    for file in files(&good) {
        let name = file.strip_prefix(&good).unwrap();
        let used = used(&file);
        for place in (0..PLACES.min(used)).map(|part| part * (used - 1) / PLACES.min(used).max(1)) {
            let bad = at.path().join("bad");
            copy(&good, &bad);
            let mut bytes = fs::read(&file).unwrap();
            bytes[place] ^= 0x41;
            fs::write(bad.join(name), bytes).unwrap();
            match read(&bad) {
                Ok(entries) => assert!(
                    entries == expected,
                    "byte {place} of {}: {} entries instead of {}",
                    name.display(),
                    entries.len(),
                    expected.len()
                ),
                Err(_) => told += 1,
            }
            fs::remove_dir_all(&bad).unwrap();
        }
    }
    assert!(told > 0);
}
