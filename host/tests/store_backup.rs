//! Backups: what goes in comes out, damage is told with its place, and nothing is overwritten.

#![allow(clippy::unwrap_used, reason = "a test")]

use krl_host::store::backup::{BackupError, Contents, backup, restore, verify_backup, verify_store};
use krl_host::store::{FORMAT, FjallStore, Options};
use krl_kernel::store::{Batch, Read, Space, Store, StoreError};
use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

fn options() -> Options {
    Options { reserve_bytes: 0, ..Options::default() }
}

/// A store with entries in all spaces, enough for several blocks.
fn filled(folder: &Path) -> FjallStore {
    let store = FjallStore::open(folder, &options()).unwrap();
    for space in Space::ALL {
        let mut batch = Batch::default();
        for n in 0u32..400 {
            batch.put(space, n.to_be_bytes(), vec![n as u8; (n as usize * 7) % 900]);
        }
        batch.put(space, [0xff, 0x00], vec![9; 300_000]);
        store.commit(&batch).unwrap();
    }
    store
}

fn entries(store: &dyn Read) -> Vec<(Space, Vec<u8>, Vec<u8>)> {
    let mut all = Vec::new();
    for space in Space::ALL {
        let mut visit = |key: &[u8], value: &[u8]| {
            all.push((space, key.to_vec(), value.to_vec()));
            ControlFlow::Continue(())
        };
        store.scan(space, &[], None, &mut visit).unwrap();
    }
    all
}

#[test]
fn a_restored_store_holds_what_the_snapshot_held() {
    let at = tempfile::tempdir().unwrap();
    let store = filled(&at.path().join("first"));
    let before = entries(&store);
    let snapshot = store.snapshot();
    let mut later = Batch::default();
    later.put(Space::Clouds, "later", "");
    later.remove(Space::Clouds, 7u32.to_be_bytes());
    store.commit(&later).unwrap();

    let file = at.path().join("backup");
    let written = backup(&*snapshot, &Space::ALL, &file).unwrap();
    assert_eq!(written.entries as usize, before.len());
    assert_eq!(verify_backup(&file, &mut |_, _, _| Ok(())), Ok(written));
    let folder = at.path().join("second");
    assert_eq!(restore(&file, &folder, &options()), Ok(written));
    let again = FjallStore::open(&folder, &options()).unwrap();
    assert_eq!(entries(&again), before);
    assert_eq!(verify_store(&again, &mut |_, _, _| Ok(())), Ok(written));
}

#[test]
fn a_backup_can_leave_spaces_out() {
    let at = tempfile::tempdir().unwrap();
    let store = filled(&at.path().join("store"));
    let file = at.path().join("backup");
    backup(&store, &[Space::Clouds, Space::Host], &file).unwrap();
    let mut spaces = Vec::new();
    let mut note = |space, _: &[u8], _: &[u8]| {
        spaces.push(space);
        Ok(())
    };
    verify_backup(&file, &mut note).unwrap();
    spaces.dedup();
    assert_eq!(spaces, [Space::Clouds, Space::Host]);
}

#[test]
fn the_check_sees_each_entry_and_its_refusal_names_the_entry() {
    let at = tempfile::tempdir().unwrap();
    let store = filled(&at.path().join("store"));
    let file = at.path().join("backup");
    backup(&store, &Space::ALL, &file).unwrap();
    let refused =
        |space, key: &[u8]| BackupError::Entry { space, key: key.to_vec(), why: "too long".to_owned() };
    let mut check = |space, _: &[u8], value: &[u8]| {
        if space == Space::Code && value.len() > 1000 { Err("too long".to_owned()) } else { Ok(()) }
    };
    let expected = Err(refused(Space::Code, &[0xff, 0x00]));
    assert_eq!(verify_backup(&file, &mut check), expected);
    assert_eq!(verify_store(&store, &mut check), expected);
}

/// What `verify_backup` and `restore` say of a file, without its path.
fn check_damaged(bytes: &[u8], expected: &str, case: &str) {
    let at = tempfile::tempdir().unwrap();
    let file = at.path().join("file");
    let folder = at.path().join("store");
    fs::write(&file, bytes).unwrap();
    let said = |result: Result<Contents, BackupError>| {
        let text = result.map_or_else(|error| error.to_string(), |_| "whole".to_owned());
        text.replace(&file.display().to_string(), "file")
    };
    assert_eq!(said(verify_backup(&file, &mut |_, _, _| Ok(()))), expected, "{case}");
    assert_eq!(said(restore(&file, &folder, &options())), expected, "{case}");
    assert_eq!(fs::read_dir(at.path()).unwrap().count(), 1, "{case} leaves something");
}

