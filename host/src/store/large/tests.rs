use super::*;
use crate::store::format::{FORMAT, version};
use crate::store::{FjallStore, Options};
use krl_kernel::store::{Read as _, Store as _};
use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

fn open(folder: &Path) -> FjallStore {
    FjallStore::open(folder, &Options { reserve_bytes: 0, ..Options::default() }).unwrap()
}

fn value(byte: u8, bytes: usize) -> Vec<u8> {
    (0..bytes).map(|n| byte.wrapping_add((n / 1_000) as u8)).collect()
}

fn batch(entries: &[(&str, Vec<u8>)]) -> Batch {
    let mut batch = Batch::default();
    for (key, value) in entries {
        batch.put(Space::Clouds, *key, value.clone());
    }
    batch
}

fn put(store: &FjallStore, value: Vec<u8>) {
    let mut ahead = batch(&[("a", value)]);
    store.write_ahead(&mut ahead).unwrap();
    store.commit(&ahead).unwrap();
}

/// What is there under `a`, by all ways to read it.
fn read(store: &FjallStore) -> Option<Vec<u8>> {
    let got = store.get(Space::Clouds, b"a").unwrap();
    let mut scanned = None;
    let mut visit = |_: &[u8], value: &[u8]| {
        scanned = Some(value.to_vec());
        ControlFlow::Break(())
    };
    store.scan(Space::Clouds, b"a", Some(b"b"), &mut visit).unwrap();
    assert_eq!(got, scanned);
    assert_eq!(got, store.snapshot().get(Space::Clouds, b"a").unwrap());
    got
}

/// The names of the files.
fn files(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder.join("large")).unwrap();
    let mut names: Vec<_> = names.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Waits until so many files are left.
fn wait_for(folder: &Path, count: usize) {
    let mut looks = 0;
    while files(folder).len() != count {
        looks += 1;
        assert!(looks < 1_000, "{:?}", files(folder));
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_large_value_is_there_when_its_batch_is_committed_and_gone_when_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (first, second) = (value(1, 3 * LARGE + 7), value(2, LARGE));
    let mut ahead = batch(&[("a", first.clone()), ("b", b"small".to_vec())]);
    store.write_ahead(&mut ahead).unwrap();
    assert_eq!(read(&store), None);
    assert!(!store.has_large(Space::Clouds, b"a"));
    store.commit(&ahead).unwrap();
    drop(ahead);
    assert_eq!(read(&store), Some(first.clone()));
    assert!(store.has_large(Space::Clouds, b"a") && !store.has_large(Space::Clouds, b"b"));
    let before = store.snapshot();
    put(&store, second.clone());
    let between = store.snapshot();
    assert_eq!(read(&store), Some(second.clone()));
    store.commit(&batch(&[("a", Vec::new())])).unwrap();
    assert_eq!(read(&store), Some(Vec::new()));
    store.commit(&batch(&[("a", first.clone())])).unwrap();
    assert_eq!(read(&store), Some(first.clone()), "written as any other");
    assert_eq!(between.get(Space::Clouds, b"a").unwrap(), Some(second.clone()));
    drop(between);
    assert_eq!(before.get(Space::Clouds, b"a").unwrap(), Some(first.clone()));
    assert_eq!(files(folder.path()), ["0", "1"], "`before` may read what came after it");
    drop(before);
    wait_for(folder.path(), 0);
    put(&store, second.clone());
    let mut removal = Batch::default();
    removal.remove(Space::Clouds, "a");
    store.commit(&removal).unwrap();
    assert_eq!(read(&store), None);
    wait_for(folder.path(), 0);
}

#[test]
fn what_was_never_committed_is_removed_now_or_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    put(&store, value(3, LARGE));
    let mut lost = batch(&[("a", value(4, LARGE))]);
    store.write_ahead(&mut lost).unwrap();
    drop(lost);
    wait_for(folder.path(), 1);
    let mut lost = batch(&[("a", value(5, LARGE))]);
    store.write_ahead(&mut lost).unwrap();
    std::mem::forget(lost);
    drop(store);
    assert_eq!(files(folder.path()), ["0", "2"]);
    let store = open(folder.path());
    assert_eq!((files(folder.path()), read(&store)), (vec!["0".to_owned()], Some(value(3, LARGE))));
    put(&store, value(6, LARGE));
    assert_eq!(read(&store), Some(value(6, LARGE)));
}

#[test]
fn a_reader_that_stays_keeps_a_file_that_was_replaced_very_often() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    put(&store, value(0, LARGE));
    let before = store.snapshot();
    for number in 1_000..1_200 {
        store.large.files.replaced(vec![number]);
    }
    (0..100_000).for_each(|_| store.large.files.replaced(Vec::new()));
    put(&store, value(1, LARGE));
    assert_eq!(before.get(Space::Clouds, b"a").unwrap(), Some(value(0, LARGE)));
    drop(before);
    wait_for(folder.path(), 1);
    assert_eq!(read(&store), Some(value(1, LARGE)));
}

#[test]
fn damaged_files_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    put(&store, value(7, LARGE));
    let file = folder.path().join("large/0");
    let whole = fs::read(&file).unwrap();
    let get = || store.get(Space::Clouds, b"a").map_err(|error| error.to_string());
    for at in [0, 5, whole.len() / 2, whole.len() - 1] {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&file, &bytes).unwrap();
        assert!(get().unwrap_err().contains("large/0"), "byte {at}");
    }
    for length in [0, 10, whole.len() / 2, whole.len() - 1] {
        fs::write(&file, &whole[..length]).unwrap();
        assert!(get().is_err(), "{length} bytes");
    }
    fs::remove_file(&file).unwrap();
    assert!(get().unwrap_err().contains("large/0: the file is gone"));
    let mut keys = Vec::new();
    let mut note = |key: &[u8]| {
        keys.push(key.to_vec());
        ControlFlow::Continue(())
    };
    store.scan_keys(Space::Clouds, b"a", &mut note).unwrap();
    assert_eq!(keys, [b"a"], "keys are known without their values");
    fs::write(&file, &whole).unwrap();
    assert_eq!(read(&store), Some(value(7, LARGE)));
}

/// Format 2 had the pieces of values in the database, and a mark for each number without a head.
#[test]
fn values_of_format_2_move_in() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let (whole, number) = (value(8, 3 * LARGE + 5), 7_u64);
    {
        let database = Database::builder(folder.path()).open().unwrap();
        let space = |name: &str| database.keyspace(name, KeyspaceCreateOptions::default).unwrap();
        space("host").insert("format", 2_u32.to_be_bytes()).unwrap();
        space("clouds").insert("a", []).unwrap();
        let head = Head { number, bytes: whole.len() as u64 };
        space("large").insert(head_key(b"a"), head.record()).unwrap();
        space("large").insert([b"m".to_vec(), 9_u64.to_be_bytes().to_vec()].concat(), []).unwrap();
        for (index, piece) in whole.chunks(32 << 10).enumerate() {
            let key = Head { number, bytes: index as u64 }.record();
            space(PIECES).insert(key, piece).unwrap();
        }
    }
    for _ in 0..2 {
        let store = open(folder.path());
        assert_eq!(version(&store).unwrap(), Some(FORMAT));
        assert_eq!((read(&store), files(folder.path())), (Some(whole.clone()), vec!["7".to_owned()]));
        assert!(store.large.heads.prefix(b"m").next().is_none());
    }
}
