//! Machine code in a folder: it comes back as it was, or not at all.

#![cfg(all(feature = "jit", unix))]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use krl_host::jit::CodeFolder;
use krl_jit::CodeCache;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

const MUCH: u64 = 1 << 20;

fn open(path: &Path) -> CodeFolder {
    CodeFolder::open(path, MUCH).unwrap()
}

/// The files with code.
fn files(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|ending| ending == "code")).collect()
}

fn key(number: u64) -> [u8; 32] {
    *blake3::hash(&number.to_le_bytes()).as_bytes()
}

#[test]
fn code_comes_back_at_the_next_start() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("deep").join("code");
    let folder = open(&path);
    folder.put(&key(1), b"one");
    folder.put(&key(2), b"");
    for folder in [folder, open(&path)] {
        assert_eq!(folder.get(&key(1)).as_deref(), Some(&b"one"[..]));
        assert_eq!(folder.get(&key(2)).as_deref(), Some(&b""[..]));
        assert_eq!((folder.get(&key(3)), folder.damaged()), (None, 0));
    }
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&path), mode(&path.join("key"))), (0o700, 0o600));
    assert!(files(&path).iter().all(|file| mode(file) == 0o600));
}

#[test]
fn a_file_with_any_byte_changed_is_ignored() {
    let home = tempfile::tempdir().unwrap();
    let folder = open(home.path());
    folder.put(&key(1), b"some code");
    let file = files(home.path()).remove(0);
    let whole = std::fs::read(&file).unwrap();
    let mut damages: Vec<Vec<u8>> = (0..whole.len())
        .map(|at| {
            let mut bytes = whole.clone();
            bytes[at] ^= 1 << (at % 8);
            bytes
        })
        .collect();
    damages.extend((0..whole.len()).map(|length| whole[..length].to_vec()));
    damages.push([&whole[..], b"x"].concat());
    for (number, bytes) in (1..).zip(&damages) {
        std::fs::write(&file, bytes).unwrap();
        assert_eq!((folder.get(&key(1)), folder.damaged()), (None, number));
        assert!(!file.exists(), "it is not read twice");
    }
    folder.put(&key(1), b"some code");
    assert_eq!(std::fs::read(&file).unwrap(), whole);
}

#[test]
fn code_of_another_host_or_of_another_name_is_ignored() {
    let (home, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (here, there) = (open(home.path()), open(other.path()));
    here.put(&key(1), b"code");
    let file = files(home.path()).remove(0);
    std::fs::copy(&file, other.path().join(file.file_name().unwrap())).unwrap();
    assert_eq!((there.get(&key(1)), there.damaged()), (None, 1));
    let name = format!("{}.code", blake3::Hash::from_bytes(key(2)).to_hex());
    std::fs::copy(&file, home.path().join(name)).unwrap();
    assert_eq!((here.get(&key(2)), here.damaged()), (None, 1));
    assert_eq!(here.get(&key(1)).as_deref(), Some(&b"code"[..]));
}

#[test]
fn a_key_that_others_could_read_is_replaced() {
    for change in [0, 1] {
        let home = tempfile::tempdir().unwrap();
        open(home.path()).put(&key(1), b"code");
        let secret = home.path().join("key");
        if change == 0 {
            std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o644)).unwrap();
        } else {
            std::fs::write(&secret, b"short").unwrap();
        }
        let folder = open(home.path());
        assert_eq!((folder.get(&key(1)), folder.damaged()), (None, 1));
        folder.put(&key(1), b"code");
        assert_eq!(open(home.path()).get(&key(1)).as_deref(), Some(&b"code"[..]));
    }
}

#[test]
fn a_link_is_no_folder() {
    let home = tempfile::tempdir().unwrap();
    let link = home.path().join("code");
    std::os::unix::fs::symlink(home.path(), &link).unwrap();
    let error = CodeFolder::open(&link, MUCH).unwrap_err().to_string();
    assert_eq!(error, "it is a link, or belongs to another user: move it away");
}

#[test]
fn what_was_not_used_for_longest_goes() {
    let home = tempfile::tempdir().unwrap();
    let folder = CodeFolder::open(home.path(), 10_000).unwrap();
    let code = [7; 900];
    for number in 0..10 {
        folder.put(&key(number), &code);
        // Each is older than the one before, but for the first, which is used below.
        let name = format!("{}.code", blake3::Hash::from_bytes(key(number)).to_hex());
        let file = std::fs::File::open(home.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(1_000 - number)).unwrap();
    }
    assert!(folder.get(&key(0)).is_some());
    folder.put(&key(10), &code);
    let bytes: u64 = files(home.path()).iter().map(|file| file.metadata().unwrap().len()).sum();
    assert!(bytes <= 10_000, "{bytes}");
    assert!(folder.get(&key(0)).is_some() && folder.get(&key(10)).is_some());
    assert!(folder.get(&key(1)).is_none() && folder.get(&key(9)).is_some());
    for number in 100..1_000 {
        folder.put(&key(number), &code);
        assert!(files(home.path()).len() <= 11);
    }
}

#[test]
fn what_a_process_left_unfinished_is_removed() {
    let home = tempfile::tempdir().unwrap();
    let (old, young) = (home.path().join("1-2.new"), home.path().join("1-3.new"));
    for (path, age) in [(&old, 7_200), (&young, 60)] {
        std::fs::write(path, b"x").unwrap();
        let file = std::fs::File::open(path).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    drop(open(home.path()));
    assert_eq!((old.exists(), young.exists()), (false, true));
}

/// Where `works` works, if it is another process.
const SHARED: &str = "KRL_TEST_CODE_FOLDER";

/// Writes and reads the same entries as others at the same time.
fn works(path: &Path) {
    let folder = CodeFolder::open(path, 100_000).unwrap();
    for round in 0..40 {
        for number in 0..20 {
            let code = vec![number as u8; 500 + number as usize];
            match folder.get(&key(number)) {
                Some(found) => assert_eq!(found, code, "round {round}"),
                None => folder.put(&key(number), &code),
            }
        }
    }
    assert_eq!(folder.damaged(), 0);
}

#[test]
fn several_processes_use_a_folder_at_once() {
    if let Some(path) = std::env::var_os(SHARED) {
        return works(Path::new(&path));
    }
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("code");
    let process = || {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "several_processes_use_a_folder_at_once", "--quiet"]).env(SHARED, &path);
        command.stdout(std::process::Stdio::null()).spawn().unwrap()
    };
    let processes = [process(), process(), process()];
    std::thread::scope(|scope| {
        scope.spawn(|| works(&path));
        scope.spawn(|| works(&path));
    });
    for mut process in processes {
        assert!(process.wait().unwrap().success());
    }
    let folder = open(&path);
    assert!((0..20).all(|number| folder.get(&key(number)).is_some()));
}