#[test]
fn damage_is_told_with_its_place() {
    let at = tempfile::tempdir().unwrap();
    let file = at.path().join("backup");
    backup(&filled(&at.path().join("store")), &Space::ALL, &file).unwrap();
    let good = fs::read(&file).unwrap();
    let end = good.len() - 49;
    let first = 16 + 9 + u64::from_be_bytes(good[17..25].try_into().unwrap()) as usize + 32;
    let flipped = |at: usize| {
        let mut bytes = good.clone();
        bytes[at] ^= 0x10;
        bytes
    };
    let without = |from: usize, to: usize| [&good[..from], &good[to..]].concat();
    let cases: &[(&str, Vec<u8>, String)] = &[
        ("empty", vec![], "file is not a backup of a store".into()),
        ("foreign", vec![b'x'; 5000], "file is not a backup of a store".into()),
        ("magic", flipped(3), "file is not a backup of a store".into()),
        (
            "newer",
            [&good[..8], &[0, 0, 0, 9], &good[12..]].concat(),
            "file has format 9, and this version reads formats up to 1".into(),
        ),
        (
            "newer store",
            [&good[..12], &[0, 0, 0, 8], &good[16..]].concat(),
            format!("file has format 8, and this version reads formats up to {FORMAT}"),
        ),
        (
            "header only",
            good[..16].to_vec(),
            "file is damaged in the block at byte 16: the file ends where it should be".into(),
        ),
        (
            "first length",
            flipped(17),
            "file is damaged in the block at byte 16: the file ends inside it".into(),
        ),
        (
            "first body",
            flipped(1000),
            "file is damaged in the block at byte 16: its checksum is wrong".into(),
        ),
        (
            "second body",
            flipped(first + 500),
            format!("file is damaged in the block at byte {first}: its checksum is wrong"),
        ),
        (
            "first block gone",
            without(16, first),
            "file is damaged in the block at byte 16: its checksum is wrong".into(),
        ),
        (
            "cut in the middle",
            good[..first + 100].to_vec(),
            format!("file is damaged in the block at byte {first}: the file ends inside it"),
        ),
        (
            "cut between blocks",
            good[..end].to_vec(),
            format!("file is damaged in the block at byte {end}: the file ends where it should be"),
        ),
        (
            "last byte gone",
            good[..good.len() - 1].to_vec(),
            format!("file is damaged in the block at byte {end}: the file ends inside it"),
        ),
        (
            "longer",
            [&good[..], b"x"].concat(),
            format!("file is damaged in the block at byte {end}: something follows the last block"),
        ),
    ];
    for (case, bytes, expected) in cases {
        check_damaged(bytes, expected, case);
    }
}

#[test]
fn nothing_is_overwritten() {
    let at = tempfile::tempdir().unwrap();
    let store = filled(&at.path().join("store"));
    let file = at.path().join("backup");
    fs::write(&file, "mine").unwrap();
    let exists = Err(BackupError::Exists(file.clone()));
    assert_eq!(backup(&store, &Space::ALL, &file), exists);
    assert_eq!(fs::read(&file).unwrap(), b"mine");

    let good = at.path().join("good");
    backup(&store, &Space::ALL, &good).unwrap();
    let folder = at.path().join("folder");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("mine"), "mine").unwrap();
    for taken in [folder.clone(), file.clone(), at.path().join("store")] {
        let refused = restore(&good, &taken, &options());
        assert_eq!(refused, Err(BackupError::Exists(taken)));
    }
    fs::remove_file(folder.join("mine")).unwrap();
    restore(&good, &folder, &options()).unwrap();
}

#[test]
fn a_backup_that_fails_leaves_no_file() {
    let at = tempfile::tempdir().unwrap();
    let empty = krl_kernel::store::MemoryStore::default();
    let file = at.path().join("backup");
    let refused = backup(&empty, &Space::ALL, &file);
    let why = StoreError::Corrupt("it has no format version".to_owned());
    assert_eq!(refused, Err(BackupError::Store(why)));
    assert!(!file.exists());
}
