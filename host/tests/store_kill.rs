//! A process that commits is killed at odd moments: what it acknowledged is there, and no batch is in half.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test")]

use krl_host::store::{FjallStore, Options};
use krl_kernel::store::{Batch, Read, Space, Store};
use std::io::{BufRead, BufReader, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;
use std::{env, thread};

const KILLS: u64 = 24;
const FOLDER: &str = "KRL_STORE_KILL_FOLDER";

/// Small buffers, so that tables and journals change while it is killed.
fn open(folder: &Path) -> FjallStore {
    let options = Options { buffer_bytes: 1 << 20, reserve_bytes: 0, ..Options::default() };
    FjallStore::open(folder, &options).unwrap()
}

/// The n-th batch: entries in all spaces that name it, and the number of the last batch.
fn batch(n: u64) -> Batch {
    let mut batch = Batch::default();
    for (part, space) in (0..entries(n)).zip(Space::ALL.into_iter().cycle()) {
        let key = [n.to_be_bytes(), part.to_be_bytes()].concat();
        batch.put(space, key, vec![n as u8; (n * 977 % 4_000) as usize]);
    }
    batch.put(Space::Host, "last", n.to_be_bytes());
    batch
}

fn entries(n: u64) -> u64 {
    1 + n % 9
}

fn last(store: &dyn Read) -> u64 {
    store.get(Space::Host, b"last").unwrap().map_or(0, |value| u64::from_be_bytes(value.try_into().unwrap()))
}

/// Not a test of its own: the process that is killed. It says a number when that batch is committed.
#[test]
fn child() {
    let Ok(folder) = env::var(FOLDER) else {
        return;
    };
    let store = open(Path::new(&folder));
    for n in last(&store) + 1.. {
        store.commit(&batch(n)).unwrap();
        println!("\ncommitted {n}");
        std::io::stdout().flush().unwrap();
        if n % 16 == 0 {
            store.sync().unwrap();
        }
    }
}

/// Lets a child commit for a while, kills it, and answers the last number it said.
fn run_and_kill(folder: &Path, after: Duration) -> u64 {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "child", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let number = |line: std::io::Result<String>| line.ok()?.strip_prefix("committed ")?.parse().ok();
    let mut said: u64 = lines.by_ref().find_map(number).unwrap();
    let reader = thread::spawn(move || lines.filter_map(number).last());
    thread::sleep(after);
    child.kill().unwrap();
    child.wait().unwrap();
    said = reader.join().unwrap().unwrap_or(said);
    said
}

fn check(store: &dyn Read, said: u64, round: u64) {
    let last = last(store);
    assert!(last >= said, "kill {round}: batch {said} was acknowledged, {last} is the last");
    let mut found = vec![0; usize::try_from(last).unwrap() + 1];
    for space in Space::ALL {
        let mut visit = |key: &[u8], value: &[u8]| {
            if let Some((n, _)) = key.split_first_chunk::<8>().filter(|(_, part)| part.len() == 8) {
                let n = u64::from_be_bytes(*n);
                assert!(n <= last, "kill {round}: batch {n} is there without its end");
                assert_eq!(value, vec![n as u8; (n * 977 % 4_000) as usize], "batch {n}");
                found[usize::try_from(n).unwrap()] += 1;
            }
            ControlFlow::Continue(())
        };
        store.scan(space, &[], None, &mut visit).unwrap();
    }
    for (n, found) in (0..).zip(found).skip(1) {
        assert_eq!(found, entries(n), "kill {round}: batch {n} is in half");
    }
}

#[test]
fn a_killed_process_loses_nothing_it_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    for round in 0..KILLS {
        let after = Duration::from_millis(round * 37 % 120);
        let said = run_and_kill(folder.path(), after);
        check(&open(folder.path()), said, round);
    }
}
